/* SPDX-License-Identifier: Apache-2.0 */
/* What writing a record asks for, and grants in answers. */
#include "date.h"
#include "op.h"

/* ---- what an import is about to create ------------------------------------------------------ */

iq_num iq_plan_ref(
	struct iq_txn *t, const struct iq_plan *plan, enum iq_kind kind, struct iq_str id)
{
	iq_num num = id.n ? iq_id_find(t, kind, id) : IQ_NONE;
	bool planned = kind == IQ_INSTITUTION || kind == IQ_CONTACT || kind == IQ_WORKSHOP_RECORD;

	/* Regions are those before: a new one lies in nobody's scope yet. */
	if (num == IQ_NONE && id.n > 0 && plan != NULL && planned)
		num = plan->find(plan->ctx, kind, id);
	return num;
}

const struct iq_planned *iq_plan_get(const struct iq_plan *plan, enum iq_kind kind, iq_num num)
{
	return plan != NULL && num != IQ_NONE ? plan->get(plan->ctx, kind, num) : NULL;
}

void iq_plan_chain(
	struct iq_txn *t, const struct iq_plan *plan, iq_num institution, struct iq_chain *out)
{
	const struct iq_planned *p = iq_plan_get(plan, IQ_INSTITUTION, institution);
	struct iq_chain rest;
	iq_num at = institution;

	if (p == NULL) {
		iq_chain_read(t, institution, out);
		return;
	}
	*out = (struct iq_chain){.region = p->region};
	while (p != NULL && out->n <= IQ_LIMIT_TREE_DEPTH) {
		out->owner[out->n++] = at;
		at = p->institution;
		p = iq_plan_get(plan, IQ_INSTITUTION, at);
	}
	iq_chain_read(t, at, &rest);
	for (size_t i = 0; i < rest.n && out->n <= IQ_LIMIT_TREE_DEPTH; i++)
		out->owner[out->n++] = rest.owner[i];
}

/* ---- what is asked for ---------------------------------------------------------------------- */

struct asking {
	struct iq_txn *t;
	const struct iq_plan *plan;
	const struct iq_rec *rec;
};

static iq_num ref(const struct asking *a, int col, enum iq_kind target)
{
	return iq_plan_ref(a->t, a->plan, target, iq_rec_text(a->rec, col));
}

static void owner(const struct asking *a, iq_num institution, struct iq_asked *out)
{
	iq_plan_chain(a->t, a->plan, institution, &out->chain);
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

/* The workshop of a record of the circle. */
static struct iq_str workshop_of(struct iq_txn *t, const struct iq_rec *rec)
{
	struct iq_image proposal;

	if (rec->kind != IQ_BALLOT)
		return iq_rec_text(rec, iq_column_by_name(rec->kind, IQ_STR("workshop")));
	struct iq_str id = iq_rec_text(rec, IQ_BALLOT_PROPOSAL);

	if (id.n == 0 || !iq_image_get(t, IQ_PROPOSAL, iq_id_find(t, IQ_PROPOSAL, id), &proposal))
		return (struct iq_str){NULL, 0};
	return iq_image_field(proposal.segment[IQ_SEGMENT_OPEN], IQ_PROPOSAL_WORKSHOP + 1);
}

iq_num iq_circle_place(struct iq_txn *t, const struct iq_rec *rec)
{
	return workshop_region(t, workshop_of(t, rec));
}

void iq_right_asked(struct iq_txn *t, const struct iq_plan *plan, const struct iq_rec *rec,
	struct iq_asked *out)
{
	const struct asking a = {t, plan, rec};

	*out = (struct iq_asked){.action = {IQ_ACTION_EDIT}, .n = 1};
	switch (rec->kind) {
	case IQ_INSTITUTION:
		owner(&a, iq_id_find(t, IQ_INSTITUTION, iq_rec_text(rec, IQ_COL_ID)), out);
		out->action[out->n++] = IQ_ACTION_STRUCTURE;
		break;
	case IQ_CONTACT:
		owner(&a, ref(&a, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION), out);
		break;
	case IQ_RESPONSIBILITY:
		owner(&a, ref(&a, IQ_RESP_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = ref(&a, IQ_RESP_REGION, IQ_REGION);
		break;
	case IQ_NOTICE:
		owner(&a, ref(&a, IQ_NOTICE_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = ref(&a, IQ_NOTICE_REGION, IQ_REGION);
		if (out->target.institution == IQ_NONE)
			out->action[out->n++] = IQ_ACTION_VOCABULARY;
		break;
	case IQ_WORKSHOP_RECORD:
		out->target.region = ref(&a, IQ_WORKSHOP_REGION, IQ_REGION);
		break;
	case IQ_MEMBERSHIP:
		owner(&a, ref(&a, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION), out);
		out->target.region = workshop_region(t, iq_rec_text(rec, IQ_MEMBERSHIP_WORKSHOP));
		break;
	case IQ_TOPIC:
	case IQ_MEETING:
	case IQ_PROPOSAL:
	case IQ_BALLOT:
	case IQ_COMMITMENT:
		out->target.region = iq_circle_place(t, rec);
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
