/* SPDX-License-Identifier: Apache-2.0 */
/* Principals. */
#include "bounds.h"
#include "date.h"
#include "give.h"

enum { WRITE_CHANGES = 2, PRINCIPALS_PRINCIPALS = 2, PRINCIPALS_CURSOR };
enum { ID_MAX = 62 /* what a key of the store holds */ };

/* ---- fields --------------------------------------------------------------------------------- */

enum field { NAME, INSTITUTION, CONTACT, ISSUER, SUBJECT, FIELDS };
static const char *const fields[FIELDS + 1] = {
	"name", "institution", "contact", "issuer", "subject", NULL};

struct edit {
	struct iq_right *r;
	const Iq__V1__PrincipalRequest *in;
	struct iq_account before, after;
	bool exists;
};

static struct iq_str value_of(struct edit *e, const struct iq_account *a, enum field f)
{
	switch (f) {
	case NAME:
		return a->name;
	case INSTITUTION:
		return a->institution ? iq_id_of(e->r->txn, IQ_INSTITUTION, a->institution)
				      : (struct iq_str){"", 0};
	case CONTACT:
		return a->contact ? iq_id_of(e->r->txn, IQ_CONTACT, a->contact)
				  : (struct iq_str){"", 0};
	case ISSUER:
		return a->issuer;
	case SUBJECT:
		return a->subject;
	case FIELDS:
		break;
	}
	return (struct iq_str){"", 0};
}

static void problem(struct edit *e, const char *column, struct iq_str value, const char *text)
{
	iq_error_add_problem(&e->r->job->job.error,
		&(struct iq_problem){.column = iq_str(column), .value = value, .text = text});
}

static void read_ref(struct edit *e, enum field f, struct iq_str value)
{
	enum iq_kind kind = f == INSTITUTION ? IQ_INSTITUTION : IQ_CONTACT;
	iq_num *out = f == INSTITUTION ? &e->after.institution : &e->after.contact;

	*out = value.n ? iq_id_find(e->r->txn, kind, value) : IQ_NONE;
	if (value.n == 0 || *out != IQ_NONE)
		return;
	problem(e, fields[f], value,
		f == INSTITUTION
			? N_("There is no such institution.")
			: N_("There is no such contact person of the principal's institution."));
}

static bool has_control(struct iq_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

static void read_field(struct edit *e, const Iq__V1__KeyValue *kv)
{
	struct iq_str value = iq_str(kv->value);
	int f = iq_choice(fields, iq_str(kv->key));

	if (f < 0)
		problem(e, kv->key, value,
			N_("There is no such field. Fields: name, institution, contact, issuer, "
			   "subject."));
	else if (value.n > IQ_LIMIT_CELL || has_control(value))
		problem(e, kv->key, value, N_("The text is too long or has control characters."));
	else if (f == NAME)
		e->after.name = value;
	else if (f == ISSUER)
		e->after.issuer = value;
	else if (f == SUBJECT)
		e->after.subject = value;
	else
		read_ref(e, (enum field)f, value);
}

/* The contact is one of the institution: else the class "institution" would open elsewhere. */
static void check_contact(struct edit *e)
{
	struct iq_rec rec;
	struct iq_str id = value_of(e, &e->after, CONTACT);

	if (e->after.contact == IQ_NONE)
		return;
	if (e->after.institution != IQ_NONE &&
		iq_rec_get(e->r->txn, IQ_CONTACT, e->after.contact, &e->r->job->arena, &rec) &&
		iq_id_find(e->r->txn, IQ_INSTITUTION, iq_rec_text(&rec, IQ_CONTACT_INSTITUTION)) ==
			e->after.institution)
		return;
	problem(e, fields[CONTACT], id,
		N_("There is no such contact person of the principal's institution."));
}

static enum iq_err read_fields(struct edit *e)
{
	struct iq_error *error = &e->r->job->job.error;
	struct iq_str owner;

	for (size_t i = 0; i < e->in->n_fields; i++)
		read_field(e, e->in->fields[i]);
	if (error->code == IQ_OK)
		check_contact(e);
	if (error->code == IQ_OK && e->after.name.n == 0)
		problem(e, fields[NAME], e->after.name, N_("The name is missing."));
	if (error->code == IQ_OK && (e->after.issuer.n == 0) != (e->after.subject.n == 0))
		problem(e, fields[SUBJECT], e->after.subject,
			N_("Issuer and subject of a certificate belong together."));
	if (error->code == IQ_OK &&
		iq_account_by_subject(
			e->r->txn, e->after.issuer, e->after.subject, &e->r->job->arena, &owner) &&
		!iq_str_eq(owner, e->after.id))
		problem(e, fields[SUBJECT], e->after.subject,
			N_("This certificate stands for another principal already."));
	return error->code;
}

/* ---- what a second person must agree to -------------------------------------------------------
 */

struct represents {
	bool any;
};

static bool one_membership(void *arg, enum iq_kind from, iq_num num)
{
	struct represents *s = arg;

	(void)from;
	(void)num;
	s->any = true;
	return false;
}

static bool represents(struct iq_txn *t, iq_num contact)
{
	struct represents s = {false};

	if (contact != IQ_NONE)
		iq_each_ref_by(t, IQ_CONTACT, contact, IQ_MEMBERSHIP, one_membership, &s);
	return s.any;
}

/* Another person, or another certificate, would get what the principal has. */
static bool relinks(struct edit *e)
{
	const struct iq_account *b = &e->before, *a = &e->after;
	bool person = a->contact != b->contact || a->institution != b->institution;
	bool certificate = e->exists &&
			   (!iq_str_eq(a->issuer, b->issuer) || !iq_str_eq(a->subject, b->subject));
	bool holds = false;

	if (!person && !certificate)
		return false;
	for (size_t i = 0; i < b->ngrants; i++)
		holds = holds || iq_grant_alive(&b->grants[i], e->r->job->today);
	return holds || represents(e->r->txn, b->contact) || represents(e->r->txn, a->contact);
}

static void write_changes(struct edit *e, struct iq_buf *out, bool waiting)
{
	for (int f = NAME; f < FIELDS; f++) {
		struct iq_str was = value_of(e, &e->before, (enum field)f);
		struct iq_str is = value_of(e, &e->after, (enum field)f);

		if (!iq_str_eq(was, is))
			iq_change_put(out, waiting ? IQ_APPROVAL_CHANGES : WRITE_CHANGES,
				"principal", e->after.id, iq_str(fields[f]), was, is);
	}
}

/* It will see what only the institution's own people see, or what that person sees. */
static bool joins(const struct edit *e)
{
	const struct iq_account *b = &e->before, *a = &e->after;

	return a->institution != IQ_NONE &&
	       (a->institution != b->institution ||
		       (a->contact != IQ_NONE && a->contact != b->contact));
}

/* Whom to ask: the editors of the institution, or another administrator. */
static enum iq_err second(struct edit *e, struct iq_ask *ask, bool *needed)
{
	struct iq_right *r = e->r;
	iq_num institution = e->after.institution;
	bool editors = joins(e) && iq_give_asks_editors(r, e->after.id, institution);
	bool others = relinks(e);
	struct iq_chain chain;
	const char *id;

	*ask = (struct iq_ask){.operation = "principal", .needs = IQ_ACTION_GRANT};
	*needed = editors || others;
	if (editors && others && iq_give_needs_consent(r, &e->before, institution)) {
		id = iq_arena_cstr(&r->job->arena, e->before.id);
		return iq_error_set(&r->job->job.error, IQ_ERR_DENIED,
			N_("{0} holds rights that others have to agree to: it cannot take them "
			   "along to an institution with editors of its own."),
			N_("Revoke them, change the principal, then give them again: iqq revoke "
			   "{0} --all"),
			id ? id : "", NULL);
	}
	if (editors) {
		ask->needs = IQ_ACTION_ACCEPT;
		ask->institution = institution;
	} else if (!e->exists || e->before.institution == institution) {
		iq_chain_read(r->txn, institution, &chain);
		ask->institution = institution;
		ask->region = chain.region;
	}
	return IQ_OK;
}

/* Those who agreed are those who would be asked now. */
static enum iq_err check_agreed(struct edit *e, const struct iq_ask *ask)
{
	struct iq_right *r = e->r;
	struct iq_approval a;

	if (iq_approval_get(r->txn, r->job->approval->id, &r->job->arena, &a) &&
		a.needs == ask->needs && a.institution == ask->institution &&
		a.region == ask->region)
		return IQ_OK;
	return iq_error_set(&r->job->job.error, IQ_ERR_CONFLICT,
		N_("Others must agree to this than when it was asked for."),
		N_("It must be asked for again."), NULL);
}

static enum iq_err let_wait(struct edit *e, struct iq_wtxn *w, struct iq_ask *ask)
{
	struct iq_right *r = e->r;
	struct iq_buf b;
	uint64_t number = 0;

	iq_buf_init(&b, 0);
	write_changes(e, &b, true);
	ask->changes = iq_arena_dup(&r->job->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	write_changes(e, &r->job->job.answer, false);
	enum iq_err err = iq_approval_ask(r, w, ask, &number);

	iq_wire_uint(&r->job->job.answer, 4, number);
	return err;
}

/* ---- in the writer's thread ----------------------------------------------------------------- */

static enum iq_err not_oneself(struct edit *e)
{
	struct iq_account self;

	if (!iq_account_get(e->r->txn, e->r->principal.id, &e->r->job->arena, &self) ||
		!iq_same_person(&self, &e->before))
		return IQ_OK;
	for (size_t i = 0; i < e->in->n_fields; i++) {
		if (strcmp(e->in->fields[i]->key, fields[NAME]) != 0)
			return iq_error_set(&e->r->job->job.error, IQ_ERR_DENIED,
				N_("Nobody changes their own account, apart from its name."),
				N_("Ask another administrator."), NULL);
	}
	return IQ_OK;
}

static enum iq_err change(struct edit *e, struct iq_wtxn *w)
{
	struct iq_right *r = e->r;
	struct iq_ask ask;
	bool needed = false;
	enum iq_err err = e->exists ? not_oneself(e) : IQ_OK;

	if (err == IQ_OK && e->exists && !iq_give_covers(r, &e->before))
		err = iq_give_denied(r);
	if (err == IQ_OK)
		err = read_fields(e);
	if (err == IQ_OK && !iq_give_covers_institution(r, e->after.institution))
		err = iq_give_denied(r);
	if (err == IQ_OK)
		err = second(e, &ask, &needed);
	if (err == IQ_OK && needed && r->approved_by.n == 0)
		return let_wait(e, w, &ask);
	if (err == IQ_OK && needed)
		err = check_agreed(e, &ask);
	if (err != IQ_OK)
		return err;
	write_changes(e, &r->job->job.answer, false);
	if (e->exists && r->job->job.answer.n == 0)
		return IQ_OK;
	iq_job_writes(&r->job->job);
	iq_account_put(w, &e->after, e->exists ? &e->before : NULL);
	return IQ_OK;
}

static enum iq_err add(struct edit *e, struct iq_wtxn *w)
{
	struct iq_right *r = e->r;
	struct iq_error *error = &r->job->job.error;
	struct iq_str id = iq_str(e->in->id);

	if (!iq_slug_valid(id) || id.n > ID_MAX || iq_str_is(id, "operator"))
		return iq_error_set(error, IQ_ERR_REJECTED,
			N_("“{0}” does not do as the id of a principal."),
			N_("Use small letters, digits and hyphens, for example: max-muster"),
			e->in->id, NULL);
	if (e->exists)
		return iq_error_set(error, IQ_ERR_CONFLICT, N_("There is already a principal {0}."),
			N_("Choose another id; ids of those who have ended stay reserved."),
			e->in->id, NULL);
	e->before = (struct iq_account){.id = id};
	e->after = (struct iq_account){
		.id = id, .created_by = r->principal.id, .created_us = r->job->now_us};
	return change(e, w);
}

static enum iq_err end(struct edit *e, struct iq_wtxn *w)
{
	struct iq_right *r = e->r;
	enum iq_err err = IQ_OK;

	if (!iq_give_covers(r, &e->before))
		return iq_give_denied(r);
	e->after.ended_us = r->job->now_us;
	err = iq_give_admin_left(r, &e->before, &e->after);
	if (err != IQ_OK)
		return err;
	iq_change_put(&r->job->job.answer, WRITE_CHANGES, "principal", e->before.id,
		IQ_STR("ended"), (struct iq_str){"", 0}, IQ_STR("yes"));
	iq_job_writes(&r->job->job);
	iq_account_put(w, &e->after, &e->before);
	iq_token_remove_all(w, e->before.id);
	iq_certificate_revoke_all(w, e->before.id, r->job->now_us);
	return IQ_OK;
}

static enum iq_err run_principal(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *v)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct edit e = {.in = o->msg->principal};
	struct iq_right r;
	enum iq_err err = iq_right_load(&r, o, w, v);

	if (err != IQ_OK)
		return err;
	e.r = &r;
	e.exists = iq_account_get(r.txn, iq_str(e.in->id), &o->arena, &e.before);
	e.after = e.before;
	if (e.in->verb == IQ__V1__PRINCIPAL_VERB__PRINCIPAL_ADD)
		return add(&e, w);
	err = iq_give_own_account(&r, e.in->id, true, &e.before);
	if (err != IQ_OK)
		return err;
	return e.in->verb == IQ__V1__PRINCIPAL_VERB__PRINCIPAL_SET ? change(&e, w) : end(&e, w);
}

/* ---- in the worker's thread ----------------------------------------------------------------- */

enum iq_err iq_op_principal(struct iq_req *rq, struct iq_job *job)
{
	static const char *const names[] = {"", "principal-add", "principal-set", "principal-end"};
	const Iq__V1__PrincipalRequest *in = rq->msg->principal;

	if (in->verb <= IQ__V1__PRINCIPAL_VERB__PRINCIPAL_NONE ||
		in->verb > IQ__V1__PRINCIPAL_VERB__PRINCIPAL_END)
		return iq_error_set(rq->error, IQ_ERR_UNSUPPORTED,
			N_("This server does not know this kind of change."),
			N_("Use an iqq of the server's version."), NULL);
	if (in->id[0] == '\0')
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("The principal is missing."),
			N_("For example: iqq principal add max-muster 'name=Max Muster' "
			   "institution=vhs-dresden"),
			NULL);
	job->dry_run = in->dry_run;
	job->run = run_principal;
	return iq_job_grant(rq, job, in->request_id, names[in->verb], in->reason);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct listing {
	struct iq_req *rq;
	struct iq_right right;
	struct iq_num_set *institutions; /* NULL: any */
	struct iq_str last;
	bool full;
};

static void write_date(struct iq_buf *out, uint32_t field, int64_t us)
{
	char date[11];

	if (us == 0)
		return;
	iq_date_format(iq_date_in_germany(us), date);
	iq_wire_str(out, field, iq_str(date));
}

static void write_one(struct iq_req *rq, const struct iq_account *a)
{
	struct iq_buf *out = rq->out;
	size_t mark = iq_wire_begin(out, PRINCIPALS_PRINCIPALS);
	int32_t until;
	char date[11];

	iq_wire_str(out, 1, a->id);
	iq_wire_str(out, 2, a->name);
	if (a->institution != IQ_NONE)
		iq_wire_str(out, 3, iq_id_of(rq->txn, IQ_INSTITUTION, a->institution));
	if (a->contact != IQ_NONE)
		iq_wire_str(out, 4, iq_id_of(rq->txn, IQ_CONTACT, a->contact));
	iq_wire_str(out, 5, a->issuer);
	iq_wire_str(out, 6, a->subject);
	iq_wire_str(out, 7, a->created_by);
	write_date(out, 8, a->created_us);
	write_date(out, 9, a->ended_us);
	if (iq_certificate_latest(rq->txn, a->id, &until)) {
		iq_date_format(until, date);
		iq_wire_str(out, 10, iq_str(date));
	}
	iq_wire_end(out, mark);
}

static bool list_account(void *arg, const struct iq_account *a)
{
	struct listing *l = arg;

	if (l->rq->out->n > IQ_LIMIT_PAGE) {
		l->full = true;
		return false;
	}
	if ((l->institutions == NULL || iq_num_set_has(l->institutions, a->institution)) &&
		(iq_str_eq(a->id, l->rq->principal->id) ||
			iq_give_covers_institution(&l->right, a->institution)))
		write_one(l->rq, a);
	l->last = iq_arena_dup(l->rq->arena, a->id);
	return l->last.p != NULL;
}

enum iq_err iq_op_principals(struct iq_req *rq)
{
	const Iq__V1__PrincipalsRequest *in = rq->msg->principals;
	struct iq_str after = {(const char *)in->cursor.data, in->cursor.len};
	struct listing l = {.rq = rq};
	struct iq_op_job job;
	struct iq_account a;
	iq_num root;
	enum iq_err err;

	if (in->institution[0] != '\0') {
		err = iq_req_term(rq, IQ_INSTITUTION, iq_str(in->institution), false, &root);
		if (err != IQ_OK)
			return err;
		l.institutions = iq_req_institutions(rq, root);
	}
	iq_right_of_request(&l.right, rq, &job);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	size_t before = rq->out->n;

	if (in->id[0] == '\0')
		iq_account_each(rq->txn, after, rq->arena, list_account, &l);
	else if (iq_account_get(rq->txn, iq_str(in->id), rq->arena, &a))
		list_account(&l, &a);
	if (l.full)
		iq_wire_str(rq->out, PRINCIPALS_CURSOR, l.last);
	iq_arena_free(&job.arena);
	if (in->id[0] != '\0' && rq->out->n == before)
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND, N_("There is no principal {0}."),
			N_("Those you administer are listed by: iqq principal list"), in->id, NULL);
	return iq_req_finish(rq);
}
