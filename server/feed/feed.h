/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FEED_FEED_H
#define IQ_FEED_FEED_H

/*
 * The change feed, as far as it knows nothing of rights: cookies, which name how far a consumer was
 * told, and the log read as "what was touched since". Who may see it is decided in server/ops.
 */

#include "buf.h"
#include "store.h"

/* ---- cookies -------------------------------------------------------------------------------- */

enum { IQ_FEED_HASH = 16, IQ_FEED_KEY = 32 };

enum iq_feed_phase {
	IQ_FEED_REFRESH, /* everything there is, in order of kind and id */
	IQ_FEED_DELTA    /* what was touched */
};

/* How far a consumer was told. */
struct iq_feed_cookie {
	uint64_t generation; /* of the server (iq_state) */
	enum iq_feed_phase phase;
	/*
	 * What the consumer holds is the directory as of `base`, and on top of that what it was
	 * told since; that came from snapshots up to the revision `told`. Equal: nothing is under
	 * way.
	 */
	uint64_t base, told;
	/* REFRESH: the last record told */
	enum iq_kind kind;
	char after[97]; /* its id; empty: none of this kind yet */
	/* DELTA: everything up to the revision `at`, and so many touches of the next one */
	uint64_t at, index;
	int32_t day; /* on which it was told: what is valid depends on it */
	uint8_t filter[IQ_FEED_HASH];
	uint8_t rights[IQ_FEED_HASH];
};

/*
 * The key that signs cookies, in IQ_TABLE_LIVING under "k". make: random, if there is none yet; the
 * writer's thread or before it starts, in a transaction. False: none, or no randomness.
 */
bool iq_feed_key_make(struct iq_wtxn *w);
bool iq_feed_key(struct iq_txn *t, uint8_t key[IQ_FEED_KEY]);

/* Appends the bytes of a cookie. */
void iq_feed_cookie_write(
	const struct iq_feed_cookie *c, const uint8_t key[IQ_FEED_KEY], struct iq_buf *out);
/* False: not one that was signed with this key, or of another version. Fuzz-proof. */
bool iq_feed_cookie_read(
	struct iq_str bytes, const uint8_t key[IQ_FEED_KEY], struct iq_feed_cookie *out);
/* What filters and rights are known by in a cookie: a hash of the bytes. */
void iq_feed_hash(struct iq_str bytes, uint8_t out[IQ_FEED_HASH]);

/* ---- digest --------------------------------------------------------------------------------- */

/* SHA-256 over "kind/id\n" of records, added in byte order of these lines. */
enum { IQ_FEED_DIGEST = 32 };
struct iq_feed_digest {
	uint64_t count;
	_Alignas(16) uint8_t state[128];
};
void iq_feed_digest_begin(struct iq_feed_digest *d);
void iq_feed_digest_add(struct iq_feed_digest *d, enum iq_kind kind, struct iq_str id);
void iq_feed_digest_end(struct iq_feed_digest *d, uint8_t out[IQ_FEED_DIGEST]);
/* The kinds in byte order of their names: i in 0 … IQ_KINDS - 1. */
enum iq_kind iq_feed_kind_at(int i);

/* ---- the log -------------------------------------------------------------------------------- */

/* One record in one entry of the log. */
struct iq_feed_touch {
	uint64_t revision, index; /* its place in that entry, from 0 */
	int64_t time_us;
	enum iq_kind kind;
	iq_num num;
};
/*
 * Touches of the revisions from + 1 … to, without the first `skip` of the first of them, in order;
 * fn returns false to stop. False: an entry is missing (too old, or of another history).
 */
bool iq_feed_each(struct iq_txn *t, uint64_t from, uint64_t to, uint64_t skip,
	bool (*fn)(void *arg, const struct iq_feed_touch *touch), void *arg);
/* Their number, counted up to `most`; UINT64_MAX: an entry is missing. */
uint64_t iq_feed_count(struct iq_txn *t, uint64_t from, uint64_t to, uint64_t most);
/* Time of a revision in microseconds since 1970; 0: no such entry. */
int64_t iq_feed_time(struct iq_txn *t, uint64_t revision);

/* Where a record stands now. */
enum iq_feed_is { IQ_FEED_LIVE, IQ_FEED_GONE, IQ_FEED_FORGOTTEN /* erased: not even an id */ };
/* image: of now, or the last one there was. last: the revision that touched it last. */
enum iq_feed_is iq_feed_state(
	struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *image, uint64_t *last);
/* Every revision in from + 1 … to that touched the record, newest first. */
void iq_feed_revisions(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t from, uint64_t to,
	void (*fn)(void *arg, uint64_t revision), void *arg);

#endif
