/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "date.h"
#include "vote.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)
/* Sunday, 1 November 2026, 00:00 in Germany, which is an hour ahead of UTC until 28 March 2027 */
enum { FIRST_DAY = 20758 };
#define FIRST (FIRST_DAY * DAY - HOUR)

static struct iq_arena arena;

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

/* Day d, hour h; d from 0. */
static int64_t at(int d, int h)
{
	return FIRST + d * DAY + h * HOUR;
}

/* ---- the rules, one by one ------------------------------------------------------------------ */

enum { JC = 1, ABH, VHS, BAMF, IHK };
enum { REP = 10, DEPUTY = 20, NEXT = 30 }; /* plus the institution: contacts */

struct round {
	struct iq_member m[16];
	struct iq_ballot b[16];
	struct iq_vote v;
};

/* Four members since long ago and a guest; open on days 1 to 4. */
static void start(struct round *r)
{
	*r = (struct round){0};
	for (int i = JC; i <= IHK; i++)
		r->m[i - 1] = (struct iq_member){.institution = (iq_num)i,
			.representative = (iq_num)(REP + i),
			.deputy = (iq_num)(DEPUTY + i),
			.from = FIRST_DAY - 100,
			.to = IQ_DATE_MAX,
			.decides = true,
			.guest = i == IHK};
	r->v = (struct iq_vote){.opens = at(1, 9),
		.deadline = at(5, 0),
		.quorum = IQ_QUORUM_DEFAULT,
		.members = r->m,
		.nmembers = 5,
		.ballots = r->b};
}

static enum iq_cast cast(
	struct round *r, iq_num institution, iq_num contact, enum iq_choice choice, int64_t now)
{
	struct iq_ballot b;
	enum iq_cast done = iq_vote_cast(&r->v, institution, contact, choice, now, &b);
	size_t i = 0;

	if (done != IQ_CAST_DONE)
		return done;
	while (i < r->v.nballots && r->b[i].institution != institution)
		i++;
	r->b[i] = b;
	r->v.nballots = i == r->v.nballots ? i + 1 : r->v.nballots;
	return done;
}

static void all(struct round *r, const char *choices, int64_t now)
{
	for (iq_num i = 0; choices[i] != '\0'; i++) {
		enum iq_choice c = choices[i] == 'y'   ? IQ_VOTE_YES
				   : choices[i] == 'n' ? IQ_VOTE_NO
						       : IQ_VOTE_ABSTAIN;
		if (choices[i] != '.')
			assert_int_equal(cast(r, i + 1, REP + i + 1, c, now), IQ_CAST_DONE);
	}
}

static struct iq_tally tally(struct round *r, int64_t now)
{
	struct iq_tally t;

	iq_arena_reset(&arena);
	assert_true(iq_vote_tally(&r->v, now, &arena, &t));
	return t;
}

static void test_fixture(void **state)
{
	int32_t day;

	(void)state;
	assert_true(iq_date_parse(IQ_STR("2026-11-01"), &day));
	assert_int_equal(day, FIRST_DAY);
	assert_int_equal(iq_date_begin(day), FIRST);
}

static void test_standing(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	r.m[1].from = FIRST_DAY + 3;
	r.m[1].to = FIRST_DAY + 5;
	r.m[2].decides = false;
	r.m[3].from = IQ_DATE_MAX;
#define STANDING(institution, day)                                                                 \
	iq_vote_standing(r.m, r.v.nmembers, institution, FIRST_DAY + (day))
	assert_int_equal(STANDING(JC, 0), IQ_STANDING_ENTITLED);
	assert_int_equal(STANDING(ABH, 2), IQ_STANDING_INVITED);
	assert_int_equal(STANDING(ABH, 3), IQ_STANDING_ENTITLED);
	assert_int_equal(STANDING(ABH, 5), IQ_STANDING_ENTITLED);
	assert_int_equal(STANDING(ABH, 6), IQ_STANDING_LEFT);
	assert_int_equal(STANDING(VHS, 0), IQ_STANDING_UNDECIDING);
	assert_int_equal(STANDING(BAMF, 0), IQ_STANDING_INVITED);
	assert_int_equal(STANDING(IHK, 0), IQ_STANDING_GUEST);
	assert_int_equal(STANDING(99, 0), IQ_STANDING_STRANGER);
	assert_int_equal(STANDING(IQ_NONE, 0), IQ_STANDING_STRANGER);
	/* a second record: the one that gives a vote counts */
	r.m[5] = r.m[0];
	r.m[5].institution = IHK;
	r.v.nmembers = 6;
	assert_int_equal(STANDING(IHK, 0), IQ_STANDING_ENTITLED);
}

static void test_cast_when(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_YES, at(1, 9) - 1), IQ_CAST_EARLY);
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_YES, at(1, 9)), IQ_CAST_DONE);
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_NO, at(5, 0) - 1), IQ_CAST_DONE);
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_YES, at(5, 0)), IQ_CAST_LATE);
	assert_int_equal(r.b[0].choice, IQ_VOTE_NO);
	assert_int_equal(r.b[0].day, FIRST_DAY + 4);
	assert_int_equal(r.v.nballots, 1);
	r.v.closed = true;
	assert_int_equal(cast(&r, ABH, REP + ABH, IQ_VOTE_YES, at(2, 0)), IQ_CAST_CLOSED);
	assert_int_equal(cast(&r, ABH, REP + ABH, IQ_VOTE_YES, at(9, 0)), IQ_CAST_CLOSED);
}

static void test_cast_who(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	assert_int_equal(cast(&r, IHK, REP + IHK, IQ_VOTE_YES, at(2, 0)), IQ_CAST_NO_VOTE);
	assert_int_equal(cast(&r, 99, REP + JC, IQ_VOTE_YES, at(2, 0)), IQ_CAST_NO_VOTE);
	assert_int_equal(cast(&r, JC, REP + ABH, IQ_VOTE_YES, at(2, 0)), IQ_CAST_NOT_SENT);
	assert_int_equal(cast(&r, JC, IQ_NONE, IQ_VOTE_YES, at(2, 0)), IQ_CAST_NOT_SENT);
	r.m[0].deputy = IQ_NONE;
	assert_int_equal(cast(&r, JC, IQ_NONE, IQ_VOTE_YES, at(2, 0)), IQ_CAST_NOT_SENT);
	assert_int_equal(cast(&r, ABH, DEPUTY + ABH, IQ_VOTE_YES, at(2, 0)), IQ_CAST_DONE);
	assert_int_equal(r.b[0].seat, IQ_SEAT_DEPUTY);
	assert_int_equal(r.b[0].contact, DEPUTY + ABH);
	/* both at once is the representative */
	r.m[2].deputy = r.m[2].representative;
	assert_int_equal(cast(&r, VHS, REP + VHS, IQ_VOTE_YES, at(2, 0)), IQ_CAST_DONE);
	assert_int_equal(r.b[1].seat, IQ_SEAT_REPRESENTATIVE);
}

static void test_deputy_and_representative(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	assert_int_equal(cast(&r, JC, DEPUTY + JC, IQ_VOTE_YES, at(2, 0)), IQ_CAST_DONE);
	assert_int_equal(cast(&r, JC, DEPUTY + JC, IQ_VOTE_ABSTAIN, at(2, 1)), IQ_CAST_DONE);
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_NO, at(2, 2)), IQ_CAST_DONE);
	assert_int_equal(cast(&r, JC, DEPUTY + JC, IQ_VOTE_YES, at(2, 3)), IQ_CAST_STANDS);
	assert_int_equal(r.v.nballots, 1);
	assert_int_equal(r.b[0].choice, IQ_VOTE_NO);
	/* the successor may change it, the predecessor has no seat any more, the deputy still not
	 */
	r.m[0].representative = NEXT + JC;
	assert_int_equal(cast(&r, JC, REP + JC, IQ_VOTE_YES, at(3, 0)), IQ_CAST_NOT_SENT);
	assert_int_equal(cast(&r, JC, DEPUTY + JC, IQ_VOTE_YES, at(3, 0)), IQ_CAST_STANDS);
	assert_int_equal(cast(&r, JC, NEXT + JC, IQ_VOTE_YES, at(3, 0)), IQ_CAST_DONE);
	assert_int_equal(r.b[0].choice, IQ_VOTE_YES);
}

static void test_outcomes(void **state)
{
	static const struct {
		const char *choices; /* of four members; '.': none */
		enum iq_majority majority;
		unsigned quorum;
		enum iq_vote_end end;
	} cases[] = {
		{"yyyn", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_PASSED},
		{"yynn", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_TIE},
		{"yynn", IQ_MAJORITY_TWO_THIRDS, 50, IQ_VOTE_TIE},
		{"ynnn", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_NO_MAJORITY},
		{"yaaa", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_PASSED},
		{"aaaa", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_TIE},
		{"aaaa", IQ_MAJORITY_TWO_THIRDS, 50, IQ_VOTE_TIE},
		{"....", IQ_MAJORITY_SIMPLE, 0, IQ_VOTE_TIE},
		{"....", IQ_MAJORITY_SIMPLE, 1, IQ_VOTE_NO_QUORUM},
		/* two thirds of yes and no exactly, and one short of it */
		{"yyna", IQ_MAJORITY_TWO_THIRDS, 50, IQ_VOTE_PASSED},
		{"yyyn", IQ_MAJORITY_TWO_THIRDS, 50, IQ_VOTE_PASSED},
		{"ynnn", IQ_MAJORITY_TWO_THIRDS, 50, IQ_VOTE_NO_MAJORITY},
		/* half of four is two; abstentions count as present */
		{"y...", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_NO_QUORUM},
		{"ya..", IQ_MAJORITY_SIMPLE, 50, IQ_VOTE_PASSED},
		{"ya..", IQ_MAJORITY_SIMPLE, 51, IQ_VOTE_NO_QUORUM},
		{"yay.", IQ_MAJORITY_SIMPLE, 51, IQ_VOTE_PASSED},
		{"yay.", IQ_MAJORITY_SIMPLE, 76, IQ_VOTE_NO_QUORUM},
		{"yay.", IQ_MAJORITY_SIMPLE, 1000, IQ_VOTE_NO_QUORUM},
		{"yyyy", IQ_MAJORITY_SIMPLE, 1000, IQ_VOTE_PASSED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct round r;

		start(&r);
		r.v.majority = cases[i].majority;
		r.v.quorum = cases[i].quorum;
		all(&r, cases[i].choices, at(2, 0));
		struct iq_tally t = tally(&r, at(5, 0));

		assert_int_equal(t.entitled, 4);
		if (t.end != cases[i].end)
			fail_msg(
				"case %zu (%s): %s", i, cases[i].choices, iq_vote_end_names[t.end]);
	}
}

/* Six of nine for it, two against, one abstains: the story of docs/workshop.md. */
static void test_six_two_one(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	for (iq_num i = 0; i < 9; i++)
		r.m[i] = (struct iq_member){.institution = i + 1,
			.representative = REP + i + 1,
			.from = FIRST_DAY,
			.to = IQ_DATE_MAX,
			.decides = true};
	r.v.nmembers = 9;
	assert_false(iq_vote_may_close(&r.v, at(2, 0), &arena));
	all(&r, "yynyyanyy", at(2, 0));
	assert_true(iq_vote_may_close(&r.v, at(2, 0), &arena));
	struct iq_tally t = tally(&r, at(2, 0));

	assert_int_equal(t.count[IQ_VOTE_YES], 6);
	assert_int_equal(t.count[IQ_VOTE_NO], 2);
	assert_int_equal(t.count[IQ_VOTE_ABSTAIN], 1);
	assert_int_equal(t.voted, 9);
	assert_int_equal(t.needed, 5);
	assert_int_equal(t.end, IQ_VOTE_PASSED);
	assert_int_equal(t.nlines, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(t.lines[i].institution, i + 1);
		assert_ptr_equal(t.lines[i].ballot, &r.b[i]);
	}
}

static void test_may_close(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	assert_false(iq_vote_may_close(&r.v, at(1, 0), &arena));
	all(&r, "yyn", at(2, 0));
	assert_false(iq_vote_may_close(&r.v, at(2, 0), &arena));
	assert_false(iq_vote_may_close(&r.v, at(5, 0) - 1, &arena));
	assert_true(iq_vote_may_close(&r.v, at(5, 0), &arena));
	/* the fourth leaves: everybody has voted */
	r.m[3].to = FIRST_DAY + 2;
	assert_false(iq_vote_may_close(&r.v, at(2, 23), &arena));
	assert_true(iq_vote_may_close(&r.v, at(3, 0), &arena));
	r.v.closed = true;
	assert_false(iq_vote_may_close(&r.v, at(5, 0), &arena));
	/* nobody entitled is not everybody */
	start(&r);
	r.v.nmembers = 0;
	assert_false(iq_vote_may_close(&r.v, at(2, 0), &arena));
	assert_int_equal(tally(&r, at(5, 0)).end, IQ_VOTE_NO_QUORUM);
}

static void test_leaving(void **state)
{
	struct round r;
	struct iq_tally t;

	(void)state;
	start(&r);
	all(&r, "yynn", at(2, 0));
	assert_int_equal(tally(&r, at(5, 0)).end, IQ_VOTE_TIE);
	/* on the day of the deadline it is a member still */
	r.m[3].to = FIRST_DAY + 4;
	assert_int_equal(tally(&r, at(9, 0)).end, IQ_VOTE_TIE);
	r.m[3].to = FIRST_DAY + 3;
	t = tally(&r, at(9, 0));
	assert_int_equal(t.end, IQ_VOTE_PASSED);
	assert_int_equal(t.entitled, 3);
	assert_int_equal(t.nlines, 4);
	assert_int_equal(t.lines[3].institution, BAMF);
	assert_int_equal(t.lines[3].standing, IQ_STANDING_LEFT);
	assert_false(t.lines[3].rejoined);
	/* back again: counts as present to be, but the vote is gone */
	r.m[5] = r.m[3];
	r.m[5].from = FIRST_DAY + 4;
	r.m[5].to = IQ_DATE_MAX;
	r.v.nmembers = 6;
	t = tally(&r, at(9, 0));
	assert_int_equal(t.entitled, 4);
	assert_int_equal(t.voted, 3);
	assert_null(t.lines[3].ballot);
	assert_true(t.lines[4].rejoined);
	assert_int_equal(t.lines[4].institution, BAMF);
	/* the deputy may vote afresh, for the former representative's vote is gone */
	assert_int_equal(cast(&r, BAMF, DEPUTY + BAMF, IQ_VOTE_YES, at(4, 1)), IQ_CAST_DONE);
	assert_int_equal(tally(&r, at(9, 0)).count[IQ_VOTE_YES], 3);
	/* a guest has no vote, nor has who does not decide any more */
	r.m[0].guest = true;
	r.m[1].decides = false;
	t = tally(&r, at(9, 0));
	assert_int_equal(t.entitled, 2);
	assert_int_equal(t.lines[2].standing, IQ_STANDING_GUEST);
	assert_int_equal(t.lines[3].standing, IQ_STANDING_UNDECIDING);
}

static void test_quorum_lost(void **state)
{
	struct round r;

	(void)state;
	start(&r);
	all(&r, "yy..", at(2, 0));
	assert_int_equal(tally(&r, at(3, 0)).end, IQ_VOTE_PASSED);
	r.m[0].to = FIRST_DAY + 2;
	assert_int_equal(tally(&r, at(3, 0)).needed, 2);
	assert_int_equal(tally(&r, at(3, 0)).end, IQ_VOTE_NO_QUORUM);
	/* joined after the deadline: not counted */
	start(&r);
	all(&r, "yy..", at(2, 0));
	r.m[5] = (struct iq_member){
		.institution = 6, .from = FIRST_DAY + 5, .to = IQ_DATE_MAX, .decides = true};
	r.v.nmembers = 6;
	assert_int_equal(tally(&r, at(9, 0)).end, IQ_VOTE_PASSED);
	r.m[5].from--;
	assert_int_equal(tally(&r, at(9, 0)).end, IQ_VOTE_NO_QUORUM);
}

static void test_no_memory(void **state)
{
	struct iq_arena small;
	struct iq_tally t;
	struct round r;

	(void)state;
	start(&r);
	iq_arena_init(&small, 64);
	assert_false(iq_vote_tally(&r.v, at(5, 0), &small, &t));
	assert_false(iq_vote_may_close(&r.v, at(2, 0), &small));
	iq_arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixture),
		cmocka_unit_test(test_standing),
		cmocka_unit_test(test_cast_when),
		cmocka_unit_test(test_cast_who),
		cmocka_unit_test(test_deputy_and_representative),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_six_two_one),
		cmocka_unit_test(test_may_close),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_quorum_lost),
		cmocka_unit_test(test_no_memory),
	};

	iq_arena_init(&arena, 0);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
