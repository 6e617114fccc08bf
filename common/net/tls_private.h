/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_NET_TLS_PRIVATE_H
#define IQ_NET_TLS_PRIVATE_H

/* Shared by the files of this folder only. */

#include <openssl/ssl.h>
#include <pthread.h>

#include "tls.h"

enum { IQ_TLS_BITS = 128 }; /* strength of keys, at least */

struct iq_tls_context {
	pthread_mutex_t lock;       /* of ctx, which may be replaced */
	SSL_CTX *ctx;               /* connections keep the one they began with */
	char *cert_file, *key_file; /* client: loaded for each connection */
};

/* Server: authorities of others that these connections trust; NULL: none. They live as long. */
const STACK_OF(X509) * iq_tls_external(const SSL_CTX *ctx);

struct iq_tls {
	SSL *ssl;
	bool server;
	bool open;    /* handshake done */
	bool broken;  /* a fatal error: no close_notify */
	bool drained; /* the last read wanted more from the socket */
	bool shown;   /* client: its own certificate is loaded */
	/* handshake messages since the last application data: a flood of key updates */
	unsigned messages;
	/* why it broke */
	int32_t from, until; /* days: when the certificate that was refused is valid */
	int reason;          /* SSL_R_…; 0: see sys */
	int sys;             /* errno; 0: the peer closed without notice */
	char words[160];
};

/* Checks of a server's certificate for a name or an address. */
bool iq_tls_set_host(X509_VERIFY_PARAM *param, const char *host);

/* Client: loads the certificate it shows and the key, if there are any. */
IQ_CHECK enum iq_err iq_tls_show(
	const struct iq_tls_context *c, struct iq_tls *t, struct iq_error *error);

/* Sets `error` for a broken connection to a server called `host`. Returns its code. */
enum iq_err iq_tls_explain(const struct iq_tls *t, const char *host, struct iq_error *error);
/* Fills reason, sys, words from OpenSSL's queue and errno. */
void iq_tls_record(struct iq_tls *t, bool syscall, int sys);

/* Keeps the dates of a refused certificate: OpenSSL forgets it. For SSL_CTX_set_verify(). */
int iq_tls_on_verify(int good, X509_STORE_CTX *check);
/* Server: lets a certificate that expired within the grace pass. For SSL_CTX_set_verify(). */
int iq_tls_on_client(int good, X509_STORE_CTX *check);
/* Server: leaves out what the client has. For SSL_CTX_set_cert_cb(). */
int iq_tls_choose_chain(SSL *ssl, void *arg);

/*
 * What iq_tls_peer_principal(), _serial(), _for_login(), _until() and _names() take from the
 * certificate of the peer; see tls.h. Any thread.
 */
bool iq_tls_cert_principal(const X509 *cert, char out[128], const char **why);
size_t iq_tls_cert_serial(const X509 *cert, uint8_t out[20]);
bool iq_tls_cert_for_login(X509 *cert);
int64_t iq_tls_cert_until(const X509 *cert);
bool iq_tls_cert_names(const X509 *cert, struct iq_buf *issuer, struct iq_buf *subject);

/* Waits until fd is ready for `events` (POLLIN …) or the deadline (iq_monotonic_us) passed. Returns
 * what is ready, 0: timeout. */
short iq_tls_wait(int fd, short events, int64_t deadline_us);

#endif
