/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificate requests as an unknown peer may send them with a token. What is signed holds the
 * request's key and the given principal, and nothing else of the request.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pem.h"
#include "pki_private.h"
#include "tls_private.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[64];
static struct iq_pki *pki;

static void end(void)
{
	static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
	char path[128];

	iq_pki_close(pki);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void begin(void)
{
	struct iq_error error = {.code = IQ_OK};

	iq_pem_setup();
	scratch_make(dir);
	require(iq_pki_init(dir, "localhost", &error) == IQ_OK);
	require(iq_pki_open(dir, &pki, &error) == IQ_OK);
	atexit(end);
}

static void check(struct iq_str csr, struct iq_str der, struct iq_str principal)
{
	const unsigned char *p = (const unsigned char *)der.p, *q = (const unsigned char *)csr.p;
	X509 *cert = d2i_X509(NULL, &p, (long)der.n);
	X509_REQ *req = d2i_X509_REQ(NULL, &q, (long)csr.n);
	struct iq_str subject = {NULL, 0};
	const char *why = NULL;
	char id[128], name[128];

	require(cert != NULL && req != NULL);
	require(EVP_PKEY_eq(X509_get0_pubkey(cert), X509_REQ_get0_pubkey(req)) == 1);
	require(iq_tls_cert_principal(cert, id, &why) && iq_str_is(principal, id));
	require(X509_check_ca(cert) == 0 && iq_tls_cert_for_login(cert));
	int n = X509_NAME_get_text_by_NID(
		X509_get_subject_name(cert), NID_commonName, name, sizeof(name));

	subject = (struct iq_str){name, n > 0 ? (size_t)n : 0};
	require(subject.n == 0 || iq_str_eq(subject, principal));
	X509_free(cert);
	X509_REQ_free(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct iq_str csr = {(const char *)data, n}, principal = IQ_STR("erika");
	struct iq_str cert, ca;
	struct iq_arena arena;
	struct iq_error error;
	uint8_t serial[20];
	int32_t day;

	if (pki == NULL)
		begin();
	iq_arena_init(&arena, 0);
	iq_error_init(&error, &arena);
	if (iq_pki_sign(pki, csr, principal, &arena, &cert, &ca, serial, &error) == IQ_OK)
		check(csr, cert, principal);
	else
		require(error.code == IQ_ERR_USAGE && cert.p == NULL);
	(void)iq_pki_cert_until(csr, &day);
	iq_arena_free(&arena);
	ERR_clear_error();
	return 0;
}
