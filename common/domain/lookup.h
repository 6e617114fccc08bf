/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_LOOKUP_H
#define IQ_DOMAIN_LOOKUP_H

/*
 * Records as views need them beyond matching: seats and kinds of institutions, dates of
 * confirmation, hand-overs. Implemented by the directory in memory and by the store. A view asks
 * for no contact. Any thread with its own.
 */

#include "match.h"

/* Returns false to stop the walk. The record is valid in the call only. */
typedef bool (*iq_record_fn)(void *arg, iq_num num, const struct iq_rec *rec);
typedef bool (*iq_num_fn)(void *arg, iq_num num);

struct iq_lookup {
	void *ctx;
	/* false: no such record; borrows from the source or is in `arena` */
	bool (*get)(void *ctx, enum iq_kind kind, iq_num num, struct iq_arena *arena,
		struct iq_rec *out);
	/* IQ_NONE if unknown; follows merged ids */
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
	/* every record of the kind, by number */
	void (*each)(void *ctx, enum iq_kind kind, iq_record_fn fn, void *arg);
	/* institutions with their seat in exactly this region, in any order */
	void (*seats)(void *ctx, iq_num region, iq_num_fn fn, void *arg);
};

#endif
