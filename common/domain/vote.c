/* SPDX-License-Identifier: Apache-2.0 */
#include "vote.h"

#include "date.h"

const char *const iq_choice_names[IQ_CHOICES + 1] = {"yes", "no", "abstain", NULL};
const char *const iq_seat_names[IQ_SEATS + 1] = {"representative", "deputy", NULL};
const char *const iq_majority_names[IQ_MAJORITIES + 1] = {"simple", "two-thirds", NULL};
const char *const iq_vote_end_names[IQ_VOTE_ENDS + 1] = {
	"passed", "no-quorum", "tie", "no-majority", NULL};

/* ---- who votes ------------------------------------------------------------------------------ */

static enum iq_standing standing_of(const struct iq_member *m, int32_t day)
{
	if (m->from > day)
		return IQ_STANDING_INVITED;
	if (m->to < day)
		return IQ_STANDING_LEFT;
	if (m->guest)
		return IQ_STANDING_GUEST;
	return m->decides ? IQ_STANDING_ENTITLED : IQ_STANDING_UNDECIDING;
}

enum iq_standing iq_vote_standing(
	const struct iq_member *members, size_t n, iq_num institution, int32_t day)
{
	enum iq_standing best = IQ_STANDING_STRANGER;

	for (size_t i = 0; institution != IQ_NONE && i < n; i++) {
		if (members[i].institution != institution)
			continue;
		enum iq_standing s = standing_of(&members[i], day);

		if (s < best)
			best = s;
	}
	return best;
}

static const struct iq_ballot *ballot_of(const struct iq_vote *vote, iq_num institution)
{
	for (size_t i = 0; i < vote->nballots; i++)
		if (vote->ballots[i].institution == institution)
			return &vote->ballots[i];
	return NULL;
}

/* Does a membership that gives a vote on `day` hold since the ballot was cast, or longer? */
static bool holds_since(const struct iq_vote *vote, const struct iq_ballot *b, int32_t day)
{
	for (size_t i = 0; i < vote->nmembers; i++) {
		const struct iq_member *m = &vote->members[i];

		if (m->institution == b->institution && m->from <= b->day &&
			standing_of(m, day) == IQ_STANDING_ENTITLED)
			return true;
	}
	return false;
}

/* ---- casting -------------------------------------------------------------------------------- */

/* In whose place the person votes on that day; IQ_SEATS: in nobody's. */
static enum iq_seat seat_of(
	const struct iq_vote *vote, iq_num institution, iq_num contact, int32_t day)
{
	enum iq_seat seat = IQ_SEATS;

	for (size_t i = 0; contact != IQ_NONE && i < vote->nmembers; i++) {
		const struct iq_member *m = &vote->members[i];

		if (m->institution != institution || standing_of(m, day) != IQ_STANDING_ENTITLED)
			continue;
		if (m->representative == contact)
			return IQ_SEAT_REPRESENTATIVE;
		if (m->deputy == contact)
			seat = IQ_SEAT_DEPUTY;
	}
	return seat;
}

enum iq_cast iq_vote_cast(const struct iq_vote *vote, iq_num institution, iq_num contact,
	enum iq_choice choice, int64_t now, struct iq_ballot *out)
{
	int32_t day = iq_date_in_germany(now);
	const struct iq_ballot *former = ballot_of(vote, institution);

	if (vote->closed)
		return IQ_CAST_CLOSED;
	if (now < vote->opens)
		return IQ_CAST_EARLY;
	if (now >= vote->deadline)
		return IQ_CAST_LATE;
	if (iq_vote_standing(vote->members, vote->nmembers, institution, day) !=
		IQ_STANDING_ENTITLED)
		return IQ_CAST_NO_VOTE;

	enum iq_seat seat = seat_of(vote, institution, contact, day);

	if (seat == IQ_SEATS)
		return IQ_CAST_NOT_SENT;
	if (seat == IQ_SEAT_DEPUTY && former != NULL && former->seat == IQ_SEAT_REPRESENTATIVE &&
		holds_since(vote, former, day))
		return IQ_CAST_STANDS;
	*out = (struct iq_ballot){institution, contact, choice, seat, day};
	return IQ_CAST_DONE;
}

/* ---- counting ------------------------------------------------------------------------------- */

static int32_t closing_day(const struct iq_vote *vote, int64_t now)
{
	/* the last instant at which a vote was possible */
	return iq_date_in_germany(now < vote->deadline ? now : vote->deadline - 1);
}

static bool is_listed(const struct iq_tally *t, iq_num institution)
{
	for (size_t i = 0; i < t->nlines; i++)
		if (t->lines[i].institution == institution)
			return true;
	return false;
}

static void add_entitled(const struct iq_vote *vote, int32_t day, struct iq_tally *t)
{
	for (size_t i = 0; i < vote->nmembers; i++) {
		iq_num institution = vote->members[i].institution;

		if (institution == IQ_NONE || is_listed(t, institution) ||
			iq_vote_standing(vote->members, vote->nmembers, institution, day) !=
				IQ_STANDING_ENTITLED)
			continue;
		const struct iq_ballot *b = ballot_of(vote, institution);

		if (b != NULL && !holds_since(vote, b, day))
			b = NULL;
		t->lines[t->nlines++] = (struct iq_vote_line){
			.institution = institution, .ballot = b, .standing = IQ_STANDING_ENTITLED};
		t->entitled++;
		if (b != NULL) {
			t->voted++;
			t->count[b->choice]++;
		}
	}
}

static void add_lost(const struct iq_vote *vote, int32_t day, struct iq_tally *t)
{
	for (size_t i = 0; i < vote->nballots; i++) {
		const struct iq_ballot *b = &vote->ballots[i];

		if (holds_since(vote, b, day))
			continue;
		enum iq_standing s =
			iq_vote_standing(vote->members, vote->nmembers, b->institution, day);

		t->lines[t->nlines++] = (struct iq_vote_line){.institution = b->institution,
			.ballot = b,
			.standing = s,
			.rejoined = s == IQ_STANDING_ENTITLED};
	}
}

static enum iq_vote_end end_of(const struct iq_tally *t, enum iq_majority majority)
{
	size_t yes = t->count[IQ_VOTE_YES], no = t->count[IQ_VOTE_NO];

	if (t->entitled == 0 || t->voted < t->needed)
		return IQ_VOTE_NO_QUORUM;
	if (yes == no)
		return IQ_VOTE_TIE;
	if (majority == IQ_MAJORITY_SIMPLE ? yes > no : yes >= 2 * no)
		return IQ_VOTE_PASSED;
	return IQ_VOTE_NO_MAJORITY;
}

bool iq_vote_tally(
	const struct iq_vote *vote, int64_t now, struct iq_arena *arena, struct iq_tally *out)
{
	int32_t day = closing_day(vote, now);
	size_t percent = vote->quorum < 100 ? vote->quorum : 100;

	*out = (struct iq_tally){.end = IQ_VOTE_NO_QUORUM};
	out->lines = iq_arena_array(arena, vote->nmembers + vote->nballots, sizeof(*out->lines));
	if (out->lines == NULL)
		return false;
	add_entitled(vote, day, out);
	add_lost(vote, day, out);
	out->needed = (out->entitled * percent + 99) / 100;
	out->end = end_of(out, vote->majority);
	return true;
}

bool iq_vote_may_close(const struct iq_vote *vote, int64_t now, struct iq_arena *arena)
{
	struct iq_tally t;

	if (vote->closed || now < vote->opens)
		return false;
	if (now >= vote->deadline)
		return true;
	return iq_vote_tally(vote, now, arena, &t) && t.entitled > 0 && t.voted == t.entitled;
}
