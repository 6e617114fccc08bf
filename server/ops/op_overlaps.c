/* SPDX-License-Identifier: Apache-2.0 */
#include "op.h"

enum iq_err iq_op_overlaps(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
