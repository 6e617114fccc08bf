/* SPDX-License-Identifier: Apache-2.0 */
/* Frames: header, limits, bytes that trickle in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "frame.h"

static void peek(void **state)
{
	static const struct {
		struct iq_str in;
		enum iq_frame result;
		size_t n;
	} cases[] = {
		{{"", 0}, IQ_FRAME_MORE, 0},
		{{"\0\0\0", 3}, IQ_FRAME_MORE, 0},
		{{"\0\0\0\0", 4}, IQ_FRAME_EMPTY, 0},
		{{"\0\0\0\1", 4}, IQ_FRAME_MORE, 0},
		{{"\0\0\0\1x", 5}, IQ_FRAME_READY, 1},
		{{"\0\0\0\1xyz", 7}, IQ_FRAME_READY, 1},
		{{"\0\0\1\0", 4}, IQ_FRAME_MORE, 0},
		{{"\0\0\1\1", 4}, IQ_FRAME_TOO_LONG, 0},
		{{"\x80\0\0\0", 4}, IQ_FRAME_TOO_LONG, 0},
		{{"\xff\xff\xff\xff", 4}, IQ_FRAME_TOO_LONG, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_str body = {NULL, 0};

		if (iq_frame_peek(cases[i].in, 256, &body) != cases[i].result)
			fail_msg("case %zu", i);
		assert_int_equal(body.n, cases[i].n);
	}
}

static void write_and_peek(void **state)
{
	struct iq_buf b;
	struct iq_str body;

	(void)state;
	iq_buf_init(&b, 0);
	iq_buf_str(&b, IQ_STR("before"));
	size_t mark = iq_frame_begin(&b);

	for (int i = 0; i < 70000; i++)
		iq_buf_byte(&b, (uint8_t)i);
	iq_frame_end(&b, mark);
	assert_int_equal(b.n, 6 + 4 + 70000);
	for (size_t n = 0; n < 70004; n += 997)
		assert_int_equal(iq_frame_peek((struct iq_str){(char *)b.p + 6, n}, 70000, &body),
			IQ_FRAME_MORE);
	assert_int_equal(iq_frame_peek((struct iq_str){(char *)b.p + 6, 70004}, 70000, &body),
		IQ_FRAME_READY);
	assert_int_equal(body.n, 70000);
	assert_ptr_equal(body.p, b.p + 10);
	iq_buf_free(&b);
}

static void full(void **state)
{
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 2);
	size_t mark = iq_frame_begin(&b);

	iq_frame_end(&b, mark);
	assert_true(b.failed);
	iq_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peek),
		cmocka_unit_test(write_and_peek),
		cmocka_unit_test(full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
