/* SPDX-License-Identifier: Apache-2.0 */
#include "excel.h"

#include "charset.h"
#include "i18n.h"

static bool is_active(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r';
}

/* Would iq_excel_bare() take something away? Then something must be put in front. */
static bool is_guarded(struct iq_str s)
{
	return s.n > 1 && s.p[0] == '\'' && (is_active(s.p[1]) || s.p[1] == '\'');
}

struct iq_str iq_excel_bare(struct iq_str cell)
{
	return is_guarded(cell) ? (struct iq_str){cell.p + 1, cell.n - 1} : cell;
}

void iq_excel_csv_begin(struct iq_buf *b)
{
	iq_buf_add(b, "\xef\xbb\xbf", 3);
}

static bool needs_quotes(struct iq_str s)
{
	if (s.n == 0)
		return false;
	if (s.p[0] == ' ' || s.p[s.n - 1] == ' ')
		return true;
	for (size_t i = 0; i < s.n; i++)
		if (strchr(";,\"\n\r\t", s.p[i]) != NULL)
			return true;
	return false;
}

static void write_cell(struct iq_buf *b, struct iq_str s, bool only)
{
	const bool guard = (s.n != 0 && is_active(s.p[0])) || is_guarded(s);
	const bool quotes = needs_quotes(s) || (only && s.n == 0);
	struct iq_str part;

	if (quotes)
		iq_buf_byte(b, '"');
	if (guard)
		iq_buf_byte(b, '\'');
	for (bool first = true; iq_str_cut(&s, '"', &part); first = false) {
		if (!first)
			iq_buf_add(b, "\"\"", 2);
		iq_buf_str(b, part);
	}
	if (quotes)
		iq_buf_byte(b, '"');
}

void iq_excel_csv_row(struct iq_buf *b, const struct iq_str *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i != 0)
			iq_buf_byte(b, ';');
		write_cell(b, cells[i], n == 1);
	}
	iq_buf_add(b, "\r\n", 2);
}

/* One line with lost letters as a problem. */
static void say_lost(
	struct iq_error *error, struct iq_str file, uint32_t line, const struct iq_buf *lost)
{
	const struct iq_problem p = {.file = file,
		.line = line,
		.value = {(char *)lost->p, lost->n},
		.text = N_("Windows-1252 has no place for these letters.")};

	iq_error_add_problem(error, &p);
}

enum iq_err iq_excel_to_cp1252(
	struct iq_str csv, struct iq_str file, struct iq_buf *out, struct iq_error *error)
{
	struct iq_str rest = csv, line;
	struct iq_buf lost, all, sink;
	uint32_t n = 0;

	iq_buf_init(&lost, 0);
	iq_buf_init(&all, 0);
	iq_buf_init(&sink, 0);
	if (iq_str_starts(rest, IQ_STR("\xef\xbb\xbf")))
		rest = (struct iq_str){rest.p + 3, rest.n - 3};
	for (bool first = true; iq_str_cut(&rest, '\n', &line); first = false) {
		if (!first)
			iq_buf_byte(out, '\n');
		n++;
		iq_buf_reset(&lost, 4096);
		if (iq_cp1252_encode(line, out, &lost) == 0)
			continue;
		say_lost(error, file, n, &lost);
		(void)iq_cp1252_encode((struct iq_str){(char *)lost.p, lost.n}, &sink, &all);
	}

	enum iq_err err = all.n != 0 ? IQ_ERR_REJECTED : IQ_OK;

	iq_buf_byte(&all, '\0');
	if (out->failed || lost.failed || all.failed || sink.failed)
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	else if (err != IQ_OK)
		iq_error_set(error, IQ_ERR_REJECTED,
			N_("Windows-1252 would lose letters, among them {0}."),
			N_("Write UTF-8, which is the default: Excel reads it."), (char *)all.p,
			NULL);
	iq_buf_free(&lost);
	iq_buf_free(&all);
	iq_buf_free(&sink);
	return err;
}
