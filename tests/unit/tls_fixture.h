/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_TLS_FIXTURE_H
#define TEST_TLS_FIXTURE_H

/* A server for one connection in a thread of its own, and two authorities. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include "frame.h"
#include "pem.h"
#include "pki_fixture.h"
#include "wire.h"

#define ID "iq:principal/"

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

static inline bool wait_for(int fd, enum iq_io want)
{
	struct pollfd p = {.fd = fd, .events = want == IQ_IO_WANT_WRITE ? POLLOUT : POLLIN};

	return poll(&p, 1, PATIENCE) == 1;
}

static inline enum iq_io write_all(struct iq_tls *t, int fd, struct iq_str bytes)
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
static inline enum iq_io answer(struct iq_tls *t, int fd, struct iq_buf *in)
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

static inline enum iq_io serve(struct server *s, struct iq_tls *t)
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

static inline void *run(void *arg)
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
static inline int start(struct server *s, struct iq_tls_context *tls)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*s = (struct server){.tls = tls, .fd = fds[0]};
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
	return fds[1];
}

static inline void finish(struct server *s, int fd)
{
	close(fd);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
}

/* ---- fixtures ----------------------------------------------------------------------------- */

static struct dirs home, other;
static struct iq_tls_context *server_tls;

static inline int setup(void **state)
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

static inline int teardown(void **state)
{
	(void)state;
	iq_tls_context_free(server_tls);
	dirs_close(&home);
	dirs_close(&other);
	return 0;
}

static inline const char *message(struct iq_error *e)
{
	return e->text ? iq_text_fill(e->arena, e->text, e->args, e->nargs) : "";
}

/* name: of NAME.pem and NAME.key; NULL: no certificate */
static inline struct iq_tls_context *client(const char *name)
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
static inline enum iq_io echo(struct iq_tls *t, int fd)
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

#endif
