/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 2048 };

static _Atomic int level_max = IQ_LOG_INFO;
static pthread_once_t journal_once = PTHREAD_ONCE_INIT;
static bool journal;

/* JOURNAL_STREAM is inherited by everything started from a service: it counts only if it
 * names what standard error is (systemd.exec(5)). */
static void find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char *colon = NULL, *end = NULL;
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) != 0)
		return;

	unsigned long long dev = strtoull(stream, &colon, 10);

	if (*colon != ':')
		return;

	unsigned long long ino = strtoull(colon + 1, &end, 10);

	journal = *end == '\0' && st.st_dev == dev && st.st_ino == ino;
}

void iq_log_level(enum iq_log_level max)
{
	atomic_store_explicit(&level_max, (int)max, memory_order_relaxed);
}

void iq_log(enum iq_log_level level, const char *fmt, ...)
{
	char line[LINE];
	size_t n = 0;
	va_list ap;
	int saved = errno; /* so that a caller may log first and look at errno then */

	if ((int)level > atomic_load_explicit(&level_max, memory_order_relaxed))
		return;
	pthread_once(&journal_once, find_journal);
	if (journal)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	va_start(ap, fmt);

	int len = vsnprintf(line + n, sizeof(line) - n, fmt, ap);

	va_end(ap);
	if (len < 0)
		goto out;

	size_t end = n + (size_t)len;

	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	for (size_t i = n; i < end; i++) /* one line, nothing for the terminal to obey */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[end++] = '\n';
	if (write(STDERR_FILENO, line, end) < 0)
		goto out; /* nowhere left to say so */
out:
	errno = saved;
}
