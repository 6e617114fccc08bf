/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody looked after for long. */
#include "op.h"

enum iq_err iq_op_stale(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
