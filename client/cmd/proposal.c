/* SPDX-License-Identifier: Apache-2.0 */
/* Proposals to a workshop: written, shown, withdrawn. The vote on them: vote.c. */
#include <string.h>

#include "circle.h"
#include "commands.h"
#include "grants.h"
#include "record.h"
#include "sub.h"
#include "workshop.h"

enum { FIELDS_MAX = 10, WORDS_MAX = 250 };

/* ---- new ------------------------------------------------------------------------------------- */

struct fields {
	struct iq_cell_value v[FIELDS_MAX];
	size_t n;
};

static void put(struct fields *f, const char *column, const char *value)
{
	if (value != NULL && value[0] != '\0' && f->n < FIELDS_MAX)
		f->v[f->n++] = (struct iq_cell_value){column, value};
}

/* Lines of --change. */
static const char *lines(struct iq_cli *cli)
{
	const struct iq_opt_values *given = &cli->opt[IQ_OPT_CHANGE];
	const char *all = "";

	for (size_t i = 0; i < given->n && all != NULL; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i > 0 ? "\n" : "", given->v[i]);
	return all;
}

/* The records that a flag names, by id, name or alias, as a cell. */
static enum iq_err terms(struct iq_cli *cli, enum iq_opt opt, enum iq_kind kind, const char **cell)
{
	const struct iq_opt_values *given = &cli->opt[opt];
	enum iq_err err = IQ_OK;

	*cell = "";
	for (size_t i = 0; err == IQ_OK && i < given->n; i++) {
		const char *id = "";

		err = iq_circle_term(cli, kind, given->v[i], &id);
		*cell = iq_arena_printf(&cli->arena, "%s%s%s", *cell, i > 0 ? ";" : "", id);
		if (*cell == NULL)
			return IQ_ERR_INTERNAL;
	}
	return err;
}

/*
 * What it would change, against the directory as it is now: whoever changes the same before the
 * vote is over comes between.
 */
static enum iq_err read_changes(
	struct iq_cli *cli, const char *workshop, struct iq_records *members, const char **out)
{
	const char *changes = lines(cli);
	uint32_t base = 0;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_BASE, &base);

	*out = NULL;
	if (err == IQ_OK)
		err = iq_circle_records(cli, IQ_MEMBERSHIP, "workshop", workshop, members);
	if (err != IQ_OK || changes == NULL || changes[0] == '\0')
		return err;
	*out = iq_arena_printf(&cli->arena, "base %llu\n%s",
		(unsigned long long)(base != 0 ? base : members->revision), changes);
	return *out != NULL ? IQ_OK : IQ_ERR_INTERNAL;
}

static enum iq_err words_missing(struct iq_cli *cli)
{
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("A proposal needs its text."),
		N_("For example: iqq proposal new 'The job centre takes over advice on housing.' "
		   "--task housing"),
		NULL);
}

static enum iq_err new_id(struct iq_cli *cli, const char *workshop, const char **id)
{
	const char *stem = iq_arena_printf(&cli->arena, "%s-%s", workshop, iq_circle_today(cli));

	*id = iq_opt(cli, IQ_OPT_ID);
	if (*id != NULL)
		return IQ_OK;
	return stem != NULL ? iq_circle_new_id(cli, IQ_PROPOSAL, stem, id) : IQ_ERR_INTERNAL;
}

static enum iq_err write_new(struct iq_cli *cli)
{
	const char *text = "", *workshop, *institution = NULL, *changes = NULL, *id = NULL;
	const char *task = "", *region = "", *statuses = "";
	struct fields f = {.n = 0};
	struct iq_records members;
	struct iq_rec rec;

	for (size_t i = 0; i < cli->nargs && text != NULL; i++)
		text = iq_arena_printf(&cli->arena, "%s%s%s", text, i > 0 ? " " : "", cli->arg[i]);
	if (text == NULL || text[0] == '\0')
		return words_missing(cli);
	enum iq_err err = iq_circle_meant(cli, NULL, &rec);

	workshop = err == IQ_OK ? iq_circle_cell(cli, &rec, "id") : "";
	if (err == IQ_OK)
		err = iq_circle_institution(cli, &institution);
	if (err == IQ_OK)
		err = read_changes(cli, workshop, &members, &changes);
	if (err == IQ_OK)
		err = terms(cli, IQ_OPT_TASK, IQ_TASK, &task);
	if (err == IQ_OK)
		err = terms(cli, IQ_OPT_REGION, IQ_REGION, &region);
	if (err == IQ_OK)
		err = terms(cli, IQ_OPT_STATUS, IQ_STATUS, &statuses);
	if (err == IQ_OK)
		err = new_id(cli, workshop, &id);
	if (err != IQ_OK)
		return err;
	put(&f, "workshop", workshop);
	put(&f, "institution", institution);
	put(&f, "text_de", text);
	put(&f, "text_en", iq_opt(cli, IQ_OPT_ENGLISH));
	put(&f, "topic", iq_opt(cli, IQ_OPT_TOPIC));
	put(&f, "task", task);
	put(&f, "region", region);
	put(&f, "statuses", statuses);
	put(&f, "changes", changes);
	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_PROPOSAL, id, f.v, f.n, 0,
		iq_arena_printf(&cli->arena,
			_("The proposal %s is written down as a draft. Whoever organises the "
			  "workshop opens the vote: iqq vote open %s --deadline DATE"),
			id, id));
}

/* ---- show and list --------------------------------------------------------------------------- */

static void next_step(struct iq_cli *cli, const char *id, int state)
{
	switch (state) {
	case IQ_PROPOSAL_DRAFT:
		iq_note(cli, _("The vote is opened by: iqq vote open %s --deadline DATE"), id);
		break;
	case IQ_PROPOSAL_OPEN:
		iq_note(cli, _("The vote runs: iqq vote cast %s yes|no|abstain"), id);
		break;
	case IQ_PROPOSAL_CONFLICT:
		iq_note(cli,
			_("It has its majority, but what it changes was changed by somebody else. "
			  "Once that is set right: iqq vote close %s"),
			id);
		break;
	default:
		iq_note(cli, _("How it ended: iqq vote tally %s"), id);
		break;
	}
}

/* What it would change, a line each. */
static void show_changes(struct iq_cli *cli, const struct iq_rec *rec)
{
	struct iq_str rest = iq_rec_text(rec, IQ_PROPOSAL_CHANGES), line;

	if (rest.n == 0)
		return;
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("When it passes, this changes:")));
	iq_buf_byte(&cli->out, '\n');
	while (iq_str_cut(&rest, '\n', &line))
		if (line.n > 0)
			iq_paragraph(cli, IQ_STYLE_NONE, "  ", iq_safe(cli, line));
}

static enum iq_err show(struct iq_cli *cli)
{
	struct iq_rec rec, shown;
	enum iq_err err = iq_circle_record(cli, IQ_PROPOSAL, cli->arg[0], &rec);

	if (err != IQ_OK)
		return err;
	if (cli->format == IQ_FORMAT_JSON)
		return iq_records_show(cli, IQ_PROPOSAL, &rec, 1, rec.revision, 1);
	shown = rec;
	if (cli->format == IQ_FORMAT_TABLE)
		shown.col[IQ_PROPOSAL_CHANGES].n = 0;
	iq_record_show(cli, &shown);
	if (cli->format == IQ_FORMAT_TABLE)
		show_changes(cli, &rec);
	next_step(cli, cli->arg[0],
		iq_choice(iq_process_states[IQ_PROCESS_PROPOSAL],
			iq_rec_text(&rec, IQ_PROPOSAL_STATE)));
	return IQ_OK;
}

static bool is_over(const struct iq_rec *rec)
{
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_PROPOSAL], iq_rec_text(rec, IQ_PROPOSAL_STATE));

	return state >= 0 && iq_process_is_final(IQ_PROCESS_PROPOSAL, (unsigned)state);
}

static enum iq_err list(struct iq_cli *cli)
{
	bool one = cli->nargs > 0 || iq_opt_given(cli, IQ_OPT_WORKSHOP), all;
	struct iq_records found = {.n = 0};
	const char *id = NULL;
	struct iq_rec rec;
	size_t n = 0, over = 0;
	enum iq_err err = IQ_OK;

	all = iq_opt_given(cli, IQ_OPT_ALL);
	if (one)
		err = iq_circle_meant(cli, cli->nargs > 0 ? cli->arg[0] : NULL, &rec);
	if (err == IQ_OK && one)
		id = iq_circle_cell(cli, &rec, "id");
	if (err == IQ_OK)
		err = iq_circle_records(cli, IQ_PROPOSAL, one ? "workshop" : NULL, id, &found);
	if (err != IQ_OK)
		return err;
	for (size_t i = 0; i < found.n; i++) {
		if (!all && is_over(&found.v[i]))
			over++;
		else
			found.v[n++] = found.v[i];
	}
	err = iq_records_show(cli, IQ_PROPOSAL, found.v, n, found.revision, n);
	if (err == IQ_OK && n == 0 && over == 0)
		iq_note(cli, "%s",
			_("There are no proposals that you may see. A new one: iqq proposal new "
			  "TEXT"));
	if (over > 0)
		iq_note(cli, _("Over and done with: %zu more, shown with --all."), over);
	return err;
}

/* ---- withdraw -------------------------------------------------------------------------------- */

static enum iq_err withdraw(struct iq_cli *cli)
{
	const struct iq_cell_value cells[] = {
		{"state", iq_process_states[IQ_PROCESS_PROPOSAL][IQ_PROPOSAL_WITHDRAWN]},
		{"closed_on", iq_circle_today(cli)}};
	struct iq_rec rec;
	enum iq_err err = iq_circle_record(cli, IQ_PROPOSAL, cli->arg[0], &rec);

	if (err == IQ_OK && is_over(&rec))
		err = iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("The proposal \"{0}\" is over: it cannot be withdrawn any more."),
			N_("Whoever sees it differently writes a new one: iqq proposal new TEXT"),
			cli->arg[0], NULL);
	if (err != IQ_OK)
		return err;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_PROPOSAL, cli->arg[0], cells, 2, 0,
		iq_arena_printf(&cli->arena,
			_("The proposal %s is withdrawn. That is final: a new one is written with "
			  "iqq proposal new TEXT"),
			cli->arg[0]));
}

enum iq_err iq_cmd_proposal(struct iq_cli *cli)
{
	static const uint8_t of_list[] = {IQ_OPT_WORKSHOP, IQ_OPT_ALL, IQ_OPT_NONE};
	static const uint8_t of_new[] = {IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_TOPIC,
		IQ_OPT_TASK, IQ_OPT_REGION, IQ_OPT_STATUS, IQ_OPT_CHANGE, IQ_OPT_BASE,
		IQ_OPT_ENGLISH, IQ_OPT_ID, IQ_OPT_NONE};
	static const uint8_t none[] = {IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"list", "liste", list, 0, 1, N_("[WORKSHOP] [--all]"), of_list},
		{"new", "neu", write_new, 1, WORDS_MAX,
			N_("TEXT… [--english TEXT] [--task TASK] [--region PLACE] [--status "
			   "STATUS]… [--topic ID] [--change CHANGE]…"),
			of_new},
		{"show", "zeigen", show, 1, 1, N_("ID"), none},
		{"withdraw", "zurueckziehen", withdraw, 1, 1, N_("ID"), none},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
