/* SPDX-License-Identifier: Apache-2.0 */
#include "erasures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "buf.h"
#include "i18n.h"
#include "inside.h"
#include "io.h"
#include "log.h"

enum { LINE = 160, FORKS_MAX = 1000 };

/* ---- writing -------------------------------------------------------------------------------- */

static bool append(const char *dir, const struct iq_buf *text)
{
	char *path;
	bool good = false;

	if (text->failed || asprintf(&path, "%s/%s", dir, IQ_ERASURES) < 0)
		return false;
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	free(path);
	if (fd >= 0) {
		good = iq_write_all(fd, text->p, text->n) && fsync(fd) == 0;
		close(fd);
	}
	return good;
}

bool iq_erasures_add(
	const char *dir, uint64_t generation, const iq_num *contacts, size_t n, int64_t time_us)
{
	struct iq_buf text;
	bool good;

	iq_buf_init(&text, 0);
	for (size_t i = 0; i < n; i++) {
		size_t at = text.n;

		iq_buf_printf(&text, "erased %lld %016llx %u\n", (long long)time_us,
			(unsigned long long)generation, contacts[i]);
		/* The server's log is kept elsewhere: the list can be taken from there. */
		if (!text.failed)
			iq_log(IQ_LOG_INFO, "%.*s", (int)(text.n - at - 1), (char *)text.p + at);
	}
	good = text.n == 0 || append(dir, &text);
	iq_buf_free(&text);
	return good;
}

bool iq_erasures_restored(
	const char *dir, const char *list, int64_t time_us, uint64_t from, uint64_t to, iq_num next)
{
	struct iq_buf text;
	char line[LINE];
	FILE *f = list ? fopen(list, "re") : NULL;
	bool good = list == NULL || f != NULL;

	iq_buf_init(&text, 0);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		iq_buf_str(&text, iq_str(line));
	if (f != NULL) {
		good = ferror(f) == 0;
		fclose(f);
	}
	iq_buf_printf(&text, "restored %lld %016llx %016llx %u\n", (long long)time_us,
		(unsigned long long)from, (unsigned long long)to, next);
	good = good && append(dir, &text);
	iq_buf_free(&text);
	return good;
}

/* ---- reading -------------------------------------------------------------------------------- */

struct fork {
	uint64_t from, to;
	iq_num next;
};

struct list {
	struct fork *fork;
	size_t nfork, cap_fork;
	struct erased {
		int64_t time_us;
		uint64_t generation;
		iq_num num;
	} * erased;
	size_t n, cap;
	struct iq_arena *arena;
};

static void *room(struct list *l, void *p, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? 2 * *cap : 64;

	if (n < *cap)
		return p;
	void *grown = iq_arena_grow(l->arena, p, *cap * size, more * size);

	if (grown != NULL)
		*cap = more;
	return grown;
}

/* Nothing follows the numbers, or, in a line of the server's log, who wrote it. */
static bool whole(int n, int numbers, const char *rest)
{
	return n == numbers || (n == numbers + 1 && strncmp(rest, " part=", 6) == 0);
}

/* False: not a line of such a list, or no memory. */
static bool take(struct list *l, const char *line)
{
	struct erased e;
	struct fork f;
	long long us;
	unsigned long long a, b, num;
	char rest[8] = "";
	int n;
	void *grown;

	/* The widths keep every number in its range. NOLINTBEGIN(cert-err34-c) */
	n = sscanf(line, "erased %18lld %16llx %10llu%7[^\n]", &us, &a, &num, rest);
	if (whole(n, 3, rest) && num <= UINT32_MAX) {
		e = (struct erased){us, a, (iq_num)num};
		grown = room(l, l->erased, l->n, &l->cap, sizeof(e));
		if (grown == NULL)
			return false;
		l->erased = grown;
		l->erased[l->n++] = e;
		return true;
	}
	n = sscanf(line, "restored %18lld %16llx %16llx %10llu%7[^\n]", &us, &a, &b, &num, rest);
	if (!whole(n, 4, rest) || num > UINT32_MAX)
		return false;
	/* NOLINTEND(cert-err34-c) */
	f = (struct fork){a, b, (iq_num)num};
	grown = room(l, l->fork, l->nfork, &l->cap_fork, sizeof(f));
	if (grown == NULL)
		return false;
	l->fork = grown;
	l->fork[l->nfork++] = f;
	return true;
}

/* Is the number of one generation the same person in an earlier one? */
static bool same(const struct list *l, const struct erased *e, uint64_t generation)
{
	uint64_t now = e->generation;

	for (unsigned steps = 0; now != generation && steps < FORKS_MAX; steps++) {
		size_t i = 0;

		while (i < l->nfork && l->fork[i].to != now)
			i++;
		if (i == l->nfork || e->num >= l->fork[i].next)
			return false;
		now = l->fork[i].from;
	}
	return now == generation;
}

static int compare(const void *a, const void *b)
{
	iq_num x = *(const iq_num *)a, y = *(const iq_num *)b;

	return (x > y) - (x < y);
}

static enum iq_err pick(const struct list *l, uint64_t generation, int64_t since_us, iq_num next,
	iq_num **out, size_t *n, struct iq_error *error)
{
	iq_num *num = iq_arena_alloc(l->arena, (l->n + 1) * sizeof(*num));
	size_t all = 0;

	*n = 0;
	*out = num;
	if (num == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	for (size_t i = 0; i < l->n; i++)
		if (l->erased[i].time_us > since_us && l->erased[i].num < next &&
			l->erased[i].num != IQ_NONE && same(l, &l->erased[i], generation))
			num[all++] = l->erased[i].num;
	if (all > 1)
		qsort(num, all, sizeof(*num), compare);
	for (size_t i = 0; i < all; i++)
		if (*n == 0 || num[*n - 1] != num[i])
			num[(*n)++] = num[i];
	return IQ_OK;
}

enum iq_err iq_erasures_read(const char *file, uint64_t generation, int64_t since_us, iq_num next,
	iq_num **out, size_t *n, struct iq_error *error)
{
	struct list l = {.arena = error->arena};
	char line[LINE], number[16];
	bool good = true;
	unsigned at = 0;
	FILE *f = fopen(file, "re");

	*n = 0;
	*out = NULL;
	if (f == NULL)
		return iq_error_set(error, IQ_ERR_USAGE, N_("The file {0} cannot be read: {1}."),
			N_("Check the path and its owner."), file, strerror(errno), NULL);
	while (good && fgets(line, sizeof(line), f) != NULL) {
		at++;
		good = take(&l, line);
	}
	good = good && ferror(f) == 0;
	fclose(f);
	if (good)
		return pick(&l, generation, since_us, next, out, n, error);
	snprintf(number, sizeof(number), "%u", at);
	return iq_error_set(error, IQ_ERR_USAGE,
		N_("Line {1} of {0} is none of a list of erasures."),
		N_("Give the file “erasures” of the server's state directory."), file, number,
		NULL);
}
