/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_CHANGES_H
#define IQ_OPS_CHANGES_H

/* What the files of the change feed share: op_changes.c, delta.c, sight.c. */

#include "feed.h"
#include "op.h"

enum {
	CHANGES_REVISION = 1,
	CHANGES_EVENTS,
	CHANGES_COOKIE,
	CHANGES_MORE,
	CHANGES_REFRESH,
	CHANGES_BECAUSE,
	CHANGES_COUNTED,
	CHANGES_COUNT,
	CHANGES_DIGEST,
	CHANGES_WITHHELD,
	CHANGES_WITHHELD_BECAUSE
};

/* What the feed is about. */
struct iq_feed_filter {
	uint32_t kinds;                   /* bit per kind */
	iq_num region, institution, task; /* subtrees; IQ_NONE: all */
	const struct iq_num_set *institutions;
	bool reason;
};

/* A contact in a version of a responsibility that was touched, or that began or ended. */
struct iq_feed_link {
	iq_num contact, responsibility;
	uint64_t last; /* revision that touched it last; UINT64_MAX: its dates did */
};

struct iq_changes {
	struct iq_req *rq;
	struct iq_feed_filter filter;
	bool sensitive; /* rights matter: contacts, or records that refer to them */
	bool regions;   /* of these, the regions of responsibilities */
	bool circle;    /* what workshops work on is among the kinds */
	struct iq_feed_cookie c;
	uint8_t key[IQ_FEED_KEY];
	uint64_t now;        /* revision of the snapshot */
	const char *because; /* a refresh begins, for this reason */
	bool collected;
	struct iq_feed_link *links; /* in order of contact and responsibility */
	size_t nlinks, cap_links;
	struct iq_num_set *dates; /* responsibilities that began or ended by their dates alone */
	struct iq_num_set *told;  /* kind << 32 | number of the events of this answer */
	uint64_t written;         /* events */
	size_t start;             /* rq->out->n before them */
};

/* Is the record, as in this image, what the feed is about? Of rights, only those over what
 * workshops work on are asked. */
bool iq_changes_wanted(struct iq_changes *x, const struct iq_image *image);
/* One event; at most once per record and answer. image: gives the id. */
enum iq_event { IQ_EVENT_UPSERT, IQ_EVENT_ADDED, IQ_EVENT_TOMBSTONE, IQ_EVENT_WITHDRAW };
void iq_changes_event(struct iq_changes *x, enum iq_event what, const struct iq_image *image,
	uint64_t revision, int64_t time_us);
/* The page is full. */
bool iq_changes_full(const struct iq_changes *x);

/* ---- delta.c -------------------------------------------------------------------------------- */

/* What was touched since, as far as others depend on it. NULL: goes on; else why all must be told
 * anew. */
const char *iq_delta_collect(struct iq_changes *x);
/* Writes events; *more: there are further ones. The cookie is advanced. */
const char *iq_delta_write(struct iq_changes *x, bool *more);

/* ---- sight.c -------------------------------------------------------------------------------- */

/* How much of a contact the caller may see now, and whether the feed is about it. */
enum iq_disclosure iq_sight_now(struct iq_changes *x, iq_num contact, bool *shown);
/* The same of all snapshots that the consumer was told from, judged by today's rights. */
struct iq_sight {
	unsigned levels; /* bits 1 << level */
	bool shown;      /* in one of them it was in the feed */
};
struct iq_sight iq_sight_before(struct iq_changes *x, iq_num contact);
/* Links of a contact. */
const struct iq_feed_link *iq_sight_links(const struct iq_changes *x, iq_num contact, size_t *n);

#endif
