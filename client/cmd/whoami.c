/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "json.h"
#include "session.h"

static const struct iq_col cols[] = {
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"region", N_("Place"), IQ_CELL_NULL, false},
	{"valid_from", N_("Valid from"), IQ_CELL_DATE, true},
	{"valid_to", N_("Valid until"), IQ_CELL_DATE, true},
};

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__WhoamiResponse *r)
{
	json_t *items = json_array(), *o = json_object(), *grants = json_array();

	json_object_set_new(o, "principal", iq_json_c(r->principal));
	json_object_set_new(o, "name", iq_json_c(r->name));
	json_object_set_new(o, "certificate_until", iq_json_or_null(iq_str(r->certificate_until)));
	for (size_t i = 0; i < r->n_grants; i++) {
		const Iq__V1__Grant *g = r->grants[i];
		json_t *grant = json_object();

		json_object_set_new(grant, "role", iq_json_c(g->role));
		json_object_set_new(grant, "institution", iq_json_or_null(iq_str(g->institution)));
		json_object_set_new(grant, "region", iq_json_or_null(iq_str(g->region)));
		json_object_set_new(grant, "valid_from", iq_json_or_null(iq_str(g->valid_from)));
		json_object_set_new(grant, "valid_to", iq_json_or_null(iq_str(g->valid_to)));
		json_array_append_new(grants, grant);
	}
	json_object_set_new(o, "grants", grants);
	json_array_append_new(items, o);
	return iq_json_list(cli, r->revision, items, 1);
}

static const char *or_all(const struct iq_cli *cli, const char *v)
{
	return v[0] != '\0' || cli->format != IQ_FORMAT_TABLE ? v : _("all");
}

static enum iq_err show(struct iq_cli *cli, const Iq__V1__WhoamiResponse *r)
{
	struct iq_table t;

	if (cli->format != IQ_FORMAT_CSV) {
		iq_field(cli, 24, cli->format == IQ_FORMAT_TSV ? "principal" : _("You are"),
			iq_str(r->principal));
		iq_field(cli, 24, cli->format == IQ_FORMAT_TSV ? "name" : _("Name"),
			iq_str(r->name));
		iq_field(cli, 24,
			cli->format == IQ_FORMAT_TSV ? "certificate_until"
						     : _("Certificate valid until"),
			cli->format == IQ_FORMAT_TABLE ? iq_word_date(cli, r->certificate_until)
						       : iq_str(r->certificate_until));
	}
	if (cli->format == IQ_FORMAT_TABLE)
		iq_buf_byte(&cli->out, '\n');
	iq_table_init(&t, cli, cols, 5);
	for (size_t i = 0; i < r->n_grants; i++) {
		const Iq__V1__Grant *g = r->grants[i];
		const struct iq_str row[] = {iq_str(g->role), iq_str(or_all(cli, g->institution)),
			iq_str(or_all(cli, g->region)), iq_str(g->valid_from), iq_str(g->valid_to)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

enum iq_err iq_cmd_whoami(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHOAMI);
	if (err != IQ_OK)
		return err;
	return cli->format == IQ_FORMAT_JSON ? as_json(cli, rs->whoami) : show(cli, rs->whoami);
}
