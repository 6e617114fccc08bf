/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the authority in the state directory. */
#include "pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "i18n.h"
#define IQ_LOG_PART IQ_LOG_PKI
#include "log.h"
#include "pem.h"
#include "pki_private.h"

enum { RENEW_DAYS = 30 }; /* the server certificate is renewed when it ends within */

#define CURVE "P-256"

char *iq_pki_path(const char *dir, const char *name)
{
	char *p;

	return asprintf(&p, "%s/%s", dir, name) < 0 ? NULL : p;
}

enum iq_err iq_pki_no_cert(struct iq_error *error)
{
	ERR_clear_error();
	return iq_error_set(
		error, IQ_ERR_INTERNAL, N_("A certificate could not be made."), NULL, NULL);
}

/* ---- reading and writing ------------------------------------------------------------------ */

static X509 *read_cert(const char *dir, const char *name, struct iq_error *error)
{
	char *file = iq_pki_path(dir, name);
	X509 *cert = file ? iq_pem_cert(file, error) : NULL;

	if (file == NULL)
		(void)iq_pki_no_cert(error);
	free(file);
	return cert;
}

STACK_OF(X509) * iq_pki_read_all(const char *dir, const char *name, struct iq_error *error)
{
	char *file = iq_pki_path(dir, name);
	BIO *bio = file ? iq_pem_open(file, error) : NULL;
	STACK_OF(X509) *all = bio ? sk_X509_new_null() : NULL;
	X509 *cert;

	while (all != NULL && (cert = iq_pem_next_cert(bio)) != NULL) {
		if (sk_X509_push(all, cert) <= 0)
			X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (sk_X509_num(all) > 0) {
		free(file);
		return all;
	}
	if (all != NULL && file != NULL)
		(void)iq_error_set(error, IQ_ERR_LOGIN, N_("The file {0} holds no certificate."),
			N_("It must be in PEM form."), file, NULL);
	else if (error->code == IQ_OK)
		(void)iq_pki_no_cert(error);
	sk_X509_free(all);
	free(file);
	return NULL;
}

char *iq_pki_key_path(const char *dir, const char *name)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");
	char *file = credentials != NULL && credentials[0] == '/' ? iq_pki_path(credentials, name)
								  : NULL;

	if (file != NULL && access(file, F_OK) == 0)
		return file;
	free(file);
	return iq_pki_path(dir, name);
}

EVP_PKEY *iq_pki_read_key(const char *dir, const char *name, struct iq_error *error)
{
	char *file = iq_pki_key_path(dir, name);
	EVP_PKEY *key = file ? iq_pem_key(file, error) : NULL;

	if (file == NULL)
		(void)iq_pki_no_cert(error);
	free(file);
	return key;
}

enum iq_err iq_pki_write_certs(const char *dir, const char *name, X509 *const *certs, size_t n,
	bool replace, struct iq_error *error)
{
	char *file = iq_pki_path(dir, name);
	BIO *mem = BIO_new(BIO_s_mem());
	bool good = file != NULL && mem != NULL;

	for (size_t i = 0; good && i < n; i++)
		good = certs[i] == NULL || PEM_write_bio_X509(mem, certs[i]) == 1;
	enum iq_err err = good ? iq_pem_write(file, mem, replace, error) : iq_pki_no_cert(error);

	BIO_free(mem);
	free(file);
	return err;
}

enum iq_err iq_pki_write_key(const char *file, EVP_PKEY *key, bool replace, struct iq_error *error)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	bool good = file != NULL && mem != NULL &&
		    PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1;
	enum iq_err err = good ? iq_pem_write(file, mem, replace, error) : iq_pki_no_cert(error);

	BIO_free(mem);
	return err;
}

static enum iq_err write_key_in(
	const char *dir, const char *name, EVP_PKEY *key, struct iq_error *error)
{
	char *file = iq_pki_path(dir, name);
	enum iq_err err = iq_pki_write_key(file, key, false, error);

	free(file);
	return err;
}

X509_EXTENSION *iq_pki_crl_of(const char *dir)
{
	struct iq_error ignored;
	X509_EXTENSION *crl = NULL;

	iq_error_init(&ignored, NULL);
	X509 *server = read_cert(dir, IQ_SERVER_CERT, &ignored);
	int at = server ? X509_get_ext_by_NID(server, NID_crl_distribution_points, -1) : -1;

	if (at >= 0)
		crl = X509_EXTENSION_dup(X509_get_ext(server, at));
	X509_free(server);
	return crl;
}

X509 *iq_pki_owner(const STACK_OF(X509) * all, EVP_PKEY *key)
{
	X509 *owner = NULL;

	for (int i = 0; owner == NULL && i < sk_X509_num(all); i++) {
		if (X509_check_private_key(sk_X509_value(all, i), key) == 1)
			owner = sk_X509_value(all, i);
	}
	ERR_clear_error();
	return owner;
}

/*
 * The certificate of `ca`'s key that its predecessor signed; NULL if there is none, or if its time
 * is over. The caller frees.
 */
static X509 *read_cross(const char *dir, X509 *ca)
{
	struct iq_error ignored;

	iq_error_init(&ignored, NULL);
	X509 *cross = read_cert(dir, IQ_CA_CROSS, &ignored);

	if (cross != NULL && X509_cmp_current_time(X509_get0_notAfter(cross)) > 0 &&
		EVP_PKEY_eq(X509_get0_pubkey(cross), X509_get0_pubkey(ca)) == 1)
		return cross;
	X509_free(cross);
	ERR_clear_error();
	return NULL;
}

/*
 * The chain goes out with the authorities, so that enrolment can check their fingerprints; the
 * cross-certificate comes before the authority of the same name, so that it is found first.
 */
enum iq_err iq_pki_write_chain(
	const char *dir, X509 *leaf, X509 *ca, const STACK_OF(X509) * all, struct iq_error *error)
{
	enum { MOST = 8 };
	X509 *certs[MOST] = {leaf, read_cross(dir, ca), ca}, *cross = certs[1];
	size_t n = 3;

	for (int i = 0; cross != NULL && n < MOST && i < sk_X509_num(all); i++) {
		if (sk_X509_value(all, i) != ca)
			certs[n++] = sk_X509_value(all, i);
	}
	enum iq_err err = iq_pki_write_certs(dir, IQ_SERVER_CERT, certs, n, true, error);

	X509_free(cross);
	return err;
}

/* ---- making ------------------------------------------------------------------------------- */

static const char *const all_files[] = {IQ_CA_KEY, IQ_SERVER_KEY, IQ_CA_CERT, IQ_SERVER_CERT};

static enum iq_err check_absent(const char *dir, struct iq_error *error)
{
	for (size_t i = 0; i < sizeof(all_files) / sizeof(*all_files); i++) {
		char *file = iq_pki_path(dir, all_files[i]);
		bool there = file != NULL && access(file, F_OK) == 0;

		if (there)
			(void)iq_error_set(error, IQ_ERR_CONFLICT,
				N_("The file {0} exists already."),
				N_("This directory is set up; choose another one."), file, NULL);
		free(file);
		if (there)
			return error->code;
		if (file == NULL)
			return iq_pki_no_cert(error);
	}
	return IQ_OK;
}

static void remove_all(const char *dir)
{
	for (size_t i = 0; i < sizeof(all_files) / sizeof(*all_files); i++) {
		char *file = iq_pki_path(dir, all_files[i]);

		if (file != NULL)
			unlink(file);
		free(file);
	}
}

bool iq_pki_host_valid(const char *host)
{
	return iq_authority_host_valid(iq_str(host));
}

static enum iq_err bad_host(const char *host, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("{0} is no name of a host."),
		N_("Give the name under which clients reach the server."), host, NULL);
}

enum iq_err iq_pki_init(const char *dir, const char *host, struct iq_error *error)
{
	uint8_t serial[IQ_SERIAL];

	if (!iq_authority_host_valid(iq_str(host)))
		return bad_host(host, error);
	enum iq_err err = check_absent(dir, error);

	if (err != IQ_OK)
		return err;
	iq_pem_setup();
	EVP_PKEY *key = EVP_EC_gen(CURVE);
	struct iq_authority a = {.key = EVP_EC_gen(CURVE)};

	a.ca = a.key ? iq_authority_new(a.key) : NULL;
	X509 *cert = a.ca && key ? iq_authority_server(&a, key, host, serial) : NULL;

	if (cert == NULL) {
		err = iq_pki_no_cert(error);
		goto out;
	}
	err = write_key_in(dir, IQ_CA_KEY, a.key, error);
	if (err == IQ_OK)
		err = write_key_in(dir, IQ_SERVER_KEY, key, error);
	if (err == IQ_OK)
		err = iq_pki_write_certs(dir, IQ_CA_CERT, &a.ca, 1, false, error);
	if (err == IQ_OK)
		err = iq_pki_write_chain(dir, cert, a.ca, NULL, error);
	if (err != IQ_OK)
		remove_all(dir);
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	iq_authority_free(&a);
	return err;
}

/* Ends within a month, or comes from an authority that was replaced. */
static bool is_due(X509 *cert, X509 *ca)
{
	int days, seconds;
	bool known = ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1;
	bool ours = X509_verify(cert, X509_get0_pubkey(ca)) == 1;

	ERR_clear_error();
	return !known || days < RENEW_DAYS || !ours;
}

static enum iq_err late(X509 *cert, struct iq_error *error)
{
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) > 0) {
		iq_log(IQ_LOG_WARN,
			"the server's certificate cannot be renewed while the certificate "
			"authority is offline");
		return IQ_OK;
	}
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("The server's certificate has expired, and the certificate authority is "
		   "offline."),
		N_("Bring its key back: iqd ca import --state DIR FILE"), NULL);
}

/* The key stays, so that one file is replaced in one step. */
enum iq_err iq_pki_renew_server(
	struct iq_pki *p, const char *dir, const char *host, struct iq_error *error)
{
	uint8_t serial[IQ_SERIAL];
	X509 *cert, *fresh = NULL;
	enum iq_err err;

	if (!iq_authority_host_valid(iq_str(host)))
		return bad_host(host, error);
	cert = read_cert(dir, IQ_SERVER_CERT, error);
	if (cert == NULL)
		return error->code;
	bool due = is_due(cert, p->ca), online = iq_process_online(p);

	err = due && !online ? late(cert, error) : IQ_OK;
	X509_free(cert);
	if (!due || !online)
		return err;
	EVP_PKEY *key = iq_pki_read_key(dir, IQ_SERVER_KEY, error);

	if (key == NULL)
		return error->code;
	err = iq_process_issue(p, IQ_ISSUE_SERVER, key, iq_str(host), &fresh, serial, error);
	EVP_PKEY_free(key);
	if (err == IQ_OK)
		err = iq_pki_write_chain(dir, fresh, p->ca, p->all, error);
	X509_free(fresh);
	return err;
}

enum iq_err iq_pki_fingerprint(const char *dir, uint8_t out[32], struct iq_error *error)
{
	X509 *ca = read_cert(dir, IQ_CA_CERT, error);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;

	if (ca == NULL)
		return error->code;
	bool good = X509_digest(ca, EVP_sha256(), digest, &n) == 1 && n == 32;

	X509_free(ca);
	if (!good)
		return iq_pki_no_cert(error);
	memcpy(out, digest, 32);
	return IQ_OK;
}

/* ---- the loaded authority ----------------------------------------------------------------- */

enum iq_err iq_pki_open(const char *dir, struct iq_pki **out, struct iq_error *error)
{
	struct iq_pki *p = calloc(1, sizeof(*p));
	enum iq_err err;

	*out = NULL;
	if (p == NULL)
		return iq_pki_no_cert(error);
	p->fd = -1;
	pthread_mutex_init(&p->lock, NULL);
	p->all = iq_pki_read_all(dir, IQ_CA_CERT, error);
	/* Client certificates name the same list as the server's does. */
	p->crl = iq_pki_crl_of(dir);
	err = p->all ? iq_process_start(p, dir, error) : error->code;
	if (err != IQ_OK) {
		iq_pki_close(p);
		return err;
	}
	*out = p;
	return IQ_OK;
}

void iq_pki_close(struct iq_pki *p)
{
	if (p == NULL)
		return;
	iq_process_stop(p);
	X509_EXTENSION_free(p->crl);
	sk_X509_pop_free(p->all, X509_free);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
