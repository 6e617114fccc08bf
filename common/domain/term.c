/* SPDX-License-Identifier: Apache-2.0 */
#include "term_priv.h"

#include "bounds.h"
#include "fold.h"
#include "i18n.h"

enum { ARS_DIGITS = 12, AGS_DIGITS = 8, POSTCODE_DIGITS = 5, DIGITS_MIN = 2 };

/* Columns with names; 0: none (column 0 is the id). */
static const struct {
	uint8_t name[2], aliases;
} name_columns[IQ_KINDS] = {
	[IQ_REGION] = {{IQ_REGION_NAME_DE, IQ_REGION_NAME_EN}, IQ_REGION_ALIASES},
	[IQ_TASK] = {{IQ_TASK_NAME_DE, IQ_TASK_NAME_EN}, IQ_TASK_ALIASES},
	[IQ_STATUS] = {{IQ_STATUS_NAME_DE, IQ_STATUS_NAME_EN}, IQ_STATUS_ALIASES},
	[IQ_FACT] = {{IQ_FACT_NAME_DE, IQ_FACT_NAME_EN}, IQ_FACT_ALIASES},
	[IQ_KIND] = {{IQ_KIND_NAME_DE, IQ_KIND_NAME_EN}, 0},
	[IQ_INSTITUTION] = {{IQ_INSTITUTION_NAME_DE, IQ_INSTITUTION_NAME_EN},
		IQ_INSTITUTION_ALIASES},
	[IQ_CONTACT] = {{IQ_CONTACT_NAME, 0}, 0},
	/* Not workshops: directories written before would lack their keys. */
	[IQ_TOPIC] = {{IQ_TOPIC_NAME_DE, IQ_TOPIC_NAME_EN}, 0},
	[IQ_MEETING] = {{IQ_MEETING_NAME_DE, IQ_MEETING_NAME_EN}, 0},
};

static const struct {
	const char *unknown, *unknown_hint, *no_hint, *ambiguous;
} texts[IQ_KINDS] = {
	[IQ_REGION] = {N_("Region \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list regions` shows all."),
		N_("`iqq list regions` shows all regions."),
		N_("Several regions are called \"{0}\".")},
	[IQ_POSTCODE] = {N_("Postcode \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list postcodes` shows all."),
		N_("`iqq list postcodes` shows all postcodes."),
		N_("Several postcodes are called \"{0}\".")},
	[IQ_TASK] = {N_("Task \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list tasks` shows all."),
		N_("`iqq list tasks` shows all tasks."), N_("Several tasks are called \"{0}\".")},
	[IQ_STATUS] = {N_("Residence status \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list statuses` shows all."),
		N_("`iqq list statuses` shows all residence statuses."),
		N_("Several residence statuses are called \"{0}\".")},
	[IQ_FACT] = {N_("Fact \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list facts` shows all."),
		N_("`iqq list facts` shows all facts."), N_("Several facts are called \"{0}\".")},
	[IQ_KIND] = {N_("Kind of institution \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list kinds` shows all."),
		N_("`iqq list kinds` shows all kinds of institutions."),
		N_("Several kinds of institutions are called \"{0}\".")},
	[IQ_INSTITUTION] = {N_("Institution \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list institutions` shows all."),
		N_("`iqq list institutions` shows all institutions."),
		N_("Several institutions are called \"{0}\".")},
	[IQ_CONTACT] = {N_("Contact \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list contacts` shows all."),
		N_("`iqq list contacts` shows the contacts that you may see."),
		N_("Several contacts are called \"{0}\".")},
	[IQ_RESPONSIBILITY] = {N_("Responsibility \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list responsibilities` shows all."),
		N_("`iqq list responsibilities` shows all responsibilities."),
		N_("Several responsibilities are called \"{0}\".")},
	[IQ_NOTICE] = {N_("Notice \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list notices` shows all."),
		N_("`iqq list notices` shows all notices."),
		N_("Several notices are called \"{0}\".")},
	[IQ_HANDOVER] = {N_("Handover \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list handovers` shows all."),
		N_("`iqq list handovers` shows all handovers."),
		N_("Several handovers are called \"{0}\".")},
	[IQ_WORKSHOP_RECORD] = {N_("Workshop \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list workshops` shows all."),
		N_("`iqq list workshops` shows all workshops."),
		N_("Several workshops are called \"{0}\".")},
	[IQ_MEMBERSHIP] = {N_("Membership \"{0}\" is unknown."),
		N_("Did you mean one of the suggestions? `iqq list memberships` shows all."),
		N_("`iqq list memberships` shows all memberships."),
		N_("Several memberships are called \"{0}\".")},
	[IQ_TOPIC] = {N_("Topic \"{0}\" is unknown."),
		N_("`iqq list topics` shows the topics that you may see."),
		N_("`iqq list topics` shows the topics that you may see."),
		N_("Several topics are called \"{0}\".")},
	[IQ_MEETING] = {N_("Meeting \"{0}\" is unknown."),
		N_("`iqq list meetings` shows the meetings that you may see."),
		N_("`iqq list meetings` shows the meetings that you may see."),
		N_("Several meetings are called \"{0}\".")},
	[IQ_PROPOSAL] = {N_("Proposal \"{0}\" is unknown."),
		N_("`iqq list proposals` shows the proposals that you may see."),
		N_("`iqq list proposals` shows the proposals that you may see."),
		N_("Several proposals are called \"{0}\".")},
	[IQ_BALLOT] = {N_("Ballot \"{0}\" is unknown."),
		N_("`iqq list ballots` shows the ballots that you may see."),
		N_("`iqq list ballots` shows the ballots that you may see."),
		N_("Several ballots are called \"{0}\".")},
	[IQ_COMMITMENT] = {N_("Commitment \"{0}\" is unknown."),
		N_("`iqq list commitments` shows the commitments that you may see."),
		N_("`iqq list commitments` shows the commitments that you may see."),
		N_("Several commitments are called \"{0}\".")},
};

/* ---- keys ---------------------------------------------------------------------------------- */

struct keys {
	struct iq_arena *arena;
	struct iq_key *out;
	size_t n;
	iq_num num;
};

static void add(struct keys *k, enum iq_stage stage, struct iq_str key)
{
	if (key.n == 0 || k->n == IQ_KEYS_MAX)
		return;
	/* a name decides before an alias anyway, so a key need not be both */
	for (size_t i = 0; i < k->n; i++) {
		if ((k->out[i].stage == stage || stage == IQ_STAGE_ALIAS) &&
			iq_str_eq(k->out[i].key, key))
			return;
	}
	k->out[k->n++] = (struct iq_key){stage, key, k->num};
}

static void add_folded(struct keys *k, enum iq_stage stage, const struct iq_value *texts_of)
{
	for (uint32_t i = 0; i < texts_of->n; i++) {
		struct iq_str form[IQ_FOLDS];
		size_t n = iq_fold_keys(k->arena, texts_of->v[i], form);

		for (size_t j = 0; j < n; j++)
			add(k, stage, form[j]);
	}
}

static bool all_digits(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0;
}

/*
 * An official key as stored and looked up: "a" (ARS) or "g" (AGS) and the digits without
 * trailing zeros. The letter keeps the two apart: 8 digits of an ARS mean something else.
 */
static struct iq_str number_key(struct iq_arena *arena, char letter, struct iq_str digits)
{
	char *p = iq_arena_alloc(arena, digits.n + 1);

	while (digits.n > DIGITS_MIN && digits.p[digits.n - 1] == '0')
		digits.n--;
	if (p == NULL)
		return (struct iq_str){NULL, 0};
	p[0] = letter;
	memcpy(p + 1, digits.p, digits.n);
	return (struct iq_str){p, digits.n + 1};
}

/* The AGS leaves out the four digits of the association of municipalities. */
static void add_ars(struct keys *k, struct iq_str ars)
{
	char ags[AGS_DIGITS];

	if (ars.n != ARS_DIGITS)
		return;
	memcpy(ags, ars.p, 5);
	memcpy(ags + 5, ars.p + 9, 3);
	add(k, IQ_STAGE_ARS, number_key(k->arena, 'a', ars));
	add(k, IQ_STAGE_ARS, number_key(k->arena, 'g', (struct iq_str){ags, AGS_DIGITS}));
}

size_t iq_term_keys(const struct iq_rec *rec, iq_num num, struct iq_arena *arena,
	struct iq_key out[IQ_KEYS_MAX])
{
	struct keys k = {.arena = arena, .out = out, .num = num};

	for (int lang = 0; lang < 2; lang++) {
		if (name_columns[rec->kind].name[lang])
			add_folded(
				&k, IQ_STAGE_NAME, &rec->col[name_columns[rec->kind].name[lang]]);
	}
	if (name_columns[rec->kind].aliases)
		add_folded(&k, IQ_STAGE_ALIAS, &rec->col[name_columns[rec->kind].aliases]);
	if (rec->kind == IQ_REGION)
		add_ars(&k, iq_rec_text(rec, IQ_REGION_ARS));
	else if (rec->kind == IQ_POSTCODE)
		add(&k, IQ_STAGE_POSTCODE, iq_rec_text(rec, IQ_POSTCODE_POSTCODE));
	else if (rec->kind == IQ_TASK)
		add(&k, IQ_STAGE_LEIKA, iq_rec_text(rec, IQ_TASK_LEIKA));
	return k.n;
}

/* ---- lookup -------------------------------------------------------------------------------- */

struct lookup {
	const struct iq_names *names;
	enum iq_kind kind;
	struct iq_resolved *out;
};

static void found(struct lookup *l, iq_num num)
{
	struct iq_resolved *out = l->out;

	for (size_t i = 0; i < out->n; i++) {
		if (out->num[i] == num)
			return;
	}
	if (num != IQ_NONE && out->n < IQ_TERM_MATCHES)
		out->num[out->n++] = num;
}

static void exact(struct lookup *l, enum iq_stage stage, struct iq_str key)
{
	const struct iq_names *names = l->names;
	iq_num num[IQ_TERM_MATCHES];
	size_t n;

	if (key.n == 0)
		return;
	n = names->exact(names->ctx, l->kind, stage, key, num, IQ_TERM_MATCHES);
	for (size_t i = 0; i < n && i < IQ_TERM_MATCHES; i++)
		found(l, num[i]);
}

static void by_number(
	struct lookup *l, enum iq_stage stage, struct iq_str digits, struct iq_arena *arena)
{
	if (stage == IQ_STAGE_LEIKA && l->kind == IQ_TASK)
		exact(l, stage, digits);
	if (l->kind != IQ_REGION)
		return;
	if (stage == IQ_STAGE_POSTCODE && digits.n == POSTCODE_DIGITS)
		exact(l, stage, digits);
	if (stage == IQ_STAGE_ARS && digits.n >= DIGITS_MIN && digits.n <= ARS_DIGITS) {
		exact(l, stage, number_key(arena, 'a', digits));
		if (digits.n == AGS_DIGITS)
			exact(l, stage, number_key(arena, 'g', digits));
	}
}

/* City states share one key with their only city: the deeper one is meant. */
static void drop_ancestors(struct lookup *l)
{
	const struct iq_tree *t = l->names->vocab ? &l->names->vocab->region : NULL;
	struct iq_resolved *out = l->out;
	iq_num all[IQ_TERM_MATCHES];
	size_t n = out->n;

	if (t == NULL || l->kind != IQ_REGION || n < 2)
		return;
	memcpy(all, out->num, n * sizeof(*all));
	out->n = 0;
	for (size_t i = 0; i < n; i++) {
		bool above = false;

		for (size_t j = 0; j < n && !above; j++)
			above = all[i] != all[j] && all[i] <= t->n && all[j] <= t->n &&
				iq_tree_covers(t, all[i], all[j]);
		if (!above)
			out->num[out->n++] = all[i];
	}
}

static void sort_by_id(struct lookup *l)
{
	const struct iq_names *names = l->names;
	iq_num *num = l->out->num;

	for (size_t i = 1; i < l->out->n; i++) {
		iq_num moved = num[i];
		struct iq_str id = names->id(names->ctx, l->kind, moved);
		size_t at = i;

		for (; at > 0; at--) {
			if (iq_str_cmp(id, names->id(names->ctx, l->kind, num[at - 1])) >= 0)
				break;
			num[at] = num[at - 1];
		}
		num[at] = moved;
	}
}

static struct iq_str trimmed(struct iq_str s)
{
	while (s.n > 0 && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

void iq_term_lookup(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, struct iq_resolved *out)
{
	struct lookup l = {names, kind, out};
	struct iq_str form[IQ_FOLDS], digits = trimmed(term);
	size_t nforms = iq_fold_keys(arena, term, form);
	bool number = all_digits(digits);

	out->n = 0;
	for (int s = IQ_STAGE_ID; s < IQ_STAGES && out->n == 0; s++) {
		enum iq_stage stage = (enum iq_stage)s;

		out->stage = stage;
		for (size_t i = 0; i < nforms && stage <= IQ_STAGE_ALIAS; i++) {
			if (stage == IQ_STAGE_ID)
				found(&l, names->find(names->ctx, kind, form[i]));
			else
				exact(&l, stage, form[i]);
		}
		if (number)
			by_number(&l, stage, digits, arena);
	}
	if (out->stage == IQ_STAGE_ARS)
		drop_ancestors(&l);
	sort_by_id(&l);
}

/* ---- resolution ---------------------------------------------------------------------------- */

void iq_term_add_candidate(const struct iq_names *names, enum iq_kind kind, iq_num num,
	struct iq_str term, struct iq_error *error)
{
	struct iq_candidate c = {
		.kind = iq_str(iq_schemas[kind].name),
		.term = term,
		.id = names->id(names->ctx, kind, num),
		.name = names->name(names->ctx, kind, num, names->english),
	};

	iq_error_add_candidate(error, &c);
}

static const char *as_arg(struct iq_arena *arena, struct iq_str s)
{
	const char *c = iq_arena_cstr(arena, s);

	return c ? c : "";
}

enum iq_err iq_term_unknown(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, struct iq_error *error)
{
	struct iq_hints hints = {.n = 0};

	if (iq_hints_init(&hints, names, arena, IQ_LIMIT_SUGGESTIONS))
		iq_hints_gather(&hints, kind, term);
	iq_error_set(error, IQ_ERR_UNKNOWN_TERM, texts[kind].unknown,
		hints.n ? texts[kind].unknown_hint : texts[kind].no_hint, as_arg(arena, term),
		NULL);
	for (size_t i = 0; i < hints.n; i++)
		iq_hint_add_candidate(&hints, &hints.item[i], term, error);
	return IQ_ERR_UNKNOWN_TERM;
}

enum iq_err iq_term_resolve(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, struct iq_resolved *out, struct iq_error *error)
{
	iq_term_lookup(names, kind, term, arena, out);
	if (out->n == 0)
		return iq_term_unknown(names, kind, term, arena, error);
	if (!iq_resolved_is_ambiguous(out))
		return IQ_OK;
	iq_error_set(error, IQ_ERR_AMBIGUOUS, texts[kind].ambiguous,
		N_("Choose one and name it by its id."), as_arg(arena, term), NULL);
	for (size_t i = 0; i < out->n; i++)
		iq_term_add_candidate(names, kind, out->num[i], term, error);
	return IQ_ERR_AMBIGUOUS;
}
