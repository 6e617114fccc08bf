/* SPDX-License-Identifier: Apache-2.0 */
/* The read interfaces of the domain over a transaction. */

#include <stdlib.h>

#include "bounds.h"
#include "codec.h"
#include "store_priv.h"

/* ---- matching ----------------------------------------------------------------------------- */

/* Every row whose key begins with the first n bytes of k; false: fn stopped. */
static bool walk_cells(struct iq_txn *t, const struct iq_kb *k, size_t n, iq_entry_fn fn, void *arg)
{
	struct iq_walk x;
	bool go_on = true;

	for (iq_walk_begin(&x, t, IQ_TAB_CELL, iq_kb_key(k), n); x.ok && go_on; iq_walk_next(&x)) {
		struct iq_entry e;

		if (!iq_cell_parse(x.key, x.value, &e)) {
			iq_txn_refuse(t, IQ_ERR_INTERNAL, "an entry of the cell table is damaged");
			break;
		}
		go_on = fn(arg, &e);
		if (!go_on)
			break;
	}
	iq_walk_end(&x);
	return go_on;
}

/*
 * Where the rows of a cell lie, while nothing is committed: the cells of large regions are asked
 * for with almost every question, and each would be a walk down the tree. Larger cells are not
 * worth it: there the walk is the smaller part.
 */
enum { CELLS = 4096, CELL_ROWS = 6, LEN_BITS = 16 };
struct iq_cell_place {
	uint64_t number; /* of the snapshot; 0: empty */
	iq_num task, region;
	uint64_t row[CELL_ROWS]; /* address of the value, length in the lowest bits; 0: no more */
};

/* The only place where this cell may be; NULL: nothing is remembered. */
static struct iq_cell_place *place_of(struct iq_txn *t, iq_num task, iq_num region)
{
	if (t->w != NULL || t->state_of == 0)
		return NULL;
	if (t->cells == NULL)
		t->cells = calloc(CELLS, sizeof(*t->cells)); /* does without */
	uint64_t h = ((uint64_t)task << 32 | region) * UINT64_C(0x9e3779b97f4a7c15);

	return t->cells ? &t->cells[h >> 32 & (CELLS - 1)] : NULL;
}

struct remember {
	iq_entry_fn fn;
	void *arg;
	struct iq_cell_place found;
	size_t n; /* more than CELL_ROWS: does not fit */
};

/* The key stands right before its value, unless that is long. */
static bool remember_row(struct remember *r, struct iq_str key, struct iq_str value)
{
	uint64_t at = (uint64_t)(uintptr_t)value.p;

	if (key.p + key.n != value.p || value.n >> LEN_BITS != 0 || at >> (64 - LEN_BITS) != 0)
		return false;
	if (r->n < CELL_ROWS)
		r->found.row[r->n] = at << LEN_BITS | value.n;
	return ++r->n <= CELL_ROWS;
}

static bool parse_row(struct iq_txn *t, struct iq_str key, struct iq_str value, struct iq_entry *e)
{
	if (iq_cell_parse(key, value, e))
		return true;
	iq_txn_refuse(t, IQ_ERR_INTERNAL, "an entry of the cell table is damaged");
	return false;
}

/* Walks the cell; true if all of it was seen and can be remembered. */
static bool walk_cell(struct iq_txn *t, const struct iq_kb *k, struct remember *r)
{
	struct iq_walk x;
	bool go_on = true, fits = true;

	for (iq_walk_begin(&x, t, IQ_TAB_CELL, iq_kb_key(k), k->n); x.ok; iq_walk_next(&x)) {
		struct iq_entry e;

		if (!parse_row(t, x.key, x.value, &e))
			break;
		fits = fits && remember_row(r, x.key, x.value);
		go_on = r->fn(r->arg, &e);
		if (!go_on)
			break;
	}
	iq_walk_end(&x);
	return go_on && fits && t->err == IQ_OK;
}

static void view_cell(void *ctx, iq_num task, iq_num region, iq_entry_fn fn, void *arg)
{
	struct iq_txn *t = ctx;
	struct iq_kb k = {.n = 0};

	if (iq_filter_empty(t, task, region))
		return;
	struct iq_cell_place *p = place_of(t, task, region);

	if (p != NULL && p->number == t->state_of && p->task == task && p->region == region) {
		for (size_t i = 0; i < CELL_ROWS && p->row[i] != 0; i++) {
			const char *at = (const char *)(uintptr_t)(p->row[i] >> LEN_BITS);
			size_t n = p->row[i] & ((1u << LEN_BITS) - 1);
			struct iq_entry e;

			if (!parse_row(t, (struct iq_str){at - IQ_CELL_KEY, IQ_CELL_KEY},
				    (struct iq_str){at, n}, &e) ||
				!fn(arg, &e))
				return;
		}
		return;
	}
	struct remember r = {.fn = fn,
		.arg = arg,
		.found = {.number = t->state_of, .task = task, .region = region}};

	iq_kb_u32(&k, task);
	iq_kb_u32(&k, region);
	if (walk_cell(t, &k, &r) && p != NULL)
		*p = r.found;
}

static void view_task(void *ctx, iq_num task, iq_entry_fn fn, void *arg)
{
	struct iq_kb k = {.n = 0};

	iq_kb_u32(&k, task);
	walk_cells(ctx, &k, k.n, fn, arg);
}

static struct iq_str view_id(void *ctx, enum iq_kind kind, iq_num num)
{
	return iq_id_of(ctx, kind, num);
}

void iq_txn_view(struct iq_txn *t, const struct iq_vocab *vocab, struct iq_view *out)
{
	*out = (struct iq_view){
		.vocab = vocab, .ctx = t, .cell = view_cell, .task = view_task, .id = view_id};
}

/* ---- references --------------------------------------------------------------------------- */

struct refs {
	bool (*fn)(void *arg, enum iq_kind from, iq_num num);
	void *arg;
	iq_num status;
};

static bool on_cell(void *arg, const struct iq_entry *e)
{
	struct refs *r = arg;

	for (size_t i = 0; r->status != IQ_NONE; i++) {
		if (i == e->nstatuses)
			return true;
		if (iq_le16(e->statuses + 2 * i) == r->status)
			break;
	}
	return r->fn(r->arg, IQ_RESPONSIBILITY, e->num);
}

/* The tasks are few: one probe for each of them. */
static bool each_cell_of_region(struct iq_txn *t, iq_num region, struct refs *r)
{
	struct iq_kb at = {.n = 0};

	iq_kb_u32(&at, 0);
	for (;;) {
		struct iq_walk x;
		struct iq_kb k = {.n = 0};
		iq_num task = IQ_NONE;

		iq_walk_begin(&x, t, IQ_TAB_CELL, iq_kb_key(&at), 0);
		if (x.ok && x.key.n == IQ_CELL_KEY)
			task = iq_be32(x.key.p);
		iq_walk_end(&x);
		if (task == IQ_NONE)
			return true;
		iq_kb_u32(&k, task);
		iq_kb_u32(&k, region);
		if (!walk_cells(t, &k, k.n, on_cell, r))
			return false;
		at.n = 0;
		iq_kb_u32(&at, task + 1);
	}
}

void iq_each_ref(struct iq_txn *t, enum iq_kind kind, iq_num num,
	bool (*fn)(void *arg, enum iq_kind from, iq_num num), void *arg)
{
	struct iq_kb k = iq_key_num(kind, num), task = {.n = 0}, all = {.n = 0};
	struct refs r = {fn, arg, kind == IQ_STATUS ? num : IQ_NONE};
	bool go_on = true;
	struct iq_walk x;

	for (iq_walk_begin(&x, t, IQ_TAB_REF, iq_kb_key(&k), 5); x.ok && go_on; iq_walk_next(&x)) {
		if (x.key.n != 10 || (uint8_t)x.key.p[5] >= IQ_KINDS) {
			iq_txn_refuse(t, IQ_ERR_INTERNAL, "an entry of the ref table is damaged");
			break;
		}
		go_on = fn(arg, (enum iq_kind)x.key.p[5], iq_be32(x.key.p + 6));
		if (!go_on)
			break;
	}
	iq_walk_end(&x);
	if (!go_on || t->err != IQ_OK)
		return;
	iq_kb_u32(&task, num);
	if (kind == IQ_TASK)
		walk_cells(t, &task, task.n, on_cell, &r);
	else if (kind == IQ_STATUS)
		walk_cells(t, &all, 0, on_cell, &r);
	else if (kind == IQ_REGION)
		each_cell_of_region(t, num, &r);
}

void iq_each_ref_by(struct iq_txn *t, enum iq_kind kind, iq_num num, enum iq_kind from,
	bool (*fn)(void *arg, enum iq_kind from, iq_num num), void *arg)
{
	struct iq_kb k = iq_key_num(kind, num);
	struct iq_walk x;

	iq_kb_u8(&k, (uint8_t)from);
	for (iq_walk_begin(&x, t, IQ_TAB_REF, iq_kb_key(&k), 6); x.ok; iq_walk_next(&x)) {
		if (x.key.n != 10) {
			iq_txn_refuse(t, IQ_ERR_INTERNAL, "an entry of the ref table is damaged");
			break;
		}
		if (!fn(arg, from, iq_be32(x.key.p + 6)))
			break;
	}
	iq_walk_end(&x);
}

/* ---- vocabulary --------------------------------------------------------------------------- */

struct each_rec {
	struct iq_txn *t;
	struct iq_arena arena;
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec);
	void *arg;
	enum iq_err err;
};

static bool on_record(void *arg, const struct iq_image *image)
{
	struct each_rec *e = arg;
	struct iq_rec rec = {.kind = image->kind, .revision = image->revision};

	iq_arena_reset(&e->arena);
	if (!iq_codec_read(&rec, image->all, &e->arena)) {
		iq_txn_refuse(e->t, e->arena.failed ? IQ_ERR_BUSY : IQ_ERR_INTERNAL,
			"a record cannot be read");
		return false;
	}
	rec.revision = image->revision;
	e->err = e->fn(e->arg, image->num, &rec);
	return e->err == IQ_OK;
}

static enum iq_err source_each(void *ctx, enum iq_kind kind,
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec), void *arg)
{
	struct each_rec e = {.t = ctx, .fn = fn, .arg = arg, .err = IQ_OK};

	iq_arena_init(&e.arena, 0);
	iq_each_record(ctx, kind, 0, on_record, &e);
	iq_arena_free(&e.arena);
	return e.err != IQ_OK ? e.err : iq_txn_error(ctx, NULL);
}

static iq_num source_find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_id_find(ctx, kind, id);
}

void iq_txn_vocab_source(struct iq_txn *t, struct iq_vocab_source *out)
{
	*out = (struct iq_vocab_source){.ctx = t, .each = source_each, .find = source_find};
}

/* ---- records of views --------------------------------------------------------------------- */

static bool records_get(
	void *ctx, enum iq_kind kind, iq_num num, struct iq_arena *arena, struct iq_rec *out)
{
	return iq_rec_get(ctx, kind, num, arena, out);
}

struct records_each {
	iq_record_fn fn;
	void *arg;
};

/* Its error is how it says that it has seen enough. */
static enum iq_err records_on(void *arg, iq_num num, const struct iq_rec *rec)
{
	const struct records_each *e = arg;

	return e->fn(e->arg, num, rec) ? IQ_OK : IQ_ERR_BUSY;
}

static void records_each(void *ctx, enum iq_kind kind, iq_record_fn fn, void *arg)
{
	struct records_each e = {fn, arg};

	/* errors of the store stay with the transaction */
	(void)source_each(ctx, kind, records_on, &e);
}

struct records_seats {
	iq_num_fn fn;
	void *arg;
};

static bool seats_on(void *arg, enum iq_kind from, iq_num num)
{
	const struct records_seats *s = arg;

	(void)from;
	return s->fn(s->arg, num);
}

static void records_seats(void *ctx, iq_num region, iq_num_fn fn, void *arg)
{
	struct records_seats s = {fn, arg};

	iq_each_ref_by(ctx, IQ_REGION, region, IQ_INSTITUTION, seats_on, &s);
}

void iq_txn_lookup(struct iq_txn *t, struct iq_lookup *out)
{
	*out = (struct iq_lookup){.ctx = t,
		.get = records_get,
		.find = source_find,
		.each = records_each,
		.seats = records_seats};
}
