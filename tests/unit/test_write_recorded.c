/* SPDX-License-Identifier: Apache-2.0 */
/* Changes and the audit log: answers wait for it; without it nothing is changed. */

#include "write_help.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>

#include "audit_priv.h"
#include "date.h"
#include "log.h"

struct world {
	struct fixture f;
	struct iq_writer *w;
	struct iq_audit *audit;
};

static sem_t gate;
static _Atomic int waiting; /* at the gate */
static _Atomic bool guarded, broken;

/* What the audit does instead of making its data durable. */
static bool fault(void *arg)
{
	(void)arg;
	if (guarded) {
		waiting++;
		while (sem_wait(&gate) != 0)
			;
	}
	errno = EIO;
	return !broken;
}

static void world_start(struct world *x)
{
	iq_error_init(&x->f.error, &x->f.arena);
	assert_int_equal(iq_audit_open(x->f.dir, &x->audit, &x->f.error), IQ_OK);
	x->audit->fault = fault; /* nothing was submitted yet */
	assert_int_equal(iq_writer_start(x->f.store, x->audit, &x->w, &x->f.error), IQ_OK);
}

static void world_new(struct world *x)
{
	iq_log_level((enum iq_log_level)0); /* failures are provoked */
	guarded = broken = false;
	waiting = 0;
	sem_init(&gate, 0, 0);
	fixture_new(&x->f, 64 << 20);
	world_start(x);
}

static void world_stop(struct world *x)
{
	iq_writer_stop(x->w, 5000);
	iq_audit_close(x->audit);
}

static void world_end(struct world *x)
{
	struct iq_audit_report r;

	assert_int_equal(iq_audit_verify(x->f.dir, &r, &x->f.error), IQ_OK);
	assert_true(r.intact);
	assert_clean(x->f.store);
	iq_audit_remove(x->f.dir);
	fixture_free(&x->f);
	sem_destroy(&gate);
}

static struct iq_rec kind_rec(struct world *x, const char *id)
{
	return make_rec(&x->f.arena, IQ_KIND, id, "name_de=Amt", NULL);
}

static uint64_t revision_of(struct world *x)
{
	struct iq_rtxn *r;
	uint64_t revision;

	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	revision = iq_rtxn_state(r)->revision;
	iq_rtxn_free(r);
	return revision;
}

/* The entries of changes: their revisions in order, from 1 without a gap. */
struct changes {
	uint64_t n, last, granted, taken_back;
	uint8_t request_id[16];
	bool after_crash;
};

static bool on_line(void *arg, const struct iq_audit_line *line)
{
	struct changes *c = arg;
	const struct iq_audit_entry *e = &line->entry;

	c->granted += e->event == IQ_AUDIT_GRANTED;
	if (e->event == IQ_AUDIT_ALERT && iq_str_is(e->operation, IQ_AUDIT_NOT_MADE)) {
		c->taken_back += e->count ? e->count : 1;
		c->last = e->revision;
	}
	if (e->event != IQ_AUDIT_WRITTEN)
		return true;
	c->n++;
	assert_int_equal(e->revision, c->last + 1);
	assert_true(iq_str_is(e->principal, "max"));
	assert_true(iq_str_is(e->operation, "test"));
	memcpy(c->request_id, e->request_id, 16);
	c->after_crash = c->after_crash || iq_str_is(e->classes, "after-crash");
	c->last = e->revision;
	return true;
}

static struct changes changes(struct world *x)
{
	struct changes c = {.n = 0};

	assert_int_equal(iq_audit_scan(x->f.dir, NULL, on_line, &c, &x->f.error), IQ_OK);
	return c;
}

static void until_waiting(void)
{
	while (waiting == 0)
		usleep(1000);
}

static bool is_finished(struct test_job *t)
{
	bool finished;

	pthread_mutex_lock(&t->lock);
	finished = t->finished;
	pthread_mutex_unlock(&t->lock);
	return finished;
}

/* ---- answers wait --------------------------------------------------------------------------- */

static void test_durable_first(void **state)
{
	struct world x;
	struct test_job t[2];

	(void)state;
	world_new(&x);
	guarded = true;
	for (int i = 0; i < 2; i++) {
		job_init(&t[i], run_apply);
		t[i].rec = kind_rec(&x, i ? "k-2" : "k-1");
		t[i].job.change.request_id[3] = (uint8_t)(i + 1);
		assert_true(iq_writer_submit(x.w, &t[i].job));
		if (i == 0)
			until_waiting();
	}
	/* Both are committed: the writer goes on while the audit's disk does not answer. */
	while (revision_of(&x) < 2)
		usleep(1000);
	assert_false(is_finished(&t[0]));
	assert_false(is_finished(&t[1]));
	assert_int_equal(changes(&x).n, 1); /* in the file, not durable */
	sem_post(&gate);
	assert_int_equal(job_wait(&t[0]), IQ_OK);
	assert_false(is_finished(&t[1]));
	guarded = false;
	sem_post(&gate);
	assert_int_equal(job_wait(&t[1]), IQ_OK);
	assert_int_equal(changes(&x).n, 2);
	assert_int_equal(changes(&x).request_id[3], 2);
	for (int i = 0; i < 2; i++)
		job_free(&t[i]);
	sem_post(&gate); /* the head at the end */
	world_stop(&x);
	world_end(&x);
}

/* ---- which entries -------------------------------------------------------------------------- */

static enum iq_err run_nothing(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)job;
	(void)w;
	(void)vocab;
	return IQ_OK;
}

static enum iq_err run_refused(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)w;
	(void)vocab;
	return iq_error_set(&job->error, IQ_ERR_GUARD, "no", NULL, NULL);
}

static void test_entries(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-1"));
	assert_int_equal(changes(&x).n, 1);
	/* nothing changed; refused; only tried */
	job_init(&t, run_nothing);
	assert_int_equal(job_run(x.w, &t), IQ_OK);
	job_free(&t);
	job_init(&t, run_refused);
	assert_int_equal(job_run(x.w, &t), IQ_ERR_GUARD);
	job_free(&t);
	job_init(&t, run_apply);
	t.rec = kind_rec(&x, "k-9");
	t.job.dry_run = true;
	assert_int_equal(job_run(x.w, &t), IQ_OK);
	job_free(&t);
	assert_int_equal(changes(&x).n, 1);
	assert_int_equal(changes(&x).granted, 0);
	/* a grant has no revision */
	job_init(&t, run_nothing);
	t.job.audit.event = IQ_AUDIT_GRANTED;
	assert_int_equal(job_run(x.w, &t), IQ_OK);
	job_free(&t);
	assert_int_equal(changes(&x).granted, 1);
	world_stop(&x);
	world_end(&x);
}

/* The same request again: one entry. */
static void test_replay(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	for (int i = 0; i < 2; i++) {
		job_init(&t, run_apply);
		t.rec = kind_rec(&x, "k-1");
		t.job.change.request_id[0] = 9;
		t.job.change.time_us = iq_now_us();
		assert_int_equal(job_run(x.w, &t), IQ_OK);
		assert_int_equal(t.job.replayed, i == 1);
		job_free(&t);
	}
	assert_int_equal(changes(&x).n, 1);
	world_stop(&x);
	world_end(&x);
}

/* ---- settling ------------------------------------------------------------------------------- */

static uint64_t settled_at;

static enum iq_err settle(struct iq_job *job, struct iq_store *s)
{
	struct iq_rtxn *r;

	(void)job;
	assert_int_equal(iq_rtxn_new(s, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	settled_at = iq_rtxn_state(r)->revision;
	iq_rtxn_free(r);
	return IQ_ERR_INTERNAL;
}

static void test_settle(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	job_init(&t, run_apply);
	t.rec = kind_rec(&x, "k-1");
	t.job.alone = true;
	t.job.settle = settle;
	assert_int_equal(job_run(x.w, &t), IQ_ERR_INTERNAL);
	assert_int_equal(settled_at, 1);    /* after the commit */
	assert_int_equal(changes(&x).n, 1); /* which is on record all the same */
	job_free(&t);
	/* not for what was refused */
	settled_at = 0;
	job_init(&t, run_refused);
	t.job.alone = true;
	t.job.settle = settle;
	assert_int_equal(job_run(x.w, &t), IQ_ERR_GUARD);
	assert_int_equal(settled_at, 0);
	job_free(&t);
	world_stop(&x);
	world_end(&x);
}

/* ---- no audit, no change -------------------------------------------------------------------- */

static void test_unwritable(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-1"));
	broken = true;
	/* The one that shows: committed, so it is answered as done. */
	assert_int_equal(apply(x.w, &t, ADD, kind_rec(&x, "k-2")), IQ_OK);
	assert_true(t.job.revision > 0);
	job_free(&t);
	assert_false(iq_audit_writable(x.audit));
	assert_int_equal(apply(x.w, &t, ADD, kind_rec(&x, "k-3")), IQ_ERR_QUOTA);
	assert_int_equal(t.runs, 0);
	assert_int_equal(t.job.revision, 0);
	assert_non_null(t.job.error.text);
	assert_non_null(t.job.error.hint);
	job_free(&t);
	assert_int_equal(revision_of(&x), 2);
	/* trying is no change */
	job_init(&t, run_apply);
	t.rec = kind_rec(&x, "k-9");
	t.job.dry_run = true;
	assert_int_equal(job_run(x.w, &t), IQ_OK);
	job_free(&t);
	broken = false;
	for (int i = 0; i < 600 && !iq_audit_writable(x.audit); i++)
		usleep(50000);
	assert_int_equal(apply(x.w, &t, ADD, kind_rec(&x, "k-3")), IQ_OK);
	job_free(&t);
	world_stop(&x);
	/* k-2 is missing, and the log says so */
	world_end(&x);
}

/* Committed, then the process ended before the audit had it. */
static void test_recover(void **state)
{
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-1"));
	iq_writer_stop(x.w, 5000);
	assert_int_equal(iq_writer_start(x.f.store, NULL, &x.w, &x.f.error), IQ_OK);
	assert_int_equal(apply(x.w, &t, ADD, kind_rec(&x, "k-2")), IQ_OK);
	job_free(&t);
	world_stop(&x);
	assert_int_equal(changes(&x).n, 1);
	world_start(&x);
	world_stop(&x);
	assert_int_equal(changes(&x).n, 2);
	assert_true(changes(&x).after_crash);
	world_start(&x); /* once only */
	world_stop(&x);
	assert_int_equal(changes(&x).n, 2);
	world_end(&x);
}

/* On record, then the process ended before the commit. */
static void test_recover_ahead(void **state)
{
	struct world x;

	(void)state;
	world_new(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-1"));
	iq_audit_note(x.audit, &(struct iq_audit_entry){.event = IQ_AUDIT_WRITTEN,
				       .principal = IQ_STR("max"),
				       .operation = IQ_STR("test"),
				       .revision = 2});
	world_stop(&x);
	assert_int_equal(changes(&x).last, 2);
	for (int i = 0; i < 2; i++) { /* once only */
		world_start(&x);
		world_stop(&x);
		assert_int_equal(changes(&x).taken_back, 1);
		assert_int_equal(changes(&x).last, 1);
	}
	world_start(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-2"));
	world_stop(&x);
	assert_int_equal(changes(&x).last, 2);
	world_start(&x);
	world_stop(&x);
	assert_int_equal(changes(&x).taken_back, 1);
	assert_int_equal(changes(&x).n, 3);
	world_end(&x);
}

/* The entry is there, the commit fails: the log takes it back. */
static void test_not_committed(void **state)
{
	struct rlimit was, small;
	struct world x;
	struct test_job t;

	(void)state;
	world_new(&x);
	apply_ok(x.w, ADD, kind_rec(&x, "k-1"));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 8192; /* no page of the database, all of the audit */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int i = 0; i < 2; i++) { /* only the first one's entry is ahead */
		assert_int_equal(apply(x.w, &t, ADD, kind_rec(&x, "k-2")), IQ_ERR_QUOTA);
		assert_int_equal(t.job.revision, 0);
		job_free(&t);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(revision_of(&x), 1);
	apply_ok(x.w, ADD, kind_rec(&x, "k-3"));
	assert_int_equal(revision_of(&x), 2);
	world_stop(&x);
	assert_int_equal(changes(&x).taken_back, 1);
	assert_int_equal(changes(&x).n, 3);
	assert_int_equal(changes(&x).last, 2);
	world_end(&x);
}

/* Many at once: every revision is there, in order. */
static void test_many(void **state)
{
	enum { JOBS = 500 };
	struct world x;
	struct test_job *t = calloc(JOBS, sizeof(*t));
	static char id[JOBS][16];

	(void)state;
	assert_non_null(t);
	world_new(&x);
	for (unsigned i = 0; i < JOBS; i++) {
		snprintf(id[i], sizeof(id[i]), "k-%u", i);
		job_init(&t[i], run_apply);
		t[i].rec = kind_rec(&x, id[i]);
		assert_true(iq_writer_submit(x.w, &t[i].job));
	}
	for (unsigned i = 0; i < JOBS; i++)
		assert_int_equal(job_wait(&t[i]), IQ_OK);
	assert_int_equal(changes(&x).n, JOBS);
	world_stop(&x); /* also waits for the last of them */
	for (unsigned i = 0; i < JOBS; i++)
		job_free(&t[i]);
	free(t);
	world_end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_durable_first),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_recover),
		cmocka_unit_test(test_recover_ahead),
		cmocka_unit_test(test_not_committed),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
