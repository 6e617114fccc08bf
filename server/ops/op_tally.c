/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a vote stands, by name: while it runs only who has voted, never how; but for the institution
 * one votes for oneself.
 */
#include "date.h"
#include "ballots.h"

enum { RESPONSE_REVISION = 1, RESPONSE_TALLY, RESPONSE_LABELS };
enum {
	TALLY_PROPOSAL = 1,
	TALLY_STATE,
	TALLY_MAJORITY,
	TALLY_QUORUM,
	TALLY_DEADLINE,
	TALLY_CLOSED_ON,
	TALLY_RESULT,
	TALLY_ENTITLED,
	TALLY_VOTED,
	TALLY_NEEDED,
	TALLY_SECRET,
	TALLY_YES,
	TALLY_NO,
	TALLY_ABSTAIN,
	TALLY_END,
	TALLY_LINES,
	TALLY_LATE,
	TALLY_MAY_CLOSE
};
enum { LINE_INSTITUTION = 1, LINE_VOTED, LINE_CHOICE, LINE_AS, LINE_CAST_ON, LINE_LOST };

static const char *lost(const struct iq_vote_line *line)
{
	static const char *const names[IQ_STANDINGS] = {
		[IQ_STANDING_ENTITLED] = "",
		[IQ_STANDING_UNDECIDING] = "undecided",
		[IQ_STANDING_GUEST] = "guest",
		[IQ_STANDING_LEFT] = "left",
		[IQ_STANDING_INVITED] = "invited",
		[IQ_STANDING_STRANGER] = "stranger",
	};

	return line->rejoined ? "rejoined" : names[line->standing];
}

/* Decided where every way out is. */
static bool may_see_choice(struct iq_req *rq, iq_num ballot)
{
	struct iq_image image;

	return iq_image_get(rq->txn, IQ_BALLOT, ballot, &image) &&
	       iq_circle_seen(rq, &image) & UINT32_C(1) << IQ_BALLOT_CHOICE;
}

static void write_line(struct iq_req *rq, const struct iq_poll *poll,
	const struct iq_vote_line *line, bool secret, struct iq_labels *labels)
{
	const struct iq_ballot *b = line->ballot;
	size_t mark = iq_wire_begin(rq->out, TALLY_LINES);
	char day[11];

	iq_wire_str(
		rq->out, LINE_INSTITUTION, iq_id_of(rq->txn, IQ_INSTITUTION, line->institution));
	iq_labels_add(labels, IQ_INSTITUTION, line->institution);
	iq_wire_bool(rq->out, LINE_VOTED, b != NULL);
	if (b != NULL) {
		if (!secret || may_see_choice(rq, poll->ballots[b - poll->vote.ballots]))
			iq_wire_str(rq->out, LINE_CHOICE, iq_str(iq_choice_names[b->choice]));
		iq_date_format(b->day, day);
		iq_wire_str(rq->out, LINE_AS, iq_str(iq_seat_names[b->seat]));
		iq_wire_str(rq->out, LINE_CAST_ON, iq_str(day));
	}
	iq_wire_str(rq->out, LINE_LOST, iq_str(lost(line)));
	iq_wire_end(rq->out, mark);
}

static void write_rules(struct iq_req *rq, const struct iq_poll *poll, enum iq_proposal_state state)
{
	static const struct {
		uint32_t field;
		int col;
	} cells[] = {{TALLY_PROPOSAL, IQ_COL_ID}, {TALLY_MAJORITY, IQ_PROPOSAL_MAJORITY},
		{TALLY_DEADLINE, IQ_PROPOSAL_DEADLINE}, {TALLY_CLOSED_ON, IQ_PROPOSAL_CLOSED_ON},
		{TALLY_RESULT, IQ_PROPOSAL_RESULT}};

	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		iq_wire_str(rq->out, cells[i].field, iq_rec_text(&poll->rec, cells[i].col));
	iq_wire_str(rq->out, TALLY_STATE, iq_str(iq_process_states[IQ_PROCESS_PROPOSAL][state]));
	iq_wire_uint(rq->out, TALLY_QUORUM, poll->vote.quorum);
}

void iq_poll_write(struct iq_req *rq, uint32_t field, const struct iq_poll *poll,
	const struct iq_tally *tally, enum iq_proposal_state state, bool secret,
	struct iq_labels *labels)
{
	bool ended = state != IQ_PROPOSAL_DRAFT && state != IQ_PROPOSAL_WITHDRAWN;
	bool runs = state == IQ_PROPOSAL_OPEN;
	size_t mark = iq_wire_begin(rq->out, field);

	write_rules(rq, poll, state);
	iq_wire_uint(rq->out, TALLY_ENTITLED, tally->entitled);
	iq_wire_uint(rq->out, TALLY_VOTED, tally->voted);
	iq_wire_uint(rq->out, TALLY_NEEDED, tally->needed);
	iq_wire_bool(rq->out, TALLY_SECRET, secret);
	if (!secret) {
		iq_wire_uint(rq->out, TALLY_YES, tally->count[IQ_VOTE_YES]);
		iq_wire_uint(rq->out, TALLY_NO, tally->count[IQ_VOTE_NO]);
		iq_wire_uint(rq->out, TALLY_ABSTAIN, tally->count[IQ_VOTE_ABSTAIN]);
		if (ended)
			iq_wire_str(rq->out, TALLY_END, iq_str(iq_vote_end_names[tally->end]));
	}
	for (size_t i = 0; i < tally->nlines; i++)
		write_line(rq, poll, &tally->lines[i], secret, labels);
	iq_wire_bool(rq->out, TALLY_LATE, runs && poll->now_us >= poll->vote.deadline);
	iq_wire_bool(rq->out, TALLY_MAY_CLOSE,
		runs && iq_vote_may_close(&poll->vote, poll->now_us, rq->arena));
	iq_wire_end(rq->out, mark);
}

struct iq_str iq_poll_reason(struct iq_req *rq, struct iq_str operation, struct iq_str reason)
{
	static const struct iq_str nothing = {NULL, 0};
	struct iq_str id, rest = reason;

	if (!iq_str_is(operation, IQ_POLL_OPERATION))
		return reason;
	if (!iq_str_starts(reason, IQ_STR(IQ_POLL_REASON)))
		return nothing;
	rest.p += sizeof(IQ_POLL_REASON) - 1;
	rest.n -= sizeof(IQ_POLL_REASON) - 1;
	if (!iq_str_cut(&rest, ':', &id) ||
		!iq_record_known(rq, IQ_PROPOSAL, iq_id_find(rq->txn, IQ_PROPOSAL, id)))
		return nothing;
	return reason;
}

enum iq_err iq_op_tally(struct iq_req *rq)
{
	const Iq__V1__TallyRequest *in = rq->msg->tally;
	iq_num num = iq_id_find(rq->txn, IQ_PROPOSAL, iq_str(in->proposal));
	struct iq_labels labels;
	struct iq_poll poll;
	struct iq_tally tally;

	if (!iq_record_known(rq, IQ_PROPOSAL, num))
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
			N_("There is no record “{1}” of kind {0}."),
			N_("Look for it with: iqq search {1}"), iq_schemas[IQ_PROPOSAL].name,
			iq_req_cstr(rq, iq_str(in->proposal)), NULL);
	if (!iq_poll_read(rq->txn, num, rq->now_us, rq->arena, &poll) ||
		!iq_vote_tally(&poll.vote, poll.now_us, rq->arena, &tally))
		return iq_req_finish(rq);
	iq_labels_init(&labels, rq, RESPONSE_LABELS, in->lang == IQ__V1__LANG__EN);
	iq_wire_uint(rq->out, RESPONSE_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_poll_write(rq, RESPONSE_TALLY, &poll, &tally, poll.state,
		iq_circle_running(rq->txn, num), &labels);
	iq_labels_write(&labels);
	return iq_req_finish(rq);
}
