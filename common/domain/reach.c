/* SPDX-License-Identifier: Apache-2.0 */
#include "reach.h"

#include <stdlib.h>

#include "match_priv.h"

bool iq_reach_is_part(uint16_t distance)
{
	return distance >= IQ_DISTANCE_BELOW && distance != IQ_REACH_OUT;
}

static void nearer(uint16_t *distance, unsigned found)
{
	if (found < *distance)
		*distance = (uint16_t)found;
}

static void add_place(struct iq_reach_map *r, iq_num place)
{
	const struct iq_tree *t = &r->view->vocab->region;

	for (iq_num up = place; up != IQ_NONE; up = t->parent[up])
		nearer(&r->distance[up], (unsigned)t->depth[place] - t->depth[up]);
	for (uint32_t pre = t->pre[place] + 1; pre <= t->end[place]; pre++) {
		iq_num part = t->at[pre];

		nearer(&r->distance[part],
			(unsigned)IQ_DISTANCE_BELOW + t->depth[part] - t->depth[place]);
	}
}

/* Nearest first: a pass per distance that occurs. */
static void list_regions(struct iq_reach_map *r)
{
	const struct iq_tree *t = &r->view->vocab->region;
	unsigned next = 0;

	r->n = 0;
	while (next != IQ_REACH_OUT) {
		unsigned distance = next;

		next = IQ_REACH_OUT;
		for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
			unsigned d = r->distance[t->at[pre]];

			if (d == distance)
				r->region[r->n++] = t->at[pre];
			else if (d > distance && d < next)
				next = d;
		}
	}
}

enum iq_err iq_reach_init(struct iq_reach_map *r, const struct iq_view *view, iq_num region,
	bool parts, struct iq_arena *arena)
{
	const struct iq_vocab *v = view->vocab;
	const struct iq_tree *t = &v->region;

	*r = (struct iq_reach_map){.view = view, .parts = parts};
	if (region == IQ_NONE || region > t->n || t->id[region].n == 0)
		return IQ_ERR_USAGE;
	r->distance = iq_arena_array(arena, (size_t)t->n + 1, sizeof(*r->distance));
	r->region = iq_arena_array(arena, (size_t)t->n + 1, sizeof(*r->region));
	if (r->distance == NULL || r->region == NULL)
		return IQ_ERR_BUSY;
	for (iq_num i = 0; i <= t->n; i++)
		r->distance[i] = IQ_REACH_OUT;
	if (!v->region_is_area[region])
		add_place(r, region);
	for (const iq_num *m = v->area_members[region]; m != NULL && *m != IQ_NONE; m++)
		add_place(r, *m);
	list_regions(r);
	return IQ_OK;
}

bool iq_reach_meet(const struct iq_reach_map *r, iq_num a, iq_num b)
{
	const struct iq_tree *t = &r->view->vocab->region;

	if (a == IQ_NONE || b == IQ_NONE)
		return (a == IQ_NONE && b == IQ_NONE) || iq_reach_has(r, a == IQ_NONE ? b : a);
	if (a > t->n || b > t->n)
		return false;
	if (iq_tree_covers(t, a, b))
		return iq_reach_has(r, b);
	return iq_tree_covers(t, b, a) && iq_reach_has(r, a);
}

struct filter {
	const struct iq_reach_map *r;
	iq_entry_fn fn;
	void *arg;
	bool stop;
};

static bool filter_entry(void *arg, const struct iq_entry *e)
{
	struct filter *f = arg;

	if (!iq_reach_has(f->r, e->region) ||
		(!f->r->parts && iq_reach_is_part(f->r->distance[e->region])))
		return true;
	f->stop = !f->fn(f->arg, e);
	return !f->stop;
}

void iq_reach_task(const struct iq_reach_map *r, iq_num task, iq_entry_fn fn, void *arg)
{
	struct filter f = {.r = r, .fn = fn, .arg = arg};

	if (r->parts && r->n > IQ_SCAN_REGIONS) {
		r->view->task(r->view->ctx, task, filter_entry, &f);
		return;
	}
	for (size_t i = 0; i < r->n && !f.stop; i++) {
		if (!r->parts && iq_reach_is_part(r->distance[r->region[i]]))
			break;
		r->view->cell(r->view->ctx, task, r->region[i], filter_entry, &f);
	}
}
