/* SPDX-License-Identifier: Apache-2.0 */
/* merge: unites two records of a vocabulary, two institutions or two contacts. */

#include "archive.h"
#include "bounds.h"
#include "i18n.h"
#include "merge_priv.h"

enum { DIFFS_SHOWN = 1000 };

/* Column of aliases, or -1. */
static int alias_column(enum iq_kind kind)
{
	return iq_column_by_name(kind, IQ_STR("aliases"));
}

static bool can_merge(enum iq_kind kind)
{
	return iq_chain_column(kind) >= 0 || kind == IQ_FACT || kind == IQ_KIND;
}

/* ---- what is refused ---------------------------------------------------------------------- */

/* True if `into` lies below `old`: the children of `old` would end up below themselves. */
static bool lies_below(struct iq_merge *m)
{
	iq_num at = m->into;
	int col = iq_chain_column(m->kind);

	if (col < 0 || m->kind == IQ_CONTACT)
		return false;
	for (unsigned i = 0; i <= IQ_LIMIT_TREE_DEPTH && at != IQ_NONE; i++) {
		struct iq_rec rec;

		iq_arena_reset(&m->tmp);
		if (at == m->old)
			return true;
		if (!iq_rec_get(m->t, m->kind, at, &m->tmp, &rec))
			return false;
		struct iq_str up = iq_rec_text(&rec, col);

		at = up.n ? iq_id_find(m->t, m->kind, up) : IQ_NONE;
	}
	return false;
}

static bool is_area(const struct iq_merge *m, iq_num region)
{
	return region <= m->vocab->region.n && m->vocab->region_is_area[region];
}

static enum iq_err refuse(struct iq_merge *m, enum iq_err code, const char *text)
{
	const char *old = iq_arena_cstr(m->arena, m->old_id);
	const char *into = iq_arena_cstr(m->arena, m->into_id);

	return iq_error_set(&m->job->error, code, text,
		N_("Look at both with: iqq get {0} {1} and iqq get {0} {2}"),
		iq_schemas[m->kind].name, old ? old : "", into ? into : "", NULL);
}

static enum iq_err check(struct iq_merge *m)
{
	if (!can_merge(m->kind))
		return refuse(m, IQ_ERR_USAGE, N_("Records of kind {0} cannot be united."));
	m->old = iq_id_find(m->t, m->kind, m->old_id);
	if (m->old == IQ_NONE)
		return iq_not_found(&m->job->error, m->kind, m->old_id, m->arena);
	m->into = iq_id_find(m->t, m->kind, m->into_id);
	if (m->into == IQ_NONE)
		return iq_not_found(&m->job->error, m->kind, m->into_id, m->arena);
	if (m->old == m->into)
		return refuse(
			m, IQ_ERR_CONFLICT, N_("“{1}” and “{2}” are the same record of kind {0}."));
	if (lies_below(m))
		return refuse(m, IQ_ERR_CONFLICT,
			N_("“{2}” lies below “{1}”: uniting them would make a circle."));
	if (m->kind == IQ_REGION && is_area(m, m->old) != is_area(m, m->into))
		return refuse(m, IQ_ERR_CONFLICT,
			N_("Of “{1}” and “{2}” one is an area and one is not: they cannot be "
			   "united."));
	return IQ_OK;
}

/* ---- references --------------------------------------------------------------------------- */

static struct iq_str to_survivor(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_merge *m = ctx;

	return kind == m->kind && iq_str_eq(id, m->old_id) ? m->into_id : id;
}

static iq_num next_stored(void *ctx, iq_num num)
{
	struct iq_merge *m = ctx;
	struct iq_rec rec;

	if (!iq_rec_get(m->t, m->kind, num, &m->tmp, &rec))
		return IQ_NONE;
	struct iq_str id = iq_rec_text(&rec, iq_chain_column(m->kind));

	return id.n ? iq_id_find(m->t, m->kind, id) : IQ_NONE;
}

bool iq_merge_show(struct iq_merge *m, const struct iq_rec *before, const struct iq_rec *after)
{
	return m->diffs->n >= DIFFS_SHOWN || iq_diffs_add(m->diffs, before, after, m->arena);
}

/* A condition that the surviving fact does not fit. */
static enum iq_err check_texts(struct iq_merge *m, const struct iq_rec *rec)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < iq_schemas[rec->kind].ncolumns; i++) {
		const struct iq_column *column = &iq_schemas[rec->kind].columns[i];
		struct iq_problem p = {.line = 0};
		struct iq_str text = iq_rec_text(rec, (int)i);
		struct iq_known known[IQ_LIMIT_FACTS] = {{false, 0, 0, 0}};

		if (text.n == 0)
			continue;
		if (column->type == IQ_TYPE_CONDITION)
			err = iq_condition_check(&m->vocab->facts, text, &p);
		else if (column->type == IQ_TYPE_IMPLIES)
			err = iq_implies_parse(&m->vocab->facts, text, known, &p);
		if (err == IQ_OK)
			continue;
		p.file = iq_rec_text(rec, IQ_COL_ID);
		p.column = iq_str(column->name);
		iq_error_add_problem(&m->job->error, &p);
		return err;
	}
	return IQ_OK;
}

/* A postcode of a united region moves to the other; a pair that is there already is dropped. */
static enum iq_err move_postcode(struct iq_merge *m, iq_num num, const struct iq_rec *before)
{
	struct iq_rec after = *before;
	struct iq_str old_id = iq_rec_text(before, IQ_COL_ID);
	bool changed, merged;
	iq_num to;

	if (!iq_canonical(&after, &m->tmp, to_survivor, m, &changed))
		return iq_no_memory(&m->job->error);
	after.col[IQ_COL_ID].n = 0;
	if (!iq_rec_complete(&after, &m->tmp) || !iq_merge_show(m, before, NULL))
		return iq_no_memory(&m->job->error);
	to = iq_id_find(m->t, IQ_POSTCODE, iq_rec_text(&after, IQ_COL_ID));
	iq_rec_remove(m->w, IQ_POSTCODE, num, &m->tmp);
	if (to == IQ_NONE) {
		(void)iq_id_reserved(m->t, IQ_POSTCODE, iq_rec_text(&after, IQ_COL_ID), &merged);
		if (!iq_slug_valid(iq_rec_text(&after, IQ_COL_ID)) || merged)
			return refuse(m, IQ_ERR_CONFLICT,
				N_("A postcode of “{1}” cannot move to “{2}”."));
		if (!iq_merge_show(m, NULL, &after))
			return iq_no_memory(&m->job->error);
		to = iq_id_intern(m->w, IQ_POSTCODE, iq_rec_text(&after, IQ_COL_ID));
		if (to != IQ_NONE)
			iq_rec_put(m->w, to, &after, &m->tmp);
	}
	if (to != IQ_NONE)
		iq_id_redirect(m->w, IQ_POSTCODE, old_id, to);
	return iq_txn_error(m->t, NULL);
}

/* Lets one record refer to the survivor. */
static enum iq_err rewrite(struct iq_merge *m, const struct iq_ref *ref)
{
	struct iq_rec before, after;
	int chain = iq_chain_column(ref->kind);
	bool changed;

	iq_arena_reset(&m->tmp);
	if (!iq_rec_load(m->t, ref->kind, ref->num, &m->tmp, &before))
		return m->tmp.failed ? iq_no_memory(&m->job->error) : iq_txn_error(m->t, NULL);
	if (ref->kind == IQ_POSTCODE)
		return move_postcode(m, ref->num, &before);
	after = before;
	if (!iq_canonical(&after, &m->tmp, to_survivor, m, &changed))
		return iq_no_memory(&m->job->error);
	/* The survivor does not deputise for itself. */
	if (ref->kind == m->kind && ref->num == m->into && chain >= 0 &&
		iq_str_eq(iq_rec_text(&after, chain), m->into_id))
		after.col[chain].n = 0;
	/* Nobody stands for a member and is deputy as well. */
	if (ref->kind == IQ_MEMBERSHIP &&
		iq_str_eq(iq_rec_text(&after, IQ_MEMBERSHIP_REPRESENTATIVE),
			iq_rec_text(&after, IQ_MEMBERSHIP_DEPUTY)))
		after.col[IQ_MEMBERSHIP_DEPUTY].n = 0;
	enum iq_err err = m->kind == IQ_FACT ? check_texts(m, &after) : IQ_OK;

	if (err != IQ_OK)
		return err;
	if (!iq_merge_show(m, &before, &after))
		return iq_no_memory(&m->job->error);
	iq_rec_put(m->w, ref->num, &after, &m->tmp);
	return iq_txn_error(m->t, NULL);
}

/* Parents and deputies must not have become a circle. */
static enum iq_err check_chains(struct iq_merge *m)
{
	if (iq_chain_column(m->kind) < 0)
		return IQ_OK;
	for (size_t i = 0; i < m->refs.n; i++) {
		if (m->refs.a[i].kind != m->kind)
			continue;
		iq_arena_reset(&m->tmp);
		if (!iq_check_chain(m->refs.a[i].num, next_stored, m))
			return refuse(m, IQ_ERR_CONFLICT,
				N_("Uniting “{1}” with “{2}” would make a circle."));
	}
	return IQ_OK;
}

/* ---- aliases ------------------------------------------------------------------------------ */

struct aliases {
	struct iq_rec *rec;
	int col;
	struct iq_str *v;
	uint32_t n;
};

/* Unless the survivor has it already, as a name or otherwise. */
static void add_alias(struct aliases *a, struct iq_str s)
{
	const struct iq_column *column = &iq_schemas[a->rec->kind].columns[a->col];

	if (s.n == 0 || a->n == IQ_LIMIT_SET || memchr(s.p, column->sep, s.n) != NULL)
		return;
	for (uint32_t i = 0; i < a->n; i++)
		if (iq_str_eq(a->v[i], s))
			return;
	for (size_t c = 0; c < iq_schemas[a->rec->kind].ncolumns; c++) {
		const char *name = iq_schemas[a->rec->kind].columns[c].name;

		if ((strncmp(name, "name", 4) == 0 || c == IQ_COL_ID) &&
			iq_str_eq(iq_rec_text(a->rec, (int)c), s))
			return;
	}
	a->v[a->n++] = s;
}

/* Names, aliases and id of the old record become aliases of the survivor. */
static enum iq_err take_names(struct iq_merge *m)
{
	int col = alias_column(m->kind);
	struct iq_rec old, before, after;
	struct aliases a = {.rec = &after, .col = col};

	if (col < 0)
		return IQ_OK;
	iq_arena_reset(&m->tmp);
	if (!iq_rec_load(m->t, m->kind, m->old, &m->tmp, &old) ||
		!iq_rec_load(m->t, m->kind, m->into, &m->tmp, &before))
		return iq_no_memory(&m->job->error);
	after = before;
	a.v = iq_arena_array(&m->tmp, IQ_LIMIT_SET, sizeof(*a.v));
	if (a.v == NULL)
		return iq_no_memory(&m->job->error);
	for (uint32_t i = 0; i < before.col[col].n && i < IQ_LIMIT_SET; i++)
		a.v[a.n++] = before.col[col].v[i];
	for (size_t c = 0; c < iq_schemas[m->kind].ncolumns; c++)
		if (strncmp(iq_schemas[m->kind].columns[c].name, "name", 4) == 0)
			add_alias(&a, iq_rec_text(&old, (int)c));
	for (uint32_t i = 0; i < old.col[col].n; i++)
		add_alias(&a, old.col[col].v[i]);
	add_alias(&a, m->old_id);
	after.col[col] = (struct iq_value){a.v, a.n};
	if (!iq_merge_show(m, &before, &after))
		return iq_no_memory(&m->job->error);
	iq_rec_put(m->w, m->into, &after, &m->tmp);
	return iq_txn_error(m->t, NULL);
}

/* ---- all together ------------------------------------------------------------------------- */

static enum iq_err unite(struct iq_merge *m)
{
	enum iq_err err = IQ_OK;

	iq_ref_list_fill(&m->refs, m->t, m->kind, m->old);
	if (m->refs.failed)
		return iq_no_memory(&m->job->error);
	iq_job_writes(m->job);
	if (m->kind == IQ_INSTITUTION)
		err = iq_merge_circle(m);
	for (size_t i = 0; i < m->refs.n && err == IQ_OK; i++)
		err = rewrite(m, &m->refs.a[i]);
	if (err == IQ_OK)
		err = check_chains(m);
	if (err == IQ_OK)
		err = take_names(m);
	if (err != IQ_OK)
		return err;
	struct iq_rec old;

	iq_arena_reset(&m->tmp);
	if (!iq_rec_load(m->t, m->kind, m->old, &m->tmp, &old) || !iq_merge_show(m, &old, NULL))
		return iq_no_memory(&m->job->error);
	iq_rec_remove(m->w, m->kind, m->old, &m->tmp);
	iq_waiting_forget(m->w, m->kind, m->old);
	iq_id_redirect(m->w, m->kind, m->old_id, m->into);
	return iq_txn_error(m->t, NULL);
}

enum iq_err iq_apply_merge(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	enum iq_kind kind, struct iq_str old, struct iq_str into, struct iq_diffs *diffs,
	struct iq_arena *arena)
{
	struct iq_merge m = {.job = job,
		.w = w,
		.t = iq_wtxn_txn(w),
		.vocab = vocab,
		.kind = kind,
		.old_id = old,
		.into_id = into,
		.diffs = diffs,
		.arena = arena};
	enum iq_err err;

	iq_arena_init(&m.tmp, 0);
	err = check(&m);
	if (err == IQ_OK) {
		/* The ids as stored: one of the two may have been written as an older, united one.
		 */
		m.old_id = iq_arena_dup(arena, iq_id_of(m.t, kind, m.old));
		m.into_id = iq_arena_dup(arena, iq_id_of(m.t, kind, m.into));
		err = unite(&m);
	}
	iq_ref_list_free(&m.refs);
	iq_arena_free(&m.tmp);
	return err;
}
