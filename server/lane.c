/* SPDX-License-Identifier: Apache-2.0 */
#include "lane.h"

#include <pthread.h>
#include <stdlib.h>

#include "log.h"

enum { WAITING_MAX = 256 };

struct iq_lane {
	pthread_t thread;
	struct iq_pulse pulse;
	struct iq_queue *queue;
	struct iq_desk desk;
	struct iq_queue_item end;
};

static void run_job(struct iq_lane *l, struct iq_lane_job *job)
{
	struct iq_dispatch d = {.desk = &l->desk,
		.caller = &job->caller,
		.frame = {(const char *)job->frame.p, job->frame.n},
		.in_lane = true,
		.sealed = job->sealed,
		.may_wait = job->may_wait,
		.resume = {(const char *)job->resume.p, job->resume.n},
		.out = &job->out};

	if (iq_desk_open(&l->desk)) {
		if (iq_dispatch(&d) == IQ_DISPATCH_WAIT && !job->cookie.failed) {
			job->wait_ms = d.wait_ms;
			iq_buf_str(&job->cookie, d.cookie);
		}
		job->debt = d.debt;
		iq_desk_close(&l->desk);
	} else {
		struct iq_error error;

		iq_error_init(&error, NULL);
		iq_dispatch_peek(d.frame, &d.id);
		iq_error_set(&error, IQ_ERR_INTERNAL, N_("The directory cannot be read."),
			N_("Ask the operator to run: iqd check"), NULL);
		iq_dispatch_error(d.id, &error, &job->out);
	}
	iq_arena_reset(&l->desk.arena);
	iq_caller_free(&job->caller);
	job->done(job);
}

static void *lane_main(void *arg)
{
	struct iq_lane *l = arg;
	bool end = false;

	iq_pulse_mine(&l->pulse);
	while (!end) {
		struct iq_queue_item *item = iq_queue_wait(l->queue, -1);

		while (item != NULL) {
			struct iq_queue_item *next = item->next;

			if (item == &l->end)
				end = true;
			else
				run_job(l, (struct iq_lane_job *)item);
			iq_pulse_beat();
			item = next;
		}
	}
	return NULL;
}

enum iq_err iq_lane_start(
	const struct iq_services *svc, struct iq_lane **out, struct iq_error *error)
{
	struct iq_lane *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL || (l->queue = iq_queue_new(0)) == NULL) {
		free(l);
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	}
	enum iq_err err = iq_desk_init(&l->desk, svc, error);

	l->pulse.name = "lane";
	if (err == IQ_OK && pthread_create(&l->thread, NULL, lane_main, l) != 0) {
		iq_desk_free(&l->desk);
		err = iq_error_set(
			error, IQ_ERR_INTERNAL, N_("A thread cannot be started."), NULL, NULL);
	}
	if (err != IQ_OK) {
		iq_queue_free(l->queue);
		free(l);
		return err;
	}
	*out = l;
	return IQ_OK;
}

bool iq_lane_submit(struct iq_lane *l, struct iq_lane_job *job)
{
	return iq_queue_push(l->queue, &job->item);
}

void iq_lane_stop(struct iq_lane *l)
{
	if (l == NULL)
		return;
	(void)iq_queue_push(l->queue, &l->end);
	pthread_join(l->thread, NULL);
	iq_desk_free(&l->desk);
	iq_queue_free(l->queue);
	free(l);
}

size_t iq_lane_queue(struct iq_lane *l)
{
	return iq_queue_length(l->queue);
}

const struct iq_meter *iq_lane_meter(const struct iq_lane *l)
{
	return l->desk.meter;
}

const struct iq_pulse *iq_lane_pulse(const struct iq_lane *l)
{
	return &l->pulse;
}

void iq_lane_poke(struct iq_lane *l)
{
	iq_queue_poke(l->queue);
}
