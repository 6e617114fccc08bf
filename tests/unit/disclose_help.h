/* SPDX-License-Identifier: Apache-2.0 */
/* Contacts of every class, callers of every sort, and what they may ask. For test_ops_*. */
#ifndef TESTS_UNIT_DISCLOSE_HELP_H
#define TESTS_UNIT_DISCLOSE_HELP_H

#include "ops_fixture.h"

static struct iq_req rq; /* of the last call */

/* ---- the world ------------------------------------------------------------------------------ */

static inline void more(void (*put)(struct iq_wtxn *w))
{
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = iq_now_us()};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	put(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
}

static inline void put_classes(struct iq_wtxn *w)
{
	fx_put(w, IQ_INSTITUTION, "id", "vhs-sub", "kind", "office", "parent", "vhs", "region",
		"dresden", "name_de", "Zweigstelle", NULL);
	fx_put(w, IQ_CONTACT, "id", "c-workshop", "institution", "vhs", "name", "Wanda Muster",
		"function", "Planung", "visibility", "workshop", NULL);
	fx_put(w, IQ_RESPONSIBILITY, "id", "vhs-course", "institution", "vhs", "task",
		"course-delivery", "region", "dresden", "role", "provider", "contacts",
		"c-public;c-partners;c-workshop;c-inside", NULL);
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "ws", "region", "sn", "name_de", "Runde", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "ws-vhs", "workshop", "ws", "institution", "vhs",
		"representative", "c-inside", "deputy", "c-public", "accepted_from", "2026-01-01",
		NULL);
}

static inline int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	more(put_classes);
	memset(&rq, 0, sizeof(rq));
	return 0;
}

/* ---- callers -------------------------------------------------------------------------------- */

static inline iq_num num(enum iq_kind kind, const char *id)
{
	return id ? iq_id_find(iq_rtxn_txn(fx.rtxn), kind, iq_str(id)) : IQ_NONE;
}

struct person {
	const char *name;
	enum iq_visibility level; /* narrowest class passed within vhs */
	bool editor, bulk;
	int role;                         /* -1: none */
	const char *institution, *region; /* of the grant */
	const char *own;                  /* institution */
	const char *workshop;
};

static const struct person people[] = {
	{"nobody", IQ_PUBLIC, false, false, -1, NULL, NULL, NULL, NULL},
	{"reader", IQ_PARTNERS, false, false, IQ_ACCESS_READER, NULL, "dresden", NULL, NULL},
	{"reader above", IQ_PARTNERS, false, false, IQ_ACCESS_READER, NULL, "sn", NULL, NULL},
	{"reader elsewhere", IQ_PUBLIC, false, false, IQ_ACCESS_READER, NULL, "meissen", NULL,
		NULL},
	{"coordinator", IQ_PARTNERS, false, true, IQ_ACCESS_COORDINATOR, NULL, "sn", NULL, NULL},
	{"editor", IQ_INSTITUTION_ONLY, true, true, IQ_ACCESS_EDITOR, "vhs", NULL, "vhs", NULL},
	{"editor elsewhere", IQ_PUBLIC, false, true, IQ_ACCESS_EDITOR, "lra", NULL, "lra", NULL},
	{"colleague", IQ_INSTITUTION_ONLY, false, false, -1, NULL, NULL, "vhs", NULL},
	{"colleague below", IQ_INSTITUTION_ONLY, false, false, -1, NULL, NULL, "vhs-sub", NULL},
	{"fellow", IQ_WORKSHOP, false, false, -1, NULL, NULL, "lra", "ws"},
	{"curator", IQ_PUBLIC, false, true, IQ_ACCESS_CURATOR, NULL, NULL, NULL, NULL},
	{"admin", IQ_PUBLIC, false, false, IQ_ACCESS_ADMIN, NULL, NULL, NULL, NULL},
	{"auditor", IQ_PUBLIC, false, false, IQ_ACCESS_AUDITOR, NULL, NULL, NULL, NULL},
};
enum { PEOPLE = sizeof(people) / sizeof(people[0]) };

static const struct {
	const char *id, *name;
} persons[IQ_VISIBILITIES] = {{"c-public", "Max Muster"}, {"c-partners", "Erika Muster"},
	{"c-workshop", "Wanda Muster"}, {"c-inside", "Paul Muster"}};

static struct iq_grant grant;
static struct iq_principal self;
static iq_num above[2], workshops[1];

static inline void be(const struct person *p)
{
	self = (struct iq_principal){.id = iq_str(p->name),
		.name = iq_str(p->name),
		.institution = num(IQ_INSTITUTION, p->own)};
	if (p->role >= 0) {
		grant = (struct iq_grant){.id = 1,
			.role = (enum iq_access_role)p->role,
			.institution = num(IQ_INSTITUTION, p->institution),
			.region = num(IQ_REGION, p->region),
			.from = IQ_DATE_MIN,
			.to = IQ_DATE_MAX};
		self.grants = &grant;
		self.ngrants = 1;
	}
	if (p->own != NULL && strcmp(p->own, "vhs-sub") == 0) {
		above[0] = num(IQ_INSTITUTION, "vhs");
		self.above = above;
		self.nabove = 1;
	}
	if (p->workshop != NULL) {
		workshops[0] = num(IQ_WORKSHOP_RECORD, p->workshop);
		self.workshops = workshops;
		self.nworkshops = 1;
	}
	fx.principal = &self;
}

static inline void be_named(const char *name)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		if (strcmp(people[i].name, name) == 0) {
			be(&people[i]);
			return;
		}
	}
	fail();
}

/* ---- calls ---------------------------------------------------------------------------------- */

static bool sealed;

static inline const void *call(const Iq__V1__Request *msg, const ProtobufCMessageDescriptor *d)
{
	const struct iq_op *op = iq_op_find((int)msg->op_case);

	rq = fx_req(msg);
	rq.sealed = sealed;
	if (op->cost != NULL)
		(void)op->cost(&rq);
	enum iq_err err = op->handle(&rq);

	assert_int_equal(err, fx.error.code);
	if (err != IQ_OK)
		return NULL;
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);

	return protobuf_c_message_unpack(d, &allocator, fx.out.n, fx.out.p);
}

static inline bool owed(enum iq_visibility v)
{
	for (size_t i = 0; i < rq.nowed; i++) {
		if (rq.owed[i].contact == num(IQ_CONTACT, persons[v].id)) {
			assert_int_equal(rq.owed[i].visibility, v);
			assert_int_equal(rq.owed[i].event, IQ_AUDIT_DISCLOSED);
			return true;
		}
	}
	return false;
}

/* Exactly those are owed that were shown and are not public. */
static inline void owes(unsigned shown)
{
	size_t n = 0;

	for (enum iq_visibility v = IQ_PARTNERS; v < IQ_VISIBILITIES; v++) {
		bool is = owed(v);

		n += is;
		assert_int_equal(is, (shown >> v & 1) != 0);
	}
	assert_int_equal(rq.nowed, n);
}

static inline const Iq__V1__WhoResponse *who(bool contacts, const char *reason, const char *at)
{
	Iq__V1__WhoRequest in = IQ__V1__WHO_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.task = "course-delivery";
	in.region = "dresden";
	in.contacts = contacts;
	in.reason = (char *)(uintptr_t)reason;
	in.at = (char *)(uintptr_t)at;
	msg.op_case = IQ__V1__REQUEST__OP_WHO;
	msg.who = &in;
	return call(&msg, &iq__v1__who_response__descriptor);
}

static inline const Iq__V1__ContactResponse *contact(const char *term, const char *reason)
{
	Iq__V1__ContactRequest in = IQ__V1__CONTACT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.term = (char *)(uintptr_t)term;
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_CONTACT;
	msg.contact = &in;
	return call(&msg, &iq__v1__contact_response__descriptor);
}

static inline const Iq__V1__GetResponse *get(const char *kind, const char *id, const char *reason)
{
	Iq__V1__GetRequest in = IQ__V1__GET_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.kind = (char *)(uintptr_t)kind;
	in.id = (char *)(uintptr_t)id;
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_GET;
	msg.get = &in;
	return call(&msg, &iq__v1__get_response__descriptor);
}

static inline const Iq__V1__ListResponse *list(
	const char *reason, const char *key, const char *value, uint32_t limit)
{
	Iq__V1__ListRequest in = IQ__V1__LIST_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	Iq__V1__KeyValue kv = IQ__V1__KEY_VALUE__INIT, *filters[] = {&kv};

	in.kind = "contact";
	in.reason = (char *)(uintptr_t)reason;
	in.limit = limit;
	kv.key = (char *)(uintptr_t)key;
	kv.value = (char *)(uintptr_t)value;
	in.filters = filters;
	in.n_filters = key != NULL;
	msg.op_case = IQ__V1__REQUEST__OP_LIST;
	msg.list = &in;
	return call(&msg, &iq__v1__list_response__descriptor);
}

static inline const Iq__V1__ExportResponse *export(const char *reason)
{
	Iq__V1__ExportRequest in = IQ__V1__EXPORT_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;
	char *kinds[] = {"contact", "responsibility", "membership"};

	in.kinds = kinds;
	in.n_kinds = 3;
	in.reason = (char *)(uintptr_t)reason;
	msg.op_case = IQ__V1__REQUEST__OP_EXPORT;
	msg.export = &in;
	return call(&msg, &iq__v1__export_response__descriptor);
}

static inline const Iq__V1__SearchResponse *search(const char *text)
{
	Iq__V1__SearchRequest in = IQ__V1__SEARCH_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	in.text = (char *)(uintptr_t)text;
	msg.op_case = IQ__V1__REQUEST__OP_SEARCH;
	msg.search = &in;
	return call(&msg, &iq__v1__search_response__descriptor);
}

#endif
