/* SPDX-License-Identifier: Apache-2.0 */
/* What nobody looked after for long (domain.md "Views"), in order of what to do first. */
#include <stdlib.h>

#include "date.h"
#include "handover.h"
#include "stale_judge.h"

enum {
	STALE_REVISION = 1,
	STALE_ITEMS,
	STALE_CURSOR,
	STALE_TOTAL,
	STALE_LABELS,
	STALE_WITHHELD,
	STALE_BECAUSE
};
enum {
	ITEM_WHY = 1,
	ITEM_KIND,
	ITEM_ID,
	ITEM_INSTITUTION,
	ITEM_NAME,
	ITEM_DETAIL,
	ITEM_FLAG,
	ITEM_TASK,
	ITEM_REGION
};
enum { CANDIDATES_MAX = 1000000, MONTHS_MAX = 1200 };

struct candidate {
	struct iq_str id;
	iq_num num;
};

/* The records of one kind that belong to the institutions asked for, by id. */
struct candidates {
	struct iq_req *rq;
	struct candidate *a;
	size_t n, cap;
	bool read, failed;
};

struct stale {
	struct iq_req *rq;
	struct iq_stale_judge judge; /* .why: of this walk; IQ_STALE_WHYS: only counts */
	struct iq_arena scratch;
	struct iq_num_set *institutions; /* NULL: all */
	struct candidates of[IQ_KINDS];
	struct iq_labels labels;
	uint64_t total;
	size_t start;
	bool full, more;
	/* the last item written */
	enum iq_stale_why last_why;
	enum iq_kind last_kind;
	struct iq_str last_id;
	uint64_t last_flag, after_flag;
};

/* ---- walking ----------------------------------------------------------------------------------
 */

static void write_item(struct stale *s, const struct iq_stale_item *item)
{
	struct iq_req *rq = s->rq;
	size_t mark = iq_wire_begin(rq->out, STALE_ITEMS);

	iq_wire_str(rq->out, ITEM_WHY, iq_str(iq_stale_names[s->judge.why]));
	iq_wire_str(rq->out, ITEM_KIND, iq_str(iq_schemas[item->kind].name));
	iq_wire_str(rq->out, ITEM_ID, item->id);
	iq_wire_str(rq->out, ITEM_INSTITUTION, item->institution);
	iq_wire_str(rq->out, ITEM_NAME, item->name);
	iq_wire_str(rq->out, ITEM_DETAIL, item->detail);
	iq_wire_uint(rq->out, ITEM_FLAG, item->flag);
	if (item->task != IQ_NONE)
		iq_wire_str(rq->out, ITEM_TASK, iq_id_of(rq->txn, IQ_TASK, item->task));
	if (item->region != IQ_NONE)
		iq_wire_str(rq->out, ITEM_REGION, iq_id_of(rq->txn, IQ_REGION, item->region));
	iq_wire_end(rq->out, mark);
	iq_labels_add(
		&s->labels, IQ_INSTITUTION, iq_req_find(rq, IQ_INSTITUTION, item->institution));
	iq_labels_add(&s->labels, IQ_TASK, item->task);
	iq_labels_add(&s->labels, IQ_REGION, item->region);
	s->last_why = s->judge.why;
	s->last_kind = item->kind;
	s->last_id = item->id;
	s->last_flag = item->flag;
	s->full = rq->out->n - s->start >= IQ_LIMIT_PAGE;
}

static bool walk_one(void *arg, iq_num num, enum iq_kind kind)
{
	struct stale *s = arg;
	struct iq_image image;
	struct iq_stale_item item;

	if (!iq_image_get(s->rq->txn, kind, num, &image))
		return true;
	unsigned found = iq_stale_judge(&s->judge, &image, false, &item);

	if (s->judge.why == IQ_STALE_WHYS) {
		for (; found != 0; found &= found - 1)
			s->total++;
		return true;
	}
	if (!(found >> s->judge.why & 1))
		return true;
	if (s->full) {
		s->more = true;
		return false;
	}
	/* A person is on record as seen only if the answer shows it. */
	if (kind != IQ_CONTACT ||
		iq_stale_judge(&s->judge, &image, true, &item) >> s->judge.why & 1)
		write_item(s, &item);
	return !s->rq->out->failed;
}

static bool collect(void *arg, enum iq_kind from, iq_num num)
{
	struct candidates *c = arg;
	struct iq_arena *arena = c->rq->arena;

	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 64, size = sizeof(*c->a);
		struct candidate *a = c->n >= CANDIDATES_MAX ? NULL
							     : iq_arena_grow(arena, c->a,
								       c->cap * size, cap * size);

		if (a == NULL) {
			arena->failed = true;
			return false;
		}
		c->a = a;
		c->cap = cap;
	}
	c->a[c->n++] = (struct candidate){iq_id_of(c->rq->txn, from, num), num};
	return true;
}

static int compare_candidates(const void *a, const void *b)
{
	return iq_str_cmp(((const struct candidate *)a)->id, ((const struct candidate *)b)->id);
}

static void read_candidates(struct stale *s, enum iq_kind kind)
{
	struct candidates *c = &s->of[kind];

	c->rq = s->rq;
	c->read = true;
	for (size_t i = 0; i < iq_num_set_size(s->institutions); i++)
		iq_each_ref_by(s->rq->txn, IQ_INSTITUTION,
			(iq_num)iq_num_set_at(s->institutions, i), kind, collect, c);
	if (c->n > 1)
		qsort(c->a, c->n, sizeof(*c->a), compare_candidates);
}

struct each {
	struct stale *s;
	enum iq_kind kind;
};

static bool each_id(void *arg, struct iq_str id, iq_num num)
{
	struct each *e = arg;

	(void)id;
	return walk_one(e->s, num, e->kind);
}

/* All records of the kind behind `after`, by id. */
static void walk(struct stale *s, enum iq_kind kind, struct iq_str after)
{
	struct candidates *c = &s->of[kind];
	struct each e = {s, kind};

	if (s->institutions == NULL) {
		iq_each_id(s->rq->txn, kind, after, each_id, &e);
		return;
	}
	if (!c->read)
		read_candidates(s, kind);
	for (size_t i = 0; i < c->n; i++) {
		bool twice = i > 0 && c->a[i].num == c->a[i - 1].num;

		if (twice || (after.n > 0 && iq_str_cmp(c->a[i].id, after) <= 0))
			continue;
		if (!walk_one(s, c->a[i].num, kind))
			break;
	}
}

/* ---- marks ------------------------------------------------------------------------------------
 */

static bool walk_flag(void *arg, const struct iq_flag *flag)
{
	struct stale *s = arg;
	struct iq_req *rq = s->rq;
	struct iq_stale_item item = {.kind = flag->kind,
		.id = iq_id_of(rq->txn, flag->kind, flag->num),
		.institution = iq_id_of(rq->txn, IQ_INSTITUTION, flag->institution),
		.detail = flag->text,
		.flag = flag->id};
	struct iq_image image;

	if (flag->id <= s->after_flag && s->judge.why != IQ_STALE_WHYS)
		return true;
	if (s->institutions != NULL && !iq_num_set_has(s->institutions, flag->institution))
		return true;
	if (!iq_flag_readable(rq, flag))
		return true;
	if (flag->kind == IQ_RESPONSIBILITY && iq_image_get(rq->txn, flag->kind, flag->num, &image))
		(void)iq_stale_judge_row(&s->judge, &image, &item);
	item.detail = flag->text;
	if (!iq_stale_in_region(&s->judge, &item))
		return true;
	s->total += s->judge.why == IQ_STALE_WHYS;
	if (s->judge.why == IQ_STALE_WHYS)
		return true;
	if (s->full) {
		s->more = true;
		return false;
	}
	item.id = iq_arena_dup(rq->arena, item.id);
	write_item(s, &item);
	return true;
}

/* ---- the operation ----------------------------------------------------------------------------
 */

static const enum iq_kind kinds[] = {IQ_RESPONSIBILITY, IQ_CONTACT, IQ_MEMBERSHIP};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* The kinds a reason can be about. */
static bool about(enum iq_stale_why why, enum iq_kind kind)
{
	switch ((int)why) {
	case IQ_STALE_ORPHAN:
		return true;
	case IQ_STALE_NO_DEPUTY:
		return kind != IQ_RESPONSIBILITY;
	case IQ_STALE_ENDED_CONTACT:
	case IQ_STALE_NOT_INFORMED:
	case IQ_STALE_PERSONAL_MAIL:
		return kind == IQ_CONTACT;
	default:
		return kind == IQ_RESPONSIBILITY;
	}
}

static bool wants(const struct stale *s, enum iq_kind kind)
{
	for (int why = IQ_STALE_FLAG + 1; why < IQ_STALE_WHYS; why++) {
		if (s->judge.wanted >> why & 1 && about((enum iq_stale_why)why, kind))
			return true;
	}
	return false;
}

static void count(struct stale *s)
{
	s->judge.why = IQ_STALE_WHYS;
	if (s->judge.wanted >> IQ_STALE_FLAG & 1)
		iq_flag_each(s->rq->txn, walk_flag, s);
	for (size_t k = 0; k < KINDS; k++) {
		if (wants(s, kinds[k]))
			walk(s, kinds[k], (struct iq_str){NULL, 0});
	}
}

static void write_page(struct stale *s, int why, size_t kind, struct iq_str after)
{
	for (; why < IQ_STALE_WHYS && !s->more; why++, kind = 0) {
		s->judge.why = (enum iq_stale_why)why;
		if (!(s->judge.wanted >> why & 1))
			continue;
		if (why == IQ_STALE_FLAG) {
			iq_flag_each(s->rq->txn, walk_flag, s);
			continue;
		}
		for (; kind < KINDS && !s->more; kind++) {
			if (about(s->judge.why, kinds[kind]))
				walk(s, kinds[kind], after);
			after = (struct iq_str){NULL, 0};
		}
	}
}

static void write_cursor(struct stale *s)
{
	const char *id = s->last_why == IQ_STALE_FLAG ? iq_arena_printf(s->rq->arena, "%llu",
								(unsigned long long)s->last_flag)
						      : iq_req_cstr(s->rq, s->last_id);
	char *cursor = iq_arena_printf(s->rq->arena, "%c%c%s", 'a' + (int)s->last_why,
		'a' + (int)s->last_kind, id ? id : "");

	if (s->more && cursor != NULL)
		iq_wire_str(s->rq->out, STALE_CURSOR, iq_str(cursor));
}

static enum iq_err read_cursor(struct stale *s, int *why, size_t *kind, struct iq_str *after)
{
	ProtobufCBinaryData cursor = s->rq->msg->stale->cursor;

	*why = 0;
	*kind = 0;
	*after = (struct iq_str){NULL, 0};
	if (cursor.len == 0)
		return IQ_OK;
	*after = (struct iq_str){(const char *)cursor.data + 1, cursor.len - 1};
	*why = cursor.data[0] - 'a';
	if (after->n > 0) {
		while (*kind < KINDS && (int)kinds[*kind] != after->p[0] - 'a')
			(*kind)++;
		after->p++;
		after->n--;
	}
	if (*why < 0 || *why >= IQ_STALE_WHYS || !iq_slug_valid(*after) ||
		(*kind == KINDS && *why != IQ_STALE_FLAG))
		return iq_error_set(s->rq->error, IQ_ERR_USAGE,
			N_("The position to go on from is not one that this server gave."),
			N_("Start again from the beginning."), NULL);
	if (*why == IQ_STALE_FLAG)
		s->after_flag = strtoull(iq_req_cstr(s->rq, *after), NULL, 10);
	return IQ_OK;
}

static enum iq_err read_why(struct stale *s)
{
	const Iq__V1__StaleRequest *in = s->rq->msg->stale;

	for (size_t i = 0; i < in->n_why; i++) {
		int why = iq_choice(iq_stale_names, iq_str(in->why[i]));

		if (why < 0) {
			enum iq_err err = iq_error_set(s->rq->error, IQ_ERR_USAGE,
				N_("“{0}” is no reason for which a record is stale."),
				N_("The reasons are shown by: iqq help stale"), in->why[i], NULL);

			for (int k = 0; k < IQ_STALE_WHYS; k++)
				iq_error_add_candidate(
					s->rq->error, &(struct iq_candidate){.kind = IQ_STR("why"),
							      .term = iq_str(in->why[i]),
							      .id = iq_str(iq_stale_names[k]),
							      .name = iq_str(iq_stale_names[k])});
			return err;
		}
		s->judge.wanted |= 1u << why;
	}
	if (in->n_why == 0)
		s->judge.wanted = (1u << IQ_STALE_WHYS) - 1;
	return IQ_OK;
}

static bool note_overdue(void *arg, iq_num from, int32_t on)
{
	struct iq_stale_judge *judge = arg;

	if (on < judge->rq->today)
		iq_num_set_add(judge->overdue, from);
	return true;
}

static enum iq_err read_request(struct stale *s)
{
	struct iq_req *rq = s->rq;
	const Iq__V1__StaleRequest *in = rq->msg->stale;
	bool english = in->lang == IQ__V1__LANG__EN, given = false;
	uint32_t months = in->months ? in->months : IQ_LIMIT_STALE_MONTHS;
	enum iq_err err = read_why(s);
	iq_num institution;

	s->judge.since =
		iq_date_months_before(rq->today, months < MONTHS_MAX ? months : MONTHS_MAX);
	if (err == IQ_OK)
		err = iq_req_reason(rq, iq_str(in->reason), &given);
	if (err == IQ_OK && given)
		err = iq_req_bulk(rq);
	if (err == IQ_OK && in->region[0] != '\0')
		err = iq_req_term(rq, IQ_REGION, iq_str(in->region), english, &s->judge.region);
	if (err == IQ_OK && in->institution[0] != '\0') {
		err = iq_req_term(
			rq, IQ_INSTITUTION, iq_str(in->institution), english, &institution);
		if (err == IQ_OK)
			s->institutions = iq_req_institutions(rq, institution);
	}
	s->judge.english = english;
	iq_labels_init(&s->labels, rq, STALE_LABELS, english);
	s->judge.asked = iq_num_set_new(rq->arena);
	s->judge.whole = iq_num_set_new(rq->arena);
	s->judge.overdue = iq_num_set_new(rq->arena);
	if (err == IQ_OK)
		iq_waiting_each(rq->txn, note_overdue, &s->judge);
	return err;
}

enum iq_err iq_op_stale(struct iq_req *rq)
{
	struct stale *s = iq_arena_zalloc(rq->arena, sizeof(*s));
	struct iq_str after;
	int why;
	size_t kind;

	if (s == NULL)
		return iq_req_finish(rq);
	s->rq = s->judge.rq = rq;
	s->judge.scratch = &s->scratch;
	enum iq_err err = read_request(s);

	if (err == IQ_OK)
		err = read_cursor(s, &why, &kind, &after);
	if (err != IQ_OK)
		return err;
	s->start = rq->out->n;
	iq_wire_uint(rq->out, STALE_REVISION, iq_rtxn_state(rq->rtxn)->revision);
	write_page(s, why, kind, after);
	write_cursor(s);
	if (rq->msg->stale->cursor.len == 0) {
		count(s);
		iq_wire_uint(rq->out, STALE_TOTAL, s->total);
	}
	iq_arena_free(&s->scratch);
	iq_labels_write(&s->labels);
	iq_wire_uint(rq->out, STALE_WITHHELD, rq->nwithheld);
	if (rq->because != NULL)
		iq_wire_str(rq->out, STALE_BECAUSE, iq_str(rq->because));
	return iq_req_finish(rq);
}
