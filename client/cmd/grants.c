/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "grants.h"

struct listing {
	Iq__V1__Grant **grants;
	size_t n;
	uint64_t revision;
};

static enum iq_err take(struct iq_cli *cli, struct listing *l, const Iq__V1__GrantsResponse *r)
{
	Iq__V1__Grant **more = iq_arena_grow(
		&cli->arena, l->grants, l->n * sizeof(*more), (l->n + r->n_grants) * sizeof(*more));

	if (more == NULL)
		return IQ_ERR_INTERNAL;
	for (size_t i = 0; i < r->n_grants; i++)
		more[l->n++] = r->grants[i];
	l->grants = more;
	l->revision = r->revision;
	return IQ_OK;
}

enum iq_err iq_cmd_grants(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GrantsRequest q = IQ__V1__GRANTS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct listing l = {.grants = NULL};
	enum iq_err err;

	if (cli->nargs > 0)
		q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	q.region = iq_opt_text(cli, IQ_OPT_REGION);
	q.all = iq_opt_given(cli, IQ_OPT_ALL);
	rq.op_case = IQ__V1__REQUEST__OP_GRANTS;
	rq.grants = &q;
	do {
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_GRANTS, &rs);
		if (err == IQ_OK)
			err = take(cli, &l, rs->grants);
		if (err == IQ_OK)
			q.cursor = rs->grants->cursor;
	} while (err == IQ_OK && q.cursor.len > 0);
	if (err == IQ_OK)
		err = iq_grants_show(cli, l.grants, l.n, l.revision);
	if (err == IQ_OK && l.n == 0) {
		iq_note(cli, "%s", _("There are no grants."));
		err = IQ_ERR_NOT_FOUND;
	}
	return err;
}
