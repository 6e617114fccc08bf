/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of records for list and export. */
#include "op.h"

/* The fields of the record message inside a Record. */
static struct iq_str record_fields(struct iq_str record, enum iq_kind kind)
{
	return iq_image_field(record, iq_codec_record_field(kind));
}

static bool write_as(
	struct iq_page *p, enum iq_kind kind, iq_num num, bool leaves, struct iq_buf *out)
{
	size_t start = out->n, mark = iq_wire_begin(out, p->field);
	bool ok = leaves ? iq_disclose_record(p->rq, kind, num, out)
			 : iq_disclose_peek(p->rq, kind, num, out);

	if (ok && p->still != NULL && !out->failed)
		ok = p->still(p->arg,
			record_fields((struct iq_str){(char *)out->p + mark, out->n - mark}, kind));
	if (ok)
		iq_wire_end(out, mark);
	else
		out->n = start;
	return ok;
}

/*
 * Writes the record to `out` as one element; false (and nothing written) if it is not for the
 * caller. leaves: `out` is the answer. A person is on record as seen only if the filters, too, let
 * the person through.
 */
static bool write_record(
	struct iq_page *p, enum iq_kind kind, iq_num num, bool leaves, struct iq_buf *out)
{
	size_t start = out->n;

	if (!leaves || kind != IQ_CONTACT || p->still == NULL)
		return write_as(p, kind, num, leaves, out);
	if (!write_as(p, kind, num, false, out))
		return false;
	out->n = start;
	return write_as(p, kind, num, true, out);
}

bool iq_page_add(struct iq_page *p, enum iq_kind kind, struct iq_str id, iq_num num)
{
	struct iq_image image;

	if (p->wanted != NULL) {
		if (!iq_image_get(p->rq->txn, kind, num, &image) || !p->wanted(p->arg, &image))
			return true;
	}
	if (!p->full) {
		if (!write_record(p, kind, num, true, p->rq->out))
			return !p->rq->out->failed;
		p->written++;
		p->last_kind = kind;
		p->last = id;
		p->full = p->written >= p->limit || p->rq->out->n - p->start >= IQ_LIMIT_PAGE;
	} else {
		iq_buf_reset(&p->probe, IQ_LIMIT_PAGE);
		if (!write_record(p, kind, num, false, &p->probe))
			return true;
		p->more = true;
	}
	p->total++;
	return !p->more || p->count;
}

void iq_page_write_cursor(struct iq_page *p, uint32_t field)
{
	char cursor[1 + IQ_LIMIT_ID + 64];

	if (!p->more || p->last.n > sizeof(cursor) - 1)
		return;
	cursor[0] = (char)(1 + p->last_kind);
	memcpy(cursor + 1, p->last.p, p->last.n);
	iq_wire_str(p->rq->out, field, (struct iq_str){cursor, 1 + p->last.n});
}

enum iq_err iq_page_read_cursor(
	struct iq_req *rq, ProtobufCBinaryData cursor, enum iq_kind *kind, struct iq_str *after)
{
	*kind = IQ_REGION;
	*after = (struct iq_str){NULL, 0};
	if (cursor.len == 0)
		return IQ_OK;
	*after = (struct iq_str){(const char *)cursor.data + 1, cursor.len - 1};
	if (cursor.data[0] < 1 || cursor.data[0] > IQ_KINDS || !iq_slug_valid(*after))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The position to go on from is not one that this server gave."),
			N_("Start again from the beginning."), NULL);
	*kind = (enum iq_kind)(cursor.data[0] - 1);
	return IQ_OK;
}
