/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "excel.h"
#include "lib.h"
#include "report_priv.h"
#include "report_sample.h"
#include "sheet.h"
#include "utf8.h"

/* ---- colours ------------------------------------------------------------------------------ */

/* Cell `want` of a row of CSV; moves *s behind the row. */
static struct iq_str csv_cell(struct iq_str *s, const size_t *want, struct iq_str *cells, size_t n)
{
	size_t column = 0, start = 0, i = 0;
	bool quoted = false;

	for (; i < s->n; i++) {
		char c = s->p[i];

		quoted = quoted != (c == '"');
		if (quoted || (c != ',' && c != '\n'))
			continue;
		for (size_t k = 0; k < n; k++)
			if (want[k] == column)
				cells[k] = (struct iq_str){s->p + start, i - start};
		column++;
		start = i + 1;
		if (c == '\n')
			break;
	}
	*s = (struct iq_str){s->p + (i < s->n ? i + 1 : i), s->n - (i < s->n ? i + 1 : i)};
	return cells[0];
}

/* All colours that the vocabulary gives to statuses, and what is written on and with them. */
static void colours(void **state)
{
	static const size_t columns[] = {11, 12};
	static char text[1 << 18];
	FILE *f = fopen(IQ_SOURCE_DIR "/data/vocab-de/statuses.csv", "re");
	struct iq_str rest, cells[2] = {{0}};
	size_t n = 0;

	(void)state;
	assert_non_null(f);
	rest = (struct iq_str){text, fread(text, 1, sizeof(text), f)};
	fclose(f);
	csv_cell(&rest, columns, cells, 2);
	assert_true(iq_str_is(cells[0], "symbol"));
	assert_true(iq_str_is(cells[1], "colour"));
	while (rest.n != 0) {
		csv_cell(&rest, columns, cells, 2);
		if (cells[1].n == 0)
			continue;

		struct iq_report_colour c = iq_report_colour(cells[1]);

		assert_true(iq_report_contrast(c.back, c.text) >= 4.5);
		assert_true(iq_report_contrast(c.ink, 0xffffff) >= 4.5);
		/* grey is a colour of its own, not what unknown names get */
		if (!iq_str_is(cells[1], "grey"))
			assert_int_not_equal(c.back, iq_report_colour(IQ_STR("grey")).back);
		n++;
	}
	assert_true(n >= 9);
}

static void any_colour(void **state)
{
	(void)state;
	assert_true(iq_report_contrast(0, 0xffffff) > 20.9);
	assert_true(iq_report_contrast(0x777777, 0xffffff) < 4.5);
	assert_int_equal(iq_report_colour(IQ_STR("#0B5394")).back, 0x0b5394);
	assert_int_equal(
		iq_report_colour(IQ_STR("red;}*{")).back, iq_report_colour(IQ_STR("grey")).back);
	assert_int_equal(
		iq_report_colour(IQ_STR("#12345g")).back, iq_report_colour(IQ_STR("grey")).back);
	for (uint32_t i = 0; i < 4096; i++) {
		char name[8];

		snprintf(name, sizeof(name), "#%x%x%x%x%x%x", i >> 8, i >> 8, i >> 4 & 15,
			i >> 4 & 15, i & 15, i & 15);

		struct iq_report_colour c = iq_report_colour(iq_str(name));

		assert_true(iq_report_contrast(c.back, c.text) >= 4.5);
		assert_true(iq_report_contrast(c.ink, 0xffffff) >= 4.5);
	}
}

/* ---- sentences ---------------------------------------------------------------------------- */

static void sentences(void **state)
{
	struct iq_report_entry e = {.role = IQ_LEAD, .groups = 3};
	struct iq_report_out o;
	struct sample s;

	(void)state;
	sample_make(&s, 1, 1, 0, IQ_REPORT_PUBLIC, false);
	iq_report_begin(&o, &s.doc, IQ_LANG_DE, NULL);
	assert_true(iq_str_is(
		iq_report_sentence(&o, &e), "zuständig für Personen im Asylverfahren, Geduldete"));
	assert_true(iq_str_is(iq_report_letters(&o, e.groups), "A D"));
	e.condition = iq_report_same(IQ_STR("Alter 12 bis 27"));
	e.statuses = iq_report_same(IQ_STR("Duldung {1}"));
	assert_true(iq_str_is(
		iq_report_sentence(&o, &e), "zuständig für Duldung {1}, wenn Alter 12 bis 27"));
	e = (struct iq_report_entry){.role = IQ_ADVICE, .possible = true};
	assert_true(iq_str_is(iq_report_sentence(&o, &e),
		"Beratung, unabhängig vom Status, nicht in jedem Fall"));
	assert_true(iq_str_is(iq_report_date(&o, IQ_STR("2026-11-22")), "22.11.2026"));
	assert_true(iq_str_is(iq_report_date(&o, IQ_STR("2026-11-2x")), "2026-11-2x"));
	assert_int_equal(iq_report_end(&o, NULL), IQ_OK);
	/* the language of the program is what it was */
	assert_string_equal(gettext("in charge"), "in charge");
	sample_free(&s);
}

/* ---- CSV, text ---------------------------------------------------------------------------- */

static void csv(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s, 20, 12, 60, IQ_REPORT_MEMBERS, true);
	for (unsigned table = 0; table < IQ_REPORT_TABLES; table++) {
		struct iq_buf b;
		bool start = true;

		iq_buf_init(&b, 0);
		assert_int_equal(iq_report_csv(&s.doc, table, IQ_LANG_DE, &b, NULL), IQ_OK);
		assert_memory_equal(b.p, "\xef\xbb\xbf", 3);
		assert_true(iq_utf8_valid((struct iq_str){(char *)b.p, b.n}));
		for (size_t i = 3; i < b.n; i++) {
			char c = (char)b.p[i];

			/* no cell begins with what Excel would compute */
			if (start && c == '"' && i + 1 < b.n)
				c = (char)b.p[i + 1];
			assert_false(start && strchr("=+-@\t", c) != NULL);
			assert_true((uint8_t)c >= 0x20 || c == '\r' || c == '\n');
			start = b.p[i] == ';' || b.p[i] == '\n';
		}
		iq_buf_free(&b);
	}
	sample_free(&s);
}

static void text(void **state)
{
	static const unsigned widths[] = {10, 40, 80, 100, 200, 1000};

	(void)state;
	for (size_t i = 0; i < SAMPLE_N(widths); i++) {
		unsigned width = widths[i] < 40 ? 40 : widths[i];
		struct sample s;
		struct iq_buf b;

		sample_make(&s, 30, 12, 60, IQ_REPORT_PUBLIC, true);
		iq_buf_init(&b, 0);
		assert_int_equal(
			iq_report_text(&s.doc, IQ_LANG_DE, widths[i], false, &b, NULL), IQ_OK);
		assert_null(memchr(b.p, 0x1b, b.n));
		assert_true(iq_utf8_valid((struct iq_str){(char *)b.p, b.n}));

		struct iq_str rest = {(char *)b.p, b.n}, line;
		bool legend = false;

		while (iq_str_cut(&rest, '\n', &line)) {
			legend = legend || iq_str_starts(line, IQ_STR("● zuständig"));
			if (!legend && iq_utf8_columns(line) > width)
				fail_msg("%.*s", IQ_STR_ARG(line));
		}
		assert_true(legend);
		iq_buf_free(&b);
		sample_free(&s);
	}
}

static void colour_text(void **state)
{
	struct sample s;
	struct iq_buf b;

	(void)state;
	sample_make(&s, 10, 5, 60, IQ_REPORT_PUBLIC, true);
	iq_buf_init(&b, 0);
	assert_int_equal(iq_report_text(&s.doc, IQ_LANG_DE, 100, true, &b, NULL), IQ_OK);
	for (size_t i = 0; i + 7 < b.n; i++) /* ours only: background or back to normal */
		if (b.p[i] == 0x1b)
			assert_true(memcmp(b.p + i, "\x1b[48;5;", 7) == 0 ||
				    memcmp(b.p + i, "\x1b[0m", 4) == 0);
	iq_buf_free(&b);
	sample_free(&s);
}

/* ---- workbook ----------------------------------------------------------------------------- */

struct reading {
	size_t sheets, cells, others;
	bool formula_text;
};

static enum iq_err on_sheet(void *arg, const struct iq_sheet *sheet, bool *skip)
{
	struct reading *r = arg;

	assert_true(sheet->name.n != 0);
	*skip = false;
	r->sheets++;
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct reading *r = arg;

	(void)line;
	for (size_t i = 0; i < n; i++) {
		r->cells++;
		r->others += cells[i].type != IQ_SHEET_TEXT;
		r->formula_text =
			r->formula_text || iq_str_starts(cells[i].text, IQ_STR("=HYPERLINK("));
	}
	return IQ_OK;
}

static void xlsx(void **state)
{
	const struct iq_sheet_reader reader = {.sheet = on_sheet, .row = on_row, .only = -1};
	char dir[] = "/tmp/iq-report.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/r.xlsx", dir);
	for (int hostile = 0; hostile < 2; hostile++) {
		struct reading r = {.sheets = 0};
		struct iq_sheet_reader mine = reader;
		struct iq_arena mem;
		struct iq_error error;
		struct sample s;

		sample_make(&s, 20, 11, 60, IQ_REPORT_MEMBERS, hostile != 0);
		iq_arena_init(&mem, 0);
		iq_error_init(&error, &mem);
		if (iq_report_xlsx(&s.doc, IQ_LANG_DE, path, &error) != IQ_OK)
			fail_msg("%s: %.*s", error.text, IQ_STR_ARG(error.args[1]));
		mine.arg = &r;
		assert_int_equal(iq_sheet_read(path, &mine, &error), IQ_OK);
		assert_int_equal(r.sheets, 12);
		assert_true(r.cells > 20 * 11);
		assert_int_equal(r.others, 0); /* text, nothing that is computed */
		assert_int_equal(r.formula_text, hostile != 0);
		iq_arena_free(&mem);
		sample_free(&s);
		unlink(path);
	}
	rmdir(dir);
}

static void no_folder(void **state)
{
	struct iq_arena mem;
	struct iq_error error;
	struct iq_report doc = {.ngroups = 0};

	(void)state;
	iq_arena_init(&mem, 0);
	iq_error_init(&error, &mem);
	assert_int_equal(
		iq_report_xlsx(&doc, IQ_LANG_DE, "/nonexistent/r.xlsx", &error), IQ_ERR_USAGE);
	iq_arena_free(&mem);
}

/* ---- checksum ----------------------------------------------------------------------------- */

static void checksum(void **state)
{
	char a[IQ_REPORT_SUM], b[IQ_REPORT_SUM];
	struct sample s, t;

	(void)state;
	sample_make(&s, 4, 4, 60, IQ_REPORT_PARTNERS, false);
	sample_make(&t, 4, 4, 60, IQ_REPORT_PARTNERS, false);
	assert_int_equal(iq_report_checksum(&s.doc, a, NULL), IQ_OK);
	assert_int_equal(iq_report_checksum(&t.doc, b, NULL), IQ_OK);
	assert_int_equal(strlen(a), 64);
	assert_string_equal(a, b);
	t.doc.revision++;
	assert_int_equal(iq_report_checksum(&t.doc, b, NULL), IQ_OK);
	assert_string_not_equal(a, b);
	t.doc.revision--;
	((struct iq_report_sheet *)(uintptr_t)t.doc.sheets)[3].phone = IQ_STR("+49 30 23125 201");
	assert_int_equal(iq_report_checksum(&t.doc, b, NULL), IQ_OK);
	assert_string_not_equal(a, b);
	sample_free(&s);
	sample_free(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours),
		cmocka_unit_test(any_colour),
		cmocka_unit_test(sentences),
		cmocka_unit_test(csv),
		cmocka_unit_test(text),
		cmocka_unit_test(colour_text),
		cmocka_unit_test(xlsx),
		cmocka_unit_test(no_folder),
		cmocka_unit_test(checksum),
	};

	iq_i18n_init("en");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
