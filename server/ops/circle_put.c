/* SPDX-License-Identifier: Apache-2.0 */
/* What writing a record of a workshop brings with it: a commitment past its day is late, a circle
 * that grows too large is told so. */
#include "codec.h"
#include "date.h"
#include "workshop.h"
#include "write.h"

enum { SIZE_DEFAULT = 25 /* members, docs/workshop.md */ };

static bool after_of(
	struct iq_right *r, const struct iq_rec *change, struct iq_rec *now, struct iq_rec *after)
{
	iq_num num = iq_id_find(r->txn, change->kind, iq_rec_text(change, IQ_COL_ID));
	bool there = num != IQ_NONE && iq_rec_get(r->txn, change->kind, num, &r->job->arena, now);

	if (!there) {
		*now = (struct iq_rec){.kind = change->kind};
		*after = *change;
		return false;
	}
	*after = *now;
	iq_rec_merge(after, change);
	return true;
}

enum iq_err iq_circle_judge_put(struct iq_right *r, struct iq_rec *change)
{
	const char *const *states = iq_process_states[IQ_PROCESS_COMMITMENT];
	struct iq_rec now, after;
	int32_t due = IQ_DATE_MAX;

	if (change->kind != IQ_COMMITMENT || !after_of(r, change, &now, &after))
		return IQ_OK;
	int state = iq_choice(states, iq_rec_text(&after, IQ_COMMITMENT_STATE));

	(void)iq_date_parse(iq_rec_text(&after, IQ_COMMITMENT_DUE), &due);
	if (state != IQ_COMMITMENT_OPEN ||
		iq_commitment_today(IQ_COMMITMENT_OPEN, due, r->job->today) != IQ_COMMITMENT_LATE)
		return IQ_OK;
	struct iq_str *v = iq_arena_alloc(&r->job->arena, sizeof(*v));

	if (v == NULL)
		return iq_write_no_memory(r);
	*v = iq_str(states[IQ_COMMITMENT_LATE]);
	change->col[IQ_COMMITMENT_STATE] = (struct iq_value){v, 1};
	change->given |= UINT32_C(1) << IQ_COMMITMENT_STATE;
	return IQ_OK;
}

/* ---- size ------------------------------------------------------------------------------------ */

/* Has said that it takes part, and has not left before today. */
static bool accepted(const struct iq_rec *membership, int32_t today)
{
	int32_t to = IQ_DATE_MAX;

	(void)iq_date_parse(iq_rec_text(membership, IQ_MEMBERSHIP_ACCEPTED_TO), &to);
	return iq_rec_text(membership, IQ_MEMBERSHIP_ACCEPTED_FROM).n > 0 && to >= today;
}

struct others {
	struct iq_right *r;
	struct iq_str own; /* id of the membership that is written */
	size_t n;
};

static bool count_other(void *arg, enum iq_kind from, iq_num num)
{
	struct others *o = arg;
	struct iq_rec rec;

	if (iq_rec_get(o->r->txn, from, num, &o->r->job->arena, &rec) &&
		!iq_str_eq(iq_rec_text(&rec, IQ_COL_ID), o->own))
		o->n += accepted(&rec, o->r->job->today);
	return true;
}

static size_t size_of(struct iq_right *r, iq_num workshop)
{
	struct iq_rec rec;
	struct iq_str text;
	size_t n = 0;

	if (!iq_rec_get(r->txn, IQ_WORKSHOP_RECORD, workshop, &r->job->arena, &rec))
		return SIZE_DEFAULT;
	text = iq_rec_text(&rec, IQ_WORKSHOP_SIZE);
	for (size_t i = 0; i < text.n && i < 9; i++) /* digits, says the schema */
		n = n * 10 + (size_t)(text.p[i] - '0');
	return n > 0 ? n : SIZE_DEFAULT;
}

void iq_circle_warn_put(struct iq_right *r, const struct iq_rec *change)
{
	struct iq_buf *out = &r->job->job.answer;
	struct iq_arena *arena = &r->job->arena;
	struct others o = {r, iq_rec_text(change, IQ_COL_ID), 0};
	struct iq_rec now, after;

	if (change->kind != IQ_MEMBERSHIP)
		return;
	bool there = after_of(r, change, &now, &after);

	if (!accepted(&after, r->job->today) || (there && accepted(&now, r->job->today)))
		return;
	iq_num workshop =
		iq_id_find(r->txn, IQ_WORKSHOP_RECORD, iq_rec_text(&after, IQ_MEMBERSHIP_WORKSHOP));

	if (workshop == IQ_NONE)
		return;
	iq_each_ref_by(r->txn, IQ_WORKSHOP_RECORD, workshop, IQ_MEMBERSHIP, count_other, &o);
	size_t most = size_of(r, workshop);

	if (o.n + 1 <= most)
		return;
	struct iq_problem p = {.column = IQ_STR("accepted_from"),
		.value = iq_rec_text(&after, IQ_MEMBERSHIP_ACCEPTED_FROM),
		.text = N_("{0} take part with this one; the guideline of the workshop is {1}."),
		.nargs = 2};

	p.args[0] = iq_str(iq_arena_printf(arena, "%zu", o.n + 1));
	p.args[1] = iq_str(iq_arena_printf(arena, "%zu", most));
	size_t mark = iq_wire_begin(out, IQ_WRITE_WARNINGS);

	iq_codec_problem(out, &p);
	iq_wire_end(out, mark);
}
