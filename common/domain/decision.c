/* SPDX-License-Identifier: Apache-2.0 */
#include "decision.h"

#include "i18n.h"

#define BIT(col) (UINT32_C(1) << (col))

bool iq_decision_may(enum iq_kind kind, int col)
{
	/* Places in the tree decide rights; contacts are people; who confirms, has looked. */
	static const uint32_t never[IQ_KINDS] = {
		[IQ_INSTITUTION] = BIT(IQ_INSTITUTION_KIND) | BIT(IQ_INSTITUTION_PARENT) |
				   BIT(IQ_INSTITUTION_REGION),
		[IQ_RESPONSIBILITY] = BIT(IQ_RESP_INSTITUTION) | BIT(IQ_RESP_CONTACTS) |
				      BIT(IQ_RESP_CONFIRMED_ON),
		[IQ_NOTICE] = BIT(IQ_NOTICE_INSTITUTION),
	};

	return kind < IQ_KINDS && never[kind] != 0 && col > IQ_COL_ID && !(never[kind] & BIT(col));
}

/* Kinds of which a vote makes new records, by the column that says whose they are; 0: none. */
static int owner_column(enum iq_kind kind)
{
	return kind == IQ_RESPONSIBILITY ? IQ_RESP_INSTITUTION
	       : kind == IQ_NOTICE       ? IQ_NOTICE_INSTITUTION
					 : 0;
}

uint32_t iq_decision_beside(enum iq_kind kind)
{
	return kind == IQ_RESPONSIBILITY ? BIT(IQ_RESP_CONTACTS) | BIT(IQ_RESP_CONFIRMED_ON) : 0;
}

struct iq_str iq_decision_place(struct iq_arena *arena, uint32_t line, struct iq_str column)
{
	const char *s =
		column.n > 0 ? iq_arena_printf(arena, "changes[%u].%.*s", line, IQ_STR_ARG(column))
			     : iq_arena_printf(arena, "changes[%u]", line);

	return iq_str(s != NULL ? s : "changes");
}

/* ---- reading -------------------------------------------------------------------------------- */

struct reading {
	struct iq_arena *arena;
	const struct iq_problem *where;
	struct iq_decision *out;
	struct iq_error *error;
	uint32_t line;
	bool bad;
};

static void say(struct reading *r, struct iq_str column, struct iq_problem *p)
{
	p->column = iq_decision_place(r->arena, r->line, column);
	if (r->where != NULL) {
		p->file = r->where->file;
		p->line = r->where->line;
	}
	iq_error_add_problem(r->error, p);
	r->bad = true;
}

static void say_text(struct reading *r, struct iq_str value, const char *text)
{
	struct iq_problem p = {.value = value, .text = text};

	say(r, (struct iq_str){NULL, 0}, &p);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Bytes of the first word of the text, quotes included; *open: one is not closed. */
static size_t word_end(struct iq_str s, bool *open)
{
	size_t i = 0;

	*open = false;
	for (; i < s.n && (*open || !is_blank(s.p[i])); i++) {
		if (s.p[i] == '"')
			*open = !*open;
		else if (*open && s.p[i] == '\\' && i + 1 < s.n)
			i++;
	}
	return i;
}

/* The next word of the line, without its quotes. False: none; *open: a quote is not closed. */
static bool next_word(struct reading *r, struct iq_str *rest, struct iq_str *word, bool *open)
{
	bool quoted = false;
	size_t n = 0;

	while (rest->n > 0 && is_blank(rest->p[0]))
		*rest = (struct iq_str){rest->p + 1, rest->n - 1};
	size_t end = word_end(*rest, open);
	char *out = end > 0 ? iq_arena_alloc(r->arena, end) : NULL;

	if (out == NULL)
		return false;
	for (size_t i = 0; i < end; i++) {
		char c = rest->p[i];

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (quoted && c == '\\' && i + 1 < end) {
			c = rest->p[++i];
			c = c == 'n' ? '\n' : c;
		}
		out[n++] = c;
	}
	*word = (struct iq_str){out, n};
	*rest = (struct iq_str){rest->p + end, rest->n - end};
	return true;
}

static void read_base(struct reading *r, struct iq_str word)
{
	uint64_t v = 0;

	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] < '0' || word.p[i] > '9' || v > UINT64_MAX / 10 - 1) {
			v = 0;
			break;
		}
		v = 10 * v + (uint64_t)(word.p[i] - '0');
	}
	if (v == 0)
		say_text(r, word, N_("This is no revision. The first line is: base REVISION"));
	r->out->based_on = v;
}

/* The record that the line is about: a new one, or one of an earlier line. */
static struct iq_decided *record(struct reading *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_decision *d = r->out;
	struct iq_problem p = {.text = NULL};
	struct iq_decided *v;

	for (size_t i = 0; i < d->n; i++)
		if (d->v[i].rec.kind == kind && iq_str_eq(iq_rec_text(&d->v[i].rec, 0), id))
			return &d->v[i];
	if (d->n == IQ_DECISION_MOST) {
		say_text(r, id, N_("A proposal changes 100 records at most."));
		return NULL;
	}
	v = iq_arena_grow(r->arena, d->v, d->n * sizeof(*v), (d->n + 1) * sizeof(*v));
	if (v == NULL)
		return NULL;
	d->v = v;
	v[d->n] = (struct iq_decided){.rec = {.kind = kind}, .line = r->line};
	if (id.n == 0)
		say_text(r, id, N_("The id of the record is missing."));
	else if (iq_rec_read_cell(&v[d->n].rec, IQ_COL_ID, id, r->arena, &p) != IQ_OK)
		say(r, (struct iq_str){NULL, 0}, &p);
	else
		return &v[d->n++];
	return NULL;
}

static void read_field(struct reading *r, struct iq_decided *d, struct iq_str word)
{
	struct iq_str value = word, name;
	struct iq_problem p = {.value = word};

	if (memchr(word.p, '=', word.n) == NULL) {
		say_text(r, word, N_("A field is written as: column=value"));
		return;
	}
	(void)iq_str_cut(&value, '=', &name);
	int col = iq_column_by_name(d->rec.kind, name);

	p.value = value;
	if (col < 0)
		p.text = N_("There is no such field.");
	else if (!iq_decision_may(d->rec.kind, col) &&
		 !(d->add && col > IQ_COL_ID && col == owner_column(d->rec.kind)))
		p.text = N_("A vote cannot change this: it is for the institution itself, or for "
			    "a coordinator.");
	else if (d->rec.given & BIT(col))
		p.text = N_("The field is given twice.");
	if (p.text != NULL || iq_rec_read_cell(&d->rec, col, value, r->arena, &p) != IQ_OK)
		say(r, name, &p);
}

static void read_record(struct reading *r, struct iq_str rest, bool add)
{
	struct iq_str word = {NULL, 0}, id = {NULL, 0};
	struct iq_decided *d;
	bool open = false;
	size_t n = 0;

	(void)next_word(r, &rest, &word, &open);
	enum iq_kind kind = iq_kind_by_name(word);

	if (kind != IQ_INSTITUTION && owner_column(kind) == 0) {
		say_text(r, word,
			N_("A vote can change institutions, responsibilities and notices of "
			   "members."));
		return;
	}
	if (add && kind == IQ_INSTITUTION) {
		say_text(r, word, N_("A vote can add responsibilities and notices of members."));
		return;
	}
	size_t before = r->out->n;

	(void)next_word(r, &rest, &id, &open);
	d = record(r, kind, id);
	if (d != NULL && add && r->out->n == before) {
		say_text(r, id, N_("A line before this one is about the same record."));
		return;
	}
	if (d != NULL && add)
		d->add = true;
	while (d != NULL && next_word(r, &rest, &word, &open)) {
		if (open) {
			say_text(r, word, N_("A quotation mark is missing."));
			return;
		}
		read_field(r, d, word);
		n++;
	}
	if (d != NULL && n == 0)
		say_text(r, id, N_("A field is written as: column=value"));
}

static void read_line(struct reading *r, struct iq_str line)
{
	struct iq_str rest = line, verb = {NULL, 0}, word = {NULL, 0};
	bool open = false;

	if (!next_word(r, &rest, &verb, &open))
		return; /* empty */
	if (iq_str_is(verb, "base") && r->out->based_on == 0 && r->out->n == 0) {
		(void)next_word(r, &rest, &word, &open);
		read_base(r, word);
	} else if (iq_str_is(verb, "set") || iq_str_is(verb, "add")) {
		if (r->out->based_on == 0 && !r->bad)
			say_text(r, verb,
				N_("This is no revision. The first line is: base REVISION"));
		read_record(r, rest, iq_str_is(verb, "add"));
	} else {
		say_text(r, verb,
			N_("A line is: set KIND ID column=value … or: add KIND ID column=value …"));
	}
}

enum iq_err iq_decision_parse(struct iq_str text, struct iq_arena *arena,
	const struct iq_problem *where, struct iq_decision *out, struct iq_error *error)
{
	struct reading r = {.arena = arena, .where = where, .out = out, .error = error};
	struct iq_str rest = text, line;

	*out = (struct iq_decision){.based_on = 0};
	while (rest.n > 0 && iq_str_cut(&rest, '\n', &line)) {
		r.line++;
		read_line(&r, line);
	}
	if (arena->failed)
		return IQ_ERR_INTERNAL;
	if (!r.bad && text.n > 0 && out->n == 0)
		say_text(&r, text, N_("Nothing is changed: a line is: set KIND ID column=value …"));
	return r.bad ? IQ_ERR_REJECTED : IQ_OK;
}
