/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The change feed: everything the caller may see that changed since a cookie; for a consumer whose
 * cookie says nothing (any more) everything there is, page by page.
 */
#include "changes.h"

enum {
	EVENT_WHAT = 1,
	EVENT_KIND,
	EVENT_ID,
	EVENT_REVISION,
	EVENT_TIME,
	EVENT_RECORD,
	EVENT_ADDED
};

enum { LANE_TOUCHES = 500 }; /* more take too long for a worker */

static const int64_t day_us = INT64_C(86400) * 1000000;

/* Records that hold references to contacts look different to different callers. */
enum {
	SENSITIVE =
		1u << IQ_CONTACT | 1u << IQ_RESPONSIBILITY | 1u << IQ_MEMBERSHIP | 1u << IQ_BALLOT
};
/* Records that only those who take part may know of. */
enum {
	CIRCLE = 1u << IQ_TOPIC | 1u << IQ_MEETING | 1u << IQ_PROPOSAL | 1u << IQ_BALLOT |
		 1u << IQ_COMMITMENT
};
enum { ALL_KINDS = (1u << IQ_KINDS) - 1 };

/* ---- the filter ------------------------------------------------------------------------------ */

/* Field of the task; 0: has none. */
static const uint32_t task_field[IQ_KINDS] = {
	[IQ_RESPONSIBILITY] = IQ_RESP_TASK + 1,
	[IQ_NOTICE] = IQ_NOTICE_TASK + 1,
	[IQ_HANDOVER] = IQ_HANDOVER_TASK + 1,
};

static bool task_wanted(struct iq_changes *x, const struct iq_image *image)
{
	struct iq_str task =
		iq_image_field(image->segment[IQ_SEGMENT_OPEN], task_field[image->kind]);
	iq_num num;

	if (task.n == 0)
		return image->kind == IQ_NOTICE; /* about all tasks */
	num = iq_id_find(x->rq->txn, IQ_TASK, task);
	return num != IQ_NONE && iq_tree_covers(&x->rq->vocab->task, x->filter.task, num);
}

bool iq_changes_wanted(struct iq_changes *x, const struct iq_image *image)
{
	const struct iq_feed_filter *f = &x->filter;
	iq_num institution, region;

	if (!(f->kinds & 1u << image->kind))
		return false;
	if (iq_kind_in_circle(image->kind) && !iq_circle_shown(x->rq, image))
		return false;
	if (f->task != IQ_NONE && !task_wanted(x, image))
		return false;
	if ((f->region == IQ_NONE && f->institution == IQ_NONE) || !(IQ_SCOPED & 1u << image->kind))
		return true;
	iq_req_scope_of(x->rq, image, &institution, &region);
	if (f->institution != IQ_NONE && !iq_num_set_has(f->institutions, institution))
		return false;
	return f->region == IQ_NONE || iq_vocab_in_scope(x->rq->vocab, f->region, region);
}

static enum iq_err read_kinds(struct iq_changes *x)
{
	struct iq_req *rq = x->rq;
	const Iq__V1__ChangesRequest *in = rq->msg->changes;
	struct iq_feed_filter *f = &x->filter;
	enum iq_kind kind;

	for (size_t i = 0; i < in->n_kinds; i++) {
		enum iq_err err = iq_req_kind(rq, iq_str(in->kinds[i]), &kind);

		if (err != IQ_OK)
			return err;
		if (f->task != IQ_NONE && task_field[kind] == 0)
			return iq_error_set(rq->error, IQ_ERR_USAGE,
				N_("Records of kind {0} have no task."),
				N_("Leave out --task, or this kind."), iq_schemas[kind].name, NULL);
		f->kinds |= 1u << kind;
	}
	if (f->kinds != 0)
		return IQ_OK;
	if (f->task != IQ_NONE)
		f->kinds = 1u << IQ_RESPONSIBILITY | 1u << IQ_NOTICE;
	else if (f->region != IQ_NONE || f->institution != IQ_NONE)
		f->kinds = IQ_SCOPED;
	else
		f->kinds = ALL_KINDS;
	return IQ_OK;
}

static enum iq_err read_term(struct iq_req *rq, enum iq_kind kind, const char *term, iq_num *out)
{
	*out = IQ_NONE;
	return *term != '\0' ? iq_req_term(rq, kind, iq_str(term), false, out) : IQ_OK;
}

static enum iq_err read_filter(struct iq_changes *x)
{
	struct iq_req *rq = x->rq;
	const Iq__V1__ChangesRequest *in = rq->msg->changes;
	struct iq_feed_filter *f = &x->filter;
	enum iq_err err = read_term(rq, IQ_REGION, in->region, &f->region);

	if (err == IQ_OK)
		err = read_term(rq, IQ_INSTITUTION, in->institution, &f->institution);
	if (err == IQ_OK)
		err = read_term(rq, IQ_TASK, in->task, &f->task);
	if (err == IQ_OK && f->institution != IQ_NONE)
		f->institutions = iq_req_institutions(rq, f->institution);
	if (err == IQ_OK)
		err = read_kinds(x);
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &f->reason);
	if (err == IQ_OK && f->reason && f->kinds & 1u << IQ_CONTACT)
		err = iq_req_bulk(rq);
	x->circle = (f->kinds & CIRCLE) != 0;
	x->sensitive = x->circle || (f->kinds & SENSITIVE) != 0;
	x->regions = (f->kinds & SENSITIVE) != 0 && iq_contact_regions(rq);
	return err == IQ_OK && rq->arena->failed ? iq_req_finish(rq) : err;
}

/* ---- marks in the cookie --------------------------------------------------------------------- */

static void mark_filter(const struct iq_feed_filter *f, uint8_t out[IQ_FEED_HASH])
{
	const uint32_t v[] = {f->kinds, f->region, f->institution, f->task, f->reason};

	iq_feed_hash((struct iq_str){(const char *)v, sizeof(v)}, out);
}

static void add_num(struct iq_buf *b, uint32_t v)
{
	iq_buf_add(b, &v, sizeof(v));
}

struct members {
	struct iq_req *rq;
	struct iq_buf *b;
	iq_num workshop;
};

/* Institutions that take part in a workshop today. */
static bool add_member(void *arg, enum iq_kind from, iq_num num)
{
	struct members *m = arg;
	struct iq_req *rq = m->rq;
	struct iq_image image;
	const iq_num *in;

	if (!iq_image_get(rq->txn, from, num, &image))
		return true;
	iq_num institution = iq_id_find(rq->txn, IQ_INSTITUTION,
		iq_image_field(image.segment[IQ_SEGMENT_OPEN], IQ_MEMBERSHIP_INSTITUTION + 1));
	size_t n = iq_workshops_of(rq->txn, institution, rq->today, rq->arena, &in);

	for (size_t i = 0; i < n; i++) {
		if (in[i] == m->workshop)
			add_num(m->b, institution);
	}
	return true;
}

static void add_mark(void *arg, uint32_t value)
{
	add_num(arg, value);
}

/* The seats in workshops that the caller has today. */
static void mark_seats(struct iq_changes *x, struct iq_buf *b)
{
	struct iq_req *rq = x->rq;
	const struct iq_principal *p = rq->principal;
	struct iq_num_set *edited = iq_num_set_new(rq->arena);

	for (size_t i = 0; i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (g->role != IQ_ACCESS_EDITOR || g->institution == IQ_NONE ||
			rq->today < g->from || g->to < rq->today)
			continue;
		struct iq_num_set *below = iq_req_institutions(rq, g->institution);

		for (size_t k = 0; k < iq_num_set_size(below); k++)
			(void)iq_num_set_add(edited, iq_num_set_at(below, k));
	}
	size_t n = iq_num_set_size(edited);
	iq_num *list = iq_arena_array(rq->arena, n, sizeof(*list));

	for (size_t i = 0; list != NULL && i < n; i++)
		list[i] = (iq_num)iq_num_set_at(edited, i);
	if (list == NULL && n > 0)
		return; /* the arena has failed: the request ends so */
	add_num(b, UINT32_MAX);
	iq_circle_mark(rq->txn, p, list, n, rq->vocab, rq->today, rq->arena, add_mark, b);
}

/* All that decides, beside the records themselves, what the caller may see. */
static void mark_rights(struct iq_changes *x, uint8_t out[IQ_FEED_HASH])
{
	struct iq_req *rq = x->rq;
	const struct iq_principal *p = rq->principal;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	if (p != NULL)
		iq_buf_str(&b, p->id);
	for (size_t i = 0; x->sensitive && p != NULL && i < p->ngrants; i++) {
		const struct iq_grant *g = &p->grants[i];

		if (rq->today < g->from || g->to < rq->today)
			continue;
		add_num(&b, (uint32_t)g->role);
		add_num(&b, g->institution);
		add_num(&b, g->region);
	}
	if (x->sensitive && p != NULL) {
		add_num(&b, UINT32_MAX);
		add_num(&b, p->institution);
		for (size_t i = 0; i < p->nabove; i++)
			add_num(&b, p->above[i]);
	}
	for (size_t i = 0; x->sensitive && p != NULL && i < p->nworkshops; i++) {
		struct members m = {.rq = rq, .b = &b, .workshop = p->workshops[i]};

		add_num(&b, UINT32_MAX);
		add_num(&b, p->workshops[i]);
		iq_each_ref_by(rq->txn, IQ_WORKSHOP_RECORD, p->workshops[i], IQ_MEMBERSHIP,
			add_member, &m);
	}
	if (x->circle && p != NULL)
		mark_seats(x, &b);
	if (b.failed)
		rq->arena->failed = true;
	else
		iq_feed_hash((struct iq_str){(char *)b.p, b.n}, out);
	iq_buf_free(&b);
}

/* ---- where to go on -------------------------------------------------------------------------- */

static void begin_refresh(struct iq_changes *x, const char *because)
{
	struct iq_feed_cookie c = {.generation = iq_rtxn_state(x->rq->rtxn)->generation,
		.phase = IQ_FEED_REFRESH,
		.base = x->now,
		.told = x->now,
		.day = x->rq->today};

	memcpy(c.filter, x->c.filter, sizeof(c.filter));
	memcpy(c.rights, x->c.rights, sizeof(c.rights));
	x->c = c;
	x->because = because;
}

/* Why the cookie is of no use; NULL: it is. */
static const char *outdated(struct iq_changes *x, const struct iq_feed_cookie *was)
{
	const struct iq_req *rq = x->rq;
	int64_t since;

	if (was->generation != iq_rtxn_state(rq->rtxn)->generation || was->base > x->now ||
		was->told > x->now || was->at > x->now)
		return "generation";
	if (memcmp(was->filter, x->c.filter, IQ_FEED_HASH) != 0)
		return "filter";
	if (memcmp(was->rights, x->c.rights, IQ_FEED_HASH) != 0)
		return "rights";
	/* Amid an answer of several pages it has become another day. */
	if (x->sensitive && was->day != rq->today &&
		(was->phase == IQ_FEED_REFRESH || was->told > was->base))
		return "rights";
	if (was->base == x->now)
		return NULL;
	since = iq_feed_time(rq->txn, was->base + 1);
	return rq->now_us - since > IQ_LIMIT_TOMBSTONE_DAYS * day_us ? "horizon" : NULL;
}

static enum iq_err read_cookie(struct iq_changes *x)
{
	struct iq_req *rq = x->rq;
	const Iq__V1__ChangesRequest *in = rq->msg->changes;
	struct iq_str bytes = rq->resume;
	struct iq_feed_cookie was;
	const char *because;

	if (bytes.n == 0)
		bytes = (struct iq_str){(const char *)in->cookie.data, in->cookie.len};
	if (bytes.n == 0) {
		begin_refresh(x, "start");
		return IQ_OK;
	}
	if (!iq_feed_cookie_read(bytes, x->key, &was))
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("The cookie is not one that this server gave."),
			N_("Start again without it: everything is told anew."), NULL);
	because = outdated(x, &was);
	if (because != NULL)
		begin_refresh(x, because);
	else
		x->c = was;
	return IQ_OK;
}

static enum iq_err open_changes(struct iq_req *rq, struct iq_changes **out)
{
	struct iq_changes *x = rq->prepared;
	enum iq_err err;

	*out = x;
	if (x != NULL)
		return rq->error->code;
	*out = x = rq->prepared = iq_arena_zalloc(rq->arena, sizeof(*x));
	if (x == NULL)
		return iq_req_finish(rq);
	x->rq = rq;
	x->now = iq_rtxn_state(rq->rtxn)->revision;
	x->told = iq_num_set_new(rq->arena);
	if (!iq_feed_key(rq->txn, x->key))
		return iq_error_set(rq->error, IQ_ERR_BUSY,
			N_("The server cannot sign cookies for the change feed."),
			N_("Ask the operator to restart the server."), NULL);
	err = read_filter(x);
	if (err != IQ_OK)
		return err;
	mark_filter(&x->filter, x->c.filter);
	mark_rights(x, x->c.rights);
	err = read_cookie(x);
	return err == IQ_OK && rq->arena->failed ? iq_req_finish(rq) : err;
}

uint64_t iq_cost_changes(struct iq_req *rq)
{
	const Iq__V1__ChangesRequest *in = rq->msg->changes;
	struct iq_changes *x;

	if (open_changes(rq, &x) != IQ_OK || in->start)
		return 0;
	if (x->c.phase == IQ_FEED_REFRESH || in->verify || (x->regions && x->c.day != rq->today) ||
		iq_feed_count(rq->txn, x->c.base, x->now, LANE_TOUCHES) > LANE_TOUCHES) {
		rq->prepared = NULL; /* the lane has a request of its own */
		return UINT64_MAX;
	}
	return 0;
}

/* ---- events ---------------------------------------------------------------------------------- */

bool iq_changes_full(const struct iq_changes *x)
{
	return x->rq->out->n - x->start >= IQ_LIMIT_PAGE;
}

void iq_changes_event(struct iq_changes *x, enum iq_event what, const struct iq_image *image,
	uint64_t revision, int64_t time_us)
{
	static const char *const names[] = {"upsert", "upsert", "tombstone", "withdraw"};
	struct iq_buf *out = x->rq->out;
	size_t before = out->n, mark = iq_wire_begin(out, CHANGES_EVENTS);

	if (!iq_num_set_add(x->told, (uint64_t)image->kind << 32 | image->num)) {
		out->n = before;
		return;
	}
	iq_wire_str(out, EVENT_WHAT, iq_str(names[what]));
	iq_wire_str(out, EVENT_KIND, iq_str(iq_schemas[image->kind].name));
	iq_wire_str(out, EVENT_ID, iq_image_id(image));
	iq_wire_uint(out, EVENT_REVISION, revision);
	iq_wire_uint(out, EVENT_TIME, (uint64_t)time_us);
	if (what <= IQ_EVENT_ADDED) {
		size_t record = iq_wire_begin(out, EVENT_RECORD);

		if (!iq_disclose_record(x->rq, image->kind, image->num, out)) {
			out->n = before;
			return;
		}
		iq_wire_end(out, record);
	}
	iq_wire_bool(out, EVENT_ADDED, what == IQ_EVENT_ADDED);
	iq_wire_end(out, mark);
	x->written++;
}

/* ---- refresh --------------------------------------------------------------------------------- */

struct refresh {
	struct iq_changes *x;
	uint64_t revision; /* whose time is known */
	int64_t time_us;
	bool more;
};

static bool refresh_one(void *arg, struct iq_str id, iq_num num)
{
	struct refresh *r = arg;
	struct iq_changes *x = r->x;
	struct iq_image image;

	if (iq_changes_full(x)) {
		r->more = true;
		return false;
	}
	if (id.n < sizeof(x->c.after)) {
		memcpy(x->c.after, id.p, id.n);
		x->c.after[id.n] = '\0';
	}
	/* What is newer than the refresh is told after it. */
	if (!iq_image_get(x->rq->txn, x->c.kind, num, &image) || image.revision > x->c.base ||
		!iq_changes_wanted(x, &image))
		return true;
	if (r->revision != image.revision) {
		r->revision = image.revision;
		r->time_us = iq_feed_time(x->rq->txn, image.revision);
	}
	iq_changes_event(x, IQ_EVENT_UPSERT, &image, image.revision, r->time_us);
	return !x->rq->out->failed;
}

static bool write_refresh(struct iq_changes *x)
{
	struct refresh r = {.x = x};

	for (;;) {
		struct iq_str after =
			iq_arena_dup(x->rq->arena, iq_str(x->c.after)); /* it moves on */

		if (x->filter.kinds & 1u << x->c.kind)
			iq_each_id(x->rq->txn, x->c.kind, after, refresh_one, &r);
		if (r.more || x->rq->out->failed || x->c.kind + 1 == IQ_KINDS)
			break;
		x->c.kind++;
		x->c.after[0] = '\0';
	}
	x->c.told = x->now;
	if (r.more)
		return true;
	x->c.phase = IQ_FEED_DELTA;
	x->c.kind = IQ_REGION;
	x->c.after[0] = '\0';
	x->c.at = x->c.base;
	x->c.index = 0;
	return x->c.told > x->c.base;
}

/* ---- count and digest ------------------------------------------------------------------------ */

struct counting {
	struct iq_changes *x;
	enum iq_kind kind;
	struct iq_feed_digest digest;
};

static bool count_one(void *arg, struct iq_str id, iq_num num)
{
	struct counting *c = arg;
	struct iq_image image;
	bool shown;

	if (c->kind == IQ_CONTACT)
		(void)iq_sight_now(c->x, num, &shown);
	else
		shown = iq_image_get(c->x->rq->txn, c->kind, num, &image) &&
			iq_changes_wanted(c->x, &image);
	if (shown)
		iq_feed_digest_add(&c->digest, c->kind, id);
	return true;
}

static void write_count(struct iq_changes *x)
{
	struct iq_buf *out = x->rq->out;
	struct counting c = {.x = x};
	uint8_t digest[IQ_FEED_DIGEST];

	iq_feed_digest_begin(&c.digest);
	for (int i = 0; i < IQ_KINDS; i++) {
		c.kind = iq_feed_kind_at(i);
		if (x->filter.kinds & 1u << c.kind)
			iq_each_id(x->rq->txn, c.kind, (struct iq_str){NULL, 0}, count_one, &c);
	}
	iq_feed_digest_end(&c.digest, digest);
	iq_wire_bool(out, CHANGES_COUNTED, true);
	iq_wire_uint(out, CHANGES_COUNT, c.digest.count);
	iq_wire_str(out, CHANGES_DIGEST, (struct iq_str){(char *)digest, sizeof(digest)});
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void write_cookie(struct iq_changes *x)
{
	struct iq_req *rq = x->rq;
	struct iq_buf b;

	iq_buf_init(&b, 0);
	iq_feed_cookie_write(&x->c, x->key, &b);
	rq->cookie = iq_arena_dup(rq->arena, (struct iq_str){(char *)b.p, b.n});
	if (b.failed)
		rq->out->failed = true;
	iq_buf_free(&b);
	iq_wire_str(rq->out, CHANGES_COOKIE, rq->cookie);
}

static void write_rest(struct iq_changes *x, bool refresh, bool more)
{
	struct iq_req *rq = x->rq;
	const Iq__V1__ChangesRequest *in = rq->msg->changes;
	uint64_t wait = (uint64_t)IQ_LIMIT_WATCH_SECONDS * 1000;

	iq_wire_uint(rq->out, CHANGES_REVISION, x->c.phase == IQ_FEED_DELTA ? x->c.at : x->c.base);
	write_cookie(x);
	iq_wire_bool(rq->out, CHANGES_MORE, more);
	iq_wire_bool(rq->out, CHANGES_REFRESH, refresh);
	if (x->because != NULL)
		iq_wire_str(rq->out, CHANGES_BECAUSE, iq_str(x->because));
	if (in->verify && !more)
		write_count(x);
	iq_wire_uint(rq->out, CHANGES_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, CHANGES_WITHHELD_BECAUSE, iq_str(rq->because));
	if (x->written == 0 && !more && !refresh && !in->start && !in->verify)
		rq->wait_ms = in->wait_ms < wait ? in->wait_ms : (uint32_t)wait;
}

static void start_now(struct iq_changes *x)
{
	begin_refresh(x, NULL);
	x->c.phase = IQ_FEED_DELTA;
	x->c.at = x->now;
}

enum iq_err iq_op_changes(struct iq_req *rq)
{
	struct iq_changes *x;
	bool more = false, refresh = false;
	enum iq_err err = open_changes(rq, &x);

	if (err != IQ_OK)
		return err;
	x->start = rq->out->n;
	if (rq->msg->changes->start) {
		start_now(x);
	} else if (x->c.phase == IQ_FEED_REFRESH) {
		refresh = true;
		more = write_refresh(x);
	} else {
		const char *because = iq_delta_collect(x);

		if (because == NULL)
			because = iq_delta_write(x, &more);
		if (because != NULL) {
			/* Its pages are for the slow lane: it begins with the next request. */
			begin_refresh(x, because);
			refresh = more = true;
		}
	}
	write_rest(x, refresh, more);
	return iq_req_finish(rq);
}
