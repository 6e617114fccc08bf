/* SPDX-License-Identifier: Apache-2.0 */
/* Principals, tokens, grants and approvals: who may give what to whom, and who must agree. */
#include "ops_fixture.h"

#include "give.h"
#include "queue.h"
#include "rights_help.h"

static struct iq_queue *finished;
static struct iq_op_job *job;
static unsigned long requests;
static bool again; /* the next request has the id of the one before */
static int64_t later_us;

static void done(struct iq_job *j)
{
	assert_true(iq_queue_push(finished, &j->item));
}

static void job_end(void)
{
	if (job == NULL)
		return;
	iq_op_job_release(job);
	iq_buf_free(&job->job.answer);
	iq_arena_free(&job->arena);
	free(job);
	job = NULL;
}

static void serial_of(const char *id, uint8_t out[20])
{
	memset(out, 0, 20);
	memcpy(out, id, strnlen(id, 19));
}

static enum iq_err run(const char *principal, Iq__V1__Request *msg)
{
	size_t n = iq__v1__request__get_packed_size(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	job_end();
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	iq_arena_init(&job->arena, 0);
	iq_error_init(&job->job.error, &job->arena);
	job->svc = &fx.svc;
	strcpy(job->principal, principal);
	serial_of(principal, job->serial);
	job->today = fx.today;
	job->now_us = INT64_C(86400) * 1000000 * fx.today + later_us;
	job->job.change.principal = iq_str(job->principal);
	job->job.change.time_us = job->now_us;
	job->job.done = done;
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
	assert_true(iq_writer_submit(fx.writer, &job->job));
	assert_non_null(iq_queue_wait(finished, 30000));
	fx_renew();
	return job->job.err;
}

static ProtobufCBinaryData next_id(void)
{
	static uint8_t id[16];

	if (!again)
		requests++;
	again = false;
	memset(id, 7, sizeof(id));
	memcpy(id, &requests, sizeof(requests));
	return (ProtobufCBinaryData){sizeof(id), id};
}

static uint64_t answered(uint32_t field)
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

static enum iq_err give(const char *by, const char *to, const char *role, const char *institution,
	const char *region, const char *until)
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

static enum iq_err take(const char *by, const char *from, Iq__V1__GrantVerb verb, uint64_t id)
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

static enum iq_err principal(const char *by, Iq__V1__PrincipalVerb verb, const char *id,
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

static enum iq_err approve(const char *by, uint64_t id, bool reject)
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

static enum iq_err token(const char *by, const char *to, uint8_t first)
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

static enum iq_err set_contact(const char *by, const char *id, const char *visibility)
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

static struct iq_grant all(enum iq_access_role role)
{
	return (struct iq_grant){.id = 1, .role = role, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
}

static iq_num num(enum iq_kind kind, const char *id)
{
	return iq_id_find(iq_rtxn_txn(fx.rtxn), kind, iq_str(id));
}

static void person(struct iq_wtxn *w, const char *id, const char *institution, const char *contact,
	const char *creator, struct iq_grant grant)
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
static int setup(void **state)
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

static int teardown(void **state)
{
	job_end();
	iq_queue_free(finished);
	return fx_teardown(state);
}

static bool has_role(const char *id, enum iq_access_role role)
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

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_scope_and_end(void **state)
{
	(void)state;
	assert_int_equal(give("root", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_READER));
	assert_int_equal(give("root", "stranger", "reader", "", "dresden", ""), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "reader", "", "dresden", "2029-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "reader", "", "dresden", "2026-11-21"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "king", "", "dresden", "2027-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "editor", "", "dresden", "2027-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "nobody", "reader", "", "dresden", "2027-01-31"), IQ_ERR_NOT_FOUND);
	/* Terms are understood. */
	assert_int_equal(give("root", "stranger", "reader", "", "Meißen", "2027-01-31"), IQ_OK);
	/* The administrator of Dresden gives what lies in Dresden. */
	assert_int_equal(give("dd", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(
		give("dd", "stranger", "reader", "", "meissen", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("dd", "stranger", "reader", "", "sn", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("dd", "stranger", "reader", "", "", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(
		give("ed", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
}

static void test_not_to_oneself(void **state)
{
	(void)state;
	assert_int_equal(
		give("root", "root", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	/* Whoever made the giver's account. */
	assert_int_equal(
		give("second", "root", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	/* Another account of the same person: ed as an administrator. */
	assert_int_equal(give("root", "ed", "admin", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("second", answered(3), false), IQ_OK);
	assert_true(has_role("ed", IQ_ACCESS_ADMIN));
	assert_int_equal(
		give("ed", "ed-two", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("ed", "colleague", "reader", "", "dresden", "2027-01-31"), IQ_OK);
}

static void test_second_admin(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_true(n > 0);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("dd", n, false), IQ_ERR_NOT_FOUND); /* not over everything */
	assert_int_equal(approve("ed", n, false), IQ_ERR_NOT_FOUND);
	/* Asking twice does not help. */
	assert_int_equal(
		give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	/* Nobody decides on their own rights. */
	assert_int_equal(give("root", "second", "auditor", "", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("second", answered(3), false), IQ_ERR_DENIED);
	/* The record says who agreed. */
	struct iq_arena arena;
	struct iq_account a;

	iq_arena_init(&arena, 0);
	assert_true(iq_account_get(iq_rtxn_txn(fx.rtxn), IQ_STR("stranger"), &arena, &a));
	assert_true(iq_str_is(a.grants[0].by, "root"));
	assert_true(iq_str_is(a.grants[0].approved_by, "second"));
	iq_arena_free(&arena);
}

static void test_consent_of_editors(void **state)
{
	uint64_t n;

	(void)state;
	/* Nobody edits the district office yet. */
	assert_int_equal(give("root", "stranger", "editor", "lra", "", "2027-01-31"), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_EDITOR));
	/* The VHS has an editor. */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_true(n > 0);
	assert_false(has_role("colleague", IQ_ACCESS_EDITOR));
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("stranger", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("ed", n, false), IQ_OK);
	assert_true(has_role("colleague", IQ_ACCESS_EDITOR));
	/* Whoever edits a part is not overruled through the whole: the part's office has one. */
	assert_int_equal(take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(give("root", "stranger", "editor", "lra-abh", "", "2027-01-31"), IQ_OK);
	assert_int_equal(answered(3), 0);
	assert_int_equal(give("root", "ed-two", "editor", "lra", "", "2027-01-31"), IQ_OK);
	assert_true(answered(3) > 0);
}

static void test_waiting(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	later_us = INT64_C(86400) * 1000000 * (IQ_LIMIT_APPROVAL_DAYS + 1);
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	assert_non_null(strstr(job->job.error.text, "expired"));
	later_us = 0;
	assert_int_equal(approve("second", n, true), IQ_OK);
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	/* Whoever asked has lost the right meanwhile: it stays waiting. */
	assert_int_equal(give("second", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_int_equal(take("root", "second", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("root", n, true), IQ_OK);
}

static void test_retry(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	again = true;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(answered(3), n);
	again = true;
	assert_int_equal(give("root", "stranger", "admin", "", "", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(approve("second", n, false), IQ_OK);
	again = true;
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_true(job->job.replayed);
}

static void test_last_admin(void **state)
{
	(void)state;
	assert_int_equal(take("root", "second", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(take("root", "root", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_ERR_GUARD);
	assert_int_equal(principal("root", IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END, "root", NULL,
				 NULL, NULL, NULL),
		IQ_ERR_GUARD);
	/* An administrator of a part takes nothing from one for everything. */
	assert_int_equal(take("dd", "root", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_ERR_NOT_FOUND);
	assert_int_equal(principal("dd", IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END, "root", NULL, NULL,
				 NULL, NULL),
		IQ_ERR_NOT_FOUND);
}

static void test_revoking(void **state)
{
	uint8_t serial[20];

	(void)state;
	assert_int_equal(give("dd", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(give("root", "stranger", "reader", "", "meissen", "2027-01-31"), IQ_OK);
	/* dd may not take what lies outside, and then takes nothing. */
	assert_int_not_equal(take("dd", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_READER));
	assert_int_equal(take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_false(has_role("stranger", IQ_ACCESS_READER));
	assert_int_equal(
		take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_ERR_NOT_FOUND);
	serial_of("ed", serial);
	assert_int_equal(take("root", "ed", IQ__V1__GRANT_VERB__REVOKE_CERTIFICATES, 0), IQ_OK);
	assert_false(iq_certificate_valid(iq_rtxn_txn(fx.rtxn), serial, IQ_STR("ed")));
	assert_int_equal(set_contact("ed", "c-public", "partners"), IQ_ERR_LOGIN);
}

static void test_principals(void **state)
{
	const Iq__V1__PrincipalVerb ADD = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_ADD,
				    SET = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET,
				    END = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END;

	(void)state;
	assert_int_equal(principal("dd", ADD, "new", "name", "New", "institution", "vhs"), IQ_OK);
	assert_int_equal(
		principal("dd", ADD, "new", "name", "New", "institution", "vhs"), IQ_ERR_CONFLICT);
	assert_int_equal(
		principal("dd", ADD, "far", "name", "Far", "institution", "lra"), IQ_ERR_DENIED);
	assert_int_equal(principal("dd", ADD, "free", "name", "Free", NULL, NULL), IQ_ERR_DENIED);
	assert_int_equal(principal("dd", ADD, "operator", "name", "O", "institution", "vhs"),
		IQ_ERR_REJECTED);
	/* The contact belongs to the institution. */
	assert_int_equal(principal("dd", SET, "new", "contact", "c-public", NULL, NULL), IQ_OK);
	assert_int_equal(principal("root", SET, "stranger", "contact", "c-public", NULL, NULL),
		IQ_ERR_REJECTED);
	assert_int_equal(
		principal("dd", SET, "stranger", "name", "X", NULL, NULL), IQ_ERR_NOT_FOUND);
	/* Who holds grants is moved by two. */
	assert_int_equal(principal("root", SET, "ed", "contact", "c-public", NULL, NULL), IQ_OK);
	uint64_t n = answered(4);

	assert_true(n > 0);
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_int_equal(principal("second", SET, "second", "institution", "vhs", NULL, NULL),
		IQ_ERR_DENIED);
	assert_int_equal(principal("dd", END, "new", NULL, NULL, NULL, NULL), IQ_OK);
	assert_int_equal(
		give("root", "new", "reader", "", "dresden", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(token("root", "new", 1), IQ_ERR_CONFLICT);
}

static void test_tokens(void **state)
{
	(void)state;
	iq_buf_reset(&fx.out, SIZE_MAX);
	/* Whoever has the token is the person: what cannot be given alone cannot be handed out. */
	assert_int_equal(token("root", "second", 2), IQ_ERR_DENIED);
	assert_int_equal(token("dd", "root", 3), IQ_ERR_NOT_FOUND);
	assert_int_equal(token("dd", "stranger", 4), IQ_ERR_NOT_FOUND);
	/* A second editor would be asked; a colleague of hers could not be bypassed by a token. */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("ed", answered(3), false), IQ_OK);
	assert_int_equal(token("root", "ed", 5), IQ_ERR_DENIED);
}

static void test_visibility(void **state)
{
	struct iq_rec rec;
	uint64_t n;

	(void)state;
	assert_int_equal(set_contact("ed", "c-partners", "institution"), IQ_OK); /* narrower */
	assert_int_equal(answered(4), 0);
	assert_int_equal(set_contact("ed", "c-partners", "public"), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	assert_true(iq_rec_get(
		iq_rtxn_txn(fx.rtxn), IQ_CONTACT, num(IQ_CONTACT, "c-partners"), &fx.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_CONTACT_VISIBILITY), "institution"));
	assert_int_equal(approve("ed", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND); /* no editor */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("ed", answered(3), false), IQ_OK);
	assert_int_equal(approve("colleague", n, false), IQ_OK);
	assert_true(iq_rec_get(
		iq_rtxn_txn(fx.rtxn), IQ_CONTACT, num(IQ_CONTACT, "c-partners"), &fx.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_CONTACT_VISIBILITY), "public"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scope_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_to_oneself, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_admin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_consent_of_editors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_retry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_admin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revoking, setup, teardown),
		cmocka_unit_test_setup_teardown(test_principals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
		cmocka_unit_test_setup_teardown(test_visibility, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
