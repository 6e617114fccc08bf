/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_ACCESS_GOLDEN_H
#define IQ_ACCESS_GOLDEN_H

/*
 * What access.md says, cell by cell, written down by hand. Every role, action, class of contact,
 * target and scope must be here once; test_domain_access_golden.c fails otherwise.
 *
 * Targets  THERE    an office below a county council, with its seat in Dresden
 *          FOUNDED  an institution to be created below that office, with its seat in Dresden
 *          ZERO     nothing in particular
 *          COARSE   not known yet: is there anything at all?
 *
 * A letter per scope of the grant:
 *
 *          all | institution: office, county, desk below, other
 *              | region: Dresden, Germany, Neustadt (below), Leipzig (beside), area of Dresden
 *              | both: county and Saxony, county and Bavaria, other and Saxony
 *
 *          y gives   s outside its scope   r the role has not this right
 */

enum {
	PUBLIC = 1 << IQ_PUBLIC,
	PARTNERS = 1 << IQ_PARTNERS,
	WORKSHOP = 1 << IQ_WORKSHOP,
	INSTITUTION = 1 << IQ_INSTITUTION_ONLY,
	/* spelled out: a new class is in no line until somebody thinks about it */
	ANY_CLASS = PUBLIC | PARTNERS | WORKSHOP | INSTITUTION
};
enum golden_target { THERE = 1, FOUNDED = 2, ZERO = 4, COARSE = 8, ANY_TARGET = 15 };

struct golden_line {
	enum iq_access_role role;
	enum iq_action action;
	int classes, targets;
	const char *cells;
};

#define NOT(role, action)                                                                          \
	{                                                                                          \
		role, action, ANY_CLASS, ANY_TARGET, "r rrrr rrrrr rrr"                            \
	}

static const struct golden_line golden[] = {
	/* reader: contact fields of class `partners` in the region */
	NOT(IQ_ACCESS_READER, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_READER, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_READER, IQ_ACTION_ASK),
	NOT(IQ_ACCESS_READER, IQ_ACTION_WRITE),
	{IQ_ACCESS_READER, IQ_ACTION_CONTACT, PUBLIC | PARTNERS, THERE, "y ssss yyysy yss"},
	{IQ_ACCESS_READER, IQ_ACTION_CONTACT, PUBLIC | PARTNERS, FOUNDED, "y ssss yyysy yss"},
	{IQ_ACCESS_READER, IQ_ACTION_CONTACT, PUBLIC | PARTNERS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_READER, IQ_ACTION_CONTACT, WORKSHOP | INSTITUTION, THERE | FOUNDED | ZERO,
		"r rrrr rrrrr rrr"},
	{IQ_ACCESS_READER, IQ_ACTION_CONTACT, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	NOT(IQ_ACCESS_READER, IQ_ACTION_EDIT),
	NOT(IQ_ACCESS_READER, IQ_ACTION_ACCEPT),
	NOT(IQ_ACCESS_READER, IQ_ACTION_VOCABULARY),
	NOT(IQ_ACCESS_READER, IQ_ACTION_STRUCTURE),
	NOT(IQ_ACCESS_READER, IQ_ACTION_BULK),
	NOT(IQ_ACCESS_READER, IQ_ACTION_GRANT),
	NOT(IQ_ACCESS_READER, IQ_ACTION_ERASE),
	NOT(IQ_ACCESS_READER, IQ_ACTION_AUDIT),

	/* editor: all that is the institution's and its sub-institutions', all classes */
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_ASK),
	{IQ_ACCESS_EDITOR, IQ_ACTION_WRITE, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_CONTACT, ANY_CLASS, THERE | FOUNDED, "y yyss sssss yss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_CONTACT, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_CONTACT, ANY_CLASS, COARSE, "y yyyy sssss yyy"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_EDIT, ANY_CLASS, THERE | FOUNDED, "y yyss sssss yss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_EDIT, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_EDIT, ANY_CLASS, COARSE, "y yyyy sssss yyy"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_ACCEPT, ANY_CLASS, THERE | FOUNDED, "y yyss sssss yss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_ACCEPT, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_ACCEPT, ANY_CLASS, COARSE, "y yyyy sssss yyy"},
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_VOCABULARY),
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_STRUCTURE),
	{IQ_ACCESS_EDITOR, IQ_ACTION_BULK, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_GRANT),
	{IQ_ACCESS_EDITOR, IQ_ACTION_ERASE, ANY_CLASS, THERE | FOUNDED, "y yyss sssss yss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_ERASE, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_EDITOR, IQ_ACTION_ERASE, ANY_CLASS, COARSE, "y yyyy sssss yyy"},
	NOT(IQ_ACCESS_EDITOR, IQ_ACTION_AUDIT),

	/* coordinator: founds institutions, keeps what lies in the region, sees as a reader does */
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_ASK),
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_WRITE, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_CONTACT, PUBLIC | PARTNERS, THERE | FOUNDED,
		"y ssss yyysy yss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_CONTACT, PUBLIC | PARTNERS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_CONTACT, WORKSHOP | INSTITUTION, THERE | FOUNDED | ZERO,
		"r rrrr rrrrr rrr"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_CONTACT, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_EDIT, ANY_CLASS, THERE | FOUNDED, "y ssss yyssy yss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_EDIT, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_EDIT, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_ACCEPT),
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_VOCABULARY),
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_STRUCTURE, ANY_CLASS, THERE, "s ssss sssss sss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_STRUCTURE, ANY_CLASS, FOUNDED, "y ssss yyssy yss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_STRUCTURE, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_STRUCTURE, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	{IQ_ACCESS_COORDINATOR, IQ_ACTION_BULK, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_GRANT),
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_ERASE),
	NOT(IQ_ACCESS_COORDINATOR, IQ_ACTION_AUDIT),

	/* curator: the vocabularies, by a grant for all; sees no contacts by this role */
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_ASK),
	{IQ_ACCESS_CURATOR, IQ_ACTION_WRITE, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_CONTACT),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_EDIT),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_ACCEPT),
	{IQ_ACCESS_CURATOR, IQ_ACTION_VOCABULARY, ANY_CLASS, ANY_TARGET, "y ssss sssss sss"},
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_STRUCTURE),
	{IQ_ACCESS_CURATOR, IQ_ACTION_BULK, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_GRANT),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_ERASE),
	NOT(IQ_ACCESS_CURATOR, IQ_ACTION_AUDIT),

	/* admin: principals and grants, the place of institutions; sees no contacts by this role */
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_ASK),
	{IQ_ACCESS_ADMIN, IQ_ACTION_WRITE, ANY_CLASS, ANY_TARGET, "y yyyy yyyyy yyy"},
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_CONTACT),
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_EDIT),
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_ACCEPT),
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_VOCABULARY),
	{IQ_ACCESS_ADMIN, IQ_ACTION_STRUCTURE, ANY_CLASS, THERE | FOUNDED, "y ssss yyssy yss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_STRUCTURE, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_STRUCTURE, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_BULK),
	{IQ_ACCESS_ADMIN, IQ_ACTION_GRANT, ANY_CLASS, THERE | FOUNDED, "y ssss yyssy yss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_GRANT, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_GRANT, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_ERASE, ANY_CLASS, THERE | FOUNDED, "y ssss yyssy yss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_ERASE, ANY_CLASS, ZERO, "y ssss sssss sss"},
	{IQ_ACCESS_ADMIN, IQ_ACTION_ERASE, ANY_CLASS, COARSE, "y ssss yyyyy yyy"},
	NOT(IQ_ACCESS_ADMIN, IQ_ACTION_AUDIT),

	/* auditor: the log, by a grant for all, and nothing else */
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_NONE),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_SELF),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_ASK),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_WRITE),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_CONTACT),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_EDIT),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_ACCEPT),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_VOCABULARY),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_STRUCTURE),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_BULK),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_GRANT),
	NOT(IQ_ACCESS_AUDITOR, IQ_ACTION_ERASE),
	{IQ_ACCESS_AUDITOR, IQ_ACTION_AUDIT, ANY_CLASS, ANY_TARGET, "y ssss sssss sss"},
};

/* What needs no grant: `known` any principal, `anybody` unknown peers, too. */
static const struct golden_open {
	enum iq_action action;
	int classes, targets;
	bool known, anybody;
} golden_open[] = {
	{IQ_ACTION_NONE, ANY_CLASS, ANY_TARGET, true, true},
	{IQ_ACTION_SELF, ANY_CLASS, ANY_TARGET, true, false},
	{IQ_ACTION_ASK, ANY_CLASS, ANY_TARGET, true, false},
	{IQ_ACTION_WRITE, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_CONTACT, PUBLIC, THERE | FOUNDED | ZERO, true, false},
	{IQ_ACTION_CONTACT, PARTNERS | WORKSHOP | INSTITUTION, THERE | FOUNDED | ZERO, false,
		false},
	{IQ_ACTION_CONTACT, ANY_CLASS, COARSE, true, false},
	{IQ_ACTION_EDIT, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_ACCEPT, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_VOCABULARY, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_STRUCTURE, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_BULK, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_GRANT, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_ERASE, ANY_CLASS, ANY_TARGET, false, false},
	{IQ_ACTION_AUDIT, ANY_CLASS, ANY_TARGET, false, false},
};

/*
 * What of a contact of the office in Dresden is shown by a grant: F full, O outline (function and
 * languages), - nothing. Letters per scope as above.
 */
static const struct golden_shown {
	enum iq_access_role role;
	int classes;
	const char *cells;
} golden_shown[] = {
	{IQ_ACCESS_READER, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_READER, PARTNERS, "F OOOO FFFOF FOO"},
	{IQ_ACCESS_READER, WORKSHOP, "O ---- OOO-O O--"},
	{IQ_ACCESS_READER, INSTITUTION, "- ---- ----- ---"},
	{IQ_ACCESS_EDITOR, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_EDITOR, PARTNERS, "F FFOO OOOOO FOO"},
	{IQ_ACCESS_EDITOR, WORKSHOP, "F FF-- ----- F--"},
	{IQ_ACCESS_EDITOR, INSTITUTION, "F FF-- ----- F--"},
	{IQ_ACCESS_COORDINATOR, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_COORDINATOR, PARTNERS, "F OOOO FFFOF FOO"},
	{IQ_ACCESS_COORDINATOR, WORKSHOP, "O ---- OOO-O O--"},
	{IQ_ACCESS_COORDINATOR, INSTITUTION, "- ---- ----- ---"},
	{IQ_ACCESS_CURATOR, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_CURATOR, PARTNERS, "O OOOO OOOOO OOO"},
	{IQ_ACCESS_CURATOR, WORKSHOP | INSTITUTION, "- ---- ----- ---"},
	{IQ_ACCESS_ADMIN, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_ADMIN, PARTNERS, "O OOOO OOOOO OOO"},
	{IQ_ACCESS_ADMIN, WORKSHOP | INSTITUTION, "- ---- ----- ---"},
	{IQ_ACCESS_AUDITOR, PUBLIC, "F FFFF FFFFF FFF"},
	{IQ_ACCESS_AUDITOR, PARTNERS, "O OOOO OOOOO OOO"},
	{IQ_ACCESS_AUDITOR, WORKSHOP | INSTITUTION, "- ---- ----- ---"},
};

/*
 * May an admin with the scope of the line give a grant with the scope of the column? Columns as
 * above; the office, the county and the desk have their seats in Dresden, the other one in Leipzig.
 */
static const char *const golden_granted[] = {
	"y yyyy yyyyy yyy", /* all */
	/* institutions alone are no scope of an admin */
	"s ssss sssss sss", "s ssss sssss sss", "s ssss sssss sss", "s ssss sssss sss",
	"s yyys ysysy sss", /* Dresden */
	"s yyyy yyyyy yyy", /* Germany: everything but "all" */
	"s ssss ssyss sss", /* Neustadt: no seat lies there */
	"s sssy sssys sss", /* Leipzig */
	"s yyys ysysy sss", /* the area of Dresden */
	"s yyys sssss yss", /* county and Saxony: Saxony alone would be everybody's */
	"s ssss sssss sss", /* county and Bavaria */
	"s sssy sssss ssy", /* other and Saxony */
};

/* Of every role: which of the scopes above it can be given with. */
static const struct golden_scope {
	enum iq_access_role role;
	const char *cells;
} golden_scope[] = {
	{IQ_ACCESS_READER, "y ssss yyyyy yyy"},
	{IQ_ACCESS_EDITOR, "y yyyy sssss yyy"},
	{IQ_ACCESS_COORDINATOR, "y ssss yyyyy yyy"},
	{IQ_ACCESS_CURATOR, "y ssss sssss sss"},
	{IQ_ACCESS_ADMIN, "y ssss yyyyy yyy"},
	{IQ_ACCESS_AUDITOR, "y ssss sssss sss"},
};

#endif
