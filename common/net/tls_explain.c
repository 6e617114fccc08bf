/* SPDX-License-Identifier: Apache-2.0 */
/* Why a connection broke, in words a person can act on. */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <time.h>

#include "date.h"
#include "i18n.h"
#include "pem.h"
#include "tls_private.h"

void iq_tls_record(struct iq_tls *t, bool syscall, int sys)
{
	unsigned long e = ERR_peek_error();
	long verify = SSL_get_verify_result(t->ssl);
	const char *words = NULL;

	t->sys = sys;
	if (!syscall && ERR_GET_LIB(e) == ERR_LIB_SSL)
		t->reason = ERR_GET_REASON(e);
	if (t->reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
		t->reason = t->sys = 0;
	if (t->reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verify != X509_V_OK)
		words = X509_verify_cert_error_string(verify);
	else if (t->reason != 0)
		words = ERR_reason_error_string(e);
	else if (t->sys != 0)
		words = strerror(t->sys);
	snprintf(t->words, sizeof(t->words), "%s", words ? words : "connection lost");
}

int iq_tls_on_verify(int good, X509_STORE_CTX *check)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx());
	const X509 *cert = X509_STORE_CTX_get_current_cert(check);
	struct iq_tls *t = ssl ? SSL_get_app_data(ssl) : NULL;

	if (!good && t != NULL && cert != NULL) {
		(void)iq_pem_day(X509_get0_notBefore(cert), &t->from);
		(void)iq_pem_day(X509_get0_notAfter(cert), &t->until);
	}
	return good;
}

struct cause {
	long code;
	enum iq_err err;
	const char *text, *hint;
};

#define SOMEBODY                                                                                   \
	N_("If the server was set up anew, enrol again with: iqq enroll. If not, do not go on: "   \
	   "somebody may pretend to be the server.")
#define ENROL N_("Ask an administrator for a token and enrol again with: iqq enroll")
#define CLOCK N_("Check the clock of this computer.")

/* {0} host, {1} date: what this side found wrong with the server's certificate */
static const struct cause verify_causes[] = {
	{X509_V_ERR_CERT_HAS_EXPIRED, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} expired on {1}."),
		N_("Check the clock of this computer. If it is right, tell the operator: iqd "
		   "renews "
		   "the certificate when it is started again.")},
	{X509_V_ERR_CERT_NOT_YET_VALID, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} is valid only from {1}."), CLOCK},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} comes from an unknown authority."), SOMEBODY},
	{X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} comes from an unknown authority."), SOMEBODY},
	{X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} comes from an unknown authority."), SOMEBODY},
	{X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} comes from an unknown authority."), SOMEBODY},
	{X509_V_ERR_CERT_SIGNATURE_FAILURE, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} comes from an unknown authority."), SOMEBODY},
	{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, IQ_ERR_LOGIN,
		N_("The server {0} signed its certificate itself."), SOMEBODY},
	{X509_V_ERR_HOSTNAME_MISMATCH, IQ_ERR_LOGIN,
		N_("The certificate of the server has another name than {0}."),
		N_("Use the name the server was set up with (iqd init --name).")},
	{X509_V_ERR_IP_ADDRESS_MISMATCH, IQ_ERR_LOGIN,
		N_("The certificate of the server has another name than {0}."),
		N_("Use the name the server was set up with (iqd init --name).")},
	{X509_V_ERR_CERT_REVOKED, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} was revoked."), SOMEBODY},
	{X509_V_ERR_INVALID_PURPOSE, IQ_ERR_LOGIN,
		N_("The certificate of {0} is not meant for a server."), SOMEBODY},
	{X509_V_ERR_EE_KEY_TOO_SMALL, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} has a weak key."), SOMEBODY},
	{X509_V_ERR_CA_KEY_TOO_SMALL, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} has a weak key."), SOMEBODY},
	{X509_V_ERR_CA_MD_TOO_WEAK, IQ_ERR_LOGIN,
		N_("The certificate of the server {0} has a weak signature."), SOMEBODY},
};

/* {0} host, {1} date: what the server found wrong with ours, and others */
static const struct cause alert_causes[] = {
	{SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, IQ_ERR_LOGIN,
		N_("Your certificate expired on {1}."), ENROL},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, IQ_ERR_LOGIN,
		N_("Your certificate was revoked by the server {0}."), ENROL},
	{SSL_R_TLSV1_ALERT_UNKNOWN_CA, IQ_ERR_LOGIN,
		N_("Your certificate was not issued by the server {0}."), ENROL},
	{SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, IQ_ERR_LOGIN,
		N_("The server {0} refuses your certificate."), ENROL},
	{SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE, IQ_ERR_LOGIN,
		N_("The server {0} refuses your certificate: it is not meant for clients."), ENROL},
	{SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, IQ_ERR_LOGIN,
		N_("The server {0} refuses your certificate."), ENROL},
	{SSL_R_TLSV1_ALERT_ACCESS_DENIED, IQ_ERR_LOGIN,
		N_("The server {0} refuses your certificate."), ENROL},
	{SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, IQ_ERR_LOGIN,
		N_("The server {0} asks for a certificate."), ENROL},
	{SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, IQ_ERR_UNSUPPORTED,
		N_("The server {0} does not speak this version of the protocol."),
		N_("Check the address; it must be that of iqd.")},
	{SSL_R_NO_APPLICATION_PROTOCOL, IQ_ERR_UNSUPPORTED,
		N_("The server {0} does not speak this version of the protocol."),
		N_("Check the address; it must be that of iqd.")},
	{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, IQ_ERR_UNREACHABLE,
		N_("The server {0} does not offer TLS 1.3."),
		N_("Check the address; it must be that of iqd.")},
	{SSL_R_UNSUPPORTED_PROTOCOL, IQ_ERR_UNREACHABLE,
		N_("The server {0} does not offer TLS 1.3."),
		N_("Check the address; it must be that of iqd.")},
	{SSL_R_WRONG_VERSION_NUMBER, IQ_ERR_UNREACHABLE,
		N_("The program that answers at {0} does not speak TLS."),
		N_("Check the address and the port; they must be those of iqd.")},
};

static const struct cause *find(const struct cause *causes, size_t n, long code)
{
	for (size_t i = 0; i < n; i++) {
		if (causes[i].code == code)
			return &causes[i];
	}
	return NULL;
}

/* The day our own certificate begins or ends. */
static void format_day(const X509 *cert, bool begin, char out[11])
{
	int32_t days = 0;

	if (cert != NULL)
		(void)iq_pem_day(
			begin ? X509_get0_notBefore(cert) : X509_get0_notAfter(cert), &days);
	iq_date_format(days, out);
}

static enum iq_err explain_verify(
	const struct iq_tls *t, long code, const char *host, struct iq_error *error)
{
	const struct cause *c =
		find(verify_causes, sizeof(verify_causes) / sizeof(*verify_causes), code);
	char day[11];

	if (c == NULL)
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("The certificate of the server {0} is refused: {1}."), SOMEBODY, host,
			X509_verify_cert_error_string(code), NULL);
	iq_date_format(code == X509_V_ERR_CERT_NOT_YET_VALID ? t->from : t->until, day);
	return iq_error_set(error, c->err, c->text, c->hint, host, day, NULL);
}

static enum iq_err explain_alert(
	const struct iq_tls *t, const struct cause *c, const char *host, struct iq_error *error)
{
	const X509 *own = SSL_get_certificate(t->ssl);
	char day[11];

	if (c->err == IQ_ERR_LOGIN && own != NULL &&
		X509_cmp_current_time(X509_get0_notBefore(own)) > 0) {
		format_day(own, true, day);
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("Your certificate is valid only from {0}."), CLOCK, day, NULL);
	}
	if (t->reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA && own != NULL &&
		X509_NAME_cmp(X509_get_subject_name(own), X509_get_issuer_name(own)) == 0)
		return iq_error_set(error, IQ_ERR_LOGIN,
			N_("Your certificate is signed by itself, not by the server {0}."), ENROL,
			host, NULL);
	format_day(own, false, day);
	return iq_error_set(error, c->err, c->text, c->hint, host, day, NULL);
}

enum iq_err iq_tls_explain(const struct iq_tls *t, const char *host, struct iq_error *error)
{
	long verify = SSL_get_verify_result(t->ssl);

	if (t->reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verify != X509_V_OK)
		return explain_verify(t, verify, host, error);
	const struct cause *c =
		find(alert_causes, sizeof(alert_causes) / sizeof(*alert_causes), t->reason);

	if (c != NULL)
		return explain_alert(t, c, host, error);
	if (!t->open && t->reason == 0 && t->sys == 0)
		return iq_error_set(error, IQ_ERR_UNREACHABLE,
			N_("The server {0} closed the connection during the TLS handshake."),
			N_("Check the address, or ask the operator whether iqd is overloaded."),
			host, NULL);
	return iq_error_set(error, IQ_ERR_UNREACHABLE, N_("The connection to {0} broke: {1}."),
		N_("Try again; nothing is written twice when a request is repeated."), host,
		iq_tls_reason(t), NULL);
}
