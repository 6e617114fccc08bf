/* SPDX-License-Identifier: Apache-2.0 */
/* Who does what in a region: tasks × institutions. */
#include "matrix.h"
#include "views.h"

/* Fields of MatrixResponse and its parts (iq.proto). */
enum {
	MATRIX_LINES = IQ_VIEWS_AFTER_HEAD,
	MATRIX_COLUMNS,
	MATRIX_CELLS,
	MATRIX_GROUPS,
	MATRIX_LABELS
};
enum { LINE_TASK = 1, LINE_DEPTH, LINE_ABOVE };
enum { COLUMN_INSTITUTION = 1, COLUMN_DISTANCE };
enum { CELL_LINE = 1, CELL_COLUMN, CELL_ROLES, CELL_ROWS, CELL_NOTICES, CELL_EFFECT };
enum { ROLE_ROLE = 1, ROLE_GROUPS, ROLE_SURE, ROLE_CONDITIONAL, ROLE_PART };
enum {
	ROW_RESPONSIBILITY = 1,
	ROW_ROLE,
	ROW_REGION,
	ROW_DISTANCE,
	ROW_CONDITION,
	ROW_CONFIRMED_ON
};

/* A probe of the index finds rows that are read and written, too. */
enum { ROW_COST = 4 };

static struct iq_views *prepare(struct iq_req *rq)
{
	const Iq__V1__MatrixRequest *in = rq->msg->matrix;

	return iq_views_prepare(rq, &(struct iq_views_terms){.region = in->region,
					    .task = in->task,
					    .status = in->status,
					    .at = in->at,
					    .lang = in->lang,
					    .labels = MATRIX_LABELS,
					    .less = N_("Ask for a smaller region, for one --task "
						       "or --status, or with --whole.")});
}

uint64_t iq_cost_matrix(struct iq_req *rq)
{
	const struct iq_views *v = prepare(rq);

	return v ? ROW_COST * iq_views_cost(v, !rq->msg->matrix->whole) : 0;
}

/* Levels below the topmost ancestor that has a line. */
static void write_lines(struct iq_views *v, const struct iq_matrix *m)
{
	const struct iq_tree *t = &v->rq->vocab->task;
	struct iq_buf *out = v->rq->out;
	iq_num top = IQ_NONE;

	for (size_t i = 0; i < m->nlines; i++) {
		iq_num task = m->line[i].task;
		size_t mark = iq_wire_begin(out, MATRIX_LINES);

		if (top == IQ_NONE || !iq_tree_covers(t, top, task))
			top = task;
		iq_views_id(v, LINE_TASK, IQ_TASK, task);
		iq_wire_uint(out, LINE_DEPTH, (uint64_t)t->depth[task] - t->depth[top]);
		iq_wire_bool(out, LINE_ABOVE, m->line[i].above);
		iq_wire_end(out, mark);
	}
}

static void write_columns(struct iq_views *v, const struct iq_matrix *m)
{
	struct iq_buf *out = v->rq->out;

	for (size_t i = 0; i < m->ncolumns; i++) {
		size_t mark = iq_wire_begin(out, MATRIX_COLUMNS);

		iq_views_id(v, COLUMN_INSTITUTION, IQ_INSTITUTION, m->column[i].institution);
		iq_wire_uint(out, COLUMN_DISTANCE, m->column[i].distance);
		iq_wire_end(out, mark);
	}
}

static void write_role(struct iq_views *v, const struct iq_matrix_role *r)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, CELL_ROLES);

	iq_wire_str(out, ROLE_ROLE, iq_str(iq_role_names[r->role]));
	iq_views_groups(v, ROLE_GROUPS, r->groups);
	iq_views_groups(v, ROLE_SURE, r->sure);
	iq_wire_bool(out, ROLE_CONDITIONAL, r->conditional);
	iq_wire_bool(out, ROLE_PART, r->part);
	iq_wire_end(out, mark);
}

static void write_row(struct iq_views *v, const struct iq_matrix_row *r)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, CELL_ROWS);
	struct iq_image image;

	iq_wire_str(out, ROW_RESPONSIBILITY, r->id);
	iq_wire_str(out, ROW_ROLE, iq_str(iq_role_names[r->role]));
	iq_views_id(v, ROW_REGION, IQ_REGION, r->region);
	iq_wire_uint(out, ROW_DISTANCE, r->distance);
	if (iq_image_get(v->rq->txn, IQ_RESPONSIBILITY, r->num, &image)) {
		struct iq_str condition =
			iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_RESP_CONDITION + 1);

		iq_wire_str(out, ROW_CONDITION, condition);
		iq_labels_condition(&v->labels, condition);
	}
	iq_views_date(v, ROW_CONFIRMED_ON, r->confirmed);
	iq_wire_end(out, mark);
}

/* Its id, and the names that a reader of the notice needs. */
static void write_notice(struct iq_views *v, const struct iq_notice *n)
{
	iq_wire_item(v->rq->out, CELL_NOTICES, n->id);
	if (n->task != IQ_NONE)
		iq_labels_add(&v->labels, IQ_TASK, n->task);
	for (size_t i = 0; i < n->nstatuses; i++)
		iq_labels_add(&v->labels, IQ_STATUS, n->statuses[i]);
	iq_labels_condition(&v->labels, n->condition);
}

static void write_cell(struct iq_views *v, const struct iq_matrix_cell *c)
{
	struct iq_buf *out = v->rq->out;
	size_t mark = iq_wire_begin(out, MATRIX_CELLS);

	iq_wire_uint(out, CELL_LINE, c->line);
	iq_wire_uint(out, CELL_COLUMN, c->column);
	for (size_t i = 0; i < c->nroles; i++)
		write_role(v, &c->role[i]);
	for (size_t i = 0; i < c->nrows; i++)
		write_row(v, &c->row[i]);
	for (size_t i = 0; i < c->nnotices; i++)
		write_notice(v, c->notice[i]);
	if (c->effect != IQ_INFO)
		iq_wire_str(out, CELL_EFFECT, iq_str(iq_effect_names[c->effect]));
	iq_wire_end(out, mark);
}

enum iq_err iq_op_matrix(struct iq_req *rq)
{
	struct iq_views *v = prepare(rq);
	struct iq_matrix m;

	if (v == NULL)
		return rq->error->code;
	const struct iq_matrix_query q = {.region = v->region,
		.task = v->task,
		.status = v->status,
		.at = v->at,
		.whole = rq->msg->matrix->whole};
	enum iq_err err =
		iq_views_done(v, iq_matrix_build(&v->view, &v->lookup, &q, rq->arena, &m));

	if (err != IQ_OK)
		return err;
	iq_views_head(v);
	write_lines(v, &m);
	write_columns(v, &m);
	for (size_t i = 0; i < m.ncells && !rq->out->failed; i++)
		write_cell(v, &m.cell[i]);
	iq_views_targets(v, MATRIX_GROUPS);
	return iq_views_finish(v);
}
