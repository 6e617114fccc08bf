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

/* An institution: its place in the tree, its region and its kind decide rights. */
static bool may_institution(struct iq_right *r, const struct iq_rec *now, const struct iq_rec *rec)
{
	static const int structural[] = {
		IQ_INSTITUTION_PARENT, IQ_INSTITUTION_REGION, IQ_INSTITUTION_KIND};
	iq_num region = ref(r, rec, IQ_INSTITUTION_REGION, IQ_REGION);
	iq_num parent = ref(r, rec, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);

	if (now == NULL)
		return iq_right_may(r, IQ_ACTION_STRUCTURE, IQ_NONE, parent, region);
	iq_num self = iq_id_find(r->txn, IQ_INSTITUTION, iq_rec_text(now, IQ_COL_ID));
	iq_num seat = ref(r, now, IQ_INSTITUTION_REGION, IQ_REGION);

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
		if (col == IQ_INSTITUTION_PARENT && parent != IQ_NONE &&
			!iq_right_may(r, IQ_ACTION_STRUCTURE, parent, parent, seat))
			return false;
	}
	return iq_right_may(r, IQ_ACTION_EDIT, self, self, seat) ||
	       iq_right_may(r, IQ_ACTION_STRUCTURE, self, self, seat);
}

/* A contact, responsibility or notice. */
static bool may_owned(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_asked asked;

	iq_right_asked(r->txn, rec, &asked);
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
	else
		ok = iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	return ok ? IQ_OK : denied(r);
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
