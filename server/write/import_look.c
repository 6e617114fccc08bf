/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of a row without the database: what its cells say, what the ids of other rows in
 * it stand for, and whether it is right. A second thread does it ahead of the writer. Where
 * anything is wrong or out of the ordinary it says nothing, and the writer does all of it himself:
 * only he tells problems.
 */

#include "bounds.h"
#include "import_priv.h"

enum { TOGETHER = IQ_IDMAP_MANY / IQ_MEMO };

/* Column by column, as the writer would. False: he has to. */
static bool read_cells(struct iq_import_row *row, struct iq_rec *rec, struct iq_arena *arena)
{
	struct iq_problem p;

	if (row->ncells != row->file->ncolumns || row->ncells > IQ_COLUMNS_MAX)
		return false;
	memset(rec, 0, sizeof(*rec));
	rec->kind = row->file->kind;
	for (size_t i = 0; i < row->ncells; i++)
		if (iq_rec_read_cell(rec, row->file->map[i], row->cells[i], arena, &p) != IQ_OK)
			return false;
	return !arena->failed;
}

size_t iq_look_wants(const struct iq_rec *rec, struct iq_idmap_want want[IQ_MEMO])
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];
	size_t n = 0;

	for (size_t c = 0; c < schema->ncolumns; c++) {
		const struct iq_column *column = &schema->columns[c];

		if (column->type != IQ_TYPE_REF && column->type != IQ_TYPE_REFS)
			continue;
		for (uint32_t i = 0; i < rec->col[c].n && n < IQ_MEMO; i++)
			if (rec->col[c].v[i].n <= IQ_LIMIT_ID)
				want[n++] = (struct iq_idmap_want){
					column->target, rec->col[c].v[i], NULL};
	}
	return n;
}

size_t iq_look_memo(const struct iq_idmap_want *want, size_t n, struct iq_memo *memo)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		const struct iq_seen *e = want[i].found;

		if (e != NULL && e->num != IQ_NONE &&
			!(e->flags & (IQ_SEEN_MERGED | IQ_SEEN_REJECTED)))
			memo[k++] = (struct iq_memo){
				want[i].id.p, e->num, (uint8_t)want[i].id.n, (uint8_t)want[i].kind};
	}
	return k;
}

/* Several rows at once: their ids are fetched from memory side by side. */
static void look_up(const struct iq_look *look, struct iq_import_row *rows, size_t nrows,
	struct iq_arena *arena)
{
	struct iq_idmap_want want[IQ_IDMAP_MANY];
	size_t n[TOGETHER], wants[TOGETHER], all = 0;

	for (size_t r = 0; r < nrows; r++) {
		size_t from = all;

		n[r] = wants[r] = 0;
		if (rows[r].ready == NULL)
			continue;
		wants[r] = iq_look_wants(rows[r].ready, want + from);
		/* Entries of the kind under way are the writer's. */
		for (size_t i = 0; i < wants[r]; i++)
			if (want[from + i].kind != rows[r].file->kind)
				want[all++] = want[from + i];
		n[r] = all - from;
	}
	iq_idmap_find_many(look->map, want, all);
	all = 0;
	for (size_t r = 0; r < nrows; r++) {
		struct iq_memo *memo = iq_arena_alloc(arena, n[r] * sizeof(*memo));

		if (memo == NULL)
			return;
		rows[r].nmemo = iq_look_memo(want + all, n[r], memo);
		rows[r].memo = memo;
		rows[r].whole = rows[r].nmemo == wants[r];
		all += n[r];
	}
}

/* ---- check ---------------------------------------------------------------------------------- */

static iq_num find(void *ctx, enum iq_kind kind, struct iq_str id)
{
	const struct iq_import_row *row = ctx;

	for (size_t i = 0; i < row->nmemo; i++)
		if (row->memo[i].p == id.p && row->memo[i].n == id.n && row->memo[i].kind == kind)
			return row->memo[i].num;
	return IQ_NONE;
}

/* Kinds whose records form neither vocabulary nor chains, get no id from their cells, and of which
 * no more is asked than that each be right. */
static bool is_simple(enum iq_kind kind)
{
	return !iq_schemas[kind].vocabulary && kind != IQ_POSTCODE && iq_chain_column(kind) < 0 &&
	       !iq_kind_in_circle(kind);
}

bool iq_look_has_text(const struct iq_rec *rec)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t c = 0; c < schema->ncolumns; c++)
		if ((schema->columns[c].type == IQ_TYPE_CONDITION ||
			    schema->columns[c].type == IQ_TYPE_IMPLIES) &&
			rec->col[c].n != 0)
			return true;
	return false;
}

static bool is_right(const struct iq_look *look, struct iq_import_row *row, struct iq_rec *rec,
	struct iq_arena *arena)
{
	struct iq_check check = {.vocab = look->vocab, .ctx = row, .find = find, .arena = arena};
	struct iq_error error;

	if (look->vocab == NULL || !row->whole || !is_simple(rec->kind) || iq_look_has_text(rec) ||
		!iq_rec_complete(rec, arena))
		return false;
	iq_error_init(&error, arena);
	return iq_check_record(&check, rec, NULL, &error) == IQ_OK && !arena->failed;
}

void iq_look_at(const struct iq_look *look, struct iq_import_row *rows, struct iq_rec *recs,
	size_t n, struct iq_arena *arena)
{
	for (size_t i = 0; i < n; i++) {
		rows[i].ready = NULL;
		rows[i].nmemo = 0;
		rows[i].whole = rows[i].checked = false;
		if (look->map != NULL && read_cells(&rows[i], &recs[i], arena))
			rows[i].ready = &recs[i];
	}
	for (size_t i = 0; i < n && look->map != NULL; i += TOGETHER)
		look_up(look, rows + i, n - i < TOGETHER ? n - i : TOGETHER, arena);
}

void iq_look_check(const struct iq_look *look, struct iq_import_row *rows, struct iq_rec *recs,
	size_t n, struct iq_arena *arena)
{
	for (size_t i = 0; i < n; i++)
		rows[i].checked =
			rows[i].ready != NULL && is_right(look, &rows[i], &recs[i], arena);
}
