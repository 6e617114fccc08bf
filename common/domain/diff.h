/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_DIFF_H
#define IQ_DOMAIN_DIFF_H

/* What differs between two states of a record, as far as somebody may see it. Pure. Any thread. */

#include "model.h"

/*
 * One side: the record as it is on file and as the caller may see it. shown NULL: it does not exist
 * on this side, for the caller at least.
 */
struct iq_diff_side {
	const struct iq_rec *raw, *shown;
};

enum iq_diff_what { IQ_DIFF_SAME, IQ_DIFF_ADDED, IQ_DIFF_CHANGED, IQ_DIFF_REMOVED, IQ_DIFFS };
extern const char *const iq_diff_names[IQ_DIFFS + 1]; /* "same", "added", … */

struct iq_diff_column {
	int column;
	struct iq_str before, after; /* cells as the bundle writes them, in the arena */
};

struct iq_rec_diff {
	enum iq_diff_what what;
	/* changed columns; of what was added or removed all that are set, the id aside */
	struct iq_diff_column column[IQ_COLUMNS_MAX];
	size_t n;
	bool withheld; /* others differ, which are not shown */
};

/*
 * References to contacts are compared as shown: who is hidden might as well never have been there.
 * Of other columns a difference is told only if both sides are shown as they are. Sets compare as
 * sets: their order says nothing, except that of a responsibility's contacts.
 */
void iq_diff_records(struct iq_diff_side before, struct iq_diff_side after, struct iq_arena *arena,
	struct iq_rec_diff *out);

/* Is the record in force on that day? True for kinds without dates. */
bool iq_rec_valid_on(const struct iq_rec *rec, int32_t day);
/* The columns that say so, first and last day; -1: the kind has none. */
void iq_rec_valid_columns(enum iq_kind kind, int *from, int *to);

#endif
