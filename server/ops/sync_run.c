/* SPDX-License-Identifier: Apache-2.0 */
/* Sync with the rights of who asks: what the caller may see, and which records may be archived. */
#include "sync_run.h"
#include "write.h"

enum { OWED_FIRST = 64 };

static const int64_t used_us = INT64_C(30) * 86400 * 1000000;

/* ---- what the caller sees -------------------------------------------------------------------- */

static void turn(struct iq_sync_run *x)
{
	iq_arena_reset(&x->look.arena);
	iq_error_init(&x->look.job.error, &x->look.arena);
}

static bool sees(void *ctx, enum iq_kind kind, iq_num num)
{
	struct iq_sync_run *x = ctx;
	struct iq_contact_view c;

	if (kind != IQ_CONTACT)
		return true;
	turn(x);
	struct iq_req rq = iq_veil_reader(&x->looker);

	return iq_contact_read(&rq, num, &c) && iq_contact_level(&rq, &c, IQ_FULL) == IQ_FULL;
}

static bool owns(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_sync_run *x = ctx;

	turn(x);
	return iq_veil_target(&x->looker, kind, id, iq_right_whole(&x->looker, kind, id)) == IQ_OK;
}

/* Whoever sees the narrowest class of the institution sees its archive. */
static bool sees_archived(void *ctx, iq_num institution)
{
	struct iq_sync_run *x = ctx;
	struct iq_chain chain;

	iq_chain_read(x->right.txn, institution, &chain);
	const struct iq_target target = {.institution = institution,
		.owners = chain.owner,
		.nowners = chain.n,
		.region = chain.region,
		.visibility = IQ_INSTITUTION_ONLY};

	return iq_disclosure(&x->right.principal, &target, x->right.vocab, x->o->today) == IQ_FULL;
}

static bool is_editor(struct iq_sync_run *x, iq_num institution)
{
	struct iq_req rq = iq_veil_reader(&x->right);
	const struct iq_contact_view any = {
		.institution = iq_id_of(x->right.txn, IQ_INSTITUTION, institution)};

	return iq_contact_editor(&rq, &any);
}

static bool may_revive(void *ctx, enum iq_kind kind, struct iq_str id)
{
	struct iq_sync_run *x = ctx;
	struct iq_rec was;

	if (iq_right_all(&x->right))
		return true;
	turn(x);
	return iq_write_archived(&x->looker, kind, id, &was) == IQ_OK;
}

static bool sees_past(void *ctx, const struct iq_image *image)
{
	struct iq_sync_run *x = ctx;

	turn(x);
	struct iq_req rq = iq_veil_reader(&x->looker);

	return iq_contact_past_level(&rq, image) == IQ_FULL;
}

/* Without this, names and addresses could be tried, and nobody would be on record. */
static enum iq_err may_match(void *ctx, bool withheld)
{
	struct iq_sync_run *x = ctx;
	struct iq_op_job *o = x->o;
	const struct iq_principal *p = &x->right.principal;
	struct iq_error *error = &o->job.error;

	if (x->editor)
		return IQ_OK;
	iq_error_init(error, error->arena);
	if (o->sync == NULL || !o->sync->reason) {
		struct iq_req rq = iq_veil_reader(&x->right);

		return iq_req_reason_missing(&rq);
	}
	if (!withheld && (x->colleague || o->svc->audit == NULL ||
				 iq_audit_quota_left(o->svc->audit, p->id, o->today,
					 p->quota_until >= o->today)))
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_QUOTA,
		N_("You have seen as many persons of other institutions today as one may: a list "
		   "of persons cannot be compared."),
		N_("Go on tomorrow, or ask an administrator to lift the limit."), NULL);
}

static bool owe(struct iq_sync_run *x, iq_num contact, enum iq_visibility visibility)
{
	struct iq_op_job *o = x->o;

	if (o->nowed == x->cap_owed) {
		size_t cap = x->cap_owed ? 2 * x->cap_owed : OWED_FIRST;
		struct iq_owed *grown = iq_arena_grow(
			&o->arena, o->owed, x->cap_owed * sizeof(*grown), cap * sizeof(*grown));

		if (grown == NULL)
			return false;
		o->owed = grown;
		x->cap_owed = cap;
	}
	o->owed[o->nowed++] = (struct iq_owed){IQ_AUDIT_DISCLOSED, contact, visibility};
	return true;
}

/* Personal fields on their way into an answer: as in disclose.c, with reason and daily limit. */
static bool shows(void *ctx, iq_num contact, enum iq_visibility visibility)
{
	struct iq_sync_run *x = ctx;
	const struct iq_principal *p = &x->right.principal;
	const struct iq_sync_ask *ask = x->o->sync;

	if (x->o->svc->audit == NULL)
		return false;
	if (x->owed == NULL)
		x->owed = iq_num_set_new(&x->arena);
	if (iq_num_set_has(x->owed, contact))
		return true;
	if (!x->editor && (ask == NULL || !ask->reason))
		return false;
	if (!x->editor && !x->colleague &&
		!iq_audit_quota(x->o->svc->audit, p->id, contact, x->o->today, x->o->now_us,
			p->quota_until >= x->o->today))
		return false;
	(void)iq_num_set_add(x->owed, contact);
	return owe(x, contact, visibility);
}

/* ---- a run ----------------------------------------------------------------------------------- */

enum iq_err iq_sync_run_begin(
	struct iq_sync_run *x, struct iq_op_job *o, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	memset(x, 0, sizeof(*x));
	x->o = o;
	o->nowed = 0;
	o->owed = NULL;
	o->nparts = 0;
	iq_arena_init(&x->arena, 0);
	iq_arena_init(&x->look.arena, 0);
	x->s = (struct iq_sync){.job = &o->job,
		.w = w,
		.vocab = vocab,
		.dir = o->svc->dir,
		.today = o->today,
		.now_us = o->now_us,
		.ctx = x,
		.sees = sees,
		.owns = owns,
		.sees_archived = sees_archived,
		.may_revive = may_revive,
		.sees_past = sees_past,
		.may_match = may_match,
		.shows = shows,
		.arena = &x->arena};
	return iq_right_load(&x->right, o, w, vocab);
}

/* Of a list that was refused only its problems are told. */
static void keep_told(struct iq_sync_run *x)
{
	struct iq_op_job *o = x->o;
	struct iq_num_set *told = iq_num_set_new(&x->arena);
	size_t n = 0;

	for (size_t i = 0; i < x->s.ntold; i++)
		(void)iq_num_set_add(told, x->s.told[i]);
	for (size_t i = 0; i < o->nowed; i++)
		if (iq_num_set_has(told, o->owed[i].contact))
			o->owed[n++] = o->owed[i];
	o->nowed = n;
}

void iq_sync_run_end(struct iq_sync_run *x)
{
	if (x->o->job.error.code == IQ_ERR_REJECTED)
		keep_told(x);
	if (x->gated)
		iq_gate_free(&x->gate);
	if (x->loaded != NULL)
		iq_spool_free(x->loaded);
	iq_arena_free(&x->look.arena);
	iq_arena_free(&x->arena);
}

enum iq_err iq_sync_run_for(struct iq_sync_run *x, iq_num institution)
{
	struct iq_op_job *o = x->o;
	struct iq_chain chain;

	iq_chain_read(x->right.txn, institution, &chain);
	if (chain.n == 0 ||
		!iq_right_may(&x->right, IQ_ACTION_EDIT, institution, institution, chain.region))
		return iq_error_set(&o->job.error, IQ_ERR_DENIED,
			N_("You may not sync the list of this institution."),
			N_("Its editors may, and the region's coordinator. Your rights are shown "
			   "by: iqq whoami"),
			NULL);
	x->s.institution = institution;
	x->colleague = sees_archived(x, institution);
	x->editor = is_editor(x, institution);
	x->look.svc = o->svc;
	x->look.today = o->today;
	x->look.now_us = o->now_us;
	x->looker = x->right;
	x->looker.job = &x->look;
	if (!iq_right_all(&x->right)) {
		iq_gate_set(&x->gate, &x->right);
		x->gated = true;
	}
	return IQ_OK;
}

static enum iq_err no_plan(struct iq_op_job *o, struct iq_str id)
{
	const char *text = iq_arena_cstr(&o->arena, id);

	if (o->approval != NULL)
		return iq_error_set(&o->job.error, IQ_ERR_CONFLICT,
			N_("The plan that this is about is gone."),
			N_("It must be asked for again."), NULL);
	return iq_error_set(&o->job.error, IQ_ERR_NOT_FOUND, N_("There is no plan {0} of yours."),
		N_("A plan lives for a day. Make a new one: iqq sync plan PATH"), text ? text : "",
		NULL);
}

static enum iq_err not_open(struct iq_op_job *o, const char *text)
{
	return iq_error_set(&o->job.error, IQ_ERR_CONFLICT, text,
		N_("Make a new one: iqq sync plan PATH"), NULL);
}

enum iq_err iq_sync_run_plan(struct iq_sync_run *x, struct iq_str id)
{
	struct iq_op_job *o = x->o;
	struct iq_plan_file *p = &x->plan;
	enum iq_err err;

	/* Of others' plans nobody learns anything. */
	if (!iq_plan_load(o->svc->dir, id, true, &x->arena, p)) {
		if (x->arena.failed)
			return iq_error_set(&o->job.error, IQ_ERR_BUSY,
				N_("There is not enough memory."), N_("Try again."), NULL);
		return iq_sync_used(x->right.txn, id)
			       ? not_open(o, N_("This plan was applied already."))
			       : no_plan(o, id);
	}
	if (!iq_str_eq(p->principal, x->right.principal.id))
		return no_plan(o, id);
	if (iq_sync_used(x->right.txn, id))
		return not_open(o, N_("This plan was applied already."));
	if (p->until_us < o->now_us)
		return not_open(o, N_("This plan has expired."));
	err = iq_sync_run_for(x, p->institution);
	if (p->reason.n > 0 && !o->sync->reason) {
		o->sync->reason = true;
		o->job.audit.purpose = iq_arena_dup(&o->arena, p->reason);
	}
	if (err == IQ_OK)
		err = iq_spool_load(o->svc->dir, p->rows, &x->loaded, &o->job.error);
	if (err != IQ_OK)
		return err;
	x->s.spool = x->loaded;
	x->s.delta = p->delta;
	x->s.based_on = p->based_on;
	x->s.applied = p->applied;
	x->s.plan_revision = p->revision;
	x->s.made = p->made;
	x->s.nmade = x->s.cap_made = p->nmade;
	x->s.decisions = p->decisions;
	x->s.ndecisions = x->cap_decisions = p->ndecisions;
	return IQ_OK;
}

/* ---- plans that were applied ----------------------------------------------------------------- */

enum { USED_KEY = 1 + IQ_PLAN_ID };

static struct iq_str used_key(char key[USED_KEY], struct iq_str id)
{
	key[0] = 'p';
	memcpy(key + 1, id.p, IQ_PLAN_ID);
	return (struct iq_str){key, USED_KEY};
}

void iq_sync_used_put(struct iq_wtxn *w, const char *id, int64_t now_us)
{
	char key[USED_KEY];

	iq_table_put(w, IQ_TABLE_LIVING, used_key(key, iq_str(id)),
		(struct iq_str){(const char *)&now_us, sizeof(now_us)});
}

bool iq_sync_used(struct iq_txn *t, struct iq_str id)
{
	char key[USED_KEY];
	struct iq_str value;

	return iq_plan_id_valid(id) && iq_table_get(t, IQ_TABLE_LIVING, used_key(key, id), &value);
}

struct old {
	int64_t before_us;
	char key[64][USED_KEY];
	size_t n;
};

static bool note_old(void *arg, struct iq_str key, struct iq_str value)
{
	struct old *o = arg;
	int64_t time_us = 0;

	if (key.n != USED_KEY)
		return true;
	if (value.n == sizeof(time_us))
		memcpy(&time_us, value.p, sizeof(time_us));
	if (time_us < o->before_us)
		memcpy(o->key[o->n++], key.p, USED_KEY);
	return o->n < sizeof(o->key) / sizeof(o->key[0]);
}

void iq_sync_used_purge(struct iq_wtxn *w, int64_t now_us)
{
	struct old o = {.before_us = now_us - used_us};

	do {
		o.n = 0;
		iq_table_each(iq_wtxn_txn(w), IQ_TABLE_LIVING, IQ_STR("p"), note_old, &o);
		for (size_t i = 0; i < o.n; i++)
			iq_table_put(w, IQ_TABLE_LIVING, (struct iq_str){o.key[i], USED_KEY},
				(struct iq_str){NULL, 0});
	} while (o.n == sizeof(o.key) / sizeof(o.key[0]) &&
		 iq_txn_error(iq_wtxn_txn(w), NULL) == IQ_OK);
}
