/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bounds.h"
#include "codec.h"
#include "date.h"
#include "frame.h"
#include "i18n.h"
#include "prescan.h"
#include "tls_private.h"

enum {
	READ_STEP = 65536,  /* bytes asked for at once */
	SEND_STEP = 262144, /* bytes collected before they are pushed out */
	KEEP = 1 << 20,     /* memory a buffer keeps */
	UNREAD_MAX =
		4 * IQ_LIMIT_ANSWER_MAX, /* answers taken in while requests are still going out */
};

struct iq_call {
	int fd, timeout_ms;
	int why;                 /* errno of the last address that did not answer */
	struct addrinfo *all;    /* addresses of the name while it is being connected */
	struct addrinfo *others; /* those of them not tried yet */
	struct iq_tls *tls;
	struct iq_buf out, in;
	size_t taken; /* bytes of `in` already handed on */
	bool eof;
	uint64_t id;
	char host[256], address[272]; /* name alone; name and port, for messages */
};

static int64_t deadline(const struct iq_call *c)
{
	return c->timeout_ms < 0 ? INT64_MAX : iq_monotonic_us() + (int64_t)c->timeout_ms * 1000;
}

static enum iq_err no_memory(struct iq_error *error)
{
	return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."), NULL, NULL);
}

/* ---- connecting --------------------------------------------------------------------------- */

#define RUNNING N_("Check the address, and that iqd is running there.")

/* A non-blocking socket that is being connected, or -1 and errno. */
static int begin_connect(const struct addrinfo *ai)
{
	int fd = socket(
		ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, ai->ai_protocol);
	int one = 1;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 || errno == EINPROGRESS || errno == EINTR)
		return fd;
	int why = errno;

	close(fd);
	errno = why;
	return -1;
}

/* 0, or the errno with which it failed. */
static int end_connect(int fd, int64_t until)
{
	int why = 0;
	socklen_t n = sizeof(why);

	if (iq_tls_wait(fd, POLLOUT, until) == 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) == 0 ? why : errno;
}

/* Addresses of the name; numeric ones without asking a resolver. */
static int resolve(const char *host, uint16_t port, struct addrinfo **out)
{
	struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	char service[8];

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(host, service, &hints, out) == 0)
		return 0;
	hints.ai_flags = AI_NUMERICSERV;
	return getaddrinfo(host, service, &hints, out);
}

/* Goes on to the next address that takes a connection up. */
static void try_next(struct iq_call *c)
{
	while (c->fd < 0 && c->others != NULL) {
		c->fd = begin_connect(c->others);
		if (c->fd < 0)
			c->why = errno;
		c->others = c->others->ai_next;
	}
}

static void forget_addresses(struct iq_call *c)
{
	if (c->all != NULL)
		freeaddrinfo(c->all);
	c->all = c->others = NULL;
}

static enum iq_err connected(struct iq_call *c, struct iq_error *error)
{
	while (c->fd >= 0 && (c->why = end_connect(c->fd, deadline(c))) != 0) {
		close(c->fd);
		c->fd = -1;
		try_next(c);
	}
	forget_addresses(c);
	if (c->fd < 0)
		return iq_error_set(error, IQ_ERR_UNREACHABLE, N_("No connection to {0}: {1}."),
			RUNNING, c->address, strerror(c->why), NULL);
	return IQ_OK;
}

static struct iq_call *new_call(const char *host, uint16_t port, int timeout_ms)
{
	struct iq_call *c = calloc(1, sizeof(*c));
	size_t n = strlen(host);

	if (c == NULL)
		return NULL;
	if (n > 2 && host[0] == '[' && host[n - 1] == ']')
		snprintf(c->host, sizeof(c->host), "%.*s", (int)(n - 2), host + 1);
	else
		snprintf(c->host, sizeof(c->host), "%s", host);
	snprintf(c->address, sizeof(c->address), strchr(c->host, ':') ? "[%s]:%u" : "%s:%u",
		c->host, (unsigned)port);
	c->fd = -1;
	c->timeout_ms = timeout_ms;
	iq_buf_init(&c->out, 0);
	iq_buf_init(&c->in, 0);
	return c;
}

enum iq_err iq_call_begin(const char *host, uint16_t port, int timeout_ms, struct iq_call **out,
	struct iq_error *error)
{
	struct iq_call *c = new_call(host, port, timeout_ms);

	*out = NULL;
	if (c == NULL) {
		(void)no_memory(error);
		return IQ_ERR_INTERNAL;
	}
	int rc = resolve(c->host, port, &c->all);

	if (rc != 0) {
		c->all = NULL;
		(void)iq_error_set(error, IQ_ERR_UNREACHABLE,
			N_("The address {0} cannot be found: {1}."),
			N_("Check the spelling of the name and the network connection."),
			c->address, rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc), NULL);
		iq_call_close(c);
		return IQ_ERR_UNREACHABLE;
	}
	c->others = c->all;
	try_next(c);
	*out = c;
	return IQ_OK;
}

enum iq_err iq_call_secure(struct iq_call *c, struct iq_tls_context *tls, struct iq_error *error)
{
	enum iq_err err = connected(c, error);

	if (err == IQ_OK)
		err = iq_tls_connect(tls, c->fd, c->host, c->timeout_ms, &c->tls, error);
	return err;
}

enum iq_err iq_call_open(const char *host, uint16_t port, struct iq_tls_context *tls,
	int timeout_ms, struct iq_call **out, struct iq_error *error)
{
	enum iq_err err = iq_call_begin(host, port, timeout_ms, out, error);

	if (err == IQ_OK)
		err = iq_call_secure(*out, tls, error);
	if (err != IQ_OK) {
		iq_call_close(*out);
		*out = NULL;
	}
	return err;
}

void iq_call_close(struct iq_call *c)
{
	if (c == NULL)
		return;
	iq_tls_free(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	forget_addresses(c);
	iq_buf_free(&c->out);
	iq_buf_free(&c->in);
	free(c);
}

struct iq_tls *iq_call_tls(struct iq_call *c)
{
	return c->tls;
}

/* ---- bytes -------------------------------------------------------------------------------- */

static enum iq_err no_answer(const struct iq_call *c, struct iq_error *error)
{
	char seconds[16];

	snprintf(seconds, sizeof(seconds), "%d", (c->timeout_ms + 999) / 1000);
	return iq_error_set(error, IQ_ERR_UNREACHABLE,
		N_("The server {0} did not answer within {1} seconds."),
		N_("Try again later, or allow more time with --timeout."), c->address, seconds,
		NULL);
}

/* Takes in what has arrived, one step at most. */
static enum iq_io fill(struct iq_call *c)
{
	size_t n;

	if (c->taken != 0 && c->taken * 2 >= c->in.n) {
		iq_buf_consume(&c->in, c->taken);
		c->taken = 0;
	}
	uint8_t *p = iq_buf_room(&c->in, READ_STEP);

	if (p == NULL)
		return IQ_IO_ERROR;
	enum iq_io io = iq_tls_read(c->tls, p, READ_STEP, &n);

	if (io == IQ_IO_OK)
		c->in.n += n;
	if (io == IQ_IO_EOF)
		c->eof = true;
	return io;
}

static enum iq_err broken(struct iq_call *c, struct iq_error *error)
{
	if (c->in.failed)
		return no_memory(error);
	return iq_tls_explain(c->tls, c->address, error);
}

/*
 * The sending side broke. The server may have said why before it closed: a refused client
 * certificate shows only now, because in TLS 1.3 our handshake is done before the server's check.
 */
static enum iq_err write_broken(struct iq_call *c, struct iq_error *error)
{
	struct iq_tls before = *c->tls;
	enum iq_io io;

	c->tls->broken = false;
	c->tls->reason = 0;
	do
		io = fill(c);
	while (io == IQ_IO_OK && c->in.n - c->taken < UNREAD_MAX);
	if (io != IQ_IO_ERROR || c->tls->reason == 0)
		*c->tls = before;
	c->tls->broken = true;
	return broken(c, error);
}

/* Waits until writing may go on; reads meanwhile, since the server stops reading from who does not
 * read its answers. */
static enum iq_err wait_writable(struct iq_call *c, enum iq_io want, struct iq_error *error)
{
	bool reading = !c->eof && c->in.n - c->taken < UNREAD_MAX;
	short events = want == IQ_IO_WANT_READ ? POLLIN : POLLOUT;

	if (reading)
		events |= POLLIN;
	short ready = iq_tls_wait(c->fd, events, deadline(c));

	if (ready == 0)
		return no_answer(c, error);
	if (reading && (ready & POLLIN) != 0 && fill(c) == IQ_IO_ERROR)
		return broken(c, error);
	return IQ_OK;
}

enum iq_err iq_call_flush(struct iq_call *c, struct iq_error *error)
{
	size_t sent = 0;

	while (sent < c->out.n) {
		size_t n;
		enum iq_io io = iq_tls_write(c->tls, c->out.p + sent, c->out.n - sent, &n);
		enum iq_err err = IQ_OK;

		if (io == IQ_IO_OK)
			sent += n;
		else if (io == IQ_IO_WANT_READ || io == IQ_IO_WANT_WRITE)
			err = wait_writable(c, io, error);
		else
			err = write_broken(c, error);
		if (err != IQ_OK)
			return err;
	}
	iq_buf_reset(&c->out, KEEP);
	return IQ_OK;
}

/* ---- messages ----------------------------------------------------------------------------- */

enum iq_err iq_call_send(struct iq_call *c, Iq__V1__Request *rq, struct iq_error *error)
{
	rq->id = ++c->id;
	size_t n = protobuf_c_message_get_packed_size(&rq->base);

	if (n > IQ_LIMIT_FRAME_MAX)
		return iq_error_set(error, IQ_ERR_USAGE,
			N_("The request is longer than the protocol allows."),
			N_("Send less at once."), NULL);
	size_t mark = iq_frame_begin(&c->out);
	uint8_t *p = iq_buf_room(&c->out, n);

	if (p == NULL) {
		iq_buf_reset(&c->out, KEEP);
		return no_memory(error);
	}
	c->out.n += protobuf_c_message_pack(&rq->base, p);
	iq_frame_end(&c->out, mark);
	return c->out.n < SEND_STEP ? IQ_OK : iq_call_flush(c, error);
}

/* Waits for one whole frame. */
static enum iq_err next_frame(struct iq_call *c, struct iq_str *body, struct iq_error *error)
{
	for (;;) {
		struct iq_str in = {(const char *)c->in.p, c->in.n};

		if (c->taken != 0)
			in = (struct iq_str){in.p + c->taken, in.n - c->taken};
		enum iq_frame state = iq_frame_peek(in, IQ_LIMIT_ANSWER_MAX, body);

		if (state == IQ_FRAME_READY) {
			c->taken += IQ_FRAME_HEADER + body->n;
			return IQ_OK;
		}
		if (state != IQ_FRAME_MORE)
			return iq_error_set(error, IQ_ERR_INTERNAL,
				N_("The server {0} sent something that is no answer."),
				N_("Check that client and server fit each other: iqq --version"),
				c->address, NULL);
		enum iq_io io = c->eof ? IQ_IO_EOF : fill(c);

		if (io == IQ_IO_EOF)
			return iq_error_set(error, IQ_ERR_UNREACHABLE,
				N_("The server {0} closed the connection."),
				N_("Try again; nothing is written twice when a request is "
				   "repeated."),
				c->address, NULL);
		if (io == IQ_IO_ERROR)
			return broken(c, error);
		if (io != IQ_IO_OK && iq_tls_wait(c->fd, io == IQ_IO_WANT_READ ? POLLIN : POLLOUT,
					      deadline(c)) == 0)
			return no_answer(c, error);
	}
}

enum iq_err iq_call_receive(struct iq_call *c, struct iq_arena *arena, const Iq__V1__Response **out,
	struct iq_error *error)
{
	ProtobufCAllocator allocator = iq_codec_allocator(arena);
	struct iq_str body;
	const char *why;
	enum iq_err err = iq_call_flush(c, error);

	*out = NULL;
	if (err == IQ_OK)
		err = next_frame(c, &body, error);
	if (err != IQ_OK)
		return err;
	err = iq_prescan(&iq__v1__response__descriptor, body, &iq_prescan_response, &why);
	if (err != IQ_OK)
		return iq_error_set(error, IQ_ERR_INTERNAL,
			N_("The answer of the server {0} is malformed: {1}"),
			N_("Check that client and server fit each other: iqq --version"),
			c->address, why, NULL);
	Iq__V1__Response *msg =
		iq__v1__response__unpack(&allocator, body.n, (const uint8_t *)body.p);

	if (msg == NULL)
		return iq_error_set(error, IQ_ERR_INTERNAL, N_("There is not enough memory."),
			N_("Ask for less at once."), NULL);
	*out = msg;
	if (msg->result_case != IQ__V1__RESPONSE__RESULT_ERROR)
		return IQ_OK;
	iq_codec_read_error(error, msg->error);
	return error->code;
}

enum iq_err iq_call(struct iq_call *c, Iq__V1__Request *rq, struct iq_arena *arena,
	const Iq__V1__Response **out, struct iq_error *error)
{
	enum iq_err err = iq_call_send(c, rq, error);

	*out = NULL;
	return err == IQ_OK ? iq_call_receive(c, arena, out, error) : err;
}
