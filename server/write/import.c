/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports. Pass 1 gives every row its number, so that rows may refer to each other in any
 * order; then the vocabulary as it will be is built; pass 2 checks every row against it and writes
 * it. Without keep_going both are done at once, and any problem rolls everything back; with it,
 * rows are checked until no more have to be left out, then the others are written.
 */

#include <stdlib.h>

#include "bounds.h"
#include "i18n.h"
#include "import_priv.h"

enum { PROGRESS_ROWS = 16384 };

struct iq_problem iq_import_where(const struct iq_import *im, const struct iq_seen *e)
{
	return (struct iq_problem){.file = im->spool->files[e->file].name, .line = e->line};
}

void iq_import_reject(struct iq_import *im, struct iq_seen *e)
{
	im->bad = true;
	if (e->flags & IQ_SEEN_REJECTED)
		return;
	e->flags |= IQ_SEEN_REJECTED;
	im->rejected++;
	im->counts[e->kind].rejected++;
}

enum iq_err iq_import_each(struct iq_import *im, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_import_row *row), const struct iq_look *look)
{
	im->at = im->first[kind];
	bool good = look != NULL ? iq_spool_each_ahead(im->spool, kind, look, fn, im)
				 : iq_spool_each(im->spool, kind, fn, im);

	if (!good && im->err == IQ_OK)
		im->err = iq_error_set(&im->job->error, IQ_ERR_INTERNAL,
			N_("The rows of the import cannot be read back."), N_("Try again."), NULL);
	if (im->err == IQ_OK)
		im->err = iq_txn_error(im->t, NULL);
	return im->err;
}

void iq_import_count(struct iq_import *im)
{
	if (++im->done % PROGRESS_ROWS == 0 && im->progress != NULL)
		im->progress(im->arg, im->write_rows, im->done, im->spool->rows);
}

/* ---- rows --------------------------------------------------------------------------------- */

/*
 * A wrong cell stays in the record where nothing more is asked of it, so that the rest of the row
 * can be checked without calling the value missing. False: the row cannot be checked further.
 */
static bool stand_in(struct iq_import *im, struct iq_rec *rec, int col, struct iq_str cell)
{
	enum iq_type type = iq_schemas[rec->kind].columns[col].type;
	struct iq_str *v;

	if (rec->kind == IQ_FACT || type == IQ_TYPE_REF || type == IQ_TYPE_REFS ||
		type == IQ_TYPE_CONDITION || type == IQ_TYPE_IMPLIES)
		return false;
	v = iq_arena_alloc(&im->row, sizeof(*v));
	if (v == NULL)
		return false;
	*v = cell;
	rec->col[col] = (struct iq_value){v, 1};
	return true;
}

static bool read_cells(struct iq_import *im, const struct iq_import_row *row,
	const struct iq_seen *e, bool tell, struct iq_rec *rec)
{
	bool good = true;

	if (row->ready != NULL) {
		*rec = *row->ready;
		return true;
	}
	for (size_t i = 0; i < row->ncells; i++) {
		struct iq_problem p;
		enum iq_err err =
			iq_rec_read_cell(rec, row->file->map[i], row->cells[i], &im->row, &p);

		if (err == IQ_OK)
			continue;
		good = false;
		if (err != IQ_ERR_REJECTED) {
			im->err = iq_no_memory(&im->job->error);
			return false;
		}
		p.file = im->spool->files[e->file].name;
		p.line = e->line;
		if (tell)
			iq_error_add_problem(&im->job->error, &p);
		if (!stand_in(im, rec, row->file->map[i], row->cells[i]))
			im->unchecked = true;
	}
	return good;
}

static void take_memo(struct iq_import *im, const struct iq_import_row *row)
{
	im->nmemo = im->memo_on ? row->nmemo : 0;
	if (im->nmemo)
		memcpy(im->memo, row->memo, im->nmemo * sizeof(*im->memo));
}

bool iq_import_read(struct iq_import *im, const struct iq_import_row *row, size_t at, bool tell,
	struct iq_rec *rec, struct iq_rec *base, bool *exists)
{
	const struct iq_seen *e = &im->map.a[at];
	bool changed, good;

	im->unchecked = false;
	im->names_hidden = false;
	im->kept = 0;
	iq_arena_reset(&im->row);
	take_memo(im, row);
	memset(rec, 0, sizeof(*rec));
	rec->kind = row->file->kind;
	*exists = false;
	if (row->ncells != row->file->ncolumns) {
		if (tell)
			iq_import_say(im, e, -1, (struct iq_str){NULL, 0},
				N_("This row has {0} cells, the header has {1}."),
				iq_arena_printf(&im->row, "%zu", row->ncells),
				iq_arena_printf(&im->row, "%zu", row->file->ncolumns));
		return false;
	}
	good = read_cells(im, row, e, tell, rec);
	if (im->err != IQ_OK)
		return false;
	if (rec->kind == IQ_POSTCODE && !iq_canonical(rec, &im->row, iq_import_canon, im, &changed))
		goto no_memory;
	if (!(e->flags & (IQ_SEEN_FRESH | IQ_SEEN_NAMELESS | IQ_SEEN_HIDDEN)) &&
		iq_rec_get(im->t, rec->kind, e->num, &im->row, base)) {
		struct iq_rec all = *base;

		*exists = true;
		if (iq_import_asks(im) && !iq_import_keep_hidden(im, rec, base))
			goto no_memory;
		iq_rec_merge(&all, rec);
		*rec = all;
	}
	if (iq_rec_complete(rec, &im->row) && !im->row.failed)
		return good && im->err == IQ_OK;
no_memory:
	im->err = iq_no_memory(&im->job->error);
	return false;
}

/* Ids of united records become those of the survivors. Conditions before the check, because it
 * knows facts by id; references only if there were any. */
static bool canonical(struct iq_import *im, struct iq_rec *rec)
{
	bool changed;

	if (iq_canonical(rec, &im->row, iq_import_canon, im, &changed))
		return true;
	im->err = iq_no_memory(&im->job->error);
	return false;
}

/* Nothing else was wrong: the id itself is, for example that of a postcode. */
static void nameless(struct iq_import *im, const struct iq_rec *rec, size_t at)
{
	iq_import_say(im, &im->map.a[at], IQ_COL_ID, iq_rec_text(rec, IQ_COL_ID),
		N_("This is no valid id, or it is too long."), NULL, NULL);
	iq_import_reject(im, &im->map.a[at]);
}

static void check_row(
	struct iq_import *im, struct iq_rec *rec, const struct iq_rec *base, size_t at)
{
	struct iq_problem where = iq_import_where(im, &im->map.a[at]);
	int chain = iq_chain_column(rec->kind);
	bool circle = iq_kind_in_circle(rec->kind);

	im->saw_merged = false;
	im->base = base;
	if (im->nmemo == 0)
		iq_import_look_ahead(im, rec);
	if ((iq_look_has_text(rec) || iq_import_asks(im)) && !canonical(im, rec))
		return;
	/* Of what is stored, errors tell only those who may change it; of what a workshop works on,
	 * not even whether it is. */
	if ((base != NULL || circle) && iq_import_asks(im) && !iq_import_may(im, rec, at))
		return;
	if (iq_check_record(&im->check, rec, &where, &im->job->error) != IQ_OK ||
		!iq_import_circle(im, rec, base, at))
		iq_import_reject(im, &im->map.a[at]);
	else if (base == NULL && !circle && iq_import_asks(im) && !iq_import_may(im, rec, at))
		return;
	else if (im->map.a[at].flags & IQ_SEEN_NAMELESS &&
		 !(im->map.a[at].flags & IQ_SEEN_REJECTED))
		nameless(im, rec, at);
	if (im->saw_merged && !canonical(im, rec))
		return;
	if (chain >= 0) {
		struct iq_str up = iq_rec_text(rec, chain);
		iq_num num = up.n ? iq_import_find(im, rec->kind, up) : IQ_NONE;

		im->map.a[at].up = num;
	}
}

/* Showing a contact to more people takes a second person, which a whole import cannot wait for. */
static void guard_row(struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *before,
	const struct iq_seen *e)
{
	struct iq_problem p = iq_import_where(im, e);

	if (rec->kind != IQ_CONTACT || (before == NULL && e->flags & IQ_SEEN_FRESH) ||
		!iq_visibility_lowered(im->t, e->num, before, rec, &im->row))
		return;
	iq_error_set(&im->guard, IQ_ERR_GUARD,
		N_("Nothing was imported: the rows listed would show contact persons to more "
		   "people than now."),
		N_("That needs a second person for each: iqq set contact ID visibility=…, then "
		   "import again."),
		NULL);
	p.column = iq_str(iq_schemas[IQ_CONTACT].columns[IQ_CONTACT_VISIBILITY].name);
	p.value = iq_rec_text(rec, IQ_CONTACT_VISIBILITY);
	p.text = N_("More people would see this contact person than now.");
	iq_error_add_problem(&im->guard, &p);
}

static void write_row(struct iq_import *im, struct iq_rec *rec, const struct iq_rec *base,
	bool exists, const struct iq_seen *e)
{
	struct iq_counts *c = &im->counts[rec->kind];

	if (e->flags & IQ_SEEN_SAME) {
		c->unchanged++;
		return;
	}
	guard_row(im, rec, exists ? base : NULL, e);
	if (exists && iq_rec_equal(base, rec)) {
		c->unchanged++;
		return;
	}
	if (e->flags & IQ_SEEN_FRESH)
		iq_id_bind(im->w, rec->kind, iq_rec_text(rec, IQ_COL_ID), e->num);
	iq_rec_put(im->w, e->num, rec, &im->row);
	if (exists)
		c->changed++;
	else
		c->created++;
}

/* Nothing is left to be asked of the row, and no record has its id. */
static bool write_new(struct iq_import *im, const struct iq_import_row *row, iq_num num)
{
	const struct iq_rec *rec = row->ready;

	if (!im->write_rows || (im->bad && !im->keep_going))
		return true;
	iq_arena_reset(&im->row);
	take_memo(im, row);
	iq_id_bind(im->w, rec->kind, iq_rec_text(rec, IQ_COL_ID), num);
	iq_rec_put(im->w, num, rec, &im->row);
	im->counts[rec->kind].created++;
	return iq_txn_error(im->t, NULL) == IQ_OK && im->err == IQ_OK;
}

static bool on_row(void *arg, const struct iq_import_row *row)
{
	struct iq_import *im = arg;
	size_t at = im->at++;
	struct iq_rec rec, base;
	bool exists, good;

	iq_import_count(im);
	if (row->checked && im->map.a[at].flags == (IQ_SEEN_ROW | IQ_SEEN_FRESH))
		return write_new(im, row, im->map.a[at].num);
	if (im->map.a[at].flags & IQ_SEEN_MERGED) {
		im->counts[row->file->kind].skipped += im->write_rows;
		return true;
	}
	if (im->keep_going && im->map.a[at].flags & IQ_SEEN_REJECTED)
		return true;
	good = iq_import_read(im, row, at, im->check_rows, &rec, &base, &exists);
	if (im->err != IQ_OK)
		return false;
	if (!good)
		iq_import_reject(im, &im->map.a[at]);
	if (im->check_rows && row->ncells == row->file->ncolumns && !im->unchecked)
		check_row(im, &rec, exists ? &base : NULL, at);
	else if (im->write_rows && good && !canonical(im, &rec))
		return false;
	if (im->err != IQ_OK)
		return false;
	if (im->write_rows && (im->keep_going || !im->bad) &&
		!(im->map.a[at].flags & (IQ_SEEN_REJECTED | IQ_SEEN_NAMELESS)))
		write_row(im, &rec, &base, exists, &im->map.a[at]);
	if (iq_txn_error(im->t, NULL) != IQ_OK)
		return false;
	return im->err == IQ_OK;
}

static enum iq_err pass(struct iq_import *im, enum iq_kind kind, bool check, bool write)
{
	im->check_rows = check;
	im->write_rows = write;
	im->check.vocab = im->vocab;
	im->names.vocab = im->vocab;
	im->memo_on = true;
	/* Where rows are decided about one by one, what is right depends on who asks. */
	const struct iq_look look = {
		.map = &im->map, .vocab = iq_import_asks(im) ? NULL : im->vocab};
	enum iq_err err = iq_import_each(im, kind, on_row, &look);

	im->memo_on = false;
	im->nmemo = 0; /* it remembers addresses */
	return err;
}

/* ---- nearest values ----------------------------------------------------------------------- */

static size_t names_exact(void *ctx, enum iq_kind kind, enum iq_stage stage, struct iq_str key,
	iq_num *out, size_t cap)
{
	(void)ctx, (void)kind, (void)stage, (void)key, (void)out, (void)cap;
	return 0;
}

/* Ids of the rows, then what is stored. */
static void names_each(void *ctx, enum iq_kind kind,
	bool (*fn)(void *arg, enum iq_stage stage, struct iq_str key, iq_num num), void *arg)
{
	struct iq_import *im = ctx;

	for (size_t i = im->first[kind]; i < im->first[kind + 1]; i++) {
		const struct iq_seen *e = &im->map.a[i];

		if (e->num == IQ_NONE || e->flags & (IQ_SEEN_REJECTED | IQ_SEEN_MERGED))
			continue;
		if (!fn(arg, IQ_STAGE_ID, iq_idmap_id(&im->map, e), e->num))
			return;
	}
	im->stored_names.each(im->stored_names.ctx, kind, fn, arg);
}

static struct iq_str names_id(void *ctx, enum iq_kind kind, iq_num num)
{
	struct iq_import *im = ctx;

	for (size_t i = im->first[kind]; i < im->first[kind + 1]; i++)
		if (im->map.a[i].num == num && im->map.a[i].len)
			return iq_idmap_id(&im->map, &im->map.a[i]);
	return iq_id_of(im->t, kind, num);
}

static struct iq_str names_name(void *ctx, enum iq_kind kind, iq_num num, bool english)
{
	(void)english;
	return names_id(ctx, kind, num);
}

/* ---- all together ------------------------------------------------------------------------- */

/* The headers: which cell is which column. */
static void check_headers(struct iq_import *im)
{
	for (size_t i = 0; i < im->spool->nfiles; i++) {
		struct iq_spool_file *f = &im->spool->files[i];
		struct iq_problem where = {.file = f->name, .line = 1};

		f->skipped = iq_check_header(f->kind, f->columns, f->ncolumns, f->map, &where,
				     &im->job->error) != IQ_OK;
		im->bad = im->bad || f->skipped;
		f->id_cell = -1;
		for (size_t c = 0; c < f->ncolumns && !f->skipped; c++)
			if (f->map[c] == IQ_COL_ID)
				f->id_cell = (int)c;
	}
}

static bool is_basic(unsigned kind)
{
	return kind == IQ_REGION || kind == IQ_TASK || kind == IQ_STATUS || kind == IQ_FACT ||
	       kind == IQ_KIND;
}

/* keep_going: checks until no more rows have to be left out. */
static enum iq_err sort_out(struct iq_import *im)
{
	enum iq_err err;
	size_t before;

	do {
		err = iq_import_vocab(im);
		before = im->rejected;
		for (unsigned k = 0; k < IQ_KINDS && err == IQ_OK; k++)
			if (is_basic(k))
				err = pass(im, (enum iq_kind)k, true, false);
	} while (err == IQ_OK && im->rejected != before);
	for (unsigned k = 0; k < IQ_KINDS && err == IQ_OK; k++) {
		bool chained = k == IQ_INSTITUTION || k == IQ_CONTACT;

		if (is_basic(k))
			continue;
		do {
			before = im->rejected;
			err = pass(im, (enum iq_kind)k, true, false);
			if (err == IQ_OK && chained)
				err = iq_import_chains(im, (enum iq_kind)k);
		} while (err == IQ_OK && chained && im->rejected != before);
	}
	return err;
}

/* The same without leaving out: every mistake is told once. */
static enum iq_err check_all(struct iq_import *im)
{
	enum iq_err err = iq_import_vocab(im);

	for (unsigned k = 0; k < IQ_KINDS && err == IQ_OK; k++) {
		err = pass(im, (enum iq_kind)k, true, false);
		if (err == IQ_OK && (k == IQ_INSTITUTION || k == IQ_CONTACT))
			err = iq_import_chains(im, (enum iq_kind)k);
	}
	return err;
}

static enum iq_err write_all(struct iq_import *im)
{
	enum iq_err err = IQ_OK;

	im->done = 0;
	for (unsigned k = 0; k < IQ_KINDS && err == IQ_OK; k++)
		err = pass(im, (enum iq_kind)k, false, true);
	return err;
}

/* Everything in one go: once something is wrong, the rest is only checked. */
static enum iq_err check_and_write(struct iq_import *im)
{
	enum iq_err err = iq_import_vocab(im);

	im->done = 0;
	for (unsigned k = 0; k < IQ_KINDS && err == IQ_OK; k++) {
		err = pass(im, (enum iq_kind)k, true, true);
		if (err == IQ_OK && (k == IQ_INSTITUTION || k == IQ_CONTACT))
			err = iq_import_chains(im, (enum iq_kind)k);
	}
	return err;
}

static enum iq_err denied(struct iq_import *im)
{
	struct iq_error *error = &im->job->error;

	error->code = IQ_OK; /* of the problems, which stay */
	return iq_error_set(error, IQ_ERR_DENIED,
		N_("Nothing was imported: rows concern records that you may not change."),
		N_("Take the rows listed out, or import the others with --keep-going. Your rights "
		   "are shown by: iqq whoami"),
		NULL);
}

static enum iq_err run(struct iq_import *im)
{
	enum iq_err err;

	check_headers(im);
	if (im->bad) /* without its rows everything that refers to them would be reported, too */
		return IQ_ERR_REJECTED;
	iq_job_writes(im->job);
	iq_bulk_begin(im->w, iq_import_find, im);
	err = iq_import_ids(im);
	if (err == IQ_OK && iq_import_asks(im))
		err = iq_import_plan(im);
	if (err != IQ_OK)
		return err;
	if (!im->keep_going && !iq_import_asks(im)) {
		err = check_and_write(im);
	} else {
		/* Rights are those before the import: nothing is written until all is decided. */
		err = im->keep_going ? sort_out(im) : check_all(im);
		if (err == IQ_OK && (im->keep_going || !im->bad))
			err = write_all(im);
	}
	if (err != IQ_OK)
		return err;
	if (im->denied && !im->keep_going)
		return denied(im);
	if (im->bad && !im->keep_going)
		return iq_error_set(&im->job->error, IQ_ERR_REJECTED,
			N_("Nothing was imported: rows contain errors."),
			N_("Correct the rows listed, or import the others with --keep-going."),
			NULL);
	if (im->guard.code != IQ_OK) {
		im->job->error = im->guard;
		return IQ_ERR_GUARD;
	}
	iq_bulk_end(im->w);
	if (iq_txn_error(im->t, NULL) != IQ_OK)
		return iq_txn_error(im->t, NULL);
	return iq_import_vocab_users(im);
}

/* People correct file by file, from top to bottom. */
static int by_place(const void *a, const void *b)
{
	const struct iq_problem *p = a, *q = b;
	int c = iq_str_cmp(p->file, q->file);

	return c ? c : (p->line > q->line) - (p->line < q->line);
}

enum iq_err iq_apply_import(struct iq_job *job, struct iq_wtxn *w, struct iq_spool *spool,
	bool keep_going, struct iq_counts counts[IQ_KINDS],
	void (*progress)(void *arg, bool writing, uint64_t done, uint64_t todo), void *arg)
{
	struct iq_import im = {.job = job,
		.w = w,
		.t = iq_wtxn_txn(w),
		.spool = spool,
		.keep_going = keep_going,
		.counts = counts,
		.progress = progress,
		.arg = arg};
	static const uint64_t none[IQ_KINDS];
	enum iq_err err;

	iq_error_init(&im.guard, job->error.arena);
	memset(counts, 0, IQ_KINDS * sizeof(*counts));
	iq_arena_init(&im.row, 0);
	iq_arena_init(&im.keep, 0);
	iq_arena_init(&im.fixed, 0);
	iq_txn_names(im.t, NULL, false, &im.fixed, &im.stored_names);
	im.names = (struct iq_names){.ctx = &im,
		.find = iq_import_find,
		.exact = names_exact,
		.each = names_each,
		.id = names_id,
		.name = names_name};
	im.check = (struct iq_check){.ctx = &im,
		.find = job->may_write ? iq_import_find_known : iq_import_find,
		.names = &im.names,
		.arena = &im.row,
		.nearest_left = IQ_LIMIT_NEAREST};
	err = iq_idmap_init(&im.map, spool->rows_of) && iq_idmap_init(&im.stored, none)
		      ? run(&im)
		      : iq_no_memory(&job->error);
	if (job->error.nproblems > 1)
		qsort(job->error.problems, job->error.nproblems, sizeof(*job->error.problems),
			by_place);
	iq_import_vocab_free(&im);
	iq_import_plan_free(&im);
	iq_idmap_free(&im.map);
	iq_idmap_free(&im.votes);
	iq_idmap_free(&im.stored);
	iq_arena_free(&im.row);
	iq_arena_free(&im.keep);
	iq_arena_free(&im.fixed);
	return err;
}
