/* SPDX-License-Identifier: Apache-2.0 */
/* A proposal's vote, read from its records. */
#include "date.h"
#include "ballots.h"

static iq_num find(struct iq_txn *t, enum iq_kind kind, struct iq_str id)
{
	return id.n > 0 ? iq_id_find(t, kind, id) : IQ_NONE;
}

/* ---- who may vote ----------------------------------------------------------------------------
 */

struct members {
	struct iq_txn *t;
	struct iq_arena *arena;
	uint64_t revision;
	struct iq_member *m;
	size_t n, cap;
};

static void read_member(struct iq_txn *t, const struct iq_rec *rec, struct iq_member *m)
{
	*m = (struct iq_member){
		.institution = find(t, IQ_INSTITUTION, iq_rec_text(rec, IQ_MEMBERSHIP_INSTITUTION)),
		.representative =
			find(t, IQ_CONTACT, iq_rec_text(rec, IQ_MEMBERSHIP_REPRESENTATIVE)),
		.deputy = find(t, IQ_CONTACT, iq_rec_text(rec, IQ_MEMBERSHIP_DEPUTY)),
		.from = IQ_DATE_MAX,
		.to = IQ_DATE_MAX,
		.decides = !iq_str_is(iq_rec_text(rec, IQ_MEMBERSHIP_DECIDES), "no"),
		.guest = iq_str_is(iq_rec_text(rec, IQ_MEMBERSHIP_GUEST), "yes")};
	(void)iq_date_parse(iq_rec_text(rec, IQ_MEMBERSHIP_ACCEPTED_FROM), &m->from);
	(void)iq_date_parse(iq_rec_text(rec, IQ_MEMBERSHIP_ACCEPTED_TO), &m->to);
}

static bool add_member(void *arg, enum iq_kind from, iq_num num)
{
	struct members *s = arg;
	struct iq_rec rec = {.kind = from};
	struct iq_image image;
	bool is = s->revision == 0 ? iq_image_get(s->t, from, num, &image)
				   : iq_past_get(s->t, from, num, s->revision, &image);

	if (!is || !iq_codec_read(&rec, image.all, s->arena))
		return !s->arena->failed;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 32;
		struct iq_member *m =
			iq_arena_grow(s->arena, s->m, s->cap * sizeof(*m), cap * sizeof(*m));

		if (m == NULL)
			return false;
		s->m = m;
		s->cap = cap;
	}
	read_member(s->t, &rec, &s->m[s->n++]);
	return true;
}

bool iq_poll_members(struct iq_txn *t, iq_num workshop, uint64_t revision, struct iq_arena *arena,
	struct iq_vote *out)
{
	struct members s = {.t = t, .arena = arena, .revision = revision};

	iq_each_ref_by(t, IQ_WORKSHOP_RECORD, workshop, IQ_MEMBERSHIP, add_member, &s);
	out->members = s.m;
	out->nmembers = s.n;
	return !arena->failed;
}

/* ---- who has --------------------------------------------------------------------------------- */

bool iq_poll_ballot(struct iq_txn *t, const struct iq_rec *rec, struct iq_ballot *out)
{
	int choice = iq_choice(iq_choice_names, iq_rec_text(rec, IQ_BALLOT_CHOICE));

	*out = (struct iq_ballot){
		.institution = find(t, IQ_INSTITUTION, iq_rec_text(rec, IQ_BALLOT_INSTITUTION)),
		.contact = find(t, IQ_CONTACT, iq_rec_text(rec, IQ_BALLOT_CONTACT)),
		.choice = choice < 0 ? IQ_VOTE_ABSTAIN : (enum iq_choice)choice,
		.seat = iq_str_is(iq_rec_text(rec, IQ_BALLOT_AS), "deputy")
				? IQ_SEAT_DEPUTY
				: IQ_SEAT_REPRESENTATIVE};
	(void)iq_date_parse(iq_rec_text(rec, IQ_BALLOT_CAST_ON), &out->day);
	return choice >= 0;
}

struct ballots {
	struct iq_txn *t;
	struct iq_arena *arena;
	struct iq_ballot *b;
	iq_num *num;
	size_t n, cap;
};

static bool add_ballot(void *arg, enum iq_kind from, iq_num num)
{
	struct ballots *s = arg;
	struct iq_rec rec;

	if (!iq_rec_get(s->t, from, num, s->arena, &rec))
		return !s->arena->failed;
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 32;

		s->b = iq_arena_grow(s->arena, s->b, s->cap * sizeof(*s->b), cap * sizeof(*s->b));
		s->num = iq_arena_grow(
			s->arena, s->num, s->cap * sizeof(*s->num), cap * sizeof(*s->num));
		if (s->b == NULL || s->num == NULL)
			return false;
		s->cap = cap;
	}
	s->num[s->n] = num;
	s->n += iq_poll_ballot(s->t, &rec, &s->b[s->n]);
	return true;
}

/* ---- the vote -------------------------------------------------------------------------------- */

struct ending {
	uint64_t revision;
};

/* The newest version that was open was ended by the closing. */
static bool was_open(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct ending *e = arg;

	if (!iq_str_is(iq_image_field(image->segment[IQ_SEGMENT_OPEN], IQ_PROPOSAL_STATE + 1),
		    iq_process_states[IQ_PROCESS_PROPOSAL][IQ_PROPOSAL_OPEN]))
		return true;
	e->revision = superseded;
	return false;
}

static void read_ending(struct iq_txn *t, struct iq_poll *p)
{
	struct ending e = {.revision = 0};
	struct iq_log_entry log;

	if (p->state == IQ_PROPOSAL_DRAFT || p->state == IQ_PROPOSAL_OPEN)
		return;
	iq_past_each(t, IQ_PROPOSAL, p->proposal, was_open, &e);
	if (e.revision == 0 || !iq_log_get(t, e.revision, &log, NULL, NULL))
		return;
	p->closed_in = e.revision;
	p->now_us = log.time_us;
}

static unsigned quorum_of(struct iq_str s)
{
	unsigned v = 0;

	for (size_t i = 0; i < s.n && v <= 100; i++)
		v = 10 * v + (unsigned)(s.p[i] - '0');
	return s.n == 0 ? IQ_QUORUM_DEFAULT : v;
}

static void read_rules(struct iq_poll *p)
{
	struct iq_vote *v = &p->vote;
	int majority = iq_choice(iq_majority_names, iq_rec_text(&p->rec, IQ_PROPOSAL_MAJORITY));

	v->opens = p->state == IQ_PROPOSAL_DRAFT ? INT64_MAX : INT64_MIN;
	v->deadline = INT64_MAX;
	(void)iq_deadline_parse(iq_rec_text(&p->rec, IQ_PROPOSAL_DEADLINE), &v->deadline);
	v->closed = p->state != IQ_PROPOSAL_DRAFT && p->state != IQ_PROPOSAL_OPEN;
	v->majority = majority < 0 ? IQ_MAJORITY_SIMPLE : (enum iq_majority)majority;
	v->quorum = quorum_of(iq_rec_text(&p->rec, IQ_PROPOSAL_QUORUM));
}

bool iq_poll_read(struct iq_txn *t, iq_num proposal, int64_t now_us, struct iq_arena *arena,
	struct iq_poll *out)
{
	struct ballots b = {.t = t, .arena = arena};
	struct iq_image image;

	*out = (struct iq_poll){
		.proposal = proposal, .now_us = now_us, .rec = {.kind = IQ_PROPOSAL}};
	/* Copied: what is written later moves what lies in the map. */
	if (proposal == IQ_NONE || !iq_image_get(t, IQ_PROPOSAL, proposal, &image) ||
		!iq_codec_read(&out->rec, iq_arena_dup(arena, image.all), arena))
		return false;
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_PROPOSAL], iq_rec_text(&out->rec, IQ_PROPOSAL_STATE));

	out->state = state < 0 ? IQ_PROPOSAL_DRAFT : (enum iq_proposal_state)state;
	out->workshop = find(t, IQ_WORKSHOP_RECORD, iq_rec_text(&out->rec, IQ_PROPOSAL_WORKSHOP));
	read_ending(t, out);
	read_rules(out);
	iq_each_ref_by(t, IQ_PROPOSAL, proposal, IQ_BALLOT, add_ballot, &b);
	out->vote.ballots = b.b;
	out->vote.nballots = b.n;
	out->ballots = b.num;
	return iq_poll_members(t, out->workshop, out->closed_in, arena, &out->vote) &&
	       !arena->failed;
}
