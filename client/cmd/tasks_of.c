/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "who.h"

static const struct iq_col cols[] = {
	{"task", N_("Task"), IQ_CELL_TEXT, false},
	{"region", N_("Place"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"statuses", N_("Residence statuses"), IQ_CELL_SET, false},
	{"condition", N_("Condition"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
};

/* Names on a terminal, ids elsewhere. */
static const char *name(
	struct iq_cli *cli, const Iq__V1__TasksOfResponse *r, const char *kind, const char *id)
{
	return cli->format == IQ_FORMAT_TABLE ? iq_label(r->labels, r->n_labels, kind, id) : id;
}

static const char *statuses(
	struct iq_cli *cli, const Iq__V1__TasksOfResponse *r, const Iq__V1__Responsibility *x)
{
	const char *all = "", *glue = cli->format == IQ_FORMAT_TABLE ? ", " : ";";

	for (size_t i = 0; i < x->n_statuses; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? glue : "",
			name(cli, r, "status", x->statuses[i]));
	return all;
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__TasksOfResponse *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_responsibilities; i++) {
		struct iq_rec rec = {.kind = IQ_RESPONSIBILITY};

		if (iq_codec_from_message(
			    &rec, IQ_RESPONSIBILITY, &r->responsibilities[i]->base, &cli->arena))
			json_array_append_new(items, iq_record_json(&rec));
	}
	return iq_json_list(cli, r->revision, items, r->n_responsibilities);
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__TasksOfResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, 6);
	for (size_t i = 0; i < r->n_responsibilities; i++) {
		const Iq__V1__Responsibility *x = r->responsibilities[i];
		const struct iq_str row[] = {iq_str(x->task), iq_str(x->region), iq_str(x->role),
			iq_str(statuses(cli, r, x)), iq_str(x->condition), iq_str(x->institution)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

/* Below a row: for whom, under which condition. */
static void aside(
	struct iq_cli *cli, const Iq__V1__TasksOfResponse *r, const Iq__V1__Responsibility *x)
{
	const char *condition =
		iq_condition_words(cli, r->labels, r->n_labels, x->condition, NULL, 0);
	const char *text = "";

	if (x->n_statuses > 0)
		text = iq_arena_printf(&cli->arena, _("only for %s"), statuses(cli, r, x));
	if (*condition != '\0')
		text = iq_arena_printf(&cli->arena, "%s%s%s", text, *text ? "; " : "",
			iq_arena_printf(&cli->arena, _("if %s"), condition));
	if (*text != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "    ", iq_safe_c(cli, text));
}

static void as_text(struct iq_cli *cli, const Iq__V1__TasksOfResponse *r)
{
	static const struct iq_col shown[] = {
		{"task", N_("Task"), IQ_CELL_TEXT, false},
		{"region", N_("Place"), IQ_CELL_TEXT, false},
		{"role", N_("Role"), IQ_CELL_TEXT, true},
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	};
	struct iq_table t;

	iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, name(cli, r, "institution", r->institution)));
	iq_buf_byte(&cli->out, '\n');
	iq_table_init(&t, cli, shown, iq_opt_given(cli, IQ_OPT_ALL) ? 4 : 3);
	for (size_t i = 0; i < r->n_responsibilities; i++) {
		const Iq__V1__Responsibility *x = r->responsibilities[i];
		const struct iq_str row[] = {iq_str(name(cli, r, "task", x->task)),
			iq_str(name(cli, r, "region", x->region)), iq_str(iq_word_role(x->role)),
			iq_str(name(cli, r, "institution", x->institution))};

		iq_table_add(&t, row);
	}
	struct iq_str *lines = iq_table_lines(&t, 0);

	for (size_t i = 0; lines != NULL && i < r->n_responsibilities; i++) {
		iq_buf_str(&cli->out, lines[i]);
		if (lines[i].n > 0 && lines[i].p[lines[i].n - 1] != '\n')
			iq_buf_byte(&cli->out, '\n');
		aside(cli, r, r->responsibilities[i]);
	}
}

enum iq_err iq_cmd_tasks_of(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__TasksOfRequest q = IQ__V1__TASKS_OF_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.institution = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.lang = iq_session_lang(cli);
	q.all = iq_opt_given(cli, IQ_OPT_ALL);
	rq.op_case = IQ__V1__REQUEST__OP_TASKS_OF;
	rq.tasks_of = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_TASKS_OF);
	if (err != IQ_OK)
		return err;
	const Iq__V1__TasksOfResponse *r = rs->tasks_of;

	if (r->n_responsibilities == 0)
		iq_note(cli, _("\"%s\" is responsible for nothing on record."), r->institution);
	if (cli->format == IQ_FORMAT_TABLE)
		as_text(cli, r);
	else
		err = cli->format == IQ_FORMAT_JSON ? as_json(cli, r) : as_rows(cli, r);
	return err == IQ_OK && r->n_responsibilities == 0 ? IQ_ERR_NOT_FOUND : err;
}
