/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "date.h"
#include "fold.h"
#include "i18n.h"
#include "repair.h"

enum {
	SERIAL_MIN = 20000, /* 1954; a smaller number is a year or a slip */
	SERIAL_MAX = 80000, /* 2119 */
	SERIAL_1970 = 25569 /* what Excel calls 1970-01-01 */
};

static const struct iq_str none = {"", 0};

/* German months, folded, as far as they are written out in lists; three letters suffice. */
static const char *const months[12] = {
	"jan", "feb", "maer", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez"};

struct parts {
	int a, b, c; /* as they stand */
	size_t na, nb, nc;
};

static bool take(struct iq_str *s, int *n, size_t *digits)
{
	*digits = 0;
	*n = 0;
	for (; s->n != 0 && s->p[0] >= '0' && s->p[0] <= '9' && *digits < 5; s->p++, s->n--) {
		*n = *n * 10 + (s->p[0] - '0');
		++*digits;
	}
	return *digits != 0;
}

/* Three numbers parted twice by `sep`; blanks may follow it ("1. 3. 2025"). */
static bool split(struct iq_str s, char sep, struct parts *p)
{
	int *n[] = {&p->a, &p->b, &p->c};
	size_t *digits[] = {&p->na, &p->nb, &p->nc};

	for (int i = 0; i < 3; i++) {
		if (!take(&s, n[i], digits[i]))
			return false;
		if (i == 2)
			break;
		if (s.n == 0 || s.p[0] != sep)
			return false;
		do {
			s.p++;
			s.n--;
		} while (s.n != 0 && s.p[0] == ' ');
	}
	return s.n == 0;
}

static struct iq_str keep(const struct iq_repair *r, int32_t days)
{
	char iso[11];

	iq_date_format(days, iso);
	return iq_arena_dup(r->arena, iq_str(iso));
}

static bool to_days(int y, int m, int d, int32_t *days)
{
	char iso[32];

	snprintf(iso, sizeof(iso), "%04d-%02d-%02d", y, m, d);
	return iq_date_parse(iq_str(iso), days);
}

/* Year, month, day; the last day of the month is the nearest of one that does not exist. */
static void give(
	const struct iq_repair *r, int y, int m, int d, const char *repaired, struct iq_fixed *out)
{
	int32_t days;

	if (to_days(y, m, d, &days)) {
		if (repaired != NULL)
			iq_fixed_repaired(out, keep(r, days), repaired);
		else
			iq_fixed_none(out, keep(r, days));
		return;
	}
	if (y < 1900 || y > 2999) {
		iq_fixed_refused(out,
			N_("The year must be between 1900 and 2999. Leave the cell empty if there "
			   "is "
			   "no end."),
			none);
		return;
	}
	for (int last = d - 1; last >= 28 && d <= 31; last--)
		if (to_days(y, m, last, &days)) {
			iq_fixed_refused(out, N_("There is no such day."), keep(r, days));
			return;
		}
	iq_fixed_refused(out, N_("There is no such day."), none);
}

/* "1. März 2025", "01 Mrz. 25" */
static bool month_in_words(const struct iq_repair *r, struct iq_str s, struct iq_fixed *out)
{
	struct iq_str folded = iq_fold(r->arena, s, IQ_FOLD_AE), day, word, year, rest = folded;
	int d, y, m = 0;
	size_t nd, ny;

	if (folded.n == 0 || !iq_str_cut(&rest, '-', &day) || !iq_str_cut(&rest, '-', &word) ||
		!iq_str_cut(&rest, '-', &year) || rest.p != NULL)
		return false;
	for (int i = 0; i < 12; i++)
		if (iq_str_starts(word, iq_str(months[i])))
			m = i + 1;
	if (iq_str_is(word, "mrz"))
		m = 3;
	if (m == 0 || !take(&day, &d, &nd) || day.n != 0 || !take(&year, &y, &ny) || year.n != 0 ||
		(ny != 4 && ny != 2) || nd > 2)
		return false;
	if (ny == 2)
		give(r, y < 69 ? 2000 + y : 1900 + y, m, d,
			N_("The year has two digits only; the century was added."), out);
	else
		give(r, y, m, d, NULL, out);
	return true;
}

static void digits(const struct iq_repair *r, struct iq_str s, struct iq_fixed *out)
{
	int32_t n = 0;

	for (size_t i = 0; i < s.n && s.n <= 8; i++)
		n = n * 10 + (s.p[i] - '0');
	if (s.n == 5 && n >= SERIAL_MIN && n <= SERIAL_MAX)
		iq_fixed_repaired(out, keep(r, n - SERIAL_1970),
			N_("This is the number by which Excel counts days."));
	else if (s.n == 8 && n / 10000 >= 1900 && n / 10000 <= 2999)
		give(r, n / 10000, n / 100 % 100, n % 100, N_("Read as year, month, day."), out);
	else if (s.n == 4 && n >= 1900 && n <= 2999)
		iq_fixed_refused(out, N_("This is a year only. Enter a day."), none);
	else
		iq_fixed_refused(out, N_("This number is no date."), none);
}

/* day.month.year, year-month-day, and with slashes what can only be one of both */
static bool numbers(const struct iq_repair *r, struct iq_str s, struct iq_fixed *out)
{
	static const char century[] = N_("The year has two digits only; the century was added.");
	struct parts p;

	if (split(s, '.', &p) && p.na <= 2 && p.nb <= 2 && (p.nc == 4 || p.nc == 2)) {
		int y = p.nc == 4 ? p.c : p.c < 69 ? 2000 + p.c : 1900 + p.c;

		give(r, y, p.b, p.a, p.nc == 2 ? century : NULL, out);
		return true;
	}
	for (const char *sep = "-/."; *sep != '\0'; sep++)
		if (split(s, *sep, &p) && p.na == 4 && p.nb <= 2 && p.nc <= 2) {
			give(r, p.a, p.b, p.c, NULL, out);
			return true;
		}
	if ((split(s, '/', &p) || split(s, '-', &p)) && p.na <= 2 && p.nb <= 2 && p.nc == 4) {
		static const char slashes[] = N_("Read as day, month, year.");

		if (p.a > 12 && p.b <= 12)
			give(r, p.c, p.b, p.a, slashes, out);
		else if (p.b > 12 && p.a <= 12)
			give(r, p.c, p.a, p.b, N_("Read as month, day, year."), out);
		else if (p.a == p.b)
			give(r, p.c, p.b, p.a, slashes, out);
		else
			iq_fixed_refused(out,
				N_("Day and month cannot be told apart. Write day.month.year."),
				none);
		return true;
	}
	return false;
}

/* A time of day behind a date is cut off; *some: it was not midnight. */
static struct iq_str without_time(struct iq_str s, bool *some)
{
	const char *blank = s.n ? memchr(s.p, ' ', s.n) : NULL;

	if (blank == NULL && s.n > 10 && s.p[10] == 'T')
		blank = s.p + 10;
	if (blank == NULL)
		return s;

	struct iq_str time = {blank + 1, s.n - (size_t)(blank + 1 - s.p)};

	if (time.n < 4 || memchr(time.p, ':', time.n) == NULL)
		return s;
	for (size_t i = 0; i < time.n; i++) {
		if ((time.p[i] < '0' || time.p[i] > '9') && time.p[i] != ':' && time.p[i] != '.')
			return s;
		*some = *some || (time.p[i] >= '1' && time.p[i] <= '9');
	}
	return (struct iq_str){s.p, (size_t)(blank - s.p)};
}

static bool means_open(const struct iq_repair *r, struct iq_str s)
{
	static const char *const words[] = {
		"unbefristet", "offen", "open", "unlimited", "k-a", "keine", "kein", NULL};
	struct iq_str folded = iq_fold(r->arena, s, IQ_FOLD_AE);

	return folded.p != NULL && (folded.n == 0 || iq_choice(words, folded) >= 0);
}

void iq_repair_date(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out)
{
	bool time = false, all = true;
	struct iq_str s = without_time(iq_trim(cell), &time);

	iq_fixed_none(out, none);
	if (s.n == 0)
		return;
	for (size_t i = 0; i < s.n; i++)
		all = all && s.p[i] >= '0' && s.p[i] <= '9';
	if (all)
		digits(r, s, out);
	else if (means_open(r, s))
		iq_fixed_repaired(out, none, N_("Read as: no date."));
	else if (!numbers(r, s, out) && !month_in_words(r, s, out))
		iq_fixed_refused(out,
			N_("This is no date. Write day.month.year, for example 31.03.2026."), none);
	if (time && out->how == IQ_FIX_NONE)
		iq_fixed_repaired(out, out->value, N_("The time of day was left out."));
}
