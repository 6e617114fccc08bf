/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may do, and who may do something: decide() asked from both ends. */
#include "op.h"

/* A question without its principal. */
struct question {
	struct iq_req *rq;
	enum iq_action action;
	bool coarse; /* no target: anything at all */
	bool person; /* the personal fields of `contact` */
	struct iq_contact_view contact;
	bool scope; /* GRANT: may `granted` be given? */
	struct iq_grant granted;
	struct iq_target *seats;
	size_t nseats;
	struct iq_asked asked;
	const struct iq_rec *work; /* of a workshop, to be changed; NULL: of none */
};

/* ---- reading the question ------------------------------------------------------------------ */

static enum iq_err read_action(struct iq_req *rq, struct iq_str name, enum iq_action *out)
{
	int action = iq_choice(iq_action_names, name);

	if (action >= 0) {
		*out = (enum iq_action)action;
		return IQ_OK;
	}
	enum iq_err err =
		iq_error_set(rq->error, IQ_ERR_USAGE, N_("There is no action called “{0}”."),
			N_("They are shown by: iqq rights"), iq_req_cstr(rq, name), NULL);

	for (size_t i = 0; i < IQ_ACTIONS; i++)
		iq_error_add_candidate(rq->error, &(struct iq_candidate){.kind = IQ_STR("action"),
							  .term = name,
							  .id = iq_str(iq_action_names[i]),
							  .name = iq_str(iq_action_names[i])});
	return err;
}

/* Hidden and missing records look alike. */
static bool read_record(struct question *q, enum iq_kind kind, iq_num num)
{
	struct iq_req *rq = q->rq;
	struct iq_rec rec = {.kind = kind};

	if (num == IQ_NONE)
		return false;
	if (kind == IQ_CONTACT &&
		(!iq_contact_read(rq, num, &q->contact) ||
			iq_contact_level(rq, &q->contact, IQ_OUTLINE) == IQ_HIDDEN))
		return false;
	if (iq_kind_in_circle(kind) && !iq_record_known(rq, kind, num))
		return false;
	if (!iq_rec_get(rq->txn, kind, num, rq->arena, &rec))
		return false;
	if (iq_kind_in_circle(kind) && q->action == IQ_ACTION_EDIT) {
		struct iq_rec *work = iq_arena_alloc(rq->arena, sizeof(*work));

		if (work != NULL)
			*work = rec;
		q->work = work;
	}
	iq_right_asked(rq->txn, NULL, &rec, &q->asked);
	if (q->action == IQ_ACTION_CONTACT && kind == IQ_CONTACT) {
		q->person = true;
	} else if (q->action == IQ_ACTION_CONTACT) {
		q->asked.target.visibility = IQ_PARTNERS; /* of persons attached to it */
		q->asked.action[0] = q->action;
		q->asked.n = 1;
	} else if (q->action != IQ_ACTION_EDIT && q->action != IQ_ACTION_WRITE) {
		/* as asked; to edit a record is what writing it needs */
		q->asked.action[0] = q->action;
		q->asked.n = 1;
	}
	return true;
}

/* The seats of the institution and of all below it. */
static void read_seats(struct question *q, iq_num institution)
{
	struct iq_req *rq = q->rq;
	struct iq_num_set *all = iq_req_institutions(rq, institution);
	size_t n = iq_num_set_size(all);
	struct iq_chain *chain = iq_arena_array(rq->arena, n, sizeof(*chain));

	q->seats = iq_arena_array(rq->arena, n, sizeof(*q->seats));
	for (size_t i = 0; chain != NULL && q->seats != NULL && i < n; i++) {
		iq_chain_read(rq->txn, (iq_num)iq_num_set_at(all, i), &chain[i]);
		q->seats[q->nseats++] = (struct iq_target){.institution = chain[i].owner[0],
			.owners = chain[i].owner,
			.nowners = chain[i].n,
			.region = chain[i].region};
	}
}

static enum iq_err read_scope(struct question *q, struct iq_str region, struct iq_str institution)
{
	struct iq_target *t = &q->asked.target;
	struct iq_req *rq = q->rq;
	enum iq_err err = IQ_OK;

	if (institution.n)
		err = iq_req_term(rq, IQ_INSTITUTION, institution, false, &q->granted.institution);
	if (err == IQ_OK && region.n)
		err = iq_req_term(rq, IQ_REGION, region, false, &q->granted.region);
	if (err != IQ_OK)
		return err;
	q->scope = q->action == IQ_ACTION_GRANT;
	if (q->scope && institution.n)
		read_seats(q, q->granted.institution);
	if (institution.n) {
		iq_chain_read(rq->txn, q->granted.institution, &q->asked.chain);
		t->institution = q->granted.institution;
		t->owners = q->asked.chain.owner;
		t->nowners = q->asked.chain.n;
		t->region = q->asked.chain.region;
	}
	if (region.n)
		t->region = q->granted.region;
	t->visibility = IQ_PARTNERS; /* the widest class that takes a grant */
	return IQ_OK;
}

static enum iq_err read_question(struct question *q, const char *action, const char *kind,
	const char *id, const char *region, const char *institution)
{
	struct iq_req *rq = q->rq;
	enum iq_kind k;
	enum iq_err err = read_action(rq, iq_str(action), &q->action);

	if (err != IQ_OK)
		return err;
	q->asked.action[0] = q->action;
	q->asked.n = 1;
	if (kind[0] == '\0') {
		q->coarse = region[0] == '\0' && institution[0] == '\0';
		return q->coarse ? IQ_OK : read_scope(q, iq_str(region), iq_str(institution));
	}
	if (region[0] != '\0' || institution[0] != '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("A record or a scope, not both."),
			N_("Leave out --region and --institution."), NULL);
	err = iq_req_kind(rq, iq_str(kind), &k);
	if (err != IQ_OK)
		return err;
	if (!read_record(q, k, iq_id_find(rq->txn, k, iq_str(id))))
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
			N_("There is no record “{1}” of kind {0}."),
			N_("Look for it with: iqq search {1}"), iq_schemas[k].name, id, NULL);
	return IQ_OK;
}

/* ---- deciding ------------------------------------------------------------------------------ */

static enum iq_disclosure level(const struct question *q, const struct iq_principal *p)
{
	struct iq_req as = *q->rq;

	as.principal = p;
	return iq_contact_level(&as, &q->contact, IQ_FULL);
}

/* Of two verdicts the one that says more: how near the grant came to giving it. */
static enum iq_verdict nearer(enum iq_verdict a, enum iq_verdict b)
{
	static const int order[] = {[IQ_VERDICT_GIVES] = 4,
		[IQ_VERDICT_SCOPE] = 3,
		[IQ_VERDICT_ENDED] = 2,
		[IQ_VERDICT_FUTURE] = 1,
		[IQ_VERDICT_ROLE] = 0};

	return order[a] >= order[b] ? a : b;
}

static enum iq_verdict verdict(const struct question *q, const struct iq_grant *g)
{
	const struct iq_req *rq = q->rq;
	const struct iq_principal alone = {.grants = g, .ngrants = 1};
	const struct iq_target class = {.visibility = q->contact.visibility};
	enum iq_verdict v = IQ_VERDICT_ROLE;

	if (q->person) {
		v = iq_grant_verdict(g, q->action, &class, rq->vocab, rq->today);
		if (v != IQ_VERDICT_GIVES && v != IQ_VERDICT_SCOPE)
			return v;
		return level(q, &alone) == IQ_FULL ? IQ_VERDICT_GIVES : IQ_VERDICT_SCOPE;
	}
	if (q->scope) {
		v = iq_grant_verdict(g, q->action, NULL, rq->vocab, rq->today);
		if (v == IQ_VERDICT_GIVES && !iq_grant_covered(&alone, &q->granted, q->seats,
						     q->nseats, rq->vocab, rq->today))
			v = IQ_VERDICT_SCOPE;
		return v;
	}
	for (size_t i = 0; i < q->asked.n; i++)
		v = nearer(v, iq_grant_verdict(g, q->asked.action[i],
				      q->coarse ? NULL : &q->asked.target, rq->vocab, rq->today));
	return v;
}

/* What a workshop works on: as who sits in it, or runs it. */
static bool by_seat(const struct question *q, const struct iq_principal *p)
{
	struct iq_op_job job;
	struct iq_right r;

	iq_right_of_request(&r, q->rq, &job);
	r.principal = *p;
	bool may = iq_circle_put(&r, q->work, q->work) == IQ_OK;

	iq_arena_free(&job.arena);
	return may;
}

/* Why it is allowed without a grant, or NULL. */
static const char *without_grant(const struct question *q, const struct iq_principal *p)
{
	struct iq_principal bare = *p;

	if (q->work != NULL)
		return by_seat(q, p) ? "workshop" : NULL;
	bare.ngrants = 0;
	if (q->person) {
		if (q->contact.visibility == IQ_PUBLIC)
			return "public";
		if (level(q, &bare) != IQ_FULL)
			return NULL;
		bare.nworkshops = 0;
		return level(q, &bare) == IQ_FULL ? "colleague" : "workshop";
	}
	for (size_t i = 0; i < q->asked.n; i++) {
		if (iq_decide(&bare, q->asked.action[i], q->coarse ? NULL : &q->asked.target,
			    q->rq->vocab, q->rq->today))
			return q->coarse || q->asked.target.institution == IQ_NONE ||
					       q->action != IQ_ACTION_CONTACT
				       ? "everybody"
				       : "colleague";
	}
	return NULL;
}

enum { CAN_REVISION = 1, CAN_PRINCIPAL, CAN_ALLOWED, CAN_GRANTS, CAN_BECAUSE, CAN_DISCLOSURE };
enum { VERDICT_GRANT = 1, VERDICT_NAME };

static const char *const verdict_names[] = {[IQ_VERDICT_GIVES] = "gives",
	[IQ_VERDICT_ROLE] = "role",
	[IQ_VERDICT_FUTURE] = "future",
	[IQ_VERDICT_ENDED] = "ended",
	[IQ_VERDICT_SCOPE] = "scope"};

/* True if a grant gives it. `all`: also those that do not. */
static bool write_grants(
	struct question *q, const struct iq_account *account, struct iq_buf *out, bool all)
{
	bool gives = false;

	for (size_t i = 0; i < account->ngrants; i++) {
		const struct iq_grant_rec *r = &account->grants[i];
		enum iq_verdict v = verdict(q, &r->grant);

		if (r->revoked_us != 0 && v != IQ_VERDICT_ROLE)
			v = IQ_VERDICT_ENDED;
		gives = gives || v == IQ_VERDICT_GIVES;
		if (!all && v != IQ_VERDICT_GIVES)
			continue;
		size_t mark = iq_wire_begin(out, CAN_GRANTS);

		iq_write_grant(q->rq, out, VERDICT_GRANT, account->id, r);
		iq_wire_str(out, VERDICT_NAME, iq_str(verdict_names[v]));
		iq_wire_end(out, mark);
	}
	return gives;
}

/* The principal as rights see it. */
static bool principal_of(
	struct iq_req *rq, const struct iq_account *account, struct iq_principal *out)
{
	struct iq_chain *chain = iq_arena_zalloc(rq->arena, sizeof(*chain));

	if (chain == NULL || !iq_principal_get(rq->txn, account->id, rq->today, rq->arena, out))
		return false;
	iq_chain_read(rq->txn, out->institution, chain);
	if (chain->n > 1) {
		out->above = chain->owner + 1;
		out->nabove = chain->n - 1;
	}
	return true;
}

/* The body of a CanResponse; true if it is allowed. */
static bool write_answer(struct question *q, const struct iq_account *account, bool all)
{
	struct iq_buf *out = q->rq->out;
	struct iq_principal p = {.ngrants = 0};

	if (!principal_of(q->rq, account, &p))
		return false;
	const char *because = without_grant(q, &p);

	iq_wire_str(out, CAN_PRINCIPAL, account->id);
	bool allowed = write_grants(q, account, out, all) || because != NULL;

	iq_wire_uint(out, CAN_ALLOWED, allowed);
	if (because != NULL)
		iq_wire_str(out, CAN_BECAUSE, iq_str(because));
	if (q->person) {
		static const char *const names[] = {
			[IQ_HIDDEN] = "hidden", [IQ_OUTLINE] = "outline", [IQ_FULL] = "full"};

		iq_wire_str(out, CAN_DISCLOSURE, iq_str(names[level(q, &p)]));
	}
	return allowed;
}

/* ---- about whom ---------------------------------------------------------------------------- */

/* An admin whose scope covers the institution that the principal is of; of none: all. */
static bool administers(struct iq_req *rq, const struct iq_account *account)
{
	struct iq_chain chain;

	iq_chain_read(rq->txn, account->institution, &chain);
	const struct iq_target target = {.institution = account->institution,
		.owners = chain.owner,
		.nowners = chain.n,
		.region = chain.region};

	return iq_decide(rq->principal, IQ_ACTION_GRANT, &target, rq->vocab, rq->today);
}

static enum iq_err find_account(struct iq_req *rq, struct iq_str id, struct iq_account *out)
{
	const struct iq_principal *me = rq->principal;
	bool self = id.n == 0 || iq_str_eq(id, me->id);
	bool audits = iq_decide(me, IQ_ACTION_AUDIT, NULL, rq->vocab, rq->today);

	if (!self && !audits && !iq_decide(me, IQ_ACTION_GRANT, NULL, rq->vocab, rq->today))
		return iq_error_set(rq->error, IQ_ERR_DENIED,
			N_("What others may do is shown to administrators and auditors."),
			N_("About yourself ask: iqq can ACTION"), NULL);
	if (iq_account_get(rq->txn, self ? me->id : id, rq->arena, out) && out->ended_us == 0 &&
		(self || audits || administers(rq, out)))
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
		N_("There is no principal “{0}” among those you administer."),
		N_("They are listed by: iqq principal list"), iq_req_cstr(rq, id), NULL);
}

/* ---- the operations ------------------------------------------------------------------------ */

enum iq_err iq_op_can(struct iq_req *rq)
{
	const Iq__V1__CanRequest *in = rq->msg->can;
	struct question q = {.rq = rq};
	struct iq_account account = {.ngrants = 0};
	enum iq_err err = find_account(rq, iq_str(in->principal), &account);

	if (err == IQ_OK)
		err = read_question(&q, in->action, in->kind, in->id, in->region, in->institution);
	if (err != IQ_OK)
		return err;
	iq_wire_uint(rq->out, CAN_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	write_answer(&q, &account, true);
	return iq_req_finish(rq);
}

enum { WHO_REVISION = 1, WHO_PRINCIPALS };

static bool who_can_one(void *arg, const struct iq_account *account)
{
	struct question *q = arg;
	struct iq_buf *out = q->rq->out;
	size_t before = out->n, mark;

	if (account->ended_us != 0 || !administers(q->rq, account))
		return !out->failed;
	mark = iq_wire_begin(out, WHO_PRINCIPALS);
	if (write_answer(q, account, false))
		iq_wire_end(out, mark);
	else
		out->n = before;
	return !out->failed;
}

enum iq_err iq_op_who_can(struct iq_req *rq)
{
	const Iq__V1__WhoCanRequest *in = rq->msg->who_can;
	struct question q = {.rq = rq};
	enum iq_err err =
		read_question(&q, in->action, in->kind, in->id, in->region, in->institution);

	if (err != IQ_OK)
		return err;
	iq_wire_uint(rq->out, WHO_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_account_each(rq->txn, (struct iq_str){NULL, 0}, rq->arena, who_can_one, &q);
	return iq_req_finish(rq);
}
