/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a thread remembers between look-ups: ids of the vocabulary while it stays the same, and
 * images while the snapshot does. Both would cost a walk down a tree of the database each time.
 */
#include <stdlib.h>

#include "op.h"

enum { IMAGES = 128 }; /* a power of two */

struct slot {
	uint64_t turn;
	struct iq_image image;
};

struct iq_memo {
	uint64_t turn; /* of the snapshot; slots of other turns are empty */
	const struct iq_vocab *vocab;
	uint64_t revision; /* its; a new vocabulary may lie where an old one lay */
	struct entry {
		uint32_t kind; /* + 1; 0: empty */
		iq_num num;
	} *ids;
	size_t mask;
	struct slot images[IMAGES];
};

struct iq_memo *iq_memo_new(void)
{
	return calloc(1, sizeof(struct iq_memo));
}

void iq_memo_free(struct iq_memo *m)
{
	if (m != NULL)
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

void iq_memo_turn(struct iq_memo *m, const struct iq_vocab *v)
{
	if (m == NULL)
		return;
	m->turn++;
	if (m->vocab != v || m->revision != v->revision)
		note_vocab(m, v);
}

iq_num iq_req_find(struct iq_req *rq, enum iq_kind kind, struct iq_str id)
{
	const struct iq_memo *m = rq->memo;

	if (m == NULL || m->ids == NULL ||
		(kind != IQ_REGION && kind != IQ_TASK && kind != IQ_STATUS))
		return iq_id_find(rq->txn, kind, id);
	for (size_t at = hash(kind, id) & m->mask; m->ids[at].kind != 0; at = (at + 1) & m->mask) {
		const struct entry *e = &m->ids[at];

		if (e->kind == (uint32_t)kind + 1 &&
			iq_str_eq(tree_of(m->vocab, kind)->id[e->num], id))
			return e->num;
	}
	return iq_id_find(rq->txn, kind, id); /* an id that was merged away */
}

bool iq_req_image(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_image *out)
{
	struct slot *s;

	if (rq->memo == NULL)
		return iq_image_get(rq->txn, kind, num, out);
	s = &rq->memo->images[(num * 2654435761u >> 16 ^ num ^ (unsigned)kind * 17u) & (IMAGES - 1)];
	if (s->turn != rq->memo->turn || s->image.num != num || s->image.kind != kind) {
		s->turn = 0;
		if (!iq_image_get(rq->txn, kind, num, &s->image))
			return false;
		s->turn = rq->memo->turn;
	}
	*out = s->image;
	return true;
}
