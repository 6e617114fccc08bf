/* SPDX-License-Identifier: Apache-2.0 */
/* A request that changes something as a job of the writer, over the directory of ops_fixture.h. */
#ifndef TESTS_UNIT_JOBS_HELP_H
#define TESTS_UNIT_JOBS_HELP_H

#include "ops_fixture.h"

#include "queue.h"

static struct iq_queue *finished; /* made by the set-up, freed by the tear-down */
static struct iq_op_job *job;     /* of the last request; NULL: none */
static unsigned long requests;    /* for request ids of their own */

static inline void done(struct iq_job *j)
{
	assert_true(iq_queue_push(finished, &j->item));
}

static inline void job_end(void)
{
	if (job == NULL)
		return;
	iq_op_job_release(job);
	iq_buf_free(&job->job.answer);
	iq_arena_free(&job->arena);
	free(job);
	job = NULL;
}

/* Ends the last one; message and certificate are for the caller to set. */
static inline void job_begin(const char *principal, int64_t now_us)
{
	job_end();
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	iq_arena_init(&job->arena, 0);
	iq_error_init(&job->job.error, &job->arena);
	job->svc = &fx.svc;
	assert_true(strlen(principal) < sizeof(job->principal));
	strcpy(job->principal, principal);
	job->today = fx.today;
	job->now_us = now_us;
	job->job.change.principal = iq_str(job->principal);
	job->job.change.time_us = now_us;
	job->job.done = done;
	fx_renew();
}

/* What was prepared, to its end. */
static inline enum iq_err job_run(void)
{
	assert_true(iq_writer_submit(fx.writer, &job->job));
	assert_non_null(iq_queue_wait(finished, 30000));
	fx_renew();
	return job->job.err;
}

#endif
