/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs on a contact, and its transfer to the successor. */
#include "op.h"

enum iq_err iq_op_sheet(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_handover(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
