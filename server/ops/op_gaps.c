/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks for which nobody is there, of a region or of all regions of a kind. */
#include "gaps.h"
#include "views.h"

/* Fields of GapsResponse and its parts (iq.proto). */
enum { GAPS_GAPS = IQ_VIEWS_AFTER_HEAD, GAPS_TOTAL, GAPS_REGIONS, GAPS_GROUPS, GAPS_LABELS };
enum {
	GAP_TASK = 1,
	GAP_REGION,
	GAP_MISSING,
	GAP_MARKED,
	GAP_PEERS,
	GAP_PEERS_TOTAL,
	GAP_NEAR_MISSES,
	GAP_INVOLVED
};
enum { KINDS_SHOWN = 32 };

/* What walks through regions does far less per region than a probe of the index. */
enum { REGIONS_PER_PROBE = 64 };

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__GapsRequest *in = rq->msg->gaps;

	return iq_views_prepare(
		rq, &(struct iq_views_terms){.region = in->region,
			    .task = in->task,
			    .status = in->status,
			    .at = in->at,
			    .lang = in->lang,
			    .labels = GAPS_LABELS,
			    .less = N_("Ask for a smaller region, or for one --task or --status."),
			    .everywhere = in->kind[0] != '\0'});
}

/* What is expected here depends on others: all rows of the tasks are read. */
uint64_t iq_cost_gaps(struct iq_req *rq)
{
	const struct iq_views *v = prepare(rq);

	if (v == NULL)
		return 0;
	uint64_t rows = iq_rtxn_state(rq->rtxn)->count[IQ_RESPONSIBILITY];
	uint64_t regions = (uint64_t)rq->vocab->region.n * rq->vocab->task.n / REGIONS_PER_PROBE;

	return (rq->msg->gaps->near ? 4 * rows : rows) + regions;
}

/* ---- kinds of regions ---------------------------------------------------------------------- */

static bool has_kind(const struct iq_str *kind, size_t n, struct iq_str k)
{
	for (size_t i = 0; i < n; i++) {
		if (iq_str_eq(kind[i], k))
			return true;
	}
	return false;
}

/* The kinds of the regions in the scope; at most KINDS_SHOWN. True: `wanted` is one of them. */
static bool find_kinds(
	const struct iq_views *v, struct iq_str wanted, struct iq_str *kind, size_t *n)
{
	const struct iq_vocab *vocab = v->rq->vocab;
	const struct iq_tree *t = &vocab->region;

	*n = 0;
	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		iq_num region = t->at[pre];
		struct iq_str k = vocab->region_kind[region];

		if (k.n == 0 || vocab->region_is_area[region] ||
			!iq_vocab_in_scope(vocab, v->region, region))
			continue;
		if (iq_str_eq(k, wanted))
			return true;
		if (*n < KINDS_SHOWN && !has_kind(kind, *n, k))
			kind[(*n)++] = k;
	}
	return false;
}

static enum iq_err check_kind(struct iq_views *v, struct iq_str wanted)
{
	struct iq_str kind[KINDS_SHOWN];
	size_t n;

	if (wanted.n == 0 || v->region > v->rq->vocab->region.n || find_kinds(v, wanted, kind, &n))
		return IQ_OK;
	enum iq_err err = iq_error_set(v->rq->error, IQ_ERR_USAGE,
		N_("There is no region of the kind “{0}” in “{1}”."),
		N_("Use --kind with one of the kinds there are."), iq_req_cstr(v->rq, wanted),
		iq_req_cstr(v->rq, iq_id_of(v->rq->txn, IQ_REGION, v->region)), NULL);

	for (size_t i = 0; i < n; i++)
		iq_error_add_candidate(
			v->rq->error, &(struct iq_candidate){.kind = IQ_STR("region-kind"),
					      .term = wanted,
					      .id = kind[i],
					      .name = kind[i]});
	return err;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void write_gap(struct iq_views *v, const struct iq_gap *g)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, GAPS_GAPS);

	iq_views_id(v, GAP_TASK, IQ_TASK, g->task);
	iq_views_id(v, GAP_REGION, IQ_REGION, g->region);
	iq_views_groups(v, GAP_MISSING, g->missing);
	iq_wire_bool(out, GAP_MARKED, g->marked);
	for (size_t i = 0; i < g->npeers; i++)
		iq_views_item(v, GAP_PEERS, IQ_REGION, g->peer[i]);
	iq_wire_uint(out, GAP_PEERS_TOTAL, g->peers);
	iq_views_near(v, GAP_NEAR_MISSES, g->near, g->nnear);
	iq_views_near(v, GAP_INVOLVED, g->involved, g->ninvolved);
	iq_wire_end(out, mark);
}

enum iq_err iq_op_gaps(struct iq_req *rq)
{
	const Iq__V1__GapsRequest *in = rq->msg->gaps;
	struct iq_views *v = prepare(rq);
	struct iq_gaps gaps;

	if (v == NULL || check_kind(v, iq_str(in->kind)) != IQ_OK)
		return rq->error->code;
	const struct iq_gaps_query q = {.scope = v->region,
		.kind = iq_str(in->kind),
		.task = v->task,
		.status = v->status,
		.at = v->at,
		.want_near = in->near,
		.limit = iq_views_limit(
			in->limit, in->near ? IQ_LIMIT_VIEW_NEAR : IQ_LIMIT_VIEW_LINES)};
	enum iq_err err = iq_views_done(v, iq_gaps_find(&v->view, &q, rq->arena, &gaps));

	if (err != IQ_OK)
		return err;
	iq_views_head(v);
	for (size_t i = 0; i < gaps.n && iq_views_room(v); i++)
		write_gap(v, &gaps.a[i]);
	iq_wire_uint(rq->out, GAPS_TOTAL, gaps.total);
	iq_wire_uint(rq->out, GAPS_REGIONS, gaps.nregions);
	iq_views_targets(v, GAPS_GROUPS);
	return iq_views_finish(v);
}
