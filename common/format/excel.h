/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_EXCEL_H
#define IQ_FORMAT_EXCEL_H

/*
 * Tables for Excel. Nothing that Excel takes for a formula, a number or a date is written so that
 * it would be one: what is exported can be changed, saved and read again. The same rows give the
 * same bytes.
 */

#include "buf.h"
#include "err.h"
#include "sheet.h"
#include "str.h"

/* ---- CSV ---------------------------------------------------------------------------------- */

/* The byte order mark by which Excel knows UTF-8. Before the first row. */
void iq_excel_csv_begin(struct iq_buf *b);
/*
 * A row: `;`, CRLF, quoted where needed. Cells beginning with = + - @ tab or carriage return get
 * an apostrophe in front (CWE-1236), which iq_excel_bare() takes away.
 */
void iq_excel_csv_row(struct iq_buf *b, const struct iq_str *cells, size_t n);
/* The cell without the apostrophe of iq_excel_csv_row(); exactly its inverse. */
struct iq_str iq_excel_bare(struct iq_str cell);
/*
 * Text of iq_excel_csv_row() (a byte order mark is dropped) as Windows-1252, for programs that want
 * it. IQ_ERR_REJECTED if letters would be lost, naming them and the lines they stand in.
 */
IQ_CHECK enum iq_err iq_excel_to_cp1252(
	struct iq_str csv, struct iq_str file, struct iq_buf *out, struct iq_error *error);

/* ---- .xlsx -------------------------------------------------------------------------------- */

struct iq_excel_column {
	const char *header;          /* UTF-8 */
	const char *explanation;     /* for the sheet of explanations; NULL: none */
	const struct iq_str *values; /* to choose from; others are refused by Excel */
	size_t nvalues;
	bool other_values; /* others are taken all the same (sets, new names) */
	unsigned width;    /* in characters; 0: by the header and the cells */
};

struct iq_excel_sheet {
	const char *name; /* at most 31 characters, none of []:*?/\ */
	const struct iq_excel_column *columns;
	size_t ncolumns;
	const struct iq_str *cells; /* nrows * ncolumns, row by row */
	size_t nrows;
};

struct iq_excel_book {
	const char *title; /* for the properties; may be NULL */
	const struct iq_excel_sheet *sheets;
	size_t nsheets;
	const char *explanations; /* name of that sheet (iq_mapping_is_explanation()); NULL: none */
	const char *const *introduction; /* lines above the explanations; NULL-terminated or NULL */
	const char *lists;               /* name of the hidden sheet with the values */
	const struct iq_str *values; /* more for that sheet, nobody chooses them; with `lists` */
	size_t nvalues;
	unsigned spare; /* empty rows below the last that are formatted and checked */
};

/*
 * Writes the file (replaces it whole). Headers are bold and stay in sight, every cell is text.
 * IQ_ERR_USAGE: it cannot be written. Main thread.
 */
IQ_CHECK enum iq_err iq_excel_write(
	const char *path, const struct iq_excel_book *book, struct iq_error *error);

#endif
