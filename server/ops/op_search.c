/* SPDX-License-Identifier: Apache-2.0 */
/* Search in names and aliases of every kind: exact, then prefix, then part; else near spellings. */
#include <stdlib.h>

#include "fold.h"
#include "op.h"

enum { HITS_DEFAULT = 50, HITS_MAX = 1000, COLLECT_MAX = 20000 };

static const enum iq_kind kinds[] = {IQ_TASK, IQ_REGION, IQ_STATUS, IQ_INSTITUTION, IQ_CONTACT,
	IQ_KIND, IQ_FACT, IQ_WORKSHOP_RECORD, IQ_TOPIC, IQ_MEETING};
enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

enum rank { RANK_EXACT, RANK_PREFIX, RANK_WORD, RANK_PART, RANK_NONE };

struct hit {
	enum rank rank;
	unsigned order; /* position of the kind in the list above */
	enum iq_kind kind;
	iq_num num;
	struct iq_str id, matched;
};

struct hunt {
	struct iq_req *rq;
	struct iq_names names;
	struct iq_str key[IQ_FOLDS];
	size_t nkeys;
	unsigned order;
	enum iq_kind kind;
	struct hit *hits;
	size_t n, cap;
	struct iq_num_set *seen; /* kind << 32 | number → already a hit */
};

static enum rank rank_of(struct iq_str text, struct iq_str key)
{
	if (key.n > text.n)
		return RANK_NONE;
	if (iq_str_eq(text, key))
		return RANK_EXACT;
	if (iq_str_starts(text, key))
		return RANK_PREFIX;
	const char *at = memmem(text.p, text.n, key.p, key.n);

	if (at == NULL)
		return RANK_NONE;
	return at[-1] == '-' ? RANK_WORD : RANK_PART;
}

static struct hit *hit_of(struct hunt *h, iq_num num)
{
	if (!iq_num_set_add(h->seen, (uint64_t)h->kind << 32 | num)) {
		for (size_t i = h->n; i-- > 0;) {
			if (h->hits[i].kind == h->kind && h->hits[i].num == num)
				return &h->hits[i];
		}
		return NULL;
	}
	if (h->n == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 64;
		struct hit *p = h->n >= COLLECT_MAX
					? NULL
					: iq_arena_grow(h->rq->arena, h->hits, h->cap * sizeof(*p),
						  cap * sizeof(*p));

		if (p == NULL)
			return NULL;
		h->hits = p;
		h->cap = cap;
	}
	h->hits[h->n] =
		(struct hit){.rank = RANK_NONE, .order = h->order, .kind = h->kind, .num = num};
	return &h->hits[h->n++];
}

/* Contacts are found by those only who may see the name without giving a reason, what a workshop
 * works on by those who take part. */
static bool may_find(struct hunt *h, iq_num num)
{
	if (iq_kind_in_circle(h->kind))
		return iq_record_known(h->rq, h->kind, num);
	return h->kind != IQ_CONTACT || iq_search_contact(h->rq, num, false);
}

static bool look(void *arg, enum iq_stage stage, struct iq_str key, iq_num num)
{
	struct hunt *h = arg;
	enum rank best = RANK_NONE;

	(void)stage;
	for (size_t i = 0; i < h->nkeys; i++) {
		enum rank r = rank_of(key, h->key[i]);

		if (r < best)
			best = r;
	}
	if (best == RANK_NONE || !may_find(h, num))
		return true;
	struct hit *hit = hit_of(h, num);

	if (hit != NULL && best < hit->rank) {
		hit->rank = best;
		hit->matched = iq_arena_dup(h->rq->arena, key);
	}
	return h->n < COLLECT_MAX;
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

static void near(struct hunt *h, struct iq_str text)
{
	iq_num found[IQ_LIMIT_SUGGESTIONS];

	for (h->order = 0; h->order < NKINDS; h->order++) {
		h->kind = kinds[h->order];
		if (h->kind == IQ_CONTACT || iq_kind_in_circle(h->kind)) /* not guessed at */
			continue;
		size_t n = iq_term_suggest(
			&h->names, h->kind, text, h->rq->arena, found, IQ_LIMIT_SUGGESTIONS);

		for (size_t i = 0; i < n; i++) {
			struct hit *hit = hit_of(h, found[i]);

			if (hit != NULL)
				hit->rank = (enum rank)i;
		}
	}
}

/* The name or alias of the record whose key matched, as it is written. */
static struct iq_str matched_text(struct hunt *h, const struct hit *hit)
{
	struct iq_rec rec = {.kind = hit->kind};
	struct iq_str fold[IQ_FOLDS];

	if (hit->matched.n == 0 || !iq_rec_get(h->rq->txn, hit->kind, hit->num, h->rq->arena, &rec))
		return hit->matched;
	for (size_t col = 1; col < iq_schemas[hit->kind].ncolumns; col++) {
		enum iq_type type = iq_schemas[hit->kind].columns[col].type;

		if (type != IQ_TYPE_TEXT && type != IQ_TYPE_TEXTS)
			continue;
		for (uint32_t i = 0; i < rec.col[col].n; i++) {
			size_t n = iq_fold_keys(h->rq->arena, rec.col[col].v[i], fold);

			for (size_t k = 0; k < n; k++) {
				if (iq_str_eq(fold[k], hit->matched))
					return rec.col[col].v[i];
			}
		}
	}
	return hit->matched;
}

static void write_hits(struct hunt *h, uint32_t limit)
{
	struct iq_buf *out = h->rq->out;

	for (size_t i = 0; i < h->n && i < limit; i++) {
		const struct hit *hit = &h->hits[i];

		if (hit->kind == IQ_CONTACT && !iq_search_contact(h->rq, hit->num, true))
			continue;
		size_t mark = iq_wire_begin(out, 2);

		iq_wire_str(out, 1, iq_str(iq_schemas[hit->kind].name));
		iq_wire_str(out, 2, hit->id);
		iq_wire_str(
			out, 3, h->names.name(h->names.ctx, hit->kind, hit->num, h->names.english));
		iq_wire_str(out, 4, matched_text(h, hit));
		iq_wire_end(out, mark);
	}
}

enum iq_err iq_op_search(struct iq_req *rq)
{
	const Iq__V1__SearchRequest *in = rq->msg->search;
	struct iq_str text = iq_str(in->text);
	struct hunt h = {.rq = rq, .seen = iq_num_set_new(rq->arena)};
	uint32_t limit = in->limit ? in->limit : HITS_DEFAULT;
	bool is_near = false;

	h.nkeys = iq_fold_keys(rq->arena, text, h.key);
	if (h.nkeys == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The search text has no letter or digit."),
			N_("For example: iqq search course"), NULL);
	iq_txn_names(rq->txn, rq->vocab, in->lang == IQ__V1__LANG__EN, rq->arena, &h.names);
	for (h.order = 0; h.order < NKINDS; h.order++) {
		h.kind = kinds[h.order];
		h.names.each(h.names.ctx, h.kind, look, &h);
	}
	if (h.n == 0) {
		is_near = true;
		near(&h, text);
		limit = limit < IQ_LIMIT_SUGGESTIONS ? limit : IQ_LIMIT_SUGGESTIONS;
	}
	for (size_t i = 0; i < h.n; i++)
		h.hits[i].id = iq_id_of(rq->txn, h.hits[i].kind, h.hits[i].num);
	if (h.n > 1)
		qsort(h.hits, h.n, sizeof(*h.hits), compare_hits);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	write_hits(&h, limit < HITS_MAX ? limit : HITS_MAX);
	iq_wire_bool(rq->out, 3, is_near && h.n > 0);
	return iq_req_finish(rq);
}

uint64_t iq_cost_search(struct iq_req *rq)
{
	const struct iq_state *state = iq_rtxn_state(rq->rtxn);
	uint64_t keys = 0;

	for (size_t i = 0; i < NKINDS; i++)
		keys += 3 * state->count[kinds[i]];
	return keys;
}
