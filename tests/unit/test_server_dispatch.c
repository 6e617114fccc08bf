/* SPDX-License-Identifier: Apache-2.0 */
/* Who may send what: logins, revocation on open connections, frames that are no requests. */
#include "ops_fixture.h"

#include <errno.h>

#include "audit_priv.h"
#include "bounds.h"
#include "dispatch.h"
#include "frame.h"
#include "rights_help.h"

static struct iq_desk desk;
static struct iq_caller caller;
static struct iq_buf frame;

static void put_principal(const char *id, int certificate, size_t ngrants)
{
	const struct iq_grant grant = {
		.role = IQ_ACCESS_CURATOR, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
	uint8_t serial[20] = {7};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	help_principal_put(w, &(struct iq_principal){.id = iq_str(id),
				      .institution = iq_id_find(
					      iq_wtxn_txn(w), IQ_INSTITUTION, IQ_STR("lra-abh")),
				      .grants = &grant,
				      .ngrants = ngrants});
	if (certificate)
		iq_certificate_put(w, serial, iq_str(id), INT32_MAX - 1);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

/* Takes the certificate back. */
static void take_back(void)
{
	char key[22] = {'c', '/', 7};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_table_put(w, IQ_TABLE_AUTH, (struct iq_str){key, sizeof(key)}, (struct iq_str){NULL, 0});
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	assert_int_equal(iq_desk_init(&desk, &fx.svc, &fx.error), IQ_OK);
	return 0;
}

static int teardown(void **state)
{
	iq_caller_free(&caller);
	iq_buf_free(&frame);
	iq_desk_free(&desk);
	return fx_teardown(state);
}

static void login(const char *id)
{
	iq_caller_free(&caller);
	memset(&caller, 0, sizeof(caller));
	strcpy(caller.session.principal, id);
	caller.session.serial[0] = 7;
}

/* Dispatches bytes; the response in fx.arena. A job is thrown away: NULL. */
static const Iq__V1__Response *say(struct iq_str bytes, enum iq_dispatched expected)
{
	struct iq_dispatch d = {.desk = &desk, .caller = &caller, .frame = bytes, .out = &fx.out};
	struct iq_str body;

	iq_buf_reset(&fx.out, 0);
	iq_arena_reset(&fx.arena);
	assert_true(iq_desk_open(&desk));
	assert_int_equal(iq_dispatch(&d), expected);
	iq_desk_close(&desk);
	if (d.job != NULL) {
		assert_int_equal(fx.out.n, 0);
		iq_dispatch_free(d.job);
		return NULL;
	}
	assert_int_equal(iq_frame_peek((struct iq_str){(char *)fx.out.p, fx.out.n},
				 IQ_LIMIT_ANSWER_MAX, &body),
		IQ_FRAME_READY);
	assert_int_equal(body.n + IQ_FRAME_HEADER, fx.out.n);
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const Iq__V1__Response *r =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	assert_non_null(r);
	return r;
}

static struct iq_str pack(const Iq__V1__Request *msg)
{
	size_t n = iq__v1__request__get_packed_size(msg);

	iq_buf_reset(&frame, 0);
	frame.n = iq__v1__request__pack(msg, iq_buf_room(&frame, n));
	return (struct iq_str){(char *)frame.p, frame.n};
}

static struct iq_str who(uint64_t id)
{
	Iq__V1__WhoRequest in = IQ__V1__WHO_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.task = "course";
	in.region = "dresden";
	msg.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_WHO;
	msg.who = &in;
	return pack(&msg);
}

static struct iq_str set(void)
{
	static uint8_t request_id[16] = {1};
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.verb = IQ__V1__VERB__DELETE;
	in.kind = "task";
	in.id = "work";
	msg.id = 9;
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return pack(&msg);
}

static void refused(const Iq__V1__Response *r, const char *code)
{
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
	assert_string_equal(r->error->code, code);
}

static void test_login(void **state)
{
	const Iq__V1__Response *r;

	(void)state;
	/* no certificate */
	login("");
	r = say(who(5), IQ_DISPATCH_DONE);
	refused(r, "login");
	assert_int_equal(r->id, 5);
	assert_non_null(strstr(r->error->hint, "iqq enroll"));
	/* a certificate that was never issued */
	login("max");
	refused(say(who(5), IQ_DISPATCH_DONE), "login");
	/* issued to somebody else */
	put_principal("erika", 1, 0);
	put_principal("max", 0, 0);
	refused(say(who(5), IQ_DISPATCH_DONE), "login");
	/* not usable */
	login("erika");
	caller.session.refused = "The certificate names two principals.";
	refused(say(who(5), IQ_DISPATCH_DONE), "login");
	login("erika");
	r = say(who(6), IQ_DISPATCH_DONE);
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	assert_int_equal(r->id, 6);
	assert_string_equal(r->who->outcome, "answered");
	/* the institution's ancestors count for its principals */
	assert_int_equal(caller.principal->nabove, 1);
}

static void test_changes_act_at_once(void **state)
{
	const struct iq_principal *before;

	(void)state;
	put_principal("erika", 1, 0);
	login("erika");
	assert_int_equal(say(who(1), IQ_DISPATCH_DONE)->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	refused(say(set(), IQ_DISPATCH_DONE), "denied");
	/* nothing changed: nothing is loaded again */
	before = caller.principal;
	say(who(1), IQ_DISPATCH_DONE);
	assert_ptr_equal(caller.principal, before);
	/* a grant */
	put_principal("erika", 1, 1);
	assert_null(say(set(), IQ_DISPATCH_WRITE));
	/* taken away again */
	put_principal("erika", 1, 0);
	refused(say(set(), IQ_DISPATCH_DONE), "denied");
	take_back();
	refused(say(who(1), IQ_DISPATCH_DONE), "login");
	put_principal("erika", 1, 0);
	assert_int_equal(say(who(1), IQ_DISPATCH_DONE)->result_case, IQ__V1__RESPONSE__RESULT_WHO);
}

static void test_frames(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum iq_dispatched how;
		uint64_t id;
		const char *code;
	} cases[] = {
		{"\x08\x05\x5a\x7f", 4, IQ_DISPATCH_FATAL, 0, "usage"}, /* cut off */
		{"\xff\xff\xff", 3, IQ_DISPATCH_FATAL, 0, "usage"},     /* no message */
		{"\x08\x05", 2, IQ_DISPATCH_DONE, 5, "usage"},          /* asks for nothing */
		{"\x08\x05\x9a\x06\x00", 5, IQ_DISPATCH_DONE, 5, "unsupported"}, /* field 99 */
		{"\x08\x05\x5a\x04\xb2\x02\x01x", 8, IQ_DISPATCH_DONE, 5, "unsupported"},
		{"\x08\x05\x5a\x02\x12\x00\x5a\x00", 8, IQ_DISPATCH_FATAL, 0, "usage"}, /* twice */
	};

	(void)state;
	put_principal("erika", 1, 0);
	login("erika");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const Iq__V1__Response *r =
			say((struct iq_str){cases[i].bytes, cases[i].n}, cases[i].how);

		refused(r, cases[i].code);
		assert_int_equal(r->id, cases[i].id);
	}
}

static void test_too_long(void **state)
{
	Iq__V1__GetRequest in = IQ__V1__GET_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *id = calloc(1, 5000);

	(void)state;
	assert_non_null(id);
	memset(id, 'x', 4999);
	put_principal("erika", 1, 0);
	login("erika");
	in.kind = "task";
	in.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_GET;
	msg.get = &in;
	refused(say(pack(&msg), IQ_DISPATCH_DONE), "usage");
	id[100] = '\0';
	refused(say(pack(&msg), IQ_DISPATCH_DONE), "not-found");
	free(id);
}

/* Long questions are left to the lane, where they are answered. */
static void test_lane(void **state)
{
	Iq__V1__ExportRequest in = IQ__V1__EXPORT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	struct iq_dispatch d = {.desk = &desk, .caller = &caller, .out = &fx.out};

	(void)state;
	put_principal("erika", 1, 0);
	login("erika");
	msg.op_case = IQ__V1__REQUEST__OP_EXPORT;
	msg.export = &in;
	d.frame = pack(&msg);
	iq_buf_reset(&fx.out, 0);
	assert_true(iq_desk_open(&desk));
	assert_int_equal(iq_dispatch(&d), IQ_DISPATCH_LANE);
	assert_int_equal(fx.out.n, 0);
	d.in_lane = true;
	assert_int_equal(iq_dispatch(&d), IQ_DISPATCH_DONE);
	assert_true(fx.out.n > 100);
	iq_desk_close(&desk);
}

/* An answer with nothing to tell may be kept back, by who understands that, and asked again. */
static void test_wait(void **state)
{
	Iq__V1__ChangesRequest in = IQ__V1__CHANGES_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	struct iq_dispatch d = {.desk = &desk, .caller = &caller, .out = &fx.out};
	uint8_t cookie[512];
	struct iq_str resume = {(char *)cookie, 0};

	(void)state;
	put_principal("wanda", 1, 0);
	login("wanda");
	msg.id = 3;
	msg.op_case = IQ__V1__REQUEST__OP_CHANGES;
	msg.changes = &in;
	in.start = true;
	const Iq__V1__Response *r = say(pack(&msg), IQ_DISPATCH_DONE);

	memcpy(cookie, r->changes->cookie.data, r->changes->cookie.len);
	in.cookie = (ProtobufCBinaryData){r->changes->cookie.len, cookie};
	in.start = false;
	in.wait_ms = 4000;
	d.frame = pack(&msg);
	iq_buf_reset(&fx.out, 0);
	assert_true(iq_desk_open(&desk));
	assert_int_equal(iq_dispatch(&d), IQ_DISPATCH_DONE); /* nobody said it may wait */
	d.may_wait = true;
	iq_buf_reset(&fx.out, 0);
	assert_int_equal(iq_dispatch(&d), IQ_DISPATCH_WAIT);
	assert_int_equal(d.wait_ms, 4000);
	assert_true(fx.out.n > 0 && d.cookie.n > 0); /* the answer if nothing happens */
	resume.n = d.cookie.n;
	memcpy(cookie, d.cookie.p, d.cookie.n);
	iq_desk_close(&desk);
	/* From where it had come it goes on, whatever the request says. */
	in.cookie = (ProtobufCBinaryData){0, NULL};
	d.frame = pack(&msg);
	d.resume = resume;
	iq_buf_reset(&fx.out, 0);
	assert_true(iq_desk_open(&desk));
	assert_int_equal(iq_dispatch(&d), IQ_DISPATCH_WAIT);
	iq_desk_close(&desk);
}

/* ---- answers that owe something to the audit --------------------------------------------------
 */

static void be_reader(void)
{
	const struct iq_grant grant = {
		.role = IQ_ACCESS_READER, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
	uint8_t serial[20] = {7};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	help_principal_put(w, &(struct iq_principal){.id = IQ_STR("rita"),
				      .institution = iq_id_find(
					      iq_wtxn_txn(w), IQ_INSTITUTION, IQ_STR("lra-abh")),
				      .grants = &grant,
				      .ngrants = 1});
	iq_certificate_put(w, serial, IQ_STR("rita"), INT32_MAX - 1);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	login("rita");
	strcpy(caller.session.peer, "192.0.2.7");
}

static struct iq_str who_contacts(void)
{
	Iq__V1__WhoRequest in = IQ__V1__WHO_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.task = "course-delivery";
	in.region = "dresden";
	in.contacts = true;
	in.reason = "referral";
	msg.id = 258;
	msg.op_case = IQ__V1__REQUEST__OP_WHO;
	msg.who = &in;
	return pack(&msg);
}

static const Iq__V1__Answer *first_answer(const struct iq_buf *out)
{
	struct iq_str body;

	assert_int_equal(
		iq_frame_peek((struct iq_str){(char *)out->p, out->n}, IQ_LIMIT_ANSWER_MAX, &body),
		IQ_FRAME_READY);
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const Iq__V1__Response *r =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	return r->who->answers[0];
}

static enum iq_dispatched ask_contacts(bool in_sealed, struct iq_debt **debt)
{
	struct iq_dispatch d = {.desk = &desk,
		.caller = &caller,
		.frame = who_contacts(),
		.sealed = in_sealed,
		.out = &fx.out};

	iq_buf_reset(&fx.out, 0);
	iq_arena_reset(&fx.arena);
	assert_true(iq_desk_open(&desk));
	enum iq_dispatched how = iq_dispatch(&d);

	iq_desk_close(&desk);
	*debt = d.debt;
	return how;
}

static void withheld_for_now(void)
{
	const Iq__V1__Answer *a = first_answer(&fx.out);

	assert_int_equal(a->n_contacts, 1);
	assert_string_equal(a->contacts[0]->id, "c-public");
	assert_int_equal(a->n_withheld, 1);
	assert_string_equal(a->withheld[0]->because, "audit");
}

static void test_owed(void **state)
{
	static const uint8_t number[16] = {[14] = 1, [15] = 2};
	struct iq_debt *debt;

	(void)state;
	be_reader();
	assert_int_equal(ask_contacts(false, &debt), IQ_DISPATCH_OWED);
	assert_int_equal(first_answer(&fx.out)->n_contacts, 2);
	assert_non_null(debt);
	/* nothing in it lies in what the desk or the connection may take back */
	iq_caller_free(&caller);
	iq_arena_reset(&desk.arena);
	assert_int_equal(debt->batch.n, 1);
	const struct iq_audit_entry *e = debt->batch.entries;

	assert_int_equal(e->event, IQ_AUDIT_DISCLOSED);
	assert_true(iq_str_is(e->principal, "rita"));
	assert_true(iq_str_is(e->institution, "lra-abh"));
	assert_true(iq_str_is(e->operation, "who"));
	assert_true(iq_str_is(e->purpose, "referral"));
	assert_true(iq_str_is(e->classes, "partners"));
	assert_true(iq_str_is(e->peer, "192.0.2.7"));
	assert_memory_equal(e->request_id, number, sizeof(number));
	assert_int_not_equal(e->subject, IQ_NONE);
	free(debt);
	/* plain answers owe nothing */
	be_reader();
	say(who(1), IQ_DISPATCH_DONE);
	/* what could not be put on record is answered again without it */
	assert_int_equal(ask_contacts(true, &debt), IQ_DISPATCH_DONE);
	assert_null(debt);
	withheld_for_now();
}

static bool broken(void *arg)
{
	(void)arg;
	errno = ENOSPC;
	return false;
}

static void break_audit(bool (*fault)(void *arg))
{
	pthread_mutex_lock(&fx.audit->file);
	fx.audit->fault = fault;
	pthread_mutex_unlock(&fx.audit->file);
}

/* While the log cannot be written, answers are plain from the start. */
static void test_unwritable(void **state)
{
	const struct iq_audit_entry e = {.event = IQ_AUDIT_LOGIN, .time_us = iq_now_us()};
	struct iq_debt *debt;

	(void)state;
	be_reader();
	break_audit(broken);
	assert_false(iq_audit_write(fx.audit, &e, 1));
	assert_int_equal(ask_contacts(false, &debt), IQ_DISPATCH_DONE);
	assert_null(debt);
	withheld_for_now();
	assert_int_equal(say(who(1), IQ_DISPATCH_DONE)->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	break_audit(NULL);
	for (int i = 0; !iq_audit_writable(fx.audit) && i < 3000; i++)
		usleep(10000); /* it tries again every second */
	assert_int_equal(ask_contacts(false, &debt), IQ_DISPATCH_OWED);
	assert_int_equal(first_answer(&fx.out)->n_contacts, 2);
	free(debt);
}

struct seen {
	unsigned logins, refused, other;
};

static bool count_line(void *arg, const struct iq_audit_line *line)
{
	struct seen *s = arg;

	if (!iq_str_is(line->entry.principal, "frieda"))
		return true;
	if (line->entry.event == IQ_AUDIT_LOGIN)
		s->logins++;
	else if (line->entry.event == IQ_AUDIT_REFUSED && iq_str_is(line->entry.operation, "write"))
		s->refused++;
	else
		s->other++;
	return true;
}

/* One entry for each login, one for each refusal. */
static void test_noted(void **state)
{
	const struct iq_audit_entry e = {.event = IQ_AUDIT_LOGIN, .time_us = iq_now_us()};
	const struct iq_audit_filter all = {.subject = IQ_NONE};
	struct seen seen = {0};

	(void)state;
	put_principal("frieda", 1, 0);
	login("frieda");
	say(who(1), IQ_DISPATCH_DONE);
	say(who(2), IQ_DISPATCH_DONE);
	refused(say(set(), IQ_DISPATCH_DONE), "denied");
	login("frieda");
	say(who(1), IQ_DISPATCH_DONE);
	assert_true(iq_audit_write(fx.audit, &e, 1)); /* what was noted before is written, too */
	assert_int_equal(iq_audit_each(fx.audit, &all, count_line, &seen, &fx.error), IQ_OK);
	assert_int_equal(seen.logins, 2);
	assert_int_equal(seen.refused, 1);
	assert_int_equal(seen.other, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_changes_act_at_once),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_lane),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_noted),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
