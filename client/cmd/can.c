/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "model.h"
#include "rights.h"
#include "session.h"

static const struct iq_col answer_cols[] = {
	{"principal", NULL, IQ_CELL_TEXT, true},
	{"action", NULL, IQ_CELL_TEXT, true},
	{"allowed", NULL, IQ_CELL_TEXT, true},
	{"because", NULL, IQ_CELL_TEXT, true},
	{"disclosure", NULL, IQ_CELL_NULL, true},
};
static const struct iq_col grant_cols[] = {
	{"verdict", NULL, IQ_CELL_TEXT, true},
	{"grant", NULL, IQ_CELL_NUMBER, true},
	{"role", NULL, IQ_CELL_TEXT, true},
	{"institution", NULL, IQ_CELL_NULL, true},
	{"region", NULL, IQ_CELL_NULL, true},
	{"valid_from", NULL, IQ_CELL_DATE, true},
	{"valid_to", NULL, IQ_CELL_DATE, true},
	{"state", NULL, IQ_CELL_TEXT, true},
};

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__CanResponse *r, const char *action)
{
	const struct iq_str answer[] = {iq_str(r->principal), iq_str(action),
		iq_str(r->allowed ? "yes" : "no"), iq_str(r->because), iq_str(r->disclosure)};
	struct iq_table t;

	if (!iq_opt_given(cli, IQ_OPT_EXPLAIN)) {
		iq_table_init(&t, cli, answer_cols, 5);
		iq_table_add(&t, answer);
		return iq_table_finish(&t, r->revision, 1);
	}
	iq_table_init(&t, cli, grant_cols, 8);
	for (size_t i = 0; i < r->n_grants; i++) {
		const Iq__V1__Grant *g = r->grants[i]->grant;
		const struct iq_str row[] = {iq_str(r->grants[i]->verdict),
			iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)g->id)),
			iq_str(g->role), iq_str(g->institution), iq_str(g->region),
			iq_str(g->valid_from), iq_str(g->valid_to), iq_str(g->state)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

/* Why a grant does not give it. */
static const char *why_not(struct iq_cli *cli, const Iq__V1__GrantVerdict *v)
{
	const Iq__V1__Grant *g = v->grant;

	if (strcmp(v->verdict, "role") == 0)
		return _("the role has not this right");
	if (strcmp(g->state, "revoked") == 0)
		return _("it was revoked");
	if (strcmp(v->verdict, "ended") == 0)
		return iq_arena_printf(&cli->arena, _("it ended on %.*s"),
			IQ_STR_ARG(iq_word_date(cli, g->valid_to)));
	if (strcmp(v->verdict, "future") == 0)
		return iq_arena_printf(&cli->arena, _("it begins on %.*s"),
			IQ_STR_ARG(iq_word_date(cli, g->valid_from)));
	return _("this lies outside its scope");
}

static void explain(struct iq_cli *cli, const Iq__V1__CanResponse *r)
{
	if (r->because[0] != '\0')
		iq_paragraph(
			cli, IQ_STYLE_NONE, "  + ", iq_safe_c(cli, iq_word_because(r->because)));
	for (size_t i = 0; i < r->n_grants; i++) {
		const Iq__V1__GrantVerdict *v = r->grants[i];
		const char *words = iq_grant_words(cli, v->grant);

		if (strcmp(v->verdict, "gives") == 0)
			iq_paragraph(cli, IQ_STYLE_NONE, "  + ", iq_safe_c(cli, words));
		else if (iq_opt_given(cli, IQ_OPT_EXPLAIN))
			iq_paragraph(cli, IQ_STYLE_DIM, "  - ",
				iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s: %s", words,
						       why_not(cli, v))));
	}
	if (r->n_grants == 0 && !r->allowed)
		iq_paragraph(cli, IQ_STYLE_DIM, "  - ", iq_str(_("no grants")));
}

static void as_text(struct iq_cli *cli, const Iq__V1__CanResponse *r, enum iq_action action)
{
	const char *name = iq_action_names[action];

	iq_say(cli, r->allowed ? IQ_STYLE_GREEN : IQ_STYLE_RED,
		iq_safe_c(cli, iq_arena_printf(&cli->arena,
				       r->allowed ? _("Yes: %s may do this (%s: %s).")
						  : _("No: %s may not do this (%s: %s)."),
				       r->principal, name, iq_word_action(action))));
	iq_buf_byte(&cli->out, '\n');
	if (strcmp(r->disclosure, "outline") == 0)
		iq_paragraph(cli, IQ_STYLE_NONE, "",
			iq_str(_("Function and languages are shown, and whom to ask.")));
	explain(cli, r);
	if (!r->allowed && !iq_opt_given(cli, IQ_OPT_EXPLAIN))
		iq_note(cli, _("Which grants there are and why they do not help: --explain"));
}

/* The words before the target; how many there are says which they are. */
static enum iq_err target(struct iq_cli *cli, size_t from, Iq__V1__CanRequest *q)
{
	int kind;
	enum iq_err err;

	q->region = iq_opt_text(cli, IQ_OPT_REGION);
	q->institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	if (cli->nargs - from < 2)
		return IQ_OK;
	err = iq_word_to_kind(cli, cli->arg[from], &kind);
	if (err != IQ_OK)
		return err;
	q->kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q->id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[from + 1]));
	return IQ_OK;
}

enum iq_err iq_cmd_can(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__CanRequest q = IQ__V1__CAN_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	size_t other = cli->nargs % 2 == 0; /* [PRINCIPAL] ACTION [KIND ID] */
	enum iq_action action;
	enum iq_err err = iq_word_to_action(cli, cli->arg[other], &action);

	if (err != IQ_OK && cli->nargs == 2 && iq_action_by_word(cli->arg[0]) >= 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A record is named by its kind and its id."),
			N_("For example: iqq can edit institution vhs-dresden"), NULL);
	if (err == IQ_OK)
		err = target(cli, other + 1, &q);
	if (err != IQ_OK)
		return err;
	if (other)
		q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.action = iq_arena_cstr(&cli->arena, iq_str(iq_action_names[action]));
	rq.op_case = IQ__V1__REQUEST__OP_CAN;
	rq.can = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_CAN);
	if (err != IQ_OK)
		return err;
	const Iq__V1__CanResponse *r = rs->can;

	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array();

		json_array_append_new(items, iq_can_json(r, q.action));
		err = iq_json_list(cli, r->revision, items, 1);
	} else if (cli->format == IQ_FORMAT_TABLE) {
		as_text(cli, r, action);
	} else {
		err = as_rows(cli, r, q.action);
	}
	return err == IQ_OK && !r->allowed ? IQ_ERR_DENIED : err;
}
