/* SPDX-License-Identifier: Apache-2.0 */
#include "date.h"

#include <stdio.h>
#include <time.h>

enum { YEAR_MIN = 1900, YEAR_MAX = 2999 };

#define US_PER_S INT64_C(1000000)
#define S_PER_DAY INT64_C(86400)

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/*
 * Days since 1970-01-01 and back, counting years from March so that the leap day is the last
 * of its year (Howard Hinnant, "chrono-compatible low-level date algorithms").
 */
static int64_t days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;

	int64_t era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil_from_days(int64_t days, int64_t *y, int *m, int *d)
{
	days += 719468;

	int64_t era = floor_div(days, 146097), doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = yoe + era * 400 + (*m <= 2);
}

static bool to_days(int y, int m, int d, int32_t *days)
{
	static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	if (y < YEAR_MIN || y > YEAR_MAX || m < 1 || m > 12 || d < 1)
		return false;
	if (d > length[m - 1] + (m == 2 && leap))
		return false;
	*days = (int32_t)days_from_civil(y, m, d);
	return true;
}

/* Reads lo to hi digits off *s. */
static bool read_digits(struct iq_str *s, size_t lo, size_t hi, int *out)
{
	size_t n = 0;
	int value = 0;

	while (n < s->n && n < hi && s->p[n] >= '0' && s->p[n] <= '9')
		value = value * 10 + (s->p[n++] - '0');
	if (n < lo)
		return false;
	s->p += n;
	s->n -= n;
	*out = value;
	return true;
}

static bool read_char(struct iq_str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

bool iq_date_parse(struct iq_str s, int32_t *days)
{
	int y, m, d;

	return s.n == 10 && read_digits(&s, 4, 4, &y) && read_char(&s, '-') &&
	       read_digits(&s, 2, 2, &m) && read_char(&s, '-') && read_digits(&s, 2, 2, &d) &&
	       to_days(y, m, d, days);
}

bool iq_date_parse_german(struct iq_str s, int32_t *days)
{
	int y, m, d;

	if (!read_digits(&s, 1, 2, &d) || !read_char(&s, '.') || !read_digits(&s, 1, 2, &m) ||
		!read_char(&s, '.'))
		return false;

	size_t digits = s.n;

	if ((digits != 2 && digits != 4) || !read_digits(&s, digits, digits, &y))
		return false;
	if (digits == 2) /* 00 to 68: this century, as strptime(3) reads %y */
		y += y < 69 ? 2000 : 1900;
	return to_days(y, m, d, days);
}

int32_t iq_date_months_before(int32_t days, uint32_t months)
{
	int64_t y, first = days_from_civil(YEAR_MIN, 1, 1), month;
	int32_t out = (int32_t)first;
	int m, d;

	civil_from_days(days, &y, &m, &d);
	month = y * 12 + m - 1 - (int64_t)months;
	if (month < (int64_t)YEAR_MIN * 12)
		return out;
	while (!to_days((int)(month / 12), (int)(month % 12) + 1, d, &out) && d > 28)
		d--;
	return out;
}

void iq_date_format(int32_t days, char out[11])
{
	int64_t y;
	int m, d;

	civil_from_days(days, &y, &m, &d);
	if (y < 0 || y > 9999) { /* open */
		out[0] = '\0';
		return;
	}
	for (int i = 3; i >= 0; i--, y /= 10)
		out[i] = (char)('0' + y % 10);
	out[4] = out[7] = '-';
	out[5] = (char)('0' + m / 10);
	out[6] = (char)('0' + m % 10);
	out[8] = (char)('0' + d / 10);
	out[9] = (char)('0' + d % 10);
	out[10] = '\0';
}

static int64_t clock_us(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t iq_now_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

int64_t iq_monotonic_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

/* 01:00 UTC on the last Sunday of a month with 31 days, in seconds since 1970. */
static int64_t summer_switch(int64_t year, int month)
{
	int64_t last = days_from_civil(year, month, 31);
	int64_t weekday =
		last + 4 - floor_div(last + 4, 7) * 7; /* 0: Sunday; 1970-01-01: Thursday */

	return (last - weekday) * S_PER_DAY + 3600;
}

/*
 * Directive 2000/84/EC: summer time from the last Sunday of March to the last Sunday of October,
 * 01:00 UTC each. Computed here and not by localtime(3): TZ is the process's, tzdata may be
 * missing. Valid from 1996 on; the directory asks about nothing older.
 */
int32_t iq_date_in_germany(int64_t us)
{
	int64_t s = floor_div(us, US_PER_S), year;
	int month, day;

	civil_from_days(floor_div(s, S_PER_DAY), &year, &month, &day);

	bool summer = s >= summer_switch(year, 3) && s < summer_switch(year, 10);

	return (int32_t)floor_div(s + (summer ? 7200 : 3600), S_PER_DAY);
}

int64_t iq_date_begin(int32_t day)
{
	/* Clocks change later in the night: one hour before midnight UTC, or two. */
	int64_t us = ((int64_t)day * S_PER_DAY - 7200) * US_PER_S;

	return iq_date_in_germany(us) >= day ? us : us + (int64_t)3600 * US_PER_S;
}
