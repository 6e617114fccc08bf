/* SPDX-License-Identifier: Apache-2.0 */
/* The writer's signs of life: idle it beats when poked, stuck in a change it does not. */

#include <semaphore.h>

#include "write_help.h"

static sem_t gate, arrived;

static enum iq_err run_gate(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	(void)job;
	(void)w;
	(void)vocab;
	sem_post(&arrived);
	while (sem_wait(&gate) != 0)
		;
	return IQ_OK;
}

/* A writer that never beats ends at the test's time limit. */
static void beats(struct iq_watch *watch, struct iq_writer *w)
{
	do
		iq_writer_poke(w);
	while (iq_watch_look(watch) != NULL);
}

static void stuck_in_a_change(void **state)
{
	struct iq_watch watch = {.n = 0};
	struct fixture f;
	struct iq_writer *w;
	struct test_job t;

	(void)state;
	fixture_new(&f, 0);
	assert_int_equal(iq_writer_start(f.store, NULL, &w, &f.error), IQ_OK);
	sem_init(&gate, 0, 0);
	sem_init(&arrived, 0, 0);
	iq_watch_add(&watch, iq_writer_pulse(w));
	beats(&watch, w);
	beats(&watch, w);
	job_init(&t, run_gate);
	assert_true(iq_writer_submit(w, &t.job));
	sem_wait(&arrived);
	(void)iq_watch_look(&watch); /* what it beat on its way */
	for (int i = 0; i < 3; i++) {
		iq_writer_poke(w);
		assert_string_equal(iq_watch_look(&watch), "writer");
	}
	sem_post(&gate);
	assert_int_equal(job_wait(&t), IQ_OK);
	beats(&watch, w);
	job_free(&t);
	iq_writer_stop(w, 5000);
	fixture_free(&f);
}

/* Who works long beats meanwhile: every record written is a step. */
static enum iq_err run_long(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct test_job *t = (struct test_job *)job;

	(void)vocab;
	sem_post(&arrived);
	while (sem_wait(&gate) != 0)
		;
	iq_job_writes(job);
	iq_rec_put(w, iq_id_intern(w, IQ_KIND, iq_str("long")), &t->rec, &t->arena);
	sem_post(&arrived);
	while (sem_wait(&gate) != 0)
		;
	return IQ_OK;
}

static void alive_in_a_long_one(void **state)
{
	struct iq_watch watch = {.n = 0};
	struct fixture f;
	struct iq_writer *w;
	struct test_job t;

	(void)state;
	fixture_new(&f, 0);
	assert_int_equal(iq_writer_start(f.store, NULL, &w, &f.error), IQ_OK);
	sem_init(&gate, 0, 0);
	sem_init(&arrived, 0, 0);
	iq_watch_add(&watch, iq_writer_pulse(w));
	job_init(&t, run_long);
	t.rec = make_rec(&f.arena, IQ_KIND, "long", "name_de=Art", NULL);
	assert_true(iq_writer_submit(w, &t.job));
	sem_wait(&arrived);
	(void)iq_watch_look(&watch);
	assert_string_equal(iq_watch_look(&watch), "writer");
	sem_post(&gate);
	sem_wait(&arrived);
	assert_null(iq_watch_look(&watch));
	sem_post(&gate);
	assert_int_equal(job_wait(&t), IQ_OK);
	job_free(&t);
	iq_writer_stop(w, 5000);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stuck_in_a_change),
		cmocka_unit_test(alive_in_a_long_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
