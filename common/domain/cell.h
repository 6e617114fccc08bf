/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_CELL_H
#define IQ_DOMAIN_CELL_H

/*
 * Cells: leaf task, leaf status, region, asked without facts (domain.md "Views"). Pure. Any thread
 * with its own view.
 */

#include "match.h"

struct iq_cell {
	iq_num task, status, region;
	struct iq_str last; /* id of the row that covers it; of several the first in order */
};

struct iq_cells {
	struct iq_cell *a; /* by task, region, status (pre-order); in the arena */
	size_t n, cap;
};

/* A certain or possible lead, provider or advice row of the answer on that date. */
bool iq_cell_covered(
	const struct iq_view *view, const struct iq_cell *cell, int32_t at, struct iq_arena *arena);
/*
 * Marked (tasks.expected), or some region of the same kind has such a row for the very same task
 * and status, unless excluded or not needed there.
 */
bool iq_cell_expected(
	const struct iq_view *view, const struct iq_cell *cell, int32_t at, struct iq_arena *arena);

/*
 * Before a change: the cells these rows stand for, in their own regions, that are expected, and
 * covered there or from above (a row of a part does not stand for the rest of a region); each once.
 * Errors: IQ_ERR_BUSY if the arena's cap does not hold them.
 */
IQ_CHECK enum iq_err iq_cells_at_stake(const struct iq_view *view, const struct iq_entry *rows,
	size_t n, int32_t at, struct iq_arena *arena, struct iq_cells *out);
/* After it: leaves those in the list that nobody covers any more. */
IQ_CHECK enum iq_err iq_cells_lost(
	const struct iq_view *view, int32_t at, struct iq_arena *arena, struct iq_cells *cells);

#endif
