/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "grants.h"
#include "write.h"

enum { ADD, SET, END, LIST };
static const char *const verbs[] = {
	"add", "neu", "set", "setze", "end", "beende", "list", "liste", NULL};

static const struct iq_col cols[] = {
	{"id", N_("Id"), IQ_CELL_TEXT, true},
	{"name", N_("Name"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"contact", N_("Contact person"), IQ_CELL_NULL, false},
	{"certificate_until", N_("Certificate valid until"), IQ_CELL_DATE, true},
	{"ended", N_("Ended"), IQ_CELL_DATE, true},
	{"created", NULL, IQ_CELL_DATE, true},
	{"created_by", NULL, IQ_CELL_NULL, false},
	{"issuer", NULL, IQ_CELL_NULL, false},
	{"subject", NULL, IQ_CELL_NULL, false},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static enum iq_err confirm(struct iq_cli *cli, int verb)
{
	if (verb != END || iq_opt_given(cli, IQ_OPT_YES) || iq_opt_given(cli, IQ_OPT_DRY_RUN) ||
		!iq_can_ask(cli) ||
		iq_confirm(cli, iq_arena_printf(&cli->arena, _("End the access of %s for good?"),
					cli->arg[1])))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was changed."), NULL, NULL);
}

static enum iq_err change(struct iq_cli *cli, int verb)
{
	static const Iq__V1__PrincipalVerb codes[] = {IQ__V1__PRINCIPAL_VERB__PRINCIPAL_ADD,
		IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET, IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END};
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__PrincipalRequest q = IQ__V1__PRINCIPAL_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q.request_id);

	if (err == IQ_OK)
		err = iq_change_fields(cli, 2, &q.fields, &q.n_fields);
	if (err == IQ_OK)
		err = confirm(cli, verb);
	if (err != IQ_OK)
		return err;
	q.verb = codes[verb];
	q.id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_PRINCIPAL;
	rq.principal = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_PRINCIPAL, &rs);
	if (err == IQ_OK)
		err = iq_write_show(cli, rs->principal, _("Done; it holds from now on."));
	if (err == IQ_OK && verb == ADD && rs->principal->approval == 0 && !q.dry_run)
		iq_note(cli, _("To enrol, they need a token: iqq token create %s"), q.id);
	return err;
}

static void add_row(struct iq_table *t, const Iq__V1__Principal *p)
{
	const struct iq_str row[COLS] = {iq_str(p->id), iq_str(p->name), iq_str(p->institution),
		iq_str(p->contact), iq_str(p->certificate_until), iq_str(p->ended),
		iq_str(p->created), iq_str(p->created_by), iq_str(p->issuer), iq_str(p->subject)};

	iq_table_add(t, row);
}

static enum iq_err list(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__PrincipalsRequest q = IQ__V1__PRINCIPALS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_table t;
	enum iq_err err;

	if (cli->nargs > 1)
		q.id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	rq.op_case = IQ__V1__REQUEST__OP_PRINCIPALS;
	rq.principals = &q;
	iq_table_init(&t, cli, cols, COLS);
	do {
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_PRINCIPALS, &rs);
		if (err != IQ_OK)
			return err;
		for (size_t i = 0; i < rs->principals->n_principals; i++) {
			const Iq__V1__Principal *p = rs->principals->principals[i];

			if (p->ended[0] == '\0' || q.id[0] != '\0' || iq_opt_given(cli, IQ_OPT_ALL))
				add_row(&t, p);
		}
		q.cursor = rs->principals->cursor;
	} while (q.cursor.len > 0);
	return iq_table_finish(&t, rs->principals->revision, t.nrows);
}

enum iq_err iq_cmd_principal(struct iq_cli *cli)
{
	const char *word = cli->nargs > 0 ? cli->arg[0] : "list";
	int verb = iq_subcommand(word, verbs);
	size_t least = verb == ADD || verb == SET ? 3 : verb == END ? 2 : 0;

	if (verb < 0 || cli->nargs < least || cli->nargs > (verb == END || verb == LIST ? 2 : 255))
		return iq_no_subcommand(cli, word, cli->command->usage);
	return verb == LIST ? list(cli) : change(cli, verb);
}
