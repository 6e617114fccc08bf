/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

#include "i18n.h"

enum { RECORD_FIRST = 10 }; /* field of the first kind in Record.of; a test compares them all */

static const ProtobufCMessageDescriptor *const descriptors[IQ_KINDS] = {
	[IQ_REGION] = &iq__v1__region__descriptor,
	[IQ_POSTCODE] = &iq__v1__postcode__descriptor,
	[IQ_TASK] = &iq__v1__task__descriptor,
	[IQ_STATUS] = &iq__v1__status__descriptor,
	[IQ_FACT] = &iq__v1__fact__descriptor,
	[IQ_KIND] = &iq__v1__kind__descriptor,
	[IQ_INSTITUTION] = &iq__v1__institution__descriptor,
	[IQ_CONTACT] = &iq__v1__contact__descriptor,
	[IQ_RESPONSIBILITY] = &iq__v1__responsibility__descriptor,
	[IQ_NOTICE] = &iq__v1__notice__descriptor,
	[IQ_HANDOVER] = &iq__v1__handover__descriptor,
	[IQ_WORKSHOP_RECORD] = &iq__v1__workshop__descriptor,
	[IQ_MEMBERSHIP] = &iq__v1__membership__descriptor,
	[IQ_TOPIC] = &iq__v1__topic__descriptor,
	[IQ_MEETING] = &iq__v1__meeting__descriptor,
	[IQ_PROPOSAL] = &iq__v1__proposal__descriptor,
	[IQ_BALLOT] = &iq__v1__ballot__descriptor,
	[IQ_COMMITMENT] = &iq__v1__commitment__descriptor,
};

static bool is_set(const struct iq_column *column)
{
	return column->type == IQ_TYPE_TEXTS || column->type == IQ_TYPE_REFS;
}

void iq_codec_segment(struct iq_buf *b, const struct iq_rec *rec, enum iq_segment segment)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];

	for (size_t i = 0; i < schema->ncolumns; i++) {
		const struct iq_value *value = &rec->col[i];

		if (schema->columns[i].segment != segment)
			continue;
		if (!is_set(&schema->columns[i])) {
			if (value->n != 0)
				iq_wire_str(b, (uint32_t)i + 1, value->v[0]);
			continue;
		}
		for (uint32_t k = 0; k < value->n; k++)
			iq_wire_item(b, (uint32_t)i + 1, value->v[k]);
	}
}

/* Starts afresh; kind and revision belong to the caller. */
static void clear(struct iq_rec *rec)
{
	rec->given = 0;
	memset(rec->col, 0, sizeof(rec->col));
}

/* Counts the values of each column in rec->col[].n; false if the bytes do not fit the schema. */
static bool count_values(struct iq_rec *rec, struct iq_str bytes, size_t *total)
{
	const struct iq_schema *schema = &iq_schemas[rec->kind];
	struct iq_wire_field f;
	bool bad = false;

	*total = 0;
	while (iq_wire_next(&bytes, &f, &bad)) {
		if (f.field > schema->ncolumns || f.type != IQ_WIRE_LEN)
			return false;
		struct iq_value *value = &rec->col[f.field - 1];

		if (value->n != 0 && !is_set(&schema->columns[f.field - 1]))
			return false;
		value->n++;
		++*total;
	}
	return !bad;
}

bool iq_codec_read(struct iq_rec *rec, struct iq_str bytes, struct iq_arena *arena)
{
	struct iq_str *next[IQ_COLUMNS_MAX];
	struct iq_wire_field f;
	size_t total;
	bool bad = false;

	clear(rec);
	if (!count_values(rec, bytes, &total))
		goto fail;
	struct iq_str *all = iq_arena_alloc(arena, total * sizeof(*all));

	if (all == NULL)
		goto fail;
	for (size_t i = 0; i < iq_schemas[rec->kind].ncolumns; i++) {
		struct iq_value *value = &rec->col[i];

		next[i] = all;
		if (value->n == 0)
			continue;
		value->v = all;
		all += value->n;
		rec->given |= UINT32_C(1) << i;
	}
	while (iq_wire_next(&bytes, &f, &bad))
		*next[f.field - 1]++ = f.bytes;
	return true;
fail:
	clear(rec);
	return false;
}

uint32_t iq_codec_record_field(enum iq_kind kind)
{
	return RECORD_FIRST + (uint32_t)kind;
}

bool iq_codec_from_record(struct iq_rec *rec, const Iq__V1__Record *msg, struct iq_arena *arena)
{
	int kind = (int)msg->of_case - RECORD_FIRST;

	if (kind < 0 || kind >= (int)IQ_KINDS)
		return false;
	/* All members of the union are pointers to messages. */
	const ProtobufCMessage *of = (const ProtobufCMessage *)msg->region;

	if (of == NULL || !iq_codec_from_message(rec, (enum iq_kind)kind, of, arena))
		return false;
	rec->revision = msg->revision;
	return true;
}

static bool from_texts(struct iq_value *out, char *const *texts, size_t n, struct iq_arena *arena)
{
	struct iq_str *v = n <= UINT32_MAX ? iq_arena_array(arena, n, sizeof(*v)) : NULL;

	if (v == NULL)
		return false;
	for (size_t i = 0; i < n; i++)
		v[i] = iq_str(texts[i]);
	*out = (struct iq_value){v, (uint32_t)n};
	return true;
}

bool iq_codec_from_message(
	struct iq_rec *rec, enum iq_kind kind, const ProtobufCMessage *msg, struct iq_arena *arena)
{
	const struct iq_schema *schema = &iq_schemas[kind];

	rec->kind = kind;
	rec->revision = 0;
	clear(rec);
	if (msg->descriptor != descriptors[kind])
		return false;
	for (size_t i = 0; i < schema->ncolumns; i++) {
		const ProtobufCFieldDescriptor *f = &descriptors[kind]->fields[i];
		const char *base = (const char *)msg;
		size_t n = 1;
		char *const *texts;

		if (is_set(&schema->columns[i])) {
			memcpy(&n, base + f->quantifier_offset, sizeof(n));
			memcpy(&texts, base + f->offset, sizeof(texts));
		} else {
			texts = (char *const *)(const void *)(base + f->offset);
			if (texts[0] == NULL || texts[0][0] == '\0')
				continue;
		}
		if (n == 0)
			continue;
		if (!from_texts(&rec->col[i], texts, n, arena)) {
			clear(rec);
			return false;
		}
		rec->given |= UINT32_C(1) << i;
	}
	return true;
}

/* ---- errors ------------------------------------------------------------------------------- */

static void put_args(struct iq_buf *b, uint32_t field, const struct iq_str *args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		iq_wire_item(b, field, args[i]);
}

static void put_candidate(struct iq_buf *b, const struct iq_candidate *c)
{
	iq_wire_str(b, 1, c->kind);
	iq_wire_str(b, 2, c->term);
	iq_wire_str(b, 3, c->id);
	iq_wire_str(b, 4, c->name);
	put_args(b, 5, c->detail, c->ndetail);
}

void iq_codec_problem(struct iq_buf *b, const struct iq_problem *p)
{
	iq_wire_str(b, 1, p->file);
	iq_wire_uint(b, 2, p->line);
	iq_wire_str(b, 3, p->column);
	iq_wire_str(b, 4, p->value);
	iq_wire_str(b, 5, iq_str(p->text));
	put_args(b, 6, p->args, p->nargs);
	iq_wire_str(b, 7, p->nearest);
}

void iq_codec_conflict(struct iq_buf *b, const struct iq_conflict *c)
{
	iq_wire_str(b, 1, c->kind);
	iq_wire_str(b, 2, c->id);
	iq_wire_str(b, 3, c->column);
	iq_wire_str(b, 4, c->was);
	iq_wire_str(b, 5, c->theirs);
	iq_wire_str(b, 6, c->mine);
	iq_wire_uint(b, 7, c->revision);
	iq_wire_str(b, 8, c->principal);
	iq_wire_uint(b, 9, (uint64_t)c->time_us);
}

void iq_codec_read_conflict(struct iq_conflict *c, const Iq__V1__Conflict *msg)
{
	*c = (struct iq_conflict){.kind = iq_str(msg->kind),
		.id = iq_str(msg->id),
		.column = iq_str(msg->column),
		.was = iq_str(msg->was),
		.theirs = iq_str(msg->theirs),
		.mine = iq_str(msg->mine),
		.revision = msg->revision,
		.principal = iq_str(msg->principal),
		.time_us = (int64_t)msg->time};
}

void iq_codec_error(struct iq_buf *b, const struct iq_error *e)
{
	uint64_t total = e->problems_total > e->nproblems ? e->problems_total : e->nproblems;

	iq_wire_str(b, 1, iq_str(iq_err_name(e->code)));
	iq_wire_str(b, 2, iq_str(e->text));
	put_args(b, 3, e->args, e->nargs);
	iq_wire_str(b, 4, iq_str(e->hint));
	for (size_t i = 0; i < e->ncandidates; i++) {
		size_t mark = iq_wire_begin(b, 5);

		put_candidate(b, &e->candidates[i]);
		iq_wire_end(b, mark);
	}
	for (size_t i = 0; i < e->nproblems; i++) {
		size_t mark = iq_wire_begin(b, 6);

		iq_codec_problem(b, &e->problems[i]);
		iq_wire_end(b, mark);
	}
	iq_wire_uint(b, 7, total < UINT32_MAX ? total : UINT32_MAX);
	for (size_t i = 0; i < e->nconflicts; i++) {
		size_t mark = iq_wire_begin(b, 8);

		iq_codec_conflict(b, &e->conflicts[i]);
		iq_wire_end(b, mark);
	}
}

void iq_codec_read_problem(struct iq_problem *p, const Iq__V1__Problem *msg, struct iq_arena *arena)
{
	*p = (struct iq_problem){
		.file = iq_arena_dup(arena, iq_str(msg->file)),
		.line = msg->line,
		.column = iq_arena_dup(arena, iq_str(msg->column)),
		.value = iq_arena_dup(arena, iq_str(msg->value)),
		.text = iq_arena_cstr(arena, iq_str(msg->text)),
		.nearest = iq_arena_dup(arena, iq_str(msg->nearest)),
	};
	while (p->nargs < msg->n_args && p->nargs < IQ_ERROR_ARGS) {
		p->args[p->nargs] = iq_arena_dup(arena, iq_str(msg->args[p->nargs]));
		p->nargs++;
	}
	if (p->text == NULL)
		p->text = "";
}

static void read_candidate(struct iq_error *e, const Iq__V1__Candidate *msg)
{
	struct iq_str *detail = iq_arena_array(e->arena, msg->n_detail, sizeof(*detail));
	struct iq_candidate c = {
		.kind = iq_str(msg->kind),
		.term = iq_str(msg->term),
		.id = iq_str(msg->id),
		.name = iq_str(msg->name),
		.detail = detail,
		.ndetail = detail ? msg->n_detail : 0,
	};

	for (size_t i = 0; i < c.ndetail; i++)
		detail[i] = iq_str(msg->detail[i]);
	iq_error_add_candidate(e, &c);
}

void iq_codec_read_error(struct iq_error *e, const Iq__V1__Error *msg)
{
	const char *args[IQ_ERROR_ARGS] = {NULL};
	const char *text = iq_arena_cstr(e->arena, iq_str(msg->text));
	const char *hint = NULL;
	enum iq_err code = iq_err_by_name(iq_str(msg->code));

	for (size_t i = 0; i < msg->n_args && i < IQ_ERROR_ARGS; i++)
		args[i] = msg->args[i];
	if (msg->hint != NULL && msg->hint[0] != '\0')
		hint = iq_arena_cstr(e->arena, iq_str(msg->hint));
	if (text == NULL || text[0] == '\0')
		text = N_("The server reports an error without saying which.");
	(void)iq_error_set(e, code == IQ_OK ? IQ_ERR_INTERNAL : code, text, hint, args[0], args[1],
		args[2], args[3], NULL);
	for (size_t i = 0; i < msg->n_candidates; i++)
		read_candidate(e, msg->candidates[i]);
	for (size_t i = 0; i < msg->n_rows; i++) {
		struct iq_problem p;

		iq_codec_read_problem(&p, msg->rows[i], e->arena);
		iq_error_add_problem(e, &p);
	}
	for (size_t i = 0; i < msg->n_conflicts; i++) {
		struct iq_conflict c;

		iq_codec_read_conflict(&c, msg->conflicts[i]);
		iq_error_add_conflict(e, &c);
	}
	if (e->problems_total < msg->rows_total)
		e->problems_total = msg->rows_total;
}

/* ---- memory ------------------------------------------------------------------------------- */

static void *allocate(void *arena, size_t n)
{
	return iq_arena_zalloc(arena, n);
}

static void nothing(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

ProtobufCAllocator iq_codec_allocator(struct iq_arena *arena)
{
	return (ProtobufCAllocator){.alloc = allocate, .free = nothing, .allocator_data = arena};
}
