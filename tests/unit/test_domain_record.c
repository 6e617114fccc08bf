/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include <stdlib.h>

#include "bounds.h"
#include "utf8.h"

static struct iq_arena arena;

static int setup(void **state)
{
	(void)state;
	iq_arena_init(&arena, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

/* ---- the table ---------------------------------------------------------------------------- */

static const char *const bundle[IQ_KINDS] = {
	[IQ_REGION] = "id parent kind ars members name_de name_en aliases",
	[IQ_POSTCODE] = "id postcode region",
	[IQ_TASK] = "id parent name_de name_en leika aliases expected",
	[IQ_STATUS] = "id parent name_de name_en legal_basis implies work_access_de "
		      "work_access_en course_access obligations_de obligations_en symbol "
		      "colour source confirmed_on aliases",
	[IQ_FACT] = "id type values name_de name_en labels_de labels_en aliases",
	[IQ_KIND] = "id name_de name_en statutory",
	[IQ_INSTITUTION] = "id kind parent region name_de name_en street postcode town phone "
			   "email url hours aliases",
	[IQ_CONTACT] = "id institution name function phone email languages visibility deputy "
		       "external_id informed_on valid_from valid_to",
	[IQ_RESPONSIBILITY] = "id institution task region statuses role contacts condition "
			      "legal_basis source note valid_from valid_to confirmed_on",
	[IQ_NOTICE] = "id institution task region statuses condition effect text_de text_en "
		      "legal_basis source valid_from valid_to",
	[IQ_HANDOVER] = "id process step task statuses from_kinds to_kinds trigger_de "
			"trigger_en documents",
	[IQ_WORKSHOP_RECORD] = "id region name_de name_en organisers goals valid_from valid_to "
			       "quorum size",
	[IQ_MEMBERSHIP] = "id workshop institution representative deputy accepted_from "
			  "accepted_to decides guest",
	[IQ_TOPIC] = "id workshop institution name_de name_en text task state opened_on closed_on "
		     "lesson_de lesson_en",
	[IQ_MEETING] = "id workshop name_de name_en date begins ends repeats repeats_to place link "
		       "agenda attended minutes state",
	[IQ_PROPOSAL] = "id workshop topic institution text_de text_en task region statuses "
			"changes state majority quorum deadline closed_on result",
	[IQ_BALLOT] = "id proposal institution choice contact as cast_on note",
	[IQ_COMMITMENT] = "id workshop proposal institutions text_de text_en due state evidence "
			  "reason settled_on",
};

static void test_columns(void **state)
{
	(void)state;
	for (int k = 0; k < IQ_KINDS; k++) {
		struct iq_str rest = iq_str(bundle[k]), name;
		int col = 0;

		for (; iq_str_cut(&rest, ' ', &name); col++)
			assert_int_equal(iq_column_by_name((enum iq_kind)k, name), col);
		assert_int_equal(iq_schemas[k].ncolumns, col);
		assert_true(iq_schemas[k].ncolumns <= IQ_COLUMNS_MAX);
	}
	assert_int_equal(iq_column_by_name(IQ_REGION, IQ_STR("colour")), -1);
}

static void test_positions(void **state)
{
	static const struct {
		enum iq_kind kind;
		int col;
		const char *name;
	} last[] = {
		{IQ_REGION, IQ_REGION_ALIASES, "aliases"},
		{IQ_POSTCODE, IQ_POSTCODE_REGION, "region"},
		{IQ_TASK, IQ_TASK_EXPECTED, "expected"},
		{IQ_STATUS, IQ_STATUS_IMPLIES, "implies"},
		{IQ_STATUS, IQ_STATUS_ALIASES, "aliases"},
		{IQ_FACT, IQ_FACT_ALIASES, "aliases"},
		{IQ_KIND, IQ_KIND_STATUTORY, "statutory"},
		{IQ_INSTITUTION, IQ_INSTITUTION_ALIASES, "aliases"},
		{IQ_CONTACT, IQ_CONTACT_VISIBILITY, "visibility"},
		{IQ_CONTACT, IQ_CONTACT_VALID_TO, "valid_to"},
		{IQ_RESPONSIBILITY, IQ_RESP_CONDITION, "condition"},
		{IQ_RESPONSIBILITY, IQ_RESP_CONFIRMED_ON, "confirmed_on"},
		{IQ_NOTICE, IQ_NOTICE_EFFECT, "effect"},
		{IQ_NOTICE, IQ_NOTICE_VALID_TO, "valid_to"},
		{IQ_HANDOVER, IQ_HANDOVER_DOCUMENTS, "documents"},
		{IQ_WORKSHOP_RECORD, IQ_WORKSHOP_VALID_TO, "valid_to"},
		{IQ_WORKSHOP_RECORD, IQ_WORKSHOP_SIZE, "size"},
		{IQ_MEMBERSHIP, IQ_MEMBERSHIP_ACCEPTED_TO, "accepted_to"},
		{IQ_MEMBERSHIP, IQ_MEMBERSHIP_GUEST, "guest"},
		{IQ_TOPIC, IQ_TOPIC_STATE, "state"},
		{IQ_TOPIC, IQ_TOPIC_LESSON_EN, "lesson_en"},
		{IQ_MEETING, IQ_MEETING_ATTENDED, "attended"},
		{IQ_MEETING, IQ_MEETING_STATE, "state"},
		{IQ_PROPOSAL, IQ_PROPOSAL_STATE, "state"},
		{IQ_PROPOSAL, IQ_PROPOSAL_RESULT, "result"},
		{IQ_BALLOT, IQ_BALLOT_CHOICE, "choice"},
		{IQ_BALLOT, IQ_BALLOT_NOTE, "note"},
		{IQ_COMMITMENT, IQ_COMMITMENT_STATE, "state"},
		{IQ_COMMITMENT, IQ_COMMITMENT_SETTLED_ON, "settled_on"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(last) / sizeof(*last); i++)
		assert_string_equal(
			iq_schemas[last[i].kind].columns[last[i].col].name, last[i].name);
}

static char *read_source(const char *path)
{
	char *full = iq_arena_printf(&arena, "%s/%s", IQ_SOURCE_DIR, path);
	FILE *f = fopen(full, "rb");
	char *text = iq_arena_zalloc(&arena, 1 << 20);

	assert_non_null(f);
	assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
	fclose(f);
	return text;
}

/* The messages of iq.proto have the columns as fields, in order, repeated where a set. */
static void test_messages(void **state)
{
	static const char *const message[IQ_KINDS] = {"Region", "Postcode", "Task", "Status",
		"Fact", "Kind", "Institution", "Contact", "Responsibility", "Notice", "Handover",
		"Workshop", "Membership", "Topic", "Meeting", "Proposal", "Ballot", "Commitment"};
	char *proto = read_source("proto/iq.proto");

	(void)state;
	for (int k = 0; k < IQ_KINDS; k++) {
		char *at = strstr(proto, iq_arena_printf(&arena, "message %s {\n", message[k]));

		assert_non_null(at);
		for (size_t i = 0; i < iq_schemas[k].ncolumns; i++) {
			const struct iq_column *c = &iq_schemas[k].columns[i];
			char *field = iq_arena_printf(&arena, "  %sstring %s = %zu;",
				c->sep ? "repeated " : "", c->name, i + 1);

			at = strchr(at, '\n') + 1;
			if (strncmp(at, field, strlen(field)) != 0)
				fail_msg("%s: %s", message[k], field);
		}
		at = strchr(at, '\n') + 1;
		assert_true(*at == '}');
	}
}

static void test_required(void **state)
{
	static const char *const required[IQ_KINDS] = {
		[IQ_REGION] = "id name_de",
		[IQ_POSTCODE] = "postcode region",
		[IQ_TASK] = "id name_de",
		[IQ_STATUS] = "id name_de",
		[IQ_FACT] = "id name_de",
		[IQ_KIND] = "id name_de",
		[IQ_INSTITUTION] = "id name_de",
		[IQ_CONTACT] = "id institution",
		[IQ_RESPONSIBILITY] = "id institution task region",
		[IQ_NOTICE] = "id",
		[IQ_HANDOVER] = "id",
		[IQ_WORKSHOP_RECORD] = "id region name_de",
		[IQ_MEMBERSHIP] = "id workshop institution",
		[IQ_TOPIC] = "id workshop institution name_de",
		[IQ_MEETING] = "id workshop date",
		[IQ_PROPOSAL] = "id workshop institution text_de",
		[IQ_BALLOT] = "id proposal institution choice",
		[IQ_COMMITMENT] = "id workshop institutions text_de",
	};

	(void)state;
	for (int k = 0; k < IQ_KINDS; k++) {
		char *list = iq_arena_printf(&arena, "%s", "");

		for (size_t i = 0; i < iq_schemas[k].ncolumns; i++) {
			const struct iq_column *c = &iq_schemas[k].columns[i];

			if (c->required)
				list = iq_arena_printf(
					&arena, "%s%s%s", list, *list ? " " : "", c->name);
			assert_true(c->filled || !c->required);
		}
		assert_string_equal(list, required[k]);
	}
}

static void test_segments(void **state)
{
	(void)state;
	for (int k = 0; k < IQ_KINDS; k++)
		for (size_t i = 0; i < iq_schemas[k].ncolumns; i++)
			if (k != IQ_CONTACT && iq_schemas[k].columns[i].target != IQ_CONTACT)
				assert_int_equal(iq_schemas[k].columns[i].segment, IQ_SEGMENT_OPEN);
	const struct iq_column *c = iq_schemas[IQ_CONTACT].columns;

	assert_int_equal(c[IQ_CONTACT_NAME].segment, IQ_SEGMENT_PERSONAL);
	assert_int_equal(c[IQ_CONTACT_PHONE].segment, IQ_SEGMENT_PERSONAL);
	assert_int_equal(c[IQ_CONTACT_EMAIL].segment, IQ_SEGMENT_PERSONAL);
	assert_int_equal(c[IQ_CONTACT_DEPUTY].segment, IQ_SEGMENT_PERSONAL);
	assert_int_equal(c[IQ_CONTACT_FUNCTION].segment, IQ_SEGMENT_OUTLINE);
	assert_int_equal(c[IQ_CONTACT_LANGUAGES].segment, IQ_SEGMENT_OUTLINE);
	assert_int_equal(c[IQ_CONTACT_VISIBILITY].segment, IQ_SEGMENT_OPEN);
	c = iq_schemas[IQ_RESPONSIBILITY].columns;
	assert_int_equal(c[IQ_RESP_CONTACTS].segment, IQ_SEGMENT_OUTLINE);
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(iq_kind_by_name(IQ_STR("region")), IQ_REGION);
	assert_int_equal(iq_kind_by_name(IQ_STR("responsibilities")), IQ_RESPONSIBILITY);
	assert_int_equal(iq_kind_by_name(IQ_STR("statuses")), IQ_STATUS);
	assert_int_equal(iq_kind_by_name(IQ_STR("facts")), IQ_FACT);
	assert_int_equal(iq_kind_by_name(IQ_STR("queries")), IQ_KINDS);
	assert_int_equal(iq_kind_by_name(IQ_STR("")), IQ_KINDS);
	assert_int_equal(iq_choice(iq_role_names, IQ_STR("referral")), IQ_REFERRAL);
	assert_int_equal(iq_choice(iq_effect_names, IQ_STR("not-needed")), IQ_NOT_NEEDED);
	assert_int_equal(
		iq_choice(iq_visibility_names, IQ_STR("institution")), IQ_INSTITUTION_ONLY);
	assert_int_equal(iq_choice(iq_role_names, IQ_STR("leads")), -1);
}

/* ---- cells -------------------------------------------------------------------------------- */

static const struct {
	enum iq_kind kind;
	const char *column, *cell;
	const char *written; /* NULL: rejected */
	const char *nearest; /* NULL: none */
} cells[] = {
	{IQ_MEETING, "begins", "09:30", "09:30", NULL},
	{IQ_MEETING, "begins", "24:00", NULL, NULL},
	{IQ_MEETING, "begins", " 09:30", NULL, "09:30"},
	{IQ_MEETING, "begins", "9:30", NULL, NULL},
	{IQ_MEETING, "repeats", "monthly", "monthly", NULL},
	{IQ_MEETING, "repeats", "mothly", NULL, "monthly"},
	{IQ_MEETING, "minutes", "a\nb", "a\nb", NULL},
	{IQ_PROPOSAL, "deadline", "2026-12-01", "2026-12-01", NULL},
	{IQ_PROPOSAL, "deadline", "2026-12-01 16:00", "2026-12-01 16:00", NULL},
	{IQ_PROPOSAL, "deadline", "2026-12-01 16:00 ", NULL, "2026-12-01 16:00"},
	{IQ_PROPOSAL, "deadline", "01.12.2026", NULL, NULL},
	{IQ_PROPOSAL, "state", "open", "open", NULL},
	{IQ_PROPOSAL, "state", "closed", NULL, NULL},
	{IQ_BALLOT, "choice", "abstain", "abstain", NULL},
	{IQ_BALLOT, "choice", "maybe", NULL, NULL},
	{IQ_COMMITMENT, "institutions", "a;b;a", "a;b", NULL},
	{IQ_WORKSHOP_RECORD, "quorum", "ten", NULL, NULL},
	{IQ_REGION, "id", "lk-leipzig", "lk-leipzig", NULL},
	{IQ_REGION, "id", "a", "a", NULL},
	{IQ_REGION, "id", "01067-dresden", "01067-dresden", NULL},
	{IQ_REGION, "id", " dresden ", NULL, "dresden"},
	{IQ_REGION, "id", "Dresden", NULL, "dresden"},
	{IQ_REGION, "id",
		"Mei\xc3\x9f"
		"en",
		NULL, "meissen"},
	{IQ_REGION, "id", "a--b", NULL, "a-b"},
	{IQ_REGION, "id", "-a", NULL, "a"},
	{IQ_REGION, "id", "a-", NULL, "a"},
	{IQ_REGION, "id", "a_b", NULL, "a-b"},
	{IQ_REGION, "id", "???", NULL, NULL},
	{IQ_REGION, "parent", "land sachsen", NULL, "land-sachsen"},
	{IQ_REGION, "parent", "", "", NULL},
	{IQ_REGION, "ars", "146120000000", "146120000000", NULL},
	{IQ_REGION, "ars", " 146120000000", NULL, "146120000000"},
	{IQ_REGION, "ars", "14612000000", NULL, NULL},
	{IQ_REGION, "ars", "1,45210E+11", NULL, NULL},
	{IQ_REGION, "ars", "14612000000a", NULL, NULL},
	{IQ_REGION, "members", "dresden; meissen ;;dresden", "dresden;meissen", NULL},
	{IQ_REGION, "members", ";", "", NULL},
	{IQ_REGION, "members",
		"dresden;Mei\xc3\x9f"
		"en",
		NULL, "meissen"},
	{IQ_REGION, "aliases", "LK Leipzig; Kreis|Leipzig", "LK Leipzig;Kreis|Leipzig", NULL},
	{IQ_REGION, "name_de", " Two  spaces stay ", " Two  spaces stay ", NULL},
	{IQ_REGION, "name_de",
		"B\xc4\x9b\xc5\x82"
		"a Woda",
		"B\xc4\x9b\xc5\x82"
		"a Woda",
		NULL},
	{IQ_REGION, "name_de", "line\nand\ttab", "line\nand\ttab", NULL},
	{IQ_REGION, "name_de", "carriage\r", NULL, NULL},
	{IQ_REGION, "name_de", "esc\x1b[31m", NULL, NULL},
	{IQ_REGION, "name_de", "del\x7f", NULL, NULL},
	{IQ_REGION, "name_de", "c1 \xc2\x9b", NULL, NULL},
	{IQ_REGION, "name_de", "nbsp\xc2\xa0stays", "nbsp\xc2\xa0stays", NULL},
	{IQ_REGION, "name_de", "latin1 \xe4", NULL, NULL},
	{IQ_REGION, "name_de", "overlong \xc0\xaf", NULL, NULL},
	{IQ_TASK, "expected", "yes", "yes", NULL},
	{IQ_TASK, "expected", "", "", NULL},
	{IQ_TASK, "expected", "Yes", NULL, "yes"},
	{IQ_TASK, "expected", "ja", NULL, NULL},
	{IQ_KIND, "statutory", "no", "no", NULL},
	{IQ_KIND, "statutory", "-", NULL, NULL},
	{IQ_CONTACT, "visibility", "partners", "partners", NULL},
	{IQ_CONTACT, "visibility", "", "", NULL},
	{IQ_CONTACT, "visibility", "partner", NULL, "partners"},
	{IQ_CONTACT, "visibility", "confidential", NULL, NULL},
	{IQ_CONTACT, "languages", "de;ar;de", "de;ar", NULL},
	{IQ_CONTACT, "informed_on", "2026-02-28", "2026-02-28", NULL},
	{IQ_CONTACT, "informed_on", "2026-02-29", NULL, NULL},
	{IQ_CONTACT, "informed_on", "01.03.2025", NULL, "2025-03-01"},
	{IQ_CONTACT, "informed_on", "1.3.2025", NULL, "2025-03-01"},
	{IQ_CONTACT, "informed_on", " 2025-03-01", NULL, "2025-03-01"},
	{IQ_CONTACT, "informed_on", "31.02.2025", NULL, NULL},
	{IQ_CONTACT, "informed_on", "soon", NULL, NULL},
	{IQ_FACT, "type", "integer", "integer", NULL},
	{IQ_FACT, "type", "Integer", NULL, "integer"},
	{IQ_FACT, "values", "yes|no", "yes|no", NULL},
	{IQ_FACT, "labels_de", "ja;doch|nein", "ja;doch|nein", NULL},
	{IQ_RESPONSIBILITY, "role", "lead", "lead", NULL},
	{IQ_RESPONSIBILITY, "role", "leed", NULL, "lead"},
	{IQ_RESPONSIBILITY, "statuses", "b;a", "b;a", NULL},
	{IQ_RESPONSIBILITY, "condition", "age>=27;asker=person", "age>=27;asker=person", NULL},
	{IQ_NOTICE, "effect", "not-needed", "not-needed", NULL},
	{IQ_NOTICE, "effect", "not needed", NULL, "not-needed"},
	{IQ_HANDOVER, "step", "12", "12", NULL},
	{IQ_HANDOVER, "step", "007", "007", NULL},
	{IQ_HANDOVER, "step", " 7", NULL, "7"},
	{IQ_HANDOVER, "step", "-7", NULL, NULL},
	{IQ_HANDOVER, "step", "1234567890", NULL, NULL},
	{IQ_HANDOVER, "from_kinds", "a|b|a", "a|b", NULL},
	{IQ_POSTCODE, "postcode", "01067", "01067", NULL},
};

static void test_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		struct iq_rec rec = {.kind = cells[i].kind};
		struct iq_problem p = {.line = 7};
		int col = iq_column_by_name(cells[i].kind, iq_str(cells[i].column));
		enum iq_err err = iq_rec_read_cell(&rec, col, iq_str(cells[i].cell), &arena, &p);

		print_message("%s '%s'\n", cells[i].column, cells[i].cell);
		assert_true(col >= 0);
		if (cells[i].written != NULL) {
			assert_int_equal(err, IQ_OK);
			assert_int_equal(rec.given, UINT32_C(1) << col);
			fx_str_equal(iq_rec_write_cell(&rec, col, &arena), cells[i].written);
			continue;
		}
		assert_int_equal(err, IQ_ERR_REJECTED);
		assert_int_equal(rec.given, 0);
		assert_int_equal(rec.col[col].n, 0);
		assert_int_equal(p.line, 7);
		assert_non_null(p.text);
		fx_str_equal(p.column, cells[i].column);
		fx_str_equal(p.nearest, cells[i].nearest ? cells[i].nearest : "");
	}
}

static enum iq_err read_long(const char *column, size_t n, char fill, struct iq_problem *p)
{
	struct iq_rec rec = {.kind = IQ_REGION};
	char *text = iq_arena_alloc(&arena, n);

	memset(text, fill, n);
	return iq_rec_read_cell(&rec, iq_column_by_name(IQ_REGION, iq_str(column)),
		(struct iq_str){text, n}, &arena, p);
}

static void test_lengths(void **state)
{
	struct iq_problem p = {0};

	(void)state;
	assert_int_equal(read_long("name_de", IQ_LIMIT_CELL, 'x', &p), IQ_OK);
	assert_int_equal(read_long("name_de", IQ_LIMIT_CELL + 1, 'x', &p), IQ_ERR_REJECTED);
	fx_str_equal(p.args[0], "8192");
	assert_true(p.value.n < 1000);
	assert_int_equal(read_long("aliases", IQ_LIMIT_CELL + 1, 'x', &p), IQ_ERR_REJECTED);
	assert_int_equal(read_long("id", IQ_LIMIT_ID, 'x', &p), IQ_OK);
	assert_int_equal(read_long("id", IQ_LIMIT_ID + 1, 'x', &p), IQ_ERR_REJECTED);
	fx_str_equal(p.args[0], "96");
	assert_int_equal(read_long("name_de", 3, '\0', &p), IQ_ERR_REJECTED);
	fx_str_equal(p.args[0], "1");
}

static void test_set_limit(void **state)
{
	char *text = iq_arena_zalloc(&arena, 4096);
	struct iq_rec rec = {.kind = IQ_REGION};
	struct iq_problem p = {0};

	(void)state;
	for (int i = 0; i < IQ_LIMIT_SET; i++)
		sprintf(text + strlen(text), "%s%d", i ? ";" : "", i);
	assert_int_equal(
		iq_rec_read_cell(&rec, IQ_REGION_MEMBERS, iq_str(text), &arena, &p), IQ_OK);
	assert_int_equal(rec.col[IQ_REGION_MEMBERS].n, IQ_LIMIT_SET);
	strcat(text, ";0"); /* a second time: dropped */
	assert_int_equal(
		iq_rec_read_cell(&rec, IQ_REGION_MEMBERS, iq_str(text), &arena, &p), IQ_OK);
	strcat(text, ";x");
	assert_int_equal(iq_rec_read_cell(&rec, IQ_REGION_MEMBERS, iq_str(text), &arena, &p),
		IQ_ERR_REJECTED);
	fx_str_equal(p.args[0], "256");
}

static void test_no_memory(void **state)
{
	struct iq_rec rec = {.kind = IQ_REGION};
	struct iq_problem p = {0};
	struct iq_arena small;

	(void)state;
	iq_arena_init(&small, 1);
	assert_int_equal(iq_rec_read_cell(&rec, IQ_REGION_NAME_DE, IQ_STR("Dresden"), &small, &p),
		IQ_ERR_INTERNAL);
	assert_int_equal(iq_rec_read_cell(&rec, IQ_REGION_ALIASES, IQ_STR("a;b"), &small, &p),
		IQ_ERR_INTERNAL);
	assert_int_equal(rec.given, 0);
	iq_arena_free(&small);
}

/* ---- records ------------------------------------------------------------------------------ */

static void test_slug(void **state)
{
	(void)state;
	assert_true(iq_slug_valid(IQ_STR("a-1")));
	assert_false(iq_slug_valid(IQ_STR("")));
	assert_false(iq_slug_valid(IQ_STR("-")));
	assert_false(iq_slug_valid(IQ_STR("a b")));
	assert_false(iq_slug_valid((struct iq_str){"a\0b", 3}));
}

static bool slow_slug(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool dash = p[i] == '-';

		if (!dash && !(p[i] >= 'a' && p[i] <= 'z') && !(p[i] >= '0' && p[i] <= '9'))
			return false;
		if (dash && (i == 0 || i == n - 1 || p[i + 1] == '-'))
			return false;
	}
	return n != 0;
}

/* Each byte in each place of strings that are read in words, in memory of just their size. */
static void test_places(void **state)
{
	enum { MOST = 27 };
	(void)state;
	for (size_t n = 1; n <= MOST; n++)
		for (size_t at = 0; at < n; at++)
			for (int c = 0; c < 256; c++) {
				char *p = test_malloc(n);
				bool control = c < 0x20 && c != '\n' && c != '\t';

				memset(p, 'a' + (int)(n % 26), n);
				if (at + 1 < n && c % 2)
					p[at + 1] = '-';
				p[at] = (char)c;
				assert_int_equal(
					iq_slug_valid((struct iq_str){p, n}), slow_slug(p, n));
				assert_int_equal(iq_utf8_valid_prefix((struct iq_str){p, n}),
					c == 0 || c >= 0x80 ? at : n);
				struct iq_rec rec = {.kind = IQ_REGION};
				struct iq_problem problem;
				enum iq_err err = iq_rec_read_cell(&rec, IQ_REGION_NAME_DE,
					(struct iq_str){p, n}, &arena, &problem);

				assert_int_equal(
					err, control || c >= 0x7f ? IQ_ERR_REJECTED : IQ_OK);
				iq_arena_reset(&arena);
				test_free(p);
			}
}

/* Characters of two bytes in each place: a control character, and none. */
static void test_latin(void **state)
{
	(void)state;
	for (size_t n = 2; n <= 27; n++)
		for (size_t at = 0; at + 1 < n; at++)
			for (int good = 0; good < 2; good++) {
				struct iq_rec rec = {.kind = IQ_REGION};
				struct iq_problem problem;
				char *p = test_malloc(n);

				memset(p, 'x', n);
				memcpy(p + at, good ? "\xc3\xa4" : "\xc2\x85", 2);
				enum iq_err err = iq_rec_read_cell(&rec, IQ_REGION_NAME_DE,
					(struct iq_str){p, n}, &arena, &problem);

				assert_int_equal(err, good ? IQ_OK : IQ_ERR_REJECTED);
				iq_arena_reset(&arena);
				test_free(p);
			}
}

static void test_complete(void **state)
{
	struct iq_rec code = FX_REC(&arena, IQ_POSTCODE, "postcode=01067", "region=dresden");
	struct iq_rec half = FX_REC(&arena, IQ_POSTCODE, "postcode=01067");
	struct iq_rec contact = FX_REC(&arena, IQ_CONTACT, "id=a", "name=Max Muster");
	struct iq_rec open = FX_REC(&arena, IQ_CONTACT, "id=a", "visibility=public");

	(void)state;
	assert_true(iq_rec_complete(&code, &arena));
	fx_str_equal(iq_rec_text(&code, IQ_COL_ID), "01067-dresden");
	assert_int_equal(code.given, 7);
	assert_true(iq_rec_complete(&half, &arena));
	assert_int_equal(half.col[IQ_COL_ID].n, 0);
	assert_true(iq_rec_complete(&contact, &arena));
	fx_str_equal(iq_rec_text(&contact, IQ_CONTACT_VISIBILITY), "institution");
	assert_true(iq_rec_complete(&open, &arena));
	fx_str_equal(iq_rec_text(&open, IQ_CONTACT_VISIBILITY), "public");
	/* a partial change that does not speak of it leaves the visibility as it is */
	iq_rec_merge(&open, &contact);
	fx_str_equal(iq_rec_text(&open, IQ_CONTACT_VISIBILITY), "public");
	fx_str_equal(iq_rec_text(&open, IQ_CONTACT_NAME), "Max Muster");
}

static void test_merge_equal(void **state)
{
	struct iq_rec a = FX_REC(&arena, IQ_REGION, "id=a", "name_de=A", "aliases=x;y");
	struct iq_rec b = FX_REC(&arena, IQ_REGION, "id=a", "name_de=A", "aliases=x;y");
	struct iq_rec clear = FX_REC(&arena, IQ_REGION, "id=a", "aliases=");
	struct iq_rec order = FX_REC(&arena, IQ_REGION, "id=a", "name_de=A", "aliases=y;x");
	struct iq_rec task = FX_REC(&arena, IQ_TASK, "id=a");

	(void)state;
	b.revision = 9;
	assert_true(iq_rec_equal(&a, &b));
	assert_false(iq_rec_equal(&a, &order));
	assert_false(iq_rec_equal(&a, &task));
	iq_rec_merge(&a, &clear);
	assert_int_equal(a.col[IQ_REGION_ALIASES].n, 0);
	fx_str_equal(iq_rec_text(&a, IQ_REGION_NAME_DE), "A");
	assert_false(iq_rec_equal(&a, &b));
}

static void test_rec_name(void **state)
{
	struct iq_rec both = FX_REC(&arena, IQ_TASK, "id=a", "name_de=Kurs", "name_en=Course");
	struct iq_rec german = FX_REC(&arena, IQ_TASK, "id=a", "name_de=Kurs");
	struct iq_rec bare = FX_REC(&arena, IQ_TASK, "id=a");
	struct iq_rec row = FX_REC(&arena, IQ_RESPONSIBILITY, "id=r", "institution=i");
	struct iq_rec person = FX_REC(&arena, IQ_CONTACT, "id=c", "name=Max Muster");

	(void)state;
	fx_str_equal(iq_rec_name(&both, false), "Kurs");
	fx_str_equal(iq_rec_name(&both, true), "Course");
	fx_str_equal(iq_rec_name(&german, true), "Kurs");
	fx_str_equal(iq_rec_name(&bare, true), "a");
	fx_str_equal(iq_rec_name(&row, true), "r");
	fx_str_equal(iq_rec_name(&person, false), "Max Muster");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_set_limit),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_slug),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_latin),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_merge_equal),
		cmocka_unit_test(test_rec_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
