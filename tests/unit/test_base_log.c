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
	assert_string_equal(line(), "<4>disk 90% full\n");
	iq_log(IQ_LOG_DEBUG, "not this");
	iq_log(IQ_LOG_INFO, "a\nb\x1b[1m");
	assert_string_equal(line(), "<6>a b [1m\n");
	iq_log_level(IQ_LOG_DEBUG);
	iq_log(IQ_LOG_DEBUG, "this");
	assert_string_equal(line(), "<7>this\n");
	iq_log_level(IQ_LOG_ERROR);
	iq_log(IQ_LOG_WARN, "no");
	memset(wide, 'x', sizeof(wide));
	wide[sizeof(wide) - 1] = '\0';
	iq_log(IQ_LOG_ERROR, "%s", wide);

	const char *cut = line();

	assert_int_equal(strlen(cut), 2047);
	assert_memory_equal(cut, "<3>xxx", 6);
	assert_int_equal(cut[2046], '\n');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines, capture, restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
