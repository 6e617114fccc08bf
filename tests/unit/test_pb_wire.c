/* SPDX-License-Identifier: Apache-2.0 */
/* Wire format: what is written is read back, known encodings, malformed bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire.h"

static struct iq_str bytes_of(const struct iq_buf *b)
{
	return (struct iq_str){(const char *)b->p, b->n};
}

#define BYTES(lit) IQ_STR(lit)

static void varints(void **state)
{
	static const struct {
		uint64_t v;
		size_t n;
	} cases[] = {{0, 1}, {1, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {UINT32_MAX, 5},
		{UINT64_C(1) << 63, 10}, {UINT64_MAX, 10}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_wire_field f;
		struct iq_buf b;
		bool bad = false;

		iq_buf_init(&b, 0);
		assert_int_equal(iq_wire_varint_size(cases[i].v), cases[i].n);
		iq_wire_varint(&b, 8); /* field 1, varint */
		iq_wire_varint(&b, cases[i].v);
		assert_int_equal(b.n, 1 + cases[i].n);
		struct iq_str rest = bytes_of(&b);

		assert_true(iq_wire_next(&rest, &f, &bad));
		assert_int_equal(f.field, 1);
		assert_int_equal(f.type, IQ_WIRE_VARINT);
		assert_true(f.value == cases[i].v);
		assert_false(iq_wire_next(&rest, &f, &bad));
		assert_false(bad);
		iq_buf_free(&b);
	}
}

/* The example of the encoding guide: 08 96 01 is field 1 = 150; 12 07 testing. */
static void known(void **state)
{
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, 150);
	iq_wire_str(&b, 2, IQ_STR("testing"));
	iq_wire_uint(&b, 3, 0);
	iq_wire_bool(&b, 4, false);
	iq_wire_str(&b, 5, IQ_STR(""));
	iq_wire_bool(&b, 6, true);
	iq_wire_item(&b, 7, IQ_STR(""));
	assert_true(iq_str_eq(bytes_of(&b), BYTES("\x08\x96\x01\x12\x07testing\x30\x01\x3a\x00")));
	assert_int_equal(iq_wire_len_size(2, 7), 9);
	assert_int_equal(iq_wire_len_size(16, 200), 204);
	iq_buf_free(&b);
}

static void nested(void **state)
{
	static const size_t sizes[] = {0, 1, 127, 128, 20000, 3000000};
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct iq_wire_field f;
		struct iq_buf b;
		bool bad = false;

		iq_buf_init(&b, 0);
		size_t outer = iq_wire_begin(&b, 300);
		size_t inner = iq_wire_begin(&b, 1);

		for (size_t k = 0; k < sizes[i]; k++)
			iq_buf_byte(&b, 'x');
		iq_wire_end(&b, inner);
		iq_wire_uint(&b, 2, 5);
		iq_wire_end(&b, outer);
		struct iq_str rest = bytes_of(&b), in;

		assert_true(iq_wire_next(&rest, &f, &bad));
		assert_int_equal(f.field, 300);
		assert_int_equal(rest.n, 0);
		in = f.bytes;
		assert_true(iq_wire_next(&in, &f, &bad));
		assert_int_equal(f.bytes.n, sizes[i]);
		assert_true(iq_wire_next(&in, &f, &bad));
		assert_int_equal(f.field, 2);
		assert_true(f.value == 5);
		assert_false(iq_wire_next(&in, &f, &bad));
		assert_false(bad);
		iq_buf_free(&b);
	}
}

/* A full buffer fails once, quietly, and end does not touch it. */
static void full(void **state)
{
	(void)state;
	for (size_t max = 1; max < 12; max++) {
		struct iq_buf b;

		iq_buf_init(&b, max);
		size_t mark = iq_wire_begin(&b, 1);

		iq_wire_uint(&b, 1, 300);
		iq_wire_str(&b, 2, IQ_STR("abc"));
		iq_wire_end(&b, mark);
		assert_true(b.failed);
		assert_true(b.n <= max);
		iq_buf_free(&b);
	}
}

static void fixed(void **state)
{
	struct iq_str rest = BYTES("\x0d\x01\x02\x03\x04\x11\x01\x02\x03\x04\x05\x06\x07\x88");
	struct iq_wire_field f;
	bool bad = false;

	(void)state;
	assert_true(iq_wire_next(&rest, &f, &bad));
	assert_int_equal(f.type, IQ_WIRE_I32);
	assert_true(f.value == 0x04030201);
	assert_true(iq_wire_next(&rest, &f, &bad));
	assert_int_equal(f.type, IQ_WIRE_I64);
	assert_true(f.value == UINT64_C(0x8807060504030201));
	assert_false(iq_wire_next(&rest, &f, &bad));
	assert_false(bad);
}

static void malformed(void **state)
{
	static const struct iq_str cases[] = {
		{"\x08", 1},                                              /* no value */
		{"\x08\x80", 2},                                          /* varint cut */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},     /* over 64 bits */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 12}, /* eleven bytes */
		{"\x00\x00", 2},                                          /* field 0 */
		{"\x0b\x0c", 2},                                          /* group */
		{"\x0c", 1},                                              /* end of group */
		{"\x0e\x00", 2},                                          /* wire type 6 */
		{"\x0f\x00", 2},                                          /* wire type 7 */
		{"\x12\x05"
		 "abcd",
			6},                              /* bytes cut */
		{"\x12\xff\xff\xff\xff\x0f", 6},         /* length 2^32-1 */
		{"\x12\x80\x80\x80\x80\x80\x00", 7},     /* length of six bytes */
		{"\x0d\x01\x02\x03", 4},                 /* fixed32 cut */
		{"\x11\x01\x02\x03\x04\x05\x06\x07", 8}, /* fixed64 cut */
		{"\xff\xff\xff\xff\xff\x01\x00", 7},     /* tag of six bytes */
		{"\xf8\xff\xff\xff\x1f\x00", 6},         /* field 2^30 */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_str rest = cases[i];
		struct iq_wire_field f;
		bool bad = false;

		if (iq_wire_next(&rest, &f, &bad))
			fail_msg("case %zu is taken for good", i);
		assert_true(bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(varints),
		cmocka_unit_test(known),
		cmocka_unit_test(nested),
		cmocka_unit_test(full),
		cmocka_unit_test(fixed),
		cmocka_unit_test(malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
