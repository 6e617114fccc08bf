/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <stdlib.h>

#include "match_priv.h"

enum { FIRST_STEPS = 32, FIRST_PARTIES = 4, CACHE = 4096 };

struct search {
	const struct iq_view *view;
	const struct iq_lookup *lookup;
	const struct iq_path_query *q;
	struct iq_arena *arena;
	struct iq_arena tmp; /* of one question */
	struct iq_steps *out;
	bool full;
	/* kinds of institutions seen lately, by number */
	struct {
		iq_num institution, kind;
	} kind[CACHE];
};

/* ---- steps ---------------------------------------------------------------------------------- */

/* Whether the hand-over is for the status asked; certain: for all who have it. */
static bool fits(const struct search *s, const struct iq_value *statuses, bool *certain)
{
	const struct iq_tree *t = &s->view->vocab->status;
	bool some = false;

	*certain = statuses->n == 0;
	if (s->q->status == IQ_NONE || statuses->n == 0)
		return true;
	for (uint32_t i = 0; i < statuses->n; i++) {
		iq_num num = s->lookup->find(s->lookup->ctx, IQ_STATUS, statuses->v[i]);

		if (num == IQ_NONE || num > t->n)
			continue;
		if (iq_tree_covers(t, num, s->q->status))
			*certain = true;
		some = some || *certain || iq_tree_covers(t, s->q->status, num);
	}
	return some;
}

static struct iq_str *copy_set(struct search *s, const struct iq_value *set, size_t *n)
{
	struct iq_str *a = iq_arena_array(s->arena, set->n, sizeof(*a));

	*n = a != NULL ? set->n : 0;
	for (size_t i = 0; i < *n; i++)
		a[i] = iq_arena_dup(s->arena, set->v[i]);
	return a;
}

/* The column is a text; its parts are set apart by semicolons. */
static struct iq_str *copy_parts(struct search *s, struct iq_str text, size_t *n)
{
	struct iq_str rest = text, part, *a;
	size_t most = 1;

	for (size_t i = 0; i < text.n; i++)
		most += text.p[i] == ';';
	a = iq_arena_array(s->arena, most, sizeof(*a));
	*n = 0;
	while (a != NULL && iq_str_cut(&rest, ';', &part)) {
		while (part.n > 0 && part.p[0] == ' ')
			part = (struct iq_str){part.p + 1, part.n - 1};
		while (part.n > 0 && part.p[part.n - 1] == ' ')
			part.n--;
		if (part.n > 0)
			a[(*n)++] = iq_arena_dup(s->arena, part);
	}
	return a;
}

static bool set_kinds(struct search *s, const struct iq_value *set, struct iq_side *side)
{
	side->source = IQ_PARTY_KIND;
	side->kind = iq_arena_array(s->arena, set->n, sizeof(*side->kind));
	side->kind_id = iq_arena_array(s->arena, set->n, sizeof(*side->kind_id));
	for (uint32_t i = 0; side->kind && side->kind_id && i < set->n; i++) {
		iq_num kind = s->lookup->find(s->lookup->ctx, IQ_KIND, set->v[i]);

		if (kind == IQ_NONE)
			continue;
		side->kind[side->nkinds] = kind;
		side->kind_id[side->nkinds++] = iq_arena_dup(s->arena, set->v[i]);
	}
	return side->kind && side->kind_id;
}

static void read_number(struct iq_str text, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n && text.p[i] >= '0' && text.p[i] <= '9'; i++)
		*out = *out * 10 + (uint32_t)(text.p[i] - '0');
}

static bool read_step(struct search *s, iq_num num, const struct iq_rec *rec, struct iq_step *step)
{
	*step = (struct iq_step){.handover = num};
	step->id = iq_arena_dup(s->arena, iq_rec_text(rec, IQ_COL_ID));
	step->process = iq_arena_dup(s->arena, iq_rec_text(rec, IQ_HANDOVER_PROCESS));
	read_number(iq_rec_text(rec, IQ_HANDOVER_STEP), &step->step);
	step->task = s->lookup->find(s->lookup->ctx, IQ_TASK, iq_rec_text(rec, IQ_HANDOVER_TASK));
	step->trigger[0] = iq_arena_dup(s->arena, iq_rec_text(rec, IQ_HANDOVER_TRIGGER_DE));
	step->trigger[1] = iq_arena_dup(s->arena, iq_rec_text(rec, IQ_HANDOVER_TRIGGER_EN));
	step->document = copy_parts(s, iq_rec_text(rec, IQ_HANDOVER_DOCUMENTS), &step->ndocuments);
	step->status = copy_set(s, &rec->col[IQ_HANDOVER_STATUSES], &step->nstatuses);
	return set_kinds(s, &rec->col[IQ_HANDOVER_FROM_KINDS], &step->from) &&
	       set_kinds(s, &rec->col[IQ_HANDOVER_TO_KINDS], &step->to) && !s->arena->failed;
}

static bool on_handover(void *arg, iq_num num, const struct iq_rec *rec)
{
	struct search *s = arg;
	struct iq_steps *out = s->out;
	bool certain;

	if (!fits(s, &rec->col[IQ_HANDOVER_STATUSES], &certain))
		return true;
	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : FIRST_STEPS, size = sizeof(*out->a);
		struct iq_step *a =
			out->cap ? iq_arena_grow(s->arena, out->a, out->cap * size, cap * size)
				 : iq_arena_alloc(s->arena, cap * size);

		s->full = a == NULL;
		if (s->full)
			return false;
		out->a = a;
		out->cap = cap;
	}
	s->full = !read_step(s, num, rec, &out->a[out->n]);
	if (s->full)
		return false;
	out->a[out->n++].certain = certain;
	return true;
}

static int by_step(const void *a, const void *b)
{
	const struct iq_step *x = a, *y = b;
	int c = iq_str_cmp(x->process, y->process);

	if (c)
		return c;
	if (x->step != y->step)
		return x->step < y->step ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

/* ---- institutions --------------------------------------------------------------------------- */

static iq_num kind_of(struct search *s, iq_num institution)
{
	const struct iq_lookup *r = s->lookup;
	size_t i = institution % CACHE;
	struct iq_rec rec;

	if (s->kind[i].institution != institution) {
		s->kind[i].institution = institution;
		s->kind[i].kind = IQ_NONE;
		if (r->get(r->ctx, IQ_INSTITUTION, institution, &s->tmp, &rec))
			s->kind[i].kind =
				r->find(r->ctx, IQ_KIND, iq_rec_text(&rec, IQ_INSTITUTION_KIND));
	}
	return s->kind[i].kind;
}

static bool has_kind(const struct iq_side *side, iq_num kind)
{
	for (size_t i = 0; i < side->nkinds; i++) {
		if (side->kind[i] == kind)
			return true;
	}
	return false;
}

/* As primary rows tie; rows that are only involved tie among themselves. */
static bool ties(const struct iq_row *a, const struct iq_row *b)
{
	return a->group == b->group && a->certain == b->certain &&
	       iq_role_is_main(a->entry.role) == iq_role_is_main(b->entry.role) &&
	       (a->entry.role == IQ_LEAD) == (b->entry.role == IQ_LEAD) &&
	       a->task_distance == b->task_distance && a->region_distance == b->region_distance;
}

static bool add_party(struct search *s, struct iq_side *side, const struct iq_row *row, iq_num kind)
{
	size_t n = side->nparties, size = sizeof(*side->party);
	struct iq_party *a = side->party;

	for (size_t i = 0; i < n; i++) {
		if (a[i].institution == row->entry.institution)
			return true;
	}
	/* full at the powers of two */
	if (n == 0)
		a = iq_arena_alloc(s->arena, FIRST_PARTIES * size);
	else if (n >= FIRST_PARTIES && (n & (n - 1)) == 0)
		a = iq_arena_grow(s->arena, a, n * size, 2 * n * size);
	if (a == NULL)
		return false;
	a[n] = (struct iq_party){row->entry.institution, kind, row->institution_id, row->entry.num,
		row->entry.role, row->certain};
	side->party = a;
	side->nparties++;
	side->source = IQ_PARTY_TASK;
	return true;
}

static bool fill_side(struct search *s, const struct iq_match *m, struct iq_side *side)
{
	const struct iq_row *first = NULL;

	for (size_t i = 0; i < m->nrows; i++) {
		const struct iq_row *row = &m->rows[i];
		iq_num kind;

		if (side->nkinds == 0 && !row->primary)
			continue;
		if (first != NULL && !ties(first, row))
			continue;
		kind = kind_of(s, row->entry.institution);
		if (side->nkinds > 0 && !has_kind(side, kind))
			continue;
		if (first == NULL)
			first = row;
		if (!add_party(s, side, row, kind))
			return false;
	}
	return true;
}

/* Where none is asked for, or a wider one, the step's own status says more. */
static iq_num status_of(const struct search *s, const struct iq_step *step)
{
	const struct iq_tree *t = &s->view->vocab->status;
	iq_num own = IQ_NONE;

	if (step->nstatuses == 1)
		own = s->lookup->find(s->lookup->ctx, IQ_STATUS, step->status[0]);
	if (own == IQ_NONE || own > t->n)
		return s->q->status;
	return s->q->status == IQ_NONE || iq_tree_covers(t, s->q->status, own) ? own : s->q->status;
}

/* The answer for one region. */
static enum iq_err fill_step(struct search *s, struct iq_step *step, iq_num region, bool first)
{
	struct iq_question q = {
		.task = step->task, .region = region, .status = status_of(s, step), .at = s->q->at};
	struct iq_match m;
	enum iq_err err = IQ_OK;

	if (step->task == IQ_NONE)
		return IQ_OK;
	err = iq_match(s->view, &q, &s->tmp, &m);
	if (err == IQ_OK && first)
		step->outcome = m.outcome;
	if (err == IQ_OK && (!fill_side(s, &m, &step->from) || !fill_side(s, &m, &step->to)))
		err = IQ_ERR_BUSY;
	iq_arena_reset(&s->tmp);
	return err;
}

/* True if it took somebody over from a side of a step. */
static bool borrow(struct search *s, struct iq_side *side, const struct iq_side *other)
{
	if (other->source != IQ_PARTY_TASK)
		return true;
	for (size_t i = 0; i < other->nparties; i++) {
		const struct iq_party *p = &other->party[i];
		const struct iq_row row = {
			.entry = {.num = p->row, .institution = p->institution, .role = p->role},
			.institution_id = p->id,
			.certain = p->certain};

		if (has_kind(side, p->kind) && !add_party(s, side, &row, p->kind))
			return false;
	}
	return true;
}

/* Who stood for the kinds elsewhere in the process; `found` is written to aside. */
static bool look_around(struct search *s, size_t at, const struct iq_side *side, struct iq_side *to)
{
	const struct iq_steps *all = s->out;
	struct iq_str process = all->a[at].process;

	*to = (struct iq_side){
		.kind = side->kind, .kind_id = side->kind_id, .nkinds = side->nkinds};
	to->source = IQ_PARTY_KIND;
	for (size_t i = at;
		i-- > 0 && to->nparties == 0 && iq_str_eq(all->a[i].process, process);) {
		if (!borrow(s, to, &all->a[i].to) || !borrow(s, to, &all->a[i].from))
			return false;
	}
	for (size_t i = at + 1;
		i < all->n && to->nparties == 0 && iq_str_eq(all->a[i].process, process); i++) {
		if (!borrow(s, to, &all->a[i].from) || !borrow(s, to, &all->a[i].to))
			return false;
	}
	if (to->nparties > 0)
		to->source = IQ_PARTY_PROCESS;
	return true;
}

static bool fill_rest(struct search *s)
{
	for (size_t i = 0; i < s->out->n; i++) {
		struct iq_side *side[2] = {&s->out->a[i].from, &s->out->a[i].to}, found;

		for (int k = 0; k < 2; k++) {
			if (side[k]->nparties > 0)
				continue;
			if (!look_around(s, i, side[k], &found))
				return false;
			*side[k] = found;
		}
	}
	return true;
}

static bool is_in(const struct iq_tree *t, iq_num num)
{
	return num <= t->n && t->id[num].n > 0;
}

static enum iq_err fill_all(struct search *s)
{
	const struct iq_vocab *v = s->view->vocab;
	const iq_num one[] = {s->q->region, IQ_NONE}, none[] = {IQ_NONE};
	const iq_num *regions =
		v->region_is_area[s->q->region] ? v->area_members[s->q->region] : one;
	enum iq_err err = IQ_OK;

	if (regions == NULL)
		regions = none;
	for (size_t i = 0; i < s->out->n && err == IQ_OK; i++) {
		struct iq_step *step = &s->out->a[i];

		for (size_t k = 0; regions[k] != IQ_NONE && err == IQ_OK; k++)
			err = fill_step(s, step, regions[k], k == 0);
	}
	if (err == IQ_OK && !fill_rest(s))
		err = IQ_ERR_BUSY;
	return err;
}

enum iq_err iq_steps_find(const struct iq_view *view, const struct iq_lookup *lookup,
	const struct iq_path_query *q, struct iq_arena *arena, struct iq_steps *out)
{
	const struct iq_vocab *v = view->vocab;
	struct search *s;
	enum iq_err err;

	*out = (struct iq_steps){.n = 0};
	if (q->region == IQ_NONE || !is_in(&v->region, q->region) ||
		(q->status != IQ_NONE && !is_in(&v->status, q->status)))
		return IQ_ERR_USAGE;
	s = iq_arena_zalloc(arena, sizeof(*s));
	if (s == NULL)
		return IQ_ERR_BUSY;
	s->view = view;
	s->lookup = lookup;
	s->q = q;
	s->arena = arena;
	s->out = out;
	lookup->each(lookup->ctx, IQ_HANDOVER, on_handover, s);
	if (s->full)
		return IQ_ERR_BUSY;
	if (out->n > 1)
		qsort(out->a, out->n, sizeof(*out->a), by_step);
	iq_arena_init(&s->tmp, arena->cap);
	err = fill_all(s);
	iq_arena_free(&s->tmp);
	return err;
}
