/* SPDX-License-Identifier: Apache-2.0 */
/* People with rights over the small directory, and their requests to change something. */
#ifndef TESTS_UNIT_GRANTS_HELP_H
#define TESTS_UNIT_GRANTS_HELP_H

#include "ops_fixture.h"

#include "give.h"
#include "jobs_help.h"
#include "rights_help.h"

static bool again; /* the next request has the id of the one before */
static int64_t later_us;

static inline void serial_of(const char *id, uint8_t out[20])
{
	memset(out, 0, 20);
	memcpy(out, id, strnlen(id, 19));
}

static inline enum iq_err run(const char *principal, Iq__V1__Request *msg)
{
	size_t n = iq__v1__request__get_packed_size(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	job_begin(principal, INT64_C(86400) * 1000000 * fx.today + later_us);
	serial_of(principal, job->serial);
	uint8_t *packed = iq_arena_alloc(&job->arena, n);
	ProtobufCAllocator allocator = iq_codec_allocator(&job->arena);

	iq__v1__request__pack(msg, packed);
	job->msg = iq__v1__request__unpack(&allocator, n, packed);
	fx_renew();
	struct iq_req rq = fx_req(job->msg);

	rq.body = (struct iq_str){(char *)packed, n};
	enum iq_err err = op->prepare(&rq, &job->job);

	if (err != IQ_OK) {
		job->job.error = fx.error;
		return err;
	}
	return job_run();
}

static inline ProtobufCBinaryData next_id(void)
{
	static uint8_t id[16];

	if (!again)
		requests++;
	again = false;
	memset(id, 7, sizeof(id));
	memcpy(id, &requests, sizeof(requests));
	return (ProtobufCBinaryData){sizeof(id), id};
}

static inline uint64_t answered(uint32_t field)
{
	struct iq_str rest = {(const char *)job->job.answer.p, job->job.answer.n};
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == field && f.type == IQ_WIRE_VARINT)
			return f.value;
	}
	return 0;
}

static inline enum iq_err give(const char *by, const char *to, const char *role,
	const char *institution, const char *region, const char *until)
{
	Iq__V1__GrantRequest in = IQ__V1__GRANT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__Grant g = IQ__V1__GRANT__INIT;

	in.request_id = next_id();
	in.verb = IQ__V1__GRANT_VERB__GRANT_GIVE;
	in.principal = (char *)to;
	in.grant = &g;
	in.reason = "Test";
	g.role = (char *)role;
	g.institution = (char *)institution;
	g.region = (char *)region;
	g.valid_to = (char *)until;
	msg.op_case = IQ__V1__REQUEST__OP_GRANT;
	msg.grant = &in;
	return run(by, &msg);
}

static inline enum iq_err take(
	const char *by, const char *from, Iq__V1__GrantVerb verb, uint64_t id)
{
	Iq__V1__GrantRequest in = IQ__V1__GRANT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.request_id = next_id();
	in.verb = verb;
	in.principal = (char *)from;
	in.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_GRANT;
	msg.grant = &in;
	return run(by, &msg);
}

static inline enum iq_err principal(const char *by, Iq__V1__PrincipalVerb verb, const char *id,
	const char *k1, const char *v1, const char *k2, const char *v2)
{
	Iq__V1__PrincipalRequest in = IQ__V1__PRINCIPAL_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv[2] = {IQ__V1__KEY_VALUE__INIT, IQ__V1__KEY_VALUE__INIT};
	Iq__V1__KeyValue *fields[] = {&kv[0], &kv[1]};

	in.request_id = next_id();
	in.verb = verb;
	in.id = (char *)id;
	in.fields = fields;
	in.n_fields = k2 ? 2 : k1 ? 1 : 0;
	kv[0].key = (char *)k1;
	kv[0].value = (char *)v1;
	kv[1].key = (char *)k2;
	kv[1].value = (char *)v2;
	msg.op_case = IQ__V1__REQUEST__OP_PRINCIPAL;
	msg.principal = &in;
	return run(by, &msg);
}

static inline enum iq_err approve(const char *by, uint64_t id, bool reject)
{
	Iq__V1__ApproveRequest in = IQ__V1__APPROVE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.request_id = next_id();
	in.verb = reject ? IQ__V1__APPROVE_VERB__APPROVE_NO : IQ__V1__APPROVE_VERB__APPROVE_YES;
	in.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_APPROVE;
	msg.approve = &in;
	return run(by, &msg);
}

static inline enum iq_err token(const char *by, const char *to, uint8_t first)
{
	Iq__V1__TokenRequest in = IQ__V1__TOKEN_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	uint8_t secret[16] = {first};

	in.request_id = next_id();
	in.verb = IQ__V1__TOKEN_VERB__TOKEN_CREATE;
	in.principal = (char *)to;
	in.secret = (ProtobufCBinaryData){sizeof(secret), secret};
	msg.op_case = IQ__V1__REQUEST__OP_TOKEN;
	msg.token = &in;
	return run(by, &msg);
}

static inline enum iq_err set_contact(const char *by, const char *id, const char *visibility)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv = IQ__V1__KEY_VALUE__INIT, *fields[] = {&kv};

	in.request_id = next_id();
	in.verb = IQ__V1__VERB__SET;
	in.kind = "contact";
	in.id = (char *)id;
	kv.key = "visibility";
	kv.value = (char *)visibility;
	in.fields = fields;
	in.n_fields = 1;
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return run(by, &msg);
}

/* ---- people ---------------------------------------------------------------------------------- */

static inline struct iq_grant all(enum iq_access_role role)
{
	return (struct iq_grant){.id = 1, .role = role, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
}

static inline iq_num num(enum iq_kind kind, const char *id)
{
	return iq_id_find(iq_rtxn_txn(fx.rtxn), kind, iq_str(id));
}

static inline void person(struct iq_wtxn *w, const char *id, const char *institution,
	const char *contact, const char *creator, struct iq_grant grant)
{
	struct iq_grant_rec rec = {.grant = grant};
	uint8_t serial[20];

	iq_account_put(w,
		&(struct iq_account){.id = iq_str(id),
			.name = iq_str(id),
			.institution = institution ? num(IQ_INSTITUTION, institution) : IQ_NONE,
			.contact = contact ? num(IQ_CONTACT, contact) : IQ_NONE,
			.created_by = iq_str(creator),
			.grants = &rec,
			.ngrants = grant.to == 0 ? 0 : 1},
		NULL);
	serial_of(id, serial);
	iq_certificate_put(w, serial, iq_str(id), fx.today + 100);
}

/* root and second administer everything, dd Dresden; ed edits the VHS and deputises at nothing. */
static inline int setup(void **state)
{
	struct iq_grant none = {.to = 0}, admin = all(IQ_ACCESS_ADMIN), ed = all(IQ_ACCESS_EDITOR);
	struct iq_wtxn *w;

	if (fx_setup(state) != 0)
		return -1;
	finished = iq_queue_new(0);
	again = false;
	later_us = 0;
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	person(w, "root", NULL, NULL, "", admin);
	person(w, "second", NULL, NULL, "root", admin);
	admin.region = num(IQ_REGION, "dresden");
	person(w, "dd", NULL, NULL, "root", admin);
	ed.institution = num(IQ_INSTITUTION, "vhs");
	person(w, "ed", "vhs", "c-inside", "root", ed);
	person(w, "ed-two", "vhs", "c-inside", "root", none);
	person(w, "colleague", "vhs", NULL, "root", none);
	person(w, "stranger", "lra", NULL, "root", none);
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

static inline bool has_role(const char *id, enum iq_access_role role)
{
	struct iq_arena arena;
	struct iq_principal p;
	bool has = false;

	iq_arena_init(&arena, 0);
	if (iq_principal_get(iq_rtxn_txn(fx.rtxn), iq_str(id), fx.today, &arena, &p)) {
		for (size_t i = 0; i < p.ngrants; i++)
			has = has || p.grants[i].role == role;
	}
	iq_arena_free(&arena);
	return has;
}

#endif
