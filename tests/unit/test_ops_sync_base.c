/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what a list is compared with, if there are several of one institution, or of one record. */
#include "sync_help.h"

#define COLUMNS "contact\nname|phone\n"
#define BELOW "contact\nname|institution|phone\nUta Unten|vhs-sub|"

static uint64_t revision(void)
{
	fx_renew();
	return iq_rtxn_state(fx.rtxn)->revision;
}

static void sync_it(const char *institution, const char *list)
{
	assert_int_equal(make_plan(EDITH, institution, list), IQ_OK);
	assert_int_equal(plan->open_conflicts, 0);
	if (plan_id[0] != '\0')
		assert_int_equal(apply(EDITH, plan->deletes), IQ_OK);
}

static void put_below(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-below", "institution", "vhs-sub", "name", "Uta Unten",
		"phone", "1", "visibility", "public", NULL);
}

/* A part of a template that is applied says nothing of its other rows. */
static void test_template_in_parts(void **state)
{
	(void)state;
	delta = true;
	based_on = revision();
	assert_int_equal(change(ROOT, "contact", "c-public", "phone", "030 23125 555"), IQ_OK);
	sync_it("", COLUMNS "Erika Muster|030 23125 102\n");
	applied_at = revision();
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|030 23125 101\n"), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(plan->n_notes, 1);
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|030 23125 103\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 1);
	/* it knows the template, whenever it was applied last */
	assert_string_equal(plan->lines[0]->conflicts[0]->was, "030 23125 101");
	sync_it("", COLUMNS "Erika Muster|030 23125 104\n");
	assert_string_equal(cell(IQ_CONTACT, "c-partners", "phone"), "030 23125 104");
	applied_at = revision() + 1;
	assert_int_equal(make_plan(EDITH, "", COLUMNS "Max Muster|030 23125 103\n"), IQ_ERR_USAGE);
}

/* The institution and the one above it both keep lists of the same contact. */
static void test_two_lists(void **state)
{
	(void)state;
	more(put_below);
	delta = true;
	sync_it("vhs", BELOW "2\n");
	sync_it("vhs-sub", COLUMNS "Uta Unten|3\n");
	/* the list above has not changed: no update is lost, and nothing is asked */
	assert_int_equal(make_plan(EDITH, "vhs", BELOW "2\n"), IQ_OK);
	assert_int_equal(plan->n_lines, 0);
	assert_int_equal(plan->n_notes, 1);
	assert_int_equal(make_plan(EDITH, "vhs", BELOW "4\n"), IQ_OK);
	assert_int_equal(plan->open_conflicts, 1);
	assert_string_equal(plan->lines[0]->conflicts[0]->was, "2");
	assert_string_equal(plan->lines[0]->conflicts[0]->theirs, "3");
}

/* What was not taken of one list is a new word in the other. */
static void test_kept_of_one(void **state)
{
	(void)state;
	more(put_below);
	delta = true;
	sync_it("vhs", BELOW "2\n");
	sync_it("vhs-sub", COLUMNS "Uta Unten|3\n");
	/* kept as the list below has it, together with something that is taken */
	sync_it("vhs", "contact\nname|institution|phone|languages\nUta Unten|vhs-sub|2|fr\n");
	assert_string_equal(cell(IQ_CONTACT, "c-below", "phone"), "3");
	assert_string_equal(cell(IQ_CONTACT, "c-below", "languages"), "fr");
	sync_it("vhs-sub", COLUMNS "Uta Unten|2\n");
	assert_string_equal(cell(IQ_CONTACT, "c-below", "phone"), "2");
}

static const char *fate_of(const char *phone)
{
	char list[256];

	snprintf(list, sizeof(list),
		COLUMNS "Max Muster|%s\nErika Muster|\nPaul Muster|\n"
			"Otto Muster|\nLisa Neu|\n",
		phone);
	delta = false;
	assert_int_equal(make_plan(EDITH, "", list), IQ_OK);
	return act_of("c-rosa");
}

static void put_rosa(struct iq_wtxn *w)
{
	fx_put(w, IQ_CONTACT, "id", "c-rosa", "institution", "vhs", "name", "Rosa Neumann", "phone",
		"1", "visibility", "public", NULL);
}

/* It is missing in a list: what the own lists have said of it since is no reason to ask. */
static void test_missing(void **state)
{
	(void)state;
	more(put_rosa);
	based_on = revision();
	delta = true;
	sync_it("", COLUMNS "Rosa Neumann|2\n");
	assert_string_equal(fate_of("030 23125 101"), "archive");
	assert_int_equal(change(ROOT, "contact", "c-rosa", "languages", "fr"), IQ_OK);
	assert_string_equal(fate_of("030 23125 101"), "conflict");
}

/* A delta does not know what others changed of fields that it lacks. */
static void test_missing_elsewhere(void **state)
{
	const char *all = COLUMNS "Max Muster|030 23125 101\nErika Muster|\nPaul Muster|\n"
				  "Otto Muster|\nRosa Neumann|2\n";

	(void)state;
	more(put_rosa);
	sync_it("", all);
	delta = true;
	assert_int_equal(change(ROOT, "contact", "c-rosa", "phone", "7"), IQ_OK);
	sync_it("", "contact\nname|languages\nRosa Neumann|fr\n");
	assert_string_equal(fate_of("030 23125 101"), "conflict");
	delta = true;
	assert_int_equal(change(ROOT, "contact", "c-rosa", "phone", "2"), IQ_OK);
	assert_string_equal(fate_of("030 23125 101"), "archive");
}

/* Nobody else has said anything of what a list itself added, also of columns that it lacked. */
static void test_added(void **state)
{
	const char *all = "contact\nname|visibility\nMax Muster|public\nErika Muster|partners\n"
			  "Paul Muster|institution\nOtto Muster|public\nRosa Alt|institution\n";
	char list[512];

	(void)state;
	sync_it("", all);
	sync_it("", "contact\nname\nMax Muster\nErika Muster\nPaul Muster\nOtto Muster\nRosa "
		    "Alt\nLisa Neu\n");
	snprintf(list, sizeof(list), "%sLisa Neu|partners\n", all);
	/* no conflict: a second person is needed to show her to more people */
	assert_int_equal(make_plan(EDITH, "", list), IQ_ERR_GUARD);
}

static void change_and_remove(struct iq_wtxn *w)
{
	put_below(w);
	iq_rec_remove(w, IQ_CONTACT, num(IQ_CONTACT, "c-below"), &fx.arena);
}

/* One change that wrote it before it deleted it, of an institution that the list names no more. */
static void test_changed_and_deleted(void **state)
{
	const char *moved = "contact\nid|name|phone\n|Max Muster|030 23125 101\n|Erika Muster|\n"
			    "|Paul Muster|\n|Otto Muster|\nc-below|Uta Unten|2\n";

	(void)state;
	more(put_below);
	delta = true;
	sync_it("vhs", BELOW "2\n");
	more(change_and_remove);
	delta = false;
	assert_int_equal(make_plan(EDITH, "vhs", moved), IQ_OK);
	assert_string_equal(act_of("c-below"), "conflict");
	assert_int_equal(resolve(EDITH, "", "", "theirs"), IQ_OK);
	assert_int_equal(apply(EDITH, plan->deletes), IQ_OK);
	/* known and left: it is a conflict no more */
	assert_int_equal(make_plan(EDITH, "vhs", moved), IQ_OK);
	assert_string_equal(act_of("Uta Unten"), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_template_in_parts, start, end),
		cmocka_unit_test_setup_teardown(test_two_lists, start, end),
		cmocka_unit_test_setup_teardown(test_kept_of_one, start, end),
		cmocka_unit_test_setup_teardown(test_missing, start, end),
		cmocka_unit_test_setup_teardown(test_missing_elsewhere, start, end),
		cmocka_unit_test_setup_teardown(test_added, start, end),
		cmocka_unit_test_setup_teardown(test_changed_and_deleted, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
