/* SPDX-License-Identifier: Apache-2.0 */
#include "meeting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "grants.h"

enum { COMPACT = 8 }; /* digits of yyyymmdd */

/* ---- reading ---------------------------------------------------------------------------------
 */

static const char *cell(struct iq_cli *cli, const struct iq_rec *rec, int col)
{
	const char *text = iq_arena_cstr(&cli->arena, iq_rec_text(rec, col));

	return text != NULL ? text : "";
}

static int32_t today(struct iq_cli *cli)
{
	int32_t day = 0;

	(void)iq_date_parse(iq_str(iq_circle_today(cli)), &day);
	return day;
}

void iq_meeting_read(struct iq_cli *cli, const struct iq_rec *rec, struct iq_meeting *out)
{
	int repeat = iq_choice(iq_repeat_names, iq_rec_text(rec, IQ_MEETING_REPEATS));
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_MEETING], iq_rec_text(rec, IQ_MEETING_STATE));

	*out = (struct iq_meeting){.rec = *rec,
		.id = cell(cli, rec, IQ_COL_ID),
		.workshop = cell(cli, rec, IQ_MEETING_WORKSHOP),
		.place = cell(cli, rec, IQ_MEETING_PLACE),
		.link = cell(cli, rec, IQ_MEETING_LINK),
		.agenda = cell(cli, rec, IQ_MEETING_AGENDA),
		.minutes = cell(cli, rec, IQ_MEETING_MINUTES),
		.day = IQ_DATE_MIN,
		.begins = IQ_ICAL_NO_TIME,
		.ends = IQ_ICAL_NO_TIME,
		.repeat = repeat > 0 ? (enum iq_repeat)repeat : IQ_REPEAT_NEVER,
		.repeat_to = IQ_DATE_MAX,
		.state = state > 0 ? (enum iq_meeting_state)state : IQ_MEETING_PLANNED};
	out->name = cell(cli, rec, IQ_MEETING_NAME_DE);
	if (out->name[0] == '\0' || (cli->lang == IQ_LANG_EN && rec->col[IQ_MEETING_NAME_EN].n > 0))
		out->name = cell(cli, rec, IQ_MEETING_NAME_EN);
	(void)iq_date_parse(iq_rec_text(rec, IQ_MEETING_DATE), &out->day);
	(void)iq_date_parse(iq_rec_text(rec, IQ_MEETING_REPEATS_TO), &out->repeat_to);
	(void)iq_time_of_day_parse(iq_rec_text(rec, IQ_MEETING_BEGINS), &out->begins);
	(void)iq_time_of_day_parse(iq_rec_text(rec, IQ_MEETING_ENDS), &out->ends);
	out->next = out->day == IQ_DATE_MIN
			    ? IQ_DATE_MAX
			    : iq_repeat_next(out->day, out->repeat, out->repeat_to, today(cli));
}

/* "<series>-<yyyymmdd>": *day, and where the id of the series ends; 0: it is none. */
static size_t series_part(const char *id, int32_t *day)
{
	size_t n = strlen(id);
	char iso[11];

	if (n < COMPACT + 2 || id[n - COMPACT - 1] != '-' ||
		strspn(id + n - COMPACT, "0123456789") != COMPACT)
		return 0;
	snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2s", id + n - COMPACT, id + n - COMPACT + 4,
		id + n - COMPACT + 6);
	return iq_date_parse(iq_str(iso), day) ? n - COMPACT - 1 : 0;
}

static void make_date_of(struct iq_meeting *m, const struct iq_meeting *series, int32_t day)
{
	m->series = series->id;
	m->planned_day = day;
	m->planned_begins = series->begins;
}

static bool has_date(const struct iq_meeting *series, int32_t day)
{
	return series->repeat != IQ_REPEAT_NEVER && series->day != IQ_DATE_MIN &&
	       iq_repeat_next(series->day, series->repeat, series->repeat_to, day) == day;
}

/* The day to look for: of a series its next date. */
int32_t iq_meeting_shown_day(const struct iq_meeting *m)
{
	return m->repeat != IQ_REPEAT_NEVER && m->next != IQ_DATE_MAX ? m->next : m->day;
}

static int by_date(const void *a, const void *b)
{
	const struct iq_meeting *x = a, *y = b;
	int32_t left = iq_meeting_shown_day(x), right = iq_meeting_shown_day(y);

	if (left != right)
		return left < right ? -1 : 1;
	return strcmp(x->id, y->id);
}

enum iq_err iq_meetings_of(struct iq_cli *cli, const char *workshop, struct iq_meetings *out)
{
	struct iq_records r;
	enum iq_err err = iq_circle_records(
		cli, IQ_MEETING, workshop != NULL ? "workshop" : NULL, workshop, &r);

	*out = (struct iq_meetings){.n = 0};
	if (err != IQ_OK)
		return err;
	out->v = iq_arena_array(&cli->arena, r.n + 1, sizeof(*out->v));
	if (out->v == NULL)
		return IQ_ERR_INTERNAL;
	out->revision = r.revision;
	for (size_t i = 0; i < r.n; i++)
		iq_meeting_read(cli, &r.v[i], &out->v[out->n++]);
	for (size_t i = 0; i < out->n; i++) {
		int32_t day;
		size_t n = series_part(out->v[i].id, &day);

		for (size_t k = 0; n > 0 && k < out->n; k++)
			if (strlen(out->v[k].id) == n &&
				memcmp(out->v[k].id, out->v[i].id, n) == 0 &&
				has_date(&out->v[k], day))
				make_date_of(&out->v[i], &out->v[k], day);
	}
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), by_date);
	return IQ_OK;
}

enum iq_err iq_meeting_find(struct iq_cli *cli, const char *id, struct iq_meeting *out)
{
	struct iq_meeting series;
	struct iq_rec rec;
	bool found = false;
	int32_t day;
	enum iq_err err = iq_circle_seek(cli, IQ_MEETING, id, &rec, &found);

	if (err != IQ_OK)
		return err;
	if (!found)
		return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
			N_("There is no meeting \"{0}\"."),
			N_("Those you may see: iqq meeting list"), id, NULL);
	iq_meeting_read(cli, &rec, out);
	size_t n = series_part(out->id, &day);

	if (n == 0)
		return IQ_OK;
	err = iq_circle_seek(cli, IQ_MEETING, iq_arena_printf(&cli->arena, "%.*s", (int)n, out->id),
		&rec, &found);
	if (err != IQ_OK || !found)
		return err;
	iq_meeting_read(cli, &rec, &series);
	if (has_date(&series, day))
		make_date_of(out, &series, day);
	return IQ_OK;
}

/* ---- a date of a series ----------------------------------------------------------------------
 */

static enum iq_err which_date(struct iq_cli *cli, const struct iq_meeting *series, int32_t *day)
{
	const char *on = iq_opt(cli, IQ_OPT_ON_DAY);
	char *iso = NULL;
	enum iq_err err;

	if (on == NULL) {
		*day = iq_repeat_last(series->day, series->repeat, series->repeat_to, today(cli));
		if (*day != IQ_DATE_MAX)
			return IQ_OK;
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("\"{0}\" is a series, and none of its dates has come yet."),
			N_("If it is about one to come, say which: --on DATE"), series->id, NULL);
	}
	err = iq_change_date(cli, on, &iso);
	if (err != IQ_OK)
		return err;
	(void)iq_date_parse(iq_str(iso), day);
	if (has_date(series, *day))
		return IQ_OK;
	int32_t next = iq_repeat_next(series->day, series->repeat, series->repeat_to, *day);
	char text[11];

	iq_date_format(next, text);
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("The series \"{0}\" has no date on {1}."),
		next != IQ_DATE_MAX ? N_("The next one after that is {2}.")
				    : N_("It has ended by then."),
		series->id, iso, text, NULL);
}

enum iq_err iq_meeting_date(struct iq_cli *cli, const char *id, struct iq_meeting *out, bool *fresh)
{
	struct iq_meeting series;
	struct iq_rec rec;
	char iso[11];
	bool found;
	int32_t day;
	enum iq_err err = iq_meeting_find(cli, id, out);

	*fresh = false;
	if (err != IQ_OK || out->repeat == IQ_REPEAT_NEVER || out->day == IQ_DATE_MIN) {
		if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_ON_DAY))
			return iq_error_set(&cli->error, IQ_ERR_USAGE,
				N_("\"{0}\" is a single meeting; --on chooses a date of a series."),
				NULL, id, NULL);
		return err;
	}
	series = *out;
	err = which_date(cli, &series, &day);
	if (err != IQ_OK)
		return err;
	iq_date_format(day, iso);
	const char *of =
		iq_arena_printf(&cli->arena, "%s-%.4s%.2s%.2s", series.id, iso, iso + 5, iso + 8);

	err = iq_circle_seek(cli, IQ_MEETING, of, &rec, &found);
	if (err != IQ_OK)
		return err;
	if (found) {
		iq_meeting_read(cli, &rec, out);
	} else {
		*fresh = true;
		out->id = of;
		out->day = out->next = day;
		out->repeat = IQ_REPEAT_NEVER;
		out->repeat_to = IQ_DATE_MAX;
		out->state = IQ_MEETING_PLANNED;
		out->minutes = "";
		out->rec.col[IQ_MEETING_ATTENDED].n = 0;
		out->rec.revision = 0;
	}
	make_date_of(out, &series, day);
	return IQ_OK;
}

enum iq_err iq_meeting_create(struct iq_cli *cli, const struct iq_meeting *m)
{
	static const char *const kept[] = {
		"workshop", "name_de", "name_en", "begins", "ends", "place", "link", "agenda"};
	enum { KEPT = sizeof(kept) / sizeof(kept[0]) };
	struct iq_cell_value cells[KEPT + 1];
	char iso[11];
	size_t n = 0;

	iq_date_format(m->day, iso);
	cells[n++] = (struct iq_cell_value){"date", iso};
	for (size_t i = 0; i < KEPT; i++) {
		const char *value = iq_circle_cell(cli, &m->rec, kept[i]);

		if (value[0] != '\0')
			cells[n++] = (struct iq_cell_value){kept[i], value};
	}
	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_MEETING, m->id, cells, n, 0,
		_("The date of the series has a record of its own now."));
}

/* ---- words -----------------------------------------------------------------------------------
 */

const char *iq_meeting_title(struct iq_cli *cli, const struct iq_meeting *m)
{
	return m->name[0] != '\0' ? m->name : iq_circle_name(cli, IQ_WORKSHOP_RECORD, m->workshop);
}

static const char *const weekdays[] = {N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"),
	N_("Friday"), N_("Saturday"), N_("Sunday")};

/* 1970-01-01 was a Thursday. */
static int weekday(int32_t day)
{
	return ((day + 3) % 7 + 7) % 7;
}

static int two_digits(const char *s)
{
	return 10 * (s[0] - '0') + s[1] - '0';
}

const char *iq_meeting_day(struct iq_cli *cli, int32_t day)
{
	static const char *const months[] = {N_("January"), N_("February"), N_("March"),
		N_("April"), N_("May"), N_("June"), N_("July"), N_("August"), N_("September"),
		N_("October"), N_("November"), N_("December")};
	char iso[11];

	iq_date_format(day, iso);
	if (iso[0] == '\0')
		return "";
	/* weekday, day, month, year */
	return iq_arena_printf(&cli->arena, _("%s, %d %s %.4s"), gettext(weekdays[weekday(day)]),
		two_digits(iso + 8), gettext(months[two_digits(iso + 5) - 1]), iso);
}

const char *iq_meeting_hours(struct iq_cli *cli, const struct iq_meeting *m)
{
	const char *from = iq_circle_cell(cli, &m->rec, "begins");
	const char *to = iq_circle_cell(cli, &m->rec, "ends");

	if (from[0] == '\0')
		return "";
	if (to[0] == '\0')
		return iq_arena_printf(&cli->arena, _("begins %s"), from);
	return iq_arena_printf(&cli->arena, _("%s to %s"), from, to);
}

const char *iq_meeting_rhythm(struct iq_cli *cli, const struct iq_meeting *m)
{
	/* by the week of the month; the fifth means the last */
	static const char *const monthly[] = {N_("every month on the first {0}"),
		N_("every month on the second {0}"), N_("every month on the third {0}"),
		N_("every month on the fourth {0}"), N_("every month on the last {0}")};
	static const char *const quarterly[] = {N_("every three months on the first {0}"),
		N_("every three months on the second {0}"),
		N_("every three months on the third {0}"),
		N_("every three months on the fourth {0}"),
		N_("every three months on the last {0}")};
	const char *text = N_("every week on {0}");
	char iso[11];

	if (m->repeat == IQ_REPEAT_NEVER || m->day == IQ_DATE_MIN)
		return "";
	iq_date_format(m->day, iso);
	if (m->repeat == IQ_REPEAT_FORTNIGHTLY)
		text = N_("every other week on {0}");
	else if (m->repeat == IQ_REPEAT_MONTHLY)
		text = monthly[(two_digits(iso + 8) - 1) / 7];
	else if (m->repeat == IQ_REPEAT_QUARTERLY)
		text = quarterly[(two_digits(iso + 8) - 1) / 7];
	const struct iq_str day = iq_str(gettext(weekdays[weekday(m->day)]));

	text = iq_text_fill(&cli->arena, gettext(text), &day, 1);
	if (m->repeat_to == IQ_DATE_MAX)
		return text;
	iq_date_format(m->repeat_to, iso);
	return iq_arena_printf(&cli->arena, _("%s, until %s"), text, iq_word_date(cli, iso).p);
}

const char *iq_meeting_state_word(enum iq_meeting_state state)
{
	static const char *const words[] = {[IQ_MEETING_PLANNED] = N_("planned"),
		[IQ_MEETING_HELD] = N_("held"),
		[IQ_MEETING_MINUTED] = N_("minuted")};

	return gettext(words[state]);
}
