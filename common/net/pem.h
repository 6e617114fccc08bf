/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_PEM_H
#define IQ_NET_PEM_H

/* PEM files, for the files of this folder and of server/pki. Sees OpenSSL. */

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "err.h"

/* Initialises OpenSSL without its configuration file; cheap when done already. Any thread. */
void iq_pem_setup(void);
/*
 * Leaves of OpenSSL's algorithms those that iq takes. Once, before any is fetched; iq_pem_setup()
 * does so. If that does not work, all are there as usual.
 */
void iq_provider_narrow(void);

/* NULL if the file cannot be read; the error (IQ_ERR_LOGIN) names it. The caller frees. */
BIO *iq_pem_open(const char *file, struct iq_error *error);
X509 *iq_pem_cert(const char *file, struct iq_error *error);
EVP_PKEY *iq_pem_key(const char *file, struct iq_error *error);
/* The next certificate; NULL at the end or if there is none. */
X509 *iq_pem_next_cert(BIO *bio);

/*
 * Writes what `mem` (a memory BIO) holds into a file of mode 0600, durably. replace: an existing
 * file is swapped in one step; else it is an error.
 */
IQ_CHECK enum iq_err iq_pem_write(const char *file, BIO *mem, bool replace, struct iq_error *error);

/* The day a time of a certificate falls on, since 1970; false if it is malformed. */
bool iq_pem_day(const ASN1_TIME *t, int32_t *days);

#endif
