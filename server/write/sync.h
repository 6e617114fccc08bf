/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_SYNC_H
#define IQ_WRITE_SYNC_H

/*
 * The list of an institution against what is stored: what it would change, and changing it. Plan
 * and apply run the same code; a plan is rolled back. Writer's thread, within a job that is alone.
 *
 * Rows are matched to records (ids are made where there are none), then each field is merged with
 * what others changed since the list was made. What a full list does not name is archived, as far
 * as it belongs to the institution and is of a kind the list has.
 */

#include "apply.h"
#include "archive.h"
#include "buf.h"

enum iq_sync_act {
	IQ_SYNC_SAME,
	IQ_SYNC_ADD,
	IQ_SYNC_CHANGE,
	IQ_SYNC_ARCHIVE,
	IQ_SYNC_REVIVE,
	IQ_SYNC_CONFLICT,
	IQ_SYNC_ACTS
};
extern const char *const iq_sync_act_names[IQ_SYNC_ACTS];

enum iq_sync_by {
	IQ_SYNC_NEW,
	IQ_SYNC_BY_ID,
	IQ_SYNC_BY_EXTERNAL,
	IQ_SYNC_BY_EMAIL,
	IQ_SYNC_BY_NAME,
	IQ_SYNC_BY_KEY,
	IQ_SYNC_BYS
};
extern const char *const iq_sync_by_names[IQ_SYNC_BYS];

/* A decision about conflicts of a record: all its fields if col < 0. Void once it changed again. */
struct iq_sync_decision {
	enum iq_kind kind;
	struct iq_str id;
	int col;
	bool theirs;
	uint64_t revision; /* of the record it was about; 0: it was gone */
};
/* The id that a plan made for a row (position in the list, in order of kind and arrival). */
struct iq_sync_made {
	uint32_t row;
	struct iq_str id;
};

struct iq_sync_conflict {
	int col; /* -1: the whole record */
	struct iq_str was, theirs, mine;
	uint64_t revision, time_us;
	struct iq_str principal;
};

struct iq_sync_line {
	enum iq_sync_act act;
	enum iq_sync_by by;
	enum iq_kind kind;
	iq_num num; /* IQ_NONE: new */
	struct iq_str id, name;
	struct iq_str file;
	uint32_t line; /* 0: in no row */
	bool renamed;
	struct iq_diffs diffs;
	struct iq_sync_conflict *conflicts; /* what is left to decide */
	size_t nconflicts, cap_conflicts;
	const char *resolved; /* NULL, "mine", "theirs" */
	uint64_t revision;    /* of the record, or that archived it; 0: new */
};

struct iq_sync_count {
	uint64_t add, change, archive, revive, same, left, conflict;
};

struct iq_sync_guard {
	const char *code, *text;
	struct iq_str args[IQ_ERROR_ARGS];
	size_t nargs;
	struct iq_str task, status, region, responsibility;
};

/* What the last sync of an institution left behind. */
struct iq_sync_state {
	uint64_t revision; /* 0: there was none */
	int64_t time_us;
	struct iq_str principal;
	uint64_t rows; /* of the last full list */
	uint64_t base; /* revision of that; 0: there was none */
};
/* False: never. Strings borrow from the transaction. */
bool iq_sync_state_get(struct iq_txn *t, iq_num institution, struct iq_sync_state *out);
/* Forgets what was noted about contacts that vanish for good. */
void iq_sync_forget(struct iq_wtxn *w, const iq_num *contacts, size_t n);

struct iq_sync_priv;

struct iq_sync {
	/* given */
	struct iq_job *job; /* its may_write and may_refer decide about rows */
	struct iq_wtxn *w;
	const struct iq_vocab *vocab;
	struct iq_spool *spool; /* the list as it came */
	const char *dir;        /* for rows on their way */
	iq_num institution;
	bool delta, english;
	uint64_t based_on;      /* what it was made from; 0: not known, or not from here */
	uint64_t applied;       /* when this list was applied last; 0: it was not */
	uint64_t plan_revision; /* the state the plan was shown for; 0: it is being made */
	int32_t today;
	int64_t now_us;
	struct iq_sync_made *made; /* grows by what is made */
	size_t nmade, cap_made;
	const struct iq_sync_decision *decisions;
	size_t ndecisions;
	void *ctx;
	/* May the caller see it (a contact: in full)? Else there is no such record. */
	bool (*sees)(void *ctx, enum iq_kind kind, iq_num num);
	/* May the caller archive it? */
	bool (*owns)(void *ctx, enum iq_kind kind, struct iq_str id);
	/* May the caller see what of this institution is in the archive? */
	bool (*sees_archived)(void *ctx, iq_num institution);
	/* May the caller bring it back from the archive? */
	bool (*may_revive)(void *ctx, enum iq_kind kind, struct iq_str id);
	/* May the caller see this former state of a contact in full? */
	bool (*sees_past)(void *ctx, const struct iq_image *image);
	/*
	 * May contacts be found by what the caller says of them? Finding somebody tells that it is
	 * right. The error is set if not; withheld: one that was found may not be told of.
	 */
	enum iq_err (*may_match)(void *ctx, bool withheld);
	/* May personal fields of what is stored be told? It is on record then. */
	bool (*shows)(void *ctx, iq_num contact, enum iq_visibility visibility);
	/* found */
	struct iq_arena *arena; /* uncapped; the caller's, for everything below */
	struct iq_sync_line *lines;
	size_t nlines, cap_lines;
	struct iq_sync_count counts[IQ_KINDS];
	struct iq_sync_guard *guards;
	size_t nguards, cap_guards;
	struct iq_problem *notes; /* what was left as others changed it */
	size_t nnotes, cap_notes;
	iq_num *told; /* contacts that a refusal tells of */
	size_t ntold, cap_told;
	uint64_t rows;
	uint64_t base;      /* revision the list is compared with */
	uint64_t deletes;   /* the number that unlocks the guards; 0: none is tripped */
	uint64_t open;      /* conflicts */
	bool second;        /* a second person must agree */
	uint8_t digest[32]; /* of the lines */
	uint8_t gone[32];   /* of those that are to be archived */
	struct iq_sync_priv *priv;
};

/*
 * Compares; writes nothing. IQ_ERR_REJECTED: rows are wrong, all of them told. Guards that need no
 * writing are set. s->priv is in the arena.
 */
IQ_CHECK enum iq_err iq_sync_compare(struct iq_sync *s);
/*
 * Writes what was found (conflicts left out), finds the cells that are lost, sets the guards and
 * s->deletes. Errors as iq_apply_import(): the transaction is to be aborted then.
 */
IQ_CHECK enum iq_err iq_sync_write(struct iq_sync *s);
/* Afterwards: notes the state of the institution, and what the list said where it was not taken. */
void iq_sync_note(struct iq_sync *s, uint64_t revision);

/* The rows of a spool as bytes, and back. */
IQ_CHECK bool iq_spool_save(struct iq_spool *s, struct iq_buf *out);
IQ_CHECK enum iq_err iq_spool_load(
	const char *dir, struct iq_str bytes, struct iq_spool **out, struct iq_error *error);

#endif
