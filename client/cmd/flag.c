/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "commands.h"
#include "json.h"
#include "model.h"
#include "session.h"

/* "KIND ID TEXT" or "ID TEXT": only the first word of at least three may be a kind. */
static enum iq_err read_words(struct iq_cli *cli, Iq__V1__FlagRequest *q)
{
	size_t at = 0;
	const char *text = "";
	int kind;

	if (cli->nargs >= 3 && iq_word_to_kind(cli, cli->arg[0], &kind) == IQ_OK) {
		q->kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
		at = 1;
	}
	iq_error_init(&cli->error, &cli->arena);
	if (cli->nargs < at + 2)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A mark needs the id of a record and a text."),
			N_("For example: iqq flag vhs-dresden 'The phone number is out of date.'"),
			NULL);
	q->id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[at]));
	for (size_t i = at + 1; i < cli->nargs; i++)
		text = iq_arena_printf(
			&cli->arena, "%s%s%s", text, i > at + 1 ? " " : "", cli->arg[i]);
	q->text = iq_arena_cstr(&cli->arena, iq_str(text));
	return IQ_OK;
}

static enum iq_err read_done(struct iq_cli *cli, Iq__V1__FlagRequest *q)
{
	uint32_t number = 0;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_DONE, &number);

	q->done = true;
	q->flag = number;
	if (err == IQ_OK && cli->nargs > 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" does not belong to --done."), N_("iqq flag --done NUMBER"),
			cli->arg[0], NULL);
	return err;
}

enum iq_err iq_cmd_flag(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__FlagRequest q = IQ__V1__FLAG_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	uint8_t id[IQ_REQUEST_ID];
	bool done = iq_opt_given(cli, IQ_OPT_DONE);
	enum iq_err err = done ? read_done(cli, &q) : read_words(cli, &q);

	if (err == IQ_OK)
		err = iq_request_id(cli, id);
	if (err != IQ_OK)
		return err;
	q.request_id = (ProtobufCBinaryData){sizeof(id), id};
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	rq.op_case = IQ__V1__REQUEST__OP_FLAG;
	rq.flag = &q;
	err = iq_ask_again(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_FLAG);
	if (err != IQ_OK)
		return err;
	const char *number = iq_arena_printf(&cli->arena, "%llu", (unsigned long long)rs->flag->id);

	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array(), *o = json_object();

		json_object_set_new(o, "id", json_integer((json_int_t)rs->flag->id));
		json_object_set_new(o, "done", json_boolean(done));
		json_array_append_new(items, o);
		return iq_json_list(cli, rs->flag->revision, items, 1);
	}
	if (cli->format != IQ_FORMAT_TABLE && !q.dry_run)
		iq_buf_printf(&cli->out, "%s\n", number);
	if (q.dry_run)
		iq_note(cli, "%s", _("Nothing was written (--dry-run)."));
	else if (done)
		iq_note(cli, _("The mark %s is worked off."), number);
	else
		iq_note(cli, _("Noted under the number %s for those who maintain the record."),
			number);
	return IQ_OK;
}

static const struct iq_col cols[] = {
	{"id", N_("No."), IQ_CELL_NUMBER, true},
	{"time", N_("When"), IQ_CELL_TEXT, true},
	{"kind", N_("Kind"), IQ_CELL_TEXT, true},
	{"record", N_("Record"), IQ_CELL_TEXT, false},
	{"text", N_("What is wrong"), IQ_CELL_TEXT, false},
	{"by", N_("By"), IQ_CELL_TEXT, false},
};

enum iq_err iq_cmd_flags(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__FlagsRequest q = IQ__V1__FLAGS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_table t;
	enum iq_err err;

	q.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	rq.op_case = IQ__V1__REQUEST__OP_FLAGS;
	rq.flags = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_FLAGS);
	if (err != IQ_OK)
		return err;
	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < rs->flags->n_flags; i++) {
		const Iq__V1__Flag *f = rs->flags->flags[i];
		const struct iq_str row[] = {
			iq_str(iq_arena_printf(&cli->arena, "%llu", (unsigned long long)f->id)),
			iq_str(iq_word_time(cli, f->time)),
			iq_str(cli->format == IQ_FORMAT_TABLE ? iq_word_kind(f->kind) : f->kind),
			iq_str(f->record), iq_str(f->text), iq_str(f->by)};

		iq_table_add(&t, row);
	}
	err = iq_table_finish(&t, rs->flags->revision, t.nrows);
	if (t.nrows == 0)
		iq_note(cli, "%s", _("Nothing is flagged."));
	else
		iq_note(cli, "%s", _("When it is put right: iqq flag --done NUMBER"));
	return err;
}
