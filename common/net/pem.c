/* SPDX-License-Identifier: Apache-2.0 */
#include "pem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "i18n.h"
#include "tls.h"
#include "io.h"

/*
 * Left out: the names of all ciphers and digests, but for the digests certificates are signed with,
 * and the words for errors of libcrypto, which nobody reads. Nothing is given back at exit: the
 * system does that faster.
 */
static void set_up(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT |
					  OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
					  OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
					  OPENSSL_INIT_NO_ADD_ALL_DIGESTS,
		NULL);
	(void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	(void)EVP_add_digest(EVP_sha1());
	(void)EVP_add_digest(EVP_sha256());
	(void)EVP_add_digest(EVP_sha384());
	(void)EVP_add_digest(EVP_sha512());
	iq_provider_narrow();
}

void iq_pem_setup(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, set_up);
}

BIO *iq_pem_open(const char *file, struct iq_error *error)
{
	iq_pem_setup();
	BIO *bio = BIO_new_file(file, "r");

	if (bio == NULL) {
		int why = errno;

		ERR_clear_error();
		(void)iq_error_set(error, IQ_ERR_LOGIN, N_("The file {0} cannot be read: {1}."),
			N_("Check that it exists and belongs to you."), file, strerror(why), NULL);
	}
	return bio;
}

/* Encrypted keys are refused instead of asking for a passphrase. */
static int no_passphrase(char *p, int n, int writing, void *arg)
{
	(void)p;
	(void)n;
	(void)writing;
	(void)arg;
	return -1;
}

X509 *iq_pem_next_cert(BIO *bio)
{
	return PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
}

X509 *iq_pem_cert(const char *file, struct iq_error *error)
{
	BIO *bio = iq_pem_open(file, error);

	if (bio == NULL)
		return NULL;
	X509 *cert = iq_pem_next_cert(bio);

	BIO_free(bio);
	if (cert == NULL) {
		ERR_clear_error();
		(void)iq_error_set(error, IQ_ERR_LOGIN, N_("The file {0} holds no certificate."),
			N_("It must be in PEM form."), file, NULL);
	}
	return cert;
}

/*
 * A P-256 key in PKCS #8 exactly as OpenSSL writes it: the parts between are the private number and
 * the public point. OpenSSL's general decoder takes half a millisecond, which a command that
 * lasts a few can do without.
 */
static const unsigned char p256_head[] = {0x30, 0x81, 0x87, 2, 1, 0, 0x30, 0x13, 6, 7, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7, 4, 0x6d, 0x30, 0x6b, 2,
	1, 1, 4, 0x20};
static const unsigned char p256_middle[] = {0xa1, 0x44, 3, 0x42, 0};

enum {
	P256_NUMBER = 32,
	P256_POINT = 65,
	P256_MIDDLE = sizeof(p256_head) + P256_NUMBER,
	P256_END = P256_MIDDLE + sizeof(p256_middle),
	P256_TOTAL = P256_END + P256_POINT,
};

/* NULL if it has another form. */
static EVP_PKEY *read_p256(const unsigned char *der, long n)
{
	OSSL_PARAM_BLD *params = NULL;
	OSSL_PARAM *list = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *key = NULL;
	BIGNUM *number = NULL;

	if (n != P256_TOTAL || memcmp(der, p256_head, sizeof(p256_head)) != 0 ||
		memcmp(der + P256_MIDDLE, p256_middle, sizeof(p256_middle)) != 0)
		return NULL;
	number = BN_secure_new();
	params = OSSL_PARAM_BLD_new();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (number == NULL || params == NULL || ctx == NULL ||
		BN_bin2bn(der + sizeof(p256_head), P256_NUMBER, number) == NULL ||
		OSSL_PARAM_BLD_push_utf8_string(
			params, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
		OSSL_PARAM_BLD_push_octet_string(
			params, OSSL_PKEY_PARAM_PUB_KEY, der + P256_END, P256_POINT) != 1 ||
		OSSL_PARAM_BLD_push_BN(params, OSSL_PKEY_PARAM_PRIV_KEY, number) != 1)
		goto out;
	list = OSSL_PARAM_BLD_to_param(params);
	if (list == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, list) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(list);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(params);
	BN_clear_free(number);
	return key;
}

static EVP_PKEY *read_key(BIO *bio)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	EVP_PKEY *key = NULL;
	long n = 0;

	if (PEM_read_bio(bio, &name, &header, &der, &n) == 1 && header[0] == '\0' &&
		strcmp(name, PEM_STRING_PKCS8INF) == 0)
		key = read_p256(der, n);
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_clear_free(der, n > 0 ? (size_t)n : 0);
	if (key == NULL && BIO_reset(bio) == 0)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	return key;
}

EVP_PKEY *iq_pem_key(const char *file, struct iq_error *error)
{
	BIO *bio = iq_pem_open(file, error);

	if (bio == NULL)
		return NULL;
	EVP_PKEY *key = read_key(bio);

	BIO_free(bio);
	if (key == NULL) {
		ERR_clear_error();
		(void)iq_error_set(error, IQ_ERR_LOGIN, N_("The file {0} holds no usable key."),
			N_("It must be in PEM form and not encrypted."), file, NULL);
	}
	return key;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Makes the new name of `file` durable. */
static bool sync_folder(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *dir = slash == NULL   ? strdup(".")
		    : slash == file ? strdup("/")
				    : strndup(file, (size_t)(slash - file));
	int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return good;
}

static bool write_file(const char *name, struct iq_str bytes)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return false;
	bool good = iq_write_all(fd, bytes.p, bytes.n) && fsync(fd) == 0;
	int why = errno;

	if (close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	if (!good)
		unlink(name);
	errno = why;
	return good;
}

/* Writes beside the file and renames, so that there is always a whole one. */
static bool replace_file(const char *file, struct iq_str bytes)
{
	char *fresh;

	if (asprintf(&fresh, "%s.new", file) < 0)
		return false;
	bool good = (unlink(fresh) == 0 || errno == ENOENT) && write_file(fresh, bytes);

	if (good && rename(fresh, file) != 0) {
		int why = errno;

		unlink(fresh);
		errno = why;
		good = false;
	}
	free(fresh);
	return good;
}

enum iq_err iq_pem_write(const char *file, BIO *mem, bool replace, struct iq_error *error)
{
	char *p;
	long n = BIO_get_mem_data(mem, &p);
	struct iq_str bytes = {p, n > 0 ? (size_t)n : 0};

	errno = 0;
	bool good = replace ? replace_file(file, bytes) : write_file(file, bytes);

	if (good && sync_folder(file))
		return IQ_OK;
	int why = errno;

	if (!replace && why == EEXIST)
		return iq_error_set(error, IQ_ERR_CONFLICT, N_("The file {0} exists already."),
			N_("It is not overwritten. Move it away first, if you do not need it."),
			file, NULL);
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("The file {0} cannot be written: {1}."),
		N_("Check the permissions of its folder and the free space."), file, strerror(why),
		NULL);
}

/* ---- what the client keeps ---------------------------------------------------------------- */

bool iq_pem_day(const ASN1_TIME *t, int32_t *days)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*days = (int32_t)(timegm(&tm) / 86400);
	return true;
}

bool iq_tls_pem_until(const char *file, int32_t *days)
{
	iq_pem_setup();
	BIO *bio = BIO_new_file(file, "r");
	X509 *cert = bio ? iq_pem_next_cert(bio) : NULL;
	bool good = cert != NULL && iq_pem_day(X509_get0_notAfter(cert), days);

	X509_free(cert);
	BIO_free(bio);
	ERR_clear_error();
	return good;
}

static enum iq_err add_pem(BIO *mem, struct iq_str der, struct iq_error *error)
{
	const unsigned char *p = (const unsigned char *)der.p;
	X509 *cert = d2i_X509(NULL, &p, (long)der.n);
	enum iq_err err = IQ_OK;

	if (cert == NULL || p != (const unsigned char *)der.p + der.n)
		err = iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The server sent something that is no certificate."), NULL, NULL);
	else if (mem == NULL || PEM_write_bio_X509(mem, cert) != 1)
		err = iq_error_set(
			error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
	X509_free(cert);
	return err;
}

enum iq_err iq_tls_write_pems(
	const char *file, const struct iq_str *ders, size_t n, struct iq_error *error)
{
	enum iq_err err = IQ_OK;

	iq_pem_setup();
	BIO *mem = BIO_new(BIO_s_mem());

	for (size_t i = 0; err == IQ_OK && i < n; i++)
		err = add_pem(mem, ders[i], error);
	if (err == IQ_OK)
		err = iq_pem_write(file, mem, true, error);
	BIO_free(mem);
	ERR_clear_error();
	return err;
}

enum iq_err iq_tls_write_pem(const char *file, struct iq_str der, struct iq_error *error)
{
	return iq_tls_write_pems(file, &der, 1, error);
}

/* The request only carries the key and proves that it is ours; the server ignores names. */
static bool make_request(EVP_PKEY *key, struct iq_arena *arena, struct iq_str *csr)
{
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;
	int n = -1;

	if (req != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
		X509_REQ_set_pubkey(req, key) == 1 && X509_REQ_sign(req, key, EVP_sha256()) > 0)
		n = i2d_X509_REQ(req, &der);
	if (n > 0)
		*csr = iq_arena_dup(arena, (struct iq_str){(char *)der, (size_t)n});
	OPENSSL_free(der);
	X509_REQ_free(req);
	return n > 0 && csr->p != NULL;
}

enum iq_err iq_tls_make_key(
	const char *key_file, struct iq_arena *arena, struct iq_str *csr, struct iq_error *error)
{
	enum iq_err err;

	iq_pem_setup();
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *mem = BIO_new(BIO_s_secmem());

	if (key == NULL || mem == NULL || !make_request(key, arena, csr) ||
		PEM_write_bio_PKCS8PrivateKey(mem, key, NULL, NULL, 0, NULL, NULL) != 1)
		err = iq_error_set(
			error, IQ_ERR_INTERNAL, N_("A key could not be made."), NULL, NULL);
	else
		err = iq_pem_write(key_file, mem, false, error);
	BIO_free(mem);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return err;
}
