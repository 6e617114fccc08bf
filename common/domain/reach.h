/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_REACH_H
#define IQ_DOMAIN_REACH_H

/*
 * Where rows count for a place: in the region itself and its ancestors for all of it, below it for
 * a part of it. Of an area: what counts for any of its members, at the nearest distance. Pure. Any
 * thread.
 */

#include "match.h"

enum { IQ_REACH_OUT = UINT16_MAX };

struct iq_reach_map {
	const struct iq_view *view;
	/* by region number, as in struct iq_row: 0 the place itself, 1, 2 … above it, from
	 * IQ_DISTANCE_BELOW its parts; IQ_REACH_OUT: elsewhere */
	uint16_t *distance;
	iq_num *region; /* n: those that count, nearest first, then pre-order */
	size_t n;
	bool parts; /* rows for a part of the place are wanted */
};

/*
 * Everything is in `arena`. Errors: IQ_ERR_USAGE no such region; IQ_ERR_BUSY the arena is full.
 * O(regions).
 */
IQ_CHECK enum iq_err iq_reach_init(struct iq_reach_map *r, const struct iq_view *view,
	iq_num region, bool parts, struct iq_arena *arena);

static inline bool iq_reach_has(const struct iq_reach_map *r, iq_num region)
{
	return region != IQ_NONE && region <= r->view->vocab->region.n &&
	       r->distance[region] != IQ_REACH_OUT;
}

/* True if the distance is that of a part. */
bool iq_reach_is_part(uint16_t distance);

/*
 * True if there is a spot in the place that lies in both regions (IQ_NONE: everywhere).
 */
bool iq_reach_meet(const struct iq_reach_map *r, iq_num a, iq_num b);

/*
 * Every responsibility of exactly this task that counts: a probe per region, or one walk over the
 * task where the place has more parts than that is worth.
 */
void iq_reach_task(const struct iq_reach_map *r, iq_num task, iq_entry_fn fn, void *arg);

#endif
