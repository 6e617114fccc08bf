/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_STAKEHOLDERS_H
#define IQ_DOMAIN_STAKEHOLDERS_H

/*
 * Who is to be invited: the institutions of a region with their tasks and roles, and the statutory
 * kinds of which none is there (domain.md "Views": "all must be identified"). Pure. Any thread
 * with its own view.
 *
 * An institution is there if its seat is in the region (or a part of it), or if one of its
 * responsibilities counts there on that date as in the matrix: so the federal office with a
 * responsibility for the whole country is there. Institutions without either are not.
 *
 * Order: statutory kinds first, kind (id; without one last), nearest responsibility (those
 * without one last), id of the institution. Missing kinds by id.
 *
 * Cost: the matrix of the region, one probe of the seats per part of it, one read per institution.
 */

#include "matrix.h"

struct iq_stakeholder {
	iq_num institution, kind, region; /* region: its seat; IQ_NONE: unknown */
	struct iq_str id, kind_id;
	bool statutory;
	bool seat;         /* in the region or a part of it */
	uint16_t distance; /* of its nearest responsibility, struct iq_reach_map; IQ_REACH_OUT: none
			    */
	/* its tasks, in pre-order: see struct iq_matrix_cell */
	const struct iq_matrix_cell **cell;
	size_t ncells;
};

struct iq_kind_ref {
	iq_num kind;
	struct iq_str id;
};

struct iq_stakeholders {
	struct iq_matrix matrix;
	struct iq_stakeholder *a;
	size_t n;
	struct iq_kind_ref *missing;
	size_t nmissing;
};

/*
 * whole: leaves out institutions that have to do with a part of the region only, by
 * responsibility. Everything in `out` is in `arena` or belongs to the view. Errors: IQ_ERR_USAGE no
 * such region; IQ_ERR_BUSY as iq_matrix_build().
 */
IQ_CHECK enum iq_err iq_stakeholders_find(const struct iq_view *view,
	const struct iq_lookup *lookup, iq_num region, int32_t at, bool whole,
	struct iq_arena *arena, struct iq_stakeholders *out);

#endif
