/* SPDX-License-Identifier: Apache-2.0 */
/* Key files and passphrases of backups. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "i18n.h"
#include "io.h"

#define SECRET_LINE "iq-backup-secret-key 1 "
#define PUBLIC_LINE "iq-backup-public-key 1 "
enum { LINE_MAX_ = 256, PHRASE_LEAST = 12 };

_Static_assert(crypto_box_PUBLICKEYBYTES == IQ_BACKUP_KEY, "keys of X25519");
_Static_assert(crypto_box_SECRETKEYBYTES == IQ_BACKUP_KEY, "keys of X25519");

static enum iq_err no_random(struct iq_error *error)
{
	return iq_error_set(
		error, IQ_ERR_INTERNAL, N_("The system gives no random numbers."), NULL, NULL);
}

static enum iq_err cannot_write(const char *path, struct iq_error *error)
{
	if (errno == EEXIST)
		return iq_error_set(error, IQ_ERR_CONFLICT, N_("{0} exists already."),
			N_("Choose another name; backups made for a lost key cannot be read."),
			path, NULL);
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The file {0} cannot be written: {1}."),
		N_("Check the path, its owner and the free space."), path, strerror(errno), NULL);
}

static enum iq_err write_key(const char *path, const char *head, const uint8_t key[IQ_BACKUP_KEY],
	mode_t mode, struct iq_error *error)
{
	char hex[2 * IQ_BACKUP_KEY + 1], text[LINE_MAX_];
	enum iq_err err = IQ_OK;

	sodium_bin2hex(hex, sizeof(hex), key, IQ_BACKUP_KEY);
	int n = snprintf(text, sizeof(text), "%s%s\n", head, hex);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0) {
		err = cannot_write(path, error);
	} else if (!iq_write_all(fd, text, (size_t)n) || fsync(fd) != 0) {
		err = cannot_write(path, error);
		(void)unlink(path);
	}
	if (fd >= 0)
		close(fd);
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(text, sizeof(text));
	return err;
}

enum iq_err iq_backup_key_make(const char *file, struct iq_error *error)
{
	uint8_t public[IQ_BACKUP_KEY], secret[IQ_BACKUP_KEY];
	char *pub;
	enum iq_err err;

	if (sodium_init() < 0)
		return no_random(error);
	if (asprintf(&pub, "%s.pub", file) < 0)
		return iq_error_set(
			error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
	crypto_box_keypair(public, secret);
	err = write_key(file, SECRET_LINE, secret, 0600, error);
	if (err == IQ_OK) {
		err = write_key(pub, PUBLIC_LINE, public, 0644, error);
		if (err != IQ_OK)
			(void)unlink(file);
	}
	sodium_memzero(secret, sizeof(secret));
	free(pub);
	return err;
}

/* Up to max - 1 bytes; *open_to_others: more than its owner can read it. -1: errno. */
static ssize_t slurp(const char *file, char *out, size_t max, bool *open_to_others)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		*open_to_others = S_ISREG(st.st_mode) && (st.st_mode & 077) != 0;
		n = read(fd, out, max - 1);
	}
	if (n >= 0)
		out[n] = '\0';
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return n;
}

static enum iq_err cannot_read(const char *file, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("The file {0} cannot be read: {1}."),
		N_("Check the path and its owner."), file, strerror(errno), NULL);
}

static enum iq_err too_open(const char *file, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE,
		N_("{0} can be read by others, and with it every backup."), N_("chmod 600 {0}"),
		file, NULL);
}

static bool parse(const char *text, const char *head, uint8_t key[IQ_BACKUP_KEY])
{
	size_t n, len = strlen(head);

	return strncmp(text, head, len) == 0 &&
	       sodium_hex2bin(key, IQ_BACKUP_KEY, text + len, 2 * (size_t)IQ_BACKUP_KEY, NULL, &n,
		       NULL) == 0 &&
	       n == IQ_BACKUP_KEY;
}

enum iq_err iq_backup_key_read(const char *file, struct iq_backup_key *out, struct iq_error *error)
{
	char text[LINE_MAX_];
	bool others = false;
	enum iq_err err = IQ_OK;

	memset(out, 0, sizeof(*out));
	if (sodium_init() < 0)
		return no_random(error);
	if (slurp(file, text, sizeof(text), &others) < 0)
		return cannot_read(file, error);
	if (parse(text, PUBLIC_LINE, out->public)) {
		out->kind = IQ_BACKUP_PUBLIC;
	} else if (!parse(text, SECRET_LINE, out->secret)) {
		err = iq_error_set(error, IQ_ERR_USAGE, N_("{0} holds no key of backups."),
			N_("A pair is made with: iqd backup-key FILE"), file, NULL);
	} else if (others) {
		err = too_open(file, error);
	} else {
		out->kind = IQ_BACKUP_SECRET;
		crypto_scalarmult_base(out->public, out->secret);
	}
	sodium_memzero(text, sizeof(text));
	return err;
}

enum iq_err iq_backup_phrase_read(
	const char *file, struct iq_backup_key *out, struct iq_error *error)
{
	bool others = false;
	ssize_t n;

	memset(out, 0, sizeof(*out));
	out->kind = IQ_BACKUP_PASSPHRASE;
	if (sodium_init() < 0)
		return no_random(error);
	n = slurp(file, out->phrase, sizeof(out->phrase), &others);
	if (n < 0)
		return cannot_read(file, error);
	out->nphrase = strcspn(out->phrase, "\r\n");
	if (others)
		return too_open(file, error);
	if (out->nphrase >= PHRASE_LEAST && (size_t)n < sizeof(out->phrase) - 1)
		return IQ_OK;
	return iq_error_set(error, IQ_ERR_USAGE,
		N_("The first line of {0} is no passphrase of 12 to 1000 characters."),
		N_("For example: openssl rand -base64 24"), file, NULL);
}

void iq_backup_key_forget(struct iq_backup_key *k)
{
	sodium_memzero(k, sizeof(*k));
}

void iq_backup_key_name(const uint8_t public[IQ_BACKUP_KEY], char out[17])
{
	sodium_bin2hex(out, 17, public, 8);
}
