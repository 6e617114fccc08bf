/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "fold.h"

#define S(lit) IQ_STR(lit)

static void check_keys(struct iq_str in, const char *ae, const char *plain)
{
	struct iq_str out[IQ_FOLDS];
	struct iq_arena arena;

	iq_arena_init(&arena, 0);

	size_t n = iq_fold_keys(&arena, in, out);

	if (ae == NULL) {
		if (n != 0)
			fail_msg("%.*s: %.*s", IQ_STR_ARG(in), IQ_STR_ARG(out[0]));
	} else {
		if (n != (plain ? 2 : 1))
			fail_msg("%.*s: %zu keys", IQ_STR_ARG(in), n);
		if (!iq_str_is(out[0], ae))
			fail_msg("%.*s: %.*s", IQ_STR_ARG(in), IQ_STR_ARG(out[0]));
		assert_int_equal(out[0].p[out[0].n], 0);
		if (plain && !iq_str_is(out[1], plain))
			fail_msg("%.*s: %.*s", IQ_STR_ARG(in), IQ_STR_ARG(out[1]));
		/* folding what is folded changes nothing */
		assert_true(iq_str_eq(iq_fold(&arena, out[0], IQ_FOLD_AE), out[0]));
	}
	iq_arena_free(&arena);
}

static void keys(void **state)
{
	static const struct {
		struct iq_str in;
		const char *ae, *plain; /* NULL: no second key */
	} rows[] = {
		{S("Meißen"), "meissen", NULL},
		{S("MEISSEN"), "meissen", NULL},
		{S("MEIẞEN"), "meissen", NULL},
		{S("Görlitz"), "goerlitz", "gorlitz"},
		{S("GÖRLITZ"), "goerlitz", "gorlitz"},
		{S("Go\xcc\x88rlitz"), "goerlitz", "gorlitz"}, /* decomposed */
		{S("Goerlitz"), "goerlitz", NULL},
		{S("Gorlitz"), "gorlitz", NULL},
		{S("Übergröße Ärger"), "uebergroesse-aerger", "ubergrosse-arger"},
		{S("Weißwasser/O.L. / Běła Woda"), "weisswasser-o-l-bela-woda", NULL},
		{S("Łódź"), "lodz", NULL},
		{S("Lo\xcc\x81"
		   "dz\xcc\x81"),
			"lodz", NULL},
		{S("Đorđe"), "dorde", NULL},
		{S("Tromsø"), "tromso", NULL},
		{S("ÆØÅ œuvre Þór"), "aeoa-oeuvre-thor", NULL},
		{S("DİYARBAKIR ılık"), "diyarbakir-ilik", NULL},
		{S("Ħamrun"), "hamrun", NULL},
		{S("ﬁnanz"), "finanz", NULL},        /* ligature */
		{S("Zoë naïve"), "zoe-naive", NULL}, /* diaeresis that is no umlaut */
		{S("u\xcc\xa3\xcc\x88"), "ue", "u"}, /* another mark in between */
		{S("§ 44 Abs. 4"), "44-abs-4", NULL},
		{S("  --LK   Leipzig!! "), "lk-leipzig", NULL},
		{S("SGB\xc2\xa0II"), "sgb-ii", NULL},
		{S("Zu\xc2\xadständigkeit"), "zustaendigkeit", "zustandigkeit"}, /* soft hyphen */
		{S("Київ"), "киів", NULL},
		{S("دمشق"), "دمشق", NULL},
		{S("01067"), "01067", NULL},
		{S(""), NULL, NULL},
		{S(" ./- "), NULL, NULL},
		{S("…–—"), NULL, NULL},
		{S("\xcc\x88"), NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_keys(rows[i].in, rows[i].ae, rows[i].plain);
}

static void bad_input(void **state)
{
	struct iq_str out[IQ_FOLDS];
	struct iq_arena arena;

	(void)state;
	iq_arena_init(&arena, 0);
	assert_null(iq_fold(&arena, S("M\xe4rz"), IQ_FOLD_AE).p);
	assert_null(iq_fold(&arena, S("a\0b"), IQ_FOLD_A).p);
	assert_int_equal(iq_fold_keys(&arena, S("\xff"), out), 0);
	iq_arena_free(&arena);

	/* one code point that decomposes into eighteen: the output grows */
	iq_arena_init(&arena, 0);
	assert_true(
		iq_fold(&arena, S("\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba"), IQ_FOLD_AE)
			.n > 60);
	iq_arena_free(&arena);

	iq_arena_init(&arena, 16);
	assert_null(iq_fold(&arena, S("Überlandstraße in Görlitz"), IQ_FOLD_AE).p);
	assert_null(iq_fold(&arena, S("twenty characters or more"), IQ_FOLD_AE).p);
	iq_arena_free(&arena);
}

static void distance(void **state)
{
	static const struct {
		struct iq_str a, b;
		unsigned max, d;
	} rows[] = {
		{S(""), S(""), 2, 0},
		{S("dresden"), S("dresden"), 0, 0},
		{S("dresden"), S("dresdn"), 2, 1},
		{S("dresden"), S("dresdne"), 2, 1}, /* neighbours swapped count once */
		{S("dresden"), S("drsedne"), 2, 2},
		{S("dresden"), S("bresden"), 2, 1},
		{S("ca"), S("abc"), 5, 3}, /* optimal string alignment, not full Damerau */
		{S("kitten"), S("sitting"), 3, 3},
		{S("kitten"), S("sitting"), 2, 3},
		{S("leipzig"), S(""), 10, 7},
		{S("leipzig"), S(""), 3, 4},
		{S("abcdef"), S("ghijkl"), 3, 4},
		{S("a"), S("b"), 0, 1},
	};
	static char wide[600];
	struct iq_str full = {wide, 255}, over = {wide, 256};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned there = iq_fold_distance(rows[i].a, rows[i].b, rows[i].max);
		unsigned back = iq_fold_distance(rows[i].b, rows[i].a, rows[i].max);

		if (there != rows[i].d || back != there)
			fail_msg("row %zu: %u, %u", i, there, back);
	}
	memset(wide, 'x', sizeof(wide));
	assert_int_equal(iq_fold_distance(full, (struct iq_str){wide, 250}, 5), 5);
	assert_int_equal(iq_fold_distance(over, full, 5), 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(bad_input),
		cmocka_unit_test(distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
