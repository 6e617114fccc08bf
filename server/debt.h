/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_SERVER_DEBT_H
#define IQ_SERVER_DEBT_H

/*
 * What an answer owes to the audit log: it leaves only once its debt is durable there (access.md
 * "Audit").
 */

#include "ops.h"

/* One block with all it refers to; freed with free(). */
struct iq_debt {
	struct iq_audit_batch batch; /* first; `done` is set by the owner before it is submitted */
	void *owner;
	bool durable; /* set by `done` */
};

/*
 * The entries a request owes (rq->owed), ready to be submitted. number: of the request on its
 * connection. NULL: no memory.
 */
struct iq_debt *iq_debt_new(const struct iq_req *rq, const char *operation, uint64_t number);
/* The same for what a job showed without changing anything. */
struct iq_debt *iq_debt_of_job(const struct iq_op_job *job, uint64_t number);

/* The refusal of a change by the writer; nobody waits for it. Other results: nothing. */
void iq_debt_refused(struct iq_audit *audit, const struct iq_op_job *job, uint64_t number);
/* An entry about the caller that nobody waits for: LOGIN, REFUSED. operation: may be NULL. */
void iq_debt_note(
	const struct iq_req *rq, enum iq_audit_event event, const char *operation, uint64_t number);

#endif
