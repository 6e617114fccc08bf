/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a snapshot out entry by entry, and putting one in: what backups are made of. A copy of
 * pages would take along what was deleted long ago.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "i18n.h"
#include "store_priv.h"

enum { CHUNK = 16 << 20 /* bytes put in one transaction */ };
enum { GENERATION_AT = 17, STATE_LEAST = GENERATION_AT + 8 };

static const uint64_t map_default = UINT64_C(64) << 30;

bool iq_dump_each(struct iq_txn *t,
	bool (*fn)(void *arg, const char *table, struct iq_str key, struct iq_str value), void *arg)
{
	bool go = true;

	for (unsigned tab = 0; tab < IQ_TABS && go; tab++) {
		struct iq_walk x;

		for (iq_walk_begin(&x, t, (enum iq_tab)tab, (struct iq_str){NULL, 0}, 0);
			x.ok && go; iq_walk_next(&x))
			go = fn(arg, iq_tab_names[tab], x.key, x.value);
		iq_walk_end(&x);
	}
	return go && t->err == IQ_OK;
}

struct iq_load {
	char *dir, *path, *part, *lock;
	struct iq_env *env;
	MDB_txn *txn;
	size_t chunk;
	int rc;         /* LMDB's or errno, sticky */
	bool malformed; /* what came does not fit a database */
	bool state;     /* the state was among it */
};

static enum iq_err failed(const struct iq_load *l, struct iq_error *error)
{
	if (l->malformed)
		return iq_error_set(error, IQ_ERR_REJECTED,
			N_("What is in the backup is not a directory that this iqd can read."),
			N_("Restore it with the version of iqd that made it, or a newer one."),
			NULL);
	if (l->rc == ENOSPC || l->rc == EDQUOT || l->rc == EFBIG || l->rc == EIO)
		return iq_error_set(error, IQ_ERR_QUOTA,
			N_("There is not enough room on the disk for the database: {0}."),
			N_("Free space, or choose another disk, and try again."),
			mdb_strerror(l->rc), NULL);
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The database {0} cannot be written: {1}."),
		N_("Check the path, its owner and the free space."), l->path ? l->path : "",
		mdb_strerror(l->rc), NULL);
}

static void load_free(struct iq_load *l)
{
	if (l->txn != NULL)
		mdb_txn_abort(l->txn);
	iq_env_drop(l->env);
	if (l->part != NULL)
		(void)unlink(l->part);
	if (l->lock != NULL)
		(void)unlink(l->lock);
	free(l->dir);
	free(l->path);
	free(l->part);
	free(l->lock);
	free(l);
}

enum iq_err iq_load_begin(const char *dir, struct iq_load **out, struct iq_error *error)
{
	struct iq_load *l = calloc(1, sizeof(*l));
	uint64_t map = map_default;
	enum iq_err err;

	*out = NULL;
	if (l == NULL)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	l->dir = strdup(dir);
	if (l->dir == NULL || asprintf(&l->path, "%s/data.mdb", dir) < 0)
		l->path = NULL;
	if (l->path == NULL || asprintf(&l->part, "%s.part", l->path) < 0)
		l->part = NULL;
	if (l->part == NULL || asprintf(&l->lock, "%s-lock", l->part) < 0)
		l->lock = NULL;
	l->rc = l->lock == NULL ? ENOMEM : iq_env_open(l->part, IQ_ENV_CREATE, map, 1, &l->env);
	/* A machine or a limit may not grant so much address space. */
	while ((l->rc == ENOMEM || l->rc == EINVAL) && l->lock != NULL && map > CHUNK) {
		map /= 4;
		l->rc = iq_env_open(l->part, IQ_ENV_CREATE, map, 1, &l->env);
	}
	/* Nobody needs a part of it: on disk once, at the end. */
	if (l->rc == 0)
		l->rc = mdb_env_set_flags(l->env->env, MDB_NOSYNC, 1);
	if (l->rc == 0) {
		*out = l;
		return IQ_OK;
	}
	err = failed(l, error);
	load_free(l);
	return err;
}

static unsigned table_of(const char *name)
{
	unsigned tab = 0;

	while (tab < IQ_TABS && strcmp(iq_tab_names[tab], name) != 0)
		tab++;
	return tab;
}

static void commit(struct iq_load *l)
{
	if (l->txn != NULL)
		l->rc = mdb_txn_commit(l->txn);
	l->txn = NULL;
	l->chunk = 0;
}

bool iq_load_put(struct iq_load *l, const char *table, struct iq_str key, struct iq_str value)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p}, v = {value.n, (void *)(uintptr_t)value.p};
	unsigned tab = table_of(table);
	uint8_t state[256];

	l->malformed = l->malformed || tab == IQ_TABS || key.n == 0 ||
		       (tab == IQ_TAB_META && value.n > sizeof(state));
	if (l->malformed || l->rc != 0)
		return false;
	/* Another history begins: cookies of the one that is left behind must not fit. */
	if (tab == IQ_TAB_META && iq_str_is(key, "state")) {
		if (value.n < STATE_LEAST) {
			l->malformed = true;
			return false;
		}
		memcpy(state, value.p, value.n);
		if (state[0] < IQ_STATE_VERSION)
			state[0] = IQ_STATE_VERSION; /* all tables are there: no more to upgrade */
		if (getrandom(state + GENERATION_AT, 8, 0) != 8)
			l->rc = errno;
		v.mv_data = state;
		l->state = true;
	}
	if (l->rc == 0 && l->txn == NULL)
		l->rc = mdb_txn_begin(l->env->env, NULL, 0, &l->txn);
	if (l->rc == 0)
		l->rc = mdb_put(l->txn, l->env->dbi[tab], &k, &v, MDB_APPEND);
	if (l->rc == MDB_KEYEXIST || l->rc == MDB_BAD_VALSIZE)
		l->malformed = true;
	l->chunk += key.n + value.n;
	if (l->rc == 0 && l->chunk > CHUNK)
		commit(l);
	return l->rc == 0;
}

enum iq_err iq_load_end(struct iq_load *l, struct iq_error *error)
{
	enum iq_err err = IQ_OK;

	l->malformed = l->malformed || !l->state;
	if (l->rc == 0 && !l->malformed)
		commit(l);
	if (l->rc == 0 && !l->malformed)
		l->rc = mdb_env_set_flags(l->env->env, MDB_NOSYNC, 0);
	if (l->rc == 0 && !l->malformed)
		l->rc = mdb_env_sync(l->env->env, 1);
	if (l->rc == 0 && !l->malformed) {
		iq_env_drop(l->env);
		l->env = NULL;
		if (rename(l->part, l->path) != 0)
			l->rc = errno;
	}
	if (l->rc != 0 || l->malformed)
		err = failed(l, error);
	load_free(l);
	return err;
}

enum iq_err iq_load_why(const struct iq_load *l, struct iq_error *error)
{
	return failed(l, error);
}

void iq_load_drop(struct iq_load *l)
{
	if (l != NULL)
		load_free(l);
}
