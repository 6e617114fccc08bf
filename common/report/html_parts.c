/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, sheets of institutions and graphs of the HTML. */
#include <stdio.h>

#include "report_priv.h"

enum {
	SHORT = 4, /* rows of a table that stays on one page */
	WIDE = 8   /* columns of one whose long words give way */
};

/* <th scope=col> for each; the caller has opened the row. */
static void put_heads(struct iq_report_out *o, const enum iq_rw *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		iq_report_put(o, "<th scope=col>");
		iq_report_say_breakable(o, iq_str(iq_rw(o, words[i])));
	}
}

/* A table in a region of its own, which may be wider than a narrow screen. `title` names both;
 * `class` is k0 … of the parts, kd duties, kc chains, kg hand-overs, for the widths on paper. */
static void begin_table(struct iq_report_out *o, char class, struct iq_str title,
	const enum iq_rw *words, size_t n, size_t nrows)
{
	iq_buf_printf(o->b, "<div class=\"scroll%s%s\"", nrows <= SHORT ? " short" : "",
		n >= WIDE ? " wide" : "");
	iq_report_put(o, " role=group tabindex=0 aria-label=\"");
	iq_report_say(o, title);
	iq_buf_printf(o->b, "\"><table class=k%c><caption class=v>", class);
	iq_report_say(o, title);
	iq_report_put(o, "</caption><thead><tr>");
	put_heads(o, words, n);
	iq_report_put(o, "<tbody>\n");
}

static void end_table(struct iq_report_out *o)
{
	iq_report_put(o, "</table></div>\n");
}

/* ---- values ------------------------------------------------------------------------------- */

static void put_anchor(
	struct iq_report_out *o, const char *scheme, struct iq_str to, struct iq_str s)
{
	iq_buf_printf(o->b, "<a href=\"%s", scheme);
	iq_report_say(o, to);
	iq_report_put(o, "\">");
	iq_report_say(o, s);
	iq_report_put(o, "</a>");
}

/* "www.bamf.de/…": where a link leads, as far as it helps who reads it on paper. */
static struct iq_str host(struct iq_report_out *o, struct iq_str url)
{
	const char *from = memmem(url.p, url.n, "//", 2), *to;

	if (from == NULL)
		return url;
	from += 2;
	to = memchr(from, '/', (size_t)(url.p + url.n - from));
	if (to == NULL || to + 1 >= url.p + url.n)
		return (struct iq_str){from, (size_t)((to ? to : url.p + url.n) - from)};
	return iq_str(iq_arena_printf(&o->mem, "%.*s/…", (int)(to - from), from));
}

/* A link where it is certain that it is one, else text. */
static void put_value(struct iq_report_out *o, enum iq_report_type type, struct iq_str s)
{
	struct iq_str tel = type == IQ_RT_PHONE ? iq_report_tel(&o->mem, s) : (struct iq_str){0};

	if (tel.n != 0)
		put_anchor(o, "tel:", tel, s);
	else if (type == IQ_RT_EMAIL && iq_report_is_email(s))
		put_anchor(o, "mailto:", s, s);
	else if (type == IQ_RT_URL && iq_report_is_url(s))
		put_anchor(o, "", s, host(o, s));
	else if (type == IQ_RT_DATE)
		iq_report_say(o, iq_report_date(o, s));
	else
		iq_report_say(o, s);
}

static void put_lines(struct iq_report_out *o, struct iq_str s)
{
	struct iq_str line;

	while (iq_str_cut(&s, '\n', &line)) {
		if (line.n == 0)
			continue;
		iq_report_put(o, "<p>");
		iq_report_say(o, line);
		iq_report_put(o, "</p>");
	}
}

/* ---- parts -------------------------------------------------------------------------------- */

static void put_cell(struct iq_report_out *o, const struct iq_report_line *line, size_t c,
	enum iq_report_type type)
{
	struct iq_report_text t = line->cells[c];

	iq_report_put(o, type == IQ_RT_HEAD ? "<th scope=row>" : "<td>");
	if (type == IQ_RT_GROUPS && (line->groups != 0 || !iq_report_has(t))) {
		iq_report_chips(o, line->groups);
		iq_report_put(o, " ");
	}
	if (type == IQ_RT_LINES)
		put_lines(o, iq_report_in(t, o->lang));
	else if (type == IQ_RT_TEXT || type == IQ_RT_HEAD || type == IQ_RT_GROUPS)
		iq_report_say_text(o, t);
	else
		put_value(o, type, iq_report_in(t, o->lang));
}

void iq_report_html_part(struct iq_report_out *o, enum iq_report_part part)
{
	const struct iq_report_schema *s = iq_report_schema(part);
	const struct iq_report_table *t = &o->doc->parts[part];
	enum iq_rw words[IQ_REPORT_CELLS];

	if (t->nlines == 0) {
		iq_report_put(o, "<p>");
		iq_report_word(o, s->none);
		iq_report_put(o, "</p>\n");
		return;
	}
	for (size_t c = 0; c < s->nfields; c++)
		words[c] = s->fields[c].word;
	begin_table(
		o, (char)('0' + part), iq_str(iq_rw(o, s->title)), words, s->nfields, t->nlines);
	for (size_t r = 0; r < t->nlines; r++) {
		iq_report_put(o, "<tr>");
		for (size_t c = 0; c < s->nfields; c++)
			put_cell(o, &t->lines[r], c, s->fields[c].type);
		iq_report_put(o, "\n");
	}
	end_table(o);
}

/* ---- institutions ------------------------------------------------------------------------- */

static void put_fact(
	struct iq_report_out *o, enum iq_rw word, enum iq_report_type type, struct iq_str s)
{
	if (s.n == 0)
		return;
	iq_report_put(o, "<div><dt>");
	iq_report_word(o, word);
	iq_report_put(o, "</dt><dd>");
	put_value(o, type, s);
	iq_report_put(o, "</dd></div>");
}

static void put_reach(struct iq_report_out *o, const struct iq_report_sheet *s)
{
	iq_report_put(o, "<p>");
	iq_report_say_text(o, s->kind);
	if (iq_report_has(s->via)) {
		iq_report_put(o, " · ");
		iq_report_say(o, iq_rw_fill(o, IQ_RW_VIA, iq_report_in(s->via, o->lang),
					 (struct iq_str){0}));
	}
	if (s->phone.n == 0 && s->email.n == 0) {
		iq_report_put(o, " · ");
		iq_report_word(o, IQ_RW_NO_WAY);
	}
	iq_report_put(o, "</p>");
	if (s->address.n + s->phone.n + s->email.n + s->url.n == 0 && !iq_report_has(s->hours))
		return;
	iq_report_put(o, "<dl class=facts>");
	put_fact(o, IQ_RW_ADDRESS, IQ_RT_TEXT, s->address);
	put_fact(o, IQ_RW_PHONE, IQ_RT_PHONE, s->phone);
	put_fact(o, IQ_RW_EMAIL, IQ_RT_EMAIL, s->email);
	put_fact(o, IQ_RW_WEB, IQ_RT_URL, s->url);
	put_fact(o, IQ_RW_HOURS, IQ_RT_TEXT, iq_report_in(s->hours, o->lang));
	iq_report_put(o, "</dl>\n");
}

static void put_duty(struct iq_report_out *o, const struct iq_report_duty *d)
{
	const struct iq_report_entry *e = &d->entry;
	unsigned role = (unsigned)e->role < IQ_ROLES ? (unsigned)e->role : IQ_LEAD;

	iq_buf_printf(
		o->b, "<tr class=\"r%u%s\"><th scope=row>", role, e->groups == 0 ? " any" : "");
	iq_report_say_text(o, d->task);
	iq_buf_printf(o->b, "<td><span aria-hidden=true>%s </span>", iq_report_symbols[role]);
	iq_report_say(o, iq_str(iq_report_role(o, e->role)));
	iq_report_put(o, "<td>");
	iq_report_chips(o, e->groups);
	if (e->groups != 0 || iq_report_has(e->statuses)) {
		iq_report_put(o, " ");
		iq_report_say(o, iq_report_statuses(o, e));
	}
	iq_report_put(o, "<td>");
	if (iq_report_has(e->condition))
		iq_report_say_text(o, e->condition);
	else if (e->possible)
		iq_report_word(o, IQ_RW_LEGEND_POSSIBLE);
	iq_report_put(o, "<td>");
	iq_report_say(o, d->legal_basis);
	iq_report_put(o, "<td>");
	put_value(o, IQ_RT_URL, d->source);
	iq_report_put(o, "<td>");
	if (d->confirmed_on.n == 0)
		iq_report_word(o, IQ_RW_NEVER);
	else
		put_value(o, IQ_RT_DATE, d->confirmed_on);
	iq_report_html_marks(o, d->stale ? IQ_REPORT_STALE : 0);
	iq_report_put(o, "\n");
}

void iq_report_html_sheets(struct iq_report_out *o)
{
	static const enum iq_rw words[] = {IQ_RW_TASK, IQ_RW_ROLE, IQ_RW_STATUSES, IQ_RW_CONDITION,
		IQ_RW_LEGAL_BASIS, IQ_RW_SOURCE, IQ_RW_CONFIRMED};

	for (size_t i = 0; i < o->doc->nsheets; i++) {
		const struct iq_report_sheet *s = &o->doc->sheets[i];

		iq_report_put(o, "<section class=sheet id=");
		iq_report_id(o, "");
		iq_buf_printf(o->b, "s%zu><h3>", i);
		iq_report_say_text(o, s->name);
		iq_report_put(o, "</h3>");
		put_reach(o, s);
		if (s->nduties != 0) {
			begin_table(o, 'd', iq_report_in(s->name, o->lang), words,
				sizeof(words) / sizeof(words[0]), s->nduties);
			for (size_t d = 0; d < s->nduties; d++)
				put_duty(o, &s->duties[d]);
			end_table(o);
		}
		iq_report_put(o, "</section>\n");
	}
}

/* ---- graphs ------------------------------------------------------------------------------- */

static void put_edge(struct iq_report_out *o, const struct iq_report_graph *g, size_t i)
{
	const struct iq_report_edge *e = &g->edges[i];

	if (e->from >= g->nnodes || e->to >= g->nnodes)
		return;
	iq_report_put(o, "<tr><th scope=row>");
	iq_report_say_text(o, g->nodes[e->from].label);
	iq_report_put(o, "<td>");
	iq_report_say_text(o, g->nodes[e->to].label);
	iq_report_put(o, "<td>");
	iq_report_say_text(o, e->text);
	if (!g->chain)
		iq_buf_printf(o->b, "<td>%u", e->weight != 0 ? e->weight : 1);
	iq_report_put(o, "\n");
}

/* Each step hands over to the next one. */
static bool is_line(const struct iq_report_graph *g)
{
	bool line = g->chain && g->nedges + 1 == g->nnodes;

	for (size_t i = 0; line && i < g->nedges; i++)
		line = g->edges[i].from == i && g->edges[i].to == i + 1;
	return line;
}

/* The steps of a chain, who does them, and how they hand over. */
static void put_steps(struct iq_report_out *o, const struct iq_report_graph *g)
{
	static const enum iq_rw words[] = {IQ_RW_STEP, IQ_RW_WHO, IQ_RW_WHEN};

	begin_table(o, 'c', iq_report_in(g->title, o->lang), words, is_line(g) ? 3 : 2, g->nnodes);
	for (size_t i = 0; i < g->nnodes; i++) {
		iq_buf_printf(o->b, "<tr><th scope=row>%zu. ", i + 1);
		iq_report_say_text(o, g->nodes[i].label);
		iq_report_html_marks(o, g->nodes[i].marks);
		iq_report_put(o, "<td>");
		iq_report_say_text(o, g->nodes[i].detail);
		if (is_line(g)) {
			iq_report_put(o, "<td>");
			if (i < g->nedges)
				iq_report_say_text(o, g->edges[i].text);
		}
		iq_report_put(o, "\n");
	}
	end_table(o);
}

static void put_edges(struct iq_report_out *o, const struct iq_report_graph *g)
{
	static const enum iq_rw words[] = {
		IQ_RW_INSTITUTION, IQ_RW_HANDS_TO, IQ_RW_WHEN, IQ_RW_HOW_OFTEN};
	static const enum iq_rw steps[] = {IQ_RW_STEP, IQ_RW_HANDS_TO, IQ_RW_WHEN};

	begin_table(o, 'g', iq_report_in(g->title, o->lang), g->chain ? steps : words,
		g->chain ? 3 : 4, g->nedges);
	for (size_t i = 0; i < g->nedges; i++)
		put_edge(o, g, i);
	end_table(o);
}

static void put_graph(struct iq_report_out *o, const struct iq_report_graph *g, size_t id)
{
	bool drawn = iq_report_is_drawn(g);

	iq_buf_printf(o->b, "<section class=\"graph%s\"><h3>", g->chain ? " chain" : "");
	iq_report_say_text(o, g->title);
	iq_report_put(o, "</h3>");
	if (iq_report_has(g->text)) {
		iq_report_put(o, "<p>");
		iq_report_say_text(o, g->text);
		iq_report_put(o, "</p>");
	}
	if (drawn) {
		iq_report_put(o, "<div class=\"scroll pic\" role=group tabindex=0 aria-label=\"");
		iq_report_say(o, iq_report_in(g->title, o->lang));
		iq_report_put(o, "\">");
		iq_report_svg_put(o, g, id, false);
		iq_report_put(o, "</div>\n<p>");
		iq_report_word(o, IQ_RW_GRAPH_READ);
		iq_report_put(o, "</p>");
	} else {
		iq_report_put(o, "<p>");
		iq_report_word(o, IQ_RW_GRAPH_LARGE);
		iq_report_put(o, "</p>");
	}
	iq_report_put(o, "<h4>");
	iq_report_word(o, g->chain ? IQ_RW_STEPS : IQ_RW_HANDOVERS);
	iq_report_put(o, "</h4>\n");
	if (g->chain)
		put_steps(o, g);
	if (g->nedges != 0 && !is_line(g))
		put_edges(o, g);
	iq_report_put(o, "</section>\n");
}

void iq_report_html_graphs(struct iq_report_out *o)
{
	for (size_t i = 0; i < o->doc->ngraphs; i++)
		put_graph(o, &o->doc->graphs[i], i);
}
