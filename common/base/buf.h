/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_BUF_H
#define IQ_BASE_BUF_H

/*
 * A growing byte buffer with a sticky error: after a failed append (no memory, over `max`)
 * every further append does nothing; check `failed` once at the end. Owned by its user.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct iq_buf {
	uint8_t *p;
	size_t n, cap;
	size_t max; /* bytes; 0: no limit */
	bool failed;
};

void iq_buf_init(struct iq_buf *b, size_t max);
void iq_buf_free(struct iq_buf *b);
/* Empties it, clears `failed`; keeps the memory unless it is over `keep` bytes. */
void iq_buf_reset(struct iq_buf *b, size_t keep);
/* The same as iq_buf_room() when what is there may not be enough. */
uint8_t *iq_buf_grow(struct iq_buf *b, size_t n);
/* Makes room for n more bytes and returns where they go, or NULL. Does not change b->n. */
static inline uint8_t *iq_buf_room(struct iq_buf *b, size_t n)
{
	size_t end = b->max != 0 && b->max < b->cap ? b->max : b->cap;

	if (b->p != NULL && !b->failed && b->n <= end && n <= end - b->n)
		return b->p + b->n;
	return iq_buf_grow(b, n);
}
void iq_buf_add(struct iq_buf *b, const void *p, size_t n);
void iq_buf_str(struct iq_buf *b, struct iq_str s);
void iq_buf_byte(struct iq_buf *b, uint8_t byte);
void iq_buf_printf(struct iq_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Drops the first n bytes. */
void iq_buf_consume(struct iq_buf *b, size_t n);

#endif
