/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_VOCAB_H
#define IQ_DOMAIN_VOCAB_H

/*
 * The vocabulary in memory: region, task and status trees, facts, kinds, notices, names for
 * labels. Immutable after iq_vocab_build(); any number of threads may read it. Rebuilt when a
 * record of a vocabulary kind or a notice changes.
 */

#include <stdbool.h>
#include <stdint.h>

#include "condition.h"
#include "model.h"

/* A forest over numbers 1…n. Arrays have n + 1 elements; unused numbers have id.n == 0. */
struct iq_tree {
	iq_num n;
	iq_num *parent; /* IQ_NONE: root */
	uint32_t *pre,
		*end; /* pre-order position (siblings by id) from 1; last position in the subtree */
	iq_num *at;   /* at[pre] = number: the way back; at[0] unused */
	uint16_t *depth; /* roots: 0 */
	struct iq_str *id;
};

/* True if a is b or an ancestor of b. */
static inline bool iq_tree_covers(const struct iq_tree *t, iq_num a, iq_num b)
{
	return t->pre[a] <= t->pre[b] && t->pre[b] <= t->end[a];
}

struct iq_label {
	struct iq_str name[2]; /* by enum iq_lang: de, en; never empty: falls back to de, id */
};

/* A notice, ready to match. */
struct iq_notice {
	iq_num num, institution, task, region; /* IQ_NONE: any */
	struct iq_str id;
	const uint16_t *statuses;
	uint32_t nstatuses;
	struct iq_str condition;
	int32_t from, to;
	enum iq_effect effect;
};

struct iq_vocab {
	uint64_t revision; /* of the change that built it */
	struct iq_tree region, task, status;
	struct iq_label *region_label, *task_label, *status_label; /* by number */
	bool *region_is_area;
	struct iq_str *region_kind; /* by region number: as recorded, may be empty */
	bool *task_expected;        /* by task number: marked (tasks.expected) */
	/* by region number: the members of an area, ended by IQ_NONE; NULL: none */
	const iq_num **area_members;
	iq_num root; /* the region without parent that is no area; IQ_NONE in an empty directory */
	struct iq_facts facts;
	/* by status number: what it and its ancestors imply, resolved (nearer overrides) */
	struct iq_known *const *implied;
	const struct iq_notice *notices; /* by id */
	size_t nnotices;
	struct iq_arena arena; /* owns everything above */
};

/* What the vocabulary is built from. */
struct iq_vocab_source {
	void *ctx;
	/* calls fn for every record of the kind with its number; fn's record is valid in the call
	 */
	enum iq_err (*each)(void *ctx, enum iq_kind kind,
		enum iq_err (*fn)(void *arg, iq_num num, const struct iq_rec *rec), void *arg);
	/* IQ_NONE if unknown; follows merged ids */
	iq_num (*find)(void *ctx, enum iq_kind kind, struct iq_str id);
};

/*
 * Builds a vocabulary; caller frees it. Errors: IQ_ERR_REJECTED with a problem per record that
 * breaks it (cycle, dangling parent, tree too deep, two roots, too many facts, implies or
 * condition that does not parse); IQ_ERR_INTERNAL without memory. A problem's column is the
 * column, its value the record's id, args[0] the name of the kind, args[1] the id again.
 */
IQ_CHECK enum iq_err iq_vocab_build(const struct iq_vocab_source *src, uint64_t revision,
	struct iq_vocab **out, struct iq_error *error);
void iq_vocab_free(struct iq_vocab *v); /* NULL is fine */

/* True if `region` is `scope`, below it, or (scope an area) a member of it or below one. */
bool iq_vocab_in_scope(const struct iq_vocab *v, iq_num scope, iq_num region);

#endif
