/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody may do, and who may do something. */
#include "ops_fixture.h"

#include "rights_help.h"

static iq_num institution(const char *id)
{
	return iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_INSTITUTION, iq_str(id));
}

static void put(struct iq_wtxn *w, const char *id, const char *where, const struct iq_grant *grants,
	size_t n)
{
	const struct iq_principal p = {.id = iq_str(id),
		.name = iq_str(id),
		.institution = where ? institution(where) : IQ_NONE,
		.grants = grants,
		.ngrants = n};

	help_principal_put(w, &p);
}

#define TODAY_GRANT(number, r, i, place)                                                           \
	{                                                                                          \
		.id = (number), .role = (r), .institution = (i), .region = (place),                \
		.from = fx.today, .to = fx.today                                                   \
	}

static int setup(void **state)
{
	struct iq_wtxn *w;

	if (fx_setup(state) != 0)
		return -1;
	iq_num dresden = iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_REGION, IQ_STR("dresden"));
	const struct iq_grant root[] = {TODAY_GRANT(1, IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE)},
			      local[] = {TODAY_GRANT(2, IQ_ACCESS_ADMIN, IQ_NONE, dresden)},
			      editor[] = {TODAY_GRANT(3, IQ_ACCESS_EDITOR, institution("vhs"), 0)},
			      reader[] = {TODAY_GRANT(4, IQ_ACCESS_READER, IQ_NONE, dresden),
				      {.id = 5,
					      .role = IQ_ACCESS_EDITOR,
					      .institution = institution("vhs"),
					      .from = fx.today - 9,
					      .to = fx.today - 1}},
			      auditor[] = {TODAY_GRANT(6, IQ_ACCESS_AUDITOR, IQ_NONE, IQ_NONE)};

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	put(w, "root", NULL, root, 1);
	put(w, "local", NULL, local, 1);
	put(w, "vhs-editor", "vhs", editor, 1);
	put(w, "lra-reader", "lra", reader, 2);
	put(w, "auditor", NULL, auditor, 1);
	put(w, "nobody", NULL, NULL, 0);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
	return 0;
}

/* As the stored principal. */
static void as(const char *id)
{
	static struct iq_arena arena;
	static struct iq_principal p;
	static iq_num none[1];

	iq_arena_free(&arena);
	iq_arena_init(&arena, 0);
	fx_renew();
	assert_true(iq_principal_get(iq_rtxn_txn(fx.rtxn), iq_str(id), fx.today, &arena, &p));
	p.above = none;
	fx.principal = &p;
}

static const Iq__V1__CanResponse *can(
	char *principal, char *action, char *kind, char *id, char *region, char *where)
{
	static Iq__V1__CanRequest in;
	static Iq__V1__Request msg;

	iq__v1__can_request__init(&in);
	iq__v1__request__init(&msg);
	in.principal = principal;
	in.action = action;
	in.kind = kind;
	in.id = id;
	in.region = region;
	in.institution = where;
	msg.op_case = IQ__V1__REQUEST__OP_CAN;
	msg.can = &in;
	return fx_call(&msg, &iq__v1__can_response__descriptor);
}

static const Iq__V1__WhoCanResponse *who_can(char *action, char *kind, char *id)
{
	static Iq__V1__WhoCanRequest in;
	static Iq__V1__Request msg;

	iq__v1__who_can_request__init(&in);
	iq__v1__request__init(&msg);
	in.action = action;
	in.kind = kind;
	in.id = id;
	msg.op_case = IQ__V1__REQUEST__OP_WHO_CAN;
	msg.who_can = &in;
	return fx_call(&msg, &iq__v1__who_can_response__descriptor);
}

static void test_own_rights(void **state)
{
	(void)state;
	as("lra-reader");
	const Iq__V1__CanResponse *r = can("", "edit", "institution", "vhs", "", "");

	assert_non_null(r);
	assert_string_equal(r->principal, "lra-reader");
	assert_false(r->allowed);
	assert_int_equal(r->n_grants, 2);
	assert_string_equal(r->grants[0]->verdict, "role");
	assert_string_equal(r->grants[1]->verdict, "ended");
	assert_string_equal(r->grants[1]->grant->state, "ended");
	assert_string_equal(r->grants[1]->grant->valid_to, "2026-11-21");
	r = can("", "ask", "", "", "", "");
	assert_true(r->allowed);
	assert_string_equal(r->because, "everybody");
	as("vhs-editor");
	assert_true(can("", "edit", "institution", "vhs", "", "")->allowed);
	assert_true(can("", "edit", "contact", "c-inside", "", "")->allowed);
	assert_false(can("", "edit", "institution", "lra", "", "")->allowed);
	assert_false(can("", "edit", "task", "course", "", "")->allowed);
	assert_false(can("", "structure", "institution", "vhs", "", "")->allowed);
}

static void test_contacts(void **state)
{
	(void)state;
	as("lra-reader");
	const Iq__V1__CanResponse *r = can("", "contact", "contact", "c-partners", "", "");

	assert_true(r->allowed);
	assert_string_equal(r->disclosure, "full");
	assert_string_equal(r->grants[0]->verdict, "gives");
	r = can("", "contact", "contact", "c-public", "", "");
	assert_string_equal(r->because, "public");
	/* hidden and missing look alike */
	assert_null(can("", "contact", "contact", "c-inside", "", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(can("", "contact", "contact", "c-inside-not", "", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	as("nobody");
	r = can("", "contact", "contact", "c-partners", "", "");
	assert_false(r->allowed);
	assert_string_equal(r->disclosure, "outline");
	as("vhs-editor");
	r = can("", "contact", "contact", "c-inside", "", "");
	assert_true(r->allowed);
	assert_string_equal(r->because, "colleague");
	assert_string_equal(r->grants[0]->verdict, "gives");
}

/* About others: administrators whose scope covers them, auditors. */
static void test_others(void **state)
{
	(void)state;
	as("vhs-editor");
	assert_null(can("lra-reader", "edit", "", "", "", ""));
	fx_refused(IQ_ERR_DENIED);
	as("local");
	assert_true(can("vhs-editor", "edit", "", "", "", "")->allowed);
	assert_null(can("lra-reader", "edit", "", "", "", "")); /* seat outside Dresden */
	fx_refused(IQ_ERR_NOT_FOUND);
	assert_null(can("unknown", "edit", "", "", "", ""));
	fx_refused(IQ_ERR_NOT_FOUND);
	as("auditor");
	assert_true(can("vhs-editor", "edit", "", "", "", "")->allowed);
	assert_true(can("auditor", "audit", "", "", "", "")->allowed);
}

static void test_granting(void **state)
{
	(void)state;
	as("local");
	assert_true(can("", "grant", "", "", "", "")->allowed);
	assert_true(can("", "grant", "", "", "dresden", "")->allowed);
	assert_true(can("", "grant", "", "", "", "vhs")->allowed);
	assert_false(can("", "grant", "", "", "sn", "")->allowed);
	assert_false(can("", "grant", "", "", "", "lra")->allowed);
	assert_false(can("", "grant", "", "", "elbe", "")->allowed); /* reaches outside */
	as("root");
	assert_true(can("", "grant", "", "", "elbe", "")->allowed);
}

static void test_who_can(void **state)
{
	(void)state;
	as("root");
	const Iq__V1__WhoCanResponse *r = who_can("edit", "institution", "vhs");

	assert_non_null(r);
	assert_int_equal(r->n_principals, 3); /* local and root may change its place */
	assert_string_equal(r->principals[0]->principal, "local");
	assert_string_equal(r->principals[1]->principal, "root");
	assert_string_equal(r->principals[2]->principal, "vhs-editor");
	assert_int_equal(r->principals[2]->n_grants, 1);
	assert_int_equal(r->principals[2]->grants[0]->grant->id, 3);
	as("local"); /* only those of the region */
	r = who_can("edit", "institution", "vhs");
	assert_int_equal(r->n_principals, 1);
	assert_string_equal(r->principals[0]->principal, "vhs-editor");
	assert_null(who_can("edit", "contact", "c-inside"));
	fx_refused(IQ_ERR_NOT_FOUND);
}

static void test_mistakes(void **state)
{
	(void)state;
	as("root");
	assert_null(can("", "fly", "", "", "", ""));
	fx_refused(IQ_ERR_USAGE);
	assert_null(can("", "edit", "institution", "vhs", "dresden", ""));
	fx_refused(IQ_ERR_USAGE);
	assert_null(can("", "edit", "thing", "vhs", "", ""));
	fx_refused(IQ_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_rights, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_contacts, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_granting, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_who_can, setup, fx_teardown),
		cmocka_unit_test_setup_teardown(test_mistakes, setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
