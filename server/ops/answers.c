/* SPDX-License-Identifier: Apache-2.0 */
#include "answers.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "op.h"

enum {
	HUGE_PAGE = 2 << 20, /* all of it is touched at random: few large pages */
	SHARDS = 16,
	SHARD_UNIT = 4096,
	BUCKETS = 1024, /* of a shard */
	ALIGN = 8,
	KEPT_MAX = 4096, /* bytes of what is kept of an answer; longer ones are not */
	PIECES = 256,    /* of one answer; likewise */
	PIECE_MIN = 20,  /* shorter ones are stored themselves */
	LINE = 64,
	STALE = 2 /* as many misses per answer kept: others are asked for now */
};

/*
 * A run of bytes that lies elsewhere: its length in the lowest bits; above, the address, or for a
 * label of the vocabulary, which each thread has its own copy of, kind and number.
 */
typedef uint64_t iq_run;
enum { LEN_BITS = 16, KIND_BIT = 48, ENGLISH_BIT = 62, LABEL_BIT = 63 };

struct iq_kept {
	uint32_t next; /* in its bucket: place / ALIGN; 0: none */
	uint32_t hash;
	uint32_t n;        /* bytes of the body */
	uint32_t nliteral; /* of them stored here */
	uint16_t nrequest, npieces;
	uint32_t size; /* of all this */
	/* iq_run[npieces]; uint16_t[npieces]: literal bytes before each; literals; request */
	_Alignas(8) uint8_t data[];
};

/* What answers are valid for. */
struct stand {
	uint64_t snapshot, revision; /* of the vocabulary */
	int32_t day;
};

struct shard {
	pthread_mutex_t lock;
	struct stand stand;
	uint8_t *memory;
	size_t size, used;
	bool full;
	size_t count, missed; /* kept; misses since it was full */
	uint32_t bucket[BUCKETS];
};

struct iq_answers {
	uint8_t *memory;
	size_t size;
	struct shard shard[SHARDS];
};

struct iq_notes {
	struct iq_answers *answers;
	struct stand stand;
	/* the answer being written */
	bool writing;
	size_t npieces;
	struct piece {
		size_t at, n; /* in the output, once measured in the body */
		const void *p;
		iq_run run;
	} piece[PIECES];
	/* the one found last */
	union {
		struct iq_kept kept;
		uint64_t room[KEPT_MAX / 8];
	} found;
};

/* ---- memory --------------------------------------------------------------------------------- */

static uint8_t *map_pages(size_t size)
{
	/* One large page more than needed: then they can begin where such pages do. */
	void *p = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	size_t lead = (HUGE_PAGE - (uintptr_t)p % HUGE_PAGE) % HUGE_PAGE;
	uint8_t *memory = (uint8_t *)p + lead;

	if (lead > 0)
		munmap(p, lead);
	munmap(memory + size, HUGE_PAGE - lead);
	(void)madvise(memory, size, MADV_HUGEPAGE); /* does without */
	return memory;
}

struct iq_answers *iq_answers_new(size_t bytes)
{
	size_t each = bytes / SHARDS / SHARD_UNIT * SHARD_UNIT;
	struct iq_answers *a = each > 0 ? calloc(1, sizeof(*a)) : NULL;

	if (a == NULL)
		return NULL;
	a->size = SHARDS * each;
	a->memory = map_pages(a->size);
	if (a->memory == NULL) {
		free(a);
		return NULL;
	}
	for (size_t i = 0; i < SHARDS; i++) {
		struct shard *s = &a->shard[i];

		pthread_mutex_init(&s->lock, NULL);
		s->size = each;
		s->memory = a->memory + i * each;
		s->used = ALIGN; /* place 0 is none */
	}
	return a;
}

void iq_answers_free(struct iq_answers *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		pthread_mutex_destroy(&a->shard[i].lock);
	munmap(a->memory, a->size);
	free(a);
}

struct iq_notes *iq_notes_new(struct iq_answers *a)
{
	struct iq_notes *n = a != NULL ? calloc(1, sizeof(*n)) : NULL;

	if (n != NULL)
		n->answers = a;
	return n;
}

void iq_notes_free(struct iq_notes *n)
{
	free(n);
}

void iq_notes_turn(struct iq_notes *n, const struct iq_vocab *v, uint64_t snapshot, int32_t day)
{
	if (n == NULL)
		return;
	n->writing = false;
	n->stand = (struct stand){snapshot, v->revision, day};
}

static void forget(struct shard *s)
{
	if (s->count > 0)
		memset(s->bucket, 0, sizeof(s->bucket));
	s->used = ALIGN;
	s->count = s->missed = 0;
	s->full = false;
}

/* Locks a shard, emptied if what it keeps is older. False, and not locked: it is newer. */
static bool take_shard(struct shard *s, const struct stand *now)
{
	pthread_mutex_lock(&s->lock);
	if (s->stand.snapshot == now->snapshot && s->stand.revision == now->revision &&
		s->stand.day == now->day)
		return true;
	if (s->stand.snapshot > now->snapshot) {
		pthread_mutex_unlock(&s->lock);
		return false;
	}
	forget(s);
	s->stand = *now;
	return true;
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

static struct shard *shard_of(struct iq_answers *a, uint32_t h)
{
	return &a->shard[h >> 28 & (SHARDS - 1)];
}

static struct iq_kept *kept_at(const struct shard *s, uint32_t place)
{
	return (struct iq_kept *)(void *)(s->memory + (size_t)place * ALIGN);
}

static const uint16_t *gaps_of(const struct iq_kept *k)
{
	return (const uint16_t *)(const void *)(k->data + k->npieces * sizeof(iq_run));
}

static const uint8_t *literals_of(const struct iq_kept *k)
{
	return k->data + k->npieces * (sizeof(iq_run) + sizeof(uint16_t));
}

static const struct iq_kept *look_up(struct shard *s, uint32_t h, struct iq_str request)
{
	for (uint32_t at = s->bucket[h % BUCKETS]; at != 0; at = kept_at(s, at)->next) {
		const struct iq_kept *k = kept_at(s, at);

		if (k->hash == h && k->nrequest == request.n &&
			memcmp(literals_of(k) + k->nliteral, request.p, request.n) == 0)
			return k;
	}
	if (s->full && ++s->missed > STALE * s->count)
		forget(s);
	return NULL;
}

static size_t run_length(iq_run run)
{
	return run & ((1u << LEN_BITS) - 1);
}

/* Puts this thread's labels in their places. False: one is not made yet. */
static bool resolve(struct iq_kept *k, struct iq_memo *memo)
{
	iq_run *run = (iq_run *)(void *)k->data;

	for (size_t i = 0; i < k->npieces; i++) {
		if ((run[i] >> LABEL_BIT & 1) == 0)
			continue;
		struct iq_str label = memo == NULL ? (struct iq_str){NULL, 0}
						   : iq_memo_label(memo, run[i] >> KIND_BIT & 0xff,
							     (iq_num)(run[i] >> LEN_BITS),
							     run[i] >> ENGLISH_BIT & 1);

		if (label.n != run_length(run[i]))
			return false;
		run[i] = (uint64_t)(uintptr_t)label.p << LEN_BITS | label.n;
	}
	return true;
}

const struct iq_kept *iq_notes_find(struct iq_notes *n, struct iq_memo *memo, struct iq_str request)
{
	if (n == NULL)
		return NULL;
	uint32_t h = hash(request);
	struct shard *s = shard_of(n->answers, h);

	if (!take_shard(s, &n->stand))
		return NULL;
	const struct iq_kept *k = look_up(s, h, request);

	if (k != NULL)
		memcpy(&n->found, k, k->size);
	pthread_mutex_unlock(&s->lock);
	return k != NULL && resolve(&n->found.kept, memo) ? &n->found.kept : NULL;
}

static const char *run_start(iq_run run)
{
	return (const char *)(uintptr_t)(run >> LEN_BITS);
}

void iq_notes_write(const struct iq_kept *k, struct iq_buf *out)
{
	const iq_run *run = (const iq_run *)(const void *)k->data;
	const uint16_t *gap = gaps_of(k);
	const uint8_t *literal = literals_of(k);
	uint8_t *to = iq_buf_room(out, k->n);

	if (to == NULL)
		return;
	const uint8_t *end = to + k->n;

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

void iq_notes_begin(struct iq_notes *n)
{
	if (n == NULL)
		return;
	n->writing = true;
	n->npieces = 0;
}

static void note(
	struct iq_notes *n, const struct iq_buf *out, const void *p, size_t len, iq_run run)
{
	if (n->npieces == PIECES || len >= 1u << LEN_BITS || out->failed) {
		n->writing = false;
		return;
	}
	n->piece[n->npieces++] = (struct piece){out->n - len, len, p, run | len};
}

void iq_notes_copied(struct iq_notes *n, const struct iq_buf *out, const void *p, size_t len)
{
	if (n == NULL || !n->writing || len < PIECE_MIN)
		return;
	if ((uint64_t)(uintptr_t)p >> (LABEL_BIT - LEN_BITS) != 0)
		n->writing = false; /* no address that fits */
	else
		note(n, out, p, len, (uint64_t)(uintptr_t)p << LEN_BITS);
}

void iq_notes_labelled(struct iq_notes *n, const struct iq_buf *out, enum iq_kind kind, iq_num num,
	bool english, struct iq_str bytes)
{
	if (n == NULL || !n->writing || bytes.n < PIECE_MIN)
		return;
	note(n, out, bytes.p, bytes.n,
		UINT64_C(1) << LABEL_BIT | (uint64_t)english << ENGLISH_BIT |
			(uint64_t)kind << KIND_BIT | (uint64_t)num << LEN_BITS);
}

void iq_notes_spoil(struct iq_notes *n)
{
	if (n != NULL)
		n->writing = false;
}

/* Sets nliteral; false: the pieces are not those of this body, or too far apart. */
static bool measure(struct iq_notes *n, struct iq_str body, size_t start, size_t *nliteral)
{
	size_t at = 0;

	*nliteral = 0;
	for (size_t i = 0; i < n->npieces; i++) {
		struct piece *p = &n->piece[i];

		if (p->at < start)
			return false;
		p->at -= start;
		if (p->at < at || p->at - at > UINT16_MAX || p->at > body.n ||
			p->n > body.n - p->at || memcmp(body.p + p->at, p->p, p->n) != 0)
			return false;
		*nliteral += p->at - at;
		at = p->at + p->n;
	}
	*nliteral += body.n - at;
	return true;
}

static void fill(
	struct iq_kept *k, const struct iq_notes *n, struct iq_str body, struct iq_str request)
{
	iq_run *run = (iq_run *)(void *)k->data;
	uint16_t *gap = (uint16_t *)(void *)(run + k->npieces);
	char *to = (char *)(gap + k->npieces);
	size_t at = 0;

	for (size_t i = 0; i < n->npieces; i++) {
		gap[i] = (uint16_t)(n->piece[i].at - at);
		run[i] = n->piece[i].run;
		memcpy(to, body.p + at, gap[i]);
		to += gap[i];
		at = n->piece[i].at + n->piece[i].n;
	}
	memcpy(to, body.p + at, body.n - at);
	memcpy(to + (body.n - at), request.p, request.n);
}

void iq_notes_keep(
	struct iq_notes *n, const struct iq_buf *out, size_t start, struct iq_str request)
{
	if (n == NULL || !n->writing || out->failed)
		return;
	n->writing = false;
	struct iq_str body = {(const char *)out->p + start, out->n - start};
	size_t nliteral, size;

	if (request.n > KEPT_MAX || !measure(n, body, start, &nliteral))
		return;
	size = sizeof(struct iq_kept) + n->npieces * (sizeof(iq_run) + sizeof(uint16_t)) +
	       nliteral + request.n;
	size = (size + ALIGN - 1) / ALIGN * ALIGN;
	if (size > KEPT_MAX)
		return;
	uint32_t h = hash(request);
	struct shard *s = shard_of(n->answers, h);

	if (!take_shard(s, &n->stand))
		return;
	if (!s->full && size > s->size - s->used) {
		s->full = true;
		s->missed = 0;
	}
	if (!s->full) {
		uint32_t place = (uint32_t)(s->used / ALIGN), *first = &s->bucket[h % BUCKETS];
		struct iq_kept *k = kept_at(s, place);

		*k = (struct iq_kept){.next = *first,
			.hash = h,
			.n = (uint32_t)body.n,
			.nliteral = (uint32_t)nliteral,
			.nrequest = (uint16_t)request.n,
			.npieces = (uint16_t)n->npieces,
			.size = (uint32_t)size};
		fill(k, n, body, request);
		*first = place;
		s->used += size;
		s->count++;
	}
	pthread_mutex_unlock(&s->lock);
}
