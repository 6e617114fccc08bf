/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_VOTE_H
#define IQ_DOMAIN_VOTE_H

/*
 * Votes of a workshop: who may vote, what casting does, when a vote may be closed, and how it ends.
 * Pure: the caller says what is on file and what time it is. Any thread. The rules, numbered, are
 * in docs/workshop.md "Votes". Instants are microseconds since 1970, days are days since 1970 in
 * Germany.
 */

#include "model.h"

enum iq_choice { IQ_VOTE_YES, IQ_VOTE_NO, IQ_VOTE_ABSTAIN, IQ_CHOICES };
extern const char *const iq_choice_names[IQ_CHOICES + 1];
enum iq_seat { IQ_SEAT_REPRESENTATIVE, IQ_SEAT_DEPUTY, IQ_SEATS };
extern const char *const iq_seat_names[IQ_SEATS + 1];
enum iq_majority { IQ_MAJORITY_SIMPLE, IQ_MAJORITY_TWO_THIRDS, IQ_MAJORITIES };
extern const char *const iq_majority_names[IQ_MAJORITIES + 1];

enum { IQ_QUORUM_DEFAULT = 50 }; /* percent */

/* A membership. An institution may have several records; any of them that gives a vote will do. */
struct iq_member {
	iq_num institution;
	iq_num representative, deputy; /* contacts; IQ_NONE: none */
	int32_t from, to;              /* accepted, both included; from IQ_DATE_MAX: invited only */
	bool decides, guest;
};

/* What an institution has cast, once replaced votes are gone. */
struct iq_ballot {
	iq_num institution, contact;
	enum iq_choice choice;
	enum iq_seat seat;
	int32_t day; /* on which it was cast */
};

struct iq_vote {
	int64_t opens, deadline; /* the deadline's instant is too late */
	bool closed;             /* withdrawn, too */
	enum iq_majority majority;
	unsigned quorum; /* percent of those entitled; above 100 as 100 */
	const struct iq_member *members;
	size_t nmembers;
	const struct iq_ballot *ballots; /* at most one per institution */
	size_t nballots;
};

/* Why an institution has a vote on a day, or has none. In order: what is nearest to a vote counts.
 */
enum iq_standing {
	IQ_STANDING_ENTITLED,
	IQ_STANDING_UNDECIDING, /* sends nobody who decides */
	IQ_STANDING_GUEST,
	IQ_STANDING_LEFT,
	IQ_STANDING_INVITED, /* not accepted, or from a later day on */
	IQ_STANDING_STRANGER,
	IQ_STANDINGS
};
enum iq_standing iq_vote_standing(
	const struct iq_member *members, size_t n, iq_num institution, int32_t day);

/* What becomes of an attempt to vote. */
enum iq_cast {
	IQ_CAST_DONE,     /* store the ballot in place of the institution's former one */
	IQ_CAST_EARLY,    /* the vote has not begun */
	IQ_CAST_CLOSED,   /* it has been closed or withdrawn */
	IQ_CAST_LATE,     /* the deadline has passed */
	IQ_CAST_NO_VOTE,  /* see iq_vote_standing() */
	IQ_CAST_NOT_SENT, /* the person is neither representative nor deputy */
	IQ_CAST_STANDS,   /* the representative has voted; the deputy cannot change that */
	IQ_CASTS
};
/*
 * `contact` casts `choice` for `institution` now. DONE: *out is the ballot. Who is both is taken as
 * representative. A representative's ballot of a membership that has ended since stands for nobody
 * any more, and the deputy may vote.
 */
enum iq_cast iq_vote_cast(const struct iq_vote *vote, iq_num institution, iq_num contact,
	enum iq_choice choice, int64_t now, struct iq_ballot *out);

/* One institution in the tally. */
struct iq_vote_line {
	iq_num institution;
	const struct iq_ballot *ballot; /* NULL: entitled, has not voted */
	enum iq_standing standing;      /* other than ENTITLED: the vote is lost */
	bool rejoined;                  /* cast in a membership that had ended meanwhile: lost */
};

enum iq_vote_end {
	IQ_VOTE_PASSED,
	IQ_VOTE_NO_QUORUM,
	IQ_VOTE_TIE, /* as many yes as no: of a simple majority, and where nobody took sides */
	IQ_VOTE_NO_MAJORITY,
	IQ_VOTE_ENDS
};
extern const char *const iq_vote_end_names[IQ_VOTE_ENDS + 1];

struct iq_tally {
	size_t entitled, voted, count[IQ_CHOICES];
	size_t needed; /* votes that make the quorum */
	enum iq_vote_end end;
	/* those entitled in the order of `members`, then lost votes in the order of `ballots` */
	struct iq_vote_line *lines;
	size_t nlines;
};

/*
 * How the vote ends if it is closed now, or ended at its deadline if that has passed. `lines` are
 * in the arena and point to the vote's ballots. False without memory.
 */
IQ_CHECK bool iq_vote_tally(
	const struct iq_vote *vote, int64_t now, struct iq_arena *arena, struct iq_tally *out);

/* May it be closed now? The deadline has passed, or everybody entitled has voted (and somebody is).
 */
IQ_CHECK bool iq_vote_may_close(const struct iq_vote *vote, int64_t now, struct iq_arena *arena);

#endif
