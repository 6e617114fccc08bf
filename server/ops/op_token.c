/* SPDX-License-Identifier: Apache-2.0 */
/* One-time tokens. */
#include "give.h"

enum { TOKENS_TOKENS = 2, HOUR_S = 3600, SECRET_HASH = 32 };

/* ---- in the writer's thread ----------------------------------------------------------------- */

struct order {
	struct iq_right *r;
	const Iq__V1__TokenRequest *in;
	struct iq_account before, after;
	struct iq_gift *gifts;
};

static enum iq_err check_gifts(struct order *o)
{
	struct iq_arena *arena = &o->r->job->arena;
	enum iq_err err = IQ_OK;

	o->gifts = iq_arena_array(arena, o->in->n_grants, sizeof(*o->gifts));
	if (o->gifts == NULL)
		return iq_error_set(&o->r->job->job.error, IQ_ERR_BUSY,
			N_("The server is out of memory."), N_("Try again."), NULL);
	for (size_t i = 0; i < o->in->n_grants && err == IQ_OK; i++)
		err = iq_gift_check(o->r, &o->before, o->in->grants[i], &o->gifts[i]);
	return err;
}

/*
 * Whoever enrols with the token is the principal and has all it has: who cannot give that cannot
 * give the token, and who must agree to that must agree to this.
 */
static enum iq_err check_takeover(struct order *o)
{
	const char *name;

	/* Another computer of one's own: no more than a token for a colleague. */
	if (iq_str_eq(o->before.id, o->r->principal.id))
		return iq_give_covers_institution(o->r, o->before.institution)
			       ? IQ_OK
			       : iq_give_denied(o->r);
	if (!iq_give_covers(o->r, &o->before))
		return iq_give_denied(o->r);
	/* Those who agreed knew that somebody was yet to enrol. */
	if (!iq_certificate_any(o->r->txn, o->before.id) ||
		!iq_give_needs_consent(o->r, &o->before, IQ_NONE))
		return IQ_OK;
	name = iq_arena_cstr(&o->r->job->arena, o->before.id);
	return iq_error_set(&o->r->job->job.error, IQ_ERR_DENIED,
		N_("{0} holds rights that you cannot give alone: a token would hand them out."),
		N_("Revoke them, create the token, then give them again with the consent they "
		   "need: iqq revoke {0} --all"),
		name ? name : "", NULL);
}

static enum iq_err give_all(struct order *o, struct iq_wtxn *w)
{
	struct iq_buf *out = &o->r->job->job.answer;
	struct iq_grant_rec made;
	uint64_t number;
	bool given = false;
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < o->in->n_grants && err == IQ_OK; i++) {
		number = 0;
		if (o->gifts[i].waits) {
			err = iq_gift_ask(o->r, w, &o->before, &o->gifts[i], &number);
			/* repeated: one element each, not packed */
			iq_wire_uint(out, 7, number);
		} else {
			err = iq_gift_add(o->r, w, &o->after, &o->gifts[i], &made);
			given = true;
		}
	}
	if (err == IQ_OK && given)
		iq_account_put(w, &o->after, &o->before);
	return err;
}

static void write_token(struct order *o, const struct iq_token_rec *token, const uint8_t *print)
{
	const struct iq_services *svc = o->r->job->svc;
	struct iq_buf *out = &o->r->job->job.answer;

	iq_wire_uint(out, 2, token->id);
	iq_wire_str(out, 3, (struct iq_str){(const char *)print, IQ_TOKEN_FINGERPRINT});
	iq_wire_str(out, 4, iq_str(svc->host ? svc->host : ""));
	iq_wire_uint(out, 5, svc->port);
	iq_wire_uint(out, 6, (uint64_t)token->until_us);
}

static enum iq_err create(struct iq_right *r, struct iq_wtxn *w, const Iq__V1__TokenRequest *in)
{
	struct iq_op_job *job = r->job;
	struct order o = {.r = r, .in = in};
	int64_t hours = in->hours ? in->hours : IQ_LIMIT_TOKEN_HOURS;
	uint8_t print[SECRET_HASH];
	enum iq_err err = iq_give_own_account(r, in->principal, true, &o.before);

	if (err == IQ_OK)
		err = check_takeover(&o);
	if (err == IQ_OK)
		err = check_gifts(&o);
	if (err == IQ_OK)
		err = iq_pki_fingerprint(job->svc->dir, print, &job->job.error);
	if (err != IQ_OK)
		return err;
	iq_job_writes(&job->job);
	struct iq_token_rec token = {.id = iq_rights_number(w),
		.principal = o.before.id,
		.by = r->principal.id,
		.until_us = job->now_us + hours * HOUR_S * 1000000};

	iq_token_put(w, in->secret.data, &token);
	write_token(&o, &token, print);
	o.after = o.before;
	return give_all(&o, w);
}

static enum iq_err take_back(struct iq_right *r, struct iq_wtxn *w, const Iq__V1__TokenRequest *in)
{
	struct iq_op_job *job = r->job;
	struct iq_token_rec token;
	struct iq_account a;
	const char *number = iq_arena_printf(&job->arena, "%llu", (unsigned long long)in->token);

	if (!iq_token_find(r->txn, in->token, &job->arena, &token) ||
		!iq_account_get(r->txn, token.principal, &job->arena, &a) ||
		(!iq_str_eq(token.by, r->principal.id) &&
			!iq_give_covers_institution(r, a.institution)))
		return iq_error_set(&job->job.error, IQ_ERR_NOT_FOUND,
			N_("There is no token with the number {0}."),
			N_("Those that were not used yet are listed by: iqq token list"),
			number ? number : "", NULL);
	iq_job_writes(&job->job);
	iq_token_remove(w, in->token);
	iq_wire_uint(&job->job.answer, 2, in->token);
	return IQ_OK;
}

static enum iq_err run_token(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__TokenRequest *in = o->msg->token;
	struct iq_right r;
	enum iq_err err = iq_right_load(&r, o, w, vocab);

	if (err != IQ_OK)
		return err;
	return in->verb == IQ__V1__TOKEN_VERB__TOKEN_CREATE ? create(&r, w, in)
							    : take_back(&r, w, in);
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

enum iq_err iq_op_token(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__TokenRequest *in = rq->msg->token;
	bool creates = in->verb == IQ__V1__TOKEN_VERB__TOKEN_CREATE;

	if (!creates && in->verb != IQ__V1__TOKEN_VERB__TOKEN_REVOKE)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	if (creates && (in->principal[0] == '\0' || in->secret.len != IQ_TOKEN_SECRET))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The principal or the secret of the token is missing."),
			N_("For example: iqq token create max-muster"), NULL);
	if (creates && in->hours > IQ_LIMIT_TOKEN_HOURS)
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("A token lives 48 hours at most."),
			N_("Change --hours."), NULL);
	for (size_t i = 0; i < in->n_grants; i++) {
		if (iq_gift_terms(rq, (struct iq_op_job *)job, in->grants[i]) != IQ_OK)
			return rq->error->code;
	}
	job->dry_run = in->dry_run;
	job->run = run_token;
	return iq_job_grant(
		rq, job, in->request_id, creates ? "token-create" : "token-revoke", in->reason);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct listing {
	struct iq_req *rq;
	struct iq_right right;
	const char *principal;
};

static bool list_one(void *arg, const struct iq_token_rec *token)
{
	struct listing *l = arg;
	struct iq_req *rq = l->rq;
	struct iq_account a;

	if ((l->principal[0] != '\0' && !iq_str_is(token->principal, l->principal)) ||
		!iq_account_get(rq->txn, token->principal, rq->arena, &a) ||
		!iq_give_covers_institution(&l->right, a.institution))
		return true;
	size_t mark = iq_wire_begin(rq->out, TOKENS_TOKENS);

	iq_wire_uint(rq->out, 1, token->id);
	iq_wire_str(rq->out, 2, token->principal);
	iq_wire_str(rq->out, 3, token->by);
	iq_wire_uint(rq->out, 4, (uint64_t)token->until_us);
	iq_wire_end(rq->out, mark);
	return !rq->arena->failed;
}

enum iq_err iq_op_tokens(struct iq_req *rq)
{
	struct listing l = {.rq = rq, .principal = rq->msg->tokens->principal};
	struct iq_op_job job;

	iq_right_of_request(&l.right, rq, &job);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	iq_token_each(rq->txn, list_one, &l);
	iq_arena_free(&job.arena);
	return iq_req_finish(rq);
}
