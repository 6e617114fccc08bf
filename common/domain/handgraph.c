/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <stdlib.h>

enum { FIRST_PAIRS = 64 };

/* Somebody on a side of a step. */
struct pair {
	struct iq_hand from, to;
	uint32_t step;
};

struct build {
	struct iq_arena *arena;
	struct pair *pair;
	size_t n, cap;
};

static int by_hand(const struct iq_hand *x, const struct iq_hand *y)
{
	int c;

	if ((x->institution == IQ_NONE) != (y->institution == IQ_NONE))
		return x->institution == IQ_NONE ? 1 : -1;
	c = iq_str_cmp(x->id, y->id);
	if (c)
		return c;
	if (x->institution != y->institution)
		return x->institution < y->institution ? -1 : 1;
	if (x->institution != IQ_NONE) /* its kind is no part of who it is */
		return 0;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

static int compare_hands(const void *a, const void *b)
{
	return by_hand(a, b);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = by_hand(&x->from, &y->from);

	if (c == 0)
		c = by_hand(&x->to, &y->to);
	return c ? c : (x->step > y->step) - (x->step < y->step);
}

static size_t hands_of(const struct iq_side *side)
{
	return side->nparties ? side->nparties : side->nkinds;
}

static struct iq_hand hand_of(const struct iq_side *side, size_t i)
{
	if (side->nparties > 0)
		return (struct iq_hand){.institution = side->party[i].institution,
			.kind = side->party[i].kind,
			.id = side->party[i].id};
	return (struct iq_hand){.kind = side->kind[i], .id = side->kind_id[i]};
}

static bool add_pairs(struct build *b, const struct iq_step *step, uint32_t num)
{
	size_t more = hands_of(&step->from) * hands_of(&step->to);

	if (b->pair == NULL || b->n + more > b->cap) {
		size_t cap = b->cap ? b->cap : FIRST_PAIRS, size = sizeof(*b->pair);
		struct pair *a;

		while (cap < b->n + more)
			cap *= 2;
		a = b->cap ? iq_arena_grow(b->arena, b->pair, b->cap * size, cap * size)
			   : iq_arena_alloc(b->arena, cap * size);
		if (a == NULL)
			return false;
		b->pair = a;
		b->cap = cap;
	}
	for (size_t i = 0; i < hands_of(&step->from); i++) {
		for (size_t k = 0; k < hands_of(&step->to); k++)
			b->pair[b->n++] =
				(struct pair){hand_of(&step->from, i), hand_of(&step->to, k), num};
	}
	return true;
}

static bool list_hands(struct build *b, struct iq_handgraph *out)
{
	size_t n = 0;

	out->hand = iq_arena_array(b->arena, 2 * b->n, sizeof(*out->hand));
	if (out->hand == NULL)
		return false;
	for (size_t i = 0; i < b->n; i++) {
		out->hand[n++] = b->pair[i].from;
		out->hand[n++] = b->pair[i].to;
	}
	if (n > 1)
		qsort(out->hand, n, sizeof(*out->hand), compare_hands);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || by_hand(&out->hand[i], &out->hand[out->nhands - 1]) != 0)
			out->hand[out->nhands++] = out->hand[i];
	}
	return true;
}

static uint32_t place_of(const struct iq_handgraph *g, const struct iq_hand *hand)
{
	const struct iq_hand *h =
		bsearch(hand, g->hand, g->nhands, sizeof(*g->hand), compare_hands);

	return (uint32_t)(h - g->hand);
}

/* Steps in which each gives and takes: once per step, however many are on the other side. */
static void count_steps(const struct iq_steps *steps, struct iq_handgraph *g)
{
	for (size_t s = 0; s < steps->n; s++) {
		const struct iq_side *from = &steps->a[s].from, *to = &steps->a[s].to;
		struct iq_hand hand;

		if (hands_of(from) == 0 || hands_of(to) == 0)
			continue;
		for (size_t i = 0; i < hands_of(from); i++) {
			hand = hand_of(from, i);
			g->hand[place_of(g, &hand)].gives++;
		}
		for (size_t i = 0; i < hands_of(to); i++) {
			hand = hand_of(to, i);
			g->hand[place_of(g, &hand)].takes++;
		}
	}
}

enum iq_err iq_handgraph_build(
	const struct iq_steps *steps, struct iq_arena *arena, struct iq_handgraph *out)
{
	struct build b = {.arena = arena};

	*out = (struct iq_handgraph){.nhands = 0};
	for (size_t i = 0; i < steps->n; i++) {
		if (!add_pairs(&b, &steps->a[i], (uint32_t)i))
			return IQ_ERR_BUSY;
	}
	if (b.n > 1)
		qsort(b.pair, b.n, sizeof(*b.pair), compare_pairs);
	out->edge = iq_arena_array(arena, b.n, sizeof(*out->edge));
	if (out->edge == NULL || !list_hands(&b, out))
		return IQ_ERR_BUSY;
	for (size_t i = 0, end; i < b.n; i = end) {
		struct iq_handover_edge *e = &out->edge[out->nedges++];

		for (end = i; end < b.n && by_hand(&b.pair[i].from, &b.pair[end].from) == 0 &&
			      by_hand(&b.pair[i].to, &b.pair[end].to) == 0;)
			end++;
		e->from = place_of(out, &b.pair[i].from);
		e->to = place_of(out, &b.pair[i].to);
		e->step = iq_arena_array(arena, end - i, sizeof(*e->step));
		if (e->step == NULL)
			return IQ_ERR_BUSY;
		for (size_t k = i; k < end; k++)
			e->step[e->nsteps++] = b.pair[k].step;
	}
	count_steps(steps, out);
	return IQ_OK;
}
