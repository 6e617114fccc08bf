/* SPDX-License-Identifier: Apache-2.0 */
/* What a record was, and who changed it: as far as the caller may see it today. */
#include "ballots.h"

enum { HISTORY_ENTRIES = 2, HISTORY_TRUNCATED };
enum {
	ENTRY_REVISION = 1,
	ENTRY_TIME,
	ENTRY_PRINCIPAL,
	ENTRY_OPERATION,
	ENTRY_REASON,
	ENTRY_CHANGES,
	ENTRY_WITHHELD
};
enum { MOST = 1000, USUAL = 50 };

/* One state of the record. */
struct version {
	struct iq_image image;
	uint64_t until; /* the revision that ended it; 0: it is so now */
	bool read;      /* what follows is filled */
	bool visible;
	struct iq_rec raw, shown; /* as stored; as the caller may see it */
};

struct history {
	struct iq_req *rq;
	enum iq_kind kind;
	struct version *v; /* newest first */
	size_t n, cap;
	size_t most; /* versions that are needed */
	size_t written, limit;
	bool truncated;
};

static bool keep(struct history *h, const struct iq_image *image, uint64_t until)
{
	if (h->n == h->cap) {
		size_t cap = h->cap ? 2 * h->cap : 16;
		struct version *v =
			iq_arena_grow(h->rq->arena, h->v, h->cap * sizeof(*v), cap * sizeof(*v));

		if (v == NULL)
			return false;
		h->v = v;
		h->cap = cap;
	}
	h->v[h->n++] = (struct version){.image = *image, .until = until};
	return h->n < h->most;
}

static bool keep_past(void *arg, const struct iq_image *image, uint64_t superseded)
{
	return keep(arg, image, superseded);
}

/* ---- what they may see ----------------------------------------------------------------------- */

/* The record inside a Record message. */
static struct iq_str inner(struct iq_str record, enum iq_kind kind)
{
	return iq_image_field(record, iq_codec_record_field(kind));
}

static bool is_now(const struct version *v)
{
	return v->until == 0;
}

static void look(struct history *h, struct version *v)
{
	struct iq_req *rq = h->rq;
	struct iq_buf b;

	if (v->read)
		return;
	v->read = true;
	v->raw.kind = v->shown.kind = h->kind;
	iq_buf_init(&b, 0);
	v->visible = is_now(v) ? iq_disclose_record(rq, h->kind, v->image.num, &b)
			       : iq_disclose_past(rq, &v->image, &b);
	if (v->visible && !b.failed) {
		struct iq_str bytes =
			iq_arena_dup(rq->arena, (struct iq_str){(const char *)b.p, b.n});

		v->visible = iq_codec_read(&v->raw, v->image.all, rq->arena) &&
			     iq_codec_read(&v->shown, inner(bytes, h->kind), rq->arena);
	}
	iq_buf_free(&b);
}

/* ---- differences ----------------------------------------------------------------------------- */

static struct iq_str cell(struct history *h, const struct iq_rec *rec, size_t column)
{
	return rec ? iq_rec_write_cell(rec, (int)column, h->rq->arena) : (struct iq_str){NULL, 0};
}

static void write_change(struct history *h, struct iq_str id, const char *column,
	struct iq_str before, struct iq_str after)
{
	struct iq_buf *out = h->rq->out;
	size_t mark = iq_wire_begin(out, ENTRY_CHANGES);

	iq_wire_str(out, 1, iq_str(iq_schemas[h->kind].name));
	iq_wire_str(out, 2, id);
	iq_wire_str(out, 3, iq_str(column));
	iq_wire_str(out, 4, before);
	iq_wire_str(out, 5, after);
	iq_wire_end(out, mark);
}

static bool names_contacts(const struct iq_column *c)
{
	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* What differs between two versions, NULL: none. Returns how many; *withheld: there is more. */
static size_t differences(
	struct history *h, const struct version *was, const struct version *is, bool *withheld)
{
	const struct iq_schema *schema = &iq_schemas[h->kind];
	const struct iq_rec *raw[2] = {was ? &was->raw : NULL, is ? &is->raw : NULL};
	const struct iq_rec *shown[2] = {was ? &was->shown : NULL, is ? &is->shown : NULL};
	struct iq_str id = iq_image_id(is ? &is->image : &was->image), none = {NULL, 0};
	size_t n = 0;

	if (was == NULL || is == NULL)
		write_change(h, id, "", was ? id : none, is ? id : none);
	for (size_t c = 1; c < schema->ncolumns; c++) {
		struct iq_str r0 = cell(h, raw[0], c), r1 = cell(h, raw[1], c);
		struct iq_str s0 = cell(h, shown[0], c), s1 = cell(h, shown[1], c);

		if (iq_str_eq(r0, r1))
			continue;
		/* A reference to somebody hidden, and what a workshop does not show: as if it had
		 * never been there. */
		bool whole = iq_str_eq(r0, s0) && iq_str_eq(r1, s1);

		if (!whole && !names_contacts(&schema->columns[c]) && !iq_kind_in_circle(h->kind)) {
			*withheld = true;
			continue;
		}
		if (iq_str_eq(s0, s1))
			continue;
		write_change(h, id, schema->columns[c].name, s0, s1);
		n++;
	}
	return n + (was == NULL || is == NULL);
}

/* From one version to the next; one of them may be none. */
static void entry(struct history *h, uint64_t revision, struct version *was, struct version *is)
{
	struct iq_req *rq = h->rq;
	struct iq_log_entry log;
	size_t before = rq->out->n;
	bool withheld = false;

	if (h->written == h->limit || rq->out->n > IQ_LIMIT_PAGE) {
		h->truncated = true;
		return;
	}
	if (was != NULL)
		look(h, was);
	if (is != NULL)
		look(h, is);
	if ((was != NULL && !was->visible) || (is != NULL && !is->visible) ||
		!iq_log_get(rq->txn, revision, &log, NULL, NULL))
		return;
	size_t mark = iq_wire_begin(rq->out, HISTORY_ENTRIES);

	iq_wire_uint(rq->out, ENTRY_REVISION, revision);
	iq_wire_uint(rq->out, ENTRY_TIME, (uint64_t)log.time_us);
	iq_wire_str(rq->out, ENTRY_PRINCIPAL, log.principal);
	iq_wire_str(rq->out, ENTRY_OPERATION, log.operation);
	iq_wire_str(rq->out, ENTRY_REASON, iq_poll_reason(rq, log.operation, log.reason));
	size_t n = differences(h, was, is, &withheld);

	iq_wire_bool(rq->out, ENTRY_WITHHELD, withheld);
	iq_wire_end(rq->out, mark);
	if (n == 0 && !withheld)
		rq->out->n = before; /* nothing of it is for the caller */
	else
		h->written++;
}

static void write_entries(struct history *h)
{
	struct version *newer = h->n > 0 && is_now(&h->v[0]) ? &h->v[0] : NULL;

	for (size_t i = newer ? 1 : 0; i < h->n && !h->truncated; i++) {
		struct version *v = &h->v[i];

		if (newer != NULL && newer->image.revision == v->until) {
			entry(h, v->until, v, newer);
		} else {
			/* Deleted then, and perhaps added again later. */
			if (newer != NULL)
				entry(h, newer->image.revision, NULL, newer);
			if (!h->truncated)
				entry(h, v->until, v, NULL);
		}
		newer = v;
	}
	if (newer != NULL && !h->truncated && h->n < h->most)
		entry(h, newer->image.revision, NULL, newer);
	else if (h->n == h->most)
		h->truncated = true;
}

/* ---- the operation --------------------------------------------------------------------------- */

static enum iq_err not_found(struct iq_req *rq, enum iq_kind kind)
{
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
		N_("There is no record “{1}” of kind {0}."), N_("Look for it with: iqq search {1}"),
		iq_schemas[kind].name, iq_req_cstr(rq, iq_str(rq->msg->history->id)), NULL);
}

/* All versions that may be needed; false: there is no such record for the caller. */
static bool gather(struct history *h)
{
	struct iq_req *rq = h->rq;
	struct iq_str id = iq_str(rq->msg->history->id);
	iq_num num = iq_id_find(rq->txn, h->kind, id);
	struct iq_image now;
	bool merged;

	if (num != IQ_NONE && iq_image_get(rq->txn, h->kind, num, &now)) {
		/* Found by a name that is not shown would tell of it. */
		if (!iq_record_known(rq, h->kind, num))
			return false;
		(void)keep(h, &now, 0);
		iq_past_each(rq->txn, h->kind, num, keep_past, h);
		return true;
	}
	num = iq_id_reserved(rq->txn, h->kind, id, &merged);
	if (num == IQ_NONE || merged)
		return false;
	iq_past_each(rq->txn, h->kind, num, keep_past, h);
	return h->n > 0 && iq_past_may(rq, &h->v[0].image);
}

enum iq_err iq_op_history(struct iq_req *rq)
{
	const Iq__V1__HistoryRequest *in = rq->msg->history;
	struct history h = {.rq = rq};
	bool given;
	enum iq_err err = iq_req_kind(rq, iq_str(in->kind), &h.kind);

	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &given);
	if (err != IQ_OK)
		return err;
	h.limit = in->limit == 0 ? USUAL : in->limit > MOST ? MOST : in->limit;
	h.most = h.limit + 2; /* each entry compares with the version before */
	if (!gather(&h))
		return not_found(rq, h.kind);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	write_entries(&h);
	if (h.written == 0 && !h.truncated && rq->error->code == IQ_OK)
		return not_found(rq, h.kind);
	iq_wire_bool(rq->out, HISTORY_TRUNCATED, h.truncated);
	return iq_req_finish(rq);
}
