/* SPDX-License-Identifier: Apache-2.0 */
/* What a seat in a workshop brings with it: promises to keep, and votes that run. */
#include "date.h"
#include "handover.h"
#include "vote.h"
#include "workshop.h"

struct seat {
	const struct iq_seat_query *q;
	iq_num workshop, institution;
	struct iq_buf record; /* as it may leave */
};

/* The record as the caller may see it, from the choke point; copied. False: not at all. */
static bool shown(struct seat *s, enum iq_kind kind, iq_num num, struct iq_rec *out)
{
	struct iq_req *rq = s->q->rq;
	struct iq_str rest;
	struct iq_wire_field f;
	bool bad = false, found = false;

	*out = (struct iq_rec){.kind = kind};
	iq_buf_reset(&s->record, SIZE_MAX);
	if (!iq_disclose_record(rq, kind, num, &s->record))
		return false;
	rest = iq_arena_dup(rq->arena, (struct iq_str){(const char *)s->record.p, s->record.n});
	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == iq_codec_record_field(kind))
			found = iq_codec_read(out, f.bytes, rq->arena);
	}
	return found && !bad;
}

static iq_num find(const struct seat *s, enum iq_kind kind, struct iq_str id)
{
	return id.n > 0 ? iq_id_find(s->q->rq->txn, kind, id) : IQ_NONE;
}

/* The first line of a text, in the caller's language if it is there. */
static struct iq_str title(const struct seat *s, const struct iq_rec *rec, int de, int en)
{
	struct iq_str text = iq_rec_text(rec, en);

	if (!s->q->english || text.n == 0)
		text = iq_rec_text(rec, de);
	const char *end = text.n > 0 ? memchr(text.p, '\n', text.n) : NULL;

	return end != NULL ? (struct iq_str){text.p, (size_t)(end - text.p)} : text;
}

static void write(struct seat *s, const struct iq_rec *rec, struct iq_str name, const char *column,
	const char *state, struct iq_str due)
{
	struct iq_buf *out = s->q->rq->out;
	size_t mark = iq_hanging_begin(out, s->q->field, iq_schemas[rec->kind].name,
		iq_rec_text(rec, IQ_COL_ID), column, name, "seat");

	iq_wire_str(out, IQ_HANGING_STATE, iq_str(state));
	iq_wire_str(out, IQ_HANGING_DUE, due);
	iq_wire_end(out, mark);
}

/* ---- commitments ---------------------------------------------------------------------------- */

static bool add_commitment(void *arg, enum iq_kind from, iq_num num)
{
	struct seat *s = arg;
	int32_t due = IQ_DATE_MAX;
	bool own = false;
	struct iq_rec rec;

	if (!shown(s, from, num, &rec))
		return true;
	const struct iq_value *owners = &rec.col[IQ_COMMITMENT_INSTITUTIONS];

	for (uint32_t i = 0; i < owners->n; i++)
		own = own || find(s, IQ_INSTITUTION, owners->v[i]) == s->institution;
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_COMMITMENT], iq_rec_text(&rec, IQ_COMMITMENT_STATE));

	if (!own || state == IQ_COMMITMENT_KEPT || state == IQ_COMMITMENT_DROPPED)
		return true;
	(void)iq_date_parse(iq_rec_text(&rec, IQ_COMMITMENT_DUE), &due);
	if (state < 0)
		state = IQ_COMMITMENT_OPEN;
	state = (int)iq_commitment_today((enum iq_commitment_state)state, due, s->q->rq->today);
	write(s, &rec, title(s, &rec, IQ_COMMITMENT_TEXT_DE, IQ_COMMITMENT_TEXT_EN),
		iq_schemas[IQ_COMMITMENT].columns[IQ_COMMITMENT_INSTITUTIONS].name,
		iq_process_states[IQ_PROCESS_COMMITMENT][state],
		iq_rec_text(&rec, IQ_COMMITMENT_DUE));
	return s->q->rq->out->n < IQ_LIMIT_ANSWER_MAX / 2;
}

/* ---- votes ---------------------------------------------------------------------------------- */

struct ballots {
	struct seat *seat;
	bool any, own; /* the institution has voted; this contact for it */
};

static bool see_ballot(void *arg, enum iq_kind from, iq_num num)
{
	struct ballots *b = arg;
	struct iq_rec rec;

	if (!shown(b->seat, from, num, &rec) ||
		find(b->seat, IQ_INSTITUTION, iq_rec_text(&rec, IQ_BALLOT_INSTITUTION)) !=
			b->seat->institution)
		return true;
	b->any = true;
	b->own = find(b->seat, IQ_CONTACT, iq_rec_text(&rec, IQ_BALLOT_CONTACT)) ==
		 b->seat->q->contact;
	return false;
}

static bool add_proposal(void *arg, enum iq_kind from, iq_num num)
{
	struct seat *s = arg;
	struct iq_req *rq = s->q->rq;
	struct ballots b = {.seat = s};
	int64_t deadline = INT64_MAX;
	struct iq_rec rec;

	if (!shown(s, from, num, &rec) ||
		iq_choice(iq_process_states[IQ_PROCESS_PROPOSAL],
			iq_rec_text(&rec, IQ_PROPOSAL_STATE)) != IQ_PROPOSAL_OPEN)
		return true;
	(void)iq_deadline_parse(iq_rec_text(&rec, IQ_PROPOSAL_DEADLINE), &deadline);
	if (rq->now_us >= deadline)
		return true;
	iq_each_ref_by(rq->txn, IQ_PROPOSAL, num, IQ_BALLOT, see_ballot, &b);
	if (!b.any || b.own)
		write(s, &rec, title(s, &rec, IQ_PROPOSAL_TEXT_DE, IQ_PROPOSAL_TEXT_EN), "",
			b.own ? "voted" : "not-voted", iq_rec_text(&rec, IQ_PROPOSAL_DEADLINE));
	return rq->out->n < IQ_LIMIT_ANSWER_MAX / 2;
}

/* ---- the seat ------------------------------------------------------------------------------- */

void iq_hanging_seat(const struct iq_seat_query *q, iq_num membership)
{
	struct seat s = {.q = q};
	struct iq_rec rec;

	iq_buf_init(&s.record, 0);
	if (shown(&s, IQ_MEMBERSHIP, membership, &rec)) {
		int32_t from = IQ_DATE_MAX, to = IQ_DATE_MAX;

		(void)iq_date_parse(iq_rec_text(&rec, IQ_MEMBERSHIP_ACCEPTED_FROM), &from);
		(void)iq_date_parse(iq_rec_text(&rec, IQ_MEMBERSHIP_ACCEPTED_TO), &to);
		s.workshop =
			find(&s, IQ_WORKSHOP_RECORD, iq_rec_text(&rec, IQ_MEMBERSHIP_WORKSHOP));
		s.institution =
			find(&s, IQ_INSTITUTION, iq_rec_text(&rec, IQ_MEMBERSHIP_INSTITUTION));
		bool votes = !iq_str_is(iq_rec_text(&rec, IQ_MEMBERSHIP_GUEST), "yes") &&
			     !iq_str_is(iq_rec_text(&rec, IQ_MEMBERSHIP_DECIDES), "no");

		if (from <= q->rq->today && q->rq->today <= to && s.workshop != IQ_NONE) {
			iq_each_ref_by(q->rq->txn, IQ_WORKSHOP_RECORD, s.workshop, IQ_COMMITMENT,
				add_commitment, &s);
			if (votes)
				iq_each_ref_by(q->rq->txn, IQ_WORKSHOP_RECORD, s.workshop,
					IQ_PROPOSAL, add_proposal, &s);
		}
	}
	iq_buf_free(&s.record);
}
