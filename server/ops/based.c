/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes that name the revision they are based on: nobody overwrites what somebody else changed
 * meanwhile without having seen it. Values are told as far as the caller may read them now.
 */
#include "write.h"

enum { VERSIONS = 1000 /* looked through for who changed a field */ };

/* ---- a record at one time ------------------------------------------------------------------- */

static struct iq_str inner(struct iq_str record, enum iq_kind kind)
{
	return iq_image_field(record, iq_codec_record_field(kind));
}

static bool names_contacts(const struct iq_column *c)
{
	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* Drops references to contacts that are hidden from the caller. */
static bool filter(struct iq_req *rq, struct iq_rec *rec, uint64_t since)
{
	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++) {
		struct iq_value *v = &rec->col[c];
		struct iq_str *kept;
		uint32_t n = 0;

		if (!names_contacts(&iq_schemas[rec->kind].columns[c]) || v->n == 0)
			continue;
		kept = iq_arena_array(rq->arena, v->n, sizeof(*kept));
		if (kept == NULL)
			return false;
		for (uint32_t i = 0; i < v->n; i++)
			if (iq_contact_known(rq, v->v[i], since))
				kept[n++] = v->v[i];
		*v = (struct iq_value){kept, n};
	}
	return true;
}

static bool read_side(struct iq_right *r, const struct iq_image *image, bool now, struct iq_side *s)
{
	struct iq_arena *arena = &r->job->arena;
	struct iq_req rq = iq_veil_reader(r);
	struct iq_buf b;
	bool ok, seen;

	s->there = true;
	s->revision = image->revision;
	iq_buf_init(&b, 0);
	seen = now ? iq_disclose_peek(&rq, image->kind, image->num, &b)
		   : iq_disclose_past_peek(&rq, image, &b);
	ok = !b.failed;
	if (ok && seen) {
		struct iq_str bytes = iq_arena_dup(arena, (struct iq_str){(char *)b.p, b.n});

		ok = iq_codec_read(&s->shown, inner(bytes, image->kind), arena);
	}
	iq_buf_free(&b);
	/* Copied: what is written later moves what lies in the map. */
	ok = ok && iq_codec_read(&s->raw, iq_arena_dup(arena, image->all), arena);
	s->known = s->raw;
	return ok && filter(&rq, &s->known, now ? UINT64_MAX : image->revision) && !arena->failed;
}

static void empty_side(struct iq_side *s, enum iq_kind kind)
{
	*s = (struct iq_side){.there = false};
	s->raw.kind = s->known.kind = s->shown.kind = kind;
}

bool iq_side_now(struct iq_right *r, enum iq_kind kind, iq_num num, struct iq_side *out)
{
	struct iq_image image;

	empty_side(out, kind);
	if (num == IQ_NONE || !iq_image_get(r->txn, kind, num, &image))
		return iq_txn_error(r->txn, NULL) == IQ_OK;
	return read_side(r, &image, true, out);
}

bool iq_side_past(
	struct iq_right *r, enum iq_kind kind, iq_num num, uint64_t revision, struct iq_side *out)
{
	struct iq_image image;

	empty_side(out, kind);
	if (num == IQ_NONE || !iq_past_get(r->txn, kind, num, revision, &image))
		return iq_txn_error(r->txn, NULL) == IQ_OK;
	return read_side(r, &image, false, out);
}

/* ---- who changed it ------------------------------------------------------------------------- */

struct search {
	struct iq_arena *arena;
	size_t column;
	uint64_t since;
	struct iq_str value; /* of the newer version */
	uint64_t revision;   /* that made the newer version */
	unsigned left;
};

/* The cell as it is stored: its fields one behind the other. */
static struct iq_str bytes_of(struct search *s, const struct iq_image *image)
{
	struct iq_rec rec = {.kind = image->kind};

	if (!iq_codec_read(&rec, image->all, s->arena))
		return (struct iq_str){NULL, 0};
	return iq_rec_write_cell(&rec, (int)s->column, s->arena);
}

static bool look_at(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct search *s = arg;
	struct iq_str value = bytes_of(s, image);

	if (superseded <= s->since || s->left-- == 0)
		return false;
	s->revision = superseded;
	if (!iq_str_eq(value, s->value))
		return false;
	s->value = value;
	return true;
}

/* The revision that gave a column its present value; 0: not known. */
static uint64_t changed_by(struct iq_right *r, enum iq_kind kind, iq_num num, size_t column,
	uint64_t since, bool *gone)
{
	struct search s = {
		.arena = &r->job->arena, .column = column, .since = since, .left = VERSIONS};
	struct iq_image now;

	*gone = !iq_image_get(r->txn, kind, num, &now);
	if (!*gone) {
		s.value = bytes_of(&s, &now);
		s.revision = now.revision;
	}
	iq_past_each(r->txn, kind, num, look_at, &s);
	return s.revision;
}

static struct iq_str cell(struct iq_right *r, const struct iq_rec *rec, size_t column)
{
	return iq_rec_write_cell(rec, (int)column, &r->job->arena);
}

void iq_conflicts_add(struct iq_right *r, iq_num num, uint32_t columns, const struct iq_side *base,
	const struct iq_side *theirs, const struct iq_rec *mine, uint64_t since)
{
	enum iq_kind kind = base->raw.kind;
	const struct iq_rec *any = theirs->there ? &theirs->raw : &base->raw;
	bool whole = base->there != theirs->there, gone;

	for (size_t c = 0; c < iq_schemas[kind].ncolumns; c++) {
		struct iq_log_entry log = {.revision = 0};
		struct iq_conflict x = {
			.kind = iq_str(iq_schemas[kind].name), .id = iq_rec_text(any, IQ_COL_ID)};

		if (whole ? c != IQ_COL_ID : !(columns & UINT32_C(1) << c))
			continue;
		if (!whole)
			x.column = iq_str(iq_schemas[kind].columns[c].name);
		x.was = cell(r, &base->shown, c);
		x.theirs = cell(r, &theirs->shown, c);
		if (mine != NULL)
			x.mine = cell(r, mine, c);
		x.revision = changed_by(r, kind, num, c, since, &gone);
		if (x.revision > 0 && iq_log_get(r->txn, x.revision, &log, NULL, NULL)) {
			x.principal = log.principal;
			x.time_us = log.time_us;
		}
		iq_error_add_conflict(&r->job->job.error, &x);
	}
	if (kind == IQ_CONTACT)
		iq_veil_owe(r, num);
}

/* ---- based on ------------------------------------------------------------------------------- */

static enum iq_err check_revision(struct iq_right *r, struct iq_wtxn *w, uint64_t revision)
{
	if (revision <= iq_wtxn_state(w)->revision)
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_USAGE,
		N_("There is no revision {0} yet: nothing can be based on it."),
		N_("The revision of a record is shown by: iqq get KIND ID"),
		iq_arena_printf(&r->job->arena, "%llu", (unsigned long long)revision), NULL);
}

static enum iq_err say(struct iq_right *r, const struct iq_rec *rec, uint64_t now, const char *hint)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
		N_("The record “{1}” of kind {0} was changed by somebody else in the meantime."),
		hint, iq_schemas[rec->kind].name,
		iq_arena_cstr(&r->job->arena, iq_rec_text(rec, IQ_COL_ID)),
		iq_arena_printf(&r->job->arena, "%llu", (unsigned long long)now), NULL);
}

enum iq_err iq_based_gone(struct iq_right *r, struct iq_wtxn *w, enum iq_kind kind,
	struct iq_str id, const struct iq_rec *mine, uint64_t based_on)
{
	struct iq_error *error = &r->job->job.error;
	const char *text = iq_arena_cstr(&r->job->arena, id);
	struct iq_side base, theirs;
	struct iq_rec was;
	bool merged;
	iq_num num = iq_id_reserved(r->txn, kind, id, &merged);
	enum iq_err err = based_on != 0 ? check_revision(r, w, based_on) : IQ_OK;

	if (err != IQ_OK || id.n == 0 || iq_id_find(r->txn, kind, id) != IQ_NONE)
		return err;
	if (iq_write_archived(r, kind, id, &was) != IQ_OK) {
		iq_error_init(error, error->arena);
		return IQ_OK; /* what is to be done says that there is none */
	}
	empty_side(&theirs, kind);
	if (!iq_side_past(r, kind, num, based_on, &base))
		return iq_write_no_memory(r);
	if (based_on == 0 || !base.there)
		return iq_error_set(error, IQ_ERR_NOT_FOUND,
			N_("There is no record “{1}” of kind {0}."),
			N_("It is in the archive. Bring it back: iqq revive {0} {1}"),
			iq_schemas[kind].name, text ? text : "", NULL);
	err = iq_error_set(error, IQ_ERR_CONFLICT,
		N_("The record “{1}” of kind {0} was archived by somebody else in the meantime."),
		N_("Bring it back: iqq revive {0} {1}"), iq_schemas[kind].name, text ? text : "",
		NULL);
	iq_conflicts_add(r, num, 1, &base, &theirs, mine, based_on);
	return err;
}

/* IQ_OK and *same: nobody changed it. */
static enum iq_err sides(struct iq_right *r, struct iq_wtxn *w, const struct iq_rec *rec,
	uint64_t based_on, iq_num *num, struct iq_side side[2], bool *same)
{
	struct iq_image now;
	enum iq_err err = based_on != 0 ? check_revision(r, w, based_on) : IQ_OK;

	*same = true;
	if (based_on == 0 || err != IQ_OK)
		return err;
	*num = iq_id_find(r->txn, rec->kind, iq_rec_text(rec, IQ_COL_ID));
	if (!iq_image_get(r->txn, rec->kind, *num, &now) || now.revision <= based_on)
		return IQ_OK;
	*same = false;
	return iq_side_past(r, rec->kind, *num, based_on, &side[0]) &&
			       iq_side_now(r, rec->kind, *num, &side[1])
		       ? IQ_OK
		       : iq_write_no_memory(r);
}

enum iq_err iq_based_put(
	struct iq_right *r, struct iq_wtxn *w, struct iq_rec *rec, uint64_t based_on, bool merge)
{
	struct iq_side side[2];
	struct iq_three three;
	iq_num num;
	bool same;
	enum iq_err err = sides(r, w, rec, based_on, &num, side, &same);

	if (err != IQ_OK || same)
		return err;
	iq_three_way(&side[0].known, &side[1].known, rec, &three);
	uint32_t bad = three.conflicts | (merge && side[0].there ? 0 : three.theirs);

	if (bad == 0) {
		rec->given &= ~three.theirs;
		return IQ_OK;
	}
	err = say(r, rec, side[1].revision,
		three.conflicts == 0
			? N_("Nobody wrote into the same fields: the same command with --merge "
			     "takes both.")
			: N_("To write yours over it nevertheless: the same command with --base "
			     "{2}"));
	/* What is not given stays as it was. */
	struct iq_rec mine = side[0].shown;

	iq_rec_merge(&mine, rec);
	iq_conflicts_add(r, num, bad, &side[0], &side[1], &mine, based_on);
	return err;
}

enum iq_err iq_based_whole(struct iq_right *r, struct iq_wtxn *w, enum iq_kind kind,
	struct iq_str id, uint64_t based_on)
{
	struct iq_rec rec = {.kind = kind, .col[IQ_COL_ID] = {&id, 1}};
	struct iq_side side[2];
	struct iq_three three;
	iq_num num;
	bool same;
	enum iq_err err = sides(r, w, &rec, based_on, &num, side, &same);

	if (err != IQ_OK || same)
		return err;
	iq_three_way(&side[0].known, &side[1].known, &rec, &three);
	if (three.theirs == 0)
		return IQ_OK;
	err = say(r, &rec, side[1].revision,
		N_("If it is to go nevertheless: the same command with --base {2}"));
	iq_conflicts_add(r, num, three.theirs, &side[0], &side[1], NULL, based_on);
	return err;
}
