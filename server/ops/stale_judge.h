/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_STALE_JUDGE_H
#define IQ_OPS_STALE_JUDGE_H

/* Which records are stale, as far as the caller may know. One request, its thread. */

#include "op.h"
#include "stale.h"

struct iq_stale_judge {
	struct iq_req *rq;
	bool english;
	unsigned wanted;                  /* bits of enum iq_stale_why */
	enum iq_stale_why why;            /* what `detail` is for */
	int32_t since;                    /* day: confirmations before it are too old */
	iq_num region;                    /* IQ_NONE: everywhere */
	struct iq_num_set *asked, *whole; /* institutions: looked at; all of whose contacts show */
	struct iq_num_set *overdue;       /* contacts whose dated hand-over was not carried out */
	struct iq_arena *scratch;         /* emptied for each record */
};

/* What is to be said about a record. */
struct iq_stale_item {
	enum iq_kind kind;
	struct iq_str id, institution, name, detail;
	uint64_t flag;
	iq_num task, region;
};

/*
 * The reasons of those wanted, as a set of bits; 0 also for a record outside the region. The item
 * lives until the next call. leaves: it is written into the answer, and persons are owed to the
 * audit.
 */
unsigned iq_stale_judge(struct iq_stale_judge *s, const struct iq_image *image, bool leaves,
	struct iq_stale_item *item);
/* The same for a responsibility, whatever is wanted, wherever it is. */
unsigned iq_stale_judge_row(
	struct iq_stale_judge *s, const struct iq_image *image, struct iq_stale_item *item);
bool iq_stale_in_region(struct iq_stale_judge *s, const struct iq_stale_item *item);

#endif
