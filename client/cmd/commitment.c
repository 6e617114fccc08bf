/* SPDX-License-Identifier: Apache-2.0 */
/* What a workshop has firmly agreed on: who owes what until when, and whether it was kept. */
#include <stdlib.h>
#include <string.h>

#include "circle.h"
#include "commands.h"
#include "date.h"
#include "grants.h"
#include "meeting.h"
#include "record.h"
#include "sub.h"

enum { WITHIN_DAYS = 14, DAYS_MOST = 3650 };

/* ---- changes ----------------------------------------------------------------------------------
 */

/* The institutions of --institution, or one's own, as a cell. */
static enum iq_err bound(struct iq_cli *cli, const char **cell)
{
	const struct iq_opt_values *words = &cli->opt[IQ_OPT_INSTITUTION];
	enum iq_err err = IQ_OK;

	*cell = "";
	if (words->n == 0)
		return iq_circle_institution(cli, cell);
	for (size_t i = 0; err == IQ_OK && i < words->n; i++) {
		const char *id = "";

		err = iq_circle_term(cli, IQ_INSTITUTION, words->v[i], &id);
		*cell = iq_arena_printf(&cli->arena, "%s%s%s", *cell, i ? ";" : "", id);
	}
	return err;
}

/* The workshop, or that of the proposal. */
static enum iq_err workshop_of(struct iq_cli *cli, const char **workshop)
{
	const char *proposal = iq_opt(cli, IQ_OPT_PROPOSAL);
	struct iq_rec rec;
	enum iq_err err;

	if (proposal != NULL && !iq_opt_given(cli, IQ_OPT_WORKSHOP)) {
		err = iq_circle_record(cli, IQ_PROPOSAL, proposal, &rec);
		*workshop = err == IQ_OK ? iq_circle_cell(cli, &rec, "workshop") : "";
	} else {
		err = iq_circle_meant(cli, NULL, &rec);
		*workshop = err == IQ_OK ? iq_circle_cell(cli, &rec, "id") : "";
	}
	return err;
}

static enum iq_err add(struct iq_cli *cli)
{
	const char *workshop, *institutions = "", *id = iq_opt(cli, IQ_OPT_ID);
	char *due = NULL;
	enum iq_err err = iq_change_date(cli, iq_opt(cli, IQ_OPT_DUE), &due);

	if (err == IQ_OK)
		err = workshop_of(cli, &workshop);
	if (err == IQ_OK)
		err = bound(cli, &institutions);
	if (err == IQ_OK && id == NULL)
		err = iq_circle_new_id(cli, IQ_COMMITMENT,
			iq_arena_printf(&cli->arena, "%s-%s", workshop, cli->arg[0]), &id);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {
		{"workshop", workshop},
		{"proposal", iq_opt_text(cli, IQ_OPT_PROPOSAL)},
		{"institutions", institutions},
		{"text_de", cli->arg[0]},
		{"due", due},
	};

	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_COMMITMENT, id, cells,
		sizeof(cells) / sizeof(cells[0]), 0,
		iq_arena_printf(&cli->arena, _("Agreed as %s."), id));
}

static enum iq_err defer(struct iq_cli *cli)
{
	struct iq_cell_value cell = {"due", ""};
	struct iq_rec rec;
	char *due = NULL;
	enum iq_err err = iq_change_date(cli, iq_opt(cli, IQ_OPT_DUE), &due);

	if (err == IQ_OK && due[0] == '\0')
		err = iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Until when?"),
			N_("iqq commitment defer {0} --due DATE"), cli->arg[0], NULL);
	if (err == IQ_OK)
		err = iq_circle_record(cli, IQ_COMMITMENT, cli->arg[0], &rec);
	if (err != IQ_OK)
		return err;
	cell.value = due;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_COMMITMENT, cli->arg[0], &cell, 1,
		rec.revision,
		iq_arena_printf(&cli->arena, _("Put off until %s."), iq_word_date(cli, due).p));
}

static enum iq_err close_one(struct iq_cli *cli)
{
	const char *evidence = iq_opt(cli, IQ_OPT_EVIDENCE), *why = iq_opt(cli, IQ_OPT_DROPPED);
	struct iq_rec rec;
	enum iq_err err;

	if ((evidence == NULL) == (why == NULL))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("Was it kept, or is it given up?"),
			N_("iqq commitment close {0} --evidence TEXT, or --dropped WHY"),
			cli->arg[0], NULL);
	if (why != NULL && why[0] == '\0')
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("What is given up needs a reason."),
			N_("iqq commitment close {0} --dropped WHY"), cli->arg[0], NULL);
	err = iq_circle_record(cli, IQ_COMMITMENT, cli->arg[0], &rec);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {
		{"state", why != NULL ? "dropped" : "kept"},
		{"settled_on", iq_circle_today(cli)},
		{why != NULL ? "reason" : "evidence", why != NULL ? why : evidence},
	};

	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_COMMITMENT, cli->arg[0], cells, 3,
		rec.revision, why != NULL ? _("Given up.") : _("Kept."));
}

/* ---- lists ------------------------------------------------------------------------------------
 */

static bool binds(const struct iq_rec *rec, const char *institution)
{
	const struct iq_value *v = &rec->col[IQ_COMMITMENT_INSTITUTIONS];

	for (uint32_t i = 0; i < v->n; i++)
		if (institution == NULL || iq_str_is(v->v[i], institution))
			return true;
	return institution == NULL;
}

static bool is_open(const struct iq_rec *rec)
{
	struct iq_str state = iq_rec_text(rec, IQ_COMMITMENT_STATE);

	return iq_str_is(state, "open") || iq_str_is(state, "late");
}

/* What the soonest is due of first; without a date last. */
static int by_due(const void *a, const void *b)
{
	struct iq_str x = iq_rec_text(a, IQ_COMMITMENT_DUE), y = iq_rec_text(b, IQ_COMMITMENT_DUE);

	if ((x.n == 0) != (y.n == 0))
		return x.n == 0 ? 1 : -1;
	int order = iq_str_cmp(x, y);

	return order != 0 ? order
			  : iq_str_cmp(iq_rec_text(a, IQ_COL_ID), iq_rec_text(b, IQ_COL_ID));
}

/* On a terminal names and words, elsewhere the columns of `list`. */
static enum iq_err show(struct iq_cli *cli, const struct iq_records *all)
{
	static const struct iq_col cols[] = {
		{"due", N_("Due"), IQ_CELL_DATE, true},
		{"state", N_("State"), IQ_CELL_TEXT, true},
		{"text", N_("Agreed"), IQ_CELL_TEXT, false},
		{"institutions", N_("Institutions"), IQ_CELL_TEXT, false},
		{"id", N_("Id"), IQ_CELL_TEXT, false},
	};
	struct iq_table t;

	if (cli->format != IQ_FORMAT_TABLE)
		return iq_records_show(cli, IQ_COMMITMENT, all->v, all->n, all->revision, all->n);
	iq_circle_names_of(cli, IQ_INSTITUTION, all, "institutions");
	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < all->n; i++) {
		const struct iq_rec *r = &all->v[i];
		const struct iq_str row[] = {iq_str(iq_circle_cell(cli, r, "due")),
			iq_str(iq_word_process(iq_circle_cell(cli, r, "state"))),
			iq_str(iq_circle_text(cli, r, "text")),
			iq_str(iq_circle_set_names(cli, IQ_INSTITUTION, r, "institutions")),
			iq_rec_text(r, IQ_COL_ID)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, all->revision, all->n);
}

/* Keeps those of the institution (NULL: all) and not settled (`every`: all), due by `last`
 * ("": whenever). */
static void keep(struct iq_cli *cli, struct iq_records *all, const char *institution, bool every,
	const char *last)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct iq_rec *r = &all->v[i];
		const char *due = iq_circle_cell(cli, r, "due");

		iq_circle_judge(cli, r);
		if (!binds(r, institution) || (!every && !is_open(r)))
			continue;
		if (last[0] != '\0' && (due[0] == '\0' || strcmp(due, last) > 0))
			continue;
		all->v[n++] = *r;
	}
	all->n = n;
	if (n > 1)
		qsort(all->v, n, sizeof(*all->v), by_due);
}

static enum iq_err list(struct iq_cli *cli)
{
	struct iq_records all = {.n = 0};
	const char *institution = NULL;
	enum iq_err err = IQ_OK;

	if (iq_opt_given(cli, IQ_OPT_INSTITUTION))
		err = iq_circle_institution(cli, &institution);
	if (err == IQ_OK)
		err = iq_circle_all(cli, IQ_COMMITMENT, &all);
	if (err != IQ_OK)
		return err;
	bool any = all.n > 0;

	keep(cli, &all, institution, iq_opt_given(cli, IQ_OPT_ALL), "");
	err = show(cli, &all);
	if (err == IQ_OK && all.n == 0)
		iq_note(cli, "%s",
			any ? _("Nothing is open. All there was: iqq commitment list --all")
			    : _("Nothing has been agreed yet."));
	return err;
}

/* ---- what is due ------------------------------------------------------------------------------
 */

static void say_one(struct iq_cli *cli, const struct iq_rec *r)
{
	const char *text = iq_circle_text(cli, r, "text");
	const char *due = iq_word_date(cli, iq_circle_cell(cli, r, "due")).p;

	iq_paragraph(cli, IQ_STYLE_NONE, "- ",
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s: %s", due, text)));
	iq_paragraph(cli, IQ_STYLE_NONE, "  ",
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s, %s",
				       iq_circle_name(cli, IQ_WORKSHOP_RECORD,
					       iq_circle_cell(cli, r, "workshop")),
				       iq_circle_cell(cli, r, "id"))));
}

static void say_some(
	struct iq_cli *cli, const struct iq_records *all, bool late, const char *heading)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++) {
		const struct iq_rec *r = &all->v[i];

		if (iq_str_is(iq_rec_text(r, IQ_COMMITMENT_STATE), "late") != late)
			continue;
		if (!any)
			iq_buf_printf(&cli->out, "\n%s\n", heading);
		any = true;
		say_one(cli, r);
	}
}

/* A text to be sent by mail; nothing, if nothing is due. */
static void letter(
	struct iq_cli *cli, const struct iq_records *all, const char *institution, const char *last)
{
	if (all->n == 0)
		return;
	iq_paragraph(cli, IQ_STYLE_NONE, "",
		iq_safe_c(cli, iq_arena_printf(&cli->arena,
				       _("What %s has agreed to in its workshops, as of %s:"),
				       iq_circle_name(cli, IQ_INSTITUTION, institution),
				       iq_word_date(cli, iq_circle_today(cli)).p)));
	say_some(cli, all, true, _("Overdue"));
	say_some(cli, all, false,
		iq_arena_printf(&cli->arena, _("Due until %s"), iq_word_date(cli, last).p));
	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_NONE, "",
		iq_str(_("When it is done: iqq commitment close ID --evidence TEXT")));
}

static enum iq_err last_day(struct iq_cli *cli, const char **last)
{
	uint32_t days = 0;
	char text[11];
	enum iq_err err = iq_opt_number(cli, IQ_OPT_WITHIN, &days);

	days = days == 0 ? WITHIN_DAYS : days;
	days = days > DAYS_MOST ? DAYS_MOST : days;
	iq_date_format(iq_date_in_germany(iq_now_us()) + (int32_t)days, text);
	*last = iq_arena_cstr(&cli->arena, iq_str(text));
	return err == IQ_OK && *last == NULL ? IQ_ERR_INTERNAL : err;
}

static enum iq_err due(struct iq_cli *cli)
{
	const char *institution = NULL, *last = "", *addressee = iq_opt(cli, IQ_OPT_FOR);
	struct iq_records all = {.n = 0};
	enum iq_err err = last_day(cli, &last);

	if (err == IQ_OK && addressee != NULL)
		err = iq_circle_term(cli, IQ_INSTITUTION, addressee, &institution);
	else if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_INSTITUTION))
		err = iq_circle_institution(cli, &institution);
	if (err == IQ_OK)
		err = iq_circle_all(cli, IQ_COMMITMENT, &all);
	if (err != IQ_OK)
		return err;
	keep(cli, &all, institution, false, last);
	if (iq_opt_given(cli, IQ_OPT_ICS) && all.n > 0)
		return iq_calendar_commitments(cli, all.v, all.n);
	if (addressee != NULL && cli->format != IQ_FORMAT_JSON && cli->format != IQ_FORMAT_CSV)
		letter(cli, &all, institution, last);
	else
		err = show(cli, &all);
	if (err == IQ_OK && all.n == 0) {
		iq_note(cli, _("Nothing is due until %s."), iq_word_date(cli, last).p);
		err = IQ_ERR_NOT_FOUND;
	}
	return err;
}

enum iq_err iq_cmd_commitment(struct iq_cli *cli)
{
	static const uint8_t of_list[] = {
		IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_ALL, IQ_OPT_NONE};
	static const uint8_t of_add[] = {IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_DUE,
		IQ_OPT_PROPOSAL, IQ_OPT_ID, IQ_OPT_NONE};
	static const uint8_t of_due[] = {IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_WITHIN,
		IQ_OPT_FOR, IQ_OPT_ICS, IQ_OPT_OUTPUT, IQ_OPT_NONE};
	static const uint8_t of_close[] = {IQ_OPT_EVIDENCE, IQ_OPT_DROPPED, IQ_OPT_NONE};
	static const uint8_t of_defer[] = {IQ_OPT_DUE, IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"list", "liste", list, 0, 1, N_("[WORKSHOP] [--institution INSTITUTION] [--all]"),
			of_list},
		{"add", "neu", add, 1, 1,
			N_("TEXT --institution INSTITUTION… [--due DATE] [--proposal ID]"), of_add},
		{"due", "faellig", due, 0, 0,
			N_("[--within DAYS] [--for INSTITUTION | --ics [-o FILE]]"), of_due},
		{"close", "abschliessen", close_one, 1, 1, N_("ID --evidence TEXT | --dropped WHY"),
			of_close},
		{"defer", "verschieben", defer, 1, 1, N_("ID --due DATE"), of_defer},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
