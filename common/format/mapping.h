/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_FORMAT_MAPPING_H
#define IQ_FORMAT_MAPPING_H

/*
 * From the headers of a list to columns of the schema: by their names in the bundle, by German and
 * English words for them (mapping_words.c), or by a mapping file. A list is one table, or a wide
 * one: institution, contact and responsibility side by side in one row. Pure.
 */

#include "buf.h"
#include "model.h"

enum { IQ_MAP_COLUMNS = 64 };

/* What a column of a list is. */
struct iq_target {
	enum iq_kind kind; /* IQ_KINDS: nothing, it is left out */
	int col;
	int part; /* names in two columns: 1 given name, 2 family name; else 0 */
};

struct iq_map_line {
	struct iq_str header; /* as in the list */
	struct iq_target target;
	uint32_t line; /* of the mapping file */
};

/*
 * A mapping file, UTF-8:
 *   # comment
 *   table = regions          what the rows are; "list" for a wide list; may be missing
 *   ars = Schlüssel          column = header
 *   contact.name = Name      in a wide list with the kind before, where a name is not unique
 *   given_name = Vorname     parts of a contact's name; family_name, too
 *   - = Bemerkung            this header is left out
 */
struct iq_mapping {
	enum iq_kind table; /* IQ_KINDS: not said, or wide */
	bool wide;
	struct iq_map_line *lines;
	size_t nlines;
};

/* `name`: for problems. Problems: unknown columns, headers named twice, lines without "=". */
IQ_CHECK enum iq_err iq_mapping_parse(struct iq_str name, struct iq_str bytes,
	struct iq_arena *arena, struct iq_mapping *out, struct iq_error *error);
/* As the file has it. */
void iq_mapping_write(const struct iq_mapping *m, struct iq_buf *out);

/* How a sheet is understood. */
struct iq_columns {
	enum iq_kind table; /* of a list that is not wide; a wide one: IQ_CONTACT */
	bool wide;
	bool has[IQ_KINDS];                      /* kinds the rows speak of */
	struct iq_target target[IQ_MAP_COLUMNS]; /* per column of the sheet */
	size_t n;
};

struct iq_map_options {
	const struct iq_mapping *mapping; /* NULL: words only */
	struct iq_str sheet;              /* its name may say what it holds: "Kontakte" */
	bool ids;                         /* the column id must be there */
	bool institution_given;           /* rows need not name their institution */
};

/*
 * Maps headers (empty ones: nothing). Problems: unknown and missing columns, columns there twice,
 * each with what is nearest; file and line given by `where`.
 */
IQ_CHECK enum iq_err iq_mapping_apply(const struct iq_map_options *options,
	const struct iq_str *headers, size_t n, struct iq_arena *arena,
	const struct iq_problem *where, struct iq_columns *out, struct iq_error *error);

/* The mapping that says what was understood, to be remembered; lists are in the arena. */
bool iq_mapping_learn(const struct iq_columns *columns, const struct iq_str *headers,
	struct iq_arena *arena, struct iq_mapping *out);

/* What a sheet or file of this name holds: "Kontakte", "regions"; IQ_KINDS: unknown. */
enum iq_kind iq_mapping_kind_of_name(struct iq_str name, struct iq_arena *arena);
/* True for sheets that explain a list or hold the values of its choices. */
bool iq_mapping_is_explanation(struct iq_str name, struct iq_arena *arena);
/* The German header of a column, as templates write it; its name if there is none. */
struct iq_str iq_mapping_header(enum iq_kind kind, int col);

/* ---- mapping_words.c ---------------------------------------------------------------------- */

struct iq_map_word {
	enum iq_kind kind;
	int8_t col;
	bool wide;         /* means this in a wide list, too */
	int8_t part;       /* as in struct iq_target */
	const char *words; /* headers, joined by `|`, the best first */
};
extern const struct iq_map_word iq_map_words[];   /* ended by words == NULL */
extern const char *const iq_map_sheets[IQ_KINDS]; /* names of sheets, joined by `|` */
extern const char iq_map_explanations[];

#endif
