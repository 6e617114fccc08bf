/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_AGENDA_H
#define IQ_DOMAIN_AGENDA_H

/*
 * The agenda that a workshop's next meeting is suggested. Pure: the caller hands in what the views
 * found, of what the audience may see; this orders and bounds it. Any thread.
 */

#include "arena.h"
#include "err.h"
#include "str.h"

/*
 * In order of the agenda: first what was promised and what waits for this very group, then what
 * keeps people without help, then what is merely untidy.
 */
#define IQ_AGENDA_TABLE(X)                                                                         \
	X(OVERDUE, "overdue")   /* commitments past their due day; `date` is that day */           \
	X(PROPOSAL, "proposal") /* votes that run, and those in conflict; `date`: the deadline */  \
	X(GAP, "gap")           /* expected and nobody does it; `weight`: cells concerned */       \
	X(OVERLAP, "overlap")   /* two certain leads; `weight`: cells concerned */                 \
	X(TOPIC, "topic")       /* concerns not closed; `date`: brought on */                      \
	X(CHANGE, "change")     /* the diff since the last meeting; `date`: changed on */          \
	X(STALE, "stale")       /* long unconfirmed; `date`: confirmed on, IQ_DATE_MIN never */

enum iq_agenda_class {
#define X(e, name) IQ_AGENDA_##e,
	IQ_AGENDA_TABLE(X)
#undef X
		IQ_AGENDA_CLASSES
};
extern const char *const iq_agenda_names[IQ_AGENDA_CLASSES + 1];

/* Something to talk about. */
struct iq_agenda_line {
	enum iq_agenda_class class;
	struct iq_str id, text; /* borrowed; ids break ties by their bytes */
	int32_t date;           /* days since 1970 */
	uint32_t weight;
};

struct iq_agenda_item {
	enum iq_agenda_class class;
	const struct iq_agenda_line **lines; /* the most pressing first; in the arena */
	size_t nlines;
	size_t total; /* of the class; total - nlines are only counted ("and 12 more") */
};

struct iq_agenda {
	struct iq_agenda_item item[IQ_AGENDA_CLASSES]; /* classes that have any; nlines may be 0 */
	size_t nitems, nlines;
};

enum {
	IQ_AGENDA_LINES = 12,     /* what a meeting of two hours gets through, ten minutes each */
	IQ_AGENDA_LINES_MAX = 200 /* whatever is asked for */
};

/*
 * The most pressing `limit` lines (0: IQ_AGENDA_LINES). Every class that has any gets one first, in
 * their order; then they take turns in that order, one more each, so that a hundred stale rows push
 * nothing off and no class starves. Within a class: overdue, proposals, topics and stale rows by
 * the oldest date, gaps and overlaps by the greatest weight, changes by the newest date; then by
 * the other of the two in the same sense, then by id. False without memory.
 */
IQ_CHECK bool iq_agenda_suggest(const struct iq_agenda_line *lines, size_t n, size_t limit,
	struct iq_arena *arena, struct iq_agenda *out);

#endif
