/* SPDX-License-Identifier: Apache-2.0 */
/* Process chains of a region with real institutions, and the shortest way between two tasks. */
#include "path.h"
#include "views.h"

/* Fields of PathResponse and its parts (iq.proto). */
enum {
	PATH_REVISION = 1,
	PATH_REGION,
	PATH_STATUS,
	PATH_FROM,
	PATH_TO,
	PATH_AT,
	PATH_STEPS,
	PATH_STATE,
	PATH_CHAINS,
	PATH_CHAINS_TOTAL,
	PATH_HANDS,
	PATH_EDGES,
	PATH_LABELS
};
enum {
	STEP_HANDOVER = 1,
	STEP_PROCESS,
	STEP_STEP,
	STEP_TASK,
	STEP_CERTAIN,
	STEP_TRIGGER_DE,
	STEP_TRIGGER_EN,
	STEP_DOCUMENTS,
	STEP_STATUSES,
	STEP_FROM,
	STEP_TO,
	STEP_OUTCOME
};
enum { SIDE_KINDS = 1, SIDE_PARTIES, SIDE_SOURCE };
enum { PARTY_INSTITUTION = 1, PARTY_RESPONSIBILITY, PARTY_ROLE, PARTY_CERTAIN };
enum { HAND_INSTITUTION = 1, HAND_KIND, HAND_GIVES, HAND_TAKES };
enum { EDGE_FROM = 1, EDGE_TO, EDGE_STEPS };
enum { CHAIN_STEPS = 1 };

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__PathRequest *in = rq->msg->path;

	return iq_views_prepare(
		rq, &(struct iq_views_terms){.region = in->region,
			    .task = "",
			    .status = in->status,
			    .at = in->at,
			    .lang = in->lang,
			    .labels = PATH_LABELS,
			    .less = N_("Ask for a smaller region, or for one --status.")});
}

/* A question per step: its task, those above and below it, in the region and its parts. */
uint64_t iq_cost_path(struct iq_req *rq)
{
	const struct iq_views *v = prepare(rq);
	uint64_t tasks = rq->vocab->task.n;

	if (v == NULL || tasks == 0)
		return 0;
	uint64_t steps = iq_rtxn_state(rq->rtxn)->count[IQ_HANDOVER];

	return iq_views_cost(v, true) / tasks * steps;
}

static void write_side(struct iq_views *v, uint32_t field, const struct iq_side *s)
{
	static const char *const sources[] = {
		[IQ_PARTY_TASK] = "task", [IQ_PARTY_PROCESS] = "process", [IQ_PARTY_KIND] = "kind"};
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, field);

	for (size_t i = 0; i < s->nkinds; i++)
		iq_views_item(v, SIDE_KINDS, IQ_KIND, s->kind[i]);
	for (size_t i = 0; i < s->nparties; i++) {
		const struct iq_party *p = &s->party[i];
		size_t party = iq_wire_begin(out, SIDE_PARTIES);

		iq_views_id(v, PARTY_INSTITUTION, IQ_INSTITUTION, p->institution);
		iq_wire_str(
			out, PARTY_RESPONSIBILITY, iq_id_of(v->rq->txn, IQ_RESPONSIBILITY, p->row));
		iq_wire_str(out, PARTY_ROLE, iq_str(iq_role_names[p->role]));
		iq_wire_bool(out, PARTY_CERTAIN, p->certain);
		iq_wire_end(out, party);
	}
	iq_wire_str(out, SIDE_SOURCE, iq_str(sources[s->source]));
	iq_wire_end(out, mark);
}

static void write_step(struct iq_views *v, const struct iq_step *s)
{
	struct iq_req *rq = v->rq;
	struct iq_buf *out = rq->out;
	size_t mark = iq_wire_begin(out, PATH_STEPS);

	iq_wire_str(out, STEP_HANDOVER, s->id);
	iq_wire_str(out, STEP_PROCESS, s->process);
	iq_wire_uint(out, STEP_STEP, s->step);
	iq_views_id(v, STEP_TASK, IQ_TASK, s->task);
	iq_wire_bool(out, STEP_CERTAIN, s->certain);
	iq_wire_str(out, STEP_TRIGGER_DE, s->trigger[0]);
	iq_wire_str(out, STEP_TRIGGER_EN, s->trigger[1]);
	for (size_t i = 0; i < s->ndocuments; i++)
		iq_wire_item(out, STEP_DOCUMENTS, s->document[i]);
	for (size_t i = 0; i < s->nstatuses; i++)
		iq_views_item(
			v, STEP_STATUSES, IQ_STATUS, iq_req_find(rq, IQ_STATUS, s->status[i]));
	write_side(v, STEP_FROM, &s->from);
	write_side(v, STEP_TO, &s->to);
	iq_wire_str(out, STEP_OUTCOME, iq_str(iq_outcome_names[s->outcome]));
	iq_wire_end(out, mark);
}

static void write_chains(struct iq_views *v, const struct iq_chains *c)
{
	static const char *const states[] = {[IQ_CHAIN_FOUND] = "found",
		[IQ_CHAIN_NO_START] = "no-start",
		[IQ_CHAIN_NO_END] = "no-end",
		[IQ_CHAIN_UNREACHABLE] = "unreachable"};
	struct iq_buf *out = v->rq->out;

	iq_wire_str(out, PATH_STATE, iq_str(states[c->state]));
	for (size_t i = 0; i < c->n; i++) {
		size_t mark = iq_wire_begin(out, PATH_CHAINS);

		iq_views_numbers(v, CHAIN_STEPS, c->step[i], c->length);
		iq_wire_end(out, mark);
	}
	iq_wire_uint(out, PATH_CHAINS_TOTAL, c->total < UINT32_MAX ? c->total : UINT32_MAX);
}

static void write_graph(struct iq_views *v, const struct iq_handgraph *g)
{
	struct iq_buf *out = v->rq->out;

	for (size_t i = 0; i < g->nhands && !out->failed; i++) {
		const struct iq_hand *h = &g->hand[i];
		size_t mark = iq_wire_begin(out, PATH_HANDS);

		iq_views_id(v, HAND_INSTITUTION, IQ_INSTITUTION, h->institution);
		iq_views_id(v, HAND_KIND, IQ_KIND, h->kind);
		iq_wire_uint(out, HAND_GIVES, h->gives);
		iq_wire_uint(out, HAND_TAKES, h->takes);
		iq_wire_end(out, mark);
	}
	for (size_t i = 0; i < g->nedges && !out->failed; i++) {
		size_t mark = iq_wire_begin(out, PATH_EDGES);

		iq_wire_uint(out, EDGE_FROM, g->edge[i].from);
		iq_wire_uint(out, EDGE_TO, g->edge[i].to);
		iq_views_numbers(v, EDGE_STEPS, g->edge[i].step, g->edge[i].nsteps);
		iq_wire_end(out, mark);
	}
}

/* From where to where; a way needs an end. */
static enum iq_err read_tasks(struct iq_views *v, iq_num *from, iq_num *to)
{
	const Iq__V1__PathRequest *in = v->rq->msg->path;
	enum iq_err err = iq_views_task(v, in->from, from);

	if (err == IQ_OK)
		err = iq_views_task(v, in->to, to);
	if (err != IQ_OK || *from == IQ_NONE || *to != IQ_NONE)
		return err;
	return iq_error_set(v->rq->error, IQ_ERR_USAGE,
		N_("The way from “{0}” has no destination."),
		N_("Say where to with --to TASK, or leave --from away for the whole process "
		   "chains."),
		in->from, NULL);
}

enum iq_err iq_op_path(struct iq_req *rq)
{
	struct iq_views *v = prepare(rq);
	iq_num from = IQ_NONE, to = IQ_NONE;
	struct iq_steps steps;
	struct iq_chains chains = {0};
	struct iq_handgraph graph = {0};

	if (v == NULL || read_tasks(v, &from, &to) != IQ_OK)
		return rq->error->code;
	const struct iq_path_query q = {.region = v->region, .status = v->status, .at = v->at};
	size_t limit = rq->msg->path->limit ? rq->msg->path->limit : IQ_LIMIT_PATH_CHAINS;
	enum iq_err err = iq_steps_find(&v->view, &v->lookup, &q, rq->arena, &steps);

	if (err == IQ_OK && to != IQ_NONE)
		err = iq_chains_find(&v->view, &steps, from, to,
			iq_views_limit((uint32_t)limit, IQ_LIMIT_VIEW_LINES), rq->arena, &chains);
	if (err == IQ_OK)
		err = iq_handgraph_build(&steps, rq->arena, &graph);
	if (iq_views_done(v, err) != IQ_OK)
		return rq->error->code;
	iq_wire_uint(rq->out, PATH_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_views_id(v, PATH_REGION, IQ_REGION, v->region);
	iq_views_id(v, PATH_STATUS, IQ_STATUS, v->status);
	iq_views_id(v, PATH_FROM, IQ_TASK, from);
	iq_views_id(v, PATH_TO, IQ_TASK, to);
	iq_views_date(v, PATH_AT, v->at);
	for (size_t i = 0; i < steps.n && !rq->out->failed; i++)
		write_step(v, &steps.a[i]);
	if (to != IQ_NONE)
		write_chains(v, &chains);
	write_graph(v, &graph);
	return iq_views_finish(v);
}
