/* SPDX-License-Identifier: Apache-2.0 */
#include "domain_views.h"
#include "matrix.h"
#include "stakeholders.h"

/*
 * The matrix: some by hand, then random small directories against a naive reading that asks a
 * question for each row, place and leaf status. Stakeholders likewise.
 */

enum { RANDOM_WORLDS = 120, INSTITUTIONS = 7, TASKS = 6 };

static struct iq_matrix build(struct world *w, struct iq_matrix_query q)
{
	struct iq_matrix m;

	assert_int_equal(
		iq_matrix_build(w->view, iq_directory_lookup(w->dir), &q, &w->arena, &m), IQ_OK);
	return m;
}

static struct iq_matrix_query query(
	const struct world *w, const char *region, const char *task, const char *status)
{
	return (struct iq_matrix_query){.region = world_num(w, IQ_REGION, region),
		.task = world_num(w, IQ_TASK, task),
		.status = world_num(w, IQ_STATUS, status),
		.at = views_at};
}

static void print_role(struct world *w, struct iq_buf *b, const struct iq_matrix_role *r)
{
	const struct iq_tree *t = &w->view->vocab->status;

	iq_buf_printf(b, " %s%s%s[", iq_role_names[r->role], r->conditional ? "?" : "",
		r->part ? "/" : "");
	for (size_t i = 0; i < r->groups->nshares; i++)
		iq_buf_printf(b, "%s%.*s%s", i ? "," : "",
			IQ_STR_ARG(t->id[r->groups->share[i].group]),
			r->groups->share[i].whole ? "" : "*");
	iq_buf_printf(b, "]");
}

/* "task: institution role[groups] …; …" line by line. */
static const char *text(struct world *w, const struct iq_matrix *m)
{
	const struct iq_tree *t = &w->view->vocab->task;
	struct iq_buf b;
	const char *s;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < m->nlines; i++) {
		const struct iq_matrix_line *l = &m->line[i];

		iq_buf_printf(&b, "%s%.*s%s:", i ? "\n" : "", IQ_STR_ARG(t->id[l->task]),
			l->above ? "^" : "");
		for (size_t k = l->first; k < l->first + l->ncells; k++) {
			const struct iq_matrix_cell *c = &m->cell[k];

			iq_buf_printf(&b, "%s %.*s", k > l->first ? ";" : "",
				IQ_STR_ARG(m->column[c->column].id));
			for (size_t r = 0; r < c->nroles; r++)
				print_role(w, &b, &c->role[r]);
			if (c->nnotices > 0)
				iq_buf_printf(&b, " !%s", iq_effect_names[c->effect]);
		}
	}
	s = iq_arena_cstr(&w->arena, (struct iq_str){(const char *)b.p, b.n});
	iq_buf_free(&b);
	return s ? s : "";
}

static void test_by_hand(void **state)
{
	struct world w;
	struct iq_matrix m;

	(void)state;
	views_vocabulary(&w);
	views_row(&w, "a i2 course dd asylum lead - - - 2026-01-15");
	views_row(&w, "b i1 language de - lead - - - 2025-01-31");
	views_row(&w, "c i3 advice dd asylum;tolerated advice home=own - - -");
	views_row(&w, "d i3 advice old tolerated provider - - - 2025-01-31");
	views_row(&w, "e i4 course le - lead - - - -");
	views_row(&w, "f i3 course dd - support - - 2026-03-01 -");
	views_row(&w, "g i2 course dd title-work funding - - - -");
	views_row(&w, "h i2 money dd asylum-new lead home=own - - -");
	views_notice(&w, "n restricted i2 course sn asylum-old -");
	views_notice(&w, "o suspended - language le - -");
	world_index(&w);
	/* own institutions before those of the country; ended rows, other towns, what can never
	 * be: not there */
	m = build(&w, query(&w, "dd", NULL, NULL));
	assert_string_equal(text(&w, &m),
		"language: i1 lead[asylum,title,tolerated]\n"
		"advice: i3 provider/[tolerated] advice?[asylum*,tolerated]\n"
		"course: i2 lead[asylum] funding[title*] !restricted");
	assert_int_equal(m.ncolumns, 3);
	assert_true(iq_str_is(m.column[0].id, "i2") && iq_str_is(m.column[2].id, "i1"));
	assert_int_equal(m.column[2].distance, 2);
	assert_int_equal(iq_matrix_at(&m, 2, 0)->oldest, IQ_DATE_MIN); /* one was never confirmed */
	assert_int_equal(iq_matrix_at(&m, 0, 2)->oldest, world_date("2025-01-31"));
	assert_null(iq_matrix_at(&m, 2, 1));
	/* only the sub-tasks asked for, and what stands above them */
	m = build(&w, query(&w, "dd", "course", "asylum-old"));
	assert_string_equal(
		text(&w, &m), "language^: i1 lead[asylum]\ncourse: i2 lead[asylum] !restricted");
	/* the area is Dresden and Munich; a state includes its towns, marked as parts */
	m = build(&w, query(&w, "around", "course", NULL));
	assert_string_equal(text(&w, &m), "language^: i1 lead[asylum,title,tolerated]\n"
					  "course: i2 lead[asylum] funding[title*] !restricted");
	m = build(&w, query(&w, "sn", "course", "tolerated"));
	assert_string_equal(text(&w, &m), "language^: i1 lead[tolerated] !suspended\n"
					  "course: i4 lead/[tolerated] !suspended");
	struct iq_matrix_query whole = query(&w, "sn", "course", "tolerated");

	whole.whole = true;
	m = build(&w, whole);
	assert_string_equal(text(&w, &m), "language^: i1 lead[tolerated] !suspended");
	world_free(&w);
}

/* ---- naive ---------------------------------------------------------------------------------- */

/* What a responsibility is worth in the matrix. */
struct worth {
	uint32_t may, sure; /* bits of leaves */
	uint16_t distance;
	iq_num task, institution;
	enum iq_role role;
	uint32_t notices;
};

struct naive {
	struct world *w;
	const struct iq_matrix_query *q;
	iq_num leaf[16];
	uint32_t nleaves;
	struct worth row[VIEWS_ROWS + 1];
	iq_num n;
};

static void ask_row(struct naive *x, iq_num num, iq_num place, uint32_t leaf)
{
	struct worth *r = &x->row[num];
	struct iq_question q = {
		.task = r->task, .region = place, .status = x->leaf[leaf], .at = x->q->at};
	struct iq_match m;

	assert_int_equal(iq_match(x->w->view, &q, &x->w->arena, &m), IQ_OK);
	for (size_t i = 0; i < m.nrows; i++) {
		if (m.rows[i].entry.num != num || (x->q->whole && m.rows[i].region_distance >= 100))
			continue;
		r->may |= 1u << leaf;
		if (m.rows[i].open_facts.n == 0)
			r->sure |= 1u << leaf;
		if (m.rows[i].region_distance < r->distance)
			r->distance = m.rows[i].region_distance;
	}
}

/* A notice touches a row if it is listed in some spot where the row is certain. */
static void ask_notices(struct naive *x, iq_num num, iq_num region, iq_num place, uint32_t leaf)
{
	const struct iq_vocab *v = x->w->view->vocab;
	struct iq_match m;

	if (!(x->row[num].may >> leaf & 1))
		return;
	for (iq_num spot = 1; spot <= v->region.n; spot++) {
		struct iq_question q = {.task = x->row[num].task,
			.region = spot,
			.status = x->leaf[leaf],
			.at = x->q->at};

		if (!views_leaf(&v->region, spot) || v->region_is_area[spot] ||
			!iq_tree_covers(&v->region, place, spot) ||
			!iq_tree_covers(&v->region, region, spot))
			continue;
		assert_int_equal(iq_match(x->w->view, &q, &x->w->arena, &m), IQ_OK);
		for (size_t i = 0; i < m.nnotices; i++) {
			const struct iq_notice *n = m.notices[i].notice;

			if (n->effect != IQ_INFO &&
				(n->institution == IQ_NONE ||
					n->institution == x->row[num].institution))
				x->row[num].notices |= 1u << (n - v->notices);
		}
	}
}

static void naive(struct naive *x, struct world *w, const struct iq_matrix_query *q)
{
	const struct iq_vocab *v = w->view->vocab;
	iq_num one[2];
	const iq_num *places = views_places(v, q->region, one);

	*x = (struct naive){.w = w, .q = q, .n = iq_directory_count(w->dir, IQ_RESPONSIBILITY)};
	x->nleaves = views_leaves(v, x->leaf);
	for (iq_num num = 1; num <= x->n; num++) {
		const struct iq_rec *rec = iq_directory_get(w->dir, IQ_RESPONSIBILITY, num);
		iq_num region =
			iq_directory_find(w->dir, IQ_REGION, iq_rec_text(rec, IQ_RESP_REGION));
		struct worth *r = &x->row[num];

		r->distance = UINT16_MAX;
		r->task = iq_directory_find(w->dir, IQ_TASK, iq_rec_text(rec, IQ_RESP_TASK));
		r->institution = iq_directory_find(
			w->dir, IQ_INSTITUTION, iq_rec_text(rec, IQ_RESP_INSTITUTION));
		r->role = (enum iq_role)iq_choice(iq_role_names, iq_rec_text(rec, IQ_RESP_ROLE));
		if (q->task != IQ_NONE && !iq_tree_covers(&v->task, q->task, r->task) &&
			!iq_tree_covers(&v->task, r->task, q->task))
			continue;
		for (uint32_t l = 0; l < x->nleaves; l++) {
			if (q->status != IQ_NONE &&
				!iq_tree_covers(&v->status, q->status, x->leaf[l]))
				continue;
			for (size_t i = 0; places[i] != IQ_NONE; i++)
				ask_row(x, num, places[i], l);
			for (size_t i = 0; places[i] != IQ_NONE; i++)
				ask_notices(x, num, region, places[i], l);
		}
	}
}

static uint32_t bits(const struct iq_groups *g)
{
	return (uint32_t)g->set[0];
}

static void check_groups(const struct naive *x, const struct iq_groups *g)
{
	const struct iq_tree *t = &x->w->view->vocab->status;
	uint32_t covered = 0, shares = 0;

	for (size_t i = 0; i < g->nstatuses; i++) {
		for (uint32_t l = 0; l < x->nleaves; l++) {
			if (iq_tree_covers(t, g->status[i], x->leaf[l]))
				covered |= 1u << l;
		}
	}
	assert_int_equal(covered, bits(g));
	assert_int_equal(__builtin_popcount(covered), g->nleaves);
	for (size_t i = 0; i < g->nshares; i++) {
		uint32_t in = 0, all = 0;

		for (uint32_t l = 0; l < x->nleaves; l++) {
			if (!iq_tree_covers(t, g->share[i].group, x->leaf[l]))
				continue;
			in |= bits(g) & 1u << l;
			if (x->q->status == IQ_NONE || iq_tree_covers(t, x->q->status, x->leaf[l]))
				all |= 1u << l;
		}
		shares |= in;
		assert_true(in != 0);
		assert_int_equal(t->depth[g->share[i].group], 0);
		assert_int_equal(g->share[i].whole, in == all);
	}
	assert_int_equal(shares, bits(g));
}

static void check_cell(const struct naive *x, const struct iq_matrix *m,
	const struct iq_matrix_cell *c, size_t *seen)
{
	iq_num task = m->line[c->line].task, institution = m->column[c->column].institution;
	uint32_t notices = 0, wanted = 0;
	size_t n = 0;

	for (int role = 0; role < IQ_ROLES; role++) {
		uint32_t may = 0, sure = 0;
		const struct iq_matrix_role *r = NULL;
		bool part = true;

		for (iq_num num = 1; num <= x->n; num++) {
			const struct worth *row = &x->row[num];

			if (row->task != task || row->institution != institution ||
				(int)row->role != role || row->may == 0)
				continue;
			may |= row->may;
			sure |= row->sure;
			part = part && row->distance >= 100;
			wanted |= row->notices;
			n++;
		}
		for (size_t i = 0; i < c->nroles; i++) {
			if ((int)c->role[i].role == role)
				r = &c->role[i];
		}
		assert_int_equal(r != NULL, may != 0);
		if (r == NULL)
			continue;
		assert_int_equal(bits(r->groups), may);
		assert_int_equal(bits(r->sure), sure);
		assert_int_equal(r->conditional, may != sure);
		assert_int_equal(r->part, part);
		check_groups(x, r->groups);
	}
	for (size_t i = 0; i < c->nnotices; i++)
		notices |= 1u << (c->notice[i] - x->w->view->vocab->notices);
	assert_int_equal(notices, wanted);
	assert_int_equal(c->nnotices == 0, c->effect == IQ_INFO);
	assert_int_equal(c->nrows, n);
	for (size_t i = 0; i < n; i++) {
		const struct iq_matrix_row *row = &c->row[i];

		assert_int_equal(row->distance, x->row[row->num].distance);
		assert_int_equal(row->conditional, x->row[row->num].may != x->row[row->num].sure);
		assert_true(row->confirmed >= c->oldest);
		assert_true(i == 0 || c->row[i - 1].role < row->role ||
			    (c->row[i - 1].role == row->role &&
				    c->row[i - 1].distance <= row->distance));
	}
	*seen += n;
}

static size_t compare(struct world *w, struct iq_matrix_query q)
{
	const struct iq_tree *t = &w->view->vocab->task;
	struct iq_matrix m = build(w, q);
	size_t seen = 0, wanted = 0;
	struct naive x;

	naive(&x, w, &q);
	for (iq_num i = 1; i <= x.n; i++)
		wanted += x.row[i].may != 0;
	for (size_t i = 0; i < m.ncells; i++) {
		const struct iq_matrix_cell *c = &m.cell[i];

		assert_true(i == 0 || m.cell[i - 1].line < c->line ||
			    (m.cell[i - 1].line == c->line && m.cell[i - 1].column < c->column));
		assert_ptr_equal(iq_matrix_at(&m, c->line, c->column), c);
		check_cell(&x, &m, c, &seen);
	}
	assert_int_equal(seen, wanted);
	for (size_t i = 1; i < m.nlines; i++)
		assert_true(t->pre[m.line[i - 1].task] < t->pre[m.line[i].task]);
	for (size_t i = 0; i < m.ncolumns; i++) {
		uint16_t nearest = UINT16_MAX;

		for (iq_num r = 1; r <= x.n; r++) {
			if (x.row[r].institution == m.column[i].institution &&
				x.row[r].distance < nearest)
				nearest = x.row[r].distance;
		}
		assert_int_equal(m.column[i].distance, nearest);
		assert_true(i == 0 || m.column[i - 1].distance < m.column[i].distance ||
			    (m.column[i - 1].distance == m.column[i].distance &&
				    iq_str_cmp(m.column[i - 1].id, m.column[i].id) < 0));
	}
	return m.ncells;
}

static void test_random(void **state)
{
	size_t cells = 0;

	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		struct world w;

		views_random(&w, run);
		world_index(&w);
		for (int i = 0; i < 4; i++) {
			struct iq_matrix_query q =
				query(&w, ONE_OF("de", "sn", "dd", "le", "m", "old", "around"),
					ONE_OF("", "", "language", "course"),
					ONE_OF("", "", "asylum", "title-work"));

			q.whole = pick(3) == 0;
			cells += compare(&w, q);
		}
		world_free(&w);
	}
	assert_true(cells > 1000);
}

/* ---- stakeholders --------------------------------------------------------------------------- */

static bool has_row(const struct naive *x, iq_num institution)
{
	for (iq_num i = 1; i <= x->n; i++) {
		if (x->row[i].institution == institution && x->row[i].may != 0)
			return true;
	}
	return false;
}

static bool has_seat(const struct world *w, iq_num institution, iq_num region)
{
	const struct iq_rec *rec = iq_directory_get(w->dir, IQ_INSTITUTION, institution);
	iq_num seat = iq_directory_find(w->dir, IQ_REGION, iq_rec_text(rec, IQ_INSTITUTION_REGION));

	return iq_vocab_in_scope(w->view->vocab, region, seat);
}

static const struct iq_stakeholder *find_one(const struct iq_stakeholders *s, iq_num institution)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->a[i].institution == institution)
			return &s->a[i];
	}
	return NULL;
}

static void compare_stakeholders(struct world *w, const char *region)
{
	struct iq_matrix_query q = query(w, region, NULL, NULL);
	struct iq_stakeholders s;
	bool there[8] = {false};
	struct naive x;
	size_t n = 0, missing = 0;

	assert_int_equal(iq_stakeholders_find(w->view, iq_directory_lookup(w->dir), q.region,
				 views_at, false, &w->arena, &s),
		IQ_OK);
	naive(&x, w, &q);
	for (iq_num i = 1; i <= iq_directory_count(w->dir, IQ_INSTITUTION); i++) {
		const struct iq_stakeholder *h = find_one(&s, i);
		bool row = has_row(&x, i), seat = has_seat(w, i, q.region);

		assert_int_equal(h != NULL, row || seat);
		if (h == NULL)
			continue;
		n++;
		there[h->kind] = true;
		assert_int_equal(h->seat, seat);
		assert_int_equal(h->distance != IQ_REACH_OUT, row);
		assert_int_equal(h->ncells > 0, row);
		for (size_t k = 0; k < h->ncells; k++) {
			assert_int_equal(s.matrix.column[h->cell[k]->column].institution, i);
			assert_true(k == 0 || h->cell[k - 1]->line < h->cell[k]->line);
		}
	}
	assert_int_equal(n, s.n);
	for (iq_num k = 1; k <= iq_directory_count(w->dir, IQ_KIND); k++) {
		const struct iq_rec *rec = iq_directory_get(w->dir, IQ_KIND, k);

		if (there[k] || !iq_str_is(iq_rec_text(rec, IQ_KIND_STATUTORY), "yes"))
			continue;
		assert_true(missing < s.nmissing);
		assert_int_equal(s.missing[missing++].kind, k); /* ids are in order of numbers */
	}
	assert_int_equal(missing, s.nmissing);
}

static void test_stakeholders(void **state)
{
	(void)state;
	for (uint32_t run = 0; run < RANDOM_WORLDS; run++) {
		struct world w;

		views_random(&w, run);
		world_index(&w);
		compare_stakeholders(&w, ONE_OF("de", "sn", "by", "dd", "le", "old", "around"));
		world_free(&w);
	}
}

/* Statutory kinds first; the desk is missing everywhere. */
static void test_stakeholders_by_hand(void **state)
{
	struct iq_stakeholders s;
	struct world w;

	(void)state;
	views_vocabulary(&w);
	views_row(&w, "a i4 course le - lead - - - -");
	views_row(&w, "b i1 money de - lead - - - -");
	world_index(&w);
	assert_int_equal(iq_stakeholders_find(w.view, iq_directory_lookup(w.dir),
				 world_num(&w, IQ_REGION, "dd"), views_at, false, &w.arena, &s),
		IQ_OK);
	assert_int_equal(s.n, 4);
	assert_true(iq_str_is(s.a[0].id, "i1") && s.a[0].statutory && !s.a[0].seat);
	assert_true(iq_str_is(s.a[1].id, "i2") && s.a[1].seat && s.a[1].ncells == 0);
	assert_true(iq_str_is(s.a[2].id, "i3") && !s.a[2].statutory);
	assert_true(iq_str_is(s.a[3].id, "i6") && s.a[3].seat); /* in a quarter */
	assert_int_equal(s.nmissing, 1);
	assert_true(iq_str_is(s.missing[0].id, "desk"));
	world_free(&w);
}

/* An arena that is too small is an error, not half a matrix; unknown things are, too. */
static void test_errors(void **state)
{
	struct world w;
	struct iq_matrix m;

	(void)state;
	views_random(&w, 3);
	world_index(&w);
	struct iq_matrix_query q = query(&w, "de", NULL, NULL);

	for (size_t cap = 0; cap < 4096; cap += 16) {
		struct iq_arena small;

		iq_arena_init(&small, cap + 1);
		enum iq_err err = iq_matrix_build(w.view, NULL, &q, &small, &m);

		assert_true(err == IQ_ERR_BUSY ? m.ncells == 0 && m.nlines == 0 : err == IQ_OK);
		iq_arena_free(&small);
	}
	q.region = IQ_NONE;
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_ERR_USAGE);
	q.region = 99;
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_ERR_USAGE);
	q = query(&w, "de", NULL, NULL);
	q.task = 99;
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_ERR_USAGE);
	q.task = IQ_NONE;
	q.status = 99;
	assert_int_equal(iq_matrix_build(w.view, NULL, &q, &w.arena, &m), IQ_ERR_USAGE);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_stakeholders_by_hand),
		cmocka_unit_test(test_stakeholders),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
