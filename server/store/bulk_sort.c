/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting the index keys of many records, list by list. Where there are many, a second thread does
 * it, so that one list is inserted while the next is sorted.
 */

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "bulk_sort.h"

enum {
	SMALL = 48, /* fewer keys are sorted by insertion */
	WORD = 8,
	WORTH = 16384 /* keys, from which on a thread is */
};

struct sorter {
	const uint8_t *bytes;
	struct iq_sort_item *spare;
};

/* The eight bytes of a key from `depth`, zero-padded, as a number that sorts like them. */
static uint64_t word_at(struct iq_str key, size_t depth)
{
	uint8_t w[WORD] = {0};
	size_t n = key.n > depth ? key.n - depth : 0;

	memcpy(w, key.p + (n ? depth : 0), n < WORD ? n : WORD);
	return iq_be64(w);
}

static bool before(const struct iq_sort_item *a, const struct iq_sort_item *b)
{
	return a->hi != b->hi ? a->hi < b->hi : a->lo < b->lo;
}

static void insertion_sort(struct iq_sort_item *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct iq_sort_item e = a[i];
		size_t k = i;

		for (; k > 0 && before(&e, &a[k - 1]); k--)
			a[k] = a[k - 1];
		a[k] = e;
	}
}

enum { DIGITS = 12, LOW = 4 }; /* bytes of lo, then of hi */

static size_t digit(const struct iq_sort_item *e, size_t d)
{
	return d < LOW ? e->lo >> 8 * d & 255 : e->hi >> 8 * (d - LOW) & 255;
}

/* Stable, by byte from the lowest; bytes that are all the same cost one look. */
static void radix_sort(struct iq_sort_item *a, size_t n, struct iq_sort_item *spare)
{
	size_t count[DIGITS][256] = {{0}};
	struct iq_sort_item *from = a, *to = spare;
	bool by_number = true; /* collected in order of number as a rule */

	for (size_t i = 0; i < n; i++) {
		by_number = by_number && (i == 0 || a[i - 1].lo <= a[i].lo);
		for (size_t d = 0; d < DIGITS; d++)
			count[d][digit(&a[i], d)]++;
	}
	for (size_t d = by_number ? LOW : 0; d < DIGITS; d++) {
		size_t *c = count[d], sum = 0;

		if (c[digit(&from[0], d)] == n)
			continue;
		for (size_t v = 0; v < 256; v++) {
			size_t here = c[v];

			c[v] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			to[c[digit(&from[i], d)]++] = from[i];
		struct iq_sort_item *x = from;

		from = to;
		to = x;
	}
	if (from != a)
		memcpy(a, from, n * sizeof(*a));
}

static void sort_items(const struct sorter *s, struct iq_sort_item *a, size_t n)
{
	if (n < SMALL)
		insertion_sort(a, n);
	else
		radix_sort(a, n, s->spare);
}

static void sort_keys(const struct sorter *s, struct iq_sort_item *a, size_t n, size_t depth)
{
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		struct iq_str key = iq_sort_key(s->bytes, &a[i]);

		a[i].hi = word_at(key, depth);
		a[i].lo = 0;
		more = more || key.n > depth + WORD;
	}
	sort_items(s, a, n);
	if (!more)
		return;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && a[k].hi == a[i].hi; k++)
			;
		if (k - i > 1)
			sort_keys(s, a + i, k - i, depth + WORD);
	}
}

/* ---- beside the writer ---------------------------------------------------------------------- */

static void sort_list(const struct iq_sort *s, const struct iq_sort_list *l)
{
	const struct sorter sorter = {s->bytes, s->spare};

	if (l->by_key)
		sort_keys(&sorter, l->a, l->n, 0);
	else
		sort_items(&sorter, l->a, l->n);
}

static void *sort_main(void *arg)
{
	struct iq_sort *s = arg;

	for (size_t i = 0; i < s->n; i++) {
		sort_list(s, &s->list[i]);
		pthread_mutex_lock(&s->lock);
		s->done = i + 1;
		pthread_cond_signal(&s->more);
		pthread_mutex_unlock(&s->lock);
	}
	return NULL;
}

bool iq_sort_begin(struct iq_sort *s)
{
	sigset_t all, old;
	size_t most = 0;

	for (size_t i = 0; i < s->n; i++)
		most = s->list[i].n > most ? s->list[i].n : most;
	s->done = 0;
	s->threaded = false;
	s->spare = most ? malloc(most * sizeof(*s->spare)) : NULL;
	if (most && s->spare == NULL)
		return false;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	if (most < WORTH)
		return true;
	sigfillset(&all); /* signals are the main thread's */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	s->threaded = pthread_create(&s->thread, NULL, sort_main, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return true;
}

void iq_sort_wait(struct iq_sort *s, size_t i)
{
	if (!s->threaded) {
		sort_list(s, &s->list[i]);
		return;
	}
	pthread_mutex_lock(&s->lock);
	while (s->done <= i)
		pthread_cond_wait(&s->more, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void iq_sort_end(struct iq_sort *s)
{
	if (s->threaded)
		pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s->spare);
}
