/* SPDX-License-Identifier: Apache-2.0 */
/* The vote on a proposal: opened, cast, counted, closed. */
#include <string.h>

#include "bounds.h"
#include "circle.h"
#include "codec.h"
#include "commands.h"
#include "grants.h"
#include "sub.h"
#include "votes.h"

/* ---- open ------------------------------------------------------------------------------------ */

/* A date as people write it, and perhaps a time behind it. */
static enum iq_err read_deadline(struct iq_cli *cli, const char **out)
{
	const char *text = iq_opt(cli, IQ_OPT_DEADLINE);
	const char *time = text != NULL ? strchr(text, ' ') : NULL;
	char *day = NULL;
	enum iq_err err;

	*out = NULL;
	if (text == NULL)
		return IQ_OK;
	err = iq_change_date(cli,
		time != NULL ? iq_arena_printf(&cli->arena, "%.*s", (int)(time - text), text)
			     : text,
		&day);
	if (err == IQ_OK)
		*out = iq_arena_printf(&cli->arena, "%s%s", day, time != NULL ? time : "");
	return err;
}

static enum iq_err open_vote(struct iq_cli *cli)
{
	const char *deadline = NULL, *id = cli->arg[0];
	struct iq_cell_value cells[4] = {{"state", "open"}};
	struct iq_rec rec;
	size_t n = 1;
	enum iq_err err = iq_circle_record(cli, IQ_PROPOSAL, id, &rec);

	if (err == IQ_OK)
		err = read_deadline(cli, &deadline);
	if (err != IQ_OK)
		return err;
	if (deadline == NULL && iq_circle_cell(cli, &rec, "deadline")[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A vote needs a deadline."),
			N_("For example: iqq vote open {0} --deadline 2026-12-01"), id, NULL);
	if (deadline != NULL)
		cells[n++] = (struct iq_cell_value){"deadline", deadline};
	if (iq_opt_given(cli, IQ_OPT_MAJORITY))
		cells[n++] = (struct iq_cell_value){"majority", iq_opt(cli, IQ_OPT_MAJORITY)};
	if (iq_opt_given(cli, IQ_OPT_QUORUM))
		cells[n++] = (struct iq_cell_value){"quorum", iq_opt(cli, IQ_OPT_QUORUM)};
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_PROPOSAL, id, cells, n, 0,
		iq_arena_printf(&cli->arena,
			_("The vote runs. Members vote with: iqq vote cast %s yes|no|abstain"),
			id));
}

/* ---- cast ------------------------------------------------------------------------------------ */

struct casting {
	struct iq_cli *cli;
	struct iq_rec proposal;
	struct iq_records members, ballots;
	const char *contact, *institution, *choice;
	bool deputy;
	const char *former; /* choice so far; NULL: none */
};

static enum iq_err own_contact(struct iq_cli *cli, const char **contact)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__WhoamiRequest q = IQ__V1__WHOAMI_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	rq.op_case = IQ__V1__REQUEST__OP_WHOAMI;
	rq.whoami = &q;
	enum iq_err err = iq_ask(cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WHOAMI);
	*contact = err == IQ_OK ? rs->whoami->contact : "";
	return err;
}

static enum iq_err stands_for_nobody(struct casting *c)
{
	struct iq_cli *cli = c->cli;

	if (c->contact[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_DENIED,
			N_("Your account stands for nobody: it is linked to no contact person, and "
			   "so you represent no institution."),
			N_("An administrator links it: iqq principal set ID contact=CONTACT"),
			NULL);
	return iq_error_set(&cli->error, IQ_ERR_DENIED,
		N_("You represent no institution that takes part in this workshop: votes are cast "
		   "by representatives and their deputies."),
		N_("Who represents whom: iqq list memberships workshop={0}"),
		iq_circle_cell(cli, &c->proposal, "workshop"), NULL);
}

/* Takes part today; those come first. */
static bool counts(struct casting *c, const struct iq_rec *m)
{
	const char *today = iq_circle_today(c->cli);
	const char *from = iq_circle_cell(c->cli, m, "accepted_from");
	const char *to = iq_circle_cell(c->cli, m, "accepted_to");

	return from[0] != '\0' && strcmp(from, today) <= 0 &&
	       (to[0] == '\0' || strcmp(to, today) >= 0);
}

/* The institution for which the caller votes: representative before deputy. */
static enum iq_err choose_institution(struct casting *c)
{
	struct iq_cli *cli = c->cli;
	const char *wanted = NULL, *others = NULL;
	bool present = false;
	enum iq_err err = IQ_OK;

	if (iq_opt_given(cli, IQ_OPT_INSTITUTION))
		err = iq_circle_institution(cli, &wanted);
	for (size_t i = 0; err == IQ_OK && i < c->members.n; i++) {
		const struct iq_rec *m = &c->members.v[i];
		const char *of = iq_circle_cell(cli, m, "institution");
		bool rep = strcmp(iq_circle_cell(cli, m, "representative"), c->contact) == 0;
		bool dep = strcmp(iq_circle_cell(cli, m, "deputy"), c->contact) == 0;
		bool now = counts(c, m);

		if (c->contact[0] == '\0' || (!rep && !dep) ||
			(wanted != NULL && strcmp(of, wanted) != 0) || (present && !now))
			continue;
		if (c->institution != NULL && strcmp(of, c->institution) != 0 && now == present)
			others = of;
		if (c->institution == NULL || (now && !present) ||
			(strcmp(of, c->institution) == 0 && rep && c->deputy)) {
			c->institution = of;
			c->deputy = !rep;
			others = now && !present ? NULL : others;
		}
		present = present || now;
	}
	if (err == IQ_OK && c->institution == NULL)
		return stands_for_nobody(c);
	if (err == IQ_OK && others != NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("You stand for several institutions here, among them {0} and {1}."),
			N_("Say for which you vote: --institution {0}"), c->institution, others,
			NULL);
	return err;
}

static enum iq_err load(struct casting *c)
{
	struct iq_cli *cli = c->cli;
	const char *id = cli->arg[0];
	enum iq_err err = iq_circle_record(cli, IQ_PROPOSAL, id, &c->proposal);

	if (err == IQ_OK)
		err = own_contact(cli, &c->contact);
	if (err != IQ_OK)
		return err;
	const struct iq_circle_query queries[] = {
		{IQ_MEMBERSHIP, "workshop", iq_circle_cell(cli, &c->proposal, "workshop"),
			&c->members},
		{IQ_BALLOT, "proposal", id, &c->ballots}};

	err = iq_circle_fetch(cli, queries, 2);
	return err == IQ_OK ? choose_institution(c) : err;
}

/* The ballot of the institution, or the id of a new one. */
static enum iq_err find_ballot(struct casting *c, const char **id)
{
	struct iq_cli *cli = c->cli;
	const char *stem;

	for (size_t i = 0; i < c->ballots.n; i++) {
		if (strcmp(iq_circle_cell(cli, &c->ballots.v[i], "institution"), c->institution) !=
			0)
			continue;
		c->former = iq_circle_cell(cli, &c->ballots.v[i], "choice");
		*id = iq_circle_cell(cli, &c->ballots.v[i], "id");
		return IQ_OK;
	}
	stem = iq_arena_printf(&cli->arena, "%s-%s", cli->arg[0], c->institution);
	return stem != NULL ? iq_circle_new_id(cli, IQ_BALLOT, stem, id) : IQ_ERR_INTERNAL;
}

static const char *done_text(struct casting *c)
{
	struct iq_cli *cli = c->cli;
	const char *name = iq_circle_name(cli, IQ_INSTITUTION, c->institution);
	const char *deadline = iq_circle_cell(cli, &c->proposal, "deadline");
	const char *day = iq_arena_printf(&cli->arena, "%.10s", deadline);
	const char *until =
		iq_arena_printf(&cli->arena, "%s%s", iq_word_date(cli, day != NULL ? day : "").p,
			strlen(deadline) > 10 ? deadline + 10 : "");
	const char *choice = iq_vote_choice_word(c->choice);

	if (c->deputy)
		return iq_arena_printf(&cli->arena,
			_("Voted for %s as deputy: %s. It may be changed until %s; a vote of the "
			  "representative takes its place."),
			name, choice, until);
	return iq_arena_printf(&cli->arena, _("Voted for %s: %s. It may be changed until %s."),
		name, choice, until);
}

static enum iq_err cast(struct iq_cli *cli)
{
	struct casting c = {.cli = cli, .choice = iq_vote_choice(cli->arg[1])};
	const char *id = NULL;

	if (c.choice[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("\"{0}\" is no vote."),
			N_("One of: yes, no, abstain"), cli->arg[1], NULL);
	enum iq_err err = load(&c);

	if (err == IQ_OK)
		err = find_ballot(&c, &id);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {{"choice", c.choice}, {"contact", c.contact},
		{"as", c.deputy ? "deputy" : "representative"}, {"cast_on", iq_circle_today(cli)},
		{"note", iq_opt_given(cli, IQ_OPT_NOTE) ? iq_opt(cli, IQ_OPT_NOTE) : ""},
		{"proposal", cli->arg[0]}, {"institution", c.institution}};
	size_t n = sizeof(cells) / sizeof(cells[0]);

	/* What a ballot belongs to is for good. */
	return iq_circle_put(cli, c.former != NULL ? IQ__V1__VERB__SET : IQ__V1__VERB__ADD,
		IQ_BALLOT, id, cells, c.former != NULL ? n - 2 : n, 0, done_text(&c));
}

/* ---- close ----------------------------------------------------------------------------------- */

/* Something beside the proposal itself. */
static bool applied(const Iq__V1__VoteCloseResponse *r)
{
	for (size_t i = 0; i < r->n_changes; i++)
		if (strcmp(r->changes[i]->kind, "proposal") != 0)
			return true;
	return false;
}

static const char *closed_text(struct iq_cli *cli, const Iq__V1__VoteCloseResponse *r)
{
	const Iq__V1__Tally *t = r->tally;

	if (strcmp(t->state, "rejected") == 0)
		return iq_arena_printf(&cli->arena,
			_("The vote on %s is closed: rejected. Whoever wants to try again writes a "
			  "new proposal: iqq proposal new TEXT"),
			t->proposal);
	return iq_arena_printf(&cli->arena,
		applied(r) ? _("The vote on %s is closed: passed, and what it changes is "
			       "applied. Who does what until when: iqq commitment add TEXT "
			       "--proposal %s --due DATE")
			   : _("The vote on %s is closed: passed. Who does what until when: iqq "
			       "commitment add TEXT --proposal %s --due DATE"),
		t->proposal, t->proposal);
}

static enum iq_err close_vote(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__VoteCloseRequest q = IQ__V1__VOTE_CLOSE_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q.request_id);

	q.proposal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_VOTE_CLOSE;
	rq.vote_close = &q;
	if (err == IQ_OK)
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_VOTE_CLOSE, &rs);
	if (err != IQ_OK)
		return err;
	const Iq__V1__VoteCloseResponse *r = rs->vote_close;

	err = iq_vote_show(cli, &(struct iq_vote_shown){.revision = r->revision,
					.tally = r->tally,
					.labels = r->labels,
					.nlabels = r->n_labels,
					.changes = r->changes,
					.nchanges = r->n_changes,
					.closing = true});
	if (err == IQ_OK && r->conflict != NULL) {
		cli->keep_out = true;
		iq_codec_read_error(&cli->error, r->conflict);
		return cli->error.code;
	}
	if (err == IQ_OK)
		iq_note_done(cli, closed_text(cli, r));
	return err;
}

/* ---- tally ----------------------------------------------------------------------------------- */

static enum iq_err tally(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__TallyRequest q = IQ__V1__TALLY_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	q.proposal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]));
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_TALLY;
	rq.tally = &q;
	enum iq_err err = iq_ask(cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_TALLY);
	if (err != IQ_OK)
		return err;
	return iq_vote_show(cli, &(struct iq_vote_shown){.revision = rs->tally->revision,
					 .tally = rs->tally->tally,
					 .labels = rs->tally->labels,
					 .nlabels = rs->tally->n_labels});
}

enum iq_err iq_cmd_vote(struct iq_cli *cli)
{
	static const uint8_t of_open[] = {
		IQ_OPT_DEADLINE, IQ_OPT_MAJORITY, IQ_OPT_QUORUM, IQ_OPT_NONE};
	static const uint8_t of_cast[] = {IQ_OPT_INSTITUTION, IQ_OPT_NOTE, IQ_OPT_NONE};
	static const uint8_t none[] = {IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"tally", "ergebnis", tally, 1, 1, N_("ID"), none},
		{"cast", "stimmen", cast, 2, 2,
			N_("ID yes|no|abstain [--institution INSTITUTION] [--note TEXT]"), of_cast},
		{"open", "oeffnen", open_vote, 1, 1,
			N_("ID --deadline DATE [--majority MAJORITY] [--quorum PERCENT]"), of_open},
		{"close", "schliessen", close_vote, 1, 1, N_("ID"), none},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
