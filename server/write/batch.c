/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A batch: many requests in one durable transaction. LMDB has no savepoints that can be
 * trusted, so a request that fails after it wrote costs an abort and a second run of the others.
 */

#include "date.h"
#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_WRITER
#include "log.h"
#include "writer_priv.h"

enum {
	RESTARTS = 8, /* second runs of a batch before its requests run one by one */
	PURGE = 8     /* old request ids looked at per batch, beside two per request */
};

struct batch {
	struct iq_writer *writer;
	struct iq_job **jobs;
	size_t n;
	struct iq_wtxn *w;
	const struct iq_vocab *vocab; /* that the next job sees */
	struct iq_vocab *built;       /* the same if this batch made it */
	int64_t now_us;
};

/* How a job ended. */
enum verdict {
	GOOD,    /* its effect is in the transaction */
	REFUSED, /* no trace of it in the transaction */
	SPOILED, /* the transaction is spoiled: abort, go on without it */
	BROKEN   /* the storage is: abort, no more writes */
};

static enum iq_err say_full(struct iq_error *e)
{
	return iq_error_set(e, IQ_ERR_QUOTA,
		N_("The disk of the server is full: the change was not made."),
		N_("Ask the operator to free space; questions are still answered."), NULL);
}

static enum iq_err say_broken(struct iq_error *e)
{
	return iq_error_set(e, IQ_ERR_INTERNAL,
		N_("The server cannot write to its disk any more: the change was not made."),
		N_("Ask the operator to look at the server's log and to restart it. Questions are "
		   "still answered."),
		NULL);
}

static void renew(struct iq_job *job)
{
	iq_error_init(&job->error, job->error.arena);
	iq_buf_reset(&job->answer, SIZE_MAX);
	job->err = IQ_OK;
	job->revision = 0;
	job->replayed = false;
	job->wrote = false;
}

/* Refuses a job for a reason of the storage, whatever it said itself. */
static void refuse(struct iq_job *job, enum iq_err err)
{
	renew(job);
	if (err == IQ_ERR_QUOTA)
		say_full(&job->error);
	else if (err == IQ_ERR_INTERNAL)
		say_broken(&job->error);
	else
		iq_error_set(&job->error, err, N_("The server could not make the change now."),
			N_("Try again."), NULL);
	job->err = err;
}

/* A sticky error of the transaction: the job's, or the storage's? */
static enum verdict storage_verdict(struct batch *b, struct iq_job *job)
{
	const char *detail;
	enum iq_err err = iq_txn_error(iq_wtxn_txn(b->w), &detail);

	iq_log(IQ_LOG_ERROR, "writer: %.*s: %s", IQ_STR_ARG(job->change.operation), detail);
	if (err == IQ_ERR_INTERNAL)
		return BROKEN;
	if (err == IQ_ERR_REJECTED) {
		/* The checks before should have said so. */
		renew(job);
		job->err = iq_error_set(&job->error, err,
			N_("The change does not fit what is stored and was not made."), NULL, NULL);
	} else {
		refuse(job, err);
	}
	return SPOILED;
}

/* The vocabulary after this job, if it changed. */
static enum iq_err rebuild(struct batch *b, struct iq_job *job)
{
	struct iq_vocab_source src;
	struct iq_vocab *v;
	uint64_t revision = iq_wtxn_state(b->w)->vocab_revision;

	if (revision == b->vocab->revision)
		return IQ_OK;
	iq_txn_vocab_source(iq_wtxn_txn(b->w), &src);
	enum iq_err err = iq_vocab_build(&src, revision, &v, &job->error);

	if (err != IQ_OK)
		return err;
	iq_vocab_free(b->built);
	b->built = v;
	b->vocab = v;
	return IQ_OK;
}

static enum verdict run_job(struct batch *b, struct iq_job *job)
{
	struct iq_txn *t = iq_wtxn_txn(b->w);
	uint64_t before = iq_wtxn_state(b->w)->revision;

	renew(job);
	switch (iq_request_find(t, job)) {
	case IQ_REPLAY_SAME:
		return job->answer.failed ? (refuse(job, IQ_ERR_BUSY), REFUSED) : GOOD;
	case IQ_REPLAY_OTHER:
		job->err = iq_error_set(&job->error, IQ_ERR_CONFLICT,
			N_("This request id was used for another change already."),
			N_("Send the change again under a new request id."), NULL);
		return REFUSED;
	case IQ_REPLAY_NEW:
		break;
	}
	iq_change_begin(b->w, &job->change);
	job->err = job->run(job, b->w, b->vocab);
	if (iq_txn_error(t, NULL) != IQ_OK)
		return storage_verdict(b, job);
	if (job->err != IQ_OK)
		return job->wrote ? SPOILED : REFUSED;
	iq_change_end(b->w);
	if (iq_txn_error(t, NULL) == IQ_OK)
		job->err = rebuild(b, job);
	if (iq_txn_error(t, NULL) != IQ_OK)
		return storage_verdict(b, job);
	if (job->err != IQ_OK)
		return SPOILED;
	if (iq_wtxn_state(b->w)->revision != before && !job->dry_run)
		job->revision = iq_wtxn_state(b->w)->revision;
	if (job->answer.failed) {
		refuse(job, IQ_ERR_BUSY);
		return SPOILED;
	}
	iq_request_store(b->w, job, b->now_us);
	if (iq_txn_error(t, NULL) != IQ_OK)
		return storage_verdict(b, job);
	return GOOD;
}

/* Back to the state before the batch. */
static void rewind_batch(struct batch *b)
{
	iq_wtxn_abort(b->w);
	b->w = NULL;
	iq_vocab_free(b->built);
	b->built = NULL;
	b->vocab = iq_vocabs_newest(&b->writer->vocabs);
}

/* Takes a job out of the batch; it keeps its result. */
static void leave_out(struct batch *b, size_t at)
{
	b->n--;
	memmove(b->jobs + at, b->jobs + at + 1, (b->n - at) * sizeof(*b->jobs));
}

/* All refused for the same reason. */
static void refuse_all(struct batch *b, enum iq_err err)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->jobs[i]->err == IQ_OK)
			refuse(b->jobs[i], err);
}

static void fail_stop(struct batch *b)
{
	b->writer->broken = true;
	iq_log(IQ_LOG_ERROR, "writer: stopped for good; questions go on");
	rewind_batch(b);
	refuse_all(b, IQ_ERR_INTERNAL);
}

static void commit(struct batch *b)
{
	struct iq_writer *w = b->writer;
	bool published = b->built != NULL;
	uint64_t number = iq_wtxn_number(b->w), before;
	enum iq_err err;

	iq_request_purge(b->w, &w->purge_pos, PURGE + 2 * b->n, b->now_us);
	/* Before the commit: whoever sees the new snapshot finds its vocabulary. */
	if (published && !iq_vocabs_publish(&w->vocabs, b->built)) {
		rewind_batch(b);
		refuse_all(b, IQ_ERR_BUSY);
		return;
	}
	if (published)
		b->built = NULL; /* given away */
	before = iq_wtxn_before(b->w)->revision;
	iq_recorded_ahead(&w->recorded, b->jobs, b->n);
	int64_t began = iq_monotonic_us();

	err = iq_wtxn_commit(b->w);
	iq_hist_add(&w->commits, iq_hist_times, (uint64_t)(iq_monotonic_us() - began));
	iq_hist_add(&w->batches, iq_hist_sizes, b->n);
	b->w = NULL;
	iq_recorded_committed(&w->recorded, b->jobs, b->n, err == IQ_OK, before);
	if (err == IQ_OK) {
		if (published)
			iq_vocabs_settle(&w->vocabs, number);
		return;
	}
	if (published)
		iq_vocabs_withdraw(&w->vocabs);
	if (err == IQ_ERR_INTERNAL)
		fail_stop(b);
	else
		refuse_all(b, err);
}

/* One run over the jobs. True: a job was left out, run again. */
static bool run_once(struct batch *b)
{
	bool good = false;

	for (size_t i = 0; i < b->n; i++) {
		struct iq_job *job = b->jobs[i];

		iq_log_about((struct iq_log_context){job->connection, job->request});
		enum verdict how = run_job(b, job);

		iq_log_about(IQ_LOG_NOBODY);
		switch (how) {
		case GOOD:
			good = good || !job->replayed;
			break;
		case REFUSED:
			break;
		case SPOILED:
			rewind_batch(b);
			leave_out(b, i);
			return b->n > 0;
		case BROKEN:
			/* Also those behind it, which did not run. */
			for (size_t k = i; k < b->n; k++)
				refuse(b->jobs[k], IQ_ERR_INTERNAL);
			fail_stop(b);
			return false;
		}
	}
	if (good && !b->jobs[0]->dry_run)
		commit(b);
	else
		rewind_batch(b); /* nothing to keep */
	return false;
}

static void run_batch(struct iq_writer *w, struct iq_job **jobs, size_t n)
{
	struct batch b = {.writer = w, .jobs = jobs, .n = n, .now_us = iq_now_us()};
	unsigned restarts = 0;

	for (;;) {
		if (w->broken) {
			for (size_t i = 0; i < b.n; i++)
				refuse(b.jobs[i], IQ_ERR_INTERNAL);
			break;
		}
		enum iq_err err = iq_wtxn_begin(w->store, &b.w);

		if (err != IQ_OK) {
			w->broken = err == IQ_ERR_INTERNAL;
			for (size_t i = 0; i < b.n; i++)
				refuse(b.jobs[i], err);
			break;
		}
		b.vocab = iq_vocabs_newest(&w->vocabs);
		if (!run_once(&b))
			break;
		if (++restarts == RESTARTS && b.n > 1) {
			for (size_t i = 0; i < b.n; i++)
				run_batch(w, &b.jobs[i], 1);
			break;
		}
	}
	iq_wtxn_abort(b.w);
	iq_vocab_free(b.built);
}

void iq_batch_run(struct iq_writer *w, struct iq_job **jobs, size_t n)
{
	if (n)
		run_batch(w, jobs, n);
}

void iq_job_writes(struct iq_job *job)
{
	job->wrote = true;
}
