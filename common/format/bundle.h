/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_BUNDLE_H
#define IQ_FORMAT_BUNDLE_H

/*
 * The bundle: a directory of UTF-8 CSV files (RFC 4180 quoting, comma, LF or CRLF, BOM tolerated),
 * one per kind; see interface.md. Reading streams row by row in bounded memory. The files may lie
 * in a .zip, too, which is unpacked in a confined process (then: main thread of a program that has
 * no others).
 */

#include <stdio.h>

#include "buf.h"
#include "err.h"
#include "model.h"

/* A file of a bundle, found but not read. */
struct iq_bundle_file {
	enum iq_kind kind;
	struct iq_str path;  /* NUL-terminated */
	struct iq_str name;  /* "regions.csv", for messages */
	struct iq_str entry; /* its name within the .zip at `path`; empty: it is a file itself */
	uint64_t size;       /* bytes; within a .zip what is claimed */
};

struct iq_bundle {
	struct iq_bundle_file *files; /* in order of enum iq_kind */
	size_t nfiles;
	struct iq_str *ignored; /* other files in the directory */
	size_t nignored;
};

/* paths: directories, .zip files, or single files named after a kind (regions.csv). All in the
 * arena. A refused .zip: IQ_ERR_REJECTED. */
IQ_CHECK enum iq_err iq_bundle_open(const char *const *paths, size_t npaths, struct iq_arena *arena,
	struct iq_bundle *out, struct iq_error *error);

/*
 * Reads one file: header first (once, with the column names), then every row with its line
 * number (of the row's first line, from 1) and cells. Rows have as many cells as the header; fewer
 * or more: a problem, row skipped, reading goes on. Bytes that are not UTF-8, NUL, cells over
 * IQ_LIMIT_CELL: likewise. After a quotation mark that is wrong, reading goes on in the line
 * after the one in which the row began. Strings are valid during the call. Callbacks return
 * IQ_OK to go on. `file->name` goes into problems. Returns what a callback returned, or
 * IQ_ERR_REJECTED if problems were added (by callbacks, too), IQ_ERR_USAGE if the file cannot be
 * read.
 */
struct iq_bundle_reader {
	enum iq_err (*header)(void *arg, const struct iq_bundle_file *file,
		const struct iq_str *columns, size_t n);
	enum iq_err (*row)(void *arg, uint32_t line, const struct iq_str *cells, size_t n);
	void (*progress)(void *arg, uint64_t bytes); /* may be NULL; bytes read of this file */
	void *arg;
};
IQ_CHECK enum iq_err iq_bundle_read(const struct iq_bundle_file *file,
	const struct iq_bundle_reader *reader, struct iq_error *error);

/* The same over bytes in memory (fuzzing, tests). */
IQ_CHECK enum iq_err iq_bundle_parse(const struct iq_bundle_file *file, struct iq_str bytes,
	const struct iq_bundle_reader *reader, struct iq_error *error);

/*
 * Packs the files of a bundle in `dir` into a .zip (replaces it). The same files give the same
 * bytes. IQ_ERR_USAGE: it cannot be written. Main thread.
 */
IQ_CHECK enum iq_err iq_bundle_zip(const char *dir, const char *path, struct iq_error *error);

/* One CSV line: cells quoted only where needed, LF at the end. */
void iq_csv_write_row(struct iq_buf *b, const struct iq_str *cells, size_t n);
/* The header of a kind's file (columns of the bundle; postcodes without id). */
void iq_bundle_write_header(struct iq_buf *b, enum iq_kind kind);
/* A record as a row of its file. If `arena` gives no memory, b->failed is set. */
void iq_bundle_write_record(struct iq_buf *b, const struct iq_rec *rec, struct iq_arena *arena);

#endif
