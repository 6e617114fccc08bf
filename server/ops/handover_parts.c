/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs on a contact, and how each kind of it goes to the successor. */
#include "handover_priv.h"

/* ---- what hangs on it ------------------------------------------------------------------------ */

static bool push(void *arg, enum iq_kind from, iq_num num)
{
	struct iq_hangings *l = arg;
	struct iq_hanging *grown = iq_hand_room(l->arena, l->a, l->n, &l->cap, sizeof(*grown));

	if (grown == NULL)
		return false;
	l->a = grown;
	grown[l->n++] = (struct iq_hanging){from, num};
	return true;
}

void iq_hangings_read(
	struct iq_txn *t, iq_num contact, struct iq_arena *arena, struct iq_hangings *out)
{
	static const enum iq_kind order[] = {IQ_RESPONSIBILITY, IQ_CONTACT, IQ_MEMBERSHIP};

	*out = (struct iq_hangings){.arena = arena};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		iq_each_ref_by(t, IQ_CONTACT, contact, order[i], push, out);
}

static struct iq_str name_of(struct iq_txn *t, const struct iq_rec *rec, int col, enum iq_kind kind,
	bool english, struct iq_arena *arena)
{
	iq_num num = iq_id_find(t, kind, iq_rec_text(rec, col));
	struct iq_rec of;

	if (num == IQ_NONE || !iq_rec_get(t, kind, num, arena, &of))
		return iq_rec_text(rec, col);
	return iq_rec_name(&of, english);
}

struct iq_str iq_hanging_name(
	struct iq_txn *t, const struct iq_rec *rec, bool english, struct iq_arena *arena)
{
	if (rec->kind == IQ_RESPONSIBILITY) {
		struct iq_str task = name_of(t, rec, IQ_RESP_TASK, IQ_TASK, english, arena);
		struct iq_str region = name_of(t, rec, IQ_RESP_REGION, IQ_REGION, english, arena);

		return iq_str(
			iq_arena_printf(arena, "%.*s, %.*s", IQ_STR_ARG(task), IQ_STR_ARG(region)));
	}
	if (rec->kind == IQ_MEMBERSHIP)
		return iq_arena_dup(arena, name_of(t, rec, IQ_MEMBERSHIP_WORKSHOP,
						   IQ_WORKSHOP_RECORD, english, arena));
	return (struct iq_str){NULL, 0};
}

size_t iq_hanging_begin(struct iq_buf *out, uint32_t field, const char *kind, struct iq_str id,
	const char *column, struct iq_str name, const char *what)
{
	size_t mark = iq_wire_begin(out, field);

	iq_wire_str(out, 1, iq_str(kind));
	iq_wire_str(out, 2, id);
	iq_wire_str(out, 3, iq_str(column));
	iq_wire_str(out, 4, name);
	iq_wire_str(out, 5, iq_str(what));
	return mark;
}

/* ---- responsibilities ------------------------------------------------------------------------ */

static size_t cell_size(const struct iq_value *v)
{
	size_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		n += v->v[i].n + 1;
	return n;
}

void iq_hand_added(struct iq_handing *h, iq_num num)
{
	iq_num *grown = iq_hand_room(h->arena, h->added, h->nadded, &h->capadded, sizeof(*grown));

	if (grown == NULL)
		return;
	h->added = grown;
	grown[h->nadded++] = num;
}

/* The list with the successor in the place of the one who goes; later: behind, as long as both
 * count. */
static void in_list(struct iq_handing *h, const struct iq_rec *now, iq_num num)
{
	const struct iq_value *was = &now->col[IQ_RESP_CONTACTS];
	struct iq_str *v = iq_arena_array(h->arena, (size_t)was->n + 1, sizeof(*v));
	struct iq_step *s = iq_hand_step(h, now, num, "contacts");
	struct iq_str to = iq_rec_text(&h->to, IQ_COL_ID);
	bool named = false, there = false;
	uint32_t n = 0;

	for (uint32_t i = 0; i < was->n; i++)
		there = there || iq_hand_is_to(h, was->v[i]);
	if (v == NULL || s == NULL)
		return;
	if (h->hand->later &&
		(there || was->n >= IQ_LIMIT_SET || cell_size(was) + to.n > IQ_LIMIT_CELL))
		return;
	for (uint32_t i = 0; i < was->n; i++) {
		bool from = iq_hand_is_from(h, was->v[i]);

		if (from ? h->hand->later : !iq_hand_is_to(h, was->v[i]))
			v[n++] = was->v[i];
		if (!named && (from || iq_hand_is_to(h, was->v[i]))) {
			v[n++] = to;
			named = true;
		}
	}
	iq_hand_give(s, IQ_RESP_CONTACTS, (struct iq_value){v, n});
	if (h->hand->later)
		iq_hand_added(h, num);
}

/* ---- deputies -------------------------------------------------------------------------------- */

/* Whom the caller may have stand in for somebody: decision 21. */
static bool may_name(struct iq_handing *h, const struct iq_rec *rec)
{
	bool may = iq_veil_references(h->r, rec) == IQ_OK;

	iq_hand_forget_error(h->r);
	return may;
}

static void read_line(struct iq_handing *h)
{
	iq_num at = h->hand->to;
	struct iq_rec rec;

	while (at != IQ_NONE && h->nline <= IQ_LIMIT_TREE_DEPTH) {
		h->line[h->nline++] = at;
		if (!iq_rec_get(h->r->txn, IQ_CONTACT, at, h->arena, &rec))
			return;
		struct iq_str next = iq_rec_text(&rec, IQ_CONTACT_DEPUTY);

		at = next.n ? iq_id_find(h->r->txn, IQ_CONTACT, next) : IQ_NONE;
	}
}

/* Following deputies from the successor leads here: there it would close a circle. */
static bool stands_in_for(struct iq_handing *h, iq_num contact)
{
	if (h->nline == 0)
		read_line(h);
	for (size_t i = 0; i < h->nline; i++) {
		if (h->line[i] == contact)
			return true;
	}
	return false;
}

/* Would the caller be told whose deputy this is? */
static bool tells_deputy(struct iq_handing *h, iq_num num)
{
	struct iq_op_job *o = h->r->job;
	struct iq_str rest, contact = {NULL, 0};
	struct iq_wire_field f;
	struct iq_buf b;
	bool bad = false, told;
	struct iq_req rq = {.arena = h->arena,
		.txn = h->r->txn,
		.vocab = h->r->vocab,
		.principal = &h->r->principal,
		.svc = o->svc,
		.today = o->today,
		.now_us = o->now_us,
		.purpose = o->job.change.reason,
		.error = &o->job.error};

	iq_buf_init(&b, 0);
	told = iq_disclose_peek(&rq, IQ_CONTACT, num, &b);
	rest = (struct iq_str){(const char *)b.p, b.n};
	while (told && iq_wire_next(&rest, &f, &bad)) {
		if (f.field == iq_codec_record_field(IQ_CONTACT))
			contact = f.bytes;
	}
	told = told && iq_image_field(contact, IQ_CONTACT_DEPUTY + 1).n > 0;
	iq_buf_free(&b);
	return told;
}

static void as_deputy(struct iq_handing *h, const struct iq_rec *now, iq_num num)
{
	struct iq_str id = iq_rec_text(now, IQ_COL_ID);
	enum iq_err err =
		iq_veil_target(h->r, IQ_CONTACT, id, iq_right_whole(h->r, IQ_CONTACT, id));

	iq_hand_forget_error(h->r);
	if (err != IQ_OK) {
		/* What the caller does not know is not in the way either. */
		if (tells_deputy(h, num))
			iq_hand_block(h, now);
		return;
	}
	struct iq_step *s = iq_hand_step(h, now, num, "deputy");

	if (s == NULL || h->hand->later)
		return;
	if (!stands_in_for(h, num)) {
		iq_hand_give(s, IQ_CONTACT_DEPUTY,
			iq_hand_text(h->arena, iq_rec_text(&h->to, IQ_COL_ID)));
		return;
	}
	iq_hand_give(s, IQ_CONTACT_DEPUTY, iq_hand_text(h->arena, h->heir));
	if (h->heir.n > 0 && !may_name(h, &s->rec))
		s->rec.col[IQ_CONTACT_DEPUTY] = (struct iq_value){NULL, 0};
}

/* ---- workshops ------------------------------------------------------------------------------- */

/* Nobody stands for a member and is deputy as well. */
static void in_membership(struct iq_handing *h, const struct iq_rec *now, iq_num num)
{
	static const int cols[] = {IQ_MEMBERSHIP_REPRESENTATIVE, IQ_MEMBERSHIP_DEPUTY};
	struct iq_value to = iq_hand_text(h->arena, iq_rec_text(&h->to, IQ_COL_ID));
	bool taken = iq_hand_is_to(h, iq_rec_text(now, IQ_MEMBERSHIP_REPRESENTATIVE));

	for (size_t i = 0; i < 2; i++) {
		if (!iq_hand_is_from(h, iq_rec_text(now, cols[i])))
			continue;
		struct iq_step *s =
			iq_hand_step(h, now, num, iq_schemas[IQ_MEMBERSHIP].columns[cols[i]].name);

		if (s == NULL || h->hand->later)
			continue;
		iq_hand_give(s, cols[i], taken ? (struct iq_value){NULL, 0} : to);
		if (!taken && i == 0 && iq_hand_is_to(h, iq_rec_text(now, IQ_MEMBERSHIP_DEPUTY)))
			iq_hand_give(s, IQ_MEMBERSHIP_DEPUTY, (struct iq_value){NULL, 0});
		taken = true;
	}
}

/* ---- all of it --------------------------------------------------------------------------------
 */

enum iq_err iq_hand_collect(struct iq_handing *h)
{
	struct iq_hangings list;

	iq_hangings_read(h->r->txn, h->hand->from, h->arena, &list);
	for (size_t i = 0; i < list.n; i++) {
		struct iq_rec now;

		if (!iq_hand_load(h->r, list.a[i].kind, list.a[i].num, &now))
			continue;
		if (now.kind == IQ_RESPONSIBILITY)
			in_list(h, &now, list.a[i].num);
		else if (now.kind == IQ_CONTACT)
			as_deputy(h, &now, list.a[i].num);
		else if (now.kind == IQ_MEMBERSHIP)
			in_membership(h, &now, list.a[i].num);
	}
	return h->arena->failed ? iq_hand_no_memory(h->r) : IQ_OK;
}
