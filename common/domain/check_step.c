/* SPDX-License-Identifier: Apache-2.0 */
/* What may become of a record of a workshop: forward through its states, and no other way. */
#include "check.h"
#include "i18n.h"
#include "workshop.h"

#define BIT(col) (UINT32_C(1) << (col))

/* What a record belongs to for good; a bit per column. */
static const uint32_t fixed[IQ_KINDS] = {
	[IQ_TOPIC] = BIT(IQ_TOPIC_WORKSHOP),
	[IQ_MEETING] = BIT(IQ_MEETING_WORKSHOP),
	[IQ_PROPOSAL] = BIT(IQ_PROPOSAL_WORKSHOP),
	[IQ_BALLOT] = BIT(IQ_BALLOT_PROPOSAL) | BIT(IQ_BALLOT_INSTITUTION),
	[IQ_COMMITMENT] = BIT(IQ_COMMITMENT_WORKSHOP),
};

/* What belongs to a step itself, and changes when nothing else may be edited any more. */
static const uint32_t of_step[IQ_KINDS] = {
	[IQ_TOPIC] = BIT(IQ_TOPIC_STATE),
	[IQ_MEETING] = BIT(IQ_MEETING_STATE),
	[IQ_PROPOSAL] = BIT(IQ_PROPOSAL_STATE) | BIT(IQ_PROPOSAL_DEADLINE) |
			BIT(IQ_PROPOSAL_CLOSED_ON) | BIT(IQ_PROPOSAL_RESULT),
	[IQ_COMMITMENT] = BIT(IQ_COMMITMENT_STATE),
};

struct step {
	const struct iq_rec *before, *after;
	const struct iq_problem *where;
	struct iq_error *error;
	bool closes;
	bool bad;
};

static void say(struct step *s, int col, const char *text, const char *from, const char *to)
{
	struct iq_problem p = {.column = iq_str(iq_schemas[s->after->kind].columns[col].name),
		.value = iq_rec_text(s->after, col),
		.text = text};

	if (from != NULL) {
		p.args[0] = iq_str(from);
		p.args[1] = iq_str(to);
		p.nargs = 2;
	}
	if (s->where != NULL) {
		p.file = s->where->file;
		p.line = s->where->line;
	}
	iq_error_add_problem(s->error, &p);
	s->bad = true;
}

static bool same(const struct step *s, size_t col)
{
	const struct iq_value *a = &s->before->col[col], *b = &s->after->col[col];

	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!iq_str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

static void check_deadline(struct step *s, int was)
{
	int64_t from, to;

	if (was == IQ_PROPOSAL_DRAFT || same(s, IQ_PROPOSAL_DEADLINE))
		return;
	if (was != IQ_PROPOSAL_OPEN ||
		!iq_deadline_parse(iq_rec_text(s->before, IQ_PROPOSAL_DEADLINE), &from) ||
		!iq_deadline_parse(iq_rec_text(s->after, IQ_PROPOSAL_DEADLINE), &to) || to < from)
		say(s, IQ_PROPOSAL_DEADLINE,
			N_("The deadline of a vote may be put off while it runs, never brought "
			   "forward."),
			NULL, NULL);
}

static void check_state(struct step *s, enum iq_process process, int was, int is)
{
	const char *const *names = iq_process_states[process];
	int col = iq_process_column(s->after->kind);

	if (was != is && !iq_process_may(process, (unsigned)was, (unsigned)is))
		say(s, col, N_("From {0} it cannot go to {1}."), names[was], names[is]);
}

/* How a vote ended is what was counted. */
static void check_end(struct step *s, int was, int is)
{
	bool ends = is == IQ_PROPOSAL_PASSED || is == IQ_PROPOSAL_REJECTED ||
		    is == IQ_PROPOSAL_CONFLICT;

	if (s->closes)
		return;
	if (ends && is != was)
		say(s, IQ_PROPOSAL_STATE,
			N_("A vote ends by being closed, which counts it. This cannot be set."),
			NULL, NULL);
	if (!same(s, IQ_PROPOSAL_RESULT))
		say(s, IQ_PROPOSAL_RESULT,
			N_("A vote ends by being closed, which counts it. This cannot be set."),
			NULL, NULL);
}

enum iq_err iq_check_step(const struct iq_rec *before, const struct iq_rec *after, bool closes,
	const struct iq_problem *where, struct iq_error *error)
{
	struct step s = {before, after, where, error, closes, false};
	enum iq_process process = iq_process_of(after->kind);
	int col = iq_process_column(after->kind), was = 0, is = 0;
	uint32_t may = UINT32_MAX;

	if (!iq_kind_in_circle(after->kind))
		return IQ_OK;
	if (process != IQ_PROCESSES) {
		was = iq_choice(iq_process_states[process], iq_rec_text(before, col));
		is = iq_choice(iq_process_states[process], iq_rec_text(after, col));
		if (was < 0 || is < 0)
			return IQ_ERR_REJECTED; /* the check of the record says so */
		check_state(&s, process, was, is);
		if (!iq_process_is_editable(process, (unsigned)was) &&
			!iq_process_is_editable(process, (unsigned)is))
			may = iq_process_is_final(process, (unsigned)was) ? BIT(col)
									  : of_step[after->kind];
	}
	for (size_t c = 1; c < iq_schemas[after->kind].ncolumns; c++) {
		if (same(&s, c))
			continue;
		if (fixed[after->kind] & BIT(c))
			say(&s, (int)c, N_("This cannot be changed: write a new record."), NULL,
				NULL);
		else if (!(may & BIT(c)))
			say(&s, (int)c, N_("In the state “{0}” this cannot be changed any more."),
				iq_process_states[process][was], "");
	}
	if (after->kind == IQ_PROPOSAL) {
		check_deadline(&s, was);
		check_end(&s, was, is);
	}
	return s.bad ? IQ_ERR_REJECTED : IQ_OK;
}
