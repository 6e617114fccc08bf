/* SPDX-License-Identifier: Apache-2.0 */
#include "gaps.h"

#include "bounds.h"
#include "match_priv.h"

enum { FIRST_GAPS = 32 };

/* The regions looked at, and those of their kind, which say what can be expected of them. */
struct kin {
	struct iq_str kind;
	iq_num *peer; /* npeers */
	size_t npeers;
	bool *asked; /* by position in `peer` */
};

/* A notice that ends a task for some. */
struct end {
	const struct iq_notice *notice;
	const uint64_t *set;
};

struct search {
	const struct iq_view *view;
	const struct iq_gaps_query *q;
	struct iq_arena *arena;
	struct iq_leaves leaves;
	struct iq_gaps *out;
	uint64_t *may, *sure;
	/* by depth of the task: per region, for whom a row of this task or one above is there */
	uint64_t *rows[IQ_LIMIT_TREE_DEPTH + 1];
	uint64_t *at_depth;    /* the one being filled */
	uint64_t *above, *sub; /* per region: all for whom a row there or above it, or below */
	struct end *end;
	size_t nends;
	bool full;
};

static uint64_t *set_of(const struct search *s, uint64_t *sets, iq_num region)
{
	return sets + (size_t)region * s->leaves.words;
}

static uint64_t *new_sets(struct search *s)
{
	return iq_arena_array(s->arena, ((size_t)s->view->vocab->region.n + 1) * s->leaves.words,
		sizeof(uint64_t));
}

/* ---- who is covered where ------------------------------------------------------------------- */

static bool on_entry(void *arg, const struct iq_entry *e)
{
	struct search *s = arg;

	if (iq_role_is_main(e->role) && e->region != IQ_NONE &&
		e->region <= s->view->vocab->region.n &&
		iq_leaves_row(&s->leaves, e, s->may, s->sure))
		iq_leaves_add(&s->leaves, set_of(s, s->at_depth, e->region), s->may);
	return true;
}

static bool read_task(struct search *s, iq_num task)
{
	const struct iq_tree *t = &s->view->vocab->task;
	size_t sets = (size_t)s->view->vocab->region.n + 1, depth = t->depth[task];

	if (s->rows[depth] == NULL)
		s->rows[depth] = new_sets(s);
	if (s->rows[depth] == NULL)
		return false;
	s->at_depth = s->rows[depth];
	if (depth > 0)
		memcpy(s->at_depth, s->rows[depth - 1],
			sets * s->leaves.words * sizeof(*s->at_depth));
	else
		memset(s->at_depth, 0, sets * s->leaves.words * sizeof(*s->at_depth));
	s->view->task(s->view->ctx, task, on_entry, s);
	return true;
}

/* A row counts for its region, for all below it, and as possible for all above. */
static void spread(struct search *s)
{
	const struct iq_tree *t = &s->view->vocab->region;
	uint32_t last = 0;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		iq_num region = t->at[pre];
		const uint64_t *own = set_of(s, s->at_depth, region);
		size_t size = s->leaves.words * sizeof(*own);

		memcpy(set_of(s, s->above, region), own, size);
		memcpy(set_of(s, s->sub, region), own, size);
		if (t->parent[region] != IQ_NONE)
			iq_leaves_add(&s->leaves, set_of(s, s->above, region),
				set_of(s, s->above, t->parent[region]));
		last = pre;
	}
	for (uint32_t pre = last; pre > 0; pre--) {
		if (t->parent[t->at[pre]] != IQ_NONE)
			iq_leaves_add(&s->leaves, set_of(s, s->sub, t->parent[t->at[pre]]),
				set_of(s, s->sub, t->at[pre]));
	}
}

/* ---- notices -------------------------------------------------------------------------------- */

static bool find_ends(struct search *s)
{
	const struct iq_vocab *v = s->view->vocab;

	s->end = iq_arena_array(s->arena, v->nnotices, sizeof(*s->end));
	for (size_t i = 0; s->end != NULL && i < v->nnotices; i++) {
		const struct iq_notice *n = &v->notices[i];
		uint64_t *set;

		if ((n->effect != IQ_EXCLUDED && n->effect != IQ_NOT_NEEDED) ||
			n->institution != IQ_NONE || s->q->at < n->from || s->q->at > n->to)
			continue;
		set = iq_leaves_new(&s->leaves);
		if (set == NULL)
			return false;
		iq_leaves_ended(&s->leaves, n, set);
		s->end[s->nends++] = (struct end){n, set};
	}
	return s->end != NULL;
}

static void take_ended(const struct search *s, iq_num task, iq_num region, uint64_t *set)
{
	const struct iq_vocab *v = s->view->vocab;

	for (size_t i = 0; i < s->nends; i++) {
		const struct iq_notice *n = s->end[i].notice;

		if ((n->task != IQ_NONE && !iq_tree_covers(&v->task, n->task, task)) ||
			(n->region != IQ_NONE && !iq_tree_covers(&v->region, n->region, region)))
			continue;
		for (uint32_t w = 0; w < s->leaves.words; w++)
			set[w] &= ~s->end[i].set[w];
	}
}

/* ---- lines ---------------------------------------------------------------------------------- */

static struct iq_gap *add_gap(struct search *s)
{
	struct iq_gaps *out = s->out;

	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : FIRST_GAPS, size = sizeof(*out->a);
		struct iq_gap *a =
			out->cap ? iq_arena_grow(s->arena, out->a, out->cap * size, cap * size)
				 : iq_arena_alloc(s->arena, cap * size);

		if (a == NULL)
			return NULL;
		out->a = a;
		out->cap = cap;
	}
	return &out->a[out->n++];
}

static bool is_covered(const struct search *s, iq_num region, const uint64_t *set)
{
	return iq_leaves_meet(&s->leaves, set, set_of(s, s->above, region)) ||
	       iq_leaves_meet(&s->leaves, set, set_of(s, s->sub, region));
}

static void set_peers(const struct search *s, const struct kin *k, struct iq_gap *gap)
{
	for (size_t i = 0; i < k->npeers; i++) {
		if (!is_covered(s, k->peer[i], gap->missing->set))
			continue;
		if (gap->npeers < IQ_GAP_PEERS)
			gap->peer[gap->npeers++] = k->peer[i];
		gap->peers++;
	}
}

static bool set_near(struct search *s, struct iq_gap *gap)
{
	iq_num *status = iq_arena_array(s->arena, gap->missing->nleaves, sizeof(*status));
	struct iq_question q = {.task = gap->task, .region = gap->region, .at = s->q->at};
	struct iq_match found = {.outcome = IQ_NOBODY};
	size_t n = 0;

	if (status == NULL)
		return false;
	for (uint32_t i = 0; i < s->leaves.n; i++) {
		if (iq_leaves_in(gap->missing->set, i))
			status[n++] = s->leaves.leaf[i];
	}
	if (iq_matcher_near_cells(s->view, &q, status, n, s->arena, &found) != IQ_OK)
		return false;
	gap->near = found.near;
	gap->nnear = found.nnear;
	gap->involved = found.rows;
	gap->ninvolved = found.nrows;
	return true;
}

/* The task in one region; `set`: for whom somebody is expected. Overwritten. */
static bool look(struct search *s, const struct kin *k, iq_num task, iq_num region, uint64_t *set)
{
	const uint64_t *above = set_of(s, s->above, region), *sub = set_of(s, s->sub, region);
	struct iq_gap gap = {.task = task, .region = region};
	struct iq_gap *to;

	for (uint32_t w = 0; w < s->leaves.words; w++)
		set[w] &= ~(above[w] | sub[w]);
	if (iq_leaves_empty(&s->leaves, set))
		return true;
	take_ended(s, task, region, set);
	if (iq_leaves_empty(&s->leaves, set))
		return true;
	s->out->total++;
	if (s->q->limit > 0 && s->out->n >= s->q->limit)
		return true;
	gap.missing = iq_leaves_fold(&s->leaves, set);
	gap.marked = s->view->vocab->task_expected[task];
	if (gap.missing == NULL)
		return false;
	set_peers(s, k, &gap);
	if (s->q->want_near && !set_near(s, &gap))
		return false;
	to = add_gap(s);
	if (to != NULL)
		*to = gap;
	return to != NULL;
}

/* A leaf task, whose rows and those of its ancestors have been read. */
static bool look_at_task(struct search *s, const struct kin *kins, size_t nkins, iq_num task)
{
	uint64_t *set = s->may, *all = s->sure;

	spread(s);
	for (size_t i = 0; i < nkins; i++) {
		const struct kin *k = &kins[i];

		iq_leaves_clear(&s->leaves, all);
		if (s->view->vocab->task_expected[task])
			iq_leaves_add(&s->leaves, all, s->leaves.asked);
		for (size_t p = 0; p < k->npeers; p++) {
			iq_leaves_add(&s->leaves, all, set_of(s, s->above, k->peer[p]));
			iq_leaves_add(&s->leaves, all, set_of(s, s->sub, k->peer[p]));
		}
		for (size_t p = 0; p < k->npeers; p++) {
			memcpy(set, all, s->leaves.words * sizeof(*set));
			if (k->asked[p] && !look(s, k, task, k->peer[p], set))
				return false;
		}
	}
	return true;
}

/* ---- regions -------------------------------------------------------------------------------- */

/* The regions of a kind; the region itself counts without one, too. */
static bool kin_of(struct search *s, struct iq_str kind, iq_num region, struct kin *k)
{
	const struct iq_vocab *v = s->view->vocab;

	*k = (struct kin){.kind = kind};
	k->peer = iq_arena_array(s->arena, (size_t)v->region.n + 1, sizeof(*k->peer));
	k->asked = iq_arena_array(s->arena, (size_t)v->region.n + 1, sizeof(*k->asked));
	if (k->peer == NULL || k->asked == NULL)
		return false;
	for (uint32_t pre = 1; pre <= v->region.n && v->region.at[pre] != IQ_NONE; pre++) {
		iq_num r = v->region.at[pre];

		if (v->region_is_area[r] ||
			(r != region && (kind.n == 0 || !iq_str_eq(v->region_kind[r], kind))))
			continue;
		k->asked[k->npeers] =
			region == IQ_NONE ? iq_vocab_in_scope(v, s->q->scope, r) : r == region;
		s->out->nregions += k->asked[k->npeers];
		k->peer[k->npeers++] = r;
	}
	return true;
}

/* One family per region asked for; of a kind, one for all of them. NULL: no memory. */
static struct kin *find_kin(struct search *s, size_t *n)
{
	const struct iq_vocab *v = s->view->vocab;
	iq_num scope = s->q->scope;
	const iq_num *member = v->area_members[scope];
	struct kin *kins;
	size_t members = 1;

	*n = 0;
	for (size_t i = 0; v->region_is_area[scope] && member != NULL && member[i] != IQ_NONE; i++)
		members++;
	kins = iq_arena_array(s->arena, members, sizeof(*kins));
	if (kins == NULL)
		return NULL;
	if (s->q->kind.n > 0)
		return kin_of(s, s->q->kind, IQ_NONE, &kins[(*n)++]) ? kins : NULL;
	if (!v->region_is_area[scope])
		return kin_of(s, v->region_kind[scope], scope, &kins[(*n)++]) ? kins : NULL;
	for (uint32_t pre = 1; pre <= v->region.n && v->region.at[pre] != IQ_NONE; pre++) {
		iq_num r = v->region.at[pre];

		for (size_t i = 0; i + 1 < members; i++) {
			if (member[i] != r)
				continue;
			if (!kin_of(s, v->region_kind[r], r, &kins[(*n)++]))
				return NULL;
			break;
		}
	}
	return kins;
}

static bool begin(struct search *s)
{
	s->may = iq_leaves_new(&s->leaves);
	s->sure = iq_leaves_new(&s->leaves);
	s->above = new_sets(s);
	s->sub = new_sets(s);
	return s->may && s->sure && s->above && s->sub && find_ends(s);
}

enum iq_err iq_gaps_find(const struct iq_view *view, const struct iq_gaps_query *q,
	struct iq_arena *arena, struct iq_gaps *out)
{
	const struct iq_vocab *v = view->vocab;
	const struct iq_tree *t = &v->task;
	struct search s = {.view = view, .q = q, .arena = arena, .out = out};
	struct kin *kins;
	enum iq_err err;
	size_t nkins;

	*out = (struct iq_gaps){.n = 0};
	if (q->scope == IQ_NONE || q->scope > v->region.n || v->region.id[q->scope].n == 0 ||
		(q->task != IQ_NONE && (q->task > t->n || t->id[q->task].n == 0)))
		return IQ_ERR_USAGE;
	err = iq_leaves_init(&s.leaves, view, q->status, q->at, arena);
	if (err != IQ_OK)
		return err;
	kins = find_kin(&s, &nkins);
	if (kins == NULL || !begin(&s))
		return IQ_ERR_BUSY;
	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		iq_num task = t->at[pre];

		if (q->task != IQ_NONE && !iq_tree_covers(t, task, q->task) &&
			!iq_tree_covers(t, q->task, task))
			continue;
		if (!read_task(&s, task))
			return IQ_ERR_BUSY;
		if (t->pre[task] == t->end[task] && !look_at_task(&s, kins, nkins, task))
			return IQ_ERR_BUSY;
	}
	return IQ_OK;
}
