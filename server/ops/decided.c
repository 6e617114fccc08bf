/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a proposal would change, against what is on file. It is applied with the rights of the
 * vote, not of whoever closes it: what a vote may touch is decided here and in domain/decision.c.
 */
#include "date.h"
#include "ballots.h"
#include "write.h"

#define BIT(col) (UINT32_C(1) << (col))

struct deciding {
	struct iq_right *r;
	struct iq_wtxn *w;
	const struct iq_poll *poll;
	uint64_t based_on;
	int32_t day; /* who may vote on it */
	struct iq_diffs *diffs;
};

static void say(struct deciding *d, uint32_t line, const char *text, struct iq_str value)
{
	struct iq_op_job *o = d->r->job;
	struct iq_problem p = {
		.column = iq_decision_place(&o->arena, line, (struct iq_str){NULL, 0}),
		.value = value,
		.text = text};

	iq_error_add_problem(&o->job.error, &p);
}

/* The institution whose record it is. */
static iq_num owner(struct deciding *d, const struct iq_rec *now, iq_num num)
{
	struct iq_str id = {NULL, 0};

	if (now->kind == IQ_INSTITUTION)
		return num;
	if (now->kind == IQ_RESPONSIBILITY)
		id = iq_rec_text(now, IQ_RESP_INSTITUTION);
	else if (now->kind == IQ_NOTICE)
		id = iq_rec_text(now, IQ_NOTICE_INSTITUTION);
	return id.n > 0 ? iq_id_find(d->r->txn, IQ_INSTITUTION, id) : IQ_NONE;
}

/* Somebody changed it since, or it is gone: told as in any other conflict. */
static enum iq_err since_base(struct deciding *d, const struct iq_decided *one, iq_num num)
{
	struct iq_side base, now;
	struct iq_three three;
	struct iq_image image;
	uint32_t bad;

	if (iq_image_get(d->r->txn, one->rec.kind, num, &image) && image.revision <= d->based_on)
		return IQ_OK;
	if (!iq_side_past(d->r, one->rec.kind, num, d->based_on, &base) ||
		!iq_side_now(d->r, one->rec.kind, num, &now))
		return iq_write_no_memory(d->r);
	iq_three_way(&base.known, &now.known, &one->rec, &three);
	bad = three.conflicts | (three.theirs & ~iq_decision_beside(one->rec.kind));
	if (base.there && now.there && bad == 0)
		return IQ_OK;
	struct iq_rec mine = base.shown;

	iq_rec_merge(&mine, &one->rec);
	iq_conflicts_add(d->r, num, bad, &base, &now, &mine, d->based_on);
	return IQ_ERR_CONFLICT;
}

/* The writer's own check; what it finds is told by the line it stands in. */
static enum iq_err would_be(struct deciding *d, const struct iq_decided *one)
{
	struct iq_op_job *o = d->r->job;
	size_t before = o->job.error.nproblems;
	enum iq_err err = iq_apply_check(
		&o->job, d->w, d->r->vocab, &one->rec, one->add, d->diffs, &o->arena);

	for (size_t i = before; i < o->job.error.nproblems; i++)
		o->job.error.problems[i].column =
			iq_decision_place(&o->arena, one->line, o->job.error.problems[i].column);
	return err;
}

/* Of an institution that may vote on it. */
static bool is_bound(struct deciding *d, const struct iq_decided *one, iq_num institution)
{
	const struct iq_vote *v = &d->poll->vote;

	if (iq_vote_standing(v->members, v->nmembers, institution, d->day) == IQ_STANDING_ENTITLED)
		return true;
	say(d, one->line,
		N_("A vote can change only what belongs to an institution that may vote on it."),
		iq_rec_text(&one->rec, IQ_COL_ID));
	return false;
}

static enum iq_err check_new(struct deciding *d, const struct iq_decided *one)
{
	struct iq_str id = iq_rec_text(&one->rec, IQ_COL_ID);

	if (iq_id_find(d->r->txn, one->rec.kind, id) != IQ_NONE) {
		say(d, one->line, N_("There is a record with this id already."), id);
		return IQ_ERR_REJECTED;
	}
	if (!is_bound(d, one, owner(d, &one->rec, IQ_NONE)))
		return IQ_ERR_REJECTED;
	return would_be(d, one);
}

static enum iq_err check_one(struct deciding *d, const struct iq_decided *one)
{
	struct iq_str id = iq_rec_text(&one->rec, IQ_COL_ID);
	bool merged = false;
	iq_num num = iq_id_reserved(d->r->txn, one->rec.kind, id, &merged);
	struct iq_rec now;

	if (one->add)
		return check_new(d, one);
	if (num == IQ_NONE || merged) {
		say(d, one->line, N_("There is no record with this id."), id);
		return IQ_ERR_REJECTED;
	}
	if (!iq_rec_get(d->r->txn, one->rec.kind, num, &d->r->job->arena, &now)) {
		struct iq_image was;

		if (iq_past_get(d->r->txn, one->rec.kind, num, d->based_on, &was))
			return since_base(d, one, num);
		say(d, one->line, N_("There is no record with this id."), id);
		return IQ_ERR_REJECTED;
	}
	if (!is_bound(d, one, owner(d, &now, num)))
		return IQ_ERR_REJECTED;
	enum iq_err err = since_base(d, one, num);

	return err == IQ_OK ? would_be(d, one) : err;
}

enum iq_err iq_decision_check(struct iq_right *r, struct iq_wtxn *w,
	const struct iq_decision *decision, const struct iq_poll *poll, struct iq_diffs *diffs)
{
	bool over = poll->now_us >= poll->vote.deadline;
	struct deciding d = {.r = r,
		.w = w,
		.poll = poll,
		.based_on = decision->based_on,
		.day = iq_date_in_germany(over ? poll->vote.deadline - 1 : poll->now_us),
		.diffs = diffs};
	enum iq_err err = IQ_OK;

	if (decision->n > 0 && decision->based_on > iq_wtxn_state(w)->revision) {
		say(&d, 1, N_("There is no such revision yet."), (struct iq_str){NULL, 0});
		return IQ_ERR_REJECTED;
	}
	for (size_t i = 0; i < decision->n; i++) {
		enum iq_err one = check_one(&d, &decision->v[i]);

		if (one == IQ_ERR_INTERNAL)
			return one;
		if (err != IQ_ERR_CONFLICT && one != IQ_OK)
			err = one;
	}
	return err;
}

/* ---- writing a proposal ---------------------------------------------------------------------- */

static bool fill(struct iq_right *r, struct iq_rec *rec, const struct iq_rec *after, int col,
	struct iq_str value)
{
	struct iq_str *v = iq_arena_alloc(&r->job->arena, sizeof(*v));

	if (iq_rec_text(after, col).n > 0)
		return true;
	if (v == NULL)
		return false;
	*v = iq_arena_dup(&r->job->arena, value);
	rec->col[col] = (struct iq_value){v, 1};
	rec->given |= BIT(col);
	return true;
}

/* What it goes by from now on: nobody changes the rules of a vote that runs. */
static enum iq_err open_vote(struct iq_right *r, struct iq_rec *rec, const struct iq_rec *after)
{
	iq_num workshop =
		iq_id_find(r->txn, IQ_WORKSHOP_RECORD, iq_rec_text(after, IQ_PROPOSAL_WORKSHOP));
	const char *usual = iq_arena_printf(&r->job->arena, "%d", IQ_QUORUM_DEFAULT);
	struct iq_rec ws;
	struct iq_str quorum = {NULL, 0};
	int64_t deadline;

	if (iq_rec_get(r->txn, IQ_WORKSHOP_RECORD, workshop, &r->job->arena, &ws))
		quorum = iq_rec_text(&ws, IQ_WORKSHOP_QUORUM);
	if (quorum.n == 0 && usual != NULL)
		quorum = iq_str(usual);
	if (!fill(r, rec, after, IQ_PROPOSAL_QUORUM, quorum) ||
		!fill(r, rec, after, IQ_PROPOSAL_MAJORITY,
			iq_str(iq_majority_names[IQ_MAJORITY_SIMPLE])))
		return iq_write_no_memory(r);
	if (iq_deadline_parse(iq_rec_text(after, IQ_PROPOSAL_DEADLINE), &deadline) &&
		deadline <= r->job->now_us)
		return iq_error_set(&r->job->job.error, IQ_ERR_REJECTED,
			N_("The deadline “{0}” has passed: nobody could vote."),
			N_("Give a later one: iqq vote open {1} --deadline 2026-12-01"),
			iq_arena_cstr(&r->job->arena, iq_rec_text(after, IQ_PROPOSAL_DEADLINE)),
			iq_arena_cstr(&r->job->arena, iq_rec_text(after, IQ_COL_ID)), NULL);
	return IQ_OK;
}

static enum iq_err check_changes(struct iq_right *r, struct iq_wtxn *w, const struct iq_rec *after)
{
	struct iq_op_job *o = r->job;
	struct iq_poll poll = {.now_us = o->now_us, .vote.deadline = INT64_MAX};
	struct iq_diffs ignored = {.d = NULL};
	struct iq_decision decision;
	enum iq_err err;

	poll.workshop =
		iq_id_find(r->txn, IQ_WORKSHOP_RECORD, iq_rec_text(after, IQ_PROPOSAL_WORKSHOP));
	err = iq_decision_parse(
		iq_rec_text(after, IQ_PROPOSAL_CHANGES), &o->arena, NULL, &decision, &o->job.error);
	if (err == IQ_OK && !iq_poll_members(r->txn, poll.workshop, 0, &o->arena, &poll.vote))
		err = IQ_ERR_INTERNAL;
	if (err == IQ_OK)
		err = iq_decision_check(r, w, &decision, &poll, &ignored);
	if (err == IQ_ERR_INTERNAL)
		return iq_write_no_memory(r);
	if (err == IQ_ERR_CONFLICT && o->job.error.nproblems == 0)
		return iq_error_set(&o->job.error, IQ_ERR_CONFLICT,
			N_("What the proposal “{0}” would change was changed by somebody else "
			   "since revision {1}, against which it was written."),
			N_("Write it against the records as they are: iqq proposal new --change "
			   "\"set …\""),
			iq_arena_cstr(&o->arena, iq_rec_text(after, IQ_COL_ID)),
			iq_arena_printf(&o->arena, "%llu", (unsigned long long)decision.based_on),
			NULL);
	return o->job.error.code;
}

enum iq_err iq_poll_put(struct iq_right *r, struct iq_wtxn *w, struct iq_rec *rec)
{
	const char *open = iq_process_states[IQ_PROCESS_PROPOSAL][IQ_PROPOSAL_OPEN];
	struct iq_rec now = {.kind = IQ_PROPOSAL}, after;
	enum iq_err err = IQ_OK;

	if (rec->kind != IQ_PROPOSAL)
		return IQ_OK;
	iq_num num = iq_id_find(r->txn, IQ_PROPOSAL, iq_rec_text(rec, IQ_COL_ID));

	if (num != IQ_NONE && !iq_rec_get(r->txn, IQ_PROPOSAL, num, &r->job->arena, &now))
		return iq_write_no_memory(r);
	after = now;
	iq_rec_merge(&after, rec);
	bool opens = iq_str_is(iq_rec_text(&after, IQ_PROPOSAL_STATE), open) &&
		     !iq_str_is(iq_rec_text(&now, IQ_PROPOSAL_STATE), open);

	if (opens)
		err = open_vote(r, rec, &after);
	if (err == IQ_OK && iq_rec_text(&after, IQ_PROPOSAL_CHANGES).n > 0 &&
		(opens || !iq_str_eq(iq_rec_text(&after, IQ_PROPOSAL_CHANGES),
				  iq_rec_text(&now, IQ_PROPOSAL_CHANGES))))
		err = check_changes(r, w, &after);
	return err;
}
