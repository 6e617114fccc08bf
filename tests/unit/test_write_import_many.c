/* SPDX-License-Identifier: Apache-2.0 */
/* Imports of so many rows, or pieces, that a second thread works beside the writer's. */

#include "import_help.h"

/* Enough rows for sorting by radix, for reading ahead, progress; changes of all; one is wrong. */
static void test_many(void **state)
{
	enum { N = 40000 };
	static const size_t expected[] = {0, N, 30002}, off[] = {N, N, 30000};
	static const char *const roles[] = {"lead", "advice", "funding"};
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	for (unsigned round = 0; round < 3; round++) {
		struct iq_buf b;

		iq_buf_init(&b, 0);
		iq_buf_printf(&b, "id,institution,task,region,statuses,role,contacts\n");
		for (unsigned i = 0; i < N; i++)
			iq_buf_printf(&b, "responsibility-of-%u,%s,course,%s,asylum,%s,%s\n",
				(i * 7919u) % N, i % 3 ? "abh" : "abh-nord",
				i % 2 ? "dresden" : "sn", i == off[round] ? "nobody" : roles[round],
				i % 5 ? "" : "max;eva");
		iq_buf_byte(&b, 0);
		progress_calls = 0;
		assert_int_equal(
			import(x, &t, false, &(struct file){IQ_RESPONSIBILITY, (char *)b.p}, 1),
			round == 2 ? IQ_ERR_REJECTED : IQ_OK);
		assert_true(progress_calls >= 4);
		size_t changed = t.counts[IQ_RESPONSIBILITY].changed;
		assert_int_equal(
			round == 2 ? t.job.error.problems[0].line : changed, expected[round]);
		job_free(&t);
		iq_buf_free(&b);
		assert_clean(x->f.store);
	}
}

static const struct expected deep_problems[] = {
	{"responsibilities.csv", 7002, "region", "dresdn", "dresden"},
	{"responsibilities.csv", 9002, "region", "zone", ""},
	{"responsibilities.csv", 11002, "valid_to", "2026-01-01", ""},
	{"responsibilities.csv", 13002, "id", "n-12999", ""},
	{"responsibilities.csv", 15002, "condition", "size>3", ""},
	{"responsibilities.csv", 17002, "role", "", ""},
};

static void many_rows(struct iq_buf *b, unsigned n, bool wrong)
{
	iq_buf_printf(b, "id,institution,task,region,statuses,role,contacts,condition,valid_from,"
			 "valid_to\n");
	for (unsigned i = 0; i < n; i++) {
		unsigned k = wrong ? i : 0;

		iq_buf_printf(b, "n-%u,%s,course,%s,asylum,%s,%s,%s,2026-02-01,%s\n",
			k == 13000 ? i - 1 : i, i % 3 ? "abh" : "abh-nord",
			k == 7000   ? "dresdn"
			: k == 9000 ? "zone"
				    : "dresden",
			k == 17000 ? "" : "lead", i % 5 ? "" : "max;eva",
			k == 15000   ? "size>3"
			: i % 7 == 0 ? "age>=18"
				     : "",
			k == 11000 ? "2026-01-01" : "");
	}
	iq_buf_byte(b, 0);
}

/* Rows that are looked at ahead, because all they refer to comes with them. */
static void test_ahead(void **state)
{
	enum { N = 20000 };
	struct world *x = *state;
	struct file files[COUNT(good) + 1];
	struct test_job t;

	memcpy(files, good, sizeof(good));
	for (unsigned round = 0; round < 3; round++) {
		struct iq_buf b;
		bool wrong = round < 2, keep_going = round == 1;

		iq_buf_init(&b, 0);
		many_rows(&b, N, wrong);
		files[COUNT(good)] = (struct file){IQ_RESPONSIBILITY, (char *)b.p};
		assert_int_equal(import(x, &t, keep_going, files, COUNT(files)),
			wrong && !keep_going ? IQ_ERR_REJECTED : IQ_OK);
		if (wrong)
			assert_problems(&t.job.error, deep_problems, COUNT(deep_problems));
		if (round == 1) {
			assert_int_equal(t.counts[IQ_RESPONSIBILITY].rejected, 6);
			assert_int_equal(t.counts[IQ_RESPONSIBILITY].created, N + 3 - 6);
		}
		if (round == 2)
			assert_int_equal(t.counts[IQ_RESPONSIBILITY].created, 6);
		job_free(&t);
		iq_buf_free(&b);
		assert_int_equal(revision_of(x), round);
		assert_clean(x->f.store);
	}
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "n-19995", "contacts"), "max;eva");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "n-19999", "institution"), "abh");
}

/* Two files take turns: each piece that is read ahead holds one row. */
static void test_turns(void **state)
{
	enum { N = 300 };
	static const struct file empty = {IQ_RESPONSIBILITY, "id,institution,task,region,role\n"};
	struct world *x = *state;
	struct test_job t;
	struct iq_buf b;

	import_good(x);
	job_init(&t, run_import);
	t.job.alone = true;
	assert_int_equal(iq_spool_new(x->f.dir, &t.spool, &t.job.error), IQ_OK);
	spool_file(&t, &empty, 0, 1);
	spool_file(&t, &empty, 1, 1);
	iq_buf_init(&b, 0);
	for (unsigned i = 0; i < N; i++) {
		char line[80];

		snprintf(line, sizeof(line), "n-%u,abh,course,dresden,lead", i);
		iq_buf_reset(&b, SIZE_MAX);
		iq_wire_uint(&b, 2, i % 2);
		size_t mark = iq_wire_begin(&b, 3);

		iq_wire_uint(&b, 1, 2 + i / 2);
		add_cells(&b, 2, iq_str(line));
		iq_wire_end(&b, mark);
		assert_int_equal(
			iq_spool_add(t.spool, (struct iq_str){(char *)b.p, b.n}, &t.job.error),
			IQ_OK);
	}
	iq_buf_free(&b);
	assert_int_equal(job_run(x->w, &t), IQ_OK);
	assert_int_equal(t.counts[IQ_RESPONSIBILITY].created, N);
	job_free(&t);
	assert_clean(x->f.store);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_many),
		TEST(test_ahead),
		TEST(test_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
