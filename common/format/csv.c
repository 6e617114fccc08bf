/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CSV (RFC 4180) in one pass over a sliding buffer. A row is scanned without being changed, so
 * that it can be scanned again after more was read or given up at its first line; only then
 * doubled quotes are undone in place. By hand and not with libcsv, which copies each cell, cannot
 * say in which line a row began, goes no further after a bad quote, and is too slow by half.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "bundle.h"
#include "i18n.h"
#include "utf8.h"

enum {
	COLUMNS_MAX = 64, /* of a header; no kind has nearly as many */
	BUFFER_FILE = 1 << 18,
	BUFFER_MEMORY = 256, /* small, so that tests and fuzzing meet every way of refilling */
	ROW_MAX = 1 << 20    /* bytes of a row with everything quoted in it */
};

enum scan { SCAN_ROW, SCAN_MORE, SCAN_BAD };

struct csv {
	const struct iq_bundle_file *file;
	const struct iq_bundle_reader *reader;
	struct iq_error *error;
	struct iq_arena arena; /* the header's names */
	int fd;                /* -1: `rest` is the source */
	struct iq_str rest;
	char *buf;
	size_t first;           /* bytes of the buffer to begin with */
	size_t cap, start, end; /* unread bytes are buf[start … end) */
	bool eof;
	uint64_t bytes;
	uint32_t line; /* of buf[start] */

	struct iq_str columns[COLUMNS_MAX];
	size_t ncolumns;

	/* the row scanned last */
	struct iq_str cells[COLUMNS_MAX];
	uint64_t doubled;  /* bit per cell: has doubled quotes */
	size_t ncells;     /* may be more than COLUMNS_MAX */
	size_t row_end;    /* behind its line end */
	uint32_t newlines; /* inside quotes */
	const char *bad;   /* SCAN_BAD: why … */
	size_t bad_cell;   /* … and in which */
};

static void add_problem(struct csv *s, struct iq_str column, struct iq_str value, const char *text,
	size_t arg0, size_t arg1)
{
	char a[24], b[24];
	int na = snprintf(a, sizeof(a), "%zu", arg0), nb = snprintf(b, sizeof(b), "%zu", arg1);
	const struct iq_problem p = {.file = s->file->name,
		.line = s->line,
		.column = column,
		.value = value,
		.text = text,
		.args = {{a, (size_t)na}, {b, (size_t)nb}},
		.nargs = 2};

	iq_error_add_problem(s->error, &p);
}

static enum iq_err cannot_read(struct csv *s, int err)
{
	return iq_error_set(s->error, IQ_ERR_USAGE, N_("Cannot read {0}: {1}."),
		N_("Check the path and the permissions of the file."), s->file->path.p,
		strerror(err), NULL);
}

/* Reads once more: moves what is left to the front, then fills the buffer. */
static enum iq_err refill(struct csv *s)
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
		size_t room = s->cap - s->end, n = room < s->rest.n ? room : s->rest.n;

		if (s->fd >= 0) {
			ssize_t got = read(s->fd, s->buf + s->end, room);

			if (got < 0 && errno == EINTR)
				continue;
			if (got < 0)
				return cannot_read(s, errno);
			n = (size_t)got;
		} else if (n != 0) {
			memcpy(s->buf + s->end, s->rest.p, n);
			s->rest.p += n;
			s->rest.n -= n;
		}
		s->eof = n == 0;
		s->end += n;
		s->bytes += n;
	}
	if (s->reader->progress != NULL)
		s->reader->progress(s->reader->arg, s->bytes);
	return IQ_OK;
}

/* Records the cell and gives the position behind it. */
static void keep_cell(struct csv *s, const char *from, const char *to, bool doubled)
{
	if (s->ncells < COLUMNS_MAX) {
		s->cells[s->ncells] = (struct iq_str){from, (size_t)(to - from)};
		s->doubled |= (uint64_t)doubled << s->ncells;
	}
	s->ncells++;
}

/* At p: the rest of a quoted cell. Returns the position behind its closing quote, or NULL. */
static const char *scan_quoted(struct csv *s, const char *p, const char *end)
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
static const char *scan_plain(struct csv *s, const char *p, const char *end)
{
	static const bool special[256] = {[','] = true, ['\n'] = true, ['\r'] = true, ['"'] = true};
	const char *from = p;

	while (p < end && !special[(uint8_t)*p])
		p++;
	if (p == end && !s->eof)
		return NULL;
	keep_cell(s, from, p, false);
	return p;
}

/* At p: what follows a cell. Sets row_end at the end of a row; *p moves to the next cell. */
static enum scan scan_separator(struct csv *s, const char **at, const char *end, bool quoted)
{
	const char *p = *at;

	if (p < end && *p == ',') {
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
static enum scan scan_row(struct csv *s)
{
	const char *p = s->buf + s->start, *end = s->buf + s->end;

	s->ncells = 0;
	s->doubled = 0;
	s->newlines = 0;
	s->row_end = 0;
	for (;;) {
		bool quoted = p < end && *p == '"';

		p = quoted ? scan_quoted(s, p + 1, end) : scan_plain(s, p, end);
		if (p == NULL)
			return SCAN_MORE;

		enum scan scan = scan_separator(s, &p, end, quoted);

		if (scan != SCAN_ROW || s->row_end != 0)
			return scan;
	}
}

/* Scans a row, reading more as needed. SCAN_MORE: the end; *err says whether reading failed. */
static enum scan next_row(struct csv *s, enum iq_err *err)
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
static enum iq_err skip_line(struct csv *s)
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
static struct iq_str undouble(struct csv *s, struct iq_str cell)
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

static struct iq_str column_name(const struct csv *s, size_t i)
{
	return i < s->ncolumns ? s->columns[i] : (struct iq_str){"", 0};
}

/* The cells as they are meant, each within its bounds; false: problems were added. */
static bool finish_cells(struct csv *s)
{
	size_t n = s->ncells < COLUMNS_MAX ? s->ncells : COLUMNS_MAX;
	const struct iq_str row = {s->buf + s->start, s->row_end - s->start};
	bool utf8 = iq_utf8_valid(row), ok = true;

	for (size_t i = 0; i < n; i++) {
		if ((s->doubled >> i & 1) != 0)
			s->cells[i] = undouble(s, s->cells[i]);

		const struct iq_str cell = s->cells[i];

		if (cell.n > IQ_LIMIT_CELL) {
			add_problem(s, column_name(s, i), cell,
				N_("The cell has {0} bytes; {1} is the limit."), cell.n,
				IQ_LIMIT_CELL);
			ok = false;
		}
		if (utf8 || iq_utf8_valid(cell))
			continue;
		ok = false;
		add_problem(s, column_name(s, i), cell,
			memchr(cell.p, '\0', cell.n) != NULL
				? N_("The cell contains a NUL byte.")
				: N_("The cell is not UTF-8; the file was probably saved in "
				     "another encoding."),
			0, 0);
	}
	return ok && (utf8 || s->ncells <= n);
}

static bool is_blank(const struct csv *s)
{
	char first = s->start < s->end ? s->buf[s->start] : '\n';

	return s->ncells == 1 && s->cells[0].n == 0 && first != '"';
}

static enum iq_err take_header(struct csv *s)
{
	const struct iq_str none = {"", 0};

	if (s->ncells > COLUMNS_MAX) {
		add_problem(s, none, none, N_("The header has {0} columns; {1} is the limit."),
			s->ncells, COLUMNS_MAX);
		return IQ_ERR_REJECTED;
	}
	if (!finish_cells(s))
		return IQ_ERR_REJECTED;
	for (size_t i = 0; i < s->ncells; i++) {
		s->columns[i] = iq_arena_dup(&s->arena, s->cells[i]);
		if (s->columns[i].p == NULL)
			return iq_error_set(
				s->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	}
	s->ncolumns = s->ncells;
	return s->reader->header(s->reader->arg, s->file, s->columns, s->ncolumns);
}

static enum iq_err take_row(struct csv *s)
{
	const struct iq_str none = {"", 0};

	if (s->ncells != s->ncolumns) {
		add_problem(s, none, none,
			N_("The number of cells is {0}, but the header has {1} columns."),
			s->ncells, s->ncolumns);
		return IQ_OK;
	}
	if (!finish_cells(s))
		return IQ_OK;
	return s->reader->row(s->reader->arg, s->line, s->cells, s->ncells);
}

/* Byte order marks. False: a problem, the file is of no use. */
static bool take_bom(struct csv *s)
{
	const struct iq_str left = {s->buf + s->start, s->end - s->start}, none = {"", 0};

	if (iq_str_starts(left, IQ_STR("\xff\xfe")) || iq_str_starts(left, IQ_STR("\xfe\xff"))) {
		add_problem(s, none, none,
			N_("The file is UTF-16; save it as \"CSV UTF-8\" and try again."), 0, 0);
		return false;
	}
	if (iq_str_starts(left, IQ_STR("\xef\xbb\xbf")))
		s->start += 3;
	return true;
}

static enum iq_err read_rows(struct csv *s)
{
	const struct iq_str none = {"", 0};
	enum iq_err err = refill(s);

	if (err != IQ_OK)
		return err;
	s->line = 1;
	if (!take_bom(s))
		return IQ_ERR_REJECTED;
	for (;;) {
		enum scan scan = next_row(s, &err);

		if (scan == SCAN_MORE)
			break;
		if (scan == SCAN_BAD) {
			add_problem(s, column_name(s, s->bad_cell), none, s->bad, ROW_MAX, 0);
			err = s->ncolumns ? skip_line(s) : IQ_ERR_REJECTED;
		} else {
			if (!is_blank(s))
				err = s->ncolumns ? take_row(s) : take_header(s);
			s->start = s->row_end;
			s->line += 1 + s->newlines;
		}
		if (err != IQ_OK)
			return err;
	}
	if (err == IQ_OK && s->ncolumns == 0) {
		s->line = 1;
		add_problem(s, none, none,
			N_("The file is empty; a first line with the names of the columns is "
			   "expected."),
			0, 0);
		err = IQ_ERR_REJECTED;
	}
	return err;
}

static enum iq_err run(struct csv *s)
{
	uint64_t before = s->error->problems_total;

	iq_arena_init(&s->arena, 0);

	enum iq_err err = read_rows(s);

	free(s->buf);
	iq_arena_free(&s->arena);
	return err == IQ_OK && s->error->problems_total != before ? IQ_ERR_REJECTED : err;
}

enum iq_err iq_bundle_read(const struct iq_bundle_file *file, const struct iq_bundle_reader *reader,
	struct iq_error *error)
{
	struct csv s = {.file = file, .reader = reader, .error = error, .first = BUFFER_FILE};

	s.fd = open(file->path.p, O_RDONLY | O_CLOEXEC);
	if (s.fd < 0)
		return cannot_read(&s, errno);
	posix_fadvise(s.fd, 0, 0, POSIX_FADV_SEQUENTIAL);

	enum iq_err err = run(&s);

	close(s.fd);
	return err;
}

enum iq_err iq_bundle_parse(const struct iq_bundle_file *file, struct iq_str bytes,
	const struct iq_bundle_reader *reader, struct iq_error *error)
{
	struct csv s = {.file = file,
		.reader = reader,
		.error = error,
		.first = BUFFER_MEMORY,
		.fd = -1,
		.rest = bytes};

	return run(&s);
}
