/* SPDX-License-Identifier: Apache-2.0 */
/* Imports: whole, refused, kept going, repeated. */

#include "import_help.h"

static void test_good(void **state)
{
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	assert_clean(x->f.store);
	assert_string_equal(cell(x, IQ_CONTACT, "eva", "visibility"), "institution");
	assert_string_equal(cell(x, IQ_POSTCODE, "01067-dresden", "region"), "dresden");
	/* the same again: no revision */
	assert_int_equal(import(x, &t, false, good, COUNT(good)), IQ_OK);
	assert_int_equal(t.job.revision, 0);
	assert_int_equal(SUM(&t, unchanged), 22);
	assert_int_equal(SUM(&t, created) + SUM(&t, changed), 0);
	job_free(&t);
	/* a column that is missing stays, an empty cell clears, new rows join */
	static const struct file more[] = {
		{IQ_CONTACT, "id,institution,name\nmax,abh-nord,\nnew,abh,Neu Muster\n"},
		{IQ_RESPONSIBILITY, "id,institution,task,region,role\nr-2,abh,course,sn,lead\n"},
	};

	assert_int_equal(import(x, &t, false, more, COUNT(more)), IQ_OK);
	assert_int_equal(t.job.revision, 2);
	assert_int_equal(t.counts[IQ_CONTACT].changed, 1);
	assert_int_equal(t.counts[IQ_CONTACT].created, 1);
	assert_int_equal(t.counts[IQ_RESPONSIBILITY].changed, 1);
	job_free(&t);
	assert_string_equal(cell(x, IQ_CONTACT, "max", "visibility"), "public");
	assert_string_equal(cell(x, IQ_CONTACT, "max", "name"), "");
	assert_string_equal(cell(x, IQ_CONTACT, "max", "institution"), "abh-nord");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-2", "contacts"), "eva;max");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-2", "role"), "lead");
}

static void test_guard(void **state)
{
	struct world *x = *state;
	struct test_job t;
	static const struct file lower[] = {
		{IQ_CONTACT, "id,institution,visibility\nmax,abh-nord,partners\n"
			     "eva,abh,partners\nnew,abh,public\n"},
	};
	static const struct file raise[] = {
		{IQ_CONTACT, "id,institution,visibility\nmax,abh-nord,partners\neva,abh,\n"},
	};

	import_good(x);
	for (int keep_going = 0; keep_going < 2; keep_going++) {
		assert_int_equal(import(x, &t, keep_going, lower, 1), IQ_ERR_GUARD);
		assert_int_equal(t.job.error.nproblems, 1);
		assert_int_equal(t.job.error.problems[0].line, 3);
		job_free(&t);
		assert_string_equal(cell(x, IQ_CONTACT, "eva", "visibility"), "institution");
	}
	assert_int_equal(import(x, &t, false, raise, 1), IQ_OK);
	assert_string_equal(cell(x, IQ_CONTACT, "max", "visibility"), "partners");
	job_free(&t);
}

static const struct file bad[] = {
	{IQ_REGION, "id,parent,name_de\n"
		    "berlin,dee,Berlin\n"  /* unknown parent */
		    "a,b,A\nb,a,B\n"       /* a circle */
		    "hamburg,de,\n"        /* no name */
		    "bremen,de,Bremen\n"}, /* good */
	{IQ_CONTACT, "id,institution,name,visibility,valid_to\n"
		     "ok,abh,Ok Muster,public,\n"
		     "c-1,abx,Muster,public,\n"         /* unknown institution */
		     "c-2,abh,Muster,publik,\n"         /* no such visibility */
		     "c-3,abh,Muster,public,1.3.2026\n" /* no ISO date */
		     "ok,abh,Zwei Muster,public,\n"     /* twice */
		     "C 5,abh,Muster,public,\n"},       /* no id */
	{IQ_RESPONSIBILITY, "id,institution,task,region,role,condition\n"
			    "r-9,abh,course,dresdn,lead,\n"
			    "r-8,abh,course,zone,lead,\n"   /* an area */
			    "r-7,abh,course,berlin,lead,\n" /* refers to a bad row */
			    "r-6,abh,course,bremen,lead,size>3\n"
			    "r-5,abh,course,bremen,lead,age>3\n"},
	{IQ_INSTITUTION, "id,name_de,parent\ni-1,Eins,i-2\ni-2,Zwei,i-1\ni-3,Drei,i-4\n"},
};

static const struct expected bad_problems[] = {
	{"regions.csv", 2, "parent", "dee", "de"},
	{"regions.csv", 3, "parent", "b", ""},
	{"regions.csv", 5, "name_de", "", ""},
	{"contacts.csv", 3, "institution", "abx", "abh"},
	{"contacts.csv", 4, "visibility", "publik", "public"},
	{"contacts.csv", 5, "valid_to", "1.3.2026", "2026-03-01"},
	{"contacts.csv", 6, "id", "ok", ""},
	{"contacts.csv", 7, "id", "C 5", "c-5"},
	{"responsibilities.csv", 2, "region", "dresdn", "dresden"},
	{"responsibilities.csv", 3, "region", "zone", ""},
	{"responsibilities.csv", 5, "condition", "size>3", ""},
	{"institutions.csv", 2, "parent", "i-1", ""},
	{"institutions.csv", 3, "parent", "i-2", ""},
	{"institutions.csv", 4, "parent", "i-4", ""},
};

static void test_bad(void **state)
{
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	assert_int_equal(import(x, &t, false, bad, COUNT(bad)), IQ_ERR_REJECTED);
	assert_problems(&t.job.error, bad_problems, COUNT(bad_problems));
	assert_int_equal(t.job.revision, 0);
	for (size_t i = 1; i < t.job.error.nproblems; i++) {
		const struct iq_problem *p = &t.job.error.problems[i];

		assert_true(!iq_str_eq(p[-1].file, p->file) || p[-1].line <= p->line);
	}
	job_free(&t);
	assert_int_equal(revision_of(x), 1);
	assert_string_equal(cell(x, IQ_CONTACT, "ok", "name"), "-");
}

static const struct expected left_out[] = {
	{"regions.csv", 2, "parent", "dee", "de"},
	{"regions.csv", 3, "parent", "b", ""},
	{"regions.csv", 4, "parent", "a", ""}, /* its parent was left out */
	{"regions.csv", 5, "name_de", "", ""},
	{"contacts.csv", 3, "institution", "abx", "abh"},
	{"contacts.csv", 4, "visibility", "publik", "public"},
	{"contacts.csv", 5, "valid_to", "1.3.2026", "2026-03-01"},
	{"contacts.csv", 6, "id", "ok", ""},
	{"contacts.csv", 7, "id", "C 5", "c-5"},
	{"responsibilities.csv", 2, "region", "dresdn", "dresden"},
	{"responsibilities.csv", 3, "region", "zone", ""},
	{"responsibilities.csv", 4, "region", "berlin", ""},
	{"responsibilities.csv", 5, "condition", "size>3", ""},
	{"institutions.csv", 2, "parent", "i-1", ""},
	{"institutions.csv", 3, "parent", "i-2", ""},
	{"institutions.csv", 4, "parent", "i-4", ""},
};

static void test_keep_going(void **state)
{
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	assert_int_equal(import(x, &t, true, bad, COUNT(bad)), IQ_OK);
	assert_problems(&t.job.error, left_out, COUNT(left_out));
	assert_int_equal(t.job.revision, 2);
	assert_int_equal(SUM(&t, created), 3);
	assert_int_equal(SUM(&t, rejected), COUNT(left_out));
	job_free(&t);
	assert_string_equal(cell(x, IQ_CONTACT, "ok", "name"), "Ok Muster");
	assert_string_equal(cell(x, IQ_REGION, "bremen", "name_de"), "Bremen");
	assert_string_equal(cell(x, IQ_REGION, "berlin", "name_de"), "-");
	assert_string_equal(cell(x, IQ_REGION, "b", "name_de"), "-");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-5", "condition"), "age>3");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-7", "region"), "-");
	/* a bad row of a stored record: that stays as it is, and what refers to it is good */
	static const struct file stays[] = {
		{IQ_INSTITUTION, "id,name_de,kind\nabh,Neu,nokind\n"},
		{IQ_CONTACT, "id,institution,name\nlate,abh,Spaet Muster\n"},
	};

	assert_int_equal(import(x, &t, true, stays, COUNT(stays)), IQ_OK);
	assert_int_equal(t.job.error.nproblems, 1);
	job_free(&t);
	assert_string_equal(cell(x, IQ_INSTITUTION, "abh", "name_de"), "ABH");
	assert_string_equal(cell(x, IQ_CONTACT, "late", "institution"), "abh");
	/* a row that was left out can be imported later */
	static const struct file later[] = {{IQ_REGION, "id,parent,name_de\nberlin,de,Berlin\n"}};

	assert_int_equal(import(x, &t, false, later, 1), IQ_OK);
	assert_int_equal(t.counts[IQ_REGION].created, 1);
	job_free(&t);
}

/* Changes of the vocabulary that stored records do not survive. */
static void test_vocabulary(void **state)
{
	static const struct file wrong[][1] = {
		{{IQ_FACT, "id,type,values,name_de\nhousing,choice,own,W\n"}},
		{{IQ_FACT, "id,type,values,name_de\nage,choice,old|young,Alter\n"}},
		{{IQ_REGION, "id,parent,kind,name_de\ndresden,,area,Dresden\n"}},
		{{IQ_REGION, "id,parent,name_de\nat,,Zweite Wurzel\n"}},
		{{IQ_REGION, "id,parent,name_de\nde,sn,Kreis\n"}},
	};
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_int_equal(import(x, &t, false, wrong[i], 1), IQ_ERR_REJECTED);
		assert_true(t.job.error.nproblems > 0);
		assert_int_equal(t.job.error.problems[0].line, 2);
		job_free(&t);
	}
	/* together with the rows that follow from it, it is allowed */
	static const struct file together[] = {
		{IQ_RESPONSIBILITY, "id,institution,task,region,role,condition\n"
				    "r-3,abh,course,de,funding,housing=none\n"},
		{IQ_FACT, "id,type,values,name_de\nhousing,choice,shared|none,W\n"},
	};

	assert_int_equal(import(x, &t, false, together, COUNT(together)), IQ_OK);
	job_free(&t);
}

static void test_headers(void **state)
{
	static const struct file wrong[] = {
		{IQ_TASK, "id,name_de,nmae_en\nt,T,\n"},
		{IQ_CONTACT, "id,name\nc,Muster\n"},
	};
	static const struct file ragged[] = {{IQ_TASK, "id,name_de\nt,T,extra\nu\nv,V\n"}};
	struct world *x = *state;
	struct test_job t;

	assert_int_equal(import(x, &t, false, wrong, COUNT(wrong)), IQ_ERR_REJECTED);
	assert_int_equal(t.job.error.nproblems, 2);
	job_free(&t);
	assert_int_equal(import(x, &t, true, wrong, COUNT(wrong)), IQ_ERR_REJECTED);
	job_free(&t);
	assert_int_equal(import(x, &t, false, ragged, 1), IQ_ERR_REJECTED);
	assert_int_equal(t.job.error.nproblems, 2);
	job_free(&t);
	assert_int_equal(import(x, &t, true, ragged, 1), IQ_OK);
	assert_int_equal(t.counts[IQ_TASK].created, 1);
	assert_int_equal(t.counts[IQ_TASK].rejected, 2);
	job_free(&t);
}

/* Rows and references that use ids which were united. */
static void test_merged(void **state)
{
	static const struct file rows[] = {
		{IQ_REGION, "id,parent,name_de\nsn,de,Nie geschrieben\nbautzen,sn,Bautzen\n"},
		{IQ_POSTCODE, "postcode,region\n01067,dresden\n02625,sn\n"},
		{IQ_RESPONSIBILITY, "id,institution,task,region,role,condition\n"
				    "r-4,abh,course,sn,lead,years>=18\n"},
	};
	struct world *x = *state;
	struct test_job t;

	import_good(x);
	apply_ok(x->w, ADD,
		make_rec(&x->f.arena, IQ_FACT, "years", "name_de=J", "type=integer", NULL));
	assert_int_equal(apply_id(x->w, &t, MERGE, IQ_FACT, "years", "age"), IQ_OK);
	job_free(&t);
	assert_int_equal(apply_id(x->w, &t, MERGE, IQ_REGION, "sn", "de"), IQ_OK);
	job_free(&t);
	enum iq_err err = import(x, &t, false, rows, COUNT(rows));

	if (err != IQ_OK)
		print_error_of(&t.job.error);
	assert_int_equal(err, IQ_OK);
	assert_int_equal(t.counts[IQ_REGION].skipped, 1);
	assert_int_equal(t.counts[IQ_REGION].created, 1);
	job_free(&t);
	assert_string_equal(cell(x, IQ_REGION, "de", "name_de"), "Deutschland");
	assert_string_equal(cell(x, IQ_REGION, "bautzen", "parent"), "de");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-4", "region"), "de");
	assert_string_equal(cell(x, IQ_RESPONSIBILITY, "r-4", "condition"), "age>=18");
	assert_string_equal(cell(x, IQ_POSTCODE, "02625-de", "region"), "de");
}

static void test_dry_run(void **state)
{
	struct world *x = *state;
	struct test_job t;

	job_init(&t, run_import);
	t.job.alone = t.job.dry_run = true;
	assert_int_equal(iq_spool_new(x->f.dir, &t.spool, &t.job.error), IQ_OK);
	for (size_t i = 0; i < COUNT(good); i++)
		spool_file(&t, &good[i], (uint32_t)i, 100);
	assert_int_equal(job_run(x->w, &t), IQ_OK);
	assert_int_equal(SUM(&t, created), 22);
	job_free(&t);
	assert_int_equal(revision_of(x), 0);
	import_good(x);
}

static void test_spool(void **state)
{
	static const char *const wrong[] = {
		"\xff", "\x0a\x02\x1a\x00", "\x10\x05\x1a\x00", "\x0a\x06\x1a\x04nope", "\x22\x00"};
	struct world *x = *state;
	uint8_t a[32], b[32];
	struct test_job t;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		job_init(&t, run_import);
		assert_int_equal(iq_spool_new(x->f.dir, &t.spool, &t.job.error), IQ_OK);
		size_t n = i == 1 ? 4 : i == 2 ? 4 : i == 4 ? 2 : strlen(wrong[i]);
		assert_int_equal(iq_spool_add(t.spool, (struct iq_str){wrong[i], n}, &t.job.error),
			IQ_ERR_USAGE);
		job_free(&t);
	}
	for (unsigned round = 0; round < 2; round++) {
		job_init(&t, run_import);
		assert_int_equal(iq_spool_new(x->f.dir, &t.spool, &t.job.error), IQ_OK);
		spool_file(&t, &good[5], 0, 100);
		iq_spool_hash(t.spool, round ? b : a);
		job_free(&t);
	}
	assert_memory_equal(a, b, 32);
	job_init(&t, run_import);
	assert_int_not_equal(iq_spool_new("/nonexistent", &t.spool, &t.job.error), IQ_OK);
	job_free(&t);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good),
		TEST(test_guard),
		TEST(test_bad),
		TEST(test_keep_going),
		TEST(test_vocabulary),
		TEST(test_headers),
		TEST(test_merged),
		TEST(test_dry_run),
		TEST(test_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
