/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_SHEET_H
#define IQ_FORMAT_SHEET_H

/*
 * Tables as Excel keeps them, row by row in bounded memory:
 *  - CSV in all its forms: `;` `,` tab `|`, a `sep=` line, UTF-8 with or without byte order mark,
 *    UTF-16 with one, Windows-1252. What was assumed is said in struct iq_sheet.
 *  - .xlsx (ECMA-376), all sheets. It is parsed in a process of its own that may do nothing but
 *    compute and write into a pipe (seccomp, bounded memory and processor time); a DTD, an
 *    archive that grows out of proportion or anything beyond proto/limits.def is refused.
 * Cells are given as they are; repair.h judges them. Main thread of a program that has no others
 * (a process is forked).
 */

#include "err.h"
#include "str.h"

enum iq_form { IQ_FORM_CSV, IQ_FORM_XLSX };

enum iq_encoding {
	IQ_ENCODING_UTF8,
	IQ_ENCODING_UTF8_BOM,
	IQ_ENCODING_UTF16LE,
	IQ_ENCODING_UTF16BE,
	IQ_ENCODING_CP1252,
	IQ_ENCODINGS
};
/* "UTF-8", "UTF-16LE", "Windows-1252" … as people write them */
extern const char *const iq_encoding_names[IQ_ENCODINGS];

/* What Excel says a cell is; of CSV every cell is text. */
enum iq_sheet_type {
	IQ_SHEET_TEXT,
	IQ_SHEET_NUMBER,  /* decimal point, integers without it */
	IQ_SHEET_PERCENT, /* a number formatted as percentage; the text says "50 %" */
	IQ_SHEET_DATE,    /* 2025-03-01, or 2025-03-01 14:30:00 */
	IQ_SHEET_BOOL,    /* "TRUE", "FALSE" */
	IQ_SHEET_ERROR,   /* "#REF!", "#N/A" … */
	IQ_SHEET_TYPES
};

struct iq_sheet_cell {
	struct iq_str text; /* UTF-8 */
	enum iq_sheet_type type;
};

struct iq_sheet {
	enum iq_form form;
	struct iq_str file; /* for messages: "list.csv", "list.xlsx/Kontakte" */
	struct iq_str name; /* of the sheet; of a CSV file: without its suffix */
	unsigned number;    /* of the sheet, from 0 */
	bool hidden;
	/* CSV: what was assumed; a `sep=` line and a byte order mark are not assumptions */
	enum iq_encoding encoding;
	char delimiter;
	bool said_encoding, said_delimiter;
	bool quotes; /* false: quotation marks are ordinary characters (PVOG's `|` lists) */
};

struct iq_sheet_reader {
	/* Once per sheet, before its rows; *skip: its rows are not wanted. */
	enum iq_err (*sheet)(void *arg, const struct iq_sheet *sheet, bool *skip);
	/* Rows that are not blank, in order. `line`: of the file, or the row's number. Empty
	 * cells at the end may be missing. Valid during the call. */
	enum iq_err (*row)(void *arg, uint32_t line, const struct iq_sheet_cell *cells, size_t n);
	void (*progress)(void *arg, uint64_t bytes); /* may be NULL; CSV only */
	void *arg;
	int only;      /* number of the one sheet wanted, -1: all */
	uint32_t rows; /* at most so many of each sheet, 0: all */
};

/*
 * Reads a file by its suffix (.xlsx, anything else is CSV). Rows that cannot be read become
 * problems, reading goes on. Returns what a callback returned; IQ_ERR_REJECTED if problems were
 * added or the file is refused, IQ_ERR_USAGE if it cannot be opened.
 */
IQ_CHECK enum iq_err iq_sheet_read(
	const char *path, const struct iq_sheet_reader *reader, struct iq_error *error);

/* The same over bytes in memory and in this process (fuzzing, tests). `file`: for messages. */
IQ_CHECK enum iq_err iq_sheet_parse(enum iq_form form, struct iq_str file, struct iq_str bytes,
	const struct iq_sheet_reader *reader, struct iq_error *error);

/* "A", "B" … "BL": the column's letters in Excel; column from 0, below 18278. */
const char *iq_column_letters(size_t column, char out[4]);

#endif
