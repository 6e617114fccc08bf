/* SPDX-License-Identifier: Apache-2.0 */
/* One record; and what a status means. */
#include "date.h"
#include "diff.h"
#include "op.h"

enum { GET_REVISION = 1, GET_RECORD, GET_BECAUSE, GET_NOT_VALID, GET_KNOWN_AT };

/* When: what was known then, and the day on which it is to be valid. */
struct moment {
	uint64_t revision; /* 0: as it is now */
	int32_t day;
};

static enum iq_err read_day(struct iq_req *rq, const char *text, int32_t *day)
{
	if (text[0] == '\0' || iq_date_parse(iq_str(text), day))
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
		N_("Dates are written like 2026-03-31."), text, NULL);
}

/* Known then, it is shown as of then, unless another day is asked for. */
static enum iq_err read_moment(struct iq_req *rq, struct moment *m)
{
	const Iq__V1__GetRequest *in = rq->msg->get;
	uint64_t now = iq_rtxn_state(rq->rtxn)->revision;
	int32_t known = rq->today;
	enum iq_err err = read_day(rq, in->known_on, &known);

	*m = (struct moment){.revision = in->known_at, .day = known};
	if (in->known_at > 0)
		m->day = iq_past_day(rq, in->known_at);
	else if (in->known_on[0] != '\0' && known < rq->today)
		m->revision = iq_past_revision(rq, known);
	else
		m->revision = now;
	if (err == IQ_OK && in->known_at > now)
		err = iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("There is no revision {0} yet; the last one is {1}."),
			N_("Revisions are shown by: iqq history KIND ID"),
			iq_arena_printf(rq->arena, "%llu", (unsigned long long)in->known_at),
			iq_arena_printf(rq->arena, "%llu", (unsigned long long)now), NULL);
	return err == IQ_OK ? read_day(rq, in->at, &m->day) : err;
}

static enum iq_err get_missing(struct iq_req *rq, enum iq_kind kind)
{
	if (rq->msg->get->known_at > 0 || rq->msg->get->known_on[0] != '\0')
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
			N_("There was no record “{1}” of kind {0} then."),
			N_("What it was when: iqq history {0} {1}"), iq_schemas[kind].name,
			iq_req_cstr(rq, iq_str(rq->msg->get->id)), NULL);
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
		N_("There is no record “{1}” of kind {0}."), N_("Look for it with: iqq search {1}"),
		iq_schemas[kind].name, iq_req_cstr(rq, iq_str(rq->msg->get->id)), NULL);
}

/* Also of a record that is no more. A contact found by a name that is not shown would tell of it.
 */
static iq_num find_past(struct iq_req *rq, enum iq_kind kind)
{
	struct iq_str id = iq_str(rq->msg->get->id);
	iq_num num = iq_id_find(rq->txn, kind, id);
	bool merged;

	if (num != IQ_NONE)
		return iq_record_known(rq, kind, num) ? num : IQ_NONE;
	num = iq_id_reserved(rq->txn, kind, id, &merged);
	return merged ? IQ_NONE : num;
}

static void write_valid(struct iq_req *rq, const struct iq_image *image, int32_t day)
{
	struct iq_rec rec = {.kind = image->kind};

	if (iq_codec_read(&rec, image->segment[IQ_SEGMENT_OPEN], rq->arena))
		iq_wire_bool(rq->out, GET_NOT_VALID, !iq_rec_valid_on(&rec, day));
}

enum iq_err iq_op_get(struct iq_req *rq)
{
	const Iq__V1__GetRequest *in = rq->msg->get;
	enum iq_kind kind;
	bool reason, current;
	struct moment m;
	struct iq_image image;
	enum iq_err err = iq_req_kind(rq, iq_str(in->kind), &kind);

	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &reason);
	if (err == IQ_OK)
		err = read_moment(rq, &m);
	if (err != IQ_OK)
		return err;
	iq_num num = find_past(rq, kind);

	iq_wire_uint(rq->out, GET_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	size_t mark = iq_wire_begin(rq->out, GET_RECORD);

	if (num == IQ_NONE || !iq_past_image(rq, kind, num, m.revision, &image, &current) ||
		!iq_past_disclose(rq, &image, current, true, rq->out))
		return get_missing(rq, kind);
	iq_wire_end(rq->out, mark);
	if (kind == IQ_CONTACT && iq_disclose_reason(rq, num))
		iq_wire_str(rq->out, GET_BECAUSE, IQ_STR("reason"));
	else if (rq->because != NULL)
		iq_wire_str(rq->out, GET_BECAUSE, iq_str(rq->because));
	write_valid(rq, &image, m.day);
	if (in->known_at > 0 || in->known_on[0] != '\0')
		iq_wire_uint(rq->out, GET_KNOWN_AT, m.revision);
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
