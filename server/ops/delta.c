/* SPDX-License-Identifier: Apache-2.0 */
/* What was touched since a cookie, as the caller may know of it. */
#include <stdlib.h>

#include "changes.h"

enum { TOUCHES_MAX = 50000, LINKS_MAX = 500000 }; /* beyond them all is told anew */

static const char structure[] = "structure", horizon[] = "horizon";

/* ---- before anything is told ----------------------------------------------------------------- */

struct collecting {
	struct iq_changes *x;
	struct iq_num_set *seen; /* responsibilities */
	const char *because;
	uint64_t touches;
};

static void add_link(struct iq_changes *x, iq_num contact, iq_num duty, uint64_t last)
{
	if (x->nlinks == x->cap_links) {
		size_t cap = x->cap_links ? 2 * x->cap_links : 64;
		struct iq_feed_link *l = iq_arena_grow(
			x->rq->arena, x->links, x->cap_links * sizeof(*l), cap * sizeof(*l));

		if (l == NULL)
			return; /* the arena has failed: the request ends so */
		x->links = l;
		x->cap_links = cap;
	}
	x->links[x->nlinks++] = (struct iq_feed_link){contact, duty, last};
}

/* Contacts of a responsibility in all its versions since the cookie, each perhaps several times. */
struct of_duty {
	struct iq_changes *x;
	void (*fn)(void *arg, iq_num contact);
	void *arg;
};

static void contacts_of(struct of_duty *d, const struct iq_image *image)
{
	struct iq_str rest = image->segment[IQ_SEGMENT_OUTLINE];
	struct iq_wire_field f;
	bool bad = false, merged;

	while (iq_wire_next(&rest, &f, &bad)) {
		if (f.field != IQ_RESP_CONTACTS + 1)
			continue;
		iq_num contact = iq_id_reserved(d->x->rq->txn, IQ_CONTACT, f.bytes, &merged);

		if (contact != IQ_NONE)
			d->fn(d->arg, contact);
	}
}

static bool contacts_past(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct of_duty *d = arg;

	if (superseded <= d->x->c.base)
		return false;
	contacts_of(d, image);
	return true;
}

static void each_contact(
	struct iq_changes *x, iq_num duty, void (*fn)(void *arg, iq_num contact), void *arg)
{
	struct of_duty d = {.x = x, .fn = fn, .arg = arg};
	struct iq_image image;

	if (iq_image_get(x->rq->txn, IQ_RESPONSIBILITY, duty, &image))
		contacts_of(&d, &image);
	iq_past_each(x->rq->txn, IQ_RESPONSIBILITY, duty, contacts_past, &d);
}

struct linking {
	struct iq_changes *x;
	iq_num duty;
	uint64_t last;
};

static void link_contact(void *arg, iq_num contact)
{
	struct linking *l = arg;

	add_link(l->x, contact, l->duty, l->last);
}

static void link_duty(struct iq_changes *x, iq_num duty)
{
	struct linking l = {.x = x, .duty = duty};
	struct iq_image image;

	(void)iq_feed_state(x->rq->txn, IQ_RESPONSIBILITY, duty, &image, &l.last);
	each_contact(x, duty, link_contact, &l);
}

static bool same_field(const struct iq_image *a, const struct iq_image *b, int col)
{
	return iq_str_eq(iq_image_field(a->segment[IQ_SEGMENT_OPEN], (uint32_t)col + 1),
		iq_image_field(b->segment[IQ_SEGMENT_OPEN], (uint32_t)col + 1));
}

/* Sets are stored as repeated fields. */
static bool same_fields(const struct iq_image *a, const struct iq_image *b, uint32_t field)
{
	struct iq_str x = a->segment[IQ_SEGMENT_OPEN], y = b->segment[IQ_SEGMENT_OPEN];

	for (;;) {
		struct iq_wire_field f = {.field = 0}, g = {.field = 0};
		bool bad = false, more = false, other = false;

		while ((more = iq_wire_next(&x, &f, &bad)) && f.field != field)
			;
		while ((other = iq_wire_next(&y, &g, &bad)) && g.field != field)
			;
		if (!more || !other)
			return more == other;
		if (!iq_str_eq(f.bytes, g.bytes))
			return false;
	}
}

/* A record that stands above others was moved, or is gone. */
static bool moved(struct iq_changes *x, const struct iq_feed_touch *touch)
{
	const struct iq_feed_filter *f = &x->filter;
	struct iq_txn *t = x->rq->txn;
	struct iq_image was, is;
	bool merged, matters = f->task != IQ_NONE;

	if (touch->kind == IQ_REGION)
		matters = x->sensitive || f->region != IQ_NONE;
	else if (touch->kind == IQ_INSTITUTION)
		matters = x->sensitive || f->region != IQ_NONE || f->institution != IQ_NONE;
	if (!matters || !iq_past_get(t, touch->kind, touch->num, x->c.base, &was))
		return false;
	if (!iq_image_get(t, touch->kind, touch->num, &is)) {
		/* Nothing belonged to what could be deleted; but a place lies within others. */
		(void)iq_id_reserved(t, touch->kind, iq_image_id(&was), &merged);
		return merged || touch->kind == IQ_REGION;
	}
	if (touch->kind == IQ_REGION)
		return !same_field(&was, &is, IQ_REGION_PARENT) ||
		       !same_fields(&was, &is, IQ_REGION_MEMBERS + 1);
	if (touch->kind == IQ_INSTITUTION)
		return !same_field(&was, &is, IQ_INSTITUTION_PARENT) ||
		       !same_field(&was, &is, IQ_INSTITUTION_REGION);
	return !same_field(&was, &is, IQ_TASK_PARENT);
}

/* Who sees what a workshop works on was decided anew for all of it. */
static bool reopened(struct iq_changes *x, const struct iq_feed_touch *touch)
{
	struct iq_txn *t = x->rq->txn;
	struct iq_image was, is;

	if (!x->circle || !iq_past_get(t, touch->kind, touch->num, x->c.base, &was))
		return false;
	return !iq_image_get(t, touch->kind, touch->num, &is) ||
	       !same_field(&was, &is, IQ_WORKSHOP_REGION) ||
	       !same_fields(&was, &is, IQ_WORKSHOP_ORGANISERS + 1) ||
	       !same_field(&was, &is, IQ_WORKSHOP_VALID_FROM) ||
	       !same_field(&was, &is, IQ_WORKSHOP_VALID_TO);
}

static bool collect_touch(void *arg, const struct iq_feed_touch *touch)
{
	struct collecting *c = arg;
	struct iq_changes *x = c->x;
	struct iq_image image;
	uint64_t last;

	if (++c->touches > TOUCHES_MAX || x->nlinks > LINKS_MAX) {
		c->because = horizon;
	} else if (touch->kind == IQ_REGION || touch->kind == IQ_INSTITUTION ||
		   touch->kind == IQ_TASK) {
		if (moved(x, touch))
			c->because = structure;
	} else if (touch->kind == IQ_WORKSHOP_RECORD) {
		if (reopened(x, touch))
			c->because = structure;
	} else if (touch->kind == IQ_CONTACT && x->filter.kinds & 1u << IQ_CONTACT) {
		/* Erased: not even its id is known, to say that it is gone. */
		if (iq_feed_state(x->rq->txn, touch->kind, touch->num, &image, &last) ==
			IQ_FEED_FORGOTTEN)
			c->because = horizon;
	} else if (touch->kind == IQ_RESPONSIBILITY && x->regions &&
		   iq_num_set_add(c->seen, touch->num)) {
		link_duty(x, touch->num);
	}
	return c->because == NULL;
}

/* Responsibilities that nobody touched, but that began or ended by their dates. */
static bool collect_dates(void *arg, const struct iq_image *image)
{
	struct collecting *c = arg;
	struct iq_changes *x = c->x;

	if (image->revision <= x->c.base && image->segment[IQ_SEGMENT_OUTLINE].n > 0 &&
		iq_duty_valid(image, x->c.day) != iq_duty_valid(image, x->rq->today)) {
		struct linking l = {.x = x, .duty = image->num, .last = UINT64_MAX};

		iq_num_set_add(x->dates, image->num);
		each_contact(x, image->num, link_contact, &l);
	}
	return !x->rq->arena->failed;
}

static int compare_links(const void *a, const void *b)
{
	const struct iq_feed_link *x = a, *y = b;

	if (x->contact != y->contact)
		return x->contact < y->contact ? -1 : 1;
	return x->responsibility < y->responsibility ? -1 : x->responsibility > y->responsibility;
}

static void sort_links(struct iq_changes *x)
{
	size_t n = 0;

	if (x->nlinks < 2)
		return;
	qsort(x->links, x->nlinks, sizeof(*x->links), compare_links);
	for (size_t i = 0; i < x->nlinks; i++) {
		if (n == 0 || compare_links(&x->links[n - 1], &x->links[i]) != 0)
			x->links[n++] = x->links[i];
	}
	x->nlinks = n;
}

const char *iq_delta_collect(struct iq_changes *x)
{
	struct collecting c = {.x = x, .seen = iq_num_set_new(x->rq->arena)};
	struct iq_txn *t = x->rq->txn;

	x->dates = iq_num_set_new(x->rq->arena);
	if (!iq_feed_each(t, x->c.base, x->now, 0, collect_touch, &c))
		return horizon;
	if (c.because == NULL && x->regions && x->c.day != x->rq->today)
		iq_each_record(t, IQ_RESPONSIBILITY, 1, collect_dates, &c);
	sort_links(x);
	return c.because;
}

/* ---- events ---------------------------------------------------------------------------------- */

struct telling {
	struct iq_changes *x;
	struct iq_feed_touch touch;
	bool more;
};

/* Records that name the contact look different now that it may, or may no longer, be known. */
static bool tell_referrer(void *arg, enum iq_kind from, iq_num num)
{
	struct telling *t = arg;
	struct iq_changes *x = t->x;
	struct iq_image image;
	bool shown;

	if (!(x->filter.kinds & 1u << from) || !iq_image_get(x->rq->txn, from, num, &image) ||
		image.revision > x->c.base)
		return true; /* is, or was, told itself */
	if (from == IQ_CONTACT)
		(void)iq_sight_now(x, num, &shown);
	else
		shown = iq_changes_wanted(x, &image);
	if (shown)
		iq_changes_event(x, IQ_EVENT_UPSERT, &image, t->touch.revision, t->touch.time_us);
	return true;
}

/* touched: it is told even if the caller may see as much of it as before. */
static void tell_contact(
	struct telling *t, iq_num contact, const struct iq_image *image, bool gone, bool touched)
{
	struct iq_changes *x = t->x;
	bool shown;
	enum iq_disclosure now = iq_sight_now(x, contact, &shown);
	struct iq_sight before = iq_sight_before(x, contact);
	uint64_t revision = t->touch.revision;
	bool known = now != IQ_HIDDEN;
	/* Known once and not at another time, that of now included. */
	bool turned = (before.levels & 1u << IQ_HIDDEN ? known : !known) ||
		      (known ? before.levels == 1u << IQ_HIDDEN
			     : (before.levels & ~(1u << IQ_HIDDEN)) != 0);
	bool differs = x->filter.reason ? before.levels != 1u << now : turned;

	if (shown && (touched || differs))
		iq_changes_event(x, before.shown ? IQ_EVENT_UPSERT : IQ_EVENT_ADDED, image,
			revision, t->touch.time_us);
	else if (!shown && before.shown)
		iq_changes_event(x, gone ? IQ_EVENT_TOMBSTONE : IQ_EVENT_WITHDRAW, image, revision,
			t->touch.time_us);
	if (turned && !gone)
		iq_each_ref(x->rq->txn, IQ_CONTACT, contact, tell_referrer, t);
}

struct wanted_before {
	struct iq_changes *x;
	enum iq_kind kind;
	iq_num num;
	bool is;
};

static void was_wanted(void *arg, uint64_t revision)
{
	struct wanted_before *w = arg;
	struct iq_image image;

	if (!w->is && iq_past_get(w->x->rq->txn, w->kind, w->num, revision, &image))
		w->is = iq_changes_wanted(w->x, &image);
}

static void tell_record(struct telling *t, const struct iq_image *image, bool gone)
{
	struct iq_changes *x = t->x;
	struct wanted_before w = {.x = x, .kind = image->kind, .num = image->num};

	if (!(x->filter.kinds & 1u << image->kind))
		return;
	was_wanted(&w, x->c.base);
	if (x->c.told > x->c.base)
		iq_feed_revisions(
			x->rq->txn, image->kind, image->num, x->c.base, x->c.told, was_wanted, &w);
	if (!gone && iq_changes_wanted(x, image))
		iq_changes_event(x, w.is ? IQ_EVENT_UPSERT : IQ_EVENT_ADDED, image,
			t->touch.revision, t->touch.time_us);
	else if (w.is)
		iq_changes_event(x, gone ? IQ_EVENT_TOMBSTONE : IQ_EVENT_WITHDRAW, image,
			t->touch.revision, t->touch.time_us);
}

static bool tell_ballot(void *arg, enum iq_kind from, iq_num num)
{
	struct telling *t = arg;
	struct iq_changes *x = t->x;
	struct iq_image image;

	if (iq_image_get(x->rq->txn, from, num, &image) && image.revision <= x->c.base &&
		iq_changes_wanted(x, &image))
		iq_changes_event(x, IQ_EVENT_UPSERT, &image, t->touch.revision, t->touch.time_us);
	return true;
}

/* A vote has ended: how others voted is shown now. */
static void tell_ballots(struct telling *t, const struct iq_image *proposal)
{
	struct iq_changes *x = t->x;
	struct iq_image was;

	if (!(x->filter.kinds & 1u << IQ_BALLOT) ||
		!iq_past_get(x->rq->txn, IQ_PROPOSAL, proposal->num, x->c.base, &was) ||
		same_field(&was, proposal, IQ_PROPOSAL_STATE) ||
		iq_circle_running(x->rq->txn, proposal->num))
		return;
	iq_each_ref_by(x->rq->txn, IQ_PROPOSAL, proposal->num, IQ_BALLOT, tell_ballot, t);
}

/* Of all responsibilities that a contact came or went with, the last one tells of it. */
static bool tells(const struct iq_changes *x, iq_num contact, iq_num duty)
{
	size_t n;
	const struct iq_feed_link *l = iq_sight_links(x, contact, &n), *last = l;

	for (size_t i = 1; i < n; i++) {
		if (l[i].last >= last->last)
			last = &l[i];
	}
	return n > 0 && last->responsibility == duty;
}

static void tell_attached(void *arg, iq_num contact)
{
	struct telling *t = arg;
	struct iq_changes *x = t->x;
	struct iq_image image;

	if (!iq_image_get(x->rq->txn, IQ_CONTACT, contact, &image) || image.revision > x->c.base ||
		!tells(x, contact, t->touch.num))
		return; /* is told itself */
	tell_contact(t, contact, &image, false, false);
}

static bool tell_touch(void *arg, const struct iq_feed_touch *touch)
{
	struct telling *t = arg;
	struct iq_changes *x = t->x;
	struct iq_image image;
	uint64_t last;

	if (iq_changes_full(x)) {
		t->more = true;
		x->c.at = touch->revision - 1;
		x->c.index = touch->index;
		return false;
	}
	enum iq_feed_is is = iq_feed_state(x->rq->txn, touch->kind, touch->num, &image, &last);

	if (is == IQ_FEED_FORGOTTEN || last != touch->revision)
		return true; /* nothing to tell of; its last touch will */
	t->touch = *touch;
	if (touch->kind != IQ_CONTACT)
		tell_record(t, &image, is == IQ_FEED_GONE);
	else if (x->sensitive)
		tell_contact(t, touch->num, &image, is == IQ_FEED_GONE, true);
	if (touch->kind == IQ_PROPOSAL && is != IQ_FEED_GONE)
		tell_ballots(t, &image);
	if (touch->kind == IQ_RESPONSIBILITY && x->regions)
		each_contact(x, touch->num, tell_attached, t);
	return !x->rq->out->failed;
}

static void tell_dates(struct telling *t)
{
	struct iq_changes *x = t->x;

	t->touch.revision = x->now;
	t->touch.time_us = x->rq->now_us;
	t->touch.kind = IQ_RESPONSIBILITY;
	for (size_t i = 0; i < iq_num_set_size(x->dates); i++) {
		t->touch.num = (iq_num)iq_num_set_at(x->dates, i);
		each_contact(x, t->touch.num, tell_attached, t);
	}
}

const char *iq_delta_write(struct iq_changes *x, bool *more)
{
	struct telling t = {.x = x};

	if (!iq_feed_each(x->rq->txn, x->c.at, x->now, x->c.index, tell_touch, &t))
		return horizon;
	*more = t.more;
	x->c.told = x->now;
	if (t.more)
		return NULL;
	tell_dates(&t);
	x->c.base = x->c.at = x->now;
	x->c.index = 0;
	x->c.day = x->rq->today;
	return NULL;
}
