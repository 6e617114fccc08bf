/* SPDX-License-Identifier: Apache-2.0 */
/* Changes through the writer: who may change what, retries, imports. */
#include "ops_jobs.h"

#include "pki.h"

static void test_changes(void **state)
{
	struct iq_rec rec = {.kind = IQ_TASK};

	(void)state;
	assert_int_equal(
		change("root", IQ__V1__VERB__ADD, "task", "school", "name_de", "Schule", false),
		IQ_OK);
	assert_int_equal(job->job.revision, 2);
	iq_num num = iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_TASK, IQ_STR("school"));

	assert_true(iq_rec_get(iq_rtxn_txn(fx.rtxn), IQ_TASK, num, &fx.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_TASK_NAME_DE), "Schule"));
	/* it exists already */
	assert_int_equal(
		change("root", IQ__V1__VERB__ADD, "task", "school", "name_de", "Schule", false),
		IQ_ERR_CONFLICT);
	assert_int_equal(change("root", IQ__V1__VERB__SET, "task", "none", "name_de", "X", false),
		IQ_ERR_NOT_FOUND);
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "task", "school", "name_de", "Kita", false),
		IQ_OK);
	assert_true(job->job.answer.n > 0);
	/* a retry gets the first answer */
	uint64_t revision = job->job.revision;

	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "task", "school", "name_de", "Kita", true),
		IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(job->job.revision, revision);
	/* another request under the same id */
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "task", "school", "name_de", "Hort", true),
		IQ_ERR_CONFLICT);
	assert_int_equal(
		change("root", IQ__V1__VERB__MERGE, "task", "school", NULL, "work", false), IQ_OK);
	assert_int_equal(iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_TASK, IQ_STR("school")),
		iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_TASK, IQ_STR("work")));
	/* referenced */
	assert_int_equal(change("root", IQ__V1__VERB__DELETE, "task", "course", NULL, NULL, false),
		IQ_ERR_CONFLICT);
}

static void test_rejected(void **state)
{
	static const struct {
		char *kind, *id, *key, *value;
		enum iq_err err;
	} cases[] = {
		{"task", "x", "colour", "red", IQ_ERR_REJECTED},
		{"task", "x", "id", "y", IQ_ERR_REJECTED},
		{"task", "Not A Slug", "name_de", "X", IQ_ERR_REJECTED},
		{"task", "x", NULL, NULL, IQ_ERR_REJECTED}, /* no name */
		{"responsibility", "x", "role", "boss", IQ_ERR_REJECTED},
		{"nonsense", "x", "name_de", "X", IQ_ERR_USAGE},
		{"task", "", "name_de", "X", IQ_ERR_USAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(change("root", IQ__V1__VERB__ADD, cases[i].kind, cases[i].id,
					 cases[i].key, cases[i].value, false),
			cases[i].err);
	assert_int_equal(change("root", IQ__V1__VERB__VERB_NONE, "task", "x", NULL, NULL, false),
		IQ_ERR_UNSUPPORTED);
}

static void test_rights(void **state)
{
	static const struct {
		enum iq_access_role role;
		const char *institution;
		char *kind, *id, *key, *value;
		enum iq_err err;
	} cases[] = {
		{IQ_ACCESS_READER, NULL, "task", "work", "name_en", "Work", IQ_ERR_DENIED},
		{IQ_ACCESS_CURATOR, NULL, "task", "work", "name_en", "Work", IQ_OK},
		{IQ_ACCESS_CURATOR, NULL, "institution", "vhs", "phone", "030 23125 1",
			IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "vhs", "task", "work", "name_en", "Jobs", IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "vhs", "institution", "vhs", "phone", "030 23125 2", IQ_OK},
		{IQ_ACCESS_EDITOR, "vhs", "institution", "vhs", "region", "sn", IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "vhs", "institution", "lra", "phone", "030 23125 3",
			IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "lra", "institution", "lra-abh", "url", "https://example.org",
			IQ_OK}, /* a sub-institution */
		{IQ_ACCESS_EDITOR, "lra-abh", "institution", "lra", "url", "https://example.org",
			IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "vhs", "responsibility", "vhs-course", "note", "neu", IQ_OK},
		/* may not give it away */
		{IQ_ACCESS_EDITOR, "vhs", "responsibility", "vhs-course", "institution", "lra",
			IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "lra", "responsibility", "vhs-course", "note", "x",
			IQ_ERR_DENIED},
		{IQ_ACCESS_EDITOR, "vhs", "contact", "c-inside", "function", "Chefin", IQ_OK},
		/* of others: as if it did not exist */
		{IQ_ACCESS_EDITOR, "lra", "contact", "c-inside", "function", "x", IQ_ERR_NOT_FOUND},
		{IQ_ACCESS_ADMIN, NULL, "institution", "vhs", "region", "meissen", IQ_OK},
		{IQ_ACCESS_ADMIN, NULL, "responsibility", "vhs-course", "note", "x", IQ_ERR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		become("somebody", grant_of(cases[i].role, cases[i].institution));
		enum iq_err err = change("somebody", IQ__V1__VERB__SET, cases[i].kind, cases[i].id,
			cases[i].key, cases[i].value, false);

		if (err != cases[i].err)
			print_error("case %zu: %s\n", i, iq_err_name(err));
		assert_int_equal(err, cases[i].err);
	}
	/* revoked: at once */
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "task", "work", "name_en", "Labour", false),
		IQ_ERR_LOGIN);
	become("root", grant_of(IQ_ACCESS_CURATOR, NULL));
}

/* ---- import --------------------------------------------------------------------------------- */

static enum iq_err spool(Iq__V1__Request *msg)
{
	uint8_t packed[4096];
	struct iq_req rq = fx_req(msg);
	size_t n = iq__v1__request__get_packed_size(msg);

	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(msg, packed);
	rq.body = (struct iq_str){(char *)packed, n};
	return iq_op_find((int)msg->op_case)->handle(&rq);
}

static enum iq_err begin(void)
{
	Iq__V1__ImportBegin in = IQ__V1__IMPORT_BEGIN__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	requests++;
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	msg.import_begin = &in;
	return spool(&msg);
}

static enum iq_err rows(char *id, char *name)
{
	char *columns[] = {"id", "name_de"}, *cells[] = {id, name};
	Iq__V1__ImportFile file = IQ__V1__IMPORT_FILE__INIT, *files[] = {&file};
	Iq__V1__ImportRow row = IQ__V1__IMPORT_ROW__INIT, *list[] = {&row};
	Iq__V1__ImportRows in = IQ__V1__IMPORT_ROWS__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	file.name = "tasks.csv";
	file.kind = "task";
	file.columns = columns;
	file.n_columns = 2;
	row.line = 2;
	row.cells = cells;
	row.n_cells = 2;
	in.files = files;
	in.n_files = 1;
	in.rows = list;
	in.n_rows = 1;
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_ROWS;
	msg.import_rows = &in;
	return spool(&msg);
}

static enum iq_err commit(const char *principal)
{
	Iq__V1__ImportCommit in = IQ__V1__IMPORT_COMMIT__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_COMMIT;
	msg.import_commit = &in;
	return run(principal, &msg);
}

static void test_import(void **state)
{
	(void)state;
	become("root", grant_of(IQ_ACCESS_CURATOR, NULL));
	/* nothing begun */
	assert_int_equal(rows("health", "Gesundheit"), IQ_ERR_USAGE);
	assert_int_equal(commit("root"), IQ_ERR_USAGE);
	/* not enough rights */
	become("root", grant_of(IQ_ACCESS_EDITOR, "vhs"));
	assert_int_equal(begin(), IQ_OK);
	assert_int_equal(rows("health", "Gesundheit"), IQ_OK);
	assert_int_equal(commit("root"), IQ_ERR_DENIED);
	assert_int_equal(iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_TASK, IQ_STR("health")), IQ_NONE);
	/* and the session is done with it */
	assert_int_equal(commit("root"), IQ_ERR_USAGE);
	/* a curator may, as one by one */
	become("root", grant_of(IQ_ACCESS_CURATOR, NULL));
	assert_int_equal(begin(), IQ_OK);
	assert_int_equal(rows("health", "Gesundheit"), IQ_OK);
	assert_int_equal(commit("root"), IQ_OK);
	assert_int_not_equal(iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_TASK, IQ_STR("health")), IQ_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_rejected),
		cmocka_unit_test(test_rights),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
