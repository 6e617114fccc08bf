/* SPDX-License-Identifier: Apache-2.0 */
/* Sync by people who do not see or may not do everything: what plans tell, and what they take. */
#include "sync_help.h"

/* emil coordinates Dresden and works at the vhs. */
static void put_more(struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_grant g[1];

	g[0] = granted(t, IQ_ACCESS_COORDINATOR, NULL, "dresden");
	put_one(w, EMIL, "emil", "vhs", g, 1);
}

static bool told(const char *text)
{
	struct iq_str a = answer();

	return memmem(a.p, a.n, text, strlen(text)) != NULL;
}

static bool error_tells(const char *text)
{
	const struct iq_error *e = &job->job.error;

	for (size_t i = 0; i < e->nconflicts; i++) {
		const struct iq_conflict *c = &e->conflicts[i];

		if (memmem(c->was.p, c->was.n, text, strlen(text)) != NULL ||
			memmem(c->theirs.p, c->theirs.n, text, strlen(text)) != NULL)
			return true;
	}
	for (size_t i = 0; i < e->nproblems; i++)
		if (memmem(e->problems[i].value.p, e->problems[i].value.n, text, strlen(text)) !=
			NULL)
			return true;
	return false;
}

/* ---- who is hidden --------------------------------------------------------------------------- */

/* A list that names all that cora knows of changes nothing: else there would be somebody else. */
static void test_hidden_in_lists(void **state)
{
	(void)state;
	delta = true;
	reason = "correction";
	assert_int_equal(
		make_plan(CORA, "vhs",
			"responsibility\nid|contacts\nvhs-course|c-public;c-partners;c-gone\n"),
		IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_false(told("c-inside"));
	/* and who is hidden stays */
	assert_int_equal(
		make_plan(CORA, "vhs", "responsibility\nid|contacts\nvhs-course|c-public\n"),
		IQ_OK);
	assert_string_equal(act_of("vhs-course"), "change");
	assert_false(told("c-inside"));
	assert_int_equal(apply(CORA, 0), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"), "c-public;c-inside");
}

/* What others changed is told without whom the caller does not know. */
static void test_hidden_in_conflicts(void **state)
{
	(void)state;
	delta = true;
	reason = "correction";
	based_on = iq_rtxn_state(fx.rtxn)->revision;
	assert_int_equal(change(EDITH, "responsibility", "vhs-course", "contacts",
				 "c-inside;c-public;c-gone"),
		IQ_OK);
	assert_int_equal(
		make_plan(CORA, "vhs", "responsibility\nid|contacts\nvhs-course|c-partners\n"),
		IQ_OK);
	assert_int_equal(plan->open_conflicts, 1);
	assert_false(told("c-inside"));
	assert_true(told("c-public;c-gone"));
	assert_int_equal(apply(CORA, 0), IQ_ERR_CONFLICT);
	assert_false(error_tells("c-inside"));
}

static void problem_text(const char *id, char text[256])
{
	char list[256];

	snprintf(list, sizeof(list), "responsibility\nid|contacts\nvhs-meissen|%s\n", id);
	assert_int_equal(make_plan(CORA, "vhs", list), IQ_ERR_REJECTED);
	assert_int_equal(job->job.error.nproblems, 1);
	snprintf(text, 256, "%s", job->job.error.problems[0].text);
}

static void test_hidden_as_missing(void **state)
{
	char hidden[256], missing[256];

	(void)state;
	delta = true;
	reason = "correction";
	problem_text("c-inside", hidden);
	problem_text("c-nobody", missing);
	assert_string_equal(hidden, missing);
}

/* ---- reasons, limits, the audit -------------------------------------------------------------- */

#define ERIKA "contact\nname|phone\nErika Muster|9\n"

/* That somebody is called so, is found out with a reason and on record, or not at all. */
static void test_reason(void **state)
{
	(void)state;
	delta = true;
	assert_int_equal(make_plan(CORA, "vhs", ERIKA), IQ_ERR_USAGE);
	assert_int_equal(make_plan(CORA, "vhs", "contact\nname\nNiemand Muster\n"), IQ_ERR_USAGE);
	assert_int_equal(make_plan(CORA, "vhs", "contact\nid|phone\nc-partners|9\n"), IQ_ERR_USAGE);
	assert_int_equal(
		make_plan(CORA, "vhs", "contact\nid|function\nc-partners|Service\n"), IQ_OK);
	assert_string_equal(plan->lines[0]->name, "c-partners");
	/* a second look is none without a reason either */
	assert_int_equal(status_of(CORA), IQ_OK);
	assert_string_equal(plan->lines[0]->name, "c-partners");
	assert_int_equal(job->nowed, 0);
	reason = "correction";
	assert_int_equal(make_plan(CORA, "vhs", ERIKA), IQ_OK);
	assert_string_equal(act_of("c-partners"), "change");
	assert_int_equal(job->nowed, 1);
	assert_int_equal(status_of(CORA), IQ_OK);
	assert_string_equal(line_of("c-partners")->name, "Erika Muster");
	assert_int_equal(job->nowed, 1);
	assert_true(iq_str_is(job->job.audit.purpose, "correction"));
	/* also if it is as the list says */
	assert_int_equal(make_plan(CORA, "vhs", "contact\nname\nErika Muster\n"), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(job->nowed, 1);
}

static void test_limit(void **state)
{
	(void)state;
	delta = true;
	reason = "correction";
	iq_audit_limit(fx.svc.audit, 1);
	assert_int_equal(make_plan(CORA, "vhs", "contact\nname\nNiemand Muster\n"), IQ_OK);
	assert_int_equal(make_plan(CORA, "vhs", ERIKA), IQ_OK);
	/* nothing can be tried any more, right or wrong */
	assert_int_equal(make_plan(CORA, "vhs", "contact\nname\nNiemand Muster\n"), IQ_ERR_QUOTA);
	assert_int_equal(make_plan(EDITH, "vhs", "contact\nname\nNiemand Muster\n"), IQ_OK);
	iq_audit_limit(fx.svc.audit, 0);
}

static void put_namesakes(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-s1", "institution", "vhs", "name", "Sara Muster", "function",
		"Anmeldung", "visibility", "partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-s2", "institution", "vhs", "name", "Sara Muster", "function",
		"Leitung", "visibility", "partners", NULL);
}

/* A refusal that names whom a row could mean is on record for these. */
static void test_refusal_on_record(void **state)
{
	(void)state;
	more(put_namesakes);
	delta = true;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|phone\nSara Muster|1\nErika Muster|9\n"),
		IQ_ERR_REJECTED);
	assert_int_equal(job->nowed, 2);
}

/* A name that the list does not say is not said back. */
static void test_named_by_id(void **state)
{
	(void)state;
	assert_int_equal(
		make_plan(EDITH, "",
			"contact\nname|function\nMax Muster|Service\nErika Muster|Kurse\n"
			"Otto Muster|\n\nresponsibility\nid|contacts\nvhs-course|c-inside\n"),
		IQ_ERR_REJECTED);
	assert_false(error_tells("Paul"));
	assert_int_equal(job->nowed, 1);
}

/* ---- the past -------------------------------------------------------------------------------- */

static void put_moved(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-moved", "institution", "lra", "name", "Mona Muster", "phone",
		"030 23125 777", "visibility", "institution", NULL);
}

static void move(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-moved", "institution", "vhs", "name", "Mona Muster", "phone",
		"030 23125 888", "visibility", "institution", NULL);
}

/* What another institution had said of somebody is not told to the next one. */
static void test_past_of_others(void **state)
{
	(void)state;
	more(put_moved);
	delta = true;
	based_on = iq_rtxn_state(fx.rtxn)->revision;
	more(move);
	assert_int_equal(make_plan(EDITH, "", "contact\nid|phone\nc-moved|030 23125 999\n"), IQ_OK);
	assert_false(told("030 23125 777"));
	assert_true(told("030 23125 888"));
}

/* ---- rights ---------------------------------------------------------------------------------- */

static void archive_meissen(struct iq_wtxn *w)
{
	struct iq_arena arena;
	struct iq_diffs diffs = {.d = NULL};
	struct iq_job j = {.change = {.time_us = iq_now_us()}};

	iq_arena_init(&arena, 0);
	iq_error_init(&j.error, &arena);
	assert_int_equal(iq_apply_archive(&j, w, fx.vocab, IQ_RESPONSIBILITY, IQ_STR("vhs-meissen"),
				 &diffs, &arena),
		IQ_OK);
	iq_arena_free(&arena);
}

/* A list brings back only what its maker could bring back with revive. */
static void test_revive(void **state)
{
	(void)state;
	more(put_more);
	more(archive_meissen);
	delta = true;
	reason = "correction";
	/* emil coordinates Dresden and belongs to the vhs: he sees its archive */
	assert_int_not_equal(make_plan(EMIL, "vhs",
				     "responsibility\nid|task|region|role\n"
				     "vhs-meissen|work|meissen|lead\n"),
		IQ_OK);
	assert_int_not_equal(make_plan(EMIL, "vhs",
				     "responsibility\ntask|region|role|condition|contacts\n"
				     "work|meissen|lead||\n"),
		IQ_OK);
	assert_int_equal(make_plan(EDITH, "vhs",
				 "responsibility\nid|task|region|role\n"
				 "vhs-meissen|work|meissen|lead\n"),
		IQ_OK);
	assert_string_equal(act_of("vhs-meissen"), "revive");
}

static void test_coordinator(void **state)
{
	(void)state;
	reason = "correction";
	/* hidden contacts neither match nor vanish */
	assert_int_equal(make_plan(CORA, "vhs",
				 "contact\nname|function|phone\nMax Muster|Service|5\n"
				 "Erika Muster|Kurse|\nOtto Muster||\nPaul Muster|Leitung|\n"),
		IQ_OK);
	assert_string_equal(act_of("c-inside"), "none");
	assert_string_equal(act_of("Paul Muster"), "add");
	assert_string_equal(act_of("c-public"), "change");
	for (size_t i = 0; i < plan->n_counts; i++)
		assert_int_equal(plan->counts[i]->left,
			strcmp(plan->counts[i]->kind, "responsibility") == 0 ? 4 : 0);
	assert_int_equal(make_plan(CORA, "vhs",
				 "contact\nname|function|phone\nErika Muster|Kurse|9\n"
				 "Max Muster|Service|5\nOtto Muster||\n"),
		IQ_OK);
	assert_string_equal(line_of("c-partners")->name, "Erika Muster");
	assert_int_equal(job->nowed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hidden_in_lists, start, end),
		cmocka_unit_test_setup_teardown(test_hidden_in_conflicts, start, end),
		cmocka_unit_test_setup_teardown(test_hidden_as_missing, start, end),
		cmocka_unit_test_setup_teardown(test_reason, start, end),
		cmocka_unit_test_setup_teardown(test_limit, start, end),
		cmocka_unit_test_setup_teardown(test_refusal_on_record, start, end),
		cmocka_unit_test_setup_teardown(test_named_by_id, start, end),
		cmocka_unit_test_setup_teardown(test_past_of_others, start, end),
		cmocka_unit_test_setup_teardown(test_revive, start, end),
		cmocka_unit_test_setup_teardown(test_coordinator, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
