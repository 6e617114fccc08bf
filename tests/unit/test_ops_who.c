/* SPDX-License-Identifier: Apache-2.0 */
#include "ops_fixture.h"

static char *facts_age = "17";

static const Iq__V1__WhoResponse *ask(const Iq__V1__WhoRequest *who)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	rq.op_case = IQ__V1__REQUEST__OP_WHO;
	rq.who = (Iq__V1__WhoRequest *)(uintptr_t)who;
	return fx_call(&rq, &iq__v1__who_response__descriptor);
}

static Iq__V1__WhoRequest question(char *task, char *region, char *status)
{
	Iq__V1__WhoRequest q = IQ__V1__WHO_REQUEST__INIT;

	if (task)
		q.task = task;
	if (region)
		q.region = region;
	if (status)
		q.status = status;
	return q;
}

static const Iq__V1__Answer *row(const Iq__V1__WhoResponse *a, const char *id)
{
	for (size_t i = 0; i < a->n_answers; i++)
		if (strcmp(a->answers[i]->responsibility->id, id) == 0)
			return a->answers[i];
	return NULL;
}

static const char *label(const Iq__V1__WhoResponse *a, const char *kind, const char *id)
{
	const char *name = NULL;

	for (size_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i]->kind, kind) == 0 && strcmp(a->labels[i]->id, id) == 0) {
			assert_null(name); /* each once */
			name = a->labels[i]->name;
		}
	return name;
}

static void test_answer(void **state)
{
	Iq__V1__WhoRequest q = question("I-Kurs", "Dresden", "asylum-seeker");
	const Iq__V1__WhoResponse *a = ask(&q);

	(void)state;
	assert_non_null(a);
	assert_string_equal(a->outcome, "answered");
	assert_int_equal(a->revision, 1);
	assert_string_equal(a->query->task, "course");
	assert_string_equal(a->query->region, "dresden");
	assert_string_equal(a->query->status, "asylum-seeker");
	assert_string_equal(a->query->at, "2026-11-22");
	assert_int_equal(a->total, 3);
	assert_false(a->truncated);
	assert_int_equal(a->n_answers, 3);
	/* the certain lead of the asked task first */
	assert_string_equal(a->answers[0]->responsibility->id, "abh-course");
	assert_true(a->answers[0]->primary);
	assert_true(a->answers[0]->certain);
	assert_int_equal(a->answers[0]->region_distance, 1);
	assert_string_equal(a->answers[0]->group, "course");
	/* the open fact */
	assert_false(row(a, "vhs-youth")->certain);
	assert_int_equal(row(a, "vhs-youth")->n_depends_on, 1);
	assert_string_equal(row(a, "vhs-youth")->depends_on[0], "age");
	/* a sub-task is a group of its own */
	assert_string_equal(a->answers[2]->group, "course-delivery");
	assert_int_equal(a->n_notices, 1);
	assert_string_equal(a->notices[0]->notice->id, "stop");
	assert_true(a->notices[0]->certain);
	assert_int_equal(a->n_near_misses, 0);
}

static void test_parts(void **state)
{
	Iq__V1__WhoRequest q = question("course", "dresden", "asylum-seeker");
	const Iq__V1__WhoResponse *a = ask(&q);

	(void)state;
	/* without phone and mail: the parent's, marked */
	assert_string_equal(a->answers[0]->institution->id, "lra-abh");
	assert_string_equal(a->answers[0]->institution->phone, "030 23125 100");
	assert_string_equal(a->answers[0]->via, "lra");
	assert_string_equal(row(a, "vhs-course")->via, "");
	assert_string_equal(row(a, "vhs-course")->institution->email, "vhs@example.org");
	assert_string_equal(row(a, "vhs-course")->responsibility->confirmed_on, "2026-01-01");
	assert_int_equal(row(a, "vhs-course")->responsibility->n_contacts, 0);
	assert_string_equal(label(a, "task", "course"), "Integrationskurs");
	assert_string_equal(label(a, "task", "course-delivery"), "Kurs geben");
	assert_string_equal(label(a, "region", "sn"), "Sachsen");
	assert_string_equal(label(a, "status", "asylum"), "Asyl");
	assert_string_equal(label(a, "institution", "lra"), "Landratsamt");
	assert_string_equal(label(a, "fact", "age"), "Alter");
	assert_null(label(a, "region", "meissen"));
	q.lang = IQ__V1__LANG__EN;
	a = ask(&q);
	assert_string_equal(label(a, "region", "sn"), "Saxony");
	assert_string_equal(label(a, "task", "course"), "Integrationskurs");
}

static void test_contacts(void **state)
{
	Iq__V1__WhoRequest q = question("course-delivery", "dresden", NULL);
	const Iq__V1__Answer *r;

	(void)state;
	/* anybody: the public contact; the expired one is neither shown nor counted */
	r = row(ask(&q), "vhs-course");
	assert_int_equal(r->n_contacts, 1);
	assert_string_equal(r->contacts[0]->id, "c-public");
	assert_string_equal(r->contacts[0]->name, "Max Muster");
	assert_string_equal(r->contacts[0]->languages[1], "en");
	assert_int_equal(r->n_withheld, 1);
	assert_string_equal(r->withheld[0]->function, "Kurse");
	assert_string_equal(r->withheld[0]->visibility, "partners");
	assert_string_equal(r->withheld[0]->ask, "vhs");

	/* a reader learns that there is somebody, and sees more only with a reason */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	r = row(ask(&q), "vhs-course");
	assert_int_equal(r->n_contacts, 1);
	assert_int_equal(r->n_withheld, 1);
	q.contacts = true;
	assert_null(ask(&q));
	fx_refused(IQ_ERR_USAGE);
	assert_non_null(strstr(fx.error.args[0].p, "referral"));
	q.reason = "because";
	assert_null(ask(&q));
	fx_refused(IQ_ERR_USAGE);
	assert_int_equal(fx.error.ncandidates, 4);
	q.reason = "referral";
	r = row(ask(&q), "vhs-course");
	assert_int_equal(r->n_contacts, 2);
	assert_string_equal(r->contacts[1]->name, "Erika Muster");
	assert_string_equal(r->contacts[1]->deputy, "");
	assert_int_equal(r->n_withheld, 0); /* institution: two classes up, does not exist */

	/* the editor of the institution needs none */
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	q.reason = "";
	r = row(ask(&q), "vhs-course");
	assert_int_equal(r->n_contacts, 3);
	assert_string_equal(r->contacts[2]->name, "Paul Muster");

	/* of another institution: as anybody */
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "lra", NULL);
	r = row(ask(&q), "vhs-course");
	assert_int_equal(r->n_contacts, 1);
	assert_int_equal(r->n_withheld, 1);
	fx.principal = NULL;
}

static void test_cuts(void **state)
{
	Iq__V1__WhoRequest q = question("course", "dresden", "asylum-seeker");
	char *roles[] = {"provider", "advice"};
	const Iq__V1__WhoResponse *a;

	(void)state;
	q.certain = true;
	a = ask(&q);
	assert_int_equal(a->total, 2);
	assert_null(row(a, "vhs-youth"));
	q.no_subtasks = true;
	a = ask(&q);
	assert_int_equal(a->total, 1);
	assert_non_null(row(a, "abh-course"));
	q = question("course", "dresden", "asylum-seeker");
	q.roles = roles;
	q.n_roles = 2;
	a = ask(&q);
	assert_int_equal(a->total, 2);
	assert_string_equal(a->outcome, "answered");
	q.n_roles = 0;
	q.limit = 1;
	a = ask(&q);
	assert_int_equal(a->n_answers, 1);
	assert_int_equal(a->total, 3);
	assert_true(a->truncated);
	q.limit = 1;
	q.all = true;
	assert_int_equal(ask(&q)->n_answers, 3);
	/* the outcome ignores the cuts */
	q = question("course", "meissen", "asylum-seeker");
	roles[0] = "funding";
	q.roles = roles;
	q.n_roles = 1;
	a = ask(&q);
	assert_int_equal(a->total, 0);
	assert_string_equal(a->outcome, "answered");
}

static void test_facts(void **state)
{
	Iq__V1__WhoRequest q = question("course", "dresden", "asylum-seeker");
	Iq__V1__KeyValue kv = IQ__V1__KEY_VALUE__INIT, twice = kv;
	Iq__V1__KeyValue *facts[] = {&kv, &twice};
	const Iq__V1__WhoResponse *a;

	(void)state;
	q.facts = facts;
	q.n_facts = 1;
	kv.key = "Lebensalter"; /* by alias */
	kv.value = facts_age;
	a = ask(&q);
	assert_true(row(a, "vhs-youth")->certain);
	assert_string_equal(a->query->facts[0]->value, "17");
	kv.key = "age";
	kv.value = "40";
	assert_null(row(ask(&q), "vhs-youth"));
	kv.value = "old";
	assert_null(ask(&q));
	fx_refused(IQ_ERR_USAGE);
	kv.key = "agee";
	assert_null(ask(&q));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_int_equal(fx.error.ncandidates, 1);
	assert_true(iq_str_is(fx.error.candidates[0].id, "age"));
	kv.key = twice.key = "age";
	kv.value = twice.value = facts_age;
	q.n_facts = 2;
	assert_null(ask(&q));
	fx_refused(IQ_ERR_USAGE);
}

static void test_nobody(void **state)
{
	Iq__V1__WhoRequest q = question("work", "dresden", NULL);
	const Iq__V1__WhoResponse *a = ask(&q);

	(void)state;
	assert_string_equal(a->outcome, "nobody");
	assert_int_equal(a->n_answers, 0);
	assert_int_equal(a->n_near_misses, 1);
	assert_string_equal(a->near_misses[0]->responsibility, "vhs-meissen");
	assert_string_equal(a->near_misses[0]->because[0], "region");
	assert_string_equal(label(a, "institution", "vhs"), "Volkshochschule");
	assert_int_equal(a->n_coordination, 1);
	assert_string_equal(a->coordination[0]->responsibility->id, "vhs-coord");
	q.no_near_misses = true;
	a = ask(&q);
	assert_int_equal(a->n_near_misses, 0);
}

static void test_explain(void **state)
{
	Iq__V1__WhoRequest q = question("course", "dresden", "eu");
	const Iq__V1__WhoResponse *a;
	bool out = false;

	(void)state;
	q.explain = true;
	a = ask(&q);
	assert_true(a->n_explained >= 3);
	for (size_t i = 0; i < a->n_explained; i++) {
		const Iq__V1__Explained *e = a->explained[i];

		if (strcmp(e->responsibility, "abh-course") != 0)
			continue;
		out = true;
		assert_string_equal(e->verdict, "out");
		assert_string_equal(e->because[0], "status");
		assert_string_equal(e->role, "lead");
	}
	assert_true(out);
}

static void test_words(void **state)
{
	Iq__V1__WhoRequest q = question(NULL, NULL, NULL);
	char *words[] = {"I-Kurs", "Meissen", "Asyl"};
	const Iq__V1__WhoResponse *a;

	(void)state;
	q.words = words;
	q.n_words = 3;
	a = ask(&q);
	assert_non_null(a);
	assert_string_equal(a->query->task, "course");
	assert_string_equal(a->query->region, "meissen");
	assert_string_equal(a->query->status, "asylum");
	assert_int_equal(a->n_noted, 3);
	words[1] = "Meisen";
	assert_null(ask(&q));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
}

static void test_postcode(void **state)
{
	Iq__V1__WhoRequest q = question("course", "01067", NULL);

	(void)state;
	assert_string_equal(ask(&q)->query->region, "dresden");
	/* two regions, different answers */
	q.region = "01500";
	assert_null(ask(&q));
	fx_refused(IQ_ERR_AMBIGUOUS);
	assert_int_equal(fx.error.ncandidates, 2);
	assert_true(iq_str_is(fx.error.candidates[0].id, "dresden"));
	assert_true(iq_str_is(fx.error.candidates[1].id, "meissen"));
	assert_true(iq_str_is(fx.error.candidates[0].term, "01500"));
	assert_true(fx.error.candidates[0].ndetail > 0);
	/* differences count before the cuts */
	q = question("course", "01500", "asylum");
	q.no_subtasks = true;
	assert_null(ask(&q));
	fx_refused(IQ_ERR_AMBIGUOUS);
	/* the same answer for both: that of the smallest id */
	q = question("housing", "01500", NULL);
	assert_string_equal(ask(&q)->query->region, "dresden");
	assert_string_equal(ask(&q)->answers[0]->responsibility->id, "lra-housing");
}

/* A question may leave everything open. */
static void test_open_question(void **state)
{
	Iq__V1__WhoRequest all = question(NULL, NULL, NULL);

	(void)state;
	assert_true(ask(&all)->total > 1);
	assert_string_equal(ask(&all)->query->task, "");
}

static void test_refusals(void **state)
{
	static const struct {
		char *task, *region, *status, *at, *role;
		enum iq_err err;
	} cases[] = {
		{"nonsense", NULL, NULL, NULL, NULL, IQ_ERR_UNKNOWN_TERM},
		{"course", "elbe", NULL, NULL, NULL, IQ_ERR_USAGE}, /* an area */
		{"course", NULL, "nonsense", NULL, NULL, IQ_ERR_UNKNOWN_TERM},
		{"course", NULL, NULL, "2026-02-30", NULL, IQ_ERR_USAGE},
		{"course", NULL, NULL, NULL, "boss", IQ_ERR_USAGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		Iq__V1__WhoRequest q = question(cases[i].task, cases[i].region, cases[i].status);
		char *roles[] = {cases[i].role};

		if (cases[i].at)
			q.at = cases[i].at;
		if (cases[i].role) {
			q.roles = roles;
			q.n_roles = 1;
		}
		assert_null(ask(&q));
		fx_refused(cases[i].err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_postcode),
		cmocka_unit_test(test_open_question),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
