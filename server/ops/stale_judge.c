/* SPDX-License-Identifier: Apache-2.0 */
/* Which records are stale, as far as the caller may know. */
#include "stale_judge.h"

#include "date.h"
#include "handover.h"

static int32_t date_or(struct iq_str s, int32_t open)
{
	int32_t days = open;

	return s.n > 0 && iq_date_parse(s, &days) ? days : open;
}

static struct iq_str open_field(const struct iq_image *image, int column)
{
	return iq_image_field(image->segment[IQ_SEGMENT_OPEN], (uint32_t)column + 1);
}

/* ---- what the caller may know ---------------------------------------------------------------- */

/*
 * May the caller know of every contact of the institution, whatever its class? Otherwise nothing
 * may follow from none being seen.
 */
static bool sees_all(struct iq_stale_judge *s, struct iq_str institution)
{
	iq_num num = iq_req_find(s->rq, IQ_INSTITUTION, institution);
	struct iq_contact_view any = {
		.institution = institution, .visibility = IQ_INSTITUTION_ONLY};

	if (num == IQ_NONE)
		return false;
	if (iq_num_set_add(s->asked, num) && iq_contact_level(s->rq, &any, IQ_OUTLINE) != IQ_HIDDEN)
		iq_num_set_add(s->whole, num);
	return iq_num_set_has(s->whole, num);
}

/* The institution or one above it has a number, or an address. */
static bool reachable(struct iq_req *rq, struct iq_str institution, bool by_phone)
{
	const struct iq_chain *chain =
		iq_req_chain(rq, iq_req_find(rq, IQ_INSTITUTION, institution));
	struct iq_image image;

	for (size_t i = 0; i < chain->n; i++) {
		if (!iq_req_image(rq, IQ_INSTITUTION, chain->owner[i], &image))
			continue;
		if (open_field(&image, IQ_INSTITUTION_EMAIL).n > 0 ||
			(by_phone && open_field(&image, IQ_INSTITUTION_PHONE).n > 0))
			return true;
	}
	return false;
}

/* A person that a record names: -1 hidden or missing, 0 there, 1 the time is over. */
static int person_over(struct iq_req *rq, struct iq_str id)
{
	struct iq_contact_view c;

	if (id.n == 0 || !iq_contact_known(rq, id, UINT64_MAX) ||
		!iq_contact_read(rq, iq_req_find(rq, IQ_CONTACT, id), &c))
		return -1;
	return c.to < rq->today;
}

/* ---- rows ----------------------------------------------------------------------------------- */

unsigned iq_stale_judge_row(
	struct iq_stale_judge *s, const struct iq_image *image, struct iq_stale_item *item)
{
	struct iq_req *rq = s->rq;
	struct iq_str rest = image->segment[IQ_SEGMENT_OUTLINE], who = {NULL, 0};
	struct iq_str confirmed = open_field(image, IQ_RESP_CONFIRMED_ON);
	struct iq_stale_row row = {.to = date_or(open_field(image, IQ_RESP_VALID_TO), IQ_DATE_MAX),
		.confirmed = date_or(confirmed, IQ_DATE_MIN)};
	struct iq_wire_field f;
	bool bad = false;

	if (row.to < rq->today)
		return 0;
	item->institution = open_field(image, IQ_RESP_INSTITUTION);
	while (iq_wire_next(&rest, &f, &bad)) {
		int over = f.field == IQ_RESP_CONTACTS + 1 ? person_over(rq, f.bytes) : -1;

		row.living += over == 0;
		row.ended += over > 0;
		if (over > 0 && who.n == 0)
			who = f.bytes;
	}
	if (row.living == 0) {
		row.whole = sees_all(s, item->institution);
		row.reachable = reachable(rq, item->institution, true);
	}
	item->task = iq_req_find(rq, IQ_TASK, open_field(image, IQ_RESP_TASK));
	item->region = iq_req_find(rq, IQ_REGION, open_field(image, IQ_RESP_REGION));
	if (item->task != IQ_NONE && item->task <= rq->vocab->task.n)
		item->name = rq->vocab->task_label[item->task].name[s->english];
	if (s->why == IQ_STALE_UNCONFIRMED)
		item->detail = confirmed;
	else if (s->why == IQ_STALE_ORPHAN)
		item->detail = who;
	return iq_stale_row(&row, rq->today, s->since);
}

/* ---- contacts -------------------------------------------------------------------------------- */

struct attached {
	struct iq_req *rq;
	size_t rows, ended;
	int32_t last; /* day */
};

static bool attached_one(void *arg, enum iq_kind from, iq_num num)
{
	struct attached *a = arg;
	struct iq_image image;

	if (from != IQ_RESPONSIBILITY || !iq_image_get(a->rq->txn, from, num, &image))
		return true;
	int32_t to = date_or(open_field(&image, IQ_RESP_VALID_TO), IQ_DATE_MAX);

	a->rows++;
	a->ended += to < a->rq->today;
	if (to > a->last)
		a->last = to;
	return a->rows == a->ended;
}

static struct iq_str date_text(struct iq_arena *arena, int32_t day)
{
	char text[11];

	iq_date_format(day, text);
	return iq_arena_dup(arena, iq_str(text));
}

/* The record as the caller may see it; false: not at all. */
static bool contact_shown(struct iq_stale_judge *s, iq_num num, bool leaves, struct iq_rec *out)
{
	struct iq_req *rq = s->rq;
	struct iq_buf b;
	bool ok;

	iq_buf_init(&b, 0);
	ok = leaves ? iq_disclose_record(rq, IQ_CONTACT, num, &b)
		    : iq_disclose_peek(rq, IQ_CONTACT, num, &b);
	struct iq_str body = iq_arena_dup(s->scratch, (struct iq_str){(const char *)b.p, b.n});

	iq_buf_free(&b);
	out->kind = IQ_CONTACT;
	return ok && iq_codec_read(out, iq_image_field(body, iq_codec_record_field(IQ_CONTACT)),
			     s->scratch);
}

/* As the sheet: only for whom may change the contact. */
static bool overdue(struct iq_stale_judge *s, const struct iq_image *image)
{
	struct iq_op_job job;
	struct iq_right right;

	if (!(s->wanted >> IQ_STALE_ORPHAN & 1) || !iq_num_set_has(s->overdue, image->num))
		return false;
	iq_right_of_request(&right, s->rq, &job);
	iq_error_init(&job.job.error, &job.arena);
	bool may = iq_right_whole(&right, IQ_CONTACT, iq_image_id(image)) == IQ_OK;

	iq_arena_free(&job.arena);
	return may;
}

/* "2026-12-01 c-new": the day, and the successor if the caller may know of it. */
static struct iq_str overdue_text(struct iq_stale_judge *s, iq_num from)
{
	struct iq_waiting waiting;
	char on[11];

	if (!iq_waiting_get(s->rq->txn, from, s->scratch, &waiting))
		return (struct iq_str){NULL, 0};
	struct iq_str to = iq_id_of(s->rq->txn, IQ_CONTACT, waiting.to);

	iq_date_format(waiting.on, on);
	if (to.n == 0 || !iq_contact_known(s->rq, to, UINT64_MAX))
		return iq_arena_dup(s->scratch, iq_str(on));
	return iq_str(iq_arena_printf(s->scratch, "%s %.*s", on, IQ_STR_ARG(to)));
}

static unsigned judge_contact(struct iq_stale_judge *s, const struct iq_image *image, bool leaves,
	struct iq_stale_item *item)
{
	struct iq_req *rq = s->rq;
	struct iq_contact_view view;
	struct iq_rec rec = {0};

	if (!iq_contact_read(rq, image->num, &view))
		return 0;
	bool late = overdue(s, image);

	/* Whoever was to hand over has left meanwhile. */
	if ((view.to < rq->today && !late) || !contact_shown(s, image->num, leaves, &rec))
		return 0;
	struct attached a = {.rq = rq, .last = IQ_DATE_MIN};
	struct iq_str name = iq_rec_text(&rec, IQ_CONTACT_NAME);
	struct iq_str mail = iq_rec_text(&rec, IQ_CONTACT_EMAIL);
	struct iq_str deputy = iq_rec_text(&rec, IQ_CONTACT_DEPUTY);
	bool editor = iq_contact_editor(rq, &view);
	struct iq_stale_contact c = {.to = view.to,
		/* personal fields are there, or may be: a name is no must */
		.full = view.visibility == IQ_PUBLIC || name.n + mail.n + deputy.n > 0 ||
			(editor && !rq->sealed && rq->svc->audit != NULL),
		.deputy = deputy.n > 0,
		.deputy_ended = person_over(rq, deputy) > 0,
		.informed = iq_rec_text(&rec, IQ_CONTACT_INFORMED_ON).n > 0};

	iq_each_ref_by(rq->txn, IQ_CONTACT, image->num, IQ_RESPONSIBILITY, attached_one, &a);
	c.rows = a.rows;
	c.rows_ended = a.ended;
	c.inside = c.full && editor;
	c.whole = sees_all(s, view.institution);
	c.personal_mail = iq_stale_mail_personal(name, mail, s->scratch);
	c.mailbox = c.personal_mail && reachable(rq, view.institution, false);
	item->institution = view.institution;
	item->name = name.n > 0 ? name : iq_rec_text(&rec, IQ_CONTACT_FUNCTION);
	if (s->why == IQ_STALE_ORPHAN)
		item->detail = late ? overdue_text(s, image->num) : deputy;
	else if (s->why == IQ_STALE_PERSONAL_MAIL)
		item->detail = mail;
	else if (s->why == IQ_STALE_ENDED_CONTACT)
		item->detail = date_text(s->scratch, a.last);
	return (view.to < rq->today ? 0 : iq_stale_contact(&c, rq->today)) |
	       (late ? 1u << IQ_STALE_ORPHAN : 0);
}

/* ---- memberships ------------------------------------------------------------------------------
 */

static unsigned judge_membership(
	struct iq_stale_judge *s, const struct iq_image *image, struct iq_stale_item *item)
{
	struct iq_req *rq = s->rq;
	struct iq_str outline = image->segment[IQ_SEGMENT_OUTLINE];
	struct iq_str first = iq_image_field(outline, IQ_MEMBERSHIP_REPRESENTATIVE + 1);
	struct iq_str second = iq_image_field(outline, IQ_MEMBERSHIP_DEPUTY + 1);
	struct iq_stale_membership m = {
		.to = date_or(open_field(image, IQ_MEMBERSHIP_ACCEPTED_TO), IQ_DATE_MAX),
		.representative_ended = person_over(rq, first) > 0,
		.deputy = second.n > 0,
		.deputy_ended = person_over(rq, second) > 0};
	struct iq_image workshop;

	item->institution = open_field(image, IQ_MEMBERSHIP_INSTITUTION);
	m.whole = sees_all(s, item->institution);
	if (s->why == IQ_STALE_ORPHAN)
		item->detail = m.representative_ended ? first : second;
	if (iq_image_get(rq->txn, IQ_WORKSHOP_RECORD,
		    iq_req_find(rq, IQ_WORKSHOP_RECORD, open_field(image, IQ_MEMBERSHIP_WORKSHOP)),
		    &workshop))
		item->name = open_field(&workshop, IQ_WORKSHOP_NAME_DE);
	return iq_stale_membership(&m, rq->today);
}

/* ---- any record ------------------------------------------------------------------------------ */

/* Where a record counts: a row in its region, all else where its institution has its seat. */
bool iq_stale_in_region(struct iq_stale_judge *s, const struct iq_stale_item *item)
{
	struct iq_req *rq = s->rq;
	iq_num at = item->region;

	if (s->region == IQ_NONE)
		return true;
	if (at == IQ_NONE)
		at = iq_req_chain(rq, iq_req_find(rq, IQ_INSTITUTION, item->institution))->region;
	return iq_vocab_in_scope(rq->vocab, s->region, at);
}

unsigned iq_stale_judge(struct iq_stale_judge *s, const struct iq_image *image, bool leaves,
	struct iq_stale_item *item)
{
	unsigned found;

	iq_arena_reset(s->scratch);
	*item = (struct iq_stale_item){.kind = image->kind, .id = iq_image_id(image)};
	if (image->kind == IQ_RESPONSIBILITY)
		found = iq_stale_judge_row(s, image, item);
	else if (image->kind == IQ_CONTACT)
		found = judge_contact(s, image, leaves, item);
	else
		found = judge_membership(s, image, item);
	found &= s->wanted;
	return found != 0 && iq_stale_in_region(s, item) ? found : 0;
}
