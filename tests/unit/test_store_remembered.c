/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered from one transaction to the next, and what other processes and aborted
 * transactions mean for it. */

#include "store_help.h"

#include <sys/wait.h>

/* What every cell test needs. */
static void put_world(struct fixture *f, struct iq_wtxn *w)
{
	struct iq_rec rec[] = {make_rec(&f->arena, IQ_REGION, "de", "name_de=D", NULL),
		make_rec(&f->arena, IQ_TASK, "task", "name_de=T", NULL),
		make_rec(&f->arena, IQ_INSTITUTION, "inst", "name_de=I", NULL),
		make_rec(&f->arena, IQ_RESPONSIBILITY, "resp", "institution=inst", "task=task",
			"region=de", "role=lead", NULL)};

	for (size_t i = 0; i < 4; i++)
		put_rec(w, &f->arena, &rec[i]);
}

static bool any_entry(void *arg, const struct iq_entry *e)
{
	(void)e;
	*(bool *)arg = true;
	return false;
}

static bool cell_found(struct iq_rtxn *r)
{
	struct iq_view view;
	bool found = false;

	assert_true(iq_rtxn_renew(r));
	iq_txn_view(iq_rtxn_txn(r), NULL, &view);
	view.cell(view.ctx, 1, 1, any_entry, &found);
	iq_rtxn_reset(r);
	return found;
}

static void add_in_child(const char *dir, int go)
{
	struct iq_change c = {.operation = IQ_STR("test")};
	struct fixture f;
	struct iq_wtxn *w;
	char byte;

	memset(&f, 0, sizeof(f));
	iq_arena_init(&f.arena, 0);
	strcpy(f.dir, dir);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	fixture_open(&f, false, 8 << 20);
	if (iq_wtxn_begin(f.store, &w) != IQ_OK)
		_exit(2);
	iq_change_begin(w, &c);
	put_world(&f, w);
	iq_change_end(w);
	_exit(iq_wtxn_commit(w) == IQ_OK ? 0 : 3);
}

/* Another process adds a row: the filter of this one knows nothing of it and must step aside. */
static void test_foreign_commit(void **state)
{
	struct iq_change c = {.operation = IQ_STR("test")};
	struct fixture f;
	struct iq_rtxn *r;
	struct iq_wtxn *w;
	int go[2], status;
	pid_t child;

	(void)state;
	fixture_new(&f, 8 << 20);
	iq_store_close(f.store); /* LMDB must not be open across fork() */
	assert_int_equal(pipe(go), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		add_in_child(f.dir, go[0]);
	fixture_open(&f, false, 8 << 20);
	assert_int_equal(iq_rtxn_new(f.store, &r), IQ_OK);
	assert_false(cell_found(r));
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(cell_found(r));
	/* also after commits of our own */
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_change_begin(w, &c);
	struct iq_rec kind = make_rec(&f.arena, IQ_KIND, "k", "name_de=K", NULL);

	put_rec(w, &f.arena, &kind);
	iq_change_end(w);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_true(cell_found(r));
	iq_rtxn_free(r);
	close(go[0]);
	close(go[1]);
	fixture_free(&f);
}

static struct iq_wtxn *begin(struct fixture *f)
{
	struct iq_change c = {.principal = IQ_STR("t"), .operation = IQ_STR("set")};
	struct iq_wtxn *w;

	assert_int_equal(iq_wtxn_begin(f->store, &w), IQ_OK);
	iq_change_begin(w, &c);
	return w;
}

static iq_num found(struct iq_wtxn *w)
{
	return iq_id_find(iq_wtxn_txn(w), IQ_KIND, IQ_STR("amt"));
}

/* What a transaction looked up, the next one knows only if it was committed. */
static void test_ids_remembered(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;

	(void)state;
	fixture_new(&f, 1 << 20);
	struct iq_rec rec = make_rec(&f.arena, IQ_KIND, "amt", "name_de=Amt", NULL);

	for (int round = 0; round < 2; round++) {
		w = begin(&f);
		assert_int_equal(found(w), IQ_NONE);
		iq_num num = put_rec(w, &f.arena, &rec);

		assert_int_equal(found(w), num);
		if (round == 0) {
			iq_wtxn_abort(w);
			continue;
		}
		iq_change_end(w);
		assert_int_equal(iq_wtxn_commit(w), IQ_OK);
		w = begin(&f);
		assert_int_equal(found(w), num);
		iq_rec_remove(w, IQ_KIND, num, &f.arena);
		assert_int_equal(found(w), IQ_NONE);
		iq_wtxn_abort(w);
		w = begin(&f);
		assert_int_equal(found(w), num);
		iq_rec_remove(w, IQ_KIND, num, &f.arena);
		iq_change_end(w);
		assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	}
	w = begin(&f);
	assert_int_equal(found(w), IQ_NONE);
	iq_wtxn_abort(w);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_commit),
		cmocka_unit_test(test_ids_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
