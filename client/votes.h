/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_VOTES_H
#define IQ_CLIENT_VOTES_H

/* How a vote stands, for people and machines. */

#include "session.h"

/* yes, no, abstain by their words in either language; "": no such. */
const char *iq_vote_choice(const char *word);
/* The same for people. */
const char *iq_vote_choice_word(const char *choice);

/* The tally; conflict, changes: of closing, else NULL and none. */
struct iq_vote_shown {
	uint64_t revision;
	const Iq__V1__Tally *tally;
	Iq__V1__Label **labels;
	size_t nlabels;
	Iq__V1__Change **changes;
	size_t nchanges;
	bool closing;
};
IQ_CHECK enum iq_err iq_vote_show(struct iq_cli *cli, const struct iq_vote_shown *v);

#endif
