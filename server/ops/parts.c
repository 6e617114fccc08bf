/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that several answers share: labels, institutions. */
#include <stdio.h>

#include "bounds.h"
#include "op.h"

void iq_labels_init(struct iq_labels *l, struct iq_req *rq, uint32_t field, bool english)
{
	*l = (struct iq_labels){
		.rq = rq, .seen = iq_num_set_new(rq->arena), .field = field, .english = english};
}

void iq_labels_add(struct iq_labels *l, enum iq_kind kind, iq_num num)
{
	if (num != IQ_NONE)
		iq_num_set_add(l->seen, (uint64_t)kind << 32 | num);
}

void iq_labels_statuses(struct iq_labels *l, const uint8_t *statuses, uint32_t n)
{
	for (size_t i = 0; i < n; i++)
		iq_labels_add(l, IQ_STATUS, (iq_num)(statuses[2 * i] | statuses[2 * i + 1] << 8));
}

void iq_labels_condition(struct iq_labels *l, struct iq_str condition)
{
	struct iq_str clause;

	if (condition.n == 0)
		return;
	while (iq_str_cut(&condition, ';', &clause)) {
		size_t n = 0;

		while (n < clause.n && memchr("=!<>", clause.p[n], 4) == NULL)
			n++;
		int at = iq_fact_find(&l->rq->vocab->facts, (struct iq_str){clause.p, n});

		if (at >= 0)
			iq_labels_add(l, IQ_FACT, (iq_num)at + 1);
	}
}

/* Institutions and kinds of them: not in the vocabulary in memory. */
static struct iq_str record_name(struct iq_req *rq, enum iq_kind kind, iq_num num, bool english)
{
	uint32_t de = kind == IQ_KIND ? IQ_KIND_NAME_DE : IQ_INSTITUTION_NAME_DE;
	uint32_t en = kind == IQ_KIND ? IQ_KIND_NAME_EN : IQ_INSTITUTION_NAME_EN;
	struct iq_image image;
	struct iq_str name = {NULL, 0};

	if (!iq_req_image(rq, kind, num, &image))
		return name;
	if (english)
		name = iq_image_field(image.segment[IQ_SEGMENT_OPEN], en + 1);
	if (name.n == 0)
		name = iq_image_field(image.segment[IQ_SEGMENT_OPEN], de + 1);
	return name;
}

static bool tree_label(const struct iq_tree *tree, const struct iq_label *label, iq_num num,
	bool english, struct iq_str *id, struct iq_str *name)
{
	if (num > tree->n)
		return false;
	*id = tree->id[num];
	*name = label[num].name[english];
	return true;
}

static bool person_label(struct iq_req *rq, iq_num num, struct iq_str *id, struct iq_str *name)
{
	struct iq_rec rec = {.kind = IQ_CONTACT};
	struct iq_buf b;

	iq_buf_init(&b, 0);
	bool known = iq_disclose_record(rq, IQ_CONTACT, num, &b) && !b.failed;
	struct iq_str body = iq_arena_dup(rq->arena, (struct iq_str){(const char *)b.p, b.n});

	iq_buf_free(&b);
	if (!known || !iq_codec_read(&rec, iq_image_field(body, iq_codec_record_field(IQ_CONTACT)),
			      rq->arena))
		return false;
	*id = iq_rec_text(&rec, IQ_COL_ID);
	*name = iq_rec_text(&rec, IQ_CONTACT_NAME);
	if (name->n == 0)
		*name = iq_rec_text(&rec, IQ_CONTACT_FUNCTION);
	return true;
}

static bool label_of(struct iq_labels *l, enum iq_kind kind, iq_num num, bool english,
	struct iq_str *id, struct iq_str *name)
{
	const struct iq_vocab *v = l->rq->vocab;

	/* The switch names only what the answers mention. */
	if (kind == IQ_REGION)
		return tree_label(&v->region, v->region_label, num, english, id, name);
	if (kind == IQ_TASK)
		return tree_label(&v->task, v->task_label, num, english, id, name);
	if (kind == IQ_STATUS)
		return tree_label(&v->status, v->status_label, num, english, id, name);
	if (kind == IQ_FACT) {
		*id = v->facts.fact[num - 1].id;
		*name = v->facts.fact[num - 1].name[english];
		return true;
	}
	if (kind == IQ_CONTACT)
		return person_label(l->rq, num, id, name);
	*id = iq_id_of(l->rq->txn, kind, num);
	*name = record_name(l->rq, kind, num, english);
	return true;
}

/* english: the second name, for both languages; empty: not asked for. */
static void label(struct iq_labels *l, enum iq_kind kind, struct iq_str id, struct iq_str name,
	struct iq_str english)
{
	struct iq_buf *out = l->rq->out;
	struct iq_str kind_name = iq_str(iq_schemas[kind].name);
	/* Sizes first: the length is exact and takes one byte for almost all. */
	size_t n = iq_wire_len_size(1, kind_name.n) + iq_wire_len_size(2, id.n) +
		   (name.n ? iq_wire_len_size(3, name.n) : 0) +
		   (english.n ? iq_wire_len_size(4, english.n) : 0);

	iq_wire_varint(out, (uint64_t)l->field << 3 | IQ_WIRE_LEN);
	iq_wire_varint(out, n);
	iq_wire_str(out, 1, kind_name);
	iq_wire_str(out, 2, id);
	iq_wire_str(out, 3, name);
	iq_wire_str(out, 4, english);
}

static struct iq_str value_label(const struct iq_fact *fact, uint32_t i, bool english)
{
	return i < fact->nlabels[english] ? fact->labels[english][i] : (struct iq_str){NULL, 0};
}

/* What the values of a choice are called, as "fact=value". */
static void value_labels(struct iq_labels *l, const struct iq_fact *fact)
{
	for (uint32_t i = 0; i < fact->nvalues && i < fact->nlabels[l->english]; i++) {
		char id[2 * IQ_LIMIT_ID + 2];
		int n = snprintf(id, sizeof(id), "%.*s=%.*s", IQ_STR_ARG(fact->id),
			IQ_STR_ARG(fact->values[i]));

		if (n > 0 && (size_t)n < sizeof(id))
			label(l, IQ_FACT, (struct iq_str){id, (size_t)n},
				value_label(fact, i, l->english),
				value_label(fact, l->both ? i : UINT32_MAX, true));
	}
}

/* From the thread's memory, if it can be there; else `*at` is where it will stand. */
static bool known_label(struct iq_labels *l, enum iq_kind kind, iq_num num, size_t *at)
{
	struct iq_req *rq = l->rq;
	struct iq_str bytes;

	*at = 0;
	if (rq->memo == NULL || l->both ||
		(kind != IQ_REGION && kind != IQ_TASK && kind != IQ_STATUS))
		return false;
	bytes = iq_memo_label(rq->memo, kind, num, l->english);
	if (bytes.n == 0) {
		*at = rq->out->n + iq_wire_varint_size((uint64_t)l->field << 3);
		return false;
	}
	iq_wire_varint(rq->out, (uint64_t)l->field << 3 | IQ_WIRE_LEN);
	iq_buf_str(rq->out, bytes);
	iq_notes_labelled(rq->notes, rq->out, kind, num, l->english, bytes);
	return true;
}

/* Keeps the label that was written last, from `at` on. */
static void keep_label(struct iq_labels *l, enum iq_kind kind, iq_num num, size_t at)
{
	struct iq_req *rq = l->rq;
	struct iq_str bytes = {(const char *)rq->out->p + at, rq->out->n - at};

	if (rq->out->failed)
		return;
	iq_memo_keep_label(rq->memo, kind, num, l->english, bytes);
	bytes = iq_memo_label(rq->memo, kind, num, l->english);
	iq_notes_labelled(rq->notes, rq->out, kind, num, l->english, bytes);
}

void iq_labels_write(struct iq_labels *l)
{
	for (size_t i = 0; i < iq_num_set_size(l->seen); i++) {
		uint64_t v = iq_num_set_at(l->seen, i);
		enum iq_kind kind = (enum iq_kind)(v >> 32);
		size_t at;

		if (known_label(l, kind, (iq_num)v, &at))
			continue;
		struct iq_str id = {NULL, 0}, name = {NULL, 0}, english = {NULL, 0};

		if (!label_of(l, kind, (iq_num)v, l->english, &id, &name) || id.n == 0)
			continue;
		if (l->both)
			label_of(l, kind, (iq_num)v, true, &id, &english);
		label(l, kind, id, name, english);
		if (at != 0)
			keep_label(l, kind, (iq_num)v, at);
		if (kind == IQ_FACT)
			value_labels(l, &l->rq->vocab->facts.fact[(iq_num)v - 1]);
	}
}

void iq_write_facts(struct iq_labels *l, uint32_t field, const struct iq_fact_list *list)
{
	for (uint8_t i = 0; i < list->n; i++) {
		uint8_t fact = list->fact[i];

		iq_wire_item(l->rq->out, field, l->rq->vocab->facts.fact[fact].id);
		iq_labels_add(l, IQ_FACT, (iq_num)fact + 1);
	}
}

void iq_write_because(struct iq_labels *l, uint32_t field, const struct iq_row *row)
{
	struct iq_buf *out = l->rq->out;

	if (row->missed & IQ_MISS_REGION)
		iq_wire_item(out, field, IQ_STR("region"));
	if (row->missed & IQ_MISS_STATUS)
		iq_wire_item(out, field, IQ_STR("status"));
	if (row->missed & IQ_MISS_DATE)
		iq_wire_item(out, field, IQ_STR("date"));
	if (row->missed & IQ_MISS_CONDITION)
		iq_write_facts(l, field, &row->failed_facts);
}

void iq_write_near_miss(struct iq_labels *l, uint32_t field, const struct iq_row *row)
{
	struct iq_buf *out = l->rq->out;
	size_t mark = iq_wire_begin(out, field);

	iq_wire_str(out, 1, row->id);
	iq_wire_str(out, 2, row->institution_id);
	iq_write_because(l, 3, row);
	iq_wire_str(out, 4, row->entry.condition);
	iq_wire_str(out, 5, iq_str(iq_role_names[row->entry.role]));
	iq_wire_end(out, mark);
}

/* Phone, email and parent in one pass over the image, whose fields come in order. */
struct reach {
	struct iq_str phone, email, parent;
};
enum { IQ_REACH_LAST = IQ_INSTITUTION_EMAIL + 1 };
_Static_assert(
	IQ_INSTITUTION_PHONE < IQ_INSTITUTION_EMAIL && IQ_INSTITUTION_PARENT < IQ_INSTITUTION_EMAIL,
	"the email comes last");

static void reach_read(struct iq_str bytes, struct reach *out)
{
	struct iq_wire_field f;
	bool bad = false;

	*out = (struct reach){.phone = {NULL, 0}};
	while (iq_wire_next(&bytes, &f, &bad) && f.field <= IQ_REACH_LAST) {
		if (f.field == IQ_INSTITUTION_PHONE + 1)
			out->phone = f.bytes;
		else if (f.field == IQ_INSTITUTION_EMAIL + 1)
			out->email = f.bytes;
		else if (f.field == IQ_INSTITUTION_PARENT + 1)
			out->parent = f.bytes;
	}
}

iq_num iq_write_institution(struct iq_req *rq, uint32_t field, const struct iq_image *image)
{
	struct iq_str open = image->segment[IQ_SEGMENT_OPEN];
	struct reach r;
	struct iq_image above;
	iq_num via = IQ_NONE;

	reach_read(open, &r);
	if (r.phone.n > 0 || r.email.n > 0) {
		iq_req_item(rq, field, open);
		return IQ_NONE;
	}
	for (int depth = 0; r.parent.n > 0 && depth < IQ_LIMIT_TREE_DEPTH; depth++) {
		iq_num num = iq_req_find(rq, IQ_INSTITUTION, r.parent);

		if (num == IQ_NONE || !iq_req_image(rq, IQ_INSTITUTION, num, &above))
			break;
		reach_read(above.segment[IQ_SEGMENT_OPEN], &r);
		if (r.phone.n > 0 || r.email.n > 0) {
			via = num;
			break;
		}
	}
	size_t mark = iq_wire_begin(rq->out, field);

	iq_req_copy(rq, open.p, open.n);
	if (via != IQ_NONE) {
		iq_wire_str(rq->out, IQ_INSTITUTION_PHONE + 1, r.phone);
		iq_wire_str(rq->out, IQ_INSTITUTION_EMAIL + 1, r.email);
	}
	iq_wire_end(rq->out, mark);
	return via;
}
