/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"

struct folder {
	char path[64];
	struct iq_arena arena;
	struct iq_error error;
	struct iq_bundle bundle;
};

static const char *const names[] = {"regions.csv", "tasks.csv", "notices.csv", "README.md",
	"queries.csv", ".hidden", "tasks.csv.bak", "Regions.csv"};

static void write_file(const struct folder *f, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);

	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct folder *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	unlink(path);
	rmdir(path);
}

static int setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	*state = f;
	if (f == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "/tmp/iq-bundle-XXXXXX");
	iq_arena_init(&f->arena, 0);
	iq_error_init(&f->error, &f->arena);
	return mkdtemp(f->path) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct folder *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		remove_file(f, names[i]);
	rmdir(f->path);
	iq_arena_free(&f->arena);
	free(f);
	return 0;
}

static enum iq_err open_paths(struct folder *f, const char *a, const char *b)
{
	const char *const paths[] = {a, b};

	iq_error_init(&f->error, &f->arena);
	return iq_bundle_open(paths, b ? 2 : a ? 1 : 0, &f->arena, &f->bundle, &f->error);
}

static void directory(void **state)
{
	struct folder *f = *state;
	char sub[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_file(f, names[i], names[i]);
	snprintf(sub, sizeof(sub), "%s/contacts.csv", f->path);
	assert_int_equal(mkdir(sub, 0700), 0); /* a folder of that name is no file */
	assert_int_equal(open_paths(f, f->path, NULL), IQ_OK);
	rmdir(sub);
	assert_int_equal(f->bundle.nfiles, 3);
	assert_int_equal(f->bundle.files[0].kind, IQ_REGION);
	assert_int_equal(f->bundle.files[1].kind, IQ_TASK);
	assert_int_equal(f->bundle.files[2].kind, IQ_NOTICE);
	assert_true(iq_str_is(f->bundle.files[1].name, "tasks.csv"));
	assert_int_equal(f->bundle.files[1].size, strlen("tasks.csv"));
	assert_int_equal(access(f->bundle.files[1].path.p, R_OK), 0);

	static const char *const ignored[] = {
		"README.md", "Regions.csv", "contacts.csv", "queries.csv", "tasks.csv.bak"};

	assert_int_equal(f->bundle.nignored, 5);
	for (size_t i = 0; i < 5; i++)
		assert_true(iq_str_is(f->bundle.ignored[i], ignored[i]));
}

static void single_files_in_any_order(void **state)
{
	struct folder *f = *state;
	char tasks[128], regions[128];

	write_file(f, "tasks.csv", "");
	write_file(f, "regions.csv", "");
	snprintf(tasks, sizeof(tasks), "%s/tasks.csv", f->path);
	snprintf(regions, sizeof(regions), "%s/regions.csv", f->path);
	assert_int_equal(open_paths(f, tasks, regions), IQ_OK);
	assert_int_equal(f->bundle.nfiles, 2);
	assert_int_equal(f->bundle.files[0].kind, IQ_REGION);
	assert_true(iq_str_is(f->bundle.files[1].path, tasks));
	assert_int_equal(f->bundle.nignored, 0);
	assert_int_equal(chdir(f->path), 0);
	assert_int_equal(open_paths(f, "tasks.csv", NULL), IQ_OK);
	assert_int_equal(chdir("/"), 0);
}

static void wrong_paths_are_named(void **state)
{
	struct folder *f = *state;
	char path[128];
	static const struct {
		const char *create, *open, *text;
	} rows[] = {
		{NULL, "", "The directory {0} contains no file of a bundle."},
		{"README.md", "/", "The directory {0} contains no file of a bundle."},
		{"README.md", "/README.md", "{0} is not a file of a bundle."},
		{"Regions.csv", "/Regions.csv", "{0} is not a file of a bundle."},
		{NULL, "/tasks.csv", "There is no file or directory {0}."},
		{NULL, "/README.md/tasks.csv", "There is no file or directory {0}."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].create != NULL)
			write_file(f, rows[i].create, "");
		snprintf(path, sizeof(path), "%s%s", f->path, rows[i].open);
		assert_int_equal(open_paths(f, path, NULL), IQ_ERR_USAGE);
		assert_string_equal(f->error.text, rows[i].text);
		assert_non_null(f->error.hint);
		assert_true(iq_str_is(f->error.args[0], path));
		if (i < 4)
			assert_true(iq_str_starts(
				f->error.args[1], IQ_STR("regions.csv, postcodes.csv, tasks.csv")));
	}
	assert_int_equal(open_paths(f, NULL, NULL), IQ_ERR_USAGE);
}

struct copy {
	const struct iq_bundle_file *file;
	struct iq_arena *arena;
	struct iq_buf *out;
	int columns[IQ_COLUMNS_MAX];
	size_t rows;
};

static enum iq_err copy_header(
	void *arg, const struct iq_bundle_file *file, const struct iq_str *columns, size_t n)
{
	struct copy *c = arg;

	c->file = file;
	for (size_t i = 0; i < n; i++) {
		c->columns[i] = iq_column_by_name(file->kind, columns[i]);
		if (c->columns[i] < 0)
			fail_msg("%.*s", IQ_STR_ARG(columns[i]));
	}
	iq_bundle_write_header(c->out, file->kind);
	return IQ_OK;
}

static enum iq_err copy_row(void *arg, uint32_t line, const struct iq_str *cells, size_t n)
{
	struct copy *c = arg;
	struct iq_rec rec = {.kind = c->file->kind};
	struct iq_problem p;

	for (size_t i = 0; i < n; i++)
		if (iq_rec_read_cell(&rec, c->columns[i], cells[i], c->arena, &p) != IQ_OK)
			fail_msg("%s:%u: %s", c->file->path.p, line, p.text);
	iq_bundle_write_record(c->out, &rec, c->arena);
	c->rows++;
	return IQ_OK;
}

/* Reads a file and writes what was read. */
static void copy(struct folder *f, const struct iq_bundle_file *file, struct iq_buf *out)
{
	struct copy c = {.arena = &f->arena, .out = out};
	struct iq_bundle_reader reader = {copy_header, copy_row, NULL, &c};

	iq_buf_reset(out, 0);
	assert_int_equal(iq_bundle_read(file, &reader, &f->error), IQ_OK);
	assert_true(c.rows > 0);
	assert_false(out->failed);
	iq_buf_byte(out, '\0');
}

/* What is written once is written again byte for byte. */
static void demonstration_data(void **state)
{
	struct folder *f = *state;
	struct iq_buf first, second;

	iq_buf_init(&first, 0);
	iq_buf_init(&second, 0);
	assert_int_equal(open_paths(f, IQ_SOURCE_DIR "/data/saxony", NULL), IQ_OK);
	assert_int_equal(f->bundle.nfiles, IQ_WORKSHOP_RECORD); /* those before it */
	assert_int_equal(f->bundle.nignored, 1);                /* queries.csv */
	for (size_t i = 0; i < f->bundle.nfiles; i++) {
		struct iq_bundle_file again = f->bundle.files[i];
		char path[128];

		copy(f, &again, &first);
		write_file(f, "tasks.csv", (char *)first.p);
		snprintf(path, sizeof(path), "%s/tasks.csv", f->path);
		again.path = iq_str(path);
		copy(f, &again, &second);
		assert_string_equal((char *)first.p, (char *)second.p);
	}
	iq_buf_free(&first);
	iq_buf_free(&second);
}

static void headers(void **state)
{
	struct iq_buf b;

	(void)state;
	iq_buf_init(&b, 0);
	iq_bundle_write_header(&b, IQ_POSTCODE);
	iq_bundle_write_header(&b, IQ_KIND);
	assert_true(iq_str_is((struct iq_str){(char *)b.p, b.n},
		"postcode,region\nid,name_de,name_en,statutory\n"));
	iq_buf_free(&b);
}

static void a_record_is_written_whole_or_not_at_all(void **state)
{
	static const struct iq_str aliases[] = {IQ_STR("eins"), IQ_STR("zwei")};
	struct iq_rec rec = {.kind = IQ_TASK};
	struct iq_arena none;
	struct iq_buf b;

	(void)state;
	rec.col[IQ_TASK_ALIASES] = (struct iq_value){aliases, 2};
	iq_arena_init(&none, 1);
	iq_buf_init(&b, 0);
	iq_bundle_write_record(&b, &rec, &none);
	assert_true(b.failed);
	iq_buf_free(&b);
	iq_arena_free(&none);
}

static void unreadable(void **state)
{
	struct folder *f = *state;
	struct iq_bundle_file gone = {.kind = IQ_TASK};
	struct iq_bundle_reader reader = {copy_header, copy_row, NULL, NULL};
	char path[128];

	snprintf(path, sizeof(path), "%s/tasks.csv", f->path);
	gone.path = iq_str(path);
	gone.name = IQ_STR("tasks.csv");
	assert_int_equal(iq_bundle_read(&gone, &reader, &f->error), IQ_ERR_USAGE);
	assert_string_equal(f->error.text, "Cannot read {0}: {1}.");
	assert_true(iq_str_is(f->error.args[0], path));

	iq_error_init(&f->error, &f->arena);
	gone.path = iq_str(f->path); /* opens, but read() fails */
	assert_int_equal(iq_bundle_read(&gone, &reader, &f->error), IQ_ERR_USAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory),
		TEST(single_files_in_any_order),
		TEST(wrong_paths_are_named),
		TEST(demonstration_data),
		cmocka_unit_test(headers),
		cmocka_unit_test(a_record_is_written_whole_or_not_at_all),
		TEST(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
