/* SPDX-License-Identifier: Apache-2.0 */
/* Open connections of somebody who was revoked are told so and end; others go on. */
#include "ops_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include "bounds.h"
#include "frame.h"
#include "lane.h"
#include "rights_help.h"
#include "tls.h"
#include "worker.h"

enum { PATIENCE = 60000, FRAME = 1 << 16 }; /* ms; reached only if something is wrong */

static struct iq_tls_context *server_tls;
static struct iq_lane *lane;
static struct iq_worker *worker;

struct peer {
	struct iq_tls_context *tls;
	struct iq_tls *t;
	int fd;
	uint8_t serial[20];
};

static const char *file(const char *name)
{
	return iq_arena_printf(&fx.arena, "%s/%s", fx.dir, name);
}

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	if (fx_setup(state) != 0)
		return -1;
	assert_int_equal(iq_pki_init(fx.dir, "localhost", &fx.error), IQ_OK);
	assert_int_equal(iq_pki_open(fx.dir, &fx.svc.pki, &fx.error), IQ_OK);
	assert_int_equal(iq_tls_server_context(file("ca.pem"), file("server.pem"),
				 file("server.key"), &server_tls, &fx.error),
		IQ_OK);
	assert_int_equal(iq_lane_start(&fx.svc, &lane, &fx.error), IQ_OK);
	assert_int_equal(iq_worker_start(&fx.svc, server_tls, lane, &worker, &fx.error), IQ_OK);
	return 0;
}

static int teardown(void **state)
{
	iq_worker_drain(worker, 0);
	iq_worker_join(worker);
	iq_lane_stop(lane);
	iq_worker_free(worker);
	iq_tls_context_free(server_tls);
	iq_pki_close(fx.svc.pki);
	return fx_teardown(state);
}

/* An account with a certificate, connected. */
static void join(struct peer *p, const char *id, bool new_account)
{
	const char *key = file(iq_arena_printf(&fx.arena, "%p.key", (void *)p));
	const char *cert = file(iq_arena_printf(&fx.arena, "%p.pem", (void *)p));
	struct iq_str csr, der, ca;
	struct iq_wtxn *w;
	int fds[2];

	assert_int_equal(iq_tls_make_key(key, &fx.arena, &csr, &fx.error), IQ_OK);
	assert_int_equal(iq_pki_sign(fx.svc.pki, csr, iq_str(id), &fx.arena, &der, &ca, p->serial,
				 &fx.error),
		IQ_OK);
	assert_int_equal(iq_tls_write_pem(cert, der, &fx.error), IQ_OK);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	if (new_account)
		help_principal_put(
			w, &(struct iq_principal){
				   .id = iq_str(id), .institution = IQ_NONE, .contact = IQ_NONE});
	iq_certificate_put(w, p->serial, iq_str(id), INT32_MAX - 1);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	iq_worker_give(worker, fds[0]);
	p->fd = fds[1];
	assert_int_equal(
		iq_tls_client_context(file("ca.pem"), cert, key, &p->tls, &fx.error), IQ_OK);
	assert_int_equal(
		iq_tls_connect(p->tls, p->fd, "localhost", PATIENCE, &p->t, &fx.error), IQ_OK);
}

static void leave(struct peer *p)
{
	iq_tls_free(p->t);
	iq_tls_context_free(p->tls);
	close(p->fd);
}

static void ask(struct peer *p)
{
	static const uint8_t whoami[] = {0, 0, 0, 5, 0x08, 0x01, 0xba, 0x01, 0x00};
	size_t n;

	assert_int_equal(IQ__V1__REQUEST__OP_WHOAMI << 3 | 2, 0xba);
	assert_int_equal(iq_tls_write(p->t, whoami, sizeof(whoami), &n), IQ_IO_OK);
}

/* The next response, unpacked; NULL: the server has closed. */
static const Iq__V1__Response *next(struct peer *p)
{
	ProtobufCAllocator allocator = iq_codec_allocator(&fx.arena);
	uint8_t *in = iq_arena_alloc(&fx.arena, FRAME);
	struct iq_str body;
	size_t have = 0;

	while (iq_frame_peek((struct iq_str){(char *)in, have}, FRAME, &body) != IQ_FRAME_READY) {
		struct pollfd ready = {.fd = p->fd, .events = POLLIN};
		size_t n = 0;
		enum iq_io io = iq_tls_read(p->t, in + have, 1, &n);

		if (io == IQ_IO_EOF || io == IQ_IO_ERROR)
			return NULL;
		have += io == IQ_IO_OK ? n : 0;
		if (io != IQ_IO_OK && poll(&ready, 1, PATIENCE) != 1)
			fail_msg("the server says nothing");
	}
	const Iq__V1__Response *r =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	assert_non_null(r);
	return r;
}

static void expect_end(struct peer *p, const char *words)
{
	const Iq__V1__Response *r = next(p);

	assert_non_null(r);
	assert_int_equal(r->result_case, IQ__V1__RESPONSE__RESULT_ERROR);
	assert_string_equal(r->error->code, "login");
	assert_non_null(strstr(r->error->text, words));
	assert_null(next(p));
}

static void expect_answer(struct peer *p)
{
	ask(p);
	assert_int_equal(next(p)->result_case, IQ__V1__RESPONSE__RESULT_WHOAMI);
}

static void test_revoked(void **state)
{
	struct peer asked, idle, other;
	struct iq_wtxn *w;

	(void)state;
	join(&asked, "max", true);
	join(&idle, "max", false);
	join(&other, "erika", true);
	expect_answer(&asked);
	expect_answer(&other);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	assert_int_equal(iq_certificate_revoke_all(w, IQ_STR("max"), 1), 2);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	expect_end(&asked, "revoked");
	expect_end(&idle, "revoked");
	expect_answer(&other);
	assert_int_equal(iq_worker_connections(worker), 1);
	leave(&asked);
	leave(&idle);
	leave(&other);
}

static void test_ended(void **state)
{
	struct iq_account max = {
		.id = IQ_STR("max"), .institution = IQ_NONE, .contact = IQ_NONE, .ended_us = 1};
	struct peer peer;
	struct iq_wtxn *w;

	(void)state;
	join(&peer, "max", true);
	expect_answer(&peer);
	assert_int_equal(iq_wtxn_begin(fx.store, &w), IQ_OK);
	iq_account_put(w, &max, NULL);
	assert_int_equal(iq_wtxn_commit(w), IQ_OK);
	expect_end(&peer, "ended");
	leave(&peer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_revoked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ended, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
