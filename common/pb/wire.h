/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PB_WIRE_H
#define IQ_PB_WIRE_H

/*
 * Protobuf wire format (https://protobuf.dev/programming-guides/encoding): a writer that
 * appends to an iq_buf and a reader over bytes. The server assembles answers with it around
 * stored segments, without decoding them; everything else goes through protobuf-c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

enum iq_wire_type { IQ_WIRE_VARINT = 0, IQ_WIRE_I64 = 1, IQ_WIRE_LEN = 2, IQ_WIRE_I32 = 5 };

/* Bytes a varint takes: 1 to 10. */
size_t iq_wire_varint_size(uint64_t v);
/* Bytes of a length-delimited field with n bytes of content. */
static inline size_t iq_wire_len_size(uint32_t field, size_t n)
{
	if (field < 16 && n < 0x80)
		return 2 + n;
	return iq_wire_varint_size((uint64_t)field << 3) + iq_wire_varint_size(n) + n;
}

void iq_wire_varint(struct iq_buf *b, uint64_t v);
/* proto3: zero and empty values are not written by these three */
void iq_wire_uint(struct iq_buf *b, uint32_t field, uint64_t v);
void iq_wire_bool(struct iq_buf *b, uint32_t field, bool v);
void iq_wire_str(struct iq_buf *b, uint32_t field, struct iq_str s);
/* one element of a repeated field: written even if empty */
void iq_wire_item(struct iq_buf *b, uint32_t field, struct iq_str s);

/*
 * A sub-message of unknown length: begin reserves a length of fixed width, end fills it in.
 * mark = iq_wire_begin(b, field); …; iq_wire_end(b, mark);
 */
size_t iq_wire_begin(struct iq_buf *b, uint32_t field);
void iq_wire_end(struct iq_buf *b, size_t mark);

struct iq_wire_field {
	uint32_t field;
	enum iq_wire_type type;
	uint64_t value;      /* VARINT, I64, I32 */
	struct iq_str bytes; /* LEN */
};

/* iq_wire_next() for every kind of field. */
bool iq_wire_next_any(struct iq_str *rest, struct iq_wire_field *f, bool *bad);
/* Next field of *rest. False at the end; *bad is set if the bytes are malformed. */
static inline bool iq_wire_next(struct iq_str *rest, struct iq_wire_field *f, bool *bad)
{
	const uint8_t *p = (const uint8_t *)rest->p;

	/* Most fields of records: short texts whose tag and length take a byte each. */
	if (rest->n >= 2 && (p[0] & 0x87) == IQ_WIRE_LEN && p[0] > 0x07 && p[1] < 0x80 &&
		p[1] <= rest->n - 2) {
		*f = (struct iq_wire_field){
			.field = p[0] >> 3, .type = IQ_WIRE_LEN, .bytes = {rest->p + 2, p[1]}};
		rest->p += 2 + (size_t)p[1];
		rest->n -= 2 + (size_t)p[1];
		return true;
	}
	return iq_wire_next_any(rest, f, bad);
}

#endif
