/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_TESTS_DOMAIN_WORLD_SMALL_H
#define IQ_TESTS_DOMAIN_WORLD_SMALL_H

/* The small world of the matching tests and questions to it, written as tables. */

#include "domain_world.h"

enum { SMALL_ROWS = 14, SMALL_NOTICES = 6 };

struct small_case {
	const char *name;
	const char *rows[SMALL_ROWS];       /* id institution task region statuses role
					       condition from to */
	const char *notices[SMALL_NOTICES]; /* id effect institution task region statuses
					       condition from to */
	const char *task, *region, *status, *facts, *at;
	const char *outcome, *expect; /* NULL: not compared */
	const char *notice_expect, *near_expect, *explain_expect;
};

static const char *const small_regions[] = {"de - country", "north de state", "south de state",
	"county north district", "alpha county municipality", "beta county municipality",
	"gamma north city", NULL};
static const char *const small_tasks[] = {"language -", "course language",
	"course-admission course", "course-delivery course", "delivery-youth course-delivery",
	"money -", NULL};
static const char *const small_statuses[] = {"asylum - accommodation=shared|decentral",
	"asylum-new asylum accommodation=centre", "asylum-old asylum -",
	"asylum-oldest asylum-old -", "tolerated - -", NULL};

static inline void small_world(struct world *w, const struct small_case *c)
{
	world_init(w);
	for (int i = 0; small_regions[i]; i++)
		world_line(w, IQ_REGION, "id parent kind", small_regions[i]);
	world_put(w, IQ_REGION, "id", "area", "kind", "area", "members", "alpha;gamma", NULL);
	for (int i = 0; small_tasks[i]; i++)
		world_line(w, IQ_TASK, "id parent", small_tasks[i]);
	world_put(w, IQ_FACT, "id", "age", "type", "integer", NULL);
	world_put(w, IQ_FACT, "id", "accommodation", "type", "choice", "values",
		"centre|shared|decentral", NULL);
	world_put(w, IQ_FACT, "id", "job", "type", "choice", "values", "yes|no", NULL);
	for (int i = 0; small_statuses[i]; i++)
		world_line(w, IQ_STATUS, "id parent implies", small_statuses[i]);
	world_put(w, IQ_KIND, "id", "office", NULL);
	for (char name[] = "i1"; name[1] <= '5'; name[1]++) {
		const char *id = iq_arena_cstr(&w->arena, iq_str(name));

		world_put(w, IQ_INSTITUTION, "id", id, "kind", "office", "region", "north", NULL);
	}
	for (int i = 0; i < SMALL_ROWS && c->rows[i]; i++)
		world_line(w, IQ_RESPONSIBILITY,
			"id institution task region statuses role condition valid_from valid_to",
			c->rows[i]);
	for (int i = 0; i < SMALL_NOTICES && c->notices[i]; i++)
		world_line(w, IQ_NOTICE,
			"id effect institution task region statuses condition valid_from valid_to",
			c->notices[i]);
	world_index(w);
}

static inline struct iq_question small_question(struct world *w, const struct small_case *c)
{
	return (struct iq_question){
		.task = world_num(w, IQ_TASK, c->task),
		.region = world_num(w, IQ_REGION, c->region),
		.status = world_num(w, IQ_STATUS, c->status),
		.facts = c->facts ? world_facts(w, c->facts) : NULL,
		.at = world_date(c->at ? c->at : "2026-03-01"),
		.want_near = true,
		.want_explain = c->explain_expect != NULL,
	};
}

static inline void small_compare(
	const struct small_case *c, const char *what, const char *got, const char *expect)
{
	if (expect && strcmp(got, expect) != 0)
		fail_msg("%s: %s\n  got      %s\n  expected %s", c->name, what, got, expect);
}

static inline void small_check(const struct small_case *c)
{
	struct world w;
	struct iq_question q;
	struct iq_match m;

	small_world(&w, c);
	q = small_question(&w, c);
	assert_int_equal(iq_match(w.view, &q, &w.arena, &m), IQ_OK);
	small_compare(c, "outcome", iq_outcome_names[m.outcome], c->outcome);
	small_compare(c, "rows", world_rows(&w, m.rows, m.nrows, true), c->expect);
	small_compare(c, "notices", world_notices(&w, &m), c->notice_expect);
	small_compare(c, "near", world_rows(&w, m.near, m.nnear, false), c->near_expect);
	small_compare(c, "explained", world_rows(&w, m.explained, m.nexplained, false),
		c->explain_expect);
	if (!c->explain_expect)
		assert_int_equal(m.nexplained, 0);
	world_free(&w);
}

#endif
