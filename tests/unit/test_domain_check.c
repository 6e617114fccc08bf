/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "bounds.h"
#include "check.h"
#include "directory.h"

static struct iq_arena arena;
static struct iq_directory *dir;
static const struct iq_vocab *vocab;

/* A directory in which everything is right; the records under test are not part of it. */
static int setup(void **state)
{
	struct iq_error e;

	(void)state;
	iq_arena_init(&arena, 0);
	iq_error_init(&e, &arena);
	dir = iq_directory_new();
	const struct iq_rec recs[] = {
		FX_REC(&arena, IQ_REGION, "id=de", "name_de=Deutschland"),
		FX_REC(&arena, IQ_REGION, "id=dresden", "parent=de", "name_de=Dresden"),
		FX_REC(&arena, IQ_REGION, "id=west", "kind=area", "members=dresden", "name_de=W"),
		FX_REC(&arena, IQ_TASK, "id=course", "name_de=Kurs"),
		FX_REC(&arena, IQ_STATUS, "id=asylum", "name_de=Asyl"),
		FX_REC(&arena, IQ_FACT, "id=age", "type=integer", "name_de=Alter"),
		FX_REC(&arena, IQ_FACT, "id=work", "type=choice", "values=yes|no",
			"name_de=Arbeit"),
		FX_REC(&arena, IQ_KIND, "id=office", "name_de=Amt"),
		FX_REC(&arena, IQ_INSTITUTION, "id=abh", "kind=office", "region=dresden",
			"name_de=ABH"),
		FX_REC(&arena, IQ_CONTACT, "id=max", "institution=abh", "name=Max Muster",
			"visibility=public"),
		FX_REC(&arena, IQ_WORKSHOP_RECORD, "id=ws", "region=west", "name_de=Runde"),
	};

	for (size_t i = 0; i < sizeof(recs) / sizeof(*recs); i++)
		if (iq_directory_put(dir, &recs[i]) == IQ_NONE)
			return -1;
	if (iq_directory_index(dir, &e) != IQ_OK)
		return -1;
	vocab = iq_directory_view(dir)->vocab;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_directory_free(dir);
	iq_arena_free(&arena);
	return 0;
}

static iq_num find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_directory_find(ctx, kind, id);
}

static struct iq_check check_of(const struct iq_names *names, uint32_t nearest)
{
	return (struct iq_check){.vocab = vocab,
		.ctx = dir,
		.find = find,
		.names = names,
		.arena = &arena,
		.nearest_left = nearest};
}

enum { CELLS = 10 };

static const struct {
	enum iq_kind kind;
	const char *cells[CELLS];
	const char *column; /* of the only problem; NULL: nothing wrong */
	const char *value, *nearest;
} cases[] = {
	/* workshops and what they work on */
	{IQ_WORKSHOP_RECORD, {"id=x", "region=west", "name_de=X", "quorum=100", "size=25"}, NULL,
		NULL, NULL},
	{IQ_WORKSHOP_RECORD, {"id=x", "region=west", "name_de=X", "quorum=0"}, "quorum", "0", ""},
	{IQ_WORKSHOP_RECORD, {"id=x", "region=west", "name_de=X", "quorum=101"}, "quorum", "101",
		""},
	{IQ_WORKSHOP_RECORD, {"id=x", "region=west", "name_de=X", "size=0"}, "size", "0", ""},
	{IQ_TOPIC, {"id=x", "workshop=ws", "institution=abh", "name_de=X", "state=open"}, NULL,
		NULL, NULL},
	{IQ_TOPIC,
		{"id=x", "workshop=ws", "institution=abh", "name_de=X", "state=closed",
			"opened_on=2026-02-02", "closed_on=2026-02-01"},
		"closed_on", "2026-02-01", ""},
	{IQ_TOPIC, {"id=x", "workshop=wz", "institution=abh", "name_de=X", "state=open"},
		"workshop", "wz", ""},
	{IQ_MEETING, {"id=x", "workshop=ws", "date=2026-12-01", "state=planned"}, NULL, NULL, NULL},
	{IQ_MEETING, {"id=x", "workshop=ws", "state=planned"}, "date", "", ""},
	{IQ_MEETING,
		{"id=x", "workshop=ws", "date=2026-12-01", "begins=10:00", "ends=10:00",
			"state=planned"},
		"ends", "10:00", ""},
	{IQ_MEETING, {"id=x", "workshop=ws", "date=2026-12-01", "ends=10:00", "state=planned"},
		"ends", "10:00", ""},
	{IQ_MEETING,
		{"id=x", "workshop=ws", "date=2026-12-01", "repeats_to=2026-12-31",
			"state=planned"},
		"repeats_to", "2026-12-31", ""},
	{IQ_MEETING,
		{"id=x", "workshop=ws", "date=2026-12-01", "repeats=weekly",
			"repeats_to=2026-11-30", "state=planned"},
		"repeats_to", "2026-11-30", ""},
	{IQ_PROPOSAL,
		{"id=x", "workshop=ws", "institution=abh", "text_de=X", "state=draft",
			"region=west"},
		NULL, NULL, NULL},
	{IQ_PROPOSAL,
		{"id=x", "workshop=ws", "institution=abh", "text_de=X", "state=draft",
			"quorum=101"},
		"quorum", "101", ""},
	{IQ_PROPOSAL,
		{"id=x", "workshop=ws", "institution=abh", "text_de=X", "state=open", "quorum=50",
			"majority=simple"},
		"deadline", "", ""},
	{IQ_PROPOSAL,
		{"id=x", "workshop=ws", "institution=abh", "text_de=X", "state=draft",
			"topic=nothing"},
		"topic", "nothing", ""},
	{IQ_COMMITMENT, {"id=x", "workshop=ws", "institutions=abh", "text_de=X", "state=dropped"},
		"reason", "", ""},
	{IQ_COMMITMENT, {"id=x", "workshop=ws", "text_de=X", "state=open"}, "institutions", "", ""},
	/* regions */
	{IQ_REGION, {"id=x", "parent=de", "name_de=X"}, NULL, NULL, NULL},
	{IQ_REGION, {"id=x", "parent=de"}, "name_de", "", ""},
	{IQ_REGION, {"parent=de", "name_de=X"}, "id", "", ""},
	{IQ_REGION, {"id=x", "parent=dresdn", "name_de=X"}, "parent", "dresdn", "dresden"},
	{IQ_REGION, {"id=dresden", "parent=dresden", "name_de=X"}, "parent", "dresden", ""},
	{IQ_REGION, {"id=x", "parent=west", "name_de=X"}, "parent", "west", ""},
	{IQ_REGION, {"id=x", "kind=area", "members=de;dresden", "name_de=X"}, NULL, NULL, NULL},
	{IQ_REGION, {"id=x", "kind=area", "parent=de", "name_de=X"}, "parent", "de", ""},
	{IQ_REGION, {"id=x", "kind=area", "members=west", "name_de=X"}, "members", "west", ""},
	{IQ_REGION, {"id=x", "parent=de", "members=dresden", "name_de=X"}, "members", "dresden",
		""},
	{IQ_REGION, {"id=x", "kind=area", "members=dresden;gone", "name_de=X"}, "members", "gone",
		""},
	/* postcodes */
	{IQ_POSTCODE, {"id=01067-dresden", "postcode=01067", "region=dresden"}, NULL, NULL, NULL},
	{IQ_POSTCODE, {"id=1067-dresden", "postcode=1067", "region=dresden"}, "postcode", "1067",
		"01067"},
	{IQ_POSTCODE, {"id=x", "postcode=D-01067", "region=dresden"}, "postcode", "D-01067", ""},
	{IQ_POSTCODE, {"id=01067-leipzig", "postcode=01067", "region=dresden"}, "id",
		"01067-leipzig", ""},
	{IQ_POSTCODE, {"id=01067-dresden", "region=dresden"}, "postcode", "", ""},
	{IQ_POSTCODE, {"id=01067-west", "postcode=01067", "region=west"}, "region", "west", ""},
	/* trees */
	{IQ_TASK, {"id=x", "parent=course", "name_de=X"}, NULL, NULL, NULL},
	{IQ_TASK, {"id=course", "parent=course", "name_de=X"}, "parent", "course", ""},
	{IQ_TASK, {"id=x", "parent=corse", "name_de=X"}, "parent", "corse", "course"},
	{IQ_STATUS, {"id=x", "name_de=X", "implies=age=16..17;work=yes"}, NULL, NULL, NULL},
	{IQ_STATUS, {"id=x", "name_de=X", "implies=age>16"}, "implies", "age>16", ""},
	{IQ_STATUS, {"id=x", "name_de=X", "implies=wrk=yes"}, "implies", "wrk=yes", "work"},
	/* facts */
	{IQ_FACT, {"id=x", "type=integer", "name_de=X"}, NULL, NULL, NULL},
	{IQ_FACT, {"id=x", "type=choice", "values=a|b", "name_de=X", "labels_de=A|B"}, NULL, NULL,
		NULL},
	{IQ_FACT, {"id=x", "name_de=X"}, "type", "", ""},
	{IQ_FACT, {"id=x", "type=integer", "values=1|2", "name_de=X"}, "values", "1", ""},
	{IQ_FACT, {"id=x", "type=choice", "name_de=X"}, "values", "", ""},
	{IQ_FACT, {"id=x", "type=choice", "values=ok|Not ok", "name_de=X"}, "values", "Not ok", ""},
	{IQ_FACT, {"id=x", "type=choice", "values=a|b", "name_de=X", "labels_en=A"}, "labels_en",
		"A", ""},
	{IQ_FACT, {"id=status", "type=integer", "name_de=X"}, "id", "status", ""},
	/* kinds, institutions */
	{IQ_KIND, {"id=x", "name_de=X", "statutory=yes"}, NULL, NULL, NULL},
	{IQ_INSTITUTION, {"id=x", "name_de=X"}, NULL, NULL, NULL},
	{IQ_INSTITUTION, {"id=x", "name_de=X", "region=west"}, "region", "west", ""},
	{IQ_INSTITUTION, {"id=x", "name_de=X", "kind=offices"}, "kind", "offices", "office"},
	{IQ_INSTITUTION, {"id=abh", "name_de=X", "parent=abh"}, "parent", "abh", ""},
	/* contacts: no nearest value for people */
	{IQ_CONTACT, {"id=x", "institution=abh", "visibility=workshop"}, NULL, NULL, NULL},
	{IQ_CONTACT, {"id=x", "institution=abh"}, "visibility", "", ""},
	{IQ_CONTACT, {"id=x", "visibility=public"}, "institution", "", ""},
	{IQ_CONTACT, {"id=x", "institution=abh", "visibility=public", "deputy=maxx"}, "deputy",
		"maxx", ""},
	{IQ_CONTACT, {"id=max", "institution=abh", "visibility=public", "deputy=max"}, "deputy",
		"max", ""},
	{IQ_CONTACT,
		{"id=x", "institution=abh", "visibility=public", "valid_from=2026-02-02",
			"valid_to=2026-02-01"},
		"valid_to", "2026-02-01", ""},
	{IQ_CONTACT,
		{"id=x", "institution=abh", "visibility=public", "valid_from=2026-02-02",
			"valid_to=2026-02-02"},
		NULL, NULL, NULL},
	/* responsibilities */
	{IQ_RESPONSIBILITY,
		{"id=x", "institution=abh", "task=course", "region=dresden", "role=lead",
			"statuses=asylum", "contacts=max", "condition=age<18;work!=yes"},
		NULL, NULL, NULL},
	{IQ_RESPONSIBILITY, {"id=x", "institution=abh", "task=course", "region=dresden"}, "role",
		"", ""},
	{IQ_RESPONSIBILITY, {"id=x", "task=course", "region=dresden", "role=lead"}, "institution",
		"", ""},
	{IQ_RESPONSIBILITY, {"id=x", "institution=abh", "region=dresden", "role=lead"}, "task", "",
		""},
	{IQ_RESPONSIBILITY, {"id=x", "institution=abh", "task=course", "role=lead"}, "region", "",
		""},
	{IQ_RESPONSIBILITY, {"id=x", "institution=abh", "task=course", "region=west", "role=lead"},
		"region", "west", ""},
	{IQ_RESPONSIBILITY,
		{"id=x", "institution=abh", "task=course", "region=dresden", "role=lead",
			"statuses=asylum;asylumm"},
		"statuses", "asylumm", "asylum"},
	{IQ_RESPONSIBILITY,
		{"id=x", "institution=abh", "task=course", "region=dresden", "role=lead",
			"contacts=max;nobody"},
		"contacts", "nobody", ""},
	{IQ_RESPONSIBILITY,
		{"id=x", "institution=abh", "task=course", "region=dresden", "role=lead",
			"condition=age<18;wrok=yes"},
		"condition", "age<18;wrok=yes", "work"},
	{IQ_RESPONSIBILITY,
		{"id=x", "institution=abh", "task=course", "region=dresden", "role=lead",
			"valid_from=2027-01-01", "valid_to=2026-01-01"},
		"valid_to", "2026-01-01", ""},
	/* notices, handovers */
	{IQ_NOTICE, {"id=x", "effect=info"}, NULL, NULL, NULL},
	{IQ_NOTICE, {"id=x"}, "effect", "", ""},
	{IQ_NOTICE, {"id=x", "effect=info", "region=west"}, "region", "west", ""},
	{IQ_NOTICE, {"id=x", "effect=info", "condition=work=maybe"}, "condition", "work=maybe", ""},
	{IQ_NOTICE, {"id=x", "effect=info", "valid_from=2027-01-01", "valid_to=2026-01-01"},
		"valid_to", "2026-01-01", ""},
	{IQ_HANDOVER, {"id=x", "process=p", "step=1", "task=course", "from_kinds=office"}, NULL,
		NULL, NULL},
	{IQ_HANDOVER, {"id=x", "step=1", "task=course"}, "process", "", ""},
	{IQ_HANDOVER, {"id=x", "process=p", "task=course"}, "step", "", ""},
	{IQ_HANDOVER, {"id=x", "process=p", "step=1"}, "task", "", ""},
	{IQ_HANDOVER, {"id=x", "process=p", "step=1", "task=course", "to_kinds=office|gone"},
		"to_kinds", "gone", ""},
};

static void test_records(void **state)
{
	struct iq_check c = check_of(iq_directory_names(dir, false), IQ_LIMIT_NEAREST);
	const struct iq_problem where = {.file = IQ_STR("some.csv"), .line = 3};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_rec rec = fx_rec(&arena, cases[i].kind, cases[i].cells);
		struct iq_error e;

		print_message("%s %s %s\n", iq_schemas[cases[i].kind].name, cases[i].cells[0],
			cases[i].column ? cases[i].column : "-");
		iq_error_init(&e, &arena);
		enum iq_err err = iq_check_record(&c, &rec, &where, &e);

		if (cases[i].column == NULL) {
			assert_int_equal(err, IQ_OK);
			assert_int_equal(e.nproblems, 0);
			continue;
		}
		assert_int_equal(err, IQ_ERR_REJECTED);
		assert_int_equal(e.nproblems, 1);
		fx_str_equal(e.problems[0].column, cases[i].column);
		fx_str_equal(e.problems[0].value, cases[i].value);
		fx_str_equal(e.problems[0].nearest, cases[i].nearest);
		fx_str_equal(e.problems[0].file, "some.csv");
		assert_int_equal(e.problems[0].line, 3);
	}
}

/* All that is wrong with a row is told at once. */
static void test_all_problems(void **state)
{
	struct iq_check c = check_of(NULL, IQ_LIMIT_NEAREST);
	struct iq_rec rec = FX_REC(&arena, IQ_RESPONSIBILITY, "id=x", "institution=gone",
		"task=gone", "region=west", "condition=a=b", "valid_from=2027-01-01",
		"valid_to=2026-01-01");
	struct iq_error e;

	(void)state;
	iq_error_init(&e, &arena);
	assert_int_equal(iq_check_record(&c, &rec, NULL, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 6);
	assert_int_equal(e.problems[0].line, 0);
}

static void test_nearest_budget(void **state)
{
	struct iq_check c = check_of(iq_directory_names(dir, false), 1);
	struct iq_rec rec =
		FX_REC(&arena, IQ_NOTICE, "id=x", "effect=info", "task=corse", "region=dresdn");
	struct iq_error e;

	(void)state;
	iq_error_init(&e, &arena);
	assert_int_equal(iq_check_record(&c, &rec, NULL, &e), IQ_ERR_REJECTED);
	fx_str_equal(fx_problem(&e, "task", NULL)->nearest, "course");
	fx_str_equal(fx_problem(&e, "region", NULL)->nearest, "");
	assert_int_equal(c.nearest_left, 0);
}

static void test_no_vocab(void **state)
{
	struct iq_check c = check_of(NULL, 0);
	struct iq_rec rec =
		FX_REC(&arena, IQ_NOTICE, "id=x", "effect=info", "task=gone", "condition=a=b");
	struct iq_error e;

	(void)state;
	c.vocab = NULL;
	iq_error_init(&e, &arena);
	assert_int_equal(iq_check_record(&c, &rec, NULL, &e), IQ_ERR_REJECTED);
	assert_int_equal(e.nproblems, 1);
}

/* ---- headers ------------------------------------------------------------------------------ */

static const struct {
	enum iq_kind kind;
	const char *columns;
	const char *column; /* of the only problem */
	const char *nearest;
} headers[] = {
	{IQ_REGION, "id parent kind ars members name_de name_en aliases", NULL, NULL},
	{IQ_REGION, "name_de id", NULL, NULL},
	{IQ_REGION, "id", "name_de", ""},
	{IQ_REGION, "name_de", "id", ""},
	{IQ_REGION, "id name_de id", "id", ""},
	{IQ_REGION, "id name_de parnt", "parnt", "parent"},
	{IQ_REGION, "id name_de colour", "colour", ""},
	{IQ_REGION, "id name_de ID", "ID", "id"},
	{IQ_POSTCODE, "postcode region", NULL, NULL},
	{IQ_POSTCODE, "postcode", "region", ""},
	{IQ_POSTCODE, "region", "postcode", ""},
	{IQ_POSTCODE, "id postcode region", "id", ""},
	{IQ_TASK, "id parent name_de name_en leika aliases", NULL, NULL},
	{IQ_TASK, "id parent name_de name_en leika aliases expected", NULL, NULL},
	{IQ_CONTACT, "id institution phone", NULL, NULL},
	{IQ_CONTACT, "id phone", "institution", ""},
	{IQ_RESPONSIBILITY, "id institution task region confirmed_on", NULL, NULL},
	{IQ_RESPONSIBILITY, "id institution task", "region", ""},
	{IQ_RESPONSIBILITY, "id institution region", "task", ""},
	{IQ_NOTICE, "id text_de", NULL, NULL},
	{IQ_HANDOVER, "id documents", NULL, NULL},
};

static size_t split(const char *text, struct iq_str *out)
{
	struct iq_str rest = iq_str(text);
	size_t n = 0;

	while (iq_str_cut(&rest, ' ', &out[n]))
		n++;
	return n;
}

static void test_headers(void **state)
{
	const struct iq_problem where = {.file = IQ_STR("some.csv"), .line = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		struct iq_str names[20];
		int out[20];
		size_t n = split(headers[i].columns, names);
		struct iq_error e;

		print_message("%.*s\n", IQ_STR_ARG(iq_str(headers[i].columns)));
		iq_error_init(&e, &arena);
		enum iq_err err = iq_check_header(headers[i].kind, names, n, out, &where, &e);

		if (headers[i].column == NULL) {
			assert_int_equal(err, IQ_OK);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(
					out[k], iq_column_by_name(headers[i].kind, names[k]));
			continue;
		}
		assert_int_equal(err, IQ_ERR_REJECTED);
		assert_int_equal(e.nproblems, 1);
		fx_str_equal(e.problems[0].column, headers[i].column);
		fx_str_equal(e.problems[0].nearest, headers[i].nearest);
		fx_str_equal(e.problems[0].file, "some.csv");
		assert_int_equal(e.problems[0].line, 1);
	}
}

/* ---- chains ------------------------------------------------------------------------------- */

static iq_num next_in(void *ctx, iq_num num)
{
	return ((const iq_num *)ctx)[num];
}

static void test_chain(void **state)
{
	iq_num line[] = {0, 2, 3, 0}, circle[] = {0, 2, 3, 1}, tail[] = {0, 2, 3, 2},
	       own[] = {0, 1};
	iq_num deep[IQ_LIMIT_TREE_DEPTH + 2];

	(void)state;
	for (iq_num i = 0; i < IQ_LIMIT_TREE_DEPTH + 1; i++)
		deep[i] = i + 1;
	deep[IQ_LIMIT_TREE_DEPTH + 1] = 0;
	assert_true(iq_check_chain(1, next_in, line));
	assert_true(iq_check_chain(3, next_in, line));
	assert_false(iq_check_chain(1, next_in, circle));
	assert_false(iq_check_chain(1, next_in, tail));
	assert_false(iq_check_chain(1, next_in, own));
	assert_true(iq_check_chain(2, next_in, deep));
	assert_false(iq_check_chain(1, next_in, deep));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_all_problems),
		cmocka_unit_test(test_nearest_budget),
		cmocka_unit_test(test_no_vocab),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_chain),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
