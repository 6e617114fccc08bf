/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions with a sticky error, and single steps in a table. */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define IQ_LOG_PART IQ_LOG_STORE
#include "log.h"
#include "pulse.h"
#include "store_priv.h"

enum {
	STATE_HEAD = 1 + 3 * 8, /* then 12 bytes a kind */
	STATE_BYTES = STATE_HEAD + IQ_KINDS * 12,
};

enum iq_err iq_store_classify(int rc)
{
	switch (rc) {
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return IQ_ERR_QUOTA;
	case ENOMEM:
	case MDB_READERS_FULL:
		return IQ_ERR_BUSY;
	default:
		return IQ_ERR_INTERNAL;
	}
}

void iq_txn_fail(struct iq_txn *t, int rc, const char *what)
{
	if (t->err != IQ_OK)
		return;
	t->err = iq_store_classify(rc);
	snprintf(t->detail, sizeof(t->detail), "%s: %s", what, mdb_strerror(rc));
	if (t->w != NULL && iq_store_is_fatal(t->store, rc))
		iq_store_break(t->store, rc);
}

void iq_txn_refuse(struct iq_txn *t, enum iq_err err, const char *what)
{
	if (t->err != IQ_OK)
		return;
	t->err = err;
	snprintf(t->detail, sizeof(t->detail), "%s", what);
}

enum iq_err iq_txn_error(const struct iq_txn *t, const char **detail)
{
	if (detail != NULL)
		*detail = t->detail;
	return t->err;
}

static struct iq_str str_of(MDB_val v)
{
	return (struct iq_str){v.mv_data, v.mv_size};
}

static MDB_val val_of(struct iq_str s)
{
	return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}

bool iq_get(struct iq_txn *t, enum iq_tab tab, struct iq_str key, struct iq_str *value)
{
	MDB_val k = val_of(key), v;

	if (t->err != IQ_OK || t->txn == NULL)
		return false;
	int rc = mdb_get(t->txn, t->env->dbi[tab], &k, &v);

	if (rc == MDB_NOTFOUND)
		return false;
	if (rc != 0) {
		iq_txn_fail(t, rc, iq_tab_names[tab]);
		return false;
	}
	*value = str_of(v);
	return true;
}

void iq_put(
	struct iq_wtxn *w, enum iq_tab tab, struct iq_str key, struct iq_str value, unsigned flags)
{
	MDB_val k = val_of(key), v = val_of(value);
	struct iq_txn *t = &w->t;

	if (t->err != IQ_OK)
		return;
	iq_pulse_beat();
	w->dirty = true;
	if (tab == IQ_TAB_CELL)
		iq_filter_add(t->store, key);
	if (tab == IQ_TAB_ID)
		iq_id_forget(w, key);
	int rc = mdb_put(t->txn, t->env->dbi[tab], &k, &v, flags);

	if (rc == MDB_KEYEXIST && flags == MDB_APPEND)
		rc = mdb_put(t->txn, t->env->dbi[tab], &k, &v, 0);
	if (rc != 0)
		iq_txn_fail(t, rc, iq_tab_names[tab]);
}

void iq_del(struct iq_wtxn *w, enum iq_tab tab, struct iq_str key)
{
	MDB_val k = val_of(key);
	struct iq_txn *t = &w->t;

	if (t->err != IQ_OK)
		return;
	if (tab == IQ_TAB_ID)
		iq_id_forget(w, key);
	int rc = mdb_del(t->txn, t->env->dbi[tab], &k, NULL);

	w->dirty = w->dirty || rc == 0;
	if (rc != 0 && rc != MDB_NOTFOUND)
		iq_txn_fail(t, rc, iq_tab_names[tab]);
}

/* ---- walks -------------------------------------------------------------------------------- */

/* The kept cursor of the cell table, bound to this snapshot; NULL if it is in use. */
static MDB_cursor *kept_cursor(struct iq_txn *t)
{
	int rc = 0;

	if (t->w != NULL || t->cell_busy)
		return NULL;
	if (t->cell == NULL)
		rc = mdb_cursor_open(t->txn, t->env->dbi[IQ_TAB_CELL], &t->cell);
	else if (!t->cell_bound)
		rc = mdb_cursor_renew(t->txn, t->cell);
	if (rc != 0) {
		iq_txn_fail(t, rc, "cursor");
		return NULL;
	}
	t->cell_bound = true;
	t->cell_busy = true;
	return t->cell;
}

static void step(struct iq_walk *x, MDB_cursor_op op)
{
	MDB_val k = val_of(x->key), v;
	int rc = mdb_cursor_get(x->cursor, &k, &v, op);

	x->ok = false;
	if (rc == MDB_NOTFOUND)
		return;
	if (rc != 0) {
		iq_txn_fail(x->t, rc, "walk");
		return;
	}
	if (k.mv_size < x->nprefix || memcmp(k.mv_data, x->prefix, x->nprefix) != 0)
		return;
	x->key = str_of(k);
	x->value = str_of(v);
	x->ok = true;
}

static void walk_open(
	struct iq_walk *x, struct iq_txn *t, enum iq_tab tab, struct iq_str key, size_t prefix)
{
	x->t = t;
	x->cursor = NULL;
	x->ok = x->kept = false;
	x->key = key;
	x->nprefix = prefix;
	if (t->err != IQ_OK || t->txn == NULL)
		return;
	if (prefix)
		memcpy(x->prefix, key.p, prefix);
	if (tab == IQ_TAB_CELL)
		x->cursor = kept_cursor(t);
	x->kept = x->cursor != NULL;
	if (x->cursor == NULL && t->err == IQ_OK) {
		int rc = mdb_cursor_open(t->txn, t->env->dbi[tab], &x->cursor);

		if (rc != 0)
			iq_txn_fail(t, rc, "cursor");
	}
}

void iq_walk_begin(
	struct iq_walk *x, struct iq_txn *t, enum iq_tab tab, struct iq_str key, size_t prefix)
{
	walk_open(x, t, tab, key, prefix);
	if (t->err == IQ_OK && x->cursor != NULL)
		step(x, key.n ? MDB_SET_RANGE : MDB_FIRST);
}

void iq_walk_next(struct iq_walk *x)
{
	step(x, MDB_NEXT);
}

void iq_walk_begin_last(
	struct iq_walk *x, struct iq_txn *t, enum iq_tab tab, struct iq_str key, size_t prefix)
{
	MDB_val k = val_of(key), v;

	walk_open(x, t, tab, key, prefix);
	if (t->err != IQ_OK || x->cursor == NULL)
		return;
	/* There is no "last not behind": the first that is not before it, or else the last of all.
	 */
	int rc = mdb_cursor_get(x->cursor, &k, &v, MDB_SET_RANGE);

	if (rc == MDB_NOTFOUND)
		step(x, MDB_LAST);
	else if (rc == 0 && k.mv_size == key.n && memcmp(k.mv_data, key.p, key.n) == 0)
		step(x, MDB_GET_CURRENT);
	else if (rc == 0)
		step(x, MDB_PREV);
	else
		iq_txn_fail(t, rc, "walk");
}

void iq_walk_prev(struct iq_walk *x)
{
	step(x, MDB_PREV);
}

void iq_walk_end(struct iq_walk *x)
{
	if (x->kept)
		x->t->cell_busy = false;
	else if (x->cursor != NULL)
		mdb_cursor_close(x->cursor);
	x->cursor = NULL;
}

/* ---- state -------------------------------------------------------------------------------- */

static void put_le(uint8_t **p, uint64_t v, size_t n)
{
	memcpy(*p, &v, n);
	*p += n;
}

static void state_write(struct iq_wtxn *w)
{
	uint8_t bytes[STATE_BYTES], *p = bytes;
	const struct iq_state *s = &w->t.state;

	*p++ = IQ_STATE_VERSION;
	put_le(&p, s->revision, 8);
	put_le(&p, s->vocab_revision, 8);
	put_le(&p, s->generation, 8);
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		put_le(&p, s->next[k], 4);
		put_le(&p, s->count[k], 8);
	}
	iq_put(w, IQ_TAB_META, IQ_STR("state"), (struct iq_str){(char *)bytes, sizeof(bytes)}, 0);
}

static void state_read(struct iq_txn *t)
{
	struct iq_str v;
	const char *p;

	memset(&t->state, 0, sizeof(t->state));
	if (!iq_get(t, IQ_TAB_META, IQ_STR("state"), &v)) {
		iq_txn_refuse(t, IQ_ERR_INTERNAL, "the state entry is missing");
		return;
	}
	if (v.n < STATE_HEAD || v.n > STATE_BYTES || (v.n - STATE_HEAD) % 12 != 0 ||
		(uint8_t)v.p[0] < 1 || (uint8_t)v.p[0] > IQ_STATE_VERSION) {
		iq_txn_refuse(t, IQ_ERR_INTERNAL, "the state entry is damaged or newer");
		return;
	}
	p = v.p + 1;
	t->state.revision = iq_le64(p);
	t->state.vocab_revision = iq_le64(p + 8);
	t->state.generation = iq_le64(p + 16);
	for (size_t k = 0; k < IQ_KINDS; k++) {
		if (STATE_HEAD + (k + 1) * 12 > v.n) { /* written before there was this kind */
			t->state.next[k] = 1;
			continue;
		}
		t->state.next[k] = iq_le32(p + 24 + k * 12);
		t->state.count[k] = iq_le64(p + 28 + k * 12);
	}
}

/* ---- read transactions -------------------------------------------------------------------- */

int iq_rtxn_move(struct iq_rtxn *r, struct iq_env *e)
{
	struct iq_txn *t = &r->t;
	MDB_txn *txn;
	int rc = mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0) {
		iq_env_drop(e);
		return rc;
	}
	mdb_txn_reset(txn);
	if (t->cell != NULL)
		mdb_cursor_close(t->cell);
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	iq_env_drop(t->env);
	t->cell = NULL;
	t->cell_bound = false;
	t->txn = txn;
	t->env = e;
	return 0;
}

/* The file in use, if it is another one by now. */
static int follow(struct iq_rtxn *r)
{
	if (r->t.env == atomic_load(&r->t.store->env))
		return 0;
	return iq_rtxn_move(r, iq_env_take(r->t.store));
}

enum iq_err iq_rtxn_new(struct iq_store *s, struct iq_rtxn **out)
{
	struct iq_rtxn *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return IQ_ERR_BUSY;
	r->t.store = s;
	atomic_init(&r->active, 0);
	int rc = iq_rtxn_move(r, iq_env_take(s));

	if (rc != 0) {
		iq_log(IQ_LOG_ERROR, "store: read transaction: %s", mdb_strerror(rc));
		free(r);
		return iq_store_classify(rc);
	}
	pthread_mutex_lock(&s->lock);
	r->next = s->readers;
	s->readers = r;
	pthread_mutex_unlock(&s->lock);
	*out = r;
	return IQ_OK;
}

void iq_rtxn_free(struct iq_rtxn *t)
{
	if (t == NULL)
		return;
	struct iq_store *s = t->t.store;

	pthread_mutex_lock(&s->lock);
	for (struct iq_rtxn **at = &s->readers; *at != NULL; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			break;
		}
	pthread_mutex_unlock(&s->lock);
	if (t->t.cell != NULL)
		mdb_cursor_close(t->t.cell);
	mdb_txn_abort(t->t.txn);
	iq_env_drop(t->t.env);
	free(t->t.cells);
	free(t);
}

/* Before the snapshot is taken, so that nobody frees what belongs to it meanwhile. */
static void take_active(struct iq_rtxn *r)
{
	uint64_t idle = 0;

	while (!atomic_compare_exchange_weak(&r->active, &idle, 1)) {
		idle = 0; /* the writer has it in hand for a moment */
		sched_yield();
	}
}

bool iq_rtxn_renew(struct iq_rtxn *r)
{
	struct iq_txn *t = &r->t;

	if (r->live)
		iq_rtxn_reset(r);
	take_active(r);
	int rc = follow(r);

	if (rc == 0)
		rc = mdb_txn_renew(t->txn);
	t->err = IQ_OK;
	if (rc != 0) {
		atomic_store(&r->active, 0);
		iq_txn_fail(t, rc, "renew");
		iq_log(IQ_LOG_ERROR, "store: %s", t->detail);
		return false;
	}
	r->live = true;
	t->cell_bound = false;
	uint64_t id = t->env->base + mdb_txn_id(t->txn);

	atomic_store(&r->active, id > 1 ? id : 1);
	t->filtered = iq_filter_covers(t->store, id);
	if (id != t->state_of || id == 0) {
		state_read(t);
		t->state_of = id;
	}
	if (t->err != IQ_OK) {
		iq_log(IQ_LOG_ERROR, "store: %s", t->detail);
		t->state_of = 0;
		iq_rtxn_reset(r);
		return false;
	}
	return true;
}

void iq_rtxn_reset(struct iq_rtxn *r)
{
	if (!r->live)
		return;
	mdb_txn_reset(r->t.txn);
	r->live = false;
	r->t.cell_busy = false;
	(void)follow(r); /* or else the next renewal does */
	atomic_store(&r->active, 0);
}

const struct iq_state *iq_rtxn_state(struct iq_rtxn *r)
{
	return &r->t.state;
}

uint64_t iq_rtxn_number(struct iq_rtxn *r)
{
	return r->t.state_of;
}

struct iq_txn *iq_rtxn_txn(struct iq_rtxn *r)
{
	return &r->t;
}

uint64_t iq_store_oldest(struct iq_store *s)
{
	uint64_t oldest = UINT64_MAX;

	pthread_mutex_lock(&s->lock);
	for (struct iq_rtxn *r = s->readers; r != NULL; r = r->next) {
		uint64_t id = atomic_load(&r->active);

		if (id != 0 && id < oldest)
			oldest = id;
	}
	pthread_mutex_unlock(&s->lock);
	return oldest;
}

/* ---- write transactions ------------------------------------------------------------------- */

static void wtxn_free(struct iq_wtxn *w)
{
	iq_bulk_drop(w);
	iq_buf_free(&w->image);
	iq_buf_free(&w->old);
	free(w->runs);
	free(w);
}

enum iq_err iq_wtxn_begin(struct iq_store *s, struct iq_wtxn **out)
{
	struct iq_wtxn *w = calloc(1, sizeof(*w));
	enum iq_err err;

	if (w == NULL)
		return IQ_ERR_BUSY;
	if (iq_store_broken(s)) {
		free(w);
		return IQ_ERR_INTERNAL;
	}
	w->t.store = s;
	w->t.env = atomic_load(&s->env); /* only this thread exchanges it */
	w->t.w = w;
	iq_buf_init(&w->image, 0);
	iq_buf_init(&w->old, 0);
	int rc = mdb_txn_begin(w->t.env->env, NULL, 0, &w->t.txn);

	if (rc != 0) {
		iq_log(IQ_LOG_ERROR, "store: write transaction: %s", mdb_strerror(rc));
		if (iq_store_is_fatal(s, rc))
			iq_store_break(s, rc);
		err = iq_store_classify(rc);
		wtxn_free(w);
		return err;
	}
	state_read(&w->t);
	if (w->t.err != IQ_OK) {
		iq_log(IQ_LOG_ERROR, "store: %s", w->t.detail);
		err = w->t.err;
		mdb_txn_abort(w->t.txn);
		wtxn_free(w);
		return err;
	}
	w->before = w->t.state;
	iq_id_begin(w);
	iq_filter_begin(s, iq_wtxn_number(w));
	*out = w;
	return IQ_OK;
}

static bool state_changed(const struct iq_state *a, const struct iq_state *b)
{
	return a->revision != b->revision || a->vocab_revision != b->vocab_revision ||
	       a->generation != b->generation || memcmp(a->next, b->next, sizeof(a->next)) != 0 ||
	       memcmp(a->count, b->count, sizeof(a->count)) != 0;
}

enum iq_err iq_wtxn_commit(struct iq_wtxn *w)
{
	struct iq_txn *t = &w->t;

	if (w->bulk != NULL)
		iq_bulk_end(w);
	if (state_changed(&w->before, &t->state))
		state_write(w);
	if (t->err != IQ_OK) {
		mdb_txn_abort(t->txn);
	} else {
		uint64_t number = iq_wtxn_number(w);
		int rc = mdb_txn_commit(t->txn);

		if (rc != 0)
			iq_txn_fail(t, rc, "commit");
		if (rc == EIO && iq_disk_full(t->store))
			t->err = IQ_ERR_QUOTA;
		else
			iq_store_break(t->store, rc);
		if (rc == 0 && w->dirty)
			iq_filter_commit(t->store, t->env, number);
	}
	t->txn = NULL; /* freed by LMDB in any case */
	enum iq_err err = t->err;

	if (err != IQ_OK)
		iq_log(IQ_LOG_ERROR, "store: not committed: %s", t->detail);
	wtxn_free(w);
	return err;
}

void iq_wtxn_abort(struct iq_wtxn *w)
{
	if (w == NULL)
		return;
	iq_bulk_drop(w);
	mdb_txn_abort(w->t.txn);
	wtxn_free(w);
}

struct iq_txn *iq_wtxn_txn(struct iq_wtxn *w)
{
	return &w->t;
}

struct iq_state *iq_wtxn_state(struct iq_wtxn *w)
{
	return &w->t.state;
}

const struct iq_state *iq_wtxn_before(const struct iq_wtxn *w)
{
	return &w->before;
}

uint64_t iq_wtxn_number(struct iq_wtxn *w)
{
	return w->t.env->base + mdb_txn_id(w->t.txn);
}
