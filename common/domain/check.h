/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_CHECK_H
#define IQ_DOMAIN_CHECK_H

/*
 * What must hold of a record beside the syntax of its cells: required columns, references,
 * conditions, kinds of regions, pairs of dates. Used by the server before it writes and by
 * `iqq lint` offline, so that both say the same.
 */

#include "model.h"
#include "term.h"
#include "vocab.h"

struct iq_check {
	const struct iq_vocab *vocab; /* after the change; facts, trees, areas. NULL: unchecked */
	void *ctx;
	/* number of a record that exists after the change, or IQ_NONE; follows merged ids */
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
	const struct iq_names *names; /* for nearest values (never of contacts); may be NULL */
	struct iq_arena *arena;
	uint32_t nearest_left; /* how many more nearest values may be looked for */
};

/*
 * Checks a complete record (after merging with what is stored). Adds one problem per defect
 * (file and line given by `where`, which may be NULL) and returns IQ_ERR_REJECTED, or IQ_OK.
 * Trees (cycles of region, task, status) are checked by iq_vocab_build(), cycles of
 * institutions and deputies by the caller with iq_check_chain().
 */
IQ_CHECK enum iq_err iq_check_record(struct iq_check *c, const struct iq_rec *rec,
	const struct iq_problem *where, struct iq_error *error);

/*
 * What may become of a record that exists: for what a workshop works on, its place, its states and
 * what may be edited in which (docs/workshop.md "States"). Other kinds: anything. closes: it is
 * the closing of a vote, which counts it; nothing else ends one. As above.
 */
IQ_CHECK enum iq_err iq_check_step(const struct iq_rec *before, const struct iq_rec *after,
	bool closes, const struct iq_problem *where, struct iq_error *error);

/*
 * True if following `next` from `start` ends within IQ_LIMIT_TREE_DEPTH steps: no circle. For
 * parents of institutions and for deputies, whose records the caller reads.
 */
bool iq_check_chain(iq_num start, iq_num (*next)(void *ctx, iq_num num), void *ctx);

/*
 * The required columns of a file of this kind are there (bundle header), none twice, none unknown.
 * columns: names; adds problems. out: position in the schema per given column.
 */
IQ_CHECK enum iq_err iq_check_header(enum iq_kind kind, const struct iq_str *columns, size_t n,
	int *out, const struct iq_problem *where, struct iq_error *error);

#endif
