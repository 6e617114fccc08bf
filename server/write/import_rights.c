/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports of those who may not write everything: each row is decided about as if it came alone
 * (job->may_write), before anything is written. Rows that change nothing need no right, as long as
 * that tells nothing about what is hidden from the caller.
 */

#include <stdlib.h>

#include "i18n.h"
#include "import_priv.h"

/* ---- what will be created ----------------------------------------------------------------- */

static const enum iq_kind kinds[] = {IQ_INSTITUTION, IQ_CONTACT, IQ_WORKSHOP_RECORD};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static iq_num number(struct iq_import *im, const struct iq_rec *rec, int col, enum iq_kind target)
{
	struct iq_str id = iq_rec_text(rec, col);

	return id.n ? iq_import_number(im, target, id) : IQ_NONE;
}

static iq_num stored_region(struct iq_import *im, const struct iq_rec *rec, int col)
{
	struct iq_str id = iq_rec_text(rec, col);

	return id.n ? iq_id_find(im->t, IQ_REGION, id) : IQ_NONE;
}

static bool note(struct iq_import *im, struct iq_planned *p, const struct iq_rec *rec)
{
	const struct iq_value *organisers = &rec->col[IQ_WORKSHOP_ORGANISERS];
	iq_num *list;

	p->visibility = -1;
	if (rec->kind == IQ_INSTITUTION) {
		p->institution = number(im, rec, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);
		p->region = stored_region(im, rec, IQ_INSTITUTION_REGION);
		return true;
	}
	if (rec->kind == IQ_CONTACT) {
		p->institution = number(im, rec, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION);
		p->visibility =
			iq_choice(iq_visibility_names, iq_rec_text(rec, IQ_CONTACT_VISIBILITY));
		return true;
	}
	p->region = stored_region(im, rec, IQ_WORKSHOP_REGION);
	list = iq_arena_array(&im->fixed, organisers->n, sizeof(*list));
	if (list == NULL)
		return false;
	for (uint32_t i = 0; i < organisers->n; i++)
		list[i] = iq_import_number(im, IQ_INSTITUTION, organisers->v[i]);
	p->organisers = list;
	p->norganisers = organisers->n;
	return true;
}

static bool on_row(void *arg, const struct iq_import_row *row)
{
	struct iq_import *im = arg;
	size_t at = im->at++;
	const struct iq_seen e = im->map.a[at];
	struct iq_planned_list *l = &im->planned[row->file->kind];
	struct iq_rec rec, base;
	bool exists;

	if (e.num == IQ_NONE || e.flags & (IQ_SEEN_MERGED | IQ_SEEN_NAMELESS | IQ_SEEN_HIDDEN))
		return true;
	/* What is wrong with it is told when it is checked. */
	(void)!iq_import_read(im, row, at, false, &rec, &base, &exists);
	if (im->err != IQ_OK)
		return false;
	if (exists)
		return true;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		struct iq_planned *p = realloc(l->a, cap * sizeof(*p));

		if (p == NULL)
			goto no_memory;
		l->a = p;
		l->cap = cap;
	}
	l->a[l->n] = (struct iq_planned){.num = e.num};
	if (note(im, &l->a[l->n], &rec)) {
		l->n++;
		return true;
	}
no_memory:
	im->err = iq_no_memory(&im->job->error);
	return false;
}

static int by_num(const void *a, const void *b)
{
	const struct iq_planned *p = a, *q = b;

	return (p->num > q->num) - (p->num < q->num);
}

static const struct iq_planned *planned(void *ctx, enum iq_kind kind, iq_num num)
{
	struct iq_import *im = ctx;
	const struct iq_planned_list *l = &im->planned[kind];
	const struct iq_planned key = {.num = num};

	return l->n ? bsearch(&key, l->a, l->n, sizeof(key), by_num) : NULL;
}

static iq_num find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_import_number(ctx, kind, id);
}

enum iq_err iq_import_plan(struct iq_import *im)
{
	im->plan = (struct iq_plan){im, find, planned};
	for (size_t i = 0; i < KINDS; i++) {
		struct iq_planned_list *l = &im->planned[kinds[i]];
		enum iq_err err = iq_import_each(im, kinds[i], on_row, NULL);

		if (err != IQ_OK)
			return err;
		if (l->n > 1)
			qsort(l->a, l->n, sizeof(*l->a), by_num);
	}
	return IQ_OK;
}

void iq_import_plan_free(struct iq_import *im)
{
	for (size_t i = 0; i < KINDS; i++) {
		free(im->planned[kinds[i]].a);
		im->planned[kinds[i]] = (struct iq_planned_list){NULL, 0, 0};
	}
}

/* ---- hidden contacts ---------------------------------------------------------------------- */

/* Stored, and not to be known of. */
static bool hidden(struct iq_import *im, struct iq_str id)
{
	iq_num num = iq_id_find(im->t, IQ_CONTACT, id);

	return num != IQ_NONE && !im->job->may_refer(im->job, num);
}

iq_num iq_import_find_known(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_import *im = ctx;

	/* What is there already, and the row leaves alone, stays. */
	bool stays = im->base != NULL && iq_rec_refers(im->base, id) &&
		     !(im->names_hidden && !im->spool->of_plan && iq_rec_refers(&im->named, id));

	if (kind == IQ_CONTACT && !stays && hidden(im, id))
		return IQ_NONE;
	return iq_import_find(im, kind, id);
}

static bool contains(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return true;
	return false;
}

static bool same_value(const struct iq_value *a, const struct iq_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!iq_str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

/* An exported row lacks what was hidden from who exported it; taking it back must not lose that. */
static bool keep(struct iq_import *im, struct iq_value *row, const struct iq_value *stored,
	bool list, bool *kept)
{
	struct iq_value seen = {NULL, 0}, all = {NULL, 0};
	struct iq_str *s = iq_arena_array(&im->row, stored->n, sizeof(*s));
	struct iq_str *a = iq_arena_array(&im->row, (size_t)row->n + stored->n, sizeof(*a));

	if (s == NULL || a == NULL)
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		a[all.n++] = row->v[i];
	for (uint32_t i = 0; i < stored->n; i++) {
		if (!hidden(im, stored->v[i]))
			s[seen.n++] = stored->v[i];
		else if (contains(row, stored->v[i]))
			im->names_hidden = true;
		else
			a[all.n++] = stored->v[i];
	}
	seen.v = s;
	all.v = a;
	*kept = seen.n < stored->n;
	if (*kept && same_value(row, &seen))
		*row = *stored;
	else if (*kept && list)
		*row = all;
	else
		*kept = false;
	return true;
}

bool iq_import_keep_hidden(struct iq_import *im, struct iq_rec *rec, const struct iq_rec *base)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	im->named = *rec;
	for (size_t c = 0; c < schema->ncolumns; c++) {
		const struct iq_column *column = &schema->columns[c];
		bool list = column->type == IQ_TYPE_REFS, kept;

		if (!(rec->given & UINT32_C(1) << c) || column->target != IQ_CONTACT ||
			(!list && column->type != IQ_TYPE_REF) || base->col[c].n == 0)
			continue;
		if (!keep(im, &rec->col[c], &base->col[c], list, &kept))
			return false;
		if (kept)
			im->kept |= UINT32_C(1) << c;
	}
	return true;
}

/* ---- decisions ---------------------------------------------------------------------------- */

/*
 * A row of a contact of others, as an export gave it: what everybody may see is as it is, and the
 * rest is empty. Equal personal cells are no excuse: that would confirm guesses.
 */
static bool says_nothing(
	const struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *base)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];
	bool public = iq_choice(iq_visibility_names, iq_rec_text(base, IQ_CONTACT_VISIBILITY)) ==
		      IQ_PUBLIC;

	for (size_t c = 0; c < schema->ncolumns; c++) {
		uint32_t bit = UINT32_C(1) << c;
		bool notes = c == IQ_CONTACT_EXTERNAL_ID || c == IQ_CONTACT_INFORMED_ON;
		bool shown =
			schema->columns[c].segment != IQ_SEGMENT_PERSONAL || (public && !notes);

		if (!(rec->given & bit))
			continue;
		if (shown ? !same_value(&rec->col[c], &base->col[c])
			  : rec->col[c].n != 0 && !(im->kept & bit))
			return false;
	}
	return true;
}

static bool changes_nothing(
	const struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *base)
{
	/* Of what a workshop works on, whoever may see it decides. */
	if (base == NULL || im->names_hidden || iq_kind_in_circle(rec->kind))
		return false;
	return rec->kind == IQ_CONTACT ? says_nothing(im, rec, base) : iq_rec_equal(base, rec);
}

bool iq_import_may(struct iq_import *im, const struct iq_rec *rec, size_t at)
{
	struct iq_problem why = {.line = 0}, where;
	bool same = rec->kind != IQ_CONTACT && changes_nothing(im, rec, im->base);
	enum iq_err err = IQ_OK;

	if (!same)
		err = im->job->may_write(im->job, rec, im->base == NULL, &im->plan, &why);
	if (err == IQ_ERR_DENIED && rec->kind == IQ_CONTACT && changes_nothing(im, rec, im->base)) {
		same = true;
		err = IQ_OK;
	}
	if (same)
		im->map.a[at].flags |= IQ_SEEN_SAME;
	if (err == IQ_OK && im->map.a[at].flags & IQ_SEEN_HIDDEN) {
		why = (struct iq_problem){.column = IQ_STR("id"),
			.value = iq_rec_text(rec, IQ_COL_ID),
			.text = N_("This id is taken. Choose another one.")};
		err = IQ_ERR_REJECTED;
	}
	if (err == IQ_OK)
		return true;
	if (err != IQ_ERR_DENIED && err != IQ_ERR_REJECTED) {
		im->err = err;
		return false;
	}
	im->denied = im->denied || err == IQ_ERR_DENIED;
	where = iq_import_where(im, &im->map.a[at]);
	why.file = where.file;
	why.line = where.line;
	iq_error_add_problem(&im->job->error, &why);
	iq_import_reject(im, &im->map.a[at]);
	return false;
}
