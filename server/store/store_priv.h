/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_STORE_STORE_PRIV_H
#define IQ_STORE_STORE_PRIV_H

/* What the files of this folder share: tables, keys, transactions. Nothing outside includes it. */

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "buf.h"
#include "store.h"

enum iq_tab {
	IQ_TAB_META,
	IQ_TAB_ID,
	IQ_TAB_REC,
	IQ_TAB_CELL,
	IQ_TAB_REF,
	IQ_TAB_NAME,
	IQ_TAB_LOG,
	IQ_TAB_PAST,
	IQ_TAB_REQUEST,
	IQ_TAB_AUTH,
	IQ_TAB_LIVING,
	IQ_TABS
};
extern const char *const iq_tab_names[IQ_TABS];

/*
 * One opened file. An erasure puts another one in its place; the old one lives until the last
 * reader lets go of it.
 */
struct iq_env {
	MDB_env *env;
	MDB_dbi dbi[IQ_TABS];
	uint64_t
		base; /* LMDB's numbers of snapshots begin anew with a file: ours are base higher */
	_Atomic unsigned refs;
};

struct iq_store {
	_Atomic(struct iq_env *) env; /* changed under `lock` by the writer's thread only */
	char *dir, *path;             /* path: of data.mdb */
	uint64_t map;                 /* bytes */
	unsigned max_readers, stale;
	pthread_mutex_t lock;         /* of the list */
	struct iq_rtxn *readers;      /* all read transactions made, for iq_store_oldest() */
	_Atomic uint64_t *filter;     /* filter.c; NULL: none */
	_Atomic uint64_t filter_upto; /* number of the last snapshot it covers */
	struct iq_ids *ids;           /* ids.c; NULL: none yet */
	atomic_bool broken;           /* see iq_store_broken() */
	void (*on_broken)(void *ctx);
	void *on_broken_ctx;
};

/* The reading side. `err` is sticky: after the first failure every call does nothing. */
struct iq_txn {
	struct iq_store *store;
	struct iq_env *env; /* the file that `txn` reads */
	MDB_txn *txn;
	struct iq_wtxn *w; /* NULL in a read transaction */
	enum iq_err err;
	char detail[192];
	struct iq_state state;
	uint64_t state_of;           /* number of the snapshot `state` was read from */
	MDB_cursor *cell;            /* kept open in a read transaction: the hot path */
	bool cell_bound;             /* renewed since the snapshot began */
	bool cell_busy;              /* a walk is under way */
	bool filtered;               /* the filter covers this snapshot */
	struct iq_cell_place *cells; /* where rows of cells lie (view.c); NULL: not asked yet */
};

struct iq_rtxn {
	struct iq_txn t; /* first */
	bool live;
	/* Snapshot held; 0: none; 1: being taken; IQ_HANDED: the writer puts it on another file. */
	_Atomic uint64_t active;
	struct iq_rtxn *next;
};

#define IQ_HANDED UINT64_MAX

struct iq_run {
	uint8_t kind, op;
	iq_num first;
	uint32_t count;
};
enum iq_op_code { IQ_RUN_CREATED, IQ_RUN_CHANGED, IQ_RUN_REMOVED };

struct iq_bulk;

/*
 * What write transactions looked up of the id table last: one change asks for the same few ids some
 * forty times, and the next one for some of them again. Only within an open write transaction. `n`
 * 0: free; `there` false: the table has no such id.
 */
enum { IQ_ID_SLOTS = 2048, IQ_ID_SLOT_KEY = 46 };
struct iq_id_slot {
	uint8_t key[IQ_ID_SLOT_KEY], n;
	uint8_t flags;
	bool there;
	iq_num num;
};
struct iq_ids {
	uint64_t number, base; /* of the last transaction */
	struct iq_id_slot slot[IQ_ID_SLOTS];
};

struct iq_wtxn {
	struct iq_txn t;        /* first */
	struct iq_state before; /* as stored */
	struct iq_change change;
	uint64_t revision; /* of the change under way */
	struct iq_run *runs;
	size_t nruns, cap_runs;
	uint64_t touched;
	struct iq_buf image, old; /* scratch */
	struct iq_bulk *bulk;     /* NULL: no bulk under way */
	bool dirty;               /* something was written */
};

/* ---- keys: big-endian, composed piece by piece -------------------------------------------- */

enum { IQ_KEY_MAX = 128, IQ_NAME_KEY_MAX = 64 };

struct iq_kb {
	size_t n;
	uint8_t p[IQ_KEY_MAX];
};

static inline void iq_kb_u8(struct iq_kb *k, unsigned v)
{
	k->p[k->n++] = (uint8_t)v;
}

static inline void iq_kb_u32(struct iq_kb *k, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(k->p + k->n, &v, 4);
	k->n += 4;
}

static inline void iq_kb_u64(struct iq_kb *k, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(k->p + k->n, &v, 8);
	k->n += 8;
}

/* Cuts what does not fit into `max` bytes of key. */
static inline void iq_kb_str(struct iq_kb *k, struct iq_str s, size_t max)
{
	size_t n = s.n < max - k->n ? s.n : max - k->n;

	if (n)
		memcpy(k->p + k->n, s.p, n);
	k->n += n;
}

static inline uint32_t iq_be32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline uint64_t iq_be64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return __builtin_bswap64(v);
}

/* Numbers in values are little-endian, like every machine this runs on. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are read in place");

static inline uint16_t iq_le16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

static inline uint32_t iq_le32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static inline uint64_t iq_le64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static inline struct iq_kb iq_key_num(enum iq_kind kind, iq_num num)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u8(&k, kind);
	iq_kb_u32(&k, num);
	return k;
}

enum { IQ_ARCHIVED_KEY = 6 };

enum { IQ_REMOVED_KEY = 10 };
static inline struct iq_kb iq_key_removed(iq_num institution, enum iq_kind kind, iq_num num)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u8(&k, 'x');
	iq_kb_u32(&k, institution);
	iq_kb_u8(&k, kind);
	iq_kb_u32(&k, num);
	return k;
}

static inline struct iq_kb iq_key_archived(enum iq_kind kind, iq_num num)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u8(&k, 'a');
	iq_kb_u8(&k, kind);
	iq_kb_u32(&k, num);
	return k;
}

static inline struct iq_kb iq_key_id(enum iq_kind kind, struct iq_str id)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u8(&k, kind);
	iq_kb_str(&k, id, IQ_KEY_MAX);
	return k;
}

static inline struct iq_kb iq_key_past(enum iq_kind kind, iq_num num, uint64_t revision)
{
	struct iq_kb k = iq_key_num(kind, num);

	iq_kb_u64(&k, revision);
	return k;
}

/*
 * In the log: in front of the entry of the revision that superseded the image (and behind that of
 * the one before), so that both are appended.
 */
enum { IQ_ASIDE_KEY = 14, IQ_ASIDE = 0xff };
static inline struct iq_kb iq_key_aside(enum iq_kind kind, iq_num num, uint64_t superseded)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u64(&k, superseded - 1);
	iq_kb_u8(&k, IQ_ASIDE);
	iq_kb_u8(&k, kind);
	iq_kb_u32(&k, num);
	return k;
}

static inline struct iq_str iq_kb_key(const struct iq_kb *k)
{
	return (struct iq_str){(const char *)k->p, k->n};
}

/* ---- files (env.c) ------------------------------------------------------------------------- */

enum iq_env_mode {
	IQ_ENV_READ,    /* as it is; IQ_VERSION_OLDER: it cannot be used without an upgrade */
	IQ_ENV_UPGRADE, /* to this version, in one transaction */
	IQ_ENV_CREATE   /* makes the tables, too */
};
/* LMDB's code, or one of these, which LMDB does not have. */
enum { IQ_VERSION_OLDER = -40001, IQ_VERSION_NEWER = -40002 };
IQ_CHECK int iq_env_open(const char *path, enum iq_env_mode mode, uint64_t map, unsigned readers,
	struct iq_env **out);

/* ---- versions (version.c) ------------------------------------------------------------------- */

enum { IQ_STATE_VERSION = 3 };
IQ_CHECK int iq_version_get(struct iq_env *e, unsigned *out);
/* Makes it this version's, in a transaction that has the tables open. */
IQ_CHECK int iq_version_set(struct iq_env *e, MDB_txn *txn);

/* ---- files (env.c), continued ---------------------------------------------------------------- */

/* The one in use now, held. */
struct iq_env *iq_env_take(struct iq_store *s);
void iq_env_drop(struct iq_env *e); /* closes it with the last */
/* Number of the last snapshot. */
uint64_t iq_env_last(const struct iq_env *e);
/* Puts a reader that holds no snapshot on another file. `e` is taken over. LMDB's code. */
int iq_rtxn_move(struct iq_rtxn *r, struct iq_env *e);

/* ---- exchanging the file (swap.c) ----------------------------------------------------------- */

/* Waits while files are being exchanged (exclusive: while one is opened); -1: cannot be had. */
int iq_swap_lock(const char *dir, bool exclusive);
/* What an exchange left behind that did not end. Under the lock. */
void iq_swap_clean(const char *path);
/* A new, empty file beside the one in use, kept from iq_swap_clean(). */
IQ_CHECK int iq_swap_begin(struct iq_store *s, struct iq_env **out);
/* Durable under the name of the old one, which readers leave as they can. Consumes `fresh`. */
IQ_CHECK int iq_swap_end(struct iq_store *s, struct iq_env *fresh);
/* Throws it away. */
void iq_swap_drop(struct iq_store *s, struct iq_env *fresh);

/* ---- one step in a table (txn.c) ---------------------------------------------------------- */

/* Sets the sticky error from an LMDB code; nothing if there is one already. */
void iq_txn_fail(struct iq_txn *t, int rc, const char *what);
/* LMDB reports a short write as EIO: on a full disk it is no broken one. */
bool iq_disk_full(const struct iq_store *s);
/* The code for a result of LMDB or of the system. */
enum iq_err iq_store_classify(int rc);
/* Whether such a result of the writing side tells that the disk or the file is broken. */
bool iq_store_is_fatal(const struct iq_store *s, int rc);
/* From here on nothing is written, unless rc means "full" or "busy". */
void iq_store_break(struct iq_store *s, int rc);
/* Likewise, without LMDB: err and a text. */
void iq_txn_refuse(struct iq_txn *t, enum iq_err err, const char *what);
bool iq_get(struct iq_txn *t, enum iq_tab tab, struct iq_str key, struct iq_str *value);
/* flags: MDB_APPEND; falls back to a plain insert where the key is not the last. */
void iq_put(
	struct iq_wtxn *w, enum iq_tab tab, struct iq_str key, struct iq_str value, unsigned flags);
void iq_del(struct iq_wtxn *w, enum iq_tab tab, struct iq_str key);

/*
 * A walk over the keys that begin with the first `prefix` bytes of `key`, starting at `key`:
 * for (iq_walk_begin(&x, t, tab, key, prefix); x.ok; iq_walk_next(&x)) …; iq_walk_end(&x);
 */
struct iq_walk {
	struct iq_txn *t;
	MDB_cursor *cursor;
	bool ok, kept;
	struct iq_str key, value;
	size_t nprefix;
	uint8_t prefix[IQ_KEY_MAX];
};
void iq_walk_begin(
	struct iq_walk *x, struct iq_txn *t, enum iq_tab tab, struct iq_str key, size_t prefix);
void iq_walk_next(struct iq_walk *x);
/* Backwards, from the last key that is not behind `key`. */
void iq_walk_begin_last(
	struct iq_walk *x, struct iq_txn *t, enum iq_tab tab, struct iq_str key, size_t prefix);
void iq_walk_prev(struct iq_walk *x);
void iq_walk_end(struct iq_walk *x);

/* ---- ids (ids.c) -------------------------------------------------------------------------- */

enum { IQ_ID_ALIVE = 1, IQ_ID_MERGED = 2 };
enum { IQ_ID_VALUE = 5 };

bool iq_id_entry(
	struct iq_txn *t, enum iq_kind kind, struct iq_str id, iq_num *num, unsigned *flags);
void iq_id_store(
	struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num num, unsigned flags);
/* A write transaction has begun. */
void iq_id_begin(struct iq_wtxn *w);
/* The id table is about to change at `key`; {NULL, 0}: all over. */
void iq_id_forget(struct iq_wtxn *w, struct iq_str key);

/* ---- index keys of a record (index.c) ----------------------------------------------------- */

typedef void (*iq_index_fn)(void *arg, enum iq_tab tab, struct iq_str key, struct iq_str value);

/*
 * Calls fn for every key the record must have in cell, ref and name; a key may come twice.
 * False (nothing sticky): a reference does not resolve; *column says which.
 */
bool iq_index_each(struct iq_txn *t, const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	iq_index_fn fn, void *arg, int *column);

/* The same as a sorted list without duplicates. */
struct iq_ikey {
	enum iq_tab tab;
	struct iq_str key, value;
};
struct iq_ikeys {
	struct iq_arena *arena;
	struct iq_ikey *k;
	size_t n, cap;
	bool failed;
};
bool iq_index_list(struct iq_txn *t, const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	struct iq_ikeys *out, int *column);
int iq_ikey_cmp(const struct iq_ikey *a, const struct iq_ikey *b);

enum { IQ_LOG_KEY = 12, IQ_REC_KEY = 5, IQ_PAST_KEY = 13, IQ_CELL_KEY = 12, IQ_CELL_FIXED = 19 };
/* A row of the cell table; false if damaged. */
bool iq_cell_parse(struct iq_str key, struct iq_str value, struct iq_entry *out);
/* The revision's log entry (log.c). */
void iq_log_write(struct iq_wtxn *w);
void iq_log_touch(struct iq_wtxn *w, enum iq_kind kind, iq_num num, enum iq_op_code op);

/* ---- superseded images (past.c) ------------------------------------------------------------ */

/* The steps of an image that takes the place of another one (struct iq_image). */
unsigned iq_past_step(const struct iq_image *image);
/* Before an image is replaced by such a one: keeps it as superseded by the change under way. */
void iq_past_keep(struct iq_wtxn *w, const struct iq_image *image, struct iq_str raw);
/* Before an image is removed; also of what was written in the change under way. Uses w->image. */
void iq_past_keep_removed(struct iq_wtxn *w, const struct iq_image *image, struct iq_str raw);
/* The record is not there: was it removed by the change under way? */
bool iq_past_removed_now(struct iq_wtxn *w, enum iq_kind kind, iq_num num);
/* Is there an image that `revision` superseded? */
bool iq_past_at(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t revision);

/* ---- cells that are not empty (filter.c) --------------------------------------------------- */

void iq_filter_build(struct iq_store *s);
/* A key of the cell table, before it is committed. */
void iq_filter_add(struct iq_store *s, struct iq_str key);
/* True: there is certainly no row. */
bool iq_filter_empty(const struct iq_txn *t, iq_num task, iq_num region);
bool iq_filter_covers(struct iq_store *s, uint64_t number);
void iq_filter_begin(struct iq_store *s, uint64_t number);
void iq_filter_commit(struct iq_store *s, const struct iq_env *e, uint64_t number);
/* Another file has the same cells: what covers `last` of the old covers `now` of the new. */
void iq_filter_swap(struct iq_store *s, uint64_t last, uint64_t now);

/* ---- bulk (bulk.c) ------------------------------------------------------------------------ */

/* True if no record has this number or a higher one of its kind (or of a later kind). */
bool iq_bulk_fresh(struct iq_wtxn *w, enum iq_kind kind, iq_num num);
/* An iq_index_fn; arg: the write transaction. */
void iq_bulk_collect(void *arg, enum iq_tab tab, struct iq_str key, struct iq_str value);
/* By the resolver of the bulk, if there is one; IQ_NONE without. */
bool iq_bulk_resolve(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num *num);
/* A record that does not exist yet; quick where it is the last of its table. */
void iq_bulk_append(struct iq_wtxn *w, struct iq_str key, struct iq_str value);
void iq_bulk_drop(struct iq_wtxn *w); /* while the transaction is open */

enum { IQ_IMAGE_HEADER = 36, IQ_IMAGE_VERSION = 1 };

/* Keys of the table meta: contacts that are to vanish; the number follows (erase.c). */
#define IQ_MARK "erase"
enum { IQ_MARK_KEY = sizeof(IQ_MARK) - 1 + 4 };

#endif
