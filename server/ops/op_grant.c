/* SPDX-License-Identifier: Apache-2.0 */
/* Grants: giving, revoking, listing. */
#include "bounds.h"
#include "give.h"

enum { GRANT_GRANTS = 2, GRANT_APPROVAL = 3, GRANTS_CURSOR = 3 };

/* ---- in the writer's thread ----------------------------------------------------------------- */

static enum iq_err give(struct iq_right *r, struct iq_wtxn *w, const Iq__V1__GrantRequest *in)
{
	struct iq_account before, a;
	struct iq_gift gift;
	struct iq_grant_rec made;
	uint64_t number = 0;
	enum iq_err err = iq_give_account(r, in->principal, true, &before);

	if (err == IQ_OK)
		err = iq_gift_check(r, &before, in->grant, &gift);
	if (err != IQ_OK)
		return err;
	if (gift.waits) {
		err = iq_gift_ask(r, w, &before, &gift, &number);
		iq_wire_uint(&r->job->job.answer, GRANT_APPROVAL, number);
		return err;
	}
	a = before;
	err = iq_gift_add(r, w, &a, &gift, &made);
	if (err != IQ_OK)
		return err;
	iq_grant_write(&r->job->job.answer, GRANT_GRANTS, r->txn, a.id, &made, r->job->today);
	iq_account_put(w, &a, &before);
	return IQ_OK;
}

static bool may_revoke(struct iq_right *r, const struct iq_grant_rec *g)
{
	struct iq_account only = {.grants = (struct iq_grant_rec[]){*g}, .ngrants = 1};

	only.institution = g->grant.institution;
	return iq_str_eq(g->by, r->principal.id) || iq_give_covers(r, &only);
}

static enum iq_err no_such_grant(struct iq_right *r, const Iq__V1__GrantRequest *in)
{
	const char *number = iq_arena_printf(&r->job->arena, "%llu", (unsigned long long)in->id);

	return iq_error_set(&r->job->job.error, IQ_ERR_NOT_FOUND,
		in->id ? N_("{0} has no grant with the number {1}.")
		       : N_("{0} has no grant that could be revoked."),
		N_("Grants and their numbers are shown by: iqq grants {0}"), in->principal,
		number ? number : "", NULL);
}

/*
 * One grant; or all, and then the way in as well, so that open connections end. Who only gave some
 * of the grants takes back just those.
 */
static enum iq_err revoke(struct iq_right *r, struct iq_wtxn *w, const Iq__V1__GrantRequest *in)
{
	struct iq_op_job *o = r->job;
	struct iq_account before, a;
	size_t n = 0;
	enum iq_err err = iq_give_account(r, in->principal, false, &before);

	if (err != IQ_OK)
		return err;
	bool own = iq_str_eq(before.id, r->principal.id) ||
		   iq_give_covers_institution(r, before.institution);

	a = before;
	a.grants = iq_arena_array(&o->arena, a.ngrants, sizeof(*a.grants));
	for (size_t i = 0; a.grants != NULL && i < a.ngrants; i++) {
		struct iq_grant_rec *g = &a.grants[i];

		*g = before.grants[i];
		if (!iq_grant_alive(g, o->today) || (in->id != 0 && g->grant.id != in->id))
			continue;
		if (!may_revoke(r, g))
			return own ? iq_give_denied(r) : no_such_grant(r, in);
		g->revoked_us = o->now_us;
		g->revoked_by = r->principal.id;
		n++;
		iq_grant_write(&o->job.answer, GRANT_GRANTS, r->txn, a.id, g, o->today);
	}
	bool out = in->id == 0 && own;

	if (n == 0 && !out)
		return no_such_grant(r, in);
	err = iq_give_admin_left(r, &before, &a);
	if (err != IQ_OK)
		return err;
	iq_job_writes(&o->job);
	iq_account_put(w, &a, &before);
	if (out) {
		(void)iq_certificate_revoke_all(w, a.id, o->now_us);
		iq_token_remove_all(w, a.id);
	}
	return IQ_OK;
}

static enum iq_err revoke_certificates(
	struct iq_right *r, struct iq_wtxn *w, const Iq__V1__GrantRequest *in)
{
	struct iq_account a;
	enum iq_err err = iq_give_own_account(r, in->principal, false, &a);

	if (err != IQ_OK)
		return err;
	if (!iq_str_eq(a.id, r->principal.id) && !iq_give_covers(r, &a))
		return iq_give_denied(r);
	iq_job_writes(&r->job->job);
	if (iq_certificate_revoke_all(w, a.id, r->job->now_us) > 0)
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_NOT_FOUND,
		N_("{0} has no certificate that could be revoked."), NULL, in->principal, NULL);
}

static enum iq_err run_grant(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__GrantRequest *in = o->msg->grant;
	struct iq_right r;
	enum iq_err err = iq_right_load(&r, o, w, vocab);

	if (err != IQ_OK)
		return err;
	if (in->verb == IQ__V1__GRANT_VERB__GRANT_GIVE)
		return give(&r, w, in);
	if (in->verb == IQ__V1__GRANT_VERB__GRANT_REVOKE)
		return revoke(&r, w, in);
	return revoke_certificates(&r, w, in);
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

enum iq_err iq_op_grant(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__GrantRequest *in = rq->msg->grant;
	bool gives = in->verb == IQ__V1__GRANT_VERB__GRANT_GIVE;

	if (in->verb <= IQ__V1__GRANT_VERB__GRANT_NONE ||
		in->verb > IQ__V1__GRANT_VERB__REVOKE_CERTIFICATES)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	if (in->principal[0] == '\0' || (gives && in->grant == NULL))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The principal is missing."),
			N_("For example: iqq grant max-muster reader --region leipzig --until "
			   "2027-12-31"),
			NULL);
	if (gives && iq_gift_terms(rq, (struct iq_op_job *)job, in->grant) != IQ_OK)
		return rq->error->code;
	job->dry_run = in->dry_run;
	job->run = run_grant;
	return iq_job_grant(rq, job, in->request_id,
		gives                                                 ? "grant"
		: in->verb == IQ__V1__GRANT_VERB__REVOKE_CERTIFICATES ? "revoke-certificates"
								      : "revoke",
		in->reason);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct listing {
	struct iq_req *rq;
	struct iq_right right;
	iq_num institution, region; /* IQ_NONE: any */
	bool all;
	struct iq_str last;
	bool full;
};

static bool is_wanted(struct listing *l, const struct iq_account *a, const struct iq_grant_rec *g)
{
	if ((!l->all && (!iq_grant_alive(g, l->rq->today) || a->ended_us != 0)) ||
		(l->institution != IQ_NONE && g->grant.institution != l->institution) ||
		(l->region != IQ_NONE && g->grant.region != l->region))
		return false;
	return iq_str_eq(a->id, l->rq->principal->id) || may_revoke(&l->right, g) ||
	       iq_give_covers_institution(&l->right, a->institution);
}

static bool list_account(void *arg, const struct iq_account *a)
{
	struct listing *l = arg;

	if (l->rq->out->n > IQ_LIMIT_PAGE) {
		l->full = true;
		return false;
	}
	for (size_t i = 0; i < a->ngrants; i++) {
		if (is_wanted(l, a, &a->grants[i]))
			iq_grant_write(l->rq->out, GRANT_GRANTS, l->rq->txn, a->id, &a->grants[i],
				l->rq->today);
	}
	iq_arena_reset(&l->right.job->arena);
	l->last = iq_arena_dup(l->rq->arena, a->id);
	return l->last.p != NULL;
}

static enum iq_err filter(struct iq_req *rq, enum iq_kind kind, const char *term, iq_num *out)
{
	*out = IQ_NONE;
	return term[0] ? iq_req_term(rq, kind, iq_str(term), false, out) : IQ_OK;
}

static enum iq_err list_one(struct listing *l, const char *id)
{
	struct iq_req *rq = l->rq;
	size_t before = rq->out->n;
	struct iq_account a;

	if (iq_account_get(rq->txn, iq_str(id), rq->arena, &a)) {
		list_account(l, &a);
		if (rq->out->n > before || iq_str_eq(a.id, rq->principal->id) ||
			iq_give_covers_institution(&l->right, a.institution))
			return IQ_OK;
	}
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND, N_("There is no principal {0}."),
		N_("Those you administer are listed by: iqq principal list"), id, NULL);
}

enum iq_err iq_op_grants(struct iq_req *rq)
{
	const Iq__V1__GrantsRequest *in = rq->msg->grants;
	struct iq_str after = {(const char *)in->cursor.data, in->cursor.len};
	struct iq_op_job job;
	struct listing l = {.rq = rq, .all = in->all};
	enum iq_err err = filter(rq, IQ_INSTITUTION, in->institution, &l.institution);

	if (err == IQ_OK)
		err = filter(rq, IQ_REGION, in->region, &l.region);
	if (err != IQ_OK)
		return err;
	iq_right_of_request(&l.right, rq, &job);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	if (in->principal[0] != '\0')
		err = list_one(&l, in->principal);
	else
		iq_account_each(rq->txn, after, rq->arena, list_account, &l);
	if (l.full)
		iq_wire_str(rq->out, GRANTS_CURSOR, l.last);
	iq_arena_free(&job.arena);
	return err == IQ_OK ? iq_req_finish(rq) : err;
}
