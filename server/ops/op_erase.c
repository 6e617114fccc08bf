/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing a contact for good. */
#include "op.h"

enum iq_err iq_op_erase(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
