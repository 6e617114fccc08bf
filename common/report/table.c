/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a document, and all of them as plain cells: CSV, workbook, checksum. */
#include "excel.h"
#include "report_priv.h"

#define FIELDS(...)                                                                                \
	(const struct iq_report_field[])                                                           \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define SCHEMA(part, ...)                                                                          \
	{                                                                                          \
		IQ_RW_##part, IQ_RW_##part##_NONE, FIELDS(__VA_ARGS__),                            \
			sizeof(FIELDS(__VA_ARGS__)) / sizeof(struct iq_report_field)               \
	}
#define T(word)                                                                                    \
	{                                                                                          \
		IQ_RW_##word, IQ_RT_TEXT                                                           \
	}
#define H(word)                                                                                    \
	{                                                                                          \
		IQ_RW_##word, IQ_RT_HEAD                                                           \
	}
#define D(word)                                                                                    \
	{                                                                                          \
		IQ_RW_##word, IQ_RT_DATE                                                           \
	}
#define G(word)                                                                                    \
	{                                                                                          \
		IQ_RW_##word, IQ_RT_GROUPS                                                         \
	}

static const struct iq_report_schema schemas[IQ_REPORT_PARTS] = {
	[IQ_REPORT_GAPS] = SCHEMA(GAPS, H(TASK), G(STATUSES), T(EXPECTED), T(INVOLVED)),
	[IQ_REPORT_OVERLAPS] = SCHEMA(OVERLAPS, H(TASK), G(STATUSES), T(INSTITUTIONS), T(LEVEL)),
	[IQ_REPORT_NOTICES] = SCHEMA(NOTICES, H(EFFECT), T(TEXT), T(TASK), G(STATUSES), T(REGION),
		T(LEGAL_BASIS), D(FROM), D(TO)),
	[IQ_REPORT_CONTACTS] =
		SCHEMA(CONTACTS, T(INSTITUTION), H(NAME), T(FUNCTION), {IQ_RW_PHONE, IQ_RT_PHONE},
			{IQ_RW_EMAIL, IQ_RT_EMAIL}, T(LANGUAGES), T(DEPUTY), T(SHOWN_TO)),
	[IQ_REPORT_GUIDE] = SCHEMA(GUIDE, G(LETTER), H(STATUS), T(LEGAL_BASIS), T(WORK), T(COURSE),
		T(OBLIGATIONS), D(AS_OF), {IQ_RW_SOURCE, IQ_RT_URL}),
	[IQ_REPORT_COMMITMENTS] = SCHEMA(COMMITMENTS, H(COMMITMENT), T(OWNER), D(DUE), T(STATE)),
	[IQ_REPORT_CHANGES] = SCHEMA(CHANGES, D(DATE), H(WHAT), T(BEFORE), T(AFTER)),
	[IQ_REPORT_MINUTES] =
		SCHEMA(MINUTES, D(DATE), H(MEETING), T(PRESENT), {IQ_RW_DECISIONS, IQ_RT_LINES}),
};

const struct iq_report_schema *iq_report_schema(enum iq_report_part part)
{
	return &schemas[part];
}

bool iq_report_present(const struct iq_report *doc, unsigned table)
{
	return table >= IQ_REPORT_PARTS ? table < IQ_REPORT_TABLES : doc->parts[table].present;
}

static bool flat_alloc(struct iq_report_out *o, struct iq_report_flat *f, const char *name,
	size_t ncolumns, size_t nrows)
{
	*f = (struct iq_report_flat){.name = name, .ncolumns = ncolumns, .nrows = nrows};
	f->header = iq_arena_array(&o->mem, ncolumns, sizeof(f->header[0]));
	if (nrows != 0 && ncolumns > SIZE_MAX / nrows)
		return false;
	f->cells = iq_arena_array(&o->mem, ncolumns * nrows, sizeof(f->cells[0]));
	return f->header != NULL && f->cells != NULL;
}

/* "one / two": a cell is one line wherever tables are read by machines. */
static struct iq_str in_one_line(struct iq_report_out *o, struct iq_str s)
{
	struct iq_str line;
	const char *all = "";

	while (iq_str_cut(&s, '\n', &line))
		if (line.n > 0)
			all = iq_arena_printf(
				&o->mem, "%s%s%.*s", all, *all ? " / " : "", IQ_STR_ARG(line));
	return iq_str(all);
}

static struct iq_str flat_cell(struct iq_report_out *o, const struct iq_report_line *line, size_t c,
	enum iq_report_type type)
{
	struct iq_str s = iq_report_in(line->cells[c], o->lang);

	if (type == IQ_RT_DATE)
		return iq_report_date(o, s);
	if (type == IQ_RT_GROUPS && s.n == 0)
		return iq_report_letters(o, line->groups);
	if (type == IQ_RT_LINES)
		return in_one_line(o, s);
	return s;
}

static bool flatten_part(struct iq_report_out *o, unsigned part, struct iq_report_flat *f)
{
	const struct iq_report_table *t = &o->doc->parts[part];
	const struct iq_report_schema *s = &schemas[part];

	if (!flat_alloc(o, f, iq_rw(o, s->title), s->nfields, t->present ? t->nlines : 0))
		return false;
	for (size_t c = 0; c < s->nfields; c++)
		f->header[c] = iq_str(iq_rw(o, s->fields[c].word));
	for (size_t r = 0; r < f->nrows; r++)
		for (size_t c = 0; c < s->nfields; c++)
			f->cells[r * s->nfields + c] =
				flat_cell(o, &t->lines[r], c, s->fields[c].type);
	return true;
}

static bool flatten_matrix(struct iq_report_out *o, struct iq_report_flat *f)
{
	const struct iq_report_matrix *m = &o->doc->matrix;

	if (!flat_alloc(o, f, iq_rw(o, IQ_RW_MATRIX), m->ncolumns + 1, m->nrows))
		return false;
	f->header[0] = iq_str(iq_rw(o, IQ_RW_TASK));
	for (size_t c = 0; c < m->ncolumns; c++)
		f->header[c + 1] = iq_report_in(m->columns[c].name, o->lang);
	for (size_t r = 0; r < m->nrows; r++) {
		struct iq_str *row = &f->cells[r * f->ncolumns];

		row[0] = iq_report_in(m->rows[r].name, o->lang);
		for (size_t c = 0; c < m->ncolumns; c++)
			row[c + 1] = iq_report_cell_text(o, &m->cells[r * m->ncolumns + c]);
	}
	return true;
}

static void flatten_duty(struct iq_report_out *o, const struct iq_report_sheet *sheet,
	const struct iq_report_duty *d, struct iq_str *row)
{
	struct iq_str role = iq_str(iq_report_role(o, d->entry.role));

	row[0] = iq_report_in(sheet->name, o->lang);
	row[1] = iq_report_in(d->task, o->lang);
	row[2] = role;
	row[3] = iq_report_statuses(o, &d->entry);
	row[4] = iq_report_in(d->entry.condition, o->lang);
	if (row[4].n == 0 && d->entry.possible)
		row[4] = iq_str(iq_rw(o, IQ_RW_LEGEND_POSSIBLE));
	row[5] = d->legal_basis;
	row[6] = d->source;
	row[7] = d->confirmed_on.n != 0 ? iq_report_date(o, d->confirmed_on)
					: iq_str(iq_rw(o, IQ_RW_NEVER));
}

static bool flatten_duties(struct iq_report_out *o, struct iq_report_flat *f)
{
	static const enum iq_rw header[] = {IQ_RW_INSTITUTION, IQ_RW_TASK, IQ_RW_ROLE,
		IQ_RW_STATUSES, IQ_RW_CONDITION, IQ_RW_LEGAL_BASIS, IQ_RW_SOURCE, IQ_RW_CONFIRMED};
	enum { N = sizeof(header) / sizeof(header[0]) };
	size_t nrows = 0;

	for (size_t s = 0; s < o->doc->nsheets; s++)
		nrows += o->doc->sheets[s].nduties;
	if (!flat_alloc(o, f, iq_rw(o, IQ_RW_DUTIES), N, nrows))
		return false;
	for (size_t c = 0; c < N; c++)
		f->header[c] = iq_str(iq_rw(o, header[c]));

	struct iq_str *row = f->cells;

	for (size_t s = 0; s < o->doc->nsheets; s++)
		for (size_t d = 0; d < o->doc->sheets[s].nduties; d++, row += N)
			flatten_duty(o, &o->doc->sheets[s], &o->doc->sheets[s].duties[d], row);
	return true;
}

static bool flatten_legend(struct iq_report_out *o, struct iq_report_flat *f)
{
	size_t n = iq_report_ngroups(o->doc);

	if (!flat_alloc(o, f, iq_rw(o, IQ_RW_LEGEND), 2, IQ_ROLES + n + 3))
		return false;
	f->header[0] = iq_str(iq_rw(o, IQ_RW_SYMBOL));
	f->header[1] = iq_str(iq_rw(o, IQ_RW_MEANING));

	struct iq_str *row = f->cells;

	for (int role = 0; role < IQ_ROLES; role++, row += 2) {
		row[0] = iq_str(iq_report_symbols[role]);
		row[1] = iq_str(iq_report_role(o, (enum iq_role)role));
	}
	for (size_t i = 0; i < n; i++, row += 2) {
		row[0] = o->doc->groups[i].letter;
		row[1] = iq_report_in(o->doc->groups[i].name, o->lang);
	}
	row[0] = iq_str(iq_rw(o, IQ_RW_ALL));
	row[1] = iq_str(iq_rw(o, IQ_RW_LEGEND_ALL));
	row[2] = IQ_STR("*");
	row[3] = iq_str(iq_rw(o, IQ_RW_LEGEND_CONDITION));
	row[4] = IQ_STR("?");
	row[5] = iq_str(iq_rw(o, IQ_RW_LEGEND_POSSIBLE));
	return true;
}

bool iq_report_flatten(struct iq_report_out *o, unsigned table, struct iq_report_flat *f)
{
	switch (table) {
	case IQ_REPORT_MATRIX:
		return flatten_matrix(o, f);
	case IQ_REPORT_DUTIES:
		return flatten_duties(o, f);
	case IQ_REPORT_LEGEND:
		return flatten_legend(o, f);
	default:
		return table < IQ_REPORT_PARTS && flatten_part(o, table, f);
	}
}

enum iq_err iq_report_csv(const struct iq_report *doc, unsigned table, enum iq_lang lang,
	struct iq_buf *out, struct iq_error *error)
{
	struct iq_report_out o;
	struct iq_report_flat f;

	iq_report_begin(&o, doc, lang, out);
	if (iq_report_flatten(&o, table, &f)) {
		for (size_t i = 0; i < f.ncolumns; i++)
			f.header[i] = iq_report_visible(&o, f.header[i]);
		for (size_t i = 0; i < f.ncolumns * f.nrows; i++)
			f.cells[i] = iq_report_visible(&o, f.cells[i]);
		iq_excel_csv_begin(out);
		iq_excel_csv_row(out, f.header, f.ncolumns);
		for (size_t r = 0; r < f.nrows; r++)
			iq_excel_csv_row(out, f.cells + r * f.ncolumns, f.ncolumns);
	}
	return iq_report_end(&o, error);
}
