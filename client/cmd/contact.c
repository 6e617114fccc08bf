/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "session.h"
#include "who.h"

static json_t *item(struct iq_cli *cli, const Iq__V1__ContactResponse *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "institution",
		iq_institution_json(cli->lang == IQ_LANG_EN, r->institution, r->via));
	json_object_set_new(o, "contacts", iq_contacts_json(r->contacts, r->n_contacts));
	json_object_set_new(o, "withheld", iq_withheld_json(r->withheld, r->n_withheld));
	return o;
}

static const struct iq_col cols[] = {
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"name", N_("Name"), IQ_CELL_TEXT, false},
	{"function", N_("Function"), IQ_CELL_TEXT, false},
	{"phone", N_("Phone"), IQ_CELL_TEXT, true},
	{"email", N_("E-mail"), IQ_CELL_TEXT, false},
	{"languages", N_("Languages"), IQ_CELL_SET, false},
	{"visibility", N_("Visible"), IQ_CELL_TEXT, false},
};

/* The institution itself first, then its contact persons. */
static enum iq_err lines(struct iq_cli *cli, const Iq__V1__ContactResponse *r)
{
	const Iq__V1__Institution *i = r->institution;
	struct iq_table t;

	iq_table_init(&t, cli, cols, 8);
	const struct iq_str first[] = {iq_str(i->id), IQ_STR(""),
		iq_str(iq_institution_name(cli->lang == IQ_LANG_EN, i)), IQ_STR(""),
		iq_str(i->phone), iq_str(i->email), IQ_STR(""), IQ_STR("public")};

	iq_table_add(&t, first);
	for (size_t k = 0; k < r->n_contacts; k++) {
		const Iq__V1__Contact *c = r->contacts[k];
		const char *languages = "";

		for (size_t l = 0; l < c->n_languages; l++)
			languages = iq_arena_printf(
				&cli->arena, "%s%s%s", languages, l ? ";" : "", c->languages[l]);
		const struct iq_str row[] = {iq_str(i->id), iq_str(c->id), iq_str(c->name),
			iq_str(c->function), iq_str(c->phone), iq_str(c->email), iq_str(languages),
			iq_str(c->visibility)};

		iq_table_add(&t, row);
	}
	for (size_t k = 0; k < r->n_withheld; k++) {
		if (r->withheld[k]->because[0] == '\0')
			iq_note(cli, _("Not shown to you: %s (%s). Ask %s."),
				iq_safe_c(cli, r->withheld[k]->function).p,
				iq_word_visibility(r->withheld[k]->visibility),
				r->withheld[k]->ask);
	}
	iq_withheld_notes(cli, r->withheld, r->n_withheld);
	return iq_table_finish(&t, r->revision, t.nrows);
}

enum iq_err iq_cmd_contact(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ContactRequest q = IQ__V1__CONTACT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.term = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_CONTACT;
	rq.contact = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_CONTACT);
	if (err != IQ_OK)
		return err;
	const Iq__V1__ContactResponse *r = rs->contact;

	if (r->institution == NULL)
		return IQ_ERR_NOT_FOUND;
	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array();

		json_array_append_new(items, item(cli, r));
		return iq_json_list(cli, r->revision, items, 1);
	}
	if (cli->format != IQ_FORMAT_TABLE)
		return lines(cli, r);
	iq_reach_terminal(cli, r->institution,
		r->via[0] != '\0' ? iq_label(r->labels, r->n_labels, "institution", r->via) : "",
		r->contacts, r->n_contacts, r->withheld, r->n_withheld);
	return IQ_OK;
}
