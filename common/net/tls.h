/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_TLS_H
#define IQ_NET_TLS_H

/*
 * TLS 1.3 contexts and connections, the only place (with server/pki) that sees OpenSSL.
 * BSI TR-02102-2: AES-GCM suites, P-256 and P-384; ALPN "iq/1"; no tickets, no resumption, no early
 * data. Mutual: the server asks every client for a certificate; a client without one may only
 * enrol.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

struct iq_tls_context;
struct iq_tls; /* one connection */

/* PEM files. Errors name the file. Thread: any; a context may be shared by threads. */
IQ_CHECK enum iq_err iq_tls_server_context(const char *ca_file, const char *cert_file,
	const char *key_file, struct iq_tls_context **out, struct iq_error *error);
/* cert_file and key_file are read by iq_tls_connect(), which names what is wrong with them. NULL:
 * no client certificate (enrolment). ca_file NULL: the server is checked by fingerprint instead,
 * with iq_tls_check_fingerprint(), before anything is sent. */
IQ_CHECK enum iq_err iq_tls_client_context(const char *ca_file, const char *cert_file,
	const char *key_file, struct iq_tls_context **out, struct iq_error *error);
void iq_tls_context_free(struct iq_tls_context *c);
/*
 * Server, before it accepts with this context: certificates of the authorities in `file` (PEM) are
 * taken, too. See iq_tls_peer_external().
 */
IQ_CHECK enum iq_err iq_tls_server_trust(
	struct iq_tls_context *c, const char *file, struct iq_error *error);
/*
 * Connections accepted from now on get what `fresh` says, which is freed; those that are open keep
 * what they began with. True: an authority of others is not trusted any more. One thread may do so
 * while others accept.
 */
bool iq_tls_server_replace(struct iq_tls_context *c, struct iq_tls_context *fresh);
/* Would iq_tls_server_trust() take the file? */
IQ_CHECK enum iq_err iq_tls_check_authorities(const char *file, struct iq_error *error);

/* Non-blocking server side on an accepted socket. NULL without memory. Does not own fd. */
struct iq_tls *iq_tls_accept(struct iq_tls_context *c, int fd);
/* Blocking client side: handshake within timeout_ms, checks the server's name against `host`.
 * Error IQ_ERR_LOGIN or IQ_ERR_UNREACHABLE names the cause: expired since, not yet valid (clock?),
 * wrong name, unknown CA, revoked, refused by the server. */
IQ_CHECK enum iq_err iq_tls_connect(struct iq_tls_context *c, int fd, const char *host,
	int timeout_ms, struct iq_tls **out, struct iq_error *error);
/* Sends close_notify once, if the handshake was done; frees. */
void iq_tls_free(struct iq_tls *t);

enum iq_io { IQ_IO_OK, IQ_IO_WANT_READ, IQ_IO_WANT_WRITE, IQ_IO_EOF, IQ_IO_ERROR };

/* Server: goes on with the handshake. */
enum iq_io iq_tls_handshake(struct iq_tls *t);
/* At most n bytes; *done says how many on IQ_IO_OK. Never blocks on a non-blocking socket. */
enum iq_io iq_tls_read(struct iq_tls *t, void *p, size_t n, size_t *done);
enum iq_io iq_tls_write(struct iq_tls *t, const void *p, size_t n, size_t *done);
/* Not 0: bytes were taken from the socket but not read yet, so go on reading before waiting for the
 * socket. 0 whenever the last read returned IQ_IO_WANT_READ. */
size_t iq_tls_pending(const struct iq_tls *t);
/* Words for the last IQ_IO_ERROR: OpenSSL's reason, in static or t's storage. */
const char *iq_tls_reason(const struct iq_tls *t);

/*
 * The principal named by the peer's certificate: the one SAN URI "iq:principal/<id>" (whole-length
 * comparison; NUL, two URIs or another prefix: refused). Empty if the peer has no certificate.
 * False: certificate without a usable identity; *why is a msgid.
 */
bool iq_tls_peer_principal(const struct iq_tls *t, char out[128], const char **why);
/* Serial number of the peer's certificate, at most 20 bytes; 0: none. */
size_t iq_tls_peer_serial(const struct iq_tls *t, uint8_t out[20]);
/*
 * Server: the last second in which the peer's certificate is valid, since 1970; 0: none. The
 * handshake lets a certificate of our own authority pass that expired at most
 * IQ_LIMIT_CERT_GRACE_DAYS ago.
 */
int64_t iq_tls_peer_until(const struct iq_tls *t);
/* Server: the peer's certificate comes from an authority of iq_tls_server_trust(): it does not say
 * who the peer is here. */
bool iq_tls_peer_external(const struct iq_tls *t);
/* Its extended key usage says that it is for clients. */
bool iq_tls_peer_for_login(const struct iq_tls *t);
/* Its issuer and subject as RFC 4514 writes them (OpenSSL's XN_FLAG_RFC2253). False: no names. */
bool iq_tls_peer_names(const struct iq_tls *t, struct iq_buf *issuer, struct iq_buf *subject);
/* Client: when its own certificate is valid, in seconds since 1970; false: it has none. */
bool iq_tls_own_dates(const struct iq_tls *t, int64_t *from, int64_t *until);
/* Client: true if some certificate of the server's chain is the CA with this fingerprint and the
 * chain verifies against it, for this host. */
bool iq_tls_check_fingerprint(
	const struct iq_tls *t, const uint8_t *fingerprint, size_t n, const char *host);

/* Client: makes a P-256 key (PEM file, 0600, O_EXCL) and a certificate request (DER, in the arena).
 */
IQ_CHECK enum iq_err iq_tls_make_key(
	const char *key_file, struct iq_arena *arena, struct iq_str *csr, struct iq_error *error);
/* Client: DER certificates → PEM file (0600). */
IQ_CHECK enum iq_err iq_tls_write_pems(
	const char *file, const struct iq_str *ders, size_t n, struct iq_error *error);
IQ_CHECK enum iq_err iq_tls_write_pem(const char *file, struct iq_str der, struct iq_error *error);
/* notAfter of a PEM certificate in days since 1970; false if unreadable. */
bool iq_tls_pem_until(const char *file, int32_t *days);

#endif
