/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PKI_FIXTURE_H
#define TEST_PKI_FIXTURE_H

/* A scratch directory with an authority, and certificates that the product would never make. */

#include <dirent.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pki_private.h"
#include "tls.h"

struct dirs {
	char dir[64];
	struct iq_arena arena;
	struct iq_error error;
};

static inline void dirs_open(struct dirs *d, const char *host)
{
	snprintf(d->dir, sizeof(d->dir), "/tmp/iq-test-XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	iq_arena_init(&d->arena, 0);
	iq_error_init(&d->error, &d->arena);
	if (host != NULL)
		assert_int_equal(iq_pki_init(d->dir, host, &d->error), IQ_OK);
}

static inline void dirs_close(struct dirs *d)
{
	DIR *list = opendir(d->dir);
	char path[400];

	assert_non_null(list);
	for (struct dirent *e; (e = readdir(list)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", d->dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	closedir(list);
	rmdir(d->dir);
	iq_arena_free(&d->arena);
}

/* DIR/NAME in the fixture's arena */
static inline const char *in_dir(struct dirs *d, const char *name)
{
	return iq_arena_printf(&d->arena, "%s/%s", d->dir, name);
}

/* What is odd about a certificate. */
struct odd {
	const char *uris[2]; /* NULL: none */
	size_t uri_n;        /* length of the first, if it holds a NUL */
	const char *dns;     /* one DNS name, or NULL */
	const char *usage;   /* extended key usage; NULL: clientAuth */
	int from, until;     /* days from now; both 0: an hour ago to one year */
	bool self_signed;
	unsigned rsa; /* bits; 0: P-256 */
};

static inline void set_dates(X509 *cert, EVP_PKEY *key, int from, int until)
{
	assert_non_null(X509_time_adj_ex(X509_getm_notBefore(cert), from, 0, NULL));
	assert_non_null(X509_time_adj_ex(X509_getm_notAfter(cert), until, 0, NULL));
	assert_true(X509_sign(cert, key, EVP_sha384()) > 0);
}

/* Writes NAME.pem and NAME.key, issued by the authority in `issuer`. */
static inline void make_odd(
	struct dirs *d, struct dirs *issuer, const char *name, const struct odd *odd)
{
	struct iq_authority ca;
	uint8_t serial[IQ_SERIAL];
	EVP_PKEY *key = odd->rsa != 0 ? EVP_RSA_gen(odd->rsa) : EVP_EC_gen("P-256");
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	assert_int_equal(iq_authority_load(issuer->dir, &ca, &issuer->error), IQ_OK);
	assert_true(iq_cert_serial(serial));
	for (int i = 0; i < 2 && odd->uris[i] != NULL; i++) {
		struct iq_str uri = iq_str(odd->uris[i]);

		if (i == 0 && odd->uri_n != 0)
			uri.n = odd->uri_n;
		assert_true(iq_cert_add_name(names, GEN_URI, uri));
	}
	if (odd->dns != NULL)
		assert_true(iq_cert_add_name(names, GEN_DNS, iq_str(odd->dns)));
	struct iq_cert_plan plan = {
		.issuer = odd->self_signed ? NULL : ca.ca,
		.issuer_key = odd->self_signed ? key : ca.key,
		.key = key,
		.subject = IQ_STR("odd"),
		.days = 365,
		.usage = "critical,digitalSignature",
		.extended = odd->usage ? odd->usage : "clientAuth",
		.names = sk_GENERAL_NAME_num(names) > 0 ? names : NULL,
		.serial = serial,
		.digest = EVP_sha256(),
	};
	X509 *cert = iq_cert_make(&plan);

	assert_non_null(cert);
	if (odd->from != 0 || odd->until != 0)
		set_dates(cert, plan.issuer_key, odd->from, odd->until);
	FILE *f = fopen(in_dir(d, iq_arena_printf(&d->arena, "%s.pem", name)), "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, cert), 1);
	assert_int_equal(PEM_write_X509(f, ca.ca), 1);
	fclose(f);
	f = fopen(in_dir(d, iq_arena_printf(&d->arena, "%s.key", name)), "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	X509_free(cert);
	GENERAL_NAMES_free(names);
	EVP_PKEY_free(key);
	iq_authority_free(&ca);
}

#endif
