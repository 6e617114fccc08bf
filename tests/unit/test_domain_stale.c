/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "date.h"
#include "stale.h"

#define BIT(why) (1u << IQ_STALE_##why)

enum { TODAY = 1000, SINCE = 900 };

static void test_rows(void **state)
{
	static const struct {
		struct iq_stale_row row;
		unsigned want;
	} cases[] = {
		/* confirmed lately, somebody is there */
		{{IQ_DATE_MAX, 950, 1, 0, true, true}, 0},
		{{IQ_DATE_MAX, 950, 1, 3, true, false}, 0},
		{{IQ_DATE_MAX, SINCE, 1, 0, true, true}, 0},
		{{IQ_DATE_MAX, SINCE - 1, 1, 0, true, true}, BIT(UNCONFIRMED)},
		{{IQ_DATE_MAX, IQ_DATE_MIN, 1, 0, true, true}, BIT(UNDATED)},
		/* what has ended needs nothing */
		{{TODAY - 1, IQ_DATE_MIN, 0, 1, true, false}, 0},
		{{TODAY, IQ_DATE_MIN, 1, 0, true, false}, BIT(UNDATED)},
		/* nobody */
		{{IQ_DATE_MAX, 950, 0, 0, true, true}, BIT(NO_CONTACT)},
		{{IQ_DATE_MAX, 950, 0, 0, true, false}, BIT(UNREACHABLE)},
		{{IQ_DATE_MAX, 950, 0, 2, true, true}, BIT(ORPHAN)},
		{{IQ_DATE_MAX, 950, 0, 2, true, false}, BIT(ORPHAN) | BIT(UNREACHABLE)},
		/* there may be contacts that the caller must not know of */
		{{IQ_DATE_MAX, 950, 0, 0, false, true}, 0},
		{{IQ_DATE_MAX, 950, 0, 2, false, true}, 0},
		{{IQ_DATE_MAX, 950, 0, 2, false, false}, BIT(UNREACHABLE)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned got = iq_stale_row(&cases[i].row, TODAY, SINCE);

		if (got != cases[i].want)
			fail_msg("row %zu: %x, not %x", i, got, cases[i].want);
	}
}

static void test_contacts(void **state)
{
	const struct iq_stale_contact fine = {.to = IQ_DATE_MAX,
		.rows = 2,
		.rows_ended = 1,
		.whole = true,
		.full = true,
		.inside = true,
		.deputy = true,
		.personal_mail = true,
		.mailbox = true,
		.informed = true};
	struct iq_stale_contact c = fine;

	(void)state;
	assert_int_equal(iq_stale_contact(&fine, TODAY), 0);
	c.rows_ended = 2;
	assert_int_equal(iq_stale_contact(&c, TODAY), BIT(ENDED_CONTACT));
	c.rows = c.rows_ended = 0; /* never had any */
	assert_int_equal(iq_stale_contact(&c, TODAY), 0);
	c = fine;
	c.deputy_ended = true;
	assert_int_equal(iq_stale_contact(&c, TODAY), BIT(ORPHAN));
	c.deputy = c.deputy_ended = c.informed = c.mailbox = false;
	assert_int_equal(iq_stale_contact(&c, TODAY),
		BIT(NO_DEPUTY) | BIT(NOT_INFORMED) | BIT(PERSONAL_MAIL));
	/* less is seen, less follows */
	c.inside = false;
	assert_int_equal(iq_stale_contact(&c, TODAY), BIT(NO_DEPUTY) | BIT(PERSONAL_MAIL));
	c.whole = false;
	assert_int_equal(iq_stale_contact(&c, TODAY), BIT(PERSONAL_MAIL));
	c.full = false;
	assert_int_equal(iq_stale_contact(&c, TODAY), 0);
	c = (struct iq_stale_contact){.to = TODAY - 1, .full = true, .inside = true, .whole = true};
	assert_int_equal(iq_stale_contact(&c, TODAY), 0);
}

static void test_memberships(void **state)
{
	struct iq_stale_membership m = {.to = IQ_DATE_MAX, .whole = true, .deputy = true};

	(void)state;
	assert_int_equal(iq_stale_membership(&m, TODAY), 0);
	m.representative_ended = true;
	assert_int_equal(iq_stale_membership(&m, TODAY), BIT(ORPHAN));
	m.representative_ended = m.deputy = false;
	assert_int_equal(iq_stale_membership(&m, TODAY), BIT(NO_DEPUTY));
	m.whole = false;
	assert_int_equal(iq_stale_membership(&m, TODAY), 0);
	m.deputy = m.deputy_ended = true;
	assert_int_equal(iq_stale_membership(&m, TODAY), BIT(ORPHAN));
	m.to = TODAY - 1;
	assert_int_equal(iq_stale_membership(&m, TODAY), 0);
}

static void test_mail(void **state)
{
	static const struct {
		const char *name, *mail;
		bool personal;
	} cases[] = {
		{"Erika Mustermann", "erika.mustermann@example.org", true},
		{"Erika Mustermann", "e.mustermann@example.org", true},
		{"Erika Mustermann", "mustermanne@example.org", true},
		{"Erika Mustermann", "kurse@mustermann.example.org", false},
		{"Erika Mustermann", "kurse@example.org", false},
		{"Erika Mustermann", "erika@example.org", false}, /* could be a project's */
		{"Jörg Müller", "j.mueller@example.org", true},
		{"Jörg Müller", "muller@example.org", true},
		{"Servicestelle", "servicestelle@example.org", false},
		{"Bo Li", "linie@example.org", false}, /* too short to tell */
		{"Erika Mustermann", "", false},
		{"Erika Mustermann", "mustermann", false},
		{"", "mustermann@example.org", false},
	};
	struct iq_arena arena;

	(void)state;
	iq_arena_init(&arena, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (iq_stale_mail_personal(iq_str(cases[i].name), iq_str(cases[i].mail), &arena) !=
			cases[i].personal)
			fail_msg("%s %s", cases[i].name, cases[i].mail);
	}
	iq_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_contacts),
		cmocka_unit_test(test_memberships),
		cmocka_unit_test(test_mail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
