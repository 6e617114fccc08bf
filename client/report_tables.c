/* SPDX-License-Identifier: Apache-2.0 */
/* Gaps, overlaps, notices, and the guide to residence statuses. */
#include <string.h>

#include "report_doc.h"
#include "who.h"

enum { NEAR_MOST = 3, PEERS_MOST = 3, DEPTH_MOST = 16 };

static const struct iq_report_text nothing;

/* ---- gaps --------------------------------------------------------------------------------- */

static struct iq_report_text expected(struct iq_rep *r, const Iq__V1__Gap *g)
{
	struct iq_report_text all = nothing;
	size_t n = g->n_peers < PEERS_MOST ? g->n_peers : PEERS_MOST;

	if (g->marked)
		return iq_rep_text(r, N_("expected everywhere"), nothing, nothing);
	for (size_t i = 0; i < n; i++)
		all = iq_rep_join(r, all, ", ", iq_names_get(r->names, IQ_REGION, g->peers[i]));
	if (g->peers_total > n)
		return iq_rep_text(r, N_("somebody does it in {0} and {1} more"), all,
			iq_rep_number(r, g->peers_total - n));
	return iq_rep_text(r, N_("somebody does it in {0}"), all, nothing);
}

/* "VHS (funding)" */
static struct iq_report_text who_does(struct iq_rep *r, const Iq__V1__NearMiss *m)
{
	return iq_rep_text(r, N_("{0} ({1})"),
		iq_names_get(r->names, IQ_INSTITUTION, m->institution),
		iq_rep_word(r, iq_word_role, m->role));
}

static bool has(char *const *list, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* Why it is not responsible here. */
static struct iq_report_text why_not(struct iq_rep *r, const Iq__V1__NearMiss *m)
{
	static const char *const words[][2] = {
		{"region", N_("but for another place")},
		{"status", N_("but for another residence status")},
		{"date", N_("but not on this date")},
	};
	struct iq_report_text all = nothing;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (has(m->because, m->n_because, words[i][0]))
			all = iq_rep_join(
				r, all, "; ", iq_rep_text(r, words[i][1], nothing, nothing));
	if (all.in[IQ_LANG_DE].n == 0 && m->condition[0] != '\0')
		all = iq_rep_text(
			r, N_("only if {0}"), iq_fill_condition(r->names, m->condition), nothing);
	return all;
}

static struct iq_report_text involved(struct iq_rep *r, const Iq__V1__Gap *g)
{
	struct iq_report_text all = nothing;

	for (size_t i = 0; i < g->n_involved; i++)
		all = iq_rep_join(r, all, "; ", who_does(r, g->involved[i]));
	for (size_t i = 0; i < g->n_near_misses && i < NEAR_MOST; i++)
		all = iq_rep_join(r, all, "; ",
			iq_rep_text(r, N_("nearly: {0}, {1}"), who_does(r, g->near_misses[i]),
				why_not(r, g->near_misses[i])));
	return all;
}

static void fill_gaps(struct iq_rep *r)
{
	struct iq_report_line *line = iq_rep_lines(r, IQ_REPORT_GAPS, r->gaps->n_gaps);

	for (size_t i = 0; line != NULL && i < r->gaps->n_gaps; i++, line++) {
		const Iq__V1__Gap *g = r->gaps->gaps[i];

		line->groups = iq_fill_mask(r->names, g->missing);
		line->cells[0] = iq_names_get(r->names, IQ_TASK, g->task);
		line->cells[1] = iq_fill_statuses(r->names, g->missing);
		line->cells[2] = expected(r, g);
		line->cells[3] = involved(r, g);
	}
}

/* ---- overlaps ----------------------------------------------------------------------------- */

static void fill_overlaps(struct iq_rep *r)
{
	size_t n = r->overlaps->n_overlaps;
	struct iq_report_line *line = iq_rep_lines(r, IQ_REPORT_OVERLAPS, n);

	for (size_t i = 0; line != NULL && i < n; i++, line++) {
		const Iq__V1__Overlap *x = r->overlaps->overlaps[i];

		line->groups = iq_fill_mask(r->names, x->groups);
		line->cells[0] = iq_names_get(r->names, IQ_TASK, x->task);
		line->cells[1] = iq_fill_statuses(r->names, x->groups);
		line->cells[2] = iq_rep_join(r, iq_names_get(r->names, IQ_INSTITUTION, x->first),
			"; ", iq_names_get(r->names, IQ_INSTITUTION, x->second));
		line->cells[3] = iq_names_get(r->names, IQ_REGION, x->region);
	}
}

/* ---- notices ------------------------------------------------------------------------------ */

static void fill_notices(struct iq_rep *r)
{
	const Iq__V1__EditionResponse *first = r->page[0];
	struct iq_report_line *line = iq_rep_lines(r, IQ_REPORT_NOTICES, first->n_notices);

	for (size_t i = 0; line != NULL && i < first->n_notices; i++, line++) {
		const Iq__V1__Notice *x = first->notices[i];
		struct iq_report_text text = iq_rep_pair(x->text_de, x->text_en), of = nothing;

		if (x->institution[0] != '\0')
			of = iq_names_get(r->names, IQ_INSTITUTION, x->institution);
		if (x->condition[0] != '\0')
			of = iq_rep_join(r, of, "; ",
				iq_rep_text(r, N_("only if {0}"),
					iq_fill_condition(r->names, x->condition), nothing));
		if (of.in[IQ_LANG_DE].n != 0)
			text = iq_rep_text(r, N_("{0} ({1})"), text, of);
		line->cells[0] = iq_rep_word(r, iq_word_effect, x->effect);
		line->cells[1] = text;
		if (x->task[0] != '\0')
			line->cells[2] = iq_names_get(r->names, IQ_TASK, x->task);
		line->groups = iq_rep_statuses(r, x->statuses, x->n_statuses, &line->cells[3]);
		if (x->region[0] != '\0')
			line->cells[4] = iq_names_get(r->names, IQ_REGION, x->region);
		line->cells[5] = iq_rep_same(x->legal_basis);
		line->cells[6] = iq_rep_same(x->valid_from);
		line->cells[7] = iq_rep_same(x->valid_to);
	}
}

/* ---- guide to residence statuses ---------------------------------------------------------- */

/* Its ancestors, itself first. */
static size_t ancestry(
	const Iq__V1__EditionResponse *page, const Iq__V1__Status *s, const Iq__V1__Status **out)
{
	size_t n = 0;

	while (s != NULL && n < DEPTH_MOST) {
		const Iq__V1__Status *parent = NULL;

		out[n++] = s;
		for (size_t i = 0; s->parent[0] != '\0' && i < page->n_statuses; i++)
			if (strcmp(page->statuses[i]->id, s->parent) == 0)
				parent = page->statuses[i];
		s = parent;
	}
	return n;
}

/* What a status does not say itself, the nearest above it says. */
static struct iq_report_text inherited(const Iq__V1__Status *const *up, size_t n,
	struct iq_report_text (*field)(const Iq__V1__Status *))
{
	for (size_t i = 0; i < n; i++) {
		struct iq_report_text t = field(up[i]);

		if (t.in[IQ_LANG_DE].n != 0)
			return t;
	}
	return nothing;
}

static struct iq_report_text basis(const Iq__V1__Status *s)
{
	return iq_rep_same(s->legal_basis);
}

static struct iq_report_text work(const Iq__V1__Status *s)
{
	return iq_rep_pair(s->work_access_de, s->work_access_en);
}

static const char *course_of(const Iq__V1__Status *const *up, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (up[i]->course_access[0] != '\0')
			return up[i]->course_access;
	return "";
}

static struct iq_report_text obligations(const Iq__V1__Status *s)
{
	return iq_rep_pair(s->obligations_de, s->obligations_en);
}

/* "– " for each level below the top */
static struct iq_report_text indented(struct iq_rep *r, struct iq_report_text name, size_t depth)
{
	struct iq_report_text dash = iq_rep_same("–");

	while (depth-- > 0)
		name = iq_rep_join(r, dash, " ", name);
	return name;
}

static void fill_guide(struct iq_rep *r)
{
	const Iq__V1__EditionResponse *first = r->page[0];
	struct iq_report_line *line = iq_rep_lines(r, IQ_REPORT_GUIDE, first->n_statuses);
	const Iq__V1__Status *up[DEPTH_MOST];

	for (size_t i = 0; line != NULL && i < first->n_statuses; i++, line++) {
		const Iq__V1__Status *s = first->statuses[i];
		struct iq_report_text ignored;
		size_t n = ancestry(first, s, up);

		line->groups = iq_rep_statuses(r, &first->statuses[i]->id, 1, &ignored);
		line->cells[1] = indented(r, iq_rep_pair(s->name_de, s->name_en), n - 1);
		line->cells[2] = inherited(up, n, basis);
		line->cells[3] = inherited(up, n, work);
		line->cells[4] = iq_rep_word(r, iq_word_course, course_of(up, n));
		line->cells[5] = inherited(up, n, obligations);
		line->cells[6] = iq_rep_same(s->confirmed_on);
		line->cells[7] = iq_rep_same(s->source);
	}
}

void iq_rep_fill_tables(struct iq_rep *r)
{
	fill_gaps(r);
	fill_overlaps(r);
	fill_notices(r);
	fill_guide(r);
}
