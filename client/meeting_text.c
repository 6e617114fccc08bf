/* SPDX-License-Identifier: Apache-2.0 */
/* The invitation to a meeting, as text for mail. */
#include <string.h>

#include "date.h"
#include "meeting.h"

enum { MAIL_WIDTH = 72, HOUR = 60, CHANGES_AT = 3 * HOUR };
#define US_PER_HOUR INT64_C(3600000000)
#define US_PER_DAY (24 * US_PER_HOUR)

/* Summer time holds at that time of the day. */
static bool is_summer(int32_t day, int minutes)
{
	/* the clocks change before three o'clock: what holds after it, holds when the day ends */
	int32_t at = minutes >= CHANGES_AT ? day + 1 : day;

	return (int64_t)at * US_PER_DAY - iq_date_begin(at) == 2 * US_PER_HOUR;
}

/* With the name of the zone, for who reads it abroad. */
static const char *hours_of(struct iq_cli *cli, const struct iq_meeting *m, int32_t day)
{
	const char *hours = iq_meeting_hours(cli, m);

	if (hours[0] == '\0')
		return "";
	return iq_arena_printf(&cli->arena, _("%s (German time, %s)"), hours,
		is_summer(day, m->begins) ? _("CEST") : _("CET"));
}

static const char *organisers(struct iq_cli *cli, const struct iq_rec *workshop)
{
	struct iq_str rest = iq_str(iq_circle_cell(cli, workshop, "organisers")), part;
	const char *all = "";

	while (rest.n > 0 && iq_str_cut(&rest, ';', &part))
		all = iq_arena_printf(&cli->arena, "%s%s\n", all,
			iq_circle_name(cli, IQ_INSTITUTION, iq_arena_cstr(&cli->arena, part)));
	return all;
}

/* "Place:  value", continued below the value; nothing if it is empty. */
static const char *field(struct iq_cli *cli, const char *text, const char *label, const char *value)
{
	enum { LABEL = 14 };
	struct iq_str rest = iq_wrap(cli, iq_str(value), MAIL_WIDTH - LABEL), line;
	const char *head = label;

	while (value[0] != '\0' && iq_str_cut(&rest, '\n', &line)) {
		unsigned width = iq_width(iq_str(head));

		text = iq_arena_printf(&cli->arena, "%s%s%*s%.*s\n", text, head,
			(int)(width < LABEL ? LABEL - width : 1), "", IQ_STR_ARG(line));
		head = "";
	}
	return text;
}

static const char *agenda(struct iq_cli *cli, const char *text)
{
	struct iq_str rest = iq_str(text), line;
	const char *all = "";

	while (text[0] != '\0' && iq_str_cut(&rest, '\n', &line)) {
		struct iq_str wrapped = iq_wrap(cli, line, MAIL_WIDTH);

		all = iq_arena_printf(&cli->arena, "%s%.*s\n", all, IQ_STR_ARG(wrapped));
	}
	return all;
}

void iq_meeting_invitation(struct iq_cli *cli, const struct iq_meeting *m,
	const struct iq_rec *workshop, const char **subject, const char **body)
{
	const char *name =
		iq_arena_cstr(&cli->arena, iq_rec_name(workshop, cli->lang == IQ_LANG_EN));
	int32_t day = m->next != IQ_DATE_MAX ? m->next : m->day;
	const char *text, *title = m->name[0] != '\0' && strcmp(m->name, name) != 0 ? m->name : "";

	*subject = iq_arena_printf(&cli->arena, _("Invitation: %s%s%s, %s"), name,
		*title ? " – " : "", title, iq_meeting_day(cli, day));
	text = iq_arena_printf(&cli->arena, "%s\n\n",
		iq_wrap(cli,
			iq_str(iq_arena_printf(&cli->arena,
				_("Dear Sir or Madam,\n\nyou are invited to a meeting of the "
				  "workshop “%s”."),
				name)),
			MAIL_WIDTH)
			.p);
	text = field(cli, text, _("What:"), title);
	text = field(cli, text, _("When:"), iq_meeting_day(cli, day));
	text = field(cli, text, _("Time:"), hours_of(cli, m, day));
	text = field(cli, text, _("Series:"), iq_meeting_rhythm(cli, m));
	text = field(cli, text, _("Where:"), m->place);
	text = field(cli, text, _("Online:"), m->link);
	if (m->agenda[0] != '\0')
		text = iq_arena_printf(
			&cli->arena, "%s\n%s\n\n%s", text, _("Agenda"), agenda(cli, m->agenda));
	*body = iq_arena_printf(
		&cli->arena, "%s\n%s\n\n%s", text, _("Kind regards"), organisers(cli, workshop));
}
