/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archived records. What is kept of one lies in IQ_TABLE_LIVING: which change archived it, when,
 * and where it was taken out of. The record itself is in the past, as after a delete.
 *
 * Value: 1 revision, 2 time, 3 repeated reference {1 kind, 2 number, 3 column, 4 position in the
 * list, 5 own: it is this record that refers to the other}. Numbers only, no names.
 */

#include "archive_priv.h"
#include "bounds.h"
#include "codec.h"
#include "i18n.h"
#include "wire.h"

enum { F_REVISION = 1, F_TIME, F_REF };
enum { R_KIND = 1, R_NUM, R_COLUMN, R_POSITION, R_OWN };
enum { REFS_SHOWN = 20, DIFFS_SHOWN = 1000 };

static const int64_t life_us = (int64_t)IQ_LIMIT_ARCHIVE_DAYS * 86400 * 1000000;

/* ---- entries -------------------------------------------------------------------------------- */

static struct iq_str key_of(enum iq_kind kind, iq_num num, char out[IQ_ARCHIVE_KEY])
{
	out[0] = 'a';
	out[1] = (char)kind;
	for (int i = 0; i < 4; i++)
		out[2 + i] = (char)(num >> (24 - 8 * i));
	return (struct iq_str){out, IQ_ARCHIVE_KEY};
}

bool iq_archive_push(struct iq_archive_entry *e, struct iq_arena *arena, struct iq_taken taken)
{
	for (size_t i = 0; i < e->n; i++) {
		const struct iq_taken *t = &e->taken[i];

		if (t->kind == taken.kind && t->num == taken.num && t->column == taken.column &&
			t->own == taken.own)
			return true;
	}
	if (e->n == e->cap) {
		size_t cap = e->cap ? 2 * e->cap : 16;
		struct iq_taken *grown = iq_arena_grow(
			arena, e->taken, e->cap * sizeof(*grown), cap * sizeof(*grown));

		if (grown == NULL)
			return false;
		e->taken = grown;
		e->cap = cap;
	}
	e->taken[e->n++] = taken;
	return true;
}

static bool parse_taken(struct iq_str bytes, struct iq_taken *out)
{
	uint64_t v[R_OWN + 1] = {0};
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&bytes, &f, &bad))
		if (f.field <= R_OWN && f.type == IQ_WIRE_VARINT)
			v[f.field] = f.value;
	if (bad || v[R_KIND] >= IQ_KINDS || v[R_COLUMN] >= iq_schemas[v[R_KIND]].ncolumns)
		return false;
	*out = (struct iq_taken){(enum iq_kind)v[R_KIND], (iq_num)v[R_NUM], (int)v[R_COLUMN],
		(uint32_t)v[R_POSITION], v[R_OWN] != 0};
	return true;
}

/* arena: NULL: without the references. */
static bool parse(struct iq_str value, struct iq_arena *arena, struct iq_archive_entry *out)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_archive_entry){.revision = 0};
	while (iq_wire_next(&value, &f, &bad)) {
		struct iq_taken taken;

		if (f.field == F_REVISION)
			out->revision = f.value;
		else if (f.field == F_TIME)
			out->time_us = (int64_t)f.value;
		else if (f.field == F_REF && arena != NULL && parse_taken(f.bytes, &taken) &&
			 !iq_archive_push(out, arena, taken))
			return false;
	}
	return !bad && out->revision > 0;
}

bool iq_archive_store(
	struct iq_wtxn *w, enum iq_kind kind, iq_num num, const struct iq_archive_entry *e)
{
	char bytes[IQ_ARCHIVE_KEY];
	bool ok;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_uint(&b, F_REVISION, e->revision);
	iq_wire_uint(&b, F_TIME, (uint64_t)e->time_us);
	for (size_t i = 0; i < e->n; i++) {
		const struct iq_taken *t = &e->taken[i];
		size_t mark = iq_wire_begin(&b, F_REF);

		iq_wire_uint(&b, R_KIND, t->kind);
		iq_wire_uint(&b, R_NUM, t->num);
		iq_wire_uint(&b, R_COLUMN, (uint64_t)t->column);
		iq_wire_uint(&b, R_POSITION, t->position);
		iq_wire_bool(&b, R_OWN, t->own);
		iq_wire_end(&b, mark);
	}
	ok = !b.failed;
	if (ok)
		iq_table_put(w, IQ_TABLE_LIVING, key_of(kind, num, bytes),
			(struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return ok;
}

bool iq_archive_load(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena,
	struct iq_archive_entry *out)
{
	char bytes[IQ_ARCHIVE_KEY];
	struct iq_str value;

	return num != IQ_NONE &&
	       iq_table_get(t, IQ_TABLE_LIVING, key_of(kind, num, bytes), &value) &&
	       parse(value, arena, out);
}

static bool fresh(const struct iq_archive_entry *e, int64_t now_us)
{
	return e->time_us >= now_us - life_us;
}

bool iq_archived_get(
	struct iq_txn *t, enum iq_kind kind, iq_num num, int64_t now_us, struct iq_archived *out)
{
	struct iq_archive_entry e;

	if (!iq_archive_load(t, kind, num, NULL, &e) || !fresh(&e, now_us))
		return false;
	*out = (struct iq_archived){kind, num, e.revision, e.time_us};
	return true;
}

struct each {
	bool (*fn)(void *arg, const struct iq_archived *a);
	void *arg;
};

static bool each_entry(void *arg, struct iq_str key, struct iq_str value)
{
	const struct each *x = arg;
	struct iq_archived a = {.kind = IQ_KINDS};
	struct iq_archive_entry e;

	if (key.n != IQ_ARCHIVE_KEY || !parse(value, NULL, &e))
		return true;
	a.kind = (enum iq_kind)(uint8_t)key.p[1];
	for (int i = 0; i < 4; i++)
		a.num = a.num << 8 | (uint8_t)key.p[2 + i];
	a.revision = e.revision;
	a.time_us = e.time_us;
	return x->fn(x->arg, &a);
}

void iq_archived_each(struct iq_txn *t, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_archived *a), void *arg)
{
	struct each x = {fn, arg};
	char prefix[2] = {'a', (char)kind};

	iq_table_each(t, IQ_TABLE_LIVING, (struct iq_str){prefix, 2}, each_entry, &x);
}

bool iq_archived_rec(
	struct iq_txn *t, const struct iq_archived *a, struct iq_arena *arena, struct iq_rec *out)
{
	struct iq_image image;

	if (!iq_past_get(t, a->kind, a->num, a->revision - 1, &image))
		return false;
	*out = (struct iq_rec){.kind = a->kind};
	if (!iq_codec_read(out, image.all, arena) || !iq_rec_copy(out, arena))
		return false;
	out->revision = image.revision;
	return true;
}

void iq_archived_forget(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	char bytes[IQ_ARCHIVE_KEY];

	iq_table_put(w, IQ_TABLE_LIVING, key_of(kind, num, bytes), (struct iq_str){NULL, 0});
}

void iq_waiting_forget(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	char key[5] = {'h'};

	for (int i = 0; i < 4; i++)
		key[1 + i] = (char)(num >> (24 - 8 * i));
	if (kind == IQ_CONTACT)
		iq_table_put(w, IQ_TABLE_LIVING, (struct iq_str){key, sizeof(key)},
			(struct iq_str){NULL, 0});
}

/* ---- archive -------------------------------------------------------------------------------- */

struct work {
	struct iq_job *job;
	struct iq_wtxn *w;
	struct iq_txn *t;
	const struct iq_vocab *vocab;
	enum iq_kind kind;
	iq_num num;
	struct iq_str id;
	struct iq_diffs *diffs;
	struct iq_arena *arena; /* of the job */
	struct iq_arena tmp;    /* reset per record */
	struct iq_ref_list refs;
	struct iq_archive_entry entry;
};

bool iq_archive_spares(enum iq_kind kind, int column)
{
	return (kind == IQ_RESPONSIBILITY && column == IQ_RESP_CONTACTS) ||
	       (kind == IQ_CONTACT && column == IQ_CONTACT_DEPUTY) ||
	       (kind == IQ_MEMBERSHIP && column == IQ_MEMBERSHIP_DEPUTY) ||
	       (kind == IQ_BALLOT && column == IQ_BALLOT_CONTACT);
}

/* Where the id stands in the column, or -1. */
static int64_t place_of(const struct iq_rec *rec, int column, struct iq_str id)
{
	const struct iq_value *v = &rec->col[column];

	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return i;
	return -1;
}

static bool refers_to_contacts(enum iq_kind kind, int column)
{
	const struct iq_column *c = &iq_schemas[kind].columns[column];

	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* A column that needs the record. Conditions, too, name facts: any mention counts. */
static bool needs(const struct work *x, const struct iq_rec *rec)
{
	if (x->kind != IQ_CONTACT)
		return true;
	for (int c = 0; c < (int)iq_schemas[rec->kind].ncolumns; c++)
		if (refers_to_contacts(rec->kind, c) && !iq_archive_spares(rec->kind, c) &&
			place_of(rec, c, x->id) >= 0)
			return true;
	return false;
}

static enum iq_err say_needed(struct work *x)
{
	const char *text = iq_arena_cstr(x->arena, x->id);
	const char *hint =
		x->kind == IQ_CONTACT
			? N_("Hand the contact over first: iqq handover {1} SUCCESSOR")
			: N_("Change or archive those first, or unite it with another: iqq merge "
			     "{0} {1} NEW");

	/* No number: it would count hidden ones. */
	return iq_error_set(&x->job->error, IQ_ERR_CONFLICT,
		N_("Other records need the record “{1}” of kind {0}: it cannot be archived."), hint,
		iq_schemas[x->kind].name, text ? text : "", NULL);
}

static enum iq_err check_needed(struct work *x)
{
	enum iq_err err = IQ_OK;
	size_t shown = 0;

	for (size_t i = 0; i < x->refs.n; i++) {
		const struct iq_ref *ref = &x->refs.a[i];
		struct iq_candidate c = {.kind = iq_str(iq_schemas[ref->kind].name)};
		struct iq_rec rec;

		iq_arena_reset(&x->tmp);
		if (!iq_rec_get(x->t, ref->kind, ref->num, &x->tmp, &rec) || !needs(x, &rec))
			continue;
		if (err == IQ_OK)
			err = say_needed(x);
		if (shown++ == REFS_SHOWN)
			break;
		c.id = iq_rec_text(&rec, IQ_COL_ID);
		if (ref->kind != IQ_CONTACT)
			c.name = iq_rec_name(&rec, false);
		iq_error_add_candidate(&x->job->error, &c);
	}
	return err;
}

static bool show(struct work *x, const struct iq_rec *before, const struct iq_rec *after)
{
	return x->diffs->n >= DIFFS_SHOWN || iq_diffs_add(x->diffs, before, after, x->arena);
}

/* The column without the value at `at`. */
static bool cut_out(struct work *x, struct iq_rec *rec, int column, uint32_t at)
{
	struct iq_value *v = &rec->col[column];
	struct iq_str *kept = iq_arena_array(&x->tmp, v->n, sizeof(*kept));
	uint32_t n = 0;

	if (kept == NULL)
		return false;
	for (uint32_t i = 0; i < v->n; i++)
		if (i != at)
			kept[n++] = v->v[i];
	*v = (struct iq_value){kept, n};
	return true;
}

static enum iq_err take_off(struct work *x, const struct iq_ref *ref)
{
	struct iq_rec before, after;

	iq_arena_reset(&x->tmp);
	if (ref->kind == x->kind && ref->num == x->num)
		return IQ_OK;
	if (!iq_rec_load(x->t, ref->kind, ref->num, &x->tmp, &before))
		return x->tmp.failed ? iq_no_memory(&x->job->error) : iq_txn_error(x->t, NULL);
	after = before;
	for (int c = 0; c < (int)iq_schemas[ref->kind].ncolumns; c++) {
		int64_t at = refers_to_contacts(ref->kind, c) ? place_of(&after, c, x->id) : -1;

		if (at < 0)
			continue;
		if (!cut_out(x, &after, c, (uint32_t)at) ||
			!iq_archive_push(&x->entry, x->arena,
				(struct iq_taken){ref->kind, ref->num, c, (uint32_t)at, false}))
			return iq_no_memory(&x->job->error);
	}
	if (!show(x, &before, &after))
		return iq_no_memory(&x->job->error);
	iq_rec_put(x->w, ref->num, &after, &x->tmp);
	return iq_txn_error(x->t, NULL);
}

static enum iq_err archive(struct work *x)
{
	struct iq_image was;
	struct iq_rec rec;
	enum iq_err err = check_needed(x);

	if (err != IQ_OK)
		return err;
	if (x->kind == IQ_REGION && x->num == x->vocab->root &&
		iq_wtxn_state(x->w)->count[IQ_REGION] > 1)
		return iq_error_set(&x->job->error, IQ_ERR_CONFLICT,
			N_("The topmost region cannot be archived while there are others."), NULL,
			NULL);
	if (!iq_rec_load(x->t, x->kind, x->num, x->arena, &rec) ||
		!iq_diffs_add(x->diffs, &rec, NULL, x->arena))
		return iq_no_memory(&x->job->error);
	iq_job_writes(x->job);
	for (size_t i = 0; i < x->refs.n && err == IQ_OK; i++)
		err = take_off(x, &x->refs.a[i]);
	if (err != IQ_OK)
		return err;
	iq_rec_remove(x->w, x->kind, x->num, x->arena);
	iq_waiting_forget(x->w, x->kind, x->num);
	x->entry.revision = iq_wtxn_state(x->w)->revision + 1;
	x->entry.time_us = x->job->change.time_us;
	/* What came into being in this very change has no past to come back from. */
	if (iq_past_get(x->t, x->kind, x->num, x->entry.revision - 1, &was) &&
		!iq_archive_store(x->w, x->kind, x->num, &x->entry))
		return iq_no_memory(&x->job->error);
	return iq_txn_error(x->t, NULL);
}

enum iq_err iq_apply_archive(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct work x = {.job = job,
		.w = w,
		.t = iq_wtxn_txn(w),
		.vocab = vocab,
		.kind = kind,
		.diffs = diffs,
		.arena = arena};
	enum iq_err err;

	x.num = iq_id_find(x.t, kind, id);
	if (x.num == IQ_NONE)
		return iq_not_found(&job->error, kind, id, arena);
	iq_arena_init(&x.tmp, 0);
	/* As stored: it may have been written as an older, united one. */
	x.id = iq_arena_dup(arena, iq_id_of(x.t, kind, x.num));
	iq_ref_list_fill(&x.refs, x.t, kind, x.num);
	err = x.refs.failed || arena->failed ? iq_no_memory(&job->error) : archive(&x);
	iq_ref_list_free(&x.refs);
	iq_arena_free(&x.tmp);
	return err;
}
