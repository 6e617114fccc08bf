/* SPDX-License-Identifier: Apache-2.0 */
#include "workshop.h"

#include "date.h"

#define MINUTE_US INT64_C(60000000)

const char *const iq_process_names[IQ_PROCESSES + 1] = {
#define X(e, name, ...) name,
	IQ_PROCESS_TABLE(X)
#undef X
		NULL};

const char *const iq_process_states[IQ_PROCESSES][IQ_PROCESS_STATES + 1] = {
#define X(e, name, ...) {__VA_ARGS__, NULL},
	IQ_PROCESS_TABLE(X)
#undef X
};

/* A bit per state that may follow. */
#define TO(state) (1u << (state))
static const unsigned next[IQ_PROCESSES][IQ_PROCESS_STATES] = {
	[IQ_PROCESS_TOPIC] = {[IQ_TOPIC_OPEN] = TO(IQ_TOPIC_DISCUSSED) | TO(IQ_TOPIC_CLOSED),
		[IQ_TOPIC_DISCUSSED] = TO(IQ_TOPIC_CLOSED)},
	[IQ_PROCESS_MEETING] = {[IQ_MEETING_PLANNED] = TO(IQ_MEETING_HELD),
		[IQ_MEETING_HELD] = TO(IQ_MEETING_MINUTED),
		[IQ_MEETING_MINUTED] = TO(IQ_MEETING_HELD)},
	[IQ_PROCESS_PROPOSAL] = {[IQ_PROPOSAL_DRAFT] =
					 TO(IQ_PROPOSAL_OPEN) | TO(IQ_PROPOSAL_WITHDRAWN),
		[IQ_PROPOSAL_OPEN] = TO(IQ_PROPOSAL_PASSED) | TO(IQ_PROPOSAL_REJECTED) |
				     TO(IQ_PROPOSAL_WITHDRAWN) | TO(IQ_PROPOSAL_CONFLICT),
		[IQ_PROPOSAL_CONFLICT] = TO(IQ_PROPOSAL_PASSED) | TO(IQ_PROPOSAL_WITHDRAWN)},
	[IQ_PROCESS_COMMITMENT] = {[IQ_COMMITMENT_OPEN] = TO(IQ_COMMITMENT_KEPT) |
							  TO(IQ_COMMITMENT_LATE) |
							  TO(IQ_COMMITMENT_DROPPED),
		[IQ_COMMITMENT_LATE] = TO(IQ_COMMITMENT_KEPT) | TO(IQ_COMMITMENT_DROPPED)},
};

/* Not while a vote runs: it would be about a text that nobody read. */
static const unsigned editable[IQ_PROCESSES] = {
	[IQ_PROCESS_TOPIC] = TO(IQ_TOPIC_OPEN) | TO(IQ_TOPIC_DISCUSSED),
	[IQ_PROCESS_MEETING] = TO(IQ_MEETING_PLANNED) | TO(IQ_MEETING_HELD),
	[IQ_PROCESS_PROPOSAL] = TO(IQ_PROPOSAL_DRAFT),
	[IQ_PROCESS_COMMITMENT] = TO(IQ_COMMITMENT_OPEN) | TO(IQ_COMMITMENT_LATE),
};

enum iq_process iq_process_of(enum iq_kind kind)
{
	switch ((int)kind) {
	case IQ_TOPIC:
		return IQ_PROCESS_TOPIC;
	case IQ_MEETING:
		return IQ_PROCESS_MEETING;
	case IQ_PROPOSAL:
		return IQ_PROCESS_PROPOSAL;
	case IQ_COMMITMENT:
		return IQ_PROCESS_COMMITMENT;
	default:
		return IQ_PROCESSES;
	}
}

int iq_process_column(enum iq_kind kind)
{
	static const int8_t column[IQ_KINDS] = {[IQ_TOPIC] = IQ_TOPIC_STATE,
		[IQ_MEETING] = IQ_MEETING_STATE,
		[IQ_PROPOSAL] = IQ_PROPOSAL_STATE,
		[IQ_COMMITMENT] = IQ_COMMITMENT_STATE};

	return kind < IQ_KINDS && column[kind] > 0 ? column[kind] : -1;
}

bool iq_process_may(enum iq_process process, unsigned from, unsigned to)
{
	return process < IQ_PROCESSES && from < IQ_PROCESS_STATES && to < IQ_PROCESS_STATES &&
	       (next[process][from] & TO(to)) != 0;
}

bool iq_process_is_final(enum iq_process process, unsigned state)
{
	return process < IQ_PROCESSES && state < IQ_PROCESS_STATES && next[process][state] == 0;
}

bool iq_process_is_editable(enum iq_process process, unsigned state)
{
	return process < IQ_PROCESSES && state < IQ_PROCESS_STATES &&
	       (editable[process] & TO(state)) != 0;
}

enum iq_commitment_state iq_commitment_today(
	enum iq_commitment_state state, int32_t due, int32_t today)
{
	return state == IQ_COMMITMENT_OPEN && due < today ? IQ_COMMITMENT_LATE : state;
}

/* Two digits, at most `max`; -1: none. */
static int two_digits(const char *p, int max)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	int value = (p[0] - '0') * 10 + p[1] - '0';

	return value <= max ? value : -1;
}

bool iq_time_of_day_parse(struct iq_str s, int *minutes)
{
	if (s.n != 5 || s.p[2] != ':')
		return false;
	int h = two_digits(s.p, 23), m = two_digits(s.p + 3, 59);

	if (h < 0 || m < 0)
		return false;
	*minutes = h * 60 + m;
	return true;
}

bool iq_deadline_parse(struct iq_str s, int64_t *us)
{
	struct iq_str date = {s.p, s.n > 10 ? 10 : s.n};
	int32_t day;
	int minutes;

	if (!iq_date_parse(date, &day))
		return false;
	if (s.n == 10) {
		*us = iq_date_begin(day + 1);
		return true;
	}
	if (s.p[10] != ' ' || !iq_time_of_day_parse((struct iq_str){s.p + 11, s.n - 11}, &minutes))
		return false;
	/* Back from the end of the day, or on from its beginning: clocks change before three. */
	*us = minutes >= 3 * 60 ? iq_date_begin(day + 1) - (24 * 60 - minutes) * MINUTE_US
				: iq_date_begin(day) + minutes * MINUTE_US;
	return true;
}
