/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_QUEUE_H
#define IQ_BASE_QUEUE_H

/*
 * Many producers, one consumer, with an eventfd the consumer can wait on. Items embed
 * `struct iq_queue_item` and stay owned by whoever holds them: the queue while queued.
 */

#include <stdbool.h>
#include <stddef.h>

struct iq_queue_item {
	struct iq_queue_item *next;
};

struct iq_queue;

/* `limit`: items at most, 0: none. NULL without memory or descriptors. */
struct iq_queue *iq_queue_new(size_t limit);
void iq_queue_free(struct iq_queue *q); /* must be empty */
/* False (not queued) if the limit is reached. Any thread. */
bool iq_queue_push(struct iq_queue *q, struct iq_queue_item *item);
/*
 * From here on, what this thread pushes wakes nobody; the end does, each queue once. Meanwhile
 * nobody may free a queue that was pushed to. Not nested.
 */
enum { IQ_QUEUE_HELD = 16 /* queues; more are woken at once */ };
void iq_queue_hold(void);
void iq_queue_release(void);
/* Wakes the consumer without an item: if it waits, its pulse beats. Any thread. */
void iq_queue_poke(struct iq_queue *q);
/* All items in order of arrival as a list, or NULL. Clears the eventfd. Consumer only. */
struct iq_queue_item *iq_queue_take(struct iq_queue *q);
/* Blocks until something was pushed or `timeout_ms` passed (-1: for ever). Consumer only. */
struct iq_queue_item *iq_queue_wait(struct iq_queue *q, int timeout_ms);
int iq_queue_fd(const struct iq_queue *q);
/* Items not taken yet. Any thread. */
size_t iq_queue_length(struct iq_queue *q);

#endif
