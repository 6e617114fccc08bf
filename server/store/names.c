/* SPDX-License-Identifier: Apache-2.0 */
/* Finding terms: the name table as the domain sees it. */

#include "fold.h"
#include "store_priv.h"

enum { NAME_TEXT_MAX = IQ_NAME_KEY_MAX - 5 - 2 }; /* bytes of a term in a key */

struct names {
	struct iq_txn *t;
	const struct iq_vocab *vocab;
	struct iq_arena *arena;
};

static iq_num names_find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_id_find(((struct names *)ctx)->t, kind, id);
}

/* A key that was cut says only where to look: does the record really carry the whole one? */
static bool carries(
	struct names *n, enum iq_kind kind, iq_num num, enum iq_stage stage, struct iq_str key)
{
	struct iq_rec rec;
	struct iq_key *keys = iq_arena_alloc(n->arena, IQ_KEYS_MAX * sizeof(*keys));

	if (keys == NULL || !iq_rec_get(n->t, kind, num, n->arena, &rec))
		return false;
	for (size_t i = iq_term_keys(&rec, num, n->arena, keys); i-- > 0;)
		if (keys[i].stage == stage && iq_str_eq(keys[i].key, key))
			return true;
	return false;
}

static size_t names_exact(void *ctx, enum iq_kind kind, enum iq_stage stage, struct iq_str key,
	iq_num *out, size_t cap)
{
	struct names *n = ctx;
	bool cut = key.n >= NAME_TEXT_MAX;
	struct iq_kb k = {.n = 0};
	struct iq_walk x;
	size_t found = 0;

	iq_kb_u8(&k, kind);
	iq_kb_u8(&k, stage);
	iq_kb_str(&k, key, IQ_NAME_KEY_MAX - 5);
	iq_kb_u8(&k, 0);
	for (iq_walk_begin(&x, n->t, IQ_TAB_NAME, iq_kb_key(&k), k.n); x.ok; iq_walk_next(&x)) {
		iq_num num;

		if (x.key.n != k.n + 4)
			continue;
		num = iq_be32(x.key.p + k.n);
		if (cut && !carries(n, kind, num, stage, key))
			continue;
		if (found < cap)
			out[found] = num;
		found++;
	}
	iq_walk_end(&x);
	return found;
}

struct each {
	bool (*fn)(void *arg, enum iq_stage stage, struct iq_str key, iq_num num);
	void *arg;
	struct names *n;
	bool stopped;
};

static bool on_id(void *arg, struct iq_str id, iq_num num)
{
	struct each *e = arg;

	e->stopped = !e->fn(e->arg, IQ_STAGE_ID, id, num);
	return !e->stopped;
}

/* Workshops are few, and not in the table of names: directories written before would lack them. */
static bool on_workshop(void *arg, struct iq_str id, iq_num num)
{
	static const int columns[] = {IQ_WORKSHOP_NAME_DE, IQ_WORKSHOP_NAME_EN};
	struct each *e = arg;
	struct iq_str fold[IQ_FOLDS];
	struct iq_rec rec;

	(void)id;
	if (!iq_rec_get(e->n->t, IQ_WORKSHOP_RECORD, num, e->n->arena, &rec))
		return true;
	for (size_t c = 0; c < sizeof(columns) / sizeof(columns[0]); c++) {
		size_t k = iq_fold_keys(e->n->arena, iq_rec_text(&rec, columns[c]), fold);

		for (size_t i = 0; i < k && !e->stopped; i++)
			e->stopped = !e->fn(e->arg, IQ_STAGE_NAME, fold[i], num);
	}
	return !e->stopped;
}

static void names_each(void *ctx, enum iq_kind kind,
	bool (*fn)(void *arg, enum iq_stage stage, struct iq_str key, iq_num num), void *arg)
{
	struct names *n = ctx;
	struct each e = {fn, arg, n, false};

	iq_each_id(n->t, kind, (struct iq_str){NULL, 0}, on_id, &e);
	if (kind == IQ_WORKSHOP_RECORD && !e.stopped)
		iq_each_id(n->t, kind, (struct iq_str){NULL, 0}, on_workshop, &e);
	for (unsigned stage = IQ_STAGE_NAME; stage <= IQ_STAGE_ALIAS && !e.stopped; stage++) {
		struct iq_kb k = {.n = 0};
		struct iq_walk x;

		iq_kb_u8(&k, kind);
		iq_kb_u8(&k, stage);
		for (iq_walk_begin(&x, n->t, IQ_TAB_NAME, iq_kb_key(&k), 2); x.ok && !e.stopped;
			iq_walk_next(&x)) {
			if (x.key.n < 7)
				continue;
			e.stopped = !fn(arg, (enum iq_stage)stage,
				(struct iq_str){x.key.p + 2, x.key.n - 7},
				iq_be32(x.key.p + x.key.n - 4));
		}
		iq_walk_end(&x);
	}
}

static struct iq_str names_id(void *ctx, enum iq_kind kind, iq_num num)
{
	return iq_id_of(((struct names *)ctx)->t, kind, num);
}

/* The label of the vocabulary, if it has one. */
static struct iq_str label(const struct iq_vocab *v, enum iq_kind kind, iq_num num, bool english)
{
	const struct iq_tree *tree = NULL;
	const struct iq_label *labels = NULL;

	if (v != NULL && kind == IQ_REGION) {
		tree = &v->region;
		labels = v->region_label;
	} else if (v != NULL && kind == IQ_TASK) {
		tree = &v->task;
		labels = v->task_label;
	} else if (v != NULL && kind == IQ_STATUS) {
		tree = &v->status;
		labels = v->status_label;
	}
	if (tree == NULL || num > tree->n || tree->id[num].n == 0)
		return (struct iq_str){NULL, 0};
	return labels[num].name[english];
}

static struct iq_str names_name(void *ctx, enum iq_kind kind, iq_num num, bool english)
{
	struct names *n = ctx;
	struct iq_str name = label(n->vocab, kind, num, english);
	struct iq_rec rec;

	if (name.n == 0 && iq_rec_get(n->t, kind, num, n->arena, &rec))
		name = iq_rec_name(&rec, english);
	return name;
}

static bool names_get(
	void *ctx, enum iq_kind kind, iq_num num, struct iq_arena *arena, struct iq_rec *out)
{
	return iq_rec_get(((struct names *)ctx)->t, kind, num, arena, out);
}

void iq_txn_names(struct iq_txn *t, const struct iq_vocab *vocab, bool english,
	struct iq_arena *arena, struct iq_names *out)
{
	struct names *n = iq_arena_alloc(arena, sizeof(*n));

	if (n == NULL) {
		static struct iq_txn none = {.err = IQ_ERR_BUSY, .detail = "no memory"};
		static struct names empty = {.t = &none};

		n = &empty; /* finds nothing; the arena says why */
	} else {
		*n = (struct names){t, vocab, arena};
	}
	*out = (struct iq_names){.ctx = n,
		.vocab = vocab,
		.find = names_find,
		.exact = names_exact,
		.each = names_each,
		.id = names_id,
		.name = names_name,
		.get = names_get,
		.english = english};
}
