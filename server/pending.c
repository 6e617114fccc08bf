/* SPDX-License-Identifier: Apache-2.0 */
/* Requests at the writer or in the slow lane, and the order of their answers. */
#include <stddef.h>
#include <stdlib.h>

#include "date.h"
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
	*p = (struct iq_pending){
		.mail.kind = IQ_MAIL_DONE, .worker = c->worker, .conn = c, .op = op, .id = id};
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
	iq_buf_free(&p->lane.frame);
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

/* ---- in the worker's thread ------------------------------------------------------------------ */

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
	if (iq_writer_submit(c->worker->svc->writer, &job->job)) {
		c->worker->in_flight++;
		return;
	}
	error_of(p, N_("Too many changes are waiting to be written."));
}

void iq_pending_lane(struct iq_conn *c, const struct iq_op *op, uint64_t id, struct iq_str frame)
{
	struct iq_pending *p = pending_new(c, op, id);

	if (p == NULL) {
		out_of_memory(c);
		return;
	}
	iq_buf_init(&p->lane.frame, 0);
	iq_buf_init(&p->lane.out, 0);
	iq_buf_str(&p->lane.frame, frame);
	memcpy(p->lane.caller.session.principal, c->caller.session.principal,
		sizeof(c->caller.session.principal));
	memcpy(p->lane.caller.session.serial, c->caller.session.serial,
		sizeof(c->caller.session.serial));
	p->lane.done = lane_done;
	if (!p->lane.frame.failed && iq_lane_submit(c->worker->lane, &p->lane)) {
		p->in_lane = c->lane = true;
		c->worker->in_flight++;
		return;
	}
	error_of(p, N_("Too many long questions are waiting."));
}

bool iq_pending_ready(struct iq_conn *c, struct iq_str frame)
{
	struct iq_pending *p = pending_new(c, NULL, 0);

	if (p == NULL)
		return false;
	iq_buf_init(&p->lane.out, 0);
	iq_buf_str(&p->lane.out, frame);
	p->ready = true;
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
	c->npending = 0;
}

void iq_pending_arrived(struct iq_worker *w, struct iq_mail *mail)
{
	struct iq_pending *p = (struct iq_pending *)mail;
	struct iq_conn *c = p->conn;

	w->in_flight--;
	if (c == NULL) {
		pending_free(p);
		return;
	}
	if (p->job != NULL) {
		iq_buf_init(&p->lane.out, 0);
		iq_dispatch_done(
			p->op, p->id, p->job, iq_rtxn_state(w->desk.rtxn)->revision, &p->lane.out);
		iq_dispatch_free(p->job);
		p->job = NULL;
	}
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
