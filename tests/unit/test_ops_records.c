/* SPDX-License-Identifier: Apache-2.0 */
/* get, list, export, contact, search, tasks-of, guide, status: what who may see. */
#include "ops_fixture.h"

static Iq__V1__Request request(Iq__V1__Request__OpCase op, void *in)
{
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;

	rq.op_case = op;
	rq.who = in; /* any member of the union */
	return rq;
}

static const Iq__V1__Record *get(char *kind, char *id)
{
	Iq__V1__GetRequest in = IQ__V1__GET_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_GET, &in);

	in.kind = kind;
	in.id = id;
	const Iq__V1__GetResponse *out = fx_call(&rq, &iq__v1__get_response__descriptor);

	return out ? out->record : NULL;
}

static void test_get(void **state)
{
	const Iq__V1__Record *r = get("responsibility", "vhs-course");

	(void)state;
	assert_int_equal(r->of_case, IQ__V1__RECORD__OF_RESPONSIBILITY);
	assert_string_equal(r->responsibility->task, "course-delivery");
	/* references are filtered like their targets */
	assert_int_equal(r->responsibility->n_contacts, 3);
	assert_string_equal(r->responsibility->contacts[0], "c-public");
	assert_string_equal(r->responsibility->contacts[1], "c-partners");
	assert_string_equal(r->responsibility->contacts[2], "c-gone");
	r = get("regions", "dresden"); /* the plural will do */
	assert_string_equal(r->region->name_de, "Dresden");
	assert_null(get("region", "nowhere"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(get("regio", "dresden"));
	fx_refused(IQ_ERR_USAGE);
	assert_int_equal(fx.error.ncandidates, 1);
}

static void test_get_contact(void **state)
{
	const Iq__V1__Record *r = get("contact", "c-public");

	(void)state;
	assert_string_equal(r->contact->name, "Max Muster");
	/* one class up: function and languages only */
	r = get("contact", "c-partners");
	assert_string_equal(r->contact->function, "Kurse");
	assert_string_equal(r->contact->name, "");
	assert_string_equal(r->contact->deputy, "");
	/* further up: looks as if it did not exist */
	assert_null(get("contact", "c-inside"));
	fx_refused(IQ_ERR_NOT_FOUND);
	const char *hidden = fx.error.text;

	assert_null(get("contact", "c-none"));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_ptr_equal(hidden, fx.error.text);

	/* no reason can be given here: personal fields are for editors */
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	assert_string_equal(get("contact", "c-partners")->contact->name, "");
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	r = get("contact", "c-partners");
	assert_string_equal(r->contact->name, "Erika Muster");
	assert_string_equal(r->contact->deputy, "c-public");
	assert_string_equal(get("contact", "c-inside")->contact->name, "Paul Muster");
	assert_int_equal(get("responsibility", "vhs-course")->responsibility->n_contacts, 4);
	fx.principal = NULL;
}

/* ---- list ----------------------------------------------------------------------------------- */

static const Iq__V1__ListResponse *list(
	char *kind, const char *key, const char *value, uint32_t limit, ProtobufCBinaryData cursor)
{
	static Iq__V1__KeyValue kv;
	static Iq__V1__KeyValue *filters[] = {&kv};
	static uint8_t kept[256];
	Iq__V1__ListRequest in = IQ__V1__LIST_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_LIST, &in);

	kv = (Iq__V1__KeyValue)IQ__V1__KEY_VALUE__INIT;
	in.kind = kind;
	if (key) {
		kv.key = (char *)(uintptr_t)key;
		kv.value = (char *)(uintptr_t)value;
		in.filters = filters;
		in.n_filters = 1;
	}
	in.limit = limit;
	if (cursor.len)
		memcpy(kept, cursor.data, cursor.len); /* the last answer goes with the arena */
	in.cursor = (ProtobufCBinaryData){cursor.len, kept};
	return fx_call(&rq, &iq__v1__list_response__descriptor);
}

static const ProtobufCBinaryData first_page;

static void test_list_filters(void **state)
{
	static const struct {
		char *kind;
		const char *key, *value;
		size_t n;
	} cases[] = {
		{"region", NULL, NULL, 5},
		{"region", "kind", "city", 2},
		{"region", "parent", "Sachsen", 2},
		{"region", "parent", "", 2}, /* the root and the area */
		{"region", "name_de", "meissen", 1},
		{"institution", "region", "sn", 3}, /* subtree */
		{"institution", "region", "dresden", 1},
		{"institution", "region", "elbe", 1}, /* members of an area */
		{"institution", "parent", "lra", 1},
		{"responsibility", "institution", "vhs", 4},
		{"responsibility", "role", "lead", 4},
		{"responsibility", "status", "asylum", 1}, /* the column is "statuses" */
		{"responsibility", "task", "course", 2},
		{"responsibility", "region", "dresden", 3},
		{"responsibility", "contacts", "c-partners", 1},
		{"responsibility", "contacts", "c-inside", 0}, /* hidden: nobody refers to it */
		{"contact", NULL, NULL, 3},
		{"contact", "institution", "vhs", 3},
		{"contact", "function", "kurse", 1},
		{"contact", "name", "Erika Muster", 0}, /* not shown, so not found */
		{"contact", "visibility", "institution", 0},
		{"notice", "effect", "suspended", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const Iq__V1__ListResponse *l =
			list(cases[i].kind, cases[i].key, cases[i].value, 0, first_page);

		if (l == NULL || l->n_records != cases[i].n || l->total != cases[i].n)
			print_error("case %zu: %zu of %zu\n", i, l ? l->n_records : 0, cases[i].n);
		assert_non_null(l);
		assert_int_equal(l->n_records, cases[i].n);
		assert_int_equal(l->total, cases[i].n);
		assert_int_equal(l->cursor.len, 0);
	}
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(list("contact", NULL, NULL, 0, first_page)->n_records, 4);
	assert_int_equal(list("contact", "name", "erika muster", 0, first_page)->n_records, 1);
	fx.principal = NULL;
}

static void test_list_refusals(void **state)
{
	const ProtobufCBinaryData bad = {3, (uint8_t *)(uintptr_t) "\x63-x"};

	(void)state;
	assert_null(list("region", "colour", "red", 0, first_page));
	fx_refused(IQ_ERR_USAGE);
	assert_null(list("responsibility", "role", "boss", 0, first_page));
	fx_refused(IQ_ERR_USAGE);
	assert_null(list("responsibility", "task", "nonsense", 0, first_page));
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_null(list("region", NULL, NULL, 0, bad));
	fx_refused(IQ_ERR_USAGE);
}

static void test_list_pages(void **state)
{
	static const char *const ids[] = {"de", "dresden", "elbe", "meissen", "sn"};
	ProtobufCBinaryData cursor = first_page;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		const Iq__V1__ListResponse *l = list("region", NULL, NULL, 1, cursor);

		assert_int_equal(l->n_records, 1);
		assert_string_equal(l->records[0]->region->id, ids[i]);
		assert_int_equal(l->total, i == 0 ? 5 : 0);
		cursor = l->cursor;
		assert_int_equal(cursor.len == 0, i == 4);
	}
	/* by way of the index */
	cursor = first_page;
	for (size_t i = 0; i < 4; i++) {
		const Iq__V1__ListResponse *l =
			list("responsibility", "institution", "vhs", 1, cursor);

		assert_int_equal(l->n_records, 1);
		assert_int_equal(l->total, i == 0 ? 4 : 0);
		cursor = l->cursor;
		assert_int_equal(cursor.len == 0, i == 3);
	}
}

/* ---- export --------------------------------------------------------------------------------- */

static size_t export(char *region, char *institution, size_t count[16])
{
	Iq__V1__ExportRequest in = IQ__V1__EXPORT_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_EXPORT, &in);

	in.region = region;
	in.institution = institution;
	const Iq__V1__ExportResponse *x = fx_call(&rq, &iq__v1__export_response__descriptor);

	assert_non_null(x);
	assert_int_equal(x->revision, 1);
	assert_int_equal(x->cursor.len, 0);
	memset(count, 0, 16 * sizeof(*count));
	for (size_t i = 0; i < x->n_records; i++)
		count[(int)x->records[i]->of_case - IQ__V1__RECORD__OF_REGION]++;
	return x->n_records;
}

static void test_export(void **state)
{
	size_t count[16];

	(void)state;
	export("", "", count);
	assert_int_equal(count[IQ_REGION], 5);
	assert_int_equal(count[IQ_POSTCODE], 3);
	assert_int_equal(count[IQ_CONTACT], 3); /* one is hidden */
	assert_int_equal(count[IQ_RESPONSIBILITY], 6);
	/* a scope: what belongs to institutions, not the vocabularies */
	assert_int_equal(export("", "lra", count), 4);
	assert_int_equal(count[IQ_INSTITUTION], 2);
	assert_int_equal(count[IQ_RESPONSIBILITY], 2);
	export("dresden", "", count);
	assert_int_equal(count[IQ_INSTITUTION], 1);
	assert_int_equal(count[IQ_CONTACT], 3);
	assert_int_equal(count[IQ_RESPONSIBILITY], 3);
	assert_int_equal(count[IQ_NOTICE], 0);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, NULL, NULL);
	export("", "", count);
	assert_int_equal(count[IQ_CONTACT], 4);
	fx.principal = NULL;
}

/* ---- contact, search, tasks-of, guide, self -------------------------------------------------- */

static const Iq__V1__ContactResponse *contact(char *term, char *reason)
{
	Iq__V1__ContactRequest in = IQ__V1__CONTACT_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_CONTACT, &in);

	in.term = term;
	in.reason = reason;
	return fx_call(&rq, &iq__v1__contact_response__descriptor);
}

static void test_contact(void **state)
{
	const Iq__V1__ContactResponse *c = contact("Volkshochschule", "");

	(void)state;
	assert_string_equal(c->institution->id, "vhs");
	assert_int_equal(c->n_contacts, 1);
	assert_int_equal(c->n_withheld, 1);
	c = contact("lra-abh", "");
	assert_string_equal(c->via, "lra");
	assert_int_equal(c->n_contacts, 0);
	c = contact("c-public", "");
	assert_string_equal(c->institution->id, "vhs");
	assert_int_equal(c->n_contacts, 1);
	assert_null(contact("c-inside", "")); /* hidden: an unknown term */
	fx_refused(IQ_ERR_UNKNOWN_TERM);
	assert_null(contact("vhs", "curiosity"));
	fx_refused(IQ_ERR_USAGE);
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "dresden");
	assert_int_equal(contact("vhs", "")->n_contacts, 1);
	c = contact("vhs", "referral");
	assert_int_equal(c->n_contacts, 2);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(contact("vhs", "")->n_contacts, 3);
	fx.principal = NULL;
}

static const Iq__V1__SearchResponse *search(char *text)
{
	Iq__V1__SearchRequest in = IQ__V1__SEARCH_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_SEARCH, &in);

	in.text = text;
	return fx_call(&rq, &iq__v1__search_response__descriptor);
}

static void test_search(void **state)
{
	const Iq__V1__SearchResponse *s = search("i-kurs");

	(void)state;
	assert_int_equal(s->n_hits, 1);
	assert_string_equal(s->hits[0]->id, "course");
	assert_string_equal(s->hits[0]->matched, "I-Kurs");
	assert_false(s->near);
	s = search("hochschul"); /* a part */
	assert_int_equal(s->n_hits, 1);
	assert_string_equal(s->hits[0]->kind, "institution");
	s = search("Dresdem");
	assert_true(s->near);
	assert_string_equal(s->hits[0]->id, "dresden");
	/* exact before prefix before part */
	s = search("kurs");
	assert_int_equal(s->n_hits, 2);
	assert_string_equal(s->hits[0]->id, "course-delivery");
	/* people: only who may see the name */
	assert_int_equal(search("Max Muster")->n_hits, 1);
	assert_int_equal(search("Erika Muster")->n_hits, 0);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, "vhs", NULL);
	assert_int_equal(search("Erika Muster")->n_hits, 1);
	fx.principal = NULL;
	assert_null(search("---"));
	fx_refused(IQ_ERR_USAGE);
}

static void test_tasks_of(void **state)
{
	Iq__V1__TasksOfRequest in = IQ__V1__TASKS_OF_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_TASKS_OF, &in);
	const Iq__V1__TasksOfResponse *t;

	(void)state;
	in.institution = "lra";
	t = fx_call(&rq, &iq__v1__tasks_of_response__descriptor);
	assert_int_equal(t->n_responsibilities, 1);
	in.all = true;
	t = fx_call(&rq, &iq__v1__tasks_of_response__descriptor);
	assert_int_equal(t->n_responsibilities, 2);
	in.all = false;
	in.institution = "vhs";
	t = fx_call(&rq, &iq__v1__tasks_of_response__descriptor);
	assert_int_equal(t->n_responsibilities, 4);
	/* in the order of the tasks' tree */
	assert_string_equal(t->responsibilities[0]->id, "vhs-coord");
	assert_string_equal(t->responsibilities[1]->id, "vhs-youth");
	assert_string_equal(t->responsibilities[2]->id, "vhs-course");
	assert_string_equal(t->responsibilities[3]->id, "vhs-meissen");
}

static void test_guide(void **state)
{
	Iq__V1__GuideRequest in = IQ__V1__GUIDE_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_GUIDE, &in);
	const Iq__V1__GuideResponse *g;

	(void)state;
	in.status = "Aufenthaltsgestattung";
	g = fx_call(&rq, &iq__v1__guide_response__descriptor);
	assert_int_equal(g->n_statuses, 2);
	assert_string_equal(g->statuses[0]->id, "asylum-seeker");
	assert_string_equal(g->statuses[1]->id, "asylum");
	assert_int_equal(g->n_children, 0);
	assert_int_equal(g->n_implied, 1); /* inherited */
	assert_string_equal(g->implied[0]->key, "benefit");
	assert_string_equal(g->implied[0]->value, "asylblg");
	in.status = "asylum";
	g = fx_call(&rq, &iq__v1__guide_response__descriptor);
	assert_int_equal(g->n_children, 1);
}

static void test_self(void **state)
{
	Iq__V1__WhoamiRequest who = IQ__V1__WHOAMI_REQUEST__INIT;
	Iq__V1__StatusRequest status = IQ__V1__STATUS_REQUEST__INIT;
	Iq__V1__Request rq = request(IQ__V1__REQUEST__OP_WHOAMI, &who);

	(void)state;
	fx.principal = fx_principal(IQ_ACCESS_READER, NULL, "sn");
	const Iq__V1__WhoamiResponse *w = fx_call(&rq, &iq__v1__whoami_response__descriptor);

	assert_string_equal(w->principal, "somebody");
	assert_string_equal(w->grants[0]->role, "reader");
	assert_string_equal(w->grants[0]->region, "sn");
	assert_string_equal(w->grants[0]->valid_to, "");
	rq = request(IQ__V1__REQUEST__OP_STATUS, &status);
	const Iq__V1__StatusResponse *s = fx_call(&rq, &iq__v1__status_response__descriptor);

	/* how many contacts there are is not for everybody */
	for (size_t i = 0; i < s->n_records; i++)
		assert_string_not_equal(s->records[i]->kind, "contact");
	assert_true(s->database_bytes > 0);
	fx.principal = fx_principal(IQ_ACCESS_EDITOR, NULL, NULL);
	s = fx_call(&rq, &iq__v1__status_response__descriptor);
	assert_int_equal(s->n_records, IQ_KINDS);
	fx.principal = NULL;
}

/* Every operation of the protocol has a row, and every row a handler. */
static void test_table(void **state)
{
	size_t n = 0;

	(void)state;
	for (const struct iq_op *op; (op = iq_op_at(n)) != NULL; n++) {
		assert_ptr_equal(iq_op_find(op->tag), op);
		assert_true((op->handle != NULL) != (op->prepare != NULL));
		const ProtobufCFieldDescriptor *in = protobuf_c_message_descriptor_get_field(
			&iq__v1__request__descriptor, (unsigned)op->tag);
		const ProtobufCFieldDescriptor *out = protobuf_c_message_descriptor_get_field(
			&iq__v1__response__descriptor, (unsigned)op->tag);

		assert_non_null(in);
		assert_non_null(out);
		assert_string_equal(in->name, op->name);
		assert_string_equal(out->name, op->name);
	}
	assert_int_equal(n, iq__v1__request__descriptor.n_fields - 1); /* all but the id */
	assert_null(iq_op_find(0));
	assert_null(iq_op_find(-1));
	assert_null(iq_op_find(1 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_get_contact),
		cmocka_unit_test(test_list_filters),
		cmocka_unit_test(test_list_refusals),
		cmocka_unit_test(test_list_pages),
		cmocka_unit_test(test_export),
		cmocka_unit_test(test_contact),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_tasks_of),
		cmocka_unit_test(test_guide),
		cmocka_unit_test(test_self),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, fx_setup, fx_teardown);
}
