/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_STANDING_H
#define IQ_CLIENT_STANDING_H

/* As what an institution takes part in a workshop today. Pure; any thread. */

#include "model.h"

enum iq_standing {
	IQ_STANDING_NONE,
	IQ_STANDING_LEFT,    /* took part once */
	IQ_STANDING_INVITED, /* has not accepted, or from a later day on */
	IQ_STANDING_GUEST,
	IQ_STANDING_MEMBER,
	IQ_STANDING_ORGANISER, /* of workshops only */
	IQ_STANDINGS
};
/* "", "left", "invited", "guest", "member", "organiser" */
extern const char *const iq_standing_names[IQ_STANDINGS + 1];

/* What one membership says. today: ISO date. */
enum iq_standing iq_standing_of(const struct iq_rec *membership, const char *today);
/* The most that any of the memberships (of one institution, of any workshops) says of the
 * workshop, or its list of organisers. */
enum iq_standing iq_standing_in(const struct iq_rec *workshop, const char *institution,
	const struct iq_rec *memberships, size_t n, const char *today);
/* Was the workshop dissolved before today? */
bool iq_standing_over(const struct iq_rec *workshop, const char *today);
/* A planned meeting, or a series with dates to come, from today on. */
bool iq_standing_next(const struct iq_rec *meeting, const char *today);

#endif
