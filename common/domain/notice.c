/* SPDX-License-Identifier: Apache-2.0 */
#include "match_priv.h"

#include <stdlib.h>

/* Notices of an answer, and whether two answers agree for somebody who gave a postcode. */

enum { FIRST_NOTICES = 8 };

static bool has_institution(const struct iq_match *answer, iq_num institution)
{
	for (size_t i = 0; i < answer->nrows; i++) {
		if (answer->rows[i].entry.institution == institution)
			return true;
	}
	return false;
}

static enum iq_fit notice_status(const struct iq_matcher *m, const struct iq_notice *n)
{
	enum iq_fit best = n->nstatuses ? IQ_FIT_NONE : IQ_FIT_CERTAIN;

	for (uint32_t i = 0; i < n->nstatuses && best != IQ_FIT_CERTAIN; i++) {
		enum iq_fit fit = iq_matcher_status(m, n->statuses[i]);

		if (fit > best)
			best = fit;
	}
	return best;
}

/* The rules for rows, except that an empty task or region means any. */
static bool judge(
	const struct iq_matcher *m, const struct iq_notice *n, struct iq_notice_match *out)
{
	enum iq_fit region = IQ_FIT_CERTAIN, status;
	enum iq_truth condition;
	uint16_t distance;
	iq_num group;

	*out = (struct iq_notice_match){.notice = n};
	if (m->q->at < n->from || m->q->at > n->to)
		return false;
	if (n->task != IQ_NONE && !iq_matcher_group(m, n->task, &group, &distance))
		return false;
	if (n->region != IQ_NONE)
		region = iq_matcher_region(m, n->region, &distance);
	status = notice_status(m, n);
	if (region == IQ_FIT_NONE || status == IQ_FIT_NONE)
		return false;
	condition =
		iq_condition_eval(&m->vocab->facts, n->condition, m->known, &out->open_facts, NULL);
	if (condition == IQ_FALSE)
		return false;
	if (condition == IQ_TRUE)
		out->open_facts.n = 0;
	if (region == IQ_FIT_OPEN)
		out->open |= IQ_OPEN_REGION;
	if (status == IQ_FIT_OPEN)
		out->open |= IQ_OPEN_STATUS;
	out->certain = out->open == 0 && condition == IQ_TRUE;
	return true;
}

bool iq_matcher_notice_fits(const struct iq_matcher *m, const struct iq_notice *n)
{
	struct iq_notice_match match;

	return judge(m, n, &match);
}

bool iq_matcher_notice_ends(const struct iq_matcher *m, const struct iq_notice *n)
{
	struct iq_notice_match match;

	return (n->effect == IQ_EXCLUDED || n->effect == IQ_NOT_NEEDED) &&
	       n->institution == IQ_NONE && m->q->task != IQ_NONE &&
	       (n->task == IQ_NONE || iq_tree_covers(&m->vocab->task, n->task, m->q->task)) &&
	       judge(m, n, &match) && match.certain;
}

enum iq_err iq_matcher_notices(const struct iq_matcher *m, struct iq_match *out)
{
	struct iq_notice_match found;
	size_t cap = 0, size = sizeof(found);

	for (size_t i = 0; i < m->vocab->nnotices; i++) {
		const struct iq_notice *n = &m->vocab->notices[i];

		if (!judge(m, n, &found))
			continue;
		if (n->institution != IQ_NONE && !has_institution(out, n->institution))
			continue;
		if (out->nnotices == cap) {
			size_t more = cap ? 2 * cap : FIRST_NOTICES;
			struct iq_notice_match *list =
				cap ? iq_arena_grow(m->arena, out->notices, cap * size, more * size)
				    : iq_arena_alloc(m->arena, more * size);

			if (list == NULL)
				return IQ_ERR_BUSY;
			out->notices = list;
			cap = more;
		}
		out->notices[out->nnotices++] = found;
	}
	return IQ_OK;
}

static int compare_primary(const void *a, const void *b)
{
	const struct iq_row *x = *(const struct iq_row *const *)a;
	const struct iq_row *y = *(const struct iq_row *const *)b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->entry.num > y->entry.num) - (x->entry.num < y->entry.num);
}

/* The primary rows by group and number; NULL without memory. */
static const struct iq_row **primaries(
	const struct iq_match *match, struct iq_arena *arena, size_t *n)
{
	const struct iq_row **list = iq_arena_array(arena, match->nrows, sizeof(*list));

	*n = 0;
	if (list == NULL)
		return NULL;
	for (size_t i = 0; i < match->nrows; i++) {
		if (match->rows[i].primary)
			list[(*n)++] = &match->rows[i];
	}
	if (*n > 1)
		qsort(list, *n, sizeof(*list), compare_primary);
	return list;
}

static bool same_facts(const struct iq_fact_list *a, const struct iq_fact_list *b)
{
	return a->n == b->n && memcmp(a->fact, b->fact, a->n) == 0;
}

bool iq_match_same(const struct iq_match *a, const struct iq_match *b, struct iq_arena *arena)
{
	size_t na, nb;
	const struct iq_row **x = primaries(a, arena, &na), **y = primaries(b, arena, &nb);

	/* without memory they count as different: showing both is never wrong */
	if (x == NULL || y == NULL || na != nb || a->nnotices != b->nnotices)
		return false;
	for (size_t i = 0; i < na; i++) {
		if (compare_primary(&x[i], &y[i]) != 0 || x[i]->certain != y[i]->certain ||
			x[i]->open != y[i]->open ||
			!same_facts(&x[i]->open_facts, &y[i]->open_facts))
			return false;
	}
	for (size_t i = 0; i < a->nnotices; i++) {
		if (a->notices[i].notice->num != b->notices[i].notice->num ||
			a->notices[i].certain != b->notices[i].certain)
			return false;
	}
	return true;
}
