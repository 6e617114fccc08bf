/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

/* The shortest chains of hand-overs: breadth first from the end, then along what comes closer. */

struct walk {
	const struct iq_steps *steps;
	const bool *start, *end;
	uint32_t *left;  /* steps to the end, this one included; 0: no way */
	uint64_t *ways;  /* how many of that length */
	uint32_t *queue; /* in order of `left` */
	size_t nqueue;
};

/* ---- where chains begin and end ------------------------------------------------------------- */

static bool mark_exactly(const struct iq_steps *steps, iq_num task, bool *mark)
{
	bool any = false;

	for (size_t i = 0; i < steps->n; i++) {
		mark[i] = steps->a[i].task == task;
		any = any || mark[i];
	}
	return any;
}

static bool mark_below(
	const struct iq_tree *t, const struct iq_steps *steps, iq_num task, bool *mark)
{
	bool any = false;

	for (size_t i = 0; i < steps->n; i++) {
		iq_num own = steps->a[i].task;

		mark[i] = own != IQ_NONE && own <= t->n && iq_tree_covers(t, task, own);
		any = any || mark[i];
	}
	return any;
}

/* The steps for a task, else below it, else for the nearest ancestor that has any; false: none. */
static bool mark_task(
	const struct iq_view *view, const struct iq_steps *steps, iq_num task, bool *mark)
{
	const struct iq_tree *t = &view->vocab->task;
	bool any = mark_exactly(steps, task, mark) || mark_below(t, steps, task, mark);

	for (iq_num up = t->parent[task]; up != IQ_NONE && !any; up = t->parent[up])
		any = mark_exactly(steps, up, mark);
	return any;
}

static bool same_process(const struct iq_step *a, const struct iq_step *b)
{
	return iq_str_eq(a->process, b->process);
}

static bool mark_first(const struct iq_steps *steps, bool *mark)
{
	for (size_t i = 0, first = 0; i < steps->n; i++) {
		if (!same_process(&steps->a[i], &steps->a[first]))
			first = i;
		mark[i] = steps->a[i].step == steps->a[first].step;
	}
	return steps->n > 0;
}

/* ---- what follows what ---------------------------------------------------------------------- */

static bool receiver_gives(const struct iq_step *a, const struct iq_step *b)
{
	for (size_t i = 0; i < a->to.nkinds; i++) {
		for (size_t k = 0; k < b->from.nkinds; k++) {
			if (a->to.kind[i] == b->from.kind[k])
				return true;
		}
	}
	return false;
}

/* No step of the process has a number between. */
static bool is_next(const struct iq_steps *steps, size_t a, size_t b)
{
	for (size_t i = a + 1; i < b; i++) {
		if (steps->a[i].step > steps->a[a].step && steps->a[i].step < steps->a[b].step)
			return false;
	}
	return true;
}

static bool follows(const struct iq_steps *steps, size_t a, size_t b)
{
	const struct iq_step *x = &steps->a[a], *y = &steps->a[b];

	if (!same_process(x, y))
		return receiver_gives(x, y);
	return y->step > x->step && (receiver_gives(x, y) || is_next(steps, a, b));
}

static void add_ways(uint64_t *to, uint64_t more)
{
	*to = *to > UINT64_MAX - more ? UINT64_MAX : *to + more;
}

static void measure(struct walk *w)
{
	for (size_t i = 0; i < w->steps->n; i++) {
		if (!w->end[i])
			continue;
		w->left[i] = 1;
		w->ways[i] = 1;
		w->queue[w->nqueue++] = (uint32_t)i;
	}
	for (size_t k = 0; k < w->nqueue; k++) {
		uint32_t at = w->queue[k];

		for (size_t i = 0; i < w->steps->n; i++) {
			if ((w->left[i] != 0 && w->left[i] != w->left[at] + 1) || i == at ||
				!follows(w->steps, i, at))
				continue;
			if (w->left[i] == 0) {
				w->left[i] = w->left[at] + 1;
				w->queue[w->nqueue++] = (uint32_t)i;
			}
			add_ways(&w->ways[i], w->ways[at]);
		}
	}
}

/* ---- chains --------------------------------------------------------------------------------- */

/* The next step on the way behind `from` (its number + 1, or 0) at a place of the chain. */
static size_t next_step(
	const struct walk *w, const uint32_t *chain, size_t at, size_t length, size_t from)
{
	for (size_t i = from; i < w->steps->n; i++) {
		if (w->left[i] != length - at)
			continue;
		if (at == 0 ? w->start[i] : follows(w->steps, chain[at - 1], i))
			return i;
	}
	return w->steps->n;
}

/* Depth first in order of the steps; every branch leads to the end. */
static enum iq_err list_chains(
	const struct walk *w, size_t limit, struct iq_arena *arena, struct iq_chains *out)
{
	size_t n = out->total < limit ? (size_t)out->total : limit, length = out->length, at = 0,
	       from = 0;
	uint32_t *chain = iq_arena_array(arena, length, sizeof(*chain));

	out->step = iq_arena_array(arena, n, sizeof(*out->step));
	if (chain == NULL || out->step == NULL)
		return IQ_ERR_BUSY;
	while (out->n < n) {
		size_t step = next_step(w, chain, at, length, from);

		if (step == w->steps->n) {
			if (at == 0)
				break;
			from = (size_t)chain[--at] + 1;
			continue;
		}
		chain[at++] = (uint32_t)step;
		from = 0;
		if (at < length)
			continue;
		out->step[out->n] = iq_arena_array(arena, length, sizeof(*chain));
		if (out->step[out->n] == NULL)
			return IQ_ERR_BUSY;
		memcpy(out->step[out->n++], chain, length * sizeof(*chain));
		from = (size_t)chain[--at] + 1;
	}
	return IQ_OK;
}

static bool is_task(const struct iq_view *view, iq_num task)
{
	return task <= view->vocab->task.n && view->vocab->task.id[task].n > 0;
}

enum iq_err iq_chains_find(const struct iq_view *view, const struct iq_steps *steps, iq_num from,
	iq_num to, size_t limit, struct iq_arena *arena, struct iq_chains *out)
{
	bool *start = iq_arena_array(arena, steps->n, sizeof(*start));
	bool *end = iq_arena_array(arena, steps->n, sizeof(*end));
	struct walk w = {.steps = steps, .start = start, .end = end};

	*out = (struct iq_chains){.state = IQ_CHAIN_FOUND};
	if (to == IQ_NONE || !is_task(view, to) || (from != IQ_NONE && !is_task(view, from)))
		return IQ_ERR_USAGE;
	w.left = iq_arena_array(arena, steps->n, sizeof(*w.left));
	w.ways = iq_arena_array(arena, steps->n, sizeof(*w.ways));
	w.queue = iq_arena_array(arena, steps->n, sizeof(*w.queue));
	if (!start || !end || !w.left || !w.ways || !w.queue)
		return IQ_ERR_BUSY;
	if (from == IQ_NONE ? !mark_first(steps, start) : !mark_task(view, steps, from, start))
		out->state = IQ_CHAIN_NO_START;
	else if (!mark_task(view, steps, to, end))
		out->state = IQ_CHAIN_NO_END;
	if (out->state != IQ_CHAIN_FOUND)
		return IQ_OK;
	measure(&w);
	for (size_t i = 0; i < steps->n; i++) {
		if (!start[i] || w.left[i] == 0 || (out->length && w.left[i] > out->length))
			continue;
		if (w.left[i] != out->length)
			out->total = 0;
		out->length = w.left[i];
		add_ways(&out->total, w.ways[i]);
	}
	if (out->length == 0)
		out->state = IQ_CHAIN_UNREACHABLE;
	return out->length ? list_chains(&w, limit, arena, out) : IQ_OK;
}
