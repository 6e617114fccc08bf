/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
	HUGE_PAGE = 2 << 20, /* all of it is touched at random: few large pages */
	BUCKETS = 16384,
	ALIGN = 8,
	PIECES = 256,   /* of one answer; longer ones are not kept */
	PIECE_MIN = 20, /* shorter ones are stored themselves */
	LINE = 64,
	STALE = 4 /* as many misses per answer kept: others are asked for now */
};

static const unsigned len_bits = 16;

/* A run of bytes that lies elsewhere: the address above, the length in the lowest bits. */
typedef uint64_t iq_run;

struct iq_kept {
	uint32_t next; /* in its bucket: place / ALIGN; 0: none */
	uint32_t hash;
	uint32_t n;        /* bytes of the body */
	uint32_t nliteral; /* of them stored here */
	uint16_t nrequest, npieces;
	/* iq_run[npieces]; uint16_t[npieces]: literal bytes before each; literals; request */
	_Alignas(8) uint8_t data[];
};

struct iq_answers {
	uint8_t *memory;
	size_t size, used;
	uint64_t snapshot, revision;
	const struct iq_vocab *vocab;
	int32_t day;
	bool full;
	size_t count, missed; /* kept; misses since it was full */
	/* the answer being written */
	bool writing;
	size_t start, npieces;
	struct {
		size_t at, n; /* in the body */
		const void *p;
	} piece[PIECES];
	uint32_t bucket[BUCKETS];
};

struct iq_answers *iq_answers_new(size_t bytes)
{
	struct iq_answers *a;
	size_t size = bytes / HUGE_PAGE * HUGE_PAGE;

	if (size == 0)
		return NULL;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	/* One large page more than needed: then they can begin where such pages do. */
	void *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		free(a);
		return NULL;
	}
	size_t lead = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;

	if (lead > 0)
		munmap(p, lead);
	a->memory = (uint8_t *)p + lead;
	munmap(a->memory + size, HUGE_PAGE - lead);
	(void)madvise(a->memory, size, MADV_HUGEPAGE); /* does without */
	a->size = size;
	a->used = ALIGN; /* place 0 is none */
	return a;
}

void iq_answers_free(struct iq_answers *a)
{
	if (a == NULL)
		return;
	munmap(a->memory, a->size);
	free(a);
}

static void forget(struct iq_answers *a)
{
	if (a->count > 0)
		memset(a->bucket, 0, sizeof(a->bucket));
	a->used = ALIGN;
	a->count = a->missed = 0;
	a->full = false;
}

void iq_answers_turn(struct iq_answers *a, const struct iq_vocab *v, uint64_t snapshot, int32_t day)
{
	if (a == NULL)
		return;
	a->writing = false;
	if (a->snapshot == snapshot && a->vocab == v && a->revision == v->revision && a->day == day)
		return;
	forget(a);
	a->snapshot = snapshot;
	a->vocab = v;
	a->revision = v->revision;
	a->day = day;
}

/* ---- finding -------------------------------------------------------------------------------- */

static uint32_t hash(struct iq_str s)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ s.n, word;

	for (; s.n >= sizeof(word); s.p += sizeof(word), s.n -= sizeof(word)) {
		memcpy(&word, s.p, sizeof(word));
		h = (h ^ word) * UINT64_C(0xd6e8feb86659fd93);
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, s.p, s.n);
	h = (h ^ word) * UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)(h ^ h >> 32);
}

static struct iq_kept *kept_at(const struct iq_answers *a, uint32_t place)
{
	return (struct iq_kept *)(void *)(a->memory + (size_t)place * ALIGN);
}

static const uint16_t *gaps_of(const struct iq_kept *k)
{
	return (const uint16_t *)(const void *)(k->data + k->npieces * sizeof(iq_run));
}

static const uint8_t *literals_of(const struct iq_kept *k)
{
	return k->data + k->npieces * (sizeof(iq_run) + sizeof(uint16_t));
}

const struct iq_kept *iq_answers_find(struct iq_answers *a, struct iq_str request)
{
	if (a == NULL)
		return NULL;
	uint32_t h = hash(request);

	for (uint32_t at = a->bucket[h % BUCKETS]; at != 0; at = kept_at(a, at)->next) {
		const struct iq_kept *k = kept_at(a, at);

		if (k->hash == h && k->nrequest == request.n &&
			memcmp(literals_of(k) + k->nliteral, request.p, request.n) == 0)
			return k;
	}
	if (a->full && ++a->missed > STALE * a->count)
		forget(a);
	return NULL;
}

static const char *run_start(iq_run run)
{
	return (const char *)(uintptr_t)(run >> len_bits);
}

static size_t run_length(iq_run run)
{
	return run & ((1u << len_bits) - 1);
}

void iq_answers_write(const struct iq_kept *k, struct iq_buf *out)
{
	const iq_run *run = (const iq_run *)(const void *)k->data;
	const uint16_t *gap = gaps_of(k);
	const uint8_t *literal = literals_of(k);
	uint8_t *to = iq_buf_room(out, k->n), *end = to + k->n;

	if (to == NULL)
		return;
	/* The records lie far from each other: fetched side by side, not one after the other. */
	for (size_t i = 0; i < k->npieces; i++) {
		for (size_t at = 0; at < run_length(run[i]); at += LINE)
			__builtin_prefetch(run_start(run[i]) + at);
	}
	for (size_t i = 0; i < k->npieces; i++) {
		memcpy(to, literal, gap[i]);
		to += gap[i];
		literal += gap[i];
		memcpy(to, run_start(run[i]), run_length(run[i]));
		to += run_length(run[i]);
	}
	memcpy(to, literal, (size_t)(end - to));
	out->n += k->n;
}

/* ---- keeping -------------------------------------------------------------------------------- */

void iq_answers_begin(struct iq_answers *a, const struct iq_buf *out)
{
	if (a == NULL)
		return;
	a->writing = !a->full;
	a->start = out->n;
	a->npieces = 0;
}

void iq_answers_note(struct iq_answers *a, const struct iq_buf *out, const void *p, size_t n)
{
	if (a == NULL || !a->writing || n < PIECE_MIN || out->failed)
		return;
	if (a->npieces == PIECES || n >= 1u << len_bits ||
		(uint64_t)(uintptr_t)p >> (64 - len_bits) != 0) {
		a->writing = false;
		return;
	}
	a->piece[a->npieces].at = out->n - n - a->start;
	a->piece[a->npieces].n = n;
	a->piece[a->npieces++].p = p;
}

void iq_answers_spoil(struct iq_answers *a)
{
	if (a != NULL)
		a->writing = false;
}

/* Room for an answer; NULL: there is none left. */
static struct iq_kept *take(struct iq_answers *a, size_t n)
{
	size_t need = (sizeof(struct iq_kept) + n + ALIGN - 1) / ALIGN * ALIGN;

	if (need > a->size - a->used) {
		a->full = true;
		a->missed = 0;
		return NULL;
	}
	struct iq_kept *k = kept_at(a, (uint32_t)(a->used / ALIGN));

	a->used += need;
	a->count++;
	return k;
}

/* Sets nliteral; false: the pieces are not those of this body, or too far apart. */
static bool measure(const struct iq_answers *a, const uint8_t *body, size_t n, size_t *nliteral)
{
	size_t at = 0;

	*nliteral = 0;
	for (size_t i = 0; i < a->npieces; at = a->piece[i].at + a->piece[i].n, i++) {
		if (a->piece[i].at < at || a->piece[i].at - at > UINT16_MAX ||
			a->piece[i].n > n - a->piece[i].at ||
			memcmp(body + a->piece[i].at, a->piece[i].p, a->piece[i].n) != 0)
			return false;
		*nliteral += a->piece[i].at - at;
	}
	*nliteral += n - at;
	return true;
}

void iq_answers_keep(struct iq_answers *a, const struct iq_buf *out, struct iq_str request)
{
	if (a == NULL || !a->writing || out->failed)
		return;
	a->writing = false;
	const uint8_t *body = out->p + a->start;
	size_t n = out->n - a->start, nliteral, at = 0;

	if (n > UINT32_MAX || request.n > UINT16_MAX || !measure(a, body, n, &nliteral))
		return;
	struct iq_kept *k =
		take(a, a->npieces * (sizeof(iq_run) + sizeof(uint16_t)) + nliteral + request.n);

	if (k == NULL)
		return;
	uint32_t h = hash(request);

	*k = (struct iq_kept){.next = a->bucket[h % BUCKETS],
		.hash = h,
		.n = (uint32_t)n,
		.nliteral = (uint32_t)nliteral,
		.nrequest = (uint16_t)request.n,
		.npieces = (uint16_t)a->npieces};
	iq_run *run = (iq_run *)(void *)k->data;
	uint16_t *gap = (uint16_t *)(void *)(run + k->npieces);
	uint8_t *to = (uint8_t *)(gap + k->npieces);

	for (size_t i = 0; i < a->npieces; i++) {
		gap[i] = (uint16_t)(a->piece[i].at - at);
		run[i] = (uint64_t)(uintptr_t)a->piece[i].p << len_bits | a->piece[i].n;
		memcpy(to, body + at, gap[i]);
		to += gap[i];
		at = a->piece[i].at + a->piece[i].n;
	}
	memcpy(to, body + at, n - at);
	memcpy(to + (n - at), request.p, request.n);
	a->bucket[h % BUCKETS] = (uint32_t)(((uint8_t *)k - a->memory) / ALIGN);
}
