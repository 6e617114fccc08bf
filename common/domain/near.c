/* SPDX-License-Identifier: Apache-2.0 */
#include "bounds.h"
#include "match_priv.h"

/*
 * Near misses and explanation: one pass over all rows of the tasks, also those of other regions.
 * Only the best are kept, so that thousands of candidates cost no memory.
 */

/* The best rows seen so far, in order. */
struct best {
	struct iq_placed *placed;
	struct iq_row *slots; /* where the rows are, in no order */
	size_t n, cap;
};

struct search {
	const struct iq_matcher *m;
	bool explain;
	struct best near, out;
};

static enum iq_err best_init(struct best *b, size_t cap, struct iq_arena *arena)
{
	*b = (struct best){.cap = cap};
	b->placed = iq_arena_array(arena, cap, sizeof(*b->placed));
	b->slots = iq_arena_array(arena, cap, sizeof(*b->slots));
	return b->placed && b->slots ? IQ_OK : IQ_ERR_BUSY;
}

/* Ids are fetched only for rows that stay or tie. */
static void best_offer(const struct iq_matcher *m, struct best *b, const struct iq_row *row)
{
	const struct iq_view *view = m->view;
	struct iq_row copy = *row;
	struct iq_placed new = {iq_matcher_key(m, row), &copy};
	bool full = b->n == b->cap;
	size_t at = b->n;

	if (b->cap == 0 || (full && new.key > b->placed[b->n - 1].key))
		return;
	copy.institution_id = view->id(view->ctx, IQ_INSTITUTION, row->entry.institution);
	copy.id = view->id(view->ctx, IQ_RESPONSIBILITY, row->entry.num);
	while (at > 0 && iq_matcher_compare(&new, &b->placed[at - 1]) < 0)
		at--;
	if (at == b->cap)
		return;
	new.row = full ? b->placed[b->n - 1].row : &b->slots[b->n];
	if (!full)
		b->n++;
	*new.row = copy;
	memmove(&b->placed[at + 1], &b->placed[at], (b->n - 1 - at) * sizeof(*b->placed));
	b->placed[at] = new;
}

static bool is_near(const struct iq_row *row)
{
	return iq_role_is_main(row->entry.role) && row->missed != 0 &&
	       (row->missed & (row->missed - 1)) == 0;
}

static bool search_entry(void *arg, const struct iq_entry *e)
{
	struct search *s = arg;
	struct iq_judgement v;
	struct iq_row row;

	/* an explanation names all that fails */
	if (!iq_matcher_judge(s->m, e, s->explain ? UINT8_MAX : 1, &v) || v.missed == 0)
		return true;
	iq_matcher_fill(&row, e, &v);
	if (is_near(&row))
		best_offer(s->m, &s->near, &row);
	if (s->explain && !(row.missed & IQ_MISS_REGION))
		best_offer(s->m, &s->out, &row);
	return true;
}

static void search_task(void *arg, iq_num task)
{
	struct search *s = arg;

	s->m->view->task(s->m->view->ctx, task, search_entry, s);
}

static enum iq_err best_take(
	const struct best *b, struct iq_arena *arena, struct iq_row **out, size_t *n)
{
	struct iq_row *rows = iq_arena_array(arena, b->n, sizeof(*rows));

	if (rows == NULL)
		return IQ_ERR_BUSY;
	for (size_t i = 0; i < b->n; i++)
		rows[i] = *b->placed[i].row;
	*out = rows;
	*n = b->n;
	return IQ_OK;
}

/* The rows of the answer, then those that are out. */
static enum iq_err explain(struct search *s, struct iq_match *out)
{
	size_t in = out->nrows < IQ_LIMIT_EXPLAINED ? out->nrows : IQ_LIMIT_EXPLAINED;

	for (size_t i = 0; i < out->nnear; i++) {
		if (out->near[i].missed & IQ_MISS_REGION)
			best_offer(s->m, &s->out, &out->near[i]);
	}
	out->explained = iq_arena_array(s->m->arena, in + s->out.n, sizeof(*out->explained));
	if (out->explained == NULL)
		return IQ_ERR_BUSY;
	if (in > 0)
		memcpy(out->explained, out->rows, in * sizeof(*out->explained));
	for (size_t i = 0; i < s->out.n; i++)
		out->explained[in + i] = *s->out.placed[i].row;
	out->nexplained = in + s->out.n;
	return IQ_OK;
}

enum iq_err iq_matcher_near(const struct iq_matcher *m, struct iq_match *out)
{
	struct search s = {.m = m, .explain = m->q->want_explain};
	size_t left = out->nrows < IQ_LIMIT_EXPLAINED ? IQ_LIMIT_EXPLAINED - out->nrows : 0;
	enum iq_err err = best_init(&s.near, IQ_LIMIT_NEAR_MISSES, m->arena);

	if (err == IQ_OK && s.explain)
		err = best_init(&s.out, left, m->arena);
	if (err != IQ_OK)
		return err;
	iq_matcher_tasks(m, search_task, &s);
	err = best_take(&s.near, m->arena, &out->near, &out->nnear);
	if (err == IQ_OK && s.explain)
		err = explain(&s, out);
	return err;
}

/* ---- several statuses at once --------------------------------------------------------------- */

struct cells {
	struct iq_question q;
	struct iq_matcher m;
	const iq_num *status;
	size_t n;
	struct best near, involved;
};

static bool cells_entry(void *arg, const struct iq_entry *e)
{
	struct cells *c = arg;
	bool main = iq_role_is_main(e->role);
	struct iq_row row, first;
	uint64_t best = UINT64_MAX;
	struct iq_judgement v;

	for (size_t i = 0; i < c->n; i++) {
		c->q.status = c->status[i];
		c->m.known = c->m.vocab->implied[c->status[i]];
		if (!iq_matcher_judge(&c->m, e, main ? 1 : 0, &v) || (main && v.missed == 0))
			continue;
		iq_matcher_fill(&row, e, &v);
		if (iq_matcher_key(&c->m, &row) >= best)
			continue;
		best = iq_matcher_key(&c->m, &row);
		first = row;
	}
	if (best != UINT64_MAX)
		best_offer(&c->m, main ? &c->near : &c->involved, &first);
	return true;
}

static void cells_task(void *arg, iq_num task)
{
	struct cells *c = arg;

	c->m.view->task(c->m.view->ctx, task, cells_entry, c);
}

enum iq_err iq_matcher_near_cells(const struct iq_view *view, const struct iq_question *q,
	const iq_num *status, size_t n, struct iq_arena *arena, struct iq_match *out)
{
	struct cells c = {.q = *q, .status = status, .n = n};
	enum iq_err err;

	c.m = (struct iq_matcher){.view = view, .vocab = view->vocab, .q = &c.q, .arena = arena};
	err = best_init(&c.near, IQ_LIMIT_NEAR_MISSES, arena);
	if (err == IQ_OK)
		err = best_init(&c.involved, IQ_LIMIT_NEAR_MISSES, arena);
	if (err != IQ_OK)
		return err;
	iq_matcher_tasks(&c.m, cells_task, &c);
	err = best_take(&c.near, arena, &out->near, &out->nnear);
	return err == IQ_OK ? best_take(&c.involved, arena, &out->rows, &out->nrows) : err;
}
