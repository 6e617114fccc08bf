/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_views.h"
#include "gaps.h"
#include "matrix.h"
#include "overlaps.h"

/*
 * Places and statuses in numbers: more parts than are looked up one by one, more leaf statuses
 * than fit in one word.
 */

enum { PARTS = 600, GROUPS = 3, LEAVES = 50, ALL = GROUPS * LEAVES };

/* Row i is for part i and the leaf status i; one lead stands for the whole town. */
static void large(struct world *w)
{
	world_init(w);
	world_put(w, IQ_KIND, "id", "office", NULL);
	world_put(w, IQ_REGION, "id", "de", NULL);
	world_put(w, IQ_REGION, "id", "town", "parent", "de", "kind", "city", NULL);
	world_put(w, IQ_REGION, "id", "other", "parent", "de", "kind", "city", NULL);
	world_put(w, IQ_TASK, "id", "task", NULL);
	for (int g = 0; g < GROUPS; g++) {
		const char *group = iq_arena_printf(&w->arena, "g%d", g);

		world_put(w, IQ_STATUS, "id", group, NULL);
		for (int l = 0; l < LEAVES; l++)
			world_put(w, IQ_STATUS, "id", iq_arena_printf(&w->arena, "g%d-%03d", g, l),
				"parent", group, NULL);
	}
	world_put(w, IQ_INSTITUTION, "id", "i1", "kind", "office", "region", "town", NULL);
	world_put(w, IQ_INSTITUTION, "id", "i2", "kind", "office", "region", "town", NULL);
	for (int i = 0; i < PARTS; i++) {
		const char *part = iq_arena_printf(&w->arena, "part-%03d", i);

		world_put(w, IQ_REGION, "id", part, "parent", "town", "kind", "quarter", NULL);
		views_row(w, iq_arena_printf(&w->arena, "r%03d i1 task %s g%d-%03d lead - - - -", i,
				     part, i % ALL / LEAVES, i % LEAVES));
	}
	views_row(w, "s i2 task town g2 provider - - - -");
	views_row(w, "t i2 task part-007 g0 lead - - - -");
	world_index(w);
}

static void test_matrix(void **state)
{
	struct world w;
	struct iq_matrix m;

	(void)state;
	large(&w);
	struct iq_matrix_query q = {.region = world_num(&w, IQ_REGION, "town"), .at = views_at};

	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nlines, 1);
	assert_int_equal(m.ncells, 2); /* the one for all of the town first */
	assert_int_equal(m.cell[0].nrows, 2);
	assert_int_equal(m.cell[1].nrows, PARTS);
	assert_int_equal(m.cell[1].role[0].groups->nleaves, ALL);
	assert_int_equal(m.cell[1].role[0].groups->nstatuses, GROUPS);
	assert_true(m.cell[1].part && !m.cell[0].role[1].part);
	assert_int_equal(m.cell[0].role[0].role, IQ_LEAD);
	assert_int_equal(m.cell[0].role[1].groups->nstatuses, 1);
	/* another town has nothing of it; the country has the same, further down */
	q.region = world_num(&w, IQ_REGION, "other");
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.ncells, 0);
	q.region = world_num(&w, IQ_REGION, "de");
	q.status = world_num(&w, IQ_STATUS, "g2");
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.ncells, 2);
	assert_int_equal(m.column[0].distance, 101);
	assert_int_equal(m.cell[1].nrows, PARTS / GROUPS);
	assert_true(m.cell[1].role[0].groups->share[0].whole);
	world_free(&w);
}

static void test_gaps(void **state)
{
	struct world w;
	struct iq_gaps g;

	(void)state;
	large(&w);
	struct iq_gaps_query q = {.scope = world_num(&w, IQ_REGION, "town"),
		.kind = IQ_STR("quarter"),
		.at = views_at};

	assert_int_equal(iq_gaps_find(w.view, &q, &w.arena, &g), IQ_OK);
	assert_int_equal(g.nregions, PARTS);
	assert_int_equal(g.n, PARTS);
	/* the town's provider is there for the third group, a row of the quarter for one more */
	assert_int_equal(g.a[0].missing->nleaves, 2 * LEAVES - 1);
	assert_int_equal(g.a[7].missing->nleaves, LEAVES);
	assert_int_equal(g.a[0].peers, PARTS / ALL * (2 * LEAVES - 1)); /* not its like */
	assert_int_equal(g.a[2 * LEAVES].missing->nleaves, 2 * LEAVES);
	world_free(&w);
}

static void test_overlaps(void **state)
{
	struct world w;
	struct iq_overlaps o;

	(void)state;
	large(&w);
	struct iq_overlaps_query q = {
		.region = world_num(&w, IQ_REGION, "de"), .at = views_at, .parts = true};

	assert_int_equal(iq_overlaps_find(w.view, &q, &w.arena, &o), IQ_OK);
	assert_int_equal(o.n, 1);
	assert_int_equal(o.a[0].region, world_num(&w, IQ_REGION, "part-007"));
	assert_int_equal(o.a[0].groups->nleaves, 1);
	assert_int_equal(o.a[0].groups->status[0], world_num(&w, IQ_STATUS, "g0-007"));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
