/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: opening, creating, closing. */

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "i18n.h"
#include "store_priv.h"

enum { READERS = 256, PAGE_MIN = 4096 };

static const uint64_t map_default = UINT64_C(64) << 30;
static const uint64_t map_least = UINT64_C(1) << 30; /* of the fallbacks */

const char *const iq_tab_names[IQ_TABS] = {
	[IQ_TAB_META] = "meta",
	[IQ_TAB_ID] = "id",
	[IQ_TAB_REC] = "rec",
	[IQ_TAB_CELL] = "cell",
	[IQ_TAB_REF] = "ref",
	[IQ_TAB_NAME] = "name",
	[IQ_TAB_LOG] = "log",
	[IQ_TAB_PAST] = "past",
	[IQ_TAB_REQUEST] = "request",
	[IQ_TAB_AUTH] = "auth",
	[IQ_TAB_LIVING] = "living",
};

/* Locks and the memory map need a local file (statfs(2) lists the numbers). */
static bool is_remote(const char *dir)
{
	static const uint32_t types[] = {0x6969 /* nfs */, 0x517b /* smb */, 0xff534d42 /* cifs */,
		0xfe534d42 /* smb2 */, 0x5346414f /* afs */, 0x00c36400 /* ceph */,
		0x73757245 /* coda */};
	struct statfs s;

	if (statfs(dir, &s) != 0)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((uint32_t)s.f_type == types[i])
			return true;
	return false;
}

static enum iq_err damaged(struct iq_store *s, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The database {0} is damaged or cut off."),
		N_("Restore a backup of the state directory."), s->path, NULL);
}

static enum iq_err system_error(
	struct iq_store *s, const char *why, enum iq_err code, struct iq_error *error)
{
	return iq_error_set(error, code, N_("The database {0} cannot be opened: {1}."),
		N_("Check the path, its owner and the free space."), s->path, why, NULL);
}

/* Looks at the file before LMDB maps it; *size 0: there is none. */
static enum iq_err check_file(
	struct iq_store *s, const char *dir, bool create, uint64_t *size, struct iq_error *error)
{
	struct stat st;

	*size = 0;
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return iq_error_set(error, IQ_ERR_USAGE, N_("There is no state directory {0}."),
			N_("Make it first: iqd init --state {0}"), dir, NULL);
	if (is_remote(dir))
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("{0} lies on a network file system, where a database would be damaged."),
			N_("Choose a directory on a local disk."), dir, NULL);
	if (stat(s->path, &st) != 0) {
		if (errno != ENOENT)
			return system_error(s, strerror(errno), IQ_ERR_INTERNAL, error);
		if (create)
			return IQ_OK;
		return iq_error_set(error, IQ_ERR_USAGE, N_("There is no directory in {0} yet."),
			N_("Make it first: iqd init --state {0}"), dir, NULL);
	}
	*size = (uint64_t)st.st_size;
	if (create)
		return iq_error_set(error, IQ_ERR_CONFLICT, N_("{0} exists already."),
			N_("Choose another state directory, or go on with this one."), s->path,
			NULL);
	return *size < UINT64_C(2) * PAGE_MIN ? damaged(s, error) : IQ_OK;
}

/* LMDB would touch pages beyond the end of a file that was cut off: SIGBUS. */
static bool is_whole(const struct iq_env *e)
{
	MDB_envinfo info;
	MDB_stat stat_;
	mdb_filehandle_t fd;
	struct stat st;

	if (mdb_env_info(e->env, &info) != 0 || mdb_env_stat(e->env, &stat_) != 0)
		return false;
	if (mdb_env_get_fd(e->env, &fd) != 0 || fstat(fd, &st) != 0)
		return false;
	return ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize <= (uint64_t)st.st_size;
}

static int open_map(struct iq_env *e, const char *path, uint64_t map, unsigned readers)
{
	int rc = mdb_env_create(&e->env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_mapsize(e->env, map);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(e->env, readers);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(e->env, IQ_TABS);
	if (rc == 0)
		rc = mdb_env_open(e->env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc != 0) {
		mdb_env_close(e->env);
		e->env = NULL;
	}
	return rc;
}

/*
 * The order of memcmp for keys of one length, without its call: a look-up compares some twenty
 * keys. Other lengths (the beginning of a key) take the long way.
 */
static int compare_any(const MDB_val *a, const MDB_val *b)
{
	return iq_str_cmp(
		(struct iq_str){a->mv_data, a->mv_size}, (struct iq_str){b->mv_data, b->mv_size});
}

static int compare_rec(const MDB_val *a, const MDB_val *b)
{
	if (a->mv_size != IQ_REC_KEY || b->mv_size != IQ_REC_KEY)
		return compare_any(a, b);
	const char *x = a->mv_data, *y = b->mv_data;
	uint64_t i = (uint64_t)iq_be32(x) << 8 | (uint8_t)x[4];
	uint64_t k = (uint64_t)iq_be32(y) << 8 | (uint8_t)y[4];

	return (i > k) - (i < k);
}

static int compare_cell(const MDB_val *a, const MDB_val *b)
{
	if (a->mv_size != IQ_CELL_KEY || b->mv_size != IQ_CELL_KEY)
		return compare_any(a, b);
	const char *x = a->mv_data, *y = b->mv_data;
	uint64_t i = iq_be64(x), k = iq_be64(y);

	if (i == k) {
		i = iq_be32(x + 8);
		k = iq_be32(y + 8);
	}
	return (i > k) - (i < k);
}

/* A directory from before a table existed gets it when it is opened. */
static bool came_later(unsigned tab)
{
	return tab == IQ_TAB_LIVING;
}

static int try_tables(struct iq_env *e, enum iq_env_mode mode)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, mode == IQ_ENV_READ ? MDB_RDONLY : 0, &txn);

	if (rc != 0)
		return rc;
	for (unsigned i = 0; i < IQ_TABS && rc == 0; i++) {
		bool make = mode == IQ_ENV_CREATE || (mode == IQ_ENV_UPGRADE && came_later(i));

		rc = mdb_dbi_open(txn, iq_tab_names[i], make ? MDB_CREATE : 0, &e->dbi[i]);
	}
	if (rc == 0 && mode == IQ_ENV_UPGRADE)
		rc = iq_version_set(e, txn);
	if (rc != 0) {
		mdb_txn_abort(txn);
		return rc;
	}
	mdb_set_compare(txn, e->dbi[IQ_TAB_REC], compare_rec);
	mdb_set_compare(txn, e->dbi[IQ_TAB_CELL], compare_cell);
	return mdb_txn_commit(txn); /* keeps the handles */
}

static int open_tables(struct iq_env *e, enum iq_env_mode mode)
{
	unsigned version = 0;
	int rc = mode == IQ_ENV_CREATE ? 0 : iq_version_get(e, &version);

	if (rc != 0 || mode == IQ_ENV_CREATE)
		return rc ? rc : try_tables(e, mode);
	if (version == 0)
		return MDB_CORRUPTED;
	if (version > IQ_STATE_VERSION)
		return IQ_VERSION_NEWER;
	if (version == IQ_STATE_VERSION)
		return try_tables(e, IQ_ENV_READ);
	return mode == IQ_ENV_READ ? IQ_VERSION_OLDER : try_tables(e, mode);
}

int iq_env_open(const char *path, enum iq_env_mode mode, uint64_t map, unsigned readers,
	struct iq_env **out)
{
	struct iq_env *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return ENOMEM;
	atomic_init(&e->refs, 1);
	int rc = open_map(e, path, map, readers);

	if (rc == 0 && mode != IQ_ENV_CREATE && !is_whole(e))
		rc = MDB_CORRUPTED;
	if (rc == 0)
		rc = open_tables(e, mode);
	if (rc != 0) {
		iq_env_drop(e);
		return rc;
	}
	*out = e;
	return 0;
}

struct iq_env *iq_env_take(struct iq_store *s)
{
	pthread_mutex_lock(&s->lock);
	struct iq_env *e = atomic_load(&s->env);

	atomic_fetch_add(&e->refs, 1);
	pthread_mutex_unlock(&s->lock);
	return e;
}

void iq_env_drop(struct iq_env *e)
{
	if (e == NULL || atomic_fetch_sub(&e->refs, 1) != 1)
		return;
	if (e->env != NULL)
		mdb_env_close(e->env);
	free(e);
	(void)malloc_trim(0); /* LMDB's pages go back to the system */
}

uint64_t iq_env_last(const struct iq_env *e)
{
	MDB_envinfo info;

	return mdb_env_info(e->env, &info) == 0 ? e->base + info.me_last_txnid : 0;
}

static enum iq_err open_env(struct iq_store *s, bool create, uint64_t size,
	const struct iq_store_options *opt, struct iq_error *error)
{
	uint64_t map = opt && opt->map_bytes ? opt->map_bytes : map_default;
	enum iq_env_mode mode = create                ? IQ_ENV_CREATE
				: opt && opt->upgrade ? IQ_ENV_UPGRADE
						      : IQ_ENV_READ;
	struct iq_env *e = NULL;
	int rc;

	s->max_readers = opt && opt->readers ? opt->readers : READERS;
	if (map < size)
		map = size;
	map = (map + PAGE_MIN - 1) / PAGE_MIN * PAGE_MIN;
	rc = iq_env_open(s->path, mode, map, s->max_readers, &e);
	/* A machine, valgrind or a limit may not grant so much address space. */
	while ((rc == ENOMEM || rc == EINVAL) && map / 4 >= map_least && map / 4 >= 2 * size) {
		map /= 4;
		rc = iq_env_open(s->path, mode, map, s->max_readers, &e);
	}
	if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH ||
		rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
		return damaged(s, error);
	if (rc == IQ_VERSION_NEWER)
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("{0} was written by a later version of iqd. This one does not touch "
			   "it."),
			N_("Install that version again, or restore a backup that this one made."),
			s->path, NULL);
	if (rc == IQ_VERSION_OLDER)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("{0} was written by an earlier version of iqd."),
			N_("Start the server once: it brings the database to this version."),
			s->path, NULL);
	if (rc != 0)
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	s->map = map;
	atomic_store(&s->env, e);
	int stale = 0;

	mdb_reader_check(e->env, &stale);
	s->stale = stale > 0 ? (unsigned)stale : 0;
	return IQ_OK;
}

/* The first state: revision 0, a random generation. */
static enum iq_err first_state(struct iq_store *s, struct iq_error *error)
{
	uint8_t bytes[1 + 3 * 8 + IQ_KINDS * 12] = {IQ_STATE_VERSION};
	MDB_val k = {5, (void *)(uintptr_t) "state"}, v = {sizeof(bytes), bytes};
	MDB_txn *txn;

	if (getrandom(bytes + 17, 8, 0) != 8)
		return system_error(s, strerror(errno), IQ_ERR_INTERNAL, error);
	for (unsigned i = 0; i < IQ_KINDS; i++)
		bytes[25 + i * 12] = 1;
	struct iq_env *e = atomic_load(&s->env);
	int rc = mdb_txn_begin(e->env, NULL, 0, &txn);

	if (rc != 0)
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	rc = mdb_put(txn, e->dbi[IQ_TAB_META], &k, &v, 0);
	if (rc == 0)
		rc = mdb_txn_commit(txn);
	else
		mdb_txn_abort(txn);
	return rc ? system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error) : IQ_OK;
}

/* The name of a new file is durable only when its folder is. */
static void sync_dir(const char *dir)
{
	FILE *f = fopen(dir, "r");

	if (f == NULL)
		return;
	(void)fsync(fileno(f));
	fclose(f);
}

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
}

/* While nobody exchanges the file: its lock belongs to it. */
static enum iq_err open_locked(
	struct iq_store *s, bool create, const struct iq_store_options *opt, struct iq_error *error)
{
	uint64_t size;
	int lock = iq_swap_lock(s->dir, false);
	enum iq_err err = check_file(s, s->dir, create, &size, error);

	if (err == IQ_OK)
		iq_swap_clean(s->path);
	if (err == IQ_OK)
		err = open_env(s, create, size, opt, error);
	if (lock >= 0)
		close(lock);
	return err;
}

enum iq_err iq_store_open(const char *dir, bool create, const struct iq_store_options *opt,
	struct iq_store **out, struct iq_error *error)
{
	struct iq_store *s = calloc(1, sizeof(*s));
	enum iq_err err = IQ_ERR_BUSY;

	if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return no_memory(error);
	}
	atomic_init(&s->env, NULL);
	s->dir = strdup(dir);
	if (s->dir == NULL || asprintf(&s->path, "%s/data.mdb", dir) < 0) {
		s->path = NULL;
		err = no_memory(error);
	} else {
		err = open_locked(s, create, opt, error);
	}
	if (err == IQ_OK && create) {
		err = first_state(s, error);
		sync_dir(dir);
	}
	if (err == IQ_OK) {
		iq_filter_build(s);
		*out = s;
		return IQ_OK;
	}
	iq_store_close(s);
	return err;
}

void iq_store_close(struct iq_store *s)
{
	if (s == NULL)
		return;
	iq_env_drop(atomic_load(&s->env));
	pthread_mutex_destroy(&s->lock);
	free((void *)s->filter);
	free(s->ids);
	free(s->path);
	free(s->dir);
	free(s);
}

uint64_t iq_store_bytes(const struct iq_store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* Pages that are free; they are listed in LMDB's table 0, numbers of pages behind their count. */
static uint64_t free_pages(struct iq_env *e)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	MDB_txn *txn;
	uint64_t n = 0;

	if (mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != 0)
		return 0;
	if (mdb_cursor_open(txn, 0, &cursor) == 0) {
		while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
			if (value.mv_size >= sizeof(size_t))
				n += *(const size_t *)value.mv_data;
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	return n;
}

void iq_store_usage(struct iq_store *s, struct iq_store_usage *out)
{
	uint64_t oldest = iq_store_oldest(s);
	struct iq_env *e = iq_env_take(s);
	MDB_envinfo info;
	MDB_stat st;

	*out = (struct iq_store_usage){.map_bytes = s->map, .stale = s->stale};
	if (mdb_env_info(e->env, &info) == 0 && mdb_env_stat(e->env, &st) == 0) {
		out->used_bytes = ((uint64_t)info.me_last_pgno + 1) * st.ms_psize;
		out->readers = info.me_numreaders;
		out->free_bytes = free_pages(e) * st.ms_psize;
		if (oldest != UINT64_MAX && oldest > 1 && oldest < iq_env_last(e))
			out->lag = iq_env_last(e) - oldest;
	}
	iq_env_drop(e);
}
