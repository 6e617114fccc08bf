/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cells are not empty: a Bloom filter in memory. Two thirds of the probes of a question ask
 * for a cell where nobody is responsible; the filter answers them without touching the tree.
 *
 * Bits are set before the commit that needs them and never cleared, so that it may only err by
 * sending a probe to the tree. It covers the snapshots up to `filter_upto`. A commit by another
 * process is not covered: it is noticed by the gap in the numbers, and the filter is given up.
 */

#include <stdlib.h>

#include "store_priv.h"

enum { WORDS = 1 << 18 }; /* 2 MiB: a million cells with one in a hundred wrong guesses */

static uint64_t hash(iq_num task, iq_num region)
{
	uint64_t h = ((uint64_t)task << 32 | region) * UINT64_C(0x9e3779b97f4a7c15);

	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Four bits of one word. */
static uint64_t mask(uint64_t h)
{
	return UINT64_C(1) << (h & 63) | UINT64_C(1) << (h >> 6 & 63) |
	       UINT64_C(1) << (h >> 12 & 63) | UINT64_C(1) << (h >> 18 & 63);
}

static _Atomic uint64_t *word(struct iq_store *s, uint64_t h)
{
	return &s->filter[h >> 32 & (WORDS - 1)];
}

void iq_filter_add(struct iq_store *s, struct iq_str key)
{
	if (s->filter == NULL || key.n != IQ_CELL_KEY)
		return;
	uint64_t h = hash(iq_be32(key.p), iq_be32(key.p + 4)), m = mask(h);
	_Atomic uint64_t *w = word(s, h);

	if ((atomic_load_explicit(w, memory_order_relaxed) & m) != m)
		atomic_fetch_or_explicit(w, m, memory_order_relaxed);
}

bool iq_filter_empty(const struct iq_txn *t, iq_num task, iq_num region)
{
	if (!t->filtered)
		return false;
	uint64_t h = hash(task, region), m = mask(h);

	return (atomic_load_explicit(word(t->store, h), memory_order_relaxed) & m) != m;
}

bool iq_filter_covers(struct iq_store *s, uint64_t number)
{
	return s->filter != NULL && number <= atomic_load(&s->filter_upto);
}

void iq_filter_begin(struct iq_store *s, uint64_t number)
{
	if (number != atomic_load(&s->filter_upto) + 1)
		atomic_store(&s->filter_upto, 0); /* and never again, as numbers go up */
}

void iq_filter_commit(struct iq_store *s, const struct iq_env *e, uint64_t number)
{
	if (atomic_load(&s->filter_upto) + 1 == number && iq_env_last(e) == number)
		atomic_store(&s->filter_upto, number);
}

void iq_filter_swap(struct iq_store *s, uint64_t last, uint64_t now)
{
	if (atomic_load(&s->filter_upto) == last)
		atomic_store(&s->filter_upto, now);
}

/* Without memory or on an error there is no filter: slower, not wrong. */
void iq_filter_build(struct iq_store *s)
{
	const struct iq_env *e = atomic_load(&s->env);
	MDB_txn *txn;
	MDB_cursor *c;
	MDB_val k, v;
	int rc;

	atomic_init(&s->filter_upto, 0);
	s->filter = calloc(WORDS, sizeof(*s->filter));
	if (s->filter == NULL || mdb_txn_begin(e->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	if (mdb_cursor_open(txn, e->dbi[IQ_TAB_CELL], &c) == 0) {
		while ((rc = mdb_cursor_get(c, &k, &v, MDB_NEXT)) == 0)
			iq_filter_add(s, (struct iq_str){k.mv_data, k.mv_size});
		if (rc == MDB_NOTFOUND)
			atomic_store(&s->filter_upto, e->base + mdb_txn_id(txn));
		mdb_cursor_close(c);
	}
	mdb_txn_abort(txn);
}
