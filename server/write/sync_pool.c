/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: what is stored of the institution, and indexes over it. */

#include <sys/random.h>

#include "fold.h"
#include "i18n.h"
#include "sync_priv.h"

/* ---- strings to positions -------------------------------------------------------------------- */

enum { HEADS_MIN = 64 };

static uint64_t hash_of(uint64_t seed, struct iq_str key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ seed;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (uint8_t)key.p[i]) * UINT64_C(0x100000001b3);
	h *= UINT64_C(0x9e3779b97f4a7c15) ^ seed << 1;
	return h ^ h >> 29;
}

void iq_sync_index_init(struct iq_sync_index *x, struct iq_arena *arena, size_t expected)
{
	size_t heads = HEADS_MIN;

	while (heads < expected)
		heads *= 2;
	*x = (struct iq_sync_index){.arena = arena, .mask = heads - 1};
	x->head = iq_arena_array(arena, heads, sizeof(*x->head));
	/* So that nobody makes lists that all fall into one place. */
	if (getrandom(&x->seed, sizeof(x->seed), GRND_NONBLOCK) != (ssize_t)sizeof(x->seed))
		x->seed = (uintptr_t)x->head;
}

/* More places, when there is more in it than was expected. */
static void spread(struct iq_sync_index *x)
{
	size_t heads = 4 * (x->mask + 1);
	uint32_t *head = iq_arena_array(x->arena, heads, sizeof(*head));

	if (head == NULL)
		return;
	x->head = head;
	x->mask = heads - 1;
	for (size_t i = 0; i < x->n; i++) {
		uint32_t *first = &head[hash_of(x->seed, x->a[i].key) & x->mask];

		x->a[i].next = *first;
		*first = (uint32_t)i + 1;
	}
}

void iq_sync_index_add(struct iq_sync_index *x, struct iq_str key, uint32_t what)
{
	if (key.n == 0 || x->head == NULL)
		return;
	if (x->n > 2 * x->mask)
		spread(x);
	if (x->n == x->cap) {
		size_t cap = x->cap ? 2 * x->cap : HEADS_MIN;
		void *a =
			iq_arena_grow(x->arena, x->a, x->cap * sizeof(*x->a), cap * sizeof(*x->a));

		if (a == NULL)
			return;
		x->a = a;
		x->cap = cap;
	}
	uint32_t *head = &x->head[hash_of(x->seed, key) & x->mask];

	x->a[x->n].key = key;
	x->a[x->n].what = what;
	x->a[x->n].next = *head;
	*head = (uint32_t)++x->n;
}

bool iq_sync_index_next(
	const struct iq_sync_index *x, struct iq_str key, uint32_t *at, uint32_t *what)
{
	uint32_t i;

	if (key.n == 0 || x->head == NULL)
		return false;
	for (i = *at ? x->a[*at - 1].next : x->head[hash_of(x->seed, key) & x->mask]; i != 0;
		i = x->a[i - 1].next) {
		if (!iq_str_eq(x->a[i - 1].key, key))
			continue;
		*at = i;
		*what = x->a[i - 1].what;
		return true;
	}
	return false;
}

/* ---- shared ---------------------------------------------------------------------------------- */

void *iq_sync_grow(struct iq_sync_priv *p, void **list, size_t n, size_t *cap, size_t size)
{
	if (n == *cap) {
		size_t more = *cap ? 2 * *cap : 64;
		void *grown = iq_arena_grow(p->arena, *list, *cap * size, more * size);

		if (grown == NULL) {
			p->err = iq_no_memory(&p->s->job->error);
			return NULL;
		}
		*list = grown;
		*cap = more;
	}
	return (char *)*list + n * size;
}

struct iq_str iq_sync_fold(struct iq_sync_priv *p, struct iq_str s)
{
	return s.n ? iq_fold(p->arena, s, IQ_FOLD_AE) : (struct iq_str){NULL, 0};
}

static struct iq_str num_key(uint8_t key[5], enum iq_kind kind, iq_num num)
{
	key[0] = (uint8_t)kind;
	memcpy(key + 1, &num, sizeof(num));
	return (struct iq_str){(const char *)key, 5};
}

bool iq_sync_in_scope(const struct iq_sync_priv *p, iq_num institution, size_t *at)
{
	uint8_t key[5];
	uint32_t next = 0, what;

	if (!iq_sync_index_next(
		    &p->by_scope, num_key(key, IQ_INSTITUTION, institution), &next, &what))
		return false;
	*at = what;
	return true;
}

struct iq_stored *iq_sync_stored(struct iq_sync_priv *p, enum iq_kind kind, iq_num num)
{
	uint8_t key[5];
	uint32_t at = 0, what;

	if (num == IQ_NONE || !iq_sync_index_next(&p->by_num, num_key(key, kind, num), &at, &what))
		return NULL;
	return &p->stored[what];
}

/* ---- reading --------------------------------------------------------------------------------- */

int iq_sync_owner_column(enum iq_kind kind)
{
	return kind == IQ_CONTACT          ? (int)IQ_CONTACT_INSTITUTION
	       : kind == IQ_RESPONSIBILITY ? (int)IQ_RESP_INSTITUTION
					   : (int)IQ_NOTICE_INSTITUTION;
}

struct iq_stored *iq_sync_stored_new(struct iq_sync_priv *p, enum iq_kind kind, iq_num num)
{
	void *list = p->stored;
	struct iq_stored *s =
		iq_sync_grow(p, &list, p->nstored, &p->cap_stored, sizeof(*p->stored));

	p->stored = list;
	if (s == NULL)
		return NULL;
	*s = (struct iq_stored){.kind = kind, .num = num};
	return s;
}

bool iq_sync_stored_keep(struct iq_sync_priv *p, struct iq_stored *s)
{
	uint8_t key[5];

	if (!iq_rec_copy(&s->rec, p->arena)) {
		p->err = iq_no_memory(&p->s->job->error);
		return false;
	}
	s->own = iq_sync_own_get(p, s->kind, s->num);
	iq_sync_index_add(&p->by_num, iq_arena_dup(p->arena, num_key(key, s->kind, s->num)),
		(uint32_t)p->nstored);
	p->nstored++;
	return true;
}

/* One record of an institution in the scope. */
static bool on_owned(void *arg, enum iq_kind kind, iq_num num)
{
	struct iq_sync_priv *p = arg;
	struct iq_sync *s = p->s;
	struct iq_stored *e;
	size_t at;

	if (!s->sees(s->ctx, kind, num))
		return true;
	e = iq_sync_stored_new(p, kind, num);
	if (e == NULL)
		return false;
	if (!iq_rec_get(p->t, kind, num, p->arena, &e->rec))
		return iq_txn_error(p->t, NULL) == IQ_OK;
	e->revision = e->rec.revision;
	struct iq_str owner = iq_rec_text(&e->rec, iq_sync_owner_column(kind));

	e->institution = owner.n ? iq_id_find(p->t, IQ_INSTITUTION, owner) : IQ_NONE;
	if (!iq_sync_in_scope(p, e->institution, &at))
		return true;
	return iq_sync_stored_keep(p, e);
}

static bool on_archived(void *arg, const struct iq_archived *a)
{
	struct iq_sync_priv *p = arg;
	struct iq_archived found;
	struct iq_stored *e;
	size_t at;

	if (!iq_archived_get(p->t, a->kind, a->num, p->s->now_us, &found))
		return true;
	e = iq_sync_stored_new(p, a->kind, a->num);
	if (e == NULL)
		return false;
	if (!iq_archived_rec(p->t, &found, p->arena, &e->rec))
		return true;
	struct iq_str owner = iq_rec_text(&e->rec, iq_sync_owner_column(a->kind));

	e->institution = owner.n ? iq_id_find(p->t, IQ_INSTITUTION, owner) : IQ_NONE;
	e->archived = true;
	e->revision = found.revision;
	if (!iq_sync_in_scope(p, e->institution, &at) ||
		!p->s->sees_archived(p->s->ctx, e->institution) ||
		!p->s->may_revive(p->s->ctx, a->kind, iq_rec_text(&e->rec, IQ_COL_ID)))
		return true;
	return iq_sync_stored_keep(p, e);
}

static bool on_institution(void *arg, enum iq_kind from, iq_num num)
{
	struct iq_sync_priv *p = arg;
	void *list = p->scope;
	iq_num *to;
	size_t at;

	(void)from;
	if (iq_sync_in_scope(p, num, &at))
		return true;
	to = iq_sync_grow(p, &list, p->nscope, &p->cap_scope, sizeof(*to));
	p->scope = list;
	if (to == NULL)
		return false;
	*to = num;
	uint8_t key[5];

	iq_sync_index_add(&p->by_scope, iq_arena_dup(p->arena, num_key(key, IQ_INSTITUTION, num)),
		(uint32_t)p->nscope++);
	return true;
}

static bool put_institution(struct iq_sync_priv *p, iq_num num)
{
	struct iq_stored *e = iq_sync_stored_new(p, IQ_INSTITUTION, num);

	if (e == NULL || !iq_rec_get(p->t, IQ_INSTITUTION, num, p->arena, &e->rec))
		return false;
	e->revision = e->rec.revision;
	e->institution = num;
	return iq_sync_stored_keep(p, e);
}

enum iq_err iq_sync_pool(struct iq_sync_priv *p)
{
	static const enum iq_kind owned[] = {IQ_CONTACT, IQ_RESPONSIBILITY, IQ_NOTICE};

	iq_sync_index_init(&p->by_num, p->arena, (size_t)p->s->spool->rows * 2);
	iq_sync_index_init(&p->by_scope, p->arena, 0);
	(void)on_institution(p, IQ_INSTITUTION, p->s->institution);
	for (size_t i = 0; i < p->nscope && p->err == IQ_OK; i++) {
		if (!put_institution(p, p->scope[i]) && p->err == IQ_OK)
			p->err = iq_no_memory(&p->s->job->error);
		iq_each_ref_by(
			p->t, IQ_INSTITUTION, p->scope[i], IQ_INSTITUTION, on_institution, p);
		for (size_t k = 0; k < sizeof(owned) / sizeof(owned[0]); k++)
			iq_each_ref_by(p->t, IQ_INSTITUTION, p->scope[i], owned[k], on_owned, p);
	}
	for (size_t k = 0; k < sizeof(owned) / sizeof(owned[0]) && p->err == IQ_OK; k++)
		iq_archived_each(p->t, owned[k], on_archived, p);
	p->scope_named = iq_arena_array(p->arena, p->nscope, sizeof(*p->scope_named));
	if (p->scope_named != NULL && p->nscope > 0)
		p->scope_named[0] = true;
	if (p->err == IQ_OK && p->arena->failed)
		p->err = iq_no_memory(&p->s->job->error);
	if (p->err == IQ_OK)
		p->err = iq_txn_error(p->t, NULL);
	return p->err;
}
