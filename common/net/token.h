/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_TOKEN_H
#define IQ_NET_TOKEN_H

/*
 * One-time enrolment tokens: a 128-bit secret, the first 128 bits of the SHA-256 of the CA
 * certificate (DER), host and port, check digits; base32 (RFC 4648 alphabet, no padding) in groups
 * of four joined by '-'. Reading ignores case, spaces and '-'.
 */

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "str.h"

enum { IQ_TOKEN_SECRET = 16, IQ_TOKEN_FINGERPRINT = 16 };

struct iq_token {
	uint8_t secret[IQ_TOKEN_SECRET];
	uint8_t fingerprint[IQ_TOKEN_FINGERPRINT];
	char host[254];
	uint16_t port;
};

/* The text, in the arena. NULL without memory. */
char *iq_token_write(const struct iq_token *t, struct iq_arena *arena);
/* False if it is no token or the check digits do not fit (a typing mistake). */
bool iq_token_read(struct iq_str text, struct iq_token *out);

#endif
