/* SPDX-License-Identifier: Apache-2.0 */
#include "circle.h"

#include "bounds.h"
#include "codec.h"
#include "date.h"
#include "wire.h"
#include "workshop.h"

#define BIT(col) (UINT32_C(1) << (col))

/* ---- small readers --------------------------------------------------------------------------- */

static struct iq_str field_of(const struct iq_image *image, enum iq_segment segment, int col)
{
	struct iq_str rest = image->segment[segment];
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad))
		if (f.field == (uint32_t)col + 1 && f.type == IQ_WIRE_LEN)
			return f.bytes;
	return (struct iq_str){NULL, 0};
}

static struct iq_str field(const struct iq_image *image, int col)
{
	return field_of(image, IQ_SEGMENT_OPEN, col);
}

static iq_num ref(struct iq_txn *t, const struct iq_image *image, int col, enum iq_kind target)
{
	struct iq_str id = field(image, col);

	return id.n > 0 ? iq_id_find(t, target, id) : IQ_NONE;
}

/* Both days included; an unset one is open, one that is none matches no day. */
static bool is_on(const struct iq_image *image, int from, int to, int32_t today)
{
	struct iq_str a = field(image, from), b = field(image, to);
	int32_t first = IQ_DATE_MIN, last = IQ_DATE_MAX;

	if ((a.n > 0 && !iq_date_parse(a, &first)) || (b.n > 0 && !iq_date_parse(b, &last)))
		return false;
	return first <= today && today <= last;
}

/* Accepted by its institution, and today. */
static bool takes_part(const struct iq_image *membership, int32_t today)
{
	return field(membership, IQ_MEMBERSHIP_ACCEPTED_FROM).n > 0 &&
	       is_on(membership, IQ_MEMBERSHIP_ACCEPTED_FROM, IQ_MEMBERSHIP_ACCEPTED_TO, today);
}

/* ---- what a principal is to it -----------------------------------------------------------------
 */

struct reading {
	struct iq_txn *t;
	const struct iq_principal *p;
	const struct iq_vocab *vocab;
	int32_t today;
	struct iq_arena *arena;
	bool edits;            /* has a grant that edits anything at all */
	iq_num home;           /* of the principal's contact, while that is valid */
	struct iq_str contact; /* its id */
	struct iq_circle_seat *seats;
	size_t n, cap;
};

/* Only the institution itself says who takes part for it. */
static bool speaks_for(const struct reading *r, iq_num institution)
{
	iq_num owners[IQ_LIMIT_TREE_DEPTH + 1];
	struct iq_target target = {.institution = institution, .owners = owners};
	struct iq_image image;

	if (!r->edits || institution == IQ_NONE)
		return false;
	for (iq_num at = institution; at != IQ_NONE && target.nowners <= IQ_LIMIT_TREE_DEPTH;) {
		if (!iq_image_get(r->t, IQ_INSTITUTION, at, &image))
			break;
		if (target.nowners == 0)
			target.region = ref(r->t, &image, IQ_INSTITUTION_REGION, IQ_REGION);
		owners[target.nowners++] = at;
		at = ref(r->t, &image, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);
	}
	return target.nowners > 0 && iq_decide(r->p, IQ_ACTION_ACCEPT, &target, r->vocab, r->today);
}

static void begin(struct reading *r)
{
	struct iq_image image;

	r->edits = iq_decide(r->p, IQ_ACTION_ACCEPT, NULL, r->vocab, r->today);
	if (r->p->contact == IQ_NONE || !iq_image_get(r->t, IQ_CONTACT, r->p->contact, &image) ||
		!is_on(&image, IQ_CONTACT_VALID_FROM, IQ_CONTACT_VALID_TO, r->today))
		return;
	r->home = ref(r->t, &image, IQ_CONTACT_INSTITUTION, IQ_INSTITUTION);
	r->contact = field(&image, IQ_COL_ID);
}

/* Who has left the institution does not stand for it any more. */
static bool stands(const struct reading *r, const struct iq_image *membership, int col, iq_num of)
{
	return r->contact.n > 0 && of != IQ_NONE && r->home == of &&
	       iq_str_eq(field_of(membership, IQ_SEGMENT_OUTLINE, col), r->contact);
}

static bool seat_of(const struct reading *r, const struct iq_image *m, struct iq_circle_seat *out)
{
	iq_num institution = ref(r->t, m, IQ_MEMBERSHIP_INSTITUTION, IQ_INSTITUTION);

	*out = (struct iq_circle_seat){.institution = institution,
		.guest = iq_str_is(field(m, IQ_MEMBERSHIP_GUEST), "yes"),
		.decides = !iq_str_is(field(m, IQ_MEMBERSHIP_DECIDES), "no"),
		.represents = stands(r, m, IQ_MEMBERSHIP_REPRESENTATIVE, institution),
		.deputises = stands(r, m, IQ_MEMBERSHIP_DEPUTY, institution),
		.edits = speaks_for(r, institution)};
	return out->represents || out->deputises || out->edits;
}

static bool one_membership(void *arg, enum iq_kind from, iq_num num)
{
	struct reading *r = arg;
	struct iq_image image;
	struct iq_circle_seat seat;

	if (from != IQ_MEMBERSHIP || !iq_image_get(r->t, from, num, &image) ||
		!takes_part(&image, r->today) || !seat_of(r, &image, &seat))
		return true;
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 4;
		struct iq_circle_seat *s =
			iq_arena_grow(r->arena, r->seats, r->cap * sizeof(*s), cap * sizeof(*s));

		if (s == NULL)
			return false;
		r->seats = s;
		r->cap = cap;
	}
	r->seats[r->n++] = seat;
	return true;
}

static void read_organisers(struct reading *r, const struct iq_image *workshop, struct iq_circle *c)
{
	struct iq_str rest = workshop->segment[IQ_SEGMENT_OPEN];
	struct iq_wire_field f;
	bool bad = false;
	iq_num *list = NULL;

	while (r->edits && iq_wire_next(&rest, &f, &bad)) {
		if (f.field != IQ_WORKSHOP_ORGANISERS + 1)
			continue;
		iq_num institution = iq_id_find(r->t, IQ_INSTITUTION, f.bytes);

		if (!speaks_for(r, institution))
			continue;
		if (list == NULL)
			list = iq_arena_array(r->arena, IQ_LIMIT_SET, sizeof(*list));
		if (list == NULL || c->norganised == IQ_LIMIT_SET)
			return;
		list[c->norganised++] = institution;
	}
	c->organised = list;
	c->organises = c->norganised > 0;
}

bool iq_circle_read(struct iq_txn *t, const struct iq_principal *principal, iq_num workshop,
	const struct iq_vocab *vocab, int32_t today, struct iq_arena *arena, struct iq_circle *out)
{
	struct reading r = {.t = t, .p = principal, .vocab = vocab, .today = today, .arena = arena};
	struct iq_image image;

	*out = (struct iq_circle){.workshop = IQ_NONE};
	if (principal == NULL || workshop == IQ_NONE ||
		!iq_image_get(t, IQ_WORKSHOP_RECORD, workshop, &image))
		return true;
	struct iq_target region = {.region = ref(t, &image, IQ_WORKSHOP_REGION, IQ_REGION)};

	begin(&r);
	out->workshop = workshop;
	out->coordinates = iq_decide(principal, IQ_ACTION_EDIT, &region, vocab, today);
	out->meets = is_on(&image, IQ_WORKSHOP_VALID_FROM, IQ_WORKSHOP_VALID_TO, today);
	read_organisers(&r, &image, out);
	/* The right of those who take part ends with the workshop. */
	if (out->meets && (r.edits || r.contact.n > 0))
		iq_each_ref_by(t, IQ_WORKSHOP_RECORD, workshop, IQ_MEMBERSHIP, one_membership, &r);
	out->seats = r.seats;
	out->nseats = r.n;
	if (arena->failed)
		*out = (struct iq_circle){.workshop = IQ_NONE};
	return !arena->failed;
}

enum iq_insight iq_circle_insight(const struct iq_circle *c)
{
	enum iq_insight insight = IQ_INSIGHT_NONE;

	if (c->coordinates || c->organises)
		return IQ_INSIGHT_ALL;
	for (size_t i = 0; i < c->nseats; i++) {
		if (!c->seats[i].guest)
			return IQ_INSIGHT_ALL;
		insight = IQ_INSIGHT_GUEST;
	}
	return insight;
}

/* ---- what is shown of a record ------------------------------------------------------------------
 */

iq_num iq_circle_of(struct iq_txn *t, const struct iq_image *image)
{
	static const int8_t column[IQ_KINDS] = {[IQ_TOPIC] = IQ_TOPIC_WORKSHOP,
		[IQ_MEETING] = IQ_MEETING_WORKSHOP,
		[IQ_PROPOSAL] = IQ_PROPOSAL_WORKSHOP,
		[IQ_COMMITMENT] = IQ_COMMITMENT_WORKSHOP};
	struct iq_image proposal;

	if (image->kind == IQ_BALLOT)
		return iq_image_get(t, IQ_PROPOSAL, ref(t, image, IQ_BALLOT_PROPOSAL, IQ_PROPOSAL),
			       &proposal)
			       ? iq_circle_of(t, &proposal)
			       : IQ_NONE;
	return iq_kind_in_circle(image->kind)
		       ? ref(t, image, column[image->kind], IQ_WORKSHOP_RECORD)
		       : IQ_NONE;
}

bool iq_circle_running(struct iq_txn *t, iq_num proposal)
{
	struct iq_image image;

	if (proposal == IQ_NONE || !iq_image_get(t, IQ_PROPOSAL, proposal, &image))
		return true;
	int state =
		iq_choice(iq_process_states[IQ_PROCESS_PROPOSAL], field(&image, IQ_PROPOSAL_STATE));

	return state < 0 || state == IQ_PROPOSAL_DRAFT || state == IQ_PROPOSAL_OPEN;
}

/* Whoever votes for the institution; its editor has no vote. */
static bool votes_for(const struct iq_circle *c, iq_num institution)
{
	for (size_t i = 0; i < c->nseats; i++)
		if (c->seats[i].institution == institution && !c->seats[i].guest &&
			(c->seats[i].represents || c->seats[i].deputises))
			return true;
	return false;
}

static uint32_t ballot_columns(
	struct iq_txn *t, const struct iq_circle *c, const struct iq_image *image)
{
	static const uint32_t secret = BIT(IQ_BALLOT_CHOICE) | BIT(IQ_BALLOT_NOTE);
	iq_num proposal = ref(t, image, IQ_BALLOT_PROPOSAL, IQ_PROPOSAL);

	if (!iq_circle_running(t, proposal) ||
		votes_for(c, ref(t, image, IQ_BALLOT_INSTITUTION, IQ_INSTITUTION)))
		return UINT32_MAX;
	return ~secret;
}

/* It binds an institution for which the principal stands. */
static bool binds_own(struct iq_txn *t, const struct iq_circle *c, const struct iq_image *image)
{
	struct iq_str rest = image->segment[IQ_SEGMENT_OPEN];
	struct iq_wire_field f;
	bool bad = false;

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field != IQ_COMMITMENT_INSTITUTIONS + 1)
			continue;
		iq_num institution = iq_id_find(t, IQ_INSTITUTION, f.bytes);

		for (size_t i = 0; institution != IQ_NONE && i < c->nseats; i++)
			if (c->seats[i].institution == institution)
				return true;
	}
	return false;
}

uint32_t iq_circle_columns(
	struct iq_txn *t, const struct iq_circle *c, const struct iq_image *image)
{
	/* What an invitation says. */
	static const uint32_t invited =
		BIT(IQ_COL_ID) | BIT(IQ_MEETING_WORKSHOP) | BIT(IQ_MEETING_NAME_DE) |
		BIT(IQ_MEETING_NAME_EN) | BIT(IQ_MEETING_DATE) | BIT(IQ_MEETING_BEGINS) |
		BIT(IQ_MEETING_ENDS) | BIT(IQ_MEETING_REPEATS) | BIT(IQ_MEETING_REPEATS_TO) |
		BIT(IQ_MEETING_PLACE) | BIT(IQ_MEETING_LINK) | BIT(IQ_MEETING_AGENDA);
	enum iq_insight insight = iq_circle_insight(c);

	if (c->workshop == IQ_NONE || insight == IQ_INSIGHT_NONE ||
		iq_circle_of(t, image) != c->workshop)
		return 0;
	if (insight == IQ_INSIGHT_ALL)
		return image->kind == IQ_BALLOT ? ballot_columns(t, c, image) : UINT32_MAX;
	if (image->kind == IQ_MEETING)
		return invited;
	return image->kind == IQ_COMMITMENT && binds_own(t, c, image) ? UINT32_MAX : 0;
}

/* ---- what changes with the days
 * ------------------------------------------------------------------ */

struct marking {
	struct reading r;
	void (*add)(void *arg, uint32_t value);
	void *arg;
};

static bool mark_membership(void *arg, enum iq_kind from, iq_num num)
{
	struct marking *m = arg;
	struct iq_image image, workshop;
	struct iq_circle_seat seat;

	if (from != IQ_MEMBERSHIP || !iq_image_get(m->r.t, from, num, &image) ||
		!takes_part(&image, m->r.today) || !seat_of(&m->r, &image, &seat))
		return true;
	iq_num of = ref(m->r.t, &image, IQ_MEMBERSHIP_WORKSHOP, IQ_WORKSHOP_RECORD);

	if (!iq_image_get(m->r.t, IQ_WORKSHOP_RECORD, of, &workshop) ||
		!is_on(&workshop, IQ_WORKSHOP_VALID_FROM, IQ_WORKSHOP_VALID_TO, m->r.today))
		return true;
	m->add(m->arg, of);
	m->add(m->arg, seat.institution);
	m->add(m->arg, (uint32_t)(seat.guest | seat.represents << 1 | seat.deputises << 2 |
				  seat.edits << 3));
	return true;
}

void iq_circle_mark(struct iq_txn *t, const struct iq_principal *principal, const iq_num *edited,
	size_t nedited, const struct iq_vocab *vocab, int32_t today, struct iq_arena *arena,
	void (*add)(void *arg, uint32_t value), void *arg)
{
	struct marking m = {
		.r = {.t = t, .p = principal, .vocab = vocab, .today = today, .arena = arena},
		.add = add,
		.arg = arg};

	begin(&m.r);
	if (m.r.contact.n > 0)
		iq_each_ref_by(
			t, IQ_CONTACT, principal->contact, IQ_MEMBERSHIP, mark_membership, &m);
	for (size_t i = 0; i < nedited; i++)
		iq_each_ref_by(t, IQ_INSTITUTION, edited[i], IQ_MEMBERSHIP, mark_membership, &m);
}

/* ---- who does what
 * --------------------------------------------------------------------------------- */

const char *const iq_deed_names[IQ_DEEDS + 1] = {
#define X(e, name, c, o, m, ed) name,
	IQ_DEED_TABLE(X)
#undef X
		NULL};

enum who { COORDINATOR, ORGANISER, MEMBER, EDITOR, WHO };

static const char deeds[IQ_DEEDS][WHO] = {
#define X(e, name, c, o, m, ed) {c, o, m, ed},
	IQ_DEED_TABLE(X)
#undef X
};

static bool organises_for(const struct iq_circle *c, iq_num institution)
{
	for (size_t i = 0; institution != IQ_NONE && i < c->norganised; i++)
		if (c->organised[i] == institution)
			return true;
	return false;
}

/* Of a cell of the table: is `is` true, and, where it must be, of the own institution? */
static bool fits(char cell, bool is, bool own)
{
	return is && (cell == 'y' || (cell == 'o' && own));
}

bool iq_circle_may(const struct iq_circle *c, enum iq_deed deed, iq_num institution)
{
	const char *row = deed < IQ_DEEDS ? deeds[deed] : "----";

	if (c->workshop == IQ_NONE)
		return false;
	if (fits(row[COORDINATOR], c->coordinates, false) ||
		fits(row[ORGANISER], c->organises, organises_for(c, institution)))
		return true;
	for (size_t i = 0; i < c->nseats; i++) {
		const struct iq_circle_seat *s = &c->seats[i];
		bool own = institution != IQ_NONE && s->institution == institution;

		if (!s->guest && (fits(row[MEMBER], s->represents || s->deputises, own) ||
					 fits(row[EDITOR], s->edits, own)))
			return true;
	}
	return false;
}
