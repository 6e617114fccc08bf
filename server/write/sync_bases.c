/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what a list is compared with: per institution it names, kind and column the last full list
 * that had them, and per record what the institution's own deltas said since, and
 * what any list of it added. In IQ_TABLE_LIVING:
 * "b", institution u32 whose list it is, kind u8 → u64 per column (host order): a revision; for
 * institutions below it "b", institution, kind, institution below u32. "o", institution u32, kind
 * u8, number u32 → the same for a record in its deltas; 0: the column was in none.
 */

#include "sync_priv.h"

enum { KEY = 10 };

static size_t add_number(uint8_t *to, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(n >> (24 - 8 * i));
	return 4;
}

static struct iq_str key_of(uint8_t key[KEY], char what, iq_num list, enum iq_kind kind, iq_num num)
{
	size_t n = 0;

	key[n++] = (uint8_t)what;
	n += add_number(key + n, list);
	key[n++] = (uint8_t)kind;
	if (num != IQ_NONE)
		n += add_number(key + n, num);
	return (struct iq_str){(const char *)key, n};
}

/* ---- institutions ---------------------------------------------------------------------------- */

static bool syncs(enum iq_kind kind)
{
	return kind == IQ_INSTITUTION || kind == IQ_CONTACT || kind == IQ_RESPONSIBILITY ||
	       kind == IQ_NOTICE;
}

static struct iq_str base_key(
	const struct iq_sync_priv *p, uint8_t key[KEY], size_t at, enum iq_kind kind)
{
	iq_num own = p->s->institution;

	return key_of(key, 'b', own, kind, p->scope[at] == own ? IQ_NONE : p->scope[at]);
}

/* Read when first asked for. NULL: no memory. */
static uint64_t *bases_of(struct iq_sync_priv *p, size_t at, enum iq_kind kind)
{
	size_t n = iq_schemas[kind].ncolumns;
	struct iq_str value;
	uint8_t key[KEY];

	if (p->bases == NULL)
		p->bases = iq_arena_array(p->arena, p->nscope * IQ_KINDS, sizeof(*p->bases));
	if (p->bases == NULL)
		return NULL;
	uint64_t **to = &p->bases[at * IQ_KINDS + kind];

	if (*to != NULL)
		return *to;
	*to = iq_arena_array(p->arena, n, sizeof(**to));
	if (*to == NULL)
		return NULL;
	if (iq_table_get(p->t, IQ_TABLE_LIVING, base_key(p, key, at, kind), &value) &&
		value.n == n * sizeof(**to))
		memcpy(*to, value.p, value.n);
	return *to;
}

/*
 * A list knows what it was made from. One that was applied knows nothing of what came later, and
 * of what it did not have then only what it was made from.
 */
static uint64_t as_known(const struct iq_sync_priv *p, uint64_t own)
{
	const struct iq_sync *s = p->s;

	if (s->applied == 0 && s->based_on != 0)
		return s->based_on;
	if (s->applied != 0 && own > s->applied)
		own = s->applied;
	return own > s->based_on ? own : s->based_on;
}

uint64_t iq_sync_base_at(struct iq_sync_priv *p, enum iq_kind kind, iq_num institution, int col)
{
	const uint64_t *base;
	size_t at;

	if (!iq_sync_in_scope(p, institution, &at))
		return as_known(p, 0);
	base = bases_of(p, at, kind);
	return as_known(p, base ? base[col] : 0);
}

/* What the institution's own lists said last. */
static uint64_t own_base(struct iq_sync_priv *p, const struct iq_stored *e, int col)
{
	const uint64_t *base = NULL;
	uint64_t own = e->own ? e->own[col] : 0;
	size_t at;

	if (iq_sync_in_scope(p, e->institution, &at))
		base = bases_of(p, at, e->kind);
	return base && base[col] > own ? base[col] : own;
}

uint64_t iq_sync_base(struct iq_sync_priv *p, const struct iq_stored *e, int col)
{
	return as_known(p, own_base(p, e, col));
}

uint64_t iq_sync_base_whole(struct iq_sync_priv *p, const struct iq_stored *e, int col)
{
	const uint64_t *base = NULL;
	uint64_t own = e->own ? e->own[col] : 0;
	size_t at;

	if (iq_sync_in_scope(p, e->institution, &at))
		base = bases_of(p, at, e->kind);
	return as_known(p, base && base[IQ_COL_ID] > own ? base[IQ_COL_ID] : own);
}

bool iq_sync_is_own(struct iq_sync_priv *p, const struct iq_stored *e, int col)
{
	uint64_t own = own_base(p, e, col), known = as_known(p, own), mark;
	struct iq_rec was;

	return known != 0 && own > known && !iq_sync_mark_get(p, e, (unsigned)col, &mark) &&
	       !iq_sync_mark_get(p, e, IQ_SYNC_MARK_UNNAMED, &mark) &&
	       iq_sync_past(p, e, own, &was) &&
	       iq_sync_same_value(e->kind, col, &was.col[col], &e->rec.col[col]);
}

static bool has_row(const struct iq_sync_priv *p, size_t at)
{
	for (size_t i = 0; i < p->nstored; i++)
		if (p->stored[i].kind == IQ_INSTITUTION && p->stored[i].num == p->scope[at])
			return p->stored[i].row != 0;
	return false;
}

/* What the list did not have, was not compared: there, changes of others wait for the next one. */
static void put_bases(struct iq_sync *s, size_t at, uint64_t revision)
{
	struct iq_sync_priv *p = s->priv;
	uint8_t key[KEY];

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		enum iq_kind kind = (enum iq_kind)k;
		size_t n = iq_schemas[k].ncolumns;
		uint64_t *base = syncs(kind) ? bases_of(p, at, kind) : NULL;
		bool had = p->in_list[k] && (kind != IQ_INSTITUTION || has_row(p, at));

		if (base == NULL)
			continue;
		for (size_t c = 0; c < n; c++)
			if (base[c] == 0 ||
				(had && (c == IQ_COL_ID || p->columns[k] & UINT32_C(1) << c)))
				base[c] = revision;
		iq_table_put(s->w, IQ_TABLE_LIVING, base_key(p, key, at, kind),
			(struct iq_str){(const char *)base, n * sizeof(*base)});
	}
}

/* ---- deltas ---------------------------------------------------------------------------------- */

const uint64_t *iq_sync_own_get(struct iq_sync_priv *p, enum iq_kind kind, iq_num num)
{
	size_t n = iq_schemas[kind].ncolumns;
	struct iq_str value;
	uint64_t *own;
	uint8_t key[KEY];

	if (!iq_table_get(p->t, IQ_TABLE_LIVING, key_of(key, 'o', p->s->institution, kind, num),
		    &value) ||
		value.n != n * sizeof(*own))
		return NULL;
	own = iq_arena_array(p->arena, n, sizeof(*own));
	if (own != NULL)
		memcpy(own, value.p, value.n);
	return own;
}

/* A row that was taken; what was kept of others is not the institution's own. */
static void put_own(struct iq_sync *s, const struct iq_sync_row *row, uint64_t revision)
{
	const struct iq_stored *e = iq_sync_of(s->priv, row);
	size_t n = iq_schemas[row->kind].ncolumns;
	iq_num num = e ? e->num : iq_id_find(iq_wtxn_txn(s->w), row->kind, row->id);
	uint64_t own[IQ_COLUMNS_MAX] = {0};
	uint8_t key[KEY];

	if (num == IQ_NONE || row->bad || row->left)
		return;
	if (e != NULL && e->own != NULL)
		memcpy(own, e->own, n * sizeof(*own));
	own[IQ_COL_ID] = revision;
	for (size_t c = 1; c < n; c++)
		if (row->act == IQ_SYNC_ADD || (row->given & ~row->kept & UINT32_C(1) << c))
			own[c] = revision;
	iq_table_put(s->w, IQ_TABLE_LIVING, key_of(key, 'o', s->institution, row->kind, num),
		(struct iq_str){(const char *)own, n * sizeof(*own)});
}

/* What a list adds is all its own, also where it lacks the column: is that known anyway? */
static bool is_covered(struct iq_sync_priv *p, const struct iq_sync_row *row, uint64_t revision)
{
	const uint64_t *base = NULL;
	size_t at;

	if (iq_sync_in_scope(p, row->institution, &at))
		base = bases_of(p, at, row->kind);
	for (size_t c = 0; base && c < iq_schemas[row->kind].ncolumns; c++)
		if (base[c] < revision)
			return false;
	return base != NULL;
}

/* Of no use once full lists have had all of it. */
static void drop_own(struct iq_sync *s, const struct iq_stored *e)
{
	struct iq_sync_priv *p = s->priv;
	const uint64_t *base = NULL;
	uint8_t key[KEY];
	size_t at;

	if (e->own == NULL)
		return;
	if (iq_sync_in_scope(p, e->institution, &at))
		base = bases_of(p, at, e->kind);
	for (size_t c = 0; c < iq_schemas[e->kind].ncolumns; c++)
		if (base == NULL || e->own[c] > base[c])
			return;
	iq_table_put(s->w, IQ_TABLE_LIVING, key_of(key, 'o', s->institution, e->kind, e->num),
		(struct iq_str){NULL, 0});
}

void iq_sync_bases_note(struct iq_sync *s, uint64_t revision)
{
	struct iq_sync_priv *p = s->priv;

	if (s->delta) {
		for (size_t i = 0; i < p->nrows; i++)
			put_own(s, &p->rows[i], revision);
		return;
	}
	for (size_t at = 0; at < p->nscope; at++)
		if (p->scope_named[at])
			put_bases(s, at, revision);
	for (size_t i = 0; i < p->nstored; i++)
		drop_own(s, &p->stored[i]);
	for (size_t i = 0; i < p->nrows; i++)
		if (p->rows[i].act == IQ_SYNC_ADD && !is_covered(p, &p->rows[i], revision))
			put_own(s, &p->rows[i], revision);
}
