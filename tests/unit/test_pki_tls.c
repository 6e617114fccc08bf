/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of a connection: who is let in, who is refused, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tls_fixture.h"

#include <openssl/err.h>

#include "tls_private.h"

/* ---- client certificates ------------------------------------------------------------------ */

static void client_certificates(void **state)
{
	static const struct {
		const char *name;
		struct odd odd;
		const char *principal; /* NULL: refused by the handshake; "?": no identity */
	} cases[] = {
		{"good", {.uris = {ID "max-muster"}}, "max-muster"},
		{"with-dns", {.uris = {ID "max"}, .dns = "max.example.org"}, "max"},
		{"two-uris", {.uris = {ID "max", ID "admin"}}, "?"},
		{"nul", {.uris = {ID "max\0x"}, .uri_n = sizeof(ID) - 1 + 5}, "?"},
		{"prefix", {.uris = {"iq:principals/max"}}, "?"},
		{"nameless", {.uris = {ID}}, "?"},
		{"blank", {.uris = {ID "a b"}}, "?"},
		{"no-uri", {.dns = "max.example.org"}, "?"},
		{"no-san", {.dns = NULL}, "?"},
		{"expired", {.uris = {ID "max"}, .from = -400, .until = -35}, NULL},
		{"future", {.uris = {ID "max"}, .from = 5, .until = 300}, NULL},
		{"server-use", {.uris = {ID "max"}, .usage = "serverAuth"}, NULL},
		{"self", {.uris = {ID "max"}, .self_signed = true}, NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct server s;
		struct iq_tls *t = NULL;

		iq_error_init(&home.error, &home.arena);
		make_odd(&home, &home, cases[i].name, &cases[i].odd);
		struct iq_tls_context *tls = client(cases[i].name);
		int fd = start(&s, server_tls);

		assert_int_equal(
			iq_tls_connect(tls, fd, "iq.example.org", PATIENCE, &t, &home.error),
			IQ_OK);
		enum iq_io io = echo(t, fd);

		iq_tls_free(t);
		finish(&s, fd);
		iq_tls_context_free(tls);
		if ((s.handshake == IQ_IO_OK) != (cases[i].principal != NULL) ||
			(io == IQ_IO_OK) != (cases[i].principal != NULL))
			fail_msg("%s: %s", cases[i].name, s.reason);
		if (cases[i].principal == NULL)
			continue;
		bool usable = strcmp(cases[i].principal, "?") != 0;

		if (s.named != usable || strcmp(s.principal, usable ? cases[i].principal : "") != 0)
			fail_msg("%s: %s", cases[i].name, s.principal);
		assert_int_equal(s.serial_n, 20);
		assert_int_equal(s.end, IQ_IO_EOF); /* close_notify came */
	}
}

static void no_client_certificate(void **state)
{
	struct server s;
	struct iq_tls *t;
	struct iq_tls_context *tls = client(NULL);
	int fd = start(&s, server_tls);

	(void)state;
	assert_int_equal(iq_tls_connect(tls, fd, "localhost", PATIENCE, &t, &home.error), IQ_OK);
	assert_int_equal(echo(t, fd), IQ_IO_OK);
	iq_tls_free(t);
	finish(&s, fd);
	iq_tls_context_free(tls);
	assert_true(s.named);
	assert_string_equal(s.principal, "");
	assert_int_equal(s.serial_n, 0);
}

/* ---- server certificates ------------------------------------------------------------------ */

/* A server with the certificate NAME.pem and its key. */
static struct iq_tls_context *named_server(const char *name)
{
	struct iq_tls_context *c;

	assert_int_equal(iq_tls_server_context(in_dir(&home, "ca.pem"),
				 in_dir(&home, iq_arena_printf(&home.arena, "%s.pem", name)),
				 in_dir(&home, iq_arena_printf(&home.arena, "%s.key", name)), &c,
				 &home.error),
		IQ_OK);
	return c;
}

static void server_certificates(void **state)
{
	static const struct {
		const char *name;
		struct odd odd;
		const char *host;
		bool foreign;     /* issued by another authority */
		const char *told; /* NULL: accepted */
	} cases[] = {
		{"s-good", {.dns = "iq.example.org"}, "iq.example.org", false, NULL},
		{"s-case", {.dns = "iq.example.org"}, "IQ.example.ORG", false, NULL},
		{"s-address", {.dns = "192.0.2.1"}, "192.0.2.1", false, NULL},
		{"s-rsa", {.dns = "localhost", .rsa = 3072}, "localhost", false, NULL},
		{"s-host", {.dns = "iq.example.org"}, "other.example.org", false,
			"another name than other.example.org"},
		{"s-suffix", {.dns = "iq.example.org"}, "x.iq.example.org", false,
			"another name than"},
		{"s-number", {.dns = "192.0.2.1"}, "192.0.2.2", false, "another name than"},
		{"s-expired", {.dns = "localhost", .from = -9, .until = -1}, "localhost", false,
			"localhost expired on 2"},
		{"s-future", {.dns = "localhost", .from = 2, .until = 9}, "localhost", false,
			"localhost is valid only from 2"},
		{"s-foreign", {.dns = "localhost"}, "localhost", true, "unknown authority"},
		{"s-self", {.dns = "localhost", .self_signed = true}, "localhost", false,
			"signed its certificate itself"},
		{"s-client", {.dns = "localhost", .usage = "clientAuth"}, "localhost", false,
			"not meant for a server"},
	};
	uint8_t ca[32];

	(void)state;
	assert_int_equal(iq_pki_fingerprint(home.dir, ca, &home.error), IQ_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct server s;
		struct iq_tls *t;
		struct iq_tls_context *mine = client(NULL), *theirs;
		struct odd odd = cases[i].odd;

		odd.usage = odd.usage ? odd.usage : "serverAuth";
		iq_error_init(&home.error, &home.arena);
		make_odd(&home, cases[i].foreign ? &other : &home, cases[i].name, &odd);
		theirs = named_server(cases[i].name);
		int fd = start(&s, theirs);
		enum iq_err err =
			iq_tls_connect(mine, fd, cases[i].host, PATIENCE, &t, &home.error);

		if (err != (cases[i].told ? IQ_ERR_LOGIN : IQ_OK))
			fail_msg("%s: %s", cases[i].name, message(&home.error));
		if (cases[i].told != NULL && strstr(message(&home.error), cases[i].told) == NULL)
			fail_msg("%s: %s", cases[i].name, message(&home.error));
		/* The root is not sent to who has it, but is found all the same. */
		if (t != NULL) {
			assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(t->ssl)), 1);
			assert_true(iq_tls_check_fingerprint(t, ca, 16, cases[i].host));
		}
		iq_tls_free(t);
		finish(&s, fd);
		iq_tls_context_free(mine);
		iq_tls_context_free(theirs);
	}
}

/* Enrolment: no CA file, the server is known by the fingerprint of its authority. */
static void by_fingerprint(void **state)
{
	uint8_t ca[32], foreign[32], leaf[EVP_MAX_MD_SIZE];
	unsigned n;
	struct server s;
	struct iq_tls *t;
	struct iq_tls_context *tls;

	(void)state;
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(iq_pki_fingerprint(home.dir, ca, &home.error), IQ_OK);
	assert_int_equal(iq_pki_fingerprint(other.dir, foreign, &home.error), IQ_OK);
	X509 *cert = iq_pem_cert(in_dir(&home, "server.pem"), &home.error);

	assert_int_equal(X509_digest(cert, EVP_sha256(), leaf, &n), 1);
	X509_free(cert);
	assert_int_equal(iq_tls_client_context(NULL, NULL, NULL, &tls, &home.error), IQ_OK);
	int fd = start(&s, server_tls);

	assert_int_equal(iq_tls_connect(tls, fd, "127.0.0.1", PATIENCE, &t, &home.error), IQ_OK);
	assert_true(iq_tls_check_fingerprint(t, ca, 16, "127.0.0.1"));
	assert_true(iq_tls_check_fingerprint(t, ca, 32, "iq.example.org"));
	assert_true(iq_tls_check_fingerprint(t, ca, 16, "::1"));
	assert_false(iq_tls_check_fingerprint(t, ca, 15, "127.0.0.1"));
	assert_false(iq_tls_check_fingerprint(t, ca, 0, "127.0.0.1"));
	assert_false(iq_tls_check_fingerprint(t, ca, 16, "other.example.org"));
	assert_false(iq_tls_check_fingerprint(t, ca, 16, "127.0.0.2"));
	assert_false(iq_tls_check_fingerprint(t, foreign, 16, "127.0.0.1"));
	assert_false(iq_tls_check_fingerprint(t, leaf, 16, "127.0.0.1"));
	ca[15] ^= 1;
	assert_false(iq_tls_check_fingerprint(t, ca, 16, "127.0.0.1"));
	iq_tls_free(t);
	finish(&s, fd);
	iq_tls_context_free(tls);
}

/* A chain that carries the right authority but a leaf of another one. */
static void borrowed_authority(void **state)
{
	uint8_t ca[32];
	struct server s;
	struct iq_tls *t;
	struct iq_tls_context *tls, *theirs;

	(void)state;
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(iq_pki_fingerprint(home.dir, ca, &home.error), IQ_OK);
	make_odd(&home, &other, "borrowed",
		&(struct odd){.dns = "localhost", .usage = "serverAuth"});
	FILE *to = fopen(in_dir(&home, "borrowed.pem"), "a");
	X509 *cert = iq_pem_cert(in_dir(&home, "ca.pem"), &home.error);

	assert_int_equal(PEM_write_X509(to, cert), 1);
	X509_free(cert);
	fclose(to);
	assert_int_equal(
		iq_tls_server_context(in_dir(&home, "ca.pem"), in_dir(&home, "borrowed.pem"),
			in_dir(&home, "borrowed.key"), &theirs, &home.error),
		IQ_OK);
	assert_int_equal(iq_tls_client_context(NULL, NULL, NULL, &tls, &home.error), IQ_OK);
	int fd = start(&s, theirs);

	assert_int_equal(iq_tls_connect(tls, fd, "localhost", PATIENCE, &t, &home.error), IQ_OK);
	assert_false(iq_tls_check_fingerprint(t, ca, 16, "localhost"));
	iq_tls_free(t);
	finish(&s, fd);
	iq_tls_context_free(tls);
	iq_tls_context_free(theirs);
}

/* ---- other peers -------------------------------------------------------------------------- */

/* A client that is not ours: options of OpenSSL instead of iq_tls, and all of its algorithms. */
struct foreign {
	const char *name, *alpn, *suites, *groups;
	int version;
	const char *cert; /* in home */
	bool accepted;
};

static SSL_CTX *foreign_context(OSSL_LIB_CTX *algorithms, const struct foreign *f)
{
	SSL_CTX *ctx = SSL_CTX_new_ex(algorithms, NULL, TLS_client_method());
	const char *cert = in_dir(&home, "weak.pem"), *key = in_dir(&home, "weak.key");

	SSL_CTX_set_security_level(ctx, 0);
	if (f->version != 0)
		SSL_CTX_set_max_proto_version(ctx, f->version);
	if (f->suites != NULL)
		assert_int_equal(SSL_CTX_set_ciphersuites(ctx, f->suites), 1);
	if (f->groups != NULL)
		assert_int_equal(SSL_CTX_set1_groups_list(ctx, f->groups), 1);
	if (f->alpn != NULL)
		SSL_CTX_set_alpn_protos(
			ctx, (const unsigned char *)f->alpn, (unsigned)strlen(f->alpn));
	if (f->cert != NULL) {
		assert_int_equal(SSL_CTX_use_certificate_file(ctx, cert, SSL_FILETYPE_PEM), 1);
		assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM), 1);
	}
	return ctx;
}

static void foreign_clients(void **state)
{
	static const struct foreign cases[] = {
		{"plain", "\4iq/1", NULL, NULL, 0, NULL, true},
		{"one of two", "\2h2\4iq/1", NULL, NULL, 0, NULL, true},
		{"no ALPN", NULL, NULL, NULL, 0, NULL, false},
		{"h2", "\2h2", NULL, NULL, 0, NULL, false},
		{"iq/2", "\4iq/2", NULL, NULL, 0, NULL, false},
		{"TLS 1.2", "\4iq/1", NULL, NULL, TLS1_2_VERSION, NULL, false},
		{"ChaCha20", "\4iq/1", "TLS_CHACHA20_POLY1305_SHA256", NULL, 0, NULL, false},
		{"X25519", "\4iq/1", NULL, "X25519", 0, NULL, false},
		{"P-384", "\4iq/1", NULL, "P-384", 0, NULL, true},
		{"weak key", "\4iq/1", NULL, NULL, 0, "weak", false},
	};
	OSSL_LIB_CTX *algorithms = OSSL_LIB_CTX_new();

	(void)state;
	make_odd(&home, &home, "weak", &(struct odd){.uris = {ID "max"}, .rsa = 2048});
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SSL_CTX *ctx = foreign_context(algorithms, &cases[i]);
		struct server s;
		char c;
		int fd = start(&s, server_tls);
		SSL *ssl = SSL_new(ctx);
		struct timeval limit = {.tv_sec = PATIENCE / 1000};

		assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
		SSL_set_fd(ssl, fd);
		bool good = SSL_connect(ssl) == 1 && SSL_write(ssl, "x", 1) == 1 &&
			    SSL_read(ssl, &c, 1) == 1;

		/* No tickets: nothing to resume, and no revocation to step around. */
		if (good)
			assert_false(SSL_SESSION_is_resumable(SSL_get0_session(ssl)));
		if (good)
			SSL_shutdown(ssl);
		SSL_free(ssl);
		finish(&s, fd);
		if (good != cases[i].accepted || (s.handshake == IQ_IO_OK) != good)
			fail_msg("%s: %s", cases[i].name, good ? "accepted" : "refused");
		SSL_CTX_free(ctx);
	}
	OSSL_LIB_CTX_free(algorithms);
}

/* What the protocol does not use is not there. */
static void algorithms(void **state)
{
	static const char *const ciphers[] = {"AES-256-GCM", "AES-128-GCM", NULL};
	static const char *const none[] = {
		"ChaCha20-Poly1305", "AES-128-CBC", "DES-EDE3-CBC", NULL};

	(void)state;
	iq_pem_setup();
	for (size_t i = 0; ciphers[i] != NULL; i++) {
		EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, ciphers[i], NULL);

		assert_non_null(c);
		EVP_CIPHER_free(c);
	}
	for (size_t i = 0; none[i] != NULL; i++)
		assert_null(EVP_CIPHER_fetch(NULL, none[i], NULL));
	ERR_clear_error();
}

/* Key updates without end are cut off; some are not. */
static void key_updates(void **state)
{
	(void)state;
	for (int flood = 0; flood < 2; flood++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		struct server s;
		int fd = start(&s, server_tls);
		SSL *ssl = SSL_new(ctx);
		char c;
		bool good = true;

		SSL_set_alpn_protos(ssl, (const unsigned char *)"\4iq/1", 5);
		SSL_set_fd(ssl, fd);
		assert_int_equal(SSL_connect(ssl), 1);
		for (int i = 0; good && i < (flood ? 2000 : 10); i++)
			good = SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) == 1 &&
			       SSL_do_handshake(ssl) == 1;
		good = good && SSL_write(ssl, "x", 1) == 1 && SSL_read(ssl, &c, 1) == 1;
		assert_int_equal(good, !flood);
		SSL_free(ssl);
		finish(&s, fd);
		if (flood)
			assert_string_equal(s.reason, "too many key updates");
		SSL_CTX_free(ctx);
	}
}

/* A peer that is no TLS client, or goes away. */
static void no_tls(void **state)
{
	static const char *const sent[] = {"GET / HTTP/1.1\r\n\r\n", "", "\x16\x03\x01\x00\x05"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct server s;
		int fd = start(&s, server_tls);

		assert_int_equal(write(fd, sent[i], strlen(sent[i])), strlen(sent[i]));
		shutdown(fd, SHUT_WR);
		char c[100];

		while (read(fd, c, sizeof(c)) > 0) {
		}
		finish(&s, fd);
		assert_int_equal(s.handshake, IQ_IO_ERROR);
		assert_true(strlen(s.reason) > 0);
	}
}

/* A client reads its own certificate once the hello is out. */
static enum iq_err try_client(const char *ca, const char *cert, const char *key)
{
	struct iq_tls_context *tls;
	struct iq_tls *t = NULL;
	enum iq_err err = iq_tls_client_context(ca, cert, key, &tls, &home.error);
	int fd[2];

	if (err != IQ_OK)
		return err;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	err = iq_tls_connect(tls, fd[0], "localhost", PATIENCE, &t, &home.error);
	assert_null(t);
	close(fd[0]);
	close(fd[1]);
	iq_tls_context_free(tls);
	return err;
}

static enum iq_err try_server(const char *ca, const char *cert, const char *key)
{
	struct iq_tls_context *tls;
	enum iq_err err = iq_tls_server_context(ca, cert, key, &tls, &home.error);

	assert_null(tls);
	return err;
}

static void bad_files(void **state)
{
	struct {
		const char *ca, *cert, *key, *told;
	} cases[] = {
		{"nothing", "server.pem", "server.key", "nothing cannot be read"},
		{"ca.key", "server.pem", "server.key", "ca.key holds no certificate"},
		{"ca.pem", "nothing", "server.key", "nothing cannot be read"},
		{"ca.pem", "server.key", "server.key", "server.key holds no certificate"},
		{"ca.pem", "server.pem", "ca.key", "ca.key does not belong"},
		{"ca.pem", "server.pem", "ca.pem", "ca.pem holds no usable key"},
		{"ca.pem", "weak-file.pem", "weak-file.key", "weak-file.pem is too weak"},
	};
	(void)state;
	make_odd(&home, &home, "weak-file", &(struct odd){.dns = "localhost", .rsa = 2048});
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int server = 0; server < 2; server++) {
			const char *ca = in_dir(&home, cases[i].ca);
			const char *cert = in_dir(&home, cases[i].cert);
			const char *key = in_dir(&home, cases[i].key);

			iq_error_init(&home.error, &home.arena);
			enum iq_err err =
				server ? try_server(ca, cert, key) : try_client(ca, cert, key);

			assert_int_equal(err, IQ_ERR_LOGIN);
			if (strstr(message(&home.error), cases[i].told) == NULL)
				fail_msg("case %zu: %s", i, message(&home.error));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_certificates),
		cmocka_unit_test(no_client_certificate),
		cmocka_unit_test(server_certificates),
		cmocka_unit_test(by_fingerprint),
		cmocka_unit_test(borrowed_authority),
		cmocka_unit_test(foreign_clients),
		cmocka_unit_test(algorithms),
		cmocka_unit_test(key_updates),
		cmocka_unit_test(no_tls),
		cmocka_unit_test(bad_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
