/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: turns of reading, handling and sending. */
#include <event2/event.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "date.h"
#include "frame.h"
#define IQ_LOG_PART IQ_LOG_REQUEST
#include "log.h"
#include "refusals.h"
#include "login.h"
#include "worker_priv.h"

enum {
	RECORD = 16384,     /* bytes of one TLS record at most */
	KEEP_IN = 64 << 10, /* buffers of a worker are not kept larger than this */
	KEEP_OUT = 256 << 10,
	DISCARD = 1 << 20 /* unread bytes looked at when closing, so that no reset is sent */
};

static _Atomic uint64_t numbers; /* of connections, since the start */

/* A line of the log, where that is wanted. */
static void note(const struct iq_conn *c, const char *what)
{
	if (!iq_log_wanted(IQ_LOG_REQUEST, IQ_LOG_DEBUG))
		return;
	iq_log_about((struct iq_log_context){c->caller.session.number, 0});
	iq_log(IQ_LOG_DEBUG, "%s", what);
	iq_log_about(IQ_LOG_NOBODY);
}

/* ---- state and lists ------------------------------------------------------------------------ */

/* The only place that changes the state: it goes forward only. */
static void set_state(struct iq_conn *c, enum iq_conn_state state)
{
	if (state > c->state)
		c->state = state;
}

static void make_ready(struct iq_conn *c)
{
	if (c->is_ready || c->state == IQ_CONN_DEAD)
		return;
	struct iq_conn_list *l = &c->worker->ready;

	c->is_ready = true;
	c->next_ready = NULL;
	if (l->last != NULL)
		l->last->next_ready = c;
	else
		l->first = c;
	l->last = c;
}

static void discard_unread(int fd)
{
	char junk[4096];
	ssize_t n;
	size_t total = 0;

	while (total < DISCARD && (n = recv(fd, junk, sizeof(junk), MSG_DONTWAIT)) > 0)
		total += (size_t)n;
}

void iq_conn_close(struct iq_conn *c)
{
	struct iq_worker *w = c->worker;

	if (c->state == IQ_CONN_DEAD)
		return;
	set_state(c, IQ_CONN_DEAD);
	note(c, "connection closed");
	event_del(&c->readable);
	event_del(&c->writable);
	iq_pending_orphan(c);
	iq_wait_drop(c);
	iq_tls_free(c->tls);
	c->tls = NULL;
	shutdown(c->fd, SHUT_WR);
	discard_unread(c->fd);
	close(c->fd);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		w->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	iq_crowd_leave(c);
	c->next_dead = w->dead;
	w->dead = c;
	atomic_fetch_sub_explicit(&w->nconns, 1, memory_order_relaxed);
}

void iq_conn_free(struct iq_conn *c)
{
	iq_caller_free(&c->caller);
	iq_buf_free(&c->in);
	iq_buf_free(&c->out);
	free(c);
}

/* The peer's address, for the audit. */
static void note_peer(const struct iq_conn *c, struct iq_session *s)
{
	struct sockaddr_storage a;
	socklen_t n = sizeof(a);

	if (getpeername(c->fd, (struct sockaddr *)&a, &n) != 0 ||
		getnameinfo((struct sockaddr *)&a, n, s->peer, sizeof(s->peer), NULL, 0,
			NI_NUMERICHOST) != 0)
		s->peer[0] = '\0';
}

static void count_refusal(struct iq_conn *c, enum iq_refusal why)
{
	atomic_fetch_add_explicit(&c->worker->refused[why], 1, memory_order_relaxed);
	iq_refusals_count(c->worker->svc->refusals, c->caller.session.peer);
}

void iq_conn_refuse(struct iq_conn *c, enum iq_refusal why)
{
	note_peer(c, &c->caller.session);
	note(c, c->tls ? iq_tls_reason(c->tls) : "refused before TLS");
	count_refusal(c, why);
	iq_conn_close(c);
}

/* ---- sending -------------------------------------------------------------------------------- */

struct iq_buf *iq_conn_out(struct iq_conn *c)
{
	return c->out.n > 0 ? &c->out : &c->worker->out;
}

static void want_write(struct iq_conn *c, bool want)
{
	if (want == c->writing)
		return;
	c->writing = want;
	if (!want)
		event_del(&c->writable);
	else if (event_add(&c->writable, NULL) != 0)
		iq_conn_close(c); /* without memory nobody would wake it up */
}

/* Keeps what could not be sent from the worker's buffer. */
static void keep_rest(struct iq_conn *c, struct iq_buf *out, size_t sent)
{
	if (out == &c->out) {
		c->sent = sent;
		return;
	}
	iq_buf_add(&c->out, out->p + sent, out->n - sent);
	c->sent = 0;
	iq_buf_reset(out, KEEP_OUT);
}

void iq_conn_flush(struct iq_conn *c)
{
	struct iq_buf *out = iq_conn_out(c);
	size_t sent = out == &c->out ? c->sent : 0;
	enum iq_io io = IQ_IO_OK;

	if (c->state == IQ_CONN_DEAD || out->failed || c->out.failed) {
		iq_buf_reset(&c->worker->out, 0);
		iq_conn_close(c);
		return;
	}
	while (sent < out->n && io == IQ_IO_OK) {
		size_t n = 0;

		io = iq_tls_write(c->tls, out->p + sent, out->n - sent, &n);
		sent += n;
		if (n > 0)
			c->sent_us = 0; /* the tick notes the time */
	}
	if (io == IQ_IO_ERROR || io == IQ_IO_EOF) {
		iq_buf_reset(&c->worker->out, KEEP_OUT);
		iq_conn_close(c);
	} else if (sent < out->n) {
		keep_rest(c, out, sent);
		want_write(c, true);
	} else {
		iq_buf_reset(&c->worker->out, KEEP_OUT);
		iq_buf_free(&c->out);
		c->sent = 0;
		want_write(c, false);
	}
}

/* ---- requests ------------------------------------------------------------------------------- */

/*
 * Requests take effect in order. Changes may follow each other on their way to the writer, and
 * questions may follow answers that only wait for the audit; everything else waits for what is on
 * its way.
 */
static bool may_handle(const struct iq_conn *c, struct iq_str frame)
{
	const struct iq_op *op;
	uint64_t id;

	if (c->npending == 0)
		return true;
	if (c->lane || c->npending >= IQ_LIMIT_IN_FLIGHT || c->held >= IQ_LIMIT_OUTPUT)
		return false;
	op = iq_dispatch_peek(frame, &id);
	if (op == NULL)
		return false;
	if (op->tag == IQ__V1__REQUEST__OP_CHANGES)
		return false; /* may have to wait, and the others come first */
	if (op->mode == IQ_MODE_WRITE)
		return c->nparked == 0;
	return op->mode == IQ_MODE_READ && c->nwrites == 0 && c->nparked > 0;
}

static void answer_malformed(struct iq_conn *c, const char *text)
{
	struct iq_error error;

	iq_error_init(&error, NULL);
	iq_error_set(&error, IQ_ERR_USAGE, text, N_("Use an iqq of the server's version."), NULL);
	iq_dispatch_error(0, &error, iq_conn_out(c));
	set_state(c, IQ_CONN_CLOSING);
}

static void dispatch_frame(struct iq_conn *c, struct iq_str frame, struct iq_buf *out)
{
	struct iq_worker *w = c->worker;
	struct iq_dispatch d = {.desk = &w->desk,
		.caller = &c->caller,
		.frame = frame,
		.may_wait = true,
		.out = out};
	size_t start = out->n;

	switch (iq_dispatch(&d)) {
	case IQ_DISPATCH_DONE:
		break;
	case IQ_DISPATCH_OWED:
		iq_pending_audit(
			c, &d, (struct iq_str){(const char *)out->p + start, out->n - start});
		out->n = start;
		break;
	case IQ_DISPATCH_FATAL:
		set_state(c, IQ_CONN_CLOSING);
		break;
	case IQ_DISPATCH_WRITE:
		iq_pending_write(c, d.op, d.id, d.job);
		break;
	case IQ_DISPATCH_WAIT:
		iq_wait_hold(c, &d, out, start);
		break;
	case IQ_DISPATCH_LANE:
		iq_pending_lane(c, &d, 0);
		break;
	}
	if (d.op != NULL && d.op->tag == IQ__V1__REQUEST__OP_WHO)
		atomic_fetch_add_explicit(&w->questions, 1, memory_order_relaxed);
}

static void handle(struct iq_conn *c, struct iq_str frame)
{
	struct iq_worker *w = c->worker;
	struct iq_buf aside;

	iq_wait_end(c);
	if (!w->desk.live && !iq_desk_open(&w->desk)) {
		answer_malformed(c, N_("The directory cannot be read on the server."));
		return;
	}
	if (c->npending == 0) {
		dispatch_frame(c, frame, iq_conn_out(c));
		return;
	}
	iq_buf_init(&aside, 0);
	dispatch_frame(c, frame, &aside);
	if (aside.n > 0 && c->state != IQ_CONN_DEAD &&
		!iq_pending_ready(c, (struct iq_str){(char *)aside.p, aside.n}))
		iq_conn_close(c);
	iq_buf_free(&aside);
}

enum front { FRONT_NONE, FRONT_WAITS, FRONT_READY };

/* What is to be done with the first frame of the input. */
static enum front front_of(struct iq_conn *c, struct iq_str in, struct iq_str *body)
{
	switch (iq_frame_peek(in, c->frame_max, body)) {
	case IQ_FRAME_MORE:
		return FRONT_NONE;
	case IQ_FRAME_TOO_LONG:
	case IQ_FRAME_EMPTY:
		body->p = NULL;
		body->n = 0;
		return c->npending == 0 ? FRONT_READY : FRONT_WAITS;
	case IQ_FRAME_READY:
		break;
	}
	return may_handle(c, *body) ? FRONT_READY : FRONT_WAITS;
}

/* Handles up to a turn's worth of frames; returns the bytes used. */
static size_t handle_frames(struct iq_conn *c, const struct iq_buf *in, enum front *front)
{
	size_t at = 0;
	struct iq_str body = {NULL, 0};

	*front = FRONT_NONE;
	for (int n = 0; c->state == IQ_CONN_OPEN; n++) {
		struct iq_str rest = {(const char *)in->p + at, in->n - at};

		*front = front_of(c, rest, &body);
		if (*front != FRONT_READY || n == IQ_LIMIT_TURN_FRAMES ||
			iq_conn_out(c)->n >= IQ_LIMIT_OUTPUT)
			break;
		if (body.p == NULL) {
			iq_wait_end(c);
			answer_malformed(c, N_("The request is empty or too long."));
			break;
		}
		handle(c, body);
		at += IQ_FRAME_HEADER + body.n;
	}
	iq_desk_close(&c->worker->desk);
	return at;
}

/* ---- reading -------------------------------------------------------------------------------- */

/* False: nothing more will come. *more: stopped before everything was read. */
static bool read_input(struct iq_conn *c, struct iq_buf *in, bool *more)
{
	size_t total = 0;

	*more = false;
	for (;;) {
		uint8_t *p = iq_buf_room(in, RECORD);
		size_t n = 0;

		if (p == NULL)
			return false;
		switch (iq_tls_read(c->tls, p, RECORD, &n)) {
		case IQ_IO_OK:
			break;
		case IQ_IO_WANT_READ:
			return true;
		case IQ_IO_WANT_WRITE:
			want_write(c, true);
			return true;
		case IQ_IO_EOF:
		case IQ_IO_ERROR:
			return false;
		}
		in->n += n;
		total += n;
		if (n < RECORD && iq_tls_pending(c->tls) == 0)
			return true;
		if (total >= IQ_LIMIT_TURN_BYTES) {
			*more = true;
			return true;
		}
	}
}

/* Notes when the frame at the front began, for its deadline. */
static void note_time(struct iq_conn *c, bool progress, bool partial)
{
	if (progress || partial != c->partial)
		c->since_us = 0; /* the tick notes the time */
	c->partial = partial;
}

static void keep_input(struct iq_conn *c, struct iq_buf *in, size_t used)
{
	if (in == &c->in) {
		if (used == in->n)
			iq_buf_free(in);
		else if (used > 0)
			iq_buf_consume(in, used);
		return;
	}
	if (used < in->n)
		iq_buf_add(&c->in, in->p + used, in->n - used);
	iq_buf_reset(in, KEEP_IN);
	if (c->in.failed)
		iq_conn_close(c);
}

static void want_read(struct iq_conn *c, bool want)
{
	if (want == c->reading)
		return;
	c->reading = want;
	if (!want)
		event_del(&c->readable);
	else if (event_add(&c->readable, NULL) != 0)
		iq_conn_close(c); /* without memory nobody would wake it up */
}

/* One turn of an open connection. */
static void serve(struct iq_conn *c)
{
	struct iq_worker *w = c->worker;
	struct iq_str body;
	enum front front = front_of(c, (struct iq_str){(char *)c->in.p, c->in.n}, &body);
	struct iq_buf *in = c->in.n > 0 ? &c->in : &w->in;
	bool more = false, open = true;

	if (c->state == IQ_CONN_OPEN && front == FRONT_NONE && !c->eof &&
		iq_conn_unsent(c) < IQ_LIMIT_OUTPUT)
		open = read_input(c, in, &more);
	if (!open)
		c->eof = true;
	size_t used = handle_frames(c, in, &front);

	keep_input(c, in, used);
	if (c->state == IQ_CONN_OPEN && c->eof && front == FRONT_NONE)
		iq_wait_end(c);
	if (c->state == IQ_CONN_DEAD) {
		iq_buf_reset(&w->out, KEEP_OUT);
		return;
	}
	note_time(c, used > 0, front == FRONT_NONE && c->in.n > 0);
	iq_conn_flush(c);
	iq_crowd_weigh(c);
	if (c->state == IQ_CONN_DEAD)
		return;
	if (c->eof && front == FRONT_NONE)
		set_state(c, IQ_CONN_CLOSING);
	if (c->state == IQ_CONN_CLOSING && c->npending == 0 && iq_conn_unsent(c) == 0) {
		iq_conn_close(c);
		return;
	}
	bool room = iq_conn_unsent(c) < IQ_LIMIT_OUTPUT;

	if (c->state == IQ_CONN_OPEN && room && (more || front == FRONT_READY))
		make_ready(c);
	want_read(c,
		c->state == IQ_CONN_OPEN && room && !c->is_ready && !c->eof && front == FRONT_NONE);
}

/* ---- handshake ------------------------------------------------------------------------------ */

static void identify(struct iq_conn *c)
{
	struct iq_session *s = &c->caller.session;

	note_peer(c, s);
	iq_login_identify(&c->caller, c->tls, &c->worker->desk);
	if (s->refused != NULL)
		count_refusal(c, IQ_REFUSED_CERTIFICATE);
	if (s->principal[0] == '\0' || s->refused != NULL)
		return;
	c->frame_max = IQ_LIMIT_FRAME_MAX;
	iq_crowd_known(c);
}

static void handshake(struct iq_conn *c)
{
	/* TLS takes memory: only for peers that say something. */
	if (c->tls == NULL) {
		c->tls = iq_tls_accept(c->worker->tls, c->fd);
		iq_crowd_talks(c);
	}
	if (c->tls == NULL) {
		iq_conn_close(c);
		return;
	}
	set_state(c, IQ_CONN_HANDSHAKE);
	switch (iq_tls_handshake(c->tls)) {
	case IQ_IO_OK:
		want_write(c, false);
		identify(c);
		set_state(c, IQ_CONN_OPEN);
		c->since_us = 0;
		serve(c);
		break;
	case IQ_IO_WANT_READ:
		want_write(c, false);
		break;
	case IQ_IO_WANT_WRITE:
		want_write(c, true);
		break;
	case IQ_IO_EOF:
	case IQ_IO_ERROR:
		iq_conn_refuse(c, IQ_REFUSED_HANDSHAKE);
		break;
	}
}

/* ---- turns ---------------------------------------------------------------------------------- */

void iq_conn_turn(struct iq_conn *c)
{
	switch (c->state) {
	case IQ_CONN_NEW:
	case IQ_CONN_HANDSHAKE:
		handshake(c);
		break;
	case IQ_CONN_OPEN:
	case IQ_CONN_CLOSING:
		iq_pending_collect(c);
		serve(c);
		break;
	case IQ_CONN_DEAD:
		break;
	}
}

void iq_conn_resume(struct iq_conn *c)
{
	make_ready(c);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	iq_conn_turn(arg);
}

/* Goes on where TLS or the socket's buffer stopped. */
static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct iq_conn *c = arg;

	(void)fd;
	(void)what;
	iq_conn_turn(c);
}

void iq_conn_recheck(struct iq_conn *c)
{
	struct iq_error error;

	if (c->state != IQ_CONN_OPEN)
		return;
	iq_arena_reset(&c->worker->desk.arena);
	iq_error_init(&error, &c->worker->desk.arena);
	if (iq_login_alive(&c->caller, &c->worker->desk, &error))
		return;
	/* Whoever waits for answers is told why there will be no more. */
	if (c->npending == 0 && iq_conn_unsent(c) == 0) {
		iq_dispatch_error(0, &error, iq_conn_out(c));
		iq_conn_flush(c);
	}
	iq_conn_close(c);
}

void iq_conn_drain(struct iq_conn *c)
{
	if (c->wait != NULL) {
		iq_wait_end(c);
		iq_conn_flush(c);
	}
	if (c->state < IQ_CONN_OPEN || (c->npending == 0 && iq_conn_unsent(c) == 0)) {
		iq_conn_close(c);
		return;
	}
	set_state(c, IQ_CONN_CLOSING);
	want_read(c, false);
}

void iq_conn_new(struct iq_worker *w, int fd)
{
	struct iq_conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		close(fd);
		atomic_fetch_sub_explicit(&w->nconns, 1, memory_order_relaxed);
		return;
	}
	c->worker = w;
	c->fd = fd;
	c->caller.session.number = atomic_fetch_add(&numbers, 1) + 1;
	c->frame_max = IQ_LIMIT_FRAME_ANON;
	c->since_us = iq_monotonic_us();
	event_assign(&c->readable, w->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	event_assign(&c->writable, w->base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
	c->next = w->conns;
	if (w->conns != NULL)
		w->conns->prev = c;
	w->conns = c;
	iq_crowd_enter(c);
	note(c, "connection accepted");
	if (c->state != IQ_CONN_DEAD)
		want_read(c, true);
}
