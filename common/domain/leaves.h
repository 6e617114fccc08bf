/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_LEAVES_H
#define IQ_DOMAIN_LEAVES_H

/*
 * Sets of leaf statuses: which cells of a task a row serves, folded to what a reader can take in.
 * A cell is asked without facts (domain.md "Views"): what its status implies is known, no more.
 * Pure. One thread per struct iq_leaves.
 */

#include "match_priv.h"

/* What a set looks like: equal sets share one. In the arena. */
struct iq_share {
	iq_num group; /* a top-level status */
	bool whole;   /* all of it that was asked for, else a part */
};
struct iq_groups {
	const uint64_t *set;    /* the set itself */
	struct iq_share *share; /* in pre-order; none for an empty set */
	size_t nshares;
	iq_num *status; /* the fewest statuses that make up the set, in pre-order */
	size_t nstatuses;
	size_t nleaves;
	struct iq_groups *next; /* private */
};

enum { IQ_LEAVES_SLOTS = 256 };

struct iq_leaves {
	const struct iq_view *view;
	struct iq_arena *arena;
	iq_num *leaf; /* n, in pre-order */
	iq_num top;   /* the status asked for; IQ_NONE: all */
	uint32_t n, words;
	uint32_t *first;       /* by pre-order position: leaves before it */
	const uint64_t *asked; /* the leaves of the status asked for, or all */
	/* a question for a leaf status without task and region */
	struct iq_question q;
	struct iq_matcher m;
	struct iq_groups *slot[IQ_LEAVES_SLOTS];
};

/*
 * status: IQ_NONE for all of them. Errors: IQ_ERR_USAGE no such status; IQ_ERR_BUSY without
 * memory. O(statuses).
 */
IQ_CHECK enum iq_err iq_leaves_init(struct iq_leaves *l, const struct iq_view *view, iq_num status,
	int32_t at, struct iq_arena *arena);

/* An empty set; NULL without memory. */
uint64_t *iq_leaves_new(const struct iq_leaves *l);
/* Adds b to a. */
void iq_leaves_add(const struct iq_leaves *l, uint64_t *a, const uint64_t *b);
void iq_leaves_clear(const struct iq_leaves *l, uint64_t *set);
bool iq_leaves_empty(const struct iq_leaves *l, const uint64_t *set);
bool iq_leaves_meet(const struct iq_leaves *l, const uint64_t *a, const uint64_t *b);

static inline bool iq_leaves_in(const uint64_t *set, uint32_t leaf)
{
	return set[leaf / 64] >> (leaf % 64) & 1;
}

/*
 * The leaves asked for that the row may serve on that date, and those it serves for certain as
 * far as status and condition go. Region and task are not looked at. Overwrites both sets. False:
 * none. Without a condition no leaf is judged by itself.
 */
bool iq_leaves_row(struct iq_leaves *l, const struct iq_entry *e, uint64_t *may, uint64_t *certain);

/* The leaves asked for that a notice touches, certainly or not; task and region aside. */
void iq_leaves_notice(struct iq_leaves *l, const struct iq_notice *n, uint64_t *set);
/* Those for which it ends its task in its region: excluded or not needed, for everybody. */
void iq_leaves_ended(struct iq_leaves *l, const struct iq_notice *n, uint64_t *set);

/* The set folded; NULL without memory. O(statuses) for a set not seen before. */
const struct iq_groups *iq_leaves_fold(struct iq_leaves *l, const uint64_t *set);

#endif
