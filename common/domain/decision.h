/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_DECISION_H
#define IQ_DOMAIN_DECISION_H

/*
 * What a proposal changes once it has passed: the column `changes` (docs/workshop.md "Changes of
 * records"). Pure. Any thread.
 *
 *   base 1287                                     the revision it was written against; first
 *   set responsibility jc-x statuses=a;b          then a record a line; several of one add up
 *   set institution jc hours="Mo 8-12"            quotes around what has blanks; in them \" \\ \n
 *   add responsibility jc-y institution=jc task=t region=r role=lead     a new record
 */

#include "model.h"

enum { IQ_DECISION_MOST = 100 /* records that one proposal changes */ };

/* One record that is changed. */
struct iq_decided {
	struct iq_rec rec; /* id and what is set */
	uint32_t line;     /* that names it first, from 1 */
	bool add;          /* a new one */
};

struct iq_decision {
	uint64_t based_on;
	struct iq_decided *v;
	size_t n;
};

/* May a vote change this column? Never people, nor where an institution belongs, nor whose a record
 * is; a new one says that. */
bool iq_decision_may(enum iq_kind kind, int col);

/*
 * Columns that may differ from `based_on` without making what was voted on another thing: those
 * that no vote is about. A bit each.
 */
uint32_t iq_decision_beside(enum iq_kind kind);

/* The column of a problem: "changes[LINE]" or "changes[LINE].COLUMN". In the arena. */
struct iq_str iq_decision_place(struct iq_arena *arena, uint32_t line, struct iq_str column);

/*
 * Reads the text; the result borrows from it and from the arena. Empty: n 0. Otherwise
 * IQ_ERR_REJECTED with a problem per defect, file and line as in `where` (may be NULL);
 * IQ_ERR_INTERNAL without memory.
 */
IQ_CHECK enum iq_err iq_decision_parse(struct iq_str text, struct iq_arena *arena,
	const struct iq_problem *where, struct iq_decision *out, struct iq_error *error);

#endif
