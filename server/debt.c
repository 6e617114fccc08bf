/* SPDX-License-Identifier: Apache-2.0 */
#include "debt.h"

#include <stdlib.h>

/* The number of a request takes the place of a request id: those that only read have none. */
static void put_number(struct iq_audit_entry *e, uint64_t number)
{
	for (size_t i = 0; i < 8; i++)
		e->request_id[15 - i] = (uint8_t)(number >> 8 * i);
}

/* What all entries of a request have in common. */
static struct iq_audit_entry about(const struct iq_req *rq)
{
	const struct iq_principal *p = rq->principal;
	struct iq_audit_entry e = {
		.time_us = rq->now_us, .purpose = rq->purpose, .peer = iq_str(rq->session->peer)};

	if (p == NULL)
		return e;
	e.principal = p->id;
	if (p->institution != IQ_NONE)
		e.institution = iq_id_of(rq->txn, IQ_INSTITUTION, p->institution);
	return e;
}

static struct iq_str keep(char **at, struct iq_str s)
{
	struct iq_str kept = {*at, s.n};

	if (s.n > 0)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static struct iq_debt *pack(
	const struct iq_audit_entry *common, const struct iq_owed *owed, size_t n)
{
	size_t text = common->principal.n + common->institution.n + common->operation.n +
		      common->purpose.n + common->peer.n;
	struct iq_debt *d = calloc(1, sizeof(*d) + n * sizeof(struct iq_audit_entry) + text);

	if (d == NULL)
		return NULL;
	struct iq_audit_entry *e = (struct iq_audit_entry *)(d + 1), first = *common;
	char *at = (char *)(e + n);

	first.principal = keep(&at, common->principal);
	first.institution = keep(&at, common->institution);
	first.operation = keep(&at, common->operation);
	first.purpose = keep(&at, common->purpose);
	first.peer = keep(&at, common->peer);
	for (size_t i = 0; i < n; i++) {
		e[i] = first;
		e[i].event = owed[i].event;
		e[i].subject = owed[i].contact;
		if (owed[i].contact != IQ_NONE)
			e[i].classes = iq_str(iq_visibility_names[owed[i].visibility]);
	}
	d->batch.entries = e;
	d->batch.n = n;
	return d;
}

struct iq_debt *iq_debt_new(const struct iq_req *rq, const char *operation, uint64_t number)
{
	struct iq_audit_entry common = about(rq);

	common.operation = iq_str(operation);
	put_number(&common, number);
	return pack(&common, rq->owed, rq->nowed);
}

struct iq_debt *iq_debt_of_job(const struct iq_op_job *job, uint64_t number)
{
	struct iq_audit_entry common = job->job.audit;

	put_number(&common, number);
	return pack(&common, job->owed, job->nowed);
}

void iq_debt_refused(struct iq_audit *audit, const struct iq_op_job *job, uint64_t number)
{
	struct iq_audit_entry e = job->job.audit;

	if (audit == NULL || job->job.err != IQ_ERR_DENIED)
		return;
	e.event = IQ_AUDIT_REFUSED;
	e.subject = IQ_NONE;
	e.classes = (struct iq_str){NULL, 0};
	put_number(&e, number);
	iq_audit_note(audit, &e);
}

void iq_debt_note(
	const struct iq_req *rq, enum iq_audit_event event, const char *operation, uint64_t number)
{
	struct iq_audit_entry e = about(rq);

	if (rq->svc->audit == NULL)
		return;
	e.event = event;
	if (operation != NULL)
		e.operation = iq_str(operation);
	put_number(&e, number);
	iq_audit_note(rq->svc->audit, &e);
}
