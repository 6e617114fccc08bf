/* SPDX-License-Identifier: Apache-2.0 */
/* The writer: batches, isolation, retries, vocabularies, a full disk, stopping. */

#include "bounds.h"
#include "date.h"
#include "write_help.h"

#include <semaphore.h>

struct world {
	struct fixture f;
	struct iq_writer *w;
};

static void world_new(struct world *x, uint64_t map)
{
	fixture_new(&x->f, map);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
}

static void world_free(struct world *x)
{
	iq_writer_stop(x->w, 5000);
	assert_clean(x->f.store);
	fixture_free(&x->f);
}

static struct iq_rec kind_rec(struct world *x, const char *id, const char *name)
{
	char cell[64];

	snprintf(cell, sizeof(cell), "name_de=%s", name);
	return make_rec(&x->f.arena, IQ_KIND, id, cell, NULL);
}

static uint64_t state_of(struct world *x, uint64_t *kinds)
{
	struct iq_rtxn *r;
	uint64_t revision;

	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	revision = iq_rtxn_state(r)->revision;
	if (kinds != NULL)
		*kinds = iq_rtxn_state(r)->count[IQ_KIND];
	iq_rtxn_free(r);
	return revision;
}

/* ---- one batch of many --------------------------------------------------------------------- */

static sem_t gate, arrived; /* opens for the first job; it is there */

static enum iq_err run_gate(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)job;
	(void)w;
	(void)vocab;
	sem_post(&arrived);
	while (sem_wait(&gate) != 0)
		;
	sem_post(&gate); /* it stays open: this job may be run again, too */
	return IQ_OK;
}

/* Writes a record, then fails: its batch must be run again without it. */
static enum iq_err run_late(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	enum iq_err err = run_apply(job, w, vocab);

	assert_int_equal(err, IQ_OK);
	return iq_error_set(&job->error, IQ_ERR_GUARD, "too late", NULL, NULL);
}

enum { JOBS = 60 };

/* What is submitted while the writer waits at the gate comes in one batch, behind `first`. */
static void hold_writer(struct world *x, struct test_job *first)
{
	sem_init(&gate, 0, 0);
	sem_init(&arrived, 0, 0);
	job_init(first, run_gate);
	assert_true(iq_writer_submit(x->w, &first->job));
	while (sem_wait(&arrived) != 0)
		;
}

static void test_isolation(void **state)
{
	struct world x;
	struct test_job first, *t = calloc(JOBS, sizeof(*t));
	uint64_t kinds, last = 0;
	char id[JOBS][16];

	(void)state;
	world_new(&x, 64 << 20);
	hold_writer(&x, &first);
	for (unsigned i = 0; i < JOBS; i++) {
		/* 0: good, 1: refused before it wrote (exists), 2: refused after it wrote */
		unsigned how = i % 10 == 3 ? 1 : i % 20 == 7 ? 2 : 0;

		snprintf(id[i], sizeof(id[i]), "k-%u", how == 1 ? i - 1 : i);
		job_init(&t[i], how == 2 ? run_late : run_apply);
		t[i].rec = kind_rec(&x, id[i], "Amt");
		assert_true(iq_writer_submit(x.w, &t[i].job));
	}
	sem_post(&gate);
	for (unsigned i = 0; i < JOBS; i++) {
		enum iq_err expected = i % 10 == 3   ? IQ_ERR_CONFLICT
				       : i % 20 == 7 ? IQ_ERR_GUARD
						     : IQ_OK;

		assert_int_equal(job_wait(&t[i]), expected);
		assert_int_equal(t[i].job.error.code, expected);
		if (expected == IQ_OK) {
			assert_true(t[i].job.revision > last); /* in order */
			last = t[i].job.revision;
		} else {
			assert_int_equal(t[i].job.revision, 0);
		}
	}
	assert_int_equal(job_wait(&first), IQ_OK);
	assert_int_equal(first.job.revision, 0);
	assert_true(t[0].runs > 1); /* otherwise nothing was run again: not one batch */
	assert_int_equal(state_of(&x, &kinds), last);
	assert_int_equal(kinds, JOBS - 6 - 3);
	assert_int_equal(last, kinds); /* revisions without gaps */
	for (unsigned i = 0; i < JOBS; i++)
		job_free(&t[i]);
	free(t);
	job_free(&first);
	sem_destroy(&gate);
	sem_destroy(&arrived);
	world_free(&x);
}

/* More jobs that fail late than a batch is run again. */
static void test_many_late(void **state)
{
	struct world x;
	struct test_job first, *t = calloc(JOBS, sizeof(*t));
	char id[JOBS][16];
	uint64_t kinds;

	(void)state;
	world_new(&x, 64 << 20);
	hold_writer(&x, &first);
	for (unsigned i = 0; i < JOBS; i++) {
		snprintf(id[i], sizeof(id[i]), "k-%u", i);
		job_init(&t[i], i % 2 ? run_late : run_apply);
		t[i].rec = kind_rec(&x, id[i], "Amt");
		assert_true(iq_writer_submit(x.w, &t[i].job));
	}
	sem_post(&gate);
	for (unsigned i = 0; i < JOBS; i++) {
		assert_int_equal(job_wait(&t[i]), i % 2 ? IQ_ERR_GUARD : IQ_OK);
		job_free(&t[i]);
	}
	free(t);
	assert_int_equal(job_wait(&first), IQ_OK);
	job_free(&first);
	state_of(&x, &kinds);
	assert_int_equal(kinds, JOBS / 2);
	sem_destroy(&gate);
	sem_destroy(&arrived);
	world_free(&x);
}

/* ---- retries ------------------------------------------------------------------------------ */

static enum iq_err run_answer(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	enum iq_err err = run_apply(job, w, vocab);

	iq_buf_str(&job->answer, IQ_STR("answer"));
	return err;
}

static enum iq_err again(struct world *x, struct test_job *t, uint8_t request, uint8_t payload,
	const char *principal, const char *id)
{
	job_init(t, run_answer);
	t->rec = kind_rec(x, id, "Amt");
	t->job.change.request_id[0] = request;
	t->job.payload_hash[0] = payload;
	t->job.change.principal = iq_str(principal);
	return job_run(x->w, t);
}

static void test_replay(void **state)
{
	struct world x;
	struct test_job t;
	uint64_t revision;

	(void)state;
	world_new(&x, 64 << 20);
	assert_int_equal(again(&x, &t, 1, 1, "max", "a"), IQ_OK);
	revision = t.job.revision;
	assert_true(revision > 0);
	assert_false(t.job.replayed);
	job_free(&t);
	/* the same once more: the same answer, nothing is run */
	assert_int_equal(again(&x, &t, 1, 1, "max", "a"), IQ_OK);
	assert_true(t.job.replayed);
	assert_int_equal(t.runs, 0);
	assert_int_equal(t.job.revision, revision);
	assert_true(iq_str_is((struct iq_str){(char *)t.job.answer.p, t.job.answer.n}, "answer"));
	job_free(&t);
	/* the same id for something else */
	assert_int_equal(again(&x, &t, 1, 2, "max", "b"), IQ_ERR_CONFLICT);
	assert_int_equal(t.runs, 0);
	job_free(&t);
	/* somebody else's request id is another one; without an id nothing is kept */
	assert_int_equal(again(&x, &t, 1, 1, "moritz", "a"), IQ_ERR_CONFLICT);
	assert_int_equal(t.runs, 1);
	job_free(&t);
	assert_int_equal(again(&x, &t, 0, 1, "max", "c"), IQ_OK);
	job_free(&t);
	assert_int_equal(again(&x, &t, 0, 1, "max", "c"), IQ_ERR_CONFLICT);
	assert_int_equal(t.runs, 1);
	job_free(&t);
	/* refused requests are not kept: the retry may succeed */
	assert_int_equal(again(&x, &t, 2, 1, "max", "c"), IQ_ERR_CONFLICT);
	job_free(&t);
	assert_int_equal(again(&x, &t, 2, 2, "max", "d"), IQ_OK);
	job_free(&t);
	assert_int_equal(state_of(&x, NULL), 3);
	world_free(&x);
}

/* As if everything kept had been asked so many days ago. */
static void age(struct world *x, int days)
{
	int64_t then = iq_now_us() - ((int64_t)days * 86400 + 60) * 1000000;
	struct iq_str key = {NULL, 0}, value;
	struct iq_wtxn *w;
	char k[64], v[256];

	assert_int_equal(iq_wtxn_begin(x->f.store, &w), IQ_OK);
	while (iq_table_next(iq_wtxn_txn(w), IQ_TABLE_REQUEST, key, &key, &value)) {
		struct iq_str at = {k, key.n}, old = {v, value.n};

		assert_true(key.n <= sizeof(k) && value.n <= sizeof(v));
		memcpy(k, key.p, key.n);
		memcpy(v, value.p, value.n);
		memcpy(v + 16, &then, 8);
		iq_table_put(w, IQ_TABLE_REQUEST, at, old);
		key = at;
	}
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

/* Results are kept for IQ_LIMIT_REQUEST_ID_DAYS, then forgotten. */
static void test_kept(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x, 64 << 20);
	assert_int_equal(again(&x, &t, 1, 1, "max", "a"), IQ_OK);
	job_free(&t);
	for (int round = 0; round < 2; round++) {
		age(&x, round == 0 ? IQ_LIMIT_REQUEST_ID_DAYS - 1 : IQ_LIMIT_REQUEST_ID_DAYS);
		/* changes look through what is kept */
		for (int i = 0; i < 3; i++) {
			char id[8];

			snprintf(id, sizeof(id), "b%d", 3 * round + i);
			assert_int_equal(again(&x, &t, 0, 1, "max", id), IQ_OK);
			job_free(&t);
		}
		assert_int_equal(
			again(&x, &t, 1, 1, "max", "a"), round == 0 ? IQ_OK : IQ_ERR_CONFLICT);
		assert_int_equal(t.runs, round); /* run again: there is an "a" */
		assert_int_equal(t.job.replayed, round == 0);
		job_free(&t);
	}
	world_free(&x);
}

static void test_dry_run(void **state)
{
	struct world x;
	struct test_job t;
	uint64_t kinds;

	(void)state;
	world_new(&x, 64 << 20);
	job_init(&t, run_apply);
	t.rec = kind_rec(&x, "a", "Amt");
	t.job.dry_run = true;
	t.job.change.request_id[0] = 1;
	assert_int_equal(job_run(x.w, &t), IQ_OK);
	assert_int_equal(t.job.revision, 0);
	assert_true(t.diffs.n > 0);
	job_free(&t);
	assert_int_equal(state_of(&x, &kinds), 0);
	assert_int_equal(kinds, 0);
	assert_int_equal(again(&x, &t, 1, 9, "max", "a"), IQ_OK); /* its request id is free */
	assert_false(t.job.replayed);
	job_free(&t);
	world_free(&x);
}

/* ---- vocabularies ------------------------------------------------------------------------- */

static void test_vocab(void **state)
{
	struct world x;
	struct iq_rtxn *r;
	const struct iq_vocab *old, *same, *new_;
	struct test_job t;

	(void)state;
	world_new(&x, 64 << 20);
	assert_int_equal(iq_rtxn_new(x.f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	old = iq_vocab_hold(x.w, NULL, iq_rtxn_state(r)->vocab_revision);
	assert_non_null(old);
	assert_int_equal(old->task.n, 0);
	apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_TASK, "a", "name_de=A", NULL));
	apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_TASK, "b", "name_de=B", "parent=a", NULL));
	/* the old snapshot still has its vocabulary, although two newer ones exist */
	same = iq_vocab_hold(x.w, old, iq_rtxn_state(r)->vocab_revision);
	assert_ptr_equal(same, old);
	assert_true(iq_rtxn_renew(r));
	new_ = iq_vocab_hold(x.w, same, iq_rtxn_state(r)->vocab_revision);
	assert_non_null(new_);
	assert_int_equal(new_->revision, 2);
	assert_int_equal(new_->task.n, 2);
	/* something else leaves it alone */
	apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_INSTITUTION, "i", "name_de=I", NULL));
	assert_true(iq_rtxn_renew(r));
	assert_ptr_equal(iq_vocab_hold(x.w, new_, iq_rtxn_state(r)->vocab_revision), new_);
	/* a circle is refused, and the vocabulary stays */
	assert_int_equal(apply(x.w, &t, SET, make_rec(&x.f.arena, IQ_TASK, "a", "parent=b", NULL)),
		IQ_ERR_REJECTED);
	assert_true(t.job.error.nproblems > 0);
	job_free(&t);
	/* a second root is found by the vocabulary, after the write */
	apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_REGION, "de", "name_de=D", NULL));
	assert_int_equal(
		apply(x.w, &t, ADD, make_rec(&x.f.arena, IQ_REGION, "at", "name_de=A", NULL)),
		IQ_ERR_REJECTED);
	job_free(&t);
	iq_rtxn_reset(r);
	iq_vocab_drop(x.w, new_);
	iq_rtxn_free(r);
	world_free(&x);
}

/* Readers always find the vocabulary of their snapshot while it changes all the time. */
struct reader {
	struct world *x;
	_Atomic bool stop;
	_Atomic unsigned rounds;
	bool failed;
};

static void *read_on(void *arg)
{
	struct reader *d = arg;
	const struct iq_vocab *held = NULL;
	struct iq_rtxn *r;

	if (iq_rtxn_new(d->x->f.store, &r) != IQ_OK) {
		d->failed = true;
		return NULL;
	}
	while (!d->stop) {
		if (!iq_rtxn_renew(r)) {
			d->failed = true;
			break;
		}
		const struct iq_state *s = iq_rtxn_state(r);

		held = iq_vocab_hold(d->x->w, held, s->vocab_revision);
		if (held == NULL || held->revision != s->vocab_revision ||
			held->task.n != s->count[IQ_TASK]) {
			d->failed = true;
			break;
		}
		iq_rtxn_reset(r);
		d->rounds++;
	}
	iq_vocab_drop(d->x->w, held);
	iq_rtxn_free(r);
	return NULL;
}

static void test_readers(void **state)
{
	struct world x;
	struct reader d[3] = {{.x = &x}, {.x = &x}, {.x = &x}};
	pthread_t thread[3];
	char id[16];

	(void)state;
	world_new(&x, 64 << 20);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, read_on, &d[i]), 0);
	for (unsigned i = 0; i < 80; i++) {
		snprintf(id, sizeof(id), "t-%u", i);
		apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_TASK, id, "name_de=T", NULL));
	}
	for (unsigned i = 0; i < 3; i++) {
		while (d[i].rounds == 0 && !d[i].failed)
			sched_yield();
		d[i].stop = true;
		pthread_join(thread[i], NULL);
		assert_false(d[i].failed);
	}
	world_free(&x);
}

/* ---- a full disk -------------------------------------------------------------------------- */

static void test_full(void **state)
{
	struct world x;
	struct test_job t;
	enum iq_err err = IQ_OK;
	char id[32], note[600];
	uint64_t before, kinds;
	unsigned n = 0;

	(void)state;
	memset(note, 'x', sizeof(note));
	memcpy(note, "trigger_de=", 11);
	note[sizeof(note) - 1] = '\0';
	world_new(&x, 1 << 20);
	apply_ok(x.w, ADD, make_rec(&x.f.arena, IQ_TASK, "a", "name_de=A", NULL));
	while (err == IQ_OK && n < 10000) {
		snprintf(id, sizeof(id), "h-%u", n++);
		err = apply(x.w, &t, ADD,
			make_rec(&x.f.arena, IQ_HANDOVER, id, "process=p", "step=1", "task=a", note,
				NULL));
		if (err != IQ_OK)
			assert_non_null(t.job.error.hint);
		job_free(&t);
	}
	assert_int_equal(err, IQ_ERR_QUOTA);
	before = state_of(&x, &kinds);
	assert_int_equal(before, n); /* the task and all but the last */
	/* questions go on, and so do changes that still fit */
	assert_clean(x.f.store);
	for (unsigned i = 0; i + 1 < n; i++) {
		snprintf(id, sizeof(id), "h-%u", i);
		err = apply_id(x.w, &t, DELETE, IQ_HANDOVER, id, NULL);
		job_free(&t);
		if (err != IQ_OK)
			break;
	}
	assert_true(err == IQ_OK || err == IQ_ERR_QUOTA);
	world_free(&x);
}

/* ---- stopping ------------------------------------------------------------------------------ */

static void test_stop(void **state)
{
	struct world x;
	struct test_job first, t[2];

	(void)state;
	world_new(&x, 64 << 20);
	sem_init(&gate, 0, 1);
	sem_init(&arrived, 0, 0);
	job_init(&first, run_gate);
	assert_true(iq_writer_submit(x.w, &first.job));
	for (unsigned i = 0; i < 2; i++) {
		job_init(&t[i], run_apply);
		t[i].rec = kind_rec(&x, i ? "b" : "a", "Amt");
		assert_true(iq_writer_submit(x.w, &t[i].job));
	}
	iq_writer_stop(x.w, 5000);
	assert_int_equal(job_wait(&first), IQ_OK);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(t[i].finished);
		assert_int_equal(t[i].job.err, IQ_OK);
		job_free(&t[i]);
	}
	job_free(&first);
	sem_destroy(&gate);
	sem_destroy(&arrived);
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isolation),
		cmocka_unit_test(test_many_late),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_vocab),
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
