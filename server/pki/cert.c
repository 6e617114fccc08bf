/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, built from a plan. */
#include <arpa/inet.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "pki_private.h"

enum { BACKDATE = 3600 }; /* seconds: clocks differ */

bool iq_cert_serial(uint8_t out[IQ_SERIAL])
{
	if (RAND_bytes(out, IQ_SERIAL) != 1)
		return false;
	out[0] = (uint8_t)((out[0] & 0x7f) | 0x40);
	return true;
}

bool iq_cert_add_name(GENERAL_NAMES *names, int type, struct iq_str text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	unsigned char address[16];
	char buf[64];
	ASN1_STRING *value;
	int n = 0;

	if (type == GEN_DNS && text.n < sizeof(buf)) {
		memcpy(buf, text.p, text.n);
		buf[text.n] = '\0';
		n = inet_pton(AF_INET, buf, address) == 1    ? 4
		    : inet_pton(AF_INET6, buf, address) == 1 ? 16
							     : 0;
	}
	value = n ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	if (name == NULL || value == NULL ||
		(n ? ASN1_STRING_set(value, address, n)
		   : ASN1_STRING_set(value, text.p, (int)text.n)) != 1)
		goto fail;
	GENERAL_NAME_set0_value(name, n ? GEN_IPADD : type, value);
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	value = NULL; /* belongs to name */
fail:
	ASN1_STRING_free(value);
	GENERAL_NAME_free(name);
	return false;
}

X509_EXTENSION *iq_cert_crl(const char *host)
{
	CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
	DIST_POINT *point = DIST_POINT_new();
	X509_EXTENSION *ext = NULL;
	char uri[320];
	int n = snprintf(uri, sizeof(uri),
		strchr(host, ':') ? "http://[%s]/iq.crl" : "http://%s/iq.crl", host);

	if (points == NULL || point == NULL || n < 0 || (size_t)n >= sizeof(uri))
		goto out;
	point->distpoint = DIST_POINT_NAME_new();
	if (point->distpoint == NULL)
		goto out;
	point->distpoint->type = 0; /* full name */
	point->distpoint->name.fullname = GENERAL_NAMES_new();
	if (point->distpoint->name.fullname == NULL ||
		!iq_cert_add_name(point->distpoint->name.fullname, GEN_URI,
			(struct iq_str){uri, (size_t)n}) ||
		sk_DIST_POINT_push(points, point) <= 0)
		goto out;
	point = NULL;
	ext = X509V3_EXT_i2d(NID_crl_distribution_points, 0, points);
out:
	DIST_POINT_free(point);
	CRL_DIST_POINTS_free(points);
	return ext;
}

static bool add(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	bool good = ext != NULL && X509_add_ext(cert, ext, -1) == 1;

	X509_EXTENSION_free(ext);
	return good;
}

static bool add_extensions(X509 *cert, const struct iq_cert_plan *plan)
{
	X509V3_CTX ctx;
	bool root = plan->issuer == NULL;
	/* An authority may sign its successor, and nothing else that signs. */
	const char *basic = root          ? "critical,CA:TRUE,pathlen:1"
			    : plan->cross ? "critical,CA:TRUE,pathlen:0"
					  : "critical,CA:FALSE";

	X509V3_set_ctx(&ctx, root ? cert : (X509 *)plan->issuer, cert, NULL, NULL, 0);
	return add(cert, &ctx, NID_basic_constraints, basic) &&
	       add(cert, &ctx, NID_key_usage, plan->usage) &&
	       add(cert, &ctx, NID_subject_key_identifier, "hash") &&
	       add(cert, &ctx, NID_authority_key_identifier, "keyid:always") &&
	       (plan->extended == NULL || add(cert, &ctx, NID_ext_key_usage, plan->extended)) &&
	       (plan->names == NULL || X509_add1_ext_i2d(cert, NID_subject_alt_name, plan->names,
					       plan->subject.n == 0, X509V3_ADD_DEFAULT) == 1) &&
	       (plan->crl == NULL || X509_add_ext(cert, (X509_EXTENSION *)plan->crl, -1) == 1);
}

static bool set_serial(X509 *cert, const uint8_t *serial)
{
	ASN1_INTEGER *n = X509_get_serialNumber(cert);

	return ASN1_STRING_set(n, serial, IQ_SERIAL) == 1;
}

/* Starts an hour ago; does not outlive its issuer. */
static bool set_dates(X509 *cert, const struct iq_cert_plan *plan)
{
	const ASN1_TIME *limit = plan->issuer ? X509_get0_notAfter(plan->issuer) : NULL;

	if (X509_time_adj_ex(X509_getm_notBefore(cert), 0, -BACKDATE, NULL) == NULL ||
		X509_time_adj_ex(X509_getm_notAfter(cert), plan->days, 0, NULL) == NULL)
		return false;
	if (limit == NULL || ASN1_TIME_compare(X509_get0_notAfter(cert), limit) <= 0)
		return true;
	return X509_set1_notAfter(cert, limit) == 1;
}

static bool set_names(X509 *cert, const struct iq_cert_plan *plan)
{
	X509_NAME *subject = X509_get_subject_name(cert);

	if (plan->subject.n != 0 &&
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
			(const unsigned char *)plan->subject.p, (int)plan->subject.n, -1, 0) != 1)
		return false;
	return X509_set_issuer_name(
		       cert, plan->issuer ? X509_get_subject_name(plan->issuer) : subject) == 1;
}

X509 *iq_cert_make(const struct iq_cert_plan *plan)
{
	X509 *cert = X509_new();

	if (cert == NULL)
		return NULL;
	if (X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert, plan->serial) &&
		set_dates(cert, plan) && set_names(cert, plan) &&
		X509_set_pubkey(cert, plan->key) == 1 && add_extensions(cert, plan) &&
		X509_sign(cert, plan->issuer_key, plan->digest) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}
