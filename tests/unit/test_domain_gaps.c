/* SPDX-License-Identifier: Apache-2.0 */
#include "bounds.h"
#include "cell.h"
#include "domain_views.h"
#include "gaps.h"
#include "overlaps.h"

/*
 * Gaps and overlaps: some by hand, then random small directories against a naive reading that
 * asks about each cell.
 */

enum { RANDOM_WORLDS = 150 };

static struct iq_gaps gaps(struct world *w, struct iq_gaps_query q)
{
	struct iq_gaps g;

	assert_int_equal(iq_gaps_find(w->view, &q, &w->arena, &g), IQ_OK);
	return g;
}

static struct iq_gaps_query query(const struct world *w, const char *scope, const char *kind,
	const char *task, const char *status)
{
	return (struct iq_gaps_query){.scope = world_num(w, IQ_REGION, scope),
		.kind = iq_str(kind),
		.task = world_num(w, IQ_TASK, task),
		.status = world_num(w, IQ_STATUS, status),
		.at = views_at,
		.want_near = true};
}

/* "task@region statuses" line by line; a mark for tasks that are expected anyway. */
static const char *text(struct world *w, const struct iq_gaps *g)
{
	const struct iq_vocab *v = w->view->vocab;
	struct iq_buf b;
	const char *s;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < g->n; i++)
		iq_buf_printf(&b, "%s%.*s%s@%.*s %s", i ? "\n" : "",
			IQ_STR_ARG(v->task.id[g->a[i].task]), g->a[i].marked ? "!" : "",
			IQ_STR_ARG(v->region.id[g->a[i].region]),
			views_groups(w, &v->status, g->a[i].missing->status,
				g->a[i].missing->nstatuses));
	s = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return s ? s : "";
}

static void test_gaps_by_hand(void **state)
{
	struct world w;
	struct iq_gaps g;

	(void)state;
	views_vocabulary(&w);
	views_row(&w, "a i2 course dd asylum lead - - - -");
	views_row(&w, "b i1 money de tolerated lead home=own - - -");
	views_row(&w, "c i4 advice le title advice - - - -");
	views_row(&w, "d i5 course m - lead - - 2026-03-01 -");
	views_row(&w, "e i5 language m - support - - - -");
	views_notice(&w, "n excluded - course le asylum-new -");
	world_index(&w);
	g = gaps(&w, query(&w, "m", "", NULL, NULL));
	assert_string_equal(text(&w, &g), "advice@m title\ncourse@m asylum\nmoney!@m asylum title");
	assert_int_equal(g.a[0].peers, 1);
	assert_int_equal(g.a[0].peer[0], world_num(&w, IQ_REGION, "le"));
	assert_int_equal(g.a[1].peer[0], world_num(&w, IQ_REGION, "dd"));
	/* what has ended, and what is elsewhere; who helps */
	assert_string_equal(
		world_rows(&w, g.a[1].near, g.a[1].nnear, false), "course/d!date course/a!region");
	assert_string_equal(world_rows(&w, g.a[1].involved, g.a[1].ninvolved, false), "course/e");
	/* nobody is needed for those who are excluded */
	g = gaps(&w, query(&w, "le", "", "language", NULL));
	assert_string_equal(text(&w, &g), "course@le asylum-old");
	/* all towns of a state, of an area */
	g = gaps(&w, query(&w, "sn", "city", "language", NULL));
	assert_string_equal(text(&w, &g), "advice@dd title\ncourse@le asylum-old");
	assert_int_equal(g.nregions, 2);
	g = gaps(&w, query(&w, "around", "", "language", "title-work"));
	assert_string_equal(text(&w, &g), "advice@m title-work\nadvice@dd title-work");
	/* a state covers what a part of it does */
	g = gaps(&w, query(&w, "sn", "", "language", NULL));
	assert_string_equal(text(&w, &g), "");
	g = gaps(&w, query(&w, "by", "", "language", NULL));
	assert_string_equal(text(&w, &g), "advice@by title\ncourse@by asylum");
	world_free(&w);
}

/* ---- naive ---------------------------------------------------------------------------------- */

static bool is_asked(const struct world *w, const struct iq_gaps_query *q, iq_num region)
{
	const struct iq_vocab *v = w->view->vocab;
	const iq_num *m = v->area_members[q->scope];

	if (v->region_is_area[region])
		return false;
	if (q->kind.n > 0)
		return iq_str_eq(v->region_kind[region], q->kind) &&
		       iq_vocab_in_scope(v, q->scope, region);
	if (!v->region_is_area[q->scope])
		return region == q->scope;
	for (; m != NULL && *m != IQ_NONE; m++) {
		if (*m == region)
			return true;
	}
	return false;
}

static bool is_missing(struct world *w, iq_num task, iq_num status, iq_num region)
{
	struct iq_cell c = {task, status, region, {NULL, 0}};

	return iq_cell_expected(w->view, &c, views_at, &w->arena) &&
	       !iq_cell_covered(w->view, &c, views_at, &w->arena);
}

static void check_peers(struct world *w, const struct iq_gap *g)
{
	const struct iq_vocab *v = w->view->vocab;
	size_t n = 0;

	for (uint32_t pre = 1; pre <= v->region.n; pre++) {
		iq_num r = v->region.at[pre];
		bool covered = false;
		iq_num leaf[16];
		uint32_t leaves = views_leaves(v, leaf);

		if (r == g->region || v->region_is_area[r] ||
			!iq_str_eq(v->region_kind[r], v->region_kind[g->region]))
			continue;
		for (uint32_t l = 0; l < leaves; l++) {
			struct iq_cell c = {g->task, leaf[l], r, {NULL, 0}};

			covered = covered ||
				  (g->missing->set[0] >> l & 1 &&
					  iq_cell_covered(w->view, &c, views_at, &w->arena));
		}
		if (!covered)
			continue;
		if (n < IQ_GAP_PEERS)
			assert_int_equal(g->peer[n], r);
		n++;
	}
	assert_int_equal(n, g->peers);
	assert_int_equal(g->npeers, n < IQ_GAP_PEERS ? n : IQ_GAP_PEERS);
	assert_true(g->marked || n > 0);
}

static bool holds(const struct iq_row *rows, size_t n, iq_num num)
{
	for (size_t i = 0; i < n; i++) {
		if (rows[i].entry.num == num)
			return true;
	}
	return false;
}

/* A near miss is shown for the cell for which it comes first. */
static void check_best(const struct iq_gap *g, const struct iq_row *row)
{
	for (size_t i = 0; i < g->nnear; i++) {
		if (g->near[i].entry.num == row->entry.num)
			assert_true(g->near[i].certain >= row->certain);
	}
}

/* The near misses and helpers of each missing cell, united; a full list may lack some. */
static size_t check_near(struct world *w, const struct iq_gap *g)
{
	iq_num leaf[16], near[64], involved[64];
	size_t nnear = 0, ninvolved = 0;
	bool cut = false;

	for (uint32_t l = 0, n = views_leaves(w->view->vocab, leaf); l < n; l++) {
		struct iq_question q = {.task = g->task,
			.region = g->region,
			.status = leaf[l],
			.at = views_at,
			.want_near = true};
		struct iq_match m;

		if (!(g->missing->set[0] >> l & 1))
			continue;
		assert_int_equal(iq_match(w->view, &q, &w->arena, &m), IQ_OK);
		assert_int_equal(m.outcome, IQ_NOBODY);
		cut = cut || m.nnear == IQ_LIMIT_NEAR_MISSES;
		for (size_t i = 0; i < m.nnear; i++) {
			bool seen = false;

			check_best(g, &m.near[i]);
			for (size_t k = 0; k < nnear; k++)
				seen = seen || near[k] == m.near[i].entry.num;
			if (!seen)
				near[nnear++] = m.near[i].entry.num;
		}
		for (size_t i = 0; i < m.nrows; i++) {
			bool seen = false;

			for (size_t k = 0; k < ninvolved; k++)
				seen = seen || involved[k] == m.rows[i].entry.num;
			if (!seen)
				involved[ninvolved++] = m.rows[i].entry.num;
		}
	}
	if (!cut && nnear <= IQ_LIMIT_NEAR_MISSES) {
		assert_int_equal(g->nnear, nnear);
		for (size_t i = 0; i < nnear; i++)
			assert_true(holds(g->near, g->nnear, near[i]));
	} else {
		assert_int_equal(g->nnear, IQ_LIMIT_NEAR_MISSES);
	}
	if (ninvolved <= IQ_LIMIT_NEAR_MISSES)
		assert_int_equal(g->ninvolved, ninvolved);
	for (size_t i = 0; i < ninvolved && ninvolved <= IQ_LIMIT_NEAR_MISSES; i++)
		assert_true(holds(g->involved, g->ninvolved, involved[i]));
	return g->nnear + g->ninvolved;
}

static size_t compare_gaps(struct world *w, struct iq_gaps_query q, size_t *near)
{
	const struct iq_vocab *v = w->view->vocab;
	struct iq_gaps g = gaps(w, q);
	iq_num leaf[16];
	uint32_t leaves = views_leaves(v, leaf);
	size_t n = 0;

	for (uint32_t t = 1; t <= v->task.n; t++) {
		iq_num task = v->task.at[t];

		if (!views_leaf(&v->task, task) ||
			(q.task != IQ_NONE && !iq_tree_covers(&v->task, q.task, task)))
			continue;
		for (uint32_t r = 1; r <= v->region.n; r++) {
			iq_num region = v->region.at[r];
			uint64_t missing = 0;

			for (uint32_t l = 0; l < leaves && is_asked(w, &q, region); l++) {
				if ((q.status == IQ_NONE ||
					    iq_tree_covers(&v->status, q.status, leaf[l])) &&
					is_missing(w, task, leaf[l], region))
					missing |= UINT64_C(1) << l;
			}
			if (missing == 0)
				continue;
			assert_true(n < g.n);
			assert_int_equal(g.a[n].task, task);
			assert_int_equal(g.a[n].region, region);
			assert_int_equal(g.a[n].missing->set[0], missing);
			check_peers(w, &g.a[n]);
			*near += check_near(w, &g.a[n]);
			n++;
		}
	}
	assert_int_equal(n, g.n);
	assert_int_equal(n, g.total);
	return n;
}

static void test_gaps_random(void **state)
{
	size_t lines = 0, near = 0;

	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		struct world w;

		views_random(&w, run);
		world_index(&w);
		for (int i = 0; i < 4; i++)
			lines += compare_gaps(&w,
				query(&w, ONE_OF("de", "sn", "dd", "le", "m", "old", "around"),
					ONE_OF("", "", "city", "quarter", "state"),
					ONE_OF("", "", "language", "course"),
					ONE_OF("", "", "asylum", "title-work")),
				&near);
		world_free(&w);
	}
	assert_true(lines > 500 && near > 500);
}

static void test_limit(void **state)
{
	struct world w;
	struct iq_gaps all, some;

	(void)state;
	views_random(&w, 5);
	world_index(&w);
	struct iq_gaps_query q = query(&w, "de", "city", NULL, NULL);

	all = gaps(&w, q);
	assert_true(all.n > 3);
	q.limit = 2;
	some = gaps(&w, q);
	assert_int_equal(some.n, 2);
	assert_int_equal(some.total, all.n);
	q.limit = 0;
	for (size_t cap = 0; cap < 8192; cap += 64) {
		struct iq_arena small;

		iq_arena_init(&small, cap + 1);
		enum iq_err err = iq_gaps_find(w.view, &q, &small, &some);

		assert_true(err == IQ_ERR_BUSY || (err == IQ_OK && some.n == all.n));
		iq_arena_free(&small);
	}
	q.scope = 99;
	assert_int_equal(iq_gaps_find(w.view, &q, &w.arena, &some), IQ_ERR_USAGE);
	world_free(&w);
}

/* ---- overlaps ------------------------------------------------------------------------------- */

static void test_overlaps_by_hand(void **state)
{
	struct world w;
	struct iq_overlaps o;

	(void)state;
	views_vocabulary(&w);
	views_row(&w, "a i2 course dd asylum lead - - - -");
	views_row(&w, "b i3 course dd asylum-old;title lead - - - -");
	views_row(&w, "c i3 course dd title lead - - - -");
	views_row(&w, "d i4 course dd - lead home=shared - - -");     /* possible, or nothing */
	views_row(&w, "e i1 course sn - lead - - - -");               /* another distance */
	views_row(&w, "f i1 language dd asylum lead - - - -");        /* another task */
	views_row(&w, "g i5 course dd asylum provider - - - -");      /* no lead */
	views_row(&w, "h i4 course dd asylum lead - - 2026-03-01 -"); /* ended */
	views_row(&w, "i i1 money old tolerated lead - - - -");
	views_row(&w, "j i2 money old - lead - - - -");
	world_index(&w);
	struct iq_overlaps_query q = {.region = world_num(&w, IQ_REGION, "dd"), .at = views_at};

	assert_int_equal(iq_overlaps_find(w.view, &q, &w.arena, &o), IQ_OK);
	assert_int_equal(o.n, 1);
	assert_true(iq_str_is(o.a[0].id[0], "i2") && iq_str_is(o.a[0].id[1], "i3"));
	assert_string_equal(views_groups(&w, &w.view->vocab->status, o.a[0].groups->status,
				    o.a[0].groups->nstatuses),
		"asylum-old");
	assert_int_equal(o.a[0].nrows[0], 1);
	assert_int_equal(o.a[0].nrows[1], 1);
	assert_true(iq_str_is(o.a[0].row[1][0], "b"));
	q.parts = true;
	assert_int_equal(iq_overlaps_find(w.view, &q, &w.arena, &o), IQ_OK);
	assert_int_equal(o.n, 2);
	assert_int_equal(o.a[1].region, world_num(&w, IQ_REGION, "old"));
	assert_int_equal(o.a[1].distance, 101);
	q.limit = 1;
	assert_int_equal(iq_overlaps_find(w.view, &q, &w.arena, &o), IQ_OK);
	assert_int_equal(o.n, 1);
	assert_int_equal(o.total, 2);
	world_free(&w);
}

struct found {
	iq_num task, region, institution[2];
	uint64_t set;
};

/* The pairs of certain leads in one cell that are as far away as each other. */
static void ask_cell(struct world *w, iq_num task, iq_num region, iq_num status, uint32_t leaf,
	struct found *found, size_t *n)
{
	struct iq_question q = {.task = task, .region = region, .status = status, .at = views_at};
	struct iq_match m;

	assert_int_equal(iq_match(w->view, &q, &w->arena, &m), IQ_OK);
	for (size_t i = 0; i < m.nrows; i++) {
		for (size_t k = 0; k < m.nrows; k++) {
			const struct iq_row *a = &m.rows[i], *b = &m.rows[k];
			size_t at = 0;

			if (!a->certain || !b->certain || a->entry.role != IQ_LEAD ||
				b->entry.role != IQ_LEAD || a->task_distance != b->task_distance ||
				a->region_distance != b->region_distance ||
				iq_str_cmp(a->institution_id, b->institution_id) >= 0)
				continue;
			while (at < *n &&
				(found[at].task != a->entry.task ||
					found[at].region != a->entry.region ||
					found[at].institution[0] != a->entry.institution ||
					found[at].institution[1] != b->entry.institution))
				at++;
			assert_true(at < 256);
			found[at] = (struct found){a->entry.task, a->entry.region,
				{a->entry.institution, b->entry.institution},
				(at < *n ? found[at].set : 0) | UINT64_C(1) << leaf};
			*n += at == *n;
		}
	}
}

static size_t compare_overlaps(struct world *w, const struct iq_overlaps_query *q)
{
	const struct iq_vocab *v = w->view->vocab;
	struct found found[256];
	struct iq_overlaps o;
	iq_num leaf[16], one[2];
	uint32_t leaves = views_leaves(v, leaf);
	size_t n = 0, same = 0;

	for (iq_num r = 1; r <= v->region.n; r++) {
		const iq_num *place = views_places(v, q->region, one);
		bool asked = false;

		for (; *place != IQ_NONE; place++)
			asked = asked || r == *place ||
				(q->parts && iq_tree_covers(&v->region, *place, r));
		for (iq_num t = 1; t <= v->task.n && asked; t++) {
			if (!views_leaf(&v->task, t) ||
				(q->task != IQ_NONE && !iq_tree_covers(&v->task, q->task, t)))
				continue;
			for (uint32_t l = 0; l < leaves; l++) {
				if (q->status == IQ_NONE ||
					iq_tree_covers(&v->status, q->status, leaf[l]))
					ask_cell(w, t, r, leaf[l], l, found, &n);
			}
		}
	}
	assert_int_equal(iq_overlaps_find(w->view, q, &w->arena, &o), IQ_OK);
	assert_int_equal(o.n, n);
	for (size_t i = 0; i < o.n; i++) {
		const struct iq_overlap *a = &o.a[i];

		for (size_t k = 0; k < n; k++)
			same += found[k].task == a->task && found[k].region == a->region &&
				found[k].institution[0] == a->institution[0] &&
				found[k].institution[1] == a->institution[1] &&
				found[k].set == a->groups->set[0];
		assert_true(i == 0 || v->task.pre[o.a[i - 1].task] <= v->task.pre[a->task]);
		assert_true(a->nrows[0] > 0 && a->nrows[1] > 0);
	}
	assert_int_equal(same, n);
	return n;
}

static void test_overlaps_random(void **state)
{
	size_t lines = 0;

	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		struct world w;

		views_random(&w, run);
		for (unsigned i = 0; i < 8; i++) /* more leads */
			views_row(
				&w, iq_arena_printf(&w.arena, "s%u i%u %s %s %s lead %s - - -", i,
					    1 + pick(4), ONE_OF("course", "course", "money"),
					    ONE_OF("dd", "dd", "old", "de"),
					    ONE_OF("-", "asylum", "title;asylum-old", "tolerated"),
					    ONE_OF("-", "-", "home!=centre")));
		world_index(&w);
		for (int i = 0; i < 4; i++) {
			struct iq_overlaps_query q = {
				.region = world_num(&w, IQ_REGION,
					ONE_OF("de", "sn", "dd", "le", "old", "around")),
				.task = world_num(
					&w, IQ_TASK, ONE_OF("", "", "language", "course")),
				.status = world_num(&w, IQ_STATUS, ONE_OF("", "", "asylum")),
				.at = views_at,
				.parts = pick(2) == 0};

			lines += compare_overlaps(&w, &q);
		}
		world_free(&w);
	}
	assert_true(lines > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gaps_by_hand),
		cmocka_unit_test(test_gaps_random),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overlaps_by_hand),
		cmocka_unit_test(test_overlaps_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
