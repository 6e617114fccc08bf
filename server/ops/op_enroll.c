/* SPDX-License-Identifier: Apache-2.0 */
/* A one-time token and a key against a client certificate. */
#include "date.h"
#include "op.h"

/* Signs, records and answers. */
static enum iq_err issue(struct iq_op_job *o, struct iq_wtxn *w, ProtobufCBinaryData request,
	struct iq_str principal)
{
	struct iq_job *job = &o->job;
	struct iq_str csr = {(const char *)request.data, request.len}, cert, ca, der;
	uint8_t serial[20];
	int32_t until;
	enum iq_err err = iq_pki_sign(
		o->svc->pki, csr, principal, &o->arena, &cert, &ca, serial, &job->error);

	if (err != IQ_OK)
		return err;
	if (!iq_pki_cert_until(cert, &until))
		return iq_error_set(&job->error, IQ_ERR_INTERNAL,
			N_("A certificate could not be made."), NULL, NULL);
	iq_certificate_put(w, serial, principal, until);
	iq_wire_str(&job->answer, 1, cert);
	iq_wire_str(&job->answer, 2, ca);
	iq_wire_str(&job->answer, 3, principal);
	for (size_t i = 0; i < iq_pki_authorities(o->svc->pki, i, &o->arena, &der); i++)
		iq_wire_item(&job->answer, 4, der);
	return IQ_OK;
}

static enum iq_err run_enroll(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__EnrollRequest *in = o->msg->enroll;
	struct iq_str principal;
	enum iq_err err;

	(void)vocab;
	err = iq_token_use(w, in->secret.data, o->now_us, &o->arena, &principal, &job->error);
	if (err != IQ_OK)
		return err;
	/* The token is used up from here on: an error undoes that. */
	iq_job_writes(job);
	return issue(o, w, in->csr, principal);
}

enum iq_err iq_op_enroll(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__EnrollRequest *in = rq->msg->enroll;

	if (in->secret.len != IQ_TOKEN_SECRET || in->csr.len == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The token or the certificate request is missing."),
			N_("Enrol with: iqq enroll --token TOKEN"), NULL);
	job->change.operation = IQ_STR("enroll");
	job->run = run_enroll;
	return IQ_OK;
}

/* The certificate in use stays valid until it ends: the new one has to arrive first. */
static enum iq_err run_renew(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_right right;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	iq_job_writes(job);
	return issue(o, w, o->msg->renew->csr, right.principal.id);
}

enum iq_err iq_op_renew(struct iq_req *rq, struct iq_job *job)
{
	if (rq->session->external)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Your certificate was not issued by this server and cannot be renewed "
			   "here."),
			N_("Get a new one where your organisation issues them."), NULL);
	if (rq->msg->renew->csr.len == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The certificate request is missing."),
			N_("Use an iqq of the server's version."), NULL);
	/* Half of its life: iqq asks in the last third, whatever the clocks say. */
	const int64_t half_us = (int64_t)IQ_LIMIT_CERT_DAYS * 86400 / 2 * 1000000;
	int64_t until_us = rq->session->until_us;
	char day[11];

	if (until_us - rq->now_us > half_us) {
		iq_date_format((int32_t)(until_us / 1000000 / 86400), day);
		return iq_error_set(rq->error, IQ_ERR_CONFLICT,
			N_("Your certificate is valid until {0}; it is too early to renew it."),
			N_("If its key is in wrong hands, ask an administrator to revoke it."), day,
			NULL);
	}
	job->change.operation = IQ_STR("renew");
	job->run = run_renew;
	return IQ_OK;
}
