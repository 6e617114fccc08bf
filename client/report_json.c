/* SPDX-License-Identifier: Apache-2.0 */
/* The document as JSON: a section per item (docs/json.md). */
#include <string.h>

#include "json.h"
#include "report_doc.h"

struct out {
	const struct iq_rep *r;
	enum iq_lang lang;
};

static json_t *text(const struct out *o, struct iq_report_text t)
{
	enum iq_lang other = o->lang == IQ_LANG_DE ? IQ_LANG_EN : IQ_LANG_DE;

	return iq_json_str(t.in[o->lang].n != 0 ? t.in[o->lang] : t.in[other]);
}

static json_t *letters(const struct out *o, uint32_t mask)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->r->doc.ngroups; i++)
		if (mask >> i & 1)
			json_array_append_new(list, iq_json_str(o->r->doc.groups[i].letter));
	return list;
}

static json_t *named(const struct out *o, const char *id, struct iq_report_text name)
{
	json_t *x = json_object();

	json_object_set_new(x, "id", iq_json_c(id));
	json_object_set_new(x, "name", text(o, name));
	return x;
}

static void put_entry(const struct out *o, const struct iq_report_entry *e, json_t *x)
{
	json_object_set_new(x, "role", iq_json_c(iq_role_names[e->role]));
	json_object_set_new(x, "groups", letters(o, e->groups));
	json_object_set_new(x, "statuses", text(o, e->statuses));
	json_object_set_new(x, "condition", text(o, e->condition));
	json_object_set_new(x, "possible", json_boolean(e->possible));
}

static json_t *section(json_t *items, const char *name, json_t *rows)
{
	json_t *x = json_object();

	json_object_set_new(x, "section", json_string(name));
	json_object_set_new(x, "rows", rows);
	json_array_append_new(items, x);
	return x;
}

/* ---- matrix ------------------------------------------------------------------------------- */

static json_t *matrix_row(const struct out *o, size_t row)
{
	const struct iq_report_matrix *m = &o->r->doc.matrix;
	const struct iq_report_row *r = &m->rows[row];
	json_t *x = json_object(), *cells = json_array();

	json_object_set_new(x, "task", named(o, o->r->matrix->lines[row]->task, r->name));
	json_object_set_new(x, "depth", json_integer(r->depth));
	json_object_set_new(x, "gap", json_boolean(r->marks & IQ_REPORT_GAP));
	json_object_set_new(x, "overlap", json_boolean(r->marks & IQ_REPORT_OVERLAP));
	json_object_set_new(x, "stale", json_boolean(r->marks & IQ_REPORT_STALE));
	for (size_t c = 0; c < m->ncolumns; c++) {
		const struct iq_report_cell *cell = &m->cells[row * m->ncolumns + c];

		for (size_t i = 0; i < cell->nentries; i++) {
			json_t *e = json_object();

			json_object_set_new(
				e, "institution", iq_json_c(o->r->matrix->columns[c]->institution));
			put_entry(o, &cell->entries[i], e);
			json_array_append_new(cells, e);
		}
	}
	json_object_set_new(x, "cells", cells);
	return x;
}

static void put_matrix(const struct out *o, json_t *items)
{
	const struct iq_report *doc = &o->r->doc;
	json_t *groups = json_array(), *columns = json_array(), *rows = json_array(), *x;

	for (size_t i = 0; i < doc->ngroups; i++) {
		json_t *g = named(o, o->r->matrix->groups[i]->status, doc->groups[i].name);

		json_object_set_new(g, "letter", iq_json_str(doc->groups[i].letter));
		json_object_set_new(g, "colour", iq_json_str(doc->groups[i].colour));
		json_array_append_new(groups, g);
	}
	for (size_t i = 0; i < doc->matrix.ncolumns; i++)
		json_array_append_new(columns, named(o, o->r->matrix->columns[i]->institution,
						       doc->matrix.columns[i].name));
	for (size_t i = 0; i < doc->matrix.nrows; i++)
		json_array_append_new(rows, matrix_row(o, i));
	x = section(items, "matrix", rows);
	json_object_set_new(x, "groups", groups);
	json_object_set_new(x, "institutions", columns);
}

/* ---- tables ------------------------------------------------------------------------------- */

/* Keys in the order of the cells (report.h); "groups": the letters; "?": null if empty. */
static const struct part {
	const char *name;
	const char *keys[IQ_REPORT_CELLS];
} parts[IQ_REPORT_PARTS] = {
	[IQ_REPORT_GAPS] = {"gaps", {"task", "statuses", "expected", "involved"}},
	[IQ_REPORT_OVERLAPS] = {"overlaps", {"task", "statuses", "institutions", "level"}},
	[IQ_REPORT_NOTICES] = {"notices", {"effect", "text", "task", "statuses", "region",
						  "legal_basis", "valid_from", "valid_to"}},
	[IQ_REPORT_CONTACTS] = {"contacts", {"institution", "name", "function", "phone", "email",
						    "languages", "deputy", "visibility"}},
	[IQ_REPORT_GUIDE] = {"guide",
		{NULL, "status", "legal_basis", "work_access", "course_access", "obligations",
			"confirmed_on", "source"}},
	[IQ_REPORT_COMMITMENTS] = {"commitments", {"commitment", "owner", "due", "state"}},
	[IQ_REPORT_CHANGES] = {"changes", {"date", "what", "before", "after"}},
	[IQ_REPORT_MINUTES] = {"minutes", {"date", "meeting", "present", "minutes"}},
};

static bool is_date(const char *key)
{
	static const char *const dates[] = {
		"date", "valid_from", "valid_to", "confirmed_on", "due", NULL};

	return iq_choice(dates, iq_str(key)) >= 0;
}

static bool has_groups(unsigned part)
{
	return part == IQ_REPORT_GAPS || part == IQ_REPORT_OVERLAPS || part == IQ_REPORT_NOTICES ||
	       part == IQ_REPORT_GUIDE;
}

static void put_part(const struct out *o, unsigned part, json_t *items)
{
	const struct iq_report_table *t = &o->r->doc.parts[part];
	json_t *rows;

	if (!t->present)
		return;
	rows = json_array();
	for (size_t i = 0; i < t->nlines; i++) {
		json_t *x = json_object();

		for (size_t c = 0; c < IQ_REPORT_CELLS; c++) {
			const char *key = parts[part].keys[c];

			if (key != NULL && is_date(key))
				json_object_set_new(
					x, key, iq_json_or_null(t->lines[i].cells[c].in[o->lang]));
			else if (key != NULL)
				json_object_set_new(x, key, text(o, t->lines[i].cells[c]));
		}
		if (has_groups(part))
			json_object_set_new(x, "groups", letters(o, t->lines[i].groups));
		json_array_append_new(rows, x);
	}
	section(items, parts[part].name, rows);
}

/* ---- institutions, graphs ----------------------------------------------------------------- */

static json_t *duty(const struct out *o, const struct iq_report_duty *d)
{
	json_t *x = json_object();

	json_object_set_new(x, "task", text(o, d->task));
	put_entry(o, &d->entry, x);
	json_object_set_new(x, "legal_basis", iq_json_str(d->legal_basis));
	json_object_set_new(x, "source", iq_json_str(d->source));
	json_object_set_new(x, "confirmed_on", iq_json_or_null(d->confirmed_on));
	json_object_set_new(x, "stale", json_boolean(d->stale));
	return x;
}

static json_t *sheet(const struct out *o, size_t i)
{
	const struct iq_report_sheet *s = &o->r->doc.sheets[i];
	json_t *x = named(o, o->r->sheet[i], s->name), *duties = json_array();

	json_object_set_new(x, "kind", text(o, s->kind));
	json_object_set_new(x, "address", iq_json_str(s->address));
	json_object_set_new(x, "phone", iq_json_str(s->phone));
	json_object_set_new(x, "email", iq_json_str(s->email));
	json_object_set_new(x, "url", iq_json_str(s->url));
	json_object_set_new(x, "hours", text(o, s->hours));
	json_object_set_new(x, "via", text(o, s->via));
	for (size_t k = 0; k < s->nduties; k++)
		json_array_append_new(duties, duty(o, &s->duties[k]));
	json_object_set_new(x, "responsibilities", duties);
	return x;
}

static json_t *graph(const struct out *o, size_t i)
{
	const struct iq_report_graph *g = &o->r->doc.graphs[i];
	json_t *x = json_object(), *nodes = json_array(), *edges = json_array();

	json_object_set_new(x, "process", iq_json_or_null(iq_str(o->r->process[i])));
	json_object_set_new(x, "title", text(o, g->title));
	json_object_set_new(x, "text", text(o, g->text));
	for (size_t k = 0; k < g->nnodes; k++) {
		json_t *n = json_object();

		json_object_set_new(n, "label", text(o, g->nodes[k].label));
		json_object_set_new(n, "detail", text(o, g->nodes[k].detail));
		json_object_set_new(n, "gap", json_boolean(g->nodes[k].marks & IQ_REPORT_GAP));
		json_array_append_new(nodes, n);
	}
	for (size_t k = 0; k < g->nedges; k++) {
		json_t *e = json_object();

		json_object_set_new(e, "from", json_integer(g->edges[k].from));
		json_object_set_new(e, "to", json_integer(g->edges[k].to));
		json_object_set_new(
			e, "times", json_integer(g->edges[k].weight != 0 ? g->edges[k].weight : 1));
		json_object_set_new(e, "text", text(o, g->edges[k].text));
		json_array_append_new(edges, e);
	}
	json_object_set_new(x, "nodes", nodes);
	json_object_set_new(x, "edges", edges);
	return x;
}

static json_t *all_items(const struct out *o)
{
	const struct iq_report *doc = &o->r->doc;
	json_t *items = json_array(), *sheets = json_array(), *graphs = json_array();

	put_matrix(o, items);
	put_part(o, IQ_REPORT_GAPS, items);
	put_part(o, IQ_REPORT_OVERLAPS, items);
	put_part(o, IQ_REPORT_NOTICES, items);
	for (size_t i = 0; i < doc->ngraphs; i++)
		json_array_append_new(graphs, graph(o, i));
	section(items, "graphs", graphs);
	for (size_t i = 0; i < doc->nsheets; i++)
		json_array_append_new(sheets, sheet(o, i));
	section(items, "institutions", sheets);
	put_part(o, IQ_REPORT_CONTACTS, items);
	put_part(o, IQ_REPORT_GUIDE, items);
	put_part(o, IQ_REPORT_MINUTES, items);
	put_part(o, IQ_REPORT_COMMITMENTS, items);
	put_part(o, IQ_REPORT_CHANGES, items);
	return items;
}

enum iq_err iq_rep_json(struct iq_rep *r, enum iq_lang lang, struct iq_buf *out)
{
	const struct out o = {r, lang};
	json_t *root = json_object(), *items;
	char sum[IQ_REPORT_SUM];
	enum iq_err err = iq_report_checksum(&r->doc, sum, &r->cli->error);

	if (err != IQ_OK) {
		json_decref(root);
		return err;
	}
	items = all_items(&o);
	json_object_set_new(root, "revision", json_integer((json_int_t)r->doc.revision));
	json_object_set_new(root, "title", text(&o, r->doc.title));
	json_object_set_new(root, "region",
		named(&o, r->matrix->region, iq_names_get(r->names, IQ_REGION, r->matrix->region)));
	json_object_set_new(root, "edition", iq_json_c(r->edition));
	json_object_set_new(root, "lang", json_string(lang == IQ_LANG_DE ? "de" : "en"));
	json_object_set_new(root, "at", iq_json_or_null(r->doc.date));
	json_object_set_new(root, "recipient", iq_json_str(r->doc.recipient));
	json_object_set_new(root, "destroy_by", iq_json_or_null(r->doc.destroy_by));
	if (r->doc.base_revision != 0)
		json_object_set_new(
			root, "compared_revision", json_integer((json_int_t)r->doc.base_revision));
	if (r->doc.base_date.n != 0)
		json_object_set_new(root, "compared_at", iq_json_str(r->doc.base_date));
	json_object_set_new(root, "checksum", json_string(sum));
	json_object_set_new(root, "total", json_integer((json_int_t)json_array_size(items)));
	json_object_set_new(root, "items", items);
	iq_json_line(out, root);
	return IQ_OK;
}
