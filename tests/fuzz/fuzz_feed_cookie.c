/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cookies of the change feed. What comes unsigned is refused; the same bytes signed are read or
 * refused, and what is read is written as it was.
 */
#include <sodium.h>
#include <stdlib.h>

#include "feed.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t key[IQ_FEED_KEY] = "0123456789abcdef0123456789abcde";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str bytes = {(const char *)data, n};
	struct iq_feed_cookie c;
	struct iq_buf b, again;

	require(sodium_init() >= 0);
	if (iq_feed_cookie_read(bytes, key, &c))
		abort(); /* nobody else has the key */
	iq_buf_init(&b, 0);
	iq_buf_init(&again, 0);
	iq_buf_add(&b, data, n);
	uint8_t *mac = iq_buf_room(&b, crypto_auth_BYTES);

	crypto_auth(mac, data, n, key);
	b.n += crypto_auth_BYTES;
	if (iq_feed_cookie_read((struct iq_str){(char *)b.p, b.n}, key, &c)) {
		struct iq_feed_cookie back;

		require(c.phase <= IQ_FEED_DELTA && c.kind < IQ_KINDS &&
			strlen(c.after) < sizeof(c.after));
		iq_feed_cookie_write(&c, key, &again);
		require(iq_feed_cookie_read((struct iq_str){(char *)again.p, again.n}, key, &back));
		require(back.generation == c.generation && back.base == c.base &&
			back.told == c.told && back.at == c.at && back.index == c.index &&
			back.day == c.day && back.phase == c.phase && back.kind == c.kind &&
			strcmp(back.after, c.after) == 0 &&
			memcmp(back.filter, c.filter, sizeof(c.filter)) == 0 &&
			memcmp(back.rights, c.rights, sizeof(c.rights)) == 0);
		b.p[0] ^= 1;
		require(!iq_feed_cookie_read((struct iq_str){(char *)b.p, b.n}, key, &c));
	}
	iq_buf_free(&b);
	iq_buf_free(&again);
	return 0;
}
