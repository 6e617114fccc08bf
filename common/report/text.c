/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix for a terminal. */
#include "report_priv.h"
#include "utf8.h"

enum { NARROWEST = 40, TASK_MAX = 44, CELL_MIN = 8, CELL_MAX = 26, RULE = 2 };

struct page {
	struct iq_report_out *o;
	bool colour;
	unsigned task;   /* columns of the first column */
	unsigned *cells; /* columns of the others */
};

static void spaces(struct iq_report_out *o, unsigned n)
{
	while (n-- > 0)
		iq_buf_byte(o->b, ' ');
}

/* The longest beginning of s that takes at most `width` columns, at a blank where there is one. */
static size_t fitting(struct iq_str s, unsigned width)
{
	struct iq_str rest = s;
	size_t word = 0, at = 0;
	unsigned used = 0;

	while (rest.n != 0) {
		struct iq_str before = rest;
		uint32_t c = iq_utf8_next(&rest);

		used += iq_utf8_columns((struct iq_str){before.p, before.n - rest.n});
		if (used > width)
			return word != 0 ? word : at != 0 ? at : s.n - rest.n;
		at = s.n - rest.n;
		if (c == ' ' || c == '-' || c == '/')
			word = at;
	}
	return s.n;
}

/* What a line begins with after it was broken. */
static struct iq_str without_blanks(struct iq_str s)
{
	while (s.n != 0 && s.p[0] == ' ') {
		s.p++;
		s.n--;
	}
	return s;
}

static void put_padded(struct iq_report_out *o, struct iq_str s, unsigned width)
{
	unsigned used = iq_utf8_columns(s);

	iq_buf_str(o->b, s);
	spaces(o, used < width ? width - used : 0);
}

static void chip(struct page *p, const struct iq_report_group *group, unsigned *used)
{
	struct iq_str letter = iq_report_visible(p->o, group->letter);
	struct iq_report_colour c = iq_report_colour(group->colour);

	if (p->colour)
		iq_buf_printf(p->o->b, "\x1b[48;5;%u;38;5;%um%.*s\x1b[0m", c.ansi,
			c.text == 0xffffff ? 231u : 16u, IQ_STR_ARG(letter));
	else
		iq_buf_str(p->o->b, letter);
	*used += iq_utf8_columns(letter);
}

/* Symbol, letters, mark; the number of columns, at most `width`. */
static unsigned put_entry(struct page *p, const struct iq_report_entry *e, unsigned width)
{
	struct iq_report_out *o = p->o;
	struct iq_str symbol =
		iq_str((unsigned)e->role < IQ_ROLES ? iq_report_symbols[e->role] : "");
	const char *mark = iq_report_has(e->condition) ? "*" : e->possible ? "?" : "";
	unsigned used = iq_utf8_columns(symbol);
	bool any = true;

	iq_buf_str(o->b, symbol);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		if ((e->groups >> i & 1) == 0)
			continue;
		any = false;
		if (used + 4 + iq_utf8_columns(o->doc->groups[i].letter) > width) { /* … and mark */
			iq_report_put(o, " …");
			used += 2;
			break;
		}
		iq_buf_byte(o->b, ' ');
		used++;
		chip(p, &o->doc->groups[i], &used);
	}
	if (any) {
		struct iq_str all = iq_str(iq_rw(o, IQ_RW_ALL));

		iq_buf_byte(o->b, ' ');
		iq_buf_str(o->b, all);
		used += 1 + iq_utf8_columns(all);
	}
	iq_buf_str(o->b, iq_str(mark));
	return used + (unsigned)strlen(mark);
}

/* What put_entry() takes, without writing it. */
static unsigned entry_width(struct iq_report_out *o, const struct iq_report_entry *e)
{
	struct iq_str letters = iq_report_visible(o, iq_report_letters(o, e->groups));

	return 2 + iq_utf8_columns(letters) + 3; /* room for " …" and a mark */
}

static unsigned longest_word(struct iq_str s)
{
	struct iq_str word;
	unsigned longest = 0;

	while (iq_str_cut(&s, ' ', &word)) {
		unsigned n = iq_utf8_columns(word);

		longest = n > longest ? n : longest;
	}
	return longest;
}

static void measure(struct page *p)
{
	const struct iq_report_matrix *m = &p->o->doc->matrix;

	p->task = 12;
	for (size_t r = 0; r < m->nrows; r++) {
		unsigned n = m->rows[r].depth * 2 + 2 +
			     iq_utf8_columns(iq_report_visible(
				     p->o, iq_report_in(m->rows[r].name, p->o->lang)));

		p->task = n > p->task ? n : p->task;
	}
	for (size_t c = 0; c < m->ncolumns; c++) {
		unsigned n = CELL_MIN;

		for (size_t r = 0; r < m->nrows; r++) {
			const struct iq_report_cell *cell = &m->cells[r * m->ncolumns + c];

			for (size_t i = 0; i < cell->nentries; i++) {
				unsigned w = entry_width(p->o, &cell->entries[i]);

				n = w > n ? w : n;
			}
		}

		const struct iq_report_column *column = &m->columns[c];
		struct iq_str heading = iq_report_visible(p->o,
			iq_report_in(iq_report_has(column->brief) ? column->brief : column->name,
				p->o->lang));
		unsigned name = iq_utf8_columns(heading);

		name = (name + 3) / 4 + 3; /* four lines of a heading */
		n = name > n ? name : n;
		name = longest_word(heading);
		n = name > n ? name : n;
		p->cells[c] = n;
	}
}

/* The names of institutions over their columns, in as many lines as they need. */
static void put_heading(struct page *p, size_t from, size_t to)
{
	struct iq_report_out *o = p->o;
	struct iq_str *rest = iq_arena_array(&o->mem, to - from, sizeof(rest[0]));
	bool more = rest != NULL;

	for (size_t c = from; rest != NULL && c < to; c++) {
		const struct iq_report_column *column = &o->doc->matrix.columns[c];

		rest[c - from] = iq_report_visible(
			o, iq_report_in(iq_report_has(column->brief) ? column->brief : column->name,
				   o->lang));
	}
	for (bool first = true; more; first = false) {
		more = false;
		put_padded(o, first ? iq_str(iq_rw(o, IQ_RW_TASK)) : (struct iq_str){0}, p->task);
		for (size_t c = from; c < to; c++) {
			struct iq_str *s = &rest[c - from];
			size_t n = fitting(*s, p->cells[c]);
			struct iq_str line = {s->p, n};

			while (line.n != 0 && line.p[line.n - 1] == ' ')
				line.n--;
			spaces(o, RULE);
			put_padded(o, line, p->cells[c]);
			*s = without_blanks((struct iq_str){s->p + n, s->n - n});
			more = more || s->n != 0;
		}
		while (o->b->n != 0 && o->b->p[o->b->n - 1] == ' ')
			o->b->n--;
		iq_buf_byte(o->b, '\n');
	}
}

/* The name of a task, one line of it; *rest is what is left. */
static void put_task(
	struct page *p, const struct iq_report_row *row, struct iq_str *rest, bool first)
{
	unsigned indent = row->depth * 2 < p->task / 2 ? row->depth * 2 : p->task / 2;
	unsigned mark = 0;

	spaces(p->o, indent + (first ? 0 : 2));
	indent += first ? 0 : 2;
	if (first && (row->marks & (IQ_REPORT_GAP | IQ_REPORT_OVERLAP)) != 0) {
		iq_report_put(p->o, (row->marks & IQ_REPORT_GAP) != 0 ? "▲ " : "◆ ");
		mark = 2;
	}

	size_t n = fitting(*rest, p->task - indent - mark);
	struct iq_str line = {rest->p, n};

	while (line.n != 0 && line.p[line.n - 1] == ' ')
		line.n--;
	put_padded(p->o, line, p->task - indent - mark);
	*rest = without_blanks((struct iq_str){rest->p + n, rest->n - n});
}

/* Does anybody of these columns have to do with the task or one below it? */
static bool anybody(const struct iq_report_matrix *m, size_t r, size_t from, size_t to)
{
	for (size_t i = r; i < m->nrows && (i == r || m->rows[i].depth > m->rows[r].depth); i++)
		for (size_t c = from; c < to; c++)
			if (m->cells[i * m->ncolumns + c].nentries != 0)
				return true;
	return false;
}

/* A block has the rows in which there is something; those of nobody are in the first. */
static bool has_row(const struct iq_report_matrix *m, size_t r, size_t from, size_t to)
{
	return anybody(m, r, from, to) || (from == 0 && !anybody(m, r, 0, m->ncolumns));
}

static void put_row(struct page *p, size_t r, size_t from, size_t to)
{
	struct iq_report_out *o = p->o;
	const struct iq_report_matrix *m = &o->doc->matrix;
	struct iq_str name = iq_report_visible(o, iq_report_in(m->rows[r].name, o->lang));
	bool more = true;

	for (size_t line = 0; more; line++) {
		more = false;
		put_task(p, &m->rows[r], &name, line == 0);
		for (size_t c = from; c < to; c++) {
			const struct iq_report_cell *cell = &m->cells[r * m->ncolumns + c];
			unsigned used = 0;

			spaces(o, RULE);
			if (line < cell->nentries)
				used = put_entry(p, &cell->entries[line], p->cells[c]);
			spaces(o, used < p->cells[c] ? p->cells[c] - used : 0);
			more = more || line + 1 < cell->nentries;
		}
		while (o->b->n != 0 && o->b->p[o->b->n - 1] == ' ')
			o->b->n--;
		iq_buf_byte(o->b, '\n');
		more = more || name.n != 0;
	}
}

/* What occurs in a matrix. */
struct used {
	uint32_t groups;
	unsigned roles, marks;
	bool condition, possible;
};

static struct used what_occurs(const struct iq_report_matrix *m)
{
	struct used u = {0};

	for (size_t r = 0; r < m->nrows; r++) {
		u.marks |= m->rows[r].marks;
		for (size_t c = 0; c < m->ncolumns; c++) {
			const struct iq_report_cell *cell = &m->cells[r * m->ncolumns + c];

			for (size_t i = 0; i < cell->nentries; i++) {
				const struct iq_report_entry *e = &cell->entries[i];
				bool condition = iq_report_has(e->condition);

				u.groups |= e->groups;
				u.roles |= (unsigned)e->role < IQ_ROLES ? 1u << e->role : 0;
				u.condition = u.condition || condition;
				u.possible = u.possible || (!condition && e->possible);
			}
		}
	}
	return u;
}

static void put_legend_roles(struct page *p, const struct used *u, unsigned width)
{
	struct iq_report_out *o = p->o;
	unsigned at = 0;

	for (int i = 0; i < IQ_ROLES; i++) {
		if ((u->roles >> i & 1) == 0)
			continue;
		const char *role = iq_report_role(o, (enum iq_role)i);
		unsigned used = iq_utf8_columns(iq_str(iq_report_symbols[i])) + 1 +
				iq_utf8_columns(iq_str(role));

		if (at != 0)
			iq_report_put(o, at + 2 + used > width ? "\n" : "  ");
		at = at + 2 + used > width ? used : at + (at != 0 ? 2 : 0) + used;
		iq_buf_printf(o->b, "%s %s", iq_report_symbols[i], role);
	}
	if (at != 0)
		iq_report_put(o, "\n");
}

/* Of what occurs only: a small matrix is not shorter than its legend. */
static void put_legend(struct page *p, unsigned width)
{
	struct iq_report_out *o = p->o;
	struct used u = what_occurs(&o->doc->matrix);

	put_legend_roles(p, &u, width);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		unsigned used = 0;

		if ((u.groups >> i & 1) == 0)
			continue;
		chip(p, &o->doc->groups[i], &used);
		spaces(o, used < 3 ? 4 - used : 1);
		iq_buf_str(
			o->b, iq_report_visible(o, iq_report_in(o->doc->groups[i].name, o->lang)));
		iq_report_put(o, "\n");
	}
	if (u.condition)
		iq_buf_printf(o->b, "*   %s\n", iq_rw(o, IQ_RW_LEGEND_CONDITION));
	if (u.possible)
		iq_buf_printf(o->b, "?   %s\n", iq_rw(o, IQ_RW_LEGEND_POSSIBLE));
	if ((u.marks & IQ_REPORT_GAP) != 0)
		iq_buf_printf(o->b, "▲   %s\n", iq_rw(o, IQ_RW_LEGEND_GAP));
	if ((u.marks & IQ_REPORT_OVERLAP) != 0)
		iq_buf_printf(o->b, "◆   %s\n", iq_rw(o, IQ_RW_LEGEND_OVERLAP));
}

enum iq_err iq_report_text(const struct iq_report *doc, enum iq_lang lang, unsigned width,
	bool colour, struct iq_buf *out, struct iq_error *error)
{
	const struct iq_report_matrix *m = &doc->matrix;
	struct iq_report_out o;
	struct page p = {.o = &o, .colour = colour};

	width = width < NARROWEST ? NARROWEST : width;
	iq_report_begin(&o, doc, lang, out);
	p.cells = iq_arena_array(&o.mem, m->ncolumns, sizeof(p.cells[0]));
	if (p.cells != NULL)
		measure(&p);
	if (p.task > TASK_MAX)
		p.task = TASK_MAX;
	if (p.task > width * 2 / 5)
		p.task = width * 2 / 5;
	for (size_t from = 0, to; p.cells != NULL && from < m->ncolumns; from = to) {
		unsigned used = p.task;

		for (to = from; to < m->ncolumns; to++) {
			unsigned most = width - p.task - RULE;

			if (p.cells[to] > CELL_MAX)
				p.cells[to] = CELL_MAX;
			if (p.cells[to] > most)
				p.cells[to] = most;
			if (to != from && used + RULE + p.cells[to] > width)
				break;
			used += RULE + p.cells[to];
		}
		if (from != 0)
			iq_report_put(&o, "\n");
		put_heading(&p, from, to);
		for (size_t r = 0; r < m->nrows; r++)
			if (has_row(m, r, from, to))
				put_row(&p, r, from, to);
	}
	iq_report_put(&o, "\n");
	if (p.cells != NULL)
		put_legend(&p, width);
	return iq_report_end(&o, error);
}
