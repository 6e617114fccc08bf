/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confirming, archiving and reviving: several records in one change. Everything is decided before
 * the first record is written.
 */
#include "archive.h"
#include "date.h"
#include "handover.h"
#include "write.h"

struct named {
	enum iq_kind kind;
	struct iq_str id;
};

struct several {
	struct iq_right *r;
	struct named *a;
	size_t n;
};

enum iq_err iq_write_no_memory(struct iq_right *r)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_BUSY, N_("There is not enough memory."),
		N_("Try again."), NULL);
}

static void add(struct several *s, enum iq_kind kind, struct iq_str id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->a[i].kind == kind && iq_str_eq(s->a[i].id, id))
			return;
	s->a[s->n++] = (struct named){kind, id};
}

/* Each once; a kind that is not named stays IQ_KINDS. */
static enum iq_err collect(struct several *s, struct iq_right *r)
{
	const Iq__V1__WriteRequest *in = r->job->msg->write;
	enum iq_kind kind = in->kind[0] != '\0' ? iq_kind_by_name(iq_str(in->kind)) : IQ_KINDS;

	*s = (struct several){.r = r};
	s->a = iq_arena_array(&r->job->arena, in->n_ids + 1, sizeof(*s->a));
	if (s->a == NULL)
		return iq_write_no_memory(r);
	if (in->id[0] != '\0')
		add(s, kind, iq_str(in->id));
	for (size_t i = 0; i < in->n_ids; i++)
		add(s, kind, iq_str(in->ids[i]));
	return IQ_OK;
}

/* One entry of the audit names one subject; more are counted. */
static void note(struct several *s)
{
	for (size_t i = 0; i < s->n; i++)
		iq_veil_note(s->r, s->a[i].kind, s->a[i].id);
	if (s->n < 2)
		return;
	s->r->job->job.audit.subject = IQ_NONE;
	s->r->job->job.audit.classes = (struct iq_str){NULL, 0};
	s->r->job->job.audit.count = s->n;
}

bool iq_write_take(struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_diffs *one,
	struct iq_diffs *all)
{
	iq_veil_diffs(r, kind, id, one);
	if (all->n + one->n > all->cap) {
		size_t cap = 2 * (all->n + one->n);
		struct iq_diff *d = iq_arena_grow(
			&r->job->arena, all->d, all->cap * sizeof(*d), cap * sizeof(*d));

		if (d == NULL)
			return false;
		all->d = d;
		all->cap = cap;
	}
	if (one->n > 0)
		memcpy(all->d + all->n, one->d, one->n * sizeof(*one->d));
	all->n += one->n;
	return true;
}

/* ---- confirm -------------------------------------------------------------------------------- */

static int confirmed_column(enum iq_kind kind)
{
	return kind == IQ_RESPONSIBILITY ? (int)IQ_RESP_CONFIRMED_ON
	       : kind == IQ_STATUS       ? (int)IQ_STATUS_CONFIRMED_ON
					 : -1;
}

static enum iq_err find_confirmed(struct several *s, struct named *n)
{
	struct iq_txn *t = s->r->txn;
	struct iq_error *error = &s->r->job->job.error;
	const char *id = iq_arena_cstr(&s->r->job->arena, n->id);

	if (n->kind == IQ_KINDS)
		n->kind = iq_id_find(t, IQ_RESPONSIBILITY, n->id) == IQ_NONE &&
					  iq_id_find(t, IQ_STATUS, n->id) != IQ_NONE
				  ? IQ_STATUS
				  : IQ_RESPONSIBILITY;
	if (confirmed_column(n->kind) < 0)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("Records of kind {0} are not confirmed."),
			N_("Responsibilities and statuses are: iqq confirm ID …"),
			iq_schemas[n->kind].name, NULL);
	if (iq_id_find(t, n->kind, n->id) != IQ_NONE)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no record “{1}” of kind {0}."),
		N_("Look for it with: iqq search {1}"), iq_schemas[n->kind].name, id ? id : "",
		NULL);
}

/* Today, in the record as it was named. False: no memory. */
static bool today(struct iq_right *r, const struct named *n, struct iq_rec *rec)
{
	struct iq_str *v = iq_arena_array(&r->job->arena, 2, sizeof(*v));
	char *text = iq_arena_alloc(&r->job->arena, 11);
	int column = confirmed_column(n->kind);

	if (v == NULL || text == NULL || column < 0)
		return false;
	iq_date_format(r->job->today, text);
	v[0] = n->id;
	v[1] = iq_str(text);
	*rec = (struct iq_rec){.kind = n->kind, .given = 1u | 1u << column};
	rec->col[IQ_COL_ID] = (struct iq_value){v, 1};
	rec->col[column] = (struct iq_value){v + 1, 1};
	return true;
}

enum iq_err iq_write_confirm(struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs)
{
	struct several s;
	struct iq_rec rec;
	enum iq_err err = collect(&s, r);

	for (size_t i = 0; i < s.n && err == IQ_OK; i++) {
		err = find_confirmed(&s, &s.a[i]);
		if (err == IQ_OK)
			err = today(r, &s.a[i], &rec) ? iq_right_put(r, &rec)
						      : iq_write_no_memory(r);
	}
	for (size_t i = 0; i < s.n && err == IQ_OK; i++) {
		struct iq_diffs one = {.d = NULL};

		err = today(r, &s.a[i], &rec) ? iq_apply_put(&r->job->job, w, r->vocab, &rec, false,
							&one, &r->job->arena)
					      : iq_write_no_memory(r);
		if (err == IQ_OK && !iq_write_take(r, s.a[i].kind, s.a[i].id, &one, diffs))
			err = iq_write_no_memory(r);
	}
	return err;
}

/* ---- what goes with it ----------------------------------------------------------------------- */

enum { DROPPED_CONTACT = 1, DROPPED_ON };

void iq_write_dropped(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_buf *out = &r->job->job.answer;
	struct iq_waiting waiting;
	char on[11];

	if (kind != IQ_CONTACT ||
		!iq_waiting_get(r->txn, iq_id_find(r->txn, kind, id), &r->job->arena, &waiting))
		return;
	size_t mark = iq_wire_begin(out, IQ_WRITE_DROPPED);

	iq_date_format(waiting.on, on);
	iq_wire_str(out, DROPPED_CONTACT, id);
	iq_wire_str(out, DROPPED_ON, iq_str(on));
	iq_wire_end(out, mark);
}

/* ---- archive -------------------------------------------------------------------------------- */

enum iq_err iq_write_archive(struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs)
{
	uint64_t based_on = r->job->msg->write->based_on;
	struct several s;
	enum iq_err err = collect(&s, r);

	for (size_t i = 0; i < s.n && err == IQ_OK; i++) {
		const struct named *n = &s.a[i];

		err = iq_based_gone(r, w, n->kind, n->id, NULL, based_on);
		if (err == IQ_OK)
			err = iq_veil_target(r, n->kind, n->id, iq_right_whole(r, n->kind, n->id));
		if (err == IQ_OK)
			err = iq_based_whole(r, w, n->kind, n->id, based_on);
	}
	if (err == IQ_OK)
		note(&s);
	for (size_t i = 0; i < s.n && err == IQ_OK; i++) {
		const struct named *n = &s.a[i];
		struct iq_diffs one = {.d = NULL};

		iq_write_dropped(r, n->kind, n->id);
		err = iq_apply_archive(
			&r->job->job, w, r->vocab, n->kind, n->id, &one, &r->job->arena);
		err = iq_veil_conflict(r, n->kind, n->id, err);
		if (err == IQ_OK && !iq_write_take(r, n->kind, n->id, &one, diffs))
			err = iq_write_no_memory(r);
	}
	return err;
}

/* ---- revive --------------------------------------------------------------------------------- */

static enum iq_err say_none(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_error *error = &r->job->job.error;
	const char *text = iq_arena_cstr(&r->job->arena, id);
	const char *days = iq_arena_printf(&r->job->arena, "%d", IQ_LIMIT_ARCHIVE_DAYS);

	iq_error_init(error, &r->job->arena);
	return iq_error_set(error, IQ_ERR_NOT_FOUND,
		N_("There is no archived record “{1}” of kind {0}."),
		N_("Archived records can be revived for {2} days. What became of it: iqq history "
		   "{0} {1}"),
		iq_schemas[kind].name, text ? text : "", days ? days : "", NULL);
}

/* Of a contact everything must be open to who brings it back, as for any change. */
static bool in_full(struct iq_right *r, const struct iq_image *image)
{
	struct iq_req rq = iq_veil_reader(r);
	struct iq_contact_view c;

	return image->kind != IQ_CONTACT ||
	       (iq_contact_view_of(image, &c) && iq_contact_level(&rq, &c, IQ_FULL) == IQ_FULL);
}

static uint32_t all_columns(enum iq_kind kind)
{
	return (UINT32_C(1) << iq_schemas[kind].ncolumns) - 1;
}

enum iq_err iq_write_gone(struct iq_right *r, enum iq_kind kind, iq_num num)
{
	struct iq_image image;
	struct iq_rec rec = {.kind = kind};

	if (!iq_past_last(r->txn, kind, num, &image, NULL) || !in_full(r, &image) ||
		!iq_codec_read(&rec, iq_arena_dup(&r->job->arena, image.all), &r->job->arena))
		return IQ_ERR_NOT_FOUND;
	rec.given = all_columns(kind);
	return iq_right_add(r, &rec);
}

enum iq_err iq_write_archived(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_rec *out)
{
	struct iq_archived a;
	struct iq_image image;
	bool merged;
	iq_num num = iq_id_reserved(r->txn, kind, id, &merged);
	enum iq_err err;

	/* Who may not bring it back does not learn that there was one. */
	if (merged || !iq_archived_get(r->txn, kind, num, r->job->now_us, &a) ||
		iq_id_find(r->txn, kind, id) != IQ_NONE ||
		!iq_past_get(r->txn, kind, num, a.revision - 1, &image) || !in_full(r, &image) ||
		!iq_archived_rec(r->txn, &a, &r->job->arena, out))
		return r->job->arena.failed ? iq_write_no_memory(r) : say_none(r, kind, id);
	out->given = all_columns(kind);
	err = iq_right_add(r, out);
	return err == IQ_ERR_DENIED ? say_none(r, kind, id) : err;
}

enum iq_err iq_write_revive(struct iq_right *r, struct iq_wtxn *w, struct iq_diffs *diffs)
{
	struct several s;
	struct iq_rec rec;
	enum iq_err err = collect(&s, r);

	for (size_t i = 0; i < s.n && err == IQ_OK; i++)
		err = iq_write_archived(r, s.a[i].kind, s.a[i].id, &rec);
	for (size_t i = 0; i < s.n && err == IQ_OK; i++) {
		const struct named *n = &s.a[i];
		struct iq_diffs one = {.d = NULL};

		err = iq_apply_revive(
			&r->job->job, w, r->vocab, n->kind, n->id, &one, &r->job->arena);
		err = iq_veil_conflict(r, n->kind, n->id, err);
		if (err == IQ_OK && !iq_write_take(r, n->kind, n->id, &one, diffs))
			err = iq_write_no_memory(r);
	}
	if (err == IQ_OK)
		note(&s);
	return err;
}
