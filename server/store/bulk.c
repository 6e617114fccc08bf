/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index keys of many records: collected, sorted, inserted in order. Inserting a million keys at
 * random places of a tree costs several times as much as sorting them first.
 */

#include <stdlib.h>

#include "bulk_sort.h"
#include "pulse.h"
#include "store_priv.h"

enum {
	FLUSH_BYTES = 224 << 20, /* collected before they are inserted in between */
	NEAR = 16                /* keys whose bytes are fetched from memory ahead */
};

struct list {
	struct iq_sort_item *a;
	size_t n, cap;
};

struct iq_bulk {
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
	void *ctx;
	iq_num fresh[IQ_KINDS]; /* lowest number that no record can have yet */
	struct list list[IQ_TABS];
	MDB_cursor *rec;     /* at the last record written; NULL: none yet */
	struct iq_buf bytes; /* name, id: length u8, key, value; cell: length u16, value */
};

/* ---- inserting ---------------------------------------------------------------------------- */

static size_t cell_value(const struct iq_bulk *b, const struct iq_sort_item *e, const uint8_t **p)
{
	*p = b->bytes.p + e->off + 2;
	return iq_le16(b->bytes.p + e->off);
}

/* Key and value of an item; the key of cell and ref is made in *k. */
static void item_pair(const struct iq_bulk *b, enum iq_tab tab, const struct iq_sort_item *e,
	struct iq_kb *k, MDB_val *key, MDB_val *value)
{
	const uint8_t *p = NULL;

	k->n = 0;
	*value = (MDB_val){0, NULL};
	if (tab == IQ_TAB_CELL) {
		iq_kb_u64(k, e->hi);
		value->mv_size = cell_value(b, e, &p);
	} else if (tab == IQ_TAB_REF) {
		iq_kb_u8(k, (unsigned)(e->hi >> 40 & 255));
		iq_kb_u32(k, (uint32_t)(e->hi >> 8));
		iq_kb_u8(k, (unsigned)(e->hi & 255));
	} else {
		const uint8_t *at = b->bytes.p + e->off;

		*key = (MDB_val){at[0], (void *)(uintptr_t)(at + 1)};
		value->mv_size = tab == IQ_TAB_ID ? IQ_ID_VALUE : 0;
		value->mv_data = (void *)(uintptr_t)(at + 1 + at[0]);
		return;
	}
	iq_kb_u32(k, e->lo);
	*key = (MDB_val){k->n, k->p};
	value->mv_data = (void *)(uintptr_t)p;
}

/* True if `key` sorts behind everything in the table. */
static bool is_behind(MDB_cursor *c, const MDB_val *key, int *rc)
{
	MDB_val last, value;

	*rc = mdb_cursor_get(c, &last, &value, MDB_LAST);
	if (*rc == MDB_NOTFOUND) {
		*rc = 0;
		return true;
	}
	return *rc == 0 && iq_str_cmp((struct iq_str){last.mv_data, last.mv_size},
				   (struct iq_str){key->mv_data, key->mv_size}) < 0;
}

static bool same_item(const struct iq_bulk *b, enum iq_tab tab, const struct iq_sort_item *a,
	const struct iq_sort_item *e)
{
	if (a->hi != e->hi || a->lo != e->lo)
		return false;
	return tab == IQ_TAB_CELL || tab == IQ_TAB_REF ||
	       iq_str_eq(iq_sort_key(b->bytes.p, a), iq_sort_key(b->bytes.p, e));
}

static void insert_sorted(struct iq_wtxn *w, enum iq_tab tab)
{
	struct iq_bulk *b = w->bulk;
	struct list *l = &b->list[tab];
	MDB_cursor *c;
	unsigned flags = 0;

	w->dirty = true;
	if (tab == IQ_TAB_ID)
		iq_id_forget(w, (struct iq_str){NULL, 0});
	int rc = mdb_cursor_open(w->t.txn, w->t.env->dbi[tab], &c);

	if (rc != 0) {
		iq_txn_fail(&w->t, rc, "bulk");
		return;
	}
	for (size_t i = 0; i < l->n && rc == 0; i++) {
		struct iq_kb k;
		MDB_val key, value;

		iq_pulse_beat();
		if (tab != IQ_TAB_REF && i + NEAR < l->n)
			__builtin_prefetch(b->bytes.p + l->a[i + NEAR].off);
		if (i > 0 && same_item(b, tab, &l->a[i - 1], &l->a[i]))
			continue;
		item_pair(b, tab, &l->a[i], &k, &key, &value);
		if (i == 0 && is_behind(c, &key, &rc))
			flags = MDB_APPEND;
		if (tab == IQ_TAB_CELL)
			iq_filter_add(w->t.store, (struct iq_str){key.mv_data, key.mv_size});
		if (rc == 0)
			rc = mdb_cursor_put(c, &key, &value, flags);
	}
	mdb_cursor_close(c);
	if (rc != 0)
		iq_txn_fail(&w->t, rc, iq_tab_names[tab]);
	l->n = 0;
}

static void flush(struct iq_wtxn *w)
{
	static const enum iq_tab tabs[IQ_SORT_LISTS] = {
		IQ_TAB_ID, IQ_TAB_NAME, IQ_TAB_CELL, IQ_TAB_REF};
	struct iq_bulk *b = w->bulk;
	struct iq_sort s = {.bytes = b->bytes.p, .n = IQ_SORT_LISTS};

	for (unsigned i = 0; i < IQ_SORT_LISTS; i++) {
		struct list *l = &b->list[tabs[i]];
		bool by_key = tabs[i] == IQ_TAB_ID || tabs[i] == IQ_TAB_NAME;

		s.list[i] = (struct iq_sort_list){l->a, l->n, by_key};
	}
	if (b->bytes.failed || !iq_sort_begin(&s)) {
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for index keys");
		return;
	}
	for (unsigned i = 0; i < IQ_SORT_LISTS && w->t.err == IQ_OK; i++) {
		if (b->list[tabs[i]].n == 0)
			continue;
		iq_sort_wait(&s, i);
		insert_sorted(w, tabs[i]);
	}
	iq_sort_end(&s);
	iq_buf_reset(&b->bytes, SIZE_MAX);
}

/* ---- collecting --------------------------------------------------------------------------- */

static size_t collected(const struct iq_bulk *b)
{
	size_t n = b->bytes.n;

	for (unsigned i = 0; i < IQ_TABS; i++)
		n += b->list[i].n * sizeof(struct iq_sort_item);
	return n;
}

static struct iq_sort_item *add(struct iq_wtxn *w, enum iq_tab tab)
{
	struct list *l = &w->bulk->list[tab];

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 1024;
		struct iq_sort_item *a = realloc(l->a, cap * sizeof(*a));

		if (a == NULL) {
			iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for index keys");
			return NULL;
		}
		l->a = a;
		l->cap = cap;
	}
	return &l->a[l->n++];
}

void iq_bulk_collect(void *arg, enum iq_tab tab, struct iq_str key, struct iq_str value)
{
	struct iq_wtxn *w = arg;
	struct iq_bulk *b = w->bulk;
	struct iq_sort_item *e;

	if (w->t.err != IQ_OK)
		return;
	if (collected(b) > FLUSH_BYTES)
		flush(w);
	e = add(w, tab);
	if (e == NULL)
		return;
	*e = (struct iq_sort_item){.off = (uint32_t)b->bytes.n};
	if (tab == IQ_TAB_CELL) {
		uint16_t n = (uint16_t)value.n;

		e->hi = iq_be64(key.p);
		e->lo = iq_be32(key.p + 8);
		iq_buf_add(&b->bytes, &n, 2);
	} else if (tab == IQ_TAB_REF) {
		e->hi = (uint64_t)(uint8_t)key.p[0] << 40 | (uint64_t)iq_be32(key.p + 1) << 8 |
			(uint8_t)key.p[5];
		e->lo = iq_be32(key.p + 6);
	} else {
		iq_buf_byte(&b->bytes, (uint8_t)key.n);
		iq_buf_str(&b->bytes, key);
	}
	iq_buf_str(&b->bytes, value);
}

void iq_bulk_append(struct iq_wtxn *w, struct iq_str key, struct iq_str value)
{
	MDB_val k = {key.n, (void *)(uintptr_t)key.p}, v = {value.n, (void *)(uintptr_t)value.p};
	struct iq_bulk *b = w->bulk;
	int rc = 0;

	if (w->t.err != IQ_OK)
		return;
	w->dirty = true;
	if (b->rec == NULL)
		rc = mdb_cursor_open(w->t.txn, w->t.env->dbi[IQ_TAB_REC], &b->rec);
	if (rc == 0)
		rc = mdb_cursor_put(b->rec, &k, &v, MDB_APPEND);
	if (rc == MDB_KEYEXIST) /* not behind all others */
		rc = mdb_cursor_put(b->rec, &k, &v, 0);
	if (rc != 0)
		iq_txn_fail(&w->t, rc, iq_tab_names[IQ_TAB_REC]);
}

bool iq_bulk_fresh(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	iq_num *fresh = &w->bulk->fresh[kind];

	if (num < *fresh)
		return false;
	*fresh = num + 1;
	return true;
}

bool iq_bulk_resolve(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num *num)
{
	if (w->bulk == NULL || w->bulk->find == NULL)
		return false;
	*num = w->bulk->find(w->bulk->ctx, kind, id);
	return true;
}

void iq_bulk_begin(struct iq_wtxn *w,
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id), void *ctx)
{
	if (w->t.err != IQ_OK || w->bulk != NULL)
		return;
	w->bulk = calloc(1, sizeof(*w->bulk));
	if (w->bulk == NULL) {
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for index keys");
		return;
	}
	w->bulk->find = find;
	w->bulk->ctx = ctx;
	iq_buf_init(&w->bulk->bytes, 0);
	memcpy(w->bulk->fresh, w->t.state.next, sizeof(w->bulk->fresh));
}

void iq_bulk_end(struct iq_wtxn *w)
{
	if (w->bulk == NULL)
		return;
	if (w->t.err == IQ_OK)
		flush(w);
	iq_bulk_drop(w);
}

void iq_bulk_drop(struct iq_wtxn *w)
{
	struct iq_bulk *b = w->bulk;

	if (b == NULL)
		return;
	if (b->rec != NULL)
		mdb_cursor_close(b->rec);
	for (unsigned i = 0; i < IQ_TABS; i++)
		free(b->list[i].a);
	iq_buf_free(&b->bytes);
	free(b);
	w->bulk = NULL;
}
