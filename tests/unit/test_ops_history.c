/* SPDX-License-Identifier: Apache-2.0 */
/* history, flags, my-data: what of the past is for whom. */
#include "ops_fixture.h"

static struct iq_wtxn *change_begin(void)
{
	const struct iq_change change = {
		.principal = IQ_STR("tester"), .operation = IQ_STR("set"), .time_us = 2};
	struct iq_wtxn *w;

	iq_rtxn_reset(fx.rtxn);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	return w;
}

static void change_end(struct iq_wtxn *w)
{
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

static void put_contact(const char *id, const char *name, const char *phone, const char *visibility)
{
	struct iq_wtxn *w = change_begin();

	fx_put(w, IQ_CONTACT, "id", id, "institution", "vhs", "name", name, "phone", phone,
		"function", "Kurse", "visibility", visibility, NULL);
	change_end(w);
}

static void put_contacts_of(const char *contacts)
{
	struct iq_wtxn *w = change_begin();

	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-youth", "institution", "vhs", "task", "course",
		"region", "dresden", "role", "advice", "condition", "age=12..26", "contacts",
		contacts, NULL);
	change_end(w);
}

static void remove_record(enum iq_kind kind, const char *id)
{
	struct iq_wtxn *w = change_begin();
	struct iq_arena arena;

	iq_arena_init(&arena, 0);
	iq_rec_remove(w, kind, iq_id_find(iq_wtxn_txn(w), kind, iq_str(id)), &arena);
	change_end(w);
	iq_arena_free(&arena);
}

static const Iq__V1__HistoryResponse *history(char *kind, char *id, char *reason, uint32_t limit)
{
	Iq__V1__HistoryRequest in = IQ__V1__HISTORY_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	in.kind = kind;
	in.id = id;
	in.reason = reason;
	in.limit = limit;
	rq.op_case = IQ__V1__REQUEST__OP_HISTORY;
	rq.history = &in;
	return fx_call(&rq, &iq__v1__history_response__descriptor);
}

/* True if any difference has this text. */
static bool says(const Iq__V1__HistoryResponse *r, const char *text)
{
	for (size_t i = 0; i < r->n_entries; i++)
		for (size_t k = 0; k < r->entries[i]->n_changes; k++)
			if (strstr(r->entries[i]->changes[k]->before, text) != NULL ||
				strstr(r->entries[i]->changes[k]->after, text) != NULL)
				return true;
	return false;
}

static void test_plain(void **state)
{
	(void)state;
	fx.principal = NULL;
	put_contacts_of("c-public");
	put_contacts_of("");
	const Iq__V1__HistoryResponse *r = history("responsibility", "vhs-youth", "", 0);

	assert_non_null(r);
	assert_int_equal(r->n_entries, 3);
	assert_string_equal(r->entries[0]->principal, "tester");
	assert_string_equal(r->entries[0]->operation, "set");
	assert_int_equal(r->entries[0]->n_changes, 1);
	assert_string_equal(r->entries[0]->changes[0]->column, "contacts");
	assert_string_equal(r->entries[0]->changes[0]->before, "c-public");
	assert_string_equal(r->entries[0]->changes[0]->after, "");
	/* made */
	assert_string_equal(r->entries[2]->changes[0]->column, "");
	assert_string_equal(r->entries[2]->changes[0]->after, "vhs-youth");
	assert_false(r->truncated);
	r = history("responsibility", "vhs-youth", "", 1);
	assert_int_equal(r->n_entries, 1);
	assert_true(r->truncated);
	assert_null(history("responsibility", "nowhere", "", 0));
	fx_refused(IQ_ERR_NOT_FOUND);
}

/* Who was attached is hidden like the person; a change of nothing else did not happen. */
static void test_references(void **state)
{
	(void)state;
	fx.principal = NULL;
	put_contacts_of("c-inside");
	put_contacts_of("");
	size_t before = history("responsibility", "vhs-youth", "", 0)->n_entries;

	put_contacts_of("c-inside");
	const Iq__V1__HistoryResponse *r = history("responsibility", "vhs-youth", "", 0);

	assert_int_equal(r->n_entries, before);
	assert_false(says(r, "c-inside"));
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	r = history("responsibility", "vhs-youth", "", 0);
	assert_true(r->n_entries > before);
	assert_true(says(r, "c-inside"));
}

/* The strictest class since then counts, not the one of then or of now. */
static void test_class(void **state)
{
	(void)state;
	fx.principal = NULL;
	put_contact("c-raised", "Erika Offen", "030 23125 201", "public");
	put_contact("c-raised", "Erika Offen", "030 23125 202", "institution");
	assert_null(history("contact", "c-raised", "", 0));
	fx_refused(IQ_ERR_NOT_FOUND);
	put_contact("c-raised", "Erika Offen", "030 23125 203", "public");
	put_contact("c-raised", "Erika Offen", "030 23125 204", "public");
	const Iq__V1__HistoryResponse *r = history("contact", "c-raised", "", 0);

	assert_non_null(r);
	assert_int_equal(r->n_entries, 1); /* what was public and stayed so */
	assert_true(says(r, "030 23125 203") && says(r, "030 23125 204"));
	assert_false(says(r, "030 23125 201") || says(r, "030 23125 202"));
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	r = history("contact", "c-raised", "", 0);
	assert_int_equal(r->n_entries, 4);
	assert_true(says(r, "030 23125 201") && says(r, "030 23125 202"));
}

/* Personal fields need a reason, and are owed to the audit. */
static void test_reason(void **state)
{
	(void)state;
	put_contact("c-reader", "Erika Geheim", "030 23125 301", "partners");
	put_contact("c-reader", "Erika Geheim", "030 23125 302", "partners");
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "dresden");
	const Iq__V1__HistoryResponse *r = history("contact", "c-reader", "", 0);

	assert_non_null(r);
	assert_false(says(r, "030 23125") || says(r, "Erika"));
	assert_int_equal(r->n_entries, 2);
	assert_true(r->entries[0]->withheld && r->entries[1]->withheld);
	assert_null(history("contact", "c-reader", "curiosity", 0));
	fx_refused(IQ_ERR_USAGE);
	r = history("contact", "c-reader", "correction", 0);
	assert_true(says(r, "030 23125 301") && says(r, "030 23125 302"));
	assert_false(r->entries[0]->withheld);
	/* another region */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "meissen");
	r = history("contact", "c-reader", "correction", 0);
	assert_true(r == NULL || !says(r, "030 23125"));
}

/* What is no more is for those who could have changed it. */
static void test_deleted(void **state)
{
	(void)state;
	put_contact("c-short", "Erika Kurz", "030 23125 401", "public");
	remove_record(IQ_CONTACT, "c-short");
	fx.principal = NULL;
	assert_null(history("contact", "c-short", "", 0));
	fx_refused(IQ_ERR_NOT_FOUND);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "lra", NULL);
	assert_null(history("contact", "c-short", "", 0));
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__HistoryResponse *r = history("contact", "c-short", "", 0);

	assert_non_null(r);
	assert_int_equal(r->n_entries, 2);
	assert_string_equal(r->entries[0]->changes[0]->before, "c-short");
	assert_string_equal(r->entries[0]->changes[0]->after, "");
	/* added again: the gap shows */
	put_contact("c-short", "Erika Kurz", "030 23125 402", "public");
	r = history("contact", "c-short", "", 0);
	assert_int_equal(r->n_entries, 3);
}

static const Iq__V1__MyDataResponse *my_data(char *subject)
{
	Iq__V1__MyDataRequest in = IQ__V1__MY_DATA_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	in.subject = subject;
	rq.op_case = IQ__V1__REQUEST__OP_MY_DATA;
	rq.my_data = &in;
	return fx_call(&rq, &iq__v1__my_data_response__descriptor);
}

static void test_my_data(void **state)
{
	struct iq_principal own;

	(void)state;
	put_contact("c-own", "Erika Selbst", "030 23125 501", "institution");
	put_contact("c-own", "Erika Selbst", "030 23125 502", "institution");
	fx.principal = NULL;
	assert_null(my_data(""));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(my_data("c-own"));
	fx_refused(IQ_ERR_DENIED);
	assert_null(my_data("nowhere")); /* looks the same */
	fx_refused(IQ_ERR_DENIED);
	own = *fx_nobody();
	own.contact = iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, IQ_STR("c-own"));
	fx.principal = &own;
	const Iq__V1__MyDataResponse *r = my_data("");

	assert_non_null(r);
	assert_string_equal(r->contact->phone, "030 23125 502");
	assert_int_equal(r->n_sources, 2);
	assert_string_equal(r->sources[0]->principal, "tester");
	fx.principal = fx_principal(IQ_ACCESS_AUDITOR, NULL, NULL);
	r = my_data("c-own");
	assert_string_equal(r->contact->name, "Erika Selbst");
	assert_null(my_data("nowhere"));
	fx_refused(IQ_ERR_NOT_FOUND);
}

/* Without the audit an auditor sees nothing: the look could not be recorded. */
static void test_my_data_sealed(void **state)
{
	struct iq_audit *audit = fx.audit;

	(void)state;
	put_contact("c-sealed", "Erika Selbst", "030 23125 601", "institution");
	fx.principal = fx_principal(IQ_ACCESS_AUDITOR, NULL, NULL);
	fx.svc.audit = NULL;
	assert_null(my_data("c-sealed"));
	fx_refused(IQ_ERR_BUSY);
	fx.svc.audit = audit;
	assert_non_null(my_data("c-sealed"));
}

static const Iq__V1__FlagsResponse *flags(char *institution)
{
	Iq__V1__FlagsRequest in = IQ__V1__FLAGS_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	in.institution = institution;
	rq.op_case = IQ__V1__REQUEST__OP_FLAGS;
	rq.flags = &in;
	return fx_call(&rq, &iq__v1__flags_response__descriptor);
}

static void test_flags(void **state)
{
	struct iq_wtxn *w = change_begin();
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_flag flag = {.id = iq_rights_number(w),
		.kind = IQ_RESPONSIBILITY,
		.num = iq_id_find(t, IQ_RESPONSIBILITY, IQ_STR("vhs-course")),
		.institution = iq_id_find(t, IQ_INSTITUTION, IQ_STR("vhs")),
		.text = IQ_STR("veraltet"),
		.by = IQ_STR("somebody"),
		.made_us = 3};

	(void)state;
	iq_flag_put(w, &flag);
	change_end(w);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	const Iq__V1__FlagsResponse *r = flags("");

	assert_int_equal(r->n_flags, 1);
	assert_string_equal(r->flags[0]->record, "vhs-course");
	assert_string_equal(r->flags[0]->text, "veraltet");
	assert_int_equal(flags("vhs")->n_flags, 1);
	assert_int_equal(flags("lra")->n_flags, 0);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "lra", NULL);
	assert_int_equal(flags("")->n_flags, 0);
}

static bool on_disk(const char *text)
{
	char path[96], *bytes = NULL;
	size_t n = 0;
	FILE *in, *out = open_memstream(&bytes, &n);
	int c;

	snprintf(path, sizeof(path), "%s/data.mdb", fx.dir);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(out);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	fclose(out);
	bool found = memmem(bytes, n, text, strlen(text)) != NULL;

	free(bytes);
	return found;
}

/* Half a year after the last day a contact vanishes, its references and its account with it. */
static void test_purge(void **state)
{
	struct iq_account account = {.id = IQ_STR("konto"), .name = IQ_STR("Otto Muster")}, after;
	struct iq_wtxn *w = change_begin();
	bool merged;

	(void)state;
	account.contact = iq_id_find(iq_wtxn_txn(w), IQ_CONTACT, IQ_STR("c-gone"));
	iq_account_put(w, &account, NULL);
	change_end(w);
	assert_true(on_disk("Otto Muster") && on_disk("c-gone"));
	assert_true(iq_purge_submit(&fx.svc));
	/* The id is known until the file was exchanged. */
	do
		fx_renew();
	while (iq_id_reserved(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, IQ_STR("c-gone"), &merged) !=
		IQ_NONE);
	assert_false(on_disk("Otto Muster") || on_disk("c-gone"));
	assert_true(on_disk("Max Muster") && on_disk("c-public"));
	assert_int_equal(iq_store_check(fx.store, NULL, NULL), 0);
	assert_true(iq_account_get(iq_rtxn_txn(fx.rtxn), IQ_STR("konto"), &fx.arena, &after));
	assert_int_equal(after.name.n, 0);
	assert_int_equal(after.contact, IQ_NONE);
	assert_true(after.ended_us != 0);
	/* Once more: nothing to do. */
	uint64_t number = iq_rtxn_number(fx.rtxn);

	assert_true(iq_purge_submit(&fx.svc));
	put_contact("c-later", "Erika Spaeter", "030 23125 701", "public");
	assert_true(iq_rtxn_number(fx.rtxn) > number);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_my_data),
		cmocka_unit_test(test_my_data_sealed),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_purge),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
