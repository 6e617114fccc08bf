/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Under AddressSanitizer, memory not handed out is poisoned: use after a reset is found. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n) ((void)0)
#define UNPOISON(p, n) ((void)0)
#endif

enum {
	ARENA_ALIGN = 16,
	ARENA_FIRST = 8192,       /* first chunk; each further one is twice the last … */
	ARENA_LARGEST = 1u << 20, /* … up to this */
	ARENA_KEEP = 65536        /* a larger chunk is not kept by a reset */
};

struct iq_arena_chunk {
	struct iq_arena_chunk *next; /* older */
	size_t size, used;           /* bytes in data */
	_Alignas(ARENA_ALIGN) char data[];
};

void iq_arena_init(struct iq_arena *a, size_t cap)
{
	*a = (struct iq_arena){.cap = cap};
}

static void free_chunks(struct iq_arena_chunk *c)
{
	while (c != NULL) {
		struct iq_arena_chunk *next = c->next;

		UNPOISON(c->data, c->size);
		free(c);
		c = next;
	}
}

void iq_arena_reset(struct iq_arena *a)
{
	struct iq_arena_chunk **best = NULL;

	for (struct iq_arena_chunk **at = &a->chunk; *at != NULL; at = &(*at)->next)
		if ((*at)->size <= ARENA_KEEP && (best == NULL || (*at)->size > (*best)->size))
			best = at;

	struct iq_arena_chunk *kept = best ? *best : NULL;

	if (kept != NULL) {
		*best = kept->next;
		kept->next = NULL;
		kept->used = 0;
		POISON(kept->data, kept->size);
	}
	free_chunks(a->chunk);
	a->chunk = kept;
	a->used = 0;
	a->failed = false;
}

void iq_arena_free(struct iq_arena *a)
{
	free_chunks(a->chunk);
	a->chunk = NULL;
	a->used = 0;
	a->failed = false;
}

static size_t round_up(size_t n)
{
	return (n + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
}

/* Takes `need` bytes (rounded) off the cap; false if that is too much. */
static bool charge(struct iq_arena *a, size_t need)
{
	if (a->cap != 0 && need > a->cap - a->used) {
		a->failed = true;
		return false;
	}
	a->used += need;
	return true;
}

static void *new_chunk(struct iq_arena *a, size_t need)
{
	struct iq_arena_chunk *head = a->chunk;
	size_t size = head == NULL ? ARENA_FIRST : head->size * 2;

	if (size > ARENA_LARGEST)
		size = ARENA_LARGEST;

	bool own = need > size / 2; /* a chunk of its own behind the newest, which has room left */

	if (own)
		size = need;

	struct iq_arena_chunk *c = size > SIZE_MAX - sizeof(*c) ? NULL : malloc(sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->size = size;
	c->used = need;
	POISON(c->data + need, size - need);
	if (own && head != NULL) {
		c->next = head->next;
		head->next = c;
	} else {
		c->next = head;
		a->chunk = c;
	}
	return c->data;
}

void *iq_arena_alloc(struct iq_arena *a, size_t n)
{
	size_t need = round_up(n ? n : 1);
	struct iq_arena_chunk *c = a->chunk;
	void *p;

	if (need < n) {
		a->failed = true;
		return NULL;
	}
	if (!charge(a, need))
		return NULL;
	if (c != NULL && need <= c->size - c->used) {
		p = c->data + c->used;
		c->used += need;
	} else {
		p = new_chunk(a, need);
	}
	if (p == NULL) {
		a->used -= need;
		a->failed = true;
		return NULL;
	}
	UNPOISON(p, n);
	return p;
}

void *iq_arena_zalloc(struct iq_arena *a, size_t n)
{
	void *p = iq_arena_alloc(a, n);

	if (p != NULL && n != 0)
		memset(p, 0, n);
	return p;
}

void *iq_arena_array(struct iq_arena *a, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n)) {
		a->failed = true;
		return NULL;
	}
	return iq_arena_zalloc(a, n);
}

/* True if `p` of `have` bytes (rounded) was handed out last by the newest chunk. */
static bool is_last(const struct iq_arena_chunk *c, const char *p, size_t have)
{
	return c != NULL && c->used >= have && p == c->data + c->used - have;
}

void *iq_arena_grow(struct iq_arena *a, void *p, size_t old, size_t n)
{
	struct iq_arena_chunk *c = a->chunk;
	size_t have = round_up(old ? old : 1), need = round_up(n ? n : 1);

	if (p != NULL && n <= old)
		return p;
	if (p != NULL && need >= n && is_last(c, p, have) && need - have <= c->size - c->used) {
		if (!charge(a, need - have))
			return NULL;
		c->used += need - have;
		UNPOISON(p, n);
		return p;
	}

	void *q = iq_arena_alloc(a, n);

	if (q != NULL && p != NULL && old != 0)
		memcpy(q, p, old);
	return q;
}

char *iq_arena_cstr(struct iq_arena *a, struct iq_str s)
{
	char *p = s.n == SIZE_MAX ? NULL : iq_arena_alloc(a, s.n + 1);

	if (p == NULL)
		return NULL;
	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct iq_str iq_arena_dup(struct iq_arena *a, struct iq_str s)
{
	char *p = iq_arena_cstr(a, s);

	return (struct iq_str){p, p ? s.n : 0};
}

char *iq_arena_printf(struct iq_arena *a, const char *fmt, ...)
{
	va_list ap;
	char small[256];

	va_start(ap, fmt);
	int len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len < 0) {
		a->failed = true;
		return NULL;
	}
	if ((size_t)len < sizeof(small))
		return iq_arena_cstr(a, (struct iq_str){small, (size_t)len});

	char *p = iq_arena_alloc(a, (size_t)len + 1);

	if (p == NULL)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return p;
}
