/* SPDX-License-Identifier: Apache-2.0 */
#include "stakeholders.h"

#include <stdlib.h>

enum { FIRST = 32, TMP_ROWS = 64 };

struct nums {
	iq_num *a;
	size_t n, cap;
};

struct kinds {
	struct iq_kind_ref *a; /* statutory, by number */
	bool *there;
	size_t n, cap;
};

struct search {
	const struct iq_view *view;
	const struct iq_lookup *lookup;
	struct iq_arena *arena;
	struct nums seats;
	struct kinds kinds;
	bool full;
};

static void *grow(struct iq_arena *arena, void *a, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : FIRST;
	void *p = *cap ? iq_arena_grow(arena, a, *cap * size, more * size)
		       : iq_arena_alloc(arena, more * size);

	if (p != NULL)
		*cap = more;
	return p;
}

/* ---- seats and kinds ------------------------------------------------------------------------ */

static bool on_seat(void *arg, iq_num institution)
{
	struct search *s = arg;

	if (s->seats.n == s->seats.cap) {
		iq_num *a = grow(s->arena, s->seats.a, &s->seats.cap, sizeof(*a));

		s->full = a == NULL;
		if (s->full)
			return false;
		s->seats.a = a;
	}
	s->seats.a[s->seats.n++] = institution;
	return true;
}

static int by_num(const void *a, const void *b)
{
	iq_num x = *(const iq_num *)a, y = *(const iq_num *)b;

	return (x > y) - (x < y);
}

static enum iq_err find_seats(struct search *s, iq_num region)
{
	struct iq_reach_map reach;
	enum iq_err err = iq_reach_init(&reach, s->view, region, true, s->arena);

	for (size_t i = 0; err == IQ_OK && i < reach.n && !s->full; i++) {
		if (iq_vocab_in_scope(s->view->vocab, region, reach.region[i]))
			s->lookup->seats(s->lookup->ctx, reach.region[i], on_seat, s);
	}
	if (s->seats.n > 1)
		qsort(s->seats.a, s->seats.n, sizeof(*s->seats.a), by_num);
	return err != IQ_OK ? err : s->full ? IQ_ERR_BUSY : IQ_OK;
}

static bool has_seat(const struct search *s, iq_num institution)
{
	return s->seats.n > 0 &&
	       bsearch(&institution, s->seats.a, s->seats.n, sizeof(*s->seats.a), by_num) != NULL;
}

static bool on_kind(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct search *s = arg;

	if (!iq_str_is(iq_rec_text(rec, IQ_KIND_STATUTORY), "yes"))
		return true;
	if (s->kinds.n == s->kinds.cap) {
		struct iq_kind_ref *a = grow(s->arena, s->kinds.a, &s->kinds.cap, sizeof(*a));

		s->full = a == NULL;
		if (s->full)
			return false;
		s->kinds.a = a;
	}
	s->kinds.a[s->kinds.n++] =
		(struct iq_kind_ref){num, iq_arena_dup(s->arena, iq_rec_text(rec, IQ_COL_ID))};
	return true;
}

/* By id: the kinds come by number. */
static int by_kind_id(const void *a, const void *b)
{
	const struct iq_kind_ref *x = a, *y = b;

	return iq_str_cmp(x->id, y->id);
}

static bool find_kinds(struct search *s)
{
	s->lookup->each(s->lookup->ctx, IQ_KIND, on_kind, s);
	if (s->kinds.n > 1)
		qsort(s->kinds.a, s->kinds.n, sizeof(*s->kinds.a), by_kind_id);
	s->kinds.there = iq_arena_array(s->arena, s->kinds.n, sizeof(*s->kinds.there));
	return !s->full && s->kinds.there != NULL;
}

/* ---- institutions --------------------------------------------------------------------------- */

static bool read_one(struct search *s, struct iq_stakeholder *h, struct iq_arena *tmp)
{
	const struct iq_lookup *r = s->lookup;
	struct iq_rec rec;

	h->id = s->view->id(s->view->ctx, IQ_INSTITUTION, h->institution);
	h->seat = has_seat(s, h->institution);
	if (!r->get(r->ctx, IQ_INSTITUTION, h->institution, tmp, &rec))
		return true;
	h->region = r->find(r->ctx, IQ_REGION, iq_rec_text(&rec, IQ_INSTITUTION_REGION));
	h->kind = r->find(r->ctx, IQ_KIND, iq_rec_text(&rec, IQ_INSTITUTION_KIND));
	h->kind_id = iq_arena_dup(s->arena, iq_rec_text(&rec, IQ_INSTITUTION_KIND));
	for (size_t i = 0; i < s->kinds.n && !h->statutory; i++) {
		h->statutory = h->kind == s->kinds.a[i].kind;
		s->kinds.there[i] = s->kinds.there[i] || h->statutory;
	}
	return !s->arena->failed;
}

static bool read_all(struct search *s, struct iq_stakeholders *out)
{
	struct iq_arena tmp;
	bool ok = true;

	iq_arena_init(&tmp, 0);
	for (size_t i = 0; i < out->n && ok; i++) {
		ok = read_one(s, &out->a[i], &tmp);
		if (i % TMP_ROWS == 0)
			iq_arena_reset(&tmp);
	}
	iq_arena_free(&tmp);
	return ok;
}

static int by_kind(const void *a, const void *b)
{
	const struct iq_stakeholder *x = a, *y = b;
	int c;

	if (x->statutory != y->statutory)
		return x->statutory ? -1 : 1;
	if ((x->kind == IQ_NONE) != (y->kind == IQ_NONE))
		return x->kind == IQ_NONE ? 1 : -1;
	c = iq_str_cmp(x->kind_id, y->kind_id);
	if (c)
		return c;
	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

/* The cells of each column, in order of the lines; `at` says who has the column. */
static bool give_cells(struct search *s, struct iq_stakeholders *out)
{
	const struct iq_matrix *m = &out->matrix;

	for (size_t i = 0; i < m->ncells; i++)
		out->a[m->cell[i].column].ncells++;
	for (size_t k = 0; k < m->ncolumns; k++) {
		struct iq_stakeholder *h = &out->a[k];

		h->cell = iq_arena_array(s->arena, h->ncells, sizeof(*h->cell));
		if (h->cell == NULL)
			return false;
		h->ncells = 0;
	}
	for (size_t i = 0; i < m->ncells; i++) {
		struct iq_stakeholder *h = &out->a[m->cell[i].column];

		h->cell[h->ncells++] = &m->cell[i];
	}
	return true;
}

/* Those of the matrix, then those that have a seat only. */
static bool list_all(struct search *s, struct iq_stakeholders *out)
{
	const struct iq_matrix *m = &out->matrix;
	iq_num *known = iq_arena_array(s->arena, m->ncolumns, sizeof(*known));

	out->a = iq_arena_array(s->arena, m->ncolumns + s->seats.n, sizeof(*out->a));
	if (known == NULL || out->a == NULL)
		return false;
	for (size_t k = 0; k < m->ncolumns; k++) {
		known[k] = m->column[k].institution;
		out->a[k] = (struct iq_stakeholder){
			.institution = known[k], .distance = m->column[k].distance};
	}
	out->n = m->ncolumns;
	if (out->n > 1)
		qsort(known, out->n, sizeof(*known), by_num);
	for (size_t i = 0; i < s->seats.n; i++) {
		const iq_num *seat = &s->seats.a[i];

		if (m->ncolumns == 0 ||
			bsearch(seat, known, m->ncolumns, sizeof(*known), by_num) == NULL)
			out->a[out->n++] = (struct iq_stakeholder){
				.institution = *seat, .distance = IQ_REACH_OUT};
	}
	return give_cells(s, out);
}

enum iq_err iq_stakeholders_find(const struct iq_view *view, const struct iq_lookup *lookup,
	iq_num region, int32_t at, bool whole, struct iq_arena *arena, struct iq_stakeholders *out)
{
	const struct iq_matrix_query q = {.region = region, .at = at, .whole = whole};
	struct search s = {.view = view, .lookup = lookup, .arena = arena};
	enum iq_err err;

	*out = (struct iq_stakeholders){.n = 0};
	err = iq_matrix_build(view, NULL, &q, arena, &out->matrix);
	if (err == IQ_OK)
		err = find_seats(&s, region);
	if (err != IQ_OK)
		return err;
	if (!find_kinds(&s) || !list_all(&s, out) || !read_all(&s, out))
		return IQ_ERR_BUSY;
	if (out->n > 1)
		qsort(out->a, out->n, sizeof(*out->a), by_kind);
	out->missing = iq_arena_array(arena, s.kinds.n, sizeof(*out->missing));
	if (out->missing == NULL)
		return IQ_ERR_BUSY;
	for (size_t i = 0; i < s.kinds.n; i++) {
		if (!s.kinds.there[i])
			out->missing[out->nmissing++] = s.kinds.a[i];
	}
	return IQ_OK;
}
