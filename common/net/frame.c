/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

enum iq_frame iq_frame_peek(struct iq_str in, size_t max, struct iq_str *body)
{
	const uint8_t *p = (const uint8_t *)in.p;

	if (in.n < IQ_FRAME_HEADER)
		return IQ_FRAME_MORE;
	size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | (size_t)p[3];

	if (n == 0)
		return IQ_FRAME_EMPTY;
	if (n > max)
		return IQ_FRAME_TOO_LONG;
	if (in.n - IQ_FRAME_HEADER < n)
		return IQ_FRAME_MORE;
	*body = (struct iq_str){in.p + IQ_FRAME_HEADER, n};
	return IQ_FRAME_READY;
}

size_t iq_frame_begin(struct iq_buf *out)
{
	static const uint8_t zero[IQ_FRAME_HEADER] = {0};

	iq_buf_add(out, zero, sizeof(zero));
	return out->n;
}

void iq_frame_end(struct iq_buf *out, size_t mark)
{
	if (out->failed)
		return;
	size_t n = out->n - mark;
	uint8_t *p = out->p + mark - IQ_FRAME_HEADER;

	if (n > UINT32_MAX) {
		out->failed = true;
		return;
	}
	p[0] = (uint8_t)(n >> 24);
	p[1] = (uint8_t)(n >> 16);
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
}
