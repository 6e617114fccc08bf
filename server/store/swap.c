/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exchanging the file of a store that is in use.
 *
 * Beside data.mdb and data.mdb-lock a new pair is written, data.mdb.new and data.mdb.new-lock,
 * opened by LMDB under these names and kept open; then both are renamed. LMDB keeps descriptors
 * and never looks for the names again. The lock goes first: after a crash between the two there is
 * the old file with an unused lock, which the first opener resets. The other way round the new
 * file might meet a lock that still knows the old one's last transaction.
 *
 * Other processes may open the store at any time (iqd check): they do so under a shared flock of
 * the directory, the names change under an exclusive one, so that nobody gets the lock of one file
 * and the pages of the other. Whoever has the old pair open reads on: it is never written again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "store_priv.h"

enum { PATH_LONGEST = 4096 };

static const char *name(char out[PATH_LONGEST], const char *path, const char *end)
{
	int n = snprintf(out, PATH_LONGEST, "%s%s", path, end);

	return n > 0 && n < PATH_LONGEST ? out : "";
}

int iq_swap_lock(const char *dir, bool exclusive)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -1;
	do
		rc = flock(fd, exclusive ? LOCK_EX : LOCK_SH);
	while (rc != 0 && errno == EINTR);
	return fd;
}

static void unlink_new(const char *path)
{
	static const char *const ends[] = {".new", ".new-lock", "-lock.old"};
	char full[PATH_LONGEST];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)unlink(name(full, path, ends[i]));
}

void iq_swap_clean(const char *path)
{
	char full[PATH_LONGEST];
	int fd = open(name(full, path, ".new"), O_RDWR | O_CLOEXEC);

	/* Whoever writes it holds it. Without it nobody does: it comes and goes under the lock. */
	if (fd >= 0 ? flock(fd, LOCK_EX | LOCK_NB) == 0 : errno == ENOENT)
		unlink_new(path);
	if (fd >= 0)
		close(fd);
}

int iq_swap_begin(struct iq_store *s, struct iq_env **out)
{
	struct iq_env *old = atomic_load(&s->env), *e;
	char full[PATH_LONGEST];
	mdb_filehandle_t fd;
	int lock = iq_swap_lock(s->dir, true);

	if (lock < 0)
		return errno;
	unlink_new(s->path);
	int rc =
		iq_env_open(name(full, s->path, ".new"), IQ_ENV_CREATE, s->map, s->max_readers, &e);

	if (rc == 0) {
		(void)mdb_env_get_fd(e->env, &fd);
		(void)flock(fd, LOCK_EX | LOCK_NB); /* until it is closed */
		e->base = iq_env_last(old);
		*out = e;
	} else {
		unlink_new(s->path);
	}
	close(lock);
	return rc;
}

void iq_swap_drop(struct iq_store *s, struct iq_env *fresh)
{
	int lock = iq_swap_lock(s->dir, true);

	iq_env_drop(fresh);
	unlink_new(s->path);
	if (lock >= 0)
		close(lock);
}

/* Both names, or neither. */
static int rename_pair(struct iq_store *s)
{
	char from[PATH_LONGEST], to[PATH_LONGEST], kept[PATH_LONGEST];

	name(to, s->path, "-lock");
	if (link(to, name(kept, s->path, "-lock.old")) != 0)
		return errno;
	if (rename(name(from, s->path, ".new-lock"), to) != 0)
		return errno;
	if (rename(name(from, s->path, ".new"), s->path) != 0) {
		int rc = errno;

		if (rename(kept, to) != 0)
			iq_log(IQ_LOG_ERROR, "store: %s: %s", to, strerror(errno));
		return rc;
	}
	return 0;
}

/* Readers that hold no snapshot now would hold on to the old file until they are asked again. */
static void hand_over(struct iq_store *s, struct iq_env *fresh)
{
	for (struct iq_rtxn *r = s->readers; r != NULL; r = r->next) {
		uint64_t idle = 0;

		if (!atomic_compare_exchange_strong(&r->active, &idle, IQ_HANDED))
			continue;
		atomic_fetch_add(&fresh->refs, 1);
		(void)iq_rtxn_move(r, fresh); /* or else its next renewal does */
		atomic_store(&r->active, 0);
	}
}

int iq_swap_end(struct iq_store *s, struct iq_env *fresh)
{
	struct iq_env *old = atomic_load(&s->env);
	int lock = iq_swap_lock(s->dir, true);
	int rc = lock < 0 ? errno : rename_pair(s);

	if (rc != 0) {
		if (lock >= 0)
			close(lock);
		iq_swap_drop(s, fresh);
		return rc;
	}
	/* From here on there is no way back. */
	unlink_new(s->path);
	if (fsync(lock) != 0)
		iq_log(IQ_LOG_ERROR, "store: %s: fsync: %s", s->dir, strerror(errno));
	close(lock);
	iq_filter_swap(s, iq_env_last(old), iq_env_last(fresh));
	pthread_mutex_lock(&s->lock);
	atomic_store(&s->env, fresh);
	hand_over(s, fresh);
	pthread_mutex_unlock(&s->lock);
	iq_env_drop(old);
	return 0;
}
