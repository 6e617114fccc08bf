/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for the rows of an import, and what ids stand for meanwhile. */

#include "bounds.h"
#include "i18n.h"
#include "import_priv.h"

void iq_import_say(struct iq_import *im, const struct iq_seen *e, int col, struct iq_str value,
	const char *text, const char *arg0, const char *arg1)
{
	struct iq_problem p = iq_import_where(im, e);

	if (col >= 0)
		p.column = iq_str(iq_schemas[e->kind].columns[col].name);
	p.value = value;
	p.text = text;
	p.args[0] = iq_str(arg0);
	p.args[1] = iq_str(arg1);
	p.nargs = arg1 ? 2 : arg0 ? 1 : 0;
	iq_error_add_problem(&im->job->error, &p);
}

/* Looked up in the store once. */
static struct iq_seen *look_up(struct iq_import *im, enum iq_kind kind, struct iq_str id)
{
	bool merged;
	iq_num num;
	struct iq_seen *e;

	if (id.n == 0 || id.n > IQ_LIMIT_ID)
		return NULL;
	num = iq_id_find(im->t, kind, id);
	if (num == IQ_NONE)
		return NULL;
	(void)iq_id_reserved(im->t, kind, id, &merged);
	e = iq_idmap_add(&im->stored, kind, id);
	if (e == NULL) {
		im->err = iq_no_memory(&im->job->error);
		return NULL;
	}
	e->num = num;
	e->flags = merged ? IQ_SEEN_MERGED : 0;
	return e;
}

static struct iq_seen *find(struct iq_import *im, enum iq_kind kind, struct iq_str id)
{
	struct iq_seen *e = iq_idmap_find(&im->map, kind, id);

	if (e == NULL)
		e = iq_idmap_find(&im->stored, kind, id);
	return e ? e : look_up(im, kind, id);
}

static void remember(struct iq_import *im, enum iq_kind kind, struct iq_str id, iq_num num)
{
	if (im->memo_on && im->nmemo < IQ_MEMO && num != IQ_NONE)
		im->memo[im->nmemo++] = (struct iq_memo){id.p, num, (uint8_t)id.n, (uint8_t)kind};
}

iq_num iq_import_number(struct iq_import *im, enum iq_kind kind, struct iq_str id)
{
	const struct iq_seen *e = find(im, kind, id);

	if (e == NULL)
		return IQ_NONE;
	if (e->flags & IQ_SEEN_MERGED)
		im->saw_merged = true;
	if (e->flags & IQ_SEEN_MERGED && e->flags & IQ_SEEN_ROW)
		return iq_id_find(im->t, kind, id);
	/* Without keep_going nothing will be written anyway, and one mistake is told once. */
	if (e->flags & IQ_SEEN_REJECTED && im->keep_going)
		return iq_id_find(im->t, kind, id);
	return e->num;
}

iq_num iq_import_find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_import *im = ctx;
	iq_num num;

	for (size_t i = 0; i < im->nmemo; i++)
		if (im->memo[i].p == id.p && im->memo[i].n == id.n && im->memo[i].kind == kind)
			return im->memo[i].num;
	num = iq_import_number(im, kind, id);
	if (id.n <= IQ_LIMIT_ID)
		remember(im, kind, id, num);
	return num;
}

void iq_import_look_ahead(struct iq_import *im, const struct iq_rec *rec)
{
	struct iq_idmap_want want[IQ_MEMO];
	struct iq_memo memo[IQ_MEMO];
	size_t n = iq_look_wants(rec, want);

	iq_idmap_find_many(&im->map, want, n);
	n = iq_look_memo(want, n, memo);
	for (size_t i = 0; i < n && im->memo_on && im->nmemo < IQ_MEMO; i++)
		im->memo[im->nmemo++] = memo[i];
}

struct iq_str iq_import_canon(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_import *im = ctx;
	const struct iq_seen *e = find(im, kind, id);
	struct iq_str into = {NULL, 0};

	if (e != NULL && e->flags & IQ_SEEN_MERGED)
		into = iq_id_of(im->t, kind, e->num);
	return into.n ? into : id;
}

static struct iq_str cell_of(const struct iq_import_row *row, int col)
{
	for (size_t i = 0; i < row->ncells && i < row->file->ncolumns; i++)
		if (row->file->map[i] == col)
			return row->cells[i];
	return (struct iq_str){NULL, 0};
}

/* The id of a row; empty if it has none that can be used. */
static struct iq_str row_id(struct iq_import *im, const struct iq_import_row *row)
{
	struct iq_str id;

	if (row->ncells != row->file->ncolumns)
		return (struct iq_str){NULL, 0};
	if (row->file->kind == IQ_POSTCODE) {
		struct iq_str code = cell_of(row, IQ_POSTCODE_POSTCODE);
		struct iq_str region =
			iq_canon_stored(im->t, IQ_REGION, cell_of(row, IQ_POSTCODE_REGION));

		id = iq_str(iq_arena_printf(
			&im->row, "%.*s-%.*s", IQ_STR_ARG(code), IQ_STR_ARG(region)));
	} else {
		id = row->cells[row->file->id_cell];
	}
	return iq_slug_valid(id) ? id : (struct iq_str){NULL, 0};
}

static void twice(
	struct iq_import *im, struct iq_seen *e, const struct iq_seen *first, struct iq_str id)
{
	struct iq_problem where = iq_import_where(im, first);

	iq_import_say(im, e, IQ_COL_ID, id,
		N_("This record is there twice, first in line {1} of {0}."),
		iq_arena_cstr(&im->row, where.file),
		iq_arena_printf(&im->row, "%u", (unsigned)first->line));
	e->flags |= IQ_SEEN_NAMELESS;
	iq_import_reject(im, e);
}

/* Its row is taken for a new one, which then finds its id taken. */
static bool is_hidden(struct iq_import *im, const struct iq_seen *e)
{
	struct iq_image image;

	return e->kind == IQ_CONTACT && iq_import_asks(im) && e->num != IQ_NONE &&
	       iq_image_get(im->t, IQ_CONTACT, e->num, &image) &&
	       !im->job->may_refer(im->job, e->num);
}

static bool on_id(void *arg, const struct iq_import_row *row)
{
	struct iq_import *im = arg;
	enum iq_kind kind = row->file->kind;
	struct iq_str id;
	struct iq_seen *e, *first;
	size_t first_at = 0;
	bool merged = false;

	iq_arena_reset(&im->row);
	id = row_id(im, row);
	first = iq_idmap_find(&im->map, kind, id);
	if (first != NULL)
		first_at = (size_t)(first - im->map.a);
	e = iq_idmap_add(&im->map, kind, first ? (struct iq_str){NULL, 0} : id);
	if (e == NULL) {
		im->err = iq_no_memory(&im->job->error);
		return false;
	}
	e->flags = IQ_SEEN_ROW;
	e->line = row->line;
	e->file = (uint16_t)(row->file - im->spool->files);
	iq_import_count(im);
	if (first != NULL) {
		twice(im, e, &im->map.a[first_at], id);
		return true;
	}
	if (id.n == 0) {
		e->flags |= IQ_SEEN_NAMELESS;
		return true;
	}
	/* Before the first number of a kind was given, there are none of its ids. */
	if (iq_wtxn_before(im->w)->next[kind] > 1)
		e->num = iq_id_reserved(im->t, kind, id, &merged);
	if (is_hidden(im, e))
		e->flags |= IQ_SEEN_HIDDEN;
	else if (merged)
		e->flags |= IQ_SEEN_MERGED;
	else if (e->num == IQ_NONE)
		e->flags |= IQ_SEEN_FRESH;
	return true;
}

static void before_ids(void *arg, const struct iq_import_row *rows, size_t n)
{
	struct iq_import *im = arg;

	for (size_t i = 0; i < n; i++) {
		const struct iq_spool_file *f = rows[i].file;

		if (f->id_cell >= 0 && (size_t)f->id_cell < rows[i].ncells)
			iq_idmap_fetch(&im->map, f->kind, rows[i].cells[f->id_cell]);
	}
}

enum iq_err iq_import_ids(struct iq_import *im)
{
	static const struct iq_look rows_only = {.before = before_ids};

	for (unsigned k = 0; k < IQ_KINDS; k++) {
		uint32_t fresh = 0;
		iq_num next;

		im->first[k] = im->map.n;
		enum iq_err err = iq_import_each(im, (enum iq_kind)k, on_id, &rows_only);

		if (err != IQ_OK)
			return err;
		for (size_t i = im->first[k]; i < im->map.n; i++)
			fresh += (im->map.a[i].flags & IQ_SEEN_FRESH) != 0;
		next = iq_num_reserve(im->w, (enum iq_kind)k, fresh);
		if (iq_txn_error(im->t, NULL) != IQ_OK)
			return iq_error_set(&im->job->error, IQ_ERR_QUOTA,
				N_("There are too many records of kind {0}."),
				N_("Import fewer of them."), iq_schemas[k].name, NULL);
		for (size_t i = im->first[k]; i < im->map.n; i++)
			if (im->map.a[i].flags & IQ_SEEN_FRESH)
				im->map.a[i].num = next++;
	}
	im->first[IQ_KINDS] = im->map.n;
	return IQ_OK;
}
