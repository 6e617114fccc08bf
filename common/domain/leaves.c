/* SPDX-License-Identifier: Apache-2.0 */
#include "leaves.h"

/* ---- sets ----------------------------------------------------------------------------------- */

uint64_t *iq_leaves_new(const struct iq_leaves *l)
{
	return iq_arena_array(l->arena, l->words, sizeof(uint64_t));
}

void iq_leaves_add(const struct iq_leaves *l, uint64_t *a, const uint64_t *b)
{
	for (uint32_t i = 0; i < l->words; i++)
		a[i] |= b[i];
}

void iq_leaves_clear(const struct iq_leaves *l, uint64_t *set)
{
	memset(set, 0, l->words * sizeof(*set));
}

bool iq_leaves_empty(const struct iq_leaves *l, const uint64_t *set)
{
	for (uint32_t i = 0; i < l->words; i++) {
		if (set[i] != 0)
			return false;
	}
	return true;
}

bool iq_leaves_meet(const struct iq_leaves *l, const uint64_t *a, const uint64_t *b)
{
	for (uint32_t i = 0; i < l->words; i++) {
		if (a[i] & b[i])
			return true;
	}
	return false;
}

static void put(uint64_t *set, uint32_t leaf)
{
	set[leaf / 64] |= UINT64_C(1) << (leaf % 64);
}

/* The leaves of a status. */
static void put_status(const struct iq_leaves *l, uint64_t *set, iq_num status)
{
	const struct iq_tree *t = &l->view->vocab->status;

	if (status == IQ_NONE || status > t->n || t->id[status].n == 0)
		return;
	for (uint32_t i = l->first[t->pre[status]]; i < l->first[t->end[status] + 1]; i++)
		put(set, i);
}

static bool is_leaf(const struct iq_tree *t, iq_num num)
{
	return t->pre[num] == t->end[num];
}

enum iq_err iq_leaves_init(struct iq_leaves *l, const struct iq_view *view, iq_num status,
	int32_t at, struct iq_arena *arena)
{
	const struct iq_tree *t = &view->vocab->status;
	uint64_t *asked;
	uint32_t pre = 1;

	*l = (struct iq_leaves){.view = view, .arena = arena, .top = status, .q = {.at = at}};
	l->m = (struct iq_matcher){
		.view = view, .vocab = view->vocab, .q = &l->q, .arena = arena, .known = NULL};
	if (status != IQ_NONE && (status > t->n || t->id[status].n == 0))
		return IQ_ERR_USAGE;
	l->leaf = iq_arena_array(arena, (size_t)t->n + 1, sizeof(*l->leaf));
	l->first = iq_arena_array(arena, (size_t)t->n + 2, sizeof(*l->first));
	if (l->leaf == NULL || l->first == NULL)
		return IQ_ERR_BUSY;
	for (; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		l->first[pre] = l->n;
		if (is_leaf(t, t->at[pre]))
			l->leaf[l->n++] = t->at[pre];
	}
	l->first[pre] = l->n;
	l->words = l->n / 64 + 1;
	asked = iq_leaves_new(l);
	if (asked == NULL)
		return IQ_ERR_BUSY;
	for (uint32_t i = 0; i < l->n; i++) {
		if (status == IQ_NONE || iq_tree_covers(t, status, l->leaf[i]))
			put(asked, i);
	}
	l->asked = asked;
	return IQ_OK;
}

/* ---- rows and notices ----------------------------------------------------------------------- */

static void ask(struct iq_leaves *l, uint32_t leaf)
{
	l->q.status = l->leaf[leaf];
	l->m.known = l->view->vocab->implied[l->leaf[leaf]];
}

bool iq_leaves_row(struct iq_leaves *l, const struct iq_entry *e, uint64_t *may, uint64_t *certain)
{
	iq_leaves_clear(l, may);
	iq_leaves_clear(l, certain);
	if (l->q.at < e->from || l->q.at > e->to)
		return false;
	for (uint32_t i = 0; i < e->nstatuses; i++) {
		const uint8_t *p = e->statuses + 2 * (size_t)i;

		put_status(l, may, (iq_num)p[0] | (iq_num)p[1] << 8);
	}
	for (uint32_t i = 0; i < l->words; i++) {
		may[i] = e->nstatuses ? may[i] & l->asked[i] : l->asked[i];
		certain[i] = may[i];
	}
	for (uint32_t i = 0; e->condition.n > 0 && i < l->n; i++) {
		uint64_t bit = UINT64_C(1) << (i % 64);
		struct iq_judgement v;

		if (!iq_leaves_in(may, i))
			continue;
		ask(l, i);
		if (!iq_matcher_judge(&l->m, e, 0, &v)) {
			may[i / 64] &= ~bit;
			certain[i / 64] &= ~bit;
		} else if (v.open_facts.n > 0) {
			certain[i / 64] &= ~bit;
		}
	}
	return !iq_leaves_empty(l, may);
}

void iq_leaves_notice(struct iq_leaves *l, const struct iq_notice *n, uint64_t *set)
{
	iq_leaves_clear(l, set);
	for (uint32_t i = 0; i < l->n; i++) {
		if (!iq_leaves_in(l->asked, i))
			continue;
		ask(l, i);
		if (iq_matcher_notice_fits(&l->m, n))
			put(set, i);
	}
}

void iq_leaves_ended(struct iq_leaves *l, const struct iq_notice *n, uint64_t *set)
{
	const struct iq_vocab *v = l->view->vocab;

	iq_leaves_clear(l, set);
	/* asked where it applies, only status and condition can be open */
	l->q.task = n->task != IQ_NONE ? n->task : v->task.n ? v->task.at[1] : IQ_NONE;
	l->q.region = n->region != IQ_NONE ? n->region : v->root;
	for (uint32_t i = 0; i < l->n; i++) {
		if (!iq_leaves_in(l->asked, i))
			continue;
		ask(l, i);
		if (iq_matcher_notice_ends(&l->m, n))
			put(set, i);
	}
	l->q.task = l->q.region = IQ_NONE;
}

/* ---- folding -------------------------------------------------------------------------------- */

/* How many leaves of a status are asked for, and how many of those are in the set. */
static void count(const struct iq_leaves *l, const uint64_t *set, iq_num status, uint32_t *asked,
	uint32_t *in)
{
	const struct iq_tree *t = &l->view->vocab->status;

	*asked = *in = 0;
	for (uint32_t i = l->first[t->pre[status]]; i < l->first[t->end[status] + 1]; i++) {
		*asked += iq_leaves_in(l->asked, i);
		*in += iq_leaves_in(l->asked, i) && iq_leaves_in(set, i);
	}
}

/* Of more than was asked for: what was asked for. */
static iq_num up_to_asked(const struct iq_leaves *l, iq_num status)
{
	const struct iq_tree *t = &l->view->vocab->status;

	return l->top != IQ_NONE && iq_tree_covers(t, status, l->top) ? l->top : status;
}

static void fill(const struct iq_leaves *l, struct iq_groups *g)
{
	const struct iq_tree *t = &l->view->vocab->status;
	uint32_t asked, in;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE;) {
		iq_num status = t->at[pre];

		count(l, g->set, status, &asked, &in);
		if (in > 0 && t->parent[status] == IQ_NONE)
			g->share[g->nshares++] = (struct iq_share){status, in == asked};
		if (in > 0 && in == asked) {
			g->status[g->nstatuses++] = up_to_asked(l, status);
			g->nleaves += in;
		}
		pre = in == 0 || in == asked ? t->end[status] + 1 : pre + 1;
	}
}

static struct iq_groups *make(struct iq_leaves *l, const uint64_t *set)
{
	struct iq_groups *g = iq_arena_zalloc(l->arena, sizeof(*g));
	const struct iq_tree *t = &l->view->vocab->status;
	uint64_t *copy = iq_leaves_new(l);
	size_t roots = 0, in = 0;

	for (uint32_t i = 0; i < l->n; i++)
		in += iq_leaves_in(set, i);
	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++)
		roots += t->parent[t->at[pre]] == IQ_NONE;
	if (g == NULL || copy == NULL)
		return NULL;
	memcpy(copy, set, l->words * sizeof(*copy));
	g->set = copy;
	g->share = iq_arena_array(l->arena, roots, sizeof(*g->share));
	g->status = iq_arena_array(l->arena, in, sizeof(*g->status));
	if (g->share == NULL || g->status == NULL)
		return NULL;
	fill(l, g);
	return g;
}

const struct iq_groups *iq_leaves_fold(struct iq_leaves *l, const uint64_t *set)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct iq_groups **slot, *g;

	for (uint32_t i = 0; i < l->words; i++)
		hash = (hash ^ set[i]) * UINT64_C(1099511628211);
	hash ^= hash >> 32;
	slot = &l->slot[(hash ^ hash >> 16) % IQ_LEAVES_SLOTS];
	for (g = *slot; g != NULL; g = g->next) {
		if (memcmp(g->set, set, l->words * sizeof(*set)) == 0)
			return g;
	}
	g = make(l, set);
	if (g != NULL) {
		g->next = *slot;
		*slot = g;
	}
	return g;
}
