/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_APPLY_PRIV_H
#define IQ_WRITE_APPLY_PRIV_H

/* What the changes of records share. */

#include "apply.h"
#include "check.h"
#include "writer.h"

/* A complete record whose id was archived: as iq_apply_put() of a new one. */
IQ_CHECK enum iq_err iq_put_revived(struct iq_job *job, struct iq_wtxn *w,
	const struct iq_vocab *vocab, const struct iq_rec *rec, struct iq_diffs *diffs,
	struct iq_arena *arena);

/* Deep copy into the arena: writing moves what a record borrows from the map. False: no memory. */
IQ_CHECK bool iq_rec_copy(struct iq_rec *rec, struct iq_arena *arena);
/* The stored record, copied. False: none, or no memory (arena->failed). */
IQ_CHECK bool iq_rec_load(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena,
	struct iq_rec *out);

/* Gives the id to store for an id that was written; the same if it was never united. */
typedef struct iq_str (*iq_canon_fn)(void *ctx, enum iq_kind kind, struct iq_str id);
/*
 * Replaces ids of united records in references, conditions and implications. *changed: any
 * was. False: no memory.
 */
IQ_CHECK bool iq_canonical(
	struct iq_rec *rec, struct iq_arena *arena, iq_canon_fn canon, void *ctx, bool *changed);
/* An iq_canon_fn over a transaction (ctx). */
struct iq_str iq_canon_stored(void *ctx, enum iq_kind kind, struct iq_str id);

/* The column by which records of a kind form chains (parent, deputy), or -1. */
int iq_chain_column(enum iq_kind kind);
extern const char *const iq_chain_text; /* msgid: the chain is a circle or too long */

/* Text, column and value of one difference; every column that differs. before or after: NULL. */
IQ_CHECK bool iq_diffs_add(struct iq_diffs *diffs, const struct iq_rec *before,
	const struct iq_rec *after, struct iq_arena *arena);

/* Does the record name this contact in any column? */
bool iq_rec_refers(const struct iq_rec *rec, struct iq_str contact);

/* True if the fact's type or values differ. */
bool iq_fact_differs(const struct iq_rec *before, const struct iq_rec *after);
/*
 * Adds a problem per stored record that refers to the region (now an area), or whose
 * condition the facts do not fit any more. `where` may be NULL.
 */
IQ_CHECK enum iq_err iq_check_area(struct iq_txn *t, iq_num region, const struct iq_rec *rec,
	const struct iq_problem *where, struct iq_error *error);
IQ_CHECK enum iq_err iq_check_fact_users(struct iq_txn *t, const struct iq_facts *facts,
	iq_num fact, const struct iq_problem *where, struct iq_error *error);

IQ_CHECK enum iq_err iq_no_memory(struct iq_error *error);
IQ_CHECK enum iq_err iq_not_found(
	struct iq_error *error, enum iq_kind kind, struct iq_str id, struct iq_arena *arena);

/* A growing list of records that refer to something. */
struct iq_ref_list {
	struct iq_ref {
		enum iq_kind kind;
		iq_num num;
	} * a;
	size_t n, cap, total, max; /* max: kept at most; 0: all */
	bool failed;
};
void iq_ref_list_fill(struct iq_ref_list *l, struct iq_txn *t, enum iq_kind kind, iq_num num);
void iq_ref_list_free(struct iq_ref_list *l);

#endif
