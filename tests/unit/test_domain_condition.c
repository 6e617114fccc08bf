/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_records.h"

#include "bounds.h"
#include "condition.h"

static const struct iq_str places[] = {{"reception-centre", 16}, {"shared", 6}, {"decentral", 9}};
static const struct iq_str yes_no[] = {{"yes", 3}, {"no", 2}};

static const struct iq_fact all[] = {
	{.num = 1, .id = {"accommodation", 13}, .values = places, .nvalues = 3},
	{.num = 2, .id = {"age", 3}, .integer = true},
	{.num = 3, .id = {"stay-months", 11}, .integer = true},
	{.num = 4, .id = {"work", 4}, .values = yes_no, .nvalues = 2},
};
static const struct iq_facts facts = {all, 4};
enum { ACCOMMODATION, AGE, MONTHS, WORK };

static struct iq_known known_of(int fact, const char *value)
{
	struct iq_known k = {0};
	struct iq_problem p = {0};

	if (value != NULL)
		assert_int_equal(iq_known_parse(&all[fact], iq_str(value), &k, &p), IQ_OK);
	return k;
}

static void test_find(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(iq_fact_find(&facts, all[i].id), i);
	assert_int_equal(iq_fact_find(&facts, IQ_STR("ag")), -1);
	assert_int_equal(iq_fact_find(&facts, IQ_STR("agee")), -1);
	assert_int_equal(iq_fact_find(&facts, IQ_STR("")), -1);
	assert_int_equal(iq_fact_find(&(struct iq_facts){NULL, 0}, IQ_STR("age")), -1);
}

/* ---- evaluation --------------------------------------------------------------------------- */

#define T IQ_TRUE
#define F IQ_FALSE
#define U IQ_UNKNOWN

static const struct {
	const char *text, *age, *place; /* what is known; NULL: nothing */
	enum iq_truth truth;
} evaluations[] = {
	{"", NULL, NULL, T},
	/* every operator, one value */
	{"age=17", "17", NULL, T},
	{"age=17", "18", NULL, F},
	{"age=17", NULL, NULL, U},
	{"age!=17", "17", NULL, F},
	{"age!=17", "18", NULL, T},
	{"age!=17", NULL, NULL, U},
	{"age<17", "16", NULL, T},
	{"age<17", "17", NULL, F},
	{"age<17", NULL, NULL, U},
	{"age<=17", "17", NULL, T},
	{"age<=17", "18", NULL, F},
	{"age<=17", NULL, NULL, U},
	{"age>17", "18", NULL, T},
	{"age>17", "17", NULL, F},
	{"age>17", NULL, NULL, U},
	{"age>=17", "17", NULL, T},
	{"age>=17", "16", NULL, F},
	{"age>=17", NULL, NULL, U},
	/* every operator, ranges */
	{"age=17", "16..17", NULL, U},
	{"age=17", "18..20", NULL, F},
	{"age=17", "17..17", NULL, T},
	{"age!=17", "16..17", NULL, U},
	{"age!=17", "18..20", NULL, T},
	{"age!=17", "17..17", NULL, F},
	{"age<17", "15..16", NULL, T},
	{"age<17", "16..17", NULL, U},
	{"age<17", "17..18", NULL, F},
	{"age<=17", "16..17", NULL, T},
	{"age<=17", "17..18", NULL, U},
	{"age<=17", "18..19", NULL, F},
	{"age>17", "18..19", NULL, T},
	{"age>17", "17..18", NULL, U},
	{"age>17", "16..17", NULL, F},
	{"age>=17", "17..18", NULL, T},
	{"age>=17", "16..17", NULL, U},
	{"age>=17", "15..16", NULL, F},
	/* unions of ranges */
	{"age=12..27", "12..27", NULL, T},
	{"age=12..27", "11..27", NULL, U},
	{"age=12..27", "12..28", NULL, U},
	{"age=12..27", "28..30", NULL, F},
	{"age=12..17|18..27", "16..20", NULL, T},
	{"age=18..27|12..17", "16..20", NULL, T},
	{"age=20|18|16|19|17", "16..20", NULL, T},
	{"age=20|18|16|19", "16..20", NULL, U},
	{"age=12..16|18..27", "16..20", NULL, U},
	{"age=12..16|18..27", "17", NULL, F},
	{"age!=12..17|18..27", "16..20", NULL, F},
	{"age!=12..16|18..27", "16..20", NULL, U},
	{"age!=12..16|18..27", "17", NULL, T},
	{"age=0..999999999", "5..6", NULL, T},
	{"age=0..999999999", NULL, NULL, U}, /* unknown facts are unknown */
	{"age>=0", NULL, NULL, U},
	/* choices */
	{"accommodation=shared", NULL, "shared", T},
	{"accommodation=shared", NULL, "decentral", F},
	{"accommodation=shared", NULL, "shared|decentral", U},
	{"accommodation=shared", NULL, NULL, U},
	{"accommodation=shared|decentral", NULL, "shared|decentral", T},
	{"accommodation=decentral|shared", NULL, "shared", T},
	{"accommodation=shared|decentral", NULL, "reception-centre", F},
	{"accommodation=shared|decentral", NULL, "reception-centre|shared", U},
	{"accommodation!=reception-centre", NULL, "shared|decentral", T},
	{"accommodation!=reception-centre", NULL, "reception-centre", F},
	{"accommodation!=reception-centre", NULL, "reception-centre|shared", U},
	{"accommodation!=reception-centre", NULL, NULL, U},
	{"accommodation!=reception-centre|shared", NULL, "decentral", T},
	{"accommodation!=reception-centre|shared", NULL, "shared", F},
	{"accommodation=reception-centre|shared|decentral", NULL, NULL, U},
	/* several clauses: each on its own, then all */
	{"age>=18;accommodation=shared", "20", "shared", T},
	{"age>=18;accommodation=shared", "20", NULL, U},
	{"age>=18;accommodation=shared", "17", NULL, F},
	{"age>=18;accommodation=shared", NULL, "decentral", F},
	{"age>=18;age<27", "20", NULL, T},
	{"age>=18;age<27", "16..30", NULL, U},
	{"age>=18;age<27", "27", NULL, F},
	/* what the vocabulary does not know (any more) is unknown */
	{"gone=yes", "20", NULL, U},
	{"accommodation=tent", NULL, "shared", U},
	{"age=old", "20", NULL, U},
	{"age<old", "20", NULL, U},
	{"accommodation<shared", NULL, "shared", U},
	{"nonsense", "20", NULL, U},
	{"gone=yes;age=1", "20", NULL, F},
};

static void test_eval(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(evaluations) / sizeof(*evaluations); i++) {
		struct iq_known known[4] = {{0}};
		struct iq_fact_list open, failed;
		struct iq_str text = iq_str(evaluations[i].text);

		print_message("%s (age %s, %s)\n", evaluations[i].text,
			evaluations[i].age ? evaluations[i].age : "?",
			evaluations[i].place ? evaluations[i].place : "?");
		known[AGE] = known_of(AGE, evaluations[i].age);
		known[ACCOMMODATION] = known_of(ACCOMMODATION, evaluations[i].place);
		assert_int_equal(iq_condition_eval(&facts, text, known, &open, &failed),
			evaluations[i].truth);
		assert_int_equal(
			iq_condition_eval(&facts, text, known, NULL, NULL), evaluations[i].truth);
		assert_int_equal(failed.n > 0, evaluations[i].truth == IQ_FALSE);
	}
}

static void test_lists(void **state)
{
	struct iq_known known[4] = {{0}};
	struct iq_fact_list open, failed;

	(void)state;
	known[AGE] = known_of(AGE, "20");
	known[WORK] = known_of(WORK, "yes");
	assert_int_equal(iq_condition_eval(&facts,
				 IQ_STR("work=no;stay-months<3;age<18;accommodation=shared;"
					"stay-months>1;age<17"),
				 known, &open, &failed),
		IQ_FALSE);
	assert_int_equal(failed.n, 2);
	assert_int_equal(failed.fact[0], WORK);
	assert_int_equal(failed.fact[1], AGE);
	assert_int_equal(open.n, 2);
	assert_int_equal(open.fact[0], MONTHS);
	assert_int_equal(open.fact[1], ACCOMMODATION);
	assert_int_equal(
		iq_condition_eval(&facts, IQ_STR("age>=18"), known, &open, &failed), IQ_TRUE);
	assert_int_equal(open.n + failed.n, 0);
}

/* The answer must be what asking for every possible value one by one gives. */
static void test_exact(void **state)
{
	static const char *const texts[] = {"age=3", "age=1..2|4", "age=0|2|4|6", "age=0..2|3..6",
		"age=5..6|1|2..4", "age!=2..3", "age!=0|6", "age<3", "age<=3", "age>3", "age>=3",
		"age=4..6|0..2|3", "age=2..9|0..3"};
	enum { TOP = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		for (int low = 0; low <= TOP; low++) {
			for (int high = low; high <= TOP; high++) {
				struct iq_known known[4] = {{0}};
				int yes = 0, n = high - low + 1;

				for (int v = low; v <= high; v++) {
					known[AGE] = (struct iq_known){true, v, v, 0};
					yes += iq_condition_eval(&facts, iq_str(texts[i]), known,
						       NULL, NULL) == IQ_TRUE;
				}
				known[AGE] = (struct iq_known){true, low, high, 0};
				assert_int_equal(iq_condition_eval(&facts, iq_str(texts[i]), known,
							 NULL, NULL),
					yes == n   ? IQ_TRUE
					: yes == 0 ? IQ_FALSE
						   : IQ_UNKNOWN);
			}
		}
	}
}

/* ---- checking ----------------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *at; /* position; NULL: valid */
	const char *token, *nearest;
} checks[] = {
	{"", NULL, NULL, NULL},
	{"age=12", NULL, NULL, NULL},
	{"age=12..27|30|0", NULL, NULL, NULL},
	{"age!=12..27", NULL, NULL, NULL},
	{"age<999999999", NULL, NULL, NULL},
	{"age>=27;age<=30;work=yes", NULL, NULL, NULL},
	{"accommodation!=shared|decentral", NULL, NULL, NULL},
	{"agee=12", "1", "agee", "age"},
	{"Age=12", "1", "Age", "age"},
	{"stay_months<3", "1", "stay_months", "stay-months"},
	{"colour=red", "1", "colour", ""},
	{"age=12;wrk=yes", "8", "wrk", "work"},
	{"=12", "1", "", ""},
	{"age", "1", "age", ""},
	{"age!12", "1", "age!12", ""},
	{"age=", "5", "", ""},
	{"age<", "5", "", ""},
	{"age==12", "5", "=12", ""},
	{"age=12|", "8", "", ""},
	{"age=|12", "5", "", ""},
	{";", "1", "", ""},
	{"age=12;", "8", "", ""},
	{"age=12;;work=yes", "8", "", ""},
	{"age = 12", "4", " ", ""},
	{"age=12; work=yes", "8", " ", ""},
	{"age=x", "5", "x", ""},
	{"age=-1", "5", "-1", ""},
	{"age=1234567890", "5", "1234567890", ""},
	{"age=12..", "5", "12..", ""},
	{"age=..12", "5", "..12", ""},
	{"age=12...13", "5", "12...13", ""},
	{"age=12.13", "5", "12.13", ""},
	{"age=12|27..13", "8", "27..13", "13..27"},
	{"age<12..13", "5", "12..13", ""},
	{"age<1|2", "5", "1|2", ""},
	{"work=maybe", "6", "maybe", ""},
	{"work=yes|No", "10", "No", "no"},
	{"accommodation=share", "15", "share", "shared"},
	{"accommodation<shared", "1", "accommodation", ""},
	{"work=yes..no", "6", "yes..no", ""},
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		struct iq_problem p = {0};
		enum iq_err err = iq_condition_check(&facts, iq_str(checks[i].text), &p);

		print_message("%s\n", checks[i].text);
		if (checks[i].at == NULL) {
			assert_int_equal(err, IQ_OK);
			continue;
		}
		assert_int_equal(err, IQ_ERR_REJECTED);
		assert_non_null(strstr(p.text, "{0}"));
		fx_str_equal(p.value, checks[i].text);
		fx_str_equal(p.args[0], checks[i].at);
		fx_str_equal(p.args[1], checks[i].token);
		fx_str_equal(p.nearest, checks[i].nearest);
	}
}

static void test_check_limits(void **state)
{
	char text[1024] = "";
	struct iq_problem p = {0};

	(void)state;
	for (int i = 0; i < IQ_LIMIT_CLAUSES; i++)
		strcat(text, i ? ";age=1" : "age=1");
	assert_int_equal(iq_condition_check(&facts, iq_str(text), &p), IQ_OK);
	strcat(text, ";age=1");
	assert_int_equal(iq_condition_check(&facts, iq_str(text), &p), IQ_ERR_REJECTED);
	fx_str_equal(p.args[0], "97");
	strcpy(text, "age=1");
	for (int i = 1; i < IQ_LIMIT_FACT_VALUES; i++)
		strcat(text, "|1");
	assert_int_equal(iq_condition_check(&facts, iq_str(text), &p), IQ_OK);
	strcat(text, "|1");
	assert_int_equal(iq_condition_check(&facts, iq_str(text), &p), IQ_ERR_REJECTED);
}

/* ---- what is known ------------------------------------------------------------------------ */

static const struct {
	int fact;
	const char *value;
	bool ok;
	int64_t low, high;
	uint64_t mask;
	const char *nearest;
} knowns[] = {
	{AGE, "17", true, 17, 17, 0, NULL},
	{AGE, "0", true, 0, 0, 0, NULL},
	{AGE, "16..17", true, 16, 17, 0, NULL},
	{AGE, "17..16", false, 0, 0, 0, "16..17"},
	{AGE, "16|17", false, 0, 0, 0, ""},
	{AGE, "", false, 0, 0, 0, ""},
	{AGE, "old", false, 0, 0, 0, ""},
	{AGE, ">16", false, 0, 0, 0, ""},
	{AGE, " 16", false, 0, 0, 0, ""},
	{ACCOMMODATION, "shared", true, 0, 0, 2, NULL},
	{ACCOMMODATION, "decentral|shared", true, 0, 0, 6, NULL},
	{ACCOMMODATION, "shared|", false, 0, 0, 0, ""},
	{ACCOMMODATION, "", false, 0, 0, 0, ""},
	{ACCOMMODATION, "tent", false, 0, 0, 0, ""},
	{ACCOMMODATION, "Shared", false, 0, 0, 0, "shared"},
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(knowns) / sizeof(*knowns); i++) {
		struct iq_known k = {.low = -1};
		struct iq_problem p = {0};
		enum iq_err err =
			iq_known_parse(&all[knowns[i].fact], iq_str(knowns[i].value), &k, &p);

		print_message("%s\n", knowns[i].value);
		if (!knowns[i].ok) {
			assert_int_equal(err, IQ_ERR_REJECTED);
			assert_false(k.known);
			assert_int_equal(k.low, -1);
			assert_true(iq_str_eq(p.column, all[knowns[i].fact].id));
			fx_str_equal(p.value, knowns[i].value);
			fx_str_equal(p.nearest, knowns[i].nearest);
			continue;
		}
		assert_int_equal(err, IQ_OK);
		assert_true(k.known);
		assert_int_equal(k.low, knowns[i].low);
		assert_int_equal(k.high, knowns[i].high);
		assert_int_equal(k.mask, knowns[i].mask);
	}
}

static void test_implies(void **state)
{
	static const struct {
		const char *text, *at;
	} bad[] = {
		{"age=16..17;age=18", "12"},
		{"age=16;", "8"},
		{"age!=16", "1"},
		{"age<16", "1"},
		{"age=16|17", "5"},
		{"work=yes;accommodation=tent", "24"},
		{"colour=red", "1"},
		{"work", "1"},
	};
	struct iq_known known[4] = {{0}};
	struct iq_problem p = {0};

	(void)state;
	known[MONTHS] = known_of(MONTHS, "5");
	assert_int_equal(iq_implies_parse(&facts, IQ_STR(""), known, &p), IQ_OK);
	assert_false(known[AGE].known);
	assert_int_equal(iq_implies_parse(&facts,
				 IQ_STR("age=16..17;accommodation=shared|decentral"), known, &p),
		IQ_OK);
	assert_int_equal(known[AGE].low, 16);
	assert_int_equal(known[AGE].high, 17);
	assert_int_equal(known[ACCOMMODATION].mask, 6);
	assert_int_equal(known[MONTHS].low, 5);
	assert_false(known[WORK].known);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		print_message("%s\n", bad[i].text);
		assert_int_equal(
			iq_implies_parse(&facts, iq_str(bad[i].text), known, &p), IQ_ERR_REJECTED);
		fx_str_equal(p.args[0], bad[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_eval),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_check_limits),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_implies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
