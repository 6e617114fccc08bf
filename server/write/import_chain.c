/* SPDX-License-Identifier: Apache-2.0 */
/* Parents and deputies of imported rows: no circles. */

#include "i18n.h"
#include "import_priv.h"

struct ups {
	struct iq_import *im;
	enum iq_kind kind;
	const iq_num *up; /* by number; rows only */
	const bool *is_row;
	iq_num n;
};

static iq_num next_up(void *ctx, iq_num num)
{
	struct ups *u = ctx;
	struct iq_rec rec;

	if (num < u->n && u->is_row[num])
		return u->up[num];
	if (!iq_rec_get(u->im->t, u->kind, num, &u->im->row, &rec))
		return IQ_NONE;
	struct iq_str id = iq_rec_text(&rec, iq_chain_column(u->kind));

	return id.n ? iq_import_find(u->im, u->kind, id) : IQ_NONE;
}

enum iq_err iq_import_chains(struct iq_import *im, enum iq_kind kind)
{
	struct ups u = {.im = im, .kind = kind, .n = iq_wtxn_state(im->w)->next[kind]};
	iq_num *up;
	bool *is_row;
	struct iq_arena tmp;
	size_t n = im->first[kind + 1];

	if (n == im->first[kind])
		return IQ_OK;
	iq_arena_init(&tmp, 0);
	up = iq_arena_array(&tmp, u.n, sizeof(*up));
	is_row = iq_arena_array(&tmp, u.n, sizeof(*is_row));
	if (tmp.failed) {
		iq_arena_free(&tmp);
		return iq_no_memory(&im->job->error);
	}
	u.up = up;
	u.is_row = is_row;
	for (size_t i = im->first[kind]; i < n; i++) {
		const struct iq_seen *e = &im->map.a[i];

		if (e->num == IQ_NONE || e->flags & (IQ_SEEN_REJECTED | IQ_SEEN_MERGED))
			continue;
		up[e->num] = e->up;
		is_row[e->num] = true;
	}
	for (size_t i = im->first[kind]; i < n; i++) {
		struct iq_seen *e = &im->map.a[i];

		iq_arena_reset(&im->row);
		if (e->num == IQ_NONE || !is_row[e->num] || e->up == IQ_NONE ||
			e->flags & IQ_SEEN_REJECTED || iq_check_chain(e->num, next_up, &u))
			continue;
		struct iq_problem p = iq_import_where(im, e);

		p.column = iq_str(iq_schemas[kind].columns[iq_chain_column(kind)].name);
		p.value = iq_idmap_id(&im->map, e);
		p.text = iq_chain_text;
		iq_error_add_problem(&im->job->error, &p);
		iq_import_reject(im, e);
	}
	iq_arena_free(&tmp);
	return im->err;
}
