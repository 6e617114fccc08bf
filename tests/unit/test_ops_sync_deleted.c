/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what others deleted is not added again unasked. */
#include "bounds.h"
#include "sync_help.h"

#define COLUMNS "contact\nname|function|phone\n"
#define REST "Max Muster|Service|030 23125 101\nErika Muster|Kurse|\nPaul Muster|Leitung|\n"
#define ALL COLUMNS REST "Otto Muster||\n"
static enum iq_err delete_it(uint8_t who, const char *kind, const char *id)
{
	Iq__V1__WriteRequest in = IQ__V1__WRITE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	struct iq_op_job *keep_job = job;
	const Iq__V1__SyncPlanResponse *keep_plan = plan;

	job = NULL;
	in.verb = IQ__V1__VERB__DELETE;
	in.kind = (char *)(uintptr_t)kind;
	in.id = (char *)(uintptr_t)id;
	in.request_id = request_id(true);
	msg.op_case = IQ__V1__REQUEST__OP_WRITE;
	msg.write = &in;
	enum iq_err err = request(who, &msg);

	job_end();
	job = keep_job;
	plan = keep_plan;
	return err;
}

static void sync_it(const char *list)
{
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	if (plan_id[0] != '\0')
		assert_int_equal(apply(EDITH, plan->deletes), IQ_OK);
}

/* A contact nobody refers to, that the list has had. */
static void rosa(void)
{
	sync_it(ALL "Rosa Neumann|Anmeldung|030 23125 111\n");
}

static const char *id_of(const char *name)
{
	static char id[IQ_LIMIT_ID + 1];

	sync_it(COLUMNS REST "Otto Muster||\nRosa Neumann|Anmeldung|030 23125 112\n");
	assert_int_equal(
		make_plan(EDITH, "",
			COLUMNS REST "Otto Muster||\nRosa Neumann|Anmeldung|030 23125 113\n"),
		IQ_OK);
	snprintf(id, sizeof(id), "%s", line_of(name)->id);
	sync_it(COLUMNS REST "Otto Muster||\nRosa Neumann|Anmeldung|030 23125 111\n");
	return id;
}

static void test_contact(void **state)
{
	const char *list = ALL "Rosa Neumann|Anmeldung|030 23125 111\n", *id;
	const Iq__V1__Conflict *c;

	(void)state;
	rosa();
	id = id_of("Rosa Neumann");
	assert_int_equal(delete_it(ROOT, "contact", id), IQ_OK);
	/* the very list that it was in */
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(plan->lines[0]->act, "conflict");
	assert_string_equal(plan->lines[0]->id, id);
	assert_string_equal(plan->lines[0]->matched, "name");
	assert_int_equal(plan->open_conflicts, 1);
	assert_int_equal(plan->counts[0]->add, 0);
	assert_int_equal(plan->counts[0]->conflict, 1);
	c = plan->lines[0]->conflicts[0];
	assert_string_equal(c->column, "");
	assert_string_equal(c->was, "Rosa Neumann");
	assert_string_equal(c->theirs, "");
	assert_string_equal(c->mine, "Rosa Neumann");
	assert_string_equal(c->principal, "root");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	/* theirs: it stays deleted, also the next time */
	assert_int_equal(resolve(EDITH, "", "", "theirs"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 0);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_null(cell(IQ_CONTACT, id, "name"));
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(plan->n_notes, 1);
	/* who says something else of it is asked again; mine: with the id it had */
	assert_int_equal(make_plan(EDITH, "", ALL "Rosa Neumann|Anmeldung|030 23125 119\n"), IQ_OK);
	assert_string_equal(act_of(id), "conflict");
	assert_int_equal(resolve(EDITH, id, "", "mine"), IQ_OK);
	assert_string_equal(act_of(id), "add");
	assert_string_equal(line_of(id)->resolved, "mine");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, id, "phone"), "030 23125 119");
	assert_int_equal(make_plan(EDITH, "", ALL "Rosa Neumann|Anmeldung|030 23125 119\n"), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
}

static void put_known(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-key", "institution", "vhs", "name", "Karl Schlüssel",
		"external_id", "P-17", "phone", "1", "visibility", "public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-mail", "institution", "vhs", "name", "Erna Brief", "email",
		"erna@example.org", "visibility", "public", NULL);
}

static void test_matched(void **state)
{
	const char *list = "contact\nname|external_id|email\nMax Muster||\nErika Muster||\n"
			   "Paul Muster||\nOtto Muster||\nKarl Schlüssel|P-17|\n"
			   "Erna Brief||erna@example.org\nLisa Neu||\n";

	(void)state;
	more(put_known);
	sync_it(list);
	/* changed by others before they deleted it: the list says what it was then */
	assert_int_equal(change(ROOT, "contact", "c-key", "name", "Karl Anders"), IQ_OK);
	assert_int_equal(change(ROOT, "contact", "c-key", "external_id", ""), IQ_OK);
	assert_int_equal(delete_it(ROOT, "contact", "c-key"), IQ_OK);
	assert_int_equal(delete_it(ROOT, "contact", "c-mail"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 2);
	assert_string_equal(act_of("c-key"), "conflict");
	assert_string_equal(matched_of("c-key"), "external_id");
	assert_string_equal(act_of("c-mail"), "conflict");
	assert_string_equal(matched_of("c-mail"), "email");
	/* what the list does not say is as it was */
	assert_int_equal(resolve(EDITH, "", "", "mine"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-key", "name"), "Karl Schlüssel");
	assert_string_equal(cell(IQ_CONTACT, "c-key", "phone"), "1");
	assert_string_equal(cell(IQ_CONTACT, "c-key", "visibility"), "public");
}

static void test_duty(void **state)
{
	const char *list =
		"responsibility\ntask|region|role|condition|note\n"
		"course-delivery|dresden|provider||A\ncourse|dresden|advice|age=12..26|\n"
		"work|meissen|lead||\nintegration-coordination|dresden|lead||\n";

	(void)state;
	sync_it(list);
	assert_int_equal(delete_it(ROOT, "responsibility", "vhs-youth"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(act_of("vhs-youth"), "conflict");
	assert_string_equal(matched_of("vhs-youth"), "key");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(resolve(EDITH, "vhs-youth", "", "mine"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-youth", "role"), "advice");
	/* deleted, and left out of a list: agreed; then it is new */
	assert_int_equal(delete_it(ROOT, "responsibility", "vhs-youth"), IQ_OK);
	sync_it("responsibility\ntask|region|role|condition|note\n"
		"course-delivery|dresden|provider||B\nwork|meissen|lead||\n"
		"integration-coordination|dresden|lead||\n");
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("vhs-course-dresden"), "add");
	assert_int_equal(plan->open_conflicts, 0);
}

/* Nothing to compare with: the id tells that it was known. */
static void test_without_base(void **state)
{
	(void)state;
	delta = true;
	assert_int_equal(delete_it(ROOT, "responsibility", "vhs-youth"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\nid|task|region|role\n"
				 "vhs-youth|course|dresden|advice\n"
				 "vhs-new|housing|dresden|advice\n"),
		IQ_OK);
	assert_string_equal(act_of("vhs-youth"), "conflict");
	assert_string_equal(act_of("vhs-new"), "add");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(resolve(EDITH, "", "", "theirs"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_null(cell(IQ_RESPONSIBILITY, "vhs-youth", "role"));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-new", "role"), "advice");
	/* never in a list of theirs, and no id */
	assert_int_equal(delete_it(ROOT, "responsibility", "vhs-course"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\ntask|region|role\n"
				 "course-delivery|dresden|provider\n"),
		IQ_OK);
	assert_string_equal(plan->lines[0]->act, "add");
}

/* What came and went while nobody looked. */
static void test_never_listed(void **state)
{
	(void)state;
	sync_it(ALL "Lisa Neu||\n");
	more(put_known);
	assert_int_equal(delete_it(ROOT, "contact", "c-key"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", ALL "Lisa Neu||\nKarl Schlüssel|Empfang|\n"), IQ_OK);
	assert_string_equal(act_of("Karl Schlüssel"), "add");
	assert_int_equal(plan->open_conflicts, 0);
}

/* The plan was shown before: it would do something else now. */
static void test_after_the_plan(void **state)
{
	(void)state;
	more(put_known);
	delta = true;
	assert_int_equal(make_plan(EDITH, "", "contact\nname|phone\nErna Brief|7\n"), IQ_OK);
	assert_string_equal(act_of("c-mail"), "change");
	assert_int_equal(delete_it(ROOT, "contact", "c-mail"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	assert_int_equal(status_of(EDITH), IQ_OK);
	assert_string_equal(act_of("c-mail"), "conflict");
	assert_int_equal(resolve(EDITH, "c-mail", "", "mine"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-mail", "phone"), "7");
}

/* Other rows name the person: they are taken without, until it is decided. */
static void test_named_elsewhere(void **state)
{
	const char *contacts = "contact\nid|name\nc-key|Karl Schlüssel\nc-mail|Erna Brief\n";
	const char *duties = "\nresponsibility\ntask|region|role|contacts\n"
			     "housing|meissen|advice|Karl Schlüssel;Erna Brief\n";
	char list[512];

	(void)state;
	more(put_known);
	delta = true;
	snprintf(list, sizeof(list), "%s%s", contacts, duties);
	assert_int_equal(delete_it(ROOT, "contact", "c-key"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("c-key"), "conflict");
	assert_int_equal(resolve(EDITH, "", "", "theirs"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-housing-meissen", "contacts"), "c-mail");
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
}

/* ---- what a list is compared with ----------------------------------------------------------- */

/* The institution's own value is no conflict, that of others is. */
static void test_deltas(void **state)
{
	(void)state;
	sync_it(ALL "Lisa Neu||\n");
	delta = true;
	sync_it(COLUMNS "Max Muster|Service|030 23125 201\n");
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|Service|030 23125 202\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 0);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	/* back to what the last full list said */
	sync_it(COLUMNS "Max Muster|Service|030 23125 101\n");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 101");
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "030 23125 555"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|Service|030 23125 203\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 1);
	assert_string_equal(plan->lines[0]->conflicts[0]->was, "030 23125 101");
	assert_string_equal(plan->lines[0]->conflicts[0]->theirs, "030 23125 555");
}

/* Two deltas from the same template. */
static void test_deltas_based(void **state)
{
	(void)state;
	based_on = iq_rtxn_state(fx.rtxn)->revision;
	delta = true;
	sync_it(COLUMNS "Max Muster|Service|030 23125 201\n");
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|Service|030 23125 202\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 0);
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "030 23125 555"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|Service|030 23125 202\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 1);
}

/* Added by a delta, deleted by others. */
static void test_delta_deleted(void **state)
{
	(void)state;
	sync_it(ALL "Lisa Neu||\n");
	delta = true;
	sync_it("responsibility\ntask|region|role\nhousing|meissen|advice\n");
	assert_int_equal(delete_it(ROOT, "responsibility", "vhs-housing-meissen"), IQ_OK);
	assert_int_equal(
		make_plan(EDITH, "", "responsibility\ntask|region|role\nhousing|meissen|advice\n"),
		IQ_OK);
	assert_string_equal(act_of("vhs-housing-meissen"), "conflict");
}

/* What is said of a field in one list is not forgotten by another that lacks it. */
static void test_kept(void **state)
{
	const char *list = COLUMNS "Max Muster|Service|030 23125 101\n";

	(void)state;
	sync_it(ALL "Lisa Neu||\n");
	delta = true;
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "030 23125 555"), IQ_OK);
	sync_it("contact\nname|function|phone|languages\nMax Muster|Service|030 23125 101|fr\n");
	sync_it("contact\nname|function|languages\nMax Muster|Service|en\n");
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(plan->n_notes, 1);
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 555");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "languages"), "en");
}

static void put_below(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-below", "institution", "vhs-sub", "name", "Uta Unten",
		"phone", "1", "visibility", "public", NULL);
}

/* A list without the rows of an institution below says nothing of them. */
static void test_below(void **state)
{
	static const char with[] =
		"contact\nname|institution|phone\nMax Muster||030 23125 101\n"
		"Erika Muster||\nPaul Muster||\nOtto Muster||\nUta Unten|vhs-sub|";
	char list[512];

	(void)state;
	more(put_below);
	snprintf(list, sizeof(list), "%s2\n", with);
	sync_it(list);
	assert_int_equal(change(ROOT, "contact", "c-below", "phone", "7"), IQ_OK);
	sync_it("contact\nname|phone\nMax Muster|030 23125 102\nErika Muster|\nPaul Muster|\n"
		"Otto Muster|\n");
	/* unchanged in the list: that of others stays */
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("c-below"), "none");
	assert_int_equal(plan->n_notes, 1);
	snprintf(list, sizeof(list), "%s3\n", with);
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("c-below"), "conflict");
	assert_string_equal(line_of("c-below")->conflicts[0]->was, "2");
	assert_int_equal(delete_it(ROOT, "contact", "c-below"), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("c-below"), "conflict");
	assert_string_equal(line_of("c-below")->conflicts[0]->column, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_contact, start, end),
		cmocka_unit_test_setup_teardown(test_matched, start, end),
		cmocka_unit_test_setup_teardown(test_duty, start, end),
		cmocka_unit_test_setup_teardown(test_without_base, start, end),
		cmocka_unit_test_setup_teardown(test_never_listed, start, end),
		cmocka_unit_test_setup_teardown(test_after_the_plan, start, end),
		cmocka_unit_test_setup_teardown(test_named_elsewhere, start, end),
		cmocka_unit_test_setup_teardown(test_deltas, start, end),
		cmocka_unit_test_setup_teardown(test_deltas_based, start, end),
		cmocka_unit_test_setup_teardown(test_delta_deleted, start, end),
		cmocka_unit_test_setup_teardown(test_kept, start, end),
		cmocka_unit_test_setup_teardown(test_below, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
