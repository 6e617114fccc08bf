/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_views.h"
#include "path.h"

/*
 * Process chains with the institutions of a region, shortest chains of hand-overs, the graph of a
 * region: some by hand, then random ones against a naive reading.
 */

enum { RANDOM_WORLDS = 200, STEPS = 12 };

static void handover(struct world *w, const char *line)
{
	world_line(w, IQ_HANDOVER,
		"id process step task statuses from_kinds to_kinds trigger_de documents", line);
}

static struct iq_path_query query(const struct world *w, const char *region, const char *status)
{
	return (struct iq_path_query){.region = world_num(w, IQ_REGION, region),
		.status = world_num(w, IQ_STATUS, status),
		.at = views_at};
}

static struct iq_steps steps(struct world *w, struct iq_path_query q)
{
	struct iq_steps s;

	assert_int_equal(
		iq_steps_find(w->view, iq_directory_lookup(w->dir), &q, &w->arena, &s), IQ_OK);
	return s;
}

static struct iq_chains chains(
	struct world *w, const struct iq_steps *s, const char *from, const char *to, size_t limit)
{
	struct iq_chains c;

	assert_int_equal(iq_chains_find(w->view, s, world_num(w, IQ_TASK, from),
				 world_num(w, IQ_TASK, to), limit, &w->arena, &c),
		IQ_OK);
	return c;
}

static void print_side(struct iq_buf *b, const struct iq_side *side)
{
	static const char marks[] = {'\0', '~', '?'};

	for (size_t i = 0; i < side->nparties; i++)
		iq_buf_printf(b, "%s%.*s", i ? "," : "", IQ_STR_ARG(side->party[i].id));
	for (size_t i = 0; side->nparties == 0 && i < side->nkinds; i++)
		iq_buf_printf(b, "%s%.*s", i ? "|" : "", IQ_STR_ARG(side->kind_id[i]));
	if (side->source != IQ_PARTY_TASK)
		iq_buf_printf(b, "%c", marks[side->source]);
}

/* "step: giver > taker" line by line; ~ known from the process, ? a kind. */
static const char *text(struct world *w, const struct iq_steps *s)
{
	struct iq_buf b;
	const char *t;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < s->n; i++) {
		iq_buf_printf(&b, "%s%.*s%s: ", i ? "\n" : "", IQ_STR_ARG(s->a[i].id),
			s->a[i].certain ? "" : "*");
		print_side(&b, &s->a[i].from);
		iq_buf_printf(&b, " > ");
		print_side(&b, &s->a[i].to);
	}
	t = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return t ? t : "";
}

static const char *chain_text(struct world *w, const struct iq_steps *s, const struct iq_chains *c)
{
	struct iq_buf b;
	const char *t;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < c->n; i++) {
		for (size_t k = 0; k < c->length; k++)
			iq_buf_printf(&b, "%s%.*s",
				k   ? " "
				: i ? "\n"
				    : "",
				IQ_STR_ARG(s->a[c->step[i][k]].id));
	}
	t = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return t ? t : "";
}

static void small(struct world *w)
{
	views_vocabulary(w);
	views_row(w, "a i2 course dd asylum lead - - - -");
	views_row(w, "b i4 course dd - advice - - - -");
	views_row(w, "c i1 money de - lead - - - -");
	views_row(w, "d i3 advice dd tolerated provider - - - -");
	views_row(w, "e i2 leisure m - lead - - - -");
	handover(w, "p-2 p 2 course asylum agency bureau Bescheid Akte;Pass;");
	handover(w, "p-10 p 10 money asylum bureau|club agency - -");
	handover(w, "p-1 p 1 leisure - desk agency - -");
	handover(w, "q-1 q 1 advice asylum-new agency club - -");
	handover(w, "q-2 q 2 leisure tolerated club bureau - -");
	world_index(w);
}

static void test_steps(void **state)
{
	struct world w;
	struct iq_steps s;

	(void)state;
	small(&w);
	/* by process and number; nobody in Dresden sees to leisure, so the process or the kind */
	s = steps(&w, query(&w, "dd", "asylum"));
	assert_string_equal(text(&w, &s), "p-1: desk? > i1~\n"
					  "p-2: i1~ > i2\n"
					  "p-10: i2~ > i1\n"
					  "q-1*: agency? > club?");
	assert_true(s.a[1].ndocuments == 2 && iq_str_is(s.a[1].document[1], "Pass"));
	assert_true(iq_str_is(s.a[1].trigger[0], "Bescheid"));
	assert_true(s.a[0].outcome == IQ_NOBODY && s.a[2].outcome == IQ_ANSWERED);
	assert_int_equal(s.a[1].to.party[0].role, IQ_LEAD);
	s = steps(&w, query(&w, "m", "tolerated"));
	assert_string_equal(text(&w, &s), "p-1: desk? > agency?\nq-2: club? > i2");
	/* an area: whoever is there for any of its members */
	s = steps(&w, query(&w, "around", "asylum-new"));
	assert_string_equal(text(&w, &s), "p-1: desk? > i1~\n"
					  "p-2: i1~ > i2\n"
					  "p-10: i2~ > i1\n"
					  "q-1: agency? > club?");
	world_free(&w);
}

static void test_chains(void **state)
{
	struct world w;
	struct iq_steps s;
	struct iq_chains c;

	(void)state;
	small(&w);
	s = steps(&w, query(&w, "dd", NULL));
	c = chains(&w, &s, "course", "money", 8);
	assert_string_equal(chain_text(&w, &s, &c), "p-2 p-10");
	/* a task to itself; two ways; to a process by who gives there */
	c = chains(&w, &s, "money", "money", 8);
	assert_string_equal(chain_text(&w, &s, &c), "p-10");
	c = chains(&w, &s, "money", "leisure", 8);
	assert_string_equal(chain_text(&w, &s, &c), "p-10 q-1 q-2");
	c = chains(&w, &s, NULL, "money", 8);
	assert_string_equal(chain_text(&w, &s, &c), "q-1 p-10");
	/* below a task, and above it */
	c = chains(&w, &s, "language", "money", 8);
	assert_string_equal(chain_text(&w, &s, &c), "p-2 p-10\nq-1 p-10");
	assert_int_equal(c.total, 2);
	c = chains(&w, &s, "language", "money", 1);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.total, 2);
	s = steps(&w, query(&w, "dd", "tolerated"));
	c = chains(&w, &s, "leisure", "money", 8);
	assert_int_equal(c.state, IQ_CHAIN_NO_END);
	c = chains(&w, &s, "course", "leisure", 8);
	assert_int_equal(c.state, IQ_CHAIN_NO_START);
	handover(&w, "r-1 r 1 course - club exam - -");
	world_index(&w);
	s = steps(&w, query(&w, "dd", "tolerated"));
	c = chains(&w, &s, "course", "leisure", 8);
	assert_true(c.state == IQ_CHAIN_UNREACHABLE && c.n == 0);
	world_free(&w);
}

/* ---- naive ---------------------------------------------------------------------------------- */

static void random_handovers(struct world *w)
{
	for (unsigned i = 0, n = 2 + pick(STEPS - 2); i < n; i++)
		handover(w, iq_arena_printf(&w->arena, "h%02u %s %u %s %s %s %s - -", i,
				    ONE_OF("p", "q", "r"), 1 + pick(5),
				    ONE_OF("course", "advice", "money", "leisure", "language"),
				    ONE_OF("-", "asylum", "asylum-new;title", "tolerated"),
				    ONE_OF("agency", "bureau", "club", "agency|club", "desk", "-"),
				    ONE_OF("agency", "bureau", "club", "bureau|desk", "exam")));
}

static iq_num kind_of(const struct world *w, iq_num institution)
{
	return iq_directory_find(w->dir, IQ_KIND,
		iq_rec_text(iq_directory_get(w->dir, IQ_INSTITUTION, institution),
			IQ_INSTITUTION_KIND));
}

static bool names_kind(const struct iq_side *side, iq_num kind)
{
	bool found = side->nkinds == 0;

	for (size_t i = 0; i < side->nkinds; i++)
		found = found || side->kind[i] == kind;
	return found;
}

/* Where a row stands without regard to its role and ids. */
static uint64_t level(const struct world *w, iq_num task, const struct iq_row *r)
{
	uint64_t key = r->group == task ? 0 : w->view->vocab->task.pre[r->group];

	key = 2 * key + (r->entry.role > IQ_ADVICE);
	key = 2 * key + !r->certain;
	key = 2 * key + (r->entry.role != IQ_LEAD);
	key = 64 * key + r->task_distance;
	return 1024 * key + r->region_distance;
}

/* Those of the kinds who stand nearest in the answers of the places, as bits. */
static uint32_t naive_side(struct world *w, const struct iq_step *step, const struct iq_side *side,
	const struct iq_path_query *q)
{
	const struct iq_vocab *v = w->view->vocab;
	uint32_t all = 0;
	iq_num one[2], status = q->status, own = IQ_NONE;

	if (step->nstatuses == 1)
		own = iq_directory_find(w->dir, IQ_STATUS, step->status[0]);
	if (own != IQ_NONE && (status == IQ_NONE || iq_tree_covers(&v->status, status, own)))
		status = own;
	for (const iq_num *place = views_places(v, q->region, one); *place != IQ_NONE; place++) {
		struct iq_question ask = {
			.task = step->task, .region = *place, .status = status, .at = q->at};
		uint64_t best = UINT64_MAX;
		struct iq_match m;

		assert_int_equal(iq_match(w->view, &ask, &w->arena, &m), IQ_OK);
		for (int pass = 0; pass < 2; pass++) {
			for (size_t i = 0; i < m.nrows; i++) {
				uint64_t at = level(w, step->task, &m.rows[i]);

				if (side->nkinds == 0
						? !m.rows[i].primary
						: !names_kind(side,
							  kind_of(w, m.rows[i].entry.institution)))
					continue;
				if (pass == 0 && at < best)
					best = at;
				if (pass == 1 && at == best)
					all |= 1u << m.rows[i].entry.institution;
			}
		}
	}
	return all;
}

static uint32_t parties(const struct iq_side *side)
{
	uint32_t all = 0;

	for (size_t i = 0; i < side->nparties; i++)
		all |= 1u << side->party[i].institution;
	return all;
}

static uint32_t only_kinds(const struct world *w, const struct iq_side *side, uint32_t all)
{
	uint32_t some = 0;

	for (iq_num i = 1; i < 32 && side->nkinds > 0; i++) {
		if (all >> i & 1 && names_kind(side, kind_of(w, i)))
			some |= 1u << i;
	}
	return some;
}

static void check_side(struct world *w, const struct iq_steps *s, size_t at, int which,
	uint32_t (*direct)[2], size_t *counts)
{
	const struct iq_step *step = &s->a[at];
	const struct iq_side *side = which ? &step->to : &step->from;
	uint32_t wanted = direct[at][which];
	enum iq_party_source source = IQ_PARTY_TASK;

	if (wanted == 0)
		source = IQ_PARTY_PROCESS;
	for (size_t i = at; i-- > 0 && wanted == 0 && iq_str_eq(s->a[i].process, step->process);)
		wanted = only_kinds(w, side, direct[i][0] | direct[i][1]);
	for (size_t i = at + 1;
		i < s->n && wanted == 0 && iq_str_eq(s->a[i].process, step->process); i++)
		wanted = only_kinds(w, side, direct[i][0] | direct[i][1]);
	if (wanted == 0)
		source = IQ_PARTY_KIND;
	assert_int_equal(parties(side), wanted);
	assert_int_equal(side->source, source);
	counts[source]++;
}

static bool naive_fits(struct world *w, const struct iq_rec *rec, iq_num status)
{
	const struct iq_tree *t = &w->view->vocab->status;
	const struct iq_value *set = &rec->col[IQ_HANDOVER_STATUSES];
	bool fits = set->n == 0 || status == IQ_NONE;

	for (uint32_t i = 0; i < set->n && !fits; i++) {
		iq_num n = iq_directory_find(w->dir, IQ_STATUS, set->v[i]);

		fits = iq_tree_covers(t, n, status) || iq_tree_covers(t, status, n);
	}
	return fits;
}

static void check_steps(
	struct world *w, const struct iq_steps *s, const struct iq_path_query *q, size_t *counts)
{
	uint32_t direct[STEPS + 1][2];
	size_t n = 0;

	for (iq_num i = 1; i <= iq_directory_count(w->dir, IQ_HANDOVER); i++)
		n += naive_fits(w, iq_directory_get(w->dir, IQ_HANDOVER, i), q->status);
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		const struct iq_step *a = &s->a[i];

		direct[i][0] = naive_side(w, a, &a->from, q);
		direct[i][1] = naive_side(w, a, &a->to, q);
		if (i == 0)
			continue;
		int c = iq_str_cmp(a[-1].process, a->process);

		assert_true(c < 0 || (c == 0 && (a[-1].step < a->step ||
							(a[-1].step == a->step &&
								iq_str_cmp(a[-1].id, a->id) < 0))));
	}
	for (size_t i = 0; i < n; i++) {
		check_side(w, s, i, 0, direct, counts);
		check_side(w, s, i, 1, direct, counts);
	}
}

/* All chains by trying everything, shortest first. */
struct tries {
	struct world *w;
	const struct iq_steps *s;
	const bool *end;
	size_t length;
	uint32_t chain[STEPS];
	const struct iq_chains *got;
	uint64_t n;
};

static bool naive_follows(const struct iq_steps *s, size_t a, size_t b)
{
	const struct iq_step *x = &s->a[a], *y = &s->a[b];
	bool gives = false, between = false;

	for (size_t i = 0; i < x->to.nkinds; i++)
		for (size_t k = 0; k < y->from.nkinds; k++)
			gives = gives || x->to.kind[i] == y->from.kind[k];
	if (!iq_str_eq(x->process, y->process))
		return gives;
	for (size_t i = 0; i < s->n; i++)
		between = between || (iq_str_eq(s->a[i].process, x->process) &&
					     s->a[i].step > x->step && s->a[i].step < y->step);
	return y->step > x->step && (gives || !between);
}

static void try_from(struct tries *t, size_t at)
{
	if (at == t->length) {
		if (!t->end[t->chain[at - 1]])
			return;
		if (t->n < t->got->n)
			assert_memory_equal(t->got->step[t->n], t->chain, at * sizeof(t->chain[0]));
		t->n++;
		return;
	}
	for (size_t i = 0; i < t->s->n; i++) {
		if (!naive_follows(t->s, t->chain[at - 1], i))
			continue;
		t->chain[at] = (uint32_t)i;
		try_from(t, at + 1);
	}
}

static bool naive_mark(struct world *w, const struct iq_steps *s, iq_num task, bool *mark)
{
	const struct iq_tree *t = &w->view->vocab->task;
	bool any = false;

	for (int below = 0; below < 2 && !any; below++)
		for (size_t i = 0; i < s->n; i++)
			any |= mark[i] = below ? iq_tree_covers(t, task, s->a[i].task)
					       : s->a[i].task == task;
	if (!any && t->parent[task] != IQ_NONE)
		for (size_t i = 0; i < s->n; i++)
			any |= mark[i] = s->a[i].task == t->parent[task];
	return any;
}

static void check_chains(
	struct world *w, const struct iq_steps *s, const char *from, const char *to, size_t *counts)
{
	struct iq_chains c = chains(w, s, from, to, 5);
	bool start[STEPS + 1] = {false}, end[STEPS + 1] = {false}, any = s->n > 0;
	struct tries t = {.w = w, .s = s, .end = end, .got = &c};

	counts[c.state]++;
	if (*from)
		any = naive_mark(w, s, world_num(w, IQ_TASK, from), start);
	for (size_t i = 0; i < s->n && !*from; i++) {
		start[i] = true;
		for (size_t k = 0; k < s->n; k++)
			start[i] = start[i] && !(iq_str_eq(s->a[k].process, s->a[i].process) &&
						       s->a[k].step < s->a[i].step);
	}
	assert_int_equal(c.state == IQ_CHAIN_NO_START, !any);
	if (!any)
		return;
	any = naive_mark(w, s, world_num(w, IQ_TASK, to), end);
	assert_int_equal(c.state == IQ_CHAIN_NO_END, !any);
	if (!any)
		return;
	for (t.length = 1; t.length <= 4 && t.n == 0; t.length++) {
		for (size_t i = 0; i < s->n; i++) {
			t.chain[0] = (uint32_t)i;
			if (start[i])
				try_from(&t, 1);
		}
	}
	if (t.n == 0) { /* longer than what was tried, or none */
		assert_true(c.state == IQ_CHAIN_UNREACHABLE || c.length > 4);
		return;
	}
	assert_int_equal(c.state, IQ_CHAIN_FOUND);
	assert_int_equal(c.length, t.length - 1);
	assert_int_equal(c.total, t.n);
	assert_int_equal(c.n, t.n < 5 ? t.n : 5);
}

/* ---- the graph ------------------------------------------------------------------------------ */

static bool is_hand(const struct iq_side *side, const struct iq_hand *hand)
{
	for (size_t i = 0; i < side->nparties; i++) {
		if (side->party[i].institution == hand->institution)
			return true;
	}
	for (size_t i = 0; i < side->nkinds && side->nparties == 0; i++) {
		if (hand->institution == IQ_NONE && side->kind[i] == hand->kind)
			return true;
	}
	return false;
}

static bool has_hands(const struct iq_side *side)
{
	return side->nparties + side->nkinds > 0;
}

static size_t check_graph(struct world *w, const struct iq_steps *s)
{
	struct iq_handgraph g;
	size_t edges = 0, hands = 0;

	assert_int_equal(iq_handgraph_build(s, &w->arena, &g), IQ_OK);
	for (size_t a = 0; a < g.nhands; a++) {
		size_t gives = 0, takes = 0;

		for (size_t i = 0; i < s->n; i++) {
			bool both = has_hands(&s->a[i].from) && has_hands(&s->a[i].to);

			gives += both && is_hand(&s->a[i].from, &g.hand[a]);
			takes += both && is_hand(&s->a[i].to, &g.hand[a]);
		}
		assert_int_equal(g.hand[a].gives, gives);
		assert_int_equal(g.hand[a].takes, takes);
		assert_true(gives + takes > 0);
		hands += gives + takes;
		for (size_t b = 0; b < g.nhands; b++) {
			size_t n = 0;

			for (size_t i = 0; i < s->n; i++)
				n += is_hand(&s->a[i].from, &g.hand[a]) &&
				     is_hand(&s->a[i].to, &g.hand[b]);
			if (n == 0)
				continue;
			assert_true(edges < g.nedges);
			assert_int_equal(g.edge[edges].from, a);
			assert_int_equal(g.edge[edges].to, b);
			assert_int_equal(g.edge[edges].nsteps, n);
			edges++;
		}
	}
	assert_int_equal(edges, g.nedges);
	for (size_t i = 0; i < s->n; i++) { /* nobody is missing */
		const struct iq_side *from = &s->a[i].from, *to = &s->a[i].to;

		if (!has_hands(from) || !has_hands(to))
			continue;
		hands -= from->nparties ? from->nparties : from->nkinds;
		hands -= to->nparties ? to->nparties : to->nkinds;
	}
	assert_int_equal(hands, 0);
	return edges;
}

static void test_graph(void **state)
{
	struct world w;
	struct iq_handgraph g;
	struct iq_steps s;

	(void)state;
	small(&w);
	s = steps(&w, query(&w, "dd", "asylum"));
	assert_int_equal(iq_handgraph_build(&s, &w.arena, &g), IQ_OK);
	assert_int_equal(g.nhands, 5); /* i1 i2, then agency club desk */
	assert_true(iq_str_is(g.hand[0].id, "i1") && iq_str_is(g.hand[1].id, "i2"));
	assert_true(iq_str_is(g.hand[2].id, "agency") && iq_str_is(g.hand[4].id, "desk"));
	assert_true(g.hand[0].gives == 1 && g.hand[0].takes == 2);
	assert_int_equal(g.nedges, 4);
	assert_true(g.edge[3].from == 4 && g.edge[3].to == 0);
	world_free(&w);
}

static void test_random(void **state)
{
	size_t sources[3] = {0, 0, 0}, states[4] = {0, 0, 0, 0}, edges = 0;

	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		struct world w;
		struct iq_steps s;

		views_random(&w, run);
		random_handovers(&w);
		world_index(&w);
		struct iq_path_query q = query(&w, ONE_OF("dd", "le", "sn", "de", "around"),
			ONE_OF("", "", "asylum", "asylum-new", "title"));

		s = steps(&w, q);
		check_steps(&w, &s, &q, sources);
		for (int i = 0; i < 6; i++)
			check_chains(&w, &s,
				ONE_OF("", "course", "advice", "language", "money", "leisure"),
				ONE_OF("course", "advice", "money", "leisure"), states);
		edges += check_graph(&w, &s);
		world_free(&w);
	}
	for (int i = 0; i < 3; i++)
		assert_true(sources[i] > 100);
	for (int i = 0; i < 4; i++)
		assert_true(states[i] > 20);
	assert_true(edges > 500);
}

static void test_errors(void **state)
{
	struct world w;
	struct iq_steps s;
	struct iq_chains c;

	(void)state;
	small(&w);
	struct iq_path_query q = query(&w, "dd", "asylum");
	const struct iq_lookup *records = iq_directory_lookup(w.dir);

	for (size_t cap = 0; cap < 48000; cap += 400) {
		struct iq_arena little;

		iq_arena_init(&little, cap + 1);
		enum iq_err err = iq_steps_find(w.view, records, &q, &little, &s);

		assert_true(err == IQ_ERR_BUSY || (err == IQ_OK && s.n == 4));
		iq_arena_free(&little);
	}
	q.region = 99;
	assert_int_equal(iq_steps_find(w.view, records, &q, &w.arena, &s), IQ_ERR_USAGE);
	q = query(&w, "dd", NULL);
	q.status = 99;
	assert_int_equal(iq_steps_find(w.view, records, &q, &w.arena, &s), IQ_ERR_USAGE);
	s = steps(&w, query(&w, "dd", NULL));
	assert_int_equal(
		iq_chains_find(w.view, &s, IQ_NONE, IQ_NONE, 1, &w.arena, &c), IQ_ERR_USAGE);
	assert_int_equal(iq_chains_find(w.view, &s, 99, 1, 1, &w.arena, &c), IQ_ERR_USAGE);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_graph),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
