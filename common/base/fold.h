/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BASE_FOLD_H
#define IQ_BASE_FOLD_H

/*
 * Folding of names and terms for finding: case, ß→ss, diacritics off (Sorbian, Polish,
 * Turkish names, also those letters that do not decompose: ł→l, ø→o, đ→d, ı→i), runs of anything
 * that is no letter or digit → one '-', none at the ends. ä, ö, ü fold to ae, oe, ue and
 * also to a, o, u: two keys. "Weißwasser/O.L. / Běła Woda" → "weisswasser-o-l-bela-woda".
 */

#include <stddef.h>

#include "arena.h"
#include "str.h"

enum iq_fold { IQ_FOLD_AE, IQ_FOLD_A, IQ_FOLDS };

/*
 * s: valid UTF-8. The result is in the arena, NUL-terminated; {NULL,0} without memory or if s is
 * not valid. Decomposed input gives the same result as composed input.
 */
struct iq_str iq_fold(struct iq_arena *a, struct iq_str s, enum iq_fold how);

/*
 * Both keys of s in out[0], out[1]; returns how many differ (1 or 2; 0 if nothing is left of
 * s after folding).
 */
size_t iq_fold_keys(struct iq_arena *a, struct iq_str s, struct iq_str out[IQ_FOLDS]);

/*
 * Damerau-Levenshtein distance (optimal string alignment) of two folded strings in bytes;
 * max + 1 if it is greater than max. Strings over 255 bytes count as different.
 */
unsigned iq_fold_distance(struct iq_str a, struct iq_str b, unsigned max);

#endif
