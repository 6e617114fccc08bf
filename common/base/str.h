/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_STR_H
#define IQ_BASE_STR_H

/* A borrowed run of bytes, not NUL-terminated. Empty: n == 0, p may be NULL. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct iq_str {
	const char *p;
	size_t n;
};

/* IQ_STR("literal") */
#define IQ_STR(lit) ((struct iq_str){"" lit, sizeof(lit) - 1})
/* For printf: printf("%.*s", IQ_STR_ARG(s)) */
#define IQ_STR_ARG(s) (int)(s).n, ((s).p ? (s).p : "")

static inline struct iq_str iq_str(const char *c)
{
	return (struct iq_str){c, c ? strlen(c) : 0};
}

static inline bool iq_str_eq(struct iq_str a, struct iq_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool iq_str_is(struct iq_str a, const char *c)
{
	return iq_str_eq(a, iq_str(c));
}

/* Byte order; a prefix comes first. */
static inline int iq_str_cmp(struct iq_str a, struct iq_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool iq_str_starts(struct iq_str s, struct iq_str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* Cuts the part before the first `sep` off `*rest` and returns it; without `sep` all of it.
 * An empty rest (p == NULL) ends a loop: for (r = s; iq_str_cut(&r, ';', &part);) */
static inline bool iq_str_cut(struct iq_str *rest, char sep, struct iq_str *part)
{
	if (rest->p == NULL)
		return false;
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	if (at == NULL) {
		*part = *rest;
		rest->p = NULL;
		rest->n = 0;
	} else {
		*part = (struct iq_str){rest->p, (size_t)(at - rest->p)};
		rest->n -= part->n + 1;
		rest->p = at + 1;
	}
	return true;
}

#endif
