/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_RIGHTS_RIGHTS_PRIV_H
#define IQ_RIGHTS_RIGHTS_PRIV_H

/* What the files of the rights share: keys and values of IQ_TABLE_AUTH. */

#include "rights.h"
#include "wire.h"

enum { IQ_AUTH_KEY = 64 /* longest */, IQ_AUTH_PREFIX = 2, IQ_AUTH_HASH = 32 };

struct iq_auth_key {
	char p[IQ_AUTH_KEY];
	size_t n;
};

static inline struct iq_str iq_auth_str(const struct iq_auth_key *k)
{
	return (struct iq_str){k->p, k->n};
}

/* "<table>/" and n bytes, at most IQ_AUTH_KEY - IQ_AUTH_PREFIX. */
struct iq_auth_key iq_auth_key(char table, const void *p, size_t n);
/* "<table>/" and the number, big-endian: in order of numbers. */
struct iq_auth_key iq_auth_number_key(char table, uint64_t number);
/* The number in such a key; false if it is none. */
bool iq_auth_key_number(struct iq_str key, uint64_t *number);
/* BLAKE2b. */
void iq_auth_hash(uint8_t out[IQ_AUTH_HASH], const void *p, size_t n);
/* Stores the value and frees the buffer. */
void iq_auth_put(struct iq_wtxn *w, const struct iq_auth_key *k, struct iq_buf *value);
void iq_auth_remove(struct iq_wtxn *w, const struct iq_auth_key *k);
/*
 * The next entry behind *at, which then holds its key. Writing in between is allowed; `value` lives
 * until then. False: no more that begin with `prefix`.
 */
bool iq_auth_next(
	struct iq_txn *t, struct iq_str prefix, struct iq_auth_key *at, struct iq_str *value);

/* Dates are shifted so that the open start is zero. */
static inline uint64_t iq_auth_from_day(int32_t day)
{
	return (uint64_t)((int64_t)day - INT32_MIN);
}

static inline int32_t iq_auth_to_day(uint64_t v)
{
	return (int32_t)((int64_t)(v & UINT32_MAX) + INT32_MIN);
}

/* Times before 1970 are none. */
static inline uint64_t iq_auth_from_time(int64_t us)
{
	return us > 0 ? (uint64_t)us : 0;
}

#endif
