/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_ACCESS_H
#define IQ_DOMAIN_ACCESS_H

/*
 * Who may do what, and what of a contact may leave the server. Pure; deny by default.
 * Normative text: access.md; the role × action table is data (access.c).
 */

#include <stdbool.h>
#include <stdint.h>

#include "vocab.h"

#define IQ_ROLE_TABLE(X)                                                                           \
	X(READER, "reader")                                                                        \
	X(EDITOR, "editor")                                                                        \
	X(COORDINATOR, "coordinator")                                                              \
	X(CURATOR, "curator")                                                                      \
	X(ADMIN, "admin")                                                                          \
	X(AUDITOR, "auditor")

enum iq_access_role {
#define X(e, name) IQ_ACCESS_##e,
	IQ_ROLE_TABLE(X)
#undef X
		IQ_ACCESS_ROLES
};
extern const char *const iq_access_role_names[IQ_ACCESS_ROLES + 1];

/* What an operation or a change asks for: X(ENUM, name in commands) */
#define IQ_ACTION_TABLE(X)                                                                         \
	/* allowed to everybody, even unknown peers: enrolment */                                  \
	X(NONE, "none")                                                                            \
	/* about the caller only: any principal */                                                 \
	X(SELF, "self")                                                                            \
	/* questions and views over public fields: any principal */                                \
	X(ASK, "ask")                                                                              \
	/* coarse: may change something at all; the target decides */                              \
	X(WRITE, "write")                                                                          \
	/* see the personal fields of a contact */                                                 \
	X(CONTACT, "contact")                                                                      \
	/* contacts, responsibilities, own fields of an institution, notices that name an          \
	 * institution or (coordinators) a region, workshops */                                    \
	X(EDIT, "edit")                                                                            \
	/* what only the institution itself may say: that it takes part in a workshop, and who     \
	 * represents it there; consent to editors */                                              \
	X(ACCEPT, "accept")                                                                        \
	/* regions … kinds, handovers, notices without institution */                            \
	X(VOCABULARY, "vocabulary")                                                                \
	/* institutions themselves: create (target without institution, with region and the owners \
	 * of the parent), parent, region, kind */                                                 \
	X(STRUCTURE, "structure")                                                                  \
	/* exports and reports with the contacts one may see */                                    \
	X(BULK, "bulk")                                                                            \
	/* principals, tokens, grants; the target is the scope */                                  \
	X(GRANT, "grant")                                                                          \
	/* erase a contact for good */                                                             \
	X(ERASE, "erase")                                                                          \
	/* read and verify the audit log */                                                        \
	X(AUDIT, "audit")

enum iq_action {
#define X(e, name) IQ_ACTION_##e,
	IQ_ACTION_TABLE(X)
#undef X
		IQ_ACTIONS
};
extern const char *const iq_action_names[IQ_ACTIONS + 1];

struct iq_grant {
	uint64_t id; /* 0: none */
	enum iq_access_role role;
	iq_num institution, region; /* scope: subtree; IQ_NONE: all */
	int32_t from, to;           /* IQ_DATE_MAX: open */
};

/* Who asks, as rights see it: revoked grants are not among `grants`. */
struct iq_principal {
	struct iq_str id, name;
	iq_num institution; /* IQ_NONE: none */
	iq_num contact;     /* the person's own record; IQ_NONE: none */
	/* the institution's ancestors; may be left out: then only its own contacts are its own */
	const iq_num *above;
	size_t nabove;
	const struct iq_grant *grants;
	size_t ngrants;
	/* where the contact is representative or deputy of a member that has accepted */
	const iq_num *workshops;
	size_t nworkshops;
	int32_t quota_until; /* last day on which the daily limit is lifted */
};

/* What is acted on. Zeroed: nothing in particular. */
struct iq_target {
	iq_num institution; /* owner; IQ_NONE: none (yet) */
	const iq_num
		*owners; /* the owner (or, where there is none yet, the parent), its ancestors */
	size_t nowners;
	iq_num region; /* of the responsibility or the institution's seat */
	enum iq_visibility visibility;
	const iq_num *workshops; /* in which the owner takes part, accepted */
	size_t nworkshops;
};

/*
 * The decision. `principal` NULL: unknown peer. `vocab` NULL: no region is known. today: days
 * since 1970. `target` NULL: is there anything at all that this could be done to? That is asked
 * before the target is known, and the target is asked about afterwards.
 */
bool iq_decide(const struct iq_principal *principal, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today);

/* Why a grant gives a right or does not. */
enum iq_verdict {
	IQ_VERDICT_GIVES,
	IQ_VERDICT_ROLE,   /* the role does not have this right */
	IQ_VERDICT_FUTURE, /* not valid yet */
	IQ_VERDICT_ENDED,
	IQ_VERDICT_SCOPE /* the target lies outside its scope */
};
/*
 * What one grant says of an action; iq_decide() is true if any gives it, and beyond that where no
 * grant is needed: what everybody may do, public contacts, colleagues, fellow members of a
 * workshop. A grant that does not open the class of a contact has not the right (ROLE).
 */
enum iq_verdict iq_grant_verdict(const struct iq_grant *grant, enum iq_action action,
	const struct iq_target *target, const struct iq_vocab *vocab, int32_t today);

/* How far the right of a role reaches, as shown in the role table. */
enum iq_reach {
	IQ_REACH_NOWHERE,
	IQ_REACH_ANYWHERE,   /* any valid grant of the role will do */
	IQ_REACH_EVERYTHING, /* only a grant whose scope is all */
	IQ_REACH_OWNED,      /* the institution subtree covers the owner */
	IQ_REACH_WITHIN,     /* the region subtree (or area) covers the target's region */
	IQ_REACH_FOUNDING,   /* WITHIN, and the target is no institution that exists already */
	IQ_REACH_RELATED,    /* region of grant and target: ancestor, same or descendant */
	IQ_REACHES
};
extern const char *const iq_reach_names[IQ_REACHES + 1];
/* A cell of the role × action table. */
enum iq_reach iq_right_reach(enum iq_access_role role, enum iq_action action);
/* The narrowest class of contacts that a grant of the role opens within its scope. */
enum iq_visibility iq_role_opens(enum iq_access_role role);

/* What the scope of a role must name, unless it is all. The other part may narrow it. */
enum iq_scope { IQ_SCOPE_REGION, IQ_SCOPE_INSTITUTION, IQ_SCOPE_ALL, IQ_SCOPES };
extern const char *const iq_scope_names[IQ_SCOPES + 1];
enum iq_scope iq_role_scope(enum iq_access_role role);

/*
 * Does the scope of one admin grant of `by` that is valid today cover the whole scope of `grant`?
 * All is covered by all only. A region or area: all of it lies within. An institution: the seat of
 * each institution of its subtree lies within; `seats` names them, with institution, owners and
 * region (the seat), and is empty where the grant names none. A seat without region, or no seats
 * for a grant that names an institution: only all covers that.
 * Whoever hands out a token for a principal hands out all its grants: each must be covered.
 */
bool iq_grant_covered(const struct iq_principal *by, const struct iq_grant *grant,
	const struct iq_target *seats, size_t nseats, const struct iq_vocab *vocab, int32_t today);

/*
 * May `by` give this grant to `to`? Never to itself, nor to an account linked to the same contact;
 * the grant must be covered (see above); an end is given, not over and at most
 * IQ_LIMIT_GRANT_DAYS from today. What two persons must agree to is not asked here.
 */
enum iq_grantable {
	IQ_GRANTABLE,
	IQ_GRANT_SELF,
	IQ_GRANT_OUTSIDE, /* no admin grant covers the scope */
	IQ_GRANT_ENDLESS, /* no end, or too far away, or before the start, or over */
	IQ_GRANT_SCOPE    /* the role needs another kind of scope (access.md) */
};
enum iq_grantable iq_may_grant(const struct iq_principal *by, const struct iq_principal *to,
	const struct iq_grant *grant, const struct iq_target *seats, size_t nseats,
	const struct iq_vocab *vocab, int32_t today);

/* How much of a contact the caller may see. */
enum iq_disclosure {
	IQ_HIDDEN,  /* does not exist for the caller */
	IQ_OUTLINE, /* function and languages: an entry of `withheld` */
	IQ_FULL
};

/*
 * Public contacts are IQ_FULL for everybody who may ask. A contact attached to responsibilities
 * of several regions: ask once per region, the widest disclosure counts. The class `workshop` is
 * for those whom a member of one of the target's workshops sends.
 */
enum iq_disclosure iq_disclosure(const struct iq_principal *principal,
	const struct iq_target *contact, const struct iq_vocab *vocab, int32_t today);

#endif
