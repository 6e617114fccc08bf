/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static int out[2], saved;

/* Standard error becomes a pipe that names itself as the journal. */
static int capture(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	saved = dup(STDERR_FILENO);
	if (saved < 0 || pipe(out) != 0 || dup2(out[1], STDERR_FILENO) < 0)
		return -1;
	fstat(STDERR_FILENO, &st);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	return 0;
}

static int restore(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(out[0]);
	close(out[1]);
	return 0;
}

static const char *line(void)
{
	static char buf[8192];
	ssize_t n = read(out[0], buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return buf;
}

static void lines(void **state)
{
	char wide[6000];

	(void)state;
	iq_log(IQ_LOG_WARN, "disk %d%% full", 90);
	assert_string_equal(line(), "<4>disk 90% full part=server\n");
	iq_log(IQ_LOG_DEBUG, "not this");
	iq_log(IQ_LOG_INFO, "a\nb\x1b[1m");
	assert_string_equal(line(), "<6>a b [1m part=server\n");
	iq_log_level(IQ_LOG_DEBUG);
	iq_log(IQ_LOG_DEBUG, "this");
	assert_string_equal(line(), "<7>this part=server\n");
	iq_log_level(IQ_LOG_ERROR);
	iq_log(IQ_LOG_WARN, "no");
	memset(wide, 'x', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	iq_log(IQ_LOG_ERROR, "%s", wide);

	const char *cut = line();

	assert_int_equal(strlen(cut), 2047);
	assert_memory_equal(cut, "<3>xxx", 6);
	assert_string_equal(cut + 2047 - 13, " part=server\n");
}

/* Who speaks, and for which request. */
static void parts_and_requests(void **state)
{
	struct iq_log_levels levels;
	struct iq_str bad;
	char text[IQ_LOG_LEVELS_TEXT];

	(void)state;
	iq_log_level(IQ_LOG_INFO);
	iq_log_about((struct iq_log_context){7, 0});
	iq_log(IQ_LOG_INFO, "of a connection");
	assert_string_equal(line(), "<6>of a connection part=server conn=7\n");
	iq_log_about((struct iq_log_context){UINT64_MAX, UINT64_MAX});
	iq_log_line(IQ_LOG_STORE, IQ_LOG_INFO, "of a request");
	assert_string_equal(line(), "<6>of a request part=store conn=18446744073709551615 "
				    "req=18446744073709551615\n");
	iq_log_about(IQ_LOG_NOBODY);
	iq_log_present(&levels);
	assert_true(iq_log_levels_read(IQ_STR(" store=debug  warning audit=error"), &levels, &bad));
	iq_log_levels_text(&levels, text);
	assert_string_equal(text, "warning store=debug audit=error");
	iq_log_set(&levels);
	assert_true(iq_log_wanted(IQ_LOG_STORE, IQ_LOG_DEBUG));
	assert_false(iq_log_wanted(IQ_LOG_AUDIT, IQ_LOG_WARN));
	assert_false(iq_log_wanted(IQ_LOG_SERVER, IQ_LOG_INFO));
	iq_log_line(IQ_LOG_AUDIT, IQ_LOG_WARN, "no");
	iq_log_line(IQ_LOG_STORE, IQ_LOG_DEBUG, "yes");
	assert_string_equal(line(), "<7>yes part=store\n");
}

static void levels_that_are_none(void **state)
{
	static const struct {
		const char *text, *bad;
	} cases[] = {{"loud", "loud"}, {"info store", "store"}, {"stroe=info", "stroe=info"},
		{"store=", "store="}, {"=info", "=info"}, {"info store=debug x=y", "x=y"}, {"", ""},
		{"  ", "  "}};
	struct iq_log_levels levels;
	struct iq_str bad;

	(void)state;
	iq_log_present(&levels);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_false(iq_log_levels_read(iq_str(cases[i].text), &levels, &bad));
		assert_true(iq_str_is(bad, cases[i].bad));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, capture, restore),
		cmocka_unit_test_setup_teardown(parts_and_requests, capture, restore),
		cmocka_unit_test(levels_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
