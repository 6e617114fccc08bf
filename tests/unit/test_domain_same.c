/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_world_small.h"

/* When two answers agree for somebody who gave a postcode. */

static bool same(struct world *w, const char *task, const char *a, const char *b)
{
	struct iq_question q = {.task = world_num(w, IQ_TASK, task),
		.region = world_num(w, IQ_REGION, a),
		.at = world_date("2026-03-01")};
	struct iq_match x, y;

	assert_int_equal(iq_match(w->view, &q, &w->arena, &x), IQ_OK);
	q.region = world_num(w, IQ_REGION, b);
	assert_int_equal(iq_match(w->view, &q, &w->arena, &y), IQ_OK);
	assert_int_equal(iq_match_same(&x, &y, &w->arena), iq_match_same(&y, &x, &w->arena));
	return iq_match_same(&x, &y, &w->arena);
}

/* A postcode in several regions: what counts as the same answer. */
static void test_same(void **state)
{
	static const struct {
		const char *name, *rows[4], *notices[2];
		bool same;
	} table[] = {
		{"nothing", {NULL}, {NULL}, true},
		{"one row for both", {"r i1 course county - lead"}, {NULL}, true},
		{"other rows for each", {"r i1 course alpha - lead", "s i1 course beta - lead"},
			{NULL}, false},
		{"only one has a row", {"r i1 course alpha - lead"}, {NULL}, false},
		{"rows that are not primary do not count",
			{"r i1 course county - lead", "s i1 course alpha - support",
				"t i1 course alpha - provider"},
			{NULL}, true},
		{"order does not count", {"r i1 course county - lead", "s i2 course county - lead"},
			{NULL}, true},
		{"a notice for one", {"r i1 course county - lead"}, {"n info - course alpha"},
			false},
		{"a notice for each", {"r i1 course county - lead"},
			{"n info - course alpha", "o info - course beta"}, false},
		{"a notice for both", {"r i1 course county - lead"}, {"n info - course county"},
			true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct small_case c = {.name = table[i].name};
		struct world w;

		memcpy(c.rows, table[i].rows, sizeof(table[i].rows));
		memcpy(c.notices, table[i].notices, sizeof(table[i].notices));
		small_world(&w, &c);
		if (same(&w, "course", "alpha", "beta") != table[i].same)
			fail_msg("%s", table[i].name);
		assert_true(same(&w, "course", "alpha", "alpha"));
		world_free(&w);
	}
}

/* The same rows with another certainty or other open facts are another answer. */
static void test_same_certainty(void **state)
{
	struct small_case c = {.name = "same", .rows = {"r i1 course alpha - lead"}};
	struct iq_fact_list one = {.n = 1, .fact = {0}}, two = {.n = 1, .fact = {1}};
	struct iq_question q;
	struct iq_match x, y;
	struct world w;

	(void)state;
	small_world(&w, &c);
	q = small_question(&w, &c);
	assert_int_equal(iq_match(w.view, &q, &w.arena, &x), IQ_OK);
	assert_int_equal(iq_match(w.view, &q, &w.arena, &y), IQ_OK);
	assert_true(iq_match_same(&x, &y, &w.arena));
	y.rows[0].certain = !x.rows[0].certain;
	assert_false(iq_match_same(&x, &y, &w.arena));
	y.rows[0].certain = x.rows[0].certain;
	y.rows[0].open ^= IQ_OPEN_STATUS;
	assert_false(iq_match_same(&x, &y, &w.arena));
	y.rows[0].open = x.rows[0].open;
	x.rows[0].open_facts = one;
	assert_false(iq_match_same(&x, &y, &w.arena));
	y.rows[0].open_facts = two;
	assert_false(iq_match_same(&x, &y, &w.arena));
	y.rows[0].open_facts = one;
	assert_true(iq_match_same(&x, &y, &w.arena));
	y.rows[0].group++;
	assert_false(iq_match_same(&x, &y, &w.arena));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_same_certainty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
