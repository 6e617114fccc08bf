/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is on record about a person (Art. 15 GDPR): the record, where it came from, who saw it when
 * and why. For the person itself, or for an auditor in its name, which goes on record.
 */
#include "op.h"

enum { MY_CONTACT = 2, MY_SOURCES, MY_DISCLOSURES, MY_LABELS, MY_PRINCIPAL };
enum { MOST = 1000 /* disclosures and sources each: the newest */ };

struct seen {
	uint64_t number, count;
	int64_t time_us;
	enum iq_audit_event event;
	struct iq_str principal, institution, operation, purpose, classes;
};

struct my_data {
	struct iq_req *rq;
	iq_num contact;
	bool english;
	struct iq_image image; /* now, or as it was last */
	bool alive;
	uint64_t last; /* revision of the source written last */
	size_t nsources;
	struct seen *seen; /* a ring of the newest */
	size_t nseen;
};

/* ---- whose ----------------------------------------------------------------------------------- */

static bool load(struct my_data *m)
{
	struct iq_txn *t = m->rq->txn;

	m->alive = iq_image_get(t, IQ_CONTACT, m->contact, &m->image);
	return m->alive || iq_past_last(t, IQ_CONTACT, m->contact, &m->image, NULL);
}

static enum iq_err own(struct my_data *m)
{
	m->contact = m->rq->principal->contact;
	if (m->contact != IQ_NONE && load(m))
		return IQ_OK;
	return iq_error_set(m->rq->error, IQ_ERR_NOT_FOUND,
		N_("Your account is not linked to a contact record."),
		N_("If there is one about you, an administrator can link it: iqq principal set "
		   "YOUR-ID contact=CONTACT"),
		NULL);
}

static enum iq_err of_subject(struct my_data *m, struct iq_str id)
{
	struct iq_req *rq = m->rq;
	bool merged;

	if (!iq_decide(rq->principal, IQ_ACTION_AUDIT, NULL, rq->vocab, rq->today))
		return iq_error_set(rq->error, IQ_ERR_DENIED,
			N_("Only auditors may see what is on record about somebody else."),
			N_("Your own record: iqq my-data"), NULL);
	m->contact = iq_id_find(rq->txn, IQ_CONTACT, id);
	if (m->contact == IQ_NONE)
		m->contact = iq_id_reserved(rq->txn, IQ_CONTACT, id, &merged);
	if (m->contact == IQ_NONE || !load(m))
		return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
			N_("There is no record “{1}” of kind {0}."),
			N_("Look for it with: iqq search {1}"), "contact", iq_req_cstr(rq, id),
			NULL);
	/* An auditor's look is a disclosure like any other. */
	int v = iq_choice(iq_visibility_names,
		iq_image_field(m->image.segment[IQ_SEGMENT_OPEN], IQ_CONTACT_VISIBILITY + 1));

	if (iq_req_owe(rq, IQ_AUDIT_READ, m->contact,
		    v < 0 ? IQ_INSTITUTION_ONLY : (enum iq_visibility)v))
		return IQ_OK;
	return iq_error_set(rq->error, IQ_ERR_BUSY,
		N_("The audit log cannot be written at the moment: nothing is shown."),
		N_("Try again later."), NULL);
}

/* ---- the record -------------------------------------------------------------------------------
 */

static void write_contact(struct my_data *m)
{
	struct iq_req *rq = m->rq;
	struct iq_str rest = m->image.all;
	struct iq_wire_field f;
	bool bad = false;

	if (!m->alive)
		return;
	size_t mark = iq_wire_begin(rq->out, MY_CONTACT);

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == IQ_CONTACT_DEPUTY + 1 && !iq_contact_known(rq, f.bytes, UINT64_MAX))
			continue;
		iq_wire_item(rq->out, f.field, f.bytes);
	}
	iq_wire_end(rq->out, mark);
}

/* ---- where it came from ------------------------------------------------------------------------
 */

static void write_source(struct my_data *m, uint64_t revision)
{
	struct iq_req *rq = m->rq;
	struct iq_log_entry log;

	if (revision == m->last || !iq_log_get(rq->txn, revision, &log, NULL, NULL))
		return;
	m->last = revision;
	m->nsources++;
	size_t mark = iq_wire_begin(rq->out, MY_SOURCES);

	iq_wire_uint(rq->out, 1, revision);
	iq_wire_uint(rq->out, 2, (uint64_t)log.time_us);
	iq_wire_str(rq->out, 3, log.principal);
	iq_wire_str(rq->out, 4, log.operation);
	iq_wire_end(rq->out, mark);
}

static bool source_of(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct my_data *m = arg;

	write_source(m, superseded);
	write_source(m, image->revision);
	return m->nsources < MOST;
}

/* ---- who saw it ---------------------------------------------------------------------------------
 */

static bool note_line(void *arg, const struct iq_audit_line *line)
{
	struct my_data *m = arg;
	const struct iq_audit_entry *e = &line->entry;
	struct iq_arena *a = m->rq->arena;

	if (e->event != IQ_AUDIT_DISCLOSED && e->event != IQ_AUDIT_READ)
		return true;
	m->seen[m->nseen++ % MOST] = (struct seen){.number = line->number,
		.count = e->count,
		.time_us = e->time_us,
		.event = e->event,
		.principal = iq_arena_dup(a, e->principal),
		.institution = iq_arena_dup(a, e->institution),
		.operation = iq_arena_dup(a, e->operation),
		.purpose = iq_arena_dup(a, e->purpose),
		.classes = iq_arena_dup(a, e->classes)};
	return !a->failed;
}

static void write_seen(struct my_data *m, struct iq_labels *labels)
{
	struct iq_buf *out = m->rq->out;

	for (size_t i = m->nseen; i > 0 && i + MOST > m->nseen; i--) {
		const struct seen *s = &m->seen[(i - 1) % MOST];
		size_t mark = iq_wire_begin(out, MY_DISCLOSURES);

		iq_wire_uint(out, 1, s->number);
		iq_wire_uint(out, 2, (uint64_t)s->time_us);
		iq_wire_str(out, 3, iq_str(iq_audit_event_names[s->event]));
		iq_wire_str(out, 4, s->principal);
		iq_wire_str(out, 5, s->institution);
		iq_wire_str(out, 7, s->classes);
		iq_wire_str(out, 8, s->operation);
		iq_wire_str(out, 9, s->purpose);
		iq_wire_uint(out, 13, s->count);
		iq_wire_end(out, mark);
		iq_labels_add(labels, IQ_INSTITUTION,
			iq_id_find(m->rq->txn, IQ_INSTITUTION, s->institution));
	}
}

static enum iq_err disclosures(struct my_data *m, struct iq_labels *labels)
{
	struct iq_req *rq = m->rq;
	const struct iq_audit_filter filter = {.subject = m->contact};

	if (rq->svc->audit == NULL)
		return IQ_OK;
	m->seen = iq_arena_zalloc(rq->arena, MOST * sizeof(*m->seen));
	if (m->seen == NULL)
		return IQ_OK; /* iq_req_finish() says it */
	enum iq_err err = iq_audit_each(rq->svc->audit, &filter, note_line, m, rq->error);

	if (err == IQ_OK)
		write_seen(m, labels);
	return err;
}

/* ---- the account --------------------------------------------------------------------------------
 */

static void write_account(struct my_data *m)
{
	struct iq_req *rq = m->rq;
	struct iq_account a;

	if (rq->principal->contact != m->contact ||
		!iq_account_get(rq->txn, rq->principal->id, rq->arena, &a))
		return;
	size_t mark = iq_wire_begin(rq->out, MY_PRINCIPAL);

	iq_wire_str(rq->out, 1, a.id);
	iq_wire_str(rq->out, 2, a.name);
	iq_wire_str(rq->out, 3, iq_id_of(rq->txn, IQ_INSTITUTION, a.institution));
	iq_wire_str(rq->out, 4, iq_image_id(&m->image));
	iq_wire_end(rq->out, mark);
}

enum iq_err iq_op_my_data(struct iq_req *rq)
{
	const Iq__V1__MyDataRequest *in = rq->msg->my_data;
	struct my_data m = {.rq = rq, .english = in->lang == IQ__V1__LANG__EN};
	struct iq_labels labels;
	bool given;
	enum iq_err err = iq_req_reason(rq, iq_str(in->reason), &given);

	if (err == IQ_OK)
		err = in->subject[0] ? of_subject(&m, iq_str(in->subject)) : own(&m);
	if (err != IQ_OK)
		return err;
	iq_labels_init(&labels, rq, MY_LABELS, m.english);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	write_contact(&m);
	if (m.alive)
		write_source(&m, m.image.revision);
	iq_past_each(rq->txn, IQ_CONTACT, m.contact, source_of, &m);
	err = disclosures(&m, &labels);
	if (err != IQ_OK)
		return err;
	iq_labels_add(&labels, IQ_INSTITUTION,
		iq_id_find(rq->txn, IQ_INSTITUTION,
			iq_image_field(
				m.image.segment[IQ_SEGMENT_OPEN], IQ_CONTACT_INSTITUTION + 1)));
	write_account(&m);
	iq_labels_write(&labels);
	return iq_req_finish(rq);
}
