/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "i18n.h"
#include "tls_private.h"

#define PREFIX "iq:principal/"

enum { ID_MAX = 127, FINGERPRINT_MIN = 16, LEVEL = 3 };

/* Visible ASCII only: whatever else a name could hide is refused. */
static bool id_valid(struct iq_str id)
{
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~')
			return false;
	}
	return id.n != 0 && id.n <= ID_MAX;
}

/* The one URI among the names; false if there is none or more than one. */
static bool only_uri(const GENERAL_NAMES *names, struct iq_str *uri)
{
	int found = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_URI)
			continue;
		const ASN1_IA5STRING *s = name->d.uniformResourceIdentifier;

		*uri = (struct iq_str){
			(const char *)ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)};
		found++;
	}
	return found == 1;
}

bool iq_tls_cert_principal(const X509 *cert, char out[128], const char **why)
{
	struct iq_str uri = {NULL, 0}, prefix = IQ_STR(PREFIX);
	bool good = false;

	out[0] = '\0';
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);

	if (names == NULL || !only_uri(names, &uri)) {
		*why = N_("The certificate must name exactly one principal.");
		goto out;
	}
	if (!iq_str_starts(uri, prefix) ||
		!id_valid((struct iq_str){uri.p + prefix.n, uri.n - prefix.n})) {
		*why = N_("The certificate names something that is no principal.");
		goto out;
	}
	memcpy(out, uri.p + prefix.n, uri.n - prefix.n);
	out[uri.n - prefix.n] = '\0';
	good = true;
out:
	GENERAL_NAMES_free(names);
	ERR_clear_error();
	return good;
}

bool iq_tls_peer_principal(const struct iq_tls *t, char out[128], const char **why)
{
	const X509 *cert = SSL_get0_peer_certificate(t->ssl);

	out[0] = '\0';
	return cert == NULL || iq_tls_cert_principal(cert, out, why);
}

size_t iq_tls_cert_serial(const X509 *cert, uint8_t out[20])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int n = ASN1_STRING_length(serial);

	if (n <= 0 || n > 20 || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
		return 0;
	memcpy(out, ASN1_STRING_get0_data(serial), (size_t)n);
	return (size_t)n;
}

size_t iq_tls_peer_serial(const struct iq_tls *t, uint8_t out[20])
{
	const X509 *cert = SSL_get0_peer_certificate(t->ssl);

	return cert != NULL ? iq_tls_cert_serial(cert, out) : 0;
}

/* The certificate of the chain with this SHA-256 (or its first n bytes). */
static X509 *by_fingerprint(const STACK_OF(X509) * chain, const uint8_t *fingerprint, size_t n)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *cert = sk_X509_value(chain, i);
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned size;

		if (X509_digest(cert, EVP_sha256(), digest, &size) == 1 && n <= size &&
			CRYPTO_memcmp(digest, fingerprint, n) == 0)
			return cert;
	}
	return NULL;
}

bool iq_tls_check_fingerprint(
	const struct iq_tls *t, const uint8_t *fingerprint, size_t n, const char *host)
{
	/* A client that knows the authority is not sent it, but has it in the chain it verified. */
	STACK_OF(X509) *chain = SSL_get_verify_result(t->ssl) == X509_V_OK
					? SSL_get0_verified_chain(t->ssl)
					: SSL_get_peer_cert_chain(t->ssl);
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	bool good = false;

	if (chain == NULL || store == NULL || check == NULL || n < FINGERPRINT_MIN)
		goto out;
	X509 *ca = by_fingerprint(chain, fingerprint, n);

	if (ca == NULL || X509_check_ca(ca) == 0 || X509_STORE_add_cert(store, ca) != 1 ||
		X509_STORE_CTX_init(check, store, sk_X509_value(chain, 0), chain) != 1 ||
		X509_STORE_CTX_set_default(check, "ssl_server") != 1)
		goto out;
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(check);

	X509_VERIFY_PARAM_set_auth_level(param, LEVEL);
	good = iq_tls_set_host(param, host) && X509_verify_cert(check) == 1;
out:
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	ERR_clear_error();
	return good;
}
