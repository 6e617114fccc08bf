/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix with its marks, sheets of institutions, contact persons. */
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "report_doc.h"

enum { STALE_MONTHS = 12, KEEP_MONTHS = 12, FROM_PARTS = 100 };

/* ---- days --------------------------------------------------------------------------------- */

bool iq_rep_is_stale(const struct iq_rep *r, const char *confirmed_on)
{
	int32_t day, at;

	if (!iq_date_parse(iq_str(r->matrix->at), &at))
		return false;
	return !iq_date_parse(iq_str(confirmed_on), &day) ||
	       day < iq_date_months_before(at, STALE_MONTHS);
}

/* A year after the date of the document. */
static struct iq_str destroy_by(struct iq_rep *r)
{
	char text[11] = "";
	int32_t at, year;

	if (!iq_date_parse(iq_str(r->matrix->at), &at))
		return (struct iq_str){NULL, 0};
	/* the day whose date a year before is this one; 29 February becomes the 28th */
	for (year = at + 366; year > at + 364; year--)
		if (iq_date_months_before(year, KEEP_MONTHS) <= at)
			break;
	iq_date_format(year, text);
	return iq_arena_dup(&r->cli->arena, iq_str(text));
}

/* ---- statuses ----------------------------------------------------------------------------- */

static const Iq__V1__Status *find_status(const struct iq_rep *r, const char *id)
{
	const Iq__V1__EditionResponse *first = r->page[0];

	for (size_t i = 0; i < first->n_statuses; i++)
		if (strcmp(first->statuses[i]->id, id) == 0)
			return first->statuses[i];
	return NULL;
}

/* The top of its tree. */
static char *group_of(const struct iq_rep *r, char *id)
{
	for (int depth = 0; depth < 64; depth++) {
		const Iq__V1__Status *s = find_status(r, id);

		if (s == NULL || s->parent[0] == '\0')
			return id;
		id = s->parent;
	}
	return id;
}

uint32_t iq_rep_statuses(struct iq_rep *r, char **statuses, size_t n, struct iq_report_text *names)
{
	struct iq_arena *arena = &r->cli->arena;
	Iq__V1__Groups groups = IQ__V1__GROUPS__INIT;
	Iq__V1__Share *shares = iq_arena_array(arena, n, sizeof(*shares));
	bool partial = false;

	*names = (struct iq_report_text){{{0}}};
	groups.shares = iq_arena_array(arena, n, sizeof(*groups.shares));
	groups.all = n == 0;
	groups.statuses = statuses;
	groups.n_statuses = n;
	for (size_t i = 0; shares != NULL && groups.shares != NULL && i < n; i++) {
		iq__v1__share__init(&shares[i]);
		shares[i].group = group_of(r, statuses[i]);
		partial = partial || strcmp(shares[i].group, statuses[i]) != 0;
		groups.shares[groups.n_shares++] = &shares[i];
	}
	if (partial)
		*names = iq_fill_statuses(r->names, &groups);
	return iq_fill_mask(r->names, &groups);
}

/* ---- matrix ------------------------------------------------------------------------------- */

/* The client may write to what it has filled itself. */
static struct iq_report_row *row_of(struct iq_rep *r, const char *task)
{
	const struct iq_report_row *rows = r->doc.matrix.rows;

	for (size_t i = 0; i < r->matrix->n_lines && i < r->doc.matrix.nrows; i++)
		if (strcmp(r->matrix->lines[i]->task, task) == 0)
			return (struct iq_report_row *)(uintptr_t)&rows[i];
	return NULL;
}

static void mark(struct iq_rep *r, const char *task, unsigned marks)
{
	struct iq_report_row *row = row_of(r, task);

	if (row != NULL)
		row->marks |= marks;
}

static void mark_rows(struct iq_rep *r)
{
	for (size_t i = 0; i < r->gaps->n_gaps; i++)
		mark(r, r->gaps->gaps[i]->task, IQ_REPORT_GAP);
	for (size_t i = 0; i < r->overlaps->n_overlaps; i++)
		mark(r, r->overlaps->overlaps[i]->task, IQ_REPORT_OVERLAP);
	for (size_t i = 0; i < r->matrix->n_cells; i++) {
		const Iq__V1__MatrixCell *c = r->matrix->cells[i];

		for (size_t k = 0; k < c->n_rows && c->line < r->matrix->n_lines; k++)
			if (iq_rep_is_stale(r, c->rows[k]->confirmed_on))
				mark(r, r->matrix->lines[c->line]->task, IQ_REPORT_STALE);
	}
}

/* Something with an id, to be found by it: a state has tens of thousands. */
struct entry {
	const char *id;
	size_t at;
};

static int by_entry(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->id, ((const struct entry *)b)->id);
}

static void link_columns(struct iq_rep *r)
{
	struct iq_report_column *columns =
		(struct iq_report_column *)(uintptr_t)r->doc.matrix.columns;
	size_t n = r->doc.nsheets;
	struct entry *sheets = iq_arena_array(&r->cli->arena, n, sizeof(*sheets));

	if (sheets == NULL || n == 0)
		return;
	for (size_t s = 0; s < n; s++)
		sheets[s] = (struct entry){r->sheet[s], s};
	qsort(sheets, n, sizeof(*sheets), by_entry);
	for (size_t c = 0; c < r->doc.matrix.ncolumns && c < r->matrix->n_columns; c++) {
		const struct entry key = {.id = r->matrix->columns[c]->institution};
		const struct entry *e = bsearch(&key, sheets, n, sizeof(*sheets), by_entry);

		if (e != NULL)
			columns[c].sheet = (uint32_t)e->at + 1;
	}
}

/* ---- institutions ------------------------------------------------------------------------- */

static int by_responsibility(const void *a, const void *b)
{
	const Iq__V1__MatrixRow *const *x = a, *const *y = b;

	return strcmp((*x)->responsibility, (*y)->responsibility);
}

static void sort_rows(struct iq_rep *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->matrix->n_cells; i++)
		n += r->matrix->cells[i]->n_rows;
	r->row = iq_arena_array(&r->cli->arena, n, sizeof(*r->row));
	r->nrows = 0;
	for (size_t i = 0; r->row != NULL && i < r->matrix->n_cells; i++)
		for (size_t k = 0; k < r->matrix->cells[i]->n_rows; k++)
			r->row[r->nrows++] = r->matrix->cells[i]->rows[k];
	if (r->nrows > 1)
		qsort(r->row, r->nrows, sizeof(*r->row), by_responsibility);
}

/* What the matrix says of a responsibility; NULL: nothing. */
static const Iq__V1__MatrixRow *matrix_row(const struct iq_rep *r, char *id)
{
	const Iq__V1__MatrixRow wanted = {.responsibility = id}, *key = &wanted;
	const Iq__V1__MatrixRow **found = NULL;

	if (r->nrows > 0)
		found = bsearch(&key, r->row, r->nrows, sizeof(*r->row), by_responsibility);
	return found != NULL ? *found : NULL;
}

static bool fill_duty(
	struct iq_rep *r, const Iq__V1__Responsibility *x, struct iq_report_duty *duty)
{
	const Iq__V1__MatrixRow *row = matrix_row(r, x->id);
	int role = iq_choice(iq_role_names, iq_str(x->role));

	if (role < 0) /* of a newer server */
		return false;
	duty->task = iq_names_get(r->names, IQ_TASK, x->task);
	duty->entry.role = (enum iq_role)role;
	duty->entry.groups = iq_rep_statuses(r, x->statuses, x->n_statuses, &duty->entry.statuses);
	duty->entry.condition = iq_fill_condition(r->names, x->condition);
	duty->entry.possible = x->condition[0] != '\0';
	if (row != NULL && row->distance >= FROM_PARTS) {
		struct iq_report_text place = iq_rep_text(r, N_("only in {0}"),
			iq_names_get(r->names, IQ_REGION, x->region), iq_rep_same(""));

		duty->entry.condition = iq_rep_join(r, place, "; ", duty->entry.condition);
		duty->entry.possible = true;
	}
	duty->legal_basis = iq_str(x->legal_basis);
	duty->source = iq_str(x->source);
	duty->confirmed_on = iq_str(x->confirmed_on);
	duty->stale = iq_rep_is_stale(r, x->confirmed_on);
	return true;
}

static void fill_sheet(
	struct iq_rep *r, const Iq__V1__EditionInstitution *x, struct iq_report_sheet *sheet)
{
	const Iq__V1__Institution *i = x->institution;
	struct iq_report_duty *duties =
		iq_arena_array(&r->cli->arena, x->n_responsibilities, sizeof(*duties));
	const char *gap = i->postcode[0] != '\0' && i->town[0] != '\0' ? " " : "";
	const char *comma = i->street[0] != '\0' && (i->postcode[0] || i->town[0]) ? ", " : "";

	sheet->name = iq_rep_pair(i->name_de, i->name_en);
	sheet->kind = iq_names_get(r->names, IQ_KIND, i->kind);
	sheet->address = iq_str(iq_arena_printf(
		&r->cli->arena, "%s%s%s%s%s", i->street, comma, i->postcode, gap, i->town));
	sheet->phone = iq_str(i->phone);
	sheet->email = iq_str(i->email);
	sheet->url = iq_str(i->url);
	sheet->hours = iq_rep_same(i->hours);
	if (x->via[0] != '\0')
		sheet->via = iq_names_get(r->names, IQ_INSTITUTION, x->via);
	sheet->duties = duties;
	for (size_t k = 0; duties != NULL && k < x->n_responsibilities; k++)
		if (fill_duty(r, x->responsibilities[k], &duties[sheet->nduties]))
			sheet->nduties++;
}

/* By name as it is in German, then by id. */
static int by_name(const void *a, const void *b)
{
	const Iq__V1__EditionInstitution *const *x = a, *const *y = b;
	int c = strcmp((*x)->institution->name_de, (*y)->institution->name_de);

	return c != 0 ? c : strcmp((*x)->institution->id, (*y)->institution->id);
}

static const Iq__V1__EditionInstitution **all_institutions(const struct iq_rep *r, size_t *n)
{
	const Iq__V1__EditionInstitution **all;

	*n = 0;
	for (size_t p = 0; p < r->npages; p++)
		*n += r->page[p]->n_institutions;
	all = iq_arena_array(&r->cli->arena, *n, sizeof(*all));
	*n = 0;
	for (size_t p = 0; all != NULL && p < r->npages; p++)
		for (size_t i = 0; i < r->page[p]->n_institutions; i++)
			if (r->page[p]->institutions[i]->institution != NULL)
				all[(*n)++] = r->page[p]->institutions[i];
	if (*n > 1)
		qsort(all, *n, sizeof(*all), by_name);
	return all;
}

static void fill_sheets(struct iq_rep *r, const Iq__V1__EditionInstitution **all, size_t n)
{
	struct iq_report_sheet *sheets = iq_arena_array(&r->cli->arena, n, sizeof(*sheets));

	r->sheet = iq_arena_array(&r->cli->arena, n, sizeof(*r->sheet));
	if (sheets == NULL || r->sheet == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		r->sheet[i] = all[i]->institution->id;
		fill_sheet(r, all[i], &sheets[i]);
	}
	r->doc.sheets = sheets;
	r->doc.nsheets = n;
}

/* ---- contact persons ---------------------------------------------------------------------- */

/* The name of a deputy, if this edition shows it. */
static const char *deputy_name(
	const Iq__V1__EditionInstitution **all, size_t n, const Iq__V1__Contact *c)
{
	for (size_t i = 0; c->deputy[0] != '\0' && i < n; i++)
		for (size_t k = 0; k < all[i]->n_contacts; k++)
			if (strcmp(all[i]->contacts[k]->id, c->deputy) == 0)
				return all[i]->contacts[k]->name;
	return "";
}

static const char *joined(struct iq_cli *cli, char **v, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ", " : "", v[i]);
	return all;
}

static void fill_contacts(struct iq_rep *r, const Iq__V1__EditionInstitution **all, size_t n)
{
	size_t lines = 0;
	struct iq_report_line *line;

	if (r->doc.edition == IQ_REPORT_PUBLIC)
		return;
	for (size_t i = 0; i < n; i++)
		lines += all[i]->n_contacts;
	line = iq_rep_lines(r, IQ_REPORT_CONTACTS, lines);
	for (size_t i = 0; line != NULL && i < n; i++)
		for (size_t k = 0; k < all[i]->n_contacts; k++, line++) {
			const Iq__V1__Contact *c = all[i]->contacts[k];

			line->cells[0] = iq_rep_pair(
				all[i]->institution->name_de, all[i]->institution->name_en);
			line->cells[1] = iq_rep_same(c->name);
			line->cells[2] = iq_rep_same(c->function);
			line->cells[3] = iq_rep_same(c->phone);
			line->cells[4] = iq_rep_same(c->email);
			line->cells[5] = iq_rep_same(joined(r->cli, c->languages, c->n_languages));
			line->cells[6] = iq_rep_same(deputy_name(all, n, c));
			line->cells[7] = iq_rep_word(r, iq_word_visibility, c->visibility);
		}
}

/* ---- the document ------------------------------------------------------------------------- */

static void collect_names(struct iq_rep *r)
{
	r->names = iq_names_new(r->cli);
	iq_names_add(r->names, r->matrix->labels, r->matrix->n_labels);
	iq_names_add(r->names, r->gaps->labels, r->gaps->n_labels);
	iq_names_add(r->names, r->overlaps->labels, r->overlaps->n_labels);
	iq_names_add(r->names, r->path->labels, r->path->n_labels);
	for (size_t i = 0; i < r->npages; i++)
		iq_names_add(r->names, r->page[i]->labels, r->page[i]->n_labels);
}

struct iq_report_line *iq_rep_lines(struct iq_rep *r, enum iq_report_part part, size_t n)
{
	struct iq_report_line *lines = iq_arena_array(&r->cli->arena, n, sizeof(*lines));

	if (lines != NULL)
		r->doc.parts[part] = (struct iq_report_table){true, lines, n};
	return lines;
}

/* Of a dry run: nobody and nothing, so that what the files are called is known. */
static void no_edition(struct iq_rep *r)
{
	static const Iq__V1__EditionResponse none = IQ__V1__EDITION_RESPONSE__INIT;
	const Iq__V1__EditionResponse **page = iq_arena_array(&r->cli->arena, 1, sizeof(*page));

	r->page = page;
	r->npages = page != NULL;
	if (page != NULL)
		page[0] = &none;
}

void iq_rep_fill(struct iq_rep *r)
{
	const Iq__V1__EditionInstitution **all;
	struct iq_report *doc = &r->doc;
	size_t n;

	if (r->dry)
		no_edition(r);
	if (r->npages == 0)
		return;
	collect_names(r);
	doc->title = iq_rep_text(r, N_("Interface document {0}"),
		iq_names_get(r->names, IQ_REGION, r->matrix->region), iq_rep_same(""));
	doc->revision = r->matrix->revision;
	doc->date = iq_str(r->matrix->at);
	if (doc->edition != IQ_REPORT_PUBLIC) {
		doc->recipient = iq_str(iq_opt_text(r->cli, IQ_OPT_RECIPIENT));
		doc->destroy_by = destroy_by(r);
	}
	all = all_institutions(r, &n);
	iq_fill_matrix(doc, r->cli, r->names, r->matrix);
	sort_rows(r);
	fill_sheets(r, all, n);
	mark_rows(r);
	link_columns(r);
	fill_contacts(r, all, n);
	iq_rep_fill_tables(r);
	iq_rep_fill_circle(r);
	iq_rep_fill_changes(r);
	iq_rep_fill_graphs(r);
}
