/* SPDX-License-Identifier: Apache-2.0 */
#include "standing.h"

const char *const iq_standing_names[IQ_STANDINGS + 1] = {
	"", "left", "invited", "guest", "member", "organiser", NULL};

/* ISO dates sort like their days. */
static bool before(struct iq_str a, const char *b)
{
	return iq_str_cmp(a, iq_str(b)) < 0;
}

static bool after(struct iq_str a, const char *b)
{
	return iq_str_cmp(a, iq_str(b)) > 0;
}

enum iq_standing iq_standing_of(const struct iq_rec *membership, const char *today)
{
	struct iq_str from = iq_rec_text(membership, IQ_MEMBERSHIP_ACCEPTED_FROM);
	struct iq_str to = iq_rec_text(membership, IQ_MEMBERSHIP_ACCEPTED_TO);

	if (to.n > 0 && before(to, today))
		return IQ_STANDING_LEFT;
	if (from.n == 0 || after(from, today))
		return IQ_STANDING_INVITED;
	return iq_str_is(iq_rec_text(membership, IQ_MEMBERSHIP_GUEST), "yes") ? IQ_STANDING_GUEST
									      : IQ_STANDING_MEMBER;
}

enum iq_standing iq_standing_in(const struct iq_rec *workshop, const char *institution,
	const struct iq_rec *memberships, size_t n, const char *today)
{
	const struct iq_value *organisers = &workshop->col[IQ_WORKSHOP_ORGANISERS];
	enum iq_standing best = IQ_STANDING_NONE;

	for (uint32_t i = 0; i < organisers->n; i++)
		if (iq_str_is(organisers->v[i], institution))
			return IQ_STANDING_ORGANISER;
	for (size_t i = 0; i < n; i++) {
		const struct iq_rec *m = &memberships[i];
		enum iq_standing is = iq_standing_of(m, today);

		if (iq_str_eq(iq_rec_text(m, IQ_MEMBERSHIP_WORKSHOP),
			    iq_rec_text(workshop, IQ_COL_ID)) &&
			iq_str_is(iq_rec_text(m, IQ_MEMBERSHIP_INSTITUTION), institution) &&
			is > best)
			best = is;
	}
	return best;
}

bool iq_standing_over(const struct iq_rec *workshop, const char *today)
{
	struct iq_str to = iq_rec_text(workshop, IQ_WORKSHOP_VALID_TO);

	return to.n > 0 && before(to, today);
}

bool iq_standing_next(const struct iq_rec *meeting, const char *today)
{
	struct iq_str to = iq_rec_text(meeting, IQ_MEETING_REPEATS_TO);

	if (!iq_str_is(iq_rec_text(meeting, IQ_MEETING_STATE), "planned"))
		return false;
	if (iq_rec_text(meeting, IQ_MEETING_REPEATS).n > 0)
		return to.n == 0 || !before(to, today);
	return !before(iq_rec_text(meeting, IQ_MEETING_DATE), today);
}
