/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what a list of an institution would change, and changing it. */
#include "op.h"

enum iq_err iq_op_sync_plan(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_sync_apply(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_sync_status(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_sync_resolve(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
