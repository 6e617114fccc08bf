/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_RIGHTS_RIGHTS_H
#define IQ_RIGHTS_RIGHTS_H

/*
 * Who is known and what they were given, in IQ_TABLE_AUTH: principals with their grants, one-time
 * tokens, certificates, and what waits for a second person (access.md "Principals, certificates,
 * grants", "Decisions"). Reading: any thread with a transaction; writing: the writer's thread.
 *
 * Keys: "p/<id>" principal, "x/<hash>" issuer and subject → principal, "t/<hash>" token,
 * "c/<serial>" certificate, "o/<hash><serial>" certificates by principal, "a/<number>" approval,
 * "f/<number>" flag, "n" next numbers. Values are encoded with pb/wire.h.
 */

#include "access.h"
#include "err.h"
#include "store.h"
#include "token.h"

/* ---- principals ---------------------------------------------------------------------------- */

struct iq_grant_rec {
	struct iq_grant grant;
	struct iq_str by, reason;  /* who gave it, and why */
	struct iq_str approved_by; /* the second person, where one was needed */
	struct iq_str revoked_by;
	int64_t made_us, revoked_us; /* microseconds since 1970, UTC; revoked 0: not */
};

/* A principal as stored. */
struct iq_account {
	struct iq_str id, name;
	iq_num institution, contact;   /* IQ_NONE: none */
	struct iq_str issuer, subject; /* of an external PKI (RFC 4514); empty: none */
	struct iq_str created_by;      /* empty: init */
	int64_t created_us, ended_us;  /* ended 0: not */
	int32_t quota_until;           /* last day on which the daily limit is lifted */
	struct iq_grant_rec *grants;
	size_t ngrants;
};

/* False: unknown (or damaged, or no memory). Everything is copied into the arena. */
bool iq_account_get(
	struct iq_txn *t, struct iq_str id, struct iq_arena *arena, struct iq_account *out);
/* Writes it with its mapping of issuer and subject (none for who has ended); `before` (NULL: new)
 * is what was stored. */
void iq_account_put(
	struct iq_wtxn *w, const struct iq_account *account, const struct iq_account *before);
/* In byte order of ids, from behind `after`; fn returns false to stop. The account lives until fn
 * returns. */
void iq_account_each(struct iq_txn *t, struct iq_str after, struct iq_arena *arena,
	bool (*fn)(void *arg, const struct iq_account *account), void *arg);
/* The principal mapped to a certificate of an external PKI; false: none. */
bool iq_account_by_subject(struct iq_txn *t, struct iq_str issuer, struct iq_str subject,
	struct iq_arena *arena, struct iq_str *id);
/*
 * What stands for issuer and subject where a certificate of ours has its serial number: 20 bytes.
 */
enum { IQ_EXTERNAL_MARK = 20 };
void iq_external_mark(struct iq_str issuer, struct iq_str subject, uint8_t out[IQ_EXTERNAL_MARK]);
/* True if the principal has not ended and is still mapped to them. */
bool iq_external_valid(struct iq_txn *t, const uint8_t mark[IQ_EXTERNAL_MARK], struct iq_str id,
	struct iq_arena *arena);
/*
 * What rights see: grants that are not revoked, and the workshops in which the contact stands for a
 * member, not for a guest, on `today`. Without the institution's ancestors. False: unknown or
 * ended.
 */
bool iq_principal_get(struct iq_txn *t, struct iq_str id, int32_t today, struct iq_arena *arena,
	struct iq_principal *out);
/* Workshops that have not ended in which the institution takes part on `today`, as a member or a
 * guest; in the arena. */
size_t iq_workshops_of(struct iq_txn *t, iq_num institution, int32_t today, struct iq_arena *arena,
	const iq_num **out);
/* The workshop has not ended and has a member on `today`; the arena is for work. */
bool iq_workshop_meets(struct iq_txn *t, iq_num workshop, int32_t today, struct iq_arena *arena);
/* Administrators with a grant for all that is valid on `today`; accounts of one person count once.
 */
size_t iq_admin_count(struct iq_txn *t, int32_t today, struct iq_arena *arena);
/* It is one of them. */
bool iq_account_is_admin(const struct iq_account *account, int32_t today);
/* The same person: the same id, or linked to the same contact. */
bool iq_same_person(const struct iq_account *a, const struct iq_account *b);
/* A number for a grant, token, approval or flag; never used again. */
uint64_t iq_rights_number(struct iq_wtxn *w);

/* ---- tokens -------------------------------------------------------------------------------- */

struct iq_token_rec {
	uint64_t id;
	struct iq_str principal, by;
	int64_t until_us;
};
/* Stored hashed (BLAKE2b of the secret); single use. */
void iq_token_put(
	struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], const struct iq_token_rec *token);
/* Uses a token up: the principal it is for (in the arena). IQ_ERR_LOGIN with the reason: unknown or
 * used, expired. */
IQ_CHECK enum iq_err iq_token_use(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET],
	int64_t now_us, struct iq_arena *arena, struct iq_str *principal, struct iq_error *error);
void iq_token_each(
	struct iq_txn *t, bool (*fn)(void *arg, const struct iq_token_rec *token), void *arg);
/* False: there is none with this number. principal: may be NULL. */
bool iq_token_find(struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_token_rec *out);
void iq_token_remove(struct iq_wtxn *w, uint64_t id);
/* Takes all tokens of a principal back. */
void iq_token_remove_all(struct iq_wtxn *w, struct iq_str principal);

/* ---- certificates -------------------------------------------------------------------------- */

/* Records a certificate as issued. until_day: days since 1970. */
void iq_certificate_put(
	struct iq_wtxn *w, const uint8_t serial[20], struct iq_str principal, int32_t until_day);
/* The last day of a certificate issued by us; false: unknown. */
bool iq_certificate_until(struct iq_txn *t, const uint8_t serial[20], int32_t *day);
/* True if the certificate was issued by us to this principal and is not revoked. */
bool iq_certificate_valid(struct iq_txn *t, const uint8_t serial[20], struct iq_str principal);
/* Revokes every certificate of the principal; returns how many. */
size_t iq_certificate_revoke_all(struct iq_wtxn *w, struct iq_str principal, int64_t now_us);
/* Was there ever one, revoked or not? */
bool iq_certificate_any(struct iq_txn *t, struct iq_str principal);
/* The latest end of the principal's certificates that are not revoked; false: none. */
bool iq_certificate_latest(struct iq_txn *t, struct iq_str principal, int32_t *day);

/* ---- what waits for a second person --------------------------------------------------------- */

enum iq_approval_state { IQ_APPROVAL_WAITING, IQ_APPROVAL_APPROVED, IQ_APPROVAL_REJECTED };

struct iq_approval {
	uint64_t id;
	enum iq_approval_state state; /* expired: WAITING, but until_us has passed */
	struct iq_str operation;      /* "grant", "visibility", "erase" */
	struct iq_str by, reason;
	int64_t made_us, until_us;
	enum iq_action needs;       /* the right an approver needs … */
	iq_num institution, region; /* … over this institution or region; IQ_NONE: all */
	struct iq_str request;      /* the frame that waits; done in the name of `by` */
	struct iq_str changes;      /* repeated Change messages, for people; field 8 */
	struct iq_str decided_by;
	int64_t decided_us;
};
void iq_approval_put(struct iq_wtxn *w, const struct iq_approval *approval);
bool iq_approval_get(
	struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_approval *out);
/* From the newest to the oldest; the approval lives until fn returns. */
void iq_approval_each(
	struct iq_txn *t, bool (*fn)(void *arg, const struct iq_approval *approval), void *arg);
/* Drops what was decided or expired more than IQ_LIMIT_APPROVAL_DAYS ago. */
void iq_approval_purge(struct iq_wtxn *w, int64_t now_us);

/* ---- marks on records ------------------------------------------------------------------------ */

struct iq_flag {
	uint64_t id;
	enum iq_kind kind;
	iq_num num;
	iq_num institution; /* whose queue it is in */
	struct iq_str text, by;
	int64_t made_us;
};
void iq_flag_put(struct iq_wtxn *w, const struct iq_flag *flag);
bool iq_flag_get(struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_flag *out);
void iq_flag_remove(struct iq_wtxn *w, uint64_t id);
void iq_flag_each(struct iq_txn *t, bool (*fn)(void *arg, const struct iq_flag *flag), void *arg);

#endif
