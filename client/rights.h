/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_RIGHTS_H
#define IQ_CLIENT_RIGHTS_H

/* Words for roles, actions and grants, and the answers about them. */

#include "access.h"
#include "client.h"
#include "iq.pb-c.h"
#include "json.h"

/* What the action is, translated; "?" if there is no such action. */
const char *iq_word_action(enum iq_action action);
/* How far a right reaches, translated. */
const char *iq_word_reach(enum iq_reach reach);
/* What the scope of a role must name, translated. */
const char *iq_word_scope(enum iq_scope scope);
/* The role as typed; in German with its name in brackets. */
const char *iq_word_access_role(struct iq_cli *cli, const char *role);
/* "valid", "future", "ended", "revoked", translated. */
const char *iq_word_state(const char *state);
/* Action by name or German word; -1: there is none. */
int iq_action_by_word(const char *word);
/* The same; sets cli->error. */
IQ_CHECK enum iq_err iq_word_to_action(
	struct iq_cli *cli, const char *word, enum iq_action *action);

/* "for vhs-dresden in dresden", "for everything" */
const char *iq_grant_scope_words(struct iq_cli *cli, const Iq__V1__Grant *g);
/* "grant 1003, editor for vhs-dresden, until 2027-01-31, given by admin" */
const char *iq_grant_words(struct iq_cli *cli, const Iq__V1__Grant *g);
/* The fields of a grant. */
json_t *iq_grant_json(const Iq__V1__Grant *g);
/* An item of `can` and `who-can`. */
json_t *iq_can_json(const Iq__V1__CanResponse *r, const char *action);
/* "public", "colleague" … in words. */
const char *iq_word_because(const char *because);

#endif
