/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interface documents full of texts from anywhere, in every format. The lines of the input are
 * the texts. HTML and SVG hold only tags and attributes the writers know, one script, one style;
 * no control or bidirectional character is left anywhere; no cell of CSV is a formula; strings of
 * DOT end where they should. The first byte: 'x' writes a workbook, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "utf8.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct iq_str texts, rest;

/* ---- the document ---------------------------------------------------------------------------- */

static struct iq_str next(void)
{
	struct iq_str s = {NULL, 0};

	if (!iq_str_cut(&rest, '\n', &s)) {
		rest = texts;
		(void)iq_str_cut(&rest, '\n', &s);
	}
	return s;
}

static struct iq_report_text both(void)
{
	struct iq_report_text t = {{next(), next()}};

	return t;
}

enum { TASKS = 2, PLACES = 2, NODES = 3 };

static struct {
	struct iq_report doc;
	struct iq_report_group groups[2];
	struct iq_report_column columns[PLACES];
	struct iq_report_row rows[TASKS];
	struct iq_report_entry entries[2];
	struct iq_report_cell cells[TASKS * PLACES];
	struct iq_report_line lines[IQ_REPORT_PARTS];
	struct iq_report_duty duty;
	struct iq_report_sheet sheet;
	struct iq_report_node nodes[NODES];
	struct iq_report_edge edges[2];
	struct iq_report_graph graphs[2];
	struct iq_report_text privacy;
} d;

static void make_matrix(void)
{
	for (size_t i = 0; i < 2; i++) {
		d.groups[i] = (struct iq_report_group){both(), next(), next()};
		d.entries[i] = (struct iq_report_entry){.role = (enum iq_role)i,
			.groups = (uint32_t)i,
			.possible = i == 1,
			.statuses = both(),
			.condition = both()};
		d.columns[i] = (struct iq_report_column){both(), both(), i == 0};
		d.rows[i] = (struct iq_report_row){both(), (unsigned)i, IQ_REPORT_GAP};
		d.cells[i * PLACES] = (struct iq_report_cell){d.entries, i + 1};
	}
	d.doc.groups = d.groups;
	d.doc.ngroups = 2;
	d.doc.matrix = (struct iq_report_matrix){d.columns, PLACES, d.rows, TASKS, d.cells};
}

static void make_graphs(void)
{
	for (size_t i = 0; i < NODES; i++)
		d.nodes[i] = (struct iq_report_node){both(), both(), i == 1 ? IQ_REPORT_GAP : 0};
	d.edges[0] = (struct iq_report_edge){0, 1, 3, both()};
	d.edges[1] = (struct iq_report_edge){2, 0, 0, both()};
	for (size_t i = 0; i < 2; i++)
		d.graphs[i] = (struct iq_report_graph){
			i == 0, both(), both(), d.nodes, NODES, d.edges, 2};
	d.doc.graphs = d.graphs;
	d.doc.ngraphs = 2;
}

static void make(unsigned edition)
{
	memset(&d, 0, sizeof(d));
	d.doc.title = both();
	d.doc.edition = (enum iq_report_edition)(edition % 3);
	d.doc.recipient = next();
	d.doc.destroy_by = next();
	d.doc.date = next();
	d.doc.base_date = next();
	make_matrix();
	for (size_t i = 0; i < IQ_REPORT_PARTS; i++) {
		for (size_t c = 0; c < IQ_REPORT_CELLS; c++)
			d.lines[i].cells[c] = both();
		d.doc.parts[i] = (struct iq_report_table){true, &d.lines[i], 1};
	}
	d.duty = (struct iq_report_duty){both(), d.entries[1], next(), next(), next(), false};
	d.sheet = (struct iq_report_sheet){
		both(), both(), next(), next(), next(), next(), both(), both(), &d.duty, 1};
	d.doc.sheets = &d.sheet;
	d.doc.nsheets = 1;
	make_graphs();
	d.privacy = both();
	d.doc.privacy = &d.privacy;
	d.doc.nprivacy = 1;
}

/* ---- what comes out -------------------------------------------------------------------------- */

/* Valid, and nothing that a terminal or a browser would act on. */
static void check_text(struct iq_str s)
{
	require(iq_utf8_valid(s));
	while (s.n > 0) {
		uint32_t c = iq_utf8_next(&s);

		require(c == '\n' || c == '\t' || c == '\r' || c == 0xfeff ||
			!iq_utf8_is_control(c));
	}
}

static bool is_one_of(struct iq_str s, const char *words)
{
	struct iq_str all = iq_str(words), word;

	while (iq_str_cut(&all, ' ', &word))
		if (iq_str_eq(s, word))
			return true;
	return false;
}

static struct iq_str take(struct iq_str *s, const char *end)
{
	struct iq_str out = {s->p, 0};

	while (out.n < s->n && strchr(end, s->p[out.n]) == NULL)
		out.n++;
	s->p += out.n;
	s->n -= out.n;
	return out;
}

static void skip(struct iq_str *s, char c)
{
	require(s->n > 0 && s->p[0] == c);
	s->p++;
	s->n--;
}

static void check_attribute(struct iq_str name, struct iq_str value)
{
	require(is_one_of(name,
		"aria-hidden aria-label aria-labelledby aria-live autocomplete charset "
		"checked class content d data-shown fill font-family font-size "
		"font-weight height hidden href http-equiv id lang marker-end "
		"markerHeight markerUnits markerWidth name orient paint-order refX refY "
		"role scope stroke stroke-dasharray stroke-width tabindex text-anchor "
		"type value viewBox width x xmlns y"));
	for (size_t i = 0; i < value.n; i++)
		require(value.p[i] != '<' && value.p[i] != '>');
	if (iq_str_is(name, "href"))
		require(iq_str_starts(value, IQ_STR("#")) ||
			iq_str_starts(value, IQ_STR("https://")) ||
			iq_str_starts(value, IQ_STR("http://")) ||
			iq_str_starts(value, IQ_STR("mailto:")) ||
			iq_str_starts(value, IQ_STR("tel:")));
}

/* From behind "<" to behind ">". */
static struct iq_str check_tag(struct iq_str *s)
{
	struct iq_str name = take(s, " \n>/");

	if (name.n == 0) { /* closing */
		skip(s, '/');
		(void)take(s, ">");
		skip(s, '>');
		return name;
	}
	require(is_one_of(name,
		"!DOCTYPE ?xml a b body button caption code dd defs desc div dl dt "
		"footer form g h1 h2 h3 h4 head header html input label li main marker "
		"meta nav option output p path rect script section select small span "
		"style svg table tbody td text th thead title tr ul"));
	while (s->n > 0 && s->p[0] != '>') {
		struct iq_str value = {NULL, 0}, attribute;

		(void)take(s, "\"'=<>abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
		attribute = take(s, " \n>=/?");
		if (s->n > 0 && s->p[0] == '=') {
			skip(s, '=');
			if (s->n > 0 && s->p[0] == '"') {
				skip(s, '"');
				value = take(s, "\"");
				skip(s, '"');
			} else {
				value = take(s, " \n>");
				require(memchr(value.p, '"', value.n) == NULL &&
					memchr(value.p, '\'', value.n) == NULL);
			}
		}
		if (attribute.n > 0 && name.p[0] != '!' && name.p[0] != '?')
			check_attribute(attribute, value);
	}
	skip(s, '>');
	return name;
}

static void check_html(struct iq_str s, int scripts)
{
	check_text(s);
	while (s.n > 0) {
		(void)take(&s, "<");
		if (s.n == 0)
			break;
		skip(&s, '<');
		struct iq_str name = check_tag(&s);

		if (!iq_str_is(name, "script") && !iq_str_is(name, "style"))
			continue;
		const char *end = memmem(s.p, s.n, "</", 2);

		require(end != NULL && --scripts >= 0);
		s.n -= (size_t)(end - s.p);
		s.p = end;
		require(s.n > name.n + 2 && memcmp(s.p + 2, name.p, name.n) == 0);
	}
	require(scripts == 0);
}

static void check_csv(struct iq_str s)
{
	bool start = true, quoted = false;

	check_text(s);
	if (iq_str_starts(s, IQ_STR("\xef\xbb\xbf")))
		s = (struct iq_str){s.p + 3, s.n - 3};
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"') {
			start = start && !quoted; /* else it is the cell's first character */
			quoted = !quoted;
			continue;
		}
		require(!start || s.p[i] == '\r' || strchr("=+-@\t", s.p[i]) == NULL);
		start = !quoted && (s.p[i] == ';' || s.p[i] == '\n');
	}
	require(!quoted);
}

static void check_dot(struct iq_str s)
{
	bool quoted = false;

	check_text(s);
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			quoted = !quoted;
		else if (quoted && s.p[i] == '\\')
			i++;
		else
			require(quoted ? s.p[i] != '\n'
				       : (s.p[i] & 0x80) == 0 && strchr("<`$", s.p[i]) == NULL);
	}
	require(!quoted);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static struct iq_str done(enum iq_err err, struct iq_buf *b)
{
	require(err == IQ_OK && !b->failed);
	return (struct iq_str){(char *)b->p, b->n};
}

static void write_book(struct iq_error *error)
{
	static char path[64];

	if (path[0] == '\0')
		snprintf(path, sizeof(path), "%s/iq-fuzz-%d.xlsx",
			access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
	enum iq_err err = iq_report_xlsx(&d.doc, IQ_LANG_DE, path, error);

	require(err == IQ_OK || err == IQ_ERR_UNSUPPORTED);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_arena arena;
	struct iq_error error;
	struct iq_buf b;

	if (n == 0)
		return 0;
	texts = rest = (struct iq_str){(const char *)data + 1, n - 1};
	make(data[0]);
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_buf_init(&b, 0);
	check_html(done(iq_report_html(&d.doc, IQ_REPORT_BOTH, &b, &error), &b), 2);
	for (size_t i = 0; i < 2; i++) {
		iq_buf_reset(&b, SIZE_MAX);
		check_html(
			done(iq_report_svg(&d.doc, &d.graphs[i], IQ_LANG_DE, &b, &error), &b), 0);
		iq_buf_reset(&b, SIZE_MAX);
		check_dot(done(iq_report_dot(&d.doc, &d.graphs[i], IQ_LANG_EN, &b, &error), &b));
	}
	for (unsigned table = 0; table < IQ_REPORT_TABLES; table++) {
		iq_buf_reset(&b, SIZE_MAX);
		check_csv(done(iq_report_csv(&d.doc, table, IQ_LANG_DE, &b, &error), &b));
	}
	iq_buf_reset(&b, SIZE_MAX);
	check_text(done(iq_report_text(&d.doc, IQ_LANG_EN, 40 + data[0], false, &b, &error), &b));
	if (data[0] == 'x')
		write_book(&error);
	iq_buf_free(&b);
	iq_arena_free(&arena);
	return 0;
}
