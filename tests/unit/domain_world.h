/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_DOMAIN_WORLD_H
#define IQ_TESTS_DOMAIN_WORLD_H

/*
 * A directory in memory for tests of matching and finding: a small world written in the test,
 * or data/saxony read with a minimal CSV reader.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "buf.h"
#include "date.h"
#include "directory.h"

struct world {
	struct iq_arena arena; /* what the directory was made of, and answers */
	struct iq_directory *dir;
	const struct iq_view *view;
};

static inline void world_init(struct world *w)
{
	iq_arena_init(&w->arena, 0);
	w->dir = iq_directory_new();
	assert_non_null(w->dir);
}

static inline void world_free(struct world *w)
{
	iq_directory_free(w->dir);
	iq_arena_free(&w->arena);
}

static inline void world_cell(
	struct world *w, struct iq_rec *rec, const char *column, struct iq_str cell)
{
	int col = iq_column_by_name(rec->kind, iq_str(column));
	struct iq_problem p = {.line = 0};

	if (col < 0)
		fail_msg("no column %s", column);
	if (iq_rec_read_cell(rec, col, cell, &w->arena, &p) != IQ_OK)
		fail_msg("%s: \"%.*s\": %s", column, IQ_STR_ARG(cell), p.text);
}

static inline struct iq_rec world_rec(enum iq_kind kind)
{
	struct iq_rec rec;

	memset(&rec, 0, sizeof(rec));
	rec.kind = kind;
	return rec;
}

/* Adds a record: pairs of column and value, ended by NULL. Values must outlive the world. */
static inline iq_num world_put(struct world *w, enum iq_kind kind, ...)
{
	struct iq_rec rec = world_rec(kind);
	const char *column;
	iq_num num;
	va_list ap;

	va_start(ap, kind);
	while ((column = va_arg(ap, const char *)) != NULL)
		world_cell(w, &rec, column, iq_str(va_arg(ap, const char *)));
	va_end(ap);
	num = iq_directory_put(w->dir, &rec);
	assert_int_not_equal(num, IQ_NONE);
	return num;
}

/*
 * Adds a record written as cells separated by spaces, in the order of `columns`; "-" is empty.
 */
static inline void world_line(
	struct world *w, enum iq_kind kind, const char *columns, const char *line)
{
	struct iq_rec rec = world_rec(kind);
	struct iq_str names = iq_str(columns), rest = iq_str(line), name, cell;

	while (iq_str_cut(&names, ' ', &name)) {
		if (!iq_str_cut(&rest, ' ', &cell))
			break;
		if (!iq_str_is(cell, "-"))
			world_cell(w, &rec, iq_arena_cstr(&w->arena, name), cell);
	}
	assert_int_not_equal(iq_directory_put(w->dir, &rec), IQ_NONE);
}

static inline void world_index(struct world *w)
{
	struct iq_error error;

	iq_error_init(&error, &w->arena);
	if (iq_directory_index(w->dir, &error) != IQ_OK)
		fail_msg("index: %s", error.text);
	w->view = iq_directory_view(w->dir);
}

static inline iq_num world_num(const struct world *w, enum iq_kind kind, const char *id)
{
	iq_num num;

	if (id == NULL || *id == '\0')
		return IQ_NONE;
	num = iq_directory_find(w->dir, kind, iq_str(id));
	if (num == IQ_NONE)
		fail_msg("no %s %s", iq_schemas[kind].name, id);
	return num;
}

static inline int32_t world_date(const char *iso)
{
	int32_t days = 0;

	assert_true(iq_date_parse(iq_str(iso), &days));
	return days;
}

/* "age=17;accommodation=shared" as a question says it. */
static inline struct iq_known *world_facts(struct world *w, const char *text)
{
	const struct iq_facts *facts = &w->view->vocab->facts;
	struct iq_known *known = iq_arena_array(&w->arena, facts->n, sizeof(*known));
	struct iq_str rest = iq_str(text), part, name;

	while (text && *text && iq_str_cut(&rest, ';', &part)) {
		struct iq_problem p = {.line = 0};
		int at;

		assert_true(iq_str_cut(&part, '=', &name));
		at = iq_fact_find(facts, name);
		if (at < 0)
			fail_msg("no fact %.*s", IQ_STR_ARG(name));
		if (iq_known_parse(&facts->fact[at], part, &known[at], &p) != IQ_OK)
			fail_msg("fact %.*s: %s", IQ_STR_ARG(name), p.text);
	}
	return known;
}

/* ---- data/saxony --------------------------------------------------------------------------- */

static inline struct iq_str world_read(struct world *w, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct iq_buf b;
	struct iq_str text;
	size_t n;

	if (f == NULL && errno == ENOENT) /* any file of a bundle may be absent */
		return (struct iq_str){NULL, 0};
	if (f == NULL)
		fail_msg("cannot read %s", path);
	iq_buf_init(&b, 0);
	do {
		uint8_t *p = iq_buf_room(&b, 65536);

		assert_non_null(p);
		n = fread(p, 1, 65536, f);
		b.n += n;
	} while (n > 0);
	fclose(f);
	text = iq_arena_dup(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return text;
}

enum { WORLD_CELLS = 32, WORLD_CELL = 16384 };

/* Cuts one CSV row off `rest`; returns the number of cells, 0 at the end. */
static inline size_t world_row(struct world *w, struct iq_str *rest, struct iq_str *cell)
{
	static char out[WORLD_CELL];
	size_t n = 0, i = 0;

	if (rest->n == 0)
		return 0;
	while (i < rest->n) {
		size_t len = 0;
		bool quoted = false;

		for (; i < rest->n; i++) {
			char c = rest->p[i];

			assert_true(len < WORLD_CELL);
			if (c == '"' && quoted && i + 1 < rest->n && rest->p[i + 1] == '"')
				out[len++] = rest->p[++i];
			else if (c == '"')
				quoted = !quoted;
			else if (!quoted && (c == ',' || c == '\n'))
				break;
			else if (c != '\r' || quoted)
				out[len++] = c;
		}
		assert_true(n < WORLD_CELLS);
		cell[n++] = iq_arena_dup(&w->arena, (struct iq_str){out, len});
		if (i >= rest->n || rest->p[i++] == '\n')
			break;
	}
	rest->p += i;
	rest->n -= i;
	return n;
}

static inline void world_saxony(struct world *w)
{
	for (int k = 0; k < IQ_KINDS; k++) {
		enum iq_kind kind = (enum iq_kind)k;
		char path[512];
		struct iq_str rest, head[WORLD_CELLS], cell[WORLD_CELLS];
		size_t columns;

		snprintf(path, sizeof(path), "%s/data/saxony/%s.csv", IQ_SOURCE_DIR,
			iq_schemas[kind].file);
		rest = world_read(w, path);
		columns = world_row(w, &rest, head);
		while (columns && world_row(w, &rest, cell) == columns) {
			struct iq_rec rec = world_rec(kind);

			for (size_t i = 0; i < columns; i++)
				world_cell(w, &rec, head[i].p, cell[i]);
			if (kind == IQ_POSTCODE)
				world_cell(w, &rec, "id",
					iq_str(iq_arena_printf(&w->arena, "%.*s-%.*s",
						IQ_STR_ARG(cell[0]), IQ_STR_ARG(cell[1]))));
			assert_int_not_equal(iq_directory_put(w->dir, &rec), IQ_NONE);
		}
		assert_int_equal(rest.n, 0);
	}
	world_index(w);
}

/* ---- answers as text ----------------------------------------------------------------------- */

static inline void world_open(
	const struct world *w, struct iq_buf *b, uint8_t open, const struct iq_fact_list *facts)
{
	char sep = '?';

	if (open & IQ_OPEN_REGION) {
		iq_buf_printf(b, "%cregion", sep);
		sep = ',';
	}
	if (open & IQ_OPEN_STATUS) {
		iq_buf_printf(b, "%cstatus", sep);
		sep = ',';
	}
	for (unsigned i = 0; i < facts->n; i++) {
		iq_buf_printf(b, "%c%.*s", sep,
			IQ_STR_ARG(w->view->vocab->facts.fact[facts->fact[i]].id));
		sep = ',';
	}
}

static inline void world_missed(const struct world *w, struct iq_buf *b, const struct iq_row *row)
{
	static const char *const names[] = {"region", "status", "condition", "date"};

	for (unsigned i = 0; i < 4; i++) {
		if (row->missed & 1u << i)
			iq_buf_printf(b, "!%s", names[i]);
	}
	for (unsigned i = 0; i < row->failed_facts.n; i++)
		iq_buf_printf(b, "%c%.*s", i ? ',' : ':',
			IQ_STR_ARG(w->view->vocab->facts.fact[row->failed_facts.fact[i]].id));
}

/*
 * Rows as "group/id*@task-distance,region-distance?open!missed": a star marks primary rows.
 */
static inline const char *world_rows(
	struct world *w, const struct iq_row *rows, size_t n, bool distances)
{
	struct iq_buf b;
	const char *text;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++) {
		const struct iq_row *row = &rows[i];

		iq_buf_printf(&b, "%s%.*s/%.*s%s", i ? " " : "",
			IQ_STR_ARG(w->view->vocab->task.id[row->group]), IQ_STR_ARG(row->id),
			row->primary ? "*" : "");
		if (distances)
			iq_buf_printf(&b, "@%u,%u", row->task_distance, row->region_distance);
		world_open(w, &b, row->open, &row->open_facts);
		world_missed(w, &b, row);
		assert_int_equal(row->certain, row->open == 0 && row->open_facts.n == 0);
	}
	text = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return text;
}

static inline const char *world_notices(struct world *w, const struct iq_match *m)
{
	struct iq_buf b;
	const char *text;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < m->nnotices; i++) {
		const struct iq_notice_match *n = &m->notices[i];

		iq_buf_printf(&b, "%s%.*s", i ? " " : "", IQ_STR_ARG(n->notice->id));
		world_open(w, &b, n->open, &n->open_facts);
		assert_int_equal(n->certain, n->open == 0 && n->open_facts.n == 0);
	}
	text = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return text;
}

#endif
