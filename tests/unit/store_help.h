/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_STORE_HELP_H
#define IQ_TESTS_STORE_HELP_H

/* A store in a scratch directory, and records from cells. For test_store_* and test_write_*. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "store.h"

struct fixture {
	char dir[64];
	struct iq_store *store;
	struct iq_arena arena; /* for the whole test */
	struct iq_error error;
};

static inline void fixture_open(struct fixture *f, bool create, uint64_t map)
{
	struct iq_store_options opt = {.map_bytes = map, .upgrade = true};

	iq_error_init(&f->error, &f->arena);
	assert_int_equal(iq_store_open(f->dir, create, &opt, &f->store, &f->error), IQ_OK);
}

static inline void fixture_new(struct fixture *f, uint64_t map)
{
	memset(f, 0, sizeof(*f));
	iq_arena_init(&f->arena, 0);
	strcpy(f->dir, "/tmp/iq-test-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	fixture_open(f, true, map);
}

static inline void fixture_free(struct fixture *f)
{
	static const char *const files[] = {"data.mdb", "data.mdb-lock"};
	char path[128];

	iq_store_close(f->store);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
		unlink(path);
	}
	rmdir(f->dir);
	iq_arena_free(&f->arena);
}

static inline void print_finding(void *arg, const char *line)
{
	(void)arg;
	print_error("finding: %s\n", line);
}

static inline void assert_clean(struct iq_store *s)
{
	assert_int_equal(iq_store_check(s, print_finding, NULL), 0);
}

/* cells: "column=value" …, ended by NULL. */
static inline struct iq_rec make_recv(
	struct iq_arena *a, enum iq_kind kind, const char *id, va_list ap)
{
	struct iq_rec rec = {.kind = kind};
	struct iq_problem p;
	const char *cell;

	if (id != NULL)
		assert_int_equal(
			iq_rec_read_cell(&rec, IQ_COL_ID, iq_arena_dup(a, iq_str(id)), a, &p),
			IQ_OK);
	while ((cell = va_arg(ap, const char *)) != NULL) {
		const char *eq = strchr(cell, '=');
		int col;

		assert_non_null(eq);
		col = iq_column_by_name(kind, (struct iq_str){cell, (size_t)(eq - cell)});
		assert_true(col > 0);
		assert_int_equal(
			iq_rec_read_cell(&rec, col, iq_arena_dup(a, iq_str(eq + 1)), a, &p), IQ_OK);
	}
	assert_true(iq_rec_complete(&rec, a));
	return rec;
}

static inline struct iq_rec make_rec(struct iq_arena *a, enum iq_kind kind, const char *id, ...)
	__attribute__((sentinel));

static inline struct iq_rec make_rec(struct iq_arena *a, enum iq_kind kind, const char *id, ...)
{
	va_list ap;

	va_start(ap, id);
	struct iq_rec rec = make_recv(a, kind, id, ap);

	va_end(ap);
	return rec;
}

/* All cells in one text: the record as a value that can be compared. */
static inline const char *rec_text(struct iq_arena *a, const struct iq_rec *rec)
{
	char *out = iq_arena_printf(a, "%s", iq_schemas[rec->kind].name);

	for (size_t c = 0; c < iq_schemas[rec->kind].ncolumns; c++)
		out = iq_arena_printf(
			a, "%s|%.*s", out, IQ_STR_ARG(iq_rec_write_cell(rec, (int)c, a)));
	return out;
}

static inline iq_num put_rec(struct iq_wtxn *w, struct iq_arena *a, const struct iq_rec *rec)
{
	iq_num num = iq_id_intern(w, rec->kind, iq_rec_text(rec, IQ_COL_ID));

	assert_int_not_equal(num, IQ_NONE);
	iq_rec_put(w, num, rec, a);
	return num;
}

#endif
