/* SPDX-License-Identifier: Apache-2.0 */
#include "circle_show.h"

#include <stdlib.h>
#include <string.h>

#include "circle.h"
#include "meeting.h"
#include "record.h"

static const char *word_standing(enum iq_standing standing)
{
	static const char *const words[IQ_STANDINGS] = {
		"", N_("took part"), N_("invited"), N_("guest"), N_("member"), N_("organiser")};

	return words[standing][0] != '\0' ? gettext(words[standing]) : "";
}

/* ---- list -------------------------------------------------------------------------------------
 */

struct census {
	size_t members, guests, invited;
};

static struct census count(
	struct iq_cli *cli, const struct iq_records *memberships, const struct iq_rec *workshop)
{
	struct census c = {0, 0, 0};

	for (size_t i = 0; i < memberships->n; i++) {
		const struct iq_rec *m = &memberships->v[i];

		if (!iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
			    iq_rec_text(workshop, IQ_COL_ID)))
			continue;
		enum iq_standing is = iq_standing_of(m, iq_circle_today(cli));

		c.members += is == IQ_STANDING_MEMBER;
		c.guests += is == IQ_STANDING_GUEST;
		c.invited += is == IQ_STANDING_INVITED;
	}
	return c;
}

static const char *number(struct iq_cli *cli, size_t n)
{
	return iq_arena_printf(&cli->arena, "%zu", n);
}

static void list_row(struct iq_cli *cli, struct iq_table *t, const struct iq_rec *w,
	const struct iq_records *memberships, const struct iq_seats *seats)
{
	struct census c = count(cli, memberships, w);
	enum iq_standing is = iq_circle_standing(seats, w, iq_circle_today(cli));
	bool words = cli->format == IQ_FORMAT_TABLE;
	const char *region = iq_circle_cell(cli, w, "region");
	const struct iq_str row[] = {iq_rec_text(w, IQ_COL_ID),
		iq_rec_name(w, cli->lang == IQ_LANG_EN),
		iq_str(words ? iq_circle_name(cli, IQ_REGION, region) : region),
		iq_str(words ? iq_circle_set_names(cli, IQ_INSTITUTION, w, "organisers")
			     : iq_circle_cell(cli, w, "organisers")),
		iq_str(number(cli, c.members)), iq_str(number(cli, c.guests)),
		iq_str(number(cli, c.invited)),
		iq_str(words ? word_standing(is) : iq_standing_names[is]),
		iq_str(iq_circle_cell(cli, w, "valid_from")),
		iq_str(iq_circle_cell(cli, w, "valid_to"))};

	iq_table_add(t, row);
}

enum iq_err iq_circle_list(struct iq_cli *cli)
{
	static const struct iq_col cols[] = {
		{"id", N_("Id"), IQ_CELL_TEXT, false},
		{"name", N_("Name"), IQ_CELL_TEXT, false},
		{"region", N_("Place"), IQ_CELL_TEXT, false},
		{"organisers", N_("Organisers"), IQ_CELL_SET, false},
		{"members", N_("Members"), IQ_CELL_NUMBER, true},
		{"guests", NULL, IQ_CELL_NUMBER, true},
		{"invited", NULL, IQ_CELL_NUMBER, true},
		{"standing", N_("You are"), IQ_CELL_TEXT, true},
		{"valid_from", NULL, IQ_CELL_DATE, true},
		{"valid_to", NULL, IQ_CELL_DATE, true},
	};
	struct iq_records all, memberships;
	struct iq_seats seats;
	struct iq_table t;
	const struct iq_circle_query queries[] = {
		{IQ_WORKSHOP_RECORD, NULL, NULL, &all}, {IQ_MEMBERSHIP, NULL, NULL, &memberships}};
	enum iq_err err = iq_circle_fetch(cli, queries, 2);

	if (err == IQ_OK)
		err = iq_circle_seats(cli, &seats);
	if (err != IQ_OK)
		return err;
	if (cli->format == IQ_FORMAT_TABLE) {
		iq_circle_names_of(cli, IQ_REGION, &all, "region");
		iq_circle_names_of(cli, IQ_INSTITUTION, &all, "organisers");
	}
	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < all.n; i++)
		if (iq_opt_given(cli, IQ_OPT_ALL) ||
			!iq_standing_over(&all.v[i], iq_circle_today(cli)))
			list_row(cli, &t, &all.v[i], &memberships, &seats);
	size_t rows = t.nrows;

	err = iq_table_finish(&t, all.revision, rows);
	if (err == IQ_OK && rows == 0)
		iq_note(cli, "%s",
			all.n > 0 ? _("All are dissolved; with --all they are shown, too.")
				  : _("There is no workshop yet."));
	return err;
}

/* ---- show -------------------------------------------------------------------------------------
 */

struct view {
	struct iq_cli *cli;
	struct iq_rec workshop;
	const char *id, *today;
	enum iq_standing standing;
	struct iq_records memberships, topics, meetings, proposals, commitments;
};

/* What is no business of today goes. */
static void keep(struct iq_records *all, bool (*wanted)(const struct iq_rec *, const char *),
	const char *today)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (wanted(&all->v[i], today))
			all->v[n++] = all->v[i];
	all->n = n;
}

static bool not_left(const struct iq_rec *r, const char *today)
{
	return iq_standing_of(r, today) != IQ_STANDING_LEFT;
}

static bool topic_open(const struct iq_rec *r, const char *today)
{
	(void)today;
	return !iq_str_is(iq_rec_text(r, IQ_TOPIC_STATE), "closed");
}

static bool vote_open(const struct iq_rec *r, const char *today)
{
	struct iq_str state = iq_rec_text(r, IQ_PROPOSAL_STATE);

	(void)today;
	return iq_str_is(state, "open") || iq_str_is(state, "conflict");
}

static bool owed(const struct iq_rec *r, const char *today)
{
	struct iq_str state = iq_rec_text(r, IQ_COMMITMENT_STATE);

	(void)today;
	return iq_str_is(state, "open") || iq_str_is(state, "late");
}

static int compare(const void *a, const void *b, int col)
{
	struct iq_str x = iq_rec_text(a, col), y = iq_rec_text(b, col);

	if ((x.n == 0) != (y.n == 0))
		return x.n == 0 ? 1 : -1;
	return iq_str_cmp(x, y);
}

static int by_due(const void *a, const void *b)
{
	return compare(a, b, IQ_COMMITMENT_DUE);
}

static int by_date(const void *a, const void *b)
{
	int order = compare(a, b, IQ_MEETING_DATE);

	return order != 0 ? order : compare(a, b, IQ_MEETING_BEGINS);
}

static int by_deadline(const void *a, const void *b)
{
	return compare(a, b, IQ_PROPOSAL_DEADLINE);
}

static void sort(struct iq_records *all, int (*order)(const void *, const void *))
{
	if (all->n > 1)
		qsort(all->v, all->n, sizeof(*all->v), order);
}

static enum iq_err read_view(struct view *v)
{
	const struct iq_circle_query queries[] = {
		{IQ_MEMBERSHIP, "workshop", v->id, &v->memberships},
		{IQ_TOPIC, "workshop", v->id, &v->topics},
		{IQ_MEETING, "workshop", v->id, &v->meetings},
		{IQ_PROPOSAL, "workshop", v->id, &v->proposals},
		{IQ_COMMITMENT, "workshop", v->id, &v->commitments},
	};
	struct iq_seats seats;
	enum iq_err err = iq_circle_fetch(v->cli, queries, sizeof(queries) / sizeof(queries[0]));

	if (err == IQ_OK)
		err = iq_circle_seats(v->cli, &seats);
	if (err != IQ_OK)
		return err;
	v->standing = iq_circle_standing(&seats, &v->workshop, v->today);
	keep(&v->memberships, not_left, v->today);
	keep(&v->topics, topic_open, v->today);
	keep(&v->meetings, iq_standing_next, v->today);
	keep(&v->proposals, vote_open, v->today);
	for (size_t i = 0; i < v->commitments.n; i++)
		iq_circle_judge(v->cli, &v->commitments.v[i]);
	keep(&v->commitments, owed, v->today);
	sort(&v->meetings, by_date);
	sort(&v->proposals, by_deadline);
	sort(&v->commitments, by_due);
	return IQ_OK;
}

/* ---- for machines -----------------------------------------------------------------------------
 */

static json_t *records_json(const struct iq_records *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->n; i++)
		json_array_append_new(list, iq_record_json(&all->v[i]));
	return list;
}

static json_t *members_json(struct view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->memberships.n; i++) {
		const struct iq_rec *m = &v->memberships.v[i];
		json_t *o = iq_record_json(m);

		json_object_set_new(
			o, "standing", iq_json_c(iq_standing_names[iq_standing_of(m, v->today)]));
		json_object_set_new(o, "name",
			iq_json_c(iq_circle_name(
				v->cli, IQ_INSTITUTION, iq_circle_cell(v->cli, m, "institution"))));
		json_array_append_new(list, o);
	}
	return list;
}

static enum iq_err as_json(struct view *v)
{
	json_t *items = json_array(), *o = iq_record_json(&v->workshop);

	json_object_set_new(o, "standing", iq_json_c(iq_standing_names[v->standing]));
	json_object_set_new(o, "memberships", members_json(v));
	json_object_set_new(o, "meetings", records_json(&v->meetings));
	json_object_set_new(o, "proposals", records_json(&v->proposals));
	json_object_set_new(o, "topics", records_json(&v->topics));
	json_object_set_new(o, "commitments", records_json(&v->commitments));
	json_array_append_new(items, o);
	return iq_json_list(v->cli, v->memberships.revision, items, 1);
}

/* Who takes part. */
static enum iq_err as_rows(struct view *v)
{
	static const struct iq_col cols[] = {
		{"institution", "", IQ_CELL_TEXT, false},
		{"name", "", IQ_CELL_TEXT, false},
		{"standing", "", IQ_CELL_TEXT, false},
		{"decides", "", IQ_CELL_TEXT, false},
		{"representative", "", IQ_CELL_TEXT, false},
		{"deputy", "", IQ_CELL_TEXT, false},
		{"accepted_from", "", IQ_CELL_DATE, false},
		{"accepted_to", "", IQ_CELL_DATE, false},
		{"id", "", IQ_CELL_TEXT, false},
	};
	struct iq_cli *cli = v->cli;
	struct iq_table t;

	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < v->memberships.n; i++) {
		const struct iq_rec *m = &v->memberships.v[i];
		const char *institution = iq_circle_cell(cli, m, "institution");
		const struct iq_str row[] = {iq_str(institution),
			iq_str(iq_circle_name(cli, IQ_INSTITUTION, institution)),
			iq_str(iq_standing_names[iq_standing_of(m, v->today)]),
			iq_str(iq_circle_cell(cli, m, "decides")),
			iq_str(iq_circle_cell(cli, m, "representative")),
			iq_str(iq_circle_cell(cli, m, "deputy")),
			iq_str(iq_circle_cell(cli, m, "accepted_from")),
			iq_str(iq_circle_cell(cli, m, "accepted_to")), iq_rec_text(m, IQ_COL_ID)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, v->memberships.revision, t.nrows);
}

/* ---- for people -------------------------------------------------------------------------------
 */

static void heading(struct view *v, const char *text, size_t n)
{
	iq_buf_byte(&v->cli->out, '\n');
	iq_say(v->cli, IQ_STYLE_BOLD,
		iq_str(n > 0 ? iq_arena_printf(&v->cli->arena, "%s (%zu)", text, n) : text));
	iq_buf_byte(&v->cli->out, '\n');
}

static void item(struct view *v, enum iq_style style, const char *text)
{
	iq_paragraph(v->cli, style, "  · ", iq_safe_c(v->cli, text));
}

static void detail(struct view *v, const char *text)
{
	if (text[0] != '\0')
		iq_paragraph(v->cli, IQ_STYLE_DIM, "    ", iq_safe_c(v->cli, text));
}

static const char *shown_date(struct view *v, const struct iq_rec *r, const char *column)
{
	return iq_word_date(v->cli, iq_circle_cell(v->cli, r, column)).p;
}

static void show_head(struct view *v)
{
	struct iq_cli *cli = v->cli;
	const struct iq_rec *w = &v->workshop;
	const char *quorum = iq_circle_cell(cli, w, "quorum");
	enum { LABEL = 18 };

	iq_say(cli, IQ_STYLE_BOLD, iq_safe(cli, iq_rec_name(w, cli->lang == IQ_LANG_EN)));
	iq_buf_byte(&cli->out, '\n');
	iq_field(cli, LABEL, _("Id"), iq_str(v->id));
	iq_field(cli, LABEL, _("Place"),
		iq_str(iq_circle_name(cli, IQ_REGION, iq_circle_cell(cli, w, "region"))));
	iq_field(cli, LABEL, _("Organisers"),
		iq_str(iq_circle_set_names(cli, IQ_INSTITUTION, w, "organisers")));
	iq_field(cli, LABEL, _("Goals"), iq_rec_text(w, IQ_WORKSHOP_GOALS));
	iq_field(cli, LABEL, _("Valid from"), iq_str(shown_date(v, w, "valid_from")));
	iq_field(cli, LABEL, _("Valid until"), iq_str(shown_date(v, w, "valid_to")));
	iq_field(cli, LABEL, _("Quorum"),
		iq_str(iq_arena_printf(&cli->arena, "%s %%", quorum[0] != '\0' ? quorum : "50")));
	iq_field(cli, LABEL, _("You are"), iq_str(word_standing(v->standing)));
}

/* "Erika Mustermann, deputy Max Muster" */
static const char *people(struct view *v, const struct iq_rec *m)
{
	struct iq_cli *cli = v->cli;
	const char *rep = iq_circle_cell(cli, m, "representative");
	const char *deputy = iq_circle_cell(cli, m, "deputy");

	rep = iq_circle_name(cli, IQ_CONTACT, rep);
	if (deputy[0] == '\0')
		return rep;
	deputy = iq_circle_name(cli, IQ_CONTACT, deputy);
	return rep[0] == '\0' ? iq_arena_printf(&cli->arena, _("deputy %s"), deputy)
			      : iq_arena_printf(&cli->arena, _("%s, deputy %s"), rep, deputy);
}

static const char *seat_words(struct view *v, const struct iq_rec *m)
{
	struct iq_cli *cli = v->cli;
	const char *from = iq_circle_cell(cli, m, "accepted_from");
	const char *to = iq_circle_cell(cli, m, "accepted_to");
	const char *text =
		iq_circle_name(cli, IQ_INSTITUTION, iq_circle_cell(cli, m, "institution"));

	if (iq_str_is(iq_rec_text(m, IQ_MEMBERSHIP_DECIDES), "no"))
		text = iq_arena_printf(&cli->arena, _("%s, without a vote"), text);
	if (strcmp(from, v->today) > 0)
		text = iq_arena_printf(
			&cli->arena, _("%s, from %s"), text, shown_date(v, m, "accepted_from"));
	if (to[0] != '\0')
		text = iq_arena_printf(
			&cli->arena, _("%s, until %s"), text, shown_date(v, m, "accepted_to"));
	return text;
}

static void show_seats(struct view *v, enum iq_standing standing, const char *title)
{
	size_t n = 0;

	for (size_t i = 0; i < v->memberships.n; i++)
		n += iq_standing_of(&v->memberships.v[i], v->today) == standing;
	if (n == 0)
		return;
	heading(v, title, n);
	for (size_t i = 0; i < v->memberships.n; i++) {
		const struct iq_rec *m = &v->memberships.v[i];

		if (iq_standing_of(m, v->today) != standing)
			continue;
		item(v, IQ_STYLE_NONE, seat_words(v, m));
		detail(v, people(v, m));
	}
}

/* The nearest date, whether it is of a series or not. */
static void show_meeting(struct view *v)
{
	struct iq_cli *cli = v->cli;
	struct iq_meeting next = {.id = NULL}, m;

	for (size_t i = 0; i < v->meetings.n; i++) {
		iq_meeting_read(cli, &v->meetings.v[i], &m);
		if (next.id == NULL || iq_meeting_shown_day(&m) < iq_meeting_shown_day(&next))
			next = m;
	}
	if (next.id == NULL)
		return;
	const char *hours = iq_meeting_hours(cli, &next);

	heading(v, _("Next meeting"), 0);
	item(v, IQ_STYLE_NONE,
		iq_arena_printf(&cli->arena, "%s%s%s%s%s",
			iq_meeting_day(cli, iq_meeting_shown_day(&next)), hours[0] ? ", " : "",
			hours, next.place[0] ? ", " : "", next.place));
	detail(v, next.id);
}

static void show_votes(struct view *v)
{
	struct iq_cli *cli = v->cli;

	if (v->proposals.n > 0)
		heading(v, _("Votes that run"), v->proposals.n);
	for (size_t i = 0; i < v->proposals.n; i++) {
		const struct iq_rec *p = &v->proposals.v[i];
		const char *text = iq_circle_text(cli, p, "text");
		const char *title =
			iq_arena_printf(&cli->arena, "%.*s", (int)strcspn(text, "\n"), text);
		const char *deadline = iq_circle_cell(cli, p, "deadline");
		bool conflict = iq_str_is(iq_rec_text(p, IQ_PROPOSAL_STATE), "conflict");

		item(v, conflict ? IQ_STYLE_YELLOW : IQ_STYLE_NONE, title);
		detail(v, conflict ? iq_arena_printf(&cli->arena, "%s, %s",
					     iq_word_process("conflict"),
					     iq_circle_cell(cli, p, "id"))
				   : iq_arena_printf(&cli->arena, _("until %s, %s"),
					     iq_word_date(cli, deadline).p,
					     iq_circle_cell(cli, p, "id")));
	}
}

static void show_topics(struct view *v)
{
	struct iq_cli *cli = v->cli;

	if (v->topics.n > 0)
		heading(v, _("Topics"), v->topics.n);
	for (size_t i = 0; i < v->topics.n; i++) {
		const struct iq_rec *t = &v->topics.v[i];

		item(v, IQ_STYLE_NONE,
			iq_arena_cstr(&cli->arena, iq_rec_name(t, cli->lang == IQ_LANG_EN)));
		detail(v, iq_arena_printf(&cli->arena, "%s, %s, %s",
				  iq_word_process(iq_circle_cell(cli, t, "state")),
				  iq_circle_name(cli, IQ_INSTITUTION,
					  iq_circle_cell(cli, t, "institution")),
				  iq_circle_cell(cli, t, "id")));
	}
}

static void show_commitments(struct view *v)
{
	struct iq_cli *cli = v->cli;

	if (v->commitments.n > 0)
		heading(v, _("Commitments"), v->commitments.n);
	for (size_t i = 0; i < v->commitments.n; i++) {
		const struct iq_rec *c = &v->commitments.v[i];
		const char *due = shown_date(v, c, "due");
		bool late = iq_str_is(iq_rec_text(c, IQ_COMMITMENT_STATE), "late");

		item(v, late ? IQ_STYLE_YELLOW : IQ_STYLE_NONE, iq_circle_text(cli, c, "text"));
		detail(v, iq_arena_printf(&cli->arena, "%s%s, %s",
				  due[0] == '\0' ? ""
				  : late ? iq_arena_printf(&cli->arena, _("was due on %s, "), due)
					 : iq_arena_printf(&cli->arena, _("due on %s, "), due),
				  iq_circle_set_names(cli, IQ_INSTITUTION, c, "institutions"),
				  iq_circle_cell(cli, c, "id")));
	}
}

/* All names at once. */
static void fetch_names(struct view *v)
{
	struct iq_cli *cli = v->cli;

	iq_circle_names_of(cli, IQ_INSTITUTION, &v->memberships, "institution");
	if (cli->format != IQ_FORMAT_TABLE)
		return;
	iq_circle_names_of(cli, IQ_INSTITUTION, &v->commitments, "institutions");
	iq_circle_names_of(cli, IQ_CONTACT, &v->memberships, "representative");
	iq_circle_names_of(cli, IQ_CONTACT, &v->memberships, "deputy");
}

enum iq_err iq_circle_show(struct iq_cli *cli)
{
	struct view v = {.cli = cli, .today = iq_circle_today(cli)};
	enum iq_err err = iq_circle_meant(cli, cli->nargs > 0 ? cli->arg[0] : NULL, &v.workshop);

	if (err != IQ_OK)
		return err;
	v.id = iq_circle_cell(cli, &v.workshop, "id");
	err = read_view(&v);
	if (err != IQ_OK)
		return err;
	fetch_names(&v);
	if (cli->error.code != IQ_OK)
		return cli->error.code;
	if (cli->format == IQ_FORMAT_JSON)
		return as_json(&v);
	if (cli->format != IQ_FORMAT_TABLE)
		return as_rows(&v);
	show_head(&v);
	show_seats(&v, IQ_STANDING_MEMBER, _("Members"));
	show_seats(&v, IQ_STANDING_GUEST, _("Guests"));
	show_seats(&v, IQ_STANDING_INVITED, _("Invited"));
	show_meeting(&v);
	show_votes(&v);
	show_topics(&v);
	show_commitments(&v);
	return IQ_OK;
}
