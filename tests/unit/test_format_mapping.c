/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "mapping.h"

static struct iq_arena arena;

/* "wide contact.name -" per header; problems follow: "!column: text [nearest]". */
static void understand(const char *map, const char *sheet, const char *header, const char *out)
{
	struct iq_str rest = iq_str(header), headers[IQ_MAP_COLUMNS];
	struct iq_map_options options = {.sheet = iq_str(sheet)};
	const struct iq_problem where = {.file = IQ_STR("f"), .line = 1};
	struct iq_mapping mapping;
	struct iq_columns columns;
	struct iq_error error;
	struct iq_buf b;
	size_t n = 0;

	iq_buf_init(&b, 0);
	iq_error_init(&error, &arena);
	while (iq_str_cut(&rest, ';', &headers[n]))
		n++;
	if (map != NULL) {
		assert_int_equal(
			iq_mapping_parse(IQ_STR("m"), iq_str(map), &arena, &mapping, &error),
			IQ_OK);
		options.mapping = &mapping;
	}

	enum iq_err err = iq_mapping_apply(&options, headers, n, &arena, &where, &columns, &error);

	assert_int_equal(err, error.code);
	iq_buf_printf(&b, "%s",
		columns.wide                ? "wide"
		: columns.table == IQ_KINDS ? "?"
					    : iq_schemas[columns.table].file);
	for (size_t i = 0; columns.table != IQ_KINDS && i < columns.n; i++) {
		const struct iq_target *t = &columns.target[i];

		if (t->kind == IQ_KINDS)
			iq_buf_printf(&b, " -");
		else
			iq_buf_printf(&b, " %.4s.%s%.*s", iq_schemas[t->kind].name,
				iq_schemas[t->kind].columns[t->col].name, t->part, "12");
	}
	for (size_t i = 0; i < error.nproblems; i++) {
		const struct iq_problem *p = &error.problems[i];

		iq_buf_printf(&b, "\n!%.*s: %.24s [%.*s]", IQ_STR_ARG(p->column), p->text,
			IQ_STR_ARG(p->nearest));
	}
	iq_buf_byte(&b, '\0');
	assert_string_equal((char *)b.p, out);
	iq_buf_free(&b);
}

static void tables(void **state)
{
	(void)state;
	understand(NULL, "Institutionen", "Name;PLZ;Ort;Straße;Telefon",
		"institutions inst.name_de inst.postcode inst.town inst.street inst.phone");
	understand(NULL, "regions", "ars;Bezeichnung;name_en",
		"regions regi.ars regi.name_de regi.name_en");
	understand(NULL, "Kontakte 2025", "institution;Vorname;Nachname;TELEFON;E-mail;gültig AB",
		"contacts cont.institution cont.name1 cont.name12 cont.phone cont.email "
		"cont.valid_from");
	/* nothing in the name, but headers that only one table has */
	understand(NULL, "Tabelle1", "Regionalschlüssel;Gemeindename",
		"regions regi.ars regi.name_de");
	understand(NULL, "Tabelle1", "foo;bar", "?\n!: It cannot be told what t []");
}

static void wide_lists(void **state)
{
	(void)state;
	understand(NULL, "Tabelle1",
		"Behörde;Ansprechpartner/in;Tel.;Aufgabe;Region;Gültig ab;Ort;",
		"wide cont.institution cont.name cont.phone resp.task resp.region resp.valid_from "
		"inst.town -");
	/* without tasks the rest is about contact and institution */
	understand(NULL, "Tabelle1", "Behörde;Name;Region;Gültig ab;Rolle",
		"wide cont.institution cont.name inst.region cont.valid_from -\n"
		"!Rolle: This column belongs to a []");
	understand("table = list\nresponsibility.task = X\ncontact.name = Y\n- = Z\n", "a",
		"X;Y;Z;Amt;Region", "wide resp.task cont.name - cont.institution resp.region");
}

static void problems(void **state)
{
	(void)state;
	understand(NULL, "Kontakte", "Institution;Name;Telefonn;Ansprechpartner",
		"contacts cont.institution cont.name - cont.name\n"
		"!Telefonn: This column is unknown.  [Telefon]\n"
		"!Ansprechpartner: The column \"{0}\" means t []");
	understand(NULL, "Aufgaben", "LeiKa",
		"tasks task.leika\n!name_de: This column is missing.  []");
	understand("table = regions\nars = Schlüssel\n- = Hinweis\n", "x", "Schlüssel;Name;Hinweis",
		"regions regi.ars regi.name_de -");
}

static void files(void **state)
{
	static const char text[] =
		"table = contacts\nname = Wer\ngiven_name = Vorname\n- = Notiz\n";
	struct iq_mapping m, again;
	struct iq_error error;
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_error_init(&error, &arena);
	assert_int_equal(iq_mapping_parse(IQ_STR("m"), iq_str(text), &arena, &m, &error), IQ_OK);
	assert_int_equal(m.table, IQ_CONTACT);
	assert_int_equal(m.nlines, 3);
	iq_mapping_write(&m, &b);
	assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n}, text));
	iq_buf_reset(&b, 0);

	/* what was understood is remembered and understood again */
	struct iq_str headers[] = {IQ_STR("Amt"), IQ_STR("Nachname"), IQ_STR("Aufgabe"),
		IQ_STR("Region"), IQ_STR("Rolle"), IQ_STR("")};
	struct iq_columns columns, same;
	const struct iq_map_options plain = {.sheet = IQ_STR("x")};
	const struct iq_map_options mapped = {.sheet = IQ_STR("x"), .mapping = &again};
	const struct iq_problem where = {0};

	assert_int_equal(
		iq_mapping_apply(&plain, headers, 6, &arena, &where, &columns, &error), IQ_OK);
	assert_true(iq_mapping_learn(&columns, headers, &arena, &m));
	iq_mapping_write(&m, &b);
	assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n},
		"table = list\ncontact.institution = Amt\nfamily_name = Nachname\n"
		"responsibility.task = Aufgabe\nresponsibility.region = Region\n"
		"responsibility.role = Rolle\n"));
	assert_int_equal(iq_mapping_parse(IQ_STR("m"), (struct iq_str){(char *)b.p, b.n}, &arena,
				 &again, &error),
		IQ_OK);
	assert_int_equal(
		iq_mapping_apply(&mapped, headers, 6, &arena, &where, &same, &error), IQ_OK);
	assert_memory_equal(same.target, columns.target, 6 * sizeof(same.target[0]));
	iq_buf_free(&b);
}

static void bad_files(void **state)
{
	static const char text[] =
		"# note\n\ntable = foo\r\nbar = X\nnonsense\nname = A\nphone = A\n";
	struct iq_mapping m;
	struct iq_error error;

	(void)state;
	iq_error_init(&error, &arena);
	assert_int_equal(
		iq_mapping_parse(IQ_STR("m"), iq_str(text), &arena, &m, &error), IQ_ERR_REJECTED);
	assert_int_equal(error.nproblems, 4);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(error.problems[i].line, 3 + i);
	assert_int_equal(error.problems[3].line, 7);
	iq_error_init(&error, &arena);
	assert_int_equal(iq_mapping_parse(IQ_STR("m"), IQ_STR("a = \xfc"), &arena, &m, &error),
		IQ_ERR_REJECTED);
}

/* Every word leads to a column that exists, and no header means two things in one table. */
static void words(void **state)
{
	(void)state;
	for (const struct iq_map_word *w = iq_map_words; w->words != NULL; w++) {
		struct iq_str rest = iq_str(w->words), word;

		assert_true(w->kind < IQ_KINDS && w->col >= 0);
		assert_true((size_t)w->col < iq_schemas[w->kind].ncolumns);
		while (iq_str_cut(&rest, '|', &word))
			assert_true(word.n != 0);
	}
	for (int k = 0; k < IQ_KINDS; k++) {
		assert_non_null(iq_map_sheets[k]);
		assert_int_equal(iq_mapping_kind_of_name(iq_str(iq_schemas[k].file), &arena), k);
	}
	assert_int_equal(
		iq_mapping_kind_of_name(IQ_STR("iq-kontakte.excel-de"), &arena), IQ_CONTACT);
	assert_int_equal(iq_mapping_kind_of_name(IQ_STR("Aufgaben Kontakte"), &arena), IQ_KINDS);
	assert_true(iq_mapping_is_explanation(IQ_STR("Erläuterungen"), &arena));
	assert_false(iq_mapping_is_explanation(IQ_STR("Kontakte"), &arena));
	assert_true(iq_str_is(iq_mapping_header(IQ_CONTACT, IQ_CONTACT_PHONE), "Telefon"));
	assert_true(iq_str_is(iq_mapping_header(IQ_CONTACT, IQ_COL_ID), "id"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(wide_lists),
		cmocka_unit_test(problems),
		cmocka_unit_test(files),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(words),
	};

	iq_arena_init(&arena, 0);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	iq_arena_free(&arena);
	return failed;
}
