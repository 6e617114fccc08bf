/* SPDX-License-Identifier: Apache-2.0 */
/* Sync: from the list to what it would change, and writing that. */

#include "bounds.h"
#include "i18n.h"
#include "sync_priv.h"
#include "wire.h"

enum { MESSAGE = 256 * 1024, SPOOL_FILES = 1, SPOOL_FILE, SPOOL_ROWS };

/* ---- comparing ------------------------------------------------------------------------------- */

static enum iq_err wrong_rows(struct iq_sync *s)
{
	struct iq_error *error = &s->job->error;

	error->code = IQ_OK; /* of the problems, which stay */
	return iq_error_set(error, IQ_ERR_REJECTED,
		N_("The list contains errors: nothing was changed."),
		N_("Correct the rows listed, then make the plan again."), NULL);
}

/* Nothing in it, not even a row: somebody exported the wrong thing. */
static enum iq_err empty(struct iq_sync *s)
{
	return iq_error_set(&s->job->error, IQ_ERR_GUARD,
		N_("The list is empty: nothing is compared with it."),
		N_("Look whether it is the right file. Single records are taken away with: iqq "
		   "archive KIND ID"),
		NULL);
}

static void match_all(struct iq_sync_priv *p)
{
	static const enum iq_kind said[] = {IQ_RESPONSIBILITY, IQ_NOTICE};

	iq_sync_parse(p, IQ_INSTITUTION);
	iq_sync_ids(p, IQ_INSTITUTION);
	iq_sync_keys(p, IQ_INSTITUTION);
	iq_sync_ids(p, IQ_CONTACT);
	iq_sync_people(p);
	iq_sync_make_ids(p, IQ_CONTACT);
	if (p->err == IQ_OK)
		iq_sync_refs(p);
	iq_sync_parse(p, IQ_CONTACT);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]) && p->err == IQ_OK; i++) {
		iq_sync_parse(p, said[i]);
		iq_sync_ids(p, said[i]);
		iq_sync_keys(p, said[i]);
		iq_sync_make_ids(p, said[i]);
	}
}

/* ---- rows as an import ------------------------------------------------------------------------
 */

/* The rows to write, complete, as an import. */
struct writing {
	struct iq_sync_priv *p;
	struct iq_spool *spool;
	struct iq_buf b;
	const struct iq_spool_file *file;
	struct iq_counts counts[IQ_KINDS];
	enum iq_err err;
};

static void flush(struct writing *x)
{
	if (x->b.n > 0 && x->err == IQ_OK)
		x->err = x->b.failed ? iq_no_memory(&x->p->s->job->error)
				     : iq_spool_add(x->spool,
					       (struct iq_str){(const char *)x->b.p, x->b.n},
					       &x->p->s->job->error);
	iq_buf_reset(&x->b, SIZE_MAX);
}

static void add_file(struct writing *x, const struct iq_spool_file *f, uint32_t index)
{
	const struct iq_schema *schema = &iq_schemas[f->kind];
	size_t mark = iq_wire_begin(&x->b, SPOOL_FILES);

	iq_wire_uint(&x->b, 1, index);
	iq_wire_str(&x->b, 2, f->name);
	iq_wire_str(&x->b, 3, iq_str(schema->name));
	for (size_t c = 0; c < schema->ncolumns; c++)
		iq_wire_item(&x->b, 4, iq_str(schema->columns[c].name));
	iq_wire_end(&x->b, mark);
	flush(x);
}

static void add_row(struct writing *x, const struct iq_sync_row *row)
{
	size_t mark;

	if (x->file != row->file || x->b.n > MESSAGE) {
		flush(x);
		x->file = row->file;
		iq_wire_uint(&x->b, SPOOL_FILE, (uint64_t)(row->file - x->p->s->spool->files));
	}
	mark = iq_wire_begin(&x->b, SPOOL_ROWS);
	iq_wire_uint(&x->b, 1, row->line);
	for (int c = 0; c < (int)iq_schemas[row->kind].ncolumns; c++)
		iq_wire_item(&x->b, 2, iq_rec_write_cell(&row->want, c, x->p->arena));
	iq_wire_end(&x->b, mark);
}

static bool is_written(struct iq_sync_priv *p, const struct iq_sync_row *row)
{
	const struct iq_stored *s = iq_sync_of(p, row);

	if (row->bad || row->left)
		return false;
	return s == NULL || s->gone || !iq_sync_same_rec(&row->want, &s->rec);
}

static enum iq_err write_rows(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	struct writing x = {.p = p};
	bool any = false;

	for (size_t i = 0; i < p->nrows && !any; i++)
		any = is_written(p, &p->rows[i]);
	if (!any)
		return IQ_OK;
	x.err = iq_spool_new(s->dir, &x.spool, &s->job->error);
	if (x.err != IQ_OK)
		return x.err;
	x.spool->of_plan = true;
	iq_buf_init(&x.b, 0);
	for (uint32_t i = 0; i < s->spool->nfiles; i++)
		add_file(&x, &s->spool->files[i], i);
	for (size_t i = 0; i < p->nrows && x.err == IQ_OK; i++)
		if (is_written(p, &p->rows[i]))
			add_row(&x, &p->rows[i]);
	flush(&x);
	if (x.err == IQ_OK && p->arena->failed)
		x.err = iq_no_memory(&s->job->error);
	if (x.err == IQ_OK)
		x.err = iq_apply_import(s->job, s->w, x.spool, false, x.counts, NULL, NULL);
	iq_buf_free(&x.b);
	iq_spool_free(x.spool);
	return x.err;
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* All that is wrong is told at once: also what an import finds in the other rows. */
static void check_others(struct iq_sync_priv *p)
{
	for (size_t i = 0; i < p->nrows; i++)
		if (p->rows[i].kind == IQ_CONTACT && p->rows[i].bad)
			return; /* what names them would be told as well */
	iq_job_writes(p->s->job);
	(void)!write_rows(p);
}

static enum iq_err outcome(struct iq_sync_priv *p)
{
	if (p->err == IQ_OK && p->arena->failed)
		p->err = iq_no_memory(&p->s->job->error);
	if (p->err == IQ_OK)
		p->err = iq_txn_error(p->t, NULL);
	if (p->err == IQ_OK && p->s->job->error.nproblems > 0) {
		check_others(p);
		p->err = wrong_rows(p->s);
	}
	return p->err;
}

enum iq_err iq_sync_compare(struct iq_sync *s)
{
	struct iq_sync_priv *p = iq_arena_zalloc(s->arena, sizeof(*p));

	if (p == NULL)
		return iq_no_memory(&s->job->error);
	s->priv = p;
	p->s = s;
	p->t = iq_wtxn_txn(s->w);
	p->arena = s->arena;
	if (s->spool->rows == 0)
		return empty(s);
	if (iq_sync_state_get(p->t, s->institution, &p->last))
		p->last.principal = iq_arena_dup(p->arena, p->last.principal);
	p->last_base = s->based_on == 0 || s->applied != 0;
	s->base = s->based_on > s->applied ? s->based_on : s->applied;
	if (s->base == 0)
		s->base = p->last.base;
	iq_sync_index_init(&p->decisions, p->arena, s->ndecisions);
	for (uint32_t i = 0; i < s->ndecisions; i++)
		iq_sync_index_add(&p->decisions, s->decisions[i].id, i);
	if (iq_sync_pool(p) == IQ_OK && iq_sync_rows(p) == IQ_OK)
		iq_sync_gone(p);
	if (p->err == IQ_OK)
		p->err = iq_sync_check_guesses(p);
	if (p->err == IQ_OK)
		match_all(p);
	if (p->err == IQ_OK)
		p->err = iq_sync_check_found(p);
	if (p->err == IQ_OK)
		iq_sync_merge(p);
	if (p->err == IQ_OK)
		iq_sync_missing(p);
	if (outcome(p) == IQ_OK)
		iq_sync_guard_counts(p);
	return p->err;
}

/* ---- writing --------------------------------------------------------------------------------- */

static enum iq_err revive(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	struct iq_diffs unheard = {.d = NULL};
	enum iq_err err = IQ_OK;

	/* Contacts first: the others may name them. */
	for (size_t i = 0; i < p->nrows && err == IQ_OK; i++)
		if (p->rows[i].act == IQ_SYNC_REVIVE)
			err = iq_apply_revive(s->job, s->w, s->vocab, p->rows[i].kind,
				p->rows[i].id, &unheard, p->arena);
	return err;
}

/* What came back is named again, and what went is not, where the list says nothing else. */
static enum iq_err reread(struct iq_sync_priv *p)
{
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];
		struct iq_stored *s = iq_sync_of(p, row);
		struct iq_rec now = {.kind = row->kind};

		if (row->bad || row->left || s == NULL || s->gone)
			continue;
		if (!iq_rec_get(p->t, row->kind, s->num, p->arena, &now) ||
			!iq_rec_copy(&now, p->arena))
			return p->arena->failed ? iq_no_memory(&p->s->job->error)
						: iq_txn_error(p->t, NULL);
		for (int c = 1; c < (int)iq_schemas[row->kind].ncolumns; c++)
			if (iq_sync_same_value(row->kind, c, &row->want.col[c], &s->rec.col[c]))
				row->want.col[c] = now.col[c];
		s->rec = now;
	}
	return IQ_OK;
}

static bool any_moved(const struct iq_sync *s)
{
	for (size_t i = 0; i < s->nlines; i++)
		if (s->lines[i].act == IQ_SYNC_REVIVE || s->lines[i].act == IQ_SYNC_ARCHIVE)
			return true;
	return false;
}

/* What an archived record takes with it elsewhere, as far as the caller may know. */
static void keep_diffs(struct iq_sync_priv *p, struct iq_sync_line *l, const struct iq_diffs *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct iq_diff *d = &all->d[i];
		iq_num num = iq_id_find(p->t, d->kind, d->id);
		void *list = l->diffs.d;
		struct iq_diff *to;

		if (iq_str_eq(d->id, l->id) && d->kind == l->kind)
			continue;
		if (num == IQ_NONE || !p->s->sees(p->s->ctx, d->kind, num))
			continue;
		to = iq_sync_grow(p, &list, l->diffs.n, &l->diffs.cap, sizeof(*to));
		l->diffs.d = list;
		if (to == NULL)
			return;
		*to = *d;
		to->before = l->id; /* the others there are not what this is about */
		to->after = (struct iq_str){NULL, 0};
		l->diffs.n++;
	}
}

static enum iq_err archive(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	enum iq_err err = IQ_OK;

	/* Responsibilities before the contacts they name. */
	for (unsigned k = IQ_KINDS; k-- > 0 && err == IQ_OK;) {
		for (size_t i = 0; i < s->nlines && err == IQ_OK; i++) {
			struct iq_sync_line *l = &s->lines[i];
			struct iq_diffs diffs = {.d = NULL};

			if (l->kind != k || l->act != IQ_SYNC_ARCHIVE)
				continue;
			err = iq_apply_archive(
				s->job, s->w, s->vocab, l->kind, l->id, &diffs, p->arena);
			if (err == IQ_OK)
				keep_diffs(p, l, &diffs);
		}
	}
	return err;
}

/* What an import says of its rows, in the words of a sync. */
static enum iq_err say_again(struct iq_sync *s, enum iq_err err)
{
	struct iq_error *error = &s->job->error;

	if (err == IQ_ERR_REJECTED)
		return wrong_rows(s);
	if (err == IQ_ERR_DENIED && error->nproblems > 0) {
		error->code = IQ_OK;
		return iq_error_set(error, err,
			N_("The list was not taken: rows concern records that you may not "
			   "change."),
			N_("Take the rows listed out. Your rights are shown by: iqq whoami"), NULL);
	}
	if (err == IQ_ERR_GUARD && error->nproblems > 0) {
		error->code = IQ_OK;
		return iq_error_set(error, err,
			N_("The list was not taken: the rows listed would show contact persons to "
			   "more people than now."),
			N_("That needs a second person for each: iqq set contact ID visibility=…, "
			   "then make the plan again."),
			NULL);
	}
	return err;
}

enum iq_err iq_sync_write(struct iq_sync *s)
{
	struct iq_sync_priv *p = s->priv;
	enum iq_err err = iq_sync_guard_before(p);

	iq_job_writes(s->job);
	/* First what goes: what comes back in this change is not to be lost with it. */
	if (err == IQ_OK)
		err = archive(p);
	if (err == IQ_OK)
		err = revive(p);
	if (err == IQ_OK && any_moved(s))
		err = reread(p);
	if (err == IQ_OK)
		err = say_again(s, write_rows(p));
	if (err == IQ_OK)
		err = iq_sync_guard_after(p);
	if (err == IQ_OK)
		err = iq_txn_error(p->t, NULL);
	return err == IQ_OK && p->arena->failed ? iq_no_memory(&s->job->error) : err;
}
