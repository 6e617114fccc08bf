/* SPDX-License-Identifier: Apache-2.0 */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST = 256 };

void iq_buf_init(struct iq_buf *b, size_t max)
{
	*b = (struct iq_buf){.max = max};
}

void iq_buf_free(struct iq_buf *b)
{
	free(b->p);
	*b = (struct iq_buf){.max = b->max};
}

void iq_buf_reset(struct iq_buf *b, size_t keep)
{
	if (b->cap > keep) {
		iq_buf_free(b);
		return;
	}
	b->n = 0;
	b->failed = false;
}

uint8_t *iq_buf_grow(struct iq_buf *b, size_t n)
{
	size_t need;

	if (b->failed)
		return NULL;
	if (__builtin_add_overflow(b->n, n, &need) || (b->max != 0 && need > b->max)) {
		b->failed = true;
		return NULL;
	}
	if (need <= b->cap && b->p != NULL)
		return b->p + b->n;

	size_t cap = b->cap ? b->cap : BUF_FIRST;

	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;

	uint8_t *p = realloc(b->p, cap);

	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void iq_buf_add(struct iq_buf *b, const void *p, size_t n)
{
	uint8_t *to = n ? iq_buf_room(b, n) : NULL;

	if (to == NULL)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void iq_buf_str(struct iq_buf *b, struct iq_str s)
{
	iq_buf_add(b, s.p, s.n);
}

void iq_buf_byte(struct iq_buf *b, uint8_t byte)
{
	uint8_t *to = iq_buf_room(b, 1);

	if (to == NULL)
		return;
	*to = byte;
	b->n++;
}

void iq_buf_printf(struct iq_buf *b, const char *fmt, ...)
{
	va_list ap;
	char small[256];

	va_start(ap, fmt);
	int len = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (len < 0) {
		b->failed = true;
		return;
	}
	if ((size_t)len < sizeof(small)) {
		iq_buf_add(b, small, (size_t)len);
		return;
	}

	size_t max = b->max;

	if (max != 0) /* room for the NUL, which is not counted */
		b->max = max == SIZE_MAX ? max : max + 1;

	uint8_t *to = iq_buf_room(b, (size_t)len + 1);

	b->max = max;
	if (to == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)to, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->n += (size_t)len;
}

void iq_buf_consume(struct iq_buf *b, size_t n)
{
	if (n >= b->n) {
		b->n = 0;
		return;
	}
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}
