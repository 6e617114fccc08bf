/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

/*
 * A mutator that keeps frames and messages whole, so that most inputs get behind the prescan: it
 * descends into fields at random, changes one place, and writes the lengths around it anew. One in
 * eight inputs is changed anywhere.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "wire.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t n, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed);

enum { MUTATE_DEPTH = 6, MUTATE_FIELDS = 256, MUTATE_ROOM = 4096 };

static inline uint32_t mutate_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

struct mutate_field {
	struct iq_str all; /* with its tag */
	struct iq_wire_field f;
};

/* The fields of a message; 0: it is none. */
static inline size_t mutate_split(struct iq_str in, struct mutate_field *out)
{
	bool bad = false;
	size_t n = 0;

	for (const char *from = in.p; n < MUTATE_FIELDS && iq_wire_next(&in, &out[n].f, &bad);
		n++) {
		out[n].all = (struct iq_str){from, (size_t)(in.p - from)};
		from = in.p;
	}
	return bad || in.n > 0 ? 0 : n;
}

/* Bytes of any kind. */
static inline void mutate_bytes(struct iq_buf *b, struct iq_str in)
{
	uint8_t *room = iq_buf_room(b, in.n + MUTATE_ROOM);

	if (room == NULL)
		return;
	if (in.n > 0)
		memcpy(room, in.p, in.n);
	b->n += LLVMFuzzerMutate(room, in.n, in.n + MUTATE_ROOM);
}

static inline void mutate_number(struct iq_buf *b, const struct iq_wire_field *f, uint32_t *state)
{
	static const uint64_t odd[] = {
		0, 1, 2, 127, 128, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX};
	uint64_t v = f->value;

	switch (mutate_random(state) % 3) {
	case 0:
		v = odd[mutate_random(state) % (sizeof(odd) / sizeof(*odd))];
		break;
	case 1:
		v += mutate_random(state) % 16 - 8;
		break;
	default:
		v ^= UINT64_C(1) << mutate_random(state) % 64;
		break;
	}
	iq_wire_varint(b, (uint64_t)f->field << 3 | IQ_WIRE_VARINT);
	iq_wire_varint(b, v);
}

static inline void mutate_message(
	struct iq_buf *b, struct iq_str in, unsigned depth, uint32_t *state);

/* The chosen field in its new form. */
static inline void mutate_field(
	struct iq_buf *b, const struct mutate_field *m, unsigned depth, uint32_t *state)
{
	struct iq_buf inner;

	if (m->f.type == IQ_WIRE_VARINT) {
		mutate_number(b, &m->f, state);
		return;
	}
	if (m->f.type != IQ_WIRE_LEN) {
		mutate_bytes(b, m->all);
		return;
	}
	iq_buf_init(&inner, 0);
	if (depth > 0 && mutate_random(state) % 8 != 0)
		mutate_message(&inner, m->f.bytes, depth - 1, state);
	else
		mutate_bytes(&inner, m->f.bytes);
	iq_wire_item(b, m->f.field, (struct iq_str){(char *)inner.p, inner.n});
	iq_buf_free(&inner);
}

static inline void mutate_message(
	struct iq_buf *b, struct iq_str in, unsigned depth, uint32_t *state)
{
	struct mutate_field *m = malloc(MUTATE_FIELDS * sizeof(*m));
	size_t n = m != NULL ? mutate_split(in, m) : 0, at, other;
	uint32_t how = mutate_random(state) % 16;

	if (n == 0) {
		mutate_bytes(b, in);
		free(m);
		return;
	}
	at = mutate_random(state) % n;
	other = mutate_random(state) % n;
	for (size_t i = 0; i < n; i++) {
		if (i != at) {
			iq_buf_str(b, m[i].all);
		} else if (how == 0) {
			continue;      /* without it */
		} else if (how == 1) { /* twice, or another one in its place */
			iq_buf_str(b, m[i].all);
			iq_buf_str(b, m[other].all);
		} else if (how == 2) {
			iq_buf_str(b, m[other].all);
		} else {
			mutate_field(b, &m[i], depth, state);
		}
	}
	free(m);
}

/* One of the frames behind the first `skip` bytes. */
static inline size_t mutate_frames(uint8_t *data, size_t n, size_t max, size_t skip, unsigned seed)
{
	uint32_t state = seed * UINT32_C(2654435761) + 1;
	struct iq_str in, body, frames[16];
	struct iq_buf b;
	size_t nframes = 0;

	if (n < skip || mutate_random(&state) % 8 == 0)
		return LLVMFuzzerMutate(data, n, max);
	in = (struct iq_str){(const char *)data + skip, n - skip};
	while (nframes < 16 && iq_frame_peek(in, 1 << 20, &body) == IQ_FRAME_READY) {
		frames[nframes++] = body;
		in.p += IQ_FRAME_HEADER + body.n;
		in.n -= IQ_FRAME_HEADER + body.n;
	}
	if (nframes == 0)
		return LLVMFuzzerMutate(data, n, max);
	iq_buf_init(&b, 0);
	size_t at = mutate_random(&state) % nframes;

	for (size_t i = 0; i < nframes; i++) {
		size_t mark = iq_frame_begin(&b);

		if (i == at)
			mutate_message(&b, frames[i], MUTATE_DEPTH, &state);
		else
			iq_buf_str(&b, frames[i]);
		iq_frame_end(&b, mark);
	}
	if (!b.failed && b.n + skip <= max) {
		memcpy(data + skip, b.p, b.n);
		n = skip + b.n;
	}
	iq_buf_free(&b);
	return n;
}

#endif
