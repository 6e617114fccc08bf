/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of earlier and of later versions. */

#include "store_help.h"

/* Overwrites the byte at `at` behind each place where `word` stands in the file; how many. */
static unsigned patch(const struct fixture *f, const char *word, int at, char from, char to)
{
	static char data[1 << 20];
	char path[128];
	unsigned n = 0;

	snprintf(path, sizeof(path), "%s/data.mdb", f->dir);
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	size_t size = fread(data, 1, sizeof(data), file), length = strlen(word);

	assert_true(size < sizeof(data));
	for (char *p = data; (p = memmem(p, size - (size_t)(p - data), word, length)); p++) {
		if (p[at] != from)
			continue;
		p[at] = to;
		n++;
	}
	rewind(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return n;
}

static enum iq_err open_as(struct fixture *f, bool upgrade)
{
	struct iq_store_options opt = {.map_bytes = 1 << 20, .upgrade = upgrade};
	struct iq_store *s = NULL;

	iq_error_init(&f->error, &f->arena);
	enum iq_err err = iq_store_open(f->dir, false, &opt, &s, &f->error);

	if (err == IQ_OK)
		iq_store_close(s);
	return err;
}

/* Version 1 had no table "living": it gets one, but only from who may. */
static void test_older(void **state)
{
	struct fixture f;
	struct iq_wtxn *w;
	struct iq_str value;

	(void)state;
	fixture_new(&f, 1 << 20);
	iq_store_close(f.store);
	assert_true(patch(&f, "state\x03", 5, 3, 1) > 0);
	assert_int_equal(open_as(&f, false), IQ_ERR_CONFLICT); /* also where it has the table */
	assert_true(patch(&f, "living", 0, 'l', 'h') > 0);     /* the order of names stays */
	assert_int_equal(open_as(&f, false), IQ_ERR_CONFLICT);
	assert_int_equal(patch(&f, "state\x03", 5, 3, 3), 0);
	fixture_open(&f, false, 1 << 20);
	assert_int_equal(iq_wtxn_begin(f.store, &w), IQ_OK);
	iq_table_put(w, IQ_TABLE_LIVING, IQ_STR("k"), IQ_STR("v"));
	assert_true(iq_table_get(iq_wtxn_txn(w), IQ_TABLE_LIVING, IQ_STR("k"), &value));
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	iq_store_close(f.store);
	assert_true(patch(&f, "state\x03", 5, 3, 3) > 0);
	assert_int_equal(open_as(&f, false), IQ_OK);
	fixture_open(&f, false, 1 << 20);
	fixture_free(&f);
}

/* What a later version wrote is refused by all, also by who may upgrade. */
static void test_later(void **state)
{
	struct fixture f;

	(void)state;
	fixture_new(&f, 1 << 20);
	iq_store_close(f.store);
	for (int version = 4; version < 256; version += 83) {
		assert_true(patch(&f, "state", 5, version == 4 ? 3 : (char)(version - 83),
				    (char)version) > 0);
		assert_int_equal(open_as(&f, false), IQ_ERR_UNSUPPORTED);
		assert_int_equal(open_as(&f, true), IQ_ERR_UNSUPPORTED);
	}
	assert_true(patch(&f, "state", 5, (char)253, 0) > 0);
	assert_int_equal(open_as(&f, true), IQ_ERR_INTERNAL);
	assert_true(patch(&f, "state", 5, 0, 3) > 0);
	fixture_open(&f, false, 1 << 20);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
