/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"
#include "commands.h"
#include "record.h"
#include "session.h"
#include "who.h"

enum iq_err iq_cmd_get(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GetRequest q = IQ__V1__GET_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_rec rec = {0};
	int kind;
	enum iq_err err = iq_word_to_kind(cli, cli->arg[0], &kind);

	if (err != IQ_OK)
		return err;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
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
	return err;
}
