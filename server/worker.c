/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <stdlib.h>
#include <unistd.h>

#include "date.h"
#include "log.h"
#include "worker_priv.h"

/* The tick is a second: a revocation acts within RECHECK_US and that. */
enum { RECHECK_US = (IQ_LIMIT_REVOKE_SECONDS - 2) * 1000000 };
enum { SLICE_US = 5000 };

struct socket_mail {
	struct iq_mail mail; /* first */
	int fd;
};

static void take_mail(struct iq_worker *w, struct iq_mail *mail)
{
	switch (mail->kind) {
	case IQ_MAIL_SOCKET:
		if (w->draining) {
			close(((struct socket_mail *)mail)->fd);
			atomic_fetch_sub_explicit(&w->nconns, 1, memory_order_relaxed);
		} else {
			iq_conn_new(w, ((struct socket_mail *)mail)->fd);
		}
		free(mail);
		break;
	case IQ_MAIL_DONE:
		iq_pending_arrived(w, mail);
		break;
	case IQ_MAIL_PROGRESS:
		iq_pending_progress(w, mail);
		break;
	case IQ_MAIL_NEWS:
		/* First: what is committed from here on sends mail again. */
		atomic_store(&w->news_sent, false);
		iq_wait_news(w);
		break;
	case IQ_MAIL_DRAIN:
		w->draining = true;
		w->drain_until_us = iq_monotonic_us() + (int64_t)atomic_load(&w->drain_ms) * 1000;
		break;
	}
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
	struct iq_worker *w = arg;
	struct iq_queue_item *item = iq_queue_take(w->mail);

	(void)fd;
	(void)what;
	while (item != NULL) {
		struct iq_queue_item *next = item->next;

		take_mail(w, (struct iq_mail *)item);
		item = next;
	}
}

/*
 * Ends connections whose certificate or principal was revoked. Only when something was written, and
 * not after every write: a connection costs two look-ups.
 */
static void recheck(struct iq_worker *w, int64_t now_us)
{
	struct iq_conn *next;

	if (now_us - w->seen_us < RECHECK_US || w->desk.live || !iq_desk_open(&w->desk))
		return;
	if (w->desk.turn != w->seen) {
		w->seen = w->desk.turn;
		w->seen_us = now_us;
		for (struct iq_conn *c = w->conns; c != NULL; c = next) {
			next = c->next;
			iq_conn_recheck(c);
		}
	}
	iq_desk_close(&w->desk);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct iq_worker *w = arg;
	int64_t now = iq_monotonic_us();
	struct iq_conn *next;

	(void)fd;
	(void)what;
	bool distrust = atomic_exchange(&w->distrust, false);

	for (struct iq_conn *c = w->conns; c != NULL; c = next) {
		next = c->next;
		/* who is still in the handshake is judged by the old list, too */
		if (distrust && (c->caller.session.external || c->state == IQ_CONN_HANDSHAKE))
			iq_conn_drain(c);
		else
			iq_conn_tick(c, now);
	}
	recheck(w, now);
}

/*
 * Turns of those that have more to do, once each; after a while whoever is new or has waited for
 * the network comes before the rest.
 */
static void run_ready(struct iq_worker *w, bool all)
{
	const struct iq_conn *end = w->ready.last;
	int64_t until_us = iq_monotonic_us() + SLICE_US;

	for (struct iq_conn *c = NULL; c != end && (c = w->ready.first) != NULL;) {
		w->ready.first = c->next_ready;
		if (w->ready.first == NULL)
			w->ready.last = NULL;
		c->is_ready = false;
		iq_conn_turn(c);
		if (!all && iq_monotonic_us() > until_us)
			return;
	}
}

static void bury(struct iq_worker *w)
{
	struct iq_conn *list = w->dead;

	w->dead = NULL;
	while (list != NULL) {
		struct iq_conn *c = list;

		list = c->next_dead;
		if (c->is_ready) { /* closed by another's turn: its own comes first */
			c->next_dead = w->dead;
			w->dead = c;
		} else {
			iq_conn_free(c);
		}
	}
}

static void drain(struct iq_worker *w, bool at_once)
{
	struct iq_conn *next;

	for (struct iq_conn *c = w->conns; c != NULL; c = next) {
		next = c->next;
		if (at_once)
			iq_conn_close(c);
		else
			iq_conn_drain(c);
	}
}

static bool finished(struct iq_worker *w)
{
	if (!w->draining)
		return false;
	drain(w, iq_monotonic_us() > w->drain_until_us);
	if (w->conns == NULL && w->in_flight == 0)
		return true;
	return iq_monotonic_us() > w->drain_until_us;
}

static void *worker_main(void *arg)
{
	struct iq_worker *w = arg;

	iq_pulse_mine(&w->pulse);
	do {
		iq_pulse_beat();
		event_base_loop(
			w->base, w->ready.first ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
		run_ready(w, false);
		bury(w);
	} while (!finished(w));
	drain(w, true); /* time is up for those that are ready, too */
	run_ready(w, true);
	bury(w);
	return NULL;
}

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

static bool make_events(struct iq_worker *w)
{
	const struct timeval second = {.tv_sec = 1};
	struct event_config *config = event_config_new();

	if (config == NULL)
		return false;
	/* Only this thread touches the loop. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	w->base = event_base_new_with_config(config);
	event_config_free(config);
	if (w->base == NULL || (w->mail = iq_queue_new(0)) == NULL)
		return false;
	event_assign(
		&w->mail_event, w->base, iq_queue_fd(w->mail), EV_READ | EV_PERSIST, on_mail, w);
	iq_wait_init(w);
	event_assign(&w->tick, w->base, -1, EV_PERSIST, on_tick, w);
	return event_add(&w->mail_event, NULL) == 0 && event_add(&w->tick, &second) == 0;
}

static void destroy(struct iq_worker *w)
{
	if (w->base != NULL)
		event_base_free(w->base);
	iq_queue_free(w->mail);
	iq_buf_free(&w->in);
	iq_buf_free(&w->out);
	free(w);
}

enum iq_err iq_worker_start(const struct iq_services *svc, struct iq_tls_context *tls,
	struct iq_lane *lane, struct iq_worker **out, struct iq_error *error)
{
	struct iq_worker *w = calloc(1, sizeof(*w));
	enum iq_err err;

	*out = NULL;
	if (w == NULL)
		return no_memory(error);
	w->svc = svc;
	w->tls = tls;
	w->lane = lane;
	w->pulse.name = "worker";
	w->drain.kind = IQ_MAIL_DRAIN;
	w->news_mail.kind = IQ_MAIL_NEWS;
	if (!make_events(w)) {
		destroy(w);
		return no_memory(error);
	}
	err = iq_desk_init(&w->desk, svc, error);
	if (err != IQ_OK) {
		destroy(w);
		return err;
	}
	if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
		iq_desk_free(&w->desk);
		destroy(w);
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("A thread cannot be started."), NULL, NULL);
	}
	*out = w;
	return IQ_OK;
}

void iq_worker_give(struct iq_worker *w, int fd)
{
	struct socket_mail *m = malloc(sizeof(*m));

	if (m == NULL) {
		close(fd);
		return;
	}
	m->mail.kind = IQ_MAIL_SOCKET;
	m->fd = fd;
	atomic_fetch_add_explicit(&w->nconns, 1, memory_order_relaxed);
	(void)iq_queue_push(w->mail, &m->mail.item);
}

void iq_worker_limit(struct iq_worker *w, size_t most)
{
	atomic_store(&w->most, most);
}

void iq_worker_distrust(struct iq_worker *w)
{
	atomic_store(&w->distrust, true);
}

void iq_worker_drain(struct iq_worker *w, int timeout_ms)
{
	atomic_store(&w->drain_ms, timeout_ms);
	(void)iq_queue_push(w->mail, &w->drain.item);
}

void iq_worker_news(struct iq_worker *w)
{
	if (!atomic_exchange(&w->news_sent, true))
		(void)iq_queue_push(w->mail, &w->news_mail.item);
}

void iq_worker_join(struct iq_worker *w)
{
	pthread_join(w->thread, NULL);
	iq_desk_free(&w->desk); /* the writer still lives and takes back the vocabulary */
}

void iq_worker_free(struct iq_worker *w)
{
	on_mail(-1, 0, w); /* what came back after the thread had ended */
	destroy(w);
}

uint64_t iq_worker_connections(const struct iq_worker *w)
{
	return atomic_load_explicit(&w->nconns, memory_order_relaxed);
}

uint64_t iq_worker_questions(const struct iq_worker *w)
{
	return atomic_load_explicit(&w->questions, memory_order_relaxed);
}

uint64_t iq_worker_refused(const struct iq_worker *w)
{
	uint64_t n = 0;

	for (int i = 0; i < IQ_REFUSAL_COUNT; i++)
		n += iq_worker_refused_for(w, (enum iq_refusal)i);
	return n;
}

uint64_t iq_worker_refused_for(const struct iq_worker *w, enum iq_refusal why)
{
	return atomic_load_explicit(&w->refused[why], memory_order_relaxed);
}

uint64_t iq_worker_watchers(const struct iq_worker *w)
{
	return atomic_load_explicit(&w->nwaits, memory_order_relaxed);
}

void iq_worker_poke(struct iq_worker *w)
{
	iq_queue_poke(w->mail);
}

const struct iq_pulse *iq_worker_pulse(const struct iq_worker *w)
{
	return &w->pulse;
}

const struct iq_meter *iq_worker_meter(const struct iq_worker *w)
{
	return w->desk.meter;
}
