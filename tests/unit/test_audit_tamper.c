/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is done to the files of a closed log is found, and the first bad entry named. */

#include "audit_help.h"

enum { ENTRIES = 50, LINES = ENTRIES + 3 /* header, entries, head, end */ };

struct log {
	struct audit_world x;
	char name[16];
	char *text;
	size_t n;
	char *line[LINES]; /* beginning; 0: header, k: entry k */
	size_t lines;
};

static void log_new(struct log *l)
{
	memset(l, 0, sizeof(*l));
	world_new(&l->x);
	for (iq_num i = 1; i <= ENTRIES; i++) {
		struct iq_audit_entry e = disclosed("max", 1 + i % 7, iq_now_us());

		e.event = i % 3 ? IQ_AUDIT_DISCLOSED : IQ_AUDIT_WRITTEN;
		e.revision = i;
		assert_true(world_write(&l->x, e));
	}
	snprintf(l->name, sizeof(l->name), "%s", segment_at(iq_now_us()));
	world_close(&l->x);
	assert_intact(&l->x, ENTRIES + 1);
	l->text = file_read(&l->x, l->name, &l->n);
	for (char *p = l->text; *p != '\0'; p = strchr(p, '\n') + 1)
		l->line[l->lines++] = p;
	assert_int_equal(l->lines, ENTRIES + 2);
	l->line[l->lines] = l->text + l->n;
}

static void log_free(struct log *l)
{
	free(l->text);
	world_free(&l->x);
}

static void expect_bad(struct log *l, uint64_t number, const char *file, uint64_t line)
{
	struct iq_audit_report r = world_verify(&l->x);

	assert_false(r.intact);
	assert_non_null(r.finding);
	assert_int_equal(r.first_bad, number);
	assert_string_equal(r.file, file);
	assert_int_equal(r.line, line);
	assert_true(r.signed_until < number);
}

/* The file in other order: parts [from, to) of the text, one after the other. */
static void rewrite(struct log *l, const char *const part[][2], size_t n)
{
	struct iq_buf b;

	iq_buf_init(&b, 0);
	for (size_t i = 0; i < n; i++)
		iq_buf_add(&b, part[i][0], (size_t)(part[i][1] - part[i][0]));
	file_write(&l->x, l->name, (const char *)b.p, b.n);
	iq_buf_free(&b);
}

static void restore(struct log *l)
{
	file_write(&l->x, l->name, l->text, l->n);
	assert_intact(&l->x, ENTRIES + 1);
}

/* Every bit of some bytes of each line, and every byte once. */
static void test_flip(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 0; k < l.lines; k++) {
		for (char *p = l.line[k]; p < l.line[k + 1]; p++) {
			char was = *p;
			struct iq_audit_report r;

			*p = (char)(was ^ (1 << ((p - l.text) % 8)));
			file_write(&l.x, l.name, l.text, l.n);
			r = world_verify(&l.x);
			*p = was;
			if (r.intact || r.first_bad != (k ? k : 1))
				print_error("line %zu byte %zd: %d %llu\n", k, p - l.line[k],
					r.intact, (unsigned long long)r.first_bad);
			assert_false(r.intact);
			/* a header that goes is the first entry's beginning */
			assert_int_equal(r.first_bad, k ? k : 1);
		}
	}
	restore(&l);
	log_free(&l);
}

static void test_delete(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 1; k < l.lines; k++) {
		const char *const part[][2] = {{l.text, l.line[k]}, {l.line[k + 1], l.text + l.n}};

		rewrite(&l, part, 2);
		expect_bad(&l, k, l.name, k + 1);
	}
	restore(&l);
	log_free(&l);
}

static void test_swap(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 1; k + 1 < l.lines; k++) {
		const char *const part[][2] = {{l.text, l.line[k]}, {l.line[k + 1], l.line[k + 2]},
			{l.line[k], l.line[k + 1]}, {l.line[k + 2], l.text + l.n}};

		rewrite(&l, part, 4);
		expect_bad(&l, k, l.name, k + 1);
	}
	restore(&l);
	log_free(&l);
}

/* A copy of another entry, and one that was made up. */
static void test_insert(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 1; k <= l.lines; k++) {
		size_t other = k > 25 ? 3 : 40;
		const char *const part[][2] = {{l.text, l.line[k]},
			{l.line[other], l.line[other + 1]}, {l.line[k], l.text + l.n}};

		rewrite(&l, part, 3);
		expect_bad(&l, k, l.name, k + 1);

		struct iq_audit_mark mark = {.number = k - 1, .hash = {7}};
		struct iq_audit_entry e = disclosed("erika", 3, iq_now_us());
		struct iq_buf b;

		iq_buf_init(&b, 0);
		iq_audit_line_write(&b, &mark, &e, "", false);
		const char *const made[][2] = {{l.text, l.line[k]},
			{(char *)b.p, (char *)b.p + b.n}, {l.line[k], l.text + l.n}};

		rewrite(&l, made, 3);
		expect_bad(&l, k, l.name, k + 1);
		iq_buf_free(&b);
	}
	restore(&l);
	log_free(&l);
}

static void test_cut(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 1; k < l.lines; k++) {
		file_write(&l.x, l.name, l.text, (size_t)(l.line[k] - l.text));
		expect_bad(&l, k, l.name, k + 1);
		/* in the middle of a line */
		file_write(&l.x, l.name, l.text, (size_t)(l.line[k] - l.text) + 20);
		struct iq_audit_report r = world_verify(&l.x);

		assert_false(r.intact);
		assert_int_equal(r.first_bad, k);
		/* and no daemon starts on it */
		assert_int_equal(world_open(&l.x), IQ_ERR_INTERNAL);
		assert_non_null(l.x.error.hint);
	}
	restore(&l);
	log_free(&l);
}

/* The whole chain made anew from some entry on, with all hashes right. */
static void test_forged(void **state)
{
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t k = 1; k < l.lines; k += 7) {
		struct iq_audit_mark mark;
		struct iq_buf b;

		iq_buf_init(&b, 0);
		assert_true(iq_audit_header_read(
			(struct iq_str){l.text, (size_t)(l.line[1] - l.text) - 1}, &mark));
		iq_buf_add(&b, l.text, (size_t)(l.line[1] - l.text));
		for (size_t i = 1; i < l.lines; i++) {
			struct iq_audit_line line;
			bool counted;
			char pseudonym[IQ_AUDIT_HEX] = "";

			assert_true(iq_audit_line_read(
				(struct iq_str){l.line[i], (size_t)(l.line[i + 1] - l.line[i]) - 1},
				&line, &counted));
			snprintf(pseudonym, sizeof(pseudonym), "%.*s", IQ_STR_ARG(line.pseudonym));
			if (i == k)
				line.entry.principal = IQ_STR("erika");
			iq_audit_line_write(&b, &mark, &line.entry, pseudonym, counted);
		}
		file_write(&l.x, l.name, (char *)b.p, b.n);
		iq_buf_free(&b);
		/* The signature of the head entry, the last one, no longer fits. */
		expect_bad(&l, ENTRIES + 1, l.name, l.lines);
		assert_int_equal(world_open(&l.x), IQ_ERR_INTERNAL);
	}
	restore(&l);
	log_free(&l);
}

static void test_signature(void **state)
{
	static const char *const names[] = {"head", "sign.pub"};
	struct log l;

	(void)state;
	log_new(&l);
	for (size_t i = 0; i < 2; i++) {
		size_t n;
		char *text = file_read(&l.x, names[i], &n);

		for (size_t at = 0; at < n; at++) {
			struct iq_audit_report r;
			char was = text[at];

			text[at] = (char)(was ^ 1 << (at % 8));
			file_write(&l.x, names[i], text, n);
			r = world_verify(&l.x);
			assert_false(r.intact);
			assert_non_null(r.finding);
			text[at] = was;
		}
		assert_int_equal(unlink(file_path(&l.x, names[i])), 0);
		expect_bad(&l, ENTRIES + 2, names[i], 1);
		file_write(&l.x, names[i], text, n);
		free(text);
	}
	restore(&l);
	log_free(&l);
}

/* Months, each taken away. */
static void test_segment(void **state)
{
	static const int64_t day = 86400000000;
	struct audit_world x;
	int64_t now = iq_now_us();
	char name[4][16];

	(void)state;
	world_new(&x);
	for (int m = 0; m < 4; m++) {
		int64_t us = now + m * 31 * day;

		snprintf(name[m], sizeof(name[m]), "%s", segment_at(us));
		for (iq_num i = 0; i < 10; i++)
			assert_true(world_write(&x, disclosed("max", 1 + i, us)));
	}
	world_close(&x);
	assert_intact(&x, 41);
	for (int m = 0; m < 4; m++) {
		size_t n;
		char *text = file_read(&x, name[m], &n);
		struct iq_audit_report r;

		assert_int_equal(unlink(file_path(&x, name[m])), 0);
		r = world_verify(&x);
		assert_false(r.intact);
		assert_int_equal(r.first_bad, 10 * m + 1);
		assert_true(r.file[0] != '\0');
		if (m > 0) /* what is before the first file, only verifying sees */
			assert_int_equal(world_open(&x), IQ_ERR_INTERNAL);
		file_write(&x, name[m], text, n);
		free(text);
	}
	assert_intact(&x, 41);
	world_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_delete),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_insert),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_segment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
