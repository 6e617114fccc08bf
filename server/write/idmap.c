/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of an import in memory: a hash table over a list that keeps the order of the rows. */

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "bounds.h"
#include "import_priv.h"

enum { HUGE_PAGE = 2 << 20 };

_Static_assert(IQ_LIMIT_ID <= UINT8_MAX, "length of an id");

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 p = (u128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

/* 1 to 8 bytes; the reads overlap. */
static inline uint64_t load(const char *p, size_t n)
{
	uint64_t w = 0;
	uint32_t a, b;

	if (n == sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		return w;
	}
	if (n >= sizeof(a)) {
		memcpy(&a, p, sizeof(a));
		memcpy(&b, p + n - sizeof(b), sizeof(b));
		return (uint64_t)a << 32 | b;
	}
	for (size_t i = 0; i < n; i++)
		w = w << 8 | (uint8_t)p[i];
	return w;
}

static inline uint64_t hash(const struct iq_idmap *m, struct iq_str id)
{
	uint64_t h = m->seed ^ id.n;

	while (id.n > 0) {
		size_t n = id.n < 8 ? id.n : 8;

		h = mix(h ^ load(id.p, n), UINT64_C(0x9e3779b97f4a7c15));
		id.p += n;
		id.n -= n;
	}
	return h;
}

/* As iq_str_eq(), for short ones: without a call. */
static inline bool same(struct iq_str a, struct iq_str b)
{
	size_t n = a.n;

	if (a.n != b.n)
		return false;
	for (; n > 8; n -= 8, a.p += 8, b.p += 8)
		if (load(a.p, 8) != load(b.p, 8))
			return false;
	return n == 0 || load(a.p, n) == load(b.p, n);
}

/* Zeroed. A large table is probed all over: huge pages spare it most misses of the TLB. */
static uint64_t *new_slots(size_t n)
{
	uint64_t *s;

	if (n * sizeof(*s) < HUGE_PAGE)
		return calloc(n, sizeof(*s));
	s = aligned_alloc(HUGE_PAGE, n * sizeof(*s)); /* a power of two, like the page */
	if (s != NULL) {
		(void)madvise(s, n * sizeof(*s), MADV_HUGEPAGE);
		memset(s, 0, n * sizeof(*s));
	}
	return s;
}

bool iq_idmap_init(struct iq_idmap *m, const uint64_t expected[IQ_KINDS])
{
	*m = (struct iq_idmap){.a = NULL};
	if (getrandom(&m->seed, sizeof(m->seed), 0) != sizeof(m->seed))
		m->seed = (uint64_t)(uintptr_t)m;
	m->seed |= 1;
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		size_t slots = 64;

		while (slots < expected[k] + expected[k] / 2)
			slots *= 2;
		m->table[k].slots = new_slots(slots);
		m->table[k].mask = slots - 1;
		if (m->table[k].slots == NULL)
			return false;
	}
	return true;
}

void iq_idmap_free(struct iq_idmap *m)
{
	free(m->a);
	for (unsigned k = 0; k < IQ_KINDS; k++)
		free(m->table[k].slots);
	free(m->bytes);
	*m = (struct iq_idmap){.a = NULL};
}

/* A slot: upper half of the hash, then position plus one; 0: free. */
static uint64_t slot_of(uint64_t h, size_t at)
{
	return (h >> 32) << 32 | (at + 1);
}

static struct iq_seen *find_hashed(
	const struct iq_idmap *m, enum iq_kind kind, struct iq_str id, uint64_t h)
{
	const struct iq_idtable *t = &m->table[kind];

	for (size_t i = h & t->mask; t->slots[i] != 0; i = (i + 1) & t->mask) {
		struct iq_seen *e;

		if (t->slots[i] >> 32 != h >> 32)
			continue;
		e = &m->a[(uint32_t)t->slots[i] - 1];
		if (same(iq_idmap_id(m, e), id))
			return e;
	}
	return NULL;
}

struct iq_seen *iq_idmap_find(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id)
{
	return id.n ? find_hashed(m, kind, id, hash(m, id)) : NULL;
}

void iq_idmap_fetch(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id)
{
	const struct iq_idtable *t = &m->table[kind];

	__builtin_prefetch(&t->slots[hash(m, id) & t->mask]);
}

void iq_idmap_find_many(const struct iq_idmap *m, struct iq_idmap_want *want, size_t n)
{
	const uint64_t *slot[IQ_IDMAP_MANY];
	uint64_t h[IQ_IDMAP_MANY];

	for (size_t i = 0; i < n; i++) {
		const struct iq_idtable *t = &m->table[want[i].kind];

		h[i] = hash(m, want[i].id);
		slot[i] = &t->slots[h[i] & t->mask];
		__builtin_prefetch(slot[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (*slot[i] != 0)
			__builtin_prefetch(&m->a[(uint32_t)*slot[i] - 1]);
	for (size_t i = 0; i < n; i++)
		if (*slot[i] != 0)
			__builtin_prefetch(m->bytes + m->a[(uint32_t)*slot[i] - 1].id_at);
	for (size_t i = 0; i < n; i++)
		want[i].found = find_hashed(m, want[i].kind, want[i].id, h[i]);
}

static void insert(struct iq_idtable *t, uint64_t h, size_t at)
{
	size_t i = h & t->mask;

	while (t->slots[i] != 0)
		i = (i + 1) & t->mask;
	t->slots[i] = slot_of(h, at);
}

static bool widen(struct iq_idmap *m, enum iq_kind kind)
{
	struct iq_idtable *t = &m->table[kind];
	size_t slots = (t->mask + 1) * 2;
	uint64_t *s = new_slots(slots);

	if (s == NULL)
		return false;
	free(t->slots);
	t->slots = s;
	t->mask = slots - 1;
	for (size_t i = 0; i < m->n; i++)
		if (m->a[i].len && m->a[i].kind == kind)
			insert(t, hash(m, iq_idmap_id(m, &m->a[i])), i);
	return true;
}

static bool grow(void **p, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap ? *cap : 1024;
	void *q;

	if (need <= *cap)
		return true;
	while (n < need)
		n *= 2;
	q = realloc(*p, n * size);
	if (q == NULL)
		return false;
	*p = q;
	*cap = n;
	return true;
}

struct iq_seen *iq_idmap_add(struct iq_idmap *m, enum iq_kind kind, struct iq_str id)
{
	void *a = m->a, *bytes = m->bytes;
	struct iq_seen *e;
	bool ok;

	if (m->n >= UINT32_MAX - 1 || m->nbytes + id.n > UINT32_MAX || id.n > IQ_LIMIT_ID)
		return NULL;
	ok = grow(&a, &m->cap, m->n + 1, sizeof(*m->a)) &&
	     grow(&bytes, &m->cap_bytes, m->nbytes + id.n + 1, 1);
	m->a = a;
	m->bytes = bytes;
	struct iq_idtable *t = &m->table[kind];

	if (!ok || ((t->n + 1) * 4 > (t->mask + 1) * 3 && !widen(m, kind))) {
		m->failed = true;
		return NULL;
	}
	if (id.n)
		memcpy(m->bytes + m->nbytes, id.p, id.n);
	e = &m->a[m->n];
	*e = (struct iq_seen){
		.id_at = (uint32_t)m->nbytes, .len = (uint8_t)id.n, .kind = (uint8_t)kind};
	m->nbytes += id.n;
	if (id.n) {
		insert(t, hash(m, id), m->n);
		t->n++;
	}
	m->n++;
	return e;
}
