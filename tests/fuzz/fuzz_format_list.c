/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists as CSV, from bytes to rows of the bundle: the same twice, cells valid, rows in order. Where
 * there is a first line "#map", what comes before "#csv" is a mapping file.
 */
#include <stdlib.h>

#include "bounds.h"
#include "excel.h"
#include "input.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct counted {
	uint32_t line;
	uint64_t rows, bytes;
	size_t columns;
};

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct counted *c = arg;

	for (size_t i = 0; i < n; i++)
		if (iq_column_by_name(file->kind, columns[i]) < 0)
			abort();
	c->columns = n;
	c->line = 0;
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct counted *c = arg;

	if (line <= c->line || n != c->columns)
		abort();
	c->line = line;
	c->rows++;
	for (size_t i = 0; i < n; i++) {
		if (!iq_utf8_valid(cells[i]))
			abort();
		c->bytes += cells[i].n;
	}
	return IQ_OK;
}

static void read_list(struct iq_str in, const struct iq_mapping *mapping, struct counted *c)
{
	const struct iq_input_options options = {.mapping = mapping};
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, c};
	struct iq_input input;
	struct iq_repairs repairs;
	struct iq_arena arena;
	struct iq_error error;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	iq_repairs_init(&repairs, &arena);
	*c = (struct counted){0};
	if (iq_input_open_bytes(IQ_FORM_CSV, IQ_STR("kontakte.csv"), in, &options, &arena, &input,
		    &error) != error.code)
		abort();
	for (size_t i = 0; error.code == IQ_OK && i < input.ntables; i++) {
		enum iq_err err = iq_input_read_bytes(
			&input.tables[i], in, &options, &reader, &repairs, &error);

		if ((err == IQ_OK) != (error.problems_total == 0) && error.code == IQ_ERR_REJECTED)
			break;
	}
	iq_arena_free(&arena);
}

/* What is written for Excel is read as it was. */
static void round_trip(struct iq_str cell)
{
	struct iq_buf b;
	struct iq_str bare = cell;

	if (cell.n > 200 || memchr(cell.p, '\r', cell.n) != NULL || !iq_utf8_valid(cell))
		return;
	iq_buf_init(&b, 0);
	iq_excel_csv_row(&b, &cell, 1);
	if (b.n < 2 || b.p[b.n - 2] != '\r')
		abort();
	struct iq_str written = {(char *)b.p, b.n - 2};

	if (written.n != 0 && written.p[0] != '"') {
		bare = iq_excel_bare(written);
		if (!iq_str_eq(bare, cell) ||
			(written.p[0] != '\0' && strchr("=+-@", written.p[0])))
			abort();
	}
	iq_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_str in = {(const char *)data, n};
	struct iq_mapping mapping, *used = NULL;
	struct iq_arena arena;
	struct iq_error error;
	struct counted first, second;

	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_str_starts(in, IQ_STR("#map\n"))) {
		const char *csv = memmem(in.p, in.n, "\n#csv\n", 6);
		struct iq_str map = {in.p, csv != NULL ? (size_t)(csv - in.p) : in.n};

		if (iq_mapping_parse(IQ_STR("m"), map, &arena, &mapping, &error) == IQ_OK)
			used = &mapping;
		in = csv != NULL ? (struct iq_str){csv + 6, in.n - map.n - 6} : IQ_STR("");
	}
	read_list(in, used, &first);
	read_list(in, used, &second);
	if (memcmp(&first, &second, sizeof(first)) != 0)
		abort();
	round_trip(in);
	iq_arena_free(&arena);
	return 0;
}
