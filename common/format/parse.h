/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_PARSE_H
#define IQ_FORMAT_PARSE_H

/*
 * Parsing of packed files (.xlsx, .zip), for this folder only. What is found is put out as
 * records, so that parsing can happen in another process: confine.h runs it there, records.h
 * reads and validates what comes out. Nothing here opens files or trusts a length.
 */

#include "arena.h"
#include "buf.h"
#include "lib.h"
#include "str.h"

/* Numbers are little-endian; "string": u32 length and bytes. */
enum iq_record {
	IQ_RECORD_SHEET = 1, /* u16 number, u8 hidden, string name */
	IQ_RECORD_ROW,       /* u32 line, u16 cells, per cell u8 enum iq_sheet_type, string text */
	IQ_RECORD_PROBLEM,   /* u32 line, u16 column from 1 or 0, u16 text, string value */
	IQ_RECORD_ENTRY,     /* u64 bytes unpacked, string name */
	IQ_RECORD_BYTES,     /* of the entry asked for */
	IQ_RECORD_ERROR,     /* u16 text, string argument; the last record */
	IQ_RECORD_DONE,      /* the last record */
	IQ_RECORDS
};

enum { IQ_RECORD_MAX = 1 << 20 }; /* bytes of a record's content */

/* Why a file or a row is refused; iq_parse_texts has the sentences. */
enum iq_parse_text {
	IQ_PARSE_NO_ZIP,
	IQ_PARSE_ENTRIES,
	IQ_PARSE_ENCRYPTED,
	IQ_PARSE_METHOD,
	IQ_PARSE_TWICE,
	IQ_PARSE_UNPACKED,
	IQ_PARSE_RATIO,
	IQ_PARSE_DAMAGED,
	IQ_PARSE_NO_WORKBOOK,
	IQ_PARSE_XML,
	IQ_PARSE_DTD,
	IQ_PARSE_DEPTH,
	IQ_PARSE_SHEETS,
	IQ_PARSE_ROWS,
	IQ_PARSE_CELLS,
	IQ_PARSE_STRINGS,
	IQ_PARSE_STYLES,
	IQ_PARSE_ORDER,
	IQ_PARSE_MEMORY,
	IQ_PARSE_LIBRARY,
	IQ_PARSE_CONFINE,
	IQ_PARSE_NO_ENTRY,
	IQ_PARSE_COLUMN, /* from here on: of rows */
	IQ_PARSE_CELL_LONG,
	IQ_PARSE_TEXTS
};
extern const char *const iq_parse_texts[IQ_PARSE_TEXTS]; /* msgids; {0} file, {1} argument */

enum iq_parse_what { IQ_PARSE_WORKBOOK, IQ_PARSE_LIST, IQ_PARSE_ENTRY };

struct iq_parse {
	/* what to do */
	enum iq_parse_what what;
	struct iq_str bytes; /* the whole file */
	int sheet;           /* number from 0, -1: all (WORKBOOK) */
	uint32_t rows;       /* of each sheet, 0: all (WORKBOOK) */
	struct iq_str entry; /* name (ENTRY) */
	/* takes a record; false: nobody wants more */
	bool (*put)(void *ctx, enum iq_record type, struct iq_str content);
	void *ctx;
	/* at work */
	struct iq_buf out;
	bool ended; /* an error was put, or nobody wants more */
};

/* Ends with IQ_RECORD_DONE or IQ_RECORD_ERROR unless nobody wants more. */
void iq_parse_run(struct iq_parse *p);

/* Puts the error, once; returns false. */
bool iq_parse_fail(struct iq_parse *p, enum iq_parse_text text, struct iq_str arg);
/* Puts what is in p->out and empties it; false: stop. */
bool iq_parse_put(struct iq_parse *p, enum iq_record type);
void iq_put_u16(struct iq_buf *b, uint16_t n);
void iq_put_u32(struct iq_buf *b, uint32_t n);
void iq_put_u64(struct iq_buf *b, uint64_t n);
void iq_put_string(struct iq_buf *b, struct iq_str s);

/* ---- archive ------------------------------------------------------------------------------ */

struct iq_zip {
	struct iq_parse *p;
	const struct iq_lib_zip *lib;
	zip_t *archive;
	uint64_t left; /* bytes that may still be unpacked */
};

/* False: said. iq_zip_close() in any case. */
bool iq_zip_open(struct iq_zip *z, struct iq_parse *p, uint64_t unpacked);
void iq_zip_close(struct iq_zip *z);
/* Position of the entry (case does not matter) or -1. */
int64_t iq_zip_find(struct iq_zip *z, struct iq_str name);
/* Unpacks it piece by piece; `take` returns false to stop. False: said, or stopped. */
bool iq_zip_read(struct iq_zip *z, int64_t entry, bool (*take)(void *arg, const char *p, size_t n),
	void *arg);

/* ---- XML ---------------------------------------------------------------------------------- */

struct iq_xml {
	struct iq_parse *p;
	const char *part; /* for messages */
	/* local names; attributes as expat gives them */
	void (*start)(struct iq_xml *x, const char *name, const char **attributes);
	void (*end)(struct iq_xml *x, const char *name);
	void *arg;
	bool collect;       /* character data into `text` */
	struct iq_buf text; /* emptied by the user */
	bool enough;        /* set by the user: no error, but no need to read on */
	/* at work */
	const struct iq_lib_xml *lib;
	XML_Parser parser;
	unsigned depth;
};

/* Reads an entry as XML. False: said. */
bool iq_xml_read(struct iq_xml *x, struct iq_zip *z, int64_t entry);
/* The attribute's value by its local name, or NULL. */
const char *iq_xml_attribute(const char **attributes, const char *name);
/* Decimal digits; -1 if it is no number or greater than max. NULL: -1. */
int64_t iq_xml_number(const char *s, int64_t max);

/* ---- workbook ----------------------------------------------------------------------------- */

struct iq_book_sheet {
	struct iq_str name, id, part;
	bool hidden;
};

struct iq_book {
	struct iq_parse *p;
	struct iq_zip *zip;
	struct iq_arena *arena;
	struct iq_book_sheet *sheets;
	size_t nsheets;
	struct iq_str *strings;
	size_t nstrings, cap_strings;
	uint8_t *styles; /* enum iq_sheet_type of a number with this cell format */
	size_t nstyles;
	bool from_1904;
	uint64_t cells;
};

/* workbook.xml, relations, shared strings, styles. False: said. */
bool iq_book_open(struct iq_book *b);
/* The rows of a sheet as records. False: said. */
bool iq_book_rows(struct iq_book *b, const struct iq_book_sheet *sheet);

#endif
