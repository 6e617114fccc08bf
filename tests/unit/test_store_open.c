/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, damaged files, full maps, small tables, names, the view. */

#include "store_help.h"

#include "store_priv.h"

#include <sys/stat.h>

static enum iq_err try_open(struct fixture *f, const char *dir, bool create)
{
	struct iq_store_options opt = {.map_bytes = 1 << 20};
	struct iq_store *s = NULL;
	enum iq_err err;

	iq_error_init(&f->error, &f->arena);
	err = iq_store_open(dir, create, &opt, &s, &f->error);
	if (err == IQ_OK)
		iq_store_close(s);
	else
		assert_non_null(f->error.text);
	return err;
}

static void test_open(void **state)
{
	struct fixture f;
	struct stat st;
	char path[128];

	(void)state;
	fixture_new(&f, 1 << 20);
	iq_store_close(f.store);
	snprintf(path, sizeof(path), "%s/data.mdb", f.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(try_open(&f, f.dir, false), IQ_OK);
	assert_int_equal(try_open(&f, f.dir, true), IQ_ERR_CONFLICT);
	assert_int_equal(try_open(&f, "/nonexistent/iq", false), IQ_ERR_USAGE);
	unlink(path);
	assert_int_equal(try_open(&f, f.dir, false), IQ_ERR_USAGE);
	fixture_open(&f, true, 1 << 20);
	fixture_free(&f);
}

static void fill(struct fixture *f, unsigned n)
{
	struct iq_change c = {.operation = IQ_STR("test")};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &c);
	for (unsigned i = 0; i < n; i++) {
		char id[32];

		snprintf(id, sizeof(id), "kind-%u", i);
		struct iq_rec rec = make_rec(&f->arena, IQ_KIND, id, "name_de=Amt", NULL);

		put_rec(w, &f->arena, &rec);
	}
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
}

/* A directory from before the last kinds were added says nothing of them: none are there yet. */
static void test_fewer_kinds(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_str v, key = IQ_STR("state");
	char bytes[1024];

	(void)state;
	fixture_new(&f, 1 << 20);
	fill(&f, 3);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_true(iq_get(iq_wtxn_txn(w), IQ_TAB_META, key, &v));
	assert_true(v.n <= sizeof(bytes));
	memcpy(bytes, v.p, v.n);
	iq_put(w, IQ_TAB_META, key, (struct iq_str){bytes, v.n - 2 * 12}, 0);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	iq_store_close(f.store);
	fixture_open(&f, false, 1 << 20);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_KIND], 3);
	assert_int_equal(iq_wtxn_state(w)->next[IQ_KIND], 4);
	assert_int_equal(iq_wtxn_state(w)->next[IQ_KINDS - 1], 1);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_KINDS - 1], 0);
	iq_wtxn_abort(w);
	fill(&f, 4); /* writes it whole again */
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_true(iq_get(iq_wtxn_txn(w), IQ_TAB_META, key, &v));
	assert_int_equal(v.n, 25 + 12 * IQ_KINDS);
	/* a part of a kind is damage */
	iq_put(w, IQ_TAB_META, key, (struct iq_str){bytes, v.n - 5}, 0);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_not_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	fixture_free(&f);
}

/* Cut off anywhere, the file is refused; never a crash, never an empty directory. */
static void test_truncated(void **state)
{
	static const off_t sizes[] = {0, 1, 4096, 8191, 8192, 12288, 40960};
	struct fixture f;
	char path[128];
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fixture_new(&f, 4 << 20);
		fill(&f, 800);
		iq_store_close(f.store);
		snprintf(path, sizeof(path), "%s/data.mdb", f.dir);
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size > sizes[i]);
		assert_int_equal(truncate(path, sizes[i]), 0);
		assert_int_equal(try_open(&f, f.dir, false), IQ_ERR_INTERNAL);
		unlink(path);
		fixture_open(&f, true, 1 << 20);
		fixture_free(&f);
	}
}

static void test_map_full(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_change c = {.operation = IQ_STR("test")};
	const char *detail;
	unsigned n = 0;

	(void)state;
	fixture_new(&f, 1 << 20);
	fill(&f, 10);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	while (iq_txn_error(iq_wtxn_txn(w), &detail) == IQ_OK && n < 100000) {
		char id[32];

		snprintf(id, sizeof(id), "more-%u", n++);
		struct iq_rec rec = make_rec(&f.arena, IQ_KIND, id, "name_de=Amt", NULL);
		iq_num num = iq_id_intern(w, IQ_KIND, iq_str(id));

		if (num != IQ_NONE)
			iq_rec_put(w, num, &rec, &f.arena);
	}
	assert_int_equal(iq_txn_error(iq_wtxn_txn(w), &detail), IQ_ERR_QUOTA);
	assert_true(detail[0] != '\0');
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_ERR_QUOTA);
	/* Nothing of it is there, and small changes still fit. */
	assert_clean(f.store);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_int_equal(iq_wtxn_state(w)->count[IQ_KIND], 10);
	assert_int_equal(iq_wtxn_state(w)->revision, 1);
	iq_wtxn_abort(w);
	fixture_free(&f);
}

static bool collect_id(void *arg, struct iq_str id, iq_num num)
{
	char *out = arg;

	assert_int_not_equal(num, IQ_NONE);
	snprintf(out + strlen(out), 64, "%.*s ", IQ_STR_ARG(id));
	return strlen(out) < 24;
}

static void test_ids(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_change c = {.operation = IQ_STR("test")};
	char seen[256] = "";
	bool merged;

	(void)state;
	fixture_new(&f, 8 << 20);
	fill(&f, 12);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	struct iq_txn *t = iq_wtxn_txn(w);
	iq_num one = iq_id_find(t, IQ_KIND, IQ_STR("kind-1"));
	iq_num two = iq_id_find(t, IQ_KIND, IQ_STR("kind-2"));

	iq_each_id(t, IQ_KIND, IQ_STR("kind-1"), collect_id, seen);
	assert_string_equal(seen, "kind-10 kind-11 kind-2 kind-3 ");
	assert_true(iq_str_is(iq_id_of(t, IQ_KIND, two), "kind-2"));
	assert_int_equal(iq_id_find(t, IQ_FACT, IQ_STR("kind-1")), IQ_NONE);

	/* Deleted: the number stays; added again: the same number. */
	iq_change_begin(w, &c);
	iq_rec_remove(w, IQ_KIND, one, &f.arena);
	assert_int_equal(iq_id_find(t, IQ_KIND, IQ_STR("kind-1")), IQ_NONE);
	assert_int_equal(iq_id_reserved(t, IQ_KIND, IQ_STR("kind-1"), &merged), one);
	assert_false(merged);
	assert_int_equal(iq_id_intern(w, IQ_KIND, IQ_STR("kind-1")), one);

	/* United with 2, then 2 with 3: both lead to 3. */
	iq_num three = iq_id_find(t, IQ_KIND, IQ_STR("kind-3"));

	iq_id_redirect(w, IQ_KIND, IQ_STR("kind-1"), two);
	assert_int_equal(iq_id_find(t, IQ_KIND, IQ_STR("kind-1")), two);
	iq_rec_remove(w, IQ_KIND, two, &f.arena);
	assert_int_equal(iq_id_find(t, IQ_KIND, IQ_STR("kind-1")), IQ_NONE);
	iq_id_redirect(w, IQ_KIND, IQ_STR("kind-2"), three);
	assert_int_equal(iq_id_find(t, IQ_KIND, IQ_STR("kind-1")), three);
	assert_int_equal(iq_id_find(t, IQ_KIND, IQ_STR("kind-2")), three);
	(void)iq_id_reserved(t, IQ_KIND, IQ_STR("kind-1"), &merged);
	assert_true(merged);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_clean(f.store);
	fixture_free(&f);
}

/* An equal record is not written: no revision, no entry. */
static void test_unchanged(void **state)
{
	struct fixture f;

	(void)state;
	fixture_new(&f, 8 << 20);
	fill(&f, 5);
	fill(&f, 5);
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	assert_int_equal(iq_wtxn_state(w)->revision, 1);
	iq_wtxn_abort(w);
	fixture_free(&f);
}

static bool count_entry(void *arg, struct iq_str key, struct iq_str value)
{
	(void)key;
	(void)value;
	++*(unsigned *)arg;
	return true;
}

static void test_tables(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_str key, value;
	unsigned n = 0;

	(void)state;
	fixture_new(&f, 1 << 20);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	struct iq_txn *t = iq_wtxn_txn(w);

	iq_table_put(w, IQ_TABLE_AUTH, IQ_STR("p/a"), IQ_STR("1"));
	iq_table_put(w, IQ_TABLE_AUTH, IQ_STR("p/b"), IQ_STR("2"));
	iq_table_put(w, IQ_TABLE_AUTH, IQ_STR("t/a"), IQ_STR("3"));
	assert_true(iq_table_get(t, IQ_TABLE_AUTH, IQ_STR("p/b"), &value));
	assert_true(iq_str_is(value, "2"));
	assert_false(iq_table_get(t, IQ_TABLE_REQUEST, IQ_STR("p/b"), &value));
	iq_table_each(t, IQ_TABLE_AUTH, IQ_STR("p/"), count_entry, &n);
	assert_int_equal(n, 2);
	assert_true(iq_table_next(t, IQ_TABLE_AUTH, IQ_STR("p/b"), &key, &value));
	assert_true(iq_str_is(key, "t/a"));
	assert_false(iq_table_next(t, IQ_TABLE_AUTH, IQ_STR("t/a"), &key, &value));
	iq_table_put(w, IQ_TABLE_AUTH, IQ_STR("p/b"), (struct iq_str){NULL, 0});
	assert_false(iq_table_get(t, IQ_TABLE_AUTH, IQ_STR("p/b"), &value));
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	fixture_free(&f);
}

static void test_names(void **state)
{
	static const char head[] =
		"Ein sehr langer Name einer Stelle, der in keinen Schluessel passt: ";
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_change c = {.operation = IQ_STR("test")};
	struct iq_names names;
	struct iq_resolved r;
	char name[160];

	(void)state;
	fixture_new(&f, 8 << 20);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec root = make_rec(&f.arena, IQ_REGION, "de", "name_de=Deutschland", NULL);
	struct iq_rec town = make_rec(&f.arena, IQ_REGION, "meissen", "parent=de", "name_de=Meißen",
		"ars=146270140140", "aliases=Elbstadt", NULL);

	put_rec(w, &f.arena, &root);
	iq_num meissen = put_rec(w, &f.arena, &town);
	struct iq_rec code =
		make_rec(&f.arena, IQ_POSTCODE, NULL, "postcode=01662", "region=meissen", NULL);

	put_rec(w, &f.arena, &code);
	iq_num num[2];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "name_de=%s%s", head, i ? "zwei" : "eins");
		struct iq_rec rec =
			make_rec(&f.arena, IQ_INSTITUTION, i ? "i-two" : "i-one", name, NULL);

		num[i] = put_rec(w, &f.arena, &rec);
	}
	iq_change_end(w);
	iq_txn_names(iq_wtxn_txn(w), NULL, false, &f.arena, &names);
	static const char *const terms[] = {
		"meissen", "Meißen", "elbstadt", "01662", "146270140140"};

	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		iq_term_lookup(&names, IQ_REGION, iq_str(terms[i]), &f.arena, &r);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.num[0], meissen);
	}
	for (unsigned i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s%s", head, i ? "zwei" : "eins");
		iq_term_lookup(&names, IQ_INSTITUTION, iq_str(name), &f.arena, &r);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.num[0], num[i]);
	}
	iq_term_lookup(&names, IQ_INSTITUTION, iq_str(head), &f.arena, &r);
	assert_int_equal(r.n, 0);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_clean(f.store);
	fixture_free(&f);
}

/* Damage is found: each of these would be an unexplained wrong answer otherwise. */
static void test_parse(void **state)
{
	struct iq_image image;
	char bytes[36 + 6] = {1, IQ_KIND, 0, 0, 7, 0, 0, 0, 3};

	(void)state;
	bytes[16] = 2;
	bytes[24] = 6;
	memcpy(bytes + 36,
		"\x0a\x04"
		"ab-c",
		6);
	assert_true(iq_image_parse((struct iq_str){bytes, sizeof(bytes)}, &image));
	assert_int_equal(image.num, 7);
	assert_int_equal(image.revision, 3);
	assert_int_equal(image.born, 2);
	assert_true(iq_str_is(iq_image_id(&image), "ab-c"));
	for (size_t n = 0; n < sizeof(bytes); n++)
		assert_false(iq_image_parse((struct iq_str){bytes, n}, &image));
	bytes[1] = IQ_KINDS;
	assert_false(iq_image_parse((struct iq_str){bytes, sizeof(bytes)}, &image));
	bytes[1] = IQ_KIND;
	bytes[28] = 1;
	assert_false(iq_image_parse((struct iq_str){bytes, sizeof(bytes)}, &image));
}

struct seen {
	iq_num last;
	unsigned n;
	const struct iq_view *view;
};

static bool on_entry(void *arg, const struct iq_entry *e)
{
	struct seen *s = arg;

	assert_true(e->num > s->last);
	s->last = e->num;
	s->n++;
	return s->n < 3;
}

static bool on_outer(void *arg, const struct iq_entry *e)
{
	struct seen *s = arg, inner = {.n = 0};

	/* A walk within a walk does not disturb it. */
	s->view->cell(s->view->ctx, e->task, e->region, on_entry, &inner);
	assert_int_equal(inner.n, 3);
	s->n++;
	assert_int_equal(e->nstatuses, 1);
	assert_int_equal(e->role, IQ_ADVICE);
	assert_true(iq_str_is(e->condition, "age>=18"));
	return true;
}

static void test_view(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_rtxn *r;
	struct iq_change c = {.operation = IQ_STR("test")};
	struct iq_view view;

	(void)state;
	fixture_new(&f, 0); /* the default: sanitizers and valgrind must cope with it */
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec rec[] = {make_rec(&f.arena, IQ_REGION, "de", "name_de=D", NULL),
		make_rec(&f.arena, IQ_TASK, "task", "name_de=T", NULL),
		make_rec(&f.arena, IQ_STATUS, "status", "name_de=S", NULL),
		make_rec(&f.arena, IQ_FACT, "age", "type=integer", "name_de=Alter", NULL),
		make_rec(&f.arena, IQ_INSTITUTION, "inst", "name_de=I", NULL)};

	for (size_t i = 0; i < 5; i++)
		put_rec(w, &f.arena, &rec[i]);
	for (unsigned i = 0; i < 5; i++) {
		char id[16];

		snprintf(id, sizeof(id), "resp-%u", i);
		struct iq_rec resp = make_rec(&f.arena, IQ_RESPONSIBILITY, id, "institution=inst",
			"task=task", "region=de", "statuses=status", "role=advice",
			"condition=age>=18", NULL);

		put_rec(w, &f.arena, &resp);
	}
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_int_equal(iq_store_oldest(f.store), UINT64_MAX);
	assert_true(iq_rtxn_renew(r));
	assert_true(iq_store_oldest(f.store) < UINT64_MAX);
	iq_txn_view(iq_rtxn_txn(r), NULL, &view);
	for (unsigned round = 0; round < 3; round++) {
		struct seen s = {.view = &view};

		view.cell(view.ctx, 1, 1, on_outer, &s);
		assert_int_equal(s.n, 5);
		s.n = 0;
		view.task(view.ctx, 1, on_outer, &s);
		assert_int_equal(s.n, 5);
		s.n = 0;
		view.cell(view.ctx, 1, 2, on_outer, &s);
		view.cell(view.ctx, 2, 1, on_outer, &s);
		assert_int_equal(s.n, 0);
		iq_rtxn_reset(r);
		assert_true(iq_rtxn_renew(r));
	}
	iq_rtxn_free(r);
	assert_clean(f.store);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_fewer_kinds),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_map_full),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
