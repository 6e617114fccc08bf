/* SPDX-License-Identifier: Apache-2.0 */
/* The daily limit, the alert, forgetting, retention. */

#include "audit_help.h"

#include "bounds.h"

static const int64_t hour_us = 3600000000, day_us = 86400000000;

/* One look, and its entry if it was permitted. */
static bool look_at(struct audit_world *x, const char *who, iq_num subject, int64_t us, bool lifted)
{
	if (!iq_audit_quota(x->a, iq_str(who), subject, iq_date_in_germany(us), us, lifted))
		return false;
	assert_true(world_write(x, disclosed(who, subject, us)));
	return true;
}

static uint64_t alerts(struct audit_world *x)
{
	size_t n;
	uint64_t found = 0;
	char *text;

	/* notes go with the next batch */
	assert_true(world_write(x, disclosed("nobody", 1, iq_now_us())));
	text = file_read(x, segment_at(iq_now_us()), &n);
	for (char *p = text; (p = strstr(p, "\talert\t")) != NULL; p++)
		found++;
	free(text);
	return found;
}

/* Noon, so that hours stay on the day. */
static int64_t noon(int days_ago)
{
	int32_t today = iq_date_in_germany(iq_now_us());

	return iq_date_begin(today - days_ago) + 12 * hour_us;
}

static void reopen(struct audit_world *x)
{
	world_close(x);
	assert_int_equal(world_open(x), IQ_OK);
}

static void test_limit(void **state)
{
	struct audit_world x;
	iq_num i;

	(void)state;
	world_new(&x);
	for (i = 1; i <= IQ_LIMIT_QUOTA_PERSONS; i++) {
		assert_true(look_at(&x, "max", i, noon(0), false));
		if (i == 20)
			reopen(&x); /* counts are rebuilt from the log */
	}
	assert_false(look_at(&x, "max", i, noon(0), false));
	reopen(&x);
	assert_false(look_at(&x, "max", i, noon(0), false));
	/* seen already: free; another principal: its own count; lifted: no limit */
	assert_true(look_at(&x, "max", 7, noon(0), false));
	assert_true(look_at(&x, "erika", i, noon(0), false));
	assert_true(look_at(&x, "max", i + 1, noon(0), true));
	assert_false(look_at(&x, "max", i, noon(0), false));
	/* the next day */
	assert_true(look_at(&x, "max", i, noon(-1), false));
	/* another limit */
	iq_audit_limit(x.a, 2);
	assert_true(look_at(&x, "otto", 1, noon(0), false));
	assert_true(look_at(&x, "otto", 2, noon(0), false));
	assert_false(look_at(&x, "otto", 3, noon(0), false));
	world_close(&x);
	assert_intact(&x, 0);
	world_free(&x);
}

static void test_free_days(void **state)
{
	struct audit_world x;

	(void)state;
	world_new(&x);
	iq_audit_limit(x.a, 1);
	assert_true(look_at(&x, "max", 1, noon(29), false));
	assert_true(look_at(&x, "max", 2, noon(28), false));
	reopen(&x);
	iq_audit_limit(x.a, 1);
	assert_true(look_at(&x, "max", 3, noon(0), false)); /* the one of today */
	assert_true(look_at(&x, "max", 1, noon(0), false)); /* 29 days ago: free */
	assert_true(look_at(&x, "max", 2, noon(0), false));
	assert_false(look_at(&x, "max", 4, noon(0), false));
	/* 30 days after the last look it counts again */
	assert_true(look_at(&x, "max", 5, noon(-30), false));
	assert_false(look_at(&x, "max", 1, noon(-30), false));
	world_free(&x);
}

/* Disclosures that needed no permission of the limit do not count after a restart, either. */
static void test_own_people(void **state)
{
	struct audit_world x;

	(void)state;
	world_new(&x);
	for (iq_num i = 1; i <= 3 * IQ_LIMIT_QUOTA_PERSONS; i++)
		assert_true(world_write(&x, disclosed("max", i, noon(0))));
	reopen(&x);
	for (iq_num i = 1; i <= IQ_LIMIT_QUOTA_PERSONS; i++)
		assert_true(look_at(&x, "max", 1000 + i, noon(0), false));
	assert_false(look_at(&x, "max", 1, noon(0), false));
	world_free(&x);
}

static void test_alert(void **state)
{
	struct audit_world x;
	int64_t now = iq_now_us();

	(void)state;
	world_new(&x);
	for (int round = 0; round < 3; round++)
		for (iq_num i = 1; i <= IQ_LIMIT_ALERT_PERSONS; i++)
			assert_true(look_at(&x, "max", i, now - hour_us / 2, true));
	assert_int_equal(alerts(&x), 0); /* the same ones */
	reopen(&x);
	assert_true(look_at(&x, "max", 900, now, true));
	assert_int_equal(alerts(&x), 1);
	for (iq_num i = 901; i < 960; i++)
		assert_true(look_at(&x, "max", i, now, true));
	assert_int_equal(alerts(&x), 1); /* once an hour */
	reopen(&x);
	assert_true(look_at(&x, "max", 980, now + 1, true));
	assert_int_equal(alerts(&x), 1);
	/* spread over hours it is none */
	for (iq_num i = 1; i <= 2 * IQ_LIMIT_ALERT_PERSONS; i++)
		assert_true(look_at(&x, "erika", i, now + (int64_t)i * hour_us / 40, true));
	assert_int_equal(alerts(&x), 1);
	world_free(&x);
}

/* ---- forgetting ----------------------------------------------------------------------------- */

static bool count_lines(void *arg, const struct iq_audit_line *line)
{
	(void)line;
	++*(uint64_t *)arg;
	return true;
}

static uint64_t about(struct audit_world *x, iq_num subject)
{
	uint64_t n = 0;

	iq_error_init(&x->error, &x->arena);
	assert_int_equal(iq_audit_each(x->a, &(struct iq_audit_filter){.subject = subject},
				 count_lines, &n, &x->error),
		IQ_OK);
	return n;
}

static void test_forget(void **state)
{
	struct audit_world x;
	char before[65], after[65], other[65];
	size_t n;
	char *keys;

	(void)state;
	world_new(&x);
	for (iq_num i = 1; i <= 3; i++)
		assert_true(world_write(&x, disclosed("max", i, iq_now_us())));
	assert_true(iq_audit_pseudonym(x.dir, 2, before));
	assert_true(iq_audit_pseudonym(x.dir, 3, other));
	assert_int_equal(about(&x, 2), 1);
	assert_int_equal(iq_audit_forget(x.a, 2, &x.error), IQ_OK);
	assert_int_equal(iq_audit_forget(x.a, 2000, &x.error), IQ_OK); /* never disclosed */
	assert_false(iq_audit_pseudonym(x.dir, 2, after));
	assert_int_equal(about(&x, 2), 0);
	assert_int_equal(about(&x, 3), 1);
	keys = file_read(&x, "subjects", &n);
	for (size_t i = 2 * 32; i < 3 * 32; i++)
		assert_int_equal(keys[i], 0);
	free(keys);
	assert_true(world_write(&x, disclosed("max", 2, iq_now_us())));
	assert_true(iq_audit_pseudonym(x.dir, 2, after));
	assert_string_not_equal(before, after);
	assert_true(iq_audit_pseudonym(x.dir, 3, after));
	assert_string_equal(other, after);
	world_close(&x);
	assert_intact(&x, 5);
	world_free(&x);
}

/* ---- retention ------------------------------------------------------------------------------ */

static bool there(struct audit_world *x, int64_t us)
{
	return access(file_path(x, segment_at(us)), F_OK) == 0;
}

struct sums {
	uint64_t disclosed, segments;
};

static bool add_summary(void *arg, const struct iq_audit_line *line)
{
	struct sums *s = arg;

	if (line->entry.event != IQ_AUDIT_SUMMARY)
		return true;
	if (iq_str_is(line->entry.operation, "disclosed"))
		s->disclosed += line->entry.count;
	if (iq_str_is(line->entry.operation, "segment"))
		s->segments++;
	return true;
}

static struct sums summaries(struct audit_world *x)
{
	struct sums s = {.segments = 0};

	iq_error_init(&x->error, &x->arena);
	assert_int_equal(iq_audit_each(x->a, NULL, add_summary, &s, &x->error), IQ_OK);
	return s;
}

static void test_retention(void **state)
{
	struct audit_world x;
	const int64_t start = iq_now_us(), month = 31 * day_us;
	char gone[32];

	(void)state;
	world_new(&x);
	for (int m = 0; m < 15; m++)
		for (iq_num i = 1; i <= 10; i++)
			assert_true(world_write(&x, disclosed("max", i, start + m * month)));
	reopen(&x);
	assert_intact(&x, 0);
	/* nothing is old enough */
	assert_int_equal(iq_audit_retain(x.a, start + 11 * month, &x.error), IQ_OK);
	assert_true(there(&x, start));
	assert_int_equal(summaries(&x).segments, 0);
	/* three months are */
	size_t n;
	char *kept = file_read(&x, segment_at(start + month), &n);

	assert_int_equal(iq_audit_retain(x.a, start + 14 * month + 20 * day_us, &x.error), IQ_OK);
	assert_false(there(&x, start));
	assert_false(there(&x, start + month));
	assert_true(there(&x, start + 4 * month));
	struct sums s = summaries(&x);

	assert_true(s.segments >= 2);
	assert_int_equal(s.disclosed, 10 * s.segments);
	assert_intact(&x, 0);
	/* again: nothing twice */
	assert_int_equal(iq_audit_retain(x.a, start + 14 * month + 20 * day_us, &x.error), IQ_OK);
	assert_int_equal(summaries(&x).disclosed, s.disclosed);
	/* a crash before the file went away */
	snprintf(gone, sizeof(gone), "%s", segment_at(start + month));
	file_write(&x, gone, kept, n);
	free(kept);
	assert_int_equal(iq_audit_retain(x.a, start + 14 * month + 20 * day_us, &x.error), IQ_OK);
	assert_int_equal(summaries(&x).disclosed, s.disclosed);
	reopen(&x);
	assert_intact(&x, 0);
	/* years without a word: counts are handed on */
	assert_int_equal(iq_audit_retain(x.a, start + 40 * month, &x.error), IQ_OK);
	s = summaries(&x);
	assert_int_equal(s.disclosed, 150);
	assert_true(world_write(&x, disclosed("max", 1, start + 40 * month)));
	world_close(&x);
	assert_intact(&x, 0);
	/* taking away one more is found */
	assert_int_equal(unlink(file_path(&x, segment_at(start + 40 * month))), 0);
	assert_false(world_verify(&x).intact);
	world_free(&x);
}

/* A damaged month stays. */
static void test_retention_damaged(void **state)
{
	struct audit_world x;
	const int64_t start = iq_now_us(), month = 31 * day_us;
	size_t n;

	(void)state;
	world_new(&x);
	for (iq_num i = 1; i <= 10; i++)
		assert_true(world_write(&x, disclosed("max", i, start)));
	assert_true(world_write(&x, disclosed("max", 1, start + 2 * month)));
	char *text = file_read(&x, segment_at(start), &n);

	text[n / 2] ^= 1;
	file_write(&x, segment_at(start), text, n);
	free(text);
	assert_int_equal(iq_audit_retain(x.a, start + 20 * month, &x.error), IQ_ERR_INTERNAL);
	assert_true(there(&x, start));
	world_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_free_days),
		cmocka_unit_test(test_own_people),
		cmocka_unit_test(test_alert),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_retention),
		cmocka_unit_test(test_retention_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
