/* SPDX-License-Identifier: Apache-2.0 */
/* What the state of a certificate allows: grace, an external PKI, nobody at all, revocation. */
#include "ops_fixture.h"

#include "bounds.h"
#include "login.h"
#include "op.h"
#include "rights_help.h"

static const int64_t day_us = INT64_C(86400000000);
static const uint8_t serial[20] = {7};

static struct iq_desk desk;
static struct iq_caller caller;

static int setup(void **state)
{
	if (fx_setup(state) != 0)
		return -1;
	return iq_desk_init(&desk, &fx.svc, &fx.error) == IQ_OK ? 0 : -1;
}

static int teardown(void **state)
{
	iq_caller_free(&caller);
	memset(&caller, 0, sizeof(caller));
	iq_desk_free(&desk);
	return fx_teardown(state);
}

static struct iq_wtxn *begin(void)
{
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	return w;
}

static void put(const struct iq_account *account, const struct iq_account *before)
{
	struct iq_wtxn *w = begin();

	iq_account_put(w, account, before);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static void put_certificate(const char *id)
{
	struct iq_wtxn *w = begin();

	iq_certificate_put(w, serial, iq_str(id), INT32_MAX - 1);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

static void login(const char *id)
{
	iq_caller_free(&caller);
	memset(&caller, 0, sizeof(caller));
	strcpy(caller.session.principal, id);
	memcpy(caller.session.serial, serial, sizeof(serial));
}

static enum iq_err check(void)
{
	iq_error_init(&fx.error, &fx.arena);
	assert_true(iq_desk_open(&desk));
	enum iq_err err = iq_caller_check(&caller, &desk, &fx.error);

	iq_desk_close(&desk);
	return err;
}

static bool alive(void)
{
	iq_error_init(&fx.error, &fx.arena);
	assert_true(iq_desk_open(&desk));
	bool is = iq_login_alive(&caller, &desk, &fx.error);

	iq_desk_close(&desk);
	assert_true(is == (fx.error.code == IQ_OK));
	return is;
}

static enum iq_err current(int tag, int64_t now_us)
{
	iq_error_init(&fx.error, &fx.arena);
	return iq_login_current(&caller, iq_op_find(tag), now_us, &fx.error);
}

/* Every operation but renewal is refused, with the date. */
static void test_grace(void **state)
{
	const int64_t end = INT64_C(1767225599) * 1000000; /* 2025-12-31T23:59:59Z */
	const struct iq_op *op;

	(void)state;
	login("max");
	assert_int_equal(current(IQ__V1__REQUEST__OP_WHO, end + 400 * day_us), IQ_OK); /* none */
	caller.session.until_us = end;
	for (size_t i = 0; (op = iq_op_at(i)) != NULL; i++) {
		bool renewal = op->tag == IQ__V1__REQUEST__OP_RENEW;

		assert_int_equal(current(op->tag, end), IQ_OK);
		assert_false(caller.session.grace);
		assert_int_equal(
			current(op->tag, end + 13 * day_us), renewal ? IQ_OK : IQ_ERR_LOGIN);
		assert_true(caller.session.grace);
		if (!renewal) {
			assert_true(iq_str_is(fx.error.args[0], "2025-12-31"));
			assert_true(iq_str_is(fx.error.args[1], "2026-01-14"));
			assert_non_null(strstr(fx.error.hint, "iqq enroll"));
		}
		assert_int_equal(current(op->tag, end + 14 * day_us), IQ_ERR_LOGIN);
		assert_true(iq_str_is(fx.error.args[0], "2025-12-31"));
	}
	caller.session.external = true; /* cannot be renewed here */
	assert_int_equal(current(IQ__V1__REQUEST__OP_RENEW, end + day_us), IQ_ERR_LOGIN);
	assert_null(strstr(fx.error.hint, "iqq enroll"));
}

static void test_anonymous(void **state)
{
	const struct iq_op *op;
	size_t allowed = 0;

	(void)state;
	login("");
	for (size_t i = 0; (op = iq_op_at(i)) != NULL; i++) {
		fx.svc.anonymous = false;
		assert_false(iq_login_anonymous(&caller, &fx.svc, op));
		fx.svc.anonymous = true;
		bool may = iq_login_anonymous(&caller, &fx.svc, op);

		assert_true(!may || (op->mode == IQ_MODE_READ && op->action == IQ_ACTION_ASK));
		allowed += may;
	}
	assert_true(allowed > 0);
	op = iq_op_find(IQ__V1__REQUEST__OP_WHO);
	caller.session.refused = "The certificate names no principal.";
	assert_false(iq_login_anonymous(&caller, &fx.svc, op));
	login("max");
	assert_false(iq_login_anonymous(&caller, &fx.svc, op));
}

/* A connection that is open, idle or not, ends with what it rests on. */
static void test_alive(void **state)
{
	struct iq_account max = {.id = IQ_STR("max"), .institution = IQ_NONE, .contact = IQ_NONE};
	struct iq_account ended = max;

	(void)state;
	put(&max, NULL);
	put_certificate("max");
	for (int asked = 0; asked < 2; asked++) {
		login("max");
		if (asked)
			assert_int_equal(check(), IQ_OK);
		assert_true(alive());
		assert_true(alive());
		assert_true((caller.principal != NULL) == asked); /* nothing is loaded for it */
		struct iq_wtxn *w = begin();

		iq_certificate_revoke_all(w, IQ_STR("max"), 1);
		assert_int_equal(iq_wtxn_commit(w), IQ_OK);
		assert_false(alive());
		assert_int_equal(fx.error.code, IQ_ERR_LOGIN);
		assert_non_null(strstr(fx.error.text, "revoked"));
		assert_int_equal(check(), IQ_ERR_LOGIN);
		put_certificate("max");
		login("max");
		assert_true(alive());
		ended.ended_us = 5;
		put(&ended, &max);
		assert_false(alive());
		assert_non_null(strstr(fx.error.text, "ended"));
		put(&max, &ended);
	}
	login("");
	assert_true(alive());
}

static void test_external(void **state)
{
	struct iq_account max = {.id = IQ_STR("max"),
		.institution = IQ_NONE,
		.contact = IQ_NONE,
		.issuer = IQ_STR("CN=Muster CA"),
		.subject = IQ_STR("CN=Max Muster")};
	struct iq_account moved = max, ended = max;
	struct iq_op_job job = {.external = true};
	struct iq_str id = IQ_STR("max");

	(void)state;
	put(&max, NULL);
	login("max");
	caller.session.external = true;
	iq_external_mark(max.issuer, max.subject, caller.session.serial);
	memcpy(job.serial, caller.session.serial, sizeof(job.serial));
	assert_int_equal(check(), IQ_OK);
	assert_true(alive());
	moved.subject = IQ_STR("CN=Erika Mustermann");
	put(&moved, &max);
	assert_false(alive());
	assert_int_equal(check(), IQ_ERR_LOGIN);
	fx_renew();
	assert_false(iq_right_certificate(&job, iq_rtxn_txn(fx.rtxn), id));
	put(&max, &moved);
	assert_int_equal(check(), IQ_OK);
	fx_renew();
	assert_true(iq_right_certificate(&job, iq_rtxn_txn(fx.rtxn), id));
	/* The mark is no serial number. */
	job.external = false;
	assert_false(iq_right_certificate(&job, iq_rtxn_txn(fx.rtxn), id));
	ended.ended_us = 5;
	put(&ended, &max);
	assert_false(alive());
	assert_int_equal(check(), IQ_ERR_LOGIN);
	login("max"); /* one of ours with the same bytes */
	iq_external_mark(max.issuer, max.subject, caller.session.serial);
	put(&max, &ended);
	assert_int_equal(check(), IQ_ERR_LOGIN);
}

/* A workshop ends overnight: nothing that is stored changes, on an open connection neither. */
static void test_date(void **state)
{
	struct iq_wtxn *w = begin();

	(void)state;
	fx_put(w, IQ_WORKSHOP_RECORD, "id", "round", "region", "sn", "name_de", "Runde", NULL);
	fx_put(w, IQ_MEMBERSHIP, "id", "round-vhs", "workshop", "round", "institution", "vhs",
		"representative", "c-inside", "accepted_from", "2026-01-01", "accepted_to",
		"2026-06-30", NULL);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
	struct iq_account paul = {.id = IQ_STR("paul"),
		.institution = iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_INSTITUTION, IQ_STR("vhs")),
		.contact = iq_id_find(iq_rtxn_txn(fx.rtxn), IQ_CONTACT, IQ_STR("c-inside"))};

	put(&paul, NULL);
	put_certificate("paul");
	login("paul");
	iq_error_init(&fx.error, &fx.arena);
	assert_true(iq_desk_open(&desk));
	assert_true(iq_date_parse(IQ_STR("2026-06-30"), &desk.today));
	assert_int_equal(iq_caller_check(&caller, &desk, &fx.error), IQ_OK);
	assert_int_equal(caller.principal->nworkshops, 1);
	/* In the same snapshot, and in a later one that holds the same. */
	for (int day = 1; day <= 2; day++) {
		desk.today++;
		desk.turn += (uint64_t)day - 1;
		assert_int_equal(iq_caller_check(&caller, &desk, &fx.error), IQ_OK);
		assert_int_equal(caller.day, desk.today);
		assert_int_equal(caller.principal->nworkshops, 0);
	}
	desk.today -= 2;
	desk.turn++;
	assert_int_equal(iq_caller_check(&caller, &desk, &fx.error), IQ_OK);
	assert_int_equal(caller.principal->nworkshops, 1);
	iq_desk_close(&desk);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_grace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_anonymous, setup, teardown),
		cmocka_unit_test_setup_teardown(test_date, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_external, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
