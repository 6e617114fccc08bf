/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on in a workshop, for somebody who has just taken a seat there. */
#include <stdlib.h>
#include <string.h>

#include "date.h"
#include "meeting.h"
#include "welcome.h"
#include "workshop.h"

enum { OWN_MAX = 16 };

/* Who asks. */
struct self {
	const char *contact, *institution;
	const char *edits[OWN_MAX];
	size_t nedits;
};

struct reading {
	struct iq_cli *cli;
	struct self self;
	struct iq_records members; /* of all workshops */
	const char *today;
};

static const char *cell(struct iq_cli *cli, const struct iq_rec *rec, const char *column)
{
	return iq_circle_cell(cli, rec, column);
}

static bool is(struct iq_cli *cli, const struct iq_rec *rec, const char *column, const char *value)
{
	return value[0] != '\0' && strcmp(cell(cli, rec, column), value) == 0;
}

/* ---- oneself -------------------------------------------------------------------------------- */

static enum iq_err read_self(struct iq_cli *cli, struct self *out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHOAMI);
	if (err != IQ_OK)
		return err;
	*out = (struct self){
		.contact = rs->whoami->contact, .institution = rs->whoami->institution};
	for (size_t i = 0; i < rs->whoami->n_grants && out->nedits < OWN_MAX; i++) {
		const Iq__V1__Grant *g = rs->whoami->grants[i];

		if (strcmp(g->role, "editor") == 0 && strcmp(g->state, "valid") == 0 &&
			g->institution[0] != '\0')
			out->edits[out->nedits++] = g->institution;
	}
	return IQ_OK;
}

/* What the caller is to a membership; "": nothing. In order of nearness. */
static const char *as_of(const struct reading *r, const struct iq_rec *m)
{
	if (is(r->cli, m, "representative", r->self.contact))
		return "representative";
	if (is(r->cli, m, "deputy", r->self.contact))
		return "deputy";
	for (size_t i = 0; i < r->self.nedits; i++)
		if (is(r->cli, m, "institution", r->self.edits[i]))
			return "editor";
	return is(r->cli, m, "institution", r->self.institution) ? "colleague" : "";
}

static int nearness(const char *as)
{
	static const char *const order[] = {"representative", "deputy", "editor", "colleague"};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (strcmp(order[i], as) == 0)
			return (int)i;
	return (int)(sizeof(order) / sizeof(order[0]));
}

static bool has_ended(const struct reading *r, const struct iq_rec *m, const char *column)
{
	const char *to = cell(r->cli, m, column);

	return to[0] != '\0' && strcmp(to, r->today) < 0;
}

/* The own seat in a workshop: the nearest, an accepted one before an invitation. */
static void find_seat(const struct reading *r, struct iq_welcome *w)
{
	int best = INT32_MAX;

	w->as = w->institution = "";
	for (size_t i = 0; i < r->members.n; i++) {
		const struct iq_rec *m = &r->members.v[i];
		const char *as = as_of(r, m);

		if (!iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
			    iq_rec_text(&w->workshop, IQ_COL_ID)) ||
			*as == '\0' || has_ended(r, m, "accepted_to"))
			continue;
		int how = 2 * nearness(as) + (*iq_welcome_standing(r->cli, m) != '\0');

		if (how < best) {
			best = how;
			w->seat = m;
			w->as = as;
			w->institution = cell(r->cli, m, "institution");
		}
	}
}

/* ---- members -------------------------------------------------------------------------------- */

const char *iq_welcome_standing(struct iq_cli *cli, const struct iq_rec *m)
{
	const char *from = cell(cli, m, "accepted_from");

	return from[0] == '\0' || strcmp(from, iq_circle_today(cli)) > 0 ? "invited" : "";
}

bool iq_welcome_votes(struct iq_cli *cli, const struct iq_rec *m)
{
	return iq_welcome_standing(cli, m)[0] == '\0' && !is(cli, m, "guest", "yes") &&
	       !is(cli, m, "decides", "no");
}

struct sortable {
	const struct iq_rec *rec;
	const char *key;
	int rank;
};

static int by_rank(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;
	int c = (x->rank > y->rank) - (x->rank < y->rank);

	if (c == 0)
		c = strcmp(x->key, y->key);
	return c != 0 ? c
		      : iq_str_cmp(iq_rec_text(x->rec, IQ_COL_ID), iq_rec_text(y->rec, IQ_COL_ID));
}

/* The records in order. NULL: no memory, or none. */
static const struct iq_rec **in_order(struct iq_cli *cli, struct sortable *s, size_t n)
{
	const struct iq_rec **out = iq_arena_array(&cli->arena, n + 1, sizeof(*out));

	if (n > 1)
		qsort(s, n, sizeof(*s), by_rank);
	for (size_t i = 0; out != NULL && i < n; i++)
		out[i] = s[i].rec;
	return out;
}

/* Asks for all names at once. */
static void ask_names(const struct reading *r, const struct iq_welcome *w)
{
	static const enum iq_kind kinds[] = {IQ_INSTITUTION, IQ_CONTACT, IQ_CONTACT};
	static const char *const columns[] = {"institution", "representative", "deputy"};
	struct iq_arena *arena = &r->cli->arena;

	for (size_t k = 0; k < 3; k++) {
		const char **ids = iq_arena_array(arena, r->members.n + 1, sizeof(*ids));
		size_t n = 0;

		for (size_t i = 0; ids != NULL && i < r->members.n; i++)
			if (iq_str_eq(iq_rec_text(&r->members.v[i], IQ_MEMBERSHIP_WORKSHOP),
				    iq_rec_text(&w->workshop, IQ_COL_ID)))
				ids[n++] = cell(r->cli, &r->members.v[i], columns[k]);
		if (ids != NULL)
			iq_circle_names(r->cli, kinds[k], ids, n);
	}
}

static bool pick_members(const struct reading *r, struct iq_welcome *w)
{
	struct sortable *s = iq_arena_array(&r->cli->arena, r->members.n + 1, sizeof(*s));

	ask_names(r, w);
	for (size_t i = 0; s != NULL && i < r->members.n; i++) {
		const struct iq_rec *m = &r->members.v[i];

		if (iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
			    iq_rec_text(&w->workshop, IQ_COL_ID)) &&
			!has_ended(r, m, "accepted_to"))
			s[w->nmembers++] = (struct sortable){m,
				iq_circle_name(
					r->cli, IQ_INSTITUTION, cell(r->cli, m, "institution")),
				m != w->seat};
	}
	w->member = s != NULL ? in_order(r->cli, s, w->nmembers) : NULL;
	return w->member != NULL;
}

/* ---- meetings ------------------------------------------------------------------------------- */

/* Of those that are planned the next, a series by its rhythm. */
static void pick_next(const struct reading *r, const struct iq_meetings *all, struct iq_welcome *w)
{
	int32_t best = IQ_DATE_MAX;
	char text[11];

	for (size_t i = 0; i < all->n; i++) {
		const struct iq_meeting *m = &all->v[i];

		if (m->state != IQ_MEETING_PLANNED || m->next >= best)
			continue;
		best = m->next;
		w->meeting = &m->rec;
	}
	if (w->meeting == NULL)
		return;
	iq_date_format(best, text);
	w->meeting_date = iq_arena_cstr(&r->cli->arena, iq_str(text));
}

/* The latest minutes first. */
static void pick_minutes(
	const struct reading *r, const struct iq_meetings *all, struct iq_welcome *w)
{
	const char *last[IQ_WELCOME_MINUTES] = {"", ""};

	for (size_t i = 0; i < all->n; i++) {
		const struct iq_meeting *m = &all->v[i];
		const char *date = cell(r->cli, &m->rec, "date");
		size_t at = w->nminutes;

		while (at > 0 && strcmp(date, last[at - 1]) > 0)
			at--;
		if (m->minutes[0] == '\0' || at == IQ_WELCOME_MINUTES)
			continue;
		if (w->nminutes < IQ_WELCOME_MINUTES)
			w->nminutes++;
		for (size_t k = w->nminutes - 1; k > at; k--) {
			w->minutes[k] = w->minutes[k - 1];
			last[k] = last[k - 1];
		}
		w->minutes[at] = &m->rec;
		last[at] = date;
	}
}

/* ---- commitments ---------------------------------------------------------------------------- */

bool iq_welcome_is_own(
	struct iq_cli *cli, const struct iq_welcome *w, const struct iq_rec *commitment)
{
	const struct iq_value *v = &commitment->col[IQ_COMMITMENT_INSTITUTIONS];

	(void)cli;
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_is(v->v[i], w->institution))
			return true;
	return false;
}

const char *iq_welcome_state(struct iq_cli *cli, const struct iq_rec *c)
{
	const char *const *names = iq_process_states[IQ_PROCESS_COMMITMENT];
	int32_t due = IQ_DATE_MAX, today = 0;
	int state = iq_choice(names, iq_rec_text(c, IQ_COMMITMENT_STATE));

	(void)iq_date_parse(iq_rec_text(c, IQ_COMMITMENT_DUE), &due);
	(void)iq_date_parse(iq_str(iq_circle_today(cli)), &today);
	if (state < 0)
		state = IQ_COMMITMENT_OPEN;
	return names[iq_commitment_today((enum iq_commitment_state)state, due, today)];
}

static bool pick_commitments(
	const struct reading *r, const struct iq_records *all, struct iq_welcome *w)
{
	struct sortable *s = iq_arena_array(&r->cli->arena, all->n + 1, sizeof(*s));

	for (size_t i = 0; s != NULL && i < all->n; i++) {
		const struct iq_rec *c = &all->v[i];
		const char *state = iq_welcome_state(r->cli, c), *due = cell(r->cli, c, "due");

		if (strcmp(state, "open") == 0 || strcmp(state, "late") == 0)
			s[w->ncommitments++] = (struct sortable){
				c, due[0] != '\0' ? due : "9999", !iq_welcome_is_own(r->cli, w, c)};
	}
	w->commitment = s != NULL ? in_order(r->cli, s, w->ncommitments) : NULL;
	return w->commitment != NULL;
}

/* ---- votes ---------------------------------------------------------------------------------- */

const char *iq_welcome_title(struct iq_cli *cli, const struct iq_rec *rec)
{
	const char *text = cli->lang == IQ_LANG_EN ? cell(cli, rec, "text_en") : "";

	if (text[0] == '\0')
		text = cell(cli, rec, "text_de");
	return iq_arena_cstr(&cli->arena, (struct iq_str){text, strcspn(text, "\n")});
}

const char *iq_welcome_command(
	struct iq_cli *cli, const struct iq_welcome *w, const struct iq_welcome_vote *vote)
{
	bool may = strcmp(w->as, "representative") == 0 || strcmp(w->as, "deputy") == 0;

	if (!may || !iq_welcome_votes(cli, w->seat))
		return NULL;
	return iq_arena_printf(
		&cli->arena, "iqq vote cast %s yes|no|abstain", cell(cli, vote->proposal, "id"));
}

static bool runs(struct iq_cli *cli, const struct iq_rec *proposal)
{
	int64_t deadline = INT64_MAX;

	(void)iq_deadline_parse(iq_rec_text(proposal, IQ_PROPOSAL_DEADLINE), &deadline);
	return is(cli, proposal, "state", "open") && iq_now_us() < deadline;
}

static enum iq_err pick_votes(
	const struct reading *r, const struct iq_records *all, struct iq_welcome *w)
{
	struct iq_cli *cli = r->cli;
	struct sortable *s = iq_arena_array(&cli->arena, all->n + 1, sizeof(*s));
	size_t n = 0;

	for (size_t i = 0; s != NULL && i < all->n; i++)
		if (runs(cli, &all->v[i]))
			s[n++] =
				(struct sortable){&all->v[i], cell(cli, &all->v[i], "deadline"), 0};
	const struct iq_rec **order = s != NULL ? in_order(cli, s, n) : NULL;
	struct iq_circle_query *q = iq_arena_array(&cli->arena, n + 1, sizeof(*q));

	w->vote = iq_arena_array(&cli->arena, n + 1, sizeof(*w->vote));
	if (order == NULL || q == NULL || w->vote == NULL)
		return IQ_ERR_INTERNAL;
	for (size_t i = 0; i < n; i++) {
		w->vote[i] = (struct iq_welcome_vote){.proposal = order[i]};
		q[i] = (struct iq_circle_query){
			IQ_BALLOT, "proposal", cell(cli, order[i], "id"), &w->vote[i].ballots};
	}
	w->nvotes = n;
	enum iq_err err = iq_circle_fetch(cli, q, n);

	for (size_t i = 0; err == IQ_OK && i < n; i++) {
		w->vote[i].voted = w->vote[i].ballots.n;
		for (size_t k = 0; k < w->vote[i].ballots.n; k++)
			if (is(cli, &w->vote[i].ballots.v[k], "institution", w->institution))
				w->vote[i].own = &w->vote[i].ballots.v[k];
	}
	return err;
}

/* ---- a workshop ----------------------------------------------------------------------------- */

static enum iq_err read_workshop(const struct reading *r, struct iq_welcome *w)
{
	const char *id = cell(r->cli, &w->workshop, "id");
	struct iq_records proposals, commitments;
	struct iq_meetings meetings;
	const struct iq_circle_query queries[] = {{IQ_PROPOSAL, "workshop", id, &proposals},
		{IQ_COMMITMENT, "workshop", id, &commitments}};
	enum iq_err err = iq_meetings_of(r->cli, id, &meetings);

	find_seat(r, w);
	if (err == IQ_OK)
		err = iq_circle_fetch(r->cli, queries, 2);
	if (err != IQ_OK)
		return err;
	pick_next(r, &meetings, w);
	pick_minutes(r, &meetings, w);
	if (!pick_members(r, w) || !pick_commitments(r, &commitments, w))
		return IQ_ERR_INTERNAL;
	if (r->cli->error.code != IQ_OK)
		return r->cli->error.code; /* no such reason */
	return pick_votes(r, &proposals, w);
}

/* The workshops of the caller, each once; those that have ended are left out. */
static enum iq_err own_workshops(struct reading *r, struct iq_welcomes *out)
{
	const char *last = "";
	enum iq_err err = IQ_OK;

	for (size_t i = 0; err == IQ_OK && i < r->members.n; i++) {
		const struct iq_rec *m = &r->members.v[i];
		const char *id = cell(r->cli, m, "workshop");
		bool twice = false;

		for (size_t k = 0; k < out->n; k++)
			twice = twice || is(r->cli, &out->v[k].workshop, "id", id);
		if (twice || strcmp(id, last) == 0 || *as_of(r, m) == '\0' ||
			has_ended(r, m, "accepted_to"))
			continue;
		last = id;
		err = iq_circle_record(r->cli, IQ_WORKSHOP_RECORD, id, &out->v[out->n].workshop);
		if (err == IQ_OK && !has_ended(r, &out->v[out->n].workshop, "valid_to"))
			out->n++;
	}
	return err;
}

enum iq_err iq_welcome_read(struct iq_cli *cli, const char *word, struct iq_welcomes *out)
{
	struct reading r = {.cli = cli, .today = iq_circle_today(cli)};
	enum iq_err err = read_self(cli, &r.self);

	*out = (struct iq_welcomes){.n = 0};
	if (err == IQ_OK)
		err = iq_circle_records(cli, IQ_MEMBERSHIP, NULL, NULL, &r.members);
	if (err != IQ_OK)
		return err;
	out->revision = r.members.revision;
	out->v = iq_arena_zalloc(&cli->arena, (r.members.n + 1) * sizeof(*out->v));
	if (out->v == NULL)
		return IQ_ERR_INTERNAL;
	if (word == NULL && !iq_opt_given(cli, IQ_OPT_WORKSHOP))
		err = own_workshops(&r, out);
	/* Whoever organises or coordinates has no seat. */
	if (err == IQ_OK && out->n == 0) {
		err = iq_circle_meant(cli, word, &out->v[0].workshop);
		out->n = err == IQ_OK;
	}
	for (size_t i = 0; err == IQ_OK && i < out->n; i++)
		err = read_workshop(&r, &out->v[i]);
	return err;
}
