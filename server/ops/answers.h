/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_ANSWERS_H
#define IQ_OPS_ANSWERS_H

/*
 * Answers kept while nothing is committed, by one thread. Only answers in which no right was asked
 * for are kept: they say the same to everybody who may ask at all. An answer is kept as the places
 * of the stored records it copies, with what stands between them; a question costs its copies then.
 * Whether the caller may ask is for dispatch to decide, each time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"
#include "vocab.h"

struct iq_answers;
struct iq_kept;

/* bytes: at most so much memory; 0, or without memory: NULL, and nothing is kept. */
struct iq_answers *iq_answers_new(size_t bytes);
void iq_answers_free(struct iq_answers *a);
/* All below take NULL. Before a snapshot is used: its number, its vocabulary and the day. */
void iq_answers_turn(
	struct iq_answers *a, const struct iq_vocab *v, uint64_t snapshot, int32_t day);

/* The answer to a request of these bytes, without its id; NULL: not kept. Valid until the next
 * turn or iq_answers_keep(). */
const struct iq_kept *iq_answers_find(struct iq_answers *a, struct iq_str request);
/* Appends the body. */
void iq_answers_write(const struct iq_kept *kept, struct iq_buf *out);

/* From here on the body of an answer is written to `out`, and may be kept. */
void iq_answers_begin(struct iq_answers *a, const struct iq_buf *out);
/* The n bytes appended last lie at p as long as snapshot and vocabulary stand. */
void iq_answers_note(struct iq_answers *a, const struct iq_buf *out, const void *p, size_t n);
/* The answer is the caller's own: whatever looks at who asks says so. */
void iq_answers_spoil(struct iq_answers *a);
/* The body is complete: keeps it, unless it was spoilt, under the request's bytes. */
void iq_answers_keep(struct iq_answers *a, const struct iq_buf *out, struct iq_str request);

#endif
