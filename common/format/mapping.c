/* SPDX-License-Identifier: Apache-2.0 */
#include "mapping.h"

#include "bounds.h"
#include "buf.h"
#include "fold.h"
#include "i18n.h"
#include "repair.h"
#include "utf8.h"

static const struct iq_target nothing = {.kind = IQ_KINDS};

/* ---- words -------------------------------------------------------------------------------- */

/* True if the folded text is one of the words. */
static bool among(const char *words, struct iq_str folded, struct iq_arena *arena)
{
	struct iq_str rest = iq_str(words), word;

	while (iq_str_cut(&rest, '|', &word))
		if (iq_str_eq(iq_fold(arena, word, IQ_FOLD_AE), folded))
			return true;
	return false;
}

static bool is_sheet_of(enum iq_kind kind, struct iq_str folded, struct iq_arena *arena)
{
	return iq_str_is(folded, iq_schemas[kind].file) ||
	       iq_str_is(folded, iq_schemas[kind].name) ||
	       (iq_map_sheets[kind] != NULL && among(iq_map_sheets[kind], folded, arena));
}

enum iq_kind iq_mapping_kind_of_name(struct iq_str name, struct iq_arena *arena)
{
	struct iq_str rest = iq_fold(arena, name, IQ_FOLD_AE), word;
	enum iq_kind found = IQ_KINDS;

	if (rest.n == 0)
		return IQ_KINDS;
	while (iq_str_cut(&rest, '-', &word))
		for (int k = 0; k < IQ_KINDS; k++) {
			if (!is_sheet_of((enum iq_kind)k, word, arena))
				continue;
			if (found != IQ_KINDS && found != (enum iq_kind)k)
				return IQ_KINDS; /* "Kontakte und Institutionen" */
			found = (enum iq_kind)k;
		}
	return found;
}

bool iq_mapping_is_explanation(struct iq_str name, struct iq_arena *arena)
{
	struct iq_str folded = iq_fold(arena, name, IQ_FOLD_AE);

	return folded.n != 0 && among(iq_map_explanations, folded, arena);
}

struct iq_str iq_mapping_header(enum iq_kind kind, int col)
{
	struct iq_str first;

	for (const struct iq_map_word *w = iq_map_words; w->words != NULL; w++) {
		struct iq_str rest = iq_str(w->words);

		if (w->kind == kind && w->col == col && w->part == 0 &&
			iq_str_cut(&rest, '|', &first))
			return first;
	}
	return iq_str(iq_schemas[kind].columns[col].name);
}

/* ---- mapping files ------------------------------------------------------------------------ */

struct parsing {
	struct iq_str name;
	struct iq_arena *arena;
	struct iq_mapping *out;
	struct iq_error *error;
	uint32_t line;
	size_t cap;
};

static void say(struct parsing *p, struct iq_str value, const char *text, struct iq_str nearest)
{
	const struct iq_problem problem = {
		.file = p->name, .line = p->line, .value = value, .text = text, .nearest = nearest};

	iq_error_add_problem(p->error, &problem);
}

static const char *const name_parts[] = {"name", "given_name", "family_name"};

/* "phone", "contact.phone": in a table its columns; in a wide list those of its three kinds. */
static struct iq_target column_named(const struct iq_mapping *m, struct iq_str name)
{
	static const enum iq_kind wide[] = {IQ_CONTACT, IQ_RESPONSIBILITY, IQ_INSTITUTION};
	struct iq_str rest = name, kind;
	struct iq_target t = nothing;

	for (int i = 1; i <= 2; i++)
		if (iq_str_is(name, name_parts[i]))
			return (struct iq_target){IQ_CONTACT, IQ_CONTACT_NAME, i};
	if (memchr(name.p, '.', name.n) != NULL && iq_str_cut(&rest, '.', &kind)) {
		t.kind = iq_kind_by_name(kind);
		t.col = t.kind != IQ_KINDS ? iq_column_by_name(t.kind, rest) : -1;
	} else if (m->table != IQ_KINDS) {
		t.kind = m->table;
		t.col = iq_column_by_name(t.kind, name);
	} else {
		for (size_t i = 0; i < 3 && t.kind == IQ_KINDS; i++)
			if (iq_column_by_name(wide[i], name) >= 0)
				t = (struct iq_target){
					wide[i], iq_column_by_name(wide[i], name), 0};
	}
	return t.col < 0 ? nothing : t;
}

static bool add_line(struct parsing *p, struct iq_str header, struct iq_target target)
{
	struct iq_mapping *m = p->out;

	for (size_t i = 0; i < m->nlines; i++)
		if (iq_str_eq(m->lines[i].header, header)) {
			say(p, header, N_("This header is in the mapping twice."),
				(struct iq_str){"", 0});
			return true;
		}
	if (m->nlines == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		void *more = iq_arena_grow(p->arena, m->lines, p->cap * sizeof(m->lines[0]),
			cap * sizeof(m->lines[0]));

		if (more == NULL)
			return false;
		m->lines = more;
		p->cap = cap;
	}
	m->lines[m->nlines++] = (struct iq_map_line){
		.header = iq_arena_dup(p->arena, header), .target = target, .line = p->line};
	return true;
}

static void set_table(struct parsing *p, struct iq_str value)
{
	struct iq_mapping *m = p->out;

	m->wide = iq_str_is(value, "list");
	m->table = m->wide ? IQ_KINDS : iq_mapping_kind_of_name(value, p->arena);
	if (!m->wide && m->table == IQ_KINDS)
		say(p, value, N_("There is no such table."), IQ_STR("contacts"));
}

static bool parse_line(struct parsing *p, struct iq_str line)
{
	struct iq_str rest = line, key;

	line = iq_trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return true;
	if (memchr(line.p, '=', line.n) == NULL) {
		say(p, line, N_("A line of a mapping is written: column = header"),
			(struct iq_str){"", 0});
		return true;
	}
	iq_str_cut(&rest, '=', &key);
	key = iq_trim(key);
	rest = iq_trim(rest);
	if (rest.n != 0 && rest.p[rest.n - 1] == '\r')
		rest = iq_trim((struct iq_str){rest.p, rest.n - 1});
	if (iq_str_is(key, "table")) {
		set_table(p, rest);
		return true;
	}
	if (iq_str_is(key, "-"))
		return add_line(p, rest, nothing);

	struct iq_target t = column_named(p->out, key);

	if (t.kind == IQ_KINDS) {
		say(p, key, N_("There is no such column."), (struct iq_str){"", 0});
		return true;
	}
	return add_line(p, rest, t);
}

enum iq_err iq_mapping_parse(struct iq_str name, struct iq_str bytes, struct iq_arena *arena,
	struct iq_mapping *out, struct iq_error *error)
{
	struct parsing p = {.name = name, .arena = arena, .out = out, .error = error, .line = 1};
	const uint64_t before = error->problems_total;
	struct iq_str rest = bytes, line;

	*out = (struct iq_mapping){.table = IQ_KINDS};
	if (iq_str_starts(rest, IQ_STR("\xef\xbb\xbf")))
		rest = (struct iq_str){rest.p + 3, rest.n - 3};
	if (bytes.n > IQ_LIMIT_MAPPING_FILE || !iq_utf8_valid(rest))
		return iq_error_set(error, IQ_ERR_REJECTED,
			N_("{0} is no mapping file: it is too large, or not UTF-8."), NULL,
			iq_arena_cstr(arena, name), NULL);
	for (; iq_str_cut(&rest, '\n', &line); p.line++)
		if (!parse_line(&p, line))
			return iq_error_set(
				error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	return error->problems_total != before ? IQ_ERR_REJECTED : IQ_OK;
}

void iq_mapping_write(const struct iq_mapping *m, struct iq_buf *out)
{
	if (m->wide)
		iq_buf_str(out, IQ_STR("table = list\n"));
	else if (m->table != IQ_KINDS)
		iq_buf_printf(out, "table = %s\n", iq_schemas[m->table].file);
	for (size_t i = 0; i < m->nlines; i++) {
		const struct iq_target *t = &m->lines[i].target;

		if (t->kind == IQ_KINDS)
			iq_buf_byte(out, '-');
		else if (t->part != 0)
			iq_buf_printf(out, "%s", name_parts[t->part]);
		else if (m->wide)
			iq_buf_printf(out, "%s.%s", iq_schemas[t->kind].name,
				iq_schemas[t->kind].columns[t->col].name);
		else
			iq_buf_printf(out, "%s", iq_schemas[t->kind].columns[t->col].name);
		iq_buf_printf(out, " = %.*s\n", IQ_STR_ARG(m->lines[i].header));
	}
}

bool iq_mapping_learn(const struct iq_columns *columns, const struct iq_str *headers,
	struct iq_arena *arena, struct iq_mapping *out)
{
	*out = (struct iq_mapping){
		.table = columns->wide ? IQ_KINDS : columns->table, .wide = columns->wide};
	out->lines = iq_arena_array(arena, columns->n + 1, sizeof(out->lines[0]));
	for (size_t i = 0; out->lines != NULL && i < columns->n; i++)
		if (iq_trim(headers[i]).n != 0)
			out->lines[out->nlines++] =
				(struct iq_map_line){.header = iq_arena_dup(arena, headers[i]),
					.target = columns->target[i]};
	return out->lines != NULL && !arena->failed;
}
