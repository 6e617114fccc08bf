/* SPDX-License-Identifier: Apache-2.0 */
/* Imports of those who may not write everything: row by row, as with add and set. */
#include "disclose_help.h"

#include "archive.h"
#include "jobs_help.h"
#include "rights_help.h"

enum { EDITH = 1, LARS, CORA, CURT, ROOT };

static void put_one(
	struct iq_wtxn *w, uint8_t n, const char *id, const struct iq_grant *grants, size_t ngrants)
{
	uint8_t serial[20] = {n};

	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id), .grants = grants, .ngrants = ngrants});
	iq_certificate_put(w, serial, iq_str(id), INT32_MAX - 1);
}

static struct iq_grant granted(
	struct iq_txn *t, enum iq_access_role role, const char *in, const char *re)
{
	static uint64_t id;

	return (struct iq_grant){.id = ++id,
		.role = role,
		.institution = in ? iq_id_find(t, IQ_INSTITUTION, iq_str(in)) : IQ_NONE,
		.region = re ? iq_id_find(t, IQ_REGION, iq_str(re)) : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
}

static void put_people(struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_grant g[4];

	put_classes(w);
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-open", "institution", "lra", "task", "work",
		"region", "sn", "role", "advice", "contacts", "c-inside;c-public", NULL);
	g[0] = granted(t, IQ_ACCESS_EDITOR, "vhs", NULL);
	put_one(w, EDITH, "edith", g, 1);
	g[0] = granted(t, IQ_ACCESS_EDITOR, "lra", NULL);
	put_one(w, LARS, "lars", g, 1);
	g[0] = granted(t, IQ_ACCESS_COORDINATOR, NULL, "sn");
	put_one(w, CORA, "cora", g, 1);
	g[0] = granted(t, IQ_ACCESS_CURATOR, NULL, NULL);
	put_one(w, CURT, "curt", g, 1);
	g[0] = granted(t, IQ_ACCESS_ADMIN, NULL, NULL);
	g[1] = granted(t, IQ_ACCESS_CURATOR, NULL, NULL);
	g[2] = granted(t, IQ_ACCESS_EDITOR, NULL, NULL);
	put_one(w, ROOT, "root", g, 3);
}

static int start(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_people);
	finished = iq_queue_new(0);
	return finished ? 0 : -1;
}

static int end(void **state)
{
	job_end();
	iq_queue_free(finished);
	return fx_teardown(state);
}

/* ---- an import ------------------------------------------------------------------------------ */

enum { CELLS = 6 };

struct sheet {
	char *name, *kind;
	char *columns[CELLS];
	char *rows[4][CELLS];
};

static size_t count(char *const *cells)
{
	size_t n = 0;

	while (n < CELLS && cells[n] != NULL)
		n++;
	return n;
}

static void spool(Iq__V1__Request *msg)
{
	uint8_t packed[4096];
	struct iq_req r = fx_req(msg);
	size_t n = iq__v1__request__get_packed_size(msg);

	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(msg, packed);
	r.body = (struct iq_str){(char *)packed, n};
	assert_int_equal(iq_op_find((int)msg->op_case)->handle(&r), IQ_OK);
}

static void spool_sheet(struct sheet *s, uint32_t index)
{
	Iq__V1__ImportFile file = IQ__V1__IMPORT_FILE__INIT, *files[] = {&file};
	Iq__V1__ImportRow row[4], *list[4];
	Iq__V1__ImportRows in = IQ__V1__IMPORT_ROWS__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	file.index = index;
	file.name = s->name;
	file.kind = s->kind;
	file.columns = s->columns;
	file.n_columns = count(s->columns);
	for (; in.n_rows < 4 && s->rows[in.n_rows][0] != NULL; in.n_rows++) {
		size_t i = in.n_rows;

		iq__v1__import_row__init(&row[i]);
		row[i].line = (uint32_t)i + 2;
		row[i].cells = s->rows[i];
		row[i].n_cells = file.n_columns;
		list[i] = &row[i];
	}
	in.files = files;
	in.n_files = 1;
	in.file = index;
	in.rows = list;
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_ROWS;
	msg.import_rows = &in;
	spool(&msg);
}

static void begin(bool keep_going)
{
	Iq__V1__ImportBegin in = IQ__V1__IMPORT_BEGIN__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	uint8_t request_id[16] = {0};

	requests++;
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.keep_going = keep_going;
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_BEGIN;
	msg.import_begin = &in;
	spool(&msg);
}

static const char *name_of(uint8_t who)
{
	static const char *const names[] = {"", "edith", "lars", "cora", "curt", "root"};

	return names[who];
}

static enum iq_err load(uint8_t who, bool keep_going, struct sheet *sheets, size_t n)
{
	Iq__V1__ImportCommit in = IQ__V1__IMPORT_COMMIT__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	begin(keep_going);
	for (uint32_t i = 0; i < n; i++)
		spool_sheet(&sheets[i], i);
	msg.op_case = IQ__V1__REQUEST__OP_IMPORT_COMMIT;
	msg.import_commit = &in;
	job_begin(name_of(who), iq_now_us());
	job->msg = &msg;
	job->serial[0] = who;
	fx_renew();
	struct iq_req prepare = fx_req(&msg);

	assert_int_equal(
		iq_op_find(IQ__V1__REQUEST__OP_IMPORT_COMMIT)->prepare(&prepare, &job->job), IQ_OK);
	(void)job_run();
	for (size_t i = 0; i < job->job.error.nproblems; i++) {
		const struct iq_problem *p = &job->job.error.problems[i];

		print_message("  %.*s:%u %.*s=%.*s %s\n", IQ_STR_ARG(p->file), p->line,
			IQ_STR_ARG(p->column), IQ_STR_ARG(p->value), p->text);
	}
	return job->job.err;
}

static Iq__V1__Count counts(const char *kind)
{
	static Iq__V1__Count none = IQ__V1__COUNT__INIT;
	ProtobufCAllocator allocator = iq_codec_allocator(&job->arena);
	const Iq__V1__ImportResponse *r =
		iq__v1__import_response__unpack(&allocator, job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	for (size_t i = 0; i < r->n_counts; i++) {
		if (strcmp(r->counts[i]->kind, kind) == 0)
			return *r->counts[i];
	}
	return none;
}

static const char *cell(enum iq_kind kind, const char *id, const char *column)
{
	struct iq_rec rec = {.kind = kind};
	iq_num n = num(kind, id);

	if (n == IQ_NONE)
		return NULL;
	assert_true(iq_rec_get(iq_rtxn_txn(fx.rtxn), kind, n, &fx.arena, &rec));
	return iq_arena_cstr(&fx.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &fx.arena));
}

static const struct iq_problem *problem(size_t i)
{
	assert_true(i < job->job.error.nproblems);
	return &job->job.error.problems[i];
}

static const char may_not[] = "You may not change this record.";

/* ---- tests ---------------------------------------------------------------------------------- */

static void test_own_rows(void **state)
{
	struct sheet s[] = {{"contacts.csv", "contact", {"id", "institution", "name", "visibility"},
				    {{"c-inside", "vhs", "Paula Muster", "institution"},
					    {"c-new", "vhs-sub", "Max Neumann", "partners"}}},
		{"responsibilities.csv", "responsibility",
			{"id", "contacts", "institution", "task", "region", "role"},
			{{"vhs-work", "c-new;c-inside", "vhs", "work", "dresden", "lead"}}}};

	(void)state;
	assert_int_equal(load(EDITH, false, s, 2), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "name"), "Paula Muster");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "name"), "Max Neumann");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-work", "contacts"), "c-new;c-inside");
	assert_int_equal(counts("contact").created, 1);
	assert_int_equal(counts("contact").changed, 1);
}

static void test_foreign_rows(void **state)
{
	struct sheet s = {"contacts.csv", "contact", {"id", "institution", "name"},
		{{"c-mine", "lra", "Max Muster"}, {"c-public", "vhs", "Andere"},
			{"c-theirs", "vhs", "Andere"}, {"c-lost", "nowhere", "Andere"}}};

	(void)state;
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_DENIED);
	assert_int_equal(job->job.error.nproblems, 3);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(problem(i)->line, 3 + i);
		assert_true(iq_str_is(problem(i)->file, "contacts.csv"));
		assert_true(iq_str_is(problem(i)->column, "id"));
		assert_string_equal(problem(i)->text, may_not);
	}
	assert_true(iq_str_is(problem(0)->value, "c-public"));
	assert_true(iq_str_is(problem(2)->column, "institution"));
	assert_null(cell(IQ_CONTACT, "c-mine", "name"));
	/* the others without them */
	assert_int_equal(load(LARS, true, &s, 1), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-mine", "name"), "Max Muster");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "name"), "Max Muster");
	assert_null(cell(IQ_CONTACT, "c-theirs", "name"));
	assert_int_equal(counts("contact").created, 1);
	assert_int_equal(counts("contact").rejected, 3);
	/* with all rights nobody is asked */
	s.rows[3][1] = "vhs";
	assert_int_equal(load(ROOT, false, &s, 1), IQ_OK);
}

static void test_curator(void **state)
{
	struct sheet s[] = {{"tasks.csv", "task", {"id", "name_de"},
				    {{"work", "Arbeit und Beruf"}, {"health", "Gesundheit"}}},
		{"institutions.csv", "institution", {"id", "name_de", "kind"},
			{{"vhs", "Volkshochschule", "office"}}}};

	(void)state;
	assert_int_equal(load(EDITH, false, s, 1), IQ_ERR_DENIED);
	assert_null(cell(IQ_TASK, "health", "name_de"));
	/* what changes nothing needs no right */
	assert_int_equal(load(CURT, false, s, 2), IQ_OK);
	assert_string_equal(cell(IQ_TASK, "work", "name_de"), "Arbeit und Beruf");
	assert_int_equal(counts("institution").unchanged, 1);
	assert_int_equal(counts("task").created, 1);
	s[1].rows[0][1] = "VHS";
	assert_int_equal(load(CURT, false, s, 2), IQ_ERR_DENIED);
	assert_int_equal(job->job.error.nproblems, 1);
}

/* An institution and what belongs to it, children before parents. */
static void test_founding(void **state)
{
	struct sheet s[] = {
		{"institutions.csv", "institution", {"id", "name_de", "kind", "region", "parent"},
			{{"neu-sub", "Neues Team", "office", "dresden", "neu"},
				{"neu", "Neu", "office", "dresden", ""}}},
		{"contacts.csv", "contact", {"id", "institution", "name", "visibility"},
			{{"c-neu", "neu-sub", "Erika Mustermann", "partners"}}},
		{"responsibilities.csv", "responsibility",
			{"id", "institution", "task", "region", "role", "contacts"},
			{{"neu-work", "neu", "work", "dresden", "lead", "c-neu"}}},
		{"workshops.csv", "workshop", {"id", "region", "name_de"},
			{{"kreis", "dresden", "Kreis"}}},
		{"memberships.csv", "membership", {"id", "workshop", "institution"},
			{{"kreis-neu", "kreis", "neu"}}}};

	(void)state;
	assert_int_equal(load(CORA, false, s, 5), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-neu", "institution"), "neu-sub");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "neu-work", "contacts"), "c-neu");
	assert_string_equal(cell(IQ_MEMBERSHIP, "kreis-neu", "workshop"), "kreis");
}

/* Who may not found it may not fill it either, whatever its row says of parents. */
static void test_founding_denied(void **state)
{
	struct sheet s[] = {
		{"institutions.csv", "institution", {"id", "name_de", "kind", "region", "parent"},
			{{"neu", "Neu", "office", "dresden", "vhs"}}},
		{"contacts.csv", "contact", {"id", "institution", "name"},
			{{"c-neu", "neu", "Erika Mustermann"}, {"c-public", "neu", "Max Muster"}}}};

	(void)state;
	assert_int_equal(load(EDITH, false, s, 2), IQ_ERR_DENIED);
	assert_int_equal(load(EDITH, true, s, 2), IQ_OK);
	assert_int_equal(counts("contact").rejected, 2);
	assert_int_equal(counts("institution").rejected, 1);
	assert_null(cell(IQ_INSTITUTION, "neu", "id"));
	assert_string_equal(cell(IQ_CONTACT, "c-public", "institution"), "vhs");
	/* outside of the coordinator's region */
	s[0].rows[0][3] = "de";
	s[0].rows[0][4] = "";
	assert_int_equal(load(CORA, false, s, 2), IQ_ERR_DENIED);
}

/* A contact that is hidden from the caller: its id is taken, and nothing else is told. */
static void test_hidden_id(void **state)
{
	struct sheet s = {"contacts.csv", "contact",
		{"id", "institution", "name", "function", "visibility", "valid_from"},
		{{"c-inside", "lra", "Max Muster", "", "institution", "2999-01-01"}}};
	static const char *const names[] = {"Paul Muster", "Max Muster"};

	(void)state;
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_REJECTED);
	assert_int_equal(job->job.error.nproblems, 1);
	assert_true(iq_str_is(problem(0)->column, "id"));
	assert_int_equal(load(LARS, true, &s, 1), IQ_OK);
	assert_int_equal(counts("contact").rejected, 1);
	assert_int_equal(counts("contact").unchanged + counts("contact").changed, 0);
	/* of others: like any new one, guessed right or not */
	for (size_t i = 0; i < 2; i++) {
		struct sheet g = {"contacts.csv", "contact", {"id", "institution", "name"},
			{{"c-inside", "vhs", (char *)names[i]}, {"c-none", "vhs", "Max Muster"}}};

		assert_int_equal(load(LARS, false, &g, 1), IQ_ERR_DENIED);
		assert_int_equal(job->job.error.nproblems, 2);
		assert_string_equal(problem(0)->text, may_not);
		assert_string_equal(problem(1)->text, may_not);
	}
}

/* Personal fields that one may see with a reason only are not confirmed. */
static void test_guesses(void **state)
{
	static char *const names[] = {"Erika Muster", "Anna Muster"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sheet s = {"contacts.csv", "contact", {"id", "institution", "name"},
			{{"c-inside", "vhs", names[i]}, {"c-partners", "vhs", names[i]},
				{"c-workshop", "vhs", names[i]}}};

		assert_int_equal(load(CURT, false, &s, 1), IQ_ERR_DENIED);
		assert_int_equal(job->job.error.nproblems, 3);
	}
	/* as exported */
	struct sheet s = {"contacts.csv", "contact",
		{"id", "institution", "name", "function", "visibility", "phone"},
		{{"c-public", "vhs", "Max Muster", "Service", "public", "030 23125 101"}}};

	assert_int_equal(load(LARS, false, &s, 1), IQ_OK);
	assert_int_equal(counts("contact").unchanged, 1);
	s.rows[0][5] = "";
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_DENIED);
}

static void test_hidden_references(void **state)
{
	struct sheet s = {"responsibilities.csv", "responsibility",
		{"id", "institution", "task", "region", "role", "contacts"},
		{{"lra-open", "lra", "work", "sn", "advice", "c-public"}}};

	(void)state;
	/* an exported row: nothing changes, nothing is lost */
	assert_int_equal(load(LARS, false, &s, 1), IQ_OK);
	assert_int_equal(counts("responsibility").unchanged, 1);
	assert_int_equal(load(CURT, false, &s, 1), IQ_OK);
	assert_int_equal(counts("responsibility").unchanged, 1);
	s.rows[0][4] = "lead";
	assert_int_equal(load(LARS, false, &s, 1), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-open", "contacts"), "c-inside;c-public");
	s.rows[0][5] = "";
	assert_int_equal(load(LARS, false, &s, 1), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "lra-open", "contacts"), "c-inside");
	/* a guess at what is there is answered like a wrong one */
	s.rows[0][5] = "c-inside";
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_REJECTED);
	assert_int_equal(job->job.error.nproblems, 1);
	assert_string_equal(problem(0)->text, "There is no contact with this id.");
	assert_true(iq_str_is(problem(0)->value, "c-inside"));
	assert_int_equal(load(CURT, false, &s, 1), IQ_ERR_DENIED);
	assert_string_equal(problem(0)->text, may_not);
	s.rows[0][5] = "c-workshop";
	assert_int_equal(load(CURT, false, &s, 1), IQ_ERR_DENIED);
	assert_int_equal(job->job.error.nproblems, 1);
	assert_string_equal(problem(0)->text, may_not);
	/* hidden ones are said to be missing, those of others may not be attached */
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_REJECTED);
	assert_string_equal(problem(0)->text, "There is no contact with this id.");
	s.rows[0][0] = "lra-more";
	s.rows[0][5] = "c-public";
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_DENIED);
	assert_true(iq_str_is(problem(0)->column, "contacts"));
	assert_true(iq_str_is(problem(0)->value, "c-public"));
}

static void test_visibility(void **state)
{
	struct sheet s = {"contacts.csv", "contact", {"id", "institution", "visibility"},
		{{"c-inside", "vhs", "public"}}};

	(void)state;
	assert_int_equal(load(EDITH, false, &s, 1), IQ_ERR_GUARD);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "visibility"), "institution");
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_DENIED);
	s.rows[0][0] = "c-public";
	s.rows[0][2] = "partners";
	assert_int_equal(load(EDITH, false, &s, 1), IQ_OK);
}

/* Those before the import: a move in the same import gives no right over what was moved. */
static void test_rights_before(void **state)
{
	struct sheet s = {"contacts.csv", "contact", {"id", "institution", "name"},
		{{"c-public", "lra", "Max Muster"}}};

	(void)state;
	assert_int_equal(load(LARS, false, &s, 1), IQ_ERR_DENIED);
	assert_int_equal(load(EDITH, false, &s, 1), IQ_ERR_DENIED);
	assert_string_equal(cell(IQ_CONTACT, "c-public", "institution"), "vhs");
}

/* An archived record comes back by a row of who may bring it back; to others its id is taken. */
static void test_archived(void **state)
{
	struct sheet own = {"contacts.csv", "contact", {"id", "institution", "name"},
		{{"c-partners", "vhs", "Erika Muster"}}};
	struct sheet lars = {"contacts.csv", "contact", {"id", "institution", "name"},
		{{"c-partners", "lra", "Max Muster"}}};
	const struct iq_change change = {.operation = IQ_STR("archive"), .time_us = iq_now_us()};
	struct iq_diffs diffs = {.d = NULL};
	struct iq_job plain = {.change = change};
	struct iq_archived a;
	struct iq_wtxn *w;

	(void)state;
	iq_num contact = num(IQ_CONTACT, "c-partners");

	iq_error_init(&plain.error, &fx.arena);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	assert_int_equal(iq_apply_archive(&plain, w, fx.vocab, IQ_CONTACT, IQ_STR("c-partners"),
				 &diffs, &fx.arena),
		IQ_OK);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(load(LARS, false, &lars, 1), IQ_ERR_REJECTED);
	assert_true(iq_str_is(problem(0)->column, "id"));
	assert_true(iq_archived_get(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, contact, change.time_us, &a));
	assert_int_equal(load(EDITH, false, &own, 1), IQ_OK);
	assert_int_equal(num(IQ_CONTACT, "c-partners"), contact);
	assert_false(
		iq_archived_get(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, contact, change.time_us, &a));
	assert_int_equal(iq_store_check(fx.store, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_rows, start, end),
		cmocka_unit_test_setup_teardown(test_foreign_rows, start, end),
		cmocka_unit_test_setup_teardown(test_curator, start, end),
		cmocka_unit_test_setup_teardown(test_founding, start, end),
		cmocka_unit_test_setup_teardown(test_founding_denied, start, end),
		cmocka_unit_test_setup_teardown(test_hidden_id, start, end),
		cmocka_unit_test_setup_teardown(test_archived, start, end),
		cmocka_unit_test_setup_teardown(test_guesses, start, end),
		cmocka_unit_test_setup_teardown(test_hidden_references, start, end),
		cmocka_unit_test_setup_teardown(test_visibility, start, end),
		cmocka_unit_test_setup_teardown(test_rights_before, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
