/* SPDX-License-Identifier: Apache-2.0 */
/* Four eyes: what waits for a second person, and how it is carried out (access.md "Decisions"). */
#include "erase.h"

enum { WRITE_VERB = 2, WRITE_ID = 4, ERASE_CONTACT = 2 }; /* fields of WriteRequest, EraseRequest */

static const int64_t day_us = INT64_C(86400) * 1000000;

/* ---- what every write has -------------------------------------------------------------------- */

enum iq_err iq_job_request_id(struct iq_req *rq, ProtobufCBinaryData id, struct iq_job *job)
{
	if (id.len != sizeof(job->change.request_id))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The request has no valid request id (16 bytes)."),
			N_("Use an up-to-date iqq."), NULL);
	memcpy(job->change.request_id, id.data, id.len);
	return IQ_OK;
}

/*
 * Tells a retry from another request with the same id. Only the caller could make two that
 * collide, to no use: not a cryptographic hash.
 */
void iq_job_payload(struct iq_req *rq, int tag, struct iq_job *job)
{
	struct iq_str body = rq->body;
	struct iq_wire_field f;
	bool bad = false;
	uint64_t lane[4] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x9e3779b97f4a7c15),
		UINT64_C(0xbf58476d1ce4e5b9), UINT64_C(0x94d049bb133111eb)};

	while (iq_wire_next(&body, &f, &bad)) {
		if (f.field != (uint32_t)tag)
			continue;
		for (size_t i = 0; i < f.bytes.n; i++) {
			uint64_t *l = &lane[i & 3];

			*l = (*l ^ (uint8_t)f.bytes.p[i]) * UINT64_C(0x100000001b3);
			*l ^= *l >> 29;
		}
		lane[0] ^= f.bytes.n;
	}
	/* Operations that look alike are still different requests. */
	lane[1] ^= (uint64_t)tag;
	memcpy(job->payload_hash, lane, sizeof(lane));
}

enum iq_err iq_job_grant(struct iq_req *rq, struct iq_job *job, ProtobufCBinaryData request_id,
	const char *operation, const char *reason)
{
	enum iq_err err = iq_job_request_id(rq, request_id, job);

	if (err != IQ_OK)
		return err;
	iq_job_payload(rq, (int)rq->msg->op_case, job);
	job->change.operation = iq_str(operation);
	job->change.reason = iq_str(reason);
	job->audit.event = IQ_AUDIT_GRANTED;
	job->audit.operation = job->change.operation;
	job->audit.purpose = job->change.reason;
	return IQ_OK;
}

void iq_change_put(struct iq_buf *out, uint32_t field, const char *kind, struct iq_str id,
	struct iq_str column, struct iq_str before, struct iq_str after)
{
	size_t mark = iq_wire_begin(out, field);

	iq_wire_str(out, 1, iq_str(kind));
	iq_wire_str(out, 2, id);
	iq_wire_str(out, 3, column);
	iq_wire_str(out, 4, before);
	iq_wire_str(out, 5, after);
	iq_wire_end(out, mark);
}

/* ---- asking ---------------------------------------------------------------------------------- */

struct same {
	const struct iq_approval *wanted;
	int64_t now_us;
	uint64_t id; /* of an equal one that waits; 0: none */
};

static bool is_same(void *arg, const struct iq_approval *a)
{
	struct same *s = arg;

	if (a->state == IQ_APPROVAL_WAITING && a->until_us >= s->now_us &&
		iq_str_eq(a->by, s->wanted->by) && iq_str_eq(a->operation, s->wanted->operation) &&
		iq_str_eq(a->changes, s->wanted->changes) && a->changes.n > 0 &&
		a->institution == s->wanted->institution)
		s->id = a->id;
	return s->id == 0;
}

static enum iq_err already_waits(struct iq_op_job *o, uint64_t id)
{
	return iq_error_set(&o->job.error, IQ_ERR_CONFLICT,
		N_("You have asked for this already: it waits under the number {0}."),
		N_("It needs a second person: iqq approve {0}"),
		iq_arena_printf(&o->arena, "%llu", (unsigned long long)id), NULL);
}

enum iq_err iq_approval_ask(
	struct iq_right *r, struct iq_wtxn *w, const struct iq_ask *ask, uint64_t *number)
{
	struct iq_op_job *o = r->job;
	const Iq__V1__Request *msg = ask->msg ? ask->msg : o->msg;
	size_t n = iq__v1__request__get_packed_size(msg);
	uint8_t *frame = iq_arena_alloc(&o->arena, n);
	struct iq_approval a = {.operation = iq_str(ask->operation),
		.by = r->principal.id,
		.reason = o->job.change.reason,
		.made_us = o->now_us,
		.until_us = o->now_us + IQ_LIMIT_APPROVAL_DAYS * day_us,
		.needs = ask->needs,
		.institution = ask->institution,
		.region = ask->region,
		.changes = ask->changes};
	struct same same = {.wanted = &a, .now_us = o->now_us};

	if (frame == NULL)
		return iq_error_set(&o->job.error, IQ_ERR_BUSY, N_("The server is out of memory."),
			N_("Try again."), NULL);
	iq__v1__request__pack(msg, frame);
	a.request = (struct iq_str){(const char *)frame, n};
	iq_approval_each(r->txn, is_same, &same);
	if (same.id != 0)
		return already_waits(o, same.id);
	iq_job_writes(&o->job);
	iq_approval_purge(w, o->now_us);
	a.id = iq_rights_number(w);
	iq_approval_put(w, &a);
	*number = a.id;
	return IQ_OK;
}

/* ---- what has become of it ------------------------------------------------------------------- */

/* The contact that an account would be linked to. */
static struct iq_str link_of(const struct iq_approval *a)
{
	struct iq_str rest = a->changes, contact = {NULL, 0};
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad)) {
		if (iq_str_is(iq_image_field(f.bytes, IQ_CHANGE_COLUMN), "contact"))
			contact = iq_image_field(f.bytes, IQ_CHANGE_AFTER);
	}
	return contact;
}

static bool makes_new(struct iq_str write)
{
	struct iq_wire_field f;
	bool bad = false, add = false;

	while (iq_wire_next(&write, &f, &bad)) {
		if (f.field == WRITE_VERB)
			add = f.value == IQ__V1__VERB__ADD;
	}
	return add;
}

bool iq_approval_void(struct iq_txn *t, const struct iq_approval *a, struct iq_arena *arena)
{
	struct iq_str write = iq_image_field(a->request, IQ__V1__REQUEST__OP_WRITE);
	struct iq_str erase = iq_image_field(a->request, IQ__V1__REQUEST__OP_ERASE);
	struct iq_str contact;
	iq_num institution;

	if (iq_str_is(a->operation, "visibility"))
		contact = iq_image_field(write, WRITE_ID);
	else if (iq_str_is(a->operation, "erase"))
		contact = iq_image_field(erase, ERASE_CONTACT);
	else if (iq_str_is(a->operation, "principal") && a->needs == IQ_ACTION_ACCEPT)
		contact = link_of(a);
	else
		return false;
	/* Erased with the person it was about; or about nobody. */
	if (contact.n == 0)
		return false;
	bool alive = iq_erase_owner(t, contact, arena, &institution);

	return institution != a->institution && (alive || !makes_new(write));
}
