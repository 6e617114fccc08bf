/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the pseudonyms, and the signed head. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_priv.h"

enum { KEY = 32, AHEAD = 1 << 20 /* bytes of keys reserved on the disk */ };

#define HEAD_MAGIC "iq-audit-head 1"
enum { HEAD_MAX = 320 };

static int open_in(const char *audit_dir, const char *name, int flags)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", audit_dir, name) < 0)
		return -1;
	fd = open(path, flags | O_CLOEXEC, 0600);
	free(path);
	return fd;
}

/* ---- pseudonyms ----------------------------------------------------------------------------- */

static bool is_zero(const uint8_t key[KEY])
{
	return sodium_is_zero(key, KEY);
}

/* All zero if there is none. False: cannot be read. */
static bool read_key(int fd, iq_num subject, uint8_t key[KEY])
{
	ssize_t n = pread(fd, key, KEY, (off_t)subject * KEY);

	if (n < 0)
		return false;
	memset(key + n, 0, KEY - (size_t)n);
	if (n < KEY)
		memset(key, 0, KEY); /* a torn one was never used */
	return true;
}

static void pseudonym(const uint8_t key[KEY], iq_num subject, char out[IQ_AUDIT_HEX])
{
	const uint8_t number[4] = {(uint8_t)subject, (uint8_t)(subject >> 8),
		(uint8_t)(subject >> 16), (uint8_t)(subject >> 24)};
	uint8_t hash[IQ_AUDIT_HASH];

	crypto_generichash(hash, sizeof(hash), number, sizeof(number), key, KEY);
	iq_audit_hex(out, hash, sizeof(hash));
}

/* Room for the keys of the contacts to come. Best effort: without it, a key may fail to be
 * written, and with it the entry. */
static void reserve(struct iq_audit_keys *k, off_t need)
{
	if (need + AHEAD / 2 <= k->reserved)
		return;
	if (fallocate(k->fd, FALLOC_FL_KEEP_SIZE, need, AHEAD) == 0)
		k->reserved = need + AHEAD;
}

bool iq_audit_keys_open(struct iq_audit_keys *k, const char *audit_dir)
{
	struct stat st;

	k->fd = open_in(audit_dir, "subjects", O_RDWR | O_CREAT);
	if (k->fd < 0 || fstat(k->fd, &st) != 0)
		return false;
	reserve(k, st.st_size);
	return true;
}

void iq_audit_keys_close(struct iq_audit_keys *k)
{
	if (k->fd >= 0)
		close(k->fd);
	pthread_mutex_destroy(&k->lock);
}

bool iq_audit_keys_pseudonym(struct iq_audit_keys *k, iq_num subject, char out[IQ_AUDIT_HEX])
{
	uint8_t key[KEY];
	bool good;

	pthread_mutex_lock(&k->lock);
	good = read_key(k->fd, subject, key);
	if (good && is_zero(key)) {
		off_t at = (off_t)subject * KEY;

		randombytes_buf(key, sizeof(key));
		reserve(k, at + KEY);
		good = iq_audit_pwrite(k->fd, (struct iq_str){(const char *)key, KEY}, at);
		k->dirty = true;
	}
	pthread_mutex_unlock(&k->lock);
	if (good)
		pseudonym(key, subject, out);
	sodium_memzero(key, sizeof(key));
	return good;
}

bool iq_audit_keys_sync(struct iq_audit_keys *k)
{
	bool dirty, good;

	pthread_mutex_lock(&k->lock);
	dirty = k->dirty;
	k->dirty = false; /* what is written from now on is another's */
	pthread_mutex_unlock(&k->lock);
	good = !dirty || fdatasync(k->fd) == 0;
	if (!good) {
		pthread_mutex_lock(&k->lock);
		k->dirty = true;
		pthread_mutex_unlock(&k->lock);
	}
	return good;
}

bool iq_audit_keys_forget(struct iq_audit_keys *k, iq_num subject)
{
	uint8_t key[KEY];
	bool good;

	pthread_mutex_lock(&k->lock);
	good = read_key(k->fd, subject, key);
	if (good && !is_zero(key)) {
		memset(key, 0, sizeof(key));
		good = iq_audit_pwrite(k->fd, (struct iq_str){(const char *)key, KEY},
			       (off_t)subject * KEY) &&
		       fdatasync(k->fd) == 0;
	}
	pthread_mutex_unlock(&k->lock);
	return good;
}

bool iq_audit_pseudonym(const char *dir, iq_num subject, char out[65])
{
	char *audit_dir = iq_audit_path(dir);
	int fd = audit_dir ? open_in(audit_dir, "subjects", O_RDONLY) : -1;
	uint8_t key[KEY] = {0};
	bool there = fd >= 0 && subject != IQ_NONE && read_key(fd, subject, key) && !is_zero(key);

	if (there)
		pseudonym(key, subject, out);
	sodium_memzero(key, sizeof(key));
	if (fd >= 0)
		close(fd);
	free(audit_dir);
	return there;
}

/* ---- signatures ----------------------------------------------------------------------------- */

static bool write_hex(const char *audit_dir, const char *name, const uint8_t *p, size_t n)
{
	char text[2 * 64 + 2];

	iq_audit_hex(text, p, n);
	text[2 * n] = '\n';
	bool good = iq_audit_replace(audit_dir, name, (struct iq_str){text, 2 * n + 1});

	sodium_memzero(text, sizeof(text));
	return good;
}

static bool read_hex(const char *audit_dir, const char *name, uint8_t *p, size_t n)
{
	char text[2 * 64 + 2];
	ssize_t got = iq_audit_slurp(audit_dir, name, text, sizeof(text));
	bool good = got == (ssize_t)(2 * n + 1) && text[2 * n] == '\n' &&
		    iq_audit_unhex(p, (struct iq_str){text, 2 * n}, n);

	if (got >= 0 && !good)
		errno = EINVAL;
	sodium_memzero(text, sizeof(text));
	return good;
}

bool iq_audit_sign_public(const char *audit_dir, uint8_t public[32])
{
	return read_hex(audit_dir, "sign.pub", public, 32);
}

bool iq_audit_sign_open(struct iq_audit_sign *s, const char *audit_dir, bool fresh)
{
	uint8_t public[32];

	if (read_hex(audit_dir, "sign.key", s->secret, sizeof(s->secret))) {
		/* The second half of an Ed25519 secret key is the public one. */
		memcpy(s->public, s->secret + 32, 32);
		if (fresh && !iq_audit_sign_public(audit_dir, public) && errno == ENOENT)
			return write_hex(audit_dir, "sign.pub", s->public, 32);
		return true;
	}
	if (!fresh || errno != ENOENT)
		return false;
	crypto_sign_keypair(s->public, s->secret);
	return write_hex(audit_dir, "sign.key", s->secret, sizeof(s->secret)) &&
	       write_hex(audit_dir, "sign.pub", s->public, sizeof(s->public));
}

/* What is signed; returns its length. */
static size_t head_text(char out[HEAD_MAX], const struct iq_audit_mark *mark, int64_t time_us)
{
	char hex[IQ_AUDIT_HEX];

	iq_audit_hex(hex, mark->hash, IQ_AUDIT_HASH);
	return (size_t)snprintf(out, HEAD_MAX, HEAD_MAGIC "\t%llu\t%lld\t%s",
		(unsigned long long)mark->number, (long long)time_us, hex);
}

void iq_audit_sign_mark(const struct iq_audit_sign *s, const struct iq_audit_mark *mark,
	int64_t time_us, char out[2 * IQ_AUDIT_SIGNATURE + 1])
{
	uint8_t signature[IQ_AUDIT_SIGNATURE];
	char text[HEAD_MAX];
	size_t n = head_text(text, mark, time_us);

	crypto_sign_detached(signature, NULL, (const uint8_t *)text, n, s->secret);
	iq_audit_hex(out, signature, sizeof(signature));
}

bool iq_audit_sign_good(const uint8_t public[32], const struct iq_audit_mark *mark, int64_t time_us,
	struct iq_str signature)
{
	uint8_t bytes[IQ_AUDIT_SIGNATURE];
	char text[HEAD_MAX];
	size_t n = head_text(text, mark, time_us);

	return iq_audit_unhex(bytes, signature, sizeof(bytes)) &&
	       crypto_sign_verify_detached(bytes, (const uint8_t *)text, n, public) == 0;
}

bool iq_audit_head_write(const char *audit_dir, const struct iq_audit_sign *s,
	const struct iq_audit_mark *mark, int64_t time_us)
{
	char text[HEAD_MAX + 2 * IQ_AUDIT_SIGNATURE + 2];
	size_t n = head_text(text, mark, time_us);

	text[n] = '\t';
	iq_audit_sign_mark(s, mark, time_us, text + n + 1);
	n += 1 + 2 * IQ_AUDIT_SIGNATURE;
	text[n++] = '\n';
	return iq_audit_replace(audit_dir, "head", (struct iq_str){text, n});
}

enum iq_audit_head iq_audit_head_read(
	const char *audit_dir, const uint8_t public[32], struct iq_audit_mark *mark)
{
	char text[HEAD_MAX + 2 * IQ_AUDIT_SIGNATURE + 2];
	ssize_t n = iq_audit_slurp(audit_dir, "head", text, sizeof(text));
	struct iq_str rest, magic, number, time, hash;
	uint64_t us;

	memset(mark, 0, sizeof(*mark));
	if (n < 0)
		return errno == ENOENT ? IQ_AUDIT_HEAD_MISSING : IQ_AUDIT_HEAD_BAD;
	if (n == 0 || text[n - 1] != '\n')
		return IQ_AUDIT_HEAD_BAD;
	rest = (struct iq_str){text, (size_t)n - 1};
	if (iq_str_cut(&rest, '\t', &magic) && iq_str_is(magic, HEAD_MAGIC) &&
		iq_str_cut(&rest, '\t', &number) && iq_audit_number(number, &mark->number) &&
		iq_str_cut(&rest, '\t', &time) && iq_audit_number(time, &us) &&
		iq_str_cut(&rest, '\t', &hash) && iq_audit_unhex(mark->hash, hash, IQ_AUDIT_HASH) &&
		rest.p != NULL && iq_audit_sign_good(public, mark, (int64_t)us, rest))
		return IQ_AUDIT_HEAD_GOOD;
	return IQ_AUDIT_HEAD_BAD;
}
