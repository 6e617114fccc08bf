/* SPDX-License-Identifier: Apache-2.0 */
/* What the operator does with the authority: keep its key elsewhere, replace it. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "i18n.h"
#include "pem.h"
#include "pki_private.h"

/* ---- the key, elsewhere --------------------------------------------------------------------- */

static enum iq_err is_offline(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("The key of the certificate authority is not in the state directory."),
		N_("Bring it back first: iqd ca import --state DIR FILE"), NULL);
}

static bool has_key(const char *dir)
{
	char *file = iq_pki_path(dir, IQ_CA_KEY);
	bool there = file != NULL && access(file, F_OK) == 0;

	free(file);
	return there;
}

static enum iq_err remove_key(const char *dir, struct iq_error *error)
{
	char *file = iq_pki_path(dir, IQ_CA_KEY);
	enum iq_err err = IQ_OK;

	if (file == NULL || unlink(file) != 0)
		err = iq_error_set(error, IQ_ERR_INTERNAL, N_("{0} cannot be removed: {1}."), NULL,
			file ? file : IQ_CA_KEY, strerror(errno), NULL);
	free(file);
	return err;
}

enum iq_err iq_pki_export(const char *dir, const char *file, bool remove, struct iq_error *error)
{
	struct iq_authority a;

	if (!has_key(dir))
		return is_offline(error);
	enum iq_err err = iq_authority_load(dir, &a, error);

	if (err == IQ_OK)
		err = iq_pki_write_key(file, a.key, false, error);
	iq_authority_free(&a);
	if (err == IQ_OK && remove)
		err = remove_key(dir, error);
	return err;
}

enum iq_err iq_pki_import(const char *dir, const char *file, struct iq_error *error)
{
	STACK_OF(X509) *all = iq_pki_read_all(dir, IQ_CA_CERT, error);
	EVP_PKEY *key = all ? iq_pem_key(file, error) : NULL;
	char *to = iq_pki_path(dir, IQ_CA_KEY);
	enum iq_err err = key ? IQ_OK : error->code;

	if (key != NULL && iq_pki_owner(all, key) == NULL)
		err = iq_error_set(error, IQ_ERR_REJECTED,
			N_("The key in {0} does not belong to the certificate authority of this "
			   "server."),
			N_("Fingerprints are shown by: iqd ca show --state DIR"), file, NULL);
	if (err == IQ_OK)
		err = iq_pki_write_key(to, key, false, error);
	free(to);
	EVP_PKEY_free(key);
	sk_X509_pop_free(all, X509_free);
	return err;
}

/* ---- rotation -------------------------------------------------------------------------------- */

/*
 * Authorities that stay trusted: one that was replaced so long ago that no certificate of it can
 * still renew itself goes. `all` is in order, the newest first; when one was replaced says the
 * start of its successor.
 */
static bool still_needed(const STACK_OF(X509) * all, int i)
{
	int days, seconds;

	if (i == 0) /* is being replaced now */
		return true;
	const ASN1_TIME *since = X509_get0_notBefore(sk_X509_value(all, i - 1));

	return ASN1_TIME_diff(&days, &seconds, since, NULL) != 1 ||
	       days <= IQ_LIMIT_CERT_DAYS + IQ_LIMIT_CERT_GRACE_DAYS;
}

static enum iq_err write_authorities(
	const char *dir, X509 *fresh, const STACK_OF(X509) * all, struct iq_error *error)
{
	enum { MOST = 8 };
	X509 *certs[MOST] = {fresh};
	size_t n = 1;

	for (int i = 0; i < sk_X509_num(all) && n < MOST; i++) {
		if (still_needed(all, i))
			certs[n++] = sk_X509_value(all, i);
	}
	return iq_pki_write_certs(dir, IQ_CA_CERT, certs, n, true, error);
}

/* Somebody who knows only the old authority must accept the new one. */
static bool leads_back(X509 *cross, X509 *old)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	bool good = store != NULL && check != NULL && X509_STORE_add_cert(store, old) == 1 &&
		    X509_STORE_CTX_init(check, store, cross, NULL) == 1 &&
		    X509_verify_cert(check) == 1 && X509_get_pathlen(old) != 0;

	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	ERR_clear_error();
	return good;
}

/* In an order in which every step leaves a directory that serves. */
static enum iq_err replace(const char *dir, const struct iq_authority *fresh, X509 *cross,
	const STACK_OF(X509) * all, struct iq_error *error)
{
	char *key = iq_pki_path(dir, IQ_CA_KEY);
	enum iq_err err = iq_pki_write_certs(dir, IQ_CA_CROSS, &cross, 1, true, error);

	if (err == IQ_OK)
		err = write_authorities(dir, fresh->ca, all, error);
	if (err == IQ_OK)
		err = iq_pki_write_key(key, fresh->key, true, error);
	free(key);
	return err;
}

enum iq_err iq_pki_rotate(const char *dir, const char *host, struct iq_error *error)
{
	struct iq_authority old, fresh = {.ca = NULL};
	STACK_OF(X509) *all = NULL;
	struct iq_pki *p;
	X509 *cross = NULL;

	if (!has_key(dir))
		return is_offline(error);
	enum iq_err err = iq_authority_load(dir, &old, error);

	if (err != IQ_OK)
		return err;
	all = iq_pki_read_all(dir, IQ_CA_CERT, error);
	fresh.key = EVP_EC_gen("P-256");
	fresh.ca = fresh.key ? iq_authority_new(fresh.key) : NULL;
	cross = fresh.ca ? iq_authority_cross(&old, fresh.ca) : NULL;
	if (all == NULL || cross == NULL)
		err = iq_pki_no_cert(error);
	else if (!leads_back(cross, old.ca))
		err = iq_error_set(error, IQ_ERR_UNSUPPORTED,
			N_("The present certificate authority cannot name a successor: it was made "
			   "by an early version of iqd, or has expired."),
			N_("Set the server up anew with iqd init; everybody enrols again."), NULL);
	else
		err = replace(dir, &fresh, cross, all, error);
	X509_free(cross);
	iq_authority_free(&fresh);
	iq_authority_free(&old);
	sk_X509_pop_free(all, X509_free);
	if (err != IQ_OK || (err = iq_pki_open(dir, &p, error)) != IQ_OK)
		return err;
	err = iq_pki_renew_server(p, dir, host, error);
	iq_pki_close(p);
	return err;
}

/* ---- showing --------------------------------------------------------------------------------- */

static void show_one(X509 *cert, bool signs, bool server,
	void (*fn)(void *arg, const struct iq_pki_certificate *cert), void *arg)
{
	char name[65] = "";
	struct iq_pki_certificate out = {.name = name, .signs = signs, .server = server};
	unsigned n = 0;

	(void)X509_NAME_get_text_by_NID(
		X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
	if (X509_digest(cert, EVP_sha256(), out.fingerprint, &n) == 1 &&
		iq_pem_day(X509_get0_notAfter(cert), &out.until))
		fn(arg, &out);
}

enum iq_err iq_pki_show(const char *dir,
	void (*fn)(void *arg, const struct iq_pki_certificate *cert), void *arg,
	struct iq_error *error)
{
	STACK_OF(X509) *all = iq_pki_read_all(dir, IQ_CA_CERT, error);
	STACK_OF(X509) *server = all ? iq_pki_read_all(dir, IQ_SERVER_CERT, error) : NULL;
	EVP_PKEY *key = server && has_key(dir) ? iq_pki_read_key(dir, IQ_CA_KEY, error) : NULL;
	enum iq_err err = server && (key || !has_key(dir)) ? IQ_OK : error->code;

	if (err == IQ_OK) {
		X509 *owner = key ? iq_pki_owner(all, key) : NULL;

		for (int i = 0; i < sk_X509_num(all); i++)
			show_one(sk_X509_value(all, i), sk_X509_value(all, i) == owner, false, fn,
				arg);
		show_one(sk_X509_value(server, 0), false, true, fn, arg);
	}
	EVP_PKEY_free(key);
	sk_X509_pop_free(server, X509_free);
	sk_X509_pop_free(all, X509_free);
	return err;
}
