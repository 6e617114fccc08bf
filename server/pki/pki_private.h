/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PKI_PRIVATE_H
#define IQ_PKI_PRIVATE_H

/* Shared by the files of this folder only. */

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki.h"

enum { IQ_SERIAL = 20 };

struct iq_pki {
	X509 *ca;
	EVP_PKEY *key;
	X509_EXTENSION *crl; /* where the list of revoked certificates is; may be NULL */
};

/* What a certificate is to say; it is signed by `issuer` (NULL: by itself) with `issuer_key`. */
struct iq_cert_plan {
	const X509 *issuer;
	EVP_PKEY *issuer_key, *key; /* of the issuer; of the subject */
	struct iq_str subject;      /* common name; may be empty */
	int days;
	const char *usage, *extended; /* key usage, extended key usage (NULL: none) */
	GENERAL_NAMES *names;         /* NULL: none */
	const X509_EXTENSION *crl;    /* NULL: none */
	const uint8_t *serial;        /* IQ_SERIAL bytes */
	const EVP_MD *digest;
};

/* NULL on lack of memory or refusal by OpenSSL. The caller frees. */
X509 *iq_cert_make(const struct iq_cert_plan *plan);
/* Adds a name; false without memory. An IP address where `text` is one and type is DNS. */
bool iq_cert_add_name(GENERAL_NAMES *names, int type, struct iq_str text);
/* The extension that names http://HOST/iq.crl. NULL without memory. */
X509_EXTENSION *iq_cert_crl(const char *host);
/* Positive and IQ_SERIAL bytes long. */
bool iq_cert_serial(uint8_t out[IQ_SERIAL]);

#endif
