/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_CSV_READ_H
#define IQ_FORMAT_CSV_READ_H

/*
 * The CSV scanner under bundle.h and sheet.h, for this folder only: any source of bytes, any
 * delimiter, with or without quotation marks. One thread.
 */

#include "arena.h"
#include "err.h"
#include "str.h"

enum { IQ_CSV_COLUMNS = 64 }; /* of a header; no kind has nearly as many */

struct iq_csv {
	/* set by the user, the rest zero */
	struct iq_str name; /* for problems */
	struct iq_error *error;
	char delimiter;
	bool quotes;  /* false: a quotation mark is a character like any other */
	size_t first; /* bytes of the buffer to begin with */
	void *ctx, *arg;
	/* Reads at most `room` (> 0) bytes; *got == 0: the end. */
	enum iq_err (*read)(void *ctx, char *to, size_t room, size_t *got, struct iq_error *error);
	/* after the first reading, before the first row; may be NULL. May move `start`, `line`. */
	enum iq_err (*begin)(struct iq_csv *s);
	/* a row that is not blank: cells[ncells], valid in the call; iq_csv_finish() first */
	enum iq_err (*row)(struct iq_csv *s);

	struct iq_arena arena; /* the header's names */
	char *buf;
	size_t cap, start, end; /* unread bytes are buf[start … end) */
	bool eof, special[256];
	uint32_t line;                         /* of buf[start], from 1 */
	struct iq_str columns[IQ_CSV_COLUMNS]; /* names, for problems */
	size_t ncolumns;

	/* the row scanned last */
	struct iq_str cells[IQ_CSV_COLUMNS];
	uint64_t doubled;  /* bit per cell: has doubled quotes */
	size_t ncells;     /* may be more than IQ_CSV_COLUMNS */
	size_t row_end;    /* behind its line end */
	uint32_t newlines; /* inside quotes */
	const char *bad;   /* why it cannot be read … */
	size_t bad_cell;   /* … and in which cell */
};

/*
 * Reads everything. Returns what a callback returned, IQ_ERR_REJECTED if problems were added
 * (by callbacks, too). Before a header (iq_csv_columns()) a bad row ends the reading.
 */
IQ_CHECK enum iq_err iq_csv_run(struct iq_csv *s);
/* In a row: the cells as they are meant, each within its bounds; false: problems were added. */
bool iq_csv_finish(struct iq_csv *s);
/* In a row: its cells are the names of the columns. False without memory. */
bool iq_csv_columns(struct iq_csv *s);
/* A problem of the row at hand; `cell` names the column, beyond the header: none. */
void iq_csv_problem(struct iq_csv *s, size_t cell, struct iq_str value, const char *text,
	size_t arg0, size_t arg1);

#endif
