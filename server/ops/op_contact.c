/* SPDX-License-Identifier: Apache-2.0 */
/* Whom to call at an institution, or one contact. */
#include <stdlib.h>

#include "op.h"

enum {
	CONTACT_REVISION = 1,
	CONTACT_INSTITUTION,
	CONTACT_VIA,
	CONTACT_CONTACTS,
	CONTACT_WITHHELD,
	CONTACT_LABELS
};

struct person {
	struct iq_str id;
	iq_num num;
};

struct people {
	struct iq_req *rq;
	struct person *p;
	size_t n, cap;
};

static bool add_person(void *arg, enum iq_kind from, iq_num num)
{
	struct people *l = arg;

	if (from != IQ_CONTACT)
		return true;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct person *p =
			iq_arena_grow(l->rq->arena, l->p, l->cap * sizeof(*p), cap * sizeof(*p));

		if (p == NULL)
			return false;
		l->p = p;
		l->cap = cap;
	}
	l->p[l->n++] = (struct person){iq_id_of(l->rq->txn, IQ_CONTACT, num), num};
	return true;
}

static int compare_people(const void *a, const void *b)
{
	return iq_str_cmp(((const struct person *)a)->id, ((const struct person *)b)->id);
}

/* A contact the caller may know of, by id. */
static iq_num visible_contact(struct iq_req *rq, struct iq_str id)
{
	struct iq_contact_view c;

	if (!iq_slug_valid(id) || !iq_contact_read(rq, iq_id_find(rq->txn, IQ_CONTACT, id), &c) ||
		iq_contact_level(rq, &c, IQ_OUTLINE) == IQ_HIDDEN)
		return IQ_NONE;
	return c.num;
}

/* The institution, or the one contact, that the term means. */
static enum iq_err resolve(struct iq_req *rq, bool english, iq_num *institution, iq_num *contact)
{
	struct iq_str term = iq_str(rq->msg->contact->term);
	struct iq_names names;
	struct iq_resolved r = {.n = 0};
	struct iq_contact_view c;

	*contact = *institution = IQ_NONE;
	if (term.n == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("No institution or contact was named."),
			N_("For example: iqq contact vhs-dresden"), NULL);
	iq_txn_names(rq->txn, rq->vocab, english, rq->arena, &names);
	iq_term_lookup(&names, IQ_INSTITUTION, term, rq->arena, &r);
	if (r.n == 0)
		*contact = visible_contact(rq, term);
	if (*contact == IQ_NONE)
		return iq_req_term(rq, IQ_INSTITUTION, term, english, institution);
	if (!iq_contact_read(rq, *contact, &c))
		return iq_req_finish(rq);
	*institution = iq_id_find(rq->txn, IQ_INSTITUTION, c.institution);
	return IQ_OK;
}

enum iq_err iq_op_contact(struct iq_req *rq)
{
	const Iq__V1__ContactRequest *in = rq->msg->contact;
	bool english = in->lang == IQ__V1__LANG__EN, reason;
	iq_num institution, contact;
	struct iq_image image;
	struct people people = {.rq = rq};
	struct iq_labels labels;
	enum iq_err err = iq_req_reason(rq, iq_str(in->reason), &reason);

	if (err == IQ_OK)
		err = resolve(rq, english, &institution, &contact);
	if (err != IQ_OK)
		return err;
	iq_labels_init(&labels, rq, CONTACT_LABELS, english);
	iq_wire_uint(rq->out, CONTACT_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	if (iq_image_get(rq->txn, IQ_INSTITUTION, institution, &image)) {
		iq_num via = iq_write_institution(rq, CONTACT_INSTITUTION, &image);

		if (via != IQ_NONE)
			iq_wire_str(rq->out, CONTACT_VIA, iq_id_of(rq->txn, IQ_INSTITUTION, via));
		iq_labels_add(&labels, IQ_INSTITUTION, via);
	}
	if (contact != IQ_NONE)
		add_person(&people, IQ_CONTACT, contact);
	else
		iq_each_ref(rq->txn, IQ_INSTITUTION, institution, add_person, &people);
	if (people.n > 1)
		qsort(people.p, people.n, sizeof(*people.p), compare_people);
	/* Without a reason only what needs none: the answer says whom else to ask for. */
	for (size_t i = 0; i < people.n; i++) {
		struct iq_contact_view c;

		if (!iq_contact_read(rq, people.p[i].num, &c))
			continue;
		struct iq_contact_mode mode = {.disclose = reason || iq_contact_editor(rq, &c),
			.reason = reason,
			.contact_field = CONTACT_CONTACTS,
			.withheld_field = CONTACT_WITHHELD};

		iq_disclose_contact(rq, people.p[i].num, &mode, rq->today);
	}
	iq_labels_write(&labels);
	return iq_req_finish(rq);
}
