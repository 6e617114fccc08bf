/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "session.h"
#include "views.h"

static const struct iq_col cols[] = {
	{"kind", NULL, IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"statutory", NULL, IQ_CELL_BOOL, false},
	{"seat", NULL, IQ_CELL_BOOL, false},
	{"region", N_("Seat"), IQ_CELL_NULL, false},
	{"tasks", N_("Tasks"), IQ_CELL_SET, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static json_t *tasks_json(const Iq__V1__Stakeholder *x)
{
	json_t *a = json_array();

	for (size_t i = 0; i < x->n_tasks; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "task", iq_json_c(x->tasks[i]->task));
		json_object_set_new(
			o, "roles", iq_json_strings(x->tasks[i]->roles, x->tasks[i]->n_roles));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *item(const char *kind, const char *institution, bool statutory, bool seat,
	const char *region, json_t *tasks)
{
	json_t *o = json_object();

	json_object_set_new(o, "kind", iq_json_or_null(iq_str(kind)));
	json_object_set_new(o, "institution", iq_json_or_null(iq_str(institution)));
	json_object_set_new(o, "statutory", json_boolean(statutory));
	json_object_set_new(o, "seat", json_boolean(seat));
	json_object_set_new(o, "region", iq_json_or_null(iq_str(region)));
	json_object_set_new(o, "tasks", tasks);
	return o;
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__StakeholdersResponse *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_stakeholders; i++) {
		const Iq__V1__Stakeholder *x = r->stakeholders[i];

		json_array_append_new(items, item(x->kind, x->institution, x->statutory, x->seat,
						     x->region, tasks_json(x)));
	}
	for (size_t i = 0; i < r->n_missing; i++)
		json_array_append_new(
			items, item(r->missing[i], "", true, false, "", json_array()));
	return iq_json_list(cli, r->revision, items, json_array_size(items));
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__StakeholdersResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < r->n_stakeholders; i++) {
		const Iq__V1__Stakeholder *x = r->stakeholders[i];
		const char *tasks = "";

		for (size_t k = 0; k < x->n_tasks; k++)
			tasks = iq_arena_printf(
				&cli->arena, "%s%s%s", tasks, k != 0 ? ";" : "", x->tasks[k]->task);
		const struct iq_str row[COLS] = {iq_str(x->kind), iq_str(x->institution),
			iq_str(x->statutory ? "yes" : ""), iq_str(x->seat ? "yes" : ""),
			iq_str(x->region), iq_str(tasks)};

		iq_table_add(&t, row);
	}
	for (size_t i = 0; i < r->n_missing; i++) {
		const struct iq_str row[COLS] = {[0] = iq_str(r->missing[i]), [2] = IQ_STR("yes")};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

/* ---- for people ----------------------------------------------------------------------------- */

static const char *kind_name(const struct iq_names *names, const Iq__V1__Stakeholder *x)
{
	return x->kind[0] != '\0' ? iq_names_c(names, IQ_KIND, x->kind) : _("other");
}

/* Whom to invite: kind, institution, where it is, how much it does. */
static void show_institutions(
	struct iq_cli *cli, const struct iq_names *names, const Iq__V1__StakeholdersResponse *r)
{
	static const struct iq_col shown[] = {
		{"kind", N_("Kind"), IQ_CELL_TEXT, false},
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
		{"region", N_("Seat"), IQ_CELL_TEXT, false},
		{"tasks", N_("Tasks"), IQ_CELL_NUMBER, true},
	};
	struct iq_table t;

	iq_table_init(&t, cli, shown, 4);
	for (size_t i = 0; i < r->n_stakeholders; i++) {
		const Iq__V1__Stakeholder *x = r->stakeholders[i];
		bool same = i != 0 && strcmp(x->kind, r->stakeholders[i - 1]->kind) == 0 &&
			    x->statutory == r->stakeholders[i - 1]->statutory;
		const char *kind = kind_name(names, x);
		const struct iq_str row[4] = {
			iq_str(same ? ""
				    : iq_arena_printf(
					      &cli->arena, "%s%s", x->statutory ? "§ " : "", kind)),
			iq_str(iq_names_c(names, IQ_INSTITUTION, x->institution)),
			iq_str(x->region[0] != '\0' ? iq_names_c(names, IQ_REGION, x->region) : ""),
			iq_str(iq_arena_printf(&cli->arena, "%zu", x->n_tasks))};

		iq_table_add(&t, row);
	}
	if (iq_table_finish(&t, r->revision, t.nrows) != IQ_OK)
		return;
}

static void show(
	struct iq_cli *cli, const struct iq_names *names, const Iq__V1__StakeholdersResponse *r)
{
	iq_views_title(cli, names, r->region, "", "", r->at,
		iq_views_count(
			cli, r->n_stakeholders, N_("one institution"), N_("{0} institutions")));
	show_institutions(cli, names, r);
	if (r->n_stakeholders != 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "§ ", iq_str(_("exists everywhere by law")));
	if (r->n_missing == 0)
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD,
		iq_str(_("Missing: these exist everywhere by law, but none is on record here")));
	iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < r->n_missing; i++)
		iq_paragraph(cli, IQ_STYLE_NONE, "  – ",
			iq_safe_c(cli, iq_names_c(names, IQ_KIND, r->missing[i])));
}

enum iq_err iq_cmd_stakeholders(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__StakeholdersRequest q = IQ__V1__STAKEHOLDERS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_views_place(cli, &q.region);

	if (err == IQ_OK)
		err = iq_views_at(cli, &q.at);
	q.whole = iq_opt_given(cli, IQ_OPT_WHOLE);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_STAKEHOLDERS;
	rq.stakeholders = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_STAKEHOLDERS);
	if (err != IQ_OK)
		return err;
	const Iq__V1__StakeholdersResponse *r = rs->stakeholders;
	struct iq_names *names = iq_names_new(cli);

	iq_names_add(names, r->labels, r->n_labels);
	if (r->n_stakeholders == 0)
		iq_note(cli, _("No institution is on record for %s."),
			iq_safe_c(cli, iq_names_c(names, IQ_REGION, r->region)).p);
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(cli, r);
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(cli, r);
	if (r->n_stakeholders + r->n_missing != 0)
		show(cli, names, r);
	return IQ_OK;
}
