/* SPDX-License-Identifier: Apache-2.0 */
/* Grants. */
#include "op.h"

enum iq_err iq_op_grant(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_grants(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
