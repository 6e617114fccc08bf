/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_world_small.h"

/* domain.md "One principle", sentence by sentence: groups, certainty, order, primary, outcome. */

#define ASK(t, r, s) .task = (t), .region = (r), .status = (s)

static const struct small_case cases[] = {
	/* ---- task ---- */
	{"the task itself", {"r i1 course alpha - lead"}, ASK("course", "alpha", ""),
		.outcome = "answered", .expect = "course/r*@0,0"},
	{"a task above is in the group of the question's task", {"r i1 language alpha - lead"},
		ASK("delivery-youth", "alpha", ""), .expect = "delivery-youth/r*@3,0"},
	{"nearer tasks first, only they are primary",
		{"a i1 language alpha - lead", "b i2 course alpha - lead"},
		ASK("course", "alpha", ""), .expect = "course/b*@0,0 course/a@1,0"},
	{"tasks below have groups of their own, in pre-order, at distance 0",
		{"a i1 delivery-youth alpha - lead", "b i1 course-delivery alpha - lead",
			"c i1 course-admission alpha - lead", "d i1 course alpha - lead",
			"e i1 language alpha - lead"},
		ASK("course", "alpha", ""),
		.expect = "course/d*@0,0 course/e@1,0 course-admission/c*@0,0 "
			  "course-delivery/b*@0,0 delivery-youth/a*@0,0"},
	{"other tasks are out", {"a i1 money alpha - lead", "b i1 course-admission alpha - lead"},
		ASK("course-delivery", "alpha", ""), .outcome = "nobody", .expect = "",
		.near_expect = ""},
	{"no task: every row in the group of its task",
		{"a i1 money alpha - lead", "b i1 course alpha - lead",
			"c i1 language alpha - advice"},
		ASK("", "alpha", ""), .outcome = "answered",
		.expect = "language/c*@0,0 course/b*@0,0 money/a*@0,0"},

	/* ---- region ---- */
	{"regions above are certain, nearest first",
		{"a i1 course de - lead", "b i1 course north - lead", "c i1 course county - lead",
			"d i1 course alpha - lead"},
		ASK("course", "alpha", ""),
		.expect = "course/d*@0,0 course/c@0,1 course/b@0,2 course/a@0,3"},
	{"regions below are possible",
		{"a i1 course alpha - lead", "b i1 course county - lead",
			"c i2 course gamma - lead"},
		ASK("course", "north", ""),
		.expect = "course/b*@0,101?region course/c*@0,101?region course/a@0,102?region"},
	{"beside is out", {"a i1 course beta - lead", "b i1 course south - lead"},
		ASK("course", "alpha", ""), .outcome = "nobody", .expect = ""},
	{"no region: certain for the root only",
		{"a i1 course alpha - lead", "b i1 course de - lead", "c i1 course north - lead"},
		ASK("course", "", ""),
		.expect = "course/b*@0,200 course/a@0,200?region course/c@0,200?region"},

	/* ---- status ---- */
	{"no status in the row is certain for everybody", {"r i1 course alpha - lead"},
		ASK("course", "alpha", "tolerated"), .expect = "course/r*@0,0"},
	{"the status itself and those above it are certain",
		{"a i1 course alpha asylum lead", "b i1 course alpha asylum-old lead",
			"c i1 course alpha asylum-oldest lead"},
		ASK("course", "alpha", "asylum-oldest"),
		.expect = "course/a*@0,0 course/b*@0,0 course/c*@0,0"},
	{"statuses below are possible, others out",
		{"a i1 course alpha asylum-oldest lead", "b i1 course alpha tolerated lead"},
		ASK("course", "alpha", "asylum"), .expect = "course/a*@0,0?status"},
	{"of several statuses the best counts",
		{"a i1 course alpha tolerated;asylum-oldest lead",
			"b i1 course alpha asylum-oldest;asylum lead",
			"c i1 course alpha tolerated;asylum-new lead"},
		ASK("course", "alpha", "asylum-old"),
		.expect = "course/b*@0,0 course/a@0,0?status"},
	{"no status asked: rows with statuses are possible",
		{"a i1 course alpha asylum lead", "b i1 course alpha - lead"},
		ASK("course", "alpha", ""), .expect = "course/b*@0,0 course/a@0,0?status"},

	/* ---- condition and facts ---- */
	{"a condition over an unknown fact is possible", {"r i1 course alpha - lead age<18"},
		ASK("course", "alpha", ""), .expect = "course/r*@0,0?age"},
	{"a given fact decides",
		{"a i1 course alpha - lead age<18", "b i1 course alpha - lead age>=18"},
		ASK("course", "alpha", ""), .facts = "age=17", .expect = "course/a*@0,0"},
	{"a range that lies on both sides leaves it open",
		{"a i1 course alpha - lead age<18", "b i1 course alpha - lead age<19"},
		ASK("course", "alpha", ""), .facts = "age=17..18",
		.expect = "course/b*@0,0 course/a@0,0?age"},
	{"alternatives of a choice",
		{"a i1 course alpha - lead accommodation=shared",
			"b i1 course alpha - lead accommodation!=centre",
			"c i1 course alpha - lead accommodation=centre"},
		ASK("course", "alpha", ""), .facts = "accommodation=shared|decentral",
		.expect = "course/b*@0,0 course/a@0,0?accommodation"},
	{"what the status implies is known",
		{"a i1 course alpha - lead accommodation=centre",
			"b i1 course alpha - lead accommodation=shared|decentral"},
		ASK("course", "alpha", "asylum"), .expect = "course/b*@0,0"},
	{"what a status above implies is known, too",
		{"a i1 course alpha - lead accommodation=centre",
			"b i1 course alpha - lead accommodation!=centre"},
		ASK("course", "alpha", "asylum-oldest"), .expect = "course/b*@0,0"},
	{"the nearer status overrides",
		{"a i1 course alpha - lead accommodation=centre",
			"b i1 course alpha - lead accommodation!=centre"},
		ASK("course", "alpha", "asylum-new"), .expect = "course/a*@0,0"},
	{"a given fact overrides what is implied, the others stay",
		{"a i1 course alpha - lead accommodation=decentral;age<18",
			"b i1 course alpha - lead accommodation=centre"},
		ASK("course", "alpha", "asylum-new"), .facts = "accommodation=decentral;age=3",
		.expect = "course/a*@0,0"},
	{"facts that are not given leave what is implied",
		{"a i1 course alpha - lead accommodation=centre;age<18"},
		ASK("course", "alpha", "asylum-new"), .facts = "age=3", .expect = "course/a*@0,0"},
	{"one false clause is enough",
		{"a i1 course alpha - lead job=yes;age<18",
			"b i1 course alpha - lead age<18;job=yes"},
		ASK("course", "alpha", ""), .facts = "age=40", .outcome = "nobody", .expect = ""},
	{"each open thing once: region, status, facts by clauses",
		{"r i1 course alpha asylum lead job=yes;age>2;accommodation=shared;age<18"},
		ASK("course", "county", ""),
		.expect = "course/r*@0,101?region,status,job,age,accommodation"},
	{"only what is open of a condition", {"r i1 course alpha - lead job=yes;age>2"},
		ASK("course", "alpha", ""), .facts = "age=5", .expect = "course/r*@0,0?job"},

	/* ---- validity ---- */
	{"both ends are inclusive",
		{"a i1 course alpha - lead - 2026-03-01 -",
			"b i1 course alpha - lead - - 2026-03-01",
			"c i1 course alpha - lead - 2026-03-02 -",
			"d i1 course alpha - lead - - 2026-02-28",
			"e i1 course alpha - lead - 2026-03-01 2026-03-01"},
		ASK("course", "alpha", ""), .expect = "course/a*@0,0 course/b*@0,0 course/e*@0,0"},
	{"of another day", {"a i1 course alpha - lead - 2018-01-01 2018-12-31"},
		ASK("course", "alpha", ""), .at = "2018-06-01", .expect = "course/a*@0,0"},

	/* ---- order and primary ---- */
	{"a certain lead of the state beats a possible lead of the town",
		{"town i1 course alpha - lead age<18", "state i2 course north - lead"},
		ASK("course", "alpha", ""), .expect = "course/state*@0,2 course/town@0,0?age"},
	{"also involved come after possible providers",
		{"s i1 course alpha - support", "p i2 course alpha - provider age<18"},
		ASK("course", "alpha", ""), .expect = "course/p*@0,0?age course/s@0,0"},
	{"certain before lead", {"l i1 course alpha - lead age<18", "p i2 course alpha - provider"},
		ASK("course", "alpha", ""), .expect = "course/p*@0,0 course/l@0,0?age"},
	{"lead before provider, whatever the distance",
		{"p i1 course alpha - provider", "l i2 course de - lead"},
		ASK("course", "alpha", ""), .expect = "course/l*@0,3 course/p@0,0"},
	{"task distance before region distance",
		{"a i1 language alpha - lead", "b i2 course de - lead"}, ASK("course", "alpha", ""),
		.expect = "course/b*@0,3 course/a@1,0"},
	{"provider and advice are one class",
		{"a i1 course alpha - advice", "p i2 course alpha - provider",
			"q i3 course county - provider"},
		ASK("course", "alpha", ""), .expect = "course/p*@0,0 course/a*@0,0 course/q@0,1"},
	{"advice near before provider far",
		{"a i1 course alpha - advice", "p i2 course county - provider"},
		ASK("course", "alpha", ""), .expect = "course/a*@0,0 course/p@0,1"},
	{"the others: certain, distances, then role",
		{"r i1 course alpha - referral", "f i2 course alpha - funding",
			"s i3 course alpha - support", "t i4 course county - support",
			"u i5 course alpha - support age<18"},
		ASK("course", "alpha", ""), .outcome = "nobody",
		.expect = "course/s@0,0 course/f@0,0 course/r@0,0 course/t@0,1 course/u@0,0?age"},
	{"ties: institution, then responsibility",
		{"z i1 course alpha - lead", "b i2 course alpha - lead",
			"a i2 course alpha - lead"},
		ASK("course", "alpha", ""), .expect = "course/z*@0,0 course/a*@0,0 course/b*@0,0"},
	{"primary per group",
		{"a i1 course alpha - provider", "b i1 course-admission alpha - lead",
			"c i2 course-admission alpha - lead",
			"d i3 course-admission alpha - advice",
			"e i3 course-delivery alpha - support"},
		ASK("course", "alpha", ""),
		.expect = "course/a*@0,0 course-admission/b*@0,0 course-admission/c*@0,0 "
			  "course-admission/d@0,0 course-delivery/e@0,0"},

	/* ---- outcome ---- */
	{"support alone answers nothing", {"s i1 course alpha - support"},
		ASK("course", "alpha", ""), .outcome = "nobody", .expect = "course/s@0,0"},
	{"advice answers", {"s i1 course alpha - advice age<3"}, ASK("course", "alpha", ""),
		.outcome = "answered", .expect = "course/s*@0,0?age"},
	{"excluded comes before not-needed, rows stay", {"r i1 course alpha - lead"},
		{"n1 not-needed - course", "n2 excluded - course", "n3 info - course"},
		ASK("course", "alpha", ""), .outcome = "excluded", .expect = "course/r*@0,0",
		.notice_expect = "n1 n2 n3"},
	{"not needed, without rows", {NULL}, {"n not-needed - language"},
		ASK("course", "alpha", ""), .outcome = "not-needed", .notice_expect = "n"},
	{"a notice without task", {NULL}, {"n excluded - - de"}, ASK("course", "alpha", ""),
		.outcome = "excluded", .notice_expect = "n"},
	{"a possible notice decides nothing", {"r i1 course alpha - lead"},
		{"n excluded - course - asylum"}, ASK("course", "alpha", ""), .outcome = "answered",
		.notice_expect = "n?status"},
	{"a notice for a part of the region decides nothing", {"r i1 course county - lead"},
		{"n excluded - course alpha"}, ASK("course", "county", ""), .outcome = "answered",
		.notice_expect = "n?region"},
	{"a notice for a task below is only listed", {"r i1 course alpha - lead"},
		{"n excluded - course-admission"}, ASK("course", "alpha", ""),
		.outcome = "answered", .notice_expect = "n"},
	{"a notice of an institution decides nothing", {"r i1 course alpha - lead"},
		{"n excluded i1 course", "o excluded i2 course"}, ASK("course", "alpha", ""),
		.outcome = "answered", .notice_expect = "n"},
	{"without a task notices decide nothing", {"r i1 course alpha - lead"},
		{"n excluded", "o not-needed - money"}, ASK("", "alpha", ""), .outcome = "answered",
		.notice_expect = "n o"},
	{"suspended and restricted only inform", {"r i1 course alpha - lead"},
		{"n suspended - course", "o restricted - course"}, ASK("course", "alpha", ""),
		.outcome = "answered", .notice_expect = "n o"},

	/* ---- notices match by the same rules ---- */
	{"notices: other task, region, status, time, false condition are out",
		{"r i1 course alpha - lead"},
		{"n1 info - money", "n2 info - - beta", "n3 info - - - tolerated",
			"n4 info - - - - - 2026-03-02", "n5 info - - - - - - 2026-02-28",
			"n6 info - - - - age>17"},
		ASK("course", "alpha", "asylum"), .facts = "age=17", .notice_expect = ""},
	{"notices: any region is certain, the others as rows", {"r i1 course alpha - lead"},
		{"n1 info", "n2 info - - de", "n3 info - - alpha", "n4 info - - - asylum;tolerated",
			"n5 info - - - - age<18;job=no"},
		ASK("course", "", ""), .notice_expect = "n1 n2 n3?region n4?status n5?age,job"},
	{"notices: certain by status above, by fact, by date", {"r i1 course alpha - lead"},
		{"n1 info - course north asylum age<18 2026-03-01 2026-03-01"},
		ASK("course", "alpha", "asylum-old"), .facts = "age=17", .notice_expect = "n1"},
};

static void test_principle(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct small_case c = cases[i];
		bool hollow = c.outcome == NULL && c.expect == NULL && c.notice_expect == NULL;

		assert_false(hollow);
		small_check(&c);
	}
}

/* Counts what a question asks of the index. */
struct counted {
	const struct iq_view *view;
	unsigned cells, tasks;
};

static void count_cell(void *ctx, iq_num task, iq_num region, iq_entry_fn fn, void *arg)
{
	struct counted *c = ctx;

	c->cells++;
	c->view->cell(c->view->ctx, task, region, fn, arg);
}

static void count_task(void *ctx, iq_num task, iq_entry_fn fn, void *arg)
{
	struct counted *c = ctx;

	c->tasks++;
	c->view->task(c->view->ctx, task, fn, arg);
}

static struct iq_str count_id(void *ctx, enum iq_kind kind, iq_num num)
{
	struct counted *c = ctx;

	return c->view->id(c->view->ctx, kind, num);
}

/* A question with task and region probes the cells of the two chains, and nothing twice. */
static void test_probes(void **state)
{
	struct small_case c = {.name = "probes",
		.task = "course",
		.region = "county",
		.rows = {"a i1 language de - lead", "b i1 course-delivery alpha - lead"}};
	struct counted n = {.cells = 0};
	struct iq_question q;
	struct iq_match m;
	struct iq_view view;
	struct world w;

	(void)state;
	small_world(&w, &c);
	n.view = w.view;
	view = (struct iq_view){.vocab = w.view->vocab,
		.ctx = &n,
		.cell = count_cell,
		.task = count_task,
		.id = count_id};
	q = small_question(&w, &c);
	assert_int_equal(iq_match(&view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nrows, 2);
	assert_int_equal(n.tasks, 0);
	assert_int_equal(n.cells, 5 * 5);
	assert_int_equal(n.cells, iq_match_cost(&view, &q));

	/* near misses need the rows of other regions */
	n.cells = 0;
	q.region = world_num(&w, IQ_REGION, "gamma");
	q.task = world_num(&w, IQ_TASK, "course-delivery");
	q.at = world_date("2026-03-01");
	assert_int_equal(iq_match(&view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(n.tasks, 0);
	q.task = world_num(&w, IQ_TASK, "money");
	assert_int_equal(iq_match(&view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(n.tasks, 1);
	world_free(&w);
}

/* More parts than IQ_SCAN_REGIONS: tasks are read as a whole; the answer is the same. */
static void test_many_regions(void **state)
{
	enum { TOWNS = 700 };
	struct world w;
	struct small_case c = {.name = "many",
		.rows = {"up i1 course de - lead", "other i1 course south - lead",
			"above i1 language north - lead"}};
	struct counted n = {.cells = 0};
	struct iq_question q;
	struct iq_match m;
	struct iq_view view;

	(void)state;
	small_world(&w, &c);
	for (int i = 0; i < TOWNS; i++) {
		const char *town = iq_arena_printf(&w.arena, "town-%d", i);
		const char *id = iq_arena_printf(&w.arena, "row-%d", i);

		world_put(
			&w, IQ_REGION, "id", town, "parent", "north", "kind", "municipality", NULL);
		world_put(&w, IQ_RESPONSIBILITY, "id", id, "institution", "i2", "task", "course",
			"region", town, "role", "lead", NULL);
	}
	world_index(&w);
	c.task = "course";
	c.region = "north";
	q = small_question(&w, &c);
	n.view = w.view;
	view = (struct iq_view){.vocab = w.view->vocab,
		.ctx = &n,
		.cell = count_cell,
		.task = count_task,
		.id = count_id};
	assert_int_equal(iq_match(&view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.outcome, IQ_ANSWERED);
	assert_int_equal(n.cells, 0);
	assert_int_equal(n.tasks, 5);
	assert_int_equal(m.nrows, TOWNS + 2);
	assert_true(iq_str_is(m.rows[0].id, "up"));
	assert_true(m.rows[0].primary && m.rows[0].certain);
	assert_true(iq_str_is(m.rows[1].id, "above"));
	for (int i = 0; i < TOWNS; i++) {
		const struct iq_row *row = &m.rows[2 + i];

		assert_int_equal(row->region_distance, 101);
		assert_int_equal(row->open, IQ_OPEN_REGION);
		assert_false(row->primary);
		if (i > 0)
			assert_true(iq_str_cmp(row[-1].id, row->id) < 0);
	}
	world_free(&w);
}

static void test_bad_questions(void **state)
{
	struct world w;
	struct small_case c = {.name = "bad", .rows = {"r i1 course alpha - lead"}};
	struct iq_question q;
	struct iq_match m;

	(void)state;
	small_world(&w, &c);
	q = small_question(&w, &c);
	q.region = world_num(&w, IQ_REGION, "area");
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_ERR_USAGE);
	assert_int_equal(iq_match_cost(w.view, &q), 0);
	q.region = 4711;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_ERR_USAGE);
	q.region = IQ_NONE;
	q.task = 4711;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_ERR_USAGE);
	q.task = IQ_NONE;
	q.status = 4711;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_ERR_USAGE);
	q.status = IQ_NONE;
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	assert_int_equal(m.nrows, 1);
	world_free(&w);
}

/* An arena that is too small gives "busy", never a part of the answer. */
static void test_little_memory(void **state)
{
	struct world w;
	struct small_case c = {.name = "memory",
		.task = "course",
		.region = "alpha",
		.rows = {"a i1 course alpha - lead", "b i2 course county - provider",
			"c i2 course beta - lead", "d i2 course alpha tolerated lead"},
		.notices = {"n info - course"},
		.facts = "age=3",
		.status = "asylum",
		.explain_expect = ""};
	struct iq_question q;
	struct iq_match m;
	unsigned busy = 0;
	enum iq_err err;
	size_t cap = 16;

	(void)state;
	small_world(&w, &c);
	q = small_question(&w, &c);
	do {
		struct iq_arena small;

		iq_arena_init(&small, cap);
		err = iq_match(w.view, &q, &small, &m);
		if (err == IQ_OK) {
			assert_int_equal(m.nrows, 2);
			assert_int_equal(m.nnotices, 1);
			assert_int_equal(m.nnear, 2);
			assert_int_equal(m.nexplained, 4);
		} else {
			assert_int_equal(err, IQ_ERR_BUSY);
			busy++;
		}
		iq_arena_free(&small);
		cap += 64;
	} while (err != IQ_OK && cap < 1u << 20);
	assert_int_equal(err, IQ_OK);
	assert_true(busy > 5);
	world_free(&w);
}

static void test_cost(void **state)
{
	struct small_case c = {.name = "cost"};
	struct world w;
	struct iq_question q;
	uint64_t narrow, wide, below;

	(void)state;
	small_world(&w, &c);
	c.task = "delivery-youth";
	c.region = "alpha";
	q = small_question(&w, &c);
	narrow = iq_match_cost(w.view, &q);
	assert_int_equal(narrow, 4 * 4);
	q.region = world_num(&w, IQ_REGION, "county");
	assert_int_equal(iq_match_cost(w.view, &q), 4 * 5);
	q.task = world_num(&w, IQ_TASK, "language");
	below = iq_match_cost(w.view, &q);
	assert_int_equal(below, 5 * 5);
	q.region = IQ_NONE;
	wide = iq_match_cost(w.view, &q);
	assert_true(wide > 100 * below);
	q.task = IQ_NONE;
	assert_true(iq_match_cost(w.view, &q) > wide);
	world_free(&w);
}

static void check_query(struct world *w, const struct iq_str *cell)
{
	struct iq_question q = {.task = world_num(w, IQ_TASK, cell[3].p),
		.region = world_num(w, IQ_REGION, cell[4].p),
		.status = world_num(w, IQ_STATUS, cell[5].p),
		.facts = world_facts(w, cell[6].p),
		.at = world_date(cell[7].p)};
	iq_num group = world_num(w, IQ_TASK, cell[8].p);
	struct iq_str rest = cell[9], institution;
	struct iq_match m;
	size_t expected = 0, primary = 0;

	assert_int_equal(iq_match(w->view, &q, &w->arena, &m), IQ_OK);
	for (size_t i = 0; i < m.nrows; i++)
		primary += m.rows[i].primary && m.rows[i].group == group;
	while (iq_str_cut(&rest, ';', &institution)) {
		bool found = false;

		for (size_t i = 0; i < m.nrows; i++)
			found = found ||
				(m.rows[i].primary && m.rows[i].group == group &&
					iq_str_eq(m.rows[i].institution_id, institution) &&
					iq_str_is(cell[10], iq_role_names[m.rows[i].entry.role]));
		if (!found)
			fail_msg("%s: %.*s is not primary in %s", cell[0].p,
				IQ_STR_ARG(institution), world_rows(w, m.rows, m.nrows, true));
		expected++;
	}
	/* the g-questions name one of several */
	if (cell[0].p[0] == 'q' && primary != expected)
		fail_msg("%s: %zu primary rows in %s", cell[0].p, primary,
			world_rows(w, m.rows, m.nrows, true));
}

/* The questions that case workers asked, with the answers they gave. */
static void test_saxony(void **state)
{
	struct world w;
	struct iq_str rest, head[WORLD_CELLS], cell[WORLD_CELLS];
	size_t columns, n = 0;

	(void)state;
	world_init(&w);
	world_saxony(&w);
	rest = world_read(&w, IQ_SOURCE_DIR "/data/saxony/queries.csv");
	columns = world_row(&w, &rest, head);
	assert_int_equal(columns, 11);
	for (; world_row(&w, &rest, cell) == columns; n++)
		check_query(&w, cell);
	assert_int_equal(n, 35);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_principle),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_many_regions),
		cmocka_unit_test(test_bad_questions),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_saxony),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
