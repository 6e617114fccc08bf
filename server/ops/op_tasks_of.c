/* SPDX-License-Identifier: Apache-2.0 */
/* What an institution is responsible for. */
#include <stdlib.h>

#include "date.h"
#include "op.h"

enum { TASKS_REVISION = 1, TASKS_INSTITUTION, TASKS_RESPONSIBILITIES, TASKS_LABELS };

struct duty {
	uint32_t task_pre, region_pre;
	iq_num num, task, region, institution;
	struct iq_str id;
	struct iq_image image;
};

struct duties {
	struct iq_req *rq;
	const struct iq_num_set *institutions; /* NULL: whoever refers */
	struct duty *d;
	size_t n, cap;
};

static bool ended(struct iq_str open, int32_t today)
{
	struct iq_str to = iq_image_field(open, IQ_RESP_VALID_TO + 1);
	int32_t days;

	return to.n > 0 && iq_date_parse(to, &days) && days < today;
}

static bool add_duty(void *arg, enum iq_kind from, iq_num num)
{
	struct duties *l = arg;
	struct iq_req *rq = l->rq;
	const struct iq_vocab *v = rq->vocab;
	struct duty d = {.num = num};

	if (from != IQ_RESPONSIBILITY || !iq_image_get(rq->txn, from, num, &d.image))
		return true;
	struct iq_str open = d.image.segment[IQ_SEGMENT_OPEN];

	if (ended(open, rq->today))
		return true;
	d.id = iq_image_id(&d.image);
	d.task = iq_id_find(rq->txn, IQ_TASK, iq_image_field(open, IQ_RESP_TASK + 1));
	d.region = iq_id_find(rq->txn, IQ_REGION, iq_image_field(open, IQ_RESP_REGION + 1));
	d.institution =
		iq_id_find(rq->txn, IQ_INSTITUTION, iq_image_field(open, IQ_RESP_INSTITUTION + 1));
	d.task_pre = d.task <= v->task.n ? v->task.pre[d.task] : 0;
	d.region_pre = d.region <= v->region.n ? v->region.pre[d.region] : 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct duty *p =
			iq_arena_grow(rq->arena, l->d, l->cap * sizeof(*p), cap * sizeof(*p));

		if (p == NULL)
			return false;
		l->d = p;
		l->cap = cap;
	}
	l->d[l->n++] = d;
	return true;
}

static int compare_duties(const void *a, const void *b)
{
	const struct duty *x = a, *y = b;

	if (x->task_pre != y->task_pre)
		return x->task_pre < y->task_pre ? -1 : 1;
	if (x->region_pre != y->region_pre)
		return x->region_pre < y->region_pre ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

static void gather(struct iq_req *rq, iq_num institution, bool all, struct duties *l)
{
	struct iq_num_set *set;

	if (!all) {
		iq_each_ref(rq->txn, IQ_INSTITUTION, institution, add_duty, l);
		return;
	}
	set = iq_req_institutions(rq, institution);
	for (size_t i = 0; i < iq_num_set_size(set); i++)
		iq_each_ref(rq->txn, IQ_INSTITUTION, (iq_num)iq_num_set_at(set, i), add_duty, l);
}

static void label_statuses(struct iq_labels *labels, struct iq_str open)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&open, &f, &bad)) {
		if (f.field == IQ_RESP_STATUSES + 1)
			iq_labels_add(
				labels, IQ_STATUS, iq_id_find(labels->rq->txn, IQ_STATUS, f.bytes));
		else if (f.field == IQ_RESP_CONDITION + 1)
			iq_labels_condition(labels, f.bytes);
	}
}

enum iq_err iq_op_tasks_of(struct iq_req *rq)
{
	const Iq__V1__TasksOfRequest *in = rq->msg->tasks_of;
	bool english = in->lang == IQ__V1__LANG__EN;
	struct duties list = {.rq = rq};
	struct iq_labels labels;
	iq_num institution;
	enum iq_err err =
		iq_req_term(rq, IQ_INSTITUTION, iq_str(in->institution), english, &institution);

	if (err != IQ_OK)
		return err;
	gather(rq, institution, in->all, &list);
	if (list.n > 1)
		qsort(list.d, list.n, sizeof(*list.d), compare_duties);
	iq_labels_init(&labels, rq, TASKS_LABELS, english);
	iq_labels_add(&labels, IQ_INSTITUTION, institution);
	iq_wire_uint(rq->out, TASKS_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_wire_str(rq->out, TASKS_INSTITUTION, iq_id_of(rq->txn, IQ_INSTITUTION, institution));
	for (size_t i = 0; i < list.n; i++) {
		struct iq_str open = list.d[i].image.segment[IQ_SEGMENT_OPEN];

		iq_wire_item(rq->out, TASKS_RESPONSIBILITIES, open);
		iq_labels_add(&labels, IQ_TASK, list.d[i].task);
		iq_labels_add(&labels, IQ_REGION, list.d[i].region);
		iq_labels_add(&labels, IQ_INSTITUTION, list.d[i].institution);
		label_statuses(&labels, open);
	}
	iq_labels_write(&labels);
	return iq_req_finish(rq);
}

/* Sub-institutions make it long. */
uint64_t iq_cost_tasks_of(struct iq_req *rq)
{
	return rq->msg->tasks_of->all ? IQ_LANE_COST + 1 : 0;
}
