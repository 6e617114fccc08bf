/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "views.h"
#include "who.h"

static const char *first_of(const char *a, const char *b)
{
	return a[0] != '\0' ? a : b;
}

struct guide {
	struct iq_cli *cli;
	const Iq__V1__GuideResponse *r;
	bool english;
	/* who does what for it in a place; NULL: no place was asked for */
	const Iq__V1__MatrixResponse *m;
	struct iq_names *names;
	struct iq_view_notices notices;
};

static const char *status_name(const struct guide *g, const Iq__V1__Status *s)
{
	return first_of(g->english ? first_of(s->name_en, s->name_de) : s->name_de, s->id);
}

static const char *implied_words(const struct guide *g)
{
	const char *all = "";

	for (size_t i = 0; i < g->r->n_implied; i++) {
		const char *clause = iq_arena_printf(
			&g->cli->arena, "%s=%s", g->r->implied[i]->key, g->r->implied[i]->value);

		all = iq_arena_printf(&g->cli->arena, "%s%s%s", all, i ? "; " : "",
			iq_condition_words(g->cli, g->r->labels, g->r->n_labels, clause, NULL, 0));
	}
	return all;
}

/* A field of the status, or of its nearest ancestor that has it. */
static struct iq_str inherited(
	const struct guide *g, const char *(*field)(const struct guide *, const Iq__V1__Status *))
{
	for (size_t i = 0; i < g->r->n_statuses; i++) {
		const char *v = field(g, g->r->statuses[i]);

		if (v[0] == '\0')
			continue;
		if (i == 0)
			return iq_str(v);
		return iq_str(iq_arena_printf(
			&g->cli->arena, _("%s (as for %s)"), v, status_name(g, g->r->statuses[i])));
	}
	return (struct iq_str){NULL, 0};
}

static const char *work(const struct guide *g, const Iq__V1__Status *s)
{
	return g->english ? first_of(s->work_access_en, s->work_access_de) : s->work_access_de;
}

static const char *obligations(const struct guide *g, const Iq__V1__Status *s)
{
	return g->english ? first_of(s->obligations_en, s->obligations_de) : s->obligations_de;
}

static const char *courses(const struct guide *g, const Iq__V1__Status *s)
{
	(void)g;
	return iq_word_course(s->course_access);
}

static const char *basis(const struct guide *g, const Iq__V1__Status *s)
{
	(void)g;
	return s->legal_basis;
}

static struct iq_str names(const struct guide *g, Iq__V1__Status **v, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(
			&g->cli->arena, "%s%s%s", all, i ? ", " : "", status_name(g, v[i]));
	return iq_str(all);
}

static void show(const struct guide *g)
{
	struct iq_cli *cli = g->cli;
	const Iq__V1__Status *s = g->r->statuses[0];
	unsigned w = 22;

	if (cli->format == IQ_FORMAT_TABLE) {
		iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, status_name(g, s)));
		iq_buf_printf(&cli->out, "  (%s)\n\n", s->id);
	}
	iq_field(cli, w, _("Legal basis"), inherited(g, basis));
	iq_field(cli, w, _("Work"), inherited(g, work));
	iq_field(cli, w, _("Courses"), inherited(g, courses));
	iq_field(cli, w, _("Obligations"), inherited(g, obligations));
	iq_field(cli, w, _("Follows from it"), iq_str(implied_words(g)));
	iq_field(cli, w, _("Belongs to"),
		names(g, g->r->statuses + 1, g->r->n_statuses > 0 ? g->r->n_statuses - 1 : 0));
	iq_field(cli, w, _("More precisely"), names(g, g->r->children, g->r->n_children));
	iq_field(cli, w, _("Source"), iq_str(s->source));
	iq_field(cli, w, _("Confirmed on"), iq_word_date(cli, s->confirmed_on));
}

/* What an institution does: "in charge, if Age: 12–26". */
static const char *cell_words(const struct guide *g, const Iq__V1__MatrixCell *c)
{
	struct iq_cli *cli = g->cli;
	const char *all = "";

	for (size_t i = 0; i < c->n_roles; i++) {
		const Iq__V1__MatrixRole *r = c->roles[i];
		const char *one = iq_word_role(r->role);

		struct iq_str condition = iq_fill_conditions(g->names, c, r->role).in[cli->lang];

		if (r->conditional && condition.n != 0)
			one = iq_arena_printf(&cli->arena, "%s, %s", one,
				iq_arena_printf(&cli->arena, _("if %s"), condition.p));
		if (r->part)
			one = iq_arena_printf(&cli->arena, _("%s, in parts of the place"), one);
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i != 0 ? "; " : "", one);
	}
	if (c->n_notices != 0) /* it touches some of them, maybe: what it says is below */
		all = iq_arena_printf(&cli->arena, _("%s (see notices)"), all);
	return all;
}

/* The column of the matrix for this status. */
static enum iq_err show_responsible(const struct guide *g)
{
	static const struct iq_col cols[] = {
		{"task", N_("Task"), IQ_CELL_TEXT, false},
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
		{"role", N_("Role"), IQ_CELL_TEXT, false},
	};
	struct iq_cli *cli = g->cli;
	struct iq_table t;
	uint32_t before = UINT32_MAX;

	iq_table_init(&t, cli, cols, 3);
	for (size_t i = 0; i < g->m->n_cells; i++) {
		const Iq__V1__MatrixCell *c = g->m->cells[i];

		if (c->line >= g->m->n_lines || c->column >= g->m->n_columns)
			continue;
		bool again = c->line == before && cli->format == IQ_FORMAT_TABLE;
		const struct iq_str row[3] = {
			iq_str(again ? ""
				     : iq_names_c(g->names, IQ_TASK, g->m->lines[c->line]->task)),
			iq_str(iq_names_c(
				g->names, IQ_INSTITUTION, g->m->columns[c->column]->institution)),
			iq_str(cell_words(g, c))};

		before = c->line;
		iq_table_add(&t, row);
	}
	if (cli->format == IQ_FORMAT_TABLE) {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_BOLD, "",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Who does what for it in %s"),
					       iq_names_c(g->names, IQ_REGION, g->m->region))));
	}
	if (t.nrows == 0)
		iq_note(cli, _("Nothing is on record for %s."),
			iq_safe_c(cli,
				iq_views_question(cli, g->names, g->m->region, "", g->m->status))
				.p);
	enum iq_err err = iq_table_finish(&t, g->r->revision, t.nrows);

	if (err == IQ_OK && cli->format == IQ_FORMAT_TABLE)
		iq_view_notices_show(cli, g->names, &g->notices);
	return err;
}

static json_t *responsible_json(const Iq__V1__MatrixResponse *m)
{
	json_t *a = json_array();

	for (size_t i = 0; i < m->n_cells; i++)
		if (m->cells[i]->line < m->n_lines && m->cells[i]->column < m->n_columns)
			json_array_append_new(a, iq_views_cell_json(m, m->cells[i]));
	return a;
}

static json_t *record(struct iq_cli *cli, const Iq__V1__Status *s)
{
	struct iq_rec rec = {.kind = IQ_STATUS};

	if (!iq_codec_from_message(&rec, IQ_STATUS, &s->base, &cli->arena))
		return json_object();
	return iq_record_json(&rec);
}

static enum iq_err as_json(const struct guide *g)
{
	json_t *items = json_array(), *o = record(g->cli, g->r->statuses[0]);
	json_t *ancestors = json_array(), *children = json_array(), *implied = json_object();

	for (size_t i = 1; i < g->r->n_statuses; i++)
		json_array_append_new(ancestors, record(g->cli, g->r->statuses[i]));
	for (size_t i = 0; i < g->r->n_children; i++)
		json_array_append_new(children, record(g->cli, g->r->children[i]));
	for (size_t i = 0; i < g->r->n_implied; i++)
		json_object_set_new(
			implied, g->r->implied[i]->key, iq_json_c(g->r->implied[i]->value));
	json_object_set_new(o, "ancestors", ancestors);
	json_object_set_new(o, "children", children);
	json_object_set_new(o, "implied", implied);
	if (g->m != NULL)
		json_object_set_new(o, "responsible", responsible_json(g->m));
	json_array_append_new(items, o);
	return iq_json_list(g->cli, g->r->revision, items, 1);
}

static enum iq_err as_csv(const struct guide *g)
{
	struct iq_rec rec = {.kind = IQ_STATUS};

	if (iq_codec_from_message(&rec, IQ_STATUS, &g->r->statuses[0]->base, &g->cli->arena))
		iq_record_show(g->cli, &rec);
	return IQ_OK;
}

static enum iq_err ask_matrix(struct guide *g, struct iq_call *call)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__MatrixRequest q = IQ__V1__MATRIX_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_cli *cli = g->cli;
	enum iq_err err = iq_views_at(cli, &q.at);

	q.region = iq_opt_text(cli, IQ_OPT_REGION);
	q.status = g->r->statuses[0]->id;
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_MATRIX;
	rq.matrix = &q;
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_MATRIX);
	if (err != IQ_OK)
		return err;
	g->m = rs->matrix;
	g->names = iq_names_new(cli);
	iq_names_add(g->names, g->m->labels, g->m->n_labels);
	return cli->format == IQ_FORMAT_TABLE ? iq_view_notices_ask(cli, call, g->m, &g->notices)
					      : IQ_OK;
}

static enum iq_err ask(struct guide *g)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GuideRequest q = IQ__V1__GUIDE_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_cli *cli = g->cli;
	struct iq_call *call = NULL;
	enum iq_err err = iq_session_open(cli, false, &call);

	for (size_t i = 0; i < cli->nargs; i++)
		q.status = iq_arena_printf(
			&cli->arena, "%s%s%s", i ? q.status : "", i ? " " : "", cli->arg[i]);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_GUIDE;
	rq.guide = &q;
	if (err == IQ_OK)
		err = iq_call(call, &rq, &cli->arena, &rs, &cli->error);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GUIDE);
	if (err == IQ_OK)
		g->r = rs->guide;
	if (err == IQ_OK && g->r->n_statuses == 0)
		err = IQ_ERR_NOT_FOUND;
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_REGION))
		err = ask_matrix(g, call);
	iq_session_close(call);
	return iq_explain_login(cli, err);
}

enum iq_err iq_cmd_guide(struct iq_cli *cli)
{
	struct guide g = {.cli = cli, .english = cli->lang == IQ_LANG_EN};
	enum iq_err err = IQ_OK;

	if (iq_opt_given(cli, IQ_OPT_AT) && !iq_opt_given(cli, IQ_OPT_REGION))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--at is about who is responsible: it needs --region."),
			N_("For example: iqq guide Duldung --region dresden --at 2027-01-01"),
			NULL);
	err = ask(&g);
	if (err != IQ_OK || g.r == NULL)
		return err;
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(&g);
	if (cli->format == IQ_FORMAT_CSV)
		return as_csv(&g);
	show(&g);
	return g.m != NULL ? show_responsible(&g) : IQ_OK;
}
