/* SPDX-License-Identifier: Apache-2.0 */
/* For whom an edition of the interface document is printed (access.md "Confidentiality"). */
#include "date.h"
#include "op.h"

const char *const iq_edition_names[IQ_EDITIONS + 1] = {"public", "partners", "members", NULL};

struct workshops {
	struct iq_req *rq;
	iq_num *list;
	size_t n, cap;
};

/* Those that have ended, and those in which nobody takes part, have no readers. */
static bool add_workshop(void *arg, enum iq_kind from, iq_num num)
{
	struct workshops *w = arg;

	(void)from;
	if (!iq_workshop_meets(w->rq->txn, num, w->rq->today, w->rq->arena))
		return true;
	if (w->n == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 8;
		iq_num *list = iq_arena_grow(
			w->rq->arena, w->list, w->cap * sizeof(*list), cap * sizeof(*list));

		if (list == NULL)
			return false;
		w->list = list;
		w->cap = cap;
	}
	w->list[w->n++] = num;
	return true;
}

void iq_audience_init(
	struct iq_req *rq, enum iq_edition edition, iq_num region, struct iq_audience *out)
{
	struct workshops w = {.rq = rq};

	*out = (struct iq_audience){.edition = edition,
		.grant = {.role = IQ_ACCESS_READER,
			.institution = IQ_NONE,
			.region = region,
			.from = IQ_DATE_MIN,
			.to = IQ_DATE_MAX}};
	/* a grant without region would be one for all */
	if (edition == IQ_EDITION_PUBLIC || region == IQ_NONE)
		return;
	out->readers.grants = &out->grant;
	out->readers.ngrants = 1;
	if (edition != IQ_EDITION_MEMBERS)
		return;
	iq_each_ref_by(rq->txn, IQ_REGION, region, IQ_WORKSHOP_RECORD, add_workshop, &w);
	out->readers.workshops = w.list;
	out->readers.nworkshops = w.n;
}

iq_num iq_audience_workshop(const struct iq_audience *audience)
{
	if (audience->edition != IQ_EDITION_MEMBERS || audience->readers.nworkshops != 1)
		return IQ_NONE;
	return audience->readers.workshops[0];
}

static enum iq_disclosure level_of(
	struct iq_req *rq, const struct iq_principal *reader, const struct iq_contact_view *c)
{
	const struct iq_principal *caller = rq->principal;
	enum iq_disclosure level;

	rq->principal = reader;
	level = iq_contact_level(rq, c, IQ_FULL);
	rq->principal = caller;
	return level;
}

enum iq_disclosure iq_audience_level(
	struct iq_req *rq, const struct iq_audience *audience, const struct iq_contact_view *c)
{
	const struct iq_principal *readers = &audience->readers;
	struct iq_principal one = *readers;

	if (c->visibility == IQ_PUBLIC)
		return IQ_FULL;
	if (audience->edition == IQ_EDITION_PUBLIC)
		return IQ_HIDDEN;
	if (readers->nworkshops < 2)
		return level_of(rq, readers, c);
	/* of members of several workshops, what all of them may see */
	enum iq_disclosure least = IQ_FULL;

	one.nworkshops = 1;
	for (size_t i = 0; i < readers->nworkshops && least != IQ_HIDDEN; i++) {
		one.workshops = &readers->workshops[i];
		enum iq_disclosure level = level_of(rq, &one, c);

		if (level < least)
			least = level;
	}
	return least;
}
