/* SPDX-License-Identifier: Apache-2.0 */
/* One-time tokens. */
#include <sodium.h>

#include "i18n.h"
#include "rights_priv.h"

enum { HALF = IQ_AUTH_HASH / 2 };
enum { TOKEN_PRINCIPAL = 1, TOKEN_UNTIL, TOKEN_CHECK, TOKEN_ID, TOKEN_BY };

/*
 * The first half of the hash finds the entry, the second half is compared in constant time: how
 * long a look-up takes says nothing about a secret.
 */
static struct iq_auth_key token_key(
	const uint8_t secret[IQ_TOKEN_SECRET], uint8_t digest[IQ_AUTH_HASH])
{
	iq_auth_hash(digest, secret, IQ_TOKEN_SECRET);
	return iq_auth_key('t', digest, HALF);
}

void iq_token_put(
	struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], const struct iq_token_rec *token)
{
	uint8_t digest[IQ_AUTH_HASH];
	struct iq_auth_key k = token_key(secret, digest);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_str(&b, TOKEN_PRINCIPAL, token->principal);
	iq_wire_uint(&b, TOKEN_UNTIL, iq_auth_from_time(token->until_us));
	iq_wire_uint(&b, TOKEN_ID, token->id);
	iq_wire_str(&b, TOKEN_BY, token->by);
	iq_wire_str(&b, TOKEN_CHECK, (struct iq_str){(const char *)digest + HALF, HALF});
	iq_auth_put(w, &k, &b);
}

/* Borrows from the value. *check: the second half of the hash. */
static bool token_read(struct iq_str value, struct iq_token_rec *out, struct iq_str *check)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_token_rec){.id = 0};
	*check = (struct iq_str){NULL, 0};
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == TOKEN_PRINCIPAL)
			out->principal = f.bytes;
		else if (f.field == TOKEN_UNTIL)
			out->until_us = f.value > INT64_MAX ? INT64_MAX : (int64_t)f.value;
		else if (f.field == TOKEN_ID)
			out->id = f.value;
		else if (f.field == TOKEN_BY)
			out->by = f.bytes;
		else if (f.field == TOKEN_CHECK)
			*check = f.bytes;
	}
	return !bad;
}

enum iq_err iq_token_use(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], int64_t now_us,
	struct iq_arena *arena, struct iq_str *principal, struct iq_error *error)
{
	uint8_t digest[IQ_AUTH_HASH];
	struct iq_auth_key k = token_key(secret, digest);
	struct iq_str value, check;
	struct iq_token_rec token;

	*principal = (struct iq_str){NULL, 0};
	if (!iq_table_get(iq_wtxn_txn(w), IQ_TABLE_AUTH, iq_auth_str(&k), &value) ||
		!token_read(value, &token, &check) || check.n != HALF ||
		sodium_memcmp(check.p, digest + HALF, HALF) != 0)
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The token is unknown or was used already."),
			N_("Ask an administrator for a new token."), NULL);
	if (now_us < 0 || now_us > token.until_us)
		return iq_error_set(error, IQ_ERR_LOGIN, N_("The token has expired."),
			N_("Ask an administrator for a new token."), NULL);
	*principal = iq_arena_dup(arena, token.principal);
	if (principal->p == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	iq_auth_remove(w, &k);
	return IQ_OK;
}

/* False: no more. */
static bool next(struct iq_txn *t, struct iq_auth_key *at, struct iq_token_rec *out)
{
	struct iq_str value, check;

	while (iq_auth_next(t, IQ_STR("t/"), at, &value)) {
		if (token_read(value, out, &check))
			return true;
	}
	return false;
}

void iq_token_each(
	struct iq_txn *t, bool (*fn)(void *arg, const struct iq_token_rec *token), void *arg)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_token_rec token;

	while (next(t, &at, &token) && fn(arg, &token))
		;
}

bool iq_token_find(struct iq_txn *t, uint64_t id, struct iq_arena *arena, struct iq_token_rec *out)
{
	struct iq_auth_key at = {.n = 0};

	while (next(t, &at, out)) {
		if (out->id != id)
			continue;
		out->principal = iq_arena_dup(arena, out->principal);
		out->by = iq_arena_dup(arena, out->by);
		return !arena->failed;
	}
	return false;
}

void iq_token_remove(struct iq_wtxn *w, uint64_t id)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_token_rec token;

	while (next(iq_wtxn_txn(w), &at, &token)) {
		if (token.id != id)
			continue;
		iq_auth_remove(w, &at);
		return;
	}
}

void iq_token_remove_all(struct iq_wtxn *w, struct iq_str principal)
{
	struct iq_auth_key at = {.n = 0};
	struct iq_token_rec token;

	while (next(iq_wtxn_txn(w), &at, &token)) {
		if (iq_str_eq(token.principal, principal))
			iq_auth_remove(w, &at);
	}
}
