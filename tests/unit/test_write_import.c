/* SPDX-License-Identifier: Apache-2.0 */
/* Imports: whole, refused, kept going, repeated. */

#include "write_help.h"

#include "wire.h"

struct world {
	struct fixture f;
	struct iq_writer *w;
};

/* A file of a bundle: name, then lines; cells without quotes. */
struct file {
	enum iq_kind kind;
	const char *text;
};

static void add_cells(struct iq_buf *b, uint32_t field, struct iq_str line)
{
	struct iq_str cell = {NULL, 0};

	while (iq_str_cut(&line, ',', &cell))
		iq_wire_item(b, field, cell);
}

static void spool_file(struct test_job *t, const struct file *f, uint32_t index, size_t chunk)
{
	struct iq_str rest = iq_str(f->text), line = {NULL, 0};
	struct iq_buf b;
	uint32_t n = 1;
	char name[64];
	size_t mark, rows = 0;

	snprintf(name, sizeof(name), "%s.csv", iq_schemas[f->kind].file);
	iq_buf_init(&b, 0);
	assert_true(iq_str_cut(&rest, '\n', &line));
	mark = iq_wire_begin(&b, 1);
	iq_wire_uint(&b, 1, index);
	iq_wire_str(&b, 2, iq_str(name));
	iq_wire_str(&b, 3, iq_str(iq_schemas[f->kind].name));
	add_cells(&b, 4, line);
	iq_wire_end(&b, mark);
	iq_wire_uint(&b, 2, index);
	while (iq_str_cut(&rest, '\n', &line)) {
		n++;
		if (line.n == 0)
			continue;
		mark = iq_wire_begin(&b, 3);
		iq_wire_uint(&b, 1, n);
		add_cells(&b, 2, line);
		iq_wire_end(&b, mark);
		if (++rows % chunk != 0)
			continue;
		assert_int_equal(
			iq_spool_add(t->spool, (struct iq_str){(char *)b.p, b.n}, &t->job.error),
			IQ_OK);
		iq_buf_reset(&b, SIZE_MAX);
		iq_wire_uint(&b, 2, index);
	}
	assert_int_equal(
		iq_spool_add(t->spool, (struct iq_str){(char *)b.p, b.n}, &t->job.error), IQ_OK);
	assert_false(b.failed);
	iq_buf_free(&b);
}

static unsigned progress_calls;

static void on_progress(void *arg, bool writing, uint64_t done, uint64_t todo)
{
	(void)arg, (void)writing;
	assert_true(done <= 2 * todo);
	progress_calls++;
}

static enum iq_err run_import(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct test_job *t = (struct test_job *)job;

	(void)vocab;
	t->runs++;
	return iq_apply_import(job, w, t->spool, t->keep_going, t->counts, on_progress, t);
}

static enum iq_err import(
	struct world *x, struct test_job *t, bool keep_going, const struct file *files, size_t n)
{
	job_init(t, run_import);
	t->job.alone = true;
	t->keep_going = keep_going;
	assert_int_equal(iq_spool_new(x->f.dir, &t->spool, &t->job.error), IQ_OK);
	for (size_t i = 0; i < n; i++)
		spool_file(t, &files[i], (uint32_t)i, 2);
	return job_run(x->w, t);
}

#define COUNT(files) (sizeof(files) / sizeof((files)[0]))

/* References go forward and backward, within files and between them. */
static const struct file good[] = {
	{IQ_RESPONSIBILITY, "id,institution,task,region,statuses,role,contacts,condition\n"
			    "r-1,abh,course,dresden,asylum;asylum-b,lead,max,age>=18\n"
			    "r-2,abh-nord,course,sn,,advice,eva;max,\n"
			    "r-3,abh,course,de,asylum,funding,,housing=own\n"},
	{IQ_CONTACT, "id,institution,name,visibility,deputy\n"
		     "max,abh,Max Muster,public,eva\n"
		     "eva,abh-nord,Eva Muster,,\n"},
	{IQ_INSTITUTION, "name_de,id,parent,region,kind\n"
			 "ABH Nord,abh-nord,abh,dresden,office\n"
			 "ABH,abh,,dresden,office\n"},
	{IQ_REGION, "id,parent,kind,members,name_de,aliases\n"
		    "dresden,sn,town,,Dresden,\n"
		    "zone,,area,dresden;sn,Gebiet,\n"
		    "sn,de,state,,Sachsen,Freistaat\n"
		    "de,,country,,Deutschland,\n"},
	{IQ_POSTCODE, "postcode,region\n01067,dresden\n01069,dresden\n"},
	{IQ_TASK, "id,parent,name_de\ncourse,all,Kurs\nall,,Alles\n"},
	{IQ_STATUS, "id,parent,name_de,implies\n"
		    "asylum-b,asylum,Asyl B,housing=shared\nasylum,,Asyl,\n"},
	{IQ_FACT, "id,type,values,name_de\nage,integer,,Alter\nhousing,choice,shared|own,W\n"},
	{IQ_KIND, "id,name_de\noffice,Amt\n"},
	{IQ_NOTICE, "id,institution,task,effect,text_de\nn-1,abh,course,info,Umzug\n"},
	{IQ_HANDOVER, "id,process,step,task,from_kinds,to_kinds\nh-1,p,1,course,office,office\n"},
};

static uint64_t sum(const struct test_job *t, size_t field)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		uint64_t v;

		memcpy(&v, (const char *)&t->counts[k] + field, sizeof(v));
		n += v;
	}
	return n;
}

#define SUM(t, field) sum(t, offsetof(struct iq_counts, field))

static void import_good(struct world *x)
{
	struct test_job t;
	enum iq_err err = import(x, &t, false, good, COUNT(good));

	if (err != IQ_OK)
		print_error_of(&t.job.error);
	assert_int_equal(err, IQ_OK);
	assert_int_equal(t.job.revision, 1);
	assert_int_equal(SUM(&t, created), 22);
	assert_int_equal(SUM(&t, changed) + SUM(&t, unchanged) + SUM(&t, rejected), 0);
	job_free(&t);
}

static int setup(void **state)
{
	struct world *x = calloc(1, sizeof(*x));

	fixture_new(&x->f, 64 << 20);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct world *x = *state;

	iq_writer_stop(x->w, 5000);
	assert_clean(x->f.store);
	fixture_free(&x->f);
	free(x);
	return 0;
}

static uint64_t revision_of(struct world *x)
{
	struct iq_rtxn *r;
	uint64_t n;

	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	n = iq_rtxn_state(r)->revision;
	iq_rtxn_free(r);
	return n;
}

static const char *cell(struct world *x, enum iq_kind kind, const char *id, const char *column)
{
	const char *text = "-";
	struct iq_rtxn *r;
	struct iq_rec rec;

	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	struct iq_txn *t = iq_rtxn_txn(r);
	iq_num num = iq_id_find(t, kind, iq_str(id));

	if (num != IQ_NONE && iq_rec_get(t, kind, num, &x->f.arena, &rec))
		text = iq_arena_cstr(
			&x->f.arena, iq_rec_write_cell(&rec,
					     iq_column_by_name(kind, iq_str(column)), &x->f.arena));
	iq_rtxn_free(r);
	return text;
}

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

/* One problem expected: file, line, column, value, nearest value ("": not asked). */
struct expected {
	const char *file;
	uint32_t line;
	const char *column, *value, *nearest;
};

static void assert_problems(const struct iq_error *e, const struct expected *x, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool found = false;

		for (size_t k = 0; k < e->nproblems; k++) {
			const struct iq_problem *p = &e->problems[k];

			if (!iq_str_is(p->file, x[i].file) || p->line != x[i].line ||
				!iq_str_is(p->column, x[i].column) ||
				!iq_str_is(p->value, x[i].value))
				continue;
			found = true;
			if (x[i].nearest[0])
				assert_true(iq_str_is(p->nearest, x[i].nearest));
		}
		if (!found)
			print_error("missing: %s:%u %s '%s'\n", x[i].file, x[i].line, x[i].column,
				x[i].value);
		assert_true(found);
	}
	if (e->nproblems != n)
		print_error_of(e);
	assert_int_equal(e->nproblems, n);
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
		TEST(test_many),
		TEST(test_ahead),
		TEST(test_turns),
		TEST(test_dry_run),
		TEST(test_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
