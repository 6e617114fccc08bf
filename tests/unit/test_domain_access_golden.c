/* SPDX-License-Identifier: Apache-2.0 */
/* Rights against the table of access_golden.h: every cell, in every state of a grant. */
#include "access_places.h"

#include "access_golden.h"
#include "bounds.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The n-th letter, blanks not counted. */
static char letter(const char *cells, int n)
{
	for (; *cells != '\0'; cells++)
		if (*cells != ' ' && n-- == 0)
			return *cells;
	fail_msg("a line of the table is too short");
	return '?';
}

static const char *line_of(
	enum iq_access_role role, enum iq_action action, int class, enum golden_target target)
{
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(golden); i++) {
		const struct golden_line *l = &golden[i];

		if (l->role != role || l->action != action || !(l->classes & 1 << class) ||
			!(l->targets & (int)target))
			continue;
		if (found != NULL)
			fail_msg("twice in the table: %s %s, class %d, target %d",
				iq_access_role_names[role], iq_action_names[action], class, target);
		found = l->cells;
	}
	if (found == NULL)
		fail_msg("not in the table: %s %s, class %d, target %d", iq_access_role_names[role],
			iq_action_names[action], class, target);
	return found;
}

static const struct golden_open *open_of(
	enum iq_action action, int class, enum golden_target target)
{
	const struct golden_open *found = NULL;

	for (size_t i = 0; i < COUNT(golden_open); i++) {
		const struct golden_open *o = &golden_open[i];

		if (o->action == action && o->classes & 1 << class && o->targets & (int)target) {
			assert_null(found);
			found = o;
		}
	}
	if (found == NULL)
		fail_msg("not in the table: %s, class %d", iq_action_names[action], class);
	return found;
}

static const enum golden_target targets[] = {THERE, FOUNDED, ZERO, COARSE};

/* NULL: COARSE. */
static const struct iq_target *target_of(enum golden_target which, int class)
{
	static const iq_num owners[] = {OFFICE, COUNTY};
	static struct iq_target t;

	t = (struct iq_target){.visibility = (enum iq_visibility) class};
	if (which == THERE || which == FOUNDED) {
		t.institution = which == THERE ? OFFICE : IQ_NONE;
		t.owners = owners;
		t.nowners = 2;
		t.region = DRESDEN;
	}
	return which == COARSE ? NULL : &t;
}

/* States of a grant; what a revoked one gives is tested by leaving it out. */
static const struct {
	const char *name;
	int32_t from, to;
	enum iq_verdict instead; /* of GIVES and SCOPE */
} states[] = {
	{"valid today", TODAY, TODAY, IQ_VERDICT_GIVES},
	{"open", IQ_DATE_MIN, IQ_DATE_MAX, IQ_VERDICT_GIVES},
	{"over", IQ_DATE_MIN, TODAY - 1, IQ_VERDICT_ENDED},
	{"future", TODAY + 1, IQ_DATE_MAX, IQ_VERDICT_FUTURE},
};

static enum iq_verdict verdict_in(char cell, enum iq_verdict instead)
{
	if (cell == 'r')
		return IQ_VERDICT_ROLE;
	if (instead != IQ_VERDICT_GIVES)
		return instead;
	return cell == 'y' ? IQ_VERDICT_GIVES : IQ_VERDICT_SCOPE;
}

static void check_cell(const struct golden_line *l, int class, enum golden_target which, int scope)
{
	const struct iq_target *target = target_of(which, class);
	bool open = open_of(l->action, class, which)->known;

	for (size_t i = 0; i < COUNT(states); i++) {
		struct iq_grant g = PLACE_GRANT(l->role, scopes[scope].institution,
			scopes[scope].region, states[i].from, states[i].to);
		const struct iq_principal p = {.grants = &g, .ngrants = 1};
		enum iq_verdict want = verdict_in(letter(l->cells, scope), states[i].instead);

		if (iq_grant_verdict(&g, l->action, target, vocab, TODAY) != want ||
			iq_decide(&p, l->action, target, vocab, TODAY) !=
				(open || want == IQ_VERDICT_GIVES))
			fail_msg("%s %s, %s, class %d, target %d, %s",
				iq_access_role_names[l->role], iq_action_names[l->action],
				scopes[scope].name, class, which, states[i].name);
	}
}

static void test_every_cell(void **state)
{
	(void)state;
	for (int r = 0; r < IQ_ACCESS_ROLES; r++)
		for (int a = 0; a < IQ_ACTIONS; a++)
			for (int class = 0; class < IQ_VISIBILITIES; class ++)
				for (size_t t = 0; t < COUNT(targets); t++) {
					const struct golden_line l = {(enum iq_access_role)r,
						(enum iq_action)a, 0, 0,
						line_of((enum iq_access_role)r, (enum iq_action)a,
							class, targets[t])};

					for (int k = 0; k < SCOPES; k++)
						check_cell(&l, class, targets[t], k);
				}
}

/* Without a grant, as after its revocation, and without a name. */
static void test_no_grant(void **state)
{
	const struct iq_principal nobody = {.institution = IQ_NONE};

	(void)state;
	for (int a = 0; a < IQ_ACTIONS; a++)
		for (int class = 0; class < IQ_VISIBILITIES; class ++)
			for (size_t t = 0; t < COUNT(targets); t++) {
				enum iq_action action = (enum iq_action)a;
				const struct golden_open *o = open_of(action, class, targets[t]);
				const struct iq_target *target = target_of(targets[t], class);

				assert_int_equal(
					iq_decide(&nobody, action, target, vocab, TODAY), o->known);
				assert_int_equal(
					iq_decide(NULL, action, target, vocab, TODAY), o->anybody);
			}
}

/* Two grants give what one of them gives; none takes anything away, in no order. */
static void test_additive(void **state)
{
	enum { GRANTS = IQ_ACCESS_ROLES * SCOPES };

	(void)state;
	for (int i = 0; i < GRANTS * GRANTS; i++) {
		const int pick[] = {i / GRANTS, i % GRANTS};
		struct iq_grant g[2];

		for (int k = 0; k < 2; k++)
			g[k] = PLACE_GRANT((enum iq_access_role)(pick[k] / SCOPES),
				scopes[pick[k] % SCOPES].institution,
				scopes[pick[k] % SCOPES].region, TODAY, TODAY);
		for (int a = 0; a < IQ_ACTIONS; a++) {
			enum iq_action action = (enum iq_action)a;
			const struct iq_target *target = target_of(THERE, IQ_PARTNERS);
			const struct iq_principal both = {.grants = g, .ngrants = 2},
						  one = {.grants = g, .ngrants = 1},
						  two = {.grants = g + 1, .ngrants = 1};

			assert_int_equal(iq_decide(&both, action, target, vocab, TODAY),
				iq_decide(&one, action, target, vocab, TODAY) ||
					iq_decide(&two, action, target, vocab, TODAY));
		}
	}
}

/* ---- what is shown of a contact ----------------------------------------------------------- */

static const char *shown_of(enum iq_access_role role, int class)
{
	const char *found = NULL;

	for (size_t i = 0; i < COUNT(golden_shown); i++) {
		if (golden_shown[i].role != role || !(golden_shown[i].classes & 1 << class))
			continue;
		assert_null(found);
		found = golden_shown[i].cells;
	}
	if (found == NULL)
		fail_msg("not in the table: %s, class %d", iq_access_role_names[role], class);
	return found;
}

/* Without a grant: an outline of what is one class above public. */
static enum iq_disclosure shown_to_all(int class)
{
	return class == IQ_PUBLIC ? IQ_FULL : class == IQ_PARTNERS ? IQ_OUTLINE : IQ_HIDDEN;
}

static void test_shown(void **state)
{
	(void)state;
	for (int i = 0; i < IQ_ACCESS_ROLES * IQ_VISIBILITIES * SCOPES; i++) {
		enum iq_access_role role = (enum iq_access_role)(i / SCOPES / IQ_VISIBILITIES);
		int class = i / SCOPES % IQ_VISIBILITIES, scope = i % SCOPES;
		const struct iq_target *contact = target_of(THERE, class);
		char want = letter(shown_of(role, class), scope);

		for (size_t k = 0; k < COUNT(states); k++) {
			const struct iq_grant g = PLACE_GRANT(role, scopes[scope].institution,
				scopes[scope].region, states[k].from, states[k].to);
			const struct iq_principal p = {.grants = &g, .ngrants = 1};
			enum iq_disclosure got = iq_disclosure(&p, contact, vocab, TODAY);

			if (states[k].instead != IQ_VERDICT_GIVES)
				assert_int_equal(got, shown_to_all(class));
			else if ("-OF"[got] != want)
				fail_msg("%s, %s, class %d", iq_access_role_names[role],
					scopes[scope].name, class);
		}
	}
}

/* Institutions in which the caller may be, workshops for which it may stand. */
static void test_shown_without_grant(void **state)
{
	static const iq_num above_office[] = {COUNTY}, above_desk[] = {OFFICE, COUNTY};
	static const iq_num here[] = {70, 7}, elsewhere[] = {8}, none[] = {IQ_NONE};
	static const struct {
		const char *who;
		struct iq_principal p;
		const char *sees; /* public, partners, workshop, institution */
	} viewers[] = {
		{"nobody in particular", {.institution = IQ_NONE}, "FO--"},
		{"colleague", {.institution = OFFICE, .above = above_office, .nabove = 1}, "FFFF"},
		{"colleague, ancestors unknown", {.institution = OFFICE}, "FFFF"},
		{"of a sub-institution", {.institution = DESK, .above = above_desk, .nabove = 2},
			"FFFF"},
		{"of the parent", {.institution = COUNTY}, "FO--"},
		{"of another", {.institution = OTHER}, "FO--"},
		{"of another, same workshop",
			{.institution = OTHER, .workshops = here, .nworkshops = 2}, "FFFO"},
		{"other workshop", {.institution = OTHER, .workshops = elsewhere, .nworkshops = 1},
			"FO--"},
		{"no workshop", {.institution = OTHER, .workshops = none, .nworkshops = 1}, "FO--"},
		{"without institution, same workshop", {.workshops = here, .nworkshops = 2},
			"FFFO"},
		{"colleague and workshop",
			{.institution = OFFICE, .workshops = here, .nworkshops = 2}, "FFFF"},
	};
	static const iq_num takes_part[] = {IQ_NONE, 7, 9};

	(void)state;
	for (size_t i = 0; i < COUNT(viewers); i++)
		for (int class = 0; class < IQ_VISIBILITIES; class ++) {
			struct iq_target contact = *target_of(THERE, class);

			contact.workshops = takes_part;
			contact.nworkshops = COUNT(takes_part);
			enum iq_disclosure got =
				iq_disclosure(&viewers[i].p, &contact, vocab, TODAY);

			if ("-OF"[got] != viewers[i].sees[class])
				fail_msg("%s, class %d", viewers[i].who, class);
			assert_int_equal(
				iq_decide(&viewers[i].p, IQ_ACTION_CONTACT, &contact, vocab, TODAY),
				got == IQ_FULL);
		}
}

/* ---- giving grants ------------------------------------------------------------------------ */

/* The seats of the subtree of an institution. */
static size_t seats_of(iq_num institution, struct iq_target seats[3])
{
	static const iq_num chain[] = {DESK, OFFICE, COUNTY}, other[] = {OTHER};
	size_t n = 0;

	if (institution == OTHER)
		seats[n++] = (struct iq_target){
			.institution = OTHER, .owners = other, .nowners = 1, .region = LEIPZIG};
	for (size_t i = 0; institution != OTHER && i < 3; i++) {
		seats[n++] = (struct iq_target){.institution = chain[i],
			.owners = chain + i,
			.nowners = 3 - i,
			.region = DRESDEN};
		if (chain[i] == institution)
			return n;
	}
	return institution == OTHER ? 1 : 0;
}

static const struct iq_principal to = {.id = {"max", 3}};

static enum iq_grantable grantable(const struct iq_grant *by, const struct iq_grant *grant)
{
	const struct iq_principal p = {.id = {"erika", 5}, .grants = by, .ngrants = 1};
	struct iq_target seats[3];
	size_t n = seats_of(grant->institution, seats);

	return iq_may_grant(&p, &to, grant, seats, n, vocab, TODAY);
}

static const char *role_scopes(enum iq_access_role role)
{
	for (size_t i = 0; i < COUNT(golden_scope); i++)
		if (golden_scope[i].role == role)
			return golden_scope[i].cells;
	fail_msg("no scope in the table: %s", iq_access_role_names[role]);
	return NULL;
}

static void test_grantable(void **state)
{
	(void)state;
	assert_int_equal(COUNT(golden_granted), SCOPES);
	for (int i = 0; i < SCOPES * SCOPES * IQ_ACCESS_ROLES; i++) {
		int a = i / SCOPES / IQ_ACCESS_ROLES, k = i / IQ_ACCESS_ROLES % SCOPES;
		enum iq_access_role role = (enum iq_access_role)(i % IQ_ACCESS_ROLES);
		const struct iq_grant grant = PLACE_GRANT(
			role, scopes[k].institution, scopes[k].region, TODAY, TODAY + 300);
		enum iq_grantable want = IQ_GRANTABLE;

		if (letter(golden_granted[a], k) == 's')
			want = IQ_GRANT_OUTSIDE;
		else if (letter(role_scopes(role), k) == 's')
			want = IQ_GRANT_SCOPE;
		for (int r = 0; r < IQ_ACCESS_ROLES; r++) {
			const struct iq_grant by = PLACE_GRANT((enum iq_access_role)r,
				scopes[a].institution, scopes[a].region, TODAY, TODAY);
			enum iq_grantable got = grantable(&by, &grant);

			if (got != (r == IQ_ACCESS_ADMIN ? want : IQ_GRANT_OUTSIDE))
				fail_msg("%s by %s, %s by %s: %d", iq_access_role_names[role],
					iq_access_role_names[r], scopes[k].name, scopes[a].name,
					got);
		}
	}
}

/* An admin whose own grant is over, or not yet valid, gives nothing. */
static void test_grant_states(void **state)
{
	const struct iq_grant grant =
		PLACE_GRANT(IQ_ACCESS_READER, IQ_NONE, DRESDEN, TODAY, TODAY + 300);

	(void)state;
	for (size_t i = 0; i < COUNT(states); i++) {
		const struct iq_grant by = PLACE_GRANT(
			IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, states[i].from, states[i].to);

		assert_int_equal(grantable(&by, &grant),
			states[i].instead == IQ_VERDICT_GIVES ? IQ_GRANTABLE : IQ_GRANT_OUTSIDE);
	}
}

static void test_grant_ends(void **state)
{
	static const struct {
		int32_t from, to;
		enum iq_grantable want;
	} ends[] = {
		{TODAY, TODAY, IQ_GRANTABLE},
		{TODAY, TODAY + IQ_LIMIT_GRANT_DAYS, IQ_GRANTABLE},
		{TODAY + 9, TODAY + 9, IQ_GRANTABLE},
		{TODAY, TODAY + IQ_LIMIT_GRANT_DAYS + 1, IQ_GRANT_ENDLESS},
		{TODAY, IQ_DATE_MAX, IQ_GRANT_ENDLESS},
		{IQ_DATE_MIN, IQ_DATE_MAX, IQ_GRANT_ENDLESS},
		{TODAY + 700, TODAY + 800, IQ_GRANT_ENDLESS},
		{TODAY + 9, TODAY + 8, IQ_GRANT_ENDLESS},
		{TODAY - 9, TODAY - 1, IQ_GRANT_ENDLESS},
	};
	const struct iq_grant all =
		PLACE_GRANT(IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX);

	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		const struct iq_grant g =
			PLACE_GRANT(IQ_ACCESS_EDITOR, OFFICE, IQ_NONE, ends[i].from, ends[i].to);

		assert_int_equal(grantable(&all, &g), ends[i].want);
	}
}

/* Not to oneself, not to another account of the same person. */
static void test_grant_self(void **state)
{
	const struct iq_grant all =
		PLACE_GRANT(IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX);
	const struct iq_grant g = PLACE_GRANT(IQ_ACCESS_READER, IQ_NONE, IQ_NONE, TODAY, TODAY + 1);
	const struct iq_principal by = {
		.id = {"erika", 5}, .contact = 5, .grants = &all, .ngrants = 1};
	const struct iq_principal second = {.id = {"erika-2", 7}, .contact = 5},
				  colleague = {.id = {"max", 3}, .contact = 6},
				  unlinked = {.id = {"moritz", 6}};

	(void)state;
	assert_int_equal(iq_may_grant(&by, &by, &g, NULL, 0, vocab, TODAY), IQ_GRANT_SELF);
	assert_int_equal(iq_may_grant(&by, &second, &g, NULL, 0, vocab, TODAY), IQ_GRANT_SELF);
	assert_int_equal(iq_may_grant(&by, &colleague, &g, NULL, 0, vocab, TODAY), IQ_GRANTABLE);
	assert_int_equal(iq_may_grant(&by, &unlinked, &g, NULL, 0, vocab, TODAY), IQ_GRANTABLE);
	assert_int_equal(
		iq_may_grant(NULL, &unlinked, &g, NULL, 0, vocab, TODAY), IQ_GRANT_OUTSIDE);
}

/* A sub-institution elsewhere, a seat that is not known, seats left out: only all covers them. */
static void test_grant_seats(void **state)
{
	const struct iq_grant all =
		PLACE_GRANT(IQ_ACCESS_ADMIN, IQ_NONE, IQ_NONE, IQ_DATE_MIN, IQ_DATE_MAX);
	const struct iq_grant here =
		PLACE_GRANT(IQ_ACCESS_ADMIN, IQ_NONE, DRESDEN, IQ_DATE_MIN, IQ_DATE_MAX);
	const struct iq_grant g = PLACE_GRANT(IQ_ACCESS_EDITOR, COUNTY, IQ_NONE, TODAY, TODAY + 1);
	const struct iq_principal wide = {.grants = &all, .ngrants = 1},
				  narrow = {.grants = &here, .ngrants = 1};
	struct iq_target seats[3];
	size_t n = seats_of(COUNTY, seats);

	(void)state;
	assert_int_equal(n, 3);
	assert_true(iq_grant_covered(&narrow, &g, seats, n, vocab, TODAY));
	assert_false(iq_grant_covered(&narrow, &g, NULL, 0, vocab, TODAY));
	assert_true(iq_grant_covered(&wide, &g, NULL, 0, vocab, TODAY));
	seats[1].region = LEIPZIG;
	assert_false(iq_grant_covered(&narrow, &g, seats, n, vocab, TODAY));
	assert_true(iq_grant_covered(&wide, &g, seats, n, vocab, TODAY));
	seats[1].region = IQ_NONE;
	assert_false(iq_grant_covered(&narrow, &g, seats, n, vocab, TODAY));
	/* seats of something else prove nothing */
	n = seats_of(OTHER, seats);
	seats[0].region = DRESDEN;
	assert_false(iq_grant_covered(&narrow, &g, seats, n, vocab, TODAY));
	assert_false(iq_grant_covered(NULL, &g, seats, n, vocab, TODAY));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell),
		cmocka_unit_test(test_no_grant),
		cmocka_unit_test(test_additive),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_shown_without_grant),
		cmocka_unit_test(test_grantable),
		cmocka_unit_test(test_grant_states),
		cmocka_unit_test(test_grant_ends),
		cmocka_unit_test(test_grant_self),
		cmocka_unit_test(test_grant_seats),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
