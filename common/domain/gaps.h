/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_GAPS_H
#define IQ_DOMAIN_GAPS_H

/*
 * Gaps: cells (leaf task × leaf status in a region, cell.h) that are expected and not covered,
 * folded to one line per task and region (domain.md "Views"). For one region, or for all regions
 * of a kind in a scope. Pure. Any thread with its own view.
 *
 * Order: task (pre-order), then region (pre-order).
 *
 * Cost: one walk over the responsibilities of the tasks in question, wherever they are: what is
 * expected here depends on others of the same kind. Then O(regions × words of statuses) per task;
 * no cell is probed. Near misses: another walk over the rows of each task that has a gap, so they
 * are for one region rather than for a kind. Memory: a set of statuses per region and level of
 * tasks, and the lines.
 */

#include "leaves.h"

enum { IQ_GAP_PEERS = 5 };

struct iq_gaps_query {
	/* without kind: the region; an area: each of its members by itself */
	iq_num scope;
	struct iq_str kind;  /* not empty: all regions of the kind in the scope, itself included */
	iq_num task, status; /* IQ_NONE: all */
	int32_t at;
	bool want_near;
	size_t limit; /* lines; 0: none. The rest is counted */
};

struct iq_gap {
	iq_num task, region;
	const struct iq_groups *missing; /* for whom nobody is there */
	bool marked;                     /* tasks.expected; else because of the peers */
	/* regions of the same kind where one of the missing cells is covered, in pre-order */
	iq_num peer[IQ_GAP_PEERS];
	size_t npeers, peers; /* how many are in `peer`, how many there are */
	/*
	 * want_near: at most IQ_LIMIT_NEAR_MISSES of each, in order. Near misses: lead, provider
	 * and advice rows that fail in exactly one of region, status, condition, validity for one
	 * of the missing cells; what fails is that of the best such cell, the first of them.
	 * involved: support, funding and referral rows that match one of them.
	 */
	struct iq_row *near, *involved;
	size_t nnear, ninvolved;
};

struct iq_gaps {
	struct iq_gap *a;
	size_t n, cap;
	size_t total;    /* lines there are, beyond the limit too */
	size_t nregions; /* regions looked at */
};

/*
 * Everything in `out` is in `arena` or belongs to the view. Errors: IQ_ERR_USAGE a number of the
 * question does not exist; IQ_ERR_BUSY the arena's cap does not hold it.
 */
IQ_CHECK enum iq_err iq_gaps_find(const struct iq_view *view, const struct iq_gaps_query *q,
	struct iq_arena *arena, struct iq_gaps *out);

#endif
