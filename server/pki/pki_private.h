/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IQ_PKI_PRIVATE_H
#define IQ_PKI_PRIVATE_H

/* Shared by the files of this folder only. */

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <pthread.h>

#include "pki.h"

enum { IQ_SERIAL = 20 };

/* An authority that can sign: in the process of its own, and in commands. */
struct iq_authority {
	X509 *ca;
	EVP_PKEY *key;
	X509_EXTENSION *crl; /* where the list of revoked certificates is; may be NULL */
};

/* The daemon's side: certificates, and the way to the process that holds the key. */
struct iq_pki {
	STACK_OF(X509) * all; /* ca.pem, the newest first */
	X509 *ca;             /* the one of them that signs; borrowed */
	X509_EXTENSION *crl;
	int pid;              /* of the process; 0: the key is not here */
	int fd;               /* to the process; -1: it is gone */
	pthread_mutex_t lock; /* of both: one request at a time */
};

/* What a certificate is to say; it is signed by `issuer` (NULL: by itself) with `issuer_key`. */
struct iq_cert_plan {
	const X509 *issuer;
	EVP_PKEY *issuer_key, *key; /* of the issuer; of the subject */
	struct iq_str subject;      /* common name; may be empty */
	int days;
	bool cross;                   /* an authority's key, signed by its predecessor */
	const char *usage, *extended; /* key usage, extended key usage (NULL: none) */
	GENERAL_NAMES *names;         /* NULL: none */
	const X509_EXTENSION *crl;    /* NULL: none */
	const uint8_t *serial;        /* IQ_SERIAL bytes */
	const EVP_MD *digest;
};

/* ---- certificates, from a plan (cert.c) ------------------------------------------------------ */

/* NULL on lack of memory or refusal by OpenSSL. The caller frees. */
X509 *iq_cert_make(const struct iq_cert_plan *plan);
/* Adds a name; false without memory. An IP address where `text` is one and type is DNS. */
bool iq_cert_add_name(GENERAL_NAMES *names, int type, struct iq_str text);
/* The extension that names http://HOST/iq.crl. NULL without memory. */
X509_EXTENSION *iq_cert_crl(const char *host);
/* Positive and IQ_SERIAL bytes long. */
bool iq_cert_serial(uint8_t out[IQ_SERIAL]);

/* ---- what an authority issues (authority.c) ---------------------------------------------------
 */

/* NULL on failure; the caller frees. A name no other authority has. */
X509 *iq_authority_new(EVP_PKEY *key);
/* The new authority's key and name, signed by `old`, for the time both are trusted. */
X509 *iq_authority_cross(const struct iq_authority *old, const X509 *fresh);
/* Its serial number is `serial`. */
X509 *iq_authority_server(
	const struct iq_authority *a, EVP_PKEY *key, const char *host, uint8_t serial[IQ_SERIAL]);
X509 *iq_authority_client(const struct iq_authority *a, EVP_PKEY *key, struct iq_str principal,
	uint8_t serial[IQ_SERIAL]);
/* What can be in a certificate. */
bool iq_authority_host_valid(struct iq_str host);
bool iq_authority_principal_valid(struct iq_str id);

/* ---- files (pki.c) --------------------------------------------------------------------------- */

/* Key files must not look like ca*.pem, so that a copy of those carries no secret. */
#define IQ_CA_CERT "ca.pem"
#define IQ_CA_KEY "ca.key"
#define IQ_CA_CROSS "cross.pem"
#define IQ_SERVER_CERT "server.pem"
#define IQ_SERVER_KEY "server.key"

/* DIR/NAME; the caller frees. NULL without memory. */
char *iq_pki_path(const char *dir, const char *name);
enum iq_err iq_pki_no_cert(struct iq_error *error);
/* Every certificate of the file; NULL if there is none. The caller frees. */
STACK_OF(X509) * iq_pki_read_all(const char *dir, const char *name, struct iq_error *error);
EVP_PKEY *iq_pki_read_key(const char *dir, const char *name, struct iq_error *error);
/* Certificates in this order, NULL entries left out. */
IQ_CHECK enum iq_err iq_pki_write_certs(const char *dir, const char *name, X509 *const *certs,
	size_t n, bool replace, struct iq_error *error);
/* file: a path of its own. */
IQ_CHECK enum iq_err iq_pki_write_key(
	const char *file, EVP_PKEY *key, bool replace, struct iq_error *error);
/* From the server's certificate; NULL: none. */
X509_EXTENSION *iq_pki_crl_of(const char *dir);
/* Which of the authorities has this key; NULL: none. Borrowed. */
X509 *iq_pki_owner(const STACK_OF(X509) * all, EVP_PKEY *key);
/* server.pem for a leaf: with the certificates that lead to each authority. */
IQ_CHECK enum iq_err iq_pki_write_chain(
	const char *dir, X509 *leaf, X509 *ca, const STACK_OF(X509) * all, struct iq_error *error);

/* The whole authority of a state directory, with its key: for commands and tests. */
IQ_CHECK enum iq_err iq_authority_load(
	const char *dir, struct iq_authority *out, struct iq_error *error);
void iq_authority_free(struct iq_authority *a);

/* ---- the process (process.c) ------------------------------------------------------------------
 */

enum iq_issue { IQ_ISSUE_CLIENT = 1, IQ_ISSUE_SERVER };

/* Forks. p->all and p->crl are loaded; sets ca, pid and fd. */
IQ_CHECK enum iq_err iq_process_start(struct iq_pki *p, const char *dir, struct iq_error *error);
void iq_process_stop(struct iq_pki *p);
/* Is the key to be reached? Any thread. */
bool iq_process_online(struct iq_pki *p);
/* A certificate for the key; name: principal or host. The certificate is the caller's. Any thread.
 */
IQ_CHECK enum iq_err iq_process_issue(struct iq_pki *p, enum iq_issue what, EVP_PKEY *key,
	struct iq_str name, X509 **cert, uint8_t serial[IQ_SERIAL], struct iq_error *error);

#endif
