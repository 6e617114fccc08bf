/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing contacts for good: everything else stays, nothing of them does. */

#include "erase_help.h"

static void test_rest_stays(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world x;
		iq_num num[PEOPLE];

		start(&x, seed);
		stir(&x, STEPS);
		for (uint32_t every = 7; every >= 3; every -= 2) {
			size_t n = remove_some(&x, every, num);
			char *before = dump(&x), *after;

			assert_true(n > 0 && on_disk(&x, "person-00-geheim") == (every == 7));
			erase(&x, num, n);
			after = dump(&x);
			assert_string_equal(before, after);
			assert_clean(x.f.store);
			assert_int_equal(files(&x), 2);
			assert_int_equal(unnamed(&x), 0);
			free(before);
			free(after);
			stir(&x, STEPS / 4);
			for (uint32_t i = 0; i < PEOPLE; i++) {
				char name[40], mail[40];

				snprintf(name, sizeof(name), "Mustermann%02u", i);
				snprintf(mail, sizeof(mail), "mustermann%02u@", i);
				assert_int_equal(on_disk(&x, name), !x.gone[i]);
				assert_int_equal(on_disk(&x, mail), !x.gone[i]);
				assert_int_equal(on_disk(&x, person_id(&x, i)), !x.gone[i]);
			}
			/* As after a restart. */
			iq_store_close(x.f.store);
			fixture_open(&x.f, false, MAP);
			assert_clean(x.f.store);
		}
		fixture_free(&x.f);
	}
}

/* An erased number stays used up; the id is free. */
static void test_numbers(void **state)
{
	struct world x;
	iq_num num[PEOPLE];
	bool merged;

	(void)state;
	start(&x, 4);
	size_t n = remove_some(&x, 8, num);

	erase(&x, num, n);
	struct iq_wtxn *w = begin(&x, "add");

	assert_int_equal(
		iq_id_reserved(iq_wtxn_txn(w), IQ_CONTACT, iq_str(person_id(&x, 0)), &merged),
		IQ_NONE);
	put_person(&x, w, 0, 9);
	commit(w);
	assert_int_equal(x.num[0], PEOPLE + 1);
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

/* What was united with the contact is the same person. */
static void test_united(void **state)
{
	struct world x;

	(void)state;
	start(&x, 5);
	struct iq_wtxn *w = begin(&x, "merge");

	iq_rec_remove(w, IQ_CONTACT, x.num[3], &x.f.arena);
	iq_id_redirect(w, IQ_CONTACT, iq_str(person_id(&x, 3)), x.num[5]);
	commit(w);
	w = begin(&x, "erase");
	iq_rec_remove(w, IQ_CONTACT, x.num[5], &x.f.arena);
	iq_erase_mark(w, x.num[5]);
	commit(w);
	assert_true(on_disk(&x, "Mustermann03"));
	erase(&x, NULL, 0); /* noted is enough */
	assert_false(on_disk(&x, "person-03-geheim"));
	assert_false(on_disk(&x, "Mustermann03"));
	assert_false(on_disk(&x, "Mustermann05"));
	assert_true(on_disk(&x, "Mustermann04"));
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

static bool no_mark(void *arg, iq_num contact)
{
	(void)arg;
	(void)contact;
	fail();
	return false;
}

static void test_marks_go(void **state)
{
	struct world x;
	struct iq_rtxn *r;

	(void)state;
	start(&x, 6);
	struct iq_wtxn *w = begin(&x, "erase");

	iq_rec_remove(w, IQ_CONTACT, x.num[1], &x.f.arena);
	iq_erase_mark(w, x.num[1]);
	commit(w);
	assert_clean(x.f.store);
	erase(&x, NULL, 0);
	assert_int_equal(iq_rtxn_new(x.f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	iq_erase_each(iq_rtxn_txn(r), no_mark, NULL);
	iq_rtxn_free(r);
	fixture_free(&x.f);
}

static void test_refused(void **state)
{
	struct world x;

	(void)state;
	start(&x, 7);
	char *before = dump(&x);

	assert_int_equal(iq_store_erase(x.f.store, &x.num[2], 1, &x.f.error), IQ_ERR_CONFLICT);
	char *after = dump(&x);

	assert_string_equal(before, after);
	assert_int_equal(files(&x), 2);
	free(before);
	free(after);
	fixture_free(&x.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rest_stays),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_united),
		cmocka_unit_test(test_marks_go),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
