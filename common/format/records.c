/* SPDX-License-Identifier: Apache-2.0 */
#include "records.h"

#include "bounds.h"
#include "csv_read.h"
#include "i18n.h"
#include "utf8.h"

_Static_assert(sizeof(((struct iq_records *)0)->columns) / sizeof(struct iq_str) == IQ_CSV_COLUMNS,
	"as many columns as the scanner has");

/* What is left of a record; `bad` once it was too short. */
struct content {
	const uint8_t *p;
	size_t n;
	bool bad;
};

static uint64_t take_number(struct content *c, size_t bytes)
{
	uint64_t v = 0;

	if (c->n < bytes) {
		c->bad = true;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)c->p[i] << (8 * i);
	c->p += bytes;
	c->n -= bytes;
	return v;
}

/* Text: valid UTF-8 of at most `max` bytes. */
static struct iq_str take_text(struct content *c, size_t max)
{
	size_t n = take_number(c, 4);
	struct iq_str s = {(const char *)c->p, n};

	if (c->bad || n > c->n || n > max || !iq_utf8_valid(s)) {
		c->bad = true;
		return (struct iq_str){"", 0};
	}
	c->p += n;
	c->n -= n;
	return s;
}

static enum iq_err no_memory(struct iq_records *r)
{
	return iq_error_set(r->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
}

static enum iq_err nonsense(struct iq_records *r)
{
	const char *file = iq_arena_cstr(&r->arena, r->file);

	return iq_error_set(r->error, IQ_ERR_REJECTED,
		N_("{0} cannot be read: the process that reads it answered with nonsense."),
		N_("The file may be malicious. Ask where it comes from."), file ? file : "", NULL);
}

static enum iq_err take_sheet(struct iq_records *r, struct content *c)
{
	unsigned number = (unsigned)take_number(c, 2);
	bool hidden = take_number(c, 1) != 0;
	struct iq_str name = take_text(c, 4096);

	if (c->bad || number < r->sheets || number >= IQ_LIMIT_SHEET_SHEETS || !r->reader)
		return nonsense(r);
	iq_arena_reset(&r->arena);
	r->sheets = number + 1;
	r->line = 0;
	r->ncolumns = 0;
	r->in_sheet = true;
	r->skip = false;
	r->sheet = (struct iq_sheet){.form = IQ_FORM_XLSX,
		.name = iq_arena_dup(&r->arena, name),
		.file = iq_str(iq_arena_printf(
			&r->arena, "%.*s/%.*s", IQ_STR_ARG(r->file), IQ_STR_ARG(name))),
		.number = number,
		.hidden = hidden,
		.quotes = true};
	if (r->arena.failed)
		return no_memory(r);
	return r->reader->sheet(r->reader->arg, &r->sheet, &r->skip);
}

/* The first row that is not blank names the columns in problems. */
static enum iq_err keep_columns(struct iq_records *r, const struct iq_sheet_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->columns[i] = iq_arena_dup(&r->arena, cells[i].text);
	r->ncolumns = n;
	return r->arena.failed ? no_memory(r) : IQ_OK;
}

static enum iq_err take_row(struct iq_records *r, struct content *c)
{
	struct iq_sheet_cell cells[IQ_CSV_COLUMNS];
	uint32_t line = (uint32_t)take_number(c, 4);
	size_t n = take_number(c, 2);

	if (c->bad || n == 0 || n > IQ_CSV_COLUMNS || line <= r->line || !r->in_sheet)
		return nonsense(r);
	for (size_t i = 0; i < n; i++) {
		uint64_t type = take_number(c, 1);

		cells[i].type = type < IQ_SHEET_TYPES ? (enum iq_sheet_type)type : IQ_SHEET_TEXT;
		cells[i].text = take_text(c, IQ_LIMIT_CELL);
		c->bad |= type >= IQ_SHEET_TYPES;
		r->cells += cells[i].text.n != 0;
	}
	if (c->bad || c->n != 0 || r->cells > IQ_LIMIT_SHEET_CELLS)
		return nonsense(r);
	r->line = line;
	if (r->skip)
		return IQ_OK;
	if (r->ncolumns < n && r->ncolumns < 2) {
		enum iq_err err = keep_columns(r, cells, n);

		if (err != IQ_OK)
			return err;
	}
	return r->reader->row(r->reader->arg, line, cells, n);
}

static enum iq_err take_problem(struct iq_records *r, struct content *c)
{
	struct iq_problem p = {.file = r->sheet.file, .line = (uint32_t)take_number(c, 4)};
	size_t column = take_number(c, 2);
	uint64_t text = take_number(c, 2);
	char letters[4];

	p.value = take_text(c, IQ_LIMIT_CELL);
	if (c->bad || column > IQ_CSV_COLUMNS || text >= IQ_PARSE_TEXTS || text < IQ_PARSE_COLUMN ||
		!r->in_sheet)
		return nonsense(r);
	p.text = iq_parse_texts[text];
	if (column != 0)
		p.column = column <= r->ncolumns ? r->columns[column - 1]
						 : iq_str(iq_column_letters(column - 1, letters));
	if (!r->skip)
		iq_error_add_problem(r->error, &p);
	return IQ_OK;
}

static enum iq_err take_entry(struct iq_records *r, struct content *c)
{
	uint64_t size = take_number(c, 8);
	/* names of archives may be in any encoding; one that is not UTF-8 is none of a bundle */
	size_t n = take_number(c, 4);
	struct iq_str name = {(const char *)c->p, n};

	if (c->bad || n != c->n || r->entry == NULL)
		return nonsense(r);
	return r->entry(r->arg, name, size);
}

static enum iq_err take_error(struct iq_records *r, struct content *c)
{
	uint64_t text = take_number(c, 2);
	struct iq_str arg = {NULL, take_number(c, 4)};

	arg.p = (const char *)c->p;
	if (c->bad || arg.n != c->n || text >= IQ_PARSE_COLUMN || arg.n > 4096)
		return nonsense(r);
	arg.n = iq_utf8_valid_prefix(arg);

	const char *shown = iq_arena_cstr(&r->arena, arg);
	const char *file = iq_arena_cstr(&r->arena, r->file);
	const char *hint = r->reader != NULL ? N_("Save the list as \"CSV UTF-8\" and use that.")
					     : N_("Pack the files again, or name their directory.");

	if (text == IQ_PARSE_ENCRYPTED)
		hint = N_("Save it without a password.");
	if (text == IQ_PARSE_LIBRARY)
		hint = N_("Install the Debian package of that library, or save the list as \"CSV "
			  "UTF-8\".");
	if (shown == NULL || file == NULL)
		return no_memory(r);
	return iq_error_set(
		r->error, IQ_ERR_REJECTED, iq_parse_texts[text], hint, file, shown, NULL);
}

void iq_records_begin(struct iq_records *r)
{
	iq_arena_init(&r->arena, 0);
	r->err = IQ_OK;
}

bool iq_records_take(struct iq_records *r, enum iq_record type, struct iq_str content)
{
	struct content c = {(const uint8_t *)content.p, content.n, false};

	if (r->err != IQ_OK || r->done)
		return false;
	switch (type) {
	case IQ_RECORD_SHEET:
		r->err = take_sheet(r, &c);
		break;
	case IQ_RECORD_ROW:
		r->err = take_row(r, &c);
		break;
	case IQ_RECORD_PROBLEM:
		r->err = take_problem(r, &c);
		break;
	case IQ_RECORD_ENTRY:
		r->err = take_entry(r, &c);
		break;
	case IQ_RECORD_BYTES:
		r->err = r->bytes != NULL ? r->bytes(r->arg, content) : nonsense(r);
		break;
	case IQ_RECORD_ERROR:
		r->err = take_error(r, &c);
		break;
	case IQ_RECORD_DONE:
		r->done = true;
		break;
	case IQ_RECORDS:
	default:
		r->err = nonsense(r);
	}
	return r->err == IQ_OK && !r->done;
}

enum iq_err iq_records_end(struct iq_records *r, uint64_t before)
{
	enum iq_err err = r->err;

	if (err == IQ_OK && !r->done)
		err = nonsense(r);
	iq_arena_free(&r->arena);
	return err == IQ_OK && r->error->problems_total != before ? IQ_ERR_REJECTED : err;
}
