/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model.h"
#include "plan.h"
#include "vocabulary.h"

/* ---- words -------------------------------------------------------------------------------- */

/* Names of tasks, places and statuses are on this computer. */
static const char *vocabulary_label(const struct iq_plan *p, const char *kind, const char *id)
{
	static struct iq_directory *vocabulary; /* until the process ends */
	static bool read;
	enum iq_kind k = iq_kind_by_name(iq_str(kind));

	if (k != IQ_TASK && k != IQ_REGION && k != IQ_STATUS && k != IQ_KIND)
		return id;
	if (!read)
		vocabulary = iq_vocabulary_read(p->cli);
	read = true;
	if (vocabulary == NULL)
		return id;

	const struct iq_names *names = iq_directory_names(vocabulary, p->cli->lang == IQ_LANG_EN);
	iq_num num = names->find(names->ctx, k, iq_str(id));

	return num == IQ_NONE ? id
			      : iq_arena_cstr(&p->cli->arena, names->name(names->ctx, k, num,
								      p->cli->lang == IQ_LANG_EN));
}

const char *iq_plan_label(const struct iq_plan *p, const char *kind, const char *id)
{
	for (size_t i = 0; i < p->nlabels; i++)
		if (strcmp(p->labels[i]->kind, kind) == 0 && strcmp(p->labels[i]->id, id) == 0)
			return p->labels[i]->name[0] != '\0' ? p->labels[i]->name : id;
	for (size_t i = 0; i < p->nlines; i++) /* people and others of the list itself */
		if (strcmp(p->lines[i]->kind, kind) == 0 && strcmp(p->lines[i]->id, id) == 0 &&
			p->lines[i]->name[0] != '\0')
			return p->lines[i]->name;
	return vocabulary_label(p, kind, id);
}

static const char *name_of(
	const struct iq_plan *p, const struct iq_column *column, struct iq_str part)
{
	const char *text = iq_arena_cstr(&p->cli->arena, part);

	return column->type == IQ_TYPE_TEXTS
		       ? text
		       : iq_plan_label(p, iq_schemas[column->target].name, text);
}

/* Ids joined by ';' as names joined by ", ". */
static const char *names_of(
	const struct iq_plan *p, const struct iq_column *column, const char *value)
{
	struct iq_str rest = iq_str(value), part;
	const char *all = "";

	while (iq_str_cut(&rest, column->sep != '\0' ? column->sep : ';', &part))
		all = iq_arena_printf(
			&p->cli->arena, "%s%s%s", all, *all ? ", " : "", name_of(p, column, part));
	return all;
}

const char *iq_plan_value(
	const struct iq_plan *p, const char *kind, const char *column, const char *value)
{
	enum iq_kind k = iq_kind_by_name(iq_str(kind));
	int col = k != IQ_KINDS ? iq_column_by_name(k, iq_str(column)) : -1;

	if (col < 0 || value[0] == '\0')
		return value;
	const struct iq_column *c = &iq_schemas[k].columns[col];

	if (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS || c->type == IQ_TYPE_TEXTS)
		return names_of(p, c, value);
	if (c->type == IQ_TYPE_DATE)
		return iq_arena_cstr(&p->cli->arena, iq_word_date(p->cli, value));
	if (c->choices == iq_role_names)
		return iq_word_role(value);
	if (c->choices == iq_visibility_names)
		return iq_word_visibility(value);
	return value;
}

static const char *kind_heading(const char *kind)
{
	if (strcmp(kind, "institution") == 0)
		return _("Institutions");
	if (strcmp(kind, "contact") == 0)
		return _("Contact persons");
	if (strcmp(kind, "responsibility") == 0)
		return _("Responsibilities");
	if (strcmp(kind, "notice") == 0)
		return _("Notices");
	return iq_word_kind(kind);
}

static void add_count(struct iq_cli *cli, const char **all, const char *fmt, uint64_t n)
{
	if (n == 0)
		return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	const char *one = iq_arena_printf(&cli->arena, fmt, (unsigned long long)n);
#pragma GCC diagnostic pop

	*all = iq_arena_printf(&cli->arena, "%s%s%s", *all, **all ? ", " : "", one);
}

const char *iq_plan_count(struct iq_cli *cli, const Iq__V1__PlanCount *c)
{
	const char *all = "";

	add_count(cli, &all, _("%llu new"), c->add);
	add_count(cli, &all, _("%llu changed"), c->change);
	add_count(cli, &all, _("%llu archived"), c->archive);
	add_count(cli, &all, _("%llu revived"), c->revive);
	add_count(cli, &all, _("%llu in conflict"), c->conflict);
	add_count(cli, &all, _("%llu unchanged"), c->same);
	add_count(cli, &all, _("%llu left alone"), c->left);
	return *all != '\0' ? all : _("nothing");
}

/* ---- lines -------------------------------------------------------------------------------- */

static const char *const acts[] = {"add", "change", "archive", "revive", "conflict", NULL};

static int act_of(const Iq__V1__PlanLine *l)
{
	for (int i = 0; acts[i] != NULL; i++)
		if (strcmp(acts[i], l->act) == 0)
			return i;
	return 1;
}

static const char *sign(const Iq__V1__PlanLine *l)
{
	static const char *const signs[] = {"+", "~", "−", "↺", "!"};

	return signs[act_of(l)];
}

static enum iq_style style(const Iq__V1__PlanLine *l)
{
	static const enum iq_style styles[] = {
		IQ_STYLE_GREEN, IQ_STYLE_YELLOW, IQ_STYLE_RED, IQ_STYLE_GREEN, IQ_STYLE_RED};

	return styles[act_of(l)];
}

/* "Erika Muster-Beispiel, umbenannt (bisher: Erika Muster)" */
static const char *title(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	const char *name = l->name[0] != '\0' ? l->name : l->id;

	for (size_t i = 0; l->renamed && i < l->n_changes; i++)
		if (strcmp(l->changes[i]->column, "name") == 0 ||
			strcmp(l->changes[i]->column, "name_de") == 0)
			return iq_arena_printf(&p->cli->arena, _("%s, renamed (was: %s)"),
				l->changes[i]->after, l->changes[i]->before);
	return l->renamed ? iq_arena_printf(&p->cli->arena, _("%s, renamed"), name) : name;
}

/* The one file that all rows of a kind stand in; "": several, or none. */
static const char *file_of(const struct iq_plan *p, const char *kind)
{
	const char *file = "";

	for (size_t i = 0; i < p->nlines; i++) {
		const Iq__V1__PlanLine *l = p->lines[i];

		if (l->line == 0 || strcmp(l->kind, kind) != 0)
			continue;
		if (*file != '\0' && strcmp(file, l->file) != 0)
			return "";
		file = l->file;
	}
	return file;
}

/* "Zeile 5", with the file where there are several. */
static const char *place(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	if (l->line == 0)
		return "";
	if (*file_of(p, l->kind) != '\0')
		return iq_arena_printf(&p->cli->arena, _("  (line %u)"), l->line);
	return iq_arena_printf(&p->cli->arena, _("  (%s, line %u)"), l->file, l->line);
}

static void show_line(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	struct iq_cli *cli = p->cli;

	iq_paragraph(cli, style(l), iq_arena_printf(&cli->arena, "  %s ", sign(l)),
		iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s%s", title(p, l), place(p, l))));
}

static bool is_silent(const Iq__V1__PlanLine *l, const Iq__V1__Change *c)
{
	return c->column[0] == '\0' || strcmp(c->column, "id") == 0 ||
	       (l->renamed && strncmp(c->column, "name", 4) == 0);
}

/* The name of a responsibility is made of these. */
static bool in_title(const Iq__V1__PlanLine *l, const Iq__V1__Change *c)
{
	return strcmp(l->kind, "responsibility") == 0 &&
	       (strcmp(c->column, "task") == 0 || strcmp(c->column, "region") == 0);
}

/* New ones: what they will be, in a row. */
static void show_fields(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	struct iq_cli *cli = p->cli;
	const char *all = "";

	for (size_t i = 0; i < l->n_changes; i++) {
		const Iq__V1__Change *c = l->changes[i];

		if (is_silent(l, c) || in_title(l, c) || c->after[0] == '\0' ||
			strcmp(c->after, l->name) == 0 || strcmp(c->after, p->r->institution) == 0)
			continue;
		all = iq_arena_printf(&cli->arena, "%s%s%s: %s", all, *all ? " · " : "",
			iq_word_column(c->column), iq_plan_value(p, l->kind, c->column, c->after));
	}
	if (*all != '\0')
		iq_paragraph(cli, IQ_STYLE_NONE, "      ", iq_safe_c(cli, all));
}

static bool has_part(const char *set, char sep, struct iq_str part)
{
	struct iq_str rest = iq_str(set), other;

	while (iq_str_cut(&rest, sep, &other))
		if (iq_str_eq(other, part))
			return true;
	return false;
}

/* Of a set what came and what went: "− David Muster, + Erika Mustermann"; NULL: it is no set. */
static const char *set_changes(const struct iq_plan *p, const char *kind, const Iq__V1__Change *c)
{
	enum iq_kind k = iq_kind_by_name(iq_str(kind));
	int col = k != IQ_KINDS ? iq_column_by_name(k, iq_str(c->column)) : -1;
	const struct iq_column *column = col >= 0 ? &iq_schemas[k].columns[col] : NULL;
	const char *all = "";

	if (column == NULL || column->sep == '\0')
		return NULL;
	for (int side = 0; side < 2; side++) {
		struct iq_str rest = iq_str(side == 0 ? c->before : c->after), part;
		const char *other = side == 0 ? c->after : c->before;

		while (iq_str_cut(&rest, column->sep, &part))
			if (part.n > 0 && !has_part(other, column->sep, part))
				all = iq_arena_printf(&p->cli->arena, "%s%s%s %s", all,
					*all ? ", " : "", side == 0 ? "−" : "+",
					name_of(p, column, part));
	}
	return *all != '\0' ? all : NULL; /* another order */
}

static void show_changes(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	struct iq_cli *cli = p->cli;

	for (size_t i = 0; i < l->n_changes; i++) {
		const Iq__V1__Change *c = l->changes[i];
		const char *before = iq_plan_value(p, l->kind, c->column, c->before),
			   *after = iq_plan_value(p, l->kind, c->column, c->after),
			   *text = set_changes(p, l->kind, c);

		if (is_silent(l, c))
			continue;
		if (text == NULL)
			text = iq_arena_printf(&cli->arena, "%s → %s",
				*before ? before : _("(empty)"), *after ? after : _("(empty)"));
		iq_paragraph(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, "      %s: ", iq_word_column(c->column)),
			iq_safe_c(cli, text));
	}
}

static void show_side(
	const struct iq_plan *p, const char *label, const char *value, const char *who)
{
	struct iq_cli *cli = p->cli;
	unsigned w = iq_width(iq_str(label));
	const char *first = iq_arena_printf(
		&cli->arena, "        %s%*s  ", label, w < 18 ? 18 - (int)w : 0, "");

	iq_paragraph(cli, IQ_STYLE_NONE, first,
		iq_safe_c(cli,
			iq_arena_printf(&cli->arena, "%s%s", *value ? value : _("(empty)"), who)));
}

/* Others took away what the list names, or changed what it does not name any more. */
static void show_whole(const struct iq_plan *p, const Iq__V1__PlanLine *l,
	const Iq__V1__Conflict *c, const char *who)
{
	bool named = l->line != 0;

	iq_paragraph(p->cli, IQ_STYLE_BOLD, "      ", iq_str(_("The whole record:")));
	if (c->was[0] != '\0')
		show_side(p, _("before"), c->was, "");
	show_side(p, _("in the directory"), named ? _("removed") : _("changed"), who);
	show_side(p, _("in your list"),
		!named               ? _("not named")
		: c->mine[0] != '\0' ? c->mine
				     : _("still named"),
		"");
}

void iq_plan_conflict(const struct iq_plan *p, const Iq__V1__PlanLine *l, const Iq__V1__Conflict *c)
{
	struct iq_cli *cli = p->cli;
	const char *who = "";

	if (c->principal[0] != '\0')
		who = iq_arena_printf(
			&cli->arena, _("  (%s, %s)"), c->principal, iq_word_time(cli, c->time));
	if (c->column[0] == '\0') {
		show_whole(p, l, c, who);
		return;
	}
	iq_paragraph(cli, IQ_STYLE_BOLD, "      ",
		iq_str(iq_arena_printf(&cli->arena, "%s:", iq_word_column(c->column))));
	show_side(p, _("before"), iq_plan_value(p, c->kind, c->column, c->was), "");
	show_side(p, _("in the directory"), iq_plan_value(p, c->kind, c->column, c->theirs), who);
	show_side(p, _("in your list"), iq_plan_value(p, c->kind, c->column, c->mine), "");
}

static void show_record(const struct iq_plan *p, const Iq__V1__PlanLine *l)
{
	struct iq_cli *cli = p->cli;
	int act = act_of(l);

	show_line(p, l);
	if (act == 0 || act == 3)
		show_fields(p, l);
	else
		show_changes(p, l);
	for (size_t i = 0; i < l->n_conflicts; i++)
		iq_plan_conflict(p, l, l->conflicts[i]);
	if (l->resolved[0] != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "      ",
			iq_str(strcmp(l->resolved, "mine") == 0
					? _("decided: your list counts")
					: _("decided: the directory counts")));
	else if (l->n_conflicts > 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "      ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena,
					       _("iqq sync resolve %s %s %s mine|theirs"),
					       iq_plan_short(cli, p->r->plan), l->kind, l->id)));
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void show_heading(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;
	const Iq__V1__SyncPlanResponse *r = p->r;
	const char *text = iq_arena_printf(
		&cli->arena, _("Sync of %s"), iq_plan_label(p, "institution", r->institution));

	iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_safe_c(cli, text));
	if (r->based_on != 0 && r->based_on != r->revision)
		iq_paragraph(cli, IQ_STYLE_DIM, "",
			iq_str(iq_arena_printf(&cli->arena,
				_("The list is of revision %llu, the directory at %llu."),
				(unsigned long long)r->based_on, (unsigned long long)r->revision)));
}

static void show_legend(const struct iq_plan *p)
{
	iq_paragraph(p->cli, IQ_STYLE_DIM, "",
		iq_str(_("+ new  ~ changed  − archived (not in the list)  ↺ back again  "
			 "! conflict")));
}

static void show_counts(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;

	iq_buf_byte(&cli->out, '\n');
	for (size_t i = 0; i < p->ncounts; i++)
		iq_paragraph(cli, IQ_STYLE_NONE,
			iq_arena_printf(&cli->arena, "%s: ", kind_heading(p->counts[i]->kind)),
			iq_str(iq_plan_count(cli, p->counts[i])));
}

static const char *filled(struct iq_cli *cli, const char *text, char **args, size_t n)
{
	struct iq_str a[IQ_ERROR_ARGS];
	size_t k = 0;

	for (; k < n && k < IQ_ERROR_ARGS; k++)
		a[k] = iq_str(args[k]);
	return iq_text_fill(&cli->arena, *text ? gettext(text) : text, a, k);
}

static void show_notes(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;

	if (p->nnotes > 0) {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_str(_("Left as others changed it")));
	}
	for (size_t i = 0; i < p->nnotes; i++) {
		const Iq__V1__Problem *n = p->notes[i];
		const char *where = n->line != 0
					    ? iq_arena_printf(&cli->arena, "%s:%u %s: ", n->file,
						      n->line, n->column)
					    : "";
		const char *values = "";

		if (n->value[0] != '\0' || n->nearest[0] != '\0')
			values = iq_arena_printf(&cli->arena,
				_(" Your list: \"%s\", directory: \"%s\"."), n->value, n->nearest);
		iq_paragraph(cli, IQ_STYLE_NONE, "  · ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, "%s%s%s", where,
					       filled(cli, n->text, n->args, n->n_args), values)));
	}
}

static void show_kind(const struct iq_plan *p, const char *kind)
{
	struct iq_cli *cli = p->cli;
	const char *file = file_of(p, kind), *text = kind_heading(kind);

	if (*file != '\0')
		text = iq_arena_printf(&cli->arena, _("%s in %s"), text, file);
	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_safe_c(cli, text));
}

static bool is_shown(const Iq__V1__PlanLine *l, bool conflicts)
{
	return !conflicts || l->n_conflicts > 0 || l->resolved[0] != '\0';
}

void iq_plan_show(const struct iq_plan *p, bool conflicts)
{
	show_heading(p);
	if (p->nlines > 0 && !conflicts)
		show_legend(p);
	for (int k = 0; k < IQ_KINDS; k++) {
		bool begun = false;

		for (size_t i = 0; i < p->nlines; i++) {
			const Iq__V1__PlanLine *l = p->lines[i];

			if (strcmp(l->kind, iq_schemas[k].name) != 0 || !is_shown(l, conflicts))
				continue;
			if (!begun)
				show_kind(p, l->kind);
			begun = true;
			show_record(p, l);
		}
	}
	if (conflicts)
		return;
	show_counts(p);
	show_notes(p);
}

/* ---- what next ---------------------------------------------------------------------------- */

static void show_guards(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;

	if (p->nguards == 0)
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, IQ_STYLE_RED, "", iq_str(_("Please look closely")));
	for (size_t i = 0; i < p->nguards; i++)
		iq_paragraph(cli, IQ_STYLE_NONE, "  ! ",
			iq_safe_c(cli, filled(cli, p->guards[i]->text, p->guards[i]->args,
					       p->guards[i]->n_args)));
}

static void step(struct iq_cli *cli, const char *what, const char *command)
{
	iq_paragraph(cli, IQ_STYLE_NONE, "", iq_str(what));
	iq_buf_str(&cli->out, IQ_STR("    "));
	iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, command));
	iq_buf_byte(&cli->out, '\n');
}

void iq_plan_next(const struct iq_plan *p)
{
	struct iq_cli *cli = p->cli;
	const Iq__V1__SyncPlanResponse *r = p->r;
	const char *id = iq_plan_short(cli, r->plan);

	show_guards(p);
	iq_buf_byte(&cli->out, '\n');
	if (strcmp(r->state, "applied") == 0) {
		iq_paragraph(cli, IQ_STYLE_NONE, "", iq_str(_("This plan was applied.")));
		return;
	}
	if (strcmp(r->state, "expired") == 0) {
		step(cli, _("This plan has expired. Make a new one:"), "iqq sync plan FILE");
		return;
	}
	if (iq_plan_is_empty(p)) {
		iq_paragraph(cli, IQ_STYLE_GREEN, "",
			iq_str(_("No difference: the directory says what your list says.")));
		return;
	}
	if (r->open_conflicts > 0)
		step(cli, _("Somebody else changed the same fields. Decide first what counts:"),
			iq_arena_printf(&cli->arena, "iqq sync resolve %s", id));
	if (r->deletes > 0)
		step(cli,
			r->open_conflicts > 0
				? _("Then, if all of this is meant:")
				: _("Nothing is changed yet. If all of this is meant:"),
			iq_arena_printf(&cli->arena, "iqq sync apply %s --allow-deletes %llu", id,
				(unsigned long long)r->deletes));
	else
		step(cli,
			r->open_conflicts > 0 ? _("Then apply the plan:")
					      : _("Nothing is changed yet. To apply the plan:"),
			iq_arena_printf(&cli->arena, "iqq sync apply %s", id));
	if (r->second)
		iq_paragraph(cli, IQ_STYLE_NONE, "",
			iq_str(_("A second person must agree then, with \"iqq approve\".")));
	if (r->until != 0)
		iq_paragraph(cli, IQ_STYLE_DIM, "",
			iq_str(iq_arena_printf(&cli->arena, _("The plan is valid until %s."),
				iq_word_time(cli, r->until))));
}
