/* SPDX-License-Identifier: Apache-2.0 */
/* Principals as rights see them, and the workshops they stand for. */
#include "date.h"
#include "rights_priv.h"

struct memberships {
	struct iq_txn *t;
	struct iq_arena *arena;
	int32_t today;
	iq_num contact, institution; /* whose; IQ_NONE: any */
	bool guests;                 /* they count, too */
	iq_num *list;                /* workshops */
	size_t n, cap;
};

/* The dates of a record, both included; an unset one is open. */
static bool is_on(const struct iq_rec *rec, int from, int to, int32_t today)
{
	int32_t first = IQ_DATE_MIN, last = IQ_DATE_MAX;
	struct iq_str a = iq_rec_text(rec, from), b = iq_rec_text(rec, to);

	if ((a.n && !iq_date_parse(a, &first)) || (b.n && !iq_date_parse(b, &last)))
		return false;
	return first <= today && today <= last;
}

static iq_num ref(struct memberships *m, const struct iq_rec *rec, int col, enum iq_kind target)
{
	struct iq_str id = iq_rec_text(rec, col);

	return id.n ? iq_id_find(m->t, target, id) : IQ_NONE;
}

/* Accepted by the institution, in a workshop that has not ended. */
static bool counts(struct memberships *m, const struct iq_rec *rec, iq_num *workshop)
{
	struct iq_rec w;

	*workshop = ref(m, rec, IQ_MEMBERSHIP_WORKSHOP, IQ_WORKSHOP_RECORD);
	return *workshop != IQ_NONE && iq_rec_text(rec, IQ_MEMBERSHIP_ACCEPTED_FROM).n > 0 &&
	       is_on(rec, IQ_MEMBERSHIP_ACCEPTED_FROM, IQ_MEMBERSHIP_ACCEPTED_TO, m->today) &&
	       iq_rec_get(m->t, IQ_WORKSHOP_RECORD, *workshop, m->arena, &w) &&
	       is_on(&w, IQ_WORKSHOP_VALID_FROM, IQ_WORKSHOP_VALID_TO, m->today);
}

/* A person who has left the member institution does not stand for it any more. */
static bool stands_for(struct memberships *m, const struct iq_rec *rec)
{
	iq_num institution = ref(m, rec, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);
	struct iq_rec c;

	if (m->contact == IQ_NONE)
		return m->institution == IQ_NONE || institution == m->institution;
	return iq_rec_get(m->t, IQ_CONTACT, m->contact, m->arena, &c) &&
	       ref(m, &c, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION) == institution &&
	       is_on(&c, IQ_CONTACT_VALID_FROM, IQ_CONTACT_VALID_TO, m->today);
}

static bool one_membership(void *arg, enum iq_kind from, iq_num num)
{
	struct memberships *m = arg;
	struct iq_rec rec;
	iq_num workshop;

	if (from != IQ_MEMBERSHIP || !iq_rec_get(m->t, from, num, m->arena, &rec) ||
		!counts(m, &rec, &workshop) || !stands_for(m, &rec) ||
		(!m->guests && iq_str_is(iq_rec_text(&rec, IQ_MEMBERSHIP_GUEST), "yes")))
		return true;
	for (size_t i = 0; i < m->n; i++) {
		if (m->list[i] == workshop)
			return true;
	}
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 8;
		iq_num *list = iq_arena_grow(
			m->arena, m->list, m->cap * sizeof(*list), cap * sizeof(*list));

		if (list == NULL)
			return false;
		m->list = list;
		m->cap = cap;
	}
	m->list[m->n++] = workshop;
	return true;
}

size_t iq_workshops_of(struct iq_txn *t, iq_num institution, int32_t today, struct iq_arena *arena,
	const iq_num **out)
{
	struct memberships m = {
		.t = t, .arena = arena, .today = today, .institution = institution, .guests = true};

	if (institution != IQ_NONE)
		iq_each_ref_by(t, IQ_INSTITUTION, institution, IQ_MEMBERSHIP, one_membership, &m);
	*out = m.list;
	return m.n;
}

bool iq_workshop_meets(struct iq_txn *t, iq_num workshop, int32_t today, struct iq_arena *arena)
{
	struct memberships m = {.t = t, .arena = arena, .today = today};

	iq_each_ref_by(t, IQ_WORKSHOP_RECORD, workshop, IQ_MEMBERSHIP, one_membership, &m);
	return m.n > 0;
}

bool iq_principal_get(struct iq_txn *t, struct iq_str id, int32_t today, struct iq_arena *arena,
	struct iq_principal *out)
{
	struct memberships m = {.t = t, .arena = arena, .today = today};
	struct iq_account a;

	*out = (struct iq_principal){.id = {NULL, 0}};
	if (!iq_account_get(t, id, arena, &a) || a.ended_us != 0)
		return false;
	struct iq_grant *grants = iq_arena_array(arena, a.ngrants, sizeof(*grants));

	if (grants == NULL)
		return false;
	*out = (struct iq_principal){.id = a.id,
		.name = a.name,
		.institution = a.institution,
		.contact = a.contact,
		.grants = grants,
		.quota_until = a.quota_until};
	for (size_t i = 0; i < a.ngrants; i++) {
		if (a.grants[i].revoked_us == 0)
			grants[out->ngrants++] = a.grants[i].grant;
	}
	m.contact = a.contact;
	if (a.contact != IQ_NONE)
		iq_each_ref_by(t, IQ_CONTACT, a.contact, IQ_MEMBERSHIP, one_membership, &m);
	out->workshops = m.list;
	out->nworkshops = m.n;
	return true;
}
