/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_LANE_H
#define IQ_SERVER_LANE_H

/* The slow lane: one thread for questions that would hold up a worker's other connections. */

#include "dispatch.h"
#include "pulse.h"
#include "queue.h"

struct iq_lane;

/* A request on its way through the lane; owned by the sender, lent until done() was called. */
struct iq_lane_job {
	struct iq_queue_item item;
	struct iq_buf frame;
	struct iq_caller caller;               /* identity only, copied */
	bool sealed;                           /* as in struct iq_dispatch */
	bool may_wait;                         /* likewise */
	struct iq_buf resume;                  /* likewise */
	uint32_t wait_ms;                      /* not 0: `out` may be kept back; likewise */
	struct iq_buf cookie;                  /* likewise */
	struct iq_buf out;                     /* the response frame */
	struct iq_debt *debt;                  /* not NULL: to be settled before it leaves */
	void (*done)(struct iq_lane_job *job); /* lane's thread; must only hand over */
};

IQ_CHECK enum iq_err iq_lane_start(
	const struct iq_services *svc, struct iq_lane **out, struct iq_error *error);
/* False: too many are waiting (busy). Any thread. */
bool iq_lane_submit(struct iq_lane *l, struct iq_lane_job *job);
/* Questions waiting; what the thread counts. Any thread. */
size_t iq_lane_queue(struct iq_lane *l);
const struct iq_meter *iq_lane_meter(const struct iq_lane *l);
const struct iq_pulse *iq_lane_pulse(const struct iq_lane *l);
void iq_lane_poke(struct iq_lane *l);
/* Finishes what is queued; ends and frees. */
void iq_lane_stop(struct iq_lane *l);

#endif
