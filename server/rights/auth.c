/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, values and numbers in IQ_TABLE_AUTH. */
#include <sodium.h>
#include <stdlib.h>

#include "rights_priv.h"

enum { FIRST_NUMBER = 1000 /* those of init are below */, NUMBER = 8 };

struct iq_auth_key iq_auth_key(char table, const void *p, size_t n)
{
	struct iq_auth_key k = {.p = {table, '/'}, .n = IQ_AUTH_PREFIX};

	if (n > IQ_AUTH_KEY - IQ_AUTH_PREFIX) {
		k.n = 0; /* the store refuses it */
		return k;
	}
	if (n)
		memcpy(k.p + IQ_AUTH_PREFIX, p, n);
	k.n += n;
	return k;
}

struct iq_auth_key iq_auth_number_key(char table, uint64_t number)
{
	uint8_t be[NUMBER];

	for (int i = 0; i < NUMBER; i++)
		be[i] = (uint8_t)(number >> 8 * (NUMBER - 1 - i));
	return iq_auth_key(table, be, NUMBER);
}

bool iq_auth_key_number(struct iq_str key, uint64_t *number)
{
	*number = 0;
	if (key.n != IQ_AUTH_PREFIX + NUMBER)
		return false;
	for (int i = 0; i < NUMBER; i++)
		*number = *number << 8 | (uint8_t)key.p[IQ_AUTH_PREFIX + i];
	return true;
}

void iq_auth_hash(uint8_t out[IQ_AUTH_HASH], const void *p, size_t n)
{
	/* sodium_init() chooses the fastest code, once; neither fails but by a bug. */
	if (sodium_init() < 0 || crypto_generichash(out, IQ_AUTH_HASH, p, n, NULL, 0) != 0)
		abort();
}

/* Without memory for the value, an empty key: the store refuses it and with it the transaction. */
void iq_auth_put(struct iq_wtxn *w, const struct iq_auth_key *k, struct iq_buf *b)
{
	struct iq_str key = b->failed ? (struct iq_str){"", 0} : iq_auth_str(k);
	struct iq_str value = b->failed ? IQ_STR("?") : (struct iq_str){(const char *)b->p, b->n};

	iq_table_put(w, IQ_TABLE_AUTH, key, value);
	iq_buf_free(b);
}

void iq_auth_remove(struct iq_wtxn *w, const struct iq_auth_key *k)
{
	iq_table_put(w, IQ_TABLE_AUTH, iq_auth_str(k), (struct iq_str){NULL, 0});
}

bool iq_auth_next(
	struct iq_txn *t, struct iq_str prefix, struct iq_auth_key *at, struct iq_str *value)
{
	struct iq_str after = at->n ? iq_auth_str(at) : prefix, key;

	if (!iq_table_next(t, IQ_TABLE_AUTH, after, &key, value) || !iq_str_starts(key, prefix) ||
		key.n > IQ_AUTH_KEY)
		return false;
	memcpy(at->p, key.p, key.n);
	at->n = key.n;
	return true;
}

uint64_t iq_rights_number(struct iq_wtxn *w)
{
	struct iq_auth_key k = {.p = {'n'}, .n = 1};
	uint64_t next = FIRST_NUMBER;
	struct iq_wire_field f;
	struct iq_str value;
	bool bad = false;
	struct iq_buf b;

	if (iq_table_get(iq_wtxn_txn(w), IQ_TABLE_AUTH, iq_auth_str(&k), &value)) {
		while (iq_wire_next(&value, &f, &bad)) {
			if (f.field == 1)
				next = f.value;
		}
	}
	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, next + 1);
	iq_auth_put(w, &k, &b);
	return next;
}
