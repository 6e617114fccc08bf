/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_GIVE_H
#define IQ_OPS_GIVE_H

/* What the operations on principals, tokens, grants and approvals share. */

#include "op.h"

/* ---- accounts -------------------------------------------------------------------------------- */

/* Not-found if there is none, or it has ended and `alive` is asked for. */
IQ_CHECK enum iq_err iq_give_account(
	struct iq_right *r, const char *id, bool alive, struct iq_account *out);
/* The same for one that is to be changed: what lies outside of the caller's scope is not there. */
IQ_CHECK enum iq_err iq_give_own_account(
	struct iq_right *r, const char *id, bool alive, struct iq_account *out);
/* Is it in the scope of an admin: its institution, and every grant that is not over? */
bool iq_give_covers(struct iq_right *r, const struct iq_account *a);
/* The same for its institution (IQ_NONE: none) alone. */
bool iq_give_covers_institution(struct iq_right *r, iq_num institution);
/* The scope of a grant. */
bool iq_give_covers_scope(struct iq_right *r, iq_num institution, iq_num region);
IQ_CHECK enum iq_err iq_give_denied(struct iq_right *r);
/* Not revoked and not over. */
bool iq_grant_alive(const struct iq_grant_rec *g, int32_t today);
/* Conflict if nobody would be left who is an administrator for all. */
IQ_CHECK enum iq_err iq_give_admin_left(
	struct iq_right *r, const struct iq_account *before, const struct iq_account *after);
/* One grant as a Grant message. */
void iq_grant_write(struct iq_buf *out, uint32_t field, struct iq_txn *t, struct iq_str principal,
	const struct iq_grant_rec *rec, int32_t today);

/* ---- giving ---------------------------------------------------------------------------------- */

/* In the worker's thread: terms in the message become ids. */
IQ_CHECK enum iq_err iq_gift_terms(struct iq_req *rq, struct iq_op_job *o, Iq__V1__Grant *msg);
/* One grant to be given. */
struct iq_gift {
	const Iq__V1__Grant *msg;
	struct iq_grant grant;
	bool waits;           /* a second person must agree first */
	enum iq_action needs; /* that person's right, over the scope of the grant */
	iq_num institution, region;
};
/* Reads the message and says whether it may be given, and who must agree. */
IQ_CHECK enum iq_err iq_gift_check(struct iq_right *r, const struct iq_account *to,
	const Iq__V1__Grant *msg, struct iq_gift *out);
/* Adds it to the account (not stored yet). Quota error if it has too many. */
IQ_CHECK enum iq_err iq_gift_add(struct iq_right *r, struct iq_wtxn *w, struct iq_account *to,
	const struct iq_gift *gift, struct iq_grant_rec *made);
/* Lets it wait. */
IQ_CHECK enum iq_err iq_gift_ask(struct iq_right *r, struct iq_wtxn *w, const struct iq_account *to,
	const struct iq_gift *gift, uint64_t *number);
/* Does it hold a grant that the caller cannot give without the consent of others? apart_from: of
 * others than this institution's editors; IQ_NONE: of anybody. */
bool iq_give_needs_consent(struct iq_right *r, const struct iq_account *a, iq_num apart_from);
/* Must the institution's editors agree before this account becomes one of its people? Not if there
 * are none apart from the account itself and the person who asks, or if the caller is one. */
bool iq_give_asks_editors(struct iq_right *r, struct iq_str account, iq_num institution);

/* Is the principal an editor of this very institution or of one above it, not one for all? */
bool iq_is_editor_of(
	struct iq_txn *t, const struct iq_principal *p, iq_num institution, int32_t today);

#endif
