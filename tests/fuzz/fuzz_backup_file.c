/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups from somebody else. The first byte says what the rest is: 'h' a whole file, 'k' a key
 * file, 'i' what is inside of a file that is sealed for the right key: who has the public key can
 * make one. Whatever it is, nothing is written outside of the directory, and after a refusal
 * nothing is in it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>

#include "backup.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[64], state[128], file[128];
static struct iq_backup_key key = {.kind = IQ_BACKUP_SECRET};

/* Entries of a directory beside those that every one has. */
static size_t count(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	require(d != NULL);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static void end(void)
{
	iq_backup_undo(state);
	rmdir(state);
	unlink(file);
	rmdir(dir);
}

static void begin(void)
{
	static const uint8_t seed[crypto_box_SEEDBYTES] = "a key for tests, known to all";

	require(sodium_init() >= 0);
	require(crypto_box_seed_keypair(key.public, key.secret, seed) == 0);
	scratch_make(dir);
	snprintf(state, sizeof(state), "%s/state", dir);
	snprintf(file, sizeof(file), "%s/file", dir);
	require(mkdir(state, 0700) == 0);
	atexit(end);
}

static int make_file(void)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	require(fd >= 0);
	return fd;
}

static void restore(struct iq_error *error)
{
	const struct iq_backup_ask ask = {.dir = state, .file = file, .key = &key};
	struct iq_backup_report report;

	if (iq_backup_restore(&ask, 1, &report, error) == IQ_OK) {
		require(count(state) > 0);
		iq_backup_undo(state);
	}
	require(error->code == IQ_OK || error->text != NULL);
	require(count(state) == 0 && count(dir) == 2);
}

static void whole(const uint8_t *p, size_t n, struct iq_error *error)
{
	int fd = make_file();

	require(write(fd, p, n) == (ssize_t)n);
	close(fd);
	restore(error);
}

static void inside(const uint8_t *p, size_t n, struct iq_error *error)
{
	const struct iq_backup_head head = {
		.expires_us = INT64_MAX, .server = "localhost", .version = "0"};
	struct iq_seal *s;
	int fd = make_file();

	require(iq_seal_begin(fd, &head, &key, &s, error) == IQ_OK);
	require(iq_seal_add(s, p, n) && iq_seal_end(s, error) == IQ_OK);
	close(fd);
	restore(error);
}

static void key_file(const uint8_t *p, size_t n, struct iq_error *error)
{
	struct iq_backup_key out;
	int fd = make_file();

	require(write(fd, p, n) == (ssize_t)n);
	close(fd);
	if (iq_backup_key_read(file, &out, error) == IQ_OK) {
		require(out.kind == IQ_BACKUP_PUBLIC || out.kind == IQ_BACKUP_SECRET);
		iq_backup_key_forget(&out);
	} else {
		require(error->text != NULL);
	}
	iq_error_init(error, error->arena);
	if (iq_backup_phrase_read(file, &out, error) == IQ_OK)
		require(out.kind == IQ_BACKUP_PASSPHRASE && out.nphrase <= sizeof(out.phrase));
	iq_backup_key_forget(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct iq_arena arena;
	struct iq_error error;

	if (dir[0] == '\0')
		begin();
	if (n == 0)
		return 0;
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (data[0] == 'h')
		whole(data + 1, n - 1, &error);
	else if (data[0] == 'i')
		inside(data + 1, n - 1, &error);
	else if (data[0] == 'k')
		key_file(data + 1, n - 1, &error);
	iq_arena_free(&arena);
	return 0;
}
