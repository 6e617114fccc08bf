/* SPDX-License-Identifier: Apache-2.0 */
#include "content.h"

#include <stdio.h>

#include "date.h"
#include "utf8.h"

enum { LINE_OCTETS = 75 };

/* One character, or an escape that is better not torn apart. */
static void put(struct iq_content *c, const char *p, size_t n)
{
	if (c->octets + n > LINE_OCTETS) {
		iq_buf_str(c->out, IQ_STR("\r\n "));
		c->octets = 1;
	}
	iq_buf_add(c->out, p, n);
	c->octets += n;
}

void iq_content_raw_str(struct iq_content *c, struct iq_str text)
{
	while (text.n > 0) {
		const char *p = text.p;

		(void)iq_utf8_next(&text);
		put(c, p, (size_t)(text.p - p));
	}
}

void iq_content_raw(struct iq_content *c, const char *text)
{
	iq_content_raw_str(c, iq_str(text));
}

static void put_text_char(struct iq_content *c, uint32_t codepoint, const char *p, size_t n)
{
	char escaped[2] = {'\\', *p};

	switch (codepoint) {
	case '\n':
		put(c, "\\n", 2);
		break;
	case '\t':
		put(c, " ", 1);
		break;
	case '\\':
	case ',':
	case ';':
		put(c, escaped, 2);
		break;
	default:
		if (!iq_utf8_is_control(codepoint))
			put(c, p, n);
	}
}

void iq_content_text(struct iq_content *c, struct iq_str text)
{
	while (text.n > 0) {
		struct iq_str valid = {text.p, iq_utf8_valid_prefix(text)};

		text.p += valid.n;
		text.n -= valid.n;
		while (valid.n > 0) {
			const char *p = valid.p;
			uint32_t codepoint = iq_utf8_next(&valid);

			put_text_char(c, codepoint, p, (size_t)(valid.p - p));
		}
		if (text.n > 0) {
			put(c, "\xef\xbf\xbd", 3);
			text.p++;
			text.n--;
		}
	}
}

void iq_content_end(struct iq_content *c)
{
	iq_buf_str(c->out, IQ_STR("\r\n"));
	c->octets = 0;
}

void iq_content_line(struct iq_content *c, const char *name, const char *value)
{
	if (*value == '\0')
		return;
	iq_content_raw(c, name);
	iq_content_raw(c, ":");
	iq_content_raw(c, value);
	iq_content_end(c);
}

void iq_content_text_line(struct iq_content *c, const char *name, struct iq_str value)
{
	if (value.n == 0)
		return;
	iq_content_raw(c, name);
	iq_content_raw(c, ":");
	iq_content_text(c, value);
	iq_content_end(c);
}

void iq_content_date(int32_t day, char out[9])
{
	char iso[11];
	size_t n = 0;

	iq_date_format(day, iso);
	for (const char *p = iso; *p != '\0' && n < 8; p++)
		if (*p != '-')
			out[n++] = *p;
	out[n] = '\0';
}

void iq_content_utc(int64_t us, char out[17])
{
	int64_t s = us > 0 ? us / 1000000 : 0;
	int32_t day = (int32_t)(s / 86400);
	unsigned rest = (unsigned)(s % 86400);
	char date[9];

	iq_content_date(day, date);
	snprintf(out, 17, "%.8sT%02u%02u%02uZ", date, rest / 3600 % 24, rest / 60 % 60, rest % 60);
}

bool iq_content_is_url(struct iq_str s)
{
	if (!iq_str_starts(s, IQ_STR("https://")) && !iq_str_starts(s, IQ_STR("http://")))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\"<>\\^`{|}", s.p[i]) != NULL)
			return false;
	return true;
}
