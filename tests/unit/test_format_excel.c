/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "excel.h"

static bool same(const struct iq_buf *b, struct iq_str s)
{
	return iq_str_eq((struct iq_str){(char *)b->p, b->n}, s);
}

static void rows(void **state)
{
	static const struct {
		struct iq_str cell, out;
	} cells[] = {
		{IQ_STR("a"), IQ_STR("a")},
		{IQ_STR("a;b"), IQ_STR("\"a;b\"")},
		{IQ_STR("a,b"), IQ_STR("\"a,b\"")},
		{IQ_STR("a\"b"), IQ_STR("\"a\"\"b\"")},
		{IQ_STR("a\nb"), IQ_STR("\"a\nb\"")},
		{IQ_STR(" a"), IQ_STR("\" a\"")},
		{IQ_STR(""), IQ_STR("")},
		{IQ_STR("=1+1"), IQ_STR("'=1+1")},
		{IQ_STR("+49 30"), IQ_STR("'+49 30")},
		{IQ_STR("-1"), IQ_STR("'-1")},
		{IQ_STR("@SUM"), IQ_STR("'@SUM")},
		{IQ_STR("\tx"), IQ_STR("\"'\tx\"")},
		{IQ_STR("\rx"), IQ_STR("\"'\rx\"")},
		{IQ_STR("=\"a\""), IQ_STR("\"'=\"\"a\"\"\"")},
		{IQ_STR("'=1"), IQ_STR("''=1")},
		{IQ_STR("''x"), IQ_STR("'''x")},
		{IQ_STR("'t Hooft"), IQ_STR("'t Hooft")},
		{IQ_STR("'"), IQ_STR("'")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct iq_str pair[] = {cells[i].cell, IQ_STR("z")};
		struct iq_buf b, want;

		iq_buf_init(&b, 0);
		iq_buf_init(&want, 0);
		iq_excel_csv_row(&b, pair, 2);
		iq_buf_str(&want, cells[i].out);
		iq_buf_str(&want, IQ_STR(";z\r\n"));
		if (!same(&b, (struct iq_str){(char *)want.p, want.n}))
			fail_msg("%.*s", (int)b.n, (char *)b.p);
		iq_buf_free(&b);
		iq_buf_free(&want);
	}
}

/* The apostrophe in front is taken away again, and no other. */
static void bare(void **state)
{
	static const char *const pairs[][2] = {{"'=1", "=1"}, {"''=1", "'=1"}, {"'''x", "''x"},
		{"'t Hooft", "'t Hooft"}, {"'", "'"}, {"", ""}, {"=1", "=1"}};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_true(iq_str_is(iq_excel_bare(iq_str(pairs[i][0])), pairs[i][1]));
}

static void windows(void **state)
{
	struct iq_arena arena;
	struct iq_error error;
	struct iq_buf csv, out;
	const struct iq_str good[] = {IQ_STR("Größe"), IQ_STR("5 €")};
	const struct iq_str sorbian[] = {IQ_STR("Hodźij"), IQ_STR("Łaz, Łaz")};

	(void)state;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_buf_init(&csv, 0);
	iq_buf_init(&out, 0);
	iq_excel_csv_begin(&csv);
	iq_excel_csv_row(&csv, good, 2);
	assert_int_equal(iq_excel_to_cp1252(
				 (struct iq_str){(char *)csv.p, csv.n}, IQ_STR("f"), &out, &error),
		IQ_OK);
	assert_true(same(&out, IQ_STR("Gr\xf6\xdf"
				      "e;5 \x80\r\n")));
	iq_excel_csv_row(&csv, sorbian, 2);
	assert_int_equal(iq_excel_to_cp1252(
				 (struct iq_str){(char *)csv.p, csv.n}, IQ_STR("f"), &out, &error),
		IQ_ERR_REJECTED);
	assert_int_equal(error.nproblems, 1);
	assert_int_equal(error.problems[0].line, 2);
	assert_true(iq_str_is(error.args[0], "źŁ"));
	iq_buf_free(&csv);
	iq_buf_free(&out);
	iq_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(bare),
		cmocka_unit_test(windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
