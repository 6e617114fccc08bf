/* SPDX-License-Identifier: Apache-2.0 */
/* Rights and classes, case by case; the whole table: test_domain_access_golden.c. */
#include "access_places.h"

static const iq_num owners[] = {OFFICE, COUNTY}; /* of what is acted on */

#define OFFICE_IN(place, class)                                                                    \
	{                                                                                          \
		.institution = OFFICE, .owners = owners, .nowners = 2, .region = (place),          \
		.visibility = (class)                                                              \
	}
#define GRANT(r, i, place, first, last)                                                            \
	{                                                                                          \
		.role = (r), .institution = (i), .region = (place), .from = (first), .to = (last)  \
	}

static bool decide(const struct iq_grant *grant, enum iq_action action, struct iq_target target)
{
	const struct iq_principal p = {.grants = grant, .ngrants = grant ? 1 : 0};
	size_t n = target.institution ? 2 : 0;

	target.owners = owners;
	target.nowners = n;
	return iq_decide(&p, action, &target, vocab, TODAY);
}

/* Creating an institution: it has no number yet. */
static void test_founding(void **state)
{
	const struct iq_target here = {.region = DRESDEN}, there = {.region = BAYERN};
	const struct iq_grant coordinator =
		GRANT(IQ_ACCESS_COORDINATOR, IQ_NONE, SACHSEN, TODAY, TODAY);
	const struct iq_grant admin = GRANT(IQ_ACCESS_ADMIN, IQ_NONE, SACHSEN, TODAY, TODAY);
	const struct iq_grant editor = GRANT(IQ_ACCESS_EDITOR, COUNTY, IQ_NONE, TODAY, TODAY);

	(void)state;
	assert_true(decide(&coordinator, IQ_ACTION_STRUCTURE, here));
	assert_false(decide(&coordinator, IQ_ACTION_STRUCTURE, there));
	assert_true(decide(&admin, IQ_ACTION_STRUCTURE, here));
	assert_false(decide(&admin, IQ_ACTION_STRUCTURE, there));
	assert_false(decide(&editor, IQ_ACTION_STRUCTURE, here));
}

/* Without a region nothing but a grant for everything helps. */
static void test_no_region(void **state)
{
	const struct iq_target target = {.institution = OFFICE};
	const struct iq_grant region = GRANT(IQ_ACCESS_COORDINATOR, IQ_NONE, DE, TODAY, TODAY);
	const struct iq_grant all = GRANT(IQ_ACCESS_COORDINATOR, IQ_NONE, IQ_NONE, TODAY, TODAY);

	(void)state;
	assert_false(decide(&region, IQ_ACTION_EDIT, target));
	assert_true(decide(&all, IQ_ACTION_EDIT, target));
}

/* What `iqd init` makes: four roles, everywhere; who reads the log is appointed by them. */
static void test_first_principal(void **state)
{
	static const struct iq_grant grants[] = {
		GRANT(IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX),
		GRANT(IQ_ACCESS_CURATOR, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX),
		GRANT(IQ_ACCESS_EDITOR, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX),
		GRANT(IQ_ACCESS_COORDINATOR, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX),
	};
	const struct iq_principal p = {.grants = grants, .ngrants = 4};
	const struct iq_target target = OFFICE_IN(DRESDEN, IQ_INSTITUTION_ONLY);

	(void)state;
	for (int a = 0; a < IQ_ACTIONS; a++)
		assert_int_equal(iq_decide(&p, (enum iq_action)a, &target, vocab, TODAY),
			a != IQ_ACTION_AUDIT);
}

/* ---- disclosure --------------------------------------------------------------------------- */

/* Per visibility (public, partners, workshop, institution): F full, O outline, - hidden. */
static const struct {
	const char *who;
	enum iq_access_role role;   /* IQ_ACCESS_ROLES: no grant */
	iq_num institution, region; /* of the grant */
	iq_num own;                 /* institution of the principal */
	const char *sees;
} viewers[] = {
	{"no grant", IQ_ACCESS_ROLES, 0, 0, IQ_NONE, "FO--"},
	{"reader, same region", IQ_ACCESS_READER, 0, DRESDEN, IQ_NONE, "FFO-"},
	{"reader, region above", IQ_ACCESS_READER, 0, DE, IQ_NONE, "FFO-"},
	{"reader, region below", IQ_ACCESS_READER, 0, NEUSTADT, IQ_NONE, "FFO-"},
	{"reader, region beside", IQ_ACCESS_READER, 0, LEIPZIG, IQ_NONE, "FO--"},
	{"reader, area", IQ_ACCESS_READER, 0, ELBE, IQ_NONE, "FFO-"},
	{"reader, all", IQ_ACCESS_READER, 0, 0, IQ_NONE, "FFO-"},
	{"coordinator, region", IQ_ACCESS_COORDINATOR, 0, SACHSEN, IQ_NONE, "FFO-"},
	{"coordinator, elsewhere", IQ_ACCESS_COORDINATOR, 0, BAYERN, IQ_NONE, "FO--"},
	{"editor of the owner", IQ_ACCESS_EDITOR, OFFICE, 0, IQ_NONE, "FFFF"},
	{"editor of the parent", IQ_ACCESS_EDITOR, COUNTY, 0, IQ_NONE, "FFFF"},
	{"editor of the desk", IQ_ACCESS_EDITOR, DESK, 0, IQ_NONE, "FO--"},
	{"editor of another", IQ_ACCESS_EDITOR, OTHER, 0, IQ_NONE, "FO--"},
	{"admin, all", IQ_ACCESS_ADMIN, 0, 0, IQ_NONE, "FO--"},
	{"curator, all", IQ_ACCESS_CURATOR, 0, 0, IQ_NONE, "FO--"},
	{"auditor, all", IQ_ACCESS_AUDITOR, 0, 0, IQ_NONE, "FO--"},
	{"colleague", IQ_ACCESS_ROLES, 0, 0, OFFICE, "FFFF"},
	{"colleague of a sub-institution", IQ_ACCESS_ROLES, 0, 0, DESK, "FFFF"},
	{"colleague of the parent", IQ_ACCESS_ROLES, 0, 0, COUNTY, "FO--"},
	{"somebody else", IQ_ACCESS_ROLES, 0, 0, OTHER, "FO--"},
};

static void test_disclosure(void **state)
{
	static const iq_num above_desk[] = {OFFICE, COUNTY};

	(void)state;
	for (size_t i = 0; i < sizeof(viewers) / sizeof(*viewers); i++) {
		const struct iq_grant g = GRANT(
			viewers[i].role, viewers[i].institution, viewers[i].region, TODAY, TODAY);
		struct iq_principal p = {.institution = viewers[i].own,
			.grants = &g,
			.ngrants = viewers[i].role == IQ_ACCESS_ROLES ? 0 : 1};

		if (viewers[i].own == DESK) {
			p.above = above_desk;
			p.nabove = 2;
		}
		for (int v = 0; v < IQ_VISIBILITIES; v++) {
			const struct iq_target t = OFFICE_IN(DRESDEN, (enum iq_visibility)v);
			enum iq_disclosure got = iq_disclosure(&p, &t, vocab, TODAY);

			if ("-OF"[got] != viewers[i].sees[v])
				fail_msg("%s, visibility %d", viewers[i].who, v);
			assert_int_equal(
				iq_decide(&p, IQ_ACTION_CONTACT, &t, vocab, TODAY), got == IQ_FULL);
			/* the day after, grants are over; colleagues stay colleagues */
			if (p.institution == IQ_NONE)
				assert_int_equal(iq_disclosure(&p, &t, vocab, TODAY + 1),
					v == IQ_PUBLIC     ? IQ_FULL
					: v == IQ_PARTNERS ? IQ_OUTLINE
							   : IQ_HIDDEN);
		}
	}
}

static void test_unknown_peer(void **state)
{
	static const enum iq_disclosure want[] = {IQ_FULL, IQ_OUTLINE, IQ_HIDDEN, IQ_HIDDEN};

	(void)state;
	for (int v = 0; v < IQ_VISIBILITIES; v++) {
		const struct iq_target t = OFFICE_IN(DRESDEN, (enum iq_visibility)v);

		assert_int_equal(iq_disclosure(NULL, &t, vocab, TODAY), want[v]);
	}
	/* a damaged visibility is hidden from all */
	const struct iq_target broken = OFFICE_IN(DRESDEN, (enum iq_visibility)77);

	assert_int_equal(iq_disclosure(NULL, &broken, vocab, TODAY), IQ_HIDDEN);
}

/* A principal without institution is nobody's colleague, even of contacts without owner. */
static void test_no_owner(void **state)
{
	const struct iq_principal p = {.institution = IQ_NONE};
	const struct iq_target t = {.region = DRESDEN, .visibility = IQ_INSTITUTION_ONLY};

	(void)state;
	assert_int_equal(iq_disclosure(&p, &t, vocab, TODAY), IQ_HIDDEN);
}

/* Regions that are not there, or no vocabulary at all: no right by region. */
static void test_unknown_regions(void **state)
{
	const struct iq_target t = OFFICE_IN(DRESDEN, IQ_PARTNERS);
	const struct iq_grant gone = GRANT(IQ_ACCESS_READER, IQ_NONE, 99, TODAY, TODAY);
	const struct iq_grant known = GRANT(IQ_ACCESS_READER, IQ_NONE, DRESDEN, TODAY, TODAY);
	struct iq_principal p = {.grants = &gone, .ngrants = 1};

	(void)state;
	assert_int_equal(iq_disclosure(&p, &t, vocab, TODAY), IQ_OUTLINE);
	p.grants = &known;
	assert_int_equal(iq_disclosure(&p, &t, vocab, TODAY), IQ_FULL);
	assert_int_equal(iq_disclosure(&p, &t, NULL, TODAY), IQ_OUTLINE);
	assert_false(decide(&known, IQ_ACTIONS, t));
}

/* An area with a member above the contact's region, and one below it. */
static void test_area_related(void **state)
{
	const struct iq_target above = OFFICE_IN(SACHSEN, IQ_PARTNERS);
	const struct iq_target beside = OFFICE_IN(BAYERN, IQ_PARTNERS);
	const struct iq_grant elbe = GRANT(IQ_ACCESS_READER, IQ_NONE, ELBE, TODAY, TODAY);
	const struct iq_principal p = {.grants = &elbe, .ngrants = 1};

	(void)state;
	assert_int_equal(iq_disclosure(&p, &above, vocab, TODAY), IQ_FULL);
	assert_int_equal(iq_disclosure(&p, &beside, vocab, TODAY), IQ_OUTLINE);
}

static void test_role_names(void **state)
{
	(void)state;
	assert_int_equal(iq_choice(iq_access_role_names, IQ_STR("auditor")), IQ_ACCESS_AUDITOR);
	assert_int_equal(iq_choice(iq_access_role_names, IQ_STR("reader")), IQ_ACCESS_READER);
	assert_int_equal(iq_choice(iq_access_role_names, IQ_STR("operator")), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_founding),
		cmocka_unit_test(test_no_region),
		cmocka_unit_test(test_first_principal),
		cmocka_unit_test(test_disclosure),
		cmocka_unit_test(test_unknown_peer),
		cmocka_unit_test(test_no_owner),
		cmocka_unit_test(test_unknown_regions),
		cmocka_unit_test(test_area_related),
		cmocka_unit_test(test_role_names),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
