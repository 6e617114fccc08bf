/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks for which two institutions are in the lead at the same place. */
#include "overlaps.h"
#include "views.h"

/* Fields of OverlapsResponse and its parts (iq.proto). */
enum { OVERLAPS_OVERLAPS = IQ_VIEWS_AFTER_HEAD, OVERLAPS_TOTAL, OVERLAPS_GROUPS, OVERLAPS_LABELS };
enum {
	OVERLAP_TASK = 1,
	OVERLAP_REGION,
	OVERLAP_DISTANCE,
	OVERLAP_FIRST,
	OVERLAP_SECOND,
	OVERLAP_GROUPS,
	OVERLAP_FIRST_ROWS,
	OVERLAP_SECOND_ROWS
};

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__OverlapsRequest *in = rq->msg->overlaps;

	return iq_views_prepare(rq,
		&(struct iq_views_terms){.region = in->region,
			.task = in->task,
			.status = in->status,
			.at = in->at,
			.lang = in->lang,
			.labels = OVERLAPS_LABELS,
			.less = N_("Ask for a smaller region, or for one --task or --status.")});
}

uint64_t iq_cost_overlaps(struct iq_req *rq)
{
	const struct iq_views *v = prepare(rq);

	return v ? iq_views_cost(v, rq->msg->overlaps->parts) : 0;
}

static void write_overlap(struct iq_views *v, const struct iq_overlap *o)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, OVERLAPS_OVERLAPS);

	iq_views_id(v, OVERLAP_TASK, IQ_TASK, o->task);
	iq_views_id(v, OVERLAP_REGION, IQ_REGION, o->region);
	iq_wire_uint(out, OVERLAP_DISTANCE, o->distance);
	iq_views_id(v, OVERLAP_FIRST, IQ_INSTITUTION, o->institution[0]);
	iq_views_id(v, OVERLAP_SECOND, IQ_INSTITUTION, o->institution[1]);
	iq_views_groups(v, OVERLAP_GROUPS, o->groups);
	for (size_t i = 0; i < o->nrows[0]; i++)
		iq_wire_item(out, OVERLAP_FIRST_ROWS, o->row[0][i]);
	for (size_t i = 0; i < o->nrows[1]; i++)
		iq_wire_item(out, OVERLAP_SECOND_ROWS, o->row[1][i]);
	iq_wire_end(out, mark);
}

enum iq_err iq_op_overlaps(struct iq_req *rq)
{
	const Iq__V1__OverlapsRequest *in = rq->msg->overlaps;
	struct iq_views *v = prepare(rq);
	struct iq_overlaps found;

	if (v == NULL)
		return rq->error->code;
	const struct iq_overlaps_query q = {.region = v->region,
		.task = v->task,
		.status = v->status,
		.at = v->at,
		.parts = in->parts,
		.limit = iq_views_limit(in->limit, IQ_LIMIT_VIEW_LINES)};
	enum iq_err err = iq_views_done(v, iq_overlaps_find(&v->view, &q, rq->arena, &found));

	if (err != IQ_OK)
		return err;
	iq_views_head(v);
	for (size_t i = 0; i < found.n && iq_views_room(v); i++)
		write_overlap(v, &found.a[i]);
	iq_wire_uint(rq->out, OVERLAPS_TOTAL, found.total);
	iq_views_targets(v, OVERLAPS_GROUPS);
	return iq_views_finish(v);
}
