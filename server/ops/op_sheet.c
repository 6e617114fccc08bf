/* SPDX-License-Identifier: Apache-2.0 */
/* The hand-over sheet: everything that hangs on one contact, as far as the caller may see it. */
#include <stdio.h>

#include "date.h"
#include "give.h"
#include "handover.h"

enum {
	SHEET_CONTACT = 2,
	SHEET_DEPUTY,
	SHEET_ITEMS,
	SHEET_SUCCESSOR,
	SHEET_ON,
	SHEET_LABELS,
	SHEET_HIDDEN,
	SHEET_BECAUSE,
	SHEET_OVERDUE
};

struct sheet {
	struct iq_req *rq;
	struct iq_contact_view from;
	struct iq_str id;
	struct iq_buf record; /* of the item at hand, as it may leave */
	struct iq_labels labels;
	bool english, waits;
};

/* The record as the caller may see it, from the choke point; empty: not at all. */
static struct iq_str visible(struct sheet *s, enum iq_kind kind, iq_num num)
{
	struct iq_str rest, out = {NULL, 0};
	struct iq_wire_field f;
	bool bad = false;

	iq_buf_reset(&s->record, SIZE_MAX);
	if (num == IQ_NONE || !iq_disclose_record(s->rq, kind, num, &s->record))
		return out;
	rest = (struct iq_str){(const char *)s->record.p, s->record.n};
	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field == iq_codec_record_field(kind))
			out = f.bytes;
	}
	return bad ? (struct iq_str){NULL, 0} : out;
}

/* Does what may be seen name the contact in this column? */
static bool names_it(struct sheet *s, struct iq_str record, int col)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&record, &f, &bad)) {
		if (f.field == (uint32_t)col + 1 &&
			iq_id_find(s->rq->txn, IQ_CONTACT, f.bytes) == s->from.num)
			return true;
	}
	return false;
}

/* ---- what refers to it ----------------------------------------------------------------------- */

static void label(struct sheet *s, enum iq_kind kind, struct iq_str id)
{
	if (id.n > 0)
		iq_labels_add(&s->labels, kind, iq_id_find(s->rq->txn, kind, id));
}

static void label_responsibility(struct sheet *s, struct iq_str record)
{
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&record, &f, &bad)) {
		if (f.field == IQ_RESP_TASK + 1)
			label(s, IQ_TASK, f.bytes);
		else if (f.field == IQ_RESP_REGION + 1)
			label(s, IQ_REGION, f.bytes);
		else if (f.field == IQ_RESP_STATUSES + 1)
			label(s, IQ_STATUS, f.bytes);
		else if (f.field == IQ_RESP_INSTITUTION + 1)
			label(s, IQ_INSTITUTION, f.bytes);
	}
}

static void write_item(struct sheet *s, enum iq_kind kind, int col, struct iq_str record)
{
	struct iq_req *rq = s->rq;
	struct iq_str id = iq_image_field(record, IQ_COL_ID + 1), name = {NULL, 0};
	struct iq_rec rec = {.kind = kind};

	if (kind == IQ_CONTACT)
		name = iq_image_field(record, IQ_CONTACT_NAME + 1);
	else if (iq_codec_read(&rec, record, rq->arena))
		name = iq_hanging_name(rq->txn, &rec, s->english, rq->arena);
	size_t mark = iq_hanging_begin(rq->out, SHEET_ITEMS, iq_schemas[kind].name, id,
		iq_schemas[kind].columns[col].name, name, s->waits ? "later" : "moves");

	if (kind == IQ_RESPONSIBILITY) {
		iq_wire_item(rq->out, IQ_HANGING_RESPONSIBILITY, record);
		label_responsibility(s, record);
	}
	iq_wire_end(rq->out, mark);
}

static void write_hangings(struct sheet *s)
{
	struct iq_hangings list;

	iq_hangings_read(s->rq->txn, s->from.num, s->rq->arena, &list);
	for (size_t i = 0; i < list.n && s->rq->out->n < IQ_LIMIT_ANSWER_MAX / 2; i++) {
		const struct iq_schema *schema = &iq_schemas[list.a[i].kind];
		struct iq_str record = visible(s, list.a[i].kind, list.a[i].num);

		for (size_t col = 0; record.n > 0 && col < schema->ncolumns; col++) {
			if (schema->columns[col].target == IQ_CONTACT && col != IQ_COL_ID &&
				names_it(s, record, (int)col))
				write_item(s, list.a[i].kind, (int)col, record);
		}
	}
}

/* What goes with the seats, behind all that moves. */
static void write_seats(struct sheet *s)
{
	const struct iq_seat_query q = {
		.rq = s->rq, .field = SHEET_ITEMS, .contact = s->from.num, .english = s->english};
	struct iq_hangings list;

	iq_hangings_read(s->rq->txn, s->from.num, s->rq->arena, &list);
	for (size_t i = 0; i < list.n && s->rq->out->n < IQ_LIMIT_ANSWER_MAX / 2; i++) {
		if (list.a[i].kind != IQ_MEMBERSHIP)
			continue;
		struct iq_str record = visible(s, IQ_MEMBERSHIP, list.a[i].num);

		if (names_it(s, record, IQ_MEMBERSHIP_REPRESENTATIVE) ||
			names_it(s, record, IQ_MEMBERSHIP_DEPUTY))
			iq_hanging_seat(&q, list.a[i].num);
	}
}

/* ---- what stays ------------------------------------------------------------------------------ */

static bool write_flag(void *arg, const struct iq_flag *flag)
{
	struct sheet *s = arg;
	char number[24];

	if (flag->kind != IQ_CONTACT || flag->num != s->from.num)
		return true;
	snprintf(number, sizeof(number), "%llu", (unsigned long long)flag->id);
	iq_wire_end(s->rq->out, iq_hanging_begin(s->rq->out, SHEET_ITEMS, "flag", iq_str(number),
					"", flag->text, "stays"));
	return s->rq->out->n < IQ_LIMIT_ANSWER_MAX / 2;
}

struct accounts {
	struct sheet *s;
	struct iq_right *right;
};

/* For whom administers it: an account that outlives its person. */
static bool write_account(void *arg, const struct iq_account *account)
{
	struct accounts *a = arg;
	struct sheet *s = a->s;

	if (account->contact == s->from.num && account->ended_us == 0 &&
		iq_give_covers(a->right, account))
		iq_wire_end(s->rq->out,
			iq_hanging_begin(s->rq->out, SHEET_ITEMS, "principal", account->id,
				"contact", (struct iq_str){NULL, 0}, "stays"));
	return true;
}

/* Only for whom may change the contact. */
static void write_waiting(struct sheet *s)
{
	struct iq_req *rq = s->rq;
	struct iq_waiting waiting;
	char on[11];

	if (!iq_waiting_get(rq->txn, s->from.num, rq->arena, &waiting))
		return;
	struct iq_str to = iq_id_of(rq->txn, IQ_CONTACT, waiting.to);

	iq_date_format(waiting.on, on);
	if (to.n > 0 && iq_contact_known(rq, to, UINT64_MAX))
		iq_wire_str(rq->out, SHEET_SUCCESSOR, to);
	iq_wire_str(rq->out, SHEET_ON, iq_str(on));
	iq_wire_bool(rq->out, SHEET_OVERDUE, waiting.on < rq->today);
	s->waits = true;
}

/* What only editors, coordinators and administrators are shown. */
static void write_inside(struct sheet *s, bool editor, struct iq_right *right)
{
	struct iq_req *rq = s->rq;
	struct accounts accounts = {s, right};
	struct iq_arena arena;

	if (editor)
		iq_flag_each(rq->txn, write_flag, s);
	if (!iq_decide(rq->principal, IQ_ACTION_GRANT, NULL, rq->vocab, rq->today))
		return;
	iq_arena_init(&arena, 0);
	iq_account_each(rq->txn, (struct iq_str){NULL, 0}, &arena, write_account, &accounts);
	iq_arena_free(&arena);
}

/* ---- the contact ----------------------------------------------------------------------------- */

static enum iq_err not_found(struct iq_req *rq)
{
	return iq_error_set(rq->error, IQ_ERR_NOT_FOUND,
		N_("There is no record “{1}” of kind {0}."), N_("Look for it with: iqq search {1}"),
		iq_schemas[IQ_CONTACT].name, iq_req_cstr(rq, iq_str(rq->msg->sheet->contact)),
		NULL);
}

/* With its deputy, if that much may be seen. */
static enum iq_err write_contact(struct sheet *s)
{
	struct iq_req *rq = s->rq;
	struct iq_str record = visible(s, IQ_CONTACT, s->from.num);

	if (record.n == 0)
		return not_found(rq);
	iq_wire_item(rq->out, SHEET_CONTACT, record);
	s->id = iq_arena_dup(rq->arena, iq_image_field(record, IQ_COL_ID + 1));
	label(s, IQ_INSTITUTION, iq_image_field(record, IQ_CONTACT_INSTITUTION + 1));
	struct iq_str deputy = iq_image_field(record, IQ_CONTACT_DEPUTY + 1);

	if (deputy.n > 0)
		record = visible(s, IQ_CONTACT, iq_id_find(rq->txn, IQ_CONTACT, deputy));
	if (deputy.n > 0 && record.n > 0)
		iq_wire_item(rq->out, SHEET_DEPUTY, record);
	return IQ_OK;
}

static enum iq_err write_sheet(struct sheet *s)
{
	struct iq_req *rq = s->rq;
	struct iq_op_job job;
	struct iq_right right;
	enum iq_err err = write_contact(s);

	if (err != IQ_OK)
		return err;
	iq_right_of_request(&right, rq, &job);
	iq_error_init(&job.job.error, &job.arena);
	bool editor = iq_right_whole(&right, IQ_CONTACT, s->id) == IQ_OK;

	if (editor)
		write_waiting(s);
	write_hangings(s);
	write_seats(s);
	write_inside(s, editor, &right);
	iq_arena_free(&job.arena);
	if (iq_disclose_reason(rq, s->from.num))
		iq_wire_str(rq->out, SHEET_BECAUSE, IQ_STR("reason"));
	else if (rq->because != NULL)
		iq_wire_str(rq->out, SHEET_BECAUSE, iq_str(rq->because));
	iq_labels_write(&s->labels);
	return iq_req_finish(rq);
}

enum iq_err iq_op_sheet(struct iq_req *rq)
{
	const Iq__V1__SheetRequest *in = rq->msg->sheet;
	struct sheet s = {.rq = rq, .english = in->lang == IQ__V1__LANG__EN};
	struct iq_str id = iq_str(in->contact);
	bool reason;
	enum iq_err err = iq_req_reason(rq, iq_str(in->reason), &reason);

	if (err != IQ_OK)
		return err;
	if (id.n == 0)
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("No contact was named."),
			N_("For example: iqq handover CONTACT"), NULL);
	if (!iq_slug_valid(id) ||
		!iq_contact_read(rq, iq_id_find(rq->txn, IQ_CONTACT, id), &s.from))
		return not_found(rq);
	iq_wire_uint(rq->out, 1, iq_rtxn_state(rq->rtxn)->revision);
	iq_labels_init(&s.labels, rq, SHEET_LABELS, s.english);
	iq_buf_init(&s.record, 0);
	err = write_sheet(&s);
	iq_buf_free(&s.record);
	return err;
}
