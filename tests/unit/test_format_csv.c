/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "bounds.h"
#include "bundle.h"

/* What was read, as one string: "line:cell|cell\n" per row, the header with line 0. */
struct seen {
	struct iq_buf text;
	enum iq_err header, row; /* what the callbacks return */
	uint64_t bytes;
};

static void see(struct seen *s, uint32_t line, const struct iq_str *cells, size_t n)
{
	iq_buf_printf(&s->text, "%u:", line);
	for (size_t i = 0; i < n; i++) {
		iq_buf_str(&s->text, cells[i]);
		iq_buf_byte(&s->text, i + 1 < n ? '|' : '\n');
	}
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct seen *s = arg;

	assert_int_equal(file->kind, IQ_TASK);
	see(s, 0, columns, n);
	return s->header;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct seen *s = arg;

	see(s, line, cells, n);
	return s->row;
}

static void on_progress(void *arg, uint64_t bytes)
{
	struct seen *s = arg;

	assert_true(bytes >= s->bytes);
	s->bytes = bytes;
}

static const struct iq_bundle_file tasks = {
	.kind = IQ_TASK, .path = {"tasks.csv", 9}, .name = {"tasks.csv", 9}};

/* Problems follow the rows: "!line column:text value\n". */
static enum iq_err parse(struct iq_str in, struct seen *s)
{
	struct iq_bundle_reader reader = {on_header, on_row, on_progress, s};
	struct iq_arena arena;
	struct iq_error e;

	iq_arena_init(&arena, 0);
	iq_error_init(&e, &arena);

	enum iq_err err = iq_bundle_parse(&tasks, in, &reader, &e);

	for (size_t i = 0; i < e.nproblems; i++) {
		const struct iq_problem *p = &e.problems[i];

		assert_true(iq_str_is(p->file, "tasks.csv"));
		iq_buf_printf(&s->text, "!%u %.*s: %s [%.*s]\n", p->line, IQ_STR_ARG(p->column),
			iq_text_fill(&arena, p->text, p->args, p->nargs), IQ_STR_ARG(p->value));
	}
	iq_buf_byte(&s->text, '\0');
	assert_false(s->text.failed);
	iq_arena_free(&arena);
	return err;
}

struct row {
	struct iq_str in;
	const char *out;
};

static void check(const struct row *rows, size_t n, enum iq_err expected)
{
	for (size_t i = 0; i < n; i++) {
		struct seen s = {0};
		enum iq_err err = parse(rows[i].in, &s);

		if (err != expected || strcmp((char *)s.text.p, rows[i].out) != 0)
			fail_msg("row %zu: %s\n%s", i, iq_err_name(err), (char *)s.text.p);
		if (expected == IQ_OK)
			assert_int_equal(s.bytes, rows[i].in.n);
		iq_buf_free(&s.text);
	}
}

#define S(lit) IQ_STR(lit)
#define CHECK(rows, err) check(rows, sizeof(rows) / sizeof(rows[0]), err)

static void good(void **state)
{
	static const struct row rows[] = {
		{S("a,b\n"), "0:a|b\n"},
		{S("a,b"), "0:a|b\n"},
		{S("a,b\n1,2\n3,4\n"), "0:a|b\n2:1|2\n3:3|4\n"},
		{S("a,b\n1,2"), "0:a|b\n2:1|2\n"},
		{S("a,b\r\n1,2\r\n3,4\r\n"), "0:a|b\n2:1|2\n3:3|4\n"},
		{S("a,b\r\n1,2\r"), "0:a|b\n2:1|2\n"},
		{S("\xef\xbb\xbf"
		   "a,b\n1,2\n"),
			"0:a|b\n2:1|2\n"},
		{S("\n\na,b\n\n1,2\r\n\r\n\n3,4\n\n"), "0:a|b\n5:1|2\n8:3|4\n"},
		{S("a,b\n,\n"), "0:a|b\n2:|\n"},
		{S("a,b\n1,\n,2"), "0:a|b\n2:1|\n3:|2\n"},
		{S("a,b\n\"1\",\"2\"\n"), "0:a|b\n2:1|2\n"},
		{S("\"a\",\"b\"\n"), "0:a|b\n"},
		{S("a,b\n\"x,y\",\"say \"\"ja\"\"\"\n"), "0:a|b\n2:x,y|say \"ja\"\n"},
		{S("a,b\n\"\"\"\",\"\"\n"), "0:a|b\n2:\"|\n"},
		/* line numbers are those of the file */
		{S("a,b\n\"one\ntwo\r\nthree\",x\n4,5\n"), "0:a|b\n2:one\ntwo\r\nthree|x\n5:4|5\n"},
		{S("a,b\n\"\n\n\"\"\n\",\"\n\"\n6,7"), "0:a|b\n2:\n\n\"\n|\n\n7:6|7\n"},
		{S("\"a\nb\",c\n1,2\n"), "0:a\nb|c\n3:1|2\n"},
		/* spaces belong to the cell */
		{S("a,b\n 1 ,\" 2 \"\n"), "0:a|b\n2: 1 | 2 \n"},
		{S("a\n\"\"\n"), "0:a\n2:\n"},
		{S("a,b\nBěła Woda,Görlitz\n"), "0:a|b\n2:Běła Woda|Görlitz\n"},
	};

	(void)state;
	CHECK(rows, IQ_OK);
}

#define AFTER ": There is text after the closing quotation mark of a cell. []\n"
#define INSIDE ": There is a quotation mark inside a cell that is not quoted. []\n"
#define OPEN ": A quotation mark opens a cell and none closes it. []\n"
#define RETURN ": There is a carriage return inside a cell that is not quoted. []\n"
#define EMPTY "!1 : The file is empty; a first line with the names of the columns is expected. []\n"
#define NO_UTF8                                                                                    \
	": The cell is not UTF-8; the file was probably saved in another encoding. [M\\xe4rz]\n"

static void bad(void **state)
{
	static const struct row rows[] = {
		{S(""), EMPTY},
		{S("\n\r\n\n"), EMPTY},
		{S("\xef\xbb\xbf"), EMPTY},
		{S("\xff\xfe"
		   "a\0,\0b\0"),
			"!1 : The file is UTF-16; save it as \"CSV UTF-8\" and try again. []\n"},
		{S("a,b\n1\n1,2\n1,2,3\n"),
			"0:a|b\n3:1|2\n"
			"!2 : The number of cells is 1, but the header has 2 columns. []\n"
			"!4 : The number of cells is 3, but the header has 2 columns. []\n"},
		{S("a,b\nM\xe4rz,1\n1,M\xe4rz\n5,6\n"),
			"0:a|b\n4:5|6\n!2 a" NO_UTF8 "!3 b" NO_UTF8},
		{S("a,b\n\"\nM\xe4rz\",1\n5,6\n"),
			"0:a|b\n4:5|6\n!2 a: The cell is not UTF-8; the file was probably saved in "
			"another encoding. [\\x0aM\\xe4rz]\n"},
		{S("a,b\nx\0y,1\n"), "0:a|b\n!2 a: The cell contains a NUL byte. [x\\x00y]\n"},
		{S("M\xe4rz,b\n1,2\n"), "!1 " NO_UTF8},
		{S("a,b\n1,\"2\"3\n4,5\n"), "0:a|b\n3:4|5\n!2 b" AFTER},
		{S("a,b\n1,2\"3\n4,5\n"), "0:a|b\n3:4|5\n!2 b" INSIDE},
		{S("a,b\n1, \"2\"\n4,5\n"), "0:a|b\n3:4|5\n!2 b" INSIDE},
		{S("a,b\n1\r2,3\n4,5\n"), "0:a|b\n3:4|5\n!2 a" RETURN},
		{S("a,b\n1,\"2\n3,4\n5,6\n"), "0:a|b\n3:3|4\n4:5|6\n!2 b" OPEN},
		{S("a,b\n1,\"2\n3,\"4\n5,6\n"), "0:a|b\n4:5|6\n!2 b" AFTER "!3 b" OPEN},
		{S("a,b\n\""), "0:a|b\n!2 a" OPEN},
		{S("a,\"b\n1,2\n"), "!1 " OPEN},
	};

	(void)state;
	CHECK(rows, IQ_ERR_REJECTED);
}

/* Rows of every length cross the reader's buffer at every place. */
static void buffer_limits_do_not_show(void **state)
{
	struct iq_buf in, expected;
	struct seen s = {0};
	uint32_t line = 2;

	(void)state;
	iq_buf_init(&in, 0);
	iq_buf_init(&expected, 0);
	iq_buf_str(&in, S("a,b\r\n"));
	iq_buf_str(&expected, S("0:a|b\n"));
	for (int i = 0; i < 1500; i++) {
		iq_buf_printf(&in, "%0*d,\"\"\"%0*d\n\"\r\n", i + 1, 1, i % 7 + 1, 2);
		iq_buf_printf(&expected, "%u:%0*d|\"%0*d\n\n", line, i + 1, 1, i % 7 + 1, 2);
		line += 2;
	}
	iq_buf_byte(&expected, '\0');
	assert_int_equal(parse((struct iq_str){(char *)in.p, in.n}, &s), IQ_OK);
	assert_int_equal(s.text.n, expected.n);
	assert_memory_equal(s.text.p, expected.p, expected.n);
	iq_buf_free(&in);
	iq_buf_free(&expected);
	iq_buf_free(&s.text);
}

static void limits(void **state)
{
	char *in = malloc(3 << 20);
	struct seen s = {0};
	size_t n;

	(void)state;
	assert_non_null(in);
	/* a cell of the greatest length, and one byte more */
	for (unsigned more = 0; more < 2; more++) {
		memcpy(in, "a,b\n", 4);
		memset(in + 4, 'x', IQ_LIMIT_CELL + more);
		n = 4 + IQ_LIMIT_CELL + more;
		memcpy(in + n, ",1\n2,3\n", 7);
		assert_int_equal(
			parse((struct iq_str){in, n + 7}, &s), more ? IQ_ERR_REJECTED : IQ_OK);
		assert_int_equal(strstr((char *)s.text.p, "\n2:xxx") == NULL, more);
		assert_non_null(strstr((char *)s.text.p, "\n3:2|3\n"));
		assert_int_equal(
			strstr((char *)s.text.p,
				"!2 a: The cell has 8193 bytes; 8192 is the limit. [xxx") != NULL,
			more);
		iq_buf_reset(&s.text, 0);
		s.bytes = 0;
	}
	/* a line without end is given up, what follows is read */
	memset(in, 'x', 3 << 20);
	memcpy(in, "a,b\n", 4);
	memcpy(in + (2 << 20), "\n1,2\n", 5);
	assert_int_equal(parse((struct iq_str){in, (2 << 20) + 5}, &s), IQ_ERR_REJECTED);
	assert_string_equal((char *)s.text.p,
		"0:a|b\n3:1|2\n!2 a: The row is longer than 1048576 bytes, or a quotation mark "
		"opens a cell and none closes it. []\n");
	iq_buf_reset(&s.text, 0);
	s.bytes = 0;
	/* so is a quote that is never closed */
	memcpy(in, "a,b\n\"1,\n3,4\n", 12);
	memset(in + 12, '\n', (2 << 20) - 12);
	assert_int_equal(parse((struct iq_str){in, 2 << 20}, &s), IQ_ERR_REJECTED);
	assert_int_equal(strncmp((char *)s.text.p, "0:a|b\n3:3|4\n!2 a: The row is", 28), 0);
	iq_buf_reset(&s.text, 0);
	s.bytes = 0;
	/* more columns than any kind has */
	n = 0;
	for (int i = 0; i < 70; i++)
		n += (size_t)sprintf(in + n, "c%d,", i);
	in[n - 1] = '\n';
	assert_int_equal(parse((struct iq_str){in, n}, &s), IQ_ERR_REJECTED);
	assert_string_equal(
		(char *)s.text.p, "!1 : The header has 70 columns; 64 is the limit. []\n");
	iq_buf_free(&s.text);
	free(in);
}

static void callbacks_end_the_reading(void **state)
{
	struct seen s = {.header = IQ_ERR_DENIED};

	(void)state;
	assert_int_equal(parse(S("a,b\n1,2\n"), &s), IQ_ERR_DENIED);
	assert_string_equal((char *)s.text.p, "0:a|b\n");
	iq_buf_free(&s.text);
	s = (struct seen){.row = IQ_ERR_BUSY};
	assert_int_equal(parse(S("a,b\n1,2\n3,4\n"), &s), IQ_ERR_BUSY);
	assert_string_equal((char *)s.text.p, "0:a|b\n2:1|2\n");
	iq_buf_free(&s.text);
}

static void written_rows_are_canonical(void **state)
{
	static const struct {
		struct iq_str cells[3];
		const char *out;
	} rows[] = {
		{{S("a"), S("b"), S("c")}, "a,b,c\n"},
		{{S(""), {NULL, 0}, S("")}, ",,\n"},
		{{S("x,y"), S("say \"ja\""), S("a;b")}, "\"x,y\",\"say \"\"ja\"\"\",a;b\n"},
		{{S("1\n2"), S("1\r2"), S("1\t2")}, "\"1\n2\",\"1\r2\",1\t2\n"},
		{{S(" a"), S("b "), S("c d")}, "\" a\",\"b \",c d\n"},
		{{S("\""), S(" "), S("ä")}, "\"\"\"\",\" \",ä\n"},
	};
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s = {0};

		iq_buf_reset(&b, 1000);
		iq_csv_write_row(&b, rows[i].cells, 3);
		assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n}, rows[i].out));
		/* and mean what was written */
		assert_int_equal(parse((struct iq_str){(char *)b.p, b.n}, &s), IQ_OK);
		iq_buf_reset(&b, 1000);
		iq_buf_str(&b, S("0:"));
		for (size_t c = 0; c < 3; c++) {
			iq_buf_str(&b, rows[i].cells[c]);
			iq_buf_byte(&b, c < 2 ? '|' : '\n');
		}
		iq_buf_byte(&b, '\0');
		assert_string_equal((char *)s.text.p, (char *)b.p);
		iq_buf_free(&s.text);
	}
	iq_buf_reset(&b, 1000);
	iq_csv_write_row(&b, rows[1].cells, 1);
	assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n}, "\"\"\n"));
	iq_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
		cmocka_unit_test(buffer_limits_do_not_show),
		cmocka_unit_test(limits),
		cmocka_unit_test(callbacks_end_the_reading),
		cmocka_unit_test(written_rows_are_canonical),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
