/* SPDX-License-Identifier: Apache-2.0 */
/* Two dates of a region side by side. */
#include "op.h"

enum iq_err iq_op_diff(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
