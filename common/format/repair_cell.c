/* SPDX-License-Identifier: Apache-2.0 */
/* Which repair belongs to which column, and words for values. */
#include <stdio.h>

#include "buf.h"
#include "fold.h"
#include "i18n.h"
#include "repair.h"

static const struct iq_str none = {"", 0};

/* A word in a list, folded, and the value of the schema; `sure`: it can mean nothing else. */
struct word {
	const char *word, *value;
	bool sure;
};

static const struct word role_words[] = {{"federfuehrend", "lead", true},
	{"federfuehrung", "lead", true}, {"verantwortlich", "lead", false},
	{"zustaendig", "lead", false}, {"zustaendigkeit", "lead", false},
	{"anbieter", "provider", true}, {"traeger", "provider", false},
	{"durchfuehrung", "provider", false}, {"durchfuehrend", "provider", false},
	{"beratung", "advice", true}, {"beratend", "advice", true},
	{"unterstuetzung", "support", true}, {"unterstuetzend", "support", true},
	{"beteiligt", "support", false}, {"mitwirkend", "support", false},
	{"finanzierung", "funding", true}, {"kostentraeger", "funding", true},
	{"foerderung", "funding", false}, {"vermittlung", "referral", true},
	{"verweisberatung", "referral", false}, {NULL, NULL, false}};

/* Where a word could be wider or stricter, the stricter value is taken. */
static const struct word visibility_words[] = {{"oeffentlich", "public", true},
	{"partner", "partners", true}, {"netzwerkpartner", "workshop", false},
	{"netzwerk", "workshop", false}, {"nur-netzwerk", "workshop", false},
	{"workshop", "workshop", true}, {"werkstatt", "workshop", true},
	{"institution", "institution", true}, {"nur-institution", "institution", true},
	{"intern", "institution", true}, {"nur-intern", "institution", true},
	{"vertraulich", "institution", false}, {NULL, NULL, false}};

static const struct word effect_words[] = {{"hinweis", "info", true},
	{"eingeschraenkt", "restricted", true}, {"ausgesetzt", "suspended", true},
	{"ausgeschlossen", "excluded", true}, {"nicht-noetig", "not-needed", true},
	{"nicht-erforderlich", "not-needed", true}, {NULL, NULL, false}};

static const struct word yes_words[] = {{"ja", "yes", true}, {"wahr", "yes", true},
	{"true", "yes", true}, {"x", "yes", false}, {"nein", "no", true}, {"falsch", "no", true},
	{"false", "no", true}, {NULL, NULL, false}};

/* ISO 639-1, as languages of contacts are written */
static const struct word languages[] = {{"deutsch", "de", true}, {"german", "de", true},
	{"englisch", "en", true}, {"english", "en", true}, {"arabisch", "ar", true},
	{"ukrainisch", "uk", true}, {"russisch", "ru", true}, {"farsi", "fa", true},
	{"persisch", "fa", true}, {"paschtu", "ps", true}, {"tuerkisch", "tr", true},
	{"franzoesisch", "fr", true}, {"spanisch", "es", true}, {"polnisch", "pl", true},
	{"rumaenisch", "ro", true}, {"kurdisch", "ku", true}, {"tigrinya", "ti", true},
	{"vietnamesisch", "vi", true}, {"tschechisch", "cs", true}, {"sorbisch", "wen", true},
	{"italienisch", "it", true}, {"griechisch", "el", true}, {"bulgarisch", "bg", true},
	{"serbisch", "sr", true}, {"albanisch", "sq", true}, {"georgisch", "ka", true},
	{"somali", "so", true}, {"urdu", "ur", true}, {"hindi", "hi", true}, {NULL, NULL, false}};

static const struct word *look_up(
	const struct word *words, struct iq_str cell, struct iq_arena *arena)
{
	struct iq_str folded = iq_fold(arena, cell, IQ_FOLD_AE);

	for (; folded.n != 0 && words->word != NULL; words++)
		if (iq_str_is(folded, words->word))
			return words;
	return NULL;
}

static const struct word *words_of(const struct iq_column *column)
{
	if (column->choices == iq_role_names)
		return role_words;
	if (column->choices == iq_visibility_names)
		return visibility_words;
	if (column->choices == iq_effect_names)
		return effect_words;
	return iq_choice(column->choices, IQ_STR("yes")) >= 0 ? yes_words : NULL;
}

static void repair_choice(const struct iq_repair *r, const struct iq_column *column,
	struct iq_str cell, struct iq_fixed *out)
{
	const struct word *words = words_of(column), *word;
	struct iq_str folded = iq_fold(r->arena, cell, IQ_FOLD_AE);

	iq_fixed_none(out, cell);
	if (cell.n == 0 || iq_choice(column->choices, cell) >= 0)
		return;
	if (folded.n != 0 && iq_choice(column->choices, folded) >= 0) { /* "Public" */
		iq_fixed_none(out, folded);
		return;
	}
	word = words != NULL ? look_up(words, cell, r->arena) : NULL;
	if (word == NULL)
		return; /* the schema will say what is allowed */
	if (word->sure) {
		iq_fixed_none(out, iq_str(word->value));
		return;
	}
	iq_fixed_repaired(out, iq_str(word->value), N_("Read as \"{0}\"."));
	out->args[0] = iq_str(word->value);
	out->nargs = 1;
}

/* Sets: lines within a cell part elements, too. Languages are translated. */
static struct iq_str repair_set(
	const struct iq_repair *r, const struct iq_column *column, struct iq_str cell)
{
	const bool language = strcmp(column->name, "languages") == 0;
	struct iq_buf b;
	struct iq_str part;
	size_t n = 0;

	iq_buf_init(&b, 0);
	for (size_t i = 0, from = 0; i <= cell.n; i++) {
		if (i < cell.n && cell.p[i] != column->sep && cell.p[i] != '\n' &&
			!(language && cell.p[i] == ','))
			continue;
		part = iq_trim((struct iq_str){cell.p + from, i - from});
		from = i + 1;
		if (part.n == 0)
			continue;

		const struct word *word = language ? look_up(languages, part, r->arena) : NULL;

		if (n++ != 0)
			iq_buf_byte(&b, (uint8_t)column->sep);
		iq_buf_str(&b, word != NULL ? iq_str(word->value) : part);
	}
	part = b.n != 0 ? iq_arena_dup(r->arena, (struct iq_str){(char *)b.p, b.n}) : none;
	iq_buf_free(&b);
	return part;
}

/* Results of formulas that went wrong, in German and English, and cells too narrow to be seen. */
static bool is_formula_error(struct iq_str s)
{
	static const char *const errors[] = {"#NV", "#N/A", "#REF!", "#BEZUG!", "#WERT!", "#VALUE!",
		"#DIV/0!", "#NAME?", "#ZAHL!", "#NUM!", "#NULL!", NULL};
	size_t n = 0;

	while (n < s.n && s.p[n] == '#')
		n++;
	return iq_choice(errors, s) >= 0 || (n == s.n && n >= 3);
}

/* Columns whose texts are names: no sentences, no addresses, no numbers. */
static bool is_name(const struct iq_column *column)
{
	static const char *const names[] = {"name", "name_de", "name_en", "aliases", "town",
		"street", "function", "deputy", NULL};

	return column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS ||
	       iq_choice(names, iq_str(column->name)) >= 0;
}

/* A number in a column for text; only what stays the same either way is taken. */
static bool refuse_number(const struct iq_repair *r, const struct iq_column *column,
	const struct iq_sheet_cell *cell, struct iq_fixed *out)
{
	char *text;

	if (cell->type == IQ_SHEET_PERCENT) {
		iq_fixed_refused(out,
			N_("A percentage stands where text is expected. Format the cell as text."),
			cell->text);
		return true;
	}
	if (cell->type != IQ_SHEET_NUMBER || column->type != IQ_TYPE_TEXT)
		return false;
	if (strncmp(column->name, "name", 4) == 0 || strcmp(column->name, "function") == 0) {
		iq_fixed_refused(out, N_("A number stands where a name is expected."), none);
		return true;
	}
	text = iq_arena_cstr(r->arena, cell->text);
	if (text == NULL || strchr(text, '.') == NULL)
		return false;
	*strchr(text, '.') = ',';
	iq_fixed_repaired(out, iq_str(text), N_("A number stands where text is expected."));
	return true;
}

static bool is_digits(struct iq_str s)
{
	return s.n != 0 && s.p[0] >= '0' && s.p[0] <= '9';
}

void iq_repair_cell(const struct iq_repair *r, enum iq_kind kind, int col,
	const struct iq_sheet_cell *cell, struct iq_fixed *out)
{
	const struct iq_column *column = &iq_schemas[kind].columns[col];
	const bool reference = column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS;
	struct iq_str s = iq_trim(cell->text);

	iq_fixed_none(out, s);
	if (s.n == 0)
		return;
	if (cell->type == IQ_SHEET_ERROR || is_formula_error(s)) {
		iq_fixed_refused(
			out, N_("The cell shows an error of Excel instead of a value."), none);
	} else if (column->type == IQ_TYPE_DATE) {
		iq_repair_date(r, s, out);
	} else if (column->type == IQ_TYPE_ARS ||
		   (reference && column->target == IQ_REGION && is_digits(s))) {
		iq_repair_key(r, s, out);
	} else if (strcmp(column->name, "phone") == 0) {
		iq_repair_phone(r, s, out);
		if (out->how == IQ_FIX_NONE)
			iq_repair_text(r, IQ_KINDS, false, s, out);
	} else if (strcmp(column->name, "postcode") == 0) {
		iq_repair_postcode(r, s, out);
	} else if (column->type == IQ_TYPE_ENUM) {
		repair_choice(r, column, s, out);
	} else if (!refuse_number(r, column, cell, out)) {
		iq_repair_text(r, reference ? column->target : kind, is_name(column), s, out);
		if (out->how == IQ_FIX_NONE && column->sep != '\0')
			out->value = repair_set(r, column, out->value);
	}
}
