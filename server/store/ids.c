/* SPDX-License-Identifier: Apache-2.0 */
/* Ids and the numbers they stand for. An id keeps its number when its record is deleted. */

#include <stdlib.h>

#include "bounds.h"
#include "store_priv.h"

void iq_id_begin(struct iq_wtxn *w)
{
	struct iq_ids *ids = w->t.store->ids;
	uint64_t number = iq_wtxn_number(w);

	if (ids == NULL)
		ids = w->t.store->ids = calloc(1, sizeof(*ids)); /* without it: every id is read */
	if (ids == NULL)
		return;
	/*
	 * They hold if the last transaction they went through is the one before this: its number
	 * comes again if it was not committed, and an exchanged file begins at another one.
	 */
	if (ids->number + 1 != number || ids->base != w->t.env->base)
		memset(ids->slot, 0, sizeof(ids->slot));
	ids->number = number;
	ids->base = w->t.env->base;
}

static struct iq_id_slot *slot_of(struct iq_ids *ids, struct iq_str key)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (uint8_t)key.p[i]) * 16777619u;
	return &ids->slot[(h ^ h >> 16) % IQ_ID_SLOTS];
}

static bool in_slot(const struct iq_id_slot *s, struct iq_str key)
{
	return s->n == key.n && memcmp(s->key, key.p, key.n) == 0;
}

void iq_id_forget(struct iq_wtxn *w, struct iq_str key)
{
	struct iq_ids *ids = w->t.store->ids;
	struct iq_id_slot *s;

	if (ids == NULL)
		return;
	if (key.n == 0) {
		memset(ids->slot, 0, sizeof(ids->slot));
		return;
	}
	s = slot_of(ids, key);
	if (in_slot(s, key))
		s->n = 0;
}

/* A bulk asks for each id once. */
static struct iq_id_slot *slot_for(struct iq_txn *t, struct iq_str key)
{
	if (t->w == NULL || t->store->ids == NULL || t->w->bulk != NULL || key.n > IQ_ID_SLOT_KEY)
		return NULL;
	return slot_of(t->store->ids, key);
}

static void remember(
	struct iq_id_slot *s, struct iq_str key, bool there, iq_num num, unsigned flags)
{
	memcpy(s->key, key.p, key.n);
	s->n = (uint8_t)key.n;
	s->there = there;
	s->num = num;
	s->flags = (uint8_t)flags;
}

bool iq_id_entry(
	struct iq_txn *t, enum iq_kind kind, struct iq_str id, iq_num *num, unsigned *flags)
{
	struct iq_str v;

	if (id.n == 0 || id.n > IQ_LIMIT_ID)
		return false;
	struct iq_kb k = iq_key_id(kind, id);
	struct iq_id_slot *s = slot_for(t, iq_kb_key(&k));

	if (t->err == IQ_OK && s != NULL && in_slot(s, iq_kb_key(&k))) {
		*num = s->num;
		*flags = s->flags;
		return s->there;
	}
	if (!iq_get(t, IQ_TAB_ID, iq_kb_key(&k), &v)) {
		if (t->err == IQ_OK && s != NULL)
			remember(s, iq_kb_key(&k), false, IQ_NONE, 0);
		return false;
	}
	if (v.n != IQ_ID_VALUE) {
		iq_txn_refuse(t, IQ_ERR_INTERNAL, "an id entry is damaged");
		return false;
	}
	*num = iq_le32(v.p);
	*flags = (uint8_t)v.p[4];
	if (s != NULL)
		remember(s, iq_kb_key(&k), true, *num, *flags);
	return true;
}

void iq_id_store(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num num, unsigned flags)
{
	struct iq_kb k = iq_key_id(kind, id);
	char v[IQ_ID_VALUE];

	memcpy(v, &num, 4);
	v[4] = (char)flags;
	iq_put(w, IQ_TAB_ID, iq_kb_key(&k), (struct iq_str){v, sizeof(v)}, 0);
}

static bool record_exists(struct iq_txn *t, enum iq_kind kind, iq_num num)
{
	struct iq_kb k = iq_key_num(kind, num);
	struct iq_str v;

	return iq_get(t, IQ_TAB_REC, iq_kb_key(&k), &v);
}

iq_num iq_id_find(struct iq_txn *t, enum iq_kind kind, struct iq_str id)
{
	iq_num num;
	unsigned flags;

	if (!iq_id_entry(t, kind, id, &num, &flags))
		return IQ_NONE;
	if (flags & IQ_ID_MERGED)
		return record_exists(t, kind, num) ? num : IQ_NONE;
	return flags & IQ_ID_ALIVE ? num : IQ_NONE;
}

iq_num iq_id_reserved(struct iq_txn *t, enum iq_kind kind, struct iq_str id, bool *merged)
{
	iq_num num = IQ_NONE;
	unsigned flags = 0;

	if (!iq_id_entry(t, kind, id, &num, &flags))
		num = IQ_NONE;
	*merged = (flags & IQ_ID_MERGED) != 0;
	return num;
}

iq_num iq_num_reserve(struct iq_wtxn *w, enum iq_kind kind, uint32_t count)
{
	iq_num *next = &w->t.state.next[kind], first = *next;
	uint32_t most = kind == IQ_STATUS ? IQ_LIMIT_STATUSES : UINT32_MAX - 1;

	if (w->t.err != IQ_OK)
		return IQ_NONE;
	if (count > most - (first - 1)) {
		iq_txn_refuse(&w->t, IQ_ERR_QUOTA, "no numbers left for this kind");
		return IQ_NONE;
	}
	*next += count;
	return first;
}

void iq_id_bind(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num num)
{
	struct iq_kb k = iq_key_id(kind, id);
	char v[IQ_ID_VALUE];

	if (w->bulk == NULL) {
		iq_id_store(w, kind, id, num, 0);
		return;
	}
	/* The record follows before the bulk ends: no second write to mark it alive. */
	memcpy(v, &num, 4);
	v[4] = IQ_ID_ALIVE;
	iq_bulk_collect(w, IQ_TAB_ID, iq_kb_key(&k), (struct iq_str){v, sizeof(v)});
}

iq_num iq_id_intern(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id)
{
	iq_num num;
	unsigned flags;

	if (id.n == 0 || id.n > IQ_LIMIT_ID) {
		iq_txn_refuse(&w->t, IQ_ERR_REJECTED, "an id is empty or too long");
		return IQ_NONE;
	}
	if (iq_id_entry(&w->t, kind, id, &num, &flags))
		return num;
	num = iq_num_reserve(w, kind, 1);
	if (num == IQ_NONE)
		return IQ_NONE;
	iq_id_store(w, kind, id, num, 0);
	return w->t.err == IQ_OK ? num : IQ_NONE;
}

struct moved {
	struct iq_kb *k;
	size_t n, cap;
	bool failed;
};

static void keep_key(struct moved *m, struct iq_str key)
{
	if (m->n == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 16;
		struct iq_kb *k = realloc(m->k, cap * sizeof(*k));

		if (k == NULL) {
			m->failed = true;
			return;
		}
		m->k = k;
		m->cap = cap;
	}
	m->k[m->n].n = key.n;
	memcpy(m->k[m->n].p, key.p, key.n);
	m->n++;
}

void iq_id_redirect(struct iq_wtxn *w, enum iq_kind kind, struct iq_str old, iq_num num)
{
	struct iq_kb from = iq_key_num(kind, 0);
	struct moved m = {NULL, 0, 0, false};
	struct iq_walk x;
	unsigned flags = 0;
	iq_num was = IQ_NONE;
	char v[IQ_ID_VALUE];

	memcpy(v, &num, 4);
	v[4] = IQ_ID_MERGED;
	(void)iq_id_entry(&w->t, kind, old, &was, &flags);
	/* Ids that were united with `old` earlier follow it. */
	for (iq_walk_begin(&x, &w->t, IQ_TAB_ID, (struct iq_str){(char *)from.p, 1}, 1);
		x.ok && was != IQ_NONE; iq_walk_next(&x))
		if (x.value.n == IQ_ID_VALUE && iq_le32(x.value.p) == was &&
			(x.value.p[4] & IQ_ID_MERGED) && x.key.n <= IQ_KEY_MAX)
			keep_key(&m, x.key);
	iq_walk_end(&x);
	if (m.failed)
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory");
	for (size_t i = 0; i < m.n; i++)
		iq_put(w, IQ_TAB_ID, iq_kb_key(&m.k[i]), (struct iq_str){v, sizeof(v)}, 0);
	free(m.k);
	iq_id_store(w, kind, old, num, IQ_ID_MERGED);
}

void iq_each_id(struct iq_txn *t, enum iq_kind kind, struct iq_str after,
	bool (*fn)(void *arg, struct iq_str id, iq_num num), void *arg)
{
	struct iq_kb k = iq_key_id(kind, after);
	struct iq_walk x;

	if (after.n > IQ_LIMIT_ID)
		return;
	for (iq_walk_begin(&x, t, IQ_TAB_ID, iq_kb_key(&k), 1); x.ok; iq_walk_next(&x)) {
		struct iq_str id = {x.key.p + 1, x.key.n - 1};

		if (x.value.n != IQ_ID_VALUE) {
			iq_txn_refuse(t, IQ_ERR_INTERNAL, "an id entry is damaged");
			break;
		}
		if ((after.n && iq_str_eq(id, after)) || x.value.p[4] != IQ_ID_ALIVE)
			continue;
		if (!fn(arg, id, iq_le32(x.value.p)))
			break;
	}
	iq_walk_end(&x);
}
