/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what an institution's last one left behind. "s", institution u32 → revision, time,
 * principal, rows. "b", institution u32, kind u8 → u64 per column (host order): the revision of the
 * last full list that had it. "d", kind u8, number u32, column u8 → hash of what the list said
 * there, where it was not taken: the next list that says the same has not changed its mind, so that
 * it does not undo what others did. "g", institution u32, kind u8, number u32 → a record of it that
 * a list names, and that stays archived or deleted. No names of persons.
 */

#include "sync_priv.h"
#include "wire.h"

enum { STATE_REVISION = 1, STATE_TIME, STATE_PRINCIPAL, STATE_ROWS, STATE_BASE };
enum { KEY = 7 };

static struct iq_str state_key(uint8_t key[KEY], iq_num institution)
{
	key[0] = 's';
	for (unsigned i = 0; i < 4; i++)
		key[1 + i] = (uint8_t)(institution >> (24 - 8 * i));
	return (struct iq_str){(const char *)key, 5};
}

static struct iq_str mark_key(uint8_t key[KEY], enum iq_kind kind, iq_num num, unsigned col)
{
	key[0] = 'd';
	key[1] = (uint8_t)kind;
	for (unsigned i = 0; i < 4; i++)
		key[2 + i] = (uint8_t)(num >> (24 - 8 * i));
	key[6] = (uint8_t)col;
	return (struct iq_str){(const char *)key, KEY};
}

bool iq_sync_state_get(struct iq_txn *t, iq_num institution, struct iq_sync_state *out)
{
	uint8_t key[KEY];
	struct iq_str value;
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_sync_state){.revision = 0};
	if (!iq_table_get(t, IQ_TABLE_LIVING, state_key(key, institution), &value))
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == STATE_REVISION)
			out->revision = f.value;
		else if (f.field == STATE_TIME)
			out->time_us = (int64_t)f.value;
		else if (f.field == STATE_PRINCIPAL)
			out->principal = f.bytes;
		else if (f.field == STATE_ROWS)
			out->rows = f.value;
		else if (f.field == STATE_BASE)
			out->base = f.value;
	}
	return !bad && out->revision != 0;
}

static void state_put(struct iq_sync *s, uint64_t revision)
{
	uint8_t key[KEY];
	const struct iq_sync_state *last = &s->priv->last;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_uint(&b, STATE_REVISION, revision);
	iq_wire_uint(&b, STATE_TIME, (uint64_t)s->now_us);
	iq_wire_str(&b, STATE_PRINCIPAL, s->job->change.principal);
	/* A part of a list says nothing of the rest: what is compared with stays. */
	iq_wire_uint(&b, STATE_ROWS, s->delta ? last->rows : s->rows);
	iq_wire_uint(&b, STATE_BASE, s->delta ? last->base : revision);
	if (!b.failed)
		iq_table_put(s->w, IQ_TABLE_LIVING, state_key(key, s->institution),
			(struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
}

/* ---- what lists are compared with -------------------------------------------------------------
 */

static struct iq_str base_key(uint8_t key[KEY], iq_num institution, enum iq_kind kind)
{
	struct iq_str k = state_key(key, institution);

	key[0] = 'b';
	key[k.n++] = (uint8_t)kind;
	return k;
}

void iq_sync_bases_get(struct iq_sync_priv *p)
{
	uint8_t key[KEY];
	struct iq_str value;

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		size_t n = iq_schemas[k].ncolumns;

		for (size_t c = 0; c < n; c++)
			p->own_base[k][c] = p->last.base;
		if (p->last.base != 0 &&
			iq_table_get(p->t, IQ_TABLE_LIVING,
				base_key(key, p->s->institution, (enum iq_kind)k), &value) &&
			value.n == n * sizeof(uint64_t))
			memcpy(p->own_base[k], value.p, value.n);
	}
}

/* What the list did not have, was not compared: there, changes of others wait for the next one. */
static void bases_put(struct iq_sync *s, uint64_t revision)
{
	struct iq_sync_priv *p = s->priv;
	uint8_t key[KEY];

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		size_t n = iq_schemas[k].ncolumns;
		uint64_t *base = p->own_base[k];

		for (size_t c = 0; c < n; c++)
			if (base[c] == 0 ||
				(p->in_list[k] &&
					(c == IQ_COL_ID || p->columns[k] & UINT32_C(1) << c)))
				base[c] = revision;
		iq_table_put(s->w, IQ_TABLE_LIVING, base_key(key, s->institution, (enum iq_kind)k),
			(struct iq_str){(const char *)base, n * sizeof(*base)});
	}
}

/* ---- what was not taken ---------------------------------------------------------------------- */

bool iq_sync_mark_get(struct iq_txn *t, enum iq_kind kind, iq_num num, unsigned col, uint64_t *hash)
{
	uint8_t key[KEY];
	struct iq_str value;

	if (!iq_table_get(t, IQ_TABLE_LIVING, mark_key(key, kind, num, col), &value) ||
		value.n != sizeof(*hash))
		return false;
	memcpy(hash, value.p, sizeof(*hash));
	return true;
}

void iq_sync_mark_put(struct iq_wtxn *w, enum iq_kind kind, iq_num num, unsigned col, uint64_t hash)
{
	uint8_t key[KEY];

	iq_table_put(w, IQ_TABLE_LIVING, mark_key(key, kind, num, col),
		(struct iq_str){(const char *)&hash, sizeof(hash)});
}

struct columns {
	uint8_t col[64];
	size_t n;
};

static bool on_mark(void *arg, struct iq_str key, struct iq_str value)
{
	struct columns *c = arg;

	(void)value;
	if (key.n == KEY)
		c->col[c->n++] = (uint8_t)key.p[KEY - 1];
	return c->n < sizeof(c->col);
}

void iq_sync_mark_clear(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	uint8_t key[KEY];
	struct columns c = {.n = 0};
	struct iq_str prefix = mark_key(key, kind, num, 0);

	prefix.n--;
	iq_table_each(iq_wtxn_txn(w), IQ_TABLE_LIVING, prefix, on_mark, &c);
	for (size_t i = 0; i < c.n; i++)
		iq_table_put(w, IQ_TABLE_LIVING, mark_key(key, kind, num, c.col[i]),
			(struct iq_str){NULL, 0});
}

/* ---- what stays away ------------------------------------------------------------------------- */

enum { LEFT_KEY = 10 };

static struct iq_str left_key(
	uint8_t key[LEFT_KEY], iq_num institution, enum iq_kind kind, iq_num num)
{
	struct iq_str k = state_key(key, institution);

	key[0] = 'g';
	key[k.n++] = (uint8_t)kind;
	for (unsigned i = 0; i < 4; i++)
		key[k.n++] = (uint8_t)(num >> (24 - 8 * i));
	return k;
}

static void left_put(
	struct iq_wtxn *w, iq_num institution, enum iq_kind kind, iq_num num, bool left)
{
	uint8_t key[LEFT_KEY];

	iq_table_put(w, IQ_TABLE_LIVING, left_key(key, institution, kind, num),
		(struct iq_str){"1", left});
}

struct left {
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num);
	void *arg;
};

static iq_num number_at(const char *p)
{
	iq_num num = 0;

	for (unsigned i = 0; i < 4; i++)
		num = num << 8 | (uint8_t)p[i];
	return num;
}

static bool on_left(void *arg, struct iq_str key, struct iq_str value)
{
	const struct left *x = arg;

	(void)value;
	if (key.n != LEFT_KEY || (uint8_t)key.p[5] >= IQ_KINDS)
		return true;
	return x->fn(x->arg, (enum iq_kind)(uint8_t)key.p[5], number_at(key.p + 6));
}

void iq_sync_left_each(struct iq_txn *t, iq_num institution,
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num), void *arg)
{
	struct left x = {fn, arg};
	uint8_t key[LEFT_KEY];
	struct iq_str prefix = left_key(key, institution, IQ_INSTITUTION, IQ_NONE);

	prefix.n = 5;
	iq_table_each(t, IQ_TABLE_LIVING, prefix, on_left, &x);
}

struct forgetting {
	const iq_num *contacts;
	size_t ncontacts, n;
	uint8_t key[64][LEFT_KEY];
};

static bool on_any_left(void *arg, struct iq_str key, struct iq_str value)
{
	struct forgetting *f = arg;

	(void)value;
	if (key.n != LEFT_KEY || (uint8_t)key.p[5] != IQ_CONTACT)
		return true;
	for (size_t i = 0; i < f->ncontacts; i++)
		if (f->contacts[i] == number_at(key.p + 6)) {
			memcpy(f->key[f->n++], key.p, LEFT_KEY);
			break;
		}
	return f->n < sizeof(f->key) / sizeof(f->key[0]);
}

void iq_sync_forget(struct iq_wtxn *w, const iq_num *contacts, size_t n)
{
	struct forgetting f = {.contacts = contacts, .ncontacts = n};

	for (size_t i = 0; i < n; i++)
		iq_sync_mark_clear(w, IQ_CONTACT, contacts[i]);
	do {
		f.n = 0;
		iq_table_each(iq_wtxn_txn(w), IQ_TABLE_LIVING, IQ_STR("g"), on_any_left, &f);
		for (size_t i = 0; i < f.n; i++)
			iq_table_put(w, IQ_TABLE_LIVING,
				(struct iq_str){(const char *)f.key[i], LEFT_KEY},
				(struct iq_str){NULL, 0});
	} while (f.n > 0 && iq_txn_error(iq_wtxn_txn(w), NULL) == IQ_OK);
}

/* Not cryptographic: whoever could make two that collide would do so in the own list. */
static uint64_t mix(uint64_t h, struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (uint8_t)s.p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ 0xff) * UINT64_C(0x100000001b3);
	return h ^ h >> 31;
}

uint64_t iq_sync_hash(const struct iq_value *v)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (uint32_t i = 0; i < v->n; i++)
		h = mix(h, v->v[i]);
	return h;
}

uint64_t iq_sync_row_hash(const struct iq_sync_row *row)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t c = 1; c < iq_schemas[row->kind].ncolumns; c++) {
		uint64_t cell = iq_sync_hash(&row->list.col[c]);

		if (row->given & UINT32_C(1) << c)
			h = mix(h ^ c, (struct iq_str){(const char *)&cell, sizeof(cell)});
	}
	return h;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static void note_row(struct iq_sync *s, const struct iq_sync_row *row)
{
	struct iq_txn *t = iq_wtxn_txn(s->w);
	const struct iq_stored *e = iq_sync_of(s->priv, row);
	iq_num num = e ? e->num : iq_id_find(t, row->kind, row->id);

	if (num == IQ_NONE)
		return;
	iq_sync_mark_clear(s->w, row->kind, num);
	if (e != NULL && e->archived)
		left_put(s->w, e->institution, e->kind, num, row->left);
	if (row->left) {
		iq_sync_mark_put(s->w, row->kind, num, IQ_SYNC_MARK_LEFT, iq_sync_row_hash(row));
		return;
	}
	for (unsigned c = 1; c < iq_schemas[row->kind].ncolumns; c++)
		if (row->kept & UINT32_C(1) << c)
			iq_sync_mark_put(s->w, row->kind, num, c, iq_sync_hash(&row->list.col[c]));
}

void iq_sync_note(struct iq_sync *s, uint64_t revision)
{
	struct iq_sync_priv *p = s->priv;

	state_put(s, revision);
	if (!s->delta)
		bases_put(s, revision);
	for (size_t i = 0; i < p->nrows; i++)
		note_row(s, &p->rows[i]);
	for (size_t i = 0; i < p->nstored; i++) {
		const struct iq_stored *e = &p->stored[i];
		size_t at;

		if (s->delta || e->row != 0 || e->kind == IQ_INSTITUTION || !p->in_list[e->kind] ||
			!iq_sync_in_scope(p, e->institution, &at) || !p->scope_named[at])
			continue;
		iq_sync_mark_clear(s->w, e->kind, e->num);
		if (e->archived)
			left_put(s->w, e->institution, e->kind, e->num, false);
		if (!e->archived && e->unnamed)
			iq_sync_mark_put(s->w, e->kind, e->num, IQ_SYNC_MARK_UNNAMED, 0);
	}
}
