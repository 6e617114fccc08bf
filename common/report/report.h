/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_REPORT_REPORT_H
#define IQ_REPORT_REPORT_H

/*
 * The interface document of a region as a plain value, and what writes it: one self-contained HTML
 * file, SVG and DOT for graphs, CSV, text for a terminal, .xlsx.
 *
 * The document knows nothing of the directory and decides nothing: who fills it has left out what
 * its readers may not see. Writers change nothing in it, keep nothing of it, and give the same
 * bytes for the same document. All texts may contain anything: each writer escapes for the place
 * it writes to; control and bidirectional characters appear as \x1b, \u202e everywhere.
 *
 * Main thread (German and English are taken from the catalogue by switching the language).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "i18n.h"
#include "model.h"
#include "str.h"

enum {
	IQ_REPORT_LANGS = IQ_LANG_EN + 1,
	IQ_REPORT_GROUPS = 32,       /* groups of statuses: bits of a mask */
	IQ_REPORT_SPLIT = 8,         /* columns of a matrix side by side, on paper and on screen */
	IQ_REPORT_GRAPH_NODES = 120, /* beyond that a graph is a table only */
	IQ_REPORT_GRAPH_EDGES = 400
};

/* A text by enum iq_lang, UTF-8. Where English is empty, German stands for it, and vice versa. */
struct iq_report_text {
	struct iq_str in[IQ_REPORT_LANGS];
};
/* The same in both languages: names of persons, numbers, dates, ids. */
static inline struct iq_report_text iq_report_same(struct iq_str s)
{
	return (struct iq_report_text){{s, s}};
}

/* Target groups: the top-level statuses. Bit i of a mask is group i of the document. */
struct iq_report_group {
	struct iq_report_text name;
	struct iq_str letter; /* "A", "FN" */
	struct iq_str colour; /* a name of the vocabulary ("blue") or #rrggbb; others are grey */
};

/* ---- Matrix ------------------------------------------------------------------------------- */

/* What an institution does in a task. */
struct iq_report_entry {
	enum iq_role role;
	uint32_t groups;                 /* 0: whatever the status */
	bool possible;                   /* certain in a part of the cases or places only */
	struct iq_report_text statuses;  /* in full, for the sentence; empty: the groups' names */
	struct iq_report_text condition; /* in words; empty: none */
};

struct iq_report_cell {
	const struct iq_report_entry *entries;
	size_t nentries; /* 0: nothing */
};

enum { IQ_REPORT_GAP = 1, IQ_REPORT_OVERLAP = 2, IQ_REPORT_STALE = 4 };

struct iq_report_row {
	struct iq_report_text name;
	unsigned depth; /* in the tree of tasks, from 0 */
	unsigned marks; /* IQ_REPORT_GAP … */
};

struct iq_report_column {
	struct iq_report_text name, brief; /* brief: for narrow places; may be empty */
	uint32_t sheet;                    /* 1 + the index of its sheet; 0: none */
};

struct iq_report_matrix {
	const struct iq_report_column *columns;
	size_t ncolumns;
	const struct iq_report_row *rows;
	size_t nrows;
	const struct iq_report_cell *cells; /* nrows * ncolumns, row by row */
};

/* ---- Tables ------------------------------------------------------------------------------- */

/* The tables a document may have; their columns are in report_table.c. Frozen order of cells. */
enum iq_report_part {
	IQ_REPORT_GAPS,     /* task, statuses, expected because, also involved */
	IQ_REPORT_OVERLAPS, /* task, statuses, institutions, level */
	IQ_REPORT_NOTICES,  /* effect, text, task, statuses, region, legal basis, from, to */
	IQ_REPORT_CONTACTS, /* institution, name, function, phone, email, languages, deputy, class
			     */
	IQ_REPORT_GUIDE, /* letter, status, legal basis, work, course, obligations, as of, source */
	IQ_REPORT_COMMITMENTS, /* commitment, owner, due, state */
	IQ_REPORT_CHANGES,     /* date, what, before, after */
	IQ_REPORT_MINUTES,     /* date, meeting, present, minutes */
	IQ_REPORT_PARTS
};

/* The most cells a line of any part has. */
enum { IQ_REPORT_CELLS = 8 };

struct iq_report_line {
	struct iq_report_text cells[IQ_REPORT_CELLS];
	uint32_t groups; /* for letters and filters; 0: none or all */
};

struct iq_report_table {
	bool present; /* false: the section is missing; true without lines: it says that there is
			 nothing */
	const struct iq_report_line *lines;
	size_t nlines;
};

/* ---- Institutions ------------------------------------------------------------------------- */

struct iq_report_duty {
	struct iq_report_text task;
	struct iq_report_entry entry;
	struct iq_str legal_basis, source;
	struct iq_str confirmed_on; /* ISO; empty: never */
	bool stale;                 /* not confirmed for long */
};

struct iq_report_sheet {
	struct iq_report_text name, kind;
	struct iq_str address, phone, email, url;
	struct iq_report_text hours;
	struct iq_report_text via; /* whose phone and mail are shown; empty: its own */
	const struct iq_report_duty *duties;
	size_t nduties;
};

/* ---- Graphs ------------------------------------------------------------------------------- */

struct iq_report_node {
	struct iq_report_text label;  /* a task, an institution */
	struct iq_report_text detail; /* who does it; may be empty */
	unsigned marks;               /* IQ_REPORT_GAP: nobody does it */
};

struct iq_report_edge {
	uint32_t from, to;          /* nodes; an edge beyond them is left out */
	uint32_t weight;            /* how often; 0 and 1 are not written */
	struct iq_report_text text; /* trigger, documents; may be empty */
};

struct iq_report_graph {
	bool chain; /* a process chain: steps in order; else who hands over to whom */
	struct iq_report_text title, text;
	const struct iq_report_node *nodes;
	size_t nnodes;
	const struct iq_report_edge *edges;
	size_t nedges;
};

/* ---- Document ----------------------------------------------------------------------------- */

enum iq_report_edition { IQ_REPORT_PUBLIC, IQ_REPORT_PARTNERS, IQ_REPORT_MEMBERS };
enum iq_report_lang { IQ_REPORT_DE, IQ_REPORT_EN, IQ_REPORT_BOTH };

struct iq_report {
	struct iq_report_text title; /* "Interface document Dresden" */
	enum iq_report_edition edition;
	struct iq_str recipient;  /* who it was made for; not in the public edition */
	struct iq_str destroy_by; /* ISO; may be empty */
	uint64_t revision;
	struct iq_str date; /* the date of its state, ISO */
	/* what the changes are compared with; 0 and empty: unknown, or no comparison */
	uint64_t base_revision;
	struct iq_str base_date; /* ISO */
	const struct iq_report_group *groups;
	size_t ngroups; /* at most IQ_REPORT_GROUPS, others are not shown */
	struct iq_report_matrix matrix;
	struct iq_report_table parts[IQ_REPORT_PARTS];
	const struct iq_report_graph *graphs;
	size_t ngraphs;
	const struct iq_report_sheet *sheets;
	size_t nsheets;
	const struct iq_report_text
		*privacy; /* paragraphs; NULL: the general ones of the edition */
	size_t nprivacy;
	/* For texts of the writers; NULL: the catalogue. English gives msgid itself. */
	const char *(*translate)(void *arg, enum iq_lang lang, const char *msgid);
	void *arg;
};

/*
 * All writers append to `out` and return IQ_OK, IQ_ERR_INTERNAL without memory, or
 * IQ_ERR_UNSUPPORTED if a library is missing.
 */

/* One file, UTF-8; both languages: a switch without script. Readable without script. */
IQ_CHECK enum iq_err iq_report_html(const struct iq_report *doc, enum iq_report_lang lang,
	struct iq_buf *out, struct iq_error *error);

/* A graph by itself: an SVG file with title and description. More nodes than
 * IQ_REPORT_GRAPH_NODES: IQ_ERR_UNSUPPORTED. */
IQ_CHECK enum iq_err iq_report_svg(const struct iq_report *doc, const struct iq_report_graph *graph,
	enum iq_lang lang, struct iq_buf *out, struct iq_error *error);
/* The same for Graphviz. */
IQ_CHECK enum iq_err iq_report_dot(const struct iq_report *doc, const struct iq_report_graph *graph,
	enum iq_lang lang, struct iq_buf *out, struct iq_error *error);

/* Tables of the document as plain text: the matrix, its parts, the duties of all institutions. */
enum { IQ_REPORT_MATRIX = IQ_REPORT_PARTS, IQ_REPORT_DUTIES, IQ_REPORT_LEGEND, IQ_REPORT_TABLES };

/* For Excel (excel.h). `table`: enum iq_report_part, IQ_REPORT_MATRIX …; an absent one gives the
 * header only. */
IQ_CHECK enum iq_err iq_report_csv(const struct iq_report *doc, unsigned table, enum iq_lang lang,
	struct iq_buf *out, struct iq_error *error);

/* The matrix for a terminal of `width` columns (at least 40): the tasks stay in front, the
 * institutions go on in further blocks, each with the tasks in which there is something; the
 * legend follows. `colour`: with ANSI colours. */
IQ_CHECK enum iq_err iq_report_text(const struct iq_report *doc, enum iq_lang lang, unsigned width,
	bool colour, struct iq_buf *out, struct iq_error *error);

/* All tables as sheets of a workbook; replaces the file whole. IQ_ERR_USAGE: cannot be written. */
IQ_CHECK enum iq_err iq_report_xlsx(
	const struct iq_report *doc, enum iq_lang lang, const char *path, struct iq_error *error);

/* 64 hexadecimal digits and NUL: SHA-256 over all contents, the same in every format and
 * language. */
enum { IQ_REPORT_SUM = 65 };
IQ_CHECK enum iq_err iq_report_checksum(
	const struct iq_report *doc, char out[IQ_REPORT_SUM], struct iq_error *error);

#endif
