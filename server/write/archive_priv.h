/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_WRITE_ARCHIVE_PRIV_H
#define IQ_WRITE_ARCHIVE_PRIV_H

/* What archiving and reviving share: the entry of an archived record. */

#include "apply_priv.h"
#include "archive.h"

/* A reference that was taken off. */
struct iq_taken {
	enum iq_kind kind; /* of the other record … */
	iq_num num;        /* … and its number */
	int column;        /* of the one that refers */
	uint32_t position; /* in the list */
	bool own;          /* the archived record refers to the other, not the other to it */
};

struct iq_archive_entry {
	uint64_t revision;
	int64_t time_us;
	struct iq_taken *taken; /* in an arena */
	size_t n, cap;
};

/* False: there is none, or no memory. arena: NULL: without the references. */
bool iq_archive_load(struct iq_txn *t, enum iq_kind kind, iq_num num, struct iq_arena *arena,
	struct iq_archive_entry *out);
/* False: no memory. */
IQ_CHECK bool iq_archive_store(
	struct iq_wtxn *w, enum iq_kind kind, iq_num num, const struct iq_archive_entry *e);
/* Each reference once. False: no memory. */
IQ_CHECK bool iq_archive_push(
	struct iq_archive_entry *e, struct iq_arena *arena, struct iq_taken taken);
/* Columns that contacts are taken out of; whatever else refers to a record needs it. */
bool iq_archive_spares(enum iq_kind kind, int column);

#endif
