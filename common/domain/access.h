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

/* What an operation or a change asks for. */
enum iq_action {
	IQ_ACTION_NONE,       /* allowed to everybody, even unknown peers: enrolment */
	IQ_ACTION_SELF,       /* about the caller only: any principal */
	IQ_ACTION_ASK,        /* questions and views over public fields: any principal */
	IQ_ACTION_WRITE,      /* coarse: may change something at all; the target decides */
	IQ_ACTION_CONTACT,    /* see the personal fields of a contact */
	IQ_ACTION_EDIT,       /* contacts, responsibilities, own fields of an institution, notices
				 that name an institution or (coordinators) a region */
	IQ_ACTION_VOCABULARY, /* regions … kinds, handovers, notices without institution */
	IQ_ACTION_STRUCTURE,  /* institutions themselves: create (target without institution, with
				 region and the owners of the parent), parent, region, kind */
	IQ_ACTIONS
};

struct iq_grant {
	enum iq_access_role role;
	iq_num institution, region; /* scope: subtree; IQ_NONE: all */
	int32_t from, to;           /* IQ_DATE_MAX: open */
};

struct iq_principal {
	struct iq_str id, name;
	iq_num institution; /* IQ_NONE: none */
	/* the institution's ancestors; may be left out: then only its own contacts are its own */
	const iq_num *above;
	size_t nabove;
	const struct iq_grant *grants;
	size_t ngrants;
};

/* What is acted on. Zeroed: nothing in particular. */
struct iq_target {
	iq_num institution; /* owner */
	iq_num region;      /* of the responsibility or the institution's seat */
	enum iq_visibility visibility;
};

/*
 * The decision. `principal` NULL: unknown peer. Institution subtrees are not known here: the
 * caller passes the owner's ancestors (owner first).
 */
bool iq_decide(const struct iq_principal *principal, enum iq_action action,
	const struct iq_target *target, const iq_num *owners, size_t nowners,
	const struct iq_vocab *vocab, int32_t today);

/* How much of a contact the caller may see. */
enum iq_disclosure {
	IQ_HIDDEN,  /* does not exist for the caller */
	IQ_OUTLINE, /* function and languages: an entry of `withheld` */
	IQ_FULL
};

/*
 * Public contacts are IQ_FULL for everybody who may ask. A contact attached to responsibilities
 * of several regions: ask once per region, the widest disclosure counts. The class `workshop`
 * needs records of membership, which come with workshops; until then it is as narrow as
 * `institution`.
 */
enum iq_disclosure iq_disclosure(const struct iq_principal *principal,
	const struct iq_target *contact, const iq_num *owners, size_t nowners,
	const struct iq_vocab *vocab, int32_t today);

#endif
