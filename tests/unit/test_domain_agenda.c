/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "agenda.h"
#include "date.h"

static struct iq_arena arena;

static int teardown(void **state)
{
	(void)state;
	iq_arena_free(&arena);
	return 0;
}

static struct iq_agenda_line line(
	enum iq_agenda_class class, const char *id, int32_t date, uint32_t weight)
{
	return (struct iq_agenda_line){class, iq_str(id), iq_str(id), date, weight};
}

/* "gap: a b (+3); stale: c" */
static const char *told(const struct iq_agenda_line *lines, size_t n, size_t limit)
{
	static char out[1024];
	struct iq_agenda a;
	size_t at = 0, sum = 0;

	iq_arena_reset(&arena);
	assert_true(iq_agenda_suggest(lines, n, limit, &arena, &a));
	out[0] = '\0';
	for (size_t i = 0; i < a.nitems; i++) {
		const struct iq_agenda_item *it = &a.item[i];

		at += (size_t)snprintf(out + at, sizeof(out) - at, "%s%s:", i ? "; " : "",
			iq_agenda_names[it->class]);
		for (size_t k = 0; k < it->nlines; k++)
			at += (size_t)snprintf(
				out + at, sizeof(out) - at, " %.*s", IQ_STR_ARG(it->lines[k]->id));
		if (it->total > it->nlines)
			at += (size_t)snprintf(
				out + at, sizeof(out) - at, " (+%zu)", it->total - it->nlines);
		sum += it->nlines;
	}
	assert_int_equal(sum, a.nlines);
	return out;
}

static void test_order(void **state)
{
	const struct iq_agenda_line lines[] = {
		line(IQ_AGENDA_STALE, "s-old", 100, 0),
		line(IQ_AGENDA_STALE, "s-never", IQ_DATE_MIN, 0),
		line(IQ_AGENDA_CHANGE, "c-old", 100, 0),
		line(IQ_AGENDA_CHANGE, "c-new", 200, 0),
		line(IQ_AGENDA_TOPIC, "t-new", 200, 0),
		line(IQ_AGENDA_TOPIC, "t-old", 100, 0),
		line(IQ_AGENDA_OVERLAP, "o", 0, 1),
		line(IQ_AGENDA_GAP, "g-small", 0, 2),
		line(IQ_AGENDA_GAP, "g-large", 0, 11),
		line(IQ_AGENDA_PROPOSAL, "p", 300, 0),
		line(IQ_AGENDA_OVERDUE, "d-new", 90, 0),
		line(IQ_AGENDA_OVERDUE, "d-old", 10, 0),
	};

	(void)state;
	assert_string_equal(told(lines, 12, 0),
		"overdue: d-old d-new; proposal: p; gap: g-large g-small; overlap: o; "
		"topic: t-old t-new; change: c-new c-old; stale: s-never s-old");
	assert_string_equal(told(lines, 0, 0), "");
	assert_string_equal(told(NULL, 0, 5), "");
}

static void test_ties(void **state)
{
	const struct iq_agenda_line lines[] = {
		line(IQ_AGENDA_GAP, "b", 5, 3),
		line(IQ_AGENDA_GAP, "a", 5, 3),
		line(IQ_AGENDA_GAP, "z", 4, 3),
		line(IQ_AGENDA_OVERDUE, "light", 5, 1),
		line(IQ_AGENDA_OVERDUE, "heavy", 5, 2),
	};

	(void)state;
	assert_string_equal(told(lines, 5, 0), "overdue: heavy light; gap: z a b");
}

/* Many of one kind push nothing off. */
static void test_bounds(void **state)
{
	static char ids[500][16];
	static struct iq_agenda_line lines[500];
	struct iq_agenda a;

	(void)state;
	for (int i = 0; i < 500; i++) {
		snprintf(ids[i], sizeof(ids[i]), "s%03d", i);
		lines[i] = line(IQ_AGENDA_STALE, ids[i], 0, 0);
	}
	lines[0] = line(IQ_AGENDA_GAP, "g1", 0, 9);
	lines[1] = line(IQ_AGENDA_GAP, "g2", 0, 8);
	lines[2] = line(IQ_AGENDA_GAP, "g3", 0, 7);
	lines[3] = line(IQ_AGENDA_OVERDUE, "d", 0, 0);
	assert_string_equal(
		told(lines, 500, 6), "overdue: d; gap: g1 g2 g3; stale: s004 s005 (+494)");
	assert_string_equal(told(lines, 500, 5), "overdue: d; gap: g1 g2 (+1); stale: s004 s005 "
						 "(+494)");
	/* less room than kinds: the first ones, and the others are counted */
	assert_string_equal(told(lines, 500, 1), "overdue: d; gap: (+3); stale: (+496)");
	assert_true(iq_agenda_suggest(lines, 500, 0, &arena, &a));
	assert_int_equal(a.nlines, IQ_AGENDA_LINES);
	assert_true(iq_agenda_suggest(lines, 500, SIZE_MAX, &arena, &a));
	assert_int_equal(a.nlines, IQ_AGENDA_LINES_MAX);
}

/* The order of the input says nothing. */
static void test_stable(void **state)
{
	struct iq_agenda_line lines[40];
	uint32_t seed = 1;
	char ids[40][16], first[1024];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(ids[i], sizeof(ids[i]), "x%02d", i);
		lines[i] = line((enum iq_agenda_class)(i % IQ_AGENDA_CLASSES), ids[i], i / 14,
			(uint32_t)i % 3);
	}
	snprintf(first, sizeof(first), "%s", told(lines, 40, 17));
	for (int round = 0; round < 100; round++) {
		for (unsigned i = 39; i > 0; i--) {
			unsigned k = (seed = seed * 1103515245 + 12345) / 65536 % (i + 1);
			struct iq_agenda_line swap = lines[i];

			lines[i] = lines[k];
			lines[k] = swap;
		}
		assert_string_equal(told(lines, 40, 17), first);
	}
}

static void test_no_memory(void **state)
{
	const struct iq_agenda_line lines[100] = {{.class = IQ_AGENDA_GAP}};
	struct iq_arena small;
	struct iq_agenda a;

	(void)state;
	iq_arena_init(&small, 64);
	assert_false(iq_agenda_suggest(lines, 100, 0, &small, &a));
	iq_arena_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_stable),
		cmocka_unit_test(test_no_memory),
	};

	iq_arena_init(&arena, 0);
	return cmocka_run_group_tests(tests, NULL, teardown);
}
