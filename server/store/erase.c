/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting contacts for good. LMDB frees pages and leaves their bytes where they are, so the
 * file is written anew, record by record, without what is to go.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_STORE
#include "log.h"
#include "pulse.h"
#include "wire.h"
#include "store_priv.h"

enum { CHUNK = 1 << 20 /* bytes copied in one transaction */ };

struct erasure {
	struct iq_store *store;
	struct iq_rtxn *source;
	struct iq_txn *from;
	struct iq_env *fresh;
	MDB_txn *to;
	size_t chunk; /* bytes in `to` */
	int rc;       /* LMDB's, of the new file */
	struct iq_arena arena;
	iq_num *num; /* of the contacts that go, ascending once collected */
	size_t nnum, cap;
	struct iq_str *id; /* all ids that lead or led to them, ascending once collected */
	size_t nid, capid;
	bool alive; /* one of them is still there */
	bool all;   /* nothing goes: only what is free in the file */
	struct iq_buf image;
};

/* ---- who goes ------------------------------------------------------------------------------- */

static int compare_num(const void *a, const void *b)
{
	iq_num x = *(const iq_num *)a, y = *(const iq_num *)b;

	return (x > y) - (x < y);
}

static int compare_id(const void *a, const void *b)
{
	return iq_str_cmp(*(const struct iq_str *)a, *(const struct iq_str *)b);
}

static bool goes(const struct erasure *e, iq_num num)
{
	return e->nnum && bsearch(&num, e->num, e->nnum, sizeof(num), compare_num) != NULL;
}

static bool goes_id(const struct erasure *e, struct iq_str id)
{
	return e->nid && bsearch(&id, e->id, e->nid, sizeof(id), compare_id) != NULL;
}

static bool add_num(void *arg, iq_num num)
{
	struct erasure *e = arg;

	if (e->nnum == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 16;
		iq_num *grown =
			iq_arena_grow(&e->arena, e->num, e->cap * sizeof(num), cap * sizeof(num));

		if (grown == NULL)
			return false;
		e->num = grown;
		e->cap = cap;
	}
	e->num[e->nnum++] = num;
	return true;
}

static void add_id(struct erasure *e, struct iq_str id)
{
	if (e->nid == e->capid) {
		size_t cap = e->capid ? 2 * e->capid : 16;
		struct iq_str *grown =
			iq_arena_grow(&e->arena, e->id, e->capid * sizeof(id), cap * sizeof(id));

		if (grown == NULL)
			return;
		e->id = grown;
		e->capid = cap;
	}
	e->id[e->nid++] = id; /* in the map, which stays until the end */
}

/* Ascending, each once. */
static void sort_nums(struct erasure *e)
{
	size_t n = 0;

	if (e->nnum > 1)
		qsort(e->num, e->nnum, sizeof(*e->num), compare_num);
	for (size_t i = 0; i < e->nnum; i++)
		if (n == 0 || e->num[n - 1] != e->num[i])
			e->num[n++] = e->num[i];
	e->nnum = n;
}

/* The ids that lead to them, those of records that were united with them among them. */
static void collect_ids(struct erasure *e)
{
	struct iq_kb k = iq_key_num(IQ_CONTACT, 0);
	struct iq_walk x;

	for (iq_walk_begin(&x, e->from, IQ_TAB_ID, (struct iq_str){(char *)k.p, 1}, 1); x.ok;
		iq_walk_next(&x)) {
		if (x.value.n != IQ_ID_VALUE || !goes(e, iq_le32(x.value.p)))
			continue;
		e->alive = e->alive || x.value.p[4] == IQ_ID_ALIVE;
		add_id(e, (struct iq_str){x.key.p + 1, x.key.n - 1});
	}
	iq_walk_end(&x);
	if (e->nid > 1)
		qsort(e->id, e->nid, sizeof(*e->id), compare_id);
}

/*
 * A record that was united with them has a number and images of its own, the last of them in the
 * table past, as it was removed.
 */
static void collect_united(struct erasure *e)
{
	struct iq_kb k = iq_key_num(IQ_CONTACT, 0);
	iq_num last = IQ_NONE;
	size_t n = e->nnum;
	struct iq_walk x;

	for (iq_walk_begin(&x, e->from, IQ_TAB_PAST, (struct iq_str){(char *)k.p, 1}, 1); x.ok;
		iq_walk_next(&x)) {
		struct iq_image image;

		if (!iq_image_parse(x.value, &image) || image.num == last ||
			!goes_id(e, iq_image_id(&image)))
			continue;
		last = image.num;
		size_t sorted = e->nnum;

		e->nnum = n;
		bool known = goes(e, last);

		e->nnum = sorted;
		if (!known)
			(void)add_num(e, last);
	}
	iq_walk_end(&x);
	sort_nums(e);
}

static void collect(struct erasure *e, const iq_num *contacts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)add_num(e, contacts[i]);
	iq_erase_each(e->from, add_num, e);
	sort_nums(e);
	collect_ids(e);
	collect_united(e);
}

/* ---- what is left of a value ---------------------------------------------------------------- */

/* A column that names contacts. */
static bool names_contacts(enum iq_kind kind, uint32_t field)
{
	const struct iq_schema *s = &iq_schemas[kind];

	if (field < 1 || field > s->ncolumns)
		return false;
	const struct iq_column *c = &s->columns[field - 1];

	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

static bool mentions(const struct erasure *e, const struct iq_image *image)
{
	struct iq_str rest = image->all;
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad))
		if (names_contacts(image->kind, f.field) && goes_id(e, f.bytes))
			return true;
	return false;
}

/* The image without its references to them; the rest as it was. */
static struct iq_str without(struct erasure *e, struct iq_str value, const struct iq_image *image)
{
	struct iq_buf *b = &e->image;
	size_t at = IQ_IMAGE_HEADER;

	iq_buf_reset(b, SIZE_MAX);
	iq_buf_add(b, value.p, IQ_IMAGE_HEADER);
	for (size_t i = 0; i < IQ_SEGMENTS; i++) {
		struct iq_str rest = image->segment[i];
		struct iq_wire_field f;
		bool bad = false;

		while (iq_wire_next(&rest, &f, &bad))
			if (!names_contacts(image->kind, f.field) || !goes_id(e, f.bytes))
				iq_wire_item(b, f.field, f.bytes);
		uint32_t n = (uint32_t)(b->n - at);

		at = b->n;
		if (!b->failed)
			memcpy(b->p + 24 + 4 * i, &n, 4);
	}
	if (b->failed)
		e->rc = ENOMEM;
	return (struct iq_str){(char *)b->p, b->n};
}

/* A superseded image. key: begins with kind and number. */
static bool keeps_past(struct erasure *e, struct iq_str key, struct iq_str *value)
{
	struct iq_image image;

	if (key.p[0] == IQ_CONTACT && key.n >= IQ_REC_KEY && goes(e, iq_be32(key.p + 1)))
		return false;
	if (iq_image_parse(*value, &image) && mentions(e, &image))
		*value = without(e, *value, &image);
	return true;
}

/* False: the entry goes. *value: what is left of it. */
static bool keeps(struct erasure *e, enum iq_tab tab, struct iq_str key, struct iq_str *value)
{
	if (e->all)
		return true;
	switch ((int)tab) {
	case IQ_TAB_META:
		return key.n != IQ_MARK_KEY || memcmp(key.p, IQ_MARK, IQ_MARK_KEY - 4) != 0;
	case IQ_TAB_ID:
		return key.p[0] != IQ_CONTACT || value->n != IQ_ID_VALUE ||
		       !goes(e, iq_le32(value->p));
	case IQ_TAB_REQUEST:
		if (value->n > IQ_REQUEST_KEPT)
			value->n = IQ_REQUEST_KEPT;
		return true;
	case IQ_TAB_LIVING:
		if (key.n == IQ_REMOVED_KEY && key.p[0] == 'x')
			return key.p[5] != IQ_CONTACT || !goes(e, iq_be32(key.p + 6));
		return key.n != IQ_ARCHIVED_KEY || key.p[0] != 'a' || key.p[1] != IQ_CONTACT ||
		       !goes(e, iq_be32(key.p + 2));
	case IQ_TAB_LOG:
		if (key.n != IQ_ASIDE_KEY)
			return true;
		return keeps_past(
			e, (struct iq_str){key.p + IQ_ASIDE_KEY - IQ_REC_KEY, IQ_REC_KEY}, value);
	case IQ_TAB_PAST:
		return keeps_past(e, key, value);
	default:
		return true;
	}
}

/* ---- the copy ------------------------------------------------------------------------------- */

static void copy_one(struct erasure *e, enum iq_tab tab, struct iq_str key, struct iq_str value)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p};
	MDB_val v = {value.n, (void *)(uintptr_t)value.p};

	if (e->rc == 0 && e->to == NULL)
		e->rc = mdb_txn_begin(e->fresh->env, NULL, 0, &e->to);
	if (e->rc == 0)
		e->rc = mdb_put(e->to, e->fresh->dbi[tab], &k, &v, MDB_APPEND);
	e->chunk += key.n + value.n;
	if (e->rc == 0 && e->chunk > CHUNK) {
		e->rc = mdb_txn_commit(e->to);
		e->to = NULL;
		e->chunk = 0;
	}
}

static void copy(struct erasure *e)
{
	/* Nobody needs a part of it: on disk once, at the end. */
	e->rc = mdb_env_set_flags(e->fresh->env, MDB_NOSYNC, 1);
	for (unsigned tab = 0; tab < IQ_TABS && e->rc == 0; tab++) {
		struct iq_walk x;

		for (iq_walk_begin(&x, e->from, (enum iq_tab)tab, (struct iq_str){NULL, 0}, 0);
			x.ok && e->rc == 0; iq_walk_next(&x)) {
			struct iq_str value = x.value;

			iq_pulse_beat();
			if (keeps(e, (enum iq_tab)tab, x.key, &value))
				copy_one(e, (enum iq_tab)tab, x.key, value);
		}
		iq_walk_end(&x);
	}
	if (e->to != NULL && e->rc == 0)
		e->rc = mdb_txn_commit(e->to);
	else if (e->to != NULL)
		mdb_txn_abort(e->to);
	e->to = NULL;
	if (e->rc == 0)
		e->rc = mdb_env_set_flags(e->fresh->env, MDB_NOSYNC, 0);
	if (e->rc == 0)
		e->rc = mdb_env_sync(e->fresh->env, 1);
}

/* ---- all together --------------------------------------------------------------------------- */

/* A limit on the size of files, which LMDB reports as EIO like a full disk. */
static bool limited(const struct erasure *e)
{
	struct rlimit r;

	return getrlimit(RLIMIT_FSIZE, &r) == 0 && r.rlim_cur != RLIM_INFINITY &&
	       r.rlim_cur < iq_store_bytes(e->store);
}

static enum iq_err failed(struct erasure *e, struct iq_error *error)
{
	const char *why = e->from->err != IQ_OK ? e->from->detail : mdb_strerror(e->rc);
	int rc = e->from->err != IQ_OK ? EIO : e->rc;

	iq_log(IQ_LOG_ERROR, "store: not rewritten: %s", why);
	if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG || rc == MDB_MAP_FULL ||
		(rc == EIO && (iq_disk_full(e->store) || limited(e))))
		return iq_error_set(error, IQ_ERR_QUOTA,
			N_("There is not enough room on the disk to write the database anew."),
			N_("Free as much space as the file data.mdb takes."), NULL);
	return iq_error_set(error, rc == ENOMEM ? IQ_ERR_BUSY : IQ_ERR_INTERNAL,
		N_("The database could not be written anew: {0}."),
		N_("Nothing has changed. The server's log says more."), why, NULL);
}

static enum iq_err run(struct erasure *e, const iq_num *contacts, size_t n, struct iq_error *error)
{
	uint64_t before = iq_store_bytes(e->store);

	if (!iq_rtxn_renew(e->source))
		return failed(e, error);
	if (!e->all)
		collect(e, contacts, n);
	if (e->arena.failed)
		e->rc = ENOMEM;
	if (e->rc != 0 || e->from->err != IQ_OK)
		return failed(e, error);
	if (e->alive)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("A contact that is to be erased has not been removed."), NULL, NULL);
	e->rc = iq_swap_begin(e->store, &e->fresh);
	if (e->rc != 0)
		return failed(e, error);
	copy(e);
	if (e->rc != 0 || e->from->err != IQ_OK) {
		enum iq_err err = failed(e, error);

		iq_swap_drop(e->store, e->fresh);
		return err;
	}
	e->rc = iq_swap_end(e->store, e->fresh);
	if (e->rc != 0)
		return failed(e, error);
	iq_log(IQ_LOG_INFO, "store: the file was written anew, without %zu contacts: %llu → %llu",
		e->nnum, (unsigned long long)before, (unsigned long long)iq_store_bytes(e->store));
	return IQ_OK;
}

static enum iq_err rewrite(
	struct erasure *e, const iq_num *contacts, size_t n, struct iq_error *error)
{
	enum iq_err err = iq_rtxn_new(e->store, &e->source);

	if (err != IQ_OK)
		return iq_error_set(error, err, N_("The database cannot be read."), NULL, NULL);
	e->from = iq_rtxn_txn(e->source);
	iq_arena_init(&e->arena, 0);
	iq_buf_init(&e->image, 0);
	err = run(e, contacts, n, error);
	iq_buf_free(&e->image);
	iq_arena_free(&e->arena);
	iq_rtxn_free(e->source); /* with it, perhaps, the old file */
	return err;
}

enum iq_err iq_store_erase(
	struct iq_store *s, const iq_num *contacts, size_t n, struct iq_error *error)
{
	return rewrite(&(struct erasure){.store = s}, contacts, n, error);
}

enum iq_err iq_store_compact(struct iq_store *s, struct iq_error *error)
{
	return rewrite(&(struct erasure){.store = s, .all = true}, NULL, 0, error);
}

/* ---- notes ---------------------------------------------------------------------------------- */

void iq_erase_mark(struct iq_wtxn *w, iq_num contact)
{
	struct iq_kb k = {.n = 0};

	iq_kb_str(&k, IQ_STR(IQ_MARK), IQ_KEY_MAX);
	iq_kb_u32(&k, contact);
	iq_put(w, IQ_TAB_META, iq_kb_key(&k), (struct iq_str){"", 0}, 0);
}

void iq_erase_each(struct iq_txn *t, bool (*fn)(void *arg, iq_num contact), void *arg)
{
	const struct iq_str prefix = IQ_STR(IQ_MARK);
	struct iq_walk x;

	for (iq_walk_begin(&x, t, IQ_TAB_META, prefix, prefix.n); x.ok; iq_walk_next(&x))
		if (x.key.n == IQ_MARK_KEY && !fn(arg, iq_be32(x.key.p + IQ_MARK_KEY - 4)))
			break;
	iq_walk_end(&x);
}
