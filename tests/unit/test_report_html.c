/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML is read by a small tokenizer that knows no mercy: whatever it does not expect fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib.h"
#include "report_priv.h"
#include "report_sample.h"
#include "utf8.h"

static char *html_of(const struct iq_report *doc, enum iq_report_lang lang)
{
	struct iq_buf b;
	char *out;

	iq_buf_init(&b, 0);
	assert_int_equal(iq_report_html(doc, lang, &b, NULL), IQ_OK);
	iq_buf_byte(&b, '\0');
	assert_false(b.failed);
	out = strdup((char *)b.p);
	assert_int_equal(strlen(out) + 1, b.n); /* no NUL inside */
	iq_buf_free(&b);
	return out;
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	for (const char *p = s; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

static bool in_list(const char *list, const char *word, size_t n)
{
	char key[64];

	assert_true(n + 3 < sizeof(key));
	snprintf(key, sizeof(key), " %.*s ", (int)n, word);
	return strstr(list, key) != NULL;
}

struct walk {
	size_t scripts, styles, mains, captions, tables, nids;
	char ids[4000][40];
	char refs[4000][40];
	size_t nrefs;
};

static void check_href(struct walk *w, const char *v, size_t n)
{
	static const char *const schemes[] = {"https://", "http://", "mailto:", "tel:"};

	if (n > 1 && v[0] == '#') {
		assert_true(w->nrefs < 4000 && n < 40);
		snprintf(w->refs[w->nrefs++], 40, "%.*s", (int)n - 1, v + 1);
		return;
	}
	for (size_t i = 0; i < SAMPLE_N(schemes); i++)
		if (strncmp(v, schemes[i], strlen(schemes[i])) == 0)
			return;
	fail_msg("address %.*s", (int)n, v);
}

static void check_attribute(
	struct walk *w, const char *name, size_t n, const char *value, size_t nvalue)
{
	static const char known[] =
		" lang charset http-equiv content name class href id scope tabindex role "
		"aria-label "
		"aria-hidden aria-live aria-labelledby hidden data-shown type autocomplete value "
		"checked width height viewBox markerWidth markerHeight markerUnits orient refX "
		"refY "
		"d fill stroke stroke-width stroke-dasharray marker-end x y rx font-size "
		"font-weight "
		"text-anchor paint-order ";

	if (!in_list(known, name, n))
		fail_msg("attribute %.*s", (int)n, name);
	if (n == 4 && strncmp(name, "href", 4) == 0)
		check_href(w, value, nvalue);
	if (n == 2 && strncmp(name, "id", 2) == 0) {
		assert_true(w->nids < 4000 && nvalue < 40);
		snprintf(w->ids[w->nids], 40, "%.*s", (int)nvalue, value);
		for (size_t i = 0; i < w->nids; i++)
			if (strcmp(w->ids[i], w->ids[w->nids]) == 0)
				fail_msg("id %s twice", w->ids[i]);
		w->nids++;
	}
}

/* Attributes of a tag; returns where it ends. */
static const char *check_attributes(struct walk *w, const char *p)
{
	while (*p != '>') {
		const char *name, *value = "";
		size_t n, nvalue = 0;

		p += strspn(p, " \n/");
		if (*p == '>')
			break;
		name = p;
		n = strcspn(p, "= >/");
		assert_true(n != 0);
		p += n;
		if (*p == '=' && p[1] == '"') {
			value = p + 2;
			nvalue = strcspn(value, "\"");
			p = value + nvalue + 1;
		} else if (*p == '=') {
			value = p + 1;
			nvalue = strcspn(value, " >");
			p = value + nvalue;
		}
		assert_null(memchr(value, '<', nvalue));
		check_attribute(w, name, n, value, nvalue);
	}
	return p + 1;
}

static void check_text(const char *p, size_t n)
{
	struct iq_str s = {p, n};

	assert_true(iq_utf8_valid(s));
	while (s.n != 0) {
		uint32_t c = iq_utf8_next(&s);

		if (c != '\n' && iq_utf8_is_control(c))
			fail_msg("U+%04X in the text", c);
	}
	for (const char *a = p; a < p + n && (a = memchr(a, '&', (size_t)(p + n - a))) != NULL; a++)
		if (strncmp(a, "&amp;", 5) != 0 && strncmp(a, "&lt;", 4) != 0 &&
			strncmp(a, "&gt;", 4) != 0 && strncmp(a, "&quot;", 6) != 0 &&
			strncmp(a, "&shy;", 5) != 0 && strncmp(a, "&#39;", 5) != 0)
			fail_msg("not escaped: %.20s", a);
}

static const char *check_tag(struct walk *w, const char *p)
{
	static const char known[] =
		" html head meta title style body section div header nav main footer form label "
		"input "
		"select option button output h1 h2 h3 h4 p dl dt dd ul ol li a b small span code "
		"table "
		"caption thead tbody tr th td svg desc defs marker g rect path text script ";
	size_t n = strcspn(p, " >/");

	if (!in_list(known, p, n))
		fail_msg("element %.40s", p);
	w->tables += strncmp(p, "table", 5) == 0;
	w->captions += strncmp(p, "caption", 7) == 0;
	w->mains += strncmp(p, "main", 4) == 0;
	if (strncmp(p, "style>", 6) == 0 || strncmp(p, "script>", 7) == 0) {
		const char *end = strstr(p, p[1] == 't' ? "</style>" : "</script>");

		assert_non_null(end);
		*(p[1] == 't' ? &w->styles : &w->scripts) += 1;
		assert_null(memchr(p, '<', (size_t)(end - p)));
		return end;
	}
	return check_attributes(w, p + n);
}

/* Tags are balanced where HTML does not let them be left out. */
static void check_balance(const char *html)
{
	static const char *const elements[] = {"section", "div", "table", "a", "b", "small", "span",
		"caption", "h1", "h2", "h3", "dl", "ul", "ol", "form", "label", "select", "svg",
		"g", "text", "defs", "nav", "main", "header", "footer", "title", "html", "body"};

	for (size_t i = 0; i < SAMPLE_N(elements); i++) {
		char open[24], attributes[24], close[24];

		snprintf(open, sizeof(open), "<%s>", elements[i]);
		snprintf(attributes, sizeof(attributes), "<%s ", elements[i]);
		snprintf(close, sizeof(close), "</%s>", elements[i]);
		if (count(html, open) + count(html, attributes) != count(html, close))
			fail_msg("<%s> is not balanced", elements[i]);
	}
}

static struct walk *walk(const char *html)
{
	struct walk *w = calloc(1, sizeof(*w));
	const char *p = html;

	assert_non_null(w);
	assert_memory_equal(p, "<!DOCTYPE html>\n", 16);
	p += 16;
	while (*p != '\0') {
		size_t n = strcspn(p, "<");

		check_text(p, n);
		assert_null(memchr(p, '>', n));
		p += n;
		if (*p == '\0')
			break;
		p = p[1] == '/' ? strchr(p, '>') + 1 : check_tag(w, p + 1);
	}
	assert_int_equal(w->scripts, 1);
	assert_int_equal(w->styles, 1);
	assert_int_equal(w->tables, w->captions);
	for (size_t i = 0; i < w->nrefs; i++) {
		bool found = false;

		for (size_t k = 0; k < w->nids; k++)
			found = found || strcmp(w->refs[i], w->ids[k]) == 0;
		if (!found)
			fail_msg("#%s leads nowhere", w->refs[i]);
	}
	check_balance(html);
	return w;
}

static void hostile(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) { /* every text is hostile in one of them */
		struct sample s;

		sample_make(&s, 20, 11, 60, IQ_REPORT_MEMBERS, true);
		if (turn != 0) {
			sample_free(&s);
			sample_make(&s, 19, 12, 60, IQ_REPORT_PARTNERS, true);
		}

		char *html = html_of(&s.doc, IQ_REPORT_BOTH);
		struct walk *w = walk(html);

		assert_int_equal(w->mains, 2);
		assert_null(strstr(html, "<img"));
		assert_null(strstr(html, "\x1b"));
		assert_null(strstr(html, "\u202e"));
		assert_non_null(strstr(html, "&lt;script&gt;alert(1)&lt;/script&gt;"));
		assert_non_null(strstr(html, "\\u202etxt.exe"));
		assert_non_null(strstr(html, "\\x1b]0;x"));
		free(w);
		free(html);
		sample_free(&s);
	}
}

/* Title and recipient stand in the style, too: in a string that they cannot end. */
static void style(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s, 2, 2, 50, IQ_REPORT_PARTNERS, false);
	s.doc.title = iq_report_same(IQ_STR("a\"}*{color:red}\n</style><b>\\"));
	s.doc.recipient = IQ_STR("\"; content: url(x)");

	char *html = html_of(&s.doc, IQ_REPORT_DE);

	free(walk(html));
	assert_non_null(strstr(html, "content:\"a\\22 }*{color:red}\\5c x0a\\3c /style\\3e "));
	assert_null(strstr(html, "\"; content: url"));
	free(html);
	sample_free(&s);
}

static void addresses(void **state)
{
	static const struct {
		const char *s;
		bool url, email;
	} cases[] = {
		{"https://example.org/a?b=c&d", true, false},
		{"http://example.org", true, false},
		{"javascript:alert(1)", false, false},
		{"JaVaScRiPt:alert(1)", false, false},
		{" https://example.org", false, false},
		{"https://exa mple.org", false, false},
		{"https://bund.de@example.org/", false, false},
		{"https://example.org/@name", true, false},
		{"https://", false, false},
		{"data:text/html,x", false, false},
		{"//example.org", false, false},
		{"https:\\\\example.org", false, false},
		{"https://example.org/\xff", false, false},
		{"post@example.org", false, true},
		{"post@example.org?bcc=x@example.org", false, false},
		{"a@b@example.org", false, false},
		{"post@", false, false},
		{"@example.org", false, false},
		{"", false, false},
	};
	struct iq_arena mem;

	(void)state;
	for (size_t i = 0; i < SAMPLE_N(cases); i++) {
		assert_int_equal(iq_report_is_url(iq_str(cases[i].s)), cases[i].url);
		assert_int_equal(iq_report_is_email(iq_str(cases[i].s)), cases[i].email);
	}
	iq_arena_init(&mem, 0);
	assert_true(iq_str_is(iq_report_tel(&mem, IQ_STR("+49 (30) 23125-101")), "+493023125101"));
	assert_int_equal(iq_report_tel(&mem, IQ_STR("030 23125 App. 5")).n, 0);
	assert_int_equal(iq_report_tel(&mem, IQ_STR("12;ext=3")).n, 0);
	assert_int_equal(iq_report_tel(&mem, IQ_STR("")).n, 0);
	iq_arena_free(&mem);
}

/* What is no address stays text. */
static void links(void **state)
{
	struct iq_report_sheet sheet = {.phone = IQ_STR("siehe Aushang"),
		.email = IQ_STR("keine"),
		.url = IQ_STR("javascript:alert(1)")};
	struct sample s;

	(void)state;
	sample_make(&s, 2, 1, 0, IQ_REPORT_PUBLIC, false);
	s.doc.sheets = &sheet;
	s.doc.nsheets = 1;
	s.doc.ngraphs = 0;

	char *html = html_of(&s.doc, IQ_REPORT_DE);

	assert_non_null(strstr(html, "<dd>javascript:alert(1)</dd>"));
	assert_null(strstr(html, "href=\"javascript"));
	assert_null(strstr(html, "tel:"));
	assert_null(strstr(html, "mailto:"));
	free(html);
	sample_free(&s);
}

/* The policy names the very bytes of style and script, and nothing else. */
static void policy(void **state)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const char *const tags[] = {"style", "script"};
	const struct iq_lib_sodium *lib = iq_lib_sodium();
	struct sample s;

	(void)state;
	assert_non_null(lib);
	sample_make(&s, 3, 3, 50, IQ_REPORT_PARTNERS, true);

	char *html = html_of(&s.doc, IQ_REPORT_BOTH);

	assert_non_null(strstr(html, "content=\"default-src 'none'; style-src 'sha256-"));
	assert_null(strstr(html, "unsafe"));
	for (size_t i = 0; i < 2; i++) {
		char open[16], close[16], want[16];
		uint8_t hash[32], said[33];
		size_t n = 0;

		snprintf(open, sizeof(open), "<%s>", tags[i]);
		snprintf(close, sizeof(close), "</%s>", tags[i]);
		snprintf(want, sizeof(want), "%s-src '", tags[i]);

		const char *body = strstr(html, open) + strlen(open);
		const char *text = strstr(strstr(html, want), "sha256-") + 7;

		lib->crypto_hash_sha256(
			hash, (const uint8_t *)body, (size_t)(strstr(body, close) - body));
		for (uint32_t v = 0, k = 0; k < 44; k++) {
			const char *digit = text[k] != '=' ? strchr(digits, text[k]) : digits;

			assert_non_null(digit);
			v = v << 6 | (uint32_t)(digit - digits);
			if (k % 4 == 3)
				for (int shift = 16; shift >= 0; shift -= 8)
					said[n++] = (uint8_t)(v >> shift);
		}
		assert_memory_equal(hash, said, 32);
	}
	free(html);
	sample_free(&s);
}

/* Rows of the parts 7, 6, 6, 6: with an entry there, in the row or in one below it; in the first
 * also the last of a branch in which nobody does anything. */
static size_t rows_by_hand(const struct iq_report_matrix *m)
{
	static const size_t from[] = {0, 7, 13, 19, 25};
	size_t n = 0;

	for (size_t part = 0; part < 4; part++)
		for (size_t r = 0; r < m->nrows; r++) {
			bool here = false, any = false, leaf = true;

			for (size_t c = 0; c < m->ncolumns; c++)
				any = any || m->cells[r * m->ncolumns + c].nentries != 0;
			for (size_t k = r; k < m->nrows; k++) {
				bool below = k > r && m->rows[k].depth > m->rows[r].depth;

				if (k > r && !below)
					break;
				leaf = leaf && !below;
				for (size_t c = from[part]; c < from[part + 1]; c++)
					here = here || m->cells[k * m->ncolumns + c].nentries != 0;
			}
			n += here || (part == 0 && leaf && !any);
		}
	return n;
}

static void matrix(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s, 12, 25, 30, IQ_REPORT_PUBLIC, false);

	char *html = html_of(&s.doc, IQ_REPORT_EN);

	free(walk(html));
	assert_int_equal(count(html, "<table class=m>"), 4); /* 7, 6, 6, 6 */
	assert_int_equal(count(html, "<th scope=col id=c"), 25);
	assert_int_equal(count(html, "<th scope=row id=t"), rows_by_hand(&s.doc.matrix));

	size_t entries = 0, said = 0;

	for (size_t i = 0; i < 12 * 25; i++)
		entries += s.doc.matrix.cells[i].nentries;
	for (const char *p = html; (p = strstr(p, "<td><p class=\"r")) != NULL; p++)
		said++;
	assert_true(said > 0);
	/* each entry has its sentence */
	assert_int_equal(count(html, "</span><span class=v>"), entries);
	assert_non_null(strstr(html, "whatever the status.</span>"));
	free(html);
	sample_free(&s);
}

/* A public edition says nothing of recipients; equal documents are equal bytes. */
static void editions(void **state)
{
	struct sample a, b;

	(void)state;
	sample_make(&a, 8, 9, 30, IQ_REPORT_PARTNERS, false);
	sample_make(&b, 8, 9, 30, IQ_REPORT_PARTNERS, false);

	char *x = html_of(&a.doc, IQ_REPORT_BOTH), *y = html_of(&b.doc, IQ_REPORT_BOTH);

	assert_string_equal(x, y);
	assert_non_null(strstr(x, "Erika Mustermann"));
	free(x);
	a.doc.edition = IQ_REPORT_PUBLIC;
	a.doc.parts[IQ_REPORT_CONTACTS].present = false;
	x = html_of(&a.doc, IQ_REPORT_BOTH);
	assert_null(strstr(x, "Erika Mustermann"));
	free(walk(x));
	free(x);
	free(y);
	sample_free(&a);
	sample_free(&b);
}

/* What is missing in one language is given in the other and says so. */
static void languages(void **state)
{
	struct sample s;

	(void)state;
	sample_make(&s, 2, 2, 50, IQ_REPORT_PUBLIC, false);
	s.doc.title = (struct iq_report_text){{[IQ_LANG_DE] = IQ_STR("Nur deutsch")}};

	char *html = html_of(&s.doc, IQ_REPORT_EN);

	assert_non_null(strstr(html, "<html lang=en>"));
	assert_non_null(strstr(html, "<h1><span lang=de>Nur deutsch</span></h1>"));
	free(html);
	html = html_of(&s.doc, IQ_REPORT_BOTH);
	assert_non_null(strstr(html, "<div class=\"doc de\" lang=de>"));
	assert_non_null(strstr(html, "<div class=\"doc en\" lang=en>"));
	assert_non_null(strstr(html, "Wer ist wof\u00fcr zust\u00e4ndig?"));
	assert_non_null(strstr(html, "Who is responsible for what"));
	free(html);
	sample_free(&s);
}

/* Nothing at all, and a document of the planned size. */
static void sizes(void **state)
{
	struct iq_report empty = {.ngroups = 0};
	struct sample s;

	(void)state;

	char *html = html_of(&empty, IQ_REPORT_DE);

	free(walk(html));
	free(html);
	sample_make(&s, 60, 25, 25, IQ_REPORT_PARTNERS, false);
	html = html_of(&s.doc, IQ_REPORT_DE);
	assert_in_range(strlen(html), 100 * 1024, 300 * 1024);
	free(html);
	sample_free(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile),
		cmocka_unit_test(style),
		cmocka_unit_test(addresses),
		cmocka_unit_test(links),
		cmocka_unit_test(policy),
		cmocka_unit_test(matrix),
		cmocka_unit_test(editions),
		cmocka_unit_test(languages),
		cmocka_unit_test(sizes),
	};

	iq_i18n_init("en");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
