/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workbooks. The first byte says what the rest is: 'z' a whole archive, 'w', 's', 't', 'f' a part
 * (workbook, sheet, strings, formats) of an otherwise good one, 'r' what a confined process that
 * was taken over might answer.
 */
#include <stdlib.h>

#include "bounds.h"
#include "records.h"
#include "utf8.h"

#include "../unit/zip_help.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct seen {
	uint32_t line;
	uint64_t cells;
	bool sheet;
};

static enum iq_err on_sheet(void *arg, const struct iq_sheet *s, bool *skip)
{
	struct seen *x = arg;

	(void)skip;
	if (!iq_utf8_valid(s->name) || s->number >= IQ_LIMIT_SHEET_SHEETS)
		abort();
	x->line = 0;
	x->sheet = true;
	return IQ_OK;
}

static enum iq_err on_row(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n)
{
	struct seen *x = arg;

	if (!x->sheet || line <= x->line || n == 0)
		abort();
	x->line = line;
	for (size_t i = 0; i < n; i++)
		if (!iq_utf8_valid(cells[i].text) || cells[i].text.n > IQ_LIMIT_CELL ||
			cells[i].type >= IQ_SHEET_TYPES)
			abort();
	return IQ_OK;
}

static void read_records(struct iq_str in, struct iq_error *error, struct seen *x)
{
	const struct iq_sheet_reader reader = {
		.sheet = on_sheet, .row = on_row, .arg = x, .only = -1};
	struct iq_records r = {.file = IQ_STR("l.xlsx"), .error = error, .reader = &reader};
	bool more = true;

	iq_records_begin(&r);
	while (more && in.n > 2) {
		size_t len = (uint8_t)in.p[1] < in.n - 2 ? (uint8_t)in.p[1] : in.n - 2;

		more = iq_records_take(
			&r, (enum iq_record)(uint8_t)in.p[0], (struct iq_str){in.p + 2, len});
		in = (struct iq_str){in.p + 2 + len, in.n - 2 - len};
	}
	if (iq_records_end(&r, 0) != error->code)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct seen x = {0};
	const struct iq_sheet_reader reader = {
		.sheet = on_sheet, .row = on_row, .arg = &x, .only = -1};
	struct pack_made z = {.n = 0};
	struct book_made b = {.strings = "<sst><si><t>a</t></si></sst>",
		.styles = "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/><xf numFmtId=\"9\"/>"
			  "</cellXfs></styleSheet>",
		.sheet = BOOK_SHEET("<row><c t=\"s\"><v>0</v></c><c s=\"1\"><v>1</v></c></row>")};
	char *part = n > 1 ? malloc(n) : NULL;
	struct iq_arena arena;
	struct iq_error error;
	struct iq_str file = {(const char *)data + 1, n - 1};

	if (part == NULL)
		return 0;
	memcpy(part, data + 1, n - 1);
	part[n - 1] = '\0';
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (data[0] == 'w')
		b.workbook = part;
	else if (data[0] == 't')
		b.strings = part;
	else if (data[0] == 'f')
		b.styles = part;
	else
		b.sheet = part;
	if (data[0] != 'z' && data[0] != 'r')
		file = book_make(&z, &b);
	if (data[0] == 'r')
		read_records(file, &error, &x);
	else if (iq_sheet_parse(IQ_FORM_XLSX, IQ_STR("l.xlsx"), file, &reader, &error) !=
		 error.code)
		abort();
	iq_buf_free(&z.file);
	iq_arena_free(&arena);
	free(part);
	return 0;
}
