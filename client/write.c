/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "bounds.h"
#include "codec.h"
#include "grants.h"
#include "model.h"
#include "problems.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"kind", N_("Kind"), IQ_CELL_TEXT, true},
	{"id", N_("Id"), IQ_CELL_TEXT, false},
	{"column", N_("Field"), IQ_CELL_TEXT, true},
	{"before", N_("Before"), IQ_CELL_TEXT, false},
	{"after", N_("After"), IQ_CELL_TEXT, false},
};

static enum iq_err unknown_field(struct iq_cli *cli, enum iq_kind kind, const char *name)
{
	const struct iq_schema *s = &iq_schemas[kind];
	const char *names[IQ_COLUMNS_MAX], *all = "";

	for (size_t i = 0; i < s->ncolumns; i++) {
		names[i] = s->columns[i].name;
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ", " : "", names[i]);
	}
	const char *near = iq_nearest(cli, name, names, s->ncolumns);

	return iq_error_set(&cli->error, IQ_ERR_USAGE,
		N_("There is no field \"{1}\" in records of the kind \"{0}\"."),
		near != NULL ? N_("Did you mean \"{3}\"? Fields: {2}") : N_("Fields: {2}"),
		iq_word_kind(s->name), name, all, near != NULL ? near : "", NULL);
}

static enum iq_err read_fields(struct iq_cli *cli, enum iq_kind kind, Iq__V1__WriteRequest *q)
{
	enum iq_err err = iq_change_fields(cli, 2, &q->fields, &q->n_fields);

	for (size_t i = 0; err == IQ_OK && i < q->n_fields; i++)
		if (iq_column_by_name(kind, iq_str(q->fields[i]->key)) < 0)
			err = unknown_field(cli, kind, q->fields[i]->key);
	return err;
}

/* A text of several lines, as an agenda, in one. */
static const char *in_one(struct iq_cli *cli, const char *text)
{
	struct iq_str rest = iq_str(text), line;
	const char *all = "";

	if (strchr(text, '\n') == NULL)
		return text;
	while (iq_str_cut(&rest, '\n', &line))
		all = iq_arena_printf(
			&cli->arena, "%s%s%.*s", all, *all ? " ↵ " : "", IQ_STR_ARG(line));
	return all;
}

void iq_change_show(struct iq_cli *cli, const Iq__V1__Change *c)
{
	const char *sign = c->before[0] == '\0' ? "+" : c->after[0] == '\0' ? "-" : "~";
	const char *text;

	if (c->column[0] == '\0')
		text = iq_arena_printf(&cli->arena, "%s %s", iq_word_kind(c->kind), c->id);
	else if (c->before[0] == '\0')
		text = iq_arena_printf(&cli->arena, "%s: %s", c->column, c->after);
	else if (c->after[0] == '\0')
		text = iq_arena_printf(&cli->arena, "%s: %s", c->column, c->before);
	else
		text = iq_arena_printf(&cli->arena, "%s: %s → %s", c->column, c->before, c->after);
	iq_paragraph(cli, IQ_STYLE_NONE, iq_arena_printf(&cli->arena, "  %s ", sign),
		iq_safe_c(cli, in_one(cli, text)));
}

void iq_changes_show(struct iq_cli *cli, Iq__V1__Change **changes, size_t n)
{
	const char *kind = "", *id = "";

	for (size_t i = 0; i < n; i++) {
		const Iq__V1__Change *c = changes[i];

		if (strcmp(kind, c->kind) != 0 || strcmp(id, c->id) != 0) {
			kind = c->kind;
			id = c->id;
			iq_say(cli, IQ_STYLE_BOLD,
				iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s %s",
						       iq_word_kind(kind), id)));
			iq_buf_byte(&cli->out, '\n');
		}
		iq_change_show(cli, c);
	}
}

json_t *iq_changes_json(Iq__V1__Change **changes, size_t n, bool records)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		const Iq__V1__Change *c = changes[i];
		json_t *change = json_object();

		if (records) {
			json_object_set_new(change, "kind", iq_json_c(c->kind));
			json_object_set_new(change, "id", iq_json_c(c->id));
		}
		json_object_set_new(change, "column", iq_json_c(c->column));
		json_object_set_new(change, "before", iq_json_c(c->before));
		json_object_set_new(change, "after", iq_json_c(c->after));
		json_array_append_new(all, change);
	}
	return all;
}

/* What was written all the same. */
static void say_warnings(struct iq_cli *cli, const Iq__V1__WriteResponse *r)
{
	for (size_t i = 0; i < r->n_warnings; i++) {
		struct iq_problem p;

		iq_codec_read_problem(&p, r->warnings[i], &cli->arena);
		iq_warn(cli, "%s",
			iq_safe_c(cli, iq_text_fill(&cli->arena, gettext(p.text), p.args, p.nargs))
				.p);
	}
}

static json_t *warnings_json(struct iq_cli *cli, const Iq__V1__WriteResponse *r)
{
	struct iq_error e = {.problems = NULL};

	if (r->n_warnings == 0)
		return NULL;
	iq_error_init(&e, &cli->arena);
	for (size_t i = 0; i < r->n_warnings; i++) {
		struct iq_problem p;

		iq_codec_read_problem(&p, r->warnings[i], &cli->arena);
		iq_error_add_problem(&e, &p);
	}
	return iq_problems_json(cli, &e);
}

static enum iq_err show_rows(struct iq_cli *cli, const Iq__V1__WriteResponse *r)
{
	struct iq_table t;

	if (cli->format == IQ_FORMAT_JSON)
		return iq_json_list_with(cli, r->revision,
			iq_changes_json(r->changes, r->n_changes, true), r->n_changes, "warnings",
			warnings_json(cli, r));
	iq_table_init(&t, cli, cols, 5);
	for (size_t i = 0; i < r->n_changes; i++) {
		const Iq__V1__Change *c = r->changes[i];
		const struct iq_str row[] = {iq_str(c->kind), iq_str(c->id), iq_str(c->column),
			iq_str(c->before), iq_str(c->after)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, r->revision, t.nrows);
}

enum iq_err iq_write_show(struct iq_cli *cli, const Iq__V1__WriteResponse *r, const char *done)
{
	bool dry = iq_opt_given(cli, IQ_OPT_DRY_RUN);

	if (cli->format == IQ_FORMAT_TABLE) {
		iq_changes_show(cli, r->changes, r->n_changes);
	} else {
		enum iq_err err = show_rows(cli, r);

		if (err != IQ_OK)
			return err;
	}
	for (size_t i = 0; i < r->n_dropped; i++)
		iq_note(cli, _("The hand-over of %s that was noted for %s is dropped by this."),
			iq_safe_c(cli, r->dropped[i]->contact).p,
			iq_word_date(cli, r->dropped[i]->on).p);
	say_warnings(cli, r);
	if (r->approval != 0)
		iq_note_waits(cli, r->approval);
	if (dry)
		iq_note(cli, "%s", _("Nothing was written (--dry-run)."));
	else if (r->approval == 0 && done != NULL)
		iq_note(cli, "%s", r->n_changes ? done : _("Nothing to change."));
	else if (r->approval == 0 && r->n_changes == 0)
		iq_note(cli, _("Nothing to change; revision %llu."),
			(unsigned long long)r->revision);
	else if (r->approval == 0)
		iq_note(cli, _("Written as revision %llu."), (unsigned long long)r->revision);
	return IQ_OK;
}

static enum iq_err confirm(struct iq_cli *cli, Iq__V1__Verb verb, const char *kind)
{
	if (verb != IQ__V1__VERB__DELETE || iq_opt_given(cli, IQ_OPT_YES) ||
		iq_opt_given(cli, IQ_OPT_DRY_RUN) || !cli->tty_in || !cli->tty_err)
		return IQ_OK;
	if (iq_opt_given(cli, IQ_OPT_NO_INPUT))
		return iq_error_set(&cli->error, IQ_ERR_USAGE, N_("Deleting needs a confirmation."),
			N_("Add --yes."), NULL);
	const char *question =
		iq_arena_printf(&cli->arena, _("Delete %s %s?"), iq_word_kind(kind), cli->arg[1]);

	if (iq_confirm(cli, question))
		return IQ_OK;
	return iq_error_set(&cli->error, IQ_ERR_CONFLICT, N_("Nothing was deleted."), NULL, NULL);
}

enum iq_err iq_write_begin(struct iq_cli *cli, Iq__V1__WriteRequest *q)
{
	uint32_t base = 0;
	enum iq_err err = iq_change_id(cli, &q->request_id);

	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_MERGE) && !iq_opt_given(cli, IQ_OPT_BASE))
		err = iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("--merge needs the revision that your change is based on."),
			N_("It is shown by \"iqq get\"; add it as: --base REVISION"), NULL);
	if (err == IQ_OK)
		err = iq_opt_number(cli, IQ_OPT_BASE, &base);
	q->based_on = base;
	q->merge = iq_opt_given(cli, IQ_OPT_MERGE);
	q->dry_run = iq_opt_given(cli, IQ_OPT_DRY_RUN);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	return err;
}

enum iq_err iq_write_finish(struct iq_cli *cli, Iq__V1__WriteRequest *q, const char *done)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	const Iq__V1__Response *rs = NULL;

	rq.op_case = IQ__V1__REQUEST__OP_WRITE;
	rq.write = q;
	enum iq_err err = iq_ask_again(cli, &rq, &rs);

	if (err == IQ_OK)
		err = iq_expect(cli, rs, IQ__V1__RESPONSE__RESULT_WRITE);
	return err == IQ_OK ? iq_write_show(cli, rs->write, done) : err;
}

enum iq_err iq_write_several(struct iq_cli *cli, Iq__V1__Verb verb)
{
	Iq__V1__WriteRequest q = IQ__V1__WRITE_REQUEST__INIT;
	size_t first = verb == IQ__V1__VERB__CONFIRM ? 0 : 1;
	int kind = IQ_KINDS;
	enum iq_err err = IQ_OK;

	/* "confirm status eu": a kind may be said, but need not. */
	if (first > 0 || (cli->nargs > 1 && iq_word_to_kind(cli, cli->arg[0], &kind) == IQ_OK)) {
		err = iq_word_to_kind(cli, cli->arg[0], &kind);
		first = 1;
	} else {
		iq_error_init(&cli->error, &cli->arena);
	}
	if (err == IQ_OK)
		err = iq_write_begin(cli, &q);
	if (err != IQ_OK)
		return err;
	q.verb = verb;
	if (kind < IQ_KINDS)
		q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.n_ids = cli->nargs - first;
	q.ids = iq_arena_array(&cli->arena, q.n_ids, sizeof(*q.ids));
	for (size_t i = 0; q.ids != NULL && i < q.n_ids; i++)
		q.ids[i] = iq_arena_cstr(&cli->arena, iq_str(cli->arg[first + i]));
	if (q.ids == NULL)
		return IQ_ERR_INTERNAL;
	err = iq_write_finish(cli, &q, NULL);
	if (err == IQ_OK && verb == IQ__V1__VERB__ARCHIVE && !q.dry_run)
		iq_note(cli, _("To bring it back within %d days: iqq %s %s %s"),
			IQ_LIMIT_ARCHIVE_DAYS, cli->lang == IQ_LANG_DE ? "reaktiviere" : "revive",
			cli->arg[0], q.ids[0]);
	return err;
}

enum iq_err iq_write(struct iq_cli *cli, Iq__V1__Verb verb)
{
	Iq__V1__WriteRequest q = IQ__V1__WRITE_REQUEST__INIT;
	int kind;
	enum iq_err err = iq_word_to_kind(cli, cli->arg[0], &kind);

	if (err == IQ_OK)
		err = iq_write_begin(cli, &q);
	if (err != IQ_OK)
		return err;
	q.verb = verb;
	q.kind = iq_arena_cstr(&cli->arena, iq_str(iq_schemas[kind].name));
	q.id = iq_arena_cstr(&cli->arena, iq_str(cli->arg[1]));
	if (verb == IQ__V1__VERB__MERGE)
		q.into = iq_arena_cstr(&cli->arena, iq_str(cli->arg[2]));
	else
		err = read_fields(cli, (enum iq_kind)kind, &q);
	if (err == IQ_OK)
		err = confirm(cli, verb, q.kind);
	return err == IQ_OK ? iq_write_finish(cli, &q, NULL) : err;
}
