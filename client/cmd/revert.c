/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "commands.h"
#include "write.h"

enum iq_err iq_cmd_revert(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__RevertRequest q = IQ__V1__REVERT_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	uint8_t id[IQ_REQUEST_ID];
	char *end = NULL;
	enum iq_err err;

	errno = 0;
	q.change = strtoull(cli->arg[0], &end, 10);
	if (errno != 0 || *end != '\0' || cli->arg[0][0] < '0' || cli->arg[0][0] > '9')
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" is not the number of a change."),
			N_("The changes of a record are shown by: iqq history KIND ID"),
			cli->arg[0], NULL);
	err = iq_request_id(cli, id);
	if (err != IQ_OK)
		return err;
	q.request_id = (ProtobufCBinaryData){sizeof(id), id};
	q.merge = iq_opt_given(cli, IQ_OPT_MERGE);
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_REVERT;
	rq.revert = &q;
	err = iq_ask_again(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_REVERT);
	return err == IQ_OK ? iq_write_show(cli, rs->revert, NULL) : err;
}
