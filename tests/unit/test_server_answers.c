/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are kept: for whom, how long, and that nobody sees more or later through them. */
#include "ops_fixture.h"

#include "bounds.h"
#include "dispatch.h"
#include "frame.h"
#include "rights_help.h"

enum { MEMORY = 2 << 20 };

static struct iq_desk desk;
static struct iq_answers *answers;
static struct iq_caller caller;
static struct iq_buf frame;

static void be(const char *id, enum iq_access_role role, size_t ngrants)
{
	const struct iq_grant grant = {.role = role, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX};
	uint8_t serial[20] = {7};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id), .grants = &grant, .ngrants = ngrants});
	iq_certificate_put(w, serial, iq_str(id), INT32_MAX - 1);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	iq_caller_free(&caller);
	memset(&caller, 0, sizeof(caller));
	strcpy(caller.session.principal, id);
	caller.session.serial[0] = 7;
}

static int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	answers = iq_answers_new(MEMORY);
	assert_non_null(answers);
	fx.svc.answers = answers;
	assert_int_equal(iq_desk_init(&desk, &fx.svc, &fx.error), IQ_OK);
	be("erika", IQ_ACCESS_READER, 0);
	return 0;
}

static int teardown(void **state)
{
	iq_caller_free(&caller);
	iq_buf_free(&frame);
	iq_desk_free(&desk);
	fx.svc.answers = NULL;
	iq_answers_free(answers);
	return fx_teardown(state);
}

static struct iq_str pack(uint64_t id, const Iq__V1__WhoRequest *in)
{
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	msg.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_WHO;
	msg.who = (Iq__V1__WhoRequest *)(uintptr_t)in;
	iq_buf_reset(&frame, 0);
	frame.n = iq__v1__request__pack(
		&msg, iq_buf_room(&frame, iq__v1__request__get_packed_size(&msg)));
	return (struct iq_str){(char *)frame.p, frame.n};
}

/* Only the certain rows of the task: no contact is attached to them. */
static Iq__V1__WhoRequest plain(void)
{
	Iq__V1__WhoRequest in = IQ__V1__WHO_REQUEST__INIT;

	in.task = "course";
	in.region = "dresden";
	in.status = "asylum-seeker";
	in.certain = in.no_subtasks = true;
	return in;
}

/* Rows with a public contact and one for partners. */
static Iq__V1__WhoRequest personal(void)
{
	Iq__V1__WhoRequest in = IQ__V1__WHO_REQUEST__INIT;

	in.task = "course-delivery";
	in.region = "dresden";
	return in;
}

/* True if the answer to these bytes is there for the caller's snapshot. */
static bool is_kept(struct iq_str bytes)
{
	struct iq_wire_field f;
	bool bad = false;

	assert_true(iq_wire_next(&bytes, &f, &bad));
	assert_true(iq_desk_open(&desk));
	bool kept = iq_notes_find(desk.notes, desk.memo, bytes) != NULL;

	iq_desk_close(&desk);
	return kept;
}

static const Iq__V1__Response *say(struct iq_str bytes)
{
	struct iq_dispatch d = {.desk = &desk, .caller = &caller, .frame = bytes, .out = &fx.out};
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	struct iq_str body;

	iq_buf_reset(&fx.out, 0);
	iq_arena_reset(&fx.arena);
	assert_true(iq_desk_open(&desk));
	(void)iq_dispatch(&d);
	free(d.debt); /* what the audit would have to hold first */
	iq_desk_close(&desk);
	assert_int_equal(iq_frame_peek((struct iq_str){(char *)fx.out.p, fx.out.n},
				 IQ_LIMIT_ANSWER_MAX, &body),
		IQ_FRAME_READY);
	assert_int_equal(body.n + IQ_FRAME_HEADER, fx.out.n);
	const Iq__V1__Response *r =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	assert_non_null(r);
	return r;
}

/* Body of the last answer, its id aside. */
static struct iq_str last_body(void)
{
	struct iq_str rest = {(char *)fx.out.p + IQ_FRAME_HEADER, fx.out.n - IQ_FRAME_HEADER};
	struct iq_wire_field f;
	bool bad = false;

	assert_true(iq_wire_next(&rest, &f, &bad));
	assert_int_equal(f.field, 1);
	return rest;
}

static void test_same_answer(void **state)
{
	Iq__V1__WhoRequest in = plain();
	struct iq_buf first;

	(void)state;
	assert_false(is_kept(pack(1, &in)));
	const Iq__V1__Response *r = say(pack(1, &in));

	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	assert_int_equal(r->who->n_answers, 1);
	iq_buf_init(&first, 0);
	iq_buf_str(&first, last_body());
	assert_true(is_kept(pack(2, &in)));
	r = say(pack(700000, &in));
	assert_int_equal(r->id, 700000);
	assert_true(iq_str_eq(last_body(), (struct iq_str){(char *)first.p, first.n}));
	/* each question has its own, and another thread gets the same */
	in.lang = IQ__V1__LANG__EN;
	assert_false(is_kept(pack(1, &in)));
	say(pack(1, &in));
	assert_false(iq_str_eq(last_body(), (struct iq_str){(char *)first.p, first.n}));
	in.lang = IQ__V1__LANG__DE;
	iq_desk_free(&desk);
	assert_int_equal(iq_desk_init(&desk, &fx.svc, &fx.error), IQ_OK);
	for (int i = 0; i < 2; i++) { /* at first its labels are not made yet */
		say(pack(1, &in));
		assert_true(iq_str_eq(last_body(), (struct iq_str){(char *)first.p, first.n}));
		assert_true(is_kept(pack(1, &in)));
	}
	iq_buf_free(&first);
}

static void test_changes_end_it(void **state)
{
	Iq__V1__WhoRequest in = plain();

	(void)state;
	say(pack(1, &in));
	assert_true(is_kept(pack(1, &in)));
	be("max", IQ_ACCESS_READER, 0); /* any commit */
	assert_false(is_kept(pack(1, &in)));
	say(pack(1, &in));
	assert_true(is_kept(pack(1, &in)));
	/* the day */
	assert_true(iq_desk_open(&desk));
	iq_notes_turn(desk.notes, desk.vocab, desk.turn, desk.today + 1);
	struct iq_str question = {(char *)frame.p + 2, frame.n - 2};

	assert_null(iq_notes_find(desk.notes, desk.memo, question));
	iq_desk_close(&desk);
}

static void test_callers_are_examined(void **state)
{
	Iq__V1__WhoRequest in = plain();
	char key[22] = {'c', '/', 7};
	struct iq_wtxn *w;

	(void)state;
	say(pack(1, &in));
	assert_true(is_kept(pack(1, &in)));
	/* nobody */
	struct iq_caller erika = caller;

	memset(&caller, 0, sizeof(caller));
	const Iq__V1__Response *r = say(pack(1, &in));

	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
	assert_string_equal(r->error->code, "login");
	iq_caller_free(&caller);
	caller = erika;
	assert_int_equal(say(pack(1, &in))->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	/* taken back: a commit, and kept anew by somebody else meanwhile */
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_table_put(w, IQ_TABLE_AUTH, (struct iq_str){key, sizeof(key)}, (struct iq_str){NULL, 0});
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx.svc.anonymous = true;
	erika = caller;
	memset(&caller, 0, sizeof(caller));
	assert_int_equal(say(pack(1, &in))->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	assert_true(is_kept(pack(1, &in)));
	iq_caller_free(&caller);
	fx.svc.anonymous = false;
	caller = erika;
	r = say(pack(1, &in));
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
	assert_string_equal(r->error->code, "login");
}

static const Iq__V1__Answer *course_of(const Iq__V1__Response *r)
{
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	for (size_t i = 0; i < r->who->n_answers; i++)
		if (strcmp(r->who->answers[i]->responsibility->id, "vhs-course") == 0)
			return r->who->answers[i];
	fail();
	return NULL;
}

/* Where a class above public was asked about, the answer is the caller's own. */
static void test_rights_are_never_kept(void **state)
{
	Iq__V1__WhoRequest in = personal();

	(void)state;
	be("carla", IQ_ACCESS_EDITOR, 1);
	assert_int_equal(course_of(say(pack(1, &in)))->n_contacts, 1);
	assert_false(is_kept(pack(1, &in)));
	in.contacts = true;
	in.reason = "referral";
	say(pack(1, &in));
	assert_false(is_kept(pack(1, &in)));
	in = personal();
	be("erika", IQ_ACCESS_READER, 0);
	assert_int_equal(course_of(say(pack(1, &in)))->n_contacts, 1);
	assert_false(is_kept(pack(1, &in)));
	/* a reason makes a question its own even where nobody is shown */
	in = plain();
	in.contacts = true;
	in.reason = "referral";
	say(pack(1, &in));
	assert_false(is_kept(pack(1, &in)));
	/* nor are errors */
	in = plain();
	in.task = "no-such-task";
	say(pack(1, &in));
	assert_false(is_kept(pack(1, &in)));
}

/* A request is recognised by bytes that were examined, whatever its id looks like. */
static void test_other_forms(void **state)
{
	Iq__V1__WhoRequest in = plain();
	struct iq_str bytes = pack(5, &in);
	char other[512];

	(void)state;
	say(bytes);
	assert_true(is_kept(bytes));
	/* the id twice */
	assert_true(bytes.n + 2 <= sizeof(other));
	memcpy(other, bytes.p, bytes.n);
	memcpy(other + bytes.n, "\x08\x06", 2);
	const Iq__V1__Response *r = say((struct iq_str){other, bytes.n + 2});

	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
	/* the id behind: answered as ever, not kept */
	memcpy(other, bytes.p + 2, bytes.n - 2);
	memcpy(other + bytes.n - 2, "\x08\x06", 2);
	r = say((struct iq_str){other, bytes.n});
	assert_int_equal(r->id, 6);
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
	/* an id longer than a number can be */
	memcpy(other, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11);
	memcpy(other + 11, bytes.p + 2, bytes.n - 2);
	r = say((struct iq_str){other, bytes.n + 9});
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
}

/* More questions than there is memory for: all are answered, and the latest come to be kept. */
static void test_memory_ends(void **state)
{
	enum { MANY = 12000 };
	Iq__V1__WhoRequest in = plain();
	char at[11];
	size_t kept = 0;

	(void)state;
	in.at = at;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++) {
			iq_date_format(7000 + i, at);
			const Iq__V1__Response *r = say(pack(1, &in));

			assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_WHO);
			assert_string_equal(r->who->query->at, at);
		}
	}
	for (int i = 0; i < MANY; i++) {
		iq_date_format(7000 + i, at);
		kept += is_kept(pack(1, &in));
	}
	assert_true(kept > 1000 && kept < MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changes_end_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_callers_are_examined, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rights_are_never_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_forms, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory_ends, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
