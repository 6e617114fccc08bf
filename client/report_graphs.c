/* SPDX-License-Identifier: Apache-2.0 */
/* Process chains of the region, one graph each, and who hands over to whom. */
#include <string.h>

#include "report_doc.h"

enum { PARTIES_MOST = 3, STEPS_MOST = 7 };

static const struct iq_report_text nothing;

/* ---- process chains ----------------------------------------------------------------------- */

/* Who stands on a side: institutions, certain ones first, else the kinds. */
static struct iq_report_text side(struct iq_rep *r, const Iq__V1__PathSide *s)
{
	struct iq_report_text all = nothing;
	size_t shown = 0;

	if (s == NULL)
		return all;
	for (int certain = 1; certain >= 0; certain--)
		for (size_t i = 0; i < s->n_parties && shown < PARTIES_MOST; i++)
			if (s->parties[i]->certain == (certain == 1)) {
				all = iq_rep_join(r, all, ", ",
					iq_names_get(r->names, IQ_INSTITUTION,
						s->parties[i]->institution));
				shown++;
			}
	if (s->n_parties > shown)
		all = iq_rep_text(
			r, N_("{0} and {1} more"), all, iq_rep_number(r, s->n_parties - shown));
	for (size_t i = 0; s->n_parties == 0 && i < s->n_kinds; i++)
		all = iq_rep_join(r, all, " / ", iq_names_get(r->names, IQ_KIND, s->kinds[i]));
	return all;
}

static struct iq_report_text documents(struct iq_rep *r, const Iq__V1__PathStep *s)
{
	struct iq_report_text all = iq_rep_pair(s->trigger_de, s->trigger_en), list = nothing;

	for (size_t i = 0; i < s->n_documents; i++)
		list = iq_rep_join(r, list, ", ", iq_rep_same(s->documents[i]));
	return iq_rep_join(r, all, ": ", list);
}

static bool nobody(const Iq__V1__PathSide *s)
{
	return s != NULL && s->n_parties == 0;
}

/* What leads to a step: who hands over, when, with which documents. */
static struct iq_report_text leading(struct iq_rep *r, const Iq__V1__PathStep *s)
{
	struct iq_report_text from = side(r, s->from);

	if (from.in[IQ_LANG_DE].n == 0)
		return documents(r, s);
	return iq_rep_join(
		r, iq_rep_text(r, N_("from {0}"), from, nothing), " – ", documents(r, s));
}

static void fill_node(struct iq_rep *r, const Iq__V1__PathStep *s, struct iq_report_node *node)
{
	node->label = iq_names_get(r->names, IQ_TASK, s->task);
	node->detail = side(r, s->to);
	node->marks = nobody(s->to) ? IQ_REPORT_GAP : 0;
}

/* The steps of a process, as they follow each other. */
static size_t steps_of(
	const Iq__V1__PathResponse *p, const char *process, const Iq__V1__PathStep **out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_steps; i++) {
		const Iq__V1__PathStep *s = p->steps[i];
		size_t at = n;

		if (strcmp(s->process, process) != 0)
			continue;
		for (; at > 0 && out[at - 1]->step > s->step; at--)
			out[at] = out[at - 1];
		out[at] = s;
		n++;
	}
	return n;
}

static struct iq_report_text chain_text(
	struct iq_rep *r, const Iq__V1__PathStep *const *s, size_t n)
{
	struct iq_report_text names, who = nothing;

	for (size_t i = 0; i < n && who.in[IQ_LANG_DE].n == 0; i++) {
		(void)iq_rep_statuses(r, s[i]->statuses, s[i]->n_statuses, &names);
		for (size_t k = 0; k < s[i]->n_statuses; k++)
			who = iq_rep_join(
				r, who, ", ", iq_names_get(r->names, IQ_STATUS, s[i]->statuses[k]));
	}
	if (who.in[IQ_LANG_DE].n == 0)
		return iq_rep_text(r,
			N_("Each step: the task, and who does it. For everybody, whatever the "
			   "status."),
			nothing, nothing);
	return iq_rep_text(r, N_("Each step: the task, and who does it. For: {0}"), who, nothing);
}

/* Where a part of a chain begins: with whom the case comes from, or with the step before. */
static void fill_start(struct iq_rep *r, const Iq__V1__PathStep *const *steps, size_t from,
	struct iq_report_node *node)
{
	if (from > 0) {
		fill_node(r, steps[from - 1], node);
		return;
	}
	node->label = iq_rep_text(r, N_("Start"), nothing, nothing);
	node->detail = side(r, steps[0]->from);
}

/* The steps from `from` to before `to` of a chain with n steps. */
static void fill_chain(struct iq_rep *r, const Iq__V1__PathStep *const *steps, size_t n,
	size_t from, size_t to, struct iq_report_graph *g)
{
	size_t count = to - from;
	struct iq_report_node *nodes = iq_arena_array(&r->cli->arena, count + 1, sizeof(*nodes));
	struct iq_report_edge *edges = iq_arena_array(&r->cli->arena, count, sizeof(*edges));

	g->chain = true;
	if (nodes == NULL || edges == NULL)
		return;
	g->title = iq_rep_text(r, N_("{0} → {1}"),
		iq_names_get(r->names, IQ_TASK, steps[from > 0 ? from - 1 : 0]->task),
		iq_names_get(r->names, IQ_TASK, steps[to - 1]->task));
	g->text = chain_text(r, steps, n);
	fill_start(r, steps, from, &nodes[0]);
	for (size_t i = 0; i < count; i++) {
		fill_node(r, steps[from + i], &nodes[i + 1]);
		edges[i] = (struct iq_report_edge){
			(uint32_t)i, (uint32_t)i + 1, 0, leading(r, steps[from + i])};
	}
	g->nodes = nodes;
	g->nnodes = count + 1;
	g->edges = edges;
	g->nedges = count;
}

/* A process as one chain, or as several that fit on a page each; how many. */
static size_t fill_process(struct iq_rep *r, const char *process, struct iq_report_graph *graphs)
{
	const Iq__V1__PathResponse *p = r->path;
	const Iq__V1__PathStep **steps = iq_arena_array(&r->cli->arena, p->n_steps, sizeof(*steps));
	size_t n = steps != NULL ? steps_of(p, process, steps) : 0;
	size_t parts = (n + STEPS_MOST - 1) / STEPS_MOST;

	for (size_t i = 0; i < parts; i++)
		fill_chain(r, steps, n, n * i / parts, n * (i + 1) / parts, &graphs[i]);
	return parts;
}

/* Each process once, in the order of the answer. */
static size_t processes(const Iq__V1__PathResponse *p, const char **out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_steps; i++) {
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || strcmp(out[k], p->steps[i]->process) == 0;
		if (!known)
			out[n++] = p->steps[i]->process;
	}
	return n;
}

/* ---- who hands over to whom --------------------------------------------------------------- */

static struct iq_report_text edge_text(
	struct iq_rep *r, const Iq__V1__PathResponse *p, const Iq__V1__HandEdge *e)
{
	struct iq_report_text all = nothing;

	for (size_t i = 0; i < e->n_steps; i++) {
		bool known = e->steps[i] >= p->n_steps;

		for (size_t k = 0; !known && k < i; k++)
			known = e->steps[k] < p->n_steps &&
				strcmp(p->steps[e->steps[k]]->task, p->steps[e->steps[i]]->task) ==
					0;
		if (!known)
			all = iq_rep_join(r, all, ", ",
				iq_names_get(r->names, IQ_TASK, p->steps[e->steps[i]]->task));
	}
	return all;
}

static void fill_hands(struct iq_rep *r, struct iq_report_graph *g)
{
	const Iq__V1__PathResponse *p = r->path;
	struct iq_report_node *nodes = iq_arena_array(&r->cli->arena, p->n_hands, sizeof(*nodes));
	struct iq_report_edge *edges = iq_arena_array(&r->cli->arena, p->n_edges, sizeof(*edges));

	g->title = iq_rep_text(r, N_("Who hands over to whom, and how often"), nothing, nothing);
	if (nodes == NULL || edges == NULL)
		return;
	for (size_t i = 0; i < p->n_hands; i++) {
		const Iq__V1__Hand *h = p->hands[i];
		bool known = h->institution[0] != '\0';

		nodes[i].label = known ? iq_names_get(r->names, IQ_INSTITUTION, h->institution)
				       : iq_names_get(r->names, IQ_KIND, h->kind);
		nodes[i].marks = known ? 0 : IQ_REPORT_GAP;
	}
	for (size_t i = 0; i < p->n_edges; i++) {
		edges[i].from = p->edges[i]->from;
		edges[i].to = p->edges[i]->to;
		edges[i].weight = (uint32_t)p->edges[i]->n_steps;
		edges[i].text = edge_text(r, p, p->edges[i]);
	}
	g->nodes = nodes;
	g->nnodes = p->n_hands;
	g->edges = edges;
	g->nedges = p->n_edges;
}

void iq_rep_fill_graphs(struct iq_rep *r)
{
	struct iq_arena *arena = &r->cli->arena;
	size_t most = r->path->n_steps + 1, n, all = 0;
	const char **names = iq_arena_array(arena, most, sizeof(*names));
	struct iq_report_graph *graphs = iq_arena_array(arena, most, sizeof(*graphs));

	r->process = iq_arena_array(arena, most, sizeof(*r->process));
	if (names == NULL || graphs == NULL || r->process == NULL || r->path->n_steps == 0)
		return;
	n = processes(r->path, names);
	for (size_t i = 0; i < n; i++)
		for (size_t k = fill_process(r, names[i], &graphs[all]); k > 0; k--)
			r->process[all++] = names[i];
	fill_hands(r, &graphs[all]); /* of no process */
	r->doc.graphs = graphs;
	r->doc.ngraphs = all + 1;
}
