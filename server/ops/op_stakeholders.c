/* SPDX-License-Identifier: Apache-2.0 */
/* Who is there in a region, with what tasks, and which statutory kinds are missing. */
#include "stakeholders.h"
#include "views.h"

/* Fields of StakeholdersResponse and its parts (iq.proto). */
enum {
	STAKEHOLDERS_REVISION = 1,
	STAKEHOLDERS_REGION,
	STAKEHOLDERS_AT,
	STAKEHOLDERS_STAKEHOLDERS,
	STAKEHOLDERS_MISSING,
	STAKEHOLDERS_LABELS
};
enum {
	STAKEHOLDER_INSTITUTION = 1,
	STAKEHOLDER_KIND,
	STAKEHOLDER_STATUTORY,
	STAKEHOLDER_SEAT,
	STAKEHOLDER_REGION,
	STAKEHOLDER_DISTANCE,
	STAKEHOLDER_TASKS
};
enum { TASK_TASK = 1, TASK_ROLES };

/* A probe of the index finds rows that are read and written, too. */
enum { ROW_COST = 4 };

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__StakeholdersRequest *in = rq->msg->stakeholders;

	return iq_views_prepare(
		rq, &(struct iq_views_terms){.region = in->region,
			    .task = "",
			    .status = "",
			    .at = in->at,
			    .lang = in->lang,
			    .labels = STAKEHOLDERS_LABELS,
			    .less = N_("Ask for a smaller region, or with --whole.")});
}

uint64_t iq_cost_stakeholders(struct iq_req *rq)
{
	const struct iq_views *v = prepare(rq);

	return v ? ROW_COST * iq_views_cost(v, !rq->msg->stakeholders->whole) : 0;
}

static void write_task(
	struct iq_views *v, const struct iq_matrix *m, const struct iq_matrix_cell *c)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, STAKEHOLDER_TASKS);

	iq_views_id(v, TASK_TASK, IQ_TASK, m->line[c->line].task);
	for (size_t i = 0; i < c->nroles; i++)
		iq_wire_item(out, TASK_ROLES, iq_str(iq_role_names[c->role[i].role]));
	iq_wire_end(out, mark);
}

static void write_stakeholder(
	struct iq_views *v, const struct iq_matrix *m, const struct iq_stakeholder *s)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, STAKEHOLDERS_STAKEHOLDERS);

	iq_views_id(v, STAKEHOLDER_INSTITUTION, IQ_INSTITUTION, s->institution);
	iq_views_id(v, STAKEHOLDER_KIND, IQ_KIND, s->kind);
	iq_wire_bool(out, STAKEHOLDER_STATUTORY, s->statutory);
	iq_wire_bool(out, STAKEHOLDER_SEAT, s->seat);
	iq_views_id(v, STAKEHOLDER_REGION, IQ_REGION, s->region);
	if (s->distance != IQ_REACH_OUT)
		iq_wire_uint(out, STAKEHOLDER_DISTANCE, s->distance);
	for (size_t i = 0; i < s->ncells; i++)
		write_task(v, m, s->cell[i]);
	iq_wire_end(out, mark);
}

enum iq_err iq_op_stakeholders(struct iq_req *rq)
{
	struct iq_views *v = prepare(rq);
	struct iq_stakeholders found;

	if (v == NULL)
		return rq->error->code;
	enum iq_err err =
		iq_views_done(v, iq_stakeholders_find(&v->view, &v->lookup, v->region, v->at,
					 rq->msg->stakeholders->whole, rq->arena, &found));

	if (err != IQ_OK)
		return err;
	iq_wire_uint(rq->out, STAKEHOLDERS_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_views_id(v, STAKEHOLDERS_REGION, IQ_REGION, v->region);
	iq_views_date(v, STAKEHOLDERS_AT, v->at);
	for (size_t i = 0; i < found.n && !rq->out->failed; i++)
		write_stakeholder(v, &found.matrix, &found.a[i]);
	for (size_t i = 0; i < found.nmissing; i++)
		iq_views_item(v, STAKEHOLDERS_MISSING, IQ_KIND, found.missing[i].kind);
	return iq_views_finish(v);
}
