/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory written by the release before topics, meetings, proposals, ballots and commitments:
 * it opens as it is, and takes them. tests/data/earlier/data.mdb.gz was made by that release: some
 * records, a change, one archived responsibility.
 */
#include "store_help.h"

static void unpack(struct fixture *f)
{
	char command[512];

	fixture_new(f, 1 << 20);
	iq_store_close(f->store);
	snprintf(command, sizeof(command),
		"gzip -dc %s/tests/data/earlier/data.mdb.gz >%s/data.mdb", IQ_SOURCE_DIR, f->dir);
	assert_int_equal(system(command), 0);
	fixture_open(f, false, 8 << 20);
}

static const char *cell(
	struct fixture *f, struct iq_wtxn *w, enum iq_kind kind, const char *id, const char *column)
{
	struct iq_rec rec = {.kind = kind};
	struct iq_txn *t = iq_wtxn_txn(w);

	assert_true(iq_rec_get(t, kind, iq_id_find(t, kind, iq_str(id)), &f->arena, &rec));
	return iq_arena_cstr(&f->arena, iq_rec_text(&rec, iq_column_by_name(kind, iq_str(column))));
}

static void test_opens(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;

	(void)state;
	unpack(&f);
	assert_int_equal(iq_store_check(f.store, print_finding, NULL), 0);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_INSTITUTION], 1);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_MEMBERSHIP], 1);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_RESPONSIBILITY], 0);
	for (int k = IQ_TOPIC; k <= IQ_COMMITMENT; k++) {
		assert_int_equal(iq_wtxn_state(w)->count[k], 0);
		assert_int_equal(iq_wtxn_state(w)->next[k], 1);
	}
	/* What columns were appended is empty. */
	assert_string_equal(cell(&f, w, IQ_WORKSHOP_RECORD, "runde", "goals"), "Reden");
	assert_string_equal(cell(&f, w, IQ_WORKSHOP_RECORD, "runde", "quorum"), "");
	assert_string_equal(cell(&f, w, IQ_MEMBERSHIP, "runde-mit", "representative"), "mit-rep");
	assert_string_equal(cell(&f, w, IQ_MEMBERSHIP, "runde-mit", "guest"), "");
	iq_wtxn_abort(w);
	fixture_free(&f);
}

static void test_takes_the_new(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_change c = {.operation = IQ_STR("test")};

	(void)state;
	unpack(&f);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec topic = make_rec(&f.arena, IQ_TOPIC, "anliegen", "workshop=runde",
		"institution=mit", "name_de=Wartezeiten", "state=open", NULL);
	struct iq_rec workshop = make_rec(&f.arena, IQ_WORKSHOP_RECORD, "runde", "region=stadt",
		"name_de=Runde", "organisers=mit", "quorum=60", NULL);

	put_rec(w, &f.arena, &topic);
	put_rec(w, &f.arena, &workshop);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_store_check(f.store, print_finding, NULL), 0);
	iq_store_close(f.store);
	fixture_open(&f, false, 8 << 20);
	assert_int_equal(iq_store_check(f.store, print_finding, NULL), 0);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_TOPIC], 1);
	assert_string_equal(cell(&f, w, IQ_TOPIC, "anliegen", "name_de"), "Wartezeiten");
	assert_string_equal(cell(&f, w, IQ_WORKSHOP_RECORD, "runde", "quorum"), "60");
	iq_wtxn_abort(w);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_opens),
		cmocka_unit_test(test_takes_the_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
