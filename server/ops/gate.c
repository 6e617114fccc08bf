/* SPDX-License-Identifier: Apache-2.0 */
/* Imports of those who may not write everything: every row as if it were added or set alone. */
#include "archive.h"
#include "write.h"

/* Room for the next decision. */
static void turn(struct iq_gate *g)
{
	iq_arena_reset(&g->job.arena);
	iq_error_init(&g->job.job.error, &g->job.arena);
}

static bool may_refer(struct iq_job *job, iq_num contact)
{
	struct iq_gate *g = ((struct iq_op_job *)job)->gate;

	if (iq_num_set_has(g->known, contact))
		return true;
	if (iq_num_set_has(g->hidden, contact))
		return false;
	turn(g);
	bool known = iq_veil_sees(&g->right, contact);

	(void)iq_num_set_add(known ? g->known : g->hidden, contact);
	return known;
}

/* The id of an archived record is free for those only who may bring that one back. */
static enum iq_err check_archived(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_error *error = &r->job->job.error;
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	struct iq_archived a;
	struct iq_rec was;
	bool merged;

	if (iq_id_find(r->txn, rec->kind, id) != IQ_NONE ||
		!iq_archived_get(r->txn, rec->kind, iq_id_reserved(r->txn, rec->kind, id, &merged),
			r->job->now_us, &a) ||
		iq_write_archived(r, rec->kind, id, &was) == IQ_OK)
		return IQ_OK;
	iq_error_init(error, &r->job->arena);
	iq_error_add_problem(error, &(struct iq_problem){.column = IQ_STR("id"),
					    .value = id,
					    .text = N_("This id is taken. Choose another one.")});
	return IQ_ERR_REJECTED;
}

/* A hidden record of a workshop: as if the row made a new one, and its id is taken. */
static enum iq_err decide_hidden(struct iq_right *r, const struct iq_rec *rec)
{
	enum iq_err err = iq_right_add(r, rec);

	if (err != IQ_OK)
		return err;
	iq_error_add_problem(
		&r->job->job.error, &(struct iq_problem){.column = IQ_STR("id"),
					    .value = iq_rec_text(rec, IQ_COL_ID),
					    .text = N_("This id is taken. Choose another one.")});
	return IQ_ERR_REJECTED;
}

/* As an export gave it: the row of who sees all of the record. */
static bool says_nothing(struct iq_right *r, const struct iq_rec *rec, iq_num num)
{
	struct iq_req rq = iq_veil_reader(r);
	struct iq_image image;
	struct iq_rec now;

	return iq_image_get(r->txn, rec->kind, num, &image) &&
	       iq_circle_seen(&rq, &image) == UINT32_MAX &&
	       iq_rec_get(r->txn, rec->kind, num, &r->job->arena, &now) && iq_rec_equal(&now, rec);
}

static enum iq_err decide(struct iq_right *r, const struct iq_rec *rec, bool fresh)
{
	enum iq_err err;

	if (!fresh && iq_kind_in_circle(rec->kind)) {
		iq_num num = iq_id_find(r->txn, rec->kind, iq_rec_text(rec, IQ_COL_ID));

		if (!iq_veil_shown(r, rec->kind, num))
			return decide_hidden(r, rec);
		if (says_nothing(r, rec, num))
			return IQ_OK;
	}

	if (fresh)
		err = iq_right_add(r, rec);
	else
		err = iq_veil_target(
			r, rec->kind, iq_rec_text(rec, IQ_COL_ID), iq_right_put(r, rec));
	if (err == IQ_OK && fresh)
		err = check_archived(r, rec);
	return err == IQ_OK ? iq_veil_references(r, rec) : err;
}

/* The column that names a contact. */
static int column_of(const struct iq_rec *rec, struct iq_str contact)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t col = 0; col < schema->ncolumns; col++) {
		for (uint32_t i = 0;
			schema->columns[col].target == IQ_CONTACT && i < rec->col[col].n; i++) {
			if (iq_str_eq(rec->col[col].v[i], contact))
				return (int)col;
		}
	}
	return IQ_COL_ID;
}

static enum iq_err may_write(struct iq_job *job, const struct iq_rec *rec, bool fresh,
	const struct iq_plan *plan, struct iq_problem *why)
{
	struct iq_gate *g = ((struct iq_op_job *)job)->gate;
	const struct iq_error *error = &g->job.job.error;

	turn(g);
	g->right.plan = plan;
	enum iq_err err = decide(&g->right, rec, fresh);

	if (g->job.arena.failed)
		return iq_error_set(
			&job->error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	if (err == IQ_OK)
		return IQ_OK;
	if (err == IQ_ERR_REJECTED && error->nproblems > 0) {
		*why = error->problems[0];
		return err;
	}
	/* Named in the text: a contact that may not be attached. */
	int col = error->nargs > 0 ? column_of(rec, error->args[0]) : IQ_COL_ID;

	*why = (struct iq_problem){.column = iq_str(iq_schemas[rec->kind].columns[col].name),
		.value = col == IQ_COL_ID ? iq_rec_text(rec, IQ_COL_ID) : error->args[0],
		.text = error->text,
		.nargs = error->nargs};
	memcpy(why->args, error->args, sizeof(why->args));
	return IQ_ERR_DENIED;
}

void iq_gate_set(struct iq_gate *g, const struct iq_right *right)
{
	struct iq_op_job *o = right->job;

	memset(g, 0, sizeof(*g));
	iq_arena_init(&g->job.arena, 0);
	g->job.svc = o->svc;
	g->job.today = o->today;
	g->job.now_us = o->now_us;
	g->right = *right;
	g->right.job = &g->job;
	g->known = iq_num_set_new(&o->arena);
	g->hidden = iq_num_set_new(&o->arena);
	g->owner = o;
	o->gate = g;
	o->job.may_refer = may_refer;
	o->job.may_write = may_write;
}

void iq_gate_free(struct iq_gate *g)
{
	struct iq_op_job *o = g->owner;

	o->gate = NULL;
	o->job.may_refer = NULL;
	o->job.may_write = NULL;
	iq_arena_free(&g->job.arena);
}
