/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_APPLY_H
#define IQ_WRITE_APPLY_H

/* Changes of records: what add, set, delete, merge and import do inside the writer. */

#include "err.h"
#include "store.h"
#include "vocab.h"

struct iq_counts {
	uint64_t created, changed, unchanged, skipped, rejected;
};

/* One change of a column, for the answer. Strings in the arena given to the call. */
struct iq_diff {
	enum iq_kind kind;
	struct iq_str id, column, before, after;
};
struct iq_diffs {
	struct iq_diff *d;
	size_t n, cap;
};

struct iq_job;

/* A given record (partial for set). Conflict if `add` and it exists, not-found if `set` and it does
 * not. */
IQ_CHECK enum iq_err iq_apply_put(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, const struct iq_rec *rec, bool add, struct iq_diffs *diffs,
	struct iq_arena *arena);
/* The same without writing: all its errors, and what would change. */
IQ_CHECK enum iq_err iq_apply_check(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, const struct iq_rec *rec, bool add, struct iq_diffs *diffs,
	struct iq_arena *arena);
/*
 * Would more people see this contact than before? before: what is stored, NULL: nothing now; then
 * what was deleted under this number counts.
 */
bool iq_visibility_lowered(struct iq_txn *t, iq_num num, const struct iq_rec *before,
	const struct iq_rec *after, struct iq_arena *arena);
/* Conflict with the list of references if there are any. */
IQ_CHECK enum iq_err iq_apply_delete(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs,
	struct iq_arena *arena);
/* Unites two records: references move to `into`, names of `old` become aliases, its id stays
 * reserved. */
IQ_CHECK enum iq_err iq_apply_merge(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, enum iq_kind kind, struct iq_str old, struct iq_str into,
	struct iq_diffs *diffs, struct iq_arena *arena);

/*
 * What an import is about to create, for who decides about its rows: those may belong to one
 * another. Kinds: institution, contact, workshop.
 */
struct iq_planned {
	iq_num num;
	iq_num institution; /* a contact's; an institution's parent */
	iq_num region;      /* an institution's, a workshop's; stored ones only */
	int visibility;     /* a contact's; -1: none */
	const iq_num *organisers;
	size_t norganisers;
};
struct iq_plan {
	void *ctx;
	/* Number after the import, IQ_NONE: there will be none. */
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
	/* NULL: it is stored, or nothing is known of it. */
	const struct iq_planned *(*get)(void *ctx, enum iq_kind kind, iq_num num);
};

/* The spooled rows of an import: read twice, never held in memory. */
struct iq_spool;
/* dir: where the (unlinked) file lies. */
IQ_CHECK enum iq_err iq_spool_new(const char *dir, struct iq_spool **out, struct iq_error *error);
void iq_spool_free(struct iq_spool *s);
/* Appends the body of one ImportRows message after it passed the prescan. */
IQ_CHECK enum iq_err iq_spool_add(
	struct iq_spool *s, struct iq_str import_rows, struct iq_error *error);
uint64_t iq_spool_rows(const struct iq_spool *s);
uint64_t iq_spool_bytes(const struct iq_spool *s);
/* SHA-256 over everything added. */
void iq_spool_hash(struct iq_spool *s, uint8_t out[32]);

/*
 * Reads, checks and writes everything in the spool: two passes (ids, then records by kind).
 * keep_going: bad rows are left out and reported, the rest is written; else any problem is
 * IQ_ERR_REJECTED, and IQ_ERR_DENIED if job->may_write refused a row.
 */
IQ_CHECK enum iq_err iq_apply_import(struct iq_job *job, struct iq_wtxn *w, struct iq_spool *spool,
	bool keep_going, struct iq_counts counts[IQ_KINDS],
	void (*progress)(void *arg, bool writing, uint64_t done, uint64_t todo), void *arg);

#endif
