/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may do, and who may do something. */
#include "op.h"

enum iq_err iq_op_can(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_who_can(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
