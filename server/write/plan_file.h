/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_PLAN_FILE_H
#define IQ_WRITE_PLAN_FILE_H

/*
 * Plans of syncs that wait to be applied: DIR/plans/<32 hex>, 0600, each written whole and durable
 * before it has its name. They hold names of persons, so they go as soon as they are of no use, and
 * with every erasure. Writer's thread.
 */

#include "sync.h"

enum { IQ_PLAN_ID = 32 };

struct iq_plan_file {
	char id[IQ_PLAN_ID + 1];
	struct iq_str principal;
	struct iq_str reason; /* why personal fields of others may be shown; empty: they may not */
	iq_num institution;
	bool delta;
	uint64_t based_on, applied; /* as the caller said */
	uint64_t revision;          /* the state it was made for */
	int64_t made_us, until_us;
	uint8_t digest[32]; /* of the lines as they were shown last */
	uint8_t asked[32];  /* of those that were to go when the second person was asked */
	uint64_t deletes;
	bool second;
	uint64_t approval; /* it waits for a second person under this number; 0: it does not */
	struct iq_sync_made *made;
	size_t nmade;
	struct iq_sync_decision *decisions;
	size_t ndecisions;
	struct iq_str rows; /* as iq_spool_save() wrote them; empty where only the rest is read */
};

bool iq_plan_id_valid(struct iq_str id);
/* A new random number. */
IQ_CHECK bool iq_plan_id_make(char id[IQ_PLAN_ID + 1]);
/* Writes it, or writes it anew. IQ_ERR_QUOTA: the disk is full. */
IQ_CHECK enum iq_err iq_plan_save(
	const char *dir, const struct iq_plan_file *plan, struct iq_error *error);
/* False: there is none, it is damaged, or no memory (arena->failed). */
IQ_CHECK bool iq_plan_load(const char *dir, struct iq_str id, bool rows, struct iq_arena *arena,
	struct iq_plan_file *out);
void iq_plan_remove(const char *dir, const char *id);
/* All, without rows, in no order; fn returns false to stop. */
void iq_plan_each(const char *dir, struct iq_arena *arena,
	bool (*fn)(void *arg, const struct iq_plan_file *plan), void *arg);
/* Removes those that have expired at that time, and what an interrupted write left. */
void iq_plan_purge(const char *dir, int64_t now_us);
/* Removes all. */
void iq_plan_remove_all(const char *dir);

#endif
