/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: opening, creating, closing. */

#include <errno.h>
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
static bool is_whole(struct iq_store *s)
{
	MDB_envinfo info;
	MDB_stat stat_;
	mdb_filehandle_t fd;
	struct stat st;

	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &stat_) != 0)
		return false;
	if (mdb_env_get_fd(s->env, &fd) != 0 || fstat(fd, &st) != 0)
		return false;
	return ((uint64_t)info.me_last_pgno + 1) * stat_.ms_psize <= (uint64_t)st.st_size;
}

static int open_map(struct iq_store *s, uint64_t map, unsigned readers)
{
	int rc = mdb_env_create(&s->env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_mapsize(s->env, map);
	if (rc == 0)
		rc = mdb_env_set_maxreaders(s->env, readers);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, IQ_TABS);
	if (rc == 0)
		rc = mdb_env_open(s->env, s->path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc != 0) {
		mdb_env_close(s->env);
		s->env = NULL;
	}
	return rc;
}

static enum iq_err open_env(struct iq_store *s, uint64_t size, const struct iq_store_options *opt,
	struct iq_error *error)
{
	uint64_t map = opt && opt->map_bytes ? opt->map_bytes : map_default;
	unsigned readers = opt && opt->readers ? opt->readers : READERS;
	int rc;

	if (map < size)
		map = size;
	map = (map + PAGE_MIN - 1) / PAGE_MIN * PAGE_MIN;
	rc = open_map(s, map, readers);
	/* A machine, valgrind or a limit may not grant so much address space. */
	while ((rc == ENOMEM || rc == EINVAL) && map / 4 >= map_least && map / 4 >= 2 * size) {
		map /= 4;
		rc = open_map(s, map, readers);
	}
	if (rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH)
		return damaged(s, error);
	if (rc != 0)
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	if (size != 0 && !is_whole(s))
		return damaged(s, error);
	mdb_reader_check(s->env, NULL);
	return IQ_OK;
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

static enum iq_err open_tables(struct iq_store *s, bool create, struct iq_error *error)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, create ? 0 : MDB_RDONLY, &txn);

	if (rc != 0)
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	for (unsigned i = 0; i < IQ_TABS && rc == 0; i++)
		rc = mdb_dbi_open(txn, iq_tab_names[i], create ? MDB_CREATE : 0, &s->dbi[i]);
	if (rc != 0) {
		mdb_txn_abort(txn);
		if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE || rc == MDB_CORRUPTED)
			return damaged(s, error);
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	}
	mdb_set_compare(txn, s->dbi[IQ_TAB_REC], compare_rec);
	mdb_set_compare(txn, s->dbi[IQ_TAB_CELL], compare_cell);
	rc = mdb_txn_commit(txn); /* keeps the handles */
	return rc ? system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error) : IQ_OK;
}

/* The first state: revision 0, a random generation. */
static enum iq_err first_state(struct iq_store *s, struct iq_error *error)
{
	uint8_t bytes[1 + 3 * 8 + IQ_KINDS * 12] = {1};
	MDB_val k = {5, (void *)(uintptr_t) "state"}, v = {sizeof(bytes), bytes};
	MDB_txn *txn;

	if (getrandom(bytes + 17, 8, 0) != 8)
		return system_error(s, strerror(errno), IQ_ERR_INTERNAL, error);
	for (unsigned i = 0; i < IQ_KINDS; i++)
		bytes[25 + i * 12] = 1;
	int rc = mdb_txn_begin(s->env, NULL, 0, &txn);

	if (rc != 0)
		return system_error(s, mdb_strerror(rc), IQ_ERR_INTERNAL, error);
	rc = mdb_put(txn, s->dbi[IQ_TAB_META], &k, &v, 0);
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

enum iq_err iq_store_open(const char *dir, bool create, const struct iq_store_options *opt,
	struct iq_store **out, struct iq_error *error)
{
	struct iq_store *s = calloc(1, sizeof(*s));
	enum iq_err err = IQ_ERR_INTERNAL;
	uint64_t size;

	if (s == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
		free(s);
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	}
	if (asprintf(&s->path, "%s/data.mdb", dir) < 0) {
		s->path = NULL;
		err = iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
		goto fail;
	}
	err = check_file(s, dir, create, &size, error);
	if (err == IQ_OK)
		err = open_env(s, size, opt, error);
	if (err == IQ_OK)
		err = open_tables(s, create, error);
	if (err == IQ_OK && create) {
		err = first_state(s, error);
		sync_dir(dir);
	}
	if (err == IQ_OK) {
		iq_filter_build(s);
		*out = s;
		return IQ_OK;
	}
fail:
	iq_store_close(s);
	return err;
}

void iq_store_close(struct iq_store *s)
{
	if (s == NULL)
		return;
	if (s->env != NULL)
		mdb_env_close(s->env);
	pthread_mutex_destroy(&s->lock);
	free((void *)s->filter);
	free(s->path);
	free(s);
}

uint64_t iq_store_bytes(const struct iq_store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 ? (uint64_t)st.st_size : 0;
}
