/* SPDX-License-Identifier: Apache-2.0 */
/* Principals, tokens and certificates in the store. */
#include "store_help.h"

#include "date.h"
#include "rights_help.h"
#include "wire.h"

static struct fixture d;
static struct iq_wtxn *w;

static int setup(void **state)
{
	(void)state;
	fixture_new(&d, 1 << 24);
	assert_int_equal(iq_wtxn_begin(d.store, &w), IQ_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_wtxn_abort(w);
	fixture_free(&d);
	return 0;
}

static void commit(void)
{
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_wtxn_begin(d.store, &w), IQ_OK);
}

/* ---- principals --------------------------------------------------------------------------- */

static void assert_principal(const struct iq_principal *want)
{
	struct iq_principal got;

	assert_true(iq_principal_get(iq_wtxn_txn(w), want->id, 0, &d.arena, &got));
	assert_true(iq_str_eq(got.id, want->id));
	assert_true(iq_str_eq(got.name, want->name));
	assert_int_equal(got.institution, want->institution);
	assert_int_equal(got.ngrants, want->ngrants);
	for (size_t i = 0; i < want->ngrants; i++) {
		assert_int_equal(got.grants[i].id, want->grants[i].id);
		assert_int_equal(got.grants[i].role, want->grants[i].role);
		assert_int_equal(got.grants[i].institution, want->grants[i].institution);
		assert_int_equal(got.grants[i].region, want->grants[i].region);
		assert_int_equal(got.grants[i].from, want->grants[i].from);
		assert_int_equal(got.grants[i].to, want->grants[i].to);
	}
}

static void principals(void **state)
{
	static const struct iq_grant grants[] = {
		{1, IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX},
		{2, IQ_ACCESS_EDITOR, 7, IQ_NONE, 0, 20000},
		{UINT64_MAX, IQ_ACCESS_READER, IQ_NONE, UINT32_MAX, -5, -1},
	};
	static const struct iq_principal cases[] = {
		{.id = {"admin", 5},
			.name = {"Administration", 14},
			.grants = grants,
			.ngrants = 3},
		{.id = {"max-muster", 10}, .name = {"Max Müster", 11}, .institution = 3},
		/* 62 bytes are the most a key holds; longer ones with a common beginning */
		{.id = {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 62},
			.grants = grants,
			.ngrants = 1},
		{.id = {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 63},
			.grants = grants,
			.ngrants = 2},
		{.id = {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy", 64},
			.grants = grants + 1,
			.ngrants = 2},
	};
	struct iq_principal got;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		help_principal_put(w, &cases[i]);
	commit();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_principal(&cases[i]);
	assert_false(iq_principal_get(iq_wtxn_txn(w), IQ_STR("nobody"), 0, &d.arena, &got));
	assert_false(iq_principal_get(iq_wtxn_txn(w), IQ_STR(""), 0, &d.arena, &got));
	assert_false(iq_principal_get(iq_wtxn_txn(w), IQ_STR("admi"), 0, &d.arena, &got));
	/* Putting again replaces. */
	help_principal_put(w, &(struct iq_principal){.id = IQ_STR("admin")});
	assert_principal(&(struct iq_principal){.id = IQ_STR("admin")});
}

/* A grant that is damaged or unknown gives nothing; it never widens. */
static void strange_grants(void **state)
{
	static const struct {
		struct iq_str grant;
		size_t n;
	} cases[] = {
		{{"\x0a\x05"
		  "admin\x20\x00\x28\xff\xff\xff\xff\x0f",
			 15},
			1},
		{{"\x0a\x05"
		  "owner\x28\xff\xff\xff\xff\x0f",
			 13},
			0},                           /* role */
		{{"\x28\xff\xff\xff\xff\x0f", 6}, 0}, /* none */
		{{"\x0a\x06"
		  "editor\x10\x80\x80\x80\x80\x10",
			 14},
			0}, /* institution 2^32 */
		{{"\x0a\x06"
		  "editor\x12\x01\x07",
			 11},
			0}, /* no number */
		{{"\x0a\x06"
		  "editor\x18\x80\x80\x80\x80\x10",
			 14},
			0}, /* region 2^32 */
		{{"\x0a\x06"
		  "editor\x68\x01",
			 10},
			0}, /* a field, perhaps a scope, that is not known */
		{{"\x0a\x06"
		  "edi",
			 5},
			0}, /* cut */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_principal got;
		struct iq_buf b;

		iq_buf_init(&b, 0);
		iq_wire_str(&b, 1, IQ_STR("strange"));
		iq_wire_item(&b, 4, cases[i].grant);
		iq_table_put(
			w, IQ_TABLE_AUTH, IQ_STR("p/strange"), (struct iq_str){(char *)b.p, b.n});
		assert_true(iq_principal_get(iq_wtxn_txn(w), IQ_STR("strange"), 0, &d.arena, &got));
		if (got.ngrants != cases[i].n)
			fail_msg("case %zu", i);
		iq_buf_free(&b);
	}
}

/* ---- tokens ------------------------------------------------------------------------------- */

static enum iq_err use(const uint8_t *secret, int64_t now, struct iq_str *who)
{
	iq_error_init(&d.error, &d.arena);
	return iq_token_use(w, secret, now, &d.arena, who, &d.error);
}

static void tokens(void **state)
{
	uint8_t secret[IQ_TOKEN_SECRET] = {1, 2, 3}, other[IQ_TOKEN_SECRET] = {1, 2, 4};
	int64_t until = iq_now_us() + 1000;
	struct iq_str who;

	(void)state;
	help_token_put(w, secret, IQ_STR("admin"), until);
	commit();
	assert_int_equal(use(other, until, &who), IQ_ERR_LOGIN);
	assert_non_null(strstr(d.error.text, "unknown or was used"));
	assert_int_equal(use(secret, until + 1, &who), IQ_ERR_LOGIN);
	assert_non_null(strstr(d.error.text, "expired"));
	assert_int_equal(use(secret, -1, &who), IQ_ERR_LOGIN);
	/* Refusals leave it; a use that is rolled back, too. */
	assert_int_equal(use(secret, until, &who), IQ_OK);
	assert_true(iq_str_is(who, "admin"));
	iq_wtxn_abort(w);
	assert_int_equal(iq_wtxn_begin(d.store, &w), IQ_OK);
	assert_int_equal(use(secret, until, &who), IQ_OK);
	commit();
	assert_int_equal(use(secret, until, &who), IQ_ERR_LOGIN);
	assert_int_equal(who.n, 0);
}

static bool hides(void *arg, struct iq_str key, struct iq_str value)
{
	const char *secret = arg;

	assert_null(memmem(key.p, key.n, secret, 8));
	assert_null(memmem(value.p, value.n, secret, 8));
	d.error.nargs++;
	return true;
}

/* Neither key nor value holds the secret. */
static void tokens_are_hashed(void **state)
{
	uint8_t secret[IQ_TOKEN_SECRET];

	(void)state;
	memcpy(secret, "0123456789abcdef", sizeof(secret));
	help_token_put(w, secret, IQ_STR("admin"), INT64_MAX);
	d.error.nargs = 0;
	iq_table_each(iq_wtxn_txn(w), IQ_TABLE_AUTH, IQ_STR("t/"), hides, secret);
	assert_true(d.error.nargs > 0);
	d.error.nargs = 0;
}

static bool count_token(void *arg, const struct iq_token_rec *token)
{
	size_t *n = arg;

	assert_true(token->id > 0);
	++*n;
	return true;
}

static void tokens_taken_back(void **state)
{
	uint8_t secret[3][IQ_TOKEN_SECRET] = {{11}, {12}, {13}};
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_token_rec got;
	size_t before = 0, n = 0;
	struct iq_str who;

	(void)state;
	iq_token_each(t, count_token, &before);
	for (uint64_t i = 0; i < 3; i++)
		iq_token_put(w, secret[i],
			&(struct iq_token_rec){.id = 50 + i,
				.principal = i < 2 ? IQ_STR("max") : IQ_STR("maxi"),
				.by = IQ_STR("admin"),
				.until_us = 1000});
	assert_true(iq_token_find(t, 51, &d.arena, &got));
	assert_true(iq_str_is(got.principal, "max") && iq_str_is(got.by, "admin"));
	assert_int_equal(got.until_us, 1000);
	assert_false(iq_token_find(t, 53, &d.arena, &got));
	iq_token_remove(w, 53);
	iq_token_remove(w, 51);
	assert_false(iq_token_find(t, 51, &d.arena, &got));
	assert_int_equal(use(secret[1], 5, &who), IQ_ERR_LOGIN);
	iq_token_remove_all(w, IQ_STR("max"));
	iq_token_each(t, count_token, &n);
	assert_int_equal(n, before + 1);
	assert_int_equal(use(secret[2], 5, &who), IQ_OK);
}

/* ---- certificates ------------------------------------------------------------------------- */

static void certificates(void **state)
{
	uint8_t serial[20] = {0x40, 1}, other[20] = {0x40, 2}, foreign[20] = {0x40, 3},
		again[20] = {0x40, 4};
	struct iq_rtxn *r;
	int32_t until = 0;

	(void)state;
	iq_certificate_put(w, serial, IQ_STR("max-muster"), 20000);
	commit();
	assert_int_equal(iq_rtxn_new(d.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	struct iq_txn *t = iq_rtxn_txn(r);

	assert_true(iq_certificate_valid(t, serial, IQ_STR("max-muster")));
	assert_true(iq_certificate_until(t, serial, &until));
	assert_int_equal(until, 20000);
	assert_false(iq_certificate_until(t, other, &until));
	assert_false(iq_certificate_valid(t, serial, IQ_STR("max")));
	assert_false(iq_certificate_valid(t, serial, IQ_STR("")));
	assert_false(iq_certificate_valid(t, other, IQ_STR("max-muster")));
	iq_rtxn_free(r);
	/* Revoking takes all of one principal, and those only. */
	iq_certificate_put(w, other, IQ_STR("max-muster"), 20400);
	iq_certificate_put(w, foreign, IQ_STR("max"), 30000);
	t = iq_wtxn_txn(w);
	assert_true(iq_certificate_latest(t, IQ_STR("max-muster"), &until));
	assert_int_equal(until, 20400);
	assert_int_equal(iq_certificate_revoke_all(w, IQ_STR("max-muster"), 77), 2);
	assert_false(iq_certificate_valid(t, serial, IQ_STR("max-muster")));
	assert_false(iq_certificate_valid(t, other, IQ_STR("max-muster")));
	assert_true(iq_certificate_valid(t, foreign, IQ_STR("max")));
	assert_false(iq_certificate_latest(t, IQ_STR("max-muster"), &until));
	assert_true(iq_certificate_until(t, serial, &until)); /* that it was ours is still known */
	assert_int_equal(iq_certificate_revoke_all(w, IQ_STR("max-muster"), 78), 0);
	iq_certificate_put(w, again, IQ_STR("max-muster"), 20500);
	assert_true(iq_certificate_valid(t, again, IQ_STR("max-muster")));
}

/* ---- all accounts -------------------------------------------------------------------------- */

struct names {
	char text[1024];
};

static bool add_name(void *arg, const struct iq_account *a)
{
	struct names *n = arg;

	snprintf(n->text + strlen(n->text), sizeof(n->text) - strlen(n->text), "%.*s ",
		a->id.n > 3 ? 3 : (int)a->id.n, a->id.p);
	return true;
}

static void put_account(const char *id, const char *issuer, const char *subject, int64_t ended)
{
	struct iq_account before, now = {.id = iq_str(id),
					  .issuer = iq_str(issuer),
					  .subject = iq_str(subject),
					  .ended_us = ended};
	bool there = iq_account_get(iq_wtxn_txn(w), now.id, &d.arena, &before);

	iq_account_put(w, &now, there ? &before : NULL);
}

/* Long ids lie elsewhere, and come in their order all the same. */
static void accounts_in_order(void **state)
{
	const char *longer =
		"bbb-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	struct names n = {""};

	(void)state;
	put_account("ccc", "", "", 0);
	put_account(longer, "", "", 0);
	put_account("aaa", "", "", 0);
	iq_account_each(iq_wtxn_txn(w), (struct iq_str){NULL, 0}, &d.arena, add_name, &n);
	assert_string_equal(n.text, "aaa bbb ccc ");
	n.text[0] = '\0';
	iq_account_each(iq_wtxn_txn(w), IQ_STR("aaa"), &d.arena, add_name, &n);
	assert_string_equal(n.text, "bbb ccc ");
	n.text[0] = '\0';
	iq_account_each(iq_wtxn_txn(w), iq_str(longer), &d.arena, add_name, &n);
	assert_string_equal(n.text, "ccc ");
}

static bool mapped(const char *issuer, const char *subject, const char *id)
{
	struct iq_str got;

	return iq_account_by_subject(
		       iq_wtxn_txn(w), iq_str(issuer), iq_str(subject), &d.arena, &got) &&
	       iq_str_is(got, id);
}

static void other_authorities(void **state)
{
	(void)state;
	put_account("max", "CN=A", "CN=Max", 0);
	assert_true(mapped("CN=A", "CN=Max", "max"));
	assert_false(mapped("CN=ACN", "=Max", "max"));
	assert_false(mapped("CN=B", "CN=Max", "max"));
	assert_false(mapped("", "", "max"));
	put_account("max", "CN=A", "CN=Moritz", 0);
	assert_false(mapped("CN=A", "CN=Max", "max"));
	assert_true(mapped("CN=A", "CN=Moritz", "max"));
	/* Whoever has ended makes room, and does not take it back. */
	put_account("max", "CN=A", "CN=Moritz", 5);
	assert_false(mapped("CN=A", "CN=Moritz", "max"));
	put_account("new", "CN=A", "CN=Moritz", 0);
	put_account("max", "CN=A", "CN=Moritz", 6);
	assert_true(mapped("CN=A", "CN=Moritz", "new"));
}

static void admins(void **state)
{
	struct iq_grant_rec all = {.grant = {.role = IQ_ACCESS_ADMIN, .from = 10, .to = 20}};
	struct iq_grant_rec part = {
		.grant = {.role = IQ_ACCESS_ADMIN, .region = 3, .from = 10, .to = 20}};
	struct iq_account a = {.id = IQ_STR("a1"), .grants = &all, .ngrants = 1};

	(void)state;
	iq_account_put(w, &a, NULL);
	assert_int_equal(iq_admin_count(iq_wtxn_txn(w), 15, &d.arena), 1);
	assert_int_equal(iq_admin_count(iq_wtxn_txn(w), 9, &d.arena), 0);
	assert_int_equal(iq_admin_count(iq_wtxn_txn(w), 21, &d.arena), 0);
	a.id = IQ_STR("a2");
	a.contact = 7;
	iq_account_put(w, &a, NULL);
	a.id = IQ_STR("a3"); /* the same person */
	iq_account_put(w, &a, NULL);
	assert_int_equal(iq_admin_count(iq_wtxn_txn(w), 15, &d.arena), 2);
	a.id = IQ_STR("a4");
	a.contact = 8;
	a.grants = &part;
	iq_account_put(w, &a, NULL);
	all.revoked_us = 1;
	a.grants = &all;
	a.id = IQ_STR("a5");
	iq_account_put(w, &a, NULL);
	assert_int_equal(iq_admin_count(iq_wtxn_txn(w), 15, &d.arena), 2);
}

/* ---- approvals and marks -------------------------------------------------------------------- */

static bool add_number(void *arg, const struct iq_approval *a)
{
	struct names *n = arg;

	snprintf(n->text + strlen(n->text), sizeof(n->text) - strlen(n->text), "%u%.*s ",
		(unsigned)a->id, IQ_STR_ARG(a->changes));
	return true;
}

static void approvals(void **state)
{
	const int64_t day = INT64_C(86400) * 1000000;
	struct iq_approval a = {.operation = IQ_STR("grant"),
		.by = IQ_STR("max"),
		.until_us = 14 * day,
		.needs = IQ_ACTION_ACCEPT,
		.institution = 4,
		.request = IQ_STR("frame"),
		.changes = IQ_STR("!")};
	struct names n = {""};
	struct iq_approval got;

	(void)state;
	for (a.id = 255; a.id < 258; a.id++)
		iq_approval_put(w, &a);
	iq_approval_each(iq_wtxn_txn(w), add_number, &n);
	assert_string_equal(n.text, "257! 256! 255! ");
	assert_true(iq_approval_get(iq_wtxn_txn(w), 256, &d.arena, &got));
	assert_int_equal(got.needs, IQ_ACTION_ACCEPT);
	assert_int_equal(got.institution, 4);
	assert_true(iq_str_is(got.request, "frame"));
	got.state = IQ_APPROVAL_APPROVED;
	got.decided_us = 20 * day;
	iq_approval_put(w, &got);
	iq_approval_purge(w, 27 * day);
	assert_true(iq_approval_get(iq_wtxn_txn(w), 255, &d.arena, &got));
	iq_approval_purge(w, 29 * day);
	assert_false(iq_approval_get(iq_wtxn_txn(w), 255, &d.arena, &got));
	assert_true(iq_approval_get(iq_wtxn_txn(w), 256, &d.arena, &got));
	iq_approval_purge(w, 35 * day);
	assert_false(iq_approval_get(iq_wtxn_txn(w), 256, &d.arena, &got));
}

static void flags(void **state)
{
	struct iq_flag flag = {.id = 9,
			       .kind = IQ_CONTACT,
			       .num = 3,
			       .institution = 5,
			       .text = IQ_STR("Nummer falsch"),
			       .by = IQ_STR("max")},
		       got;

	(void)state;
	iq_flag_put(w, &flag);
	assert_true(iq_flag_get(iq_wtxn_txn(w), 9, &d.arena, &got));
	assert_int_equal(got.kind, IQ_CONTACT);
	assert_int_equal(got.num, 3);
	assert_int_equal(got.institution, 5);
	assert_true(iq_str_is(got.text, "Nummer falsch"));
	iq_flag_remove(w, 9);
	assert_false(iq_flag_get(iq_wtxn_txn(w), 9, &d.arena, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(principals),
		cmocka_unit_test(strange_grants),
		cmocka_unit_test(tokens),
		cmocka_unit_test(tokens_are_hashed),
		cmocka_unit_test(tokens_taken_back),
		cmocka_unit_test(certificates),
	};

	const struct CMUnitTest more[] = {
		cmocka_unit_test_setup_teardown(accounts_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(other_authorities, setup, teardown),
		cmocka_unit_test_setup_teardown(admins, setup, teardown),
		cmocka_unit_test_setup_teardown(approvals, setup, teardown),
		cmocka_unit_test_setup_teardown(flags, setup, teardown),
	};
	int failed = cmocka_run_group_tests(tests, setup, teardown);

	return failed + cmocka_run_group_tests(more, NULL, NULL);
}
