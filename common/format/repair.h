/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_REPAIR_H
#define IQ_FORMAT_REPAIR_H

/*
 * Cells that Excel or its users damaged: read, repaired only where there is one way to do it, or
 * refused. Nothing is guessed silently: every repair says what it did and why. For forms of Excel
 * only, never for a bundle. Pure; results are in the arena or borrow from the cell.
 */

#include "model.h"
#include "sheet.h"
#include "term.h"

enum iq_fix {
	IQ_FIX_NONE,     /* `value` is what the cell says, written as the bundle writes it */
	IQ_FIX_REPAIRED, /* `value` is what it must have been; to be reported with `why` */
	IQ_FIX_REFUSED   /* `why`, perhaps `nearest`; there is no value */
};

struct iq_fixed {
	enum iq_fix how;
	struct iq_str value;
	const char *why; /* msgid with {0} {1} */
	struct iq_str args[2];
	size_t nargs;
	struct iq_str nearest;
};

/* What is known to exist; callbacks may be NULL. */
struct iq_repair {
	void *ctx;
	/* true if there is a region with this key (ARS, AGS or the first digits of one) */
	bool (*key)(void *ctx, struct iq_str digits);
	/* true if there is such a postcode (five digits) */
	bool (*postcode)(void *ctx, struct iq_str digits);
	/* a name of the kind in which only the characters written '?' differ; empty: none */
	struct iq_str (*like)(void *ctx, enum iq_kind kind, struct iq_str pattern);
	struct iq_arena *arena;
};

/* Looks into a vocabulary; lives as long as the iq_repair that uses it. */
struct iq_repair_lookup {
	const struct iq_names *names;
	struct iq_arena *arena;
	/* while looking for a name */
	enum iq_kind kind;
	struct iq_str pattern, found;
	iq_num last;
};

/* `names` may be NULL: nothing is known. The arena may be reset between cells. */
void iq_repair_init(struct iq_repair *r, struct iq_repair_lookup *lookup,
	const struct iq_names *names, struct iq_arena *arena);

/*
 * Keys of regions: a zero lost in front (11, 7 or 4 digits) is put back if exactly then there is
 * such a region; 1,45210E+11 is refused: its digits are gone.
 */
void iq_repair_key(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out);
/* Postcodes: four digits get their zero back if there is such a postcode. */
void iq_repair_postcode(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out);
/*
 * Dates: ISO, 01.03.2025, 1. März 2025 are read; 1.3.25, the numbers Excel counts days by, times of
 * day and 20250301 are repaired; days that do not exist and what could be two days are refused.
 */
void iq_repair_date(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out);
/* Phones: 0341/12 34 → +49 341 1234. What is no number in one of the usual forms stays. */
void iq_repair_phone(const struct iq_repair *r, struct iq_str cell, struct iq_fixed *out);
/*
 * Text of which letters may have been lost ("Wei?wasser", "WeiÃŸwasser"); `name`: it has no
 * question marks of its own. `kind`: where the nearest name is looked for.
 */
void iq_repair_text(const struct iq_repair *r, enum iq_kind kind, bool name, struct iq_str cell,
	struct iq_fixed *out);
/*
 * Any cell for a column of the schema; chooses among the above. Texts are trimmed. Words for the
 * values of a column ("öffentlich", "federführend") are read; sets separated by `;` or lines are
 * joined as the bundle does.
 */
void iq_repair_cell(const struct iq_repair *r, enum iq_kind kind, int col,
	const struct iq_sheet_cell *cell, struct iq_fixed *out);

/* True if `name` is the pattern with one character in place of each '?' or U+FFFD. */
bool iq_repair_matches(struct iq_str pattern, struct iq_str name);

/* ---- for the functions above -------------------------------------------------------------- */

/* Without blanks (also no-break ones) at both ends. */
struct iq_str iq_trim(struct iq_str s);
void iq_fixed_none(struct iq_fixed *out, struct iq_str value);
void iq_fixed_repaired(struct iq_fixed *out, struct iq_str value, const char *why);
void iq_fixed_refused(struct iq_fixed *out, const char *why, struct iq_str nearest);

#endif
