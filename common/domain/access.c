/* SPDX-License-Identifier: Apache-2.0 */
#include "access.h"

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

/* What a decision is about. */
struct subject {
	const struct iq_target *target;
	const struct iq_vocab *vocab;
};

static bool is_among(iq_num num, const iq_num *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == num)
			return true;
	return false;
}

static bool owned(const struct iq_grant *g, const struct subject *s)
{
	return is_among(g->institution, s->target->owners, s->target->nowners);
}

static bool within(const struct iq_grant *g, const struct subject *s)
{
	return s->vocab != NULL && iq_vocab_in_scope(s->vocab, g->region, s->target->region);
}

/* Is some region of the scope an ancestor of the target's, the same, or a descendant? */
static bool related(const struct iq_grant *g, const struct subject *s)
{
	const struct iq_vocab *v = s->vocab;

	if (within(g, s))
		return true;
	if (v == NULL || g->region == IQ_NONE || g->region > v->region.n)
		return false;
	if (iq_vocab_in_scope(v, s->target->region, g->region))
		return true;
	for (const iq_num *m = v->area_members[g->region]; m != NULL && *m != IQ_NONE; m++)
		if (iq_vocab_in_scope(v, s->target->region, *m))
			return true;
	return false;
}

/*
 * A scope of institution and region means both. A role that is bound to institutions reaches
 * nothing by a grant for a region alone, and the other way round.
 */
static bool reaches(const struct iq_grant *g, enum iq_reach reach, const struct subject *s)
{
	bool all = g->institution == IQ_NONE && g->region == IQ_NONE;

	switch (reach) {
	case IQ_REACH_NOWHERE:
	case IQ_REACHES:
		return false;
	case IQ_REACH_ANYWHERE:
		return true;
	case IQ_REACH_EVERYTHING:
		return all;
	case IQ_REACH_OWNED:
		return all || (owned(g, s) && (g->region == IQ_NONE || within(g, s)));
	case IQ_REACH_WITHIN:
		return all || (within(g, s) && (g->institution == IQ_NONE || owned(g, s)));
	case IQ_REACH_FOUNDING:
		return s->target->institution == IQ_NONE && reaches(g, IQ_REACH_WITHIN, s);
	case IQ_REACH_RELATED:
		return all || (related(g, s) && (g->institution == IQ_NONE || owned(g, s)));
	}
	return false;
}

static bool has_right(
	const struct iq_principal *p, enum iq_action action, const struct subject *s, int32_t today)
{
	for (size_t i = 0; i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (g->role < IQ_ACCESS_ROLES && g->from <= today && today <= g->to &&
			reaches(g, rights[g->role][action], s))
			return true;
	}
	return false;
}

bool iq_decide(const struct iq_principal *principal, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today)
{
	static const struct iq_target nothing;
	const struct subject s = {target ? target : &nothing, vocab};

	if (action == IQ_ACTION_NONE)
		return true;
	if (principal == NULL)
		return false;
	switch (action) {
	case IQ_ACTION_SELF:
	case IQ_ACTION_ASK:
		return true;
	case IQ_ACTION_CONTACT:
		return iq_disclosure(principal, s.target, vocab, today) == IQ_FULL;
	case IQ_ACTION_WRITE:
	case IQ_ACTION_EDIT:
	case IQ_ACTION_VOCABULARY:
	case IQ_ACTION_STRUCTURE:
	case IQ_ACTION_ACCEPT:
	case IQ_ACTION_BULK:
	case IQ_ACTION_GRANT:
	case IQ_ACTION_ERASE:
	case IQ_ACTION_AUDIT:
		return has_right(principal, action, &s, today);
	case IQ_ACTION_NONE:
	case IQ_ACTIONS:
		break;
	}
	return false;
}

/* Principals of the contact's institution and of its sub-institutions. */
static bool is_colleague(const struct iq_principal *p, const struct subject *s)
{
	iq_num owner = s->target->nowners ? s->target->owners[0] : s->target->institution;

	return owner != IQ_NONE &&
	       (p->institution == owner || is_among(owner, p->above, p->nabove));
}

/* The narrowest class the caller passes; passing a narrower one means passing the wider. */
static enum iq_visibility clearance(
	const struct iq_principal *p, const struct subject *s, int32_t today)
{
	struct iq_principal editor = *p;
	enum iq_visibility level = IQ_PUBLIC;

	if (p->institution != IQ_NONE && is_colleague(p, s))
		return IQ_INSTITUTION_ONLY;
	for (size_t i = 0; i < p->ngrants; i++) {
		editor.grants = &p->grants[i];
		editor.ngrants = 1;
		if (!has_right(&editor, IQ_ACTION_CONTACT, s, today))
			continue;
		if (p->grants[i].role == IQ_ACCESS_EDITOR)
			return IQ_INSTITUTION_ONLY;
		level = IQ_PARTNERS;
	}
	return level;
}

enum iq_disclosure iq_disclosure(const struct iq_principal *principal,
	const struct iq_target *contact, const struct iq_vocab *vocab, int32_t today)
{
	const struct subject s = {contact, vocab};
	enum iq_visibility level = IQ_PUBLIC;

	if (principal != NULL)
		level = clearance(principal, &s, today);
	if (contact->visibility <= level)
		return IQ_FULL;
	return contact->visibility == level + 1 ? IQ_OUTLINE : IQ_HIDDEN;
}
