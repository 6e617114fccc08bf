/* SPDX-License-Identifier: Apache-2.0 */
/* Requests at the writer, in the slow lane or at the audit, and the order of their answers. */
#include <stddef.h>
#include <stdlib.h>

#include "date.h"
#include "log.h"
#include "worker_priv.h"

struct iq_pending {
	struct iq_mail mail; /* brings it back; first */
	struct iq_worker *worker;
	struct iq_conn *conn; /* NULL: gone */
	struct iq_pending *next;
	const struct iq_op *op;
	uint64_t id;
	bool ready;
	struct iq_op_job *job;   /* at the writer */
	struct iq_lane_job lane; /* in the lane; its `out` also holds answers that are ready */
	bool in_lane;
	struct iq_debt *debt; /* at the audit */
	size_t held;          /* bytes counted in conn->held */
	int64_t began_us;     /* monotonic; when it was made */
	int64_t until_us;     /* in the lane: how long it may wait; 0: as it asks */
};

/* Progress of an import on its way to its connection. */
struct progress {
	struct iq_mail mail; /* first */
	struct iq_pending *pending;
	struct iq_buf frame;
};

static struct iq_pending *pending_new(struct iq_conn *c, const struct iq_op *op, uint64_t id)
{
	struct iq_pending *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	*p = (struct iq_pending){.mail.kind = IQ_MAIL_DONE,
		.worker = c->worker,
		.conn = c,
		.op = op,
		.id = id,
		.began_us = iq_monotonic_us()};
	if (c->last != NULL)
		c->last->next = p;
	else
		c->first = p;
	c->last = p;
	c->npending++;
	return p;
}

static void pending_free(struct iq_pending *p)
{
	iq_dispatch_free(p->job);
	iq_caller_free(&p->lane.caller);
	free(p->lane.debt);
	free(p->debt);
	iq_buf_free(&p->lane.frame);
	iq_buf_free(&p->lane.resume);
	iq_buf_free(&p->lane.cookie);
	iq_buf_free(&p->lane.out);
	free(p);
}

static void out_of_memory(struct iq_conn *c)
{
	/* Answers must stay in order; without room to note one, the connection ends. */
	iq_conn_close(c);
}

static void error_of(struct iq_pending *p, const char *text)
{
	struct iq_error error;

	iq_error_init(&error, NULL);
	iq_error_set(&error, IQ_ERR_BUSY, text, N_("Try again in a moment."), NULL);
	iq_dispatch_error(p->id, &error, &p->lane.out);
	p->ready = true;
}

/* ---- from other threads --------------------------------------------------------------------- */

static void job_done(struct iq_job *job)
{
	struct iq_pending *p = ((struct iq_op_job *)job)->owner;

	(void)iq_queue_push(p->worker->mail, &p->mail.item); /* has no limit */
}

static void job_progress(struct iq_op_job *job, struct iq_str body)
{
	struct iq_pending *p = job->owner;
	struct progress *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return;
	m->mail.kind = IQ_MAIL_PROGRESS;
	m->pending = p;
	iq_buf_init(&m->frame, 0);
	iq_dispatch_body((uint32_t)p->op->tag, p->id, true, body, &m->frame);
	(void)iq_queue_push(p->worker->mail, &m->mail.item);
}

static void lane_done(struct iq_lane_job *job)
{
	struct iq_pending *p =
		(struct iq_pending *)((char *)job - offsetof(struct iq_pending, lane));

	(void)iq_queue_push(p->worker->mail, &p->mail.item);
}

static void audit_done(struct iq_audit_batch *batch, bool durable)
{
	struct iq_debt *debt = (struct iq_debt *)batch;
	struct iq_pending *p = debt->owner;

	debt->durable = durable;
	(void)iq_queue_push(p->worker->mail, &p->mail.item);
}

/* ---- in the worker's thread ------------------------------------------------------------------ */

/* The answer is in lane.out. */
static void hold(struct iq_pending *p)
{
	p->conn->held += p->lane.out.n - p->held;
	p->held = p->lane.out.n;
}

static void park(struct iq_pending *p, struct iq_debt *debt)
{
	struct iq_worker *w = p->worker;

	p->debt = debt;
	debt->owner = p;
	debt->batch.done = audit_done;
	hold(p);
	p->conn->nparked++;
	w->in_flight++;
	iq_audit_submit(w->svc->audit, &debt->batch);
}

static void unpark(struct iq_pending *p)
{
	p->conn->nparked--;
	free(p->debt);
	p->debt = NULL;
}

void iq_pending_write(struct iq_conn *c, const struct iq_op *op, uint64_t id, struct iq_op_job *job)
{
	struct iq_pending *p = pending_new(c, op, id);

	if (p == NULL) {
		iq_dispatch_free(job);
		out_of_memory(c);
		return;
	}
	p->job = job;
	job->owner = p;
	job->progress = job_progress;
	job->job.done = job_done;
	c->nwrites++;
	c->worker->in_flight++;
	if (iq_writer_submit(c->worker->svc->writer, &job->job))
		return;
	c->nwrites--;
	c->worker->in_flight--;
	iq_dispatch_free(job);
	p->job = NULL;
	error_of(p, N_("Too many changes are waiting to be written."));
}

/* False: answered, as there is no room in the lane. */
static bool to_lane(struct iq_pending *p)
{
	struct iq_conn *c = p->conn;
	struct iq_session *s = &p->lane.caller.session;

	/* Who it is; an import stays with its connection. */
	*s = c->caller.session;
	s->spool = NULL;
	s->import = NULL;
	p->lane.caller.greeted = true;
	p->lane.done = lane_done;
	if (!p->lane.frame.failed && iq_lane_submit(c->worker->lane, &p->lane)) {
		p->in_lane = c->lane = true;
		c->worker->in_flight++;
		return true;
	}
	error_of(p, N_("Too many long questions are waiting."));
	return false;
}

void iq_pending_lane(struct iq_conn *c, const struct iq_dispatch *d, int64_t until_us)
{
	struct iq_pending *p = pending_new(c, d->op, d->id);

	if (p == NULL) {
		out_of_memory(c);
		return;
	}
	iq_buf_init(&p->lane.frame, 0);
	iq_buf_init(&p->lane.out, 0);
	iq_buf_str(&p->lane.frame, d->frame);
	iq_buf_str(&p->lane.resume, d->resume);
	p->lane.may_wait = true;
	p->until_us = until_us;
	(void)to_lane(p);
}

void iq_pending_audit(struct iq_conn *c, const struct iq_dispatch *d, struct iq_str answer)
{
	struct iq_pending *p = pending_new(c, d->op, d->id);

	if (p == NULL) {
		free(d->debt);
		out_of_memory(c);
		return;
	}
	iq_buf_init(&p->lane.frame, 0);
	iq_buf_init(&p->lane.out, 0);
	iq_buf_str(&p->lane.frame, d->frame);
	iq_buf_str(&p->lane.out, answer);
	park(p, d->debt);
}

bool iq_pending_ready(struct iq_conn *c, struct iq_str frame)
{
	struct iq_pending *p = pending_new(c, NULL, 0);

	if (p == NULL)
		return false;
	iq_buf_init(&p->lane.out, 0);
	iq_buf_str(&p->lane.out, frame);
	p->ready = true;
	hold(p);
	return !p->lane.out.failed;
}

void iq_pending_collect(struct iq_conn *c)
{
	while (c->first != NULL && c->first->ready) {
		struct iq_pending *p = c->first;
		struct iq_buf *out = iq_conn_out(c);

		if (p->lane.out.failed)
			out->failed = true;
		iq_buf_add(out, p->lane.out.p, p->lane.out.n);
		c->first = p->next;
		if (c->first == NULL)
			c->last = NULL;
		c->npending--;
		c->held -= p->held;
		if (p->in_lane)
			c->lane = false;
		pending_free(p);
	}
}

void iq_pending_orphan(struct iq_conn *c)
{
	struct iq_pending *next;

	for (struct iq_pending *p = c->first; p != NULL; p = next) {
		next = p->next;
		p->conn = NULL;
		if (p->ready) /* nobody else holds it */
			pending_free(p);
	}
	c->first = c->last = NULL;
	c->npending = c->nwrites = c->nparked = c->held = 0;
}

/* What is sealed holds nothing that the audit would have to know. True: answered. */
static bool again_sealed(struct iq_pending *p)
{
	struct iq_worker *w = p->worker;
	struct iq_dispatch d = {.desk = &w->desk,
		.caller = &p->conn->caller,
		.frame = {(const char *)p->lane.frame.p, p->lane.frame.n},
		.sealed = true,
		.out = &p->lane.out};

	iq_buf_reset(&p->lane.out, 0);
	p->lane.sealed = true;
	if (p->lane.frame.n == 0) {
		error_of(p, N_("The audit log cannot be written at the moment."));
		return true;
	}
	if (p->in_lane)
		return !to_lane(p);
	if (!iq_desk_open(&w->desk)) {
		error_of(p, N_("The directory cannot be read at the moment."));
		return true;
	}
	enum iq_dispatched how = iq_dispatch(&d);

	iq_desk_close(&w->desk);
	return how != IQ_DISPATCH_LANE || !to_lane(p);
}

/*
 * Trials show what is on record, and so does a conflict with what others changed; the problems of a
 * list may tell whom a row could mean.
 */
static bool shows(const struct iq_op_job *job)
{
	if (job->job.err == IQ_ERR_CONFLICT)
		return job->nowed > 0 && job->job.error.nconflicts > 0;
	return job->nowed > 0 &&
	       (job->job.err == IQ_OK || (job->job.err == IQ_ERR_REJECTED && job->sync != NULL));
}

/* The writer is done with it. True: answered. */
static bool written(struct iq_pending *p)
{
	struct iq_worker *w = p->worker;
	struct iq_debt *debt = NULL;

	p->conn->nwrites--;
	iq_buf_init(&p->lane.out, 0);
	if (shows(p->job)) {
		debt = w->svc->audit ? iq_debt_of_job(p->job, p->id) : NULL;
		if (debt == NULL)
			error_of(p, N_("The audit log cannot be written at the moment."));
	}
	if (!p->ready)
		iq_dispatch_done(
			p->op, p->id, p->job, iq_rtxn_state(w->desk.rtxn)->revision, &p->lane.out);
	iq_dispatch_free(p->job);
	p->job = NULL;
	if (debt != NULL)
		park(p, debt);
	return debt == NULL;
}

/* It is alone on its connection: nothing goes on while something is in the lane. */
static void waits(struct iq_pending *p)
{
	struct iq_conn *c = p->conn;
	const struct iq_lane_job *l = &p->lane;
	int64_t until = iq_monotonic_us() + (int64_t)l->wait_ms * 1000;

	if (p->until_us != 0 && p->until_us < until)
		until = p->until_us;
	if (c->first != p || c->last != p || l->out.failed || l->cookie.failed || l->frame.failed ||
		!iq_wait_begin(c, (struct iq_str){(const char *)l->frame.p, l->frame.n},
			(struct iq_str){(const char *)l->out.p, l->out.n},
			(struct iq_str){(const char *)l->cookie.p, l->cookie.n}, until))
		return; /* answered as it is */
	p->lane.out.n = 0;
	iq_wait_news(c->worker); /* what was committed meanwhile */
}

/* The lane is done with it. True: answered. */
static bool worked_out(struct iq_pending *p)
{
	struct iq_debt *debt = p->lane.debt;

	p->lane.debt = NULL;
	if (debt != NULL)
		park(p, debt);
	else if (p->lane.wait_ms > 0)
		waits(p);
	return debt == NULL;
}

static bool settled(struct iq_pending *p)
{
	bool durable = p->debt->durable;

	unpark(p);
	return durable || again_sealed(p);
}

void iq_pending_arrived(struct iq_worker *w, struct iq_mail *mail)
{
	struct iq_pending *p = (struct iq_pending *)mail;
	struct iq_conn *c = p->conn;
	bool answered;

	w->in_flight--;
	if (p->job != NULL) {
		iq_debt_refused(w->svc->audit, p->job, p->id);
		iq_log_about((struct iq_log_context){p->job->job.connection, p->id});
		iq_dispatch_count(
			&w->desk, p->op, p->job->job.err, iq_monotonic_us() - p->began_us);
		iq_log_about(IQ_LOG_NOBODY);
	}
	if (c == NULL) {
		pending_free(p);
		return;
	}
	if (p->debt != NULL)
		answered = settled(p);
	else if (p->job != NULL)
		answered = written(p);
	else
		answered = worked_out(p);
	if (!answered)
		return;
	p->ready = true;
	if (c->first == p)
		iq_conn_resume(c);
}

void iq_pending_progress(struct iq_worker *w, struct iq_mail *mail)
{
	struct progress *m = (struct progress *)mail;
	struct iq_conn *c = m->pending->conn; /* its own mail comes after this one */

	(void)w;
	if (c != NULL && c->first == m->pending && !m->frame.failed) {
		iq_buf_add(iq_conn_out(c), m->frame.p, m->frame.n);
		iq_conn_flush(c);
	}
	iq_buf_free(&m->frame);
	free(m);
}
