/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_BACKUP_BACKUP_H
#define IQ_BACKUP_BACKUP_H

/*
 * Backups of a state directory: one encrypted file, made beside a running daemon.
 *
 * The file: a header of text lines up to an empty one, then libsodium's secretstream (XChaCha20-
 * Poly1305) in pieces of IQ_BACKUP_PIECE bytes, the header being authenticated with the first of
 * them. The stream's key is random and sealed for a public key (crypto_box_seal), so that the
 * machine which makes backups cannot read them, or derived from a passphrase (Argon2id).
 *
 * What is inside: the audit log, a snapshot of the database entry by entry, the configuration and
 * the certificates with their keys; not the plans of syncs, which are made anew.
 */

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "model.h"

enum { IQ_BACKUP_PIECE = 65536, IQ_BACKUP_DAYS = 90, IQ_BACKUP_KEY = 32 };

/* What the header says. */
struct iq_backup_head {
	int64_t made_us, expires_us; /* since 1970, UTC */
	uint64_t revision, generation;
	char server[254]; /* name of the server */
	char version[32]; /* of iqd */
	bool passphrase;  /* locked with one; else for `recipient` */
	uint8_t recipient[IQ_BACKUP_KEY];
};

/* ---- keys (key.c) --------------------------------------------------------------------------- */

struct iq_backup_key {
	enum { IQ_BACKUP_PUBLIC, IQ_BACKUP_SECRET, IQ_BACKUP_PASSPHRASE } kind;
	uint8_t public[IQ_BACKUP_KEY], secret[IQ_BACKUP_KEY];
	char phrase[1024];
	size_t nphrase;
};
/* A new pair: the secret key in FILE (0600), the public one in FILE.pub. Neither may exist. */
IQ_CHECK enum iq_err iq_backup_key_make(const char *file, struct iq_error *error);
/* A key file of either sort. A secret one must be readable by its owner only. */
IQ_CHECK enum iq_err iq_backup_key_read(
	const char *file, struct iq_backup_key *out, struct iq_error *error);
/* The first line of a file that only its owner can read. */
IQ_CHECK enum iq_err iq_backup_phrase_read(
	const char *file, struct iq_backup_key *out, struct iq_error *error);
void iq_backup_key_forget(struct iq_backup_key *k);
/* The first bytes of a public key, by which people know it. */
void iq_backup_key_name(const uint8_t public[IQ_BACKUP_KEY], char out[17]);

/* ---- the sealed file (seal.c) ---------------------------------------------------------------- */

struct iq_seal; /* being written */
IQ_CHECK enum iq_err iq_seal_begin(int fd, const struct iq_backup_head *head,
	const struct iq_backup_key *key, struct iq_seal **out, struct iq_error *error);
/* Sticky: false after the first failure. */
bool iq_seal_add(struct iq_seal *s, const void *p, size_t n);
/* Writes what is left and frees it, in any case. Does not sync. */
IQ_CHECK enum iq_err iq_seal_end(struct iq_seal *s, struct iq_error *error);
void iq_seal_drop(struct iq_seal *s);

struct iq_unseal; /* being read */
/* Reads the header and opens the first piece, which proves the header. */
IQ_CHECK enum iq_err iq_unseal_begin(int fd, const struct iq_backup_key *key,
	struct iq_backup_head *head, struct iq_unseal **out, struct iq_error *error);
/* Exactly n bytes. False: damaged, cut off or the disk; iq_unseal_why() says what. */
IQ_CHECK bool iq_unseal_read(struct iq_unseal *u, void *p, size_t n);
/* True: the whole stream was read, and it ended where its writer ended it. */
bool iq_unseal_ended(struct iq_unseal *u);
enum iq_err iq_unseal_why(const struct iq_unseal *u, struct iq_error *error);
void iq_unseal_free(struct iq_unseal *u);

/* ---- all of it (save.c, restore.c) ----------------------------------------------------------- */

struct iq_backup_ask {
	const char *dir;  /* state */
	const char *file; /* "-": standard output */
	const struct iq_backup_key *key;
	bool replace;          /* the file may exist */
	bool without_ca;       /* leave the authority's key out */
	const char *server;    /* name */
	const char *client_ca; /* file in the state directory, or empty */
	/*
	 * Puts on record that this backup is being made, durably, before anything of it leaves; not
	 * IQ_OK: it is not made. NULL: nothing is recorded.
	 */
	enum iq_err (*record)(void *ctx, const struct iq_backup_head *head, struct iq_error *error);
	void *ctx;
};
struct iq_backup_report {
	struct iq_backup_head head;
	uint64_t bytes;   /* of the file */
	uint64_t entries; /* of the database */
	bool replaced, ca_key;
};
/* On error there is no new file. */
IQ_CHECK enum iq_err iq_backup_save(
	const struct iq_backup_ask *ask, struct iq_backup_report *out, struct iq_error *error);
/*
 * Fills an empty directory (or makes it). now_us: for the expiry. On error what was written is
 * removed again.
 */
IQ_CHECK enum iq_err iq_backup_restore(const struct iq_backup_ask *ask, int64_t now_us,
	struct iq_backup_report *out, struct iq_error *error);
/* Empties a directory that was filled. */
void iq_backup_undo(const char *dir);
/* When the last backup of DIR was made; 0: never, or not known. */
int64_t iq_backup_last(const char *dir);

#endif
