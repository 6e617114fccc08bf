/* SPDX-License-Identifier: Apache-2.0 */
/* .xlsx by libxlsxwriter. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "excel.h"
#include "i18n.h"
#include "lib.h"
#include "utf8.h"

#ifndef __has_feature /* clang says it so, gcc with a macro */
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
/* libxlsxwriter 1.1.4 forgets the formula of a list of choices; leak checkers need not stop. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:lxw_strdup";
}
#endif

enum {
	WIDTH_MIN = 10,
	WIDTH_MAX = 60,
	LISTS_MAX = 256,
	TEXT_FORMAT = 49, /* "@": Excel leaves alone what is entered */
	HEADER_COLOUR = 0xd9e1f2,
	CREATED = 946684800 /* 2000-01-01: a date that does not change */
};

struct writing {
	const struct iq_lib_writer *lib;
	const struct iq_excel_book *book;
	lxw_workbook *workbook;
	lxw_format *header, *text, *wrapped;
	lxw_worksheet *lists;
	unsigned nlists;
	lxw_error err;
};

static void note(struct writing *w, lxw_error err)
{
	if (w->err == LXW_NO_ERROR)
		w->err = err;
}

/* Strings of the library end with NUL; cells are valid UTF-8 and short. */
static void put(struct writing *w, lxw_worksheet *sheet, lxw_row_t row, lxw_col_t col,
	struct iq_str s, lxw_format *format)
{
	char *c = s.n != 0 ? strndup(s.p, s.n) : NULL;

	if (c != NULL)
		note(w, w->lib->worksheet_write_string(sheet, row, col, c, format));
	else if (s.n != 0)
		note(w, LXW_ERROR_MEMORY_MALLOC_FAILED);
	free(c);
}

static unsigned characters(struct iq_str s)
{
	unsigned n = 0;

	while (s.n != 0)
		n += iq_utf8_next(&s) != 0;
	return n;
}

static double width_of(const struct iq_excel_sheet *s, size_t col)
{
	unsigned width = s->columns[col].width;

	if (width != 0)
		return width;
	width = characters(iq_str(s->columns[col].header)) + 4; /* the filter's arrow */
	for (size_t r = 0; r < s->nrows; r++) {
		unsigned n = characters(s->cells[r * s->ncolumns + col]) + 2;

		width = n > width ? n : width;
	}
	return width < WIDTH_MIN ? WIDTH_MIN : width > WIDTH_MAX ? WIDTH_MAX : width;
}

/* "=Listen!$B$1:$B$9"; the values go into a hidden sheet, which has no limit of length. */
static void put_list(struct writing *w, const struct iq_excel_column *c, char *formula, size_t size)
{
	char letters[4];

	for (size_t i = 0; i < c->nvalues; i++)
		put(w, w->lists, (lxw_row_t)i, (lxw_col_t)w->nlists, c->values[i], w->text);
	iq_column_letters(w->nlists, letters);

	const char *column = iq_column_letters(w->nlists++, letters);

	snprintf(formula, size, "='%s'!$%s$1:$%s$%zu", w->book->lists, column, column, c->nvalues);
}

static void add_choice(
	struct writing *w, lxw_worksheet *sheet, const struct iq_excel_sheet *s, size_t col)
{
	const struct iq_excel_column *c = &s->columns[col];
	char formula[128], title[33], message[200];
	lxw_data_validation v = {.validate = LXW_VALIDATION_TYPE_LIST_FORMULA,
		.value_formula = formula,
		.ignore_blank = LXW_VALIDATION_ON,
		.dropdown = LXW_VALIDATION_ON,
		.show_error = c->other_values ? LXW_VALIDATION_OFF : LXW_VALIDATION_ON,
		.error_title = title,
		.error_message = message};
	lxw_row_t last = (lxw_row_t)(s->nrows + w->book->spare);

	if (c->nvalues == 0 || w->nlists == LISTS_MAX || w->book->lists == NULL || last == 0)
		return;
	put_list(w, c, formula, sizeof(formula));
	snprintf(title, sizeof(title), "%.30s", _("Not in the list"));
	snprintf(message, sizeof(message), "%.190s", _("Please choose a value of the list."));
	note(w, w->lib->worksheet_data_validation_range(
			sheet, 1, (lxw_col_t)col, last, (lxw_col_t)col, &v));
}

static void write_sheet(struct writing *w, lxw_worksheet *sheet, const struct iq_excel_sheet *s)
{
	for (size_t c = 0; c < s->ncolumns; c++) {
		note(w, w->lib->worksheet_set_column(
				sheet, (lxw_col_t)c, (lxw_col_t)c, width_of(s, c), w->text));
		put(w, sheet, 0, (lxw_col_t)c, iq_str(s->columns[c].header), w->header);
		add_choice(w, sheet, s, c);
	}
	for (size_t r = 0; r < s->nrows; r++)
		for (size_t c = 0; c < s->ncolumns; c++)
			put(w, sheet, (lxw_row_t)r + 1, (lxw_col_t)c, s->cells[r * s->ncolumns + c],
				w->text);
	w->lib->worksheet_freeze_panes(sheet, 1, 0);
	if (s->ncolumns != 0)
		note(w, w->lib->worksheet_autofilter(
				sheet, 0, 0, (lxw_row_t)s->nrows, (lxw_col_t)(s->ncolumns - 1)));
}

static void explain(struct writing *w, lxw_worksheet *sheet)
{
	const struct iq_excel_book *b = w->book;
	lxw_row_t row = 0;

	note(w, w->lib->worksheet_set_column(sheet, 0, 0, 28, w->text));
	note(w, w->lib->worksheet_set_column(sheet, 1, 1, 90, w->wrapped));
	for (const char *const *line = b->introduction; line != NULL && *line != NULL; line++)
		put(w, sheet, row++, 0, iq_str(*line), w->text);
	for (size_t s = 0; s < b->nsheets; s++) {
		row += row != 0;
		put(w, sheet, row++, 0, iq_str(b->sheets[s].name), w->header);
		for (size_t c = 0; c < b->sheets[s].ncolumns; c++) {
			const struct iq_excel_column *column = &b->sheets[s].columns[c];

			if (column->explanation == NULL)
				continue;
			put(w, sheet, row, 0, iq_str(column->header), w->text);
			put(w, sheet, row++, 1, iq_str(column->explanation), w->wrapped);
		}
	}
}

static void add_formats(struct writing *w)
{
	w->header = w->lib->workbook_add_format(w->workbook);
	w->text = w->lib->workbook_add_format(w->workbook);
	w->wrapped = w->lib->workbook_add_format(w->workbook);
	w->lib->format_set_bold(w->header);
	w->lib->format_set_bg_color(w->header, HEADER_COLOUR);
	w->lib->format_set_border(w->header, LXW_BORDER_THIN);
	w->lib->format_set_num_format_index(w->header, TEXT_FORMAT);
	w->lib->format_set_num_format_index(w->text, TEXT_FORMAT);
	w->lib->format_set_num_format_index(w->wrapped, TEXT_FORMAT);
	w->lib->format_set_text_wrap(w->wrapped);
	w->lib->format_set_align(w->wrapped, LXW_ALIGN_VERTICAL_TOP);
}

/* The sheets in order: tables, explanations, values. False: a name Excel does not take. */
static bool add_sheets(struct writing *w)
{
	const struct iq_excel_book *b = w->book;
	lxw_worksheet *tables[16] = {NULL}, *explanations = NULL;
	bool choices = b->nvalues != 0;

	for (size_t i = 0; i < b->nsheets; i++) {
		tables[i] = w->lib->workbook_add_worksheet(w->workbook, b->sheets[i].name);
		if (tables[i] == NULL)
			return false;
		for (size_t c = 0; c < b->sheets[i].ncolumns; c++)
			choices = choices || b->sheets[i].columns[c].nvalues != 0;
	}
	if (b->explanations != NULL) {
		explanations = w->lib->workbook_add_worksheet(w->workbook, b->explanations);
		if (explanations == NULL)
			return false;
	}
	if (choices && b->lists != NULL) {
		w->lists = w->lib->workbook_add_worksheet(w->workbook, b->lists);
		if (w->lists == NULL)
			return false;
		w->lib->worksheet_hide(w->lists);
	}
	for (size_t i = 0; i < b->nsheets; i++)
		write_sheet(w, tables[i], &b->sheets[i]);
	for (size_t i = 0; w->lists != NULL && i < b->nvalues; i++)
		put(w, w->lists, (lxw_row_t)i, (lxw_col_t)w->nlists, b->values[i], w->text);
	if (explanations != NULL)
		explain(w, explanations);
	return true;
}

static enum iq_err cannot_write(const char *path, const char *why, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("Cannot write {0}: {1}."),
		N_("Check the path and the permissions of the folder."), path, why, NULL);
}

enum iq_err iq_excel_write(
	const char *path, const struct iq_excel_book *book, struct iq_error *error)
{
	struct writing w = {.lib = iq_lib_writer(), .book = book};
	lxw_workbook_options options = {.constant_memory = LXW_FALSE};
	lxw_doc_properties properties = {.created = CREATED};
	char part[4096];

	if (w.lib == NULL)
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("{0} cannot be written: the library {1} is not installed."),
			N_("Install the Debian package of that library, or write CSV."), path,
			"libxlsxwriter", NULL);
	if (book->nsheets == 0 || book->nsheets > 16 ||
		snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return cannot_write(path, strerror(ENAMETOOLONG), error);

	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) /* the library would complain by itself, and only later */
		return cannot_write(path, strerror(errno), error);
	close(fd);
	w.workbook = w.lib->workbook_new_opt(part, &options);
	if (w.workbook == NULL)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);

	char *title = book->title != NULL ? strdup(book->title) : NULL;

	properties.title = title;
	add_formats(&w);
	note(&w, w.lib->workbook_set_properties(w.workbook, &properties));

	bool named = add_sheets(&w);
	lxw_error closed = w.lib->workbook_close(w.workbook); /* frees it, too */

	free(title);
	note(&w, closed);
	if (!named || w.err != LXW_NO_ERROR) {
		unlink(part);
		return cannot_write(path,
			w.lib->lxw_strerror(named ? w.err : LXW_ERROR_INVALID_SHEETNAME_CHARACTER),
			error);
	}
	if (rename(part, path) != 0) {
		int err = errno;

		unlink(part);
		return cannot_write(path, strerror(err), error);
	}
	return IQ_OK;
}
