/* SPDX-License-Identifier: Apache-2.0 */
/* A graph for Graphviz. Names of nodes are numbers, texts are quoted. */
#include "report_priv.h"

static void put_text(struct iq_report_out *o, struct iq_str s)
{
	iq_report_escape_dot(o->b, s);
}

enum iq_err iq_report_dot(const struct iq_report *doc, const struct iq_report_graph *graph,
	enum iq_lang lang, struct iq_buf *out, struct iq_error *error)
{
	struct iq_report_out o;

	iq_report_begin(&o, doc, lang, out);
	iq_report_put(&o, "digraph handovers {\n\tgraph [label=\"");
	put_text(&o, iq_report_in(graph->title, lang));
	iq_report_put(&o, "\", labelloc=t, fontname=\"sans-serif\"];\n"
			  "\tnode [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
			  "\tedge [fontname=\"sans-serif\"];\n");
	for (size_t i = 0; i < graph->nnodes; i++) {
		const struct iq_report_node *n = &graph->nodes[i];

		iq_buf_printf(out, "\tn%zu [label=\"", i);
		put_text(&o, iq_report_in(n->label, lang));
		if (iq_report_has(n->detail)) {
			iq_report_put(&o, "\\n");
			put_text(&o, iq_report_in(n->detail, lang));
		}
		iq_report_put(&o, (n->marks & IQ_REPORT_GAP) != 0
					  ? "\", style=dashed, color=\"#8f1d17\"];\n"
					  : "\"];\n");
	}
	for (size_t i = 0; i < graph->nedges; i++) {
		const struct iq_report_edge *e = &graph->edges[i];

		if (e->from >= graph->nnodes || e->to >= graph->nnodes)
			continue;
		iq_buf_printf(out, "\tn%u -> n%u [label=\"", e->from, e->to);
		if (e->weight > 1)
			iq_buf_printf(out, "%u", e->weight);
		iq_report_put(&o, "\", tooltip=\"");
		put_text(&o, iq_report_in(e->text, lang));
		iq_report_put(&o, "\"];\n");
	}
	iq_report_put(&o, "}\n");
	return iq_report_end(&o, error);
}
