/* SPDX-License-Identifier: Apache-2.0 */
/* One record; and what a status means. */
#include "op.h"

enum iq_err iq_op_get(struct iq_req *rq)
{
	const Iq__V1__GetRequest *in = rq->msg->get;
	struct iq_str id = iq_str(in->id);
	enum iq_kind kind;
	bool reason;
	enum iq_err err = iq_req_kind(rq, iq_str(in->kind), &kind);

	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &reason);
	if (err != IQ_OK)
		return err;
	iq_num num = iq_id_find(rq->txn, kind, id);

	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	size_t mark = iq_wire_begin(rq->out, 2);

	if (!iq_disclose_record(rq, kind, num, rq->out))
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
			N_("There is no record “{1}” of kind {0}."),
			N_("Look for it with: iqq search {1}"), iq_schemas[kind].name,
			iq_req_cstr(rq, id), NULL);
	iq_wire_end(rq->out, mark);
	if (kind == IQ_CONTACT && iq_disclose_reason(rq, num))
		iq_wire_str(rq->out, 3, IQ_STR("reason"));
	else if (rq->because != NULL)
		iq_wire_str(rq->out, 3, iq_str(rq->because));
	return iq_req_finish(rq);
}

/* ---- guide --------------------------------------------------------------------------------- */

enum { GUIDE_STATUSES = 2, GUIDE_CHILDREN, GUIDE_IMPLIED, GUIDE_LABELS };

static void write_status(struct iq_req *rq, uint32_t field, iq_num num)
{
	struct iq_image image;

	if (iq_image_get(rq->txn, IQ_STATUS, num, &image))
		iq_wire_item(rq->out, field, image.segment[IQ_SEGMENT_OPEN]);
}

/* What is known of a fact, as a question would say it. */
static struct iq_str known_text(
	struct iq_req *rq, const struct iq_fact *fact, const struct iq_known *known)
{
	char *text = NULL;

	if (fact->integer && known->low == known->high)
		text = iq_arena_printf(rq->arena, "%lld", (long long)known->low);
	else if (fact->integer)
		text = iq_arena_printf(
			rq->arena, "%lld..%lld", (long long)known->low, (long long)known->high);
	else {
		for (uint32_t i = 0; i < fact->nvalues; i++) {
			if (!(known->mask >> i & 1))
				continue;
			text = iq_arena_printf(rq->arena, "%s%s%.*s", text ? text : "",
				text ? "|" : "", IQ_STR_ARG(fact->values[i]));
		}
	}
	return iq_str(text);
}

static void write_implied(struct iq_req *rq, iq_num status, struct iq_labels *labels)
{
	const struct iq_facts *facts = &rq->vocab->facts;
	const struct iq_known *implied =
		status <= rq->vocab->status.n ? rq->vocab->implied[status] : NULL;

	for (uint32_t i = 0; implied != NULL && i < facts->n; i++) {
		if (!implied[i].known)
			continue;
		size_t mark = iq_wire_begin(rq->out, GUIDE_IMPLIED);

		iq_wire_str(rq->out, 1, facts->fact[i].id);
		iq_wire_str(rq->out, 2, known_text(rq, &facts->fact[i], &implied[i]));
		iq_wire_end(rq->out, mark);
		iq_labels_add(labels, IQ_FACT, i + 1);
	}
}

enum iq_err iq_op_guide(struct iq_req *rq)
{
	const Iq__V1__GuideRequest *in = rq->msg->guide;
	bool english = in->lang == IQ__V1__LANG__EN;
	const struct iq_tree *tree = &rq->vocab->status;
	struct iq_labels labels;
	iq_num status;
	enum iq_err err = iq_req_term(rq, IQ_STATUS, iq_str(in->status), english, &status);

	if (err != IQ_OK)
		return err;
	iq_labels_init(&labels, rq, GUIDE_LABELS, english);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	for (iq_num at = status; at != IQ_NONE && at <= tree->n; at = tree->parent[at]) {
		write_status(rq, GUIDE_STATUSES, at);
		iq_labels_add(&labels, IQ_STATUS, at);
	}
	if (status <= tree->n) {
		for (uint32_t pre = tree->pre[status] + 1; pre <= tree->end[status]; pre++) {
			iq_num child = tree->at[pre];

			if (tree->parent[child] != status)
				continue;
			write_status(rq, GUIDE_CHILDREN, child);
			iq_labels_add(&labels, IQ_STATUS, child);
		}
	}
	write_implied(rq, status, &labels);
	iq_labels_write(&labels);
	return iq_req_finish(rq);
}
