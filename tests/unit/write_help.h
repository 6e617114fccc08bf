/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_WRITE_HELP_H
#define IQ_TESTS_WRITE_HELP_H

/* Jobs for a writer's thread, and a way to wait for them. For test_write_*. */

#include <pthread.h>

#include "apply.h"
#include "archive.h"
#include "store_help.h"
#include "writer.h"

/* What run_apply does. */
enum test_verb { ADD, SET, DELETE, MERGE, ARCHIVE, REVIVE };

struct test_job {
	struct iq_job job; /* first */
	struct iq_arena arena;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool finished;
	unsigned runs;
	enum test_verb verb;
	struct iq_rec rec;
	const char *id, *into;
	struct iq_diffs diffs;
	struct iq_counts counts[IQ_KINDS];
	struct iq_spool *spool;
	bool keep_going;
};

static inline void job_done(struct iq_job *job)
{
	struct test_job *t = (struct test_job *)job;

	pthread_mutex_lock(&t->lock);
	t->finished = true;
	pthread_cond_signal(&t->changed);
	pthread_mutex_unlock(&t->lock);
}

static inline void job_init(struct test_job *t,
	enum iq_err (*run)(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab))
{
	memset(t, 0, sizeof(*t));
	iq_arena_init(&t->arena, 0);
	iq_error_init(&t->job.error, &t->arena);
	iq_buf_init(&t->job.answer, 0);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	t->job.run = run;
	t->job.done = job_done;
	t->job.change.principal = IQ_STR("max");
	t->job.change.operation = IQ_STR("test");
}

static inline void job_free(struct test_job *t)
{
	iq_spool_free(t->spool);
	iq_arena_free(&t->arena);
	iq_buf_free(&t->job.answer);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->changed);
}

static inline enum iq_err job_wait(struct test_job *t)
{
	pthread_mutex_lock(&t->lock);
	while (!t->finished)
		pthread_cond_wait(&t->changed, &t->lock);
	pthread_mutex_unlock(&t->lock);
	return t->job.err;
}

static inline enum iq_err job_run(struct iq_writer *w, struct test_job *t)
{
	assert_true(iq_writer_submit(w, &t->job));
	return job_wait(t);
}

static inline enum iq_err run_apply(
	struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct test_job *t = (struct test_job *)job;

	t->runs++;
	t->diffs = (struct iq_diffs){.d = NULL};
	switch (t->verb) {
	case ADD:
	case SET:
		return iq_apply_put(job, w, vocab, &t->rec, t->verb == ADD, &t->diffs, &t->arena);
	case DELETE:
		return iq_apply_delete(
			job, w, vocab, t->rec.kind, iq_str(t->id), &t->diffs, &t->arena);
	case ARCHIVE:
		return iq_apply_archive(
			job, w, vocab, t->rec.kind, iq_str(t->id), &t->diffs, &t->arena);
	case REVIVE:
		return iq_apply_revive(
			job, w, vocab, t->rec.kind, iq_str(t->id), &t->diffs, &t->arena);
	case MERGE:
		break;
	}
	return iq_apply_merge(
		job, w, vocab, t->rec.kind, iq_str(t->id), iq_str(t->into), &t->diffs, &t->arena);
}

static inline void print_error_of(const struct iq_error *e)
{
	print_error("%s: %s\n", iq_err_name(e->code), e->text ? e->text : "");
	for (size_t i = 0; i < e->nproblems; i++)
		print_error("  %.*s:%u %.*s '%.*s': %s\n", IQ_STR_ARG(e->problems[i].file),
			e->problems[i].line, IQ_STR_ARG(e->problems[i].column),
			IQ_STR_ARG(e->problems[i].value), e->problems[i].text);
}

/* One change from start to end; the revision, 0: nothing changed. */
static inline enum iq_err apply(
	struct iq_writer *w, struct test_job *t, enum test_verb verb, struct iq_rec rec)
{
	job_init(t, run_apply);
	t->verb = verb;
	t->rec = rec;
	return job_run(w, t);
}

static inline void apply_ok(struct iq_writer *w, enum test_verb verb, struct iq_rec rec)
{
	struct test_job t;
	enum iq_err err = apply(w, &t, verb, rec);

	if (err != IQ_OK)
		print_error_of(&t.job.error);
	assert_int_equal(err, IQ_OK);
	assert_true(t.job.revision > 0);
	job_free(&t);
}

/* DELETE, MERGE, ARCHIVE, REVIVE */
static inline enum iq_err apply_id(struct iq_writer *w, struct test_job *t, enum test_verb verb,
	enum iq_kind kind, const char *id, const char *into)
{
	job_init(t, run_apply);
	t->verb = verb;
	t->rec.kind = kind;
	t->id = id;
	t->into = into;
	return job_run(w, t);
}

#endif
