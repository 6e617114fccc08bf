/* SPDX-License-Identifier: Apache-2.0 */
/* As what an institution takes part in a workshop, day by day. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "standing.h"

#define TODAY "2026-11-23"

static struct iq_str cells[4][4]; /* storage of what set() puts in */
static size_t used;

static void setcell(struct iq_rec *r, int col, const char *text)
{
	struct iq_str *v = &cells[used / 4][used % 4];

	used++;
	*v = iq_str(text);
	r->col[col] = (struct iq_value){v, v->n > 0 ? 1 : 0};
}

static enum iq_standing seat(const char *from, const char *to, const char *guest)
{
	struct iq_rec m = {.kind = IQ_MEMBERSHIP};

	used = 0;
	setcell(&m, IQ_MEMBERSHIP_ACCEPTED_FROM, from);
	setcell(&m, IQ_MEMBERSHIP_ACCEPTED_TO, to);
	setcell(&m, IQ_MEMBERSHIP_GUEST, guest);
	return iq_standing_of(&m, TODAY);
}

static void test_days(void **state)
{
	(void)state;
	assert_int_equal(seat("", "", ""), IQ_STANDING_INVITED);
	assert_int_equal(seat("", "", "yes"), IQ_STANDING_INVITED);
	assert_int_equal(seat("2026-11-24", "", ""), IQ_STANDING_INVITED);
	assert_int_equal(seat("2026-11-23", "", ""), IQ_STANDING_MEMBER);
	assert_int_equal(seat("2026-11-01", "2026-11-23", ""), IQ_STANDING_MEMBER);
	assert_int_equal(seat("2026-11-01", "2026-11-22", ""), IQ_STANDING_LEFT);
	assert_int_equal(seat("2026-11-01", "", "yes"), IQ_STANDING_GUEST);
	assert_int_equal(seat("2026-11-01", "", "no"), IQ_STANDING_MEMBER);
	assert_int_equal(seat("2026-11-01", "2026-11-22", "yes"), IQ_STANDING_LEFT);
}

static void test_in(void **state)
{
	struct iq_str id = IQ_STR("runde"), other = IQ_STR("andere"), orga = IQ_STR("orga");
	struct iq_str mit = IQ_STR("mit"), then = IQ_STR("2026-01-01"), end = IQ_STR("2026-02-01");
	struct iq_rec w = {.kind = IQ_WORKSHOP_RECORD};
	struct iq_rec m[3] = {
		{.kind = IQ_MEMBERSHIP}, {.kind = IQ_MEMBERSHIP}, {.kind = IQ_MEMBERSHIP}};

	(void)state;
	w.col[IQ_COL_ID] = (struct iq_value){&id, 1};
	w.col[IQ_WORKSHOP_ORGANISERS] = (struct iq_value){&orga, 1};
	for (int i = 0; i < 3; i++) {
		m[i].col[IQ_MEMBERSHIP_WORKSHOP] = (struct iq_value){&id, 1};
		m[i].col[IQ_MEMBERSHIP_INSTITUTION] = (struct iq_value){&mit, 1};
		m[i].col[IQ_MEMBERSHIP_ACCEPTED_FROM] = (struct iq_value){&then, 1};
	}
	m[0].col[IQ_MEMBERSHIP_ACCEPTED_TO] = (struct iq_value){&end, 1};
	m[2].col[IQ_MEMBERSHIP_WORKSHOP] = (struct iq_value){&other, 1};
	assert_int_equal(iq_standing_in(&w, "orga", m, 3, TODAY), IQ_STANDING_ORGANISER);
	assert_int_equal(iq_standing_in(&w, "mit", m, 3, TODAY), IQ_STANDING_MEMBER);
	assert_int_equal(iq_standing_in(&w, "mit", m, 1, TODAY), IQ_STANDING_LEFT);
	assert_int_equal(iq_standing_in(&w, "mit", &m[2], 1, TODAY), IQ_STANDING_NONE);
	assert_int_equal(iq_standing_in(&w, "zwei", m, 3, TODAY), IQ_STANDING_NONE);
}

static bool ended(const char *to)
{
	struct iq_rec w = {.kind = IQ_WORKSHOP_RECORD};

	used = 0;
	setcell(&w, IQ_WORKSHOP_VALID_TO, to);
	return iq_standing_over(&w, TODAY);
}

static bool next(const char *state, const char *date, const char *repeats, const char *to)
{
	struct iq_rec m = {.kind = IQ_MEETING};

	used = 0;
	setcell(&m, IQ_MEETING_STATE, state);
	setcell(&m, IQ_MEETING_DATE, date);
	setcell(&m, IQ_MEETING_REPEATS, repeats);
	setcell(&m, IQ_MEETING_REPEATS_TO, to);
	return iq_standing_next(&m, TODAY);
}

static void test_ends(void **state)
{
	(void)state;
	assert_false(ended(""));
	assert_false(ended("2026-11-23"));
	assert_true(ended("2026-11-22"));
	assert_true(next("planned", "2026-11-23", "", ""));
	assert_false(next("planned", "2026-11-22", "", ""));
	assert_false(next("held", "2026-11-23", "", ""));
	assert_true(next("planned", "2026-01-13", "monthly", ""));
	assert_true(next("planned", "2026-01-13", "monthly", "2026-11-23"));
	assert_false(next("planned", "2026-01-13", "monthly", "2026-11-22"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_in),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
