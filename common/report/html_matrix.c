/* SPDX-License-Identifier: Apache-2.0 */
/* The matrix, in parts of at most IQ_REPORT_SPLIT columns, and its legend. */
#include <stdio.h>

#include "report_priv.h"

enum { SHORT = 12 }; /* rows of a part that stays on one page */

/* A part: columns from … to, without to. */
struct part {
	size_t number, parts, from, to;
	bool *rows; /* those that are in it */
	size_t nrows;
};

void iq_report_html_entry(struct iq_report_out *o, const struct iq_report_entry *e)
{
	if ((unsigned)e->role >= IQ_ROLES)
		return;
	iq_buf_printf(o->b, "<p class=\"r%d%s\"><span aria-hidden=true>%s ", (int)e->role,
		e->groups == 0 ? " any" : "", iq_report_symbols[e->role]);
	iq_report_chips(o, e->groups);
	iq_report_put(o, iq_report_has(e->condition) ? "*" : e->possible ? "?" : "");
	iq_report_put(o, "</span><span class=v>");
	iq_report_say(o, iq_report_sentence(o, e));
	iq_report_put(o, ".</span></p>");
}

static void put_mark(
	struct iq_report_out *o, const char *class, const char *symbol, enum iq_rw word)
{
	iq_buf_printf(o->b, " <small class=%s>%s ", class, symbol);
	iq_report_word(o, word);
	iq_report_put(o, "</small>");
}

void iq_report_html_marks(struct iq_report_out *o, unsigned marks)
{
	if ((marks & IQ_REPORT_GAP) != 0)
		put_mark(o, "gap", "▲", IQ_RW_GAP);
	if ((marks & IQ_REPORT_OVERLAP) != 0)
		put_mark(o, "over", "◆", IQ_RW_OVERLAP);
	if ((marks & IQ_REPORT_STALE) != 0)
		put_mark(o, "stale", "◷", IQ_RW_STALE);
}

static struct iq_str column_name(const struct iq_report_out *o, size_t c)
{
	const struct iq_report_column *column = &o->doc->matrix.columns[c];

	return iq_report_in(iq_report_has(column->brief) ? column->brief : column->name, o->lang);
}

/* Words a German compound may be broken before: browsers and printers without a dictionary of
 * hyphens would cut it anywhere, and without one. */
static bool is_seam(const char *p, size_t n)
{
	static const char *const seams[] = {"agentur", "akademie", "anerkennung", "arbeit",
		"aufnahme", "beauftragt", "behörde", "beratung", "bildung", "büro", "dienst",
		"direktion", "einrichtung", "förderung", "gremium", "grundlage", "haupt", "hilfe",
		"information", "kammer", "kasse", "kommission", "kurs", "markt", "migration",
		"ministerium", "netzwerk", "perspektiv", "qualifizierung", "schule", "service",
		"stadt", "status", "stelle", "verband", "vermittlung", "versicherung", "verwaltung",
		"wohnung", "zentrum", "zulassung"};

	for (size_t i = 0; i < sizeof(seams) / sizeof(seams[0]); i++)
		if (strlen(seams[i]) <= n && memcmp(p, seams[i], strlen(seams[i])) == 0)
			return true;
	return false;
}

/* A name with places where it may be broken. */
void iq_report_say_breakable(struct iq_report_out *o, struct iq_str s)
{
	size_t from = 0, word = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' || s.p[i] == '-' || s.p[i] == '/')
			word = i + 1;
		if (i < word + 3 || !is_seam(s.p + i, s.n - i))
			continue;
		iq_report_say(o, (struct iq_str){s.p + from, i - from});
		iq_report_put(o, "&shy;");
		from = i;
	}
	if (from < s.n)
		iq_report_say(o, (struct iq_str){s.p + from, s.n - from});
}

/* In the other language it keeps the mark of that, and is not broken. */
static void put_name(struct iq_report_out *o, struct iq_report_text name)
{
	if (name.in[o->lang].n != 0)
		iq_report_say_breakable(o, name.in[o->lang]);
	else
		iq_report_say_text(o, name);
}

static void put_column(struct iq_report_out *o, size_t c)
{
	const struct iq_report_column *column = &o->doc->matrix.columns[c];
	bool link = column->sheet != 0 && column->sheet <= o->doc->nsheets;

	iq_report_put(o, "<th scope=col id=");
	iq_report_id(o, "");
	iq_buf_printf(o->b, "c%zu>", c);
	if (link) {
		iq_report_put(o, "<a href=#");
		iq_report_id(o, "");
		iq_buf_printf(o->b, "s%u>", column->sheet - 1);
	}
	put_name(o, iq_report_has(column->brief) ? column->brief : column->name);
	iq_report_put(o, link ? "</a>" : "");
}

static void put_row(struct iq_report_out *o, const struct part *p, size_t r)
{
	const struct iq_report_matrix *m = &o->doc->matrix;
	const struct iq_report_row *row = &m->rows[r];

	iq_report_put(o, "<tr><th scope=row id=");
	iq_report_id(o, "");
	iq_buf_printf(o->b, "t%zu-%zu class=d%u>", p->number, r, row->depth < 4 ? row->depth : 4);
	put_name(o, row->name);
	iq_report_html_marks(o, row->marks);
	for (size_t c = p->from; c < p->to; c++) {
		const struct iq_report_cell *cell = &m->cells[r * m->ncolumns + c];

		iq_report_put(o, "<td>");
		for (size_t i = 0; i < cell->nentries; i++)
			iq_report_html_entry(o, &cell->entries[i]);
	}
	iq_report_put(o, "\n");
}

static bool is_parent(const struct iq_report_matrix *m, size_t r)
{
	return r + 1 < m->nrows && m->rows[r + 1].depth > m->rows[r].depth;
}

static bool has_entry(const struct iq_report_matrix *m, size_t r, size_t from, size_t to)
{
	for (size_t c = from; c < to; c++)
		if (m->cells[r * m->ncolumns + c].nentries != 0)
			return true;
	return false;
}

/* Tasks with an entry in the part and what is above them; tasks of nobody in the first one. */
static void choose_rows(struct iq_report_out *o, struct part *p)
{
	const struct iq_report_matrix *m = &o->doc->matrix;
	unsigned open = 0;

	p->nrows = 0;
	for (size_t r = m->nrows; r-- > 0;) {
		bool nobody =
			p->number == 0 && !is_parent(m, r) && !has_entry(m, r, 0, m->ncolumns);

		p->rows[r] = p->parts == 1 || nobody || has_entry(m, r, p->from, p->to) ||
			     m->rows[r].depth < open;
		if (p->rows[r])
			open = m->rows[r].depth;
		p->nrows += p->rows[r];
	}
}

static void put_part(struct iq_report_out *o, const struct part *p)
{
	struct iq_str label = iq_str(iq_rw(o, IQ_RW_MATRIX));
	char number[24], parts[24];

	if (p->parts > 1) {
		snprintf(number, sizeof(number), "%zu", p->number + 1);
		snprintf(parts, sizeof(parts), "%zu", p->parts);
		label = iq_rw_fill(o, IQ_RW_MATRIX_PART, iq_str(number), iq_str(parts));
	}
	iq_buf_printf(o->b, "<div class=\"scroll tall%s\" role=region tabindex=0 aria-label=\"",
		p->nrows <= SHORT ? " short" : "");
	iq_report_say(o, label);
	iq_report_put(o, "\"><table class=m><caption><span>");
	if (p->parts > 1) {
		iq_report_put(o, "<b>");
		iq_report_say(o, label);
		iq_report_put(o, "</b> ");
		iq_report_say(o, iq_rw_fill(o, IQ_RW_MATRIX_CAPTION, column_name(o, p->from),
					 column_name(o, p->to - 1)));
	} else {
		iq_report_word(o, IQ_RW_MATRIX_ONE);
	}
	iq_report_put(o, "</span></caption>\n<thead><tr><th scope=col>");
	iq_report_word(o, IQ_RW_TASK);
	for (size_t c = p->from; c < p->to; c++)
		put_column(o, c);
	iq_report_put(o, "<tbody>\n");
	for (size_t r = 0; r < o->doc->matrix.nrows; r++)
		if (p->rows[r])
			put_row(o, p, r);
	iq_report_put(o, "</table></div>\n");
}

void iq_report_html_matrix(struct iq_report_out *o)
{
	const struct iq_report_matrix *m = &o->doc->matrix;
	struct part p = {.parts = (m->ncolumns + IQ_REPORT_SPLIT - 1) / IQ_REPORT_SPLIT};

	if (m->nrows == 0 || m->ncolumns == 0) {
		iq_report_put(o, "<p>");
		iq_report_word(o, IQ_RW_MATRIX_NONE);
		iq_report_put(o, "</p>");
		return;
	}
	p.rows = iq_arena_array(&o->mem, m->nrows, sizeof(p.rows[0]));
	for (; p.rows != NULL && p.number < p.parts; p.number++) { /* 25 columns: 7, 6, 6, 6 */
		p.to = p.from + m->ncolumns / p.parts + (p.number < m->ncolumns % p.parts);
		choose_rows(o, &p);
		put_part(o, &p);
		p.from = p.to;
	}
}

/* ---- legend ------------------------------------------------------------------------------- */

static void begin_legend(struct iq_report_out *o, enum iq_rw title, enum iq_rw symbol)
{
	iq_report_put(o, "<table class=l><caption>");
	iq_report_word(o, title);
	iq_report_put(o, "</caption><thead><tr><th scope=col>");
	iq_report_word(o, symbol);
	iq_report_put(o, "<th scope=col>");
	iq_report_word(o, IQ_RW_MEANING);
	iq_report_put(o, "<tbody>");
}

static void put_meaning(struct iq_report_out *o, const char *html, const char *text)
{
	iq_buf_printf(o->b, "<tr><td>%s<td>", html);
	iq_report_say(o, iq_str(text));
}

void iq_report_html_legend(struct iq_report_out *o)
{
	iq_report_put(o, "<div class=legend>");
	begin_legend(o, IQ_RW_LEGEND_ROLES, IQ_RW_SYMBOL);
	for (int role = 0; role < IQ_ROLES; role++)
		put_meaning(o, iq_report_symbols[role], iq_report_role(o, (enum iq_role)role));
	iq_report_put(o, "</table>\n");
	begin_legend(o, IQ_RW_LEGEND_GROUPS, IQ_RW_LETTER);
	for (size_t i = 0; i < iq_report_ngroups(o->doc); i++) {
		iq_report_put(o, "<tr><td>");
		iq_report_chips(o, (uint32_t)1 << i);
		iq_report_put(o, "<td>");
		iq_report_say_text(o, o->doc->groups[i].name);
	}
	iq_report_put(o, "<tr><td>");
	iq_report_chips(o, 0);
	iq_report_put(o, "<td>");
	iq_report_word(o, IQ_RW_LEGEND_ALL);
	iq_report_put(o, "</table>\n");
	begin_legend(o, IQ_RW_LEGEND_MARKS, IQ_RW_SYMBOL);
	put_meaning(o, "*", iq_rw(o, IQ_RW_LEGEND_CONDITION));
	put_meaning(o, "?", iq_rw(o, IQ_RW_LEGEND_POSSIBLE));
	put_meaning(o, "▲", iq_rw(o, IQ_RW_LEGEND_GAP));
	put_meaning(o, "◆", iq_rw(o, IQ_RW_LEGEND_OVERLAP));
	put_meaning(o, "◷", iq_rw(o, IQ_RW_LEGEND_STALE));
	iq_report_put(o, "</table></div>\n");
}
