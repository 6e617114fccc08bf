/* SPDX-License-Identifier: Apache-2.0 */
/* Server: which certificates of clients are accepted, and whose they are. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

#include "bounds.h"
#include "i18n.h"
#include "pem.h"
#include "tls_private.h"

enum { DAY_SECONDS = 86400 };

/* ---- an authority of somebody else ---------------------------------------------------------- */

static enum iq_err bad_authority(const char *file, struct iq_error *error)
{
	ERR_clear_error();
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("The file {0} holds no certificate of an authority, or one that is too weak."),
		N_("It must be in PEM form; keys must be elliptic (P-256, P-384) or RSA with 3072 "
		   "bits or more."),
		file, NULL);
}

static CRYPTO_ONCE index_once = CRYPTO_ONCE_STATIC_INIT;
static int external_index = -1;

static void free_external(void *ctx, void *p, CRYPTO_EX_DATA *ad, int at, long argl, void *argp)
{
	(void)ctx;
	(void)ad;
	(void)at;
	(void)argl;
	(void)argp;
	sk_X509_pop_free(p, X509_free);
}

static void make_index(void)
{
	external_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_external);
}

const STACK_OF(X509) * iq_tls_external(const SSL_CTX *ctx)
{
	return external_index < 0 ? NULL : SSL_CTX_get_ex_data(ctx, external_index);
}

/* The list, made if need be; NULL without memory. */
static STACK_OF(X509) * make_external(SSL_CTX *ctx)
{
	if (CRYPTO_THREAD_run_once(&index_once, make_index) != 1 || external_index < 0)
		return NULL;
	STACK_OF(X509) *list = SSL_CTX_get_ex_data(ctx, external_index);

	if (list != NULL || (list = sk_X509_new_null()) == NULL)
		return list;
	if (SSL_CTX_set_ex_data(ctx, external_index, list) == 1)
		return list;
	sk_X509_free(list);
	return NULL;
}

static bool add_external(SSL_CTX *ctx, STACK_OF(X509) * external, X509 *cert)
{
	int bits = EVP_PKEY_get_security_bits(X509_get0_pubkey(cert));

	return X509_check_ca(cert) == 1 && bits >= IQ_TLS_BITS &&
	       sk_X509_push(external, cert) > 0 && X509_up_ref(cert) == 1 &&
	       X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert) == 1 &&
	       SSL_CTX_add1_to_CA_list(ctx, cert) == 1;
}

enum iq_err iq_tls_server_trust(struct iq_tls_context *c, const char *file, struct iq_error *error)
{
	BIO *bio = iq_pem_open(file, error);
	bool good = true;

	if (bio == NULL)
		return error->code;
	STACK_OF(X509) *external = make_external(c->ctx);

	for (X509 *cert; good && (cert = iq_pem_next_cert(bio)) != NULL;) {
		good = external != NULL && add_external(c->ctx, external, cert);
		X509_free(cert);
	}
	BIO_free(bio);
	if (!good || sk_X509_num(external) <= 0)
		return bad_authority(file, error);
	/* An authority below another one may be named without it. */
	(void)X509_STORE_set_flags(SSL_CTX_get_cert_store(c->ctx), X509_V_FLAG_PARTIAL_CHAIN);
	ERR_clear_error();
	return IQ_OK;
}

enum iq_err iq_tls_check_authorities(const char *file, struct iq_error *error)
{
	struct iq_tls_context c = {.ctx = NULL};

	iq_pem_setup();
	c.ctx = SSL_CTX_new(TLS_server_method());
	if (c.ctx == NULL)
		return bad_authority(file, error);
	enum iq_err err = iq_tls_server_trust(&c, file, error);

	SSL_CTX_free(c.ctx);
	return err;
}

/* Does the chain end at one of those? */
static bool ends_outside(const STACK_OF(X509) * external, const STACK_OF(X509) * chain)
{
	const X509 *end = sk_X509_value(chain, sk_X509_num(chain) - 1);

	for (int i = 0; end != NULL && i < sk_X509_num(external); i++) {
		if (X509_cmp(end, sk_X509_value(external, i)) == 0)
			return true;
	}
	return false;
}

/* Is there one in `old` that is not in `fresh`? */
static bool lacks_some(const STACK_OF(X509) * fresh, const STACK_OF(X509) * old)
{
	for (int i = 0; i < sk_X509_num(old); i++) {
		bool found = false;

		for (int k = 0; !found && k < sk_X509_num(fresh); k++)
			found = X509_cmp(sk_X509_value(old, i), sk_X509_value(fresh, k)) == 0;
		if (!found)
			return true;
	}
	return false;
}

bool iq_tls_server_replace(struct iq_tls_context *c, struct iq_tls_context *fresh)
{
	bool fewer = lacks_some(iq_tls_external(fresh->ctx), iq_tls_external(c->ctx));
	SSL_CTX *old = c->ctx;

	pthread_mutex_lock(&c->lock);
	c->ctx = fresh->ctx;
	pthread_mutex_unlock(&c->lock);
	fresh->ctx = old;
	iq_tls_context_free(fresh);
	return fewer;
}

/* ---- verifying ------------------------------------------------------------------------------ */

static int64_t seconds_of(const ASN1_TIME *t)
{
	struct tm tm;

	return t != NULL && ASN1_TIME_to_tm(t, &tm) == 1 ? (int64_t)timegm(&tm) : 0;
}

/*
 * Of all errors one is let pass: a certificate of ours that expired within the days of grace. Who
 * shows it can only renew it (see server/dispatch.c).
 */
int iq_tls_on_client(int good, X509_STORE_CTX *check)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx());
	const X509 *cert = X509_STORE_CTX_get_current_cert(check);

	if (good || ssl == NULL || cert == NULL ||
		X509_STORE_CTX_get_error(check) != X509_V_ERR_CERT_HAS_EXPIRED ||
		X509_STORE_CTX_get_error_depth(check) != 0 ||
		ends_outside(
			iq_tls_external(SSL_get_SSL_CTX(ssl)), X509_STORE_CTX_get0_chain(check)))
		return good;
	int64_t until = seconds_of(X509_get0_notAfter(cert));

	if (until == 0 ||
		(int64_t)time(NULL) - until > (int64_t)IQ_LIMIT_CERT_GRACE_DAYS * DAY_SECONDS)
		return good;
	X509_STORE_CTX_set_error(check, X509_V_OK);
	return 1;
}

/* ---- who it is --------------------------------------------------------------------------------
 */

bool iq_tls_peer_external(const struct iq_tls *t)
{
	const STACK_OF(X509) *external = iq_tls_external(SSL_get_SSL_CTX(t->ssl));

	return external != NULL && SSL_get0_peer_certificate(t->ssl) != NULL &&
	       ends_outside(external, SSL_get0_verified_chain(t->ssl));
}

bool iq_tls_cert_for_login(X509 *cert)
{
	return (X509_get_extension_flags(cert) & EXFLAG_XKUSAGE) != 0 &&
	       (X509_get_extended_key_usage(cert) & XKU_SSL_CLIENT) != 0;
}

bool iq_tls_peer_for_login(const struct iq_tls *t)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);

	return cert != NULL && iq_tls_cert_for_login(cert);
}

int64_t iq_tls_cert_until(const X509 *cert)
{
	return seconds_of(X509_get0_notAfter(cert));
}

int64_t iq_tls_peer_until(const struct iq_tls *t)
{
	const X509 *cert = SSL_get0_peer_certificate(t->ssl);

	return cert != NULL ? iq_tls_cert_until(cert) : 0;
}

bool iq_tls_own_dates(const struct iq_tls *t, int64_t *from, int64_t *until)
{
	const X509 *cert = SSL_get_certificate(t->ssl);

	if (cert == NULL)
		return false;
	*from = seconds_of(X509_get0_notBefore(cert));
	*until = seconds_of(X509_get0_notAfter(cert));
	return *from != 0 && *until != 0;
}

static bool write_name(const X509_NAME *name, struct iq_buf *out)
{
	BIO *mem = BIO_new(BIO_s_mem());
	char *p;
	bool good = mem != NULL && X509_NAME_print_ex(mem, name, 0, XN_FLAG_RFC2253) >= 0;

	if (good) {
		long n = BIO_get_mem_data(mem, &p);

		good = n > 0;
		if (good)
			iq_buf_add(out, p, (size_t)n);
	}
	BIO_free(mem);
	ERR_clear_error();
	return good && !out->failed;
}

bool iq_tls_cert_names(const X509 *cert, struct iq_buf *issuer, struct iq_buf *subject)
{
	return write_name(X509_get_issuer_name(cert), issuer) &&
	       write_name(X509_get_subject_name(cert), subject);
}

bool iq_tls_peer_names(const struct iq_tls *t, struct iq_buf *issuer, struct iq_buf *subject)
{
	const X509 *cert = SSL_get0_peer_certificate(t->ssl);

	return cert != NULL && iq_tls_cert_names(cert, issuer, subject);
}

/* ---- the server's own chain ------------------------------------------------------------------ */

static bool names(const STACK_OF(X509_NAME) * known, const X509_NAME *name)
{
	for (int i = 0; i < sk_X509_NAME_num(known); i++) {
		if (X509_NAME_cmp(sk_X509_NAME_value(known, i), name) == 0)
			return true;
	}
	return false;
}

/*
 * Who names authorities in the hello has them (RFC 8446, 4.2.4) and is not sent them: the leaf is
 * enough for who knows its issuer, leaf and cross-certificate for who knows the predecessor of
 * that. Who is about to enrol names none and finds the authority by its fingerprint.
 */
int iq_tls_choose_chain(SSL *ssl, void *arg)
{
	const STACK_OF(X509_NAME) *known = SSL_get0_peer_CA_list(ssl);
	const X509 *leaf = SSL_get_certificate(ssl);
	STACK_OF(X509) *chain = NULL;

	(void)arg;
	SSL_get0_chain_certs(ssl, &chain);
	if (leaf == NULL || sk_X509_NAME_num(known) <= 0)
		return 1;
	if (names(known, X509_get_issuer_name(leaf))) {
		for (int i = 0; i < sk_X509_num(chain); i++) {
			if (X509_self_signed(sk_X509_value(chain, i), 0) == 1) {
				(void)SSL_clear_chain_certs(ssl);
				break;
			}
		}
		return 1;
	}
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cross = sk_X509_value(chain, i);

		if (X509_self_signed(cross, 0) == 1 || !names(known, X509_get_issuer_name(cross)))
			continue;
		X509_up_ref(cross);
		(void)SSL_clear_chain_certs(ssl);
		if (SSL_add0_chain_cert(ssl, cross) != 1)
			X509_free(cross);
		break;
	}
	return 1;
}
