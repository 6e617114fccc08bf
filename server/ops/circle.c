/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workshops work on, on every way out: topics, meetings, proposals, ballots and commitments
 * are seen by those who take part (rights/circle.h decides). What is asked here is remembered for
 * the request.
 */
#include "answers.h"
#include "op.h"

struct iq_circle_memo {
	struct iq_circle circle;
	struct iq_circle_memo *next;
	const struct iq_principal *principal;
};

const struct iq_circle *iq_req_circle(struct iq_req *rq, iq_num workshop)
{
	static const struct iq_circle none = {.workshop = IQ_NONE};
	struct iq_circle_memo *m = rq->circles;

	/* From here on it is about who asks: whether there is such a record, too. */
	iq_notes_spoil(rq->notes);
	if (workshop == IQ_NONE)
		return &none;
	while (m != NULL && (m->circle.workshop != workshop || m->principal != rq->principal))
		m = m->next;
	if (m != NULL)
		return &m->circle;
	m = iq_arena_zalloc(rq->arena, sizeof(*m));
	if (m == NULL || !iq_circle_read(rq->txn, rq->principal, workshop, rq->vocab, rq->today,
				 rq->arena, &m->circle))
		return &none;
	m->circle.workshop = workshop;
	m->principal = rq->principal;
	m->next = rq->circles;
	rq->circles = m;
	return &m->circle;
}

static uint32_t columns(struct iq_req *rq, const struct iq_image *image)
{
	return iq_circle_columns(rq->txn, iq_req_circle(rq, iq_circle_of(rq->txn, image)), image);
}

uint32_t iq_circle_seen(struct iq_req *rq, const struct iq_image *image)
{
	uint32_t seen = columns(rq, image);
	struct iq_image now;

	if (seen == 0)
		return 0;
	if (iq_image_get(rq->txn, image->kind, image->num, &now))
		return now.revision == image->revision ? seen : seen & columns(rq, &now);
	return iq_past_last(rq->txn, image->kind, image->num, &now, NULL) ? seen & columns(rq, &now)
									  : 0;
}

bool iq_circle_shown(struct iq_req *rq, const struct iq_image *image)
{
	return columns(rq, image) != 0;
}

bool iq_record_known(struct iq_req *rq, enum iq_kind kind, iq_num num)
{
	struct iq_contact_view contact;
	struct iq_image image;

	if (iq_kind_in_circle(kind))
		iq_notes_spoil(rq->notes); /* whether it is hidden or missing */
	if (num == IQ_NONE)
		return false;
	if (kind == IQ_CONTACT)
		return iq_contact_read(rq, num, &contact) &&
		       iq_contact_level(rq, &contact, IQ_OUTLINE) != IQ_HIDDEN;
	if (!iq_kind_in_circle(kind))
		return true;
	return iq_image_get(rq->txn, kind, num, &image) && columns(rq, &image) != 0;
}

bool iq_circle_all(struct iq_req *rq)
{
	const struct iq_target anything = {.institution = IQ_NONE};

	iq_notes_spoil(rq->notes);
	return iq_decide(rq->principal, IQ_ACTION_EDIT, &anything, rq->vocab, rq->today);
}
