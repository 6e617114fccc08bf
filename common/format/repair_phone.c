/* SPDX-License-Identifier: Apache-2.0 */
/* German phone numbers, to the international form of DIN 5008 and ITU-T E.123. */
#include <stdio.h>

#include "i18n.h"
#include "repair.h"

enum { GROUPS = 8, DIGITS_MIN = 6, DIGITS_MAX = 14 };

/* Digits in groups, with what stands before each. */
struct number {
	struct iq_str group[GROUPS];
	char before[GROUPS]; /* ' ', '/', '-', or ')': the group before was in brackets */
	size_t n, digits;
	bool plus, dropped; /* "+"; "(0)" was left out */
};

/* False: characters that no number has, or too many groups. */
static bool split(struct iq_str s, struct number *out)
{
	char before = ' ';
	bool bracket = false;

	if (s.n != 0 && s.p[0] == '+') {
		out->plus = true;
		s = (struct iq_str){s.p + 1, s.n - 1};
	}
	for (size_t i = 0; i < s.n;) {
		size_t from = i;

		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		if (i > from) {
			struct iq_str group = {s.p + from, i - from};

			if (bracket && out->n != 0 && iq_str_is(group, "0")) {
				out->dropped = true; /* +49 (0)341 */
				continue;
			}
			if (out->n == GROUPS)
				return false;
			out->group[out->n] = group;
			out->before[out->n++] = before;
			out->digits += group.n;
			before = ' ';
			continue;
		}
		char c = s.p[i++];

		if (c == '(' && !bracket)
			bracket = true;
		else if (c == ')' && bracket)
			bracket = false;
		else if (c != ' ' && c != '/' && c != '-' && c != '.')
			return false;
		if (c == '/' && before == '/')
			return false;
		if (c == '/' || (c == '-' && before != '/'))
			before = c;
	}
	return !bracket && out->n != 0;
}

static size_t slashes(const struct number *n)
{
	size_t count = 0;

	for (size_t i = 0; i < n->n; i++)
		count += n->before[i] == '/';
	return count;
}

/* "+49 341 1234": the code, then the rest in one piece; an extension keeps its hyphen. */
static struct iq_str written(const struct iq_repair *r, struct number *n, size_t cut)
{
	char out[64];
	size_t at = 0;

	n->group[0].p += cut;
	n->group[0].n -= cut;
	at += (size_t)snprintf(out, sizeof(out), "+49 ");
	for (size_t i = 0; i < n->n && at < sizeof(out) - 16; i++) {
		bool extension = i + 1 == n->n && i > 1 && n->before[i] == '-';

		if (i == 1)
			out[at++] = ' ';
		else if (extension)
			out[at++] = '-';
		for (size_t k = 0; k < n->group[i].n && at < sizeof(out) - 2; k++)
			out[at++] = n->group[i].p[k];
	}
	return iq_arena_dup(r->arena, (struct iq_str){out, at});
}

static bool international(
	const struct iq_repair *r, struct number *n, struct iq_str s, struct iq_fixed *out)
{
	static const char why[] = N_("Written in the international form.");
	bool changed = n->dropped || slashes(n) != 0 || memchr(s.p, '(', s.n) != NULL;

	if (!n->plus && !iq_str_starts(n->group[0], IQ_STR("0049")))
		return false;
	if (n->plus && (!changed || !iq_str_is(n->group[0], "49") || n->n < 2))
		return true; /* as it is */

	if (iq_str_is(n->group[0], "49") || iq_str_is(n->group[0], "0049")) {
		if (n->n < 2)
			return true;
		for (size_t i = 1; i < n->n; i++) {
			n->group[i - 1] = n->group[i];
			n->before[i - 1] = n->before[i];
		}
		n->n--;
		iq_fixed_repaired(out, written(r, n, 0), why);
	} else {
		iq_fixed_repaired(out, written(r, n, 4), why);
	}
	return true;
}

void iq_repair_phone(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out)
{
	struct iq_str s = iq_trim(cell);
	struct number n = {.n = 0};

	iq_fixed_none(out, s);
	if (s.n == 0 || !split(s, &n) || n.digits > DIGITS_MAX + 2)
		return;
	if (international(r, &n, s, out))
		return;
	if (n.group[0].p[0] != '0') {
		/* 115, 116117 and the like are whole */
		if (n.n == 1 && n.digits > DIGITS_MIN)
			iq_fixed_refused(out,
				N_("The area code is missing, or its zero was lost. Format the "
				   "column as "
				   "text."),
				(struct iq_str){"", 0});
		return;
	}
	if (n.digits < DIGITS_MIN || n.digits > DIGITS_MAX || slashes(&n) > 1 || n.group[0].n < 2 ||
		n.group[0].p[1] == '0')
		return;
	iq_fixed_repaired(out, written(r, &n, 1), N_("Written in the international form."));
}
