/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gives way when there are too many connections or they keep too much memory, and when time
 * is up. A flood drives out its own: of strangers those that say nothing go first, then the oldest,
 * which had the most time to show who it is; a quarter of the connections is theirs, so that
 * members cannot lock out newcomers.
 */
#include <sys/socket.h>

#include "date.h"
#include "worker_priv.h"

enum { STRANGERS_SHARE = 4, ENOUGH_MEMBERS = 8, LOOKS = 8 };

static const int64_t second_us = 1000000;

/* ---- numbers -------------------------------------------------------------------------------- */

static struct iq_conn_list *list_of(struct iq_conn *c)
{
	return c->talks ? &c->worker->talking : &c->worker->silent;
}

static void link_stranger(struct iq_conn *c)
{
	struct iq_conn_list *l = list_of(c);

	c->older = l->last;
	if (c->older != NULL)
		c->older->younger = c;
	else
		l->first = c;
	l->last = c;
}

static void unlink_stranger(struct iq_conn *c)
{
	struct iq_conn_list *l = list_of(c);

	if (c->older != NULL)
		c->older->younger = c->younger;
	else
		l->first = c->younger;
	if (c->younger != NULL)
		c->younger->older = c->older;
	else
		l->last = c->older;
	c->older = c->younger = NULL;
}

static bool has_spoken(const struct iq_conn *c)
{
	char byte;

	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/*
 * The stranger that makes room for c. First one that says nothing: an honest client speaks at once,
 * though it may not have been looked at yet.
 */
static struct iq_conn *victim(struct iq_worker *w, struct iq_conn *c)
{
	for (int i = 0; i < LOOKS && w->silent.first != NULL && w->silent.first != c; i++) {
		if (!has_spoken(w->silent.first))
			return w->silent.first;
		iq_crowd_talks(w->silent.first);
	}
	return w->talking.first != NULL ? w->talking.first : w->silent.first;
}

void iq_crowd_enter(struct iq_conn *c)
{
	struct iq_worker *w = c->worker;
	size_t most = atomic_load_explicit(&w->most, memory_order_relaxed);

	c->stranger = true;
	link_stranger(c);
	w->nstrangers++;
	if (w->nstrangers <= IQ_LIMIT_STRANGERS &&
		(most == 0 || w->nstrangers + w->nmembers <= most))
		return;
	iq_conn_refuse(victim(w, c), IQ_REFUSED_CROWD);
}

void iq_crowd_talks(struct iq_conn *c)
{
	unlink_stranger(c);
	c->talks = true;
	link_stranger(c);
}

/* The member that has been silent for the longest time; NULL: all have something to do. */
static struct iq_conn *most_idle(struct iq_worker *w, const struct iq_conn *but)
{
	struct iq_conn *best = NULL;

	/* Newest first; no time is noted yet for those that were active within a second. */
	for (struct iq_conn *c = w->conns; c != NULL; c = c->next) {
		if (c == but || c->stranger || c->state != IQ_CONN_OPEN || c->npending > 0 ||
			c->wait != NULL || iq_conn_unsent(c) > 0)
			continue;
		if (best == NULL || best->since_us == 0 ||
			(c->since_us != 0 && c->since_us <= best->since_us))
			best = c;
	}
	return best;
}

void iq_crowd_known(struct iq_conn *c)
{
	struct iq_worker *w = c->worker;
	size_t most = atomic_load_explicit(&w->most, memory_order_relaxed);

	unlink_stranger(c);
	c->stranger = false;
	w->nstrangers--;
	w->nmembers++;
	if (most == 0 || w->nmembers <= ENOUGH_MEMBERS ||
		w->nmembers <= most - most / STRANGERS_SHARE)
		return;
	struct iq_conn *idle = most_idle(w, c);

	if (idle != NULL)
		iq_conn_close(idle);
}

void iq_crowd_leave(struct iq_conn *c)
{
	if (c->stranger) {
		unlink_stranger(c);
		c->worker->nstrangers--;
	} else {
		c->worker->nmembers--;
	}
	c->worker->kept -= c->kept;
	c->kept = 0;
}

/* ---- memory --------------------------------------------------------------------------------- */

void iq_crowd_weigh(struct iq_conn *c)
{
	struct iq_worker *w = c->worker;
	struct iq_conn *largest = c;
	size_t now = c->in.n + c->out.n + c->held;

	if (c->state == IQ_CONN_DEAD)
		return;
	w->kept = w->kept - c->kept + now;
	c->kept = now;
	if (w->kept <= IQ_LIMIT_KEPT)
		return;
	for (struct iq_conn *o = w->conns; o != NULL; o = o->next)
		if (o->kept > largest->kept)
			largest = o;
	iq_conn_refuse(largest, IQ_REFUSED_MEMORY); /* counted, and in the audit log by address */
}

/* ---- time ----------------------------------------------------------------------------------- */

void iq_conn_tick(struct iq_conn *c, int64_t now_us)
{
	int64_t seconds = 0;

	if (c->since_us == 0)
		c->since_us = now_us;
	if (c->sent_us == 0 || iq_conn_unsent(c) == 0)
		c->sent_us = now_us;
	if (now_us - c->sent_us > IQ_LIMIT_FRAME_SECONDS * second_us) {
		iq_conn_close(c); /* does not take its answers */
		return;
	}
	if (c->state < IQ_CONN_OPEN)
		seconds = IQ_LIMIT_HANDSHAKE_SECONDS;
	else if (c->npending > 0 || c->state == IQ_CONN_CLOSING || iq_conn_unsent(c) > 0)
		return;
	else if (c->partial)
		seconds = IQ_LIMIT_FRAME_SECONDS;
	else
		seconds = c->stranger ? IQ_LIMIT_STRANGER_SECONDS : IQ_LIMIT_IDLE_SECONDS;
	if (now_us - c->since_us <= seconds * second_us)
		return;
	if (c->state < IQ_CONN_OPEN)
		iq_conn_refuse(c, IQ_REFUSED_SLOW);
	else
		iq_conn_close(c);
}
