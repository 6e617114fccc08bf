/* SPDX-License-Identifier: Apache-2.0 */
/* Editions of the interface document, asked for and looked into. For test_ops_edition*. */
#ifndef TESTS_UNIT_EDITION_HELP_H
#define TESTS_UNIT_EDITION_HELP_H

#include "disclose_help.h"

static const char *const editions[] = {"public", "partners", "members"};

static struct asked {
	const char *region, *edition, *recipient, *reason, *at;
	ProtobufCBinaryData cursor;
	Iq__V1__Lang lang;
} ask;

static inline const Iq__V1__EditionResponse *edition_asked(void)
{
	Iq__V1__EditionRequest in = IQ__V1__EDITION_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.region = (char *)(uintptr_t)ask.region;
	in.edition = (char *)(uintptr_t)ask.edition;
	in.recipient = (char *)(uintptr_t)ask.recipient;
	in.reason = (char *)(uintptr_t)ask.reason;
	in.at = (char *)(uintptr_t)ask.at;
	in.cursor = ask.cursor;
	in.lang = ask.lang;
	msg.op_case = IQ__V1__REQUEST__OP_EDITION;
	msg.edition = &in;
	return call(&msg, &iq__v1__edition_response__descriptor);
}

static inline void ask_for(const char *region, const char *edition)
{
	bool public = strcmp(edition, "public") == 0;

	ask = (struct asked){.region = region,
		.edition = edition,
		.recipient = public ? "" : "Runde Sachsen",
		.reason = public ? "" : "workshop",
		.at = ""};
}

static inline const Iq__V1__EditionResponse *edition_of(const char *region, const char *edition)
{
	ask_for(region, edition);
	return edition_asked();
}

/* NULL: not in it. */
static inline const Iq__V1__EditionInstitution *shown(
	const Iq__V1__EditionResponse *r, const char *id)
{
	assert_non_null(r);
	for (size_t i = 0; i < r->n_institutions; i++) {
		if (strcmp(r->institutions[i]->institution->id, id) == 0)
			return r->institutions[i];
	}
	return NULL;
}

static inline const Iq__V1__Contact *printed(const Iq__V1__EditionInstitution *x, const char *id)
{
	assert_non_null(x);
	for (size_t i = 0; i < x->n_contacts; i++) {
		if (strcmp(x->contacts[i]->id, id) == 0)
			return x->contacts[i];
	}
	return NULL;
}

static inline const Iq__V1__Withheld *kept_back(
	const Iq__V1__EditionInstitution *x, enum iq_visibility v)
{
	assert_non_null(x);
	for (size_t i = 0; i < x->n_withheld; i++) {
		if (strcmp(x->withheld[i]->visibility, iq_visibility_names[v]) == 0)
			return x->withheld[i];
	}
	return NULL;
}

/* No byte of the answer. */
static inline bool answer_has(const char *text)
{
	return memmem(fx.out.p, fx.out.n, text, strlen(text)) != NULL;
}

#endif
