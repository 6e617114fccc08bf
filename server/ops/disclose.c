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

bool iq_contact_view_of(const struct iq_image *image, struct iq_contact_view *out)
{
	struct iq_wire_field f;
	bool bad = false;
	struct iq_str rest = image->all;

	*out = (struct iq_contact_view){.image = *image,
		.num = image->num,
		.visibility = IQ_INSTITUTION_ONLY, /* unless the record says otherwise */
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};

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

bool iq_contact_read(struct iq_req *rq, iq_num num, struct iq_contact_view *out)
{
	struct iq_image image;

	return num != IQ_NONE && iq_req_image(rq, IQ_CONTACT, num, &image) &&
	       iq_contact_view_of(&image, out);
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

	iq_notes_spoil(rq->notes);
	if (p == NULL)
		return false;
	for (size_t i = 0; i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (g->role != IQ_ACCESS_EDITOR || !grant_now(rq, g))
			continue;
		if (g->institution == IQ_NONE && g->region == IQ_NONE)
			return true;
		const struct iq_chain *chain = iq_req_chain(rq, owner_of(rq, c));

		if (g->region != IQ_NONE && !iq_vocab_in_scope(rq->vocab, g->region, chain->region))
			continue;
		for (size_t k = 0; k < chain->n; k++) {
			if (chain->owner[k] == g->institution)
				return true;
		}
	}
	return false;
}

/* The caller's institution is the contact's, or below it. */
static bool is_colleague(struct iq_req *rq, const struct iq_contact_view *c)
{
	const struct iq_principal *p = rq->principal;
	iq_num owner = owner_of(rq, c);

	if (p == NULL || p->institution == IQ_NONE || owner == IQ_NONE)
		return false;
	if (p->institution == owner)
		return true;
	for (size_t i = 0; i < p->nabove; i++) {
		if (p->above[i] == owner)
			return true;
	}
	return false;
}

/* ---- the past ------------------------------------------------------------------------------- */

/* The class that counts for a question about a day. */
static void look_back(struct iq_req *rq, struct iq_contact_view *c, int32_t at)
{
	if (at < rq->today)
		c->visibility = iq_contact_strictest_on(rq, c->num, at);
}

/* ---- how much ------------------------------------------------------------------------------- */

/* Where the owner takes part; only for callers who stand for somebody in a workshop. */
static void add_workshops(struct iq_req *rq, const struct iq_chain *chain, struct iq_target *target)
{
	struct iq_chain *known = rq->chain;

	if (rq->principal == NULL || rq->principal->nworkshops == 0 || known != chain ||
		chain->n == 0)
		return;
	if (!known->workshops_read) {
		known->nworkshops = iq_workshops_of(
			rq->txn, chain->owner[0], rq->today, rq->arena, &known->workshops);
		known->workshops_read = true;
	}
	target->workshops = known->workshops;
	target->nworkshops = known->nworkshops;
}

enum iq_disclosure iq_contact_level_in(
	struct iq_req *rq, const struct iq_contact_view *c, iq_num region)
{
	const struct iq_chain *chain = iq_req_chain(rq, owner_of(rq, c));

	iq_notes_spoil(rq->notes);
	struct iq_target target = {.institution = chain->n ? chain->owner[0] : IQ_NONE,
		.owners = chain->owner,
		.nowners = chain->n,
		.region = region,
		.visibility = c->visibility};

	add_workshops(rq, chain, &target);
	return iq_disclosure(rq->principal, &target, rq->vocab, rq->today);
}

struct attached {
	struct iq_req *rq;
	const struct iq_contact_view *contact;
	enum iq_disclosure level, want;
	bool any; /* attached to a valid responsibility */
};

bool iq_duty_valid(const struct iq_image *duty, int32_t day)
{
	struct iq_str open = duty->segment[IQ_SEGMENT_OPEN];

	return date_or(iq_image_field(open, IQ_RESP_VALID_FROM + 1), IQ_DATE_MIN) <= day &&
	       day <= date_or(iq_image_field(open, IQ_RESP_VALID_TO + 1), IQ_DATE_MAX);
}

static bool attached_one(void *arg, enum iq_kind from, iq_num num)
{
	struct attached *a = arg;
	struct iq_req *rq = a->rq;
	struct iq_image image;

	if (from != IQ_RESPONSIBILITY || !iq_image_get(rq->txn, from, num, &image))
		return true;
	if (!iq_duty_valid(&image, rq->today))
		return true;
	iq_num region = iq_id_find(rq->txn, IQ_REGION,
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_RESP_REGION + 1));
	enum iq_disclosure level = iq_contact_level_in(rq, a->contact, region);

	a->any = true;
	if (level > a->level)
		a->level = level;
	return a->level < a->want;
}

bool iq_contact_regions(const struct iq_req *rq)
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

	if (iq_contact_regions(rq))
		iq_each_ref(rq->txn, IQ_CONTACT, c->num, attached_one, &a);
	if (!a.any)
		a.level = iq_contact_level_in(rq, c, iq_req_chain(rq, owner_of(rq, c))->region);
	return a.level;
}

/* ---- what leaves ---------------------------------------------------------------------------- */

/*
 * The last question before personal fields leave, for a contact that the caller may see in full:
 * NULL if they may, and the audit is owed; else why they are withheld.
 */
static const char *withhold(struct iq_req *rq, const struct iq_contact_view *c, bool editor)
{
	const struct iq_principal *p = rq->principal;

	if (p == NULL || rq->sealed || rq->svc->audit == NULL)
		return "audit";
	if (!editor && !is_colleague(rq, c) &&
		!iq_audit_quota(rq->svc->audit, p->id, c->num, rq->today, rq->now_us,
			p->quota_until >= rq->today))
		return "quota";
	return iq_req_owe(rq, IQ_AUDIT_DISCLOSED, c->num, c->visibility) ? NULL : "audit";
}

/* What callers get of a person; deputy, foreign ids and the information date stay inside. */
static void write_full(struct iq_req *rq, const struct iq_contact_view *c, uint32_t field)
{
	struct iq_str rest = c->image.all;
	const char *run = rest.p, *at = rest.p; /* what goes out as it is stored */
	struct iq_wire_field f;
	bool bad = false;
	size_t mark = iq_wire_begin(rq->out, field);

	for (; iq_wire_next(&rest, &f, &bad); at = rest.p) {
		if (f.field != IQ_CONTACT_DEPUTY + 1 && f.field != IQ_CONTACT_EXTERNAL_ID + 1 &&
			f.field != IQ_CONTACT_INFORMED_ON + 1)
			continue;
		iq_req_copy(rq, run, (size_t)(at - run));
		run = rest.p;
	}
	iq_req_copy(rq, run, (size_t)(at - run));
	iq_wire_end(rq->out, mark);
}

static void write_withheld(
	struct iq_req *rq, const struct iq_contact_view *c, uint32_t field, const char *because)
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
	iq_wire_str(rq->out, 5, iq_str(because));
	iq_wire_end(rq->out, mark);
}

/*
 * Of an edition: what both its readers and the caller may see. Whom the caller does not know of is
 * not even counted.
 */
static void disclose_edition(
	struct iq_req *rq, const struct iq_contact_view *c, const struct iq_contact_mode *mode)
{
	enum iq_disclosure readers = iq_audience_level(rq, mode->audience, c);
	const char *because = "";

	if (readers == IQ_HIDDEN)
		return;
	enum iq_disclosure caller = iq_contact_level(rq, c, readers);

	if (caller == IQ_HIDDEN)
		return;
	if (readers == IQ_FULL) {
		if (rq->purpose.n == 0) {
			iq_req_reason_missing(rq);
			return;
		}
		because = caller == IQ_FULL ? withhold(rq, c, iq_contact_editor(rq, c)) : "right";
		if (because == NULL) {
			write_full(rq, c, mode->contact_field);
			return;
		}
		rq->nwithheld++;
		/* what can be helped soonest is said */
		if (rq->because == NULL || strcmp(because, "right") != 0)
			rq->because = because;
	}
	write_withheld(rq, c, mode->withheld_field, because);
}

void iq_disclose_contact(
	struct iq_req *rq, iq_num contact, const struct iq_contact_mode *mode, int32_t at)
{
	struct iq_contact_view c;

	if (!iq_contact_read(rq, contact, &c) || at < c.from || at > c.to)
		return;
	look_back(rq, &c, at);
	if (c.visibility == IQ_PUBLIC) {
		write_full(rq, &c, mode->contact_field);
		return;
	}
	/* From here on it is about who asks. */
	iq_notes_spoil(rq->notes);
	if (mode->audience != NULL) {
		disclose_edition(rq, &c, mode);
		return;
	}
	enum iq_disclosure level = iq_contact_level(rq, &c, mode->disclose ? IQ_FULL : IQ_OUTLINE);

	if (level == IQ_HIDDEN)
		return;
	if (level != IQ_FULL || !mode->disclose) {
		write_withheld(rq, &c, mode->withheld_field, "");
		return;
	}
	bool editor = iq_contact_editor(rq, &c);

	if (!mode->reason && !editor) {
		iq_req_reason_missing(rq);
		return;
	}
	const char *because = withhold(rq, &c, editor);

	if (because == NULL)
		write_full(rq, &c, mode->contact_field);
	else
		write_withheld(rq, &c, mode->withheld_field, because);
}

bool iq_disclose_reason(struct iq_req *rq, iq_num contact)
{
	struct iq_contact_view c;

	return rq->purpose.n == 0 && iq_contact_read(rq, contact, &c) &&
	       c.visibility != IQ_PUBLIC && !iq_contact_editor(rq, &c) &&
	       iq_contact_level(rq, &c, IQ_FULL) == IQ_FULL;
}

bool iq_contact_known(struct iq_req *rq, struct iq_str id, uint64_t since)
{
	struct iq_contact_view c;

	if (!iq_contact_read(rq, iq_req_find(rq, IQ_CONTACT, id), &c))
		return false;
	if (since != UINT64_MAX)
		c.visibility = iq_contact_strictest(rq, c.num, since);
	return iq_contact_level(rq, &c, IQ_OUTLINE) != IQ_HIDDEN;
}

bool iq_search_contact(struct iq_req *rq, iq_num num, bool leaves)
{
	struct iq_contact_view c;

	if (!iq_contact_read(rq, num, &c))
		return false;
	if (c.visibility == IQ_PUBLIC)
		return true;
	if (!iq_contact_editor(rq, &c) || rq->sealed || rq->svc->audit == NULL)
		return false;
	return !leaves || withhold(rq, &c, true) == NULL;
}

/* ---- records -------------------------------------------------------------------------------- */

/* A record on its way out. */
struct leaving {
	struct iq_req *rq;
	const struct iq_image *image;
	uint64_t since; /* of the past: the revision that made it; UINT64_MAX: the record of now */
	bool peek;      /* only to decide about it: it does not leave */
	bool outline;   /* of a contact no more than that */
	uint32_t seen;  /* columns, a bit each; 0: all */
	struct iq_buf *out;
};

static bool refers_to_contact(enum iq_kind kind, uint32_t field)
{
	const struct iq_schema *schema = &iq_schemas[kind];

	if (field == 0 || field > schema->ncolumns)
		return false;
	const struct iq_column *c = &schema->columns[field - 1];

	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* Copies the fields of a segment; references only to contacts that the caller may know of. */
static void copy_fields(struct leaving *l, struct iq_str fields, bool inside)
{
	enum iq_kind kind = l->image->kind;
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&fields, &f, &bad)) {
		if (l->seen != 0 && !(l->seen & UINT32_C(1) << (f.field - 1) % 32))
			continue;
		if (refers_to_contact(kind, f.field) && !iq_contact_known(l->rq, f.bytes, l->since))
			continue;
		/* The owner's own notes on a person. */
		if (kind == IQ_CONTACT && !inside &&
			(f.field == IQ_CONTACT_EXTERNAL_ID + 1 ||
				f.field == IQ_CONTACT_INFORMED_ON + 1))
			continue;
		iq_wire_item(l->out, f.field, f.bytes);
	}
}

/* May the personal segment leave? Asks the audit only if it really does. */
static bool personal(
	struct leaving *l, const struct iq_contact_view *c, enum iq_disclosure level, bool editor)
{
	struct iq_req *rq = l->rq;
	const char *because;

	if (c->visibility == IQ_PUBLIC)
		return !l->outline;
	if (l->outline || level != IQ_FULL || (!editor && rq->purpose.n == 0))
		return false;
	if (l->peek)
		return !rq->sealed && rq->svc->audit != NULL;
	because = withhold(rq, c, editor);
	if (because != NULL) {
		rq->nwithheld++;
		rq->because = because;
	}
	return because == NULL;
}

/*
 * A contact as a record: its personal segment if public, or for those who may see it and give a
 * reason; editors of the owner need none.
 */
static bool record_contact(struct leaving *l, struct iq_contact_view *c)
{
	struct iq_req *rq = l->rq;
	bool editor = iq_contact_editor(rq, c);
	enum iq_disclosure level = IQ_FULL;

	if (l->since != UINT64_MAX)
		c->visibility = iq_contact_strictest(rq, c->num, l->since);
	if (!editor)
		level = iq_contact_level(rq, c, rq->purpose.n > 0 ? IQ_FULL : IQ_OUTLINE);
	if (level == IQ_HIDDEN)
		return false;
	bool full = personal(l, c, level, editor);

	iq_wire_uint(l->out, 1, c->image.revision);
	size_t mark = iq_wire_begin(l->out, iq_codec_record_field(IQ_CONTACT));

	iq_buf_str(l->out, c->image.segment[IQ_SEGMENT_OPEN]);
	iq_buf_str(l->out, c->image.segment[IQ_SEGMENT_OUTLINE]);
	if (full)
		copy_fields(l, c->image.segment[IQ_SEGMENT_PERSONAL], editor);
	iq_wire_end(l->out, mark);
	return true;
}

/* What a workshop works on: the columns that are for the caller. */
static bool record_circle(struct leaving *l)
{
	const struct iq_image *image = l->image;
	uint32_t seen = iq_circle_seen(l->rq, image);

	if (seen == 0)
		return false;
	iq_wire_uint(l->out, 1, image->revision);
	size_t mark = iq_wire_begin(l->out, iq_codec_record_field(image->kind));

	l->seen = seen;
	copy_fields(l, image->segment[IQ_SEGMENT_OPEN], true);
	copy_fields(l, image->segment[IQ_SEGMENT_OUTLINE], true);
	iq_wire_end(l->out, mark);
	return true;
}

static bool record(struct leaving *l)
{
	const struct iq_image *image = l->image;
	struct iq_contact_view c;

	if (image->kind == IQ_CONTACT)
		return iq_contact_view_of(image, &c) && record_contact(l, &c);
	if (iq_kind_in_circle(image->kind))
		return record_circle(l);
	iq_wire_uint(l->out, 1, image->revision);
	if (image->segment[IQ_SEGMENT_OUTLINE].n == 0) {
		iq_wire_item(l->out, iq_codec_record_field(image->kind),
			image->segment[IQ_SEGMENT_OPEN]);
		return true;
	}
	/* Beside contacts, others have a second segment for their references to contacts. */
	size_t mark = iq_wire_begin(l->out, iq_codec_record_field(image->kind));

	iq_buf_str(l->out, image->segment[IQ_SEGMENT_OPEN]);
	copy_fields(l, image->segment[IQ_SEGMENT_OUTLINE], true);
	iq_wire_end(l->out, mark);
	return true;
}

static bool image_of(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_image *out)
{
	if (kind == IQ_CONTACT) /* remembered: they are looked at several times */
		return num != IQ_NONE && iq_req_image(rq, kind, num, out);
	return num != IQ_NONE && iq_image_get(rq->txn, kind, num, out);
}

bool iq_disclose_record(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_buf *out)
{
	struct iq_image image;
	struct leaving l = {.rq = rq, .image = &image, .since = UINT64_MAX, .out = out};

	return image_of(rq, kind, num, &image) && record(&l);
}

bool iq_disclose_peek(struct iq_req *rq, enum iq_kind kind, iq_num num, struct iq_buf *out)
{
	struct iq_image image;
	struct leaving l = {
		.rq = rq, .image = &image, .since = UINT64_MAX, .peek = true, .out = out};

	return image_of(rq, kind, num, &image) && record(&l);
}

/* A contact as it is, or was last. */
static bool last_of(struct iq_req *rq, iq_num num, struct iq_contact_view *out)
{
	struct iq_image image;

	if (iq_contact_read(rq, num, out))
		return true;
	return iq_past_last(rq->txn, IQ_CONTACT, num, &image, NULL) &&
	       iq_contact_view_of(&image, out);
}

static bool disclose_past(
	struct iq_req *rq, const struct iq_image *image, bool peek, struct iq_buf *out)
{
	struct leaving l = {
		.rq = rq, .image = image, .since = image->revision, .peek = peek, .out = out};
	struct iq_contact_view now;

	/* The person may have gone to another institution: whoever has it now, or had it last,
	 * counts as well. */
	if (image->kind == IQ_CONTACT && last_of(rq, image->num, &now)) {
		now.visibility = iq_contact_strictest(rq, image->num, image->revision);
		enum iq_disclosure level = iq_contact_level(rq, &now, IQ_FULL);

		if (level == IQ_HIDDEN)
			return false;
		l.outline = level != IQ_FULL;
	}
	return record(&l);
}

enum iq_disclosure iq_contact_past_level(struct iq_req *rq, const struct iq_image *image)
{
	struct iq_contact_view c, last;
	enum iq_disclosure level, now;

	if (!iq_contact_view_of(image, &c) || !last_of(rq, image->num, &last))
		return IQ_HIDDEN;
	c.visibility = last.visibility = iq_contact_strictest(rq, image->num, image->revision);
	level = iq_contact_level(rq, &c, IQ_FULL);
	now = iq_contact_level(rq, &last, IQ_FULL);
	return level < now ? level : now;
}

bool iq_disclose_past(struct iq_req *rq, const struct iq_image *image, struct iq_buf *out)
{
	return disclose_past(rq, image, false, out);
}

bool iq_disclose_past_peek(struct iq_req *rq, const struct iq_image *image, struct iq_buf *out)
{
	return disclose_past(rq, image, true, out);
}
