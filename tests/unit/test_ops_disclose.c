/* SPDX-License-Identifier: Apache-2.0 */
/* Confidentiality class × caller × operation: what leaves, and what is owed to the audit for it. */
#include "disclose_help.h"

/* ---- what an answer holds ------------------------------------------------------------------- */

static const Iq__V1__Contact *among(Iq__V1__Contact **c, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(c[i]->id, id) == 0)
			return c[i];
	}
	return NULL;
}

static const Iq__V1__Withheld *kept_back(Iq__V1__Withheld **w, size_t n, enum iq_visibility v)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(w[i]->visibility, iq_visibility_names[v]) == 0)
			return w[i];
	}
	return NULL;
}

static enum iq_disclosure expected(const struct person *p, enum iq_visibility v)
{
	if (v <= p->level)
		return IQ_FULL;
	return v == p->level + 1 ? IQ_OUTLINE : IQ_HIDDEN;
}

/* Checks `contacts` and `withheld`; given: personal fields may be there at all. */
static void check_parts(const struct person *p, bool given, Iq__V1__Contact **c, size_t n,
	Iq__V1__Withheld **w, size_t nw)
{
	unsigned shown = 0;

	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		enum iq_disclosure level = expected(p, v);
		bool full = level == IQ_FULL && (given || v == IQ_PUBLIC);
		const Iq__V1__Contact *found = among(c, n, persons[v].id);
		const Iq__V1__Withheld *kept = kept_back(w, nw, v);

		assert_int_equal(found != NULL, full);
		assert_int_equal(kept != NULL, !full && level != IQ_HIDDEN);
		if (found != NULL)
			assert_string_equal(found->name, persons[v].name);
		if (kept != NULL)
			assert_string_equal(kept->because, "");
		shown |= (unsigned)full << v;
	}
	owes(shown);
}

static bool has(char **ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(ids[i], id) == 0)
			return true;
	}
	return false;
}

/* References are filtered like their targets. */
static void check_references(const struct person *p, Iq__V1__Record *record)
{
	const Iq__V1__Responsibility *r = record->responsibility;
	const Iq__V1__Membership *m = record->membership;

	if (record->of_case == IQ__V1__RECORD__OF_MEMBERSHIP) {
		bool known = expected(p, IQ_INSTITUTION_ONLY) != IQ_HIDDEN;

		assert_string_equal(m->representative, known ? "c-inside" : "");
		assert_string_equal(m->deputy, "c-public");
	}
	if (record->of_case != IQ__V1__RECORD__OF_RESPONSIBILITY ||
		strcmp(r->id, "vhs-course") != 0)
		return;
	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++)
		assert_int_equal(has(r->contacts, r->n_contacts, persons[v].id),
			expected(p, v) != IQ_HIDDEN);
}

/* Records of contacts in a list or an export. */
static void check_records(const struct person *p, bool reason, Iq__V1__Record **r, size_t n)
{
	unsigned shown = 0;

	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		enum iq_disclosure level = expected(p, v);
		bool full = v == IQ_PUBLIC || (level == IQ_FULL && (reason || p->editor));
		const Iq__V1__Contact *found = NULL;

		for (size_t i = 0; i < n; i++) {
			if (r[i]->of_case == IQ__V1__RECORD__OF_CONTACT &&
				strcmp(r[i]->contact->id, persons[v].id) == 0)
				found = r[i]->contact;
		}
		assert_int_equal(found != NULL, level != IQ_HIDDEN);
		if (found != NULL)
			assert_string_equal(found->name, full ? persons[v].name : "");
		shown |= (unsigned)full << v;
	}
	owes(shown);
	for (size_t i = 0; i < n; i++)
		check_references(p, r[i]);
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void check_who(const struct person *p)
{
	const Iq__V1__WhoResponse *r = who(false, "", "");
	const Iq__V1__Answer *a = r->answers[0];

	assert_string_equal(a->responsibility->id, "vhs-course");
	check_parts(p, false, a->contacts, a->n_contacts, a->withheld, a->n_withheld);
	/* asked for without a reason: refused if there is something to see */
	r = who(true, "", "");
	if (p->level > IQ_PUBLIC && !p->editor) {
		assert_null(r);
		fx_refused(IQ_ERR_USAGE);
	} else {
		a = r->answers[0];
		check_parts(p, p->editor, a->contacts, a->n_contacts, a->withheld, a->n_withheld);
	}
	a = who(true, "referral", "")->answers[0];
	check_parts(p, true, a->contacts, a->n_contacts, a->withheld, a->n_withheld);
}

static void check_contact(const struct person *p)
{
	const Iq__V1__ContactResponse *r = contact("vhs", "");

	check_parts(p, p->editor, r->contacts, r->n_contacts, r->withheld, r->n_withheld);
	r = contact("vhs", "referral");
	check_parts(p, true, r->contacts, r->n_contacts, r->withheld, r->n_withheld);
	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		r = contact(persons[v].id, "referral");
		if (expected(p, v) == IQ_HIDDEN) {
			assert_null(r);
			fx_refused(IQ_ERR_UNKNOWN_TERM);
			continue;
		}
		assert_int_equal(r->n_contacts, expected(p, v) == IQ_FULL);
		assert_int_equal(r->n_withheld, expected(p, v) != IQ_FULL);
	}
}

static void check_get(const struct person *p, bool reason)
{
	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		enum iq_disclosure level = expected(p, v);
		bool full = v == IQ_PUBLIC || (level == IQ_FULL && (reason || p->editor));
		const Iq__V1__GetResponse *r =
			get("contact", persons[v].id, reason ? "case-question" : "");

		if (level == IQ_HIDDEN) {
			const char *text = fx.error.text, *hint = fx.error.hint;

			assert_null(r);
			assert_null(get("contact", "c-none", ""));
			fx_refused(IQ_ERR_NOT_FOUND);
			assert_ptr_equal(text, fx.error.text);
			assert_ptr_equal(hint, fx.error.hint);
			continue;
		}
		assert_string_equal(r->record->contact->name, full ? persons[v].name : "");
		assert_string_equal(r->because, level == IQ_FULL && !full ? "reason" : "");
		owes((unsigned)full << v);
	}
	check_references(p, get("responsibility", "vhs-course", "")->record);
	check_references(p, get("membership", "ws-vhs", "")->record);
}

static void check_bulk(const struct person *p)
{
	const Iq__V1__ListResponse *l = list("", NULL, NULL, 0);
	size_t known = 0;

	check_records(p, false, l->records, l->n_records);
	/* the total counts what is in the list, no more */
	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++)
		known += expected(p, v) != IQ_HIDDEN;
	assert_int_equal(l->total, known + 1); /* c-gone, public */
	l = list("", NULL, NULL, 1);
	assert_int_equal(l->total, known + 1);
	const Iq__V1__ExportResponse *x = export("");

	check_records(p, false, x->records, x->n_records);
	l = list("referral", NULL, NULL, 0);
	if (!p->bulk) {
		assert_null(l);
		fx_refused(IQ_ERR_DENIED);
		assert_null(export("referral"));
		fx_refused(IQ_ERR_DENIED);
		return;
	}
	check_records(p, true, l->records, l->n_records);
	x = export("referral");
	check_records(p, true, x->records, x->n_records);
}

static void check_search(const struct person *p)
{
	const Iq__V1__SearchResponse *r = search("Muster");
	unsigned shown = 0;

	for (enum iq_visibility v = IQ_PUBLIC; v < IQ_VISIBILITIES; v++) {
		bool found = false;

		for (size_t i = 0; i < r->n_hits; i++)
			found = found || strcmp(r->hits[i]->id, persons[v].id) == 0;
		assert_int_equal(found, v == IQ_PUBLIC || p->editor);
		shown |= (unsigned)found << v;
	}
	owes(shown);
}

static void test_every_cell(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEOPLE; i++) {
		be(&people[i]);
		check_who(&people[i]);
		check_contact(&people[i]);
		check_get(&people[i], false);
		check_get(&people[i], true);
		check_bulk(&people[i]);
		check_search(&people[i]);
	}
}

/* The audit cannot be written: what it would have to hold stays here, the rest goes out. */
static void test_sealed(void **state)
{
	const Iq__V1__Answer *a;

	(void)state;
	for (int without = 0; without < 2; without++) {
		sealed = without == 0;
		fx.svc.audit = without ? NULL : fx.audit;
		be_named("editor");
		a = who(true, "", "")->answers[0];
		assert_int_equal(a->n_contacts, 1);
		assert_string_equal(a->contacts[0]->id, "c-public");
		assert_int_equal(a->n_withheld, 3);
		for (size_t i = 0; i < a->n_withheld; i++) {
			assert_string_equal(a->withheld[i]->because, "audit");
			assert_string_equal(a->withheld[i]->ask, "vhs");
		}
		const Iq__V1__GetResponse *g = get("contact", "c-inside", "");

		assert_string_equal(g->record->contact->name, "");
		assert_string_equal(g->record->contact->function, "Leitung");
		assert_string_equal(g->because, "audit");
		const Iq__V1__ListResponse *l = list("", NULL, NULL, 0);

		assert_int_equal(l->withheld, 3);
		assert_string_equal(l->because, "audit");
		const Iq__V1__ExportResponse *x = export("referral");

		assert_int_equal(x->withheld, 3);
		assert_string_equal(x->because, "audit");
		/* a hit would tell the name */
		assert_int_equal(search("Paul Muster")->n_hits, 0);
		assert_int_equal(list("", "name", "Paul Muster", 0)->n_records, 0);
		assert_int_equal(rq.nowed, 0);
	}
	sealed = false;
	fx.svc.audit = fx.audit;
}

static void test_quota(void **state)
{
	const Iq__V1__ContactResponse *r;

	(void)state;
	iq_audit_limit(fx.audit, 1);
	be_named("fellow");
	r = contact("vhs", "workshop");
	/* one of the two that the fellow may see */
	assert_int_equal(r->n_contacts, 2);
	assert_int_equal(rq.nowed, 1);
	assert_true(owed(IQ_PARTNERS));
	assert_string_equal(kept_back(r->withheld, r->n_withheld, IQ_WORKSHOP)->because, "quota");
	assert_string_equal(
		kept_back(r->withheld, r->n_withheld, IQ_INSTITUTION_ONLY)->because, "");
	/* seen already: free */
	assert_int_equal(contact("c-partners", "workshop")->n_contacts, 1);
	assert_int_equal(contact("c-workshop", "workshop")->n_contacts, 0);
	assert_string_equal(get("contact", "c-workshop", "workshop")->because, "quota");
	/* lifted for today */
	self.quota_until = fx.today - 1;
	assert_int_equal(contact("c-workshop", "workshop")->n_contacts, 0);
	self.quota_until = fx.today;
	assert_int_equal(contact("c-workshop", "workshop")->n_contacts, 1);
	/* nobody counts whom their own institution shows them */
	be_named("colleague");
	assert_int_equal(contact("vhs", "workshop")->n_contacts, 4);
	be_named("editor");
	assert_int_equal(contact("vhs", "")->n_contacts, 4);
}

/* Filters by personal fields look before anything goes on record. */
static void test_filters(void **state)
{
	const Iq__V1__ListResponse *l;

	(void)state;
	iq_audit_limit(fx.audit, 1);
	be_named("coordinator");
	l = list("referral", "name", "Erika Muster", 0);
	assert_int_equal(l->n_records, 1);
	assert_int_equal(l->total, 1);
	owes(1u << IQ_PARTNERS);
	assert_int_equal(list("referral", "name", "Max Muster", 0)->n_records, 1);
	owes(0);
	assert_int_equal(list("", "name", "Erika Muster", 0)->n_records, 0);
	be_named("editor");
	assert_int_equal(list("", "name", "Paul Muster", 0)->n_records, 1);
	owes(1u << IQ_INSTITUTION_ONLY);
	/* only the page goes on record, not what is counted behind it */
	l = list("", "institution", "vhs", 1);
	assert_int_equal(l->n_records, 1);
	assert_int_equal(l->total, 5);
	assert_true(rq.nowed <= 1);
}

static void test_reasons(void **state)
{
	(void)state;
	be_named("reader");
	fx.svc.reasons = "audit-visit  custody";
	assert_null(contact("vhs", "referral"));
	fx_refused(IQ_ERR_USAGE);
	assert_int_equal(fx.error.ncandidates, 2);
	assert_string_equal(fx.error.args[1].p, "audit-visit, custody");
	assert_int_equal(contact("vhs", "custody")->n_contacts, 2);
	assert_true(iq_str_is(rq.purpose, "custody"));
	fx.svc.reasons = NULL;
	assert_null(contact("vhs", "custody"));
	assert_int_equal(contact("vhs", "correction")->n_contacts, 2);
}

static const char *class_now;

static void put_class(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-public", "institution", "vhs", "name", "Max Muster",
		"function", "Service", "visibility", class_now, NULL);
}

static bool seen_at(const char *at)
{
	const Iq__V1__Answer *a = who(true, "referral", at)->answers[0];

	return among(a->contacts, a->n_contacts, "c-public") != NULL;
}

static bool keep_oldest(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct iq_image *out = arg;

	(void)superseded;
	*out = *image;
	return true;
}

/* For the past: today's rights and the strictest class since then. */
static void test_past(void **state)
{
	struct iq_image oldest;
	struct iq_buf out;
	char yesterday[11], tomorrow[11];

	(void)state;
	fx.today = iq_date_in_germany(iq_now_us());
	iq_date_format(fx.today - 1, yesterday);
	iq_date_format(fx.today + 1, tomorrow);
	be_named("nobody");
	assert_true(seen_at("") && seen_at(yesterday));
	class_now = "institution";
	more(put_class);
	be_named("nobody");
	assert_false(seen_at("") || seen_at(yesterday));
	class_now = "public";
	more(put_class);
	be_named("nobody");
	assert_true(seen_at(""));
	assert_true(seen_at(tomorrow));
	assert_false(seen_at(yesterday));
	be_named("colleague");
	assert_true(seen_at(yesterday));
	be_named("nobody");

	iq_num c = num(IQ_CONTACT, "c-public");

	rq = fx_req(NULL);
	assert_int_equal(iq_contact_strictest(&rq, c, 0), IQ_INSTITUTION_ONLY);
	assert_int_equal(iq_contact_strictest(&rq, c, iq_rtxn_state(fx.rtxn)->revision), IQ_PUBLIC);
	assert_int_equal(iq_contact_strictest(&rq, 9999, 0), IQ_INSTITUTION_ONLY);
	/* the image of the beginning was public then, and is not now */
	iq_past_each(rq.txn, IQ_CONTACT, c, keep_oldest, &oldest);
	iq_buf_init(&out, 0);
	assert_false(iq_disclose_past(&rq, &oldest, &out));
	assert_int_equal(out.n, 0);
	be_named("editor");
	rq = fx_req(NULL);
	assert_true(iq_disclose_past(&rq, &oldest, &out));
	assert_int_equal(rq.nowed, 1);
	assert_int_equal(rq.owed[0].visibility, IQ_INSTITUTION_ONLY);
	iq_buf_free(&out);
}

/* Many owed persons, each once. */
static void test_owe(void **state)
{
	(void)state;
	be_named("editor");
	rq = fx_req(NULL);
	for (int round = 0; round < 2; round++) {
		for (iq_num i = 1; i <= 100; i++)
			assert_true(iq_req_owe(&rq, IQ_AUDIT_DISCLOSED, i, IQ_PARTNERS));
		assert_int_equal(rq.nowed, 100);
	}
	rq.sealed = true;
	assert_false(iq_req_owe(&rq, IQ_AUDIT_DISCLOSED, 500, IQ_PARTNERS));
	assert_int_equal(rq.nowed, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_cell, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_sealed, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_quota, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_filters, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_reasons, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_past, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_owe, setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
