/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_ARENA_H
#define IQ_BASE_ARENA_H

/*
 * Memory that is given back all at once: one arena per request. Not thread-safe; an arena
 * belongs to the thread that uses it. Allocations are 16-byte aligned and zeroed on request
 * only. A cap bounds what one request may use.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct iq_arena_chunk;

struct iq_arena {
	struct iq_arena_chunk *chunk; /* newest */
	size_t used, cap;             /* bytes handed out since reset; limit */
	bool failed;                  /* sticky: an allocation was refused */
};

/* `cap` in bytes, 0: no cap. No memory is taken yet. */
void iq_arena_init(struct iq_arena *a, size_t cap);
/* Everything handed out becomes invalid; one chunk is kept for reuse. `failed` is cleared. */
void iq_arena_reset(struct iq_arena *a);
void iq_arena_free(struct iq_arena *a);

/* NULL (and `failed`) beyond the cap or without memory. n == 0 gives a valid pointer. */
void *iq_arena_alloc(struct iq_arena *a, size_t n);
void *iq_arena_zalloc(struct iq_arena *a, size_t n);
/* NULL also if count * size overflows. Zeroed. */
void *iq_arena_array(struct iq_arena *a, size_t count, size_t size);
/* Grows `p` (of `old` bytes) to `n` bytes, in place where it was the last allocation. */
void *iq_arena_grow(struct iq_arena *a, void *p, size_t old, size_t n);
/* A NUL-terminated copy; {NULL,0} without memory. */
struct iq_str iq_arena_dup(struct iq_arena *a, struct iq_str s);
/* NUL-terminated; NULL without memory. */
char *iq_arena_cstr(struct iq_arena *a, struct iq_str s);
char *iq_arena_printf(struct iq_arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
