/* SPDX-License-Identifier: Apache-2.0 */
/* Values in the places they are written to. */
#include "report_priv.h"
#include "utf8.h"

/* Appends s with `special` bytes replaced; nothing but ASCII is special, so UTF-8 stays whole. */
static void replace(struct iq_buf *b, struct iq_str s, const char *(*special)(char c))
{
	size_t start = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *with = special(s.p[i]);

		if (with == NULL)
			continue;
		iq_buf_add(b, s.p + start, i - start);
		iq_buf_str(b, iq_str(with));
		start = i + 1;
	}
	if (start < s.n)
		iq_buf_add(b, s.p + start, s.n - start);
}

/* Most texts have neither controls nor anything invalid. */
static bool is_clean(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < 0x20 || (uint8_t)s.p[i] >= 0x7f)
			return false;
	return true;
}

static void escape(struct iq_buf *b, struct iq_str s, const char *(*special)(char c))
{
	struct iq_buf visible;

	if (is_clean(s)) {
		replace(b, s, special);
		return;
	}
	iq_buf_init(&visible, 0);
	iq_utf8_escape(&visible, s);
	if (visible.failed)
		b->failed = true;
	replace(b, (struct iq_str){(char *)visible.p, visible.n}, special);
	iq_buf_free(&visible);
}

static const char *html(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void iq_report_escape(struct iq_buf *b, struct iq_str s)
{
	escape(b, s, html);
}

/* Anything that could end the string, the rule or the element, as \26 and a blank. */
static const char *css(char c)
{
	switch (c) {
	case '"':
		return "\\22 ";
	case '&':
		return "\\26 ";
	case '\'':
		return "\\27 ";
	case '<':
		return "\\3c ";
	case '>':
		return "\\3e ";
	case '\\':
		return "\\5c ";
	default:
		return NULL;
	}
}

void iq_report_escape_css(struct iq_buf *b, struct iq_str s)
{
	escape(b, s, css);
}

/* A backslash begins \N, \G … in labels, which would be replaced. */
static const char *dot(char c)
{
	return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
}

void iq_report_escape_dot(struct iq_buf *b, struct iq_str s)
{
	escape(b, s, dot);
}

static bool is_plain(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] <= 0x20 || (uint8_t)s.p[i] == 0x7f || s.p[i] == '\\')
			return false;
	return iq_utf8_valid(s);
}

bool iq_report_is_url(struct iq_str s)
{
	struct iq_str host = {0};

	if (iq_str_starts(s, IQ_STR("https://")))
		host = (struct iq_str){s.p + 8, s.n - 8};
	else if (iq_str_starts(s, IQ_STR("http://")))
		host = (struct iq_str){s.p + 7, s.n - 7};
	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == '@') /* https://well.known@elsewhere/ */
			return false;
		if (host.p[i] == '/' || host.p[i] == '?' || host.p[i] == '#')
			break;
	}
	return host.n != 0 && is_plain(s);
}

/* The characters of RFC 5322 atoms; no `?`, which would begin header fields in mailto:. */
bool iq_report_is_email(struct iq_str s)
{
	size_t ats = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		ats += c == '@';
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    (c != '\0' && strchr("@.-_+", c) != NULL)))
			return false;
	}
	return ats == 1 && s.p[0] != '@' && s.p[s.n - 1] != '@';
}

struct iq_str iq_report_tel(struct iq_arena *mem, struct iq_str s)
{
	char *out = iq_arena_alloc(mem, s.n + 1);
	size_t n = 0;

	if (out == NULL)
		return (struct iq_str){0};
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if ((c >= '0' && c <= '9') || (c == '+' && n == 0))
			out[n++] = c;
		else if (c == '\0' || strchr(" -/().", c) == NULL)
			return (struct iq_str){0};
	}
	out[n] = '\0';
	return n >= 3 ? (struct iq_str){out, n} : (struct iq_str){0};
}
