/* SPDX-License-Identifier: Apache-2.0 */
/* add, set, delete, merge. */

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

	fixture_new(&x->f, 64 << 20);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
	assert_int_equal(iq_rtxn_new(x->f.store, &x->r), IQ_OK);
	apply_ok(x->w, ADD, REC(IQ_REGION, "de", "name_de=Deutschland", "name_en=Germany"));
	apply_ok(x->w, ADD, REC(IQ_REGION, "sn", "name_de=Sachsen", "parent=de"));
	apply_ok(x->w, ADD, REC(IQ_REGION, "dresden", "name_de=Dresden", "parent=sn"));
	apply_ok(x->w, ADD,
		REC(IQ_REGION, "radebeul", "name_de=Radebeul", "parent=sn",
			"aliases=Lössnitzstadt"));
	apply_ok(x->w, ADD, REC(IQ_POSTCODE, NULL, "postcode=01445", "region=radebeul"));
	apply_ok(x->w, ADD, REC(IQ_POSTCODE, NULL, "postcode=01067", "region=dresden"));
	apply_ok(x->w, ADD, REC(IQ_POSTCODE, NULL, "postcode=01067", "region=radebeul"));
	apply_ok(x->w, ADD, REC(IQ_TASK, "course", "name_de=Kurs"));
	apply_ok(x->w, ADD, REC(IQ_STATUS, "asylum", "name_de=Asyl"));
	apply_ok(x->w, ADD, REC(IQ_STATUS, "asylum-b", "name_de=Asyl B"));
	apply_ok(x->w, ADD, REC(IQ_FACT, "age", "name_de=Alter", "type=integer"));
	apply_ok(x->w, ADD, REC(IQ_FACT, "years", "name_de=Jahre", "type=integer"));
	apply_ok(x->w, ADD,
		REC(IQ_FACT, "housing", "name_de=Wohnen", "type=choice", "values=shared|own"));
	apply_ok(x->w, SET, REC(IQ_STATUS, "asylum", "implies=housing=shared"));
	apply_ok(x->w, ADD, REC(IQ_INSTITUTION, "abh", "name_de=ABH", "region=dresden"));
	apply_ok(x->w, ADD,
		REC(IQ_INSTITUTION, "abh-a", "name_de=ABH Nord", "region=radebeul", "parent=abh"));
	apply_ok(x->w, ADD, REC(IQ_CONTACT, "max", "institution=abh", "name=Max Muster"));
	apply_ok(x->w, ADD,
		REC(IQ_CONTACT, "eva", "institution=abh-a", "name=Eva Muster", "deputy=max"));
	apply_ok(x->w, ADD,
		REC(IQ_RESPONSIBILITY, "r-one", "institution=abh-a", "task=course",
			"region=radebeul", "statuses=asylum;asylum-b", "role=lead",
			"contacts=eva;max", "condition=age>=18;housing=own"));
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
	struct iq_rec rec;

	assert_true(iq_rtxn_renew(x->r));
	struct iq_txn *t = iq_rtxn_txn(x->r);
	iq_num num = iq_id_find(t, kind, iq_str(id));

	if (num == IQ_NONE || !iq_rec_get(t, kind, num, &x->f.arena, &rec))
		return "-";
	const char *text = iq_arena_cstr(&x->f.arena,
		iq_rec_write_cell(&rec, iq_column_by_name(kind, iq_str(column)), &x->f.arena));

	iq_rtxn_reset(x->r);
	return text;
}

static void refused(struct world *x, enum test_verb verb, struct iq_rec rec, enum iq_err expected)
{
	struct test_job t;
	enum iq_err err = apply(x->w, &t, verb, rec);

	assert_int_equal(err, expected);
	assert_int_equal(t.job.revision, 0);
	assert_int_equal(t.job.error.code, expected);
	assert_false(t.job.wrote); /* all of these are found before the first write */
	job_free(&t);
}

static void refused_id(struct world *x, enum test_verb verb, enum iq_kind kind, const char *id,
	const char *into, enum iq_err expected)
{
	struct test_job t;

	assert_int_equal(apply_id(x->w, &t, verb, kind, id, into), expected);
	assert_int_equal(t.job.revision, 0);
	assert_non_null(t.job.error.text);
	job_free(&t);
}

static void done_id(
	struct world *x, enum test_verb verb, enum iq_kind kind, const char *id, const char *into)
{
	struct test_job t;
	enum iq_err err = apply_id(x->w, &t, verb, kind, id, into);

	if (err != IQ_OK)
		print_error_of(&t.job.error);
	assert_int_equal(err, IQ_OK);
	assert_true(t.job.revision > 0);
	assert_true(t.diffs.n > 0);
	job_free(&t);
}

static void test_put(void **state)
{
	struct world *x = *state;
	struct test_job t;

	/* set: only what is given changes; the difference is told */
	assert_int_equal(
		apply(x->w, &t, SET, REC(IQ_INSTITUTION, "abh", "phone=030 23125 001", "town=")),
		IQ_OK);
	assert_int_equal(t.diffs.n, 1);
	assert_true(iq_str_is(t.diffs.d[0].column, "phone"));
	assert_true(iq_str_is(t.diffs.d[0].after, "030 23125 001"));
	job_free(&t);
	assert_string_equal(cell(x, IQ_INSTITUTION, "abh", "name_de"), "ABH");
	/* the same again changes nothing */
	assert_int_equal(
		apply(x->w, &t, SET, REC(IQ_INSTITUTION, "abh", "phone=030 23125 001")), IQ_OK);
	assert_int_equal(t.job.revision, 0);
	assert_int_equal(t.diffs.n, 0);
	job_free(&t);
	refused(x, ADD, REC(IQ_INSTITUTION, "abh", "name_de=Nochmal"), IQ_ERR_CONFLICT);
	refused(x, SET, REC(IQ_INSTITUTION, "abx", "name_de=Nie"), IQ_ERR_NOT_FOUND);
	refused(x, ADD, REC(IQ_INSTITUTION, "new", "name_en=Nameless"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_INSTITUTION, "abh", "region=nowhere"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_RESPONSIBILITY, "r-one", "condition=age>=x"), IQ_ERR_REJECTED);
	/* circles */
	refused(x, SET, REC(IQ_INSTITUTION, "abh", "parent=abh-a"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_INSTITUTION, "abh", "parent=abh"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_CONTACT, "max", "deputy=eva"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_REGION, "sn", "parent=dresden"), IQ_ERR_REJECTED);
}

/* Changes of the vocabulary must not break what is stored. */
static void test_vocabulary(void **state)
{
	struct world *x = *state;

	refused(x, SET, REC(IQ_FACT, "housing", "values=shared"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_FACT, "housing", "values=own"), IQ_ERR_REJECTED);
	refused(x, SET, REC(IQ_FACT, "age", "type=choice", "values=old"), IQ_ERR_REJECTED);
	apply_ok(x->w, SET, REC(IQ_FACT, "housing", "values=shared|own|none"));
	refused(x, SET, REC(IQ_REGION, "radebeul", "kind=area", "parent="), IQ_ERR_REJECTED);
}

static void test_delete(void **state)
{
	struct world *x = *state;
	struct test_job t;

	assert_int_equal(apply_id(x->w, &t, DELETE, IQ_INSTITUTION, "abh", NULL), IQ_ERR_CONFLICT);
	assert_int_equal(t.job.error.ncandidates, 2); /* its child and its contact */
	job_free(&t);
	assert_int_equal(apply_id(x->w, &t, DELETE, IQ_STATUS, "asylum-b", NULL), IQ_ERR_CONFLICT);
	assert_int_equal(t.job.error.ncandidates, 1);
	assert_true(iq_str_is(t.job.error.candidates[0].id, "r-one"));
	job_free(&t);
	refused_id(x, DELETE, IQ_TASK, "course", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_REGION, "radebeul", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_REGION, "de", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_FACT, "age", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_FACT, "housing", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_CONTACT, "max", NULL, IQ_ERR_CONFLICT);
	refused_id(x, DELETE, IQ_CONTACT, "nobody", NULL, IQ_ERR_NOT_FOUND);
	done_id(x, DELETE, IQ_FACT, "years", NULL);
	done_id(x, DELETE, IQ_RESPONSIBILITY, "r-one", NULL);
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "role"), "-");
	done_id(x, DELETE, IQ_FACT, "age", NULL);
	done_id(x, DELETE, IQ_TASK, "course", NULL);
	/* added again under its old number */
	apply_ok(x->w, ADD, REC(IQ_TASK, "course", "name_de=Kurs neu"));
	assert_string_equal(cell(x, IQ_TASK, "course", "name_de"), "Kurs neu");
}

static void test_merge_region(void **state)
{
	struct world *x = *state;

	refused_id(x, MERGE, IQ_REGION, "sn", "dresden", IQ_ERR_CONFLICT);
	refused_id(x, MERGE, IQ_REGION, "sn", "sn", IQ_ERR_CONFLICT);
	refused_id(x, MERGE, IQ_REGION, "sn", "nowhere", IQ_ERR_NOT_FOUND);
	refused_id(x, MERGE, IQ_REGION, "nowhere", "sn", IQ_ERR_NOT_FOUND);
	refused_id(x, MERGE, IQ_RESPONSIBILITY, "r-one", "r-one", IQ_ERR_USAGE);
	apply_ok(x->w, ADD,
		REC(IQ_REGION, "zone", "name_de=Gebiet", "kind=area", "members=radebeul;dresden"));
	refused_id(x, MERGE, IQ_REGION, "radebeul", "zone", IQ_ERR_CONFLICT);
	done_id(x, MERGE, IQ_REGION, "radebeul", "dresden");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "region"), "dresden");
	assert_string_equal(cell(x, IQ_INSTITUTION, "abh-a", "region"), "dresden");
	assert_string_equal(cell(x, IQ_REGION, "zone", "members"), "dresden");
	assert_string_equal(
		cell(x, IQ_REGION, "dresden", "aliases"), "Radebeul;Lössnitzstadt;radebeul");
	/* postcodes move; the pair that was there already is one */
	assert_string_equal(cell(x, IQ_POSTCODE, "01445-dresden", "region"), "dresden");
	assert_string_equal(cell(x, IQ_POSTCODE, "01067-dresden", "region"), "dresden");
	assert_string_equal(cell(x, IQ_POSTCODE, "01445-radebeul", "region"), "dresden");
	/* the old id leads to the survivor, is not free, and is replaced where it is written */
	assert_string_equal(cell(x, IQ_REGION, "radebeul", "name_de"), "Dresden");
	refused(x, ADD, REC(IQ_REGION, "radebeul", "name_de=R", "parent=de"), IQ_ERR_CONFLICT);
	apply_ok(x->w, ADD, REC(IQ_INSTITUTION, "late", "name_de=L", "region=radebeul"));
	assert_string_equal(cell(x, IQ_INSTITUTION, "late", "region"), "dresden");
	/* a child into its parent; both old ids follow */
	done_id(x, MERGE, IQ_REGION, "dresden", "sn");
	assert_string_equal(cell(x, IQ_REGION, "radebeul", "name_de"), "Sachsen");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "region"), "sn");
}

static void test_merge_others(void **state)
{
	struct world *x = *state;

	/* facts: conditions and implications are rewritten by clause */
	refused_id(x, MERGE, IQ_FACT, "age", "housing", IQ_ERR_REJECTED);
	assert_string_equal(
		cell(x, IQ_RESPONSIBILITY, "r-one", "condition"), "age>=18;housing=own");
	done_id(x, MERGE, IQ_FACT, "age", "years");
	assert_string_equal(
		cell(x, IQ_RESPONSIBILITY, "r-one", "condition"), "years>=18;housing=own");
	apply_ok(x->w, SET, REC(IQ_RESPONSIBILITY, "r-one", "condition=age>=21"));
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "condition"), "years>=21");
	/* statuses: a set keeps each once */
	done_id(x, MERGE, IQ_STATUS, "asylum-b", "asylum");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "statuses"), "asylum");
	/* contacts: nobody becomes the own deputy */
	done_id(x, MERGE, IQ_CONTACT, "max", "eva");
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "deputy"), "");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "contacts"), "eva");
	/* institutions: a child into its parent */
	done_id(x, MERGE, IQ_INSTITUTION, "abh-a", "abh");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-one", "institution"), "abh");
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "institution"), "abh");
	assert_string_equal(cell(x, IQ_INSTITUTION, "abh", "aliases"), "ABH Nord;abh-a");
}

/* Deputies may become a circle by a merge: refused, nothing stays of it. */
static void test_merge_circle(void **state)
{
	struct world *x = *state;

	apply_ok(x->w, ADD,
		REC(IQ_CONTACT, "tom", "institution=abh", "name=Tom Muster", "deputy=eva"));
	apply_ok(x->w, ADD, REC(IQ_CONTACT, "ida", "institution=abh", "name=Ida Muster"));
	apply_ok(x->w, SET, REC(IQ_CONTACT, "max", "deputy=ida"));
	/* tom → eva → max → ida; uniting ida with tom closes it */
	refused_id(x, MERGE, IQ_CONTACT, "ida", "tom", IQ_ERR_CONFLICT);
	assert_string_equal(cell(x, IQ_CONTACT, "max", "deputy"), "ida");
	assert_string_equal(cell(x, IQ_CONTACT, "ida", "name"), "Ida Muster");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_put),
		TEST(test_vocabulary),
		TEST(test_delete),
		TEST(test_merge_region),
		TEST(test_merge_others),
		TEST(test_merge_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
