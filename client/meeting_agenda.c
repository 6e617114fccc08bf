/* SPDX-License-Identifier: Apache-2.0 */
/* What the next meeting could talk about: asked for one after another, ordered by agenda.h. */
#include <string.h>

#include "date.h"
#include "meeting.h"
#include "stale.h"
#include "views.h"

enum {
	TITLE_MOST = 160,  /* bytes of the first line of a text */
	EVERYBODY = 10000, /* weight of what concerns whatever status */
	FOUND_MOST = 2000  /* stale rows and changes looked at */
};

struct gathering {
	struct iq_cli *cli;
	struct iq_suggestion *out;
	const struct iq_rec *workshop;
	char *region;
	struct iq_agenda_line *line;
	size_t n, cap;
	int32_t today;
	Iq__V1__StaleRequest stale;
	Iq__V1__DiffRequest diff;
	size_t looked;
};

static enum iq_err add(struct gathering *g, enum iq_agenda_class class, const char *id,
	const char *text, int32_t date, size_t weight)
{
	size_t size = sizeof(*g->line);

	if (g->n == g->cap) {
		size_t cap = g->cap ? 2 * g->cap : 64;
		struct iq_agenda_line *more =
			iq_arena_grow(&g->cli->arena, g->line, g->cap * size, cap * size);

		if (more == NULL)
			return IQ_ERR_INTERNAL;
		g->line = more;
		g->cap = cap;
	}
	g->line[g->n++] =
		(struct iq_agenda_line){class, iq_str(id), iq_str(text), date, (uint32_t)weight};
	return IQ_OK;
}

/* The first line, cut where it is too long. */
static const char *title(struct iq_cli *cli, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (n <= TITLE_MOST)
		return iq_arena_printf(&cli->arena, "%.*s", (int)n, text);
	for (n = TITLE_MOST; n > 0 && text[n] != ' ';)
		n--;
	if (n == 0)
		for (n = TITLE_MOST; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	return iq_arena_printf(&cli->arena, "%.*s …", (int)n, text);
}

/* The text in the language, the other one if there is none. */
static const char *text_of(struct iq_cli *cli, const struct iq_rec *rec)
{
	const char *de = iq_circle_cell(cli, rec, "text_de");
	const char *en = iq_circle_cell(cli, rec, "text_en");

	return title(cli, (cli->lang == IQ_LANG_EN && en[0] != '\0') || de[0] == '\0' ? en : de);
}

static int32_t date_of(
	struct iq_cli *cli, const struct iq_rec *rec, const char *column, int32_t none)
{
	struct iq_str s = iq_str(iq_circle_cell(cli, rec, column));
	int32_t day = none;

	if (s.n > 10) /* a deadline with time */
		s.n = 10;
	(void)iq_date_parse(s, &day);
	return day;
}

static const char *spoken(struct iq_cli *cli, int32_t day)
{
	char iso[11];

	iq_date_format(day, iso);
	return iq_word_date(cli, iso).p;
}

static const char *names(struct iq_cli *cli, const struct iq_rec *rec, const char *column)
{
	struct iq_str rest = iq_str(iq_circle_cell(cli, rec, column)), part;
	const char *all = "";

	while (rest.n > 0 && iq_str_cut(&rest, ';', &part))
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : "",
			iq_circle_name(cli, IQ_INSTITUTION, iq_arena_cstr(&cli->arena, part)));
	return all;
}

/* ---- what the workshop works on --------------------------------------------------------------
 */

static bool is(struct iq_cli *cli, const struct iq_rec *rec, const char *state)
{
	return strcmp(iq_circle_cell(cli, rec, "state"), state) == 0;
}

static enum iq_err add_commitment(struct gathering *g, const struct iq_rec *rec)
{
	struct iq_cli *cli = g->cli;
	int32_t due = date_of(cli, rec, "due", IQ_DATE_MAX);

	if ((!is(cli, rec, "open") && !is(cli, rec, "late")) || due >= g->today)
		return IQ_OK;
	return add(g, IQ_AGENDA_OVERDUE, iq_circle_cell(cli, rec, "id"),
		iq_arena_printf(&cli->arena, _("%s (%s, due %s)"), text_of(cli, rec),
			names(cli, rec, "institutions"), spoken(cli, due)),
		due, 0);
}

static enum iq_err add_proposal(struct gathering *g, const struct iq_rec *rec)
{
	struct iq_cli *cli = g->cli;
	int32_t day = date_of(cli, rec, "deadline", IQ_DATE_MAX);
	const char *text = text_of(cli, rec);

	if (is(cli, rec, "conflict"))
		text = iq_arena_printf(
			&cli->arena, _("%s (passed, but its changes do not fit any more)"), text);
	else if (!is(cli, rec, "open"))
		return IQ_OK;
	else if (day != IQ_DATE_MAX)
		text = iq_arena_printf(
			&cli->arena, _("%s (vote until %s)"), text, spoken(cli, day));
	return add(g, IQ_AGENDA_PROPOSAL, iq_circle_cell(cli, rec, "id"), text, day, 0);
}

static enum iq_err add_topic(struct gathering *g, const struct iq_rec *rec)
{
	struct iq_cli *cli = g->cli;
	const char *name = iq_arena_cstr(&cli->arena, iq_rec_name(rec, cli->lang == IQ_LANG_EN));

	if (is(cli, rec, "closed"))
		return IQ_OK;
	return add(g, IQ_AGENDA_TOPIC, iq_circle_cell(cli, rec, "id"),
		iq_arena_printf(&cli->arena, "%s (%s)", title(cli, name != NULL ? name : ""),
			names(cli, rec, "institution")),
		date_of(cli, rec, "opened_on", IQ_DATE_MAX), 0);
}

/* The day of the last meeting that was held, before today or today. */
static const char *last_meeting(struct gathering *g, const struct iq_records *meetings)
{
	const char *last = "";

	for (size_t i = 0; i < meetings->n; i++) {
		const struct iq_rec *rec = &meetings->v[i];
		int32_t day = date_of(g->cli, rec, "date", IQ_DATE_MAX);

		if (is(g->cli, rec, "planned") || day > g->today)
			continue;
		const char *date = iq_circle_cell(g->cli, rec, "date");

		if (strcmp(date, last) > 0)
			last = date;
	}
	return last;
}

static enum iq_err from_circle(struct gathering *g)
{
	const char *id = iq_circle_cell(g->cli, g->workshop, "id");
	struct iq_records commitments, proposals, topics, meetings;
	const struct iq_circle_query queries[] = {
		{IQ_COMMITMENT, "workshop", id, &commitments},
		{IQ_PROPOSAL, "workshop", id, &proposals},
		{IQ_TOPIC, "workshop", id, &topics},
		{IQ_MEETING, "workshop", id, &meetings},
	};
	enum iq_err err = iq_circle_fetch(g->cli, queries, sizeof(queries) / sizeof(queries[0]));

	for (size_t i = 0; err == IQ_OK && i < commitments.n; i++)
		err = add_commitment(g, &commitments.v[i]);
	for (size_t i = 0; err == IQ_OK && i < proposals.n; i++)
		err = add_proposal(g, &proposals.v[i]);
	for (size_t i = 0; err == IQ_OK && i < topics.n; i++)
		err = add_topic(g, &topics.v[i]);
	if (err == IQ_OK)
		g->out->since = last_meeting(g, &meetings);
	return err;
}

/* ---- gaps, overlaps --------------------------------------------------------------------------
 */

static enum iq_err ask(struct gathering *g, Iq__V1__Request *rq,
	Iq__V1__Response__ResultCase result, const Iq__V1__Response **rs)
{
	enum iq_err err = iq_ask(g->cli, rq, rs);

	return err == IQ_OK ? iq_expect(g->cli, *rs, result) : err;
}

/* ": Duldung, Gestattung"; "" for everybody. */
static const char *for_whom(
	struct iq_cli *cli, const struct iq_names *labels, const Iq__V1__Groups *groups)
{
	const char *all = "";

	if (groups == NULL || groups->all)
		return "";
	for (size_t i = 0; i < groups->n_statuses; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ", " : ": ",
			iq_names_c(labels, IQ_STATUS, groups->statuses[i]));
	return all;
}

static size_t weight(const Iq__V1__Groups *groups)
{
	return groups == NULL || groups->all ? EVERYBODY : groups->n_statuses;
}

static enum iq_err from_gaps(struct gathering *g)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__GapsRequest q = IQ__V1__GAPS_REQUEST__INIT;
	struct iq_names *labels = iq_names_new(g->cli);
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = g->region;
	q.lang = iq_session_lang(g->cli);
	rq.op_case = IQ__V1__REQUEST__OP_GAPS;
	rq.gaps = &q;
	err = ask(g, &rq, IQ__V1__RESPONSE__RESULT_GAPS, &rs);
	if (err != IQ_OK || labels == NULL)
		return err;
	iq_names_add(labels, rs->gaps->labels, rs->gaps->n_labels);
	g->out->revision = rs->gaps->revision;
	for (size_t i = 0; err == IQ_OK && i < rs->gaps->n_gaps; i++) {
		const Iq__V1__Gap *x = rs->gaps->gaps[i];

		err = add(g, IQ_AGENDA_GAP, x->task,
			iq_arena_printf(&g->cli->arena, "%s%s",
				iq_names_c(labels, IQ_TASK, x->task),
				for_whom(g->cli, labels, x->missing)),
			IQ_DATE_MAX, weight(x->missing));
	}
	return err;
}

static enum iq_err from_overlaps(struct gathering *g)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__OverlapsRequest q = IQ__V1__OVERLAPS_REQUEST__INIT;
	struct iq_names *labels = iq_names_new(g->cli);
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	q.region = g->region;
	q.lang = iq_session_lang(g->cli);
	rq.op_case = IQ__V1__REQUEST__OP_OVERLAPS;
	rq.overlaps = &q;
	err = ask(g, &rq, IQ__V1__RESPONSE__RESULT_OVERLAPS, &rs);
	if (err != IQ_OK || labels == NULL)
		return err;
	iq_names_add(labels, rs->overlaps->labels, rs->overlaps->n_labels);
	for (size_t i = 0; err == IQ_OK && i < rs->overlaps->n_overlaps; i++) {
		const Iq__V1__Overlap *x = rs->overlaps->overlaps[i];

		err = add(g, IQ_AGENDA_OVERLAP, x->task,
			iq_arena_printf(&g->cli->arena, _("%s (%s and %s)%s"),
				iq_names_c(labels, IQ_TASK, x->task),
				iq_names_c(labels, IQ_INSTITUTION, x->first),
				iq_names_c(labels, IQ_INSTITUTION, x->second),
				for_whom(g->cli, labels, x->groups)),
			IQ_DATE_MAX, weight(x->groups));
	}
	return err;
}

/* ---- stale rows, changes ---------------------------------------------------------------------
 */

/* "2026-03-01": when it was confirmed last; what was never confirmed has waited longest. */
static enum iq_err take_stale(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct gathering *g = arg;
	struct iq_cli *cli = g->cli;
	const Iq__V1__StaleResponse *r = rs->stale;
	struct iq_names *labels = iq_names_new(cli);
	enum iq_err err = labels != NULL ? IQ_OK : IQ_ERR_INTERNAL;

	iq_names_add(labels, r->labels, r->n_labels);
	for (size_t i = 0; err == IQ_OK && i < r->n_items; i++, g->looked++) {
		const Iq__V1__StaleItem *x = r->items[i];
		int32_t day = IQ_DATE_MIN;
		bool dated = iq_date_parse(iq_str(x->detail), &day);
		const char *name = iq_arena_printf(&cli->arena, "%s%s%s",
			x->name[0] != '\0' ? x->name : x->id, x->region[0] != '\0' ? ", " : "",
			x->region[0] != '\0' ? iq_names_c(labels, IQ_REGION, x->region) : "");

		if (x->institution[0] != '\0')
			name = iq_arena_printf(&cli->arena, "%s, %s", name,
				iq_names_c(labels, IQ_INSTITUTION, x->institution));
		err = add(g, IQ_AGENDA_STALE, x->id,
			dated ? iq_arena_printf(&cli->arena, _("%s (last confirmed %s)"), name,
					spoken(cli, day))
			      : iq_arena_printf(&cli->arena, _("%s (never confirmed)"), name),
			day, 0);
	}
	g->stale.cursor = r->cursor;
	*more = r->cursor.len > 0 && g->looked < FOUND_MOST;
	return err;
}

static enum iq_err from_stale(struct gathering *g)
{
	static char unconfirmed[] = "unconfirmed", undated[] = "undated";
	static char *why[] = {unconfirmed, undated};
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	g->stale = (Iq__V1__StaleRequest)IQ__V1__STALE_REQUEST__INIT;
	g->stale.region = g->region;
	g->stale.lang = iq_session_lang(g->cli);
	g->stale.why = why;
	g->stale.n_why = sizeof(why) / sizeof(why[0]);
	rq.op_case = IQ__V1__REQUEST__OP_STALE;
	rq.stale = &g->stale;
	g->looked = 0;
	return iq_ask_pages(g->cli, &rq, IQ__V1__RESPONSE__RESULT_STALE, take_stale, g);
}

/* Of what everybody sees; persons and the workshop's own work are no news for an agenda. */
static bool is_news(const char *kind)
{
	static const char *const kinds[] = {
		"responsibility", "notice", "institution", "membership", NULL};

	return iq_choice(kinds, iq_str(kind)) >= 0;
}

static enum iq_err take_diff(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct gathering *g = arg;
	const Iq__V1__DiffResponse *r = rs->diff;
	enum iq_err err = IQ_OK;

	for (size_t i = 0; err == IQ_OK && i < r->n_items; i++, g->looked++) {
		const Iq__V1__DiffItem *x = r->items[i];
		bool added = strcmp(x->what, "added") == 0, gone = strcmp(x->what, "removed") == 0;
		int32_t day = x->time != 0 ? iq_date_in_germany((int64_t)x->time) : g->today;

		if (is_news(x->kind))
			err = add(g, IQ_AGENDA_CHANGE, x->id,
				iq_arena_printf(&g->cli->arena, "%s (%s)",
					x->name[0] != '\0' ? x->name : x->id,
					added  ? _("new")
					: gone ? _("no longer")
					       : _("changed")),
				day, 0);
	}
	g->diff.cursor = r->cursor;
	*more = r->cursor.len > 0 && g->looked < FOUND_MOST;
	return err;
}

static enum iq_err from_diff(struct gathering *g)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	if (g->out->since[0] == '\0')
		return IQ_OK;
	g->diff = (Iq__V1__DiffRequest)IQ__V1__DIFF_REQUEST__INIT;
	g->diff.region = g->region;
	g->diff.from = iq_arena_cstr(&g->cli->arena, iq_str(g->out->since));
	g->diff.lang = iq_session_lang(g->cli);
	rq.op_case = IQ__V1__REQUEST__OP_DIFF;
	rq.diff = &g->diff;
	g->looked = 0;
	return iq_ask_pages(g->cli, &rq, IQ__V1__RESPONSE__RESULT_DIFF, take_diff, g);
}

/* ---- all of it -------------------------------------------------------------------------------
 */

enum iq_err iq_meeting_suggest(
	struct iq_cli *cli, const struct iq_rec *workshop, struct iq_suggestion *out)
{
	struct gathering g = {.cli = cli, .out = out, .workshop = workshop};
	uint32_t limit = 0;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &limit);

	*out = (struct iq_suggestion){.since = ""};
	g.region = iq_arena_cstr(&cli->arena, iq_rec_text(workshop, IQ_WORKSHOP_REGION));
	out->region = g.region;
	(void)iq_date_parse(iq_str(iq_circle_today(cli)), &g.today);
	if (err == IQ_OK)
		err = from_circle(&g);
	if (err == IQ_OK)
		err = from_gaps(&g);
	if (err == IQ_OK)
		err = from_overlaps(&g);
	if (err == IQ_OK)
		err = from_stale(&g);
	if (err == IQ_OK)
		err = from_diff(&g);
	if (err == IQ_OK && !iq_agenda_suggest(g.line, g.n, limit, &cli->arena, &out->agenda))
		err = IQ_ERR_INTERNAL;
	return err;
}
