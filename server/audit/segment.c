/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the log: finding, reading, replacing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit_priv.h"

enum { READ_BYTES = 256 << 10, TRIES = 3 };

char *iq_audit_path(const char *dir)
{
	char *path;

	return asprintf(&path, "%s/audit", dir) < 0 ? NULL : path;
}

static char *path_of(const char *audit_dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", audit_dir, name) < 0 ? NULL : path;
}

/* ---- small files ---------------------------------------------------------------------------- */

bool iq_audit_pwrite(int fd, struct iq_str text, off_t at)
{
	while (text.n > 0) {
		ssize_t n = pwrite(fd, text.p, text.n, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.p += n;
		text.n -= (size_t)n;
		at += n;
	}
	return true;
}

bool iq_audit_sync_dir(const char *audit_dir)
{
	int fd = open(audit_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

bool iq_audit_replace(const char *audit_dir, const char *name, struct iq_str text)
{
	char *path = path_of(audit_dir, name), *beside = NULL;
	bool good = false;
	int fd = -1;

	if (path != NULL && asprintf(&beside, "%s.new", path) < 0)
		beside = NULL;
	if (beside != NULL)
		fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0) {
		good = iq_audit_pwrite(fd, text, 0) && fsync(fd) == 0;
		good = close(fd) == 0 && good;
		good = good && rename(beside, path) == 0 && iq_audit_sync_dir(audit_dir);
		if (!good)
			unlink(beside);
	}
	free(beside);
	free(path);
	return good;
}

ssize_t iq_audit_slurp(const char *audit_dir, const char *name, char *out, size_t max)
{
	char *path = path_of(audit_dir, name);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? read(fd, out, max) : -1;
	int saved = errno;

	if (fd >= 0)
		close(fd);
	free(path);
	errno = saved;
	return n;
}

void iq_audit_remove(const char *dir)
{
	char *audit_dir = iq_audit_path(dir);
	DIR *d = audit_dir ? opendir(audit_dir) : NULL;

	if (d != NULL) {
		for (struct dirent *e; (e = readdir(d)) != NULL;)
			if (e->d_name[0] != '.')
				(void)unlinkat(dirfd(d), e->d_name, 0);
		closedir(d);
		rmdir(audit_dir);
	}
	free(audit_dir);
}

/* ---- segments ------------------------------------------------------------------------------- */

/* "2026-11.log" */
static bool is_segment(const char *name, int *month)
{
	static const char form[] = "dddd-dd.log";
	int v[6], n = 0;

	if (strlen(name) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		if (form[i] != 'd' && name[i] != form[i])
			return false;
		if (form[i] == 'd' && (name[i] < '0' || name[i] > '9'))
			return false;
		if (form[i] == 'd')
			v[n++] = name[i] - '0';
	}
	*month = (v[0] * 1000 + v[1] * 100 + v[2] * 10 + v[3]) * 12 + v[4] * 10 + v[5] - 1;
	return true;
}

static int by_month(const void *a, const void *b)
{
	const struct iq_audit_segment *x = a, *y = b;

	return (x->month > y->month) - (x->month < y->month);
}

static bool add(struct iq_audit_reader *r, const char *name, int month)
{
	struct iq_audit_segment *seg = realloc(r->seg, (r->nseg + 1) * sizeof(*seg));

	if (seg == NULL)
		return false;
	r->seg = seg;
	r->seg[r->nseg] = (struct iq_audit_segment){.month = month, .fd = -1};
	memcpy(r->seg[r->nseg].name, name, strlen(name) + 1);
	r->nseg++;
	return true;
}

/* False: errno; ENOENT if retention took one away meanwhile. */
static bool open_all(struct iq_audit_reader *r, const char *audit_dir, int from_month)
{
	DIR *d = opendir(audit_dir);
	size_t first = 0;
	bool good = d != NULL;
	int month;

	if (d == NULL)
		return errno == ENOENT; /* nothing was ever written */
	for (struct dirent *e; good && (e = readdir(d)) != NULL;)
		if (is_segment(e->d_name, &month))
			good = add(r, e->d_name, month);
	closedir(d);
	if (r->nseg > 0)
		qsort(r->seg, r->nseg, sizeof(*r->seg), by_month);
	while (first + 1 < r->nseg && r->seg[first].month < from_month)
		first++;
	r->at = first;
	for (size_t i = first; good && i < r->nseg; i++) {
		char *path = path_of(audit_dir, r->seg[i].name);

		r->seg[i].fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
		good = r->seg[i].fd >= 0;
		free(path);
	}
	return good;
}

static void forget_all(struct iq_audit_reader *r)
{
	for (size_t i = 0; i < r->nseg; i++)
		if (r->seg[i].fd >= 0)
			close(r->seg[i].fd);
	free(r->seg);
	r->seg = NULL;
	r->nseg = 0;
}

bool iq_audit_reader_open(struct iq_audit_reader *r, const char *audit_dir, int from_month)
{
	*r = (struct iq_audit_reader){.seg = NULL};
	iq_buf_init(&r->buf, 0);
	for (int i = 0; i < TRIES; i++) {
		if (open_all(r, audit_dir, from_month))
			return true;
		int saved = errno;

		forget_all(r);
		errno = saved;
		if (errno != ENOENT)
			break;
	}
	return false;
}

void iq_audit_reader_close(struct iq_audit_reader *r)
{
	int saved = errno;

	forget_all(r);
	iq_buf_free(&r->buf);
	errno = saved;
}

const char *iq_audit_reader_name(const struct iq_audit_reader *r)
{
	return r->at < r->nseg ? r->seg[r->at].name : "";
}

/* More of the file behind what is in the buffer. False: error. */
static bool refill(struct iq_audit_reader *r)
{
	uint8_t *room;
	ssize_t n;

	iq_buf_consume(&r->buf, r->pos);
	r->pos = 0;
	room = iq_buf_room(&r->buf, READ_BYTES);
	if (room == NULL)
		return false;
	do
		n = read(r->seg[r->at].fd, room, READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return false;
	r->buf.n += (size_t)n;
	r->eof = n == 0;
	return true;
}

static void next_segment(struct iq_audit_reader *r)
{
	if (r->open)
		r->at++;
	r->open = true;
	r->eof = false;
	r->line = 0;
	r->offset = r->next = 0;
	r->pos = 0;
	iq_buf_reset(&r->buf, SIZE_MAX);
}

enum iq_audit_got iq_audit_reader_next(struct iq_audit_reader *r, struct iq_str *line)
{
	*line = (struct iq_str){NULL, 0};
	for (;;) {
		const char *p = r->buf.n ? (const char *)r->buf.p + r->pos : "";
		size_t n = r->buf.n - r->pos;
		const char *end = n ? memchr(p, '\n', n) : NULL;

		if (end != NULL || n > IQ_AUDIT_LINE_MAX || (n > 0 && r->eof)) {
			*line = (struct iq_str){p, end ? (size_t)(end - p) : n};
			r->line++;
			r->offset = r->next;
			r->next += (off_t)line->n + (end != NULL);
			r->pos += line->n + (end != NULL);
			if (end == NULL)
				return IQ_AUDIT_GOT_TORN;
			return r->line == 1 ? IQ_AUDIT_GOT_HEADER : IQ_AUDIT_GOT_LINE;
		}
		if (!r->open || r->eof) {
			if (r->at + r->open >= r->nseg)
				return IQ_AUDIT_GOT_END;
			next_segment(r);
		}
		if (!refill(r))
			return IQ_AUDIT_GOT_ERROR;
	}
}
