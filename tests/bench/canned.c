/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transport's ceiling: a TLS 1.3 server on libevent that answers every frame of the product's
 * protocol with the same canned bytes. Loopback only.
 *
 *   bench_canned PORT THREADS CERT KEY ANSWER_BYTES
 *
 * Port 0, with one thread, is one that is free. Says "ready PORT" when it listens.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUF = 1 << 18 };

struct server {
	struct event_base *base;
	int port;
	size_t answer;
	uint8_t *in, *out;
};

struct conn {
	struct server *s;
	SSL *ssl;
	struct event *ev;
	uint8_t rest[65536];
	size_t nrest;
};

static SSL_CTX *ctx;

static void drop(struct conn *c, int fd)
{
	event_free(c->ev);
	SSL_free(c->ssl);
	close(fd);
	free(c);
}

/* Appends one canned response: header, id, field 11 filled to the size asked for. */
static size_t answer(const struct server *s, uint8_t *out)
{
	uint32_t be = htonl((uint32_t)s->answer - 4);

	memcpy(out, &be, 4);
	memset(out + 4, 'x', s->answer - 4);
	memcpy(out + 4, "\x08\x01\x5a", 3);
	return s->answer;
}

static void on_io(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct server *s = c->s;
	size_t n = c->nrest, out = 0, at = 0;

	(void)what;
	ERR_clear_error();
	memcpy(s->in, c->rest, n);
	for (;;) {
		int got = SSL_read(c->ssl, s->in + n, (int)(BUF - n));

		if (got <= 0) {
			if (SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ)
				break;
			drop(c, (int)fd);
			return;
		}
		n += (size_t)got;
		while (n - at >= 4) {
			size_t len = (size_t)s->in[at] << 24 | (size_t)s->in[at + 1] << 16 |
				     (size_t)s->in[at + 2] << 8 | s->in[at + 3];

			if (n - at < 4 + len || out + s->answer > BUF)
				break;
			out += answer(s, s->out + out);
			at += 4 + len;
		}
	}
	c->nrest = n - at;
	if (c->nrest > sizeof(c->rest)) {
		drop(c, (int)fd);
		return;
	}
	memcpy(c->rest, s->in + at, c->nrest);
	for (size_t sent = 0; sent < out;) {
		int put = SSL_write(c->ssl, s->out + sent, (int)(out - sent));

		if (put <= 0) {
			drop(c, (int)fd);
			return;
		}
		sent += (size_t)put;
	}
}

static void on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct server *s = arg;
	int fd = accept4((int)listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

	(void)what;
	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	struct conn *c = calloc(1, sizeof(*c));

	c->s = s;
	c->ssl = SSL_new(ctx);
	SSL_set_fd(c->ssl, fd);
	SSL_set_accept_state(c->ssl);
	c->ev = event_new(s->base, fd, EV_READ | EV_PERSIST, on_io, c);
	event_add(c->ev, NULL);
}

static void *run(void *arg)
{
	struct server *s = arg;
	struct sockaddr_in a = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)s->port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;

	s->base = event_base_new();
	s->in = malloc(BUF);
	s->out = malloc(BUF);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 4096) != 0) {
		perror("bench_canned: bind");
		exit(1);
	}
	if (getsockname(fd, (struct sockaddr *)&a, &(socklen_t){sizeof(a)}) != 0)
		exit(1);
	printf("ready %d\n", ntohs(a.sin_port));
	fflush(stdout);
	event_add(event_new(s->base, fd, EV_READ | EV_PERSIST, on_accept, s), NULL);
	event_base_dispatch(s->base);
	return NULL;
}

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *n,
	const unsigned char *in, unsigned int in_n, void *arg)
{
	(void)ssl, (void)arg;
	return SSL_select_next_proto((unsigned char **)out, n, (const unsigned char *)"\x04iq/1", 5,
		       in, in_n) == OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int main(int argc, char **argv)
{
	if (argc != 6 || atoi(argv[2]) < 1 || (atoi(argv[1]) == 0 && atoi(argv[2]) > 1) ||
		atoi(argv[5]) < 16 || atoi(argv[5]) > BUF) {
		fprintf(stderr, "usage: bench_canned PORT THREADS CERT KEY ANSWER_BYTES\n");
		return 2;
	}
	int n = atoi(argv[2]);
	struct server *s = calloc((size_t)n, sizeof(*s));
	pthread_t t;

	signal(SIGPIPE, SIG_IGN);
	ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, choose_alpn, NULL);
	if (SSL_CTX_use_certificate_chain_file(ctx, argv[3]) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, argv[4], SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "bench_canned: cannot load certificate or key\n");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		s[i].port = atoi(argv[1]);
		s[i].answer = (size_t)atoi(argv[5]);
		if (i > 0)
			pthread_create(&t, NULL, run, &s[i]);
	}
	run(&s[0]);
	return 0;
}
