/* SPDX-License-Identifier: Apache-2.0 */
/* Writing records with their indexes, past and log. */

#include <stdio.h>

#include "codec.h"
#include "store_priv.h"

void iq_change_begin(struct iq_wtxn *w, const struct iq_change *c)
{
	w->change = *c;
	w->revision = w->t.state.revision + 1;
	w->nruns = 0;
	w->touched = 0;
}

void iq_change_end(struct iq_wtxn *w)
{
	if (w->bulk != NULL)
		iq_bulk_end(w);
	if (w->t.err != IQ_OK || w->touched == 0)
		return;
	iq_log_write(w);
	w->t.state.revision = w->revision;
	w->touched = 0;
	w->nruns = 0;
}

/* The stored record, copied out of the map, because writing may move its page. */
struct stored {
	bool exists;
	struct iq_image image;
	struct iq_str raw;
	struct iq_rec rec;
	struct iq_ikeys keys;
};

static struct iq_str buf_str(const struct iq_buf *b)
{
	return (struct iq_str){(const char *)b->p, b->n};
}

static void load(struct iq_wtxn *w, enum iq_kind kind, iq_num num, struct iq_arena *arena,
	struct stored *out)
{
	struct iq_kb k = iq_key_num(kind, num);
	struct iq_txn *t = &w->t;
	struct iq_str raw;

	out->exists = false;
	out->rec.kind = kind;
	if (!iq_get(t, IQ_TAB_REC, iq_kb_key(&k), &raw))
		return;
	iq_buf_reset(&w->old, SIZE_MAX);
	iq_buf_str(&w->old, raw);
	out->raw = buf_str(&w->old);
	if (w->old.failed) {
		iq_txn_refuse(t, IQ_ERR_BUSY, "no memory");
		return;
	}
	if (!iq_image_parse(out->raw, &out->image) || out->image.kind != kind ||
		out->image.num != num || !iq_codec_read(&out->rec, out->image.all, arena)) {
		iq_txn_refuse(t, arena->failed ? IQ_ERR_BUSY : IQ_ERR_INTERNAL,
			"a record image is damaged");
		return;
	}
	out->exists = true;
}

static void put_le(uint8_t *p, uint64_t v, size_t n)
{
	memcpy(p, &v, n);
}

/* The image of rec in w->image. steps: see struct iq_image. */
static void encode(
	struct iq_wtxn *w, iq_num num, const struct iq_rec *rec, uint64_t born, unsigned steps)
{
	struct iq_buf *b = &w->image;
	uint8_t header[IQ_IMAGE_HEADER] = {0};
	size_t at = IQ_IMAGE_HEADER;

	iq_buf_reset(b, SIZE_MAX);
	iq_buf_add(b, header, sizeof(header));
	header[0] = IQ_IMAGE_VERSION;
	header[1] = (uint8_t)rec->kind;
	header[2] = (uint8_t)steps;
	put_le(header + 4, num, 4);
	put_le(header + 8, w->revision, 8);
	put_le(header + 16, born, 8);
	for (size_t i = 0; i < IQ_SEGMENTS; i++) {
		iq_codec_segment(b, rec, (enum iq_segment)i);
		put_le(header + 24 + 4 * i, b->n - at, 4);
		at = b->n;
	}
	if (b->failed)
		iq_txn_refuse(&w->t, IQ_ERR_BUSY, "no memory for an image");
	else
		memcpy(b->p, header, sizeof(header));
}

static void mark_vocabulary(struct iq_wtxn *w, enum iq_kind kind)
{
	if (iq_schemas[kind].vocabulary || kind == IQ_NOTICE)
		w->t.state.vocab_revision = w->revision;
}

static void dangling(struct iq_wtxn *w, const struct iq_rec *rec, int column)
{
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	char text[160];

	if (w->t.err != IQ_OK)
		return;
	snprintf(text, sizeof(text), "%s %.*s: %s cannot be stored", iq_schemas[rec->kind].name,
		(int)(id.n < 96 ? id.n : 96), id.n ? id.p : "",
		column >= 0 ? iq_schemas[rec->kind].columns[column].name : "?");
	iq_txn_refuse(&w->t, IQ_ERR_REJECTED, text);
}

/* Both lists are sorted: removes what is only in `old`, puts what is new or has another value. */
static void apply_keys(struct iq_wtxn *w, const struct iq_ikeys *old, const struct iq_ikeys *new_)
{
	size_t i = 0, k = 0;

	while (i < old->n || k < new_->n) {
		int c = i == old->n ? 1 : k == new_->n ? -1 : iq_ikey_cmp(&old->k[i], &new_->k[k]);

		if (c < 0) {
			iq_del(w, old->k[i].tab, old->k[i].key);
		} else if (c > 0 || !iq_str_eq(old->k[i].value, new_->k[k].value)) {
			iq_put(w, new_->k[k].tab, new_->k[k].key, new_->k[k].value, 0);
		}
		i += c <= 0;
		k += c >= 0;
	}
}

/* What is there again is not archived any more. */
static void leave_archive(struct iq_wtxn *w, enum iq_kind kind, iq_num num)
{
	struct iq_kb k = iq_key_archived(kind, num);

	iq_del(w, IQ_TAB_LIVING, iq_kb_key(&k));
}

/* ---- what was removed of an institution -------------------------------------------------------
 */

static int owner_column(enum iq_kind kind)
{
	return kind == IQ_CONTACT          ? (int)IQ_CONTACT_INSTITUTION
	       : kind == IQ_RESPONSIBILITY ? (int)IQ_RESP_INSTITUTION
	       : kind == IQ_NOTICE         ? (int)IQ_NOTICE_INSTITUTION
					   : -1;
}

static void note_removed(struct iq_wtxn *w, const struct iq_rec *rec, iq_num num)
{
	int column = owner_column(rec->kind);
	struct iq_str owner = column < 0 ? (struct iq_str){NULL, 0} : iq_rec_text(rec, column);
	iq_num institution = owner.n ? iq_id_find(&w->t, IQ_INSTITUTION, owner) : IQ_NONE;

	if (institution == IQ_NONE)
		return;
	struct iq_kb k = iq_key_removed(institution, rec->kind, num);

	iq_put(w, IQ_TAB_LIVING, iq_kb_key(&k),
		(struct iq_str){(const char *)&w->revision, sizeof(w->revision)}, 0);
}

void iq_removed_each(struct iq_txn *t, iq_num institution,
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num, uint64_t revision), void *arg)
{
	struct iq_kb k = iq_key_removed(institution, IQ_INSTITUTION, IQ_NONE);
	struct iq_walk x;
	uint64_t revision;

	for (iq_walk_begin(&x, t, IQ_TAB_LIVING, iq_kb_key(&k), 5); x.ok; iq_walk_next(&x)) {
		unsigned kind = x.key.n == IQ_REMOVED_KEY ? (uint8_t)x.key.p[5] : IQ_KINDS;

		if (kind >= IQ_KINDS || x.value.n != sizeof(revision))
			continue;
		memcpy(&revision, x.value.p, sizeof(revision));
		if (!fn(arg, (enum iq_kind)kind, iq_be32(x.key.p + 6), revision))
			break;
	}
	iq_walk_end(&x);
}

/* A record whose number was never given, in a bulk: neither stored nor archived. */
static void put_fresh(
	struct iq_wtxn *w, iq_num num, const struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_kb k = iq_key_num(rec->kind, num);
	int column;

	if (!iq_index_each(&w->t, rec, num, arena, iq_bulk_collect, w, &column)) {
		dangling(w, rec, column);
		return;
	}
	encode(w, num, rec, w->revision, 0);
	iq_bulk_append(w, iq_kb_key(&k), buf_str(&w->image));
	w->t.state.count[rec->kind]++;
	iq_log_touch(w, rec->kind, num, IQ_RUN_CREATED);
	mark_vocabulary(w, rec->kind);
}

/* Columns of a responsibility that no index key is made of. */
static bool is_plain(enum iq_kind kind, size_t col)
{
	return kind == IQ_RESPONSIBILITY &&
	       (col == IQ_RESP_LEGAL_BASIS || col == IQ_RESP_SOURCE || col == IQ_RESP_NOTE ||
		       col == IQ_RESP_CONFIRMED_ON);
}

/* Do both have the same index keys? False: perhaps. */
static bool same_keys(const struct iq_rec *a, const struct iq_rec *b)
{
	if (a->kind != IQ_RESPONSIBILITY)
		return false;
	for (size_t c = 0; c < iq_schemas[a->kind].ncolumns; c++) {
		if (is_plain(a->kind, c))
			continue;
		if (a->col[c].n != b->col[c].n)
			return false;
		for (uint32_t i = 0; i < a->col[c].n; i++)
			if (!iq_str_eq(a->col[c].v[i], b->col[c].v[i]))
				return false;
	}
	return true;
}

/* The keys of both; none, if they are the same anyway. */
static void list_keys(struct iq_wtxn *w, struct stored *old, const struct iq_rec *rec, iq_num num,
	struct iq_arena *arena, struct iq_ikeys *keys)
{
	int column;

	old->keys = *keys = (struct iq_ikeys){.n = 0};
	if (old->exists && same_keys(&old->rec, rec))
		return;
	if (old->exists && !iq_index_list(&w->t, &old->rec, num, arena, &old->keys, &column))
		dangling(w, &old->rec, column);
	if (!iq_index_list(&w->t, rec, num, arena, keys, &column))
		dangling(w, rec, column);
}

void iq_rec_put(struct iq_wtxn *w, iq_num num, const struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_kb k = iq_key_num(rec->kind, num);
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	struct stored old;
	struct iq_ikeys keys;

	if (w->t.err != IQ_OK)
		return;
	if (id.n == 0 || num == IQ_NONE || num >= w->t.state.next[rec->kind]) {
		dangling(w, rec, IQ_COL_ID);
		return;
	}
	if (w->bulk != NULL && iq_bulk_fresh(w, rec->kind, num)) {
		put_fresh(w, num, rec, arena);
		return;
	}
	load(w, rec->kind, num, arena, &old);
	if (w->t.err != IQ_OK || (old.exists && iq_rec_equal(&old.rec, rec)))
		return;
	list_keys(w, &old, rec, num, arena, &keys);
	bool touched = old.exists ? old.image.revision == w->revision
				  : iq_past_removed_now(w, rec->kind, num);
	unsigned steps = !old.exists ? 0 : touched ? old.image.steps : iq_past_step(&old.image);

	/* Everything is encoded before the first write: rec may lie in the map. */
	encode(w, num, rec, old.exists ? old.image.born : w->revision, steps);
	if (w->t.err != IQ_OK)
		return;
	char own_id[IQ_KEY_MAX];
	struct iq_str keep = {own_id, id.n < sizeof(own_id) ? id.n : sizeof(own_id)};

	memcpy(own_id, id.p, keep.n);
	if (old.exists && !touched)
		iq_past_keep(w, &old.image, old.raw);
	iq_put(w, IQ_TAB_REC, iq_kb_key(&k), buf_str(&w->image), 0);
	apply_keys(w, &old.keys, &keys);
	if (!old.exists) {
		iq_id_store(w, rec->kind, keep, num, IQ_ID_ALIVE);
		w->t.state.count[rec->kind]++;
		leave_archive(w, rec->kind, num);
	}
	if (!touched)
		iq_log_touch(w, rec->kind, num, old.exists ? IQ_RUN_CHANGED : IQ_RUN_CREATED);
	mark_vocabulary(w, rec->kind);
}

void iq_rec_remove(struct iq_wtxn *w, enum iq_kind kind, iq_num num, struct iq_arena *arena)
{
	struct iq_kb k = iq_key_num(kind, num);
	struct iq_ikeys none = {.n = 0};
	struct stored old;
	int column;

	load(w, kind, num, arena, &old);
	if (w->t.err != IQ_OK || !old.exists)
		return;
	if (!iq_index_list(&w->t, &old.rec, num, arena, &old.keys, &column)) {
		dangling(w, &old.rec, column);
		return;
	}
	/* Written in this very change: what there was before it is in the past already. */
	bool touched = old.image.revision == w->revision;

	iq_past_keep_removed(w, &old.image, old.raw);
	iq_del(w, IQ_TAB_REC, iq_kb_key(&k));
	apply_keys(w, &old.keys, &none);
	iq_id_store(w, kind, iq_rec_text(&old.rec, IQ_COL_ID), num, 0);
	note_removed(w, &old.rec, num);
	w->t.state.count[kind]--;
	if (!touched)
		iq_log_touch(w, kind, num, IQ_RUN_REMOVED);
	mark_vocabulary(w, kind);
}
