/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: rows by id; institutions by name; responsibilities and notices by what they say. Ids for
 * what is new.
 */

#include <stdlib.h>
#include <sys/random.h>

#include "bounds.h"
#include "codec.h"
#include "i18n.h"
#include "sync_priv.h"

void iq_sync_match(
	struct iq_sync_priv *p, struct iq_sync_row *row, struct iq_stored *s, enum iq_sync_by by)
{
	row->stored = (uint32_t)(s - p->stored) + 1;
	row->by = by;
	row->id = iq_rec_text(&s->rec, IQ_COL_ID);
	s->row = (uint32_t)(row - p->rows) + 1;
}

/* ---- by id ----------------------------------------------------------------------------------- */

bool iq_sync_was_own(struct iq_sync_priv *p, enum iq_kind kind, iq_num num)
{
	static const int owner[IQ_KINDS] = {[IQ_CONTACT] = IQ_CONTACT_INSTITUTION,
		[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION,
		[IQ_NOTICE] = IQ_NOTICE_INSTITUTION};
	struct iq_sync *s = p->s;
	struct iq_rec rec = {.kind = kind};
	struct iq_image image;
	iq_num institution;
	size_t at;

	if (owner[kind] == 0 || iq_image_get(p->t, kind, num, &image) ||
		!iq_past_last(p->t, kind, num, &image, NULL) ||
		!iq_codec_read(&rec, image.all, p->arena))
		return false;
	institution = iq_id_find(p->t, IQ_INSTITUTION, iq_rec_text(&rec, owner[kind]));
	return iq_sync_in_scope(p, institution, &at) && s->sees_archived(s->ctx, institution);
}

static void by_id(struct iq_sync_priv *p, struct iq_sync_row *row)
{
	struct iq_str id = row->cell[IQ_COL_ID];
	struct iq_stored *s;
	iq_num num;
	bool merged;

	if (!iq_slug_valid(id)) {
		iq_sync_say(p, row, IQ_COL_ID, id, N_("This is no valid id, or it is too long."),
			(struct iq_str){NULL, 0});
		return;
	}
	num = iq_id_reserved(p->t, row->kind, id, &merged);
	s = iq_sync_stored(p, row->kind, num);
	if (s != NULL && s->row != 0) {
		iq_sync_say(p, row, IQ_COL_ID, id,
			N_("This record is there twice, first in line {0}."),
			iq_str(iq_arena_printf(
				p->arena, "%u", (unsigned)p->rows[s->row - 1].line)));
		return;
	}
	if (s != NULL) {
		iq_sync_match(p, row, s, IQ_SYNC_BY_ID);
		return;
	}
	if (row->kind == IQ_INSTITUTION)
		iq_sync_say(p, row, IQ_COL_ID, id,
			N_("This is neither the institution whose list it is ({0}) nor one below "
			   "it."),
			iq_id_of(p->t, IQ_INSTITUTION, p->s->institution));
	else if (num != IQ_NONE && (merged || !iq_sync_was_own(p, row->kind, num)))
		iq_sync_say(p, row, IQ_COL_ID, id, N_("This id is taken. Choose another one."),
			(struct iq_str){NULL, 0});
	else
		row->id = id;
}

void iq_sync_ids(struct iq_sync_priv *p, enum iq_kind kind)
{
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];

		if (row->kind == kind && !row->bad && row->cell[IQ_COL_ID].n > 0)
			by_id(p, row);
	}
}

/* ---- by what they say ------------------------------------------------------------------------ */

/* Columns of the wide key, and how many of them make the narrow one. */
struct key {
	int col[6];
	size_t n, narrow;
};

static const struct key keys[IQ_KINDS] = {
	[IQ_INSTITUTION] = {{IQ_INSTITUTION_NAME_DE}, 1, 1},
	[IQ_RESPONSIBILITY] = {{IQ_RESP_INSTITUTION, IQ_RESP_TASK, IQ_RESP_REGION, IQ_RESP_ROLE,
				       IQ_RESP_STATUSES, IQ_RESP_CONDITION},
		6, 4},
	[IQ_NOTICE] = {{IQ_NOTICE_INSTITUTION, IQ_NOTICE_EFFECT, IQ_NOTICE_TASK, IQ_NOTICE_REGION,
			       IQ_NOTICE_STATUSES, IQ_NOTICE_CONDITION},
		6, 4},
};

static int by_bytes(const void *a, const void *b)
{
	return iq_str_cmp(*(const struct iq_str *)a, *(const struct iq_str *)b);
}

/* The values of a set in order. */
static void key_value(struct iq_sync_priv *p, struct iq_buf *b, const struct iq_rec *rec, int col)
{
	const struct iq_value *v = &rec->col[col];
	struct iq_str *sorted = iq_arena_array(p->arena, v->n, sizeof(*sorted));

	if (sorted == NULL)
		return;
	if (v->n > 0)
		memcpy(sorted, v->v, v->n * sizeof(*sorted));
	if (v->n > 1)
		qsort(sorted, v->n, sizeof(*sorted), by_bytes);
	for (uint32_t i = 0; i < v->n; i++) {
		iq_buf_str(b, rec->kind == IQ_INSTITUTION ? iq_sync_fold(p, sorted[i]) : sorted[i]);
		iq_buf_byte(b, ';');
	}
	iq_buf_byte(b, '\n');
}

static struct iq_str key_of(struct iq_sync_priv *p, const struct iq_rec *rec, size_t n)
{
	struct iq_buf b;
	struct iq_str key;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		key_value(p, &b, rec, keys[rec->kind].col[i]);
	key = iq_arena_dup(p->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return key;
}

/* Does the list say all of the key? */
static bool says(const struct iq_sync_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!(row->given & UINT32_C(1) << keys[row->kind].col[i]))
			return false;
	}
	return true;
}

/*
 * Is the row looked for by this key? In the archive by the narrow one only if the list has no more
 * to say: who names other statuses means something else than what was archived.
 */
static bool asks(const struct iq_sync_row *row, size_t n, enum iq_sync_place place)
{
	const struct key *k = &keys[row->kind];

	return iq_sync_free(row) && row->id.n == 0 && says(row, n) &&
	       !(place != IQ_SYNC_ALIVE && n < k->n && says(row, k->n));
}

/* The only one with this key that is not matched yet. more: there are several. */
static uint32_t only_one(const struct iq_sync_priv *p, const struct iq_sync_index *x,
	struct iq_str key, bool of_rows, bool *more)
{
	uint32_t at = 0, what, found = 0;

	*more = false;
	while (iq_sync_index_next(x, key, &at, &what)) {
		if (of_rows ? !iq_sync_free(&p->rows[what]) : p->stored[what].row != 0)
			continue;
		if (found != 0) {
			*more = true;
			return 0;
		}
		found = what + 1;
	}
	return found;
}

/* Rows that say the same in every part of the key: which one counts? */
static void find_twins(struct iq_sync_priv *p, enum iq_kind kind)
{
	struct iq_sync_index seen;

	iq_sync_index_init(&seen, p->arena, p->nrows);
	for (uint32_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];
		uint32_t at = 0, first;

		if (row->kind != kind || !iq_sync_free(row) || row->id.n > 0 ||
			!says(row, keys[kind].narrow))
			continue;
		struct iq_str key = key_of(p, &row->list, keys[kind].n);

		if (iq_sync_index_next(&seen, key, &at, &first))
			iq_sync_say(p, row, -1, (struct iq_str){NULL, 0},
				N_("This record is there twice, first in line {0}."),
				iq_str(iq_arena_printf(
					p->arena, "%u", (unsigned)p->rows[first].line)));
		else
			iq_sync_index_add(&seen, key, i);
	}
}

static void round_of(struct iq_sync_priv *p, enum iq_kind kind, size_t n, enum iq_sync_place place)
{
	struct iq_sync_index stored, rows;
	bool more;

	iq_sync_index_init(&stored, p->arena, p->nstored);
	iq_sync_index_init(&rows, p->arena, p->nrows);
	for (uint32_t i = 0; i < p->nstored; i++)
		if (p->stored[i].kind == kind && p->stored[i].row == 0 &&
			iq_sync_place(&p->stored[i]) == place)
			iq_sync_index_add(&stored, key_of(p, &p->stored[i].rec, n), i);
	for (uint32_t i = 0; i < p->nrows; i++)
		if (p->rows[i].kind == kind && asks(&p->rows[i], n, place))
			iq_sync_index_add(&rows, key_of(p, &p->rows[i].list, n), i);
	for (uint32_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];

		if (row->kind != kind || !asks(row, n, place))
			continue;
		struct iq_str key = key_of(p, &row->list, n);
		uint32_t s = only_one(p, &stored, key, false, &more);

		if (s != 0 && only_one(p, &rows, key, true, &more) == i + 1)
			iq_sync_match(p, row, &p->stored[s - 1], IQ_SYNC_BY_KEY);
	}
}

void iq_sync_keys(struct iq_sync_priv *p, enum iq_kind kind)
{
	find_twins(p, kind);
	round_of(p, kind, keys[kind].n, IQ_SYNC_ALIVE);
	if (keys[kind].narrow != keys[kind].n)
		round_of(p, kind, keys[kind].narrow, IQ_SYNC_ALIVE);
	if (kind != IQ_INSTITUTION) {
		round_of(p, kind, keys[kind].n, IQ_SYNC_ARCHIVED);
		round_of(p, kind, keys[kind].narrow, IQ_SYNC_ARCHIVED);
		round_of(p, kind, keys[kind].n, IQ_SYNC_GONE);
		round_of(p, kind, keys[kind].narrow, IQ_SYNC_GONE);
		return;
	}
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];

		if (row->kind == kind && iq_sync_free(row))
			iq_sync_say(p, row, IQ_INSTITUTION_NAME_DE,
				row->cell[IQ_INSTITUTION_NAME_DE],
				N_("There is no such institution here. New ones are founded by an "
				   "administrator or the region's coordinator."),
				(struct iq_str){NULL, 0});
	}
}

/* ---- new ids --------------------------------------------------------------------------------- */

static int by_row(const void *a, const void *b)
{
	const struct iq_sync_made *m = a, *n = b;

	return (m->row > n->row) - (m->row < n->row);
}

/* What the plan made for this row; they are in order. */
static struct iq_sync_made *made_before(const struct iq_sync *s, uint32_t row)
{
	const struct iq_sync_made key = {.row = row};

	return s->nmade ? bsearch(&key, s->made, s->nmade, sizeof(key), by_row) : NULL;
}

/* Says nothing about the person. */
static struct iq_str random_id(struct iq_sync_priv *p)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t bytes[16];
	char id[2 + sizeof(bytes) + 1] = "c-";

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return (struct iq_str){NULL, 0};
	for (size_t i = 0; i < sizeof(bytes); i++)
		id[2 + i] = digits[bytes[i] & 31];
	return iq_arena_dup(p->arena, (struct iq_str){id, 2 + sizeof(bytes)});
}

static bool is_taken(struct iq_sync_priv *p, const struct iq_sync_index *mine, enum iq_kind kind,
	struct iq_str id)
{
	uint32_t at = 0, what;
	bool merged;

	return iq_id_reserved(p->t, kind, id, &merged) != IQ_NONE ||
	       iq_sync_index_next(mine, id, &at, &what);
}

/* Ids that were made, and the next number to try behind each beginning. */
struct made {
	struct iq_sync_index ids, beginnings;
	unsigned *next;
	size_t n, cap;
};

static unsigned *next_of(struct iq_sync_priv *p, struct made *m, struct iq_str beginning)
{
	uint32_t at = 0, what;
	void *list = m->next;

	if (iq_sync_index_next(&m->beginnings, beginning, &at, &what))
		return &m->next[what];
	unsigned *to = iq_sync_grow(p, &list, m->n, &m->cap, sizeof(*to));

	m->next = list;
	if (to == NULL)
		return NULL;
	*to = 1;
	iq_sync_index_add(&m->beginnings, iq_arena_dup(p->arena, beginning), (uint32_t)m->n++);
	return to;
}

/* Institution, task or effect, region; a number if that is taken. */
static struct iq_str speaking_id(
	struct iq_sync_priv *p, struct made *m, const struct iq_sync_row *row)
{
	enum { SUFFIX = 12 };
	const struct key *k = &keys[row->kind];
	struct iq_buf b;
	struct iq_str id = {NULL, 0};

	unsigned *next;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < 3; i++) {
		struct iq_str part = iq_rec_text(&row->list, k->col[i]);

		if (part.n > 0 && b.n > 0)
			iq_buf_byte(&b, '-');
		iq_buf_str(&b, part);
	}
	if (b.n > IQ_LIMIT_ID - SUFFIX)
		b.n = IQ_LIMIT_ID - SUFFIX;
	while (b.n > 0 && b.p[b.n - 1] == '-')
		b.n--;
	next = next_of(p, m, (struct iq_str){(const char *)b.p, b.n});
	while (next != NULL && !p->arena->failed && *next < 1000000) {
		unsigned i = (*next)++;

		id = iq_str(
			i == 1 ? iq_arena_printf(p->arena, "%.*s", (int)b.n, (char *)b.p)
			       : iq_arena_printf(p->arena, "%.*s-%u", (int)b.n, (char *)b.p, i));
		if (!is_taken(p, &m->ids, row->kind, id))
			break;
	}
	iq_buf_free(&b);
	return id;
}

static void remember(struct iq_sync_priv *p, uint32_t row, struct iq_str id)
{
	struct iq_sync *s = p->s;
	struct iq_sync_made *before = made_before(s, row), *to;
	void *list = s->made;

	if (before != NULL) {
		before->id = id;
		return;
	}
	to = iq_sync_grow(p, &list, s->nmade, &s->cap_made, sizeof(*to));
	s->made = list;
	if (to == NULL)
		return;
	*to = (struct iq_sync_made){row, id};
	s->nmade++;
	/* Rows come in order of kind: only a plan that changed since puts one in between. */
	if (s->nmade > 1 && to[-1].row > row)
		qsort(s->made, s->nmade, sizeof(*s->made), by_row);
}

static struct iq_str new_id(struct iq_sync_priv *p, struct made *m, uint32_t at)
{
	struct iq_sync_row *row = &p->rows[at];
	const struct iq_sync_made *before = made_before(p->s, at);
	struct iq_str id = before ? before->id : (struct iq_str){NULL, 0};

	if (id.n > 0 && !is_taken(p, &m->ids, row->kind, id))
		return id;
	id = row->kind == IQ_CONTACT ? random_id(p) : speaking_id(p, m, row);
	if (id.n == 0)
		p->err = iq_no_memory(&p->s->job->error);
	else
		remember(p, at, id);
	return id;
}

void iq_sync_make_ids(struct iq_sync_priv *p, enum iq_kind kind)
{
	struct made mine = {.n = 0};

	iq_sync_index_init(&mine.ids, p->arena, p->nrows);
	iq_sync_index_init(&mine.beginnings, p->arena, p->nrows);
	for (uint32_t i = 0; i < p->nrows; i++)
		if (p->rows[i].kind == kind && iq_sync_free(&p->rows[i]))
			iq_sync_index_add(&mine.ids, p->rows[i].id, i);
	for (uint32_t i = 0; i < p->nrows && p->err == IQ_OK; i++) {
		struct iq_sync_row *row = &p->rows[i];

		if (row->kind != kind || !iq_sync_free(row) || row->id.n > 0)
			continue;
		row->id = new_id(p, &mine, i);
		iq_sync_index_add(&mine.ids, row->id, i);
	}
}
