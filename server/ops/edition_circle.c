/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a members' edition shows of the workshop itself: the minutes of its last meetings and its
 * open commitments, as far as both the readers and whoever prints it see them whole. All else is
 * left out without a word: an edition that shows none does not say whether there are any.
 */
#include <stdlib.h>

#include "date.h"
#include "views.h"
#include "workshop.h"

/* of EditionResponse */
enum { SHOWN_MEETINGS = 14, SHOWN_COMMITMENTS, SHOWN_COMMITMENTS_TOTAL };

enum { MEETINGS_MOST = 2, COMMITMENTS_MOST = 200 };

#define BIT(col) (UINT32_C(1) << (col))

struct found {
	struct iq_image image;
	struct iq_str id;
	int32_t day; /* of the meeting; the commitment is due */
};

struct circle {
	struct iq_req *rq;
	int32_t at;
	struct found *v;
	size_t n, cap;
};

static struct iq_str cell(const struct iq_image *image, int col)
{
	return iq_image_field(image->segment[IQ_SEGMENT_OPEN], (uint32_t)col + 1);
}

static bool add(struct circle *c, const struct iq_image *image, int32_t day)
{
	size_t size = sizeof(*c->v);

	if (iq_circle_seen(c->rq, image) != UINT32_MAX)
		return true;
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 16;
		struct found *more = iq_arena_grow(c->rq->arena, c->v, c->cap * size, cap * size);

		if (more == NULL)
			return false;
		c->v = more;
		c->cap = cap;
	}
	c->v[c->n++] = (struct found){*image, iq_image_id(image), day};
	return true;
}

static bool add_meeting(void *arg, enum iq_kind from, iq_num num)
{
	struct circle *c = arg;
	struct iq_image image;
	int32_t day;

	if (!iq_image_get(c->rq->txn, from, num, &image) ||
		!iq_str_is(cell(&image, IQ_MEETING_STATE), "minuted") ||
		cell(&image, IQ_MEETING_MINUTES).n == 0 ||
		!iq_date_parse(cell(&image, IQ_MEETING_DATE), &day) || day > c->at)
		return true;
	return add(c, &image, day);
}

static bool add_commitment(void *arg, enum iq_kind from, iq_num num)
{
	struct circle *c = arg;
	struct iq_image image;
	int32_t due = IQ_DATE_MAX;

	if (!iq_image_get(c->rq->txn, from, num, &image))
		return true;
	int state = iq_choice(
		iq_process_states[IQ_PROCESS_COMMITMENT], cell(&image, IQ_COMMITMENT_STATE));

	if (state != IQ_COMMITMENT_OPEN && state != IQ_COMMITMENT_LATE)
		return true;
	(void)iq_date_parse(cell(&image, IQ_COMMITMENT_DUE), &due);
	return add(c, &image, due);
}

static int by_day(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->day != y->day)
		return x->day < y->day ? -1 : 1;
	return iq_str_cmp(x->id, y->id);
}

static int newest_first(const void *a, const void *b)
{
	return -by_day(a, b);
}

/* Some columns of the record, and the names of the institutions in one of them. */
static void write_record(struct circle *c, struct iq_labels *labels, const struct found *f,
	uint32_t field, uint32_t columns, int institutions)
{
	struct iq_str rest = f->image.segment[IQ_SEGMENT_OPEN];
	size_t mark = iq_wire_begin(c->rq->out, field);
	struct iq_wire_field x;
	bool bad = false;

	while (iq_wire_next(&rest, &x, &bad)) {
		if (x.field == 0 || x.field > IQ_COLUMNS_MAX || !(columns & BIT(x.field - 1)))
			continue;
		iq_wire_item(c->rq->out, x.field, x.bytes);
		if (x.field == (uint32_t)institutions + 1)
			iq_labels_add(labels, IQ_INSTITUTION,
				iq_req_find(c->rq, IQ_INSTITUTION, x.bytes));
	}
	iq_wire_end(c->rq->out, mark);
}

static void write_meetings(struct circle *c, struct iq_labels *labels, iq_num workshop)
{
	const uint32_t columns = BIT(IQ_COL_ID) | BIT(IQ_MEETING_WORKSHOP) |
				 BIT(IQ_MEETING_NAME_DE) | BIT(IQ_MEETING_NAME_EN) |
				 BIT(IQ_MEETING_DATE) | BIT(IQ_MEETING_ATTENDED) |
				 BIT(IQ_MEETING_MINUTES) | BIT(IQ_MEETING_STATE);

	c->n = 0;
	iq_each_ref_by(c->rq->txn, IQ_WORKSHOP_RECORD, workshop, IQ_MEETING, add_meeting, c);
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), newest_first);
	for (size_t i = 0; i < c->n && i < MEETINGS_MOST; i++)
		write_record(c, labels, &c->v[i], SHOWN_MEETINGS, columns, IQ_MEETING_ATTENDED);
}

static void write_commitments(struct circle *c, struct iq_labels *labels, iq_num workshop)
{
	const uint32_t columns = BIT(IQ_COL_ID) | BIT(IQ_COMMITMENT_WORKSHOP) |
				 BIT(IQ_COMMITMENT_INSTITUTIONS) | BIT(IQ_COMMITMENT_TEXT_DE) |
				 BIT(IQ_COMMITMENT_TEXT_EN) | BIT(IQ_COMMITMENT_DUE) |
				 BIT(IQ_COMMITMENT_STATE);

	c->n = 0;
	iq_each_ref_by(c->rq->txn, IQ_WORKSHOP_RECORD, workshop, IQ_COMMITMENT, add_commitment, c);
	if (c->n > 1)
		qsort(c->v, c->n, sizeof(*c->v), by_day);
	for (size_t i = 0; i < c->n && i < COMMITMENTS_MOST; i++)
		write_record(c, labels, &c->v[i], SHOWN_COMMITMENTS, columns,
			IQ_COMMITMENT_INSTITUTIONS);
	iq_wire_uint(c->rq->out, SHOWN_COMMITMENTS_TOTAL, c->n);
}

void iq_edition_circle(
	struct iq_req *rq, const struct iq_audience *audience, int32_t at, struct iq_labels *labels)
{
	struct circle c = {.rq = rq, .at = at};
	iq_num workshop = iq_audience_workshop(audience);

	if (workshop == IQ_NONE)
		return;
	write_meetings(&c, labels, workshop);
	write_commitments(&c, labels, workshop);
}
