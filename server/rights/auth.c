/* SPDX-License-Identifier: Apache-2.0 */
/* Principals, tokens and certificates in IQ_TABLE_AUTH. */
#include <sodium.h>
#include <stdlib.h>

#include "i18n.h"
#include "rights.h"
#include "wire.h"

enum {
	KEY_MAX = 64, /* of the store */
	PREFIX = 2,
	HASH = 32,
	HALF = HASH / 2,
	SERIAL = 20,
};

/* Fields of the stored values. */
enum {
	ACCOUNT_ID = 1,
	ACCOUNT_NAME,
	ACCOUNT_INSTITUTION,
	ACCOUNT_GRANT,
	ACCOUNT_CONTACT,
	ACCOUNT_ISSUER,
	ACCOUNT_SUBJECT,
	ACCOUNT_CREATED_BY,
	ACCOUNT_CREATED,
	ACCOUNT_ENDED,
	ACCOUNT_QUOTA
};
enum {
	GRANT_ROLE = 1,
	GRANT_INSTITUTION,
	GRANT_REGION,
	GRANT_FROM,
	GRANT_TO,
	GRANT_ID,
	GRANT_BY,
	GRANT_REASON,
	GRANT_APPROVED,
	GRANT_REVOKER,
	GRANT_MADE,
	GRANT_REVOKED
};
enum { TOKEN_PRINCIPAL = 1, TOKEN_UNTIL, TOKEN_CHECK, TOKEN_ID, TOKEN_BY };
enum { CERT_PRINCIPAL = 1, CERT_UNTIL, CERT_REVOKED };

struct key {
	char p[KEY_MAX];
	size_t n;
};

static struct iq_str key_str(const struct key *k)
{
	return (struct iq_str){k->p, k->n};
}

static void hash(uint8_t out[HASH], const void *p, size_t n)
{
	/* sodium_init() chooses the fastest code, once; neither fails but by a bug. */
	if (sodium_init() < 0 || crypto_generichash(out, HASH, p, n, NULL, 0) != 0)
		abort();
}

static struct key make_key(char table, const void *p, size_t n)
{
	struct key k = {.p = {table, '/'}, .n = PREFIX + n};

	memcpy(k.p + PREFIX, p, n);
	return k;
}

/* Long names would not fit into a key. */
static struct key principal_key(struct iq_str id)
{
	uint8_t digest[HASH];

	if (id.n <= KEY_MAX - PREFIX)
		return make_key('p', id.n ? id.p : "", id.n);
	hash(digest, id.p, id.n);
	struct key k = make_key('p', digest, HASH);

	k.p[1] = '#';
	return k;
}

/* Without memory for the value, an empty key: the store refuses it and with it the transaction. */
static void put(struct iq_wtxn *w, const struct key *k, struct iq_buf *b)
{
	struct iq_str key = b->failed ? (struct iq_str){"", 0} : key_str(k);
	struct iq_str value = b->failed ? IQ_STR("?") : (struct iq_str){(const char *)b->p, b->n};

	iq_table_put(w, IQ_TABLE_AUTH, key, value);
	iq_buf_free(b);
}

/* Dates are shifted so that the open start is zero. */
static uint64_t from_day(int32_t day)
{
	return (uint64_t)((int64_t)day - INT32_MIN);
}

static int32_t to_day(uint64_t v)
{
	return (int32_t)((int64_t)(v & UINT32_MAX) + INT32_MIN);
}

/* ---- principals --------------------------------------------------------------------------- */

static void put_grant(struct iq_buf *b, const struct iq_grant_rec *r)
{
	const struct iq_grant *g = &r->grant;
	size_t mark = iq_wire_begin(b, ACCOUNT_GRANT);

	iq_wire_str(b, GRANT_ROLE, iq_str(iq_access_role_names[g->role]));
	iq_wire_uint(b, GRANT_INSTITUTION, g->institution);
	iq_wire_uint(b, GRANT_REGION, g->region);
	iq_wire_uint(b, GRANT_FROM, from_day(g->from));
	iq_wire_uint(b, GRANT_TO, from_day(g->to));
	iq_wire_uint(b, GRANT_ID, g->id);
	iq_wire_str(b, GRANT_BY, r->by);
	iq_wire_str(b, GRANT_REASON, r->reason);
	iq_wire_str(b, GRANT_APPROVED, r->approved_by);
	iq_wire_str(b, GRANT_REVOKER, r->revoked_by);
	iq_wire_uint(b, GRANT_MADE, (uint64_t)r->made_us);
	iq_wire_uint(b, GRANT_REVOKED, (uint64_t)r->revoked_us);
	iq_wire_end(b, mark);
}

void iq_account_put(
	struct iq_wtxn *w, const struct iq_account *account, const struct iq_account *before)
{
	struct key k = principal_key(account->id);
	struct iq_buf b;

	(void)before;
	iq_buf_init(&b, 0);
	iq_wire_str(&b, ACCOUNT_ID, account->id);
	iq_wire_str(&b, ACCOUNT_NAME, account->name);
	iq_wire_uint(&b, ACCOUNT_INSTITUTION, account->institution);
	for (size_t i = 0; i < account->ngrants; i++)
		put_grant(&b, &account->grants[i]);
	iq_wire_uint(&b, ACCOUNT_CONTACT, account->contact);
	iq_wire_str(&b, ACCOUNT_ISSUER, account->issuer);
	iq_wire_str(&b, ACCOUNT_SUBJECT, account->subject);
	iq_wire_str(&b, ACCOUNT_CREATED_BY, account->created_by);
	iq_wire_uint(&b, ACCOUNT_CREATED, (uint64_t)account->created_us);
	iq_wire_uint(&b, ACCOUNT_ENDED, (uint64_t)account->ended_us);
	iq_wire_uint(&b, ACCOUNT_QUOTA, from_day(account->quota_until));
	put(w, &k, &b);
}

static bool is_text(uint32_t field)
{
	return field == GRANT_ROLE || (field >= GRANT_BY && field <= GRANT_REVOKER);
}

/* False if damaged or the role is unknown: such a grant gives nothing. */
static bool read_grant(struct iq_str bytes, struct iq_arena *arena, struct iq_grant_rec *r)
{
	struct iq_grant *g = &r->grant;
	struct iq_wire_field f;
	bool bad = false;
	int role = -1;

	*r = (struct iq_grant_rec){.grant = {.from = INT32_MIN, .to = INT32_MIN}};
	while (iq_wire_next(&bytes, &f, &bad)) {
		/* A number cut short could turn a narrow scope into all. */
		if (f.type != (is_text(f.field) ? IQ_WIRE_LEN : IQ_WIRE_VARINT) ||
			(f.field <= GRANT_TO && f.value > UINT32_MAX))
			return false;
		switch (f.field) {
		case GRANT_ROLE:
			role = iq_choice(iq_access_role_names, f.bytes);
			break;
		case GRANT_INSTITUTION:
			g->institution = (iq_num)f.value;
			break;
		case GRANT_REGION:
			g->region = (iq_num)f.value;
			break;
		case GRANT_FROM:
			g->from = to_day(f.value);
			break;
		case GRANT_TO:
			g->to = to_day(f.value);
			break;
		case GRANT_ID:
			g->id = f.value;
			break;
		case GRANT_BY:
			r->by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_REASON:
			r->reason = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_APPROVED:
			r->approved_by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_REVOKER:
			r->revoked_by = iq_arena_dup(arena, f.bytes);
			break;
		case GRANT_MADE:
			r->made_us = (int64_t)f.value;
			break;
		case GRANT_REVOKED:
			r->revoked_us = (int64_t)f.value;
			break;
		default: /* a scope this version does not know would be narrower */
			return false;
		}
	}
	if (bad || role < 0)
		return false;
	g->role = (enum iq_access_role)role;
	return true;
}

static size_t count_grants(struct iq_str bytes)
{
	struct iq_wire_field f;
	size_t n = 0;
	bool bad = false;

	while (iq_wire_next(&bytes, &f, &bad))
		n += f.field == ACCOUNT_GRANT;
	return n;
}

static void read_text(struct iq_arena *arena, const struct iq_wire_field *f, struct iq_account *a)
{
	struct iq_str *to[] = {[ACCOUNT_ID] = &a->id,
		[ACCOUNT_NAME] = &a->name,
		[ACCOUNT_ISSUER] = &a->issuer,
		[ACCOUNT_SUBJECT] = &a->subject,
		[ACCOUNT_CREATED_BY] = &a->created_by};

	if (f->field < sizeof(to) / sizeof(to[0]) && to[f->field] != NULL)
		*to[f->field] = iq_arena_dup(arena, f->bytes);
}

static bool account_read(struct iq_str value, struct iq_arena *arena, struct iq_account *out)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct iq_account){.id = {NULL, 0}};
	out->grants = iq_arena_array(arena, count_grants(value), sizeof(*out->grants));
	if (out->grants == NULL)
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		switch (f.field) {
		case ACCOUNT_GRANT:
			if (read_grant(f.bytes, arena, &out->grants[out->ngrants]))
				out->ngrants++;
			break;
		case ACCOUNT_INSTITUTION:
			out->institution = (iq_num)f.value;
			break;
		case ACCOUNT_CONTACT:
			out->contact = (iq_num)f.value;
			break;
		case ACCOUNT_CREATED:
			out->created_us = (int64_t)f.value;
			break;
		case ACCOUNT_ENDED:
			out->ended_us = (int64_t)f.value;
			break;
		case ACCOUNT_QUOTA:
			out->quota_until = to_day(f.value);
			break;
		default:
			read_text(arena, &f, out);
			break;
		}
	}
	return !bad;
}

bool iq_account_get(
	struct iq_txn *t, struct iq_str id, struct iq_arena *arena, struct iq_account *out)
{
	struct key k = principal_key(id);
	struct iq_str value;

	*out = (struct iq_account){.id = {NULL, 0}};
	return iq_table_get(t, IQ_TABLE_AUTH, key_str(&k), &value) &&
	       account_read(value, arena, out) && iq_str_eq(out->id, id);
}

bool iq_principal_get(struct iq_txn *t, struct iq_str id, int32_t today, struct iq_arena *arena,
	struct iq_principal *out)
{
	struct iq_account a;

	(void)today;
	*out = (struct iq_principal){.id = {NULL, 0}};
	if (!iq_account_get(t, id, arena, &a) || a.ended_us != 0)
		return false;
	struct iq_grant *grants = iq_arena_array(arena, a.ngrants, sizeof(*grants));

	if (grants == NULL)
		return false;
	*out = (struct iq_principal){.id = a.id,
		.name = a.name,
		.institution = a.institution,
		.contact = a.contact,
		.grants = grants,
		.quota_until = a.quota_until};
	for (size_t i = 0; i < a.ngrants; i++) {
		if (a.grants[i].revoked_us == 0)
			grants[out->ngrants++] = a.grants[i].grant;
	}
	return true;
}

/* ---- tokens ------------------------------------------------------------------------------- */

/*
 * The first half of the hash finds the entry, the second half is compared in constant time: how
 * long a look-up takes says nothing about a secret.
 */
static struct key token_key(const uint8_t secret[IQ_TOKEN_SECRET], uint8_t digest[HASH])
{
	hash(digest, secret, IQ_TOKEN_SECRET);
	return make_key('t', digest, HALF);
}

void iq_token_put(
	struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], const struct iq_token_rec *token)
{
	uint8_t digest[HASH];
	struct key k = token_key(secret, digest);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_str(&b, TOKEN_PRINCIPAL, token->principal);
	iq_wire_uint(&b, TOKEN_UNTIL, token->until_us > 0 ? (uint64_t)token->until_us : 0);
	iq_wire_uint(&b, TOKEN_ID, token->id);
	iq_wire_str(&b, TOKEN_BY, token->by);
	iq_wire_str(&b, TOKEN_CHECK, (struct iq_str){(const char *)digest + HALF, HALF});
	put(w, &k, &b);
}

static bool token_read(
	struct iq_str value, const uint8_t *check, struct iq_str *principal, uint64_t *until_us)
{
	struct iq_wire_field f;
	bool bad = false, same = false;

	*principal = (struct iq_str){NULL, 0};
	*until_us = 0;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == TOKEN_PRINCIPAL)
			*principal = f.bytes;
		else if (f.field == TOKEN_UNTIL)
			*until_us = f.value;
		else if (f.field == TOKEN_CHECK && f.bytes.n == HALF)
			same = sodium_memcmp(f.bytes.p, check, HALF) == 0;
	}
	return !bad && same;
}

enum iq_err iq_token_use(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], int64_t now_us,
	struct iq_arena *arena, struct iq_str *principal, struct iq_error *error)
{
	uint8_t digest[HASH];
	struct key k = token_key(secret, digest);
	struct iq_str value, id;
	uint64_t until_us;

	*principal = (struct iq_str){NULL, 0};
	if (!iq_table_get(iq_wtxn_txn(w), IQ_TABLE_AUTH, key_str(&k), &value) ||
		!token_read(value, digest + HALF, &id, &until_us))
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The token is unknown or was used already."),
			N_("Ask an administrator for a new token."), NULL);
	if (now_us < 0 || (uint64_t)now_us > until_us)
		return iq_error_set(error, IQ_ERR_LOGIN, N_("The token has expired."),
			N_("Ask an administrator for a new token."), NULL);
	*principal = iq_arena_dup(arena, id);
	if (principal->p == NULL)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	iq_table_put(w, IQ_TABLE_AUTH, key_str(&k), (struct iq_str){NULL, 0});
	return IQ_OK;
}

/* ---- certificates ------------------------------------------------------------------------- */

void iq_certificate_put(
	struct iq_wtxn *w, const uint8_t serial[20], struct iq_str principal, int32_t until_day)
{
	struct key k = make_key('c', serial, SERIAL);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_str(&b, CERT_PRINCIPAL, principal);
	iq_wire_uint(&b, CERT_UNTIL, from_day(until_day));
	put(w, &k, &b);
}

bool iq_certificate_until(struct iq_txn *t, const uint8_t serial[20], int32_t *day)
{
	struct key k = make_key('c', serial, SERIAL);
	struct iq_str value;
	struct iq_wire_field f;
	bool bad = false;

	if (!iq_table_get(t, IQ_TABLE_AUTH, key_str(&k), &value))
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == CERT_UNTIL) {
			*day = to_day(f.value);
			return true;
		}
	}
	return false;
}

bool iq_certificate_valid(struct iq_txn *t, const uint8_t serial[20], struct iq_str principal)
{
	struct key k = make_key('c', serial, SERIAL);
	struct iq_str value, owner = {NULL, 0};
	struct iq_wire_field f;
	bool bad = false;

	if (!iq_table_get(t, IQ_TABLE_AUTH, key_str(&k), &value))
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == CERT_PRINCIPAL)
			owner = f.bytes;
	}
	return !bad && owner.n != 0 && iq_str_eq(owner, principal);
}

/* ---- numbers ------------------------------------------------------------------------------ */

uint64_t iq_rights_number(struct iq_wtxn *w)
{
	struct iq_str key = IQ_STR("n"), value;
	uint64_t next = 1000; /* those of init are below */
	struct iq_wire_field f;
	bool bad = false;
	struct iq_buf b;

	if (iq_table_get(iq_wtxn_txn(w), IQ_TABLE_AUTH, key, &value)) {
		while (iq_wire_next(&value, &f, &bad)) {
			if (f.field == 1)
				next = f.value;
		}
	}
	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, next + 1);
	iq_table_put(w, IQ_TABLE_AUTH, key, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return next;
}
