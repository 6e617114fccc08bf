/* SPDX-License-Identifier: Apache-2.0 */
/* Who may change what (access.md "Principals, certificates, grants"). */
#include "op.h"

bool iq_right_certificate(const struct iq_op_job *job, struct iq_txn *t, struct iq_str id)
{
	struct iq_arena scratch;

	if (!job->external)
		return iq_certificate_valid(t, job->serial, id);
	iq_arena_init(&scratch, 0);
	bool valid = iq_external_valid(t, job->serial, id, &scratch);

	iq_arena_free(&scratch);
	return valid;
}

enum iq_err iq_right_load(
	struct iq_right *r, struct iq_op_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	const struct iq_op_approval *approval = job->approval;
	struct iq_str id = approval ? approval->by : iq_str(job->principal);
	struct iq_chain chain;

	*r = (struct iq_right){.job = job, .txn = iq_wtxn_txn(w), .vocab = vocab};
	if (approval != NULL) {
		r->approved_by = approval->approver.n ? approval->approver : IQ_STR("operator");
		if (!iq_principal_get(r->txn, id, job->today, &job->arena, &r->principal))
			return iq_error_set(&job->job.error, IQ_ERR_CONFLICT,
				N_("{0}, who asked for this, has no access any more."),
				N_("Reject it: iqq approve N --reject"),
				iq_arena_cstr(&job->arena, id), NULL);
	} else if (!iq_right_certificate(job, r->txn, id) ||
		   !iq_principal_get(r->txn, id, job->today, &job->arena, &r->principal))
		return iq_error_set(&job->job.error, IQ_ERR_LOGIN,
			N_("Your certificate is not valid any more."),
			N_("Ask an administrator for a token, then: iqq enroll"), NULL);
	iq_chain_read(r->txn, r->principal.institution, &chain);
	if (chain.n > 1) {
		iq_num *above = iq_arena_alloc(&job->arena, sizeof(chain.owner));

		if (above != NULL) {
			memcpy(above, chain.owner, sizeof(chain.owner));
			r->principal.above = above + 1;
			r->principal.nabove = chain.n - 1;
		}
	}
	return IQ_OK;
}

void iq_right_of_request(struct iq_right *r, struct iq_req *rq, struct iq_op_job *job)
{
	memset(job, 0, sizeof(*job));
	iq_arena_init(&job->arena, 0);
	job->svc = rq->svc;
	job->today = rq->today;
	job->now_us = rq->now_us;
	*r = (struct iq_right){
		.job = job, .txn = rq->txn, .vocab = rq->vocab, .principal = *rq->principal};
}

bool iq_right_may(struct iq_right *r, enum iq_action action, iq_num institution, iq_num owners_of,
	iq_num region)
{
	struct iq_chain chain;

	iq_plan_chain(r->txn, r->plan, owners_of, &chain);
	struct iq_target target = {.institution = institution,
		.owners = chain.owner,
		.nowners = chain.n,
		.region = region};

	return iq_decide(&r->principal, action, &target, r->vocab, r->job->today);
}

bool iq_right_of(struct iq_right *r, const struct iq_principal *p, enum iq_action action,
	iq_num institution, iq_num region)
{
	struct iq_right other = *r;

	other.principal = *p;
	return iq_right_may(&other, action, institution, institution, region);
}

static enum iq_err denied(struct iq_right *r)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
		N_("You may not change this record."), N_("Your rights are shown by: iqq whoami"),
		NULL);
}

static iq_num ref(struct iq_right *r, const struct iq_rec *rec, int col, enum iq_kind target)
{
	return iq_plan_ref(r->txn, r->plan, target, iq_rec_text(rec, col));
}

/* ---- institutions --------------------------------------------------------------------------- */

/* The seat an institution has now. */
static iq_num seat_of(struct iq_right *r, iq_num institution)
{
	struct iq_chain chain;

	iq_plan_chain(r->txn, r->plan, institution, &chain);
	return chain.region;
}

/* Above whom another is put, or from above whom it is taken: whose people see one another. */
static bool may_be_parent(struct iq_right *r, iq_num parent, bool founding)
{
	return parent == IQ_NONE ||
	       iq_right_may(r, IQ_ACTION_STRUCTURE, founding ? IQ_NONE : parent, parent,
		       seat_of(r, parent));
}

bool iq_right_belongs(const struct iq_right *r, iq_num institution)
{
	const struct iq_principal *p = &r->principal;

	if (institution == IQ_NONE || institution == p->institution)
		return institution != IQ_NONE;
	for (size_t i = 0; i < p->nabove; i++) {
		if (p->above[i] == institution)
			return true;
	}
	return false;
}

/* An institution: its place in the tree, its region and its kind decide rights. */
static bool may_institution(struct iq_right *r, const struct iq_rec *now, const struct iq_rec *rec)
{
	static const int structural[] = {
		IQ_INSTITUTION_PARENT, IQ_INSTITUTION_REGION, IQ_INSTITUTION_KIND};
	iq_num region = ref(r, rec, IQ_INSTITUTION_REGION, IQ_REGION);
	iq_num parent = ref(r, rec, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);

	if (now == NULL)
		return iq_right_may(r, IQ_ACTION_STRUCTURE, IQ_NONE, parent, region) &&
		       may_be_parent(r, parent, true);
	iq_num self = iq_id_find(r->txn, IQ_INSTITUTION, iq_rec_text(now, IQ_COL_ID));
	iq_num seat = ref(r, now, IQ_INSTITUTION_REGION, IQ_REGION);
	iq_num old = ref(r, now, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);

	for (size_t i = 0; i < sizeof(structural) / sizeof(structural[0]); i++) {
		int col = structural[i];

		if (!(rec->given & 1u << col) ||
			iq_str_eq(iq_rec_text(rec, col), iq_rec_text(now, col)))
			continue;
		/* Both sides of a move. */
		if (!iq_right_may(r, IQ_ACTION_STRUCTURE, self, self, seat))
			return false;
		if (col == IQ_INSTITUTION_REGION &&
			!iq_right_may(r, IQ_ACTION_STRUCTURE, self, self, region))
			return false;
		if (col == IQ_INSTITUTION_PARENT &&
			(iq_right_belongs(r, self) || !may_be_parent(r, old, false) ||
				!may_be_parent(r, parent, false)))
			return false;
	}
	return iq_right_may(r, IQ_ACTION_EDIT, self, self, seat) ||
	       iq_right_may(r, IQ_ACTION_STRUCTURE, self, self, seat);
}

/* A contact, responsibility or notice. */
static bool may_owned(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_asked asked;

	iq_right_asked(r->txn, r->plan, rec, &asked);
	return iq_asked_allowed(&r->principal, &asked, r->vocab, r->job->today);
}

static bool is_owned(enum iq_kind kind)
{
	return kind == IQ_CONTACT || kind == IQ_RESPONSIBILITY || kind == IQ_NOTICE;
}

static bool stored(struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_rec *out)
{
	iq_num num = iq_id_find(r->txn, kind, id);

	*out = (struct iq_rec){.kind = kind};
	return num != IQ_NONE && iq_rec_get(r->txn, kind, num, &r->job->arena, out);
}

/* ---- workshops ------------------------------------------------------------------------------ */

static bool may_accept(struct iq_right *r, iq_num institution)
{
	return institution != IQ_NONE &&
	       iq_right_may(r, IQ_ACTION_ACCEPT, institution, institution, seat_of(r, institution));
}

/* Whoever coordinates the region, and the editors of those who organise it. */
static bool may_workshop(struct iq_right *r, const struct iq_rec *rec)
{
	const struct iq_value *organisers = &rec->col[IQ_WORKSHOP_ORGANISERS];

	if (iq_right_may(r, IQ_ACTION_EDIT, IQ_NONE, IQ_NONE,
		    ref(r, rec, IQ_WORKSHOP_REGION, IQ_REGION)))
		return true;
	for (uint32_t i = 0; i < organisers->n; i++) {
		if (may_accept(r, iq_plan_ref(r->txn, r->plan, IQ_INSTITUTION, organisers->v[i])))
			return true;
	}
	return false;
}

static bool may_planned_workshop(struct iq_right *r, const struct iq_planned *p)
{
	if (iq_right_may(r, IQ_ACTION_EDIT, IQ_NONE, IQ_NONE, p->region))
		return true;
	for (size_t i = 0; i < p->norganisers; i++) {
		if (may_accept(r, p->organisers[i]))
			return true;
	}
	return false;
}

static bool may_workshop_of(struct iq_right *r, const struct iq_rec *membership)
{
	iq_num num = ref(r, membership, IQ_MEMBERSHIP_WORKSHOP, IQ_WORKSHOP_RECORD);
	const struct iq_planned *planned = iq_plan_get(r->plan, IQ_WORKSHOP_RECORD, num);
	struct iq_rec rec;

	if (planned != NULL)
		return may_planned_workshop(r, planned);
	return num != IQ_NONE &&
	       iq_rec_get(r->txn, IQ_WORKSHOP_RECORD, num, &r->job->arena, &rec) &&
	       may_workshop(r, &rec);
}

static bool differs(const struct iq_rec *a, const struct iq_rec *b, int col)
{
	return !iq_str_eq(iq_rec_text(a, col), iq_rec_text(b, col));
}

static bool is_guest(const struct iq_rec *membership)
{
	return iq_str_is(iq_rec_text(membership, IQ_MEMBERSHIP_GUEST), "yes");
}

/* Only the institution says that it takes part, and who stands for it; as what, who runs it. */
static bool may_membership(
	struct iq_right *r, bool exists, const struct iq_rec *now, const struct iq_rec *after)
{
	bool moved = differs(now, after, IQ_MEMBERSHIP_WORKSHOP) ||
		     differs(now, after, IQ_MEMBERSHIP_INSTITUTION);
	bool ruled = differs(now, after, IQ_MEMBERSHIP_DECIDES) ||
		     differs(now, after, IQ_MEMBERSHIP_GUEST);
	bool sent = differs(now, after, IQ_MEMBERSHIP_REPRESENTATIVE) ||
		    differs(now, after, IQ_MEMBERSHIP_DEPUTY);
	bool accepted = differs(now, after, IQ_MEMBERSHIP_ACCEPTED_FROM) ||
			differs(now, after, IQ_MEMBERSHIP_ACCEPTED_TO);
	iq_num was = ref(r, now, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);
	iq_num is = ref(r, after, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);

	if (!exists)
		return may_workshop_of(r, after) && (!(sent || accepted) || may_accept(r, is));
	if (moved)
		return may_workshop_of(r, now) && may_workshop_of(r, after) && may_accept(r, was) &&
		       may_accept(r, is);
	/* What a guest accepted is not what a member accepts: it is invited anew. */
	if (is_guest(now) && !is_guest(after)) {
		if (iq_rec_text(after, IQ_MEMBERSHIP_ACCEPTED_FROM).n == 0)
			accepted = false;
		else if (!differs(now, after, IQ_MEMBERSHIP_ACCEPTED_FROM))
			return false;
	}
	if (ruled && !may_workshop_of(r, after))
		return false;
	if (sent || accepted)
		return may_accept(r, is);
	return may_accept(r, is) || may_workshop_of(r, after);
}

static iq_num keeper(struct iq_right *r, iq_num contact)
{
	const struct iq_planned *planned = iq_plan_get(r->plan, IQ_CONTACT, contact);
	struct iq_rec c;

	if (planned != NULL)
		return planned->institution;
	return iq_rec_get(r->txn, IQ_CONTACT, contact, &r->job->arena, &c)
		       ? ref(r, &c, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION)
		       : IQ_NONE;
}

/* The ones who stand for a member are of its people. Who stood for it already may have left. */
static enum iq_err check_people(
	struct iq_right *r, const struct iq_rec *now, const struct iq_rec *after)
{
	static const int people[] = {IQ_MEMBERSHIP_REPRESENTATIVE, IQ_MEMBERSHIP_DEPUTY};
	iq_num institution = ref(r, after, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);
	bool moved = institution != ref(r, now, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);

	for (size_t i = 0; i < sizeof(people) / sizeof(people[0]); i++) {
		const struct iq_column *column = &iq_schemas[IQ_MEMBERSHIP].columns[people[i]];
		struct iq_str id = iq_rec_text(after, people[i]);
		iq_num num = ref(r, after, people[i], IQ_CONTACT);

		if (num == IQ_NONE || /* the check says so */
			(!moved && iq_str_eq(id, iq_rec_text(now, people[i]))) ||
			keeper(r, num) == institution)
			continue;
		/* Of another institution, or hidden: the same words. */
		iq_error_add_problem(&r->job->job.error,
			&(struct iq_problem){.column = iq_str(column->name),
				.value = id,
				.text = N_("There is no contact with this id.")});
	}
	return r->job->job.error.code;
}

/* A coordinator founds it; who runs it may hand it over, within the region. */
static bool may_put_workshop(
	struct iq_right *r, const struct iq_rec *now, const struct iq_rec *after)
{
	bool moved = now == NULL || !iq_str_eq(iq_rec_text(now, IQ_WORKSHOP_REGION),
					    iq_rec_text(after, IQ_WORKSHOP_REGION));

	if (now != NULL && !may_workshop(r, now))
		return false;
	return !moved || iq_right_may(r, IQ_ACTION_EDIT, IQ_NONE, IQ_NONE,
				 ref(r, after, IQ_WORKSHOP_REGION, IQ_REGION));
}

/* ---- records -------------------------------------------------------------------------------- */

static enum iq_err put(struct iq_right *r, const struct iq_rec *rec, bool fresh)
{
	struct iq_rec now = {.kind = rec->kind}, merged;
	bool exists = !fresh && stored(r, rec->kind, iq_rec_text(rec, IQ_COL_ID), &now), ok;

	merged = now;
	iq_rec_merge(&merged, rec);
	if (rec->kind == IQ_INSTITUTION)
		ok = may_institution(r, exists ? &now : NULL, exists ? rec : &merged);
	else if (is_owned(rec->kind))
		ok = (!exists || may_owned(r, &now)) && may_owned(r, &merged);
	else if (rec->kind == IQ_WORKSHOP_RECORD)
		ok = may_put_workshop(r, exists ? &now : NULL, &merged);
	else if (rec->kind == IQ_MEMBERSHIP)
		ok = may_membership(r, exists, &now, &merged);
	else if (iq_kind_in_circle(rec->kind))
		return iq_circle_put(r, exists ? &now : NULL, &merged);
	else
		ok = iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	if (!ok)
		return denied(r);
	return rec->kind == IQ_MEMBERSHIP ? check_people(r, &now, &merged) : IQ_OK;
}

enum iq_err iq_right_put(struct iq_right *r, const struct iq_rec *rec)
{
	return put(r, rec, false);
}

enum iq_err iq_right_add(struct iq_right *r, const struct iq_rec *rec)
{
	return put(r, rec, true);
}

enum iq_err iq_right_whole(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_rec now;
	bool ok;

	if (!stored(r, kind, id, &now)) /* absent: what is to be done says so */
		return iq_decide(&r->principal, IQ_ACTION_WRITE, NULL, r->vocab, r->job->today)
			       ? IQ_OK
			       : denied(r);
	if (kind == IQ_INSTITUTION) {
		iq_num self = iq_id_find(r->txn, kind, id);

		ok = iq_right_may(r, IQ_ACTION_STRUCTURE, self, self,
			ref(r, &now, IQ_INSTITUTION_REGION, IQ_REGION));
	} else if (is_owned(kind)) {
		ok = may_owned(r, &now);
	} else if (kind == IQ_WORKSHOP_RECORD) {
		ok = may_workshop(r, &now);
	} else if (kind == IQ_MEMBERSHIP) {
		ok = may_workshop_of(r, &now);
	} else if (iq_kind_in_circle(kind)) {
		ok = iq_circle_whole(r, &now);
	} else {
		ok = iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	}
	return ok ? IQ_OK : denied(r);
}

bool iq_right_all(struct iq_right *r)
{
	return iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE) &&
	       iq_right_may(r, IQ_ACTION_STRUCTURE, IQ_NONE, IQ_NONE, IQ_NONE) &&
	       iq_right_may(r, IQ_ACTION_EDIT, IQ_NONE, IQ_NONE, IQ_NONE);
}
