/* SPDX-License-Identifier: Apache-2.0 */
/* Superseded images, newest first. */

#include "store_help.h"

enum { MAP = 64 << 20, STEPS = 9 };

static void change(struct fixture *f, const char *id, int step)
{
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_wtxn *w;
	char name[32];

	snprintf(name, sizeof(name), "name_de=Amt %d", step);
	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec rec = make_rec(&f->arena, IQ_KIND, id, name, NULL);

	put_rec(w, &f->arena, &rec);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

struct seen {
	struct iq_str id;
	uint64_t superseded[STEPS + 1], written[STEPS + 1];
	size_t n, most;
};

static bool note(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct seen *s = arg;

	assert_true(iq_str_eq(iq_image_id(image), s->id));
	assert_true(s->n < STEPS + 1);
	s->superseded[s->n] = superseded;
	s->written[s->n] = image->revision;
	return ++s->n < s->most;
}

static struct seen all_of(struct fixture *f, struct iq_rtxn *r, const char *id, size_t most)
{
	struct iq_txn *t = iq_rtxn_txn(r);
	struct seen s = {.id = iq_str(id), .most = most};

	(void)f;
	iq_past_each(t, IQ_KIND, iq_id_find(t, IQ_KIND, s.id), note, &s);
	assert_int_equal(iq_txn_error(t, NULL), IQ_OK);
	return s;
}

/* Two records in turn: the last key of the table belongs to one of them, not to the other. */
static void test_order(void **state)
{
	static const char *const ids[] = {"eins", "zwei"};
	struct fixture f;
	struct iq_rtxn *r;

	(void)state;
	fixture_new(&f, MAP);
	for (int i = 0; i < STEPS; i++)
		for (int k = 0; k < 2; k++)
			change(&f, ids[k], i);
	change(&f, "drei", 0);
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	for (unsigned k = 0; k < 2; k++) {
		struct seen s = all_of(&f, r, ids[k], SIZE_MAX);

		assert_int_equal(s.n, STEPS - 1);
		for (unsigned i = 0; i < s.n; i++) {
			assert_int_equal(s.superseded[i], 2 * (STEPS - 1 - i) + 1 + k);
			assert_int_equal(s.written[i], s.superseded[i] - 2);
		}
		s = all_of(&f, r, ids[k], 3);
		assert_int_equal(s.n, 3);
	}
	assert_int_equal(all_of(&f, r, "drei", SIZE_MAX).n, 0);
	iq_rtxn_free(r);
	fixture_free(&f);
}

/* The same in an empty table, and in the transaction that writes. */
static void test_writing(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;

	(void)state;
	fixture_new(&f, MAP);
	change(&f, "eins", 0);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	struct seen s = {.id = IQ_STR("eins"), .most = SIZE_MAX};

	iq_past_each(iq_wtxn_txn(w), IQ_KIND, 1, note, &s);
	assert_int_equal(s.n, 0);
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_rec rec = make_rec(&f.arena, IQ_KIND, "eins", "name_de=Anders", NULL);

	iq_change_begin(w, &c);
	put_rec(w, &f.arena, &rec);
	iq_change_end(w);
	iq_past_each(iq_wtxn_txn(w), IQ_KIND, 1, note, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.superseded[0], 2);
	iq_wtxn_abort(w);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
