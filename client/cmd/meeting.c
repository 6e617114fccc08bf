/* SPDX-License-Identifier: Apache-2.0 */
/* Meetings: planned, shown, held. */
#include "meeting.h"

#include <stdio.h>
#include <string.h>

#include "bounds.h"
#include "commands.h"
#include "date.h"
#include "grants.h"
#include "json.h"
#include "record.h"
#include "sub.h"

static const char *word(const struct iq_cli *cli, size_t i)
{
	return i < cli->nargs ? cli->arg[i] : NULL;
}

/* ---- plan ------------------------------------------------------------------------------------
 */

static enum iq_err check_time(struct iq_cli *cli, enum iq_opt opt, int *minutes)
{
	const char *text = iq_opt(cli, opt);

	*minutes = IQ_ICAL_NO_TIME;
	if (text == NULL || iq_time_of_day_parse(iq_str(text), minutes))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is not a time of day."),
		N_("Write it as 09:30."), text, NULL);
}

struct plan {
	struct iq_cell_value cells[12];
	size_t n;
	char *on, *until;
	const char *repeat, *agenda;
	int from, to;
};

static void put(struct plan *p, const char *column, const char *value)
{
	if (value != NULL && value[0] != '\0')
		p->cells[p->n++] = (struct iq_cell_value){column, value};
}

static enum iq_err check_series(struct iq_cli *cli, const struct plan *p)
{
	int repeat = p->repeat != NULL ? iq_choice(iq_repeat_names, iq_str(p->repeat)) : 0;

	if (p->repeat != NULL && repeat <= 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("\"{0}\" is no rhythm of a series."),
			N_("There are: weekly, fortnightly, monthly, quarterly."), p->repeat, NULL);
	if (p->until[0] != '\0' && p->repeat == NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--until is the end of a series, and there is none."),
			N_("Add its rhythm: --repeat monthly"), NULL);
	if (p->until[0] != '\0' && strcmp(p->until, p->on) < 0)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The series ends on {0}, before it begins on {1}."), NULL, p->until,
			p->on, NULL);
	return IQ_OK;
}

static enum iq_err read_plan(struct iq_cli *cli, struct plan *p)
{
	enum iq_err err = iq_change_date(cli, iq_opt(cli, IQ_OPT_ON_DAY), &p->on);

	if (err == IQ_OK)
		err = iq_change_date(cli, iq_opt(cli, IQ_OPT_UNTIL), &p->until);
	if (err == IQ_OK)
		err = check_time(cli, IQ_OPT_FROM_TIME, &p->from);
	if (err == IQ_OK)
		err = check_time(cli, IQ_OPT_TO_TIME, &p->to);
	if (err != IQ_OK)
		return err;
	p->repeat = iq_opt(cli, IQ_OPT_REPEAT);
	p->agenda = iq_opt_text(cli, IQ_OPT_AGENDA);
	if (p->on[0] == '\0' && !iq_opt_given(cli, IQ_OPT_SUGGEST))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A meeting needs its day."),
			N_("Write: --on DATE. What it could be about: iqq meeting plan --suggest"),
			NULL);
	if (p->to != IQ_ICAL_NO_TIME && p->from == IQ_ICAL_NO_TIME)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("There is an end (--to) without a beginning."),
			N_("Write: --from HH:MM --to HH:MM"), NULL);
	return check_series(cli, p);
}

/* The id of a single meeting has its day, that of a series its rhythm: of the day is each date. */
static enum iq_err new_id(
	struct iq_cli *cli, const struct plan *p, const char *workshop, const char **id)
{
	enum { ROOM = 32 }; /* "-fortnightly-1000-20270112" */

	*id = iq_opt(cli, IQ_OPT_ID);
	if (*id != NULL)
		return IQ_OK;
	return iq_circle_new_id(cli, IQ_MEETING,
		p->repeat != NULL ? iq_arena_printf(&cli->arena, "%.*s-%s", IQ_LIMIT_ID - ROOM,
					    workshop, p->repeat)
				  : iq_arena_printf(&cli->arena, "%s-%.4s%.2s%.2s", workshop, p->on,
					    p->on + 5, p->on + 8),
		id);
}

static enum iq_err add(struct iq_cli *cli, struct plan *p, const struct iq_rec *workshop)
{
	const char *of = iq_circle_cell(cli, workshop, "id"), *id;
	enum iq_err err = new_id(cli, p, of, &id);

	if (err != IQ_OK)
		return err;
	put(p, "workshop", of);
	put(p, cli->lang == IQ_LANG_EN ? "name_en" : "name_de", iq_opt(cli, IQ_OPT_NAME));
	put(p, "date", p->on);
	put(p, "begins", iq_opt(cli, IQ_OPT_FROM_TIME));
	put(p, "ends", iq_opt(cli, IQ_OPT_TO_TIME));
	put(p, "repeats", p->repeat);
	put(p, "repeats_to", p->until);
	put(p, "place", iq_opt(cli, IQ_OPT_PLACE));
	put(p, "link", iq_opt(cli, IQ_OPT_LINK));
	put(p, "agenda", p->agenda);
	err = iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_MEETING, id, p->cells, p->n, 0,
		_("The meeting is planned."));
	if (err == IQ_OK && !iq_opt_given(cli, IQ_OPT_DRY_RUN))
		iq_note(cli, _("To invite: iqq meeting show %s --invitation"), id);
	return err;
}

static enum iq_err plan(struct iq_cli *cli)
{
	struct iq_suggestion s;
	struct iq_rec workshop;
	struct plan p = {.n = 0};
	enum iq_err err = read_plan(cli, &p);

	if (err == IQ_OK)
		err = iq_circle_meant(cli, word(cli, 0), &workshop);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_SUGGEST))
		err = iq_meeting_suggest(cli, &workshop, &s);
	if (err != IQ_OK)
		return err;
	if (p.on[0] == '\0')
		return iq_suggestion_show(cli, &s);
	if (iq_opt_given(cli, IQ_OPT_SUGGEST))
		p.agenda = iq_suggestion_text(cli, &s, p.agenda);
	return add(cli, &p, &workshop);
}

/* ---- list ------------------------------------------------------------------------------------
 */

static const struct iq_col cols[] = {
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"date", N_("Date"), IQ_CELL_DATE, true},
	{"begins", N_("Begins"), IQ_CELL_TEXT, true},
	{"name", N_("Name"), IQ_CELL_TEXT, false},
	{"place", NULL, IQ_CELL_TEXT, false},
	{"next", NULL, IQ_CELL_DATE, true},
	{"state", N_("State"), IQ_CELL_TEXT, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static const char *iso_of(struct iq_cli *cli, int32_t day)
{
	char *iso = iq_arena_alloc(&cli->arena, 11);

	if (iso != NULL)
		iq_date_format(day, iso);
	return iso != NULL ? iso : "";
}

static json_t *item(struct iq_cli *cli, const struct iq_meeting *m)
{
	json_t *o = iq_record_json(&m->rec);

	json_object_set_new(o, "next", iq_json_or_null(iq_str(iso_of(cli, m->next))));
	json_object_set_new(o, "series", iq_json_or_null(iq_str(m->series ? m->series : "")));
	return o;
}

static enum iq_err as_json(
	struct iq_cli *cli, const struct iq_meeting *v, size_t n, uint64_t revision)
{
	json_t *items = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, item(cli, &v[i]));
	return iq_json_list(cli, revision, items, n);
}

static enum iq_err as_table(struct iq_cli *cli, const struct iq_meetings *all)
{
	bool people = cli->format == IQ_FORMAT_TABLE;
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < all->n; i++) {
		const struct iq_meeting *m = &all->v[i];
		bool series = m->repeat != IQ_REPEAT_NEVER;
		/* people want to know when it is next */
		int32_t day = people ? iq_meeting_shown_day(m) : m->day;
		const char *next = iso_of(cli, m->next);
		const struct iq_str row[COLS] = {iq_str(m->id), iq_str(iso_of(cli, day)),
			iq_str(iq_circle_cell(cli, &m->rec, "begins")),
			iq_str(iq_meeting_title(cli, m)), iq_str(m->place), iq_str(next),
			iq_str(people ? series ? _("series") : iq_meeting_state_word(m->state)
				      : iq_process_states[IQ_PROCESS_MEETING][m->state])};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, all->revision, all->n);
}

static enum iq_err list(struct iq_cli *cli)
{
	struct iq_meetings all;
	struct iq_rec workshop;
	const char *of = NULL;
	enum iq_err err = IQ_OK;

	if ((cli->nargs > 0 || iq_opt_given(cli, IQ_OPT_WORKSHOP))) {
		err = iq_circle_meant(cli, word(cli, 0), &workshop);
		of = err == IQ_OK ? iq_circle_cell(cli, &workshop, "id") : NULL;
	}
	if (err == IQ_OK)
		err = iq_meetings_of(cli, of, &all);
	if (err != IQ_OK)
		return err;
	if (iq_opt_given(cli, IQ_OPT_ICS))
		return iq_calendar_meetings(cli, all.v, all.n);
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(cli, all.v, all.n, all.revision);
	else
		err = as_table(cli, &all);
	if (err == IQ_OK && all.n == 0) {
		iq_note(cli, "%s", _("No meetings are on record for you to see."));
		return IQ_ERR_NOT_FOUND;
	}
	return err;
}

/* ---- show ------------------------------------------------------------------------------------
 */

static const char *names(struct iq_cli *cli, const struct iq_meeting *m)
{
	const struct iq_value *v = &m->rec.col[IQ_MEETING_ATTENDED];
	const char **ids = iq_arena_array(&cli->arena, v->n + 1, sizeof(*ids)), *all = "";

	for (uint32_t i = 0; ids != NULL && i < v->n; i++)
		ids[i] = iq_arena_cstr(&cli->arena, v->v[i]);
	if (ids != NULL)
		iq_circle_names(cli, IQ_INSTITUTION, ids, v->n);
	for (uint32_t i = 0; ids != NULL && i < v->n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? "; " : "",
			iq_circle_name(cli, IQ_INSTITUTION, ids[i]));
	return all;
}

static void block(struct iq_cli *cli, const char *head, const char *text)
{
	struct iq_str rest = iq_str(text), line;

	if (text[0] == '\0')
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(head));
	iq_buf_byte(&cli->out, '\n');
	while (rest.n > 0) {
		if (!iq_str_cut(&rest, '\n', &line))
			break;
		if (line.n > 0)
			iq_paragraph(cli, IQ_STYLE_NONE, "", iq_safe(cli, line));
		else
			iq_buf_byte(&cli->out, '\n');
	}
}

static void show_one(struct iq_cli *cli, const struct iq_meeting *m)
{
	enum { LABEL = 16 };
	const char *hours = iq_meeting_hours(cli, m);
	const char *day = iq_meeting_day(cli, m->day);

	iq_say(cli, IQ_STYLE_BOLD,
		iq_safe_c(cli,
			iq_arena_printf(&cli->arena, "%s (%s)", iq_meeting_title(cli, m), m->id)));
	iq_buf_byte(&cli->out, '\n');
	iq_field(cli, LABEL, _("Workshop"),
		iq_str(iq_circle_name(cli, IQ_WORKSHOP_RECORD, m->workshop)));
	iq_field(cli, LABEL, _("When"),
		iq_str(hours[0] != '\0' ? iq_arena_printf(&cli->arena, "%s, %s", day, hours)
					: day));
	iq_field(cli, LABEL, _("Series"), iq_str(iq_meeting_rhythm(cli, m)));
	if (m->repeat != IQ_REPEAT_NEVER)
		iq_field(cli, LABEL, _("Next date"), iq_str(iq_meeting_day(cli, m->next)));
	iq_field(cli, LABEL, _("Where"), iq_str(m->place));
	iq_field(cli, LABEL, _("Online"), iq_str(m->link));
	iq_field(cli, LABEL, _("State"), iq_str(iq_meeting_state_word(m->state)));
	iq_field(cli, LABEL, _("Present"), iq_str(names(cli, m)));
	block(cli, _("Agenda"), m->agenda);
	block(cli, _("Minutes"), m->minutes);
}

static enum iq_err invite(struct iq_cli *cli, const struct iq_meeting *m)
{
	struct iq_rec workshop;
	const char *subject, *body;
	enum iq_err err = iq_circle_record(cli, IQ_WORKSHOP_RECORD, m->workshop, &workshop);

	if (err != IQ_OK)
		return err;
	iq_meeting_invitation(cli, m, &workshop, &subject, &body);
	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array(), *o = json_object();

		json_object_set_new(o, "id", iq_json_c(m->id));
		json_object_set_new(o, "subject", iq_json_c(subject));
		json_object_set_new(o, "text", iq_json_c(body));
		json_array_append_new(items, o);
		return iq_json_list(cli, m->rec.revision, items, 1);
	}
	iq_buf_printf(&cli->out, _("Subject: %s\n\n"), iq_safe_c(cli, subject).p);

	struct iq_str rest = iq_str(body), line;

	while (rest.n > 0 && iq_str_cut(&rest, '\n', &line)) {
		iq_buf_str(&cli->out, iq_safe(cli, line));
		iq_buf_byte(&cli->out, '\n');
	}
	return IQ_OK;
}

static enum iq_err show(struct iq_cli *cli)
{
	struct iq_meeting m;
	enum iq_err err = iq_meeting_find(cli, cli->arg[0], &m);

	if (err != IQ_OK)
		return err;
	if (iq_opt_given(cli, IQ_OPT_INVITATION))
		return invite(cli, &m);
	if (iq_opt_given(cli, IQ_OPT_ICS))
		return iq_calendar_meetings(cli, &m, 1);
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(cli, &m, 1, m.rec.revision);
	if (cli->format == IQ_FORMAT_TABLE)
		show_one(cli, &m);
	else
		iq_record_show(cli, &m.rec);
	return IQ_OK;
}

enum iq_err iq_cmd_meeting(struct iq_cli *cli)
{
	enum { MANY = 100 };
	static const uint8_t of_plan[] = {IQ_OPT_WORKSHOP, IQ_OPT_ON_DAY, IQ_OPT_FROM_TIME,
		IQ_OPT_TO_TIME, IQ_OPT_NAME, IQ_OPT_PLACE, IQ_OPT_LINK, IQ_OPT_AGENDA,
		IQ_OPT_REPEAT, IQ_OPT_UNTIL, IQ_OPT_ID, IQ_OPT_SUGGEST, IQ_OPT_NONE};
	static const uint8_t of_list[] = {IQ_OPT_WORKSHOP, IQ_OPT_ICS, IQ_OPT_OUTPUT, IQ_OPT_NONE};
	static const uint8_t of_show[] = {
		IQ_OPT_INVITATION, IQ_OPT_ICS, IQ_OPT_OUTPUT, IQ_OPT_NONE};
	static const uint8_t of_date[] = {IQ_OPT_ON_DAY, IQ_OPT_NONE};
	static const uint8_t of_attend[] = {IQ_OPT_ON_DAY, IQ_OPT_ALL, IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"list", "liste", list, 0, 1, N_("[WORKSHOP] [--ics [-o FILE]]"), of_list},
		{"plan", "planen", plan, 0, 1,
			N_("[WORKSHOP] --on DATE [--from HH:MM] [--to HH:MM] [--repeat RHYTHM] "
			   "[--suggest]"),
			of_plan},
		{"show", "zeigen", show, 1, 1, N_("MEETING [--invitation | --ics [-o FILE]]"),
			of_show},
		{"hold", "halten", iq_meeting_hold, 1, 1, N_("MEETING [--on DATE]"), of_date},
		{"attend", "anwesend", iq_meeting_attend, 1, MANY,
			N_("MEETING INSTITUTION… [--all] [--on DATE]"), of_attend},
		{"minutes", "protokoll", iq_meeting_minutes, 1, 2, N_("MEETING [FILE] [--on DATE]"),
			of_date},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
