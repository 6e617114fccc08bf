/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one kind, filtered by columns. */
#include <stdlib.h>

#include "fold.h"
#include "op.h"

enum { FILTERS_MAX = 8, TARGETS_MAX = IQ_TERM_MATCHES, CANDIDATES_MAX = 100000 };
enum { LIST_REVISION = 1, LIST_RECORDS, LIST_CURSOR, LIST_TOTAL, LIST_WITHHELD, LIST_BECAUSE };

struct filter {
	int col;
	bool open;    /* column of the open segment: decided before disclosure */
	bool subtree; /* region: it and everything below */
	bool ref;
	struct iq_str id[TARGETS_MAX]; /* REF, REFS */
	iq_num num[TARGETS_MAX];
	size_t n;
	struct iq_str text; /* others: as given; empty: the column is empty */
	struct iq_str fold;
};

struct list {
	struct iq_req *rq;
	enum iq_kind kind;
	struct filter filter[FILTERS_MAX];
	size_t nfilters;
	struct iq_page page;
	struct iq_arena scratch; /* folding, per record */
};

/* "--status x" finds the column statuses. */
static int find_column(enum iq_kind kind, struct iq_str name, struct iq_arena *arena)
{
	static const char *const endings[] = {"", "s", "es"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const char *full = iq_arena_printf(arena, "%.*s%s", IQ_STR_ARG(name), endings[i]);
		int col = iq_column_by_name(kind, iq_str(full));

		if (col >= 0)
			return col;
	}
	return -1;
}

static enum iq_err read_ref(struct list *l, struct filter *f, const struct iq_column *c)
{
	struct iq_req *rq = l->rq;
	struct iq_resolved r;

	f->ref = true;
	if (f->text.n == 0)
		return IQ_OK;
	if (c->target == IQ_CONTACT || iq_kind_in_circle(c->target)) {
		/* By id only, and silent about those that are hidden. */
		iq_num num = iq_id_find(rq->txn, c->target, f->text);

		if (iq_record_known(rq, c->target, num)) {
			f->num[f->n] = num;
			f->id[f->n++] = f->text;
		}
		return IQ_OK;
	}
	enum iq_err err = iq_req_terms(rq, c->target, f->text, false, &r);

	for (size_t i = 0; err == IQ_OK && i < r.n && i < TARGETS_MAX; i++) {
		f->num[f->n] = r.num[i];
		f->id[f->n++] = iq_id_of(rq->txn, c->target, r.num[i]);
	}
	f->subtree = err == IQ_OK && c->target == IQ_REGION && c->type == IQ_TYPE_REF &&
		     (l->kind == IQ_INSTITUTION || l->kind == IQ_RESPONSIBILITY);
	return err;
}

static enum iq_err read_filter(struct list *l, const Iq__V1__KeyValue *kv)
{
	struct iq_req *rq = l->rq;
	struct filter *f = &l->filter[l->nfilters];
	int col = find_column(l->kind, iq_str(kv->key), rq->arena);

	if (col < 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Records of kind {0} have no field “{1}”."),
			N_("The fields are shown by: iqq list {0} --limit 1 --json"),
			iq_schemas[l->kind].name, kv->key, NULL);
	const struct iq_column *c = &iq_schemas[l->kind].columns[col];

	f->col = col;
	/* What is not shown must not be asked for either. */
	f->open = c->segment == IQ_SEGMENT_OPEN && !iq_kind_in_circle(l->kind);
	f->text = iq_str(kv->value);
	l->nfilters++;
	if (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS)
		return read_ref(l, f, c);
	if (c->type == IQ_TYPE_ENUM && f->text.n > 0 && iq_choice(c->choices, f->text) < 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("“{1}” is not a value of the field {0}."),
			N_("The values are shown by: iqq list {2} --limit 5 --json"), c->name,
			kv->value, iq_schemas[l->kind].name, NULL);
	f->fold = iq_fold(rq->arena, f->text, IQ_FOLD_AE);
	return IQ_OK;
}

static bool value_matches(struct list *l, const struct filter *f, struct iq_str value)
{
	if (f->subtree) {
		iq_num region = iq_id_find(l->rq->txn, IQ_REGION, value);

		for (size_t i = 0; i < f->n; i++) {
			if (iq_vocab_in_scope(l->rq->vocab, f->num[i], region))
				return true;
		}
		return false;
	}
	if (f->ref) {
		for (size_t i = 0; i < f->n; i++) {
			if (iq_str_eq(f->id[i], value))
				return true;
		}
		return false;
	}
	if (iq_str_eq(f->text, value))
		return true;
	if (f->fold.n == 0)
		return false;
	iq_arena_reset(&l->scratch);
	return iq_str_eq(f->fold, iq_fold(&l->scratch, value, IQ_FOLD_AE));
}

/* Every filter of this sort (open or not) holds. */
static bool matches(struct list *l, struct iq_str fields, bool open)
{
	for (size_t i = 0; i < l->nfilters; i++) {
		const struct filter *f = &l->filter[i];
		struct iq_str rest = fields;
		struct iq_wire_field w;
		bool bad = false, hit = false, present = false;

		if (f->open != open)
			continue;
		while (!hit && iq_wire_next(&rest, &w, &bad)) {
			if (w.field != (uint32_t)f->col + 1)
				continue;
			present = true;
			hit = f->text.n > 0 && value_matches(l, f, w.bytes);
		}
		if (f->text.n == 0 ? present : !hit)
			return false;
	}
	return true;
}

static bool wanted(void *arg, const struct iq_image *image)
{
	return matches(arg, image->segment[IQ_SEGMENT_OPEN], true);
}

static bool still(void *arg, struct iq_str fields)
{
	return matches(arg, fields, false);
}

static bool add(void *arg, struct iq_str id, iq_num num)
{
	struct list *l = arg;

	return iq_page_add(&l->page, l->kind, id, num);
}

/* ---- candidates from the index of references ------------------------------------------------ */

struct candidate {
	struct iq_str id;
	iq_num num;
};
struct candidates {
	struct list *l;
	struct candidate *c;
	size_t n, cap;
	bool failed;
};

static bool collect(void *arg, enum iq_kind from, iq_num num)
{
	struct candidates *s = arg;

	if (from != s->l->kind)
		return true;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 64;
		struct candidate *p = s->n >= CANDIDATES_MAX
					      ? NULL
					      : iq_arena_grow(s->l->rq->arena, s->c,
							s->cap * sizeof(*p), cap * sizeof(*p));

		if (p == NULL) {
			s->failed = true;
			return false;
		}
		s->c = p;
		s->cap = cap;
	}
	s->c[s->n++] = (struct candidate){iq_id_of(s->l->rq->txn, from, num), num};
	return true;
}

static int compare_candidates(const void *a, const void *b)
{
	return iq_str_cmp(((const struct candidate *)a)->id, ((const struct candidate *)b)->id);
}

/* A filter by one record: who refers to it is in the index. NULL: there is none. */
static const struct filter *indexed(const struct list *l)
{
	for (size_t i = 0; i < l->nfilters; i++) {
		const struct filter *f = &l->filter[i];

		if (f->ref && f->n == 1 && !f->subtree)
			return f;
	}
	return NULL;
}

/* True if the list was answered from the index. */
static bool walk_index(struct list *l, const struct filter *f, struct iq_str after)
{
	struct candidates s = {.l = l};

	iq_each_ref(l->rq->txn, iq_schemas[l->kind].columns[f->col].target, f->num[0], collect, &s);
	if (s.failed)
		return false;
	if (s.n > 1)
		qsort(s.c, s.n, sizeof(*s.c), compare_candidates);
	for (size_t i = 0; i < s.n; i++) {
		bool twice = i > 0 && s.c[i].num == s.c[i - 1].num;

		if (twice || (after.n > 0 && iq_str_cmp(s.c[i].id, after) <= 0))
			continue;
		if (!add(l, s.c[i].id, s.c[i].num))
			break;
	}
	return true;
}

static enum iq_err read_list(struct list *l)
{
	const Iq__V1__ListRequest *in = l->rq->msg->list;
	enum iq_err err = iq_req_kind(l->rq, iq_str(in->kind), &l->kind);

	if (err == IQ_OK && in->n_filters > FILTERS_MAX)
		err = iq_error_set(l->rq->error, IQ_ERR_USAGE,
			N_("A list takes at most {0} filters."), NULL,
			iq_arena_printf(l->rq->arena, "%d", FILTERS_MAX), NULL);
	bool reason = false;

	if (err == IQ_OK)
		err = iq_req_reason(l->rq, iq_str(in->reason), &reason);
	if (err == IQ_OK && reason && l->kind == IQ_CONTACT)
		err = iq_req_bulk(l->rq);
	for (size_t i = 0; err == IQ_OK && i < in->n_filters; i++)
		err = read_filter(l, in->filters[i]);
	return err;
}

enum iq_err iq_op_list(struct iq_req *rq)
{
	const Iq__V1__ListRequest *in = rq->msg->list;
	struct list *l = iq_arena_zalloc(rq->arena, sizeof(*l));
	const struct iq_state *state = iq_rtxn_state(rq->rtxn);
	enum iq_kind kind;
	struct iq_str after;
	enum iq_err err;

	if (l == NULL)
		return iq_req_finish(rq);
	l->rq = rq;
	err = read_list(l);
	if (err == IQ_OK)
		err = iq_page_read_cursor(rq, in->cursor, &kind, &after);
	if (err != IQ_OK)
		return err;
	bool counted = l->nfilters == 0 && l->kind != IQ_CONTACT && !iq_kind_in_circle(l->kind);

	l->page = (struct iq_page){.rq = rq,
		.field = LIST_RECORDS,
		.limit = in->limit ? in->limit : UINT64_MAX,
		.count = in->cursor.len == 0 && !counted,
		.wanted = l->nfilters ? wanted : NULL,
		.still = l->nfilters ? still : NULL,
		.arg = l,
		.start = rq->out->n};
	iq_wire_uint(rq->out, LIST_REVISION, state->revision);
	const struct filter *f = indexed(l);

	if (f == NULL || !walk_index(l, f, after)) {
		rq->arena->failed = false; /* too many candidates: read all */
		iq_each_id(rq->txn, l->kind, after, add, l);
	}
	iq_page_write_cursor(&l->page, LIST_CURSOR);
	if (in->cursor.len == 0)
		iq_wire_uint(rq->out, LIST_TOTAL, counted ? state->count[l->kind] : l->page.total);
	iq_wire_uint(rq->out, LIST_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, LIST_BECAUSE, iq_str(rq->because));
	iq_buf_free(&l->page.probe);
	iq_arena_free(&l->scratch);
	return iq_req_finish(rq);
}

uint64_t iq_cost_list(struct iq_req *rq)
{
	enum iq_kind kind = iq_kind_by_name(iq_str(rq->msg->list->kind));

	return kind == IQ_KINDS ? 0 : 3 * iq_rtxn_state(rq->rtxn)->count[kind];
}
