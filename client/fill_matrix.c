/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix of the interface document. */
#include <string.h>

#include "fill.h"

struct fill {
	struct iq_cli *cli;
	struct iq_names *names;
	const Iq__V1__MatrixResponse *m;
};

static bool same_text(struct iq_report_text a, struct iq_report_text b)
{
	return iq_str_eq(a.in[IQ_LANG_DE], b.in[IQ_LANG_DE]) &&
	       iq_str_eq(a.in[IQ_LANG_EN], b.in[IQ_LANG_EN]);
}

struct iq_report_text iq_fill_conditions(
	struct iq_names *names, const Iq__V1__MatrixCell *cell, const char *role)
{
	static const char *const glue[IQ_REPORT_LANGS] = {
		[IQ_LANG_DE] = "; oder ", [IQ_LANG_EN] = "; or "};
	struct iq_report_text all = {{{0}}}, seen[8];
	size_t nseen = 0;

	for (size_t i = 0; i < cell->n_rows && nseen < sizeof(seen) / sizeof(seen[0]); i++) {
		const Iq__V1__MatrixRow *row = cell->rows[i];
		bool known = false;

		if (row->condition[0] == '\0' || strcmp(row->role, role) != 0)
			continue;
		struct iq_report_text one = iq_fill_condition(names, row->condition);

		for (size_t k = 0; k < nseen; k++)
			known = known || same_text(seen[k], one);
		if (known)
			continue;
		seen[nseen++] = one;
		for (int lang = 0; lang < IQ_REPORT_LANGS; lang++)
			all.in[lang] = iq_names_join(names, all.in[lang], glue[lang], one.in[lang]);
	}
	return all;
}

/* A part of a target group: then its letter alone says too much. */
static bool is_partial(const Iq__V1__Groups *groups)
{
	for (size_t i = 0; groups != NULL && i < groups->n_shares; i++)
		if (!groups->shares[i]->whole)
			return true;
	return false;
}

static struct iq_report_entry entry(
	struct fill *f, const Iq__V1__MatrixCell *cell, const Iq__V1__MatrixRole *r, int role)
{
	struct iq_report_entry e = {.role = (enum iq_role)role};
	Iq__V1__Groups some = IQ__V1__GROUPS__INIT;
	bool asked = f->m->status[0] != '\0'; /* "all" are all of these then */

	if (r->groups != NULL)
		some = *r->groups;
	some.all = some.all && !asked;
	e.groups = iq_fill_mask(f->names, &some);
	if (asked || is_partial(&some))
		e.statuses = iq_fill_statuses(f->names, &some);
	if (r->conditional)
		e.condition = iq_fill_conditions(f->names, cell, r->role);
	e.possible = r->part || r->conditional;
	return e;
}

static void fill_cell(struct fill *f, const Iq__V1__MatrixCell *cell, struct iq_report_cell *out)
{
	struct iq_report_entry *e = iq_arena_array(&f->cli->arena, cell->n_roles, sizeof(*e));
	size_t n = 0;

	for (size_t i = 0; e != NULL && i < cell->n_roles; i++) {
		int role = iq_choice(iq_role_names, iq_str(cell->roles[i]->role));

		if (role >= 0) /* roles of a newer server */
			e[n++] = entry(f, cell, cell->roles[i], role);
	}
	out->entries = e;
	out->nentries = n;
}

void iq_fill_matrix(struct iq_report *doc, struct iq_cli *cli, struct iq_names *names,
	const Iq__V1__MatrixResponse *matrix)
{
	struct fill f = {cli, names, matrix};
	size_t nrows = matrix->n_lines, ncolumns = matrix->n_columns;
	struct iq_report_row *rows = iq_arena_array(&cli->arena, nrows, sizeof(*rows));
	struct iq_report_column *columns = iq_arena_array(&cli->arena, ncolumns, sizeof(*columns));
	struct iq_report_cell *cells = NULL;

	if (ncolumns == 0 || nrows <= SIZE_MAX / ncolumns)
		cells = iq_arena_array(&cli->arena, nrows * ncolumns, sizeof(*cells));
	if (rows == NULL || columns == NULL || cells == NULL)
		return;
	iq_fill_groups(doc, names, matrix->groups, matrix->n_groups);
	for (size_t i = 0; i < nrows; i++) {
		rows[i].name = iq_names_get(names, IQ_TASK, matrix->lines[i]->task);
		rows[i].depth = matrix->lines[i]->depth;
	}
	for (size_t i = 0; i < ncolumns; i++)
		columns[i].name =
			iq_names_get(names, IQ_INSTITUTION, matrix->columns[i]->institution);
	for (size_t i = 0; i < matrix->n_cells; i++) {
		const Iq__V1__MatrixCell *c = matrix->cells[i];

		if (c->line < nrows && c->column < ncolumns)
			fill_cell(&f, c, &cells[c->line * ncolumns + c->column]);
	}
	doc->matrix = (struct iq_report_matrix){columns, ncolumns, rows, nrows, cells};
}
