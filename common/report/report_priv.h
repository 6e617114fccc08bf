/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_REPORT_PRIV_H
#define IQ_REPORT_PRIV_H

/* What the writers of common/report share; not for others. */

#include "arena.h"
#include "report.h"
#include "report_words.h"

/* Texts of the writers in both languages, looked up once per file. */
struct iq_report_words {
	const char *in[IQ_REPORT_LANGS][IQ_RW_WORDS];
};
void iq_report_words_load(struct iq_report_words *w, const struct iq_report *doc);

/* One file being written. */
struct iq_report_out {
	const struct iq_report *doc;
	struct iq_report_words words;
	enum iq_lang lang;
	bool both;           /* ids carry the language */
	struct iq_buf *b;    /* where it goes */
	struct iq_arena mem; /* for as long as the file is written */
};
void iq_report_begin(
	struct iq_report_out *o, const struct iq_report *doc, enum iq_lang lang, struct iq_buf *b);
/* Gives the memory back; the code of the whole. */
enum iq_err iq_report_end(struct iq_report_out *o, struct iq_error *error);

/* In the language of the file; the other one if it is empty. */
struct iq_str iq_report_in(struct iq_report_text t, enum iq_lang lang);
bool iq_report_has(struct iq_report_text t);
static inline const char *iq_rw(const struct iq_report_out *o, enum iq_rw word)
{
	return o->words.in[o->lang][word];
}
/* The word with {0} and {1} filled in; in o->mem. */
struct iq_str iq_rw_fill(
	struct iq_report_out *o, enum iq_rw word, struct iq_str first, struct iq_str second);

/* ---- escaping ----------------------------------------------------------------------------- */

/* For HTML and XML, between tags and in attributes in double quotes. Controls as \x1b. */
void iq_report_escape(struct iq_buf *b, struct iq_str s);
/* For a string in double quotes in CSS, also inside of <style>. */
void iq_report_escape_css(struct iq_buf *b, struct iq_str s);
/* For a string in double quotes of DOT. */
void iq_report_escape_dot(struct iq_buf *b, struct iq_str s);
/* True for addresses that may become a link: https, http; no blanks, controls or credentials. */
bool iq_report_is_url(struct iq_str s);
bool iq_report_is_email(struct iq_str s);
/* Digits of a phone number for tel:, empty if it is none. In mem. */
struct iq_str iq_report_tel(struct iq_arena *mem, struct iq_str s);

/* ---- colours ------------------------------------------------------------------------------ */

struct iq_report_colour {
	uint32_t back, text,
		ink;   /* 0xrrggbb: background, text on it, text of that colour on white */
	unsigned ansi; /* 256 colours of a terminal */
};
/* By a name of the vocabulary or #rrggbb; grey for others. */
struct iq_report_colour iq_report_colour(struct iq_str name);
/* WCAG 2.1, relative contrast: 1 … 21. */
double iq_report_contrast(uint32_t a, uint32_t b);

/* ---- symbols, dates, sentences ------------------------------------------------------------ */

extern const char *const iq_report_symbols[IQ_ROLES];
const char *iq_report_role(const struct iq_report_out *o, enum iq_role role);
size_t iq_report_ngroups(const struct iq_report *doc);
/* "A F" by the mask; "all" for none. In o->mem. */
struct iq_str iq_report_letters(struct iq_report_out *o, uint32_t groups);
/* The names of the groups, or the statuses in full. */
struct iq_str iq_report_statuses(struct iq_report_out *o, const struct iq_report_entry *e);
/* A whole sentence for who cannot see the symbol: "in charge for Toleration, if age 12..26". */
struct iq_str iq_report_sentence(struct iq_report_out *o, const struct iq_report_entry *e);
/* "● A D*; ◐ F" */
struct iq_str iq_report_cell_text(struct iq_report_out *o, const struct iq_report_cell *c);
/* Without control characters; NUL-terminated, in o->mem. */
struct iq_str iq_report_visible(struct iq_report_out *o, struct iq_str s);
/* Paragraphs of the data-protection notice: the document's, or the general ones. */
size_t iq_report_nprivacy(const struct iq_report *doc);
struct iq_str iq_report_privacy(struct iq_report_out *o, size_t i);
const char *iq_report_edition_name(const struct iq_report_out *o);
/* "Compared with the state of 01.03.2026, revision 7"; empty: with none. */
struct iq_str iq_report_compared(struct iq_report_out *o);
/* ISO as it is read in the language; other texts as they are. */
struct iq_str iq_report_date(struct iq_report_out *o, struct iq_str iso);

/* ---- tables ------------------------------------------------------------------------------- */

enum iq_report_type {
	IQ_RT_TEXT,
	IQ_RT_DATE,
	IQ_RT_PHONE,
	IQ_RT_EMAIL,
	IQ_RT_URL,
	IQ_RT_GROUPS,
	IQ_RT_LINES, /* a text of several lines */
	IQ_RT_HEAD   /* the name of the line */
};

struct iq_report_field {
	enum iq_rw word;
	enum iq_report_type type;
};

struct iq_report_schema {
	enum iq_rw title, none; /* none: said if there are no lines */
	const struct iq_report_field *fields;
	size_t nfields;
};
const struct iq_report_schema *iq_report_schema(enum iq_report_part part);

/* A table of plain cells, in o->mem. */
struct iq_report_flat {
	const char *name;
	struct iq_str *header; /* ncolumns */
	struct iq_str *cells;  /* nrows * ncolumns */
	size_t ncolumns, nrows;
};
/* False without memory. `table` as for iq_report_csv(). */
bool iq_report_flatten(struct iq_report_out *o, unsigned table, struct iq_report_flat *flat);
/* Is the table in the document? */
bool iq_report_present(const struct iq_report *doc, unsigned table);

/* ---- parts of the HTML -------------------------------------------------------------------- */

void iq_report_put(struct iq_report_out *o, const char *html); /* as it is */
void iq_report_say(struct iq_report_out *o, struct iq_str s);  /* escaped */
/* Escaped, with its language where it is the other one. */
void iq_report_say_text(struct iq_report_out *o, struct iq_report_text t);
/* Escaped, with places where long compounds may be broken: for narrow heads. */
void iq_report_say_breakable(struct iq_report_out *o, struct iq_str s);
void iq_report_word(struct iq_report_out *o, enum iq_rw word);
/* An id: "m", "e-m" in the English half of a file in both languages. */
void iq_report_id(struct iq_report_out *o, const char *name);
void iq_report_chips(struct iq_report_out *o, uint32_t groups);
/* <section><h2>; the caller closes it. */
void iq_report_section(struct iq_report_out *o, const char *id, enum iq_rw title);
void iq_report_html_matrix(struct iq_report_out *o);
/* Symbol, letters and marks for the eye, the sentence for the ear. */
void iq_report_html_entry(struct iq_report_out *o, const struct iq_report_entry *e);
void iq_report_html_marks(struct iq_report_out *o, unsigned marks);
void iq_report_html_legend(struct iq_report_out *o);
void iq_report_html_part(struct iq_report_out *o, enum iq_report_part part);
void iq_report_html_sheets(struct iq_report_out *o);
void iq_report_html_graphs(struct iq_report_out *o);
extern const char iq_report_style[], iq_report_script[];
/* <svg>…</svg>; `id` makes its ids unique. `alone`: as a file of its own. */
void iq_report_svg_put(
	struct iq_report_out *o, const struct iq_report_graph *g, size_t id, bool alone);

/* Not empty and not too large. */
bool iq_report_is_drawn(const struct iq_report_graph *g);

/* ---- layout of graphs --------------------------------------------------------------------- */

struct iq_layout_box {
	int x, y, w, h;
};
struct iq_layout_point {
	int x, y;
};
struct iq_layout_line {
	struct iq_layout_point *points; /* from the source's border to the target's: a straight
					   part, a bent one, a straight one … */
	size_t n;                       /* 0: not drawn (a node to itself) */
	struct iq_layout_point label;
};
struct iq_layout {
	struct iq_layout_box *boxes;  /* by node; w and h are given */
	struct iq_layout_line *lines; /* by edge */
	int width, height;
};
/*
 * Places the boxes in rows from top to bottom, most edges downwards; a line passes no box but its
 * ends. The same graph gives the same places. False without memory.
 */
bool iq_layout_make(
	struct iq_arena *mem, const struct iq_report_graph *g, struct iq_layout *layout);

#endif
