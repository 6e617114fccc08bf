/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates issued by us. */
#include "rights_priv.h"

enum { SERIAL = 20, OWNER = 16 };
enum { CERT_PRINCIPAL = 1, CERT_UNTIL, CERT_REVOKED };

struct certificate {
	struct iq_str principal;
	int32_t until;
	int64_t revoked_us;
};

/* "o/<hash of the principal><serial>": whose certificates there are. */
static struct iq_auth_key owner_key(struct iq_str principal, const uint8_t *serial)
{
	uint8_t digest[IQ_AUTH_HASH], both[OWNER + SERIAL];

	iq_auth_hash(digest, principal.p, principal.n);
	memcpy(both, digest, OWNER);
	if (serial != NULL)
		memcpy(both + OWNER, serial, SERIAL);
	return iq_auth_key('o', both, serial ? OWNER + SERIAL : OWNER);
}

static void store(struct iq_wtxn *w, const uint8_t *serial, const struct certificate *c)
{
	struct iq_auth_key k = iq_auth_key('c', serial, SERIAL);
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_wire_str(&b, CERT_PRINCIPAL, c->principal);
	iq_wire_uint(&b, CERT_UNTIL, iq_auth_from_day(c->until));
	iq_wire_uint(&b, CERT_REVOKED, iq_auth_from_time(c->revoked_us));
	iq_auth_put(w, &k, &b);
}

/* Borrows from the store. */
static bool load(struct iq_txn *t, const uint8_t *serial, struct certificate *out)
{
	struct iq_auth_key k = iq_auth_key('c', serial, SERIAL);
	struct iq_wire_field f;
	struct iq_str value;
	bool bad = false;

	*out = (struct certificate){.until = INT32_MIN};
	if (!iq_table_get(t, IQ_TABLE_AUTH, iq_auth_str(&k), &value))
		return false;
	while (iq_wire_next(&value, &f, &bad)) {
		if (f.field == CERT_PRINCIPAL)
			out->principal = f.bytes;
		else if (f.field == CERT_UNTIL)
			out->until = iq_auth_to_day(f.value);
		else if (f.field == CERT_REVOKED)
			out->revoked_us = (int64_t)f.value;
	}
	return !bad && out->principal.n != 0;
}

void iq_certificate_put(
	struct iq_wtxn *w, const uint8_t serial[20], struct iq_str principal, int32_t until_day)
{
	struct iq_auth_key k = owner_key(principal, serial);
	struct iq_buf b;

	store(w, serial, &(struct certificate){.principal = principal, .until = until_day});
	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, 1);
	iq_auth_put(w, &k, &b);
}

bool iq_certificate_until(struct iq_txn *t, const uint8_t serial[20], int32_t *day)
{
	struct certificate c;

	if (!load(t, serial, &c))
		return false;
	*day = c.until;
	return true;
}

bool iq_certificate_valid(struct iq_txn *t, const uint8_t serial[20], struct iq_str principal)
{
	struct certificate c;

	return load(t, serial, &c) && c.revoked_us == 0 && iq_str_eq(c.principal, principal);
}

/* The principal's next certificate that is not revoked. */
static bool next(struct iq_txn *t, struct iq_str principal, struct iq_auth_key *at,
	uint8_t serial[SERIAL], struct certificate *out)
{
	struct iq_auth_key prefix = owner_key(principal, NULL);
	struct iq_str value;

	while (iq_auth_next(t, iq_auth_str(&prefix), at, &value)) {
		if (at->n != prefix.n + SERIAL)
			continue;
		memcpy(serial, at->p + prefix.n, SERIAL);
		if (load(t, serial, out) && out->revoked_us == 0 &&
			iq_str_eq(out->principal, principal))
			return true;
	}
	return false;
}

size_t iq_certificate_revoke_all(struct iq_wtxn *w, struct iq_str principal, int64_t now_us)
{
	struct iq_auth_key at = {.n = 0};
	struct certificate c;
	uint8_t serial[SERIAL];
	size_t n = 0;

	for (; next(iq_wtxn_txn(w), principal, &at, serial, &c); n++) {
		c.principal = principal; /* writing moves what is stored */
		c.revoked_us = now_us > 0 ? now_us : 1;
		store(w, serial, &c);
	}
	return n;
}

bool iq_certificate_latest(struct iq_txn *t, struct iq_str principal, int32_t *day)
{
	struct iq_auth_key at = {.n = 0};
	struct certificate c;
	uint8_t serial[SERIAL];
	bool any = false;

	while (next(t, principal, &at, serial, &c)) {
		if (!any || c.until > *day)
			*day = c.until;
		any = true;
	}
	return any;
}

bool iq_certificate_any(struct iq_txn *t, struct iq_str principal)
{
	struct iq_auth_key prefix = owner_key(principal, NULL), at = {.n = 0};
	struct iq_str value;

	return iq_auth_next(t, iq_auth_str(&prefix), &at, &value);
}
