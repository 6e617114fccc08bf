/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "grants.h"

enum iq_err iq_cmd_grant(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GrantRequest q = IQ__V1__GRANT_REQUEST__INIT;
	Iq__V1__Grant grant = IQ__V1__GRANT__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q.request_id);

	if (err == IQ_OK)
		err = iq_change_date(cli, iq_opt(cli, IQ_OPT_FROM), &grant.valid_from);
	if (err == IQ_OK)
		err = iq_change_date(cli, iq_opt(cli, IQ_OPT_UNTIL), &grant.valid_to);
	if (err == IQ_OK && grant.valid_to[0] == '\0')
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A grant needs a last day."),
			N_("Add --until DATE; two years from today at most."), NULL);
	if (err != IQ_OK)
		return err;
	q.verb = IQ__V1__GRANT_VERB__GRANT_GIVE;
	q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.grant = &grant;
	grant.role = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	grant.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	grant.region = iq_opt_text(cli, IQ_OPT_REGION);
	rq.op_case = IQ__V1__REQUEST__OP_GRANT;
	rq.grant = &q;
	err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_GRANT, &rs);
	if (err == IQ_OK)
		err = iq_grants_show(
			cli, rs->grant->grants, rs->grant->n_grants, rs->grant->revision);
	if (err != IQ_OK)
		return err;
	if (rs->grant->approval != 0)
		iq_note_waits(cli, rs->grant->approval);
	else
		iq_note_done(cli, _("Given; it holds from now on."));
	return IQ_OK;
}
