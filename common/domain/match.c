/* SPDX-License-Identifier: Apache-2.0 */
#include "bounds.h"
#include "match_priv.h"

#include <stdlib.h>

const char *const iq_outcome_names[] = {"answered", "nobody", "excluded", "not-needed", NULL};

enum { FIRST_ROWS = 32, ROLE_BITS = 3 };

/* Rows gathered so far. */
struct gather {
	const struct iq_matcher *m;
	bool only_certain, only_own; /* as in the question, where the answer allows it */
	bool main;                   /* a lead, provider or advice row was seen, kept or not */
	bool stop;                   /* no more rows are needed, or can be held */
	struct iq_row *rows;
	size_t n, cap;
};

bool iq_matcher_group(const struct iq_matcher *m, iq_num task, iq_num *group, uint16_t *distance)
{
	const struct iq_tree *t = &m->vocab->task;

	*distance = 0;
	*group = task;
	if (task == IQ_NONE || task > t->n)
		return false;
	if (m->q->task == IQ_NONE)
		return true;
	if (iq_tree_covers(t, task, m->q->task)) {
		*group = m->q->task;
		*distance = (uint16_t)(t->depth[m->q->task] - t->depth[task]);
		return true;
	}
	return iq_tree_covers(t, m->q->task, task);
}

enum iq_fit iq_matcher_region(const struct iq_matcher *m, iq_num region, uint16_t *distance)
{
	const struct iq_tree *t = &m->vocab->region;
	iq_num asked = m->q->region;

	*distance = IQ_DISTANCE_ANY;
	if (region == IQ_NONE || region > t->n)
		return IQ_FIT_NONE;
	if (asked == IQ_NONE)
		return region == m->vocab->root ? IQ_FIT_CERTAIN : IQ_FIT_OPEN;
	if (iq_tree_covers(t, region, asked)) {
		*distance = (uint16_t)(t->depth[asked] - t->depth[region]);
		return IQ_FIT_CERTAIN;
	}
	if (iq_tree_covers(t, asked, region)) {
		*distance = (uint16_t)(IQ_DISTANCE_BELOW + t->depth[region] - t->depth[asked]);
		return IQ_FIT_OPEN;
	}
	return IQ_FIT_NONE;
}

enum iq_fit iq_matcher_status(const struct iq_matcher *m, iq_num status)
{
	const struct iq_tree *t = &m->vocab->status;
	iq_num asked = m->q->status;

	if (asked == IQ_NONE)
		return IQ_FIT_OPEN;
	if (status == IQ_NONE || status > t->n)
		return IQ_FIT_NONE;
	if (iq_tree_covers(t, status, asked))
		return IQ_FIT_CERTAIN;
	return iq_tree_covers(t, asked, status) ? IQ_FIT_OPEN : IQ_FIT_NONE;
}

static enum iq_fit entry_status(const struct iq_matcher *m, const struct iq_entry *e)
{
	enum iq_fit best = IQ_FIT_NONE;

	if (e->nstatuses == 0)
		return IQ_FIT_CERTAIN;
	for (uint32_t i = 0; i < e->nstatuses && best != IQ_FIT_CERTAIN; i++) {
		const uint8_t *p = e->statuses + 2 * (size_t)i;
		enum iq_fit fit = iq_matcher_status(m, (iq_num)p[0] | (iq_num)p[1] << 8);

		if (fit > best)
			best = fit;
	}
	return best;
}

/* Notes a failed dimension; false if that is one too many. */
static bool miss(struct iq_judgement *v, uint8_t dimension, unsigned *budget)
{
	v->missed |= dimension;
	if (*budget == 0)
		return false;
	(*budget)--;
	return true;
}

bool iq_matcher_judge(const struct iq_matcher *m, const struct iq_entry *e, unsigned budget,
	struct iq_judgement *v)
{
	enum iq_fit fit;

	v->open = v->missed = 0;
	v->open_facts.n = v->failed_facts.n = 0;
	if (!iq_matcher_group(m, e->task, &v->group, &v->task_distance))
		return false;

	fit = iq_matcher_region(m, e->region, &v->region_distance);
	if (fit == IQ_FIT_OPEN) {
		v->open |= IQ_OPEN_REGION;
	} else if (fit == IQ_FIT_NONE) {
		v->region_distance = IQ_DISTANCE_ELSEWHERE;
		if (!miss(v, IQ_MISS_REGION, &budget))
			return false;
	}

	if ((m->q->at < e->from || m->q->at > e->to) && !miss(v, IQ_MISS_DATE, &budget))
		return false;

	fit = entry_status(m, e);
	if (fit == IQ_FIT_OPEN)
		v->open |= IQ_OPEN_STATUS;
	else if (fit == IQ_FIT_NONE && !miss(v, IQ_MISS_STATUS, &budget))
		return false;

	switch (iq_condition_eval(
		&m->vocab->facts, e->condition, m->known, &v->open_facts, &v->failed_facts)) {
	case IQ_FALSE:
		v->open_facts.n = 0;
		return miss(v, IQ_MISS_CONDITION, &budget);
	case IQ_UNKNOWN:
		v->failed_facts.n = 0;
		return true;
	case IQ_TRUE:
		v->open_facts.n = v->failed_facts.n = 0;
		return true;
	}
	return false;
}

void iq_matcher_fill(struct iq_row *row, const struct iq_entry *e, const struct iq_judgement *v)
{
	*row = (struct iq_row){
		.entry = *e,
		.group = v->group,
		.certain = v->open == 0 && v->open_facts.n == 0,
		.task_distance = v->task_distance,
		.region_distance = v->region_distance,
		.open = v->open,
		.open_facts = v->open_facts,
		.missed = v->missed,
		.failed_facts = v->failed_facts,
	};
}

/*
 * Group, also involved, possible, not lead, task distance, region distance, role: from the
 * highest bits to the lowest. Distances are bounded by the depth of trees.
 */
uint64_t iq_matcher_key(const struct iq_matcher *m, const struct iq_row *row)
{
	enum iq_role role = row->entry.role;
	bool own = m->q->task != IQ_NONE && row->group == m->q->task;
	uint64_t key = own ? 0 : m->vocab->task.pre[row->group];

	key = key << 1 | !iq_role_is_main(role);
	key = key << 1 | !row->certain;
	key = key << 1 | (role != IQ_LEAD);
	key = key << 6 | (row->task_distance & 0x3fu);
	key = key << 10 | (row->region_distance & 0x3ffu);
	return key << ROLE_BITS | ((unsigned)role & 7u);
}

int iq_matcher_compare(const struct iq_placed *a, const struct iq_placed *b)
{
	int c;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	c = iq_str_cmp(a->row->institution_id, b->row->institution_id);
	return c ? c : iq_str_cmp(a->row->id, b->row->id);
}

void iq_matcher_tasks(const struct iq_matcher *m, void (*fn)(void *arg, iq_num task), void *arg)
{
	const struct iq_tree *t = &m->vocab->task;
	iq_num asked = m->q->task;
	uint32_t pre = 1, end = t->n;

	if (asked != IQ_NONE) {
		for (iq_num up = asked; up != IQ_NONE; up = t->parent[up])
			fn(arg, up);
		pre = t->pre[asked] + 1;
		end = t->end[asked];
	}
	for (; pre <= end; pre++) {
		if (t->at[pre] != IQ_NONE)
			fn(arg, t->at[pre]);
	}
}

static bool gather_entry(void *arg, const struct iq_entry *e)
{
	struct gather *g = arg;
	struct iq_judgement v;

	if (!iq_matcher_judge(g->m, e, 0, &v))
		return true;
	g->main = g->main || iq_role_is_main(e->role);
	if (g->only_certain && (v.open != 0 || v.open_facts.n != 0))
		return true;
	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : FIRST_ROWS;
		struct iq_row *rows = g->rows ? iq_arena_grow(g->m->arena, g->rows,
							g->cap * sizeof(*rows), cap * sizeof(*rows))
					      : iq_arena_alloc(g->m->arena, cap * sizeof(*rows));

		if (rows == NULL) {
			g->stop = true;
			return false;
		}
		g->rows = rows;
		g->cap = cap;
	}
	iq_matcher_fill(&g->rows[g->n++], e, &v);
	return true;
}

/* True if a task's rows are better read as a whole than region by region. */
static bool reads_whole_tasks(const struct iq_vocab *vocab, iq_num region)
{
	return region == IQ_NONE ||
	       vocab->region.end[region] - vocab->region.pre[region] > IQ_SCAN_REGIONS;
}

/* Every row of a task that the question may reach, as long as fn goes on. */
static void walk_task(struct gather *g, iq_num task, iq_entry_fn fn)
{
	const struct iq_view *view = g->m->view;
	const struct iq_tree *t = &g->m->vocab->region;
	iq_num asked = g->m->q->region;

	if (reads_whole_tasks(g->m->vocab, asked)) {
		view->task(view->ctx, task, fn, g);
		return;
	}
	for (iq_num up = asked; up != IQ_NONE && !g->stop; up = t->parent[up])
		view->cell(view->ctx, task, up, fn, g);
	for (uint32_t pre = t->pre[asked] + 1; pre <= t->end[asked] && !g->stop; pre++)
		view->cell(view->ctx, task, t->at[pre], fn, g);
}

static void gather_task(void *arg, iq_num task)
{
	struct gather *g = arg;
	const struct iq_matcher *m = g->m;
	iq_num up = m->q->region != IQ_NONE ? m->q->region : m->vocab->root;

	if (g->stop || (g->only_own && !iq_tree_covers(&m->vocab->task, task, m->q->task)))
		return;
	if (!g->only_certain) {
		walk_task(g, task, gather_entry);
		return;
	}
	for (; up != IQ_NONE && !g->stop; up = m->vocab->region.parent[up])
		m->view->cell(m->view->ctx, task, up, gather_entry, g);
}

/* Looks for one lead, provider or advice row, however uncertain, among what was not gathered. */
static bool seek_entry(void *arg, const struct iq_entry *e)
{
	struct gather *g = arg;
	struct iq_judgement v;

	g->main = iq_role_is_main(e->role) && iq_matcher_judge(g->m, e, 0, &v);
	g->stop = g->main;
	return !g->stop;
}

static void seek_task(void *arg, iq_num task)
{
	struct gather *g = arg;

	if (!g->stop)
		walk_task(g, task, seek_entry);
}

/* A notice of an institution is listed if any row of it is in the answer: then all are needed. */
static void narrow(struct gather *g)
{
	const struct iq_matcher *m = g->m;

	if (m->q->want_explain)
		return;
	for (size_t i = 0; i < m->vocab->nnotices; i++) {
		if (m->vocab->notices[i].institution != IQ_NONE &&
			iq_matcher_notice_fits(m, &m->vocab->notices[i]))
			return;
	}
	g->only_certain = m->q->only_certain;
	g->only_own = m->q->only_own && m->q->task != IQ_NONE;
}

static int compare_placed(const void *a, const void *b)
{
	return iq_matcher_compare(a, b);
}

/* Moves the rows to where `placed` says, each once along the cycles of the permutation. */
static void permute(struct iq_row *rows, struct iq_placed *placed, size_t n)
{
	for (size_t start = 0; start < n; start++) {
		size_t from = (size_t)(placed[start].row - rows), to = start;
		struct iq_row first;

		if (from == start)
			continue;
		first = rows[start];
		while (from != start) {
			rows[to] = rows[from];
			placed[to].row = &rows[to];
			to = from;
			from = (size_t)(placed[to].row - rows);
		}
		rows[to] = first;
		placed[to].row = &rows[to];
	}
}

static void mark_primary(struct iq_placed *placed, size_t n)
{
	for (size_t i = 0, first = 0; i < n; i++) {
		struct iq_row *row = placed[i].row;

		if (row->group != placed[first].row->group)
			first = i;
		row->primary = iq_role_is_main(row->entry.role) &&
			       placed[i].key >> ROLE_BITS == placed[first].key >> ROLE_BITS;
	}
}

static enum iq_err order(const struct iq_matcher *m, struct iq_row *rows, size_t n)
{
	const struct iq_view *view = m->view;
	struct iq_placed *placed = iq_arena_array(m->arena, n, sizeof(*placed));

	if (placed == NULL)
		return IQ_ERR_BUSY;
	for (size_t i = 0; i < n; i++) {
		struct iq_row *row = &rows[i];

		row->id = view->id(view->ctx, IQ_RESPONSIBILITY, row->entry.num);
		row->institution_id = view->id(view->ctx, IQ_INSTITUTION, row->entry.institution);
		placed[i] = (struct iq_placed){iq_matcher_key(m, row), row};
	}
	if (n > 1)
		qsort(placed, n, sizeof(*placed), compare_placed);
	permute(rows, placed, n);
	mark_primary(placed, n);
	return IQ_OK;
}

/* Given facts override what the status implies; without either nothing is known. */
static bool set_known(struct iq_matcher *m)
{
	const struct iq_vocab *v = m->vocab;
	const struct iq_known *implied = m->q->status != IQ_NONE ? v->implied[m->q->status] : NULL;
	struct iq_known *known;

	m->known = implied;
	if (implied != NULL && m->q->facts == NULL)
		return true;
	known = iq_arena_array(m->arena, v->facts.n, sizeof(*known));
	if (known == NULL)
		return false;
	for (uint32_t i = 0; i < v->facts.n; i++) {
		if (m->q->facts != NULL && m->q->facts[i].known)
			known[i] = m->q->facts[i];
		else if (implied != NULL)
			known[i] = implied[i];
	}
	m->known = known;
	return true;
}

static bool is_given(const struct iq_tree *t, iq_num num)
{
	return num == IQ_NONE || (num <= t->n && t->id[num].n > 0);
}

static bool is_question(const struct iq_vocab *v, const struct iq_question *q)
{
	return is_given(&v->task, q->task) && is_given(&v->region, q->region) &&
	       is_given(&v->status, q->status) &&
	       !(q->region != IQ_NONE && v->region_is_area[q->region]);
}

/* The effect of a notice decides only for the question's own task, and for everybody. */
static bool decides(const struct iq_matcher *m, const struct iq_notice_match *n)
{
	iq_num task = n->notice->task;

	return n->certain && n->notice->institution == IQ_NONE && m->q->task != IQ_NONE &&
	       (task == IQ_NONE || iq_tree_covers(&m->vocab->task, task, m->q->task));
}

static enum iq_outcome outcome(
	const struct iq_matcher *m, const struct iq_match *out, bool has_main)
{
	enum iq_outcome result = has_main ? IQ_ANSWERED : IQ_NOBODY;

	for (size_t i = 0; i < out->nnotices; i++) {
		const struct iq_notice_match *n = &out->notices[i];

		if (!decides(m, n))
			continue;
		if (n->notice->effect == IQ_EXCLUDED)
			return IQ_EXCLUDED_OUTCOME;
		if (n->notice->effect == IQ_NOT_NEEDED)
			result = IQ_NOT_NEEDED_OUTCOME;
	}
	return result;
}

enum iq_err iq_match(const struct iq_view *view, const struct iq_question *q,
	struct iq_arena *arena, struct iq_match *out)
{
	struct iq_matcher m = {.view = view, .vocab = view->vocab, .q = q, .arena = arena};
	struct gather g = {.m = &m};
	enum iq_err err;

	*out = (struct iq_match){.outcome = IQ_NOBODY};
	if (!is_question(view->vocab, q))
		return IQ_ERR_USAGE;
	if (!set_known(&m))
		return IQ_ERR_BUSY;
	narrow(&g);
	iq_matcher_tasks(&m, gather_task, &g);
	if (g.stop)
		return IQ_ERR_BUSY;
	if (!g.main && (g.only_certain || g.only_own))
		iq_matcher_tasks(&m, seek_task, &g);
	err = order(&m, g.rows, g.n);
	if (err != IQ_OK)
		return err;
	out->rows = g.rows;
	out->nrows = g.n;
	err = iq_matcher_notices(&m, out);
	if (err != IQ_OK)
		return err;
	out->outcome = outcome(&m, out, g.main);
	if (q->want_explain || (q->want_near && out->outcome == IQ_NOBODY))
		err = iq_matcher_near(&m, out);
	return err;
}

uint64_t iq_match_cost(const struct iq_view *view, const struct iq_question *q)
{
	const struct iq_vocab *v = view->vocab;
	uint64_t tasks = v->task.n, cells = IQ_SCAN_COST;

	if (!is_question(v, q))
		return 0;
	if (q->task != IQ_NONE) {
		tasks = (uint64_t)v->task.depth[q->task] + 1;
		if (!q->only_own)
			tasks += v->task.end[q->task] - v->task.pre[q->task];
	}
	if (q->only_certain)
		cells = IQ_LIMIT_TREE_DEPTH;
	else if (!reads_whole_tasks(v, q->region))
		cells = (uint64_t)v->region.depth[q->region] + v->region.end[q->region] -
			v->region.pre[q->region] + 1;
	/* near misses and explanations read whole tasks, whatever the region */
	if (q->want_explain)
		cells += IQ_SCAN_COST;
	return tasks * cells;
}
