/* SPDX-License-Identifier: Apache-2.0 */
#include "diff.h"

#include "date.h"

const char *const iq_diff_names[IQ_DIFFS + 1] = {"same", "added", "changed", "removed", NULL};

/* ---- validity ------------------------------------------------------------------------------- */

void iq_rec_valid_columns(enum iq_kind kind, int *from, int *to)
{
	static const struct {
		int from, to;
	} columns[IQ_KINDS] = {
		[IQ_CONTACT] = {IQ_CONTACT_VALID_FROM, IQ_CONTACT_VALID_TO},
		[IQ_RESPONSIBILITY] = {IQ_RESP_VALID_FROM, IQ_RESP_VALID_TO},
		[IQ_NOTICE] = {IQ_NOTICE_VALID_FROM, IQ_NOTICE_VALID_TO},
		[IQ_WORKSHOP_RECORD] = {IQ_WORKSHOP_VALID_FROM, IQ_WORKSHOP_VALID_TO},
		[IQ_MEMBERSHIP] = {IQ_MEMBERSHIP_ACCEPTED_FROM, IQ_MEMBERSHIP_ACCEPTED_TO},
	};

	*from = columns[kind].from ? columns[kind].from : -1;
	*to = columns[kind].to ? columns[kind].to : -1;
}

bool iq_rec_valid_on(const struct iq_rec *rec, int32_t day)
{
	int32_t first = IQ_DATE_MIN, last = IQ_DATE_MAX;
	int from, to;

	iq_rec_valid_columns(rec->kind, &from, &to);
	if (from >= 0)
		(void)iq_date_parse(iq_rec_text(rec, from), &first);
	if (to >= 0)
		(void)iq_date_parse(iq_rec_text(rec, to), &last);
	return first <= day && day <= last;
}

/* ---- columns -------------------------------------------------------------------------------- */

static bool holds(const struct iq_value *set, struct iq_str v)
{
	for (uint32_t i = 0; i < set->n; i++) {
		if (iq_str_eq(set->v[i], v))
			return true;
	}
	return false;
}

/* The parts of a set are all different. */
static bool same(const struct iq_rec *a, const struct iq_rec *b, int col, bool ordered)
{
	static const struct iq_value empty = {NULL, 0};
	const struct iq_value *x = a ? &a->col[col] : &empty, *y = b ? &b->col[col] : &empty;

	if (x->n != y->n)
		return false;
	for (uint32_t i = 0; i < x->n; i++) {
		if (ordered ? !iq_str_eq(x->v[i], y->v[i]) : !holds(y, x->v[i]))
			return false;
	}
	return true;
}

static bool names_contacts(const struct iq_column *c)
{
	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

static struct iq_str cell(const struct iq_rec *rec, int col, struct iq_arena *arena)
{
	return rec ? iq_rec_write_cell(rec, col, arena) : (struct iq_str){NULL, 0};
}

static void compare(const struct iq_diff_side *was, const struct iq_diff_side *is, int col,
	struct iq_arena *arena, struct iq_rec_diff *out)
{
	const struct iq_rec *any = is->shown ? is->shown : was->shown;
	const struct iq_column *c = &iq_schemas[any->kind].columns[col];
	bool contacts = names_contacts(c), ordered = contacts || c->type != IQ_TYPE_REFS;

	if (same(was->raw, is->raw, col, ordered))
		return;
	/* a reference to somebody hidden, and what a workshop does not show: as if never there */
	if (!contacts && !iq_kind_in_circle(any->kind) &&
		!(same(was->raw, was->shown, col, true) && same(is->raw, is->shown, col, true))) {
		out->withheld = true;
		return;
	}
	if (same(was->shown, is->shown, col, ordered))
		return;
	out->column[out->n++] = (struct iq_diff_column){
		col, cell(was->shown, col, arena), cell(is->shown, col, arena)};
}

void iq_diff_records(struct iq_diff_side before, struct iq_diff_side after, struct iq_arena *arena,
	struct iq_rec_diff *out)
{
	*out = (struct iq_rec_diff){.what = IQ_DIFF_SAME};
	if (before.shown == NULL && after.shown == NULL)
		return;
	/* who is not there has no fields */
	if (before.shown == NULL)
		before.raw = NULL;
	if (after.shown == NULL)
		after.raw = NULL;
	const struct iq_rec *any = after.shown ? after.shown : before.shown;

	for (size_t c = 1; c < iq_schemas[any->kind].ncolumns; c++)
		compare(&before, &after, (int)c, arena, out);
	if (before.shown == NULL)
		out->what = IQ_DIFF_ADDED;
	else if (after.shown == NULL)
		out->what = IQ_DIFF_REMOVED;
	else if (out->n > 0 || out->withheld)
		out->what = IQ_DIFF_CHANGED;
}
