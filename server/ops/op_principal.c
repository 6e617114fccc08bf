/* SPDX-License-Identifier: Apache-2.0 */
/* Principals and tokens. */
#include "op.h"

enum iq_err iq_op_principal(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_principals(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_token(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_tokens(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
