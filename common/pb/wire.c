/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

enum {
	TAG_MAX = 5,                     /* bytes of a tag; protobuf-c takes no more */
	LEN_MAX = 5,                     /* bytes of a length, likewise */
	FIELD_MAX = (1 << 29) - 1,       /* highest field number */
	RESERVED = 4,                    /* bytes iq_wire_begin() keeps free */
	RESERVED_MAX = (1 << 7 * 4) - 1, /* longest content they can describe */
};

size_t iq_wire_varint_size(uint64_t v)
{
	size_t n = 1;

	while (v >= 0x80) {
		v >>= 7;
		n++;
	}
	return n;
}

/* Writes v at p, which has room for ten bytes; returns the end. */
static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80) {
		*p++ = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *put_tag(uint8_t *p, uint32_t field, enum iq_wire_type type)
{
	return put_varint(p, (uint64_t)field << 3 | (uint64_t)type);
}

void iq_wire_varint(struct iq_buf *b, uint64_t v)
{
	uint8_t bytes[10];

	iq_buf_add(b, bytes, (size_t)(put_varint(bytes, v) - bytes));
}

void iq_wire_uint(struct iq_buf *b, uint32_t field, uint64_t v)
{
	uint8_t bytes[20];

	if (v == 0)
		return;
	iq_buf_add(
		b, bytes, (size_t)(put_varint(put_tag(bytes, field, IQ_WIRE_VARINT), v) - bytes));
}

void iq_wire_bool(struct iq_buf *b, uint32_t field, bool v)
{
	iq_wire_uint(b, field, v);
}

void iq_wire_str(struct iq_buf *b, uint32_t field, struct iq_str s)
{
	if (s.n != 0)
		iq_wire_item(b, field, s);
}

void iq_wire_item(struct iq_buf *b, uint32_t field, struct iq_str s)
{
	uint8_t *p = iq_buf_room(b, 20 + s.n);

	if (p == NULL)
		return;
	if (field < 16 && s.n < 0x80) {
		p[0] = (uint8_t)(field << 3 | IQ_WIRE_LEN);
		p[1] = (uint8_t)s.n;
		if (s.n != 0)
			memcpy(p + 2, s.p, s.n);
		b->n += 2 + s.n;
		return;
	}
	uint8_t *end = put_varint(put_tag(p, field, IQ_WIRE_LEN), s.n);

	if (s.n != 0)
		memcpy(end, s.p, s.n);
	b->n += (size_t)(end - p) + s.n;
}

size_t iq_wire_begin(struct iq_buf *b, uint32_t field)
{
	static const uint8_t zero[RESERVED] = {0x80, 0x80, 0x80, 0};
	uint8_t bytes[10 + RESERVED];
	uint8_t *end = put_tag(bytes, field, IQ_WIRE_LEN);

	memcpy(end, zero, RESERVED);
	iq_buf_add(b, bytes, (size_t)(end - bytes) + RESERVED);
	return b->n;
}

void iq_wire_end(struct iq_buf *b, size_t mark)
{
	if (b->failed)
		return;
	size_t n = b->n - mark;

	if (n > RESERVED_MAX) {
		b->failed = true;
		return;
	}
	for (int i = 0; i < RESERVED; i++) {
		uint8_t more = i < RESERVED - 1 ? 0x80 : 0;

		b->p[mark - RESERVED + (size_t)i] = (uint8_t)((n >> 7 * i & 0x7f) | more);
	}
}

/* Reads a varint of at most `max` bytes from *rest. */
static bool get_varint(struct iq_str *rest, size_t max, uint64_t *v)
{
	const uint8_t *p = (const uint8_t *)rest->p;
	size_t n = rest->n < max ? rest->n : max;

	if (n != 0 && p[0] < 0x80) {
		*v = p[0];
		rest->p++;
		rest->n--;
		return true;
	}
	uint64_t value = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 9 && p[i] > 1)
			return false;
		value |= (uint64_t)(p[i] & 0x7f) << 7 * i;
		if (p[i] < 0x80) {
			*v = value;
			rest->p += i + 1;
			rest->n -= i + 1;
			return true;
		}
	}
	return false;
}

/* Reads a little-endian number of n bytes. */
static bool get_fixed(struct iq_str *rest, size_t n, uint64_t *v)
{
	const uint8_t *p = (const uint8_t *)rest->p;

	if (rest->n < n)
		return false;
	*v = 0;
	for (size_t i = n; i-- > 0;)
		*v = *v << 8 | p[i];
	rest->p += n;
	rest->n -= n;
	return true;
}

static bool get_bytes(struct iq_str *rest, struct iq_str *out)
{
	uint64_t n;

	if (!get_varint(rest, LEN_MAX, &n) || n > rest->n)
		return false;
	*out = (struct iq_str){rest->p, (size_t)n};
	rest->p += n;
	rest->n -= (size_t)n;
	return true;
}

static bool get_field(struct iq_str *rest, struct iq_wire_field *f)
{
	uint64_t tag;

	if (!get_varint(rest, TAG_MAX, &tag) || tag >> 3 == 0 || tag >> 3 > FIELD_MAX)
		return false;
	*f = (struct iq_wire_field){.field = (uint32_t)(tag >> 3)};
	switch (tag & 7) {
	case IQ_WIRE_VARINT:
		f->type = IQ_WIRE_VARINT;
		return get_varint(rest, 10, &f->value);
	case IQ_WIRE_I64:
		f->type = IQ_WIRE_I64;
		return get_fixed(rest, 8, &f->value);
	case IQ_WIRE_LEN:
		f->type = IQ_WIRE_LEN;
		return get_bytes(rest, &f->bytes);
	case IQ_WIRE_I32:
		f->type = IQ_WIRE_I32;
		return get_fixed(rest, 4, &f->value);
	default: /* groups, and numbers that mean nothing */
		return false;
	}
}

bool iq_wire_next_any(struct iq_str *rest, struct iq_wire_field *f, bool *bad)
{
	if (rest->n == 0)
		return false;
	if (get_field(rest, f))
		return true;
	*bad = true;
	return false;
}
