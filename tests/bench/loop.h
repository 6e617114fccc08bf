/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed loop of the load generators: one thread, epoll, C TLS 1.3 connections to the loopback
 * address with D requests in flight each. A protocol gives requests and takes messages. Whatever
 * goes wrong ends the program.
 */
#ifndef BENCH_LOOP_H
#define BENCH_LOOP_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 256, SLOTS = 1024, IN_CAP = 1 << 20 };

#define DIE(...)                                                                                   \
	do {                                                                                       \
		fprintf(stderr, __VA_ARGS__);                                                      \
		fputc('\n', stderr);                                                               \
		exit(1);                                                                           \
	} while (0)

struct bench_frame {
	uint8_t *p;
	size_t n;
};

struct bench_conn {
	int fd;
	SSL *ssl;
	uint64_t sent_at[SLOTS]; /* ns, by number of the request */
	uint64_t tx, rx;         /* requests sent, answered */
	uint8_t *in, *out;
	size_t in_n, out_n, out_at, out_cap;
	bool want_write;
};

struct bench_protocol {
	const unsigned char *alpn; /* NULL: none */
	unsigned alpn_n;
	/* After the handshake, while the connection blocks; may be NULL. */
	void (*greet)(struct bench_conn *c);
	/* The request with this number; it lives until the next call. */
	struct bench_frame (*request)(uint64_t number);
	/* Bytes of the message at p of which n have come, 0: not to be known yet. */
	size_t (*size)(const uint8_t *p, size_t n);
	/* One whole message; calls bench_answered() where it ends an answer. */
	void (*take)(struct bench_conn *c, const uint8_t *p, size_t n);
};

struct bench_options {
	const char *what, *profile; /* the folder of ca.pem, client.pem and client.key */
	bool anonymous;             /* without client.pem */
	int port, conns, depth, pid;
	double seconds, warmup;
};

extern const struct bench_protocol *bench_protocol;
extern struct bench_options bench;
extern uint64_t bench_failures;

/* Takes -p -d -c -n -t -w -P; false for another option. */
bool bench_option(int letter, const char *value);
void bench_setup(void);
void bench_open(struct bench_conn *c, bool with_buffers);
/* Anonymous memory of the server, KB. */
double bench_anonymous_kb(void);
void bench_answered(struct bench_conn *c, uint64_t number, bool failed);
/* Sends one request and hands every message to take until it is answered. Blocks. */
void bench_ask(struct bench_conn *c, struct bench_frame f);
/* Measures, prints one JSON line and ends the program. */
_Noreturn void bench_run(struct bench_conn *conns);

#endif
