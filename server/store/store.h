/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_STORE_STORE_H
#define IQ_STORE_STORE_H

/*
 * The directory on disk: one LMDB environment. The only place that sees LMDB.
 *
 * Tables (keys big-endian, at most 64 bytes):
 *   meta   "state" → revision, vocabulary revision, next numbers, generation; "erase", number u32
 *          → ""   contacts that are to vanish
 *   id     kind u8, id bytes → number u32, flags (merged away: the number is the survivor's)
 *   rec    kind u8, number u32 → record image
 *   cell   task u32, region u32, number u32 → what matching needs (struct iq_entry)
 *   ref    target kind u8, target u32, kind u8, number u32 → ""   who refers to it; not for
 *          responsibility → task, region, statuses (see cell)
 *   name   kind u8, stage u8, key, 0, number u32 → ""             finding terms
 *   log    revision u64, part u32 → what changed, by whom, why
 *   past   kind u8, number u32, revision u64 (that superseded it) → the superseded image
 *   request  principal, request id → revision and answer
 *   auth   principals, tokens, certificates
 *   living "a" kind u8, number u32 → archived record (write/archive.h); "s", institution u32 →
 *          state of its sync; "d", institution u32, kind u8, number u32, column u8 → what its list
 *          said and was not taken, as a hash; "g", institution u32, kind u8, number u32 → a record
 *          that its list names and that stays away; "b", "o": what lists are compared with
 * (write/sync_bases.c); "x", institution u32, kind u8, number u32 → the revision that removed a
 * record of it; "p", plan → when it was applied; "h", number u32 → dated hand-over of a contact. No
 *          names of persons
 *
 * A record image: 36 bytes header, little-endian (version u8, kind u8, flags u16, number u32,
 * revision u64, born u64, three segment lengths u32), then the segments, each a partial protobuf
 * message (pb/codec.h). `born` is the revision that created it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "match.h"
#include "model.h"
#include "lookup.h"
#include "term.h"

struct iq_store;

struct iq_store_options {
	uint64_t map_bytes; /* 0: default (64 GiB); rounded up to the file */
	unsigned readers;   /* read transactions at once; 0: default */
	bool upgrade; /* of an earlier version: made this one's. Only for who holds the lock of
			 the state directory: an earlier server may be running */
};

/*
 * Opens (create: makes) DIR/data.mdb. Refuses remote filesystems and what a later version wrote.
 * Errors name the path.
 */
IQ_CHECK enum iq_err iq_store_open(const char *dir, bool create, const struct iq_store_options *opt,
	struct iq_store **out, struct iq_error *error);
void iq_store_close(struct iq_store *s);
/*
 * True once the disk failed otherwise than by being full: no transaction writes any more, and the
 * process should end. `tell` is called then, once, in the writing thread.
 */
bool iq_store_broken(const struct iq_store *s);
void iq_store_on_broken(struct iq_store *s, void (*tell)(void *ctx), void *ctx);
uint64_t iq_store_bytes(const struct iq_store *s); /* size of the data file */
struct iq_store_usage {
	uint64_t map_bytes, used_bytes; /* the most it may take; up to its last page */
	uint64_t free_bytes;            /* of these, in pages that are free */
	unsigned readers, stale;        /* slots used; of processes that are gone, when opened */
	uint64_t lag;                   /* commits since the oldest snapshot that is held here */
};
void iq_store_usage(struct iq_store *s, struct iq_store_usage *out);
/* Number of the oldest snapshot any read transaction of this process holds; UINT64_MAX: none. */
uint64_t iq_store_oldest(struct iq_store *s);

struct iq_state {
	uint64_t revision;        /* last durable change */
	uint64_t vocab_revision;  /* last change of the vocabulary or a notice */
	uint64_t generation;      /* random, made by init and restore */
	iq_num next[IQ_KINDS];    /* next free number per kind */
	uint64_t count[IQ_KINDS]; /* records alive per kind */
};

/* ---- reading ------------------------------------------------------------------------------ */

/* A read transaction owned by one thread, renewed per request. */
struct iq_rtxn;
IQ_CHECK enum iq_err iq_rtxn_new(struct iq_store *s, struct iq_rtxn **out);
void iq_rtxn_free(struct iq_rtxn *t);
/* A fresh snapshot; cheap. True on success. Pointers of the earlier snapshot end. */
IQ_CHECK bool iq_rtxn_renew(struct iq_rtxn *t);
/* Lets go of the snapshot; nothing may hold it across a callback. */
void iq_rtxn_reset(struct iq_rtxn *t);
/* State of the snapshot (cached while no commit happened). */
const struct iq_state *iq_rtxn_state(struct iq_rtxn *t);
/* Number of the snapshot, never 0: the same number, nothing was committed in between; pointers into
 * the earlier snapshot hold again. */
uint64_t iq_rtxn_number(struct iq_rtxn *t);

/*
 * Everything below takes the reading side of a transaction: a read transaction's
 * or the writer's own (sees its uncommitted changes).
 */
struct iq_txn;
struct iq_txn *iq_rtxn_txn(struct iq_rtxn *t);

/* A mapped record. Valid until the transaction ends or, in a write transaction, the next write. */
struct iq_image {
	enum iq_kind kind;
	iq_num num;
	uint64_t revision, born;
	unsigned steps; /* images back to one that the table past has, or to the first */
	struct iq_str segment[IQ_SEGMENTS];
	struct iq_str all; /* the segments in a row */
};
/* False: no such record. A damaged image aborts the daemon's request with IQ_ERR_INTERNAL: see
 * iq_txn_error(). */
bool iq_image_get(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *out);
/* Image bytes → fields; false if damaged. Pure; fuzzed. */
bool iq_image_parse(struct iq_str bytes, struct iq_image *out);
/* id of a record, from its image. Empty: no such record. */
struct iq_str iq_image_id(const struct iq_image *image);
struct iq_str iq_id_of(struct iq_txn *t, enum iq_kind kind, iq_num num);
/* Whole record, decoded: borrows from the map. */
bool iq_rec_get(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena,
	struct iq_rec *out);
/* Number of a live record with this id (merged ids followed), or IQ_NONE. */
iq_num iq_id_find(struct iq_txn *t, enum iq_kind kind, struct iq_str id);
/* Number this id was ever interned to, alive or not; *merged: it was united with another. */
iq_num iq_id_reserved(struct iq_txn *t, enum iq_kind kind, struct iq_str id, bool *merged);

/* Records of a kind in order of number; fn returns false to stop. from: first number. */
void iq_each_record(struct iq_txn *t, enum iq_kind kind, iq_num from,
	bool (*fn)(void *arg, const struct iq_image *image), void *arg);
/* Ids of a kind in byte order, from `after` (exclusive; empty: the first); live, unmerged only. */
void iq_each_id(struct iq_txn *t, enum iq_kind kind, struct iq_str after,
	bool (*fn)(void *arg, struct iq_str id, iq_num num), void *arg);
/* Who refers to (kind, num): by the ref table and, for task, region and status, the cell table. */
void iq_each_ref(struct iq_txn *t, enum iq_kind kind, iq_num num,
	bool (*fn)(void *arg, enum iq_kind from, iq_num num), void *arg);
/* The same for records of the kind `from` only, by the ref table alone; does not look at others. */
void iq_each_ref_by(struct iq_txn *t, enum iq_kind kind, iq_num num, enum iq_kind from,
	bool (*fn)(void *arg, enum iq_kind from, iq_num num), void *arg);

/* The domain's interfaces over a transaction. The struct is filled; `ctx` is the transaction. */
void iq_txn_view(struct iq_txn *t, const struct iq_vocab *vocab, struct iq_view *out);
void iq_txn_lookup(struct iq_txn *t, struct iq_lookup *out);
void iq_txn_names(struct iq_txn *t, const struct iq_vocab *vocab, bool english,
	struct iq_arena *arena, struct iq_names *out);
void iq_txn_vocab_source(struct iq_txn *t, struct iq_vocab_source *out);

/* The first storage error in this transaction (sticky), IQ_OK if none. Text for the log, not for
 * users. */
enum iq_err iq_txn_error(const struct iq_txn *t, const char **detail);

/* ---- writing (the writer's thread only) --------------------------------------------------- */

struct iq_wtxn;
IQ_CHECK enum iq_err iq_wtxn_begin(struct iq_store *s, struct iq_wtxn **out);
/* All or nothing; durable when it returns IQ_OK. Frees the transaction in any case. */
IQ_CHECK enum iq_err iq_wtxn_commit(struct iq_wtxn *w);
void iq_wtxn_abort(struct iq_wtxn *w);
struct iq_txn *iq_wtxn_txn(struct iq_wtxn *w);
struct iq_state *iq_wtxn_state(struct iq_wtxn *w); /* changed in place; stored at commit */
const struct iq_state *iq_wtxn_before(const struct iq_wtxn *w); /* as it was at the beginning */
uint64_t iq_wtxn_number(struct iq_wtxn *w); /* of the snapshot the commit makes */

/* Who changes what; starts the next revision. Every put, remove and merge until the next begin
 * belongs to it. */
struct iq_change {
	struct iq_str principal, operation, reason;
	uint8_t request_id[16];
	int64_t time_us;
};
void iq_change_begin(struct iq_wtxn *w, const struct iq_change *c);
/* Writes the log entry. Without any put or remove in between: no entry, no new revision. */
void iq_change_end(struct iq_wtxn *w);

/* Interns an id: the number it has or a new one. IQ_NONE on error. */
iq_num iq_id_intern(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id);
/*
 * The same in two steps, for many: `count` new numbers from the one returned (IQ_NONE on error),
 * each then bound to an id that was never interned. In a bulk its record must follow.
 */
iq_num iq_num_reserve(struct iq_wtxn *w, enum iq_kind kind, uint32_t count);
void iq_id_bind(struct iq_wtxn *w, enum iq_kind kind, struct iq_str id, iq_num num);

/*
 * Writes a complete record under its number with all indexes; the superseded image goes to
 * the past. References must exist. rec->revision is ignored. `arena` for scratch. The record may
 * borrow from this transaction. An equal record is not written: no entry, no revision.
 */
void iq_rec_put(struct iq_wtxn *w, iq_num num, const struct iq_rec *rec, struct iq_arena *arena);
void iq_rec_remove(struct iq_wtxn *w, enum iq_kind kind, iq_num num, struct iq_arena *arena);
/* Makes `old` resolve to `num` for ever. */
void iq_id_redirect(struct iq_wtxn *w, enum iq_kind kind, struct iq_str old, iq_num num);

/*
 * Many records at once: between begin and end, index keys are collected and inserted in
 * order. Records of one kind must be put in ascending number for speed, each at most once, none is
 * removed. Memory: about 100 bytes per record. find: resolves references, among them those to
 * records that follow; IQ_NONE if unknown.
 */
void iq_bulk_begin(struct iq_wtxn *w,
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id), void *ctx);
void iq_bulk_end(struct iq_wtxn *w);

/* Small tables. Values are opaque here. put with n == 0 deletes. */
enum iq_table { IQ_TABLE_REQUEST, IQ_TABLE_AUTH, IQ_TABLE_LIVING };
bool iq_table_get(struct iq_txn *t, enum iq_table table, struct iq_str key, struct iq_str *value);
void iq_table_put(struct iq_wtxn *w, enum iq_table table, struct iq_str key, struct iq_str value);
void iq_table_each(struct iq_txn *t, enum iq_table table, struct iq_str prefix,
	bool (*fn)(void *arg, struct iq_str key, struct iq_str value), void *arg);
/* The entries behind `after` (empty: all), in order; fn must not write, and returns false to stop.
 */
void iq_table_behind(struct iq_txn *t, enum iq_table table, struct iq_str after,
	bool (*fn)(void *arg, struct iq_str key, struct iq_str value), void *arg);
/* The first of them. */
bool iq_table_next(struct iq_txn *t, enum iq_table table, struct iq_str after, struct iq_str *key,
	struct iq_str *value);

/* ---- the log ------------------------------------------------------------------------------ */

struct iq_log_entry {
	uint64_t revision;
	int64_t time_us;
	struct iq_str principal, operation, reason;
	uint8_t request_id[16];
	uint64_t touched; /* records */
};
/* Entry of a revision; false if there is none. touch (may be NULL): each record it touched. */
bool iq_log_get(struct iq_txn *t, uint64_t revision, struct iq_log_entry *out,
	bool (*touch)(void *arg, enum iq_kind kind, iq_num num), void *arg);
/*
 * Contacts, responsibilities and notices that belonged to the institution when they were removed,
 * with the revision that did so last; also those that are there again, or in the archive. fn
 * returns false to stop.
 */
void iq_removed_each(struct iq_txn *t, iq_num institution,
	bool (*fn)(void *arg, enum iq_kind kind, iq_num num, uint64_t revision), void *arg);
/* The image of a record as of the end of revision `at`; false if it did not exist then. */
bool iq_past_get(
	struct iq_txn *t, enum iq_kind kind, iq_num num, uint64_t at, struct iq_image *out);

/* Superseded images of a record, newest first; fn returns false to stop. */
void iq_past_each(struct iq_txn *t, enum iq_kind kind, iq_num num,
	bool (*fn)(void *arg, const struct iq_image *image, uint64_t superseded), void *arg);
/*
 * The newest superseded image, and the revision that superseded it (may be NULL); false, and out
 * as it was, if there is none: of what was deleted, the record as it was last.
 */
bool iq_past_last(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_image *out,
	uint64_t *superseded);

/* ---- forgetting --------------------------------------------------------------------------- */

/*
 * Notes in the change that removes a contact that it is to vanish: if the server stops before it
 * has, the next erasure makes up for it.
 */
void iq_erase_mark(struct iq_wtxn *w, iq_num contact);
/* Contacts noted; fn returns false to stop. */
void iq_erase_each(struct iq_txn *t, bool (*fn)(void *arg, iq_num contact), void *arg);

/*
 * Makes contacts vanish for good (access.md "Data protection"): rewrites the environment record by
 * record into a new file, without their images of any time, their ids, and what past images and
 * stored answers of requests say of them; then swaps the files. Those that were noted vanish, too.
 * The contacts must have been removed by a change before, which is the caller's business for
 * IQ_TABLE_AUTH as well. The writer's thread, no transaction open. Readers keep the old file until
 * they let go of their snapshot. Needs as much free space as the file has. On error nothing has
 * changed: IQ_ERR_QUOTA the disk is full, IQ_ERR_CONFLICT one of them is still there.
 */
IQ_CHECK enum iq_err iq_store_erase(
	struct iq_store *s, const iq_num *contacts, size_t n, struct iq_error *error);
/* What is left of a value of IQ_TABLE_REQUEST afterwards: the answer behind it goes. */
enum { IQ_REQUEST_KEPT = 56 };

/* ---- backups ------------------------------------------------------------------------------ */

/*
 * Every entry of every table of the snapshot, in order; what was deleted is not among them. fn
 * returns false to stop. False: stopped, or a storage error (iq_txn_error()).
 */
bool iq_dump_each(struct iq_txn *t,
	bool (*fn)(void *arg, const char *table, struct iq_str key, struct iq_str value),
	void *arg);

/*
 * Makes DIR/data.mdb from what iq_dump_each() told, in its order, with a new generation: it has its
 * name only when it is whole and durable. The directory exists; nobody else uses it.
 */
struct iq_load;
IQ_CHECK enum iq_err iq_load_begin(const char *dir, struct iq_load **out, struct iq_error *error);
/* False: nothing more will be taken; iq_load_why() says why. */
IQ_CHECK bool iq_load_put(
	struct iq_load *l, const char *table, struct iq_str key, struct iq_str value);
enum iq_err iq_load_why(const struct iq_load *l, struct iq_error *error);
/* Frees it in any case. */
IQ_CHECK enum iq_err iq_load_end(struct iq_load *l, struct iq_error *error);
void iq_load_drop(struct iq_load *l); /* leaves nothing behind */

/*
 * Writes the database anew without what is free in it, and exchanges the files as an erasure does:
 * the writer's thread, or a process that holds the lock of the state; no transaction open. Needs as
 * much free space as the data takes. On error nothing has changed: IQ_ERR_QUOTA the disk is full.
 */
IQ_CHECK enum iq_err iq_store_compact(struct iq_store *s, struct iq_error *error);

/* ---- checking ----------------------------------------------------------------------------- */

/* Verifies records, ids, indexes, references and log against each other; one line per finding
 * through `say`. Returns the number of findings. */
uint64_t iq_store_check(struct iq_store *s, void (*say)(void *arg, const char *line), void *arg);

#endif
