/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and verifying the audit log. */
#include "op.h"

enum iq_err iq_op_audit(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}

enum iq_err iq_op_audit_verify(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
