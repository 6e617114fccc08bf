/* SPDX-License-Identifier: Apache-2.0 */
/* Erasing a contact for good: asked for by one person, approved by another. */
#include "erase.h"

struct target {
	iq_num num;
	struct iq_str id, institution;
	bool alive, shown; /* shown: to everybody */
};

/* A contact that is, or was: what was deleted is still in the past. */
static bool find(struct iq_txn *t, struct iq_str id, struct iq_arena *arena, struct target *out)
{
	struct iq_image image;
	bool merged;

	*out = (struct target){.num = iq_id_find(t, IQ_CONTACT, id)};
	out->alive = out->num != IQ_NONE && iq_image_get(t, IQ_CONTACT, out->num, &image);
	if (!out->alive) {
		out->num = iq_id_reserved(t, IQ_CONTACT, id, &merged);
		if (out->num == IQ_NONE || !iq_past_last(t, IQ_CONTACT, out->num, &image, NULL))
			return false;
	}
	struct iq_str open = image.segment[IQ_SEGMENT_OPEN];

	out->id = iq_arena_dup(arena, iq_image_id(&image));
	out->institution = iq_arena_dup(arena, iq_image_field(open, IQ_CONTACT_INSTITUTION + 1));
	out->shown = out->alive && iq_str_eq(iq_image_field(open, IQ_CONTACT_VISIBILITY + 1),
					   iq_str(iq_visibility_names[IQ_PUBLIC]));
	return !arena->failed;
}

bool iq_erase_owner(struct iq_txn *t, struct iq_str id, struct iq_arena *arena, iq_num *institution)
{
	struct target c = {.num = IQ_NONE};

	*institution = IQ_NONE;
	if (find(t, id, arena, &c) && c.institution.n)
		*institution = iq_id_find(t, IQ_INSTITUTION, c.institution);
	return c.alive;
}

static enum iq_err not_found(struct iq_op_job *o)
{
	return iq_error_set(&o->job.error, IQ_ERR_NOT_FOUND,
		N_("There is no record “{1}” of kind {0}."), N_("Look for it with: iqq search {1}"),
		"contact", o->msg->erase->contact, NULL);
}

static enum iq_err allowed(struct iq_right *r, const struct target *c, iq_num *owner)
{
	struct iq_chain chain;

	*owner = c->institution.n ? iq_id_find(r->txn, IQ_INSTITUTION, c->institution) : IQ_NONE;
	iq_chain_read(r->txn, *owner, &chain);
	if (iq_right_may(r, IQ_ACTION_ERASE, *owner, *owner, chain.region))
		return IQ_OK;
	/* Without the right a hidden contact does not exist. */
	if (!c->shown)
		return not_found(r->job);
	return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
		N_("You may not erase this contact."), N_("Your rights are shown by: iqq whoami"),
		NULL);
}

static enum iq_err ask(struct iq_right *r, struct iq_wtxn *w, const struct target *c, iq_num owner)
{
	struct iq_op_job *o = r->job;
	struct iq_ask a = {.operation = "erase", .needs = IQ_ACTION_ERASE, .institution = owner};
	struct iq_buf changes;
	uint64_t number = 0;
	enum iq_err err;

	iq_buf_init(&changes, 0);
	/* No personal fields: they would lie about in what waits. */
	iq_change_write(&changes, "contact", c->id, "", c->id, (struct iq_str){NULL, 0});
	a.changes = (struct iq_str){(const char *)changes.p, changes.n};
	err = changes.failed ? IQ_ERR_BUSY : iq_approval_ask(r, w, &a, &number);
	iq_buf_free(&changes);
	if (err != IQ_OK)
		return err;
	o->job.audit.event = IQ_AUDIT_GRANTED;
	iq_wire_uint(&o->job.answer, IQ_ERASE_APPROVAL, number);
	return IQ_OK;
}

static enum iq_err run_erase(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct iq_right right;
	struct target c;
	iq_num owner;
	enum iq_err err = iq_right_load(&right, o, w, vocab);

	if (err != IQ_OK)
		return err;
	if (!find(right.txn, iq_str(o->msg->erase->contact), &o->arena, &c))
		return not_found(o);
	err = allowed(&right, &c, &owner);
	if (err == IQ_OK)
		err = iq_erase_show(&right, c.num, c.id, &job->answer);
	if (err != IQ_OK || job->dry_run)
		return err;
	if (right.approved_by.n == 0)
		return ask(&right, w, &c, owner);
	err = iq_erase_remove(job, w, c.num, &o->arena);
	job->audit.event = IQ_AUDIT_ERASED;
	return err;
}

enum iq_err iq_op_erase(struct iq_req *rq, struct iq_job *job)
{
	const Iq__V1__EraseRequest *in = rq->msg->erase;
	bool given;
	enum iq_err err = iq_job_request_id(rq, in->request_id, job);

	/* The log keeps the reason for ever: never a text that might hold names. */
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &given);
	if (err != IQ_OK)
		return err;
	if (in->contact[0] == '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("No contact was named."),
			N_("For example: iqq erase CONTACT --reason correction"), NULL);
	if (!given)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A reason is needed to erase a contact."),
			N_("Use --reason with one of: referral, case-question, workshop, "
			   "correction."),
			NULL);
	iq_job_payload(rq, IQ__V1__REQUEST__OP_ERASE, job);
	job->change.operation = IQ_STR("erase");
	job->change.reason = iq_str(in->reason);
	job->dry_run = in->dry_run;
	job->alone = true;
	job->run = run_erase;
	job->settle = iq_erase_settle;
	return IQ_OK;
}
