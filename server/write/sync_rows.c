/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: the rows of the list. They are few enough to be held in memory. */

#include "bounds.h"
#include "i18n.h"
#include "sync_priv.h"

/* ---- problems -------------------------------------------------------------------------------- */

const struct iq_column *iq_sync_column(enum iq_kind kind, int col)
{
	return &iq_schemas[kind].columns[col];
}

void iq_sync_say(struct iq_sync_priv *p, struct iq_sync_row *row, int col, struct iq_str value,
	const char *text, struct iq_str arg)
{
	struct iq_problem problem = {.file = row->file->name,
		.line = row->line,
		.value = value,
		.text = text,
		.args = {arg},
		.nargs = arg.n > 0};

	if (col >= 0)
		problem.column = iq_str(iq_sync_column(row->kind, col)->name);
	row->bad = true;
	iq_error_add_problem(&p->s->job->error, &problem);
}

void iq_sync_remark(struct iq_sync_priv *p, const struct iq_sync_row *row, struct iq_str id,
	int col, struct iq_str list, struct iq_str theirs, const char *text)
{
	struct iq_sync *s = p->s;
	void *notes = s->notes;
	struct iq_problem *to;

	if (s->nnotes >= IQ_LIMIT_PROBLEMS)
		return;
	to = iq_sync_grow(p, &notes, s->nnotes, &s->cap_notes, sizeof(*to));
	s->notes = notes;
	if (to == NULL)
		return;
	*to = (struct iq_problem){
		.value = list, .text = text, .args = {id}, .nargs = 1, .nearest = theirs};
	if (row != NULL) {
		to->file = row->file->name;
		to->line = row->line;
		if (col >= 0)
			to->column = iq_str(iq_sync_column(row->kind, col)->name);
	}
	s->nnotes++;
}

static void header_problem(struct iq_sync_priv *p, const struct iq_spool_file *f,
	struct iq_str column, const char *text)
{
	iq_error_add_problem(&p->s->job->error, &(struct iq_problem){.file = f->name,
							.line = 1,
							.column = column,
							.value = column,
							.text = text,
							.args = {iq_str(iq_schemas[f->kind].name)},
							.nargs = 1});
}

/* ---- headers --------------------------------------------------------------------------------- */

static bool syncs(enum iq_kind kind)
{
	return kind == IQ_INSTITUTION || kind == IQ_CONTACT || kind == IQ_RESPONSIBILITY ||
	       kind == IQ_NOTICE;
}

/* Without these a row says nothing that a record could be known by. */
static const char *const known_by[IQ_KINDS][3] = {
	[IQ_INSTITUTION] = {"id", "name_de"},
	[IQ_CONTACT] = {"id", "name"},
	[IQ_RESPONSIBILITY] = {"id", "task"},
	[IQ_NOTICE] = {"id", "effect"},
};

static bool has_column(const struct iq_spool_file *f, const char *name)
{
	for (size_t i = 0; i < f->ncolumns; i++) {
		if (iq_str_is(f->columns[i], name))
			return true;
	}
	return false;
}

static void map_columns(struct iq_sync_priv *p, struct iq_spool_file *f)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < f->ncolumns; i++) {
		int col = iq_column_by_name(f->kind, f->columns[i]);

		f->map[i] = col;
		if (col < 0) {
			header_problem(p, f, f->columns[i],
				N_("Records of kind {0} have no such column."));
			f->skipped = true;
		} else if (seen & UINT32_C(1) << col) {
			header_problem(p, f, f->columns[i], N_("This column is there twice."));
			f->skipped = true;
		} else {
			seen |= UINT32_C(1) << col;
		}
	}
}

static void check_file(struct iq_sync_priv *p, struct iq_spool_file *f)
{
	const char *const *any = known_by[f->kind];
	uint32_t columns = 0;

	f->skipped = false;
	if (!syncs(f->kind)) {
		header_problem(p, f, (struct iq_str){NULL, 0},
			N_("A sync takes contacts, responsibilities, notices and what an "
			   "institution says of itself; no {0}."));
		f->skipped = true;
		return;
	}
	map_columns(p, f);
	if (!f->skipped && !has_column(f, any[0]) && !has_column(f, any[1]) &&
		!(f->kind == IQ_CONTACT &&
			(has_column(f, "external_id") || has_column(f, "email")))) {
		header_problem(p, f, iq_str(any[1]), N_("This column is missing."));
		f->skipped = true;
	}
	/* Of several files of a kind, what all of them have. */
	for (size_t i = 0; i < f->ncolumns; i++)
		if (f->map[i] >= 0)
			columns |= UINT32_C(1) << f->map[i];
	p->columns[f->kind] = p->in_list[f->kind] ? p->columns[f->kind] & columns : columns;
	p->in_list[f->kind] = true;
}

/* ---- institutions ---------------------------------------------------------------------------- */

static bool named(struct iq_sync_priv *p, const struct iq_rec *rec, struct iq_str folded)
{
	if (iq_str_eq(iq_sync_fold(p, iq_rec_text(rec, IQ_INSTITUTION_NAME_DE)), folded) ||
		iq_str_eq(iq_sync_fold(p, iq_rec_text(rec, IQ_INSTITUTION_NAME_EN)), folded))
		return true;
	for (uint32_t i = 0; i < rec->col[IQ_INSTITUTION_ALIASES].n; i++) {
		if (iq_str_eq(iq_sync_fold(p, rec->col[IQ_INSTITUTION_ALIASES].v[i]), folded))
			return true;
	}
	return false;
}

/* The institution or one below it, by id or by name. IQ_NONE: none, or several. */
static iq_num institution_of(struct iq_sync_priv *p, struct iq_str cell)
{
	iq_num num = iq_slug_valid(cell) ? iq_id_find(p->t, IQ_INSTITUTION, cell) : IQ_NONE;
	struct iq_str folded;
	size_t at;

	if (num != IQ_NONE && iq_sync_in_scope(p, num, &at))
		return num;
	num = IQ_NONE;
	folded = iq_sync_fold(p, cell);
	for (size_t i = 0; folded.n > 0 && i < p->nscope; i++) {
		const struct iq_stored *s = iq_sync_stored(p, IQ_INSTITUTION, p->scope[i]);

		if (s == NULL || !named(p, &s->rec, folded))
			continue;
		if (num != IQ_NONE)
			return IQ_NONE;
		num = p->scope[i];
	}
	return num;
}

static const int institution_column[IQ_KINDS] = {[IQ_CONTACT] = IQ_CONTACT_INSTITUTION,
	[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION,
	[IQ_NOTICE] = IQ_NOTICE_INSTITUTION};

struct last_name {
	struct iq_str cell;
	iq_num num;
};

static void find_institution(
	struct iq_sync_priv *p, struct iq_sync_row *row, struct last_name *last)
{
	int col = institution_column[row->kind];
	size_t at;

	row->institution = p->s->institution;
	if (col == 0)
		return;
	if (row->cell[col].n > 0) {
		if (!iq_str_eq(last->cell, row->cell[col]))
			*last = (struct last_name){
				row->cell[col], institution_of(p, row->cell[col])};
		row->institution = last->num;
	}
	if (row->institution == IQ_NONE || !iq_sync_in_scope(p, row->institution, &at)) {
		iq_sync_say(p, row, col, row->cell[col],
			N_("This is neither the institution whose list it is ({0}) nor one below "
			   "it."),
			iq_id_of(p->t, IQ_INSTITUTION, p->s->institution));
		return;
	}
	p->scope_named[at] = true;
	row->cell[col] = iq_arena_dup(p->arena, iq_id_of(p->t, IQ_INSTITUTION, row->institution));
	row->given |= UINT32_C(1) << col;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reading {
	struct iq_sync_priv *p;
	struct last_name last;
};

static struct iq_str trimmed(struct iq_str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = (struct iq_str){s.p + 1, s.n - 1};
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

static bool on_row(void *arg, const struct iq_import_row *in)
{
	struct reading *r = arg;
	struct iq_sync_priv *p = r->p;
	void *list = p->rows;
	struct iq_sync_row *row = iq_sync_grow(p, &list, p->nrows, &p->cap_rows, sizeof(*p->rows));

	p->rows = list;
	if (row == NULL)
		return false;
	*row = (struct iq_sync_row){.kind = in->file->kind, .file = in->file, .line = in->line};
	p->nrows++;
	p->rows_of[row->kind]++;
	if (in->ncells != in->file->ncolumns) {
		iq_sync_say(p, row, -1, (struct iq_str){NULL, 0},
			N_("This row has more or fewer cells than the header."),
			(struct iq_str){NULL, 0});
		return true;
	}
	for (size_t i = 0; i < in->ncells; i++) {
		int col = in->file->map[i];

		row->cell[col] = iq_arena_dup(p->arena, trimmed(in->cells[i]));
		row->given |= UINT32_C(1) << col;
	}
	if (row->cell[IQ_COL_ID].n == 0)
		row->given &= ~(UINT32_C(1) << IQ_COL_ID);
	find_institution(p, row, &r->last);
	return p->err == IQ_OK && !p->arena->failed;
}

enum iq_err iq_sync_rows(struct iq_sync_priv *p)
{
	struct iq_spool *spool = p->s->spool;
	struct reading r = {.p = p};

	for (size_t i = 0; i < spool->nfiles; i++)
		check_file(p, &spool->files[i]);
	for (unsigned k = 0; k < IQ_KINDS && p->err == IQ_OK; k++) {
		r.last = (struct last_name){{NULL, 0}, IQ_NONE};
		if (syncs((enum iq_kind)k) && !iq_spool_each(spool, (enum iq_kind)k, on_row, &r))
			p->err = iq_error_set(&p->s->job->error, IQ_ERR_INTERNAL,
				N_("The rows of the import cannot be read back."), N_("Try again."),
				NULL);
	}
	if (p->err == IQ_OK && p->arena->failed)
		p->err = iq_no_memory(&p->s->job->error);
	p->s->rows = p->nrows;
	return p->err;
}

void iq_sync_parse(struct iq_sync_priv *p, enum iq_kind kind)
{
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];
		bool changed;

		if (row->kind != kind)
			continue;
		row->list.kind = kind;
		for (int c = 1; c < (int)iq_schemas[kind].ncolumns; c++) {
			struct iq_problem problem = {.line = 0};

			if (!(row->given & UINT32_C(1) << c) ||
				iq_rec_read_cell(&row->list, c, row->cell[c], p->arena, &problem) ==
					IQ_OK)
				continue;
			problem.file = row->file->name;
			problem.line = row->line;
			row->bad = true;
			iq_error_add_problem(&p->s->job->error, &problem);
		}
		if (!iq_canonical(&row->list, p->arena, iq_canon_stored, p->t, &changed))
			p->err = iq_no_memory(&p->s->job->error);
	}
}
