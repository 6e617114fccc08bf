/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes from an unknown peer, as the server treats them: frames, prescan, unpacking in a
 * capped arena. What the prescan lets pass, protobuf-c must be able to read.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "bounds.h"
#include "codec.h"
#include "frame.h"
#include "mutate.h"
#include "prescan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void unpack(struct iq_str body)
{
	ProtobufCAllocator allocator;
	struct iq_arena arena;

	iq_arena_init(&arena, IQ_LIMIT_ARENA_BASE + IQ_LIMIT_ARENA_FACTOR * body.n);
	allocator = iq_codec_allocator(&arena);
	Iq__V1__Request *rq = iq__v1__request__unpack(&allocator, body.n, (const uint8_t *)body.p);

	if (rq == NULL ? !arena.failed : rq->base.n_unknown_fields != 0)
		abort();
	iq_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str in = {(const char *)data, n}, body;

	while (iq_frame_peek(in, IQ_LIMIT_FRAME_MAX, &body) == IQ_FRAME_READY) {
		const char *why = NULL;
		enum iq_err err =
			iq_prescan(&iq__v1__request__descriptor, body, &iq_prescan_request, &why);

		if ((err == IQ_OK) != (why == NULL))
			abort();
		if (err == IQ_OK)
			unpack(body);
		in.p += IQ_FRAME_HEADER + body.n;
		in.n -= IQ_FRAME_HEADER + body.n;
	}
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t n, size_t max, unsigned seed)
{
	return mutate_frames(data, n, max, 0, seed);
}
