/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_CONTENT_H
#define IQ_FORMAT_CONTENT_H

/*
 * Content lines, as iCalendar (RFC 5545, 3.1) and vCard (RFC 6350, 3.2) share them: name,
 * parameters, a colon and the value, folded at 75 octets but never within a character, ended by
 * CRLF. One thread.
 */

#include "buf.h"
#include "str.h"

struct iq_content {
	struct iq_buf *out; /* the caller's; its `failed` tells of an error */
	size_t octets;      /* on the line so far */
};

/* As it is: names, parameters, numbers, dates. Valid UTF-8 without control characters. */
void iq_content_raw(struct iq_content *c, const char *text);
void iq_content_raw_str(struct iq_content *c, struct iq_str text);
/*
 * A TEXT value: backslash, comma, semicolon and newline are escaped, tabs become spaces, other
 * control characters (iq_utf8_is_control()) vanish, what is no UTF-8 becomes U+FFFD.
 */
void iq_content_text(struct iq_content *c, struct iq_str text);
void iq_content_end(struct iq_content *c);

/* Name (with parameters) and value at once; nothing if the value is empty. */
void iq_content_line(struct iq_content *c, const char *name, const char *value);
void iq_content_text_line(struct iq_content *c, const char *name, struct iq_str value);

/* yyyymmdd, days since 1970 in the years 0 to 9999; 8 bytes and NUL. */
void iq_content_date(int32_t day, char out[9]);
/* yyyymmddThhmmssZ, microseconds since 1970, from then on; 16 bytes and NUL. */
void iq_content_utc(int64_t us, char out[17]);

/* http or https, of characters that an URI may have. */
bool iq_content_is_url(struct iq_str s);

#endif
