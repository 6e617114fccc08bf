/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what must not happen by accident. A guard stands until the exact number of records that
 * would be lost is given back; above half of them, a second person must agree.
 */

#include "bounds.h"
#include "cell.h"
#include "date.h"
#include "i18n.h"
#include "sync_priv.h"

static struct iq_sync_guard *trip(struct iq_sync_priv *p, const char *code, const char *text)
{
	struct iq_sync *s = p->s;
	void *list = s->guards;
	struct iq_sync_guard *g = iq_sync_grow(p, &list, s->nguards, &s->cap_guards, sizeof(*g));

	s->guards = list;
	if (g == NULL)
		return NULL;
	*g = (struct iq_sync_guard){.code = code, .text = text};
	s->nguards++;
	return g;
}

static void arg(struct iq_sync_guard *g, struct iq_str text)
{
	if (g != NULL && g->nargs < IQ_ERROR_ARGS)
		g->args[g->nargs++] = text;
}

static struct iq_str number(struct iq_sync_priv *p, uint64_t n)
{
	return iq_str(iq_arena_printf(p->arena, "%llu", (unsigned long long)n));
}

/* ---- numbers --------------------------------------------------------------------------------- */

static uint64_t archived(const struct iq_sync *s)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < IQ_KINDS; k++)
		n += s->counts[k].archive;
	return n;
}

/* Records that the list could have archived. */
static uint64_t owned(const struct iq_sync_priv *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < p->nstored; i++) {
		const struct iq_stored *e = &p->stored[i];
		size_t at;

		n += e->kind != IQ_INSTITUTION && !e->archived && p->in_list[e->kind] &&
		     iq_sync_in_scope(p, e->institution, &at) && p->scope_named[at];
	}
	return n;
}

static void share(struct iq_sync_priv *p, uint64_t lost, uint64_t all)
{
	struct iq_sync_guard *g;

	if (lost <= IQ_LIMIT_GUARD_DELETES || lost * 100 <= all * IQ_LIMIT_GUARD_SHARE)
		return;
	g = trip(p, "deletes", N_("{0} of {1} records would be archived."));
	arg(g, number(p, lost));
	arg(g, number(p, all));
	if (lost * 100 <= all * IQ_LIMIT_GUARD_SECOND)
		return;
	p->s->second = true;
	g = trip(p, "second", N_("That is more than {0} %: a second person must agree."));
	arg(g, number(p, IQ_LIMIT_GUARD_SECOND));
}

void iq_sync_guard_counts(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	uint64_t lost = archived(s);
	struct iq_sync_guard *g;

	if (lost == 0)
		return;
	share(p, lost, owned(p));
	for (unsigned k = 0; k < IQ_KINDS; k++) {
		if (s->counts[k].archive == 0 || p->rows_of[k] > 0)
			continue;
		g = trip(p, "empty", N_("The list names no {0} at all."));
		arg(g, iq_str(iq_schemas[k].name));
	}
	if (s->rows * 2 < p->last.rows) {
		g = trip(p, "half", N_("The list has {0} rows; last time it had {1}."));
		arg(g, number(p, s->rows));
		arg(g, number(p, p->last.rows));
	}
	s->deletes = s->nguards > 0 ? lost : 0;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static int32_t date_of(const struct iq_rec *rec, int col, int32_t open)
{
	int32_t day = open;
	struct iq_str text = iq_rec_text(rec, col);

	if (text.n > 0)
		(void)iq_date_parse(text, &day);
	return day;
}

static bool entry_of(struct iq_sync_priv *p, const struct iq_stored *s, struct iq_entry *out)
{
	const struct iq_value *statuses = &s->rec.col[IQ_RESP_STATUSES];
	int role = iq_choice(iq_role_names, iq_rec_text(&s->rec, IQ_RESP_ROLE));
	uint8_t *numbers = iq_arena_alloc(p->arena, 2 * (size_t)statuses->n);

	if (numbers == NULL || role < 0 || role > IQ_ADVICE)
		return false;
	*out = (struct iq_entry){.num = s->num,
		.institution = s->institution,
		.task = iq_id_find(p->t, IQ_TASK, iq_rec_text(&s->rec, IQ_RESP_TASK)),
		.region = iq_id_find(p->t, IQ_REGION, iq_rec_text(&s->rec, IQ_RESP_REGION)),
		.from = date_of(&s->rec, IQ_RESP_VALID_FROM, IQ_DATE_MIN),
		.to = date_of(&s->rec, IQ_RESP_VALID_TO, IQ_DATE_MAX),
		.role = (enum iq_role)role,
		.nstatuses = statuses->n,
		.statuses = numbers,
		.condition = iq_rec_text(&s->rec, IQ_RESP_CONDITION)};
	for (uint32_t i = 0; i < statuses->n; i++) {
		iq_num num = iq_id_find(p->t, IQ_STATUS, statuses->v[i]);
		uint8_t *to = numbers + 2 * (size_t)i;

		to[0] = (uint8_t)num;
		to[1] = (uint8_t)(num >> 8);
	}
	return true;
}

/* Could the row have covered more before than afterwards? */
static bool moves_cells(const struct iq_sync_line *l)
{
	static const int columns[] = {IQ_RESP_TASK, IQ_RESP_REGION, IQ_RESP_STATUSES, IQ_RESP_ROLE,
		IQ_RESP_CONDITION, IQ_RESP_VALID_FROM, IQ_RESP_VALID_TO};

	if (l->act == IQ_SYNC_ARCHIVE)
		return true;
	for (size_t i = 0; i < l->diffs.n; i++) {
		int col = iq_column_by_name(IQ_RESPONSIBILITY, l->diffs.d[i].column);

		for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++)
			if (columns[k] == col)
				return true;
	}
	return false;
}

enum iq_err iq_sync_guard_before(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	struct iq_entry *rows = iq_arena_array(p->arena, s->nlines + 1, sizeof(*rows));
	struct iq_view view;
	size_t n = 0;

	if (rows == NULL)
		return iq_no_memory(&s->job->error);
	for (size_t i = 0; i < s->nlines; i++) {
		const struct iq_sync_line *l = &s->lines[i];
		const struct iq_stored *e = iq_sync_stored(p, l->kind, l->num);

		if (l->kind == IQ_RESPONSIBILITY && e != NULL && !e->archived && moves_cells(l) &&
			entry_of(p, e, &rows[n]))
			n++;
	}
	iq_txn_view(p->t, s->vocab, &view);
	if (iq_cells_at_stake(&view, rows, n, s->today, p->arena, &p->cells) != IQ_OK)
		return iq_no_memory(&s->job->error);
	/* Writing moves what the ids borrow. */
	for (size_t i = 0; i < p->cells.n; i++)
		p->cells.a[i].last = iq_arena_dup(p->arena, p->cells.a[i].last);
	return p->arena->failed ? iq_no_memory(&s->job->error) : IQ_OK;
}

/* The highest statuses under which all is lost, in words. */
static const char *groups(struct iq_sync_priv *p, const iq_num *lost, size_t n, iq_num *one)
{
	const struct iq_vocab *v = p->s->vocab;
	const char *text = "";
	iq_num last = IQ_NONE;
	size_t roots = 0;

	*one = n == 1 ? lost[0] : IQ_NONE;
	for (size_t i = 0; i < n && text != NULL; i++) {
		iq_num root = lost[i];

		while (n > 1 && v->status.parent[root] != IQ_NONE)
			root = v->status.parent[root];
		if (root == last) /* they come in pre-order */
			continue;
		last = root;
		roots++;
		text = iq_arena_printf(p->arena, "%s%s%.*s", text, *text ? ", " : "",
			IQ_STR_ARG(v->status_label[root].name[p->s->english]));
	}
	if (roots == 1)
		*one = last;
	return text ? text : "";
}

static size_t leaves(const struct iq_tree *t)
{
	size_t n = 0;

	for (iq_num i = 1; i <= t->n; i++)
		n += t->id[i].n > 0 && t->pre[i] == t->end[i];
	return n;
}

/* The first of several institutions that were responsible. */
static struct iq_str who(struct iq_sync_priv *p, struct iq_str responsibility, struct iq_str *task)
{
	bool merged;
	const struct iq_stored *e = iq_sync_stored(p, IQ_RESPONSIBILITY,
		iq_id_reserved(p->t, IQ_RESPONSIBILITY, responsibility, &merged));
	const struct iq_stored *i = e ? iq_sync_stored(p, IQ_INSTITUTION, e->institution) : NULL;

	*task = e ? iq_rec_text(&e->rec, IQ_RESP_TASK) : (struct iq_str){NULL, 0};
	return i ? iq_rec_name(&i->rec, p->s->english) : responsibility;
}

/* Cells of one task, region and row: one line. */
static void tell(
	struct iq_sync_priv *p, const struct iq_cell *first, const iq_num *statuses, size_t n)
{
	const struct iq_vocab *v = p->s->vocab;
	bool english = p->s->english, all = n == leaves(&v->status);
	struct iq_str task, institution = who(p, first->last, &task);
	iq_num one;
	const char *text = groups(p, statuses, n, &one);
	struct iq_sync_guard *g = trip(p, "cell",
		all ? N_("{0}, {1}: nobody would be responsible any more. The last one is {2}.")
		    : N_("{0}, {1}: nobody would be responsible any more for {3}. The last one is "
			 "{2}."));

	if (g == NULL)
		return;
	arg(g, v->task_label[first->task].name[english]);
	arg(g, v->region_label[first->region].name[english]);
	arg(g, institution);
	arg(g, iq_str(text));
	g->task = v->task.id[first->task];
	g->region = v->region.id[first->region];
	if (!all && one != IQ_NONE)
		g->status = v->status.id[one];
	g->responsibility = first->last;
}

/* A row that is only changed counts as well: the number names everything that is lost. */
static uint64_t lost_by_change(struct iq_sync_priv *p, struct iq_str responsibility)
{
	bool merged;
	struct iq_stored *e = iq_sync_stored(p, IQ_RESPONSIBILITY,
		iq_id_reserved(p->t, IQ_RESPONSIBILITY, responsibility, &merged));

	if (e == NULL || e->row == 0 || e->lost)
		return 0;
	e->lost = true;
	return 1;
}

enum iq_err iq_sync_guard_after(struct iq_sync_priv *p)
{
	struct iq_sync *s = p->s;
	struct iq_cells *c = &p->cells;
	iq_num *statuses = iq_arena_array(p->arena, c->n + 1, sizeof(*statuses));
	uint64_t changed = 0;
	struct iq_view view;

	if (statuses == NULL)
		return iq_no_memory(&s->job->error);
	iq_txn_view(p->t, s->vocab, &view);
	if (iq_cells_lost(&view, s->today, p->arena, c) != IQ_OK)
		return iq_no_memory(&s->job->error);
	for (size_t i = 0; i < c->n;) {
		size_t n = 0;
		const struct iq_cell *first = &c->a[i];

		for (; i < c->n && c->a[i].task == first->task && c->a[i].region == first->region &&
			iq_str_eq(c->a[i].last, first->last);
			i++)
			statuses[n++] = c->a[i].status;
		changed += lost_by_change(p, first->last);
		if (s->nguards < IQ_LIMIT_PROBLEMS)
			tell(p, first, statuses, n);
	}
	if (s->nguards > 0)
		s->deletes = archived(s) + changed;
	return IQ_OK;
}
