/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TEST_ZIP_HELP_H
#define IQ_TEST_ZIP_HELP_H

/* Archives and workbooks made by tests: stored parts, and runs of one byte packed very well. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

struct pack_made {
	struct iq_buf file, directory;
	unsigned n;
	unsigned flags; /* of entries: 1 claims encryption */
};

static inline uint32_t pack_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static inline void pack_number(struct iq_buf *b, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		iq_buf_byte(b, (uint8_t)(v >> (8 * i)));
}

/* The common part of a local header and a header of the directory. */
static inline void pack_head(struct pack_made *z, struct iq_buf *b, unsigned method, uint32_t crc,
	uint32_t packed, uint32_t size, const char *name)
{
	pack_number(b, 20, 2);
	pack_number(b, z->flags, 2);
	pack_number(b, method, 2);
	pack_number(b, 0x00210000, 4); /* 1980-01-01 */
	pack_number(b, crc, 4);
	pack_number(b, packed, 4);
	pack_number(b, size, 4);
	pack_number(b, (uint32_t)strlen(name), 2);
	pack_number(b, 0, 2);
}

static inline void pack_entry(struct pack_made *z, const char *name, unsigned method, uint32_t crc,
	const void *packed, size_t npacked, size_t size)
{
	uint32_t at = (uint32_t)z->file.n;

	pack_number(&z->file, 0x04034b50, 4);
	pack_head(z, &z->file, method, crc, (uint32_t)npacked, (uint32_t)size, name);
	iq_buf_str(&z->file, iq_str(name));
	iq_buf_add(&z->file, packed, npacked);
	pack_number(&z->directory, 0x02014b50, 4);
	pack_number(&z->directory, 20, 2);
	pack_head(z, &z->directory, method, crc, (uint32_t)npacked, (uint32_t)size, name);
	pack_number(&z->directory, 0, 2);
	pack_number(&z->directory, 0, 2);
	pack_number(&z->directory, 0, 2);
	pack_number(&z->directory, 0, 4);
	pack_number(&z->directory, at, 4);
	iq_buf_str(&z->directory, iq_str(name));
	z->n++;
}

static inline void pack_add(struct pack_made *z, const char *name, const void *p, size_t n)
{
	pack_entry(z, name, 0, pack_crc(0, p, n), p, n, n);
}

/* One byte 1 + 258 * times, by fixed Huffman codes (RFC 1951): 13 bits for 258 bytes. */
static inline void pack_add_run(struct pack_made *z, const char *name, uint8_t byte, size_t times)
{
	struct iq_buf out = {.p = NULL};
	uint64_t bits = 0;
	unsigned nbits = 0;
	uint32_t crc = pack_crc(0, &byte, 1);
	uint8_t run[258];

#define ZIP_BIT(v)                                                                                 \
	do {                                                                                       \
		bits |= (uint64_t)(v) << nbits++;                                                  \
		if (nbits == 8) {                                                                  \
			iq_buf_byte(&out, (uint8_t)bits);                                          \
			bits = nbits = 0;                                                          \
		}                                                                                  \
	} while (0)
#define ZIP_CODE(v, n)                                                                             \
	for (int k_ = (n)-1; k_ >= 0; k_--)                                                        \
	ZIP_BIT((unsigned)(v) >> k_ & 1)

	memset(run, byte, sizeof(run));
	ZIP_BIT(1); /* last block */
	ZIP_BIT(1); /* fixed codes: 01, low bit first */
	ZIP_BIT(0);
	ZIP_CODE(0x30 + byte, 8); /* literals below 144 */
	for (size_t i = 0; i < times; i++) {
		ZIP_CODE(0xc5, 8); /* length 258 */
		ZIP_CODE(0, 5);    /* distance 1 */
		crc = pack_crc(crc, run, sizeof(run));
	}
	ZIP_CODE(0, 7); /* end */
	while (nbits != 0)
		ZIP_BIT(0);
	pack_entry(z, name, 8, crc, out.p, out.n, 1 + 258 * times);
	iq_buf_free(&out);
}

/* The archive; its bytes are z->file, to be freed. */
static inline struct iq_str pack_finish(struct pack_made *z)
{
	uint32_t at = (uint32_t)z->file.n, size = (uint32_t)z->directory.n;

	iq_buf_add(&z->file, z->directory.p, z->directory.n);
	pack_number(&z->file, 0x06054b50, 4);
	pack_number(&z->file, 0, 4);
	pack_number(&z->file, z->n, 2);
	pack_number(&z->file, z->n, 2);
	pack_number(&z->file, size, 4);
	pack_number(&z->file, at, 4);
	pack_number(&z->file, 0, 2);
	iq_buf_free(&z->directory);
	return (struct iq_str){(char *)z->file.p, z->file.n};
}

/* ---- workbooks ---------------------------------------------------------------------------- */

/* Parts of a workbook with one sheet; NULL: the usual one. */
struct book_made {
	const char *rels, *workbook, *sheet, *strings, *styles;
};

#define BOOK_NS "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define BOOK_SHEET(rows)                                                                           \
	"<worksheet xmlns=\"" BOOK_NS "\"><sheetData>" rows "</sheetData></worksheet>"

static const char book_rels[] = "<Relationships><Relationship Id=\"r1\" Type=\"x/officeDocument\" "
				"Target=\"xl/workbook.xml\"/></Relationships>";
static const char book_workbook[] =
	"<workbook xmlns:r=\"r\"><sheets><sheet name=\"Kontakte\" sheetId=\"1\" "
	"r:id=\"r1\"/></sheets></workbook>";
static const char book_parts[] =
	"<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" "
	"Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"x/sharedStrings\" "
	"Target=\"sharedStrings.xml\"/><Relationship Id=\"r3\" Type=\"x/styles\" "
	"Target=\"/xl/styles.xml\"/></Relationships>";

static inline struct iq_str book_make(struct pack_made *z, const struct book_made *b)
{
	const char *parts[][2] = {{"_rels/.rels", b->rels ? b->rels : book_rels},
		{"xl/workbook.xml", b->workbook ? b->workbook : book_workbook},
		{"xl/_rels/workbook.xml.rels", book_parts},
		{"xl/worksheets/sheet1.xml", b->sheet ? b->sheet : BOOK_SHEET("")},
		{"xl/sharedStrings.xml", b->strings ? b->strings : "<sst/>"},
		{"xl/styles.xml", b->styles ? b->styles : "<styleSheet/>"}};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		pack_add(z, parts[i][0], parts[i][1], strlen(parts[i][1]));
	return pack_finish(z);
}

#endif
