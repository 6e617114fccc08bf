/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <utf8proc.h>

/* Latin letters are known without a table: before this there is no mark and one format character.
 */
enum { SOFT_HYPHEN = 0xad, LATIN_END = 0x300 };

/* Bytes of the valid character at p (n > 0 bytes left), 0 if it is none. RFC 3629, section 4. */
static size_t char_length(const uint8_t *p, size_t n)
{
	uint8_t c = p[0], lo = 0x80, hi = 0xbf;
	size_t len;

	if (c < 0x80)
		return c != 0;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (c == 0xe0)
		lo = 0xa0; /* overlong */
	else if (c == 0xed)
		hi = 0x9f; /* surrogates */
	else if (c == 0xf0)
		lo = 0x90; /* overlong */
	else if (c == 0xf4)
		hi = 0x8f; /* above U+10FFFF */
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* All are ASCII and none is NUL: subtracting one from each byte sets its top bit only for NUL. */
static bool is_plain(uint64_t w)
{
	return ((w | (w - 0x0101010101010101u)) & 0x8080808080808080u) == 0;
}

/* The same of 1 to 8 bytes, read as two words that overlap. */
static bool is_plain_short(const uint8_t *p, size_t n)
{
	uint64_t w = 0x0101010101010101u;
	uint32_t a, b;
	uint16_t c, d;

	if (n >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		memcpy(&b, p + n - sizeof(b), sizeof(b));
		w = (uint64_t)a << 32 | b;
	} else if (n >= sizeof(c)) {
		memcpy(&c, p, sizeof(c));
		memcpy(&d, p + n - sizeof(d), sizeof(d));
		w = UINT64_C(0x0101010100000000) | (uint32_t)c << 16 | d;
	} else {
		w = (w & ~UINT64_C(0xff)) | p[0];
	}
	return is_plain(w);
}

size_t iq_utf8_valid_prefix(struct iq_str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t i = 0;

	while (i < s.n) {
		uint64_t w;

		while (s.n - i >= sizeof(w)) {
			memcpy(&w, p + i, sizeof(w));
			if (!is_plain(w))
				break;
			i += sizeof(w);
		}
		if (i == s.n || (s.n - i <= sizeof(w) && is_plain_short(p + i, s.n - i)))
			return s.n;

		size_t len = char_length(p + i, s.n - i);

		if (len == 0)
			break;
		i += len;
	}
	return i;
}

bool iq_utf8_valid(struct iq_str s)
{
	return iq_utf8_valid_prefix(s) == s.n;
}

bool iq_utf8_is_control(uint32_t codepoint)
{
	if (codepoint < 0xa0)
		return codepoint < 0x20 || codepoint >= 0x7f;
	if (codepoint < LATIN_END)
		return codepoint == SOFT_HYPHEN;
	if (codepoint > 0x10ffff)
		return true;

	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)codepoint);

	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
	       category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

uint32_t iq_utf8_next(struct iq_str *s)
{
	const uint8_t *p = (const uint8_t *)s->p;
	size_t len = p[0] < 0xc0 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (len > s->n)
		len = s->n;

	static const uint8_t first[] = {0, 0xff, 0x1f, 0x0f, 0x07};
	uint32_t c = p[0] & first[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3fu);
	s->p += len;
	s->n -= len;
	return c;
}

unsigned iq_utf8_columns(struct iq_str s)
{
	unsigned n = 0;

	while (s.n != 0) {
		uint32_t c = iq_utf8_next(&s);
		bool plain = c < LATIN_END && c != SOFT_HYPHEN && !iq_utf8_is_control(c);

		n += plain ? 1 : (unsigned)utf8proc_charwidth((utf8proc_int32_t)c);
	}
	return n;
}

void iq_utf8_escape(struct iq_buf *out, struct iq_str s)
{
	while (s.n != 0) {
		size_t len = char_length((const uint8_t *)s.p, s.n);

		if (len == 0) { /* also NUL, which is "valid" nowhere here */
			iq_buf_printf(out, "\\x%02x", (unsigned)(uint8_t)s.p[0]);
			s.p++;
			s.n--;
			continue;
		}

		struct iq_str whole = {s.p, len};
		uint32_t c = iq_utf8_next(&s);

		if (!iq_utf8_is_control(c))
			iq_buf_str(out, whole);
		else if (c < 0x100)
			iq_buf_printf(out, "\\x%02x", c);
		else if (c < 0x10000)
			iq_buf_printf(out, "\\u%04x", c);
		else
			iq_buf_printf(out, "\\U%08x", c);
	}
}
