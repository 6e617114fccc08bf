/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for something to tell: `changes` with wait_ms. A waiting request is its frame
 * and the answer it gets if nothing happens; it holds no snapshot and no thread. After a commit it
 * is asked again from where it had come, a few at a time, so that questions get their turns.
 * A connection has at most one: the next request on it ends the wait, which keeps the answers in
 * order.
 */
#include <stdlib.h>

#include "date.h"
#include "worker_priv.h"

enum { SLICE = 16 }; /* waiting requests asked again in one turn */

static const int64_t ms_us = 1000;

/* ---- the timer ------------------------------------------------------------------------------ */

static void wake_at(struct iq_worker *w, int64_t at_us)
{
	int64_t in = at_us - iq_monotonic_us();
	struct timeval tv;

	if (w->wait_at_us != 0 && w->wait_at_us <= at_us)
		return; /* rings before */
	if (in < 0)
		in = 0;
	tv = (struct timeval){.tv_sec = in / 1000000, .tv_usec = in % 1000000};
	/* Without memory the next news tries again. */
	w->wait_at_us = event_add(&w->wait_event, &tv) == 0 ? at_us : 0;
}

void iq_wait_news(struct iq_worker *w)
{
	if (w->waits == NULL)
		return;
	w->news = true;
	wake_at(w, w->asked_us + IQ_LIMIT_WATCH_PAUSE * ms_us);
}

/* ---- begin and end -------------------------------------------------------------------------- */

static void set(struct iq_buf *b, struct iq_str s)
{
	iq_buf_reset(b, SIZE_MAX);
	iq_buf_str(b, s);
}

static void unlink_wait(struct iq_wait *wait)
{
	struct iq_worker *w = wait->conn->worker;

	if (wait->prev != NULL)
		wait->prev->next = wait->next;
	else
		w->waits = wait->next;
	if (wait->next != NULL)
		wait->next->prev = wait->prev;
	w->nwaits--;
	wait->conn->wait = NULL;
}

void iq_wait_drop(struct iq_conn *c)
{
	struct iq_wait *wait = c->wait;

	if (wait == NULL)
		return;
	unlink_wait(wait);
	iq_buf_free(&wait->frame);
	iq_buf_free(&wait->answer);
	iq_buf_free(&wait->cookie);
	free(wait);
}

void iq_wait_end(struct iq_conn *c)
{
	struct iq_buf *out = iq_conn_out(c);

	if (c->wait == NULL)
		return;
	iq_buf_add(out, c->wait->answer.p, c->wait->answer.n);
	iq_wait_drop(c);
}

bool iq_wait_begin(struct iq_conn *c, struct iq_str frame, struct iq_str answer,
	struct iq_str cookie, int64_t until_us)
{
	struct iq_worker *w = c->worker;
	struct iq_wait *wait;

	if (w->draining || c->state != IQ_CONN_OPEN || w->nwaits >= IQ_LIMIT_WATCHERS ||
		(wait = calloc(1, sizeof(*wait))) == NULL)
		return false;
	set(&wait->frame, frame);
	set(&wait->answer, answer);
	set(&wait->cookie, cookie);
	wait->conn = c;
	wait->until_us = until_us;
	wait->round = w->round;
	wait->next = w->waits;
	if (w->waits != NULL)
		w->waits->prev = wait;
	w->waits = wait;
	w->nwaits++;
	c->wait = wait;
	if (wait->frame.failed || wait->answer.failed || wait->cookie.failed) {
		iq_wait_drop(c);
		return false;
	}
	wake_at(w, until_us);
	return true;
}

void iq_wait_hold(struct iq_conn *c, const struct iq_dispatch *d, struct iq_buf *out, size_t start)
{
	struct iq_str answer = {(const char *)out->p + start, out->n - start};
	struct iq_error error;
	bool kept = iq_wait_begin(
		c, d->frame, answer, d->cookie, iq_monotonic_us() + d->wait_ms * ms_us);

	out->n = start;
	if (kept)
		return;
	iq_error_init(&error, NULL);
	iq_error_set(&error, IQ_ERR_BUSY, N_("Too many are waiting for changes."),
		N_("Try again in a moment."), NULL);
	iq_dispatch_error(d->id, &error, out);
}

/* ---- asking again --------------------------------------------------------------------------- */

static void send_now(struct iq_conn *c, const struct iq_buf *answer)
{
	iq_wait_drop(c);
	iq_buf_add(iq_conn_out(c), answer->p, answer->n);
	iq_conn_flush(c);
	if (c->state != IQ_CONN_DEAD)
		iq_conn_resume(c);
}

static void still_waiting(struct iq_wait *wait, const struct iq_buf *answer, struct iq_str cookie)
{
	set(&wait->answer, (struct iq_str){(const char *)answer->p, answer->n});
	set(&wait->cookie, cookie);
	if (wait->answer.failed || wait->cookie.failed)
		iq_conn_close(wait->conn);
}

/* The worker's desk is open. */
static void ask(struct iq_wait *wait)
{
	struct iq_conn *c = wait->conn;
	struct iq_worker *w = c->worker;
	struct iq_buf answer;
	struct iq_dispatch d = {.desk = &w->desk,
		.caller = &c->caller,
		.frame = {(const char *)wait->frame.p, wait->frame.n},
		.resume = {(const char *)wait->cookie.p, wait->cookie.n},
		.may_wait = true,
		.out = &answer};

	iq_buf_init(&answer, 0);
	switch (iq_dispatch(&d)) {
	case IQ_DISPATCH_WAIT:
		still_waiting(wait, &answer, d.cookie);
		break;
	case IQ_DISPATCH_LANE:
		iq_pending_lane(c, &d, wait->until_us);
		iq_wait_drop(c);
		iq_conn_resume(c);
		break;
	case IQ_DISPATCH_OWED:
		iq_pending_audit(c, &d, (struct iq_str){(const char *)answer.p, answer.n});
		iq_wait_drop(c);
		break;
	case IQ_DISPATCH_DONE:
	case IQ_DISPATCH_FATAL:
	case IQ_DISPATCH_WRITE: /* is none */
		send_now(c, &answer);
		break;
	}
	iq_buf_free(&answer);
}

/* Answers those whose time is over; the next deadline, INT64_MAX: none. */
static int64_t expire(struct iq_worker *w, int64_t now_us)
{
	int64_t next_us = INT64_MAX;
	struct iq_wait *next;

	for (struct iq_wait *wait = w->waits; wait != NULL; wait = next) {
		next = wait->next;
		if (wait->until_us <= now_us) {
			struct iq_conn *c = wait->conn;

			iq_wait_end(c);
			iq_conn_flush(c);
			if (c->state != IQ_CONN_DEAD)
				iq_conn_resume(c);
		} else if (wait->until_us < next_us) {
			next_us = wait->until_us;
		}
	}
	return next_us;
}

/* Asks some that were not asked in this round; true: there are more. */
static bool ask_some(struct iq_worker *w)
{
	struct iq_wait *next;
	int n = 0;

	if (!iq_desk_open(&w->desk))
		return true;
	for (struct iq_wait *wait = w->waits; wait != NULL && n <= SLICE; wait = next) {
		next = wait->next;
		if (wait->round == w->round)
			continue;
		if (++n > SLICE)
			break;
		wait->round = w->round;
		ask(wait);
	}
	iq_desk_close(&w->desk);
	return n > SLICE;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct iq_worker *w = arg;
	int64_t now = iq_monotonic_us(), pause_until = w->asked_us + IQ_LIMIT_WATCH_PAUSE * ms_us;

	(void)fd;
	(void)what;
	w->wait_at_us = 0;
	if (w->news && !w->asking && pause_until <= now) {
		w->news = false;
		w->asking = true;
		w->round++;
		w->asked_us = now;
	}
	if (w->asking)
		w->asking = ask_some(w);
	int64_t next = expire(w, now);

	if (w->asking)
		wake_at(w, now + ms_us);
	else if (w->news)
		wake_at(w, pause_until);
	if (next != INT64_MAX)
		wake_at(w, next);
}

void iq_wait_init(struct iq_worker *w)
{
	event_assign(&w->wait_event, w->base, -1, 0, on_timer, w);
}
