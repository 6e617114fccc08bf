/* SPDX-License-Identifier: Apache-2.0 */
/* The log as it is at one moment, for a backup; beside a running daemon. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_priv.h"
#include "i18n.h"

enum { SMALL = 1024 /* bytes of a head or a key */, LOOK = 8192 };

struct iq_audit_copy {
	char *audit_dir;
	struct iq_audit_reader r;
	uint64_t *bytes; /* per segment: whole lines */
	char head[SMALL];
	size_t nhead;
};

static enum iq_err unreadable(const char *dir, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The audit log in {0} cannot be used: {1}."),
		N_("Check its owner, its mode and the free space."), dir, strerror(errno), NULL);
}

/* Bytes up to the end of the last line; one that is being written does not count. */
static bool whole_lines(int fd, uint64_t *out)
{
	char part[LOOK];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	for (off_t end = st.st_size; end > 0;) {
		off_t from = end > LOOK ? end - LOOK : 0;
		ssize_t n = pread(fd, part, (size_t)(end - from), from);

		if (n < 0)
			return false;
		char *last = n ? memrchr(part, '\n', (size_t)n) : NULL;

		if (last != NULL) {
			*out = (uint64_t)from + (uint64_t)(last - part) + 1;
			return true;
		}
		end = from;
	}
	*out = 0;
	return true;
}

enum iq_err iq_audit_copy_begin(const char *dir, struct iq_audit_copy **out, struct iq_error *error)
{
	struct iq_audit_copy *c = calloc(1, sizeof(*c));
	enum iq_err err;
	ssize_t n;

	*out = NULL;
	if (c != NULL)
		c->audit_dir = iq_audit_path(dir);
	if (c == NULL || c->audit_dir == NULL) {
		free(c);
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	}
	/* The head first: entries behind it do no harm, one beyond the end would. */
	n = iq_audit_slurp(c->audit_dir, "head", c->head, sizeof(c->head));
	c->nhead = n > 0 ? (size_t)n : 0;
	bool good = iq_audit_reader_open(&c->r, c->audit_dir, 0);

	if (good) {
		c->bytes = calloc(c->r.nseg + 1, sizeof(*c->bytes));
		good = c->bytes != NULL;
	}
	for (size_t i = 0; good && i < c->r.nseg; i++)
		good = whole_lines(c->r.seg[i].fd, &c->bytes[i]);
	if (good) {
		*out = c;
		return IQ_OK;
	}
	err = unreadable(c->audit_dir, error);
	iq_audit_copy_end(c);
	return err;
}

/* One of the small files, or the keys of the pseudonyms. False: stopped, or errno. */
static bool give_file(struct iq_audit_copy *c, const char *name,
	bool (*fn)(void *arg, const char *name, int fd, uint64_t bytes), void *arg)
{
	char *path;
	struct stat st;
	bool good = false;

	if (asprintf(&path, "%s/%s", c->audit_dir, name) < 0)
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	free(path);
	if (fd < 0)
		return errno == ENOENT;
	if (fstat(fd, &st) == 0)
		good = fn(arg, name, fd, (uint64_t)st.st_size);
	close(fd);
	return good;
}

bool iq_audit_copy_each(struct iq_audit_copy *c,
	bool (*fn)(void *arg, const char *name, int fd, uint64_t bytes),
	bool (*text)(void *arg, const char *name, struct iq_str bytes), void *arg)
{
	bool good = true;

	for (size_t i = c->r.at; good && i < c->r.nseg; i++)
		good = fn(arg, c->r.seg[i].name, c->r.seg[i].fd, c->bytes[i]);
	/* Keys are durable before the entries that need them: read after these. */
	good = good && give_file(c, "subjects", fn, arg);
	good = good && give_file(c, "sign.key", fn, arg);
	good = good && give_file(c, "sign.pub", fn, arg);
	if (good && c->nhead > 0)
		good = text(arg, "head", (struct iq_str){c->head, c->nhead});
	return good;
}

void iq_audit_copy_end(struct iq_audit_copy *c)
{
	if (c == NULL)
		return;
	iq_audit_reader_close(&c->r);
	free(c->bytes);
	free(c->audit_dir);
	free(c);
}
