/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <unistd.h>

#include "confine.h"
#include "zip_help.h"

static struct iq_arena arena;

/* An archive with so many entries that listing them fills the pipe. */
static struct iq_str crowd(struct pack_made *z)
{
	char name[200];

	for (int i = 0; i < 1500; i++) {
		snprintf(name, sizeof(name), "%0180d.csv", i);
		pack_add(z, name, "", 0);
	}
	return pack_finish(z);
}

static bool says(int pid, const char *file, const char *line)
{
	char path[64], text[8192];
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);

	FILE *f = fopen(path, "r");

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return strstr(text, line) != NULL;
}

/* While it waits for its reader the process is looked at. */
static void it_has_nothing(void **state)
{
	struct pack_made z = {.n = 0};
	struct iq_parse p = {.what = IQ_PARSE_LIST, .bytes = crowd(&z)};
	struct iq_confined c;
	struct iq_str content;
	struct iq_error error;
	char path[64];
	int entries = 0;

	(void)state;
	iq_error_init(&error, &arena);
	assert_int_equal(iq_confined_start(&c, &p, &error), IQ_OK);
	assert_int_equal(iq_confined_next(&c, &content), IQ_RECORD_ENTRY);
	assert_true(says(c.pid, "status", "Seccomp:\t2"));
	assert_true(says(c.pid, "status", "NoNewPrivs:\t1"));
	assert_true(says(c.pid, "limits", "Max open files            0 "));
	assert_true(says(c.pid, "limits", "Max file size             0 "));
	assert_true(says(c.pid, "limits", "Max processes             0 "));
	assert_true(says(c.pid, "limits", "Max cpu time              30 "));
	snprintf(path, sizeof(path), "/proc/%d/fd", c.pid);

	DIR *d = opendir(path);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		entries += e->d_name[0] != '.';
	if (d != NULL) { /* not for everybody to see */
		assert_int_equal(entries, 1);
		closedir(d);
	}
	assert_true(iq_confined_end(&c));
	iq_buf_free(&z.file);
}

/* Whoever breaks it gets a message and no crash. */
static void it_may_die(void **state)
{
	struct iq_records r = {.file = IQ_STR("l.zip")};
	struct iq_parse p = {.what = IQ_PARSE_LIST, .bytes = {(const char *)(uintptr_t)16, 1000}};
	struct iq_error error;

	(void)state;
	iq_error_init(&error, &arena);
	r.error = &error;
	assert_int_equal(iq_confined_run(&p, &r), IQ_ERR_REJECTED);
	assert_int_equal(error.code, IQ_ERR_REJECTED);
	assert_true(iq_str_is(error.args[0], "l.zip"));
}

/* Answers nobody would give. */
static void nonsense(void **state)
{
	static const struct {
		enum iq_record type;
		struct iq_str content;
	} rows[] = {
		{IQ_RECORD_ROW, IQ_STR("\1\0\0\0\1\0\0\1\0\0\0a")},        /* before a sheet */
		{IQ_RECORD_SHEET, IQ_STR("\0\0\0\377\377\377\377x")},      /* a length */
		{IQ_RECORD_SHEET, IQ_STR("\0\0\0\1\0\0\0\xff")},           /* no UTF-8 */
		{IQ_RECORD_SHEET, IQ_STR("\377\0\0\1\0\0\0a")},            /* a number */
		{IQ_RECORD_BYTES, IQ_STR("x")},                            /* not asked for */
		{IQ_RECORD_ERROR, IQ_STR("\377\0\0\0\0\0")},               /* a text */
		{IQ_RECORD_ERROR, IQ_STR("")},                             /* too short */
		{IQ_RECORD_PROBLEM, IQ_STR("\1\0\0\0\0\0\026\0\0\0\0\0")}, /* before a sheet */
		{IQ_RECORDS, IQ_STR("")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct iq_sheet_reader reader = {.only = -1};
		struct iq_error error;
		struct iq_records r = {.file = IQ_STR("l"), .error = &error, .reader = &reader};

		iq_error_init(&error, &arena);
		iq_records_begin(&r);
		assert_false(iq_records_take(&r, rows[i].type, rows[i].content));
		assert_int_equal(iq_records_end(&r, 0), IQ_ERR_REJECTED);
		assert_string_equal(error.text,
			"{0} cannot be read: the process that reads it answered with nonsense.");
	}
}

/* All libraries that are loaded at need are there. */
static void libraries(void **state)
{
	(void)state;
	assert_non_null(iq_lib_zip());
	assert_non_null(iq_lib_xml());
	assert_non_null(iq_lib_seccomp());
	assert_non_null(iq_lib_writer());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_has_nothing),
		cmocka_unit_test(it_may_die),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(libraries),
	};

	iq_arena_init(&arena, 0);

	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	iq_arena_free(&arena);
	return failed;
}
