/* SPDX-License-Identifier: Apache-2.0 */
#include "access.h"

#include "bounds.h"

const char *const iq_access_role_names[IQ_ACCESS_ROLES + 1] = {
#define X(e, name) name,
	IQ_ROLE_TABLE(X)
#undef X
		NULL};

const char *const iq_action_names[IQ_ACTIONS + 1] = {
#define X(e, name) name,
	IQ_ACTION_TABLE(X)
#undef X
		NULL};

const char *const iq_reach_names[IQ_REACHES + 1] = {
	"no", "any", "all", "owned", "within", "founding", "related", NULL};

const char *const iq_scope_names[IQ_SCOPES + 1] = {"region", "institution", "all", NULL};

/*
 * The rights, as data. What every principal may do needs no grant (see iq_decide()). No role
 * takes anything away from another.
 */
static const enum iq_reach rights[IQ_ACCESS_ROLES][IQ_ACTIONS] = {
	[IQ_ACCESS_READER] = {[IQ_ACTION_CONTACT] = IQ_REACH_RELATED},
	[IQ_ACCESS_EDITOR] = {[IQ_ACTION_WRITE] = IQ_REACH_ANYWHERE,
		[IQ_ACTION_CONTACT] = IQ_REACH_OWNED,
		[IQ_ACTION_EDIT] = IQ_REACH_OWNED,
		[IQ_ACTION_ACCEPT] = IQ_REACH_OWNED,
		[IQ_ACTION_BULK] = IQ_REACH_ANYWHERE,
		[IQ_ACTION_ERASE] = IQ_REACH_OWNED},
	[IQ_ACCESS_COORDINATOR] = {[IQ_ACTION_WRITE] = IQ_REACH_ANYWHERE,
		[IQ_ACTION_CONTACT] = IQ_REACH_RELATED,
		[IQ_ACTION_EDIT] = IQ_REACH_WITHIN,
		[IQ_ACTION_STRUCTURE] = IQ_REACH_FOUNDING,
		[IQ_ACTION_BULK] = IQ_REACH_ANYWHERE},
	[IQ_ACCESS_CURATOR] = {[IQ_ACTION_WRITE] = IQ_REACH_ANYWHERE,
		[IQ_ACTION_VOCABULARY] = IQ_REACH_EVERYTHING,
		[IQ_ACTION_BULK] = IQ_REACH_ANYWHERE},
	[IQ_ACCESS_ADMIN] = {[IQ_ACTION_WRITE] = IQ_REACH_ANYWHERE,
		[IQ_ACTION_STRUCTURE] = IQ_REACH_WITHIN,
		[IQ_ACTION_GRANT] = IQ_REACH_WITHIN,
		[IQ_ACTION_ERASE] = IQ_REACH_WITHIN},
	[IQ_ACCESS_AUDITOR] = {[IQ_ACTION_AUDIT] = IQ_REACH_EVERYTHING},
};

/* What the scope of a grant is made of, and which contacts it opens. */
static const struct {
	enum iq_scope scope;
	enum iq_visibility opens;
} roles[IQ_ACCESS_ROLES] = {
	[IQ_ACCESS_READER] = {IQ_SCOPE_REGION, IQ_PARTNERS},
	[IQ_ACCESS_EDITOR] = {IQ_SCOPE_INSTITUTION, IQ_INSTITUTION_ONLY},
	[IQ_ACCESS_COORDINATOR] = {IQ_SCOPE_REGION, IQ_PARTNERS},
	[IQ_ACCESS_CURATOR] = {IQ_SCOPE_ALL, IQ_PUBLIC},
	[IQ_ACCESS_ADMIN] = {IQ_SCOPE_REGION, IQ_PUBLIC},
	[IQ_ACCESS_AUDITOR] = {IQ_SCOPE_ALL, IQ_PUBLIC},
};

enum iq_reach iq_right_reach(enum iq_access_role role, enum iq_action action)
{
	if (role >= IQ_ACCESS_ROLES || action >= IQ_ACTIONS)
		return IQ_REACH_NOWHERE;
	return rights[role][action];
}

enum iq_visibility iq_role_opens(enum iq_access_role role)
{
	return role < IQ_ACCESS_ROLES ? roles[role].opens : IQ_PUBLIC;
}

enum iq_scope iq_role_scope(enum iq_access_role role)
{
	return role < IQ_ACCESS_ROLES ? roles[role].scope : IQ_SCOPE_ALL;
}

/* What a decision is about. */
struct subject {
	const struct iq_target *target;
	const struct iq_vocab *vocab;
};

static bool is_among(iq_num num, const iq_num *list, size_t n)
{
	for (size_t i = 0; num != IQ_NONE && i < n; i++)
		if (list[i] == num)
			return true;
	return false;
}

static bool is_all(const struct iq_grant *g)
{
	return g->institution == IQ_NONE && g->region == IQ_NONE;
}

static bool owned(const struct iq_grant *g, const struct subject *s)
{
	return is_among(g->institution, s->target->owners, s->target->nowners);
}

/* The members of an area, ended by IQ_NONE. */
static const iq_num *members(const struct iq_vocab *v, iq_num region)
{
	static const iq_num none[] = {IQ_NONE};

	if (region == IQ_NONE || region > v->region.n || v->area_members[region] == NULL)
		return none;
	return v->area_members[region];
}

/* Does all of `region` lie within `scope`? Of an area: each of its members. */
static bool contains(const struct iq_vocab *v, iq_num scope, iq_num region)
{
	const iq_num *m;

	if (v == NULL || scope == IQ_NONE || region == IQ_NONE)
		return false;
	if (scope == region)
		return iq_vocab_in_scope(v, scope, region);
	m = members(v, region);
	if (*m == IQ_NONE)
		return iq_vocab_in_scope(v, scope, region);
	for (; *m != IQ_NONE; m++)
		if (!iq_vocab_in_scope(v, scope, *m))
			return false;
	return true;
}

static bool within(const struct iq_grant *g, const struct subject *s)
{
	return contains(s->vocab, g->region, s->target->region);
}

/* Is one of the two an ancestor of the other, or are they the same? Members stand for an area. */
static bool in_line(const struct iq_vocab *v, iq_num a, iq_num b)
{
	if (iq_vocab_in_scope(v, a, b) || iq_vocab_in_scope(v, b, a))
		return true;
	for (const iq_num *m = members(v, a); *m != IQ_NONE; m++)
		if (iq_vocab_in_scope(v, b, *m))
			return true;
	for (const iq_num *m = members(v, b); *m != IQ_NONE; m++)
		if (iq_vocab_in_scope(v, a, *m))
			return true;
	return false;
}

static bool related(const struct iq_grant *g, const struct subject *s)
{
	return s->vocab != NULL && in_line(s->vocab, g->region, s->target->region);
}

/*
 * A scope of institution and region means both. A role that is bound to institutions reaches
 * nothing by a grant for a region alone, and the other way round.
 */
static bool reaches(const struct iq_grant *g, enum iq_reach reach, const struct subject *s)
{
	switch (reach) {
	case IQ_REACH_NOWHERE:
	case IQ_REACHES:
		return false;
	case IQ_REACH_ANYWHERE:
		return true;
	case IQ_REACH_EVERYTHING:
		return is_all(g);
	case IQ_REACH_OWNED:
		return is_all(g) || (owned(g, s) && (g->region == IQ_NONE || within(g, s)));
	case IQ_REACH_WITHIN:
		return is_all(g) || (within(g, s) && (g->institution == IQ_NONE || owned(g, s)));
	case IQ_REACH_FOUNDING:
		return s->target->institution == IQ_NONE && reaches(g, IQ_REACH_WITHIN, s);
	case IQ_REACH_RELATED:
		return is_all(g) || (related(g, s) && (g->institution == IQ_NONE || owned(g, s)));
	}
	return false;
}

/* Can the grant reach anything at all? It cannot if it lacks what the reach is measured by. */
static bool reaches_something(const struct iq_grant *g, enum iq_reach reach)
{
	switch (reach) {
	case IQ_REACH_NOWHERE:
	case IQ_REACHES:
		return false;
	case IQ_REACH_ANYWHERE:
		return true;
	case IQ_REACH_EVERYTHING:
		return is_all(g);
	case IQ_REACH_OWNED:
		return is_all(g) || g->institution != IQ_NONE;
	case IQ_REACH_WITHIN:
	case IQ_REACH_FOUNDING:
	case IQ_REACH_RELATED:
		return is_all(g) || g->region != IQ_NONE;
	}
	return false;
}

enum iq_verdict iq_grant_verdict(const struct iq_grant *grant, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today)
{
	enum iq_reach reach = iq_right_reach(grant->role, action);
	const struct subject s = {target, vocab};

	if (reach == IQ_REACH_NOWHERE)
		return IQ_VERDICT_ROLE;
	if (target != NULL && action == IQ_ACTION_CONTACT &&
		target->visibility > roles[grant->role].opens)
		return IQ_VERDICT_ROLE;
	if (today < grant->from)
		return IQ_VERDICT_FUTURE;
	if (today > grant->to)
		return IQ_VERDICT_ENDED;
	if (target == NULL ? !reaches_something(grant, reach) : !reaches(grant, reach, &s))
		return IQ_VERDICT_SCOPE;
	return IQ_VERDICT_GIVES;
}

static bool has_right(const struct iq_principal *p, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today)
{
	for (size_t i = 0; i < p->ngrants; i++) {
		if (iq_grant_verdict(&p->grants[i], action, target, vocab, today) ==
			IQ_VERDICT_GIVES)
			return true;
	}
	return false;
}

bool iq_decide(const struct iq_principal *principal, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today)
{
	if (action == IQ_ACTION_NONE)
		return true;
	if (principal == NULL)
		return false;
	switch (action) {
	case IQ_ACTION_SELF:
	case IQ_ACTION_ASK:
		return true;
	case IQ_ACTION_CONTACT: /* there are public ones at least */
		return target == NULL || iq_disclosure(principal, target, vocab, today) == IQ_FULL;
	case IQ_ACTION_WRITE:
	case IQ_ACTION_EDIT:
	case IQ_ACTION_VOCABULARY:
	case IQ_ACTION_STRUCTURE:
	case IQ_ACTION_ACCEPT:
	case IQ_ACTION_BULK:
	case IQ_ACTION_GRANT:
	case IQ_ACTION_ERASE:
	case IQ_ACTION_AUDIT:
		return has_right(principal, action, target, vocab, today);
	case IQ_ACTION_NONE:
	case IQ_ACTIONS:
		break;
	}
	return false;
}

/* ---- granting ----------------------------------------------------------------------------- */

static bool scope_covers(const struct iq_grant *admin, const struct iq_grant *grant,
	const struct iq_target *seats, size_t nseats, const struct iq_vocab *vocab)
{
	if (is_all(admin))
		return true;
	if (is_all(grant))
		return false;
	if (grant->region != IQ_NONE && !contains(vocab, admin->region, grant->region))
		return false;
	if (grant->institution == IQ_NONE) /* in the region, everybody's */
		return admin->institution == IQ_NONE;
	for (size_t i = 0; i < nseats; i++) {
		const struct subject seat = {&seats[i], vocab};

		if (!is_among(grant->institution, seats[i].owners, seats[i].nowners) ||
			!reaches(admin, IQ_REACH_WITHIN, &seat))
			return false;
	}
	return nseats > 0;
}

bool iq_grant_covered(const struct iq_principal *by, const struct iq_grant *grant,
	const struct iq_target *seats, size_t nseats, const struct iq_vocab *vocab, int32_t today)
{
	for (size_t i = 0; by != NULL && i < by->ngrants; i++) {
		const struct iq_grant *g = &by->grants[i];

		if (g->role == IQ_ACCESS_ADMIN && g->from <= today && today <= g->to &&
			scope_covers(g, grant, seats, nseats, vocab))
			return true;
	}
	return false;
}

static bool fits_role(const struct iq_grant *g)
{
	if (g->role >= IQ_ACCESS_ROLES)
		return false;
	switch (roles[g->role].scope) {
	case IQ_SCOPE_REGION:
		return is_all(g) || g->region != IQ_NONE;
	case IQ_SCOPE_INSTITUTION:
		return is_all(g) || g->institution != IQ_NONE;
	case IQ_SCOPE_ALL:
		return is_all(g);
	case IQ_SCOPES:
		break;
	}
	return false;
}

enum iq_grantable iq_may_grant(const struct iq_principal *by, const struct iq_principal *to,
	const struct iq_grant *grant, const struct iq_target *seats, size_t nseats,
	const struct iq_vocab *vocab, int32_t today)
{
	if (by == NULL || to == NULL)
		return IQ_GRANT_OUTSIDE;
	if (iq_str_eq(by->id, to->id) || (by->contact != IQ_NONE && by->contact == to->contact))
		return IQ_GRANT_SELF;
	if (!iq_grant_covered(by, grant, seats, nseats, vocab, today))
		return IQ_GRANT_OUTSIDE;
	if (grant->to < grant->from || grant->to < today ||
		grant->to > (int64_t)today + IQ_LIMIT_GRANT_DAYS)
		return IQ_GRANT_ENDLESS;
	return fits_role(grant) ? IQ_GRANTABLE : IQ_GRANT_SCOPE;
}

/* ---- contacts ----------------------------------------------------------------------------- */

/* Principals of the contact's institution and of its sub-institutions. */
static bool is_colleague(const struct iq_principal *p, const struct iq_target *contact)
{
	iq_num owner = contact->nowners ? contact->owners[0] : contact->institution;

	return owner != IQ_NONE && p->institution != IQ_NONE &&
	       (p->institution == owner || is_among(owner, p->above, p->nabove));
}

/* Somebody whom a member sends to a workshop in which the contact's institution takes part. */
static bool is_fellow(const struct iq_principal *p, const struct iq_target *contact)
{
	for (size_t i = 0; i < p->nworkshops; i++)
		if (is_among(p->workshops[i], contact->workshops, contact->nworkshops))
			return true;
	return false;
}

/* The narrowest class the caller passes; passing a narrower one means passing the wider. */
static enum iq_visibility clearance(const struct iq_principal *p, const struct iq_target *contact,
	const struct iq_vocab *vocab, int32_t today)
{
	enum iq_visibility level = is_fellow(p, contact) ? IQ_WORKSHOP : IQ_PUBLIC;
	struct iq_target open = *contact;

	if (is_colleague(p, contact))
		return IQ_INSTITUTION_ONLY;
	open.visibility = IQ_PUBLIC; /* what a grant opens, not whether it opens this one */
	for (size_t i = 0; i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (iq_grant_verdict(g, IQ_ACTION_CONTACT, &open, vocab, today) ==
				IQ_VERDICT_GIVES &&
			roles[g->role].opens > level)
			level = roles[g->role].opens;
	}
	return level;
}

enum iq_disclosure iq_disclosure(const struct iq_principal *principal,
	const struct iq_target *contact, const struct iq_vocab *vocab, int32_t today)
{
	enum iq_visibility level = IQ_PUBLIC;

	if (principal != NULL)
		level = clearance(principal, contact, vocab, today);
	if (contact->visibility <= level)
		return IQ_FULL;
	return contact->visibility == level + 1 ? IQ_OUTLINE : IQ_HIDDEN;
}
