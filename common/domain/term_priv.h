/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_TERM_PRIV_H
#define IQ_DOMAIN_TERM_PRIV_H

/* What term.c, suggest.c and words.c share. Nobody else includes this. */

#include "term.h"

/* How well a record fits a misspelt term; smaller is better, compared from top to bottom. */
struct iq_hint {
	enum iq_kind kind;
	iq_num num;
	uint8_t rank;      /* beginning of a name, near spelling, near spelling of a word in it */
	uint8_t distance;  /* edits */
	size_t length;     /* of the key */
	struct iq_str key; /* copied into the arena */
};

/* The best hints, in order; may gather over several kinds. */
struct iq_hints {
	const struct iq_names *names;
	struct iq_arena *arena;
	struct iq_hint *item;
	size_t n, max;
};

/* False without memory. */
bool iq_hints_init(
	struct iq_hints *h, const struct iq_names *names, struct iq_arena *arena, size_t max);
void iq_hints_gather(struct iq_hints *h, enum iq_kind kind, struct iq_str term);

/* The record as a candidate of the error. */
void iq_term_add_candidate(const struct iq_names *names, enum iq_kind kind, iq_num num,
	struct iq_str term, struct iq_error *error);

/* A hint as a candidate; the name or alias it was found by is its detail. */
void iq_hint_add_candidate(const struct iq_hints *h, const struct iq_hint *hint, struct iq_str term,
	struct iq_error *error);

/* "Task … is unknown" with suggestions; returns IQ_ERR_UNKNOWN_TERM. */
enum iq_err iq_term_unknown(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, struct iq_error *error);

/* A postcode stands for all its regions: that is a choice for the answer, not for the term. */
static inline bool iq_resolved_is_ambiguous(const struct iq_resolved *r)
{
	return r->n > 1 && r->stage != IQ_STAGE_POSTCODE;
}

#endif
