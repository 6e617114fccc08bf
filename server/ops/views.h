/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_OPS_VIEWS_H
#define IQ_OPS_VIEWS_H

/* What the operations matrix, gaps, overlaps, stakeholders and path share. */

#include "leaves.h"
#include "lookup.h"
#include "op.h"

/* What a view is asked for, resolved. */
struct iq_views {
	struct iq_req *rq;
	struct iq_view view;
	struct iq_lookup lookup;
	iq_num region, task, status; /* IQ_NONE: not given */
	size_t nleaves;              /* statuses without sub-status asked for */
	int32_t at;
	bool english, both; /* language of terms and names; `both`: terms are German */
	const char *less;   /* msgid: how to ask for less */
	struct iq_labels labels;
};

struct iq_views_terms {
	const char *region, *task, *status, *at;
	Iq__V1__Lang lang;
	uint32_t labels;  /* field of the response */
	const char *less; /* msgid: how to ask for less */
	bool everywhere;  /* without region: the root of the directory */
};
/*
 * Reads terms and date once, for cost() and the handler. Empty terms stay IQ_NONE; an empty region
 * is a usage error unless `everywhere`. In the arena; NULL: rq->error says why.
 */
struct iq_views *iq_views_prepare(struct iq_req *rq, const struct iq_views_terms *terms);

/* The term of another task; IQ_NONE if empty. */
enum iq_err iq_views_task(struct iq_views *v, const char *term, iq_num *out);

/* Lines to find: `asked` (0: as many as may be), at most `most`. */
size_t iq_views_limit(uint32_t asked, uint32_t most);

/* What a view of the domain said, as error of the request: IQ_OK stays. */
enum iq_err iq_views_done(struct iq_views *v, enum iq_err err);
/* The same at the end of the answer; writes the labels. */
enum iq_err iq_views_finish(struct iq_views *v);

/* Index probes for the rows of the region. parts: of its parts, too. */
uint64_t iq_views_cost(const struct iq_views *v, bool parts);

/* ---- parts of answers ---------------------------------------------------------------------- */

enum { IQ_VIEWS_AFTER_HEAD = 6 };
/* Fields 1 to 5 of matrix, gaps and overlaps: revision and what was asked for. */
void iq_views_head(struct iq_views *v);
/* Id and label of a record; IQ_NONE: nothing. Not for facts. */
void iq_views_id(struct iq_views *v, uint32_t field, enum iq_kind kind, iq_num num);
/* The same as an element of a list. */
void iq_views_item(struct iq_views *v, uint32_t field, enum iq_kind kind, iq_num num);
void iq_views_date(struct iq_views *v, uint32_t field, int32_t day); /* IQ_DATE_MIN: nothing */
/* Numbers as a packed list. */
void iq_views_numbers(struct iq_views *v, uint32_t field, const uint32_t *a, size_t n);
/* Groups message. */
void iq_views_groups(struct iq_views *v, uint32_t field, const struct iq_groups *g);
/* A TargetGroup for every top-level status that was asked for. */
void iq_views_targets(struct iq_views *v, uint32_t field);
/* Near misses, with labels. */
void iq_views_near(struct iq_views *v, uint32_t field, const struct iq_row *rows, size_t n);
/* There is room for more lines; the labels come after them. */
bool iq_views_room(const struct iq_views *v);

#endif
