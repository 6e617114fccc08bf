/* SPDX-License-Identifier: Apache-2.0 */
/* stale, diff and get of the past: as far as the caller may see. */
#include "disclose_help.h"

static int64_t at(const char *date)
{
	int32_t day;

	assert_true(iq_date_parse(iq_str(date), &day));
	return iq_date_begin(day) + 3600 * INT64_C(1000000);
}

/* One change at that time. */
static void change(const char *date, void (*put)(struct iq_wtxn *w))
{
	const struct iq_change change = {
		.principal = IQ_STR("tester"), .operation = IQ_STR("set"), .time_us = at(date)};
	struct iq_wtxn *w;

	iq_rtxn_reset(fx.rtxn);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	put(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

static void drop(struct iq_wtxn *w, enum iq_kind kind, const char *id)
{
	struct iq_arena arena;

	iq_arena_init(&arena, 0);
	iq_rec_remove(w, kind, iq_id_find(iq_wtxn_txn(w), kind, iq_str(id)), &arena);
	iq_arena_free(&arena);
}

/* ---- stale ---------------------------------------------------------------------------------- */

static const Iq__V1__StaleResponse *stale(
	const char *why, const char *institution, const char *region, const char *reason)
{
	Iq__V1__StaleRequest in = IQ__V1__STALE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *list[] = {(char *)(uintptr_t)why};

	in.why = list;
	in.n_why = why != NULL;
	in.institution = (char *)(uintptr_t)institution;
	in.region = (char *)(uintptr_t)region;
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_STALE;
	msg.stale = &in;
	return call(&msg, &iq__v1__stale_response__descriptor);
}

/* "id name detail; …" of all items. */
static const char *lines(const Iq__V1__StaleResponse *r)
{
	const char *all = "";

	assert_non_null(r);
	assert_int_equal(r->total, r->n_items);
	for (size_t i = 0; i < r->n_items; i++)
		all = iq_arena_printf(&fx.arena, "%s%s%s|%s|%s", all, i ? "; " : "",
			r->items[i]->id, r->items[i]->name, r->items[i]->detail);
	return all;
}

static void test_rows(void **state)
{
	(void)state;
	be_named("editor");
	/* vhs has a mailbox, lra-abh has its parent's telephone */
	assert_string_equal(lines(stale("unconfirmed", "vhs", "", "")), "");
	assert_string_equal(lines(stale("undated", "vhs", "meissen", "")), "vhs-meissen|Arbeit|");
	assert_string_equal(lines(stale("no-contact", "vhs", "", "")),
		"vhs-coord|Koordination|; vhs-meissen|Arbeit|; vhs-youth|Integrationskurs|");
	assert_string_equal(lines(stale("no-contact", "vhs", "elbe", "")),
		lines(stale("no-contact", "vhs", "", "")));
	assert_string_equal(lines(stale("unreachable", "", "", "")), "");
	assert_null(stale("tired", "", "", ""));
	fx_refused(IQ_ERR_USAGE);
	assert_null(stale(NULL, "nobody-there", "", ""));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	/* what is not seen may be there */
	be_named("reader");
	assert_string_equal(lines(stale("no-contact", "vhs", "", "")), "");
	be_named("colleague");
	assert_int_equal(stale("no-contact", "vhs", "", "")->n_items, 3);
	be_named("nobody");
	assert_string_equal(lines(stale("no-contact", "", "", "")), "");
	assert_string_equal(lines(stale("undated", "vhs", "meissen", "")), "vhs-meissen|Arbeit|");
}

static void put_left(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-inside", "institution", "vhs", "name", "Paul Muster",
		"function", "Leitung", "visibility", "institution", "valid_to", "2026-06-30", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"function", "Kurse", "visibility", "partners", "deputy", "c-inside", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-meissen", "institution", "vhs", "task", "work",
		"region", "meissen", "role", "lead", "contacts", "c-inside;c-gone", "confirmed_on",
		"2025-01-31", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-youth", "institution", "vhs", "task", "course",
		"region", "dresden", "role", "advice", "contacts", "c-workshop", "valid_to",
		"2026-05-31", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts",
		"c-public;c-partners", NULL);
	fx_put(w, IQ_INSTITUTION, "id", "lra", "kind", "office", "region", "sn", "name_de",
		"Landratsamt", NULL);
}

static void test_left_behind(void **state)
{
	(void)state;
	change("2026-07-01", put_left);
	be_named("editor");
	assert_string_equal(lines(stale("orphan", "vhs", "", "")),
		"vhs-meissen|Arbeit|c-inside; c-partners|Erika Muster|c-inside; "
		"ws-vhs|Runde|c-inside");
	assert_string_equal(
		lines(stale("unconfirmed", "", "", "")), "vhs-meissen|Arbeit|2025-01-31");
	assert_string_equal(
		lines(stale("ended-contact", "", "", "")), "c-workshop|Wanda Muster|2026-05-31");
	assert_true(owed(IQ_WORKSHOP));
	assert_false(owed(IQ_PARTNERS)); /* looked at, but not shown */
	assert_string_equal(lines(stale("unreachable", "", "", "")),
		"abh-course|Integrationskurs|; lra-housing|Wohnen|");
	/* for whom those people do not exist, they left nothing behind */
	be_named("reader");
	assert_string_equal(lines(stale("orphan", "", "", "")), "");
	be_named("nobody");
	assert_string_equal(lines(stale("ended-contact", "", "", "")), "");
	be_named("coordinator");
	assert_string_equal(lines(stale("orphan", "", "", "workshop")), "");
	/* a reader or a fellow knows that there is somebody, not the name */
	be_named("fellow");
	assert_string_equal(
		lines(stale("ended-contact", "", "", "")), "c-workshop|Planung|2026-05-31");
	assert_null(stale(NULL, "", "", "workshop")); /* in bulk: not with this role */
	fx_refused(IQ_ERR_DENIED);
}

static void test_personal_fields(void **state)
{
	(void)state;
	be_named("editor");
	assert_string_equal(lines(stale("no-deputy", "vhs", "", "")),
		"c-inside|Paul Muster|; c-public|Max Muster|; c-workshop|Wanda Muster|");
	assert_int_equal(stale("not-informed", "vhs", "", "")->n_items, 4);
	owes(1u << IQ_PARTNERS | 1u << IQ_WORKSHOP | 1u << IQ_INSTITUTION_ONLY);
	/* nothing leaves that could not be recorded */
	sealed = true;
	const Iq__V1__StaleResponse *r = stale("not-informed", "vhs", "", "");

	sealed = false;
	assert_string_equal(lines(r), "c-public|Max Muster|");
	for (size_t i = 0; i < PEOPLE; i++) {
		if (people[i].editor)
			continue;
		be(&people[i]);
		assert_string_equal(lines(stale("not-informed", "", "", "")), "");
		assert_string_equal(lines(stale("personal-mail", "", "", "")), "");
		assert_int_equal(rq.nowed, 0);
	}
}

/* Pages: the same as in one piece, each once. */
static void put_many(struct iq_wtxn *w)
{
	for (int i = 0; i < 4000; i++) {
		char id[32];

		snprintf(id, sizeof(id), "many-%04d", i);
		fx_put(w, IQ_RESPONSIBILITY, "id", id, "institution", "lra", "task", "housing",
			"region", "sn", "role", "support", NULL);
	}
}

static void test_pages(void **state)
{
	Iq__V1__StaleRequest in = IQ__V1__STALE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	uint64_t total = 0, n = 0, pages = 0;
	char cursor[256], last[256] = "", why[64] = "";

	(void)state;
	change("2026-07-01", put_many);
	be_named("colleague");
	msg.op_case = IQ__V1__REQUEST__OP_STALE;
	msg.stale = &in;
	do {
		const Iq__V1__StaleResponse *r = call(&msg, &iq__v1__stale_response__descriptor);

		assert_non_null(r);
		total += r->total;
		for (size_t i = 0; i < r->n_items; i++, n++) {
			const Iq__V1__StaleItem *x = r->items[i];

			if (strcmp(x->why, why) == 0 && strcmp(x->kind, "responsibility") == 0)
				assert_true(strcmp(last, x->id) < 0);
			snprintf(last, sizeof(last), "%s", x->id);
			snprintf(why, sizeof(why), "%s", x->why);
		}
		assert_true(r->cursor.len < sizeof(cursor));
		if (r->cursor.len > 0)
			memcpy(cursor, r->cursor.data, r->cursor.len);
		in.cursor = (ProtobufCBinaryData){r->cursor.len, (uint8_t *)cursor};
		pages++;
	} while (in.cursor.len > 0);
	assert_true(pages > 1);
	assert_int_equal(n, total);
	assert_true(n >= 4000);
	in.cursor = (ProtobufCBinaryData){3, (uint8_t *)cursor};
	memcpy(cursor, "zz9", 3);
	assert_null(call(&msg, &iq__v1__stale_response__descriptor));
	fx_refused(IQ_ERR_USAGE);
}

/* ---- diff ----------------------------------------------------------------------------------- */

static const Iq__V1__DiffResponse *diff(
	const char *region, const char *from, const char *to, const char *reason)
{
	Iq__V1__DiffRequest in = IQ__V1__DIFF_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.region = (char *)(uintptr_t)region;
	in.from = (char *)(uintptr_t)from;
	in.to = (char *)(uintptr_t)to;
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_DIFF;
	msg.diff = &in;
	return call(&msg, &iq__v1__diff_response__descriptor);
}

/* "+id ~id[column,…] -id" */
static const char *told(const Iq__V1__DiffResponse *r)
{
	const char *all = "";

	assert_non_null(r);
	assert_int_equal(r->total, r->n_items);
	for (size_t i = 0; i < r->n_items; i++) {
		const Iq__V1__DiffItem *x = r->items[i];
		bool changed = strcmp(x->what, "changed") == 0;
		char sign = changed ? '~' : strcmp(x->what, "added") == 0 ? '+' : '-';

		all = iq_arena_printf(&fx.arena, "%s%s%c%s", all, i ? " " : "", sign, x->id);
		for (size_t k = 0; changed && k < x->n_changes; k++)
			all = iq_arena_printf(
				&fx.arena, "%s%s%s", all, k ? "," : ":", x->changes[k]->column);
		if (x->withheld)
			all = iq_arena_printf(&fx.arena, "%s…", all);
	}
	return all;
}

static void put_april(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-new", "institution", "vhs", "task", "work",
		"region", "dresden", "role", "advice", "valid_from", "2026-05-01", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-meissen", "institution", "vhs", "task", "work",
		"region", "meissen", "role", "provider", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Neu",
		"function", "Kurse", "languages", "de;en", "visibility", "partners", NULL);
}

static void put_may(struct iq_wtxn *w)
{
	drop(w, IQ_RESPONSIBILITY, "vhs-youth");
	fx_put(w, IQ_RESPONSIBILITY, "id", "lra-housing", "institution", "lra", "task", "housing",
		"region", "sn", "role", "lead", "valid_to", "2026-06-15", NULL);
}

static void put_june(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-meissen", "institution", "vhs", "task", "work",
		"region", "meissen", "role", "lead", NULL);
	drop(w, IQ_RESPONSIBILITY, "vhs-new");
}

static void history(void)
{
	change("2026-04-10", put_april);
	change("2026-05-10", put_may);
	change("2026-06-10", put_june);
}

static int setup_diff(void **state)
{
	/* all before as of 1970, so that dates are in order */
	if (fx_setup(state) != 0)
		return -1;
	change("2026-01-01", put_classes);
	memset(&rq, 0, sizeof(rq));
	history();
	be_named("nobody");
	return 0;
}

static void test_diff(void **state)
{
	(void)state;
	assert_string_equal(told(diff("", "2026-03-31", "2026-04-09", "")), "");
	assert_string_equal(told(diff("", "2026-03-31", "2026-04-10", "")),
		"~vhs-meissen:role ~c-partners:languages…");
	/* known in April, valid from May */
	assert_string_equal(told(diff("", "2026-03-31", "2026-05-01", "")),
		"~vhs-meissen:role +vhs-new ~c-partners:languages…");
	assert_string_equal(told(diff("", "2026-04-30", "2026-05-01", "")), "+vhs-new");
	assert_string_equal(told(diff("", "2026-05-01", "2026-04-30", "")), "-vhs-new");
	/* deleted, and ended by its date alone: later than both of its changes */
	assert_string_equal(
		told(diff("", "2026-05-01", "2026-05-31", "")), "-vhs-youth ~lra-housing:valid_to");
	const Iq__V1__DiffResponse *r = diff("", "2026-06-14", "2026-06-16", "");

	assert_string_equal(told(r), "-lra-housing");
	assert_int_equal(r->items[0]->revision, 0);
	/* back as it was: no difference, though it was touched twice */
	assert_string_equal(told(diff("", "2026-03-31", "2026-11-22", "")),
		"-vhs-youth -lra-housing ~c-partners:languages…");
	r = diff("", "2026-04-30", "2026-05-31", "");
	assert_string_equal(r->items[0]->principal, "tester");
	assert_string_equal(r->items[0]->name, "Volkshochschule: Integrationskurs, Dresden");
	/* the state of tomorrow: what is known now, valid then */
	assert_string_equal(told(diff("", "2026-11-22", "2027-11-22", "")), "");
}

static void test_diff_filters(void **state)
{
	(void)state;
	assert_string_equal(told(diff("dresden", "2026-03-31", "2026-05-01", "")),
		"+vhs-new ~c-partners:languages…");
	assert_string_equal(
		told(diff("meissen", "2026-03-31", "2026-05-01", "")), "~vhs-meissen:role");
	/* what counts for all of Saxony counts here; an area is its members */
	assert_string_equal(told(diff("meissen", "2026-06-14", "2026-06-16", "")), "-lra-housing");
	assert_string_equal(told(diff("elbe", "2026-06-14", "2026-06-16", "")), "-lra-housing");
	assert_string_equal(told(diff("elbe", "2026-03-31", "2026-05-01", "")),
		"~vhs-meissen:role +vhs-new ~c-partners:languages…");
	assert_null(diff("", "", "", ""));
	fx_refused(IQ_ERR_USAGE);
	assert_null(diff("", "gestern", "", ""));
	fx_refused(IQ_ERR_USAGE);
	assert_null(diff("atlantis", "2026-03-31", "", ""));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
}

/* Contacts as far as they may be seen; with a purpose, and on record. */
static void test_diff_contacts(void **state)
{
	static const char *const from = "2026-04-09", *const to = "2026-04-11";

	(void)state;
	be_named("coordinator");
	assert_string_equal(
		told(diff("", from, to, "")), "~vhs-meissen:role ~c-partners:languages…");
	owes(0);
	assert_string_equal(told(diff("", from, to, "workshop")),
		"~vhs-meissen:role ~c-partners:name,languages,deputy");
	owes(1u << IQ_PARTNERS);
	be_named("editor");
	assert_string_equal(told(diff("", from, to, "")),
		"~vhs-meissen:role ~c-partners:name,languages,deputy");
	owes(1u << IQ_PARTNERS);
	/* nobody is seen where nothing differs */
	assert_string_equal(
		told(diff("", "2026-05-01", "2026-05-31", "")), "-vhs-youth ~lra-housing:valid_to");
	owes(0);
	be_named("reader");
	assert_null(diff("", from, to, "workshop"));
	fx_refused(IQ_ERR_DENIED);
}

static void put_rows(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts", "c-public",
		NULL);
}

/* "id=name …" of the contacts whose ids stand in differences. */
static const char *people_in(const Iq__V1__DiffResponse *r)
{
	const char *all = "";

	assert_non_null(r);
	for (size_t i = 0; i < r->n_labels; i++)
		if (strcmp(r->labels[i]->kind, "contact") == 0)
			all = iq_arena_printf(&fx.arena, "%s%s%s=%s", all, *all ? " " : "",
				r->labels[i]->id, r->labels[i]->name);
	return all;
}

/* Who stands in a row is named as far as the caller may see, and that is on record. */
static void test_diff_people(void **state)
{
	static const char *const from = "2026-06-30", *const to = "2026-07-10";

	(void)state;
	change("2026-07-10", put_rows);
	assert_string_equal(told(diff("", from, to, "")), "~vhs-course:contacts");
	assert_string_equal(
		people_in(diff("", from, to, "")), "c-public=Max Muster c-partners=Kurse");
	owes(0);
	be_named("coordinator");
	assert_string_equal(people_in(diff("", from, to, "")),
		"c-public=Max Muster c-partners=Kurse c-workshop=Planung");
	owes(0);
	assert_string_equal(people_in(diff("", from, to, "workshop")),
		"c-public=Max Muster c-partners=Erika Neu c-workshop=Planung");
	owes(1u << IQ_PARTNERS);
	be_named("editor");
	assert_string_equal(people_in(diff("", from, to, "")),
		"c-public=Max Muster c-partners=Erika Neu c-workshop=Wanda Muster "
		"c-inside=Paul Muster");
	owes(1u << IQ_PARTNERS | 1u << IQ_WORKSHOP | 1u << IQ_INSTITUTION_ONLY);
}

static void put_strict(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Neu",
		"function", "Kurse", "languages", "de;en", "visibility", "institution", NULL);
}

static void drop_contact(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts",
		"c-public;c-workshop;c-inside", NULL);
	drop(w, IQ_CONTACT, "c-partners");
}

/* The strictest class since then; who is no more, is so for others as well. */
static void test_diff_past_rights(void **state)
{
	(void)state;
	change("2026-07-01", put_strict);
	be_named("coordinator");
	assert_string_equal(
		told(diff("", "2026-04-09", "2026-04-11", "workshop")), "~vhs-meissen:role");
	be_named("editor");
	assert_string_equal(told(diff("", "2026-04-09", "2026-04-11", "")),
		"~vhs-meissen:role ~c-partners:name,languages,deputy");
	change("2026-07-02", drop_contact);
	be_named("nobody");
	assert_string_equal(told(diff("", "2026-07-01", "2026-07-03", "")), "");
	be_named("coordinator");
	assert_string_equal(told(diff("", "2026-07-01", "2026-07-03", "")), "");
	be_named("editor");
	/* the row's own change named nobody but who is no more */
	assert_string_equal(told(diff("", "2026-07-01", "2026-07-03", "")), "-c-partners");
}

/* ---- get of the past --------------------------------------------------------------------------
 */

static const Iq__V1__GetResponse *get_at(
	const char *kind, const char *id, const char *known_on, const char *day)
{
	Iq__V1__GetRequest in = IQ__V1__GET_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.kind = (char *)(uintptr_t)kind;
	in.id = (char *)(uintptr_t)id;
	in.known_on = (char *)(uintptr_t)known_on;
	in.at = (char *)(uintptr_t)day;
	msg.op_case = IQ__V1__REQUEST__OP_GET;
	msg.get = &in;
	return call(&msg, &iq__v1__get_response__descriptor);
}

static void test_get(void **state)
{
	const Iq__V1__GetResponse *r;

	(void)state;
	r = get_at("responsibility", "vhs-meissen", "2026-04-30", "");
	assert_string_equal(r->record->responsibility->role, "provider");
	assert_int_equal(r->known_at, 3);
	assert_false(r->not_valid);
	r = get_at("responsibility", "vhs-meissen", "", "");
	assert_string_equal(r->record->responsibility->role, "lead");
	assert_int_equal(r->known_at, 0);
	/* known, but not valid on that day unless another is meant */
	assert_true(get_at("responsibility", "vhs-new", "2026-04-30", "")->not_valid);
	assert_false(get_at("responsibility", "vhs-new", "2026-04-30", "2026-05-01")->not_valid);
	assert_true(get_at("responsibility", "lra-housing", "", "")->not_valid);
	assert_false(get_at("responsibility", "lra-housing", "", "2026-06-15")->not_valid);
	/* not there yet, and no more */
	assert_null(get_at("responsibility", "vhs-new", "2026-04-09", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(get_at("responsibility", "vhs-new", "", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(get_at("responsibility", "vhs-new", "2026-02-30", ""));
	fx_refused(IQ_ERR_USAGE);
}

static void test_get_contact(void **state)
{
	(void)state;
	assert_string_equal(
		get_at("contact", "c-partners", "2026-03-01", "")->record->contact->name, "");
	assert_null(get_at("contact", "c-inside", "2026-03-01", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	be_named("editor");
	assert_string_equal(
		get_at("contact", "c-partners", "2026-03-01", "")->record->contact->name,
		"Erika Muster");
	owes(1u << IQ_PARTNERS);
	be_named("coordinator");
	const Iq__V1__GetResponse *r = get_at("contact", "c-partners", "2026-03-01", "");

	assert_string_equal(r->record->contact->function, "Kurse");
	assert_string_equal(r->record->contact->name, "");
	assert_string_equal(r->because, "reason");
	change("2026-07-01", put_strict);
	assert_null(get_at("contact", "c-partners", "2026-03-01", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	change("2026-07-02", drop_contact);
	assert_null(get_at("contact", "c-partners", "2026-03-01", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	be_named("editor");
	assert_non_null(get_at("contact", "c-partners", "2026-03-01", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_left_behind, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_personal_fields, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_pages, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_diff, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_diff_filters, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_diff_contacts, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_diff_people, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_diff_past_rights, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_get, setup_diff, fx_teardown),
		cmocka_unit_test_setup_teardown(test_get_contact, setup_diff, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
