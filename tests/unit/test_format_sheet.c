/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>

#include "bounds.h"
#include "sheet.h"
#include "zip_help.h"

/* What was read: "[name encoding delimiter flags]", "line:cell|cell\n" with the type of a cell. */
struct seen {
	struct iq_buf text;
	struct iq_arena arena;
	struct iq_error error;
};

static enum iq_err on_sheet(void *arg, const struct iq_sheet *s, bool *skip)
{
	struct seen *x = arg;

	(void)skip;
	iq_buf_printf(&x->text, "[%.*s", IQ_STR_ARG(s->file));
	if (s->form == IQ_FORM_CSV)
		iq_buf_printf(&x->text, " %s%s %s%s%s", iq_encoding_names[s->encoding],
			s->said_encoding ? "!" : "",
			s->delimiter == '\t' ? "tab" : (char[]){s->delimiter, '\0'},
			s->said_delimiter ? "!" : "", s->quotes ? "" : " unquoted");
	iq_buf_printf(&x->text, "%s]\n", s->hidden ? " hidden" : "");
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct seen *x = arg;

	iq_buf_printf(&x->text, "%u:", line);
	for (size_t i = 0; i < n; i++) {
		if (cells[i].type != IQ_SHEET_TEXT)
			iq_buf_byte(&x->text, (uint8_t) "?#%@!E"[cells[i].type]);
		iq_buf_str(&x->text, cells[i].text);
		iq_buf_byte(&x->text, i + 1 < n ? '|' : '\n');
	}
	return IQ_OK;
}

static void begin(struct seen *x)
{
	*x = (struct seen){0};
	iq_arena_init(&x->arena, 0);
	iq_error_init(&x->error, &x->arena);
}

static void end(struct seen *x)
{
	iq_buf_free(&x->text);
	iq_arena_free(&x->arena);
}

static const char *finish(struct seen *x)
{
	for (size_t i = 0; i < x->error.nproblems; i++) {
		const struct iq_problem *p = &x->error.problems[i];

		iq_buf_printf(&x->text, "!%.*s:%u %.*s: %s\n", IQ_STR_ARG(p->file), p->line,
			IQ_STR_ARG(p->column), iq_text_fill(&x->arena, p->text, p->args, p->nargs));
	}
	if (x->error.code != IQ_OK && x->error.nproblems == 0)
		iq_buf_printf(&x->text, "%s: %s\n", iq_err_name(x->error.code),
			iq_text_fill(&x->arena, x->error.text, x->error.args, x->error.nargs));
	iq_buf_byte(&x->text, '\0');
	return (char *)x->text.p;
}

static void expect(enum iq_form form, struct iq_str in, const char *out)
{
	const struct iq_sheet_reader reader = {
		.sheet = on_sheet, .row = on_row, .only = -1, .arg = NULL};
	struct iq_sheet_reader r = reader;
	struct seen x;

	begin(&x);
	r.arg = &x;
	enum iq_err err = iq_sheet_parse(
		form, form == IQ_FORM_CSV ? IQ_STR("l.csv") : IQ_STR("l.xlsx"), in, &r, &x.error);

	assert_int_equal(err, x.error.code);
	assert_string_equal(finish(&x), out);
	end(&x);
}

#define CSV(in, out) expect(IQ_FORM_CSV, IQ_STR(in), out)

static void delimiters(void **state)
{
	(void)state;
	CSV("a;b\n1;2\n", "[l.csv UTF-8 ;]\n1:a|b\n2:1|2\n");
	CSV("a,b\n1,2\n", "[l.csv UTF-8 ,]\n1:a|b\n2:1|2\n");
	CSV("a\tb\n1\t2\n", "[l.csv UTF-8 tab]\n1:a|b\n2:1|2\n");
	CSV("a|b\n1|2\n", "[l.csv UTF-8 |]\n1:a|b\n2:1|2\n");
	CSV("a\n1\n", "[l.csv UTF-8 ;]\n1:a\n2:1\n");
	/* a comma within cells of a list with semicolons, and the other way round */
	CSV("Straße, Ort;Tel\nWeg 1, Bonn;2\n",
		"[l.csv UTF-8 ;]\n1:Straße, Ort|Tel\n2:Weg 1, Bonn|2\n");
	CSV("id,aliases\nx,a;b\ny,c\n", "[l.csv UTF-8 ,]\n1:id|aliases\n2:x|a;b\n3:y|c\n");
	CSV("\"a;x\",b\n1,2\n", "[l.csv UTF-8 ,]\n1:a;x|b\n2:1|2\n");
	CSV("sep=,\r\na,b;c\r\n", "[l.csv UTF-8 ,!]\n2:a|b;c\n");
	CSV("\"sep=\t\"\na\tb\n", "[l.csv UTF-8 tab!]\n2:a|b\n");
	CSV("SEP=;\na;b,c,d\n", "[l.csv UTF-8 ;!]\n2:a|b,c,d\n");
	CSV("sep=;;\na;b\n", "[l.csv UTF-8 ;]\n1:sep=\n2:a|b\n");
}

static void cells(void **state)
{
	(void)state;
	CSV("a;b\r\n\"1\r\nx\";\"\"\"q\"\"\"\r\n3;4\r\n",
		"[l.csv UTF-8 ;]\n1:a|b\n2:1\r\nx|\"q\"\n4:3|4\n");
	CSV("a;b;c\n1;;\n;;\n;2;\n", "[l.csv UTF-8 ;]\n1:a|b|c\n2:1\n4:|2\n");
	/* lists of PVOG: `|`, and quotation marks that mean nothing */
	CSV("a|b\n\"\"x\"\" y|2\n\"z|3\n",
		"[l.csv UTF-8 | unquoted]\n1:a|b\n2:\"\"x\"\" y|2\n3:\"z|3\n");
	CSV("a|b\n\"x|y\"|2\n", "[l.csv UTF-8 |]\n1:a|b\n2:x|y|2\n");
	CSV("a;b\n1\"x;2\n3;4\n", "[l.csv UTF-8 ;]\n1:a|b\n3:3|4\n!l.csv:2 a: There is a quotation "
				  "mark inside a cell "
				  "that is not quoted.\n");
	CSV("", "[l.csv UTF-8 ;]\n!l.csv:1 : The file is empty; a first line with the names of the "
		"columns is expected.\n");
}

static void encodings(void **state)
{
	(void)state;
	CSV("\xef\xbb\xbf"
	    "ä;b\n",
		"[l.csv UTF-8! ;]\n1:ä|b\n");
	CSV("\xff\xfe\xe4\0;\0b\0\n\0", "[l.csv UTF-16LE! ;]\n1:ä|b\n");
	CSV("\xfe\xff\0\xe4\0;\xd8\x3d\xde\x00\0\n", "[l.csv UTF-16BE! ;]\n1:ä|😀\n");
	CSV("\xff\xfe\xe4\0;\0\x00\xd8\n\0x", "[l.csv UTF-16LE! ;]\n1:ä|\ufffd\n2:\ufffd\n");
	CSV("M\xfcller;\x80 5\n", "[l.csv Windows-1252 ;]\n1:Müller|€ 5\n");
	CSV("M\xfcller;\x81\n", "[l.csv Windows-1252 ;]\n1:Müller|\ufffd\n");
	/* UTF-8 with a broken character stays UTF-8: the cell is named */
	CSV("Müller;Größe\nx\xfcx;1\n2;ö\n",
		"[l.csv UTF-8 ;]\n1:Müller|Größe\n3:2|ö\n!l.csv:2 Müller: The cell is not UTF-8; "
		"the file was probably saved in another encoding.\n");
	CSV("a\0;\0b\0\n\0", "rejected: l.csv contains NUL bytes: it is no text, or UTF-16 without "
			     "a byte order mark.\n");
}

/* Every way of refilling gives the same: cells longer than the pieces that are read. */
static void long_cells(void **state)
{
	struct iq_buf in = {.p = NULL};
	struct seen x;
	struct iq_sheet_reader r = {.sheet = on_sheet, .row = on_row, .only = -1, .arg = &x};

	(void)state;
	begin(&x);
	iq_buf_str(&in, IQ_STR("a;b\n"));
	for (int i = 0; i < 3000; i++)
		iq_buf_str(&in, IQ_STR("\xfc"));
	iq_buf_str(&in, IQ_STR(";\xe4\n"));
	assert_int_equal(iq_sheet_parse(IQ_FORM_CSV, IQ_STR("l.csv"),
				 (struct iq_str){(char *)in.p, in.n}, &r, &x.error),
		IQ_OK);
	assert_int_equal(
		x.text.n, strlen("[l.csv Windows-1252 ;]\n1:a|b\n2:") + 6000 + strlen("|ä\n"));
	end(&x);
	begin(&x);
	r.rows = 1; /* only so many */
	assert_int_equal(iq_sheet_parse(IQ_FORM_CSV, IQ_STR("l.csv"),
				 (struct iq_str){(char *)in.p, in.n}, &r, &x.error),
		IQ_OK);
	assert_string_equal(finish(&x), "[l.csv Windows-1252 ;]\n1:a|b\n");
	end(&x);
	iq_buf_free(&in);
}

static void book(const struct book_made *b, const char *out)
{
	struct pack_made z = {0};

	expect(IQ_FORM_XLSX, book_make(&z, b), out);
	iq_buf_free(&z.file);
}

#define ROW1 "<row r=\"1\">"

static void workbook_cells(void **state)
{
	(void)state;
	book(
		&(struct book_made){
			.sheet = BOOK_SHEET(ROW1
				"<c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"inlineStr\"><is>"
				"<t>Gültig ab</t></is></c></row><row r=\"2\"><c r=\"B2\" s=\"1\"/>"
				"</row><row r=\"4\"><c r=\"A4\" t=\"s\"><v>1</v></c><c r=\"B4\" "
				"s=\"2\">"
				"<v>0.5</v></c><c s=\"1\"><v>45717</v></c><c t=\"b\"><v>1</v></c>"
				"<c t=\"e\"><v>#REF!</v></c><c><f>1+1</f><v>145210010010</v></c>"
				"<c t=\"str\"><f>a</f><v>a_x000D__x0041_b</v></c><c><v>1.5</v></c>"
				"<c s=\"1\"><v>45717.5</v></c><c "
				"t=\"d\"><v>2025-03-01T00:00:00</v></c>"
				"</row><row r=\"5\"><c r=\"A5\" t=\"s\"><v>7</v></c></row>"),
			.strings =
				"<sst><si><t>Name</t></si><si><r><t>Erika </t></r><r><t>Mustermann"
				"</t></r><rPh><t>XX</t></rPh></si></sst>",
			.styles = "<styleSheet><numFmts><numFmt numFmtId=\"164\" "
				  "formatCode=\"[$-407]dd\\.mm\\.yyyy;@\"/></numFmts><cellStyleXfs>"
				  "<xf numFmtId=\"9\"/></cellStyleXfs><cellXfs><xf "
				  "numFmtId=\"0\"/><xf "
				  "numFmtId=\"164\"/><xf numFmtId=\"9\"/></cellXfs></styleSheet>"},
		"[l.xlsx/Kontakte]\n1:Name||Gültig ab\n4:Erika Mustermann|%50 %|@2025-03-01|!TRUE|"
		"E#REF!|#145210010010|aAb|#1.5|@2025-03-01 12:00:00|@2025-03-01\n");
}

/* Days as Excel counts them: 60 is the 29th of February 1900 that never was. */
static void workbook_dates(void **state)
{
	static const char sheet[] = BOOK_SHEET(ROW1
		"<c s=\"1\"><v>1</v></c><c s=\"1\"><v>59</v></c><c s=\"1\"><v>60</v></c><c s=\"1\">"
		"<v>61</v></c><c s=\"1\"><v>25569</v></c><c s=\"1\"><v>2958465</v></c><c s=\"1\">"
		"<v>2958466</v></c><c s=\"1\"><v>0.25</v></c><c s=\"1\"><v>-1</v></c></row>");
	static const char styles[] =
		"<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>"
		"</cellXfs></styleSheet>";

	(void)state;
	book(&(struct book_made){.sheet = sheet, .styles = styles},
		"[l.xlsx/Kontakte]\n1:@1900-01-01|@1900-02-28|@1900-02-29|@1900-03-01|@1970-01-01|"
		"@9999-12-31|#2958466|@06:00:00|#-1\n");
	book(&(struct book_made){.sheet = BOOK_SHEET(ROW1 "<c s=\"1\"><v>44255</v></c></row>"),
		     .styles = styles,
		     .workbook =
			     "<workbook><workbookPr date1904=\"1\"/><sheets><sheet name=\"K\" "
			     "state=\"hidden\" x:id=\"r1\" xmlns:x=\"y\"/></sheets></workbook>"},
		"[l.xlsx/K hidden]\n1:@2025-03-01\n");
}

static void workbooks_refused(void **state)
{
	static const struct {
		struct book_made made;
		const char *out;
	} rows[] = {
		{{.sheet = "<!DOCTYPE a [<!ENTITY x \"y\">]><worksheet/>"},
			"[l.xlsx/Kontakte]\nrejected: l.xlsx contains a document type declaration, "
			"which is refused: xl/worksheets/sheet1.xml.\n"},
		{{.strings = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><sst/>"},
			"rejected: l.xlsx contains a document type declaration, which is refused: "
			"sharedStrings.xml.\n"},
		{{.sheet = "<worksheet><sheetData>"}, "[l.xlsx/Kontakte]\nrejected: l.xlsx is "
						      "damaged: xl/worksheets/sheet1.xml is "
						      "not well-formed.\n"},
		{{.sheet = "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><"
			   "a>"
			   "<a><a><a><a><a><a><a><a><a>"},
			"[l.xlsx/Kontakte]\nrejected: l.xlsx is nested too deeply: "
			"xl/worksheets/sheet1.xml.\n"},
		{{.sheet = BOOK_SHEET("<row r=\"2\"><c><v>1</v></c></row><row r=\"2\"/>")},
			"[l.xlsx/Kontakte]\n2:#1\nrejected: l.xlsx is damaged: rows or cells of "
			"the "
			"sheet Kontakte are out of order.\n"},
		{{.sheet = BOOK_SHEET(ROW1 "<c r=\"B1\"/><c r=\"A1\"/></row>")},
			"[l.xlsx/Kontakte]\nrejected: l.xlsx is damaged: rows or cells of the "
			"sheet "
			"Kontakte are out of order.\n"},
		{{.rels = "<Relationships/>"}, "rejected: l.xlsx is no workbook of Excel.\n"},
		{{.workbook = "<workbook/>"}, "rejected: l.xlsx is no workbook of Excel.\n"},
		{{.workbook = "<workbook><sheets><sheet name=\"K\" r:id=\"r9\" "
			      "xmlns:r=\"r\"/></sheets></workbook>"},
			"[l.xlsx/K]\nrejected: l.xlsx does not contain K.\n"},
		{{.sheet = BOOK_SHEET(ROW1 "<c r=\"A1\"><v>1</v></c><c r=\"ZZ1\"><v>1</v></c></row>"
					   "<row r=\"2\"><c><v>2</v></c></row>")},
			"[l.xlsx/Kontakte]\n2:#2\n!l.xlsx/Kontakte:1 : There is a value in a "
			"column "
			"too far to the right.\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		book(&rows[i].made, rows[i].out);
	expect(IQ_FORM_XLSX, IQ_STR("PK\3\4 nothing"),
		"rejected: l.xlsx is damaged, or no .xlsx or .zip file at all.\n");
	expect(IQ_FORM_XLSX, IQ_STR(""), "rejected: l.xlsx is no workbook of Excel.\n");
}

/* What lies in the archive itself. */
static void archives_refused(void **state)
{
	struct pack_made bomb = {0}, twice = {0}, locked = {.flags = 1};
	struct iq_str good;

	(void)state;
	pack_add_run(&bomb, "xl/sharedStrings.xml", ' ', 20000);
	expect(IQ_FORM_XLSX, book_make(&bomb, &(struct book_made){.sheet = NULL}),
		"rejected: l.xlsx has two parts called xl/sharedStrings.xml.\n");
	iq_buf_free(&bomb.file);
	bomb = (struct pack_made){0};
	pack_add(&bomb, "_rels/.rels", book_rels, strlen(book_rels));
	pack_add_run(&bomb, "xl/workbook.xml", ' ', 20000);
	expect(IQ_FORM_XLSX, pack_finish(&bomb),
		"rejected: l.xlsx holds a part that grows out of proportion: xl/workbook.xml.\n");
	iq_buf_free(&bomb.file);
	pack_add(&twice, "a", "1", 1);
	pack_add(&twice, "A", "2", 1);
	good = pack_finish(&twice);
	expect(IQ_FORM_XLSX, good, "rejected: l.xlsx has two parts called A.\n");
	iq_buf_free(&twice.file);
	expect(IQ_FORM_XLSX, book_make(&locked, &(struct book_made){.sheet = NULL}),
		"rejected: l.xlsx is protected by a password.\n");
	iq_buf_free(&locked.file);
}

static void read_file(const char *name, struct iq_str bytes, const char *out)
{
	char path[] = "/tmp/iq-sheet-XXXXXX", file[128];
	struct seen x;
	struct iq_sheet_reader r = {.sheet = on_sheet, .row = on_row, .only = -1, .arg = &x};

	assert_non_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/%s", path, name);

	FILE *f = fopen(file, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
	assert_int_equal(fclose(f), 0);
	begin(&x);
	enum iq_err err = iq_sheet_read(file, &r, &x.error);

	assert_int_equal(err, x.error.code);
	assert_string_equal(finish(&x), out);
	end(&x);
	unlink(file);
	rmdir(path);
}

/* In a process of its own the same comes out. */
static void confined(void **state)
{
	struct pack_made z = {0};
	struct book_made b = {
		.sheet = BOOK_SHEET(ROW1 "<c t=\"inlineStr\"><is><t>ä</t></is></c></row>")};

	(void)state;
	read_file("l.XLSX", book_make(&z, &b), "[l.XLSX/Kontakte]\n1:ä\n");
	iq_buf_free(&z.file);
	z = (struct pack_made){0};
	b.sheet = "<!DOCTYPE a><worksheet/>";
	read_file("l.xlsx", book_make(&z, &b),
		"[l.xlsx/Kontakte]\nrejected: l.xlsx contains a document type declaration, which "
		"is "
		"refused: xl/worksheets/sheet1.xml.\n");
	iq_buf_free(&z.file);
	read_file("l.csv", IQ_STR("a;b\n1;\xe4\n"), "[l.csv Windows-1252 ;]\n1:a|b\n2:1|ä\n");
}

static void not_there(void **state)
{
	struct seen x;
	struct iq_sheet_reader r = {.sheet = on_sheet, .row = on_row, .only = -1, .arg = &x};

	(void)state;
	begin(&x);
	assert_int_equal(iq_sheet_read("/nowhere/l.xlsx", &r, &x.error), IQ_ERR_USAGE);
	assert_string_equal(finish(&x), "usage: There is no file or directory /nowhere/l.xlsx.\n");
	end(&x);
	begin(&x);
	assert_int_equal(iq_sheet_read("/nowhere/l.csv", &r, &x.error), IQ_ERR_USAGE);
	end(&x);
}

static void letters(void **state)
{
	char out[4];

	(void)state;
	assert_string_equal(iq_column_letters(0, out), "A");
	assert_string_equal(iq_column_letters(25, out), "Z");
	assert_string_equal(iq_column_letters(26, out), "AA");
	assert_string_equal(iq_column_letters(63, out), "BL");
	assert_string_equal(iq_column_letters(701, out), "ZZ");
	assert_string_equal(iq_column_letters(702, out), "AAA");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delimiters),
		cmocka_unit_test(cells),
		cmocka_unit_test(encodings),
		cmocka_unit_test(long_cells),
		cmocka_unit_test(workbook_cells),
		cmocka_unit_test(workbook_dates),
		cmocka_unit_test(workbooks_refused),
		cmocka_unit_test(archives_refused),
		cmocka_unit_test(confined),
		cmocka_unit_test(not_there),
		cmocka_unit_test(letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
