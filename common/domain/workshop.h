/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_WORKSHOP_H
#define IQ_DOMAIN_WORKSHOP_H

/*
 * The states of what a workshop works on, and which follows which (docs/workshop.md "States"); the
 * texts its records hold beside ids and dates. Pure. Any thread.
 */

#include "model.h"

/* X(ENUM, names of the states; the first is that of a new record, NULL: not used) */
#define IQ_PROCESS_TABLE(X)                                                                        \
	X(TOPIC, "topic", "open", "discussed", "closed", NULL, NULL, NULL)                         \
	X(MEETING, "meeting", "planned", "held", "minuted", NULL, NULL, NULL)                      \
	X(PROPOSAL, "proposal", "draft", "open", "passed", "rejected", "withdrawn", "conflict")    \
	X(COMMITMENT, "commitment", "open", "kept", "late", "dropped", NULL, NULL)

enum iq_process {
#define X(e, ...) IQ_PROCESS_##e,
	IQ_PROCESS_TABLE(X)
#undef X
		IQ_PROCESSES
};

enum { IQ_PROCESS_STATES = 6 };
enum iq_topic_state { IQ_TOPIC_OPEN, IQ_TOPIC_DISCUSSED, IQ_TOPIC_CLOSED };
enum iq_meeting_state { IQ_MEETING_PLANNED, IQ_MEETING_HELD, IQ_MEETING_MINUTED };
enum iq_proposal_state {
	IQ_PROPOSAL_DRAFT,
	IQ_PROPOSAL_OPEN,
	IQ_PROPOSAL_PASSED,
	IQ_PROPOSAL_REJECTED,
	IQ_PROPOSAL_WITHDRAWN,
	IQ_PROPOSAL_CONFLICT
};
enum iq_commitment_state {
	IQ_COMMITMENT_OPEN,
	IQ_COMMITMENT_KEPT,
	IQ_COMMITMENT_LATE,
	IQ_COMMITMENT_DROPPED
};

extern const char *const iq_process_names[IQ_PROCESSES + 1];
/* NULL-terminated: choices of the column `state`. */
extern const char *const iq_process_states[IQ_PROCESSES][IQ_PROCESS_STATES + 1];

/* The process that records of a kind go through; IQ_PROCESSES: none. */
enum iq_process iq_process_of(enum iq_kind kind);
/* Column of the state; -1: has none. */
int iq_process_column(enum iq_kind kind);
/* May a record in state `from` be put into state `to`? To stay is no step. */
bool iq_process_may(enum iq_process process, unsigned from, unsigned to);
/* Does nothing follow? */
bool iq_process_is_final(enum iq_process process, unsigned state);
/* May texts and references be edited in this state? */
bool iq_process_is_editable(enum iq_process process, unsigned state);

/* How a commitment stands today: an open one past its due day is late. due IQ_DATE_MAX: never. */
enum iq_commitment_state iq_commitment_today(
	enum iq_commitment_state state, int32_t due, int32_t today);

/* HH:MM, 00:00 to 23:59. False: *minutes is unchanged. */
bool iq_time_of_day_parse(struct iq_str s, int *minutes);
/*
 * "2026-12-01": until that day ends in Germany; "2026-12-01 16:00": German time. The first instant,
 * in microseconds since 1970, that is too late. A time that the change of summer time skips is read
 * as if the clocks had not been changed yet; of one that comes twice, the first. False: *us is
 * unchanged.
 */
bool iq_deadline_parse(struct iq_str s, int64_t *us);

#endif
