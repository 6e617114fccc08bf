/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "repair.h"

static struct iq_arena arena;

static bool key(void *ctx, struct iq_str s)
{
	static const char *const known[] = {"010010000000", "145110000000", "14511000", "01001000",
		"01001", "011111111111", "111111111110", NULL};

	(void)ctx;
	return iq_choice(known, s) >= 0;
}

static bool postcode(void *ctx, struct iq_str s)
{
	(void)ctx;
	return iq_str_is(s, "01067");
}

static struct iq_str like(void *ctx, enum iq_kind kind, struct iq_str pattern)
{
	struct iq_str name = IQ_STR("Göda / Hodźij");

	(void)ctx;
	return kind == IQ_REGION && iq_repair_matches(pattern, name) ? name : IQ_STR("");
}

static const struct iq_repair knowing = {NULL, key, postcode, like, &arena};

/* "=value", "~value (why)" repaired, "!why [nearest]" refused; only the beginning of why. */
static void check(const struct iq_fixed *f, const char *in, const char *out)
{
	char seen[400];

	if (f->how == IQ_FIX_NONE)
		snprintf(seen, sizeof(seen), "=%.*s", IQ_STR_ARG(f->value));
	else if (f->how == IQ_FIX_REPAIRED)
		snprintf(seen, sizeof(seen), "~%.*s (%.14s)", IQ_STR_ARG(f->value), f->why);
	else
		snprintf(seen, sizeof(seen), "!%.14s [%.*s]", f->why, IQ_STR_ARG(f->nearest));
	if (strcmp(seen, out) != 0)
		fail_msg("%s: %s, not %s", in, seen, out);
	assert_true(f->how == IQ_FIX_NONE || f->why != NULL);
}

struct row {
	const char *in, *out;
};

static void all(void (*fix)(const struct iq_repair *, struct iq_str, struct iq_fixed *),
	const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct iq_fixed f;

		fix(&knowing, iq_str(rows[i].in), &f);
		check(&f, rows[i].in, rows[i].out);
	}
}
#define ALL(fix, rows) all(fix, rows, sizeof(rows) / sizeof((rows)[0]))

static void keys(void **state)
{
	static const struct row rows[] = {
		{"", "="},
		{"145110000000", "=145110000000"},
		{" 14511000 ", "=14511000"},
		{"14511", "=14511"},
		{"Dresden", "=Dresden"},
		{"10010000000", "~010010000000 (A zero in fron)"},
		{"1001000", "~01001000 (A zero in fron)"},
		{"1001", "~01001 (A zero in fron)"},
		{"14511000000", "!A digit is mis [145110000000]"}, /* at the end */
		{"11111111111", "!A digit is mis []"},             /* either */
		{"20010000000", "!A digit is mis [020010000000]"}, /* unknown */
		{"1,45210E+11", "!Excel turned t []"},
		{"1.4521e+11", "!Excel turned t []"},
		{"14 5 11 0000 000", "~145110000000 (Blanks or deci)"},
		{"145110000000,00", "~145110000000 (Blanks or deci)"},
		{"1451100000001", "!A key of a reg []"},
	};

	(void)state;
	ALL(iq_repair_key, rows);

	struct iq_repair nothing;
	struct iq_repair_lookup lookup;
	struct iq_fixed f;

	iq_repair_init(&nothing, &lookup, NULL, &arena);
	iq_repair_key(&nothing, IQ_STR("10010000000"), &f);
	check(&f, "without vocabulary", "!A digit is mis [010010000000]");
}

static void postcodes(void **state)
{
	static const struct row rows[] = {
		{"04109", "=04109"},
		{"1067", "~01067 (A zero in fron)"},
		{"1068", "!A postcode has [01068]"},
		{"D-01067", "~01067 (The sign of th)"},
		{"123456", "!A postcode has []"},
		{"1,2E+4", "!Excel turned t []"},
		{"A-1010", "=A-1010"},
	};

	(void)state;
	ALL(iq_repair_postcode, rows);
}

static void dates(void **state)
{
	static const struct row rows[] = {
		{"", "="},
		{"2025-03-01", "=2025-03-01"},
		{"01.03.2025", "=2025-03-01"},
		{"1.3.2025", "=2025-03-01"},
		{"1. 3. 2025", "=2025-03-01"},
		{" 01.03.2025 ", "=2025-03-01"},
		{"2025/03/01", "=2025-03-01"},
		{"1. März 2025", "=2025-03-01"},
		{"01 Mrz. 2025", "=2025-03-01"},
		{"24. Dezember 2025", "=2025-12-24"},
		{"1.3.25", "~2025-03-01 (The year has t)"},
		{"01.01.70", "~1970-01-01 (The year has t)"},
		{"1. Mai 25", "~2025-05-01 (The year has t)"},
		{"45717", "~2025-03-01 (This is the nu)"},
		{"25569", "~1970-01-01 (This is the nu)"},
		{"20250301", "~2025-03-01 (Read as year, )"},
		{"2025-03-01 00:00:00", "=2025-03-01"},
		{"20.01.2025 00:48", "~2025-01-20 (The time of da)"},
		{"2025-03-01T10:00:00", "~2025-03-01 (The time of da)"},
		{"25/03/2025", "~2025-03-25 (Read as day, m)"},
		{"3/25/2025", "~2025-03-25 (Read as month,)"},
		{"03/03/2025", "~2025-03-03 (Read as day, m)"},
		{"03/01/2025", "!Day and month  []"},
		{"31.02.2026", "!There is no su [2026-02-28]"},
		{"29.02.2024", "=2024-02-29"},
		{"31.04.2026", "!There is no su [2026-04-30]"},
		{"2026-02-30", "!There is no su [2026-02-28]"},
		{"32.01.2026", "!There is no su []"},
		{"01.13.2026", "!There is no su []"},
		{"31.12.9999", "!The year must  []"},
		{"unbefristet", "~ (Read as: no da)"},
		{"-", "~ (Read as: no da)"},
		{"2025", "!This is a year []"},
		{"12", "!This number is []"},
		{"demnächst", "!This is no dat []"},
		{"1.3.", "!This is no dat []"},
		{"1. Foo 2025", "!This is no dat []"},
	};

	(void)state;
	ALL(iq_repair_date, rows);
}

static void phones(void **state)
{
	static const struct row rows[] = {
		{"", "="},
		{"0341/12 34", "~+49 341 1234 (Written in the)"},
		{"(030) 23125 103", "~+49 30 23125103 (Written in the)"},
		{"030 / 23125-102", "~+49 30 23125-102 (Written in the)"},
		{"0341-1234", "~+49 341 1234 (Written in the)"},
		{"03411234", "~+49 3411234 (Written in the)"},
		{"+49 30 23125 100", "=+49 30 23125 100"},
		{"+49 (0)341 1234", "~+49 341 1234 (Written in the)"},
		{"+49 (0) 341 / 12 34", "~+49 341 1234 (Written in the)"},
		{"0049 341 1234", "~+49 341 1234 (Written in the)"},
		{"0049341 1234", "~+49 341 1234 (Written in the)"},
		{"+43 1 234567", "=+43 1 234567"},
		{"0043 1 234567", "=0043 1 234567"},
		{"115", "=115"},
		{"116117", "=116117"},
		{"3411234", "!The area code  []"},
		{"0341 1234 oder 5678", "=0341 1234 oder 5678"},
		{"0341/1234/5678", "=0341/1234/5678"},
		{"n. n.", "=n. n."},
	};

	(void)state;
	ALL(iq_repair_phone, rows);
}

static void texts(void **state)
{
	static const struct {
		enum iq_kind kind;
		bool name;
		const char *in, *out;
	} rows[] = {
		{IQ_REGION, true, "Göda / Hod?ij", "!Letters were l [Göda / Hodźij]"},
		{IQ_REGION, true, "G\ufffdda / Hodźij", "!Letters were l [Göda / Hodźij]"},
		{IQ_REGION, true, "Wei?wasser", "!Letters were l []"},
		{IQ_CONTACT, true, "?ukasiewicz, Zoë", "!Letters were l []"},
		{IQ_RESPONSIBILITY, false, "Was gilt? Wer fragt?", "=Was gilt? Wer fragt?"},
		{IQ_RESPONSIBILITY, false, "f?r Kinder", "!Letters were l []"},
		{IQ_INSTITUTION, false, "https://example.org/?a=b", "=https://example.org/?a=b"},
		{IQ_REGION, true, "MÃ¼ller", "!Umlauts were g [Müller]"},
		{IQ_REGION, true, "WeiÃŸwasser", "!Umlauts were g [Weißwasser]"},
		{IQ_REGION, true, "São Paulo", "=São Paulo"},
		{IQ_REGION, true, "1,4E+5", "!Excel turned t []"},
		{IQ_REGION, true, "\u00a0 Göda \n", "=Göda"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iq_fixed f;

		iq_repair_text(&knowing, rows[i].kind, rows[i].name, iq_str(rows[i].in), &f);
		check(&f, rows[i].in, rows[i].out);
	}
	assert_true(iq_repair_matches(IQ_STR("a?c"), IQ_STR("aöc")));
	assert_false(iq_repair_matches(IQ_STR("a?c"), IQ_STR("aööc")));
	assert_false(iq_repair_matches(IQ_STR("a?"), IQ_STR("a")));
}

static void columns(void **state)
{
	static const struct {
		enum iq_kind kind;
		const char *column;
		enum iq_sheet_type type;
		const char *in, *out;
	} rows[] = {
		{IQ_CONTACT, "visibility", IQ_SHEET_TEXT, "öffentlich", "=public"},
		{IQ_CONTACT, "visibility", IQ_SHEET_TEXT, "Public", "=public"},
		{IQ_CONTACT, "visibility", IQ_SHEET_TEXT, "nur Netzwerk",
			"~workshop (Read as \"{0}\".)"},
		{IQ_CONTACT, "visibility", IQ_SHEET_TEXT, "geheim", "=geheim"},
		{IQ_RESPONSIBILITY, "role", IQ_SHEET_TEXT, "federführend", "=lead"},
		{IQ_RESPONSIBILITY, "role", IQ_SHEET_TEXT, "zuständig", "~lead (Read as \"{0}\".)"},
		{IQ_KIND, "statutory", IQ_SHEET_BOOL, "TRUE", "=yes"},
		{IQ_KIND, "statutory", IQ_SHEET_TEXT, "FALSCH", "=no"},
		{IQ_CONTACT, "languages", IQ_SHEET_TEXT, "Deutsch, Englisch\nfa", "=de;en;fa"},
		{IQ_CONTACT, "name", IQ_SHEET_NUMBER, "45717", "!A number stand []"},
		{IQ_CONTACT, "external_id", IQ_SHEET_NUMBER, "4711", "=4711"},
		{IQ_CONTACT, "external_id", IQ_SHEET_NUMBER, "1.5", "~1,5 (A number stand)"},
		{IQ_CONTACT, "external_id", IQ_SHEET_TEXT, "1,4E+11", "!Excel turned t []"},
		{IQ_RESPONSIBILITY, "note", IQ_SHEET_PERCENT, "50 %", "!A percentage s [50 %]"},
		{IQ_RESPONSIBILITY, "note", IQ_SHEET_ERROR, "#REF!", "!The cell shows []"},
		{IQ_RESPONSIBILITY, "note", IQ_SHEET_TEXT, "#NV", "!The cell shows []"},
		{IQ_CONTACT, "valid_to", IQ_SHEET_TEXT, "#######", "!The cell shows []"},
		{IQ_CONTACT, "valid_to", IQ_SHEET_DATE, "2025-03-01", "=2025-03-01"},
		{IQ_CONTACT, "phone", IQ_SHEET_NUMBER, "3411234", "!The area code  []"},
		{IQ_CONTACT, "phone", IQ_SHEET_NUMBER, "3,41E+09", "!Excel turned t []"},
		{IQ_INSTITUTION, "postcode", IQ_SHEET_NUMBER, "1067", "~01067 (A zero in fron)"},
		{IQ_INSTITUTION, "region", IQ_SHEET_TEXT, "10010000000",
			"~010010000000 (A zero in fron)"},
		{IQ_REGION, "ars", IQ_SHEET_NUMBER, "10010000000",
			"~010010000000 (A zero in fron)"},
		{IQ_REGION, "aliases", IQ_SHEET_TEXT, "a ; b;;c", "=a;b;c"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int col = iq_column_by_name(rows[i].kind, iq_str(rows[i].column));
		struct iq_sheet_cell cell = {iq_str(rows[i].in), rows[i].type};
		struct iq_fixed f;

		assert_true(col >= 0);
		iq_repair_cell(&knowing, rows[i].kind, col, &cell, &f);
		check(&f, rows[i].in, rows[i].out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(postcodes),
		cmocka_unit_test(dates),
		cmocka_unit_test(phones),
		cmocka_unit_test(texts),
		cmocka_unit_test(columns),
	};

	iq_arena_init(&arena, 0);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	iq_arena_free(&arena);
	return failed;
}
