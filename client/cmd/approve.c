/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "grants.h"
#include "json.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"id", N_("No."), IQ_CELL_NUMBER, true},
	{"operation", N_("What"), IQ_CELL_TEXT, false},
	{"state", N_("State"), IQ_CELL_TEXT, false},
	{"by", N_("Asked by"), IQ_CELL_TEXT, false},
	{"time", N_("Asked on"), IQ_CELL_TEXT, true},
	{"until", N_("Waits until"), IQ_CELL_TEXT, true},
	{"yours", N_("You decide"), IQ_CELL_BOOL, true},
	{"reason", N_("Reason"), IQ_CELL_NULL, false},
	{"decided_by", NULL, IQ_CELL_NULL, false},
};

enum { COLS = sizeof(cols) / sizeof(cols[0]) };

static const char *operation_word(const char *code)
{
	static const struct {
		const char *code, *text;
	} words[] = {
		{"grant", N_("Give a right")},
		{"principal", N_("Open an account, or link it to another person or certificate")},
		{"visibility", N_("Show a contact person to more people")},
		{"erase", N_("Erase a contact person for good")},
		{"quota", N_("Lift the daily limit")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].code, code) == 0)
			return gettext(words[i].text);
	}
	return code;
}

static const char *state_word(const char *code)
{
	static const struct {
		const char *code, *text;
	} words[] = {
		{"waiting", N_("waits")},
		{"approved", N_("approved")},
		{"rejected", N_("rejected")},
		{"expired", N_("expired")},
		{"void", N_("void: the person belongs to another institution now")},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].code, code) == 0)
			return gettext(words[i].text);
	}
	return code;
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_one(struct iq_cli *cli, const Iq__V1__Approval *a)
{
	const char *head =
		a->id == 0 ? operation_word(a->operation)
			   : iq_arena_printf(&cli->arena, "%llu  %s", (unsigned long long)a->id,
				     operation_word(a->operation));

	iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, head));
	iq_buf_byte(&cli->out, '\n');
	if (a->id != 0) {
		iq_field(cli, 14, _("State"), iq_str(state_word(a->state)));
		iq_field(cli, 14, _("Asked by"),
			iq_str(iq_arena_printf(
				&cli->arena, "%s, %s", a->by, iq_time_text(cli, a->time))));
		if (strcmp(a->state, "waiting") == 0)
			iq_field(cli, 14, _("Waits until"), iq_str(iq_time_text(cli, a->until)));
	}
	iq_field(cli, 14, _("Decided by"), iq_str(a->decided_by));
	iq_field(cli, 14, _("Reason"), iq_str(a->reason));
	iq_changes_show(cli, a->changes, a->n_changes);
	if (a->yours)
		iq_say(cli, IQ_STYLE_GREEN,
			iq_str(iq_arena_printf(&cli->arena,
				_("You decide: iqq approve %llu, or with --reject.\n"),
				(unsigned long long)a->id)));
	iq_buf_byte(&cli->out, '\n');
}

static json_t *as_json(struct iq_cli *cli, const Iq__V1__Approval *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", json_integer((json_int_t)a->id));
	json_object_set_new(o, "operation", iq_json_c(a->operation));
	json_object_set_new(o, "state", iq_json_c(a->state));
	json_object_set_new(o, "by", iq_json_c(a->by));
	json_object_set_new(o, "time", iq_json_or_null(iq_str(iq_time_text(cli, a->time))));
	json_object_set_new(o, "until", iq_json_or_null(iq_str(iq_time_text(cli, a->until))));
	json_object_set_new(o, "reason", iq_json_or_null(iq_str(a->reason)));
	json_object_set_new(o, "decided_by", iq_json_or_null(iq_str(a->decided_by)));
	json_object_set_new(o, "yours", json_boolean(a->yours));
	json_object_set_new(o, "changes", iq_changes_json(a->changes, a->n_changes, true));
	return o;
}

static enum iq_err show(struct iq_cli *cli, Iq__V1__Approval **list, size_t n, uint64_t revision)
{
	struct iq_table t;

	if (cli->format == IQ_FORMAT_JSON) {
		json_t *items = json_array();

		for (size_t i = 0; i < n; i++)
			json_array_append_new(items, as_json(cli, list[i]));
		return iq_json_list(cli, revision, items, n);
	}
	if (cli->format == IQ_FORMAT_TABLE) {
		for (size_t i = 0; i < n; i++)
			show_one(cli, list[i]);
		return IQ_OK;
	}
	iq_table_init(&t, cli, cols, COLS);
	for (size_t i = 0; i < n; i++) {
		const Iq__V1__Approval *a = list[i];
		const char *number =
			iq_arena_printf(&cli->arena, "%llu", (unsigned long long)a->id);
		const struct iq_str row[COLS] = {iq_str(number), iq_str(a->operation),
			iq_str(a->state), iq_str(a->by), iq_str(iq_time_text(cli, a->time)),
			iq_str(iq_time_text(cli, a->until)), iq_str(a->yours ? "yes" : ""),
			iq_str(a->reason), iq_str(a->decided_by)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, revision, n);
}

static enum iq_err load(struct iq_cli *cli, uint64_t id, const Iq__V1__ApprovalsResponse **out)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__ApprovalsRequest q = IQ__V1__APPROVALS_REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	q.id = id;
	q.all = iq_opt_given(cli, IQ_OPT_ALL);
	rq.op_case = IQ__V1__REQUEST__OP_APPROVALS;
	rq.approvals = &q;
	enum iq_err err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_APPROVALS, &rs);

	if (err == IQ_OK)
		*out = rs->approvals;
	return err;
}

static enum iq_err list(struct iq_cli *cli)
{
	const Iq__V1__ApprovalsResponse *r = NULL;
	enum iq_err err = load(cli, 0, &r);

	if (err != IQ_OK)
		return err;
	if (r->n_approvals == 0)
		iq_note(cli, "%s", _("Nothing waits that concerns you."));
	return show(cli, r->approvals, r->n_approvals, r->revision);
}

/* ---- deciding -------------------------------------------------------------------------------- */

/* Whoever agrees sees to what. */
static enum iq_err look_first(struct iq_cli *cli, uint64_t id)
{
	const Iq__V1__ApprovalsResponse *r = NULL;
	enum iq_err err;

	if (iq_opt_given(cli, IQ_OPT_YES) || iq_opt_given(cli, IQ_OPT_DRY_RUN) || !iq_can_ask(cli))
		return IQ_OK;
	err = load(cli, id, &r);
	if (err != IQ_OK || r->n_approvals == 0 || cli->format != IQ_FORMAT_TABLE)
		return err;
	show_one(cli, r->approvals[0]);
	if (!iq_screen_flush(cli))
		return IQ_ERR_INTERNAL;
	iq_buf_reset(&cli->out, SIZE_MAX);
	if (iq_confirm(cli,
		    iq_opt_given(cli, IQ_OPT_REJECT) ? _("Reject this?") : _("Agree to this?")))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was decided."), NULL, NULL);
}

static enum iq_err send(struct iq_cli *cli, Iq__V1__ApproveRequest *q, const char *done)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;
	enum iq_err err = iq_change_id(cli, &q->request_id);

	q->dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	rq.op_case = IQ__V1__REQUEST__OP_APPROVE;
	rq.approve = q;
	if (err == IQ_OK)
		err = iq_change(cli, &rq, IQ__V1__RESPONSE__RESULT_APPROVE, &rs);
	if (err == IQ_OK && rs->approve->approval != NULL) {
		Iq__V1__Approval *one[] = {rs->approve->approval};

		err = show(cli, one, 1, rs->approve->revision);
	}
	if (err == IQ_OK)
		iq_note_done(cli, done);
	return err;
}

static enum iq_err quota(struct iq_cli *cli)
{
	Iq__V1__ApproveRequest q = IQ__V1__APPROVE_REQUEST__INIT;
	enum iq_err err;

	if (cli->nargs != 2)
		return iq_no_subcommand(cli, cli->arg[0], cli->command->usage);
	err = iq_change_date(cli, iq_opt(cli, IQ_OPT_UNTIL), &q.until);
	if (err != IQ_OK)
		return err;
	q.verb = IQ__V1__APPROVE_VERB__APPROVE_QUOTA;
	q.principal = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	return send(cli, &q, _("The daily limit is lifted."));
}

enum iq_err iq_cmd_approve(struct iq_cli *cli)
{
	static const char *const words[] = {"quota", "grenze", NULL};
	Iq__V1__ApproveRequest q = IQ__V1__APPROVE_REQUEST__INIT;
	bool reject = iq_opt_given(cli, IQ_OPT_REJECT);
	enum iq_err err;

	if (cli->nargs == 0)
		return list(cli);
	if (iq_subcommand(cli->arg[0], words) == 0)
		return quota(cli);
	if (cli->nargs != 1 || cli->arg[0][0] == '\0' ||
		cli->arg[0][strspn(cli->arg[0], "0123456789")] != '\0')
		return iq_no_subcommand(cli, cli->arg[0], cli->command->usage);
	q.id = strtoull(cli->arg[0], NULL, 10);
	q.verb = reject ? IQ__V1__APPROVE_VERB__APPROVE_NO : IQ__V1__APPROVE_VERB__APPROVE_YES;
	err = look_first(cli, q.id);
	if (err != IQ_OK)
		return err;
	return send(cli, &q, reject ? _("Rejected.") : _("Approved and carried out."));
}
