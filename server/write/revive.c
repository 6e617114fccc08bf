/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reviving: the record comes back as it was, and back into what it was taken out of. Records that
 * are archived together may be revived in any order: what cannot be put back yet is noted with the
 * one that is still archived.
 */

#include "archive_priv.h"
#include "bounds.h"
#include "i18n.h"

enum { DIFFS_SHOWN = 1000 };

struct work {
	struct iq_job *job;
	struct iq_wtxn *w;
	struct iq_txn *t;
	enum iq_kind kind;
	iq_num num;
	struct iq_archive_entry entry;
	struct iq_rec rec;
	struct iq_diffs *diffs;
	struct iq_arena *arena; /* of the job */
	struct iq_arena tmp;    /* reset per record */
	/* a referrer while its chain is looked at */
	iq_num at;
	iq_num next;
};

static enum iq_err say_none(struct work *x, struct iq_str id)
{
	const char *text = iq_arena_cstr(x->arena, id);
	const char *days = iq_arena_printf(x->arena, "%d", IQ_LIMIT_ARCHIVE_DAYS);

	return iq_error_set(&x->job->error, IQ_ERR_NOT_FOUND,
		N_("There is no archived record “{1}” of kind {0}."),
		N_("Archived records can be revived for {2} days. What became of it: iqq history "
		   "{0} {1}"),
		iq_schemas[x->kind].name, text ? text : "", days ? days : "", NULL);
}

static bool is_ref(const struct iq_column *c)
{
	return c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS;
}

/* The value with one more at `at`; false: no memory. */
static bool insert(struct iq_arena *arena, struct iq_value *v, uint32_t at, struct iq_str id)
{
	struct iq_str *more = iq_arena_array(arena, (size_t)v->n + 1, sizeof(*more));

	if (more == NULL)
		return false;
	at = at < v->n ? at : v->n;
	for (uint32_t i = 0, n = 0; i <= v->n; i++)
		more[i] = i == at ? id : v->v[n++];
	*v = (struct iq_value){more, v->n + 1};
	return true;
}

static bool among(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return true;
	return false;
}

/* Is there room for one more in the column? One that names somebody else keeps that. */
static bool room_for(const struct iq_rec *rec, int column, struct iq_str id)
{
	const struct iq_value *v = &rec->col[column];
	bool list = iq_schemas[rec->kind].columns[column].type == IQ_TYPE_REFS;

	return !among(v, id) && v->n < (list ? IQ_LIMIT_SET : 1u);
}

/* ---- the record as it will be --------------------------------------------------------------- */

/* References it would have had, had the others not been archived when it was. */
static bool take_own(struct work *x)
{
	for (size_t i = 0; i < x->entry.n; i++) {
		const struct iq_taken *t = &x->entry.taken[i];
		struct iq_str id =
			t->own ? iq_id_of(x->t, t->kind, t->num) : (struct iq_str){NULL, 0};

		if (id.n == 0 || !room_for(&x->rec, t->column, id))
			continue;
		if (!insert(x->arena, &x->rec.col[t->column], t->position,
			    iq_arena_dup(x->arena, id)))
			return false;
	}
	return !x->arena->failed;
}

/* Notes with the archived record `num` that this one refers to it. */
static enum iq_err note(struct work *x, enum iq_kind kind, iq_num num, struct iq_taken taken)
{
	struct iq_archive_entry e;

	iq_arena_reset(&x->tmp);
	if (!iq_archive_load(x->t, kind, num, &x->tmp, &e))
		return x->tmp.failed ? iq_no_memory(&x->job->error) : IQ_OK;
	if (!iq_archive_push(&e, &x->tmp, taken) || !iq_archive_store(x->w, kind, num, &e))
		return iq_no_memory(&x->job->error);
	return iq_txn_error(x->t, NULL);
}

static enum iq_err say_missing(struct work *x, const struct iq_column *c, struct iq_str id)
{
	struct iq_error *error = &x->job->error;
	struct iq_candidate candidate = {.kind = iq_str(iq_schemas[c->target].name), .id = id};
	const char *text = iq_arena_cstr(x->arena, iq_rec_text(&x->rec, IQ_COL_ID));

	iq_error_set(error, IQ_ERR_CONFLICT,
		N_("What the record “{1}” of kind {0} belongs to is not there any more: it cannot "
		   "come back alone."),
		N_("Revive that first: iqq revive KIND ID"), iq_schemas[x->kind].name,
		text ? text : "", NULL);
	iq_error_add_candidate(error, &candidate);
	return IQ_ERR_CONFLICT;
}

/* Drops what it can do without and is gone; conflict for the rest. */
static enum iq_err check_refs(struct work *x)
{
	enum iq_err err = IQ_OK;

	for (int c = 0; c < (int)iq_schemas[x->kind].ncolumns; c++) {
		const struct iq_column *column = &iq_schemas[x->kind].columns[c];
		struct iq_value *v = &x->rec.col[c];
		struct iq_str *kept;
		uint32_t n = 0;

		if (!is_ref(column) || v->n == 0)
			continue;
		kept = iq_arena_array(x->arena, v->n, sizeof(*kept));
		if (kept == NULL)
			return iq_no_memory(&x->job->error);
		for (uint32_t i = 0; i < v->n; i++) {
			if (iq_id_find(x->t, column->target, v->v[i]) != IQ_NONE)
				kept[n++] = v->v[i];
			else if (!iq_archive_spares(x->kind, c))
				err = say_missing(x, column, v->v[i]);
		}
		*v = (struct iq_value){kept, n};
	}
	return err;
}

/* What check_refs() dropped comes back with the others. `was`: the record before it. */
static enum iq_err note_dropped(struct work *x, const struct iq_rec *was)
{
	enum iq_err err = IQ_OK;
	bool merged;

	for (int c = 0; c < (int)iq_schemas[x->kind].ncolumns; c++) {
		const struct iq_value *v = &was->col[c];

		if (!iq_archive_spares(x->kind, c))
			continue;
		for (uint32_t i = 0; i < v->n && err == IQ_OK; i++) {
			if (among(&x->rec.col[c], v->v[i]))
				continue;
			iq_num num = iq_id_reserved(x->t, IQ_CONTACT, v->v[i], &merged);

			err = note(x, IQ_CONTACT, num,
				(struct iq_taken){x->kind, x->num, c, i, false});
		}
	}
	return err;
}

/* Who came back before this one and is gone again comes back into it later. */
static enum iq_err note_gone(struct work *x)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < x->entry.n && err == IQ_OK; i++) {
		const struct iq_taken *t = &x->entry.taken[i];

		if (t->own && iq_id_of(x->t, t->kind, t->num).n == 0)
			err = note(x, t->kind, t->num,
				(struct iq_taken){x->kind, x->num, t->column, t->position, false});
	}
	return err;
}

/* ---- what referred to it -------------------------------------------------------------------- */

static iq_num next_deputy(void *ctx, iq_num num)
{
	struct work *x = ctx;
	struct iq_rec rec;

	if (num == x->at)
		return x->next;
	if (!iq_rec_get(x->t, IQ_CONTACT, num, &x->tmp, &rec))
		return IQ_NONE;
	struct iq_str id = iq_rec_text(&rec, IQ_CONTACT_DEPUTY);

	return id.n ? iq_id_find(x->t, IQ_CONTACT, id) : IQ_NONE;
}

/* What changed in the meantime may stand against it. */
static bool may_return(struct work *x, const struct iq_taken *taken, const struct iq_rec *rec)
{
	if (!room_for(rec, taken->column, iq_rec_text(&x->rec, IQ_COL_ID)))
		return false;
	/* A seat in a workshop is accepted by the member's editors, each time. */
	if (taken->kind == IQ_MEMBERSHIP)
		return false;
	if (taken->kind != IQ_CONTACT)
		return true;
	x->at = taken->num;
	x->next = x->num;
	return iq_check_chain(taken->num, next_deputy, x);
}

static enum iq_err put_back(struct work *x, const struct iq_taken *taken)
{
	struct iq_rec before, after;

	iq_arena_reset(&x->tmp);
	if (!iq_rec_load(x->t, taken->kind, taken->num, &x->tmp, &before)) {
		if (x->tmp.failed)
			return iq_no_memory(&x->job->error);
		/* Archived itself: it takes the reference with it when it comes back. */
		return note(x, taken->kind, taken->num,
			(struct iq_taken){x->kind, x->num, taken->column, taken->position, true});
	}
	if (!may_return(x, taken, &before))
		return IQ_OK;
	after = before;
	if (!insert(&x->tmp, &after.col[taken->column], taken->position,
		    iq_rec_text(&x->rec, IQ_COL_ID)))
		return iq_no_memory(&x->job->error);
	if (x->diffs->n < DIFFS_SHOWN && !iq_diffs_add(x->diffs, &before, &after, x->arena))
		return iq_no_memory(&x->job->error);
	iq_rec_put(x->w, taken->num, &after, &x->tmp);
	return iq_txn_error(x->t, NULL);
}

/* ---- all together --------------------------------------------------------------------------- */

static enum iq_err revive(struct work *x, const struct iq_vocab *vocab)
{
	struct iq_rec was;
	enum iq_err err;

	if (!take_own(x))
		return iq_no_memory(&x->job->error);
	was = x->rec;
	err = check_refs(x);
	if (err == IQ_OK)
		err = iq_put_revived(x->job, x->w, vocab, &x->rec, x->diffs, x->arena);
	if (err == IQ_OK)
		err = note_dropped(x, &was);
	if (err == IQ_OK)
		err = note_gone(x);
	/* The last taken first: positions are of the list as it was then. */
	for (size_t i = x->entry.n; i-- > 0 && err == IQ_OK;)
		if (!x->entry.taken[i].own)
			err = put_back(x, &x->entry.taken[i]);
	return err;
}

enum iq_err iq_apply_revive(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct work x = {.job = job,
		.w = w,
		.t = iq_wtxn_txn(w),
		.kind = kind,
		.diffs = diffs,
		.arena = arena};
	struct iq_archived a;
	bool merged;
	enum iq_err err;

	x.num = iq_id_reserved(x.t, kind, id, &merged);
	if (merged || iq_id_find(x.t, kind, id) != IQ_NONE ||
		!iq_archived_get(x.t, kind, x.num, job->change.time_us, &a))
		return say_none(&x, id);
	iq_arena_init(&x.tmp, 0);
	if (!iq_archive_load(x.t, kind, x.num, arena, &x.entry))
		err = iq_no_memory(&job->error);
	else if (!iq_archived_rec(x.t, &a, arena, &x.rec))
		err = arena->failed ? iq_no_memory(&job->error) : say_none(&x, id);
	else
		err = revive(&x, vocab);
	iq_arena_free(&x.tmp);
	return err;
}
