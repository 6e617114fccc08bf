/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_INPUT_H
#define IQ_FORMAT_INPUT_H

/*
 * Whatever somebody hands over — a bundle (directory, files, .zip) or lists of Excel (.csv in any
 * form, .xlsx) — as tables with the columns of the bundle, read by the same callbacks as a bundle.
 * Bundles are read strictly. Lists are mapped (mapping.h), their cells repaired (repair.h) and,
 * with a vocabulary, names of regions, tasks, statuses and kinds turned into ids. Main thread of a
 * program that has no others.
 *
 *   iq_input_open(paths, n, &options, &arena, &input, &error);
 *   for (i < input.ntables) iq_input_read(&input.tables[i], &options, &reader, &repairs, &error);
 */

#include "bundle.h"
#include "mapping.h"
#include "sheet.h"
#include "term.h"

struct iq_input_options {
	const struct iq_mapping *mapping; /* for lists; NULL: by words */
	/* Without a mapping: the one that was used for a list with these headers, or NULL. */
	const struct iq_mapping *(*remembered)(void *ctx, const struct iq_str *headers, size_t n);
	void *ctx;
	const struct iq_names *names; /* the vocabulary; NULL: names stay as they are */
	bool ids;                     /* lists must have ids (import); sync makes them */
	bool institution_given;       /* rows of lists need not name their institution */
};

/* A repaired cell: `value` before, `nearest` after, `text` why. */
struct iq_repairs {
	struct iq_arena *arena;
	struct iq_problem *list; /* at most IQ_LIMIT_PROBLEMS */
	size_t n, cap;
	uint64_t total;
};

enum { IQ_INPUT_FROM = 5 };

/* Texts that a template holds as they stand in the directory: not to be repaired. Sorted. */
struct iq_template_values {
	const struct iq_str *v;
	size_t n;
};

/* One column of a table: where it comes from in the sheet. */
struct iq_input_column {
	int col; /* of the schema */
	/* Columns of the sheet, -1: none. The first two in turn if they are not empty, else the
	 * others joined by blanks (given name, name, family name). */
	int from[IQ_INPUT_FROM];
	bool reported; /* what is wrong with it is told by this table and not by another */
};

struct iq_input_table {
	/* For the callbacks: kind, path, and the name for messages ("list.xlsx/Kontakte"). */
	struct iq_bundle_file file;
	/* of a list */
	bool list, wide, first; /* the first table of a wide list */
	struct iq_sheet sheet;  /* what was assumed */
	uint32_t header_line;
	const struct iq_str *headers;
	struct iq_columns columns; /* iq_mapping_learn() makes a mapping of them */
	struct iq_input_column out[IQ_COLUMNS_MAX];
	size_t nout;
	bool mapped;                            /* by a mapping, not by words alone */
	const struct iq_template_values *known; /* of a template, else NULL */
};

struct iq_input {
	struct iq_input_table *tables; /* in order of enum iq_kind */
	size_t ntables, cap_tables;
	struct iq_str *ignored; /* files and sheets that hold no table */
	size_t nignored, cap_ignored;
	/* Of a template (excel.h): what its sheet of explanations says, 0 and empty: nothing. */
	uint64_t based_on;         /* revision the list was made at */
	struct iq_str institution; /* id */
};

/*
 * Finds the tables and understands their headers. A wide list gives up to three tables
 * (institutions, contacts, responsibilities) of the same rows. Problems of headers are rows of the
 * error. All in the arena.
 */
IQ_CHECK enum iq_err iq_input_open(const char *const *paths, size_t npaths,
	const struct iq_input_options *options, struct iq_arena *arena, struct iq_input *out,
	struct iq_error *error);

/*
 * Reads a table as iq_bundle_read() does: header once, then rows. Of lists: rows with a refused
 * cell are problems and not given; repairs go into `repairs` (may be NULL). In a wide list
 * - responsibilities name their contact by external id, else e-mail address, else name,
 * - institutions are named as they stand there, equal contacts and institutions are given once.
 */
IQ_CHECK enum iq_err iq_input_read(const struct iq_input_table *table,
	const struct iq_input_options *options, const struct iq_bundle_reader *reader,
	struct iq_repairs *repairs, struct iq_error *error);

/* The same for a list's bytes in memory and in this process (fuzzing, tests). */
IQ_CHECK enum iq_err iq_input_open_bytes(enum iq_form form, struct iq_str file, struct iq_str bytes,
	const struct iq_input_options *options, struct iq_arena *arena, struct iq_input *out,
	struct iq_error *error);
IQ_CHECK enum iq_err iq_input_read_bytes(const struct iq_input_table *table, struct iq_str bytes,
	const struct iq_input_options *options, const struct iq_bundle_reader *reader,
	struct iq_repairs *repairs, struct iq_error *error);

bool iq_template_has(const struct iq_template_values *known, struct iq_str text);
/*
 * The id that a contact's name in a template stands for, so that a name may be changed in one sheet
 * only; empty: none. The values have lines made of the name, iq_template_arrow and the id.
 */
struct iq_str iq_template_id(const struct iq_template_values *known, struct iq_str name);
extern const char iq_template_arrow[];

/* How the sheet of explanations of a template begins the lines that are read back; in any
 * language. A number and an id follow. */
extern const char iq_input_based_on[], iq_input_institution[];

void iq_repairs_init(struct iq_repairs *r, struct iq_arena *arena);

#endif
