/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: which contact a row is about. The institution's own key decides, then the e-mail address,
 * then name and function; who is on record before who is in the archive. Never a guess: what could
 * be several is a problem of the row.
 */

#include "i18n.h"
#include "sync_priv.h"

enum { CANDIDATES = 4, LOOKS_MAX = 20000000 };

struct people {
	struct iq_sync_priv *p;
	struct iq_str *email, *name, *function; /* of stored contacts, by position; folded */
	struct iq_sync_index by_external, by_email, by_name;
	uint32_t *claims;  /* rows that claim a stored contact in this round */
	uint32_t *claimed; /* by row: what it claims, plus one */
	uint64_t looks;
	bool tired;
};

enum rule { BY_EXTERNAL, BY_EMAIL_AND_NAME, BY_EMAIL, BY_NAME };

/* Addresses compare without case. */
static struct iq_str lower(struct iq_sync_priv *p, struct iq_str s)
{
	char *c = s.n ? iq_arena_cstr(p->arena, s) : NULL;

	for (size_t i = 0; c != NULL && i < s.n; i++)
		if (c[i] >= 'A' && c[i] <= 'Z')
			c[i] = (char)(c[i] + 'a' - 'A');
	return (struct iq_str){c, c ? s.n : 0};
}

static bool is_part(struct iq_str part, struct iq_str of)
{
	struct iq_str other;

	for (struct iq_str rest = of; iq_str_cut(&rest, '-', &other);)
		if (iq_str_eq(part, other))
			return true;
	return false;
}

/* The same words, in any order: "Mustermann, Erika". */
static bool same_name(struct iq_str a, struct iq_str b)
{
	struct iq_str part;

	if (a.n != b.n || a.n == 0)
		return false;
	for (struct iq_str rest = a; iq_str_cut(&rest, '-', &part);)
		if (!is_part(part, b))
			return false;
	return true;
}

/* A part of the name is the same, and it is no title. */
static bool akin(struct iq_str a, struct iq_str b)
{
	struct iq_str part;

	for (struct iq_str rest = a; iq_str_cut(&rest, '-', &part);)
		if (part.n > 2 && !iq_str_is(part, "frau") && !iq_str_is(part, "herr") &&
			!iq_str_is(part, "prof") && is_part(part, b))
			return true;
	return false;
}

/* Names are looked up by their longest word, which any order of words has. */
static struct iq_str name_key(struct iq_str name)
{
	struct iq_str part, best = IQ_STR("");

	for (struct iq_str rest = name; iq_str_cut(&rest, '-', &part);)
		if (part.n > best.n || (part.n == best.n && iq_str_cmp(part, best) < 0))
			best = part;
	return best;
}

static bool fits(const struct people *x, enum rule rule, const struct iq_sync_row *row, uint32_t at)
{
	const struct iq_stored *s = &x->p->stored[at];
	struct iq_str external = iq_rec_text(&s->rec, IQ_CONTACT_EXTERNAL_ID);
	struct iq_str own = row->cell[IQ_CONTACT_EXTERNAL_ID];

	if (s->row != 0)
		return false;
	if (rule == BY_EXTERNAL)
		return iq_str_eq(external, own);
	/* The institution says that these are two. */
	if (own.n > 0 && external.n > 0 && !iq_str_eq(own, external))
		return false;
	if (rule == BY_NAME)
		return same_name(row->name, x->name[at]) && s->institution == row->institution &&
		       (row->function.n == 0 || x->function[at].n == 0 ||
			       iq_str_eq(row->function, x->function[at]));
	if (!iq_str_eq(row->email, x->email[at]))
		return false;
	/* A mailbox may be that of a post: it is the same person only if the name says so, too. */
	return rule == BY_EMAIL_AND_NAME ? same_name(row->name, x->name[at])
					 : row->name.n == 0 || akin(row->name, x->name[at]);
}

static const struct iq_sync_index *index_of(
	const struct people *x, enum rule rule, const struct iq_sync_row *row, struct iq_str *key)
{
	*key = rule == BY_EXTERNAL ? row->cell[IQ_CONTACT_EXTERNAL_ID]
	       : rule == BY_NAME   ? name_key(row->name)
				   : row->email;
	return rule == BY_EXTERNAL ? &x->by_external : rule == BY_NAME ? &x->by_name : &x->by_email;
}

static void ambiguous(struct people *x, struct iq_sync_row *row, const uint32_t *found, size_t n)
{
	const char *ids = "";

	for (size_t i = 0; i < n; i++)
		iq_sync_tell(x->p, &x->p->stored[found[i]]);
	for (size_t i = 0; i < n && ids != NULL; i++)
		ids = iq_arena_printf(x->p->arena, "%s%s%.*s", ids, *ids ? ", " : "",
			IQ_STR_ARG(iq_rec_text(&x->p->stored[found[i]].rec, IQ_COL_ID)));
	iq_sync_say(x->p, row, IQ_CONTACT_NAME, row->cell[IQ_CONTACT_NAME],
		N_("This could be any of several contacts on record: {0}. Say which one in a "
		   "column “id”."),
		iq_str(ids));
}

/* Thousands with the same name or address: a guard for the time everybody else waits. */
static void too_many(struct people *x, struct iq_sync_row *row)
{
	if (!x->tired)
		iq_sync_say(x->p, row, IQ_CONTACT_NAME, row->cell[IQ_CONTACT_NAME],
			N_("Too many contacts have the same names or e-mail addresses to tell them "
			   "apart. Say who is who in a column “id”."),
			(struct iq_str){NULL, 0});
	x->tired = true;
}

/* What a row claims by this rule. */
static void claim(struct people *x, enum rule rule, enum iq_sync_place place, uint32_t at)
{
	struct iq_sync_row *row = &x->p->rows[at];
	uint32_t found[CANDIDATES], i = 0, what;
	size_t n = 0;
	struct iq_str key;
	const struct iq_sync_index *index = index_of(x, rule, row, &key);

	x->claimed[at] = 0;
	while (n < CANDIDATES && iq_sync_index_next(index, key, &i, &what)) {
		if (x->looks++ > LOOKS_MAX) {
			too_many(x, row);
			return;
		}
		if (iq_sync_place(&x->p->stored[what]) == place && fits(x, rule, row, what))
			found[n++] = what;
	}
	if (n > 1) {
		ambiguous(x, row, found, n);
	} else if (n == 1) {
		x->claimed[at] = found[0] + 1;
		x->claims[found[0]]++;
	}
}

static void settle(struct people *x, enum rule rule, uint32_t at)
{
	static const enum iq_sync_by by[] = {[BY_EXTERNAL] = IQ_SYNC_BY_EXTERNAL,
		[BY_EMAIL_AND_NAME] = IQ_SYNC_BY_EMAIL,
		[BY_EMAIL] = IQ_SYNC_BY_EMAIL,
		[BY_NAME] = IQ_SYNC_BY_NAME};
	struct iq_sync_row *row = &x->p->rows[at];
	struct iq_stored *s;

	if (row->kind != IQ_CONTACT || !iq_sync_free(row) || x->claimed[at] == 0)
		return;
	s = &x->p->stored[x->claimed[at] - 1];
	if (x->claims[x->claimed[at] - 1] == 1) {
		iq_sync_match(x->p, row, s, by[rule]);
		return;
	}
	iq_sync_tell(x->p, s);
	iq_sync_say(x->p, row,
		rule == BY_EXTERNAL ? (int)IQ_CONTACT_EXTERNAL_ID : (int)IQ_CONTACT_NAME,
		row->cell[rule == BY_EXTERNAL ? IQ_CONTACT_EXTERNAL_ID : IQ_CONTACT_NAME],
		N_("Several rows of the list could be the contact {0}. Say in a column “id” or "
		   "“external_id” who is who."),
		iq_rec_text(&s->rec, IQ_COL_ID));
}

static void round_of(struct people *x, enum rule rule, enum iq_sync_place place)
{
	memset(x->claims, 0, x->p->nstored * sizeof(*x->claims));
	for (uint32_t i = 0; i < x->p->nrows; i++) {
		x->claimed[i] = 0;
		if (x->p->rows[i].kind == IQ_CONTACT && iq_sync_free(&x->p->rows[i]))
			claim(x, rule, place, i);
	}
	for (uint32_t i = 0; i < x->p->nrows; i++)
		settle(x, rule, i);
}

static bool prepare(struct people *x)
{
	struct iq_sync_priv *p = x->p;
	size_t n = p->nstored + 1;

	x->email = iq_arena_array(p->arena, n, sizeof(*x->email));
	x->name = iq_arena_array(p->arena, n, sizeof(*x->name));
	x->function = iq_arena_array(p->arena, n, sizeof(*x->function));
	x->claims = iq_arena_array(p->arena, n, sizeof(*x->claims));
	x->claimed = iq_arena_array(p->arena, p->nrows + 1, sizeof(*x->claimed));
	if (p->arena->failed)
		return false;
	iq_sync_index_init(&x->by_external, p->arena, n);
	iq_sync_index_init(&x->by_email, p->arena, n);
	iq_sync_index_init(&x->by_name, p->arena, n);
	for (uint32_t i = 0; i < p->nstored; i++) {
		const struct iq_rec *rec = &p->stored[i].rec;

		if (rec->kind != IQ_CONTACT)
			continue;
		x->email[i] = lower(p, iq_rec_text(rec, IQ_CONTACT_EMAIL));
		x->name[i] = iq_sync_fold(p, iq_rec_text(rec, IQ_CONTACT_NAME));
		x->function[i] = iq_sync_fold(p, iq_rec_text(rec, IQ_CONTACT_FUNCTION));
		iq_sync_index_add(&x->by_external, iq_rec_text(rec, IQ_CONTACT_EXTERNAL_ID), i);
		iq_sync_index_add(&x->by_email, x->email[i], i);
		iq_sync_index_add(&x->by_name, name_key(x->name[i]), i);
	}
	return !p->arena->failed;
}

/* Rows of the list that name the same key. */
static void find_twins(struct iq_sync_priv *p)
{
	struct iq_sync_index seen;

	iq_sync_index_init(&seen, p->arena, p->nrows);
	for (uint32_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];
		uint32_t at = 0, first;

		if (row->kind != IQ_CONTACT)
			continue;
		if (iq_sync_index_next(&seen, row->cell[IQ_CONTACT_EXTERNAL_ID], &at, &first))
			iq_sync_say(p, row, IQ_CONTACT_EXTERNAL_ID,
				row->cell[IQ_CONTACT_EXTERNAL_ID],
				N_("This key is there twice, first in line {0}."),
				iq_str(iq_arena_printf(
					p->arena, "%u", (unsigned)p->rows[first].line)));
		else
			iq_sync_index_add(&seen, row->cell[IQ_CONTACT_EXTERNAL_ID], i);
	}
}

void iq_sync_people(struct iq_sync_priv *p)
{
	static const enum rule rules[] = {BY_EXTERNAL, BY_EMAIL_AND_NAME, BY_EMAIL, BY_NAME};
	struct people x = {.p = p};

	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];

		if (row->kind != IQ_CONTACT)
			continue;
		row->email = lower(p, row->cell[IQ_CONTACT_EMAIL]);
		row->name = iq_sync_fold(p, row->cell[IQ_CONTACT_NAME]);
		row->function = iq_sync_fold(p, row->cell[IQ_CONTACT_FUNCTION]);
	}
	if (!prepare(&x)) {
		p->err = iq_no_memory(&p->s->job->error);
		return;
	}
	find_twins(p);
	round_of(&x, BY_EXTERNAL, IQ_SYNC_ALIVE);
	round_of(&x, BY_EXTERNAL, IQ_SYNC_ARCHIVED);
	for (size_t i = 1; i < sizeof(rules) / sizeof(rules[0]); i++)
		round_of(&x, rules[i], IQ_SYNC_ALIVE);
	for (size_t i = 1; i < sizeof(rules) / sizeof(rules[0]); i++)
		round_of(&x, rules[i], IQ_SYNC_ARCHIVED);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		round_of(&x, rules[i], IQ_SYNC_GONE);
}
