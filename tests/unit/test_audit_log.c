/* SPDX-License-Identifier: Apache-2.0 */
/* Submitting, crashes, full disks. */

#include "audit_help.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

/* ---- what is written comes back ------------------------------------------------------------- */

struct seen {
	uint64_t n, last;
	struct iq_audit_line line;
	char text[8][300];
};

static bool on_line(void *arg, const struct iq_audit_line *line)
{
	struct seen *s = arg;

	s->n++;
	assert_true(line->number > s->last);
	s->last = line->number;
	s->line = *line;
	snprintf(s->text[0], 300, "%.*s", IQ_STR_ARG(line->entry.principal));
	snprintf(s->text[1], 300, "%.*s", IQ_STR_ARG(line->entry.purpose));
	snprintf(s->text[2], 300, "%.*s", IQ_STR_ARG(line->entry.peer));
	snprintf(s->text[3], 300, "%.*s", IQ_STR_ARG(line->pseudonym));
	return true;
}

static uint64_t count(struct audit_world *x, const struct iq_audit_filter *f, struct seen *s)
{
	memset(s, 0, sizeof(*s));
	iq_error_init(&x->error, &x->arena);
	assert_int_equal(iq_audit_each(x->a, f, on_line, s, &x->error), IQ_OK);
	return s->n;
}

static void test_round_trip(void **state)
{
	struct audit_world x;
	struct seen s;
	struct iq_audit_entry e = disclosed("max", 5, 1795368391415411);
	char pseudonym[IQ_AUDIT_HEX];

	(void)state;
	world_new(&x);
	e.revision = 77;
	e.count = 3;
	assert_true(world_write(&x, e));
	assert_int_equal(count(&x, NULL, &s), 1);
	assert_int_equal(s.line.entry.event, IQ_AUDIT_DISCLOSED);
	assert_int_equal(s.line.entry.time_us, e.time_us);
	assert_int_equal(s.line.entry.revision, 77);
	assert_int_equal(s.line.entry.count, 3);
	assert_memory_equal(s.line.entry.request_id, e.request_id, 16);
	assert_string_equal(s.text[0], "max");
	assert_string_equal(s.text[1], "referral");
	assert_string_equal(s.text[2], "192.0.2.7");
	assert_true(iq_audit_pseudonym(x.dir, 5, pseudonym));
	assert_string_equal(s.text[3], pseudonym);
	/* the number of the contact is nowhere, and another one has another pseudonym */
	assert_true(world_write(&x, disclosed("erika", 6, e.time_us + 1)));
	assert_int_equal(count(&x, &(struct iq_audit_filter){.subject = 5}, &s), 1);
	assert_int_equal(count(&x, &(struct iq_audit_filter){.subject = 9}, &s), 0);
	assert_int_equal(count(&x, &(struct iq_audit_filter){.principal = IQ_STR("erika")}, &s), 1);
	assert_int_equal(count(&x, &(struct iq_audit_filter){.since_us = e.time_us + 1}, &s), 1);
	assert_int_equal(count(&x, &(struct iq_audit_filter){.until_us = e.time_us + 1}, &s), 1);
	world_free(&x);
}

/* What comes from peers can neither end a line nor a column, nor is it too long. */
static void test_escaping(void **state)
{
	struct audit_world x;
	struct seen s;
	char big[5000];

	(void)state;
	world_new(&x);
	memset(big, '\n', sizeof(big));
	struct iq_audit_entry e = disclosed("a\tb\nc\x1b[2J\x7f\xff", 1, iq_now_us());

	e.purpose = (struct iq_str){big, sizeof(big)};
	e.institution = (struct iq_str){big, sizeof(big)};
	e.classes = (struct iq_str){big, sizeof(big)};
	e.operation = (struct iq_str){big, sizeof(big)};
	e.peer = IQ_STR("Jöhstadt\0x");
	assert_true(world_write(&x, e));
	assert_true(world_write(&x, disclosed("max", 1, iq_now_us())));
	assert_int_equal(count(&x, NULL, &s), 2);
	/* found again by what it was */
	assert_int_equal(count(&x, &(struct iq_audit_filter){.principal = e.principal}, &s), 1);
	assert_string_equal(s.text[0], "a\\x09b\\x0ac\\x1b[2J\\x7f\\xff");
	assert_string_equal(s.text[2], "Jöhstadt\\x00x");
	world_close(&x);
	assert_intact(&x, 3);
	assert_int_equal(world_open(&x), IQ_OK);
	world_free(&x);
}

/* ---- many threads --------------------------------------------------------------------------- */

enum { THREADS = 8, EACH = 300 };

static struct audit_world shared;

static void *submitter(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	char name[16];

	snprintf(name, sizeof(name), "p-%u", me);
	for (unsigned i = 1; i <= EACH; i++) {
		struct iq_audit_entry e = disclosed(name, 1 + i % 20, iq_now_us());

		e.revision = i;
		if (i % 3 == 0)
			iq_audit_note(shared.a, &e);
		else if (!world_write(&shared, e))
			return "not written";
		(void)iq_audit_quota(shared.a, e.principal, e.subject, 20000, e.time_us, false);
		if (!iq_audit_writable(shared.a))
			return "not writable";
	}
	return NULL;
}

struct orders {
	uint64_t last[THREADS], n;
};

static bool in_order(void *arg, const struct iq_audit_line *line)
{
	struct orders *o = arg;
	unsigned who;

	if (sscanf(line->entry.principal.p, "p-%u", &who) != 1 || who >= THREADS)
		return true;
	assert_int_equal(line->entry.revision, o->last[who] + 1);
	o->last[who]++;
	o->n++;
	return true;
}

static void test_threads(void **state)
{
	pthread_t t[THREADS];
	struct orders o = {.n = 0};

	(void)state;
	world_new(&shared);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, submitter, (void *)i), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *why;

		pthread_join(t[i], &why);
		assert_null(why);
	}
	world_close(&shared);
	iq_error_init(&shared.error, &shared.arena);
	assert_int_equal(iq_audit_scan(shared.dir, NULL, in_order, &o, &shared.error), IQ_OK);
	assert_int_equal(o.n, THREADS * EACH);
	assert_intact(&shared, 0);
	world_free(&shared);
}

/* ---- crashes -------------------------------------------------------------------------------- */

/* As if the machine had stopped: files as they are, without the head at closing. */
static void crash(struct audit_world *x, const char *name, const char *tail, size_t n)
{
	size_t len, head_len;
	char *text = file_read(x, name, &len), *head = file_read(x, "head", &head_len);
	char *all = malloc(len + n);

	assert_non_null(all);
	memcpy(all, text, len);
	memcpy(all + len, tail, n);
	world_close(x);
	file_write(x, name, all, len + n);
	file_write(x, "head", head, head_len);
	free(all);
	free(text);
	free(head);
}

static void test_torn(void **state)
{
	static const struct {
		const char *tail;
		size_t n;
	} tails[] = {{"", 0}, {"5\t17", 4}, {"\0\0\0\0\n5\tx\n", 9}, {"x", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		struct audit_world x;
		struct seen s;

		world_new(&x);
		for (iq_num k = 1; k <= 4; k++)
			assert_true(world_write(&x, disclosed("max", k, iq_now_us())));
		crash(&x, segment_at(iq_now_us()), tails[i].tail, tails[i].n);
		assert_int_equal(world_open(&x), IQ_OK);
		assert_true(world_write(&x, disclosed("max", 9, iq_now_us())));
		world_close(&x);
		assert_int_equal(world_open(&x), IQ_OK);
		assert_intact(&x, 0);
		/* what was cut off is noted, what was written is there */
		count(&x, &(struct iq_audit_filter){.principal = IQ_STR("max")}, &s);
		assert_int_equal(s.n, 5);
		world_close(&x);
		size_t len;
		char *text = file_read(&x, segment_at(iq_now_us()), &len);

		assert_int_equal(strstr(text, "torn-line-cut") != NULL, tails[i].n > 0);
		free(text);
		world_free(&x);
	}
}

/* A whole line that does not fit is no crash. */
static void test_no_crash(void **state)
{
	struct audit_world x;

	(void)state;
	world_new(&x);
	assert_true(world_write(&x, disclosed("max", 1, iq_now_us())));
	crash(&x, segment_at(iq_now_us()), "2\tmade up\n", 10);
	assert_int_equal(world_open(&x), IQ_ERR_INTERNAL);
	assert_non_null(x.error.text);
	assert_non_null(x.error.hint);
	assert_true(iq_str_is(x.error.args[0], segment_at(iq_now_us())));
	assert_true(iq_str_is(x.error.args[1], "3"));
	world_free(&x);
}

/* ---- a full disk ---------------------------------------------------------------------------- */

static void limit(rlim_t bytes)
{
	struct rlimit r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &r), 0);
	r.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &r), 0);
}

static void wait_writable(struct audit_world *x)
{
	for (int i = 0; i < 600 && !iq_audit_writable(x->a); i++)
		usleep(50000);
	assert_true(iq_audit_writable(x->a));
}

static void test_full(void **state)
{
	struct audit_world x;
	struct seen s;
	uint64_t good = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	world_new(&x);
	/* keys first: their file is longer than the limit otherwise */
	while (good < 20)
		good += world_write(&x, disclosed("max", 1 + (iq_num)good % 3, iq_now_us()));
	limit(8192);
	while (good < 1000 && world_write(&x, disclosed("max", 1, iq_now_us())))
		good++;
	assert_true(good < 1000);
	limit(1); /* what is shorter than an entry does not fit either */
	assert_false(world_write(&x, disclosed("max", 1, iq_now_us())));
	assert_false(iq_audit_writable(x.a));
	limit(RLIM_INFINITY);
	wait_writable(&x);
	assert_true(world_write(&x, disclosed("max", 2, iq_now_us())));
	count(&x, &(struct iq_audit_filter){.principal = IQ_STR("max")}, &s);
	assert_int_equal(s.n, good + 1);
	world_close(&x);
	assert_intact(&x, 0);

	size_t n;
	char *text = file_read(&x, segment_at(iq_now_us()), &n);

	assert_non_null(strstr(text, "entries-lost"));
	free(text);
	world_free(&x);
}

/* ---- a disk that fails ---------------------------------------------------------------------- */

static _Atomic bool broken;

static bool fault(void *arg)
{
	(void)arg;
	errno = EIO;
	return !broken;
}

static void test_fault(void **state)
{
	struct audit_world x;
	struct seen s;

	(void)state;
	world_new(&x);
	x.a->fault = fault; /* nothing was submitted yet */
	broken = false;
	assert_true(world_write(&x, disclosed("max", 1, iq_now_us())));
	broken = true;
	assert_false(world_write(&x, disclosed("max", 2, iq_now_us())));
	assert_false(iq_audit_writable(x.a));
	broken = false;
	wait_writable(&x);
	assert_true(world_write(&x, disclosed("max", 3, iq_now_us())));
	/* what failed is not there, not even half */
	count(&x, &(struct iq_audit_filter){.principal = IQ_STR("max")}, &s);
	assert_int_equal(s.n, 2);
	world_close(&x);
	assert_intact(&x, 0);
	world_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_escaping),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_torn),
		cmocka_unit_test(test_no_crash),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
