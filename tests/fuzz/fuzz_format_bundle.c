/* SPDX-License-Identifier: Apache-2.0 */
/* CSV: whatever is read is written, read again and written again: both times the same. */
#include <stdlib.h>

#include "bounds.h"
#include "bundle.h"
#include "utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct copy {
	struct iq_buf out;
	uint32_t line;
	size_t columns;
};

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct copy *c = arg;

	if (line <= c->line || (c->columns != 0 && n != c->columns))
		abort();
	c->line = line;
	for (size_t i = 0; i < n; i++)
		if (!iq_utf8_valid(cells[i]) || cells[i].n > IQ_LIMIT_CELL)
			abort();
	iq_csv_write_row(&c->out, cells, n);
	return IQ_OK;
}

static enum iq_err on_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct copy *c = arg;

	(void)file;
	on_row(c, 1, columns, n); /* blank lines may come before; rows only after it */
	c->columns = n;
	return IQ_OK;
}

static enum iq_err parse(struct iq_str in, struct copy *c)
{
	const struct iq_bundle_file file = {
		.kind = IQ_TASK, .path = IQ_STR("x"), .name = IQ_STR("x")};
	const struct iq_bundle_reader reader = {on_header, on_row, NULL, c};
	struct iq_arena arena;
	struct iq_error error;

	*c = (struct copy){0};
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);

	enum iq_err err = iq_bundle_parse(&file, in, &reader, &error);

	if ((err == IQ_OK) != (error.problems_total == 0) || err != error.code)
		abort();
	iq_arena_free(&arena);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct copy first, second = {0};

	(void)!parse((struct iq_str){(const char *)data, n}, &first);
	const struct iq_str written = {(char *)first.out.p, first.out.n};

	/* a name that begins like a byte order mark would be read without it */
	if (first.columns != 0 && !iq_str_starts(written, IQ_STR("\xef\xbb\xbf"))) {
		if (parse(written, &second) != IQ_OK ||
			!iq_str_eq(written, (struct iq_str){(char *)second.out.p, second.out.n}))
			abort();
	}
	iq_buf_free(&first.out);
	iq_buf_free(&second.out);
	return 0;
}
