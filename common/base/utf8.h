/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_UTF8_H
#define IQ_BASE_UTF8_H

/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

/* True if all of s is valid UTF-8 without NUL. Fast for ASCII. */
bool iq_utf8_valid(struct iq_str s);

/* Length of the valid prefix of s in bytes (s.n if all is valid). */
size_t iq_utf8_valid_prefix(struct iq_str s);

/*
 * True for a character that must not reach a terminal or a document as it is: C0 and C1
 * controls (tab and newline, too), bidirectional controls, zero-width and other format
 * characters that hide or reorder text (Unicode categories Cc, Cf, Zl, Zp).
 */
bool iq_utf8_is_control(uint32_t codepoint);

/* Decodes one character of valid UTF-8; moves *s past it. s->n must not be 0. */
uint32_t iq_utf8_next(struct iq_str *s);

/* Columns of a terminal that valid UTF-8 takes: wide characters two, combining ones none. */
unsigned iq_utf8_columns(struct iq_str s);

/* Appends s with every control character written as \x1b or \u202e. Invalid bytes as \xff. */
void iq_utf8_escape(struct iq_buf *out, struct iq_str s);

#endif
