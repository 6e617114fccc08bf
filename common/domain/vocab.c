/* SPDX-License-Identifier: Apache-2.0 */
#include "vocab.h"

#include <stdlib.h>

#include "bounds.h"
#include "date.h"
#include "i18n.h"
#include "tree.h"

static const struct iq_str nothing_more = {NULL, 0}; /* for a text without {2} */

/* Room for one more element of `size` bytes; NULL without memory. */
static void *grow(struct iq_vocab_builder *b, void *a, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return a;
	size_t more = *cap ? *cap * 2 : 256;
	void *p = iq_arena_grow(&b->tmp, a, *cap * size, more * size);

	if (p != NULL)
		*cap = more;
	return p;
}

static struct iq_value keep_set(struct iq_arena *arena, const struct iq_value *set)
{
	struct iq_str *v = iq_arena_array(arena, set->n, sizeof(*v));

	if (v == NULL)
		return (struct iq_value){NULL, 0};
	for (uint32_t i = 0; i < set->n; i++)
		v[i] = iq_arena_dup(arena, set->v[i]);
	return (struct iq_value){v, set->n};
}

static struct iq_label keep_label(
	struct iq_arena *arena, const struct iq_rec *rec, struct iq_str id, int de, int en)
{
	struct iq_str german = iq_rec_text(rec, de), english = iq_rec_text(rec, en);
	struct iq_label l;

	l.name[IQ_LANG_DE] = german.n ? iq_arena_dup(arena, german) : id;
	if (english.n == 0 || iq_str_eq(english, german))
		l.name[IQ_LANG_EN] = l.name[IQ_LANG_DE];
	else
		l.name[IQ_LANG_EN] = iq_arena_dup(arena, english);
	return l;
}

/* ---- trees -------------------------------------------------------------------------------- */

static enum iq_err collect(struct iq_vocab_builder *b, struct iq_tree_nodes *ns, iq_num num,
	const struct iq_rec *rec, int de, int en)
{
	struct iq_arena *keep = &b->v->arena;
	size_t cap = ns->cap;
	struct iq_tree_node *a = grow(b, ns->a, ns->n, &cap, sizeof(*a));

	if (a == NULL)
		return IQ_ERR_INTERNAL;
	ns->a = a;
	ns->cap = (uint32_t)cap;
	struct iq_tree_node *node = &a[ns->n++];

	*node = (struct iq_tree_node){.num = num,
		.up = IQ_TREE_NO_NODE,
		.child = IQ_TREE_NO_NODE,
		.next = IQ_TREE_NO_NODE};
	node->id = iq_arena_dup(keep, iq_rec_text(rec, IQ_COL_ID));
	node->parent = iq_arena_dup(&b->tmp, iq_rec_text(rec, IQ_REGION_PARENT));
	node->label = keep_label(keep, rec, node->id, de, en);
	if (num > ns->max)
		ns->max = num;
	return keep->failed || b->tmp.failed ? IQ_ERR_INTERNAL : IQ_OK;
}

/* The same position in all three, see collect(). */
_Static_assert((int)IQ_REGION_PARENT == (int)IQ_TASK_PARENT, "parent");
_Static_assert((int)IQ_REGION_PARENT == (int)IQ_STATUS_PARENT, "parent");

static enum iq_err on_region(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct iq_vocab_builder *b = arg;
	enum iq_err err = collect(b, &b->region, num, rec, IQ_REGION_NAME_DE, IQ_REGION_NAME_EN);

	if (err != IQ_OK)
		return err;
	struct iq_tree_node *node = &b->region.a[b->region.n - 1];

	node->kind = iq_arena_dup(&b->v->arena, iq_rec_text(rec, IQ_REGION_KIND));
	node->area = iq_str_is(node->kind, "area");
	if (rec->col[IQ_REGION_MEMBERS].n)
		node->members = keep_set(&b->tmp, &rec->col[IQ_REGION_MEMBERS]);
	return b->tmp.failed || b->v->arena.failed ? IQ_ERR_INTERNAL : IQ_OK;
}

static enum iq_err on_task(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct iq_vocab_builder *b = arg;
	enum iq_err err = collect(b, &b->task, num, rec, IQ_TASK_NAME_DE, IQ_TASK_NAME_EN);

	if (err == IQ_OK)
		b->task.a[b->task.n - 1].expected =
			iq_str_is(iq_rec_text(rec, IQ_TASK_EXPECTED), "yes");
	return err;
}

static enum iq_err on_status(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct iq_vocab_builder *b = arg;
	enum iq_err err = collect(b, &b->status, num, rec, IQ_STATUS_NAME_DE, IQ_STATUS_NAME_EN);

	if (err != IQ_OK)
		return err;
	b->status.a[b->status.n - 1].implies =
		iq_arena_dup(&b->tmp, iq_rec_text(rec, IQ_STATUS_IMPLIES));
	return b->tmp.failed ? IQ_ERR_INTERNAL : IQ_OK;
}

/* Root, areas and their members. */
static bool finish_regions(struct iq_vocab_builder *b)
{
	struct iq_vocab *v = b->v;
	size_t n = (size_t)v->region.n + 1;

	v->region_is_area = iq_arena_array(&v->arena, n, sizeof(*v->region_is_area));
	v->region_kind = iq_arena_array(&v->arena, n, sizeof(*v->region_kind));
	v->area_members = iq_arena_array(&v->arena, n, sizeof(*v->area_members));
	if (v->arena.failed)
		return false;
	for (uint32_t i = 0; i < b->region.n; i++) {
		const struct iq_tree_node *node = &b->region.a[i];

		v->region_is_area[node->num] = node->area;
		v->region_kind[node->num] = node->kind;
		if (node->area && node->members.n) {
			iq_num *m = iq_arena_array(&v->arena, node->members.n + 1, sizeof(*m));
			size_t k = 0;

			if (m == NULL)
				return false;
			for (uint32_t j = 0; j < node->members.n; j++) {
				uint32_t at = iq_tree_find(b, &b->region, node->members.v[j]);

				if (at != IQ_TREE_NO_NODE)
					m[k++] = b->region.a[at].num;
			}
			v->area_members[node->num] = m;
		}
		if (node->area || node->parent.n)
			continue;
		if (v->root == IQ_NONE)
			v->root = node->num;
		else
			iq_vocab_problem(b, IQ_REGION, node->id, "parent",
				N_("'{1}' has no parent, but '{2}' is the root already. "
				   "Only one region may have no parent."),
				v->region.id[v->root]);
	}
	return true;
}

static bool finish_tasks(struct iq_vocab_builder *b)
{
	struct iq_vocab *v = b->v;

	v->task_expected =
		iq_arena_array(&v->arena, (size_t)v->task.n + 1, sizeof(*v->task_expected));
	for (uint32_t i = 0; v->task_expected != NULL && i < b->task.n; i++)
		v->task_expected[b->task.a[i].num] = b->task.a[i].expected;
	return v->task_expected != NULL;
}

/* ---- facts -------------------------------------------------------------------------------- */

static enum iq_err on_fact(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct iq_vocab_builder *b = arg;
	struct iq_arena *keep = &b->v->arena;
	size_t cap = b->cap_facts;
	struct iq_fact *a = grow(b, b->facts, b->nfacts, &cap, sizeof(*a));

	if (a == NULL)
		return IQ_ERR_INTERNAL;
	b->facts = a;
	b->cap_facts = (uint32_t)cap;
	struct iq_fact *f = &a[b->nfacts++];
	struct iq_value set = keep_set(keep, &rec->col[IQ_FACT_VALUES]);
	struct iq_label label;

	*f = (struct iq_fact){.num = num, .values = set.v, .nvalues = set.n};
	f->id = iq_arena_dup(keep, iq_rec_text(rec, IQ_COL_ID));
	f->integer = iq_str_is(iq_rec_text(rec, IQ_FACT_TYPE), "integer");
	label = keep_label(keep, rec, f->id, IQ_FACT_NAME_DE, IQ_FACT_NAME_EN);
	for (int lang = 0; lang < 2; lang++) {
		f->name[lang] = label.name[lang];
		set = keep_set(keep,
			&rec->col[lang == IQ_LANG_DE ? IQ_FACT_LABELS_DE : IQ_FACT_LABELS_EN]);
		f->labels[lang] = set.v;
		f->nlabels[lang] = set.n;
	}
	return keep->failed ? IQ_ERR_INTERNAL : IQ_OK;
}

static int fact_cmp(const void *a, const void *b)
{
	return iq_str_cmp(((const struct iq_fact *)a)->id, ((const struct iq_fact *)b)->id);
}

static bool finish_facts(struct iq_vocab_builder *b)
{
	static const char *const reserved[] = {"region", "status", "task", NULL};
	size_t bytes = b->nfacts * sizeof(struct iq_fact);
	struct iq_fact *facts = iq_arena_alloc(&b->v->arena, bytes);

	if (facts == NULL)
		return false;
	if (b->nfacts) {
		qsort(b->facts, b->nfacts, sizeof(*b->facts), fact_cmp);
		memcpy(facts, b->facts, bytes);
	}
	for (uint32_t i = 0; i < b->nfacts; i++) {
		if (iq_choice(reserved, facts[i].id) >= 0)
			iq_vocab_problem(b, IQ_FACT, facts[i].id, "id",
				N_("No fact may be named '{1}'. Choose another id."), nothing_more);
		if (i >= IQ_LIMIT_FACTS)
			iq_vocab_problem(b, IQ_FACT, facts[i].id, "id",
				N_("There is no room for the fact '{1}': there are too many "
				   "facts."),
				nothing_more);
		if (facts[i].nvalues > IQ_LIMIT_FACT_VALUES)
			iq_vocab_problem(b, IQ_FACT, facts[i].id, "values",
				N_("The fact '{1}' has too many values."), nothing_more);
	}
	b->v->facts =
		(struct iq_facts){facts, b->nfacts < IQ_LIMIT_FACTS ? b->nfacts : IQ_LIMIT_FACTS};
	return true;
}

/* A mistake in a text of the condition language, told with the record it is in. */
static void text_problem(struct iq_vocab_builder *b, enum iq_kind kind, struct iq_str id,
	const char *column, const char *text, const struct iq_problem *mistake)
{
	struct iq_problem p = {.column = iq_str(column), .value = id, .text = text, .nargs = 4};

	p.args[0] = iq_str(iq_schemas[kind].name);
	p.args[1] = id;
	p.args[2] = mistake->args[0];
	p.args[3] = mistake->args[1];
	iq_error_add_problem(b->error, &p);
	b->rejected = true;
}

/* What each status and its ancestors imply, top down. */
static bool finish_statuses(struct iq_vocab_builder *b)
{
	struct iq_vocab *v = b->v;
	size_t nfacts = v->facts.n, n = (size_t)v->status.n + 1;
	struct iq_known **implied = iq_arena_array(&v->arena, n, sizeof(struct iq_known *));
	struct iq_known *nothing = iq_arena_array(&v->arena, nfacts + 1, sizeof(*nothing));

	if (implied == NULL || nothing == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		implied[i] = nothing;
	v->implied = implied;
	for (uint32_t pos = 1; pos < n && v->status.at[pos] != IQ_NONE; pos++) {
		iq_num num = v->status.at[pos];
		const struct iq_tree_node *node = &b->status.a[b->status.by_num[num]];
		struct iq_known *above = implied[v->status.parent[num]];
		struct iq_problem p = {0};

		if (num > IQ_LIMIT_STATUSES)
			iq_vocab_problem(b, IQ_STATUS, node->id, "id",
				N_("There is no room for the status '{1}': there are too many "
				   "statuses."),
				nothing_more);
		implied[num] = above;
		if (node->implies.n == 0)
			continue;
		struct iq_known *own = iq_arena_alloc(&v->arena, (nfacts + 1) * sizeof(*own));

		if (own == NULL)
			return false;
		memcpy(own, above, (nfacts + 1) * sizeof(*own));
		implied[num] = own;
		if (iq_implies_parse(&v->facts, node->implies, own, &p) != IQ_OK)
			text_problem(b, IQ_STATUS, node->id, "implies",
				N_("What the status '{1}' implies does not fit the facts, at "
				   "position {2}: '{3}'."),
				&p);
	}
	return true;
}

/* ---- notices ------------------------------------------------------------------------------ */

/* Number of the record a notice refers to; a reference to nothing must not mean "any". */
static iq_num notice_ref(
	struct iq_vocab_builder *b, struct iq_str notice, enum iq_kind kind, struct iq_str id)
{
	if (id.n == 0)
		return IQ_NONE;
	iq_num num = b->src->find(b->src->ctx, kind, id);

	if (num == IQ_NONE)
		iq_vocab_problem(b, IQ_NOTICE, notice,
			kind == IQ_STATUS ? "statuses" : iq_schemas[kind].name,
			N_("The notice '{1}' refers to '{2}', which does not exist."), id);
	return num;
}

static void notice_dates(struct iq_vocab_builder *b, const struct iq_rec *rec, struct iq_notice *n)
{
	struct iq_str from = iq_rec_text(rec, IQ_NOTICE_VALID_FROM);
	struct iq_str to = iq_rec_text(rec, IQ_NOTICE_VALID_TO);

	n->from = IQ_DATE_MIN;
	n->to = IQ_DATE_MAX;
	if ((from.n && !iq_date_parse(from, &n->from)) || (to.n && !iq_date_parse(to, &n->to)))
		iq_vocab_problem(b, IQ_NOTICE, n->id, "valid_from",
			N_("The dates of the notice '{1}' cannot be read."), nothing_more);
}

static bool notice_statuses(
	struct iq_vocab_builder *b, const struct iq_rec *rec, struct iq_notice *n)
{
	const struct iq_value *set = &rec->col[IQ_NOTICE_STATUSES];
	uint16_t *s = iq_arena_array(&b->v->arena, set->n, sizeof(*s));

	if (s == NULL)
		return false;
	for (uint32_t i = 0; i < set->n; i++)
		s[i] = (uint16_t)notice_ref(b, n->id, IQ_STATUS, set->v[i]);
	n->statuses = s;
	n->nstatuses = set->n;
	return true;
}

static enum iq_err on_notice(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct iq_vocab_builder *b = arg;
	struct iq_arena *keep = &b->v->arena;
	struct iq_notice *a = grow(b, b->notices, b->nnotices, &b->cap_notices, sizeof(*a));

	if (a == NULL)
		return IQ_ERR_INTERNAL;
	b->notices = a;
	struct iq_notice *n = &a[b->nnotices++];
	int effect = iq_choice(iq_effect_names, iq_rec_text(rec, IQ_NOTICE_EFFECT));
	struct iq_problem p = {0};

	*n = (struct iq_notice){
		.num = num, .effect = effect < 0 ? IQ_INFO : (enum iq_effect)effect};
	n->id = iq_arena_dup(keep, iq_rec_text(rec, IQ_COL_ID));
	n->condition = iq_arena_dup(keep, iq_rec_text(rec, IQ_NOTICE_CONDITION));
	n->institution =
		notice_ref(b, n->id, IQ_INSTITUTION, iq_rec_text(rec, IQ_NOTICE_INSTITUTION));
	n->task = notice_ref(b, n->id, IQ_TASK, iq_rec_text(rec, IQ_NOTICE_TASK));
	n->region = notice_ref(b, n->id, IQ_REGION, iq_rec_text(rec, IQ_NOTICE_REGION));
	notice_dates(b, rec, n);
	if (!notice_statuses(b, rec, n))
		return IQ_ERR_INTERNAL;
	if (iq_condition_check(&b->v->facts, n->condition, &p) != IQ_OK)
		text_problem(b, IQ_NOTICE, n->id, "condition",
			N_("The condition of the notice '{1}' does not fit the facts, at "
			   "position {2}: '{3}'."),
			&p);
	return keep->failed ? IQ_ERR_INTERNAL : IQ_OK;
}

static int notice_cmp(const void *a, const void *b)
{
	return iq_str_cmp(((const struct iq_notice *)a)->id, ((const struct iq_notice *)b)->id);
}

static bool finish_notices(struct iq_vocab_builder *b)
{
	size_t bytes = b->nnotices * sizeof(*b->notices);
	struct iq_notice *notices = iq_arena_alloc(&b->v->arena, bytes);

	if (notices == NULL)
		return false;
	if (b->nnotices) {
		qsort(b->notices, b->nnotices, sizeof(*b->notices), notice_cmp);
		memcpy(notices, b->notices, bytes);
	}
	b->v->notices = notices;
	b->v->nnotices = b->nnotices;
	return true;
}

/* ---- all together ------------------------------------------------------------------------- */

static enum iq_err build(struct iq_vocab_builder *b)
{
	const struct iq_vocab_source *src = b->src;
	struct iq_vocab *v = b->v;
	enum iq_err err = src->each(src->ctx, IQ_REGION, on_region, b);

	if (err == IQ_OK)
		err = src->each(src->ctx, IQ_TASK, on_task, b);
	if (err == IQ_OK)
		err = src->each(src->ctx, IQ_STATUS, on_status, b);
	if (err == IQ_OK)
		err = src->each(src->ctx, IQ_FACT, on_fact, b);
	if (err != IQ_OK)
		return err;
	if (!iq_tree_build(b, &b->region, &v->region, &v->region_label) ||
		!iq_tree_build(b, &b->task, &v->task, &v->task_label) ||
		!iq_tree_build(b, &b->status, &v->status, &v->status_label) || !finish_regions(b) ||
		!finish_tasks(b) || !finish_facts(b) || !finish_statuses(b))
		return IQ_ERR_INTERNAL;
	err = src->each(src->ctx, IQ_NOTICE, on_notice, b);
	if (err == IQ_OK && !finish_notices(b))
		err = IQ_ERR_INTERNAL;
	return err;
}

enum iq_err iq_vocab_build(const struct iq_vocab_source *src, uint64_t revision,
	struct iq_vocab **out, struct iq_error *error)
{
	struct iq_vocab *v = calloc(1, sizeof(*v));
	struct iq_vocab_builder b = {.src = src, .v = v, .error = error};
	enum iq_err err;

	*out = NULL;
	b.region.kind = IQ_REGION;
	b.task.kind = IQ_TASK;
	b.status.kind = IQ_STATUS;
	iq_arena_init(&b.tmp, 0);
	if (v == NULL) {
		err = IQ_ERR_INTERNAL;
	} else {
		iq_arena_init(&v->arena, 0);
		v->revision = revision;
		err = build(&b);
	}
	if (err == IQ_OK && b.rejected)
		err = IQ_ERR_REJECTED;
	else if (err == IQ_ERR_INTERNAL)
		iq_error_set(error, err, N_("The vocabulary could not be built: out of memory."),
			N_("Try again when the machine has free memory."), NULL);
	if (err == IQ_OK)
		*out = v;
	else
		iq_vocab_free(v);
	iq_arena_free(&b.tmp);
	return err;
}

void iq_vocab_free(struct iq_vocab *v)
{
	if (v == NULL)
		return;
	struct iq_arena arena = v->arena;

	free(v);
	iq_arena_free(&arena);
}

static bool covers(const struct iq_tree *t, iq_num a, iq_num b)
{
	return a != IQ_NONE && b != IQ_NONE && a <= t->n && b <= t->n && t->pre[a] != 0 &&
	       t->pre[b] != 0 && iq_tree_covers(t, a, b);
}

bool iq_vocab_in_scope(const struct iq_vocab *v, iq_num scope, iq_num region)
{
	if (covers(&v->region, scope, region))
		return true;
	if (scope == IQ_NONE || scope > v->region.n || v->area_members[scope] == NULL)
		return false;
	for (const iq_num *m = v->area_members[scope]; *m != IQ_NONE; m++)
		if (covers(&v->region, *m, region))
			return true;
	return false;
}
