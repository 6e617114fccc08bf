/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_BALLOTS_H
#define IQ_OPS_BALLOTS_H

/*
 * A proposal's vote as it is on file: who may vote, who has, what it would change. Shared by
 * casting (circle_right.c), counting (op_tally.c) and closing (op_vote_close.c).
 */

#include "decision.h"
#include "op.h"
#include "vote.h"
#include "workshop.h"

/* How the log names a closing; its reason begins with the proposal: "proposal ID". */
#define IQ_POLL_OPERATION "vote-close"
#define IQ_POLL_REASON "proposal "

struct iq_poll {
	iq_num proposal, workshop;
	struct iq_rec rec; /* the proposal, copied */
	enum iq_proposal_state state;
	/* revision and time of the closing; 0: it is not closed, or nobody knows when it was */
	uint64_t closed_in;
	int64_t now_us; /* at which it is counted: the caller's now, or when it was closed */
	struct iq_vote vote;
	iq_num *ballots; /* records, in the order of vote.ballots */
};

/*
 * Everything in the arena. A vote that is over is read as it was when it was closed. False: there
 * is no such proposal, or no memory.
 */
IQ_CHECK bool iq_poll_read(struct iq_txn *t, iq_num proposal, int64_t now_us,
	struct iq_arena *arena, struct iq_poll *out);
/* Memberships of a workshop as of the end of a revision; 0: as they are. False: no memory. */
IQ_CHECK bool iq_poll_members(struct iq_txn *t, iq_num workshop, uint64_t revision,
	struct iq_arena *arena, struct iq_vote *out);
/* What a ballot says. False: its choice is none. */
bool iq_poll_ballot(struct iq_txn *t, const struct iq_rec *rec, struct iq_ballot *out);

/*
 * What a proposal would change, against what is on file: records of members (institutions that
 * may vote), nobody changed them since, and they would be valid. Nothing is written. Otherwise
 * the job's error holds problems and conflicts, whatever was in it before, and IQ_ERR_CONFLICT,
 * IQ_ERR_REJECTED or IQ_ERR_INTERNAL is returned.
 */
IQ_CHECK enum iq_err iq_decision_check(struct iq_right *r, struct iq_wtxn *w,
	const struct iq_decision *decision, const struct iq_poll *poll, struct iq_diffs *diffs);
/*
 * The reason of a change as it may be told: who does not know of the proposal, learns of a vote and
 * nothing else.
 */
struct iq_str iq_poll_reason(struct iq_req *rq, struct iq_str operation, struct iq_str reason);

/*
 * A proposal is written or its vote opened: what it would change is checked as of today, and what
 * the vote goes by is filled in. `rec` is what the caller gives. Other kinds: IQ_OK.
 */
IQ_CHECK enum iq_err iq_poll_put(struct iq_right *r, struct iq_wtxn *w, struct iq_rec *rec);

/*
 * The Tally message as `field` of rq->out. `state`: as it will be when the answer arrives.
 * secret: how others voted and how it ends stays untold. Labels of those named are added.
 */
void iq_poll_write(struct iq_req *rq, uint32_t field, const struct iq_poll *poll,
	const struct iq_tally *tally, enum iq_proposal_state state, bool secret,
	struct iq_labels *labels);

#endif
