/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180) in one pass over a sliding buffer. A row is scanned without being changed, so
 * that it can be scanned again after more was read or given up at its first line; only then
 * doubled quotes are undone in place. By hand and not with libcsv, which copies each cell, cannot
 * say in which line a row began, goes no further after a bad quote, and is too slow by half.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "csv_read.h"
#include "i18n.h"
#include "utf8.h"

enum { ROW_MAX = 1 << 20 }; /* bytes of a row with everything quoted in it */

enum scan { SCAN_ROW, SCAN_MORE, SCAN_BAD };

void iq_csv_problem(struct iq_csv *s, size_t cell, struct iq_str value, const char *text,
	size_t arg0, size_t arg1)
{
	char a[24], b[24];
	int na = snprintf(a, sizeof(a), "%zu", arg0), nb = snprintf(b, sizeof(b), "%zu", arg1);
	const struct iq_problem p = {.file = s->name,
		.line = s->line,
		.column = cell < IQ_CSV_COLUMNS && cell < s->ncolumns ? s->columns[cell]
								      : (struct iq_str){"", 0},
		.value = value,
		.text = text,
		.args = {{a, (size_t)na}, {b, (size_t)nb}},
		.nargs = 2};

	iq_error_add_problem(s->error, &p);
}

/* Reads once more: moves what is left to the front, then fills the buffer. */
static enum iq_err refill(struct iq_csv *s)
{
	if (s->start == 0 && s->end == s->cap) {
		const size_t cap = s->cap ? s->cap * 2 : s->first;
		char *p = cap > s->cap ? realloc(s->buf, cap) : NULL;

		if (p == NULL)
			return iq_error_set(
				s->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
		s->buf = p;
		s->cap = cap;
	}
	if (s->start != 0)
		memmove(s->buf, s->buf + s->start, s->end - s->start);
	s->end -= s->start;
	s->start = 0;
	while (!s->eof && s->end < s->cap) {
		size_t n = 0;
		enum iq_err err = s->read(s->ctx, s->buf + s->end, s->cap - s->end, &n, s->error);

		if (err != IQ_OK)
			return err;
		s->eof = n == 0;
		s->end += n;
	}
	return IQ_OK;
}

/* Records the cell and gives the position behind it. */
static void keep_cell(struct iq_csv *s, const char *from, const char *to, bool doubled)
{
	if (s->ncells < IQ_CSV_COLUMNS) {
		s->cells[s->ncells] = (struct iq_str){from, (size_t)(to - from)};
		s->doubled |= (uint64_t)doubled << s->ncells;
	}
	s->ncells++;
}

/* At p: the rest of a quoted cell. Returns the position behind its closing quote, or NULL. */
static const char *scan_quoted(struct iq_csv *s, const char *p, const char *end)
{
	const char *from = p;
	bool doubled = false;

	for (;;) {
		const char *quote = p < end ? memchr(p, '"', (size_t)(end - p)) : NULL;

		if (quote == NULL || (quote + 1 == end && !s->eof))
			return NULL;
		p = quote + 1;
		if (p == end || *p != '"') {
			keep_cell(s, from, quote, doubled);
			for (const char *nl = from;
				(nl = memchr(nl, '\n', (size_t)(quote - nl))) != NULL; nl++)
				s->newlines++;
			return p;
		}
		doubled = true;
		p++;
	}
}

/* At p: an unquoted cell. Returns the position of what ends it, or NULL if it is not there. */
static const char *scan_plain(struct iq_csv *s, const char *p, const char *end)
{
	const char *from = p;

	while (p < end && !s->special[(uint8_t)*p])
		p++;
	if (p == end && !s->eof)
		return NULL;
	keep_cell(s, from, p, false);
	return p;
}

/* At p: what follows a cell. Sets row_end at the end of a row; *p moves to the next cell. */
static enum scan scan_separator(struct iq_csv *s, const char **at, const char *end, bool quoted)
{
	const char *p = *at;

	if (p < end && *p == s->delimiter) {
		*at = p + 1;
		return SCAN_ROW;
	}
	if (p < end && *p == '\r') {
		p++;
		if (p == end && !s->eof)
			return SCAN_MORE;
	}
	if (p == end || *p == '\n') {
		s->row_end = (size_t)(p - s->buf) + (p < end);
		return SCAN_ROW;
	}
	s->bad_cell = s->ncells - 1;
	if (quoted)
		s->bad = N_("There is text after the closing quotation mark of a cell.");
	else if (*p == '"')
		s->bad = N_("There is a quotation mark inside a cell that is not quoted.");
	else
		s->bad = N_("There is a carriage return inside a cell that is not quoted.");
	return SCAN_BAD;
}

/* Scans the row at `start`. */
static enum scan scan_row(struct iq_csv *s)
{
	const char *p = s->buf + s->start, *end = s->buf + s->end;

	s->ncells = 0;
	s->doubled = 0;
	s->newlines = 0;
	s->row_end = 0;
	for (;;) {
		bool quoted = p < end && *p == '"' && s->quotes;

		p = quoted ? scan_quoted(s, p + 1, end) : scan_plain(s, p, end);
		if (p == NULL)
			return SCAN_MORE;

		enum scan scan = scan_separator(s, &p, end, quoted);

		if (scan != SCAN_ROW || s->row_end != 0)
			return scan;
	}
}

/* Scans a row, reading more as needed. SCAN_MORE: the end; *err says whether reading failed. */
static enum scan next_row(struct iq_csv *s, enum iq_err *err)
{
	*err = IQ_OK;
	for (;;) {
		if (s->eof && s->start == s->end)
			return SCAN_MORE;

		enum scan scan = scan_row(s);

		if (scan != SCAN_MORE)
			return scan;
		s->bad_cell = s->ncells;
		if (s->eof) {
			s->bad = N_("A quotation mark opens a cell and none closes it.");
			return SCAN_BAD;
		}
		if (s->end - s->start >= ROW_MAX) {
			s->bad = N_("The row is longer than {0} bytes, or a quotation mark opens "
				    "a cell and none closes it.");
			return SCAN_BAD;
		}
		*err = refill(s);
		if (*err != IQ_OK)
			return SCAN_MORE;
	}
}

/* Goes behind the first line end: a row whose quotes are wrong ends there at the latest. */
static enum iq_err skip_line(struct iq_csv *s)
{
	for (;;) {
		const char *nl = memchr(s->buf + s->start, '\n', s->end - s->start);

		if (nl != NULL) {
			s->start = (size_t)(nl - s->buf) + 1;
			s->line++;
			return IQ_OK;
		}
		s->start = s->end;
		if (s->eof)
			return IQ_OK;

		enum iq_err err = refill(s);

		if (err != IQ_OK)
			return err;
	}
}

/* Makes one quote of each two; the cell lies in the buffer. */
static struct iq_str undouble(struct iq_csv *s, struct iq_str cell)
{
	char *out = s->buf + (cell.p - s->buf);
	size_t n = 0;

	for (size_t i = 0; i < cell.n; i++) {
		out[n++] = cell.p[i];
		if (cell.p[i] == '"')
			i++;
	}
	return (struct iq_str){out, n};
}

/* The cells as they are meant, each within its bounds; false: problems were added. */
bool iq_csv_finish(struct iq_csv *s)
{
	size_t n = s->ncells < IQ_CSV_COLUMNS ? s->ncells : IQ_CSV_COLUMNS;
	const struct iq_str row = {s->buf + s->start, s->row_end - s->start};
	bool utf8 = iq_utf8_valid(row), ok = true;

	for (size_t i = 0; i < n; i++) {
		if ((s->doubled >> i & 1) != 0)
			s->cells[i] = undouble(s, s->cells[i]);

		const struct iq_str cell = s->cells[i];

		if (cell.n > IQ_LIMIT_CELL) {
			iq_csv_problem(s, i, cell, N_("The cell has {0} bytes; {1} is the limit."),
				cell.n, IQ_LIMIT_CELL);
			ok = false;
		}
		if (utf8 || iq_utf8_valid(cell))
			continue;
		ok = false;
		iq_csv_problem(s, i, cell,
			memchr(cell.p, '\0', cell.n) != NULL
				? N_("The cell contains a NUL byte.")
				: N_("The cell is not UTF-8; the file was probably saved in "
				     "another encoding."),
			0, 0);
	}
	return ok && (utf8 || s->ncells <= n);
}

static bool is_blank(const struct iq_csv *s)
{
	char first = s->start < s->end ? s->buf[s->start] : '\n';

	return s->ncells == 1 && s->cells[0].n == 0 && (first != '"' || !s->quotes);
}

bool iq_csv_columns(struct iq_csv *s)
{
	size_t n = s->ncells < IQ_CSV_COLUMNS ? s->ncells : IQ_CSV_COLUMNS;

	for (size_t i = 0; i < n; i++) {
		s->columns[i] = iq_arena_dup(&s->arena, s->cells[i]);
		if (s->columns[i].p == NULL)
			return false;
	}
	s->ncolumns = n;
	return true;
}

static enum iq_err read_rows(struct iq_csv *s)
{
	const struct iq_str none = {"", 0};
	enum iq_err err = refill(s);

	if (err == IQ_OK && s->begin != NULL)
		err = s->begin(s);
	while (err == IQ_OK) {
		enum scan scan = next_row(s, &err);

		if (scan == SCAN_MORE)
			break;
		if (scan == SCAN_BAD) {
			iq_csv_problem(s, s->bad_cell, none, s->bad, ROW_MAX, 0);
			err = s->ncolumns ? skip_line(s) : IQ_ERR_REJECTED;
		} else {
			if (!is_blank(s))
				err = s->row(s);
			s->start = s->row_end;
			s->line += 1 + s->newlines;
		}
	}
	return err;
}

enum iq_err iq_csv_run(struct iq_csv *s)
{
	const uint64_t before = s->error->problems_total;

	iq_arena_init(&s->arena, 0);
	s->line = 1;
	s->special[(uint8_t)s->delimiter] = s->special['\n'] = s->special['\r'] = true;
	s->special['"'] = s->quotes;

	enum iq_err err = read_rows(s);

	if (err == IQ_OK && s->ncolumns == 0 && s->error->problems_total == before) {
		const struct iq_str none = {"", 0};

		s->line = 1;
		iq_csv_problem(s, IQ_CSV_COLUMNS, none,
			N_("The file is empty; a first line with the names of the columns is "
			   "expected."),
			0, 0);
	}
	free(s->buf);
	iq_arena_free(&s->arena);
	return err == IQ_OK && s->error->problems_total != before ? IQ_ERR_REJECTED : err;
}
