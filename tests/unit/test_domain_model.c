/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_world.h"
#include "bounds.h"

/*
 * Random questions to data/saxony, answered a second time by the shortest code that follows
 * domain.md: every record is looked at, trees are climbed step by step, rows compared field by
 * field.
 */

enum { QUESTIONS = 400 };

struct naive {
	struct iq_str id, institution;
	iq_num group;
	bool certain, main, lead;
	int role, task_distance, region_distance;
	uint32_t group_order;
	unsigned missed;
	bool primary;
};

static uint32_t seed = 4711;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Steps from `below` up to `above`, or -1. */
static int climb(const struct iq_tree *t, iq_num below, iq_num above)
{
	for (int steps = 0; below != IQ_NONE; below = t->parent[below], steps++) {
		if (below == above)
			return steps;
	}
	return -1;
}

static bool judge_task(
	const struct iq_vocab *v, const struct iq_question *q, iq_num task, struct naive *out)
{
	int up;

	out->group = task;
	out->task_distance = 0;
	if (q->task != IQ_NONE) {
		up = climb(&v->task, q->task, task);
		if (up >= 0) {
			out->group = q->task;
			out->task_distance = up;
		} else if (climb(&v->task, task, q->task) < 0) {
			return false;
		}
	}
	out->group_order = out->group == q->task ? 0 : v->task.pre[out->group];
	return true;
}

static void judge_region(
	const struct iq_vocab *v, const struct iq_question *q, iq_num region, struct naive *out)
{
	out->region_distance = 200;
	if (q->region == IQ_NONE) {
		out->certain = out->certain && region == v->root;
	} else if (climb(&v->region, q->region, region) >= 0) {
		out->region_distance = climb(&v->region, q->region, region);
	} else if (climb(&v->region, region, q->region) >= 0) {
		out->region_distance = 100 + climb(&v->region, region, q->region);
		out->certain = false;
	} else {
		out->region_distance = 999;
		out->missed |= IQ_MISS_REGION;
	}
}

static void judge_status(struct world *w, const struct iq_question *q,
	const struct iq_value *statuses, struct naive *out)
{
	const struct iq_tree *t = &w->view->vocab->status;
	bool up = statuses->n == 0, down = q->status == IQ_NONE;

	for (uint32_t i = 0; i < statuses->n && q->status != IQ_NONE; i++) {
		iq_num s = iq_directory_find(w->dir, IQ_STATUS, statuses->v[i]);

		up = up || climb(t, q->status, s) >= 0;
		down = down || climb(t, s, q->status) >= 0;
	}
	if (!up && !down)
		out->missed |= IQ_MISS_STATUS;
	else if (!up)
		out->certain = false;
}

static const struct iq_known *knowledge(struct world *w, const struct iq_question *q)
{
	const struct iq_vocab *v = w->view->vocab;
	struct iq_known *known = iq_arena_array(&w->arena, v->facts.n, sizeof(*known));

	for (uint32_t i = 0; i < v->facts.n; i++) {
		if (q->status != IQ_NONE)
			known[i] = v->implied[q->status][i];
		if (q->facts[i].known)
			known[i] = q->facts[i];
	}
	return known;
}

static bool judge(struct world *w, const struct iq_question *q, const struct iq_known *known,
	const struct iq_rec *r, struct naive *out)
{
	const struct iq_vocab *v = w->view->vocab;
	int32_t from = IQ_DATE_MIN, to = IQ_DATE_MAX;
	enum iq_truth truth;

	memset(out, 0, sizeof(*out));
	out->certain = true;
	out->id = iq_rec_text(r, IQ_COL_ID);
	out->institution = iq_rec_text(r, IQ_RESP_INSTITUTION);
	out->role = iq_choice(iq_role_names, iq_rec_text(r, IQ_RESP_ROLE));
	out->main = out->role < IQ_SUPPORT;
	out->lead = out->role == IQ_LEAD;
	if (!judge_task(
		    v, q, iq_directory_find(w->dir, IQ_TASK, iq_rec_text(r, IQ_RESP_TASK)), out))
		return false;
	judge_region(
		v, q, iq_directory_find(w->dir, IQ_REGION, iq_rec_text(r, IQ_RESP_REGION)), out);
	judge_status(w, q, &r->col[IQ_RESP_STATUSES], out);
	if (r->col[IQ_RESP_VALID_FROM].n)
		iq_date_parse(iq_rec_text(r, IQ_RESP_VALID_FROM), &from);
	if (r->col[IQ_RESP_VALID_TO].n)
		iq_date_parse(iq_rec_text(r, IQ_RESP_VALID_TO), &to);
	if (q->at < from || q->at > to)
		out->missed |= IQ_MISS_DATE;
	truth = iq_condition_eval(&v->facts, iq_rec_text(r, IQ_RESP_CONDITION), known, NULL, NULL);
	if (truth == IQ_FALSE)
		out->missed |= IQ_MISS_CONDITION;
	if (truth == IQ_UNKNOWN)
		out->certain = false;
	return true;
}

/* By everything but role and ids: what has to tie for a row to be primary. */
static int compare_rank(const struct naive *a, const struct naive *b)
{
	if (a->group_order != b->group_order)
		return a->group_order < b->group_order ? -1 : 1;
	if (a->main != b->main)
		return a->main ? -1 : 1;
	if (a->certain != b->certain)
		return a->certain ? -1 : 1;
	if (a->lead != b->lead)
		return a->lead ? -1 : 1;
	if (a->task_distance != b->task_distance)
		return a->task_distance - b->task_distance;
	return a->region_distance - b->region_distance;
}

static int compare(const void *x, const void *y)
{
	const struct naive *a = x, *b = y;
	int c = compare_rank(a, b);

	if (c == 0)
		c = a->role - b->role;
	if (c == 0)
		c = iq_str_cmp(a->institution, b->institution);
	return c ? c : iq_str_cmp(a->id, b->id);
}

static void check_rows(const char *what, const struct iq_row *got, size_t ngot,
	const struct naive *want, size_t nwant)
{
	if (ngot != nwant)
		fail_msg("%s: %zu rows, expected %zu", what, ngot, nwant);
	for (size_t i = 0; i < ngot; i++) {
		assert_int_equal(iq_str_cmp(got[i].id, want[i].id), 0);
		assert_int_equal(iq_str_cmp(got[i].institution_id, want[i].institution), 0);
		assert_int_equal(got[i].certain, want[i].certain);
		assert_int_equal(got[i].primary, want[i].primary);
		assert_int_equal(got[i].group, want[i].group);
		assert_int_equal(got[i].missed, want[i].missed);
		assert_int_equal(got[i].task_distance, want[i].task_distance);
		assert_int_equal(got[i].region_distance, want[i].region_distance);
	}
}

static void ask(struct world *w, const struct iq_question *q, struct naive *in, struct naive *near,
	unsigned *answered, unsigned *missed)
{
	const struct iq_known *known = knowledge(w, q);
	struct iq_match m;
	size_t nin = 0, nnear = 0;

	for (iq_num i = 1; i <= iq_directory_count(w->dir, IQ_RESPONSIBILITY); i++) {
		const struct iq_rec *r = iq_directory_get(w->dir, IQ_RESPONSIBILITY, i);
		struct naive row;

		if (!judge(w, q, known, r, &row))
			continue;
		if (row.missed == 0)
			in[nin++] = row;
		else if (row.main && (row.missed & (row.missed - 1)) == 0)
			near[nnear++] = row;
	}
	qsort(in, nin, sizeof(*in), compare);
	qsort(near, nnear, sizeof(*near), compare);
	for (size_t i = 0, first = 0; i < nin; i++) {
		if (in[i].group != in[first].group)
			first = i;
		in[i].primary = in[i].main && compare_rank(&in[i], &in[first]) == 0;
	}
	assert_int_equal(iq_match(w->view, q, &w->arena, &m), IQ_OK);
	check_rows("answer", m.rows, m.nrows, in, nin);
	if (m.outcome == IQ_NOBODY || q->want_explain) {
		if (nnear > IQ_LIMIT_NEAR_MISSES)
			nnear = IQ_LIMIT_NEAR_MISSES;
		check_rows("near misses", m.near, m.nnear, near, nnear);
		*missed += nnear > 0;
	}
	*answered += nin > 0;
}

static void random_facts(const struct iq_facts *facts, struct iq_known *known)
{
	for (uint32_t i = 0; i < facts->n; i++) {
		known[i] = (struct iq_known){.known = pick(4) == 0};
		known[i].low = pick(70);
		known[i].high = known[i].low + pick(3);
		if (!facts->fact[i].integer)
			known[i].mask = 1 + pick((1u << facts->fact[i].nvalues) - 1);
	}
}

static void test_against_naive(void **state)
{
	struct world w;
	const struct iq_vocab *v;
	struct naive *in, *near;
	struct iq_known *known;
	unsigned answered = 0, missed = 0;
	iq_num rows;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	v = w.view->vocab;
	rows = iq_directory_count(w.dir, IQ_RESPONSIBILITY);
	in = calloc(rows, sizeof(*in));
	near = calloc(rows, sizeof(*near));
	known = calloc(v->facts.n, sizeof(*known));
	assert_true(in && near && known);
	for (int i = 0; i < QUESTIONS; i++) {
		struct iq_question q = {
			.task = pick(12) ? 1 + pick(v->task.n) : IQ_NONE,
			.region = pick(6) ? 1 + pick(v->region.n) : IQ_NONE,
			.status = pick(4) ? 1 + pick(v->status.n) : IQ_NONE,
			.facts = known,
			.at = world_date(pick(3) ? "2026-03-01" : "2018-06-01"),
			.want_near = true,
			.want_explain = pick(3) == 0,
		};

		if (q.region != IQ_NONE && v->region_is_area[q.region])
			continue;
		/* the upper levels of the tree have most to answer */
		while (q.region != IQ_NONE && v->region.parent[q.region] != IQ_NONE && pick(3) == 0)
			q.region = v->region.parent[q.region];
		random_facts(&v->facts, known);
		ask(&w, &q, in, near, &answered, &missed);
	}
	/* the questions are worth asking */
	assert_true(answered > QUESTIONS / 4);
	assert_true(missed > QUESTIONS / 8);
	free(in);
	free(near);
	free(known);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_naive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
