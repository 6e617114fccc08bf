/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_CLIENT_REPORT_DOC_H
#define IQ_CLIENT_REPORT_DOC_H

/*
 * The interface document of a region: asked for (report_ask.c), filled in (report_fill.c,
 * report_tables.c, report_changes.c, report_graphs.c), written (report_write.c). What it says of
 * persons comes from the answer about the edition and from nowhere else: that one is rendered for
 * the readers, the others for whoever asks.
 */

#include "fill.h"
#include "session.h"

enum iq_rep_format {
	IQ_REP_HTML,
	IQ_REP_PDF,
	IQ_REP_XLSX,
	IQ_REP_CSV,
	IQ_REP_JSON,
	IQ_REP_SVG,
	IQ_REP_DOT,
	IQ_REP_FORMATS
};
extern const char *const iq_rep_formats[IQ_REP_FORMATS + 1];
extern const char *const iq_rep_editions[];

/* A state of the directory; revision 0: none. */
struct iq_rep_state {
	uint64_t revision;
	const char *date; /* ISO, of that edition */
};

/* A file that was written. */
struct iq_rep_file {
	const char *path, *format, *lang; /* lang: "de", "en", "de;en" */
	uint64_t bytes;
};

struct iq_rep {
	struct iq_cli *cli;
	/* as asked for */
	const char *term, *edition, *at; /* the place; at: ISO or empty: today */
	const char *dir;
	char *since;             /* ISO; empty: since the last edition */
	uint64_t since_revision; /* instead of it */
	unsigned formats;        /* bits */
	bool dry;                /* nothing is written, and nobody is disclosed */
	enum iq_report_lang lang;
	/* answers of one revision */
	struct iq_call *call;
	const Iq__V1__MatrixResponse *matrix;
	const Iq__V1__GapsResponse *gaps;
	const Iq__V1__OverlapsResponse *overlaps;
	const Iq__V1__PathResponse *path;
	const Iq__V1__DiffResponse **diff[IQ_REPORT_LANGS]; /* the same pages in both languages */
	size_t ndiff[IQ_REPORT_LANGS];
	const Iq__V1__EditionResponse **page;
	size_t npages;
	const Iq__V1__MatrixRow **row; /* of the matrix, by responsibility */
	size_t nrows;
	struct iq_rep_state base; /* compared with that; none: no comparison */
	/* the document */
	struct iq_names *names;
	struct iq_report doc;
	struct iq_rep_words *words;
	const char **sheet;   /* ids of institutions, by sheet */
	const char **process; /* by graph; NULL: who hands over to whom */
	/* what was written */
	struct iq_rep_file *file;
	size_t nfiles;
};

/* report_ask.c: fills the answers; IQ_ERR_BUSY if the directory changes all the time. */
IQ_CHECK enum iq_err iq_rep_ask(struct iq_rep *r);

/* report_state.c: the last edition. */
/* Chooses r->base from what is remembered, once the revision is known. */
void iq_rep_state_find(struct iq_rep *r);
/* Remembers this edition; says so if it cannot. */
void iq_rep_state_keep(struct iq_rep *r);

/* report_fill.c: answers → r->doc. */
void iq_rep_fill(struct iq_rep *r);
/* The same, for its parts. */
void iq_rep_fill_tables(struct iq_rep *r);  /* report_tables.c */
void iq_rep_fill_changes(struct iq_rep *r); /* report_changes.c */
void iq_rep_fill_graphs(struct iq_rep *r);  /* report_graphs.c */
void iq_rep_fill_circle(struct iq_rep *r);  /* report_circle.c */
/* Not confirmed for long on the date of the document. */
bool iq_rep_is_stale(const struct iq_rep *r, const char *confirmed_on);
/* Statuses by id as a mask; *names: in full where the letters say too much. */
uint32_t iq_rep_statuses(struct iq_rep *r, char **statuses, size_t n, struct iq_report_text *names);
/* n zeroed lines of a part, which is in the document from now on. */
struct iq_report_line *iq_rep_lines(struct iq_rep *r, enum iq_report_part part, size_t n);

/* report_words.c: texts of the catalogue in both languages. */
/* `code` by a function of the catalogue, iq_word_role() …; the code itself if there is none. */
struct iq_report_text iq_rep_word(
	struct iq_rep *r, const char *(*word)(const char *code), const char *code);
/* A msgid with {0}, {1} filled in; arguments may be empty. */
struct iq_report_text iq_rep_text(struct iq_rep *r, const char *msgid, struct iq_report_text first,
	struct iq_report_text second);
/* `a`, `b` with `glue` between; the other one if one is empty. */
struct iq_report_text iq_rep_join(
	struct iq_rep *r, struct iq_report_text a, const char *glue, struct iq_report_text b);
struct iq_report_text iq_rep_number(struct iq_rep *r, uint64_t n);
/* German and English of a record; the other one where one is empty. */
static inline struct iq_report_text iq_rep_pair(const char *de, const char *en)
{
	struct iq_report_text t;

	t.in[IQ_LANG_DE] = iq_str(de[0] != '\0' ? de : en);
	t.in[IQ_LANG_EN] = iq_str(en[0] != '\0' ? en : de);
	return t;
}
static inline struct iq_report_text iq_rep_same(const char *s)
{
	return iq_report_same(iq_str(s));
}

/* report_write.c: all files; what was written is in r->file, also after an error. */
IQ_CHECK enum iq_err iq_rep_write(struct iq_rep *r);
/* How a file is called: schnittstellenpapier-REGION-EDITION[-LANG][-PART].EXT */
const char *iq_rep_name(
	struct iq_rep *r, enum iq_report_lang lang, const char *part, const char *extension);

/* report_json.c */
IQ_CHECK enum iq_err iq_rep_json(struct iq_rep *r, enum iq_lang lang, struct iq_buf *out);

/* report_pdf.c */
bool iq_rep_pdf_possible(void);
/* HTML → PDF by WeasyPrint, in a process of its own. */
IQ_CHECK enum iq_err iq_rep_pdf(struct iq_rep *r, const struct iq_buf *html, struct iq_buf *out);

#endif
