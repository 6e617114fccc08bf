/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a change back. */
#include "op.h"

enum iq_err iq_op_revert(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
