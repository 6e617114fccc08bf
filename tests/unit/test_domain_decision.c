/* SPDX-License-Identifier: Apache-2.0 */
/* What a proposal changes: what is read, what is refused, and where. */
#include "domain_records.h"

#include "decision.h"

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

static struct iq_decision out;
static struct iq_error error;

static enum iq_err parse(const char *text)
{
	iq_error_init(&error, &arena);
	enum iq_err err = iq_decision_parse(iq_str(text), &arena, NULL, &out, &error);

	assert_int_equal(err == IQ_OK, error.nproblems == 0);
	return err;
}

static void test_read(void **state)
{
	(void)state;
	assert_int_equal(parse(""), IQ_OK);
	assert_int_equal(out.n, 0);
	assert_int_equal(parse("base 12\n"
			       "set responsibility r statuses=a;b note=\"two words\"\n"
			       "\n"
			       "\tset  institution i \"hours=Mo\\n\\\"Di\\\" \\\\\"\n"
			       "set responsibility r source=x legal_basis="),
		IQ_OK);
	assert_int_equal(out.based_on, 12);
	assert_int_equal(out.n, 2);
	const struct iq_rec *r = &out.v[0].rec, *i = &out.v[1].rec;

	assert_int_equal(r->kind, IQ_RESPONSIBILITY);
	assert_int_equal(out.v[0].line, 2);
	assert_int_equal(out.v[1].line, 4);
	assert_int_equal(r->col[IQ_RESP_STATUSES].n, 2);
	assert_true(iq_str_is(iq_rec_text(r, IQ_RESP_NOTE), "two words"));
	assert_true(iq_str_is(iq_rec_text(r, IQ_RESP_SOURCE), "x"));
	assert_true(iq_str_is(iq_rec_text(i, IQ_INSTITUTION_HOURS), "Mo\n\"Di\" \\"));
	/* what is emptied is given, too; what is not named is not */
	assert_int_equal(r->given, 1u | 1u << IQ_RESP_STATUSES | 1u << IQ_RESP_NOTE |
					   1u << IQ_RESP_SOURCE | 1u << IQ_RESP_LEGAL_BASIS);
	assert_int_equal(r->col[IQ_RESP_LEGAL_BASIS].n, 0);
}

static void test_new(void **state)
{
	(void)state;
	assert_int_equal(parse("base 12\n"
			       "add responsibility r institution=i task=t region=de role=lead\n"
			       "set responsibility r statuses=a\n"
			       "add notice n institution=i effect=suspended"),
		IQ_OK);
	assert_int_equal(out.n, 2);
	assert_true(out.v[0].add && out.v[1].add);
	assert_true(iq_str_is(iq_rec_text(&out.v[0].rec, IQ_RESP_INSTITUTION), "i"));
	assert_int_equal(out.v[0].rec.col[IQ_RESP_STATUSES].n, 1);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *column;
	} cases[] = {
		{"x", "changes[1]"},
		{" ", "changes[1]"},
		{"base 1", "changes[1]"},
		{"base 0\nset institution i url=x", "changes[1]"},
		{"base\nset institution i url=x", "changes[1]"},
		{"base -1\nset institution i url=x", "changes[1]"},
		{"base 99999999999999999999\nset institution i url=x", "changes[1]"},
		{"set institution i url=x", "changes[1]"},
		{"base 1\nbase 2\nset institution i url=x", "changes[2]"},
		{"base 1\nset institution i url=x\nbase 1", "changes[3]"},
		{"base 1\nadd institution i url=x", "changes[2]"},
		{"base 1\nadd task t name_de=x", "changes[2]"},
		{"base 1\nadd responsibility r", "changes[2]"},
		{"base 1\nadd responsibility r contacts=c", "changes[2].contacts"},
		{"base 1\nset responsibility r note=x\nadd responsibility r source=y",
			"changes[3]"},
		{"base 1\nadd responsibility r note=x\nadd responsibility r source=y",
			"changes[3]"},
		{"base 1\nset responsibility r institution=i", "changes[2].institution"},
		{"add responsibility r institution=i", "changes[1]"},
		{"base 1\nset", "changes[2]"},
		{"base 1\nset institution", "changes[2]"},
		{"base 1\nset institution \"\" url=x", "changes[2]"},
		{"base 1\nset institution I! url=x", "changes[2]"},
		{"base 1\nset institution i", "changes[2]"},
		{"base 1\nset institution i url", "changes[2]"},
		{"base 1\nset institution i url=\"x", "changes[2]"},
		{"base 1\nset institution i =x", "changes[2]"},
		{"base 1\nset institution i id=x", "changes[2].id"},
		{"base 1\nset institution i colour=x", "changes[2].colour"},
		{"base 1\nset institution i url=x url=y", "changes[2].url"},
		{"base 1\nset institution i url=x\nset institution i url=y", "changes[3].url"},
		{"base 1\nset institution i region=x", "changes[2].region"},
		{"base 1\nset responsibility r valid_to=never", "changes[2].valid_to"},
		{"base 1\nset responsibility r confirmed_on=2026-01-01", "changes[2].confirmed_on"},
		{"base 1\nset task t name_de=x", "changes[2]"},
		{"base 1\nset grant g role=admin", "changes[2]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (parse(cases[i].text) == IQ_OK)
			fail_msg("accepted: %s", cases[i].text);
		if (!iq_str_is(error.problems[0].column, cases[i].column))
			fail_msg("%s: %.*s", cases[i].text, IQ_STR_ARG(error.problems[0].column));
	}
}

/* No column that refers to a contact, that decides rights, or that says whose a record is. */
static void test_columns(void **state)
{
	(void)state;
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		for (int c = 0; c < (int)iq_schemas[k].ncolumns; c++) {
			const struct iq_column *col = &iq_schemas[k].columns[c];
			bool may = iq_decision_may((enum iq_kind)k, c);
			bool kind = k == IQ_INSTITUTION || k == IQ_RESPONSIBILITY || k == IQ_NOTICE;
			bool ref = col->type == IQ_TYPE_REF || col->type == IQ_TYPE_REFS;

			if (may && (!kind || c == IQ_COL_ID ||
					   (ref && (col->target == IQ_CONTACT ||
							   col->target == IQ_INSTITUTION))))
				fail_msg("%s.%s", iq_schemas[k].name, col->name);
			if (may && k == IQ_INSTITUTION && ref)
				fail_msg("%s.%s", iq_schemas[k].name, col->name);
		}
	}
	assert_true(iq_decision_may(IQ_RESPONSIBILITY, IQ_RESP_STATUSES));
	assert_true(iq_decision_may(IQ_INSTITUTION, IQ_INSTITUTION_HOURS));
	assert_true(iq_decision_may(IQ_NOTICE, IQ_NOTICE_TEXT_DE));
}

static void test_many(void **state)
{
	char text[8192];
	size_t n = (size_t)snprintf(text, sizeof(text), "base 1");

	(void)state;
	for (int i = 0; i <= IQ_DECISION_MOST; i++) {
		if (i == IQ_DECISION_MOST)
			assert_int_equal(parse(text), IQ_OK);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "\nset institution i%d url=x", i);
	}
	assert_int_equal(parse(text), IQ_ERR_REJECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
