/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "calendar_sample.h"
#include "utf8.h"

static struct iq_buf out;

static int setup(void **state)
{
	(void)state;
	iq_buf_init(&out, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_buf_free(&out);
	return 0;
}

/* The bytes so far as a C string, without the folds if `unfold`. */
static const char *text(bool unfold)
{
	static char copy[65536];
	size_t n = 0;

	assert_false(out.failed);
	assert_true(out.n < sizeof(copy));
	for (size_t i = 0; i < out.n; i++) {
		if (unfold && i + 2 < out.n && memcmp(out.p + i, "\r\n ", 3) == 0)
			i += 2;
		else
			copy[n++] = (char)out.p[i];
	}
	copy[n] = '\0';
	return copy;
}

static void has(const char *line)
{
	char framed[1024];

	snprintf(framed, sizeof(framed), "\r\n%s\r\n", line);
	if (strstr(text(true), framed) == NULL)
		fail_msg("no line %s in\n%s", line, text(true));
}

static void lacks(const char *part)
{
	if (strstr(text(true), part) != NULL)
		fail_msg("%s in\n%s", part, text(true));
}

/* ---- content lines -------------------------------------------------------------------------- */

static const char *written(const char *name, struct iq_str value)
{
	struct iq_content c = {.out = &out};

	iq_buf_reset(&out, 0);
	iq_content_text_line(&c, name, value);
	assert_int_equal(c.octets, 0);
	return text(false);
}

static void test_escaping(void **state)
{
	(void)state;
	assert_string_equal(written("X", IQ_STR("a,b;c\\d\ne\tf")), "X:a\\,b\\;c\\\\d\\ne f\r\n");
	assert_string_equal(written("X", IQ_STR("")), "");
	/* what would start another line, or hide text */
	assert_string_equal(written("X", IQ_STR("a\r\nATTACH:b")), "X:a\\nATTACH:b\r\n");
	assert_string_equal(written("X", IQ_STR("a\x1b[1m\xe2\x80\xae"
						"b\x7f\0c")),
		"X:a[1mb\xef\xbf\xbd"
		"c\r\n");
	assert_string_equal(written("X", IQ_STR("a\xff\xc3")), "X:a\xef\xbf\xbd\xef\xbf\xbd\r\n");
}

static void test_folding(void **state)
{
	(void)state;
	for (size_t start = 0; start < 80; start++) {
		char value[512] = "";

		memset(value, 'x', start);
		for (int i = 0; i < 40; i++)
			strcat(value, i % 3 == 0 ? "ä" : i % 3 == 1 ? "\xf0\x9f\x98\x80" : ",");
		const char *got = written("SUMMARY", iq_str(value));
		struct iq_str rest = iq_str(got), line;

		while (rest.n > 0) {
			const char *end = strstr(rest.p, "\r\n");

			assert_non_null(end);
			line = (struct iq_str){rest.p, (size_t)(end - rest.p)};
			assert_true(line.n <= 75 && iq_utf8_valid(line));
			assert_true(line.p == got || line.p[0] == ' ');
			/* full, as far as the next character lets it */
			assert_true(end[2] == '\0' || line.n > 75 - 4);
			rest.n -= line.n + 2;
			rest.p = end + 2;
		}
		/* unfolded and unescaped it is what it was */
		char back[512];
		size_t n = 0;

		for (const char *p = text(true) + strlen("SUMMARY:"); *p != '\r'; p++)
			if (*p != '\\')
				back[n++] = *p;
		back[n] = '\0';
		assert_string_equal(back, value);
	}
}

static void test_fold_exactly(void **state)
{
	char value[80];

	(void)state;
	memset(value, 'x', sizeof(value));
	assert_int_equal(strlen(written("X", (struct iq_str){value, 73})), 77);
	assert_null(strstr(text(false), "\r\n "));
	assert_int_equal(strlen(written("X", (struct iq_str){value, 74})), 81);
	assert_memory_equal(out.p + 75, "\r\n x\r\n", 6);
}

static void test_instants(void **state)
{
	char date[9], at[17];

	(void)state;
	iq_content_date(fx_day("2027-03-28"), date);
	assert_string_equal(date, "20270328");
	iq_content_date(IQ_DATE_MAX, date);
	assert_string_equal(date, "");
	iq_content_utc(fx_stamp(23) + INT64_C(3599999999), at);
	assert_string_equal(at, "20261122T235959Z");
	iq_content_utc(-1, at);
	assert_string_equal(at, "19700101T000000Z");
	iq_content_utc(INT64_MAX, at); /* no year with four digits: no overrun */
	assert_true(strlen(at) <= 16);
}

static void test_urls(void **state)
{
	(void)state;
	assert_true(iq_content_is_url(IQ_STR("https://example.org/a?b=c;d,e#f")));
	assert_true(iq_content_is_url(IQ_STR("http://example.org")));
	assert_false(iq_content_is_url(IQ_STR("javascript:alert(1)")));
	assert_false(iq_content_is_url(IQ_STR("https://example.org/a b")));
	assert_false(iq_content_is_url(IQ_STR("https://example.org/\r\nATTACH:x")));
	assert_false(iq_content_is_url(IQ_STR("https://example.org/ä")));
	assert_false(iq_content_is_url(IQ_STR("")));
}

/* ---- calendars ------------------------------------------------------------------------------ */

static void begin(struct iq_ical *cal)
{
	iq_buf_reset(&out, 0);
	iq_ical_begin(cal, &out, IQ_STR("h.example.org"), IQ_STR("Runde, Leipzig"));
}

static void test_frame(void **state)
{
	struct iq_ical cal;

	(void)state;
	begin(&cal);
	iq_ical_end(&cal);
	assert_true(strncmp(text(false), "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:", 37) == 0);
	has("X-WR-CALNAME:Runde\\, Leipzig");
	has("TZID:Europe/Berlin");
	has("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU");
	has("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU");
	assert_string_equal(text(false) + strlen(text(false)) - 15, "END:VCALENDAR\r\n");
}

static void test_event(void **state)
{
	(void)state;
	iq_buf_reset(&out, 0);
	fx_calendar(&out);
	has("UID:meeting/leipzig-regular@iqd.example.org");
	has("DTSTAMP:20261122T120000Z");
	has("DTSTART;TZID=Europe/Berlin:20270209T100000");
	has("DTEND;TZID=Europe/Berlin:20270209T123000");
	has("RRULE:FREQ=MONTHLY;BYDAY=2TU;UNTIL=20271130T225959Z");
	has("RRULE:FREQ=WEEKLY;UNTIL=20270407T215959Z"); /* summer time by then */
	has("RRULE:FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR");
	has("RECURRENCE-ID;TZID=Europe/Berlin:20270413T100000");
	has("DTEND;TZID=Europe/Berlin:20271021T010000"); /* the day after */
	has("DTSTART;VALUE=DATE:20271031");
	has("UID:commitment/jc-takes-recognition@iqd.example.org");
	has("DUE;VALUE=DATE:20270328");
	has("COMPLETED:20270327T110000Z");
}

static void test_every_weekday(void **state)
{
	static const char *const rules[] = {"1FR", "2SA", "3SU", "4MO", "-1TU", "-1WE", "-1TH"};
	static const char *const days[] = {"2027-01-01", "2027-01-09", "2027-01-17", "2027-01-25",
		"2027-03-30", "2027-03-31", "2026-12-31"};

	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		struct iq_ical cal;
		char rule[64];

		begin(&cal);
		iq_ical_event(&cal, &(struct iq_ical_event){.id = IQ_STR("x"),
					    .day = fx_day(days[i]),
					    .begins = 0,
					    .ends = 0,
					    .repeat = IQ_REPEAT_MONTHLY,
					    .repeat_to = IQ_DATE_MAX});
		snprintf(rule, sizeof(rule), "RRULE:FREQ=MONTHLY;BYDAY=%s", rules[i]);
		has(rule);
		lacks("DTEND"); /* nothing between begin and end */
	}
}

static void test_what_is_not_given(void **state)
{
	struct iq_ical cal;

	(void)state;
	begin(&cal);
	iq_ical_event(&cal, &(struct iq_ical_event){.id = IQ_STR("x"),
				    .day = fx_day("2027-01-01"),
				    .begins = IQ_ICAL_NO_TIME,
				    .ends = 600,
				    .repeat = IQ_REPEAT_WEEKLY,
				    .repeat_to = fx_day("2027-02-01"),
				    .link = IQ_STR("javascript:alert(1)")});
	has("DTSTART;VALUE=DATE:20270101");
	has("RRULE:FREQ=WEEKLY;UNTIL=20270201"); /* of the type of DTSTART */
	for (size_t i = 0; i < 6; i++)
		lacks((const char *const[]){
			"DTEND", "SUMMARY", "LOCATION", "DESCRIPTION", "URL:", "javascript"}[i]);
}

static void test_no_memory(void **state)
{
	(void)state;
	for (size_t max = 1; max < 3000; max += 97) {
		struct iq_buf small;

		iq_buf_init(&small, max);
		fx_calendar(&small);
		assert_true(small.failed && small.n <= max);
		iq_buf_free(&small);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_fold_exactly),
		cmocka_unit_test(test_instants),
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_every_weekday),
		cmocka_unit_test(test_what_is_not_given),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
