/* SPDX-License-Identifier: Apache-2.0 */
/* Marks on records that are wrong: anybody may set one, the owner's editors work them off. */
#include "op.h"

enum { FLAG_ID = 2, FLAGS_FLAGS = 2 };

/* Whose queue: the institution it belongs to, or is; IQ_NONE: the curators'. */
static iq_num owner_of(struct iq_txn *t, const struct iq_image *image)
{
	static const int column[IQ_KINDS] = {[IQ_CONTACT] = IQ_CONTACT_INSTITUTION,
		[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION,
		[IQ_NOTICE] = IQ_NOTICE_INSTITUTION};
	int c = column[image->kind];

	if (image->kind == IQ_INSTITUTION)
		return image->num;
	if (c == 0)
		return IQ_NONE;
	struct iq_str id = iq_image_field(image->segment[IQ_SEGMENT_OPEN], (uint32_t)c + 1);

	return id.n ? iq_id_find(t, IQ_INSTITUTION, id) : IQ_NONE;
}

/* ---- setting one -------------------------------------------------------------------------------
 */

static enum iq_err not_found(struct iq_error *error, const char *id)
{
	return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no record “{0}”."),
		N_("Look for it with: iqq search {0}"), id, NULL);
}

struct mine {
	struct iq_str by;
	size_t n;
};

static bool count_mine(void *arg, const struct iq_flag *flag)
{
	struct mine *m = arg;

	m->n += iq_str_eq(flag->by, m->by);
	return m->n < IQ_LIMIT_FLAGS;
}

static enum iq_err run_set(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	const Iq__V1__FlagRequest *in = o->msg->flag;
	struct iq_right right;
	struct iq_image image;
	enum iq_kind kind = iq_kind_by_name(iq_str(o->msg->flag->kind));
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	iq_num num = iq_id_find(right.txn, kind, iq_str(in->id));

	if (num == IQ_NONE || !iq_image_get(right.txn, kind, num, &image))
		return not_found(&job->error, in->id);
	struct mine mine = {.by = right.principal.id};

	iq_flag_each(right.txn, count_mine, &mine);
	if (mine.n >= IQ_LIMIT_FLAGS)
		return iq_error_set(&job->error, IQ_ERR_QUOTA,
			N_("Too many of your marks have not been worked off yet."),
			N_("Wait until the institutions have looked at them."), NULL);
	struct iq_flag flag = {.kind = kind,
		.num = num,
		.institution = owner_of(right.txn, &image),
		.text = iq_str(in->text),
		.by = right.principal.id,
		.made_us = o->now_us};

	if (job->dry_run)
		return IQ_OK;
	iq_job_writes(job);
	flag.id = iq_rights_number(w);
	iq_flag_put(w, &flag);
	iq_wire_uint(&job->answer, FLAG_ID, flag.id);
	return IQ_OK;
}

/* ---- taking one away ----------------------------------------------------------------------------
 */

static bool may_work(struct iq_right *r, iq_num institution)
{
	struct iq_chain chain;

	if (institution == IQ_NONE)
		return iq_right_may(r, IQ_ACTION_VOCABULARY, IQ_NONE, IQ_NONE, IQ_NONE);
	iq_chain_read(r->txn, institution, &chain);
	return iq_right_may(r, IQ_ACTION_EDIT, institution, institution, chain.region);
}

static enum iq_err run_done(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_right right;
	struct iq_flag flag;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	if (!iq_flag_get(right.txn, o->msg->flag->flag, &o->arena, &flag) ||
		!may_work(&right, flag.institution))
		return iq_error_set(&job->error, IQ_ERR_NOT_FOUND,
			N_("There is no mark with the number {0}."),
			N_("They are listed by: iqq flags"),
			iq_arena_printf(&o->arena, "%llu", (unsigned long long)o->msg->flag->flag),
			NULL);
	if (job->dry_run)
		return IQ_OK;
	iq_job_writes(job);
	iq_flag_remove(w, flag.id);
	iq_wire_uint(&job->answer, FLAG_ID, flag.id);
	return IQ_OK;
}

/* ---- in the worker's thread
 * ----------------------------------------------------------------------- */

/* The record that is meant, if the caller may know of it. */
static bool find(struct iq_req *rq, const Iq__V1__FlagRequest *in, enum iq_kind *kind)
{
	static const enum iq_kind order[] = {
		IQ_CONTACT, IQ_RESPONSIBILITY, IQ_INSTITUTION, IQ_NOTICE};
	struct iq_str id = iq_str(in->id);

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		enum iq_kind k = in->kind[0] ? *kind : order[i];

		if (iq_id_find(rq->txn, k, id) != IQ_NONE &&
			(k != IQ_CONTACT || iq_contact_known(rq, id, UINT64_MAX))) {
			*kind = k;
			return true;
		}
	}
	return false;
}

static enum iq_err prepare_set(struct iq_req *rq, struct iq_job *job)
{
	Iq__V1__FlagRequest *in = rq->msg->flag;
	enum iq_kind kind = IQ_CONTACT;
	enum iq_err err = in->kind[0] ? iq_req_kind(rq, iq_str(in->kind), &kind) : IQ_OK;
	struct iq_str text = iq_str(in->text);

	if (err == IQ_OK && iq_kind_in_circle(kind))
		err = iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("Records of kind {0} cannot be marked as wrong."),
			N_("Say it to those who take part in the workshop."), iq_schemas[kind].name,
			NULL);
	if (err != IQ_OK)
		return err;
	if (in->id[0] == '\0' || text.n == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A mark needs the id of a record and a text."),
			N_("For example: iqq flag vhs-dresden 'The phone number is out of date.'"),
			NULL);
	if (text.n > IQ_LIMIT_FLAG)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The text is too long: {0} bytes, at most {1}."),
			N_("Say what is wrong in some sentences."),
			iq_arena_printf(rq->arena, "%zu", text.n),
			iq_arena_printf(rq->arena, "%d", IQ_LIMIT_FLAG), NULL);
	if (!find(rq, in, &kind))
		return not_found(rq->error, iq_req_cstr(rq, iq_str(in->id)));
	/* The message lies in the job's arena: what was found is what is meant. */
	in->kind = (char *)(uintptr_t)iq_schemas[kind].name;
	job->run = run_set;
	return IQ_OK;
}

enum iq_err iq_op_flag(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__FlagRequest *in = rq->msg->flag;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);

	if (err != IQ_OK)
		return err;
	iq_job_payload(rq, IQ__V1__REQUEST__OP_FLAG, job);
	job->change.operation = IQ_STR("flag");
	job->dry_run = in->dry_run;
	if (!in->done)
		return prepare_set(rq, job);
	job->run = run_done;
	return IQ_OK;
}

/* ---- the queue ---------------------------------------------------------------------------------
 */

struct queue {
	struct iq_req *rq;
	struct iq_num_set *wanted; /* NULL: all */
};

static bool may_read(struct iq_req *rq, iq_num institution)
{
	const struct iq_chain *chain = iq_req_chain(rq, institution);
	struct iq_target target = {.institution = institution,
		.owners = chain->owner,
		.nowners = chain->n,
		.region = chain->region};

	if (institution == IQ_NONE)
		return iq_decide(rq->principal, IQ_ACTION_VOCABULARY, NULL, rq->vocab, rq->today);
	return iq_decide(rq->principal, IQ_ACTION_EDIT, &target, rq->vocab, rq->today);
}

bool iq_flag_readable(struct iq_req *rq, const struct iq_flag *flag)
{
	struct iq_str id = {NULL, 0};

	if (!may_read(rq, flag->institution))
		return false;
	if (flag->kind == IQ_CONTACT)
		id = iq_id_of(rq->txn, flag->kind, flag->num);
	return id.n == 0 || iq_contact_known(rq, id, UINT64_MAX);
}

static bool list_one(void *arg, const struct iq_flag *flag)
{
	struct queue *q = arg;
	struct iq_req *rq = q->rq;
	struct iq_buf *out = rq->out;
	struct iq_str id = iq_id_of(rq->txn, flag->kind, flag->num);

	if (q->wanted != NULL && !iq_num_set_has(q->wanted, flag->institution))
		return true;
	if (!iq_flag_readable(rq, flag))
		return true;
	size_t mark = iq_wire_begin(out, FLAGS_FLAGS);

	iq_wire_uint(out, 1, flag->id);
	iq_wire_str(out, 2, iq_str(iq_schemas[flag->kind].name));
	iq_wire_str(out, 3, id);
	iq_wire_str(out, 4, flag->text);
	iq_wire_str(out, 5, flag->by);
	iq_wire_uint(out, 6, (uint64_t)flag->made_us);
	iq_wire_end(out, mark);
	return out->n < IQ_LIMIT_PAGE;
}

enum iq_err iq_op_flags(struct iq_req *rq)
{
	struct iq_str term = iq_str(rq->msg->flags->institution);
	struct queue q = {.rq = rq};

	if (term.n > 0) {
		iq_num institution;
		enum iq_err err = iq_req_term(rq, IQ_INSTITUTION, term, false, &institution);

		if (err != IQ_OK)
			return err;
		q.wanted = iq_req_institutions(rq, institution);
	}
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	iq_flag_each(rq->txn, list_one, &q);
	return iq_req_finish(rq);
}
