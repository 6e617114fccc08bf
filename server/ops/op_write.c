/* SPDX-License-Identifier: Apache-2.0 */
/* Single changes: add, set, delete, merge. */
#include "ballots.h"
#include "write.h"

/* ---- in the writer's thread ----------------------------------------------------------------- */

void iq_write_diffs(struct iq_buf *out, uint32_t field, const struct iq_diffs *diffs)
{
	for (size_t i = 0; i < diffs->n && out->n < IQ_LIMIT_PAGE; i++) {
		const struct iq_diff *d = &diffs->d[i];

		iq_change_put(out, field, iq_schemas[d->kind].name, d->id, d->column, d->before,
			d->after);
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
	const struct iq_diffs *diffs)
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
	iq_write_diffs(&b, IQ_APPROVAL_CHANGES, diffs);
	ask.changes = iq_arena_dup(&o->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	enum iq_err err = iq_approval_ask(r, w, &ask, &number);

	iq_wire_uint(&o->job.answer, IQ_WRITE_APPROVAL, number);
	return err;
}

/* Whoever may know of it is told that it can come back; others get the plain conflict. */
static enum iq_err check_archived(struct iq_right *r, const struct iq_rec *rec)
{
	struct iq_error *error = &r->job->job.error;
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	struct iq_rec was;

	if (id.n == 0 || iq_id_find(r->txn, rec->kind, id) != IQ_NONE)
		return IQ_OK;
	enum iq_err err = iq_write_archived(r, rec->kind, id, &was);

	iq_error_init(error, &r->job->arena);
	if (err != IQ_OK)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_CONFLICT,
		N_("A record “{1}” of kind {0} is in the archive."),
		N_("Bring it back: iqq revive {0} {1}. Or choose another id."),
		iq_schemas[rec->kind].name, iq_arena_cstr(&r->job->arena, id), NULL);
}

static enum iq_err run_put(struct iq_op_job *o, struct iq_wtxn *w, struct iq_right *right,
	enum iq_kind kind, struct iq_diffs *diffs)
{
	struct iq_rec rec = {.kind = kind};
	bool add = o->msg->write->verb == IQ__V1__VERB__ADD;
	enum iq_err err = read_fields(o, &rec);
	struct iq_rec *named = iq_arena_alloc(&o->arena, sizeof(*named));

	if (err != IQ_OK)
		return err;
	if (named == NULL)
		return iq_write_no_memory(right);
	*named = rec;
	o->job.named = named;
	if (!add)
		err = iq_based_gone(right, w, kind, iq_rec_text(&rec, IQ_COL_ID), &rec,
			o->msg->write->based_on);
	if (err != IQ_OK)
		return err;
	/* An id that is taken is a conflict, whoever took it. */
	if (add)
		err = iq_right_add(right, &rec);
	else
		err = iq_veil_target(
			right, kind, iq_rec_text(&rec, IQ_COL_ID), iq_right_put(right, &rec));
	if (err == IQ_OK && add)
		err = check_archived(right, &rec);
	if (err == IQ_OK && !add)
		err = iq_based_put(right, w, &rec, o->msg->write->based_on, o->msg->write->merge);
	if (err == IQ_OK && !add && !iq_veil_keep(right, &rec))
		err = iq_write_no_memory(right);
	if (err == IQ_OK)
		err = iq_veil_references(right, &rec);
	if (err == IQ_OK)
		err = iq_poll_put(right, w, &rec);
	if (err == IQ_OK && !add)
		iq_veil_note(right, kind, iq_rec_text(&rec, IQ_COL_ID));
	if (err == IQ_OK && needs_second(right, &rec)) {
		err = iq_apply_check(&o->job, w, right->vocab, &rec, add, diffs, &o->arena);
		if (err == IQ_OK)
			iq_veil_diffs(right, kind, iq_rec_text(&rec, IQ_COL_ID), diffs);
		return err == IQ_OK ? ask_second(right, w, &rec, diffs) : err;
	}
	if (err == IQ_OK && !add)
		err = iq_circle_judge_put(right, &rec);
	if (err == IQ_OK)
		iq_circle_warn_put(right, &rec);
	if (err == IQ_OK)
		err = iq_apply_put(&o->job, w, right->vocab, &rec, add, diffs, &o->arena);
	if (err == IQ_OK && add && !o->job.dry_run)
		iq_veil_note(right, kind, iq_rec_text(&rec, IQ_COL_ID));
	return err;
}

static enum iq_err run_delete(
	struct iq_op_job *o, struct iq_wtxn *w, struct iq_right *right, struct iq_diffs *diffs)
{
	const Iq__V1__WriteRequest *in = o->msg->write;
	enum iq_kind kind = iq_kind_by_name(iq_str(in->kind));
	struct iq_str id = iq_str(in->id);
	enum iq_err err = iq_based_gone(right, w, kind, id, NULL, in->based_on);

	if (err == IQ_OK)
		err = iq_veil_target(right, kind, id, iq_right_whole(right, kind, id));
	if (err != IQ_OK)
		return err;
	err = iq_based_whole(right, w, kind, id, in->based_on);
	if (err != IQ_OK)
		return err;
	iq_veil_note(right, kind, id);
	iq_write_dropped(right, kind, id);
	err = iq_apply_delete(&o->job, w, right->vocab, kind, id, diffs, &o->arena);
	return iq_veil_conflict(right, kind, id, err);
}

/* Their people will see one another's contacts. */
static enum iq_err unite_institutions(struct iq_right *right, struct iq_str id, struct iq_str into)
{
	iq_num old = iq_id_find(right->txn, IQ_INSTITUTION, id),
	       kept = iq_id_find(right->txn, IQ_INSTITUTION, into);

	if (iq_right_belongs(right, old) || iq_right_belongs(right, kept))
		return iq_error_set(&right->job->job.error, IQ_ERR_DENIED,
			N_("You belong to one of these institutions: somebody else has to unite "
			   "them."),
			N_("Ask another administrator."), NULL);
	iq_veil_before(right, old);
	return IQ_OK;
}

static enum iq_err run_merge(
	struct iq_op_job *o, struct iq_wtxn *w, struct iq_right *right, struct iq_diffs *diffs)
{
	const Iq__V1__WriteRequest *in = o->msg->write;
	enum iq_kind kind = iq_kind_by_name(iq_str(in->kind));
	struct iq_str id = iq_str(in->id), into = iq_str(in->into);
	enum iq_err err = iq_veil_target(right, kind, id, iq_right_whole(right, kind, id));

	if (err == IQ_OK)
		err = iq_veil_target(right, kind, into, iq_right_whole(right, kind, into));
	if (err == IQ_OK && kind == IQ_INSTITUTION)
		err = unite_institutions(right, id, into);
	if (err != IQ_OK)
		return err;
	iq_veil_note(right, kind, into);
	iq_veil_note(right, kind, id);
	iq_write_dropped(right, kind, id);
	return iq_apply_merge(&o->job, w, right->vocab, kind, id, into, diffs, &o->arena);
}

static bool of_several(Iq__V1__Verb verb)
{
	return verb == IQ__V1__VERB__CONFIRM || verb == IQ__V1__VERB__ARCHIVE ||
	       verb == IQ__V1__VERB__REVIVE;
}

static enum iq_err run_write(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__WriteRequest *in = o->msg->write;
	enum iq_kind kind = iq_kind_by_name(iq_str(in->kind));
	struct iq_right right;
	struct iq_diffs diffs = {.d = NULL};
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	o->nowed = 0; /* a batch may be run again */
	if (err != IQ_OK)
		return err;
	if (in->verb == IQ__V1__VERB__DELETE)
		err = run_delete(o, w, &right, &diffs);
	else if (in->verb == IQ__V1__VERB__MERGE)
		err = run_merge(o, w, &right, &diffs);
	else if (in->verb == IQ__V1__VERB__CONFIRM)
		err = iq_write_confirm(&right, w, &diffs);
	else if (in->verb == IQ__V1__VERB__ARCHIVE)
		err = iq_write_archive(&right, w, &diffs);
	else if (in->verb == IQ__V1__VERB__REVIVE)
		err = iq_write_revive(&right, w, &diffs);
	else
		err = run_put(o, w, &right, kind, &diffs);
	o->right = NULL;
	if (err != IQ_OK)
		return err;
	if (!of_several(in->verb)) /* those have looked after it one by one */
		iq_veil_diffs(&right, kind, iq_str(in->id), &diffs);
	iq_write_diffs(&job->answer, IQ_WRITE_CHANGES, &diffs);
	return IQ_OK;
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

static const struct {
	Iq__V1__Verb verb;
	const char *name;
} verbs[] = {{IQ__V1__VERB__ADD, "add"}, {IQ__V1__VERB__SET, "set"},
	{IQ__V1__VERB__DELETE, "delete"}, {IQ__V1__VERB__MERGE, "merge"},
	{IQ__V1__VERB__CONFIRM, "confirm"}, {IQ__V1__VERB__ARCHIVE, "archive"},
	{IQ__V1__VERB__REVIVE, "revive"}};

static const char *verb_name(Iq__V1__Verb verb)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (verbs[i].verb == verb)
			return verbs[i].name;
	}
	return NULL;
}

/* What must be named for the verb. */
static enum iq_err check_named(struct iq_req *rq, enum iq_kind kind)
{
	const Iq__V1__WriteRequest *in = rq->msg->write;

	if (in->n_ids > IQ_WRITE_MOST)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Too many records at once: {0} at most."), N_("Do it in several steps."),
			iq_arena_printf(rq->arena, "%d", IQ_WRITE_MOST), NULL);
	if (in->n_ids > 0 && (!of_several(in->verb) || in->id[0] != '\0'))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Only one record can be changed at a time."), NULL, NULL);
	if (in->n_ids > 1 && in->based_on != 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A revision to base on goes with one record only."), NULL, NULL);
	/* A postcode's id is made of its two fields. */
	if (in->id[0] == '\0' && in->n_ids == 0 &&
		!(kind == IQ_POSTCODE && in->verb == IQ__V1__VERB__ADD))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The id of the record is missing."),
			N_("For example: iqq set institution vhs-dresden phone=…"), NULL);
	if (in->verb == IQ__V1__VERB__MERGE && in->into[0] == '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The record that stays is missing."), N_("iqq merge KIND OLD NEW"),
			NULL);
	return IQ_OK;
}

enum iq_err iq_op_write(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__WriteRequest *in = rq->msg->write;
	const char *verb = verb_name(in->verb);
	enum iq_kind kind = IQ_KINDS;
	enum iq_err err = IQ_OK;

	/* What is confirmed is found by its id. */
	if (in->kind[0] != '\0' || in->verb != IQ__V1__VERB__CONFIRM)
		err = iq_req_kind(rq, iq_str(in->kind), &kind);
	if (err == IQ_OK)
		err = iq_job_request_id(rq, in->request_id, job);
	if (err != IQ_OK)
		return err;
	if (verb == NULL)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	err = check_named(rq, kind);
	if (err != IQ_OK)
		return err;
	iq_job_payload(rq, IQ__V1__REQUEST__OP_WRITE, job);
	job->change.operation = iq_str(verb);
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->run = run_write;
	return IQ_OK;
}
