/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "date.h"

#define NOTHING INT32_C(-123456789)

static void reading(void **state)
{
	static const struct {
		const char *in;
		int32_t iso, german;
	} rows[] = {
		{"1970-01-01", 0, NOTHING},
		{"1969-12-31", -1, NOTHING},
		{"2000-02-29", 11016, NOTHING},
		{"2026-11-22", 20779, NOTHING},
		{"1900-01-01", -25567, NOTHING},
		{"2999-12-31", 376199, NOTHING},
		{"1899-12-31", NOTHING, NOTHING},
		{"3000-01-01", NOTHING, NOTHING},
		{"2025-02-29", NOTHING, NOTHING},
		{"2024-02-29", 19782, NOTHING},
		{"1900-02-29", NOTHING, NOTHING}, /* no leap year */
		{"2100-02-29", NOTHING, NOTHING},
		{"2025-02-31", NOTHING, NOTHING},
		{"2025-04-31", NOTHING, NOTHING},
		{"2025-13-01", NOTHING, NOTHING},
		{"2025-00-10", NOTHING, NOTHING},
		{"2025-01-00", NOTHING, NOTHING},
		{"2025-1-01", NOTHING, NOTHING},
		{"2025-01-1", NOTHING, NOTHING},
		{"2025-01-011", NOTHING, NOTHING},
		{" 2025-01-01", NOTHING, NOTHING},
		{"2025/01/01", NOTHING, NOTHING},
		{"+025-01-01", NOTHING, NOTHING},
		{"", NOTHING, NOTHING},
		{"1.3.2025", NOTHING, 20148},
		{"01.03.2025", NOTHING, 20148},
		{"01.03.25", NOTHING, 20148},
		{"31.12.69", NOTHING, -1},
		{"1.1.68", NOTHING, 35794},
		{"31.02.2025", NOTHING, NOTHING},
		{"29.2.2024", NOTHING, 19782},
		{"1.3.", NOTHING, NOTHING},
		{"1.3.025", NOTHING, NOTHING},
		{"1.3.20250", NOTHING, NOTHING},
		{"001.3.2025", NOTHING, NOTHING},
		{"1.13.2025", NOTHING, NOTHING},
		{"1,3,2025", NOTHING, NOTHING},
		{"1.3.2025 ", NOTHING, NOTHING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t days = NOTHING;
		bool ok = iq_date_parse(iq_str(rows[i].in), &days);

		if (days != rows[i].iso || ok != (days != NOTHING))
			fail_msg("%s: %d", rows[i].in, days);
		days = NOTHING;
		ok = iq_date_parse_german(iq_str(rows[i].in), &days);
		if (days != rows[i].german || ok != (days != NOTHING))
			fail_msg("%s (German): %d", rows[i].in, days);
	}
}

/* Every day of the range agrees with the C library and is read back. */
static void every_day(void **state)
{
	char text[11], expected[11];
	int32_t back;

	(void)state;
	for (int32_t days = -25567; days <= 376199; days++) {
		time_t t = (time_t)days * 86400;
		struct tm tm;

		assert_non_null(gmtime_r(&t, &tm));
		strftime(expected, sizeof(expected), "%Y-%m-%d", &tm);
		iq_date_format(days, text);
		if (strcmp(text, expected) != 0 || !iq_date_parse(iq_str(text), &back) ||
			back != days)
			fail_msg("%d: %s", days, text);
	}
	iq_date_format(IQ_DATE_MIN, text);
	assert_string_equal(text, "");
	iq_date_format(IQ_DATE_MAX, text);
	assert_string_equal(text, "");
}

/* Microseconds of a time in UTC. */
static int64_t utc(int y, int m, int d, int h, int min, int s)
{
	struct tm tm = {.tm_year = y - 1900,
		.tm_mon = m - 1,
		.tm_mday = d,
		.tm_hour = h,
		.tm_min = min,
		.tm_sec = s};

	return (int64_t)timegm(&tm) * 1000000;
}

static void date_in_germany(void **state)
{
	const struct {
		int64_t us;
		const char *day;
	} rows[] = {
		{utc(2026, 1, 1, 22, 59, 59) + 999999, "2026-01-01"},
		{utc(2026, 1, 1, 23, 0, 0), "2026-01-02"},
		{utc(2026, 7, 1, 21, 59, 59), "2026-07-01"},
		{utc(2026, 7, 1, 22, 0, 0), "2026-07-02"},
		{utc(2026, 3, 28, 22, 59, 59), "2026-03-28"}, /* the night before 29 March: CET */
		{utc(2026, 3, 28, 23, 0, 0), "2026-03-29"},
		{utc(2026, 3, 29, 22, 0, 0), "2026-03-30"}, /* that evening: CEST */
		{utc(2026, 10, 24, 22, 0, 0), "2026-10-25"},
		{utc(2026, 10, 25, 22, 59, 59), "2026-10-25"}, /* CET again */
		{utc(2026, 10, 25, 23, 0, 0), "2026-10-26"},
		{utc(2024, 3, 31, 22, 0, 0), "2024-04-01"}, /* 31 March is that Sunday */
		{utc(2027, 10, 31, 22, 30, 0), "2027-10-31"},
		{utc(1970, 1, 1, 0, 0, 0) - 1, "1970-01-01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[11];

		iq_date_format(iq_date_in_germany(rows[i].us), text);
		if (strcmp(text, rows[i].day) != 0)
			fail_msg("row %zu: %s", i, text);
	}
}

/* Hour by hour as the C library says by the same rule, which needs no tzdata. */
static void agrees_with_posix_rule(void **state)
{
	(void)state;
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (int64_t t = utc(1996, 1, 1, 0, 0, 0) / 1000000; t < utc(2060, 1, 1, 0, 0, 0) / 1000000;
		t += 3600) {
		time_t now = (time_t)t;
		char text[11], expected[11];
		struct tm tm;

		localtime_r(&now, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%d", &tm);
		iq_date_format(iq_date_in_germany(t * 1000000), text);
		if (strcmp(text, expected) != 0)
			fail_msg("%lld: %s, not %s", (long long)t, text, expected);
	}
}

static void clocks(void **state)
{
	int64_t a = iq_monotonic_us(), b = iq_monotonic_us();

	(void)state;
	assert_true(b >= a && a > 0);
	assert_in_range(iq_now_us() / 1000000, time(NULL) - 5, time(NULL) + 5);
}

static void months(void **state)
{
	static const struct {
		const char *from;
		uint32_t months;
		const char *to;
	} rows[] = {
		{"2026-11-22", 0, "2026-11-22"},
		{"2026-11-22", 12, "2025-11-22"},
		{"2026-11-22", 11, "2025-12-22"},
		{"2026-01-31", 1, "2025-12-31"},
		{"2026-03-31", 1, "2026-02-28"},
		{"2024-03-31", 1, "2024-02-29"},
		{"2026-05-31", 1, "2026-04-30"},
		{"1901-01-01", 600, "1900-01-01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t from, to;

		assert_true(iq_date_parse(iq_str(rows[i].from), &from));
		assert_true(iq_date_parse(iq_str(rows[i].to), &to));
		assert_int_equal(iq_date_months_before(from, rows[i].months), to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(every_day),
		cmocka_unit_test(date_in_germany),
		cmocka_unit_test(agrees_with_posix_rule),
		cmocka_unit_test(clocks),
		cmocka_unit_test(months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
