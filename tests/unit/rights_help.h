/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_RIGHTS_HELP_H
#define IQ_RIGHTS_HELP_H

#include "rights.h"

enum { HELP_GRANTS = 32 };

/* Stores a principal with grants as rights see them. */
static inline void help_principal_put(struct iq_wtxn *w, const struct iq_principal *p)
{
	struct iq_grant_rec grants[HELP_GRANTS] = {{.grant = {.id = 0}}};
	struct iq_account account = {.id = p->id,
		.name = p->name,
		.institution = p->institution,
		.contact = p->contact,
		.quota_until = p->quota_until,
		.grants = grants,
		.ngrants = p->ngrants < HELP_GRANTS ? p->ngrants : HELP_GRANTS};

	for (size_t i = 0; i < account.ngrants; i++)
		grants[i].grant = p->grants[i];
	iq_account_put(w, &account, NULL);
}

static inline void help_token_put(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET],
	struct iq_str principal, int64_t until_us)
{
	iq_token_put(w, secret,
		&(struct iq_token_rec){.id = 1, .principal = principal, .until_us = until_us});
}

#endif
