/* SPDX-License-Identifier: Apache-2.0 */
/* The dates of a series, as the rule in the calendar gives them. */
#include "date.h"
#include "ical.h"

enum { WEEK = 7, MONTHS = 12, QUARTER = 3 };

static int digits(const char *s, int n)
{
	int v = 0;

	while (n-- > 0)
		v = 10 * v + (*s++ - '0');
	return v;
}

/* Months since the year 0. */
static int month_of(int32_t day, int *day_of_month)
{
	char text[11];

	iq_date_format(day, text);
	*day_of_month = digits(text + 8, 2);
	return digits(text, 4) * MONTHS + digits(text + 5, 2) - 1;
}

static bool first_of(int month, int32_t *day)
{
	int year = month / MONTHS, m = month % MONTHS + 1;
	char text[] = {(char)('0' + year / 1000), (char)('0' + year / 100 % 10),
		(char)('0' + year / 10 % 10), (char)('0' + year % 10), '-', (char)('0' + m / 10),
		(char)('0' + m % 10), '-', '0', '1', '\0'};

	return iq_date_parse(iq_str(text), day);
}

/* In that month, the weekday of `first` in its week; false: beyond the years there are. */
static bool in_month(int32_t first, int week, int month, int32_t *day)
{
	int32_t begin, end;

	if (!first_of(month, &begin) || !first_of(month + 1, &end))
		return false;
	*day = begin + ((first - begin) % WEEK + WEEK) % WEEK + (week - 1) * WEEK;
	while (*day >= end || (week > 4 && *day + WEEK < end))
		*day += *day >= end ? -WEEK : WEEK;
	return true;
}

static int32_t next_month(int32_t first, int step, int32_t from)
{
	int of_first, of_from, start = month_of(first, &of_first);
	int month = start + (month_of(from, &of_from) - start) / step * step;
	int32_t day;

	for (; in_month(first, (of_first - 1) / WEEK + 1, month, &day); month += step)
		if (day >= from)
			return day;
	return IQ_DATE_MAX;
}

int32_t iq_repeat_next(int32_t first, enum iq_repeat repeat, int32_t to, int32_t from)
{
	int32_t day = first, step = repeat == IQ_REPEAT_WEEKLY ? WEEK : 2 * WEEK;

	if (from > first && from > to)
		return IQ_DATE_MAX;
	if (from > first && repeat == IQ_REPEAT_NEVER)
		return IQ_DATE_MAX;
	if (from > first && (repeat == IQ_REPEAT_MONTHLY || repeat == IQ_REPEAT_QUARTERLY))
		day = next_month(first, repeat == IQ_REPEAT_MONTHLY ? 1 : QUARTER, from);
	else if (from > first)
		day = first + (from - first + step - 1) / step * step;
	return day > to ? IQ_DATE_MAX : day;
}

int32_t iq_repeat_last(int32_t first, enum iq_repeat repeat, int32_t to, int32_t until)
{
	int32_t last = IQ_DATE_MAX, day = iq_repeat_next(first, repeat, to, first);

	while (day <= until && day != IQ_DATE_MAX) {
		last = day;
		day = iq_repeat_next(first, repeat, to, day + 1);
	}
	return last;
}
