/* SPDX-License-Identifier: Apache-2.0 */
/* Marks on records that are wrong. */
#include "op.h"

enum iq_err iq_op_flag(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_flags(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
