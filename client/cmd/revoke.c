/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grants.h"

static enum iq_err read_what(struct iq_cli *cli, Iq__V1__GrantRequest *q)
{
	bool all = iq_opt_given(cli, IQ_OPT_ALL), certs = iq_opt_given(cli, IQ_OPT_CERTIFICATES);

	if ((cli->nargs == 2) + all + certs != 1)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("What is to be revoked: one grant, all of them, or the certificates?"),
			N_("iqq revoke {0} NUMBER, --all or --certificates; the numbers are shown "
			   "by: iqq grants {0}"),
			cli->arg[0], NULL);
	q->verb =
		certs ? IQ__V1__GRANT_VERB__REVOKE_CERTIFICATES : IQ__V1__GRANT_VERB__GRANT_REVOKE;
	if (cli->nargs < 2)
		return IQ_OK;
	if (cli->arg[1][0] == '\0' || cli->arg[1][strspn(cli->arg[1], "0123456789")] != '\0' ||
		(q->id = strtoull(cli->arg[1], NULL, 10)) == 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{1}\" is not the number of a grant."),
			N_("The numbers are shown by: iqq grants {0}"), cli->arg[0], cli->arg[1],
			NULL);
	return IQ_OK;
}

static enum iq_err confirm(struct iq_cli *cli)
{
	if (cli->nargs == 2 || iq_opt_given(cli, IQ_OPT_YES) || iq_opt_given(cli, IQ_OPT_DRY_RUN) ||
		!iq_can_ask(cli))
		return IQ_OK;
	if (iq_confirm(cli, iq_arena_printf(&cli->arena,
				    iq_opt_given(cli, IQ_OPT_ALL)
					    ? _("Revoke all grants, certificates and tokens of %s?")
					    : _("Revoke all certificates of %s?"),
				    cli->arg[0])))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was revoked."), NULL, NULL);
}

enum iq_err iq_cmd_revoke(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GrantRequest q = IQ__V1__GRANT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = read_what(cli, &q);

	if (err == IQ_OK)
		err = confirm(cli);
	if (err == IQ_OK)
		err = iq_change_id(cli, &q.request_id);
	if (err != IQ_OK)
		return err;
	q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_GRANT;
	rq.grant = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_GRANT, &rs);
	if (err == IQ_OK && (rs->grant->n_grants > 0 || cli->format == IQ_FORMAT_JSON))
		err = iq_grants_show(
			cli, rs->grant->grants, rs->grant->n_grants, rs->grant->revision);
	if (err == IQ_OK)
		iq_note_done(
			cli, cli->nargs == 2
				     ? _("Revoked; this counts at once, on open connections, too.")
				     : _("Revoked; open connections end within five seconds."));
	return err;
}
