/* SPDX-License-Identifier: Apache-2.0 */
/* Schema table and generated messages agree; records and errors survive the way there and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "codec.h"

static const ProtobufCMessageDescriptor *record_of(enum iq_kind kind)
{
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field(
		&iq__v1__record__descriptor, iq_codec_record_field(kind));

	assert_non_null(f);
	assert_string_equal(f->name, iq_schemas[kind].name);
	assert_true((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0);
	return f->descriptor;
}

static void schema_agrees(void **state)
{
	(void)state;
	/* revision and one member per kind */
	assert_int_equal(iq__v1__record__descriptor.n_fields, 1 + IQ_KINDS);
	for (enum iq_kind kind = 0; kind < IQ_KINDS; kind++) {
		const ProtobufCMessageDescriptor *d = record_of(kind);
		const struct iq_schema *schema = &iq_schemas[kind];

		assert_int_equal(d->n_fields, schema->ncolumns);
		for (size_t i = 0; i < schema->ncolumns; i++) {
			const struct iq_column *c = &schema->columns[i];
			const ProtobufCFieldDescriptor *f = &d->fields[i];
			bool set = c->type == IQ_TYPE_TEXTS || c->type == IQ_TYPE_REFS;

			assert_string_equal(f->name, c->name);
			assert_int_equal(f->id, i + 1);
			assert_int_equal(f->type, PROTOBUF_C_TYPE_STRING);
			assert_int_equal(
				f->label, set ? PROTOBUF_C_LABEL_REPEATED : PROTOBUF_C_LABEL_NONE);
		}
		assert_int_equal(schema->columns[IQ_COL_ID].segment, IQ_SEGMENT_OPEN);
	}
}

/* Depth of the message tree below d; fails if d contains itself. */
static unsigned depth_of(
	const ProtobufCMessageDescriptor *d, const ProtobufCMessageDescriptor **above, unsigned n)
{
	unsigned deepest = 0;

	for (unsigned i = 0; i < n; i++) {
		if (above[i] == d)
			fail_msg("%s contains itself", d->name);
	}
	above[n] = d;
	assert_true(d->n_fields <= 128); /* what the prescan can tell apart */
	for (unsigned i = 0; i < d->n_fields; i++) {
		if (d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
			unsigned below = depth_of(d->fields[i].descriptor, above, n + 1);

			deepest = below > deepest ? below : deepest;
		}
	}
	return deepest + 1;
}

static void no_recursion(void **state)
{
	const ProtobufCMessageDescriptor *above[32];

	(void)state;
	assert_true(depth_of(&iq__v1__request__descriptor, above, 0) <= 8);
	assert_true(depth_of(&iq__v1__response__descriptor, above, 0) <= 8);
}

/* ops.def names every member of both oneofs, with the same numbers, and no other. */
static void operations_agree(void **state)
{
#define OP(field, TAG, mode, action, frame_max)                                                    \
	{#field, IQ__V1__REQUEST__OP_##TAG, IQ__V1__RESPONSE__RESULT_##TAG, frame_max},
	static const struct {
		const char *name;
		int request, response;
		size_t frame_max;
	} ops[] = {
#include "ops.def"
	};
#undef OP
	size_t n = sizeof(ops) / sizeof(*ops);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const ProtobufCFieldDescriptor *rq = protobuf_c_message_descriptor_get_field(
			&iq__v1__request__descriptor, (unsigned)ops[i].request);
		const ProtobufCFieldDescriptor *rs = protobuf_c_message_descriptor_get_field(
			&iq__v1__response__descriptor, (unsigned)ops[i].response);

		assert_string_equal(rq->name, ops[i].name);
		assert_string_equal(rs->name, ops[i].name);
		assert_int_equal(ops[i].request, ops[i].response);
		assert_true(ops[i].frame_max <= 1048576);
	}
	assert_int_equal(iq__v1__request__descriptor.n_fields, n + 1);  /* id */
	assert_int_equal(iq__v1__response__descriptor.n_fields, n + 3); /* id, more, error */
}

/* ---- records ------------------------------------------------------------------------------ */

static uint32_t seed = 1;

static uint32_t chance(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static struct iq_str random_text(struct iq_arena *a)
{
	static const char *const parts[] = {"a", "ä", "0", "-", "Běła", " ", "\n", "|", "€"};
	char text[64] = "";

	for (uint32_t n = 1 + chance(6); n > 0; n--)
		strcat(text, parts[chance(sizeof(parts) / sizeof(*parts))]);
	return iq_arena_dup(a, iq_str(text));
}

static void random_record(struct iq_rec *rec, enum iq_kind kind, struct iq_arena *a)
{
	const struct iq_schema *schema = &iq_schemas[kind];

	*rec = (struct iq_rec){.kind = kind};
	for (size_t i = 0; i < schema->ncolumns; i++) {
		enum iq_type type = schema->columns[i].type;
		bool set = type == IQ_TYPE_TEXTS || type == IQ_TYPE_REFS;
		uint32_t n = i == IQ_COL_ID ? 1 : set ? chance(5) : chance(2);
		struct iq_str *v = iq_arena_array(a, n, sizeof(*v));

		for (uint32_t k = 0; k < n; k++)
			v[k] = random_text(a);
		rec->col[i] = (struct iq_value){v, n};
	}
}

static void assert_same(const struct iq_rec *a, const struct iq_rec *b)
{
	assert_int_equal(a->kind, b->kind);
	for (size_t i = 0; i < iq_schemas[a->kind].ncolumns; i++) {
		assert_int_equal(a->col[i].n, b->col[i].n);
		assert_int_equal(b->given >> i & 1, b->col[i].n != 0);
		for (uint32_t k = 0; k < a->col[i].n; k++)
			assert_true(iq_str_eq(a->col[i].v[k], b->col[i].v[k]));
	}
}

static void put_segments(struct iq_buf *b, const struct iq_rec *rec)
{
	for (enum iq_segment s = 0; s < IQ_SEGMENTS; s++)
		iq_codec_segment(b, rec, s);
}

static void records(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	for (int round = 0; round < 50; round++) {
		for (enum iq_kind kind = 0; kind < IQ_KINDS; kind++) {
			struct iq_rec rec, read = {.kind = kind}, open = {.kind = kind}, from;
			ProtobufCAllocator allocator = iq_codec_allocator(&a);
			struct iq_buf b;

			iq_buf_init(&b, 0);
			random_record(&rec, kind, &a);
			put_segments(&b, &rec);
			assert_false(b.failed);
			assert_true(
				iq_codec_read(&read, (struct iq_str){(const char *)b.p, b.n}, &a));
			assert_same(&rec, &read);

			ProtobufCMessage *msg =
				protobuf_c_message_unpack(record_of(kind), &allocator, b.n, b.p);

			assert_non_null(msg);
			assert_null(msg->unknown_fields);
			assert_true(iq_codec_from_message(&from, kind, msg, &a));
			assert_same(&rec, &from);
			/* A segment alone is readable, too, and the first begins with the id. */
			iq_buf_reset(&b, 0);
			iq_codec_segment(&b, &rec, IQ_SEGMENT_OPEN);
			assert_int_equal(b.p[0], 1 << 3 | 2);
			assert_true(
				iq_codec_read(&open, (struct iq_str){(const char *)b.p, b.n}, &a));
			assert_true(iq_str_eq(open.col[0].v[0], rec.col[0].v[0]));
			iq_buf_free(&b);
			iq_arena_reset(&a);
		}
	}
	iq_arena_free(&a);
}

static void record_messages(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	for (enum iq_kind kind = 0; kind < IQ_KINDS; kind++) {
		ProtobufCAllocator allocator = iq_codec_allocator(&a);
		struct iq_rec rec, read;
		struct iq_buf b;

		iq_buf_init(&b, 0);
		random_record(&rec, kind, &a);
		iq_wire_uint(&b, 1, 42);
		size_t mark = iq_wire_begin(&b, iq_codec_record_field(kind));

		put_segments(&b, &rec);
		iq_wire_end(&b, mark);
		Iq__V1__Record *msg = iq__v1__record__unpack(&allocator, b.n, b.p);

		assert_non_null(msg);
		assert_true(iq_codec_from_record(&read, msg, &a));
		assert_true(read.revision == 42);
		assert_same(&rec, &read);
		iq_buf_free(&b);
	}
	Iq__V1__Record unset = IQ__V1__RECORD__INIT;
	Iq__V1__Region region = IQ__V1__REGION__INIT;
	struct iq_rec rec;

	assert_false(iq_codec_from_record(&rec, &unset, &a));
	assert_false(iq_codec_from_message(&rec, IQ_TASK, &region.base, &a));
	iq_arena_free(&a);
}

static void damaged_records(void **state)
{
	static const struct iq_str cases[] = {
		{"\x0a\x05"
		 "ab",
			4},      /* cut */
		{"\x08\x01", 2}, /* a number */
		{"\x7a\x01"
		 "a",
			3}, /* no such column of a region */
		{"\xfa\x01\x01"
		 "a",
			4}, /* likewise, beyond all */
		{"\x0a\x01"
		 "a\x0a\x01"
		 "b",
			6}, /* id twice */
	};
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_rec rec = {.kind = IQ_REGION};

		if (iq_codec_read(&rec, cases[i], &a))
			fail_msg("case %zu", i);
	}
	iq_arena_free(&a);
}

/* ---- errors ------------------------------------------------------------------------------- */

static void fill_error(struct iq_error *e)
{
	static const struct iq_str detail[] = {{"jc-leipzig", 10}, {"", 0}};
	struct iq_candidate c = {IQ_STR("region"), IQ_STR("leipzg"), IQ_STR("leipzig"),
		IQ_STR("Leipzig"), detail, 2};
	struct iq_problem p = {.file = IQ_STR("regions.csv"),
		.line = 7,
		.column = IQ_STR("parent"),
		.value = IQ_STR("saxon"),
		.text = "There is no region {0}.",
		.args = {IQ_STR("saxon")},
		.nargs = 1,
		.nearest = IQ_STR("saxony")};

	(void)iq_error_set(e, IQ_ERR_UNKNOWN_TERM, "Nothing is called {0}.", "Try {1}.", "leipzg",
		"leipzig", NULL);
	iq_error_add_candidate(e, &c);
	iq_error_add_problem(e, &p);
	iq_error_add_conflict(e, &(struct iq_conflict){.kind = IQ_STR("contact"),
					 .id = IQ_STR("vhs-muster"),
					 .column = IQ_STR("phone"),
					 .was = IQ_STR("030 23125 100"),
					 .mine = IQ_STR("030 23125 300"),
					 .revision = UINT64_MAX,
					 .principal = IQ_STR("max"),
					 .time_us = 1});
	e->problems_total = 5000;
}

static void errors(void **state)
{
	struct iq_arena a, kept;
	struct iq_error e, read;
	struct iq_buf b;

	(void)state;
	iq_arena_init(&a, 0);
	iq_arena_init(&kept, 0);
	iq_buf_init(&b, 0);
	iq_error_init(&e, &a);
	iq_error_init(&read, &kept);
	fill_error(&e);
	iq_codec_error(&b, &e);
	ProtobufCAllocator allocator = iq_codec_allocator(&a);
	Iq__V1__Error *msg = iq__v1__error__unpack(&allocator, b.n, b.p);

	assert_non_null(msg);
	iq_codec_read_error(&read, msg);
	iq_arena_free(&a); /* nothing may borrow from the message */
	assert_int_equal(read.code, IQ_ERR_UNKNOWN_TERM);
	assert_string_equal(read.text, "Nothing is called {0}.");
	assert_string_equal(read.hint, "Try {1}.");
	assert_int_equal(read.nargs, 2);
	assert_true(iq_str_is(read.args[1], "leipzig"));
	assert_int_equal(read.ncandidates, 1);
	assert_true(iq_str_is(read.candidates[0].id, "leipzig"));
	assert_int_equal(read.candidates[0].ndetail, 2);
	assert_true(iq_str_is(read.candidates[0].detail[0], "jc-leipzig"));
	assert_int_equal(read.nproblems, 1);
	assert_true(read.problems_total == 5000);
	assert_int_equal(read.problems[0].line, 7);
	assert_string_equal(read.problems[0].text, "There is no region {0}.");
	assert_true(iq_str_is(read.problems[0].args[0], "saxon"));
	assert_true(iq_str_is(read.problems[0].nearest, "saxony"));
	assert_int_equal(read.nconflicts, 1);
	assert_true(iq_str_is(read.conflicts[0].id, "vhs-muster"));
	assert_true(iq_str_is(read.conflicts[0].column, "phone"));
	assert_true(iq_str_is(read.conflicts[0].was, "030 23125 100"));
	assert_int_equal(read.conflicts[0].theirs.n, 0);
	assert_true(iq_str_is(read.conflicts[0].mine, "030 23125 300"));
	assert_true(read.conflicts[0].revision == UINT64_MAX);
	assert_true(iq_str_is(read.conflicts[0].principal, "max"));
	assert_true(read.conflicts[0].time_us == 1);
	iq_buf_free(&b);
	iq_arena_free(&kept);
}

/* A code that this program does not know, or none, or "ok", is still an error. */
static void strange_errors(void **state)
{
	static char strange[] = "no-such-code", ok[] = "ok", none[] = "";
	char *codes[] = {strange, ok, none};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		Iq__V1__Error msg = IQ__V1__ERROR__INIT;
		struct iq_arena a;
		struct iq_error e;

		iq_arena_init(&a, 0);
		iq_error_init(&e, &a);
		msg.code = codes[i];
		iq_codec_read_error(&e, &msg);
		assert_int_equal(e.code, IQ_ERR_INTERNAL);
		assert_true(strlen(e.text) > 0);
		assert_null(e.hint);
		iq_arena_free(&a);
	}
}

/* Unpacking stops cleanly wherever the arena ends. */
static void little_memory(void **state)
{
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	size_t mark = iq_wire_begin(&b, 11);

	for (int i = 0; i < 100; i++)
		iq_wire_item(&b, 1, IQ_STR("word"));
	iq_wire_end(&b, mark);
	size_t cap = 16;
	bool good = false;

	for (; !good; cap += 16) {
		struct iq_arena a;

		iq_arena_init(&a, cap);
		ProtobufCAllocator allocator = iq_codec_allocator(&a);

		good = iq__v1__request__unpack(&allocator, b.n, b.p) != NULL;
		assert_int_equal(a.failed, !good);
		iq_arena_free(&a);
	}
	assert_true(cap > 1000);
	iq_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(schema_agrees),
		cmocka_unit_test(no_recursion),
		cmocka_unit_test(operations_agree),
		cmocka_unit_test(records),
		cmocka_unit_test(record_messages),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(errors),
		cmocka_unit_test(strange_errors),
		cmocka_unit_test(little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
