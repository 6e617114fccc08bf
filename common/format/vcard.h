/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_VCARD_H
#define IQ_FORMAT_VCARD_H

/*
 * Contacts as vCard 4.0 (RFC 6350). Only what is given is written: the caller hands in what the
 * reader may see, nothing is looked up or made up. Names are not taken apart (no N): that guesses
 * wrong. One thread; errors of memory stay in the buffer (`failed`).
 */

#include "content.h"

struct iq_vcard {
	struct iq_str uid;  /* "contact/<id>@<host>", the same each time */
	bool organisation;  /* an institution itself, not a person in it */
	struct iq_str name; /* of the person; of an institution: left out */
	struct iq_str institution, function;
	struct iq_str phone, email, url;
	struct iq_str street, postcode, town;
	const struct iq_str *languages; /* as RFC 5646 has them; others are left out */
	size_t nlanguages;
	struct iq_str
		visibility; /* said on the card if it is not public: who passes it on sees it */
	int64_t changed;    /* microseconds since 1970; 0: not known */
};

/* False if there is nothing to call it by; then nothing is written. */
bool iq_vcard_write(struct iq_buf *out, const struct iq_vcard *card);

#endif
