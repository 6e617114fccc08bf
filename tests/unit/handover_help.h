/* SPDX-License-Identifier: Apache-2.0 */
/* A small directory with somebody who leaves, and requests to hand over. */
#ifndef TESTS_UNIT_HANDOVER_HELP_H
#define TESTS_UNIT_HANDOVER_HELP_H

#include "ops_fixture.h"

#include "jobs_help.h"
#include "rights_help.h"

static uint8_t request_id[16];

static inline void serial_of(const char *principal, uint8_t out[20])
{
	memset(out, 7, 20);
	memcpy(out, principal, strlen(principal) < 20 ? strlen(principal) : 20);
}

/* Prepares and runs a WRITE request to its end. */
static inline enum iq_err run(const char *principal, Iq__V1__Request *msg)
{
	uint8_t packed[4096];
	size_t n = iq__v1__request__get_packed_size(msg);
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	job_begin(principal, iq_now_us());
	job->msg = msg;
	serial_of(principal, job->serial);
	job->job.audit = (struct iq_audit_entry){
		.event = IQ_AUDIT_WRITTEN, .principal = job->job.change.principal};
	assert_true(n <= sizeof(packed));
	iq__v1__request__pack(msg, packed);
	fx_renew();
	struct iq_req rq = fx_req(msg);

	rq.body = (struct iq_str){(char *)packed, n};
	enum iq_err err = op->prepare(&rq, &job->job);

	if (err != IQ_OK)
		return err;
	return job_run();
}

/* How a hand-over is asked for. */
struct how {
	char *on;
	bool dry_run, cancel, again;
};

static inline enum iq_err hand(const char *principal, char *from, char *to, struct how how)
{
	Iq__V1__HandoverRequest in = IQ__V1__HANDOVER_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	if (!how.again)
		requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.from = from;
	in.to = to;
	in.on = how.on ? how.on : "";
	in.dry_run = how.dry_run;
	in.cancel = how.cancel;
	in.lang = IQ__V1__LANG__EN;
	msg.op_case = IQ__V1__REQUEST__OP_HANDOVER;
	msg.handover = &in;
	return run(principal, &msg);
}

static inline const Iq__V1__HandoverResponse *answer(void)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	const Iq__V1__HandoverResponse *r =
		iq__v1__handover_response__unpack(&allocator, job->job.answer.n, job->job.answer.p);

	assert_non_null(r);
	return r;
}

static inline const Iq__V1__SheetResponse *sheet(char *contact, char *reason)
{
	Iq__V1__SheetRequest in = IQ__V1__SHEET_REQUEST__INIT;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	in.contact = contact;
	in.reason = reason;
	in.lang = IQ__V1__LANG__EN;
	rq.op_case = IQ__V1__REQUEST__OP_SHEET;
	rq.sheet = &in;
	return fx_call(&rq, &iq__v1__sheet_response__descriptor);
}

static inline const Iq__V1__HangingItem *item(
	Iq__V1__HangingItem **items, size_t n, const char *id, const char *column)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(items[i]->id, id) == 0 && strcmp(items[i]->column, column) == 0)
			return items[i];
	}
	return NULL;
}

/* A stored cell, as the bundle writes it. */
static inline const char *cell(enum iq_kind kind, const char *id, const char *column)
{
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	struct iq_rec rec;

	fx_renew();
	if (!iq_rec_get(t, kind, iq_id_find(t, kind, iq_str(id)), &fx.arena, &rec))
		return NULL;
	return iq_arena_cstr(&fx.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &fx.arena));
}

static inline const char *contacts_of(const char *responsibility)
{
	return cell(IQ_RESPONSIBILITY, responsibility, "contacts");
}

static inline iq_num contact(const char *id)
{
	return iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, iq_str(id));
}

static inline struct iq_wtxn *change_begin(void)
{
	const struct iq_change change = {
		.principal = IQ_STR("tester"), .operation = IQ_STR("set"), .time_us = 2};
	struct iq_wtxn *w;

	iq_rtxn_reset(fx.rtxn);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	return w;
}

static inline void change_end(struct iq_wtxn *w)
{
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

/* A principal with one grant and a certificate. */
static inline void account(struct iq_wtxn *w, const char *id, enum iq_access_role role,
	const char *institution, const char *region)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_grant grant = {.id = 1,
		.role = role,
		.institution =
			institution ? iq_id_find(t, IQ_INSTITUTION, iq_str(institution)) : IQ_NONE,
		.region = region ? iq_id_find(t, IQ_REGION, iq_str(region)) : IQ_NONE,
		.from = IQ_DATE_MIN,
		.to = IQ_DATE_MAX};
	uint8_t serial[20];

	serial_of(id, serial);
	help_principal_put(
		w, &(struct iq_principal){.id = iq_str(id), .grants = &grant, .ngrants = 1});
	iq_certificate_put(w, serial, iq_str(id), fx.today + 100);
}

static inline void put_membership(struct iq_wtxn *w, const char *representative, const char *deputy)
{
	fx_put(w, IQ_MEMBERSHIP, "id", "round-vhs", "workshop", "round", "institution", "vhs",
		"representative", representative, "deputy", deputy, "accepted_from", "2026-01-01",
		NULL);
}

static inline void put_people(struct iq_wtxn *w)
{
	static const char *const of_vhs[] = {"c-new", "c-next"};

	for (size_t i = 0; i < 2; i++)
		fx_put(w, IQ_CONTACT, "id", of_vhs[i], "institution", "vhs", "name", "Eva Muster",
			"visibility", "partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-desk", "institution", "vhs", "name", "Uwe Muster",
		"visibility", "institution", "deputy", "c-partners", NULL);
	fx_put(w, IQ_CONTACT, "id", "l-hidden", "institution", "lra", "name", "Ute Muster",
		"visibility", "institution", "deputy", "c-partners", NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "round", "region", "sn", "name_de", "Runde", NULL);
	put_membership(w, "c-partners", "c-inside");
}

static inline int setup(void **state)
{
	struct iq_wtxn *w;

	if (fx_setup(state) != 0)
		return -1;
	finished = iq_queue_new(0);
	w = change_begin();
	put_people(w);
	account(w, "editor", IQ_ACCESS_EDITOR, "vhs", NULL);
	account(w, "other", IQ_ACCESS_EDITOR, "lra", NULL);
	account(w, "everybody", IQ_ACCESS_EDITOR, NULL, NULL);
	account(w, "helper", IQ_ACCESS_COORDINATOR, NULL, "sn");
	account(w, "reader", IQ_ACCESS_READER, NULL, "sn");
	change_end(w);
	return 0;
}

static inline void no_finding(void *arg, const char *line)
{
	(void)arg;
	print_error("finding: %s\n", line);
}

static inline int teardown(void **state)
{
	job_end();
	iq_queue_free(finished);
	assert_int_equal(iq_store_check(fx.store, no_finding, NULL), 0);
	return fx_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
