/* SPDX-License-Identifier: Apache-2.0 */
#include "term_priv.h"

#include "fold.h"

/* Suggestions for terms that resolve to nothing: beginnings and near spellings. */

enum { PREFIX_MIN = 2, EDIT_MIN = 3, LETTERS_PER_EDIT = 4, EDITS_MAX = 3 };
enum { RANK_PREFIX, RANK_NEAR, RANK_WORD };

struct pass {
	struct iq_hints *hints;
	enum iq_kind kind;
	struct iq_str form[IQ_FOLDS];
	size_t nforms;
};

bool iq_hints_init(
	struct iq_hints *h, const struct iq_names *names, struct iq_arena *arena, size_t max)
{
	*h = (struct iq_hints){.names = names, .arena = arena, .max = max};
	h->item = iq_arena_array(arena, max, sizeof(*h->item));
	return h->item != NULL;
}

static bool better(const struct iq_hints *h, const struct iq_hint *a, const struct iq_hint *b)
{
	const struct iq_names *names = h->names;

	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	if (a->length != b->length)
		return a->length < b->length;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	return iq_str_cmp(names->id(names->ctx, a->kind, a->num),
		       names->id(names->ctx, b->kind, b->num)) < 0;
}

/* Keeps the best hint per record, and of these the best. */
static void offer(struct iq_hints *h, const struct iq_hint *hint)
{
	size_t at = 0;

	while (at < h->n && (h->item[at].kind != hint->kind || h->item[at].num != hint->num))
		at++;
	if (at == h->n && h->n < h->max) {
		h->n++;
	} else {
		if (at == h->n)
			at--;
		if (!better(h, hint, &h->item[at]))
			return;
	}
	for (; at > 0 && better(h, hint, &h->item[at - 1]); at--)
		h->item[at] = h->item[at - 1];
	h->item[at] = *hint;
	h->item[at].key = iq_arena_dup(h->arena, hint->key);
}

static unsigned edits_allowed(struct iq_str term)
{
	size_t edits = term.n / LETTERS_PER_EDIT;

	/* of one or two letters an edit leaves nothing to know it by */
	if (term.n < EDIT_MIN)
		return 0;
	return edits < 1 ? 1 : edits > EDITS_MAX ? EDITS_MAX : (unsigned)edits;
}

/* Distance, or max + 1 without looking if the lengths differ too much. */
static unsigned distance(struct iq_str a, struct iq_str b, unsigned max)
{
	size_t difference = a.n > b.n ? a.n - b.n : b.n - a.n;

	return difference > max ? max + 1 : iq_fold_distance(a, b, max);
}

static bool score(struct iq_str term, struct iq_str key, struct iq_hint *hint)
{
	unsigned max = edits_allowed(term), best = max + 1, d;
	struct iq_str rest = key, word;

	hint->length = key.n;
	hint->distance = 0;
	if (term.n >= PREFIX_MIN && iq_str_starts(key, term)) {
		hint->rank = RANK_PREFIX;
		return true;
	}
	d = distance(term, key, max);
	if (d <= max) {
		hint->rank = RANK_NEAR;
		hint->distance = (uint8_t)d;
		return true;
	}
	while (best > 0 && iq_str_cut(&rest, '-', &word)) {
		d = distance(term, word, max);
		if (d < best)
			best = d;
	}
	hint->rank = RANK_WORD;
	hint->distance = (uint8_t)best;
	return best <= max;
}

static bool visit(void *arg, enum iq_stage stage, struct iq_str key, iq_num num)
{
	struct pass *p = arg;

	(void)stage;
	for (size_t i = 0; i < p->nforms; i++) {
		struct iq_hint hint = {.kind = p->kind, .num = num, .key = key};

		if (score(p->form[i], key, &hint))
			offer(p->hints, &hint);
	}
	return true;
}

void iq_hints_gather(struct iq_hints *h, enum iq_kind kind, struct iq_str term)
{
	struct pass p = {.hints = h, .kind = kind};

	p.nforms = iq_fold_keys(h->arena, term, p.form);
	if (p.nforms > 0 && h->max > 0)
		h->names->each(h->names->ctx, kind, visit, &p);
}

static bool spells(struct iq_arena *arena, struct iq_str text, struct iq_str key)
{
	struct iq_str form[IQ_FOLDS];

	for (size_t i = iq_fold_keys(arena, text, form); i-- > 0;) {
		/* an index may hold only the beginning of a long key */
		if (iq_str_starts(form[i], key))
			return true;
	}
	return false;
}

/* The name or alias of the record that folds to the key; empty: its id does. */
static struct iq_str spelling(const struct iq_hints *h, const struct iq_hint *hint)
{
	const struct iq_names *names = h->names;
	const struct iq_schema *schema = &iq_schemas[hint->kind];
	struct iq_rec rec;

	if (names->get == NULL || hint->key.n == 0 ||
		!names->get(names->ctx, hint->kind, hint->num, h->arena, &rec))
		return (struct iq_str){NULL, 0};
	for (size_t c = 0; c < schema->ncolumns; c++) {
		const char *column = schema->columns[c].name;

		if (strcmp(column, "name_de") != 0 && strcmp(column, "name_en") != 0 &&
			strcmp(column, "aliases") != 0)
			continue;
		for (uint32_t i = 0; i < rec.col[c].n; i++) {
			if (spells(h->arena, rec.col[c].v[i], hint->key))
				return rec.col[c].v[i];
		}
	}
	return (struct iq_str){NULL, 0};
}

void iq_hint_add_candidate(const struct iq_hints *h, const struct iq_hint *hint, struct iq_str term,
	struct iq_error *error)
{
	const struct iq_names *names = h->names;
	struct iq_str detail = spelling(h, hint);
	struct iq_candidate c = {
		.kind = iq_str(iq_schemas[hint->kind].name),
		.term = term,
		.id = names->id(names->ctx, hint->kind, hint->num),
		.name = names->name(names->ctx, hint->kind, hint->num, names->english),
		.detail = &detail,
	};

	c.ndetail = detail.n > 0 && !iq_str_eq(detail, c.name);
	iq_error_add_candidate(error, &c);
}

size_t iq_term_suggest(const struct iq_names *names, enum iq_kind kind, struct iq_str term,
	struct iq_arena *arena, iq_num *out, size_t max)
{
	struct iq_hints hints;

	if (!iq_hints_init(&hints, names, arena, max))
		return 0;
	iq_hints_gather(&hints, kind, term);
	for (size_t i = 0; i < hints.n; i++)
		out[i] = hints.item[i].num;
	return hints.n;
}
