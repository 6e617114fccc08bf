/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Index keys of many records: collected, sorted, inserted in order. Inserting a million keys at
 * random places of a tree costs several times as much as sorting them first.
 */

#include <stdlib.h>

#include "pulse.h"
#include "store_priv.h"

enum {
	FLUSH_BYTES = 224 << 20, /* collected before they are inserted in between */
	SMALL = 48,              /* fewer keys are sorted by insertion */
	WORD = 8
};

/*
 * One key. cell: hi = task, region; ref: hi = target kind, target, kind; lo = number. name and id:
 * hi = eight bytes of the key at the depth being sorted. off: where its bytes lie.
 */
struct item {
	uint64_t hi;
	uint32_t lo, off;
};

struct list {
	struct item *a;
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

/* ---- sorting ------------------------------------------------------------------------------ */

struct sorter {
	const uint8_t *bytes;
	struct item *spare;
};

static struct iq_str key_at(const struct sorter *s, const struct item *e)
{
	const uint8_t *p = s->bytes + e->off;

	return (struct iq_str){(const char *)p + 1, p[0]};
}

/* The eight bytes of a key from `depth`, zero-padded, as a number that sorts like them. */
static uint64_t word_at(struct iq_str key, size_t depth)
{
	uint8_t w[WORD] = {0};
	size_t n = key.n > depth ? key.n - depth : 0;

	memcpy(w, key.p + (n ? depth : 0), n < WORD ? n : WORD);
	return iq_be64(w);
}

static bool before(const struct item *a, const struct item *b)
{
	return a->hi != b->hi ? a->hi < b->hi : a->lo < b->lo;
}

static void insertion_sort(struct item *a, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct item e = a[i];
		size_t k = i;

		for (; k > 0 && before(&e, &a[k - 1]); k--)
			a[k] = a[k - 1];
		a[k] = e;
	}
}

enum { DIGITS = 12, LOW = 4 }; /* bytes of lo, then of hi */

static size_t digit(const struct item *e, size_t d)
{
	return d < LOW ? e->lo >> 8 * d & 255 : e->hi >> 8 * (d - LOW) & 255;
}

/* Stable, by byte from the lowest; bytes that are all the same cost one look. */
static void radix_sort(struct item *a, size_t n, struct item *spare)
{
	size_t count[DIGITS][256] = {{0}};
	struct item *from = a, *to = spare;
	bool by_number = true; /* collected in order of number as a rule */

	for (size_t i = 0; i < n; i++) {
		by_number = by_number && (i == 0 || a[i - 1].lo <= a[i].lo);
		for (size_t d = 0; d < DIGITS; d++)
			count[d][digit(&a[i], d)]++;
	}
	for (size_t d = by_number ? LOW : 0; d < DIGITS; d++) {
		size_t *c = count[d], sum = 0;

		if (c[digit(&from[0], d)] == n)
			continue;
		for (size_t v = 0; v < 256; v++) {
			size_t here = c[v];

			c[v] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			to[c[digit(&from[i], d)]++] = from[i];
		struct item *x = from;

		from = to;
		to = x;
	}
	if (from != a)
		memcpy(a, from, n * sizeof(*a));
}

static void sort_items(const struct sorter *s, struct item *a, size_t n)
{
	if (n < SMALL)
		insertion_sort(a, n);
	else
		radix_sort(a, n, s->spare);
}

static void sort_keys(const struct sorter *s, struct item *a, size_t n, size_t depth)
{
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		struct iq_str key = key_at(s, &a[i]);

		a[i].hi = word_at(key, depth);
		a[i].lo = 0;
		more = more || key.n > depth + WORD;
	}
	sort_items(s, a, n);
	if (!more)
		return;
	for (size_t i = 0, k; i < n; i = k) {
		for (k = i + 1; k < n && a[k].hi == a[i].hi; k++)
			;
		if (k - i > 1)
			sort_keys(s, a + i, k - i, depth + WORD);
	}
}

/* ---- inserting ---------------------------------------------------------------------------- */

static size_t cell_value(const struct iq_bulk *b, const struct item *e, const uint8_t **p)
{
	*p = b->bytes.p + e->off + 2;
	return iq_le16(b->bytes.p + e->off);
}

/* Key and value of an item; the key of cell and ref is made in *k. */
static void item_pair(const struct iq_bulk *b, enum iq_tab tab, const struct item *e,
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

static bool same_item(
	const struct iq_bulk *b, enum iq_tab tab, const struct item *a, const struct item *e)
{
	const struct sorter s = {b->bytes.p, NULL};

	if (a->hi != e->hi || a->lo != e->lo)
		return false;
	return tab == IQ_TAB_CELL || tab == IQ_TAB_REF || iq_str_eq(key_at(&s, a), key_at(&s, e));
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
	static const enum iq_tab tabs[] = {IQ_TAB_ID, IQ_TAB_NAME, IQ_TAB_CELL, IQ_TAB_REF};
	struct iq_bulk *b = w->bulk;
	struct sorter s = {.bytes = b->bytes.p};
	size_t most = 0;

	if (b->bytes.failed)
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for index keys");
	for (unsigned i = 0; i < IQ_TABS; i++)
		most = b->list[i].n > most ? b->list[i].n : most;
	s.spare = most ? malloc(most * sizeof(*s.spare)) : NULL;
	if (most && s.spare == NULL)
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for index keys");
	for (unsigned i = 0; i < sizeof(tabs) / sizeof(tabs[0]); i++) {
		struct list *l = &b->list[tabs[i]];

		if (w->t.err != IQ_OK || l->n == 0)
			continue;
		if (tabs[i] == IQ_TAB_ID || tabs[i] == IQ_TAB_NAME)
			sort_keys(&s, l->a, l->n, 0);
		else
			sort_items(&s, l->a, l->n);
		insert_sorted(w, tabs[i]);
	}
	free(s.spare);
	iq_buf_reset(&b->bytes, SIZE_MAX);
}

/* ---- collecting --------------------------------------------------------------------------- */

static size_t collected(const struct iq_bulk *b)
{
	size_t n = b->bytes.n;

	for (unsigned i = 0; i < IQ_TABS; i++)
		n += b->list[i].n * sizeof(struct item);
	return n;
}

static struct item *add(struct iq_wtxn *w, enum iq_tab tab)
{
	struct list *l = &w->bulk->list[tab];

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 1024;
		struct item *a = realloc(l->a, cap * sizeof(*a));

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
	struct item *e;

	if (w->t.err != IQ_OK)
		return;
	if (collected(b) > FLUSH_BYTES)
		flush(w);
	e = add(w, tab);
	if (e == NULL)
		return;
	*e = (struct item){.off = (uint32_t)b->bytes.n};
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
