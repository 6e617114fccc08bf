/* SPDX-License-Identifier: Apache-2.0 */
/* What was: which revision belongs to a date, and records as of then. */
#include "date.h"
#include "op.h"

/* ---- when ----------------------------------------------------------------------------------- */

/* The entry of a revision, or of the next one before it that has one; 0: none above `low`. */
static uint64_t entry_at(
	struct iq_req *rq, uint64_t revision, uint64_t low, struct iq_log_entry *out)
{
	while (revision > low && !iq_log_get(rq->txn, revision, out, NULL, NULL))
		revision--;
	return revision > low ? revision : 0;
}

uint64_t iq_past_revision(struct iq_req *rq, int32_t day)
{
	uint64_t low = 0, high = iq_rtxn_state(rq->rtxn)->revision;
	struct iq_log_entry entry;

	if (day >= rq->today)
		return high;
	while (low < high) {
		uint64_t mid = low + (high - low + 1) / 2, at = entry_at(rq, mid, low, &entry);

		if (at == 0 || iq_date_in_germany(entry.time_us) <= day)
			low = mid;
		else
			high = at - 1;
	}
	return low;
}

int32_t iq_past_day(struct iq_req *rq, uint64_t revision)
{
	struct iq_log_entry entry;

	if (revision >= iq_rtxn_state(rq->rtxn)->revision)
		return rq->today;
	return entry_at(rq, revision, 0, &entry) ? iq_date_in_germany(entry.time_us) : IQ_DATE_MIN;
}

/* ---- who may -------------------------------------------------------------------------------- */

static bool may(struct iq_req *rq, enum iq_action action, struct iq_str institution, iq_num region)
{
	iq_num owner = institution.n ? iq_id_find(rq->txn, IQ_INSTITUTION, institution) : IQ_NONE;
	const struct iq_chain *chain = iq_req_chain(rq, owner);
	struct iq_target target = {.institution = owner,
		.owners = chain->owner,
		.nowners = chain->n,
		.region = region != IQ_NONE ? region : chain->region};

	return iq_decide(rq->principal, action, &target, rq->vocab, rq->today);
}

bool iq_past_may(struct iq_req *rq, const struct iq_image *last)
{
	struct iq_str open = last->segment[IQ_SEGMENT_OPEN], none = {NULL, 0};
	iq_num region = IQ_NONE;

	switch ((int)last->kind) {
	case IQ_CONTACT:
		return may(rq, IQ_ACTION_EDIT, iq_image_field(open, IQ_CONTACT_INSTITUTION + 1),
			IQ_NONE);
	case IQ_RESPONSIBILITY:
		region = iq_id_find(rq->txn, IQ_REGION, iq_image_field(open, IQ_RESP_REGION + 1));
		return may(
			rq, IQ_ACTION_EDIT, iq_image_field(open, IQ_RESP_INSTITUTION + 1), region);
	case IQ_NOTICE:
		region = iq_id_find(rq->txn, IQ_REGION, iq_image_field(open, IQ_NOTICE_REGION + 1));
		return may(rq, IQ_ACTION_EDIT, iq_image_field(open, IQ_NOTICE_INSTITUTION + 1),
			       region) ||
		       may(rq, IQ_ACTION_VOCABULARY, none, IQ_NONE);
	case IQ_INSTITUTION:
		region = iq_id_find(
			rq->txn, IQ_REGION, iq_image_field(open, IQ_INSTITUTION_REGION + 1));
		return may(rq, IQ_ACTION_STRUCTURE, iq_image_field(open, IQ_INSTITUTION_PARENT + 1),
			region);
	case IQ_TOPIC:
	case IQ_MEETING:
	case IQ_PROPOSAL:
	case IQ_BALLOT:
	case IQ_COMMITMENT:
		return iq_circle_seen(rq, last) == UINT32_MAX;
	case IQ_WORKSHOP_RECORD:
	case IQ_MEMBERSHIP:
		return may(rq, IQ_ACTION_EDIT, none, IQ_NONE);
	default:
		return may(rq, IQ_ACTION_VOCABULARY, none, IQ_NONE);
	}
}

/* ---- records as of then ---------------------------------------------------------------------- */

/* Whose it was when it went. */
static bool may_last(struct iq_req *rq, iq_num contact)
{
	struct iq_image image;

	return iq_past_last(rq->txn, IQ_CONTACT, contact, &image, NULL) && iq_past_may(rq, &image);
}

bool iq_past_image(struct iq_req *rq, enum iq_kind kind, iq_num num, uint64_t revision,
	struct iq_image *out, bool *current)
{
	struct iq_image now;

	*current = iq_image_get(rq->txn, kind, num, &now);
	if (*current && now.revision <= revision) {
		*out = now;
		return true;
	}
	if (!iq_past_get(rq->txn, kind, num, revision, out))
		return false;
	/* a person that is no more: for those who could have changed the record */
	if (kind == IQ_CONTACT && !*current && !(iq_past_may(rq, out) && may_last(rq, num)))
		return false;
	*current = false;
	return true;
}

bool iq_past_disclose(struct iq_req *rq, const struct iq_image *image, bool current, bool leaves,
	struct iq_buf *out)
{
	if (!current)
		return leaves ? iq_disclose_past(rq, image, out)
			      : iq_disclose_past_peek(rq, image, out);
	return leaves ? iq_disclose_record(rq, image->kind, image->num, out)
		      : iq_disclose_peek(rq, image->kind, image->num, out);
}

/* ---- how confidential a contact ever was ----------------------------------------------------- */

struct strictest {
	struct iq_req *rq;
	uint64_t since; /* revision */
	int32_t at;     /* day */
	enum iq_visibility visibility;
	bool any;
};

static void stricter(struct strictest *s, struct iq_str open)
{
	int v = iq_choice(iq_visibility_names, iq_image_field(open, IQ_CONTACT_VISIBILITY + 1));

	s->any = true;
	if (v < 0)
		s->visibility = IQ_INSTITUTION_ONLY;
	else if ((enum iq_visibility)v > s->visibility)
		s->visibility = (enum iq_visibility)v;
}

static bool past_one(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct strictest *s = arg;
	struct iq_log_entry entry;

	/* From the newest to the oldest: what was over before then is of no account. */
	if (superseded <= s->since)
		return false;
	if (s->at != IQ_DATE_MIN && iq_log_get(s->rq->txn, superseded, &entry, NULL, NULL) &&
		iq_date_in_germany(entry.time_us) < s->at)
		return false;
	stricter(s, image->segment[IQ_SEGMENT_OPEN]);
	return true;
}

static enum iq_visibility strictest_of(struct strictest *s, iq_num contact)
{
	struct iq_image now;

	if (iq_req_image(s->rq, IQ_CONTACT, contact, &now))
		stricter(s, now.segment[IQ_SEGMENT_OPEN]);
	iq_past_each(s->rq->txn, IQ_CONTACT, contact, past_one, s);
	return s->any ? s->visibility : IQ_INSTITUTION_ONLY;
}

enum iq_visibility iq_contact_strictest(struct iq_req *rq, iq_num contact, uint64_t since)
{
	struct strictest s = {.rq = rq, .since = since, .at = IQ_DATE_MIN};

	return strictest_of(&s, contact);
}

enum iq_visibility iq_contact_strictest_on(struct iq_req *rq, iq_num contact, int32_t at)
{
	struct strictest s = {.rq = rq, .at = at};

	return strictest_of(&s, contact);
}
