/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_MERGE_PRIV_H
#define IQ_WRITE_MERGE_PRIV_H

/* Two records while they are united. */

#include "apply_priv.h"

struct iq_merge {
	struct iq_job *job;
	struct iq_wtxn *w;
	struct iq_txn *t;
	const struct iq_vocab *vocab;
	enum iq_kind kind;
	iq_num old, into;
	struct iq_str old_id, into_id; /* in the arena */
	struct iq_diffs *diffs;
	struct iq_arena *arena; /* of the job: what the answer shows */
	struct iq_arena tmp;    /* reset per record */
	struct iq_ref_list refs;
};

/* Notes a difference for the answer. False: no memory. */
IQ_CHECK bool iq_merge_show(
	struct iq_merge *m, const struct iq_rec *before, const struct iq_rec *after);

/*
 * Two institutions in one workshop: one seat and one vote each are left (docs/workshop.md "When
 * institutions are united"). Before the references move: what is taken away is removed, what stays
 * is as it will be but for its institution. Writes.
 */
IQ_CHECK enum iq_err iq_merge_circle(struct iq_merge *m);

#endif
