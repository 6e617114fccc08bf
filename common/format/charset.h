/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_CHARSET_H
#define IQ_FORMAT_CHARSET_H

/* Encodings of text files of Excel, to and from UTF-8. Pure. */

#include "buf.h"
#include "sheet.h"

/*
 * Appends `in` as UTF-8 and returns how many bytes were used: fewer than in.n if a character is
 * cut off at the end (not if `last`). What means nothing becomes U+FFFD; UTF-8 is copied as it is.
 */
size_t iq_charset_decode(
	enum iq_encoding encoding, struct iq_str in, bool last, struct iq_buf *out);

/*
 * Appends UTF-8 text as Windows-1252. Returns how many characters it has no place for; those
 * (each once, as UTF-8) are appended to `lost` and written as '?'.
 */
size_t iq_cp1252_encode(struct iq_str utf8, struct iq_buf *out, struct iq_buf *lost);

/* Undoes "MÃ¼ller": UTF-8 that was read as Windows-1252 and saved as UTF-8. False: it is none. */
bool iq_charset_undo_double(struct iq_str utf8, struct iq_buf *out);

#endif
