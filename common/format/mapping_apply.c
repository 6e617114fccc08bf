/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a sheet to columns. */
#include "buf.h"
#include "fold.h"
#include "i18n.h"
#include "mapping.h"
#include "repair.h"

struct word {
	const struct iq_map_word *of;
	struct iq_str word, folded;
};

struct applying {
	struct word *words;
	size_t nwords;
	const struct iq_map_options *options;
	const struct iq_str *headers;
	size_t n;
	struct iq_str folded[IQ_MAP_COLUMNS];
	struct iq_arena *arena;
	const struct iq_problem *where;
	struct iq_columns *out;
	struct iq_error *error;
};

static const struct iq_target nothing = {.kind = IQ_KINDS};
static const struct iq_str none = {"", 0};

static void say(struct applying *a, struct iq_str column, const char *text, struct iq_str arg,
	struct iq_str nearest)
{
	const struct iq_problem p = {.file = a->where->file,
		.line = a->where->line,
		.column = column,
		.text = text,
		.args = {arg},
		.nargs = 1,
		.nearest = nearest};

	iq_error_add_problem(a->error, &p);
}

/* ---- one header --------------------------------------------------------------------------- */

/* All words, folded once. */
static bool fold_words(struct applying *a)
{
	size_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (const struct iq_map_word *w = iq_map_words; w->words != NULL; w++) {
			struct iq_str rest = iq_str(w->words), word;

			for (; iq_str_cut(&rest, '|', &word); n++)
				if (pass == 1)
					a->words[n] = (struct word){
						w, word, iq_fold(a->arena, word, IQ_FOLD_AE)};
		}
		if (pass == 0)
			a->words = iq_arena_array(a->arena, n, sizeof(a->words[0]));
		if (a->words == NULL)
			return false;
	}
	a->nwords = n;
	return true;
}

/* A word of the kind, or of a wide list (IQ_KINDS); the word itself in *word. */
static bool find_word(struct applying *a, enum iq_kind kind, struct iq_str folded, unsigned edits,
	struct iq_target *out, struct iq_str *word)
{
	for (size_t i = 0; i < a->nwords; i++) {
		const struct iq_map_word *w = a->words[i].of;
		struct iq_str f = a->words[i].folded;

		if (kind == IQ_KINDS ? !w->wide : w->kind != kind)
			continue;
		if (edits == 0 ? !iq_str_eq(f, folded)
			       : f.n < 2 * edits + 2 || iq_fold_distance(f, folded, edits) > edits)
			continue;
		*out = (struct iq_target){w->kind, w->col, w->part};
		*word = a->words[i].word;
		return true;
	}
	return false;
}

/* Names of columns need no folding but of the underscore. */
static bool is_name(const char *name, struct iq_str folded)
{
	size_t i = 0;

	for (; i < folded.n && name[i] != '\0'; i++)
		if (folded.p[i] != (name[i] == '_' ? '-' : name[i]))
			return false;
	return i == folded.n && name[i] == '\0';
}

/* The column's own name: "valid_from", "contact.phone"; also folded. */
static bool find_name(struct applying *a, enum iq_kind kind, size_t i, struct iq_target *out)
{
	static const enum iq_kind wide[] = {IQ_CONTACT, IQ_RESPONSIBILITY, IQ_INSTITUTION};
	struct iq_str rest = iq_trim(a->headers[i]), of = none, folded = a->folded[i];

	if (rest.n != 0 && memchr(rest.p, '.', rest.n) != NULL && iq_str_cut(&rest, '.', &of))
		folded = rest;
	for (size_t k = 0; k < (kind == IQ_KINDS ? 3u : 1u); k++) {
		enum iq_kind in = kind == IQ_KINDS ? wide[k] : kind;
		const struct iq_schema *s = &iq_schemas[in];
		bool full = of.n != 0 && iq_str_is(of, s->name);

		for (size_t c = 0; c < s->ncolumns; c++)
			if (full ? iq_str_is(folded, s->columns[c].name)
				 : is_name(s->columns[c].name, a->folded[i])) {
				*out = (struct iq_target){in, (int)c, 0};
				return true;
			}
	}
	return false;
}

/* False: the mapping does not name this header. */
static bool find_mapped(struct applying *a, size_t i, struct iq_target *out)
{
	const struct iq_mapping *m = a->options->mapping;

	for (size_t k = 0; m != NULL && k < m->nlines; k++)
		if (iq_str_eq(iq_fold(a->arena, m->lines[k].header, IQ_FOLD_AE), a->folded[i])) {
			*out = m->lines[k].target;
			return true;
		}
	return false;
}

static bool find(struct applying *a, enum iq_kind kind, size_t i, struct iq_target *out)
{
	struct iq_str word;

	*out = nothing;
	return find_mapped(a, i, out) || find_name(a, kind, i, out) ||
	       find_word(a, kind, a->folded[i], 0, out, &word);
}

/* ---- which table -------------------------------------------------------------------------- */

static size_t count_known(struct applying *a, enum iq_kind kind)
{
	struct iq_target t;
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		n += a->folded[i].n != 0 && find(a, kind, i, &t);
	return n;
}

/* A wide list names an institution and something of a contact. */
static bool is_wide(struct applying *a)
{
	struct iq_target t;
	bool institution = a->options->institution_given, contact = false, other = false;

	for (size_t i = 0; i < a->n; i++) {
		if (a->folded[i].n == 0 || !find(a, IQ_KINDS, i, &t))
			continue;
		institution =
			institution || (t.kind == IQ_CONTACT && t.col == IQ_CONTACT_INSTITUTION);
		contact = contact || (t.kind == IQ_CONTACT && t.col != IQ_CONTACT_INSTITUTION);
		other = other || t.kind != IQ_CONTACT;
	}
	return institution && contact && other;
}

/* A table of which every header is known and no other table has as many. */
static enum iq_kind best_table(struct applying *a)
{
	enum iq_kind best = IQ_KINDS;
	size_t most = 1; /* a single header says nothing */
	bool tie = false;

	for (int k = 0; k < IQ_KINDS; k++) {
		size_t n = count_known(a, (enum iq_kind)k);

		tie = n == most ? true : n > most ? false : tie;
		if (n > most) {
			most = n;
			best = (enum iq_kind)k;
		}
	}
	return tie ? IQ_KINDS : best;
}

static bool choose_table(struct applying *a)
{
	const struct iq_mapping *m = a->options->mapping;
	struct iq_columns *out = a->out;
	enum iq_kind hint = iq_mapping_kind_of_name(a->options->sheet, a->arena);

	out->table = IQ_KINDS;
	if (m != NULL && m->wide) {
		out->wide = true;
	} else if (m != NULL && m->table != IQ_KINDS) {
		out->table = m->table;
	} else if (hint != IQ_KINDS &&
		   (hint != IQ_CONTACT || count_known(a, IQ_CONTACT) >= count_known(a, IQ_KINDS))) {
		out->table = hint;
	} else if (is_wide(a)) {
		out->wide = true;
	} else {
		out->table = hint != IQ_KINDS ? hint : best_table(a);
	}
	if (out->wide)
		out->table = IQ_CONTACT;
	return out->table != IQ_KINDS;
}

/* ---- all headers -------------------------------------------------------------------------- */

static void unknown(struct applying *a, size_t i)
{
	struct iq_target t;
	struct iq_str word = none;
	enum iq_kind kind = a->out->wide ? IQ_KINDS : a->out->table;

	for (unsigned edits = 1; edits <= 2; edits++)
		if (find_word(a, kind, a->folded[i], edits, &t, &word))
			break;
		else
			word = none;
	say(a, iq_trim(a->headers[i]),
		N_("This column is unknown. A mapping file can say what it is, or leave it out."),
		none, word);
}

/* A wide list without tasks has no responsibilities: what it says is about the others. */
static void without_tasks(struct applying *a)
{
	struct iq_columns *out = a->out;

	for (size_t i = 0; i < out->n; i++)
		if (out->target[i].kind == IQ_RESPONSIBILITY && out->target[i].col == IQ_RESP_TASK)
			return;
	for (size_t i = 0; i < out->n; i++) {
		struct iq_target *t = &out->target[i];

		if (t->kind != IQ_RESPONSIBILITY)
			continue;
		if (t->col == IQ_RESP_VALID_FROM)
			*t = (struct iq_target){IQ_CONTACT, IQ_CONTACT_VALID_FROM, 0};
		else if (t->col == IQ_RESP_VALID_TO)
			*t = (struct iq_target){IQ_CONTACT, IQ_CONTACT_VALID_TO, 0};
		else if (t->col == IQ_RESP_REGION)
			*t = (struct iq_target){IQ_INSTITUTION, IQ_INSTITUTION_REGION, 0};
		else {
			say(a, iq_trim(a->headers[i]),
				N_("This column belongs to a responsibility, but there is no "
				   "column for "
				   "its task."),
				none, none);
			*t = nothing;
		}
	}
}

static void check_twice(struct applying *a)
{
	const struct iq_columns *out = a->out;

	for (size_t i = 0; i < out->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct iq_target *t = &out->target[i], *o = &out->target[k];
			bool parts = t->part != 0 && o->part != 0 && t->part != o->part;

			/* "Vorname" and "Name" */
			parts = parts || (t->part == 1) != (o->part == 1);
			if (t->kind == IQ_KINDS || t->kind != o->kind || t->col != o->col || parts)
				continue;
			say(a, iq_trim(a->headers[i]), N_("The column \"{0}\" means the same."),
				iq_trim(a->headers[k]), none);
		}
}

static bool has_column(const struct iq_columns *c, enum iq_kind kind, int col)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->target[i].kind == kind && c->target[i].col == col)
			return true;
	return false;
}

/* "Aufgabe, Aufgaben, Thema": some of the headers that would be understood. */
static struct iq_str headers_for(struct applying *a, enum iq_kind kind, int col)
{
	const char *list = iq_schemas[kind].columns[col].name;

	for (const struct iq_map_word *w = iq_map_words; w->words != NULL; w++) {
		struct iq_str rest = iq_str(w->words), word;

		if (w->kind != kind || w->col != col || w->part != 0)
			continue;
		for (int i = 0; i < 3 && list != NULL && iq_str_cut(&rest, '|', &word); i++)
			list = iq_arena_printf(a->arena, "%s, %.*s", list, IQ_STR_ARG(word));
		break;
	}
	return iq_str(list);
}

static void check_missing(struct applying *a, enum iq_kind kind)
{
	const struct iq_schema *s = &iq_schemas[kind];

	for (size_t c = 0; c < s->ncolumns; c++) {
		bool institution =
			s->columns[c].type == IQ_TYPE_REF && s->columns[c].target == IQ_INSTITUTION;

		if (!s->columns[c].required || has_column(a->out, kind, (int)c))
			continue;
		if ((c == IQ_COL_ID && !a->options->ids) ||
			(institution && a->options->institution_given))
			continue;
		if (a->out->wide && institution &&
			has_column(a->out, IQ_CONTACT, IQ_CONTACT_INSTITUTION))
			continue;
		say(a, iq_str(s->columns[c].name),
			N_("This column is missing. One of these headers is expected: {0}."),
			headers_for(a, kind, (int)c), none);
	}
}

static void check_kinds(struct applying *a)
{
	struct iq_columns *out = a->out;

	for (size_t i = 0; i < out->n; i++)
		if (out->target[i].kind != IQ_KINDS)
			out->has[out->target[i].kind] = true;
	for (int k = 0; k < IQ_KINDS; k++)
		/* an institution of a wide list is there by its name */
		if (out->has[k] && !(out->wide && k == IQ_INSTITUTION))
			check_missing(a, (enum iq_kind)k);
	if (!out->wide && !out->has[out->table])
		check_missing(a, out->table);
}

enum iq_err iq_mapping_apply(const struct iq_map_options *options, const struct iq_str *headers,
	size_t n, struct iq_arena *arena, const struct iq_problem *where, struct iq_columns *out,
	struct iq_error *error)
{
	struct applying a = {.options = options,
		.headers = headers,
		.n = n < IQ_MAP_COLUMNS ? n : IQ_MAP_COLUMNS,
		.arena = arena,
		.where = where,
		.out = out,
		.error = error};
	const uint64_t before = error->problems_total;

	*out = (struct iq_columns){.table = IQ_KINDS, .n = a.n};
	for (size_t i = 0; i < a.n; i++)
		a.folded[i] = iq_fold(arena, headers[i], IQ_FOLD_AE);
	if (!fold_words(&a))
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	if (!choose_table(&a)) {
		say(&a, none,
			N_("It cannot be told what this list holds. Name the sheet or the file "
			   "like its "
			   "table (for example \"Kontakte\"), or say so in a mapping file: {0}"),
			IQ_STR("table = contacts"), none);
		return IQ_ERR_REJECTED;
	}
	for (size_t i = 0; i < a.n; i++) {
		out->target[i] = nothing;
		if (a.folded[i].n != 0 &&
			!find(&a, out->wide ? IQ_KINDS : out->table, i, &out->target[i]))
			unknown(&a, i);
	}
	if (out->wide)
		without_tasks(&a);
	check_twice(&a);
	check_kinds(&a);
	if (arena->failed)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	return error->problems_total != before ? IQ_ERR_REJECTED : IQ_OK;
}
