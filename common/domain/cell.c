/* SPDX-License-Identifier: Apache-2.0 */
#include "cell.h"

#include <stdlib.h>

#include "match_priv.h"

enum { FIRST_CELLS = 64 };

/* ---- one task in one region, for some statuses ----------------------------------------------- */

/* The first row in order that covers a cell. */
struct cover {
	uint64_t key;
	iq_num num, institution; /* num IQ_NONE: nobody */
};

struct sheet {
	struct iq_question q;
	struct iq_matcher m;
	const iq_num *status;
	size_t n;
	struct cover *cover; /* n */
	bool any;            /* one is enough: stop at the first */
	bool above;          /* rows of parts of the region do not count */
	bool found;
};

static void sheet_init(struct sheet *s, const struct iq_view *view, iq_num task, iq_num region,
	int32_t at, struct iq_arena *arena)
{
	*s = (struct sheet){.q = {.task = task, .region = region, .at = at}};
	s->m = (struct iq_matcher){.view = view, .vocab = view->vocab, .q = &s->q, .arena = arena};
}

/* What follows from asking for this status. */
static void ask_status(struct sheet *s, iq_num status)
{
	s->q.status = status;
	s->m.known = s->m.vocab->implied[status];
}

/* True if the row comes before what covers the cell so far. */
static bool comes_first(
	const struct sheet *s, const struct cover *c, uint64_t key, const struct iq_entry *e)
{
	const struct iq_view *view = s->m.view;
	int order;

	if (c->num == IQ_NONE || key != c->key)
		return c->num == IQ_NONE || key < c->key;
	order = iq_str_cmp(view->id(view->ctx, IQ_INSTITUTION, e->institution),
		view->id(view->ctx, IQ_INSTITUTION, c->institution));
	if (order == 0)
		order = iq_str_cmp(view->id(view->ctx, IQ_RESPONSIBILITY, e->num),
			view->id(view->ctx, IQ_RESPONSIBILITY, c->num));
	return order < 0;
}

static bool cover_entry(void *arg, const struct iq_entry *e)
{
	struct sheet *s = arg;
	struct iq_judgement v;
	struct iq_row row;

	if (!iq_role_is_main(e->role) || s->q.at < e->from || s->q.at > e->to)
		return true;
	for (size_t i = 0; i < s->n && !(s->any && s->found); i++) {
		ask_status(s, s->status[i]);
		if (!iq_matcher_judge(&s->m, e, 0, &v))
			continue;
		iq_matcher_fill(&row, e, &v);
		uint64_t key = iq_matcher_key(&s->m, &row);

		if (comes_first(s, &s->cover[i], key, e))
			s->cover[i] = (struct cover){key, e->num, e->institution};
		s->found = true;
	}
	return !(s->any && s->found);
}

/* Every row of the task in the region, its ancestors and, unless `above`, its parts. */
static void walk_regions(struct sheet *s, iq_num task)
{
	const struct iq_view *view = s->m.view;
	const struct iq_tree *t = &s->m.vocab->region;
	iq_num asked = s->q.region;

	if (!s->above && t->end[asked] - t->pre[asked] > IQ_SCAN_REGIONS) {
		view->task(view->ctx, task, cover_entry, s);
		return;
	}
	for (iq_num up = asked; up != IQ_NONE && !(s->any && s->found); up = t->parent[up])
		view->cell(view->ctx, task, up, cover_entry, s);
	if (s->above)
		return;
	for (uint32_t pre = t->pre[asked] + 1; pre <= t->end[asked] && !(s->any && s->found); pre++)
		view->cell(view->ctx, task, t->at[pre], cover_entry, s);
}

/* Fills s->cover; a leaf task has rows of its own and its ancestors only. */
static bool sheet_cover(struct sheet *s, const iq_num *status, size_t n)
{
	s->status = status;
	s->n = n;
	s->cover = iq_arena_array(s->m.arena, n, sizeof(*s->cover));
	if (s->cover == NULL)
		return false;
	for (iq_num up = s->q.task; up != IQ_NONE && !(s->any && s->found);
		up = s->m.vocab->task.parent[up])
		walk_regions(s, up);
	return true;
}

/* Excluded or not needed: nobody has to be responsible. */
static bool is_ended(struct sheet *s, iq_num status)
{
	ask_status(s, status);
	for (size_t i = 0; i < s->m.vocab->nnotices; i++) {
		if (iq_matcher_notice_ends(&s->m, &s->m.vocab->notices[i]))
			return true;
	}
	return false;
}

/* ---- one cell ------------------------------------------------------------------------------- */

static bool is_in(const struct iq_tree *t, iq_num num)
{
	return num != IQ_NONE && num <= t->n && t->id[num].n > 0;
}

static bool is_cell(const struct iq_vocab *v, const struct iq_cell *c)
{
	return is_in(&v->task, c->task) && is_in(&v->status, c->status) &&
	       is_in(&v->region, c->region) && !v->region_is_area[c->region];
}

bool iq_cell_covered(
	const struct iq_view *view, const struct iq_cell *cell, int32_t at, struct iq_arena *arena)
{
	struct sheet s;

	if (!is_cell(view->vocab, cell))
		return false;
	sheet_init(&s, view, cell->task, cell->region, at, arena);
	s.any = true;
	return sheet_cover(&s, &cell->status, 1) && s.found;
}

/* A look for a row that covers the cell in some region of the same kind. */
struct kin {
	struct sheet *s;
	iq_num region;
	struct iq_str kind;
	/* by pre-order position: how many regions of the kind lie up to there; made when needed */
	uint32_t *count;
	bool found;
};

/* The region itself counts, with or without a kind. */
static bool is_kin(const struct kin *k, iq_num region)
{
	return region == k->region ||
	       (k->kind.n > 0 && iq_str_eq(k->s->m.vocab->region_kind[region], k->kind));
}

static bool count_kin(struct kin *k)
{
	const struct iq_tree *t = &k->s->m.vocab->region;

	k->count = iq_arena_array(k->s->m.arena, (size_t)t->n + 1, sizeof(*k->count));
	for (uint32_t pre = 1; k->count != NULL && pre <= t->n; pre++)
		k->count[pre] = k->count[pre - 1] +
				(t->at[pre] != IQ_NONE && is_kin(k, t->at[pre]) ? 1 : 0);
	return k->count != NULL;
}

/* A region of the kind is the row's, above it or below it. */
static bool touches_kin(const struct kin *k, iq_num region)
{
	const struct iq_tree *t = &k->s->m.vocab->region;

	if (!is_in(t, region))
		return false;
	if (k->count[t->end[region]] > k->count[t->pre[region] - 1])
		return true;
	for (iq_num up = t->parent[region]; up != IQ_NONE; up = t->parent[up]) {
		if (is_kin(k, up))
			return true;
	}
	return false;
}

static bool kin_entry(void *arg, const struct iq_entry *e)
{
	struct kin *k = arg;
	struct iq_judgement v;

	k->found = iq_role_is_main(e->role) && touches_kin(k, e->region) &&
		   iq_matcher_judge(&k->s->m, e, 0, &v);
	return !k->found;
}

bool iq_cell_expected(
	const struct iq_view *view, const struct iq_cell *cell, int32_t at, struct iq_arena *arena)
{
	const struct iq_vocab *v = view->vocab;
	struct sheet s;
	struct kin k = {.s = &s, .region = cell->region};

	if (!is_cell(v, cell))
		return false;
	sheet_init(&s, view, cell->task, cell->region, at, arena);
	if (is_ended(&s, cell->status))
		return false;
	if (v->task_expected[cell->task])
		return true;
	k.kind = v->region_kind[cell->region];
	if (!count_kin(&k))
		return false;
	ask_status(&s, cell->status);
	s.q.region = IQ_NONE; /* the rows of all regions; kin_entry() looks where */
	for (iq_num up = cell->task; up != IQ_NONE && !k.found; up = v->task.parent[up])
		view->task(view->ctx, up, kin_entry, &k);
	return k.found;
}

/* ---- what a change puts at stake ------------------------------------------------------------ */

/* A row that stands for a leaf task in its region. */
struct stand {
	uint32_t task, region; /* pre-order positions */
	const struct iq_entry *row;
};

struct stands {
	struct stand *a;
	size_t n, cap;
};

static bool is_leaf(const struct iq_tree *t, iq_num num)
{
	return t->pre[num] == t->end[num];
}

static bool add_stands(const struct iq_vocab *v, const struct iq_entry *row, int32_t at,
	struct iq_arena *arena, struct stands *out)
{
	const struct iq_tree *t = &v->task;

	if (!iq_role_is_main(row->role) || at < row->from || at > row->to || !is_in(t, row->task) ||
		!is_in(&v->region, row->region))
		return true;
	for (uint32_t pre = t->pre[row->task]; pre <= t->end[row->task]; pre++) {
		if (!is_leaf(t, t->at[pre]))
			continue;
		if (out->n == out->cap) {
			size_t cap = out->cap ? 2 * out->cap : FIRST_CELLS, size = sizeof(*out->a);
			struct stand *a = iq_arena_grow(arena, out->a, out->cap * size, cap * size);

			if (a == NULL)
				return false;
			out->a = a;
			out->cap = cap;
		}
		out->a[out->n++] = (struct stand){pre, v->region.pre[row->region], row};
	}
	return true;
}

static int stand_order(const void *a, const void *b)
{
	const struct stand *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	return (x->region > y->region) - (x->region < y->region);
}

/* True if the row names the status, an ancestor of it, or none. */
static bool names_status(const struct iq_tree *t, const struct iq_entry *row, iq_num status)
{
	for (uint32_t i = 0; i < row->nstatuses; i++) {
		const uint8_t *p = row->statuses + 2 * (size_t)i;
		iq_num named = (iq_num)p[0] | (iq_num)p[1] << 8;

		if (is_in(t, named) && iq_tree_covers(t, named, status))
			return true;
	}
	return row->nstatuses == 0;
}

/* The leaf statuses of these rows, in pre-order; their number. */
static size_t named_statuses(
	const struct iq_vocab *v, const struct stand *stand, size_t n, iq_num *out)
{
	const struct iq_tree *t = &v->status;
	size_t found = 0;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		bool named = false;

		for (size_t i = 0; i < n && !named && is_leaf(t, t->at[pre]); i++)
			named = names_status(t, stand[i].row, t->at[pre]);
		if (named)
			out[found++] = t->at[pre];
	}
	return found;
}

static bool add_cell(struct iq_cells *out, struct iq_arena *arena, const struct iq_cell *cell)
{
	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : FIRST_CELLS, size = sizeof(*out->a);
		struct iq_cell *a = iq_arena_grow(arena, out->a, out->cap * size, cap * size);

		if (a == NULL)
			return false;
		out->a = a;
		out->cap = cap;
	}
	out->a[out->n++] = *cell;
	return true;
}

/* A covered cell is expected, unless a notice ends it: its own region has such a row. */
static bool add_covered(struct sheet *s, struct iq_arena *arena, struct iq_cells *out)
{
	const struct iq_view *view = s->m.view;

	for (size_t i = 0; i < s->n; i++) {
		struct iq_cell cell = {s->q.task, s->status[i], s->q.region, {NULL, 0}};

		if (s->cover[i].num == IQ_NONE || is_ended(s, s->status[i]))
			continue;
		/* a copy: in a write transaction ids do not outlive the next change */
		cell.last = iq_arena_dup(
			arena, view->id(view->ctx, IQ_RESPONSIBILITY, s->cover[i].num));
		if (!add_cell(out, arena, &cell))
			return false;
	}
	return !arena->failed;
}

enum iq_err iq_cells_at_stake(const struct iq_view *view, const struct iq_entry *rows, size_t n,
	int32_t at, struct iq_arena *arena, struct iq_cells *out)
{
	const struct iq_vocab *v = view->vocab;
	iq_num *status = iq_arena_array(arena, (size_t)v->status.n + 1, sizeof(*status));
	struct stands stands = {NULL, 0, 0};

	*out = (struct iq_cells){NULL, 0, 0};
	for (size_t i = 0; i < n; i++) {
		if (!add_stands(v, &rows[i], at, arena, &stands))
			return IQ_ERR_BUSY;
	}
	if (status == NULL)
		return IQ_ERR_BUSY;
	if (stands.n > 1)
		qsort(stands.a, stands.n, sizeof(*stands.a), stand_order);
	for (size_t i = 0, end; i < stands.n; i = end) {
		struct sheet s;

		for (end = i + 1; end < stands.n && stand_order(&stands.a[i], &stands.a[end]) == 0;)
			end++;
		sheet_init(&s, view, v->task.at[stands.a[i].task], v->region.at[stands.a[i].region],
			at, arena);
		s.above = true;
		if (!sheet_cover(&s, status, named_statuses(v, &stands.a[i], end - i, status)) ||
			!add_covered(&s, arena, out))
			return IQ_ERR_BUSY;
	}
	return IQ_OK;
}

enum iq_err iq_cells_lost(
	const struct iq_view *view, int32_t at, struct iq_arena *arena, struct iq_cells *cells)
{
	size_t kept = 0, n = cells->n;
	iq_num *status = iq_arena_array(arena, n, sizeof(*status));

	if (status == NULL)
		return IQ_ERR_BUSY;
	for (size_t i = 0; i < n; i++)
		status[i] = cells->a[i].status;
	for (size_t i = 0, end; i < n; i = end) {
		struct iq_cell first = cells->a[i];
		struct sheet s;

		for (end = i; end < n && cells->a[end].task == first.task &&
			      cells->a[end].region == first.region &&
			      is_cell(view->vocab, &cells->a[end]);)
			end++;
		if (end == i) { /* the vocabulary lost it */
			end++;
			continue;
		}
		sheet_init(&s, view, first.task, first.region, at, arena);
		s.above = true;
		if (!sheet_cover(&s, status + i, end - i))
			return IQ_ERR_BUSY;
		for (size_t k = i; k < end; k++) {
			if (s.cover[k - i].num == IQ_NONE)
				cells->a[kept++] = cells->a[k];
		}
	}
	cells->n = kept;
	return IQ_OK;
}
