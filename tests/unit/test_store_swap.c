/* SPDX-License-Identifier: Apache-2.0 */
/* The file is exchanged while it is in use: full disks, crashes, readers. */

#include "erase_help.h"

/* No room: nothing has changed, and it works once there is. */
static void test_full(void **state)
{
	struct world x;
	struct rlimit old, small;
	iq_num num[PEOPLE];

	(void)state;
	start(&x, 8);
	stir(&x, 20);
	size_t n = remove_some(&x, 2, num);
	char *before = dump(&x);

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 32768;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	enum iq_err err = iq_store_erase(x.f.store, num, n, &x.f.error);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_not_equal(err, IQ_OK);
	char *after = dump(&x);

	assert_string_equal(before, after);
	assert_int_equal(files(&x), 2);
	free(before);
	free(after);
	iq_error_init(&x.f.error, &x.f.arena);
	erase(&x, num, n);
	assert_false(on_disk(&x, person_id(&x, 0)));
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

/* ---- crashes --------------------------------------------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	char block[4096];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(block, 1, sizeof(block), in)) > 0)
		assert_int_equal(fwrite(block, 1, n, out), n);
	fclose(in);
	fclose(out);
}

static const char *path(struct world *x, const char *name)
{
	return iq_arena_printf(&x->f.arena, "%s/%s", x->f.dir, name);
}

/* Before the names change: half a new file. After: an unused lock beside the old file. */
static void test_crash(void **state)
{
	struct world x;

	(void)state;
	for (int stage = 0; stage < 4; stage++) {
		start(&x, 9);
		stir(&x, 20);
		char *before = dump(&x), *after;

		copy_file(path(&x, "data.mdb"), path(&x, "data.mdb.new"));
		copy_file(path(&x, "data.mdb-lock"), path(&x, "data.mdb.new-lock"));
		iq_store_close(x.f.store);
		if (stage >= 1) /* the old lock kept */
			assert_int_equal(
				link(path(&x, "data.mdb-lock"), path(&x, "data.mdb-lock.old")), 0);
		if (stage >= 2) /* the new lock in place */
			assert_int_equal(
				rename(path(&x, "data.mdb.new-lock"), path(&x, "data.mdb-lock")),
				0);
		if (stage >= 3) /* the new file in place */
			assert_int_equal(rename(path(&x, "data.mdb.new"), path(&x, "data.mdb")), 0);
		fixture_open(&x.f, false, MAP);
		assert_int_equal(files(&x), 2);
		after = dump(&x);
		assert_string_equal(before, after);
		stir(&x, 3);
		assert_clean(x.f.store);
		free(before);
		free(after);
		fixture_free(&x.f);
	}
}

/* ---- readers across the exchange --------------------------------------------------------------
 */

static void test_snapshot(void **state)
{
	struct world x;
	struct iq_rtxn *live, *idle;
	struct iq_image image;
	iq_num num[PEOPLE];

	(void)state;
	start(&x, 10);
	assert_int_equal(iq_rtxn_new(x.f.store, &live), IQ_OK);
	assert_int_equal(iq_rtxn_new(x.f.store, &idle), IQ_OK);
	assert_true(iq_rtxn_renew(live));
	uint64_t number = iq_rtxn_number(live);

	size_t n = remove_some(&x, 4, num);

	erase(&x, num, n);
	/* The snapshot still shows what it showed. */
	assert_true(unnamed(&x) > 0);
	assert_int_equal(iq_rtxn_number(live), number);
	assert_true(iq_image_get(iq_rtxn_txn(live), IQ_CONTACT, num[0], &image));
	assert_non_null(memmem(image.all.p, image.all.n, "Mustermann00", 12));
	assert_int_equal(iq_store_oldest(x.f.store), number);
	iq_rtxn_reset(live);
	/* Nobody has it any more, though one of them was never asked again. */
	assert_int_equal(unnamed(&x), 0);
	assert_int_equal(iq_store_oldest(x.f.store), UINT64_MAX);
	assert_true(iq_rtxn_renew(live));
	assert_true(iq_rtxn_renew(idle));
	assert_true(iq_rtxn_number(live) > number + 1);
	assert_int_equal(iq_rtxn_number(live), iq_rtxn_number(idle));
	assert_false(iq_image_get(iq_rtxn_txn(live), IQ_CONTACT, num[0], &image));
	iq_rtxn_free(live);
	iq_rtxn_free(idle);
	fixture_free(&x.f);
}

struct reader {
	struct world *x;
	_Atomic bool *stop;
	uint64_t turns, wrong;
	pthread_t thread;
};

static bool count_cell(void *arg, const struct iq_entry *e)
{
	(void)e;
	++*(uint64_t *)arg;
	return true;
}

/* Person 1 is never removed; the rows of the one task are as many as there are duties. */
static void *read_on(void *arg)
{
	struct reader *d = arg;
	uint64_t last = 0, last_revision = 0;
	struct iq_rtxn *r;
	struct iq_image image;

	if (iq_rtxn_new(d->x->f.store, &r) != IQ_OK) {
		d->wrong++;
		return NULL;
	}
	while (!atomic_load(d->stop)) {
		struct iq_view view;
		uint64_t rows = 0;

		if (!iq_rtxn_renew(r)) {
			d->wrong++;
			break;
		}
		struct iq_txn *t = iq_rtxn_txn(r);
		const struct iq_state *s = iq_rtxn_state(r);

		iq_txn_view(t, NULL, &view);
		view.cell(view.ctx, 1, 1, count_cell, &rows);
		if (!iq_image_get(t, IQ_CONTACT, 2, &image) ||
			memmem(image.all.p, image.all.n, "Mustermann01", 12) == NULL ||
			rows != s->count[IQ_RESPONSIBILITY] || s->revision < last_revision ||
			iq_rtxn_number(r) < last ||
			(s->revision != last_revision && iq_rtxn_number(r) == last))
			d->wrong++;
		last = iq_rtxn_number(r);
		last_revision = s->revision;
		d->turns++;
		if (d->turns % 3)
			iq_rtxn_reset(r);
	}
	iq_rtxn_free(r);
	return NULL;
}

static void test_threads(void **state)
{
	struct world x;
	struct reader d[3];
	_Atomic bool stop = false;

	(void)state;
	start(&x, 11);
	stir(&x, 10);
	for (int i = 0; i < 3; i++) {
		d[i] = (struct reader){.x = &x, .stop = &stop};
		assert_int_equal(pthread_create(&d[i].thread, NULL, read_on, &d[i]), 0);
	}
	for (uint32_t i = 0; i < 12; i++) {
		struct iq_wtxn *w = begin(&x, "erase");
		iq_num num = x.num[2 * i];

		for (uint32_t k = 0; k < 12; k++)
			put_duty(&x, w, k, PEOPLE, 0);
		x.gone[2 * i] = true;
		iq_rec_remove(w, IQ_CONTACT, num, &x.f.arena);
		commit(w);
		erase(&x, &num, 1);
		stir(&x, 2);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < 3; i++) {
		pthread_join(d[i].thread, NULL);
		assert_int_equal(d[i].wrong, 0);
	}
	assert_int_equal(unnamed(&x), 0);
	assert_clean(x.f.store);
	fixture_free(&x.f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_snapshot),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
