/* SPDX-License-Identifier: Apache-2.0 */
/* A graph as SVG: boxes with wrapped texts, arrows with numbers. Well-formed XML, in HTML too. */
#include <stdio.h>

#include "report_priv.h"
#include "utf8.h"

enum {
	BOX = 196,  /* width of a box */
	PAD = 8,    /* between border and text */
	SIZE = 12,  /* of the label's letters */
	SMALL = 11, /* of the detail's */
	LINE = 15,  /* between the lines */
	LABEL_LINES = 3,
	DETAIL_LINES = 3
};

/* Width of a character, in thousandths of the size, of a wide face (DejaVu Sans): never less than
 * what the reader's face takes. */
static unsigned width_of(uint32_t c)
{
	if (c >= 0x1100)
		return 1100;
	if (c < 0x80 && strchr("iljI.,:;'|!", (int)c) != NULL)
		return 340;
	if (c < 0x80 && strchr(" ()[]/-ftr", (int)c) != NULL)
		return 410;
	if (c < 0x80 && strchr("mMwW@%", (int)c) != NULL)
		return 1000;
	if ((c >= 'A' && c <= 'Z') || c >= 0xc0)
		return 760;
	return 640;
}

/* Visible lines of a text. */
struct wrapped {
	struct iq_str lines[LABEL_LINES];
	size_t n;
	bool cut;
};

/* The part of s that fits into `room` thousandths: whole words where there are any. */
static size_t fitting(struct iq_str s, unsigned room)
{
	struct iq_str rest = s;
	size_t word = 0, at = 0;
	unsigned used = 0;

	while (rest.n != 0) {
		uint32_t c = iq_utf8_next(&rest);

		used += width_of(c);
		if (used > room)
			return word != 0 ? word : at != 0 ? at : s.n - rest.n;
		at = s.n - rest.n;
		if (c == ' ' || c == '-' || c == '/')
			word = at;
	}
	return s.n;
}

static struct iq_str trimmed(struct iq_str s)
{
	while (s.n != 0 && s.p[0] == ' ')
		s = (struct iq_str){s.p + 1, s.n - 1};
	while (s.n != 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* What is too long ends with "…"; the whole text is in the title. */
static struct wrapped wrap(struct iq_arena *mem, struct iq_str text, unsigned size, size_t max)
{
	struct wrapped w = {.n = 0};
	struct iq_buf b;
	unsigned room = (BOX - 2 * PAD) * 1000 / size;

	iq_buf_init(&b, 0);
	iq_utf8_escape(&b, text);

	struct iq_str s = trimmed(iq_arena_dup(mem, (struct iq_str){(char *)b.p, b.n}));

	iq_buf_free(&b);
	while (s.n != 0 && w.n < max) {
		bool last = w.n == max - 1;
		size_t n = fitting(s, room);

		if (last && n < s.n) {
			w.cut = true;
			n = fitting(s, room - 1100);
			w.lines[w.n++] = iq_str(iq_arena_printf(
				mem, "%.*s…", IQ_STR_ARG(trimmed((struct iq_str){s.p, n}))));
			break;
		}
		w.lines[w.n++] = trimmed((struct iq_str){s.p, n});
		s = trimmed((struct iq_str){s.p + n, s.n - n});
	}
	return w;
}

struct drawing {
	struct wrapped *labels, *details; /* by node */
	struct iq_layout layout;
};

static bool measure(struct iq_report_out *o, const struct iq_report_graph *g, struct drawing *d)
{
	d->labels = iq_arena_array(&o->mem, g->nnodes, sizeof(d->labels[0]));
	d->details = iq_arena_array(&o->mem, g->nnodes, sizeof(d->details[0]));
	d->layout.boxes = iq_arena_array(&o->mem, g->nnodes, sizeof(d->layout.boxes[0]));
	if (d->labels == NULL || d->details == NULL || d->layout.boxes == NULL)
		return false;
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct iq_report_node *n = &g->nodes[i];

		/* bold letters are wider */
		d->labels[i] =
			wrap(&o->mem, iq_report_in(n->label, o->lang), SIZE + 1, LABEL_LINES);
		d->details[i] =
			wrap(&o->mem, iq_report_in(n->detail, o->lang), SMALL, DETAIL_LINES);
		d->layout.boxes[i].w = BOX;
		d->layout.boxes[i].h = 2 * PAD + LINE * (int)(d->labels[i].n + d->details[i].n);
	}
	return iq_layout_make(&o->mem, g, &d->layout);
}

/* Lines of a box; what they have in common stands in the group around them. */
static void put_lines(struct iq_report_out *o, const struct wrapped *w, int x, int y)
{
	for (size_t i = 0; i < w->n; i++, y += LINE) {
		iq_buf_printf(o->b, "<text x=\"%d\" y=\"%d\">", x, y);
		iq_report_say(o, w->lines[i]);
		iq_report_put(o, "</text>");
	}
}

static void put_title(
	struct iq_report_out *o, struct iq_str a, const char *between, struct iq_str b)
{
	iq_report_put(o, "<title>");
	iq_report_say(o, a);
	if (b.n != 0) {
		iq_report_put(o, between);
		iq_report_say(o, b);
	}
	iq_report_put(o, "</title>");
}

/* `titled`: with its text in full; else only if it is cut. */
static void put_box(struct iq_report_out *o, const struct iq_report_graph *g,
	const struct drawing *d, size_t i, bool titled)
{
	const struct iq_layout_box *b = &d->layout.boxes[i];
	const struct iq_report_node *n = &g->nodes[i];

	iq_buf_printf(o->b, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"%s", b->x, b->y,
		b->w, b->h,
		(n->marks & IQ_REPORT_GAP) != 0 ? " fill=\"#ffffff\" stroke=\"#8f1d17\" "
						  "stroke-width=\"2\" stroke-dasharray=\"6 3\""
						: "");
	if (!titled && !d->labels[i].cut && !d->details[i].cut) {
		iq_report_put(o, "/>");
		return;
	}
	iq_report_put(o, ">");
	put_title(o, iq_report_in(n->label, o->lang), " – ", iq_report_in(n->detail, o->lang));
	iq_report_put(o, "</rect>");
}

/* The boxes, then their texts above them. */
static void put_nodes(struct iq_report_out *o, const struct iq_report_graph *g,
	const struct drawing *d, bool titled)
{
	iq_report_put(o, "<g fill=\"#eef1f5\" stroke=\"#33373d\">");
	for (size_t i = 0; i < g->nnodes; i++)
		put_box(o, g, d, i, titled);
	iq_buf_printf(o->b,
		"</g>\n<g font-size=\"%d\" font-weight=\"bold\" text-anchor=\"middle\">", SIZE);
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct iq_layout_box *b = &d->layout.boxes[i];

		put_lines(o, &d->labels[i], b->x + b->w / 2, b->y + PAD + SIZE - 1);
	}
	iq_buf_printf(o->b, "</g>\n<g font-size=\"%d\" text-anchor=\"middle\">", SMALL);
	for (size_t i = 0; i < g->nnodes; i++) {
		const struct iq_layout_box *b = &d->layout.boxes[i];

		put_lines(o, &d->details[i], b->x + b->w / 2,
			b->y + PAD + SIZE - 1 + LINE * (int)d->labels[i].n);
	}
	iq_report_put(o, "</g>\n");
}

/* Straight within a row, bent between two. */
static void put_path(struct iq_report_out *o, const struct iq_layout_line *line)
{
	const struct iq_layout_point *p = line->points;

	iq_buf_printf(o->b, "M%d %d", p[0].x, p[0].y);
	for (size_t i = 1; i < line->n; i++) {
		if (i % 2 == 1) {
			/* of no length, it would turn the arrow's head */
			if (p[i].x != p[i - 1].x || p[i].y != p[i - 1].y)
				iq_buf_printf(o->b, "L%d %d", p[i].x, p[i].y);
			continue;
		}

		int middle = (p[i - 1].y + p[i].y) / 2;

		iq_buf_printf(o->b, "C%d %d %d %d %d %d", p[i - 1].x, middle, p[i].x, middle,
			p[i].x, p[i].y);
	}
}

static void put_edge(struct iq_report_out *o, const struct iq_report_graph *g,
	const struct iq_layout_line *line, size_t i, bool titled)
{
	const struct iq_report_edge *e = &g->edges[i];

	if (line->n == 0)
		return;
	iq_report_put(o, "<path d=\"");
	put_path(o, line);
	iq_report_put(o, e->weight >= 10  ? "\" stroke-width=\"3\""
			 : e->weight >= 3 ? "\" stroke-width=\"2\""
					  : "\"");
	if (!titled) {
		iq_report_put(o, "/>");
		return;
	}
	iq_report_put(o, "><title>");
	iq_report_say(o, iq_report_in(g->nodes[e->from].label, o->lang));
	iq_report_put(o, " → ");
	iq_report_say(o, iq_report_in(g->nodes[e->to].label, o->lang));
	if (iq_report_has(e->text)) {
		iq_report_put(o, ": ");
		iq_report_say(o, iq_report_in(e->text, o->lang));
	}
	iq_report_put(o, "</title></path>");
}

/* The lines, then how often each is. */
static void put_edges(struct iq_report_out *o, const struct iq_report_graph *g,
	const struct drawing *d, const char *marker, bool titled)
{
	iq_buf_printf(o->b,
		"<g fill=\"none\" stroke=\"#33373d\" stroke-width=\"1.2\" "
		"marker-end=\"url(#%s)\">",
		marker);
	for (size_t i = 0; i < g->nedges; i++)
		put_edge(o, g, &d->layout.lines[i], i, titled);
	iq_report_put(o, "</g>\n<g font-size=\"10\" stroke=\"#ffffff\" stroke-width=\"3\" "
			 "paint-order=\"stroke\">");
	for (size_t i = 0; i < g->nedges; i++) {
		const struct iq_layout_line *line = &d->layout.lines[i];

		if (line->n != 0 && g->edges[i].weight > 1)
			iq_buf_printf(o->b, "<text x=\"%d\" y=\"%d\">%u</text>", line->label.x,
				line->label.y, g->edges[i].weight);
	}
	iq_report_put(o, "</g>\n");
}

static struct iq_str describe(struct iq_report_out *o, const struct iq_report_graph *g)
{
	const char *nodes = iq_arena_printf(&o->mem, "%zu", g->nnodes);
	const char *edges = iq_arena_printf(&o->mem, "%zu", g->nedges);

	return iq_rw_fill(
		o, g->chain ? IQ_RW_GRAPH_CHAIN : IQ_RW_GRAPH_OVERS, iq_str(nodes), iq_str(edges));
}

void iq_report_svg_put(
	struct iq_report_out *o, const struct iq_report_graph *g, size_t id, bool alone)
{
	struct drawing d = {.labels = NULL};
	char name[32];

	if (!measure(o, g, &d))
		return;
	snprintf(name, sizeof(name), "%sp%zu", o->both && o->lang == IQ_LANG_EN ? "e-" : "", id);
	iq_buf_printf(o->b,
		"<svg%s width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
		"aria-labelledby=\"%s-t %s-d\">\n",
		alone ? " xmlns=\"http://www.w3.org/2000/svg\" font-family=\"Arial, Liberation "
			"Sans, DejaVu Sans, sans-serif\""
		      : "",
		d.layout.width, d.layout.height, d.layout.width, d.layout.height, name, name);
	iq_buf_printf(o->b, "<title id=\"%s-t\">", name);
	iq_report_say(o, iq_report_in(g->title, o->lang));
	iq_buf_printf(o->b, "</title><desc id=\"%s-d\">", name);
	iq_report_say(o, describe(o, g));
	iq_buf_printf(o->b,
		"</desc>\n<defs><marker id=\"%s-a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" "
		"markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
		"orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#33373d\"/></marker></defs>\n",
		name);
	snprintf(name + strlen(name), sizeof(name) - strlen(name), "-a");
	put_edges(o, g, &d, name, alone);
	put_nodes(o, g, &d, alone);
	iq_report_put(o, "</svg>");
}

bool iq_report_is_drawn(const struct iq_report_graph *g)
{
	return g->nnodes != 0 && g->nnodes <= IQ_REPORT_GRAPH_NODES &&
	       g->nedges <= IQ_REPORT_GRAPH_EDGES;
}

enum iq_err iq_report_svg(const struct iq_report *doc, const struct iq_report_graph *graph,
	enum iq_lang lang, struct iq_buf *out, struct iq_error *error)
{
	struct iq_report_out o;

	if (!iq_report_is_drawn(graph))
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("This graph is empty, or too large for a picture."),
			N_("Ask for a smaller part, or for the format dot."), NULL);
	iq_report_begin(&o, doc, lang, out);
	iq_report_put(&o, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	iq_report_svg_put(&o, graph, 0, true);
	iq_report_put(&o, "\n");
	return iq_report_end(&o, error);
}
