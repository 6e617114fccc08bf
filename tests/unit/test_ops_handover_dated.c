/* SPDX-License-Identifier: Apache-2.0 */
/* Hand-overs that wait for their day: carried out, taken back, put off, orphaned. */
#include "handover_help.h"

#include "handover.h"

static int32_t day(const char *text)
{
	int32_t d = 0;

	assert_true(iq_date_parse(iq_str(text), &d));
	return d;
}

/* The timer on that day; comes back when the writer is through. */
static void on_day(const char *text)
{
	assert_true(iq_handovers_submit(&fx.svc, day(text)));
	(void)hand("editor", "c-public", "c-new", (struct how){.dry_run = true});
}

static void test_dated(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_not_equal(job->job.revision, 0);
	assert_int_equal(answer()->n_items, 3);
	assert_string_equal(answer()->items[0]->what, "later");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-partners");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__SheetResponse *r = sheet("c-partners", "");

	assert_string_equal(r->successor, "c-new");
	assert_string_equal(r->on, "2026-12-01");
	assert_false(r->overdue);
	assert_string_equal(r->items[0]->what, "later");
	/* not for others */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	assert_string_equal(sheet("c-partners", "referral")->on, "");
	/* to somebody else: no */
	assert_int_equal(
		hand("editor", "c-partners", "c-next", (struct how){.on = NULL}), IQ_ERR_CONFLICT);
	on_day("2026-11-30");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "representative"), "c-new");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-new;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	r = sheet("c-partners", "");
	assert_string_equal(r->on, "");
	assert_int_equal(r->n_items, 0);
	/* nothing is done twice */
	uint64_t revision = iq_rtxn_state(fx.rtxn)->revision;

	on_day("2026-12-02");
	assert_int_equal(iq_rtxn_state(fx.rtxn)->revision, revision);
}

/* In whose name it is carried out. */
static void test_dated_log(void **state)
{
	struct iq_log_entry entry;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	on_day("2026-12-05"); /* the server was off */
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-30");
	assert_true(iq_log_get(
		iq_rtxn_txn(fx.rtxn), iq_rtxn_state(fx.rtxn)->revision, &entry, NULL, NULL));
	assert_true(iq_str_is(entry.principal, "editor"));
	assert_true(iq_str_is(entry.operation, "handover"));
}

static void test_cancel(void **state)
{
	struct iq_wtxn *w = change_begin();

	(void)state;
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"visibility", "partners", "deputy", "c-public", "valid_to", "2027-12-31", NULL);
	change_end(w);
	assert_int_equal(
		hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_NOT_FOUND);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("other", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_DENIED);
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2027-12-31");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	/* what somebody else changed since stays */
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	w = change_begin();
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"visibility", "partners", "deputy", "c-public", "valid_to", "2026-11-25", NULL);
	change_end(w);
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-25");
}

static enum iq_err revert(const char *principal, uint64_t change, bool dry_run)
{
	Iq__V1__RevertRequest in = IQ__V1__REVERT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.change = change;
	in.dry_run = dry_run;
	msg.op_case = IQ__V1__REQUEST__OP_REVERT;
	msg.revert = &in;
	return run(principal, &msg);
}

/* contact: NULL: of nobody. */
static void says_dropped(const char *contact)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const Iq__V1__WriteResponse *r =
		iq__v1__write_response__unpack(&allocator, job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	assert_int_equal(r->n_dropped, contact != NULL);
	if (contact == NULL)
		return;
	assert_string_equal(r->dropped[0]->contact, contact);
	assert_string_equal(r->dropped[0]->on, "2026-12-01");
}

static const char *waits_for(char *contact)
{
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	return sheet(contact, "")->on;
}

/* The change that asked for it is taken back: nothing waits any more. */
static void test_reverted(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	uint64_t change = job->job.revision;

	assert_int_equal(
		hand("editor", "c-inside", "c-next", (struct how){.on = "2026-12-01"}), IQ_OK);
	uint64_t later = job->job.revision;

	assert_int_equal(revert("other", change, false), IQ_ERR_DENIED);
	assert_int_equal(revert("editor", later, true), IQ_OK);
	assert_string_equal(waits_for("c-inside"), "2026-12-01");
	assert_int_equal(revert("editor", later, false), IQ_OK);
	says_dropped("c-inside");
	assert_string_equal(waits_for("c-inside"), "");
	assert_string_equal(waits_for("c-partners"), "2026-12-01");
	assert_int_equal(revert("editor", change, false), IQ_OK);
	assert_string_equal(waits_for("c-partners"), "");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
}

/* Which of its days would count is not for a revert to say. */
static void test_reverted_put_off(void **state)
{
	uint64_t change[2];

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	change[0] = job->job.revision;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2027-02-01"}), IQ_OK);
	change[1] = job->job.revision;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(revert("other", change[i], false), IQ_ERR_DENIED);
		assert_int_equal(revert("editor", change[i], false), IQ_ERR_CONFLICT);
		assert_non_null(strstr(job->job.error.hint, "--cancel"));
		assert_string_equal(waits_for("c-partners"), "2027-02-01");
	}
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
}

/* The same successor on another day, earlier or at once. */
static void test_moved_day(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2027-02-01"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2027-01-31");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2027-02-01");
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	assert_int_equal(hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-11-22"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "valid_to"), "2026-11-21");
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_from"), "2026-11-22");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	assert_int_equal(
		hand("editor", "c-partners", "", (struct how){.cancel = true}), IQ_ERR_NOT_FOUND);
}

/* Who has tasks of his own is not made to begin later. */
static void test_busy_successor(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-inside", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "valid_from"), "");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-partners;c-inside;c-gone");
	on_day("2026-12-01");
	assert_string_equal(contacts_of("vhs-course"), "c-public;c-inside;c-gone");
	assert_string_equal(cell(IQ_MEMBERSHIP, "round-vhs", "deputy"), "");
}

/* The orphan queue: "id name detail; …". */
static const char *orphans(void)
{
	Iq__V1__StaleRequest in = IQ__V1__STALE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *why[] = {"orphan"};
	const char *all = "";

	in.why = why;
	in.n_why = 1;
	msg.op_case = IQ__V1__REQUEST__OP_STALE;
	msg.stale = &in;
	const Iq__V1__StaleResponse *r = fx_call(&msg, &iq__v1__stale_response__descriptor);

	assert_int_equal(r->total, r->n_items);
	for (size_t i = 0; i < r->n_items; i++)
		if (strcmp(r->items[i]->kind, "contact") == 0)
			all = iq_arena_printf(&fx.arena, "%s%s %s|%s;", all, r->items[i]->id,
				r->items[i]->name, r->items[i]->detail);
	return all;
}

static enum iq_err take_away(Iq__V1__Verb verb, char *id, char *into)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.verb = verb;
	in.kind = "contact";
	in.id = id;
	in.into = into;
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	return run("everybody", &msg);
}

static bool count_one(void *arg, iq_num from, int32_t on)
{
	(void)from;
	(void)on;
	++*(size_t *)arg;
	return true;
}

static size_t waiting(void)
{
	size_t n = 0;

	fx_renew();
	iq_waiting_each(iq_rtxn_txn(fx.rtxn), count_one, &n);
	return n;
}

/* Whoever is taken away takes the dated hand-over along, in the same change. */
static void test_taken_away(void **state)
{
	(void)state;
	assert_int_equal(
		hand("editor", "c-next", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-desk", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(
		hand("editor", "c-inside", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(waiting(), 3);
	/* a change that is refused leaves it */
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	assert_int_equal(take_away(IQ__V1__VERB__DELETE, "c-partners", ""), IQ_ERR_CONFLICT);
	assert_int_equal(take_away(IQ__V1__VERB__ARCHIVE, "c-partners", ""), IQ_ERR_CONFLICT);
	assert_int_equal(waiting(), 4);
	assert_int_equal(take_away(IQ__V1__VERB__DELETE, "c-next", ""), IQ_OK);
	assert_int_equal(waiting(), 3);
	says_dropped("c-next");
	assert_int_equal(take_away(IQ__V1__VERB__ARCHIVE, "c-desk", ""), IQ_OK);
	assert_int_equal(waiting(), 2);
	says_dropped("c-desk");
	assert_int_equal(take_away(IQ__V1__VERB__MERGE, "c-inside", "c-public"), IQ_OK);
	assert_int_equal(waiting(), 1);
	says_dropped("c-inside");
	/* nothing of it comes back */
	assert_int_equal(take_away(IQ__V1__VERB__REVIVE, "c-desk", ""), IQ_OK);
	assert_int_equal(waiting(), 1);
	says_dropped(NULL);
	assert_int_equal(take_away(IQ__V1__VERB__ARCHIVE, "c-desk", ""), IQ_OK);
	says_dropped(NULL);
}

/* What was due and not done is in the orphan queue, for whom may do something about it. */
static void test_overdue(void **state)
{
	struct iq_wtxn *w;

	(void)state;
	assert_int_equal(hand("editor", "c-partners", "l-hidden", (struct how){.on = "2026-12-01"}),
		IQ_ERR_NOT_FOUND);
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	w = change_begin();
	account(w, "editor", IQ_ACCESS_READER, NULL, "sn");
	change_end(w);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	fx.today = day("2026-12-01");
	assert_null(strstr(orphans(), "2026-12-01")); /* it has all day */
	on_day("2026-12-01");
	fx.today = day("2026-12-02");
	assert_non_null(strstr(orphans(), "c-partners Erika Muster|2026-12-01 c-new;"));
	/* a successor who is gone, and one whom the caller does not know */
	assert_int_equal(take_away(IQ__V1__VERB__ARCHIVE, "c-new", ""), IQ_OK);
	assert_non_null(strstr(orphans(), "c-partners Erika Muster|2026-12-01;"));
	/* for others it is nothing */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	assert_null(strstr(orphans(), "2026-12-01"));
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "lra", NULL);
	assert_null(strstr(orphans(), "2026-12-01"));
	/* taken back: off the list */
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(hand("everybody", "c-partners", "", (struct how){.cancel = true}), IQ_OK);
	assert_null(strstr(orphans(), "2026-12-01"));
}

/* The right was lost, or the successor is gone: it stays, and is tried again. */
static void test_orphans(void **state)
{
	struct iq_wtxn *w;
	struct iq_arena arena;

	(void)state;
	assert_int_equal(
		hand("editor", "c-partners", "c-new", (struct how){.on = "2026-12-01"}), IQ_OK);
	w = change_begin();
	account(w, "editor", IQ_ACCESS_READER, NULL, "sn");
	change_end(w);
	on_day("2026-12-01");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-partners");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	fx.today = day("2026-12-02");
	assert_true(sheet("c-partners", "")->overdue);
	w = change_begin();
	account(w, "editor", IQ_ACCESS_EDITOR, "vhs", NULL);
	change_end(w);
	on_day("2026-12-02");
	assert_string_equal(cell(IQ_CONTACT, "c-desk", "deputy"), "c-new");
	/* a successor who is gone */
	fx.today = day("2026-12-03");
	assert_int_equal(
		hand("editor", "c-new", "c-next", (struct how){.on = "2026-12-10"}), IQ_OK);
	w = change_begin();
	iq_arena_init(&arena, 0);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts", "c-new",
		NULL);
	iq_rec_remove(
		w, IQ_CONTACT, iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-next")), &arena);
	iq_arena_free(&arena);
	change_end(w);
	on_day("2026-12-10");
	fx.today = day("2026-12-11");
	const Iq__V1__SheetResponse *r = sheet("c-new", "");

	assert_true(r->overdue);
	assert_string_equal(r->successor, "");
	assert_string_equal(r->on, "2026-12-10");
	assert_int_equal(hand("editor", "c-new", "", (struct how){.cancel = true}), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-new", "valid_to"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_dated),
		TEST(test_dated_log),
		TEST(test_cancel),
		TEST(test_reverted),
		TEST(test_reverted_put_off),
		TEST(test_moved_day),
		TEST(test_busy_successor),
		TEST(test_orphans),
		TEST(test_overdue),
		TEST(test_taken_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
