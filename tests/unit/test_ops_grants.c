/* SPDX-License-Identifier: Apache-2.0 */
/* Principals, tokens, grants and approvals: who may give what to whom, and who must agree. */
#include "grants_help.h"

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_scope_and_end(void **state)
{
	(void)state;
	assert_int_equal(give("root", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_READER));
	assert_int_equal(give("root", "stranger", "reader", "", "dresden", ""), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "reader", "", "dresden", "2029-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "reader", "", "dresden", "2026-11-21"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "king", "", "dresden", "2027-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "stranger", "editor", "", "dresden", "2027-01-31"), IQ_ERR_USAGE);
	assert_int_equal(
		give("root", "nobody", "reader", "", "dresden", "2027-01-31"), IQ_ERR_NOT_FOUND);
	/* Terms are understood. */
	assert_int_equal(give("root", "stranger", "reader", "", "Meißen", "2027-01-31"), IQ_OK);
	/* The administrator of Dresden gives what lies in Dresden. */
	assert_int_equal(give("dd", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(
		give("dd", "stranger", "reader", "", "meissen", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("dd", "stranger", "reader", "", "sn", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("dd", "stranger", "reader", "", "", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(
		give("ed", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
}

static void test_not_to_oneself(void **state)
{
	(void)state;
	assert_int_equal(
		give("root", "root", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	/* Whoever made the giver's account. */
	assert_int_equal(
		give("second", "root", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	/* Another account of the same person: ed as an administrator. */
	assert_int_equal(give("root", "ed", "admin", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("second", answered(3), false), IQ_OK);
	assert_true(has_role("ed", IQ_ACCESS_ADMIN));
	assert_int_equal(
		give("ed", "ed-two", "reader", "", "dresden", "2027-01-31"), IQ_ERR_DENIED);
	assert_int_equal(give("ed", "colleague", "reader", "", "dresden", "2027-01-31"), IQ_OK);
}

static void test_second_admin(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_true(n > 0);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("dd", n, false), IQ_ERR_NOT_FOUND); /* not over everything */
	assert_int_equal(approve("ed", n, false), IQ_ERR_NOT_FOUND);
	/* Asking twice does not help. */
	assert_int_equal(
		give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	/* Nobody decides on their own rights. */
	assert_int_equal(give("root", "second", "auditor", "", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("second", answered(3), false), IQ_ERR_DENIED);
	/* The record says who agreed. */
	struct iq_arena arena;
	struct iq_account a;

	iq_arena_init(&arena, 0);
	assert_true(iq_account_get(iq_rtxn_txn(fx.rtxn), IQ_STR("stranger"), &arena, &a));
	assert_true(iq_str_is(a.grants[0].by, "root"));
	assert_true(iq_str_is(a.grants[0].approved_by, "second"));
	iq_arena_free(&arena);
}

static void test_consent_of_editors(void **state)
{
	uint64_t n;

	(void)state;
	/* Nobody edits the district office yet. */
	assert_int_equal(give("root", "stranger", "editor", "lra", "", "2027-01-31"), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_EDITOR));
	/* The VHS has an editor. */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_true(n > 0);
	assert_false(has_role("colleague", IQ_ACCESS_EDITOR));
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("stranger", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("ed", n, false), IQ_OK);
	assert_true(has_role("colleague", IQ_ACCESS_EDITOR));
	/* Whoever edits a part is not overruled through the whole: the part's office has one. */
	assert_int_equal(take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(give("root", "stranger", "editor", "lra-abh", "", "2027-01-31"), IQ_OK);
	assert_int_equal(answered(3), 0);
	assert_int_equal(give("root", "ed-two", "editor", "lra", "", "2027-01-31"), IQ_OK);
	assert_true(answered(3) > 0);
}

static void test_waiting(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	later_us = INT64_C(86400) * 1000000 * (IQ_LIMIT_APPROVAL_DAYS + 1);
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	assert_non_null(strstr(job->job.error.text, "expired"));
	later_us = 0;
	assert_int_equal(approve("second", n, true), IQ_OK);
	assert_int_equal(approve("second", n, false), IQ_ERR_CONFLICT);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	/* Whoever asked has lost the right meanwhile: it stays waiting. */
	assert_int_equal(give("second", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	assert_int_equal(take("root", "second", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_false(has_role("stranger", IQ_ACCESS_AUDITOR));
	assert_int_equal(approve("root", n, true), IQ_OK);
}

static void test_retry(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	n = answered(3);
	again = true;
	assert_int_equal(give("root", "stranger", "auditor", "", "", "2027-01-31"), IQ_OK);
	assert_true(job->job.replayed);
	assert_int_equal(answered(3), n);
	again = true;
	assert_int_equal(give("root", "stranger", "admin", "", "", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(approve("second", n, false), IQ_OK);
	again = true;
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_true(job->job.replayed);
}

static void test_last_admin(void **state)
{
	(void)state;
	assert_int_equal(take("root", "second", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(take("root", "root", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_ERR_GUARD);
	assert_int_equal(principal("root", IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END, "root", NULL,
				 NULL, NULL, NULL),
		IQ_ERR_GUARD);
	/* An administrator of a part takes nothing from one for everything. */
	assert_int_equal(take("dd", "root", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_ERR_NOT_FOUND);
	assert_int_equal(principal("dd", IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END, "root", NULL, NULL,
				 NULL, NULL),
		IQ_ERR_NOT_FOUND);
}

static void test_revoking(void **state)
{
	uint8_t serial[20];

	(void)state;
	assert_int_equal(give("dd", "stranger", "reader", "", "dresden", "2027-01-31"), IQ_OK);
	assert_int_equal(give("root", "stranger", "reader", "", "meissen", "2027-01-31"), IQ_OK);
	/* dd may not take what lies outside, and then takes nothing. */
	assert_int_not_equal(take("dd", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_true(has_role("stranger", IQ_ACCESS_READER));
	assert_int_equal(take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_false(has_role("stranger", IQ_ACCESS_READER));
	/* The way in goes with the rights, though there are none left. */
	serial_of("stranger", serial);
	assert_false(iq_certificate_valid(iq_rtxn_txn(fx.rtxn), serial, IQ_STR("stranger")));
	assert_int_equal(take("root", "stranger", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	serial_of("ed", serial);
	assert_int_equal(take("root", "ed", IQ__V1__GRANT_VERB__REVOKE_CERTIFICATES, 0), IQ_OK);
	assert_false(iq_certificate_valid(iq_rtxn_txn(fx.rtxn), serial, IQ_STR("ed")));
	assert_int_equal(set_contact("ed", "c-public", "partners"), IQ_ERR_LOGIN);
}

static void test_principals(void **state)
{
	const Iq__V1__PrincipalVerb ADD = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_ADD,
				    SET = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET,
				    END = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END;

	(void)state;
	assert_int_equal(principal("dd", ADD, "new", "name", "New", "institution", "vhs"), IQ_OK);
	assert_int_equal(approve("ed", answered(4), false), IQ_OK);
	assert_int_equal(
		principal("dd", ADD, "new", "name", "New", "institution", "vhs"), IQ_ERR_CONFLICT);
	assert_int_equal(
		principal("dd", ADD, "far", "name", "Far", "institution", "lra"), IQ_ERR_DENIED);
	assert_int_equal(principal("dd", ADD, "free", "name", "Free", NULL, NULL), IQ_ERR_DENIED);
	assert_int_equal(principal("dd", ADD, "operator", "name", "O", "institution", "vhs"),
		IQ_ERR_REJECTED);
	/* The contact belongs to the institution. */
	assert_int_equal(principal("dd", SET, "new", "contact", "c-public", NULL, NULL), IQ_OK);
	assert_int_equal(approve("ed", answered(4), false), IQ_OK);
	assert_int_equal(principal("root", SET, "stranger", "contact", "c-public", NULL, NULL),
		IQ_ERR_REJECTED);
	assert_int_equal(
		principal("dd", SET, "stranger", "name", "X", NULL, NULL), IQ_ERR_NOT_FOUND);
	/* Who holds grants is moved by two. */
	assert_int_equal(principal("root", SET, "ed", "contact", "c-public", NULL, NULL), IQ_OK);
	uint64_t n = answered(4);

	assert_true(n > 0);
	assert_int_equal(approve("root", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("second", n, false), IQ_OK);
	assert_int_equal(principal("second", SET, "second", "institution", "vhs", NULL, NULL),
		IQ_ERR_DENIED);
	assert_int_equal(principal("dd", END, "new", NULL, NULL, NULL, NULL), IQ_OK);
	assert_int_equal(
		give("root", "new", "reader", "", "dresden", "2027-01-31"), IQ_ERR_CONFLICT);
	assert_int_equal(token("root", "new", 1), IQ_ERR_CONFLICT);
}

static void test_tokens(void **state)
{
	(void)state;
	iq_buf_reset(&fx.out, SIZE_MAX);
	/* Whoever has the token is the person: what cannot be given alone cannot be handed out. */
	assert_int_equal(token("root", "second", 2), IQ_ERR_DENIED);
	assert_int_equal(token("dd", "root", 3), IQ_ERR_NOT_FOUND);
	assert_int_equal(token("dd", "stranger", 4), IQ_ERR_NOT_FOUND);
	/* A second editor would be asked; a colleague of hers could not be bypassed by a token. */
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("ed", answered(3), false), IQ_OK);
	assert_int_equal(token("root", "ed", 5), IQ_ERR_DENIED);
}

/* Whoever becomes one of an institution's people is known to its editors. */
static void test_consent_to_accounts(void **state)
{
	const Iq__V1__PrincipalVerb ADD = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_ADD,
				    SET = IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET;
	struct iq_account a;
	uint64_t n;

	(void)state;
	assert_int_equal(principal("dd", ADD, "new", "name", "N", "institution", "vhs"), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	assert_false(iq_account_get(iq_rtxn_txn(fx.rtxn), IQ_STR("new"), &fx.arena, &a));
	assert_int_equal(approve("dd", n, false), IQ_ERR_DENIED);
	assert_int_equal(approve("stranger", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND);
	assert_int_equal(approve("ed", n, false), IQ_OK);
	assert_true(iq_account_get(iq_rtxn_txn(fx.rtxn), IQ_STR("new"), &fx.arena, &a));
	/* Linking it is another question; a name is none. */
	assert_int_equal(principal("dd", SET, "new", "name", "New", NULL, NULL), IQ_OK);
	assert_int_equal(answered(4), 0);
	assert_int_equal(principal("dd", SET, "new", "contact", "c-partners", NULL, NULL), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	/* Meanwhile it got a right that only two could give it: their consent is not the editor's.
	 */
	assert_int_equal(give("root", "new", "auditor", "", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("second", answered(3), false), IQ_OK);
	assert_int_equal(approve("ed", n, false), IQ_ERR_DENIED);
	assert_int_equal(take("root", "new", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(approve("ed", n, false), IQ_OK);
	/* Nobody to ask elsewhere; one more editor's own people come by that editor. */
	assert_int_equal(principal("root", ADD, "far", "name", "F", "institution", "lra"), IQ_OK);
	assert_int_equal(answered(4), 0);
	assert_int_equal(principal("root", SET, "far", "institution", "vhs", NULL, NULL), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	/* The editors have gone: those who would be asked now are nobody. */
	assert_int_equal(take("root", "ed", IQ__V1__GRANT_VERB__GRANT_REVOKE, 0), IQ_OK);
	assert_int_equal(approve("ed", n, false), IQ_ERR_LOGIN);
	assert_int_equal(approve("second", n, false), IQ_ERR_NOT_FOUND);
}

/* What waits about a contact goes with its institution of today. */
static void test_void(void **state)
{
	struct iq_wtxn *w;
	uint64_t n;

	(void)state;
	assert_int_equal(give("root", "colleague", "editor", "vhs", "", "2027-01-31"), IQ_OK);
	assert_int_equal(approve("ed", answered(3), false), IQ_OK);
	assert_int_equal(give("root", "stranger", "editor", "lra", "", "2027-01-31"), IQ_OK);
	assert_int_equal(set_contact("ed", "c-inside", "workshop"), IQ_OK);
	n = answered(4);
	assert_true(n > 0);
	for (int there = 1; there >= 0; there--) {
		assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
		fx_put(w, IQ_CONTACT, "id", "c-inside", "institution", there ? "lra" : "vhs",
			"name", "Paul Muster", "visibility", "institution", NULL);
		assert_int_equal(iq_wtxn_commit(w), IQ_OK);
		if (!there)
			break;
		assert_int_equal(approve("colleague", n, false), IQ_ERR_NOT_FOUND);
		assert_int_equal(approve("stranger", n, false), IQ_ERR_NOT_FOUND);
		assert_int_equal(approve("ed", n, false), IQ_ERR_CONFLICT);
		assert_non_null(strstr(job->job.error.text, "void"));
	}
	assert_int_equal(approve("colleague", n, false), IQ_OK);
}

/* A token for oneself is one for a principal of somewhere, too. */
static void test_own_token(void **state)
{
	(void)state;
	assert_int_not_equal(token("root", "root", 1), IQ_ERR_DENIED);
	assert_int_equal(token("dd", "dd", 2), IQ_ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scope_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_to_oneself, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_admin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_consent_of_editors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waiting, setup, teardown),
		cmocka_unit_test_setup_teardown(test_retry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_last_admin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_revoking, setup, teardown),
		cmocka_unit_test_setup_teardown(test_principals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_consent_to_accounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_void, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_token, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tokens, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
