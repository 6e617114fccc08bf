/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what a list of an institution would change, and changing it. All four operations run in the
 * writer's thread: it alone touches the files of plans. Plan, status and resolve are rolled back.
 */
#include "sync_run.h"

enum { APPLY_COUNTS = 2, APPLY_APPROVAL };
enum { ANSWER_MAX = 256 << 20, SPOOL_MAX = 64 << 20, SHOWN_IDS = 200 };

static const int64_t hour_us = INT64_C(3600) * 1000000;

enum iq_err iq_sync_prepare(struct iq_req *rq, struct iq_job *job)
{
	struct iq_op_job *o = (struct iq_op_job *)job;

	o->sync = iq_arena_zalloc(&o->arena, sizeof(*o->sync));
	if (o->sync == NULL)
		return iq_error_set(rq->error, IQ_ERR_BUSY, N_("There is not enough memory."),
			N_("Try again."), NULL);
	job->change.operation = IQ_STR("sync");
	job->alone = true;
	job->dry_run = true;
	/* Long answers leave in parts. */
	job->answer.max = ANSWER_MAX;
	return IQ_OK;
}

/* ---- plan ------------------------------------------------------------------------------------ */

struct oldest {
	struct iq_str principal;
	int64_t made_us;
	char id[IQ_PLAN_ID + 1];
	size_t n;
};

static bool look_at(void *arg, const struct iq_plan_file *plan)
{
	struct oldest *o = arg;

	if (!iq_str_eq(plan->principal, o->principal))
		return true;
	o->n++;
	if (plan->approval == 0 && (o->id[0] == '\0' || plan->made_us < o->made_us)) {
		o->made_us = plan->made_us;
		memcpy(o->id, plan->id, sizeof(o->id));
	}
	return true;
}

/* A new plan takes the place of the oldest that nobody waits for. */
static bool make_room(struct iq_sync_run *x)
{
	const char *dir = x->o->svc->dir;
	struct oldest o = {.principal = x->right.principal.id};

	iq_plan_each(dir, &x->arena, look_at, &o);
	if (o.n < IQ_LIMIT_PLANS)
		return true;
	if (o.id[0] == '\0')
		return false;
	iq_plan_remove(dir, o.id);
	return true;
}

/* The plan as it stands goes into its file: that is what was shown. */
static enum iq_err keep(struct iq_sync_run *x)
{
	struct iq_plan_file *p = &x->plan;
	struct iq_op_job *o = x->o;
	struct iq_buf rows;
	enum iq_err err;

	memcpy(p->digest, x->s.digest, sizeof(p->digest));
	p->deletes = x->s.deletes;
	p->second = x->s.second;
	p->made = x->s.made;
	p->nmade = x->s.nmade;
	iq_buf_init(&rows, 0);
	if (!iq_spool_save(x->s.spool, &rows)) {
		iq_buf_free(&rows);
		return iq_error_set(&o->job.error, IQ_ERR_BUSY, N_("There is not enough memory."),
			N_("Try again."), NULL);
	}
	p->rows = (struct iq_str){(const char *)rows.p, rows.n};
	err = iq_plan_save(o->svc->dir, p, &o->job.error);
	p->rows = (struct iq_str){NULL, 0};
	iq_buf_free(&rows);
	return err;
}

static enum iq_err compute(struct iq_sync_run *x)
{
	enum iq_err err = iq_sync_compare(&x->s);

	return err == IQ_OK ? iq_sync_write(&x->s) : err;
}

static enum iq_err make_plan(struct iq_sync_run *x)
{
	struct iq_op_job *o = x->o;
	const Iq__V1__SyncPlanRequest *in = o->msg->sync_plan;
	struct iq_plan_file *p = &x->plan;
	enum iq_err err = iq_sync_run_for(x, o->sync->institution);

	if (err != IQ_OK)
		return err;
	p->principal = x->right.principal.id;
	p->reason = o->job.change.reason;
	p->institution = o->sync->institution;
	p->delta = x->s.delta = in->delta;
	p->based_on = x->s.based_on = in->based_on;
	p->applied = x->s.applied = in->applied;
	p->revision = o->sync->revision;
	p->made_us = o->now_us;
	p->until_us = o->now_us + IQ_LIMIT_PLAN_HOURS * hour_us;
	x->s.spool = o->spool;
	x->s.english = in->lang == IQ__V1__LANG__EN;
	err = compute(x);
	if (err != IQ_OK)
		return err;
	if (iq_sync_any(&x->s)) {
		if (!iq_plan_id_make(p->id) || !make_room(x))
			return iq_error_set(&o->job.error, IQ_ERR_QUOTA,
				N_("You have too many plans that wait for a second person."),
				N_("See: iqq approve"), NULL);
		err = keep(x);
	}
	if (err == IQ_OK)
		iq_sync_answer(x, 0, true);
	return err;
}

static enum iq_err run_plan(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_sync_run x;
	enum iq_err err;

	o->sync->revision = iq_wtxn_state(w)->revision;
	err = iq_sync_run_begin(&x, o, w, vocab);
	if (err == IQ_OK)
		err = make_plan(&x);
	iq_sync_run_end(&x);
	return err;
}

/* The caller's own, or the only one it is an editor of. */
static enum iq_err own_institution(struct iq_req *rq, iq_num *out)
{
	const struct iq_principal *p = rq->principal;
	bool several = false;

	*out = p->institution;
	for (size_t i = 0; i < p->ngrants && p->institution == IQ_NONE; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (g->role != IQ_ACCESS_EDITOR || g->institution == IQ_NONE ||
			rq->today < g->from || rq->today > g->to)
			continue;
		several = several || (*out != IQ_NONE && *out != g->institution);
		*out = g->institution;
	}
	if (*out != IQ_NONE && !several)
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_USAGE, N_("Whose list is it?"),
		N_("For example: iqq sync plan PATH --institution vhs-dresden"), NULL);
}

static enum iq_err check_list(
	struct iq_req *rq, const struct iq_session *s, const Iq__V1__SyncPlanRequest *in)
{
	if (s->spool == NULL || s->import == NULL)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("No import was begun on this connection, or it failed before."),
			N_("Begin the import again."), NULL);
	if (s->import->keep_going)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A sync takes a list whole or not at all."),
			N_("Leave out --keep-going."), NULL);
	if (iq_spool_rows(s->spool) > IQ_LIMIT_SYNC_ROWS || iq_spool_bytes(s->spool) > SPOOL_MAX)
		return iq_error_set(rq->error, IQ_ERR_QUOTA, N_("The list is too long for a sync."),
			N_("Take several institutions, or iqq import."), NULL);
	if (in->based_on > iq_rtxn_state(rq->rtxn)->revision ||
		in->applied > iq_rtxn_state(rq->rtxn)->revision)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The revision that the list is based on does not exist yet."),
			N_("See: iqq status"), NULL);
	return IQ_OK;
}

enum iq_err iq_op_sync_plan(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__SyncPlanRequest *in = rq->msg->sync_plan;
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_session *s = rq->session;
	enum iq_err err = check_list(rq, s, in);

	if (err == IQ_OK)
		err = iq_sync_prepare(rq, job);
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(s->import->reason), &o->sync->reason);
	if (err == IQ_OK && in->institution[0] == '\0')
		err = own_institution(rq, &o->sync->institution);
	else if (err == IQ_OK)
		err = iq_req_term(rq, IQ_INSTITUTION, iq_str(in->institution),
			in->lang == IQ__V1__LANG__EN, &o->sync->institution);
	if (err == IQ_OK) {
		job->change.reason = iq_arena_dup(&o->arena, iq_str(s->import->reason));
		o->spool = s->spool;
		s->spool = NULL;
	}
	iq_session_release(s);
	job->run = run_plan;
	return err;
}

/* ---- apply ----------------------------------------------------------------------------------- */

static enum iq_err stale(struct iq_sync_run *x)
{
	return iq_error_set(&x->o->job.error, IQ_ERR_CONFLICT,
		N_("Others changed records since this plan was shown: it would do something else "
		   "now."),
		x->plan.approval
			? N_("Make a new one: iqq sync plan PATH")
			: N_("Look at it again: iqq sync status {0}. Then: iqq sync apply {0}"),
		x->plan.id, NULL);
}

/* Ids of what goes, and no names: they would lie about in what waits. */
static enum iq_err ask_second(struct iq_sync_run *x, struct iq_wtxn *w)
{
	struct iq_op_job *o = x->o;
	struct iq_ask a = {
		.operation = "sync", .needs = IQ_ACTION_EDIT, .institution = x->plan.institution};
	struct iq_buf changes;
	uint64_t number = 0;
	enum iq_err err;
	size_t shown = 0;

	iq_buf_init(&changes, 0);
	for (size_t i = 0; i < x->s.nlines && shown < SHOWN_IDS; i++) {
		const struct iq_sync_line *l = &x->s.lines[i];

		if (l->act != IQ_SYNC_ARCHIVE)
			continue;
		iq_change_write(&changes, iq_schemas[l->kind].name, l->id, "", l->id,
			(struct iq_str){NULL, 0});
		shown++;
	}
	a.changes = (struct iq_str){(const char *)changes.p, changes.n};
	err = changes.failed ? IQ_ERR_BUSY : iq_approval_ask(&x->right, w, &a, &number);
	iq_buf_free(&changes);
	if (err != IQ_OK)
		return err;
	/* It lives as long as it may be approved; if this is not stored, the request is refused. */
	x->plan.approval = number;
	memcpy(x->plan.asked, x->s.gone, sizeof(x->plan.asked));
	x->plan.until_us = o->now_us + (int64_t)IQ_LIMIT_APPROVAL_DAYS * 24 * hour_us;
	err = iq_plan_save(o->svc->dir, &x->plan, &o->job.error);
	o->job.audit.event = IQ_AUDIT_GRANTED;
	iq_wire_uint(&o->job.answer, APPLY_APPROVAL, number);
	return err;
}

static enum iq_err write_plan(struct iq_sync_run *x, struct iq_wtxn *w)
{
	struct iq_op_job *o = x->o;
	const Iq__V1__SyncApplyRequest *in = o->msg->sync_apply;
	enum iq_err err = iq_sync_write(&x->s);

	if (err != IQ_OK)
		return err;
	/* What others did elsewhere may have made one of these the last one. */
	if (x->s.nguards > 0 && in->allow_deletes != x->s.deletes)
		return iq_sync_refuse_guard(x, in->allow_deletes);
	/* Where only decisions were made, there is no new state. */
	iq_sync_note(&x->s, o->sync->revision + iq_sync_any(&x->s));
	iq_sync_used_put(w, x->plan.id, o->now_us);
	memcpy(o->sync->applied, x->plan.id, sizeof(o->sync->applied));
	iq_sync_answer_counts(&o->job.answer, APPLY_COUNTS, &x->s);
	return iq_txn_error(x->right.txn, NULL);
}

static enum iq_err apply(struct iq_sync_run *x, struct iq_wtxn *w)
{
	struct iq_op_job *o = x->o;
	const Iq__V1__SyncApplyRequest *in = o->msg->sync_apply;
	enum iq_err err = iq_sync_run_plan(x, iq_str(in->plan));

	if (err == IQ_OK)
		err = iq_sync_compare(&x->s);
	if (err != IQ_OK)
		return err;
	if (x->s.open > 0)
		return iq_sync_refuse_conflicts(x);
	if (memcmp(x->s.digest, x->plan.digest, sizeof(x->s.digest)) != 0)
		return stale(x);
	/* The second person agreed to what was shown then. */
	if (x->plan.approval != 0 && x->right.approved_by.n > 0 &&
		memcmp(x->s.gone, x->plan.asked, sizeof(x->s.gone)) != 0)
		return iq_error_set(&o->job.error, IQ_ERR_CONFLICT,
			N_("Other records would go now than those that were agreed to."),
			N_("Make a new one: iqq sync plan PATH"), NULL);
	if (x->s.second && x->right.approved_by.n == 0 && !o->job.dry_run) {
		x->s.deletes = x->plan.deletes; /* cells included */
		if (in->allow_deletes != x->s.deletes)
			return iq_sync_refuse_guard(x, in->allow_deletes);
		return ask_second(x, w);
	}
	o->nowed = 0; /* the answer names nobody */
	return write_plan(x, w);
}

static enum iq_err run_apply(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_sync_run x;
	enum iq_err err;

	o->sync->applied[0] = '\0';
	o->sync->revision = iq_wtxn_state(w)->revision;
	err = iq_sync_run_begin(&x, o, w, vocab);
	if (err == IQ_OK)
		err = apply(&x, w);
	job->audit.count = err == IQ_OK ? x.s.nlines : 0;
	iq_sync_run_end(&x);
	return err;
}

/* It holds names, and is of no use any more. */
static enum iq_err settle_apply(struct iq_job *job, struct iq_store *s)
{
	struct iq_op_job *o = (struct iq_op_job *)job;

	(void)s;
	if (o->sync->applied[0] != '\0')
		iq_plan_remove(o->svc->dir, o->sync->applied);
	return IQ_OK;
}

enum iq_err iq_op_sync_apply(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__SyncApplyRequest *in = rq->msg->sync_apply;
	struct iq_op_job *o = (struct iq_op_job *)job;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);

	if (err == IQ_OK)
		err = iq_sync_prepare(rq, job);
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &o->sync->reason);
	if (err != IQ_OK)
		return err;
	iq_job_payload(rq, IQ__V1__REQUEST__OP_SYNC_APPLY, job);
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->run = run_apply;
	job->settle = settle_apply;
	return IQ_OK;
}

/* ---- resolve --------------------------------------------------------------------------------- */

static bool decide(struct iq_sync_run *x, const struct iq_sync_line *l, bool theirs, int col)
{
	struct iq_plan_file *p = &x->plan;
	struct iq_sync_decision *grown = p->decisions;

	if (p->ndecisions == x->cap_decisions) {
		x->cap_decisions = p->ndecisions ? 2 * p->ndecisions : 16;
		grown = iq_arena_grow(&x->arena, p->decisions, p->ndecisions * sizeof(*grown),
			x->cap_decisions * sizeof(*grown));
	}
	if (grown == NULL)
		return false;
	grown[p->ndecisions] = (struct iq_sync_decision){.kind = l->kind,
		.id = l->id,
		.col = col,
		.theirs = theirs,
		.revision = l->revision};
	p->decisions = grown;
	p->ndecisions++;
	return true;
}

/* A record or field that was named: also anew. *n: how many decisions. False: no memory. */
static bool decide_named(struct iq_sync_run *x, const struct iq_sync_line *l, size_t *n)
{
	const Iq__V1__SyncResolveRequest *in = x->o->msg->sync_resolve;
	int col = in->column[0] ? iq_column_by_name(l->kind, iq_str(in->column)) : -1;

	if (!iq_str_is(l->id, in->id) ||
		(in->kind[0] != '\0' && l->kind != iq_kind_by_name(iq_str(in->kind))) ||
		(l->nconflicts == 0 && l->resolved == NULL) || (in->column[0] != '\0' && col < 0))
		return true;
	++*n;
	return decide(x, l, strcmp(in->side, "theirs") == 0, col);
}

/* What is still open. */
static bool decide_open(struct iq_sync_run *x, const struct iq_sync_line *l, size_t *n)
{
	const Iq__V1__SyncResolveRequest *in = x->o->msg->sync_resolve;

	if (in->kind[0] != '\0' && l->kind != iq_kind_by_name(iq_str(in->kind)))
		return true;
	for (size_t i = 0; i < l->nconflicts; i++) {
		++*n;
		if (!decide(x, l, strcmp(in->side, "theirs") == 0, l->conflicts[i].col))
			return false;
	}
	return true;
}

static enum iq_err decide_all(struct iq_sync_run *x, size_t *n)
{
	bool named = x->o->msg->sync_resolve->id[0] != '\0', ok = true;

	*n = 0;
	for (size_t i = 0; i < x->s.nlines && ok; i++)
		ok = named ? decide_named(x, &x->s.lines[i], n) : decide_open(x, &x->s.lines[i], n);
	return ok ? IQ_OK
		  : iq_error_set(&x->o->job.error, IQ_ERR_BUSY, N_("There is not enough memory."),
			    N_("Try again."), NULL);
}

enum iq_err iq_sync_show_plan(struct iq_sync_run *x, uint32_t field)
{
	enum iq_err err = compute(x);

	if (err == IQ_OK)
		err = keep(x);
	if (err == IQ_OK)
		iq_sync_answer(x, field, true);
	return err;
}

/* Looks a second time, with the decisions; nothing was written the first time. */
static enum iq_err again(struct iq_sync_run *x)
{
	struct iq_sync fresh = {.job = x->s.job,
		.w = x->s.w,
		.vocab = x->s.vocab,
		.spool = x->s.spool,
		.dir = x->s.dir,
		.institution = x->s.institution,
		.delta = x->s.delta,
		.english = x->s.english,
		.based_on = x->s.based_on,
		.applied = x->s.applied,
		.plan_revision = x->s.plan_revision,
		.today = x->s.today,
		.now_us = x->s.now_us,
		.made = x->s.made,
		.nmade = x->s.nmade,
		.cap_made = x->s.cap_made,
		.decisions = x->plan.decisions,
		.ndecisions = x->plan.ndecisions,
		.ctx = x,
		.sees = x->s.sees,
		.owns = x->s.owns,
		.sees_archived = x->s.sees_archived,
		.may_revive = x->s.may_revive,
		.sees_past = x->s.sees_past,
		.may_match = x->s.may_match,
		.shows = x->s.shows,
		.arena = &x->arena};

	x->s = fresh;
	return iq_sync_show_plan(x, 0);
}

static enum iq_err resolve(struct iq_sync_run *x)
{
	struct iq_op_job *o = x->o;
	const Iq__V1__SyncResolveRequest *in = o->msg->sync_resolve;
	enum iq_err err = iq_sync_run_plan(x, iq_str(in->plan));
	size_t n = 0;

	x->s.english = in->lang == IQ__V1__LANG__EN;
	if (err == IQ_OK)
		err = iq_sync_compare(&x->s);
	if (err == IQ_OK)
		err = decide_all(x, &n);
	if (err != IQ_OK)
		return err;
	if (n == 0 && in->id[0] != '\0')
		return iq_error_set(&o->job.error, IQ_ERR_NOT_FOUND,
			N_("Nothing is to be decided about “{0}” in this plan."),
			N_("What is open is shown by: iqq sync status {1}"), in->id, x->plan.id,
			NULL);
	return again(x);
}

static enum iq_err run_resolve(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_sync_run x;
	enum iq_err err = iq_sync_run_begin(&x, o, w, vocab);

	if (err == IQ_OK)
		err = resolve(&x);
	iq_sync_run_end(&x);
	return err;
}

enum iq_err iq_op_sync_resolve(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__SyncResolveRequest *in = rq->msg->sync_resolve;
	enum iq_err err = iq_sync_prepare(rq, job);
	enum iq_kind kind;

	if (err == IQ_OK && strcmp(in->side, "mine") != 0 && strcmp(in->side, "theirs") != 0)
		err = iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Which side counts: mine or theirs?"),
			N_("For example: iqq sync resolve PLAN theirs"), NULL);
	if (err == IQ_OK && in->kind[0] != '\0')
		err = iq_req_kind(rq, iq_str(in->kind), &kind);
	if (err != IQ_OK)
		return err;
	job->run = run_resolve;
	return IQ_OK;
}
