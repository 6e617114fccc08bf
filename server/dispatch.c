/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "codec.h"
#include "date.h"
#include "frame.h"
#define IQ_LOG_PART IQ_LOG_REQUEST
#include "log.h"
#include "login.h"
#include "prescan.h"

enum { RESPONSE_ID = 1, RESPONSE_MORE, RESPONSE_ERROR };

/* Memory for answering, beyond what decoding may take: long answers are made in the lane. */
enum { WORK_WORKER = 32 << 20, WORK_LANE = 256 << 20, WORK_JOB = 64 << 20 };

struct opened {
	size_t frame, body;
};

static struct opened response_begin(struct iq_buf *out, uint32_t field, uint64_t id, bool more)
{
	struct opened o;

	o.frame = iq_frame_begin(out);
	iq_wire_uint(out, RESPONSE_ID, id);
	iq_wire_bool(out, RESPONSE_MORE, more);
	o.body = iq_wire_begin(out, field);
	return o;
}

static void response_end(struct iq_buf *out, struct opened o)
{
	iq_wire_end(out, o.body);
	iq_frame_end(out, o.frame);
}

void iq_dispatch_error(uint64_t id, const struct iq_error *error, struct iq_buf *out)
{
	struct opened o = response_begin(out, RESPONSE_ERROR, id, false);

	iq_codec_error(out, error);
	response_end(out, o);
}

void iq_dispatch_body(
	uint32_t field, uint64_t id, bool more, struct iq_str body, struct iq_buf *out)
{
	struct opened o = response_begin(out, field, id, more);

	iq_buf_str(out, body);
	response_end(out, o);
}

void iq_dispatch_done(const struct iq_op *op, uint64_t id, const struct iq_op_job *job,
	uint64_t revision, struct iq_buf *out)
{
	struct iq_error e = job->job.error;

	if (job->job.err == IQ_OK) {
		for (size_t i = 0, at = 0; i < job->nparts; at = job->parts[i++])
			iq_dispatch_body((uint32_t)op->tag, id, true,
				(struct iq_str){
					(const char *)job->job.answer.p + at, job->parts[i] - at},
				out);
		struct opened o = response_begin(out, (uint32_t)op->tag, id, false);

		iq_op_job_answer(op, job, revision, out);
		response_end(out, o);
		return;
	}
	if (e.code == IQ_OK || e.text == NULL)
		iq_error_set(&e, job->job.err, N_("The server could not store the change."),
			iq_err_retryable(job->job.err) ? N_("Try again.")
						       : N_("Ask the operator to look at its log."),
			NULL);
	iq_dispatch_error(id, &e, out);
}

void iq_dispatch_free(struct iq_op_job *job)
{
	if (job == NULL)
		return;
	iq_op_job_release(job);
	iq_buf_free(&job->job.answer);
	iq_arena_free(&job->arena);
	free(job);
}

const struct iq_op *iq_dispatch_peek(struct iq_str frame, uint64_t *id)
{
	const struct iq_op *op = NULL;
	struct iq_wire_field f;
	bool bad = false;

	*id = 0;
	while (iq_wire_next(&frame, &f, &bad)) {
		if (f.field == 1 && f.type == IQ_WIRE_VARINT)
			*id = f.value;
		else if (f.type == IQ_WIRE_LEN && f.field < INT32_MAX && op == NULL)
			op = iq_op_find((int)f.field);
	}
	return op;
}

/* Unpacks the frame, within a cap that depends on its length; then there is room to work. */
static const Iq__V1__Request *unpack(
	struct iq_arena *arena, struct iq_str frame, size_t work, struct iq_error *error)
{
	ProtobufCAllocator allocator = iq_codec_allocator(arena);
	size_t used = arena->used;

	arena->cap = used + IQ_LIMIT_ARENA_BASE + IQ_LIMIT_ARENA_FACTOR * frame.n;
	const Iq__V1__Request *msg =
		iq__v1__request__unpack(&allocator, frame.n, (const uint8_t *)frame.p);

	if (msg == NULL) {
		bool full = arena->failed;

		arena->failed = false;
		arena->cap = 0;
		iq_error_set(error, IQ_ERR_USAGE,
			full ? N_("The request has too many parts.")
			     : N_("The request cannot be read."),
			N_("Use an iqq of the server's version."), NULL);
		return NULL;
	}
	arena->cap = arena->used + work;
	return msg;
}

static struct iq_op_job *job_new(const struct iq_dispatch *d)
{
	struct iq_op_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	iq_arena_init(&job->arena, 0);
	iq_buf_init(&job->job.answer, IQ_LIMIT_ANSWER_MAX);
	iq_error_init(&job->job.error, &job->arena);
	job->svc = d->desk->svc;
	job->today = d->desk->today;
	job->now_us = d->desk->now_us;
	snprintf(job->principal, sizeof(job->principal), "%s", d->caller->session.principal);
	snprintf(job->peer, sizeof(job->peer), "%s", d->caller->session.peer);
	memcpy(job->serial, d->caller->session.serial, sizeof(job->serial));
	job->external = d->caller->session.external;
	job->job.connection = d->caller->session.number;
	job->job.request = d->id;
	job->job.change.time_us = d->desk->now_us;
	job->job.change.principal = iq_str(job->principal);
	job->job.audit = (struct iq_audit_entry){.event = IQ_AUDIT_WRITTEN,
		.time_us = d->desk->now_us,
		.principal = iq_str(job->principal),
		.peer = iq_str(job->peer)};
	return job;
}

/* What is known before the frame was decoded; false: answered by an error. */
static enum iq_err examine(struct iq_dispatch *d, struct iq_error *error, bool *fatal)
{
	const char *why = NULL;
	enum iq_err err =
		iq_prescan(&iq__v1__request__descriptor, d->frame, &iq_prescan_request, &why);

	if (err == IQ_ERR_UNSUPPORTED)
		return iq_error_set(error, err,
			why ? why : N_("This server is older than the client."),
			N_("Use an iqq of the server's version."), NULL);
	if (err != IQ_OK) {
		*fatal = true;
		d->id = 0;
		return iq_error_set(error, IQ_ERR_USAGE,
			why ? why : N_("The request cannot be read."),
			N_("Use an iqq of the server's version."), NULL);
	}
	if (d->op == NULL)
		return iq_error_set(error, IQ_ERR_USAGE, N_("The request asks for nothing."),
			N_("Use an iqq of the server's version."), NULL);
	if (d->frame.n > d->op->frame_max)
		return iq_error_set(error, IQ_ERR_USAGE, N_("The request is too long."),
			N_("Ask for less at once."), NULL);
	return IQ_OK;
}

static struct iq_req request_of(
	struct iq_dispatch *d, struct iq_arena *arena, struct iq_error *error, struct iq_buf *out)
{
	return (struct iq_req){.body = d->frame,
		.arena = arena,
		.rtxn = d->desk->rtxn,
		.txn = iq_rtxn_txn(d->desk->rtxn),
		.vocab = d->desk->vocab,
		.memo = d->desk->memo,
		.notes = d->desk->notes,
		.principal = d->op->mode == IQ_MODE_ANON ? NULL : d->caller->principal,
		.session = &d->caller->session,
		.svc = d->desk->svc,
		.today = d->desk->today,
		.now_us = d->desk->now_us,
		.out = out,
		.error = error,
		.sealed = d->sealed,
		.resume = d->resume};
}

static enum iq_err not_allowed(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_DENIED, N_("You may not do this."),
		N_("Your rights are shown by: iqq whoami"), NULL);
}

/* Who sits in a workshop votes and brings topics; what is to be written is asked below. */
static bool may_begin(const struct iq_dispatch *d)
{
	const struct iq_principal *p = d->caller->principal;

	return iq_decide(p, d->op->action, NULL, d->desk->vocab, d->desk->today) ||
	       (d->op->tag == IQ__V1__REQUEST__OP_WRITE && p != NULL && p->nworkshops > 0);
}

static enum iq_err authorise(struct iq_dispatch *d, struct iq_error *error)
{
	if (d->op->mode == IQ_MODE_ANON || iq_login_anonymous(d->caller, d->desk->svc, d->op))
		return IQ_OK;
	enum iq_err err = iq_caller_check(d->caller, d->desk, error);

	if (err == IQ_OK)
		err = iq_login_current(d->caller, d->op, d->desk->now_us, error);
	if (err != IQ_OK)
		return err;
	if (!d->caller->greeted) {
		struct iq_req rq = request_of(d, &d->desk->arena, error, NULL);

		d->caller->greeted = true;
		iq_debt_note(&rq, IQ_AUDIT_LOGIN, NULL, d->id);
	}
	if (may_begin(d))
		return IQ_OK;
	return not_allowed(error);
}

/* Let in for the sake of a workshop: only for what that works on. */
static bool may_write(const struct iq_dispatch *d, const Iq__V1__Request *msg)
{
	return iq_decide(
		       d->caller->principal, d->op->action, NULL, d->desk->vocab, d->desk->today) ||
	       (msg->op_case == IQ__V1__REQUEST__OP_WRITE &&
		       iq_kind_in_circle(iq_kind_by_name(iq_str(msg->write->kind))));
}

/* What the audit gets once the change is durable; the operation may have said more already. */
static void describe(struct iq_dispatch *d, struct iq_op_job *job, const struct iq_req *rq)
{
	struct iq_audit_entry *e = &job->job.audit;
	const struct iq_change *change = &job->job.change;
	const struct iq_principal *p = rq->principal;

	if (e->operation.n == 0)
		e->operation = change->operation.n ? change->operation : iq_str(d->op->name);
	if (e->purpose.n == 0)
		e->purpose = change->reason;
	if (p != NULL && p->institution != IQ_NONE)
		e->institution = iq_arena_dup(
			&job->arena, iq_id_of(rq->txn, IQ_INSTITUTION, p->institution));
}

static enum iq_dispatched start_job(struct iq_dispatch *d, struct iq_error *error)
{
	struct iq_op_job *job = job_new(d);
	struct iq_str frame = {NULL, 0};
	struct iq_req rq;

	if (job != NULL)
		frame = iq_arena_dup(&job->arena, d->frame);
	if (frame.p == NULL) {
		iq_error_set(error, IQ_ERR_BUSY, N_("The server is out of memory."),
			N_("Try again."), NULL);
		goto fail;
	}
	job->msg = unpack(&job->arena, frame, WORK_JOB, error);
	if (job->msg == NULL)
		goto fail;
	if (!may_write(d, job->msg)) {
		(void)not_allowed(error);
		goto fail;
	}
	rq = request_of(d, &d->desk->arena, error, NULL);
	rq.msg = job->msg;
	rq.body = frame;
	if (d->op->prepare(&rq, &job->job) != IQ_OK)
		goto fail;
	describe(d, job, &rq);
	d->job = job;
	return IQ_DISPATCH_WRITE;
fail:
	iq_dispatch_free(job);
	iq_dispatch_error(d->id, error, d->out);
	return IQ_DISPATCH_DONE;
}

/* ---- answers that are kept ------------------------------------------------------------------ */

/*
 * The bytes that decide about the answer to a question: all but the id before them. Empty: the
 * request is no question, or written in another way than clients do.
 */
static struct iq_str question_of(const struct iq_dispatch *d)
{
	struct iq_str rest = d->frame, question, none = {NULL, 0};
	struct iq_wire_field f;
	bool bad = false;

	if (d->desk->notes == NULL || d->in_lane || d->op == NULL ||
		d->op->tag != IQ__V1__REQUEST__OP_WHO || d->frame.n > d->op->frame_max ||
		!iq_wire_next(&rest, &f, &bad) || f.field != 1 || f.type != IQ_WIRE_VARINT)
		return none;
	question = rest;
	if (!iq_wire_next(&rest, &f, &bad) || f.field != (uint32_t)d->op->tag ||
		f.type != IQ_WIRE_LEN || rest.n != 0)
		return none;
	return question;
}

/* An answer that was given in this snapshot to the same bytes, which were examined then. */
static const struct iq_kept *recall(const struct iq_dispatch *d)
{
	struct iq_str question = question_of(d);

	return question.n > 0 ? iq_notes_find(d->desk->notes, d->desk->memo, question) : NULL;
}

static void answer_again(const struct iq_dispatch *d, const struct iq_kept *kept)
{
	struct opened o = response_begin(d->out, (uint32_t)d->op->tag, d->id, false);

	iq_notes_write(kept, d->out);
	response_end(d->out, o);
}

/* READ and SPOOL: answered here and now, into the output itself. */
static enum iq_dispatched answer(struct iq_dispatch *d, struct iq_error *error)
{
	struct iq_arena *arena = &d->desk->arena;
	struct iq_buf *out = d->out;
	size_t start = out->n;
	struct iq_req rq = request_of(d, arena, error, out);
	struct iq_str question = question_of(d);
	const struct iq_audit *audit = rq.svc->audit;
	enum iq_err err = IQ_OK;

	if (question.n > 0)
		iq_notes_begin(rq.notes);
	rq.sealed = d->sealed || (audit != NULL && !iq_audit_writable(audit));
	if (!d->op->raw) {
		rq.msg = unpack(arena, d->frame, d->in_lane ? WORK_LANE : WORK_WORKER, error);
		if (rq.msg == NULL)
			err = error->code;
	}
	if (err == IQ_OK && d->op->cost != NULL && !d->in_lane && d->op->cost(&rq) > IQ_LANE_COST &&
		error->code == IQ_OK)
		return IQ_DISPATCH_LANE;
	if (err == IQ_OK) {
		struct opened o = response_begin(out, (uint32_t)d->op->tag, d->id, false);

		out->max = start + IQ_LIMIT_ANSWER_MAX;
		err = d->op->handle(&rq);
		if (err == IQ_OK && error->code == IQ_OK && question.n > 0 && rq.nowed == 0)
			iq_notes_keep(rq.notes, out, o.body, question);
		iq_notes_spoil(rq.notes);
		response_end(out, o);
		out->max = 0;
		if (err == IQ_OK && out->failed)
			err = iq_error_set(error, IQ_ERR_BUSY, N_("The answer is too long."),
				N_("Narrow the question, or use --limit."), NULL);
	}
	if (err == IQ_OK && error->code == IQ_OK && rq.wait_ms > 0 && rq.nowed == 0 &&
		d->may_wait) {
		d->wait_ms = rq.wait_ms;
		d->cookie = rq.cookie;
		return IQ_DISPATCH_WAIT;
	}
	if (err == IQ_OK && error->code == IQ_OK && rq.nowed > 0) {
		d->debt = iq_debt_new(&rq, d->op->name, d->id);
		if (d->debt != NULL)
			return IQ_DISPATCH_OWED;
		err = iq_error_set(error, IQ_ERR_BUSY, N_("The server is out of memory."),
			N_("Try again."), NULL);
	}
	if (err != IQ_OK || error->code != IQ_OK) {
		out->n = start;
		out->failed = false;
		iq_dispatch_error(d->id, error, out);
	}
	return IQ_DISPATCH_DONE;
}

void iq_dispatch_count(struct iq_desk *desk, const struct iq_op *op, enum iq_err result, int64_t us)
{
	enum iq_log_level level = result == IQ_ERR_INTERNAL ? IQ_LOG_WARN : IQ_LOG_DEBUG;

	iq_meter_count(desk->meter, op, result, us);
	if (iq_log_wanted(IQ_LOG_REQUEST, level))
		iq_log(level, "answered op=%s result=%s us=%lld", op ? op->name : "none",
			iq_err_name(result), (long long)us);
}

/* A refusal goes on record; who was refused does not wait for it. */
static void note_refusal(struct iq_dispatch *d, struct iq_error *error)
{
	struct iq_req rq;

	if (error->code != IQ_ERR_DENIED || d->op == NULL)
		return;
	rq = request_of(d, &d->desk->arena, error, NULL);
	iq_debt_note(&rq, IQ_AUDIT_REFUSED, d->op->name, d->id);
}

enum iq_dispatched iq_dispatch(struct iq_dispatch *d)
{
	enum iq_dispatched how = IQ_DISPATCH_DONE;
	struct iq_error error;
	const struct iq_kept *kept;
	bool fatal = false;
	int64_t began_us = iq_monotonic_us();

	iq_arena_reset(&d->desk->arena);
	d->desk->arena.cap = WORK_WORKER;
	iq_error_init(&error, &d->desk->arena);
	d->job = NULL;
	d->debt = NULL;
	d->op = iq_dispatch_peek(d->frame, &d->id);
	iq_log_about((struct iq_log_context){d->caller->session.number, d->id});
	kept = recall(d);
	if ((kept == NULL && examine(d, &error, &fatal) != IQ_OK) ||
		authorise(d, &error) != IQ_OK) {
		iq_dispatch_error(d->id, &error, d->out);
		how = fatal ? IQ_DISPATCH_FATAL : IQ_DISPATCH_DONE;
	} else if (kept != NULL) {
		answer_again(d, kept);
	} else if (d->op->prepare != NULL) {
		how = start_job(d, &error);
	} else {
		how = answer(d, &error);
	}
	note_refusal(d, &error);
	/* Others are counted where they are answered, or asked again. */
	if (how == IQ_DISPATCH_DONE || how == IQ_DISPATCH_OWED || how == IQ_DISPATCH_FATAL)
		iq_dispatch_count(d->desk, d->op, error.code, iq_monotonic_us() - began_us);
	iq_log_about(IQ_LOG_NOBODY);
	return how;
}
