/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: who is who in a list, what others changed meanwhile, plans and their end. */
#include "sync_help.h"

/* The whole list of the vhs as it is stored. */
#define PEOPLE                                                                                     \
	"contact\nname|function|phone|visibility\nMax Muster|Service|030 23125 101|public\n"       \
	"Erika Muster|Kurse||partners\nPaul Muster|Leitung||institution\nOtto Muster|||public\n"
#define DUTIES                                                                                     \
	"\nresponsibility\ntask|region|role|condition|contacts\n"                                  \
	"course-delivery|dresden|provider||c-public;c-partners;c-inside;c-gone\n"                  \
	"course|dresden|advice|age=12..26|\nwork|meissen|lead||\n"                                 \
	"integration-coordination|dresden|lead||\n"

static void test_same(void **state)
{
	(void)state;
	assert_int_equal(make_plan(EDITH, "", PEOPLE DUTIES), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_string_equal(plan->plan, "");
	assert_string_equal(plan->institution, "vhs");
	assert_int_equal(plan->n_counts, 2);
	assert_int_equal(plan->counts[0]->same, 4);
	assert_int_equal(plan->counts[1]->same, 4);
}

static void test_add_and_change(void **state)
{
	uint64_t before;

	(void)state;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|phone\nMax Muster|Service|030 23125 999\n"
				 "Erika Muster|Kurse|\nPaul Muster|Leitung|\nOtto Muster||\n"
				 "Rosa Neumann|Anmeldung|030 23125 111\n\n"
				 "responsibility\ntask|region|role|contacts\n"
				 "housing|meissen|advice|Rosa Neumann;Muster, Max\n"),
		IQ_OK);
	before = iq_rtxn_state(fx.rtxn)->revision;
	assert_string_equal(act_of("c-public"), "change");
	assert_string_equal(matched_of("c-public"), "name");
	assert_string_equal(act_of("Rosa Neumann"), "add");
	assert_string_equal(act_of("vhs-housing-meissen"), "add");
	/* nothing was changed by looking */
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 101");
	/* four responsibilities are missing */
	assert_string_equal(act_of("vhs-course"), "archive");
	assert_int_equal(plan->deletes, 4);
	assert_false(plan->second); /* no more than half */
	delta = true;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|phone\nMax Muster|Service|030 23125 999\n"
				 "Rosa Neumann|Anmeldung|030 23125 111\n\n"
				 "responsibility\ntask|region|role|contacts\n"
				 "housing|meissen|advice|Rosa Neumann;Muster, Max\n"),
		IQ_OK);
	assert_int_equal(plan->n_lines, 3);
	assert_int_equal(plan->deletes, 0);
	assert_true(strncmp(line_of("Rosa Neumann")->id, "c-", 2) == 0);
	assert_null(strstr(line_of("Rosa Neumann")->id, "rosa"));
	const char *rosa = iq_arena_cstr(&fx.arena, iq_str(line_of("Rosa Neumann")->id));
	char id[64];

	snprintf(id, sizeof(id), "%s", rosa);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(job->job.revision, before + 1);
	assert_string_equal(cell(IQ_CONTACT, id, "name"), "Rosa Neumann");
	assert_string_equal(cell(IQ_CONTACT, id, "visibility"), "institution");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 999");
	assert_non_null(strstr(cell(IQ_RESPONSIBILITY, "vhs-housing-meissen", "contacts"), id));
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "role"), "provider");
}

static void put_addresses(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-erika", "institution", "vhs", "name", "Erika Mustermann",
		"function", "Beratung", "email", "erika@example.org", "visibility", "partners",
		NULL);
	fx_put(w, IQ_CONTACT, "id", "c-box1", "institution", "vhs", "name", "Anna Beispiel",
		"email", "info@example.org", "visibility", "public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-box2", "institution", "vhs", "name", "Bert Beispiel",
		"email", "info@example.org", "visibility", "public", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-key", "institution", "vhs-sub", "name", "Karl Schlüssel",
		"external_id", "P-17", "visibility", "public", NULL);
}

static void test_marriage(void **state)
{
	(void)state;
	more(put_addresses);
	delta = true;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|email\nErika Sommer|Erika@example.org\n"),
		IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(plan->lines[0]->id, "c-erika");
	assert_string_equal(plan->lines[0]->act, "change");
	assert_string_equal(plan->lines[0]->matched, "email");
	assert_true(plan->lines[0]->renamed);
	assert_int_equal(job->nowed, 1); /* what was shown goes on record */
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-erika", "name"), "Erika Sommer");
	assert_string_equal(cell(IQ_CONTACT, "c-erika", "function"), "Beratung");
}

static void test_mailbox_of_many(void **state)
{
	(void)state;
	more(put_addresses);
	delta = true;
	/* a mailbox of a post: another person there is another person */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|email|phone\nAnna Beispiel|info@example.org|1\n"
				 "Carl Neumann|info@example.org|2\n"),
		IQ_OK);
	assert_string_equal(act_of("c-box1"), "change");
	assert_string_equal(act_of("Carl Neumann"), "add");
	assert_string_equal(act_of("c-box2"), "none");
	/* whoever it could be of two is asked for */
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|email\nDora Beispiel|info@example.org\n"),
		IQ_ERR_REJECTED);
	assert_int_equal(problem(0)->line, 2);
	assert_true(iq_str_is(problem(0)->column, "name"));
	assert_non_null(memmem(problem(0)->args[0].p, problem(0)->args[0].n, "c-box1", 6));
}

static void test_external_id(void **state)
{
	(void)state;
	more(put_addresses);
	delta = true;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nexternal_id|name|institution\n"
				 "P-17|Karla Neu|Zweigstelle\nP-18|Karl Schlüssel|vhs-sub\n"),
		IQ_OK);
	assert_string_equal(matched_of("c-key"), "external_id");
	assert_true(line_of("c-key")->renamed);
	assert_string_equal(act_of("c-key"), "change");
	/* another key: another person, whatever the name is */
	assert_int_equal(plan->n_lines, 2);
	assert_int_equal(plan->counts[0]->add, 1);
	assert_int_equal(
		make_plan(EDITH, "", "contact\nexternal_id|name\nP-17|Karl\nP-17|Karl Zwei\n"),
		IQ_ERR_REJECTED);
	assert_int_equal(problem(0)->line, 3);
}

static void test_archive_and_revive(void **state)
{
	const char *without = "contact\nname|function\nMax Muster|Service\n"
			      "Paul Muster|Leitung\nOtto Muster|\n";

	(void)state;
	assert_int_equal(make_plan(EDITH, "", without), IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(act_of("c-partners"), "archive");
	assert_int_equal(plan->deletes, 0); /* one of four is no accident */
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_null(cell(IQ_CONTACT, "c-partners", "name"));
	assert_string_equal(
		cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"), "c-public;c-inside;c-gone");
	/* the responsibilities were not in the list: they stay */
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-youth", "role"), "advice");
	assert_int_equal(make_plan(EDITH, "", PEOPLE), IQ_OK);
	assert_string_equal(act_of("c-partners"), "revive");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "name"), "Erika Muster");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"),
		"c-public;c-partners;c-inside;c-gone");
}

/* Rows of the same list do not take them out again. */
static void test_revive_links(void **state)
{
	(void)state;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\nMax Muster|Service\n"
				 "Paul Muster|Leitung\nOtto Muster|\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	delta = true;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\nErika Muster|Kurse\n"
				 "\nresponsibility\ntask|region|role|note\n"
				 "course-delivery|dresden|provider|Raum 3\n"),
		IQ_OK);
	assert_string_equal(act_of("c-partners"), "revive");
	assert_string_equal(act_of("vhs-course"), "change");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "note"), "Raum 3");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"),
		"c-public;c-partners;c-inside;c-gone");
}

/* Who comes back while a responsibility goes, comes back with it. */
static void test_revive_crossed(void **state)
{
	(void)state;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function\nMax Muster|Service\n"
				 "Paul Muster|Leitung\nOtto Muster|\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(make_plan(EDITH, "",
				 PEOPLE "\nresponsibility\ntask|region|role\n"
					"course|dresden|advice\nwork|meissen|lead\n"
					"integration-coordination|dresden|lead\n"),
		IQ_OK);
	assert_string_equal(act_of("c-partners"), "revive");
	assert_string_equal(act_of("vhs-course"), "archive");
	assert_int_equal(apply(EDITH, plan->deletes), IQ_OK);
	delta = true;
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\ntask|region|role\n"
				 "course-delivery|dresden|provider\n"),
		IQ_OK);
	assert_string_equal(act_of("vhs-course"), "revive");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "contacts"),
		"c-public;c-partners;c-inside;c-gone");
}

/* A list without statuses and conditions finds in the archive what it would find on record. */
static void test_revive_narrow(void **state)
{
	const char *without = "responsibility\ntask|region|role\n"
			      "course-delivery|dresden|provider\nwork|meissen|lead\n"
			      "integration-coordination|dresden|lead\n";
	const char *with = "responsibility\ntask|region|role\ncourse|dresden|advice\n"
			   "course-delivery|dresden|provider\nwork|meissen|lead\n"
			   "integration-coordination|dresden|lead\n";

	(void)state;
	assert_int_equal(make_plan(EDITH, "", without), IQ_OK);
	assert_string_equal(act_of("vhs-youth"), "archive");
	assert_int_equal(apply(EDITH, plan->deletes), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", with), IQ_OK);
	assert_int_equal(plan->n_lines, 1);
	assert_string_equal(act_of("vhs-youth"), "revive");
	/* who names another condition means something else */
	assert_int_equal(make_plan(EDITH, "", DUTIES), IQ_OK);
	assert_string_equal(act_of("vhs-youth"), "revive");
	delta = true;
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\ntask|region|role|statuses|condition\n"
				 "course|dresden|advice||age=30..40\n"),
		IQ_OK);
	assert_string_equal(plan->lines[0]->act, "add");
}

static void test_three_way(void **state)
{
	const char *list = "contact\nname|function|phone\nMax Muster|Service|030 23125 101\n"
			   "Erika Muster|Kurse|\nPaul Muster|Leitung|\nOtto Muster||\n";

	(void)state;
	/* a first sync: from then on others' changes count */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|phone\nMax Muster|Service|030 23125 101\n"
				 "Erika Muster|Kurse|\nPaul Muster|Leitung|030 23125 103\n"
				 "Otto Muster||\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "030 23125 555"), IQ_OK);
	assert_int_equal(change(ROOT, "contact", "c-inside", "phone", "030 23125 556"), IQ_OK);
	/* the list has not changed its mind about the first, but about the second */
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(act_of("c-public"), "none");
	assert_int_equal(plan->n_notes, 1);
	assert_int_equal(plan->notes[0]->line, 2);
	assert_string_equal(plan->notes[0]->column, "phone");
	assert_string_equal(plan->notes[0]->nearest, "030 23125 555");
	assert_string_equal(act_of("c-inside"), "conflict");
	assert_int_equal(plan->open_conflicts, 1);
	assert_string_equal(line_of("c-inside")->conflicts[0]->was, "030 23125 103");
	assert_string_equal(line_of("c-inside")->conflicts[0]->theirs, "030 23125 556");
	assert_string_equal(line_of("c-inside")->conflicts[0]->mine, "");
	assert_string_equal(line_of("c-inside")->conflicts[0]->principal, "root");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	assert_int_equal(resolve(EDITH, "", "", "theirs"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 0);
	assert_int_equal(resolve(EDITH, "c-inside", "phone", "mine"), IQ_OK);
	assert_string_equal(act_of("c-inside"), "change");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-inside", "phone"), "");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "030 23125 555");
	/* the same list again, a day later: what others changed still stays */
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(plan->n_notes, 1);
}

static void put_late(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-late", "institution", "vhs", "name", "Lena Spät",
		"visibility", "partners", NULL);
}

/* What a list does not have, is not compared: others' changes there wait for the next one. */
static void test_base_of_columns(void **state)
{
	const char *duties = "responsibility\ntask|region|role|note\n"
			     "course-delivery|dresden|provider|A\ncourse|dresden|advice|\n"
			     "work|meissen|lead|\nintegration-coordination|dresden|lead|\n";

	(void)state;
	assert_int_equal(make_plan(EDITH, "", duties), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(change(ROOT, "responsibility", "vhs-course", "note", "B"), IQ_OK);
	/* only people */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|phone\nMax Muster|Service|030 23125 199\n"
				 "Erika Muster|Kurse|\nPaul Muster|Leitung|\nOtto Muster||\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", duties), IQ_OK);
	assert_string_equal(act_of("vhs-course"), "none");
	/* without the column */
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\ntask|region|role|source\n"
				 "course-delivery|dresden|provider|Amtsblatt\n"
				 "course|dresden|advice|\nwork|meissen|lead|\n"
				 "integration-coordination|dresden|lead|\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", duties), IQ_OK);
	assert_string_equal(act_of("vhs-course"), "none");
	assert_string_equal(cell(IQ_RESPONSIBILITY, "vhs-course", "note"), "B");
}

static void test_added_by_others(void **state)
{
	(void)state;
	delta = false;
	assert_int_equal(make_plan(EDITH, "", PEOPLE "Neu Hier|Empfang|1|public\n"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	more(put_late);
	assert_int_equal(make_plan(EDITH, "", PEOPLE "Neu Hier|Empfang|2|public\n"), IQ_OK);
	assert_string_equal(act_of("c-late"), "none");
	assert_int_equal(plan->n_notes, 1);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_non_null(cell(IQ_CONTACT, "c-late", "name"));
	/* and the next time as well, until the list has known of it */
	assert_int_equal(make_plan(EDITH, "", PEOPLE "Neu Hier|Empfang|3|public\n"), IQ_OK);
	assert_string_equal(act_of("c-late"), "none");
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(
		make_plan(EDITH, "", PEOPLE "Neu Hier|Empfang|3|public\nLena Spät||1|partners\n"),
		IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_int_equal(make_plan(EDITH, "", PEOPLE "Neu Hier|Empfang|3|public\n"), IQ_OK);
	assert_string_equal(act_of("c-late"), "archive");
}

static void test_stale(void **state)
{
	(void)state;
	delta = true;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function|phone\nMax Muster|Service|1\n"),
		IQ_OK);
	/* elsewhere: no matter */
	assert_int_equal(change(ROOT, "contact", "c-inside", "phone", "7"), IQ_OK);
	assert_int_equal(change(ROOT, "institution", "lra", "phone", "8"), IQ_OK);
	/* another field of the same record: look again */
	assert_int_equal(change(ROOT, "contact", "c-public", "languages", "fr"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 0);
	assert_int_equal(status_of(EDITH), IQ_OK);
	/* the same field: decide */
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "2"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(job->job.error.nconflicts, 1);
	assert_true(iq_str_is(job->job.error.conflicts[0].was, "030 23125 101"));
	assert_true(iq_str_is(job->job.error.conflicts[0].theirs, "2"));
	assert_true(iq_str_is(job->job.error.conflicts[0].mine, "1"));
	assert_int_equal(resolve(EDITH, "", "", "mine"), IQ_OK);
	/* a decision is about what was seen */
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "3"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(resolve(EDITH, "c-public", "", "mine"), IQ_OK);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	assert_string_equal(cell(IQ_CONTACT, "c-public", "phone"), "1");
	assert_string_equal(cell(IQ_CONTACT, "c-public", "languages"), "fr");
}

static void test_end_of_plans(void **state)
{
	uint64_t revision;

	(void)state;
	delta = true;
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function|phone\nMax Muster|Service|1\n"),
		IQ_OK);
	/* nobody else's business */
	assert_int_equal(apply(EMIL, 0), IQ_ERR_NOT_FOUND);
	assert_int_equal(status_of(ROOT), IQ_ERR_NOT_FOUND);
	assert_int_equal(apply(EDITH, 0), IQ_OK);
	revision = job->job.revision;
	/* a retry is harmless, a second time is not */
	assert_int_equal(apply_again(EDITH, 0, false), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(job->job.revision, revision);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	assert_int_equal(status_of(EDITH), IQ_ERR_CONFLICT);
	assert_int_equal(iq_rtxn_state(fx.rtxn)->revision, revision);
	/* one that has expired */
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|function|phone\nMax Muster|Service|2\n"),
		IQ_OK);
	clock_us = INT64_C(25) * 3600 * 1000000;
	assert_int_equal(apply(EDITH, 0), IQ_ERR_CONFLICT);
	iq_plan_purge(fx.dir, iq_now_us() + clock_us);
	assert_int_equal(apply(EDITH, 0), IQ_ERR_NOT_FOUND);
	snprintf(plan_id, sizeof(plan_id), "../../etc/passwd");
	assert_int_equal(apply(EDITH, 0), IQ_ERR_NOT_FOUND);
}

static void test_outside(void **state)
{
	(void)state;
	delta = true;
	assert_int_equal(make_plan(LARS, "vhs", "contact\nname\nMax\n"), IQ_ERR_DENIED);
	assert_int_equal(
		make_plan(EDITH, "", "contact\nname|institution\nMax|lra\n"), IQ_ERR_REJECTED);
	assert_true(iq_str_is(problem(0)->column, "institution"));
	assert_int_equal(make_plan(EDITH, "", "contact\nid|name\nc-public|Max\n"), IQ_OK);
	/* ids of others, whatever they are of */
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\nid|task|region|role\n"
				 "lra-housing|housing|sn|lead\n"),
		IQ_ERR_REJECTED);
	assert_int_equal(make_plan(EDITH, "", "task\nid|name_de\ncourse|Kurs\n"), IQ_ERR_REJECTED);
	assert_int_equal(make_plan(EDITH, "", "institution\nid|kind\nvhs|office\n"), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(make_plan(EDITH, "", "institution\nid|region|phone\nvhs|meissen|1\n"),
		IQ_ERR_REJECTED);
	assert_true(iq_str_is(problem(0)->column, "region"));
	assert_int_equal(
		make_plan(EDITH, "", "institution\nname_de|phone\nZweigstelle|1\n"), IQ_OK);
	assert_string_equal(act_of("vhs-sub"), "change");
	assert_int_equal(
		make_plan(EDITH, "", "institution\nname_de|phone\nFiliale|1\n"), IQ_ERR_REJECTED);
	assert_int_equal(make_plan(EDITH, "", "contact\nname|colour\nMax|rot\n"), IQ_ERR_REJECTED);
	assert_true(iq_str_is(problem(0)->column, "colour"));
	/* all problems at once, with their lines */
	assert_int_equal(make_plan(EDITH, "",
				 "responsibility\ntask|region|role\nnothing|dresden|lead\n"
				 "work|nowhere|lead\nwork|dresden|boss\n"),
		IQ_ERR_REJECTED);
	assert_int_equal(job->job.error.nproblems, 3);
}

/* ---- names ---------------------------------------------------------------------------------- */

static const char *label_of(const char *kind, const char *id)
{
	const char *found = NULL;

	assert_non_null(plan);
	for (size_t i = 0; i < plan->n_labels; i++) {
		const Iq__V1__Label *l = plan->labels[i];

		if (strcmp(l->kind, kind) != 0 || strcmp(l->id, id) != 0)
			continue;
		assert_null(found); /* each once */
		found = l->name;
	}
	return found;
}

static void test_labels(void **state)
{
	static const char list[] = "responsibility\ntask|region|role|contacts|statuses\n"
				   "course-delivery|dresden|provider|c-public;c-partners;c-gone|\n"
				   "housing|meissen|advice|c-inside;c-public|eu\n";

	(void)state;
	delta = true;
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	assert_string_equal(label_of("institution", "vhs"), "Volkshochschule");
	assert_string_equal(label_of("task", "housing"), "Wohnen");
	assert_string_equal(label_of("region", "meissen"), "Meißen");
	assert_string_equal(label_of("status", "eu"), "Unionsbürger");
	assert_null(label_of("task", "work"));
	assert_string_equal(label_of("contact", "c-public"), "Max Muster");
	assert_string_equal(label_of("contact", "c-partners"), "Erika Muster");
	assert_string_equal(label_of("contact", "c-inside"), "Paul Muster");
	assert_int_equal(job->nowed, 2); /* those that are not public */
	assert_int_equal(status_of(EDITH), IQ_OK);
	assert_string_equal(label_of("contact", "c-inside"), "Paul Muster");
	/* who has a line has the name there */
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|phone\nMax Muster|Service|5\n\n"
				 "responsibility\ntask|region|role|contacts\n"
				 "housing|meissen|advice|Max Muster\n"),
		IQ_OK);
	assert_string_equal(line_of("c-public")->name, "Max Muster");
	assert_null(label_of("contact", "c-public"));
	/* without a reason nobody who is not public is named; hidden ones never are */
	assert_int_equal(make_plan(CORA, "vhs",
				 "responsibility\ntask|region|role|contacts\n"
				 "course-delivery|dresden|provider|c-public\n"),
		IQ_OK);
	assert_string_equal(label_of("institution", "vhs"), "Volkshochschule");
	assert_null(label_of("contact", "c-partners"));
	assert_null(label_of("contact", "c-inside"));
	assert_int_equal(job->nowed, 0);
	reason = "correction";
	assert_int_equal(make_plan(CORA, "vhs",
				 "responsibility\ntask|region|role|contacts\n"
				 "course-delivery|dresden|provider|c-public\n"),
		IQ_OK);
	assert_string_equal(label_of("contact", "c-partners"), "Erika Muster");
	assert_null(label_of("contact", "c-inside"));
	assert_int_equal(job->nowed, 1);
}

/* Somebody goes, but is named in other rows: all of them are told, in their own words. */
static void test_still_named(void **state)
{
	(void)state;
	assert_int_equal(make_plan(EDITH, "",
				 "contact\nname|function|deputy\nMax Muster|Service|\n"
				 "Erika Muster|Kurse|Muster, Paul\nOtto Muster||\n\n"
				 "responsibility\ntask|region|role|contacts\n"
				 "course-delivery|dresden|provider|Paul Muster;Max Muster\n"
				 "work|meissen|lead|Max Muster\n"
				 "integration-coordination|dresden|lead|c-inside;Paul Muster\n"),
		IQ_ERR_REJECTED);
	const struct iq_error *e = &job->job.error;
	static const struct {
		const char *file, *column, *value;
		unsigned line;
	} want[] = {{"contact", "deputy", "Muster, Paul", 3},
		{"responsibility", "contacts", "Paul Muster", 2},
		{"responsibility", "contacts", "c-inside", 4}};

	assert_int_equal(e->nproblems, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct iq_problem *p = &e->problems[i];

		assert_true(iq_str_is(p->file, want[i].file));
		assert_true(iq_str_is(p->column, want[i].column));
		assert_true(iq_str_is(p->value, want[i].value));
		assert_true(iq_str_eq(p->args[0], p->value));
		assert_int_equal(p->line, want[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same, start, end),
		cmocka_unit_test_setup_teardown(test_add_and_change, start, end),
		cmocka_unit_test_setup_teardown(test_marriage, start, end),
		cmocka_unit_test_setup_teardown(test_mailbox_of_many, start, end),
		cmocka_unit_test_setup_teardown(test_external_id, start, end),
		cmocka_unit_test_setup_teardown(test_archive_and_revive, start, end),
		cmocka_unit_test_setup_teardown(test_revive_links, start, end),
		cmocka_unit_test_setup_teardown(test_revive_crossed, start, end),
		cmocka_unit_test_setup_teardown(test_revive_narrow, start, end),
		cmocka_unit_test_setup_teardown(test_three_way, start, end),
		cmocka_unit_test_setup_teardown(test_base_of_columns, start, end),
		cmocka_unit_test_setup_teardown(test_added_by_others, start, end),
		cmocka_unit_test_setup_teardown(test_stale, start, end),
		cmocka_unit_test_setup_teardown(test_end_of_plans, start, end),
		cmocka_unit_test_setup_teardown(test_outside, start, end),
		cmocka_unit_test_setup_teardown(test_labels, start, end),
		cmocka_unit_test_setup_teardown(test_still_named, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
