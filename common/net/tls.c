/* SPDX-License-Identifier: Apache-2.0 */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "i18n.h"
#include "pem.h"
#include "tls_private.h"

#define SUITES "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256"
#define GROUPS "P-256:P-384"
#define SIGNATURES "ECDSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512"

enum {
	LEVEL = 3, /* IQ_TLS_BITS: RSA from 3072, elliptic curves from 256 bits */
	CHAIN = 1, /* intermediate certificates */
};

static const unsigned char alpn[] = {4, 'i', 'q', '/', '1'};

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
	const unsigned char *offered, unsigned noffered, void *arg)
{
	unsigned char *chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, n, alpn, sizeof(alpn), offered, noffered) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Counts what arrives besides application data once the handshake is done. */
static void on_message(
	int writing, int version, int type, const void *p, size_t n, SSL *ssl, void *arg)
{
	struct iq_tls *t = arg;

	(void)version;
	(void)p;
	(void)n;
	(void)ssl;
	if (t != NULL && t->open && !writing && type == SSL3_RT_HANDSHAKE)
		t->messages++;
}

/* What server and client have in common; NULL without memory. */
static SSL_CTX *context(const SSL_METHOD *method)
{
	iq_pem_setup();
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL)
		return NULL;
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
		SSL_CTX_set_ciphersuites(ctx, SUITES) != 1 ||
		SSL_CTX_set1_groups_list(ctx, GROUPS) != 1 ||
		SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_security_level(ctx, LEVEL);
	SSL_CTX_set_verify_depth(ctx, CHAIN);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(
		ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	/* What the certificate's file holds is shown, no root found in the store in addition. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
	/* Key updates return to us instead of being followed for as long as they come. */
	SSL_CTX_clear_mode(ctx, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_msg_callback(ctx, on_message);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

static enum iq_err bad_file(struct iq_error *error, const char *file, const char *text)
{
	ERR_clear_error();
	return iq_error_set(error, IQ_ERR_LOGIN, text,
		N_("Keys must be elliptic (P-256, P-384) or RSA with 3072 bits or more. iqq "
		   "enroll makes a new one."),
		file, NULL);
}

/*
 * The certificates this side trusts as issuers. Their names go to the other side: a client that
 * knows the authority need not be sent it.
 */
static enum iq_err load_ca(SSL_CTX *ctx, const char *file, struct iq_error *error)
{
	BIO *bio = iq_pem_open(file, error);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	size_t n = 0;

	if (bio == NULL)
		return error->code;
	for (X509 *cert; (cert = iq_pem_next_cert(bio)) != NULL; n++) {
		(void)X509_STORE_add_cert(store, cert);
		(void)SSL_CTX_add1_to_CA_list(ctx, cert);
		X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (n == 0)
		return bad_file(error, file, N_("The file {0} holds no certificate."));
	return IQ_OK;
}

/* What this side shows: its certificate, those that lead from it to its issuer, its key. */
struct identity {
	X509 *cert;
	STACK_OF(X509) * chain;
	EVP_PKEY *key;
};

static void forget(struct identity *id)
{
	X509_free(id->cert);
	sk_X509_pop_free(id->chain, X509_free);
	EVP_PKEY_free(id->key);
}

static enum iq_err read_chain(const char *file, struct identity *id, struct iq_error *error)
{
	BIO *bio = iq_pem_open(file, error);
	bool good = true;

	if (bio == NULL)
		return error->code;
	id->cert = iq_pem_next_cert(bio);
	for (X509 *cert; good && id->cert && (cert = iq_pem_next_cert(bio)) != NULL;) {
		if (id->chain == NULL)
			id->chain = sk_X509_new_null();
		good = sk_X509_push(id->chain, cert) > 0;
		if (!good)
			X509_free(cert);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (id->cert == NULL)
		return bad_file(error, file, N_("The file {0} holds no certificate."));
	if (!good)
		return iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	return IQ_OK;
}

/* For a context, or (ctx NULL) for one connection. */
static enum iq_err load_identity(
	SSL_CTX *ctx, SSL *ssl, const char *cert_file, const char *key_file, struct iq_error *error)
{
	struct identity id = {NULL, NULL, NULL};
	enum iq_err err = read_chain(cert_file, &id, error);

	if (err == IQ_OK && (id.key = iq_pem_key(key_file, error)) == NULL)
		err = error->code;
	if (err == IQ_OK && X509_check_private_key(id.cert, id.key) != 1)
		err = bad_file(
			error, key_file, N_("The key in {0} does not belong to the certificate."));
	if (err == IQ_OK && (ctx ? SSL_CTX_use_cert_and_key(ctx, id.cert, id.key, id.chain, 1)
				 : SSL_use_cert_and_key(ssl, id.cert, id.key, id.chain, 1)) != 1)
		err = bad_file(error, cert_file, N_("The certificate in {0} is too weak."));
	forget(&id);
	return err;
}

static enum iq_err finish(SSL_CTX *ctx, enum iq_err err, struct iq_tls_context **out)
{
	*out = err == IQ_OK ? calloc(1, sizeof(**out)) : NULL;
	if (*out == NULL) {
		SSL_CTX_free(ctx);
		return err == IQ_OK ? IQ_ERR_INTERNAL : err;
	}
	(*out)->ctx = ctx;
	pthread_mutex_init(&(*out)->lock, NULL);
	return IQ_OK;
}

static enum iq_err no_context(struct iq_error *error)
{
	ERR_clear_error();
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("TLS 1.3 cannot be set up."),
		N_("Check the installation of OpenSSL."), NULL);
}

enum iq_err iq_tls_server_context(const char *ca_file, const char *cert_file, const char *key_file,
	struct iq_tls_context **out, struct iq_error *error)
{
	static const unsigned char session_id[] = "iqd";
	SSL_CTX *ctx = context(TLS_server_method());

	*out = NULL;
	if (ctx == NULL || SSL_CTX_set_num_tickets(ctx, 0) != 1 ||
		SSL_CTX_set_session_id_context(ctx, session_id, sizeof(session_id) - 1) != 1) {
		SSL_CTX_free(ctx);
		return no_context(error);
	}
	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, iq_tls_on_client);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	SSL_CTX_set_cert_cb(ctx, iq_tls_choose_chain, NULL);
	enum iq_err err = load_ca(ctx, ca_file, error);

	if (err == IQ_OK)
		err = load_identity(ctx, NULL, cert_file, key_file, error);
	return finish(ctx, err, out);
}

/* Asked for the certificate that iq_tls_show() has not loaded yet: the handshake comes back. */
static int wait_for_identity(SSL *ssl, void *arg)
{
	const struct iq_tls *t = SSL_get_app_data(ssl);

	(void)arg;
	return t->shown ? 1 : -1;
}

enum iq_err iq_tls_client_context(const char *ca_file, const char *cert_file, const char *key_file,
	struct iq_tls_context **out, struct iq_error *error)
{
	SSL_CTX *ctx = context(TLS_client_method());

	*out = NULL;
	if (ctx == NULL || SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn)) != 0) {
		SSL_CTX_free(ctx);
		return no_context(error);
	}
	SSL_CTX_set_verify(ctx, ca_file ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, iq_tls_on_verify);
	if (cert_file != NULL)
		SSL_CTX_set_cert_cb(ctx, wait_for_identity, NULL);
	enum iq_err err = finish(ctx, ca_file ? load_ca(ctx, ca_file, error) : IQ_OK, out);

	if (err != IQ_OK || cert_file == NULL)
		return err;
	(*out)->cert_file = strdup(cert_file);
	(*out)->key_file = strdup(key_file);
	if ((*out)->cert_file != NULL && (*out)->key_file != NULL)
		return IQ_OK;
	iq_tls_context_free(*out);
	*out = NULL;
	return no_context(error);
}

enum iq_err iq_tls_show(const struct iq_tls_context *c, struct iq_tls *t, struct iq_error *error)
{
	t->shown = true;
	if (c->cert_file == NULL)
		return IQ_OK;
	return load_identity(NULL, t->ssl, c->cert_file, c->key_file, error);
}

void iq_tls_context_free(struct iq_tls_context *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	pthread_mutex_destroy(&c->lock);
	free(c->cert_file);
	free(c->key_file);
	free(c);
}
