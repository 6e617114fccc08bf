/* SPDX-License-Identifier: Apache-2.0 */
/* Making a backup, beside a running daemon. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "backup.h"
#include "date.h"
#include "i18n.h"
#include "inside.h"
#include "io.h"
#include "store.h"

static const int64_t day_us = 86400000000;

struct save {
	const struct iq_backup_ask *ask;
	struct iq_backup_report *report;
	struct iq_seal *seal;
	struct iq_rtxn *rtxn;
	struct iq_audit_copy *audit;
	struct iq_error *error;
	const char *table; /* whose entries are being written */
};

/* ---- parts ---------------------------------------------------------------------------------- */

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static bool part_file(struct save *s, const char *folder, const char *name, uint64_t bytes)
{
	char full[IQ_INSIDE_NAME];
	uint8_t head[11] = {'F'};
	int n = snprintf(full, sizeof(full), "%s%s", folder, name);

	if (n <= 0 || n >= (int)sizeof(full))
		return false;
	put(head + 1, (uint64_t)n, 2);
	put(head + 3, bytes, 8);
	return iq_seal_add(s->seal, head, sizeof(head)) && iq_seal_add(s->seal, full, (size_t)n);
}

static bool contents(struct save *s, int fd, uint64_t bytes)
{
	char part[16384];

	for (uint64_t at = 0; at < bytes;) {
		uint64_t left = bytes - at;
		ssize_t n = pread(
			fd, part, left < sizeof(part) ? (size_t)left : sizeof(part), (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENODATA; /* it was cut meanwhile */
		if (n <= 0)
			return false;
		if (!iq_seal_add(s->seal, part, (size_t)n))
			return false;
		at += (uint64_t)n;
	}
	return true;
}

static bool audit_file(void *arg, const char *name, int fd, uint64_t bytes)
{
	struct save *s = arg;

	return part_file(s, "audit/", name, bytes) && contents(s, fd, bytes);
}

static bool audit_text(void *arg, const char *name, struct iq_str text)
{
	struct save *s = arg;

	return part_file(s, "audit/", name, text.n) && iq_seal_add(s->seal, text.p, text.n);
}

static bool entry(void *arg, const char *table, struct iq_str key, struct iq_str value)
{
	struct save *s = arg;
	uint8_t head[7] = {'T'};

	if (table != s->table) {
		size_t n = strlen(table);

		put(head + 1, n, 2);
		if (!iq_seal_add(s->seal, head, 3) || !iq_seal_add(s->seal, table, n))
			return false;
		s->table = table;
	}
	head[0] = 'E';
	put(head + 1, key.n, 2);
	put(head + 3, value.n, 4);
	s->report->entries++;
	return iq_seal_add(s->seal, head, sizeof(head)) && iq_seal_add(s->seal, key.p, key.n) &&
	       iq_seal_add(s->seal, value.p, value.n);
}

/* ---- what goes in --------------------------------------------------------------------------- */

static enum iq_err unreadable(struct save *s, const char *what)
{
	return iq_error_set(s->error, IQ_ERR_INTERNAL, N_("The file {0} cannot be read: {1}."),
		N_("Check the path and its owner."), what, strerror(errno), NULL);
}

static enum iq_err put_state_file(struct save *s, const char *name)
{
	enum iq_err err = IQ_OK;
	struct stat st;
	char *path;

	if (asprintf(&path, "%s/%s", s->ask->dir, name) < 0)
		return iq_error_set(
			s->error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		err = unreadable(s, path);
	else if (fd >= 0 && (fstat(fd, &st) != 0 || !part_file(s, "", name, (uint64_t)st.st_size) ||
				    !contents(s, fd, (uint64_t)st.st_size)))
		err = unreadable(s, path); /* a failure of the seal is told by its end */
	if (fd >= 0 && err == IQ_OK && strcmp(name, "ca.key") == 0)
		s->report->ca_key = true;
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

static enum iq_err put_state_files(struct save *s)
{
	static const char *const names[] = {"iqd.conf", "ca.pem", "cross.pem", "server.pem",
		"server.key", IQ_ERASURES, "ca.key"};
	const char *others = s->ask->client_ca;
	size_t n = sizeof(names) / sizeof(names[0]) - s->ask->without_ca;
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < n && err == IQ_OK; i++)
		err = put_state_file(s, names[i]);
	if (err == IQ_OK && others[0] != '\0' && strchr(others, '/') == NULL)
		err = put_state_file(s, others);
	return err;
}

static enum iq_err put_all(struct save *s)
{
	struct iq_txn *t = iq_rtxn_txn(s->rtxn);
	uint8_t end[9] = {'Z'};
	const char *why;
	enum iq_err err = put_state_files(s);

	if (err != IQ_OK)
		return err;
	if (!iq_audit_copy_each(s->audit, audit_file, audit_text, s))
		return unreadable(s, "audit");
	if (!iq_dump_each(t, entry, s) && iq_txn_error(t, &why) != IQ_OK)
		return iq_error_set(s->error, IQ_ERR_INTERNAL,
			N_("The database cannot be read: {0}."),
			N_("Find out more with: iqd check"), why, NULL);
	put(end + 1, s->report->entries, 8);
	(void)iq_seal_add(s->seal, end, sizeof(end));
	return IQ_OK;
}

/* The moment: what the log holds now, then the snapshot. What was committed but not yet recorded
 * is recorded when the restored server starts. */
static enum iq_err pin(struct save *s)
{
	struct iq_backup_head *h = &s->report->head;
	enum iq_err err;

	h->made_us = iq_now_us();
	err = iq_audit_copy_begin(s->ask->dir, &s->audit, s->error);
	if (err != IQ_OK)
		return err;
	if (!iq_rtxn_renew(s->rtxn))
		return iq_error_set(s->error, IQ_ERR_INTERNAL, N_("The database cannot be read."),
			N_("Find out more with: iqd check"), NULL);
	h->revision = iq_rtxn_state(s->rtxn)->revision;
	h->generation = iq_rtxn_state(s->rtxn)->generation;
	h->expires_us = h->made_us + IQ_BACKUP_DAYS * day_us;
	snprintf(h->server, sizeof(h->server), "%s", s->ask->server);
	snprintf(h->version, sizeof(h->version), "%s", IQ_VERSION);
	return IQ_OK;
}

static enum iq_err write_to(struct save *s, int fd)
{
	struct iq_store *store;
	struct stat st;
	enum iq_err err = iq_store_open(s->ask->dir, false, NULL, &store, s->error);

	if (err != IQ_OK)
		return err;
	err = iq_rtxn_new(store, &s->rtxn);
	if (err != IQ_OK)
		iq_error_set(s->error, err, N_("The database cannot be read."), NULL, NULL);
	if (err == IQ_OK)
		err = pin(s);
	if (err == IQ_OK && s->ask->record != NULL)
		err = s->ask->record(s->ask->ctx, &s->report->head, s->error);
	if (err == IQ_OK)
		err = iq_seal_begin(fd, &s->report->head, s->ask->key, &s->seal, s->error);
	if (err == IQ_OK) {
		struct iq_error inner = *s->error;

		err = put_all(s);
		/* If it could not be written, that is the reason. */
		if (err != IQ_OK && !iq_seal_add(s->seal, "", 0)) {
			*s->error = inner;
			err = iq_seal_end(s->seal, s->error);
		} else if (err != IQ_OK) {
			iq_seal_drop(s->seal);
		} else {
			err = iq_seal_end(s->seal, s->error);
		}
	}
	if (err == IQ_OK && fstat(fd, &st) == 0)
		s->report->bytes = (uint64_t)st.st_size;
	iq_audit_copy_end(s->audit);
	if (s->rtxn != NULL)
		iq_rtxn_free(s->rtxn);
	iq_store_close(store);
	return err;
}

/* ---- the file ------------------------------------------------------------------------------- */

static enum iq_err cannot(const char *path, struct iq_error *error)
{
	return iq_error_set(error,
		errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? IQ_ERR_QUOTA
								     : IQ_ERR_INTERNAL,
		N_("The file {0} cannot be written: {1}."),
		N_("Check the path, its owner and the free space."), path, strerror(errno), NULL);
}

/* Beside the file, ours alone; what an interrupted backup left is overwritten. */
static int open_part(const char *part, struct iq_error *error)
{
	int fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		iq_error_set(error, IQ_ERR_CONFLICT, N_("Another backup is being written to {0}."),
			N_("Wait for its end, or choose another name."), part, NULL);
	} else if (fd < 0 || fchmod(fd, 0600) != 0 || ftruncate(fd, 0) != 0) {
		cannot(part, error);
	} else {
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool sync_folder(const char *file)
{
	char *folder = strdup(file), *slash = folder ? strrchr(folder, '/') : NULL;
	int fd;

	if (folder == NULL)
		return false;
	if (slash != NULL)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

	if (fd >= 0)
		close(fd);
	return good;
}

static enum iq_err exists(const char *file, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_CONFLICT, N_("{0} exists already."),
		N_("Choose another name, or add --replace."), file, NULL);
}

static enum iq_err save_file(struct save *s)
{
	const char *file = s->ask->file;
	bool there = access(file, F_OK) == 0;
	enum iq_err err;
	char *part;

	if (there && !s->ask->replace)
		return exists(file, s->error);
	if (asprintf(&part, "%s.part", file) < 0)
		return iq_error_set(
			s->error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	int fd = open_part(part, s->error);

	err = fd < 0 ? s->error->code : write_to(s, fd);
	if (err == IQ_OK && fsync(fd) != 0)
		err = cannot(part, s->error);
	if (err == IQ_OK && s->ask->replace ? rename(part, file) != 0
					    : err == IQ_OK && link(part, file) != 0)
		err = errno == EEXIST ? exists(file, s->error) : cannot(file, s->error);
	if (fd >= 0 && (err != IQ_OK || !s->ask->replace))
		(void)unlink(part);
	if (err == IQ_OK && !sync_folder(file))
		err = cannot(file, s->error);
	s->report->replaced = there;
	if (fd >= 0)
		close(fd);
	free(part);
	return err;
}

/* For iqd doctor and the metrics; a failure is of no consequence. */
static void note_last(const struct save *s)
{
	const struct iq_backup_head *h = &s->report->head;
	char *path, *beside, text[96];
	int n = snprintf(text, sizeof(text), "%lld %llu %llu\n", (long long)h->made_us,
		(unsigned long long)h->revision, (unsigned long long)s->report->bytes);

	if (asprintf(&path, "%s/%s", s->ask->dir, IQ_BACKUP_LAST) < 0)
		return;
	if (asprintf(&beside, "%s.new", path) >= 0) {
		int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		bool good = fd >= 0 && iq_write_all(fd, text, (size_t)n);

		if (fd >= 0)
			close(fd);
		if (!good || rename(beside, path) != 0)
			(void)unlink(beside);
		free(beside);
	}
	free(path);
}

enum iq_err iq_backup_save(
	const struct iq_backup_ask *ask, struct iq_backup_report *out, struct iq_error *error)
{
	struct save s = {.ask = ask, .report = out, .error = error};
	enum iq_err err;

	memset(out, 0, sizeof(*out));
	err = strcmp(ask->file, "-") == 0 ? write_to(&s, STDOUT_FILENO) : save_file(&s);
	if (err == IQ_OK)
		note_last(&s);
	return err;
}

int64_t iq_backup_last(const char *dir)
{
	char *path;
	long long us = 0;

	if (asprintf(&path, "%s/%s", dir, IQ_BACKUP_LAST) < 0)
		return 0;
	FILE *f = fopen(path, "re");

	if (f != NULL) {
		/* The width keeps it in its range. NOLINTNEXTLINE(cert-err34-c) */
		if (fscanf(f, "%18lld", &us) != 1)
			us = 0;
		fclose(f);
	}
	free(path);
	return us;
}
