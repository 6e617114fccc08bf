/* SPDX-License-Identifier: Apache-2.0 */
/* The files of the authority in the state directory. */
#include "pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bounds.h"
#include "i18n.h"
#include "pem.h"
#include "pki_private.h"

enum {
	RENEW_DAYS = 30,  /* the server certificate is renewed when it ends within */
	NAME_MAX_CN = 64, /* X.520 ub-common-name */
	HOST_MAX = 253,
};

/* Key files must not look like ca*.pem, so that a copy of those carries no secret. */
#define CA_CERT "ca.pem"
#define CA_KEY "ca.key"
#define SERVER_CERT "server.pem"
#define SERVER_KEY "server.key"

#define CA_CURVE "P-256"
#define SERVER_CURVE "P-256"

/* DIR/NAME; the caller frees. NULL without memory. */
static char *path(const char *dir, const char *name)
{
	char *p;

	return asprintf(&p, "%s/%s", dir, name) < 0 ? NULL : p;
}

static enum iq_err no_cert(struct iq_error *error)
{
	ERR_clear_error();
	return iq_error_set(
		error, IQ_ERR_INTERNAL, N_("A certificate could not be made."), NULL, NULL);
}

/* ---- reading and writing ------------------------------------------------------------------ */

static X509 *read_cert(const char *dir, const char *name, struct iq_error *error)
{
	char *file = path(dir, name);
	X509 *cert = file ? iq_pem_cert(file, error) : NULL;

	if (file == NULL)
		(void)no_cert(error);
	free(file);
	return cert;
}

static EVP_PKEY *read_key(const char *dir, const char *name, struct iq_error *error)
{
	char *file = path(dir, name);
	EVP_PKEY *key = file ? iq_pem_key(file, error) : NULL;

	if (file == NULL)
		(void)no_cert(error);
	free(file);
	return key;
}

static enum iq_err write_mem(
	const char *dir, const char *name, BIO *mem, bool replace, struct iq_error *error)
{
	char *file = path(dir, name);
	enum iq_err err = file ? iq_pem_write(file, mem, replace, error) : no_cert(error);

	free(file);
	return err;
}

/* second: may be NULL */
static enum iq_err write_certs(const char *dir, const char *name, X509 *first, X509 *second,
	bool replace, struct iq_error *error)
{
	BIO *mem = BIO_new(BIO_s_mem());
	bool good = mem != NULL && PEM_write_bio_X509(mem, first) == 1 &&
		    (second == NULL || PEM_write_bio_X509(mem, second) == 1);
	enum iq_err err = good ? write_mem(dir, name, mem, replace, error) : no_cert(error);

	BIO_free(mem);
	return err;
}

static enum iq_err write_key(
	const char *dir, const char *name, EVP_PKEY *key, struct iq_error *error)
{
	BIO *mem = BIO_new(BIO_s_secmem());
	bool good = mem != NULL &&
		    PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) == 1;
	enum iq_err err = good ? write_mem(dir, name, mem, false, error) : no_cert(error);

	BIO_free(mem);
	return err;
}

/* ---- making ------------------------------------------------------------------------------- */

/* Letters, digits, '.', '-', '_' and for IPv6 ':'. */
static bool host_valid(const char *host)
{
	size_t n = strlen(host);

	return n != 0 && n <= HOST_MAX && host[0] != '-' &&
	       strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:") ==
		       n;
}

static X509 *make_ca(EVP_PKEY *key)
{
	uint8_t serial[IQ_SERIAL], tag[4];
	char name[32];

	if (!iq_cert_serial(serial) || RAND_bytes(tag, sizeof(tag)) != 1)
		return NULL;
	/* Two authorities never have the same name. */
	snprintf(name, sizeof(name), "iqd authority %02x%02x%02x%02x", tag[0], tag[1], tag[2],
		tag[3]);
	struct iq_cert_plan plan = {
		.issuer_key = key,
		.key = key,
		.subject = iq_str(name),
		.days = IQ_LIMIT_CA_DAYS,
		.usage = "critical,keyCertSign,cRLSign",
		.serial = serial,
		.digest = EVP_sha256(),
	};

	return iq_cert_make(&plan);
}

static bool server_names(GENERAL_NAMES *names, const char *host)
{
	static const char *const always[] = {"localhost", "127.0.0.1", "::1"};

	if (!iq_cert_add_name(names, GEN_DNS, iq_str(host)))
		return false;
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		if (strcmp(always[i], host) != 0 &&
			!iq_cert_add_name(names, GEN_DNS, iq_str(always[i])))
			return false;
	}
	return true;
}

static X509 *make_server(X509 *ca, EVP_PKEY *ca_key, EVP_PKEY *key, const char *host)
{
	uint8_t serial[IQ_SERIAL];
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509_EXTENSION *crl = iq_cert_crl(host);
	X509 *cert = NULL;

	if (names != NULL && crl != NULL && iq_cert_serial(serial) && server_names(names, host)) {
		struct iq_cert_plan plan = {
			.issuer = ca,
			.issuer_key = ca_key,
			.key = key,
			.subject = iq_str(strlen(host) <= NAME_MAX_CN ? host : "iqd"),
			.days = IQ_LIMIT_SERVER_CERT_DAYS,
			.usage = "critical,digitalSignature",
			.extended = "serverAuth",
			.names = names,
			.crl = crl,
			.serial = serial,
			.digest = EVP_sha256(),
		};

		cert = iq_cert_make(&plan);
	}
	X509_EXTENSION_free(crl);
	GENERAL_NAMES_free(names);
	return cert;
}

static const char *const all_files[] = {CA_KEY, SERVER_KEY, CA_CERT, SERVER_CERT};

static enum iq_err check_absent(const char *dir, struct iq_error *error)
{
	for (size_t i = 0; i < sizeof(all_files) / sizeof(*all_files); i++) {
		char *file = path(dir, all_files[i]);
		bool there = file != NULL && access(file, F_OK) == 0;

		if (there)
			(void)iq_error_set(error, IQ_ERR_CONFLICT,
				N_("The file {0} exists already."),
				N_("This directory is set up; choose another one."), file, NULL);
		free(file);
		if (there)
			return error->code;
		if (file == NULL)
			return no_cert(error);
	}
	return IQ_OK;
}

static void remove_all(const char *dir)
{
	for (size_t i = 0; i < sizeof(all_files) / sizeof(*all_files); i++) {
		char *file = path(dir, all_files[i]);

		if (file != NULL)
			unlink(file);
		free(file);
	}
}

static enum iq_err bad_host(const char *host, struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_USAGE, N_("{0} is no name of a host."),
		N_("Give the name under which clients reach the server."), host, NULL);
}

enum iq_err iq_pki_init(const char *dir, const char *host, struct iq_error *error)
{
	if (!host_valid(host))
		return bad_host(host, error);
	enum iq_err err = check_absent(dir, error);

	if (err != IQ_OK)
		return err;
	iq_pem_setup();
	EVP_PKEY *ca_key = EVP_EC_gen(CA_CURVE), *key = EVP_EC_gen(SERVER_CURVE);
	X509 *ca = ca_key ? make_ca(ca_key) : NULL;
	X509 *cert = ca && key ? make_server(ca, ca_key, key, host) : NULL;

	if (cert == NULL) {
		err = no_cert(error);
		goto out;
	}
	err = write_key(dir, CA_KEY, ca_key, error);
	if (err == IQ_OK)
		err = write_key(dir, SERVER_KEY, key, error);
	if (err == IQ_OK)
		err = write_certs(dir, CA_CERT, ca, NULL, false, error);
	/* The chain goes out with the authority, so that enrolment can check its fingerprint. */
	if (err == IQ_OK)
		err = write_certs(dir, SERVER_CERT, cert, ca, false, error);
	if (err != IQ_OK)
		remove_all(dir);
out:
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	return err;
}

/* The key stays, so that one file is replaced in one step. */
static enum iq_err renew(const char *dir, const char *host, struct iq_error *error)
{
	X509 *ca = read_cert(dir, CA_CERT, error), *cert = NULL;
	EVP_PKEY *ca_key = ca ? read_key(dir, CA_KEY, error) : NULL;
	EVP_PKEY *key = ca_key ? read_key(dir, SERVER_KEY, error) : NULL;
	enum iq_err err = error->code;

	if (key != NULL) {
		cert = make_server(ca, ca_key, key, host);
		err = cert ? write_certs(dir, SERVER_CERT, cert, ca, true, error) : no_cert(error);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	X509_free(ca);
	return err;
}

enum iq_err iq_pki_renew_server(const char *dir, const char *host, struct iq_error *error)
{
	int days, seconds;

	if (!host_valid(host))
		return bad_host(host, error);
	X509 *cert = read_cert(dir, SERVER_CERT, error);

	if (cert == NULL)
		return error->code;
	bool known = ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1;

	X509_free(cert);
	return known && days >= RENEW_DAYS ? IQ_OK : renew(dir, host, error);
}

enum iq_err iq_pki_fingerprint(const char *dir, uint8_t out[32], struct iq_error *error)
{
	X509 *ca = read_cert(dir, CA_CERT, error);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n;

	if (ca == NULL)
		return error->code;
	bool good = X509_digest(ca, EVP_sha256(), digest, &n) == 1 && n == 32;

	X509_free(ca);
	if (!good)
		return no_cert(error);
	memcpy(out, digest, 32);
	return IQ_OK;
}

/* ---- the loaded authority ----------------------------------------------------------------- */

enum iq_err iq_pki_open(const char *dir, struct iq_pki **out, struct iq_error *error)
{
	struct iq_pki *p = calloc(1, sizeof(*p));
	X509 *server = NULL;

	*out = NULL;
	if (p == NULL)
		return no_cert(error);
	p->ca = read_cert(dir, CA_CERT, error);
	if (p->ca != NULL)
		p->key = read_key(dir, CA_KEY, error);
	if (p->key != NULL)
		server = read_cert(dir, SERVER_CERT, error);
	if (server == NULL) {
		iq_pki_close(p);
		return error->code;
	}
	/* Client certificates name the same list as the server's does. */
	int at = X509_get_ext_by_NID(server, NID_crl_distribution_points, -1);

	if (at >= 0)
		p->crl = X509_EXTENSION_dup(X509_get_ext(server, at));
	X509_free(server);
	if (X509_check_private_key(p->ca, p->key) != 1) {
		iq_pki_close(p);
		ERR_clear_error();
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The files ca.pem and ca.key in {0} do not belong together."),
			N_("Restore both from the same backup."), dir, NULL);
	}
	*out = p;
	return IQ_OK;
}

void iq_pki_close(struct iq_pki *p)
{
	if (p == NULL)
		return;
	X509_EXTENSION_free(p->crl);
	EVP_PKEY_free(p->key);
	X509_free(p->ca);
	free(p);
}
