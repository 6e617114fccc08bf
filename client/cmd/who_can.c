/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "model.h"
#include "rights.h"
#include "session.h"

static const struct iq_col cols[] = {
	{"principal", N_("Principal"), IQ_CELL_TEXT, true},
	{"because", N_("Why"), IQ_CELL_TEXT, false},
	{"grant", N_("Grant"), IQ_CELL_NUMBER, true},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"region", N_("Place"), IQ_CELL_NULL, false},
	{"valid_to", N_("Valid until"), IQ_CELL_DATE, true},
};

static void add(struct iq_table *t, const Iq__V1__CanResponse *r, const Iq__V1__Grant *g)
{
	struct iq_cli *cli = t->cli;
	bool shown = cli->format == IQ_FORMAT_TABLE;
	const char *why = shown && g == NULL ? iq_word_because(r->because) : r->because;
	struct iq_str row[7] = {iq_str(r->principal), iq_str(g == NULL ? why : "")};

	if (g != NULL) {
		const char *all = shown ? _("all") : "";

		row[2] = iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)g->id));
		row[3] = iq_str(g->role);
		row[4] = iq_str(g->institution[0] ? g->institution : all);
		row[5] = iq_str(g->region[0] ? g->region : all);
		row[6] = iq_str(g->valid_to);
	}
	iq_table_add(t, row);
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__WhoCanResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, 7);
	for (size_t i = 0; i < r->n_principals; i++) {
		const Iq__V1__CanResponse *p = r->principals[i];

		if (p->because[0] != '\0')
			add(&t, p, NULL);
		for (size_t k = 0; k < p->n_grants; k++)
			add(&t, p, p->grants[k]->grant);
	}
	return iq_table_finish(&t, r->revision, r->n_principals);
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__WhoCanResponse *r, const char *action)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_principals; i++)
		json_array_append_new(items, iq_can_json(r->principals[i], action));
	return iq_json_list(cli, r->revision, items, r->n_principals);
}

static enum iq_err question(struct iq_cli *cli, Iq__V1__WhoCanRequest *q)
{
	enum iq_action action;
	int kind;
	enum iq_err err = iq_word_to_action(cli, cli->arg[0], &action);

	if (err != IQ_OK)
		return err;
	if (cli->nargs == 2)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A record is named by its kind and its id."),
			N_("For example: iqq who-can edit institution vhs-dresden"), NULL);
	q->action = iq_arena_cstr(&cli->arena, iq_str(iq_action_names[action]));
	q->region = iq_opt_text(cli, IQ_OPT_REGION);
	q->institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	if (cli->nargs == 1)
		return IQ_OK;
	err = iq_word_to_kind(cli, cli->arg[1], &kind);
	if (err != IQ_OK)
		return err;
	q->kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q->id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[2]));
	return IQ_OK;
}

enum iq_err iq_cmd_who_can(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoCanRequest q = IQ__V1__WHO_CAN_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = question(cli, &q);

	if (err != IQ_OK)
		return err;
	rq.op_case = IQ__V1__REQUEST__OP_WHO_CAN;
	rq.who_can = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHO_CAN);
	if (err != IQ_OK)
		return err;
	const Iq__V1__WhoCanResponse *r = rs->who_can;

	if (r->n_principals == 0)
		iq_note(cli, _("Nobody whom you administer may do this."));
	err = cli->format == IQ_FORMAT_JSON ? as_json(cli, r, q.action) : as_rows(cli, r);
	return err == IQ_OK && r->n_principals == 0 ? IQ_ERR_NOT_FOUND : err;
}
