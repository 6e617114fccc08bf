/* SPDX-License-Identifier: Apache-2.0 */
/* What a workshop has to talk about: brought, discussed, closed with what was learned. */
#include <string.h>

#include "circle.h"
#include "commands.h"
#include "record.h"
#include "sub.h"

static enum iq_err add(struct iq_cli *cli)
{
	struct iq_rec workshop;
	const char *institution = NULL, *task = "", *id = iq_opt(cli, IQ_OPT_ID);
	enum iq_err err = iq_circle_meant(cli, NULL, &workshop);

	if (err == IQ_OK)
		err = iq_circle_institution(cli, &institution);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_TASK))
		err = iq_circle_term(cli, IQ_TASK, iq_opt(cli, IQ_OPT_TASK), &task);
	if (err != IQ_OK)
		return err;
	const char *circle = iq_circle_cell(cli, &workshop, "id");

	if (id == NULL)
		err = iq_circle_new_id(cli, IQ_TOPIC,
			iq_arena_printf(&cli->arena, "%s-%s", circle, cli->arg[0]), &id);
	if (err != IQ_OK)
		return err;
	const struct iq_cell_value cells[] = {
		{"workshop", circle},
		{"institution", institution},
		{"name_de", cli->arg[0]},
		{"text", iq_opt_text(cli, IQ_OPT_TEXT)},
		{"task", task},
		{"opened_on", iq_circle_today(cli)},
	};

	return iq_circle_put(cli, IQ__V1__VERB__ADD, IQ_TOPIC, id, cells,
		sizeof(cells) / sizeof(cells[0]), 0,
		iq_arena_printf(&cli->arena, _("On the list of %s as %s."),
			iq_circle_name(cli, IQ_WORKSHOP_RECORD, circle), id));
}

/* On a terminal names and words, elsewhere the columns of `list`. */
static enum iq_err show(struct iq_cli *cli, const struct iq_records *all)
{
	static const struct iq_col cols[] = {
		{"name", N_("Topic"), IQ_CELL_TEXT, false},
		{"state", N_("State"), IQ_CELL_TEXT, true},
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
		{"opened_on", N_("Brought on"), IQ_CELL_DATE, true},
		{"id", N_("Id"), IQ_CELL_TEXT, false},
	};
	struct iq_table t;

	if (cli->format != IQ_FORMAT_TABLE)
		return iq_records_show(cli, IQ_TOPIC, all->v, all->n, all->revision, all->n);
	iq_circle_names_of(cli, IQ_INSTITUTION, all, "institution");
	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < all->n; i++) {
		const struct iq_rec *r = &all->v[i];
		const struct iq_str row[] = {iq_rec_name(r, cli->lang == IQ_LANG_EN),
			iq_str(iq_word_process(iq_circle_cell(cli, r, "state"))),
			iq_str(iq_circle_name(
				cli, IQ_INSTITUTION, iq_circle_cell(cli, r, "institution"))),
			iq_str(iq_circle_cell(cli, r, "opened_on")), iq_rec_text(r, IQ_COL_ID)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, all->revision, all->n);
}

static enum iq_err list(struct iq_cli *cli)
{
	struct iq_records all;
	size_t n = 0;
	enum iq_err err = iq_circle_all(cli, IQ_TOPIC, &all);

	if (err != IQ_OK)
		return err;
	for (size_t i = 0; i < all.n; i++) {
		bool closed = iq_str_is(iq_rec_text(&all.v[i], IQ_TOPIC_STATE), "closed");

		if (!closed || iq_opt_given(cli, IQ_OPT_ALL))
			all.v[n++] = all.v[i];
	}
	bool any = all.n > 0;

	all.n = n;
	err = show(cli, &all);
	if (err == IQ_OK && n == 0)
		iq_note(cli, "%s",
			any ? _("Everything is closed. All there was: iqq topic list --all")
			    : _("There is no topic. To bring one: iqq topic add NAME"));
	return err;
}

static enum iq_err discussed(struct iq_cli *cli)
{
	const struct iq_cell_value cell = {"state", "discussed"};
	struct iq_rec topic;
	enum iq_err err = iq_circle_record(cli, IQ_TOPIC, cli->arg[0], &topic);

	if (err != IQ_OK)
		return err;
	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_TOPIC, cli->arg[0], &cell, 1,
		topic.revision,
		iq_arena_printf(&cli->arena,
			_("Discussed. When it is done with: iqq topic close %s --lesson TEXT"),
			cli->arg[0]));
}

static enum iq_err close_one(struct iq_cli *cli)
{
	const char *lesson = iq_opt(cli, IQ_OPT_LESSON);
	struct iq_rec topic;
	enum iq_err err = iq_circle_record(cli, IQ_TOPIC, cli->arg[0], &topic);

	if (err != IQ_OK)
		return err;
	if (lesson == NULL && iq_can_ask(cli))
		lesson = iq_read_line(cli, _("What remains of it (Enter: nothing)? "), false);
	if (lesson == NULL)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("What remains of this topic?"),
			N_("iqq topic close {0} --lesson TEXT; --lesson '' if it is nothing"),
			cli->arg[0], NULL);
	const struct iq_cell_value cells[] = {
		{"state", "closed"}, {"closed_on", iq_circle_today(cli)}, {"lesson_de", lesson}};

	return iq_circle_put(cli, IQ__V1__VERB__SET, IQ_TOPIC, cli->arg[0], cells, 3,
		topic.revision, _("Closed."));
}

enum iq_err iq_cmd_topic(struct iq_cli *cli)
{
	static const uint8_t of_add[] = {IQ_OPT_WORKSHOP, IQ_OPT_INSTITUTION, IQ_OPT_TEXT,
		IQ_OPT_TASK, IQ_OPT_ID, IQ_OPT_NONE};
	static const uint8_t of_list[] = {IQ_OPT_WORKSHOP, IQ_OPT_ALL, IQ_OPT_NONE};
	static const uint8_t of_close[] = {IQ_OPT_LESSON, IQ_OPT_NONE};
	static const struct iq_sub subs[] = {
		{"list", "liste", list, 0, 1, N_("[WORKSHOP] [--all]"), of_list},
		{"add", "neu", add, 1, 1,
			N_("NAME [--text TEXT] [--task TASK] [--institution INSTITUTION]"), of_add},
		{"discussed", "besprochen", discussed, 1, 1, N_("ID"), NULL},
		{"close", "abschliessen", close_one, 1, 1, N_("ID --lesson TEXT"), of_close},
		{NULL, NULL, NULL, 0, 0, NULL, NULL},
	};

	return iq_sub_run(cli, subs);
}
