/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends of a connection: who is let in, who is refused, and what the client is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "call.h"
#include "frame.h"
#include "pem.h"
#include "pki_fixture.h"
#include "wire.h"

enum { PATIENCE = 10000 }; /* ms; reached only if something is wrong */

/* ---- a server for one connection ---------------------------------------------------------- */

struct server {
	struct iq_tls_context *tls;
	int fd;
	bool answer; /* one response per request, else the bytes come back */
	bool abrupt; /* closes at once, even if that resets the connection */
	pthread_t thread;
	/* results */
	enum iq_io handshake, end;
	bool named;
	char principal[128], reason[160];
	uint8_t serial[20];
	size_t serial_n;
};

static bool wait_for(int fd, enum iq_io want)
{
	struct pollfd p = {.fd = fd, .events = want == IQ_IO_WANT_WRITE ? POLLOUT : POLLIN};

	return poll(&p, 1, PATIENCE) == 1;
}

static enum iq_io write_all(struct iq_tls *t, int fd, struct iq_str bytes)
{
	while (bytes.n != 0) {
		size_t n = 0;
		enum iq_io io = iq_tls_write(t, bytes.p, bytes.n, &n);

		if (io == IQ_IO_OK) {
			bytes.p += n;
			bytes.n -= n;
		} else if (io == IQ_IO_EOF || io == IQ_IO_ERROR || !wait_for(fd, io)) {
			return IQ_IO_ERROR;
		}
	}
	return IQ_IO_OK;
}

/* Answers every whole frame in `in` with a Response that repeats its id and the frame's length. */
static enum iq_io answer(struct iq_tls *t, int fd, struct iq_buf *in)
{
	struct iq_str body;
	enum iq_io io = IQ_IO_OK;

	while (io == IQ_IO_OK && iq_frame_peek((struct iq_str){(char *)in->p, in->n}, 1 << 20,
					 &body) == IQ_FRAME_READY) {
		struct iq_wire_field f;
		struct iq_str rest = body;
		struct iq_buf out;
		bool bad = false;

		iq_buf_init(&out, 0);
		assert_true(iq_wire_next(&rest, &f, &bad));
		size_t frame = iq_frame_begin(&out);

		iq_wire_uint(&out, 1, f.value);
		assert_true(iq_wire_next(&rest, &f, &bad));
		size_t result = iq_wire_begin(&out, f.field == 12 ? 3 : 24);

		if (f.field == 12) {
			iq_wire_str(&out, 1, IQ_STR("not-found"));
			iq_wire_str(&out, 2, IQ_STR("There is no {0}."));
			iq_wire_item(&out, 3, IQ_STR("such thing"));
		} else {
			iq_wire_uint(&out, 1, body.n);
		}
		iq_wire_end(&out, result);
		iq_frame_end(&out, frame);
		io = write_all(t, fd, (struct iq_str){(char *)out.p, out.n});
		iq_buf_free(&out);
		iq_buf_consume(in, 4 + body.n);
	}
	return io;
}

static enum iq_io serve(struct server *s, struct iq_tls *t)
{
	static const size_t step = 1 << 16;
	struct iq_buf in;
	enum iq_io io;

	iq_buf_init(&in, 0);
	do {
		size_t n = 0;
		uint8_t *p = iq_buf_room(&in, step);

		io = iq_tls_read(t, p, step, &n);
		if (io == IQ_IO_OK) {
			in.n += n;
			if (s->answer) {
				io = answer(t, s->fd, &in);
			} else {
				io = write_all(t, s->fd, (struct iq_str){(char *)in.p, in.n});
				in.n = 0;
			}
		} else if (io != IQ_IO_EOF && io != IQ_IO_ERROR) {
			assert_int_equal(iq_tls_pending(t), 0);
			io = wait_for(s->fd, io) ? IQ_IO_OK : IQ_IO_ERROR;
		}
	} while (io == IQ_IO_OK);
	iq_buf_free(&in);
	return io;
}

static void *run(void *arg)
{
	struct server *s = arg;
	const char *why = NULL;

	assert_int_equal(fcntl(s->fd, F_SETFL, O_NONBLOCK), 0);
	struct iq_tls *t = iq_tls_accept(s->tls, s->fd);

	while ((s->handshake = iq_tls_handshake(t)) == IQ_IO_WANT_READ ||
		s->handshake == IQ_IO_WANT_WRITE) {
		if (!wait_for(s->fd, s->handshake))
			break;
	}
	if (s->handshake == IQ_IO_OK) {
		s->named = iq_tls_peer_principal(t, s->principal, &why);
		assert_true(s->named == (why == NULL));
		s->serial_n = iq_tls_peer_serial(t, s->serial);
		s->end = serve(s, t);
	}
	snprintf(s->reason, sizeof(s->reason), "%s", iq_tls_reason(t));
	iq_tls_free(t);
	if (!s->abrupt)
		shutdown(s->fd, SHUT_WR);
	char rest[4096];

	while (!s->abrupt && wait_for(s->fd, IQ_IO_WANT_READ) &&
		read(s->fd, rest, sizeof(rest)) > 0) {
	}
	close(s->fd);
	return NULL;
}

/* Returns the client's end. */
static int start(struct server *s, struct iq_tls_context *tls)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*s = (struct server){.tls = tls, .fd = fds[0]};
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
	return fds[1];
}

static void finish(struct server *s, int fd)
{
	close(fd);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
}

/* ---- fixtures ----------------------------------------------------------------------------- */

static struct dirs home, other;
static struct iq_tls_context *server_tls;

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	dirs_open(&home, "iq.example.org");
	dirs_open(&other, "iq.example.org");
	assert_int_equal(iq_tls_server_context(in_dir(&home, "ca.pem"), in_dir(&home, "server.pem"),
				 in_dir(&home, "server.key"), &server_tls, &home.error),
		IQ_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	iq_tls_context_free(server_tls);
	dirs_close(&home);
	dirs_close(&other);
	return 0;
}

static const char *message(struct iq_error *e)
{
	return e->text ? iq_text_fill(e->arena, e->text, e->args, e->nargs) : "";
}

/* name: of NAME.pem and NAME.key; NULL: no certificate */
static struct iq_tls_context *client(const char *name)
{
	struct iq_tls_context *tls;

	if (name == NULL)
		assert_int_equal(iq_tls_client_context(
					 in_dir(&home, "ca.pem"), NULL, NULL, &tls, &home.error),
			IQ_OK);
	else
		assert_int_equal(
			iq_tls_client_context(in_dir(&home, "ca.pem"),
				in_dir(&home, iq_arena_printf(&home.arena, "%s.pem", name)),
				in_dir(&home, iq_arena_printf(&home.arena, "%s.key", name)), &tls,
				&home.error),
			IQ_OK);
	return tls;
}

/* Sends bytes and reads them back. */
static enum iq_io echo(struct iq_tls *t, int fd)
{
	char back[6];
	size_t n = 0, got = 0;
	enum iq_io io = write_all(t, fd, IQ_STR("hello"));

	while (io == IQ_IO_OK && got < 5) {
		io = iq_tls_read(t, back, sizeof(back), &n);
		if (io == IQ_IO_OK)
			got += n;
		else if (io == IQ_IO_WANT_READ)
			io = wait_for(fd, io) ? IQ_IO_OK : IQ_IO_ERROR;
	}
	return io;
}

/* ---- client certificates ------------------------------------------------------------------ */

#define ID "iq:principal/"

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
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct server s;
		struct iq_tls *t;
		struct iq_tls_context *mine = client(NULL), *theirs;
		struct odd odd = cases[i].odd;

		odd.usage = odd.usage ? odd.usage : "serverAuth";
		iq_error_init(&home.error, &home.arena);
		make_odd(&home, cases[i].foreign ? &other : &home, cases[i].name, &odd);
		assert_int_equal(iq_tls_server_context(in_dir(&home, "ca.pem"),
					 in_dir(&home, iq_arena_printf(&home.arena, "%s.pem",
							       cases[i].name)),
					 in_dir(&home, iq_arena_printf(&home.arena, "%s.key",
							       cases[i].name)),
					 &theirs, &home.error),
			IQ_OK);
		int fd = start(&s, theirs);
		enum iq_err err =
			iq_tls_connect(mine, fd, cases[i].host, PATIENCE, &t, &home.error);

		if (err != (cases[i].told ? IQ_ERR_LOGIN : IQ_OK))
			fail_msg("%s: %s", cases[i].name, message(&home.error));
		if (cases[i].told != NULL && strstr(message(&home.error), cases[i].told) == NULL)
			fail_msg("%s: %s", cases[i].name, message(&home.error));
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

/* A client that is not ours: options of OpenSSL instead of iq_tls. */
static void foreign_clients(void **state)
{
	static const struct {
		const char *name, *alpn, *suites, *groups;
		int version;
		const char *cert; /* in home */
		bool accepted;
	} cases[] = {
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
	(void)state;
	make_odd(&home, &home, "weak", &(struct odd){.uris = {ID "max"}, .rsa2048 = true});
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
		struct server s;
		char c;

		SSL_CTX_set_security_level(ctx, 0);
		if (cases[i].version != 0)
			SSL_CTX_set_max_proto_version(ctx, cases[i].version);
		if (cases[i].suites != NULL)
			assert_int_equal(SSL_CTX_set_ciphersuites(ctx, cases[i].suites), 1);
		if (cases[i].groups != NULL)
			assert_int_equal(SSL_CTX_set1_groups_list(ctx, cases[i].groups), 1);
		if (cases[i].alpn != NULL)
			SSL_CTX_set_alpn_protos(ctx, (const unsigned char *)cases[i].alpn,
				(unsigned)strlen(cases[i].alpn));
		if (cases[i].cert != NULL) {
			assert_int_equal(SSL_CTX_use_certificate_file(
						 ctx, in_dir(&home, "weak.pem"), SSL_FILETYPE_PEM),
				1);
			assert_int_equal(SSL_CTX_use_PrivateKey_file(
						 ctx, in_dir(&home, "weak.key"), SSL_FILETYPE_PEM),
				1);
		}
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

static void bad_files(void **state)
{
	struct iq_tls_context *tls;
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
	make_odd(&home, &home, "weak-file", &(struct odd){.dns = "localhost", .rsa2048 = true});
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int server = 0; server < 2; server++) {
			const char *ca = in_dir(&home, cases[i].ca);
			const char *cert = in_dir(&home, cases[i].cert);
			const char *key = in_dir(&home, cases[i].key);

			iq_error_init(&home.error, &home.arena);
			enum iq_err err =
				server ? iq_tls_server_context(ca, cert, key, &tls, &home.error)
				       : iq_tls_client_context(ca, cert, key, &tls, &home.error);

			assert_int_equal(err, IQ_ERR_LOGIN);
			assert_null(tls);
			if (strstr(message(&home.error), cases[i].told) == NULL)
				fail_msg("case %zu: %s", i, message(&home.error));
		}
	}
}

/* ---- iq_call ------------------------------------------------------------------------------ */

struct listener {
	int fd;
	uint16_t port;
	struct server s;
};

static void *accept_one(void *arg)
{
	struct listener *l = arg;

	l->s.fd = accept(l->fd, NULL, NULL);
	return run(&l->s);
}

static void listen_on(struct listener *l, bool accepting, bool abrupt)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(a);

	*l = (struct listener){.fd = socket(AF_INET, SOCK_STREAM, 0),
		.s = {.tls = server_tls, .answer = true, .abrupt = abrupt}};
	assert_int_equal(bind(l->fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(getsockname(l->fd, (struct sockaddr *)&a, &n), 0);
	l->port = ntohs(a.sin_port);
	if (!accepting)
		return;
	assert_int_equal(listen(l->fd, 1), 0);
	assert_int_equal(pthread_create(&l->s.thread, NULL, accept_one, l), 0);
}

static void calls(void **state)
{
	struct listener l;
	struct iq_call *c;
	const Iq__V1__Response *rs;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__StatusRequest status = IQ__V1__STATUS_REQUEST__INIT;
	Iq__V1__ContactRequest contact = IQ__V1__CONTACT_REQUEST__INIT;

	(void)state;
	make_odd(&home, &home, "caller", &(struct odd){.uris = {ID "max"}});
	struct iq_tls_context *tls = client("caller");

	iq_error_init(&home.error, &home.arena);
	listen_on(&l, true, false);
	assert_int_equal(iq_call_open("localhost", l.port, tls, PATIENCE, &c, &home.error), IQ_OK);
	rq.op_case = IQ__V1__REQUEST__OP_STATUS;
	rq.status = &status;
	assert_int_equal(iq_call(c, &rq, &home.arena, &rs, &home.error), IQ_OK);
	assert_int_equal(rs->result_case, IQ__V1__RESPONSE__RESULT_STATUS);
	assert_true(rs->id == 1 && rs->status->revision == 5);
	rq.op_case = IQ__V1__REQUEST__OP_CONTACT;
	rq.contact = &contact;
	assert_int_equal(iq_call(c, &rq, &home.arena, &rs, &home.error), IQ_ERR_NOT_FOUND);
	assert_string_equal(message(&home.error), "There is no such thing.");
	assert_true(rs->id == 2);
	iq_call_close(c);
	assert_int_equal(pthread_join(l.s.thread, NULL), 0);
	assert_string_equal(l.s.principal, "max");
	assert_int_equal(l.s.end, IQ_IO_EOF);
	close(l.fd);
	iq_tls_context_free(tls);
}

/* Far more is sent than the sockets hold, before anything is read. */
static void pipelined(void **state)
{
	enum { REQUESTS = 400, BYTES = 60000 };
	struct listener l;
	struct iq_call *c;
	Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
	Iq__V1__SearchRequest search = IQ__V1__SEARCH_REQUEST__INIT;
	struct iq_tls_context *tls = client(NULL);
	struct iq_arena arena;

	(void)state;
	iq_arena_init(&arena, 0);
	search.text = iq_arena_alloc(&arena, BYTES + 1);
	memset(search.text, 'x', BYTES);
	search.text[BYTES] = '\0';
	rq.op_case = IQ__V1__REQUEST__OP_SEARCH;
	rq.search = &search;
	iq_error_init(&home.error, &home.arena);
	listen_on(&l, true, false);
	assert_int_equal(iq_call_open("127.0.0.1", l.port, tls, PATIENCE, &c, &home.error), IQ_OK);
	for (int i = 0; i < REQUESTS; i++)
		assert_int_equal(iq_call_send(c, &rq, &home.error), IQ_OK);
	for (uint64_t i = 1; i <= REQUESTS; i++) {
		const Iq__V1__Response *rs;
		struct iq_arena scratch;

		iq_arena_init(&scratch, 0);
		assert_int_equal(iq_call_receive(c, &scratch, &rs, &home.error), IQ_OK);
		assert_true(rs->id == i);
		iq_arena_free(&scratch);
	}
	iq_call_close(c);
	assert_int_equal(pthread_join(l.s.thread, NULL), 0);
	close(l.fd);
	iq_arena_free(&arena);
	iq_tls_context_free(tls);
}

/* In TLS 1.3 the client learns of a refused certificate only when it reads. */
static void refused_calls(void **state)
{
	static const struct {
		const char *name;
		struct odd odd;
		bool foreign;
		const char *told;
	} cases[] = {
		{"r-expired", {.uris = {ID "max"}, .from = -400, .until = -35}, false,
			"Your certificate expired on 2"},
		{"r-future", {.uris = {ID "max"}, .from = 5, .until = 300}, false,
			"Your certificate is valid only from 2"},
		{"r-usage", {.uris = {ID "max"}, .usage = "serverAuth"}, false, "wrong kind"},
		{"r-self", {.uris = {ID "max"}, .self_signed = true}, false, "not issued by"},
		{"r-foreign", {.uris = {ID "max"}}, true, "not issued by"},
	};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(*cases); i++) {
		struct listener l;
		struct iq_call *c;
		const Iq__V1__Response *rs;
		Iq__V1__Request rq = IQ__V1__REQUEST__INIT;
		Iq__V1__StatusRequest status = IQ__V1__STATUS_REQUEST__INIT;

		make_odd(&home, cases[i / 2].foreign ? &other : &home, cases[i / 2].name,
			&cases[i / 2].odd);
		struct iq_tls_context *tls = client(cases[i / 2].name);

		iq_error_init(&home.error, &home.arena);
		listen_on(&l, true, i % 2);
		assert_int_equal(
			iq_call_open("localhost", l.port, tls, PATIENCE, &c, &home.error), IQ_OK);
		rq.op_case = IQ__V1__REQUEST__OP_STATUS;
		rq.status = &status;
		enum iq_err err = iq_call(c, &rq, &home.arena, &rs, &home.error);

		if (err != IQ_ERR_LOGIN || strstr(message(&home.error), cases[i / 2].told) == NULL)
			fail_msg("%s: %s", cases[i / 2].name, message(&home.error));
		assert_non_null(home.error.hint);
		iq_call_close(c);
		assert_int_equal(pthread_join(l.s.thread, NULL), 0);
		close(l.fd);
		iq_tls_context_free(tls);
	}
}

static void unreachable(void **state)
{
	struct listener l;
	struct iq_call *c;
	struct iq_tls_context *tls = client(NULL);

	(void)state;
	/* Bound but not listening: refused at once. */
	listen_on(&l, false, false);
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(iq_call_open("127.0.0.1", l.port, tls, PATIENCE, &c, &home.error),
		IQ_ERR_UNREACHABLE);
	assert_null(c);
	assert_non_null(strstr(message(&home.error),
		iq_arena_printf(&home.arena, "127.0.0.1:%u: Connection refused", l.port)));
	assert_non_null(home.error.hint);
	/* Listening, but nobody answers the handshake. */
	assert_int_equal(listen(l.fd, 1), 0);
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(
		iq_call_open("127.0.0.1", l.port, tls, 50, &c, &home.error), IQ_ERR_UNREACHABLE);
	assert_non_null(strstr(message(&home.error), "does not answer"));
	close(l.fd);
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(
		iq_call_open("no name", 1, tls, PATIENCE, &c, &home.error), IQ_ERR_UNREACHABLE);
	assert_non_null(strstr(message(&home.error), "no name:1 cannot be found"));
	iq_tls_context_free(tls);
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
		cmocka_unit_test(key_updates),
		cmocka_unit_test(no_tls),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(calls),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(refused_calls),
		cmocka_unit_test(unreachable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
