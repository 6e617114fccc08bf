/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "date.h"
#include "pulse.h"

struct iq_queue {
	pthread_mutex_t lock;
	struct iq_queue_item *first, **last;
	size_t n, limit;
	int fd;         /* readable if and only if it is signalled */
	bool signalled; /* there is a poke, or an item that is not held back */
};

/* Of this thread: queues to wake at the end. */
static _Thread_local struct {
	bool on;
	size_t n;
	struct iq_queue *queue[IQ_QUEUE_HELD];
} held;

struct iq_queue *iq_queue_new(size_t limit)
{
	struct iq_queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->limit = limit;
	q->last = &q->first;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0 || pthread_mutex_init(&q->lock, NULL) != 0) {
		if (q->fd >= 0)
			close(q->fd);
		free(q);
		return NULL;
	}
	return q;
}

void iq_queue_free(struct iq_queue *q)
{
	if (q == NULL)
		return;
	close(q->fd);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* With the lock held. The counter cannot overflow: it is written only after it was cleared. */
static void wake_up(struct iq_queue *q)
{
	const uint64_t one = 1;

	if (q->signalled)
		return;
	if (write(q->fd, &one, sizeof(one)) < 0)
		abort(); /* not an eventfd any more: somebody closed it */
	q->signalled = true;
}

/* Notes that it is to be woken later. False: there is no room, or nothing is held back. */
static bool hold(struct iq_queue *q)
{
	for (size_t i = 0; i < held.n; i++)
		if (held.queue[i] == q)
			return true;
	if (!held.on || held.n == IQ_QUEUE_HELD)
		return false;
	held.queue[held.n++] = q;
	return true;
}

void iq_queue_hold(void)
{
	held.on = true;
}

void iq_queue_release(void)
{
	for (size_t i = 0; i < held.n; i++) {
		struct iq_queue *q = held.queue[i];

		pthread_mutex_lock(&q->lock);
		if (q->first != NULL)
			wake_up(q);
		pthread_mutex_unlock(&q->lock);
	}
	held.n = 0;
	held.on = false;
}

bool iq_queue_push(struct iq_queue *q, struct iq_queue_item *item)
{
	bool room;

	item->next = NULL;
	pthread_mutex_lock(&q->lock);
	room = q->limit == 0 || q->n < q->limit;
	if (room) {
		*q->last = item;
		q->last = &item->next;
		q->n++;
		/* Inside the lock: once the item can be taken, the consumer may free the queue. */
		if (!q->signalled && !hold(q))
			wake_up(q);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}

void iq_queue_poke(struct iq_queue *q)
{
	pthread_mutex_lock(&q->lock);
	wake_up(q);
	pthread_mutex_unlock(&q->lock);
}

struct iq_queue_item *iq_queue_take(struct iq_queue *q)
{
	struct iq_queue_item *first;
	uint64_t count;

	pthread_mutex_lock(&q->lock);
	first = q->first;
	q->first = NULL;
	q->last = &q->first;
	q->n = 0;
	if (q->signalled && read(q->fd, &count, sizeof(count)) < 0)
		abort();
	q->signalled = false;
	pthread_mutex_unlock(&q->lock);
	return first;
}

struct iq_queue_item *iq_queue_wait(struct iq_queue *q, int timeout_ms)
{
	int64_t deadline = iq_monotonic_us() + (int64_t)timeout_ms * 1000;
	int left = timeout_ms;

	for (;;) {
		struct iq_queue_item *item = iq_queue_take(q);
		struct pollfd p = {.fd = q->fd, .events = POLLIN};

		if (item != NULL || left == 0)
			return item;
		poll(&p, 1, left);
		iq_pulse_beat();
		if (timeout_ms < 0)
			continue;

		int64_t rest = deadline - iq_monotonic_us();

		left = rest <= 0 ? 0 : (int)((rest + 999) / 1000);
	}
}

int iq_queue_fd(const struct iq_queue *q)
{
	return q->fd;
}

size_t iq_queue_length(struct iq_queue *q)
{
	size_t n;

	pthread_mutex_lock(&q->lock);
	n = q->n;
	pthread_mutex_unlock(&q->lock);
	return n;
}
