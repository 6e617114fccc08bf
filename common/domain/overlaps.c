/* SPDX-License-Identifier: Apache-2.0 */
#include "overlaps.h"

#include <stdlib.h>

enum { FIRST = 32 };

/* A certain lead. */
struct lead {
	uint16_t distance;
	uint32_t region; /* place in pre-order */
	iq_num institution, num;
	struct iq_str institution_id, id;
	const struct iq_groups *sure;
};

/* The rows of one institution at one task and region. */
struct run {
	const struct lead *lead;
	size_t n;
	const uint64_t *set;
};

struct search {
	const struct iq_view *view;
	const struct iq_overlaps_query *q;
	struct iq_arena *arena;
	struct iq_reach_map reach;
	struct iq_leaves leaves;
	uint64_t *may, *sure;
	struct lead *lead; /* of the task at hand */
	size_t n, cap;
	struct run *run;
	size_t nruns, cap_runs;
	struct iq_overlaps *out;
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

static bool on_entry(void *arg, const struct iq_entry *e)
{
	struct search *s = arg;
	struct lead lead = {.distance = s->reach.distance[e->region],
		.region = s->view->vocab->region.pre[e->region],
		.institution = e->institution,
		.num = e->num};

	if (e->role != IQ_LEAD || !iq_leaves_row(&s->leaves, e, s->may, s->sure) ||
		iq_leaves_empty(&s->leaves, s->sure))
		return true;
	lead.sure = iq_leaves_fold(&s->leaves, s->sure);
	if (s->n == s->cap) {
		struct lead *a = grow(s->arena, s->lead, &s->cap, sizeof(*a));

		s->full = a == NULL;
		if (s->full)
			return false;
		s->lead = a;
	}
	s->full = lead.sure == NULL;
	if (!s->full)
		s->lead[s->n++] = lead;
	return !s->full;
}

static int by_place(const void *a, const void *b)
{
	const struct lead *x = a, *y = b;
	int c;

	if (x->distance != y->distance)
		return x->distance < y->distance ? -1 : 1;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	c = iq_str_cmp(x->institution_id, y->institution_id);
	return c ? c : iq_str_cmp(x->id, y->id);
}

/* The ids of the rows that serve some of the set. */
static bool list_rows(
	struct search *s, const struct run *r, const uint64_t *set, struct iq_overlap *o, int side)
{
	o->institution[side] = r->lead->institution;
	o->id[side] = r->lead->institution_id;
	o->row[side] = iq_arena_array(s->arena, r->n, sizeof(*o->row[side]));
	for (size_t i = 0; o->row[side] != NULL && i < r->n; i++) {
		if (iq_leaves_meet(&s->leaves, r->lead[i].sure->set, set))
			o->row[side][o->nrows[side]++] = r->lead[i].id;
	}
	return o->row[side] != NULL;
}

static bool add_line(struct search *s, iq_num task, const struct run *a, const struct run *b)
{
	struct iq_overlaps *out = s->out;
	struct iq_overlap o = {.task = task,
		.region = s->view->vocab->region.at[a->lead->region],
		.distance = a->lead->distance};

	out->total++;
	if (s->q->limit > 0 && out->n >= s->q->limit)
		return true;
	for (uint32_t w = 0; w < s->leaves.words; w++)
		s->may[w] = a->set[w] & b->set[w];
	o.groups = iq_leaves_fold(&s->leaves, s->may);
	if (o.groups == NULL || !list_rows(s, a, s->may, &o, 0) || !list_rows(s, b, s->may, &o, 1))
		return false;
	if (out->n == out->cap) {
		struct iq_overlap *list = grow(s->arena, out->a, &out->cap, sizeof(*list));

		if (list == NULL)
			return false;
		out->a = list;
	}
	out->a[out->n++] = o;
	return true;
}

/* The leads of one institution, from the first of them; where they end. */
static size_t add_run(struct search *s, size_t from)
{
	const struct lead *first = &s->lead[from];
	const struct iq_groups *all;
	size_t end = from;

	iq_leaves_clear(&s->leaves, s->sure);
	for (; end < s->n && s->lead[end].region == first->region &&
		s->lead[end].institution == first->institution;
		end++)
		iq_leaves_add(&s->leaves, s->sure, s->lead[end].sure->set);
	all = iq_leaves_fold(&s->leaves, s->sure);
	if (all != NULL && s->nruns == s->cap_runs) {
		struct run *a = grow(s->arena, s->run, &s->cap_runs, sizeof(*a));

		if (a == NULL)
			all = NULL;
		else
			s->run = a;
	}
	s->full = all == NULL;
	if (!s->full)
		s->run[s->nruns++] = (struct run){first, end - from, all->set};
	return end;
}

static bool look_at_task(struct search *s, iq_num task)
{
	const struct iq_view *view = s->view;

	s->n = 0;
	iq_reach_task(&s->reach, task, on_entry, s);
	for (size_t i = 0; i < s->n && s->n > 1; i++) {
		s->lead[i].institution_id =
			view->id(view->ctx, IQ_INSTITUTION, s->lead[i].institution);
		s->lead[i].id = view->id(view->ctx, IQ_RESPONSIBILITY, s->lead[i].num);
	}
	if (s->n > 1)
		qsort(s->lead, s->n, sizeof(*s->lead), by_place);
	for (size_t i = 0, region; i < s->n && !s->full;) {
		region = s->lead[i].region;
		s->nruns = 0;
		while (i < s->n && s->lead[i].region == region && !s->full)
			i = add_run(s, i);
		for (size_t a = 0; a < s->nruns; a++) {
			for (size_t b = a + 1; b < s->nruns && !s->full; b++) {
				if (iq_leaves_meet(&s->leaves, s->run[a].set, s->run[b].set))
					s->full = !add_line(s, task, &s->run[a], &s->run[b]);
			}
		}
	}
	return !s->full;
}

enum iq_err iq_overlaps_find(const struct iq_view *view, const struct iq_overlaps_query *q,
	struct iq_arena *arena, struct iq_overlaps *out)
{
	const struct iq_tree *t = &view->vocab->task;
	struct search s = {.view = view, .q = q, .arena = arena, .out = out};
	enum iq_err err;

	*out = (struct iq_overlaps){.n = 0};
	if (q->task != IQ_NONE && (q->task > t->n || t->id[q->task].n == 0))
		return IQ_ERR_USAGE;
	err = iq_reach_init(&s.reach, view, q->region, q->parts, arena);
	if (err == IQ_OK)
		err = iq_leaves_init(&s.leaves, view, q->status, q->at, arena);
	if (err != IQ_OK)
		return err;
	s.may = iq_leaves_new(&s.leaves);
	s.sure = iq_leaves_new(&s.leaves);
	if (s.may == NULL || s.sure == NULL)
		return IQ_ERR_BUSY;
	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		iq_num task = t->at[pre];

		if (q->task != IQ_NONE && !iq_tree_covers(t, task, q->task) &&
			!iq_tree_covers(t, q->task, task))
			continue;
		if (!look_at_task(&s, task))
			return IQ_ERR_BUSY;
	}
	return IQ_OK;
}
