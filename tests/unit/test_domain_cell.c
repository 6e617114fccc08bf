/* SPDX-License-Identifier: Apache-2.0 */
#include "cell.h"
#include "domain_world.h"

/*
 * Cells: a few by hand, then random small directories against a naive reading of domain.md
 * "Views" that asks a whole question for each cell.
 */

enum { RANDOM_WORLDS = 150, ROWS_MAX = 24 };

static const int32_t at = 20514; /* 2026-03-02 */

static iq_num num(const struct world *w, enum iq_kind kind, const char *id)
{
	return world_num(w, kind, id);
}

static struct iq_cell cell(
	const struct world *w, const char *task, const char *status, const char *region)
{
	return (struct iq_cell){num(w, IQ_TASK, task), num(w, IQ_STATUS, status),
		num(w, IQ_REGION, region), {NULL, 0}};
}

static void vocabulary(struct world *w)
{
	static const char *const regions[] = {"de - country", "sn de state", "by de state",
		"dd sn city", "le sn city", "m by city", "old dd quarter", NULL};
	static const char *const tasks[] = {"language - -", "course language -",
		"advice language -", "money - yes", "leisure - no", NULL};
	static const char *const statuses[] = {"asylum - home=shared|own",
		"asylum-new asylum home=centre", "asylum-old asylum -", "tolerated - -", NULL};

	world_init(w);
	world_put(w, IQ_FACT, "id", "home", "type", "choice", "values", "centre|shared|own", NULL);
	for (int i = 0; regions[i]; i++)
		world_line(w, IQ_REGION, "id parent kind", regions[i]);
	for (int i = 0; tasks[i]; i++)
		world_line(w, IQ_TASK, "id parent expected", tasks[i]);
	for (int i = 0; statuses[i]; i++)
		world_line(w, IQ_STATUS, "id parent implies", statuses[i]);
	world_put(w, IQ_KIND, "id", "office", NULL);
	for (int i = 1; i <= 3; i++)
		world_put(w, IQ_INSTITUTION, "id", iq_arena_printf(&w->arena, "i%d", i), "kind",
			"office", "region", "dd", NULL);
}

static void row(struct world *w, const char *line)
{
	world_line(w, IQ_RESPONSIBILITY,
		"id institution task region statuses role condition valid_from valid_to", line);
}

static void notice(struct world *w, const char *line)
{
	world_line(w, IQ_NOTICE, "id effect institution task region statuses condition", line);
}

static bool covered(struct world *w, const char *task, const char *status, const char *region)
{
	struct iq_cell c = cell(w, task, status, region);

	return iq_cell_covered(w->view, &c, at, &w->arena);
}

static bool expected(struct world *w, const char *task, const char *status, const char *region)
{
	struct iq_cell c = cell(w, task, status, region);

	return iq_cell_expected(w->view, &c, at, &w->arena);
}

static void test_covered(void **state)
{
	struct world w;

	(void)state;
	vocabulary(&w);
	row(&w, "a i1 language sn asylum lead - - -");
	row(&w, "b i1 course by - lead home=shared - -");
	row(&w, "c i1 advice le - support - - -");
	row(&w, "d i1 money le - advice - - 2026-03-01");
	world_index(&w);
	/* an ancestor's task, status and region; a possible row of a part of the region */
	assert_true(covered(&w, "course", "asylum-new", "dd"));
	assert_true(covered(&w, "course", "asylum-new", "old"));
	assert_true(covered(&w, "course", "asylum-new", "de"));
	assert_false(covered(&w, "course", "tolerated", "dd"));
	/* a condition that may hold, and one that cannot */
	assert_true(covered(&w, "course", "tolerated", "m"));
	assert_false(covered(&w, "course", "asylum-new", "m"));
	/* support is no answer, nor is what has ended */
	assert_false(covered(&w, "advice", "tolerated", "le"));
	assert_false(covered(&w, "money", "tolerated", "le"));
	world_free(&w);
}

static void test_expected(void **state)
{
	struct world w;

	(void)state;
	vocabulary(&w);
	row(&w, "a i1 course dd asylum lead - - -");
	notice(&w, "n excluded - course le asylum-new -");
	notice(&w, "o not-needed - money sn - home=centre");
	notice(&w, "p excluded i1 course m - -");
	world_index(&w);
	assert_true(expected(&w, "money", "tolerated", "old")); /* marked */
	assert_false(expected(&w, "leisure", "tolerated", "old"));
	/* the same task and status in another city, but not in another state … */
	assert_true(expected(&w, "course", "asylum-old", "m"));
	assert_false(expected(&w, "course", "tolerated", "m"));
	assert_false(expected(&w, "advice", "asylum-old", "m"));
	/* … except that the city is a part of one */
	assert_true(expected(&w, "course", "asylum-old", "by"));
	/* excluded or not needed there; a notice of one institution ends nothing */
	assert_false(expected(&w, "course", "asylum-new", "le"));
	assert_true(expected(&w, "course", "asylum-new", "m"));
	assert_false(expected(&w, "money", "asylum-new", "le"));
	assert_true(expected(&w, "money", "tolerated", "le"));
	/* an area is no place */
	world_put(&w, IQ_REGION, "id", "area", "kind", "area", "members", "dd", NULL);
	world_index(&w);
	assert_false(covered(&w, "course", "asylum-old", "area"));
	assert_false(expected(&w, "money", "tolerated", "area"));
	world_free(&w);
}

/* ---- naive ---------------------------------------------------------------------------------- */

static bool is_leaf(const struct iq_tree *t, iq_num n)
{
	return t->id[n].n > 0 && t->pre[n] == t->end[n];
}

static void naive_ask(struct world *w, const struct iq_cell *c, struct iq_match *m)
{
	struct iq_question q = {
		.task = c->task, .status = c->status, .region = c->region, .at = at};

	assert_int_equal(iq_match(w->view, &q, &w->arena, m), IQ_OK);
}

static bool is_main(const struct iq_row *r)
{
	return r->entry.role == IQ_LEAD || r->entry.role == IQ_PROVIDER ||
	       r->entry.role == IQ_ADVICE;
}

/* The first row that covers it, or NULL. */
static const struct iq_row *naive_cover(struct world *w, const struct iq_cell *c)
{
	struct iq_match m;

	naive_ask(w, c, &m);
	for (size_t i = 0; i < m.nrows; i++) {
		if (is_main(&m.rows[i]))
			return &m.rows[i];
	}
	return NULL;
}

/* Without rows of parts of the region. */
static const struct iq_row *naive_cover_above(struct world *w, const struct iq_cell *c)
{
	struct iq_match m;

	naive_ask(w, c, &m);
	for (size_t i = 0; i < m.nrows; i++) {
		if (is_main(&m.rows[i]) && !(m.rows[i].open & IQ_OPEN_REGION))
			return &m.rows[i];
	}
	return NULL;
}

static bool naive_expected(struct world *w, const struct iq_cell *c)
{
	const struct iq_vocab *v = w->view->vocab;
	const struct iq_rec *here = iq_directory_get(w->dir, IQ_REGION, c->region);
	struct iq_match m;

	naive_ask(w, c, &m);
	if (m.outcome == IQ_EXCLUDED_OUTCOME || m.outcome == IQ_NOT_NEEDED_OUTCOME)
		return false;
	if (iq_str_is(iq_rec_text(iq_directory_get(w->dir, IQ_TASK, c->task), IQ_TASK_EXPECTED),
		    "yes"))
		return true;
	for (iq_num r = 1; r <= v->region.n; r++) {
		struct iq_cell there = *c;

		there.region = r;
		if (iq_str_eq(iq_rec_text(iq_directory_get(w->dir, IQ_REGION, r), IQ_REGION_KIND),
			    iq_rec_text(here, IQ_REGION_KIND)) &&
			naive_cover(w, &there))
			return true;
	}
	return false;
}

/* One of the rows stands for the cell: region, task or one above, status or one above. */
static bool naive_stands(
	const struct world *w, const struct iq_entry *rows, size_t n, const struct iq_cell *c)
{
	const struct iq_vocab *v = w->view->vocab;

	for (size_t i = 0; i < n; i++) {
		const struct iq_entry *e = &rows[i];
		bool status = e->nstatuses == 0;

		for (uint32_t k = 0; k < e->nstatuses; k++)
			status = status ||
				 iq_tree_covers(&v->status,
					 (iq_num)(e->statuses[2 * k] | e->statuses[2 * k + 1] << 8),
					 c->status);
		if (status && e->region == c->region &&
			iq_tree_covers(&v->task, e->task, c->task) && e->role <= IQ_ADVICE &&
			e->from <= at && at <= e->to)
			return true;
	}
	return false;
}

/* ---- random --------------------------------------------------------------------------------- */

static uint32_t seed;

static unsigned pick(unsigned n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 10) % n;
}

static const char *one_of(const char *const *names, unsigned n)
{
	return names[pick(n)];
}

#define ONE_OF(...)                                                                                \
	one_of((const char *const[]){__VA_ARGS__},                                                 \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* The rows of a random world, as lines; some of them go. */
static size_t random_rows(struct world *w, const char **line)
{
	size_t n = 1 + pick(ROWS_MAX - 1);

	for (size_t i = 0; i < n; i++)
		line[i] = iq_arena_printf(&w->arena, "r%zu %s %s %s %s %s %s - %s", i,
			ONE_OF("i1", "i2", "i3"),
			ONE_OF("language", "course", "advice", "money", "leisure"),
			ONE_OF("de", "sn", "by", "dd", "le", "m", "old"),
			ONE_OF("-", "asylum", "asylum-new", "asylum-old;tolerated", "tolerated"),
			ONE_OF("lead", "provider", "advice", "support", "referral"),
			ONE_OF("-", "-", "home=centre", "home=shared"),
			ONE_OF("-", "-", "2026-03-01", "2026-03-02"));
	return n;
}

static void random_world(
	struct world *w, const char *const *line, size_t n, uint32_t gone, uint32_t notices)
{
	vocabulary(w);
	for (size_t i = 0; i < n; i++) {
		if (!(gone >> i & 1))
			row(w, line[i]);
	}
	seed = notices;
	for (unsigned i = pick(4); i > 0; i--)
		notice(w, iq_arena_printf(&w->arena, "n%u %s %s %s %s %s %s", i,
				  ONE_OF("excluded", "not-needed", "restricted"),
				  ONE_OF("-", "-", "-", "i1"),
				  ONE_OF("-", "course", "language", "money"),
				  ONE_OF("-", "sn", "dd", "m"),
				  ONE_OF("-", "asylum", "asylum-old", "tolerated"),
				  ONE_OF("-", "home=centre", "home=own")));
	world_index(w);
}

struct entries {
	const struct world *w;
	uint32_t gone;
	struct iq_entry row[ROWS_MAX];
	size_t n;
};

static bool take_gone(void *arg, const struct iq_entry *e)
{
	struct entries *s = arg;
	struct iq_str id =
		iq_rec_text(iq_directory_get(s->w->dir, IQ_RESPONSIBILITY, e->num), IQ_COL_ID);

	if (s->gone >> atoi(id.p + 1) & 1)
		s->row[s->n++] = *e;
	return true;
}

/* Every cell in order; fn may count. */
static void each_cell(struct world *w, void (*fn)(void *, const struct iq_cell *), void *arg)
{
	const struct iq_vocab *v = w->view->vocab;

	for (uint32_t t = 1; t <= v->task.n; t++)
		for (uint32_t r = 1; r <= v->region.n; r++)
			for (uint32_t s = 1; s <= v->status.n; s++) {
				struct iq_cell c = {
					v->task.at[t], v->status.at[s], v->region.at[r], {NULL, 0}};

				if (is_leaf(&v->task, c.task) && is_leaf(&v->status, c.status))
					fn(arg, &c);
			}
}

struct comparison {
	struct world *before, *after;
	const struct entries *gone;
	struct iq_cells stake, lost;
	size_t nstake, nlost, covered, expected; /* seen so far */
};

static bool same_cell(const struct iq_cell *a, const struct iq_cell *b)
{
	return a->task == b->task && a->status == b->status && a->region == b->region &&
	       (b->last.p == NULL || iq_str_eq(a->last, b->last));
}

static void compare(void *arg, const struct iq_cell *cell)
{
	struct comparison *x = arg;
	struct iq_cell c = *cell;
	const struct iq_row *first = naive_cover(x->before, &c);
	bool awaited = naive_expected(x->before, &c);

	assert_int_equal(
		iq_cell_covered(x->before->view, &c, at, &x->before->arena), first != NULL);
	assert_int_equal(iq_cell_expected(x->before->view, &c, at, &x->before->arena), awaited);
	x->covered += first != NULL;
	x->expected += awaited;
	first = naive_cover_above(x->before, &c);
	if (!first || !awaited || !naive_stands(x->before, x->gone->row, x->gone->n, &c))
		return;
	c.last = first->id;
	assert_true(x->nstake < x->stake.n && same_cell(&x->stake.a[x->nstake], &c));
	x->nstake++;
	if (naive_cover_above(x->after, &c))
		return;
	assert_true(x->nlost < x->lost.n && same_cell(&x->lost.a[x->nlost], &c));
	x->nlost++;
}

static void test_random(void **state)
{
	size_t stake = 0, lost = 0, covered_cells = 0, expected_cells = 0;

	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		const char *line[ROWS_MAX];
		struct world lines, before, after;
		struct comparison x = {.before = &before, .after = &after};
		struct entries gone = {.w = &before};

		seed = run;
		world_init(&lines);
		size_t n = random_rows(&lines, line);

		gone.gone = (uint32_t)(pick(1u << 12) << 12 | pick(1u << 12));
		random_world(&before, line, n, 0, run);
		random_world(&after, line, n, gone.gone, run);
		for (iq_num t = 1; t <= before.view->vocab->task.n; t++)
			before.view->task(before.view->ctx, t, take_gone, &gone);
		x.gone = &gone;
		assert_int_equal(iq_cells_at_stake(before.view, gone.row, gone.n, at, &before.arena,
					 &x.stake),
			IQ_OK);
		x.lost = x.stake;
		x.lost.a = iq_arena_array(&before.arena, x.stake.n, sizeof(*x.lost.a));
		if (x.stake.n)
			memcpy(x.lost.a, x.stake.a, x.stake.n * sizeof(*x.lost.a));
		assert_int_equal(iq_cells_lost(after.view, at, &after.arena, &x.lost), IQ_OK);
		each_cell(&before, compare, &x);
		assert_int_equal(x.nstake, x.stake.n);
		assert_int_equal(x.nlost, x.lost.n);
		stake += x.nstake;
		lost += x.nlost;
		covered_cells += x.covered;
		expected_cells += x.expected;
		world_free(&after);
		world_free(&before);
		world_free(&lines);
	}
	/* the comparison compared something */
	assert_true(lost > 100 && stake > lost + 100);
	assert_true(covered_cells > 1000 && expected_cells > covered_cells);
}

/* An arena that is too small is an error, not half a list. */
static void test_memory(void **state)
{
	struct world w;
	struct iq_arena small;
	struct iq_cells out;
	struct entries all = {.gone = UINT32_MAX};

	(void)state;
	vocabulary(&w);
	all.w = &w;
	row(&w, "r0 i1 language sn - lead - - -");
	row(&w, "r1 i1 money de - lead - - -");
	world_index(&w);
	for (iq_num t = 1; t <= w.view->vocab->task.n; t++)
		w.view->task(w.view->ctx, t, take_gone, &all);
	iq_arena_init(&small, 256);
	assert_int_equal(iq_cells_at_stake(w.view, all.row, all.n, at, &small, &out), IQ_ERR_BUSY);
	iq_arena_free(&small);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_covered),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
