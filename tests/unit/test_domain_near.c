/* SPDX-License-Identifier: Apache-2.0 */
#include "bounds.h"
#include "domain_world_small.h"

/* Near misses and explanation. */

#define ASK(t, r, s) .task = (t), .region = (r), .status = (s)

static const struct small_case cases[] = {
	{"the failing dimension is named",
		{"c i1 course alpha - lead age<18", "d i2 course alpha - lead - - 2025-12-31",
			"r i3 course beta - lead", "s i4 course alpha tolerated lead"},
		ASK("course", "alpha", "asylum"), .facts = "age=20", .outcome = "nobody",
		.expect = "",
		.near_expect = "course/c!condition:age course/d!date course/s!status "
			       "course/r!region"},
	{"two failing dimensions are no near miss",
		{"a i1 course beta tolerated lead", "b i1 course beta - lead age<18",
			"c i1 course alpha tolerated lead age<18",
			"d i1 course alpha tolerated lead - 2027-01-01 -"},
		ASK("course", "alpha", "asylum"), .facts = "age=20", .outcome = "nobody",
		.near_expect = ""},
	{"all false facts are named, in order of the clauses",
		{"a i1 course alpha - lead job=yes;age<18;accommodation=shared"},
		ASK("course", "alpha", ""), .facts = "age=20;job=no",
		.near_expect = "course/a!condition:job,age"},
	{"the others may be open, certain ones come first",
		{"a i1 course beta asylum lead age<18", "b i2 course beta - lead",
			"c i3 course county tolerated lead"},
		ASK("course", "alpha", ""), .facts = NULL, .outcome = "answered",
		.near_expect = ""},
	{"open dimensions of near misses",
		{"a i1 course beta asylum-old lead age<18", "b i2 course beta - lead"},
		ASK("course", "alpha", "asylum"),
		.near_expect = "course/b!region course/a?status,age!region"},
	{"what fails is not open as well",
		{"a i1 course beta - lead age<18;job=yes",
			"b i1 course alpha - lead age<18;job=yes"},
		ASK("course", "alpha", ""), .facts = "job=no",
		.near_expect = "course/b!condition:job"},
	{"no near misses among support, funding, referral",
		{"a i1 course beta - support", "b i1 course beta - funding",
			"c i1 course beta - referral", "d i1 course beta - advice"},
		ASK("course", "alpha", ""), .near_expect = "course/d!region"},
	{"no near misses of other tasks", {"a i1 money alpha - lead", "b i1 money beta - lead"},
		ASK("course", "alpha", ""), .near_expect = ""},
	{"groups as in an answer",
		{"a i1 delivery-youth beta - lead", "b i1 language beta - lead",
			"c i1 course-admission beta - lead", "d i1 course beta - advice"},
		ASK("course", "alpha", ""),
		.near_expect = "course/b!region course/d!region course-admission/c!region "
			       "delivery-youth/a!region"},
	{"rows here come before rows elsewhere",
		{"a i1 course south - lead", "b i2 course de - lead age<18",
			"c i3 course alpha - lead age<18"},
		ASK("course", "alpha", ""), .facts = "age=30",
		.near_expect = "course/c!condition:age course/b!condition:age course/a!region"},
	{"also when support is on record",
		{"a i1 course alpha - support", "b i1 course beta - provider"},
		ASK("course", "alpha", ""), .outcome = "nobody", .expect = "course/a@0,0",
		.near_expect = "course/b!region"},
	{"none for answered questions", {"a i1 course alpha - lead", "b i1 course beta - lead"},
		ASK("course", "alpha", ""), .outcome = "answered", .near_expect = ""},
	{"none for excluded", {"b i1 course beta - lead"}, {"n excluded - course"},
		ASK("course", "alpha", ""), .outcome = "excluded", .near_expect = ""},
	{"without region nothing fails by region",
		{"a i1 course alpha tolerated lead", "b i1 course de tolerated lead"},
		ASK("course", "", "asylum"),
		.near_expect = "course/b!status course/a?region!status"},
	{"without task in all groups",
		{"a i1 money alpha tolerated lead", "b i1 course beta - lead"},
		ASK("", "alpha", "asylum"), .near_expect = "course/b!region money/a!status"},

	/* ---- explain ---- */
	{"explained: rows of the answer, then those that are out",
		{"a i1 course alpha - lead", "b i1 course alpha tolerated lead",
			"c i1 course county - support - 2027-01-01 -"},
		ASK("course", "alpha", "asylum"), .outcome = "answered",
		.near_expect = "course/b!status",
		.explain_expect = "course/a* course/b!status course/c!date"},
	{"explained: all that fails here, and near misses elsewhere",
		{"a i1 course alpha tolerated lead age<18 2027-01-01", "b i2 course beta - lead",
			"c i3 course beta tolerated lead", "d i4 course beta - support",
			"e i5 course north - funding age<18"},
		ASK("course", "alpha", "asylum"), .facts = "age=30", .outcome = "nobody",
		.expect = "", .near_expect = "course/b!region",
		.explain_expect = "course/a!status!condition!date:age course/b!region "
				  "course/e!condition:age"},
	{"explained: parts of the region belong to it",
		{"a i1 course alpha tolerated lead", "b i1 course gamma - lead"},
		ASK("course", "county", "asylum"),
		.explain_expect = "course/b!region course/a?region!status"},
	{"explained: other tasks are no candidates",
		{"a i1 money alpha - lead", "b i1 course alpha - lead"}, ASK("course", "alpha", ""),
		.explain_expect = "course/b*"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		small_check(&cases[i]);
}

/* Of many candidates the best ten stay, whatever the order they come in. */
static void test_best_ten(void **state)
{
	enum { ROWS = 97 };
	struct small_case c = {.name = "ten", .task = "course", .region = "alpha"};
	struct world w;
	struct iq_question q;
	struct iq_match m;

	(void)state;
	small_world(&w, &c);
	for (int i = 0; i < ROWS; i++) {
		/* 37 and 97 have no common divisor: every number once, in no order */
		int number = i * 37 % ROWS;
		const char *id = iq_arena_printf(&w.arena, "row-%02d", number);

		world_put(&w, IQ_RESPONSIBILITY, "id", id, "institution", number % 2 ? "i1" : "i2",
			"task", "course", "region", number % 5 ? "south" : "beta", "role", "lead",
			"condition", number % 3 ? "" : "age<18", NULL);
	}
	world_index(&w);
	q = small_question(&w, &c);
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nrows, 0);
	assert_int_equal(m.nnear, IQ_LIMIT_NEAR_MISSES);
	assert_string_equal(world_rows(&w, m.near, m.nnear, false),
		"course/row-01!region course/row-05!region course/row-07!region "
		"course/row-11!region course/row-13!region course/row-17!region "
		"course/row-19!region course/row-23!region course/row-25!region "
		"course/row-29!region");
	q.want_near = false;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nnear, 0);
	q.want_explain = true;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nnear, IQ_LIMIT_NEAR_MISSES);
	assert_int_equal(m.nexplained, IQ_LIMIT_NEAR_MISSES);
	assert_int_equal(m.near[0].region_distance, 999);
	world_free(&w);
}

/* Explanations are cut, the rows of the answer stay before the others. */
static void test_explain_limit(void **state)
{
	struct small_case c = {
		.name = "limit", .task = "course", .region = "alpha", .status = "asylum"};
	struct world w;
	struct iq_question q;
	struct iq_match m;

	(void)state;
	small_world(&w, &c);
	for (int i = 0; i < IQ_LIMIT_EXPLAINED + 40; i++) {
		const char *id = iq_arena_printf(&w.arena, "row-%03d", i);

		world_put(&w, IQ_RESPONSIBILITY, "id", id, "institution", "i1", "task", "course",
			"region", "alpha", "role", "lead", "statuses",
			i % 2 ? "asylum" : "tolerated", NULL);
	}
	world_index(&w);
	q = small_question(&w, &c);
	q.want_explain = true;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nrows, IQ_LIMIT_EXPLAINED / 2 + 20);
	assert_int_equal(m.nexplained, IQ_LIMIT_EXPLAINED);
	for (size_t i = 0; i < m.nexplained; i++) {
		const struct iq_row *row = &m.explained[i];

		assert_int_equal(row->missed, i < m.nrows ? 0 : IQ_MISS_STATUS);
		if (i != 0 && i != m.nrows)
			assert_true(iq_str_cmp(row[-1].id, row->id) < 0);
	}
	q.status = IQ_NONE;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nrows, IQ_LIMIT_EXPLAINED + 40);
	assert_int_equal(m.nexplained, IQ_LIMIT_EXPLAINED);
	assert_int_equal(m.nnear, 0);
	world_free(&w);
}

/* "JMD Löbau if age 12..26": the youth service does not advise a man of 40. */
static void test_saxony(void **state)
{
	struct world w;
	struct iq_question q;
	struct iq_match m;
	bool found = false;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	q = (struct iq_question){.task = world_num(&w, IQ_TASK, "migration-advice-youth"),
		.region = world_num(&w, IQ_REGION, "loebau"),
		.facts = world_facts(&w, "age=40"),
		.at = world_date("2026-03-01"),
		.want_near = true};
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.outcome, IQ_NOBODY);
	assert_true(m.nnear > 0 && m.nnear <= IQ_LIMIT_NEAR_MISSES);
	for (size_t i = 0; i < m.nnear; i++)
		found = found ||
			(m.near[i].missed == IQ_MISS_CONDITION && m.near[i].region_distance < 3);
	if (!found)
		fail_msg("%s", world_rows(&w, m.near, m.nnear, true));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_best_ten),
		cmocka_unit_test(test_explain_limit),
		cmocka_unit_test(test_saxony),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
