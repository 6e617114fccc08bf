/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record image as found on disk, whatever its bytes are: parsed, its id read, its fields decoded
 * and written again. What is accepted must survive the round trip.
 */

#include <stdlib.h>

#include "codec.h"
#include "store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_rec again = {.kind = rec->kind};
	struct iq_buf b;

	iq_buf_init(&b, 0);
	for (unsigned i = 0; i < IQ_SEGMENTS; i++)
		iq_codec_segment(&b, rec, (enum iq_segment)i);
	if (b.failed || !iq_codec_read(&again, (struct iq_str){(char *)b.p, b.n}, arena))
		abort();
	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++)
		if (!iq_str_eq(iq_rec_write_cell(rec, (int)c, arena),
			    iq_rec_write_cell(&again, (int)c, arena)))
			abort();
	iq_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iq_str bytes = {(const char *)data, size};
	struct iq_image image;
	struct iq_arena arena;

	if (!iq_image_parse(bytes, &image))
		return 0;
	iq_arena_init(&arena, 16 << 20);
	struct iq_rec rec = {.kind = image.kind};
	struct iq_str id = iq_image_id(&image);

	if (iq_codec_read(&rec, image.all, &arena)) {
		/* the short way to the id and the long one agree */
		if (id.n && iq_rec_text(&rec, IQ_COL_ID).n &&
			image.segment[IQ_SEGMENT_OPEN].p[0] == 0x0a &&
			!iq_str_eq(id, iq_rec_text(&rec, IQ_COL_ID)))
			abort();
		round_trip(&rec, &arena);
	}
	iq_arena_free(&arena);
	return 0;
}
