/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that put, delete, merge and import have in common. */

#include <stdlib.h>

#include "apply_priv.h"
#include "i18n.h"

const char *const iq_chain_text =
	N_("Following this reference from record to record leads in a circle or is too long.");

enum iq_err iq_no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_BUSY, N_("There is not enough memory."),
		N_("Try again later, or in smaller parts."), NULL);
}

enum iq_err iq_not_found(
	struct iq_error *error, enum iq_kind kind, struct iq_str id, struct iq_arena *arena)
{
	const char *text = iq_arena_cstr(arena, id);

	return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no record “{1}” of kind {0}."),
		N_("Look for it with: iqq search {1}"), iq_schemas[kind].name, text ? text : "",
		NULL);
}

bool iq_rec_copy(struct iq_rec *rec, struct iq_arena *arena)
{
	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++) {
		struct iq_value *value = &rec->col[c];
		struct iq_str *v;

		if (value->n == 0)
			continue;
		v = iq_arena_array(arena, value->n, sizeof(*v));
		if (v == NULL)
			return false;
		for (uint32_t i = 0; i < value->n; i++)
			v[i] = iq_arena_dup(arena, value->v[i]);
		value->v = v;
	}
	return !arena->failed;
}

bool iq_rec_load(
	struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena, struct iq_rec *out)
{
	return iq_rec_get(t, kind, num, arena, out) && iq_rec_copy(out, arena);
}

/* ---- united ids --------------------------------------------------------------------------- */

struct iq_str iq_canon_stored(void *ctx, enum iq_kind kind, struct iq_str id)
{
	bool merged;
	iq_num num = iq_id_reserved(ctx, kind, id, &merged);
	struct iq_str into = {NULL, 0};

	if (merged)
		into = iq_id_of(ctx, kind, num);
	return into.n ? into : id;
}

static bool contains(const struct iq_str *v, uint32_t n, struct iq_str s)
{
	for (uint32_t i = 0; i < n; i++)
		if (iq_str_eq(v[i], s))
			return true;
	return false;
}

struct canon {
	struct iq_arena *arena;
	iq_canon_fn fn;
	void *ctx;
	bool *changed;
};

static bool canon_refs(struct canon *c, enum iq_kind target, struct iq_value *value)
{
	struct iq_str *v = NULL;
	uint32_t n = 0;

	for (uint32_t i = 0; i < value->n; i++) {
		struct iq_str id = c->fn(c->ctx, target, value->v[i]);

		if (v == NULL && iq_str_eq(id, value->v[i])) {
			n++;
			continue;
		}
		if (v == NULL) {
			v = iq_arena_array(c->arena, value->n, sizeof(*v));
			if (v == NULL)
				return false;
			memcpy(v, value->v, i * sizeof(*v));
			*c->changed = true;
		}
		if (!contains(v, n, id))
			v[n++] = iq_str_eq(id, value->v[i]) ? value->v[i]
							    : iq_arena_dup(c->arena, id);
	}
	if (v != NULL)
		*value = (struct iq_value){v, n};
	return !c->arena->failed;
}

/* Clauses of the condition language: the name of the fact stands before the operator. */
static bool canon_text(struct canon *c, struct iq_value *value)
{
	struct iq_str rest = value->v[0], clause, *v;
	struct iq_buf b;
	bool changed = false, ok;

	iq_buf_init(&b, 0);
	while (iq_str_cut(&rest, ';', &clause)) {
		size_t n = 0;

		while (n < clause.n && strchr("=!<>", clause.p[n]) == NULL)
			n++;
		struct iq_str fact = {clause.p, n}, id = n ? c->fn(c->ctx, IQ_FACT, fact) : fact;

		changed = changed || !iq_str_eq(id, fact);
		iq_buf_str(&b, id);
		iq_buf_str(&b, (struct iq_str){clause.p + n, clause.n - n});
		if (rest.p != NULL)
			iq_buf_byte(&b, ';');
	}
	ok = !b.failed;
	if (ok && changed) {
		v = iq_arena_alloc(c->arena, sizeof(*v));
		ok = v != NULL;
		if (ok) {
			*v = iq_arena_dup(c->arena, (struct iq_str){(char *)b.p, b.n});
			*value = (struct iq_value){v, 1};
			*c->changed = true;
			ok = v->p != NULL;
		}
	}
	iq_buf_free(&b);
	return ok;
}

bool iq_canonical(
	struct iq_rec *rec, struct iq_arena *arena, iq_canon_fn canon, void *ctx, bool *changed)
{
	struct canon c = {arena, canon, ctx, changed};
	bool ok = true;

	*changed = false;
	for (size_t i = 0; i < iq_schemas[rec->kind].ncolumns && ok; i++) {
		const struct iq_column *column = &iq_schemas[rec->kind].columns[i];

		if (rec->col[i].n == 0)
			continue;
		if (column->type == IQ_TYPE_REF || column->type == IQ_TYPE_REFS)
			ok = canon_refs(&c, column->target, &rec->col[i]);
		else if (column->type == IQ_TYPE_CONDITION || column->type == IQ_TYPE_IMPLIES)
			ok = canon_text(&c, &rec->col[i]);
	}
	return ok;
}

int iq_chain_column(enum iq_kind kind)
{
	switch (kind) {
	case IQ_REGION:
		return IQ_REGION_PARENT;
	case IQ_TASK:
		return IQ_TASK_PARENT;
	case IQ_STATUS:
		return IQ_STATUS_PARENT;
	case IQ_INSTITUTION:
		return IQ_INSTITUTION_PARENT;
	case IQ_CONTACT:
		return IQ_CONTACT_DEPUTY;
	case IQ_POSTCODE:
	case IQ_FACT:
	case IQ_KIND:
	case IQ_RESPONSIBILITY:
	case IQ_NOTICE:
	case IQ_HANDOVER:
	case IQ_WORKSHOP_RECORD:
	case IQ_MEMBERSHIP:
	case IQ_TOPIC:
	case IQ_MEETING:
	case IQ_PROPOSAL:
	case IQ_BALLOT:
	case IQ_COMMITMENT:
	case IQ_KINDS:
		break;
	}
	return -1;
}

/* ---- differences -------------------------------------------------------------------------- */

bool iq_diffs_add(struct iq_diffs *diffs, const struct iq_rec *before, const struct iq_rec *after,
	struct iq_arena *arena)
{
	static const struct iq_str empty = {"", 0};
	const struct iq_rec *any = after ? after : before;

	for (int c = 0; c < (int)iq_schemas[any->kind].ncolumns; c++) {
		struct iq_str was = before ? iq_rec_write_cell(before, c, arena) : empty;
		struct iq_str is = after ? iq_rec_write_cell(after, c, arena) : empty;

		if (arena->failed)
			return false;
		if (iq_str_eq(was, is))
			continue;
		if (diffs->n == diffs->cap) {
			size_t cap = diffs->cap ? diffs->cap * 2 : 16;
			struct iq_diff *d = iq_arena_grow(
				arena, diffs->d, diffs->cap * sizeof(*d), cap * sizeof(*d));

			if (d == NULL)
				return false;
			diffs->d = d;
			diffs->cap = cap;
		}
		diffs->d[diffs->n++] = (struct iq_diff){any->kind,
			iq_arena_dup(arena, iq_rec_text(any, IQ_COL_ID)),
			iq_str(iq_schemas[any->kind].columns[c].name), iq_arena_dup(arena, was),
			iq_arena_dup(arena, is)};
	}
	return !arena->failed;
}

/* ---- references --------------------------------------------------------------------------- */

static bool add_ref(void *arg, enum iq_kind from, iq_num num)
{
	struct iq_ref_list *l = arg;

	l->total++;
	if (l->max && l->n == l->max)
		return true;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;
		struct iq_ref *a = realloc(l->a, cap * sizeof(*a));

		if (a == NULL) {
			l->failed = true;
			return false;
		}
		l->a = a;
		l->cap = cap;
	}
	l->a[l->n++] = (struct iq_ref){from, num};
	return true;
}

void iq_ref_list_fill(struct iq_ref_list *l, struct iq_txn *t, enum iq_kind kind, iq_num num)
{
	iq_each_ref(t, kind, num, add_ref, l);
}

void iq_ref_list_free(struct iq_ref_list *l)
{
	free(l->a);
	l->a = NULL;
}

/* ---- what a change of the vocabulary may break ---------------------------------------------- */

static bool same_value(const struct iq_value *a, const struct iq_value *b)
{
	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (!iq_str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

bool iq_fact_differs(const struct iq_rec *before, const struct iq_rec *after)
{
	return !same_value(&before->col[IQ_FACT_TYPE], &after->col[IQ_FACT_TYPE]) ||
	       !same_value(&before->col[IQ_FACT_VALUES], &after->col[IQ_FACT_VALUES]);
}

static void user_problem(struct iq_txn *t, const struct iq_ref *ref, const char *column,
	const char *text, const struct iq_problem *where, struct iq_error *error)
{
	struct iq_problem p = {.column = iq_str(column), .text = text, .nargs = 2};

	if (where != NULL) {
		p.file = where->file;
		p.line = where->line;
		p.value = where->value;
	}
	p.args[0] = iq_str(iq_schemas[ref->kind].name);
	p.args[1] = iq_id_of(t, ref->kind, ref->num);
	iq_error_add_problem(error, &p);
}

/* A proposal may be about an area. */
static bool add_bound(void *arg, enum iq_kind from, iq_num num)
{
	return from == IQ_PROPOSAL || add_ref(arg, from, num);
}

enum iq_err iq_check_area(struct iq_txn *t, iq_num region, const struct iq_rec *rec,
	const struct iq_problem *where, struct iq_error *error)
{
	struct iq_ref_list refs = {.max = 20};
	size_t n;

	if (!iq_str_is(iq_rec_text(rec, IQ_REGION_KIND), "area"))
		return IQ_OK;
	iq_each_ref(t, IQ_REGION, region, add_bound, &refs);
	n = refs.n;
	for (size_t i = 0; i < n; i++)
		user_problem(t, &refs.a[i], "kind",
			N_("This region cannot become an area: {0} “{1}” refers to it."), where,
			error);
	iq_ref_list_free(&refs);
	return n ? IQ_ERR_REJECTED : IQ_OK;
}

static bool text_fits(const struct iq_facts *facts, const struct iq_rec *rec)
{
	for (size_t i = 0; i < iq_schemas[rec->kind].ncolumns; i++) {
		enum iq_type type = iq_schemas[rec->kind].columns[i].type;
		struct iq_str text = iq_rec_text(rec, (int)i);
		struct iq_problem p = {.line = 0};
		struct iq_known *known;
		bool fits = true;

		if (text.n == 0)
			continue;
		if (type == IQ_TYPE_CONDITION) {
			fits = iq_condition_check(facts, text, &p) == IQ_OK;
		} else if (type == IQ_TYPE_IMPLIES) {
			known = calloc((size_t)facts->n + 1, sizeof(*known));
			fits = known != NULL && iq_implies_parse(facts, text, known, &p) == IQ_OK;
			free(known);
		}
		if (!fits)
			return false;
	}
	return true;
}

enum iq_err iq_check_fact_users(struct iq_txn *t, const struct iq_facts *facts, iq_num fact,
	const struct iq_problem *where, struct iq_error *error)
{
	struct iq_ref_list refs = {.max = 0};
	struct iq_arena arena;
	enum iq_err err = IQ_OK;

	iq_arena_init(&arena, 0);
	iq_ref_list_fill(&refs, t, IQ_FACT, fact);
	if (refs.failed)
		err = iq_no_memory(error);
	for (size_t i = 0; i < refs.n && !refs.failed; i++) {
		struct iq_rec user;

		iq_arena_reset(&arena);
		if (!iq_rec_get(t, refs.a[i].kind, refs.a[i].num, &arena, &user) ||
			text_fits(facts, &user))
			continue;
		err = IQ_ERR_REJECTED;
		user_problem(t, &refs.a[i], "values",
			N_("The condition of {0} “{1}” needs what this change takes away."), where,
			error);
	}
	iq_ref_list_free(&refs);
	iq_arena_free(&arena);
	return err;
}
