/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "json.h"
#include "model.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"revision", N_("Revision"), IQ_CELL_NUMBER, true},
	{"time", N_("When"), IQ_CELL_TEXT, true},
	{"principal", N_("Who"), IQ_CELL_TEXT, false},
	{"operation", N_("What"), IQ_CELL_TEXT, false},
	{"reason", N_("Why"), IQ_CELL_TEXT, false},
	{"column", N_("Field"), IQ_CELL_TEXT, true},
	{"before", N_("Before"), IQ_CELL_TEXT, false},
	{"after", N_("After"), IQ_CELL_TEXT, false},
};

static enum iq_err as_json(struct iq_cli *cli, const Iq__V1__HistoryResponse *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_entries; i++) {
		const Iq__V1__HistoryEntry *e = r->entries[i];
		json_t *o = json_object();

		json_object_set_new(o, "revision", json_integer((json_int_t)e->revision));
		json_object_set_new(o, "time", iq_json_c(iq_word_time(cli, e->time)));
		json_object_set_new(o, "principal", iq_json_c(e->principal));
		json_object_set_new(o, "operation", iq_json_c(e->operation));
		json_object_set_new(o, "reason", iq_json_c(e->reason));
		json_object_set_new(o, "changes", iq_changes_json(e->changes, e->n_changes, false));
		json_object_set_new(o, "withheld", json_boolean(e->withheld));
		json_array_append_new(items, o);
	}
	return iq_json_list(cli, r->revision, items, r->n_entries);
}

static enum iq_err as_rows(struct iq_cli *cli, const Iq__V1__HistoryResponse *r)
{
	struct iq_table t;

	iq_table_init(&t, cli, cols, sizeof(cols) / sizeof(cols[0]));
	for (size_t i = 0; i < r->n_entries; i++) {
		const Iq__V1__HistoryEntry *e = r->entries[i];

		for (size_t k = 0; k < e->n_changes; k++) {
			const Iq__V1__Change *c = e->changes[k];
			const struct iq_str row[] = {iq_str(iq_arena_printf(&cli->arena, "%llu",
							     (unsigned long long)e->revision)),
				iq_str(iq_word_time(cli, e->time)), iq_str(e->principal),
				iq_str(e->operation), iq_str(e->reason), iq_str(c->column),
				iq_str(c->before), iq_str(c->after)};

			iq_table_add(&t, row);
		}
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

static void show(struct iq_cli *cli, const Iq__V1__HistoryResponse *r)
{
	for (size_t i = 0; i < r->n_entries; i++) {
		const Iq__V1__HistoryEntry *e = r->entries[i];
		const char *reason = e->reason[0] != '\0' ? iq_arena_printf(&cli->arena, " (%s)",
								    iq_word_purpose(e->reason))
							  : "";

		if (i > 0)
			iq_buf_byte(&cli->out, '\n');
		iq_say(cli, IQ_STYLE_BOLD,
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s  %s: %s%s",
					       iq_word_time(cli, e->time), e->principal,
					       iq_word_operation(e->operation), reason)));
		iq_say(cli, IQ_STYLE_DIM,
			iq_str(iq_arena_printf(&cli->arena, _("  revision %llu"),
				(unsigned long long)e->revision)));
		iq_buf_byte(&cli->out, '\n');
		for (size_t k = 0; k < e->n_changes; k++)
			iq_change_show(cli, e->changes[k]);
		if (e->withheld)
			iq_paragraph(cli, IQ_STYLE_DIM, "  · ",
				iq_str(_("other fields, which are not shown to you")));
	}
}

enum iq_err iq_cmd_history(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__HistoryRequest q = IQ__V1__HISTORY_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	bool withheld = false;
	int kind;
	enum iq_err err = iq_word_to_kind(cli, cli->arg[0], &kind);

	if (err == IQ_OK)
		err = iq_opt_number(cli, IQ_OPT_LIMIT, &q.limit);
	if (err != IQ_OK)
		return err;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_HISTORY;
	rq.history = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_HISTORY);
	if (err != IQ_OK)
		return err;
	const Iq__V1__HistoryResponse *r = rs->history;

	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(cli, r);
	else if (cli->format == IQ_FORMAT_TABLE)
		show(cli, r);
	else
		err = as_rows(cli, r);
	for (size_t i = 0; i < r->n_entries; i++)
		withheld = withheld || r->entries[i]->withheld;
	if (withheld && !iq_opt_given(cli, IQ_OPT_REASON))
		iq_note(cli, "%s",
			_("Personal fields are shown to those who may see them, with --reason."));
	if (r->truncated)
		iq_note(cli, "%s", _("There are older changes: show more with --limit."));
	return err;
}
