/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json.h"
#include "model.h"
#include "past.h"
#include "who.h"
#include "write.h"

static const struct iq_col cols[] = {
	{"what", NULL, IQ_CELL_TEXT, true},
	{"kind", NULL, IQ_CELL_TEXT, true},
	{"id", NULL, IQ_CELL_TEXT, false},
	{"name", NULL, IQ_CELL_TEXT, false},
	{"column", NULL, IQ_CELL_TEXT, true},
	{"before", NULL, IQ_CELL_TEXT, false},
	{"after", NULL, IQ_CELL_TEXT, false},
	{"revision", NULL, IQ_CELL_NUMBER, true},
	{"time", NULL, IQ_CELL_TEXT, true},
	{"principal", NULL, IQ_CELL_TEXT, false},
};
enum { COLS = sizeof(cols) / sizeof(cols[0]) };

struct line {
	const Iq__V1__DiffItem *item;
	const Iq__V1__DiffResponse *page; /* its labels */
	size_t at;
};

struct diff {
	struct iq_cli *cli;
	Iq__V1__DiffRequest *q;
	uint32_t limit; /* 0: none */
	struct line *line;
	size_t n, cap;
	uint64_t revision, total, withheld;
	const Iq__V1__DiffResponse *first;
	const char *because;
};

static enum iq_err take(void *arg, const Iq__V1__Response *rs, bool *more)
{
	struct diff *d = arg;
	const Iq__V1__DiffResponse *r = rs->diff;
	uint32_t limit = d->limit;
	size_t n = r->n_items, size = sizeof(*d->line);

	if (d->n + n > d->cap) {
		size_t cap = 2 * (d->n + n);
		struct line *grown =
			iq_arena_grow(&d->cli->arena, d->line, d->cap * size, cap * size);

		if (grown == NULL)
			return IQ_ERR_INTERNAL;
		d->line = grown;
		d->cap = cap;
	}
	for (size_t i = 0; i < n && (limit == 0 || d->n < limit); i++, d->n++)
		d->line[d->n] = (struct line){r->items[i], r, d->n};
	d->revision = r->revision;
	if (d->first == NULL)
		d->first = r;
	d->withheld += r->withheld;
	if (r->total > d->total)
		d->total = r->total;
	if (r->because[0] != '\0')
		d->because = r->because;
	d->q->cursor = r->cursor;
	*more = r->cursor.len > 0 && (limit == 0 || d->n < limit);
	return IQ_OK;
}

/* By kind as the server has them, then by name. */
static int compare(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = 0;

	if (strcmp(x->item->kind, y->item->kind) == 0)
		c = strcmp(x->item->name, y->item->name);
	return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* ---- for machines --------------------------------------------------------------------------- */

static enum iq_err as_json(struct diff *d)
{
	json_t *items = json_array();

	for (size_t i = 0; i < d->n; i++) {
		const Iq__V1__DiffItem *x = d->line[i].item;
		json_t *o = json_object();

		json_object_set_new(o, "what", iq_json_c(x->what));
		json_object_set_new(o, "kind", iq_json_c(x->kind));
		json_object_set_new(o, "id", iq_json_c(x->id));
		json_object_set_new(o, "name", iq_json_c(x->name));
		json_object_set_new(o, "changes", iq_changes_json(x->changes, x->n_changes, false));
		json_object_set_new(o, "withheld", json_boolean(x->withheld));
		json_object_set_new(o, "revision",
			x->revision ? json_integer((json_int_t)x->revision) : json_null());
		json_object_set_new(o, "time",
			iq_json_or_null(iq_str(x->revision ? iq_word_time(d->cli, x->time) : "")));
		json_object_set_new(o, "principal", iq_json_or_null(iq_str(x->principal)));
		json_array_append_new(items, o);
	}
	return iq_json_list(d->cli, d->revision, items, d->total);
}

static void add_row(struct iq_table *t, const Iq__V1__DiffItem *x, const Iq__V1__Change *c)
{
	struct iq_cli *cli = t->cli;
	const char *revision =
		x->revision ? iq_arena_printf(&cli->arena, "%llu", (unsigned long long)x->revision)
			    : "";
	const struct iq_str row[COLS] = {iq_str(x->what), iq_str(x->kind), iq_str(x->id),
		iq_str(x->name), iq_str(c ? c->column : ""), iq_str(c ? c->before : ""),
		iq_str(c ? c->after : ""), iq_str(revision),
		iq_str(x->revision ? iq_word_time(cli, x->time) : ""), iq_str(x->principal)};

	iq_table_add(t, row);
}

/* One row per field that changed; of what is new or gone one in all. */
static enum iq_err as_rows(struct diff *d)
{
	struct iq_table t;

	iq_table_init(&t, d->cli, cols, COLS);
	for (size_t i = 0; i < d->n; i++) {
		const Iq__V1__DiffItem *x = d->line[i].item;
		bool changed = strcmp(x->what, "changed") == 0;

		if (!changed || x->n_changes == 0)
			add_row(&t, x, NULL);
		for (size_t k = 0; changed && k < x->n_changes; k++)
			add_row(&t, x, x->changes[k]);
	}
	return iq_table_finish(&t, d->revision, t.nrows);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* A cell with names for ids, dates as people write them. */
static const char *cell(struct iq_cli *cli, const struct line *l, int column, const char *text)
{
	enum iq_kind kind = iq_kind_by_name(iq_str(l->item->kind));
	const struct iq_column *c = &iq_schemas[kind].columns[column];
	struct iq_str rest = iq_str(text), part;
	const char *all = "";

	if (c->type == IQ_TYPE_DATE)
		return iq_word_date(cli, text).p;
	if (strcmp(c->name, "role") == 0)
		return iq_word_role(text);
	if (c->type != IQ_TYPE_REF && c->type != IQ_TYPE_REFS)
		return text;
	while (*text != '\0' && iq_str_cut(&rest, c->sep ? c->sep : ';', &part)) {
		const char *id = iq_arena_cstr(&cli->arena, part);
		const char *name = iq_label(
			l->page->labels, l->page->n_labels, iq_schemas[c->target].name, id);

		/* An id says nothing to people, or too much. */
		if (c->target == IQ_CONTACT && name == id)
			name = _("(contact person)");
		all = iq_arena_printf(
			&cli->arena, "%s%s%s", all, *all ? ", " : "", name != NULL ? name : "");
	}
	return all;
}

/* What the heading says already, or what nobody reads of a new row. */
static bool is_aside(struct iq_cli *cli, const char *column)
{
	static const char *const names[] = {"institution", "task", "region", "workshop", "name",
		"name_de", "name_en", "text_de", "text_en", "source", "legal_basis", "note",
		"aliases", "parent", "kind", NULL};

	return !iq_opt_given(cli, IQ_OPT_VERBOSE) && iq_choice(names, iq_str(column)) >= 0;
}

static void show_change(struct iq_cli *cli, const struct line *l, const Iq__V1__Change *c)
{
	enum iq_kind kind = iq_kind_by_name(iq_str(l->item->kind));
	int column = kind == IQ_KINDS ? -1 : iq_column_by_name(kind, iq_str(c->column));
	bool changed = strcmp(l->item->what, "changed") == 0;
	const char *text, *none = "–";

	if (column < 0 || (!changed && is_aside(cli, c->column)))
		return;
	const char *before = cell(cli, l, column, c->before);
	const char *after = cell(cli, l, column, c->after);

	if (changed)
		text = iq_arena_printf(&cli->arena, "%s: %s → %s", iq_word_column(c->column),
			*before ? before : none, *after ? after : none);
	else
		text = iq_arena_printf(
			&cli->arena, "%s: %s", iq_word_column(c->column), *after ? after : before);
	iq_paragraph(cli, IQ_STYLE_NONE, "    ", iq_safe_c(cli, text));
}

static void show_item(struct iq_cli *cli, const struct line *l)
{
	const Iq__V1__DiffItem *x = l->item;
	bool added = strcmp(x->what, "added") == 0, removed = strcmp(x->what, "removed") == 0;
	enum iq_style style = added ? IQ_STYLE_GREEN : removed ? IQ_STYLE_RED : IQ_STYLE_YELLOW;
	const char *sign = added ? "+ " : removed ? "− " : "~ ";
	const char *name = x->name[0] != '\0' ? x->name : x->id;

	iq_paragraph(cli, style, sign,
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s (%s)", name, x->id)));
	for (size_t i = 0; i < x->n_changes; i++)
		show_change(cli, l, x->changes[i]);
	if (x->withheld)
		iq_paragraph(cli, IQ_STYLE_DIM, "    ",
			iq_str(_("other fields, which are not shown to you")));
	if (x->revision == 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "    ", iq_str(_("by its dates")));
	else
		iq_paragraph(cli, IQ_STYLE_DIM, "    ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, _("%s, %s, revision %llu"),
					       iq_word_time(cli, x->time), x->principal,
					       (unsigned long long)x->revision)));
}

static const char *head(const char *kind)
{
	static const struct {
		const char *kind, *text;
	} heads[] = {
		{"responsibility", N_("Responsibilities")},
		{"notice", N_("Notices")},
		{"institution", N_("Institutions")},
		{"contact", N_("Contact persons")},
		{"membership", N_("Members of workshops")},
		{"topic", N_("Topics")},
		{"meeting", N_("Meetings")},
		{"proposal", N_("Proposals")},
		{"ballot", N_("Votes cast")},
		{"commitment", N_("Commitments")},
	};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		if (strcmp(heads[i].kind, kind) == 0)
			return gettext(heads[i].text);
	}
	return kind;
}

static void show_sides(struct iq_cli *cli, const Iq__V1__DiffResponse *r)
{
	const char *text =
		iq_arena_printf(&cli->arena, _("From %s (revision %llu) to %s (revision %llu)"),
			iq_word_date(cli, r->from).p, (unsigned long long)r->from_revision,
			iq_word_date(cli, r->to).p, (unsigned long long)r->to_revision);

	iq_say(cli, IQ_STYLE_DIM, iq_safe_c(cli, text));
	iq_buf_printf(&cli->out, "\n\n");
}

static void show(struct diff *d)
{
	struct iq_cli *cli = d->cli;

	if (d->n > 0)
		show_sides(cli, d->first);
	for (size_t i = 0; i < d->n; i++) {
		const char *kind = d->line[i].item->kind;

		if (i == 0 || strcmp(kind, d->line[i - 1].item->kind) != 0) {
			if (i > 0)
				iq_buf_byte(&cli->out, '\n');
			iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, head(kind)));
			iq_buf_byte(&cli->out, '\n');
		}
		show_item(cli, &d->line[i]);
	}
}

/* ---- the command ---------------------------------------------------------------------------- */

static enum iq_err read_request(struct iq_cli *cli, Iq__V1__DiffRequest *q)
{
	enum iq_err err = IQ_OK;

	q->lang = iq_session_lang(cli);
	q->reason = iq_opt_text(cli, IQ_OPT_REASON);
	q->institution = iq_opt_text(cli, IQ_OPT_INSTITUTION);
	q->region = cli->nargs ? iq_arena_cstr(&cli->arena, iq_str(cli->arg[0]))
			       : iq_opt_text(cli, IQ_OPT_REGION);
	if (cli->nargs > 0 && iq_opt_given(cli, IQ_OPT_REGION))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("The place is given twice: \"{0}\" and --region."), NULL, cli->arg[0],
			NULL);
	if (!iq_opt_given(cli, IQ_OPT_FROM))
		return iq_error_set(&cli->error, IQ_ERR_USAGE,
			N_("A comparison needs the date to compare with."),
			N_("For example: iqq diff dresden --from 2026-01-01"), NULL);
	err = iq_read_moment(cli, iq_opt(cli, IQ_OPT_FROM), &q->from, &q->from_revision);
	if (err == IQ_OK && iq_opt_given(cli, IQ_OPT_TO))
		err = iq_read_moment(cli, iq_opt(cli, IQ_OPT_TO), &q->to, &q->to_revision);
	return err;
}

enum iq_err iq_cmd_diff(struct iq_cli *cli)
{
	Iq__V1__DiffRequest q = IQ__V1__DIFF_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	struct diff d = {.cli = cli, .q = &q};
	enum iq_err err = iq_opt_number(cli, IQ_OPT_LIMIT, &d.limit);

	if (err == IQ_OK)
		err = read_request(cli, &q);
	rq.op_case = IQ__V1__REQUEST__OP_DIFF;
	rq.diff = &q;
	if (err == IQ_OK)
		err = iq_ask_pages(cli, &rq, IQ__V1__RESPONSE__RESULT_DIFF, take, &d);
	if (err != IQ_OK)
		return err;
	if (d.n > 1)
		qsort(d.line, d.n, sizeof(*d.line), compare);
	if (cli->format == IQ_FORMAT_JSON)
		err = as_json(&d);
	else if (cli->format == IQ_FORMAT_TABLE)
		show(&d);
	else
		err = as_rows(&d);
	if (d.n == 0 && d.first != NULL)
		iq_note(cli, _("No difference between %s (revision %llu) and %s (revision %llu)."),
			iq_word_date(cli, d.first->from).p,
			(unsigned long long)d.first->from_revision,
			iq_word_date(cli, d.first->to).p, (unsigned long long)d.first->to_revision);
	else if (d.n < d.total)
		iq_note(cli, _("%zu shown of %llu."), d.n, (unsigned long long)d.total);
	if (d.because != NULL)
		iq_because_note(cli, d.because, d.withheld);
	return err == IQ_OK && d.n > 0 ? IQ_ERR_NOT_FOUND : err;
}
