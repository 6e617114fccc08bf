/* SPDX-License-Identifier: Apache-2.0 */
/* What writing a record asks for. */
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
