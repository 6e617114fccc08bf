/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a sheet (ECMA-376 part 1, 18.3.1): values as Excel keeps them, made readable. */
#include <math.h>
#include <stdlib.h>

#include "bounds.h"
#include "csv_read.h"
#include "date.h"
#include "parse.h"
#include "sheet.h"

enum kind { KIND_NUMBER, KIND_SHARED, KIND_TEXT, KIND_BOOL, KIND_ERROR, KIND_ISO };

struct rows {
	struct iq_book *b;
	const struct iq_book_sheet *sheet;
	uint32_t line;  /* of the row at hand, 0: none yet */
	uint32_t given; /* rows put out */
	size_t column;  /* of the cell at hand, from 0 */
	size_t ncells;  /* of the row at hand, gaps among them */
	bool bad;       /* a cell of the row is refused */
	bool in_row, in_cell, seen;
	unsigned phonetic;
	enum kind kind;
	size_t style;
	struct iq_buf value; /* of the cell at hand */
	struct iq_buf cells; /* as in IQ_RECORD_ROW */
	char text[64];       /* a number made readable */
};

static void out_of_order(struct rows *r)
{
	iq_parse_fail(r->b->p, IQ_PARSE_ORDER, r->sheet->name);
}

static void problem(struct rows *r, enum iq_parse_text text, struct iq_str value)
{
	struct iq_buf *out = &r->b->p->out;

	if (value.n > 200)
		value.n = 200;
	iq_put_u32(out, r->line);
	iq_put_u16(out, r->column < IQ_CSV_COLUMNS ? (uint16_t)(r->column + 1) : 0);
	iq_put_u16(out, (uint16_t)text);
	iq_put_string(out, value);
	iq_parse_put(r->b->p, IQ_RECORD_PROBLEM);
	r->bad = true;
}

/* ---- values ------------------------------------------------------------------------------- */

/* A day as Excel counts: 1 is 1900-01-01, 60 the 29th of February 1900 that never was. */
static bool date_text(const struct rows *r, double x, char out[64])
{
	double day = floor(x) + (r->b->from_1904 ? 1462 : 0);
	long s = lround((x - floor(x)) * 86400);
	char iso[11];

	if (x < 0 || day > 2958465)
		return false;
	if (s == 86400) {
		s = 0;
		day++;
	}
	if (day < 1)
		return snprintf(out, 64, "%02ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60) > 0;
	if (day == 60)
		snprintf(iso, sizeof(iso), "1900-02-29");
	else
		iq_date_format((int32_t)day - (day < 60 ? 25568 : 25569), iso);
	if (s == 0)
		snprintf(out, 64, "%s", iso);
	else
		snprintf(out, 64, "%s %02ld:%02ld:%02ld", iso, s / 3600, s / 60 % 60, s % 60);
	return true;
}

static void number_text(double x, char out[64])
{
	if (floor(x) == x && fabs(x) < 1e15)
		snprintf(out, 64, "%.0f", x == 0 ? 0.0 : x);
	else
		snprintf(out, 64, "%.15g", x);
}

/* A number; what cannot be read as one stays the text it is. */
static enum iq_sheet_type number(struct rows *r, struct iq_str *text)
{
	char in[64], *end;

	if (text->n == 0 || text->n >= sizeof(in))
		return IQ_SHEET_TEXT;
	memcpy(in, text->p, text->n);
	in[text->n] = '\0';

	double x = strtod(in, &end);
	enum iq_sheet_type type = r->style < r->b->nstyles
					  ? (enum iq_sheet_type)r->b->styles[r->style]
					  : IQ_SHEET_NUMBER;

	if (*end != '\0' || !isfinite(x))
		return IQ_SHEET_TEXT;
	if (type == IQ_SHEET_DATE && !date_text(r, x, r->text))
		type = IQ_SHEET_NUMBER;
	if (type == IQ_SHEET_NUMBER)
		number_text(x, r->text);
	if (type == IQ_SHEET_PERCENT)
		snprintf(r->text, sizeof(r->text), "%.10g %%", x * 100);
	*text = iq_str(r->text);
	return type;
}

/* Four hexadecimal digits between "_x" and "_" stand for a character XML has no place for. */
static int escaped(struct iq_str s, size_t i)
{
	int c = 0;

	if (s.n - i < 7 || s.p[i] != '_' || s.p[i + 1] != 'x' || s.p[i + 6] != '_')
		return -1;
	for (size_t k = i + 2; k < i + 6; k++) {
		char h = s.p[k];

		if (!((h >= '0' && h <= '9') || (h >= 'A' && h <= 'F') || (h >= 'a' && h <= 'f')))
			return -1;
		c = c * 16 + (h <= '9' ? h - '0' : (h | 0x20) - 'a' + 10);
	}
	return c;
}

/* The text with such characters put right; carriage returns go, other controls become blanks. */
static struct iq_str unescape(struct rows *r, struct iq_str s)
{
	struct iq_buf *to = &r->value;
	struct iq_str copy;

	if (s.n == 0 || (memmem(s.p, s.n, "_x", 2) == NULL && memchr(s.p, '\r', s.n) == NULL))
		return s;
	copy = iq_arena_dup(r->b->arena, s);
	iq_buf_reset(to, IQ_LIMIT_STRING);
	for (size_t i = 0; copy.p != NULL && i < copy.n; i++) {
		int c = escaped(copy, i);

		if (c < 0 || c >= 0x80) {
			if (copy.p[i] != '\r')
				iq_buf_byte(to, (uint8_t)copy.p[i]);
			continue;
		}
		if (c != '\r')
			iq_buf_byte(to, c >= ' ' || c == '\n' || c == '\t' ? (uint8_t)c : ' ');
		i += 6;
	}
	return (struct iq_str){(char *)to->p, to->n};
}

static struct iq_str shared(struct rows *r, struct iq_str index)
{
	char digits[16];

	if (index.n == 0 || index.n >= sizeof(digits))
		return (struct iq_str){NULL, 0};
	memcpy(digits, index.p, index.n);
	digits[index.n] = '\0';

	int64_t i = iq_xml_number(digits, (int64_t)r->b->nstrings - 1);

	return i < 0 ? (struct iq_str){NULL, 0} : r->b->strings[i];
}

static enum iq_sheet_type value_of(struct rows *r, struct iq_str *text)
{
	switch (r->kind) {
	case KIND_NUMBER:
		return number(r, text);
	case KIND_BOOL:
		*text = iq_str_is(*text, "1") || iq_str_is(*text, "true") ? IQ_STR("TRUE")
									  : IQ_STR("FALSE");
		return IQ_SHEET_BOOL;
	case KIND_ERROR:
		return IQ_SHEET_ERROR;
	case KIND_ISO: /* 2025-03-01T00:00:00 */
		if (text->n > 10 &&
			memcmp(text->p + 10, "T00:00:00", text->n < 19 ? text->n - 10 : 9) == 0)
			text->n = 10;
		return IQ_SHEET_DATE;
	case KIND_SHARED:
		*text = shared(r, *text);
		*text = unescape(r, *text);
		return IQ_SHEET_TEXT;
	case KIND_TEXT:
	default:
		*text = unescape(r, *text);
		return IQ_SHEET_TEXT;
	}
}

static void end_cell(struct rows *r)
{
	struct iq_str text = {(char *)r->value.p, r->value.n};

	if (!r->seen)
		return;

	enum iq_sheet_type type = value_of(r, &text);

	if (r->value.failed)
		iq_parse_fail(r->b->p, IQ_PARSE_MEMORY, IQ_STR(""));
	if (text.n == 0)
		return;
	if (++r->b->cells > IQ_LIMIT_SHEET_CELLS) {
		iq_parse_fail(r->b->p, IQ_PARSE_CELLS, IQ_STR(""));
		return;
	}
	if (r->column >= IQ_CSV_COLUMNS) {
		if (!r->bad)
			problem(r, IQ_PARSE_COLUMN, text);
		return;
	}
	if (text.n > IQ_LIMIT_CELL) {
		problem(r, IQ_PARSE_CELL_LONG, text);
		return;
	}
	for (; r->ncells < r->column; r->ncells++) {
		iq_buf_byte(&r->cells, IQ_SHEET_TEXT);
		iq_put_u32(&r->cells, 0);
	}
	iq_buf_byte(&r->cells, (uint8_t)type);
	iq_put_string(&r->cells, text);
	r->ncells++;
}

/* ---- elements ----------------------------------------------------------------------------- */

/* "BC12" → 54; SIZE_MAX if it is no reference to a cell. */
static size_t column_of(const char *ref)
{
	size_t n = 0;
	int letters = 0;

	for (; *ref >= 'A' && *ref <= 'Z' && letters < 3; ref++, letters++)
		n = n * 26 + (size_t)(*ref - 'A') + 1;
	return letters != 0 && *ref >= '0' && *ref <= '9' ? n - 1 : SIZE_MAX;
}

static void start_row(struct iq_xml *x, struct rows *r, const char **attributes)
{
	const char *number_given = iq_xml_attribute(attributes, "r");
	int64_t line =
		number_given != NULL ? iq_xml_number(number_given, 1 << 20) : (int64_t)r->line + 1;

	if (line <= r->line) {
		out_of_order(r);
		return;
	}
	if (r->b->p->rows != 0 && r->given >= r->b->p->rows) {
		x->enough = true;
		return;
	}
	r->line = (uint32_t)line;
	r->column = SIZE_MAX;
	r->ncells = 0;
	r->bad = false;
	r->in_row = true;
	iq_buf_reset(&r->cells, IQ_RECORD_MAX);
}

static void start_cell(struct rows *r, const char **attributes)
{
	static const char *const names[] = {"n", "s", "str", "b", "e", "d", "inlineStr", NULL};
	static const enum kind kinds[] = {
		KIND_NUMBER, KIND_SHARED, KIND_TEXT, KIND_BOOL, KIND_ERROR, KIND_ISO, KIND_TEXT};
	const char *ref = iq_xml_attribute(attributes, "r");
	const char *type = iq_xml_attribute(attributes, "t");
	int64_t style = iq_xml_number(iq_xml_attribute(attributes, "s"), UINT16_MAX);
	size_t next = r->column == SIZE_MAX ? 0 : r->column + 1;
	size_t column = ref != NULL ? column_of(ref) : next;

	if (column == SIZE_MAX || column < next) {
		out_of_order(r);
		return;
	}
	r->column = column;
	r->kind = KIND_NUMBER;
	for (size_t i = 0; type != NULL && names[i] != NULL; i++)
		if (strcmp(type, names[i]) == 0)
			r->kind = kinds[i];
	r->style = style < 0 ? 0 : (size_t)style;
	r->in_cell = true;
	r->seen = false;
	r->phonetic = 0;
	iq_buf_reset(&r->value, IQ_LIMIT_STRING);
}

static void on_start(struct iq_xml *x, const char *name, const char **attributes)
{
	struct rows *r = x->arg;

	if (strcmp(name, "row") == 0 && !r->in_row)
		start_row(x, r, attributes);
	else if (strcmp(name, "c") == 0 && r->in_row && !r->in_cell)
		start_cell(r, attributes);
	else if (strcmp(name, "rPh") == 0)
		r->phonetic++;
	x->collect = r->in_cell && r->phonetic == 0 &&
		     (strcmp(name, "v") == 0 || strcmp(name, "t") == 0);
}

static void end_row(struct rows *r)
{
	struct iq_parse *p = r->b->p;

	r->in_row = false;
	if (r->bad || r->ncells == 0)
		return;
	if (++r->given > IQ_LIMIT_SHEET_ROWS) {
		iq_parse_fail(p, IQ_PARSE_ROWS, r->sheet->name);
		return;
	}
	iq_put_u32(&p->out, r->line);
	iq_put_u16(&p->out, (uint16_t)r->ncells);
	iq_buf_add(&p->out, r->cells.p, r->cells.n);
	if (r->cells.failed)
		p->out.failed = true;
	iq_parse_put(p, IQ_RECORD_ROW);
}

static void on_end(struct iq_xml *x, const char *name)
{
	struct rows *r = x->arg;

	if (x->collect) {
		iq_buf_add(&r->value, x->text.p, x->text.n);
		iq_buf_reset(&x->text, IQ_LIMIT_STRING);
		x->collect = false;
		r->seen = true;
	}
	if (strcmp(name, "rPh") == 0 && r->phonetic > 0) {
		r->phonetic--;
	} else if (strcmp(name, "c") == 0 && r->in_cell) {
		r->in_cell = false;
		end_cell(r);
	} else if (strcmp(name, "row") == 0 && r->in_row) {
		end_row(r);
	}
}

bool iq_book_rows(struct iq_book *b, const struct iq_book_sheet *sheet)
{
	struct rows r = {.b = b, .sheet = sheet};
	struct iq_xml x = {.part = sheet->part.p, .start = on_start, .end = on_end, .arg = &r};
	int64_t at = sheet->part.n != 0 ? iq_zip_find(b->zip, sheet->part) : -1;

	if (at < 0)
		return iq_parse_fail(b->p, IQ_PARSE_NO_ENTRY, sheet->name);

	bool ok = iq_xml_read(&x, b->zip, at);

	iq_buf_free(&r.value);
	iq_buf_free(&r.cells);
	return ok;
}
