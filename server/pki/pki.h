/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PKI_PKI_H
#define IQ_PKI_PKI_H

/*
 * The server's own certificate authority (P-256 throughout), its server certificate and client
 * certificates from requests. Files in the state directory: ca.pem, ca.key, server.pem, server.key
 * (0600).
 */

#include "arena.h"
#include "err.h"

/* Makes CA and server certificate (names: host, localhost, 127.0.0.1, ::1; CRL URI
 * http://HOST/iq.crl). Refuses if files exist. */
IQ_CHECK enum iq_err iq_pki_init(const char *dir, const char *host, struct iq_error *error);
/* Renews the server certificate if it ends within 30 days. */
IQ_CHECK enum iq_err iq_pki_renew_server(const char *dir, const char *host, struct iq_error *error);
/* SHA-256 of the CA certificate (DER). */
IQ_CHECK enum iq_err iq_pki_fingerprint(const char *dir, uint8_t out[32], struct iq_error *error);

struct iq_pki; /* the CA, loaded */
IQ_CHECK enum iq_err iq_pki_open(const char *dir, struct iq_pki **out, struct iq_error *error);
void iq_pki_close(struct iq_pki *p);
/*
 * A client certificate for the key in `csr` (DER; names in it are ignored; P-256 or P-384 only,
 * signature checked): SAN URI iq:principal/<id>, clientAuth, IQ_LIMIT_CERT_DAYS. serial: 20 bytes,
 * random.
 */
IQ_CHECK enum iq_err iq_pki_sign(struct iq_pki *p, struct iq_str csr, struct iq_str principal,
	struct iq_arena *arena, struct iq_str *cert_der, struct iq_str *ca_der, uint8_t serial[20],
	struct iq_error *error);

#endif
