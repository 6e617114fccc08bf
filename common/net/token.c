/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

/*
 * Bytes: secret, fingerprint, port (big-endian), host. Their base32 characters are followed by two
 * that hold a CRC-10 over them: it finds every wrong character and every two neighbours swapped.
 */
enum {
	FIXED = IQ_TOKEN_SECRET + IQ_TOKEN_FINGERPRINT + 2,
	HOST_MAX = 253,
	BYTES_MAX = FIXED + HOST_MAX,
	DIGITS_MAX = (BYTES_MAX * 8 + 4) / 5,
	CHECK = 2,
	GROUP = 4,
	CRC_POLYNOMIAL = 0x233, /* x^10+x^9+x^5+x^4+x+1, ITU-T I.610 */
	CRC_MASK = 0x3ff,
};

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static unsigned checksum(const uint8_t *digits, size_t n)
{
	unsigned crc = CRC_MASK;

	for (size_t i = 0; i < n; i++) {
		crc ^= (unsigned)digits[i] << 5;
		for (int bit = 0; bit < 5; bit++)
			crc = (crc & 0x200) ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
		crc &= CRC_MASK;
	}
	return crc;
}

static size_t to_digits(const uint8_t *bytes, size_t n, uint8_t *digits)
{
	unsigned held = 0, bits = 0;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		held = (held << 8 | bytes[i]) & 0xfff;
		for (bits += 8; bits >= 5; bits -= 5)
			digits[count++] = held >> (bits - 5) & 31;
	}
	if (bits != 0)
		digits[count++] = (uint8_t)(held << (5 - bits) & 31);
	return count;
}

/* False if bits are left over that a writer would not have written. */
static bool to_bytes(const uint8_t *digits, size_t n, uint8_t *bytes, size_t *count)
{
	unsigned held = 0, bits = 0;

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		held = (held << 5 | digits[i]) & 0xfff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			bytes[(*count)++] = (uint8_t)(held >> bits);
		}
	}
	return bits < 5 && (held & ((1u << bits) - 1)) == 0;
}

char *iq_token_write(const struct iq_token *t, struct iq_arena *arena)
{
	uint8_t bytes[BYTES_MAX], digits[DIGITS_MAX + CHECK];
	size_t host = strnlen(t->host, HOST_MAX);

	memcpy(bytes, t->secret, IQ_TOKEN_SECRET);
	memcpy(bytes + IQ_TOKEN_SECRET, t->fingerprint, IQ_TOKEN_FINGERPRINT);
	bytes[FIXED - 2] = (uint8_t)(t->port >> 8);
	bytes[FIXED - 1] = (uint8_t)t->port;
	memcpy(bytes + FIXED, t->host, host);
	size_t n = to_digits(bytes, FIXED + host, digits);
	unsigned crc = checksum(digits, n);

	digits[n++] = (uint8_t)(crc >> 5);
	digits[n++] = crc & 31;
	char *text = iq_arena_alloc(arena, n + n / GROUP + 1), *p = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		if (i != 0 && i % GROUP == 0)
			*p++ = '-';
		*p++ = alphabet[digits[i]];
	}
	*p = '\0';
	return text;
}

/* The digits of the text; 0 if it holds anything else or too much. */
static size_t read_digits(struct iq_str text, uint8_t *digits)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '-' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (n == DIGITS_MAX + CHECK)
			return 0;
		if (c >= 'a' && c <= 'z')
			digits[n++] = (uint8_t)(c - 'a');
		else if (c >= 'A' && c <= 'Z')
			digits[n++] = (uint8_t)(c - 'A');
		else if (c >= '2' && c <= '7')
			digits[n++] = (uint8_t)(c - '2' + 26);
		else
			return 0;
	}
	return n;
}

/* Visible ASCII: names, IPv4 and IPv6 addresses. */
static bool host_valid(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	}
	return n != 0 && n <= HOST_MAX;
}

bool iq_token_read(struct iq_str text, struct iq_token *out)
{
	uint8_t digits[DIGITS_MAX + CHECK], bytes[BYTES_MAX + 1];
	size_t n = read_digits(text, digits), count;

	if (n <= CHECK)
		return false;
	n -= CHECK;
	if (checksum(digits, n) != ((unsigned)digits[n] << 5 | digits[n + 1]) ||
		!to_bytes(digits, n, bytes, &count))
		return false;
	if (count <= FIXED || !host_valid(bytes + FIXED, count - FIXED))
		return false;
	uint16_t port = (uint16_t)(bytes[FIXED - 2] << 8 | bytes[FIXED - 1]);

	if (port == 0)
		return false;
	*out = (struct iq_token){.port = port};
	memcpy(out->secret, bytes, IQ_TOKEN_SECRET);
	memcpy(out->fingerprint, bytes + IQ_TOKEN_SECRET, IQ_TOKEN_FINGERPRINT);
	memcpy(out->host, bytes + FIXED, count - FIXED);
	return true;
}
