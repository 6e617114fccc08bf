/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_IMPORT_HELP_H
#define IQ_TESTS_IMPORT_HELP_H

/* Imports made of texts, and a small world of records. For test_write_import*. */

#include "wire.h"
#include "write_help.h"

struct world {
	struct fixture f;
	struct iq_writer *w;
};

/* A file of a bundle: name, then lines; cells without quotes. */
struct file {
	enum iq_kind kind;
	const char *text;
};

static inline void add_cells(struct iq_buf *b, uint32_t field, struct iq_str line)
{
	struct iq_str cell = {NULL, 0};

	while (iq_str_cut(&line, ',', &cell))
		iq_wire_item(b, field, cell);
}

static inline void spool_file(
	struct test_job *t, const struct file *f, uint32_t index, size_t chunk)
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

static inline void on_progress(void *arg, bool writing, uint64_t done, uint64_t todo)
{
	(void)arg, (void)writing;
	assert_true(done <= 2 * todo);
	progress_calls++;
}

static inline enum iq_err run_import(
	struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct test_job *t = (struct test_job *)job;

	(void)vocab;
	t->runs++;
	return iq_apply_import(job, w, t->spool, t->keep_going, t->counts, on_progress, t);
}

static inline enum iq_err import(
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

static inline uint64_t sum(const struct test_job *t, size_t field)
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

static inline void import_good(struct world *x)
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

static inline int setup(void **state)
{
	struct world *x = calloc(1, sizeof(*x));

	fixture_new(&x->f, 64 << 20);
	assert_int_equal(iq_writer_start(x->f.store, NULL, &x->w, &x->f.error), IQ_OK);
	*state = x;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *x = *state;

	iq_writer_stop(x->w, 5000);
	assert_clean(x->f.store);
	fixture_free(&x->f);
	free(x);
	return 0;
}

static inline uint64_t revision_of(struct world *x)
{
	struct iq_rtxn *r;
	uint64_t n;

	assert_int_equal(iq_rtxn_new(x->f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	n = iq_rtxn_state(r)->revision;
	iq_rtxn_free(r);
	return n;
}

static inline const char *cell(
	struct world *x, enum iq_kind kind, const char *id, const char *column)
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

/* One problem expected: file, line, column, value, nearest value ("": not asked). */
struct expected {
	const char *file;
	uint32_t line;
	const char *column, *value, *nearest;
};

static inline void assert_problems(const struct iq_error *e, const struct expected *x, size_t n)
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

#endif
