/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed. */
#include "op.h"

enum iq_err iq_op_changes(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
