/* SPDX-License-Identifier: Apache-2.0 */
#include "store_help.h"

/* Records as views ask the store for them: read, found, walked; seats by region. */

static const char *const columns[][3] = {
	{"north", "office", "a"}, {"south", "office", "b"}, {"east", "office", "a"}};

static void put_all(struct fixture *f)
{
	const struct iq_change change = {.principal = IQ_STR("p"), .operation = IQ_STR("add")};
	struct iq_arena *a = &f->arena;
	struct iq_wtxn *w;
	struct iq_rec rec;

	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &change);
	rec = make_rec(a, IQ_REGION, "a", "name_de=A", NULL);
	put_rec(w, a, &rec);
	rec = make_rec(a, IQ_REGION, "b", "parent=a", "name_de=B", NULL);
	put_rec(w, a, &rec);
	rec = make_rec(a, IQ_KIND, "office", "name_de=Amt", "statutory=yes", NULL);
	put_rec(w, a, &rec);
	for (size_t i = 0; i < 3; i++) {
		const char *region = iq_arena_printf(a, "region=%s", columns[i][2]);

		rec = make_rec(a, IQ_INSTITUTION, columns[i][0], "kind=office", region,
			"name_de=Amt", NULL);
		put_rec(w, a, &rec);
	}
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

struct seen {
	iq_num num[8];
	size_t n, most;
};

static bool on_num(void *arg, iq_num num)
{
	struct seen *s = arg;

	s->num[s->n++] = num;
	return s->n < s->most;
}

static bool on_record(void *arg, iq_num num, const struct iq_rec *rec)
{
	assert_true(iq_rec_text(rec, IQ_INSTITUTION_KIND).n > 0);
	return on_num(arg, num);
}

static void test_lookup(void **state)
{
	struct fixture f;
	struct iq_rtxn *r;
	struct iq_lookup look;
	struct iq_rec rec;
	struct seen all = {.most = 8}, some = {.most = 2}, seats = {.most = 8}, one = {.most = 1},
		    none = {.most = 8};

	(void)state;
	fixture_new(&f, 0);
	put_all(&f);
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	iq_txn_lookup(iq_rtxn_txn(r), &look);
	iq_num a = look.find(look.ctx, IQ_REGION, IQ_STR("a"));
	iq_num north = look.find(look.ctx, IQ_INSTITUTION, IQ_STR("north"));
	iq_num east = look.find(look.ctx, IQ_INSTITUTION, IQ_STR("east"));

	assert_int_equal(look.find(look.ctx, IQ_REGION, IQ_STR("c")), IQ_NONE);
	assert_true(look.get(look.ctx, IQ_INSTITUTION, east, &f.arena, &rec));
	assert_true(iq_str_is(iq_rec_text(&rec, IQ_INSTITUTION_REGION), "a"));
	assert_false(look.get(look.ctx, IQ_INSTITUTION, 99, &f.arena, &rec));
	look.each(look.ctx, IQ_INSTITUTION, on_record, &all);
	assert_int_equal(all.n, 3);
	look.each(look.ctx, IQ_INSTITUTION, on_record, &some);
	assert_int_equal(some.n, 2);
	look.seats(look.ctx, a, on_num, &seats);
	assert_int_equal(seats.n, 2);
	assert_true((seats.num[0] == north && seats.num[1] == east) ||
		    (seats.num[0] == east && seats.num[1] == north));
	look.seats(look.ctx, a, on_num, &one);
	assert_int_equal(one.n, 1);
	look.seats(look.ctx, 99, on_num, &none);
	assert_int_equal(none.n, 0);
	/* having seen enough is no error of the store */
	assert_int_equal(iq_txn_error(iq_rtxn_txn(r), NULL), IQ_OK);
	iq_rtxn_free(r);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
