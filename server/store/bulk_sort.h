/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_STORE_BULK_SORT_H
#define IQ_STORE_BULK_SORT_H

#include <pthread.h>

#include "store_priv.h"

/*
 * One index key. cell: hi = task, region; ref: hi = target kind, target, kind; lo = number. name
 * and id: hi = eight bytes of the key at the depth being sorted. off: where its bytes lie.
 */
struct iq_sort_item {
	uint64_t hi;
	uint32_t lo, off;
};

/* The bytes of a name or id: length u8, key. */
static inline struct iq_str iq_sort_key(const uint8_t *bytes, const struct iq_sort_item *e)
{
	const uint8_t *p = bytes + e->off;

	return (struct iq_str){(const char *)p + 1, p[0]};
}

struct iq_sort_list {
	struct iq_sort_item *a;
	size_t n;
	bool by_key; /* by the bytes, else by hi and lo */
};

enum { IQ_SORT_LISTS = 4 };

/*
 * The caller fills bytes and the lists, which are the sorter's until iq_sort_wait() gives back
 * each; the bytes are read only.
 */
struct iq_sort {
	const uint8_t *bytes;
	struct iq_sort_list list[IQ_SORT_LISTS];
	size_t n;
	/* private */
	struct iq_sort_item *spare;
	pthread_t thread;
	bool threaded;
	pthread_mutex_t lock;
	pthread_cond_t more;
	size_t done; /* lists, under `lock` */
};

/* False: no memory, nothing was begun. */
IQ_CHECK bool iq_sort_begin(struct iq_sort *s);
/* Until list i is sorted; each once, in order. */
void iq_sort_wait(struct iq_sort *s, size_t i);
/* Also where not all were waited for. */
void iq_sort_end(struct iq_sort *s);

#endif
