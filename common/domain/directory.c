/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"

#include <stdlib.h>

#include "bounds.h"
#include "date.h"
#include "i18n.h"

/* The records of one kind, by number, and a hash table over their ids. */
struct table {
	struct iq_rec **rec; /* n + 1 */
	iq_num n, cap;
	iq_num *slot; /* open addressing; IQ_NONE: free */
	size_t nslots;
};

struct keys {
	struct iq_key *a; /* by stage, key, number */
	size_t n, cap;
};

struct iq_directory {
	struct iq_arena arena; /* records */
	struct iq_arena index; /* keys and entries */
	struct table table[IQ_KINDS];
	struct keys keys[IQ_KINDS];
	struct iq_entry *entries; /* by task, region, number */
	size_t nentries;
	struct iq_vocab *vocab;
	struct iq_view view;
	struct iq_lookup lookup;
	struct iq_names names[2];
};

/* ---- records ------------------------------------------------------------------------------ */

struct iq_directory *iq_directory_new(void)
{
	struct iq_directory *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	iq_arena_init(&d->arena, 0);
	iq_arena_init(&d->index, 0);
	return d;
}

static void drop_index(struct iq_directory *d)
{
	for (int k = 0; k < IQ_KINDS; k++) {
		free(d->keys[k].a);
		d->keys[k] = (struct keys){NULL, 0, 0};
	}
	iq_vocab_free(d->vocab);
	d->vocab = NULL;
	d->entries = NULL;
	d->nentries = 0;
	iq_arena_reset(&d->index);
}

void iq_directory_free(struct iq_directory *d)
{
	if (d == NULL)
		return;
	drop_index(d);
	for (int k = 0; k < IQ_KINDS; k++) {
		free(d->table[k].rec);
		free(d->table[k].slot);
	}
	iq_arena_free(&d->arena);
	iq_arena_free(&d->index);
	free(d);
}

/* FNV-1a */
static size_t hash(struct iq_str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

/* Slot where the id is or would be; the table has free slots. */
static size_t find_slot(const struct table *t, struct iq_str id)
{
	size_t i = hash(id) & (t->nslots - 1);

	while (t->slot[i] != IQ_NONE && !iq_str_eq(iq_rec_text(t->rec[t->slot[i]], IQ_COL_ID), id))
		i = (i + 1) & (t->nslots - 1);
	return i;
}

/* Room for one more record, at most half of the slots in use. */
static bool reserve(struct table *t)
{
	if (t->n + 1 >= t->cap) {
		iq_num cap = t->cap ? t->cap * 2 : 64;
		struct iq_rec **rec = realloc(t->rec, cap * sizeof(struct iq_rec *));

		if (rec == NULL)
			return false;
		t->rec = rec;
		t->cap = cap;
	}
	if (((size_t)t->n + 1) * 2 <= t->nslots)
		return true;
	size_t nslots = t->nslots ? t->nslots * 2 : 128;
	iq_num *slot = calloc(nslots, sizeof(*slot));

	if (slot == NULL)
		return false;
	free(t->slot);
	t->slot = slot;
	t->nslots = nslots;
	for (iq_num i = 1; i <= t->n; i++)
		slot[find_slot(t, iq_rec_text(t->rec[i], IQ_COL_ID))] = i;
	return true;
}

static void copy_columns(struct iq_arena *arena, struct iq_rec *to, const struct iq_rec *from)
{
	for (size_t i = 0; i < iq_schemas[from->kind].ncolumns; i++) {
		const struct iq_value *value = &from->col[i];
		struct iq_str *v = iq_arena_array(arena, value->n, sizeof(*v));

		for (uint32_t j = 0; v != NULL && j < value->n; j++)
			v[j] = iq_arena_dup(arena, value->v[j]);
		to->col[i] = (struct iq_value){v, v ? value->n : 0};
	}
}

iq_num iq_directory_put(struct iq_directory *d, const struct iq_rec *rec)
{
	struct table *t = &d->table[rec->kind];
	struct iq_rec change = *rec;

	copy_columns(&d->arena, &change, rec);
	if (!iq_rec_complete(&change, &d->arena) || d->arena.failed || !reserve(t) ||
		iq_rec_text(&change, IQ_COL_ID).n == 0)
		return IQ_NONE;
	size_t slot = find_slot(t, iq_rec_text(&change, IQ_COL_ID));
	iq_num num = t->slot[slot];

	if (num == IQ_NONE) {
		struct iq_rec *stored = iq_arena_alloc(&d->arena, sizeof(*stored));

		if (stored == NULL)
			return IQ_NONE;
		*stored = change;
		num = ++t->n;
		t->rec[num] = stored;
		t->slot[slot] = num;
	} else if (change.given == 0) {
		*t->rec[num] = change;
	} else {
		iq_rec_merge(t->rec[num], &change);
		if (!iq_rec_complete(t->rec[num], &d->arena))
			return IQ_NONE;
	}
	return num;
}

const struct iq_rec *iq_directory_get(const struct iq_directory *d, enum iq_kind kind, iq_num num)
{
	const struct table *t = &d->table[kind];

	return num != IQ_NONE && num <= t->n ? t->rec[num] : NULL;
}

iq_num iq_directory_find(const struct iq_directory *d, enum iq_kind kind, struct iq_str id)
{
	const struct table *t = &d->table[kind];

	return t->n ? t->slot[find_slot(t, id)] : IQ_NONE;
}

iq_num iq_directory_count(const struct iq_directory *d, enum iq_kind kind)
{
	return d->table[kind].n;
}

/* ---- vocabulary --------------------------------------------------------------------------- */

static enum iq_err source_each(void *ctx, enum iq_kind kind,
	enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec), void *arg)
{
	const struct table *t = &((struct iq_directory *)ctx)->table[kind];
	enum iq_err err = IQ_OK;

	for (iq_num i = 1; i <= t->n && err == IQ_OK; i++)
		err = fn(arg, i, t->rec[i]);
	return err;
}

static iq_num ctx_find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	return iq_directory_find(ctx, kind, id);
}

static struct iq_str ctx_id(void *ctx, enum iq_kind kind, iq_num num)
{
	const struct iq_rec *rec = iq_directory_get(ctx, kind, num);

	return rec ? iq_rec_text(rec, IQ_COL_ID) : (struct iq_str){NULL, 0};
}

static bool ctx_get(
	void *ctx, enum iq_kind kind, iq_num num, struct iq_arena *arena, struct iq_rec *out)
{
	const struct iq_rec *rec = iq_directory_get(ctx, kind, num);

	(void)arena;
	if (rec != NULL)
		*out = *rec;
	return rec != NULL;
}

static struct iq_str ctx_name(void *ctx, enum iq_kind kind, iq_num num, bool english)
{
	const struct iq_rec *rec = iq_directory_get(ctx, kind, num);

	return rec ? iq_rec_name(rec, english) : (struct iq_str){NULL, 0};
}

/* ---- names -------------------------------------------------------------------------------- */

static int key_cmp(const struct iq_key *a, enum iq_stage stage, struct iq_str key)
{
	return a->stage != stage ? (a->stage > stage) - (a->stage < stage)
				 : iq_str_cmp(a->key, key);
}

static int key_order(const void *a, const void *b)
{
	const struct iq_key *x = a, *y = b;
	int c = key_cmp(x, y->stage, y->key);

	return c ? c : (x->num > y->num) - (x->num < y->num);
}

static bool add_keys(struct iq_directory *d, const struct iq_rec *rec, iq_num num)
{
	struct keys *k = &d->keys[rec->kind == IQ_POSTCODE ? IQ_REGION : rec->kind];
	struct iq_key key[IQ_KEYS_MAX];
	size_t n;

	if (rec->kind == IQ_POSTCODE) {
		num = iq_directory_find(d, IQ_REGION, iq_rec_text(rec, IQ_POSTCODE_REGION));
		if (num == IQ_NONE)
			return true;
	}
	n = iq_term_keys(rec, num, &d->index, key);
	if (k->n + n > k->cap) {
		size_t cap = k->n + n > 2 * k->cap ? k->n + n : 2 * k->cap;
		struct iq_key *a = realloc(k->a, cap * sizeof(*a));

		if (a == NULL)
			return false;
		k->a = a;
		k->cap = cap;
	}
	if (n)
		memcpy(k->a + k->n, key, n * sizeof(*key));
	k->n += n;
	return !d->index.failed;
}

static bool index_names(struct iq_directory *d)
{
	for (int kind = 0; kind < IQ_KINDS; kind++)
		for (iq_num i = 1; i <= d->table[kind].n; i++)
			if (!add_keys(d, d->table[kind].rec[i], i))
				return false;
	for (int kind = 0; kind < IQ_KINDS; kind++)
		if (d->keys[kind].n)
			qsort(d->keys[kind].a, d->keys[kind].n, sizeof(struct iq_key), key_order);
	return true;
}

static size_t names_exact(void *ctx, enum iq_kind kind, enum iq_stage stage, struct iq_str key,
	iq_num *out, size_t cap)
{
	const struct keys *k = &((struct iq_directory *)ctx)->keys[kind];
	size_t low = 0, high = k->n, n = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (key_cmp(&k->a[mid], stage, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < k->n && key_cmp(&k->a[low], stage, key) == 0; low++) {
		if (n < cap)
			out[n] = k->a[low].num;
		n++;
	}
	return n;
}

static void names_each(void *ctx, enum iq_kind kind,
	bool (*fn)(void *arg, enum iq_stage stage, struct iq_str key, iq_num num), void *arg)
{
	const struct iq_directory *d = ctx;
	const struct table *t = &d->table[kind];
	const struct keys *k = &d->keys[kind];

	for (iq_num i = 1; i <= t->n; i++)
		if (!fn(arg, IQ_STAGE_ID, iq_rec_text(t->rec[i], IQ_COL_ID), i))
			return;
	for (size_t i = 0; i < k->n; i++)
		if (k->a[i].stage <= IQ_STAGE_ALIAS &&
			!fn(arg, k->a[i].stage, k->a[i].key, k->a[i].num))
			return;
}

/* ---- cells -------------------------------------------------------------------------------- */

static int entry_order(const void *a, const void *b)
{
	const struct iq_entry *x = a, *y = b;

	if (x->task != y->task)
		return x->task < y->task ? -1 : 1;
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	return (x->num > y->num) - (x->num < y->num);
}

static int32_t date_or(const struct iq_rec *rec, int col, int32_t open)
{
	int32_t days = open;

	return iq_date_parse(iq_rec_text(rec, col), &days) ? days : open;
}

/* False if a reference dangles: the row is in no cell then. */
static bool fill_entry(
	struct iq_directory *d, const struct iq_rec *rec, iq_num num, struct iq_entry *e)
{
	const struct iq_value *statuses = &rec->col[IQ_RESP_STATUSES];
	int role = iq_choice(iq_role_names, iq_rec_text(rec, IQ_RESP_ROLE));
	uint8_t *bytes = iq_arena_alloc(&d->index, 2 * (size_t)statuses->n);

	if (role < 0 || bytes == NULL)
		return false;
	*e = (struct iq_entry){.num = num, .role = (enum iq_role)role, .statuses = bytes};
	e->institution =
		iq_directory_find(d, IQ_INSTITUTION, iq_rec_text(rec, IQ_RESP_INSTITUTION));
	e->task = iq_directory_find(d, IQ_TASK, iq_rec_text(rec, IQ_RESP_TASK));
	e->region = iq_directory_find(d, IQ_REGION, iq_rec_text(rec, IQ_RESP_REGION));
	e->from = date_or(rec, IQ_RESP_VALID_FROM, IQ_DATE_MIN);
	e->to = date_or(rec, IQ_RESP_VALID_TO, IQ_DATE_MAX);
	e->condition = iq_rec_text(rec, IQ_RESP_CONDITION);
	e->nstatuses = statuses->n;
	for (size_t i = 0; i < statuses->n; i++) {
		iq_num status = iq_directory_find(d, IQ_STATUS, statuses->v[i]);

		if (status == IQ_NONE || status > UINT16_MAX)
			return false;
		bytes[2 * i] = (uint8_t)(status & 0xff);
		bytes[2 * i + 1] = (uint8_t)(status >> 8);
	}
	return e->institution != IQ_NONE && e->task != IQ_NONE && e->region != IQ_NONE;
}

static bool index_entries(struct iq_directory *d)
{
	const struct table *t = &d->table[IQ_RESPONSIBILITY];

	d->entries = iq_arena_array(&d->index, t->n, sizeof(*d->entries));
	if (d->entries == NULL)
		return false;
	for (iq_num i = 1; i <= t->n; i++)
		if (fill_entry(d, t->rec[i], i, &d->entries[d->nentries]))
			d->nentries++;
	if (d->nentries)
		qsort(d->entries, d->nentries, sizeof(*d->entries), entry_order);
	return !d->index.failed;
}

/* Index of the first entry not before (task, region). */
static size_t first_entry(const struct iq_directory *d, iq_num task, iq_num region)
{
	const struct iq_entry key = {.task = task, .region = region};
	size_t low = 0, high = d->nentries;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (entry_order(&d->entries[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void view_cell(void *ctx, iq_num task, iq_num region, iq_entry_fn fn, void *arg)
{
	const struct iq_directory *d = ctx;

	for (size_t i = first_entry(d, task, region); i < d->nentries; i++) {
		const struct iq_entry *e = &d->entries[i];

		if (e->task != task || e->region != region || !fn(arg, e))
			return;
	}
}

static void view_task(void *ctx, iq_num task, iq_entry_fn fn, void *arg)
{
	const struct iq_directory *d = ctx;

	for (size_t i = first_entry(d, task, 0); i < d->nentries; i++)
		if (d->entries[i].task != task || !fn(arg, &d->entries[i]))
			return;
}

/* ---- records of views --------------------------------------------------------------------- */

static void records_each(void *ctx, enum iq_kind kind, iq_record_fn fn, void *arg)
{
	const struct table *t = &((struct iq_directory *)ctx)->table[kind];

	for (iq_num i = 1; i <= t->n; i++)
		if (!fn(arg, i, t->rec[i]))
			return;
}

static void records_seats(void *ctx, iq_num region, iq_num_fn fn, void *arg)
{
	const struct iq_str id = ctx_id(ctx, IQ_REGION, region);
	const struct table *t = &((struct iq_directory *)ctx)->table[IQ_INSTITUTION];

	for (iq_num i = 1; i <= t->n; i++)
		if (iq_str_eq(iq_rec_text(t->rec[i], IQ_INSTITUTION_REGION), id) && !fn(arg, i))
			return;
}

/* ---- index and checks --------------------------------------------------------------------- */

enum iq_err iq_directory_index(struct iq_directory *d, struct iq_error *error)
{
	const struct iq_vocab_source source = {d, source_each, ctx_find};
	enum iq_err err;

	drop_index(d);
	if (!index_names(d) || !index_entries(d))
		return iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The directory could not be indexed: out of memory."),
			N_("Try again when the machine has free memory."), NULL);
	err = iq_vocab_build(&source, 0, &d->vocab, error);
	d->view = (struct iq_view){d->vocab, d, view_cell, view_task, ctx_id};
	d->lookup = (struct iq_lookup){d, ctx_get, ctx_find, records_each, records_seats};
	for (int english = 0; english < 2; english++)
		d->names[english] = (struct iq_names){.ctx = d,
			.vocab = d->vocab,
			.find = ctx_find,
			.exact = names_exact,
			.each = names_each,
			.id = ctx_id,
			.name = ctx_name,
			.get = ctx_get,
			.english = english};
	return err;
}

const struct iq_view *iq_directory_view(struct iq_directory *d)
{
	return d->vocab ? &d->view : NULL;
}

const struct iq_lookup *iq_directory_lookup(struct iq_directory *d)
{
	return &d->lookup;
}

const struct iq_names *iq_directory_names(struct iq_directory *d, bool english)
{
	return &d->names[english];
}

static iq_num next_parent(void *ctx, iq_num num)
{
	const struct iq_rec *rec = iq_directory_get(ctx, IQ_INSTITUTION, num);

	return iq_directory_find(ctx, IQ_INSTITUTION, iq_rec_text(rec, IQ_INSTITUTION_PARENT));
}

static iq_num next_deputy(void *ctx, iq_num num)
{
	const struct iq_rec *rec = iq_directory_get(ctx, IQ_CONTACT, num);

	return iq_directory_find(ctx, IQ_CONTACT, iq_rec_text(rec, IQ_CONTACT_DEPUTY));
}

static bool check_chain(struct iq_directory *d, enum iq_kind kind, iq_num num,
	struct iq_problem *where, struct iq_error *error)
{
	bool contact = kind == IQ_CONTACT;
	int col = contact ? (int)IQ_CONTACT_DEPUTY : (int)IQ_INSTITUTION_PARENT;

	if (kind != IQ_CONTACT && kind != IQ_INSTITUTION)
		return true;
	if (iq_check_chain(num, contact ? next_deputy : next_parent, d))
		return true;
	where->column = iq_str(iq_schemas[kind].columns[col].name);
	where->value = iq_rec_text(d->table[kind].rec[num], col);
	where->text = contact ? N_("The deputies form a circle, or the chain of deputies is too "
				   "long.")
			      : N_("The parents of the institution form a circle, or there are "
				   "too many levels.");
	iq_error_add_problem(error, where);
	return false;
}

enum iq_err iq_directory_check(struct iq_directory *d,
	struct iq_problem (*where)(void *arg, enum iq_kind kind, iq_num num), void *arg,
	struct iq_error *error)
{
	struct iq_arena scratch;
	struct iq_check c = {.vocab = d->vocab,
		.ctx = d,
		.find = ctx_find,
		.names = &d->names[0],
		.arena = &scratch,
		.nearest_left = IQ_LIMIT_NEAREST};
	enum iq_err result = IQ_OK;

	iq_arena_init(&scratch, 0);
	for (int k = 0; k < IQ_KINDS; k++) {
		enum iq_kind kind = (enum iq_kind)k;

		for (iq_num i = 1; i <= d->table[k].n; i++) {
			struct iq_problem at = {0};

			if (where != NULL)
				at = where(arg, kind, i);
			if (iq_check_record(&c, d->table[k].rec[i], &at, error) != IQ_OK)
				result = IQ_ERR_REJECTED;
			else if (!check_chain(d, kind, i, &at, error))
				result = IQ_ERR_REJECTED;
			iq_arena_reset(&scratch);
		}
	}
	iq_arena_free(&scratch);
	return result;
}
