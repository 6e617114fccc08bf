/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "convert.h"
#include "excel.h"
#include "mapping.h"

/* ---- what is wanted ----------------------------------------------------------------------- */

static bool ends(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcasecmp(path + n - m, suffix) == 0;
}

/* "kontakte.csv", "contacts.csv" */
static enum iq_kind kind_of_file(struct iq_cli *cli, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;

	return iq_mapping_kind_of_name(
		(struct iq_str){name, strlen(name) - strlen(".csv")}, &cli->arena);
}

static enum iq_err read_encoding(struct iq_cli *cli, struct iq_conversion *out)
{
	const char *encoding = iq_opt(cli, IQ_OPT_ENCODING);

	out->excel = iq_opt_given(cli, IQ_OPT_FOR_EXCEL) || encoding != NULL;
	if (encoding == NULL || strcasecmp(encoding, "utf-8") == 0)
		return IQ_OK;
	out->cp1252 =
		strcasecmp(encoding, "windows-1252") == 0 || strcasecmp(encoding, "cp1252") == 0;
	return out->cp1252
		       ? IQ_OK
		       : iq_error_set(&cli->error, IQ_ERR_USAGE,
				 N_("\"{0}\" is not an encoding that Excel lists are written in."),
				 N_("Choose utf-8 or windows-1252."), encoding, NULL);
}

enum iq_err iq_conversion_plan(struct iq_cli *cli, const char *to, struct iq_conversion *out)
{
	enum iq_err err;

	*out = (struct iq_conversion){.to = to, .only = IQ_KINDS};
	if (ends(to, ".xlsx"))
		out->form = IQ_TARGET_XLSX;
	else if (ends(to, ".zip"))
		out->form = IQ_TARGET_ZIP;
	else if (ends(to, ".csv"))
		out->form = IQ_TARGET_CSV;
	err = read_encoding(cli, out);
	if (err != IQ_OK)
		return err;
	if ((out->form == IQ_TARGET_ZIP || out->form == IQ_TARGET_XLSX) &&
		(out->excel && (out->form == IQ_TARGET_ZIP || out->cp1252)))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--for-excel and --encoding are about CSV; {0} is none."),
			N_("Write to a folder or a .csv file, or leave them out."), to, NULL);
	if (out->form == IQ_TARGET_CSV) {
		out->only = kind_of_file(cli, to);
		if (out->only == IQ_KINDS)
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("A CSV file holds one table; the name {0} does not tell which."),
				N_("Name it after the table, as contacts.csv, or write .xlsx or a "
				   "folder."),
				to, NULL);
	}
	return IQ_OK;
}

bool iq_conversion_is_none(const struct iq_conversion *c)
{
	return c->form == IQ_TARGET_BUNDLE && !c->excel;
}

/* ---- tables ------------------------------------------------------------------------------- */

struct table {
	struct iq_cli *cli;
	enum iq_kind kind;
	const char **headers;
	size_t ncolumns;
	struct iq_str *cells;
	size_t nrows, cap;
	struct iq_buf *csv; /* instead of cells */
};

/* Headers as people of the language write them; both are understood when read again. */
static const char *header(struct iq_cli *cli, enum iq_kind kind, struct iq_str column)
{
	int col = iq_column_by_name(kind, column);

	if (cli->lang == IQ_LANG_DE && col >= 0)
		column = iq_mapping_header(kind, col);
	return iq_arena_cstr(&cli->arena, column);
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct table *t = arg;
	struct iq_str row[IQ_COLUMNS_MAX];

	t->kind = file->kind;
	t->ncolumns = n < IQ_COLUMNS_MAX ? n : IQ_COLUMNS_MAX;
	t->headers = iq_arena_array(&t->cli->arena, t->ncolumns + 1, sizeof(*t->headers));
	for (size_t i = 0; t->headers != NULL && i < t->ncolumns; i++) {
		t->headers[i] = header(t->cli, file->kind, columns[i]);
		row[i] = iq_str(t->headers[i]);
	}
	if (t->csv != NULL && t->headers != NULL) {
		iq_excel_csv_begin(t->csv);
		iq_excel_csv_row(t->csv, row, t->ncolumns);
	}
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct table *t = arg;

	(void)line;
	if (t->csv != NULL) {
		iq_excel_csv_row(t->csv, cells, n);
		return IQ_OK;
	}
	if (t->nrows == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 256;
		void *more = iq_arena_grow(&t->cli->arena, t->cells,
			t->cap * t->ncolumns * sizeof(*t->cells),
			cap * t->ncolumns * sizeof(*t->cells));

		if (more == NULL)
			return IQ_ERR_INTERNAL; /* the arena's failure is told at the end */
		t->cells = more;
		t->cap = cap;
	}
	for (size_t i = 0; i < t->ncolumns; i++)
		t->cells[t->nrows * t->ncolumns + i] =
			iq_arena_dup(&t->cli->arena, i < n ? cells[i] : IQ_STR(""));
	t->nrows++;
	return IQ_OK;
}

static enum iq_err open_bundle(struct iq_cli *cli, const char *dir, struct iq_bundle *out)
{
	return iq_bundle_open(&dir, 1, &cli->arena, out, &cli->error);
}

/* ---- targets ------------------------------------------------------------------------------ */

static enum iq_err put_in_place(struct iq_cli *cli, const char *from, const char *to)
{
	if (chmod(from, 0600) == 0 && rename(from, to) == 0) /* contacts are confidential */
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("{0} cannot be written: {1}."), NULL, to,
		strerror(errno), NULL);
}

static enum iq_err to_xlsx(struct iq_cli *cli, const char *dir, const char *to)
{
	struct iq_excel_sheet sheets[IQ_KINDS];
	struct iq_excel_book book = {.sheets = sheets};
	struct iq_bundle bundle;
	const char *part = iq_arena_printf(&cli->arena, "%s/book.xlsx", dir);
	enum iq_err err = open_bundle(cli, dir, &bundle);

	for (size_t i = 0; err == IQ_OK && i < bundle.nfiles; i++) {
		struct table t = {.cli = cli};
		const struct iq_bundle_reader reader = {on_header, on_row, NULL, &t};

		err = iq_bundle_read(&bundle.files[i], &reader, &cli->error);
		if (err != IQ_OK)
			break;

		struct iq_excel_column *columns =
			iq_arena_array(&cli->arena, t.ncolumns + 1, sizeof(*columns));
		const char *words = iq_map_sheets[t.kind];
		struct iq_str rest = iq_str(words), name = iq_str(iq_schemas[t.kind].file);

		if (columns == NULL)
			return IQ_ERR_INTERNAL;
		for (size_t c = 0; c < t.ncolumns; c++)
			columns[c] = (struct iq_excel_column){.header = t.headers[c]};
		if (cli->lang == IQ_LANG_DE && words != NULL)
			(void)iq_str_cut(&rest, '|', &name);
		sheets[book.nsheets++] = (struct iq_excel_sheet){
			iq_arena_cstr(&cli->arena, name), columns, t.ncolumns, t.cells, t.nrows};
	}
	if (err == IQ_OK)
		err = iq_excel_write(part, &book, &cli->error);
	return err == IQ_OK ? put_in_place(cli, part, to) : err;
}

/* One file of the bundle as CSV for Excel. */
static enum iq_err excel_csv(struct iq_cli *cli, const struct iq_bundle_file *file,
	const struct iq_conversion *c, const char *to)
{
	struct iq_buf csv, narrow;
	struct table t = {.cli = cli, .csv = &csv};
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, &t};
	const char *slash = strrchr(to, '/');
	struct iq_str text;

	iq_buf_init(&csv, 0);
	iq_buf_init(&narrow, 0);
	enum iq_err err = iq_bundle_read(file, &reader, &cli->error);

	text = (struct iq_str){(const char *)csv.p, csv.n};
	if (err == IQ_OK && c->cp1252) {
		err = iq_excel_to_cp1252(
			text, iq_str(slash != NULL ? slash + 1 : to), &narrow, &cli->error);
		text = (struct iq_str){(const char *)narrow.p, narrow.n};
	}
	if (csv.failed || narrow.failed)
		cli->out.failed = true;
	if (err == IQ_OK)
		err = iq_write_file(cli, to, text);
	iq_buf_free(&csv);
	iq_buf_free(&narrow);
	return err;
}

/* All files, or none: in Windows-1252 some may not be possible. */
static enum iq_err to_excel_folder(
	struct iq_cli *cli, const char *dir, const struct iq_conversion *c)
{
	struct iq_bundle bundle;
	enum iq_err err = open_bundle(cli, dir, &bundle);

	for (size_t i = 0; err == IQ_OK && i < bundle.nfiles; i++)
		err = excel_csv(cli, &bundle.files[i], c,
			iq_arena_printf(&cli->arena, "%s/%.*s.excel", dir,
				IQ_STR_ARG(bundle.files[i].name)));
	if (err == IQ_OK)
		err = iq_make_dirs(cli, c->to);
	for (size_t i = 0; err == IQ_OK && i < bundle.nfiles; i++) {
		const struct iq_bundle_file *f = &bundle.files[i];

		err = put_in_place(cli,
			iq_arena_printf(&cli->arena, "%s/%.*s.excel", dir, IQ_STR_ARG(f->name)),
			iq_arena_printf(&cli->arena, "%s/%.*s", c->to, IQ_STR_ARG(f->name)));
	}
	return err;
}

static enum iq_err to_csv(struct iq_cli *cli, const char *dir, const struct iq_conversion *c)
{
	struct iq_bundle bundle;
	enum iq_err err = open_bundle(cli, dir, &bundle);

	for (size_t i = 0; err == IQ_OK && i < bundle.nfiles; i++) {
		if (bundle.files[i].kind != c->only)
			continue;
		if (c->excel)
			return excel_csv(cli, &bundle.files[i], c, c->to);
		return put_in_place(cli, bundle.files[i].path.p, c->to);
	}
	return err != IQ_OK
		       ? err
		       : iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
				 N_("There are no such records; nothing was written."), NULL, NULL);
}

enum iq_err iq_convert(struct iq_cli *cli, const char *dir, const struct iq_conversion *c)
{
	const char *part = iq_arena_printf(&cli->arena, "%s/bundle.zip", dir);
	enum iq_err err;

	switch (c->form) {
	case IQ_TARGET_XLSX:
		return to_xlsx(cli, dir, c->to);
	case IQ_TARGET_CSV:
		return to_csv(cli, dir, c);
	case IQ_TARGET_ZIP:
		err = iq_bundle_zip(dir, part, &cli->error);
		return err == IQ_OK ? put_in_place(cli, part, c->to) : err;
	case IQ_TARGET_BUNDLE:
	default:
		return to_excel_folder(cli, dir, c);
	}
}
