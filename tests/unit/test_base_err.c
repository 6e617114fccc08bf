/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "bounds.h"
#include "err.h"
#include "utf8.h"

static void names_and_numbers(void **state)
{
	static const struct {
		enum iq_err err;
		const char *name;
		int status;
		bool retry;
	} rows[] = {
		{IQ_OK, "ok", 0, false},
		{IQ_ERR_NOT_FOUND, "not-found", 1, false},
		{IQ_ERR_AMBIGUOUS, "ambiguous-term", 2, false},
		{IQ_ERR_UNREACHABLE, "unreachable", 3, true},
		{IQ_ERR_GUARD, "guard", 6, false},
		{IQ_ERR_REJECTED, "rejected", 7, false},
		{IQ_ERR_QUOTA, "quota", 8, true},
		{IQ_ERR_INTERNAL, "internal", 70, false},
		{(enum iq_err)99, "internal", 70, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(iq_err_name(rows[i].err), rows[i].name);
		assert_int_equal(iq_err_exit_status(rows[i].err), rows[i].status);
		assert_int_equal(iq_err_retryable(rows[i].err), rows[i].retry);
		if ((int)rows[i].err < 99)
			assert_int_equal(iq_err_by_name(iq_str(rows[i].name)), rows[i].err);
	}
	assert_int_equal(iq_err_by_name(IQ_STR("no such error")), IQ_ERR_INTERNAL);
	assert_int_equal(iq_err_by_name(IQ_STR("")), IQ_ERR_INTERNAL);
}

static void first_error_stays(void **state)
{
	char volatile_text[] = "dresden";
	struct iq_arena a;
	struct iq_error e;

	(void)state;
	iq_arena_init(&a, 0);
	iq_error_init(&e, &a);
	assert_int_equal(iq_error_set(&e, IQ_OK, "nothing", NULL, NULL), IQ_OK);
	assert_int_equal(e.code, IQ_OK);
	assert_int_equal(iq_error_set(&e, IQ_ERR_NOT_FOUND, "No {0}, {1}.", "Look.", volatile_text,
				 "b", "c", "d", "e", NULL),
		IQ_ERR_NOT_FOUND);
	memset(volatile_text, 'x', 7);
	assert_int_equal(e.nargs, IQ_ERROR_ARGS);
	assert_true(iq_str_is(e.args[0], "dresden"));
	assert_true(iq_str_is(e.args[3], "d"));
	assert_int_equal(iq_error_set(&e, IQ_ERR_BUSY, "other", NULL, NULL), IQ_ERR_BUSY);
	assert_int_equal(e.code, IQ_ERR_NOT_FOUND);
	assert_string_equal(e.text, "No {0}, {1}.");
	assert_string_equal(e.hint, "Look.");
	assert_int_equal(iq_error_set(NULL, IQ_ERR_BUSY, "x", NULL, NULL), IQ_ERR_BUSY);
	iq_arena_free(&a);
}

static void problems_are_counted_beyond_the_limit(void **state)
{
	struct iq_arena a;
	struct iq_error e;

	(void)state;
	iq_arena_init(&a, 0);
	iq_error_init(&e, &a);
	for (uint32_t i = 1; i <= IQ_LIMIT_PROBLEMS + 5; i++) {
		char value[16];
		int n = snprintf(value, sizeof(value), "v%u", i);
		struct iq_problem p = {.file = IQ_STR("tasks.csv"),
			.line = i,
			.column = IQ_STR("parent"),
			.value = {value, (size_t)n},
			.text = "Bad {0}.",
			.args = {{value, (size_t)n}},
			.nargs = 1,
			.nearest = IQ_STR("arrival")};

		iq_error_add_problem(&e, &p);
	}
	assert_int_equal(e.code, IQ_ERR_REJECTED);
	assert_non_null(e.text);
	assert_non_null(e.hint);
	assert_int_equal(e.nproblems, IQ_LIMIT_PROBLEMS);
	assert_int_equal(e.problems_total, IQ_LIMIT_PROBLEMS + 5);
	assert_true(iq_str_is(e.problems[0].value, "v1"));
	assert_true(iq_str_is(e.problems[999].value, "v1000"));
	assert_true(iq_str_is(e.problems[999].args[0], "v1000"));
	assert_true(iq_str_is(e.problems[7].nearest, "arrival"));
	assert_int_equal(e.problems[999].line, 1000);
	/* a better text for what the problems are about, once */
	iq_error_set(&e, IQ_ERR_REJECTED, "mine", NULL, NULL);
	assert_string_equal(e.text, "mine");
	iq_error_set(&e, IQ_ERR_REJECTED, "not mine", NULL, NULL);
	assert_string_equal(e.text, "mine");
	iq_arena_free(&a);
}

static void values_are_safe_to_show(void **state)
{
	static char wide[1000];
	static const char umlaut[] = "ä";
	struct iq_problem p = {.text = "x", .value = IQ_STR("M\xe4rz\0")};
	struct iq_arena a;
	struct iq_error e;

	(void)state;
	iq_arena_init(&a, 0);
	iq_error_init(&e, &a);
	iq_error_add_problem(&e, &p);
	assert_true(iq_str_is(e.problems[0].value, "M\\xe4rz\\x00"));
	for (size_t shift = 0; shift < 2; shift++) { /* a cut never splits a character */
		for (size_t i = 0; i + 1 < sizeof(wide); i++)
			wide[i] = umlaut[(i + shift) % 2];
		wide[0] = shift ? 'a' : wide[0];
		p.value = (struct iq_str){wide, 999};
		iq_error_add_problem(&e, &p);

		struct iq_str kept = e.problems[1 + shift].value;

		assert_true(iq_utf8_valid(kept));
		assert_in_range(kept.n, 190, 210);
		assert_memory_equal(kept.p + kept.n - 3, "…", 3);
		assert_null(memchr(kept.p, '\\', kept.n));
	}
	iq_arena_free(&a);
}

static void candidates_are_copied(void **state)
{
	char name[] = "Leipzig";
	struct iq_str detail[] = {IQ_STR("city"), {name, 7}};
	const struct iq_candidate c = {.kind = IQ_STR("region"),
		.id = IQ_STR("leipzig"),
		.name = {name, 7},
		.detail = detail,
		.ndetail = 2};
	struct iq_arena a;
	struct iq_error e;

	(void)state;
	iq_arena_init(&a, 0);
	iq_error_init(&e, &a);
	for (int i = 0; i < 20; i++)
		iq_error_add_candidate(&e, &c);
	memset(name, 0, sizeof(name));
	assert_int_equal(e.ncandidates, 20);
	assert_true(iq_str_is(e.candidates[19].name, "Leipzig"));
	assert_int_equal(e.candidates[19].ndetail, 2);
	assert_true(iq_str_is(e.candidates[19].detail[1], "Leipzig"));
	iq_arena_free(&a);

	/* without memory: fewer candidates, nothing worse */
	iq_arena_init(&a, 64);
	iq_error_init(&e, &a);
	iq_error_add_candidate(&e, &c);
	assert_int_equal(e.ncandidates, 0);
	iq_arena_free(&a);
}

static void placeholders(void **state)
{
	static const struct iq_str args[] = {IQ_STR("A"), IQ_STR("{0}"), IQ_STR("")};
	static const struct {
		const char *text;
		size_t n;
		const char *out;
	} rows[] = {
		{"", 3, ""},
		{"plain", 3, "plain"},
		{"{0}", 1, "A"},
		{"x{0}y{0}z", 3, "xAyAz"},
		{"{1}-{0}", 2, "{0}-A"}, /* arguments are not filled again */
		{"[{2}]", 3, "[]"},
		{"{3}", 3, "{3}"},
		{"{0}", 0, "{0}"},
		{"{", 3, "{"},
		{"{0", 3, "{0"},
		{"{x} {{0}}", 3, "{x} {A}"},
	};
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(iq_text_fill(&a, rows[i].text, args, rows[i].n), rows[i].out);
	iq_arena_free(&a);
	iq_arena_init(&a, 8);
	assert_string_equal(iq_text_fill(&a, "{0} and much more", args, 1), "{0} and much more");
	iq_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers),
		cmocka_unit_test(first_error_stays),
		cmocka_unit_test(problems_are_counted_beyond_the_limit),
		cmocka_unit_test(values_are_safe_to_show),
		cmocka_unit_test(candidates_are_copied),
		cmocka_unit_test(placeholders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
