/* SPDX-License-Identifier: Apache-2.0 */
/* Workshops: set up, look at, invite, take part, hand over, dissolve. */
#include <string.h>

#include "cards.h"
#include "circle.h"
#include "circle_show.h"
#include "commands.h"
#include "grants.h"
#include "sub.h"

/* "--on" or "--from" as a cell, today if it is not given. */
static enum iq_err day(struct iq_cli *cli, enum iq_opt opt, const char **out)
{
	char *iso = NULL;
	enum iq_err err = iq_change_date(cli, iq_opt(cli, opt), &iso);

	*out = err == IQ_OK && iso[0] == '\0' ? iq_circle_today(cli) : iso;
	return err;
}

static const char *name_of(struct iq_cli *cli, const struct iq_rec *workshop)
{
	return iq_circle_name(cli, IQ_WORKSHOP_RECORD, iq_circle_cell(cli, workshop, "id"));
}

/* ---- the workshop itself ----------------------------------------------------------------------
 */

/* Ids of institutions as a cell, after what is in it already. */
static enum iq_err join(struct iq_cli *cli, const char *const *words, size_t n, const char **cell)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; err == IQ_OK && i < n; i++) {
		const char *id = "";

		err = iq_circle_term(cli, IQ_INSTITUTION, words[i], &id);
		*cell = iq_arena_printf(
			&cli->arena, "%s%s%s", *cell, **cell != '\0' ? ";" : "", id);
	}
	return err;
}

static enum iq_err create(struct iq_cli *cli)
{
	const char *region = NULL, *organisers = "", *id = iq_opt(cli, IQ_OPT_ID);
	const struct iq_opt_values *who = &cli->opt[IQ_OPT_ORGANISER];
	uint32_t quorum, size;
	char *from = NULL;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_QUORUM, &quorum);

	if (err == IQ_OK)
		err = iq_opt_number(cli, IQ_OPT_SIZE, &size);
	if (err == IQ_OK)
		err = iq_change_date(cli, iq_opt(cli, IQ_OPT_FROM), &from);
	if (err == IQ_OK && !iq_opt_given(cli, IQ_OPT_REGION))
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("For which place?"),
			N_("iqq workshop create NAME --region PLACE"), NULL);
	if (err == IQ_OK)
		err = iq_circle_term(cli, IQ_REGION, iq_opt(cli, IQ_OPT_REGION), &region);
	if (err == IQ_OK)
		err = join(cli, who->v, who->n, &organisers);
	if (err == IQ_OK && id == NULL)
		err = iq_circle_new_id(cli, IQ_WORKSHOP_RECORD, cli->arg[0], &id);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {
		{"region", region},
		{"name_de", cli->arg[0]},
		{"organisers", organisers},
		{"goals", iq_opt_text(cli, IQ_OPT_GOALS)},
		{"valid_from", from},
		{"quorum", iq_opt_text(cli, IQ_OPT_QUORUM)},
		{"size", iq_opt_text(cli, IQ_OPT_SIZE)},
	};

	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_WORKSHOP_RECORD, id, cells,
		sizeof(cells) / sizeof(cells[0]), 0,
		iq_arena_printf(&cli->arena,
			_("Set up as %s. Next: iqq workshop invite INSTITUTION --workshop %s"), id,
			id));
}

static enum iq_err organiser(struct iq_cli *cli)
{
	struct iq_cell_value cell = {"organisers", ""};
	struct iq_rec workshop;
	enum iq_err err = iq_circle_meant(cli, NULL, &workshop);

	if (err != IQ_OK)
		return err;
	if (iq_opt_given(cli, IQ_OPT_ALSO))
		cell.value = iq_circle_cell(cli, &workshop, "organisers");
	err = join(cli, cli->arg, cli->nargs, &cell.value);
	if (err != IQ_OK)
		return err;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_WORKSHOP_RECORD,
		iq_circle_cell(cli, &workshop, "id"), &cell, 1, workshop.revision,
		iq_arena_printf(
			&cli->arena, _("%s is organised by those now."), name_of(cli, &workshop)));
}

static enum iq_err dissolve(struct iq_cli *cli)
{
	struct iq_cell_value cell = {"valid_to", ""};
	struct iq_rec workshop;
	enum iq_err err = day(cli, IQ_OPT_LAST_DAY, &cell.value);

	if (err == IQ_OK)
		err = iq_circle_meant(cli, cli->nargs > 0 ? cli->arg[0] : NULL, &workshop);
	if (err != IQ_OK)
		return err;
	const char *name = name_of(cli, &workshop), *last = iq_word_date(cli, cell.value).p;

	if (!iq_circle_sure(
		    cli, iq_arena_printf(&cli->arena,
				 _("Dissolve %s? After %s its members see nothing of it any more."),
				 name, last)))
		return cli->error.code;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_WORKSHOP_RECORD,
		iq_circle_cell(cli, &workshop, "id"), &cell, 1, workshop.revision,
		iq_arena_printf(&cli->arena, _("The last day of %s is %s."), name, last));
}

/* ---- who takes part ---------------------------------------------------------------------------
 */

/* The membership of an institution that is not over; NULL: none. */
static const struct iq_rec *seat(
	struct iq_cli *cli, const struct iq_records *all, const char *institution)
{
	for (size_t i = 0; i < all->n; i++)
		if (iq_str_is(iq_rec_text(&all->v[i], IQ_MEMBERSHIP_INSTITUTION), institution) &&
			iq_standing_of(&all->v[i], iq_circle_today(cli)) != IQ_STANDING_LEFT)
			return &all->v[i];
	return NULL;
}

static enum iq_err is_in(struct iq_cli *cli, const struct iq_rec *m, const char *institution)
{
	const char *name = iq_circle_name(cli, IQ_INSTITUTION, institution);

	if (iq_standing_of(m, iq_circle_today(cli)) == IQ_STANDING_INVITED)
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("{0} is invited already."),
			N_("To take the invitation back: iqq delete membership {1}"), name,
			iq_circle_cell(cli, m, "id"), NULL);
	return iq_error_set(
		&cli->error, IQ_ERR_CONFLICT, N_("{0} takes part already."), NULL, name, NULL);
}

/* A guest becomes a member: it is asked anew. */
static enum iq_err invite_guest(struct iq_cli *cli, const struct iq_rec *m, const char *name)
{
	const struct iq_cell_value cells[] = {{"guest", ""}, {"accepted_from", ""},
		{"decides", iq_opt_given(cli, IQ_OPT_NO_VOTE) ? "no" : ""}};

	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_MEMBERSHIP, iq_circle_cell(cli, m, "id"),
		cells, 3, m->revision,
		iq_arena_printf(&cli->arena,
			_("%s is invited as a member, and is a guest no more."), name));
}

static enum iq_err invite(struct iq_cli *cli)
{
	bool guest = iq_opt_given(cli, IQ_OPT_GUEST);
	struct iq_records all = {.n = 0};
	const char *institution = "", *circle, *name, *id;
	struct iq_rec workshop;
	enum iq_err err = iq_circle_meant(cli, NULL, &workshop);

	if (err == IQ_OK)
		err = iq_circle_term(cli, IQ_INSTITUTION, cli->arg[0], &institution);
	if (err != IQ_OK)
		return err;
	circle = iq_circle_cell(cli, &workshop, "id");
	name = iq_circle_name(cli, IQ_INSTITUTION, institution);
	err = iq_circle_records(cli, IQ_MEMBERSHIP, "workshop", circle, &all);
	const struct iq_rec *m = seat(cli, &all, institution);

	if (err == IQ_OK && m != NULL && !guest &&
		iq_standing_of(m, iq_circle_today(cli)) == IQ_STANDING_GUEST)
		return invite_guest(cli, m, name);
	if (err == IQ_OK && m != NULL)
		return is_in(cli, m, institution);
	if (err == IQ_OK)
		err = iq_circle_new_id(cli, IQ_MEMBERSHIP,
			iq_arena_printf(&cli->arena, "%s-%s", circle, institution), &id);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {
		{"workshop", circle},
		{"institution", institution},
		{"guest", guest ? "yes" : ""},
		{"decides", iq_opt_given(cli, IQ_OPT_NO_VOTE) ? "no" : ""},
	};

	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_MEMBERSHIP, id, cells,
		sizeof(cells) / sizeof(cells[0]), 0,
		iq_arena_printf(&cli->arena,
			_("%s is invited. Its editor accepts with: iqq workshop accept %s "
			  "--institution %s"),
			name, circle, institution));
}

/* How many of the memberships are meant: in the workshop, or else (NULL) invitations or seats. */
static size_t meant(struct iq_cli *cli, const struct iq_records *all, const struct iq_rec *workshop,
	bool invited, struct iq_rec *out)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct iq_rec *m = &all->v[i];
		enum iq_standing is = iq_standing_of(m, iq_circle_today(cli));
		bool fits = workshop != NULL ? iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
						       iq_rec_text(workshop, IQ_COL_ID))
					     : (is == IQ_STANDING_INVITED) == invited;

		if (!fits || is == IQ_STANDING_LEFT)
			continue;
		*out = *m;
		n++;
	}
	return n;
}

/*
 * The membership that is meant: of one's own institution, in the workshop of the word, or else the
 * only one there is; `invited`: of the invitations, if there is any.
 */
static enum iq_err own_seat(
	struct iq_cli *cli, bool invited, struct iq_rec *m, const char **institution)
{
	const char *word = cli->nargs > 0 ? cli->arg[0] : iq_opt(cli, IQ_OPT_WORKSHOP);
	struct iq_records all = {.n = 0};
	struct iq_rec workshop;
	enum iq_err err = iq_circle_institution(cli, institution);

	if (err == IQ_OK && word != NULL)
		err = iq_circle_meant(cli, cli->nargs > 0 ? word : NULL, &workshop);
	if (err == IQ_OK)
		err = iq_circle_records(cli, IQ_MEMBERSHIP, "institution", *institution, &all);
	if (err != IQ_OK)
		return err;
	size_t n = meant(cli, &all, word != NULL ? &workshop : NULL, invited, m);

	if (n == 0 && word == NULL && invited)
		n = meant(cli, &all, NULL, false, m);
	if (n == 1)
		return IQ_OK;
	if (n > 1)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("{0} is in several workshops. Which one?"),
			N_("All there are: iqq workshop list"),
			iq_circle_name(cli, IQ_INSTITUTION, *institution), NULL);
	return iq_error_set(&cli->error, IQ_ERR_NOT_FOUND,
		invited ? N_("{0} is not invited.") : N_("{0} takes no part."),
		N_("All there are: iqq workshop list"),
		iq_circle_name(cli, IQ_INSTITUTION, *institution), NULL);
}

static enum iq_err accept(struct iq_cli *cli)
{
	static const struct {
		enum iq_opt opt;
		const char *column;
	} people[] = {{IQ_OPT_REPRESENTATIVE, "representative"}, {IQ_OPT_DEPUTY, "deputy"}};
	const char *institution = NULL, *from = NULL;
	struct iq_cell_value cells[3];
	struct iq_rec m = {.kind = IQ_MEMBERSHIP};
	size_t n = 0;
	enum iq_err err = day(cli, IQ_OPT_FROM, &from);
	bool people_given =
		iq_opt_given(cli, IQ_OPT_REPRESENTATIVE) || iq_opt_given(cli, IQ_OPT_DEPUTY);

	if (err == IQ_OK)
		err = own_seat(cli, true, &m, &institution);
	for (size_t i = 0; err == IQ_OK && i < 2; i++) {
		const char *id = "";

		if (!iq_opt_given(cli, people[i].opt))
			continue;
		if (iq_opt(cli, people[i].opt)[0] != '\0')
			err = iq_circle_term(cli, IQ_CONTACT, iq_opt(cli, people[i].opt), &id);
		cells[n++] = (struct iq_cell_value){people[i].column, id};
	}
	if (err != IQ_OK)
		return err;
	bool asked = iq_rec_text(&m, IQ_MEMBERSHIP_ACCEPTED_FROM).n == 0;

	if (asked || iq_opt_given(cli, IQ_OPT_FROM) || !people_given)
		cells[n++] = (struct iq_cell_value){
			"accepted_from", asked || iq_opt_given(cli, IQ_OPT_FROM)
						 ? from
						 : iq_circle_cell(cli, &m, "accepted_from")};
	err = iq_circle_put(cli, IQ__V1__VERB__SET, IQ_MEMBERSHIP, iq_circle_cell(cli, &m, "id"),
		cells, n, m.revision,
		iq_arena_printf(&cli->arena, _("%s takes part in %s."),
			iq_circle_name(cli, IQ_INSTITUTION, institution),
			iq_circle_name(
				cli, IQ_WORKSHOP_RECORD, iq_circle_cell(cli, &m, "workshop"))));
	if (err == IQ_OK && !iq_opt_given(cli, IQ_OPT_REPRESENTATIVE) &&
		iq_rec_text(&m, IQ_MEMBERSHIP_REPRESENTATIVE).n == 0 &&
		!iq_str_is(iq_rec_text(&m, IQ_MEMBERSHIP_GUEST), "yes"))
		iq_note(cli,
			_("Nobody votes for it yet: iqq workshop accept %s --representative "
			  "CONTACT"),
			iq_circle_cell(cli, &m, "workshop"));
	return err;
}

static enum iq_err leave(struct iq_cli *cli)
{
	struct iq_cell_value cell = {"accepted_to", ""};
	const char *institution = NULL;
	struct iq_rec m = {.kind = IQ_MEMBERSHIP};
	enum iq_err err = day(cli, IQ_OPT_LAST_DAY, &cell.value);

	if (err == IQ_OK)
		err = own_seat(cli, false, &m, &institution);
	if (err != IQ_OK)
		return err;
	const char *name = iq_circle_name(cli, IQ_INSTITUTION, institution);
	const char *workshop =
		iq_circle_name(cli, IQ_WORKSHOP_RECORD, iq_circle_cell(cli, &m, "workshop"));

	if (iq_rec_text(&m, IQ_MEMBERSHIP_ACCEPTED_FROM).n == 0)
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("{0} is invited and takes no part yet: there is nothing to leave."),
			N_("Who does not want to take part need not do anything."), name, NULL);
	if (!iq_circle_sure(cli,
		    iq_arena_printf(&cli->arena,
			    _("%s leaves %s: its votes in what is not closed by then are lost. "
			      "Go on?"),
			    name, workshop)))
		return cli->error.code;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_MEMBERSHIP, iq_circle_cell(cli, &m, "id"),
		&cell, 1, m.revision,
		iq_arena_printf(&cli->arena, _("The last day of %s in %s is %s."), name, workshop,
			iq_word_date(cli, cell.value).p));
}

static enum iq_err show(struct iq_cli *cli)
{
	if (iq_opt_given(cli, IQ_OPT_VCARD))
		return iq_cards_workshop(cli, cli->nargs > 0 ? cli->arg[0] : NULL);
	return iq_circle_show(cli);
}

enum iq_err iq_cmd_workshop(struct iq_cli *cli)
{
	static const uint8_t of_list[] = {IQ_OPT_ALL, IQ_OPT_NONE};
	static const uint8_t of_show[] = {
		IQ_OPT_WORKSHOP, IQ_OPT_VCARD, IQ_OPT_OUTPUT, IQ_OPT_NONE};
	static const uint8_t of_create[] = {IQ_OPT_REGION, IQ_OPT_ORGANISER, IQ_OPT_GOALS,
		IQ_OPT_QUORUM, IQ_OPT_SIZE, IQ_OPT_FROM, IQ_OPT_ID, IQ_OPT_NONE};
	static const uint8_t of_invite[] = {
		IQ_OPT_WORKSHOP, IQ_OPT_GUEST, IQ_OPT_NO_VOTE, IQ_OPT_NONE};
	static const uint8_t of_accept[] = {IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION,
		IQ_OPT_REPRESENTATIVE, IQ_OPT_DEPUTY, IQ_OPT_FROM, IQ_OPT_NONE};
	static const uint8_t of_leave[] = {
		IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_LAST_DAY, IQ_OPT_NONE};
	static const uint8_t of_dissolve[] = {IQ_OPT_WORKSHOP, IQ_OPT_LAST_DAY, IQ_OPT_NONE};
	static const uint8_t of_organiser[] = {IQ_OPT_WORKSHOP, IQ_OPT_ALSO, IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"list", "liste", iq_circle_list, 0, 0, N_("[--all]"), of_list},
		{"show", "zeigen", show, 0, 1, N_("[WORKSHOP] [--vcard [-o FILE] [--reason CODE]]"),
			of_show},
		{"create", "gruenden", create, 1, 1,
			N_("NAME --region PLACE [--organiser INSTITUTION]…"), of_create},
		{"invite", "einladen", invite, 1, 1, N_("INSTITUTION [--guest] [--no-vote]"),
			of_invite},
		{"accept", "annehmen", accept, 0, 1,
			N_("[WORKSHOP] [--representative CONTACT] [--deputy CONTACT]"), of_accept},
		{"leave", "verlassen", leave, 0, 1, N_("[WORKSHOP] [--on DATE]"), of_leave},
		{"organiser", "leitung", organiser, 1, 8, N_("INSTITUTION… [--also]"),
			of_organiser},
		{"dissolve", "aufloesen", dissolve, 0, 1, N_("[WORKSHOP] [--on DATE]"),
			of_dissolve},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
