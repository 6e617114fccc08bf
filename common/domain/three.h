/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_THREE_H
#define IQ_DOMAIN_THREE_H

/*
 * Two people changed the same record: what becomes of it. Pure. Any thread.
 */

#include "model.h"

/* Bit sets of columns; each column that anybody changed is in exactly one. */
struct iq_three {
	struct iq_rec merged; /* complete; borrows from the three; conflicts: as theirs */
	uint32_t mine;        /* only mine changed it */
	uint32_t theirs;      /* only they did */
	uint32_t same;        /* both, to the same */
	uint32_t conflicts;   /* both, to different values */
};

/*
 * base: as it was when mine was made from it; theirs: as it is now; mine: as it is to become,
 * columns not in mine->given as in base. Sets are equal in the same order only. The id is theirs
 * and never in conflict.
 *
 * Who does not want to merge refuses if conflicts or theirs is not empty.
 */
void iq_three_way(const struct iq_rec *base, const struct iq_rec *theirs, const struct iq_rec *mine,
	struct iq_three *out);

#endif
