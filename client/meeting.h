/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_MEETING_H
#define IQ_CLIENT_MEETING_H

/*
 * Meetings of a workshop: read (meeting.c), what to talk about (meeting_agenda.c), the invitation
 * (meeting_text.c), as a calendar (calendar.c). Everything lives in cli->arena.
 */

#include "agenda.h"
#include "circle.h"
#include "ical.h"
#include "workshop.h"

struct iq_meeting {
	struct iq_rec rec;
	const char *id, *workshop, *name, *place, *link, *agenda, *minutes; /* "" if unset */
	int32_t day;      /* days since 1970; IQ_DATE_MIN: none that can be read */
	int begins, ends; /* minutes of the day, IQ_ICAL_NO_TIME */
	enum iq_repeat repeat;
	int32_t repeat_to; /* IQ_DATE_MAX: open */
	enum iq_meeting_state state;
	/* a date of a series that has become a record of its own; NULL: it is none */
	const char *series;
	int32_t planned_day;
	int planned_begins;
	int32_t next; /* from today on; IQ_DATE_MAX: over */
};

struct iq_meetings {
	struct iq_meeting *v; /* by iq_meeting_shown_day(), then by id */
	size_t n;
	uint64_t revision;
};

/* A meeting by its record. What belongs to a series is known from the others: iq_meetings_of(). */
void iq_meeting_read(struct iq_cli *cli, const struct iq_rec *rec, struct iq_meeting *out);
/* Those of a workshop; NULL: all that the caller may see. */
IQ_CHECK enum iq_err iq_meetings_of(
	struct iq_cli *cli, const char *workshop, struct iq_meetings *out);
/* The one with this id, and whether it is a date of a series. IQ_ERR_NOT_FOUND. */
IQ_CHECK enum iq_err iq_meeting_find(struct iq_cli *cli, const char *id, struct iq_meeting *out);
/* Of a series, the date `--on` says, or the last one up to today: its record, or what is to become
 * it (*fresh). Of other meetings themselves. */
IQ_CHECK enum iq_err iq_meeting_date(
	struct iq_cli *cli, const char *id, struct iq_meeting *out, bool *fresh);
/* Creates what iq_meeting_date() found to be fresh. */
IQ_CHECK enum iq_err iq_meeting_create(struct iq_cli *cli, const struct iq_meeting *m);

/* Its day; of a series that goes on its next date. */
int32_t iq_meeting_shown_day(const struct iq_meeting *m);
/* What it is called: its name, or that of its workshop. */
const char *iq_meeting_title(struct iq_cli *cli, const struct iq_meeting *m);
/* "Tuesday, 12 January 2027", "10:00 to 12:00", "every second Tuesday of the month"; "" for none.
 */
const char *iq_meeting_day(struct iq_cli *cli, int32_t day);
const char *iq_meeting_hours(struct iq_cli *cli, const struct iq_meeting *m);
const char *iq_meeting_rhythm(struct iq_cli *cli, const struct iq_meeting *m);
const char *iq_meeting_state_word(enum iq_meeting_state state);

/* ---- once it takes place (meeting_hold.c) -----------------------------------------------------
 */

/* iqq meeting hold, attend, minutes: with cli->arg as on the command line. */
IQ_CHECK enum iq_err iq_meeting_hold(struct iq_cli *cli);
IQ_CHECK enum iq_err iq_meeting_attend(struct iq_cli *cli);
IQ_CHECK enum iq_err iq_meeting_minutes(struct iq_cli *cli);

/* ---- the suggested agenda (meeting_agenda.c, meeting_suggest.c) -------------------------  */

struct iq_suggestion {
	struct iq_agenda agenda;
	uint64_t revision;
	const char *region; /* of the workshop */
	const char *since;  /* ISO: day of the last meeting; "": there was none */
};
/* From gaps, overlaps, what is stale, commitments, proposals, topics and the changes since the last
 * meeting, as the caller may see them. --limit: lines. */
IQ_CHECK enum iq_err iq_meeting_suggest(
	struct iq_cli *cli, const struct iq_rec *workshop, struct iq_suggestion *out);
/* Prints it in the format asked for. */
IQ_CHECK enum iq_err iq_suggestion_show(struct iq_cli *cli, const struct iq_suggestion *s);
/*
 * As text of the column `agenda`, after `before`. Guests see that column, and it outlives today's
 * members: of commitments, proposals and topics it says how many, and not which.
 */
const char *iq_suggestion_text(
	struct iq_cli *cli, const struct iq_suggestion *s, const char *before);

/* ---- the invitation (meeting_text.c) -------------------------------------------------------- */

/* Text for mail; only what a guest sees of the meeting, and no person. */
void iq_meeting_invitation(struct iq_cli *cli, const struct iq_meeting *m,
	const struct iq_rec *workshop, const char **subject, const char **body);

/* ---- calendars (calendar.c) ----------------------------------------------------------------- */

/* As .ics, to --output or standard output. */
IQ_CHECK enum iq_err iq_calendar_meetings(struct iq_cli *cli, const struct iq_meeting *v, size_t n);
/* Commitments as to-dos; records of that kind. */
IQ_CHECK enum iq_err iq_calendar_commitments(struct iq_cli *cli, const struct iq_rec *v, size_t n);

#endif
