/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib.h"
#include "report_priv.h"
#include "report_sample.h"

/* ---- layout ------------------------------------------------------------------------------- */

static bool overlap(const struct iq_layout_box *a, const struct iq_layout_box *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

/* A number has 12 by 11 units at its place. */
static struct iq_layout_box label_box(const struct iq_layout_line *l)
{
	return (struct iq_layout_box){l->label.x, l->label.y - 9, 12, 11};
}

static bool inside(const struct iq_layout_box *b, struct iq_layout_point p)
{
	return p.x > b->x && p.x < b->x + b->w && p.y > b->y && p.y < b->y + b->h;
}

/* The curve of SVG between two points: vertical where it begins and ends. Straight down if one is
 * under the other. */
static struct iq_layout_point at(struct iq_layout_point a, struct iq_layout_point b, double t)
{
	double u = 1 - t, middle = (a.y + b.y) / 2;
	double x = a.x * (u * u * u + 3 * u * u * t) + b.x * (3 * u * t * t + t * t * t);
	double y = a.y * u * u * u + middle * 3 * u * t + b.y * t * t * t;

	return (struct iq_layout_point){(int)(x + 0.5), (int)(y + 0.5)};
}

static void check_line(const struct iq_report_graph *g, const struct iq_layout *l, size_t e)
{
	const struct iq_layout_line *line = &l->lines[e];
	const struct iq_layout_box *from = &l->boxes[g->edges[e].from],
				   *to = &l->boxes[g->edges[e].to];
	struct iq_layout_point first = line->points[0], last = line->points[line->n - 1];

	assert_true(first.y == from->y || first.y == from->y + from->h);
	assert_true(last.y == to->y || last.y == to->y + to->h);
	assert_in_range(first.x, from->x, from->x + from->w);
	assert_in_range(last.x, to->x, to->x + to->w);
	for (size_t i = 0; i + 1 < line->n; i++)
		for (int t = 0; t <= 20; t++) {
			struct iq_layout_point p =
				at(line->points[i], line->points[i + 1], t / 20.0);

			for (size_t k = 0; k < g->nnodes; k++)
				assert_false(inside(&l->boxes[k], p));
		}
}

static void check_layout(struct iq_arena *mem, const struct iq_report_graph *g)
{
	struct iq_layout l = {
		.boxes = iq_arena_array(mem, g->nnodes, sizeof(struct iq_layout_box))};
	size_t drawn = 0;

	for (size_t i = 0; i < g->nnodes; i++)
		l.boxes[i] = (struct iq_layout_box){0, 0, 196, 31 + 15 * (int)(i % 4)};
	assert_true(iq_layout_make(mem, g, &l));
	for (size_t i = 0; i < g->nnodes; i++) {
		assert_true(l.boxes[i].x >= 0 && l.boxes[i].y >= 0);
		assert_true(l.boxes[i].x + l.boxes[i].w <= l.width);
		assert_true(l.boxes[i].y + l.boxes[i].h <= l.height);
		for (size_t k = 0; k < i; k++)
			assert_false(overlap(&l.boxes[i], &l.boxes[k]));
	}
	for (size_t i = 0; i < g->nedges; i++) {
		const struct iq_report_edge *e = &g->edges[i];
		bool wanted = e->from < g->nnodes && e->to < g->nnodes && e->from != e->to;

		assert_int_equal(l.lines[i].n != 0, wanted);
		if (!wanted)
			continue;
		drawn++;
		check_line(g, &l, i);

		struct iq_layout_box mine = label_box(&l.lines[i]);

		for (size_t k = 0; k < i; k++) {
			struct iq_layout_box other = label_box(&l.lines[k]);

			assert_false(l.lines[k].n != 0 && overlap(&mine, &other));
		}
		for (size_t k = 0; k < g->nnodes; k++)
			assert_false(overlap(&mine, &l.boxes[k]));
	}
	assert_true(drawn <= g->nedges);
}

static void layouts(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 60; seed++) {
		struct sample s;
		struct iq_report_graph g = {.chain = false};

		memset(&s, 0, sizeof(s));
		iq_arena_init(&s.mem, 0);
		s.seed = seed;
		sample_graph(&s, &g, false, 1 + seed, seed % 7 == 0 ? 0 : seed * (1 + seed % 3));
		check_layout(&s.mem, &g);
		iq_arena_free(&s.mem);
	}
}

/* All to one, one to all, two cycles, a node to itself, edges to nowhere. */
static void shapes(void **state)
{
	struct iq_report_node nodes[30] = {{.marks = 0}};
	struct iq_report_edge edges[64] = {{.from = 0}};
	struct iq_report_graph g = {.nodes = nodes, .nnodes = 30, .edges = edges};
	struct iq_arena mem;

	(void)state;
	iq_arena_init(&mem, 0);
	for (uint32_t i = 0; i < 29; i++) {
		edges[g.nedges++] = (struct iq_report_edge){.from = i, .to = 29, .weight = 9};
		edges[g.nedges++] = (struct iq_report_edge){.from = 29, .to = i, .weight = 9};
	}
	edges[g.nedges++] = (struct iq_report_edge){.from = 3, .to = 3};
	edges[g.nedges++] = (struct iq_report_edge){.from = 3, .to = 30};
	edges[g.nedges++] = (struct iq_report_edge){.from = UINT32_MAX, .to = 0};
	check_layout(&mem, &g);
	g.nedges = 0;
	check_layout(&mem, &g);
	for (uint32_t i = 0; i < 30; i++) /* a ring */
		edges[g.nedges++] = (struct iq_report_edge){.from = i, .to = (i + 1) % 30};
	check_layout(&mem, &g);
	iq_arena_free(&mem);
}

/* ---- SVG ---------------------------------------------------------------------------------- */

struct seen {
	size_t rects, paths, titles, descs;
	bool bad;
	size_t ntext;
	char text[1 << 18];
};

/* An arrow's head points as the last part of its path does: that must go down or up. */
static bool ends_level(const char *d)
{
	const char *last = d + strlen(d), *end = last;
	long y[2] = {0};

	for (int i = 1; i >= 0; i--) { /* the last two points: "… x y x y" */
		while (last > d && last[-1] != ' ')
			last--;
		y[i] = strtol(last, NULL, 10);
		last--; /* the blank; then x, with a letter or a blank before it */
		while (last > d && strchr(" CLM", last[-1]) == NULL)
			last--;
		last--;
	}
	return end != d && y[0] == y[1];
}

static void start_element(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	static const char known[] = " svg title desc defs marker path g rect text ";
	struct seen *s = arg;
	char key[32];

	snprintf(key, sizeof(key), " %.20s ", name);
	s->bad = s->bad || strstr(known, key) == NULL;
	s->rects += strcmp(name, "rect") == 0;
	s->paths += strcmp(name, "path") == 0;
	s->titles += strcmp(name, "title") == 0;
	s->descs += strcmp(name, "desc") == 0;
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		s->bad = s->bad || (strcmp(name, "path") == 0 && attributes[i + 1][0] == 'M' &&
					   strchr(attributes[i + 1], 'C') != NULL &&
					   ends_level(attributes[i + 1]));
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		s->bad = s->bad || strncmp(attributes[i], "on", 2) == 0 ||
			 strstr(attributes[i], "href") != NULL;
}

static void end_element(void *arg, const XML_Char *name)
{
	(void)arg;
	(void)name;
}

static void characters(void *arg, const XML_Char *p, int n)
{
	struct seen *s = arg;

	if (s->ntext + (size_t)n < sizeof(s->text)) {
		memcpy(s->text + s->ntext, p, (size_t)n);
		s->ntext += (size_t)n;
	}
}

static struct seen *parse(const struct iq_buf *b)
{
	const struct iq_lib_xml *lib = iq_lib_xml();
	struct seen *s = calloc(1, sizeof(*s));
	XML_Parser parser;

	assert_non_null(lib);
	assert_non_null(s);
	parser = lib->XML_ParserCreate("UTF-8");
	lib->XML_SetUserData(parser, s);
	lib->XML_SetElementHandler(parser, start_element, end_element);
	lib->XML_SetCharacterDataHandler(parser, characters);
	if (lib->XML_Parse(parser, (const char *)b->p, (int)b->n, 1) != XML_STATUS_OK)
		fail_msg("not well-formed: %.*s", (int)b->n, (char *)b->p);
	lib->XML_ParserFree(parser);
	return s;
}

static void svg(void **state)
{
	(void)state;
	for (int hostile = 0; hostile < 2; hostile++) {
		struct sample s;
		struct iq_buf b, again;

		sample_make(&s, 3, 16, 10, IQ_REPORT_PUBLIC, hostile != 0);
		iq_buf_init(&b, 0);
		iq_buf_init(&again, 0);

		const struct iq_report_graph *g = &s.doc.graphs[1];

		assert_int_equal(iq_report_svg(&s.doc, g, IQ_LANG_DE, &b, NULL), IQ_OK);
		assert_int_equal(iq_report_svg(&s.doc, g, IQ_LANG_DE, &again, NULL), IQ_OK);
		assert_int_equal(b.n, again.n);
		assert_memory_equal(b.p, again.p, b.n);

		struct seen *seen = parse(&b);
		size_t edges = 0;

		for (size_t i = 0; i < g->nedges; i++)
			edges += g->edges[i].from != g->edges[i].to;
		assert_false(seen->bad);
		assert_int_equal(seen->rects, g->nnodes);
		assert_int_equal(seen->paths, edges + 1); /* and the arrow's head */
		assert_int_equal(seen->titles, g->nnodes + edges + 1);
		assert_int_equal(seen->descs, 1);
		if (hostile != 0)
			assert_non_null(strstr(seen->text, "<script>alert(1)</script>"));
		assert_null(memchr(b.p, 0x1b, b.n));
		free(seen);
		iq_buf_free(&b);
		iq_buf_free(&again);
		sample_free(&s);
	}
}

static void too_large(void **state)
{
	struct iq_report doc = {.ngroups = 0};
	struct iq_report_graph g = {.nnodes = IQ_REPORT_GRAPH_NODES + 1};
	struct iq_arena mem;
	struct iq_error error;
	struct iq_buf b;

	(void)state;
	iq_arena_init(&mem, 0);
	iq_error_init(&error, &mem);
	iq_buf_init(&b, 0);
	assert_int_equal(iq_report_svg(&doc, &g, IQ_LANG_DE, &b, &error), IQ_ERR_UNSUPPORTED);
	assert_non_null(error.hint);
	assert_int_equal(b.n, 0);
	iq_arena_free(&mem);
}

/* ---- DOT ---------------------------------------------------------------------------------- */

/* Strings in double quotes, everything else plain: no value ends its string. */
static void dot(void **state)
{
	struct iq_report_node nodes[] = {
		{.label = {{IQ_STR("\"]; evil [label=\""), IQ_STR("")}}},
		{.label = {{IQ_STR("back\\"), IQ_STR("")}},
			.detail = {{IQ_STR("\\N\x1b"), IQ_STR("")}}},
	};
	struct iq_report_edge edges[] = {{.from = 0, .to = 1, .weight = 4}, {.from = 0, .to = 7}};
	struct iq_report_graph g = {.nodes = nodes, .nnodes = 2, .edges = edges, .nedges = 2};
	struct iq_report doc = {.ngroups = 0};
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	assert_int_equal(iq_report_dot(&doc, &g, IQ_LANG_DE, &b, NULL), IQ_OK);
	iq_buf_byte(&b, '\0');
	assert_non_null(strstr((char *)b.p, "n0 [label=\"\\\"]; evil [label=\\\"\"];\n"));
	assert_non_null(strstr((char *)b.p, "n1 [label=\"back\\\\\\n\\\\N\\\\x1b\"];\n"));
	assert_non_null(strstr((char *)b.p, "n0 -> n1 [label=\"4\""));
	assert_null(strstr((char *)b.p, "n7"));
	iq_buf_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(shapes),
		cmocka_unit_test(svg),
		cmocka_unit_test(too_large),
		cmocka_unit_test(dot),
	};

	iq_i18n_init("en");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
