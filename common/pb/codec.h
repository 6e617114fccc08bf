/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PB_CODEC_H
#define IQ_PB_CODEC_H

/* Records and errors between domain values and messages. */

#include "err.h"
#include "iq.pb-c.h"
#include "model.h"
#include "wire.h"

/*
 * Writes the columns of one segment as the fields of the record's message (column index + 1),
 * id first in IQ_SEGMENT_OPEN. The concatenation of all segments is the whole message.
 */
void iq_codec_segment(struct iq_buf *b, const struct iq_rec *rec, enum iq_segment segment);

/*
 * Reads such bytes (one segment or several in a row) into `rec` (kind set by the caller); values
 * borrow from `bytes`, lists are in `arena`. False if malformed or without memory.
 */
IQ_CHECK bool iq_codec_read(struct iq_rec *rec, struct iq_str bytes, struct iq_arena *arena);

/* A decoded Record message as a record; borrows. False if the oneof is unset. */
IQ_CHECK bool iq_codec_from_record(
	struct iq_rec *rec, const Iq__V1__Record *msg, struct iq_arena *arena);
/* Any record message (Iq__V1__Contact …) of `kind` as a record; borrows. */
IQ_CHECK bool iq_codec_from_message(
	struct iq_rec *rec, enum iq_kind kind, const ProtobufCMessage *msg, struct iq_arena *arena);

/* Field number of the kind in Record.of. */
uint32_t iq_codec_record_field(enum iq_kind kind);

/* The Error message of `e` (body only, for field 3 of Response). */
void iq_codec_error(struct iq_buf *b, const struct iq_error *e);
/* The other way; strings are copied into e->arena. */
void iq_codec_read_error(struct iq_error *e, const Iq__V1__Error *msg);
/* One Problem message (body only). */
void iq_codec_problem(struct iq_buf *b, const struct iq_problem *p);
void iq_codec_read_problem(
	struct iq_problem *p, const Iq__V1__Problem *msg, struct iq_arena *arena);

/* One Conflict message (body only). */
void iq_codec_conflict(struct iq_buf *b, const struct iq_conflict *c);
/* The other way; borrows from the message. */
void iq_codec_read_conflict(struct iq_conflict *c, const Iq__V1__Conflict *msg);

/* protobuf-c allocator over an arena: memory is zeroed, free does nothing. */
ProtobufCAllocator iq_codec_allocator(struct iq_arena *arena);

#endif
