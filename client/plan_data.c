/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

static const struct iq_col cols[] = {
	{"act", NULL, IQ_CELL_TEXT, false},
	{"kind", NULL, IQ_CELL_TEXT, false},
	{"id", NULL, IQ_CELL_TEXT, false},
	{"name", NULL, IQ_CELL_TEXT, false},
	{"file", NULL, IQ_CELL_TEXT, false},
	{"line", NULL, IQ_CELL_NUMBER, false},
	{"column", NULL, IQ_CELL_TEXT, false},
	{"before", NULL, IQ_CELL_TEXT, false},
	{"theirs", NULL, IQ_CELL_TEXT, false},
	{"after", NULL, IQ_CELL_TEXT, false},
	{"resolved", NULL, IQ_CELL_TEXT, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

/* ---- JSON --------------------------------------------------------------------------------- */

static json_t *changes_json(const Iq__V1__PlanLine *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n_changes; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "column", iq_json_c(l->changes[i]->column));
		json_object_set_new(o, "before", iq_json_c(l->changes[i]->before));
		json_object_set_new(o, "after", iq_json_c(l->changes[i]->after));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *conflicts_json(struct iq_cli *cli, const Iq__V1__PlanLine *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n_conflicts; i++) {
		const Iq__V1__Conflict *c = l->conflicts[i];
		json_t *o = json_object();

		json_object_set_new(o, "column", iq_json_c(c->column));
		json_object_set_new(o, "base", iq_json_c(c->was));
		json_object_set_new(o, "theirs", iq_json_c(c->theirs));
		json_object_set_new(o, "mine", iq_json_c(c->mine));
		json_object_set_new(o, "revision", json_integer((json_int_t)c->revision));
		json_object_set_new(o, "principal", iq_json_c(c->principal));
		json_object_set_new(o, "time",
			c->time != 0 ? iq_json_c(iq_word_time(cli, c->time)) : json_null());
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *line_json(struct iq_cli *cli, const Iq__V1__PlanLine *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "act", iq_json_c(l->act));
	json_object_set_new(o, "kind", iq_json_c(l->kind));
	json_object_set_new(o, "id", iq_json_c(l->id));
	json_object_set_new(o, "name", iq_json_c(l->name));
	json_object_set_new(o, "matched", iq_json_c(l->matched));
	json_object_set_new(o, "file", iq_json_c(l->file));
	json_object_set_new(o, "line", json_integer(l->line));
	json_object_set_new(o, "renamed", json_boolean(l->renamed));
	json_object_set_new(o, "changes", changes_json(l));
	json_object_set_new(o, "conflicts", conflicts_json(cli, l));
	json_object_set_new(o, "resolved", iq_json_or_null(iq_str(l->resolved)));
	return o;
}

json_t *iq_plan_counts_json(Iq__V1__PlanCount **counts, size_t n)
{
	json_t *a = json_array();

	for (size_t i = 0; i < n; i++) {
		const Iq__V1__PlanCount *c = counts[i];
		json_t *o = json_object();

		json_object_set_new(o, "kind", iq_json_c(c->kind));
		json_object_set_new(o, "add", json_integer((json_int_t)c->add));
		json_object_set_new(o, "change", json_integer((json_int_t)c->change));
		json_object_set_new(o, "archive", json_integer((json_int_t)c->archive));
		json_object_set_new(o, "revive", json_integer((json_int_t)c->revive));
		json_object_set_new(o, "conflict", json_integer((json_int_t)c->conflict));
		json_object_set_new(o, "same", json_integer((json_int_t)c->same));
		json_object_set_new(o, "left", json_integer((json_int_t)c->left));
		json_array_append_new(a, o);
	}
	return a;
}

json_t *iq_plan_head_json(struct iq_cli *cli, const Iq__V1__SyncPlanResponse *r)
{
	json_t *o = json_object();

	json_object_set_new(o, "plan", iq_json_or_null(iq_str(r->plan)));
	json_object_set_new(o, "institution", iq_json_c(r->institution));
	json_object_set_new(o, "state", iq_json_c(r->state));
	json_object_set_new(o, "by", iq_json_c(r->by));
	json_object_set_new(o, "based_on", json_integer((json_int_t)r->based_on));
	json_object_set_new(
		o, "until", r->until != 0 ? iq_json_c(iq_word_time(cli, r->until)) : json_null());
	json_object_set_new(o, "deletes", json_integer((json_int_t)r->deletes));
	json_object_set_new(o, "second", json_boolean(r->second));
	json_object_set_new(o, "open_conflicts", json_integer((json_int_t)r->open_conflicts));
	return o;
}

static json_t *guards_json(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;
	json_t *a = json_array();

	for (size_t i = 0; i < p->nguards; i++) {
		const Iq__V1__PlanGuard *g = p->guards[i];
		struct iq_str args[IQ_ERROR_ARGS];
		json_t *o = json_object();
		size_t n = 0;

		for (; n < g->n_args && n < IQ_ERROR_ARGS; n++)
			args[n] = iq_str(g->args[n]);
		json_object_set_new(o, "code", iq_json_c(g->code));
		json_object_set_new(o, "text",
			iq_json_c(iq_text_fill(
				&cli->arena, g->text[0] != '\0' ? gettext(g->text) : "", args, n)));
		json_object_set_new(o, "task", iq_json_or_null(iq_str(g->task)));
		json_object_set_new(o, "status", iq_json_or_null(iq_str(g->status)));
		json_object_set_new(o, "region", iq_json_or_null(iq_str(g->region)));
		json_object_set_new(
			o, "responsibility", iq_json_or_null(iq_str(g->responsibility)));
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *notes_json(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;
	json_t *a = json_array();

	for (size_t i = 0; i < p->nnotes; i++) {
		const Iq__V1__Problem *n = p->notes[i];
		struct iq_str args[IQ_ERROR_ARGS];
		json_t *o = json_object();
		size_t k = 0;

		for (; k < n->n_args && k < IQ_ERROR_ARGS; k++)
			args[k] = iq_str(n->args[k]);
		json_object_set_new(o, "file", iq_json_c(n->file));
		json_object_set_new(o, "line", json_integer(n->line));
		json_object_set_new(o, "column", iq_json_c(n->column));
		json_object_set_new(o, "mine", iq_json_c(n->value));
		json_object_set_new(o, "theirs", iq_json_c(n->nearest));
		json_object_set_new(o, "reason",
			iq_json_c(iq_text_fill(
				&cli->arena, n->text[0] != '\0' ? gettext(n->text) : "", args, k)));
		json_array_append_new(a, o);
	}
	return a;
}

static enum iq_err as_json(const struct iq_plan *p, const struct iq_lists *lists)
{
	struct iq_cli *cli = p->cli;
	json_t *root = json_object(), *items = json_array(), *head = iq_plan_head_json(cli, p->r);

	for (size_t i = 0; i < p->nlines; i++)
		json_array_append_new(items, line_json(cli, p->lines[i]));
	enum iq_err err = iq_json_pick(cli, items);

	json_object_set_new(root, "revision", json_integer((json_int_t)p->r->revision));
	json_object_set_new(root, "items", items);
	json_object_set_new(root, "total", json_integer((json_int_t)p->nlines));
	json_object_update(root, head);
	json_decref(head);
	json_object_set_new(root, "counts", iq_plan_counts_json(p->counts, p->ncounts));
	json_object_set_new(root, "guards", guards_json(p));
	json_object_set_new(root, "notes", notes_json(p));
	if (lists != NULL)
		json_object_set_new(root, "repairs", iq_lists_repairs_json(lists));
	if (err == IQ_OK)
		iq_json_print(cli, root);
	else
		json_decref(root);
	return err;
}

/* ---- rows --------------------------------------------------------------------------------- */

static void add_row(struct iq_table *t, const Iq__V1__PlanLine *l, const char *column,
	const char *before, const char *theirs, const char *after)
{
	const char *line = l->line != 0 ? iq_arena_printf(&t->cli->arena, "%u", l->line) : "";
	const struct iq_str row[COLS] = {iq_str(l->act), iq_str(l->kind), iq_str(l->id),
		iq_str(l->name), iq_str(l->file), iq_str(line), iq_str(column), iq_str(before),
		iq_str(theirs), iq_str(after), iq_str(l->resolved)};

	iq_table_add(t, row);
}

/* One row per difference; records without any (archived ones) have one. */
enum iq_err iq_plan_print(const struct iq_plan *p, const struct iq_lists *lists)
{
	struct iq_table t;

	if (p->cli->format == IQ_FORMAT_JSON)
		return as_json(p, lists);
	iq_table_init(&t, p->cli, cols, COLS);
	for (size_t i = 0; i < p->nlines; i++) {
		const Iq__V1__PlanLine *l = p->lines[i];

		for (size_t k = 0; k < l->n_changes; k++)
			add_row(&t, l, l->changes[k]->column, l->changes[k]->before, "",
				l->changes[k]->after);
		for (size_t k = 0; k < l->n_conflicts; k++)
			add_row(&t, l, l->conflicts[k]->column, l->conflicts[k]->was,
				l->conflicts[k]->theirs, l->conflicts[k]->mine);
		if (l->n_changes == 0 && l->n_conflicts == 0)
			add_row(&t, l, "", "", "", "");
	}
	return iq_table_finish(&t, p->r->revision, p->nlines);
}
