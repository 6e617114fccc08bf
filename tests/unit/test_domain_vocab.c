/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "bounds.h"
#include "date.h"
#include "i18n.h"
#include "vocab.h"

/* A vocabulary source over an array: numbers are given by the test and may have holes. */
struct row {
	iq_num num;
	struct iq_rec rec;
};
struct source {
	struct row *row;
	size_t n;
	const char *merged, *into; /* an id that was united with another */
	enum iq_err fail;
};

static struct iq_arena arena;

static int setup(void **state)
{
	(void)state;
	iq_arena_init(&arena, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

static enum iq_err each(void *ctx, enum iq_kind kind,
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec), void *arg)
{
	const struct source *s = ctx;
	enum iq_err err = s->fail;

	for (size_t i = 0; i < s->n && err == IQ_OK; i++)
		if (s->row[i].rec.kind == kind)
			err = fn(arg, s->row[i].num, &s->row[i].rec);
	return err;
}

static iq_num find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	const struct source *s = ctx;

	if (s->merged != NULL && iq_str_is(id, s->merged))
		id = iq_str(s->into);
	for (size_t i = 0; i < s->n; i++)
		if (s->row[i].rec.kind == kind &&
			iq_str_eq(iq_rec_text(&s->row[i].rec, IQ_COL_ID), id))
			return s->row[i].num;
	return IQ_NONE;
}

static enum iq_err build(struct source *s, struct iq_vocab **out, struct iq_error *error)
{
	const struct iq_vocab_source src = {s, each, find};

	iq_error_init(error, &arena);
	return iq_vocab_build(&src, 42, out, error);
}

#define REGION(n, ...)                                                                             \
	{                                                                                          \
		n, FX_REC(&arena, IQ_REGION, __VA_ARGS__)                                          \
	}
#define STATUS(n, ...)                                                                             \
	{                                                                                          \
		n, FX_REC(&arena, IQ_STATUS, __VA_ARGS__)                                          \
	}
#define TASK(n, ...)                                                                               \
	{                                                                                          \
		n, FX_REC(&arena, IQ_TASK, __VA_ARGS__)                                            \
	}
#define FACT(n, ...)                                                                               \
	{                                                                                          \
		n, FX_REC(&arena, IQ_FACT, __VA_ARGS__)                                            \
	}
#define NOTICE(n, ...)                                                                             \
	{                                                                                          \
		n, FX_REC(&arena, IQ_NOTICE, __VA_ARGS__)                                          \
	}
#define SOURCE(rows)                                                                               \
	{                                                                                          \
		.row = rows, .n = sizeof(rows) / sizeof(*rows)                                     \
	}

static void test_empty(void **state)
{
	struct source s = {.n = 0};
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	assert_int_equal(v->root, IQ_NONE);
	assert_int_equal(v->region.n, 0);
	assert_int_equal(v->facts.n, 0);
	assert_int_equal(v->nnotices, 0);
	assert_int_equal(v->revision, 42);
	assert_false(iq_vocab_in_scope(v, 1, 1));
	iq_vocab_free(v);
	iq_vocab_free(NULL);
}

/* Subtrees, and the subtrees of an area's members. */
static void check_scopes(const struct iq_vocab *v)
{
	assert_true(iq_vocab_in_scope(v, 4, 11));
	assert_false(iq_vocab_in_scope(v, 4, 12));
	assert_true(iq_vocab_in_scope(v, 12, 11));
	assert_true(iq_vocab_in_scope(v, 12, 10));
	assert_false(iq_vocab_in_scope(v, 12, 1));
	assert_false(iq_vocab_in_scope(v, 12, IQ_NONE));
	assert_false(iq_vocab_in_scope(v, IQ_NONE, 4));
	assert_false(iq_vocab_in_scope(v, 2, 3));
	assert_false(iq_vocab_in_scope(v, 99, 4));
}

/* Numbers 2, 3, 5, 6, 8 are holes. */
static void test_tree(void **state)
{
	struct row rows[] = {
		REGION(9, "id=leipzig", "parent=sachsen", "name_de=Leipzig"),
		REGION(4, "id=de", "name_de=Deutschland", "name_en=Germany"),
		REGION(1, "id=dresden", "parent=sachsen"),
		REGION(10, "id=bayern", "parent=de"),
		REGION(7, "id=sachsen", "parent=de"),
		REGION(11, "id=connewitz", "parent=leipzig"),
		REGION(12, "id=west", "kind=area", "members=leipzig;bayern", "name_de=West"),
	};
	static const struct {
		iq_num num, parent;
		uint32_t pre, end;
		uint16_t depth;
	} want[] = {
		{4, 0, 1, 6, 0},  /* de */
		{10, 4, 2, 2, 1}, /* bayern */
		{7, 4, 3, 6, 1},  /* sachsen */
		{1, 7, 4, 4, 2},  /* dresden */
		{9, 7, 5, 6, 2},  /* leipzig */
		{11, 9, 6, 6, 3}, /* connewitz */
		{12, 0, 7, 7, 0}, /* west */
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	const struct iq_tree *t = &v->region;

	assert_int_equal(t->n, 12);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(t->pre[want[i].num], want[i].pre);
		assert_int_equal(t->end[want[i].num], want[i].end);
		assert_int_equal(t->at[want[i].pre], want[i].num);
		assert_int_equal(t->parent[want[i].num], want[i].parent);
		assert_int_equal(t->depth[want[i].num], want[i].depth);
	}
	assert_int_equal(t->id[2].n, 0);
	assert_int_equal(t->pre[2], 0);
	assert_true(iq_tree_covers(t, 7, 11));
	assert_true(iq_tree_covers(t, 7, 7));
	assert_false(iq_tree_covers(t, 11, 7));
	assert_false(iq_tree_covers(t, 10, 11));
	assert_int_equal(v->root, 4);
	assert_true(v->region_is_area[12]);
	assert_false(v->region_is_area[4]);
	fx_str_equal(v->region_label[4].name[IQ_LANG_EN], "Germany");
	fx_str_equal(v->region_label[9].name[IQ_LANG_EN], "Leipzig");
	fx_str_equal(v->region_label[1].name[IQ_LANG_DE], "dresden");
	fx_str_equal(v->region_label[1].name[IQ_LANG_EN], "dresden");
	check_scopes(v);
	iq_vocab_free(v);
}

/* Siblings are in byte order of their ids, whatever the numbers. */
static void test_siblings(void **state)
{
	struct row rows[] = {
		TASK(1, "id=b"),
		TASK(2, "id=a-b"),
		TASK(3, "id=a"),
		TASK(4, "id=a0"),
		TASK(5, "id=z", "parent=a"),
	};
	static const iq_num order[] = {3, 5, 2, 4, 1};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(v->task.at[i + 1], order[i]);
	iq_vocab_free(v);
}

static void test_merged_parent(void **state)
{
	struct row rows[] = {TASK(1, "id=new"), TASK(2, "id=child", "parent=old")};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	s.merged = "old";
	s.into = "new";
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	assert_int_equal(v->task.parent[2], 1);
	iq_vocab_free(v);
}

/* ---- what breaks a tree ------------------------------------------------------------------- */

static void expect_problem(const struct iq_error *e, const char *column, const char *id)
{
	if (fx_problem(e, column, id) == NULL)
		fail_msg("no problem in %s of %s", column, id);
}

static void test_cycle(void **state)
{
	struct row rows[] = {
		TASK(1, "id=root"),
		TASK(2, "id=a", "parent=c"),
		TASK(3, "id=b", "parent=a"),
		TASK(4, "id=c", "parent=b"),
		TASK(5, "id=below", "parent=c"),
		TASK(6, "id=own", "parent=own"),
		TASK(7, "id=fine", "parent=root"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_null(v);
	expect_problem(&e, "parent", "a");
	expect_problem(&e, "parent", "b");
	expect_problem(&e, "parent", "c");
	expect_problem(&e, "parent", "own");
	assert_int_equal(e.nproblems, 4);
	fx_str_equal(e.problems[0].args[0], "task");
}

static void test_dangling(void **state)
{
	struct row rows[] = {STATUS(1, "id=a", "parent=nowhere"), STATUS(2, "id=b", "parent=a")};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
	expect_problem(&e, "parent", "a");
	fx_str_equal(e.problems[0].args[2], "nowhere");
}

static void test_two_roots(void **state)
{
	struct row rows[] = {
		REGION(1, "id=b"),
		REGION(2, "id=a"),
		REGION(3, "id=c", "kind=area"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
	expect_problem(&e, "parent", "b");
}

static enum iq_err build_chain(int levels, struct iq_error *e)
{
	struct source s = {.n = (size_t)levels};
	struct iq_vocab *v;

	s.row = iq_arena_array(&arena, s.n, sizeof(*s.row));
	for (int i = 0; i < levels; i++) {
		char *id = iq_arena_printf(&arena, "id=t%02d", i);
		char *parent = iq_arena_printf(&arena, "parent=t%02d", i - 1);

		s.row[i].num = (iq_num)i + 1;
		s.row[i].rec =
			i ? FX_REC(&arena, IQ_TASK, id, parent) : FX_REC(&arena, IQ_TASK, id);
	}
	enum iq_err err = build(&s, &v, e);

	iq_vocab_free(v);
	return err;
}

static void test_depth(void **state)
{
	struct iq_error e;

	(void)state;
	assert_int_equal(build_chain(IQ_LIMIT_TREE_DEPTH, &e), IQ_OK);
	assert_int_equal(build_chain(IQ_LIMIT_TREE_DEPTH + 5, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
	expect_problem(&e, "parent", "t32");
}

/* ---- facts and statuses ------------------------------------------------------------------- */

static void test_facts(void **state)
{
	struct row rows[] = {
		FACT(5, "id=work", "type=choice", "values=yes|no", "name_de=Arbeit",
			"labels_de=ja|nein"),
		FACT(2, "id=age", "type=integer", "name_de=Alter", "name_en=Age"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	assert_int_equal(v->facts.n, 2);
	fx_str_equal(v->facts.fact[0].id, "age");
	assert_int_equal(v->facts.fact[0].num, 2);
	assert_true(v->facts.fact[0].integer);
	fx_str_equal(v->facts.fact[0].name[IQ_LANG_EN], "Age");
	fx_str_equal(v->facts.fact[1].id, "work");
	assert_false(v->facts.fact[1].integer);
	assert_int_equal(v->facts.fact[1].nvalues, 2);
	fx_str_equal(v->facts.fact[1].values[1], "no");
	fx_str_equal(v->facts.fact[1].name[IQ_LANG_EN], "Arbeit");
	fx_str_equal(v->facts.fact[1].labels[IQ_LANG_DE][1], "nein");
	assert_int_equal(v->facts.fact[1].nlabels[IQ_LANG_EN], 0);
	iq_vocab_free(v);
}

static void test_reserved_facts(void **state)
{
	struct row rows[] = {
		FACT(1, "id=region", "type=integer"),
		FACT(2, "id=status", "type=integer"),
		FACT(3, "id=task", "type=integer"),
		FACT(4, "id=regions", "type=integer"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 3);
	expect_problem(&e, "id", "task");
}

static void test_fact_limits(void **state)
{
	struct source s = {.n = IQ_LIMIT_FACTS};
	char *values = iq_arena_printf(&arena, "%s", "values=v");
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	s.row = iq_arena_array(&arena, s.n + 1, sizeof(*s.row));
	for (size_t i = 0; i <= s.n; i++) {
		char *id = iq_arena_printf(&arena, "id=f%03zu", i);

		s.row[i].num = (iq_num)i + 1;
		s.row[i].rec = FX_REC(&arena, IQ_FACT, id, "type=integer");
	}
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	iq_vocab_free(v);
	s.n++;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	expect_problem(&e, "id", "f128");
	for (int i = 0; i < IQ_LIMIT_FACT_VALUES; i++)
		values = iq_arena_printf(&arena, "%s|v%d", values, i);
	s.n = 1;
	s.row[0].rec = FX_REC(&arena, IQ_FACT, "id=f", "type=choice", values);
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	expect_problem(&e, "values", "f");
}

static void test_implied(void **state)
{
	struct row rows[] = {
		FACT(1, "id=age", "type=integer"),
		FACT(2, "id=benefit", "type=choice", "values=asylblg|sgb2|none"),
		FACT(3, "id=work", "type=choice", "values=yes|no"),
		STATUS(3, "id=top", "implies=benefit=asylblg|none;work=no"),
		STATUS(1, "id=middle", "parent=top"),
		STATUS(2, "id=low", "parent=middle", "implies=benefit=sgb2;age=18..120"),
		STATUS(5, "id=other"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	assert_int_equal(v->implied[3][1].mask, 5);
	assert_false(v->implied[3][0].known);
	assert_int_equal(v->implied[1][1].mask, 5);
	assert_int_equal(v->implied[1][2].mask, 2);
	assert_int_equal(v->implied[2][1].mask, 2);
	assert_int_equal(v->implied[2][2].mask, 2);
	assert_int_equal(v->implied[2][0].low, 18);
	assert_int_equal(v->implied[2][0].high, 120);
	for (int i = 0; i < 3; i++)
		assert_false(v->implied[5][i].known);
	iq_vocab_free(v);
}

static void test_bad_implies(void **state)
{
	struct row rows[] = {STATUS(1, "id=a", "implies=age=17"), STATUS(2, "id=b")};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
	expect_problem(&e, "implies", "a");
	fx_str_equal(e.problems[0].args[3], "age");
}

/* ---- notices ------------------------------------------------------------------------------ */

static void test_notices(void **state)
{
	struct row rows[] = {
		REGION(1, "id=de"),
		TASK(4, "id=course"),
		STATUS(300, "id=asylum"),
		STATUS(2, "id=tolerated"),
		FACT(1, "id=age", "type=integer"),
		{6, FX_REC(&arena, IQ_INSTITUTION, "id=office")},
		NOTICE(8, "id=z", "effect=suspended", "task=course", "region=de",
			"statuses=asylum;tolerated", "condition=age<18", "valid_from=2026-02-09",
			"valid_to=2026-12-31", "institution=office"),
		NOTICE(9, "id=a", "effect=info"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;
	int32_t from, to;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_OK);
	assert_int_equal(v->nnotices, 2);
	fx_str_equal(v->notices[0].id, "a");
	assert_int_equal(v->notices[0].effect, IQ_INFO);
	assert_int_equal(v->notices[0].task, IQ_NONE);
	assert_int_equal(v->notices[0].from, IQ_DATE_MIN);
	assert_int_equal(v->notices[0].to, IQ_DATE_MAX);
	const struct iq_notice *n = &v->notices[1];

	assert_true(iq_date_parse(IQ_STR("2026-02-09"), &from));
	assert_true(iq_date_parse(IQ_STR("2026-12-31"), &to));
	assert_int_equal(n->num, 8);
	assert_int_equal(n->institution, 6);
	assert_int_equal(n->task, 4);
	assert_int_equal(n->region, 1);
	assert_int_equal(n->nstatuses, 2);
	assert_int_equal(n->statuses[0], 300);
	assert_int_equal(n->statuses[1], 2);
	assert_int_equal(n->effect, IQ_SUSPENDED);
	assert_int_equal(n->from, from);
	assert_int_equal(n->to, to);
	fx_str_equal(n->condition, "age<18");
	iq_vocab_free(v);
}

/* A reference to nothing must not turn into "any". */
static void test_bad_notices(void **state)
{
	struct row rows[] = {
		NOTICE(1, "id=a", "effect=info", "task=gone"),
		NOTICE(2, "id=b", "effect=info", "region=gone"),
		NOTICE(3, "id=c", "effect=info", "statuses=gone"),
		NOTICE(4, "id=d", "effect=info", "institution=gone"),
		NOTICE(5, "id=e", "effect=info", "condition=age<18"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 5);
	expect_problem(&e, "task", "a");
	expect_problem(&e, "region", "b");
	expect_problem(&e, "statuses", "c");
	expect_problem(&e, "institution", "d");
	expect_problem(&e, "condition", "e");
}

/* Cells that were never read by iq_rec_read_cell(): a damaged store. */
static void test_damaged(void **state)
{
	static const struct iq_str soon = {"soon", 4};
	struct row rows[] = {
		NOTICE(1, "id=a", "effect=info"),
		STATUS(IQ_LIMIT_STATUSES + 1, "id=high"),
	};
	struct source s = SOURCE(rows);
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	rows[0].rec.col[IQ_NOTICE_VALID_TO] = (struct iq_value){&soon, 1};
	assert_int_equal(build(&s, &v, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 2);
	expect_problem(&e, "valid_from", "a");
	expect_problem(&e, "id", "high");
}

static void test_source_error(void **state)
{
	struct source s = {.fail = IQ_ERR_BUSY};
	struct iq_vocab *v;
	struct iq_error e;

	(void)state;
	assert_int_equal(build(&s, &v, &e), IQ_ERR_BUSY);
	assert_null(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_siblings),
		cmocka_unit_test(test_merged_parent),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_dangling),
		cmocka_unit_test(test_two_roots),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_reserved_facts),
		cmocka_unit_test(test_fact_limits),
		cmocka_unit_test(test_implied),
		cmocka_unit_test(test_bad_implies),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_bad_notices),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_source_error),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
