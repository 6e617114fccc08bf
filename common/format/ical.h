/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_ICAL_H
#define IQ_FORMAT_ICAL_H

/*
 * Calendars (iCalendar, RFC 5545) of meetings and of what is due. Times of day are those of Germany
 * and are written with TZID=Europe/Berlin, so that a series stays at its hour when the clocks
 * change. The same input gives the same bytes: DTSTAMP is when the record was changed, not now. One
 * thread; errors stay in the buffer (`failed`).
 */

#include "content.h"

enum iq_repeat {
	IQ_REPEAT_NEVER,
	IQ_REPEAT_WEEKLY,
	IQ_REPEAT_FORTNIGHTLY,
	IQ_REPEAT_MONTHLY,   /* same weekday, same week of the month; the fifth means the last */
	IQ_REPEAT_QUARTERLY, /* likewise, every third month */
	IQ_REPEATS
};
extern const char *const iq_repeat_names[IQ_REPEATS + 1]; /* "", "weekly", … */

/*
 * Dates of a series (days since 1970, 1900 to 2999) that begins with `first` and ends with `to`
 * (IQ_DATE_MAX: never), the same as by the rule in the calendar: the first one from `from` on, the
 * last one up to `until`; IQ_DATE_MAX: there is none. A meeting that is not repeated is a series of
 * one.
 */
int32_t iq_repeat_next(int32_t first, enum iq_repeat repeat, int32_t to, int32_t from);
int32_t iq_repeat_last(int32_t first, enum iq_repeat repeat, int32_t to, int32_t until);

enum { IQ_ICAL_NO_TIME = -1 };

struct iq_ical_event {
	struct iq_str id; /* of the record; of a date of a series: of the series */
	int32_t day;      /* days since 1970 */
	int begins, ends; /* minutes of the day or NO_TIME: all day, open end; before: next day */
	enum iq_repeat repeat;
	int32_t repeat_to; /* last day, IQ_DATE_MAX: open */
	/* One date of a series, which takes the place of the one planned for that day and time. */
	bool is_instance;
	int32_t planned_day;
	int planned_begins;
	bool cancelled;
	struct iq_str title, place, text;
	struct iq_str link; /* left out if it is no http address */
	int64_t changed;    /* microseconds since 1970 */
	uint64_t revision;
};

enum iq_todo_state { IQ_TODO_OPEN, IQ_TODO_DONE, IQ_TODO_DROPPED };

struct iq_ical_todo {
	struct iq_str id;
	int32_t due; /* IQ_DATE_MAX: none */
	enum iq_todo_state state;
	int32_t done_on; /* IQ_DATE_MIN: not known */
	struct iq_str title, text;
	int64_t changed;
	uint64_t revision;
};

struct iq_ical {
	struct iq_content c;
	struct iq_str host;
};

/*
 * The beginning of a calendar, with the time zone. `host`: the server's name, the same each time,
 * as it is part of every UID ("meeting/<id>@<host>", "commitment/<id>@<host>"); borrowed until the
 * end.
 */
void iq_ical_begin(struct iq_ical *cal, struct iq_buf *out, struct iq_str host, struct iq_str name);
void iq_ical_event(struct iq_ical *cal, const struct iq_ical_event *event);
void iq_ical_todo(struct iq_ical *cal, const struct iq_ical_todo *todo);
void iq_ical_end(struct iq_ical *cal);

#endif
