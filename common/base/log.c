/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 2048, KEYS = 96 };

static const char *const part_names[] = {
#define X(e, name) name,
	IQ_LOG_PARTS(X)
#undef X
};
static const struct {
	const char *name;
	enum iq_log_level level;
} level_names[] = {{"error", IQ_LOG_ERROR}, {"warning", IQ_LOG_WARN}, {"info", IQ_LOG_INFO},
	{"debug", IQ_LOG_DEBUG}};
enum { LEVELS = sizeof(level_names) / sizeof(*level_names) };

static _Atomic int level_max[IQ_LOG_PART_COUNT] = {
#define X(e, name) [IQ_LOG_##e] = IQ_LOG_INFO,
	IQ_LOG_PARTS(X)
#undef X
};
static _Thread_local struct iq_log_context about;
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

/* ---- levels --------------------------------------------------------------------------------- */

void iq_log_level(enum iq_log_level level)
{
	struct iq_log_levels all;

	for (int i = 0; i < IQ_LOG_PART_COUNT; i++)
		all.of[i] = level;
	iq_log_set(&all);
}

void iq_log_set(const struct iq_log_levels *levels)
{
	for (int i = 0; i < IQ_LOG_PART_COUNT; i++)
		atomic_store_explicit(&level_max[i], (int)levels->of[i], memory_order_relaxed);
}

void iq_log_present(struct iq_log_levels *out)
{
	for (int i = 0; i < IQ_LOG_PART_COUNT; i++)
		out->of[i] = (enum iq_log_level)atomic_load_explicit(
			&level_max[i], memory_order_relaxed);
}

bool iq_log_wanted(enum iq_log_part part, enum iq_log_level level)
{
	return (int)level <= atomic_load_explicit(&level_max[part], memory_order_relaxed);
}

static bool read_level(struct iq_str word, enum iq_log_level *out)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (iq_str_is(word, level_names[i].name)) {
			*out = level_names[i].level;
			return true;
		}
	}
	return false;
}

static bool read_word(struct iq_str word, struct iq_log_levels *out, bool single)
{
	struct iq_str part = {NULL, 0}, level = word;
	enum iq_log_level n;
	bool pair = memchr(word.p, '=', word.n) != NULL && iq_str_cut(&level, '=', &part);

	if (!read_level(level, &n))
		return false;
	for (int i = 0; !pair && !single && i < IQ_LOG_PART_COUNT; i++)
		out->of[i] = n;
	if (!pair)
		return true;
	for (int i = 0; i < IQ_LOG_PART_COUNT; i++) {
		if (iq_str_is(part, part_names[i])) {
			if (single)
				out->of[i] = n;
			return true;
		}
	}
	return false;
}

bool iq_log_levels_read(struct iq_str text, struct iq_log_levels *out, struct iq_str *bad)
{
	size_t words = 0;

	*bad = text;
	/* first the level of all, then those of single parts, whatever comes first */
	for (int single = 0; single <= 1; single++) {
		struct iq_str rest = text, word;

		while (iq_str_cut(&rest, ' ', &word)) {
			if (word.n == 0)
				continue;
			if (!read_word(word, out, single == 1)) {
				*bad = word;
				return false;
			}
			words++;
		}
	}
	return words > 0;
}

static const char *level_name(enum iq_log_level level)
{
	for (size_t i = 0; i < LEVELS; i++) {
		if (level_names[i].level == level)
			return level_names[i].name;
	}
	return "";
}

static enum iq_log_level commonest(const struct iq_log_levels *levels)
{
	size_t best = 0, most = 0;

	for (size_t i = 0; i < LEVELS; i++) {
		size_t n = 0;

		for (int p = 0; p < IQ_LOG_PART_COUNT; p++)
			n += levels->of[p] == level_names[i].level;
		if (n > most) {
			most = n;
			best = i;
		}
	}
	return level_names[best].level;
}

void iq_log_levels_text(const struct iq_log_levels *levels, char out[IQ_LOG_LEVELS_TEXT])
{
	enum iq_log_level most = commonest(levels);
	int n = snprintf(out, IQ_LOG_LEVELS_TEXT, "%s", level_name(most));

	for (int p = 0; p < IQ_LOG_PART_COUNT; p++) {
		if (levels->of[p] != most && n > 0 && n < IQ_LOG_LEVELS_TEXT)
			n += snprintf(out + n, (size_t)(IQ_LOG_LEVELS_TEXT - n), " %s=%s",
				part_names[p], level_name(levels->of[p]));
	}
}

/* ---- lines ---------------------------------------------------------------------------------- */

void iq_log_about(struct iq_log_context context)
{
	about = context;
}

/* What follows the sentence; its length. */
static size_t write_keys(enum iq_log_part part, char out[KEYS])
{
	int n = snprintf(out, KEYS, " part=%s", part_names[part]);

	if (about.connection != 0)
		n += snprintf(out + n, (size_t)(KEYS - n), " conn=%llu",
			(unsigned long long)about.connection);
	if (about.request != 0)
		n += snprintf(out + n, (size_t)(KEYS - n), " req=%llu",
			(unsigned long long)about.request);
	return (size_t)n;
}

void iq_log_line(enum iq_log_part part, enum iq_log_level level, const char *fmt, ...)
{
	char line[LINE], keys[KEYS];
	size_t n = 0, nkeys;
	va_list ap;
	int saved = errno; /* so that a caller may log first and look at errno then */

	if (!iq_log_wanted(part, level))
		return;
	pthread_once(&journal_once, find_journal);
	if (journal)
		n = (size_t)snprintf(line, sizeof(line), "<%d>", (int)level);
	va_start(ap, fmt);
	nkeys = write_keys(part, keys);

	size_t room = sizeof(line) - n - nkeys - 1;
	int len = vsnprintf(line + n, room, fmt, ap);

	va_end(ap);
	if (len < 0)
		goto out;

	size_t end = n + ((size_t)len < room ? (size_t)len : room - 1);

	for (size_t i = n; i < end; i++) /* one line, nothing for the terminal to obey */
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	memcpy(line + end, keys, nkeys);
	end += nkeys;
	line[end++] = '\n';
	if (write(STDERR_FILENO, line, end) < 0)
		goto out; /* nowhere left to say so */
out:
	errno = saved;
}
