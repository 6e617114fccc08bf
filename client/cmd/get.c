/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"
#include "commands.h"
#include "past.h"
#include "record.h"
#include "who.h"

static enum iq_err read_request(struct iq_cli *cli, int kind, Iq__V1__GetRequest *q)
{
	enum iq_err err = iq_change_date(cli, iq_opt(cli, IQ_OPT_AT), &q->at);

	q->kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q->id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_KNOWN_AT))
		err = iq_read_moment(cli, iq_opt(cli, IQ_OPT_KNOWN_AT), &q->known_on, &q->known_at);
	return err;
}

/* The day that was asked about. */
static void note_valid(struct iq_cli *cli, const Iq__V1__GetRequest *q)
{
	const char *day = q->at[0] != '\0' ? q->at : q->known_on;

	if (day[0] != '\0')
		iq_note(cli, _("The record is not valid on %s."), iq_word_date(cli, day).p);
	else if (q->known_at > 0)
		iq_note(cli, "%s", _("The record was not valid on the day of that change."));
	else
		iq_note(cli, "%s", _("The record is not valid today."));
}

enum iq_err iq_cmd_get(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GetRequest q = IQ__V1__GET_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec = {0};
	int kind;
	enum iq_err err = iq_word_to_kind(cli, cli->arg[0], &kind);

	if (err == IQ_OK)
		err = read_request(cli, kind, &q);
	if (err != IQ_OK)
		return err;
	rq.op_case = IQ__V1__REQUEST__OP_GET;
	rq.get = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_GET);
	if (err != IQ_OK)
		return err;
	if (rs->get->record == NULL || !iq_codec_from_record(&rec, rs->get->record, &cli->arena))
		return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND, N_("There is no {0} \"{1}\"."),
			N_("Find it by name: iqq search {1}"), iq_word_kind(iq_schemas[kind].name),
			cli->arg[1], NULL);
	if (cli->format == IQ_FORMAT_JSON)
		err = iq_records_show(cli, rec.kind, &rec, 1, rs->get->revision, 1);
	else
		iq_record_show(cli, &rec);
	iq_because_note(cli, rs->get->because, 1);
	if (rs->get->not_valid)
		note_valid(cli, &q);
	return err;
}
