/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary as it will be after an import: what is stored, overlaid with the rows. It is
 * what all rows are checked against. Statuses are taken without what they imply: that is checked
 * with the facts, and the final vocabulary is built by the writer from what was written.
 */

#include <stdlib.h>

#include "i18n.h"
#include "import_priv.h"

static const enum iq_kind kinds[] = {IQ_REGION, IQ_TASK, IQ_STATUS, IQ_FACT};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const char more_roots[] = N_("Only one region may have no parent; “{0}” has none already.");

void iq_import_vocab_free(struct iq_import *im)
{
	iq_vocab_free(im->vocab);
	im->vocab = NULL;
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		free(im->v[k].a);
		free(im->by_num[k]);
		im->v[k].a = NULL;
		im->by_num[k] = NULL;
	}
}

/* ---- collecting --------------------------------------------------------------------------- */

static bool is_area(const struct iq_rec *rec)
{
	return iq_str_is(iq_rec_text(rec, IQ_REGION_KIND), "area");
}

static bool on_row(void *arg, const struct iq_import_row *row)
{
	struct iq_import *im = arg;
	size_t at = im->at++;
	const struct iq_seen *e = &im->map.a[at];
	struct iq_vrows *l = &im->v[row->file->kind];
	struct iq_vrow *v;
	struct iq_rec rec, base;
	bool exists;

	if (e->num == IQ_NONE || e->flags & IQ_SEEN_MERGED ||
		(e->flags & IQ_SEEN_REJECTED && im->keep_going))
		return true;
	/* A wrong cell is told when the row is checked; here the rest of the row counts. */
	(void)!iq_import_read(im, row, at, false, &rec, &base, &exists);
	if (im->err != IQ_OK)
		return false;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;

		v = realloc(l->a, cap * sizeof(*v));
		if (v == NULL)
			goto no_memory;
		l->a = v;
		l->cap = cap;
	}
	v = &l->a[l->n];
	*v = (struct iq_vrow){.num = e->num, .seen = at, .rec = rec};
	if (rec.kind == IQ_REGION)
		v->becomes_area = exists && is_area(&rec) && !is_area(&base);
	else if (rec.kind == IQ_FACT)
		v->fact_differs = exists && iq_fact_differs(&base, &rec);
	if (!iq_rec_copy(&v->rec, &im->keep))
		goto no_memory;
	im->by_num[rec.kind][e->num] = (uint32_t)++l->n;
	return true;
no_memory:
	im->err = iq_no_memory(&im->job->error);
	return false;
}

static enum iq_err collect(struct iq_import *im)
{
	enum iq_err err = IQ_OK;

	iq_arena_reset(&im->keep);
	for (unsigned i = 0; i < KINDS && err == IQ_OK; i++) {
		enum iq_kind k = kinds[i];

		free(im->by_num[k]);
		im->v[k].n = 0;
		im->by_num[k] = calloc(iq_wtxn_state(im->w)->next[k], sizeof(*im->by_num[k]));
		if (im->by_num[k] == NULL)
			return iq_no_memory(&im->job->error);
		err = iq_import_each(im, k, on_row, NULL);
	}
	return err;
}

static struct iq_vrow *row_of(struct iq_import *im, enum iq_kind kind, iq_num num)
{
	uint32_t at = num < iq_wtxn_state(im->w)->next[kind] ? im->by_num[kind][num] : 0;

	return at ? &im->v[kind].a[at - 1] : NULL;
}

/* ---- trees -------------------------------------------------------------------------------- */

struct chain {
	struct iq_import *im;
	enum iq_kind kind;
};

static iq_num next_up(void *ctx, iq_num num)
{
	struct chain *c = ctx;
	const struct iq_vrow *v = row_of(c->im, c->kind, num);
	struct iq_rec rec;
	struct iq_str id;

	if (v != NULL)
		id = iq_rec_text(&v->rec, iq_chain_column(c->kind));
	else if (iq_rec_get(c->im->t, c->kind, num, &c->im->row, &rec))
		id = iq_rec_text(&rec, iq_chain_column(c->kind));
	else
		return IQ_NONE;
	return id.n ? iq_import_find(c->im, c->kind, id) : IQ_NONE;
}

static void tell(struct iq_import *im, const struct iq_vrow *v, struct iq_str value,
	const char *text, struct iq_str more)
{
	struct iq_seen *e = &im->map.a[v->seen];
	struct iq_problem p = iq_import_where(im, e);

	p.column = iq_str("parent");
	p.value = value;
	p.text = text;
	p.args[0] = more;
	p.nargs = 1;
	iq_error_add_problem(&im->job->error, &p);
	iq_import_reject(im, e);
}

static void set_parent(struct iq_import *im, struct iq_vrow *v, struct iq_str parent)
{
	struct iq_str *s = iq_arena_alloc(&im->keep, sizeof(*s));

	if (s == NULL || parent.n == 0) {
		v->rec.col[IQ_REGION_PARENT].n = 0;
		return;
	}
	*s = parent;
	v->rec.col[IQ_REGION_PARENT] = (struct iq_value){s, 1};
}

struct root {
	struct iq_import *im;
	struct iq_str id;
};

static bool on_stored_region(void *arg, const struct iq_image *image)
{
	struct root *r = arg;
	struct iq_rec rec;

	if (row_of(r->im, IQ_REGION, image->num) != NULL)
		return true;
	iq_arena_reset(&r->im->row);
	if (!iq_rec_get(r->im->t, IQ_REGION, image->num, &r->im->row, &rec))
		return false;
	if (rec.col[IQ_REGION_PARENT].n || is_area(&rec))
		return true;
	r->id = iq_arena_dup(&r->im->keep, iq_rec_text(&rec, IQ_COL_ID));
	return false;
}

/* The one region without parent; rows that would be another are wrong. */
static struct iq_str find_root(struct iq_import *im)
{
	struct iq_vrows *l = &im->v[IQ_REGION];
	struct root r = {im, {NULL, 0}};

	if (l->n == 0)
		return r.id;
	iq_each_record(im->t, IQ_REGION, 0, on_stored_region, &r);
	for (size_t i = 0; i < l->n; i++) {
		struct iq_vrow *v = &l->a[i];

		if (v->rec.col[IQ_REGION_PARENT].n || is_area(&v->rec))
			continue;
		if (r.id.n == 0) {
			r.id = iq_rec_text(&v->rec, IQ_COL_ID);
			continue;
		}
		if (!(im->map.a[v->seen].flags & IQ_SEEN_REJECTED))
			tell(im, v, (struct iq_str){NULL, 0}, more_roots, r.id);
		set_parent(im, v, r.id);
	}
	return r.id;
}

/*
 * A parent that does not exist is told when the row is checked; one that leads in a circle is
 * told here. Such a row hangs below the root for the rest of the check, so that one mistake does
 * not hide the others.
 */
static void mend_tree(struct iq_import *im, enum iq_kind kind, struct iq_str root)
{
	struct iq_vrows *l = &im->v[kind];
	struct chain c = {im, kind};

	for (size_t i = 0; i < l->n; i++) {
		struct iq_str up = iq_rec_text(&l->a[i].rec, IQ_REGION_PARENT);

		if (up.n && iq_import_find(im, kind, up) == IQ_NONE)
			set_parent(im, &l->a[i], root);
	}
	for (size_t i = 0; i < l->n; i++) {
		struct iq_str up = iq_rec_text(&l->a[i].rec, IQ_REGION_PARENT);

		iq_arena_reset(&im->row);
		if (up.n == 0 || iq_check_chain(l->a[i].num, next_up, &c))
			continue;
		if (!(im->map.a[l->a[i].seen].flags & IQ_SEEN_REJECTED))
			tell(im, &l->a[i], up, iq_chain_text, (struct iq_str){NULL, 0});
		set_parent(im, &l->a[i], root);
	}
}

/* ---- the source --------------------------------------------------------------------------- */

struct emit {
	struct iq_import *im;
	enum iq_kind kind;
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec);
	void *arg;
	enum iq_err err;
};

static enum iq_err emit_rec(struct emit *e, iq_num num, const struct iq_rec *rec)
{
	struct iq_rec copy = *rec;

	if (rec->kind == IQ_STATUS)
		copy.col[IQ_STATUS_IMPLIES].n = 0;
	return e->fn(e->arg, num, &copy);
}

static bool on_stored(void *arg, const struct iq_image *image)
{
	struct emit *e = arg;
	struct iq_rec rec;

	if (row_of(e->im, e->kind, image->num) != NULL)
		return true;
	iq_arena_reset(&e->im->row);
	if (!iq_rec_get(e->im->t, e->kind, image->num, &e->im->row, &rec))
		return false;
	e->err = emit_rec(e, image->num, &rec);
	return e->err == IQ_OK;
}

static enum iq_err source_each(void *ctx, enum iq_kind kind,
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec), void *arg)
{
	struct iq_import *im = ctx;
	struct emit e = {im, kind, fn, arg, IQ_OK};

	if (kind == IQ_NOTICE) /* nothing is checked against them */
		return IQ_OK;
	for (size_t i = 0; i < im->v[kind].n && e.err == IQ_OK; i++)
		e.err = emit_rec(&e, im->v[kind].a[i].num, &im->v[kind].a[i].rec);
	if (e.err == IQ_OK)
		iq_each_record(im->t, kind, 0, on_stored, &e);
	return e.err != IQ_OK ? e.err : iq_txn_error(im->t, NULL);
}

enum iq_err iq_import_vocab(struct iq_import *im)
{
	struct iq_vocab_source src = {.ctx = im, .each = source_each, .find = iq_import_find};
	enum iq_err err;
	size_t before;

	do {
		struct iq_str root;

		before = im->rejected;
		err = collect(im);
		if (err != IQ_OK)
			return err;
		root = find_root(im);
		mend_tree(im, IQ_REGION, root);
		mend_tree(im, IQ_TASK, (struct iq_str){NULL, 0});
		mend_tree(im, IQ_STATUS, (struct iq_str){NULL, 0});
	} while (im->keep_going && im->rejected != before);
	iq_vocab_free(im->vocab);
	im->vocab = NULL;
	err = iq_vocab_build(&src, iq_wtxn_state(im->w)->revision + 1, &im->vocab, &im->job->error);
	if (err != IQ_OK && err != IQ_ERR_REJECTED)
		return err;
	im->bad = im->bad || err != IQ_OK;
	/* Without it the rows are still checked, all but their conditions. */
	return im->keep_going ? err : IQ_OK;
}

enum iq_err iq_import_vocab_users(struct iq_import *im)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < im->v[IQ_REGION].n; i++) {
		struct iq_vrow *v = &im->v[IQ_REGION].a[i];
		struct iq_problem where = iq_import_where(im, &im->map.a[v->seen]);

		if (v->becomes_area &&
			iq_check_area(im->t, v->num, &v->rec, &where, &im->job->error) != IQ_OK)
			err = IQ_ERR_REJECTED;
	}
	for (size_t i = 0; i < im->v[IQ_FACT].n; i++) {
		struct iq_vrow *v = &im->v[IQ_FACT].a[i];
		struct iq_problem where = iq_import_where(im, &im->map.a[v->seen]);

		if (v->fact_differs && im->vocab != NULL &&
			iq_check_fact_users(
				im->t, &im->vocab->facts, v->num, &where, &im->job->error) != IQ_OK)
			err = IQ_ERR_REJECTED;
	}
	return err;
}
