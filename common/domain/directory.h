/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_DIRECTORY_H
#define IQ_DOMAIN_DIRECTORY_H

/*
 * A whole directory in memory: the array implementation of every read interface of the
 * domain (view, names, vocabulary source, check). For `iqq lint` and for tests. One thread.
 */

#include "check.h"
#include "match.h"
#include "lookup.h"
#include "term.h"

struct iq_directory;

struct iq_directory *iq_directory_new(void);
void iq_directory_free(struct iq_directory *d);

/*
 * Adds or replaces a record (deep copy); partial records merge with what is there (a record that
 * gives nothing counts as whole). Numbers are given in order of first appearance per kind. The
 * record is completed as iq_rec_complete() does. IQ_NONE without memory or without id.
 */
iq_num iq_directory_put(struct iq_directory *d, const struct iq_rec *rec);
const struct iq_rec *iq_directory_get(const struct iq_directory *d, enum iq_kind kind, iq_num num);
iq_num iq_directory_find(const struct iq_directory *d, enum iq_kind kind, struct iq_str id);
iq_num iq_directory_count(const struct iq_directory *d, enum iq_kind kind);

/*
 * Builds indexes and vocabulary; call after the last put, before any of the below. If the
 * vocabulary cannot be built (IQ_ERR_REJECTED), names and checks work without it, the view does
 * not. Responsibilities with dangling references are in no cell.
 */
IQ_CHECK enum iq_err iq_directory_index(struct iq_directory *d, struct iq_error *error);

const struct iq_view *iq_directory_view(struct iq_directory *d); /* NULL: no vocabulary */
const struct iq_lookup *iq_directory_lookup(struct iq_directory *d);
const struct iq_names *iq_directory_names(struct iq_directory *d, bool english);
/* Checks every record, and parents of institutions and deputies for circles; `where` per record is
 * asked from the callback (may be NULL). */
IQ_CHECK enum iq_err iq_directory_check(struct iq_directory *d,
	struct iq_problem (*where)(void *arg, enum iq_kind kind, iq_num num), void *arg,
	struct iq_error *error);

#endif
