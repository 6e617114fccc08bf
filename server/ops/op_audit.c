/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and verifying the audit log. Every look at it is an entry of it, too. */
#include <stdlib.h>

#include "date.h"
#include "op.h"

enum { LIMIT_DEFAULT = 100, LIMIT_MAX = 10000 };

/* Fields of the messages. */
enum { ENTRY_SUBJECT = 6, ENTRY_REQUEST = 11, ENTRY_PEER, ENTRY_COUNT, ENTRY_CONTACT };
enum { AUDIT_REVISION = 1, AUDIT_ENTRIES, AUDIT_TRUNCATED };
enum {
	VERIFY_REVISION = 1,
	VERIFY_ENTRIES,
	VERIFY_INTACT,
	VERIFY_BAD,
	VERIFY_FINDING,
	VERIFY_SIGNED
};

/* The newest `limit` entries, encoded, in a ring. */
struct newest {
	struct iq_str *entry; /* malloc'd each */
	size_t limit, n;      /* n: all that fit the filter */
	struct iq_buf buf;
	struct iq_str contact;
	bool failed;
};

void iq_audit_entry_write(struct iq_buf *b, const struct iq_audit_line *line, struct iq_str contact)
{
	const struct iq_audit_entry *e = &line->entry;
	static const uint8_t none[16];

	iq_wire_uint(b, 1, line->number);
	iq_wire_uint(b, 2, (uint64_t)e->time_us);
	iq_wire_str(b, 3, iq_str(iq_audit_event_names[e->event]));
	iq_wire_str(b, 4, e->principal);
	iq_wire_str(b, 5, e->institution);
	iq_wire_str(b, ENTRY_SUBJECT, line->pseudonym);
	iq_wire_str(b, 7, e->classes);
	iq_wire_str(b, 8, e->operation);
	iq_wire_str(b, 9, e->purpose);
	iq_wire_uint(b, 10, e->revision);
	if (memcmp(e->request_id, none, sizeof(none)) != 0)
		iq_wire_str(b, ENTRY_REQUEST, (struct iq_str){(const char *)e->request_id, 16});
	iq_wire_str(b, ENTRY_PEER, e->peer);
	iq_wire_uint(b, ENTRY_COUNT, e->count);
	iq_wire_str(b, ENTRY_CONTACT, contact);
}

static bool on_line(void *arg, const struct iq_audit_line *line)
{
	struct newest *w = arg;
	struct iq_str *slot = &w->entry[w->n % w->limit];
	char *copy;

	iq_buf_reset(&w->buf, SIZE_MAX);
	iq_audit_entry_write(&w->buf, line, w->contact);
	copy = malloc(w->buf.n + 1);
	if (copy == NULL || w->buf.failed) {
		free(copy);
		w->failed = true;
		return false;
	}
	memcpy(copy, w->buf.p, w->buf.n);
	free((void *)(uintptr_t)slot->p);
	slot->p = copy;
	slot->n = w->buf.n;
	w->n++;
	return true;
}

/* A date as the moment it begins (end: is over) in Germany; empty: 0, open. */
static enum iq_err moment(struct iq_req *rq, const char *text, bool end, int64_t *us)
{
	int32_t day;

	*us = 0;
	if (text[0] == '\0')
		return IQ_OK;
	if (!iq_date_parse(iq_str(text), &day))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Write it as 2026-03-01."), text, NULL);
	*us = iq_date_begin(day + end);
	return IQ_OK;
}

static enum iq_err read_filter(
	struct iq_req *rq, const Iq__V1__AuditRequest *q, struct iq_audit_filter *f)
{
	enum iq_err err = moment(rq, q->since, false, &f->since_us);
	bool given, merged;

	if (err == IQ_OK)
		err = moment(rq, q->until, true, &f->until_us);
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(q->reason), &given);
	if (err != IQ_OK)
		return err;
	f->principal = iq_str(q->principal);
	if (q->subject[0] == '\0')
		return IQ_OK;
	/* Also one that was archived since. */
	f->subject = iq_id_reserved(rq->txn, IQ_CONTACT, iq_str(q->subject), &merged);
	if (f->subject != IQ_NONE)
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
		N_("There is no contact “{0}”, or it was erased."),
		N_("Without --subject all entries are shown."), q->subject, NULL);
}

static enum iq_err say_sealed(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_QUOTA,
		N_("The audit log cannot be written now, so it cannot be read either: reading it "
		   "is recorded."),
		N_("Ask the operator to free space on the server's disk."), NULL);
}

static void write_newest(struct iq_req *rq, const struct newest *w)
{
	size_t n = w->n < w->limit ? w->n : w->limit, bytes = 0, i = 0;

	if (w->entry == NULL)
		n = 0;
	for (; i < n; i++) {
		struct iq_str entry = w->entry[(w->n - 1 - i) % w->limit];

		bytes += entry.n + 16;
		if (bytes > IQ_LIMIT_ANSWER_MAX / 2)
			break;
		iq_wire_str(rq->out, AUDIT_ENTRIES, entry);
	}
	iq_wire_bool(rq->out, AUDIT_TRUNCATED, i < w->n);
}

enum iq_err iq_op_audit(struct iq_req *rq)
{
	const Iq__V1__AuditRequest *q = rq->msg->audit;
	struct iq_audit_filter filter = {.subject = IQ_NONE};
	struct newest w = {.limit = q->limit ? q->limit : LIMIT_DEFAULT};
	enum iq_err err = read_filter(rq, q, &filter);

	if (err != IQ_OK)
		return err;
	if (!iq_req_owe(rq, IQ_AUDIT_READ, filter.subject, IQ_PUBLIC))
		return say_sealed(rq);
	if (w.limit > LIMIT_MAX)
		w.limit = LIMIT_MAX;
	if (filter.subject != IQ_NONE)
		w.contact = iq_str(q->subject);
	iq_buf_init(&w.buf, 0);
	w.entry = iq_arena_array(rq->arena, w.limit, sizeof(*w.entry));
	if (w.entry != NULL)
		err = iq_audit_each(rq->svc->audit, &filter, on_line, &w, rq->error);
	if (w.entry == NULL || w.failed)
		err = iq_error_set(rq->error, IQ_ERR_BUSY, N_("There is not enough memory."),
			N_("Ask for less, with --limit."), NULL);
	iq_wire_uint(rq->out, AUDIT_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	if (err == IQ_OK)
		write_newest(rq, &w);
	for (size_t i = 0; w.entry != NULL && i < w.limit; i++)
		free((void *)(uintptr_t)w.entry[i].p);
	iq_buf_free(&w.buf);
	return err != IQ_OK ? err : iq_req_finish(rq);
}

enum iq_err iq_op_audit_verify(struct iq_req *rq)
{
	struct iq_audit_report r;

	if (!iq_req_owe(rq, IQ_AUDIT_READ, IQ_NONE, IQ_PUBLIC))
		return say_sealed(rq);
	if (iq_audit_verify(rq->svc->dir, &r, rq->error) != IQ_OK)
		return rq->error->code;
	iq_wire_uint(rq->out, VERIFY_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_wire_uint(rq->out, VERIFY_ENTRIES, r.entries);
	iq_wire_bool(rq->out, VERIFY_INTACT, r.intact);
	if (!r.intact) {
		iq_wire_uint(rq->out, VERIFY_BAD, r.first_bad);
		iq_wire_str(rq->out, VERIFY_FINDING, iq_str(r.finding));
	}
	iq_wire_uint(rq->out, VERIFY_SIGNED, r.signed_until);
	return iq_req_finish(rq);
}
