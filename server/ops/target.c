/* SPDX-License-Identifier: Apache-2.0 */
/* What writing a record asks for, and grants in answers. */
#include "date.h"
#include "op.h"

static iq_num ref(struct iq_txn *t, const struct iq_rec *rec, int col, enum iq_kind target)
{
	struct iq_str id = iq_rec_text(rec, col);

	return id.n ? iq_id_find(t, target, id) : IQ_NONE;
}

static void owner(struct iq_txn *t, iq_num institution, struct iq_asked *out)
{
	iq_chain_read(t, institution, &out->chain);
	out->target.institution = institution;
	out->target.owners = out->chain.owner;
	out->target.nowners = out->chain.n;
	out->target.region = out->chain.region;
}

/* Where a workshop takes place. */
static iq_num workshop_region(struct iq_txn *t, struct iq_str workshop)
{
	iq_num num = workshop.n ? iq_id_find(t, IQ_WORKSHOP_RECORD, workshop) : IQ_NONE;
	struct iq_image image;

	if (num == IQ_NONE || !iq_image_get(t, IQ_WORKSHOP_RECORD, num, &image))
		return IQ_NONE;
	struct iq_str region =
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_WORKSHOP_REGION + 1);

	return region.n ? iq_id_find(t, IQ_REGION, region) : IQ_NONE;
}

void iq_right_asked(struct iq_txn *t, const struct iq_rec *rec, struct iq_asked *out)
{
	*out = (struct iq_asked){.action = {IQ_ACTION_EDIT}, .n = 1};
	switch (rec->kind) {
	case IQ_INSTITUTION:
		owner(t, iq_id_find(t, IQ_INSTITUTION, iq_rec_text(rec, IQ_COL_ID)), out);
		out->action[out->n++] = IQ_ACTION_STRUCTURE;
		break;
	case IQ_CONTACT:
		owner(t, ref(t, rec, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION), out);
		break;
	case IQ_RESPONSIBILITY:
		owner(t, ref(t, rec, IQ_RESP_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = ref(t, rec, IQ_RESP_REGION, IQ_REGION);
		break;
	case IQ_NOTICE:
		owner(t, ref(t, rec, IQ_NOTICE_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = ref(t, rec, IQ_NOTICE_REGION, IQ_REGION);
		if (out->target.institution == IQ_NONE)
			out->action[out->n++] = IQ_ACTION_VOCABULARY;
		break;
	case IQ_WORKSHOP_RECORD:
		out->target.region = ref(t, rec, IQ_WORKSHOP_REGION, IQ_REGION);
		break;
	case IQ_MEMBERSHIP:
		owner(t, ref(t, rec, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = workshop_region(t, iq_rec_text(rec, IQ_MEMBERSHIP_WORKSHOP));
		break;
	case IQ_REGION:
	case IQ_POSTCODE:
	case IQ_TASK:
	case IQ_STATUS:
	case IQ_FACT:
	case IQ_KIND:
	case IQ_HANDOVER:
	case IQ_KINDS:
		out->action[0] = IQ_ACTION_VOCABULARY;
		break;
	}
}

bool iq_asked_allowed(const struct iq_principal *p, const struct iq_asked *asked,
	const struct iq_vocab *vocab, int32_t today)
{
	for (size_t i = 0; i < asked->n; i++) {
		if (iq_decide(p, asked->action[i], &asked->target, vocab, today))
			return true;
	}
	return false;
}

/* ---- grants in answers --------------------------------------------------------------------- */

enum {
	GRANT_ROLE = 1,
	GRANT_INSTITUTION,
	GRANT_REGION,
	GRANT_FROM,
	GRANT_TO,
	GRANT_ID,
	GRANT_PRINCIPAL,
	GRANT_BY,
	GRANT_REASON,
	GRANT_STATE,
	GRANT_APPROVED_BY,
	GRANT_REVOKED_BY
};

const char *iq_grant_state(const struct iq_grant_rec *r, int32_t today)
{
	if (r->revoked_us != 0)
		return "revoked";
	if (today > r->grant.to)
		return "ended";
	return today < r->grant.from ? "future" : "valid";
}

static void write_date(struct iq_buf *out, uint32_t field, int32_t day, int32_t open)
{
	char date[11];

	if (day == open)
		return;
	iq_date_format(day, date);
	iq_wire_str(out, field, iq_str(date));
}

void iq_write_grant(struct iq_req *rq, struct iq_buf *out, uint32_t field, struct iq_str principal,
	const struct iq_grant_rec *r)
{
	const struct iq_grant *g = &r->grant;
	size_t mark = iq_wire_begin(out, field);

	iq_wire_str(out, GRANT_ROLE, iq_str(iq_access_role_names[g->role]));
	if (g->institution != IQ_NONE)
		iq_wire_str(
			out, GRANT_INSTITUTION, iq_id_of(rq->txn, IQ_INSTITUTION, g->institution));
	if (g->region != IQ_NONE)
		iq_wire_str(out, GRANT_REGION, iq_id_of(rq->txn, IQ_REGION, g->region));
	write_date(out, GRANT_FROM, g->from, IQ_DATE_MIN);
	write_date(out, GRANT_TO, g->to, IQ_DATE_MAX);
	iq_wire_uint(out, GRANT_ID, g->id);
	iq_wire_str(out, GRANT_PRINCIPAL, principal);
	iq_wire_str(out, GRANT_BY, r->by);
	iq_wire_str(out, GRANT_REASON, r->reason);
	iq_wire_str(out, GRANT_STATE, iq_str(iq_grant_state(r, rq->today)));
	iq_wire_str(out, GRANT_APPROVED_BY, r->approved_by);
	iq_wire_str(out, GRANT_REVOKED_BY, r->revoked_by);
	iq_wire_end(out, mark);
}
