/* SPDX-License-Identifier: Apache-2.0 */
/* What an authority issues, for those who hold its key. */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "bounds.h"
#include "i18n.h"
#include "pem.h"
#include "pki_private.h"

#define PREFIX "iq:principal/"

enum {
	NAME_MAX_CN = 64, /* X.520 ub-common-name */
	HOST_MAX = 253,
	PRINCIPAL_MAX = 127,
};

/* Letters, digits, '.', '-', '_' and for IPv6 ':'. */
bool iq_authority_host_valid(struct iq_str host)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";

	if (host.n == 0 || host.n > HOST_MAX || host.p[0] == '-')
		return false;
	for (size_t i = 0; i < host.n; i++) {
		if (host.p[i] == '\0' || strchr(good, host.p[i]) == NULL)
			return false;
	}
	return true;
}

bool iq_authority_principal_valid(struct iq_str id)
{
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] <= ' ' || id.p[i] > '~')
			return false;
	}
	return id.n != 0 && id.n <= PRINCIPAL_MAX;
}

X509 *iq_authority_new(EVP_PKEY *key)
{
	uint8_t serial[IQ_SERIAL], tag[4];
	char name[32];

	if (!iq_cert_serial(serial) || RAND_bytes(tag, sizeof(tag)) != 1)
		return NULL;
	/* Two authorities never have the same name. */
	snprintf(name, sizeof(name), "iqd authority %02x%02x%02x%02x", tag[0], tag[1], tag[2],
		tag[3]);
	struct iq_cert_plan plan = {
		.issuer_key = key,
		.key = key,
		.subject = iq_str(name),
		.days = IQ_LIMIT_CA_DAYS,
		.usage = "critical,keyCertSign,cRLSign",
		.serial = serial,
		.digest = EVP_sha256(),
	};

	return iq_cert_make(&plan);
}

X509 *iq_authority_cross(const struct iq_authority *old, const X509 *fresh)
{
	uint8_t serial[IQ_SERIAL];
	char name[NAME_MAX_CN + 1];
	int n = X509_NAME_get_text_by_NID(
		X509_get_subject_name(fresh), NID_commonName, name, sizeof(name));

	if (n <= 0 || !iq_cert_serial(serial))
		return NULL;
	struct iq_cert_plan plan = {
		.issuer = old->ca,
		.issuer_key = old->key,
		.key = X509_get0_pubkey(fresh),
		.subject = {name, (size_t)n},
		/* After that nobody has a certificate from the time before. */
		.days = IQ_LIMIT_CERT_DAYS + IQ_LIMIT_CERT_GRACE_DAYS,
		.cross = true,
		.usage = "critical,keyCertSign,cRLSign",
		.serial = serial,
		.digest = EVP_sha256(),
	};

	return iq_cert_make(&plan);
}

static bool server_names(GENERAL_NAMES *names, const char *host)
{
	static const char *const always[] = {"localhost", "127.0.0.1", "::1"};

	if (!iq_cert_add_name(names, GEN_DNS, iq_str(host)))
		return false;
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		if (strcmp(always[i], host) != 0 &&
			!iq_cert_add_name(names, GEN_DNS, iq_str(always[i])))
			return false;
	}
	return true;
}

X509 *iq_authority_server(
	const struct iq_authority *a, EVP_PKEY *key, const char *host, uint8_t serial[IQ_SERIAL])
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509_EXTENSION *crl = iq_cert_crl(host);
	X509 *cert = NULL;

	if (names != NULL && crl != NULL && iq_cert_serial(serial) && server_names(names, host)) {
		struct iq_cert_plan plan = {
			.issuer = a->ca,
			.issuer_key = a->key,
			.key = key,
			.subject = iq_str(strlen(host) <= NAME_MAX_CN ? host : "iqd"),
			.days = IQ_LIMIT_SERVER_CERT_DAYS,
			.usage = "critical,digitalSignature",
			.extended = "serverAuth",
			.names = names,
			.crl = crl,
			.serial = serial,
			.digest = EVP_sha256(),
		};

		cert = iq_cert_make(&plan);
	}
	X509_EXTENSION_free(crl);
	GENERAL_NAMES_free(names);
	return cert;
}

X509 *iq_authority_client(const struct iq_authority *a, EVP_PKEY *key, struct iq_str principal,
	uint8_t serial[IQ_SERIAL])
{
	char uri[sizeof(PREFIX) + PRINCIPAL_MAX];
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *cert = NULL;

	snprintf(uri, sizeof(uri), PREFIX "%.*s", IQ_STR_ARG(principal));
	if (names != NULL && iq_cert_serial(serial) &&
		iq_cert_add_name(names, GEN_URI, iq_str(uri))) {
		struct iq_cert_plan plan = {
			.issuer = a->ca,
			.issuer_key = a->key,
			.key = key,
			.days = IQ_LIMIT_CERT_DAYS,
			.usage = "critical,digitalSignature",
			.extended = "clientAuth",
			.names = names,
			.crl = a->crl,
			.serial = serial,
			.digest = EVP_sha256(),
		};

		cert = iq_cert_make(&plan);
	}
	GENERAL_NAMES_free(names);
	return cert;
}

enum iq_err iq_authority_load(const char *dir, struct iq_authority *out, struct iq_error *error)
{
	*out = (struct iq_authority){.ca = NULL};
	STACK_OF(X509) *all = iq_pki_read_all(dir, IQ_CA_CERT, error);

	if (all == NULL)
		return error->code;
	out->key = iq_pki_read_key(dir, IQ_CA_KEY, error);
	if (out->key != NULL)
		out->ca = iq_pki_owner(all, out->key);
	if (out->ca != NULL)
		X509_up_ref(out->ca);
	sk_X509_pop_free(all, X509_free);
	out->crl = iq_pki_crl_of(dir);
	if (out->ca != NULL)
		return IQ_OK;
	bool mixed = out->key != NULL;

	iq_authority_free(out);
	if (!mixed)
		return error->code;
	return iq_error_set(error, IQ_ERR_LOGIN,
		N_("The files ca.pem and ca.key in {0} do not belong together."),
		N_("Restore both from the same backup."), dir, NULL);
}

void iq_authority_free(struct iq_authority *a)
{
	X509_EXTENSION_free(a->crl);
	EVP_PKEY_free(a->key);
	X509_free(a->ca);
	*a = (struct iq_authority){.ca = NULL};
}
