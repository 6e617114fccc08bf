/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "arena.h"
#include "buf.h"

static void allocations_are_aligned_and_apart(void **state)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 4000, 8192, 100000, 5000000, 3};
	unsigned char *p[sizeof(sizes) / sizeof(sizes[0])];
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p[i] = iq_arena_alloc(&a, sizes[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		memset(p[i], (int)i, sizes[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(p[i][j], i);
	iq_arena_free(&a);
}

static void cap_is_kept_and_reset_gives_it_back(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 100000);
	for (int round = 0; round < 3; round++) {
		size_t got = 0;

		while (iq_arena_alloc(&a, 1000) != NULL)
			got++;
		assert_true(a.failed);
		assert_int_equal(got, 100000 / 1008);
		assert_true(a.used <= a.cap);
		/* what still fits is given, but the failure stays known */
		assert_non_null(iq_arena_alloc(&a, 1));
		assert_true(a.failed);
		iq_arena_reset(&a);
		assert_false(a.failed);
		assert_int_equal(a.used, 0);
	}
	assert_null(iq_arena_alloc(&a, SIZE_MAX));
	assert_true(a.failed);
	iq_arena_reset(&a);
	assert_null(iq_arena_array(&a, SIZE_MAX / 2, 3));
	assert_true(a.failed);
	iq_arena_reset(&a);
	assert_null(iq_arena_cstr(&a, (struct iq_str){"", SIZE_MAX}));
	iq_arena_free(&a);
}

static void reset_keeps_one_chunk(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	void *first = iq_arena_alloc(&a, 10);

	iq_arena_reset(&a);
	assert_ptr_equal(iq_arena_alloc(&a, 10), first);
	for (int i = 0; i < 1000; i++)
		assert_non_null(iq_arena_alloc(&a, 1000));
	iq_arena_reset(&a);
	assert_non_null(a.chunk);
	iq_arena_free(&a);
	assert_null(a.chunk);
}

static void zeroed_even_after_reuse(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	memset(iq_arena_alloc(&a, 4000), 0xff, 4000);
	iq_arena_reset(&a);

	const unsigned char *p = iq_arena_zalloc(&a, 1000), *q = iq_arena_array(&a, 30, 100);

	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(p[i] | q[i], 0);
	iq_arena_free(&a);
}

static void grow_keeps_contents(void **state)
{
	struct iq_arena a;

	(void)state;
	iq_arena_init(&a, 0);
	char *p = iq_arena_alloc(&a, 10);

	memcpy(p, "123456789", 10);
	assert_ptr_equal(iq_arena_grow(&a, p, 10, 100), p); /* last one: in place */
	assert_non_null(iq_arena_alloc(&a, 1));

	char *q = iq_arena_grow(&a, p, 100, 50000);

	assert_non_null(q);
	assert_ptr_not_equal(q, p);
	assert_string_equal(q, "123456789");
	assert_non_null(iq_arena_grow(&a, NULL, 0, 5));
	assert_ptr_equal(iq_arena_grow(&a, q, 50000, 10), q);
	iq_arena_free(&a);

	iq_arena_init(&a, 64);
	p = iq_arena_alloc(&a, 16);
	assert_null(iq_arena_grow(&a, p, 16, 65));
	assert_true(a.failed);
	iq_arena_free(&a);
}

static void strings(void **state)
{
	struct iq_arena a;
	char *longer;

	(void)state;
	iq_arena_init(&a, 0);
	assert_string_equal(iq_arena_cstr(&a, IQ_STR("abc")), "abc");
	assert_string_equal(iq_arena_cstr(&a, (struct iq_str){NULL, 0}), "");
	assert_true(iq_str_is(iq_arena_dup(&a, IQ_STR("äöü")), "äöü"));
	assert_string_equal(iq_arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	longer = iq_arena_printf(&a, "%0999d", 1);
	assert_int_equal(strlen(longer), 999);
	assert_int_equal(longer[998], '1');
	iq_arena_free(&a);
}

static void buffer_grows_and_fails_once(void **state)
{
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	for (int i = 0; i < 1000; i++)
		iq_buf_printf(&b, "%03d", i % 1000);
	iq_buf_printf(&b, "%0500d", 7);
	assert_false(b.failed);
	assert_int_equal(b.n, 3500);
	assert_memory_equal(b.p + 2997, "999000", 6);
	assert_int_equal(b.p[3499], '7');
	iq_buf_consume(&b, 2997);
	assert_int_equal(b.n, 503);
	assert_memory_equal(b.p, "999000", 6);
	iq_buf_consume(&b, 1000);
	assert_int_equal(b.n, 0);
	iq_buf_free(&b);

	iq_buf_init(&b, 300);
	iq_buf_printf(&b, "%0300d", 1); /* exactly the limit */
	assert_false(b.failed);
	assert_int_equal(b.n, 300);
	iq_buf_byte(&b, 'x');
	assert_true(b.failed);
	iq_buf_reset(&b, 0);
	assert_null(b.p);
	iq_buf_str(&b, IQ_STR("ab"));
	iq_buf_add(&b, NULL, 0);
	assert_int_equal(b.n, 2);
	assert_null(iq_buf_room(&b, 299));
	iq_buf_str(&b, IQ_STR("cd")); /* nothing more after a failure */
	assert_int_equal(b.n, 2);
	iq_buf_reset(&b, 1000);
	assert_non_null(b.p);
	assert_null(iq_buf_room(&b, SIZE_MAX));
	iq_buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_and_apart),
		cmocka_unit_test(cap_is_kept_and_reset_gives_it_back),
		cmocka_unit_test(reset_keeps_one_chunk),
		cmocka_unit_test(zeroed_even_after_reuse),
		cmocka_unit_test(grow_keeps_contents),
		cmocka_unit_test(strings),
		cmocka_unit_test(buffer_grows_and_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
