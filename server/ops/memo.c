/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread remembers between look-ups: ids of the vocabulary while it stays the same, where
 * images lie while nothing is committed, and numbers of other ids, which the image confirms. Each
 * of these would cost a walk down a tree of the database, all of it cold memory. And the labels of
 * the vocabulary as answers hold them.
 */
#include <stdlib.h>

#include "op.h"

enum {
	IMAGES = 65536, /* slots; powers of two */
	DUTIES = 256,   /* responsibilities are too many to be met again in another question */
	GUESSES = 65536,
	LABELLED = 3, /* regions, tasks, statuses */
	HEADER = 36   /* bytes before the segments of a record image (store.h) */
};

struct place {
	uint64_t snapshot; /* slots of other snapshots are empty */
	const char *p;     /* the segments */
	uint32_t n;
};

struct iq_memo {
	uint64_t snapshot;
	const struct iq_vocab *vocab;
	uint64_t revision; /* its; a new vocabulary may lie where an old one lay */
	struct entry {
		uint32_t kind; /* + 1; 0: empty */
		iq_num num;
	} * ids;
	size_t mask;
	struct iq_arena arena;              /* labels, while the vocabulary stays the same */
	struct iq_str *labels[LABELLED][2]; /* by number; made when first asked for */
	struct place images[IMAGES];
	struct place duties[DUTIES];
	iq_num guesses[GUESSES]; /* by hash of the id */
};

struct iq_memo *iq_memo_new(void)
{
	return calloc(1, sizeof(struct iq_memo));
}

void iq_memo_free(struct iq_memo *m)
{
	if (m == NULL)
		return;
	iq_arena_free(&m->arena);
	free(m->ids);
	free(m);
}

static const struct iq_tree *tree_of(const struct iq_vocab *v, enum iq_kind kind)
{
	return kind == IQ_REGION ? &v->region : kind == IQ_TASK ? &v->task : &v->status;
}

static size_t hash(enum iq_kind kind, struct iq_str id)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind;

	for (size_t i = 0; i < id.n; i++)
		h = (h ^ (uint8_t)id.p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

static void note_tree(struct iq_memo *m, enum iq_kind kind)
{
	const struct iq_tree *t = tree_of(m->vocab, kind);

	for (iq_num num = 1; num <= t->n; num++) {
		if (t->id[num].n == 0)
			continue;
		size_t at = hash(kind, t->id[num]) & m->mask;

		while (m->ids[at].kind != 0)
			at = (at + 1) & m->mask;
		m->ids[at] = (struct entry){(uint32_t)kind + 1, num};
	}
}

static void note_vocab(struct iq_memo *m, const struct iq_vocab *v)
{
	size_t n = (size_t)v->region.n + v->task.n + v->status.n, cap = 64;

	while (cap < 2 * n)
		cap *= 2;
	iq_arena_free(&m->arena);
	memset(m->labels, 0, sizeof(m->labels));
	free(m->ids);
	m->ids = calloc(cap, sizeof(*m->ids));
	m->mask = cap - 1;
	m->vocab = v;
	m->revision = v->revision;
	if (m->ids == NULL)
		return; /* does without */
	note_tree(m, IQ_REGION);
	note_tree(m, IQ_TASK);
	note_tree(m, IQ_STATUS);
}

void iq_memo_turn(struct iq_memo *m, const struct iq_vocab *v, uint64_t snapshot)
{
	if (m == NULL)
		return;
	m->snapshot = snapshot;
	if (m->vocab != v || m->revision != v->revision)
		note_vocab(m, v);
}

static iq_num find_vocabulary(struct iq_req *rq, enum iq_kind kind, struct iq_str id)
{
	const struct iq_memo *m = rq->memo;

	for (size_t at = hash(kind, id) & m->mask; m->ids[at].kind != 0; at = (at + 1) & m->mask) {
		const struct entry *e = &m->ids[at];

		if (e->kind == (uint32_t)kind + 1 &&
			iq_str_eq(tree_of(m->vocab, kind)->id[e->num], id))
			return e->num;
	}
	return iq_id_find(rq->txn, kind, id); /* an id that was merged away */
}

iq_num iq_req_find(struct iq_req *rq, enum iq_kind kind, struct iq_str id)
{
	struct iq_memo *m = rq->memo;
	struct iq_image image;

	if (m == NULL)
		return iq_id_find(rq->txn, kind, id);
	if (kind == IQ_REGION || kind == IQ_TASK || kind == IQ_STATUS)
		return m->ids ? find_vocabulary(rq, kind, id) : iq_id_find(rq->txn, kind, id);
	iq_num *guess = &m->guesses[hash(kind, id) & (GUESSES - 1)];

	if (*guess != IQ_NONE && iq_req_image(rq, kind, *guess, &image) &&
		iq_str_eq(iq_image_id(&image), id))
		return *guess;
	iq_num num = iq_id_find(rq->txn, kind, id);

	if (num != IQ_NONE)
		*guess = num;
	return num;
}

bool iq_req_image(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_image *out)
{
	struct iq_memo *m = rq->memo;
	struct place *s;

	if (m == NULL)
		return iq_image_get(rq->txn, kind, num, out);
	if (kind == IQ_RESPONSIBILITY)
		s = &m->duties[num & (DUTIES - 1)];
	else
		s = &m->images[(num + (unsigned)kind * 7919u) & (IMAGES - 1)];
	if (s->snapshot == m->snapshot &&
		iq_image_parse((struct iq_str){s->p - HEADER, s->n + HEADER}, out) &&
		out->kind == kind && out->num == num)
		return true;
	if (!iq_image_get(rq->txn, kind, num, out))
		return false;
	*s = (struct place){m->snapshot, out->all.p, (uint32_t)out->all.n};
	return true;
}

struct iq_str iq_memo_label(struct iq_memo *m, enum iq_kind kind, iq_num num, bool english)
{
	const struct iq_tree *t = tree_of(m->vocab, kind);
	struct iq_str **list = &m->labels[kind == IQ_REGION ? 0 : kind == IQ_TASK ? 1 : 2][english];

	if (*list == NULL)
		*list = iq_arena_array(&m->arena, (size_t)t->n + 1, sizeof(**list));
	return *list != NULL && num <= t->n ? (*list)[num] : (struct iq_str){NULL, 0};
}

void iq_memo_keep_label(
	struct iq_memo *m, enum iq_kind kind, iq_num num, bool english, struct iq_str bytes)
{
	struct iq_str *list = m->labels[kind == IQ_REGION ? 0 : kind == IQ_TASK ? 1 : 2][english];

	if (list != NULL && num <= tree_of(m->vocab, kind)->n)
		list[num] = iq_arena_dup(&m->arena, bytes);
}
