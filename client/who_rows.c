/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "who.h"

/* The answer in a pipe: fixed columns, docs/json.md "who". */

static const struct iq_col cols[] = {
	{"group", N_("Task"), IQ_CELL_TEXT, false}, {"rank", N_("Rank"), IQ_CELL_TEXT, false},
	{"certainty", N_("Certainty"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"name", N_("Name"), IQ_CELL_TEXT, false}, {"phone", N_("Phone"), IQ_CELL_TEXT, true},
	{"email", N_("E-mail"), IQ_CELL_TEXT, false}, {"via", N_("Via"), IQ_CELL_TEXT, false},
	{"region", N_("Place"), IQ_CELL_TEXT, false},
	{"depends_on", N_("Depends on"), IQ_CELL_TEXT, false},
	{"condition", N_("Condition"), IQ_CELL_TEXT, false},
	{"confirmed_on", N_("Confirmed on"), IQ_CELL_TEXT, true},
	{"responsibility", N_("Responsibility"), IQ_CELL_TEXT, false},
	{"contacts", N_("Contact persons"), IQ_CELL_SET, false}, /* with --contacts only */
};
enum { NCOLS = sizeof(cols) / sizeof(cols[0]) };

static const char *joined(struct iq_cli *cli, char **v, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		all = iq_arena_printf(&cli->arena, "%s%s%s", all, i ? ";" : "", v[i]);
	return all;
}

static const struct iq_col explained_cols[] = {
	{"verdict", N_("Verdict"), IQ_CELL_TEXT, false},
	{"role", N_("Role"), IQ_CELL_TEXT, false},
	{"institution", N_("Institution"), IQ_CELL_TEXT, false},
	{"task", N_("Task"), IQ_CELL_TEXT, false},
	{"task_distance", N_("Task distance"), IQ_CELL_TEXT, true},
	{"region", N_("Place"), IQ_CELL_TEXT, false},
	{"region_distance", N_("Place distance"), IQ_CELL_TEXT, true},
	{"because", N_("Because of"), IQ_CELL_TEXT, false},
	{"depends_on", N_("Depends on"), IQ_CELL_TEXT, false},
	{"condition", N_("Condition"), IQ_CELL_TEXT, false},
	{"responsibility", N_("Responsibility"), IQ_CELL_TEXT, false},
};
enum { EXPLAINED_COLS = sizeof(explained_cols) / sizeof(explained_cols[0]) };

/* With --explain the candidates take the place of the answer's rows: they hold them, too. */
static enum iq_err explained_rows(const struct iq_who *w)
{
	struct iq_arena *arena = &w->cli->arena;
	struct iq_table t;

	iq_table_init(&t, w->cli, explained_cols, EXPLAINED_COLS);
	for (size_t i = 0; i < w->r->n_explained; i++) {
		const Iq__V1__Explained *e = w->r->explained[i];
		const struct iq_str row[EXPLAINED_COLS] = {iq_str(e->verdict), iq_str(e->role),
			iq_str(e->institution), iq_str(e->task),
			iq_str(iq_arena_printf(arena, "%u", e->task_distance)), iq_str(e->region),
			iq_str(iq_arena_printf(arena, "%u", e->region_distance)),
			iq_str(joined(w->cli, e->because, e->n_because)),
			iq_str(joined(w->cli, e->depends_on, e->n_depends_on)),
			iq_str(e->condition), iq_str(e->responsibility)};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, w->r->revision, (unsigned)w->r->n_explained);
}

/* "Max Muster, advice, +49 30 23125 101, muster@example.org" for each, joined by ";". */
static const char *persons(struct iq_cli *cli, const Iq__V1__Answer *a)
{
	const char *all = "";

	for (size_t i = 0; i < a->n_contacts; i++) {
		const Iq__V1__Contact *c = a->contacts[i];
		const char *part[] = {c->name, c->function, c->phone, c->email};
		bool first = true;

		if (i > 0)
			all = iq_arena_printf(&cli->arena, "%s;", all);
		for (size_t k = 0; k < sizeof(part) / sizeof(part[0]); k++) {
			if (part[k][0] == '\0')
				continue;
			all = iq_arena_printf(
				&cli->arena, "%s%s%s", all, first ? "" : ", ", part[k]);
			first = false;
		}
	}
	return all;
}

enum iq_err iq_who_rows(const struct iq_who *w)
{
	size_t ncols = iq_opt_given(w->cli, IQ_OPT_CONTACTS) ? NCOLS : NCOLS - 1;
	struct iq_table t;

	if (iq_opt_given(w->cli, IQ_OPT_EXPLAIN))
		return explained_rows(w);

	iq_table_init(&t, w->cli, cols, ncols);
	for (size_t i = 0; i < w->r->n_answers; i++) {
		const Iq__V1__Answer *a = w->r->answers[i];
		const Iq__V1__Responsibility *r = a->responsibility;
		const Iq__V1__Institution *in = a->institution;
		const struct iq_str row[NCOLS] = {iq_str(a->group),
			iq_str(a->primary ? "primary" : "involved"),
			iq_str(a->certain ? "certain" : "possible"), iq_str(r->role),
			iq_str(in->id), iq_str(iq_institution_name(w->cli->lang == IQ_LANG_EN, in)),
			iq_str(in->phone), iq_str(in->email), iq_str(a->via), iq_str(r->region),
			iq_str(joined(w->cli, a->depends_on, a->n_depends_on)),
			iq_str(r->condition), iq_str(r->confirmed_on), iq_str(r->id),
			iq_str(persons(w->cli, a))};

		iq_table_add(&t, row);
	}
	return iq_table_finish(&t, w->r->revision, w->r->total);
}

void iq_who_messages(const struct iq_who *w)
{
	const Iq__V1__WhoResponse *r = w->r;
	const char *outcome = iq_outcome_words(w);

	if (*outcome != '\0')
		iq_note(w->cli, "%s", outcome);
	for (size_t i = 0; i < r->n_notices; i++) {
		const Iq__V1__Notice *n = r->notices[i]->notice;
		bool english = w->cli->lang == IQ_LANG_EN && n->text_en[0] != '\0';

		iq_note(w->cli, "%s%s: %s", iq_word_effect(n->effect),
			r->notices[i]->certain ? "" : _(" (depends on the case)"),
			iq_safe_c(
				w->cli, english || n->text_de[0] == '\0' ? n->text_en : n->text_de)
				.p);
	}
	for (size_t i = 0; i < r->n_near_misses && strcmp(r->outcome, "nobody") == 0; i++)
		iq_note(w->cli, _("Nearly responsible: %s (%s)"),
			iq_label(r->labels, r->n_labels, "institution",
				r->near_misses[i]->institution),
			joined(w->cli, r->near_misses[i]->because, r->near_misses[i]->n_because));
	for (size_t i = 0; i < r->n_coordination; i++)
		iq_note(w->cli, _("Ask the integration coordination: %s, %s"),
			iq_institution_name(
				w->cli->lang == IQ_LANG_EN, r->coordination[i]->institution),
			r->coordination[i]->institution->phone);
	for (size_t i = 0; i < r->n_answers; i++)
		iq_withheld_notes(w->cli, r->answers[i]->withheld, r->answers[i]->n_withheld);
	if (r->truncated)
		iq_note(w->cli, _("%u rows shown of %u. All of them: --all"),
			(unsigned)r->n_answers, r->total);
}
