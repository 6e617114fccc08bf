/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of an import in memory: a hash table over a list that keeps the order of the rows. */

#include <stdlib.h>
#include <sys/random.h>

#include "bounds.h"
#include "import_priv.h"

_Static_assert(IQ_LIMIT_ID <= UINT8_MAX, "length of an id");

static uint64_t mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 u128;
	u128 p = (u128)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static uint64_t hash(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id)
{
	uint64_t h = m->seed ^ (uint64_t)kind << 56 ^ id.n;

	while (id.n > 0) {
		uint64_t word = 0;
		size_t n = id.n < 8 ? id.n : 8;

		memcpy(&word, id.p, n);
		h = mix(h ^ word, UINT64_C(0x9e3779b97f4a7c15));
		id.p += n;
		id.n -= n;
	}
	return h;
}

bool iq_idmap_init(struct iq_idmap *m, size_t expected)
{
	size_t slots = 1024;

	*m = (struct iq_idmap){.a = NULL};
	if (getrandom(&m->seed, sizeof(m->seed), 0) != sizeof(m->seed))
		m->seed = (uint64_t)(uintptr_t)m;
	m->seed |= 1;
	while (slots < expected + expected / 2)
		slots *= 2;
	m->slots = calloc(slots, sizeof(*m->slots));
	m->mask = slots - 1;
	return m->slots != NULL;
}

void iq_idmap_free(struct iq_idmap *m)
{
	free(m->a);
	free(m->slots);
	free(m->bytes);
	*m = (struct iq_idmap){.a = NULL};
}

/* A slot: upper half of the hash, then position plus one; 0: free. */
static uint64_t slot_of(uint64_t h, size_t at)
{
	return (h >> 32) << 32 | (at + 1);
}

struct iq_seen *iq_idmap_find(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id)
{
	uint64_t h = hash(m, kind, id);

	if (id.n == 0)
		return NULL;
	for (size_t i = h & m->mask; m->slots[i] != 0; i = (i + 1) & m->mask) {
		struct iq_seen *e;

		if (m->slots[i] >> 32 != h >> 32)
			continue;
		e = &m->a[(uint32_t)m->slots[i] - 1];
		if (e->kind == kind && iq_str_eq(iq_idmap_id(m, e), id))
			return e;
	}
	return NULL;
}

static void insert(struct iq_idmap *m, uint64_t h, size_t at)
{
	size_t i = h & m->mask;

	while (m->slots[i] != 0)
		i = (i + 1) & m->mask;
	m->slots[i] = slot_of(h, at);
}

static bool widen(struct iq_idmap *m)
{
	size_t slots = (m->mask + 1) * 2;
	uint64_t *s = calloc(slots, sizeof(*s));

	if (s == NULL)
		return false;
	free(m->slots);
	m->slots = s;
	m->mask = slots - 1;
	for (size_t i = 0; i < m->n; i++)
		if (m->a[i].len)
			insert(m, hash(m, (enum iq_kind)m->a[i].kind, iq_idmap_id(m, &m->a[i])), i);
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
	if (!ok || ((m->n + 1) * 4 > (m->mask + 1) * 3 && !widen(m))) {
		m->failed = true;
		return NULL;
	}
	if (id.n)
		memcpy(m->bytes + m->nbytes, id.p, id.n);
	e = &m->a[m->n];
	*e = (struct iq_seen){
		.id_at = (uint32_t)m->nbytes, .len = (uint8_t)id.n, .kind = (uint8_t)kind};
	m->nbytes += id.n;
	if (id.n)
		insert(m, hash(m, kind, id), m->n);
	m->n++;
	return e;
}
