/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "date.h"
#include "workshop.h"

/* docs/workshop.md "States": every step that exists; all others do not. */
static const char *const steps[] = {
	"topic open discussed",
	"topic open closed",
	"topic discussed closed",
	"meeting planned held",
	"meeting held minuted",
	"meeting minuted held",
	"proposal draft open",
	"proposal draft withdrawn",
	"proposal open passed",
	"proposal open rejected",
	"proposal open withdrawn",
	"proposal open conflict",
	"proposal conflict passed",
	"proposal conflict withdrawn",
	"commitment open kept",
	"commitment open late",
	"commitment open dropped",
	"commitment late kept",
	"commitment late dropped",
};

static bool listed(const char *step)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(steps[i], step) == 0)
			return true;
	return false;
}

static void test_steps(void **state)
{
	size_t found = 0;

	(void)state;
	for (enum iq_process p = 0; p < IQ_PROCESSES; p++) {
		const char *const *names = iq_process_states[p];

		for (unsigned a = 0; names[a] != NULL; a++) {
			for (unsigned b = 0; names[b] != NULL; b++) {
				char step[96];

				snprintf(step, sizeof(step), "%s %s %s", iq_process_names[p],
					names[a], names[b]);
				if (iq_process_may(p, a, b) != listed(step))
					fail_msg("%s", step);
				found += iq_process_may(p, a, b);
			}
		}
	}
	assert_int_equal(found, sizeof(steps) / sizeof(steps[0]));
	assert_false(iq_process_may(IQ_PROCESSES, 0, 1));
	assert_false(iq_process_may(IQ_PROCESS_TOPIC, 0, 32));
	assert_false(iq_process_may(IQ_PROCESS_TOPIC, 32, 0));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(iq_process_states[IQ_PROCESS_TOPIC][IQ_TOPIC_CLOSED], "closed");
	assert_null(iq_process_states[IQ_PROCESS_TOPIC][IQ_TOPIC_CLOSED + 1]);
	assert_string_equal(iq_process_states[IQ_PROCESS_MEETING][IQ_MEETING_MINUTED], "minuted");
	assert_string_equal(
		iq_process_states[IQ_PROCESS_PROPOSAL][IQ_PROPOSAL_CONFLICT], "conflict");
	assert_null(iq_process_states[IQ_PROCESS_PROPOSAL][IQ_PROPOSAL_CONFLICT + 1]);
	assert_string_equal(
		iq_process_states[IQ_PROCESS_COMMITMENT][IQ_COMMITMENT_DROPPED], "dropped");
}

static void test_final_and_editable(void **state)
{
	(void)state;
	assert_true(iq_process_is_final(IQ_PROCESS_TOPIC, IQ_TOPIC_CLOSED));
	assert_false(iq_process_is_final(IQ_PROCESS_MEETING, IQ_MEETING_MINUTED));
	assert_true(iq_process_is_final(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_PASSED));
	assert_true(iq_process_is_final(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_REJECTED));
	assert_true(iq_process_is_final(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_WITHDRAWN));
	assert_false(iq_process_is_final(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_CONFLICT));
	assert_true(iq_process_is_final(IQ_PROCESS_COMMITMENT, IQ_COMMITMENT_KEPT));
	assert_false(iq_process_is_final(IQ_PROCESS_COMMITMENT, IQ_COMMITMENT_LATE));
	for (enum iq_process p = 0; p < IQ_PROCESSES; p++) {
		assert_true(iq_process_is_editable(p, 0));
		for (unsigned s = 0; iq_process_states[p][s] != NULL; s++)
			assert_false(iq_process_is_final(p, s) && iq_process_is_editable(p, s));
	}
	assert_false(iq_process_is_editable(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_OPEN));
	assert_false(iq_process_is_editable(IQ_PROCESS_PROPOSAL, IQ_PROPOSAL_CONFLICT));
	assert_false(iq_process_is_editable(IQ_PROCESS_MEETING, IQ_MEETING_MINUTED));
	assert_false(iq_process_is_editable(IQ_PROCESSES, 0));
}

static void test_late(void **state)
{
	(void)state;
	assert_int_equal(iq_commitment_today(IQ_COMMITMENT_OPEN, 10, 10), IQ_COMMITMENT_OPEN);
	assert_int_equal(iq_commitment_today(IQ_COMMITMENT_OPEN, 10, 11), IQ_COMMITMENT_LATE);
	assert_int_equal(
		iq_commitment_today(IQ_COMMITMENT_OPEN, IQ_DATE_MAX, 11), IQ_COMMITMENT_OPEN);
	assert_int_equal(iq_commitment_today(IQ_COMMITMENT_KEPT, 10, 11), IQ_COMMITMENT_KEPT);
	assert_int_equal(iq_commitment_today(IQ_COMMITMENT_DROPPED, 10, 11), IQ_COMMITMENT_DROPPED);
}

static void test_time_of_day(void **state)
{
	static const char *const wrong[] = {
		"", "9:05", "09:5", "24:00", "09:60", "0905", "09.05", " 9:05", "09:05 ", "-1:00"};
	int minutes = -7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(iq_time_of_day_parse(iq_str(wrong[i]), &minutes));
	assert_int_equal(minutes, -7);
	assert_true(iq_time_of_day_parse(IQ_STR("00:00"), &minutes));
	assert_int_equal(minutes, 0);
	assert_true(iq_time_of_day_parse(IQ_STR("23:59"), &minutes));
	assert_int_equal(minutes, 1439);
}

static void test_deadline(void **state)
{
	static const struct {
		const char *text;
		const char *day; /* in UTC */
		int hour, minute;
	} cases[] = {
		{"2026-12-01", "2026-12-01", 23, 0},
		{"2026-07-01", "2026-07-01", 22, 0},
		{"2026-12-01 16:00", "2026-12-01", 15, 0},
		{"2026-07-01 16:30", "2026-07-01", 14, 30},
		{"2026-12-01 00:00", "2026-11-30", 23, 0},
		/* the clocks are put forward at two, and back at three */
		{"2027-03-28", "2027-03-28", 22, 0},
		{"2027-03-28 01:59", "2027-03-28", 0, 59},
		{"2027-03-28 02:30", "2027-03-28", 1, 30},
		{"2027-03-28 03:00", "2027-03-28", 1, 0},
		{"2027-03-28 16:00", "2027-03-28", 14, 0},
		{"2027-10-31", "2027-10-31", 23, 0},
		{"2027-10-31 01:59", "2027-10-30", 23, 59},
		{"2027-10-31 02:30", "2027-10-31", 0, 30},
		{"2027-10-31 03:00", "2027-10-31", 2, 0},
		{"2027-10-31 16:00", "2027-10-31", 15, 0},
	};
	static const char *const wrong[] = {"", "2026-12-1", "2026-02-30", "2026-12-01T16:00",
		"2026-12-01 16", "2026-12-01 ", "2026-12-01 24:00", "tomorrow"};
	int64_t us = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(iq_deadline_parse(iq_str(wrong[i]), &us));
	assert_true(us == 7);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int32_t day;

		assert_true(iq_date_parse(iq_str(cases[i].day), &day));
		assert_true(iq_deadline_parse(iq_str(cases[i].text), &us));
		int64_t want = (day * INT64_C(1440) + cases[i].hour * 60 + cases[i].minute) *
			       INT64_C(60000000);

		if (us != want)
			fail_msg("%s is %lld minutes off", cases[i].text,
				(long long)((us - want) / 60000000));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_final_and_editable),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_time_of_day),
		cmocka_unit_test(test_deadline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
