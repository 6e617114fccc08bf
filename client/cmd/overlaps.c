/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "session.h"
#include "views.h"

static const struct iq_col cols[] = {
	{"task", N_("Task"), IQ_CELL_TEXT, false},
	{"region", N_("Place"), IQ_CELL_TEXT, false},
	{"first", N_("Both are in charge"), IQ_CELL_TEXT, false},
	{"second", NULL, IQ_CELL_TEXT, false},
	{"groups", NULL, IQ_CELL_SET, false},
	{"statuses", N_("For"), IQ_CELL_SET, false},
	{"first_rows", NULL, IQ_CELL_SET, false},
	{"second_rows", NULL, IQ_CELL_SET, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__OverlapsResponse *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_overlaps; i++) {
		const Iq__V1__Overlap *x = r->overlaps[i];
		json_t *o = json_object();

		json_object_set_new(o, "task", iq_json_c(x->task));
		json_object_set_new(o, "region", iq_json_c(x->region));
		json_object_set_new(o, "first", iq_json_c(x->first));
		json_object_set_new(o, "second", iq_json_c(x->second));
		json_object_set_new(o, "statuses", iq_views_statuses_json(x->groups));
		json_object_set_new(o, "groups", iq_views_groups_json(x->groups));
		json_object_set_new(
			o, "first_rows", iq_json_strings(x->first_rows, x->n_first_rows));
		json_object_set_new(
			o, "second_rows", iq_json_strings(x->second_rows, x->n_second_rows));
		json_array_append_new(items, o);
	}
	return iq_json_list(cli, r->revision, items, r->total);
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__OverlapsResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < r->n_overlaps; i++) {
		const Iq__V1__Overlap *x = r->overlaps[i];
		const struct iq_str row[COLS] = {iq_str(x->task), iq_str(x->region),
			iq_str(x->first), iq_str(x->second),
			iq_str(iq_views_shares(cli, x->groups)),
			iq_str(iq_views_statuses(cli, x->groups)),
			iq_str(iq_views_join(
				cli, NULL, IQ_RESPONSIBILITY, x->first_rows, x->n_first_rows, ";")),
			iq_str(iq_views_join(cli, NULL, IQ_RESPONSIBILITY, x->second_rows,
				x->n_second_rows, ";"))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, r->total);
}

static enum iq_err show(
	struct iq_cli *cli, const struct iq_names *names, const Iq__V1__OverlapsResponse *r)
{
	struct iq_col shown[] = {cols[0], cols[1], cols[2], cols[5]};
	struct iq_table t;
	bool elsewhere = false;

	for (size_t i = 0; i < r->n_overlaps; i++)
		elsewhere = elsewhere || strcmp(r->overlaps[i]->region, r->region) != 0;
	if (!elsewhere)
		shown[1].head = NULL;
	iq_views_title(cli, names, r->region, r->task, r->status, r->at,
		iq_views_count(cli, r->total, N_("one overlap"), N_("{0} overlaps")));
	iq_table_init(&t, cli, shown, 4);
	for (size_t i = 0; i < r->n_overlaps; i++) {
		const Iq__V1__Overlap *x = r->overlaps[i];
		const char *both = iq_arena_printf(&cli->arena, "%s\n%s",
			iq_safe_c(cli, iq_names_c(names, IQ_INSTITUTION, x->first)).p,
			iq_safe_c(cli, iq_names_c(names, IQ_INSTITUTION, x->second)).p);
		const struct iq_str row[4] = {iq_str(iq_names_c(names, IQ_TASK, x->task)),
			iq_str(iq_names_c(names, IQ_REGION, x->region)), iq_str(both),
			iq_str(iq_views_for_whom(
				cli, names, r->groups, r->n_groups, x->groups, r->status))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, r->total);
}

enum iq_err iq_cmd_overlaps(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__OverlapsRequest q = IQ__V1__OVERLAPS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q.limit);

	if (err == IQ_OK)
		err = iq_views_place(cli, &q.region);
	if (err == IQ_OK)
		err = iq_views_at(cli, &q.at);
	q.task = iq_opt_text(cli, IQ_OPT_TASK);
	q.status = iq_opt_text(cli, IQ_OPT_STATUS);
	q.parts = iq_opt_given(cli, IQ_OPT_PARTS);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_OVERLAPS;
	rq.overlaps = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_OVERLAPS);
	if (err != IQ_OK)
		return err;
	const Iq__V1__OverlapsResponse *r = rs->overlaps;
	struct iq_names *names = iq_names_new(cli);

	iq_names_add(names, r->labels, r->n_labels);
	if (r->total == 0)
		iq_note(cli, _("Nowhere are two institutions in charge of the same: %s."),
			iq_safe_c(cli, iq_views_question(cli, names, r->region, r->task, r->status))
				.p);
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(cli, r);
	else if (cli->format != IQ_FORMAT_TABLE)
		err = as_rows(cli, r);
	else if (r->n_overlaps != 0)
		err = show(cli, names, r);
	iq_views_note_limit(cli, r->n_overlaps, r->total);
	return err;
}
