/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what an institution's last one left behind. "s", institution u32 → revision, time,
 * principal, rows. "d", institution u32, kind u8, number u32, column u8 → hash of what its list
 * said there, where it was not taken: its next list that says the same has not changed its mind, so
 * that it does not undo what others did. "g", institution u32, kind u8, number u32 → a record that
 * its list names, and that stays archived or deleted. No names of persons.
 */

#include "sync_priv.h"
#include "wire.h"

enum { STATE_REVISION = 1, STATE_TIME, STATE_PRINCIPAL, STATE_ROWS, STATE_BASE };
enum { STATE_KEY = 5, LEFT_KEY = 10, MARK_KEY = 11 };

static void put_number(uint8_t *to, iq_num n)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(n >> (24 - 8 * i));
}

static struct iq_str state_key(uint8_t key[STATE_KEY], char what, iq_num institution)
{
	key[0] = (uint8_t)what;
	put_number(key + 1, institution);
	return (struct iq_str){(const char *)key, STATE_KEY};
}

static struct iq_str left_key(
	uint8_t key[LEFT_KEY], char what, iq_num institution, enum iq_kind kind, iq_num num)
{
	(void)state_key(key, what, institution);
	key[STATE_KEY] = (uint8_t)kind;
	put_number(key + STATE_KEY + 1, num);
	return (struct iq_str){(const char *)key, LEFT_KEY};
}

static struct iq_str mark_key(
	uint8_t key[MARK_KEY], iq_num institution, enum iq_kind kind, iq_num num, unsigned col)
{
	(void)left_key(key, 'd', institution, kind, num);
	key[LEFT_KEY] = (uint8_t)col;
	return (struct iq_str){(const char *)key, MARK_KEY};
}

bool iq_sync_state_get(struct iq_txn *t, iq_num institution, struct iq_sync_state *out)
{
	uint8_t key[STATE_KEY];
	struct iq_str value;
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_sync_state){.revision = 0};
	if (!iq_table_get(t, IQ_TABLE_LIVING, state_key(key, 's', institution), &value))
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
	uint8_t key[STATE_KEY];
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
		iq_table_put(s->w, IQ_TABLE_LIVING, state_key(key, 's', s->institution),
			(struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
}

/* ---- what was not taken ---------------------------------------------------------------------- */

bool iq_sync_mark_get(
	struct iq_sync_priv *p, const struct iq_stored *e, unsigned col, uint64_t *hash)
{
	iq_num own = p->s->institution;
	uint8_t key[MARK_KEY];
	struct iq_str value;

	if (!iq_table_get(
		    p->t, IQ_TABLE_LIVING, mark_key(key, own, e->kind, e->num, col), &value) ||
		value.n != sizeof(*hash))
		return false;
	memcpy(hash, value.p, sizeof(*hash));
	return true;
}

static void mark_put(
	const struct iq_sync *s, enum iq_kind kind, iq_num num, unsigned col, uint64_t hash)
{
	uint8_t key[MARK_KEY];

	iq_table_put(s->w, IQ_TABLE_LIVING, mark_key(key, s->institution, kind, num, col),
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
	if (key.n == MARK_KEY)
		c->col[c->n++] = (uint8_t)key.p[MARK_KEY - 1];
	return c->n < sizeof(c->col);
}

/* All but those of the columns in keep. */
static void mark_clear(const struct iq_sync *s, enum iq_kind kind, iq_num num, uint32_t keep)
{
	uint8_t key[MARK_KEY];
	struct columns c = {.n = 0};

	iq_table_each(iq_wtxn_txn(s->w), IQ_TABLE_LIVING,
		left_key(key, 'd', s->institution, kind, num), on_mark, &c);
	for (size_t i = 0; i < c.n; i++)
		if (c.col[i] >= 32 || !(keep & UINT32_C(1) << c.col[i]))
			iq_table_put(s->w, IQ_TABLE_LIVING,
				mark_key(key, s->institution, kind, num, c.col[i]),
				(struct iq_str){NULL, 0});
}

/* ---- what stays away ------------------------------------------------------------------------- */

static void left_put(const struct iq_sync *s, enum iq_kind kind, iq_num num, bool left)
{
	uint8_t key[LEFT_KEY];

	iq_table_put(s->w, IQ_TABLE_LIVING, left_key(key, 'g', s->institution, kind, num),
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

void iq_sync_left_each(struct iq_txn *t, char what, iq_num institution,
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num), void *arg)
{
	struct left x = {fn, arg};
	uint8_t key[STATE_KEY];

	iq_table_each(t, IQ_TABLE_LIVING, state_key(key, what, institution), on_left, &x);
}

struct forgetting {
	const iq_num *contacts;
	size_t ncontacts, n;
	struct {
		char key[MARK_KEY];
		size_t n;
	} found[64];
};

static bool on_any_left(void *arg, struct iq_str key, struct iq_str value)
{
	struct forgetting *f = arg;

	(void)value;
	if (key.n < LEFT_KEY || key.n > MARK_KEY || (uint8_t)key.p[STATE_KEY] != IQ_CONTACT)
		return true;
	for (size_t i = 0; i < f->ncontacts; i++)
		if (f->contacts[i] == number_at(key.p + STATE_KEY + 1)) {
			memcpy(f->found[f->n].key, key.p, key.n);
			f->found[f->n++].n = key.n;
			break;
		}
	return f->n < sizeof(f->found) / sizeof(f->found[0]);
}

/* Keys of what was not taken, of what stays away, and of what deltas said, begin alike. */
static void forget_in(struct iq_wtxn *w, struct iq_str prefix, struct forgetting *f)
{
	do {
		f->n = 0;
		iq_table_each(iq_wtxn_txn(w), IQ_TABLE_LIVING, prefix, on_any_left, f);
		for (size_t i = 0; i < f->n; i++)
			iq_table_put(w, IQ_TABLE_LIVING,
				(struct iq_str){f->found[i].key, f->found[i].n},
				(struct iq_str){NULL, 0});
	} while (f->n > 0 && iq_txn_error(iq_wtxn_txn(w), NULL) == IQ_OK);
}

void iq_sync_forget(struct iq_wtxn *w, const iq_num *contacts, size_t n)
{
	struct forgetting f = {.contacts = contacts, .ncontacts = n};

	forget_in(w, IQ_STR("d"), &f);
	forget_in(w, IQ_STR("g"), &f);
	forget_in(w, IQ_STR("o"), &f);
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
	/* Of what the list does not have, nothing new was said. */
	mark_clear(s, row->kind, num, e && !e->gone ? ~row->given : 0);
	if (e != NULL && e->archived)
		left_put(s, e->kind, num, row->left);
	if (row->left) {
		mark_put(s, row->kind, num, IQ_SYNC_MARK_LEFT, iq_sync_row_hash(row));
		return;
	}
	for (unsigned c = 1; c < iq_schemas[row->kind].ncolumns; c++)
		if (row->kept & UINT32_C(1) << c)
			mark_put(s, row->kind, num, c, iq_sync_hash(&row->list.col[c]));
}

void iq_sync_note(struct iq_sync *s, uint64_t revision)
{
	struct iq_sync_priv *p = s->priv;

	state_put(s, revision);
	iq_sync_bases_note(s, revision);
	for (size_t i = 0; i < p->nrows; i++)
		note_row(s, &p->rows[i]);
	for (size_t i = 0; i < p->nstored; i++) {
		const struct iq_stored *e = &p->stored[i];
		size_t at;

		if (s->delta || e->row != 0 || e->kind == IQ_INSTITUTION || !p->in_list[e->kind] ||
			!iq_sync_in_scope(p, e->institution, &at) || !p->scope_named[at])
			continue;
		mark_clear(s, e->kind, e->num, 0);
		if (e->archived)
			left_put(s, e->kind, e->num, false);
		if (!e->archived && e->unnamed)
			mark_put(s, e->kind, e->num, IQ_SYNC_MARK_UNNAMED, 0);
	}
}
