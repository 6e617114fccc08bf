/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PKI_PKI_H
#define IQ_PKI_PKI_H

/*
 * The server's own certificate authority (P-256 throughout), its server certificate, client
 * certificates from requests, and the table of principals, certificates and tokens. Files in the
 * state directory: ca.pem, ca.key, server.pem, server.key (0600).
 */

#include "access.h"
#include "err.h"
#include "store.h"
#include "token.h"

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

/* ---- principals and tokens in IQ_TABLE_AUTH ------------------------------------------------ */

/* Keys "p/<id>", "t/<hash>", "c/<serial>". Encoded with pb/wire.h. */
void iq_principal_put(struct iq_wtxn *w, const struct iq_principal *p);
/* False: unknown. Strings and grants are copied into the arena. */
bool iq_principal_get(
	struct iq_txn *t, struct iq_str id, struct iq_arena *arena, struct iq_principal *out);
/* Stored hashed (BLAKE2b of the secret); single use; `until_us`. */
void iq_token_put(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET], struct iq_str principal,
	int64_t until_us);
/* Uses a token up: the principal it is for (in the arena). IQ_ERR_LOGIN with the reason: unknown or
 * used, expired. */
IQ_CHECK enum iq_err iq_token_use(struct iq_wtxn *w, const uint8_t secret[IQ_TOKEN_SECRET],
	int64_t now_us, struct iq_arena *arena, struct iq_str *principal, struct iq_error *error);
/* Records a certificate as issued. */
void iq_certificate_put(
	struct iq_wtxn *w, const uint8_t serial[20], struct iq_str principal, int32_t until_day);
/* The last day of a certificate issued by us; false: unknown. */
bool iq_certificate_until(struct iq_txn *t, const uint8_t serial[20], int32_t *day);
/* True if the certificate was issued by us to this principal and is not revoked. */
bool iq_certificate_valid(struct iq_txn *t, const uint8_t serial[20], struct iq_str principal);

#endif
