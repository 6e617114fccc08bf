/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <wchar.h>

#include "client.h"
#include "utf8.h"

/* Width and wrapping of text on a terminal; text is valid UTF-8 without control characters. */

static unsigned char_width(uint32_t c)
{
	int w = c < 0x80 ? 1 : wcwidth((wchar_t)c);

	return w > 0 ? (unsigned)w : 0;
}

unsigned iq_width(struct iq_str s)
{
	unsigned w = 0;

	while (s.n > 0)
		w += char_width(iq_utf8_next(&s));
	return w;
}

/* Bytes of s that fit into `width` columns, at least one character. */
static size_t fitting(struct iq_str s, unsigned width)
{
	struct iq_str rest = s;
	unsigned w = 0;

	while (rest.n > 0) {
		struct iq_str at = rest;

		w += char_width(iq_utf8_next(&rest));
		if (w > width && at.n != s.n)
			return s.n - at.n;
	}
	return s.n;
}

/* Where to break s, which is longer than `fit` bytes: after the last blank or sign, or at fit. */
static size_t break_at(struct iq_str s, size_t fit)
{
	if (s.p[fit] == ' ')
		return fit;
	for (size_t i = fit; i > 0; i--)
		if (s.p[i - 1] == ' ')
			return i;
	for (size_t i = fit; i > 1; i--)
		if (s.p[i - 1] == '-' || s.p[i - 1] == '/' || s.p[i - 1] == '@' ||
			s.p[i - 1] == '.' || s.p[i - 1] == ';')
			return i;
	return fit;
}

static void wrap_line(struct iq_buf *b, struct iq_str s, unsigned width)
{
	while (s.n > 0) {
		size_t fit = fitting(s, width);
		size_t cut = fit < s.n ? break_at(s, fit) : fit;
		size_t end = cut;

		while (end > 0 && s.p[end - 1] == ' ')
			end--;
		iq_buf_add(b, s.p, end);
		s.p += cut;
		s.n -= cut;
		while (s.n > 0 && s.p[0] == ' ') {
			s.p++;
			s.n--;
		}
		if (s.n > 0)
			iq_buf_byte(b, '\n');
	}
}

struct iq_str iq_wrap(struct iq_cli *cli, struct iq_str s, unsigned width)
{
	struct iq_buf b;
	struct iq_str rest = s, line;
	bool first = true;

	if (s.n == 0 || (iq_width(s) <= width && memchr(s.p, '\n', s.n) == NULL))
		return s;
	iq_buf_init(&b, 0);
	while (iq_str_cut(&rest, '\n', &line)) {
		if (!first)
			iq_buf_byte(&b, '\n');
		first = false;
		wrap_line(&b, line, width);
	}
	struct iq_str out = iq_arena_dup(&cli->arena, (struct iq_str){(char *)b.p, b.n});

	iq_buf_free(&b);
	return out;
}
