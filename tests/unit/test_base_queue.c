/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "date.h"
#include "queue.h"

enum { PER_PRODUCER = 20000, PRODUCERS = 2 };

struct item {
	struct iq_queue_item link; /* first: a link is its item */
	int producer, number;
};

struct producer {
	pthread_t thread;
	struct iq_queue *queue;
	int which;
	struct item *items;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < PER_PRODUCER; i++) {
		p->items[i].producer = p->which;
		p->items[i].number = i;
		if (!iq_queue_push(p->queue, &p->items[i].link))
			abort();
	}
	return NULL;
}

static void each_producer_stays_in_order(void **state)
{
	struct iq_queue *q = iq_queue_new(0);
	struct producer producers[PRODUCERS];
	int next[PRODUCERS] = {0};

	(void)state;
	assert_non_null(q);
	for (int i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){
			.queue = q, .which = i, .items = calloc(PER_PRODUCER, sizeof(struct item))};
		assert_non_null(producers[i].items);
		assert_int_equal(
			pthread_create(&producers[i].thread, NULL, produce, &producers[i]), 0);
	}
	for (int got = 0; got < PRODUCERS * PER_PRODUCER;) {
		struct iq_queue_item *list = iq_queue_wait(q, 10000);

		assert_non_null(list); /* a lost wake-up would end here */
		for (; list != NULL; got++) {
			struct item *item = (struct item *)list;

			list = list->next; /* the item is ours again */
			assert_int_equal(item->number, next[item->producer]++);
		}
	}
	for (int i = 0; i < PRODUCERS; i++) {
		pthread_join(producers[i].thread, NULL);
		free(producers[i].items);
	}
	assert_null(iq_queue_take(q));
	iq_queue_free(q);
}

static bool readable(struct iq_queue *q)
{
	struct pollfd p = {.fd = iq_queue_fd(q), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void eventfd_tells_whether_there_is_something(void **state)
{
	struct iq_queue *q = iq_queue_new(0);
	struct item a, b;

	(void)state;
	assert_non_null(q);
	assert_false(readable(q));
	assert_null(iq_queue_take(q));
	for (int round = 0; round < 3; round++) {
		assert_true(iq_queue_push(q, &a.link));
		assert_true(iq_queue_push(q, &b.link));
		assert_true(readable(q));

		struct iq_queue_item *list = iq_queue_take(q);

		assert_ptr_equal(list, &a.link);
		assert_ptr_equal(list->next, &b.link);
		assert_null(list->next->next);
		assert_false(readable(q));
	}
	iq_queue_free(q);
}

static void limit_refuses(void **state)
{
	struct iq_queue *q = iq_queue_new(2);
	struct item items[3];

	(void)state;
	assert_non_null(q);
	assert_true(iq_queue_push(q, &items[0].link));
	assert_true(iq_queue_push(q, &items[1].link));
	assert_false(iq_queue_push(q, &items[2].link));
	assert_ptr_equal(iq_queue_take(q), &items[0].link);
	assert_true(iq_queue_push(q, &items[2].link));
	assert_ptr_equal(iq_queue_wait(q, -1), &items[2].link);
	iq_queue_free(q);
}

static void wait_ends_at_its_deadline(void **state)
{
	struct iq_queue *q = iq_queue_new(0);
	int64_t begun = iq_monotonic_us();

	(void)state;
	assert_non_null(q);
	assert_null(iq_queue_wait(q, 30));
	assert_true(iq_monotonic_us() - begun >= 29000);
	assert_null(iq_queue_wait(q, 0));
	iq_queue_free(q);
	iq_queue_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_producer_stays_in_order),
		cmocka_unit_test(eventfd_tells_whether_there_is_something),
		cmocka_unit_test(limit_refuses),
		cmocka_unit_test(wait_ends_at_its_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
