/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change may tell its caller: a contact that is hidden from the caller and one that does not
 * exist look alike, in the answer and in every error (access.md "Confidentiality").
 */
#include "op.h"

enum { OWED_MAX = 1024 }; /* persons a trial or a refusal tells of */

struct iq_req iq_veil_reader(struct iq_right *r)
{
	return (struct iq_req){.arena = &r->job->arena,
		.txn = r->txn,
		.vocab = r->vocab,
		.principal = &r->principal,
		.svc = r->job->svc,
		.today = r->job->today,
		.now_us = r->job->now_us,
		.error = &r->job->job.error};
}

static enum iq_disclosure level_of(struct iq_right *r, iq_num contact)
{
	struct iq_req rq = iq_veil_reader(r);
	struct iq_contact_view c;

	return iq_contact_read(&rq, contact, &c) ? iq_contact_level(&rq, &c, IQ_FULL) : IQ_HIDDEN;
}

bool iq_veil_sees(struct iq_right *r, iq_num contact)
{
	return level_of(r, contact) != IQ_HIDDEN;
}

bool iq_veil_shown(struct iq_right *r, enum iq_kind kind, iq_num num)
{
	struct iq_req rq = iq_veil_reader(r);

	return iq_record_known(&rq, kind, num);
}

bool iq_veil_known(struct iq_right *r, struct iq_str contact)
{
	struct iq_req rq = iq_veil_reader(r);

	return iq_contact_known(&rq, contact, UINT64_MAX);
}

static enum iq_err no_such(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_error *error = &r->job->job.error;
	struct iq_arena *arena = error->arena;
	const char *name = iq_arena_cstr(arena, id);

	iq_error_init(error, arena);
	return iq_error_set(error, IQ_ERR_NOT_FOUND, N_("There is no record “{1}” of kind {0}."),
		N_("Look for it with: iqq search {1}"), iq_schemas[kind].name, name ? name : "",
		NULL);
}

enum iq_err iq_veil_target(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, enum iq_err decided)
{
	iq_num num;

	if (decided == IQ_ERR_INTERNAL || (kind != IQ_CONTACT && !iq_kind_in_circle(kind)))
		return decided;
	/* Before anything else that may be wrong with the request. */
	num = id.n > 0 ? iq_id_find(r->txn, kind, id) : IQ_NONE;
	if (kind != IQ_CONTACT)
		return iq_veil_shown(r, kind, num) ? decided : no_such(r, kind, id);
	enum iq_disclosure level = num != IQ_NONE ? level_of(r, num) : IQ_HIDDEN;

	if (level == IQ_HIDDEN)
		return no_such(r, kind, id);
	if (decided == IQ_OK && level != IQ_FULL)
		return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
			N_("You may not change this record."),
			N_("Your rights are shown by: iqq whoami"), NULL);
	return decided;
}

/* ---- references ----------------------------------------------------------------------------- */

static bool may_edit(struct iq_right *r, iq_num contact)
{
	struct iq_image image;
	struct iq_chain chain;

	if (!iq_image_get(r->txn, IQ_CONTACT, contact, &image))
		return false;
	iq_num owner = iq_id_find(r->txn, IQ_INSTITUTION,
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_CONTACT_INSTITUTION + 1));

	iq_chain_read(r->txn, owner, &chain);
	return owner != IQ_NONE && iq_right_may(r, IQ_ACTION_EDIT, owner, owner, chain.region);
}

/* The hook of the writer's checks: hidden contacts cannot be referred to. */
static bool may_refer(struct iq_job *job, iq_num contact)
{
	struct iq_op_job *o = (struct iq_op_job *)job;

	return o->right == NULL || iq_veil_sees(o->right, contact);
}

static bool among(const struct iq_value *v, struct iq_str id)
{
	for (uint32_t i = 0; i < v->n; i++) {
		if (iq_str_eq(v->v[i], id))
			return true;
	}
	return false;
}

/* The same for a contact that is to be created in the same import: it is attached to nothing. */
static bool may_attach_planned(struct iq_right *r, const struct iq_planned *p)
{
	struct iq_chain chain;

	iq_plan_chain(r->txn, r->plan, p->institution, &chain);
	const struct iq_target target = {.institution = p->institution,
		.owners = chain.owner,
		.nowners = chain.n,
		.region = chain.region,
		.visibility = p->visibility < 0 ? IQ_INSTITUTION_ONLY
						: (enum iq_visibility)p->visibility};

	return iq_disclosure(&r->principal, &target, r->vocab, r->job->today) == IQ_FULL &&
	       iq_right_may(r, IQ_ACTION_EDIT, p->institution, p->institution, chain.region);
}

/*
 * Whoever attaches a contact opens it to the readers of a region (the own, too), now or when it is
 * public no more, or lets it speak for a member of a workshop: for that one must see it and be
 * allowed to change it.
 */
static bool may_attach(struct iq_right *r, struct iq_str id)
{
	iq_num contact = iq_plan_ref(r->txn, r->plan, IQ_CONTACT, id);
	const struct iq_planned *planned = iq_plan_get(r->plan, IQ_CONTACT, contact);

	if (planned != NULL)
		return may_attach_planned(r, planned);
	enum iq_disclosure level = level_of(r, contact);

	if (level == IQ_HIDDEN)
		return true; /* said to be missing later */
	return level == IQ_FULL && may_edit(r, contact);
}

static enum iq_err may_name(
	struct iq_right *r, const struct iq_rec *rec, const struct iq_rec *now, bool hidden)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t col = 0; col < schema->ncolumns; col++) {
		const struct iq_column *c = &schema->columns[col];

		if (!(rec->given & 1u << col) || c->target != IQ_CONTACT ||
			(c->type != IQ_TYPE_REF && c->type != IQ_TYPE_REFS))
			continue;
		for (uint32_t i = 0; i < rec->col[col].n; i++) {
			struct iq_str id = rec->col[col].v[i];

			/* Whoever votes is named in the ballot; that opens nothing. */
			if (rec->kind == IQ_BALLOT && r->principal.contact != IQ_NONE &&
				iq_id_find(r->txn, IQ_CONTACT, id) == r->principal.contact)
				continue;
			if (among(&now->col[col], id) ||
				(may_attach(r, id) && (hidden || iq_veil_known(r, id))))
				continue;
			return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
				N_("You may not name the contact “{0}” here: another institution "
				   "keeps it."),
				N_("Ask that institution, or name a contact of your own."),
				iq_arena_cstr(&r->job->arena, id), NULL);
		}
	}
	return IQ_OK;
}

enum iq_err iq_veil_references(struct iq_right *r, const struct iq_rec *rec)
{
	iq_num num = iq_id_find(r->txn, rec->kind, iq_rec_text(rec, IQ_COL_ID));
	struct iq_rec now = {.kind = rec->kind};

	if (num != IQ_NONE && !iq_rec_get(r->txn, rec->kind, num, &r->job->arena, &now))
		now = (struct iq_rec){.kind = rec->kind};
	r->job->right = r;
	r->job->job.may_refer = may_refer;
	return may_name(r, rec, &now, true); /* hidden ones are said to be missing later */
}

static bool same_list(const struct iq_value *a, const struct iq_value *b)
{
	bool same = a->n == b->n;

	for (uint32_t i = 0; same && i < a->n; i++)
		same = iq_str_eq(a->v[i], b->v[i]);
	return same;
}

/* `mine` and those of `now` that the caller does not know of; as it is where nothing else changes.
 */
static bool with_hidden(struct iq_right *r, const struct iq_value *now, struct iq_value *mine)
{
	struct iq_arena *arena = &r->job->arena;
	struct iq_str *all = iq_arena_array(arena, (size_t)now->n + mine->n, sizeof(*all));
	struct iq_str *old = iq_arena_array(arena, now->n, sizeof(*old));
	struct iq_str *seen = iq_arena_array(arena, now->n, sizeof(*seen));
	uint32_t n = mine->n, nseen = 0;

	if (all == NULL || old == NULL || seen == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++)
		all[i] = mine->v[i];
	for (uint32_t i = 0; i < now->n; i++) {
		old[i] = iq_arena_dup(arena, now->v[i]); /* writing moves what is stored */
		if (iq_veil_sees(r, iq_id_find(r->txn, IQ_CONTACT, old[i])))
			seen[nseen++] = old[i];
		else if (!among(mine, old[i]))
			all[n++] = old[i];
	}
	if (nseen < now->n)
		*mine = same_list(mine, &(struct iq_value){seen, nseen})
				? (struct iq_value){old, now->n}
				: (struct iq_value){all, n};
	return !arena->failed;
}

bool iq_veil_keep(struct iq_right *r, struct iq_rec *rec)
{
	iq_num num = iq_id_find(r->txn, rec->kind, iq_rec_text(rec, IQ_COL_ID));
	const struct iq_schema *schema = &iq_schemas[rec->kind];
	struct iq_rec now;

	if (num == IQ_NONE || !iq_rec_get(r->txn, rec->kind, num, &r->job->arena, &now))
		return !r->job->arena.failed;
	for (size_t col = 0; col < schema->ncolumns; col++) {
		const struct iq_column *c = &schema->columns[col];

		if (rec->given & UINT32_C(1) << col && c->target == IQ_CONTACT &&
			c->type == IQ_TYPE_REFS && now.col[col].n > 0 &&
			!with_hidden(r, &now.col[col], &rec->col[col]))
			return false;
	}
	return true;
}

enum iq_err iq_veil_attach(struct iq_right *r, const struct iq_rec *rec, const struct iq_rec *last)
{
	return may_name(r, rec, last, false);
}

/* ---- errors --------------------------------------------------------------------------------- */

struct users {
	struct iq_right *r;
	bool hidden;
};

static bool one_user(void *arg, enum iq_kind from, iq_num num)
{
	struct users *u = arg;

	u->hidden = iq_kind_in_circle(from) && !iq_veil_shown(u->r, from, num);
	return !u->hidden;
}

/* Among those who refer to it are some that the caller must not know of. */
static bool hidden_users(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct users u = {.r = r};
	iq_num num = id.n > 0 ? iq_id_find(r->txn, kind, id) : IQ_NONE;

	if (num != IQ_NONE)
		iq_each_ref(r->txn, kind, num, one_user, &u);
	return u.hidden;
}

enum iq_err iq_veil_conflict(
	struct iq_right *r, enum iq_kind kind, struct iq_str id, enum iq_err err)
{
	struct iq_error *error = &r->job->job.error;
	struct iq_req rq = iq_veil_reader(r);
	size_t kept = 0, n = error->ncandidates;

	if (err != IQ_ERR_CONFLICT || n == 0)
		return err;
	for (size_t i = 0; i < n; i++) {
		const struct iq_candidate *c = &error->candidates[i];

		enum iq_kind of = iq_kind_by_name(c->kind);

		if (of == IQ_KINDS || iq_record_known(&rq, of, iq_id_find(r->txn, of, c->id)))
			error->candidates[kept++] = *c;
	}
	error->ncandidates = kept;
	/* With a number: it would count hidden ones. */
	if (error->nargs < 3)
		return err;
	if (kind != IQ_INSTITUTION && kind != IQ_CONTACT && !hidden_users(r, kind, id))
		return err;
	struct iq_candidate *candidates = error->candidates;

	iq_error_init(error, error->arena);
	iq_error_set(error, err, N_("Other records refer to {0} “{1}”: it cannot be deleted."),
		N_("Change or delete those first, or unite it with another: iqq merge {0} {1} NEW"),
		iq_schemas[kind].name, iq_arena_cstr(error->arena, id), NULL);
	error->candidates = candidates;
	error->ncandidates = kept;
	return err;
}

/* ---- differences ---------------------------------------------------------------------------- */

/* A cell without the ids of contacts that are hidden from the caller; `asked` is not. */
static struct iq_str known_only(struct iq_req *rq, struct iq_str cell, struct iq_str asked)
{
	struct iq_str id, out = {NULL, 0};
	const char *text = "";
	bool all = true;

	if (cell.n == 0)
		return cell;
	for (struct iq_str rest = cell; rest.n > 0;) {
		if (!iq_str_cut(&rest, ';', &id))
			break;
		if (!iq_str_eq(id, asked) && !iq_contact_known(rq, id, UINT64_MAX)) {
			all = false;
			continue;
		}
		text = iq_arena_printf(
			rq->arena, "%s%s%.*s", text, *text ? ";" : "", IQ_STR_ARG(id));
		if (text == NULL)
			return out;
	}
	return all ? cell : iq_str(text);
}

static bool note_hidden(void *arg, enum iq_kind from, iq_num num)
{
	struct iq_right *r = arg;

	if (from == IQ_CONTACT && level_of(r, num) == IQ_HIDDEN)
		iq_num_set_add(r->hidden, num);
	return true;
}

void iq_veil_before(struct iq_right *r, iq_num institution)
{
	if (r->hidden == NULL)
		r->hidden = iq_num_set_new(&r->job->arena);
	iq_each_ref(r->txn, IQ_INSTITUTION, institution, note_hidden, r);
}

static bool was_hidden(struct iq_right *r, struct iq_str contact)
{
	return r->hidden != NULL &&
	       iq_num_set_has(r->hidden, iq_id_find(r->txn, IQ_CONTACT, contact));
}

void iq_veil_diffs(struct iq_right *r, enum iq_kind kind, struct iq_str id, struct iq_diffs *diffs)
{
	/* Gone by now, perhaps, and no secret. */
	struct iq_str asked = kind == IQ_CONTACT ? id : IQ_STR("");
	struct iq_req rq = iq_veil_reader(r);
	size_t kept = 0;

	for (size_t i = 0; i < diffs->n; i++) {
		struct iq_diff d = diffs->d[i];
		int col = iq_column_by_name(d.kind, d.column);
		const struct iq_column *c = col >= 0 ? &iq_schemas[d.kind].columns[col] : NULL;

		/* The record that was asked about is no secret; others that it moves may be. */
		if (d.kind == IQ_CONTACT && !(kind == IQ_CONTACT && iq_str_eq(d.id, id)) &&
			(was_hidden(r, d.id) || !iq_contact_known(&rq, d.id, UINT64_MAX)))
			continue;
		if (iq_kind_in_circle(d.kind) && !(kind == d.kind && iq_str_eq(d.id, id)) &&
			!iq_veil_shown(r, d.kind, iq_id_find(r->txn, d.kind, d.id)))
			continue;
		if (c != NULL && c->target == IQ_CONTACT &&
			(c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS)) {
			bool differs = !iq_str_eq(d.before, d.after);

			d.before = known_only(&rq, d.before, asked);
			d.after = known_only(&rq, d.after, asked);
			if (differs && iq_str_eq(d.before, d.after))
				continue;
		}
		diffs->d[kept++] = d;
	}
	diffs->n = kept;
}

/* ---- the audit ------------------------------------------------------------------------------ */

void iq_veil_owe(struct iq_right *r, iq_num contact)
{
	struct iq_op_job *o = r->job;
	struct iq_req rq = iq_veil_reader(r);
	struct iq_contact_view c;

	if (!iq_contact_read(&rq, contact, &c) || c.visibility == IQ_PUBLIC)
		return;
	for (size_t i = 0; i < o->nowed; i++)
		if (o->owed[i].contact == contact)
			return;
	if (o->owed == NULL)
		o->owed = iq_arena_array(&o->arena, OWED_MAX, sizeof(*o->owed));
	if (o->owed != NULL && o->nowed < OWED_MAX)
		o->owed[o->nowed++] = (struct iq_owed){IQ_AUDIT_DISCLOSED, contact, c.visibility};
}

void iq_veil_note(struct iq_right *r, enum iq_kind kind, struct iq_str id)
{
	struct iq_op_job *o = r->job;
	struct iq_req rq = iq_veil_reader(r);
	struct iq_contact_view c;

	if (kind != IQ_CONTACT || !iq_contact_read(&rq, iq_id_find(r->txn, kind, id), &c))
		return;
	o->job.audit.subject = c.num;
	o->job.audit.classes = iq_str(iq_visibility_names[c.visibility]);
	/* Trying a change shows what is on record, and leaves no trace otherwise. */
	if (o->job.dry_run)
		iq_veil_owe(r, c.num);
}
