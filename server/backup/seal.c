/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed file: header, pieces of an authenticated stream. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "backup.h"
#include "i18n.h"
#include "io.h"

#define MAGIC "iq-backup 1\n"
enum {
	HEAD_MAX = 4096,
	KEY = crypto_secretstream_xchacha20poly1305_KEYBYTES,
	MORE = crypto_secretstream_xchacha20poly1305_ABYTES,
	STREAM_HEAD = crypto_secretstream_xchacha20poly1305_HEADERBYTES,
	SEALED = KEY + crypto_box_SEALBYTES,
	SALT = crypto_pwhash_SALTBYTES,
	/* Argon2id; what a file asks for is bounded when it is read */
	OPS = 4,
	OPS_MAX = 16,
	MIB = 64,
	MIB_MAX = 1024
};

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_BUSY, N_("There is not enough memory."), NULL, NULL);
}

static bool derive(const struct iq_backup_key *k, const uint8_t salt[SALT], unsigned ops,
	unsigned mib, uint8_t key[KEY])
{
	return crypto_pwhash(key, KEY, k->phrase, k->nphrase, salt, ops, (size_t)mib << 20,
		       crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* ---- writing -------------------------------------------------------------------------------- */

struct iq_seal {
	int fd, saved; /* saved: errno of the first failure */
	crypto_secretstream_xchacha20poly1305_state state;
	size_t n, nhead;
	bool first;
	char head[HEAD_MAX];
	uint8_t piece[IQ_BACKUP_PIECE], out[IQ_BACKUP_PIECE + MORE];
};

static void put_time(char *out, size_t max, int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, max, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* How the key is found again: a line of the header. False: no memory for Argon2. */
static bool lock_line(const struct iq_backup_key *k, uint8_t key[KEY], char *out, size_t max)
{
	char hex[2 * SEALED + 1];

	if (k->kind == IQ_BACKUP_PASSPHRASE) {
		uint8_t salt[SALT];

		randombytes_buf(salt, sizeof(salt));
		sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
		snprintf(out, max, "passphrase: argon2id %d %d %s\n", OPS, MIB, hex);
		return derive(k, salt, OPS, MIB, key);
	}
	uint8_t sealed[SEALED];
	char to[2 * IQ_BACKUP_KEY + 1];

	crypto_secretstream_xchacha20poly1305_keygen(key);
	if (crypto_box_seal(sealed, key, KEY, k->public) != 0)
		return false;
	sodium_bin2hex(hex, sizeof(hex), sealed, sizeof(sealed));
	sodium_bin2hex(to, sizeof(to), k->public, IQ_BACKUP_KEY);
	snprintf(out, max, "recipient: %s\nsealed: %s\n", to, hex);
	return true;
}

enum iq_err iq_seal_begin(int fd, const struct iq_backup_head *head,
	const struct iq_backup_key *key, struct iq_seal **out, struct iq_error *error)
{
	struct iq_seal *s = calloc(1, sizeof(*s));
	uint8_t secret[KEY], start[STREAM_HEAD];
	char made[32], expires[32], lock[512], hex[2 * STREAM_HEAD + 1];

	*out = NULL;
	if (s == NULL || sodium_init() < 0 || !lock_line(key, secret, lock, sizeof(lock))) {
		free(s);
		return no_memory(error);
	}
	s->fd = fd;
	s->first = true;
	crypto_secretstream_xchacha20poly1305_init_push(&s->state, start, secret);
	sodium_memzero(secret, sizeof(secret));
	sodium_bin2hex(hex, sizeof(hex), start, sizeof(start));
	put_time(made, sizeof(made), head->made_us);
	put_time(expires, sizeof(expires), head->expires_us);
	int n = snprintf(s->head, sizeof(s->head),
		MAGIC "made: %lld %s\nexpires: %lld %s\nrevision: %llu\ngeneration: %016llx\n"
		      "server: %s\nversion: %s\n%sstream: %s\n\n",
		(long long)head->made_us, made, (long long)head->expires_us, expires,
		(unsigned long long)head->revision, (unsigned long long)head->generation,
		head->server, head->version, lock, hex);

	s->nhead = (size_t)n;
	if (!iq_write_all(fd, s->head, s->nhead))
		s->saved = errno;
	*out = s;
	return IQ_OK;
}

static void push(struct iq_seal *s, uint8_t tag)
{
	unsigned long long n;

	if (s->saved != 0)
		return;
	crypto_secretstream_xchacha20poly1305_push(&s->state, s->out, &n, s->piece, s->n,
		s->first ? (const uint8_t *)s->head : NULL, s->first ? s->nhead : 0, tag);
	s->first = false;
	s->n = 0;
	if (!iq_write_all(s->fd, s->out, (size_t)n))
		s->saved = errno;
}

bool iq_seal_add(struct iq_seal *s, const void *p, size_t n)
{
	const uint8_t *from = p;

	while (n > 0 && s->saved == 0) {
		size_t room = IQ_BACKUP_PIECE - s->n, part = n < room ? n : room;

		memcpy(s->piece + s->n, from, part);
		s->n += part;
		from += part;
		n -= part;
		if (s->n == IQ_BACKUP_PIECE)
			push(s, 0);
	}
	return s->saved == 0;
}

enum iq_err iq_seal_end(struct iq_seal *s, struct iq_error *error)
{
	enum iq_err err = IQ_OK;

	push(s, crypto_secretstream_xchacha20poly1305_TAG_FINAL);
	if (s->saved == ENOSPC || s->saved == EDQUOT || s->saved == EFBIG)
		err = iq_error_set(error, IQ_ERR_QUOTA,
			N_("There is not enough room for the backup: {0}."),
			N_("Free space, or choose another disk, and try again."),
			strerror(s->saved), NULL);
	else if (s->saved != 0)
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("The backup cannot be written: {0}."),
			N_("Check the path, its owner and the free space."), strerror(s->saved),
			NULL);
	iq_seal_drop(s);
	return err;
}

void iq_seal_drop(struct iq_seal *s)
{
	if (s == NULL)
		return;
	sodium_memzero(s, sizeof(*s));
	free(s);
}

/* ---- reading -------------------------------------------------------------------------------- */

struct iq_unseal {
	int fd, saved;
	bool damaged, final;
	crypto_secretstream_xchacha20poly1305_state state;
	size_t n, at, nhead;
	size_t nraw; /* read ahead with the header */
	char head[HEAD_MAX + 1];
	uint8_t piece[IQ_BACKUP_PIECE], raw[IQ_BACKUP_PIECE + MORE];
};

/* Up to n bytes; fewer only at the end. False: errno. */
static bool read_fully(int fd, uint8_t *p, size_t n, size_t *got)
{
	*got = 0;
	while (*got < n) {
		ssize_t k = read(fd, p + *got, n - *got);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		if (k == 0)
			break;
		*got += (size_t)k;
	}
	return true;
}

static void pull(struct iq_unseal *u)
{
	size_t got, n = sizeof(u->raw);
	unsigned long long plain;
	uint8_t tag;

	if (u->saved != 0 || u->damaged || u->final)
		return;
	if (!read_fully(u->fd, u->raw + u->nraw, n - u->nraw, &got)) {
		u->saved = errno;
		return;
	}
	got += u->nraw;
	u->nraw = 0;
	u->at = u->n = 0;
	if (got < MORE ||
		crypto_secretstream_xchacha20poly1305_pull(&u->state, u->piece, &plain, &tag,
			u->raw, got, u->nhead ? (uint8_t *)u->head : NULL, u->nhead) != 0) {
		u->damaged = true;
		return;
	}
	u->nhead = 0;
	u->n = (size_t)plain;
	u->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (!u->final && got < n)
		u->damaged = true; /* cut off between two pieces */
	if (u->final && read(u->fd, u->raw, 1) != 0)
		u->damaged = true; /* something follows */
}

/* The value of "name: value"; false: no such line. */
static bool field(const char *head, const char *name, struct iq_str *out)
{
	struct iq_str rest = iq_str(head), line, key = iq_str(name);

	while (iq_str_cut(&rest, '\n', &line))
		if (iq_str_starts(line, key) && line.n > key.n + 1 && line.p[key.n] == ':') {
			*out = (struct iq_str){line.p + key.n + 2, line.n - key.n - 2};
			return true;
		}
	return false;
}

static bool number(const char *head, const char *name, int base, uint64_t *out)
{
	struct iq_str v;
	char text[32] = "", *end;

	if (!field(head, name, &v) || v.n == 0)
		return false;
	memcpy(text, v.p, v.n < sizeof(text) ? v.n : sizeof(text) - 1);
	errno = 0;
	*out = strtoull(text, &end, base);
	return errno == 0 && end != text && (*end == '\0' || *end == ' ');
}

static bool hex(struct iq_str v, uint8_t *out, size_t n)
{
	size_t got;

	return v.n == 2 * n && sodium_hex2bin(out, n, v.p, v.n, NULL, &got, NULL) == 0 && got == n;
}

static void text(const char *head, const char *name, char *out, size_t max)
{
	struct iq_str v = {NULL, 0};

	if (!field(head, name, &v) || v.n >= max)
		v.n = 0;
	if (v.n > 0)
		memcpy(out, v.p, v.n);
	out[v.n] = '\0';
}

static enum iq_err foreign(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_REJECTED,
		N_("This is not a backup that this iqd can read."),
		N_("Restore it with the version of iqd that made it, or a newer one."), NULL);
}

static bool parse_head(const char *text_, struct iq_backup_head *head)
{
	uint64_t made, expires;
	struct iq_str to;

	memset(head, 0, sizeof(*head));
	if (strncmp(text_, MAGIC, strlen(MAGIC)) != 0 || !number(text_, "made", 10, &made) ||
		!number(text_, "expires", 10, &expires) ||
		!number(text_, "revision", 10, &head->revision) ||
		!number(text_, "generation", 16, &head->generation))
		return false;
	head->made_us = (int64_t)made;
	head->expires_us = (int64_t)expires;
	text(text_, "server", head->server, sizeof(head->server));
	text(text_, "version", head->version, sizeof(head->version));
	head->passphrase = !field(text_, "recipient", &to);
	return head->passphrase || hex(to, head->recipient, IQ_BACKUP_KEY);
}

static enum iq_err wrong_key(
	const struct iq_backup_head *head, const struct iq_backup_key *key, struct iq_error *error)
{
	char has[17], wants[17];

	if (head->passphrase && key->kind != IQ_BACKUP_PASSPHRASE)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("This backup was locked with a passphrase."),
			N_("Give it with: --passphrase-file FILE"), NULL);
	if (key->kind == IQ_BACKUP_PUBLIC)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("A public key opens no backup; the secret one is needed."),
			N_("It is in the file without .pub."), NULL);
	iq_backup_key_name(head->recipient, wants);
	if (key->kind == IQ_BACKUP_PASSPHRASE)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("This backup was made for the key {0}, not with a passphrase."),
			N_("Give the file of the secret key with: --key FILE"), wants, NULL);
	iq_backup_key_name(key->public, has);
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("This backup was made for the key {0}; the one given is {1}."),
		N_("Give the file of that secret key with: --key FILE"), wants, has, NULL);
}

static enum iq_err unlock(const char *head_text, const struct iq_backup_head *head,
	const struct iq_backup_key *key, uint8_t secret[KEY], struct iq_error *error)
{
	uint8_t sealed[SEALED], salt[SALT];
	unsigned ops, mib;
	char salt_hex[2 * SALT + 1];
	struct iq_str v;

	if (head->passphrase != (key->kind == IQ_BACKUP_PASSPHRASE) ||
		(!head->passphrase &&
			(key->kind != IQ_BACKUP_SECRET ||
				memcmp(key->public, head->recipient, IQ_BACKUP_KEY) != 0)))
		return wrong_key(head, key, error);
	if (!head->passphrase) {
		if (!field(head_text, "sealed", &v) || !hex(v, sealed, SEALED))
			return foreign(error);
		if (crypto_box_seal_open(secret, sealed, SEALED, key->public, key->secret) == 0)
			return IQ_OK;
		return iq_error_set(error, IQ_ERR_REJECTED, N_("The backup is damaged or cut off."),
			N_("Take another one."), NULL);
	}
	/* The widths keep the numbers in their range. NOLINTBEGIN(cert-err34-c) */
	if (!field(head_text, "passphrase", &v) || v.n > 100 ||
		sscanf(v.p, "argon2id %2u %4u %32[0-9a-f]", &ops, &mib, salt_hex) != 3 ||
		!hex(iq_str(salt_hex), salt, SALT) || ops < 1 || ops > OPS_MAX || mib < 1 ||
		mib > MIB_MAX)
		return foreign(error);
	/* NOLINTEND(cert-err34-c) */
	return derive(key, salt, ops, mib, secret) ? IQ_OK : no_memory(error);
}

/* The header, and what was read beyond it. */
static bool read_head(struct iq_unseal *u)
{
	size_t got;

	if (!read_fully(u->fd, (uint8_t *)u->head, HEAD_MAX, &got)) {
		u->saved = errno;
		return false;
	}
	char *end = memmem(u->head, got, "\n\n", 2);

	if (end == NULL || memchr(u->head, '\0', (size_t)(end - u->head)) != NULL)
		return false;
	u->nhead = (size_t)(end - u->head) + 2;
	u->nraw = got - u->nhead;
	memcpy(u->raw, u->head + u->nhead, u->nraw);
	u->head[u->nhead] = '\0';
	return true;
}

static enum iq_err open_stream(struct iq_unseal *u, const struct iq_backup_key *key,
	struct iq_backup_head *head, struct iq_error *error)
{
	uint8_t secret[KEY], start[STREAM_HEAD];
	struct iq_str v;
	enum iq_err err;

	if (!read_head(u))
		return u->saved ? iq_unseal_why(u, error) : foreign(error);
	if (!parse_head(u->head, head) || !field(u->head, "stream", &v) ||
		!hex(v, start, STREAM_HEAD))
		return foreign(error);
	err = unlock(u->head, head, key, secret, error);
	if (err != IQ_OK)
		return err;
	int rc = crypto_secretstream_xchacha20poly1305_init_pull(&u->state, start, secret);

	sodium_memzero(secret, sizeof(secret));
	if (rc == 0)
		pull(u);
	if (rc == 0 && !u->damaged && u->saved == 0)
		return IQ_OK;
	if (u->saved == 0 && head->passphrase)
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The passphrase is not the one of this backup, or the backup is "
			   "damaged."),
			N_("Give the right one with: --passphrase-file FILE"), NULL);
	u->damaged = true;
	return iq_unseal_why(u, error);
}

enum iq_err iq_unseal_begin(int fd, const struct iq_backup_key *key, struct iq_backup_head *head,
	struct iq_unseal **out, struct iq_error *error)
{
	struct iq_unseal *u = calloc(1, sizeof(*u));
	enum iq_err err;

	*out = NULL;
	if (u == NULL || sodium_init() < 0) {
		free(u);
		return no_memory(error);
	}
	u->fd = fd;
	err = open_stream(u, key, head, error);
	if (err == IQ_OK)
		*out = u;
	else
		iq_unseal_free(u);
	return err;
}

bool iq_unseal_read(struct iq_unseal *u, void *p, size_t n)
{
	uint8_t *to = p;

	while (n > 0 && u->saved == 0 && !u->damaged) {
		size_t part = u->n - u->at < n ? u->n - u->at : n;

		if (part == 0 && u->final) {
			u->damaged = true;
			break;
		}
		memcpy(to, u->piece + u->at, part);
		u->at += part;
		to += part;
		n -= part;
		if (n > 0)
			pull(u);
	}
	return n == 0;
}

bool iq_unseal_ended(struct iq_unseal *u)
{
	if (u->at == u->n && !u->final)
		pull(u);
	return u->final && u->at == u->n && !u->damaged && u->saved == 0;
}

enum iq_err iq_unseal_why(const struct iq_unseal *u, struct iq_error *error)
{
	if (u->saved != 0)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("The backup cannot be read: {0}."),
			N_("Check the path and its owner."), strerror(u->saved), NULL);
	return iq_error_set(error, IQ_ERR_REJECTED, N_("The backup is damaged or cut off."),
		N_("Take another one."), NULL);
}

void iq_unseal_free(struct iq_unseal *u)
{
	if (u == NULL)
		return;
	sodium_memzero(u, sizeof(*u));
	free(u);
}
