/* SPDX-License-Identifier: Apache-2.0 */
#include "fold.h"

#include <utf8proc.h>

#include "utf8.h"

enum { DIAERESIS = 0x308, DISTANCE_MAX = 255 };

/* Letters that Unicode does not decompose into a base letter; lower case suffices. */
static const struct {
	utf8proc_int32_t c;
	const char *to;
} letters[] = {
	{0x00e6, "ae"}, /* æ */
	{0x00f0, "d"},  /* ð */
	{0x00f8, "o"},  /* ø */
	{0x00fe, "th"}, /* þ */
	{0x0111, "d"},  /* đ */
	{0x0127, "h"},  /* ħ */
	{0x0131, "i"},  /* ı */
	{0x0138, "k"},  /* ĸ */
	{0x0142, "l"},  /* ł */
	{0x014b, "n"},  /* ŋ */
	{0x0153, "oe"}, /* œ */
	{0x0167, "t"},  /* ŧ */
	{0x0180, "b"},  /* ƀ */
	{0x0199, "k"},  /* ƙ */
	{0x01e5, "g"},  /* ǥ */
	{0x0259, "e"},  /* ə, Azerbaijani */
	{0x0268, "i"},  /* ɨ */
};

struct output {
	struct iq_arena *arena;
	char *p;
	size_t n, cap;
	bool gap; /* something that is no letter or digit came since the last letter */
};

static void put(struct output *o, const char *p, size_t n)
{
	size_t need = o->n + n + 2; /* with '-' and NUL */

	if (o->p == NULL)
		return;
	if (need > o->cap) {
		o->p = iq_arena_grow(o->arena, o->p, o->cap, need * 2);
		o->cap = need * 2;
		if (o->p == NULL)
			return;
	}
	if (o->gap && o->n != 0)
		o->p[o->n++] = '-';
	o->gap = false;
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static bool is_mark(utf8proc_int32_t c)
{
	utf8proc_category_t category = utf8proc_category(c);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
	       category == UTF8PROC_CATEGORY_ME;
}

static void put_letter(struct output *o, utf8proc_int32_t c)
{
	utf8proc_uint8_t bytes[4];

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].c == c) {
			put(o, letters[i].to, strlen(letters[i].to));
			return;
		}

	utf8proc_category_t category = utf8proc_category(c);
	bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
	bool digit = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;

	if (letter || digit)
		put(o, (char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
	else if (category != UTF8PROC_CATEGORY_CF) /* a soft hyphen does not part a word */
		o->gap = true;
}

/*
 * Compatibility decomposition with case folding: an umlaut is its base letter followed by
 * marks with U+0308 among them, whether it was typed composed or not.
 */
static void fold_unicode(struct output *o, struct iq_str s, enum iq_fold how)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s.p;
	const utf8proc_option_t options =
		UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD;
	utf8proc_ssize_t n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, NULL, 0, options);
	utf8proc_int32_t *c = n < 0 ? NULL : iq_arena_array(o->arena, (size_t)n, sizeof(*c));

	if (c == NULL) {
		o->p = NULL;
		return;
	}
	n = utf8proc_decompose(p, (utf8proc_ssize_t)s.n, c, n, options);
	for (utf8proc_ssize_t i = 0; i < n;) {
		utf8proc_int32_t base = c[i++];
		bool umlaut = false;

		if (is_mark(base)) /* a mark without a letter */
			continue;
		for (; i < n && c[i] >= 0x80 && is_mark(c[i]); i++)
			umlaut |= c[i] == DIAERESIS;
		put_letter(o, base);
		if (umlaut && how == IQ_FOLD_AE && (base == 'a' || base == 'o' || base == 'u'))
			put(o, "e", 1);
	}
}

static bool all_ascii(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] >= 0x80)
			return false;
	return true;
}

/* As fold_unicode() for ASCII; the output fits as it never grows. */
static void fold_ascii(struct output *o, struct iq_str s)
{
	for (size_t i = 0; o->p != NULL && i < s.n; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + ('a' - 'A'));
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
			o->gap = true;
			continue;
		}
		if (o->gap && o->n != 0)
			o->p[o->n++] = '-';
		o->gap = false;
		o->p[o->n++] = c;
	}
}

struct iq_str iq_fold(struct iq_arena *a, struct iq_str s, enum iq_fold how)
{
	struct output o = {.arena = a, .cap = s.n + 8};

	if (!iq_utf8_valid(s))
		return (struct iq_str){NULL, 0};
	o.p = iq_arena_alloc(a, o.cap);
	if (all_ascii(s))
		fold_ascii(&o, s);
	else
		fold_unicode(&o, s, how);
	if (o.p == NULL)
		return (struct iq_str){NULL, 0};
	o.p[o.n] = '\0';
	return (struct iq_str){o.p, o.n};
}

size_t iq_fold_keys(struct iq_arena *a, struct iq_str s, struct iq_str out[IQ_FOLDS])
{
	out[0] = iq_fold(a, s, IQ_FOLD_AE);
	out[1] = out[0];
	if (out[0].n == 0)
		return 0;
	if (all_ascii(s))
		return 1;
	out[1] = iq_fold(a, s, IQ_FOLD_A);
	return out[1].p == NULL || iq_str_eq(out[0], out[1]) ? 1 : 2;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

unsigned iq_fold_distance(struct iq_str a, struct iq_str b, unsigned max)
{
	uint16_t rows[3][DISTANCE_MAX + 1];
	size_t apart = a.n > b.n ? a.n - b.n : b.n - a.n;

	if (a.n > DISTANCE_MAX || b.n > DISTANCE_MAX)
		return iq_str_eq(a, b) ? 0 : max + 1;
	if (apart > max)
		return max + 1;
	for (size_t j = 0; j <= b.n; j++)
		rows[0][j] = (uint16_t)j;
	for (size_t i = 1; i <= a.n; i++) {
		uint16_t *row = rows[i % 3], *one = rows[(i - 1) % 3], *two = rows[(i + 1) % 3];
		unsigned least = row[0] = (uint16_t)i;

		for (size_t j = 1; j <= b.n; j++) {
			unsigned differs = a.p[i - 1] != b.p[j - 1];
			unsigned d = min3(one[j] + 1u, row[j - 1] + 1u, one[j - 1] + differs);

			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
				a.p[i - 2] == b.p[j - 1] && two[j - 2] + 1u < d)
				d = two[j - 2] + 1u;
			row[j] = (uint16_t)d;
			least = d < least ? d : least;
		}
		if (least > max)
			return max + 1;
	}

	unsigned d = rows[a.n % 3][b.n];

	return d > max ? max + 1 : d;
}
