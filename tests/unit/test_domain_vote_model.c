/* SPDX-License-Identifier: Apache-2.0 */
/* Votes in random sequences, against a second implementation of docs/workshop.md "Votes". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "date.h"
#include "vote.h"

#define HOUR INT64_C(3600000000)
/* Sunday, 1 November 2026, 00:00 in Germany, which is an hour ahead of UTC until 28 March 2027 */
enum { FIRST_DAY = 20758 };
#define FIRST ((FIRST_DAY * 24 - 1) * HOUR)

static struct iq_arena arena;

/*
 * The second one keeps everything that ever happened and looks at it only when asked: what each
 * institution tried, in which stint of membership, and who represented it then.
 */
#ifdef __SANITIZE_ADDRESS__
enum { SEQUENCES = 20000 }; /* ten times as slow */
#else
enum { SEQUENCES = 100000 };
#endif
enum { INSTITUTIONS = 6, STINTS = 4, TRIES = 64 };

struct stint {
	int first, last; /* days from 0; last 999: open */
	bool decides, guest;
	int representative, deputy;
};

struct attempt {
	int stint; /* -1: had no vote then */
	bool in_time, representative, deputy;
	char choice;
};

struct party {
	struct stint stint[STINTS];
	int nstints;
	struct attempt attempt[TRIES];
	int nattempts;
};

struct naive {
	struct party party[INSTITUTIONS];
	int opens, deadline; /* hours since the first day */
	bool closed, two_thirds;
	int quorum;
};

static uint64_t seed;

static int dice(int n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (int)(seed % (uint64_t)n);
}

/* The stint that gives a vote on that day, -1 if none does. */
static int stint_on(const struct party *p, int day)
{
	for (int i = 0; i < p->nstints; i++) {
		const struct stint *s = &p->stint[i];

		if (s->first <= day && day <= s->last)
			return s->decides && !s->guest ? i : -1;
	}
	return -1;
}

/* 'y', 'n', 'a'; '-': no vote that counts; '?': not entitled. */
static char naive_vote(const struct party *p, int day)
{
	int stint = stint_on(p, day);
	char own = '-', deputys = '-';

	if (stint < 0)
		return '?';
	for (int i = 0; i < p->nattempts; i++) {
		const struct attempt *a = &p->attempt[i];

		if (!a->in_time || a->stint != stint)
			continue;
		if (a->representative)
			own = a->choice;
		else if (a->deputy)
			deputys = a->choice;
	}
	return own != '-' ? own : deputys;
}

struct naive_result {
	int entitled, voted, yes, no, abstain;
	enum iq_vote_end end;
	bool may_close;
};

static struct naive_result naive_count(const struct naive *n, int hour)
{
	struct naive_result r = {0};
	int moment = hour < n->deadline ? hour : n->deadline - 1;

	for (int i = 0; i < INSTITUTIONS; i++) {
		char c = naive_vote(&n->party[i], moment / 24);

		r.entitled += c != '?';
		r.yes += c == 'y';
		r.no += c == 'n';
		r.abstain += c == 'a';
	}
	r.voted = r.yes + r.no + r.abstain;
	if (r.entitled == 0 || (double)r.voted * 100.0 / r.entitled < n->quorum)
		r.end = IQ_VOTE_NO_QUORUM;
	else if (r.yes == r.no)
		r.end = IQ_VOTE_TIE;
	else if (n->two_thirds ? 3 * r.yes >= 2 * (r.yes + r.no) : r.yes > r.no)
		r.end = IQ_VOTE_PASSED;
	else
		r.end = IQ_VOTE_NO_MAJORITY;
	r.may_close = !n->closed && hour >= n->opens &&
		      (hour >= n->deadline || (r.entitled > 0 && r.voted == r.entitled));
	return r;
}

/* Both sides of a sequence. */
struct play {
	struct naive n;
	struct iq_member m[INSTITUTIONS * STINTS];
	struct iq_ballot b[INSTITUTIONS];
	struct iq_vote v;
	int hour;
	uint64_t start;
};

static void mirror(struct play *p)
{
	p->v.nmembers = 0;
	for (int i = 0; i < INSTITUTIONS; i++) {
		for (int k = 0; k < p->n.party[i].nstints; k++) {
			const struct stint *s = &p->n.party[i].stint[k];

			p->m[p->v.nmembers++] = (struct iq_member){.institution = (iq_num)i + 1,
				.representative = (iq_num)s->representative,
				.deputy = (iq_num)s->deputy,
				.from = FIRST_DAY + s->first,
				.to = s->last == 999 ? IQ_DATE_MAX : FIRST_DAY + s->last,
				.decides = s->decides,
				.guest = s->guest};
		}
	}
}

static void join(struct party *p, int from)
{
	if (p->nstints < STINTS)
		p->stint[p->nstints++] = (struct stint){.first = from,
			.last = 999,
			.decides = dice(8) != 0,
			.guest = dice(8) == 0,
			.representative = 1 + dice(3),
			.deputy = dice(4)};
}

static void begin(struct play *p, uint64_t start)
{
	memset(p, 0, sizeof(*p));
	seed = p->start = start * UINT64_C(0x9e3779b97f4a7c15) | 1;
	p->n.opens = dice(48);
	p->n.deadline = p->n.opens + 24 + dice(120);
	p->n.two_thirds = dice(2);
	p->n.quorum = (const int[]){0, 34, 50, 51, 67, 75, 100}[dice(7)];
	for (int i = 0; i < INSTITUTIONS; i++)
		if (dice(6))
			join(&p->n.party[i], dice(4) ? 0 : dice(6));
	p->v = (struct iq_vote){.opens = FIRST + p->n.opens * HOUR,
		.deadline = FIRST + p->n.deadline * HOUR,
		.majority = p->n.two_thirds ? IQ_MAJORITY_TWO_THIRDS : IQ_MAJORITY_SIMPLE,
		.quorum = (unsigned)p->n.quorum,
		.members = p->m,
		.ballots = p->b};
	mirror(p);
}

static void try_vote(struct play *p)
{
	int who = dice(INSTITUTIONS), contact = 1 + dice(4), c = dice(3);
	struct party *party = &p->n.party[who];
	struct attempt a = {.stint = stint_on(party, p->hour / 24), .choice = "yna"[c]};
	struct iq_ballot out = {0};
	size_t i = 0;

	if (party->nattempts == TRIES)
		return;
	a.in_time = !p->n.closed && p->hour >= p->n.opens && p->hour < p->n.deadline;
	a.representative = a.stint >= 0 && party->stint[a.stint].representative == contact;
	a.deputy = a.stint >= 0 && party->stint[a.stint].deputy == contact;
	party->attempt[party->nattempts++] = a;
	if (iq_vote_cast(&p->v, (iq_num)who + 1, (iq_num)contact, (enum iq_choice)c,
		    FIRST + p->hour * HOUR, &out) != IQ_CAST_DONE)
		return;
	while (i < p->v.nballots && p->b[i].institution != out.institution)
		i++;
	p->b[i] = out;
	p->v.nballots += i == p->v.nballots;
}

static void change_member(struct play *p)
{
	struct party *party = &p->n.party[dice(INSTITUTIONS)];
	struct stint *s = party->nstints ? &party->stint[party->nstints - 1] : NULL;
	int day = p->hour / 24;

	if (s == NULL || s->last < day)
		join(party, day + dice(2));
	else if (dice(3) == 0 && s->first <= day)
		s->last = day + dice(3);
	else if (dice(3) == 0)
		s->representative = 1 + dice(3);
	else if (dice(3) == 0)
		s->deputy = dice(4);
	else if (dice(2))
		s->guest = !s->guest;
	else
		s->decides = !s->decides;
	mirror(p);
}

static void compare(struct play *p)
{
	struct naive_result want = naive_count(&p->n, p->hour);
	int64_t now = FIRST + p->hour * HOUR;
	struct iq_tally got;
	int listed = 0;

	iq_arena_reset(&arena);
	assert_true(iq_vote_tally(&p->v, now, &arena, &got));
	for (size_t i = 0; i < got.nlines; i++) {
		int moment = p->hour < p->n.deadline ? p->hour : p->n.deadline - 1;
		char c = naive_vote(&p->n.party[got.lines[i].institution - 1], moment / 24);

		if (got.lines[i].standing == IQ_STANDING_ENTITLED && !got.lines[i].rejoined) {
			listed++;
			assert_true(c == (got.lines[i].ballot == NULL
							 ? '-'
							 : "yna"[got.lines[i].ballot->choice]));
		}
	}
	if (listed != want.entitled || (int)got.entitled != want.entitled ||
		(int)got.voted != want.voted || (int)got.count[IQ_VOTE_YES] != want.yes ||
		(int)got.count[IQ_VOTE_NO] != want.no ||
		(int)got.count[IQ_VOTE_ABSTAIN] != want.abstain || got.end != want.end ||
		iq_vote_may_close(&p->v, now, &arena) != want.may_close)
		fail_msg("sequence %llu: %zu entitled, %zu voted, %s; wanted %d, %d, %s",
			(unsigned long long)p->start, got.entitled, got.voted,
			iq_vote_end_names[got.end], want.entitled, want.voted,
			iq_vote_end_names[want.end]);
}

static void test_model(void **state)
{
	size_t ends[IQ_VOTE_ENDS] = {0}, rejoined = 0, early = 0;

	(void)state;
	for (uint64_t s = 1; s <= SEQUENCES; s++) {
		static struct play p;

		begin(&p, s);
		for (int step = 0; step < 40; step++) {
			p.hour += dice(8);
			if (dice(3))
				try_vote(&p);
			else
				change_member(&p);
			if (p.n.closed)
				continue;
			compare(&p);
			if (dice(4) == 0 && naive_count(&p.n, p.hour).may_close) {
				p.n.closed = p.v.closed = true;
				ends[naive_count(&p.n, p.hour).end]++;
				early += p.hour < p.n.deadline;
			}
		}
		compare(&p);
		struct iq_tally t;

		assert_true(iq_vote_tally(&p.v, FIRST + p.hour * HOUR, &arena, &t));
		for (size_t i = 0; i < t.nlines; i++)
			rejoined += t.lines[i].rejoined;
	}
	/* the sequences reach what they are meant to reach */
	for (int i = 0; i < IQ_VOTE_ENDS; i++)
		assert_true(ends[i] > SEQUENCES / 100);
	assert_true(rejoined > SEQUENCES / 100 && early > SEQUENCES / 100);
}

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_model)};

	iq_arena_init(&arena, 0);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
