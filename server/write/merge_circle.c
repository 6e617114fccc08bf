/* SPDX-License-Identifier: Apache-2.0 */
/* Uniting two institutions that sit in one workshop: one seat, one vote. */
#include "date.h"
#include "merge_priv.h"
#include "vote.h"

enum { SEATS_MAX = 64 }; /* of the two in one workshop: each has one, and some of earlier times */

/* A membership of one of the two that has not ended. */
struct seat {
	iq_num num;
	bool old;
	struct iq_member m;
};

struct seats {
	struct iq_merge *merge;
	struct seat seat[SEATS_MAX];
	size_t n;
	int32_t today;
};

static iq_num find(struct iq_merge *m, enum iq_kind kind, struct iq_str id)
{
	return id.n > 0 ? iq_id_find(m->t, kind, id) : IQ_NONE;
}

/* What a column of a stored record refers to; IQ_NONE: nothing, or there is no such record. */
static iq_num target_of(struct iq_merge *m, enum iq_kind kind, iq_num num, int col)
{
	struct iq_rec rec;

	iq_arena_reset(&m->tmp);
	return iq_rec_get(m->t, kind, num, &m->tmp, &rec)
		       ? find(m, iq_schemas[kind].columns[col].target, iq_rec_text(&rec, col))
		       : IQ_NONE;
}

static enum iq_err take_away(struct iq_merge *m, enum iq_kind kind, iq_num num)
{
	struct iq_rec rec;

	iq_arena_reset(&m->tmp);
	if (!iq_rec_load(m->t, kind, num, &m->tmp, &rec))
		return m->tmp.failed ? iq_no_memory(&m->job->error) : iq_txn_error(m->t, NULL);
	if (!iq_merge_show(m, &rec, NULL))
		return iq_no_memory(&m->job->error);
	iq_rec_remove(m->w, kind, num, &m->tmp);
	return iq_txn_error(m->t, NULL);
}

/* ---- votes ---------------------------------------------------------------------------------- */

struct ballots {
	struct iq_merge *merge;
	bool own; /* the one that stays has voted */
};

static bool see_ballot(void *arg, enum iq_kind from, iq_num num)
{
	struct ballots *b = arg;

	b->own = target_of(b->merge, from, num, IQ_BALLOT_INSTITUTION) == b->merge->into;
	return !b->own;
}

/* Its own vote stays; if it has none, the other's. */
static enum iq_err unite_votes(struct iq_merge *m, iq_num ballot)
{
	struct ballots b = {.merge = m};
	iq_num proposal = target_of(m, IQ_BALLOT, ballot, IQ_BALLOT_PROPOSAL);

	iq_each_ref_by(m->t, IQ_PROPOSAL, proposal, IQ_BALLOT, see_ballot, &b);
	if (m->tmp.failed)
		return iq_no_memory(&m->job->error);
	return b.own ? take_away(m, IQ_BALLOT, ballot) : IQ_OK;
}

/* ---- seats ---------------------------------------------------------------------------------- */

static int32_t day_of(const struct iq_rec *rec, int col)
{
	int32_t day = IQ_DATE_MAX;

	(void)iq_date_parse(iq_rec_text(rec, col), &day);
	return day;
}

static bool add_seat(void *arg, enum iq_kind from, iq_num num)
{
	struct seats *s = arg;
	struct iq_merge *m = s->merge;
	struct iq_rec rec;

	iq_arena_reset(&m->tmp);
	if (!iq_rec_get(m->t, from, num, &m->tmp, &rec))
		return !m->tmp.failed;
	iq_num institution = find(m, IQ_INSTITUTION, iq_rec_text(&rec, IQ_MEMBERSHIP_INSTITUTION));
	const struct iq_member seat = {.institution = m->into,
		.from = day_of(&rec, IQ_MEMBERSHIP_ACCEPTED_FROM),
		.to = day_of(&rec, IQ_MEMBERSHIP_ACCEPTED_TO),
		.decides = !iq_str_is(iq_rec_text(&rec, IQ_MEMBERSHIP_DECIDES), "no"),
		.guest = iq_str_is(iq_rec_text(&rec, IQ_MEMBERSHIP_GUEST), "yes")};

	/* What has ended says who took part then. */
	if ((institution == m->old || institution == m->into) && seat.to >= s->today &&
		s->n < SEATS_MAX)
		s->seat[s->n++] = (struct seat){num, institution == m->old, seat};
	return true;
}

static enum iq_standing standing(const struct seats *s, const struct seat *seat)
{
	return iq_vote_standing(&seat->m, 1, s->merge->into, s->today);
}

/* The seat of one of the two that is nearest to a vote; NULL: none. */
static const struct seat *best(const struct seats *s, bool old)
{
	const struct seat *found = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (s->seat[i].old == old &&
			(found == NULL || standing(s, &s->seat[i]) < standing(s, found)))
			found = &s->seat[i];
	return found;
}

static void give(struct iq_rec *rec, int col, const struct iq_rec *from, int from_col)
{
	if (rec->col[col].n == 0)
		rec->col[col] = from->col[from_col];
}

/*
 * The seat that stays takes part since the earlier of the two days and until the later, or a vote
 * cast for the other would be lost; who represents is whom it sends itself, else whom the other
 * did.
 */
static enum iq_err widen(struct iq_merge *m, const struct seat *keep, const struct seat *gone)
{
	struct iq_rec before, after, other;

	iq_arena_reset(&m->tmp);
	if (!iq_rec_load(m->t, IQ_MEMBERSHIP, keep->num, &m->tmp, &before) ||
		!iq_rec_load(m->t, IQ_MEMBERSHIP, gone->num, &m->tmp, &other))
		return iq_no_memory(&m->job->error);
	after = before;
	if (keep->m.guest == gone->m.guest && keep->m.decides == gone->m.decides) {
		if (gone->m.from < keep->m.from)
			after.col[IQ_MEMBERSHIP_ACCEPTED_FROM] =
				other.col[IQ_MEMBERSHIP_ACCEPTED_FROM];
		if (gone->m.to > keep->m.to)
			after.col[IQ_MEMBERSHIP_ACCEPTED_TO] = other.col[IQ_MEMBERSHIP_ACCEPTED_TO];
	}
	give(&after, IQ_MEMBERSHIP_REPRESENTATIVE, &other, IQ_MEMBERSHIP_REPRESENTATIVE);
	give(&after, IQ_MEMBERSHIP_DEPUTY, &other, IQ_MEMBERSHIP_DEPUTY);
	if (!iq_merge_show(m, &before, &after))
		return iq_no_memory(&m->job->error);
	iq_rec_put(m->w, keep->num, &after, &m->tmp);
	return iq_txn_error(m->t, NULL);
}

/* In the workshop of this membership of the one that goes. */
static enum iq_err unite_seats(struct iq_merge *m, iq_num membership)
{
	struct seats s = {.merge = m, .today = iq_date_in_germany(m->job->change.time_us)};
	enum iq_err err;
	iq_num workshop = target_of(m, IQ_MEMBERSHIP, membership, IQ_MEMBERSHIP_WORKSHOP);

	if (workshop == IQ_NONE)
		return iq_txn_error(m->t, NULL); /* taken away before */
	iq_each_ref_by(m->t, IQ_WORKSHOP_RECORD, workshop, IQ_MEMBERSHIP, add_seat, &s);
	if (m->tmp.failed)
		return iq_no_memory(&m->job->error);
	const struct seat *own = best(&s, false), *others = best(&s, true);

	if (own == NULL || others == NULL)
		return IQ_OK;
	bool stays = standing(&s, own) <= standing(&s, others);

	err = widen(m, stays ? own : others, stays ? others : own);
	for (size_t i = 0; i < s.n && err == IQ_OK; i++)
		if (s.seat[i].old == stays)
			err = take_away(m, IQ_MEMBERSHIP, s.seat[i].num);
	return err;
}

enum iq_err iq_merge_circle(struct iq_merge *m)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < m->refs.n && err == IQ_OK; i++) {
		if (m->refs.a[i].kind == IQ_MEMBERSHIP)
			err = unite_seats(m, m->refs.a[i].num);
		else if (m->refs.a[i].kind == IQ_BALLOT)
			err = unite_votes(m, m->refs.a[i].num);
	}
	return err;
}
