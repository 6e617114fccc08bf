/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "json.h"
#include "write.h"

static enum iq_err ask(struct iq_cli *cli, bool dry_run, const Iq__V1__EraseResponse **out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__EraseRequest q = IQ__V1__ERASE_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	uint8_t id[IQ_REQUEST_ID];
	enum iq_err err = iq_request_id(cli, id);

	if (err != IQ_OK)
		return err;
	q.request_id = (ProtobufCBinaryData){sizeof(id), id};
	q.contact = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.dry_run = dry_run;
	rq.op_case = IQ__V1__REQUEST__OP_ERASE;
	rq.erase = &q;
	err = iq_ask_again(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_ERASE);
	if (err == IQ_OK)
		*out = rs->erase;
	return err;
}

/* What will vanish, in words. */
static void say_what(struct iq_cli *cli, const Iq__V1__EraseResponse *r)
{
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("This vanishes for good:")));
	iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < r->n_changes; i++) {
		const Iq__V1__Change *c = r->changes[i];
		const char *text =
			c->column[0] == '\0'
				? iq_arena_printf(&cli->arena,
					  _("the contact person %s: every field, also of the past"),
					  c->id)
				: iq_arena_printf(&cli->arena, _("the reference in %s %s (%s)"),
					  iq_word_kind(c->kind), c->id, iq_word_column(c->column));

		iq_paragraph(cli, IQ_STYLE_NONE, "  - ", iq_safe_c(cli, text));
	}
	iq_paragraph(cli, IQ_STYLE_NONE, "  - ",
		iq_str(_("marks about the person, and the person's own account")));
	iq_paragraph(cli, IQ_STYLE_NONE, "  - ",
		iq_str(_("the key by which the audit log still knows the person")));
}

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__EraseResponse *r)
{
	json_t *items = json_array(), *o = json_object(), *refs = json_array();

	for (size_t i = 0; i < r->n_changes; i++) {
		const Iq__V1__Change *c = r->changes[i];
		json_t *ref;

		if (c->column[0] == '\0')
			continue;
		ref = json_object();
		json_object_set_new(ref, "kind", iq_json_c(c->kind));
		json_object_set_new(ref, "id", iq_json_c(c->id));
		json_object_set_new(ref, "column", iq_json_c(c->column));
		json_array_append_new(refs, ref);
	}
	json_object_set_new(o, "contact", iq_json_c(cli->arg[0]));
	json_object_set_new(
		o, "approval", r->approval ? json_integer((json_int_t)r->approval) : json_null());
	json_object_set_new(o, "references", refs);
	json_array_append_new(items, o);
	return iq_json_list(cli, r->revision, items, 1);
}

static const struct iq_col cols[] = {
	{"contact", "", IQ_CELL_TEXT, false},
	{"approval", "", IQ_CELL_NULL, false},
	{"kind", "", IQ_CELL_TEXT, false},
	{"id", "", IQ_CELL_TEXT, false},
	{"column", "", IQ_CELL_TEXT, false},
};

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__EraseResponse *r)
{
	const char *number =
		r->approval ? iq_arena_printf(&cli->arena, "%llu", (unsigned long long)r->approval)
			    : "";
	struct iq_table t;

	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < r->n_changes; i++) {
		const Iq__V1__Change *c = r->changes[i];
		const struct iq_str row[] = {iq_str(cli->arg[0]), iq_str(number), iq_str(c->kind),
			iq_str(c->id), iq_str(c->column)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

/* On a terminal: shows what it means before it asks. */
static enum iq_err confirm(struct iq_cli *cli)
{
	const Iq__V1__EraseResponse *r = NULL;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_YES) || iq_opt_given(cli, IQ_OPT_DRY_RUN) || !cli->tty_in ||
		!cli->tty_err)
		return IQ_OK;
	if (iq_opt_given(cli, IQ_OPT_NO_INPUT))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Erasing needs a confirmation."),
			N_("Add --yes."), NULL);
	err = ask(cli, true, &r);
	if (err != IQ_OK)
		return err;
	if (cli->format == IQ_FORMAT_TABLE) {
		say_what(cli, r);
		if (!iq_screen_flush(cli))
			return IQ_ERR_INTERNAL;
		iq_buf_reset(&cli->out, 0);
	}
	if (iq_confirm(cli, iq_arena_printf(&cli->arena, _("Erase %s for good?"), cli->arg[0])))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was erased."), NULL, NULL);
}

enum iq_err iq_cmd_erase(struct iq_cli *cli)
{
	const Iq__V1__EraseResponse *r = NULL;
	bool dry = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	bool asks = !dry && !iq_opt_given(cli, IQ_OPT_YES) && cli->tty_in && cli->tty_err;
	enum iq_err err = confirm(cli);

	if (err == IQ_OK)
		err = ask(cli, dry, &r);
	if (err != IQ_OK)
		return err;
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(cli, r);
	else if (cli->format != IQ_FORMAT_TABLE)
		err = as_rows(cli, r);
	else if (!asks)
		say_what(cli, r);
	if (dry)
		iq_note(cli, "%s",
			_("Nothing was written (--dry-run). A second person would have to agree."));
	else if (r->approval != 0)
		iq_note(cli,
			_("Nothing is erased yet: it waits under the number %llu. A second person "
			  "carries it out with: iqq approve %llu"),
			(unsigned long long)r->approval, (unsigned long long)r->approval);
	else
		iq_note(cli, "%s", _("Erased."));
	return err;
}
