/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PKI_PKI_H
#define IQ_PKI_PKI_H

/*
 * The server's own certificate authority (P-256 throughout), its server certificate and client
 * certificates from requests. Files in the state directory (0600): ca.pem (while one authority
 * replaces another: both, the newer one first), ca.key (absent: offline), cross.pem (the new
 * authority signed by the old one), server.pem with its chain, server.key.
 *
 * The daemon never holds ca.key: a process of its own does, see process.c.
 */

#include "arena.h"
#include "err.h"

/* Makes CA and server certificate (names: host, localhost, 127.0.0.1, ::1; CRL URI
 * http://HOST/iq.crl). Refuses if files exist. */
IQ_CHECK enum iq_err iq_pki_init(const char *dir, const char *host, struct iq_error *error);
/* SHA-256 of the (newest) CA certificate (DER). */
IQ_CHECK enum iq_err iq_pki_fingerprint(const char *dir, uint8_t out[32], struct iq_error *error);

/*
 * Where a key ("server.key", "ca.key") is read from: the credential of that name that the service
 * manager hands over ($CREDENTIALS_DIRECTORY, systemd.exec(5)), else DIR/name. malloc'd; NULL
 * without memory.
 */
char *iq_pki_key_path(const char *dir, const char *name);

/* Can be in a server's certificate: a name of DNS or an address. */
bool iq_pki_host_valid(const char *host);

struct iq_pki; /* the CA, loaded */
/*
 * Starts the process that holds the key: before there are threads, and before the store or a
 * listening socket is open. Without ca.key the authority is offline, which is no error.
 */
IQ_CHECK enum iq_err iq_pki_open(const char *dir, struct iq_pki **out, struct iq_error *error);
void iq_pki_close(struct iq_pki *p);
/*
 * Renews the server certificate if it ends within 30 days, or if its authority was replaced.
 * Offline: goes on with the certificate there is as long as it is valid. One thread, beside
 * iq_pki_sign() in another.
 */
IQ_CHECK enum iq_err iq_pki_renew_server(
	struct iq_pki *p, const char *dir, const char *host, struct iq_error *error);
/*
 * A client certificate for the key in `csr` (DER; names in it are ignored; P-256 or P-384 only,
 * signature checked): SAN URI iq:principal/<id>, clientAuth, IQ_LIMIT_CERT_DAYS. serial: 20 bytes,
 * random. Writer's thread. IQ_ERR_BUSY: the authority is offline.
 */
IQ_CHECK enum iq_err iq_pki_sign(struct iq_pki *p, struct iq_str csr, struct iq_str principal,
	struct iq_arena *arena, struct iq_str *cert_der, struct iq_str *ca_der, uint8_t serial[20],
	struct iq_error *error);
/* How many authorities are to be trusted, and the i-th of them (DER). */
size_t iq_pki_authorities(
	const struct iq_pki *p, size_t i, struct iq_arena *arena, struct iq_str *der);
/* Last day of a certificate (DER), since 1970. */
bool iq_pki_cert_until(struct iq_str der, int32_t *day);

/* ---- for the operator (rotate.c) --------------------------------------------------------------
 */

/* Writes the key into a new file (0600); remove: and takes it out of the state directory. */
IQ_CHECK enum iq_err iq_pki_export(
	const char *dir, const char *file, bool remove, struct iq_error *error);
/* Puts the key back; it must belong to ca.pem. */
IQ_CHECK enum iq_err iq_pki_import(const char *dir, const char *file, struct iq_error *error);
/*
 * A new authority in place of the present one, which stays trusted as long as certificates of it
 * may be valid. The daemon is stopped meanwhile.
 */
IQ_CHECK enum iq_err iq_pki_rotate(const char *dir, const char *host, struct iq_error *error);

struct iq_pki_certificate {
	const char *name;        /* common name of the subject */
	uint8_t fingerprint[32]; /* SHA-256 */
	int32_t until;           /* days since 1970 */
	bool signs;              /* its key is in ca.key */
	bool server;             /* the server's own */
};
/* Every authority and the server's certificate. */
IQ_CHECK enum iq_err iq_pki_show(const char *dir,
	void (*fn)(void *arg, const struct iq_pki_certificate *cert), void *arg,
	struct iq_error *error);

#endif
