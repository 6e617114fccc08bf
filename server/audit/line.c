/* SPDX-License-Identifier: Apache-2.0 */
/* One line per entry: columns between tabs, the last one the hash. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit_priv.h"
#include "date.h"
#include "utf8.h"

/* Bytes of the columns, before escaping. */
enum { ID_MAX = 128, CLASSES_MAX = 64, OPERATION_MAX = 64, PURPOSE_MAX = 256, PEER_MAX = 64 };

enum column {
	NUMBER,
	TIME,
	EVENT,
	PRINCIPAL,
	INSTITUTION,
	PSEUDONYM,
	CLASSES,
	OPERATION,
	PURPOSE,
	REVISION,
	COUNT,
	REQUEST,
	PEER,
	COUNTED,
	HASH,
	COLUMNS
};

#define HEADER "iq-audit 1"

/* ---- text ----------------------------------------------------------------------------------- */

void iq_audit_hex(char *out, const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digit[p[i] >> 4];
		*out++ = digit[p[i] & 15];
	}
	*out = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool iq_audit_unhex(uint8_t *out, struct iq_str text, size_t n)
{
	if (text.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = nibble(text.p[2 * i]), low = nibble(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool iq_audit_number(struct iq_str s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 19 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = v;
	return true;
}

static void put_number(struct iq_buf *b, uint64_t v)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	iq_buf_add(b, digits + sizeof(digits) - n, n);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* What could break the line or a terminal is escaped; a character that is cut, too. */
static void put_text(struct iq_buf *b, struct iq_str s, size_t max)
{
	size_t plain = 0;

	if (s.n > max)
		s.n = max;
	while (plain < s.n && is_plain((unsigned char)s.p[plain]))
		plain++;
	if (plain == s.n)
		iq_buf_str(b, s);
	else
		iq_utf8_escape(b, s);
}

void iq_audit_escape(struct iq_buf *b, struct iq_str s)
{
	put_text(b, s, ID_MAX);
}

/* ---- months --------------------------------------------------------------------------------- */

enum { YEAR_MIN = 1970, YEAR_MAX = 2999, DAYS_MAX = 376200 /* a day of 2999 */ };

int iq_audit_month(int64_t us)
{
	const int64_t day_us = 86400000000;
	int64_t days = us <= 0 ? 0 : us / day_us;
	char text[11];
	char *end;

	iq_date_format((int32_t)(days > DAYS_MAX ? DAYS_MAX : days), text);
	long year = strtol(text, &end, 10);

	if (*end != '-')
		return YEAR_MIN * 12;
	return (int)(year * 12 + strtol(end + 1, NULL, 10) - 1);
}

void iq_audit_month_name(int month, char out[8])
{
	if (month < YEAR_MIN * 12 || month >= (YEAR_MAX + 1) * 12)
		month = YEAR_MIN * 12;
	snprintf(out, 8, "%04u-%02u", (unsigned)month / 12 % 10000, (unsigned)month % 12 + 1);
}

/* ---- writing -------------------------------------------------------------------------------- */

/* SHA-256 of the hash before and the line. */
static void chain(
	uint8_t out[IQ_AUDIT_HASH], const uint8_t before[IQ_AUDIT_HASH], const void *line, size_t n)
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, before, IQ_AUDIT_HASH);
	crypto_hash_sha256_update(&state, line, n);
	crypto_hash_sha256_final(&state, out);
}

static void put_tab(struct iq_buf *b)
{
	iq_buf_byte(b, '\t');
}

static void put_column(struct iq_buf *b, struct iq_str s, size_t max)
{
	put_text(b, s, max);
	put_tab(b);
}

static void put_request(struct iq_buf *b, const uint8_t id[16])
{
	static const uint8_t none[16];
	char hex[33];

	if (memcmp(id, none, sizeof(none)) != 0) {
		iq_audit_hex(hex, id, 16);
		iq_buf_add(b, hex, 32);
	}
	put_tab(b);
}

void iq_audit_line_write(struct iq_buf *b, struct iq_audit_mark *mark,
	const struct iq_audit_entry *e, const char *pseudonym, bool counted)
{
	size_t start = b->n;
	char hex[IQ_AUDIT_HEX];

	put_number(b, mark->number + 1);
	put_tab(b);
	put_number(b, e->time_us > 0 ? (uint64_t)e->time_us : 0);
	put_tab(b);
	put_column(b, iq_str(e->event < IQ_AUDIT_EVENTS ? iq_audit_event_names[e->event] : "?"),
		OPERATION_MAX);
	put_column(b, e->principal, ID_MAX);
	put_column(b, e->institution, ID_MAX);
	put_column(b, iq_str(pseudonym), IQ_AUDIT_HEX);
	put_column(b, e->classes, CLASSES_MAX);
	put_column(b, e->operation, OPERATION_MAX);
	put_column(b, e->purpose, PURPOSE_MAX);
	put_number(b, e->revision);
	put_tab(b);
	put_number(b, e->count ? e->count : 1);
	put_tab(b);
	put_request(b, e->request_id);
	put_column(b, e->peer, PEER_MAX);
	if (counted)
		iq_buf_byte(b, '1');
	if (b->failed)
		return;
	chain(mark->hash, mark->hash, b->p + start, b->n - start);
	mark->number++;
	iq_audit_hex(hex, mark->hash, IQ_AUDIT_HASH);
	put_tab(b);
	iq_buf_add(b, hex, IQ_AUDIT_HEX - 1);
	iq_buf_byte(b, '\n');
}

void iq_audit_header_write(struct iq_buf *b, const struct iq_audit_mark *mark)
{
	char hex[IQ_AUDIT_HEX];

	iq_audit_hex(hex, mark->hash, IQ_AUDIT_HASH);
	iq_buf_str(b, IQ_STR(HEADER "\t"));
	put_number(b, mark->number);
	put_tab(b);
	iq_buf_add(b, hex, IQ_AUDIT_HEX - 1);
	iq_buf_byte(b, '\n');
}

/* ---- reading -------------------------------------------------------------------------------- */

static int event_of(struct iq_str name)
{
	for (int i = 0; i < IQ_AUDIT_EVENTS; i++)
		if (iq_str_is(name, iq_audit_event_names[i]))
			return i;
	return -1;
}

bool iq_audit_line_read(struct iq_str line, struct iq_audit_line *out, bool *counted)
{
	struct iq_str c[COLUMNS], part;
	size_t n = 0;
	uint64_t time;
	int event;

	*out = (struct iq_audit_line){.number = 0};
	while (iq_str_cut(&line, '\t', &part)) {
		if (n == COLUMNS)
			return false;
		c[n++] = part;
	}
	if (n != COLUMNS || !iq_audit_number(c[NUMBER], &out->number) ||
		!iq_audit_number(c[TIME], &time) ||
		!iq_audit_number(c[REVISION], &out->entry.revision) ||
		!iq_audit_number(c[COUNT], &out->entry.count))
		return false;
	event = event_of(c[EVENT]);
	if (event < 0 ||
		(c[REQUEST].n > 0 && !iq_audit_unhex(out->entry.request_id, c[REQUEST], 16)))
		return false;
	out->entry.event = (enum iq_audit_event)event;
	out->entry.time_us = (int64_t)time;
	out->entry.principal = c[PRINCIPAL];
	out->entry.institution = c[INSTITUTION];
	out->entry.classes = c[CLASSES];
	out->entry.operation = c[OPERATION];
	out->entry.purpose = c[PURPOSE];
	out->entry.peer = c[PEER];
	out->pseudonym = c[PSEUDONYM];
	*counted = c[COUNTED].n > 0;
	return true;
}

bool iq_audit_line_fits(struct iq_str line, struct iq_audit_mark *mark)
{
	const char *tab = memchr(line.p, '\t', line.n);
	uint8_t hash[IQ_AUDIT_HASH];
	char hex[IQ_AUDIT_HEX];
	uint64_t number;

	if (tab == NULL || line.n < IQ_AUDIT_HEX || line.p[line.n - IQ_AUDIT_HEX] != '\t' ||
		!iq_audit_number((struct iq_str){line.p, (size_t)(tab - line.p)}, &number) ||
		number != mark->number + 1)
		return false;
	chain(hash, mark->hash, line.p, line.n - IQ_AUDIT_HEX);
	iq_audit_hex(hex, hash, IQ_AUDIT_HASH);
	if (memcmp(hex, line.p + line.n - (IQ_AUDIT_HEX - 1), IQ_AUDIT_HEX - 1) != 0)
		return false;
	memcpy(mark->hash, hash, sizeof(hash));
	mark->number = number;
	return true;
}

bool iq_audit_header_read(struct iq_str line, struct iq_audit_mark *mark)
{
	struct iq_str magic, number, hash, more;

	return iq_str_cut(&line, '\t', &magic) && iq_str_is(magic, HEADER) &&
	       iq_str_cut(&line, '\t', &number) && iq_audit_number(number, &mark->number) &&
	       iq_str_cut(&line, '\t', &hash) && iq_audit_unhex(mark->hash, hash, IQ_AUDIT_HASH) &&
	       !iq_str_cut(&line, '\t', &more);
}
