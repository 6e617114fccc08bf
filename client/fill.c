/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fill.h"
#include "utf8.h"
#include "who.h"

/* Conditions are kept with the names: many responsibilities have the same. */
#define CONDITION IQ_KINDS

struct name {
	enum iq_kind kind;
	const char *id;
	struct iq_report_text text;
};

struct iq_names {
	struct iq_cli *cli;
	struct name *slot; /* open addressing, a power of two of slots */
	size_t n, cap;
	const char *group[IQ_REPORT_GROUPS];
	size_t ngroups;
};

struct iq_names *iq_names_new(struct iq_cli *cli)
{
	struct iq_names *names = iq_arena_zalloc(&cli->arena, sizeof(*names));

	if (names != NULL)
		names->cli = cli;
	return names;
}

static size_t hash(enum iq_kind kind, const char *id)
{
	uint64_t h = 14695981039346656037u + (uint64_t)kind;

	for (; *id != '\0'; id++)
		h = (h ^ (uint8_t)*id) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

/* Where the name is, or would be. There is a free slot. */
static struct name *find(const struct iq_names *names, enum iq_kind kind, const char *id)
{
	size_t i = hash(kind, id) & (names->cap - 1);

	while (names->slot[i].id != NULL &&
		(names->slot[i].kind != kind || strcmp(names->slot[i].id, id) != 0))
		i = (i + 1) & (names->cap - 1);
	return &names->slot[i];
}

static bool make_room(struct iq_names *names, size_t more)
{
	struct iq_names old = *names;
	size_t cap = names->cap != 0 ? names->cap : 64;

	while (cap / 2 < names->n + more)
		cap *= 2;
	if (cap == names->cap)
		return true;
	names->slot = iq_arena_array(&names->cli->arena, cap, sizeof(names->slot[0]));
	if (names->slot == NULL) {
		names->slot = old.slot;
		return false;
	}
	names->cap = cap;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].id != NULL)
			*find(names, old.slot[i].kind, old.slot[i].id) = old.slot[i];
	return true;
}

void iq_names_add(struct iq_names *names, Iq__V1__Label *const *labels, size_t n)
{
	if (names == NULL || !make_room(names, n))
		return;
	for (size_t i = 0; i < n; i++) {
		const Iq__V1__Label *l = labels[i];
		enum iq_kind kind = iq_kind_by_name(iq_str(l->kind));
		struct name *at = find(names, kind, l->id);

		if (at->id != NULL || kind == CONDITION ||
			(l->name[0] == '\0' && l->name_en[0] == '\0'))
			continue;
		at->kind = kind;
		at->id = l->id;
		at->text.in[IQ_LANG_DE] = iq_str(l->name[0] != '\0' ? l->name : l->name_en);
		at->text.in[IQ_LANG_EN] = iq_str(l->name_en[0] != '\0' ? l->name_en : l->name);
		names->n++;
	}
}

struct iq_report_text iq_names_get(const struct iq_names *names, enum iq_kind kind, const char *id)
{
	const struct name *at = names != NULL && names->cap != 0 ? find(names, kind, id) : NULL;

	return at != NULL && at->id != NULL ? at->text : iq_report_same(iq_str(id));
}

const char *iq_names_c(const struct iq_names *names, enum iq_kind kind, const char *id)
{
	struct iq_str s = iq_names_get(names, kind, id).in[names->cli->lang];

	return s.p != NULL ? s.p : "";
}

/* ---- target groups ------------------------------------------------------------------------ */

/* The symbol; it stands in every cell, so that what is not short is cut. */
static struct iq_str letter_of(const Iq__V1__TargetGroup *g)
{
	enum { LETTER_BYTES = 24 };
	struct iq_str s = iq_str(g->letter[0] != '\0' ? g->letter : g->status);

	if (s.n > LETTER_BYTES) {
		s.n = LETTER_BYTES;
		s.n = iq_utf8_valid_prefix(s);
	}
	return s;
}

void iq_fill_groups(
	struct iq_report *doc, struct iq_names *names, Iq__V1__TargetGroup *const *groups, size_t n)
{
	struct iq_report_group *out;

	n = n > IQ_REPORT_GROUPS ? IQ_REPORT_GROUPS : n;
	if (names == NULL)
		return;
	out = iq_arena_array(&names->cli->arena, n, sizeof(*out));
	names->ngroups = out != NULL ? n : 0;
	for (size_t i = 0; i < names->ngroups; i++) {
		const Iq__V1__TargetGroup *g = groups[i];

		names->group[i] = g->status;
		out[i].name = iq_names_get(names, IQ_STATUS, g->status);
		out[i].letter = letter_of(g);
		out[i].colour = iq_str(g->colour);
	}
	doc->groups = out;
	doc->ngroups = names->ngroups;
}

uint32_t iq_fill_mask(const struct iq_names *names, const Iq__V1__Groups *groups)
{
	uint32_t mask = 0;

	if (names == NULL || groups == NULL || groups->all)
		return 0;
	for (size_t i = 0; i < groups->n_shares; i++)
		for (size_t k = 0; k < names->ngroups; k++)
			if (strcmp(groups->shares[i]->group, names->group[k]) == 0)
				mask |= UINT32_C(1) << k;
	return mask;
}

struct iq_str iq_names_join(
	const struct iq_names *names, struct iq_str all, const char *glue, struct iq_str s)
{
	if (all.n == 0)
		return s;
	return iq_str(iq_arena_printf(
		&names->cli->arena, "%.*s%s%.*s", IQ_STR_ARG(all), glue, IQ_STR_ARG(s)));
}

struct iq_report_text iq_fill_statuses(struct iq_names *names, const Iq__V1__Groups *groups)
{
	struct iq_report_text all = {{{0}}};

	if (names == NULL || groups == NULL || groups->all)
		return all;
	for (size_t i = 0; i < groups->n_statuses; i++) {
		struct iq_report_text one = iq_names_get(names, IQ_STATUS, groups->statuses[i]);

		for (int lang = 0; lang < IQ_REPORT_LANGS; lang++)
			all.in[lang] = iq_names_join(names, all.in[lang], ", ", one.in[lang]);
	}
	return all;
}

/* ---- conditions --------------------------------------------------------------------------- */

/* All names of facts and their values, as labels of one language. */
static Iq__V1__Label **fact_labels(const struct iq_names *names, enum iq_lang lang, size_t *n)
{
	struct iq_arena *arena = &names->cli->arena;
	Iq__V1__Label **labels = iq_arena_array(arena, names->n + 1, sizeof(labels[0]));

	*n = 0;
	for (size_t i = 0; labels != NULL && i < names->cap; i++) {
		const struct name *at = &names->slot[i];
		Iq__V1__Label *l;

		if (at->id == NULL || at->kind != IQ_FACT)
			continue;
		l = iq_arena_alloc(arena, sizeof(*l));
		if (l == NULL)
			break;
		iq__v1__label__init(l);
		l->kind = iq_arena_cstr(arena, IQ_STR("fact"));
		l->id = iq_arena_cstr(arena, iq_str(at->id));
		l->name = iq_arena_cstr(arena, at->text.in[lang]);
		labels[(*n)++] = l;
	}
	return labels;
}

static struct iq_report_text condition_words(const struct iq_names *names, const char *condition)
{
	static const char *const codes[IQ_REPORT_LANGS] = {
		[IQ_LANG_DE] = "de", [IQ_LANG_EN] = "en"};
	struct iq_report_text text = {{{0}}};

	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++) {
		size_t n;
		Iq__V1__Label **labels = fact_labels(names, (enum iq_lang)lang, &n);

		iq_i18n_init(codes[lang]);
		text.in[lang] =
			iq_str(iq_condition_words(names->cli, labels, n, condition, NULL, 0));
	}
	iq_i18n_init(codes[names->cli->lang]);
	return text;
}

struct iq_report_text iq_fill_condition(struct iq_names *names, const char *condition)
{
	struct iq_report_text none = {{{0}}};
	struct name *at;

	if (names == NULL || condition == NULL || condition[0] == '\0' || !make_room(names, 1))
		return none;
	at = find(names, CONDITION, condition);
	if (at->id == NULL) {
		*at = (struct name){CONDITION, condition, condition_words(names, condition)};
		names->n++;
	}
	return at->text;
}
