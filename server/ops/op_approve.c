/* SPDX-License-Identifier: Apache-2.0 */
/* Deciding on what waits for a second person; lifting the daily limit. */
#include "bounds.h"
#include "date.h"
#include "give.h"

enum { APPROVALS = 2 };

/* ---- who may decide -------------------------------------------------------------------------- */

/* Whose rights the request is about: nobody decides on that for oneself. */
static struct iq_str affected(const struct iq_approval *a)
{
	struct iq_str grant = iq_image_field(a->request, IQ__V1__REQUEST__OP_GRANT);
	struct iq_str principal = iq_image_field(a->request, IQ__V1__REQUEST__OP_PRINCIPAL);

	return iq_image_field(grant.n ? grant : principal, 3);
}

/* The consent of an institution's editors is theirs; nobody has it for everything. */
static bool editors_decide(const struct iq_approval *a)
{
	return a->needs == IQ_ACTION_ACCEPT &&
	       (iq_str_is(a->operation, "grant") || iq_str_is(a->operation, "principal"));
}

/* The right it needs, whoever it is. */
static bool holds(struct iq_right *r, const struct iq_approval *a)
{
	struct iq_chain chain;

	if (iq_approval_void(r->txn, a, &r->job->arena))
		return false;
	if (a->needs == IQ_ACTION_GRANT)
		return iq_give_covers_scope(r, a->institution, a->region);
	if (editors_decide(a))
		return iq_is_editor_of(r->txn, &r->principal, a->institution, r->job->today);
	iq_chain_read(r->txn, a->institution, &chain);
	return iq_right_may(
		r, a->needs, a->institution, a->institution, a->region ? a->region : chain.region);
}

static bool is_other_person(struct iq_right *r, struct iq_str id)
{
	struct iq_arena *arena = &r->job->arena;
	struct iq_account self, other;

	return id.n == 0 || !iq_account_get(r->txn, id, arena, &other) ||
	       (iq_account_get(r->txn, r->principal.id, arena, &self) &&
		       !iq_same_person(&self, &other));
}

static bool may_decide(struct iq_right *r, const struct iq_approval *a)
{
	return holds(r, a) && is_other_person(r, a->by) && is_other_person(r, affected(a));
}

static const char *state_of(struct iq_right *r, const struct iq_approval *a)
{
	static const char *const names[] = {"waiting", "approved", "rejected"};

	if (a->state != IQ_APPROVAL_WAITING)
		return names[a->state];
	if (a->until_us < r->job->now_us)
		return "expired";
	return iq_approval_void(r->txn, a, &r->job->arena) ? "void" : "waiting";
}

static void write_approval(struct iq_buf *out, const struct iq_approval *a, const char *state,
	bool changes, bool yours)
{
	size_t mark = iq_wire_begin(out, APPROVALS);

	iq_wire_uint(out, 1, a->id);
	iq_wire_str(out, 2, a->operation);
	iq_wire_str(out, 3, iq_str(state));
	iq_wire_str(out, 4, a->by);
	iq_wire_uint(out, 5, (uint64_t)a->made_us);
	iq_wire_uint(out, 6, (uint64_t)a->until_us);
	iq_wire_str(out, 7, a->reason);
	if (changes)
		iq_buf_str(out, a->changes);
	iq_wire_str(out, 9, a->decided_by);
	iq_wire_bool(out, 10, yours);
	iq_wire_end(out, mark);
}

/* ---- in the writer's thread ----------------------------------------------------------------- */

static const char *number_of(struct iq_op_job *o, uint64_t id)
{
	const char *text = iq_arena_printf(&o->arena, "%llu", (unsigned long long)id);

	return text ? text : "";
}

static enum iq_err no_approval(struct iq_error *error, const char *number)
{
	return iq_error_set(error, IQ_ERR_NOT_FOUND,
		N_("Nothing waits under the number {0} for you."),
		N_("What waits is listed by: iqq approve"), number, NULL);
}

/* On the machine itself: only while there is nobody else, and never instead of an institution. */
static enum iq_err check_operator(struct iq_right *r, const struct iq_approval *a)
{
	struct iq_error *error = &r->job->job.error;

	if (editors_decide(a))
		return iq_error_set(error, IQ_ERR_DENIED,
			N_("This needs the consent of the institution's own editors."),
			N_("One of them consents with: iqq approve {0}"), number_of(r->job, a->id),
			NULL);
	if (iq_admin_count(r->txn, r->job->today, &r->job->arena) <= 1)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_DENIED,
		N_("There is more than one administrator: one of them decides."),
		N_("Another administrator approves with: iqq approve {0}"),
		number_of(r->job, a->id), NULL);
}

static enum iq_err check_void(struct iq_right *r, const struct iq_approval *a)
{
	if (!iq_approval_void(r->txn, a, &r->job->arena))
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
		N_("Number {0} is void: the contact belongs to another institution now."),
		N_("It must be asked for again."), number_of(r->job, a->id), NULL);
}

static enum iq_err check_person(struct iq_right *r, const struct iq_approval *a, bool reject)
{
	struct iq_error *error = &r->job->job.error;

	if (reject && iq_str_eq(a->by, r->principal.id)) /* takes it back */
		return IQ_OK;
	if (may_decide(r, a))
		return IQ_OK;
	if (!holds(r, a) && !iq_str_eq(a->by, r->principal.id))
		return no_approval(error, number_of(r->job, a->id));
	if (a->state == IQ_APPROVAL_WAITING && check_void(r, a) != IQ_OK)
		return error->code;
	return iq_error_set(error, IQ_ERR_DENIED,
		N_("Another person must decide on this: you asked for it, or it is about you."),
		a->needs == IQ_ACTION_ACCEPT
			? N_("The institution's editors decide: iqq approve {0}")
			: N_("While there is only one administrator, the operator approves on the "
			     "server: iqd approve --state DIR {0}"),
		number_of(r->job, a->id), NULL);
}

static enum iq_err check_state(struct iq_right *r, const struct iq_approval *a, bool reject)
{
	const char *number = number_of(r->job, a->id);

	if (a->state != IQ_APPROVAL_WAITING)
		return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
			N_("Number {0} was decided on already."), N_("See: iqq approve --all"),
			number, NULL);
	if (a->until_us < r->job->now_us)
		return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
			N_("Number {0} has waited too long and has expired."),
			N_("It must be asked for again."), number, NULL);
	return reject ? IQ_OK : check_void(r, a);
}

/* Who decides: rights as they are now. */
static enum iq_err load_decider(
	struct iq_right *r, struct iq_op_job *o, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_approval *approval = o->approval;
	enum iq_err err = IQ_OK;

	*r = (struct iq_right){.job = o, .txn = iq_wtxn_txn(w), .vocab = vocab};
	if (approval->approver.n == 0)
		return IQ_OK;
	o->approval = NULL;
	err = iq_right_load(r, o, w, vocab);
	o->approval = approval;
	return err;
}

static enum iq_err carry_out(struct iq_op_job *o, struct iq_wtxn *w, const struct iq_vocab *vocab,
	const struct iq_approval *a)
{
	struct iq_change change = o->job.change;
	enum iq_err err;

	/* The log names who asked; who approved stands in the approval and in the audit. */
	change.principal = a->by;
	change.reason = a->reason;
	iq_change_begin(w, &change);
	change = o->job.change;
	o->job.change.reason = a->reason;
	err = o->approval->run(&o->job, w, vocab);
	o->job.change = change;
	iq_buf_reset(&o->job.answer, SIZE_MAX);
	return err;
}

static enum iq_err run_decision(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_op_approval *approval = o->approval;
	struct iq_approval a;
	struct iq_right r;
	enum iq_err err = load_decider(&r, o, w, vocab);

	if (err == IQ_OK && !iq_approval_get(r.txn, approval->id, &o->arena, &a))
		err = no_approval(&job->error, number_of(o, approval->id));
	if (err == IQ_OK)
		err = approval->approver.n ? check_person(&r, &a, approval->reject)
					   : check_operator(&r, &a);
	if (err == IQ_OK)
		err = check_state(&r, &a, approval->reject);
	if (err == IQ_OK && !approval->reject) {
		approval->by = a.by;
		err = carry_out(o, w, vocab, &a);
		/* Erasing someone has emptied what waited, too. */
		if (err == IQ_OK && !iq_approval_get(r.txn, approval->id, &o->arena, &a))
			err = no_approval(&job->error, number_of(o, approval->id));
	}
	if (err != IQ_OK)
		return err;
	iq_job_writes(job);
	a.state = approval->reject ? IQ_APPROVAL_REJECTED : IQ_APPROVAL_APPROVED;
	a.decided_by = approval->approver.n ? approval->approver : IQ_STR("operator");
	a.decided_us = o->now_us;
	iq_approval_put(w, &a);
	write_approval(&job->answer, &a, state_of(&r, &a), true, false);
	return IQ_OK;
}

/* The daily limit of another person is lifted until a day. */
static enum iq_err run_quota(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__ApproveRequest *in = o->msg->approve;
	struct iq_account before, after;
	struct iq_right r;
	int32_t until = o->today;
	char date[11];
	enum iq_err err = iq_right_load(&r, o, w, vocab);

	if (err == IQ_OK)
		err = iq_give_own_account(&r, in->principal, true, &before);
	if (err != IQ_OK)
		return err;
	if (in->until[0] != '\0' &&
		(!iq_date_parse(iq_str(in->until), &until) || until < o->today ||
			until > o->today + IQ_LIMIT_QUOTA_FREE_DAYS))
		return iq_error_set(&job->error, IQ_ERR_USAGE,
			N_("The daily limit can be lifted until a day within the next 30 days."),
			N_("For example: iqq approve quota PRINCIPAL --until 2026-11-30"), NULL);
	if (!iq_give_covers_institution(&r, before.institution))
		return iq_give_denied(&r);
	if (!is_other_person(&r, before.id))
		return iq_error_set(&job->error, IQ_ERR_DENIED,
			N_("Nobody lifts their own daily limit."), N_("Ask another administrator."),
			NULL);
	after = before;
	after.quota_until = until;
	iq_job_writes(job);
	iq_account_put(w, &after, &before);
	struct iq_buf changes;

	iq_buf_init(&changes, 0);
	iq_date_format(until, date);
	iq_change_write(&changes, "principal", before.id, "quota_until", (struct iq_str){"", 0},
		iq_str(date));
	write_approval(&job->answer,
		&(struct iq_approval){.operation = IQ_STR("quota"),
			.by = before.id,
			.made_us = o->now_us,
			.changes = {(const char *)changes.p, changes.n},
			.decided_by = r.principal.id},
		"approved", true, false);
	iq_buf_free(&changes);
	return IQ_OK;
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

enum iq_err iq_approval_prepare(struct iq_req *rq, struct iq_job *job, uint64_t id, bool reject)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	ProtobufCAllocator allocator = iq_codec_allocator(&o->arena);
	struct iq_req inner = *rq;
	const struct iq_op *op;
	struct iq_approval a;
	enum iq_err err;

	o->approval = iq_arena_zalloc(&o->arena, sizeof(*o->approval));
	if (!iq_approval_get(rq->txn, id, &o->arena, &a) || o->approval == NULL)
		return no_approval(rq->error, number_of(o, id));
	o->approval->id = id;
	o->approval->reject = reject;
	/* Erased with the person it was about: a retry gets its answer, anybody else is told that
	 * it was decided. */
	bool empty = a.request.n == 0 && a.state != IQ_APPROVAL_WAITING;

	if (reject || empty) {
		job->run = run_decision;
		return IQ_OK;
	}
	inner.msg = iq__v1__request__unpack(&allocator, a.request.n, (const uint8_t *)a.request.p);
	inner.body = a.request;
	op = inner.msg ? iq_op_find((int)inner.msg->op_case) : NULL;
	if (op == NULL || op->prepare == NULL)
		return iq_error_set(rq->error, IQ_ERR_INTERNAL, N_("What waits cannot be read."),
			N_("Reject it and ask for it again."), NULL);
	err = op->prepare(&inner, job);
	o->approval->run = job->run;
	o->msg = inner.msg;
	job->run = run_decision;
	return err;
}

enum iq_err iq_op_approve(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__ApproveRequest *in = rq->msg->approve;
	struct iq_op_job *o = (struct iq_op_job *)job;
	enum iq_err err = IQ_OK;

	if (in->verb == IQ__V1__APPROVE_VERB__APPROVE_QUOTA) {
		job->run = run_quota;
		job->dry_run = in->dry_run;
		return iq_job_grant(rq, job, in->request_id, "quota", in->reason);
	}
	if (in->verb != IQ__V1__APPROVE_VERB__APPROVE_YES &&
		in->verb != IQ__V1__APPROVE_VERB__APPROVE_NO)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	bool reject = in->verb == IQ__V1__APPROVE_VERB__APPROVE_NO;

	err = iq_approval_prepare(rq, job, in->id, reject);
	if (err != IQ_OK)
		return err;
	o->approval->approver = iq_str(o->principal);
	job->dry_run = in->dry_run;
	struct iq_str operation = job->change.operation;

	err = iq_job_grant(rq, job, in->request_id, reject ? "reject" : "approve", in->reason);
	if (!reject)
		job->change.operation = operation;
	return err;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct listing {
	struct iq_req *rq;
	struct iq_right right;
	uint64_t id;
	bool all;
};

static bool list_one(void *arg, const struct iq_approval *a)
{
	struct listing *l = arg;
	struct iq_right *r = &l->right;
	const char *state = state_of(r, a);
	bool waits = strcmp(state, "waiting") == 0, own = iq_str_eq(a->by, r->principal.id);
	bool moved = iq_approval_void(r->txn, a, &r->job->arena), has = holds(r, a);
	struct iq_chain chain;

	iq_chain_read(r->txn, a->institution, &chain);
	/* What somebody saw when asking may be none of their business any more. */
	bool changes = has || (own && !iq_str_is(a->operation, "visibility")) ||
		       (!moved && iq_right_may(r, IQ_ACTION_EDIT, a->institution, a->institution,
					  chain.region));

	/* Whoever asked learns that nothing will come of it. */
	if ((own || has) &&
		(l->id ? a->id == l->id : waits || l->all || strcmp(state, "void") == 0))
		write_approval(l->rq->out, a, state, changes, waits && has && may_decide(r, a));
	iq_arena_reset(&r->job->arena);
	return l->rq->out->n < IQ_LIMIT_PAGE;
}

enum iq_err iq_op_approvals(struct iq_req *rq)
{
	const Iq__V1__ApprovalsRequest *in = rq->msg->approvals;
	struct listing l = {.rq = rq, .id = in->id, .all = in->all};
	struct iq_op_job job;

	iq_right_of_request(&l.right, rq, &job);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	size_t before = rq->out->n;

	iq_approval_each(rq->txn, list_one, &l);
	iq_arena_free(&job.arena);
	if (in->id != 0 && rq->out->n == before)
		return no_approval(
			rq->error, iq_arena_printf(rq->arena, "%llu", (unsigned long long)in->id));
	return iq_req_finish(rq);
}
