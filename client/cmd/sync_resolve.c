/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fold.h"
#include "grants.h"
#include "mapping.h"
#include "model.h"
#include "plan.h"
#include "sync.h"

/* "mine", "theirs" in the words people use; NULL: neither. */
static const char *side_of(struct iq_cli *cli, const char *word)
{
	static const char *const words[][2] = {{"mine", "mine"}, {"meine", "mine"}, {"m", "mine"},
		{"list", "mine"}, {"liste", "mine"}, {"l", "mine"}, {"theirs", "theirs"},
		{"ihre", "theirs"}, {"i", "theirs"}, {"directory", "theirs"},
		{"verzeichnis", "theirs"}, {"v", "theirs"}, {"d", "theirs"}, {"t", "theirs"}};
	struct iq_str folded = iq_fold(&cli->arena, iq_str(word), IQ_FOLD_AE);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (iq_str_is(folded, words[i][0]))
			return words[i][1];
	return NULL;
}

static enum iq_err send(struct iq_cli *cli, const char *plan, const char *kind, const char *id,
	const char *column, const char *side, struct iq_plan *out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncResolveRequest q = IQ__V1__SYNC_RESOLVE_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q.request_id);

	q.plan = iq_arena_cstr(&cli->arena, iq_str(plan));
	q.kind = iq_arena_cstr(&cli->arena, iq_str(kind));
	q.id = iq_arena_cstr(&cli->arena, iq_str(id));
	q.column = iq_arena_cstr(&cli->arena, iq_str(column));
	q.side = iq_arena_cstr(&cli->arena, iq_str(side));
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_RESOLVE;
	rq.sync_resolve = &q;
	if (err == IQ_OK)
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_SYNC_RESOLVE, &rs);
	if (err != IQ_OK)
		return err;
	*out = (struct iq_plan){.cli = cli};
	iq_plan_take(out, rs->sync_resolve, true);
	return IQ_OK;
}

/* A field by its name in the bundle or in words ("Telefon"). */
static enum iq_err field_named(
	struct iq_cli *cli, const char *kind, const char *word, const char **out)
{
	enum iq_kind k = iq_kind_by_name(iq_str(kind));
	struct iq_str folded = iq_fold(&cli->arena, iq_str(word), IQ_FOLD_AE);

	for (size_t c = 0; k != IQ_KINDS && c < iq_schemas[k].ncolumns; c++) {
		const char *name = iq_schemas[k].columns[c].name;

		*out = name;
		if (strcmp(name, word) == 0 ||
			iq_str_eq(iq_fold(&cli->arena, iq_str(iq_word_column(name)), IQ_FOLD_AE),
				folded) ||
			iq_str_eq(iq_fold(&cli->arena, iq_mapping_header(k, (int)c), IQ_FOLD_AE),
				folded))
			return IQ_OK;
	}
	return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("There is no field \"{0}\" in {1}."),
		N_("See the conflicts: iqq sync status PLAN"), word, iq_word_kind(kind), NULL);
}

/* What is left, and the next step. */
static enum iq_err finish(struct iq_cli *cli, const struct iq_plan *p)
{
	if (cli->format != IQ_FORMAT_TABLE)
		return iq_plan_print(p, NULL);
	iq_plan_show(p, true);
	iq_plan_next(p);
	return IQ_OK;
}

/* ---- question by question ----------------------------------------------------------------- */

/* NULL: later. */
static const char *ask_side(struct iq_cli *cli, bool *stop)
{
	for (;;) {
		const char *a = iq_read_line(cli,
			_("What counts? [l] your list, [d] the directory, [Enter] decide later, "
			  "[q] stop: "),
			false);
		const char *side = a != NULL && *a != '\0' ? side_of(cli, a) : NULL;

		*stop = a == NULL || strcmp(a, "q") == 0;
		if (*stop || *a == '\0' || side != NULL)
			return side;
	}
}

static void show_question(
	const struct iq_plan *p, const Iq__V1__PlanLine *l, const Iq__V1__Conflict *c, size_t at)
{
	struct iq_cli *cli = p->cli;

	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_BOLD, "",
		iq_safe_c(
			cli, iq_arena_printf(&cli->arena, _("%zu of %llu: %s (%s)"), at,
				     (unsigned long long)p->r->open_conflicts,
				     l->name[0] != '\0' ? l->name : l->id, iq_word_kind(l->kind))));
	iq_plan_conflict(p, l, c);
	if (iq_screen_flush(cli))
		cli->out.n = 0;
}

static enum iq_err ask_all(struct iq_cli *cli, struct iq_plan *p)
{
	const struct iq_plan all = *p;
	bool stop = false;
	size_t at = 0;
	enum iq_err err = IQ_OK;

	for (size_t i = 0; err == IQ_OK && !stop && i < all.nlines; i++) {
		const Iq__V1__PlanLine *l = all.lines[i];

		for (size_t k = 0; err == IQ_OK && !stop && k < l->n_conflicts; k++) {
			const Iq__V1__Conflict *c = l->conflicts[k];

			if (l->resolved[0] != '\0')
				continue;
			show_question(&all, l, c, ++at);

			const char *side = ask_side(cli, &stop);

			if (side != NULL)
				err = send(cli, all.r->plan, l->kind, l->id, c->column, side, p);
		}
	}
	return err;
}

static enum iq_err ask(struct iq_cli *cli, const char *plan)
{
	struct iq_plan p;
	enum iq_err err;

	if (!iq_can_ask(cli) || cli->format != IQ_FORMAT_TABLE)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("What counts: your list (mine) or the directory (theirs)?"),
			N_("As in: iqq sync resolve {0} theirs. See: iqq sync status {0}"), plan,
			NULL);
	err = iq_plan_fetch(cli, plan, &p);
	if (err == IQ_OK && p.r->open_conflicts == 0) {
		iq_note(cli, "%s", _("There is nothing to decide."));
		return finish(cli, &p);
	}
	if (err == IQ_OK)
		err = ask_all(cli, &p);
	return err == IQ_OK ? finish(cli, &p) : err;
}

enum iq_err iq_sync_resolve(struct iq_cli *cli)
{
	const char *plan = "", *side = NULL, *kind = "", *id = "", *column = "";
	size_t n = cli->nargs;
	struct iq_plan p;
	int k;
	enum iq_err err = iq_plan_named(cli, n > 1 ? cli->arg[1] : "last", &plan);

	if (err != IQ_OK || n <= 2)
		return err == IQ_OK ? ask(cli, plan) : err;
	side = side_of(cli, cli->arg[n - 1]);
	if (side == NULL || n == 4 || n > 6)
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("What counts: your list (mine) or the directory (theirs)?"),
			N_("As in: iqq sync resolve {0} contact ID phone mine"), plan, NULL);
	if (n > 4) {
		err = iq_word_to_kind(cli, cli->arg[2], &k);
		if (err != IQ_OK)
			return err;
		kind = iq_schemas[k].name;
		id = cli->arg[3];
	}
	if (n > 5)
		err = field_named(cli, kind, cli->arg[4], &column);
	if (err == IQ_OK)
		err = send(cli, plan, kind, id, column, side, &p);
	return err == IQ_OK ? finish(cli, &p) : err;
}
