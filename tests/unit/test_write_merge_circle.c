/* SPDX-License-Identifier: Apache-2.0 */
/* Two institutions that sit in one workshop are united: one seat, one vote, one promise. */

#include "bounds.h"
#include "date.h"
#include "write_help.h"

struct world {
	struct fixture f;
	struct iq_writer *w;
	struct iq_rtxn *r;
};

#define REC(kind, id, ...) make_rec(&x->f.arena, kind, id, __VA_ARGS__, NULL)

static int setup(void **state)
{
	struct world *x = calloc(1, sizeof(*x));
	static const char *const houses[] = {"abh", "vhs", "jc"};

	fixture_new(&x->f, 64 << 20);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
	assert_int_equal(iq_rtxn_new(x->f.store, &x->r), IQ_OK);
	apply_ok(x->w, ADD, REC(IQ_REGION, "de", "name_de=Deutschland"));
	for (size_t i = 0; i < 3; i++) {
		char of[32], rep[32], dep[32];

		snprintf(of, sizeof(of), "institution=%s", houses[i]);
		snprintf(rep, sizeof(rep), "%s-rep", houses[i]);
		snprintf(dep, sizeof(dep), "%s-dep", houses[i]);
		apply_ok(x->w, ADD, REC(IQ_INSTITUTION, houses[i], "name_de=Haus", "region=de"));
		apply_ok(x->w, ADD, REC(IQ_CONTACT, rep, of, "name=Max Muster"));
		apply_ok(x->w, ADD, REC(IQ_CONTACT, dep, of, "name=Erika Muster"));
	}
	apply_ok(x->w, ADD, REC(IQ_WORKSHOP_RECORD, "ws", "region=de", "name_de=Werkstatt"));
	apply_ok(x->w, ADD, REC(IQ_WORKSHOP_RECORD, "other", "region=de", "name_de=Andere"));
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct world *x = *state;

	iq_rtxn_free(x->r);
	iq_writer_stop(x->w, 5000);
	assert_clean(x->f.store);
	fixture_free(&x->f);
	free(x);
	return 0;
}

/* A cell of a stored record; "-" if there is no such record. */
static const char *cell(struct world *x, enum iq_kind kind, const char *id, const char *column)
{
	struct iq_txn *t = iq_rtxn_txn(x->r);
	struct iq_rec rec;

	assert_true(iq_rtxn_renew(x->r));
	if (!iq_rec_get(t, kind, iq_id_find(t, kind, iq_str(id)), &x->f.arena, &rec))
		return "-";
	return iq_arena_cstr(&x->f.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &x->f.arena));
}

static const char *member(struct world *x, const char *id, const char *column)
{
	return cell(x, IQ_MEMBERSHIP, id, column);
}

/* "abh" → a membership of that institution, with these cells more. */
#define SEAT(id, house, ...)                                                                       \
	apply_ok(x->w, ADD,                                                                        \
		REC(IQ_MEMBERSHIP, id, "workshop=ws", "institution=" house, __VA_ARGS__))

/* Unites with today's date in the change. */
static enum iq_err unite(struct world *x, enum iq_kind kind, const char *old, const char *into)
{
	struct test_job t;

	job_init(&t, run_apply);
	t.job.change.time_us = iq_now_us();
	t.verb = MERGE;
	t.rec.kind = kind;
	t.id = old;
	t.into = into;
	enum iq_err err = job_run(x->w, &t);

	job_free(&t);
	return err;
}

static void put_vote(struct world *x, const char *id)
{
	apply_ok(
		x->w, ADD, REC(IQ_PROPOSAL, id, "workshop=ws", "institution=abh", "text_de=Titel"));
	apply_ok(x->w, SET,
		REC(IQ_PROPOSAL, id, "state=open", "majority=simple", "quorum=50",
			"deadline=2090-01-01"));
}

#define VOTE(proposal, house, choice)                                                              \
	apply_ok(x->w, ADD,                                                                        \
		REC(IQ_BALLOT, proposal "-" house, "proposal=" proposal, "institution=" house,     \
			"choice=" choice, "contact=" house "-rep", "as=representative",            \
			"cast_on=2026-03-01"))

/* Both are members, both voted, both owe: one of each is left. */
static void test_both(void **state)
{
	struct world *x = *state;

	SEAT("ws-abh", "abh", "representative=abh-rep", "deputy=abh-dep",
		"accepted_from=2026-01-01");
	SEAT("ws-vhs", "vhs", "representative=vhs-rep", "accepted_from=2026-06-01",
		"accepted_to=2090-12-31");
	SEAT("ws-jc", "jc", "representative=jc-rep", "accepted_from=2026-01-01");
	put_vote(x, "both");
	put_vote(x, "one");
	put_vote(x, "stays");
	VOTE("both", "abh", "yes");
	VOTE("both", "vhs", "no");
	VOTE("both", "jc", "abstain");
	VOTE("one", "abh", "yes");
	VOTE("stays", "vhs", "no");
	apply_ok(x->w, ADD,
		REC(IQ_COMMITMENT, "c", "workshop=ws", "institutions=abh;jc;vhs",
			"text_de=Zusage"));
	apply_ok(x->w, ADD,
		REC(IQ_MEETING, "m", "workshop=ws", "date=2026-03-01", "attended=abh;vhs"));
	assert_int_equal(unite(x, IQ_INSTITUTION, "abh", "vhs"), IQ_OK);

	assert_string_equal(member(x, "ws-abh", "id"), "-");
	assert_string_equal(member(x, "ws-vhs", "institution"), "vhs");
	assert_string_equal(member(x, "ws-vhs", "representative"), "vhs-rep");
	assert_string_equal(member(x, "ws-vhs", "deputy"), "abh-dep"); /* it had none */
	assert_string_equal(member(x, "ws-vhs", "accepted_from"), "2026-01-01");
	assert_string_equal(member(x, "ws-vhs", "accepted_to"), "");
	assert_string_equal(member(x, "ws-jc", "representative"), "jc-rep");
	assert_string_equal(cell(x, IQ_BALLOT, "both-abh", "id"), "-");
	assert_string_equal(cell(x, IQ_BALLOT, "both-vhs", "choice"), "no");
	assert_string_equal(cell(x, IQ_BALLOT, "both-jc", "institution"), "jc");
	assert_string_equal(cell(x, IQ_BALLOT, "one-abh", "institution"), "vhs");
	assert_string_equal(cell(x, IQ_BALLOT, "one-abh", "choice"), "yes");
	assert_string_equal(cell(x, IQ_BALLOT, "stays-vhs", "choice"), "no");
	assert_string_equal(cell(x, IQ_COMMITMENT, "c", "institutions"), "vhs;jc");
	assert_string_equal(cell(x, IQ_MEETING, "m", "attended"), "vhs");
	assert_string_equal(cell(x, IQ_PROPOSAL, "both", "institution"), "vhs");
}

/* Whose seat is nearer to a vote stays; what has ended stays as it was. */
static void test_seats(void **state)
{
	struct world *x = *state;

	SEAT("old-past", "abh", "accepted_from=2020-01-01", "accepted_to=2020-12-31");
	SEAT("old-now", "abh", "representative=abh-rep", "accepted_from=2026-01-01");
	SEAT("new-guest", "vhs", "representative=vhs-rep", "accepted_from=2025-01-01", "guest=yes");
	SEAT("new-past", "vhs", "accepted_from=2020-01-01", "accepted_to=2020-12-31");
	apply_ok(x->w, ADD,
		REC(IQ_MEMBERSHIP, "elsewhere", "workshop=other", "institution=abh",
			"accepted_from=2026-01-01"));
	assert_int_equal(unite(x, IQ_INSTITUTION, "abh", "vhs"), IQ_OK);
	assert_string_equal(member(x, "old-past", "institution"), "vhs");
	assert_string_equal(member(x, "new-past", "institution"), "vhs");
	assert_string_equal(member(x, "new-guest", "id"), "-");
	assert_string_equal(member(x, "old-now", "institution"), "vhs");
	assert_string_equal(member(x, "old-now", "representative"), "abh-rep");
	assert_string_equal(member(x, "old-now", "deputy"), "");
	/* a guest's days are not a member's */
	assert_string_equal(member(x, "old-now", "accepted_from"), "2026-01-01");
	assert_string_equal(member(x, "elsewhere", "institution"), "vhs");
}

/* An invitation beside a seat is one too many; the only seat moves. */
static void test_invitation(void **state)
{
	struct world *x = *state;

	SEAT("invited", "abh", "representative=abh-rep");
	SEAT("seat", "vhs", "accepted_from=2026-01-01");
	SEAT("only", "jc", "representative=jc-rep", "accepted_from=2026-01-01");
	assert_int_equal(unite(x, IQ_INSTITUTION, "abh", "vhs"), IQ_OK);
	assert_string_equal(member(x, "invited", "id"), "-");
	assert_string_equal(member(x, "seat", "representative"), "abh-rep");
	assert_string_equal(member(x, "seat", "accepted_from"), "2026-01-01");
	apply_ok(x->w, ADD, REC(IQ_INSTITUTION, "new", "name_de=Neu", "region=de"));
	assert_int_equal(unite(x, IQ_INSTITUTION, "jc", "new"), IQ_OK);
	assert_string_equal(member(x, "only", "institution"), "new");
	assert_string_equal(cell(x, IQ_CONTACT, "jc-rep", "institution"), "new");
}

/* Two contacts are one: it does not stand for a member and is its deputy as well. */
static void test_contacts(void **state)
{
	struct world *x = *state;

	SEAT("ws-abh", "abh", "representative=abh-rep", "deputy=abh-dep",
		"accepted_from=2026-01-01");
	put_vote(x, "p");
	VOTE("p", "abh", "yes");
	assert_int_equal(unite(x, IQ_CONTACT, "abh-rep", "abh-dep"), IQ_OK);
	assert_string_equal(member(x, "ws-abh", "representative"), "abh-dep");
	assert_string_equal(member(x, "ws-abh", "deputy"), "");
	assert_string_equal(cell(x, IQ_BALLOT, "p-abh", "contact"), "abh-dep");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_both), TEST(test_seats), TEST(test_invitation), TEST(test_contacts)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
