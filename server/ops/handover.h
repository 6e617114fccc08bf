/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_HANDOVER_H
#define IQ_OPS_HANDOVER_H

/* What the hand-over of a contact, its sheet and those that wait for their day share. */

#include "archive.h"
#include "op.h"

/* ---- those that wait (IQ_TABLE_LIVING "h") --------------------------------------------------- */

/* A dated hand-over: numbers and dates, no names. */
struct iq_waiting {
	iq_num from, to;
	int32_t on;               /* first day of the successor */
	struct iq_str by, reason; /* who asked for it: carried out with that principal's rights */
	struct iq_str ended;      /* last day that `from` had before; empty: none */
	bool begun;               /* `to` got its first day by this */
	const iq_num *added;      /* responsibilities that name `to` already because of this */
	size_t nadded;
	const uint64_t *change; /* revisions that asked for it, and put it off */
	size_t nchanges;
};
/* False: none waits, or it is damaged. Copied into the arena. */
bool iq_waiting_get(struct iq_txn *t, iq_num from, struct iq_arena *arena, struct iq_waiting *out);
void iq_waiting_put(struct iq_wtxn *w, const struct iq_waiting *waiting);
/* Taken away with iq_waiting_forget(). */
/* In order of contacts; fn returns false to stop. */
void iq_waiting_each(struct iq_txn *t, bool (*fn)(void *arg, iq_num from, int32_t on), void *arg);
/* The one that this revision asked for or put off. False: it does not wait (any more). */
bool iq_waiting_of(
	struct iq_txn *t, uint64_t change, struct iq_arena *arena, struct iq_waiting *out);

/* ---- what hangs on a contact ----------------------------------------------------------------- */

struct iq_hanging {
	enum iq_kind kind;
	iq_num num;
};
struct iq_hangings {
	struct iq_arena *arena;
	struct iq_hanging *a;
	size_t n, cap;
};
/* Every record that refers to it, responsibilities first. Check the arena. */
void iq_hangings_read(
	struct iq_txn *t, iq_num contact, struct iq_arena *arena, struct iq_hangings *out);
/* What people call the record: task and place, workshop; nothing for a contact. */
struct iq_str iq_hanging_name(
	struct iq_txn *t, const struct iq_rec *rec, bool english, struct iq_arena *arena);

/* A HangingItem message without its record; left open: end it with iq_wire_end(). */
enum { IQ_HANGING_RESPONSIBILITY = 6, IQ_HANGING_STATE, IQ_HANGING_DUE };
size_t iq_hanging_begin(struct iq_buf *out, uint32_t field, const char *kind, struct iq_str id,
	const char *column, struct iq_str name, const char *what);

/*
 * What goes with a seat in a workshop without being written anew: commitments of the institution
 * that are open or late; votes that run and in which it has not voted, or this contact has voted
 * for it. As HangingItem messages, as far as the caller may see the records.
 */
struct iq_seat_query {
	struct iq_req *rq;
	uint32_t field;
	iq_num contact;
	bool english;
};
void iq_hanging_seat(const struct iq_seat_query *q, iq_num membership);

/* ---- handing over ---------------------------------------------------------------------------- */

struct iq_hand {
	iq_num from, to;
	int32_t on;
	bool later; /* `on` is still to come: prepared now, carried out by the timer */
	bool english;
	struct iq_buf *items; /* HangingItem messages of the answer; NULL: nobody listens */
};
/*
 * Reads, decides, then writes everything as the caller's change: refused whole if anything that the
 * caller may know of cannot go to the successor. Contacts whose deputy the caller may not know are
 * left as they are, and not told.
 */
IQ_CHECK enum iq_err iq_hand_over(
	struct iq_right *r, struct iq_wtxn *w, const struct iq_hand *hand, struct iq_diffs *diffs);
/* Takes a dated one back: what it has changed already is as before, unless somebody else changed it
 * since. */
IQ_CHECK enum iq_err iq_hand_back(struct iq_right *r, struct iq_wtxn *w,
	const struct iq_waiting *waiting, bool english, struct iq_buf *items,
	struct iq_diffs *diffs);

/* The HandoverResponse's fields. */
enum { IQ_HANDOVER_ITEMS = 2, IQ_HANDOVER_CHANGES };

#endif
