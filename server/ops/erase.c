/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contacts that vanish for good (access.md "Data protection"): on request, and by themselves half a
 * year after their last day. First a change removes them with all references and notes that they
 * are to vanish; when it is durable, the rest of what names them goes, the keys of their
 * pseudonyms, and the file is written anew. If the server stops in between, the daily purge goes
 * on from the notes.
 */
#include <stdlib.h>

#include "archive.h"
#include "date.h"
#include "erase.h"
#include "erasures.h"
#define IQ_LOG_PART IQ_LOG_OPS
#include "log.h"
#include "plan_file.h"
#include "sync_run.h"

static const int64_t day_us = INT64_C(86400) * 1000000;

/* ---- a growing list ----------------------------------------------------------------------------
 */

struct list {
	struct iq_arena *arena;
	iq_num *num;
	uint8_t *kind; /* NULL: all are contacts */
	size_t n, cap;
};

static bool push(struct list *l, enum iq_kind kind, iq_num num)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		iq_num *nums = iq_arena_grow(
			l->arena, l->num, l->cap * sizeof(*nums), cap * sizeof(*nums));
		uint8_t *kinds = iq_arena_grow(l->arena, l->kind, l->cap, cap);

		if (nums == NULL || kinds == NULL)
			return false;
		l->num = nums;
		l->kind = kinds;
		l->cap = cap;
	}
	l->kind[l->n] = (uint8_t)kind;
	l->num[l->n++] = num;
	return true;
}

static bool push_ref(void *arg, enum iq_kind from, iq_num num)
{
	return push(arg, from, num);
}

static bool push_contact(void *arg, iq_num num)
{
	return push(arg, IQ_CONTACT, num);
}

/* ---- the change --------------------------------------------------------------------------------
 */

static bool names_contacts(const struct iq_column *c)
{
	return (c->type == IQ_TYPE_REF || c->type == IQ_TYPE_REFS) && c->target == IQ_CONTACT;
}

/* Takes the contact out of a record's references. */
static void strip(struct iq_txn *t, struct iq_rec *rec, iq_num contact, struct iq_arena *arena,
	struct iq_buf *said)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t c = 0; c < schema->ncolumns; c++) {
		struct iq_value *v = &rec->col[c];
		struct iq_str *kept;
		uint32_t n = 0;

		if (!names_contacts(&schema->columns[c]) || v->n == 0)
			continue;
		kept = iq_arena_alloc(arena, v->n * sizeof(*kept));
		if (kept == NULL)
			return;
		for (uint32_t i = 0; i < v->n; i++) {
			if (iq_id_find(t, IQ_CONTACT, v->v[i]) != contact) {
				kept[n++] = v->v[i];
				continue;
			}
			size_t mark = iq_wire_begin(said, IQ_ERASE_CHANGES);

			iq_wire_str(said, 1, iq_str(schema->name));
			iq_wire_str(said, 2, iq_rec_text(rec, IQ_COL_ID));
			iq_wire_str(said, 3, iq_str(schema->columns[c].name));
			iq_wire_str(said, 4, v->v[i]);
			iq_wire_end(said, mark);
		}
		*v = (struct iq_value){kept, n};
	}
}

static void say_contact(struct iq_str id, struct iq_buf *said)
{
	size_t mark = iq_wire_begin(said, IQ_ERASE_CHANGES);

	iq_wire_str(said, 1, IQ_STR("contact"));
	iq_wire_str(said, 2, id);
	iq_wire_end(said, mark);
}

/* Everything that refers to it; with w: changed as well; with r: as far as r may know of it. */
static enum iq_err references(struct iq_txn *t, struct iq_wtxn *w, iq_num contact,
	struct iq_right *r, struct iq_arena *arena, struct iq_buf *said)
{
	struct list refs = {.arena = arena};
	struct iq_arena tmp;

	iq_each_ref(t, IQ_CONTACT, contact, push_ref, &refs);
	iq_arena_init(&tmp, 0);
	for (size_t i = 0; i < refs.n; i++) {
		enum iq_kind kind = (enum iq_kind)refs.kind[i];
		struct iq_rec rec;

		iq_arena_reset(&tmp);
		/* It goes itself in the same change. */
		if (kind == IQ_CONTACT && refs.num[i] == contact)
			continue;
		if (!iq_rec_get(t, kind, refs.num[i], &tmp, &rec))
			continue;
		if (r != NULL && kind == IQ_CONTACT &&
			!iq_veil_known(r, iq_rec_text(&rec, IQ_COL_ID)))
			continue;
		strip(t, &rec, contact, &tmp, said);
		if (w != NULL && !tmp.failed)
			iq_rec_put(w, refs.num[i], &rec, &tmp);
	}
	bool failed = arena->failed || tmp.failed;

	iq_arena_free(&tmp);
	return failed ? IQ_ERR_BUSY : iq_txn_error(t, NULL);
}

enum iq_err iq_erase_show(struct iq_right *r, iq_num contact, struct iq_str id, struct iq_buf *said)
{
	say_contact(id, said);
	return references(r->txn, NULL, contact, r, &r->job->arena, said);
}

enum iq_err iq_erase_remove(
	struct iq_job *job, struct iq_wtxn *w, iq_num contact, struct iq_arena *arena)
{
	struct iq_txn *t = iq_wtxn_txn(w);
	struct iq_buf unheard;
	enum iq_err err;

	iq_buf_init(&unheard, 0);
	iq_job_writes(job);
	err = references(t, w, contact, NULL, arena, &unheard);
	if (err == IQ_OK) {
		iq_rec_remove(w, IQ_CONTACT, contact, arena);
		iq_archived_forget(w, IQ_CONTACT, contact);
		iq_waiting_forget(w, IQ_CONTACT, contact);
		iq_erase_mark(w, contact);
		err = iq_txn_error(t, NULL);
	}
	iq_buf_free(&unheard);
	return err == IQ_OK || job->error.code != IQ_OK
		       ? err
		       : iq_error_set(&job->error, err, N_("The server is out of memory."),
				 N_("Try again."), NULL);
}

/* ---- what is not in the records ----------------------------------------------------------------
 */

/* The contacts that are noted, with the ids they had. */
struct leaving {
	struct iq_arena arena;
	struct list contacts;
	uint64_t generation; /* of the server */
	struct iq_str *id;
	size_t nid, cap;
	int64_t now_us;
	/* found in a walk, changed after it */
	struct list flags;
	uint64_t *number;
	size_t nnumber, capnumber;
	const struct iq_account **account;
	size_t naccount, capaccount;
};

static void *room(struct leaving *l, void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	size_t more = *cap ? 2 * *cap : 8;
	void *grown = iq_arena_grow(&l->arena, list, *cap * size, more * size);

	if (grown != NULL)
		*cap = more;
	return grown;
}

static bool note_id(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct leaving *l = arg;
	struct iq_str *ids = room(l, l->id, l->nid, &l->cap, sizeof(*ids));

	(void)superseded;
	if (ids == NULL)
		return false;
	l->id = ids;
	l->id[l->nid++] = iq_arena_dup(&l->arena, iq_image_id(image));
	return false; /* an id never changes */
}

static bool leaves(const struct leaving *l, iq_num contact)
{
	for (size_t i = 0; i < l->contacts.n; i++)
		if (l->contacts.num[i] == contact)
			return true;
	return false;
}

static bool slug_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* Among the bytes of a message: as a field of its own, or as part of a set. */
static bool mentions(struct iq_str bytes, struct iq_str id)
{
	const char *at = bytes.p, *end = bytes.p + bytes.n;

	while (id.n > 0 && at != NULL && at < end &&
		(at = memmem(at, (size_t)(end - at), id.p, id.n)) != NULL) {
		bool field = at > bytes.p && (uint8_t)at[-1] == id.n;
		bool word = (at == bytes.p || !slug_byte(at[-1])) &&
			    (at + id.n == end || !slug_byte(at[id.n]));

		if (field || word)
			return true;
		at++;
	}
	return false;
}

static bool note_flag(void *arg, const struct iq_flag *flag)
{
	struct leaving *l = arg;
	bool about = flag->kind == IQ_CONTACT && leaves(l, flag->num);

	for (size_t i = 0; i < l->nid && !about; i++)
		about = mentions(flag->text, l->id[i]);
	if (!about)
		return true;
	uint64_t *grown = room(l, l->number, l->nnumber, &l->capnumber, sizeof(*grown));

	if (grown == NULL)
		return false;
	l->number = grown;
	l->number[l->nnumber++] = flag->id;
	return true;
}

static bool note_approval(void *arg, const struct iq_approval *a)
{
	struct leaving *l = arg;

	for (size_t i = 0; i < l->nid; i++) {
		if (!mentions(a->request, l->id[i]) && !mentions(a->changes, l->id[i]))
			continue;
		uint64_t *grown = room(l, l->number, l->nnumber, &l->capnumber, sizeof(*grown));

		if (grown == NULL)
			return false;
		l->number = grown;
		l->number[l->nnumber++] = a->id;
		break;
	}
	return true;
}

struct accounts {
	struct leaving *l;
	struct iq_txn *t;
};

static bool note_account(void *arg, const struct iq_account *account)
{
	struct accounts *a = arg;
	struct leaving *l = a->l;
	const struct iq_account **grown;
	struct iq_account *copy;

	if (account->contact == IQ_NONE || !leaves(l, account->contact))
		return true;
	grown = room(l, (void *)l->account, l->naccount, &l->capaccount, sizeof(*grown));
	copy = iq_arena_alloc(&l->arena, sizeof(*copy));
	struct iq_str id = iq_arena_dup(&l->arena, account->id);

	if (grown == NULL || copy == NULL || !iq_account_get(a->t, id, &l->arena, copy))
		return false;
	l->account = grown;
	l->account[l->naccount++] = copy;
	return true;
}

/* Marks, and what waits or waited for a second person. */
static void clear_texts(struct leaving *l, struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);

	iq_flag_each(t, note_flag, l);
	for (size_t i = 0; i < l->nnumber; i++)
		iq_flag_remove(w, l->number[i]);
	l->nnumber = 0;
	iq_approval_each(t, note_approval, l);
	for (size_t i = 0; i < l->nnumber; i++) {
		struct iq_approval a;

		if (!iq_approval_get(t, l->number[i], &l->arena, &a))
			continue;
		a.request = a.changes = (struct iq_str){NULL, 0};
		if (a.state == IQ_APPROVAL_WAITING) {
			a.state = IQ_APPROVAL_REJECTED; /* there is nothing left to approve */
			a.decided_us = l->now_us;
		}
		iq_approval_put(w, &a);
	}
}

/* The person's own account ends with the record; its id stays for the logs. */
static void end_accounts(struct leaving *l, struct iq_wtxn *w)
{
	struct accounts a = {l, iq_wtxn_txn(w)};
	struct iq_arena tmp;

	iq_arena_init(&tmp, 0);
	iq_account_each(a.t, (struct iq_str){NULL, 0}, &tmp, note_account, &a);
	for (size_t i = 0; i < l->naccount; i++) {
		struct iq_account now = *l->account[i];

		now.name = now.issuer = now.subject = (struct iq_str){NULL, 0};
		now.contact = IQ_NONE;
		if (now.ended_us == 0)
			now.ended_us = l->now_us;
		iq_account_put(w, &now, l->account[i]);
		iq_token_remove_all(w, now.id);
		(void)iq_certificate_revoke_all(w, now.id, l->now_us);
	}
	iq_arena_free(&tmp);
}

static enum iq_err forget_rest(struct leaving *l, struct iq_store *s)
{
	struct iq_wtxn *w;
	enum iq_err err = iq_wtxn_begin(s, &w);

	if (err != IQ_OK)
		return err;
	clear_texts(l, w);
	end_accounts(l, w);
	iq_sync_forget(w, l->contacts.num, l->contacts.n);
	if (l->arena.failed) {
		iq_wtxn_abort(w);
		return IQ_ERR_BUSY;
	}
	return iq_wtxn_commit(w);
}

static enum iq_err find_leaving(struct leaving *l, struct iq_store *s)
{
	struct iq_rtxn *r;
	enum iq_err err = iq_rtxn_new(s, &r);

	if (err != IQ_OK)
		return err;
	if (!iq_rtxn_renew(r)) {
		err = IQ_ERR_INTERNAL;
	} else {
		struct iq_txn *t = iq_rtxn_txn(r);

		l->generation = iq_rtxn_state(r)->generation;
		iq_erase_each(t, push_contact, &l->contacts);
		for (size_t i = 0; i < l->contacts.n; i++)
			iq_past_each(t, IQ_CONTACT, l->contacts.num[i], note_id, l);
		err = l->arena.failed ? IQ_ERR_BUSY : iq_txn_error(t, NULL);
	}
	iq_rtxn_free(r);
	return err;
}

enum iq_err iq_erase_settle(struct iq_job *job, struct iq_store *s)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct leaving l = {.now_us = o->now_us};
	enum iq_err err;

	iq_arena_init(&l.arena, 0);
	l.contacts.arena = &l.arena;
	err = find_leaving(&l, s);
	/* Numbers only, so that a backup of before does not bring them back. */
	if (err == IQ_OK && l.contacts.n > 0 && o->svc->dir != NULL &&
		!iq_erasures_add(
			o->svc->dir, l.generation, l.contacts.num, l.contacts.n, iq_now_us()))
		err = IQ_ERR_QUOTA;
	/* Lists that wait to be applied name whom they like. */
	if (err == IQ_OK && l.contacts.n > 0 && o->svc->dir != NULL)
		iq_plan_remove_all(o->svc->dir);
	if (err == IQ_OK && l.contacts.n > 0)
		err = forget_rest(&l, s);
	for (size_t i = 0; err == IQ_OK && i < l.contacts.n && o->svc->audit != NULL; i++)
		err = iq_audit_forget(o->svc->audit, l.contacts.num[i], &job->error);
	if (err == IQ_OK && l.contacts.n > 0)
		err = iq_store_erase(s, l.contacts.num, l.contacts.n, &job->error);
	iq_arena_free(&l.arena);
	if (err == IQ_OK)
		return IQ_OK;
	iq_log(IQ_LOG_ERROR, "erasure: not finished (%s); it is tried again by the daily purge",
		iq_err_name(err));
	return job->error.code != IQ_OK
		       ? err
		       : iq_error_set(&job->error, err,
				 N_("The contact is removed, but traces of it are still stored."),
				 N_("The server tries again every day, and when it starts."), NULL);
}

/* ---- by itself ---------------------------------------------------------------------------------
 */

struct purge {
	struct list list;
	int32_t before; /* day */
	struct list archived;
	int64_t archived_before;
	size_t contacts; /* archived ones that are forgotten */
};

static bool look(void *arg, const struct iq_image *image)
{
	struct purge *p = arg;
	struct iq_str to = {NULL, 0};
	int32_t day;

	for (size_t i = 0; i < IQ_SEGMENTS && to.n == 0; i++)
		to = iq_image_field(image->segment[i], IQ_CONTACT_VALID_TO + 1);
	if (to.n > 0 && iq_date_parse(to, &day) && day < p->before)
		return push(&p->list, IQ_CONTACT, image->num);
	return true;
}

/* Archived records that cannot be revived any more: contacts are forgotten, of the others only that
 * they were archived. */
static bool look_archived(void *arg, const struct iq_archived *a)
{
	struct purge *p = arg;

	return a->time_us >= p->archived_before || push(&p->archived, a->kind, a->num);
}

static enum iq_err forget_archived(struct purge *p, struct iq_job *job, struct iq_wtxn *w)
{
	struct iq_txn *t = iq_wtxn_txn(w);

	for (int k = 0; k < IQ_KINDS; k++)
		iq_archived_each(t, (enum iq_kind)k, look_archived, p);
	for (size_t i = 0; i < p->archived.n; i++) {
		enum iq_kind kind = (enum iq_kind)p->archived.kind[i];

		iq_job_writes(job);
		iq_archived_forget(w, kind, p->archived.num[i]);
		if (kind == IQ_CONTACT) {
			iq_erase_mark(w, p->archived.num[i]);
			p->contacts++;
		}
	}
	return p->archived.arena->failed ? IQ_ERR_BUSY : iq_txn_error(t, NULL);
}

static enum iq_err run_purge(struct iq_job *job, struct iq_wtxn *w, const struct iq_vocab *vocab)
{
	struct iq_op_job *o = (struct iq_op_job *)job;
	struct purge p = {.list.arena = &o->arena,
		.before = o->today - IQ_LIMIT_PURGE_DAYS,
		.archived.arena = &o->arena,
		.archived_before = o->now_us - IQ_LIMIT_ARCHIVE_DAYS * day_us};
	enum iq_err err = IQ_OK;

	(void)vocab;
	iq_sync_used_purge(w, o->now_us);
	if (o->svc->dir != NULL)
		iq_plan_purge(o->svc->dir, o->now_us);
	iq_each_record(iq_wtxn_txn(w), IQ_CONTACT, 0, look, &p);
	for (size_t i = 0; i < p.list.n && err == IQ_OK; i++)
		err = iq_erase_remove(job, w, p.list.num[i], &o->arena);
	if (err == IQ_OK)
		err = forget_archived(&p, job, w);
	if (p.list.n + p.contacts == 0)
		return err;
	job->audit.event = IQ_AUDIT_ERASED;
	job->audit.count = p.list.n + p.contacts;
	if (err == IQ_OK)
		iq_log(IQ_LOG_INFO,
			"purge: %zu contacts out of date for half a year, %zu archived too long",
			p.list.n, p.contacts);
	return err;
}

void iq_erase_own_job(struct iq_op_job *o, const struct iq_services *svc, const char *operation,
	enum iq_audit_event event)
{
	iq_arena_init(&o->arena, 0);
	iq_buf_init(&o->job.answer, 0);
	iq_error_init(&o->job.error, &o->arena);
	o->svc = svc;
	o->now_us = iq_now_us();
	o->today = iq_date_in_germany(o->now_us);
	o->job.change = (struct iq_change){
		.principal = IQ_STR("iqd"), .operation = iq_str(operation), .time_us = o->now_us};
	o->job.audit = (struct iq_audit_entry){.event = event,
		.time_us = o->now_us,
		.principal = o->job.change.principal,
		.operation = o->job.change.operation};
	o->job.alone = true;
	o->job.settle = iq_erase_settle;
}

static void purged(struct iq_job *job)
{
	struct iq_op_job *o = (struct iq_op_job *)job;

	iq_buf_free(&job->answer);
	iq_arena_free(&o->arena);
	free(o);
}

bool iq_purge_submit(const struct iq_services *svc)
{
	struct iq_op_job *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return false;
	iq_erase_own_job(o, svc, "purge", IQ_AUDIT_WRITTEN);
	o->job.run = run_purge;
	o->job.done = purged;
	if (iq_writer_submit(svc->writer, &o->job))
		return true;
	purged(&o->job);
	return false;
}
