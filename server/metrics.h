/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_METRICS_H
#define IQ_SERVER_METRICS_H

/*
 * The server's figures in OpenMetrics text, told to whoever connects to DIR/metrics.sock (0600).
 * Labels are names of operations, results, kinds and events; nothing of persons, ids or places.
 */

#include <event2/event.h>

#include "meter.h"
#include "worker.h"

struct iq_metrics_source {
	const struct iq_services *svc;
	const struct iq_meter *const *meter; /* of workers and lane */
	size_t nmeters;
	/* ctx of svc; peers refused before a request */
	uint64_t (*refused)(void *ctx, enum iq_refusal why);
	uint64_t (*lane)(void *ctx);     /* questions waiting in the slow lane */
	uint64_t (*watchers)(void *ctx); /* requests that wait for a change */
};

/* The text; rtxn: for what the directory holds, renewed and reset. */
void iq_metrics_text(
	const struct iq_metrics_source *source, struct iq_rtxn *rtxn, struct iq_buf *out);

struct iq_metrics;
/* `source` lives until iq_metrics_free(). Main thread. */
IQ_CHECK enum iq_err iq_metrics_listen(struct event_base *base, const char *dir,
	const struct iq_metrics_source *source, struct iq_metrics **out, struct iq_error *error);
void iq_metrics_free(struct iq_metrics *m);

/* Connects to DIR/metrics.sock and reads all. False: errno; nobody is there. */
IQ_CHECK bool iq_metrics_fetch(const char *dir, struct iq_buf *out);

#endif
