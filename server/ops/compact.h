/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_COMPACT_H
#define IQ_OPS_COMPACT_H

/* The data file written anew beside the running server: its free pages go, and the memory that
 * LMDB keeps for the pages of large changes. Changes wait meanwhile, questions go on. */

#include "ops.h"

struct iq_compacted {
	const struct iq_error *error; /* its code; IQ_OK: done */
	uint64_t before, after;       /* bytes of the file */
};
/*
 * Any thread. `done` (may be NULL) is called once, in the writer's or the audit's thread. False:
 * there is no memory, or too many changes are waiting; `done` is not called.
 */
IQ_CHECK bool iq_compact_submit(const struct iq_services *svc,
	void (*done)(void *ctx, const struct iq_compacted *c), void *ctx);

#endif
