/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a list as rows of the bundle's tables. */
#include <stdlib.h>

#include "bounds.h"
#include "excel.h"
#include "fold.h"
#include "i18n.h"
#include "input.h"
#include "repair.h"

struct reading {
	const struct iq_input_table *t;
	const struct iq_input_options *options;
	const struct iq_bundle_reader *reader;
	struct iq_repairs *repairs;
	struct iq_error *error;
	struct iq_repair repair;
	struct iq_repair_lookup lookup;
	struct iq_arena scratch; /* of a row */
	/* rows given, for those that are given once only */
	struct iq_arena seen_arena;
	struct iq_str *seen;
	size_t nseen, cap_seen;
	/* the row at hand */
	uint32_t line;
	const struct iq_sheet_cell *cells;
	size_t ncells;
	bool bad;
};

static const struct iq_str none = {"", 0};

void iq_repairs_init(struct iq_repairs *r, struct iq_arena *arena)
{
	*r = (struct iq_repairs){.arena = arena};
}

/* ---- what is told ------------------------------------------------------------------------- */

/* Copies all strings into the arena of the list. */
static void add_repair(struct iq_repairs *r, const struct iq_problem *p)
{
	if (r == NULL || r->total++ >= IQ_LIMIT_PROBLEMS)
		return;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		void *more = iq_arena_grow(
			r->arena, r->list, r->cap * sizeof(r->list[0]), cap * sizeof(r->list[0]));

		if (more == NULL)
			return;
		r->list = more;
		r->cap = cap;
	}

	struct iq_problem *to = &r->list[r->n++];

	*to = *p;
	to->file = iq_arena_dup(r->arena, p->file);
	to->column = iq_arena_dup(r->arena, p->column);
	to->value = iq_arena_dup(r->arena, p->value);
	to->nearest = iq_arena_dup(r->arena, p->nearest);
	for (size_t i = 0; i < p->nargs; i++)
		to->args[i] = iq_arena_dup(r->arena, p->args[i]);
}

/* The column as the list calls it. */
static struct iq_str column_name(struct reading *r, int from)
{
	char letters[4];

	if (from < 0)
		return none;
	if ((size_t)from < r->t->columns.n && iq_trim(r->t->headers[from]).n != 0)
		return iq_trim(r->t->headers[from]);
	return iq_arena_dup(&r->scratch, iq_str(iq_column_letters((size_t)from, letters)));
}

static void tell(struct reading *r, int from, struct iq_str value, const struct iq_fixed *fixed)
{
	struct iq_problem p = {.file = r->t->file.name,
		.line = r->line,
		.column = column_name(r, from),
		.value = value,
		.text = fixed->why,
		.nargs = fixed->nargs};

	for (size_t i = 0; i < fixed->nargs; i++)
		p.args[i] = fixed->args[i];
	if (fixed->how == IQ_FIX_REPAIRED) {
		p.nearest = fixed->value;
		add_repair(r->repairs, &p);
	} else {
		p.nearest = fixed->nearest;
		iq_error_add_problem(r->error, &p);
	}
}

/* ---- references --------------------------------------------------------------------------- */

/* "Meißen, Stadt" as registers write it: the part before the comma, if that is clear. */
static bool without_title(
	struct reading *r, enum iq_kind kind, struct iq_str term, struct iq_resolved *found)
{
	const char *comma = memrchr(term.p, ',', term.n);

	if (kind != IQ_REGION || comma == NULL)
		return false;
	iq_term_lookup(r->options->names, kind,
		iq_trim((struct iq_str){term.p, (size_t)(comma - term.p)}), &r->scratch, found);
	return found->n == 1;
}

/* A term as an id; refused if there is none, or more than one. */
static void resolve(struct reading *r, enum iq_kind kind, struct iq_str term, struct iq_fixed *out)
{
	const struct iq_names *names = r->options->names;
	struct iq_resolved found;
	struct iq_error error;

	iq_fixed_none(out, term);
	if (iq_slug_valid(term) && names->find(names->ctx, kind, term) != IQ_NONE)
		return;
	iq_error_init(&error, &r->scratch);
	iq_term_lookup(names, kind, term, &r->scratch, &found);
	if (found.n == 1) {
		out->value = iq_arena_dup(&r->scratch, names->id(names->ctx, kind, found.num[0]));
		return;
	}
	if (found.n > 1 && found.stage == IQ_STAGE_POSTCODE) {
		iq_fixed_refused(out, N_("This postcode has several regions. Name one of them."),
			names->id(names->ctx, kind, found.num[0]));
		return;
	}
	if (found.n == 0 && without_title(r, kind, term, &found)) {
		iq_fixed_repaired(out,
			iq_arena_dup(&r->scratch, names->id(names->ctx, kind, found.num[0])),
			N_("Found by the name before the comma."));
		return;
	}
	if (iq_term_resolve(names, kind, term, &r->scratch, &found, &error) == IQ_OK)
		return;
	iq_fixed_refused(out, error.text, error.ncandidates != 0 ? error.candidates[0].id : none);
	out->args[0] = term;
	out->nargs = 1;
}

/* All parts of a reference; the first that is refused is told. "alle" is no restriction. */
static void resolve_all(
	struct reading *r, const struct iq_column *column, struct iq_str cell, struct iq_fixed *out)
{
	static const char *const all[] = {"alle", "all", "saemtliche", "jeder", NULL};
	struct iq_str rest = cell, part, folded = iq_fold(&r->scratch, cell, IQ_FOLD_AE);
	struct iq_fixed one;
	struct iq_buf b;

	iq_fixed_none(out, cell);
	if (column->type == IQ_TYPE_REF) {
		resolve(r, column->target, cell, out);
		return;
	}
	if (folded.n != 0 && iq_choice(all, folded) >= 0) {
		iq_fixed_none(out, none);
		return;
	}
	iq_buf_init(&b, 0);
	while (out->how != IQ_FIX_REFUSED && iq_str_cut(&rest, column->sep, &part)) {
		part = iq_trim(part);
		if (part.n == 0)
			continue;
		resolve(r, column->target, part, &one);
		if (one.how == IQ_FIX_REFUSED) {
			*out = one;
			break;
		}
		if (one.how == IQ_FIX_REPAIRED)
			*out = one;
		if (b.n != 0)
			iq_buf_byte(&b, (uint8_t)column->sep);
		iq_buf_str(&b, one.value);
	}
	if (out->how != IQ_FIX_REFUSED)
		out->value = iq_arena_dup(&r->scratch, (struct iq_str){(char *)b.p, b.n});
	iq_buf_free(&b);
}

/* Vocabulary only: institutions and contacts may be new, whoever plans the change matches them. */
static bool is_resolved(const struct reading *r, const struct iq_column *column)
{
	bool reference = column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS;

	return r->options->names != NULL && reference &&
	       (column->target == IQ_REGION || column->target == IQ_TASK ||
		       column->target == IQ_STATUS || column->target == IQ_KIND) &&
	       /* a table of the vocabulary brings its own */
	       r->t->file.kind != column->target;
}

/* ---- rows --------------------------------------------------------------------------------- */

/* Line ends within a cell as the bundle has them. */
static struct iq_str plain_lines(struct reading *r, struct iq_str s)
{
	char *c = s.n != 0 && memchr(s.p, '\r', s.n) != NULL ? iq_arena_cstr(&r->scratch, s) : NULL;
	size_t n = 0;

	for (size_t i = 0; c != NULL && i < s.n; i++) {
		if (c[i] == '\r' && i + 1 < s.n && c[i + 1] == '\n')
			continue;
		c[n++] = c[i] == '\r' ? '\n' : c[i];
	}
	return c != NULL ? (struct iq_str){c, n} : s;
}

/* Contacts of a template by their ids. */
static struct iq_str as_known(struct reading *r, const struct iq_column *column, struct iq_str cell)
{
	const char *all = "";
	struct iq_str rest = cell, part;
	size_t n = 0;

	if (r->t->known == NULL || cell.n == 0 || column->target != IQ_CONTACT ||
		(column->type != IQ_TYPE_REF && column->type != IQ_TYPE_REFS))
		return cell;
	while (iq_str_cut(&rest, ';', &part)) {
		struct iq_str id = iq_template_id(r->t->known, iq_trim(part));

		if (id.n == 0)
			id = iq_trim(part);
		all = iq_arena_printf(&r->scratch, "%s%s%.*s", all, n++ ? ";" : "", IQ_STR_ARG(id));
	}
	return iq_str(all);
}

/* One cell of the sheet for a column of the table. */
static struct iq_str read_cell(struct reading *r, const struct iq_input_column *c, int from)
{
	static const struct iq_sheet_cell empty = {{"", 0}, IQ_SHEET_TEXT};
	const struct iq_column *column = &iq_schemas[r->t->file.kind].columns[c->col];
	const struct iq_sheet_cell *cell = (size_t)from < r->ncells ? &r->cells[from] : &empty;
	struct iq_str text = cell->text;
	struct iq_fixed fixed;

	if (r->t->sheet.form == IQ_FORM_CSV)
		text = iq_excel_bare(text);
	text = plain_lines(r, text);

	const struct iq_sheet_cell bare = {text, cell->type};

	if (strcmp(column->name, "phone") == 0 && iq_template_has(r->t->known, iq_trim(text)))
		iq_fixed_none(&fixed, iq_trim(text));
	else
		iq_repair_cell(&r->repair, r->t->file.kind, c->col, &bare, &fixed);
	if (fixed.how != IQ_FIX_REFUSED && fixed.value.n != 0 && is_resolved(r, column)) {
		struct iq_fixed term;

		if (fixed.how == IQ_FIX_REPAIRED && c->reported)
			tell(r, from, text, &fixed);
		resolve_all(r, column, fixed.value, &term);
		fixed = term;
	}
	if (fixed.how == IQ_FIX_REFUSED)
		r->bad = true;
	if (fixed.how != IQ_FIX_NONE && c->reported)
		tell(r, from, text, &fixed);
	return as_known(r, column, fixed.value);
}

static struct iq_str read_column(struct reading *r, const struct iq_input_column *c)
{
	struct iq_str value = none;

	for (int i = 0; i < IQ_INPUT_FROM; i++) {
		if (c->from[i] < 0)
			continue;

		struct iq_str part = read_cell(r, c, c->from[i]);

		if (value.n == 0)
			value = part;
		else if (part.n != 0)
			value = iq_str(iq_arena_printf(
				&r->scratch, "%.*s %.*s", IQ_STR_ARG(value), IQ_STR_ARG(part)));
		if (i < 2 && value.n != 0)
			break;
	}
	return value;
}

/* Values where no header stands belong to nothing. Told by the first table of a list. */
static void check_outside(struct reading *r)
{
	static const struct iq_fixed outside = {
		.how = IQ_FIX_REFUSED, .why = N_("There is a value in a column without a header.")};

	for (size_t i = 0; r->t->first && i < r->ncells; i++) {
		bool header = i < r->t->columns.n && iq_trim(r->t->headers[i]).n != 0;

		if (header || iq_trim(r->cells[i].text).n == 0)
			continue;
		tell(r, (int)i, r->cells[i].text, &outside);
		r->bad = true;
	}
}

static uint64_t hash(struct iq_str s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * 1099511628211u;
	return h;
}

static void put_seen(struct iq_str *table, size_t cap, struct iq_str s)
{
	size_t at = hash(s) & (cap - 1);

	while (table[at].p != NULL)
		at = (at + 1) & (cap - 1);
	table[at] = s;
}

static bool grow_seen(struct reading *r)
{
	size_t cap = r->cap_seen ? r->cap_seen * 2 : 1024;
	struct iq_str *table = calloc(cap, sizeof(table[0]));

	if (table == NULL)
		return false;
	for (size_t i = 0; i < r->cap_seen; i++)
		if (r->seen[i].p != NULL)
			put_seen(table, cap, r->seen[i]);
	free(r->seen);
	r->seen = table;
	r->cap_seen = cap;
	return true;
}

/* True if an equal row was given; without memory it is given again, which does no harm. */
static bool was_given(struct reading *r, const struct iq_str *cells, size_t n)
{
	struct iq_buf b;
	struct iq_str row;
	bool found = false;

	if (r->nseen * 2 >= r->cap_seen && !grow_seen(r))
		return false;
	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		iq_buf_str(&b, cells[i]);
		iq_buf_byte(&b, 0x1f);
	}
	row = (struct iq_str){(char *)b.p, b.n};
	for (size_t at = hash(row) & (r->cap_seen - 1); r->seen[at].p != NULL && !found;
		at = (at + 1) & (r->cap_seen - 1))
		found = iq_str_eq(r->seen[at], row);
	if (!found) {
		row = iq_arena_dup(&r->seen_arena, row);
		if (row.p != NULL) {
			put_seen(r->seen, r->cap_seen, row);
			r->nseen++;
		}
	}
	iq_buf_free(&b);
	return found;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct reading *r = arg;
	const struct iq_input_table *t = r->t;
	struct iq_str out[IQ_COLUMNS_MAX];
	bool something = false;

	if (line <= t->header_line)
		return IQ_OK;
	iq_arena_reset(&r->scratch);
	r->line = line;
	r->cells = cells;
	r->ncells = n;
	r->bad = false;
	check_outside(r);
	for (size_t i = 0; i < t->nout; i++) {
		out[i] = read_column(r, &t->out[i]);
		/* in a wide list a row speaks of a kind only if it says more than whose it is */
		something = something || (out[i].n != 0 && t->out[i].reported &&
						 !(t->wide && t->file.kind == IQ_CONTACT &&
							 t->out[i].col == IQ_CONTACT_INSTITUTION));
	}
	if (r->scratch.failed)
		return iq_error_set(r->error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	if (r->bad || !something)
		return IQ_OK;
	if (t->wide && t->file.kind != IQ_RESPONSIBILITY && was_given(r, out, t->nout))
		return IQ_OK;
	return r->reader->row(r->reader->arg, line, out, t->nout);
}

static enum iq_err on_sheet(void *arg, const struct iq_sheet *sheet, bool *skip)
{
	struct reading *r = arg;
	const struct iq_input_table *t = r->t;
	struct iq_str names[IQ_COLUMNS_MAX];

	*skip = sheet->number != t->sheet.number;
	if (*skip)
		return IQ_OK;
	for (size_t i = 0; i < t->nout; i++)
		names[i] = iq_str(iq_schemas[t->file.kind].columns[t->out[i].col].name);
	return r->reader->header(r->reader->arg, &t->file, names, t->nout);
}

static void on_progress(void *arg, uint64_t bytes)
{
	struct reading *r = arg;

	if (r->reader->progress != NULL)
		r->reader->progress(r->reader->arg, bytes);
}

static enum iq_err read_list(const struct iq_input_table *t, const struct iq_str *bytes,
	const struct iq_input_options *options, const struct iq_bundle_reader *reader,
	struct iq_repairs *repairs, struct iq_error *error)
{
	struct reading r = {
		.t = t, .options = options, .reader = reader, .repairs = repairs, .error = error};
	const struct iq_sheet_reader sheet = {.sheet = on_sheet,
		.row = on_row,
		.progress = on_progress,
		.arg = &r,
		.only = (int)t->sheet.number};
	const uint64_t before = error->problems_total;
	struct iq_error again = {
		.code = IQ_OK}; /* of the sheet itself: told by the first table of a wide list */
	struct iq_error *own = t->first ? error : &again;
	enum iq_err err;

	iq_arena_init(&r.scratch, 0);
	iq_arena_init(&r.seen_arena, IQ_LIMIT_SHEET_MEMORY);
	iq_error_init(&again, error->arena);
	iq_repair_init(&r.repair, &r.lookup, options->names, &r.scratch);
	err = bytes != NULL ? iq_sheet_parse(t->sheet.form, t->file.path, *bytes, &sheet, own)
			    : iq_sheet_read(t->file.path.p, &sheet, own);
	if (own == &again && again.problems_total != 0 && err == IQ_ERR_REJECTED)
		err = IQ_OK;
	else if (own == &again && err == again.code && error->code == IQ_OK)
		*error = again;
	free(r.seen);
	iq_arena_free(&r.seen_arena);
	iq_arena_free(&r.scratch);
	return err == IQ_OK && error->problems_total != before ? IQ_ERR_REJECTED : err;
}

enum iq_err iq_input_read(const struct iq_input_table *table,
	const struct iq_input_options *options, const struct iq_bundle_reader *reader,
	struct iq_repairs *repairs, struct iq_error *error)
{
	if (!table->list)
		return iq_bundle_read(&table->file, reader, error);
	return read_list(table, NULL, options, reader, repairs, error);
}

enum iq_err iq_input_read_bytes(const struct iq_input_table *table, struct iq_str bytes,
	const struct iq_input_options *options, const struct iq_bundle_reader *reader,
	struct iq_repairs *repairs, struct iq_error *error)
{
	return read_list(table, &bytes, options, reader, repairs, error);
}
