/* SPDX-License-Identifier: Apache-2.0 */
/* The client's connection: requests, responses, and what it is told when there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "call.h"
#include "tls_fixture.h"

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
		{"r-usage", {.uris = {ID "max"}, .usage = "serverAuth"}, false,
			"not meant for clients"},
		{"r-self", {.uris = {ID "max"}, .self_signed = true}, false, "signed by itself"},
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
		cmocka_unit_test(calls),
		cmocka_unit_test(pipelined),
		cmocka_unit_test(refused_calls),
		cmocka_unit_test(unreachable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
