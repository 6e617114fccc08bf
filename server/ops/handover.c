/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that hangs on a contact goes to the successor: first all that would change is
 * collected and checked, then it is written, in the change of the job. In the writer's thread.
 */
#include "handover_priv.h"

#include "date.h"

void *iq_hand_room(struct iq_arena *arena, void *list, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return list;
	size_t more = *cap ? 2 * *cap : 16;
	void *grown = iq_arena_grow(arena, list, *cap * size, more * size);

	if (grown != NULL)
		*cap = more;
	return grown;
}

/* Forgets what a decision said; the arena's memory stays. */
void iq_hand_forget_error(struct iq_right *r)
{
	struct iq_error *error = &r->job->job.error;

	iq_error_init(error, error->arena);
}

enum iq_err iq_hand_no_memory(struct iq_right *r)
{
	return iq_error_set(&r->job->job.error, IQ_ERR_BUSY, N_("There is not enough memory."),
		N_("Try again later, or in smaller parts."), NULL);
}

/* ---- steps ----------------------------------------------------------------------------------- */

struct iq_value iq_hand_text(struct iq_arena *arena, struct iq_str text)
{
	struct iq_str *v = text.n > 0 ? iq_arena_alloc(arena, sizeof(*v)) : NULL;

	if (v == NULL)
		return (struct iq_value){NULL, 0};
	*v = text;
	return (struct iq_value){v, 1};
}

static struct iq_value day_value(struct iq_arena *arena, int32_t day)
{
	char text[11];

	iq_date_format(day, text);
	return iq_hand_text(arena, iq_arena_dup(arena, iq_str(text)));
}

static void copy_values(struct iq_arena *arena, struct iq_rec *rec)
{
	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++) {
		struct iq_value *value = &rec->col[c];
		struct iq_str *v = iq_arena_array(arena, (size_t)value->n + 1, sizeof(*v));

		for (uint32_t i = 0; v != NULL && i < value->n; i++)
			v[i] = iq_arena_dup(arena, value->v[i]);
		value->v = v;
		value->n = v == NULL ? 0 : value->n;
	}
}

/* The record as it is, copied: writing moves what it would borrow. */
bool iq_hand_load(struct iq_right *r, enum iq_kind kind, iq_num num, struct iq_rec *out)
{
	if (num == IQ_NONE || !iq_rec_get(r->txn, kind, num, &r->job->arena, out))
		return false;
	copy_values(&r->job->arena, out);
	return !r->job->arena.failed;
}

struct iq_step *iq_hand_step(
	struct iq_handing *h, const struct iq_rec *now, iq_num num, const char *column)
{
	struct iq_step *grown = iq_hand_room(h->arena, h->step, h->n, &h->cap, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	h->step = grown;
	grown[h->n] = (struct iq_step){.rec = {.kind = now->kind, .given = 1u << IQ_COL_ID},
		.num = num,
		.column = column,
		.name = column ? iq_hanging_name(h->r->txn, now, h->hand->english, h->arena)
			       : (struct iq_str){NULL, 0}};
	grown[h->n].rec.col[IQ_COL_ID] = now->col[IQ_COL_ID];
	return &grown[h->n++];
}

void iq_hand_give(struct iq_step *s, int col, struct iq_value value)
{
	s->rec.col[col] = value;
	s->rec.given |= 1u << col;
	s->writes = true;
}

void iq_hand_block(struct iq_handing *h, const struct iq_rec *rec)
{
	struct iq_candidate *grown =
		iq_hand_room(h->arena, h->block, h->nblock, &h->capblock, sizeof(*grown));

	if (grown == NULL)
		return;
	h->block = grown;
	grown[h->nblock++] = (struct iq_candidate){
		.kind = iq_str(iq_schemas[rec->kind].name), .id = iq_rec_text(rec, IQ_COL_ID)};
}

bool iq_hand_is_from(const struct iq_handing *h, struct iq_str id)
{
	return id.n > 0 && iq_id_find(h->r->txn, IQ_CONTACT, id) == h->hand->from;
}

bool iq_hand_is_to(const struct iq_handing *h, struct iq_str id)
{
	return id.n > 0 && iq_id_find(h->r->txn, IQ_CONTACT, id) == h->hand->to;
}

/* ---- the two ----------------------------------------------------------------------------------
 */

static bool count_ref(void *arg, enum iq_kind from, iq_num num)
{
	(void)from;
	(void)num;
	(*(size_t *)arg)++;
	return false;
}

static int32_t day_of(const struct iq_rec *rec, int col, int32_t open)
{
	int32_t day;

	return iq_date_parse(iq_rec_text(rec, col), &day) ? day : open;
}

/* The last day of the one who goes, as if no hand-over had been asked for yet. */
static struct iq_str ended_before(const struct iq_handing *h)
{
	bool ours = h->had && day_of(&h->from, IQ_CONTACT_VALID_TO, 0) == h->old.on - 1;

	return ours ? h->old.ended : iq_rec_text(&h->from, IQ_CONTACT_VALID_TO);
}

static bool begun_by_us(const struct iq_handing *h)
{
	return h->had && h->old.begun && day_of(&h->to, IQ_CONTACT_VALID_FROM, 0) == h->old.on;
}

static enum iq_err end_from(struct iq_handing *h)
{
	struct iq_error *error = &h->r->job->job.error;
	struct iq_step *s = iq_hand_step(h, &h->from, h->hand->from, NULL);
	int32_t last = h->hand->on - 1, ended;
	struct iq_str was = ended_before(h);

	if (s == NULL)
		return iq_hand_no_memory(h->r);
	if (iq_date_parse(was, &ended) && ended <= last) {
		iq_hand_give(s, IQ_CONTACT_VALID_TO, iq_hand_text(h->arena, was));
		return IQ_OK;
	}
	if (day_of(&h->from, IQ_CONTACT_VALID_FROM, IQ_DATE_MIN) > last)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("{0} begins on {1} only: there is no day before for which to end."),
			N_("Name a later day with --on, or delete that contact."),
			iq_arena_cstr(h->arena, iq_rec_text(&h->from, IQ_COL_ID)),
			iq_arena_cstr(h->arena, iq_rec_text(&h->from, IQ_CONTACT_VALID_FROM)),
			NULL);
	iq_hand_give(s, IQ_CONTACT_VALID_TO, day_value(h->arena, last));
	return IQ_OK;
}

/* *begun: it has its first day by this. */
static enum iq_err begin_to(struct iq_handing *h, bool *begun)
{
	struct iq_error *error = &h->r->job->job.error;
	int32_t on = h->hand->on;
	bool ours = begun_by_us(h);
	int32_t first = ours ? IQ_DATE_MIN : day_of(&h->to, IQ_CONTACT_VALID_FROM, IQ_DATE_MIN);
	size_t refs = 0;
	char day[11];

	iq_date_format(on, day);
	if (first > on || day_of(&h->to, IQ_CONTACT_VALID_TO, IQ_DATE_MAX) < on)
		return iq_error_set(error, IQ_ERR_CONFLICT,
			N_("{0} is not valid on {1}: nothing was handed over."),
			N_("Look at the first and last day of the contact: iqq get contact {0}"),
			iq_arena_cstr(h->arena, iq_rec_text(&h->to, IQ_COL_ID)), day, NULL);
	iq_each_ref(h->r->txn, IQ_CONTACT, h->hand->to, count_ref, &refs);
	*begun = ours || (h->hand->later && refs == 0 && first == IQ_DATE_MIN);
	if (!*begun)
		return IQ_OK;
	struct iq_step *s = iq_hand_step(h, &h->to, h->hand->to, NULL);

	if (s == NULL)
		return iq_hand_no_memory(h->r);
	iq_hand_give(s, IQ_CONTACT_VALID_FROM, day_value(h->arena, on));
	return IQ_OK;
}

/* ---- all of it --------------------------------------------------------------------------------
 */

/* As each would be set alone: rights, who may be named, what must hold of the record. */
static enum iq_err check_step(
	struct iq_handing *h, struct iq_wtxn *w, const struct iq_step *s, struct iq_arena *scratch)
{
	struct iq_diffs unheard = {.d = NULL};
	struct iq_rec now, given = s->rec;
	enum iq_err err;

	/* What only waits must be possible as things stand. */
	if (!s->writes) {
		if (!iq_hand_load(h->r, s->rec.kind, s->num, &now))
			return IQ_OK;
		int col = iq_column_by_name(s->rec.kind, iq_str(s->column));

		given.col[col] = iq_hand_text(h->arena, iq_rec_text(&h->to, IQ_COL_ID));
		given.given |= 1u << col;
		if (s->rec.kind != IQ_MEMBERSHIP)
			return iq_right_whole(h->r, s->rec.kind, iq_rec_text(&now, IQ_COL_ID));
	}
	err = iq_right_put(h->r, &given);
	if (err == IQ_OK)
		err = iq_veil_references(h->r, &given);
	if (err == IQ_OK && s->writes)
		err = iq_apply_check(
			&h->r->job->job, w, h->r->vocab, &given, false, &unheard, scratch);
	return err;
}

static enum iq_err blocked(struct iq_handing *h)
{
	struct iq_error *error = &h->r->job->job.error;

	if (h->back)
		iq_error_set(error, IQ_ERR_DENIED,
			N_("You may not change these records back: nothing was taken back."),
			N_("Ask those who keep them."), NULL);
	else
		iq_error_set(error, IQ_ERR_DENIED,
			N_("{1} cannot take the place of {0} in these records: nothing was handed "
			   "over."),
			N_("You may not change them, or they take people of their own institution "
			   "only. Ask those who keep them."),
			iq_arena_cstr(h->arena, iq_rec_text(&h->from, IQ_COL_ID)),
			iq_arena_cstr(h->arena, iq_rec_text(&h->to, IQ_COL_ID)), NULL);
	for (size_t i = 0; i < h->nblock; i++)
		iq_error_add_candidate(error, &h->block[i]);
	return IQ_ERR_DENIED;
}

static enum iq_err check_all(struct iq_handing *h, struct iq_wtxn *w)
{
	struct iq_arena scratch;
	enum iq_err err = IQ_OK;

	iq_arena_init(&scratch, 0);
	for (size_t i = 0; i < h->n && err == IQ_OK; i++) {
		const struct iq_step *s = &h->step[i];

		iq_arena_reset(&scratch);
		err = check_step(h, w, s, &scratch);
		if (s->column == NULL || (err != IQ_ERR_DENIED && err != IQ_ERR_REJECTED))
			continue;
		iq_hand_forget_error(h->r);
		iq_hand_block(h, &s->rec);
		err = IQ_OK;
	}
	if (err == IQ_OK && (h->arena->failed || scratch.failed))
		err = iq_hand_no_memory(h->r);
	iq_arena_free(&scratch);
	if (err != IQ_OK)
		return err;
	return h->nblock > 0 ? blocked(h) : IQ_OK;
}

static enum iq_err write_all(struct iq_handing *h, struct iq_wtxn *w, struct iq_diffs *diffs)
{
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < h->n && err == IQ_OK; i++) {
		const struct iq_step *s = &h->step[i];

		if (s->writes)
			err = iq_apply_put(
				&h->r->job->job, w, h->r->vocab, &s->rec, false, diffs, h->arena);
	}
	return err;
}

static void say_items(struct iq_handing *h)
{
	struct iq_buf *out = h->hand->items;

	for (size_t i = 0; out != NULL && i < h->n && out->n < IQ_LIMIT_ANSWER_MAX / 4; i++) {
		const struct iq_step *s = &h->step[i];

		if (s->column == NULL)
			continue;
		iq_wire_end(
			out, iq_hanging_begin(out, IQ_HANDOVER_ITEMS, iq_schemas[s->rec.kind].name,
				     iq_rec_text(&s->rec, IQ_COL_ID), s->column, s->name, h->what));
	}
}

/* The two and those that refer to them: who is above public was shown to the caller. */
static void owe(struct iq_handing *h)
{
	struct iq_op_job *o = h->r->job;
	struct iq_owed *owed = iq_arena_array(h->arena, o->nowed + h->n + 1, sizeof(*owed));

	for (size_t i = 0; owed != NULL && i < o->nowed; i++)
		owed[i] = o->owed[i];
	for (size_t i = 0; owed != NULL && i < h->n; i++) {
		const struct iq_step *s = &h->step[i];
		struct iq_rec now;

		if (s->rec.kind != IQ_CONTACT || s->column == NULL ||
			!iq_rec_get(h->r->txn, IQ_CONTACT, s->num, h->arena, &now))
			continue;
		int v = iq_choice(iq_visibility_names, iq_rec_text(&now, IQ_CONTACT_VISIBILITY));

		if (v != IQ_PUBLIC)
			owed[o->nowed++] = (struct iq_owed){IQ_AUDIT_DISCLOSED, s->num,
				v < 0 ? IQ_INSTITUTION_ONLY : (enum iq_visibility)v};
	}
	if (owed != NULL)
		o->owed = owed;
}

static enum iq_err start(struct iq_handing *h, iq_num from, iq_num to)
{
	if (!iq_hand_load(h->r, IQ_CONTACT, from, &h->from) ||
		!iq_hand_load(h->r, IQ_CONTACT, to, &h->to))
		return h->arena->failed
			       ? iq_hand_no_memory(h->r)
			       : iq_error_set(&h->r->job->job.error, IQ_ERR_NOT_FOUND,
					 N_("The successor is not in the directory any more."),
					 N_("Name somebody else: iqq handover FROM TO"), NULL);
	h->heir = iq_rec_text(&h->from, IQ_CONTACT_DEPUTY);
	return IQ_OK;
}

/* Both must be seen in full, and be the caller's to change. */
static enum iq_err may_both(struct iq_handing *h)
{
	const struct iq_rec *both[] = {&h->from, &h->to};
	enum iq_err err = IQ_OK;

	for (size_t i = 0; i < 2 && err == IQ_OK; i++) {
		struct iq_str id = iq_rec_text(both[i], IQ_COL_ID);

		err = iq_veil_target(h->r, IQ_CONTACT, id, iq_right_whole(h->r, IQ_CONTACT, id));
	}
	/* The audit's entry is about the first. */
	for (size_t i = 2; i > 0 && err == IQ_OK; i--)
		iq_veil_note(h->r, IQ_CONTACT, iq_rec_text(both[i - 1], IQ_COL_ID));
	return err;
}

static enum iq_err settle_waiting(struct iq_handing *h)
{
	struct iq_error *error = &h->r->job->job.error;
	char on[11];

	h->had = iq_waiting_get(h->r->txn, h->hand->from, h->arena, &h->old);
	if (!h->had || h->old.to == h->hand->to)
		return IQ_OK;
	iq_date_format(h->old.on, on);
	return iq_error_set(error, IQ_ERR_CONFLICT,
		N_("A hand-over of {0} to somebody else waits for {1} already."),
		N_("Take it back first: iqq handover {0} --cancel"),
		iq_arena_cstr(h->arena, iq_rec_text(&h->from, IQ_COL_ID)), on, NULL);
}

static enum iq_err remember(
	struct iq_handing *h, struct iq_wtxn *w, struct iq_str ended, bool begun)
{
	size_t n = h->had ? h->old.nchanges : 0;
	uint64_t *change = iq_arena_array(h->arena, n + 1, sizeof(*change));
	struct iq_waiting now = {.from = h->hand->from,
		.to = h->hand->to,
		.on = h->hand->on,
		.by = h->r->principal.id,
		.reason = h->r->job->job.change.reason,
		.ended = ended,
		.begun = begun,
		.change = change,
		.nchanges = n + 1};

	if (change == NULL)
		return iq_hand_no_memory(h->r);
	for (size_t i = 0; i < n; i++)
		change[i] = h->old.change[i];
	change[n] = iq_wtxn_state(w)->revision + 1;
	for (size_t i = 0; h->had && i < h->old.nadded; i++)
		iq_hand_added(h, h->old.added[i]);
	now.added = h->added;
	now.nadded = h->nadded;
	iq_waiting_put(w, &now);
	return iq_txn_error(h->r->txn, NULL);
}

enum iq_err iq_hand_over(
	struct iq_right *r, struct iq_wtxn *w, const struct iq_hand *hand, struct iq_diffs *diffs)
{
	struct iq_handing h = {.r = r,
		.arena = &r->job->arena,
		.hand = hand,
		.what = hand->later ? "later" : "moves"};
	bool begun = false;
	enum iq_err err = start(&h, hand->from, hand->to);

	if (err == IQ_OK)
		err = may_both(&h);
	if (err == IQ_OK)
		err = settle_waiting(&h);
	if (err == IQ_OK)
		err = begin_to(&h, &begun);
	if (err == IQ_OK)
		err = iq_hand_collect(&h);
	if (err == IQ_OK)
		err = end_from(&h);
	if (err == IQ_OK)
		err = check_all(&h, w);
	if (err != IQ_OK)
		return err;
	say_items(&h);
	owe(&h);
	err = write_all(&h, w, diffs);
	if (err != IQ_OK || r->job->job.dry_run)
		return err;
	if (hand->later || h.had)
		iq_job_writes(&r->job->job);
	if (hand->later)
		return remember(&h, w, ended_before(&h), begun);
	if (h.had)
		iq_waiting_forget(w, IQ_CONTACT, hand->from);
	return iq_txn_error(r->txn, NULL);
}

/* ---- taken back ------------------------------------------------------------------------------ */

/* A list that names the successor because of it, and still names both. */
static void out_of_list(struct iq_handing *h, iq_num num)
{
	struct iq_rec now;
	bool from = false, to = false;
	uint32_t n = 0;

	if (!iq_hand_load(h->r, IQ_RESPONSIBILITY, num, &now))
		return;
	const struct iq_value *was = &now.col[IQ_RESP_CONTACTS];
	struct iq_str *v = iq_arena_array(h->arena, (size_t)was->n + 1, sizeof(*v));

	for (uint32_t i = 0; v != NULL && i < was->n; i++) {
		from = from || iq_hand_is_from(h, was->v[i]);
		if (iq_hand_is_to(h, was->v[i]))
			to = true;
		else
			v[n++] = was->v[i];
	}
	struct iq_step *s = from && to && v != NULL ? iq_hand_step(h, &now, num, "contacts") : NULL;

	if (s != NULL)
		iq_hand_give(s, IQ_RESP_CONTACTS, (struct iq_value){v, n});
}

enum iq_err iq_hand_back(struct iq_right *r, struct iq_wtxn *w, const struct iq_waiting *waiting,
	bool english, struct iq_buf *items, struct iq_diffs *diffs)
{
	const struct iq_hand hand = {.from = waiting->from,
		.to = waiting->to,
		.on = waiting->on,
		.english = english,
		.items = items};
	struct iq_handing h = {.r = r,
		.arena = &r->job->arena,
		.hand = &hand,
		.had = true,
		.old = *waiting,
		.back = true,
		.what = "stays"};
	struct iq_step *s;

	if (!iq_hand_load(r, IQ_CONTACT, waiting->from, &h.from))
		return iq_hand_no_memory(r);
	iq_veil_note(r, IQ_CONTACT, iq_rec_text(&h.from, IQ_COL_ID));
	if (day_of(&h.from, IQ_CONTACT_VALID_TO, 0) == waiting->on - 1) {
		s = iq_hand_step(&h, &h.from, waiting->from, NULL);
		if (s != NULL)
			iq_hand_give(s, IQ_CONTACT_VALID_TO, iq_hand_text(h.arena, waiting->ended));
	}
	/* Nothing to take back from somebody who is gone. */
	if (iq_hand_load(r, IQ_CONTACT, waiting->to, &h.to)) {
		for (size_t i = 0; i < waiting->nadded; i++)
			out_of_list(&h, waiting->added[i]);
		bool ours = begun_by_us(&h) &&
			    iq_right_whole(r, IQ_CONTACT, iq_rec_text(&h.to, IQ_COL_ID)) == IQ_OK;

		iq_hand_forget_error(r);
		s = ours ? iq_hand_step(&h, &h.to, waiting->to, NULL) : NULL;
		if (s != NULL)
			iq_hand_give(s, IQ_CONTACT_VALID_FROM, (struct iq_value){NULL, 0});
	}
	enum iq_err err = check_all(&h, w);

	if (err != IQ_OK)
		return err;
	say_items(&h);
	err = write_all(&h, w, diffs);
	if (err != IQ_OK || r->job->job.dry_run)
		return err;
	iq_job_writes(&r->job->job);
	iq_waiting_forget(w, IQ_CONTACT, waiting->from);
	return iq_txn_error(r->txn, NULL);
}
