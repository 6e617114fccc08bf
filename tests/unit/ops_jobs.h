/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_OPS_JOBS_H
#define TESTS_UNIT_OPS_JOBS_H

/* WRITE operations from prepare to their answer, over the directory of ops_fixture.h. */

#include "ops_fixture.h"

#include "jobs_help.h"
#include "rights_help.h"

static uint8_t serial[20] = {1};

/* Prepares and runs a WRITE request to its end. */
static inline enum iq_err run(const char *principal, Iq__V1__Request *msg)
{
	uint8_t packed[4096];
	size_t n = iq__v1__request__get_packed_size(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	job_begin(principal, iq_now_us());
	job->msg = msg;
	memcpy(job->serial, serial, sizeof(serial));
	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(msg, packed);
	fx_renew();
	struct iq_req rq = fx_req(msg);

	rq.body = (struct iq_str){(char *)packed, n};
	enum iq_err err = op->prepare(&rq, &job->job);

	if (err != IQ_OK)
		return err;
	return job_run();
}

static uint8_t request_id[16];

static inline enum iq_err change(const char *principal, Iq__V1__Verb verb, char *kind, char *id,
	char *key, char *value, bool again)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv = IQ__V1__KEY_VALUE__INIT, *fields[] = {&kv};

	if (!again)
		requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.verb = verb;
	in.kind = kind;
	in.id = id;
	if (verb == IQ__V1__VERB__MERGE) {
		in.into = value;
	} else if (key != NULL) {
		kv.key = key;
		kv.value = value;
		in.fields = fields;
		in.n_fields = 1;
	}
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return run(principal, &msg);
}

static inline struct iq_grant grant_of(enum iq_access_role role, const char *institution)
{
	return (struct iq_grant){.role = role,
		.institution = institution ? iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_INSTITUTION,
						     iq_str(institution))
					   : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
}

static inline int setup(void **state)
{
	static const enum iq_access_role all[] = {
		IQ_ACCESS_ADMIN, IQ_ACCESS_CURATOR, IQ_ACCESS_EDITOR, IQ_ACCESS_COORDINATOR};
	struct iq_grant grants[4];
	struct iq_wtxn *w;

	if (fx_setup(state) != 0)
		return -1;
	finished = iq_queue_new(0);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	for (size_t i = 0; i < 4; i++)
		grants[i] = grant_of(all[i], NULL);
	help_principal_put(
		w, &(struct iq_principal){.id = IQ_STR("root"), .grants = grants, .ngrants = 4});
	iq_certificate_put(w, serial, IQ_STR("root"), fx.today + 100);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
	return 0;
}

static inline int teardown(void **state)
{
	job_end();
	iq_queue_free(finished);
	return fx_teardown(state);
}

/* Makes the certificate belong to a principal with one grant. */
static inline void become(const char *id, struct iq_grant grant)
{
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id), .grants = &grant, .ngrants = 1});
	iq_certificate_put(w, serial, iq_str(id), fx.today + 100);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

#endif
