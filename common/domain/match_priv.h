/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_DOMAIN_MATCH_PRIV_H
#define IQ_DOMAIN_MATCH_PRIV_H

/* What match.c, near.c and notice.c share. Nobody else includes this. */

#include "match.h"

enum {
	IQ_DISTANCE_BELOW = 100,     /* plus steps down: the row is for a part of the region */
	IQ_DISTANCE_ANY = 200,       /* no region was asked */
	IQ_DISTANCE_ELSEWHERE = 999, /* near misses in other regions: after all others */
	IQ_SCAN_REGIONS = 512,       /* with more parts than this a task is read as a whole */
	IQ_SCAN_COST = 5000,         /* probes that reading a whole task is worth */
};

enum iq_fit { IQ_FIT_NONE, IQ_FIT_OPEN, IQ_FIT_CERTAIN };

/* One question on its way. */
struct iq_matcher {
	const struct iq_view *view;
	const struct iq_vocab *vocab;
	const struct iq_question *q;
	struct iq_arena *arena;
	const struct iq_known *known; /* given facts over implied ones */
};

/* What was found about one row before it is worth copying. */
struct iq_judgement {
	iq_num group;
	uint16_t task_distance, region_distance;
	uint8_t open, missed;
	struct iq_fact_list open_facts, failed_facts;
};

/* A row and its place in the order. */
struct iq_placed {
	uint64_t key;
	struct iq_row *row;
};

bool iq_matcher_group(const struct iq_matcher *m, iq_num task, iq_num *group, uint16_t *distance);
enum iq_fit iq_matcher_region(const struct iq_matcher *m, iq_num region, uint16_t *distance);
enum iq_fit iq_matcher_status(const struct iq_matcher *m, iq_num status);

/*
 * Judges a row. False: its task does not fit, or more than `budget` dimensions fail. Dimensions
 * that fail are in v->missed and not among what is open.
 */
bool iq_matcher_judge(const struct iq_matcher *m, const struct iq_entry *e, unsigned budget,
	struct iq_judgement *v);

/* The row without its ids. */
void iq_matcher_fill(struct iq_row *row, const struct iq_entry *e, const struct iq_judgement *v);

/* The place in the order as far as numbers decide; ids decide the rest. */
uint64_t iq_matcher_key(const struct iq_matcher *m, const struct iq_row *row);
int iq_matcher_compare(const struct iq_placed *a, const struct iq_placed *b);

/* Calls fn for every task whose rows can be in the answer, each once. */
void iq_matcher_tasks(const struct iq_matcher *m, void (*fn)(void *arg, iq_num task), void *arg);

/* True if the notice matches, whether or not a row of its institution is in the answer. */
bool iq_matcher_notice_fits(const struct iq_matcher *m, const struct iq_notice *n);
/* It says with certainty that the question's task is excluded or not needed, for everybody. */
bool iq_matcher_notice_ends(const struct iq_matcher *m, const struct iq_notice *n);
IQ_CHECK enum iq_err iq_matcher_notices(const struct iq_matcher *m, struct iq_match *out);
IQ_CHECK enum iq_err iq_matcher_near(const struct iq_matcher *m, struct iq_match *out);

/*
 * Of a task in a region that nobody covers for these statuses (q->status is not looked at, facts
 * are not given): near misses, in out->near, and in out->rows who is also involved. At most
 * IQ_LIMIT_NEAR_MISSES of each, in order; a row that is near for several statuses is judged by the
 * one for which it comes first. Errors: IQ_ERR_BUSY without memory.
 */
IQ_CHECK enum iq_err iq_matcher_near_cells(const struct iq_view *view, const struct iq_question *q,
	const iq_num *status, size_t n, struct iq_arena *arena, struct iq_match *out);

/* Lead, provider and advice; the others are "also involved". */
static inline bool iq_role_is_main(enum iq_role role)
{
	return role == IQ_LEAD || role == IQ_PROVIDER || role == IQ_ADVICE;
}

#endif
