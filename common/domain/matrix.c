/* SPDX-License-Identifier: Apache-2.0 */
#include "matrix.h"

#include <stdlib.h>

#include "bounds.h"
#include "date.h"

enum { FIRST_FOUND = 256, TMP_ROWS = 64 };

/* A responsibility that counts. */
struct found {
	uint32_t line, column; /* the task's place in pre-order first, then positions */
	iq_num institution;
	struct iq_matrix_row row;
	const struct iq_groups *may, *sure;
};

/* A notice that says more than something to know. */
struct limit {
	const struct iq_notice *notice;
	const uint64_t *set;
};

struct build {
	const struct iq_view *view;
	const struct iq_lookup *lookup;
	const struct iq_matrix_query *q;
	struct iq_arena *arena;
	struct iq_reach_map reach;
	struct iq_leaves leaves;
	uint64_t *may, *sure; /* of the row at hand */
	struct found *found;
	size_t n, cap;
	struct limit *limit;
	size_t nlimits;
	bool full;
};

/* ---- rows ----------------------------------------------------------------------------------- */

static bool add_found(struct build *b, const struct found *f)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : FIRST_FOUND, size = sizeof(*f);
		struct found *a =
			b->cap ? iq_arena_grow(b->arena, b->found, b->cap * size, cap * size)
			       : iq_arena_alloc(b->arena, cap * size);

		if (a == NULL)
			return false;
		b->found = a;
		b->cap = cap;
	}
	b->found[b->n++] = *f;
	return true;
}

static bool find_entry(void *arg, const struct iq_entry *e)
{
	struct build *b = arg;
	struct found f = {.line = b->view->vocab->task.pre[e->task],
		.institution = e->institution,
		.row = {.num = e->num,
			.region = e->region,
			.role = e->role,
			.distance = b->reach.distance[e->region],
			.confirmed = IQ_DATE_MIN}};

	if (!iq_leaves_row(&b->leaves, e, b->may, b->sure))
		return true;
	if (b->n == IQ_LIMIT_VIEW_ROWS) {
		b->full = true;
		return false;
	}
	f.may = iq_leaves_fold(&b->leaves, b->may);
	f.sure = iq_leaves_fold(&b->leaves, b->sure);
	f.row.conditional = f.may != f.sure;
	b->full = f.may == NULL || f.sure == NULL || !add_found(b, &f);
	return !b->full;
}

static bool find_rows(struct build *b)
{
	const struct iq_tree *t = &b->view->vocab->task;
	iq_num asked = b->q->task;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE && !b->full; pre++) {
		iq_num task = t->at[pre];

		if (asked == IQ_NONE || iq_tree_covers(t, task, asked) ||
			iq_tree_covers(t, asked, task))
			iq_reach_task(&b->reach, task, find_entry, b);
	}
	return !b->full;
}

/* Ids, for the order, and days of confirmation. */
static void read_rows(struct build *b)
{
	struct iq_arena tmp;

	iq_arena_init(&tmp, 0);
	for (size_t i = 0; i < b->n; i++) {
		struct iq_matrix_row *row = &b->found[i].row;
		struct iq_rec rec;

		row->id = b->view->id(b->view->ctx, IQ_RESPONSIBILITY, row->num);
		if (b->lookup == NULL ||
			!b->lookup->get(b->lookup->ctx, IQ_RESPONSIBILITY, row->num, &tmp, &rec))
			continue;
		if (!iq_date_parse(iq_rec_text(&rec, IQ_RESP_CONFIRMED_ON), &row->confirmed))
			row->confirmed = IQ_DATE_MIN;
		if (i % TMP_ROWS == 0)
			iq_arena_reset(&tmp);
	}
	iq_arena_free(&tmp);
}

/* ---- lines and columns ---------------------------------------------------------------------- */

static int by_institution(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->institution != y->institution)
		return x->institution < y->institution ? -1 : 1;
	return (x->row.distance > y->row.distance) - (x->row.distance < y->row.distance);
}

static int by_nearness(const void *a, const void *b)
{
	const struct iq_matrix_column *x = a, *y = b;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->row.role != y->row.role)
		return x->row.role < y->row.role ? -1 : 1;
	if (x->row.distance != y->row.distance)
		return x->row.distance < y->row.distance ? -1 : 1;
	return iq_str_cmp(x->row.id, y->row.id);
}

/* Lists the institutions and tells each row its column. */
static bool make_columns(struct build *b, struct iq_matrix *out)
{
	iq_num most = IQ_NONE;
	uint32_t *column;

	if (b->n > 1)
		qsort(b->found, b->n, sizeof(*b->found), by_institution);
	for (size_t i = 0; i < b->n; i++) {
		if (i == 0 || b->found[i].institution != b->found[i - 1].institution)
			out->ncolumns++;
		most = b->found[i].institution;
	}
	out->column = iq_arena_array(b->arena, out->ncolumns, sizeof(*out->column));
	column = iq_arena_array(b->arena, (size_t)most + 1, sizeof(*column));
	if (out->column == NULL || column == NULL)
		return false;
	for (size_t i = 0, k = 0; i < b->n; i++) {
		iq_num num = b->found[i].institution;

		if (i > 0 && num == b->found[i - 1].institution)
			continue;
		out->column[k++] = (struct iq_matrix_column){num,
			b->view->id(b->view->ctx, IQ_INSTITUTION, num), b->found[i].row.distance};
	}
	if (out->ncolumns > 1)
		qsort(out->column, out->ncolumns, sizeof(*out->column), by_nearness);
	for (size_t k = 0; k < out->ncolumns; k++)
		column[out->column[k].institution] = (uint32_t)k;
	for (size_t i = 0; i < b->n; i++)
		b->found[i].column = column[b->found[i].institution];
	if (b->n > 1)
		qsort(b->found, b->n, sizeof(*b->found), by_place);
	return true;
}

/* Lists the tasks and tells each row its line; counts the cells. */
static bool make_lines(struct build *b, struct iq_matrix *out)
{
	const struct iq_tree *t = &b->view->vocab->task;
	uint32_t last = 0; /* positions begin at 1 */

	for (size_t i = 0; i < b->n; last = b->found[i++].line)
		out->nlines += b->found[i].line != last;
	out->line = iq_arena_array(b->arena, out->nlines, sizeof(*out->line));
	if (out->line == NULL)
		return false;
	last = 0;
	for (size_t i = 0, k = 0; i < b->n; i++) {
		struct found *f = &b->found[i];
		bool line = f->line != last;

		last = f->line;
		if (line)
			out->line[k++] = (struct iq_matrix_line){.task = t->at[last],
				.above = b->q->task != IQ_NONE && t->at[last] != b->q->task &&
					 iq_tree_covers(t, t->at[last], b->q->task),
				.first = out->ncells};
		f->line = (uint32_t)k - 1;
		if (line || f->column != b->found[i - 1].column) {
			out->line[k - 1].ncells++;
			out->ncells++;
		}
	}
	return true;
}

/* ---- notices -------------------------------------------------------------------------------- */

static bool find_limits(struct build *b)
{
	const struct iq_vocab *v = b->view->vocab;

	b->limit = iq_arena_array(b->arena, v->nnotices, sizeof(*b->limit));
	if (b->limit == NULL)
		return false;
	for (size_t i = 0; i < v->nnotices; i++) {
		const struct iq_notice *n = &v->notices[i];
		uint64_t *set;

		if (n->effect == IQ_INFO || b->q->at < n->from || b->q->at > n->to ||
			!iq_reach_meet(&b->reach, n->region, IQ_NONE))
			continue;
		set = iq_leaves_new(&b->leaves);
		if (set == NULL)
			return false;
		iq_leaves_notice(&b->leaves, n, set);
		if (!iq_leaves_empty(&b->leaves, set))
			b->limit[b->nlimits++] = (struct limit){n, set};
	}
	return true;
}

static bool touches(
	const struct build *b, const struct limit *l, iq_num task, const struct found *f)
{
	const struct iq_notice *n = l->notice;
	const struct iq_tree *t = &b->view->vocab->task;

	return (n->institution == IQ_NONE || n->institution == f->institution) &&
	       (n->task == IQ_NONE || iq_tree_covers(t, n->task, task) ||
		       iq_tree_covers(t, task, n->task)) &&
	       iq_leaves_meet(&b->leaves, l->set, f->may->set) &&
	       iq_reach_meet(&b->reach, f->row.region, n->region);
}

/* What says most comes last. */
static int weight(enum iq_effect effect)
{
	static const int weights[IQ_EFFECTS] = {
		[IQ_RESTRICTED] = 1, [IQ_SUSPENDED] = 2, [IQ_NOT_NEEDED] = 3, [IQ_EXCLUDED] = 4};

	return weights[effect];
}

static bool set_notices(
	struct build *b, iq_num task, const struct found *f, size_t n, struct iq_matrix_cell *cell)
{
	size_t cap = 0;

	cell->effect = IQ_INFO;
	for (size_t k = 0; k < b->nlimits; k++) {
		const struct iq_notice *notice = b->limit[k].notice, **a;
		bool found = false;

		for (size_t i = 0; i < n && !found; i++)
			found = touches(b, &b->limit[k], task, &f[i]);
		if (!found)
			continue;
		if (cell->nnotices == cap) {
			size_t more = cap ? 2 * cap : 2, size = sizeof(struct iq_notice *);

			a = cap ? iq_arena_grow(b->arena, cell->notice, cap * size, more * size)
				: iq_arena_alloc(b->arena, more * size);
			if (a == NULL)
				return false;
			cell->notice = a;
			cap = more;
		}
		cell->notice[cell->nnotices++] = notice;
		if (weight(notice->effect) > weight(cell->effect))
			cell->effect = notice->effect;
	}
	return true;
}

/* ---- cells ---------------------------------------------------------------------------------- */

/* One role of a cell: n rows of it. */
static bool set_role(struct build *b, const struct found *f, size_t n, struct iq_matrix_role *out)
{
	*out = (struct iq_matrix_role){.role = f->row.role, .part = true};
	iq_leaves_clear(&b->leaves, b->may);
	iq_leaves_clear(&b->leaves, b->sure);
	for (size_t i = 0; i < n; i++) {
		iq_leaves_add(&b->leaves, b->may, f[i].may->set);
		iq_leaves_add(&b->leaves, b->sure, f[i].sure->set);
		out->part = out->part && iq_reach_is_part(f[i].row.distance);
	}
	out->groups = iq_leaves_fold(&b->leaves, b->may);
	out->sure = iq_leaves_fold(&b->leaves, b->sure);
	out->conditional = out->groups != out->sure;
	return out->groups != NULL && out->sure != NULL;
}

static bool set_cell(
	struct build *b, iq_num task, const struct found *f, size_t n, struct iq_matrix_cell *cell)
{
	size_t roles = 0;

	*cell = (struct iq_matrix_cell){
		.line = f->line, .column = f->column, .nrows = n, .oldest = IQ_DATE_MAX};
	for (size_t i = 0; i < n; i++)
		roles += i == 0 || f[i].row.role != f[i - 1].row.role;
	cell->role = iq_arena_array(b->arena, roles, sizeof(*cell->role));
	cell->row = iq_arena_array(b->arena, n, sizeof(*cell->row));
	if (cell->role == NULL || cell->row == NULL)
		return false;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && f[end].row.role == f[i].row.role; end++) {
			cell->row[end] = f[end].row;
			if (f[end].row.confirmed < cell->oldest)
				cell->oldest = f[end].row.confirmed;
		}
		if (!set_role(b, f + i, end - i, &cell->role[cell->nroles++]))
			return false;
	}
	cell->conditional = cell->role[0].conditional;
	cell->part = cell->role[0].part;
	return set_notices(b, task, f, n, cell);
}

static bool make_cells(struct build *b, struct iq_matrix *out)
{
	size_t k = 0;

	out->cell = iq_arena_array(b->arena, out->ncells, sizeof(*out->cell));
	if (out->cell == NULL || !find_limits(b))
		return false;
	for (size_t i = 0, end; i < b->n; i = end) {
		const struct found *f = &b->found[i];

		for (end = i; end < b->n && b->found[end].line == f->line &&
			      b->found[end].column == f->column;)
			end++;
		if (!set_cell(b, out->line[f->line].task, f, end - i, &out->cell[k++]))
			return false;
	}
	return true;
}

enum iq_err iq_matrix_build(const struct iq_view *view, const struct iq_lookup *lookup,
	const struct iq_matrix_query *q, struct iq_arena *arena, struct iq_matrix *out)
{
	const struct iq_tree *t = &view->vocab->task;
	struct build b = {.view = view, .lookup = lookup, .q = q, .arena = arena};
	enum iq_err err;

	*out = (struct iq_matrix){.nlines = 0};
	if (q->task != IQ_NONE && (q->task > t->n || t->id[q->task].n == 0))
		return IQ_ERR_USAGE;
	err = iq_reach_init(&b.reach, view, q->region, !q->whole, arena);
	if (err == IQ_OK)
		err = iq_leaves_init(&b.leaves, view, q->status, q->at, arena);
	if (err != IQ_OK)
		return err;
	b.may = iq_leaves_new(&b.leaves);
	b.sure = iq_leaves_new(&b.leaves);
	if (b.may == NULL || b.sure == NULL || !find_rows(&b))
		return IQ_ERR_BUSY;
	read_rows(&b);
	if (!make_columns(&b, out) || !make_lines(&b, out) || !make_cells(&b, out)) {
		*out = (struct iq_matrix){.nlines = 0};
		return IQ_ERR_BUSY;
	}
	return IQ_OK;
}

const struct iq_matrix_cell *iq_matrix_at(const struct iq_matrix *m, size_t line, size_t column)
{
	size_t low = m->line[line].first, high = low + m->line[line].ncells;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->cell[mid].column == column)
			return &m->cell[mid];
		if (m->cell[mid].column < column)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
