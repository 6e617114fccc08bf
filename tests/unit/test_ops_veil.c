/* SPDX-License-Identifier: Apache-2.0 */
/* Changes: what is hidden from the caller looks as if it did not exist. */
#include "disclose_help.h"

#include "jobs_help.h"
#include "rights_help.h"

static bool dry;

/* Editors of vhs and of lra, a coordinator of the state, an administrator. */
static void put_people(struct iq_wtxn *w)
{
	static const struct {
		const char *id, *institution, *region;
		enum iq_access_role role;
	} who_is[] = {{"edith", "vhs", NULL, IQ_ACCESS_EDITOR},
		{"lars", "lra", NULL, IQ_ACCESS_EDITOR},
		{"cora", NULL, "sn", IQ_ACCESS_COORDINATOR}, {"ada", NULL, NULL, IQ_ACCESS_ADMIN}};

	put_classes(w);
	for (size_t i = 0; i < sizeof(who_is) / sizeof(who_is[0]); i++) {
		struct iq_txn *t = iq_wtxn_txn(w);
		const char *in = who_is[i].institution, *re = who_is[i].region;
		const struct iq_grant g = {.id = i + 1,
			.role = who_is[i].role,
			.institution = in ? iq_id_find(t, IQ_INSTITUTION, iq_str(in)) : IQ_NONE,
			.region = re ? iq_id_find(t, IQ_REGION, iq_str(re)) : IQ_NONE,
			.from = IQ_DATE_MIN,
			.to = IQ_DATE_MAX};
		uint8_t serial[20] = {(uint8_t)(i + 1)};

		help_principal_put(
			w, &(struct iq_principal){
				   .id = iq_str(who_is[i].id), .grants = &g, .ngrants = 1});
		iq_certificate_put(w, serial, iq_str(who_is[i].id), INT32_MAX - 1);
	}
}

static int start(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_people);
	finished = iq_queue_new(0);
	dry = false;
	return finished ? 0 : -1;
}

static int end(void **state)
{
	job_end();
	iq_queue_free(finished);
	return fx_teardown(state);
}

static uint8_t serial_of(const char *principal)
{
	static const char *const order[] = {"edith", "lars", "cora", "ada"};

	for (uint8_t i = 0; i < 4; i++) {
		if (strcmp(order[i], principal) == 0)
			return (uint8_t)(i + 1);
	}
	return 0;
}

/* key NULL: no field; of a merge `value` is the one that stays. */
static enum iq_err change(
	const char *principal, Iq__V1__Verb verb, char *kind, char *id, char *key, char *value)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv = IQ__V1__KEY_VALUE__INIT, owner = IQ__V1__KEY_VALUE__INIT;
	Iq__V1__KeyValue *fields[] = {&kv, &owner};
	uint8_t request_id[16] = {0}, packed[1024];

	requests++;
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.verb = verb;
	in.kind = kind;
	in.id = id;
	in.dry_run = dry;
	kv.key = key;
	kv.value = value;
	owner.key = "institution";
	owner.value = strcmp(principal, "lars") == 0 ? "lra" : "vhs";
	in.fields = fields;
	in.n_fields = key == NULL ? 0 : verb == IQ__V1__VERB__ADD ? 2 : 1;
	if (verb == IQ__V1__VERB__MERGE) {
		in.into = value;
		in.n_fields = 0;
	}
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	size_t n = iq__v1__request__get_packed_size(&msg);

	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(&msg, packed);
	job_begin(principal, iq_now_us());
	job->msg = &msg;
	job->serial[0] = serial_of(principal);
	fx_renew();
	struct iq_req prepare = fx_req(&msg);

	prepare.body = (struct iq_str){(char *)packed, n};
	assert_int_equal(
		iq_op_find(IQ__V1__REQUEST__OP_WRITE)->prepare(&prepare, &job->job), IQ_OK);
	return job_run();
}

static const Iq__V1__WriteResponse *answer(void)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const void *r = protobuf_c_message_unpack(&iq__v1__write_response__descriptor, &allocator,
		job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	return r;
}

/* As stored. */
static const char *contacts_of(const char *responsibility)
{
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	struct iq_rec rec;

	assert_true(iq_rec_get(
		t, IQ_RESPONSIBILITY, num(IQ_RESPONSIBILITY, responsibility), &fx.arena, &rec));
	return iq_arena_cstr(&fx.arena, iq_rec_write_cell(&rec, IQ_RESP_CONTACTS, &fx.arena));
}

/* Text, hint and arguments, apart from the id that was asked for. */
static void same_refusal(enum iq_err a, const char *text, const char *hint)
{
	assert_int_equal(job->job.err, a);
	assert_string_equal(job->job.error.text, text);
	assert_true((hint == NULL) == (job->job.error.hint == NULL));
	if (hint != NULL)
		assert_string_equal(job->job.error.hint, hint);
}

static void test_hidden_target(void **state)
{
	static const Iq__V1__Verb verbs[] = {
		IQ__V1__VERB__SET, IQ__V1__VERB__DELETE, IQ__V1__VERB__MERGE};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		bool merge = verbs[i] == IQ__V1__VERB__MERGE;

		change("lars", verbs[i], "contact", "c-none", "phone", merge ? "c-public" : "1");
		assert_int_equal(job->job.err, IQ_ERR_NOT_FOUND);
		const char *text = job->job.error.text, *hint = job->job.error.hint;

		change("lars", verbs[i], "contact", "c-inside", "phone", merge ? "c-public" : "1");
		same_refusal(IQ_ERR_NOT_FOUND, text, hint);
		/* one that can be seen is said not to be theirs */
		change("lars", verbs[i], "contact", "c-public", "phone", merge ? "c-gone" : "1");
		assert_int_equal(job->job.err, IQ_ERR_DENIED);
	}
	/* a coordinator may edit in the region, but not whom a coordinator cannot see in full */
	assert_int_equal(change("cora", IQ__V1__VERB__SET, "contact", "c-inside", "phone", "1"),
		IQ_ERR_NOT_FOUND);
	assert_int_equal(change("cora", IQ__V1__VERB__SET, "contact", "c-workshop", "phone", "1"),
		IQ_ERR_DENIED);
}

/* A taken id is a conflict, whoever took it. */
static void test_taken_id(void **state)
{
	(void)state;
	assert_int_equal(change("edith", IQ__V1__VERB__ADD, "contact", "c-public", "name", "M"),
		IQ_ERR_CONFLICT);
	const char *text = job->job.error.text, *hint = job->job.error.hint;

	change("lars", IQ__V1__VERB__ADD, "contact", "c-inside", "name", "Max Muster");
	same_refusal(IQ_ERR_CONFLICT, text, hint);
	assert_int_equal(job->job.error.ncandidates, 0);
}

static void test_references(void **state)
{
	(void)state;
	change("lars", IQ__V1__VERB__SET, "responsibility", "lra-housing", "contacts", "c-none");
	assert_int_equal(job->job.err, IQ_ERR_REJECTED);
	const char *text = job->job.error.problems[0].text;
	struct iq_str column = job->job.error.problems[0].column;

	change("lars", IQ__V1__VERB__SET, "responsibility", "lra-housing", "contacts", "c-inside");
	assert_int_equal(job->job.err, IQ_ERR_REJECTED);
	assert_int_equal(job->job.error.nproblems, 1);
	assert_string_equal(job->job.error.problems[0].text, text);
	assert_int_equal(column.n, job->job.error.problems[0].column.n);
	/* to attach a person opens the person to others: for that one must keep the record */
	assert_int_equal(change("lars", IQ__V1__VERB__SET, "responsibility", "lra-housing",
				 "contacts", "c-partners"),
		IQ_ERR_DENIED);
	assert_int_equal(change("lars", IQ__V1__VERB__SET, "responsibility", "lra-housing",
				 "contacts", "c-public"),
		IQ_ERR_DENIED);
	/* what is there already stays, and is not told to those who cannot see it */
	assert_int_equal(change("cora", IQ__V1__VERB__SET, "responsibility", "vhs-course",
				 "contacts", "c-public"),
		IQ_OK);
	const Iq__V1__WriteResponse *r = answer();

	assert_int_equal(r->n_changes, 1);
	assert_null(strstr(r->changes[0]->before, "c-inside"));
	assert_non_null(strstr(r->changes[0]->before, "c-partners"));
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-inside");
}

static void set_up_row(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-open", "institution", "lra", "task", "work",
		"region", "dresden", "role", "lead", "contacts", "c-inside;c-public", NULL);
}

/* Who is hidden in the caller's own row: a guess is no better than any other. */
static void test_hidden_in_own_row(void **state)
{
	static char *const fields[] = {"c-none", "c-inside", "c-public;c-inside", "c-workshop"};

	(void)state;
	more(set_up_row);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		assert_int_equal(change("lars", IQ__V1__VERB__SET, "responsibility", "lra-open",
					 "contacts", fields[i]),
			IQ_ERR_REJECTED);
		assert_int_equal(job->job.error.nproblems, 1);
		assert_string_equal(
			job->job.error.problems[0].text, "There is no contact with this id.");
	}
	/* it can be written all the same, and nobody is lost by it */
	assert_int_equal(
		change("lars", IQ__V1__VERB__SET, "responsibility", "lra-open", "note", "neu"),
		IQ_OK);
	assert_int_equal(change("lars", IQ__V1__VERB__SET, "responsibility", "lra-open", "contacts",
				 "c-public"),
		IQ_OK);
	assert_int_equal(answer()->n_changes, 0);
	assert_string_equal(contacts_of("lra-open"), "c-inside;c-public");
	assert_int_equal(
		change("lars", IQ__V1__VERB__SET, "responsibility", "lra-open", "contacts", ""),
		IQ_OK);
	assert_string_equal(contacts_of("lra-open"), "c-inside");
	/* whoever knows the person takes the person away */
	assert_int_equal(change("lars", IQ__V1__VERB__SET, "responsibility", "lra-open", "contacts",
				 "c-inside"),
		IQ_ERR_REJECTED);
}

/* Who stands in the way of a deletion is told as far as it may be known. */
static void test_delete(void **state)
{
	(void)state;
	assert_int_equal(change("ada", IQ__V1__VERB__DELETE, "institution", "vhs", NULL, NULL),
		IQ_ERR_CONFLICT);
	for (size_t i = 0; i < job->job.error.ncandidates; i++) {
		struct iq_str id = job->job.error.candidates[i].id;

		assert_false(iq_str_is(id, "c-inside") || iq_str_is(id, "c-workshop"));
	}
	assert_true(job->job.error.ncandidates > 0);
	/* no number that would count them */
	assert_null(strstr(job->job.error.text, "{2}"));
}

/* A trial shows what is on record: that goes on record. */
static void test_dry_run(void **state)
{
	(void)state;
	dry = true;
	assert_int_equal(
		change("edith", IQ__V1__VERB__SET, "contact", "c-inside", "phone", "030 23125 1"),
		IQ_OK);
	assert_int_equal(job->nowed, 1);
	assert_int_equal(job->owed[0].visibility, IQ_INSTITUTION_ONLY);
	assert_int_equal(
		change("edith", IQ__V1__VERB__SET, "contact", "c-public", "phone", "030 23125 1"),
		IQ_OK);
	assert_int_equal(job->nowed, 0);
	dry = false;
	/* a change is on record as such, with the person */
	assert_int_equal(
		change("edith", IQ__V1__VERB__SET, "contact", "c-inside", "phone", "030 23125 1"),
		IQ_OK);
	assert_int_equal(job->nowed, 0);
	assert_int_equal(job->job.audit.subject, num(IQ_CONTACT, "c-inside"));
	assert_true(iq_str_is(job->job.audit.classes, "institution"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hidden_target, start, end),
		cmocka_unit_test_setup_teardown(test_taken_id, start, end),
		cmocka_unit_test_setup_teardown(test_references, start, end),
		cmocka_unit_test_setup_teardown(test_hidden_in_own_row, start, end),
		cmocka_unit_test_setup_teardown(test_delete, start, end),
		cmocka_unit_test_setup_teardown(test_dry_run, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
