/* SPDX-License-Identifier: Apache-2.0 */
/* Two dates of a region side by side: the agenda of the next workshop (domain.md "Views"). */
#include "date.h"
#include "diff.h"
#include "op.h"

enum {
	DIFF_REVISION = 1,
	DIFF_FROM_REVISION,
	DIFF_TO_REVISION,
	DIFF_ITEMS,
	DIFF_CURSOR,
	DIFF_TOTAL,
	DIFF_LABELS,
	DIFF_FROM,
	DIFF_TO,
	DIFF_WITHHELD,
	DIFF_BECAUSE
};
enum {
	ITEM_WHAT = 1,
	ITEM_KIND,
	ITEM_ID,
	ITEM_NAME,
	ITEM_CHANGES,
	ITEM_REVISION,
	ITEM_TIME,
	ITEM_PRINCIPAL,
	ITEM_WITHHELD
};

static const enum iq_kind kinds[] = {IQ_RESPONSIBILITY, IQ_NOTICE, IQ_INSTITUTION, IQ_CONTACT,
	IQ_MEMBERSHIP, IQ_TOPIC, IQ_MEETING, IQ_PROPOSAL, IQ_BALLOT, IQ_COMMITMENT};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* A side: what was known at the end of a revision, of it what was in force on a day. */
struct side {
	uint64_t revision;
	int32_t day;
};

/* A record on one side. */
struct state {
	bool there; /* exists, is in force and counts in the region */
	struct iq_image image;
	bool current;
	struct iq_rec raw, shown;
};

struct diff {
	struct iq_req *rq;
	struct side from, to;
	iq_num region;                   /* IQ_NONE: everywhere */
	struct iq_num_set *institutions; /* NULL: all */
	uint8_t *touched[IQ_KINDS];      /* a bit per number: may differ */
	struct iq_arena scratch;         /* per record */
	struct iq_labels labels;
	uint64_t total;
	bool counting, full, more;
	size_t start;
	enum iq_kind last_kind;
	iq_num last;
};

/* ---- which records may differ -----------------------------------------------------------------
 */

static void mark(struct diff *d, enum iq_kind kind, iq_num num)
{
	if (d->touched[kind] != NULL && num < iq_rtxn_state(d->rq->rtxn)->next[kind])
		d->touched[kind][num >> 3] |= (uint8_t)(1u << (num & 7));
}

static bool mark_touched(void *arg, enum iq_kind kind, iq_num num)
{
	mark(arg, kind, num);
	return true;
}

static int32_t date_of(const struct iq_image *image, int column, int32_t open)
{
	struct iq_str s = iq_image_field(image->segment[IQ_SEGMENT_OPEN], (uint32_t)column + 1);
	int32_t days = open;

	return s.n > 0 && iq_date_parse(s, &days) ? days : open;
}

/* In force on one of the days only. */
static bool mark_dates(void *arg, const struct iq_image *image)
{
	struct diff *d = arg;
	int from, to;

	iq_rec_valid_columns(image->kind, &from, &to);
	int32_t first = date_of(image, from, IQ_DATE_MIN), last = date_of(image, to, IQ_DATE_MAX);
	bool was = first <= d->from.day && d->from.day <= last;
	bool is = first <= d->to.day && d->to.day <= last;

	if (was != is)
		mark(d, image->kind, image->num);
	return true;
}

static void gather(struct diff *d)
{
	struct iq_req *rq = d->rq;
	const struct iq_state *state = iq_rtxn_state(rq->rtxn);
	uint64_t revision = d->from.revision < d->to.revision ? d->from.revision : d->to.revision;
	struct iq_log_entry entry;
	int from, to;

	for (size_t k = 0; k < KINDS; k++)
		d->touched[kinds[k]] = iq_arena_zalloc(rq->arena, state->next[kinds[k]] / 8 + 1);
	/* Also what changed after both: its images of now say nothing of then. */
	while (revision < state->revision)
		(void)iq_log_get(rq->txn, ++revision, &entry, mark_touched, d);
	for (size_t k = 0; k < KINDS && d->from.day != d->to.day; k++) {
		iq_rec_valid_columns(kinds[k], &from, &to);
		if (from >= 0)
			iq_each_record(rq->txn, kinds[k], 0, mark_dates, d);
	}
}

/* ---- the two states ---------------------------------------------------------------------------
 */

static iq_num ref(struct diff *d, const struct iq_rec *rec, int column, enum iq_kind kind)
{
	struct iq_str id = iq_rec_text(rec, column);

	return id.n ? iq_req_find(d->rq, kind, id) : IQ_NONE;
}

static const int owner_column[IQ_KINDS] = {[IQ_RESPONSIBILITY] = IQ_RESP_INSTITUTION,
	[IQ_NOTICE] = IQ_NOTICE_INSTITUTION,
	[IQ_INSTITUTION] = IQ_COL_ID,
	[IQ_CONTACT] = IQ_CONTACT_INSTITUTION,
	[IQ_MEMBERSHIP] = IQ_MEMBERSHIP_INSTITUTION,
	[IQ_TOPIC] = IQ_TOPIC_INSTITUTION,
	[IQ_PROPOSAL] = IQ_PROPOSAL_INSTITUTION,
	[IQ_BALLOT] = IQ_BALLOT_INSTITUTION,
	[IQ_COMMITMENT] = IQ_COMMITMENT_INSTITUTIONS};

static iq_num owner_of(struct diff *d, const struct iq_rec *rec)
{
	if (rec->kind == IQ_MEETING) /* everybody's */
		return IQ_NONE;
	return ref(d, rec, owner_column[rec->kind], IQ_INSTITUTION);
}

/* Where it counts; IQ_NONE: everywhere, or nowhere in particular. */
static iq_num place_of(struct diff *d, const struct iq_rec *rec)
{
	if (rec->kind == IQ_RESPONSIBILITY)
		return ref(d, rec, IQ_RESP_REGION, IQ_REGION);
	if (rec->kind == IQ_NOTICE)
		return ref(d, rec, IQ_NOTICE_REGION, IQ_REGION);
	if (rec->kind == IQ_INSTITUTION)
		return ref(d, rec, IQ_INSTITUTION_REGION, IQ_REGION);
	if (iq_kind_in_circle(rec->kind))
		return iq_circle_place(d->rq->txn, rec);
	return iq_req_chain(d->rq, owner_of(d, rec))->region;
}

/* A region of the subtree, or one above it. */
static bool related(const struct iq_vocab *v, iq_num asked, iq_num place)
{
	if (iq_vocab_in_scope(v, asked, place) || iq_vocab_in_scope(v, place, asked))
		return true;
	for (const iq_num *m = v->area_members[asked]; m != NULL && *m != IQ_NONE; m++) {
		if (iq_vocab_in_scope(v, place, *m))
			return true;
	}
	return false;
}

/* One that is no more belongs where its parent does. */
static bool belongs(struct diff *d, const struct iq_rec *rec)
{
	const struct iq_value *bound = &rec->col[IQ_COMMITMENT_INSTITUTIONS];
	iq_num owner = owner_of(d, rec);

	for (uint32_t i = 0; rec->kind == IQ_COMMITMENT && i < bound->n; i++)
		if (iq_num_set_has(
			    d->institutions, iq_req_find(d->rq, IQ_INSTITUTION, bound->v[i])))
			return true;
	if (owner == IQ_NONE && rec->kind == IQ_INSTITUTION)
		owner = ref(d, rec, IQ_INSTITUTION_PARENT, IQ_INSTITUTION);
	return owner != IQ_NONE && iq_num_set_has(d->institutions, owner);
}

static bool counts(struct diff *d, const struct iq_rec *rec)
{
	if (d->institutions != NULL && !belongs(d, rec))
		return false;
	if (d->region == IQ_NONE)
		return true;
	iq_num place = place_of(d, rec);

	/* a notice without region counts everywhere */
	return place == IQ_NONE ? rec->kind == IQ_NOTICE : related(d->rq->vocab, d->region, place);
}

static bool read_shown(struct diff *d, struct state *s, bool leaves)
{
	struct iq_buf b;
	bool ok;

	iq_buf_init(&b, 0);
	ok = iq_past_disclose(d->rq, &s->image, s->current, leaves, &b) && !b.failed;
	struct iq_str body = iq_arena_dup(&d->scratch, (struct iq_str){(const char *)b.p, b.n});

	iq_buf_free(&b);
	s->shown = (struct iq_rec){.kind = s->image.kind};
	return ok &&
	       iq_codec_read(&s->shown, iq_image_field(body, iq_codec_record_field(s->image.kind)),
		       &d->scratch);
}

static void read_version(
	struct diff *d, const struct side *side, enum iq_kind kind, iq_num num, struct state *s)
{
	s->raw = (struct iq_rec){.kind = kind};
	s->there = iq_past_image(d->rq, kind, num, side->revision, &s->image, &s->current) &&
		   iq_codec_read(&s->raw, s->image.all, &d->scratch);
}

static void read_state(
	struct diff *d, const struct side *side, enum iq_kind kind, iq_num num, struct state *s)
{
	read_version(d, side, kind, num, s);
	s->there = s->there && iq_rec_valid_on(&s->raw, side->day) && counts(d, &s->raw);
}

static struct iq_diff_side side_of(struct diff *d, struct state *s, bool leaves)
{
	bool shown = s->there && read_shown(d, s, leaves);

	return (struct iq_diff_side){shown ? &s->raw : NULL, shown ? &s->shown : NULL};
}

/* ---- what is said of them ----------------------------------------------------------------------
 */

static struct iq_str label_of(struct diff *d, enum iq_kind kind, iq_num num)
{
	const struct iq_vocab *v = d->rq->vocab;
	bool english = d->labels.english;
	struct iq_rec rec = {.kind = kind};

	if (kind == IQ_TASK && num <= v->task.n)
		return v->task_label[num].name[english];
	if (kind == IQ_REGION && num <= v->region.n)
		return v->region_label[num].name[english];
	if (num == IQ_NONE || !iq_rec_get(d->rq->txn, kind, num, &d->scratch, &rec))
		return (struct iq_str){NULL, 0};
	return iq_rec_name(&rec, english);
}

/* For people: who does what, where; a person by name if shown, else by function. */
static struct iq_str name_of(struct diff *d, const struct iq_rec *rec)
{
	struct iq_str who = label_of(d, IQ_INSTITUTION, owner_of(d, rec)), what;
	const char *text;

	if (who.n == 0) /* it is no more */
		who = iq_rec_text(rec, owner_column[rec->kind]);
	if (rec->kind == IQ_INSTITUTION)
		return iq_rec_name(rec, d->labels.english);
	if (rec->kind == IQ_NOTICE) {
		what = iq_rec_text(rec, d->labels.english ? IQ_NOTICE_TEXT_EN : IQ_NOTICE_TEXT_DE);
		return what.n ? what : iq_rec_text(rec, IQ_NOTICE_TEXT_DE);
	}
	if (rec->kind == IQ_MEETING || rec->kind == IQ_TOPIC)
		return iq_rec_name(rec, d->labels.english);
	if (rec->kind == IQ_PROPOSAL || rec->kind == IQ_COMMITMENT) {
		what = iq_rec_name(rec, d->labels.english);
	} else if (rec->kind == IQ_BALLOT) {
		what = iq_rec_text(rec, IQ_BALLOT_PROPOSAL);
	} else if (rec->kind == IQ_CONTACT) {
		what = iq_rec_text(rec, IQ_CONTACT_NAME);
		what = what.n ? what : iq_rec_text(rec, IQ_CONTACT_FUNCTION);
	} else if (rec->kind == IQ_MEMBERSHIP) {
		what = label_of(d, IQ_WORKSHOP_RECORD,
			ref(d, rec, IQ_MEMBERSHIP_WORKSHOP, IQ_WORKSHOP_RECORD));
	} else {
		what = label_of(d, IQ_TASK, ref(d, rec, IQ_RESP_TASK, IQ_TASK));
		struct iq_str place =
			label_of(d, IQ_REGION, ref(d, rec, IQ_RESP_REGION, IQ_REGION));

		what = iq_str(iq_arena_printf(
			&d->scratch, "%.*s, %.*s", IQ_STR_ARG(what), IQ_STR_ARG(place)));
	}
	text = iq_arena_printf(&d->scratch, "%.*s%s%.*s", IQ_STR_ARG(who),
		who.n && what.n ? ": " : "", IQ_STR_ARG(what));
	return iq_str(text);
}

struct ending {
	uint64_t most, found;
};

static bool ending_one(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct ending *e = arg;

	(void)image;
	if (superseded <= e->most)
		e->found = superseded;
	return e->found == 0;
}

enum { VERSIONS_MAX = 100 }; /* looked through for one that the caller may know of */

/* The change that wrote what the caller sees of the record at the end of `revision`; 0: none. */
static uint64_t visible_change(struct diff *d, enum iq_kind kind, iq_num num, uint64_t revision)
{
	struct side side = {.revision = revision};
	struct state is, was;
	struct iq_rec_diff diff;

	for (int n = 0; n < VERSIONS_MAX; n++) {
		read_version(d, &side, kind, num, &is);
		if (!is.there)
			return 0;
		side.revision = is.image.revision - 1;
		read_version(d, &side, kind, num, &was);
		iq_diff_records(
			side_of(d, &was, false), side_of(d, &is, false), &d->scratch, &diff);
		if (diff.what != IQ_DIFF_SAME)
			return is.image.revision;
	}
	return is.image.revision;
}

/* The last change in between, 0: none; the dates alone make the difference. */
static uint64_t last_change(struct diff *d, enum iq_kind kind, iq_num num)
{
	struct ending e = {.most = d->to.revision};
	uint64_t least = d->from.revision;

	if (e.most < least) {
		e.most = d->from.revision;
		least = d->to.revision;
	}
	e.found = visible_change(d, kind, num, e.most);
	if (e.found == 0)
		iq_past_each(d->rq->txn, kind, num, ending_one, &e);
	return e.found > least ? e.found : 0;
}

/* Names for the ids that stand in a difference. */
static void add_labels(struct diff *d, const struct iq_rec *rec, int column)
{
	const struct iq_column *c = &iq_schemas[rec->kind].columns[column];

	if (c->type != IQ_TYPE_REF && c->type != IQ_TYPE_REFS)
		return;
	if (c->target != IQ_INSTITUTION && c->target != IQ_REGION && c->target != IQ_TASK &&
		c->target != IQ_STATUS && c->target != IQ_CONTACT)
		return;
	for (uint32_t i = 0; i < rec->col[column].n; i++)
		iq_labels_add(&d->labels, c->target,
			iq_req_find(d->rq, c->target, rec->col[column].v[i]));
}

static void write_item(struct diff *d, const struct iq_rec_diff *diff,
	const struct iq_diff_side *was, const struct iq_diff_side *is, iq_num num)
{
	struct iq_req *rq = d->rq;
	const struct iq_rec *rec = is->shown ? is->shown : was->shown;
	struct iq_log_entry entry;

	if (rec == NULL)
		return;
	const char *kind = iq_schemas[rec->kind].name;
	uint64_t revision = last_change(d, rec->kind, num);
	size_t begin = iq_wire_begin(rq->out, DIFF_ITEMS);

	iq_wire_str(rq->out, ITEM_WHAT, iq_str(iq_diff_names[diff->what]));
	iq_wire_str(rq->out, ITEM_KIND, iq_str(kind));
	iq_wire_str(rq->out, ITEM_ID, iq_rec_text(rec, IQ_COL_ID));
	iq_wire_str(rq->out, ITEM_NAME, name_of(d, rec));
	for (size_t i = 0; i < diff->n; i++) {
		const struct iq_diff_column *c = &diff->column[i];

		iq_change_put(rq->out, ITEM_CHANGES, kind, iq_rec_text(rec, IQ_COL_ID),
			iq_str(iq_schemas[rec->kind].columns[c->column].name), c->before, c->after);
		if (was->shown)
			add_labels(d, was->shown, c->column);
		if (is->shown)
			add_labels(d, is->shown, c->column);
	}
	iq_wire_uint(rq->out, ITEM_REVISION, revision);
	if (revision > 0 && iq_log_get(rq->txn, revision, &entry, NULL, NULL)) {
		iq_wire_uint(rq->out, ITEM_TIME, (uint64_t)entry.time_us);
		iq_wire_str(rq->out, ITEM_PRINCIPAL, entry.principal);
	}
	iq_wire_bool(rq->out, ITEM_WITHHELD, diff->withheld);
	iq_wire_end(rq->out, begin);
	d->last_kind = rec->kind;
	d->last = num;
	d->full = rq->out->n - d->start >= IQ_LIMIT_PAGE;
}

/* What differs of one record; it is written only if there is room for it. */
static void compare(struct diff *d, enum iq_kind kind, iq_num num)
{
	struct state was, is;
	struct iq_rec_diff diff;

	iq_arena_reset(&d->scratch);
	read_state(d, &d->from, kind, num, &was);
	read_state(d, &d->to, kind, num, &is);
	if (!was.there && !is.there)
		return;
	for (int leaves = 0; leaves < 2; leaves++) {
		struct iq_diff_side a = side_of(d, &was, leaves), b = side_of(d, &is, leaves);

		iq_diff_records(a, b, &d->scratch, &diff);
		if (diff.what == IQ_DIFF_SAME)
			return;
		if (d->counting) {
			d->total++;
			return;
		}
		if (d->full) {
			d->more = true;
			return;
		}
		if (leaves || kind != IQ_CONTACT) {
			write_item(d, &diff, &a, &b, num);
			return;
		}
	}
}

static void walk(struct diff *d, size_t kind, iq_num after)
{
	const struct iq_state *state = iq_rtxn_state(d->rq->rtxn);

	for (; kind < KINDS && !d->more; kind++, after = 0) {
		const uint8_t *bits = d->touched[kinds[kind]];
		iq_num next = state->next[kinds[kind]];

		for (iq_num num = after + 1; bits != NULL && num < next && !d->more; num++) {
			if (bits[num >> 3] == 0)
				num |= 7;
			else if (bits[num >> 3] >> (num & 7) & 1)
				compare(d, kinds[kind], num);
		}
	}
}

/* ---- the operation -----------------------------------------------------------------------------
 */

static enum iq_err read_side(
	struct iq_req *rq, const char *date, uint64_t revision, struct side *out)
{
	uint64_t now = iq_rtxn_state(rq->rtxn)->revision;

	if (revision > now)
		return iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("There is no revision {0} yet; the last one is {1}."),
			N_("Revisions are shown by: iqq history KIND ID"),
			iq_arena_printf(rq->arena, "%llu", (unsigned long long)revision),
			iq_arena_printf(rq->arena, "%llu", (unsigned long long)now), NULL);
	if (revision > 0) {
		*out = (struct side){revision, iq_past_day(rq, revision)};
		return IQ_OK;
	}
	out->day = rq->today;
	if (date[0] != '\0' && !iq_date_parse(iq_str(date), &out->day))
		return iq_error_set(rq->error, IQ_ERR_USAGE, N_("“{0}” is not a date."),
			N_("Dates are written like 2026-03-31."), date, NULL);
	out->revision = iq_past_revision(rq, out->day);
	return IQ_OK;
}

static enum iq_err read_request(struct diff *d)
{
	struct iq_req *rq = d->rq;
	const Iq__V1__DiffRequest *in = rq->msg->diff;
	bool english = in->lang == IQ__V1__LANG__EN, given = false;
	iq_num institution;
	enum iq_err err = iq_req_reason(rq, iq_str(in->reason), &given);

	if (err == IQ_OK && given)
		err = iq_req_bulk(rq);
	if (err == IQ_OK && in->from[0] == '\0' && in->from_revision == 0)
		err = iq_error_set(rq->error, IQ_ERR_USAGE,
			N_("A comparison needs the date to compare with."),
			N_("For example: iqq diff dresden --from 2026-01-01"), NULL);
	if (err == IQ_OK)
		err = read_side(rq, in->from, in->from_revision, &d->from);
	if (err == IQ_OK)
		err = read_side(rq, in->to, in->to_revision, &d->to);
	if (err == IQ_OK && in->region[0] != '\0')
		err = iq_req_term(rq, IQ_REGION, iq_str(in->region), english, &d->region);
	if (err == IQ_OK && in->institution[0] != '\0') {
		err = iq_req_term(
			rq, IQ_INSTITUTION, iq_str(in->institution), english, &institution);
		if (err == IQ_OK)
			d->institutions = iq_req_institutions(rq, institution);
	}
	iq_labels_init(&d->labels, rq, DIFF_LABELS, english);
	return err;
}

/* Kind and number of the last record: 'a' + position, digits. */
static enum iq_err read_cursor(struct diff *d, size_t *kind, iq_num *after)
{
	ProtobufCBinaryData cursor = d->rq->msg->diff->cursor;
	unsigned long long num = 0;

	*kind = 0;
	*after = 0;
	if (cursor.len == 0)
		return IQ_OK;
	*kind = (size_t)cursor.data[0] - 'a';
	for (size_t i = 1; i < cursor.len && num <= UINT32_MAX; i++) {
		if (cursor.data[i] < '0' || cursor.data[i] > '9')
			*kind = KINDS;
		num = 10 * num + (cursor.data[i] - (unsigned)'0');
	}
	*after = (iq_num)num;
	if (*kind < KINDS && num > 0 && num < UINT32_MAX)
		return IQ_OK;
	return iq_error_set(d->rq->error, IQ_ERR_USAGE,
		N_("The position to go on from is not one that this server gave."),
		N_("Start again from the beginning."), NULL);
}

static void write_cursor(struct diff *d)
{
	size_t kind = 0;

	if (!d->more)
		return;
	while (kinds[kind] != d->last_kind)
		kind++;
	iq_wire_str(d->rq->out, DIFF_CURSOR,
		iq_str(iq_arena_printf(d->rq->arena, "%c%u", 'a' + (int)kind, d->last)));
}

static void write_date(struct iq_buf *out, uint32_t field, int32_t day)
{
	char text[11];

	iq_date_format(day, text);
	iq_wire_str(out, field, iq_str(text));
}

enum iq_err iq_op_diff(struct iq_req *rq)
{
	struct diff *d = iq_arena_zalloc(rq->arena, sizeof(*d));
	size_t kind;
	iq_num after;

	if (d == NULL)
		return iq_req_finish(rq);
	d->rq = rq;
	enum iq_err err = read_request(d);

	if (err == IQ_OK)
		err = read_cursor(d, &kind, &after);
	if (err != IQ_OK)
		return err;
	d->start = rq->out->n;
	iq_wire_uint(rq->out, DIFF_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	iq_wire_uint(rq->out, DIFF_FROM_REVISION, d->from.revision);
	iq_wire_uint(rq->out, DIFF_TO_REVISION, d->to.revision);
	write_date(rq->out, DIFF_FROM, d->from.day);
	write_date(rq->out, DIFF_TO, d->to.day);
	gather(d);
	walk(d, kind, after);
	write_cursor(d);
	if (rq->msg->diff->cursor.len == 0) {
		d->counting = true;
		d->more = false;
		walk(d, 0, 0);
		iq_wire_uint(rq->out, DIFF_TOTAL, d->total);
	}
	iq_labels_write(&d->labels);
	iq_wire_uint(rq->out, DIFF_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, DIFF_BECAUSE, iq_str(rq->because));
	iq_arena_free(&d->scratch);
	return iq_req_finish(rq);
}
