/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may change what a workshop works on (docs/workshop.md "Who may what"): what a change does is
 * taken apart into deeds, and each must be allowed (rights/circle.h). What may follow what is the
 * check's (domain/check.h).
 */
#include "date.h"
#include "ballots.h"
#include "write.h"

#define BIT(col) (UINT32_C(1) << (col))

struct deciding {
	struct iq_right *r;
	struct iq_circle circle;
	const struct iq_rec *now, *after; /* now NULL: new */
	uint32_t changed;                 /* columns, a bit each */
	int was, is;                      /* states */
};

static bool same(const struct iq_value *a, const struct iq_value *b)
{
	bool same = a->n == b->n;

	for (uint32_t i = 0; same && i < a->n; i++)
		same = iq_str_eq(a->v[i], b->v[i]);
	return same;
}

static iq_num find(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	return id.n > 0 ? iq_id_find(r->txn, kind, id) : IQ_NONE;
}

static iq_num institution_of(const struct deciding *d, const struct iq_rec *rec, int col)
{
	return find(d->r, IQ_INSTITUTION, iq_rec_text(rec, col));
}

static bool may(const struct deciding *d, enum iq_deed deed, iq_num institution)
{
	return iq_circle_may(&d->circle, deed, institution);
}

static enum iq_err problem(
	struct deciding *d, int col, struct iq_str value, const char *text, const char *arg)
{
	struct iq_problem p = {.column = iq_str(iq_schemas[d->after->kind].columns[col].name),
		.value = value,
		.text = text};

	if (arg != NULL) {
		p.args[0] = iq_str(arg);
		p.nargs = 1;
	}
	iq_error_add_problem(&d->r->job->job.error, &p);
	return IQ_ERR_REJECTED;
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static bool may_topic(const struct deciding *d)
{
	static const uint32_t end =
		BIT(IQ_TOPIC_CLOSED_ON) | BIT(IQ_TOPIC_LESSON_DE) | BIT(IQ_TOPIC_LESSON_EN);
	static const uint32_t rest = ~(end | BIT(IQ_TOPIC_STATE));
	iq_num is = institution_of(d, d->after, IQ_TOPIC_INSTITUTION), was;

	if (d->now == NULL)
		return may(d, IQ_DEED_TOPIC_ADD, is);
	was = institution_of(d, d->now, IQ_TOPIC_INSTITUTION);
	if (d->changed & BIT(IQ_TOPIC_STATE) &&
		!may(d, d->is == IQ_TOPIC_CLOSED ? IQ_DEED_TOPIC_CLOSE : IQ_DEED_TOPIC_DISCUSS,
			was))
		return false;
	if (d->changed & end && !may(d, IQ_DEED_TOPIC_CLOSE, was))
		return false;
	if (is != was && !may(d, IQ_DEED_TOPIC_ADD, is))
		return false;
	return d->changed != 0 && (d->changed & rest) == 0 ? true : may(d, IQ_DEED_TOPIC_EDIT, was);
}

static bool may_proposal(const struct deciding *d)
{
	static const uint32_t rules =
		BIT(IQ_PROPOSAL_MAJORITY) | BIT(IQ_PROPOSAL_QUORUM) | BIT(IQ_PROPOSAL_DEADLINE);
	static const uint32_t rest = BIT(IQ_PROPOSAL_STATE) | BIT(IQ_PROPOSAL_CLOSED_ON);
	iq_num is = institution_of(d, d->after, IQ_PROPOSAL_INSTITUTION), was = is;
	bool withdrawn = d->is == IQ_PROPOSAL_WITHDRAWN && d->was != d->is;

	if (d->now == NULL && d->changed & (BIT(IQ_PROPOSAL_CLOSED_ON) | BIT(IQ_PROPOSAL_RESULT)))
		return false;
	if (d->now != NULL)
		was = institution_of(d, d->now, IQ_PROPOSAL_INSTITUTION);
	bool runs = may(d, IQ_DEED_PROPOSAL_RUN, IQ_NONE);
	bool drafts = may(d, IQ_DEED_PROPOSAL_DRAFT, was) &&
		      (is == was || may(d, IQ_DEED_PROPOSAL_DRAFT, is));

	if (d->changed & rules && !runs)
		return false;
	if (d->changed & rest && !(withdrawn ? drafts : runs))
		return false;
	if (d->now == NULL || d->changed & ~(rules | rest))
		return drafts;
	return runs || drafts;
}

/* How many of the institutions it binds the deed is allowed for. */
static uint32_t bound(const struct deciding *d, const struct iq_rec *rec, enum iq_deed deed)
{
	const struct iq_value *v = &rec->col[IQ_COMMITMENT_INSTITUTIONS];
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		n += may(d, deed, find(d->r, IQ_INSTITUTION, v->v[i]));
	return n;
}

/* One that binds several is entered by whoever speaks for all of them. */
static bool may_enter(const struct deciding *d, const struct iq_rec *rec)
{
	return may(d, IQ_DEED_COMMITMENT_ADD, IQ_NONE) ||
	       (rec->col[IQ_COMMITMENT_INSTITUTIONS].n > 0 &&
		       bound(d, rec, IQ_DEED_COMMITMENT_ADD) ==
			       rec->col[IQ_COMMITMENT_INSTITUTIONS].n);
}

static bool may_commitment(const struct deciding *d)
{
	static const uint32_t end = BIT(IQ_COMMITMENT_STATE) | BIT(IQ_COMMITMENT_EVIDENCE) |
				    BIT(IQ_COMMITMENT_REASON) | BIT(IQ_COMMITMENT_SETTLED_ON);

	if (d->now == NULL)
		return may_enter(d, d->after);
	bool settles = bound(d, d->now, IQ_DEED_COMMITMENT_SETTLE) > 0;
	bool drops = may(d, IQ_DEED_COMMITMENT_DROP, IQ_NONE) ||
		     bound(d, d->now, IQ_DEED_COMMITMENT_DROP) > 0;
	bool puts_off = may(d, IQ_DEED_COMMITMENT_PUT_OFF, IQ_NONE);
	bool kept = d->is == IQ_COMMITMENT_KEPT && d->was != d->is;

	if ((d->changed & BIT(IQ_COMMITMENT_EVIDENCE) || kept) && !settles)
		return false;
	if (d->changed & end && !settles && !drops)
		return false;
	if (d->changed & BIT(IQ_COMMITMENT_DUE) && !puts_off)
		return false;
	if (d->changed & ~(end | BIT(IQ_COMMITMENT_DUE)))
		return may_enter(d, d->now) && may_enter(d, d->after);
	return settles || drops || puts_off;
}

/* ---- ballots --------------------------------------------------------------------------------- */

struct others {
	struct iq_right *r;
	iq_num institution;
	struct iq_str own; /* id of the ballot under way */
	bool any;
};

static bool other_ballot(void *arg, enum iq_kind from, iq_num num)
{
	struct others *o = arg;
	struct iq_image image;

	if (!iq_image_get(o->r->txn, from, num, &image) || iq_str_eq(iq_image_id(&image), o->own))
		return true;
	o->any = find(o->r, IQ_INSTITUTION,
			 iq_image_field(image.segment[IQ_SEGMENT_OPEN],
				 IQ_BALLOT_INSTITUTION + 1)) == o->institution;
	return !o->any;
}

static enum iq_err say_cast(struct deciding *d, enum iq_cast cast)
{
	static const struct {
		const char *text, *hint;
	} words[IQ_CASTS] = {
		[IQ_CAST_EARLY] = {N_("The vote on “{0}” has not been opened yet."),
			N_("Whoever organises the workshop opens it: iqq vote open {0}")},
		[IQ_CAST_CLOSED] = {N_("The vote on “{0}” is closed: ballots stay as they are."),
			N_("How it ended is shown by: iqq vote tally {0}")},
		[IQ_CAST_LATE] = {N_("The deadline of the vote on “{0}” has passed."),
			N_("Who has voted is shown by: iqq vote tally {0}")},
		[IQ_CAST_NO_VOTE] = {N_("This institution has no vote on “{0}”."),
			N_("Those who have one are shown by: iqq vote tally {0}")},
		[IQ_CAST_NOT_SENT] = {N_("You may not change this record."),
			N_("Your rights are shown by: iqq whoami")},
		[IQ_CAST_STANDS] = {N_("The representative has voted on “{0}”: that stands."),
			N_("Only the representative can change it while the vote runs.")},
	};
	struct iq_str id = iq_rec_text(d->after, IQ_BALLOT_PROPOSAL);

	return iq_error_set(&d->r->job->job.error,
		cast == IQ_CAST_NOT_SENT ? IQ_ERR_DENIED : IQ_ERR_CONFLICT, words[cast].text,
		words[cast].hint, iq_arena_cstr(&d->r->job->arena, id), NULL);
}

/* What the ballot says of who cast it, and when, is so. */
static enum iq_err check_cast(struct deciding *d, const struct iq_ballot *cast)
{
	static const char text[] = N_("This is filled in by whoever votes: “{0}”.");
	struct iq_str contact = iq_id_of(d->r->txn, IQ_CONTACT, cast->contact);
	const char *seat = iq_seat_names[cast->seat];
	char today[11];

	iq_date_format(d->r->job->today, today);
	if (!iq_str_eq(iq_rec_text(d->after, IQ_BALLOT_CONTACT), contact))
		return problem(d, IQ_BALLOT_CONTACT, iq_rec_text(d->after, IQ_BALLOT_CONTACT), text,
			iq_arena_cstr(&d->r->job->arena, contact));
	if (!iq_str_is(iq_rec_text(d->after, IQ_BALLOT_AS), seat))
		return problem(d, IQ_BALLOT_AS, iq_rec_text(d->after, IQ_BALLOT_AS), text, seat);
	if (!iq_str_is(iq_rec_text(d->after, IQ_BALLOT_CAST_ON), today))
		return problem(d, IQ_BALLOT_CAST_ON, iq_rec_text(d->after, IQ_BALLOT_CAST_ON), text,
			iq_arena_printf(&d->r->job->arena, "%s", today));
	return IQ_OK;
}

static enum iq_err cast(struct deciding *d, const struct iq_rec *proposal, iq_num number)
{
	struct iq_right *r = d->r;
	struct others o = {.r = r, .own = iq_rec_text(d->after, IQ_COL_ID)};
	struct iq_ballot old, mine, done;
	struct iq_vote vote = {.opens = INT64_MIN};
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_PROPOSAL], iq_rec_text(proposal, IQ_PROPOSAL_STATE));

	if (!iq_poll_ballot(r->txn, d->after, &mine))
		return IQ_OK; /* the check of the record says so */
	if (d->now != NULL && iq_poll_ballot(r->txn, d->now, &old)) {
		vote.ballots = &old;
		vote.nballots = 1;
	}
	if (!iq_poll_members(r->txn, d->circle.workshop, 0, &r->job->arena, &vote))
		return iq_write_no_memory(r);
	if (state == IQ_PROPOSAL_DRAFT)
		vote.opens = INT64_MAX;
	vote.closed = state != IQ_PROPOSAL_OPEN && state != IQ_PROPOSAL_DRAFT;
	vote.deadline = INT64_MAX;
	(void)iq_deadline_parse(iq_rec_text(proposal, IQ_PROPOSAL_DEADLINE), &vote.deadline);
	enum iq_cast is = iq_vote_cast(
		&vote, mine.institution, r->principal.contact, mine.choice, r->job->now_us, &done);

	if (is != IQ_CAST_DONE)
		return say_cast(d, is);
	o.institution = mine.institution;
	iq_each_ref_by(r->txn, IQ_PROPOSAL, number, IQ_BALLOT, other_ballot, &o);
	if (o.any)
		return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
			N_("This institution has voted already: its ballot can be changed while "
			   "the vote runs."),
			N_("Its ballot is shown by: iqq list ballots proposal={0}"),
			iq_arena_cstr(&r->job->arena, iq_rec_text(d->after, IQ_BALLOT_PROPOSAL)),
			NULL);
	return check_cast(d, &done);
}

/* ---- together -------------------------------------------------------------------------------- */

static enum iq_err denied(struct iq_right *r)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
		N_("You may not change this record."), N_("Your rights are shown by: iqq whoami"),
		NULL);
}

static bool load_circle(struct deciding *d, iq_num workshop)
{
	struct iq_right *r = d->r;

	return iq_circle_read(r->txn, &r->principal, workshop, r->vocab, r->job->today,
		&r->job->arena, &d->circle);
}

static enum iq_err put_ballot(struct deciding *d)
{
	const struct iq_rec *rec = d->now != NULL ? d->now : d->after;
	iq_num number = find(d->r, IQ_PROPOSAL, iq_rec_text(rec, IQ_BALLOT_PROPOSAL));
	iq_num institution = institution_of(d, rec, IQ_BALLOT_INSTITUTION);
	struct iq_rec proposal;

	if (number == IQ_NONE ||
		!iq_rec_get(d->r->txn, IQ_PROPOSAL, number, &d->r->job->arena, &proposal))
		return denied(d->r);
	if (!load_circle(d,
		    find(d->r, IQ_WORKSHOP_RECORD, iq_rec_text(&proposal, IQ_PROPOSAL_WORKSHOP))))
		return iq_write_no_memory(d->r);
	if (!may(d, IQ_DEED_BALLOT_CAST, institution))
		return denied(d->r);
	return d->now != NULL && d->changed == 0 ? IQ_OK : cast(d, &proposal, number);
}

static void read_changes(struct deciding *d)
{
	enum iq_process process = iq_process_of(d->after->kind);
	int col = iq_process_column(d->after->kind);

	for (size_t c = 1; c < iq_schemas[d->after->kind].ncolumns; c++)
		if (d->now != NULL ? !same(&d->now->col[c], &d->after->col[c])
				   : d->after->col[c].n > 0 && (int)c != col)
			d->changed |= BIT(c);
	if (process == IQ_PROCESSES)
		return;
	d->is = iq_choice(iq_process_states[process], iq_rec_text(d->after, col));
	if (d->now != NULL)
		d->was = iq_choice(iq_process_states[process], iq_rec_text(d->now, col));
}

/* Whatever it becomes, it begins as what its kind begins as. */
static enum iq_err check_new(struct deciding *d)
{
	enum iq_process process = iq_process_of(d->after->kind);
	int col = iq_process_column(d->after->kind);

	if (d->now != NULL || process == IQ_PROCESSES || iq_rec_text(d->after, col).n == 0 ||
		d->is == 0)
		return IQ_OK;
	return problem(d, col, iq_rec_text(d->after, col), N_("A new record begins as “{0}”."),
		iq_process_states[process][0]);
}

enum iq_err iq_circle_put(struct iq_right *r, const struct iq_rec *now, const struct iq_rec *after)
{
	struct deciding d = {.r = r, .now = now, .after = after};
	const struct iq_rec *rec = now != NULL ? now : after;
	int col = iq_column_by_name(after->kind, IQ_STR("workshop"));
	bool ok = false;

	read_changes(&d);
	if (after->kind == IQ_BALLOT)
		return put_ballot(&d);
	if (!load_circle(&d, find(r, IQ_WORKSHOP_RECORD, iq_rec_text(rec, col))))
		return iq_write_no_memory(r);
	switch ((int)after->kind) {
	case IQ_TOPIC:
		ok = may_topic(&d);
		break;
	case IQ_MEETING:
		ok = may(&d, IQ_DEED_MEETING, IQ_NONE);
		break;
	case IQ_PROPOSAL:
		ok = may_proposal(&d);
		break;
	case IQ_COMMITMENT:
		ok = may_commitment(&d);
		break;
	default:
		break;
	}
	return ok ? check_new(&d) : denied(r);
}

bool iq_circle_whole(struct iq_right *r, const struct iq_rec *now)
{
	struct deciding d = {.r = r, .now = now, .after = now};
	int col = iq_column_by_name(now->kind, IQ_STR("workshop"));

	read_changes(&d);
	/* What has begun stays: others have answered to it. */
	if (now->kind == IQ_BALLOT || d.is != 0 ||
		!load_circle(&d, find(r, IQ_WORKSHOP_RECORD, iq_rec_text(now, col))))
		return false;
	switch ((int)now->kind) {
	case IQ_TOPIC:
		return may(&d, IQ_DEED_TOPIC_DELETE, IQ_NONE);
	case IQ_MEETING:
		return may(&d, IQ_DEED_MEETING, IQ_NONE);
	case IQ_PROPOSAL:
		return may(&d, IQ_DEED_PROPOSAL_DRAFT,
			institution_of(&d, now, IQ_PROPOSAL_INSTITUTION));
	default:
		return may(&d, IQ_DEED_COMMITMENT_DELETE, IQ_NONE);
	}
}
