/* SPDX-License-Identifier: Apache-2.0 */
/* The prescan: every refusal, and what passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "bounds.h"
#include "iq.pb-c.h"
#include "prescan.h"
#include "wire.h"

static enum iq_err scan(struct iq_str bytes)
{
	const char *why = NULL;
	enum iq_err err =
		iq_prescan(&iq__v1__request__descriptor, bytes, &iq_prescan_request, &why);

	assert_true((err == IQ_OK) == (why == NULL));
	return err;
}

/* Request.who = 11 (tag 0x5a), .write = 22 (b2 01), .import_rows = 19 (9a 01) */
static void vectors(void **state)
{
	static const struct {
		const char *name;
		struct iq_str bytes;
		enum iq_err err;
	} cases[] = {
		{"empty", {"", 0}, IQ_OK},
		{"id alone", {"\x08\x07", 2}, IQ_OK},
		{"who, task", {"\x08\x07\x5a\x06\x12\x04task", 10}, IQ_OK},
		{"id after who", {"\x5a\x00\x08\x07", 4}, IQ_OK},
		{"two words", {"\x5a\x06\x0a\x01\x61\x0a\x01\x62", 8}, IQ_OK},
		{"padded length", {"\x5a\x86\x80\x80\x00\x12\x04task", 11}, IQ_OK},
		{"umlaut", {"\x5a\x04\x12\x02\xc3\xa4", 6}, IQ_OK},
		{"enum", {"\x5a\x02\x78\x01", 4}, IQ_OK},
		{"bytes are no text", {"\xb2\x01\x04\x0a\x02\x00\xff", 7}, IQ_OK},
		{"unknown operation", {"\x08\x07\xa2\x1f\x00", 5}, IQ_ERR_UNSUPPORTED},
		{"unknown field", {"\x5a\x03\xfa\x01\x00", 5}, IQ_ERR_UNSUPPORTED},
		{"unknown enumerator", {"\x5a\x02\x78\x07", 4}, IQ_ERR_UNSUPPORTED},
		{"huge enumerator", {"\x5a\x06\x78\xff\xff\xff\xff\x0f", 8}, IQ_ERR_UNSUPPORTED},
		{"id twice", {"\x08\x07\x08\x07", 4}, IQ_ERR_USAGE},
		{"who twice", {"\x5a\x00\x5a\x00", 4}, IQ_ERR_USAGE},
		{"two operations", {"\x5a\x00\x62\x00", 4}, IQ_ERR_USAGE},
		{"task twice", {"\x5a\x06\x12\x01\x61\x12\x01\x62", 8}, IQ_ERR_USAGE},
		{"NUL",
			{"\x5a\x05\x12\x03"
			 "a\0b",
				7},
			IQ_ERR_USAGE},
		{"cut UTF-8", {"\x5a\x03\x12\x01\xc3", 5}, IQ_ERR_USAGE},
		{"surrogate", {"\x5a\x05\x12\x03\xed\xa0\x80", 7}, IQ_ERR_USAGE},
		{"overlong", {"\x5a\x04\x12\x02\xc0\x80", 6}, IQ_ERR_USAGE},
		{"varint for a text", {"\x5a\x02\x10\x01", 4}, IQ_ERR_USAGE},
		{"text for a number", {"\x0a\x01\x61", 3}, IQ_ERR_USAGE},
		{"fixed32 for a number", {"\x0d\x01\x02\x03\x04", 5}, IQ_ERR_USAGE},
		{"fixed64 for a message", {"\x59\x01\x02\x03\x04\x05\x06\x07\x08", 9},
			IQ_ERR_USAGE},
		{"varint for repeated text", {"\x5a\x02\x08\x01", 4}, IQ_ERR_USAGE},
		{"group", {"\x5b\x5c", 2}, IQ_ERR_USAGE},
		{"cut", {"\x5a\x06\x12\x04tas", 7}, IQ_ERR_USAGE},
		{"cut inside", {"\x5a\x05\x12\x04tas", 7}, IQ_ERR_USAGE},
		{"field 0", {"\x02\x00", 2}, IQ_ERR_USAGE},
		{"uint32 too large", {"\x5a\x06\x50\x80\x80\x80\x80\x10", 8}, IQ_ERR_USAGE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum iq_err err = scan(cases[i].bytes);

		if (err != cases[i].err)
			fail_msg("%s: %s", cases[i].name, iq_err_name(err));
	}
}

static struct iq_str bytes_of(const struct iq_buf *b)
{
	assert_false(b->failed);
	return (struct iq_str){(const char *)b->p, b->n};
}

/* A frame of import rows: `rows` rows of `cells` cells, line numbers too. */
static void import(struct iq_buf *b, size_t rows, size_t cells)
{
	iq_buf_init(b, 0);
	size_t body = iq_wire_begin(b, 19);

	for (size_t i = 0; i < rows; i++) {
		size_t row = iq_wire_begin(b, 3);

		iq_wire_uint(b, 1, i + 1);
		for (size_t k = 0; k < cells; k++)
			iq_wire_item(b, 2, IQ_STR("x"));
		iq_wire_end(b, row);
	}
	iq_wire_end(b, body);
}

/* Rows may be more than `fields`; rows and cells together at most `repeated`. */
static void many_rows(void **state)
{
	struct iq_buf b;
	size_t rows = IQ_LIMIT_FIELDS * 2;

	(void)state;
	import(&b, rows, IQ_LIMIT_REPEATED / rows - 1);
	assert_int_equal(scan(bytes_of(&b)), IQ_OK);
	iq_buf_free(&b);
	import(&b, rows, IQ_LIMIT_REPEATED / rows);
	assert_int_equal(scan(bytes_of(&b)), IQ_ERR_USAGE);
	iq_buf_free(&b);
}

static void long_text(void **state)
{
	struct iq_str text = {calloc(1, IQ_LIMIT_STRING + 1), IQ_LIMIT_STRING};

	(void)state;
	assert_non_null(text.p);
	memset((char *)text.p, 'x', IQ_LIMIT_STRING + 1);
	for (int over = 0; over < 2; over++) {
		struct iq_buf b;

		iq_buf_init(&b, 0);
		size_t who = iq_wire_begin(&b, 11);

		iq_wire_str(&b, 2, (struct iq_str){text.p, text.n + (size_t)over});
		iq_wire_end(&b, who);
		assert_int_equal(scan(bytes_of(&b)), over ? IQ_ERR_USAGE : IQ_OK);
		iq_buf_free(&b);
	}
	free((char *)text.p);
}

/* The limits themselves, with small figures. */
static void limits(void **state)
{
	static const struct {
		struct iq_prescan_limits limits;
		enum iq_err err;
	} cases[] = {
		{{.depth = 3, .fields = 3, .repeated = 2, .string = 5}, IQ_OK},
		{{.depth = 2, .fields = 3, .repeated = 2, .string = 5}, IQ_ERR_USAGE},
		{{.depth = 3, .fields = 2, .repeated = 2, .string = 5}, IQ_ERR_USAGE},
		{{.depth = 3, .fields = 3, .repeated = 1, .string = 5}, IQ_ERR_USAGE},
		{{.depth = 3, .fields = 3, .repeated = 2, .string = 4}, IQ_ERR_USAGE},
	};
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_wire_uint(&b, 1, 1);             /* field 1 */
	size_t who = iq_wire_begin(&b, 11); /* field 2 */

	iq_wire_item(&b, 1, IQ_STR("words")); /* element 1 */
	iq_wire_str(&b, 2, IQ_STR("task"));   /* field 3 */
	size_t fact = iq_wire_begin(&b, 5);   /* element 2 */

	iq_wire_str(&b, 1, IQ_STR("key")); /* inside an element: not counted */
	iq_wire_str(&b, 2, IQ_STR("value"));
	iq_wire_end(&b, fact);
	iq_wire_end(&b, who);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why = NULL;

		if (iq_prescan(&iq__v1__request__descriptor, bytes_of(&b), &cases[i].limits,
			    &why) != cases[i].err)
			fail_msg("case %zu", i);
	}
	iq_buf_free(&b);
}

/* A client reads what a newer server says. */
static void newer_server(void **state)
{
	static const struct iq_str newer = {"\x08\x07\xa2\x1f\x00\x5a\x03\xfa\x02\x00", 10};
	static const struct iq_str damaged = {"\x08\x07\xa2\x1f\x01", 5};
	const char *why = NULL;

	(void)state;
	assert_int_equal(
		iq_prescan(&iq__v1__response__descriptor, newer, &iq_prescan_response, &why),
		IQ_OK);
	assert_int_equal(
		iq_prescan(&iq__v1__response__descriptor, newer, &iq_prescan_request, &why),
		IQ_ERR_UNSUPPORTED);
	assert_int_equal(
		iq_prescan(&iq__v1__response__descriptor, damaged, &iq_prescan_response, &why),
		IQ_ERR_USAGE);
}

/* A descriptor with packed numbers; iq.proto has none yet. */
static void packed(void **state)
{
	static const ProtobufCFieldDescriptor fields[] = {
		{.name = "n",
			.id = 1,
			.label = PROTOBUF_C_LABEL_REPEATED,
			.type = PROTOBUF_C_TYPE_UINT32},
		{.name = "f",
			.id = 2,
			.label = PROTOBUF_C_LABEL_REPEATED,
			.type = PROTOBUF_C_TYPE_FIXED64},
	};
	static const ProtobufCMessageDescriptor d = {.n_fields = 2, .fields = fields};
	static const struct iq_prescan_limits limits = {
		.depth = 1, .fields = 1, .repeated = 3, .string = 1};
	static const struct {
		struct iq_str bytes;
		enum iq_err err;
	} cases[] = {
		{{"\x0a\x03\x01\x02\x03", 5}, IQ_OK},
		{{"\x08\x01\x08\x02\x08\x03", 6}, IQ_OK},
		{{"\x0a\x04\x01\x80\x01\x03", 6}, IQ_OK},
		{{"\x0a\x00", 2}, IQ_OK},
		{{"\x0a\x04\x01\x02\x03\x04", 6}, IQ_ERR_USAGE},
		{{"\x0a\x03\x01\x02\x83", 5}, IQ_ERR_USAGE},
		{{"\x0a\x05\x80\x80\x80\x80\x10", 7}, IQ_ERR_USAGE},
		{{"\x12\x08"
		  "12345678",
			 10},
			IQ_OK},
		{{"\x12\x07"
		  "1234567",
			 9},
			IQ_ERR_USAGE},
		{{"\x12\x20"
		  "12345678123456781234567812345678",
			 34},
			IQ_ERR_USAGE},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *why = NULL;

		if (iq_prescan(&d, cases[i].bytes, &limits, &why) != cases[i].err)
			fail_msg("case %zu", i);
	}
}

/* Texts of one repeated field in a row are looked at together: words = 1, and aliases = 16, whose
 * tag takes two bytes. */
static void runs(void **state)
{
	static const struct {
		struct iq_str bytes;
		enum iq_err err;
	} words[] = {
		{{"\x5a\x09\x0a\x01\x61\x0a\x00\x0a\x02\xc3\xa4", 11}, IQ_OK},
		{{"\x5a\x09\x0a\x01\x61\x0a\x01\x62\x12\x01\x63", 11}, IQ_OK},
		{{"\x5a\x08\x0a\x01\x61\x0a\x01\x62\x0a\x01", 10}, IQ_ERR_USAGE},
		{{"\x5a\x07\x0a\x01\x61\x0a\x01\x62\x0a", 9}, IQ_ERR_USAGE},
		{{"\x5a\x06\x0a\x01\x61\x0a\x01\xff", 8}, IQ_ERR_USAGE},
		{{"\x5a\x06\x0a\x01\x61\x0a\x01\x00", 8}, IQ_ERR_USAGE},
	};
	static const struct iq_str aliases = {"\x82\x01\x01\x61\x82\x01\x01\x62", 8};
	const char *why = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(scan(words[i].bytes), words[i].err);
	assert_int_equal(
		iq_prescan(&iq__v1__status__descriptor, aliases, &iq_prescan_request, &why), IQ_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(long_text),
		cmocka_unit_test(limits),
		cmocka_unit_test(newer_server),
		cmocka_unit_test(packed),
		cmocka_unit_test(runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
