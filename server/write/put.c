/* SPDX-License-Identifier: Apache-2.0 */
/* add, set and delete of one record. */

#include "archive.h"
#include "apply_priv.h"
#include "bounds.h"
#include "codec.h"
#include "i18n.h"

enum { REFS_SHOWN = 20 };

struct put {
	struct iq_job *job;
	struct iq_txn *t;
	const struct iq_vocab *vocab;
	struct iq_arena *arena;
	struct iq_rec before, after;
	iq_num num; /* IQ_NONE: new */
	bool revive;
};

bool iq_rec_refers(const struct iq_rec *rec, struct iq_str contact)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t col = 0; col < schema->ncolumns; col++) {
		const struct iq_value *v = &rec->col[col];

		if (schema->columns[col].target != IQ_CONTACT)
			continue;
		for (uint32_t i = 0; i < v->n; i++) {
			if (iq_str_eq(v->v[i], contact))
				return true;
		}
	}
	return false;
}

/* The caller's own words name it: as it is, or by an id that was united with it. */
static bool is_named(const struct put *p, iq_num contact)
{
	const struct iq_rec *named = p->job->named;
	const struct iq_schema *schema = named != NULL ? &iq_schemas[named->kind] : NULL;

	for (size_t col = 0; schema != NULL && col < schema->ncolumns; col++) {
		const struct iq_value *v = &named->col[col];

		if (schema->columns[col].target != IQ_CONTACT ||
			!(named->given & UINT32_C(1) << col))
			continue;
		for (uint32_t i = 0; i < v->n; i++)
			if (iq_id_find(p->t, IQ_CONTACT, v->v[i]) == contact)
				return true;
	}
	return false;
}

/* A topic or a proposal of another workshop, or a vote on nothing: there is none here. */
static bool elsewhere(struct put *p, enum iq_kind kind, iq_num num)
{
	int own = iq_column_by_name(p->after.kind, IQ_STR("workshop"));
	int col = iq_column_by_name(kind, IQ_STR("workshop"));
	struct iq_rec to;

	return own > 0 && col > 0 &&
	       (!iq_rec_get(p->t, kind, num, p->arena, &to) ||
		       !iq_str_eq(iq_rec_text(&to, col), iq_rec_text(&p->after, own)));
}

static iq_num find_stored(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct put *p = ctx;
	iq_num num = iq_id_find(p->t, kind, id);

	if (num != IQ_NONE && kind == IQ_CONTACT && p->job->may_refer != NULL &&
		!(p->num != IQ_NONE && iq_rec_refers(&p->before, id) && !is_named(p, num)) &&
		!p->job->may_refer(p->job, num))
		return IQ_NONE;
	if (num != IQ_NONE && iq_kind_in_circle(kind) && elsewhere(p, kind, num))
		return IQ_NONE;
	return num;
}

/* An archived record keeps its id for itself. */
static bool archived(struct put *p, enum iq_kind kind, struct iq_str id)
{
	struct iq_archived a;
	bool merged;
	iq_num num = iq_id_reserved(p->t, kind, id, &merged);

	return !p->revive && iq_archived_get(p->t, kind, num, p->job->change.time_us, &a);
}

/* The record after the change, or why there cannot be one. */
static enum iq_err combine(struct put *p, const struct iq_rec *rec, bool add)
{
	struct iq_error *error = &p->job->error;
	struct iq_str id = iq_rec_text(rec, IQ_COL_ID);
	const char *text = iq_arena_cstr(p->arena, id);
	const char *name = iq_schemas[rec->kind].name;
	bool merged, changed;

	if (id.n == 0)
		return iq_error_set(error, IQ_ERR_USAGE, N_("The id of the record is missing."),
			N_("Name it behind the kind: iqq set KIND ID field=value"), NULL);
	p->num = iq_id_find(p->t, rec->kind, id);
	(void)iq_id_reserved(p->t, rec->kind, id, &merged);
	if (add && (p->num != IQ_NONE || merged || archived(p, rec->kind, id)))
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("There is already a record “{1}” of kind {0}."),
			N_("Choose another id, or change that record: iqq set {0} {1} field=value"),
			name, text ? text : "", NULL);
	if (!add && p->num == IQ_NONE)
		return iq_not_found(error, rec->kind, id, p->arena);
	p->after = *rec;
	if (p->num != IQ_NONE) {
		if (!iq_rec_load(p->t, rec->kind, p->num, p->arena, &p->before))
			return iq_no_memory(error);
		struct iq_value own_id = p->before.col[IQ_COL_ID];

		p->after = p->before;
		iq_rec_merge(&p->after, rec);
		p->after.col[IQ_COL_ID] = own_id;
	}
	if (!iq_canonical(&p->after, p->arena, iq_canon_stored, p->t, &changed))
		return iq_no_memory(error);
	if (changed && rec->kind == IQ_POSTCODE && add)
		p->after.col[IQ_COL_ID].n = 0; /* made of the region's id */
	if (!iq_rec_complete(&p->after, p->arena))
		return iq_no_memory(error);
	return IQ_OK;
}

/* Parent or deputy of a record as it will be. */
static iq_num next_in_chain(void *ctx, iq_num num)
{
	struct put *p = ctx;
	int col = iq_chain_column(p->after.kind);
	struct iq_rec rec;
	struct iq_str id;

	if (num == p->num)
		id = iq_rec_text(&p->after, col);
	else if (iq_rec_get(p->t, p->after.kind, num, p->arena, &rec))
		id = iq_rec_text(&rec, col);
	else
		return IQ_NONE;
	return id.n ? iq_id_find(p->t, p->after.kind, id) : IQ_NONE;
}

static enum iq_err check_chain(struct put *p)
{
	int col = iq_chain_column(p->after.kind);
	struct iq_str to = col >= 0 ? iq_rec_text(&p->after, col) : (struct iq_str){NULL, 0};
	struct iq_problem problem = {.value = to, .text = iq_chain_text};

	/* A new record can only make the chain longer: IQ_NONE as its number never comes again. */
	if (to.n == 0 || iq_check_chain(p->num, next_in_chain, p))
		return IQ_OK;
	problem.column = iq_str(iq_schemas[p->after.kind].columns[col].name);
	iq_error_add_problem(&p->job->error, &problem);
	return IQ_ERR_REJECTED;
}

/* The facts as they will be. */
static enum iq_err check_fact(struct put *p)
{
	const struct iq_facts *facts = &p->vocab->facts;
	struct iq_fact *patched = iq_arena_array(p->arena, (size_t)facts->n + 1, sizeof(*patched));
	int at = iq_fact_find(facts, iq_rec_text(&p->after, IQ_COL_ID));

	if (patched == NULL)
		return iq_no_memory(&p->job->error);
	if (at < 0)
		return IQ_OK;
	memcpy(patched, facts->fact, facts->n * sizeof(*patched));
	patched[at].integer = iq_str_is(iq_rec_text(&p->after, IQ_FACT_TYPE), "integer");
	patched[at].values = p->after.col[IQ_FACT_VALUES].v;
	patched[at].nvalues = p->after.col[IQ_FACT_VALUES].n;
	struct iq_facts new_facts = {patched, facts->n};

	return iq_check_fact_users(p->t, &new_facts, p->num, NULL, &p->job->error);
}

static enum iq_err check(struct put *p)
{
	struct iq_names names;
	struct iq_check c = {.vocab = p->vocab,
		.ctx = p,
		.find = find_stored,
		.names = &names,
		.arena = p->arena,
		.nearest_left = IQ_LIMIT_NEAREST};
	enum iq_err err;

	iq_txn_names(p->t, p->vocab, false, p->arena, &names);
	err = iq_check_record(&c, &p->after, NULL, &p->job->error);
	if (err == IQ_OK && p->num != IQ_NONE)
		err = iq_check_step(
			&p->before, &p->after, p->job->closes_vote, NULL, &p->job->error);
	if (err == IQ_OK)
		err = check_chain(p);
	if (err == IQ_OK && p->num != IQ_NONE && p->after.kind == IQ_REGION)
		err = iq_check_area(p->t, p->num, &p->after, NULL, &p->job->error);
	if (err == IQ_OK && p->num != IQ_NONE && p->after.kind == IQ_FACT &&
		iq_fact_differs(&p->before, &p->after))
		err = check_fact(p);
	return err;
}

/* Everything but writing. *same: nothing would change. */
static enum iq_err ready(
	struct put *p, const struct iq_rec *rec, bool add, struct iq_diffs *diffs, bool *same)
{
	enum iq_err err = combine(p, rec, add);

	if (err == IQ_OK)
		err = check(p);
	if (err != IQ_OK)
		return err;
	if (p->arena->failed)
		return iq_no_memory(&p->job->error);
	*same = p->num != IQ_NONE && iq_rec_equal(&p->before, &p->after);
	if (*same)
		return IQ_OK;
	/* A postcode whose region was united may exist under its right id. */
	if (p->num == IQ_NONE &&
		iq_id_find(p->t, rec->kind, iq_rec_text(&p->after, IQ_COL_ID)) != IQ_NONE)
		return iq_error_set(&p->job->error, IQ_ERR_CONFLICT,
			N_("There is already a record “{1}” of kind {0}."), NULL,
			iq_schemas[rec->kind].name,
			iq_arena_cstr(p->arena, iq_rec_text(&p->after, IQ_COL_ID)), NULL);
	if (!iq_diffs_add(diffs, p->num != IQ_NONE ? &p->before : NULL, &p->after, p->arena))
		return iq_no_memory(&p->job->error);
	return IQ_OK;
}

enum iq_err iq_apply_check(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	const struct iq_rec *rec, bool add, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct put p = {
		.job = job, .t = iq_wtxn_txn(w), .vocab = vocab, .arena = arena, .num = IQ_NONE};
	bool same;

	return ready(&p, rec, add, diffs, &same);
}

static enum iq_err put(struct put *p, struct iq_wtxn *w, const struct iq_rec *rec, bool add,
	struct iq_diffs *diffs)
{
	bool same = false;
	enum iq_err err = ready(p, rec, add, diffs, &same);

	if (err != IQ_OK || same)
		return err;
	iq_job_writes(p->job);
	if (p->num == IQ_NONE)
		p->num = iq_id_intern(w, rec->kind, iq_rec_text(&p->after, IQ_COL_ID));
	if (p->num != IQ_NONE)
		iq_rec_put(w, p->num, &p->after, p->arena);
	return iq_txn_error(p->t, NULL);
}

enum iq_err iq_apply_put(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	const struct iq_rec *rec, bool add, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct put p = {
		.job = job, .t = iq_wtxn_txn(w), .vocab = vocab, .arena = arena, .num = IQ_NONE};

	return put(&p, w, rec, add, diffs);
}

enum iq_err iq_put_revived(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	const struct iq_rec *rec, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct put p = {.job = job,
		.t = iq_wtxn_txn(w),
		.vocab = vocab,
		.arena = arena,
		.num = IQ_NONE,
		.revive = true};

	return put(&p, w, rec, true, diffs);
}

/* ---- confidentiality ---------------------------------------------------------------------- */

bool iq_visibility_lowered(struct iq_txn *t, iq_num num, const struct iq_rec *before,
	const struct iq_rec *after, struct iq_arena *arena)
{
	struct iq_rec deleted = {.kind = IQ_CONTACT};
	int is = iq_choice(iq_visibility_names, iq_rec_text(after, IQ_CONTACT_VISIBILITY));
	struct iq_image image;

	if (after->kind != IQ_CONTACT || is < 0)
		return false;
	if (before == NULL && num != IQ_NONE && iq_past_last(t, IQ_CONTACT, num, &image, NULL) &&
		iq_codec_read(&deleted, image.all, arena))
		before = &deleted;
	return before != NULL &&
	       is < iq_choice(iq_visibility_names, iq_rec_text(before, IQ_CONTACT_VISIBILITY));
}

/* ---- delete ------------------------------------------------------------------------------- */

/* Names of contacts are personal: only their ids are told, and dispatch may leave those out. */
static void add_user(
	struct iq_error *error, struct iq_txn *t, const struct iq_ref *ref, struct iq_arena *arena)
{
	struct iq_candidate c = {.kind = iq_str(iq_schemas[ref->kind].name)};
	struct iq_rec rec;

	if (!iq_rec_get(t, ref->kind, ref->num, arena, &rec))
		return;
	c.id = iq_rec_text(&rec, IQ_COL_ID);
	if (ref->kind != IQ_CONTACT)
		c.name = iq_rec_name(&rec, false);
	iq_error_add_candidate(error, &c);
}

static enum iq_err check_unused(struct iq_job *job, struct iq_txn *t, enum iq_kind kind, iq_num num,
	struct iq_str id, struct iq_arena *arena)
{
	struct iq_ref_list refs = {.max = REFS_SHOWN};
	enum iq_err err = IQ_OK;

	iq_ref_list_fill(&refs, t, kind, num);
	if (refs.failed) {
		err = iq_no_memory(&job->error);
	} else if (refs.total) {
		const char *text = iq_arena_cstr(arena, id);
		const char *count = iq_arena_printf(arena, "%zu", refs.total);

		err = iq_error_set(&job->error, IQ_ERR_CONFLICT,
			N_("{2} records refer to {0} “{1}”: it cannot be deleted."),
			N_("Change or delete those first, or unite it with another: iqq merge {0} "
			   "{1} NEW"),
			iq_schemas[kind].name, text ? text : "", count ? count : "", NULL);
		for (size_t i = 0; i < refs.n; i++)
			add_user(&job->error, t, &refs.a[i], arena);
	}
	iq_ref_list_free(&refs);
	return err;
}

enum iq_err iq_apply_delete(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab,
	enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs, struct iq_arena *arena)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	iq_num num = iq_id_find(t, kind, id);
	struct iq_rec rec;
	enum iq_err err;

	if (num == IQ_NONE)
		return iq_not_found(&job->error, kind, id, arena);
	err = check_unused(job, t, kind, num, id, arena);
	if (err != IQ_OK)
		return err;
	if (kind == IQ_REGION && num == vocab->root && iq_wtxn_state(w)->count[IQ_REGION] > 1)
		return iq_error_set(&job->error, IQ_ERR_CONFLICT,
			N_("The topmost region cannot be deleted while there are others."), NULL,
			NULL);
	if (!iq_rec_load(t, kind, num, arena, &rec) || !iq_diffs_add(diffs, &rec, NULL, arena))
		return iq_no_memory(&job->error);
	iq_job_writes(job);
	iq_rec_remove(w, kind, num, arena);
	iq_waiting_forget(w, kind, num);
	return iq_txn_error(t, NULL);
}
