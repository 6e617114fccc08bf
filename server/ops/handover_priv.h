/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_HANDOVER_PRIV_H
#define IQ_OPS_HANDOVER_PRIV_H

/* A hand-over while it is worked out. */

#include "handover.h"

/* One record that changes: what is given of it. */
struct iq_step {
	struct iq_rec rec;
	iq_num num;
	const char *column; /* by which it hangs; NULL: one of the two contacts itself */
	struct iq_str name;
	bool writes; /* false: it only waits for the day */
};

struct iq_handing {
	struct iq_right *r;
	struct iq_arena *arena;
	const struct iq_hand *hand;
	struct iq_rec from, to;
	struct iq_str heir; /* deputy of `from`: for whom `to` cannot be deputy */
	struct iq_waiting old;
	bool had; /* `old` waits, for the same successor */
	struct iq_step *step;
	size_t n, cap;
	struct iq_candidate *block; /* records in the way */
	size_t nblock, capblock;
	iq_num *added; /* responsibilities that name `to` because of this */
	size_t nadded, capadded;
	const char *what;                     /* of each item in the answer */
	bool back;                            /* it is taken back */
	iq_num line[IQ_LIMIT_TREE_DEPTH + 1]; /* the successor, its deputy, the deputy's … */
	size_t nline;
};

/* Room for one more element; NULL: no memory. */
void *iq_hand_room(struct iq_arena *arena, void *list, size_t n, size_t *cap, size_t size);
enum iq_err iq_hand_no_memory(struct iq_right *r);
/* Forgets what a decision said. */
void iq_hand_forget_error(struct iq_right *r);
/* The record as it is, copied: writing moves what it would borrow. */
bool iq_hand_load(struct iq_right *r, enum iq_kind kind, iq_num num, struct iq_rec *out);
/* A single text; empty: no value. */
struct iq_value iq_hand_text(struct iq_arena *arena, struct iq_str text);
/* NULL: no memory. Valid until the next one. */
struct iq_step *iq_hand_step(
	struct iq_handing *h, const struct iq_rec *now, iq_num num, const char *column);
void iq_hand_give(struct iq_step *s, int col, struct iq_value value);
/* A record that stands in the way. */
void iq_hand_block(struct iq_handing *h, const struct iq_rec *rec);
bool iq_hand_is_from(const struct iq_handing *h, struct iq_str id);
bool iq_hand_is_to(const struct iq_handing *h, struct iq_str id);
void iq_hand_added(struct iq_handing *h, iq_num num);
/* A step for everything that hangs on the one who goes. */
IQ_CHECK enum iq_err iq_hand_collect(struct iq_handing *h);

#endif
