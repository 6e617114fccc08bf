/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_DISPATCH_H
#define IQ_SERVER_DISPATCH_H

/*
 * From a frame to its answer, without sockets or events: examine, decode, decide, handle, write
 * the response.
 */

#include "debt.h"
#include "session.h"

enum iq_dispatched {
	IQ_DISPATCH_DONE,  /* the response frame was appended to `out` */
	IQ_DISPATCH_OWED,  /* likewise; it must not leave before `debt` is durable */
	IQ_DISPATCH_FATAL, /* likewise; the connection is to be closed */
	IQ_DISPATCH_WRITE, /* `job` is to be given to the writer; iq_dispatch_done() answers */
	IQ_DISPATCH_WAIT,  /* likewise; it may be kept back for `wait_ms`, and asked again */
	IQ_DISPATCH_LANE   /* too much for a worker: dispatch again with `in_lane` */
};

struct iq_dispatch {
	struct iq_desk *desk; /* open */
	struct iq_caller *caller;
	struct iq_str frame;
	bool in_lane;
	bool sealed;   /* the audit could not be written: withhold what it would have to hold */
	bool may_wait; /* WAIT is understood */
	struct iq_str resume; /* of an earlier WAIT: its `cookie` */
	struct iq_buf *out;
	/* results */
	uint64_t id;
	const struct iq_op *op; /* NULL: none */
	struct iq_op_job *job;  /* WRITE; freed by iq_dispatch_free() */
	struct iq_debt *debt;   /* OWED; freed with free() */
	uint32_t wait_ms;       /* WAIT */
	struct iq_str cookie;   /* WAIT; lives as long as the desk's arena */
};

enum iq_dispatched iq_dispatch(struct iq_dispatch *d);

/* Counts an answer, and leaves a line in the log where that is wanted. */
void iq_dispatch_count(
	struct iq_desk *desk, const struct iq_op *op, enum iq_err result, int64_t us);

/* The operation of a frame that was not examined yet; NULL: none. */
const struct iq_op *iq_dispatch_peek(struct iq_str frame, uint64_t *id);
/* Response of a finished job. revision: the last known one. */
void iq_dispatch_done(const struct iq_op *op, uint64_t id, const struct iq_op_job *job,
	uint64_t revision, struct iq_buf *out);
/* A response frame around a body; more: not the last one. */
void iq_dispatch_body(
	uint32_t field, uint64_t id, bool more, struct iq_str body, struct iq_buf *out);
void iq_dispatch_error(uint64_t id, const struct iq_error *error, struct iq_buf *out);
void iq_dispatch_free(struct iq_op_job *job);

#endif
