/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <utf8proc.h>

#include "utf8.h"

#define S(lit) IQ_STR(lit)

static void validity(void **state)
{
	static const struct {
		struct iq_str s;
		size_t prefix;
	} rows[] = {
		{{NULL, 0}, 0}, {S("plain ASCII that is longer than eight bytes"), 43},
		{S("Weißwasser/O.L. / Běła Woda"), 30}, {S("\x7f"), 1}, {S("\xc2\x80\xdf\xbf"), 4},
		{S("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"), 12},
		{S("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), 8}, {S("\0"), 0}, {S("abc\0def"), 3},
		{S("01234567\0"), 8}, {S("0123456\0"), 7}, {S("a\x80"), 1}, /* lone continuation */
		{S("a\xbf"), 1}, {S("\xc0\x80"), 0},                        /* overlong NUL */
		{S("\xc1\xbf"), 0},                                         /* overlong DEL */
		{S("\xe0\x9f\xbf"), 0},                                     /* overlong U+07FF */
		{S("\xf0\x8f\xbf\xbf"), 0},                                 /* overlong U+FFFF */
		{S("\xed\xa0\x80"), 0},                                     /* surrogates */
		{S("\xed\xbf\xbf"), 0}, {S("\xf4\x90\x80\x80"), 0},         /* above U+10FFFF */
		{S("\xf5\x80\x80\x80"), 0}, {S("\xff"), 0}, {S("\xfe"), 0},
		{S("ab\xc3"), 2}, /* cut */
		{S("ab\xe2\x82"), 2}, {S("ab\xf0\x9f\x98"), 2}, {S("\xc3("), 0},
		{S("\xe2(\xa1"), 0}, {S("\xe2\x82("), 0}, {S("\xf0\x9f(\x80"), 0},
		{S("01234567\xff"
		   "9"),
			8},
		{S("M\xe4rz"), 1}, /* Windows-1252 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (iq_utf8_valid_prefix(rows[i].s) != rows[i].prefix)
			fail_msg("row %zu: %zu", i, iq_utf8_valid_prefix(rows[i].s));
		assert_int_equal(iq_utf8_valid(rows[i].s), rows[i].prefix == rows[i].s.n);
	}
}

/* Each code point, encoded by the definition, is valid and comes back. */
static void every_code_point(void **state)
{
	(void)state;
	for (uint32_t c = 1; c <= 0x10ffff; c++) {
		uint8_t b[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

		for (size_t i = n; i-- > 1;)
			b[i] = (uint8_t)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
		b[0] = (uint8_t)(lead[n] | c >> 6 * (n - 1));

		struct iq_str s = {(char *)b, n};
		bool surrogate = c >= 0xd800 && c <= 0xdfff;

		if (iq_utf8_valid(s) == surrogate)
			fail_msg("U+%04X", c);
		if (surrogate)
			continue;
		if (iq_utf8_next(&s) != c || s.n != 0)
			fail_msg("U+%04X decoded wrongly", c);
	}
}

static void controls(void **state)
{
	static const uint32_t yes[] = {0, 9, 10, 0x1b, 0x7f, 0x80, 0x9f, 0xad, 0x61c, 0x200b,
		0x200e, 0x202e, 0x2028, 0x2029, 0x2066, 0x2069, 0xfeff, 0xe0001, 0x110000};
	static const uint32_t no[] = {' ', 'a', 0xa0, 0xdf, 0x301, 0x20ac, 0x1f600, 0xfffd};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!iq_utf8_is_control(yes[i]))
			fail_msg("U+%04X", yes[i]);
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (iq_utf8_is_control(no[i]))
			fail_msg("U+%04X", no[i]);
}

static void escaping(void **state)
{
	static const struct {
		struct iq_str in;
		const char *out;
	} rows[] = {
		{S("Görlitz – Zgorzelec"), "Görlitz – Zgorzelec"},
		{S("a\x1b[31mb"), "a\\x1b[31mb"},
		{S("\xe2\x80\xae"), "\\u202e"},
		{S("\xc2\x9b"), "\\x9b"},
		{S("\xf3\xa0\x80\x81"), "\\U000e0001"},
		{S("M\xe4rz\0"), "M\\xe4rz\\x00"},
		{S("cut\xe2\x82"), "cut\\xe2\\x82"},
		{S(""), ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct iq_buf b;

		iq_buf_init(&b, 0);
		iq_utf8_escape(&b, rows[i].in);
		assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n}, rows[i].out));
		iq_buf_free(&b);
	}
}

static void columns(void **state)
{
	(void)state;
	assert_int_equal(iq_utf8_columns(IQ_STR("")), 0);
	assert_int_equal(iq_utf8_columns(IQ_STR("Stra\u00dfe \u25cf")), 8);
	assert_int_equal(iq_utf8_columns(IQ_STR("u\u0308")), 1);
	assert_int_equal(iq_utf8_columns(IQ_STR("\u6771\u4eac")), 4);
}

/* What is known without utf8proc is what utf8proc says. */
static void letters_without_a_table(void **state)
{
	(void)state;
	for (int32_t c = 1; c < 0x3000; c++) {
		utf8proc_category_t category = utf8proc_category(c);
		bool control = category == UTF8PROC_CATEGORY_CC ||
			       category == UTF8PROC_CATEGORY_CF ||
			       category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
		uint8_t bytes[4];
		struct iq_str s = {(char *)bytes, (size_t)utf8proc_encode_char(c, bytes)};

		assert_int_equal(iq_utf8_is_control((uint32_t)c), control);
		assert_int_equal(iq_utf8_columns(s), utf8proc_charwidth(c));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(validity),
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(controls),
		cmocka_unit_test(escaping),
		cmocka_unit_test(columns),
		cmocka_unit_test(letters_without_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
