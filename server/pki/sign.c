/* SPDX-License-Identifier: Apache-2.0 */
/* Client certificates. */
#include <openssl/err.h>

#include "bounds.h"
#include "i18n.h"
#include "pem.h"
#include "pki_private.h"

static enum iq_err refuse(struct iq_error *error, const char *text)
{
	ERR_clear_error();
	return iq_error_set(
		error, IQ_ERR_USAGE, text, N_("Make the request with: iqq enroll"), NULL);
}

/* Named curves only; what P-256 and P-384 are called depends on how the key came to be. */
static bool curve_allowed(const EVP_PKEY *key)
{
	char name[32];

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
		EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return false;
	return strcmp(name, "prime256v1") == 0 || strcmp(name, "P-256") == 0 ||
	       strcmp(name, "secp384r1") == 0 || strcmp(name, "P-384") == 0;
}

/* The key of the request, if the request was signed with it. The caller frees. */
static EVP_PKEY *read_request(struct iq_str csr, struct iq_error *error)
{
	const unsigned char *p = (const unsigned char *)csr.p;
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)csr.n);
	EVP_PKEY *key = NULL;

	if (req == NULL || p != (const unsigned char *)csr.p + csr.n) {
		(void)refuse(error, N_("The certificate request is malformed."));
		goto out;
	}
	key = X509_REQ_get_pubkey(req);
	if (key == NULL || !curve_allowed(key)) {
		(void)refuse(error, N_("The key of the certificate request must be on the curve "
				       "P-256 or P-384."));
		goto fail;
	}
	if (X509_REQ_verify(req, key) == 1)
		goto out;
	(void)refuse(error, N_("The certificate request is not signed with its own key."));
fail:
	EVP_PKEY_free(key);
	key = NULL;
out:
	X509_REQ_free(req);
	return key;
}

static struct iq_str der_of(const X509 *cert, struct iq_arena *arena)
{
	unsigned char *der = NULL;
	int n = i2d_X509(cert, &der);
	struct iq_str out = {NULL, 0};

	if (n > 0)
		out = iq_arena_dup(arena, (struct iq_str){(const char *)der, (size_t)n});
	OPENSSL_free(der);
	return out;
}

enum iq_err iq_pki_sign(struct iq_pki *p, struct iq_str csr, struct iq_str principal,
	struct iq_arena *arena, struct iq_str *cert_der, struct iq_str *ca_der, uint8_t serial[20],
	struct iq_error *error)
{
	ERR_clear_error();
	*cert_der = *ca_der = (struct iq_str){NULL, 0};
	if (!iq_authority_principal_valid(principal))
		return refuse(error, N_("The name of the principal cannot be in a certificate."));
	EVP_PKEY *key = read_request(csr, error);

	if (key == NULL)
		return error->code;
	X509 *cert;
	enum iq_err err =
		iq_process_issue(p, IQ_ISSUE_CLIENT, key, principal, &cert, serial, error);

	EVP_PKEY_free(key);
	if (err != IQ_OK)
		return err;
	*cert_der = der_of(cert, arena);
	*ca_der = der_of(p->ca, arena);
	X509_free(cert);
	ERR_clear_error();
	return cert_der->p && ca_der->p ? IQ_OK : iq_pki_no_cert(error);
}

size_t iq_pki_authorities(
	const struct iq_pki *p, size_t i, struct iq_arena *arena, struct iq_str *der)
{
	size_t n = (size_t)sk_X509_num(p->all);

	if (i < n)
		*der = der_of(sk_X509_value(p->all, (int)i), arena);
	return n;
}

bool iq_pki_cert_until(struct iq_str der, int32_t *day)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)der.n);
	bool good = cert != NULL && iq_pem_day(X509_get0_notAfter(cert), day);

	X509_free(cert);
	ERR_clear_error();
	return good;
}
