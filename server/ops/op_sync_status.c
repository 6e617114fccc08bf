/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: how the lists of institutions stand, and one plan as it stands now. */
#include "sync_run.h"

enum { STATUS_STATES = 2, STATUS_PLAN };
enum { STATE_REVISION = 2, STATE_TIME, STATE_BY, STATE_ROWS, STATE_PLANS, STATE_NAME };
enum { STATES = 1000 };

struct listing {
	struct iq_sync_run *x;
	iq_num institution; /* whose plans */
	bool any;
};

static bool list_plan(void *arg, const struct iq_plan_file *plan)
{
	struct listing *l = arg;
	struct iq_sync_run *x = l->x;

	if (plan->institution != l->institution || plan->until_us < x->o->now_us ||
		!iq_str_eq(plan->principal, x->right.principal.id) ||
		iq_sync_used(x->right.txn, iq_str(plan->id)))
		return true;
	iq_sync_answer_head(x, STATE_PLANS, plan, x->right.txn);
	return true;
}

static void write_state(struct iq_sync_run *x, iq_num institution)
{
	struct iq_buf *out = &x->o->job.answer;
	struct listing l = {.x = x, .institution = institution};
	struct iq_sync_state state;
	struct iq_rec rec;
	bool english = x->o->msg->sync_status->lang == IQ__V1__LANG__EN;
	size_t mark = iq_wire_begin(out, STATUS_STATES);

	iq_wire_str(out, 1, iq_id_of(x->right.txn, IQ_INSTITUTION, institution));
	if (iq_sync_state_get(x->right.txn, institution, &state)) {
		iq_wire_uint(out, STATE_REVISION, state.revision);
		iq_wire_uint(out, STATE_TIME, (uint64_t)state.time_us);
		iq_wire_str(out, STATE_BY, state.principal);
		iq_wire_uint(out, STATE_ROWS, state.rows);
	}
	iq_plan_each(x->o->svc->dir, &x->arena, list_plan, &l);
	if (iq_rec_get(x->right.txn, IQ_INSTITUTION, institution, &x->arena, &rec))
		iq_wire_str(out, STATE_NAME, iq_rec_name(&rec, english));
	iq_wire_end(out, mark);
}

struct editable {
	struct iq_sync_run *x;
	iq_num found[STATES];
	size_t n;
};

static bool may_sync(struct iq_sync_run *x, iq_num institution)
{
	struct iq_chain chain;

	iq_chain_read(x->right.txn, institution, &chain);
	return iq_right_may(&x->right, IQ_ACTION_EDIT, institution, institution, chain.region);
}

static void note_one(struct editable *e, iq_num institution)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->found[i] == institution)
			return;
	if (e->n < STATES && institution != IQ_NONE && may_sync(e->x, institution))
		e->found[e->n++] = institution;
}

static bool note_state(void *arg, struct iq_str key, struct iq_str value)
{
	iq_num num = 0;

	(void)value;
	for (size_t i = 1; key.n == 5 && i < 5; i++)
		num = num << 8 | (uint8_t)key.p[i];
	note_one(arg, num);
	return true;
}

static bool note_plan(void *arg, const struct iq_plan_file *plan)
{
	struct editable *e = arg;

	if (iq_str_eq(plan->principal, e->x->right.principal.id))
		note_one(e, plan->institution);
	return true;
}

/* Those that were synced before, have a plan, or are the caller's own. */
static enum iq_err all_states(struct iq_sync_run *x)
{
	struct editable *e = iq_arena_zalloc(&x->arena, sizeof(*e));
	const struct iq_principal *p = &x->right.principal;

	if (e == NULL)
		return iq_error_set(&x->o->job.error, IQ_ERR_BUSY,
			N_("There is not enough memory."), N_("Try again."), NULL);
	e->x = x;
	note_one(e, p->institution);
	for (size_t i = 0; i < p->ngrants; i++)
		if (p->grants[i].role == IQ_ACCESS_EDITOR)
			note_one(e, p->grants[i].institution);
	iq_plan_each(x->o->svc->dir, &x->arena, note_plan, e);
	iq_table_each(x->right.txn, IQ_TABLE_LIVING, IQ_STR("s"), note_state, e);
	for (size_t i = 0; i < e->n; i++)
		write_state(x, e->found[i]);
	return IQ_OK;
}

static enum iq_err status(struct iq_sync_run *x)
{
	struct iq_op_job *o = x->o;
	const Iq__V1__SyncStatusRequest *in = o->msg->sync_status;
	enum iq_err err;

	if (in->plan[0] != '\0') {
		err = iq_sync_run_plan(x, iq_str(in->plan));
		x->s.english = in->lang == IQ__V1__LANG__EN;
		return err == IQ_OK ? iq_sync_show_plan(x, STATUS_PLAN) : err;
	}
	if (o->sync->institution == IQ_NONE)
		return all_states(x);
	err = iq_sync_run_for(x, o->sync->institution);
	if (err == IQ_OK)
		write_state(x, o->sync->institution);
	return err;
}

static enum iq_err run_status(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_sync_run x;
	enum iq_err err = iq_sync_run_begin(&x, o, w, vocab);

	if (err == IQ_OK)
		err = status(&x);
	iq_sync_run_end(&x);
	return err;
}

enum iq_err iq_op_sync_status(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__SyncStatusRequest *in = rq->msg->sync_status;
	struct iq_op_job *o = (struct iq_op_job *)job;
	enum iq_err err = iq_sync_prepare(rq, job);

	if (err == IQ_OK && in->institution[0] != '\0')
		err = iq_req_term(
			rq, IQ_INSTITUTION, iq_str(in->institution), false, &o->sync->institution);
	if (err != IQ_OK)
		return err;
	job->run = run_status;
	return IQ_OK;
}
