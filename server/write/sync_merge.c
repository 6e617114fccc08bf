/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sync: what becomes of the records the list names, field by field: what only others changed since
 * the list was made stays, what both changed is to be decided.
 */

#include "codec.h"
#include "i18n.h"
#include "sync_priv.h"

/* ---- values ---------------------------------------------------------------------------------- */

static bool has(const struct iq_value *v, struct iq_str s)
{
	for (uint32_t i = 0; i < v->n; i++)
		if (iq_str_eq(v->v[i], s))
			return true;
	return false;
}

/* The order of a set says nothing, but that of contacts: who is first is asked first. */
bool iq_sync_same_value(
	enum iq_kind kind, int col, const struct iq_value *a, const struct iq_value *b)
{
	bool ordered = kind == IQ_RESPONSIBILITY && col == IQ_RESP_CONTACTS;

	if (a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n; i++)
		if (ordered ? !iq_str_eq(a->v[i], b->v[i]) : !has(b, a->v[i]))
			return false;
	return true;
}

bool iq_sync_same_rec(const struct iq_rec *a, const struct iq_rec *b)
{
	for (int c = 1; c < (int)iq_schemas[a->kind].ncolumns; c++)
		if (!iq_sync_same_value(a->kind, c, &a->col[c], &b->col[c]))
			return false;
	return true;
}

static struct iq_str text_of(struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v)
{
	struct iq_rec rec = {.kind = kind};

	rec.col[col] = iq_sync_known(p, kind, col, v);
	return iq_arena_dup(p->arena, iq_rec_write_cell(&rec, col, p->arena));
}

bool iq_sync_past(
	struct iq_sync_priv *p, const struct iq_stored *s, uint64_t at, struct iq_rec *out)
{
	struct iq_image image;

	*out = (struct iq_rec){.kind = s->kind};
	return at != 0 && iq_past_get(p->t, s->kind, s->num, at, &image) &&
	       (s->kind != IQ_CONTACT || p->s->sees_past(p->s->ctx, &image)) &&
	       iq_codec_read(out, image.all, p->arena) && iq_rec_copy(out, p->arena);
}

const struct iq_sync_decision *iq_sync_decided(
	struct iq_sync_priv *p, const struct iq_stored *s, int col)
{
	struct iq_str id = iq_rec_text(&s->rec, IQ_COL_ID);
	uint32_t at = 0, what;

	/* The latest comes first. */
	while (iq_sync_index_next(&p->decisions, id, &at, &what)) {
		const struct iq_sync_decision *d = &p->s->decisions[what];

		if (d->kind == s->kind && (d->col < 0 || d->col == col) &&
			d->revision == s->revision)
			return d;
	}
	return NULL;
}

/* ---- one field ------------------------------------------------------------------------------- */

struct field {
	enum iq_kind kind;
	int col;
	const struct iq_value *list, *now, *base, *shown; /* base, shown: NULL: none */
	const struct iq_value *was;                       /* of a clash; may be NULL */
};

static bool same(const struct field *f, const struct iq_value *a, const struct iq_value *b)
{
	return iq_sync_same_value(f->kind, f->col, a, b);
}

static enum iq_sync_verdict three_way(
	const struct field *f, const struct iq_value *base, const struct iq_value *theirs)
{
	if (base == NULL || same(f, base, theirs))
		return IQ_SYNC_TAKE;
	if (same(f, base, f->list))
		return IQ_SYNC_KEEP;
	return same(f, f->list, theirs) ? IQ_SYNC_TAKE : IQ_SYNC_CLASH;
}

/* With what others changed after the plan was shown: that counts as changed by them, too. */
static enum iq_sync_verdict decide(struct field *f)
{
	const struct iq_value *then = f->shown ? f->shown : f->now;
	enum iq_sync_verdict v = three_way(f, f->base, then);

	f->was = f->base;
	if (v == IQ_SYNC_CLASH || f->shown == NULL || same(f, f->shown, f->now))
		return v;
	if (v == IQ_SYNC_KEEP || same(f, f->list, f->shown))
		return IQ_SYNC_KEEP;
	f->was = f->shown;
	return IQ_SYNC_CLASH;
}

/* ---- one record ------------------------------------------------------------------------------ */

struct merging {
	struct iq_sync_priv *p;
	struct iq_sync_row *row;
	struct iq_stored *s;
	struct iq_sync_line *line;
	struct iq_rec base, shown;
	bool has_shown;
	const char *resolved;
};

static const char *const kept_text =
	N_("Others changed this since the list was made: it stays as they have it.");

static void keep_theirs(struct merging *m, int col, bool tell)
{
	struct iq_sync_priv *p = m->p;

	m->row->kept |= UINT32_C(1) << col;
	if (!tell)
		return;
	iq_sync_remark(p, m->row, m->row->id, col,
		text_of(p, m->row->kind, col, m->row->list.col[col]),
		iq_sync_shows(p, m->s) ? text_of(p, m->row->kind, col, m->s->rec.col[col])
				       : (struct iq_str){NULL, 0},
		kept_text);
}

static void clash(struct merging *m, int col, const struct iq_value *was)
{
	struct iq_sync_priv *p = m->p;
	enum iq_kind kind = m->row->kind;

	m->row->kept |= UINT32_C(1) << col;
	iq_sync_conflict_add(p, m->line, col,
		text_of(p, kind, col, was ? *was : (struct iq_value){NULL, 0}),
		text_of(p, kind, col, m->s->rec.col[col]),
		text_of(p, kind, col, m->row->list.col[col]), m->s->revision);
}

static bool structural(enum iq_kind kind, int col)
{
	return kind == IQ_INSTITUTION &&
	       (col == IQ_INSTITUTION_KIND || col == IQ_INSTITUTION_PARENT ||
		       col == IQ_INSTITUTION_REGION);
}

/* The field when it was last in a list; earlier than the record if the last list lacked it. */
static const struct iq_value *base_of(struct merging *m, int col, struct iq_rec *other)
{
	struct iq_sync_priv *p = m->p;
	uint64_t at = iq_sync_base(p, m->s, col);

	if (at == 0)
		return NULL;
	if (at == iq_sync_base(p, m->s, IQ_COL_ID))
		return &m->base.col[col];
	(void)iq_sync_past(p, m->s, at, other);
	return &other->col[col];
}

/* Who is hidden from the caller neither differs nor goes, and who stays away is not there. */
static struct iq_value here(struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v)
{
	return iq_sync_present(p, kind, col, iq_sync_known(p, kind, col, v));
}

static void merge_field(struct merging *m, int col)
{
	struct iq_rec other;
	struct iq_sync_priv *p = m->p;
	struct iq_sync_row *row = m->row;
	const struct iq_value now = here(p, row->kind, col, m->s->rec.col[col]);
	const struct iq_value *was = base_of(m, col, &other);
	const struct iq_value base =
		was ? here(p, row->kind, col, *was) : (struct iq_value){NULL, 0};
	const struct iq_value shown = here(p, row->kind, col, m->shown.col[col]);
	const struct iq_value list = iq_sync_present(p, row->kind, col, row->list.col[col]);
	struct field f = {.kind = row->kind,
		.col = col,
		.list = &list,
		.now = &now,
		.base = was ? &base : NULL,
		.shown = m->has_shown ? &shown : NULL};
	const struct iq_sync_decision *d;
	enum iq_sync_verdict v;
	uint64_t mark;

	if (same(&f, f.list, f.now))
		return;
	if (structural(row->kind, col)) {
		iq_sync_say(p, row, col, row->cell[col],
			N_("Kind, parent and region of an institution are changed by an "
			   "administrator only: they decide about rights."),
			(struct iq_str){NULL, 0});
		return;
	}
	d = iq_sync_decided(p, m->s, col);
	if (d != NULL)
		m->resolved = d->theirs ? "theirs" : "mine";
	bool marked = p->last_base && iq_sync_mark_get(p, m->s, (unsigned)col, &mark);

	if (d != NULL ? d->theirs : marked && mark == iq_sync_hash(&row->list.col[col])) {
		keep_theirs(m, col, d == NULL);
		return;
	}
	v = d != NULL ? IQ_SYNC_TAKE : marked ? IQ_SYNC_CLASH : decide(&f);
	/* Nobody else's value: an earlier list of the institution itself put it there. */
	if (v == IQ_SYNC_CLASH && !marked && iq_sync_is_own(p, m->s, col))
		v = IQ_SYNC_TAKE;
	switch (v) {
	case IQ_SYNC_TAKE:
		row->want.col[col] =
			iq_sync_with_hidden(p, row->kind, col, *f.list, m->s->rec.col[col]);
		break;
	case IQ_SYNC_KEEP:
		keep_theirs(m, col, true);
		break;
	case IQ_SYNC_CLASH:
		clash(m, col, f.was);
		break;
	}
}

static void read_past(struct merging *m)
{
	struct iq_sync_priv *p = m->p;
	uint64_t plan = p->s->plan_revision;

	/* What came into being since: both added it, so that all of it was empty before. */
	(void)iq_sync_past(p, m->s, iq_sync_base(p, m->s, IQ_COL_ID), &m->base);
	m->has_shown = plan != 0 && m->s->revision > plan && iq_sync_past(p, m->s, plan, &m->shown);
}

static bool renamed(struct iq_sync_priv *p, const struct iq_rec *before, const struct iq_rec *after)
{
	return before->kind == IQ_CONTACT && iq_rec_text(before, IQ_CONTACT_NAME).n > 0 &&
	       !iq_str_eq(iq_sync_fold(p, iq_rec_text(before, IQ_CONTACT_NAME)),
		       iq_sync_fold(p, iq_rec_text(after, IQ_CONTACT_NAME)));
}

/* The line of a row whose fields are merged. */
static void finish(struct merging *m, enum iq_sync_act act)
{
	struct iq_sync_priv *p = m->p;
	struct iq_sync_row *row = m->row;
	struct iq_sync_line *l = m->line;

	row->act = l->nconflicts > 0 ? IQ_SYNC_CONFLICT : act;
	if (row->act == IQ_SYNC_SAME && m->resolved == NULL) {
		p->s->nlines--; /* it was the last one */
		return;
	}
	l->act = row->act;
	l->resolved = m->resolved;
	l->renamed = renamed(p, &m->s->rec, &row->want);
	if (l->act == IQ_SYNC_ADD) { /* again */
		l->name = iq_sync_name(p, &row->want);
		l->renamed = false;
	}
	iq_sync_diffs(p, l, l->act == IQ_SYNC_ADD ? NULL : &m->s->rec, &row->want);
	iq_sync_show(p, m->s, l);
}

static void merge_living(struct iq_sync_priv *p, struct iq_sync_row *row, struct iq_stored *s)
{
	struct merging m = {.p = p, .row = row, .s = s};

	m.line = iq_sync_line_add(p, IQ_SYNC_SAME, row, s);
	if (m.line == NULL)
		return;
	row->want = s->rec;
	read_past(&m);
	for (int c = 1; c < (int)iq_schemas[row->kind].ncolumns; c++)
		if (row->given & UINT32_C(1) << c)
			merge_field(&m, c);
	finish(&m, iq_sync_same_rec(&row->want, &s->rec) ? IQ_SYNC_SAME : IQ_SYNC_CHANGE);
}

static bool says_cell(
	struct iq_sync_priv *p, const struct iq_sync_row *row, const struct iq_rec *rec, int col)
{
	const struct iq_value known = iq_sync_known(p, row->kind, col, rec->col[col]);

	return iq_sync_same_value(row->kind, col, &row->list.col[col], &known);
}

static bool list_says(
	struct iq_sync_priv *p, const struct iq_sync_row *row, const struct iq_rec *rec)
{
	for (int c = 1; c < (int)iq_schemas[row->kind].ncolumns; c++)
		if (row->given & UINT32_C(1) << c && !says_cell(p, row, rec, c))
			return false;
	return true;
}

/* Was it taken away by others since the list was made, so that the row does not bring it back? */
static enum iq_sync_verdict comes_back(
	struct iq_sync_priv *p, struct iq_sync_row *row, struct iq_stored *s)
{
	const struct iq_sync_decision *d = iq_sync_decided(p, s, -1);
	struct iq_rec base;
	uint64_t mark;

	if (d != NULL) {
		row->resolved = d->theirs ? "theirs" : "mine";
		return d->theirs ? IQ_SYNC_KEEP : IQ_SYNC_TAKE;
	}
	if (p->last_base && iq_sync_mark_get(p, s, IQ_SYNC_MARK_LEFT, &mark))
		return mark == iq_sync_row_hash(row) ? IQ_SYNC_KEEP : IQ_SYNC_CLASH;
	/* Nothing brings back what was deleted: whoever made the list is asked. */
	if (s->gone)
		return IQ_SYNC_CLASH;
	if (iq_sync_past(p, s, iq_sync_base(p, s, IQ_COL_ID), &base))
		return list_says(p, row, &base) ? IQ_SYNC_KEEP : IQ_SYNC_CLASH;
	return p->s->plan_revision != 0 && s->revision > p->s->plan_revision ? IQ_SYNC_CLASH
									     : IQ_SYNC_TAKE;
}

/* Before the rest: who stays away is named by no row. */
static void judge_away(struct iq_sync_priv *p)
{
	for (size_t i = 0; i < p->nrows; i++) {
		struct iq_sync_row *row = &p->rows[i];
		struct iq_stored *s = iq_sync_of(p, row);

		if (row->bad || s == NULL || !s->archived)
			continue;
		row->back = comes_back(p, row, s);
		row->left = row->back != IQ_SYNC_TAKE;
		p->away = p->away || (row->left && row->kind == IQ_CONTACT);
	}
}

/* What it was, with what the list says. */
static void want_back(struct merging *m)
{
	struct iq_sync_priv *p = m->p;
	struct iq_sync_row *row = m->row;
	enum iq_kind kind = row->kind;

	row->want = m->s->rec;
	for (int c = 1; c < (int)iq_schemas[kind].ncolumns; c++) {
		struct iq_value *to = &row->want.col[c];
		const struct iq_value list = iq_sync_present(p, kind, c, row->list.col[c]);
		bool given = row->given & UINT32_C(1) << c;

		if (m->s->gone)
			*to = given ? list : iq_sync_living(p, kind, c, *to);
		else if (given && !says_cell(p, row, &m->s->rec, c))
			*to = iq_sync_with_hidden(p, kind, c, list, *to);
	}
}

static void merge_archived(struct iq_sync_priv *p, struct iq_sync_row *row, struct iq_stored *s)
{
	struct merging m = {.p = p, .row = row, .s = s, .resolved = row->resolved};

	m.line = iq_sync_line_add(p, IQ_SYNC_REVIVE, row, s);
	if (m.line == NULL)
		return;
	want_back(&m);
	if (row->back == IQ_SYNC_TAKE) {
		finish(&m, s->gone ? IQ_SYNC_ADD : IQ_SYNC_REVIVE);
		return;
	}
	if (row->back == IQ_SYNC_CLASH)
		iq_sync_conflict_add(p, m.line, -1, iq_sync_name(p, &s->rec),
			(struct iq_str){NULL, 0}, iq_sync_name(p, &row->want), s->revision);
	else if (m.resolved == NULL)
		iq_sync_remark(p, row, row->id, -1, (struct iq_str){NULL, 0},
			(struct iq_str){NULL, 0},
			N_("Others removed {0} since the list was made: it stays removed."));
	row->want = s->rec;
	finish(&m, IQ_SYNC_SAME);
}

static void merge_new(struct iq_sync_priv *p, struct iq_sync_row *row)
{
	struct iq_sync_line *l;
	struct iq_str *id = iq_arena_alloc(p->arena, sizeof(*id));

	row->want = row->list;
	for (int c = 1; c < (int)iq_schemas[row->kind].ncolumns; c++)
		row->want.col[c] = iq_sync_present(p, row->kind, c, row->list.col[c]);
	row->act = IQ_SYNC_ADD;
	if (id == NULL || !iq_rec_complete(&row->want, p->arena)) {
		p->err = iq_no_memory(&p->s->job->error);
		return;
	}
	*id = row->id;
	row->want.col[IQ_COL_ID] = (struct iq_value){id, 1};
	l = iq_sync_line_add(p, IQ_SYNC_ADD, row, NULL);
	if (l != NULL)
		iq_sync_diffs(p, l, NULL, &row->want);
}

void iq_sync_merge(struct iq_sync_priv *p)
{
	judge_away(p);
	for (size_t i = 0; i < p->nrows && p->err == IQ_OK; i++) {
		struct iq_sync_row *row = &p->rows[i];
		struct iq_stored *s = iq_sync_of(p, row);

		if (row->bad)
			continue;
		if (s == NULL)
			merge_new(p, row);
		else if (s->archived)
			merge_archived(p, row, s);
		else
			merge_living(p, row, s);
	}
}
