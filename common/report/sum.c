/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum: over all values with their lengths, in the order of report.h. */
#include "lib.h"
#include "report_priv.h"

static void number(struct iq_buf *b, uint64_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(n >> (8 * i));
	iq_buf_add(b, bytes, sizeof(bytes));
}

static void value(struct iq_buf *b, struct iq_str s)
{
	number(b, s.n);
	iq_buf_str(b, s);
}

static void text(struct iq_buf *b, struct iq_report_text t)
{
	for (int lang = 0; lang < IQ_REPORT_LANGS; lang++)
		value(b, t.in[lang]);
}

static void entry(struct iq_buf *b, const struct iq_report_entry *e)
{
	number(b, (uint64_t)e->role);
	number(b, e->groups);
	number(b, e->possible);
	text(b, e->statuses);
	text(b, e->condition);
}

static void matrix(struct iq_buf *b, const struct iq_report_matrix *m)
{
	number(b, m->ncolumns);
	for (size_t i = 0; i < m->ncolumns; i++)
		text(b, m->columns[i].name);
	number(b, m->nrows);
	for (size_t i = 0; i < m->nrows; i++) {
		text(b, m->rows[i].name);
		number(b, m->rows[i].depth);
		number(b, m->rows[i].marks);
	}
	for (size_t i = 0; i < m->nrows * m->ncolumns; i++) {
		number(b, m->cells[i].nentries);
		for (size_t k = 0; k < m->cells[i].nentries; k++)
			entry(b, &m->cells[i].entries[k]);
	}
}

static void parts(struct iq_buf *b, const struct iq_report *doc)
{
	for (unsigned p = 0; p < IQ_REPORT_PARTS; p++) {
		const struct iq_report_table *t = &doc->parts[p];
		size_t nfields = iq_report_schema((enum iq_report_part)p)->nfields;
		size_t nlines = t->present ? t->nlines : 0;

		if (p == IQ_REPORT_MINUTES) {
			/* without minutes the sum is what it was before there were any; with them
			 * it goes on as no document without them can */
			if (!t->present)
				continue;
			number(b, UINT64_MAX);
		}
		number(b, t->present);
		number(b, nlines);
		for (size_t i = 0; i < nlines; i++) {
			number(b, t->lines[i].groups);
			for (size_t c = 0; c < nfields; c++)
				text(b, t->lines[i].cells[c]);
		}
	}
}

static void graphs(struct iq_buf *b, const struct iq_report *doc)
{
	number(b, doc->ngraphs);
	for (size_t i = 0; i < doc->ngraphs; i++) {
		const struct iq_report_graph *g = &doc->graphs[i];

		number(b, g->chain);
		text(b, g->title);
		text(b, g->text);
		number(b, g->nnodes);
		for (size_t k = 0; k < g->nnodes; k++) {
			text(b, g->nodes[k].label);
			text(b, g->nodes[k].detail);
			number(b, g->nodes[k].marks);
		}
		number(b, g->nedges);
		for (size_t k = 0; k < g->nedges; k++) {
			number(b, g->edges[k].from);
			number(b, g->edges[k].to);
			number(b, g->edges[k].weight);
			text(b, g->edges[k].text);
		}
	}
}

static void sheets(struct iq_buf *b, const struct iq_report *doc)
{
	number(b, doc->nsheets);
	for (size_t i = 0; i < doc->nsheets; i++) {
		const struct iq_report_sheet *s = &doc->sheets[i];

		text(b, s->name);
		text(b, s->kind);
		value(b, s->address);
		value(b, s->phone);
		value(b, s->email);
		value(b, s->url);
		text(b, s->hours);
		text(b, s->via);
		number(b, s->nduties);
		for (size_t k = 0; k < s->nduties; k++) {
			text(b, s->duties[k].task);
			entry(b, &s->duties[k].entry);
			value(b, s->duties[k].legal_basis);
			value(b, s->duties[k].source);
			value(b, s->duties[k].confirmed_on);
			number(b, s->duties[k].stale);
		}
	}
}

static void contents(struct iq_buf *b, const struct iq_report *doc)
{
	text(b, doc->title);
	number(b, (uint64_t)doc->edition);
	value(b, doc->recipient);
	value(b, doc->destroy_by);
	number(b, doc->revision);
	value(b, doc->date);
	number(b, doc->base_revision);
	value(b, doc->base_date);
	number(b, iq_report_ngroups(doc));
	for (size_t i = 0; i < iq_report_ngroups(doc); i++) {
		text(b, doc->groups[i].name);
		value(b, doc->groups[i].letter);
		value(b, doc->groups[i].colour);
	}
	matrix(b, &doc->matrix);
	parts(b, doc);
	graphs(b, doc);
	sheets(b, doc);
	number(b, doc->nprivacy);
	for (size_t i = 0; i < doc->nprivacy; i++)
		text(b, doc->privacy[i]);
}

enum iq_err iq_report_checksum(
	const struct iq_report *doc, char out[IQ_REPORT_SUM], struct iq_error *error)
{
	static const char digits[] = "0123456789abcdef";
	const struct iq_lib_sodium *lib = iq_lib_sodium();
	struct iq_buf b;
	uint8_t hash[32];
	bool failed;

	if (lib == NULL || lib->sodium_init() < 0)
		return iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("The report cannot be written: the library {0} is not installed."),
			N_("Install the Debian package of that library."), "libsodium", NULL);
	iq_buf_init(&b, 0);
	contents(&b, doc);
	failed = b.failed;
	if (!failed)
		lib->crypto_hash_sha256(hash, b.p, b.n);
	iq_buf_free(&b);
	if (failed)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("Out of memory."), NULL, NULL);
	for (size_t i = 0; i < sizeof(hash); i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[2 * sizeof(hash)] = '\0';
	return IQ_OK;
}
