/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-ins until the audit and the workshops are there. */
#include "op.h"

size_t iq_workshops_of(struct iq_txn *t, iq_num institution, int32_t today, struct iq_arena *arena,
	const iq_num **out)
{
	(void)t, (void)institution, (void)today, (void)arena;
	*out = NULL;
	return 0;
}
