/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "who.h"

/* The answer as a case worker reads it on a terminal. */

enum { WIDE = 110 }; /* from here on phone and mail have columns of their own */

static const char *label(const struct iq_who *w, const char *kind, const char *id)
{
	return iq_label(w->r->labels, w->r->n_labels, kind, id);
}

/* ---- how the question was understood ------------------------------------------------------ */

static void question(const struct iq_who *w)
{
	const Iq__V1__Query *q = w->r->query;
	struct iq_cli *cli = w->cli;
	const char *line = iq_arena_printf(&cli->arena, "%s · %s · %s · %s",
		*q->task ? label(w, "task", q->task) : _("any task"),
		*q->status ? label(w, "status", q->status) : _("any residence status"),
		*q->region ? label(w, "region", q->region) : _("any place"),
		iq_word_date(cli, q->at).p);

	for (size_t i = 0; i < q->n_facts; i++) {
		const char *fact =
			iq_arena_printf(&cli->arena, "%s=%s", q->facts[i]->key, q->facts[i]->value);

		line = iq_arena_printf(&cli->arena, "%s · %s", line,
			iq_condition_words(cli, w->r->labels, w->r->n_labels, fact, NULL, 0));
	}
	iq_paragraph(cli, IQ_STYLE_BOLD, "", iq_safe_c(cli, line));
}

/* ---- notices ------------------------------------------------------------------------------ */

static int gravity(const char *effect)
{
	static const char *const order[] = {
		"excluded", "not-needed", "suspended", "restricted", "info"};

	for (int i = 0; i < 5; i++)
		if (strcmp(order[i], effect) == 0)
			return i;
	return 5;
}

static void notice(const struct iq_who *w, const Iq__V1__NoticeMatch *m)
{
	struct iq_cli *cli = w->cli;
	const Iq__V1__Notice *n = m->notice;
	bool english = cli->lang == IQ_LANG_EN && n->text_en[0] != '\0';
	const char *text = english || n->text_de[0] == '\0' ? n->text_en : n->text_de;
	int g = gravity(n->effect);
	enum iq_style style = g == 0 ? IQ_STYLE_RED : g < 4 ? IQ_STYLE_YELLOW : IQ_STYLE_NONE;
	bool said = m->certain && strcmp(n->effect, w->r->outcome) == 0; /* by the line above */
	const char *possible = m->certain ? "" : _(" (depends on the case)");

	iq_buf_byte(&cli->out, '\n');
	iq_paragraph(cli, style, g < 4 ? "▲ " : "i ",
		iq_safe_c(cli, said ? text
				    : iq_arena_printf(&cli->arena, "%s%s: %s",
					      iq_word_effect(n->effect), possible, text)));
	if (n->condition[0] != '\0' && !m->certain)
		iq_paragraph(cli, IQ_STYLE_DIM, "  ",
			iq_safe_c(cli, iq_arena_printf(&cli->arena, _("if %s"),
					       iq_condition_words(cli, w->r->labels, w->r->n_labels,
						       n->condition, NULL, 0))));
	const char *basis = n->legal_basis;

	if (n->valid_from[0] != '\0')
		basis = iq_arena_printf(&cli->arena, _("%s%ssince %s"), basis, *basis ? " · " : "",
			iq_word_date(cli, n->valid_from).p);
	if (n->valid_to[0] != '\0')
		basis = iq_arena_printf(&cli->arena, _("%s%suntil %s"), basis, *basis ? " · " : "",
			iq_word_date(cli, n->valid_to).p);
	if (*basis != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "  ", iq_safe_c(cli, basis));
}

static void notices(const struct iq_who *w)
{
	for (int g = 0; g <= 5; g++)
		for (size_t i = 0; i < w->r->n_notices; i++)
			if (gravity(w->r->notices[i]->notice->effect) == g)
				notice(w, w->r->notices[i]);
}

/* ---- rows --------------------------------------------------------------------------------- */

static const struct iq_col narrow[] = {
	{"mark", "", IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"reach", N_("Phone"), IQ_CELL_TEXT, true},
};
static const struct iq_col wide[] = {
	{"mark", "", IQ_CELL_TEXT, true},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, true},
	{"phone", N_("Phone"), IQ_CELL_TEXT, true},
	{"email", N_("E-mail"), IQ_CELL_TEXT, false},
};

static const char *mark(const Iq__V1__Answer *a)
{
	const char *role = a->responsibility->role;

	if (strcmp(role, "lead") == 0)
		return "●";
	if (strcmp(role, "provider") == 0)
		return "◐";
	return strcmp(role, "advice") == 0 ? "○" : "·";
}

static struct iq_str *rows(const struct iq_who *w)
{
	struct iq_cli *cli = w->cli;
	bool is_wide = cli->width >= WIDE;
	struct iq_table t;

	iq_table_init(&t, cli, is_wide ? wide : narrow, is_wide ? 5 : 4);
	for (size_t i = 0; i < w->r->n_answers; i++) {
		const Iq__V1__Answer *a = w->r->answers[i];
		const Iq__V1__Institution *in = a->institution;
		const char *role = iq_word_role(a->responsibility->role);
		const char *both = in->phone;

		if (!is_wide && in->email[0] != '\0')
			both = iq_arena_printf(&cli->arena, "%s%s%s", in->phone,
				in->phone[0] != '\0' ? "\n" : "", in->email);
		const struct iq_str row[] = {iq_str(mark(a)),
			iq_str(iq_institution_name(cli->lang == IQ_LANG_EN, in)), iq_str(role),
			iq_str(both), iq_str(in->email)};

		iq_table_add(&t, row);
	}
	return iq_table_lines(&t, 2);
}

/* What is to be said below a row. */
static void aside(const struct iq_who *w, const Iq__V1__Answer *a)
{
	struct iq_cli *cli = w->cli;
	const Iq__V1__Responsibility *r = a->responsibility;
	const char *parts[4] = {"", "", "", ""}, *all = "";

	if (!a->certain)
		parts[0] = iq_depends_words(w, a);
	if (a->via[0] != '\0')
		parts[1] = iq_arena_printf(
			&cli->arena, _("reached via %s"), label(w, "institution", a->via));
	else if (a->institution->phone[0] == '\0' && a->institution->email[0] == '\0' &&
		 a->n_contacts == 0)
		parts[1] = _("no way to reach it on record");
	parts[2] = iq_age_words(cli, r->confirmed_on);
	parts[3] = r->note;
	for (size_t i = 0; i < 4; i++)
		if (parts[i][0] != '\0')
			all = iq_arena_printf(
				&cli->arena, "%s%s%s", all, *all ? " · " : "", parts[i]);
	if (*all != '\0')
		iq_paragraph(cli, IQ_STYLE_DIM, "      ", iq_safe_c(cli, all));
}

static void row(const struct iq_who *w, const Iq__V1__Answer *a, struct iq_str text)
{
	struct iq_str line;

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	while (text.n > 0 && iq_str_cut(&text, '\n', &line)) {
		iq_buf_str(&w->cli->out, IQ_STR("  "));
		iq_say(w->cli, a->primary ? IQ_STYLE_BOLD : IQ_STYLE_NONE, line);
		iq_buf_byte(&w->cli->out, '\n');
	}
	aside(w, a);
}

static void heading(const struct iq_who *w, const Iq__V1__Answer *a, bool only_others)
{
	struct iq_cli *cli = w->cli;
	const char *name = label(w, "task", a->group);

	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_safe_c(cli, name));
	if (only_others)
		iq_buf_printf(&cli->out, " – %s", _("only involved:"));
	iq_buf_byte(&cli->out, '\n');
}

static void groups(const struct iq_who *w)
{
	struct iq_cli *cli = w->cli;
	const Iq__V1__WhoResponse *r = w->r;
	struct iq_str *text = rows(w);
	const char *group = NULL;
	bool others = false;

	for (size_t i = 0; text != NULL && i < r->n_answers; i++) {
		const Iq__V1__Answer *a = r->answers[i];

		if (group == NULL || strcmp(group, a->group) != 0) {
			group = a->group;
			others = !a->primary;
			heading(w, a, others);
		} else if (!a->primary && !others) {
			others = true;
			iq_buf_str(&cli->out, IQ_STR("  "));
			iq_say(cli, IQ_STYLE_DIM, iq_str(_("also involved:")));
			iq_buf_byte(&cli->out, '\n');
		}
		row(w, a, text[i]);
	}
}

/* ---- the end ------------------------------------------------------------------------------ */

static void reach(const struct iq_who *w, const char *title, const Iq__V1__Answer *a)
{
	struct iq_cli *cli = w->cli;

	iq_buf_byte(&cli->out, '\n');
	if (title != NULL) {
		iq_say(cli, IQ_STYLE_BOLD, iq_str(title));
		iq_buf_byte(&cli->out, '\n');
	}
	iq_reach_terminal(cli, a->institution,
		a->via[0] != '\0' ? label(w, "institution", a->via) : "", a->contacts,
		a->n_contacts, a->withheld, a->n_withheld);
}

enum { CALL_MAX = 3 };

/* The higher the more useful a call is: what is certain, then what can be reached at all. */
static int worth(const Iq__V1__Answer *a)
{
	bool reachable = a->institution->phone[0] != '\0' || a->institution->email[0] != '\0' ||
			 a->n_contacts > 0;

	return !a->primary ? 0 : 1 + 2 * a->certain + reachable;
}

static bool shown_before(const struct iq_who *w, size_t at, const Iq__V1__Answer *best)
{
	const Iq__V1__Answer *a = w->r->answers[at];

	for (size_t i = 0; i < at; i++) {
		const Iq__V1__Answer *b = w->r->answers[i];

		if (b->primary && (best == NULL || strcmp(b->group, best->group) == 0) &&
			strcmp(a->institution->id, b->institution->id) == 0)
			return true;
	}
	return false;
}

/* The primary institutions of the first group that helps best; with --contacts all of them. */
static void whom_to_call(const struct iq_who *w)
{
	bool all = iq_opt_given(w->cli, IQ_OPT_CONTACTS);
	const Iq__V1__Answer *best = NULL;
	int shown = 0;

	for (size_t i = 0; i < w->r->n_answers && !all; i++) {
		const Iq__V1__Answer *a = w->r->answers[i];

		if (worth(a) > (best != NULL ? worth(best) : 0))
			best = a;
	}
	for (size_t i = 0; i < w->r->n_answers && (all || best != NULL); i++) {
		const Iq__V1__Answer *a = w->r->answers[i];

		if (!a->primary || shown_before(w, i, best) ||
			(!all && (shown == CALL_MAX || strcmp(a->group, best->group) != 0)))
			continue;
		reach(w, shown++ == 0 ? _("Whom to call") : NULL, a);
	}
}

/* What a possible row waits for. */
static const char *open_word(const struct iq_who *w, const char *id)
{
	if (strcmp(id, "region") == 0 || strcmp(id, "status") == 0)
		return iq_word_kind(id);
	return label(w, "fact", id);
}

static void explanation(const struct iq_who *w)
{
	static const struct iq_col cols[] = {
		{"institution", N_("Institution"), IQ_CELL_TEXT, false},
		{"role", N_("Role"), IQ_CELL_TEXT, false},
		{"task", N_("Task"), IQ_CELL_TEXT, false},
		{"region", N_("Place"), IQ_CELL_TEXT, false},
		{"verdict", N_("Verdict"), IQ_CELL_TEXT, true},
		{"why", N_("Because of"), IQ_CELL_TEXT, false},
	};
	struct iq_cli *cli = w->cli;
	struct iq_table t;

	if (w->r->n_explained == 0)
		return;
	iq_buf_byte(&cli->out, '\n');
	iq_say(cli, IQ_STYLE_BOLD, iq_str(_("What decided")));
	iq_buf_byte(&cli->out, '\n');
	iq_table_init(&t, cli, cols, 6);
	for (size_t i = 0; i < w->r->n_explained; i++) {
		const Iq__V1__Explained *e = w->r->explained[i];
		bool out = strcmp(e->verdict, "out") == 0, elsewhere = false;
		const char *all = "";

		if (out)
			all = iq_miss_words(w, e->because, e->n_because, e->condition);
		for (size_t k = 0; k < e->n_because; k++)
			elsewhere = elsewhere || strcmp(e->because[k], "region") == 0;
		for (size_t k = 0; k < e->n_depends_on; k++)
			all = iq_arena_printf(&cli->arena, "%s%s%s", all, k ? ", " : "",
				open_word(w, e->depends_on[k]));
		const char *distance =
			elsewhere ? "" : iq_arena_printf(&cli->arena, " (%u)", e->region_distance);
		const struct iq_str cells[] = {iq_str(e->institution),
			iq_str(iq_word_role(e->role)),
			iq_str(iq_arena_printf(&cli->arena, "%s (%u)", e->task, e->task_distance)),
			iq_str(iq_arena_printf(&cli->arena, "%s%s", e->region, distance)),
			iq_str(out                                   ? _("out")
				: strcmp(e->verdict, "certain") == 0 ? _("certain")
								     : _("possible")),
			iq_str(all)};

		iq_table_add(&t, cells);
	}
	if (iq_table_finish(&t, 0, 0) != IQ_OK)
		return;
}

void iq_who_terminal(const struct iq_who *w)
{
	struct iq_cli *cli = w->cli;
	const Iq__V1__WhoResponse *r = w->r;
	const char *outcome = iq_outcome_words(w);

	question(w);
	if (*outcome != '\0') {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_RED, "", iq_str(outcome));
	}
	notices(w);
	groups(w);
	if (r->truncated) {
		iq_buf_byte(&cli->out, '\n');
		iq_paragraph(cli, IQ_STYLE_NONE, "",
			iq_str(iq_arena_printf(&cli->arena,
				_("… and %u more rows. All of them: --all"),
				(unsigned)(r->total - r->n_answers))));
	}
	if (strcmp(r->outcome, "nobody") == 0 || iq_opt_given(cli, IQ_OPT_EXPLAIN))
		iq_near_words(w);
	whom_to_call(w);
	for (size_t i = 0; i < r->n_coordination; i++)
		reach(w, i == 0 ? _("Ask the integration coordination") : NULL, r->coordination[i]);
	if (iq_opt_given(cli, IQ_OPT_EXPLAIN))
		explanation(w);
}
