/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_OVERLAPS_H
#define IQ_DOMAIN_OVERLAPS_H

/*
 * Overlaps: two institutions certain leads of one cell at the same task and region distance
 * (domain.md "Views"). Both rows then stand at the same task and in the same region, so an overlap
 * of cells is found and folded there: one line per task, region and pair of institutions. What
 * notices say does not matter. Pure. Any thread with its own view.
 *
 * Order: task (pre-order), region (nearest first, then pre-order), ids of the first and the second
 * institution, of which the smaller is the first.
 *
 * Cost: one walk over the rows of the region by index, as struct iq_reach_map says; pairs of leads
 * at the same task and region. Memory: the leads of one task, and the lines.
 */

#include "leaves.h"
#include "reach.h"

struct iq_overlaps_query {
	iq_num region;       /* or an area: what overlaps for any of its members */
	iq_num task, status; /* IQ_NONE: all; rows of ancestors of the task stand for it */
	int32_t at;
	bool parts;   /* overlaps in parts of the region, too */
	size_t limit; /* lines; 0: none. The rest is counted */
};

struct iq_overlap {
	iq_num task, region;
	uint16_t distance; /* of the region: struct iq_reach_map */
	iq_num institution[2];
	struct iq_str id[2];            /* of the institutions */
	const struct iq_groups *groups; /* for whom both are */
	struct iq_str *row[2];          /* ids of the responsibilities behind it, in order */
	size_t nrows[2];
};

struct iq_overlaps {
	struct iq_overlap *a;
	size_t n, cap;
	size_t total; /* lines there are, beyond the limit too */
};

/*
 * Everything in `out` is in `arena` or belongs to the view. Errors: IQ_ERR_USAGE a number of the
 * question does not exist; IQ_ERR_BUSY the arena's cap does not hold it.
 */
IQ_CHECK enum iq_err iq_overlaps_find(const struct iq_view *view, const struct iq_overlaps_query *q,
	struct iq_arena *arena, struct iq_overlaps *out);

#endif
