/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's thread. */

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "bounds.h"
#include "date.h"
#include "feed.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_WRITER
#include "log.h"
#include "writer_priv.h"

static bool runs_alone(const struct iq_job *job)
{
	return job->alone || job->dry_run;
}

static void refuse_late(struct iq_job *job)
{
	iq_error_init(&job->error, job->error.arena);
	job->err = iq_error_set(&job->error, IQ_ERR_BUSY, N_("The server is being stopped."),
		N_("Try again when it runs again."), NULL);
	job->revision = 0;
	job->done(job);
}

/* What is left to do outside of the transaction; of a retry as well: it may have failed before. */
static void settle(struct iq_writer *w, struct iq_job *job)
{
	if (job->settle != NULL && job->alone && !job->dry_run) {
		iq_log_about((struct iq_log_context){job->connection, job->request});
		job->err = job->settle(job, w->store);
		iq_log_about(IQ_LOG_NOBODY);
	}
}

/* Jobs may be gone by now. */
static void tell(struct iq_writer *w)
{
	pthread_mutex_lock(&w->listening);
	if (w->listen != NULL)
		w->listen(w->listen_ctx);
	pthread_mutex_unlock(&w->listening);
}

void iq_writer_listen(struct iq_writer *w, void (*fn)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&w->listening);
	w->listen = fn;
	w->listen_ctx = ctx;
	pthread_mutex_unlock(&w->listening);
}

static void run(struct iq_writer *w, struct iq_job **jobs, size_t n)
{
	struct iq_job *order[IQ_LIMIT_BATCH];
	bool committed, changed;

	if (!jobs[0]->dry_run && !iq_recorded_possible(&w->recorded)) {
		for (size_t i = 0; i < n; i++)
			iq_recorded_refuse(jobs[i]);
		iq_recorded_finish(&w->recorded, jobs, n, false);
		return;
	}
	atomic_store(&w->busy_since_us, iq_monotonic_us());
	memcpy(order, jobs, n * sizeof(*jobs)); /* the batch leaves jobs out of its list */
	iq_batch_run(w, order, n);
	committed = jobs[0]->err == IQ_OK && runs_alone(jobs[0]);
	if (committed)
		settle(w, jobs[0]);
	changed = !jobs[0]->dry_run;
	atomic_store(&w->busy_since_us, 0);
	iq_recorded_finish(&w->recorded, jobs, n, committed);
	if (changed)
		tell(w);
}

/* Works off a list in order of arrival. */
static void drain(struct iq_writer *w, struct iq_queue_item *item)
{
	static const size_t most = IQ_LIMIT_BATCH;
	struct iq_job *all[IQ_LIMIT_BATCH];

	while (item != NULL) {
		size_t n = 0;

		while (item != NULL && n < most) {
			struct iq_job *job = (struct iq_job *)item;

			if (item != &w->wake && n > 0 && runs_alone(job))
				break;
			item = item->next;
			if (&job->item == &w->wake)
				continue;
			all[n++] = job;
			if (runs_alone(job))
				break;
		}
		if (n == 0)
			continue;
		iq_pulse_beat();
		if (atomic_load(&w->stopping) && iq_monotonic_us() > atomic_load(&w->deadline_us)) {
			for (size_t i = 0; i < n; i++)
				refuse_late(all[i]);
			continue;
		}
		run(w, all, n);
	}
}

static void *writer_main(void *arg)
{
	struct iq_writer *w = arg;

	iq_pulse_mine(&w->pulse);
	while (!atomic_load(&w->stopping))
		drain(w, iq_queue_wait(w->queue, -1));
	for (struct iq_queue_item *item; (item = iq_queue_take(w->queue)) != NULL;)
		drain(w, item);
	return NULL;
}

/* The vocabulary as stored. */
static enum iq_err first_vocab(struct iq_writer *w, struct iq_error *error)
{
	struct iq_vocab_source src;
	struct iq_vocab *v = NULL;
	struct iq_rtxn *r;
	enum iq_err err = iq_rtxn_new(w->store, &r);

	if (err != IQ_OK)
		return iq_error_set(error, err, N_("The database cannot be read."), NULL, NULL);
	if (!iq_rtxn_renew(r)) {
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("The database cannot be read."),
			N_("Verify it: iqd check"), NULL);
	} else {
		iq_txn_vocab_source(iq_rtxn_txn(r), &src);
		err = iq_vocab_build(&src, iq_rtxn_state(r)->vocab_revision, &v, error);
	}
	iq_rtxn_free(r);
	if (err == IQ_OK && !iq_vocabs_publish(&w->vocabs, v)) {
		iq_vocab_free(v);
		err = iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	}
	return err;
}

static void writer_free(struct iq_writer *w)
{
	iq_vocabs_free(&w->vocabs);
	iq_recorded_free(&w->recorded);
	pthread_mutex_destroy(&w->listening);
	iq_queue_free(w->queue);
	iq_buf_free(&w->purge_pos);
	free(w);
}

/* What the change feed signs its cookies with. Without it there is no feed; all else goes on. */
static void make_key(struct iq_store *s)
{
	struct iq_wtxn *w;
	uint8_t key[IQ_FEED_KEY];
	struct iq_rtxn *r;
	bool there;

	if (iq_rtxn_new(s, &r) != IQ_OK)
		return;
	there = iq_rtxn_renew(r) && iq_feed_key(iq_rtxn_txn(r), key);
	iq_rtxn_free(r);
	if (there || iq_wtxn_begin(s, &w) != IQ_OK)
		return;
	if (!iq_feed_key_make(w)) {
		iq_wtxn_abort(w);
		iq_log(IQ_LOG_ERROR, "writer: there is no randomness for the change feed's key");
	} else if (iq_wtxn_commit(w) != IQ_OK) {
		iq_log(IQ_LOG_ERROR, "writer: the change feed's key cannot be stored");
	}
}

/* Signals are the main thread's. */
static int start_thread(struct iq_writer *w)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, writer_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

enum iq_err iq_writer_start(
	struct iq_store *s, struct iq_audit *audit, struct iq_writer **out, struct iq_error *error)
{
	struct iq_writer *w = calloc(1, sizeof(*w));
	enum iq_err err;

	if (w == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	w->store = s;
	w->pulse.name = "writer";
	atomic_init(&w->stopping, false);
	atomic_init(&w->deadline_us, INT64_MAX);
	pthread_mutex_init(&w->listening, NULL);
	iq_vocabs_init(&w->vocabs, s);
	iq_recorded_init(&w->recorded, audit);
	iq_buf_init(&w->purge_pos, 0);
	w->queue = iq_queue_new(IQ_LIMIT_WRITE_QUEUE);
	if (w->queue == NULL)
		err = iq_error_set(error, IQ_ERR_BUSY,
			N_("There is not enough memory or there are too many open files."), NULL,
			NULL);
	else
		err = first_vocab(w, error);
	if (err == IQ_OK)
		iq_recorded_recover(&w->recorded, s);
	if (err == IQ_OK)
		make_key(s);
	if (err == IQ_OK && start_thread(w) != 0)
		err = iq_error_set(
			error, IQ_ERR_BUSY, N_("The system refuses another thread."), NULL, NULL);
	if (err != IQ_OK) {
		writer_free(w);
		return err;
	}
	*out = w;
	return IQ_OK;
}

void iq_writer_stop(struct iq_writer *w, int timeout_ms)
{
	if (w == NULL)
		return;
	atomic_store(&w->deadline_us, iq_monotonic_us() + (int64_t)timeout_ms * 1000);
	atomic_store(&w->stopping, true);
	/* A full queue means that the thread has something to wake up for. */
	(void)iq_queue_push(w->queue, &w->wake);
	pthread_join(w->thread, NULL);
	iq_recorded_wait(&w->recorded);
	/* The wake-up, and what was submitted while the thread ended. */
	for (struct iq_queue_item *item = iq_queue_take(w->queue), *next; item; item = next) {
		next = item->next;
		if (item != &w->wake)
			refuse_late((struct iq_job *)item);
	}
	writer_free(w);
}

size_t iq_writer_queue(struct iq_writer *w)
{
	return iq_queue_length(w->queue);
}

void iq_writer_stats(const struct iq_writer *w, struct iq_writer_stats *out)
{
	int64_t since = atomic_load(&w->busy_since_us);

	out->commits = &w->commits;
	out->batches = &w->batches;
	out->busy_us = since ? iq_monotonic_us() - since : 0;
}

const struct iq_pulse *iq_writer_pulse(const struct iq_writer *w)
{
	return &w->pulse;
}

void iq_writer_poke(struct iq_writer *w)
{
	iq_queue_poke(w->queue);
}

bool iq_writer_submit(struct iq_writer *w, struct iq_job *job)
{
	if (atomic_load(&w->stopping))
		return false;
	return iq_queue_push(w->queue, &job->item);
}
