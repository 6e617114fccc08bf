/* SPDX-License-Identifier: Apache-2.0 */
/* A contact's work goes to the successor: at once, on a day to come, or not after all. */
#include "date.h"
#include "handover.h"

static void write_changes(
	struct iq_right *r, struct iq_buf *out, struct iq_str from, struct iq_diffs *diffs)
{
	iq_veil_diffs(r, IQ_CONTACT, from, diffs);
	for (size_t i = 0; i < diffs->n && out->n < IQ_LIMIT_ANSWER_MAX / 2; i++) {
		const struct iq_diff *d = &diffs->d[i];

		iq_change_put(out, IQ_HANDOVER_CHANGES, iq_schemas[d->kind].name, d->id, d->column,
			d->before, d->after);
	}
}

/* The contact that is meant, if the caller may change it. */
static enum iq_err find(struct iq_right *r, const char *id, iq_num *out)
{
	struct iq_str name = iq_str(id);
	enum iq_err err = iq_veil_target(r, IQ_CONTACT, name, iq_right_whole(r, IQ_CONTACT, name));

	*out = iq_id_find(r->txn, IQ_CONTACT, name);
	return err;
}

static enum iq_err take_back(
	struct iq_right *r, struct iq_wtxn *w, iq_num from, struct iq_diffs *diffs)
{
	struct iq_op_job *o = r->job;
	const Iq__V1__HandoverRequest *in = o->msg->handover;
	struct iq_waiting waiting;

	if (!iq_waiting_get(r->txn, from, &o->arena, &waiting))
		return iq_error_set(&o->job.error, IQ_ERR_NOT_FOUND,
			N_("No hand-over of {0} waits."),
			N_("What hangs on a contact is shown by: iqq handover {0}"), in->from,
			NULL);
	return iq_hand_back(r, w, &waiting, in->lang == IQ__V1__LANG__EN, &o->job.answer, diffs);
}

static enum iq_err hand_over(
	struct iq_right *r, struct iq_wtxn *w, iq_num from, struct iq_diffs *diffs)
{
	struct iq_op_job *o = r->job;
	const Iq__V1__HandoverRequest *in = o->msg->handover;
	struct iq_hand hand = {.from = from,
		.on = o->today,
		.english = in->lang == IQ__V1__LANG__EN,
		.items = &o->job.answer};
	enum iq_err err = find(r, in->to, &hand.to);

	if (err != IQ_OK)
		return err;
	if (hand.to == from)
		return iq_error_set(&o->job.error, IQ_ERR_USAGE,
			N_("{0} and {1} are the same contact."),
			N_("Name the successor: iqq handover FROM TO"), in->from, in->to, NULL);
	if (in->on[0] != '\0')
		(void)iq_date_parse(iq_str(in->on), &hand.on);
	hand.later = hand.on > o->today;
	return iq_hand_over(r, w, &hand, diffs);
}

static enum iq_err run_handover(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__HandoverRequest *in = o->msg->handover;
	struct iq_right right;
	struct iq_diffs diffs = {.d = NULL};
	iq_num from;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	o->nowed = 0; /* a batch may be run again */
	o->owed = NULL;
	if (err != IQ_OK)
		return err;
	err = find(&right, in->from, &from);
	if (err == IQ_OK)
		err = in->cancel ? take_back(&right, w, from, &diffs)
				 : hand_over(&right, w, from, &diffs);
	o->right = NULL;
	if (err == IQ_OK)
		write_changes(&right, &job->answer, iq_str(in->from), &diffs);
	return err;
}

/* ---- in the worker's thread ------------------------------------------------------------------ */

static enum iq_err check_day(struct iq_req *rq, const Iq__V1__HandoverRequest *in)
{
	int32_t on;

	if (in->on[0] == '\0')
		return IQ_OK;
	if (in->cancel || !iq_date_parse(iq_str(in->on), &on))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Dates are written as 2026-12-01."), iq_req_cstr(rq, iq_str(in->on)),
			NULL);
	if (on < rq->today)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("{0} is over: a hand-over takes place today or later."),
			N_("Leave --on out to hand over today."), in->on, NULL);
	return IQ_OK;
}

enum iq_err iq_op_handover(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__HandoverRequest *in = rq->msg->handover;
	bool given;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);

	/* The log keeps the reason for ever: never a text that might hold names. */
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &given);
	if (err != IQ_OK)
		return err;
	if (in->from[0] == '\0' || (in->to[0] == '\0') != in->cancel)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A hand-over needs two contacts: who goes, and the successor."),
			N_("For example: iqq handover FROM TO --on 2026-12-01; to take it back: "
			   "iqq handover FROM --cancel"),
			NULL);
	err = check_day(rq, in);
	if (err != IQ_OK)
		return err;
	iq_job_payload(rq, IQ__V1__REQUEST__OP_HANDOVER, job);
	job->change.operation = IQ_STR("handover");
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->run = run_handover;
	return IQ_OK;
}
