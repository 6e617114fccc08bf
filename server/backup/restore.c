/* SPDX-License-Identifier: Apache-2.0 */
/* Filling an empty state directory from a backup. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "buf.h"
#include "i18n.h"
#include "inside.h"
#include "io.h"
#include "store.h"

enum { VALUE_MAX = 256 << 20 };

struct restore {
	const struct iq_backup_ask *ask;
	struct iq_backup_report *report;
	struct iq_error *error;
	struct iq_unseal *from;
	struct iq_load *load;
	struct iq_buf entry;
	char table[IQ_INSIDE_NAME];
	bool made; /* the directory is ours */
};

static uint64_t get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static enum iq_err damaged(struct restore *r)
{
	return iq_error_set(r->error, IQ_ERR_REJECTED, N_("The backup is damaged or cut off."),
		N_("Take another one."), NULL);
}

static enum iq_err cannot(struct restore *r, const char *path)
{
	return iq_error_set(r->error,
		errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? IQ_ERR_QUOTA
								     : IQ_ERR_INTERNAL,
		N_("The file {0} cannot be written: {1}."),
		N_("Check the path, its owner and the free space."), path, strerror(errno), NULL);
}

static enum iq_err no_memory(struct restore *r)
{
	return iq_error_set(r->error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
}

/* ---- parts ---------------------------------------------------------------------------------- */

/* A plain name, or one in the folder audit: nothing that leads elsewhere, no database or lock. */
static bool name_good(const char *name)
{
	const char *base = strncmp(name, "audit/", 6) == 0 ? name + 6 : name;
	size_t n =
		strspn(base, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && base[n] == '\0' && base[0] != '.' && strncmp(base, "data.mdb", 8) != 0 &&
	       strcmp(base, "lock") != 0;
}

static enum iq_err copy_out(struct restore *r, const char *path, uint64_t bytes)
{
	char part[16384];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum iq_err err = fd < 0 ? cannot(r, path) : IQ_OK;

	while (bytes > 0 && err == IQ_OK) {
		size_t n = bytes < sizeof(part) ? (size_t)bytes : sizeof(part);

		if (!iq_unseal_read(r->from, part, n))
			err = iq_unseal_why(r->from, r->error);
		else if (!iq_write_all(fd, part, n))
			err = cannot(r, path);
		bytes -= n;
	}
	if (err == IQ_OK && fsync(fd) != 0)
		err = cannot(r, path);
	if (fd >= 0)
		close(fd);
	return err;
}

static enum iq_err take_file(struct restore *r)
{
	uint8_t head[10];
	char name[IQ_INSIDE_NAME] = "", *path;
	enum iq_err err;

	if (!iq_unseal_read(r->from, head, sizeof(head)))
		return iq_unseal_why(r->from, r->error);
	if (get(head, 2) >= sizeof(name))
		return damaged(r);
	if (!iq_unseal_read(r->from, name, get(head, 2)))
		return iq_unseal_why(r->from, r->error);
	if (!name_good(name))
		return damaged(r);
	if (strcmp(name, "ca.key") == 0)
		r->report->ca_key = true;
	if (asprintf(&path, "%s/%s", r->ask->dir, name) < 0)
		return no_memory(r);
	err = copy_out(r, path, get(head + 2, 8));
	free(path);
	return err;
}

static enum iq_err take_table(struct restore *r)
{
	uint8_t head[2];

	if (!iq_unseal_read(r->from, head, sizeof(head)))
		return iq_unseal_why(r->from, r->error);
	if (get(head, 2) >= sizeof(r->table))
		return damaged(r);
	memset(r->table, 0, sizeof(r->table));
	return iq_unseal_read(r->from, r->table, get(head, 2)) ? IQ_OK
							       : iq_unseal_why(r->from, r->error);
}

static enum iq_err take_entry(struct restore *r)
{
	uint8_t head[6], *p;

	if (!iq_unseal_read(r->from, head, sizeof(head)))
		return iq_unseal_why(r->from, r->error);
	size_t key = get(head, 2), value = get(head + 2, 4);

	if (value > VALUE_MAX)
		return damaged(r);
	iq_buf_reset(&r->entry, 1 << 20);
	p = iq_buf_room(&r->entry, key + value + 1);
	if (p == NULL)
		return no_memory(r);
	if (!iq_unseal_read(r->from, p, key + value))
		return iq_unseal_why(r->from, r->error);
	if (!iq_load_put(r->load, r->table, (struct iq_str){(char *)p, key},
		    (struct iq_str){(char *)p + key, value}))
		return iq_load_why(r->load, r->error);
	r->report->entries++;
	return IQ_OK;
}

static enum iq_err take_end(struct restore *r)
{
	uint8_t count[8];

	if (!iq_unseal_read(r->from, count, sizeof(count)))
		return iq_unseal_why(r->from, r->error);
	return get(count, 8) == r->report->entries && iq_unseal_ended(r->from) ? IQ_OK : damaged(r);
}

static enum iq_err take_all(struct restore *r)
{
	enum iq_err err = IQ_OK;
	uint8_t type = 0;

	while (err == IQ_OK && type != 'Z') {
		if (!iq_unseal_read(r->from, &type, 1))
			return iq_unseal_why(r->from, r->error);
		switch (type) {
		case 'F':
			err = take_file(r);
			break;
		case 'T':
			err = take_table(r);
			break;
		case 'E':
			err = take_entry(r);
			break;
		case 'Z':
			err = take_end(r);
			break;
		default:
			err = damaged(r);
		}
	}
	return err;
}

/* ---- the directory --------------------------------------------------------------------------- */

static enum iq_err make_dirs(struct restore *r)
{
	const char *dir = r->ask->dir;
	char *audit;

	if (!iq_dir_is_empty(dir))
		return iq_error_set(r->error, IQ_ERR_CONFLICT,
			N_("{0} is not empty, or cannot be read."),
			N_("A backup is restored into a new directory. Keep what is there until "
			   "the restored server runs."),
			dir, NULL);
	if ((mkdir(dir, 0700) != 0 && errno != EEXIST) || chmod(dir, 0700) != 0)
		return iq_error_set(r->error, IQ_ERR_USAGE,
			N_("The directory {0} cannot be made: {1}."),
			N_("Check the path and its owner."), dir, strerror(errno), NULL);
	r->made = true;
	if (asprintf(&audit, "%s/audit", dir) < 0)
		return no_memory(r);
	int rc = mkdir(audit, 0700);

	free(audit);
	return rc == 0 ? IQ_OK : cannot(r, dir);
}

static void empty_dir(const char *path)
{
	DIR *d = opendir(path);

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

/* Half a state directory would only be in the way of the next try. */
void iq_backup_undo(const char *dir)
{
	char *audit;

	if (asprintf(&audit, "%s/audit", dir) >= 0) {
		empty_dir(audit);
		(void)rmdir(audit);
		free(audit);
	}
	empty_dir(dir); /* it was empty; the directory itself may be somebody else's */
}

static bool sync_dir(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return good;
}

/* ---- all together --------------------------------------------------------------------------- */

static enum iq_err check_time(
	const struct iq_backup_head *head, int64_t now_us, struct iq_error *error)
{
	char made[32], ends[32];
	const time_t t[2] = {
		(time_t)(head->made_us / 1000000), (time_t)(head->expires_us / 1000000)};
	struct tm tm;

	if (now_us < head->expires_us)
		return IQ_OK;
	gmtime_r(&t[0], &tm);
	strftime(made, sizeof(made), "%Y-%m-%d", &tm);
	gmtime_r(&t[1], &tm);
	strftime(ends, sizeof(ends), "%Y-%m-%d", &tm);
	return iq_error_set(error, IQ_ERR_REJECTED,
		N_("The backup of {0} has expired on {1}: it holds personal data that must not "
		   "come back."),
		N_("Take a newer one, and delete this one. If there is none: is the clock of this "
		   "machine right?"),
		made, ends, NULL);
}

static enum iq_err fill(struct restore *r)
{
	enum iq_err err = make_dirs(r);

	if (err == IQ_OK)
		err = iq_load_begin(r->ask->dir, &r->load, r->error);
	if (err != IQ_OK)
		return err;
	err = take_all(r);
	if (err == IQ_OK && !sync_dir(r->ask->dir, "audit"))
		err = cannot(r, r->ask->dir);
	if (err == IQ_OK)
		err = iq_load_end(r->load, r->error);
	else
		iq_load_drop(r->load);
	if (err == IQ_OK && !sync_dir(r->ask->dir, "."))
		err = cannot(r, r->ask->dir);
	return err;
}

enum iq_err iq_backup_restore(const struct iq_backup_ask *ask, int64_t now_us,
	struct iq_backup_report *out, struct iq_error *error)
{
	struct restore r = {.ask = ask, .report = out, .error = error};
	bool standard = strcmp(ask->file, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(ask->file, O_RDONLY | O_CLOEXEC);
	enum iq_err err;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return iq_error_set(error, IQ_ERR_USAGE, N_("The file {0} cannot be read: {1}."),
			N_("Check the path and its owner."), ask->file, strerror(errno), NULL);
	iq_buf_init(&r.entry, 0);
	err = iq_unseal_begin(fd, ask->key, &out->head, &r.from, error);
	if (err == IQ_OK)
		err = check_time(&out->head, now_us, error);
	if (err == IQ_OK)
		err = fill(&r);
	if (err != IQ_OK && r.made)
		iq_backup_undo(ask->dir);
	iq_unseal_free(r.from);
	iq_buf_free(&r.entry);
	if (!standard)
		close(fd);
	return err;
}
