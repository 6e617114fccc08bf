/* SPDX-License-Identifier: Apache-2.0 */
/* The choke point: what of a contact leaves the server (access.md "Confidentiality"). */
#include "date.h"
#include "op.h"

static int32_t date_or(struct iq_str s, int32_t open)
{
	int32_t days = open;

	if (s.n > 0 && !iq_date_parse(s, &days))
		return open;
	return days;
}

bool iq_contact_read(struct iq_req *rq, iq_num num, struct iq_contact_view *out)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_contact_view){.num = num,
		.visibility = IQ_INSTITUTION_ONLY, /* unless the record says otherwise */
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
	if (num == IQ_NONE || !iq_req_image(rq, IQ_CONTACT, num, &out->image))
		return false;
	struct iq_str rest = out->image.all;

	while (iq_wire_next(&rest, &f, &bad)) {
		switch (f.field) {
		case IQ_CONTACT_INSTITUTION + 1:
			out->institution = f.bytes;
			break;
		case IQ_CONTACT_VISIBILITY + 1: {
			int v = iq_choice(iq_visibility_names, f.bytes);

			if (v >= 0)
				out->visibility = (enum iq_visibility)v;
			break;
		}
		case IQ_CONTACT_VALID_FROM + 1:
			out->from = date_or(f.bytes, IQ_DATE_MIN);
			break;
		case IQ_CONTACT_VALID_TO + 1:
			out->to = date_or(f.bytes, IQ_DATE_MAX);
			break;
		default:
			break;
		}
	}
	return !bad;
}

/* The number of the owner; needed for rights only. */
static iq_num owner_of(struct iq_req *rq, const struct iq_contact_view *c)
{
	return c->institution.n ? iq_req_find(rq, IQ_INSTITUTION, c->institution) : IQ_NONE;
}

static bool grant_now(const struct iq_req *rq, const struct iq_grant *g)
{
	return g->from <= rq->today && rq->today <= g->to;
}

bool iq_contact_editor(struct iq_req *rq, const struct iq_contact_view *c)
{
	const struct iq_principal *p = rq->principal;

	if (p == NULL)
		return false;
	for (size_t i = 0; i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (g->role != IQ_ACCESS_EDITOR || !grant_now(rq, g) || g->region != IQ_NONE)
			continue;
		if (g->institution == IQ_NONE)
			return true;
		const struct iq_chain *chain = iq_req_chain(rq, owner_of(rq, c));

		for (size_t k = 0; k < chain->n; k++) {
			if (chain->owner[k] == g->institution)
				return true;
		}
	}
	return false;
}

static enum iq_disclosure level_at(
	struct iq_req *rq, const struct iq_contact_view *c, iq_num region)
{
	const struct iq_chain *chain = iq_req_chain(rq, owner_of(rq, c));
	struct iq_target target = {.institution = chain->n ? chain->owner[0] : IQ_NONE,
		.owners = chain->owner,
		.nowners = chain->n,
		.region = region,
		.visibility = c->visibility};

	return iq_disclosure(rq->principal, &target, rq->vocab, rq->today);
}

struct attached {
	struct iq_req *rq;
	const struct iq_contact_view *contact;
	enum iq_disclosure level, want;
	bool any; /* attached to a valid responsibility */
};

static bool attached_one(void *arg, enum iq_kind from, iq_num num)
{
	struct attached *a = arg;
	struct iq_req *rq = a->rq;
	struct iq_image image;

	if (from != IQ_RESPONSIBILITY || !iq_image_get(rq->txn, from, num, &image))
		return true;
	struct iq_str open = image.segment[IQ_SEGMENT_OPEN];

	if (date_or(iq_image_field(open, IQ_RESP_VALID_FROM + 1), IQ_DATE_MIN) > rq->today ||
		date_or(iq_image_field(open, IQ_RESP_VALID_TO + 1), IQ_DATE_MAX) < rq->today)
		return true;
	iq_num region = iq_id_find(rq->txn, IQ_REGION, iq_image_field(open, IQ_RESP_REGION + 1));
	enum iq_disclosure level = level_at(rq, a->contact, region);

	a->any = true;
	if (level > a->level)
		a->level = level;
	return a->level < a->want;
}

/* Only these roles look at regions. */
static bool regions_matter(const struct iq_req *rq)
{
	for (size_t i = 0; rq->principal != NULL && i < rq->principal->ngrants; i++) {
		const struct iq_grant *g = &rq->principal->grants[i];

		if ((g->role == IQ_ACCESS_READER || g->role == IQ_ACCESS_COORDINATOR) &&
			g->region != IQ_NONE && grant_now(rq, g))
			return true;
	}
	return false;
}

enum iq_disclosure iq_contact_level(
	struct iq_req *rq, const struct iq_contact_view *c, enum iq_disclosure want)
{
	if (c->visibility == IQ_PUBLIC)
		return IQ_FULL;
	if (iq_contact_editor(rq, c))
		return IQ_FULL;
	struct attached a = {.rq = rq, .contact = c, .level = IQ_HIDDEN, .want = want};

	if (regions_matter(rq))
		iq_each_ref(rq->txn, IQ_CONTACT, c->num, attached_one, &a);
	if (!a.any)
		a.level = level_at(rq, c, iq_req_chain(rq, owner_of(rq, c))->region);
	return a.level;
}

/* What callers get of a person; deputy, foreign ids and the information date stay inside. */
static void write_full(struct iq_req *rq, const struct iq_contact_view *c, uint32_t field)
{
	struct iq_str rest = c->image.all;
	struct iq_wire_field f;
	bool bad = false;
	size_t mark = iq_wire_begin(rq->out, field);

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == IQ_CONTACT_DEPUTY + 1 || f.field == IQ_CONTACT_EXTERNAL_ID + 1 ||
			f.field == IQ_CONTACT_INFORMED_ON + 1)
			continue;
		iq_wire_item(rq->out, f.field, f.bytes);
	}
	iq_wire_end(rq->out, mark);
}

static void write_withheld(struct iq_req *rq, const struct iq_contact_view *c, uint32_t field)
{
	struct iq_str rest = c->image.segment[IQ_SEGMENT_OUTLINE];
	struct iq_wire_field f;
	bool bad = false;
	size_t mark = iq_wire_begin(rq->out, field);

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == IQ_CONTACT_FUNCTION + 1)
			iq_wire_item(rq->out, 1, f.bytes);
		else if (f.field == IQ_CONTACT_LANGUAGES + 1)
			iq_wire_item(rq->out, 2, f.bytes);
	}
	iq_wire_str(rq->out, 3, iq_str(iq_visibility_names[c->visibility]));
	iq_wire_str(rq->out, 4, c->institution);
	iq_wire_end(rq->out, mark);
}

void iq_disclose_contact(
	struct iq_req *rq, iq_num contact, const struct iq_contact_mode *mode, int32_t at)
{
	struct iq_contact_view c;

	if (!iq_contact_read(rq, contact, &c) || at < c.from || at > c.to)
		return;
	if (c.visibility == IQ_PUBLIC) {
		write_full(rq, &c, mode->contact_field);
		return;
	}
	enum iq_disclosure level = iq_contact_level(rq, &c, mode->disclose ? IQ_FULL : IQ_OUTLINE);

	if (level == IQ_HIDDEN)
		return;
	if (level != IQ_FULL || !mode->disclose)
		write_withheld(rq, &c, mode->withheld_field);
	else if (mode->reason || iq_contact_editor(rq, &c))
		write_full(rq, &c, mode->contact_field);
	else
		iq_req_reason_missing(rq);
}

static bool visible(struct iq_req *rq, struct iq_str id)
{
	struct iq_contact_view c;

	return iq_contact_read(rq, iq_req_find(rq, IQ_CONTACT, id), &c) &&
	       iq_contact_level(rq, &c, IQ_OUTLINE) != IQ_HIDDEN;
}

/*
 * A contact as a record. Without a reason the personal segment is for everybody only if public,
 * else for the owner's editors.
 */
static bool record_contact(struct iq_req *rq, iq_num num, struct iq_buf *out)
{
	struct iq_contact_view c;
	struct iq_wire_field f;
	bool bad = false;

	if (!iq_contact_read(rq, num, &c))
		return false;
	bool full = c.visibility == IQ_PUBLIC || iq_contact_editor(rq, &c);

	if (!full && iq_contact_level(rq, &c, IQ_OUTLINE) == IQ_HIDDEN)
		return false;
	iq_wire_uint(out, 1, c.image.revision);
	size_t mark = iq_wire_begin(out, iq_codec_record_field(IQ_CONTACT));

	iq_buf_str(out, c.image.segment[IQ_SEGMENT_OPEN]);
	iq_buf_str(out, c.image.segment[IQ_SEGMENT_OUTLINE]);
	struct iq_str rest = full ? c.image.segment[IQ_SEGMENT_PERSONAL] : (struct iq_str){NULL, 0};

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field != IQ_CONTACT_DEPUTY + 1 || visible(rq, f.bytes))
			iq_wire_item(out, f.field, f.bytes);
	}
	iq_wire_end(out, mark);
	return true;
}

bool iq_disclose_record(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_buf *out)
{
	struct iq_image image;

	if (kind == IQ_CONTACT)
		return record_contact(rq, num, out);
	if (num == IQ_NONE || !iq_image_get(rq->txn, kind, num, &image))
		return false;
	iq_wire_uint(out, 1, image.revision);
	if (image.segment[IQ_SEGMENT_OUTLINE].n == 0) {
		iq_wire_item(out, iq_codec_record_field(kind), image.segment[IQ_SEGMENT_OPEN]);
		return true;
	}
	/* Beside contacts only responsibilities have a second segment: their contacts. */
	struct iq_str rest = image.segment[IQ_SEGMENT_OUTLINE];
	struct iq_wire_field f;
	bool bad = false;
	size_t mark = iq_wire_begin(out, iq_codec_record_field(kind));

	iq_buf_str(out, image.segment[IQ_SEGMENT_OPEN]);
	while (iq_wire_next(&rest, &f, &bad)) {
		if (visible(rq, f.bytes))
			iq_wire_item(out, f.field, f.bytes);
	}
	iq_wire_end(out, mark);
	return true;
}
