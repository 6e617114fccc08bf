/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_MATCH_H
#define IQ_DOMAIN_MATCH_H

/*
 * Who is responsible: three-valued matching, groups, order, primary rows, notices, outcome,
 * near misses and explanation, as domain.md "One principle" says. Pure: sees the directory
 * through `struct iq_view`, knows no clock, store or protocol. Any thread with its own view.
 */

#include <stdbool.h>
#include <stdint.h>

#include "vocab.h"

/* What matching needs to know of a responsibility. Pointers are valid while the view is. */
struct iq_entry {
	iq_num num, institution, task, region;
	int32_t from, to; /* inclusive; IQ_DATE_MIN, IQ_DATE_MAX: open */
	enum iq_role role;
	uint32_t nstatuses;
	const uint8_t *statuses; /* nstatuses numbers, 16 bit little-endian each; n == 0: any */
	struct iq_str condition;
	/*
	 * Its contacts as 32 bit little-endian numbers, in the record's order. Matching does not
	 * look at them; a view without a store leaves them out.
	 */
	uint32_t ncontacts;
	const uint8_t *contacts;
};

/* Returns false to stop the walk. */
typedef bool (*iq_entry_fn)(void *arg, const struct iq_entry *entry);

struct iq_view {
	const struct iq_vocab *vocab;
	void *ctx;
	/* all responsibilities of exactly this task in exactly this region */
	void (*cell)(void *ctx, iq_num task, iq_num region, iq_entry_fn fn, void *arg);
	/* all responsibilities of exactly this task, regions in any order */
	void (*task)(void *ctx, iq_num task, iq_entry_fn fn, void *arg);
	/* id of an institution or responsibility; valid while the view is */
	struct iq_str (*id)(void *ctx, enum iq_kind kind, iq_num num);
};

struct iq_question {
	iq_num task, region, status;  /* IQ_NONE: not given */
	const struct iq_known *facts; /* vocab->facts.n elements: what was said; NULL: nothing */
	int32_t at;
	bool want_near;    /* near misses if the outcome is IQ_NOBODY */
	bool want_explain; /* near misses and explanation in any case */
	/*
	 * Rows the caller leaves out anyway: they may be missing from the answer, which saves most
	 * of the work. The outcome, notices and the marks of the other rows are the same.
	 */
	bool only_certain; /* possible rows */
	bool only_own;     /* groups of sub-tasks */
};

enum { IQ_OPEN_REGION = 1, IQ_OPEN_STATUS = 2 }; /* `open` of a row */
/* dimensions that failed */
enum { IQ_MISS_REGION = 1, IQ_MISS_STATUS = 2, IQ_MISS_CONDITION = 4, IQ_MISS_DATE = 8 };

struct iq_row {
	struct iq_entry entry;
	struct iq_str id, institution_id;
	iq_num group; /* a task */
	bool certain, primary;
	uint16_t task_distance, region_distance;
	uint8_t open;                   /* IQ_OPEN_… */
	struct iq_fact_list open_facts; /* positions in vocab->facts */
	uint8_t missed;                 /* near misses, explained: IQ_MISS_… */
	struct iq_fact_list failed_facts;
};

struct iq_notice_match {
	const struct iq_notice *notice;
	bool certain;
	uint8_t open;
	struct iq_fact_list open_facts;
};

enum iq_outcome { IQ_ANSWERED, IQ_NOBODY, IQ_EXCLUDED_OUTCOME, IQ_NOT_NEEDED_OUTCOME };
extern const char *const iq_outcome_names[]; /* "answered", "nobody", "excluded", "not-needed" */

struct iq_match {
	enum iq_outcome outcome;
	struct iq_row *rows; /* in order */
	size_t nrows;
	struct iq_notice_match *notices; /* by id */
	size_t nnotices;
	struct iq_row *near; /* at most IQ_LIMIT_NEAR_MISSES */
	size_t nnear;
	struct iq_row *explained; /* every candidate that is out or in, in order; at most
				     IQ_LIMIT_EXPLAINED */
	size_t nexplained;
};

/*
 * Answers `q`. Everything in `out` is in `arena` or belongs to the view. Errors: IQ_ERR_BUSY if the
 * arena's cap does not hold the answer. An area as q->region is IQ_ERR_USAGE.
 */
IQ_CHECK enum iq_err iq_match(const struct iq_view *view, const struct iq_question *q,
	struct iq_arena *arena, struct iq_match *out);

/*
 * True if two answers agree for somebody who gave a postcode: same sets of (group, primary
 * responsibility, certainty, depends_on) and of (notice, certainty).
 */
bool iq_match_same(const struct iq_match *a, const struct iq_match *b, struct iq_arena *arena);

/*
 * A rough upper bound of index probes for the question: callers send expensive questions to
 * another thread.
 */
uint64_t iq_match_cost(const struct iq_view *view, const struct iq_question *q);

#endif
