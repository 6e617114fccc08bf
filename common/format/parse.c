/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include <stdlib.h>

#include "bounds.h"
#include "i18n.h"

const char *const iq_parse_texts[IQ_PARSE_TEXTS] = {
	[IQ_PARSE_NO_ZIP] = N_("{0} is damaged, or no .xlsx or .zip file at all."),
	[IQ_PARSE_ENTRIES] = N_("{0} has too many parts inside."),
	[IQ_PARSE_ENCRYPTED] = N_("{0} is protected by a password."),
	[IQ_PARSE_METHOD] = N_("{0} is packed in a way that is not usual: {1}."),
	[IQ_PARSE_TWICE] = N_("{0} has two parts called {1}."),
	[IQ_PARSE_UNPACKED] = N_("{0} is too large once it is unpacked."),
	[IQ_PARSE_RATIO] = N_("{0} holds a part that grows out of proportion: {1}."),
	[IQ_PARSE_DAMAGED] = N_("{0} is damaged: {1} cannot be unpacked."),
	[IQ_PARSE_NO_WORKBOOK] = N_("{0} is no workbook of Excel."),
	[IQ_PARSE_XML] = N_("{0} is damaged: {1} is not well-formed."),
	[IQ_PARSE_DTD] = N_("{0} contains a document type declaration, which is refused: {1}."),
	[IQ_PARSE_DEPTH] = N_("{0} is nested too deeply: {1}."),
	[IQ_PARSE_SHEETS] = N_("{0} has too many sheets."),
	[IQ_PARSE_ROWS] = N_("{0} has too many rows in the sheet {1}."),
	[IQ_PARSE_CELLS] = N_("{0} has too many cells."),
	[IQ_PARSE_STRINGS] = N_("{0} has too many different texts."),
	[IQ_PARSE_STYLES] = N_("{0} has too many cell formats."),
	[IQ_PARSE_ORDER] = N_("{0} is damaged: rows or cells of the sheet {1} are out of order."),
	[IQ_PARSE_MEMORY] = N_("{0} needs too much memory."),
	[IQ_PARSE_LIBRARY] = N_("{0} cannot be read: the library {1} is not installed."),
	[IQ_PARSE_CONFINE] =
		N_("{0} cannot be read safely: this system does not allow to confine a process."),
	[IQ_PARSE_NO_ENTRY] = N_("{0} does not contain {1}."),
	[IQ_PARSE_COLUMN] = N_("There is a value in a column too far to the right."),
	[IQ_PARSE_CELL_LONG] = N_("The cell is too long."),
};

void iq_put_u16(struct iq_buf *b, uint16_t n)
{
	const uint8_t bytes[] = {(uint8_t)n, (uint8_t)(n >> 8)};

	iq_buf_add(b, bytes, sizeof(bytes));
}

void iq_put_u32(struct iq_buf *b, uint32_t n)
{
	iq_put_u16(b, (uint16_t)n);
	iq_put_u16(b, (uint16_t)(n >> 16));
}

void iq_put_u64(struct iq_buf *b, uint64_t n)
{
	iq_put_u32(b, (uint32_t)n);
	iq_put_u32(b, (uint32_t)(n >> 32));
}

void iq_put_string(struct iq_buf *b, struct iq_str s)
{
	iq_put_u32(b, (uint32_t)s.n);
	iq_buf_str(b, s);
}

bool iq_parse_put(struct iq_parse *p, enum iq_record type)
{
	const struct iq_str content = {(char *)p->out.p, p->out.n};
	const bool failed = p->out.failed;

	if (!failed && !p->ended)
		p->ended = !p->put(p->ctx, type, content);
	iq_buf_reset(&p->out, IQ_RECORD_MAX);
	if (failed)
		return iq_parse_fail(p, IQ_PARSE_MEMORY, IQ_STR(""));
	return !p->ended;
}

bool iq_parse_fail(struct iq_parse *p, enum iq_parse_text text, struct iq_str arg)
{
	enum { ARG_MAX_BYTES = 200 };

	if (p->ended)
		return false;
	if (arg.n > ARG_MAX_BYTES)
		arg.n = ARG_MAX_BYTES;
	iq_buf_reset(&p->out, IQ_RECORD_MAX);
	iq_put_u16(&p->out, (uint16_t)text);
	iq_put_string(&p->out, arg);
	if (!p->out.failed)
		p->put(p->ctx, IQ_RECORD_ERROR, (struct iq_str){(char *)p->out.p, p->out.n});
	p->ended = true;
	return false;
}

static bool workbook(struct iq_parse *p, struct iq_zip *zip)
{
	struct iq_arena arena;
	struct iq_book book = {.p = p, .zip = zip, .arena = &arena};

	iq_arena_init(&arena, IQ_LIMIT_SHEET_MEMORY);

	bool ok = iq_book_open(&book);

	for (size_t i = 0; ok && i < book.nsheets; i++) {
		const struct iq_book_sheet *sheet = &book.sheets[i];

		if (p->sheet >= 0 && (size_t)p->sheet != i)
			continue;
		iq_put_u16(&p->out, (uint16_t)i);
		iq_buf_byte(&p->out, sheet->hidden);
		iq_put_string(&p->out, sheet->name);
		ok = iq_parse_put(p, IQ_RECORD_SHEET) && iq_book_rows(&book, sheet);
	}
	free(book.strings);
	iq_arena_free(&arena);
	return ok;
}

static bool list(struct iq_parse *p, struct iq_zip *zip)
{
	zip_int64_t n = zip->lib->zip_get_num_entries(zip->archive, 0);
	zip_stat_t st;

	for (zip_int64_t i = 0; i < n; i++) {
		if (zip->lib->zip_stat_index(zip->archive, (zip_uint64_t)i, 0, &st) != 0)
			return iq_parse_fail(p, IQ_PARSE_NO_ZIP, IQ_STR(""));
		iq_put_u64(&p->out, st.size);
		iq_put_string(&p->out, iq_str(st.name));
		if (!iq_parse_put(p, IQ_RECORD_ENTRY))
			return false;
	}
	return true;
}

static bool put_bytes(void *arg, const char *bytes, size_t n)
{
	struct iq_parse *p = arg;

	iq_buf_add(&p->out, bytes, n);
	return iq_parse_put(p, IQ_RECORD_BYTES);
}

static bool entry(struct iq_parse *p, struct iq_zip *zip)
{
	int64_t at = iq_zip_find(zip, p->entry);

	if (at < 0)
		return iq_parse_fail(p, IQ_PARSE_NO_ENTRY, p->entry);
	return iq_zip_read(zip, at, put_bytes, p);
}

void iq_parse_run(struct iq_parse *p)
{
	struct iq_zip zip;

	iq_buf_init(&p->out, IQ_RECORD_MAX);
	p->ended = false;

	bool ok = iq_zip_open(&zip, p,
		p->what == IQ_PARSE_WORKBOOK ? IQ_LIMIT_SHEET_UNPACKED : IQ_LIMIT_IMPORT_SPOOL);

	if (ok)
		ok = p->what == IQ_PARSE_WORKBOOK ? workbook(p, &zip)
		     : p->what == IQ_PARSE_LIST   ? list(p, &zip)
						  : entry(p, &zip);
	iq_zip_close(&zip);
	if (ok)
		iq_parse_put(p, IQ_RECORD_DONE);
	iq_buf_free(&p->out);
}
