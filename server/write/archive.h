/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_ARCHIVE_H
#define IQ_WRITE_ARCHIVE_H

/*
 * Archived records: gone for everybody at once, with what refers to them, and for
 * IQ_LIMIT_ARCHIVE_DAYS to be revived under the same id with its references. Writer's thread,
 * within a job.
 */

#include "apply.h"

/* Key in IQ_TABLE_LIVING: "a", kind u8, number u32. */
enum { IQ_ARCHIVE_KEY = 6 };

struct iq_archived {
	enum iq_kind kind;
	iq_num num;
	uint64_t revision; /* that archived it */
	int64_t time_us;
};
/* Archived records, by number; fn returns false to stop. Also those that are too old to be revived
 * and not forgotten yet: iq_archived_get() tells. */
void iq_archived_each(struct iq_txn *t, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_archived *a), void *arg);
/* The one with this number; false: it is not in the archive. */
bool iq_archived_get(
	struct iq_txn *t, enum iq_kind kind, iq_num num, int64_t now_us, struct iq_archived *out);
/* The record as it was. False: none, or no memory (arena->failed). */
bool iq_archived_rec(
	struct iq_txn *t, const struct iq_archived *a, struct iq_arena *arena, struct iq_rec *out);

/*
 * Takes the record out of lists and optional references of others, then out of sight. Conflict with
 * the list of references that are required (a representative).
 */
IQ_CHECK enum iq_err iq_apply_archive(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs,
	struct iq_arena *arena);
/*
 * Brings it back as it was, and back into what referred to it, where that still exists and names
 * nobody else in its place. Not-found if it is not in the archive.
 */
IQ_CHECK enum iq_err iq_apply_revive(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs,
	struct iq_arena *arena);

/*
 * A dated hand-over of the contact (IQ_TABLE_LIVING "h", number u32; see server/ops/handover.h) is
 * void. Whatever takes a record away does this in the same change; other kinds: nothing.
 */
void iq_waiting_forget(struct iq_wtxn *w, enum iq_kind kind, iq_num num);

/* It cannot be revived any more; what it was stays in the past. */
void iq_archived_forget(struct iq_wtxn *w, enum iq_kind kind, iq_num num);

#endif
