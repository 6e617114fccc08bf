/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: records of the institution that others deleted since its list was made. They are compared
 * as the list knew them, so that a row that still names one does not add it again unasked.
 */

#include "archive.h"
#include "codec.h"
#include "sync_priv.h"

/* ---- one record ------------------------------------------------------------------------------ */

struct last {
	struct iq_image image;
	uint64_t superseded;
};

struct vanishing {
	iq_num num;
	bool found;
};

static bool on_vanishing(void *arg, iq_num contact)
{
	struct vanishing *v = arg;

	v->found = v->found || v->num == contact;
	return !v->found;
}

/* Neither alive nor in the archive, united with another or about to vanish for good. */
static bool is_gone(struct iq_sync_priv *p, enum iq_kind kind, iq_num num, struct last *last)
{
	struct vanishing v = {.num = num};
	struct iq_archived archived;
	struct iq_image alive;
	bool merged = false;

	*last = (struct last){.superseded = 0};
	if (iq_image_get(p->t, kind, num, &alive) ||
		iq_archived_get(p->t, kind, num, p->s->now_us, &archived))
		return false;
	if (!iq_past_last(p->t, kind, num, &last->image, &last->superseded))
		return false;
	(void)iq_id_reserved(p->t, kind, iq_image_id(&last->image), &merged);
	if (!merged && kind == IQ_CONTACT)
		iq_erase_each(p->t, on_vanishing, &v);
	return !merged && !v.found;
}

static iq_num owner_of(struct iq_sync_priv *p, enum iq_kind kind, const struct iq_image *image)
{
	struct iq_rec rec = {.kind = kind};
	struct iq_str owner;

	if (!iq_codec_read(&rec, image->all, p->arena))
		return IQ_NONE;
	owner = iq_rec_text(&rec, iq_sync_owner_column(kind));
	return owner.n ? iq_id_find(p->t, IQ_INSTITUTION, owner) : IQ_NONE;
}

/* As it was at the end of this revision; nothing if it was not there then, or is hidden. */
static void put(
	struct iq_sync_priv *p, enum iq_kind kind, iq_num num, uint64_t at, const struct last *last)
{
	struct iq_stored *e = iq_sync_stored_new(p, kind, num);
	size_t where;

	if (e == NULL || !iq_sync_past(p, e, at, &e->rec))
		return;
	struct iq_str owner = iq_rec_text(&e->rec, iq_sync_owner_column(kind));

	e->institution = owner.n ? iq_id_find(p->t, IQ_INSTITUTION, owner) : IQ_NONE;
	e->archived = e->gone = true;
	e->revision = last->superseded;
	if (iq_sync_in_scope(p, e->institution, &where) &&
		p->s->sees_archived(p->s->ctx, e->institution))
		(void)iq_sync_stored_keep(p, e);
}

/* ---- where they are found -------------------------------------------------------------------- */

static bool is_new(struct iq_sync_priv *p, enum iq_kind kind, iq_num num)
{
	return p->in_list[kind] && kind != IQ_INSTITUTION && num != IQ_NONE &&
	       iq_sync_stored(p, kind, num) == NULL;
}

/* The revision at which the list knew of it; 0: none. */
static uint64_t known_at(
	struct iq_sync_priv *p, enum iq_kind kind, iq_num num, const struct last *last)
{
	const struct iq_stored e = {.kind = kind,
		.num = num,
		.institution = owner_of(p, kind, &last->image),
		.own = iq_sync_own_get(p, kind, num)};

	return iq_sync_base(p, &e, IQ_COL_ID);
}

/* Had by the list, or by a delta. */
static bool on_own(void *arg, enum iq_kind kind, iq_num num)
{
	struct iq_sync_priv *p = arg;
	struct last last;

	if (is_new(p, kind, num) && is_gone(p, kind, num, &last)) {
		uint64_t at = known_at(p, kind, num, &last);

		put(p, kind, num, at != 0 ? at : p->s->plan_revision, &last);
	}
	return p->err == IQ_OK && !p->arena->failed;
}

struct removed {
	struct iq_sync_priv *p;
	uint64_t since[IQ_KINDS];
};

/* Most were removed before the list was made: those are not looked at. */
static bool on_removed(void *arg, enum iq_kind kind, iq_num num, uint64_t revision)
{
	const struct removed *x = arg;

	return revision <= x->since[kind] || on_own(x->p, kind, num);
}

static void removed_of(struct iq_sync_priv *p, iq_num institution)
{
	struct removed x = {.p = p};

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		uint64_t at = p->in_list[k]
				      ? iq_sync_base_at(p, (enum iq_kind)k, institution, IQ_COL_ID)
				      : UINT64_MAX;

		if (at == 0)
			at = p->s->plan_revision;
		x.since[k] = at != 0 ? at : UINT64_MAX;
	}
	iq_removed_each(p->t, institution, on_removed, &x);
}

/* Left deleted by an earlier list. */
static bool on_left(void *arg, enum iq_kind kind, iq_num num)
{
	struct iq_sync_priv *p = arg;
	struct last last;

	if (is_new(p, kind, num) && is_gone(p, kind, num, &last))
		put(p, kind, num, last.superseded - 1, &last);
	return p->err == IQ_OK && !p->arena->failed;
}

/*
 * Without a state to compare with, an id of the list tells that its record was known. What a sync
 * took away, and is in the archive no more, was the institution's own doing.
 */
static void by_id(struct iq_sync_priv *p, const struct iq_sync_row *row)
{
	struct iq_str id = row->cell[IQ_COL_ID];
	struct iq_log_entry log;
	struct last last;
	bool merged;
	iq_num num;

	if (row->bad || id.n == 0)
		return;
	num = iq_id_reserved(p->t, row->kind, id, &merged);
	if (is_new(p, row->kind, num) && !merged && is_gone(p, row->kind, num, &last) &&
		known_at(p, row->kind, num, &last) == 0 &&
		iq_log_get(p->t, last.superseded, &log, NULL, NULL) &&
		!iq_str_is(log.operation, "sync"))
		put(p, row->kind, num, last.superseded - 1, &last);
}

void iq_sync_gone(struct iq_sync_priv *p)
{
	iq_sync_left_each(p->t, 'o', p->s->institution, on_own, p);
	for (size_t i = 0; i < p->nscope && p->err == IQ_OK; i++)
		removed_of(p, p->scope[i]);
	iq_sync_left_each(p->t, 'g', p->s->institution, on_left, p);
	for (size_t i = 0; i < p->nrows && p->err == IQ_OK; i++)
		by_id(p, &p->rows[i]);
	if (p->err == IQ_OK && p->arena->failed)
		p->err = iq_no_memory(&p->s->job->error);
}
