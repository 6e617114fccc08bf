/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "directory.h"
#include "excel.h"
#include "input.h"
#include "zip_help.h"

static struct iq_arena arena;
static struct iq_directory *vocabulary;

static void put(
	enum iq_kind kind, const char *id, const char *parent, const char *name, const char *ars)
{
	const struct iq_str v[] = {iq_str(id), iq_str(parent), iq_str(name), iq_str(ars)};
	struct iq_rec rec = {.kind = kind};

	rec.col[IQ_COL_ID] = (struct iq_value){&v[0], 1};
	if (parent != NULL)
		rec.col[1] = (struct iq_value){&v[1], 1}; /* of regions, tasks and statuses */
	rec.col[iq_column_by_name(kind, IQ_STR("name_de"))] = (struct iq_value){&v[2], 1};
	if (ars != NULL)
		rec.col[IQ_REGION_ARS] = (struct iq_value){&v[3], 1};
	assert_true(iq_directory_put(vocabulary, &rec) != IQ_NONE);
}

static int setup(void **state)
{
	struct iq_error error;

	(void)state;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	vocabulary = iq_directory_new();
	put(IQ_REGION, "de", NULL, "Deutschland", "000000000000");
	put(IQ_REGION, "flensburg", "de", "Flensburg", "010010000000");
	put(IQ_REGION, "dresden", "de", "Dresden", "146120000000");
	put(IQ_REGION, "meissen", "de", "Meißen", "146270140140");
	put(IQ_REGION, "goeda", "de", "Göda / Hodźij", "146250150150");
	put(IQ_REGION, "weisswasser", "de", "Weißwasser/O.L. / Běła Woda", "146265242600");
	put(IQ_TASK, "integration-course", NULL, "Integrationskurs", NULL);
	put(IQ_STATUS, "tolerated", NULL, "Duldung", NULL);
	return iq_directory_index(vocabulary, &error) == IQ_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	iq_directory_free(vocabulary);
	iq_arena_free(&arena);
	return 0;
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct iq_buf *b = arg;

	iq_buf_printf(b, "[%s %.*s", iq_schemas[file->kind].file, IQ_STR_ARG(file->name));
	for (size_t i = 0; i < n; i++)
		iq_buf_printf(b, " %.*s", IQ_STR_ARG(columns[i]));
	iq_buf_printf(b, "]\n");
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct iq_buf *b = arg;

	iq_buf_printf(b, "%u:", line);
	for (size_t i = 0; i < n; i++)
		iq_buf_printf(b, "%.*s%s", IQ_STR_ARG(cells[i]), i + 1 < n ? "|" : "\n");
	return IQ_OK;
}

/* "!line column: value: why [nearest]" of problems, "~" of repairs; why is cut. */
static void told(struct iq_buf *b, char sign, const struct iq_problem *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		iq_buf_printf(b, "%c%u %.*s: %.*s: %.16s [%.*s]\n", sign, p[i].line,
			IQ_STR_ARG(p[i].column), IQ_STR_ARG(p[i].value), p[i].text,
			IQ_STR_ARG(p[i].nearest));
}

/* Reads bytes (path NULL) or a path; everything that comes out, in one string. */
static char *read_all(const char *path, const struct iq_str *bytes, const char *map)
{
	struct iq_input_options options = {.names = iq_directory_names(vocabulary, false)};
	struct iq_buf b;
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, &b};
	struct iq_mapping mapping;
	struct iq_repairs repairs;
	struct iq_input in;
	struct iq_error error;

	iq_buf_init(&b, 0);
	iq_error_init(&error, &arena);
	iq_repairs_init(&repairs, &arena);
	if (map != NULL) {
		assert_int_equal(
			iq_mapping_parse(IQ_STR("m"), iq_str(map), &arena, &mapping, &error),
			IQ_OK);
		options.mapping = &mapping;
	}

	enum iq_err err = bytes != NULL ? iq_input_open_bytes(IQ_FORM_CSV, IQ_STR("Kontakte.csv"),
						  *bytes, &options, &arena, &in, &error)
					: iq_input_open(&path, 1, &options, &arena, &in, &error);

	for (size_t i = 0; err == IQ_OK && i < in.ntables; i++) {
		const uint64_t before = error.problems_total;
		enum iq_err read = bytes != NULL ? iq_input_read_bytes(&in.tables[i], *bytes,
							   &options, &reader, &repairs, &error)
						 : iq_input_read(&in.tables[i], &options, &reader,
							   &repairs, &error);

		assert_int_equal(read, error.problems_total != before ? IQ_ERR_REJECTED
				       : error.code == IQ_OK          ? IQ_OK
								      : read);
	}
	if (error.code != IQ_OK && error.nproblems == 0)
		iq_buf_printf(&b, "%s: %s\n", iq_err_name(error.code), error.text);
	told(&b, '!', error.problems, error.nproblems);
	told(&b, '~', repairs.list, repairs.n);
	for (size_t i = 0; i < in.nignored; i++)
		iq_buf_printf(&b, "ignored %.*s\n", IQ_STR_ARG(in.ignored[i]));
	iq_buf_byte(&b, '\0');
	assert_false(b.failed);
	return (char *)b.p;
}

static void expect(const char *map, struct iq_str in, const char *out)
{
	char *seen = read_all(NULL, &in, map);

	assert_string_equal(seen, out);
	free(seen);
}

#define HEADER                                                                                     \
	"Institution;Ansprechpartner/in;Funktion;Telefon;E-Mail;Aufgabe;Region;Aufenthaltsstatus;" \
	"Rolle;G\xc3\xbcltig ab;G\xc3\xbcltig bis;Vertraulichkeit\r\n"

/* The damage of constructed/iq-kontakte.excel-de.utf8bom.csv (formats.md 5 and 8), cell by cell. */
static void wide_list(void **state)
{
	(void)state;
	expect(NULL,
		IQ_STR("\xef\xbb\xbf" HEADER
		       "Jobcenter;\"Muster, Max\";Leitung;+49 30 23125 100;m@example.org;"
		       "Integrationskurs;Dresden;alle;federführend;01.01.2025;31.12.2025;"
		       "öffentlich\r\n"
		       "Amt;;Post;+49 30 23125 101;a@example.org;Integrationskurs;\"Meißen, "
		       "Stadt\";"
		       "Duldung;zuständig;1.3.2025;;öffentlich\r\n"
		       "Agentur;\"Łukasiewicz, Zoë\";\"Service\r\n(Vertretung)\";030 / 23125-102;"
		       "z@example.org;Integrationskurs;Dresden;Duldung;beteiligt;2025-03-01;"
		       "31.02.2026;vertraulich\r\n"
		       "BAMF;\"Schmidt \"\"S\"\", A\";;(030) 23125 "
		       "103;;Integrationskurs;14612;alle;"
		       "lead;01.01.25;;öffentlich\r\n"
		       "Jobcenter;\"Muster, Max\";Leitung;+49 30 23125 100;m@example.org;;;;;;;"
		       "öffentlich\r\n"),
		"[contacts Kontakte.csv institution name function phone email visibility]\n"
		"2:Jobcenter|Muster, Max|Leitung|+49 30 23125 100|m@example.org|public\n"
		"3:Amt||Post|+49 30 23125 101|a@example.org|public\n"
		"4:Agentur|Łukasiewicz, Zoë|Service\n(Vertretung)|+49 30 23125-102|z@example.org|"
		"institution\n"
		"6:BAMF|Schmidt \"S\", A||+49 30 23125103||public\n"
		"[responsibilities Kontakte.csv institution task region statuses role contacts "
		"valid_from valid_to]\n"
		"2:Jobcenter|integration-course|dresden||lead|m@example.org|2025-01-01|2025-12-31\n"
		"3:Amt|integration-course|meissen|tolerated|lead|a@example.org|2025-03-01|\n"
		"6:BAMF|integration-course|dresden||lead|Schmidt \"S\", A|2025-01-01|\n"
		"!4 Gültig bis: 31.02.2026: There is no such [2026-02-28]\n"
		"~4 Telefon: 030 / 23125-102: Written in the i [+49 30 23125-102]\n"
		"~4 Vertraulichkeit: vertraulich: Read as \"{0}\". [institution]\n"
		"~6 Telefon: (030) 23125 103: Written in the i [+49 30 23125103]\n"
		"~3 Region: Meißen, Stadt: Found by the nam [meissen]\n"
		"~3 Rolle: zuständig: Read as \"{0}\". [lead]\n"
		"~4 Rolle: beteiligt: Read as \"{0}\". [support]\n"
		"~6 Gültig ab: 01.01.25: The year has two [2025-01-01]\n");
}

/* constructed/iq-kontakte.excel-de.cp1252-lossy.csv */
static void lost_letters(void **state)
{
	(void)state;
	expect(NULL,
		IQ_STR("Institution;Name;Telefon;Ort\r\nAmt;\"?ukasiewicz, "
		       "Zo\xeb\";115;K\xf6ln\r\n"),
		"[institutions Kontakte.csv name_de town]\n2:Amt|Köln\n"
		"[contacts Kontakte.csv institution name phone]\n"
		"!2 Name: ?ukasiewicz, Zoë: Letters were los []\n");
}

/* derived/ars-leading-zero-lost.… and ars-sorbian-lossy.excel-de.cp1252.csv */
static void keys(void **state)
{
	static const char map[] =
		"table = regions\nars = Schlüssel\nname_de = Bezeichnung\n- = Hinweis\n";

	(void)state;
	expect(map,
		IQ_STR("Schl\xfcssel;Bezeichnung;Hinweis\r\n10010000000;Flensburg;\r\n"
		       "10510011011;Brunsb\xfcttel;\r\n1,45110E+11;Chemnitz;\r\n"
		       "146250150150;G\xf6"
		       "da / Hod?ij;\r\n146265242600;Wei\xdfwasser/O.L., Stadt / B??a Woda;x\r\n"),
		"[regions Kontakte.csv ars name_de]\n2:010010000000|Flensburg\n"
		"!3 Schlüssel: 10510011011: A digit is missi [010510011011]\n"
		"!4 Schlüssel: 1,45110E+11: Excel turned thi []\n"
		"!5 Bezeichnung: Göda / Hod?ij: Letters were los [Göda / Hodźij]\n"
		"!6 Bezeichnung: Weißwasser/O.L., Stadt / B??a Woda: Letters were los "
		"[Weißwasser/O.L. / Běła Woda]\n"
		"~2 Schlüssel: 10010000000: A zero in front  [010010000000]\n");
}

static void titles_and_strays(void **state)
{
	(void)state;
	expect(NULL,
		IQ_STR("Kontaktliste, Stand 2025;;\n\nInstitution;Vorname;Nachname\n"
		       "Amt;Erika;Mustermann\nAmt;Max;\nAmt;;Muster;x\n;;\n'=1;'a;''b\n"),
		"[contacts Kontakte.csv institution name]\n4:Amt|Erika Mustermann\n5:Amt|Max\n"
		"8:=1|'a 'b\n!6 D: x: There is a value []\n");
	expect(NULL, IQ_STR("Institution;Name;Telefonn\n"),
		"!1 Telefonn: : This column is u [Telefon]\n");
	/* what the names of the vocabulary do not know */
	expect(NULL, IQ_STR("Institution;Name;Aufgabe;Region\nAmt;A;Integrationskurz;Dresden\n"),
		"[contacts Kontakte.csv institution name]\n2:Amt|A\n"
		"[responsibilities Kontakte.csv institution task region contacts]\n"
		"!2 Aufgabe: Integrationskurz: Task \"{0}\" is un [integration-course]\n");
	/* a bad row is told once, though three tables are read */
	expect(NULL,
		IQ_STR("Institution;Name;Ort;Aufgabe;Region\nAmt;A\"b;c;Integrationskurs;"
		       "Dresden\n"),
		"[institutions Kontakte.csv name_de town]\n"
		"[contacts Kontakte.csv institution name]\n"
		"[responsibilities Kontakte.csv institution task region contacts]\n"
		"!2 Name: : There is a quota []\n");
}

/* ---- files -------------------------------------------------------------------------------- */

struct folder {
	char path[64], file[128];
};

static void write_file(struct folder *f, const char *name, struct iq_str bytes)
{
	snprintf(f->path, sizeof(f->path), "/tmp/iq-input-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->file, sizeof(f->file), "%s/%s", f->path, name);

	FILE *file = fopen(f->file, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
	assert_int_equal(fclose(file), 0);
}

static void expect_file(const char *name, struct iq_str bytes, bool whole, const char *out)
{
	struct folder f;

	write_file(&f, name, bytes);

	char *seen = read_all(whole ? f.path : f.file, NULL, NULL);

	unlink(f.file);
	rmdir(f.path);
	assert_string_equal(seen, out);
	free(seen);
}

static void bundles(void **state)
{
	static const char csv[] = "id,name_de\na,\"B; c\"\n";
	struct pack_made z = {.n = 0};
	struct iq_str zip;

	(void)state;
	/* strictly: nothing is repaired; but what Excel saved is a list */
	expect_file("tasks.csv", iq_str(csv), false, "[tasks tasks.csv id name_de]\n2:a|B; c\n");
	expect_file("tasks.csv", iq_str(csv), true, "[tasks tasks.csv id name_de]\n2:a|B; c\n");
	expect_file("tasks.csv", IQ_STR("id;name_de;expected\r\na;\xc4;ja\r\n"), true,
		"[tasks tasks.csv id name_de expected]\n2:a|Ä|yes\n");
	pack_add(&z, "b/tasks.csv", csv, strlen(csv));
	pack_add(&z, "b/README", "x", 1);
	pack_add(&z, "__MACOSX/b/._tasks.csv", "x", 1);
	zip = pack_finish(&z);
	expect_file("b.zip", zip, false,
		"[tasks b.zip/tasks.csv id name_de]\n2:a|B; c\nignored b/README\n");
	iq_buf_free(&z.file);
	z = (struct pack_made){.n = 0};
	pack_add(&z, "README", "x", 1);
	expect_file("b.zip", pack_finish(&z), false,
		"usage: The archive {0} contains no file of a bundle.\n");
	iq_buf_free(&z.file);
	expect_file("b.zip", IQ_STR("nothing"), false,
		"rejected: {0} is damaged, or no .xlsx or .zip file at all.\n");
	z = (struct pack_made){.n = 0};
	pack_add_run(&z, "tasks.csv", '\n', 20000);
	expect_file("b.zip", pack_finish(&z), false,
		"rejected: {0} holds a part that grows out of proportion: {1}.\n");
	iq_buf_free(&z.file);
	expect_file("a.ods", IQ_STR("x"), false,
		"usage: {0} cannot be read: only .xlsx, .csv and .zip can.\n");
}

static const struct iq_str people[] = {IQ_STR("Amt"), IQ_STR("=Erika"), IQ_STR("01067"),
	IQ_STR("öffentlich"), IQ_STR("Amt"), IQ_STR("Ćišinski"), IQ_STR("+49 30 23125 100"),
	IQ_STR("")};

/* What is written as a workbook is read again, with the sheets that are no tables left out. */
static void workbook(void **state)
{
	static const struct iq_str values[] = {IQ_STR("öffentlich"), IQ_STR("vertraulich")};
	static const struct iq_excel_column columns[] = {
		{.header = "Institution", .explanation = "Wer"}, {.header = "Name"},
		{.header = "Kennung"},
		{.header = "Vertraulichkeit", .values = values, .nvalues = 2}};
	static const char *const introduction[] = {"So geht es:", NULL};
	const struct iq_excel_sheet sheet = {
		.name = "Kontakte", .columns = columns, .ncolumns = 4, .cells = people, .nrows = 2};
	const struct iq_excel_book book = {.title = "Liste",
		.sheets = &sheet,
		.nsheets = 1,
		.explanations = "Erläuterungen",
		.introduction = introduction,
		.lists = "Listen",
		.spare = 100};
	struct folder f;
	struct iq_error error;
	char again[140];
	static char bytes[2][1 << 16];
	size_t n[2];

	(void)state;
	write_file(&f, "x", IQ_STR(""));
	unlink(f.file);
	snprintf(f.file, sizeof(f.file), "%s/l.xlsx", f.path);
	snprintf(again, sizeof(again), "%s/m.xlsx", f.path);
	iq_error_init(&error, &arena);
	assert_int_equal(iq_excel_write(f.file, &book, &error), IQ_OK);

	char *seen = read_all(f.file, NULL, NULL);

	assert_string_equal(seen,
		"[contacts l.xlsx/Kontakte institution name visibility external_id]\n"
		"2:Amt|=Erika|public|01067\n3:Amt|Ćišinski||+49 30 23125 100\n"
		"ignored l.xlsx/Erläuterungen\n");
	free(seen);
	assert_int_equal(iq_excel_write(again, &book, &error), IQ_OK);
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(i == 0 ? f.file : again, "rb");

		assert_non_null(file);
		n[i] = fread(bytes[i], 1, sizeof(bytes[i]), file);
		fclose(file);
	}
	assert_int_equal(n[0], n[1]);
	assert_memory_equal(bytes[0], bytes[1], n[0]);
	unlink(f.file);
	unlink(again);
	assert_int_equal(iq_excel_write("/nowhere/l.xlsx", &book, &error), IQ_ERR_USAGE);
	rmdir(f.path);
}

/* What a template says of itself, and its values that are left as they are. */
static void template(void **state)
{
	static const struct iq_str phones[] = {IQ_STR("0341/12 34")};
	static const struct iq_excel_column columns[] = {{.header = "Name"},
		{.header = "Telefon", .values = phones, .nvalues = 1, .other_values = true}};
	static const struct iq_str cells[] = {IQ_STR("Erika Mustermann"), IQ_STR("0341/12 34"),
		IQ_STR("Max Muster"), IQ_STR("0341/12 35")};
	static const char *const introduction[] = {
		"Liste", "Stand: Revision 1287", "Institution: vhs-dresden", NULL};
	const struct iq_excel_sheet sheet = {"Kontakte", columns, 2, cells, 2};
	struct iq_excel_book book = {.sheets = &sheet,
		.nsheets = 1,
		.explanations = "Erläuterungen",
		.introduction = introduction,
		.lists = "Listen"};
	const struct iq_input_options options = {.institution_given = true};
	struct folder f;
	struct iq_error error;
	struct iq_input in;
	struct iq_repairs repairs;
	struct iq_buf b;
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, &b};
	const char *path = f.file;

	(void)state;
	write_file(&f, "x", IQ_STR(""));
	unlink(f.file);
	snprintf(f.file, sizeof(f.file), "%s/l.xlsx", f.path);
	for (int said = 1; said >= 0; said--) {
		iq_error_init(&error, &arena);
		iq_repairs_init(&repairs, &arena);
		iq_buf_init(&b, 0);
		if (!said)
			book.introduction = NULL; /* then it is a list like any other */
		assert_int_equal(iq_excel_write(f.file, &book, &error), IQ_OK);
		assert_int_equal(iq_input_open(&path, 1, &options, &arena, &in, &error), IQ_OK);
		assert_int_equal(in.based_on, said ? 1287 : 0);
		assert_true(iq_str_is(in.institution, said ? "vhs-dresden" : ""));
		assert_int_equal(
			iq_input_read(&in.tables[0], &options, &reader, &repairs, &error), IQ_OK);
		iq_buf_byte(&b, '\0');
		assert_string_equal((char *)b.p,
			said ? "[contacts l.xlsx/Kontakte name phone]\n"
			       "2:Erika Mustermann|0341/12 34\n3:Max Muster|+49 341 1235\n"
			     : "[contacts l.xlsx/Kontakte name phone]\n"
			       "2:Erika Mustermann|+49 341 1234\n3:Max Muster|+49 341 1235\n");
		assert_int_equal(repairs.n, said ? 1 : 2);
		iq_buf_free(&b);
	}
	unlink(f.file);
	rmdir(f.path);
}

struct memory {
	struct iq_mapping mapping;
	unsigned asked;
};

static const struct iq_mapping *recall(void *ctx, const struct iq_str *headers, size_t n)
{
	struct memory *m = ctx;

	m->asked++;
	return n == 2 && iq_str_is(headers[1], "Apparat") ? &m->mapping : NULL;
}

/* A mapping of before serves lists with the same headers, and no others. */
static void remembered(void **state)
{
	const struct iq_str same = IQ_STR("Name;Apparat\nErika;+49 30 23125 100\n");
	const struct iq_str other = IQ_STR("Name;Nebenstelle\nErika;+49 30 23125 100\n");
	struct memory m = {.asked = 0};
	struct iq_input_options options = {
		.remembered = recall, .ctx = &m, .institution_given = true};
	struct iq_input in;
	struct iq_error error;

	(void)state;
	iq_error_init(&error, &arena);
	assert_int_equal(iq_mapping_parse(IQ_STR("m"), IQ_STR("phone = Apparat\n"), &arena,
				 &m.mapping, &error),
		IQ_OK);
	assert_int_equal(iq_input_open_bytes(IQ_FORM_CSV, IQ_STR("Kontakte.csv"), same, &options,
				 &arena, &in, &error),
		IQ_OK);
	assert_true(in.tables[0].mapped);
	assert_int_equal(m.asked, 1);
	assert_int_equal(iq_input_open_bytes(IQ_FORM_CSV, IQ_STR("Kontakte.csv"), other, &options,
				 &arena, &in, &error),
		IQ_ERR_REJECTED);
	assert_int_equal(m.asked, 2);
}

/* Line ends within cells. */
static void lines_in_cells(void **state)
{
	(void)state;
	expect(NULL,
		IQ_STR("Institution;Name;Funktion\r\nAmt;Erika;\"Leitung\r\n(Vertretung)\rab "
		       "Mai\"\r\n"),
		"[contacts Kontakte.csv institution name function]\n"
		"2:Amt|Erika|Leitung\n(Vertretung)\nab Mai\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wide_list),
		cmocka_unit_test(lost_letters),
		cmocka_unit_test(keys),
		cmocka_unit_test(titles_and_strays),
		cmocka_unit_test(bundles),
		cmocka_unit_test(workbook),
		cmocka_unit_test(template),
		cmocka_unit_test(remembered),
		cmocka_unit_test(lines_in_cells),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
