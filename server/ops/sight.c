/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a caller could see of a contact in an earlier state of the directory, judged by today's
 * rights: whoever was never shown a contact must not learn from the feed that it went.
 */
#include "changes.h"

enum { VERSIONS_MAX = 256 }; /* of one contact and its responsibilities, told one by one */

struct looking {
	struct iq_changes *x;
	struct iq_contact_view contact;
	uint64_t at; /* revision */
	enum iq_disclosure level;
	bool any; /* attached to a responsibility that is valid */
};

const struct iq_feed_link *iq_sight_links(const struct iq_changes *x, iq_num contact, size_t *n)
{
	size_t low = 0, high = x->nlinks;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->links[mid].contact < contact)
			low = mid + 1;
		else
			high = mid;
	}
	*n = 0;
	while (low + *n < x->nlinks && x->links[low + *n].contact == contact)
		(*n)++;
	return *n > 0 ? x->links + low : NULL;
}

static bool refers(const struct iq_image *duty, struct iq_str contact)
{
	struct iq_str rest = duty->segment[IQ_SEGMENT_OUTLINE];
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == IQ_RESP_CONTACTS + 1 && iq_str_eq(f.bytes, contact))
			return true;
	}
	return false;
}

static void attached(struct looking *s, const struct iq_image *duty)
{
	struct iq_req *rq = s->x->rq;

	if (!iq_duty_valid(duty, s->x->c.day))
		return;
	iq_num region = iq_id_find(rq->txn, IQ_REGION,
		iq_image_field(duty->segment[IQ_SEGMENT_OPEN], IQ_RESP_REGION + 1));
	enum iq_disclosure level = iq_contact_level_in(rq, &s->contact, region);

	s->any = true;
	if (level > s->level)
		s->level = level;
}

/* Those that refer to it now and did so then. */
static bool attached_still(void *arg, enum iq_kind from, iq_num num)
{
	struct looking *s = arg;
	struct iq_image duty;

	if (iq_image_get(s->x->rq->txn, from, num, &duty) && duty.revision <= s->at)
		attached(s, &duty);
	return true;
}

/* Those that were touched since. */
static void attached_then(struct looking *s)
{
	struct iq_txn *t = s->x->rq->txn;
	size_t n;
	const struct iq_feed_link *l = iq_sight_links(s->x, s->contact.num, &n);
	struct iq_str id = iq_image_id(&s->contact.image);

	for (size_t i = 0; i < n; i++) {
		struct iq_image duty;

		if (iq_past_get(t, IQ_RESPONSIBILITY, l[i].responsibility, s->at, &duty) &&
			refers(&duty, id))
			attached(s, &duty);
	}
}

static enum iq_disclosure level_at(struct iq_changes *x, iq_num contact, uint64_t at, bool *shown)
{
	struct iq_req *rq = x->rq;
	struct looking s = {.x = x, .at = at, .level = IQ_HIDDEN};
	struct iq_image image;

	*shown = false;
	if (!iq_past_get(rq->txn, IQ_CONTACT, contact, at, &image) ||
		!iq_contact_view_of(&image, &s.contact))
		return IQ_HIDDEN;
	*shown = iq_changes_wanted(x, &image);
	if (s.contact.visibility == IQ_PUBLIC || iq_contact_editor(rq, &s.contact))
		return IQ_FULL;
	if (x->regions) {
		iq_each_ref_by(rq->txn, IQ_CONTACT, contact, IQ_RESPONSIBILITY, attached_still, &s);
		attached_then(&s);
	}
	if (s.any)
		return s.level;
	const struct iq_chain *chain =
		iq_req_chain(rq, iq_req_find(rq, IQ_INSTITUTION, s.contact.institution));

	return iq_contact_level_in(rq, &s.contact, chain->region);
}

enum iq_disclosure iq_sight_now(struct iq_changes *x, iq_num contact, bool *shown)
{
	struct iq_contact_view c;
	enum iq_disclosure level = IQ_HIDDEN;

	*shown = false;
	if (!iq_contact_read(x->rq, contact, &c))
		return level;
	level = iq_contact_level(x->rq, &c, IQ_FULL);
	*shown = level != IQ_HIDDEN && iq_changes_wanted(x, &c.image);
	return level;
}

struct versions {
	struct iq_changes *x;
	iq_num contact;
	struct iq_sight sight;
	size_t n;
};

static void one_version(void *arg, uint64_t revision)
{
	struct versions *v = arg;
	bool wanted;

	if (v->n++ >= VERSIONS_MAX)
		return;
	enum iq_disclosure level = level_at(v->x, v->contact, revision, &wanted);

	v->sight.levels |= 1u << level;
	v->sight.shown |= wanted && level != IQ_HIDDEN;
}

struct iq_sight iq_sight_before(struct iq_changes *x, iq_num contact)
{
	struct versions v = {.x = x, .contact = contact};
	struct iq_txn *t = x->rq->txn;
	uint64_t from = x->c.base, to = x->c.told;
	size_t n;

	one_version(&v, from);
	if (from == to)
		return v.sight;
	const struct iq_feed_link *l = iq_sight_links(x, contact, &n);

	iq_feed_revisions(t, IQ_CONTACT, contact, from, to, one_version, &v);
	for (size_t i = 0; i < n; i++)
		iq_feed_revisions(
			t, IQ_RESPONSIBILITY, l[i].responsibility, from, to, one_version, &v);
	return v.sight;
}
