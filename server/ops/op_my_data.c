/* SPDX-License-Identifier: Apache-2.0 */
/* What is on record about a person, and who saw it. */
#include "op.h"

enum iq_err iq_op_my_data(struct iq_req *rq)
{
	return iq_req_unsupported(rq);
}
