/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a certificate to who it is. The first byte says what the rest is: 'd' a certificate (DER);
 * of an otherwise empty one 's' the value of subjectAltName, 'n' the subject, 'u' the extended key
 * usage, 'k' the serial number. Whoever is found must be what the one URI says, to the last byte.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bounds.h"
#include "pem.h"
#include "tls_private.h"
#include "require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { PRINCIPAL = 128 };

static X509 *with_extension(int nid, const uint8_t *p, size_t n)
{
	X509 *cert = X509_new();
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;

	require(cert != NULL && value != NULL && ASN1_OCTET_STRING_set(value, p, (int)n) == 1);
	ext = X509_EXTENSION_create_by_NID(NULL, nid, 0, value);
	require(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	return cert;
}

static X509 *with_subject(const uint8_t *p, size_t n)
{
	const uint8_t *at = p;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)n);
	X509 *cert = name != NULL ? X509_new() : NULL;

	require(cert == NULL ||
		(X509_set_subject_name(cert, name) == 1 && X509_set_issuer_name(cert, name) == 1));
	X509_NAME_free(name);
	return cert;
}

static X509 *with_serial(const uint8_t *p, size_t n)
{
	X509 *cert = X509_new();

	require(cert != NULL && ASN1_STRING_set(X509_get_serialNumber(cert), p, (int)n) == 1);
	return cert;
}

static X509 *make(uint8_t what, const uint8_t *p, size_t n)
{
	switch (what) {
	case 'd':
		return d2i_X509(NULL, &p, (long)n);
	case 's':
		return with_extension(NID_subject_alt_name, p, n);
	case 'u':
		return with_extension(NID_ext_key_usage, p, n);
	case 'n':
		return with_subject(p, n);
	case 'k':
		return with_serial(p, n);
	default:
		return NULL;
	}
}

/* The names again, in another way: exactly one URI, and it is this one. */
static void check_principal(const X509 *cert, const char *id)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	char want[PRINCIPAL + 16];
	int n = snprintf(want, sizeof(want), "iq:principal/%s", id), uris = 0;

	require(names != NULL && id[0] != '\0' && strlen(id) < PRINCIPAL);
	for (const char *p = id; *p != '\0'; p++)
		require(*p > ' ' && *p <= '~');
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int type;
		const ASN1_STRING *s =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);

		if (type != GEN_URI)
			continue;
		uris++;
		require(ASN1_STRING_length(s) == n &&
			memcmp(ASN1_STRING_get0_data(s), want, (size_t)n) == 0);
	}
	require(uris == 1);
	GENERAL_NAMES_free(names);
}

/* A name as it is compared and shown: printable ASCII, nothing else. */
static void check_names(const X509 *cert)
{
	struct iq_buf both[2];

	for (size_t i = 0; i < 2; i++)
		iq_buf_init(&both[i], IQ_LIMIT_CELL);
	if (iq_tls_cert_names(cert, &both[0], &both[1]))
		for (size_t i = 0; i < 2; i++)
			for (size_t k = 0; k < both[i].n; k++)
				require(both[i].p[k] >= ' ' && both[i].p[k] <= '~');
	for (size_t i = 0; i < 2; i++)
		iq_buf_free(&both[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char id[PRINCIPAL];
	uint8_t serial[20] = {0};
	const char *why = NULL;

	iq_pem_setup();
	X509 *cert = n > 0 ? make(data[0], data + 1, n - 1) : NULL;

	if (cert != NULL) {
		if (iq_tls_cert_principal(cert, id, &why))
			check_principal(cert, id);
		else
			require(why != NULL && id[0] == '\0');
		require(iq_tls_cert_serial(cert, serial) <= sizeof(serial));
		(void)iq_tls_cert_until(cert);
		(void)iq_tls_cert_for_login(cert);
		check_names(cert);
	}
	X509_free(cert);
	ERR_clear_error();
	return 0;
}
