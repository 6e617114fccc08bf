/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of a series: by the calendar, month by month. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "date.h"
#include "ical.h"

static int32_t day(const char *text)
{
	int32_t out = 0;

	assert_true(iq_date_parse(iq_str(text), &out));
	return out;
}

static void is(int32_t got, const char *want)
{
	char text[11];

	iq_date_format(got, text);
	assert_string_equal(text, want);
}

static void dates(const char *first, enum iq_repeat repeat, const char *to, const char *const *want)
{
	int32_t end = to != NULL ? day(to) : IQ_DATE_MAX, at = day(first), from = at;

	for (; *want != NULL; want++) {
		int32_t next = iq_repeat_next(at, repeat, end, from);

		is(next, *want);
		assert_int_equal(iq_repeat_last(at, repeat, end, next), next);
		assert_int_equal(iq_repeat_next(at, repeat, end, next), next);
		if (next > at)
			assert_true(iq_repeat_last(at, repeat, end, next - 1) < next);
		from = next + 1;
	}
	if (to != NULL)
		assert_int_equal(iq_repeat_next(at, repeat, end, from), IQ_DATE_MAX);
}

#define DATES(first, repeat, to, ...)                                                              \
	dates(first, repeat, to, (const char *const[]){__VA_ARGS__, NULL})

static void test_weeks(void **state)
{
	(void)state;
	DATES("2027-03-23", IQ_REPEAT_WEEKLY, "2027-04-12", "2027-03-23", "2027-03-30",
		"2027-04-06");
	DATES("2026-12-29", IQ_REPEAT_FORTNIGHTLY, NULL, "2026-12-29", "2027-01-12", "2027-01-26");
	DATES("2027-01-05", IQ_REPEAT_NEVER, "2027-01-05", "2027-01-05");
	is(iq_repeat_next(day("2027-01-04"), IQ_REPEAT_WEEKLY, IQ_DATE_MAX, day("2028-02-29")),
		"2028-03-06");
}

static void test_months(void **state)
{
	(void)state;
	/* the second Tuesday */
	DATES("2027-02-09", IQ_REPEAT_MONTHLY, "2027-06-07", "2027-02-09", "2027-03-09",
		"2027-04-13", "2027-05-11");
	/* the last Friday: the fifth, or of four the fourth */
	DATES("2027-01-29", IQ_REPEAT_QUARTERLY, NULL, "2027-01-29", "2027-04-30", "2027-07-30",
		"2027-10-29", "2028-01-28");
	/* the first Thursday, which may be the first of the month */
	DATES("2027-07-01", IQ_REPEAT_MONTHLY, NULL, "2027-07-01", "2027-08-05", "2027-09-02",
		"2027-10-07", "2027-11-04", "2027-12-02", "2028-01-06");
	/* fourth is not last */
	DATES("2027-03-23", IQ_REPEAT_MONTHLY, NULL, "2027-03-23", "2027-04-27", "2027-05-25",
		"2027-06-22");
}

static void test_last(void **state)
{
	int32_t first = day("2027-02-09");

	(void)state;
	is(iq_repeat_last(first, IQ_REPEAT_MONTHLY, IQ_DATE_MAX, day("2035-12-31")), "2035-12-11");
	is(iq_repeat_last(first, IQ_REPEAT_MONTHLY, day("2027-03-31"), day("2035-12-31")),
		"2027-03-09");
	is(iq_repeat_last(first, IQ_REPEAT_NEVER, IQ_DATE_MAX, day("2035-12-31")), "2027-02-09");
	assert_int_equal(
		iq_repeat_last(first, IQ_REPEAT_WEEKLY, IQ_DATE_MAX, first - 1), IQ_DATE_MAX);
	is(iq_repeat_last(first, IQ_REPEAT_QUARTERLY, IQ_DATE_MAX, day("2999-12-01")),
		"2999-11-12");
	assert_int_equal(iq_repeat_next(first, IQ_REPEAT_MONTHLY, IQ_DATE_MAX, day("2999-12-31")),
		IQ_DATE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weeks),
		cmocka_unit_test(test_months),
		cmocka_unit_test(test_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
