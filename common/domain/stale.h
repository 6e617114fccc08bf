/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_STALE_H
#define IQ_DOMAIN_STALE_H

/*
 * What nobody looked after for long, and what a person left behind (domain.md "Views"). Pure: the
 * caller says what it knows of a record and of those it may see; nothing is concluded from what
 * it may not see. Any thread.
 */

#include "model.h"

/* In order of what to do first. */
#define IQ_STALE_TABLE(X)                                                                          \
	X(FLAG, "flag")               /* somebody says that it is wrong */                         \
	X(UNREACHABLE, "unreachable") /* no contact, and nobody's phone or mail */                 \
	X(ORPHAN, "orphan")           /* those whom it names have left */                          \
	X(NO_CONTACT, "no-contact")                                                                \
	X(UNCONFIRMED, "unconfirmed")     /* for too long */                                       \
	X(UNDATED, "undated")             /* never confirmed */                                    \
	X(ENDED_CONTACT, "ended-contact") /* all that the person did has ended */                  \
	X(NOT_INFORMED, "not-informed")   /* of being stored: Art. 14 GDPR */                      \
	X(NO_DEPUTY, "no-deputy")                                                                  \
	X(PERSONAL_MAIL, "personal-mail") /* and no function mailbox behind it */

enum iq_stale_why {
#define X(e, name) IQ_STALE_##e,
	IQ_STALE_TABLE(X)
#undef X
		IQ_STALE_WHYS
};
extern const char *const iq_stale_names[IQ_STALE_WHYS + 1];

/* What follows is answered as a set: bit 1 << enum iq_stale_why. Dates: days since 1970. */

struct iq_stale_row {
	int32_t to;        /* last day; IQ_DATE_MAX: open */
	int32_t confirmed; /* IQ_DATE_MIN: never */
	/* its contacts that the caller may know of, by whether their time is over */
	size_t living, ended;
	bool whole;     /* the caller may know of every contact of the institution */
	bool reachable; /* the institution or one above it has phone or mail */
};
/* since: confirmations before that day are too old. Rows that have ended: nothing. */
unsigned iq_stale_row(const struct iq_stale_row *row, int32_t today, int32_t since);

struct iq_stale_contact {
	int32_t to;
	size_t rows, rows_ended; /* responsibilities that name the contact */
	bool whole;              /* as above */
	bool full;               /* the caller sees the personal fields … */
	bool inside;             /* … and the owner's own notes */
	bool deputy, deputy_ended;
	bool personal_mail, mailbox; /* the mail is the person's; the institution has one, too */
	bool informed;
};
unsigned iq_stale_contact(const struct iq_stale_contact *contact, int32_t today);

struct iq_stale_membership {
	int32_t to;
	bool whole;
	bool representative_ended; /* one that the caller may know of */
	bool deputy, deputy_ended;
};
unsigned iq_stale_membership(const struct iq_stale_membership *membership, int32_t today);

/*
 * True if the part before the @ holds the family name: the last word of a name of several words.
 * "e.mustermann@…" of Erika Mustermann, but not "kurse@…". The arena is scratch.
 */
bool iq_stale_mail_personal(struct iq_str name, struct iq_str mail, struct iq_arena *arena);

#endif
