/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "date.h"
#include "diff.h"

static struct iq_arena arena;

static int setup(void **state)
{
	(void)state;
	iq_arena_init(&arena, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

#define REC(...) fx_rec(&arena, IQ_RESPONSIBILITY, (const char *const[]){__VA_ARGS__, NULL})

/* "what column:before>after …", with "+" at the end if something is withheld. */
static const char *told(struct iq_diff_side before, struct iq_diff_side after)
{
	struct iq_rec_diff d;
	const struct iq_rec *any = after.shown ? after.shown : before.shown;
	const char *text;

	iq_diff_records(before, after, &arena, &d);
	text = iq_diff_names[d.what];
	for (size_t i = 0; i < d.n; i++)
		text = iq_arena_printf(&arena, "%s %s:%.*s>%.*s", text,
			iq_schemas[any->kind].columns[d.column[i].column].name,
			IQ_STR_ARG(d.column[i].before), IQ_STR_ARG(d.column[i].after));
	return d.withheld ? iq_arena_printf(&arena, "%s +", text) : text;
}

static struct iq_diff_side whole(const struct iq_rec *rec)
{
	return (struct iq_diff_side){rec, rec};
}

static const struct iq_diff_side nothing;

static void test_changes(void **state)
{
	struct iq_rec a = REC("id=r", "task=work", "statuses=x;y", "role=lead");
	struct iq_rec b = REC("id=r", "task=work", "statuses=y;x", "role=lead");
	struct iq_rec c = REC("id=r", "task=work", "statuses=y", "role=advice", "note=neu");

	(void)state;
	assert_string_equal(told(whole(&a), whole(&a)), "same");
	assert_string_equal(told(whole(&a), whole(&b)), "same"); /* a set has no order */
	assert_string_equal(
		told(whole(&a), whole(&c)), "changed statuses:x;y>y role:lead>advice note:>neu");
	assert_string_equal(
		told(nothing, whole(&c)), "added task:>work statuses:>y role:>advice note:>neu");
	assert_string_equal(
		told(whole(&b), nothing), "removed task:work> statuses:y;x> role:lead>");
	assert_string_equal(told(nothing, nothing), "same");
}

/* Whom the caller may not know of has never been there; other fields are withheld. */
static void test_hidden(void **state)
{
	struct iq_rec a = REC("id=r", "contacts=c1;c2"), b = REC("id=r", "contacts=c1");
	struct iq_rec none = REC("id=r", "role=lead"), shown = REC("id=r", "contacts=c1");

	(void)state;
	assert_string_equal(
		told((struct iq_diff_side){&a, &shown}, (struct iq_diff_side){&b, &shown}), "same");
	assert_string_equal(
		told((struct iq_diff_side){&a, &shown}, (struct iq_diff_side){&none, &none}),
		"changed role:>lead contacts:c1>");

	struct iq_rec p = FX_REC(&arena, IQ_CONTACT, "id=c", "function=Kurse", "phone=1");
	struct iq_rec q = FX_REC(&arena, IQ_CONTACT, "id=c", "function=Leitung", "phone=2");
	struct iq_rec po = FX_REC(&arena, IQ_CONTACT, "id=c", "function=Kurse");
	struct iq_rec qo = FX_REC(&arena, IQ_CONTACT, "id=c", "function=Leitung");

	assert_string_equal(told((struct iq_diff_side){&p, &po}, (struct iq_diff_side){&q, &qo}),
		"changed function:Kurse>Leitung +");
	assert_string_equal(
		told((struct iq_diff_side){&p, &po}, (struct iq_diff_side){&p, &po}), "same");
	assert_string_equal(told((struct iq_diff_side){&p, NULL}, (struct iq_diff_side){&q, &q}),
		"added function:>Leitung phone:>2");
	assert_string_equal(
		told((struct iq_diff_side){&p, NULL}, (struct iq_diff_side){&q, NULL}), "same");
}

static int32_t day(const char *iso)
{
	int32_t d = 0;

	assert_true(iq_date_parse(iq_str(iso), &d));
	return d;
}

static void test_valid(void **state)
{
	struct iq_rec open = REC("id=r");
	struct iq_rec both = REC("id=r", "valid_from=2026-03-01", "valid_to=2026-03-31");
	struct iq_rec task = FX_REC(&arena, IQ_TASK, "id=t");
	struct iq_rec member = FX_REC(&arena, IQ_MEMBERSHIP, "id=m", "accepted_to=2026-03-31");

	(void)state;
	assert_true(iq_rec_valid_on(&open, day("2026-03-01")));
	assert_false(iq_rec_valid_on(&both, day("2026-02-28")));
	assert_true(iq_rec_valid_on(&both, day("2026-03-01")));
	assert_true(iq_rec_valid_on(&both, day("2026-03-31")));
	assert_false(iq_rec_valid_on(&both, day("2026-04-01")));
	assert_true(iq_rec_valid_on(&task, day("2026-04-01")));
	assert_true(iq_rec_valid_on(&member, day("2026-03-31")));
	assert_false(iq_rec_valid_on(&member, day("2026-04-01")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden, setup, teardown),
		cmocka_unit_test_setup_teardown(test_valid, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
