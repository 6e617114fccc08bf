/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_SYNC_PRIV_H
#define IQ_WRITE_SYNC_PRIV_H

/* What the files of sync share. */

#include "cell.h"
#include "import_priv.h"
#include "sync.h"

/* ---- strings to positions (sync_pool.c) ------------------------------------------------------ */

struct iq_sync_index {
	struct iq_arena *arena;
	uint32_t *head; /* by hash: position in a plus one */
	size_t mask;
	uint64_t seed;
	struct {
		struct iq_str key;
		uint32_t what, next;
	} * a;
	size_t n, cap;
};
/* expected: entries, roughly. */
void iq_sync_index_init(struct iq_sync_index *x, struct iq_arena *arena, size_t expected);
/* An empty key is not added. */
void iq_sync_index_add(struct iq_sync_index *x, struct iq_str key, uint32_t what);
/* Positions with this key, in any order: *at is 0 to begin with. False: no more. */
bool iq_sync_index_next(
	const struct iq_sync_index *x, struct iq_str key, uint32_t *at, uint32_t *what);

/* ---- what is stored, and what came ----------------------------------------------------------- */

/* A row that refers to a contact, in these words. */
struct iq_sync_naming {
	struct iq_sync_row *row;
	struct iq_str part;
	struct iq_sync_naming *next;
};

/* A record of the institution or one below it, alive or archived. */
struct iq_stored {
	enum iq_kind kind;
	iq_num num, institution;
	struct iq_rec rec;
	uint64_t revision; /* archived: that archived it */
	bool archived;
	bool gone;                    /* archived, too; but it was deleted: there is no way back */
	const uint64_t *own;          /* what deltas said: revisions by column; NULL: nothing */
	uint32_t row;                 /* that is about it, plus one; 0: none */
	struct iq_sync_naming *named; /* rows that refer to it, in their order; NULL: none */
	bool lost;                    /* by a change of it, a cell is without anybody */
	bool unnamed;                 /* the list does not name it, and it stays all the same */
};

/* Rows are looked for among these in turn. */
enum iq_sync_place { IQ_SYNC_ALIVE, IQ_SYNC_ARCHIVED, IQ_SYNC_GONE };
static inline enum iq_sync_place iq_sync_place(const struct iq_stored *s)
{
	return s->gone ? IQ_SYNC_GONE : s->archived ? IQ_SYNC_ARCHIVED : IQ_SYNC_ALIVE;
}

/* What becomes of a field, or of a record that others took away. */
enum iq_sync_verdict { IQ_SYNC_TAKE, IQ_SYNC_KEEP, IQ_SYNC_CLASH };

struct iq_sync_row {
	enum iq_kind kind;
	const struct iq_spool_file *file;
	uint32_t line;
	struct iq_str cell[IQ_COLUMNS_MAX];
	uint32_t given; /* columns of the list */
	iq_num institution;
	struct iq_str id; /* as stored or made */
	uint32_t stored;  /* position plus one; 0: new */
	enum iq_sync_by by;
	bool bad;                            /* a problem was told */
	struct iq_str email, name, function; /* contacts: folded */
	struct iq_rec list;                  /* parsed */
	struct iq_rec want;                  /* merged: complete */
	enum iq_sync_act act;
	uint32_t kept;             /* columns where the list's value was not taken */
	bool left;                 /* the record stays archived, or deleted */
	enum iq_sync_verdict back; /* of one that was taken away: does it come back? */
	const char *resolved;      /* that was decided: "mine", "theirs"; NULL: it was not */
};

struct iq_sync_priv {
	struct iq_sync *s;
	struct iq_txn *t;
	struct iq_arena *arena;
	struct iq_stored *stored;
	size_t nstored, cap_stored;
	struct iq_sync_row *rows;
	size_t nrows, cap_rows;
	iq_num *scope; /* the institution and all below it */
	size_t nscope, cap_scope;
	struct iq_sync_index by_scope;
	bool *scope_named; /* rows name it; the first is the institution itself */
	bool in_list[IQ_KINDS];
	uint64_t rows_of[IQ_KINDS];
	struct iq_sync_index by_num;    /* stored: kind and number */
	struct iq_sync_index decisions; /* by id */
	bool away;                      /* a contact of the list is left */
	bool withheld;                  /* a contact was found that may not be told of */
	bool last_base;                 /* the base is the last sync's, not the caller's */
	struct iq_sync_state last;
	uint64_t **bases;           /* by place in the scope and kind: of the last lists */
	uint32_t columns[IQ_KINDS]; /* that the list has */
	struct iq_cells cells;      /* at stake, then lost */
	enum iq_err err;            /* no memory, storage */
};

/* In the arena. NULL (and p->err) without memory. */
void *iq_sync_grow(struct iq_sync_priv *p, void **list, size_t n, size_t *cap, size_t size);
/* A problem of a row's cell; the row is bad. col < 0: none. */
void iq_sync_say(struct iq_sync_priv *p, struct iq_sync_row *row, int col, struct iq_str value,
	const char *text, struct iq_str arg);
void iq_sync_remark(struct iq_sync_priv *p, const struct iq_sync_row *row, struct iq_str id,
	int col, struct iq_str list, struct iq_str theirs, const char *text);
const struct iq_column *iq_sync_column(enum iq_kind kind, int col);
bool iq_sync_in_scope(const struct iq_sync_priv *p, iq_num institution, size_t *at);
struct iq_stored *iq_sync_stored(struct iq_sync_priv *p, enum iq_kind kind, iq_num num);
static inline struct iq_stored *iq_sync_of(struct iq_sync_priv *p, const struct iq_sync_row *row)
{
	return row->stored ? &p->stored[row->stored - 1] : NULL;
}
void iq_sync_match(
	struct iq_sync_priv *p, struct iq_sync_row *row, struct iq_stored *s, enum iq_sync_by by);
/* A row of `r` is left over for a record, or the other way round: neither was matched. */
static inline bool iq_sync_free(const struct iq_sync_row *row)
{
	return !row->bad && row->stored == 0;
}
struct iq_str iq_sync_fold(struct iq_sync_priv *p, struct iq_str s);

/* sync_pool.c: what is stored. */
IQ_CHECK enum iq_err iq_sync_pool(struct iq_sync_priv *p);
int iq_sync_owner_column(enum iq_kind kind); /* names the institution it belongs to */
/* One more, to be filled; kept only if it is found to count. NULL: no memory. */
struct iq_stored *iq_sync_stored_new(struct iq_sync_priv *p, enum iq_kind kind, iq_num num);
bool iq_sync_stored_keep(struct iq_sync_priv *p, struct iq_stored *s);
/* sync_gone.c: what others deleted since the list was made, as the list knew it; after the rows. */
void iq_sync_gone(struct iq_sync_priv *p);
/* sync_rows.c: the list; names of institutions become ids. */
IQ_CHECK enum iq_err iq_sync_rows(struct iq_sync_priv *p);
/* Cells become values, once references are ids. */
void iq_sync_parse(struct iq_sync_priv *p, enum iq_kind kind);
/* sync_people.c: contacts by external id, e-mail address, name and function. */
void iq_sync_people(struct iq_sync_priv *p);
/* sync_refs.c: names of contacts in cells become ids. */
void iq_sync_refs(struct iq_sync_priv *p);
/* sync_keys.c: rows by id; institutions, responsibilities and notices by what they say. */
void iq_sync_ids(struct iq_sync_priv *p, enum iq_kind kind);
/* Was it one of the institution's that was deleted, or gone for longer than the archive keeps? */
bool iq_sync_was_own(struct iq_sync_priv *p, enum iq_kind kind, iq_num num);
void iq_sync_keys(struct iq_sync_priv *p, enum iq_kind kind);
/* Ids for the rows that are new. */
void iq_sync_make_ids(struct iq_sync_priv *p, enum iq_kind kind);
/* sync_merge.c: lines of rows. */
void iq_sync_merge(struct iq_sync_priv *p);
/* sync_lines.c: lines of what the list does not name; counts. */
void iq_sync_missing(struct iq_sync_priv *p);
struct iq_sync_line *iq_sync_line_add(struct iq_sync_priv *p, enum iq_sync_act act,
	const struct iq_sync_row *row, const struct iq_stored *s);
/* As people call it. */
struct iq_str iq_sync_name(struct iq_sync_priv *p, const struct iq_rec *rec);
void iq_sync_conflict_add(struct iq_sync_priv *p, struct iq_sync_line *l, int col,
	struct iq_str was, struct iq_str theirs, struct iq_str mine, uint64_t revision);
/* The decision about a field (col < 0: the record), NULL: none that still holds. */
const struct iq_sync_decision *iq_sync_decided(
	struct iq_sync_priv *p, const struct iq_stored *s, int col);
/* The record at the end of a revision. False: it was not there. */
bool iq_sync_past(
	struct iq_sync_priv *p, const struct iq_stored *s, uint64_t at, struct iq_rec *out);
bool iq_sync_same_value(
	enum iq_kind kind, int col, const struct iq_value *a, const struct iq_value *b);
bool iq_sync_same_rec(const struct iq_rec *a, const struct iq_rec *b);
/* What the line tells of a stored contact goes on record, or is left out. */
void iq_sync_show(struct iq_sync_priv *p, const struct iq_stored *s, struct iq_sync_line *l);
bool iq_sync_shows(struct iq_sync_priv *p, const struct iq_stored *s);
/* Rows that say something of persons: the caller needs a reason, and has a limit per day. */
IQ_CHECK enum iq_err iq_sync_check_guesses(struct iq_sync_priv *p);
IQ_CHECK enum iq_err iq_sync_check_found(struct iq_sync_priv *p);
/* A refusal tells of it: that goes on record. */
void iq_sync_tell(struct iq_sync_priv *p, const struct iq_stored *s);
/* May the caller know of the contact with this id, alive or in the archive? */
bool iq_sync_knows(struct iq_sync_priv *p, struct iq_str id);
/* The value without contacts that are hidden from the caller; as it is if there are none. */
struct iq_value iq_sync_known(
	struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v);
/* What the list says, without contacts that stay archived or deleted. */
struct iq_value iq_sync_present(
	struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v);
/* Without contacts that are neither on record nor will be by this list. */
struct iq_value iq_sync_living(
	struct iq_sync_priv *p, enum iq_kind kind, int col, struct iq_value v);
/* What the list says, with those of the record that are hidden from who made it. */
struct iq_value iq_sync_with_hidden(struct iq_sync_priv *p, enum iq_kind kind, int col,
	struct iq_value list, struct iq_value now);
/* Differences as the caller may see them, before anything is written. */
void iq_sync_diffs(struct iq_sync_priv *p, struct iq_sync_line *l, const struct iq_rec *before,
	const struct iq_rec *after);
/* sync_guard.c */
void iq_sync_guard_counts(struct iq_sync_priv *p);
IQ_CHECK enum iq_err iq_sync_guard_before(struct iq_sync_priv *p);
IQ_CHECK enum iq_err iq_sync_guard_after(struct iq_sync_priv *p);

/*
 * What the list said where it was not taken (sync_state.c): the next list that says the same has
 * not changed its mind.
 */
enum { IQ_SYNC_MARK_LEFT = 0xff, IQ_SYNC_MARK_UNNAMED = 0xfe };
bool iq_sync_mark_get(
	struct iq_sync_priv *p, const struct iq_stored *e, unsigned col, uint64_t *hash);
/*
 * What 'g': records that a list of the institution names, and that stay away all the same. What
 * 'o': those that deltas of it had.
 */
void iq_sync_left_each(struct iq_txn *t, char what, iq_num institution,
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num), void *arg);
uint64_t iq_sync_hash(const struct iq_value *v);
/*
 * The revision a record is compared with (sync_bases.c): the caller's, or that of the last list of
 * the institution that had it, and this column (IQ_COL_ID: the record as such). 0: none.
 */
uint64_t iq_sync_base(struct iq_sync_priv *p, const struct iq_stored *e, int col);
/* The same for records of an institution, whichever; without what deltas said of single ones. */
uint64_t iq_sync_base_at(struct iq_sync_priv *p, enum iq_kind kind, iq_num institution, int col);
/* The same for the field of a record that is missing in a list: with any list that had the record.
 */
uint64_t iq_sync_base_whole(struct iq_sync_priv *p, const struct iq_stored *e, int col);
/* Did the institution's own lists put the value that is there, after that of the caller? */
bool iq_sync_is_own(struct iq_sync_priv *p, const struct iq_stored *e, int col);
/* Revisions per column of what deltas said of a record; NULL: none did. */
const uint64_t *iq_sync_own_get(struct iq_sync_priv *p, enum iq_kind kind, iq_num num);
void iq_sync_bases_note(struct iq_sync *s, uint64_t revision);
uint64_t iq_sync_row_hash(const struct iq_sync_row *row);

#endif
