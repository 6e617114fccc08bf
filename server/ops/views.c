/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the views share: reading the question, ids with labels, target groups. */
#include "views.h"

#include "date.h"

/* ---- the question -------------------------------------------------------------------------- */

static enum iq_err read_term(struct iq_views *v, enum iq_kind kind, const char *term, iq_num *out)
{
	*out = IQ_NONE;
	if (term[0] == '\0')
		return IQ_OK;
	return iq_req_term(v->rq, kind, iq_str(term), v->english, out);
}

enum iq_err iq_views_task(struct iq_views *v, const char *term, iq_num *out)
{
	return read_term(v, IQ_TASK, term, out);
}

static enum iq_err read_region(struct iq_views *v, const struct iq_views_terms *terms)
{
	if (terms->region[0] != '\0')
		return read_term(v, IQ_REGION, terms->region, &v->region);
	v->region = terms->everywhere ? v->rq->vocab->root : IQ_NONE;
	if (v->region != IQ_NONE)
		return IQ_OK;
	return iq_error_set(v->rq->error, IQ_ERR_USAGE, N_("The question names no region."),
		N_("`iqq list regions` shows all regions."), NULL);
}

static enum iq_err read_date(struct iq_views *v, const char *at)
{
	v->at = v->rq->today;
	if (at[0] == '\0' || iq_date_parse(iq_str(at), &v->at))
		return IQ_OK;
	return iq_error_set(v->rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
		N_("Dates are written like 2026-03-31."), at, NULL);
}

/* Leaf statuses of the status asked for, or all. */
static size_t count_leaves(const struct iq_tree *t, iq_num status)
{
	size_t n = 0;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++)
		n += pre == t->end[t->at[pre]] &&
		     (status == IQ_NONE || iq_tree_covers(t, status, t->at[pre]));
	return n;
}

static enum iq_err read_terms(struct iq_views *v, const struct iq_views_terms *terms)
{
	const struct iq_tree *status = &v->rq->vocab->status;
	enum iq_err err = read_region(v, terms);

	if (err == IQ_OK)
		err = read_term(v, IQ_TASK, terms->task, &v->task);
	if (err == IQ_OK)
		err = read_term(v, IQ_STATUS, terms->status, &v->status);
	if (err == IQ_OK)
		err = read_date(v, terms->at);
	if (err == IQ_OK && v->status <= status->n)
		v->nleaves = count_leaves(status, v->status);
	return err;
}

struct iq_views *iq_views_prepare(struct iq_req *rq, const struct iq_views_terms *terms)
{
	struct iq_views *v = rq->prepared;

	if (v != NULL || rq->error->code != IQ_OK)
		return v;
	v = iq_arena_alloc(rq->arena, sizeof(*v));
	if (v == NULL) {
		iq_req_finish(rq);
		return NULL;
	}
	*v = (struct iq_views){.rq = rq,
		.less = terms->less,
		.english = terms->lang == IQ__V1__LANG__EN,
		.both = terms->lang == IQ__V1__LANG__BOTH};
	iq_txn_view(rq->txn, rq->vocab, &v->view);
	iq_txn_lookup(rq->txn, &v->lookup);
	iq_labels_init(&v->labels, rq, terms->labels, v->english);
	v->labels.both = v->both;
	if (read_terms(v, terms) != IQ_OK)
		return NULL;
	return rq->prepared = v;
}

size_t iq_views_limit(uint32_t asked, uint32_t most)
{
	return asked > 0 && asked < most ? asked : most;
}

enum iq_err iq_views_done(struct iq_views *v, enum iq_err err)
{
	struct iq_req *rq = v->rq;

	if (err == IQ_OK)
		return iq_req_finish(rq);
	if (err == IQ_ERR_USAGE) /* the snapshot is ahead of the vocabulary for a moment */
		return iq_error_set(rq->error, IQ_ERR_BUSY,
			N_("The vocabulary is changing at this moment."), N_("Try again."), NULL);
	if (rq->arena->failed)
		return iq_error_set(rq->error, IQ_ERR_BUSY,
			N_("The view is too large for the server to work out at once."), v->less,
			NULL);
	return iq_error_set(rq->error, IQ_ERR_BUSY,
		N_("More than {0} responsibilities are too many for one view."), v->less,
		iq_arena_printf(rq->arena, "%d", IQ_LIMIT_VIEW_ROWS), NULL);
}

enum iq_err iq_views_finish(struct iq_views *v)
{
	iq_labels_write(&v->labels);
	if (v->rq->out->failed)
		return iq_error_set(v->rq->error, IQ_ERR_BUSY,
			N_("The view is longer than an answer of the server may be."), v->less,
			NULL);
	return iq_req_finish(v->rq);
}

static uint64_t regions_of(const struct iq_tree *t, iq_num region, bool parts)
{
	return (uint64_t)t->depth[region] + 1 + (parts ? t->end[region] - t->pre[region] : 0);
}

uint64_t iq_views_cost(const struct iq_views *v, bool parts)
{
	const struct iq_vocab *vocab = v->rq->vocab;
	const struct iq_tree *t = &vocab->region;
	uint64_t tasks = vocab->task.n, regions;

	if (v->region > t->n || v->task > vocab->task.n)
		return 0;
	if (v->task != IQ_NONE)
		tasks = (uint64_t)vocab->task.depth[v->task] + 1 + vocab->task.end[v->task] -
			vocab->task.pre[v->task];
	regions = regions_of(t, v->region, parts);
	for (const iq_num *m = vocab->area_members[v->region]; m != NULL && *m != IQ_NONE; m++)
		regions += regions_of(t, *m, parts);
	return tasks * regions;
}

/* ---- parts of answers ---------------------------------------------------------------------- */

static struct iq_str id_of(struct iq_views *v, enum iq_kind kind, iq_num num)
{
	if (num == IQ_NONE)
		return (struct iq_str){NULL, 0};
	iq_labels_add(&v->labels, kind, num);
	return iq_id_of(v->rq->txn, kind, num);
}

void iq_views_id(struct iq_views *v, uint32_t field, enum iq_kind kind, iq_num num)
{
	iq_wire_str(v->rq->out, field, id_of(v, kind, num));
}

void iq_views_head(struct iq_views *v)
{
	enum { REVISION = 1, REGION, TASK, STATUS, AT };

	iq_wire_uint(v->rq->out, REVISION, iq_rtxn_state(v->rq->rtxn)->revision);
	iq_views_id(v, REGION, IQ_REGION, v->region);
	iq_views_id(v, TASK, IQ_TASK, v->task);
	iq_views_id(v, STATUS, IQ_STATUS, v->status);
	iq_views_date(v, AT, v->at);
}

void iq_views_item(struct iq_views *v, uint32_t field, enum iq_kind kind, iq_num num)
{
	iq_wire_item(v->rq->out, field, id_of(v, kind, num));
}

void iq_views_date(struct iq_views *v, uint32_t field, int32_t day)
{
	char date[11];

	if (day == IQ_DATE_MIN)
		return;
	iq_date_format(day, date);
	iq_wire_str(v->rq->out, field, iq_str(date));
}

void iq_views_numbers(struct iq_views *v, uint32_t field, const uint32_t *a, size_t n)
{
	struct iq_buf *out = v->rq->out;
	size_t mark;

	if (n == 0)
		return;
	mark = iq_wire_begin(out, field);
	for (size_t i = 0; i < n; i++)
		iq_wire_varint(out, a[i]);
	iq_wire_end(out, mark);
}

void iq_views_groups(struct iq_views *v, uint32_t field, const struct iq_groups *g)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, field);
	bool all = g->nleaves == v->nleaves;

	for (size_t i = 0; i < g->nstatuses; i++)
		iq_views_item(v, 1, IQ_STATUS, g->status[i]);
	for (size_t i = 0; i < g->nshares; i++) {
		size_t share = iq_wire_begin(out, 2);

		iq_views_id(v, 1, IQ_STATUS, g->share[i].group);
		iq_wire_bool(out, 2, g->share[i].whole);
		iq_wire_end(out, share);
	}
	iq_wire_bool(out, 3, all);
	iq_wire_end(out, mark);
}

void iq_views_targets(struct iq_views *v, uint32_t field)
{
	const struct iq_tree *t = &v->rq->vocab->status;
	struct iq_buf *out = v->rq->out;

	for (uint32_t pre = 1; pre <= t->n && t->at[pre] != IQ_NONE; pre++) {
		iq_num status = t->at[pre];
		struct iq_image image;

		if (t->parent[status] != IQ_NONE ||
			(v->status != IQ_NONE && !iq_tree_covers(t, status, v->status)) ||
			!iq_req_image(v->rq, IQ_STATUS, status, &image))
			continue;
		struct iq_str open = image.segment[IQ_SEGMENT_OPEN];
		size_t mark = iq_wire_begin(out, field);

		iq_views_id(v, 1, IQ_STATUS, status);
		iq_wire_str(out, 2, iq_image_field(open, IQ_STATUS_SYMBOL + 1));
		iq_wire_str(out, 3, iq_image_field(open, IQ_STATUS_COLOUR + 1));
		iq_wire_end(out, mark);
	}
}

void iq_views_near(struct iq_views *v, uint32_t field, const struct iq_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		iq_write_near_miss(&v->labels, field, &rows[i]);
		iq_labels_add(&v->labels, IQ_INSTITUTION, rows[i].entry.institution);
		iq_labels_condition(&v->labels, rows[i].entry.condition);
	}
}

bool iq_views_room(const struct iq_views *v)
{
	return v->rq->out->n < (size_t)IQ_LIMIT_ANSWER_MAX / 4 * 3;
}
