/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_CALENDAR_SAMPLE_H
#define IQ_TESTS_CALENDAR_SAMPLE_H

/* A workshop's calendar with all that a calendar may hold; read back by test_calendar.py, too. */

#include "date.h"
#include "ical.h"

static inline int32_t fx_day(const char *iso)
{
	int32_t day = 0;

	(void)iq_date_parse(iq_str(iso), &day);
	return day;
}

/* An instant of 2026-11-22, hour in UTC. */
static inline int64_t fx_stamp(int hour)
{
	return ((int64_t)fx_day("2026-11-22") * 24 + hour) * INT64_C(3600000000);
}

static inline void fx_meetings(struct iq_ical *cal)
{
	struct iq_ical_event series = {.id = IQ_STR("leipzig-regular"),
		.day = fx_day("2027-02-09"),
		.begins = 10 * 60,
		.ends = 12 * 60 + 30,
		.repeat = IQ_REPEAT_MONTHLY,
		.repeat_to = fx_day("2027-11-30"),
		.title = IQ_STR("Regionalwerkstatt Leipzig"),
		.place = IQ_STR("Neues Rathaus, Raum 259; Eingang B"),
		.link = IQ_STR("https://example.org/raum?id=1&x=2"),
		.text = IQ_STR("Tagesordnung:\n1. Lücke „Anerkennung“ bei Geduldeten\n"
			       "2. Überschneidung \\ Jobcenter, Ausländerbehörde; "
			       "Weißwasser/O.L. – Běła Woda"),
		.changed = fx_stamp(12),
		.revision = 1287};
	struct iq_ical_event moved = series;
	struct iq_ical_event weekly = {.id = IQ_STR("weekly"),
		.day = fx_day("2027-03-24"),
		.begins = 9 * 60 + 5,
		.ends = IQ_ICAL_NO_TIME,
		.repeat = IQ_REPEAT_WEEKLY,
		.repeat_to = fx_day("2027-04-07"),
		.title = IQ_STR("Arbeitsgruppe"),
		.changed = fx_stamp(13),
		.revision = 3};
	struct iq_ical_event autumn = weekly;
	struct iq_ical_event fifth = weekly;
	struct iq_ical_event day = {.id = IQ_STR("klausur"),
		.day = fx_day("2027-10-31"),
		.begins = IQ_ICAL_NO_TIME,
		.ends = IQ_ICAL_NO_TIME,
		.repeat_to = IQ_DATE_MAX,
		.title = IQ_STR("Klausurtag"),
		.cancelled = true,
		.changed = fx_stamp(14),
		.revision = 4};

	moved.is_instance = true; /* of the 13th of April, a day later */
	moved.planned_day = fx_day("2027-04-13");
	moved.planned_begins = series.begins;
	moved.day = fx_day("2027-04-14");
	autumn.id = IQ_STR("fortnightly");
	autumn.day = fx_day("2027-10-20");
	autumn.begins = 23 * 60;
	autumn.ends = 60; /* after midnight */
	autumn.repeat = IQ_REPEAT_FORTNIGHTLY;
	autumn.repeat_to = fx_day("2027-11-17");
	fifth.id = IQ_STR("last-friday");
	fifth.day = fx_day("2027-01-29");
	fifth.repeat = IQ_REPEAT_QUARTERLY;
	fifth.repeat_to = IQ_DATE_MAX;
	iq_ical_event(cal, &series);
	iq_ical_event(cal, &moved);
	iq_ical_event(cal, &weekly);
	iq_ical_event(cal, &autumn);
	iq_ical_event(cal, &fifth);
	iq_ical_event(cal, &day);
}

static inline void fx_todos(struct iq_ical *cal)
{
	struct iq_ical_todo todo = {.id = IQ_STR("jc-takes-recognition"),
		.due = fx_day("2027-03-28"),
		.done_on = IQ_DATE_MIN,
		.title = IQ_STR("Jobcenter übernimmt die Anerkennung, mit Merkblatt"),
		.changed = fx_stamp(15),
		.revision = 5};
	struct iq_ical_todo done = todo, dropped = todo;

	done.id = IQ_STR("done");
	done.state = IQ_TODO_DONE;
	done.done_on = fx_day("2027-03-27");
	dropped.id = IQ_STR("dropped");
	dropped.state = IQ_TODO_DROPPED;
	dropped.due = IQ_DATE_MAX;
	iq_ical_todo(cal, &todo);
	iq_ical_todo(cal, &done);
	iq_ical_todo(cal, &dropped);
}

static inline void fx_calendar(struct iq_buf *out)
{
	struct iq_ical cal;

	iq_ical_begin(&cal, out, IQ_STR("iqd.example.org"), IQ_STR("Werkstatt Leipzig"));
	fx_meetings(&cal);
	fx_todos(&cal);
	iq_ical_end(&cal);
}

#endif
