/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "session.h"
#include "views.h"

static const struct iq_col cols[] = {
	{"task", N_("Task"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"groups", NULL, IQ_CELL_SET, false},
	{"statuses", N_("Residence statuses"), IQ_CELL_SET, false},
	{"conditional", NULL, IQ_CELL_BOOL, false},
	{"part", NULL, IQ_CELL_BOOL, false},
	{"responsibilities", NULL, IQ_CELL_SET, false},
	{"notices", NULL, IQ_CELL_SET, false},
	{"effect", NULL, IQ_CELL_NULL, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

struct answers {
	const Iq__V1__MatrixResponse *matrix;
	const Iq__V1__GapsResponse *gaps;         /* only for a picture of the matrix */
	const Iq__V1__OverlapsResponse *overlaps; /* the same */
	struct iq_view_notices notices;           /* the same */
};

static bool known(const Iq__V1__MatrixResponse *m, const Iq__V1__MatrixCell *cell)
{
	return cell->line < m->n_lines && cell->column < m->n_columns;
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__MatrixResponse *m)
{
	json_t *items = json_array();

	for (size_t i = 0; i < m->n_cells; i++)
		if (known(m, m->cells[i]))
			json_array_append_new(items, iq_views_cell_json(m, m->cells[i]));
	return iq_json_list(cli, m->revision, items, json_array_size(items));
}

/* The responsibilities of a cell in one role. */
static const char *rows_of(struct iq_cli *cli, const Iq__V1__MatrixCell *cell, const char *role)
{
	const char *all = "";

	for (size_t i = 0; i < cell->n_rows; i++)
		if (strcmp(cell->rows[i]->role, role) == 0)
			all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ";" : "",
				cell->rows[i]->responsibility);
	return all;
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__MatrixResponse *m)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < m->n_cells; i++) {
		const Iq__V1__MatrixCell *c = m->cells[i];

		for (size_t k = 0; known(m, c) && k < c->n_roles; k++) {
			const Iq__V1__MatrixRole *r = c->roles[k];
			const struct iq_str row[COLS] = {iq_str(m->lines[c->line]->task),
				iq_str(m->columns[c->column]->institution), iq_str(r->role),
				iq_str(iq_views_shares(cli, r->groups)),
				iq_str(iq_views_statuses(cli, r->groups)),
				iq_str(r->conditional ? "yes" : ""), iq_str(r->part ? "yes" : ""),
				iq_str(rows_of(cli, c, r->role)),
				iq_str(iq_views_join(
					cli, NULL, IQ_NOTICE, c->notices, c->n_notices, ";")),
				iq_str(c->effect)};

			iq_table_add(&t, row);
		}
	}
	return iq_table_finish(&t, m->revision, t.nrows);
}

/* Tasks that nobody here has a row for: no rows of the table, but what a reader looks for. */
static void show_nobody(struct iq_cli *cli, const struct iq_names *names, const struct answers *a)
{
	const char *all = "";

	for (size_t i = 0; i < a->gaps->n_gaps; i++) {
		const char *task = a->gaps->gaps[i]->task;
		bool there = false;

		for (size_t k = 0; k < a->matrix->n_lines; k++)
			there = there || strcmp(a->matrix->lines[k]->task, task) == 0;
		if (!there)
			all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? "; " : "",
				iq_names_c(names, IQ_TASK, task));
	}
	if (*all == '\0')
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("Nobody on record here, but expected")));
	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_NONE, "▲ ", iq_safe_c(cli, all));
	iq_paragraph(cli, IQ_STYLE_DIM, "→ ",
		iq_safe_c(cli,
			iq_arena_printf(&cli->arena, _("Why: iqq gaps %s"), a->matrix->region)));
}

static const char *counts(struct iq_cli *cli, const Iq__V1__MatrixResponse *m)
{
	return iq_arena_printf(&cli->arena, "%s, %s",
		iq_views_count(cli, m->n_lines, N_("one task"), N_("{0} tasks")),
		iq_views_count(cli, m->n_columns, N_("one institution"), N_("{0} institutions")));
}

/* Marks the row of the task, if there is one. */
static void mark(const Iq__V1__MatrixResponse *m, struct iq_report_row *rows, const char *task,
	unsigned what)
{
	for (size_t i = 0; i < m->n_lines; i++)
		if (strcmp(m->lines[i]->task, task) == 0)
			rows[i].marks |= what;
}

static void set_marks(struct iq_report *doc, struct iq_cli *cli, const struct answers *a)
{
	const struct iq_report_matrix *matrix = &doc->matrix;
	struct iq_report_row *rows = iq_arena_array(&cli->arena, matrix->nrows, sizeof(rows[0]));

	if (rows == NULL || matrix->nrows == 0)
		return;
	memcpy(rows, matrix->rows, matrix->nrows * sizeof(rows[0]));
	for (size_t i = 0; i < a->gaps->n_gaps; i++)
		mark(a->matrix, rows, a->gaps->gaps[i]->task, IQ_REPORT_GAP);
	for (size_t i = 0; i < a->overlaps->n_overlaps; i++)
		mark(a->matrix, rows, a->overlaps->overlaps[i]->task, IQ_REPORT_OVERLAP);
	doc->matrix.rows = rows;
}

static enum iq_err show(struct iq_cli *cli, struct iq_names *names, const struct answers *a)
{
	const Iq__V1__MatrixResponse *m = a->matrix;
	struct iq_report doc = {0};
	enum iq_err err;

	iq_fill_matrix(&doc, cli, names, m);
	set_marks(&doc, cli, a);
	if (cli->format == IQ_FORMAT_CSV)
		return iq_report_csv(&doc, IQ_REPORT_MATRIX, cli->lang, &cli->out, &cli->error);
	iq_views_title(cli, names, m->region, m->task, m->status, m->at, counts(cli, m));
	err = iq_report_text(&doc, cli->lang, cli->width, cli->colour, &cli->out, &cli->error);
	if (err != IQ_OK)
		return err;
	iq_names_add(names, a->gaps->labels, a->gaps->n_labels);
	show_nobody(cli, names, a);
	iq_view_notices_show(cli, names, &a->notices);
	return IQ_OK;
}

/* One more question on the same connection. */
static enum iq_err ask(struct iq_cli *cli, struct iq_call *call, Iq__V1__Request *rq,
	Iq__V1__Response__ResultCase result, const Iq__V1__Response **rs)
{
	enum iq_err err = iq_call(call, rq, &cli->arena, rs, &cli->error);

	return err == IQ_OK ? iq_expect(cli, *rs, result) : err;
}

/* For marks on rows: what is a gap, what an overlap, in the terms the matrix understood. */
static enum iq_err ask_marks(struct iq_cli *cli, struct iq_call *call, struct answers *a)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GapsRequest gaps = IQ__V1__GAPS_REQUEST__INIT;
	Iq__V1__OverlapsRequest overlaps = IQ__V1__OVERLAPS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	gaps.region = overlaps.region = a->matrix->region;
	gaps.task = overlaps.task = a->matrix->task;
	gaps.status = overlaps.status = a->matrix->status;
	gaps.at = overlaps.at = a->matrix->at;
	gaps.lang = overlaps.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_GAPS;
	rq.gaps = &gaps;
	err = ask(cli, call, &rq, IQ__V1__RESPONSE__RESULT_GAPS, &rs);
	if (err != IQ_OK)
		return err;
	a->gaps = rs->gaps;
	rq.op_case = IQ__V1__REQUEST__OP_OVERLAPS;
	rq.overlaps = &overlaps;
	err = ask(cli, call, &rq, IQ__V1__RESPONSE__RESULT_OVERLAPS, &rs);
	if (err != IQ_OK)
		return err;
	a->overlaps = rs->overlaps;
	return cli->format == IQ_FORMAT_TABLE
		       ? iq_view_notices_ask(cli, call, a->matrix, &a->notices)
		       : IQ_OK;
}

static enum iq_err ask_all(
	struct iq_cli *cli, Iq__V1__MatrixRequest *q, bool picture, struct answers *a)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(cli, false, &call);

	rq.op_case = IQ__V1__REQUEST__OP_MATRIX;
	rq.matrix = q;
	if (err == IQ_OK)
		err = ask(cli, call, &rq, IQ__V1__RESPONSE__RESULT_MATRIX, &rs);
	if (err == IQ_OK) {
		a->matrix = rs->matrix;
		if (picture && a->matrix->n_cells != 0)
			err = ask_marks(cli, call, a);
	}
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

enum iq_err iq_cmd_matrix(struct iq_cli *cli)
{
	Iq__V1__MatrixRequest q = IQ__V1__MATRIX_REQUEST__INIT;
	struct answers a = {0};
	bool picture = cli->format == IQ_FORMAT_TABLE ||
		       (cli->format == IQ_FORMAT_CSV && iq_opt_given(cli, IQ_OPT_FOR_EXCEL));
	enum iq_err err = iq_views_place(cli, &q.region);

	if (err == IQ_OK)
		err = iq_views_at(cli, &q.at);
	q.task = iq_opt_text(cli, IQ_OPT_TASK);
	q.status = iq_opt_text(cli, IQ_OPT_STATUS);
	q.whole = iq_opt_given(cli, IQ_OPT_WHOLE);
	q.lang = iq_session_lang(cli);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_FOR_EXCEL) && cli->format != IQ_FORMAT_CSV)
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("--for-excel needs --csv."),
			N_("For example: iqq matrix dresden --csv --for-excel > matrix.csv"), NULL);
	if (err == IQ_OK)
		err = ask_all(cli, &q, picture, &a);
	if (err != IQ_OK || a.matrix == NULL)
		return err;
	const Iq__V1__MatrixResponse *m = a.matrix;
	struct iq_names *names = iq_names_new(cli);

	iq_names_add(names, m->labels, m->n_labels);
	if (m->n_cells == 0)
		iq_note(cli, _("Nothing is on record for %s."),
			iq_safe_c(cli, iq_views_question(cli, names, m->region, m->task, m->status))
				.p);
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(cli, m);
	else if (!picture)
		err = as_rows(cli, m);
	else if (a.gaps != NULL && a.overlaps != NULL) /* asked if there is a cell */
		err = show(cli, names, &a);
	return err == IQ_OK && m->n_cells == 0 ? IQ_ERR_NOT_FOUND : err;
}
