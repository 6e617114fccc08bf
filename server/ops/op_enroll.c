/* SPDX-License-Identifier: Apache-2.0 */
/* A one-time token and a key against a client certificate. */
#include "op.h"

enum { DAY_SECONDS = 86400 };

static enum iq_err run_enroll(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__EnrollRequest *in = o->msg->enroll;
	struct iq_str csr = {(const char *)in->csr.data, in->csr.len};
	struct iq_str principal, cert, ca;
	uint8_t serial[20];
	enum iq_err err;

	(void)vocab;
	err = iq_token_use(w, in->secret.data, o->now_us, &o->arena, &principal, &job->error);
	if (err != IQ_OK)
		return err;
	/* The token is used up from here on: an error undoes that. */
	iq_job_writes(job);
	err = iq_pki_sign(o->svc->pki, csr, principal, &o->arena, &cert, &ca, serial, &job->error);
	if (err != IQ_OK)
		return err;
	iq_certificate_put(w, serial, principal,
		(int32_t)(o->now_us / 1000000 / DAY_SECONDS) + IQ_LIMIT_CERT_DAYS);
	iq_wire_str(&job->answer, 1, cert);
	iq_wire_str(&job->answer, 2, ca);
	iq_wire_str(&job->answer, 3, principal);
	return IQ_OK;
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

enum iq_err iq_op_renew(struct iq_req *rq, struct iq_job *job)
{
	(void)job;
	return iq_req_unsupported(rq);
}
