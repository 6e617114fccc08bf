/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "grants.h"
#include "plan.h"
#include "sync.h"

enum { PLAN, APPLY, STATUS, RESOLVE, TEMPLATE, RESOLVE_ASCII };
static const char *const verbs[] = {"plan", "plane", "apply", "anwenden", "status", "stand",
	"resolve", "lösen", "template", "vorlage", "loesen", "loesen", NULL};

/* ---- plan --------------------------------------------------------------------------------- */

/* What data cannot say: warnings and the next step, on standard error. */
static void say_next(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;
	size_t at = cli->out.n;

	if (iq_opt_given(cli, IQ_OPT_QUIET) || cli->format == IQ_FORMAT_JSON)
		return;
	iq_plan_next(p);
	if (!cli->out.failed) {
		fwrite(cli->out.p + at, 1, cli->out.n - at, stderr);
		cli->out.n = at;
	}
}

/* The plan in the format asked for. Exit status 1: there are differences. */
static enum iq_err print_plan(const struct iq_plan *p, const struct iq_lists *lists)
{
	struct iq_cli *cli = p->cli;

	if (cli->format != IQ_FORMAT_TABLE) {
		enum iq_err err = iq_plan_print(p, lists);

		if (err != IQ_OK)
			return err;
		say_next(p);
	} else {
		iq_plan_show(p, false);
		iq_plan_next(p);
	}
	return iq_plan_is_empty(p) ? IQ_OK : IQ_ERR_NOT_FOUND;
}

/* A template is of one institution; the plan should be, too. */
static void check_institution(const struct iq_plan *p, const struct iq_lists *lists)
{
	struct iq_cli *cli = p->cli;
	struct iq_str of = lists->input.institution;

	if (of.n > 0 && !iq_str_is(of, p->r->institution))
		iq_warn(cli, _("The list is a template of %s, but the plan is for %s."),
			iq_safe(cli, of).p, iq_plan_label(p, "institution", p->r->institution));
}

static enum iq_err plan(struct iq_cli *cli)
{
	struct iq_plan p;
	struct iq_lists lists;
	enum iq_err err;

	if (cli->nargs < 2)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Which list is it?"),
			N_("As in: iqq sync plan contacts.xlsx"), NULL);
	err = iq_plan_make(cli, cli->arg + 1, cli->nargs - 1, &p, &lists);
	if (err == IQ_OK) {
		check_institution(&p, &lists);
		err = print_plan(&p, &lists);
	}
	iq_lists_close(&lists);
	return err;
}

/* ---- apply -------------------------------------------------------------------------------- */

static enum iq_err applied_json(struct iq_cli *cli, const Iq__V1__SyncApplyResponse *r)
{
	json_t *root = json_object(), *items = iq_plan_counts_json(r->counts, r->n_counts);
	enum iq_err err = iq_json_pick(cli, items);

	json_object_set_new(root, "revision", json_integer((json_int_t)r->revision));
	json_object_set_new(root, "items", items);
	json_object_set_new(root, "total", json_integer((json_int_t)r->n_counts));
	json_object_set_new(root, "approval",
		r->approval != 0 ? json_integer((json_int_t)r->approval) : json_null());
	json_object_set_new(root, "replayed", json_boolean(r->replayed));
	if (err == IQ_OK)
		iq_json_print(cli, root);
	else
		json_decref(root);
	return err;
}

static enum iq_err show_applied(struct iq_cli *cli, const Iq__V1__SyncApplyResponse *r)
{
	static const struct iq_col cols[] = {
		{"kind", N_("Kind"), IQ_CELL_TEXT, true},
		{"add", N_("New"), IQ_CELL_NUMBER, true},
		{"change", N_("Changed"), IQ_CELL_NUMBER, true},
		{"archive", N_("Archived"), IQ_CELL_NUMBER, true},
		{"revive", N_("Revived"), IQ_CELL_NUMBER, true},
		{"same", N_("Unchanged"), IQ_CELL_NUMBER, true},
	};
	struct iq_table t;

	if (cli->format == IQ_FORMAT_JSON)
		return applied_json(cli, r);
	iq_table_init(&t, cli, cols, 6);
	for (size_t i = 0; i < r->n_counts; i++) {
		const Iq__V1__PlanCount *c = r->counts[i];
		const uint64_t n[] = {c->add, c->change, c->archive, c->revive, c->same};
		struct iq_str row[6];

		row[0] = iq_str(cli->format == IQ_FORMAT_TABLE ? iq_word_kind(c->kind) : c->kind);
		for (size_t k = 0; k < 5; k++)
			row[k + 1] = iq_str(
				iq_arena_printf(&cli->arena, "%llu", (unsigned long long)n[k]));
		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

/* Nothing stands in the way, or the number that the plan asked for is given. */
static enum iq_err check_unlocked(struct iq_cli *cli, const struct iq_plan *p)
{
	uint32_t given;
	enum iq_err err = iq_opt_number(cli, IQ_OPT_ALLOW_DELETES, &given);
	const char *n = iq_arena_printf(&cli->arena, "%llu", (unsigned long long)p->r->deletes);

	if (err != IQ_OK)
		return err;
	if (p->r->open_conflicts > 0)
		return iq_error_set(&cli->error, IQ_ERR_CONFLICT,
			N_("Somebody else changed the same fields. Nothing was changed."),
			N_("Decide what counts: iqq sync resolve {0}"),
			iq_plan_short(cli, p->r->plan), NULL);
	if (p->r->deletes != 0 && given != p->r->deletes)
		return iq_error_set(&cli->error, IQ_ERR_GUARD,
			N_("The plan archives more than goes without a word, or leaves a task "
			   "without anybody. Nothing was changed."),
			N_("If all of it is meant: iqq sync apply {0} --allow-deletes {1}"),
			iq_plan_short(cli, p->r->plan), n, NULL);
	return IQ_OK;
}

/* In messages of the server, as everywhere else. */
static enum iq_err shorten(struct iq_cli *cli, const char *id, enum iq_err err)
{
	for (size_t i = 0; err != IQ_OK && i < cli->error.nargs; i++)
		if (iq_str_is(cli->error.args[i], id))
			cli->error.args[i] = iq_str(iq_plan_short(cli, id));
	return err;
}

static enum iq_err apply_plan(struct iq_cli *cli, const char *id)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncApplyRequest q = IQ__V1__SYNC_APPLY_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	uint32_t deletes;
	bool dry = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	enum iq_err err = iq_opt_number(cli, IQ_OPT_ALLOW_DELETES, &deletes);

	if (err == IQ_OK)
		err = iq_change_id(cli, &q.request_id);
	q.plan = iq_arena_cstr(&cli->arena, iq_str(id));
	q.allow_deletes = deletes;
	q.reason = iq_opt_text(cli, IQ_OPT_REASON);
	q.dry_run = dry;
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_APPLY;
	rq.sync_apply = &q;
	if (err == IQ_OK)
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_SYNC_APPLY, &rs);
	if (err != IQ_OK)
		return shorten(cli, id, err);
	const Iq__V1__SyncApplyResponse *r = rs->sync_apply;

	err = show_applied(cli, r);
	if (r->approval != 0)
		iq_note_waits(cli, r->approval);
	else if (dry)
		iq_note(cli, "%s", _("Nothing was written (--dry-run)."));
	else
		iq_note(cli, _("Applied as revision %llu."), (unsigned long long)r->revision);
	if (!dry && r->approval == 0)
		iq_plan_note(cli, id, NULL, r->revision);
	return err;
}

/* The plan on the screen, then the question. */
static enum iq_err ask(struct iq_cli *cli, const struct iq_plan *p)
{
	if (iq_opt_given(cli, IQ_OPT_YES))
		return IQ_OK;
	if (!iq_can_ask(cli))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("Applying a list at once needs a confirmation."),
			N_("Look at it first: iqq sync plan FILE; or add --yes."), NULL);
	iq_plan_show(p, false);
	if (!iq_screen_flush(cli))
		return IQ_OK; /* said at the end */
	cli->out.n = 0;
	if (iq_confirm(cli, _("Apply these changes?")))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was changed."),
		N_("The plan stays: iqq sync apply {0}"), iq_plan_short(cli, p->r->plan), NULL);
}

static enum iq_err apply_lists(struct iq_cli *cli)
{
	struct iq_plan p;
	struct iq_lists lists;
	enum iq_err err;

	if (!iq_opt_given(cli, IQ_OPT_YES) && !iq_can_ask(cli))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("Applying a list at once needs a confirmation."),
			N_("Look at it first: iqq sync plan FILE; or add --yes."), NULL);
	err = iq_plan_make(cli, cli->arg + 1, cli->nargs - 1, &p, &lists);
	if (err == IQ_OK)
		check_institution(&p, &lists);
	if (err == IQ_OK && iq_plan_is_empty(&p)) {
		err = print_plan(&p, &lists);
	} else if (err == IQ_OK) {
		err = check_unlocked(cli, &p);
		if (err != IQ_OK && cli->format == IQ_FORMAT_TABLE) {
			iq_plan_show(&p, false);
			iq_plan_next(&p);
			if (iq_screen_flush(cli)) /* the error comes after it */
				cli->out.n = 0;
		}
		if (err == IQ_OK)
			err = ask(cli, &p);
		if (err == IQ_OK)
			err = apply_plan(cli, p.r->plan);
	}
	iq_lists_close(&lists);
	return err;
}

static enum iq_err apply(struct iq_cli *cli)
{
	struct stat st;
	const char *id;
	enum iq_err err;

	if (cli->nargs < 2)
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Which plan is it?"),
			N_("As in: iqq sync apply last. See: iqq sync status"), NULL);
	if (cli->nargs > 2 || stat(cli->arg[1], &st) == 0)
		return apply_lists(cli);
	err = iq_plan_named(cli, cli->arg[1], &id);
	return err == IQ_OK ? apply_plan(cli, id) : err;
}

/* ---- status ------------------------------------------------------------------------------- */

static const char *number(struct iq_cli *cli, uint64_t n)
{
	return n != 0 ? iq_arena_printf(&cli->arena, "%llu", (unsigned long long)n) : "";
}

static enum iq_err states_json(struct iq_cli *cli, const Iq__V1__SyncStatusResponse *r)
{
	json_t *items = json_array();

	for (size_t i = 0; i < r->n_states; i++) {
		const Iq__V1__SyncState *s = r->states[i];
		json_t *o = json_object(), *plans = json_array();

		for (size_t k = 0; k < s->n_plans; k++)
			json_array_append_new(plans, iq_plan_head_json(cli, s->plans[k]));
		json_object_set_new(o, "institution", iq_json_c(s->institution));
		json_object_set_new(o, "name", iq_json_c(s->name));
		json_object_set_new(o, "revision",
			s->revision != 0 ? json_integer((json_int_t)s->revision) : json_null());
		json_object_set_new(o, "time",
			s->time != 0 ? iq_json_c(iq_word_time(cli, s->time)) : json_null());
		json_object_set_new(o, "by", iq_json_c(s->by));
		json_object_set_new(o, "rows", json_integer((json_int_t)s->rows));
		json_object_set_new(o, "plans", plans);
		json_array_append_new(items, o);
	}
	return iq_json_list(cli, r->revision, items, r->n_states);
}

static const char *plan_ids(struct iq_cli *cli, const Iq__V1__SyncState *s)
{
	const char *all = "";

	for (size_t i = 0; i < s->n_plans; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, *all ? ";" : "",
			cli->format == IQ_FORMAT_TABLE ? iq_plan_short(cli, s->plans[i]->plan)
						       : s->plans[i]->plan);
	return all;
}

static enum iq_err show_states(struct iq_cli *cli, const Iq__V1__SyncStatusResponse *r)
{
	static const struct iq_col cols[] = {
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
		{"time", N_("Last sync"), IQ_CELL_TEXT, true},
		{"revision", N_("Revision"), IQ_CELL_NUMBER, true},
		{"by", N_("By"), IQ_CELL_TEXT, false},
		{"rows", N_("Rows"), IQ_CELL_NUMBER, true},
		{"plans", N_("Open plans"), IQ_CELL_SET, false},
	};
	struct iq_table t;

	if (cli->format == IQ_FORMAT_JSON)
		return states_json(cli, r);
	iq_table_init(&t, cli, cols, 6);
	for (size_t i = 0; i < r->n_states; i++) {
		const Iq__V1__SyncState *s = r->states[i];
		bool table = cli->format == IQ_FORMAT_TABLE;
		const char *never = table ? _("never") : "";
		const struct iq_str row[] = {
			iq_str(table && s->name[0] != '\0' ? s->name : s->institution),
			iq_str(s->time != 0 ? iq_word_time(cli, s->time) : never),
			iq_str(number(cli, s->revision)), iq_str(s->by),
			iq_str(number(cli, s->rows)), iq_str(plan_ids(cli, s))};

		iq_table_add(&t, row);
	}
	if (r->n_states == 0)
		iq_note(cli, "%s", _("There is no institution whose list you keep."));
	return iq_table_finish(&t, r->revision, t.nrows);
}

static enum iq_err status_of_plan(struct iq_cli *cli, const char *word)
{
	struct iq_plan p;
	const char *id;
	enum iq_err err = iq_plan_named(cli, word, &id);

	if (err == IQ_OK)
		err = iq_plan_fetch(cli, id, &p);
	if (err != IQ_OK)
		return err;
	err = print_plan(&p, NULL);
	return err == IQ_ERR_NOT_FOUND ? IQ_OK : err;
}

static enum iq_err status(struct iq_cli *cli)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SyncStatusRequest q = IQ__V1__SYNC_STATUS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err;

	if (cli->nargs > 2)
		return iq_no_subcommand(cli, cli->arg[2], cli->command->usage);
	if (cli->nargs == 2)
		return status_of_plan(cli, cli->arg[1]);
	q.institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	q.lang = iq_session_lang(cli);
	rq.op_case = IQ__V1__REQUEST__OP_SYNC_STATUS;
	rq.sync_status = &q;
	err = iq_ask(cli, &rq, &rs);
	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_SYNC_STATUS);
	return err == IQ_OK ? show_states(cli, rs->sync_status) : err;
}

/* Who only knows the word is shown the steps in their order. */
static enum iq_err say_steps(struct iq_cli *cli)
{
	static const struct {
		const char *line, *what;
	} steps[] = {
		{"iqq sync template -o list.xlsx", N_("your current entries as an Excel list")},
		{"iqq sync plan list.xlsx", N_("shows what would change")},
		{"iqq sync resolve last", N_("asks conflict by conflict")},
		{"iqq sync apply last", N_("carries it out")},
		{"iqq sync status", N_("when the last one was, and which plans are open")},
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		fprintf(stderr, "  %-30s  %s\n", steps[i].line, gettext(steps[i].what));
	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		N_("Which step of the sync is it? They are listed above in their order."),
		N_("More: iqq help sync"), NULL);
}

enum iq_err iq_cmd_sync(struct iq_cli *cli)
{
	if (cli->nargs == 0)
		return say_steps(cli);
	const char *word = cli->arg[0];
	int verb = iq_subcommand(word, verbs);

	switch (verb) {
	case PLAN:
		return plan(cli);
	case APPLY:
		return apply(cli);
	case STATUS:
		return status(cli);
	case RESOLVE:
	case RESOLVE_ASCII:
		return iq_sync_resolve(cli);
	case TEMPLATE:
		return iq_sync_template(cli);
	default:
		return iq_no_subcommand(cli, word, cli->command->usage);
	}
}
