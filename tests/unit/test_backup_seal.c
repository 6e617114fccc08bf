/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed file, its expiry, keys, and the list of erasures. */
#include <fcntl.h>
#include <sys/stat.h>

#include "backup.h"
#include "erasures.h"
#include "store_help.h"

struct place {
	char dir[64], file[96];
	struct iq_arena arena;
	struct iq_error error;
	struct iq_backup_key public, secret;
};

static const char *in(struct place *p, const char *name)
{
	return iq_arena_printf(&p->arena, "%s/%s", p->dir, name);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	iq_arena_init(&p->arena, 0);
	iq_error_init(&p->error, &p->arena);
	strcpy(p->dir, "/tmp/iq-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof(p->file), "%s/sealed", p->dir);
	assert_int_equal(iq_backup_key_make(in(p, "key"), &p->error), IQ_OK);
	assert_int_equal(iq_backup_key_read(in(p, "key"), &p->secret, &p->error), IQ_OK);
	assert_int_equal(iq_backup_key_read(in(p, "key.pub"), &p->public, &p->error), IQ_OK);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = {"key", "key.pub", "sealed", "erasures", "list"};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in(p, names[i]));
	assert_int_equal(rmdir(p->dir), 0);
	iq_arena_free(&p->arena);
	free(p);
	return 0;
}

/* n bytes that follow a pattern, in pieces of odd sizes. */
static void write_sealed(struct place *p, size_t n, const struct iq_backup_key *key)
{
	const struct iq_backup_head head = {.made_us = 1000000,
		.expires_us = 2000000,
		.revision = 17,
		.generation = 0xfeed,
		.server = "directory.example.org",
		.version = "1"};
	int fd = open(p->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct iq_seal *s;

	assert_int_equal(iq_seal_begin(fd, &head, key, &s, &p->error), IQ_OK);
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(i * 7 + i / 251);

		assert_true(iq_seal_add(s, &byte, 1));
	}
	assert_int_equal(iq_seal_end(s, &p->error), IQ_OK);
	close(fd);
}

static void read_sealed(struct place *p, size_t n, const struct iq_backup_key *key)
{
	int fd = open(p->file, O_RDONLY);
	struct iq_backup_head head;
	struct iq_unseal *u;
	uint8_t byte;

	assert_int_equal(iq_unseal_begin(fd, key, &head, &u, &p->error), IQ_OK);
	assert_int_equal(head.revision, 17);
	assert_int_equal(head.generation, 0xfeed);
	assert_int_equal(head.made_us, 1000000);
	assert_int_equal(head.expires_us, 2000000);
	assert_string_equal(head.server, "directory.example.org");
	for (size_t i = 0; i < n; i++) {
		assert_true(iq_unseal_read(u, &byte, 1));
		assert_int_equal(byte, (uint8_t)(i * 7 + i / 251));
	}
	assert_true(iq_unseal_ended(u));
	assert_false(iq_unseal_read(u, &byte, 1));
	iq_unseal_free(u);
	close(fd);
}

/* Around the ends of pieces. */
static void test_sizes(void **state)
{
	static const size_t sizes[] = {0, 1, IQ_BACKUP_PIECE - 1, IQ_BACKUP_PIECE,
		IQ_BACKUP_PIECE + 1, 3 * IQ_BACKUP_PIECE, 200000};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		write_sealed(p, sizes[i], &p->public);
		read_sealed(p, sizes[i], &p->secret);
	}
}

/* Reads it all; IQ_OK only if nothing is wrong. */
static enum iq_err read_all(struct place *p)
{
	int fd = open(p->file, O_RDONLY);
	struct iq_backup_head head;
	struct iq_unseal *u;
	struct iq_error error;
	uint8_t byte;
	enum iq_err err;

	iq_error_init(&error, &p->arena);
	err = iq_unseal_begin(fd, &p->secret, &head, &u, &error);
	if (err == IQ_OK) {
		while (!iq_unseal_ended(u) && iq_unseal_read(u, &byte, 1))
			;
		if (!iq_unseal_ended(u))
			err = iq_unseal_why(u, &error);
	}
	iq_unseal_free(u);
	close(fd);
	return err;
}

static void test_any_bit(void **state)
{
	struct place *p = *state;
	struct stat st;

	write_sealed(p, 300, &p->public);
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(read_all(p), IQ_OK);
	int fd = open(p->file, O_RDWR);

	for (off_t at = 0; at < st.st_size; at++) {
		uint8_t was, is;

		assert_int_equal(pread(fd, &was, 1, at), 1);
		is = was ^ 1;
		assert_int_equal(pwrite(fd, &is, 1, at), 1);
		if (read_all(p) == IQ_OK)
			fail_msg("byte %lld", (long long)at);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	for (off_t n = st.st_size - 1; n >= 0; n--) {
		assert_int_equal(ftruncate(fd, n), 0);
		assert_int_not_equal(read_all(p), IQ_OK);
	}
	close(fd);
}

static void test_keys(void **state)
{
	struct place *p = *state;
	struct iq_backup_key k;

	assert_int_equal(iq_backup_key_make(in(p, "key"), &p->error), IQ_ERR_CONFLICT);
	iq_error_init(&p->error, &p->arena);
	assert_int_equal(chmod(in(p, "key"), 0640), 0);
	assert_int_equal(iq_backup_key_read(in(p, "key"), &k, &p->error), IQ_ERR_USAGE);
	assert_memory_equal(p->secret.public, p->public.public, IQ_BACKUP_KEY);
}

static void test_expired(void **state)
{
	struct place *p = *state;
	struct iq_backup_report r;
	struct iq_backup_ask ask = {.file = p->file, .key = &p->secret};

	ask.dir = in(p, "state");
	write_sealed(p, 300, &p->public);
	assert_int_equal(iq_backup_restore(&ask, 2000000, &r, &p->error), IQ_ERR_REJECTED);
	assert_non_null(strstr(p->error.text, "expired"));
	assert_int_equal(access(ask.dir, F_OK), -1);
	/* A moment before it is not; what is in it is no directory, though. */
	iq_error_init(&p->error, &p->arena);
	assert_int_equal(iq_backup_restore(&ask, 1999999, &r, &p->error), IQ_ERR_REJECTED);
	assert_null(strstr(p->error.text, "expired"));
	assert_int_equal(rmdir(ask.dir), 0); /* empty */
}

/* ---- erasures ------------------------------------------------------------------------------- */

static size_t erased(struct place *p, const char *file, uint64_t generation, int64_t since,
	iq_num next, iq_num **out)
{
	size_t n;

	assert_int_equal(
		iq_erasures_read(file, generation, since, next, out, &n, &p->error), IQ_OK);
	return n;
}

static void test_erasures(void **state)
{
	struct place *p = *state;
	const char *file = in(p, "erasures");
	iq_num *num;

	assert_true(iq_erasures_add(p->dir, 1, (iq_num[]){7, 3}, 2, 100));
	assert_true(iq_erasures_add(p->dir, 1, (iq_num[]){3, 9, 40}, 3, 200));
	assert_int_equal(erased(p, file, 1, 50, 50, &num), 4);
	assert_int_equal(num[0], 3);
	assert_int_equal(num[3], 40);
	/* those of before the backup are not in it, or somebody else */
	assert_int_equal(erased(p, file, 1, 100, 50, &num), 3);
	/* given after the backup */
	assert_int_equal(erased(p, file, 1, 50, 40, &num), 3);
	/* another server */
	assert_int_equal(erased(p, file, 2, 0, 50, &num), 0);
}

/* A backup of 1 was restored as 2 when numbers up to 19 were given; then 5 and 20 were erased. */
static void test_lineage(void **state)
{
	struct place *p = *state;
	const char *file = in(p, "erasures");
	iq_num *num;

	assert_true(iq_erasures_add(p->dir, 1, (iq_num[]){7}, 1, 100));
	assert_int_equal(rename(file, in(p, "list")), 0);
	assert_true(iq_erasures_restored(p->dir, in(p, "list"), 150, 1, 2, 20));
	assert_true(iq_erasures_add(p->dir, 2, (iq_num[]){5, 20}, 2, 200));
	assert_int_equal(erased(p, file, 1, 50, 100, &num), 2);
	assert_int_equal(num[0], 5);
	assert_int_equal(num[1], 7);
	/* a backup of 2 has nothing to do with what was erased in 1 */
	assert_int_equal(erased(p, file, 2, 160, 100, &num), 2);
	assert_int_equal(num[0], 5);
	assert_int_equal(num[1], 20);
}

static void test_foreign_list(void **state)
{
	struct place *p = *state;
	iq_num *num;
	size_t n;

	assert_int_equal(
		iq_erasures_read(in(p, "key"), 1, 0, 9, &num, &n, &p->error), IQ_ERR_USAGE);
	iq_error_init(&p->error, &p->arena);
	assert_int_equal(
		iq_erasures_read(in(p, "none"), 1, 0, 9, &num, &n, &p->error), IQ_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_bit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(test_erasures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lineage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
