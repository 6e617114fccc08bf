/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "commands.h"
#include "session.h"

static const struct iq_col cols[] = {
	{"kind", N_("Kind"), IQ_CELL_TEXT, true},
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"name", N_("Name"), IQ_CELL_TEXT, false},
	{"matched", N_("Found by"), IQ_CELL_TEXT, false},
};

static void near(struct iq_cli *cli, const Iq__V1__SearchResponse *r)
{
	iq_note(cli, _("Nothing is called \"%s\"."), cli->arg[0]);
	if (r->n_hits == 0)
		return;
	iq_note(cli, "%s", _("Did you mean:"));
	for (size_t i = 0; i < r->n_hits; i++)
		iq_note(cli, "  %s   (%s %s)", iq_safe_c(cli, r->hits[i]->name).p,
			iq_word_kind(r->hits[i]->kind), r->hits[i]->id);
}

enum iq_err iq_cmd_search(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SearchRequest q = IQ__V1__SEARCH_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	struct iq_table t;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &q.limit);

	for (size_t i = 0; i < cli->nargs; i++)
		q.text = iq_arena_printf(
			&cli->arena, "%s%s%s", i ? q.text : "", i ? " " : "", cli->arg[i]);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SEARCH;
	rq.search = &q;
	if (err == IQ_OK)
		err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SEARCH);
	if (err != IQ_OK)
		return err;
	const Iq__V1__SearchResponse *r = rs->search;
	bool found = r->n_hits > 0 && !r->near;

	iq_table_init(&t, cli, cols, 4);
	for (size_t i = 0; found && i < r->n_hits; i++) {
		const Iq__V1__Hit *h = r->hits[i];
		bool words = cli->format == IQ_FORMAT_TABLE;
		const struct iq_str row[] = {iq_str(words ? iq_word_kind(h->kind) : h->kind),
			iq_str(h->id), iq_str(h->name),
			iq_str(words && strcmp(h->name, h->matched) == 0 ? "" : h->matched)};

		iq_table_add(&t, row);
	}
	if (!found)
		near(cli, r);
	err = iq_table_finish(&t, r->revision, t.nrows);
	return err == IQ_OK && !found ? IQ_ERR_NOT_FOUND : err;
}
