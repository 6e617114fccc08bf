/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_WRITE_H
#define IQ_OPS_WRITE_H

/* What the files of single changes share: op_write.c, last.c, based.c, op_revert.c. */

#include "op.h"
#include "three.h"

enum { IQ_WRITE_CHANGES = 2, IQ_WRITE_APPROVAL = 4, IQ_WRITE_DROPPED, IQ_WRITE_WARNINGS };
enum { IQ_WRITE_MOST = 1000 /* records of one change: confirm, archive, revive, revert */ };

/* Change messages as `field`, as many as fit. */
void iq_write_diffs(struct iq_buf *out, uint32_t field, const struct iq_diffs *diffs);

/* Before a record goes whose dated hand-over goes with it: the answer says so. Other kinds:
 * nothing.
 */
void iq_write_dropped(struct iq_right *r, enum iq_kind kind, struct iq_str id);

/* A commitment that is open and past its day becomes late with whatever change there is; of other
 * kinds, and for new records: nothing. */
IQ_CHECK enum iq_err iq_circle_judge_put(struct iq_right *r, struct iq_rec *change);
/* Before a membership is written: if more take part than the workshop's guideline says, the answer
 * warns. */
void iq_circle_warn_put(struct iq_right *r, const struct iq_rec *change);

/* The differences of one record, as far as the caller may know of them, to the others. False: no
 * memory. */
IQ_CHECK bool iq_write_take(struct iq_right *r, enum iq_kind kind, struct iq_str id,
	struct iq_diffs *one, struct iq_diffs *all);
enum iq_err iq_write_no_memory(struct iq_right *r);

/* ---- what others did in the meantime (based.c) ---------------------------------------------- */

/* A record at one time. All in the job's arena. */
struct iq_side {
	bool there;
	uint64_t revision;
	struct iq_rec raw;   /* as stored */
	struct iq_rec known; /* without contacts that are hidden from the caller */
	struct iq_rec shown; /* what the caller may read of it now; not there: empty */
};
/* As it is; as it was at the end of a revision. False: no memory, or storage. A record that was not
 * there then is a side without fields. */
IQ_CHECK bool iq_side_now(struct iq_right *r, enum iq_kind kind, iq_num num, struct iq_side *out);
IQ_CHECK bool iq_side_past(
	struct iq_right *r, enum iq_kind kind, iq_num num, uint64_t revision, struct iq_side *out);
/* One conflict per column of the set, with who changed it last after `since`. mine: NULL: the
 * record is to go. The audit will hold that it was told. */
void iq_conflicts_add(struct iq_right *r, iq_num num, uint32_t columns, const struct iq_side *base,
	const struct iq_side *theirs, const struct iq_rec *mine, uint64_t since);

/*
 * Before anything else about a record that is to be changed: if it is in the archive, and the
 * caller may know it, says so. mine: what was to be written, NULL: it is to go.
 */
IQ_CHECK enum iq_err iq_based_gone(struct iq_right *r, struct iq_wtxn *w, enum iq_kind kind,
	struct iq_str id, const struct iq_rec *mine, uint64_t based_on);
/*
 * A partial record that was made from the record as it was at `based_on`. Takes columns out of
 * rec->given that only others changed. Conflict, with one entry per field; merge: only for fields
 * that both changed.
 */
IQ_CHECK enum iq_err iq_based_put(
	struct iq_right *r, struct iq_wtxn *w, struct iq_rec *rec, uint64_t based_on, bool merge);
/* The same for one that is to go. */
IQ_CHECK enum iq_err iq_based_whole(struct iq_right *r, struct iq_wtxn *w, enum iq_kind kind,
	struct iq_str id, uint64_t based_on);

/* ---- confirm, archive, revive (last.c) ------------------------------------------------------- */

/* The archived record, whole, if the caller may know of it and bring it back; else not-found. */
IQ_CHECK enum iq_err iq_write_archived(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_rec *out);
/* A record that is no more: IQ_OK if the caller may know what it was last, and could write it. */
IQ_CHECK enum iq_err iq_write_gone(struct iq_right *r, enum iq_kind kind, iq_num num);
IQ_CHECK enum iq_err iq_write_confirm(
	struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs);
IQ_CHECK enum iq_err iq_write_archive(
	struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs);
IQ_CHECK enum iq_err iq_write_revive(struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs);

#endif
