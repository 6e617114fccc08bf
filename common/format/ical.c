/* SPDX-License-Identifier: Apache-2.0 */
#include "ical.h"

#include <stdio.h>

#include "date.h"

const char *const iq_repeat_names[IQ_REPEATS + 1] = {
	"", "weekly", "fortnightly", "monthly", "quarterly", NULL};

enum { MINUTES = 24 * 60 };
#define US_PER_S INT64_C(1000000)
#define ZONE ";TZID=Europe/Berlin"

/*
 * Directive 2000/84/EC and, before it, the rule in force since 1996: the last Sundays of March and
 * October at 01:00 UTC. The first dates are those of 1996.
 */
static const char *const zone[][2] = {
	{"BEGIN", "VTIMEZONE"},
	{"TZID", "Europe/Berlin"},
	{"BEGIN", "DAYLIGHT"},
	{"TZNAME", "CEST"},
	{"TZOFFSETFROM", "+0100"},
	{"TZOFFSETTO", "+0200"},
	{"DTSTART", "19960331T020000"},
	{"RRULE", "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"},
	{"END", "DAYLIGHT"},
	{"BEGIN", "STANDARD"},
	{"TZNAME", "CET"},
	{"TZOFFSETFROM", "+0200"},
	{"TZOFFSETTO", "+0100"},
	{"DTSTART", "19961027T030000"},
	{"RRULE", "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU"},
	{"END", "STANDARD"},
	{"END", "VTIMEZONE"},
};

void iq_ical_begin(struct iq_ical *cal, struct iq_buf *out, struct iq_str host, struct iq_str name)
{
	*cal = (struct iq_ical){.c = {.out = out}, .host = host};
	iq_content_line(&cal->c, "BEGIN", "VCALENDAR");
	iq_content_line(&cal->c, "VERSION", "2.0");
	iq_content_line(&cal->c, "PRODID", "-//iqd//directory of responsibilities//EN");
	iq_content_line(&cal->c, "CALSCALE", "GREGORIAN");
	iq_content_text_line(&cal->c, "NAME", name);         /* RFC 7986 */
	iq_content_text_line(&cal->c, "X-WR-CALNAME", name); /* what most programs read */
	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		iq_content_line(&cal->c, zone[i][0], zone[i][1]);
}

void iq_ical_end(struct iq_ical *cal)
{
	iq_content_line(&cal->c, "END", "VCALENDAR");
}

/* What every component begins with. */
static void head(
	struct iq_ical *cal, const char *kind, struct iq_str id, int64_t changed, uint64_t revision)
{
	char stamp[17], number[24];

	iq_content_raw(&cal->c, "UID:");
	iq_content_raw(&cal->c, kind);
	iq_content_raw(&cal->c, "/");
	iq_content_text(&cal->c, id);
	iq_content_raw(&cal->c, "@");
	iq_content_text(&cal->c, cal->host);
	iq_content_end(&cal->c);
	iq_content_utc(changed, stamp);
	iq_content_line(&cal->c, "DTSTAMP", stamp);
	iq_content_line(&cal->c, "LAST-MODIFIED", stamp);
	/* an INTEGER has 31 bits */
	snprintf(number, sizeof(number), "%llu", (unsigned long long)(revision & 0x7fffffff));
	iq_content_line(&cal->c, "SEQUENCE", number);
}

/* NAME;VALUE=DATE:20260329 or NAME;TZID=Europe/Berlin:20260329T100000 */
static void moment(struct iq_ical *cal, const char *name, int32_t day, int minutes)
{
	char date[9], time[24] = "";

	iq_content_date(day, date);
	iq_content_raw(&cal->c, name);
	if (minutes < 0) {
		iq_content_raw(&cal->c, ";VALUE=DATE:");
	} else {
		iq_content_raw(&cal->c, ZONE ":");
		snprintf(time, sizeof(time), "T%02d%02d00", minutes / 60 % 24, minutes % 60);
	}
	iq_content_raw(&cal->c, date);
	iq_content_raw(&cal->c, time);
	iq_content_end(&cal->c);
}

/* ---- series --------------------------------------------------------------------------------- */

/* "2TU", "-1FR" */
static void weekday_of_month(int32_t day, char out[16])
{
	static const char *const names[] = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};
	char date[9];
	int week;

	iq_content_date(day, date);
	week = ((date[6] - '0') * 10 + date[7] - '0' - 1) / 7 + 1;
	snprintf(out, 16, "%d%s", week > 4 ? -1 : week,
		names[((day + 4) % 7 + 7) % 7]); /* 1970-01-01: Thursday */
}

static void rule(struct iq_ical *cal, const struct iq_ical_event *e)
{
	static const char *const rules[IQ_REPEATS] = {
		[IQ_REPEAT_WEEKLY] = "FREQ=WEEKLY",
		[IQ_REPEAT_FORTNIGHTLY] = "FREQ=WEEKLY;INTERVAL=2",
		[IQ_REPEAT_MONTHLY] = "FREQ=MONTHLY;BYDAY=",
		[IQ_REPEAT_QUARTERLY] = "FREQ=MONTHLY;INTERVAL=3;BYDAY=",
	};
	char weekday[16], until[17];

	if (e->repeat == IQ_REPEAT_NEVER || e->repeat >= IQ_REPEATS || e->is_instance)
		return;
	iq_content_raw(&cal->c, "RRULE:");
	iq_content_raw(&cal->c, rules[e->repeat]);
	if (e->repeat == IQ_REPEAT_MONTHLY || e->repeat == IQ_REPEAT_QUARTERLY) {
		weekday_of_month(e->day, weekday);
		iq_content_raw(&cal->c, weekday);
	}
	if (e->repeat_to != IQ_DATE_MAX) {
		/* of the type of DTSTART; with a time zone in UTC (3.3.10) */
		if (e->begins < 0)
			iq_content_date(e->repeat_to, until);
		else
			iq_content_utc(iq_date_begin(e->repeat_to + 1) - US_PER_S, until);
		iq_content_raw(&cal->c, ";UNTIL=");
		iq_content_raw(&cal->c, until);
	}
	iq_content_end(&cal->c);
}

/* ---- components ----------------------------------------------------------------------------- */

static void ending(struct iq_ical *cal, const struct iq_ical_event *e)
{
	if (e->begins < 0 || e->ends < 0 || e->ends == e->begins)
		return;
	moment(cal, "DTEND", e->day + (e->ends < e->begins) + e->ends / MINUTES, e->ends % MINUTES);
}

void iq_ical_event(struct iq_ical *cal, const struct iq_ical_event *e)
{
	iq_content_line(&cal->c, "BEGIN", "VEVENT");
	head(cal, "meeting", e->id, e->changed, e->revision);
	if (e->is_instance)
		moment(cal, "RECURRENCE-ID", e->planned_day, e->planned_begins);
	moment(cal, "DTSTART", e->day, e->begins);
	ending(cal, e);
	rule(cal, e);
	iq_content_text_line(&cal->c, "SUMMARY", e->title);
	iq_content_text_line(&cal->c, "LOCATION", e->place);
	iq_content_text_line(&cal->c, "DESCRIPTION", e->text);
	if (iq_content_is_url(e->link)) {
		iq_content_raw(&cal->c, "URL:");
		iq_content_raw_str(&cal->c, e->link);
		iq_content_end(&cal->c);
	}
	iq_content_line(&cal->c, "STATUS", e->cancelled ? "CANCELLED" : "CONFIRMED");
	iq_content_line(&cal->c, "END", "VEVENT");
}

void iq_ical_todo(struct iq_ical *cal, const struct iq_ical_todo *t)
{
	static const char *const states[] = {[IQ_TODO_OPEN] = "NEEDS-ACTION",
		[IQ_TODO_DONE] = "COMPLETED",
		[IQ_TODO_DROPPED] = "CANCELLED"};
	char done[17];

	iq_content_line(&cal->c, "BEGIN", "VTODO");
	head(cal, "commitment", t->id, t->changed, t->revision);
	if (t->due != IQ_DATE_MAX)
		moment(cal, "DUE", t->due, IQ_ICAL_NO_TIME);
	iq_content_text_line(&cal->c, "SUMMARY", t->title);
	iq_content_text_line(&cal->c, "DESCRIPTION", t->text);
	iq_content_line(&cal->c, "STATUS", states[t->state]);
	if (t->state == IQ_TODO_DONE && t->done_on != IQ_DATE_MIN) {
		/* only the day is known: noon, which is that day everywhere in Europe */
		iq_content_utc(iq_date_begin(t->done_on) + INT64_C(43200) * US_PER_S, done);
		iq_content_line(&cal->c, "COMPLETED", done);
	}
	iq_content_line(&cal->c, "END", "VTODO");
}
