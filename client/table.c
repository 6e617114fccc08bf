/* SPDX-License-Identifier: Apache-2.0 */
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "json.h"

enum { GAP = 2, NARROWEST = 10, COLS_MAX = 32 };

void iq_table_init(struct iq_table *t, struct iq_cli *cli, const struct iq_col *cols, size_t ncols)
{
	*t = (struct iq_table){.cli = cli, .cols = cols, .ncols = ncols};
}

void iq_table_add(struct iq_table *t, const struct iq_str *cells)
{
	size_t row = t->ncols * sizeof(*cells);

	if (t->nrows == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 16;
		struct iq_str *more =
			iq_arena_grow(&t->cli->arena, t->cells, t->cap * row, cap * row);

		if (more == NULL)
			return;
		t->cells = more;
		t->cap = cap;
	}
	memcpy(t->cells + t->nrows * t->ncols, cells, row);
	t->nrows++;
}

/* ---- terminal ----------------------------------------------------------------------------- */

static const char *heading(const struct iq_col *col)
{
	return col->head[0] != '\0' ? gettext(col->head) : "";
}

/* Widest line of a text that may hold newlines. */
static unsigned natural(struct iq_str s)
{
	unsigned w = 0;
	struct iq_str line;

	while (s.n > 0 && iq_str_cut(&s, '\n', &line)) {
		unsigned x = iq_width(line);

		w = x > w ? x : w;
	}
	return w;
}

/* Text of a cell as a terminal shows it; newlines made by us stay. */
static struct iq_str shown(struct iq_table *t, size_t row, size_t col)
{
	struct iq_str s = t->cells[row * t->ncols + col];
	struct iq_buf b;
	struct iq_str line;
	bool first = true;

	if (s.n == 0)
		return IQ_STR("");
	if (t->cols[col].type == IQ_CELL_DATE)
		return iq_word_date(t->cli, iq_arena_cstr(&t->cli->arena, s));
	if (memchr(s.p, '\n', s.n) == NULL)
		return iq_safe(t->cli, s);
	iq_buf_init(&b, 0);
	while (iq_str_cut(&s, '\n', &line)) {
		if (!first)
			iq_buf_byte(&b, '\n');
		first = false;
		iq_buf_str(&b, iq_safe(t->cli, line));
	}
	line = iq_arena_dup(&t->cli->arena, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
	return line;
}

/* Longest part of a text that is better not broken. */
static unsigned longest_word(struct iq_str s)
{
	unsigned longest = 0;
	size_t begin = 0;

	for (size_t i = 0; i <= s.n; i++) {
		if (i < s.n && strchr(" -\n@;./", s.p[i]) == NULL)
			continue;
		size_t end = i < s.n && s.p[i] != ' ' && s.p[i] != '\n' ? i + 1 : i;
		unsigned w = iq_width((struct iq_str){s.p + begin, end - begin});

		longest = w > longest ? w : longest;
		begin = i + 1;
	}
	return longest;
}

/* Narrows the columns, the widest first, but none below its floor, until they fit into `room`. */
static bool narrow(size_t n, unsigned *width, const unsigned *floor, unsigned room)
{
	for (;;) {
		unsigned sum = 0;
		size_t widest = n;

		for (size_t c = 0; c < n; c++) {
			if (width[c] == 0)
				continue;
			sum += width[c] + (sum > 0 ? GAP : 0);
			if (width[c] > floor[c] && (widest == n || width[c] > width[widest]))
				widest = c;
		}
		if (sum <= room)
			return true;
		if (widest == n)
			return false;
		width[widest]--;
	}
}

/* First without breaking words, then, if that does not do, with (and then false). */
static bool fit(struct iq_table *t, unsigned *width, unsigned room)
{
	unsigned words[COLS_MAX] = {0}, any[COLS_MAX] = {0};

	for (size_t c = 0; c < t->ncols; c++) {
		words[c] = any[c] = width[c];
		if (t->cols[c].head == NULL || t->cols[c].nowrap)
			continue;
		words[c] = longest_word(iq_str(heading(&t->cols[c])));
		for (size_t r = 0; r < t->nrows; r++) {
			unsigned w = longest_word(shown(t, r, c));

			words[c] = w > words[c] ? w : words[c];
		}
		any[c] = width[c] < NARROWEST ? width[c] : NARROWEST;
		if (words[c] < any[c])
			words[c] = any[c];
	}
	if (narrow(t->ncols, width, words, room))
		return true;
	(void)narrow(t->ncols, width, any, room);
	return false;
}

static struct libscols_table *smart_table(const struct iq_cli *cli)
{
	struct libscols_table *tb = scols_new_table();

	if (tb == NULL)
		return NULL;
	scols_table_enable_noheadings(tb, 1); /* its own headings do not wrap */
	scols_table_enable_colors(tb, cli->colour);
	scols_table_enable_noencoding(tb, 1);
	scols_table_enable_minout(tb, 1);
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(tb, 100000);
	scols_table_set_column_separator(tb, "  ");
	return tb;
}

static void add_column(struct libscols_table *tb, const struct iq_col *col)
{
	struct libscols_column *cl = scols_table_new_column(tb, heading(col), 1,
		SCOLS_FL_WRAP | (col->type == IQ_CELL_NUMBER ? SCOLS_FL_RIGHT : 0));

	if (cl == NULL)
		return;
	scols_column_set_wrapfunc(cl, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	scols_column_set_safechars(cl, "\n");
}

static void add_rows(struct iq_table *t, struct libscols_table *tb, const unsigned *width)
{
	for (size_t r = 0; r < t->nrows; r++) {
		struct libscols_line *ln = scols_table_new_line(tb, NULL);
		size_t at = 0;

		for (size_t c = 0; ln != NULL && c < t->ncols; c++) {
			if (t->cols[c].head == NULL)
				continue;
			struct iq_str s = iq_wrap(t->cli, shown(t, r, c), width[c]);

			scols_line_set_data(ln, at++, iq_arena_cstr(&t->cli->arena, s));
		}
	}
}

static void add_headings(struct iq_table *t, struct libscols_table *tb, const unsigned *width)
{
	struct libscols_line *ln = scols_table_new_line(tb, NULL);
	size_t at = 0;

	for (size_t c = 0; ln != NULL && c < t->ncols; c++) {
		if (t->cols[c].head == NULL)
			continue;
		struct iq_str s = iq_wrap(t->cli, iq_str(heading(&t->cols[c])), width[c]);

		scols_line_set_data(ln, at, iq_arena_cstr(&t->cli->arena, s));
		scols_cell_set_color(scols_line_get_cell(ln, at++), "bold");
	}
}

/* The whole table, laid out for the terminal; NULL without memory. */
static struct libscols_table *lay_out(struct iq_table *t, unsigned indent, bool head, bool *fits)
{
	unsigned width[COLS_MAX] = {0};
	struct libscols_table *tb = smart_table(t->cli);

	for (size_t c = 0; tb != NULL && c < t->ncols && c < COLS_MAX; c++) {
		if (t->cols[c].head == NULL)
			continue;
		width[c] = head ? iq_width(iq_str(heading(&t->cols[c]))) : 0;
		for (size_t r = 0; r < t->nrows; r++) {
			unsigned w = natural(shown(t, r, c));

			width[c] = w > width[c] ? w : width[c];
		}
		add_column(tb, &t->cols[c]);
	}
	if (tb != NULL) {
		*fits = fit(t, width, t->cli->width - indent);
		if (head)
			add_headings(t, tb, width);
		add_rows(t, tb, width);
	}
	return tb;
}

struct iq_str *iq_table_lines(struct iq_table *t, unsigned indent)
{
	bool fits;
	struct iq_str *lines = iq_arena_array(&t->cli->arena, t->nrows + 1, sizeof(*lines));
	struct libscols_table *tb = lay_out(t, indent, false, &fits);

	for (size_t r = 0; lines != NULL && tb != NULL && r < t->nrows; r++) {
		struct libscols_line *ln = scols_table_get_line(tb, r);
		char *text = NULL;

		if (scols_table_print_range_to_string(tb, ln, ln, &text) == 0 && text != NULL)
			lines[r] = iq_arena_dup(&t->cli->arena, iq_str(text));
		free(text);
	}
	scols_unref_table(tb);
	return lines;
}

/* Too many columns for this terminal: each row as a block of its own. */
static void print_blocks(struct iq_table *t)
{
	unsigned label = 0;

	for (size_t c = 0; c < t->ncols; c++) {
		unsigned w = t->cols[c].head != NULL ? iq_width(iq_str(heading(&t->cols[c]))) : 0;

		label = w > label ? w : label;
	}
	for (size_t r = 0; r < t->nrows; r++) {
		if (r > 0)
			iq_buf_byte(&t->cli->out, '\n');
		for (size_t c = 0; c < t->ncols; c++)
			if (t->cols[c].head != NULL)
				iq_field(t->cli, label, heading(&t->cols[c]), shown(t, r, c));
	}
}

/* Lines without the blanks that fill up the columns of what was wrapped. */
static void put_lines(struct iq_cli *cli, struct iq_str text)
{
	struct iq_str line;

	while (text.n > 0 && iq_str_cut(&text, '\n', &line)) {
		while (line.n > 0 && line.p[line.n - 1] == ' ')
			line.n--;
		iq_buf_str(&cli->out, line);
		iq_buf_byte(&cli->out, '\n');
	}
}

static void print_terminal(struct iq_table *t)
{
	struct libscols_table *tb;
	char *text = NULL;
	bool fits = true;

	if (t->nrows == 0)
		return;
	tb = lay_out(t, 0, true, &fits);
	if (!fits) {
		print_blocks(t);
	} else if (tb != NULL && scols_print_table_to_string(tb, &text) == 0 && text != NULL) {
		put_lines(t->cli, iq_str(text));
	}
	free(text);
	scols_unref_table(tb);
}

/* ---- pipe, CSV, JSON ---------------------------------------------------------------------- */

static void print_tsv(struct iq_table *t)
{
	for (size_t r = 0; r < t->nrows; r++) {
		for (size_t c = 0; c < t->ncols; c++) {
			if (c > 0)
				iq_buf_byte(&t->cli->out, '\t');
			iq_buf_str(&t->cli->out, iq_safe(t->cli, t->cells[r * t->ncols + c]));
		}
		iq_buf_byte(&t->cli->out, '\n');
	}
}

static void print_csv(struct iq_table *t)
{
	struct iq_str head[COLS_MAX];

	for (size_t c = 0; c < t->ncols && c < COLS_MAX; c++)
		head[c] = iq_str(t->cols[c].key);
	iq_csv_write_row(&t->cli->out, head, t->ncols);
	for (size_t r = 0; r < t->nrows; r++)
		iq_csv_write_row(&t->cli->out, t->cells + r * t->ncols, t->ncols);
}

static json_t *cell_json(enum iq_cell type, struct iq_str s)
{
	char digits[24] = "0";

	switch (type) {
	case IQ_CELL_NUMBER:
		if (s.n < sizeof(digits) && s.n > 0) {
			memcpy(digits, s.p, s.n);
			digits[s.n] = '\0';
		}
		return json_integer((json_int_t)strtoll(digits, NULL, 10));
	case IQ_CELL_BOOL:
		return json_boolean(iq_str_is(s, "yes"));
	case IQ_CELL_DATE:
	case IQ_CELL_NULL:
		return iq_json_or_null(s);
	case IQ_CELL_SET:
		return iq_json_set(s, ';');
	case IQ_CELL_TEXT:
		break;
	}
	return iq_json_str(s);
}

static enum iq_err print_json(struct iq_table *t, uint64_t revision, uint64_t total)
{
	json_t *items = json_array();

	for (size_t r = 0; r < t->nrows; r++) {
		json_t *o = json_object();

		for (size_t c = 0; c < t->ncols; c++)
			json_object_set_new(o, t->cols[c].key,
				cell_json(t->cols[c].type, t->cells[r * t->ncols + c]));
		json_array_append_new(items, o);
	}
	return iq_json_list(t->cli, revision, items, total);
}

enum iq_err iq_table_finish(struct iq_table *t, uint64_t revision, uint64_t total)
{
	switch (t->cli->format) {
	case IQ_FORMAT_JSON:
		return print_json(t, revision, total);
	case IQ_FORMAT_CSV:
		print_csv(t);
		break;
	case IQ_FORMAT_TSV:
		print_tsv(t);
		break;
	case IQ_FORMAT_TABLE:
		print_terminal(t);
		break;
	}
	return IQ_OK;
}
