/* SPDX-License-Identifier: Apache-2.0 */
/* All tables as a workbook. Every cell is a string: nothing is a formula, a number or a link. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib.h"
#include "report_priv.h"

enum {
	SHEET_NAME = 31, /* characters */
	CELL_BYTES = 32000,
	HEADER_COLOUR = 0xeef1f5,
	CREATED = 946684800, /* 2000-01-01: a date that does not change */
	PAPER_A4 = 9,
	TASK_WIDTH = 44,
	CELL_WIDTH = 16,
	TEXT_WIDTH_MAX = 60,
	FRAGMENTS = 2 * (IQ_REPORT_GROUPS + 2) * 4
};

struct writing {
	struct iq_report_out *o;
	const struct iq_lib_writer *lib;
	lxw_workbook *workbook;
	lxw_format *header, *text, *bold, *plain;
	lxw_format *back[IQ_REPORT_GROUPS], *ink[IQ_REPORT_GROUPS];
	lxw_error err;
};

static void note(struct writing *w, lxw_error err)
{
	if (w->err == LXW_NO_ERROR)
		w->err = err;
}

/* Visible and not longer than Excel takes; NULL without memory. */
static const char *cell_text(struct writing *w, struct iq_str s)
{
	struct iq_str v = iq_report_visible(w->o, s);

	if (v.n <= CELL_BYTES)
		return v.p != NULL ? v.p : "";
	v.n = CELL_BYTES;
	while (v.n != 0 && (v.p[v.n] & 0xc0) == 0x80)
		v.n--;
	return iq_arena_printf(&w->o->mem, "%.*s…", IQ_STR_ARG(v));
}

static void put(struct writing *w, lxw_worksheet *sheet, size_t row, size_t col, struct iq_str s,
	lxw_format *format)
{
	const char *c = cell_text(w, s);

	if (c == NULL)
		note(w, LXW_ERROR_MEMORY_MALLOC_FAILED);
	else if (*c != '\0')
		note(w, w->lib->worksheet_write_string(
				sheet, (lxw_row_t)row, (lxw_col_t)col, c, format));
	else
		note(w, w->lib->worksheet_write_blank(
				sheet, (lxw_row_t)row, (lxw_col_t)col, format));
}

static lxw_format *wrapped(struct writing *w)
{
	lxw_format *f = w->lib->workbook_add_format(w->workbook);

	w->lib->format_set_text_wrap(f);
	w->lib->format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
	w->lib->format_set_border(f, LXW_BORDER_THIN);
	w->lib->format_set_num_format_index(f, 49); /* "@": text */
	return f;
}

static void add_formats(struct writing *w)
{
	w->text = wrapped(w);
	w->bold = wrapped(w);
	w->lib->format_set_bold(w->bold);
	w->header = wrapped(w);
	w->lib->format_set_bold(w->header);
	w->lib->format_set_bg_color(w->header, HEADER_COLOUR);
	w->plain = w->lib->workbook_add_format(w->workbook);
	for (size_t i = 0; i < iq_report_ngroups(w->o->doc); i++) {
		struct iq_report_colour c = iq_report_colour(w->o->doc->groups[i].colour);

		w->back[i] = wrapped(w);
		w->lib->format_set_bold(w->back[i]);
		w->lib->format_set_bg_color(w->back[i], c.back);
		w->lib->format_set_font_color(w->back[i], c.text);
		w->ink[i] = w->lib->workbook_add_format(w->workbook);
		w->lib->format_set_bold(w->ink[i]);
		w->lib->format_set_font_color(w->ink[i], c.ink);
	}
}

/* Up to a colon, without what Excel takes in no name, at most 31 characters. */
static const char *sheet_name(struct writing *w, const char *title)
{
	char *name = iq_arena_cstr(&w->o->mem, iq_str(title));
	size_t n = 0, characters = 0;

	if (name == NULL)
		return "";
	for (; name[n] != '\0' && name[n] != ':'; n++) {
		characters += (name[n] & 0xc0) != 0x80;
		if (characters > SHEET_NAME)
			break;
		if (strchr("[]*?/\\'", name[n]) != NULL)
			name[n] = ' ';
	}
	name[n] = '\0';
	return name;
}

static lxw_worksheet *add_sheet(struct writing *w, const char *title)
{
	lxw_worksheet *sheet = w->lib->workbook_add_worksheet(w->workbook, sheet_name(w, title));

	if (sheet == NULL) {
		note(w, LXW_ERROR_INVALID_SHEETNAME_CHARACTER);
		return NULL;
	}
	w->lib->worksheet_set_landscape(sheet);
	w->lib->worksheet_set_paper(sheet, PAPER_A4);
	w->lib->worksheet_fit_to_pages(sheet, 1, 0);
	return sheet;
}

/* The head stays in sight and on every page; rows can be chosen. */
static void finish_sheet(
	struct writing *w, lxw_worksheet *sheet, size_t nrows, size_t ncolumns, size_t frozen)
{
	w->lib->worksheet_freeze_panes(sheet, 1, (lxw_col_t)frozen);
	note(w, w->lib->worksheet_repeat_rows(sheet, 0, 0));
	if (ncolumns != 0)
		note(w, w->lib->worksheet_autofilter(
				sheet, 0, 0, (lxw_row_t)nrows, (lxw_col_t)(ncolumns - 1)));
}

/* ---- matrix ------------------------------------------------------------------------------- */

struct rich {
	lxw_rich_string_tuple tuples[FRAGMENTS], *list[FRAGMENTS + 1];
	size_t n;
};

static void add_fragment(struct writing *w, struct rich *r, struct iq_str s, lxw_format *format)
{
	const char *c = cell_text(w, s);

	if (c == NULL || *c == '\0' || r->n == FRAGMENTS)
		return;
	r->tuples[r->n].format = format;
	r->tuples[r->n].string = (char *)c; /* read only */
	r->list[r->n] = &r->tuples[r->n];
	r->list[++r->n] = NULL;
}

static void add_entry(struct writing *w, struct rich *r, const struct iq_report_entry *e)
{
	struct iq_report_out *o = w->o;
	const char *mark = iq_report_has(e->condition) ? "*" : e->possible ? "?" : "";
	bool any = true;

	if ((unsigned)e->role >= IQ_ROLES)
		return;
	add_fragment(w, r,
		iq_str(iq_arena_printf(
			&o->mem, "%s%s", r->n != 0 ? "; " : "", iq_report_symbols[e->role])),
		w->plain);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		if ((e->groups >> i & 1) == 0)
			continue;
		add_fragment(w, r, IQ_STR(" "), w->plain);
		add_fragment(w, r, o->doc->groups[i].letter, w->ink[i]);
		any = false;
	}
	add_fragment(w, r,
		iq_str(iq_arena_printf(
			&o->mem, "%s%s%s", any ? " " : "", any ? iq_rw(o, IQ_RW_ALL) : "", mark)),
		w->plain);
}

/* The only group of a cell, or IQ_REPORT_GROUPS. */
static size_t only_group(const struct iq_report_cell *cell)
{
	if (cell->nentries == 1)
		for (size_t i = 0; i < IQ_REPORT_GROUPS; i++)
			if (cell->entries[0].groups == (uint32_t)1 << i)
				return i;
	return IQ_REPORT_GROUPS;
}

/* One group: on its colour; several: each letter in its colour. */
static void put_cell(struct writing *w, lxw_worksheet *sheet, size_t row, size_t col,
	const struct iq_report_cell *cell)
{
	size_t only = only_group(cell);
	struct rich r = {.n = 0};

	for (size_t i = 0; i < cell->nentries; i++)
		add_entry(w, &r, &cell->entries[i]);
	if (only < iq_report_ngroups(w->o->doc))
		put(w, sheet, row, col, iq_report_cell_text(w->o, cell), w->back[only]);
	else if (r.n >= 2)
		note(w, w->lib->worksheet_write_rich_string(
				sheet, (lxw_row_t)row, (lxw_col_t)col, r.list, w->text));
	else
		put(w, sheet, row, col, iq_report_cell_text(w->o, cell), w->text);
}

static void write_matrix(struct writing *w, lxw_worksheet *sheet)
{
	const struct iq_report_matrix *m = &w->o->doc->matrix;
	enum iq_lang lang = w->o->lang;

	note(w, w->lib->worksheet_set_column(sheet, 0, 0, TASK_WIDTH, NULL));
	put(w, sheet, 0, 0, iq_str(iq_rw(w->o, IQ_RW_TASK)), w->header);
	if (m->ncolumns != 0)
		note(w, w->lib->worksheet_set_column(
				sheet, 1, (lxw_col_t)m->ncolumns, CELL_WIDTH, NULL));
	for (size_t c = 0; c < m->ncolumns; c++)
		put(w, sheet, 0, c + 1, iq_report_in(m->columns[c].name, lang), w->header);
	for (size_t r = 0; r < m->nrows; r++) {
		const struct iq_report_row *row = &m->rows[r];
		const char *name = iq_arena_printf(&w->o->mem, "%*s%.*s%s%s", 2 * (int)row->depth,
			"", IQ_STR_ARG(iq_report_in(row->name, lang)),
			(row->marks & IQ_REPORT_GAP) != 0 ? " ▲" : "",
			(row->marks & IQ_REPORT_OVERLAP) != 0 ? " ◆" : "");

		put(w, sheet, r + 1, 0, iq_str(name), w->bold);
		for (size_t c = 0; c < m->ncolumns; c++)
			put_cell(w, sheet, r + 1, c + 1, &m->cells[r * m->ncolumns + c]);
	}
	finish_sheet(w, sheet, m->nrows, m->ncolumns + 1, 1);
}

/* ---- other tables ------------------------------------------------------------------------- */

static size_t characters(struct iq_str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static double width_of(const struct iq_report_flat *f, size_t col)
{
	size_t width = characters(f->header[col]) + 4;

	for (size_t r = 0; r < f->nrows; r++) {
		size_t n = characters(f->cells[r * f->ncolumns + col]) + 2;

		width = n > width ? n : width;
	}
	return (double)(width > TEXT_WIDTH_MAX ? TEXT_WIDTH_MAX : width);
}

static void write_table(
	struct writing *w, lxw_worksheet *sheet, const struct iq_report_flat *f, unsigned table)
{
	for (size_t c = 0; c < f->ncolumns; c++) {
		note(w, w->lib->worksheet_set_column(
				sheet, (lxw_col_t)c, (lxw_col_t)c, width_of(f, c), NULL));
		put(w, sheet, 0, c, f->header[c], w->header);
	}
	for (size_t r = 0; r < f->nrows; r++)
		for (size_t c = 0; c < f->ncolumns; c++) {
			bool letter = table == IQ_REPORT_LEGEND && c == 0 && r >= IQ_ROLES &&
				      r - IQ_ROLES < iq_report_ngroups(w->o->doc);

			put(w, sheet, r + 1, c, f->cells[r * f->ncolumns + c],
				letter ? w->back[r - IQ_ROLES] : w->text);
		}
	finish_sheet(w, sheet, f->nrows, f->ncolumns, 0);
}

static void put_pair(
	struct writing *w, lxw_worksheet *sheet, size_t *row, enum iq_rw word, struct iq_str value)
{
	if (value.n == 0)
		return;
	put(w, sheet, *row, 0, iq_str(iq_rw(w->o, word)), w->bold);
	put(w, sheet, (*row)++, 1, value, w->text);
}

static void write_about(struct writing *w, lxw_worksheet *sheet, const char *sum)
{
	struct iq_report_out *o = w->o;
	const struct iq_report *doc = o->doc;
	bool closed = doc->edition != IQ_REPORT_PUBLIC;
	size_t row = 0;

	note(w, w->lib->worksheet_set_column(sheet, 0, 0, 24, NULL));
	note(w, w->lib->worksheet_set_column(sheet, 1, 1, 90, NULL));
	put_pair(w, sheet, &row, IQ_RW_ABOUT, iq_report_in(doc->title, o->lang));
	put_pair(w, sheet, &row, IQ_RW_EDITION, iq_str(iq_report_edition_name(o)));
	if (closed) {
		put_pair(w, sheet, &row, IQ_RW_RECIPIENT, doc->recipient);
		put_pair(w, sheet, &row, IQ_RW_DESTROY_BY, iq_report_date(o, doc->destroy_by));
	}
	put_pair(w, sheet, &row, IQ_RW_AS_OF, iq_report_date(o, doc->date));
	put_pair(w, sheet, &row, IQ_RW_REVISION,
		iq_str(iq_arena_printf(&o->mem, "%llu", (unsigned long long)doc->revision)));
	put_pair(w, sheet, &row, IQ_RW_CHANGES, iq_report_compared(o));
	for (size_t i = 0; i < iq_report_nprivacy(doc); i++)
		put_pair(w, sheet, &row, IQ_RW_PRIVACY, iq_report_privacy(o, i));
	put_pair(w, sheet, &row, IQ_RW_CHECKSUM, iq_str(sum));
}

static void add_sheets(struct writing *w, const char *sum)
{
	static const unsigned order[] = {IQ_REPORT_MATRIX, IQ_REPORT_LEGEND, IQ_REPORT_GAPS,
		IQ_REPORT_OVERLAPS, IQ_REPORT_NOTICES, IQ_REPORT_DUTIES, IQ_REPORT_CONTACTS,
		IQ_REPORT_GUIDE, IQ_REPORT_MINUTES, IQ_REPORT_COMMITMENTS, IQ_REPORT_CHANGES};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && w->err == LXW_NO_ERROR; i++) {
		struct iq_report_flat f;
		lxw_worksheet *sheet;

		if (!iq_report_present(w->o->doc, order[i]))
			continue;
		if (!iq_report_flatten(w->o, order[i], &f)) {
			note(w, LXW_ERROR_MEMORY_MALLOC_FAILED);
			return;
		}
		sheet = add_sheet(w, f.name);
		if (sheet != NULL && order[i] == IQ_REPORT_MATRIX)
			write_matrix(w, sheet);
		else if (sheet != NULL)
			write_table(w, sheet, &f, order[i]);
	}

	lxw_worksheet *about = add_sheet(w, iq_rw(w->o, IQ_RW_ABOUT));

	if (about != NULL)
		write_about(w, about, sum);
}

static enum iq_err cannot_write(const char *path, const char *why, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("Cannot write {0}: {1}."),
		N_("Check the path and the permissions of the folder."), path, why, NULL);
}

/* Writes to `part`; the reason if that fails. */
static const char *write_book(struct writing *w, const char *part, const char *sum)
{
	lxw_workbook_options options = {.constant_memory = LXW_FALSE};
	lxw_doc_properties properties = {.created = CREATED};
	const char *title = cell_text(w, iq_report_in(w->o->doc->title, w->o->lang));
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0) /* the library would complain by itself, and only later */
		return strerror(errno);
	close(fd);
	w->workbook = w->lib->workbook_new_opt(part, &options);
	if (w->workbook == NULL)
		return strerror(ENOMEM);
	properties.title = iq_arena_cstr(&w->o->mem, iq_str(title));
	if (properties.title != NULL && strlen(properties.title) <= 255)
		note(w, w->lib->workbook_set_properties(w->workbook, &properties));
	add_formats(w);
	add_sheets(w, sum);

	lxw_error closed = w->lib->workbook_close(w->workbook); /* frees it, too */

	note(w, closed);
	return w->err != LXW_NO_ERROR ? w->lib->lxw_strerror(w->err) : NULL;
}

enum iq_err iq_report_xlsx(
	const struct iq_report *doc, enum iq_lang lang, const char *path, struct iq_error *error)
{
	char part[4096], sum[IQ_REPORT_SUM];
	struct iq_report_out o;
	struct writing w = {.o = &o, .lib = iq_lib_writer()};
	enum iq_err err = iq_report_checksum(doc, sum, error);

	if (err != IQ_OK)
		return err;
	if (w.lib == NULL)
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("{0} cannot be written: the library {1} is not installed."),
			N_("Install the Debian package of that library, or write CSV."), path,
			"libxlsxwriter", NULL);
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		return cannot_write(path, strerror(ENAMETOOLONG), error);
	iq_report_begin(&o, doc, lang, NULL);

	const char *why = write_book(&w, part, sum);

	if (why == NULL && rename(part, path) != 0)
		why = strerror(errno);
	err = iq_report_end(&o, error);
	if (why != NULL || err != IQ_OK)
		unlink(part);
	return err == IQ_OK && why != NULL ? cannot_write(path, why, error) : err;
}
