/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_WORKER_PRIV_H
#define IQ_SERVER_WORKER_PRIV_H

/* What worker.c, connection.c and pending.c share. Everything here belongs to one thread. */

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>

#include "bounds.h"
#include "dispatch.h"
#include "lane.h"
#include "pulse.h"
#include "worker.h"

struct iq_conn;
struct iq_pending;

/* What arrives in a worker's mailbox. */
enum iq_mail_kind { IQ_MAIL_SOCKET, IQ_MAIL_DONE, IQ_MAIL_PROGRESS, IQ_MAIL_DRAIN, IQ_MAIL_NEWS };
struct iq_mail {
	struct iq_queue_item item;
	enum iq_mail_kind kind;
};

struct iq_conn_list {
	struct iq_conn *first, *last;
};

/* A request that waits for something to tell (wait.c). */
struct iq_wait {
	struct iq_conn *conn;
	struct iq_wait *prev, *next;
	struct iq_buf frame;  /* the request */
	struct iq_buf answer; /* if nothing happens */
	struct iq_buf cookie; /* how far it has looked */
	int64_t until_us;     /* monotonic */
	uint64_t round;       /* in which it was asked last */
};

struct iq_worker {
	pthread_t thread;
	struct iq_pulse pulse;
	struct event_base *base;
	struct event mail_event, tick;
	struct iq_queue *mail;
	struct iq_tls_context *tls;
	struct iq_lane *lane;
	const struct iq_services *svc;
	struct iq_desk desk;
	struct iq_buf in, out;       /* of the connection whose turn it is */
	struct iq_conn *conns;       /* all */
	struct iq_conn_list ready;   /* have more to do than one turn allowed, in order */
	struct iq_conn *dead;        /* to be freed between callbacks */
	struct iq_conn_list silent;  /* strangers that said nothing yet, in order of arrival */
	struct iq_conn_list talking; /* the others, in order of their first byte */
	size_t nstrangers, nmembers;
	size_t kept;          /* bytes in buffers of connections */
	atomic_bool distrust; /* of those whom only an authority of others vouched for */
	_Atomic size_t most;  /* connections; 0: as many as the system grants */
	uint64_t seen;        /* snapshot in which all connections were looked at */
	int64_t seen_us;
	size_t in_flight; /* requests at writer, lane and audit */
	bool draining;
	int64_t drain_until_us;
	struct iq_mail drain;
	_Atomic int drain_ms;
	struct iq_wait *waits;
	_Atomic size_t nwaits;
	struct event wait_event;
	int64_t wait_at_us; /* when it rings; 0: it does not */
	bool news;          /* something was committed since they were asked */
	bool asking;        /* not all of this round were asked yet */
	uint64_t round;
	int64_t asked_us; /* when it began */
	struct iq_mail news_mail;
	atomic_bool news_sent; /* and not taken yet */
	_Atomic uint64_t nconns, questions, refused[IQ_REFUSAL_COUNT];
};

enum iq_conn_state {
	IQ_CONN_NEW,       /* nothing was received yet */
	IQ_CONN_HANDSHAKE, /* TLS */
	IQ_CONN_OPEN,      /* requests and answers */
	IQ_CONN_CLOSING,   /* no more requests; what is owed is answered */
	IQ_CONN_DEAD       /* closed; freed between callbacks */
};

struct iq_conn {
	struct iq_worker *worker;
	struct iq_conn *prev, *next;            /* all */
	struct iq_conn *next_ready, *next_dead; /* lists of the worker */
	struct iq_conn *older, *younger;        /* strangers */
	struct event readable, writable;
	struct iq_tls *tls;
	int fd;
	enum iq_conn_state state;
	bool is_ready, reading, writing;
	bool stranger; /* has not shown who it is */
	bool talks;    /* has said something */
	size_t kept;   /* its part of the worker's */
	struct iq_caller caller;
	struct iq_buf in;  /* received, not handled; no memory while idle */
	struct iq_buf out; /* not sent; no memory while idle */
	size_t sent;       /* bytes of `out` that are sent already */
	size_t frame_max;
	struct iq_pending *first, *last; /* owed answers that others work on, in order */
	size_t npending;
	size_t nwrites;       /* of them at the writer */
	size_t nparked;       /* of them waiting for the audit */
	size_t held;          /* bytes of answers among them */
	bool lane;            /* one of them is in the slow lane */
	int64_t since_us;     /* connection, frame or last activity began */
	int64_t sent_us;      /* output last moved */
	struct iq_wait *wait; /* NULL: none; nothing else is owed then */
	bool partial;         /* a frame has begun */
	bool eof;             /* the peer sends nothing more */
};

/* Takes over the socket; closes it on failure. */
void iq_conn_new(struct iq_worker *w, int fd);
/* One turn of a connection on the ready list. */
void iq_conn_turn(struct iq_conn *c);
/* Closes if the peer's certificate or principal were revoked. The worker's desk is open. */
void iq_conn_recheck(struct iq_conn *c);
/* Server is going down: reads no more, closes once everything owed is sent. */
void iq_conn_drain(struct iq_conn *c);
/* Closes at once; memory goes later. */
void iq_conn_close(struct iq_conn *c);
void iq_conn_free(struct iq_conn *c);
/* Closes and counts a peer that nobody got to know. */
void iq_conn_refuse(struct iq_conn *c, enum iq_refusal why);
static inline size_t iq_conn_unsent(const struct iq_conn *c)
{
	return c->out.n - c->sent;
}
/* Answers have become ready: sends them, goes on with waiting frames. */
void iq_conn_resume(struct iq_conn *c);
/* Where answers go now; iq_conn_flush() sends them. */
struct iq_buf *iq_conn_out(struct iq_conn *c);
void iq_conn_flush(struct iq_conn *c);

/* ---- who gives way (crowd.c) ----------------------------------------------------------------- */

/* A new connection, a stranger yet: where there are too many, another one is closed. */
void iq_crowd_enter(struct iq_conn *c);
/* Its first byte has come. */
void iq_crowd_talks(struct iq_conn *c);
/* It has shown who it is. */
void iq_crowd_known(struct iq_conn *c);
/* It is closed. */
void iq_crowd_leave(struct iq_conn *c);
/* At the end of a turn: if connections keep too much memory, the largest is closed (maybe c). */
void iq_crowd_weigh(struct iq_conn *c);
/* Closes if a deadline has passed. */
void iq_conn_tick(struct iq_conn *c, int64_t now_us);

/* ---- answers that others work on (pending.c) ------------------------------------------------ */

/* Gives the job to the writer; answers busy if its queue is full. */
void iq_pending_write(
	struct iq_conn *c, const struct iq_op *op, uint64_t id, struct iq_op_job *job);
/* until_us: how long it may wait there for something to tell (monotonic); 0: as it asks. */
void iq_pending_lane(struct iq_conn *c, const struct iq_dispatch *d, int64_t until_us);
/* Keeps an answer back until its debt is durable; if it cannot be, the frame is answered again
 * without what would have to be on record. */
void iq_pending_audit(struct iq_conn *c, const struct iq_dispatch *d, struct iq_str answer);
/* An answer that is ready, behind others that are not. False without memory. */
bool iq_pending_ready(struct iq_conn *c, struct iq_str frame);
/* Moves ready answers from the front to the output. */
void iq_pending_collect(struct iq_conn *c);
/* The connection is gone: what is on its way is dropped when it comes back. */
void iq_pending_orphan(struct iq_conn *c);
/* Mail of these kinds, in the worker's thread. */
void iq_pending_arrived(struct iq_worker *w, struct iq_mail *mail);
void iq_pending_progress(struct iq_worker *w, struct iq_mail *mail);

/* ---- requests that wait for something to tell (wait.c) --------------------------------------- */

void iq_wait_init(struct iq_worker *w);
/*
 * Keeps the answer back until there is another one, or it is time. Nothing may be owed to the
 * connection. False: there are too many, or the connection is being closed.
 */
bool iq_wait_begin(struct iq_conn *c, struct iq_str frame, struct iq_str answer,
	struct iq_str cookie, int64_t until_us);
/* The same for the answer at the end of `out`, from `start`, of a request handled just now; one
 * that cannot wait is refused. */
void iq_wait_hold(struct iq_conn *c, const struct iq_dispatch *d, struct iq_buf *out, size_t start);
/* Ends the wait of a connection, if any, with that answer: to its output. */
void iq_wait_end(struct iq_conn *c);
/* The same without answer. */
void iq_wait_drop(struct iq_conn *c);
/* Something was committed. */
void iq_wait_news(struct iq_worker *w);

#endif
