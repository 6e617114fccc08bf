/* SPDX-License-Identifier: Apache-2.0 */
/* The three-way rule, over all small records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "three.h"

enum { VALUES = 3, COLUMNS = 2 /* of the three that are looked at, beside the id */ };

static const struct iq_str texts[VALUES] = {{NULL, 0}, {"a", 1}, {"b", 1}};
static const struct iq_str lists[2][2] = {{{"x", 1}, {"y", 1}}, {{"y", 1}, {"x", 1}}};

static void put(struct iq_rec *rec, int column, unsigned value)
{
	rec->col[column] = (struct iq_value){&texts[value], texts[value].n > 0};
}

/* What must become of one column. */
static void expect(const struct iq_three *out, int column, unsigned b, unsigned t, unsigned m)
{
	const uint32_t bit = UINT32_C(1) << column;
	unsigned result = m != b && t == b ? m : t;

	assert_int_equal(!!(out->mine & bit), m != b && t == b);
	assert_int_equal(!!(out->theirs & bit), m == b && t != b);
	assert_int_equal(!!(out->same & bit), m != b && t == m);
	assert_int_equal(!!(out->conflicts & bit), m != b && t != b && t != m);
	assert_true(iq_str_eq(iq_rec_text(&out->merged, column), texts[result]));
}

/* Every base, theirs and mine of two columns with three values, given or not. */
static void test_all(void **state)
{
	static const int column[COLUMNS] = {IQ_INSTITUTION_PHONE, IQ_INSTITUTION_TOWN};

	(void)state;
	for (unsigned n = 0; n < 729; n++) {
		for (unsigned given = 0; given < 4; given++) {
			struct iq_rec base = {.kind = IQ_INSTITUTION}, theirs = base, mine = base;
			unsigned v[COLUMNS][3], rest = n;
			struct iq_three out;

			for (int c = 0; c < COLUMNS; c++) {
				for (int k = 0; k < 3; k++) {
					v[c][k] = rest % VALUES;
					rest /= VALUES;
				}
				put(&base, column[c], v[c][0]);
				put(&theirs, column[c], v[c][1]);
				put(&mine, column[c], v[c][2]);
				if (given & 1u << c)
					mine.given |= UINT32_C(1) << column[c];
				else
					v[c][2] = v[c][0]; /* not given: as it was */
			}
			iq_three_way(&base, &theirs, &mine, &out);
			for (int c = 0; c < COLUMNS; c++)
				expect(&out, column[c], v[c][0], v[c][1], v[c][2]);
			uint32_t all = out.mine | out.theirs | out.same | out.conflicts;

			for (int c = 0; c < COLUMNS; c++)
				all &= ~(UINT32_C(1) << column[c]);
			assert_int_equal(all, 0); /* nothing of the others */
		}
	}
}

static void test_lists(void **state)
{
	struct iq_rec base = {.kind = IQ_RESPONSIBILITY}, theirs = base, mine = base;
	const uint32_t bit = UINT32_C(1) << IQ_RESP_CONTACTS;
	struct iq_three out;

	(void)state;
	base.col[IQ_RESP_CONTACTS] = (struct iq_value){lists[0], 1};
	theirs.col[IQ_RESP_CONTACTS] = (struct iq_value){lists[0], 2};
	mine.col[IQ_RESP_CONTACTS] = (struct iq_value){lists[1], 2};
	mine.given = bit;
	iq_three_way(&base, &theirs, &mine, &out);
	assert_int_equal(out.conflicts, bit);
	mine.col[IQ_RESP_CONTACTS] = theirs.col[IQ_RESP_CONTACTS];
	iq_three_way(&base, &theirs, &mine, &out);
	assert_int_equal(out.same, bit);
	assert_int_equal(out.conflicts | out.mine | out.theirs, 0);
}

/* The id is theirs, whatever is written there. */
static void test_id(void **state)
{
	struct iq_rec base = {.kind = IQ_TASK}, theirs = base, mine = base;
	struct iq_three out;

	(void)state;
	put(&theirs, IQ_COL_ID, 1);
	put(&mine, IQ_COL_ID, 2);
	mine.given = 1;
	iq_three_way(&base, &theirs, &mine, &out);
	assert_int_equal(out.conflicts | out.mine | out.theirs | out.same, 0);
	assert_true(iq_str_is(iq_rec_text(&out.merged, IQ_COL_ID), "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
