/* SPDX-License-Identifier: Apache-2.0 */
/* What callers of every class are told of by the change feed. */
#include "disclose_help.h"

#include <sodium.h>

static uint8_t cookie[512];
static size_t ncookie;

struct asked {
	const char *kind, *reason, *task, *region;
	bool start, verify;
	uint32_t wait_ms;
};

static const Iq__V1__ChangesResponse *changes(struct asked a)
{
	Iq__V1__ChangesRequest in = IQ__V1__CHANGES_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *kinds[] = {(char *)(uintptr_t)a.kind};

	in.cookie = (ProtobufCBinaryData){ncookie, cookie};
	in.kinds = kinds;
	in.n_kinds = a.kind != NULL;
	in.reason = (char *)(uintptr_t)(a.reason ? a.reason : "");
	in.task = (char *)(uintptr_t)(a.task ? a.task : "");
	in.region = (char *)(uintptr_t)(a.region ? a.region : "");
	in.start = a.start;
	in.verify = a.verify;
	in.wait_ms = a.wait_ms;
	msg.op_case = IQ__V1__REQUEST__OP_CHANGES;
	msg.changes = &in;
	const Iq__V1__ChangesResponse *r = call(&msg, &iq__v1__changes_response__descriptor);

	if (r != NULL) {
		assert_true(r->cookie.len <= sizeof(cookie));
		ncookie = r->cookie.len;
		memcpy(cookie, r->cookie.data, ncookie);
	}
	return r;
}

static const struct asked contacts = {.kind = "contact"};

static void begin(const char *name, struct asked a)
{
	be_named(name);
	ncookie = 0;
	a.start = true;
	assert_non_null(changes(a));
}

/* "upsert c-public" …, joined by ", ". */
static const char *told(const Iq__V1__ChangesResponse *r)
{
	const char *all = "";

	assert_non_null(r);
	for (size_t i = 0; i < r->n_events; i++)
		all = iq_arena_printf(&fx.arena, "%s%s%s %s", all, i ? ", " : "",
			r->events[i]->what, r->events[i]->id);
	return all;
}

static void narrow(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"function", "Kurse", "visibility", "institution", NULL);
}

static void touch_all(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-inside", "institution", "vhs", "name", "Paula Muster",
		"function", "Leitung", "visibility", "institution", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-public", "institution", "vhs", "name", "Maxi Muster",
		"function", "Service", "visibility", "public", NULL);
}

static void remove_hidden(struct iq_wtxn *w)
{
	iq_rec_remove(
		w, IQ_CONTACT, iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-gone")), &fx.arena);
}

static void detach(struct iq_wtxn *w)
{
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts", "c-public",
		NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-meissen", "institution", "vhs", "task", "work",
		"region", "meissen", "role", "lead", "contacts", "c-workshop", NULL);
}

/* Whoever was not shown a contact is told neither that it changed nor that it went. */
static void test_hidden(void **state)
{
	(void)state;
	begin("nobody", contacts);
	more(touch_all);
	assert_string_equal(told(changes(contacts)), "upsert c-public");
	begin("editor", contacts);
	more(touch_all); /* the same again: nothing was changed */
	assert_string_equal(told(changes(contacts)), "");
	begin("nobody", contacts);
	more(narrow); /* its outline was to be seen */
	assert_string_equal(told(changes(contacts)), "withdraw c-partners");
	more(remove_hidden); /* public: everybody saw it */
	assert_string_equal(told(changes(contacts)), "tombstone c-gone");
}

static void test_narrowed(void **state)
{
	(void)state;
	begin("reader", contacts);
	more(narrow);
	assert_string_equal(told(changes(contacts)), "withdraw c-partners");
	assert_string_equal(told(changes(contacts)), "");
}

/* A contact comes and goes with the responsibilities it is attached to, untouched. */
static void test_attached(void **state)
{
	(void)state;
	begin("reader", contacts);
	more(detach);
	/* It acts in Meissen only now. c-partners has lost its row and counts by its seat. */
	assert_string_equal(told(changes(contacts)), "withdraw c-workshop");
}

/* What names a contact is told anew when it may not be named any more. */
static void test_referrers(void **state)
{
	const struct asked duties = {.kind = "responsibility"};

	(void)state;
	begin("reader", duties);
	more(narrow);
	const Iq__V1__ChangesResponse *r = changes(duties);

	assert_string_equal(told(r), "upsert vhs-course");
	const Iq__V1__Responsibility *duty = r->events[0]->record->responsibility;

	for (size_t i = 0; i < duty->n_contacts; i++)
		assert_string_not_equal(duty->contacts[i], "c-partners");
}

static void test_reasons(void **state)
{
	const struct asked with = {.kind = "contact", .reason = "referral"};

	(void)state;
	be_named("reader");
	ncookie = 0;
	assert_null(changes(with)); /* no contacts in bulk */
	fx_refused(IQ_ERR_DENIED);
	begin("coordinator", with);
	more(touch_all);
	assert_string_equal(told(changes(with)), "upsert c-public");
	ncookie = 0;
	const Iq__V1__ChangesResponse *r = changes(with);

	assert_true(r->refresh);
	owes(1u << IQ_PARTNERS); /* on record, once */
	ncookie = 0;
	(void)changes(contacts);
	assert_int_equal(rq.nowed, 0);
}

/* Every reason for which all is told anew. */
static void test_refreshes(void **state)
{
	uint8_t kept[512];
	size_t nkept;

	(void)state;
	be_named("reader");
	ncookie = 0;
	const Iq__V1__ChangesResponse *r = changes(contacts);

	assert_string_equal(r->because, "start");
	assert_true(r->refresh);
	assert_string_equal(changes((struct asked){.kind = "task"})->because, "filter");
	(void)changes((struct asked){.kind = "task"});
	assert_string_equal(
		changes((struct asked){.kind = "task", .region = "sn"})->because, "filter");
	begin("reader", contacts);
	assert_string_equal(changes(contacts)->because, "");
	be_named("reader above"); /* other rights, other person */
	assert_string_equal(changes(contacts)->because, "rights");
	begin("reader", contacts);
	grant.to = fx.today - 1;
	assert_string_equal(changes(contacts)->because, "rights");
	/* a byte changed */
	memcpy(kept, cookie, nkept = ncookie);
	cookie[9] ^= 1;
	assert_null(changes(contacts));
	fx_refused(IQ_ERR_USAGE);
	memcpy(cookie, kept, ncookie = nkept);
	assert_non_null(changes(contacts));
}

/* Somebody is removed, so long ago. */
static void remove_before(int days)
{
	const struct iq_change change = {
		.operation = IQ_STR("test"), .time_us = iq_now_us() - days * INT64_C(86400000000)};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts",
		"c-partners;c-workshop;c-inside", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-partners", "institution", "vhs", "name", "Erika Muster",
		"function", "Kurse", "visibility", "partners", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"representative", "c-inside", "accepted_from", "2026-01-01", NULL);
	iq_rec_remove(w, IQ_CONTACT, num(IQ_CONTACT, "c-public"), &fx.arena);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

/* What is to be said in a refresh for whoever holds what was there before c-public went. */
static void is_refresh(const Iq__V1__ChangesResponse *r, const char *because)
{
	assert_string_equal(r->because, because);
	assert_true(r->refresh);
	assert_non_null(strstr(told(r), "upsert c-partners"));
	assert_null(strstr(told(r), "c-public")); /* not told: not there */
	assert_true(r->counted);
	assert_int_equal(r->count, r->n_events);
	assert_string_equal(changes((struct asked){.kind = "contact"})->because, "");
}

static const struct asked verified = {.kind = "contact", .verify = true};

static void test_horizon(void **state)
{
	(void)state;
	/* a removal that is young enough is told as such */
	begin("reader", contacts);
	remove_before(IQ_LIMIT_TOMBSTONE_DAYS - 1);
	const Iq__V1__ChangesResponse *r = changes(verified);

	assert_string_equal(r->because, "");
	assert_false(r->refresh);
	assert_non_null(strstr(told(r), "tombstone c-public"));
}

static void test_beyond_horizon(void **state)
{
	(void)state;
	begin("reader", contacts);
	remove_before(IQ_LIMIT_TOMBSTONE_DAYS + 1);
	is_refresh(changes(verified), "horizon");
}

static void other_generation(struct iq_wtxn *w)
{
	iq_wtxn_state(w)->generation ^= 1;
}

static void test_generation(void **state)
{
	(void)state;
	begin("reader", contacts);
	more(other_generation);
	remove_before(0);
	is_refresh(changes(verified), "generation");
	/* the same with nothing changed since */
	begin("reader", contacts);
	assert_string_equal(changes(contacts)->because, "");
	more(other_generation);
	assert_string_equal(changes(contacts)->because, "generation");
}

static void move_sub(struct iq_wtxn *w)
{
	fx_put(w, IQ_INSTITUTION, "id", "vhs-sub", "kind", "office", "parent", "lra", "region",
		"dresden", "name_de", "Zweigstelle", NULL);
}

static void test_structure(void **state)
{
	(void)state;
	begin("reader", contacts);
	more(move_sub);
	const Iq__V1__ChangesResponse *r = changes(contacts);

	assert_string_equal(r->because, "structure");
	assert_true(r->refresh && r->more);
	assert_int_equal(r->n_events, 0); /* pages follow */
	r = changes(contacts);
	assert_true(r->refresh && !r->more && r->n_events > 0);
	/* Where rights do not matter the change is one like others. */
	begin("reader", (struct asked){.kind = "task"});
	assert_string_equal(told(changes((struct asked){.kind = "task"})), "");
}

static void test_task(void **state)
{
	const struct asked course = {.task = "course"};

	(void)state;
	be_named("nobody");
	ncookie = 0;
	assert_string_equal(told(changes(course)),
		"upsert abh-course, upsert vhs-course, upsert vhs-youth, upsert stop");
	ncookie = 0;
	assert_null(changes((struct asked){.kind = "contact", .task = "course"}));
	fx_refused(IQ_ERR_USAGE);
}

/* Only what has nothing to tell may wait, and it says from where it goes on. */
static void test_waiting(void **state)
{
	const struct asked wait = {.kind = "contact", .wait_ms = 5000};

	(void)state;
	begin("reader", wait);
	assert_string_equal(told(changes(wait)), "");
	assert_int_equal(rq.wait_ms, 5000);
	assert_int_equal(rq.cookie.n, ncookie);
	(void)changes((struct asked){.kind = "contact", .wait_ms = UINT32_MAX});
	assert_int_equal(rq.wait_ms, IQ_LIMIT_WATCH_SECONDS * 1000);
	(void)changes((struct asked){.kind = "contact", .wait_ms = 5000, .verify = true});
	assert_int_equal(rq.wait_ms, 0);
	more(narrow);
	assert_string_equal(told(changes(wait)), "withdraw c-partners");
	assert_int_equal(rq.wait_ms, 0);
	ncookie = 0;
	assert_true(changes(wait)->refresh);
	assert_int_equal(rq.wait_ms, 0);
}

static void test_count(void **state)
{
	(void)state;
	be_named("reader");
	ncookie = 0;
	const Iq__V1__ChangesResponse *r =
		changes((struct asked){.kind = "contact", .verify = true});
	uint8_t digest[crypto_hash_sha256_BYTES];
	const char *text = "";

	assert_true(r->counted);
	assert_int_equal(r->count, r->n_events);
	for (size_t i = 0; i < r->n_events; i++)
		text = iq_arena_printf(&fx.arena, "%scontact/%s\n", text, r->events[i]->id);
	crypto_hash_sha256(digest, (const uint8_t *)text, strlen(text));
	assert_int_equal(r->digest.len, sizeof(digest));
	assert_memory_equal(r->digest.data, digest, sizeof(digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hidden, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_narrowed, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_attached, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_referrers, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_reasons, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_refreshes, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_horizon, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_beyond_horizon, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_generation, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_structure, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_task, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_waiting, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_count, setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
