/* SPDX-License-Identifier: Apache-2.0 */
/* The process that holds the authority's key, and the change from one authority to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "bounds.h"
#include "tls_fixture.h"

static struct iq_str request(struct dirs *d)
{
	struct iq_str csr;

	unlink(in_dir(d, "me.key"));
	assert_int_equal(iq_tls_make_key(in_dir(d, "me.key"), &d->arena, &csr, &d->error), IQ_OK);
	return csr;
}

static enum iq_err sign(struct dirs *d, struct iq_pki *pki, struct iq_str *cert)
{
	uint8_t serial[20];
	struct iq_str ca;

	iq_error_init(&d->error, &d->arena);
	return iq_pki_sign(pki, request(d), IQ_STR("max"), &d->arena, cert, &ca, serial, &d->error);
}

/* A line of /proc/PID/status. */
static bool status_has(int pid, const char *line)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	text[n] = '\0';
	return strstr(text, line) != NULL;
}

static void process(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	struct iq_str cert;

	(void)state;
	dirs_open(&d, "localhost");
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	int pid = pki->pid;

	assert_true(pid > 0);
	assert_true(status_has(pid, "NoNewPrivs:\t1\n"));
	assert_true(status_has(pid, "Seccomp:\t2\n"));
	/* It does not end with the daemon's signals … */
	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	assert_int_equal(sign(&d, pki, &cert), IQ_OK);
	/* … but with the daemon. */
	iq_pki_close(pki);
	assert_int_equal(kill(pid, 0), -1);
	dirs_close(&d);
}

/* What the process is sent is input like any other. */
static void bad_requests(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} cases[] = {
		{"\0\0\0\1\1", 5},
		{"\0\0\0\2\1\x20", 6},
		{"\0\0\0\3\1\x20\4", 7},
		{"\0\0\0\x04\1\x11\4x", 8},
	};
	struct dirs d;
	struct iq_pki *pki;
	struct iq_str cert;
	uint8_t point[72] = {0, 0, 0, 68, IQ_ISSUE_CLIENT, 32, 4}, back[5];

	(void)state;
	dirs_open(&d, "localhost");
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(write(pki->fd, cases[i].bytes, cases[i].n), cases[i].n);
		assert_int_equal(recv(pki->fd, back, 5, MSG_WAITALL), 5);
		assert_memory_equal(back, "\0\0\0\1\0", 5);
	}
	/* not a point of the curve */
	memset(point + 7, 0x11, 64);
	point[71] = 'm';
	assert_int_equal(write(pki->fd, point, sizeof(point)), sizeof(point));
	assert_int_equal(recv(pki->fd, back, 5, MSG_WAITALL), 5);
	assert_memory_equal(back, "\0\0\0\1\0", 5);
	assert_int_equal(sign(&d, pki, &cert), IQ_OK);
	/* Too long: it ends, and the daemon says so from then on. */
	assert_int_equal(write(pki->fd, "\0\1\0\0", 4), 4);
	assert_int_equal(sign(&d, pki, &cert), IQ_ERR_BUSY);
	assert_int_equal(sign(&d, pki, &cert), IQ_ERR_BUSY);
	assert_non_null(strstr(d.error.text, "does not answer"));
	iq_pki_close(pki);
	dirs_close(&d);
}

static void names_are_checked_there(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	EVP_PKEY *key = EVP_EC_gen("P-384");
	uint8_t serial[IQ_SERIAL];
	X509 *cert;

	(void)state;
	dirs_open(&d, "localhost");
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	assert_int_equal(
		iq_process_issue(pki, IQ_ISSUE_CLIENT, key, IQ_STR("a b"), &cert, serial, &d.error),
		IQ_ERR_INTERNAL);
	assert_int_equal(
		iq_process_issue(pki, IQ_ISSUE_SERVER, key, IQ_STR("a/b"), &cert, serial, &d.error),
		IQ_ERR_INTERNAL);
	assert_int_equal(
		iq_process_issue(pki, (enum iq_issue)7, key, IQ_STR("a"), &cert, serial, &d.error),
		IQ_ERR_INTERNAL);
	assert_int_equal(
		iq_process_issue(pki, IQ_ISSUE_CLIENT, key, IQ_STR("a"), &cert, serial, &d.error),
		IQ_OK);
	X509_free(cert);
	EVP_PKEY_free(key);
	iq_pki_close(pki);
	dirs_close(&d);
}

static void offline(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	struct iq_str cert;

	(void)state;
	dirs_open(&d, "localhost");
	assert_int_equal(iq_pki_export(d.dir, in_dir(&d, "kept"), true, &d.error), IQ_OK);
	assert_int_equal(iq_pki_export(d.dir, in_dir(&d, "kept2"), true, &d.error), IQ_ERR_LOGIN);
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	assert_int_equal(sign(&d, pki, &cert), IQ_ERR_BUSY);
	assert_non_null(strstr(d.error.text, "offline"));
	assert_int_equal(iq_pki_renew_server(pki, d.dir, "localhost", &d.error), IQ_OK);
	iq_pki_close(pki);
	assert_int_equal(iq_pki_rotate(d.dir, "localhost", &d.error), IQ_ERR_LOGIN);
	assert_int_equal(iq_pki_import(d.dir, in_dir(&d, "server.key"), &d.error), IQ_ERR_REJECTED);
	assert_int_equal(iq_pki_import(d.dir, in_dir(&d, "kept"), &d.error), IQ_OK);
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	assert_int_equal(sign(&d, pki, &cert), IQ_OK);
	iq_pki_close(pki);
	dirs_close(&d);
}

/* ---- the next authority ------------------------------------------------------------------------
 */

static struct iq_tls_context *reopened(void)
{
	struct iq_tls_context *tls;

	assert_int_equal(iq_tls_server_context(in_dir(&home, "ca.pem"), in_dir(&home, "server.pem"),
				 in_dir(&home, "server.key"), &tls, &home.error),
		IQ_OK);
	return tls;
}

/* Connects with the authorities of a file (NULL: none) and says hello. */
static enum iq_err meet(struct iq_tls_context *tls, const char *ca, const char *name,
	const uint8_t *fingerprint, bool *known)
{
	const char *cert =
		name ? in_dir(&home, iq_arena_printf(&home.arena, "%s.pem", name)) : NULL;
	const char *key = name ? in_dir(&home, iq_arena_printf(&home.arena, "%s.key", name)) : NULL;
	struct iq_tls_context *mine;
	struct server s;
	struct iq_tls *t;

	iq_error_init(&home.error, &home.arena);
	assert_int_equal(
		iq_tls_client_context(ca ? in_dir(&home, ca) : NULL, cert, key, &mine, &home.error),
		IQ_OK);
	int fd = start(&s, tls);
	enum iq_err err = iq_tls_connect(mine, fd, "iq.example.org", PATIENCE, &t, &home.error);

	if (err == IQ_OK && fingerprint != NULL)
		*known = iq_tls_check_fingerprint(t, fingerprint, 16, "iq.example.org");
	if (err == IQ_OK && echo(t, fd) != IQ_IO_OK)
		err = IQ_ERR_LOGIN;
	if (t != NULL)
		iq_tls_free(t);
	finish(&s, fd);
	iq_tls_context_free(mine);
	return err;
}

static void copy_file(const char *from, const char *to)
{
	char text[8192];
	FILE *f = fopen(in_dir(&home, from), "r");
	size_t n = fread(text, 1, sizeof(text), f);

	fclose(f);
	f = fopen(in_dir(&home, to), "w");
	assert_int_equal(fwrite(text, 1, n, f), n);
	fclose(f);
}

static void count(void *arg, const struct iq_pki_certificate *c)
{
	int *n = arg;

	n[c->server ? 2 : c->signs ? 0 : 1]++;
}

static void rotation(void **state)
{
	uint8_t first[32], second[32];
	bool known = false;
	int shown[3] = {0};

	(void)state;
	make_odd(&home, &home, "old", &(struct odd){.uris = {ID "max"}});
	copy_file("ca.pem", "first.pem");
	assert_int_equal(iq_pki_fingerprint(home.dir, first, &home.error), IQ_OK);
	assert_int_equal(iq_pki_rotate(home.dir, "iq.example.org", &home.error), IQ_OK);
	assert_int_equal(iq_pki_fingerprint(home.dir, second, &home.error), IQ_OK);
	assert_memory_not_equal(first, second, 32);
	assert_int_equal(iq_pki_show(home.dir, count, shown, &home.error), IQ_OK);
	assert_true(shown[0] == 1 && shown[1] == 1 && shown[2] == 1);
	make_odd(&home, &home, "new", &(struct odd){.uris = {ID "max"}});
	struct iq_tls_context *tls = reopened();

	/* Both authorities of clients, both of servers. */
	assert_int_equal(meet(tls, "first.pem", "old", NULL, NULL), IQ_OK);
	assert_int_equal(meet(tls, "first.pem", "new", NULL, NULL), IQ_OK);
	assert_int_equal(meet(tls, "ca.pem", "old", NULL, NULL), IQ_OK);
	assert_int_equal(meet(tls, "ca.pem", "new", NULL, NULL), IQ_OK);
	/* Tokens from before and after. */
	assert_int_equal(meet(tls, NULL, NULL, first, &known), IQ_OK);
	assert_true(known);
	known = false;
	assert_int_equal(meet(tls, NULL, NULL, second, &known), IQ_OK);
	assert_true(known);
	first[0] ^= 1;
	assert_int_equal(meet(tls, NULL, NULL, first, &known), IQ_OK);
	assert_false(known);
	iq_tls_context_free(tls);
	/* Once more: who knows only the first is not served any longer, all others are. */
	copy_file("ca.pem", "second.pem");
	assert_int_equal(iq_pki_rotate(home.dir, "iq.example.org", &home.error), IQ_OK);
	tls = reopened();
	assert_int_equal(meet(tls, "second.pem", "old", NULL, NULL), IQ_OK);
	assert_int_equal(meet(tls, "ca.pem", "new", NULL, NULL), IQ_OK);
	assert_int_equal(meet(tls, "first.pem", "old", NULL, NULL), IQ_ERR_LOGIN);
	iq_tls_context_free(tls);
}

/* Interrupted after ca.pem: the old key goes on signing. */
static void interrupted_rotation(void **state)
{
	struct dirs d;
	struct iq_pki *pki;
	struct iq_str cert;
	X509 *certs[2];

	(void)state;
	dirs_open(&d, "localhost");
	EVP_PKEY *key = EVP_EC_gen("P-256");
	STACK_OF(X509) *all = iq_pki_read_all(d.dir, IQ_CA_CERT, &d.error);

	certs[0] = iq_authority_new(key);
	certs[1] = sk_X509_value(all, 0);
	assert_int_equal(iq_pki_write_certs(d.dir, IQ_CA_CERT, certs, 2, true, &d.error), IQ_OK);
	assert_int_equal(iq_pki_open(d.dir, &pki, &d.error), IQ_OK);
	assert_ptr_equal(pki->ca, sk_X509_value(pki->all, 1));
	assert_int_equal(sign(&d, pki, &cert), IQ_OK);
	assert_int_equal(iq_pki_renew_server(pki, d.dir, "localhost", &d.error), IQ_OK);
	iq_pki_close(pki);
	sk_X509_pop_free(all, X509_free);
	X509_free(certs[0]);
	EVP_PKEY_free(key);
	dirs_close(&d);
}

/* ---- certificates at the end of their life, and of others --------------------------------------
 */

struct seen {
	int64_t until;
	bool external, login, names;
	char issuer[128], subject[128];
};

static struct seen seen;

static void *look(void *arg)
{
	struct server *s = arg;
	struct iq_buf issuer, subject;

	assert_int_equal(fcntl(s->fd, F_SETFL, O_NONBLOCK), 0);
	struct iq_tls *t = iq_tls_accept(s->tls, s->fd);

	while ((s->handshake = iq_tls_handshake(t)) == IQ_IO_WANT_READ ||
		s->handshake == IQ_IO_WANT_WRITE) {
		if (!wait_for(s->fd, s->handshake))
			break;
	}
	if (s->handshake == IQ_IO_OK) {
		iq_buf_init(&issuer, 0);
		iq_buf_init(&subject, 0);
		seen.until = iq_tls_peer_until(t);
		seen.external = iq_tls_peer_external(t);
		seen.login = iq_tls_peer_for_login(t);
		seen.names = iq_tls_peer_names(t, &issuer, &subject);
		snprintf(seen.issuer, sizeof(seen.issuer), "%.*s", (int)issuer.n,
			issuer.n ? (char *)issuer.p : "");
		snprintf(seen.subject, sizeof(seen.subject), "%.*s", (int)subject.n,
			subject.n ? (char *)subject.p : "");
		iq_buf_free(&issuer);
		iq_buf_free(&subject);
		s->end = serve(s, t);
	}
	iq_tls_free(t);
	shutdown(s->fd, SHUT_WR);
	close(s->fd);
	return NULL;
}

static enum iq_io show(struct iq_tls_context *tls, const char *name)
{
	struct iq_tls_context *mine = client(name);
	struct server s;
	struct iq_tls *t = NULL;
	int fds[2];

	seen = (struct seen){.until = 0};
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	s = (struct server){.tls = tls, .fd = fds[0]};
	assert_int_equal(pthread_create(&s.thread, NULL, look, &s), 0);
	(void)!iq_tls_connect(mine, fds[1], "iq.example.org", PATIENCE, &t, &home.error);
	if (t != NULL) {
		(void)echo(t, fds[1]);
		iq_tls_free(t);
	}
	finish(&s, fds[1]);
	iq_tls_context_free(mine);
	return s.handshake;
}

static void grace(void **state)
{
	static const struct {
		int from, until;
		enum iq_io handshake;
	} cases[] = {
		{-100, 10, IQ_IO_OK},
		{-100, -1, IQ_IO_OK},
		{-100, -(IQ_LIMIT_CERT_GRACE_DAYS - 1), IQ_IO_OK},
		{-100, -(IQ_LIMIT_CERT_GRACE_DAYS + 1), IQ_IO_ERROR},
		{1, 100, IQ_IO_ERROR},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int64_t end = time(NULL) + (int64_t)cases[i].until * 86400;
		struct iq_tls_context *tls = reopened();

		make_odd(&home, &home, "late",
			&(struct odd){.uris = {ID "max"},
				.from = cases[i].from,
				.until = cases[i].until});
		assert_int_equal(show(tls, "late"), cases[i].handshake);
		if (cases[i].handshake == IQ_IO_OK)
			assert_in_range(seen.until, end - 60, end + 60);
		iq_tls_context_free(tls);
	}
	/* What has expired and is wrong in another way, too, is refused. */
	struct iq_tls_context *tls = reopened();

	make_odd(&home, &home, "late",
		&(struct odd){
			.uris = {ID "max"}, .from = -100, .until = -1, .usage = "serverAuth"});
	assert_int_equal(show(tls, "late"), IQ_IO_ERROR);
	make_odd(&home, &other, "late",
		&(struct odd){.uris = {ID "max"}, .from = -100, .until = -1});
	assert_int_equal(show(tls, "late"), IQ_IO_ERROR);
	iq_tls_context_free(tls);
}

static void external(void **state)
{
	struct iq_tls_context *tls = reopened();

	(void)state;
	make_odd(&home, &other, "ext", &(struct odd){.uris = {ID "max"}});
	make_odd(&home, &home, "own", &(struct odd){.uris = {ID "max"}});
	assert_int_equal(show(tls, "ext"), IQ_IO_ERROR);
	assert_int_equal(
		iq_tls_server_trust(tls, in_dir(&home, "server.key"), &home.error), IQ_ERR_LOGIN);
	iq_tls_context_free(tls);
	tls = reopened();
	iq_error_init(&home.error, &home.arena);
	/* a certificate that is no authority */
	assert_int_equal(
		iq_tls_server_trust(tls, in_dir(&home, "own.pem"), &home.error), IQ_ERR_LOGIN);
	iq_tls_context_free(tls);
	tls = reopened();
	iq_error_init(&home.error, &home.arena);
	assert_int_equal(iq_tls_server_trust(tls, in_dir(&other, "ca.pem"), &home.error), IQ_OK);
	assert_int_equal(show(tls, "ext"), IQ_IO_OK);
	assert_true(seen.external && seen.login && seen.names);
	assert_string_equal(seen.subject, "CN=odd");
	assert_non_null(strstr(seen.issuer, "CN=iqd authority "));
	assert_int_equal(show(tls, "own"), IQ_IO_OK);
	assert_false(seen.external);
	/* No grace: we cannot renew it. */
	make_odd(
		&home, &other, "ext", &(struct odd){.uris = {ID "max"}, .from = -100, .until = -1});
	assert_int_equal(show(tls, "ext"), IQ_IO_ERROR);
	iq_tls_context_free(tls);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(process),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(names_are_checked_there),
		cmocka_unit_test(offline),
		cmocka_unit_test_setup_teardown(grace, setup, teardown),
		cmocka_unit_test_setup_teardown(external, setup, teardown),
		cmocka_unit_test_setup_teardown(rotation, setup, teardown),
		cmocka_unit_test(interrupted_rotation),
	};

	signal(SIGPIPE, SIG_IGN); /* as the daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
