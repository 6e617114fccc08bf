/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_WORKER_H
#define IQ_SERVER_WORKER_H

/*
 * A thread with its own event loop, connections, snapshot, request memory and buffers. Others
 * reach it through its mailbox only.
 */

#include "ops.h"
#include "pulse.h"
#include "tls.h"

struct iq_worker;
struct iq_lane;

/* Why a peer was sent away before a request. X(ENUM, name in the metrics) */
#define IQ_REFUSALS(X)                                                                             \
	X(HANDSHAKE, "handshake")     /* TLS failed, or it went away meanwhile */                  \
	X(CERTIFICATE, "certificate") /* its certificate names nobody here */                      \
	X(SLOW, "slow")               /* not done in time */                                       \
	X(CROWD, "crowd")             /* gave way to somebody new */                               \
	X(MEMORY, "memory")           /* kept too much */
enum iq_refusal {
#define X(e, name) IQ_REFUSED_##e,
	IQ_REFUSALS(X)
#undef X
		IQ_REFUSAL_COUNT
};

IQ_CHECK enum iq_err iq_worker_start(const struct iq_services *svc, struct iq_tls_context *tls,
	struct iq_lane *lane, struct iq_worker **out, struct iq_error *error);
/* Hands over an accepted socket; the worker owns it. Any thread. */
void iq_worker_give(struct iq_worker *w, int fd);
/* As many connections at most; others give way to new ones. Any thread. */
void iq_worker_limit(struct iq_worker *w, size_t most);
/* Ends connections of peers whom an authority of others vouched for: it may be gone. Within a
 * second; who is still trusted connects again. Any thread. */
void iq_worker_distrust(struct iq_worker *w);
/* Asks it to answer what it has read and to close; within `timeout_ms`. Any thread. */
void iq_worker_drain(struct iq_worker *w, int timeout_ms);
/* Tells it that something was committed. Any thread; many calls are one. */
void iq_worker_news(struct iq_worker *w);
/* Waits for the end of the thread; to be called before the writer ends. */
void iq_worker_join(struct iq_worker *w);
/* After writer and lane ended: nobody sends mail any more. */
void iq_worker_free(struct iq_worker *w);

/* Counters; any thread. */
uint64_t iq_worker_connections(const struct iq_worker *w);
uint64_t iq_worker_questions(const struct iq_worker *w);
const struct iq_meter *iq_worker_meter(const struct iq_worker *w);
/* Signs of life; it beats when it is poked, unless it is stuck. */
const struct iq_pulse *iq_worker_pulse(const struct iq_worker *w);
void iq_worker_poke(struct iq_worker *w);
uint64_t iq_worker_refused(const struct iq_worker *w); /* peers, since start */
uint64_t iq_worker_refused_for(const struct iq_worker *w, enum iq_refusal why);
uint64_t iq_worker_watchers(const struct iq_worker *w); /* requests that wait for a change */

#endif
