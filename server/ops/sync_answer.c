/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: plans as answers, in parts if they are long, and refusals. */
#include "sync_run.h"

enum {
	PLAN_REVISION = 1,
	PLAN_ID,
	PLAN_INSTITUTION,
	PLAN_BASED_ON,
	PLAN_UNTIL,
	PLAN_LINES,
	PLAN_COUNTS,
	PLAN_GUARDS,
	PLAN_DELETES,
	PLAN_SECOND,
	PLAN_OPEN,
	PLAN_STATE,
	PLAN_BY,
	PLAN_NOTES,
	PLAN_LABELS
};
enum {
	LINE_ACT = 1,
	LINE_KIND,
	LINE_ID,
	LINE_NAME,
	LINE_MATCHED,
	LINE_FILE,
	LINE_LINE,
	LINE_RENAMED,
	LINE_CHANGES,
	LINE_CONFLICTS,
	LINE_RESOLVED
};
enum { GUARD_CODE = 1, GUARD_TEXT, GUARD_ARGS, GUARD_TASK, GUARD_STATUS, GUARD_REGION, GUARD_ROW };
enum { CHANGES_SHOWN = 256 /* of one line */ };

static struct iq_conflict conflict_of(
	const struct iq_sync_line *l, const struct iq_sync_conflict *c)
{
	return (struct iq_conflict){.kind = iq_str(iq_schemas[l->kind].name),
		.id = l->id,
		.column = c->col < 0 ? (struct iq_str){NULL, 0}
				     : iq_str(iq_schemas[l->kind].columns[c->col].name),
		.was = c->was,
		.theirs = c->theirs,
		.mine = c->mine,
		.revision = c->revision,
		.principal = c->principal,
		.time_us = (int64_t)c->time_us};
}

static void write_line(struct iq_buf *out, const struct iq_sync_line *l)
{
	size_t mark = iq_wire_begin(out, PLAN_LINES);

	iq_wire_str(out, LINE_ACT, iq_str(iq_sync_act_names[l->act]));
	iq_wire_str(out, LINE_KIND, iq_str(iq_schemas[l->kind].name));
	iq_wire_str(out, LINE_ID, l->id);
	iq_wire_str(out, LINE_NAME, l->name);
	iq_wire_str(out, LINE_MATCHED, iq_str(iq_sync_by_names[l->by]));
	iq_wire_str(out, LINE_FILE, l->file);
	iq_wire_uint(out, LINE_LINE, l->line);
	iq_wire_bool(out, LINE_RENAMED, l->renamed);
	for (size_t i = 0; i < l->diffs.n && i < CHANGES_SHOWN; i++) {
		const struct iq_diff *d = &l->diffs.d[i];

		iq_change_put(out, LINE_CHANGES, iq_schemas[d->kind].name, d->id, d->column,
			d->before, d->after);
	}
	for (size_t i = 0; i < l->nconflicts; i++) {
		const struct iq_conflict c = conflict_of(l, &l->conflicts[i]);
		size_t inner = iq_wire_begin(out, LINE_CONFLICTS);

		iq_codec_conflict(out, &c);
		iq_wire_end(out, inner);
	}
	if (l->resolved != NULL)
		iq_wire_str(out, LINE_RESOLVED, iq_str(l->resolved));
	iq_wire_end(out, mark);
}

void iq_sync_answer_counts(struct iq_buf *out, uint32_t field, const struct iq_sync *s)
{
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		const struct iq_sync_count *c = &s->counts[k];
		const uint64_t n[] = {
			c->add, c->change, c->archive, c->revive, c->same, c->left, c->conflict};
		uint64_t any = 0;

		for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
			any += n[i];
		if (any == 0)
			continue;
		size_t mark = iq_wire_begin(out, field);

		iq_wire_str(out, 1, iq_str(iq_schemas[k].name));
		for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
			iq_wire_uint(out, (uint32_t)i + 2, n[i]);
		iq_wire_end(out, mark);
	}
}

static void write_guard(struct iq_buf *out, const struct iq_sync_guard *g)
{
	size_t mark = iq_wire_begin(out, PLAN_GUARDS);

	iq_wire_str(out, GUARD_CODE, iq_str(g->code));
	iq_wire_str(out, GUARD_TEXT, iq_str(g->text));
	for (size_t i = 0; i < g->nargs; i++)
		iq_wire_item(out, GUARD_ARGS, g->args[i]);
	iq_wire_str(out, GUARD_TASK, g->task);
	iq_wire_str(out, GUARD_STATUS, g->status);
	iq_wire_str(out, GUARD_REGION, g->region);
	iq_wire_str(out, GUARD_ROW, g->responsibility);
	iq_wire_end(out, mark);
}

/* ---- labels ---------------------------------------------------------------------------------- */

struct labels {
	struct iq_sync_run *x;
	struct iq_req rq;
	struct iq_labels l;
	struct iq_num_set *people;
};

/* By its line, where it has one: the client finds the name there. */
static bool has_line(const struct iq_sync *s, iq_num num)
{
	for (size_t i = 0; i < s->nlines; i++)
		if (s->lines[i].kind == IQ_CONTACT && s->lines[i].num == num)
			return true;
	return false;
}

/* As everywhere in a plan: only whom the caller may see, and then it is on record. */
static void label_person(struct labels *b, iq_num num)
{
	const struct iq_sync *s = &b->x->s;
	struct iq_buf *out = b->rq.out;
	struct iq_contact_view view;
	struct iq_image image;

	if (!iq_num_set_add(b->people, num) || has_line(s, num) ||
		!s->sees(s->ctx, IQ_CONTACT, num) || !iq_contact_read(&b->rq, num, &view) ||
		!iq_image_get(b->rq.txn, IQ_CONTACT, num, &image))
		return;
	struct iq_str name =
		iq_image_field(image.segment[IQ_SEGMENT_PERSONAL], IQ_CONTACT_NAME + 1);

	if (name.n == 0 ||
		(view.visibility != IQ_PUBLIC && !s->shows(s->ctx, num, view.visibility)))
		return;
	size_t mark = iq_wire_begin(out, PLAN_LABELS);

	iq_wire_str(out, 1, IQ_STR("contact"));
	iq_wire_str(out, 2, iq_image_id(&image));
	iq_wire_str(out, 3, name);
	iq_wire_end(out, mark);
}

static void label_cell(struct labels *b, const struct iq_column *c, struct iq_str cell)
{
	struct iq_str id;

	if (c->type != IQ_TYPE_REF && c->type != IQ_TYPE_REFS)
		return;
	for (struct iq_str rest = cell; rest.n > 0 && iq_str_cut(&rest, ';', &id);) {
		iq_num num = iq_id_find(b->rq.txn, c->target, id);

		if (num == IQ_NONE)
			continue;
		if (c->target == IQ_CONTACT)
			label_person(b, num);
		else if (c->target == IQ_TASK || c->target == IQ_REGION || c->target == IQ_STATUS ||
			 c->target == IQ_INSTITUTION)
			iq_labels_add(&b->l, c->target, num);
	}
}

static void label_line(struct labels *b, const struct iq_sync_line *l)
{
	const struct iq_schema *schema = &iq_schemas[l->kind];

	for (size_t i = 0; i < l->diffs.n && i < CHANGES_SHOWN; i++) {
		int col = iq_column_by_name(l->kind, l->diffs.d[i].column);

		if (col < 0)
			continue;
		label_cell(b, &schema->columns[col], l->diffs.d[i].before);
		label_cell(b, &schema->columns[col], l->diffs.d[i].after);
	}
	for (size_t i = 0; i < l->nconflicts; i++) {
		const struct iq_sync_conflict *c = &l->conflicts[i];

		if (c->col < 0)
			continue;
		label_cell(b, &schema->columns[c->col], c->was);
		label_cell(b, &schema->columns[c->col], c->theirs);
		label_cell(b, &schema->columns[c->col], c->mine);
	}
}

/* Names of what ids of the lines stand for. */
static void write_labels(struct iq_sync_run *x, struct iq_buf *out, bool lines)
{
	struct labels b = {.x = x, .rq = iq_veil_reader(&x->right)};

	b.rq.out = out;
	b.people = iq_num_set_new(b.rq.arena);
	iq_labels_init(&b.l, &b.rq, PLAN_LABELS, x->s.english);
	iq_labels_add(&b.l, IQ_INSTITUTION, x->plan.institution);
	for (size_t i = 0; lines && i < x->s.nlines; i++)
		label_line(&b, &x->s.lines[i]);
	iq_labels_write(&b.l);
}

/* ---- heads ----------------------------------------------------------------------------------- */

static void write_head(
	struct iq_buf *out, const struct iq_plan_file *p, struct iq_txn *t, int64_t now_us)
{
	iq_wire_uint(out, PLAN_REVISION, p->revision);
	iq_wire_str(out, PLAN_ID, iq_str(p->id));
	iq_wire_str(out, PLAN_INSTITUTION, iq_id_of(t, IQ_INSTITUTION, p->institution));
	iq_wire_uint(out, PLAN_BASED_ON, p->based_on > p->applied ? p->based_on : p->applied);
	if (p->id[0] != '\0') {
		iq_wire_uint(out, PLAN_UNTIL, (uint64_t)p->until_us);
		iq_wire_str(
			out, PLAN_STATE, p->until_us < now_us ? IQ_STR("expired") : IQ_STR("open"));
	}
	iq_wire_str(out, PLAN_BY, p->principal);
}

void iq_sync_answer_head(
	struct iq_sync_run *x, uint32_t field, const struct iq_plan_file *plan, struct iq_txn *t)
{
	struct iq_buf *out = &x->o->job.answer;
	size_t mark = iq_wire_begin(out, field);

	write_head(out, plan, t, x->o->now_us);
	iq_wire_uint(out, PLAN_DELETES, plan->deletes);
	iq_wire_bool(out, PLAN_SECOND, plan->second);
	iq_wire_end(out, mark);
}

/* What is written so far becomes an answer of its own, that more follow. */
static void next_part(struct iq_op_job *o)
{
	if (o->nparts == o->cap_parts) {
		size_t cap = o->cap_parts ? 2 * o->cap_parts : 16;
		size_t *grown = iq_arena_grow(
			&o->arena, o->parts, o->cap_parts * sizeof(*grown), cap * sizeof(*grown));

		if (grown == NULL)
			return; /* then it is one long answer */
		o->parts = grown;
		o->cap_parts = cap;
	}
	o->parts[o->nparts++] = o->job.answer.n;
}

static void write_rest(struct iq_sync_run *x, struct iq_buf *out, bool lines)
{
	const struct iq_sync *s = &x->s;

	write_head(out, &x->plan, x->right.txn, x->o->now_us);
	iq_sync_answer_counts(out, PLAN_COUNTS, s);
	for (size_t i = 0; i < s->nguards; i++)
		write_guard(out, &s->guards[i]);
	iq_wire_uint(out, PLAN_DELETES, s->deletes);
	iq_wire_bool(out, PLAN_SECOND, s->second);
	iq_wire_uint(out, PLAN_OPEN, s->open);
	for (size_t i = 0; i < s->nnotes; i++) {
		size_t mark = iq_wire_begin(out, PLAN_NOTES);

		iq_codec_problem(out, &s->notes[i]);
		iq_wire_end(out, mark);
	}
	write_labels(x, out, lines);
}

void iq_sync_answer(struct iq_sync_run *x, uint32_t field, bool lines)
{
	struct iq_buf *out = &x->o->job.answer;
	size_t start = out->n, mark = 0;

	if (field)
		mark = iq_wire_begin(out, field);
	for (size_t i = 0; lines && i < x->s.nlines; i++) {
		write_line(out, &x->s.lines[i]);
		if (out->n - start < IQ_LIMIT_PAGE)
			continue;
		if (field)
			iq_wire_end(out, mark);
		next_part(x->o);
		start = out->n;
		if (field)
			mark = iq_wire_begin(out, field);
	}
	write_rest(x, out, lines);
	if (field)
		iq_wire_end(out, mark);
}

bool iq_sync_any(const struct iq_sync *s)
{
	for (size_t i = 0; i < s->nlines; i++)
		if (s->lines[i].act != IQ_SYNC_SAME)
			return true;
	return false;
}

/* ---- refusals -------------------------------------------------------------------------------- */

enum iq_err iq_sync_refuse_conflicts(struct iq_sync_run *x)
{
	struct iq_op_job *o = x->o;
	struct iq_error *error = &o->job.error;

	iq_error_set(error, IQ_ERR_CONFLICT,
		N_("Others changed records of this plan. Decisions to be made: {0}."),
		N_("Decide what counts: iqq sync resolve {1}"),
		iq_arena_printf(&o->arena, "%llu", (unsigned long long)x->s.open), x->plan.id,
		NULL);
	for (size_t i = 0; i < x->s.nlines; i++) {
		const struct iq_sync_line *l = &x->s.lines[i];

		for (size_t k = 0; k < l->nconflicts; k++) {
			const struct iq_conflict c = conflict_of(l, &l->conflicts[k]);

			iq_error_add_conflict(error, &c);
		}
	}
	return error->code;
}

enum iq_err iq_sync_refuse_guard(struct iq_sync_run *x, uint64_t given)
{
	struct iq_op_job *o = x->o;
	struct iq_error *error = &o->job.error;
	const char *number = iq_arena_printf(&o->arena, "%llu", (unsigned long long)x->s.deletes);

	iq_error_set(error, IQ_ERR_GUARD,
		given ? N_("Nothing was changed: {0} records would be lost, not as many as you "
			   "said.")
		      : N_("Nothing was changed: {0} records would be lost."),
		N_("Look at the plan: iqq sync status {1}. If that is right: iqq sync apply {1} "
		   "--allow-deletes {0}"),
		number ? number : "", x->plan.id, NULL);
	for (size_t i = 0; i < x->s.nguards; i++) {
		const struct iq_sync_guard *g = &x->s.guards[i];
		struct iq_problem p = {
			.column = iq_str(g->code), .text = g->text, .nargs = g->nargs};

		memcpy(p.args, g->args, sizeof(p.args));
		iq_error_add_problem(error, &p);
	}
	return error->code;
}
