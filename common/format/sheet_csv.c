/* SPDX-License-Identifier: Apache-2.0 */
/* CSV of Excel: what it is written in is found out first, over the whole file; then it is read. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "bounds.h"
#include "charset.h"
#include "csv_read.h"
#include "i18n.h"
#include "sheet_priv.h"
#include "utf8.h"

enum {
	PIECE = 1 << 16,
	SAMPLE = 1 << 16, /* bytes the delimiter is looked for in */
	SAMPLE_ROWS = 20,
	PIECE_SMALL = 61 /* of bytes in memory: tests and fuzzing meet characters cut in two */
};

/* Where bytes come from: a file, or memory. */
struct source {
	int fd;
	struct iq_str all, rest;
	size_t piece;
	const char *path;
};

struct list {
	struct source source;
	const struct iq_sheet_reader *reader;
	struct iq_error *error;
	struct iq_sheet sheet;
	struct iq_buf raw, text; /* bytes not decoded yet; text not taken yet */
	bool eof, enough;
	uint64_t bytes;
	uint32_t rows;
};

static enum iq_err cannot_read(struct list *l, int err)
{
	return iq_error_set(l->error, IQ_ERR_USAGE, N_("Cannot read {0}: {1}."),
		N_("Check the path and the permissions of the file."), l->source.path,
		strerror(err), NULL);
}

static enum iq_err fetch(struct list *l, struct iq_buf *to, size_t *got)
{
	struct source *s = &l->source;
	size_t n = s->piece < s->rest.n ? s->piece : s->rest.n;

	if (s->fd < 0) {
		iq_buf_add(to, s->rest.p, n);
		s->rest.p += n;
		s->rest.n -= n;
	} else {
		uint8_t *room = iq_buf_room(to, s->piece);
		ssize_t count;

		do
			count = room != NULL ? read(s->fd, room, s->piece) : 0;
		while (count < 0 && errno == EINTR);
		if (count < 0)
			return cannot_read(l, errno);
		n = (size_t)count;
		to->n += n;
	}
	*got = n;
	return to->failed
		       ? iq_error_set(l->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL)
		       : IQ_OK;
}

static enum iq_err rewind_source(struct list *l)
{
	l->source.rest = l->source.all;
	if (l->source.fd >= 0 && lseek(l->source.fd, 0, SEEK_SET) != 0)
		return cannot_read(l, errno);
	return IQ_OK;
}

/* ---- encoding ----------------------------------------------------------------------------- */

/* Counts over the whole file. */
struct census {
	uint64_t good, bad; /* characters of several bytes; bytes that are no UTF-8 */
	uint64_t zeros;
	enum { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE } at; /* of a cell, if `|` parts them */
	bool odd_quotes; /* one neither opens nor closes such a cell, nor is doubled within */
};

/* Counts what is whole; returns how many bytes were looked at. */
static size_t count(struct census *c, struct iq_str s, bool last)
{
	size_t i = 0;

	while (i < s.n) {
		size_t ok = iq_utf8_valid_prefix((struct iq_str){s.p + i, s.n - i});

		for (size_t k = i; k < i + ok; k++)
			c->good += ((uint8_t)s.p[k] & 0xc0) == 0xc0;
		i += ok;
		if (i == s.n || (!last && s.n - i < 4))
			break;
		c->zeros += s.p[i] == '\0';
		c->bad += s.p[i] != '\0';
		i++;
	}
	return i;
}

/* For `|`: does every quotation mark stand where one belongs? */
static void look_at_quotes(struct census *c, struct iq_str s)
{
	for (size_t i = 0; i < s.n && !c->odd_quotes; i++) {
		const char p = s.p[i];
		const bool cell_ends = p == '|' || p == '\n';

		if (c->at == IN_QUOTES) {
			c->at = p == '"' ? AFTER_QUOTE : IN_QUOTES;
		} else if (p == '"') {
			c->odd_quotes = c->at == IN_PLAIN;
			c->at = IN_QUOTES; /* opens, or doubles the one before */
		} else {
			c->odd_quotes = c->at == AFTER_QUOTE && !cell_ends && p != '\r';
			c->at = cell_ends ? AT_START : IN_PLAIN;
		}
	}
}

static enum iq_err take_census(struct list *l, struct census *c)
{
	enum iq_err err = IQ_OK;
	size_t got = 1;
	uint64_t size = 0;

	while (err == IQ_OK && got != 0) {
		err = fetch(l, &l->raw, &got);
		if (err != IQ_OK)
			break;
		size += got;
		if (size > IQ_LIMIT_SHEET_FILE)
			return cannot_read(l, EFBIG);

		const struct iq_str s = {(char *)l->raw.p, l->raw.n};

		if (s.n == 0)
			break;
		look_at_quotes(c, (struct iq_str){s.p + s.n - got, got});
		iq_buf_consume(&l->raw, count(c, s, got == 0));
	}
	iq_buf_reset(&l->raw, PIECE);
	return err == IQ_OK ? rewind_source(l) : err;
}

/* Byte order marks; else UTF-8 if it mostly is, else Windows-1252. Returns the mark's length. */
static size_t choose_encoding(struct iq_sheet *sheet, struct iq_str head, const struct census *c)
{
	sheet->said_encoding = true;
	if (iq_str_starts(head, IQ_STR("\xef\xbb\xbf"))) {
		sheet->encoding = IQ_ENCODING_UTF8_BOM;
		return 3;
	}
	if (iq_str_starts(head, IQ_STR("\xff\xfe"))) {
		sheet->encoding = IQ_ENCODING_UTF16LE;
		return 2;
	}
	if (iq_str_starts(head, IQ_STR("\xfe\xff"))) {
		sheet->encoding = IQ_ENCODING_UTF16BE;
		return 2;
	}
	sheet->said_encoding = false;
	/* a file of UTF-8 with a few broken characters stays one: the cells are named */
	sheet->encoding = c->bad == 0 || c->good > c->bad ? IQ_ENCODING_UTF8 : IQ_ENCODING_CP1252;
	return 0;
}

/* ---- delimiter ---------------------------------------------------------------------------- */

/* Columns of the row at *s, which moves behind it; 0: no whole row is left. */
static size_t columns_at(struct iq_str *s, char delimiter, bool whole)
{
	bool quoted = false;
	size_t n = 1;

	for (size_t i = 0; i < s->n; i++) {
		if (s->p[i] == '"') {
			quoted = !quoted;
		} else if (!quoted && s->p[i] == delimiter) {
			n++;
		} else if (!quoted && s->p[i] == '\n') {
			s->p += i + 1;
			s->n -= i + 1;
			return n;
		}
	}

	bool some = whole && s->n != 0;

	s->n = 0;
	return some ? n : 0;
}

/* How well a delimiter fits, in hundredths: rows with as many cells as the first. */
static unsigned fit(struct iq_str sample, char delimiter, bool whole)
{
	size_t first = columns_at(&sample, delimiter, whole), rows = 1, same = 1;

	if (first < 2)
		return 0;
	while (rows < SAMPLE_ROWS) {
		size_t n = columns_at(&sample, delimiter, whole);

		if (n == 0)
			break;
		rows++;
		same += n == first;
	}
	return (unsigned)(same * 100 / rows);
}

static char choose_delimiter(struct iq_str sample, bool whole)
{
	static const char candidates[] = {';', '\t', '|', ','};
	char best = ';';
	unsigned most = 0;

	for (size_t i = 0; i < sizeof(candidates); i++) {
		unsigned f = fit(sample, candidates[i], whole);

		if (f > most) {
			most = f;
			best = candidates[i];
		}
	}
	return best;
}

/* A first line `sep=;`, possibly quoted. Returns its length, 0: none. */
static size_t take_sep(struct iq_sheet *sheet, struct iq_str text)
{
	size_t quote = text.n != 0 && text.p[0] == '"', at = quote + 4;
	struct iq_str rest = {text.p + quote, text.n - quote};

	if (rest.n < 5 || strncasecmp(rest.p, "sep=", 4) != 0)
		return 0;

	char c = text.p[at++];

	if (c < ' ' && c != '\t')
		return 0;
	if (quote && (at == text.n || text.p[at++] != '"'))
		return 0;
	if (at < text.n && text.p[at] == '\r')
		at++;
	if (at < text.n && text.p[at] != '\n')
		return 0;
	sheet->delimiter = c;
	sheet->said_delimiter = true;
	return at + (at < text.n);
}

/* ---- reading ------------------------------------------------------------------------------ */

static enum iq_err decode_more(struct list *l)
{
	size_t got = 0;
	enum iq_err err = fetch(l, &l->raw, &got);

	if (err != IQ_OK)
		return err;
	l->eof = got == 0;
	l->bytes += got;
	iq_buf_consume(
		&l->raw, iq_charset_decode(l->sheet.encoding,
				 (struct iq_str){(char *)l->raw.p, l->raw.n}, l->eof, &l->text));
	if (l->text.failed)
		return iq_error_set(l->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	if (l->reader->progress != NULL)
		l->reader->progress(l->reader->arg, l->bytes);
	return IQ_OK;
}

static enum iq_err read_text(void *ctx, char *to, size_t room, size_t *got, struct iq_error *error)
{
	struct list *l = ctx;
	enum iq_err err = IQ_OK;

	(void)error;
	while (err == IQ_OK && l->text.n == 0 && !l->eof && !l->enough)
		err = decode_more(l);
	*got = l->enough ? 0 : room < l->text.n ? room : l->text.n;
	if (err == IQ_OK && *got != 0) {
		memcpy(to, l->text.p, *got);
		iq_buf_consume(&l->text, *got);
	}
	return err;
}

static enum iq_err take_row(struct iq_csv *s)
{
	struct list *l = s->arg;
	struct iq_sheet_cell cells[IQ_CSV_COLUMNS];
	size_t n = s->ncells;

	if (l->enough)
		return IQ_OK;
	if (++l->rows > IQ_LIMIT_SHEET_ROWS)
		return iq_error_set(l->error, IQ_ERR_REJECTED,
			N_("{0} has too many rows in the sheet {1}."), NULL, l->source.path,
			l->source.path, NULL);
	l->enough = l->reader->rows != 0 && l->rows >= l->reader->rows;
	while (n > IQ_CSV_COLUMNS || (n > 1 && s->cells[n - 1].n == 0))
		n--;
	if (s->ncells > IQ_CSV_COLUMNS) {
		s->ncells = n;
		iq_csv_problem(s, IQ_CSV_COLUMNS, (struct iq_str){"", 0},
			N_("There is a value in a column too far to the right."), 0, 0);
		return IQ_OK;
	}
	if (!iq_csv_finish(s))
		return IQ_OK;
	if (s->ncolumns < 2 && s->ncolumns < n && !iq_csv_columns(s))
		return iq_error_set(l->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);

	bool blank = true;

	for (size_t i = 0; i < n; i++) {
		cells[i] = (struct iq_sheet_cell){.text = s->cells[i], .type = IQ_SHEET_TEXT};
		blank = blank && s->cells[i].n == 0;
	}
	return blank ? IQ_OK : l->reader->row(l->reader->arg, s->line, cells, n);
}

/* Finds out what the file is written in; its first text is decoded then. */
static enum iq_err examine(struct list *l, uint32_t *line)
{
	struct census census = {0};
	size_t got = 1, skip;
	enum iq_err err = take_census(l, &census);

	while (err == IQ_OK && got != 0 && l->raw.n < 4)
		err = fetch(l, &l->raw, &got);
	if (err != IQ_OK)
		return err;
	skip = choose_encoding(&l->sheet, (struct iq_str){(char *)l->raw.p, l->raw.n}, &census);
	iq_buf_consume(&l->raw, skip);
	if (census.zeros != 0 && skip != 2)
		return iq_error_set(l->error, IQ_ERR_REJECTED,
			N_("{0} contains NUL bytes: it is no text, or UTF-16 without a byte order "
			   "mark."),
			N_("Save the list as \"CSV UTF-8\" and use that."), l->source.path, NULL);
	while (err == IQ_OK && !l->eof && l->text.n < SAMPLE)
		err = decode_more(l);

	struct iq_str text = {l->text.n != 0 ? (char *)l->text.p : "", l->text.n};
	size_t sep = take_sep(&l->sheet, text);

	if (sep == 0)
		l->sheet.delimiter = choose_delimiter(text, l->eof);
	else
		*line = 2;
	iq_buf_consume(&l->text, sep);
	l->sheet.quotes = l->sheet.delimiter != '|' || !census.odd_quotes;
	return err;
}

static enum iq_err begin(struct iq_csv *s)
{
	struct list *l = s->arg;

	if (l->sheet.said_delimiter)
		s->line = 2;
	return IQ_OK;
}

static enum iq_err run(struct list *l)
{
	struct iq_csv s = {.name = l->sheet.file,
		.error = l->error,
		.first = l->source.fd >= 0 ? 1 << 16 : 256,
		.ctx = l,
		.arg = l,
		.read = read_text,
		.begin = begin,
		.row = take_row};
	uint32_t line = 1;
	bool skip = false;
	enum iq_err err = examine(l, &line);

	if (err == IQ_OK)
		err = l->reader->sheet(l->reader->arg, &l->sheet, &skip);
	if (err == IQ_OK && !skip) {
		s.delimiter = l->sheet.delimiter;
		s.quotes = l->sheet.quotes;
		err = iq_csv_run(&s);
	}
	iq_buf_free(&l->raw);
	iq_buf_free(&l->text);
	return err;
}

/* "list.csv" → "list". */
static struct iq_str stem(struct iq_str file)
{
	const char *dot = file.n ? memrchr(file.p, '.', file.n) : NULL;

	return dot != NULL && dot != file.p ? (struct iq_str){file.p, (size_t)(dot - file.p)}
					    : file;
}

static struct list list_of(
	struct iq_str file, const struct iq_sheet_reader *reader, struct iq_error *error)
{
	return (struct list){.source = {.fd = -1, .piece = PIECE_SMALL},
		.reader = reader,
		.error = error,
		.sheet = {.form = IQ_FORM_CSV, .file = file, .name = stem(file)}};
}

enum iq_err iq_sheet_read_csv(const char *path, struct iq_str file,
	const struct iq_sheet_reader *reader, struct iq_error *error)
{
	struct list l = list_of(file, reader, error);

	l.source.path = path;
	l.source.piece = PIECE;
	l.source.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (l.source.fd < 0)
		return cannot_read(&l, errno);

	enum iq_err err = run(&l);

	close(l.source.fd);
	return err;
}

enum iq_err iq_sheet_parse_csv(struct iq_str file, struct iq_str bytes,
	const struct iq_sheet_reader *reader, struct iq_error *error)
{
	struct list l = list_of(file, reader, error);

	l.source.path = file.p;
	l.source.all = l.source.rest = bytes;
	return run(&l);
}
