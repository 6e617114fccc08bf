/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking a change back: every record it touched goes back to what it was before. What it created is
 * archived, what it removed comes back. All or nothing, with the rights and the veil of single
 * changes.
 */
#include "archive.h"
#include "handover.h"
#include "write.h"

enum undo { UNDO_NOTHING, UNDO_PUT, UNDO_ARCHIVE, UNDO_REVIVE, UNDO_ADD };

struct touched {
	enum iq_kind kind;
	iq_num num;
	struct iq_str id;
	enum undo undo;
	struct iq_rec rec; /* PUT: partial; ADD, REVIVE: whole */
	bool done;
};

struct revert {
	struct iq_right *r;
	struct iq_wtxn *w;
	struct iq_arena *arena;
	uint64_t change;
	bool merge;
	struct touched *a;
	size_t n, cap;
	struct iq_diffs diffs;
	bool waits; /* it asked for a hand-over that has not taken place yet */
	struct iq_waiting waiting;
	bool (*may_refer)(struct iq_job *job, iq_num contact); /* for what is set */
};

/* ---- what it touched ------------------------------------------------------------------------ */

static bool touch(void *arg, enum iq_kind kind, iq_num num)
{
	struct revert *x = arg;

	if (x->n == x->cap)
		return false;
	x->a[x->n++] = (struct touched){.kind = kind, .num = num};
	return true;
}

static enum iq_err refuse(struct revert *x, enum iq_err code, const char *text, const char *hint)
{
	return iq_error_set(&x->r->job->job.error, code, text, hint,
		iq_arena_printf(x->arena, "%llu", (unsigned long long)x->change), NULL);
}

static enum iq_err gather(struct revert *x)
{
	struct iq_log_entry log;

	if (x->change == 0 || !iq_log_get(x->r->txn, x->change, &log, NULL, NULL))
		return refuse(x, IQ_ERR_NOT_FOUND, N_("There is no change {0} of records."),
			N_("The changes of a record are shown by: iqq history KIND ID. Rights are "
			   "taken back with: iqq revoke"));
	if (iq_str_is(log.operation, "erase") || iq_str_is(log.operation, "purge"))
		return refuse(x, IQ_ERR_CONFLICT,
			N_("Change {0} erased personal data: it cannot be taken back."), NULL);
	if (iq_str_is(log.operation, "merge"))
		return refuse(x, IQ_ERR_CONFLICT,
			N_("Change {0} united two records: it cannot be taken back."),
			N_("Create the other record anew under another id."));
	if (log.touched > IQ_WRITE_MOST)
		return refuse(x, IQ_ERR_GUARD,
			N_("Change {0} touched too many records to be taken back at once."),
			N_("Import the list as it was before, or set single records."));
	x->waits = iq_str_is(log.operation, "handover") &&
		   iq_waiting_of(x->r->txn, x->change, x->arena, &x->waiting);
	x->cap = (size_t)log.touched;
	x->a = iq_arena_array(x->arena, x->cap + 1, sizeof(*x->a));
	if (x->a == NULL)
		return iq_write_no_memory(x->r);
	(void)iq_log_get(x->r->txn, x->change, &log, touch, x);
	return IQ_OK;
}

/* ---- what is to be done --------------------------------------------------------------------- */

/* Whatever of it the caller may not change, or know of: the same words. */
static enum iq_err denied(struct revert *x)
{
	iq_error_init(&x->r->job->job.error, &x->r->job->arena);
	return refuse(x, IQ_ERR_DENIED,
		N_("Change {0} touched records that you may not change: you cannot take it back."),
		N_("Ask who may change all of them, or set back your own: iqq history KIND ID"));
}

static bool among(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], id))
			return true;
	return false;
}

/* Of a list of contacts only those the caller knows of come and go. */
static bool undo_list(struct revert *x, const struct iq_value *base, const struct iq_value *now,
	const struct iq_value *mine, struct iq_value *out)
{
	struct iq_str *v = iq_arena_array(x->arena, (size_t)now->n + mine->n, sizeof(*v));
	uint32_t n = 0;

	if (v == NULL)
		return false;
	for (uint32_t i = 0; i < mine->n; i++)
		v[n++] = mine->v[i];
	for (uint32_t i = 0; i < now->n; i++)
		if (!among(mine, now->v[i]) && !among(base, now->v[i]))
			v[n++] = now->v[i];
	*out = (struct iq_value){v, n};
	return true;
}

static bool names_contacts(const struct iq_column *c)
{
	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* The partial record that goes back; false: no memory, or somebody hidden would have to return. */
static bool partial(struct revert *x, struct touched *t, uint32_t columns, struct iq_side side[3])
{
	const struct iq_side *base = &side[0], *now = &side[1], *mine = &side[2];

	t->rec = (struct iq_rec){.kind = t->kind, .given = columns | 1u};
	t->rec.col[IQ_COL_ID] = now->raw.col[IQ_COL_ID];
	for (size_t c = 1; c < iq_schemas[t->kind].ncolumns; c++) {
		const struct iq_column *column = &iq_schemas[t->kind].columns[c];

		if (!(columns & UINT32_C(1) << c))
			continue;
		t->rec.col[c] = mine->known.col[c];
		if (!names_contacts(column))
			continue;
		if (column->type == IQ_TYPE_REF && mine->raw.col[c].n != mine->known.col[c].n)
			return false;
		if (column->type == IQ_TYPE_REFS &&
			!undo_list(x, &base->known.col[c], &now->raw.col[c], &mine->known.col[c],
				&t->rec.col[c]))
			return false;
	}
	return true;
}

static enum iq_err say_changed(
	struct revert *x, struct touched *t, uint32_t columns, struct iq_side side[3])
{
	enum iq_err err =
		refuse(x, IQ_ERR_CONFLICT, N_("What change {0} wrote was changed again since."),
			N_("Leave what was changed since as it is: iqq revert {0} --merge"));

	iq_conflicts_add(x->r, t->num, columns, &side[0], &side[1],
		side[2].there ? &side[2].shown : NULL, x->change);
	return err;
}

/* Both exist: back to what it was, as far as nobody wrote there since. */
static enum iq_err plan_put(struct revert *x, struct touched *t, struct iq_side side[3])
{
	struct iq_three three;

	side[2].known.given = (UINT32_C(1) << iq_schemas[t->kind].ncolumns) - 1;
	iq_three_way(&side[0].known, &side[1].known, &side[2].known, &three);
	uint32_t since = three.conflicts | three.theirs;

	if (since != 0 && !x->merge)
		return say_changed(x, t, since, side);
	if (three.mine == 0)
		return IQ_OK;
	t->undo = UNDO_PUT;
	if (partial(x, t, three.mine, side))
		return IQ_OK;
	return x->arena->failed ? iq_write_no_memory(x->r) : denied(x);
}

/* side: as the change left it, as it is, as it was before. */
static enum iq_err plan(struct revert *x, struct touched *t)
{
	struct iq_side side[3];
	struct iq_archived a;
	bool merged;

	if (!iq_side_past(x->r, t->kind, t->num, x->change, &side[0]) ||
		!iq_side_now(x->r, t->kind, t->num, &side[1]) ||
		!iq_side_past(x->r, t->kind, t->num, x->change - 1, &side[2]))
		return iq_write_no_memory(x->r);
	bool was = side[2].there, made = side[0].there, is = side[1].there;
	const struct iq_rec *any = is ? &side[1].raw : made ? &side[0].raw : &side[2].raw;

	t->id = iq_rec_text(any, IQ_COL_ID);
	(void)iq_id_reserved(x->r->txn, t->kind, t->id, &merged);
	if (merged) /* lives on in another */
		return refuse(x, IQ_ERR_CONFLICT,
			N_("What change {0} wrote was united with another record since."), NULL);
	if (was && made && is)
		return plan_put(x, t, side);
	if (is != made) /* removed since, or there again */
		return x->merge || is == was ? IQ_OK : say_changed(x, t, 1, side);
	if (is) {
		struct iq_three three;

		iq_three_way(&side[0].known, &side[1].known, &side[1].known, &three);
		if (three.theirs != 0 && !x->merge)
			return say_changed(x, t, three.theirs, side);
		if (three.theirs == 0)
			t->undo = UNDO_ARCHIVE;
		return IQ_OK;
	}
	if (!was)
		return IQ_OK;
	t->undo = iq_archived_get(x->r->txn, t->kind, t->num, x->r->job->now_us, &a) ? UNDO_REVIVE
										     : UNDO_ADD;
	t->rec = side[2].raw;
	t->rec.given = (UINT32_C(1) << iq_schemas[t->kind].ncolumns) - 1;
	return IQ_OK;
}

/* ---- may it be done ------------------------------------------------------------------------- */

static enum iq_err check_lowered(struct revert *x, const struct touched *t)
{
	struct iq_rec now = {.kind = IQ_CONTACT};
	bool is = t->undo == UNDO_PUT && iq_rec_get(x->r->txn, t->kind, t->num, x->arena, &now);

	if (t->kind != IQ_CONTACT || t->undo == UNDO_ARCHIVE ||
		!(t->rec.given & 1u << IQ_CONTACT_VISIBILITY) ||
		!iq_visibility_lowered(x->r->txn, t->num, is ? &now : NULL, &t->rec, x->arena))
		return IQ_OK;
	return iq_error_set(&x->r->job->job.error, IQ_ERR_GUARD,
		N_("More people would see the contact “{0}” again: for that, somebody else must "
		   "agree."),
		N_("Do this step by itself, it waits for the second person then: iqq set contact "
		   "{0} visibility={1}"),
		iq_arena_cstr(x->arena, t->id),
		iq_arena_cstr(x->arena, iq_rec_text(&t->rec, IQ_CONTACT_VISIBILITY)), NULL);
}

/*
 * A record made anew names whom it named in the end. Whom it had named only before is attached
 * again: that takes what it takes in a single change.
 */
static enum iq_err may_name_again(struct revert *x, const struct touched *t)
{
	struct iq_image image;
	struct iq_rec last = {.kind = t->kind};

	if (!iq_past_last(x->r->txn, t->kind, t->num, &image, NULL) ||
		!iq_codec_read(&last, iq_arena_dup(x->arena, image.all), x->arena))
		return x->arena->failed ? iq_write_no_memory(x->r) : IQ_ERR_NOT_FOUND;
	return iq_veil_attach(x->r, &t->rec, &last);
}

static enum iq_err allowed(struct revert *x, struct touched *t)
{
	struct iq_right *r = x->r;
	struct iq_rec was;
	enum iq_err err = IQ_OK;

	if (t->undo == UNDO_PUT)
		err = iq_veil_target(r, t->kind, t->id, iq_right_put(r, &t->rec));
	else if (t->undo == UNDO_ARCHIVE)
		err = iq_veil_target(r, t->kind, t->id, iq_right_whole(r, t->kind, t->id));
	else if (t->undo == UNDO_REVIVE)
		err = iq_write_archived(r, t->kind, t->id, &was);
	else if (t->undo == UNDO_ADD)
		err = iq_right_add(r, &t->rec);
	if (err == IQ_OK && t->undo == UNDO_ADD)
		err = may_name_again(x, t);
	if (err == IQ_OK && t->undo == UNDO_PUT)
		err = iq_veil_references(r, &t->rec);
	return err;
}

/* May the caller know of the record, and change it at all? Also of those that stay as they are. */
static enum iq_err may_touch(struct revert *x, struct touched *t)
{
	struct iq_rec rec = {.kind = t->kind, .given = 1u};
	struct iq_image image;

	if (iq_image_get(x->r->txn, t->kind, t->num, &image)) {
		t->id = iq_arena_dup(x->arena, iq_image_id(&image));
		rec.col[IQ_COL_ID] = (struct iq_value){&t->id, 1};
		return iq_veil_target(x->r, t->kind, t->id, iq_right_put(x->r, &rec));
	}
	return iq_write_gone(x->r, t->kind, t->num);
}

/*
 * The hand-over that waits goes with the change. One that was put off since would have to wait for
 * its earlier day again: that is for --cancel, which takes back all of it.
 */
static enum iq_err may_forget_waiting(struct revert *x)
{
	struct touched from = {.kind = IQ_CONTACT, .num = x->waiting.from};

	if (!x->waits)
		return IQ_OK;
	if (may_touch(x, &from) != IQ_OK)
		return x->arena->failed ? iq_write_no_memory(x->r) : denied(x);
	if (x->waiting.nchanges == 1)
		return IQ_OK;
	return iq_error_set(&x->r->job->job.error, IQ_ERR_CONFLICT,
		N_("Change {0} belongs to a hand-over that was asked for again with another day, "
		   "and waits."),
		N_("Take back the whole hand-over: iqq handover {1} --cancel"),
		iq_arena_printf(x->arena, "%llu", (unsigned long long)x->change),
		iq_arena_cstr(x->arena, from.id), NULL);
}

static enum iq_err decide(struct revert *x)
{
	enum iq_err err = IQ_OK;

	/* All of them first: what follows tells of them. */
	for (size_t i = 0; i < x->n; i++)
		if (may_touch(x, &x->a[i]) != IQ_OK)
			return x->arena->failed ? iq_write_no_memory(x->r) : denied(x);
	err = may_forget_waiting(x);
	for (size_t i = 0; i < x->n && err == IQ_OK; i++) {
		struct touched *t = &x->a[i];

		err = plan(x, t);
		if (err != IQ_OK)
			break;
		err = allowed(x, t);
		if (err == IQ_ERR_DENIED || err == IQ_ERR_NOT_FOUND)
			return denied(x);
		if (err == IQ_OK)
			err = check_lowered(x, t);
	}
	return err;
}

/* ---- doing it ------------------------------------------------------------------------------- */

/* What it refers to is there. */
static bool resolvable(struct revert *x, const struct touched *t)
{
	for (size_t c = 0; c < iq_schemas[t->kind].ncolumns; c++) {
		const struct iq_column *column = &iq_schemas[t->kind].columns[c];
		const struct iq_value *v = &t->rec.col[c];

		if (column->type != IQ_TYPE_REF && column->type != IQ_TYPE_REFS)
			continue;
		for (uint32_t i = 0; i < v->n; i++)
			if (iq_id_find(x->r->txn, column->target, v->v[i]) == IQ_NONE)
				return false;
	}
	return true;
}

static bool found_one(void *arg, enum iq_kind from, iq_num num)
{
	(void)from;
	(void)num;
	*(bool *)arg = true;
	return false;
}

static bool unused(struct revert *x, const struct touched *t)
{
	bool used = false;

	iq_each_ref(x->r->txn, t->kind, t->num, found_one, &used);
	return !used;
}

static enum iq_err apply(struct revert *x, struct touched *t)
{
	struct iq_job *job = &x->r->job->job;
	struct iq_diffs one = {.d = NULL};
	enum iq_err err = IQ_OK;

	t->done = true;
	if (t->undo == UNDO_ARCHIVE)
		iq_write_dropped(x->r, t->kind, t->id);
	/* What comes back whole has the references it had, whoever may know of them. */
	job->may_refer = t->undo == UNDO_PUT ? x->may_refer : NULL;
	if (t->undo == UNDO_PUT)
		err = iq_apply_put(job, x->w, x->r->vocab, &t->rec, false, &one, x->arena);
	else if (t->undo == UNDO_ADD)
		err = iq_apply_put(job, x->w, x->r->vocab, &t->rec, true, &one, x->arena);
	else if (t->undo == UNDO_REVIVE)
		err = iq_apply_revive(job, x->w, x->r->vocab, t->kind, t->id, &one, x->arena);
	else if (unused(x, t))
		err = iq_apply_archive(job, x->w, x->r->vocab, t->kind, t->id, &one, x->arena);
	else /* lists who refers to it */
		err = iq_apply_delete(job, x->w, x->r->vocab, t->kind, t->id, &one, x->arena);
	err = iq_veil_conflict(x->r, t->kind, t->id, err);
	if (err == IQ_OK && !iq_write_take(x->r, t->kind, t->id, &one, &x->diffs))
		err = iq_write_no_memory(x->r);
	return err;
}

/* Those that can go first go first; what is left in the end says why it cannot. */
static enum iq_err in_order(
	struct revert *x, bool back, bool (*ready)(struct revert *x, const struct touched *t))
{
	enum iq_err err = IQ_OK;
	bool forced = false, more = true;

	while (more && err == IQ_OK) {
		bool moved = false;

		more = false;
		for (size_t i = 0; i < x->n && err == IQ_OK; i++) {
			struct touched *t = &x->a[i];
			bool mine = back ? t->undo == UNDO_REVIVE || t->undo == UNDO_ADD
					 : t->undo == UNDO_ARCHIVE;

			if (!mine || t->done)
				continue;
			if (!forced && !ready(x, t)) {
				more = true;
				continue;
			}
			moved = true;
			forced = false;
			err = apply(x, t);
		}
		forced = !moved;
	}
	return err;
}

static void note(struct revert *x)
{
	struct iq_audit_entry *audit = &x->r->job->job.audit;

	for (size_t i = 0; i < x->n; i++)
		iq_veil_note(x->r, x->a[i].kind, x->a[i].id);
	if (x->n < 2)
		return;
	audit->subject = IQ_NONE;
	audit->classes = (struct iq_str){NULL, 0};
	audit->count = x->n;
}

static enum iq_err undo(struct revert *x)
{
	enum iq_err err;

	note(x);
	x->may_refer = x->r->job->job.may_refer;
	err = in_order(x, true, resolvable);
	for (size_t i = 0; i < x->n && err == IQ_OK; i++)
		if (x->a[i].undo == UNDO_PUT)
			err = apply(x, &x->a[i]);
	if (err == IQ_OK)
		err = in_order(x, false, unused);
	if (err == IQ_OK)
		note(x); /* who is there again */
	if (err != IQ_OK || !x->waits)
		return err;
	iq_write_dropped(x->r, IQ_CONTACT, iq_id_of(x->r->txn, IQ_CONTACT, x->waiting.from));
	if (x->r->job->job.dry_run)
		return IQ_OK;
	iq_job_writes(&x->r->job->job);
	iq_waiting_forget(x->w, IQ_CONTACT, x->waiting.from);
	return iq_txn_error(x->r->txn, NULL);
}

static enum iq_err run_revert(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__RevertRequest *in = o->msg->revert;
	struct iq_right right;
	struct revert x = {
		.r = &right, .w = w, .arena = &o->arena, .change = in->change, .merge = in->merge};
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	o->nowed = 0; /* a batch may be run again */
	if (err == IQ_OK)
		err = gather(&x);
	if (err == IQ_OK)
		err = decide(&x);
	if (err == IQ_OK)
		err = undo(&x);
	o->right = NULL;
	if (err != IQ_OK)
		return err;
	iq_write_diffs(&job->answer, IQ_WRITE_CHANGES, &x.diffs);
	return IQ_OK;
}

enum iq_err iq_op_revert(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__RevertRequest *in = rq->msg->revert;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);

	if (err != IQ_OK)
		return err;
	if (in->change == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The number of the change is missing."),
			N_("The changes of a record are shown by: iqq history KIND ID"), NULL);
	iq_job_payload(rq, IQ__V1__REQUEST__OP_REVERT, job);
	job->change.operation = IQ_STR("revert");
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->run = run_revert;
	return IQ_OK;
}
