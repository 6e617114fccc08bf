/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_DOMAIN_RECORDS_H
#define IQ_TESTS_DOMAIN_RECORDS_H

/* Records out of "column=cell" texts, for the unit tests of the domain. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "model.h"

/* FX_REC(&arena, IQ_REGION, "id=de", "name_de=Deutschland") */
#define FX_REC(arena, kind, ...) fx_rec(arena, kind, (const char *const[]){__VA_ARGS__, NULL})

static inline struct iq_rec fx_rec(
	struct iq_arena *arena, enum iq_kind kind, const char *const *cells)
{
	struct iq_rec rec = {.kind = kind};
	struct iq_problem p = {0};

	for (; *cells != NULL; cells++) {
		const char *eq = strchr(*cells, '=');
		struct iq_str name = {*cells, (size_t)(eq - *cells)};
		int col = iq_column_by_name(kind, name);

		if (col < 0 || iq_rec_read_cell(&rec, col, iq_arena_dup(arena, iq_str(eq + 1)),
				       arena, &p) != IQ_OK)
			fail_msg("fixture cell %s: %s", *cells, p.text ? p.text : "no column");
	}
	return rec;
}

#define fx_str_equal(actual, expected)                                                             \
	do {                                                                                       \
		struct iq_str fx_a = (actual);                                                     \
		if (!iq_str_is(fx_a, expected))                                                    \
			fail_msg("'%.*s' is not '%s'", IQ_STR_ARG(fx_a), expected);                \
	} while (0)

/* The problem with this value (NULL: any) and column, or NULL. */
static inline const struct iq_problem *fx_problem(
	const struct iq_error *e, const char *column, const char *value)
{
	for (size_t i = 0; i < e->nproblems; i++)
		if (iq_str_is(e->problems[i].column, column) &&
			(value == NULL || iq_str_is(e->problems[i].value, value)))
			return &e->problems[i];
	return NULL;
}

#endif
