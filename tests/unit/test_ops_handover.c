/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over sheet, and the transfer to the successor. */
#include "handover_help.h"

/* ---- the sheet ------------------------------------------------------------------------------- */

static void test_sheet(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_non_null(r);
	assert_string_equal(r->contact->name, "Erika Muster");
	assert_string_equal(r->deputy->id, "c-public");
	assert_int_equal(r->n_items, 3);
	const Iq__V1__HangingItem *i = item(r->items, r->n_items, "vhs-course", "contacts");

	assert_non_null(i);
	assert_string_equal(i->responsibility->task, "course-delivery");
	assert_string_equal(i->name, "Kurs geben, Dresden");
	assert_string_equal(i->what, "moves");
	i = item(r->items, r->n_items, "c-desk", "deputy");
	assert_string_equal(i->name, "Uwe Muster");
	assert_null(item(r->items, r->n_items, "l-hidden", "deputy"));
	assert_string_equal(
		item(r->items, r->n_items, "round-vhs", "representative")->name, "Runde");
	assert_int_equal(r->hidden, 0);
	/* one of two seats */
	assert_int_equal(sheet("c-inside", "")->n_items, 2);
	assert_non_null(item(sheet("c-inside", "")->items, 2, "round-vhs", "deputy"));
}

/* Readers: the person with a reason, never whose deputy somebody hidden has. */
static void test_sheet_rights(void **state)
{
	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "dresden");
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_non_null(r);
	assert_string_equal(r->contact->name, "");
	assert_string_equal(r->withheld_because, "reason");
	assert_null(r->deputy);
	assert_non_null(item(r->items, r->n_items, "vhs-course", "contacts"));
	r = sheet("c-partners", "referral");
	assert_string_equal(r->contact->name, "Erika Muster");
	assert_string_equal(r->deputy->id, "c-public");
	assert_null(item(r->items, r->n_items, "c-desk", "deputy"));
	assert_null(sheet("c-partners", "curiosity"));
	fx_refused(IQ_ERR_USAGE);
	/* hidden and missing look alike */
	assert_null(sheet("c-inside", "referral"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(sheet("c-nobody", "referral"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(sheet("", ""));
	fx_refused(IQ_ERR_USAGE);
}

static void test_sheet_inside(void **state)
{
	struct iq_wtxn *w = change_begin();
	iq_num num = iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-partners"));
	struct iq_account of = {.id = IQ_STR("konto"), .contact = num};
	struct iq_flag flag = {.id = iq_rights_number(w),
		.kind = IQ_CONTACT,
		.num = num,
		.institution = iq_id_find(iq_wtxn_txn(w), IQ_INSTITUTION, IQ_STR("vhs")),
		.text = IQ_STR("veraltet"),
		.by = IQ_STR("somebody")};

	(void)state;
	iq_account_put(w, &of, NULL);
	iq_flag_put(w, &flag);
	change_end(w);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_int_equal(r->n_items, 4);
	assert_string_equal(r->items[3]->kind, "flag");
	assert_string_equal(r->items[3]->name, "veraltet");
	assert_string_equal(r->items[3]->what, "stays");
	/* an administrator: the account, not the flags */
	fx.principal = fx_principal(IQ_ACCESS_ADMIN, NULL, NULL);
	r = sheet("c-public", "");
	assert_null(item(r->items, r->n_items, "konto", "contact"));
	struct iq_grant two[] = {{.role = IQ_ACCESS_ADMIN, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX},
		{.role = IQ_ACCESS_READER, .from = IQ_DATE_MIN, .to = IQ_DATE_MAX}};
	const struct iq_principal both = {.id = IQ_STR("both"), .grants = two, .ngrants = 2};

	fx.principal = &both;
	r = sheet("c-partners", "");
	assert_non_null(item(r->items, r->n_items, "konto", "contact"));
	for (size_t i = 0; i < r->n_items; i++)
		assert_string_not_equal(r->items[i]->kind, "flag");
}

/* ---- at once --------------------------------------------------------------------------------- */

static void test_moves(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.dry_run = true}), IQ_OK);
	assert_int_equal(answer()->n_items, 3);
	assert_int_equal(answer()->n_changes, 4);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	uint64_t revision = job->job.revision;

	assert_int_not_equal(revision, 0);
	assert_string_equal(answer()->items[0]->what, "moves");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "c-inside");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-21");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "");
	/* not told, not touched */
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-partners");
	assert_null(memmem(job->job.answer.p, job->job.answer.n, "l-hidden", 8));
	assert_int_equal(job->job.audit.subject, contact("c-partners"));
	assert_true(iq_str_is(job->job.change.operation, "handover"));
	/* a retry is no second hand-over */
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.again = true}), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(job->job.revision, revision);
	assert_int_equal(hand("editor", "c-partners", "c-next", (struct how){.again = true}),
		IQ_ERR_CONFLICT);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(sheet("c-partners", "")->n_items, 0);
	assert_int_equal(sheet("c-new", "")->n_items, 3);
	/* again: there is nothing to do */
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_int_equal(job->job.revision, 0);
	assert_int_equal(answer()->n_items, 0);
}

/* Whoever stands there already is not named twice. */
static void test_doubles(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-youth", "institution", "vhs", "task", "course",
		"region", "dresden", "role", "advice", "contacts", "c-new;c-public;c-partners",
		NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-coord", "institution", "vhs", "task", "work",
		"region", "dresden", "role", "lead", "contacts", "c-partners;c-public;c-new", NULL);
	put_membership(w, "c-partners", "c-new");
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("vhs-youth"), "c-new;c-public");
	assert_string_equal(contacts_of("vhs-coord"), "c-new;c-public");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
	/* the other way round: the representative takes over from the deputy */
	w = change_begin();
	put_membership(w, "c-next", "c-new");
	change_end(w);
	assert_int_equal(hand("editor", "c-new", "c-next", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-next");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
}

/* Nobody stands in for himself, not even over others. */
static void test_deputies(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	/* c-new → c-desk → c-partners → c-public */
	fx_put(w, IQ_CONTACT, "id", "c-new", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "deputy", "c-desk", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-next", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "deputy", "c-partners", NULL);
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "c-desk");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-public");
	assert_string_equal(cell(IQ_CONTACT, "c-next", "deputy"), "c-new");
	/* the successor's own deputy goes */
	assert_int_equal(hand("editor", "c-desk", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "c-public");
	/* and has none to leave */
	assert_int_equal(hand("editor", "c-public", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "deputy"), "");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void test_rights(void **state)
{
	static const struct {
		const char *who;
		char *from, *to;
		enum iq_err err;
	} cases[] = {
		{"other", "c-partners", "c-new", IQ_ERR_DENIED},
		{"other", "c-inside", "c-new", IQ_ERR_NOT_FOUND}, /* hidden from lra */
		{"other", "c-public", "c-new", IQ_ERR_DENIED},
		{"other", "l-hidden", "c-public", IQ_ERR_DENIED},
		{"other", "l-hidden", "c-inside", IQ_ERR_NOT_FOUND},
		{"other", "l-hidden", "c-nobody", IQ_ERR_NOT_FOUND},
		{"editor", "c-partners", "l-hidden", IQ_ERR_NOT_FOUND},
		{"editor", "c-partners", "c-partners", IQ_ERR_USAGE},
		{"editor", "c-partners", "c-gone", IQ_ERR_CONFLICT},
		{"reader", "c-partners", "c-new", IQ_ERR_DENIED},
		/* the seat in the workshop is for the institution to give */
		{"helper", "c-partners", "c-new", IQ_ERR_DENIED},
		/* and for its own people */
		{"everybody", "c-partners", "l-hidden", IQ_ERR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum iq_err err =
			hand(cases[i].who, cases[i].from, cases[i].to, (struct how){.on = NULL});

		if (err != cases[i].err)
			print_error("case %zu: %s\n", i, iq_err_name(err));
		assert_int_equal(err, cases[i].err);
		assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
	}
	/* what is in the way is listed */
	assert_int_equal(job->job.error.ncandidates, 1);
	assert_true(iq_str_is(job->job.error.candidates[0].id, "round-vhs"));
	/* without the seat it works, also to another institution */
	struct iq_wtxn *w = change_begin();

	put_membership(w, "c-inside", "");
	change_end(w);
	assert_int_equal(
		hand("everybody", "c-partners", "l-hidden", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("vhs-course"), "c-public;l-hidden;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-public");
}

/* A coordinator keeps contacts of partners; whom the coordinator does not know is not told, stays
 * in lists, and is not in the way. */
static void test_coordinator(void **state)
{
	static const char *const hidden[] = {"c-inside", "c-desk", "l-hidden"};
	struct iq_wtxn *w = change_begin();

	(void)state;
	put_membership(w, "c-inside", "");
	change_end(w);
	for (int dry = 1; dry >= 0; dry--) {
		assert_int_equal(
			hand("helper", "c-partners", "c-new", (struct how){.dry_run = dry}), IQ_OK);
		assert_int_equal(answer()->n_items, 1);
		for (size_t i = 0; i < 3; i++)
			assert_null(memmem(job->job.answer.p, job->job.answer.n, hidden[i],
				strlen(hidden[i])));
	}
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	/* nor can it be given away to somebody unknown */
	assert_int_equal(
		hand("helper", "c-new", "c-inside", (struct how){.on = NULL}), IQ_ERR_NOT_FOUND);
}

/* Records of others that name the contact openly are in the way. */
static void test_blocked(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-housing", "institution", "lra", "task", "housing",
		"region", "sn", "role", "lead", "contacts", "c-partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "l-open", "institution", "lra", "name", "Ina Muster",
		"visibility", "public", "deputy", "c-partners", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_ERR_DENIED);
	assert_int_equal(job->job.error.ncandidates, 2);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}),
		IQ_ERR_DENIED);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(hand("everybody", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(contacts_of("lra-housing"), "c-new");
	assert_string_equal(cell(IQ_CONTACT, "l-open", "deputy"), "c-new");
	assert_string_equal(cell(IQ_CONTACT, "l-hidden", "deputy"), "c-new");
}

/* Whom the answer shows is on record. */
static void test_audit(void **state)
{
	size_t partners = 0, desk = 0, new = 0;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.dry_run = true}), IQ_OK);
	for (size_t i = 0; i < job->nowed; i++) {
		assert_int_equal(job->owed[i].event, IQ_AUDIT_DISCLOSED);
		partners += job->owed[i].contact == contact("c-partners");
		desk += job->owed[i].contact == contact("c-desk");
		new += job->owed[i].contact == contact("c-new");
	}
	assert_true(partners == 1 && desk == 1 && new == 1);
	assert_int_equal(hand("editor", "c-partners", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_int_equal(job->nowed, 1);
	assert_int_equal(job->owed[0].contact, contact("c-desk"));
}

static void test_usage(void **state)
{
	static const struct {
		char *from, *to;
		struct how how;
	} cases[] = {
		{"c-partners", "c-new", {.on = "2026-11-21"}},
		{"c-partners", "c-new", {.on = "1.12.2026"}},
		{"c-partners", "", {.on = NULL}},
		{"", "c-new", {.on = NULL}},
		{"c-partners", "c-new", {.cancel = true}},
		{"c-partners", "", {.cancel = true, .on = "2026-12-01"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			hand("editor", cases[i].from, cases[i].to, cases[i].how), IQ_ERR_USAGE);
	/* somebody who begins today has no day before */
	struct iq_wtxn *w = change_begin();

	fx_put(w, IQ_CONTACT, "id", "c-next", "institution", "vhs", "name", "Eva Muster",
		"visibility", "partners", "valid_from", "2026-11-22", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-next", "c-new", (struct how){.on = NULL}), IQ_ERR_CONFLICT);
	/* one who ended keeps the day */
	assert_int_equal(hand("editor", "c-gone", "c-new", (struct how){.on = NULL}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-gone", "valid_to"), "2020-01-01");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-new");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sheet),
		TEST(test_sheet_rights),
		TEST(test_sheet_inside),
		TEST(test_moves),
		TEST(test_doubles),
		TEST(test_deputies),
		TEST(test_rights),
		TEST(test_coordinator),
		TEST(test_blocked),
		TEST(test_audit),
		TEST(test_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
