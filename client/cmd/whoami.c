/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "rights.h"
#include "session.h"

static const struct iq_col cols[] = {
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_NULL, false},
	{"region", N_("Place"), IQ_CELL_NULL, false},
	{"valid_from", N_("Valid from"), IQ_CELL_DATE, true},
	{"valid_to", N_("Valid until"), IQ_CELL_DATE, true},
	{"state", N_("State"), IQ_CELL_TEXT, true},
	{"id", N_("Grant"), IQ_CELL_NUMBER, true},
};

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__WhoamiResponse *r)
{
	json_t *items = json_array(), *o = json_object(), *grants = json_array();

	json_object_set_new(o, "principal", iq_json_c(r->principal));
	json_object_set_new(o, "name", iq_json_c(r->name));
	json_object_set_new(o, "institution", iq_json_or_null(iq_str(r->institution)));
	json_object_set_new(o, "contact", iq_json_or_null(iq_str(r->contact)));
	json_object_set_new(o, "certificate_until", iq_json_or_null(iq_str(r->certificate_until)));
	json_object_set_new(o, "renew_from", iq_json_or_null(iq_str(r->renew_from)));
	for (size_t i = 0; i < r->n_grants; i++)
		json_array_append_new(grants, iq_grant_json(r->grants[i]));
	json_object_set_new(o, "grants", grants);
	json_array_append_new(items, o);
	return iq_json_list(cli, r->revision, items, 1);
}

static const char *or_all(const struct iq_cli *cli, const char *v)
{
	return v[0] != '\0' || cli->format != IQ_FORMAT_TABLE ? v : _("all");
}

/* A line about the caller: words on a terminal, the key in a pipe. */
static void about(
	struct iq_cli *cli, const char *key, const char *words, const char *value, bool date)
{
	bool table = cli->format == IQ_FORMAT_TABLE;

	iq_field(cli, 28, table ? words : key,
		date && table ? iq_word_date(cli, value) : iq_str(value));
}

static enum iq_err show(struct iq_cli *cli, const Iq__V1__WhoamiResponse *r)
{
	bool table = cli->format == IQ_FORMAT_TABLE;
	struct iq_table t;

	if (cli->format != IQ_FORMAT_CSV) {
		about(cli, "principal", _("You are"), r->principal, false);
		about(cli, "name", _("Name"), r->name, false);
		about(cli, "institution", _("Institution"), r->institution, false);
		about(cli, "contact", _("Your own record"), r->contact, false);
		about(cli, "certificate_until", _("Certificate valid until"), r->certificate_until,
			true);
		about(cli, "renew_from", _("Renewed by itself from"), r->renew_from, true);
	}
	if (table)
		iq_buf_byte(&cli->out, '\n');
	iq_table_init(&t, cli, cols, 7);
	for (size_t i = 0; i < r->n_grants; i++) {
		const Iq__V1__Grant *g = r->grants[i];
		const struct iq_str row[] = {iq_str(g->role), iq_str(or_all(cli, g->institution)),
			iq_str(or_all(cli, g->region)), iq_str(g->valid_from), iq_str(g->valid_to),
			iq_str(table ? iq_word_state(g->state) : g->state),
			iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)g->id))};

		iq_table_add(&t, row);
	}
	if (r->n_grants == 0)
		iq_note(cli, _("You have no grants: you see public fields."));
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
