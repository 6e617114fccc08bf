/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_MATRIX_H
#define IQ_DOMAIN_MATRIX_H

/*
 * Who does what in a region: tasks × institutions, for print and screen (domain.md "Views"). How
 * it is split for paper is the output's business. Pure. Any thread with its own view.
 *
 * Rows of the matrix: tasks of which a responsibility counts, in pre-order of the task tree
 * (siblings by id). Asked for a task: that one, its descendants, and its ancestors, whose rows
 * stand for it (`above`).
 *
 * Columns: institutions with such a responsibility, by the nearest of them (struct iq_reach_map:
 * the region, its ancestors, then parts), then by id.
 *
 * A responsibility counts if it is valid on the date, its region is the region asked for, an
 * ancestor, or a part of it (unless `whole`), and there is a leaf status among those asked for
 * that its statuses cover and its condition allows: what the status implies is known, no more.
 *
 * Cost: one walk over the responsibilities of the region and its ancestors, by index; of more
 * parts than IQ_SCAN_REGIONS over those of the tasks. Sorting them. Conditions are judged once per
 * leaf status, rows without one not at all. Memory: about 200 bytes per responsibility that counts.
 */

#include "leaves.h"
#include "reach.h"
#include "lookup.h"

struct iq_matrix_query {
	iq_num region;       /* or an area: what counts for any of its members */
	iq_num task, status; /* IQ_NONE: all */
	int32_t at;
	bool whole; /* only rows for all of the region, not for parts of it */
};

/* What an institution does in one role. */
struct iq_matrix_role {
	enum iq_role role;
	const struct iq_groups *groups; /* for whom, certainly or under a condition */
	const struct iq_groups *sure;   /* of those, for whom without one */
	bool conditional;               /* not for all of them without condition */
	bool part;                      /* for parts of the region only */
};

/* A responsibility behind a cell. */
struct iq_matrix_row {
	iq_num num, region;
	struct iq_str id;
	enum iq_role role;
	uint16_t distance; /* struct iq_reach_map */
	bool conditional;
	int32_t confirmed; /* IQ_DATE_MIN: never, or nobody asked for it */
};

struct iq_matrix_cell {
	uint32_t line, column;       /* positions */
	struct iq_matrix_role *role; /* strongest first */
	size_t nroles;
	struct iq_matrix_row *row; /* by role, distance, id */
	size_t nrows;
	/* of the role that comes first */
	bool conditional, part;
	/*
	 * Notices that touch a row of the cell by the rules of a question for its task (those of a
	 * sub-task, too), those that only inform aside, by id. effect: of the
	 * one that says most (excluded, not needed, suspended, restricted); IQ_INFO: none.
	 */
	const struct iq_notice **notice;
	size_t nnotices;
	enum iq_effect effect;
	int32_t oldest; /* the oldest `confirmed` of its rows */
};

struct iq_matrix_line {
	iq_num task;
	bool above;           /* an ancestor of the task asked for */
	size_t first, ncells; /* its cells */
};

struct iq_matrix_column {
	iq_num institution;
	struct iq_str id;
	uint16_t distance; /* of its nearest row */
};

struct iq_matrix {
	struct iq_matrix_line *line;
	size_t nlines;
	struct iq_matrix_column *column;
	size_t ncolumns;
	struct iq_matrix_cell *cell; /* by line, column; those without a row are not there */
	size_t ncells;
};

/*
 * Everything in `out` is in `arena` or belongs to the view. lookup: for the days of confirmation;
 * NULL: not wanted. Errors: IQ_ERR_USAGE a number of the question does not exist; IQ_ERR_BUSY
 * more than IQ_LIMIT_VIEW_ROWS responsibilities count, or the arena's cap does not hold them;
 * nothing is in `out` then.
 */
IQ_CHECK enum iq_err iq_matrix_build(const struct iq_view *view, const struct iq_lookup *lookup,
	const struct iq_matrix_query *q, struct iq_arena *arena, struct iq_matrix *out);

/* The cell, or NULL. O(log cells of the line). */
const struct iq_matrix_cell *iq_matrix_at(const struct iq_matrix *m, size_t line, size_t column);

#endif
