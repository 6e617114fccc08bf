/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the answer to a question around stored segments, without decoding them. */
#include "date.h"
#include "who.h"

/* Fields of WhoResponse and its parts (iq.proto). */
enum {
	WHO_REVISION = 1,
	WHO_QUERY,
	WHO_OUTCOME,
	WHO_TOTAL,
	WHO_TRUNCATED,
	WHO_NOTICES,
	WHO_ANSWERS,
	WHO_NEAR_MISSES,
	WHO_LABELS,
	WHO_EXPLAINED,
	WHO_COORDINATION,
	WHO_NOTED
};
enum {
	ANSWER_RESPONSIBILITY = 1,
	ANSWER_GROUP,
	ANSWER_PRIMARY,
	ANSWER_CERTAIN,
	ANSWER_DEPENDS_ON,
	ANSWER_INSTITUTION,
	ANSWER_VIA,
	ANSWER_CONTACTS,
	ANSWER_WITHHELD,
	ANSWER_TASK_DISTANCE,
	ANSWER_REGION_DISTANCE
};

#define COORDINATION_TASK IQ_STR("integration-coordination")

struct answer {
	struct iq_req *rq;
	struct iq_who *w;
	struct iq_labels labels;
};

static struct iq_str tree_id(const struct iq_tree *t, iq_num num)
{
	return num != IQ_NONE && num <= t->n ? t->id[num] : (struct iq_str){NULL, 0};
}

static void write_depends(
	struct answer *a, uint32_t field, uint8_t open, const struct iq_fact_list *facts)
{
	if (open & IQ_OPEN_REGION)
		iq_wire_item(a->rq->out, field, IQ_STR("region"));
	if (open & IQ_OPEN_STATUS)
		iq_wire_item(a->rq->out, field, IQ_STR("status"));
	iq_write_facts(&a->labels, field, facts);
}

static void write_pair(struct iq_buf *out, uint32_t field, struct iq_str key, struct iq_str value)
{
	size_t mark = iq_wire_begin(out, field);

	iq_wire_str(out, 1, key);
	iq_wire_str(out, 2, value);
	iq_wire_end(out, mark);
}

static void write_query(struct answer *a)
{
	const struct iq_vocab *v = a->rq->vocab;
	const struct iq_who *w = a->w;
	struct iq_buf *out = a->rq->out;
	size_t mark = iq_wire_begin(out, WHO_QUERY);
	char at[11];

	iq_wire_str(out, 1, tree_id(&v->task, w->q.task));
	iq_wire_str(out, 2, tree_id(&v->region, w->q.region));
	iq_wire_str(out, 3, tree_id(&v->status, w->q.status));
	for (size_t i = 0; i < w->nfacts; i++) {
		write_pair(out, 4, v->facts.fact[w->fact[i]].id, iq_str(w->in->facts[i]->value));
		iq_labels_add(&a->labels, IQ_FACT, (iq_num)w->fact[i] + 1);
	}
	iq_date_format(w->q.at, at);
	iq_wire_str(out, 5, iq_str(at));
	iq_wire_end(out, mark);
	iq_labels_add(&a->labels, IQ_TASK, w->q.task);
	iq_labels_add(&a->labels, IQ_REGION, w->q.region);
	iq_labels_add(&a->labels, IQ_STATUS, w->q.status);
}

static void write_notices(struct answer *a, const struct iq_match *m)
{
	struct iq_buf *out = a->rq->out;
	struct iq_image image;

	for (size_t i = 0; i < m->nnotices; i++) {
		const struct iq_notice_match *n = &m->notices[i];

		if (!iq_image_get(a->rq->txn, IQ_NOTICE, n->notice->num, &image))
			continue;
		size_t mark = iq_wire_begin(out, WHO_NOTICES);

		iq_req_item(a->rq, 1, image.segment[IQ_SEGMENT_OPEN]);
		iq_wire_bool(out, 2, n->certain);
		write_depends(a, 3, n->open, &n->open_facts);
		iq_wire_end(out, mark);
		iq_labels_add(&a->labels, IQ_TASK, n->notice->task);
		iq_labels_add(&a->labels, IQ_REGION, n->notice->region);
		for (uint32_t k = 0; k < n->notice->nstatuses; k++)
			iq_labels_add(&a->labels, IQ_STATUS, n->notice->statuses[k]);
		iq_labels_add(&a->labels, IQ_INSTITUTION, n->notice->institution);
	}
}

static void write_contacts(struct answer *a, const struct iq_row *row, bool may_disclose)
{
	const struct iq_contact_mode mode = {
		.disclose = may_disclose && a->w->in->contacts && row->primary,
		.reason = a->w->reason,
		.contact_field = ANSWER_CONTACTS,
		.withheld_field = ANSWER_WITHHELD};

	for (uint32_t i = 0; i < row->entry.ncontacts; i++) {
		const uint8_t *p = row->entry.contacts + 4 * (size_t)i;
		iq_num contact =
			(iq_num)p[0] | (iq_num)p[1] << 8 | (iq_num)p[2] << 16 | (iq_num)p[3] << 24;

		iq_disclose_contact(a->rq, contact, &mode, a->w->q.at);
	}
}

static void write_answer(struct answer *a, uint32_t field, const struct iq_row *row)
{
	struct iq_req *rq = a->rq;
	struct iq_buf *out = rq->out;
	const struct iq_entry *e = &row->entry;
	struct iq_image resp, inst;

	if (!iq_req_image(rq, IQ_RESPONSIBILITY, e->num, &resp) ||
		!iq_req_image(rq, IQ_INSTITUTION, e->institution, &inst))
		return;
	size_t mark = iq_wire_begin(out, field);

	iq_req_item(rq, ANSWER_RESPONSIBILITY, resp.segment[IQ_SEGMENT_OPEN]);
	iq_wire_str(out, ANSWER_GROUP, tree_id(&rq->vocab->task, row->group));
	iq_wire_bool(out, ANSWER_PRIMARY, row->primary);
	iq_wire_bool(out, ANSWER_CERTAIN, row->certain);
	write_depends(a, ANSWER_DEPENDS_ON, row->open, &row->open_facts);
	iq_num via = iq_write_institution(rq, ANSWER_INSTITUTION, &inst);

	if (via != IQ_NONE) {
		iq_wire_str(out, ANSWER_VIA, iq_id_of(rq->txn, IQ_INSTITUTION, via));
		iq_labels_add(&a->labels, IQ_INSTITUTION, via);
	}
	write_contacts(a, row, field == WHO_ANSWERS);
	iq_wire_uint(out, ANSWER_TASK_DISTANCE, row->task_distance);
	iq_wire_uint(out, ANSWER_REGION_DISTANCE, row->region_distance);
	iq_wire_end(out, mark);

	iq_labels_add(&a->labels, IQ_TASK, row->group);
	iq_labels_add(&a->labels, IQ_TASK, e->task);
	iq_labels_add(&a->labels, IQ_REGION, e->region);
	iq_labels_statuses(&a->labels, e->statuses, e->nstatuses);
	iq_labels_condition(&a->labels, e->condition);
}

static bool shown(const struct iq_who *w, const struct iq_row *row)
{
	if (w->in->certain && !row->certain)
		return false;
	if (w->in->no_subtasks && w->q.task != IQ_NONE && row->group != w->q.task)
		return false;
	return w->roles == 0 || (w->roles & 1u << row->entry.role) != 0;
}

static void write_answers(struct answer *a, const struct iq_match *m)
{
	struct iq_buf *out = a->rq->out;
	uint32_t total = 0;

	for (size_t i = 0; i < m->nrows && !out->failed; i++) {
		if (!shown(a->w, &m->rows[i]))
			continue;
		if (total++ < a->w->limit)
			write_answer(a, WHO_ANSWERS, &m->rows[i]);
	}
	iq_wire_uint(out, WHO_TOTAL, total);
	iq_wire_bool(out, WHO_TRUNCATED, total > a->w->limit);
}

static void label_row(struct answer *a, const struct iq_row *row)
{
	iq_labels_add(&a->labels, IQ_INSTITUTION, row->entry.institution);
	iq_labels_add(&a->labels, IQ_TASK, row->entry.task);
	iq_labels_add(&a->labels, IQ_REGION, row->entry.region);
	iq_labels_condition(&a->labels, row->entry.condition);
}

static void write_near(struct answer *a, const struct iq_match *m)
{
	for (size_t i = 0; i < m->nnear; i++) {
		iq_write_near_miss(&a->labels, WHO_NEAR_MISSES, &m->near[i]);
		label_row(a, &m->near[i]);
	}
}

static void write_explained(struct answer *a, const struct iq_match *m)
{
	const struct iq_vocab *v = a->rq->vocab;
	struct iq_buf *out = a->rq->out;

	for (size_t i = 0; i < m->nexplained; i++) {
		const struct iq_row *row = &m->explained[i];
		size_t mark = iq_wire_begin(out, WHO_EXPLAINED);
		const char *verdict = row->missed ? "out" : row->certain ? "certain" : "possible";

		iq_wire_str(out, 1, row->id);
		iq_wire_str(out, 2, row->institution_id);
		iq_wire_str(out, 3, iq_str(verdict));
		iq_write_because(&a->labels, 4, row);
		write_depends(a, 5, row->open, &row->open_facts);
		iq_wire_str(out, 6, tree_id(&v->task, row->entry.task));
		iq_wire_str(out, 7, tree_id(&v->region, row->entry.region));
		iq_wire_str(out, 8, iq_str(iq_role_names[row->entry.role]));
		iq_wire_uint(out, 9, row->task_distance);
		iq_wire_uint(out, 10, row->region_distance);
		iq_wire_str(out, 11, row->entry.condition);
		iq_wire_end(out, mark);
		label_row(a, row);
	}
}

/* Nobody is responsible: whoever coordinates integration in that region can help on. */
static void write_coordination(struct answer *a)
{
	struct iq_req *rq = a->rq;
	struct iq_question q = {.region = a->w->q.region, .at = a->w->q.at};
	struct iq_match m;

	q.task = iq_req_find(rq, IQ_TASK, COORDINATION_TASK);
	if (q.task == IQ_NONE || q.task == a->w->q.task || q.region == IQ_NONE ||
		iq_match(&a->w->view, &q, rq->arena, &m) != IQ_OK)
		return;
	for (size_t i = 0; i < m.nrows && i < IQ_LIMIT_WHO_LIMIT; i++) {
		if (m.rows[i].primary && m.rows[i].group == q.task)
			write_answer(a, WHO_COORDINATION, &m.rows[i]);
	}
}

static void write_noted(struct answer *a)
{
	const struct iq_vocab *v = a->rq->vocab;
	const struct iq_who *w = a->w;

	if (w->task_word)
		write_pair(a->rq->out, WHO_NOTED, IQ_STR("task"), tree_id(&v->task, w->q.task));
	if (w->region_word)
		write_pair(
			a->rq->out, WHO_NOTED, IQ_STR("region"), tree_id(&v->region, w->q.region));
	if (w->status_word)
		write_pair(
			a->rq->out, WHO_NOTED, IQ_STR("status"), tree_id(&v->status, w->q.status));
}

void iq_who_write(struct iq_req *rq, struct iq_who *w, const struct iq_match *m)
{
	struct answer a = {.rq = rq, .w = w};

	iq_labels_init(&a.labels, rq, WHO_LABELS, w->english);
	iq_wire_uint(rq->out, WHO_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	write_query(&a);
	iq_wire_str(rq->out, WHO_OUTCOME, iq_str(iq_outcome_names[m->outcome]));
	write_notices(&a, m);
	write_answers(&a, m);
	write_near(&a, m);
	write_explained(&a, m);
	if (m->outcome == IQ_NOBODY)
		write_coordination(&a);
	iq_labels_write(&a.labels);
	write_noted(&a);
}
