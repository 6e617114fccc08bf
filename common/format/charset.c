/* SPDX-License-Identifier: Apache-2.0 */
#include "charset.h"

#include "utf8.h"

enum { REPLACEMENT = 0xfffd };

const char *const iq_encoding_names[IQ_ENCODINGS] = {
	[IQ_ENCODING_UTF8] = "UTF-8",
	[IQ_ENCODING_UTF8_BOM] = "UTF-8",
	[IQ_ENCODING_UTF16LE] = "UTF-16LE",
	[IQ_ENCODING_UTF16BE] = "UTF-16BE",
	[IQ_ENCODING_CP1252] = "Windows-1252",
};

/* 0x80 … 0x9f of Windows-1252; the rest is as in Unicode. 0: means nothing. */
static const uint16_t cp1252[32] = {0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d,
	0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178};

static void put(struct iq_buf *out, uint32_t c)
{
	if (c < 0x80) {
		iq_buf_byte(out, (uint8_t)c);
	} else if (c < 0x800) {
		iq_buf_byte(out, (uint8_t)(0xc0 | c >> 6));
		iq_buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
	} else {
		if (c < 0x10000) {
			iq_buf_byte(out, (uint8_t)(0xe0 | c >> 12));
		} else {
			iq_buf_byte(out, (uint8_t)(0xf0 | c >> 18));
			iq_buf_byte(out, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
		}
		iq_buf_byte(out, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
		iq_buf_byte(out, (uint8_t)(0x80 | (c & 0x3f)));
	}
}

static uint32_t unit(struct iq_str in, size_t i, bool little)
{
	uint32_t a = (uint8_t)in.p[i], b = (uint8_t)in.p[i + 1];

	return little ? a | b << 8 : a << 8 | b;
}

static size_t decode_utf16(struct iq_str in, bool little, bool last, struct iq_buf *out)
{
	size_t i = 0;

	while (in.n - i >= 2) {
		uint32_t c = unit(in, i, little);

		if (c >= 0xd800 && c < 0xdc00) {
			if (in.n - i < 4 && !last)
				break;

			uint32_t low = in.n - i >= 4 ? unit(in, i + 2, little) : 0;

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i += 2;
			} else {
				c = REPLACEMENT;
			}
		} else if (c >= 0xdc00 && c < 0xe000) {
			c = REPLACEMENT;
		}
		put(out, c);
		i += 2;
	}
	if (last && i < in.n) { /* half a unit */
		put(out, REPLACEMENT);
		i = in.n;
	}
	return i;
}

size_t iq_charset_decode(enum iq_encoding encoding, struct iq_str in, bool last, struct iq_buf *out)
{
	if (encoding == IQ_ENCODING_UTF16LE || encoding == IQ_ENCODING_UTF16BE)
		return decode_utf16(in, encoding == IQ_ENCODING_UTF16LE, last, out);
	if (encoding != IQ_ENCODING_CP1252) {
		iq_buf_str(out, in);
		return in.n;
	}
	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = (uint8_t)in.p[i];
		uint32_t to = c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c;

		put(out, to == 0 && c != 0 ? REPLACEMENT : to);
	}
	return in.n;
}

/* The byte of a character, -1 if Windows-1252 has none. */
static int to_cp1252(uint32_t c)
{
	if (c < 0x80 || (c >= 0xa0 && c <= 0xff))
		return (int)c;
	for (int i = 0; i < 32; i++)
		if (cp1252[i] == c)
			return 0x80 + i;
	return -1;
}

size_t iq_cp1252_encode(struct iq_str utf8, struct iq_buf *out, struct iq_buf *lost)
{
	size_t n = 0;

	while (utf8.n != 0) {
		const char *from = utf8.p;
		uint32_t c = iq_utf8_next(&utf8);
		int byte = to_cp1252(c);
		size_t len = (size_t)(utf8.p - from);

		iq_buf_byte(out, byte < 0 ? '?' : (uint8_t)byte);
		if (byte >= 0)
			continue;
		n++;
		if (lost->n == 0 || memmem(lost->p, lost->n, from, len) == NULL)
			iq_buf_add(lost, from, len);
	}
	return n;
}

bool iq_charset_undo_double(struct iq_str utf8, struct iq_buf *out)
{
	bool changed = false;
	size_t before = out->n;

	while (utf8.n != 0) {
		uint32_t c = iq_utf8_next(&utf8);
		int byte = to_cp1252(c);

		/* the five bytes that mean nothing come through as the controls they are */
		if (byte < 0 && c >= 0x80 && c < 0xa0)
			byte = (int)c;
		if (byte < 0)
			return false;
		changed |= byte >= 0x80;
		iq_buf_byte(out, (uint8_t)byte);
	}
	return changed && !out->failed &&
	       iq_utf8_valid((struct iq_str){(char *)out->p + before, out->n - before});
}
