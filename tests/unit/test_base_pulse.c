/* SPDX-License-Identifier: Apache-2.0 */
/* Signs of life: whoever does not beat between two looks is named, idle threads are poked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>

#include "pulse.h"
#include "queue.h"

static void who_does_not_beat_is_named(void **state)
{
	struct iq_pulse one = {.name = "one"}, two = {.name = "two"};
	struct iq_watch w = {.n = 0};

	(void)state;
	iq_watch_add(&w, &one);
	iq_watch_add(&w, NULL);
	iq_watch_add(&w, &two);
	assert_int_equal(w.n, 2);
	assert_non_null(iq_watch_look(&w));
	iq_pulse_mine(&one);
	iq_pulse_beat();
	assert_string_equal(iq_watch_look(&w), "two");
	iq_pulse_beat();
	iq_pulse_mine(&two);
	iq_pulse_beat();
	assert_null(iq_watch_look(&w));
	/* a beat counts for one look only */
	iq_pulse_beat();
	assert_string_equal(iq_watch_look(&w), "one");
	iq_pulse_mine(NULL);
	iq_pulse_beat(); /* nobody's */
	assert_non_null(iq_watch_look(&w));
}

static void not_more_than_there_is_room_for(void **state)
{
	struct iq_pulse p = {.name = "p"};
	struct iq_watch w = {.n = 0};

	(void)state;
	for (int i = 0; i < 2 * IQ_WATCH_MOST; i++)
		iq_watch_add(&w, &p);
	assert_int_equal(w.n, IQ_WATCH_MOST);
}

/* A thread that takes items and may get stuck over one. */
struct taker {
	struct iq_queue *queue;
	struct iq_pulse pulse;
	struct iq_queue_item item, end;
	sem_t stuck, go_on;
};

static void *take(void *arg)
{
	struct taker *t = arg;

	iq_pulse_mine(&t->pulse);
	for (;;) {
		struct iq_queue_item *item = iq_queue_wait(t->queue, -1);

		for (; item != NULL; item = item->next) {
			if (item == &t->end)
				return NULL;
			sem_post(&t->stuck);
			sem_wait(&t->go_on);
		}
	}
}

/* Looks until the thread has beaten; a thread that never does ends at the test's time limit. */
static void beats(struct iq_watch *w, struct taker *t)
{
	do
		iq_queue_poke(t->queue);
	while (iq_watch_look(w) != NULL);
}

static void idle_is_alive_and_stuck_is_not(void **state)
{
	struct taker t = {.queue = iq_queue_new(0), .pulse = {.name = "taker"}};
	struct iq_watch w = {.n = 0};
	pthread_t thread;

	(void)state;
	assert_non_null(t.queue);
	sem_init(&t.stuck, 0, 0);
	sem_init(&t.go_on, 0, 0);
	iq_watch_add(&w, &t.pulse);
	assert_int_equal(pthread_create(&thread, NULL, take, &t), 0);
	beats(&w, &t);
	beats(&w, &t);
	assert_true(iq_queue_push(t.queue, &t.item));
	sem_wait(&t.stuck);
	(void)iq_watch_look(&w); /* what it beat on its way */
	for (int i = 0; i < 3; i++) {
		iq_queue_poke(t.queue);
		assert_string_equal(iq_watch_look(&w), "taker");
	}
	sem_post(&t.go_on);
	beats(&w, &t);
	assert_true(iq_queue_push(t.queue, &t.end));
	assert_int_equal(pthread_join(thread, NULL), 0);
	iq_queue_free(t.queue);
	sem_destroy(&t.stuck);
	sem_destroy(&t.go_on);
}

/* A poke is no item, and does not swallow the wake-up of one. */
static void pokes_and_items(void **state)
{
	struct iq_queue *q = iq_queue_new(1);
	struct iq_queue_item item;

	(void)state;
	iq_queue_poke(q);
	iq_queue_poke(q);
	assert_int_equal(iq_queue_length(q), 0);
	assert_null(iq_queue_take(q));
	iq_queue_poke(q);
	assert_true(iq_queue_push(q, &item));
	iq_queue_poke(q);
	assert_ptr_equal(iq_queue_wait(q, 0), &item);
	assert_null(iq_queue_take(q));
	assert_null(iq_queue_wait(q, 0));
	assert_true(iq_queue_push(q, &item));
	assert_ptr_equal(iq_queue_wait(q, 10000), &item);
	iq_queue_poke(q);
	iq_queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_does_not_beat_is_named),
		cmocka_unit_test(not_more_than_there_is_room_for),
		cmocka_unit_test(idle_is_alive_and_stuck_is_not),
		cmocka_unit_test(pokes_and_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
