/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "who.h"

static const char *institution_of(
	struct iq_cli *cli, const Iq__V1__MyDataResponse *r, const char *id)
{
	const char *name = iq_label(r->labels, r->n_labels, "institution", id);

	(void)cli;
	return name != NULL && name[0] != '\0' ? name : id;
}

static json_t *seen_json(struct iq_cli *cli, const Iq__V1__AuditEntry *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "time", iq_json_c(iq_word_time(cli, e->time)));
	json_object_set_new(o, "event", iq_json_c(e->event));
	json_object_set_new(o, "principal", iq_json_c(e->principal));
	json_object_set_new(o, "institution", iq_json_or_null(iq_str(e->institution)));
	json_object_set_new(o, "operation", iq_json_c(e->operation));
	json_object_set_new(o, "purpose", iq_json_or_null(iq_str(e->purpose)));
	json_object_set_new(o, "class", iq_json_or_null(iq_str(e->classes)));
	return o;
}

static enum iq_err as_json(
	struct iq_cli *cli, const Iq__V1__MyDataResponse *r, const struct iq_rec *rec)
{
	json_t *items = json_array(), *o = json_object(), *sources = json_array(),
	       *seen = json_array(), *account = json_null();

	if (r->principal != NULL) {
		account = json_object();
		json_object_set_new(account, "id", iq_json_c(r->principal->id));
		json_object_set_new(account, "name", iq_json_c(r->principal->name));
		json_object_set_new(
			account, "institution", iq_json_or_null(iq_str(r->principal->institution)));
	}
	for (size_t i = 0; i < r->n_sources; i++) {
		const Iq__V1__Source *s = r->sources[i];
		json_t *source = json_object();

		json_object_set_new(source, "revision", json_integer((json_int_t)s->revision));
		json_object_set_new(source, "time", iq_json_c(iq_word_time(cli, s->time)));
		json_object_set_new(source, "principal", iq_json_c(s->principal));
		json_object_set_new(source, "operation", iq_json_c(s->operation));
		json_array_append_new(sources, source);
	}
	for (size_t i = 0; i < r->n_disclosures; i++)
		json_array_append_new(seen, seen_json(cli, r->disclosures[i]));
	json_object_set_new(o, "contact", rec ? iq_record_json(rec) : json_null());
	json_object_set_new(o, "account", account);
	json_object_set_new(o, "sources", sources);
	json_object_set_new(o, "disclosures", seen);
	json_array_append_new(items, o);
	return iq_json_list(cli, r->revision, items, 1);
}

static const struct iq_col cols[] = {
	{"section", "", IQ_CELL_TEXT, false},
	{"time", "", IQ_CELL_NULL, false},
	{"name", "", IQ_CELL_TEXT, false},
	{"value", "", IQ_CELL_TEXT, false},
	{"operation", "", IQ_CELL_NULL, false},
	{"purpose", "", IQ_CELL_NULL, false},
};

static enum iq_err as_rows(
	struct iq_cli *cli, const Iq__V1__MyDataResponse *r, const struct iq_rec *rec)
{
	const struct iq_str none = IQ_STR("");
	struct iq_table t;

	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t c = 0; rec != NULL && c < iq_schemas[rec->kind].ncolumns; c++) {
		const struct iq_str row[] = {IQ_STR("field"), none,
			iq_str(iq_schemas[rec->kind].columns[c].name),
			iq_rec_write_cell(rec, (int)c, &cli->arena), none, none};

		iq_table_add(&t, row);
	}
	for (size_t i = 0; i < r->n_sources; i++) {
		const Iq__V1__Source *s = r->sources[i];
		const struct iq_str row[] = {IQ_STR("source"), iq_str(iq_word_time(cli, s->time)),
			iq_str(s->principal),
			iq_str(iq_arena_printf(
				&cli->arena, "%llu", (unsigned long long)s->revision)),
			iq_str(s->operation), none};

		iq_table_add(&t, row);
	}
	for (size_t i = 0; i < r->n_disclosures; i++) {
		const Iq__V1__AuditEntry *e = r->disclosures[i];
		const struct iq_str row[] = {IQ_STR("seen"), iq_str(iq_word_time(cli, e->time)),
			iq_str(e->principal), iq_str(e->institution), iq_str(e->operation),
			iq_str(e->purpose)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

static void heading(struct iq_cli *cli, const char *text, bool first)
{
	if (!first)
		iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(text));
	iq_buf_byte(&cli->out, '\n');
}

/* On record, the purpose of an edition is "CODE EDITION REGION: RECIPIENT". */
static const char *why_of(struct iq_cli *cli, const Iq__V1__AuditEntry *e)
{
	struct iq_str rest = iq_str(e->purpose), code;
	const char *why = e->purpose, *to = NULL;

	if (*why == '\0')
		return "";
	if (strcmp(e->operation, "edition") == 0 && iq_str_cut(&rest, ' ', &code) && rest.n > 0) {
		why = iq_arena_cstr(&cli->arena, code);
		to = iq_arena_printf(&cli->arena, _("; printed for %.*s"), IQ_STR_ARG(rest));
	}
	return iq_arena_printf(&cli->arena, "%s%s",
		iq_arena_printf(&cli->arena, _("; purpose: %s"), iq_word_purpose(why ? why : "")),
		to ? to : "");
}

static void show_seen(struct iq_cli *cli, const Iq__V1__MyDataResponse *r)
{
	for (size_t i = 0; i < r->n_disclosures; i++) {
		const Iq__V1__AuditEntry *e = r->disclosures[i];
		const char *where = e->institution[0] != '\0'
					    ? iq_arena_printf(&cli->arena, " (%s)",
						      institution_of(cli, r, e->institution))
					    : "";
		const char *why = why_of(cli, e);
		const char *text = iq_arena_printf(&cli->arena, "%s%s: %s%s", e->principal, where,
			iq_word_operation(e->operation), why);

		iq_paragraph(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, "  %s  ", iq_word_time(cli, e->time)),
			iq_safe_c(cli, text));
	}
	if (r->n_disclosures == 0)
		iq_paragraph(cli, IQ_STYLE_NONE, "  ",
			iq_str(_("Nobody, as far as the audit log reaches back.")));
	iq_paragraph(cli, IQ_STYLE_DIM, "  ",
		iq_str(_("Fields of the class \"public\" may be seen by everybody who uses the "
			 "directory; that is not recorded.")));
}

static void show(struct iq_cli *cli, const Iq__V1__MyDataResponse *r, const struct iq_rec *rec)
{
	heading(cli, _("What is stored"), true);
	if (rec != NULL)
		iq_record_show(cli, rec);
	else
		iq_paragraph(cli, IQ_STYLE_NONE, "  ",
			iq_str(_("The record was deleted; earlier versions are still in the "
				 "history.")));
	heading(cli, _("Where it came from"), false);
	for (size_t i = 0; i < r->n_sources; i++) {
		const Iq__V1__Source *s = r->sources[i];

		iq_paragraph(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, "  %s  ", iq_word_time(cli, s->time)),
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s: %s", s->principal,
					       iq_word_operation(s->operation))));
	}
	heading(cli, _("Who saw it"), false);
	show_seen(cli, r);
	if (r->principal != NULL) {
		heading(cli, _("Your account"), false);
		iq_paragraph(cli, IQ_STYLE_NONE, "  ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s, %s", r->principal->id,
					       r->principal->name)));
	}
	if (rec == NULL)
		return;
	heading(cli, _("If something is wrong"), false);
	iq_paragraph(cli, IQ_STYLE_NONE, "  ",
		iq_safe_c(cli,
			iq_arena_printf(&cli->arena,
				_("Tell %s: iqq flag %s 'WHAT IS WRONG'. You may also ask "
				  "for the record to be erased."),
				institution_of(cli, r, r->contact->institution), r->contact->id)));
}

enum iq_err iq_cmd_my_data(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__MyDataRequest q = IQ__V1__MY_DATA_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec = {.kind = IQ_CONTACT};
	const struct iq_rec *shown = NULL;
	enum iq_err err;

	q.subject = iq_opt_text(cli, IQ_OPT_SUBJECT);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_MY_DATA;
	rq.my_data = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_MY_DATA);
	if (err != IQ_OK)
		return err;
	const Iq__V1__MyDataResponse *r = rs->my_data;

	if (r->contact != NULL &&
		iq_codec_from_message(&rec, IQ_CONTACT, &r->contact->base, &cli->arena))
		shown = &rec;
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(cli, r, shown);
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(cli, r, shown);
	show(cli, r, shown);
	return IQ_OK;
}
