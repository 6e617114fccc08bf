/* SPDX-License-Identifier: Apache-2.0 */
/* Closing a vote: counted once, applied as a whole or not at all. */
#include "ops_jobs.h"

#include "pki.h"
#include "ballots.h"

/* Three members; the deadline of the vote has passed. */
static void put_vote(struct iq_wtxn *w)
{
	static const char *const members[] = {"lra", "vhs", "lra-abh"};

	fx_put(w, IQ_WORKSHOP_RECORD, "id", "runde", "region", "dresden", "name_de", "Runde", NULL);
	for (size_t i = 0; i < 3; i++)
		fx_put(w, IQ_MEMBERSHIP, "id", members[i], "workshop", "runde", "institution",
			members[i], "accepted_from", "2026-01-01", NULL);
	fx_put(w, IQ_PROPOSAL, "id", "p", "workshop", "runde", "institution", "lra", "text_de", "P",
		"state", "open", "majority", "simple", "quorum", "50", "deadline", "2026-02-01",
		"changes",
		"base 1\nset institution lra url=https://a.example.org\n"
		"set institution vhs url=https://b.example.org",
		NULL);
	fx_put(w, IQ_BALLOT, "id", "b1", "proposal", "p", "institution", "lra", "choice", "yes",
		"cast_on", "2026-01-10", NULL);
	fx_put(w, IQ_BALLOT, "id", "b2", "proposal", "p", "institution", "vhs", "choice", "yes",
		"cast_on", "2026-01-10", NULL);
	fx_put(w, IQ_BALLOT, "id", "b3", "proposal", "p", "institution", "lra-abh", "choice", "no",
		"cast_on", "2026-01-10", NULL);
}

static const char *cell(enum iq_kind kind, const char *id, int col)
{
	struct iq_txn *t = iq_rtxn_txn(fx.rtxn);
	struct iq_rec rec;

	fx_renew();
	assert_true(iq_rec_get(t, kind, iq_id_find(t, kind, iq_str(id)), &fx.arena, &rec));
	return iq_arena_cstr(&fx.arena, iq_rec_text(&rec, col));
}

static enum iq_err close_vote(const char *principal, bool dry)
{
	Iq__V1__VoteCloseRequest in = IQ__V1__VOTE_CLOSE_REQUEST__INIT;
	Iq__V1__Request msg = IQ__V1__REQUEST__INIT;

	requests++;
	memset(request_id, 0, sizeof(request_id));
	memcpy(request_id, &requests, sizeof(requests));
	in.request_id = (ProtobufCBinaryData){sizeof(request_id), request_id};
	in.proposal = "p";
	in.dry_run = dry;
	msg.op_case = IQ__V1__REQUEST__OP_VOTE_CLOSE;
	msg.vote_close = &in;
	return run(principal, &msg);
}

static void test_passed(void **state)
{
	(void)state;
	assert_int_equal(close_vote("nobody", false), IQ_ERR_LOGIN);
	assert_int_equal(close_vote("root", true), IQ_OK);
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_STATE), "open");
	assert_string_equal(cell(IQ_INSTITUTION, "lra", IQ_INSTITUTION_URL), "");
	assert_int_equal(close_vote("root", false), IQ_OK);
	uint64_t revision = job->job.revision;

	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_STATE), "passed");
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_RESULT),
		"yes=2 no=1 abstain=0 votes=3 quorum=2");
	assert_string_equal(
		cell(IQ_INSTITUTION, "lra", IQ_INSTITUTION_URL), "https://a.example.org");
	assert_string_equal(
		cell(IQ_INSTITUTION, "vhs", IQ_INSTITUTION_URL), "https://b.example.org");
	struct iq_log_entry log;

	assert_true(iq_log_get(iq_rtxn_txn(fx.rtxn), revision, &log, NULL, NULL));
	assert_int_equal(log.touched, 3);
	assert_true(iq_str_is(log.operation, IQ_POLL_OPERATION));
	assert_true(iq_str_is(log.reason, "proposal p"));
	assert_int_equal(close_vote("root", false), IQ_ERR_CONFLICT);
}

/* One of two does not fit: the other is not written, either. */
static void test_whole(void **state)
{
	(void)state;
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "institution", "vhs", "hours", "Mo", false),
		IQ_OK);
	assert_int_equal(close_vote("root", false), IQ_OK);
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_STATE), "conflict");
	assert_string_equal(cell(IQ_INSTITUTION, "lra", IQ_INSTITUTION_URL), "");
	/* the same again changes nothing */
	assert_int_equal(close_vote("root", false), IQ_OK);
	assert_int_equal(job->job.revision, 0);
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "institution", "vhs", "hours", "", false), IQ_OK);
	assert_int_equal(close_vote("root", false), IQ_OK);
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_STATE), "passed");
	assert_string_equal(
		cell(IQ_INSTITUTION, "lra", IQ_INSTITUTION_URL), "https://a.example.org");
}

/* Whose ballot is lost, is not counted, and nothing of theirs is changed. */
static void test_lost(void **state)
{
	(void)state;
	assert_int_equal(
		change("root", IQ__V1__VERB__SET, "membership", "vhs", "decides", "no", false),
		IQ_OK);
	assert_int_equal(close_vote("root", false), IQ_OK);
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_STATE), "rejected");
	assert_string_equal(cell(IQ_PROPOSAL, "p", IQ_PROPOSAL_RESULT),
		"yes=1 no=1 abstain=0 votes=2 quorum=1");
	assert_string_equal(cell(IQ_INSTITUTION, "lra", IQ_INSTITUTION_URL), "");
}

static int setup_vote(void **state)
{
	const struct iq_change change = {.operation = IQ_STR("test"), .time_us = iq_now_us()};
	struct iq_wtxn *w;

	if (setup(state) != 0)
		return -1;
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_change_begin(w, &change);
	put_vote(w);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fx_renew();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_passed, setup_vote, teardown),
		cmocka_unit_test_setup_teardown(test_whole, setup_vote, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup_vote, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
