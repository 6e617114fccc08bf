/* SPDX-License-Identifier: Apache-2.0 */
/* Superseded images, newest first. */

#include "codec.h"
#include "store_help.h"

enum { MAP = 64 << 20, STEPS = 9 };

static void change(struct fixture *f, const char *id, int step)
{
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_wtxn *w;
	char name[32];

	snprintf(name, sizeof(name), "name_de=Amt %d", step);
	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec rec = make_rec(&f->arena, IQ_KIND, id, name, NULL);

	put_rec(w, &f->arena, &rec);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

struct seen {
	struct iq_str id;
	uint64_t superseded[STEPS + 1], written[STEPS + 1];
	size_t n, most;
};

static bool note(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct seen *s = arg;

	assert_true(iq_str_eq(iq_image_id(image), s->id));
	assert_true(s->n < STEPS + 1);
	s->superseded[s->n] = superseded;
	s->written[s->n] = image->revision;
	return ++s->n < s->most;
}

static struct seen all_of(struct fixture *f, struct iq_rtxn *r, const char *id, size_t most)
{
	struct iq_txn *t = iq_rtxn_txn(r);
	struct seen s = {.id = iq_str(id), .most = most};

	(void)f;
	iq_past_each(t, IQ_KIND, iq_id_find(t, IQ_KIND, s.id), note, &s);
	assert_int_equal(iq_txn_error(t, NULL), IQ_OK);
	return s;
}

/* Two records in turn: the last key of the table belongs to one of them, not to the other. */
static void test_order(void **state)
{
	static const char *const ids[] = {"eins", "zwei"};
	struct fixture f;
	struct iq_rtxn *r;

	(void)state;
	fixture_new(&f, MAP);
	for (int i = 0; i < STEPS; i++)
		for (int k = 0; k < 2; k++)
			change(&f, ids[k], i);
	change(&f, "drei", 0);
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	for (unsigned k = 0; k < 2; k++) {
		struct seen s = all_of(&f, r, ids[k], SIZE_MAX);

		assert_int_equal(s.n, STEPS - 1);
		for (unsigned i = 0; i < s.n; i++) {
			assert_int_equal(s.superseded[i], 2 * (STEPS - 1 - i) + 1 + k);
			assert_int_equal(s.written[i], s.superseded[i] - 2);
		}
		s = all_of(&f, r, ids[k], 3);
		assert_int_equal(s.n, 3);
	}
	assert_int_equal(all_of(&f, r, "drei", SIZE_MAX).n, 0);
	iq_rtxn_free(r);
	fixture_free(&f);
}

/* The same in an empty table, and in the transaction that writes. */
static void test_writing(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;

	(void)state;
	fixture_new(&f, MAP);
	change(&f, "eins", 0);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	struct seen s = {.id = IQ_STR("eins"), .most = SIZE_MAX};

	iq_past_each(iq_wtxn_txn(w), IQ_KIND, 1, note, &s);
	assert_int_equal(s.n, 0);
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_rec rec = make_rec(&f.arena, IQ_KIND, "eins", "name_de=Anders", NULL);

	iq_change_begin(w, &c);
	put_rec(w, &f.arena, &rec);
	iq_change_end(w);
	iq_past_each(iq_wtxn_txn(w), IQ_KIND, 1, note, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.superseded[0], 2);
	iq_wtxn_abort(w);
	fixture_free(&f);
}

/* ---- long ways, removals ------------------------------------------------------------------- */

enum { LONG = 200 };

/* What one change does to "eins", in order. */
static void act(struct fixture *f, const char *steps, int n)
{
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_wtxn *w;
	char name[32];

	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &c);
	for (; *steps != '\0'; steps++) {
		snprintf(name, sizeof(name), "name_de=Amt %d%c", n, *steps);
		struct iq_rec rec = make_rec(&f->arena, IQ_KIND, "eins", name, NULL);

		if (*steps == '-')
			iq_rec_remove(w, IQ_KIND, 1, &f->arena);
		else
			put_rec(w, &f->arena, &rec);
	}
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	iq_arena_reset(&f->arena);
}

struct trace {
	char name[LONG + 1][16]; /* at each revision; empty: there was none */
	uint64_t revision;       /* the last */
	uint64_t last;           /* superseded image told last */
	size_t told;
};

static void note_now(struct trace *x, const char *steps, int n)
{
	char end = steps[strlen(steps) - 1];

	x->revision++;
	x->name[x->revision][0] = '\0';
	if (end != '-')
		snprintf(x->name[x->revision], sizeof(x->name[0]), "Amt %d%c", n, end);
}

static bool tell(void *arg, const struct iq_image *image, uint64_t superseded)
{
	struct trace *x = arg;

	assert_true(superseded <= x->last && image->revision < superseded);
	/* nothing is left out: between two images there was none */
	for (uint64_t r = superseded; r < x->last; r++)
		assert_string_equal(x->name[r], "");
	for (uint64_t r = image->revision; r < superseded; r++)
		assert_string_not_equal(x->name[r], "");
	x->last = image->revision;
	x->told++;
	return true;
}

static void compare(struct fixture *f, struct trace *x)
{
	struct iq_rtxn *r;
	size_t changes = 0;

	assert_int_equal(iq_rtxn_new(f->store, &r), IQ_OK);
	assert_true(iq_rtxn_renew(r));
	for (uint64_t at = 0; at <= x->revision; at++) {
		struct iq_image image;
		bool there = iq_past_get(iq_rtxn_txn(r), IQ_KIND, 1, at, &image);

		assert_int_equal(there, x->name[at][0] != '\0');
		if (there) {
			struct iq_rec rec = {.kind = IQ_KIND};

			assert_true(iq_codec_read(&rec, image.all, &f->arena));
			struct iq_str name = iq_rec_text(&rec, IQ_KIND_NAME_DE);

			assert_true(iq_str_eq(name, iq_str(x->name[at])));
			assert_int_equal(image.revision, at); /* each revision changed it */
		}
		changes += x->name[at][0] != '\0' && at < x->revision;
	}
	x->last = x->revision + (x->name[x->revision][0] == '\0');
	x->told = 0;
	iq_past_each(iq_rtxn_txn(r), IQ_KIND, 1, tell, x);
	assert_int_equal(x->told, changes);
	assert_int_equal(iq_txn_error(iq_rtxn_txn(r), NULL), IQ_OK);
	iq_rtxn_free(r);
	assert_clean(f->store);
}

/* More changes than one leads back through; removed and there again, also within one change. */
static void test_long(void **state)
{
	static const char *const acts[] = {
		"a", "ab", "-", "a", "a-", "a", "a-b", "-a", "-ab", "a-ba", "-"};
	static struct trace x;
	struct fixture f;
	size_t next = 0;

	(void)state;
	fixture_new(&f, MAP);
	for (int n = 0; n < LONG; n++) {
		/* a long run of plain changes, then the rest */
		bool plain = n < 80 || (n >= 110 && n < 160);
		const char *steps = plain ? "a" : acts[next++ % (sizeof(acts) / sizeof(*acts))];

		if (*steps == '-' && x.name[x.revision][0] == '\0')
			steps = "a";
		act(&f, steps, n);
		note_now(&x, steps, n);
		if (n % 16 == 0 || n > LONG - 4)
			compare(&f, &x);
	}
	assert_int_equal(x.revision, LONG);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
