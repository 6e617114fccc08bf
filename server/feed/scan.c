/* SPDX-License-Identifier: Apache-2.0 */
/* The log, read as what was touched since. */
#include "feed.h"

struct each {
	struct iq_feed_touch touch;
	uint64_t skip, next; /* index of the touch to come */
	bool (*fn)(void *arg, const struct iq_feed_touch *touch);
	void *arg;
	bool stopped;
};

static bool one(void *arg, enum iq_kind kind, iq_num num)
{
	struct each *e = arg;

	e->touch.index = e->next++;
	if (e->touch.index < e->skip)
		return true;
	e->touch.kind = kind;
	e->touch.num = num;
	e->stopped = !e->fn(e->arg, &e->touch);
	return !e->stopped;
}

bool iq_feed_each(struct iq_txn *t, uint64_t from, uint64_t to, uint64_t skip,
	bool (*fn)(void *arg, const struct iq_feed_touch *touch), void *arg)
{
	struct each e = {.skip = skip, .fn = fn, .arg = arg};
	struct iq_log_entry entry;

	for (uint64_t r = from + 1; r <= to && !e.stopped; r++) {
		/* The header is needed before the touches are. */
		if (!iq_log_get(t, r, &entry, NULL, NULL))
			return false;
		e.touch.revision = r;
		e.touch.time_us = entry.time_us;
		e.next = 0;
		(void)iq_log_get(t, r, &entry, one, &e);
		e.skip = 0;
	}
	return true;
}

uint64_t iq_feed_count(struct iq_txn *t, uint64_t from, uint64_t to, uint64_t most)
{
	struct iq_log_entry entry;
	uint64_t n = 0;

	for (uint64_t r = from + 1; r <= to && n <= most; r++) {
		if (!iq_log_get(t, r, &entry, NULL, NULL))
			return UINT64_MAX;
		n += 1 + entry.touched;
	}
	return n;
}

int64_t iq_feed_time(struct iq_txn *t, uint64_t revision)
{
	struct iq_log_entry entry;

	return iq_log_get(t, revision, &entry, NULL, NULL) ? entry.time_us : 0;
}

enum iq_feed_is iq_feed_state(
	struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *image, uint64_t *last)
{
	if (iq_image_get(t, kind, num, image)) {
		*last = image->revision;
		return IQ_FEED_LIVE;
	}
	*last = 0;
	return iq_past_last(t, kind, num, image, last) ? IQ_FEED_GONE : IQ_FEED_FORGOTTEN;
}

struct revisions {
	uint64_t from, to, last; /* last: the one reported before */
	void (*fn)(void *arg, uint64_t revision);
	void *arg;
};

static void report(struct revisions *r, uint64_t revision)
{
	if (revision <= r->from || revision > r->to || revision == r->last)
		return;
	r->last = revision;
	r->fn(r->arg, revision);
}

static bool past_revision(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct revisions *r = arg;

	report(r, superseded);
	report(r, image->revision);
	return superseded > r->from;
}

void iq_feed_revisions(struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t from, uint64_t to,
	void (*fn)(void *arg, uint64_t revision), void *arg)
{
	struct revisions r = {.from = from, .to = to, .fn = fn, .arg = arg};
	struct iq_image now;

	if (iq_image_get(t, kind, num, &now))
		report(&r, now.revision);
	iq_past_each(t, kind, num, past_revision, &r);
}
