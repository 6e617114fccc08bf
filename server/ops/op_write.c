/* SPDX-License-Identifier: Apache-2.0 */
/* Single changes: add, set, delete, merge. */
#include "op.h"

enum { WRITE_CHANGES = 2, WRITE_APPROVAL = 4 };

/* ---- in the writer's thread ----------------------------------------------------------------- */

/* Ids of contacts the writer cannot see are left out. */
static struct iq_str filtered(struct iq_right *r, struct iq_str cell, char sep)
{
	struct iq_str rest = cell, id;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	while (cell.n > 0 && iq_str_cut(&rest, sep, &id)) {
		iq_num num = iq_id_find(r->txn, IQ_CONTACT, id);

		if (num != IQ_NONE && iq_right_level(r, num) == IQ_HIDDEN)
			continue;
		if (b.n > 0)
			iq_buf_byte(&b, (uint8_t)sep);
		iq_buf_str(&b, id);
	}
	struct iq_str out = iq_arena_dup(&r->job->arena, (struct iq_str){(const char *)b.p, b.n});

	iq_buf_free(&b);
	return out;
}

/* level: how much of the contact in question the writer could see before. */
static void write_diffs(struct iq_right *r, struct iq_buf *out, uint32_t field,
	const struct iq_diffs *diffs, enum iq_disclosure level)
{
	for (size_t i = 0; i < diffs->n && out->n < IQ_LIMIT_PAGE; i++) {
		const struct iq_diff *d = &diffs->d[i];
		const struct iq_schema *s = &iq_schemas[d->kind];
		const struct iq_column *c = &s->columns[iq_column_by_name(d->kind, d->column)];
		struct iq_str before = d->before;

		if (d->kind == IQ_CONTACT && c->segment == IQ_SEGMENT_PERSONAL && level != IQ_FULL)
			before = (struct iq_str){"", 0};
		if ((c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT)
			before = filtered(r, before, c->sep);
		iq_change_put(out, field, s->name, d->id, c->name, before, d->after);
	}
}

static enum iq_err read_fields(struct iq_op_job *o, struct iq_rec *rec)
{
	const Iq__V1__WriteRequest *in = o->msg->write;
	struct iq_error *error = &o->job.error;

	rec->col[IQ_COL_ID] = (struct iq_value){NULL, 0};
	if (in->id[0] != '\0') {
		struct iq_problem p = {.line = 0};

		if (iq_rec_read_cell(rec, IQ_COL_ID, iq_str(in->id), &o->arena, &p) != IQ_OK)
			iq_error_add_problem(error, &p);
	}
	for (size_t i = 0; i < in->n_fields; i++) {
		struct iq_str name = iq_str(in->fields[i]->key);
		struct iq_problem p = {.column = name, .value = iq_str(in->fields[i]->value)};
		int col = iq_column_by_name(rec->kind, name);

		if (col <= IQ_COL_ID) {
			p.text = col < 0 ? N_("There is no such field.")
					 : N_("An id cannot be changed; “merge” unites records.");
			iq_error_add_problem(error, &p);
		} else if (rec->given & 1u << col) {
			p.text = N_("The field is given twice.");
			iq_error_add_problem(error, &p);
		} else if (iq_rec_read_cell(rec, col, p.value, &o->arena, &p) != IQ_OK) {
			iq_error_add_problem(error, &p);
		}
	}
	if (error->code == IQ_OK && !iq_rec_complete(rec, &o->arena))
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	return error->code;
}

/* More people would see the contact: somebody else must agree. */
static bool needs_second(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	iq_num num = iq_id_find(r->txn, rec->kind, id);
	struct iq_rec before;
	bool merged;

	if (rec->kind != IQ_CONTACT || r->approved_by.n > 0 ||
		!(rec->given & 1u << IQ_CONTACT_VISIBILITY))
		return false;
	if (num != IQ_NONE)
		return iq_rec_get(r->txn, IQ_CONTACT, num, &r->job->arena, &before) &&
		       iq_visibility_lowered(r->txn, num, &before, rec, &r->job->arena);
	return iq_visibility_lowered(
		r->txn, iq_id_reserved(r->txn, IQ_CONTACT, id, &merged), NULL, rec, &r->job->arena);
}

static enum iq_err ask_second(struct iq_right *r, struct iq_wtxn *w, const struct iq_rec *rec,
	const struct iq_diffs *diffs, enum iq_disclosure level)
{
	struct iq_op_job *o = r->job;
	struct iq_rec now = *rec;
	iq_num num = iq_id_find(r->txn, IQ_CONTACT, iq_rec_text(rec, IQ_COL_ID));
	struct iq_ask ask = {.operation = "visibility", .needs = IQ_ACTION_ACCEPT};
	struct iq_buf b;
	uint64_t number = 0;

	if (num != IQ_NONE && !iq_rec_get(r->txn, IQ_CONTACT, num, &o->arena, &now))
		return iq_txn_error(r->txn, NULL);
	ask.institution =
		iq_id_find(r->txn, IQ_INSTITUTION, iq_rec_text(&now, IQ_CONTACT_INSTITUTION));
	iq_buf_init(&b, 0);
	write_diffs(r, &b, IQ_APPROVAL_CHANGES, diffs, level);
	ask.changes = iq_arena_dup(&o->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	enum iq_err err = iq_approval_ask(r, w, &ask, &number);

	iq_wire_uint(&o->job.answer, WRITE_APPROVAL, number);
	return err;
}

static enum iq_err run_put(struct iq_op_job *o, struct iq_wtxn *w, struct iq_right *right,
	enum iq_kind kind, struct iq_diffs *diffs, enum iq_disclosure level)
{
	bool add = o->msg->write->verb == IQ__V1__VERB__ADD;
	struct iq_rec rec = {.kind = kind};
	enum iq_err err = read_fields(o, &rec);

	if (err == IQ_OK)
		err = iq_right_put(right, &rec);
	if (err != IQ_OK || !needs_second(right, &rec))
		return err != IQ_OK ? err
				    : iq_apply_put(&o->job, w, right->vocab, &rec, add, diffs,
					      &o->arena);
	err = iq_apply_check(&o->job, w, right->vocab, &rec, add, diffs, &o->arena);
	return err == IQ_OK ? ask_second(right, w, &rec, diffs, level) : err;
}

/* A contact that the caller cannot see does not exist for the caller. */
static enum iq_err veil(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_error *error = &r->job->job.error;
	struct iq_arena *arena = error->arena;
	const char *name = iq_arena_cstr(arena, id);

	iq_error_init(error, arena);
	return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no record “{1}” of kind {0}."),
		N_("Look for it with: iqq search {1}"), iq_schemas[kind].name, name ? name : "",
		NULL);
}

/* Of the contacts that are changed, the one the writer sees least of. */
static enum iq_disclosure level_of(
	struct iq_right *r, enum iq_kind kind, const Iq__V1__WriteRequest *in)
{
	iq_num a = iq_id_find(r->txn, IQ_CONTACT, iq_str(in->id));
	iq_num b = iq_id_find(r->txn, IQ_CONTACT, iq_str(in->into));
	enum iq_disclosure level = IQ_FULL, other;

	if (kind != IQ_CONTACT || in->verb == IQ__V1__VERB__ADD)
		return IQ_FULL;
	if (a != IQ_NONE)
		level = iq_right_level(r, a);
	if (in->verb != IQ__V1__VERB__MERGE || b == IQ_NONE)
		return level;
	other = iq_right_level(r, b);
	return other < level ? other : level;
}

static enum iq_err run_verb(struct iq_right *r, struct iq_wtxn *w, enum iq_kind kind,
	struct iq_diffs *diffs, enum iq_disclosure level)
{
	struct iq_op_job *o = r->job;
	const Iq__V1__WriteRequest *in = o->msg->write;
	struct iq_str id = iq_str(in->id), into = iq_str(in->into);
	enum iq_err err;

	if (in->verb != IQ__V1__VERB__DELETE && in->verb != IQ__V1__VERB__MERGE)
		return run_put(o, w, r, kind, diffs, level);
	err = iq_right_whole(r, kind, id);
	if (in->verb == IQ__V1__VERB__DELETE)
		return err == IQ_OK
			       ? iq_apply_delete(&o->job, w, r->vocab, kind, id, diffs, &o->arena)
			       : err;
	if (err == IQ_OK)
		err = iq_right_whole(r, kind, into);
	return err == IQ_OK ? iq_apply_merge(&o->job, w, r->vocab, kind, id, into, diffs, &o->arena)
			    : err;
}

/* What stands in the way of a deletion is told by id: not of contacts that cannot be seen. */
static void drop_hidden(struct iq_right *r)
{
	struct iq_error *error = &r->job->job.error;
	size_t n = 0;

	for (size_t i = 0; i < error->ncandidates; i++) {
		const struct iq_candidate *c = &error->candidates[i];

		if (iq_str_is(c->kind, iq_schemas[IQ_CONTACT].name) &&
			iq_right_level(r, iq_id_find(r->txn, IQ_CONTACT, c->id)) == IQ_HIDDEN)
			continue;
		error->candidates[n++] = *c;
	}
	error->ncandidates = n;
}

static enum iq_err run_write(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__WriteRequest *in = o->msg->write;
	enum iq_kind kind = iq_kind_by_name(iq_str(in->kind));
	struct iq_right right;
	struct iq_diffs diffs = {.d = NULL};
	enum iq_disclosure level;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	level = level_of(&right, kind, in);
	if (level == IQ_HIDDEN)
		return veil(&right, kind,
			iq_str(in->verb == IQ__V1__VERB__MERGE &&
						iq_right_level(&right, iq_id_find(right.txn, kind,
									       iq_str(in->id))) !=
							IQ_HIDDEN
					? in->into
					: in->id));
	err = run_verb(&right, w, kind, &diffs, level);
	/* One that is not there answers like one that cannot be seen. */
	if (err == IQ_ERR_DENIED && kind == IQ_CONTACT && in->verb != IQ__V1__VERB__ADD &&
		iq_id_find(right.txn, kind, iq_str(in->id)) == IQ_NONE)
		return veil(&right, kind, iq_str(in->id));
	drop_hidden(&right);
	if (err == IQ_OK)
		write_diffs(&right, &job->answer, WRITE_CHANGES, &diffs, level);
	return err;
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

static const struct {
	Iq__V1__Verb verb;
	const char *name;
} verbs[] = {{IQ__V1__VERB__ADD, "add"}, {IQ__V1__VERB__SET, "set"},
	{IQ__V1__VERB__DELETE, "delete"}, {IQ__V1__VERB__MERGE, "merge"}};

static const char *verb_name(Iq__V1__Verb verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].verb == verb)
			return verbs[i].name;
	}
	return NULL;
}

enum iq_err iq_op_write(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__WriteRequest *in = rq->msg->write;
	const char *verb = verb_name(in->verb);
	enum iq_kind kind;
	enum iq_err err = iq_req_kind(rq, iq_str(in->kind), &kind);

	if (err == IQ_OK)
		err = iq_job_request_id(rq, in->request_id, job);
	if (err != IQ_OK)
		return err;
	if (verb == NULL)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	/* A postcode's id is made of its two fields. */
	if (in->id[0] == '\0' && !(kind == IQ_POSTCODE && in->verb == IQ__V1__VERB__ADD))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The id of the record is missing."),
			N_("For example: iqq set institution vhs-dresden phone=…"), NULL);
	if (in->verb == IQ__V1__VERB__MERGE && in->into[0] == '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The record that stays is missing."), N_("iqq merge KIND OLD NEW"),
			NULL);
	iq_job_payload(rq, IQ__V1__REQUEST__OP_WRITE, job);
	job->change.operation = iq_str(verb);
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->run = run_write;
	return IQ_OK;
}
