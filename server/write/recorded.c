/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers go out once the audit log holds what was committed. The writer hands jobs over in order
 * and goes on; the audit's thread gives them back. Entries of plain changes are handed over before
 * the commit, so that both files become durable at the same time.
 */

#include <stddef.h>

#include "bounds.h"
#include "date.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_WRITER
#include "log.h"
#include "writer_priv.h"

enum {
	AHEAD = 2 * IQ_LIMIT_BATCH, /* about as many jobs at the audit before the writer waits */
	RECOVER_MAX = 4096          /* changes of before a crash that are looked for */
};

void iq_recorded_init(struct iq_recorded *r, struct iq_audit *audit)
{
	r->audit = audit;
	r->waiting = 0;
	r->careful = false;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
}

void iq_recorded_free(struct iq_recorded *r)
{
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
}

static void wait_until(struct iq_recorded *r, size_t most)
{
	pthread_mutex_lock(&r->lock);
	while (r->waiting > most)
		pthread_cond_wait(&r->changed, &r->lock);
	pthread_mutex_unlock(&r->lock);
}

void iq_recorded_wait(struct iq_recorded *r)
{
	wait_until(r, 0);
}

/* ---- before the batch ----------------------------------------------------------------------- */

bool iq_recorded_possible(struct iq_recorded *r)
{
	if (r->audit == NULL)
		return true;
	wait_until(r, AHEAD);
	return iq_audit_writable(r->audit);
}

void iq_recorded_refuse(struct iq_job *job)
{
	iq_error_init(&job->error, job->error.arena);
	iq_buf_reset(&job->answer, SIZE_MAX);
	job->revision = 0;
	job->replayed = false;
	job->err = iq_error_set(&job->error, IQ_ERR_QUOTA,
		N_("The audit log of the server cannot be written (its disk is full or broken): "
		   "nothing was changed."),
		N_("Ask the operator to free space on the disk of the audit log; questions are "
		   "still answered."),
		NULL);
}

/* ---- after the commit ----------------------------------------------------------------------- */

/* Unset, the event of a job is the first of the list, which no job has. */
static bool is_change(const struct iq_job *job)
{
	return job->audit.event == IQ_AUDIT_DISCLOSED || job->audit.event == IQ_AUDIT_WRITTEN;
}

/* Fills the job's entry; false: there is nothing to record. */
static bool entry_of(struct iq_job *job, bool committed)
{
	struct iq_audit_entry *e = &job->audit;

	e->revision = job->revision;
	memcpy(e->request_id, job->change.request_id, sizeof(e->request_id));
	if (!committed || job->replayed || job->dry_run || (is_change(job) && job->revision == 0))
		return false;
	if (is_change(job))
		e->event = IQ_AUDIT_WRITTEN;
	if (e->time_us == 0)
		e->time_us = job->change.time_us;
	if (e->operation.n == 0)
		e->operation = job->change.operation;
	if (e->principal.n == 0)
		e->principal = job->change.principal;
	return true;
}

/* Jobs to give back, linked by their items, which no queue needs any more. */
static void collect(struct iq_answers_due *due, struct iq_job *job)
{
	job->item.next = NULL;
	if (due->last != NULL)
		due->last->item.next = &job->item;
	else
		due->first = job;
	due->last = job;
	due->n++;
}

/*
 * Gives jobs back, which may be gone then. Whoever waits for one of them is woken once. They count
 * as waiting until that is over: the queues may go with the last. more: counted beside them.
 */
static void answer(struct iq_recorded *r, struct iq_answers_due *due, size_t more)
{
	struct iq_job *next, *first = due->first;
	size_t n = due->n + more;

	*due = (struct iq_answers_due){.n = 0};
	if (n == 0)
		return;
	iq_queue_hold();
	for (struct iq_job *job = first; job != NULL; job = next) {
		next = (struct iq_job *)job->item.next;
		if (job->unrecorded && job->revision != 0)
			iq_log(IQ_LOG_ERROR,
				"writer: revision %llu is stored but not in the audit log",
				(unsigned long long)job->revision);
		job->done(job);
	}
	iq_queue_release();
	pthread_mutex_lock(&r->lock);
	r->waiting -= n;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

/* In the audit's thread, one after the other; those that were submitted together end together. */
static void recorded(struct iq_audit_batch *batch, bool durable)
{
	struct iq_job *job =
		(struct iq_job *)((char *)batch - offsetof(struct iq_job, audit_batch));
	struct iq_recorded *r = job->recorded;
	bool closes = job->closes;

	job->unrecorded = !durable && batch->n > 0;
	if (atomic_load(&job->parts) == 0 || atomic_fetch_sub(&job->parts, 1) == 1)
		collect(&r->due, job);
	if (closes)
		answer(r, &r->due, 1);
}

/* What goes to the audit together. */
struct together {
	struct iq_audit_batch *first;
	struct iq_job *last;
	size_t n;
};

static void add(struct together *all, struct iq_recorded *r, struct iq_job *job, bool entry)
{
	job->recorded = r;
	job->closes = false;
	job->audit_batch =
		(struct iq_audit_batch){.entries = &job->audit, .n = entry, .done = recorded};
	if (all->last != NULL)
		all->last->audit_batch.next = &job->audit_batch;
	else
		all->first = &job->audit_batch;
	all->last = job;
	all->n++;
}

static void submit(struct iq_recorded *r, const struct together *all)
{
	if (all->n == 0)
		return;
	all->last->closes = true;
	pthread_mutex_lock(&r->lock);
	r->waiting += all->n + 1; /* one until the audit's thread is done with all of them */
	pthread_mutex_unlock(&r->lock);
	iq_audit_submit(r->audit, all->first);
}

/* ---- before the commit ---------------------------------------------------------------------- */

/* Nothing more than a written revision goes on record, or nothing at all. */
static bool is_plain(const struct iq_job *job)
{
	return !job->alone && !job->dry_run && is_change(job);
}

void iq_recorded_ahead(struct iq_recorded *r, struct iq_job **jobs, size_t n)
{
	struct together all = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		if (!is_plain(jobs[i]))
			return;
	}
	if (r->audit == NULL || r->careful)
		return;
	for (size_t i = 0; i < n; i++) {
		struct iq_job *job = jobs[i];

		if (job->err != IQ_OK || !entry_of(job, true))
			continue;
		atomic_store(&job->parts, 2);
		add(&all, r, job, true);
	}
	submit(r, &all);
}

/* The log has entries of changes behind `revision` that were never made. */
static void take_back(struct iq_recorded *r, uint64_t revision, uint64_t n)
{
	iq_audit_note(r->audit, &(struct iq_audit_entry){.event = IQ_AUDIT_ALERT,
					.time_us = iq_now_us(),
					.operation = IQ_STR(IQ_AUDIT_NOT_MADE),
					.revision = revision,
					.count = n});
}

void iq_recorded_committed(
	struct iq_recorded *r, struct iq_job **jobs, size_t n, bool good, uint64_t before)
{
	uint64_t sent = 0;

	r->careful = !good;
	for (size_t i = 0; i < n; i++)
		sent += atomic_load(&jobs[i]->parts) != 0;
	if (!good && sent > 0)
		take_back(r, before, sent);
}

void iq_recorded_finish(struct iq_recorded *r, struct iq_job **jobs, size_t n, bool committed)
{
	struct iq_answers_due due = {.n = 0};
	struct together all = {.n = 0};

	for (size_t i = 0; i < n; i++) {
		struct iq_job *job = jobs[i];

		if (r->audit == NULL) {
			job->done(job);
			continue;
		}
		if (atomic_load(&job->parts) != 0) { /* its entry went ahead */
			if (atomic_fetch_sub(&job->parts, 1) == 1)
				collect(&due, job);
			continue;
		}
		/* Jobs without an entry go along: answers keep the order of changes. */
		add(&all, r, job, entry_of(job, committed || job->err == IQ_OK));
	}
	answer(r, &due, 0);
	submit(r, &all);
}

/* ---- after a crash -------------------------------------------------------------------------- */

/* Changes that were committed when the process ended before the audit had them. */
void iq_recorded_recover(struct iq_recorded *r, struct iq_store *s)
{
	uint64_t have = r->audit ? iq_audit_revision(r->audit) : 0, now;
	struct iq_log_entry log;
	struct iq_rtxn *t;

	if (have == 0 || iq_rtxn_new(s, &t) != IQ_OK)
		return;
	now = iq_rtxn_renew(t) ? iq_rtxn_state(t)->revision : have;
	if (now < have) {
		take_back(r, now, have - now);
		iq_log(IQ_LOG_WARN, "writer: %llu changes of the audit log were never made",
			(unsigned long long)(have - now));
	}
	if (now > have + RECOVER_MAX)
		have = now - RECOVER_MAX;
	for (uint64_t i = have + 1; i <= now; i++) {
		if (!iq_log_get(iq_rtxn_txn(t), i, &log, NULL, NULL))
			continue;
		struct iq_audit_entry e = {.event = IQ_AUDIT_WRITTEN,
			.time_us = log.time_us,
			.principal = log.principal,
			.operation = log.operation,
			.purpose = log.reason,
			.classes = IQ_STR("after-crash"),
			.revision = i};

		memcpy(e.request_id, log.request_id, sizeof(e.request_id));
		iq_audit_note(r->audit, &e);
	}
	if (now > have)
		iq_log(IQ_LOG_WARN, "writer: %llu changes of before a crash go to the audit log",
			(unsigned long long)(now - have));
	iq_rtxn_free(t);
}
