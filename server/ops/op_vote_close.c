/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closing a vote: it is counted, and what a proposal changes that has passed is written in the
 * same transaction. Where that does not fit any more nothing of it is, and the answer says why.
 */
#include "date.h"
#include "ballots.h"
#include "write.h"

#define BIT(col) (UINT32_C(1) << (col))

enum { CLOSE_CHANGES = 2, CLOSE_TALLY = 4, CLOSE_CONFLICT, CLOSE_LABELS };

struct closing {
	struct iq_right r;
	struct iq_op_job *job;
	struct iq_wtxn *w;
	struct iq_poll poll;
	struct iq_tally tally;
	struct iq_decision decision;
	enum iq_proposal_state state; /* in which it is from now on */
	struct iq_rec after;          /* partial: the proposal */
	struct iq_diffs diffs;
	bool applies; /* the changes are written */
};

static const char *name_of(struct closing *c)
{
	return iq_arena_cstr(&c->job->arena, iq_rec_text(&c->poll.rec, IQ_COL_ID));
}

static const char *number(struct closing *c, size_t n)
{
	const char *s = iq_arena_printf(&c->job->arena, "%zu", n);

	return s != NULL ? s : "";
}

/* ---- may it be closed ------------------------------------------------------------------------ */

static enum iq_err load(struct closing *c)
{
	struct iq_op_job *o = c->job;
	struct iq_str id = iq_str(o->msg->vote_close->proposal);
	iq_num num = id.n > 0 ? iq_id_find(c->r.txn, IQ_PROPOSAL, id) : IQ_NONE;
	struct iq_circle circle;
	enum iq_err err = iq_veil_target(&c->r, IQ_PROPOSAL, id, IQ_OK);

	if (err != IQ_OK)
		return err;
	if (!iq_poll_read(c->r.txn, num, o->now_us, &o->arena, &c->poll) ||
		!iq_circle_read(c->r.txn, &c->r.principal, c->poll.workshop, c->r.vocab, o->today,
			&o->arena, &circle))
		return iq_write_no_memory(&c->r);
	if (!iq_circle_may(&circle, IQ_DEED_PROPOSAL_RUN, IQ_NONE))
		return iq_error_set(&o->job.error, IQ_ERR_DENIED,
			N_("Votes are closed by who coordinates the region or organises the "
			   "workshop."),
			N_("Your rights are shown by: iqq whoami"), NULL);
	return IQ_OK;
}

static enum iq_err refuse(struct closing *c)
{
	struct iq_error *error = &c->job->job.error;
	const struct iq_poll *p = &c->poll;

	if (p->state == IQ_PROPOSAL_DRAFT)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("The vote on “{0}” has not been opened yet."),
			N_("Open it: iqq vote open {0} --deadline 2026-12-01"), name_of(c), NULL);
	if (p->state != IQ_PROPOSAL_OPEN)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("The vote on “{0}” is closed already."),
			N_("How it ended is shown by: iqq vote tally {0}"), name_of(c), NULL);
	return iq_error_set(error, IQ_ERR_CONFLICT,
		N_("The vote on “{0}” runs until {1}; {2} of {3} have voted."),
		N_("It is closed after that, or as soon as all have voted: iqq vote tally {0}"),
		name_of(c),
		iq_arena_cstr(&c->job->arena, iq_rec_text(&p->rec, IQ_PROPOSAL_DEADLINE)),
		number(c, c->tally.voted), number(c, c->tally.entitled), NULL);
}

static enum iq_err count(struct closing *c)
{
	struct iq_poll *p = &c->poll;

	if (!iq_vote_tally(&p->vote, p->now_us, &c->job->arena, &c->tally))
		return iq_write_no_memory(&c->r);
	if (p->state == IQ_PROPOSAL_CONFLICT) {
		c->tally.end = IQ_VOTE_PASSED; /* that is how it came there */
		return IQ_OK;
	}
	if (p->state != IQ_PROPOSAL_OPEN || !iq_vote_may_close(&p->vote, p->now_us, &c->job->arena))
		return refuse(c);
	return IQ_OK;
}

/* ---- what comes of it ------------------------------------------------------------------------ */

/* The error so far, in words about the vote: it is part of the answer. */
static void answer_conflict(struct closing *c, bool changed)
{
	struct iq_error *error = &c->job->job.error, said;

	iq_error_init(&said, error->arena);
	iq_error_set(&said, IQ_ERR_CONFLICT,
		changed ? N_("The proposal “{0}” has its majority, but what it changes was changed "
			     "by somebody else since: nothing of it was applied.")
			: N_("The proposal “{0}” has its majority, but what it changes is not "
			     "valid any more: nothing of it was applied."),
		N_("Have it set right and close it again: iqq vote close {0}. Or withdraw it and "
		   "propose it anew: iqq proposal withdraw {0}"),
		name_of(c), NULL);
	said.problems = error->problems;
	said.nproblems = error->nproblems;
	said.problems_total = error->problems_total;
	said.conflicts = error->conflicts;
	said.nconflicts = error->nconflicts;
	size_t mark = iq_wire_begin(&c->job->job.answer, CLOSE_CONFLICT);

	iq_codec_error(&c->job->job.answer, &said);
	iq_wire_end(&c->job->job.answer, mark);
	iq_error_init(error, error->arena);
}

static enum iq_err decide(struct closing *c)
{
	bool dry = c->job->job.dry_run, passed = c->tally.end == IQ_VOTE_PASSED;
	struct iq_error *error = &c->job->job.error;
	enum iq_err err;

	c->state = passed ? IQ_PROPOSAL_PASSED : IQ_PROPOSAL_REJECTED;
	/* A trial says what passing would change, whether it passes or not: it tells no count. */
	if (!passed && !dry)
		return IQ_OK;
	err = iq_decision_parse(iq_rec_text(&c->poll.rec, IQ_PROPOSAL_CHANGES), &c->job->arena,
		NULL, &c->decision, error);
	if (err == IQ_OK)
		err = iq_decision_check(&c->r, c->w, &c->decision, &c->poll, &c->diffs);
	if (err == IQ_ERR_INTERNAL)
		return iq_write_no_memory(&c->r);
	c->applies = err == IQ_OK;
	if (c->applies)
		return IQ_OK;
	c->diffs = (struct iq_diffs){.d = NULL};
	answer_conflict(c, err == IQ_ERR_CONFLICT);
	if (passed)
		c->state = IQ_PROPOSAL_CONFLICT;
	return IQ_OK;
}

static bool put(struct closing *c, struct iq_rec *rec, int col, const char *text)
{
	struct iq_str *v = iq_arena_alloc(&c->job->arena, sizeof(*v));

	if (v == NULL || text == NULL)
		return false;
	*v = iq_str(text);
	rec->col[col] = (struct iq_value){v, 1};
	rec->given |= BIT(col);
	return true;
}

/* The proposal as it will be. What was counted once, stays. */
static bool prepare(struct closing *c)
{
	struct iq_rec *rec = &c->after;
	const struct iq_tally *t = &c->tally;
	char today[11];

	*rec = (struct iq_rec){.kind = IQ_PROPOSAL, .given = BIT(IQ_COL_ID)};
	rec->col[IQ_COL_ID] = c->poll.rec.col[IQ_COL_ID];
	if (!put(c, rec, IQ_PROPOSAL_STATE, iq_process_states[IQ_PROCESS_PROPOSAL][c->state]))
		return false;
	if (c->poll.state == IQ_PROPOSAL_CONFLICT)
		return true;
	iq_date_format(c->job->today, today);
	if (!put(c, rec, IQ_PROPOSAL_CLOSED_ON, iq_arena_printf(&c->job->arena, "%s", today)) ||
		!put(c, rec, IQ_PROPOSAL_RESULT,
			iq_arena_printf(&c->job->arena,
				"yes=%zu no=%zu abstain=%zu votes=%zu quorum=%zu",
				t->count[IQ_VOTE_YES], t->count[IQ_VOTE_NO],
				t->count[IQ_VOTE_ABSTAIN], t->voted, t->needed)))
		return false;
	if (!c->job->job.dry_run) /* a trial tells no count */
		iq_rec_merge(&c->poll.rec, rec);
	return true;
}

/* ---- doing it -------------------------------------------------------------------------------- */

/* Written before anything is stored: images move then. */
static void answer_tally(struct closing *c)
{
	bool dry = c->job->job.dry_run, english;
	struct iq_req rq = iq_veil_reader(&c->r);
	struct iq_labels labels;

	english = c->job->msg->vote_close->lang == IQ__V1__LANG__EN;
	rq.out = &c->job->job.answer;
	iq_labels_init(&labels, &rq, CLOSE_LABELS, english);
	iq_poll_write(&rq, CLOSE_TALLY, &c->poll, &c->tally, dry ? c->poll.state : c->state,
		dry && c->poll.state == IQ_PROPOSAL_OPEN, &labels);
	iq_labels_write(&labels);
}

static enum iq_err write_all(struct closing *c, const struct iq_vocab *vocab)
{
	struct iq_job *job = &c->job->job;
	struct iq_diffs own = {.d = NULL}, applied = {.d = NULL};
	enum iq_err err = IQ_OK;

	job->closes_vote = true;
	for (size_t i = 0; c->applies && i < c->decision.n && err == IQ_OK; i++)
		err = iq_apply_put(job, c->w, vocab, &c->decision.v[i].rec, c->decision.v[i].add,
			&applied, &c->job->arena);
	if (err == IQ_OK)
		err = iq_apply_put(job, c->w, vocab, &c->after, false, &own, &c->job->arena);
	iq_write_diffs(&job->answer, CLOSE_CHANGES, &own);
	return err;
}

static enum iq_err run_close(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct closing c = {.job = (struct iq_op_job *)job, .w = w};
	enum iq_err err = iq_right_load(&c.r, c.job, w, vocab);

	c.job->nowed = 0; /* a batch may be run again */
	if (err == IQ_OK)
		err = load(&c);
	if (err == IQ_OK)
		err = count(&c);
	if (err == IQ_OK)
		err = decide(&c);
	if (err == IQ_OK && !prepare(&c))
		err = iq_write_no_memory(&c.r);
	if (err != IQ_OK)
		return err;
	iq_veil_diffs(&c.r, IQ_PROPOSAL, iq_rec_text(&c.poll.rec, IQ_COL_ID), &c.diffs);
	answer_tally(&c);
	iq_write_diffs(&job->answer, CLOSE_CHANGES, &c.diffs);
	return job->dry_run ? IQ_OK : write_all(&c, vocab);
}

/* ---- in the worker's thread ------------------------------------------------------------------ */

enum iq_err iq_op_vote_close(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__VoteCloseRequest *in = rq->msg->vote_close;
	struct iq_arena *arena = &((struct iq_op_job *)job)->arena;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);
	const char *reason;

	if (err != IQ_OK)
		return err;
	if (in->proposal[0] == '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The id of the record is missing."),
			N_("For example: iqq vote close PROPOSAL"), NULL);
	/* What it changes tells in its history which proposal it was. */
	reason = iq_arena_printf(arena, in->reason[0] != '\0' ? "%s%s: %s" : "%s%s", IQ_POLL_REASON,
		in->proposal, in->reason);
	iq_job_payload(rq, IQ__V1__REQUEST__OP_VOTE_CLOSE, job);
	job->change.operation = IQ_STR(IQ_POLL_OPERATION);
	job->change.reason = iq_str(reason != NULL ? reason : in->reason);
	job->dry_run = in->dry_run;
	job->run = run_close;
	return IQ_OK;
}
