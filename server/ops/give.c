/* SPDX-License-Identifier: Apache-2.0 */
/* Who may give which right to whom, and who must agree (access.md "Principals, certificates,
 * grants"). */
#include "give.h"

#include "date.h"

enum { CREATORS = 1000 /* longest chain looked at */ };

static const char *text(struct iq_right *r, struct iq_str s)
{
	const char *c = iq_arena_cstr(&r->job->arena, s);

	return c ? c : "";
}

/* ---- accounts -------------------------------------------------------------------------------- */

static enum iq_err not_there(struct iq_right *r, const char *id)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_NOT_FOUND, N_("There is no principal {0}."),
		N_("Those you administer are listed by: iqq principal list"), id, NULL);
}

enum iq_err iq_give_own_account(
	struct iq_right *r, const char *id, bool alive, struct iq_account *out)
{
	if (iq_account_get(r->txn, iq_str(id), &r->job->arena, out) &&
		!iq_str_eq(out->id, r->principal.id) &&
		!iq_give_covers_institution(r, out->institution))
		return not_there(r, id);
	return iq_give_account(r, id, alive, out);
}

enum iq_err iq_give_account(struct iq_right *r, const char *id, bool alive, struct iq_account *out)
{
	struct iq_error *error = &r->job->job.error;

	if (!iq_account_get(r->txn, iq_str(id), &r->job->arena, out))
		return not_there(r, id);
	if (alive && out->ended_us != 0)
		return iq_error_set(error, IQ_ERR_CONFLICT, N_("The principal {0} has ended."),
			N_("Create another one: iqq principal add ID name=…"), id, NULL);
	return IQ_OK;
}

enum iq_err iq_give_denied(struct iq_right *r)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
		N_("This lies outside of what you administer."),
		N_("Your rights are shown by: iqq whoami"), NULL);
}

bool iq_grant_alive(const struct iq_grant_rec *g, int32_t today)
{
	return g->revoked_us == 0 && g->grant.to >= today;
}

bool iq_give_covers_institution(struct iq_right *r, iq_num institution)
{
	struct iq_chain chain;

	iq_chain_read(r->txn, institution, &chain);
	return iq_right_may(r, IQ_ACTION_GRANT, institution, institution, chain.region);
}

/* ---- the seats of an institution and of what belongs to it ------------------------------------
 */

struct seats {
	struct iq_right *r;
	struct iq_target *list;
	size_t n, cap;
	iq_num parent;
};

static bool add_seat(struct seats *s, iq_num num)
{
	struct iq_arena *arena = &s->r->job->arena;
	struct iq_chain *chain = iq_arena_alloc(arena, sizeof(*chain));

	for (size_t i = 0; i < s->n; i++) {
		if (s->list[i].institution == num)
			return true;
	}
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		struct iq_target *list =
			iq_arena_grow(arena, s->list, s->cap * sizeof(*list), cap * sizeof(*list));

		if (list == NULL)
			return false;
		s->list = list;
		s->cap = cap;
	}
	if (chain == NULL)
		return false;
	iq_chain_read(s->r->txn, num, chain);
	s->list[s->n++] = (struct iq_target){.institution = num,
		.owners = chain->owner,
		.nowners = chain->n,
		.region = chain->region};
	return true;
}

static bool below(void *arg, enum iq_kind from, iq_num num)
{
	(void)from;
	return add_seat(arg, num);
}

static struct seats seats_of(struct iq_right *r, iq_num institution)
{
	struct seats s = {.r = r};

	if (institution == IQ_NONE || !add_seat(&s, institution))
		return s;
	for (size_t i = 0; i < s.n; i++)
		iq_each_ref_by(
			r->txn, IQ_INSTITUTION, s.list[i].institution, IQ_INSTITUTION, below, &s);
	if (r->job->arena.failed)
		s.n = 0; /* covered by all only */
	return s;
}

static bool covered(struct iq_right *r, const struct iq_grant *g)
{
	struct seats s = seats_of(r, g->institution);

	return iq_grant_covered(&r->principal, g, s.list, s.n, r->vocab, r->job->today);
}

bool iq_give_covers_scope(struct iq_right *r, iq_num institution, iq_num region)
{
	return covered(r, &(struct iq_grant){.institution = institution, .region = region});
}

bool iq_give_covers(struct iq_right *r, const struct iq_account *a)
{
	if (!iq_give_covers_institution(r, a->institution))
		return false;
	for (size_t i = 0; i < a->ngrants; i++) {
		if (iq_grant_alive(&a->grants[i], r->job->today) &&
			!covered(r, &a->grants[i].grant))
			return false;
	}
	return true;
}

/* ---- the last administrator -------------------------------------------------------------------
 */

struct left {
	struct iq_str without;
	int32_t today;
	bool any;
};

static bool is_left(void *arg, const struct iq_account *a)
{
	struct left *l = arg;

	l->any = !iq_str_eq(a->id, l->without) && iq_account_is_admin(a, l->today);
	return !l->any;
}

enum iq_err iq_give_admin_left(
	struct iq_right *r, const struct iq_account *before, const struct iq_account *after)
{
	struct left l = {.without = before->id, .today = r->job->today};

	if (!iq_account_is_admin(before, l.today) || iq_account_is_admin(after, l.today))
		return IQ_OK;
	iq_account_each(r->txn, (struct iq_str){NULL, 0}, &r->job->arena, is_left, &l);
	if (l.any)
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_GUARD,
		N_("{0} is the last administrator for everything: that stays."),
		N_("Give another person this right first: iqq grant PRINCIPAL admin --until DATE"),
		text(r, before->id), NULL);
}

/* ---- editors ----------------------------------------------------------------------------------
 */

static bool in_chain(const struct iq_chain *c, iq_num institution)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->owner[i] == institution)
			return true;
	}
	return false;
}

static bool is_editor_grant(const struct iq_grant *g, int32_t today)
{
	return g->role == IQ_ACCESS_EDITOR && g->institution != IQ_NONE && g->from <= today &&
	       today <= g->to;
}

bool iq_is_editor_of(
	struct iq_txn *t, const struct iq_principal *p, iq_num institution, int32_t today)
{
	struct iq_chain chain;

	iq_chain_read(t, institution, &chain);
	for (size_t i = 0; i < p->ngrants; i++) {
		if (is_editor_grant(&p->grants[i], today) &&
			in_chain(&chain, p->grants[i].institution))
			return true;
	}
	return false;
}

struct editors {
	struct iq_right *r;
	const struct iq_account *except; /* who would get the right */
	const struct iq_account *asker;  /* NULL: counts as well */
	iq_num institution;
	struct iq_chain chain;
	bool own, below; /* there are editors of it, of a part of it */
};

static bool look_for_editors(void *arg, const struct iq_account *a)
{
	struct editors *e = arg;
	struct iq_chain chain;

	if (a->ended_us != 0 || iq_same_person(a, e->except) ||
		(e->asker != NULL && iq_same_person(a, e->asker)))
		return true;
	for (size_t i = 0; i < a->ngrants; i++) {
		const struct iq_grant_rec *g = &a->grants[i];

		if (g->revoked_us != 0 || !is_editor_grant(&g->grant, e->r->job->today))
			continue;
		if (in_chain(&e->chain, g->grant.institution)) {
			e->own = true;
			return false;
		}
		iq_chain_read(e->r->txn, g->grant.institution, &chain);
		e->below = e->below || in_chain(&chain, e->institution);
	}
	return true;
}

/* Who must agree to this grant of `to`, apart from who gives it. False: nobody. */
static bool consent(struct iq_right *r, const struct iq_account *to, const struct iq_grant *g,
	enum iq_action *needs)
{
	struct editors e = {.r = r, .except = to, .institution = g->institution};

	*needs = IQ_ACTION_GRANT;
	if (g->role == IQ_ACCESS_ADMIN || g->role == IQ_ACCESS_AUDITOR)
		return true;
	if (g->role != IQ_ACCESS_EDITOR)
		return false;
	if (g->institution == IQ_NONE) /* nobody's editors can be asked */
		return true;
	if (iq_is_editor_of(r->txn, &r->principal, g->institution, r->job->today))
		return false;
	iq_chain_read(r->txn, g->institution, &e.chain);
	iq_account_each(r->txn, (struct iq_str){NULL, 0}, &r->job->arena, look_for_editors, &e);
	if (e.own)
		*needs = IQ_ACTION_ACCEPT;
	return e.own || e.below;
}

bool iq_give_needs_consent(struct iq_right *r, const struct iq_account *a, iq_num apart_from)
{
	enum iq_action needs;

	for (size_t i = 0; i < a->ngrants; i++) {
		const struct iq_grant *g = &a->grants[i].grant;

		if (iq_grant_alive(&a->grants[i], r->job->today) && consent(r, a, g, &needs) &&
			(apart_from == IQ_NONE || needs != IQ_ACTION_ACCEPT ||
				g->institution != apart_from))
			return true;
	}
	return false;
}

bool iq_give_asks_editors(struct iq_right *r, struct iq_str account, iq_num institution)
{
	struct iq_account to = {.id = account}, self;
	struct editors e = {.r = r, .except = &to, .institution = institution};

	if (institution == IQ_NONE ||
		iq_is_editor_of(r->txn, &r->principal, institution, r->job->today))
		return false;
	if (iq_account_get(r->txn, r->principal.id, &r->job->arena, &self))
		e.asker = &self;
	iq_chain_read(r->txn, institution, &e.chain);
	iq_account_each(r->txn, (struct iq_str){NULL, 0}, &r->job->arena, look_for_editors, &e);
	return e.own;
}

/* ---- giving -----------------------------------------------------------------------------------
 */

static enum iq_err unknown(struct iq_right *r, const char *kind, const char *id)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_UNKNOWN_TERM,
		N_("There is no record “{1}” of kind {0}."), N_("Look for it with: iqq search {1}"),
		kind, id, NULL);
}

static enum iq_err read_scope(struct iq_right *r, const Iq__V1__Grant *m, struct iq_grant *g)
{
	if (m->institution[0] != '\0') {
		g->institution = iq_id_find(r->txn, IQ_INSTITUTION, iq_str(m->institution));
		if (g->institution == IQ_NONE)
			return unknown(r, "institution", m->institution);
	}
	if (m->region[0] != '\0') {
		g->region = iq_id_find(r->txn, IQ_REGION, iq_str(m->region));
		if (g->region == IQ_NONE)
			return unknown(r, "region", m->region);
	}
	return IQ_OK;
}

static enum iq_err read_grant(struct iq_right *r, const Iq__V1__Grant *m, struct iq_grant *g)
{
	struct iq_error *error = &r->job->job.error;
	int role = iq_choice(iq_access_role_names, iq_str(m->role));

	*g = (struct iq_grant){.from = r->job->today, .to = IQ_DATE_MIN};
	if (role < 0)
		return iq_error_set(error, IQ_ERR_USAGE, N_("There is no role called “{0}”."),
			N_("Roles: reader, editor, coordinator, curator, admin, auditor."), m->role,
			NULL);
	g->role = (enum iq_access_role)role;
	if (m->valid_from[0] != '\0' && !iq_date_parse(iq_str(m->valid_from), &g->from))
		return iq_error_set(error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Dates are written as 2026-11-22."), m->valid_from, NULL);
	if (m->valid_to[0] == '\0')
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("The last day of the grant is missing."),
			N_("Add --until DATE; two years at most."), NULL);
	if (!iq_date_parse(iq_str(m->valid_to), &g->to))
		return iq_error_set(error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Dates are written as 2026-11-22."), m->valid_to, NULL);
	return read_scope(r, m, g);
}

/* Nobody gives rights back to those by whom the own account came to be. */
static bool made_giver(struct iq_right *r, const struct iq_account *to)
{
	struct iq_str id = r->principal.id;
	struct iq_account a;

	for (int i = 0; i < CREATORS; i++) {
		if (!iq_account_get(r->txn, id, &r->job->arena, &a))
			return false;
		if (i > 0 && iq_same_person(&a, to))
			return true;
		if (a.created_by.n == 0)
			return false;
		id = a.created_by;
		if (iq_str_eq(id, to->id))
			return true;
	}
	return true;
}

static enum iq_err refuse(struct iq_right *r, enum iq_grantable why, enum iq_access_role role)
{
	struct iq_error *error = &r->job->job.error;

	switch (why) {
	case IQ_GRANTABLE:
		return IQ_OK;
	case IQ_GRANT_SELF:
		return iq_error_set(error, IQ_ERR_DENIED,
			N_("Nobody gives rights to themselves, nor to another account of "
			   "their own."),
			N_("Ask another administrator."), NULL);
	case IQ_GRANT_ENDLESS:
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("A grant ends after it begins, today or later, and within two years."),
			N_("Change --from or --until."), NULL);
	case IQ_GRANT_SCOPE:
		return iq_error_set(error, IQ_ERR_USAGE,
			iq_role_scope(role) == IQ_SCOPE_REGION
				? N_("The role {0} is given for a region.")
			: iq_role_scope(role) == IQ_SCOPE_INSTITUTION
				? N_("The role {0} is given for an institution.")
				: N_("The role {0} is given for everything, without region or "
				     "institution."),
			N_("See: iqq rights"), iq_access_role_names[role], NULL);
	case IQ_GRANT_OUTSIDE:
		break;
	}
	return iq_give_denied(r);
}

static enum iq_err term(struct iq_req *rq, struct iq_op_job *o, enum iq_kind kind, char **text)
{
	iq_num num;
	enum iq_err err;

	if ((*text)[0] == '\0')
		return IQ_OK;
	err = iq_req_term(rq, kind, iq_str(*text), false, &num);
	if (err != IQ_OK)
		return err;
	*text = iq_arena_cstr(&o->arena, iq_id_of(rq->txn, kind, num));
	return *text ? IQ_OK
		     : iq_error_set(rq->error, IQ_ERR_BUSY, N_("The server is out of memory."),
			       N_("Try again."), NULL);
}

enum iq_err iq_gift_terms(struct iq_req *rq, struct iq_op_job *o, Iq__V1__Grant *msg)
{
	enum iq_err err = term(rq, o, IQ_INSTITUTION, &msg->institution);

	return err == IQ_OK ? term(rq, o, IQ_REGION, &msg->region) : err;
}

enum iq_err iq_gift_check(struct iq_right *r, const struct iq_account *to, const Iq__V1__Grant *msg,
	struct iq_gift *out)
{
	struct iq_principal p = {.id = to->id, .contact = to->contact};
	enum iq_err err;

	*out = (struct iq_gift){.msg = msg};
	err = read_grant(r, msg, &out->grant);
	if (err != IQ_OK)
		return err;
	struct seats s = seats_of(r, out->grant.institution);
	enum iq_grantable why =
		iq_may_grant(&r->principal, &p, &out->grant, s.list, s.n, r->vocab, r->job->today);

	err = refuse(r, why, out->grant.role);
	if (err != IQ_OK)
		return err;
	if (made_giver(r, to))
		return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
			N_("Your own account comes from {0}: you cannot give rights back."),
			N_("Ask another administrator."), text(r, to->id), NULL);
	out->waits = r->approved_by.n == 0 && consent(r, to, &out->grant, &out->needs);
	out->institution = out->grant.institution;
	out->region = out->grant.region;
	return IQ_OK;
}

/* Room for one more: what is over makes way, the oldest first. */
static bool make_room(struct iq_account *a, int32_t today)
{
	if (a->ngrants < IQ_LIMIT_GRANTS)
		return true;
	for (size_t i = 0; i < a->ngrants; i++) {
		if (iq_grant_alive(&a->grants[i], today))
			continue;
		memmove(a->grants + i, a->grants + i + 1, (--a->ngrants - i) * sizeof(*a->grants));
		return true;
	}
	return false;
}

enum iq_err iq_gift_add(struct iq_right *r, struct iq_wtxn *w, struct iq_account *to,
	const struct iq_gift *gift, struct iq_grant_rec *made)
{
	struct iq_op_job *o = r->job;
	struct iq_grant_rec *list;

	if (!make_room(to, o->today))
		return iq_error_set(&o->job.error, IQ_ERR_QUOTA, N_("{0} has too many grants."),
			N_("Revoke some that are not needed: iqq grants {0}"), text(r, to->id),
			NULL);
	list = iq_arena_array(&o->arena, to->ngrants + 1, sizeof(*list));
	if (list == NULL)
		return iq_error_set(&o->job.error, IQ_ERR_BUSY, N_("The server is out of memory."),
			N_("Try again."), NULL);
	if (to->ngrants)
		memcpy(list, to->grants, to->ngrants * sizeof(*list));
	*made = (struct iq_grant_rec){.grant = gift->grant,
		.by = r->principal.id,
		.reason = o->job.change.reason,
		.approved_by = r->approved_by,
		.made_us = o->now_us};
	iq_job_writes(&o->job);
	made->grant.id = iq_rights_number(w);
	list[to->ngrants++] = *made;
	to->grants = list;
	return IQ_OK;
}

static void grant_changes(struct iq_buf *b, struct iq_str to, const Iq__V1__Grant *g)
{
	const struct {
		const char *column, *value;
	} parts[] = {{"role", g->role}, {"institution", g->institution}, {"region", g->region},
		{"valid_from", g->valid_from}, {"valid_to", g->valid_to}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].value[0] != '\0')
			iq_change_write(b, "principal", to, parts[i].column, (struct iq_str){"", 0},
				iq_str(parts[i].value));
	}
}

enum iq_err iq_gift_ask(struct iq_right *r, struct iq_wtxn *w, const struct iq_account *to,
	const struct iq_gift *gift, uint64_t *number)
{
	struct iq_op_job *o = r->job;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__GrantRequest in = IQ__V1__GRANT_REQUEST__INIT;
	Iq__V1__Grant grant = *gift->msg;
	struct iq_buf b;

	msg.op_case = IQ__V1__REQUEST__OP_GRANT;
	msg.grant = &in;
	in.request_id =
		(ProtobufCBinaryData){sizeof(o->job.change.request_id), o->job.change.request_id};
	in.verb = IQ__V1__GRANT_VERB__GRANT_GIVE;
	in.principal = iq_arena_cstr(&o->arena, to->id);
	in.grant = &grant;
	in.reason = iq_arena_cstr(&o->arena, o->job.change.reason);
	iq_buf_init(&b, 0);
	grant_changes(&b, to->id, &grant);
	struct iq_ask ask = {.operation = "grant",
		.needs = gift->needs,
		.institution = gift->institution,
		.region = gift->region,
		.msg = &msg,
		.changes = iq_arena_dup(&o->arena, (struct iq_str){(const char *)b.p, b.n})};

	iq_buf_free(&b);
	if (o->arena.failed)
		return iq_error_set(&o->job.error, IQ_ERR_BUSY, N_("The server is out of memory."),
			N_("Try again."), NULL);
	return iq_approval_ask(r, w, &ask, number);
}

/* ---- showing ----------------------------------------------------------------------------------
 */

void iq_grant_write(struct iq_buf *out, uint32_t field, struct iq_txn *t, struct iq_str principal,
	const struct iq_grant_rec *r, int32_t today)
{
	struct iq_req rq = {.txn = t, .today = today};

	iq_write_grant(&rq, out, field, principal, r);
}
