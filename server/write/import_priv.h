/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_IMPORT_PRIV_H
#define IQ_WRITE_IMPORT_PRIV_H

/* What the files of the import share. */

#include "apply_priv.h"
#include "wire.h"

/* ---- the spool (spool.c) ------------------------------------------------------------------- */

/* Consecutive messages of one file, read and parsed as one. */
struct iq_chunk {
	uint64_t at;
	uint32_t n, file; /* bytes; position in files */
};

struct iq_spool_file {
	uint32_t index; /* as the client numbers it */
	struct iq_str name;
	enum iq_kind kind;
	struct iq_str *columns;
	size_t ncolumns;
	int *map;     /* column of the schema per cell */
	int id_cell;  /* -1: none (postcodes) */
	bool skipped; /* its header is wrong */
};

struct iq_spool {
	int fd;
	uint64_t bytes, rows;
	uint64_t rows_of[IQ_KINDS];
	bool of_plan; /* rows that a sync worked out: hidden contacts in them were kept, not named
		       */
	void *hash;   /* EVP_MD_CTX */
	struct iq_arena arena;
	struct iq_spool_file *files;
	size_t nfiles;
	struct iq_chunk *chunks;
	size_t nchunks, cap_chunks;
	char *buf; /* one chunk */
	size_t cap_buf;
};

/* An id of a row, by where it lies, and the number it stands for. */
struct iq_memo {
	const char *p;
	iq_num num;
	uint8_t n, kind;
};
enum { IQ_MEMO = 16 };

struct iq_import_row {
	const struct iq_spool_file *file;
	uint32_t line;
	size_t ncells;
	struct iq_str cells[IQ_COLUMNS_MAX];
	/* Of a second thread (import_look.c): */
	const struct iq_rec *ready; /* what the cells say, if nothing is wrong; NULL: read them */
	const struct iq_memo *memo; /* ids in it that were looked up */
	size_t nmemo;
	bool whole;   /* those are all it refers to */
	bool checked; /* complete and right, if no such record is stored */
};
/* Rows of a kind in order of arrival; fn returns false to stop. False: the spool is unreadable. */
IQ_CHECK bool iq_spool_each(struct iq_spool *s, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_import_row *row), void *arg);
/*
 * The same where a second thread reads the rows ahead (spool_ahead.c) and looks at them, unless
 * `look` is empty. What a row refers to lives as long as the row.
 */
struct iq_look;
IQ_CHECK bool iq_spool_each_ahead(struct iq_spool *s, enum iq_kind kind, const struct iq_look *look,
	bool (*fn)(void *arg, const struct iq_import_row *row), void *arg);
/* A chunk into *buf (malloc'd or NULL, *cap bytes), which grows. False: no memory, unreadable. */
IQ_CHECK bool iq_spool_read(
	const struct iq_spool *s, const struct iq_chunk *c, char **buf, size_t *cap);
/* Number of its line and cells of a row. False: malformed. */
IQ_CHECK bool iq_spool_row(struct iq_str bytes, struct iq_import_row *row);

/* ---- ids (idmap.c) ------------------------------------------------------------------------- */

enum {
	IQ_SEEN_ROW = 1,       /* a row of this import; else a stored record that was looked up */
	IQ_SEEN_REJECTED = 2,  /* it is left out, or all of the import is */
	IQ_SEEN_FRESH = 4,     /* the id was never interned */
	IQ_SEEN_MERGED = 8,    /* the id was united with another: num is the survivor's */
	IQ_SEEN_NAMELESS = 16, /* no usable id */
	IQ_SEEN_HIDDEN = 32,   /* taken by a contact that the caller must not know of */
	IQ_SEEN_SAME = 64      /* decided: it changes nothing */
};

struct iq_seen {
	uint32_t id_at, num, up, line;
	uint16_t file;
	uint8_t len, kind, flags;
};

struct iq_idmap {
	struct iq_seen *a;
	size_t n, cap;
	/* A table per kind: the small ones stay in the cache beside a million responsibilities. */
	struct iq_idtable {
		uint64_t *slots;
		size_t mask, n;
	} table[IQ_KINDS];
	char *bytes;
	size_t nbytes, cap_bytes;
	uint64_t seed;
	bool failed;
};

/* expected: ids per kind. */
IQ_CHECK bool iq_idmap_init(struct iq_idmap *m, const uint64_t expected[IQ_KINDS]);
void iq_idmap_free(struct iq_idmap *m);
/* NULL: not there. Valid until the next add. */
struct iq_seen *iq_idmap_find(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id);
/*
 * Many at once: one after the other, each would wait for memory three times. `found`: NULL or the
 * entry.
 */
enum { IQ_IDMAP_MANY = 256 };
struct iq_idmap_want {
	enum iq_kind kind;
	struct iq_str id;
	const struct iq_seen *found;
};
/* Asks memory for what a look-up soon after will need. */
void iq_idmap_fetch(const struct iq_idmap *m, enum iq_kind kind, struct iq_str id);
void iq_idmap_find_many(const struct iq_idmap *m, struct iq_idmap_want *want, size_t n);
/* Appends; findable unless the id is empty. NULL without memory. */
struct iq_seen *iq_idmap_add(struct iq_idmap *m, enum iq_kind kind, struct iq_str id);
static inline struct iq_str iq_idmap_id(const struct iq_idmap *m, const struct iq_seen *e)
{
	return (struct iq_str){m->bytes + e->id_at, e->len};
}

/* ---- rows looked at ahead (import_look.c) ---------------------------------------------------- */

/*
 * What a second thread may see of an import. Meanwhile nobody changes any of it: ids of rows are
 * all there before the first row is looked at, and of the entries only those of rows of the kind
 * under way change, which it leaves alone.
 */
struct iq_look {
	const struct iq_idmap *map;   /* NULL: rows are only read */
	const struct iq_vocab *vocab; /* after the import; NULL: rows are not checked */
	/* Writer's thread: before these rows come one by one; arg: theirs. May be NULL. */
	void (*before)(void *arg, const struct iq_import_row *rows, size_t n);
};
/* The ids a record refers to; how many. */
size_t iq_look_wants(const struct iq_rec *rec, struct iq_idmap_want want[IQ_MEMO]);
/* What can be remembered of those found: the plain ones, the others take the long way. */
size_t iq_look_memo(const struct iq_idmap_want *want, size_t n, struct iq_memo *memo);
/* Has it a condition or implication? It may name facts that were united with others. */
bool iq_look_has_text(const struct iq_rec *rec);
/*
 * Fills ready and memo, then checked, of rows of one kind. recs, arena: where that lies. Any
 * thread, one at a time.
 */
void iq_look_at(const struct iq_look *look, struct iq_import_row *rows, struct iq_rec *recs,
	size_t n, struct iq_arena *arena);
void iq_look_check(const struct iq_look *look, struct iq_import_row *rows, struct iq_rec *recs,
	size_t n, struct iq_arena *arena);

/* ---- the import ---------------------------------------------------------------------------- */

/* A row of a kind the vocabulary is built from, kept in memory. */
struct iq_vrow {
	iq_num num;
	size_t seen; /* its entry in the map */
	struct iq_rec rec;
	bool becomes_area, fact_differs;
};

struct iq_vrows {
	struct iq_vrow *a;
	size_t n, cap;
};

struct iq_import {
	struct iq_job *job;
	struct iq_wtxn *w;
	struct iq_txn *t;
	struct iq_spool *spool;
	bool keep_going;
	struct iq_counts *counts;
	void (*progress)(void *arg, bool writing, uint64_t done, uint64_t todo);
	void *arg;
	uint64_t done;
	struct iq_idmap map;    /* of rows: all there after pass 1 */
	struct iq_idmap stored; /* of records that were looked up */
	struct iq_idmap votes;  /* pairs of proposal and institution; made when first needed */
	size_t at; /* entry of the row under way: rows come in the same order each time */
	size_t first[IQ_KINDS + 1]; /* entries by kind */
	struct iq_arena row;        /* reset per row */
	struct iq_arena keep;       /* rows of the vocabulary */
	struct iq_arena fixed;      /* lives as long as the import */
	struct iq_vrows v[IQ_KINDS];
	uint32_t *by_num[IQ_KINDS]; /* position in v plus one */
	struct iq_vocab *vocab;     /* after this import; NULL if it cannot be built */
	struct iq_names names, stored_names;
	struct iq_check check;
	bool bad; /* something is wrong: without keep_going nothing will be written */
	bool check_rows, write_rows; /* what the pass does */
	size_t rejected;             /* in this pass */
	bool saw_merged;             /* a reference was resolved through a united id */
	/* What the row under way looked up: checking and writing ask for the same strings. */
	struct iq_memo memo[IQ_MEMO];
	size_t nmemo;
	bool memo_on;
	/* Only if rows are decided one by one (import_rights.c). */
	struct iq_plan plan;
	struct iq_planned_list {
		struct iq_planned *a;
		size_t n, cap;
	} planned[IQ_KINDS];
	const struct iq_rec *base; /* of the row under check; NULL: none */
	bool names_hidden;         /* the row itself names a hidden contact that is stored there */
	struct iq_rec named;       /* if so: what the row says, in the arena `row` */
	uint32_t kept;             /* columns whose hidden contacts were kept */
	bool denied;               /* some row may not be written */
	struct iq_error guard;     /* rows that would show contacts to more people */
	bool unchecked;            /* the row under way is too wrong to be checked */
	enum iq_err err;           /* no memory, spool unreadable */
};

/* Number after this import; IQ_NONE if the row is left out. An iq_check.find. */
iq_num iq_import_find(void *ctx, enum iq_kind kind, struct iq_str id);
/* The same without remembering where the id lies. */
iq_num iq_import_number(struct iq_import *im, enum iq_kind kind, struct iq_str id);
/* Looks up the ids a row refers to, for the questions that follow. */
void iq_import_look_ahead(struct iq_import *im, const struct iq_rec *rec);
/* An iq_canon_fn. */
struct iq_str iq_import_canon(void *ctx, enum iq_kind kind, struct iq_str id);
struct iq_problem iq_import_where(const struct iq_import *im, const struct iq_seen *e);
void iq_import_reject(struct iq_import *im, struct iq_seen *e);
/* A problem of a row; col: -1: none; arg0, arg1 may be NULL. */
void iq_import_say(struct iq_import *im, const struct iq_seen *e, int col, struct iq_str value,
	const char *text, const char *arg0, const char *arg1);
/* One more row done. */
void iq_import_count(struct iq_import *im);
/* Pass 1: every row gets its number. */
IQ_CHECK enum iq_err iq_import_ids(struct iq_import *im);
/*
 * The record a row makes of what is stored. *base: the stored one (*exists). False: a cell is
 * wrong (problems are added if `tell`) or no memory (im->err).
 */
IQ_CHECK bool iq_import_read(struct iq_import *im, const struct iq_import_row *row, size_t at,
	bool tell, struct iq_rec *rec, struct iq_rec *base, bool *exists);
/* (import_vocab.c) Builds im->vocab from what is stored and the rows that are not rejected. */
IQ_CHECK enum iq_err iq_import_vocab(struct iq_import *im);
/* Afterwards: stored records that changes of regions and facts would break. */
IQ_CHECK enum iq_err iq_import_vocab_users(struct iq_import *im);
void iq_import_vocab_free(struct iq_import *im);
/* (import_rights.c) Is every row decided about? Else what follows is not needed. */
static inline bool iq_import_asks(const struct iq_import *im)
{
	return im->job->may_write != NULL;
}
/* Notes what the rows will create. */
IQ_CHECK enum iq_err iq_import_plan(struct iq_import *im);
void iq_import_plan_free(struct iq_import *im);
/* As iq_import_find(), without contacts that are hidden from the caller. */
iq_num iq_import_find_known(void *ctx, enum iq_kind kind, struct iq_str id);
/* What the caller cannot see stays in the lists that the row sets. rec: the row alone. */
IQ_CHECK bool iq_import_keep_hidden(
	struct iq_import *im, struct iq_rec *rec, const struct iq_rec *base);
/* May the row be written, or does it change nothing? False: it was told and rejected. */
bool iq_import_may(struct iq_import *im, const struct iq_rec *rec, size_t at);

/* (import_circle.c) What holds of what workshops work on beyond the single record. False: told. */
bool iq_import_circle(
	struct iq_import *im, const struct iq_rec *rec, const struct iq_rec *base, size_t at);

/* Parents or deputies of a kind's rows must not form circles. */
IQ_CHECK enum iq_err iq_import_chains(struct iq_import *im, enum iq_kind kind);
/* A walk over all rows of a kind; look: see iq_spool_each_ahead(); NULL: without it. */
IQ_CHECK enum iq_err iq_import_each(struct iq_import *im, enum iq_kind kind,
	bool (*fn)(void *arg, const struct iq_import_row *row), const struct iq_look *look);

#endif
