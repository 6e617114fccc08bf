/* SPDX-License-Identifier: Apache-2.0 */
/* What a record was, and who changed it. */
#include "op.h"

enum iq_err iq_op_history(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
