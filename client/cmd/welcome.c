/* SPDX-License-Identifier: Apache-2.0 */
/* The workshop for somebody who has just come: what it is, who is who, what is expected now. */
#include <string.h>

#include "commands.h"
#include "session.h"
#include "votes.h"
#include "welcome.h"

static const struct iq_col cols[] = {
	{"workshop", "", IQ_CELL_TEXT, false},
	{"part", "", IQ_CELL_TEXT, false},
	{"id", "", IQ_CELL_TEXT, false},
	{"institution", "", IQ_CELL_SET, false},
	{"text", "", IQ_CELL_TEXT, false},
	{"date", "", IQ_CELL_DATE, false},
	{"state", "", IQ_CELL_TEXT, false},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static const char *cell(struct iq_cli *cli, const struct iq_rec *rec, const char *column)
{
	return iq_circle_cell(cli, rec, column);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void row(struct iq_table *t, const struct iq_welcome *w, const char *part,
	const struct iq_rec *rec, const char *const rest[4])
{
	const struct iq_str r[COLS] = {iq_str(cell(t->cli, &w->workshop, "id")), iq_str(part),
		iq_str(cell(t->cli, rec, "id")), iq_str(rest[0]), iq_str(rest[1]), iq_str(rest[2]),
		iq_str(rest[3])};

	iq_table_add(t, r);
}

static void rows_of(struct iq_table *t, const struct iq_welcome *w)
{
	struct iq_cli *cli = t->cli;

	for (size_t i = 0; i < w->nmembers; i++) {
		const struct iq_rec *m = w->member[i];
		const char *id = cell(cli, m, "institution");
		const char *state = iq_welcome_standing(cli, m);

		if (*state == '\0')
			state = strcmp(cell(cli, m, "guest"), "yes") == 0 ? "guest" : "member";
		row(t, w, "member", m,
			(const char *[]){id, iq_circle_name(cli, IQ_INSTITUTION, id),
				cell(cli, m, "accepted_from"), state});
	}
	if (w->meeting != NULL)
		row(t, w, "meeting", w->meeting,
			(const char *[]){
				"", cell(cli, w->meeting, "name_de"), w->meeting_date, "planned"});
	for (size_t i = 0; i < w->ncommitments; i++) {
		const struct iq_rec *c = w->commitment[i];

		row(t, w, "commitment", c,
			(const char *[]){cell(cli, c, "institutions"), iq_welcome_title(cli, c),
				cell(cli, c, "due"), iq_welcome_state(cli, c)});
	}
	for (size_t i = 0; i < w->nvotes; i++) {
		const struct iq_rec *p = w->vote[i].proposal;

		row(t, w, "vote", p,
			(const char *[]){w->institution, iq_welcome_title(cli, p),
				cell(cli, p, "deadline"),
				w->vote[i].own != NULL ? "voted" : "not-voted"});
	}
	for (size_t i = 0; i < w->nminutes; i++)
		row(t, w, "minutes", w->minutes[i],
			(const char *[]){"", cell(cli, w->minutes[i], "minutes"),
				cell(cli, w->minutes[i], "date"), ""});
}

static enum iq_err show_rows(struct iq_cli *cli, const struct iq_welcomes *all)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < all->n; i++)
		rows_of(&t, &all->v[i]);
	return iq_table_finish(&t, all->revision, t.nrows);
}

/* ---- for people ----------------------------------------------------------------------------- */

static void heading(struct iq_cli *cli, const char *text)
{
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(text));
	iq_buf_byte(&cli->out, '\n');
}

static void line(struct iq_cli *cli, enum iq_style style, const char *first, const char *text)
{
	iq_paragraph(cli, style, first, iq_safe_c(cli, text));
}

/* Every line of a text is a paragraph of its own. */
static void lines(struct iq_cli *cli, enum iq_style style, const char *first, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");

		if (n > 0)
			line(cli, style, first,
				iq_arena_cstr(&cli->arena, (struct iq_str){text, n}));
		text += n + (text[n] == '\n');
	}
}

static const char *date(struct iq_cli *cli, const char *iso)
{
	return iq_word_date(cli, iso).p;
}

/* "2026-12-01 16:00" keeps its time. */
static const char *deadline(struct iq_cli *cli, const char *text)
{
	const char *time = strchr(text, ' ');

	if (time == NULL)
		return date(cli, text);
	const char *day = iq_arena_cstr(&cli->arena, (struct iq_str){text, (size_t)(time - text)});

	return iq_arena_printf(&cli->arena, "%s%s", date(cli, day), time);
}

static const char *names(struct iq_cli *cli, const struct iq_rec *rec, int col)
{
	const struct iq_value *v = &rec->col[col];
	const char *all = "";

	for (uint32_t i = 0; i < v->n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ", " : "",
			iq_circle_name(cli, IQ_INSTITUTION, iq_arena_cstr(&cli->arena, v->v[i])));
	return all;
}

/* What the caller is here. */
static const char *standing(struct iq_cli *cli, const struct iq_welcome *w)
{
	const char *name = iq_circle_name(cli, IQ_INSTITUTION, w->institution);

	if (w->seat == NULL)
		return _("You do not stand for a member here.");
	if (*iq_welcome_standing(cli, w->seat) != '\0')
		return iq_arena_printf(
			&cli->arena, _("%s is invited and has not accepted yet."), name);
	if (strcmp(w->as, "representative") == 0)
		return iq_arena_printf(&cli->arena, _("You represent %s."), name);
	if (strcmp(w->as, "deputy") == 0)
		return iq_arena_printf(&cli->arena, _("You are the deputy for %s."), name);
	if (strcmp(w->as, "editor") == 0)
		return iq_arena_printf(&cli->arena, _("You keep the records of %s."), name);
	return iq_arena_printf(&cli->arena, _("Your institution takes part: %s."), name);
}

static void show_head(struct iq_cli *cli, const struct iq_welcome *w)
{
	const struct iq_rec *ws = &w->workshop;
	const char *organisers = names(cli, ws, IQ_WORKSHOP_ORGANISERS);
	const char *to = cell(cli, ws, "valid_to");
	struct iq_str name = iq_rec_name(ws, cli->lang == IQ_LANG_EN);

	iq_say(cli, IQ_STYLE_BOLD,
		iq_safe_c(cli, iq_arena_printf(&cli->arena, _("Welcome: %.*s"), IQ_STR_ARG(name))));
	iq_buf_byte(&cli->out, '\n');
	line(cli, IQ_STYLE_NONE, "  ", standing(cli, w));
	if (w->seat != NULL && *iq_welcome_standing(cli, w->seat) != '\0')
		line(cli, IQ_STYLE_DIM, "  ",
			iq_arena_printf(
				&cli->arena, _("iqq workshop accept %s"), cell(cli, ws, "id")));
	else if (w->seat != NULL && !iq_welcome_votes(cli, w->seat))
		line(cli, IQ_STYLE_NONE, "  ", _("It takes part without a vote."));
	line(cli, IQ_STYLE_DIM, "  ",
		iq_arena_printf(&cli->arena, "%s · %s", cell(cli, ws, "id"),
			iq_circle_name(cli, IQ_REGION, cell(cli, ws, "region"))));
	if (*organisers != '\0')
		line(cli, IQ_STYLE_NONE, "  ",
			iq_arena_printf(&cli->arena, _("Organised by: %s"), organisers));
	if (*to != '\0')
		line(cli, IQ_STYLE_NONE, "  ",
			iq_arena_printf(&cli->arena, _("Ends on: %s"), date(cli, to)));
	if (*cell(cli, ws, "goals") != '\0') {
		heading(cli, _("Goals"));
		lines(cli, IQ_STYLE_NONE, "  ", cell(cli, ws, "goals"));
	}
}

/* Does the caller see all there is, so that nothing is nothing? */
static bool is_insider(struct iq_cli *cli, const struct iq_welcome *w)
{
	return w->seat != NULL && *iq_welcome_standing(cli, w->seat) == '\0' &&
	       strcmp(cell(cli, w->seat, "guest"), "yes") != 0;
}

static void show_votes(struct iq_cli *cli, const struct iq_welcome *w)
{
	if (w->nvotes == 0 && !is_insider(cli, w))
		return;
	heading(cli, _("Votes that run"));
	for (size_t i = 0; i < w->nvotes; i++) {
		const struct iq_welcome_vote *v = &w->vote[i];
		const char *until = cell(cli, v->proposal, "deadline");
		const char *choice = v->own ? cell(cli, v->own, "choice") : "";

		line(cli, IQ_STYLE_NONE, "  · ", iq_welcome_title(cli, v->proposal));
		if (*until != '\0')
			line(cli, IQ_STYLE_DIM, "    ",
				iq_arena_printf(&cli->arena, _("%s · until %s"),
					cell(cli, v->proposal, "id"), deadline(cli, until)));
		if (v->own != NULL)
			line(cli, IQ_STYLE_GREEN, "    ",
				*choice == '\0' ? _("Your institution has voted.")
						: iq_arena_printf(&cli->arena,
							  _("Your institution has voted: %s"),
							  iq_vote_choice_word(choice)));
		else if (w->seat != NULL && iq_welcome_votes(cli, w->seat))
			line(cli, IQ_STYLE_YELLOW, "    ",
				_("Your institution has not voted yet."));
		if (iq_welcome_command(cli, w, v) != NULL)
			line(cli, IQ_STYLE_DIM, "    ",
				iq_arena_printf(&cli->arena, _("iqq vote cast %s yes|no|abstain"),
					cell(cli, v->proposal, "id")));
	}
	if (w->nvotes == 0)
		line(cli, IQ_STYLE_DIM, "  ", _("None."));
}

static void show_commitments(struct iq_cli *cli, const struct iq_welcome *w)
{
	if (w->ncommitments == 0 && !is_insider(cli, w))
		return;
	heading(cli, _("Open commitments"));
	for (size_t i = 0; i < w->ncommitments; i++) {
		const struct iq_rec *c = w->commitment[i];
		const char *due = cell(cli, c, "due");
		bool own = iq_welcome_is_own(cli, w, c);
		bool late = strcmp(iq_welcome_state(cli, c), "late") == 0;
		const char *when = _("no due date");

		if (*due != '\0')
			when = iq_arena_printf(&cli->arena,
				late ? _("late: was due on %s") : _("due on %s"), date(cli, due));
		if (i == 0 && own)
			line(cli, IQ_STYLE_NONE, "  ", _("Of your institution:"));
		else if (!own && i > 0 && iq_welcome_is_own(cli, w, w->commitment[i - 1]))
			line(cli, IQ_STYLE_NONE, "  ", _("Of the others:"));
		line(cli, IQ_STYLE_NONE, "  · ", iq_welcome_title(cli, c));
		line(cli, late ? IQ_STYLE_YELLOW : IQ_STYLE_DIM, "    ",
			iq_arena_printf(&cli->arena, "%s · %s · %s", cell(cli, c, "id"), when,
				names(cli, c, IQ_COMMITMENT_INSTITUTIONS)));
	}
	if (w->ncommitments == 0)
		line(cli, IQ_STYLE_DIM, "  ", _("None."));
}

static void show_meeting(struct iq_cli *cli, const struct iq_welcome *w)
{
	const struct iq_rec *m = w->meeting;
	const char *text;

	if (m == NULL && !is_insider(cli, w))
		return;
	heading(cli, _("Next meeting"));
	if (m == NULL) {
		line(cli, IQ_STYLE_DIM, "  ", _("None is planned."));
		return;
	}
	struct iq_str name = iq_rec_name(m, cli->lang == IQ_LANG_EN);
	const char *begins = cell(cli, m, "begins"), *ends = cell(cli, m, "ends");

	text = date(cli, w->meeting_date);
	if (*begins != '\0')
		text = iq_arena_printf(
			&cli->arena, "%s, %s%s%s", text, begins, *ends != '\0' ? "–" : "", ends);
	if (*cell(cli, m, "place") != '\0')
		text = iq_arena_printf(&cli->arena, "%s, %s", text, cell(cli, m, "place"));
	if (name.n > 0 && !iq_str_eq(name, iq_rec_text(m, IQ_COL_ID)))
		text = iq_arena_printf(&cli->arena, "%.*s: %s", IQ_STR_ARG(name), text);
	line(cli, IQ_STYLE_NONE, "  ", text);
	if (*cell(cli, m, "link") != '\0')
		line(cli, IQ_STYLE_NONE, "  ", cell(cli, m, "link"));
	lines(cli, IQ_STYLE_DIM, "    ", cell(cli, m, "agenda"));
}

static void show_members(struct iq_cli *cli, const struct iq_welcome *w)
{
	heading(cli, _("Who is who"));
	for (size_t i = 0; i < w->nmembers; i++) {
		const struct iq_rec *m = w->member[i];
		const char *rep = cell(cli, m, "representative"), *dep = cell(cli, m, "deputy");
		const char *text = iq_circle_name(cli, IQ_INSTITUTION, cell(cli, m, "institution"));

		if (*iq_welcome_standing(cli, m) != '\0')
			text = iq_arena_printf(&cli->arena, _("%s (invited)"), text);
		else if (strcmp(cell(cli, m, "guest"), "yes") == 0)
			text = iq_arena_printf(&cli->arena, _("%s (guest)"), text);
		else if (!iq_welcome_votes(cli, m))
			text = iq_arena_printf(&cli->arena, _("%s (without a vote)"), text);
		line(cli, m == w->seat ? IQ_STYLE_BOLD : IQ_STYLE_NONE, "  · ", text);
		text = *rep != '\0' ? iq_circle_name(cli, IQ_CONTACT, rep) : "";
		if (*dep != '\0')
			text = iq_arena_printf(&cli->arena, _("%s%sdeputy: %s"), text,
				*text != '\0' ? " · " : "", iq_circle_name(cli, IQ_CONTACT, dep));
		if (*text != '\0')
			line(cli, IQ_STYLE_DIM, "    ", text);
	}
	if (w->nmembers == 0)
		line(cli, IQ_STYLE_DIM, "  ", _("None."));
}

static void show(struct iq_cli *cli, const struct iq_welcome *w)
{
	show_head(cli, w);
	show_votes(cli, w);
	show_commitments(cli, w);
	show_meeting(cli, w);
	show_members(cli, w);
	if (w->nminutes > 0)
		heading(cli, _("Last minutes"));
	for (size_t i = 0; i < w->nminutes; i++) {
		line(cli, IQ_STYLE_BOLD, "  ", date(cli, cell(cli, w->minutes[i], "date")));
		lines(cli, IQ_STYLE_NONE, "    ", cell(cli, w->minutes[i], "minutes"));
	}
}

enum iq_err iq_cmd_welcome(struct iq_cli *cli)
{
	struct iq_welcomes all;
	enum iq_err err = iq_welcome_read(cli, cli->nargs > 0 ? cli->arg[0] : NULL, &all);

	if (err != IQ_OK)
		return err;
	if (cli->format == IQ_FORMAT_JSON)
		return iq_welcome_json(cli, &all);
	if (cli->format != IQ_FORMAT_TABLE)
		return show_rows(cli, &all);
	for (size_t i = 0; i < all.n; i++) {
		if (i > 0)
			iq_buf_str(&cli->out, IQ_STR("\n\n"));
		show(cli, &all.v[i]);
	}
	return IQ_OK;
}
