/* SPDX-License-Identifier: Apache-2.0 */
/* Who may change what (access.md "Principals, certificates, grants"). */
#include "op.h"

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
	} else if (!iq_certificate_valid(r->txn, job->serial, id) ||
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

	iq_chain_read(r->txn, owners_of, &chain);
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
	struct iq_str id = iq_rec_text(rec, col);

	return id.n ? iq_id_find(r->txn, target, id) : IQ_NONE;
}

enum iq_disclosure iq_right_level(struct iq_right *r, iq_num contact)
{
	struct iq_op_job *o = r->job;
	struct iq_contact_view c;
	struct iq_req rq = {.arena = &o->arena,
		.txn = r->txn,
		.vocab = r->vocab,
		.principal = &r->principal,
		.svc = o->svc,
		.today = o->today,
		.now_us = o->now_us,
		.error = &o->job.error};

	return iq_contact_read(&rq, contact, &c) ? iq_contact_level(&rq, &c, IQ_FULL) : IQ_HIDDEN;
}

/* ---- institutions --------------------------------------------------------------------------- */

/* The seat an institution has now. */
static iq_num seat_of(struct iq_right *r, iq_num institution)
{
	struct iq_chain chain;

	iq_chain_read(r->txn, institution, &chain);
	return chain.region;
}

/* Above whom another is put, or from above whom it is taken: whose people see one another. */
static bool may_be_parent(struct iq_right *r, iq_num parent, bool founding)
{
	return parent == IQ_NONE ||
	       iq_right_may(r, IQ_ACTION_STRUCTURE, founding ? IQ_NONE : parent, parent,
		       seat_of(r, parent));
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
			!(may_be_parent(r, old, false) && may_be_parent(r, parent, false)))
			return false;
	}
	return iq_right_may(r, IQ_ACTION_EDIT, self, self, seat) ||
	       iq_right_may(r, IQ_ACTION_STRUCTURE, self, self, seat);
}

/* The owner and the region of a contact, responsibility or notice. */
static bool may_owned(struct iq_right *r, const struct iq_rec *rec)
{
	static const int owner_col[IQ_KINDS] = {[IQ_CONTACT] = IQ_CONTACT_INSTITUTION,
		[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION,
		[IQ_NOTICE] = IQ_NOTICE_INSTITUTION};
	iq_num owner = ref(r, rec, owner_col[rec->kind], IQ_INSTITUTION), region;
	struct iq_chain chain;

	if (rec->kind == IQ_RESPONSIBILITY) {
		region = ref(r, rec, IQ_RESP_REGION, IQ_REGION);
	} else if (rec->kind == IQ_NOTICE) {
		region = ref(r, rec, IQ_NOTICE_REGION, IQ_REGION);
		if (owner == IQ_NONE &&
			iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE))
			return true;
	} else {
		iq_chain_read(r->txn, owner, &chain);
		region = chain.region;
	}
	return iq_right_may(r, IQ_ACTION_EDIT, owner, owner, region);
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
		if (may_accept(r, iq_id_find(r->txn, IQ_INSTITUTION, organisers->v[i])))
			return true;
	}
	return false;
}

static bool may_workshop_of(struct iq_right *r, const struct iq_rec *membership)
{
	iq_num num = ref(r, membership, IQ_MEMBERSHIP_WORKSHOP, IQ_WORKSHOP_RECORD);
	struct iq_rec rec;

	return num != IQ_NONE &&
	       iq_rec_get(r->txn, IQ_WORKSHOP_RECORD, num, &r->job->arena, &rec) &&
	       may_workshop(r, &rec);
}

/* Only the institution says that it takes part, and who stands for it. */
static bool may_membership(
	struct iq_right *r, bool exists, const struct iq_rec *now, const struct iq_rec *after)
{
	bool moved = false, spoken = false;
	iq_num was = ref(r, now, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);
	iq_num is = ref(r, after, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);

	for (int col = IQ_MEMBERSHIP_WORKSHOP; col <= IQ_MEMBERSHIP_ACCEPTED_TO; col++) {
		if (iq_str_eq(iq_rec_text(now, col), iq_rec_text(after, col)))
			continue;
		if (col == IQ_MEMBERSHIP_WORKSHOP || col == IQ_MEMBERSHIP_INSTITUTION)
			moved = true;
		else
			spoken = true;
	}
	if (!exists)
		return may_workshop_of(r, after) && (!spoken || may_accept(r, is));
	if (moved)
		return may_workshop_of(r, now) && may_workshop_of(r, after) && may_accept(r, was) &&
		       may_accept(r, is);
	return may_accept(r, is) || (!spoken && may_workshop_of(r, after));
}

/* ---- references to contacts -------------------------------------------------------------------
 */

static bool contains(const struct iq_value *list, struct iq_str id)
{
	for (uint32_t i = 0; i < list->n; i++) {
		if (iq_str_eq(list->v[i], id))
			return true;
	}
	return false;
}

static void say(
	struct iq_right *r, const struct iq_column *column, struct iq_str value, const char *text)
{
	iq_error_add_problem(&r->job->job.error,
		&(struct iq_problem){.column = iq_str(column->name), .value = value, .text = text});
}

/* The one who stands for a member is one of its people. */
static bool is_of_member(struct iq_right *r, const struct iq_rec *after, iq_num contact)
{
	struct iq_rec c;

	return after->kind != IQ_MEMBERSHIP ||
	       (iq_rec_get(r->txn, IQ_CONTACT, contact, &r->job->arena, &c) &&
		       ref(r, &c, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION) ==
			       ref(r, after, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION));
}

/*
 * A contact that the writer cannot see is refused like one that does not exist. What is referred to
 * already stays.
 */
static enum iq_err check_contacts(
	struct iq_right *r, const struct iq_rec *now, const struct iq_rec *after)
{
	const struct iq_schema *s = &iq_schemas[after->kind];
	bool moved = after->kind == IQ_MEMBERSHIP &&
		     !iq_str_eq(iq_rec_text(now, IQ_MEMBERSHIP_INSTITUTION),
			     iq_rec_text(after, IQ_MEMBERSHIP_INSTITUTION));

	for (size_t c = 0; c < s->ncolumns; c++) {
		const struct iq_column *column = &s->columns[c];
		bool refers = column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS;

		for (uint32_t i = 0; refers && column->target == IQ_CONTACT && i < after->col[c].n;
			i++) {
			struct iq_str id = after->col[c].v[i];
			iq_num num = iq_id_find(r->txn, IQ_CONTACT, id);

			if (num == IQ_NONE) /* the check says so */
				continue;
			if (contains(&now->col[c], id) && !moved)
				continue;
			if (iq_right_level(r, num) == IQ_HIDDEN)
				say(r, column, id, N_("There is no contact with this id."));
			else if (!is_of_member(r, after, num))
				say(r, column, id,
					N_("This contact does not belong to the member "
					   "institution."));
		}
	}
	return r->job->job.error.code;
}

/* ---- records -------------------------------------------------------------------------------- */

enum iq_err iq_right_put(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_rec now, after;
	bool exists = stored(r, rec->kind, iq_rec_text(rec, IQ_COL_ID), &now), ok;

	after = now;
	iq_rec_merge(&after, rec);
	if (rec->kind == IQ_INSTITUTION)
		ok = may_institution(r, exists ? &now : NULL, exists ? rec : &after);
	else if (is_owned(rec->kind))
		ok = (!exists || may_owned(r, &now)) && may_owned(r, &after);
	else if (rec->kind == IQ_WORKSHOP_RECORD)
		ok = (!exists || may_workshop(r, &now)) && may_workshop(r, &after);
	else if (rec->kind == IQ_MEMBERSHIP)
		ok = may_membership(r, exists, &now, &after);
	else
		ok = iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	return ok ? check_contacts(r, &now, &after) : denied(r);
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
	} else {
		ok = iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	}
	return ok ? IQ_OK : denied(r);
}

enum iq_err iq_right_all(struct iq_right *r)
{
	if (iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE) &&
		iq_right_may(r, IQ_ACTION_STRUCTURE, IQ_NONE, IQ_NONE, IQ_NONE) &&
		iq_right_may(r, IQ_ACTION_EDIT, IQ_NONE, IQ_NONE, IQ_NONE))
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
		N_("An import needs the rights of admin, curator and editor for everything."),
		N_("Your rights are shown by: iqq whoami"), NULL);
}
