/* SPDX-License-Identifier: Apache-2.0 */
/* Cookies: opaque to clients, signed by the server, so that none can be made up. */
#include <sodium.h>
#include <stdio.h>

#include "buf.h"
#include "feed.h"

enum { VERSION = 1, MAC = crypto_auth_BYTES, FIXED = 1 + 6 * 8 + 4 + 2 + 2 * IQ_FEED_HASH + 1 };
_Static_assert(crypto_auth_KEYBYTES == IQ_FEED_KEY, "the key signs");

static const struct iq_str key_name = {"k", 1};

bool iq_feed_key(struct iq_txn *t, uint8_t key[IQ_FEED_KEY])
{
	struct iq_str v;

	if (!iq_table_get(t, IQ_TABLE_LIVING, key_name, &v) || v.n != IQ_FEED_KEY)
		return false;
	memcpy(key, v.p, IQ_FEED_KEY);
	return true;
}

bool iq_feed_key_make(struct iq_wtxn *w)
{
	uint8_t key[IQ_FEED_KEY];

	if (iq_feed_key(iq_wtxn_txn(w), key))
		return true;
	if (sodium_init() < 0)
		return false;
	randombytes_buf(key, sizeof(key));
	iq_table_put(w, IQ_TABLE_LIVING, key_name, (struct iq_str){(char *)key, sizeof(key)});
	sodium_memzero(key, sizeof(key));
	return iq_txn_error(iq_wtxn_txn(w), NULL) == IQ_OK;
}

static void put(struct iq_buf *b, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		iq_buf_byte(b, (uint8_t)(v >> 8 * i));
}

static uint64_t get(struct iq_str *s, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = 0; i < bytes; i++)
		v |= (uint64_t)(uint8_t)s->p[i] << 8 * i;
	s->p += bytes;
	s->n -= bytes;
	return v;
}

void iq_feed_cookie_write(
	const struct iq_feed_cookie *c, const uint8_t key[IQ_FEED_KEY], struct iq_buf *out)
{
	size_t start = out->n, id = strlen(c->after);
	uint8_t mac[MAC];

	iq_buf_byte(out, VERSION);
	put(out, c->generation, 8);
	put(out, c->base, 8);
	put(out, c->told, 8);
	put(out, c->at, 8);
	put(out, c->index, 8);
	put(out, (uint64_t)(int64_t)c->day, 8);
	put(out, (uint64_t)c->phase, 4);
	put(out, (uint64_t)c->kind, 2);
	iq_buf_add(out, c->filter, IQ_FEED_HASH);
	iq_buf_add(out, c->rights, IQ_FEED_HASH);
	iq_buf_byte(out, (uint8_t)id);
	iq_buf_add(out, c->after, id);
	if (out->failed)
		return;
	crypto_auth(mac, out->p + start, out->n - start, key);
	iq_buf_add(out, mac, sizeof(mac));
}

bool iq_feed_cookie_read(
	struct iq_str bytes, const uint8_t key[IQ_FEED_KEY], struct iq_feed_cookie *out)
{
	*out = (struct iq_feed_cookie){.generation = 0};
	if (bytes.n < FIXED + MAC || bytes.n > FIXED + MAC + sizeof(out->after) - 1 ||
		bytes.p[0] != VERSION)
		return false;
	bytes.n -= MAC;
	if (crypto_auth_verify((const uint8_t *)bytes.p + bytes.n, (const uint8_t *)bytes.p,
		    bytes.n, key) != 0)
		return false;
	(void)get(&bytes, 1);
	out->generation = get(&bytes, 8);
	out->base = get(&bytes, 8);
	out->told = get(&bytes, 8);
	out->at = get(&bytes, 8);
	out->index = get(&bytes, 8);
	out->day = (int32_t)(int64_t)get(&bytes, 8);
	out->phase = (enum iq_feed_phase)get(&bytes, 4);
	out->kind = (enum iq_kind)get(&bytes, 2);
	memcpy(out->filter, bytes.p, IQ_FEED_HASH);
	memcpy(out->rights, bytes.p + IQ_FEED_HASH, IQ_FEED_HASH);
	bytes.p += 2 * (size_t)IQ_FEED_HASH;
	bytes.n -= 2 * (size_t)IQ_FEED_HASH;
	if (get(&bytes, 1) != bytes.n)
		return false;
	memcpy(out->after, bytes.p, bytes.n);
	return out->phase <= IQ_FEED_DELTA && out->kind < IQ_KINDS;
}

void iq_feed_hash(struct iq_str bytes, uint8_t out[IQ_FEED_HASH])
{
	crypto_generichash(out, IQ_FEED_HASH, (const uint8_t *)bytes.p, bytes.n, NULL, 0);
}

/* ---- digest --------------------------------------------------------------------------------- */

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct iq_feed_digest *)0)->state),
	"there is room for it");

void iq_feed_digest_begin(struct iq_feed_digest *d)
{
	d->count = 0;
	crypto_hash_sha256_init((crypto_hash_sha256_state *)(void *)d->state);
}

void iq_feed_digest_add(struct iq_feed_digest *d, enum iq_kind kind, struct iq_str id)
{
	crypto_hash_sha256_state *s = (crypto_hash_sha256_state *)(void *)d->state;
	const char *name = iq_schemas[kind].name;

	d->count++;
	crypto_hash_sha256_update(s, (const uint8_t *)name, strlen(name));
	crypto_hash_sha256_update(s, (const uint8_t *)"/", 1);
	crypto_hash_sha256_update(s, (const uint8_t *)id.p, id.n);
	crypto_hash_sha256_update(s, (const uint8_t *)"\n", 1);
}

void iq_feed_digest_end(struct iq_feed_digest *d, uint8_t out[IQ_FEED_DIGEST])
{
	crypto_hash_sha256_final((crypto_hash_sha256_state *)(void *)d->state, out);
}

enum iq_kind iq_feed_kind_at(int i)
{
	/* The one that so many others come before. */
	for (int kind = 0; kind < IQ_KINDS; kind++) {
		int before = 0;

		for (int other = 0; other < IQ_KINDS; other++)
			before += strcmp(iq_schemas[other].name, iq_schemas[kind].name) < 0;
		if (before == i)
			return (enum iq_kind)kind;
	}
	return IQ_KINDS;
}
