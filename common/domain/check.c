/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "bounds.h"
#include "date.h"
#include "decision.h"
#include "fold.h"
#include "i18n.h"
#include "workshop.h"

enum { SIZE_MOST = 1000 }; /* members of a workshop: a guideline, not a wall */

/* One record under check. */
struct checking {
	struct iq_check *c;
	const struct iq_rec *rec;
	const struct iq_problem *where;
	struct iq_error *error;
	bool bad;
};

static const struct iq_str none = {NULL, 0};

static void add(struct checking *k, int col, struct iq_problem *p)
{
	if (k->where != NULL) {
		p->file = k->where->file;
		p->line = k->where->line;
	}
	p->column = iq_str(iq_schemas[k->rec->kind].columns[col].name);
	iq_error_add_problem(k->error, p);
	k->bad = true;
}

static void say(struct checking *k, int col, struct iq_str value, const char *text)
{
	struct iq_problem p = {.value = value, .text = text};

	add(k, col, &p);
}

static void say_number(
	struct checking *k, int col, struct iq_str value, const char *text, unsigned number)
{
	const char *arg = iq_arena_printf(k->c->arena, "%u", number);
	struct iq_problem p = {.value = value, .text = text, .args = {iq_str(arg)}, .nargs = 1};

	add(k, col, &p);
}

/* ---- references --------------------------------------------------------------------------- */

static const char *const missing[IQ_KINDS] = {
	[IQ_REGION] = N_("There is no region with this id."),
	[IQ_TASK] = N_("There is no task with this id."),
	[IQ_STATUS] = N_("There is no status with this id."),
	[IQ_KIND] = N_("There is no kind of institution with this id."),
	[IQ_INSTITUTION] = N_("There is no institution with this id."),
	[IQ_CONTACT] = N_("There is no contact with this id."),
	[IQ_WORKSHOP_RECORD] = N_("There is no workshop with this id."),
	[IQ_TOPIC] = N_("There is no topic with this id."),
	[IQ_PROPOSAL] = N_("There is no proposal with this id."),
};

/* Not for contacts and what workshops work on: a suggestion must not tell of what is hidden. */
static struct iq_str nearest(struct iq_check *c, enum iq_kind kind, struct iq_str id)
{
	iq_num num;

	if (c->names == NULL || c->nearest_left == 0 || kind == IQ_CONTACT ||
		iq_kind_in_circle(kind))
		return none;
	c->nearest_left--;
	if (iq_term_suggest(c->names, kind, id, c->arena, &num, 1) == 0)
		return none;
	return c->names->id(c->names->ctx, kind, num);
}

static bool is_area(const struct iq_vocab *v, iq_num region)
{
	return v != NULL && region <= v->region.n && v->region_is_area[region];
}

static void check_ref(struct checking *k, int col, struct iq_str id)
{
	enum iq_kind target = iq_schemas[k->rec->kind].columns[col].target;
	iq_num num = k->c->find(k->c->ctx, target, id);

	if (num == IQ_NONE) {
		struct iq_problem p = {.value = id, .text = missing[target]};

		p.nearest = nearest(k->c, target, id);
		add(k, col, &p);
		return;
	}
	bool scope = k->rec->kind == IQ_WORKSHOP_RECORD || k->rec->kind == IQ_PROPOSAL;

	if (target == IQ_REGION && !scope && is_area(k->c->vocab, num))
		say(k, col, id,
			N_("This region is an area, the territory of a workshop. Here only "
			   "states, districts, towns and the like are possible."));
	if (target == k->rec->kind && iq_str_eq(id, iq_rec_text(k->rec, IQ_COL_ID)))
		say(k, col, id, N_("A record cannot refer to itself here."));
}

/* ---- single columns ----------------------------------------------------------------------- */

static void check_text(struct checking *k, int col)
{
	const struct iq_column *column = &iq_schemas[k->rec->kind].columns[col];
	struct iq_str text = iq_rec_text(k->rec, col);
	struct iq_problem p = {0};
	enum iq_err err = IQ_OK;

	if (k->c->vocab == NULL)
		return;
	const struct iq_facts *facts = &k->c->vocab->facts;

	if (column->type == IQ_TYPE_CONDITION) {
		err = iq_condition_check(facts, text, &p);
	} else {
		struct iq_known known[IQ_LIMIT_FACTS] = {0};

		err = iq_implies_parse(facts, text, known, &p);
	}
	if (err != IQ_OK)
		add(k, col, &p);
}

static void check_column(struct checking *k, int col)
{
	const struct iq_column *column = &iq_schemas[k->rec->kind].columns[col];
	const struct iq_value *value = &k->rec->col[col];

	if (column->filled && iq_rec_text(k->rec, col).n == 0)
		say(k, col, none, N_("A value is missing here."));
	if (column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS)
		for (uint32_t i = 0; i < value->n; i++)
			check_ref(k, col, value->v[i]);
	else if (column->type == IQ_TYPE_CONDITION || column->type == IQ_TYPE_IMPLIES)
		check_text(k, col);
}

/* ---- kinds -------------------------------------------------------------------------------- */

static void check_region(struct checking *k)
{
	const struct iq_rec *rec = k->rec;
	struct iq_str parent = iq_rec_text(rec, IQ_REGION_PARENT);
	bool area = iq_str_is(iq_rec_text(rec, IQ_REGION_KIND), "area");

	if (area && parent.n)
		say(k, IQ_REGION_PARENT, parent,
			N_("An area has no parent; name the regions it consists of as members."));
	if (!area && rec->col[IQ_REGION_MEMBERS].n)
		say(k, IQ_REGION_MEMBERS, iq_rec_text(rec, IQ_REGION_MEMBERS),
			N_("Only regions of the kind 'area' have members."));
}

static void check_postcode(struct checking *k)
{
	struct iq_str code = iq_rec_text(k->rec, IQ_POSTCODE_POSTCODE);
	struct iq_str region = iq_rec_text(k->rec, IQ_POSTCODE_REGION);
	struct iq_str id = iq_rec_text(k->rec, IQ_COL_ID);
	bool digits = true;

	for (size_t i = 0; i < code.n; i++)
		digits = digits && code.p[i] >= '0' && code.p[i] <= '9';
	if (code.n && (code.n != 5 || !digits)) {
		struct iq_problem p = {
			.value = code, .text = N_("A postcode has exactly five digits.")};
		const char *repaired = iq_arena_printf(k->c->arena, "0%.*s", IQ_STR_ARG(code));

		if (code.n == 4 && digits)
			p.nearest = iq_str(repaired);
		add(k, IQ_POSTCODE_POSTCODE, &p);
	} else if (code.n && region.n && id.n &&
		   (id.n != code.n + 1 + region.n || !iq_str_starts(id, code) ||
			   id.p[code.n] != '-' ||
			   memcmp(id.p + code.n + 1, region.p, region.n) != 0)) {
		say(k, IQ_COL_ID, id,
			N_("The id of a postcode consists of the postcode, a hyphen and the "
			   "region."));
	}
}

static void check_fact_values(struct checking *k, bool integer)
{
	const struct iq_value *values = &k->rec->col[IQ_FACT_VALUES];

	if (integer && values->n)
		say(k, IQ_FACT_VALUES, values->v[0],
			N_("A fact of the type 'integer' has no list of values."));
	if (!integer && values->n == 0)
		say(k, IQ_FACT_VALUES, none,
			N_("A fact of the type 'choice' needs at least one value."));
	if (values->n > IQ_LIMIT_FACT_VALUES)
		say_number(k, IQ_FACT_VALUES, values->v[0], N_("A fact has at most {0} values."),
			IQ_LIMIT_FACT_VALUES);
	for (uint32_t i = 0; i < values->n; i++)
		if (!iq_slug_valid(values->v[i]))
			say(k, IQ_FACT_VALUES, values->v[i],
				N_("Values of facts have small letters a-z and digits, in groups "
				   "joined by single hyphens."));
}

static void check_fact(struct checking *k)
{
	static const char *const reserved[] = {"region", "status", "task", NULL};
	const struct iq_rec *rec = k->rec;
	struct iq_str type = iq_rec_text(rec, IQ_FACT_TYPE), id = iq_rec_text(rec, IQ_COL_ID);

	if (iq_choice(reserved, id) >= 0)
		say(k, IQ_COL_ID, id, N_("No fact may have this id. Choose another one."));
	if (type.n)
		check_fact_values(k, iq_str_is(type, "integer"));
	for (int col = IQ_FACT_LABELS_DE; col <= IQ_FACT_LABELS_EN; col++)
		if (rec->col[col].n && rec->col[col].n != rec->col[IQ_FACT_VALUES].n)
			say_number(k, col, rec->col[col].v[0],
				N_("There must be one label for each of the {0} values, in the "
				   "same order."),
				rec->col[IQ_FACT_VALUES].n);
}

static void check_dates(struct checking *k, int from_col, int to_col)
{
	struct iq_str from = iq_rec_text(k->rec, from_col), to = iq_rec_text(k->rec, to_col);
	int32_t first, last;

	if (iq_date_parse(from, &first) && iq_date_parse(to, &last) && first > last)
		say(k, to_col, to, N_("This date is before the first day of validity."));
}

/* Empty, or between the two. */
static void check_between(struct checking *k, int col, unsigned least, unsigned most)
{
	struct iq_str s = iq_rec_text(k->rec, col);
	unsigned value = 0;

	if (s.n == 0 || s.n > 9)
		return;
	for (size_t i = 0; i < s.n; i++)
		value = 10 * value + (unsigned)(s.p[i] - '0');
	if (value >= least && value <= most)
		return;
	struct iq_problem p = {.value = s,
		.text = N_("This number must be between {0} and {1}."),
		.args = {iq_str(iq_arena_printf(k->c->arena, "%u", least)),
			iq_str(iq_arena_printf(k->c->arena, "%u", most))},
		.nargs = 2};

	add(k, col, &p);
}

static void check_workshop(struct checking *k)
{
	check_dates(k, IQ_WORKSHOP_VALID_FROM, IQ_WORKSHOP_VALID_TO);
	check_between(k, IQ_WORKSHOP_QUORUM, 1, 100);
	check_between(k, IQ_WORKSHOP_SIZE, 1, SIZE_MOST);
}

static void check_topic(struct checking *k)
{
	struct iq_str from = iq_rec_text(k->rec, IQ_TOPIC_OPENED_ON);
	struct iq_str to = iq_rec_text(k->rec, IQ_TOPIC_CLOSED_ON);
	int32_t first, last;

	if (iq_date_parse(from, &first) && iq_date_parse(to, &last) && first > last)
		say(k, IQ_TOPIC_CLOSED_ON, to,
			N_("This date is before the day on which it was opened."));
}

static void check_meeting(struct checking *k)
{
	struct iq_str ends = iq_rec_text(k->rec, IQ_MEETING_ENDS);
	struct iq_str last = iq_rec_text(k->rec, IQ_MEETING_REPEATS_TO);
	int from, to;
	int32_t day, until;

	if (iq_time_of_day_parse(ends, &to) &&
		(!iq_time_of_day_parse(iq_rec_text(k->rec, IQ_MEETING_BEGINS), &from) ||
			from >= to))
		say(k, IQ_MEETING_ENDS, ends,
			N_("A meeting ends after it begins, on the same day."));
	if (last.n > 0 && iq_rec_text(k->rec, IQ_MEETING_REPEATS).n == 0)
		say(k, IQ_MEETING_REPEATS_TO, last,
			N_("Only a meeting that repeats has a last date. Say how often: repeats."));
	if (iq_date_parse(last, &until) &&
		iq_date_parse(iq_rec_text(k->rec, IQ_MEETING_DATE), &day) && until < day)
		say(k, IQ_MEETING_REPEATS_TO, last, N_("This date is before the first meeting."));
}

/* What it would change can be read; of whom, and whether it fits, is asked where records are. */
static void check_decision(struct checking *k)
{
	struct iq_decision ignored;

	if (iq_decision_parse(iq_rec_text(k->rec, IQ_PROPOSAL_CHANGES), k->c->arena, k->where,
		    &ignored, k->error) != IQ_OK)
		k->bad = true;
}

/* What a vote goes by is written down when it opens. */
static void check_proposal(struct checking *k)
{
	static const int rules[] = {IQ_PROPOSAL_MAJORITY, IQ_PROPOSAL_QUORUM, IQ_PROPOSAL_DEADLINE};
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_PROPOSAL], iq_rec_text(k->rec, IQ_PROPOSAL_STATE));

	check_between(k, IQ_PROPOSAL_QUORUM, 1, 100);
	check_decision(k);
	if (state < 0 || state == IQ_PROPOSAL_DRAFT || state == IQ_PROPOSAL_WITHDRAWN)
		return;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (iq_rec_text(k->rec, rules[i]).n == 0)
			say(k, rules[i], none,
				N_("A vote needs majority, quorum and deadline before it opens."));
}

static void check_commitment(struct checking *k)
{
	if (iq_str_is(iq_rec_text(k->rec, IQ_COMMITMENT_STATE), "dropped") &&
		iq_rec_text(k->rec, IQ_COMMITMENT_REASON).n == 0)
		say(k, IQ_COMMITMENT_REASON, none,
			N_("Say why it is dropped: a commitment does not end without a reason."));
}

enum iq_err iq_check_record(struct iq_check *c, const struct iq_rec *rec,
	const struct iq_problem *where, struct iq_error *error)
{
	struct checking k = {.c = c, .rec = rec, .where = where, .error = error};

	for (size_t col = 0; col < iq_schemas[rec->kind].ncolumns; col++)
		check_column(&k, (int)col);
	switch (rec->kind) {
	case IQ_REGION:
		check_region(&k);
		break;
	case IQ_POSTCODE:
		check_postcode(&k);
		break;
	case IQ_FACT:
		check_fact(&k);
		break;
	case IQ_CONTACT:
		check_dates(&k, IQ_CONTACT_VALID_FROM, IQ_CONTACT_VALID_TO);
		break;
	case IQ_RESPONSIBILITY:
		check_dates(&k, IQ_RESP_VALID_FROM, IQ_RESP_VALID_TO);
		break;
	case IQ_NOTICE:
		check_dates(&k, IQ_NOTICE_VALID_FROM, IQ_NOTICE_VALID_TO);
		break;
	case IQ_TASK:
	case IQ_STATUS:
	case IQ_KIND:
	case IQ_INSTITUTION:
	case IQ_HANDOVER:
	case IQ_BALLOT:
	case IQ_KINDS:
		break;
	case IQ_WORKSHOP_RECORD:
		check_workshop(&k);
		break;
	case IQ_MEMBERSHIP:
		check_dates(&k, IQ_MEMBERSHIP_ACCEPTED_FROM, IQ_MEMBERSHIP_ACCEPTED_TO);
		break;
	case IQ_TOPIC:
		check_topic(&k);
		break;
	case IQ_MEETING:
		check_meeting(&k);
		break;
	case IQ_PROPOSAL:
		check_proposal(&k);
		break;
	case IQ_COMMITMENT:
		check_commitment(&k);
		break;
	}
	return k.bad ? IQ_ERR_REJECTED : IQ_OK;
}

bool iq_check_chain(iq_num start, iq_num (*next)(void *ctx, iq_num num), void *ctx)
{
	iq_num at = start;

	for (unsigned steps = 0; steps < IQ_LIMIT_TREE_DEPTH; steps++) {
		at = next(ctx, at);
		if (at == IQ_NONE)
			return true;
		if (at == start)
			return false;
	}
	return false;
}

/* ---- headers ------------------------------------------------------------------------------ */

/* Position of a column the bundle's file has, or -1. */
static int file_column(enum iq_kind kind, struct iq_str name)
{
	int col = iq_column_by_name(kind, name);

	return kind == IQ_POSTCODE && col == IQ_COL_ID ? -1 : col;
}

static struct iq_str nearest_column(enum iq_kind kind, struct iq_str name)
{
	const struct iq_schema *schema = &iq_schemas[kind];
	struct iq_str best = none;
	unsigned least = 3; /* edits: more than two are another word */
	char lower[32];

	if (name.n > sizeof(lower))
		return none;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		lower[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	for (size_t i = 0; i < schema->ncolumns; i++) {
		struct iq_str known = iq_str(schema->columns[i].name);
		unsigned d = iq_fold_distance((struct iq_str){lower, name.n}, known, 2);

		if (d < least && d < known.n && file_column(kind, known) >= 0) {
			best = known;
			least = d;
		}
	}
	return best;
}

static void header_problem(const struct iq_problem *where, struct iq_error *error,
	enum iq_kind kind, struct iq_str column, const char *text, struct iq_str near)
{
	struct iq_problem p = {.column = column, .text = text, .nargs = 2, .nearest = near};

	if (where != NULL) {
		p.file = where->file;
		p.line = where->line;
	}
	p.args[0] = column;
	p.args[1] = iq_str(iq_schemas[kind].file);
	iq_error_add_problem(error, &p);
}

enum iq_err iq_check_header(enum iq_kind kind, const struct iq_str *columns, size_t n, int *out,
	const struct iq_problem *where, struct iq_error *error)
{
	const struct iq_schema *schema = &iq_schemas[kind];
	uint32_t seen = 0;
	bool bad = false;

	for (size_t i = 0; i < n; i++) {
		out[i] = file_column(kind, columns[i]);
		const char *text = NULL;

		if (out[i] < 0)
			text = N_("There is no column '{0}' in {1}.");
		else if (seen & UINT32_C(1) << out[i])
			text = N_("The column '{0}' of {1} is there twice.");
		else
			seen |= UINT32_C(1) << out[i];
		if (text != NULL)
			header_problem(where, error, kind, columns[i], text,
				out[i] < 0 ? nearest_column(kind, columns[i]) : none);
		bad = bad || text != NULL;
	}
	for (size_t i = 0; i < schema->ncolumns; i++) {
		if (!schema->columns[i].required || seen & UINT32_C(1) << i)
			continue;
		header_problem(where, error, kind, iq_str(schema->columns[i].name),
			N_("The column '{0}' of {1} is missing."), none);
		bad = true;
	}
	return bad ? IQ_ERR_REJECTED : IQ_OK;
}
