/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_RECORDS_H
#define IQ_FORMAT_RECORDS_H

/*
 * The other side of parse.h, for this folder only: takes records, believes nothing in them and
 * calls the reader. One per file.
 */

#include "parse.h"
#include "sheet.h"

struct iq_records {
	struct iq_str file; /* for messages */
	struct iq_error *error;
	/* rows of sheets */
	const struct iq_sheet_reader *reader;
	/* entries of an archive, bytes of one; NULL: none are expected */
	enum iq_err (*entry)(void *arg, struct iq_str name, uint64_t size);
	enum iq_err (*bytes)(void *arg, struct iq_str bytes);
	void *arg;
	/* at work */
	struct iq_arena arena; /* the names of the sheet at hand and of its columns */
	struct iq_sheet sheet;
	struct iq_str columns[64];
	size_t ncolumns;
	bool in_sheet, skip, done;
	unsigned sheets;
	uint32_t line;
	uint64_t cells;
	enum iq_err err;
};

void iq_records_begin(struct iq_records *r);
/* False: nothing more is wanted; r->err says why, or r->done. */
bool iq_records_take(struct iq_records *r, enum iq_record type, struct iq_str content);
/* After the last record. Returns the outcome; IQ_ERR_REJECTED if problems came since `before`. */
IQ_CHECK enum iq_err iq_records_end(struct iq_records *r, uint64_t problems_before);

#endif
