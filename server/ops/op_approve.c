/* SPDX-License-Identifier: Apache-2.0 */
/* What waits for a second person. */
#include "op.h"

enum iq_err iq_op_approvals(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_approve(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
