/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_ANSWERS_H
#define IQ_OPS_ANSWERS_H

/*
 * Answers kept while nothing is committed. Only answers in which no right was asked for are kept:
 * they say the same to everybody who may ask at all. Whether the caller may is for dispatch to
 * decide, each time. An answer is kept as the places of the stored records it copies, with what
 * stands between them: a question costs its copies then, and few bytes are needed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"
#include "vocab.h"

/* Shared by all threads. bytes: at most so much memory; too little, or none to be had: NULL, and
 * nothing is kept. */
struct iq_answers;
struct iq_answers *iq_answers_new(size_t bytes);
void iq_answers_free(struct iq_answers *a); /* after all notes */

/* What one thread writes down while it answers. All functions take NULL. */
struct iq_notes;
struct iq_notes *iq_notes_new(struct iq_answers *a);
void iq_notes_free(struct iq_notes *n);
/* Before a snapshot is used: its number, its vocabulary and the day. */
void iq_notes_turn(struct iq_notes *n, const struct iq_vocab *v, uint64_t snapshot, int32_t day);

/* The answer to a request of these bytes, without its id, for who holds that snapshot; NULL: not
 * kept. Valid until the next call or turn. */
struct iq_kept;
struct iq_memo;
const struct iq_kept *iq_notes_find(
	struct iq_notes *n, struct iq_memo *memo, struct iq_str request);
/* Appends the body. */
void iq_notes_write(const struct iq_kept *kept, struct iq_buf *out);

/* From here on an answer is worked out, and may be kept. */
void iq_notes_begin(struct iq_notes *n);
/* The bytes appended last are those at p in the snapshot; a label of the thread's memory. */
void iq_notes_copied(struct iq_notes *n, const struct iq_buf *out, const void *p, size_t len);
void iq_notes_labelled(struct iq_notes *n, const struct iq_buf *out, enum iq_kind kind, iq_num num,
	bool english, struct iq_str bytes);
/* The answer is the caller's own: whatever looks at who asks says so. */
void iq_notes_spoil(struct iq_notes *n);
/* The body is complete, from `start` to the end: keeps it under the request's bytes, unless it was
 * spoilt. */
void iq_notes_keep(
	struct iq_notes *n, const struct iq_buf *out, size_t start, struct iq_str request);

#endif
