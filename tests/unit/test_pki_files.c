/* SPDX-License-Identifier: Apache-2.0 */
/* The authority's files and what its certificates say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "date.h"
#include "pem.h"
#include "pki_fixture.h"

static X509 *load(struct dirs *d, const char *name)
{
	X509 *cert = iq_pem_cert(in_dir(d, name), &d->error);

	assert_non_null(cert);
	return cert;
}

static void assert_days(const X509 *cert, int days)
{
	int d, s;

	assert_int_equal(ASN1_TIME_diff(&d, &s, NULL, X509_get0_notAfter(cert)), 1);
	assert_true(d == days || d == days - 1);
	assert_true(X509_cmp_current_time(X509_get0_notBefore(cert)) < 0);
}

static void assert_text(const X509 *cert, int nid, bool critical, const char *text)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);
	BIO *mem = BIO_new(BIO_s_mem());
	char *p;

	assert_true(at >= 0);
	X509_EXTENSION *ext = X509_get_ext(cert, at);

	assert_int_equal(X509_EXTENSION_get_critical(ext), critical);
	assert_int_equal(X509V3_EXT_print(mem, ext, 0, 0), 1);
	BIO_write(mem, "", 1);
	BIO_get_mem_data(mem, &p);
	if (strstr(p, text) == NULL)
		fail_msg("%s: %s", OBJ_nid2sn(nid), p);
	BIO_free(mem);
}

static void init(void **state)
{
	static const char *const files[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
	struct dirs d;

	(void)state;
	dirs_open(&d, "iq.example.org");
	for (size_t i = 0; i < 4; i++) {
		struct stat st;

		assert_int_equal(stat(in_dir(&d, files[i]), &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	X509 *ca = load(&d, "ca.pem"), *server = load(&d, "server.pem");
	EVP_PKEY *key = X509_get0_pubkey(ca);

	assert_int_equal(EVP_PKEY_get_bits(key), 256);
	assert_days(ca, 3650);
	assert_int_equal(X509_self_signed(ca, 1), 1);
	assert_text(ca, NID_basic_constraints, true, "CA:TRUE");
	assert_text(ca, NID_key_usage, true, "Certificate Sign, CRL Sign");
	assert_text(ca, NID_subject_key_identifier, false, ":");
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(server)), 256);
	assert_days(server, 820);
	assert_text(server, NID_basic_constraints, true, "CA:FALSE");
	assert_text(server, NID_subject_alt_name, false,
		"DNS:iq.example.org, DNS:localhost, IP Address:127.0.0.1, "
		"IP Address:0:0:0:0:0:0:0:1");
	assert_text(server, NID_ext_key_usage, false, "TLS Web Server Authentication");
	assert_text(server, NID_crl_distribution_points, false, "URI:http://iq.example.org/iq.crl");
	assert_text(server, NID_authority_key_identifier, false, ":");
	assert_int_equal(X509_verify(server, key), 1);
	X509_free(server);
	X509_free(ca);
	/* Never twice. */
	assert_int_equal(iq_pki_init(d.dir, "iq.example.org", &d.error), IQ_ERR_CONFLICT);
	dirs_close(&d);
}

static void addresses_as_host(void **state)
{
	static const struct {
		const char *host, *names, *crl;
	} cases[] = {
		{"192.0.2.7", "IP Address:192.0.2.7, DNS:localhost, IP Address:127.0.0.1",
			"http://192.0.2.7/iq.crl"},
		{"2001:db8::1", "IP Address:2001:DB8:0:0:0:0:0:1, DNS:localhost",
			"http://[2001:db8::1]/iq.crl"},
		{"localhost", "DNS:localhost, IP Address:127.0.0.1", "http://localhost/iq.crl"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dirs d;

		dirs_open(&d, cases[i].host);
		X509 *server = load(&d, "server.pem");

		assert_text(server, NID_subject_alt_name, false, cases[i].names);
		assert_text(server, NID_crl_distribution_points, false, cases[i].crl);
		X509_free(server);
		dirs_close(&d);
	}
}

static void bad_hosts(void **state)
{
	static const char *const hosts[] = {"", "a b", "a,DNS:b", "-x", "münchen", "a/b"};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		struct dirs d;

		dirs_open(&d, NULL);
		assert_int_equal(iq_pki_init(d.dir, hosts[i], &d.error), IQ_ERR_USAGE);
		assert_int_not_equal(access(in_dir(&d, "ca.key"), F_OK), 0);
		dirs_close(&d);
	}
}

/* A half-made directory is refused and left as it is; a failing one is cleaned up. */
static void half_made(void **state)
{
	struct dirs d;

	(void)state;
	dirs_open(&d, NULL);
	int fd = open(in_dir(&d, "server.key"), O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(iq_pki_init(d.dir, "localhost", &d.error), IQ_ERR_CONFLICT);
	assert_int_equal(access(in_dir(&d, "server.key"), F_OK), 0);
	assert_int_not_equal(access(in_dir(&d, "ca.key"), F_OK), 0);
	dirs_close(&d);
}

static void fingerprint(void **state)
{
	struct dirs d;
	uint8_t got[32], want[EVP_MAX_MD_SIZE];
	unsigned n;

	(void)state;
	dirs_open(&d, "localhost");
	X509 *ca = load(&d, "ca.pem");

	assert_int_equal(X509_digest(ca, EVP_sha256(), want, &n), 1);
	X509_free(ca);
	assert_int_equal(iq_pki_fingerprint(d.dir, got, &d.error), IQ_OK);
	assert_memory_equal(got, want, 32);
	unlink(in_dir(&d, "ca.pem"));
	assert_int_equal(iq_pki_fingerprint(d.dir, got, &d.error), IQ_ERR_LOGIN);
	assert_non_null(strstr(
		iq_text_fill(&d.arena, d.error.text, d.error.args, d.error.nargs), "ca.pem"));
	dirs_close(&d);
}

/* Only a certificate near its end is renewed, and then for the same key. */
static void renew(void **state)
{
	static const struct {
		int days;
		bool renewed;
	} cases[] = {{400, false}, {32, false}, {29, true}, {-2, true}};
	struct dirs d;

	(void)state;
	dirs_open(&d, "localhost");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct iq_authority a;
		struct iq_pki *pki;
		X509 *before = load(&d, "server.pem");

		assert_int_equal(iq_authority_load(d.dir, &a, &d.error), IQ_OK);
		set_dates(before, a.key, -100, cases[i].days);
		iq_authority_free(&a);
		FILE *f = fopen(in_dir(&d, "server.pem"), "w");

		assert_int_equal(PEM_write_X509(f, before), 1);
		fclose(f);
		assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
		assert_int_equal(iq_pki_renew_server(pki, d.dir, "localhost", &d.error), IQ_OK);
		iq_pki_close(pki);
		X509 *after = load(&d, "server.pem");

		assert_int_equal(X509_cmp(before, after) != 0, cases[i].renewed);
		assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(before), X509_get0_pubkey(after)), 1);
		if (cases[i].renewed)
			assert_days(after, 820);
		X509_free(before);
		X509_free(after);
	}
	dirs_close(&d);
}

static void mixed_up_authority(void **state)
{
	struct dirs d, other;
	struct iq_pki *pki;

	(void)state;
	dirs_open(&d, "localhost");
	dirs_open(&other, "localhost");
	assert_int_equal(rename(in_dir(&other, "ca.key"), in_dir(&d, "ca.key")), 0);
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_ERR_LOGIN);
	assert_null(pki);
	dirs_close(&d);
	dirs_close(&other);
}

/* ---- signing ------------------------------------------------------------------------------ */

static struct iq_str request(struct dirs *d, EVP_PKEY *key, EVP_PKEY *signer)
{
	X509_REQ *req = X509_REQ_new();
	unsigned char *der = NULL;

	/* A name that must not reach the certificate. */
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
		(const unsigned char *)"admin", -1, -1, 0);
	X509_REQ_set_pubkey(req, key);
	assert_true(X509_REQ_sign(req, signer, EVP_sha256()) > 0);
	int n = i2d_X509_REQ(req, &der);
	struct iq_str out = iq_arena_dup(&d->arena, (struct iq_str){(char *)der, (size_t)n});

	OPENSSL_free(der);
	X509_REQ_free(req);
	return out;
}

static void sign(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	struct iq_str csr, cert, ca;
	uint8_t serial[20], second[20];

	(void)state;
	dirs_open(&d, "iq.example.org");
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	assert_int_equal(iq_tls_make_key(in_dir(&d, "me.key"), &d.arena, &csr, &d.error), IQ_OK);
	assert_int_equal(
		iq_pki_sign(pki, csr, IQ_STR("max-muster"), &d.arena, &cert, &ca, serial, &d.error),
		IQ_OK);
	assert_int_equal(iq_tls_write_pem(in_dir(&d, "me.pem"), cert, &d.error), IQ_OK);
	X509 *mine = load(&d, "me.pem"), *authority = load(&d, "ca.pem");

	assert_int_equal(X509_verify(mine, X509_get0_pubkey(authority)), 1);
	assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(mine)), 0);
	assert_days(mine, 365);
	assert_text(mine, NID_subject_alt_name, true, "URI:iq:principal/max-muster");
	assert_text(mine, NID_ext_key_usage, false, "TLS Web Client Authentication");
	assert_text(mine, NID_crl_distribution_points, false, "URI:http://iq.example.org/iq.crl");
	assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(mine)), 20);
	assert_memory_equal(ASN1_STRING_get0_data(X509_get0_serialNumber(mine)), serial, 20);
	assert_true(serial[0] < 0x80);
	int32_t until;

	assert_true(iq_tls_pem_until(in_dir(&d, "me.pem"), &until));
	assert_in_range(until, iq_now_us() / 86400000000 + 364, iq_now_us() / 86400000000 + 365);
	assert_false(iq_tls_pem_until(in_dir(&d, "me.key"), &until));
	assert_false(iq_tls_pem_until(in_dir(&d, "nothing"), &until));
	assert_int_equal(
		iq_pki_sign(pki, csr, IQ_STR("max-muster"), &d.arena, &cert, &ca, second, &d.error),
		IQ_OK);
	assert_memory_not_equal(serial, second, 20);
	X509_free(mine);
	X509_free(authority);
	/* A key is never overwritten. */
	assert_int_equal(
		iq_tls_make_key(in_dir(&d, "me.key"), &d.arena, &csr, &d.error), IQ_ERR_CONFLICT);
	iq_pki_close(pki);
	dirs_close(&d);
}

static void refused_requests(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_EC_gen("P-521"),
		EVP_EC_gen("secp256k1"), EVP_RSA_gen(3072)};
	static const bool allowed[] = {true, true, false, false, false};
	struct iq_str cert, ca, csr;
	uint8_t serial[20];

	(void)state;
	dirs_open(&d, "localhost");
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	for (size_t i = 0; i < 5; i++) {
		iq_error_init(&d.error, &d.arena);
		csr = request(&d, keys[i], keys[i]);
		assert_int_equal(iq_pki_sign(pki, csr, IQ_STR("max"), &d.arena, &cert, &ca, serial,
					 &d.error),
			allowed[i] ? IQ_OK : IQ_ERR_USAGE);
	}
	struct {
		struct iq_str csr, principal;
	} cases[] = {
		{request(&d, keys[0], keys[1]), IQ_STR("max")}, /* signed by another key */
		{{"", 0}, IQ_STR("max")},
		{{"\x30\x03\x02\x01\x00", 5}, IQ_STR("max")},
		{{csr.p, csr.n - 1}, IQ_STR("max")},
		{request(&d, keys[0], keys[0]), IQ_STR("")},
		{request(&d, keys[0], keys[0]), IQ_STR("a b")},
		{request(&d, keys[0], keys[0]), {"a\0b", 3}},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		iq_error_init(&d.error, &d.arena);
		assert_int_equal(iq_pki_sign(pki, cases[i].csr, cases[i].principal, &d.arena, &cert,
					 &ca, serial, &d.error),
			IQ_ERR_USAGE);
	}
	for (size_t i = 0; i < 5; i++)
		EVP_PKEY_free(keys[i]);
	iq_pki_close(pki);
	dirs_close(&d);
}

static void not_a_certificate(void **state)
{
	struct dirs d;

	(void)state;
	dirs_open(&d, NULL);
	assert_int_equal(
		iq_tls_write_pem(in_dir(&d, "x.pem"), IQ_STR("junk"), &d.error), IQ_ERR_INTERNAL);
	assert_int_not_equal(access(in_dir(&d, "x.pem"), F_OK), 0);
	dirs_close(&d);
}

/* Keys made elsewhere come as PKCS #8 or in the older form of their kind. */
static void forms_of_keys(void **state)
{
	struct dirs d;

	(void)state;
	dirs_open(&d, "localhost");
	iq_pem_setup();
	EVP_PKEY *keys[] = {EVP_EC_gen("P-256"), EVP_EC_gen("P-384"), EVP_RSA_gen(3072)};
	static const char *const older[] = {"EC", "EC", "RSA"};

	for (size_t i = 0; i < 6; i++) {
		const char *file = in_dir(&d, "other.key");
		BIO *out = BIO_new_file(file, "w");
		EVP_PKEY *key = keys[i / 2];
		char text[64] = "";

		assert_int_equal(
			i % 2 == 0 ? PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)
				   : PEM_write_bio_PrivateKey_traditional(
					     out, key, NULL, NULL, 0, NULL, NULL),
			1);
		BIO_free(out);
		FILE *f = fopen(file, "r");

		assert_non_null(fgets(text, sizeof(text), f));
		fclose(f);
		assert_int_equal(
			strncmp(text + 11, older[i / 2], strlen(older[i / 2])) == 0, i % 2 == 1);
		EVP_PKEY *read = iq_pem_key(file, &d.error);

		assert_non_null(read);
		assert_int_equal(EVP_PKEY_eq(read, key), 1);
		EVP_PKEY_free(read);
	}
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	dirs_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init),
		cmocka_unit_test(addresses_as_host),
		cmocka_unit_test(bad_hosts),
		cmocka_unit_test(half_made),
		cmocka_unit_test(fingerprint),
		cmocka_unit_test(renew),
		cmocka_unit_test(mixed_up_authority),
		cmocka_unit_test(sign),
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(not_a_certificate),
		cmocka_unit_test(forms_of_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
